"""The contract with solvers: a linear program by arrays, its stages, and what a solver answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Protocol

import numpy as np

from transfer_opt.core.arrays import Floats, Ints, sums
from transfer_opt.core.exact import Exacts, floats

ZERO_DUAL = 1e-9
"""A dual or reduced cost below this is noise (costs are of order 1)."""
SOLVER_TOLERANCE = 1e-10
"""Feasibility asked of the solver, on money scaled so that the largest pool is about 8,000."""
ANSWER_TOLERANCE = 1e-6
"""What a checked answer may miss by, scaled money; beyond it the answer is refused."""

RECIPIENT, PREFECTURE, PROVINCE = 0, 1, 2
"""How far a row reaches."""


@dataclass(frozen=True)
class SumStage:
    """min costs · columns; costs are ≥ 0 and of order 1."""

    name: str
    costs: Floats


@dataclass(frozen=True)
class LevelStage:
    """Lexicographic min–max of t_k with centre − scale·t ≤ column ≤ centre + scale·t on the sides that count; exact."""

    name: str
    columns: Ints
    centre: Exacts
    scale: Exacts
    below: bool
    above: bool


Stage = SumStage | LevelStage


def last_levels(stages: Sequence[Stage]) -> int:
    """Where the stages begin that no sum follows: from there on no row is asked for a price."""
    return max((k + 1 for k, stage in enumerate(stages) if isinstance(stage, SumStage)), default=0)


@dataclass(frozen=True)
class Program:
    """C columns within bounds, R rows within bounds, entries (rows, columns, values); money throughout.

    The first `lines` columns are the published amounts. `reach` says whom a row ties together: lines of
    one recipient (RECIPIENT), of one prefecture (PREFECTURE), or beyond (PROVINCE).
    """

    lower: Floats
    upper: Floats
    rows: Ints
    columns: Ints
    values: Floats
    row_lower: Floats
    row_upper: Floats
    reach: Ints
    lines: int

    @property
    def shape(self) -> tuple[int, int]:
        """(R, C)."""
        return len(self.row_lower), len(self.lower)

    def same_matrix(self, other: Program) -> bool:
        """Whether the two differ in bounds alone."""
        return self.shape == other.shape and all(
            mine is its or np.array_equal(mine, its)
            for mine, its in (
                (self.rows, other.rows),
                (self.columns, other.columns),
                (self.values, other.values),
            )
        )

    def activity(self, columns: Floats) -> Floats:
        """A·x (R,)."""
        return sums(self.rows, self.values * columns[self.columns], self.shape[0])

    def priced(self, duals: Floats) -> Floats:
        """Aᵀ·y (C,)."""
        return sums(self.columns, self.values * duals[self.rows], self.shape[1])


@dataclass(frozen=True)
class Statement:
    """The program as it is meant: the same arrays, exact, None where a side is open; what a solver is asked is `rounded`."""

    lower: Exacts
    upper: Exacts
    rows: Ints
    columns: Ints
    values: Exacts
    row_lower: Exacts
    row_upper: Exacts
    reach: Ints
    lines: int

    @cached_property
    def rounded(self) -> Program:
        """The program in floats: here, and nowhere else, numbers are rounded for a solver."""
        return Program(
            floats(self.lower, -np.inf),
            floats(self.upper, np.inf),
            self.rows,
            self.columns,
            floats(self.values),
            floats(self.row_lower, -np.inf),
            floats(self.row_upper, np.inf),
            self.reach,
            self.lines,
        )


@dataclass(frozen=True)
class Question:
    """One linear program to solve: minimise costs within these bounds over the program's rows (with slacks)."""

    costs: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    seconds: float = inf
    """How long the solver may take; what it has not solved by then is not optimal."""
    primal: bool = False
    """A hint: thousands of columns must leave the bound they start at, for which the primal method is several times faster."""
    high: Ints | None = None
    """A hint: the columns that start at their upper bound, all others at the lower one, where no answer came before."""


@dataclass(frozen=True)
class RawSolution:
    """A solver's answer, a claim yet to be checked; dual signs as for minimisation (lower side ≥ 0)."""

    optimal: bool
    columns: Floats
    duals: Floats
    status: str


class Session(Protocol):
    """One matrix, many questions."""

    def solve(self, question: Question) -> RawSolution:
        """Minimise; must not raise for an infeasible question."""
        ...


Opener = Callable[[Program], Session]
"""How a solver is opened on a program."""
