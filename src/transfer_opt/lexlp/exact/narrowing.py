"""A program in fractions as stages narrow it: columns are fixed, rows become equalities. Nothing here solves anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import Exacts, exact
from transfer_opt.lexlp.exact.integers import (
    Bound,
    Number,
    counted,
    least,
    most,
    multiplied,
    quotient,
    slim,
    total,
    written,
)
from transfer_opt.lexlp.program import LevelStage, Statement, SumStage

GRID = 10**6
"""Money is counted in millionths of the publishing unit: most bounds are whole numbers of them."""


@dataclass(frozen=True)
class Stated:
    """The program as the certificate tells it, before any stage: rows multiplied until they are whole, money in steps."""

    rows: Sequence[Mapping[int, int]]
    lower: Sequence[Bound]
    upper: Sequence[Bound]
    row_lower: Sequence[Bound]
    row_upper: Sequence[Bound]


@dataclass(frozen=True)
class Proof:
    """The stages as the certificate tells them, and the optimum they prove."""

    stages: tuple[Mapping[str, Any], ...]
    columns: tuple[Number, ...]
    """(C,) in steps."""
    step: mpq
    stated: Stated

    def money(self) -> Exacts:
        """All columns (C,), money."""
        return np.array([value * self.step for value in self.columns], dtype=object)


@dataclass(frozen=True)
class Ratios:
    """The ratios of a stage: parts · column = centre ± scale·θ on the sides that count, centre and scale whole."""

    below: bool
    above: bool
    parts: int
    terms: Mapping[int, tuple[int, int]]
    """Column → centre and scale."""


class Narrowed:
    """A program in whole steps and fractions, and how far stages have narrowed it; money in steps."""

    def __init__(self, statement: Statement, step: mpq) -> None:
        self.step = step
        self.rows, self.times = multiplied(statement)
        self.lower, self.upper = counted(statement.lower, step), counted(statement.upper, step)
        self.row_lower, self.row_upper = (
            [
                None if side is None else slim(side * times)
                for side, times in zip(counted(sides, step), self.times, strict=True)
            ]
            for sides in (statement.row_lower, statement.row_upper)
        )
        self.equal = [
            r
            for r, (low, high) in enumerate(zip(self.row_lower, self.row_upper, strict=True))
            if low is not None and low == high
        ]
        self.stated = Stated(
            self.rows, *map(tuple, (self.lower, self.upper, self.row_lower, self.row_upper))
        )
        self.open = {j for j, low in enumerate(self.lower) if low is None or low != self.upper[j]}
        self.folded: set[int] = set()

    def fold(self) -> None:
        """Rows in which a single column is still open become bounds of that column."""
        waiting = True
        while waiting:
            waiting = False
            for r, row in enumerate(self.rows):
                if r in self.folded or len(free := self.open.intersection(row)) != 1:
                    continue
                self.folded.add(r)
                waiting, (j,) = True, free
                still = total((a, known_bound(self.lower[k])) for k, a in row.items() if k != j)
                low, high = (
                    None if side is None else quotient(side - still, row[j])
                    for side in (self.row_lower[r], self.row_upper[r])
                )
                if row[j] < 0:
                    low, high = high, low
                low, high = most(self.lower[j], low), least(self.upper[j], high)
                if low is not None and low == high:
                    self.fix(j, low)
                else:
                    self.lower[j], self.upper[j] = low, high

    def completed(self) -> list[Number]:
        """A value for every column: the fixed ones, then what the rows say of the others, else a bound."""
        values: list[Bound] = [None if j in self.open else low for j, low in enumerate(self.lower)]
        unknown, waiting = set(self.open), True
        while waiting:
            waiting = False
            for r in self.equal:
                row = self.rows[r]
                missing = unknown.intersection(row)
                if len(missing) == 1:
                    waiting, (j,) = True, missing
                    rest = total((a, known_bound(values[k])) for k, a in row.items() if k != j)
                    values[j] = quotient(known_bound(self.row_lower[r]) - rest, row[j])
                    unknown.discard(j)
        return [self._resting(j) if value is None else value for j, value in enumerate(values)]

    def ratios(self, stage: LevelStage) -> Ratios:
        """The terms in whole parts of a step."""
        both = [value / self.step for value in (*stage.centre, *stage.scale)]
        parts = lcm(*{int(value.denominator) for value in both})
        whole = [int(value * parts) for value in both]
        half = len(stage.columns)
        return Ratios(
            stage.below,
            stage.above,
            parts,
            dict(
                zip(
                    stage.columns.tolist(),
                    zip(whole[:half], whole[half:], strict=True),
                    strict=True,
                )
            ),
        )

    def best(self, ratios: Ratios, j: int) -> Number:
        """Where the ratio of a term is least, whatever the others do."""
        if not (ratios.below and ratios.above):
            return known_bound(self.upper[j] if ratios.below else self.lower[j])
        centre = slim(mpq(ratios.terms[j][0], ratios.parts))
        return known_bound(least(most(centre, self.lower[j]), self.upper[j]))

    def fix(self, j: int, value: Number) -> None:
        """No optimum has another value."""
        self.lower[j] = self.upper[j] = value
        self.open.discard(j)

    def tighten(self, duals: Mapping[int, Number]) -> None:
        """Rows with a dual are met with equality on the side it leans on."""
        for r, dual in duals.items():
            self.row_lower[r] = self.row_upper[r] = (
                self.row_lower[r] if dual > 0 else self.row_upper[r]
            )

    def _resting(self, j: int) -> Number:
        """A column nothing determines (a deviation that may be 0 both ways) rests at the bound nearest to 0."""
        low, high = self.lower[j], self.upper[j]
        return low if low is not None else high if high is not None else 0


def sum_record(
    stage: SumStage, costs: Mapping[int, Number], duals: Mapping[int, Number], value: Number
) -> dict[str, Any]:
    """A stage that minimises a sum as the certificate tells it."""
    return {
        "name": stage.name,
        "kind": "sum",
        "costs": {str(j): written(cost) for j, cost in costs.items()},
        "duals": {str(r): written(dual) for r, dual in duals.items()},
        "value": written(value),
    }


def levels_record(
    stage: LevelStage,
    ratios: Ratios,
    levels: Iterable[tuple[Number, Mapping[int, Number]]],
    alone: bool,
) -> dict[str, Any]:
    """A stage of levels (θ and duals, highest first) as the certificate tells it; `alone`: the rest at its own best."""
    told: list[dict[str, Any] | None] = [
        {"theta": written(theta), "duals": {str(r): written(dual) for r, dual in duals.items()}}
        for theta, duals in levels
    ]
    return {
        "name": stage.name,
        "kind": "levels",
        "below": stage.below,
        "above": stage.above,
        "parts": ratios.parts,
        "levels": told + [None] * alone,
        "terms": [[j, centre, scale] for j, (centre, scale) in ratios.terms.items()],
    }


def costs_of(stage: SumStage) -> dict[int, Number]:
    """Column → cost."""
    return {int(j): slim(exact(float(stage.costs[j]))) for j in np.flatnonzero(stage.costs)}


def known_bound(value: Bound) -> Number:
    """A bound that must be there; SolverError where it is not."""
    if value is None:
        raise SolverError("证书：用到了不存在的界限。")
    return value
