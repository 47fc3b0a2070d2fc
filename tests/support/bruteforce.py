"""The lexicographic optimum the slow way: one linear program per term, a slack on every optimum kept.

Shares nothing with the engine but the program it is given; HiGHS models are built afresh for every question.
"""

from __future__ import annotations

import highspy
import numpy as np

from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import floats
from transfer_opt.lexlp.program import LevelStage, Program, Stage, SumStage

SLACK = 1e-8


class InfeasibleProgramError(Exception):
    """No point meets all rows."""


class BruteForce:
    """A program whose earlier optima are kept as rows with a slack."""

    def __init__(self, program: Program) -> None:
        rows, columns = program.shape
        matrix = np.zeros((rows, columns))
        matrix[program.rows, program.columns] = program.values
        self._matrix, self._low, self._up = (
            matrix,
            program.row_lower.copy(),
            program.row_upper.copy(),
        )
        self._lower, self._upper = program.lower.copy(), program.upper.copy()
        self._lines = program.lines

    def run(self, stages: tuple[Stage, ...]) -> Floats:
        """The amounts (L,) after all stages."""
        for stage in stages:
            if isinstance(stage, SumStage):
                self._keep_sum(stage)
            else:
                self._keep_levels(stage)
        return self._minimum(np.zeros(len(self._lower)))[1][: self._lines]

    def ends(self, column: int) -> tuple[float, float]:
        """The least and the greatest of a column where the stages that were run are kept."""
        costs = np.zeros(len(self._lower))
        costs[column] = 1.0
        return self._minimum(costs)[0], -self._minimum(-costs)[0]

    def least_violation(self) -> float:
        """The least total by which the rows must give way."""
        rows, columns = self._matrix.shape
        costs = np.concatenate([np.zeros(columns), np.ones(2 * rows)])
        matrix = np.hstack([self._matrix, np.eye(rows), -np.eye(rows)])
        return _solve(
            costs,
            np.pad(self._lower, (0, 2 * rows)),
            np.pad(self._upper, (0, 2 * rows), constant_values=np.inf),
            matrix,
            self._low,
            self._up,
        )[0]

    def _minimum(self, costs: Floats) -> tuple[float, Floats]:
        return _solve(costs, self._lower, self._upper, self._matrix, self._low, self._up)

    def _keep_sum(self, stage: SumStage) -> None:
        value, _ = self._minimum(stage.costs)
        self._matrix = np.vstack([self._matrix, stage.costs])
        self._low, self._up = (
            np.append(self._low, -np.inf),
            np.append(self._up, value + SLACK * (1 + abs(value))),
        )

    def _keep_levels(self, stage: LevelStage) -> None:
        terms = list(range(len(stage.columns)))
        while terms:
            theta = self._least_level(stage, terms)
            for term in terms:
                self._bound(stage, term, theta + SLACK * (1 + abs(theta)))
            stuck = [
                term for term in terms if self._best(stage, term) > theta - 1e-6 * (1 + abs(theta))
            ]
            assert stuck, "no term is stuck at its level"
            terms = [term for term in terms if term not in stuck]

    def _least_level(self, stage: LevelStage, terms: list[int]) -> float:
        """min t with every term's ratio ≤ t."""
        rows, low, up = [], [], []
        centre, scale = floats(stage.centre), floats(stage.scale)
        for term in terms:
            unit = np.zeros(len(self._lower) + 1)
            unit[stage.columns[term]] = 1.0
            if stage.below:
                unit[-1] = scale[term]
                rows.append(unit.copy())
                low.append(centre[term])
                up.append(np.inf)
            if stage.above:
                unit[-1] = -scale[term]
                rows.append(unit.copy())
                low.append(-np.inf)
                up.append(centre[term])
        matrix = np.vstack([np.pad(self._matrix, ((0, 0), (0, 1))), rows])
        costs = np.append(np.zeros(len(self._lower)), 1.0)
        floor = 0.0 if stage.below and stage.above else -np.inf
        return _solve(
            costs,
            np.append(self._lower, floor),
            np.append(self._upper, np.inf),
            matrix,
            np.concatenate([self._low, low]),
            np.concatenate([self._up, up]),
        )[0]

    def _best(self, stage: LevelStage, term: int) -> float:
        """The least ratio of one term while the others keep to the level."""
        return self._least_level(stage, [term])

    def _bound(self, stage: LevelStage, term: int, theta: float) -> None:
        column, centre, reach = (
            stage.columns[term],
            float(stage.centre[term]),
            float(stage.scale[term]) * theta,
        )
        if stage.below:
            self._lower[column] = max(self._lower[column], min(centre - reach, self._upper[column]))
        if stage.above:
            self._upper[column] = min(self._upper[column], max(centre + reach, self._lower[column]))


def _solve(
    costs: Floats, lower: Floats, upper: Floats, matrix: Floats, low: Floats, up: Floats
) -> tuple[float, Floats]:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_, model.col_lower_, model.col_upper_ = costs, lower, upper
    model.row_lower_, model.row_upper_ = low, up
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = matrix.shape
    at = matrix != 0
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(at.sum(axis=1))]).astype(np.int32)
    model.a_matrix_.index_ = np.nonzero(at)[1].astype(np.int32)
    model.a_matrix_.value_ = matrix[at]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("primal_feasibility_tolerance", 1e-10)
    highs.setOptionValue("dual_feasibility_tolerance", 1e-10)
    highs.passModel(model)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise InfeasibleProgramError(highs.modelStatusToString(highs.getModelStatus()))
    return highs.getInfo().objective_function_value, np.array(highs.getSolution().col_value)
