"""Every solver PuLP knows, by name.

PuLP rewrites names and most of its solvers answer in text with eight digits, so the model carries names of its own
and the duals are made exact again from what they must satisfy.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pulp

from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.program import (
    SOLVER_TOLERANCE,
    Opener,
    Program,
    Question,
    RawSolution,
    Session,
)

TEXT_ZERO = 1e-6
"""Duals and reduced costs below this are 0 in an answer that went through text."""


@cache
def available() -> tuple[str, ...]:
    """The names of the solvers PuLP finds on this machine."""
    return tuple(pulp.listSolvers(onlyAvailable=True))


@cache
def everywhere() -> tuple[str, ...]:
    """The names of all solvers PuLP knows."""
    return tuple(pulp.listSolvers())


def open_pulp(solver: str) -> Opener:
    """How to open the solver of that PuLP name."""

    def open_session(program: Program) -> Session:
        return PulpSession(program, solver)

    return open_session


class PulpSession:
    """A program handed to PuLP afresh for every question."""

    def __init__(self, program: Program, solver: str) -> None:
        self._program, self._name = program, solver

    def solve(self, question: Question) -> RawSolution:
        """Build, solve, read back."""
        problem, variables, sides = _problem(self._program, question)
        try:
            status = pulp.LpStatus[problem.solve(_solver(self._name, question.seconds))]
        except pulp.PulpSolverError as error:
            raise SolverError(f"求解器 {self._name} 运行失败。") from error
        at_rest = np.where(np.isfinite(question.lower), question.lower, 0.0)
        # A column that no open row mentions never reaches the solver (an MPS file has no place for it).
        columns = np.array(
            [
                rest if variable.varValue is None else variable.varValue
                for variable, rest in zip(variables, at_rest, strict=True)
            ]
        )
        duals = np.array([sum(side.pi or 0.0 for side in pair) for pair in sides])
        if self._name != "HiGHS":
            duals = _refined(self._program, question, duals)
        return RawSolution(status == "Optimal", columns, duals, status)


def _solver(name: str, seconds: float) -> Any:
    limit = seconds if np.isfinite(seconds) else None
    if name == "HiGHS":
        return pulp.HiGHS(
            msg=False,
            threads=1,
            timeLimit=limit,
            primal_feasibility_tolerance=SOLVER_TOLERANCE,
            dual_feasibility_tolerance=SOLVER_TOLERANCE,
        )
    return pulp.getSolver(name, msg=False, timeLimit=limit)


def _problem(program: Program, question: Question) -> tuple[Any, list[Any], list[list[Any]]]:
    """The PuLP problem, its variables in order, and for every row the constraints that stand for its sides."""
    problem = pulp.LpProblem("transfer", pulp.LpMinimize)
    variables = [
        pulp.LpVariable(f"c{j}", _finite(low), _finite(high))
        for j, (low, high) in enumerate(zip(question.lower, question.upper, strict=True))
    ]
    problem.setObjective(
        pulp.LpAffineExpression(
            [(variables[j], float(question.costs[j])) for j in np.flatnonzero(question.costs)]
        )
    )
    entries: list[list[tuple[Any, float]]] = [[] for _ in question.row_lower]
    for row, column, value in zip(program.rows, program.columns, program.values, strict=True):
        entries[row].append((variables[column], float(value)))
    sides: list[list[Any]] = []
    for row, terms in enumerate(entries):
        pair = _sides(terms, question.row_lower[row], question.row_upper[row])
        for side, constraint in enumerate(pair):
            problem.addConstraint(constraint, f"r{row}_{side}")
        sides.append(pair)
    return problem, variables, sides


def _sides(terms: list[tuple[Any, float]], lower: float, upper: float) -> list[Any]:
    expression = pulp.LpAffineExpression(terms)
    if lower == upper:
        return [pulp.LpConstraint(expression, pulp.LpConstraintEQ, rhs=float(lower))]
    made = []
    if np.isfinite(lower):
        made.append(pulp.LpConstraint(expression, pulp.LpConstraintGE, rhs=float(lower)))
    if np.isfinite(upper):
        made.append(
            pulp.LpConstraint(pulp.LpAffineExpression(terms), pulp.LpConstraintLE, rhs=float(upper))
        )
    return made


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _refined(program: Program, question: Question, duals: Floats) -> Floats:
    """The dual vertex behind an answer of eight digits.

    The free duals solve Aᵀy = c over the columns whose reduced cost is 0; duals that printed as 0 stay 0.
    """
    free = np.flatnonzero(np.abs(duals) > TEXT_ZERO)
    reduced = question.costs - program.priced(duals)
    tight = np.flatnonzero(np.abs(reduced) <= TEXT_ZERO)
    clean = np.where(np.abs(duals) > TEXT_ZERO, duals, 0.0)
    row_at, column_at = np.full(program.shape[0], -1), np.full(program.shape[1], -1)
    row_at[free], column_at[tight] = np.arange(len(free)), np.arange(len(tight))
    kept = (row_at[program.rows] >= 0) & (column_at[program.columns] >= 0)
    matrix = np.zeros((len(tight), len(free)))
    matrix[column_at[program.columns[kept]], row_at[program.rows[kept]]] = program.values[kept]
    correction = np.linalg.lstsq(
        matrix, (question.costs - program.priced(clean))[tight], rcond=None
    )[0]
    clean[free] += correction
    return clean
