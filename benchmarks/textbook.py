"""The same lexicographic optimum as a textbook writes it down: one PuLP program per optimum, built anew, solved by CBC.

A sum is minimised and kept. Levels are lowered one after the other: min t with every free term's ratio ≤ t; the terms
whose rows have a price cannot do better in any optimum and keep their level; the others go on. It shares nothing with
the engine but the program it is given, and nothing in it is clever: this is what the answer costs whoever has a
modelling library, a solver and a book.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
import pulp

from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import floats
from transfer_opt.lexlp.program import LevelStage, Program, Stage, SumStage

SLACK = 1e-7
"""What an optimum that is kept may give way, since CBC hands back eight or nine digits."""
PRICE = 1e-6
"""A price below this is noise; those of one level add up to 1."""


class Textbook:
    """A program whose optima are kept one by one until `seconds` are over."""

    def __init__(self, program: Program, seconds: float = inf) -> None:
        self._program = program
        self._sums: list[tuple[Floats, float]] = []
        self._end = time.monotonic() + seconds
        self.ended = True
        self.amounts: Floats = np.full(program.lines, np.nan)

    def run(self, stages: Sequence[Stage]) -> None:
        """All stages in turn: `amounts` (L,) are the optimum where the time was enough (`ended`)."""
        for stage in stages:
            if isinstance(stage, SumStage):
                self._keep_sum(stage)
            else:
                self._keep_levels(stage)

    def _keep_sum(self, stage: SumStage) -> None:
        model = Model(self._program, self._sums)
        costs = pulp.LpAffineExpression(_terms(model.columns, stage.costs))
        self._solved(model, costs)
        self._sums.append((stage.costs, costs.value() or 0.0))

    def _keep_levels(self, stage: LevelStage) -> None:
        free, centre, scale = (
            np.arange(len(stage.columns)),
            floats(stage.centre),
            floats(stage.scale),
        )
        while len(free):
            if time.monotonic() > self._end:
                self.ended = False
                return
            model = Model(self._program, self._sums)
            level = pulp.LpVariable("t", 0 if stage.below and stage.above else None)
            sides = [side for side, counts in ((1.0, stage.below), (-1.0, stage.above)) if counts]
            rows = {
                (k, side): pulp.LpConstraint(
                    side * model.columns[stage.columns[k]] + scale[k] * level,
                    pulp.LpConstraintGE,
                    rhs=side * centre[k],
                )
                for k in free.tolist()
                for side in sides
            }
            for row in rows.values():
                model.problem.addConstraint(row)
            self._solved(model, level)
            reached = level.value() or 0.0
            stuck = {k for (k, _), row in rows.items() if abs(row.pi or 0.0) * scale[k] > PRICE}
            stuck = stuck or set(free.tolist())
            self._keep(stage, np.array(sorted(stuck)), reached)
            free = np.array([k for k in free.tolist() if k not in stuck], dtype=np.int64)

    def _keep(self, stage: LevelStage, terms: np.ndarray, level: float) -> None:
        """Bounds under which the terms never rise above their level again."""
        centre, reach = (
            floats(stage.centre[terms]),
            floats(stage.scale[terms]) * (level + SLACK * (1 + abs(level))),
        )
        lower, upper = self._program.lower.copy(), self._program.upper.copy()
        at = stage.columns[terms]
        if stage.below:
            lower[at] = np.maximum(lower[at], np.minimum(centre - reach, upper[at]))
        if stage.above:
            upper[at] = np.minimum(upper[at], np.maximum(centre + reach, lower[at]))
        self._program = replace(self._program, lower=lower, upper=upper)

    def _solved(self, model: Model, goal: pulp.LpAffineExpression | pulp.LpVariable) -> None:
        self.amounts = model.solved(goal)[: self._program.lines]


class Model:
    """The program as PuLP objects, with sums that stay at most at a value."""

    def __init__(self, program: Program, sums: Sequence[tuple[Floats, float]] = ()) -> None:
        self.problem = pulp.LpProblem("transfer", pulp.LpMinimize)
        self.columns = [
            pulp.LpVariable(f"c{j}", _finite(low), _finite(high))
            for j, (low, high) in enumerate(zip(program.lower, program.upper, strict=True))
        ]
        entries: list[list[tuple[pulp.LpVariable, float]]] = [[] for _ in range(program.shape[0])]
        for row, column, value in zip(
            program.rows.tolist(), program.columns.tolist(), program.values.tolist(), strict=True
        ):
            entries[row].append((self.columns[column], value))
        for terms, low, high in zip(
            entries, program.row_lower.tolist(), program.row_upper.tolist(), strict=True
        ):
            for sense, side in ((0, low),) if low == high else ((1, low), (-1, high)):
                if np.isfinite(side):
                    self.problem.addConstraint(
                        pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, rhs=side)
                    )
        for costs, value in sums:
            self.problem.addConstraint(
                pulp.LpConstraint(
                    pulp.LpAffineExpression(_terms(self.columns, costs)),
                    -1,
                    rhs=value + SLACK * (1 + abs(value)),
                )
            )

    def solved(self, goal: pulp.LpAffineExpression | pulp.LpVariable) -> Floats:
        """The columns (C,) where the goal is least."""
        self.problem.setObjective(pulp.LpAffineExpression(goal))
        self.problem.solve(pulp.PULP_CBC_CMD(msg=False))
        if self.problem.status != pulp.LpStatusOptimal:
            raise ArithmeticError(f"CBC: {pulp.LpStatus[self.problem.status]}")
        return np.array([column.value() or 0.0 for column in self.columns])


def _terms(columns: list[pulp.LpVariable], costs: Floats) -> list[tuple[pulp.LpVariable, float]]:
    return [(columns[j], float(costs[j])) for j in np.flatnonzero(costs)]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
