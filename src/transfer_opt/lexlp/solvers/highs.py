"""HiGHS by arrays: one model in memory, of which only costs and bounds change from question to question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import highspy
import numpy as np

from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.lexlp.program import SOLVER_TOLERANCE, Program, Question, RawSolution

DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
"""The solver's own numbers."""


class ArraySession:
    """A warm HiGHS model of one program."""

    def __init__(self, program: Program) -> None:
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("primal_feasibility_tolerance", SOLVER_TOLERANCE),
            ("dual_feasibility_tolerance", SOLVER_TOLERANCE),
        ):
            self.highs.setOptionValue(option, value)
        self._rows, self._columns = (np.arange(count, dtype=np.int32) for count in program.shape)
        self.highs.passModel(array_model(program))
        self._cold = True

    def solve(self, question: Question) -> RawSolution:
        """Change costs and bounds, solve from the last basis."""
        highs = self.highs
        highs.changeColsCost(len(self._columns), self._columns, question.costs)
        highs.changeColsBounds(len(self._columns), self._columns, question.lower, question.upper)
        highs.changeRowsBounds(len(self._rows), self._rows, question.row_lower, question.row_upper)
        highs.setOptionValue(
            "time_limit", highs.getRunTime() + question.seconds
        )  # its clock runs on from question to question
        if self._cold and question.high is not None:
            highs.setBasis(_basis(question.high, len(self._columns), len(self._rows)))
        self._cold = False
        highs.setOptionValue(
            "simplex_strategy", PRIMAL_SIMPLEX if question.primal else DUAL_SIMPLEX
        )
        highs.run()
        solution, status = highs.getSolution(), highs.getModelStatus()
        optimal = status == highspy.HighsModelStatus.kOptimal
        return RawSolution(
            optimal,
            np.array(solution.col_value),
            np.array(solution.row_dual),
            highs.modelStatusToString(status),
        )


def _basis(high: Ints, columns: int, rows: int) -> highspy.HighsBasis:
    """Every column at a bound, every row free to give way."""
    basis, status = highspy.HighsBasis(), [highspy.HighsBasisStatus.kLower] * columns
    for column in high.tolist():
        status[column] = highspy.HighsBasisStatus.kUpper
    basis.col_status, basis.row_status, basis.valid = (
        status,
        [highspy.HighsBasisStatus.kBasic] * rows,
        True,
    )
    return basis


def array_model(program: Program) -> highspy.HighsLp:
    """The rows and bounds of a program, nothing costing anything."""
    rows, columns = program.shape
    order = np.argsort(program.columns, kind="stable")
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, rows
    model.col_cost_ = np.zeros(columns)
    model.col_lower_, model.col_upper_ = program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.num_col_, model.a_matrix_.num_row_ = columns, rows
    counts = np.bincount(program.columns, minlength=columns)
    model.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    model.a_matrix_.index_ = program.rows[order].astype(np.int32)
    model.a_matrix_.value_ = program.values[order]
    return model


def ended(program: Program, question: Question) -> tuple[Floats, Sequence[str]] | None:
    """The columns and the basis in which HiGHS ends (one word a column, then a row); None where it proves no optimum."""
    session = ArraySession(program)
    answer = session.solve(question)
    basis = session.highs.getBasis()
    if not answer.optimal or not basis.valid:
        return None
    return answer.columns, [
        _WORDS.get(status, "low") for status in (*basis.col_status, *basis.row_status)
    ]


_WORDS = {highspy.HighsBasisStatus.kBasic: "basic", highspy.HighsBasisStatus.kUpper: "high"}
