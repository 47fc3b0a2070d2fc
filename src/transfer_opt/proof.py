"""Makes the certificate of a solution: every dual, level and amount made exact again, in fractions.

The engine works with floats; here its choices (which columns, rows and duals take part) are replayed on the data as
decimals. Where a dual is no plain fraction, it is solved exactly from what it must satisfy. The checker is another
room and shares nothing with this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from transfer_opt.certificate import sealed
from transfer_opt.elimination import PLAIN, RIGHT, solved
from transfer_opt.errors import SolverError
from transfer_opt.levels import Cut, Level
from transfer_opt.lexicographic import Solution
from transfer_opt.linear import Floats, Ints
from transfer_opt.program import ZERO_DUAL, LevelStage, Program, Stage, SumStage, last_levels
from transfer_opt.ranking import exact

COEFFICIENT = 10**12
"""Coefficients are decimals of at most this many steps (a share of nine digits times a 可统筹比例)."""
NEWTON_STEPS = 50
GRID = 10**6
"""Bounds and right-hand sides are data in steps of a millionth of the publishing unit."""

Bound = Fraction | None
Terms = Mapping[int, tuple[Fraction, Fraction]]
"""Column → centre and scale."""


def certificate(
    program: Program, stages: Sequence[Stage], solution: Solution, published: Ints, unit: float, names: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """The certificate as plain JSON: fractions as text; `names` says of whom every line speaks (fund, code, recipient).

    Raises SolverError when the floats do not stand up to exact arithmetic.
    """
    replay = _Replay(program, unit)
    told = []
    closing = last_levels(stages)
    for k, (stage, result) in enumerate(zip(stages, solution.stages, strict=True)):
        if k >= closing:
            replay.fold()
        if isinstance(stage, SumStage):
            told.append(replay.sum(stage, result.duals))
        else:
            told.append(replay.levels(stage, result.chain))
    columns = replay.completed()
    return sealed({
        "unit": str(exact(unit)), "lines": program.lines, "names": [list(name) for name in names], "pools": _pools(program),
        "lower": _texts(replay.start.lower), "upper": _texts(replay.start.upper),
        "rows": [{"lower": _text(low), "upper": _text(high), "entries": {str(j): str(a) for j, a in entries.items()}}
                 for low, high, entries in zip(replay.start.row_lower, replay.start.row_upper, replay.entries, strict=True)],
        "stages": told, "columns": _texts(columns), "published": [int(count) for count in published],
    })


def impossible(program: Program, duals: Floats, unit: float) -> bool:
    """Farkas: whether the dual proves in exact arithmetic that the rows cannot all be met within the bounds.

        Σ y·b  >  Σ max over the boxes of (Aᵀy)·x
    """
    replay = _Replay(program, unit)
    rows = np.flatnonzero(duals)
    still = np.flatnonzero(np.abs(program.priced(duals)) <= ZERO_DUAL)
    exact_duals = replay.exact_duals(rows, duals[rows], still, {})
    violation = replay.sides(exact_duals)
    for j, price in replay.priced(exact_duals).items():
        end = replay.now.upper[j] if price > 0 else replay.now.lower[j]
        if end is None:
            return False
        violation -= price * end
    return violation > 0


@dataclass
class _Exact:
    """Bounds in fractions; None is infinite."""

    lower: list[Bound]
    upper: list[Bound]
    row_lower: list[Bound]
    row_upper: list[Bound]

    def copy(self) -> _Exact:
        return _Exact(list(self.lower), list(self.upper), list(self.row_lower), list(self.row_upper))


@dataclass(frozen=True)
class _Moving:
    """What a priced term adds to a violation, as a function of θ."""

    first: Fraction
    last: Bound
    tight: Fraction
    loose: Fraction
    fixed: Fraction
    rate: Fraction


class _Replay:
    """The engine's stages on exact data, one after the other."""

    def __init__(self, program: Program, unit: float) -> None:
        step = exact(unit) / GRID
        self.program = program
        self.start = _Exact(*(_gridded(side, step) for side in
                              (program.lower, program.upper, program.row_lower, program.row_upper)))
        self.now = self.start.copy()
        self.folded = [False] * program.shape[0]
        self.entries: list[dict[int, Fraction]] = [{} for _ in range(program.shape[0])]
        for row, column, value in zip(program.rows, program.columns, program.values, strict=True):
            self.entries[row][int(column)] = _decimal(float(value))

    def fold(self) -> None:
        """Rows in which a single column is still open become bounds of that column."""
        now, waiting = self.now, True
        while waiting:
            waiting = False
            for r, entries in enumerate(self.entries):
                free = [j for j in entries if self._is_open(j)]
                if len(free) == 1 and not self.folded[r]:
                    self.folded[r] = waiting = True
                    (j,) = free
                    still = sum((a * _known(now.lower[k]) for k, a in entries.items() if k != j), Fraction(0))
                    ends = [None if side is None else (side - still) / entries[j]
                            for side in (now.row_lower[r], now.row_upper[r])]
                    low, high = ends if entries[j] > 0 else reversed(ends)
                    now.lower[j] = _most(now.lower[j], low)
                    now.upper[j] = _least(now.upper[j], high)

    def sum(self, stage: SumStage, duals: Floats) -> dict[str, Any]:
        """A stage that minimises a sum: the exact dual, and the optimal face it describes."""
        costs = {int(j): exact(stage.costs[j]) for j in np.flatnonzero(stage.costs)}
        rows = np.flatnonzero(duals)
        reduced = stage.costs - self.program.priced(duals)
        still = np.flatnonzero(np.abs(reduced) <= ZERO_DUAL)
        exact_duals = self.exact_duals(rows, duals[rows], still, costs)
        prices = self.priced(exact_duals)
        value = self.sides(exact_duals)
        for j in sorted(set(costs) | set(prices)):
            left = costs.get(j, Fraction(0)) - prices.get(j, Fraction(0))
            if left:
                end = self.now.lower[j] if left > 0 else self.now.upper[j]
                value += left * _known(end)
                self.now.lower[j] = self.now.upper[j] = end
        self._tighten(exact_duals)
        return {"name": stage.name, "kind": "sum", "costs": {str(j): str(cost) for j, cost in costs.items()},
                "duals": _named(exact_duals), "value": str(value)}

    def levels(self, stage: LevelStage, chain: Iterable[Level]) -> dict[str, Any]:
        """A stage of ratios: θ and dual of every level, exact, highest first.

        Levels that share nothing may tie in floats and differ in fractions: the order is theirs.
        """
        terms = {int(j): (exact(centre), exact(scale))
                 for j, centre, scale in zip(stage.columns, stage.centre, stage.scale, strict=True)}
        found: list[tuple[Fraction, dict[str, str]]] = []
        for near, cut in chain:
            if cut is not None and (level := self._level(stage, terms, cut, near)):
                found.append(level)
        alone = [j for j in terms if self._is_open(j)]
        for j in alone:
            low, high = self._box(stage, j, terms[j], _known(self._own(stage, j, terms[j])))
            self.now.lower[j] = self.now.upper[j] = high if stage.below else low
        found.sort(key=lambda level: -level[0])
        told: list[dict[str, Any] | None] = [{"theta": str(theta), "duals": duals} for theta, duals in found]
        return {"name": stage.name, "kind": "levels", "below": stage.below, "above": stage.above,
                "levels": told + [None] * bool(alone),
                "terms": [[j, str(centre), str(scale)] for j, (centre, scale) in terms.items()]}

    def completed(self) -> list[Bound]:
        """A value for every column: the fixed ones, then what the rows say of the others, else a bound."""
        values: list[Bound] = [low if low is not None and low == high else None
                               for low, high in zip(self.now.lower, self.now.upper, strict=True)]
        waiting = True
        while waiting:
            waiting = False
            for entries, low, high in zip(self.entries, self.start.row_lower, self.start.row_upper, strict=True):
                unknown = [j for j in entries if values[j] is None]
                if len(unknown) == 1 and low is not None and low == high:
                    (j,) = unknown
                    rest = sum((a * _known(values[k]) for k, a in entries.items() if k != j), Fraction(0))
                    values[j] = (low - rest) / entries[j]
                    waiting = True
        return [self._resting(j) if value is None else value for j, value in enumerate(values)]

    # ------------------------------------------------------------ levels

    def _level(self, stage: LevelStage, terms: Terms, cut: Cut, near: float) -> tuple[Fraction, dict[str, str]] | None:
        """θ and dual of a level; None where only rounding made it one: in fractions every term reaches its own best."""
        touched = {j for row in cut.rows for j in self.entries[row]}
        still = np.array(sorted(touched - {int(j) for j in cut.columns}), dtype=np.int64)
        # A level's dual proves the same at any scale; at this one its fractions are plainest.
        duals = self.exact_duals(cut.rows, cut.duals / np.abs(cut.duals).max(), still, {})
        prices = self.priced(duals)
        theta = self._root(stage, terms, duals, prices, near)
        if theta is None:
            return None
        for j, price in prices.items():
            low, high = self.now.lower[j], self.now.upper[j]
            if j in terms and low != high:
                low, high = self._box(stage, j, terms[j], max(theta, _known(self._own(stage, j, terms[j]))))
            self.now.lower[j] = self.now.upper[j] = _known(high if price > 0 else low)
        self._tighten(duals)
        return theta, _named(duals)

    def _root(
        self, stage: LevelStage, terms: Terms, duals: Mapping[int, Fraction], prices: Mapping[int, Fraction], near: float
    ) -> Fraction | None:
        """The θ at which the dual's violation is exactly 0: Newton's method in fractions from where the floats found it.

        Every step solves one linear equation on bounds as given, so that fractions stay plain.
        """
        moving, height = list[_Moving](), self.sides(duals)
        for j, price in prices.items():
            if j in terms and self._is_open(j) and (stage.above if price > 0 else stage.below):
                moving.append(self._moving(stage, j, terms[j], price))
            else:
                height -= price * _known(self.now.upper[j] if price > 0 else self.now.lower[j])
        if height <= sum((term.tight for term in moving), Fraction(0)):
            return None
        theta = Fraction(near)
        for _ in range(NEWTON_STEPS):
            left, rises, falls = height, Fraction(0), Fraction(0)
            for term in moving:
                if theta <= term.first:
                    left -= term.tight
                elif term.last is not None and theta >= term.last:
                    left -= term.loose
                else:
                    left -= term.fixed + term.rate * theta
                rises += term.rate if term.first <= theta and (term.last is None or theta < term.last) else 0
                falls += term.rate if term.first < theta and (term.last is None or theta <= term.last) else 0
            if falls and not left:
                return theta
            slope = rises if left > 0 else falls
            theta = theta + left / slope if slope else _breakpoint(moving, theta, upward=left > 0)
        raise SolverError("证书：某一级的比率在精确计算中不存在。")

    def _moving(self, stage: LevelStage, j: int, term: tuple[Fraction, Fraction], price: Fraction) -> _Moving:
        """price · end of the column's box: `tight` up to its own best, then fixed + rate·θ, `loose` from its bound on."""
        centre, scale = term
        first = _known(self._own(stage, j, term))
        low, high = self._box(stage, j, term, first)
        end, sign = (self.now.upper[j], 1) if price > 0 else (self.now.lower[j], -1)
        last = None if end is None else max(first, sign * (end - centre) / scale)
        tight = price * _known(high if price > 0 else low)
        return _Moving(first, last, tight, price * (end or Fraction(0)), price * centre, abs(price) * scale)

    def _own(self, stage: LevelStage, j: int, term: tuple[Fraction, Fraction]) -> Bound:
        centre, scale = term
        low, high = self.now.lower[j], self.now.upper[j]
        reached = [Fraction(0)] if stage.below and stage.above else []
        reached += [(centre - high) / scale] if stage.below and high is not None else []
        reached += [(low - centre) / scale] if stage.above and low is not None else []
        return max(reached) if reached else None

    def _box(self, stage: LevelStage, j: int, term: tuple[Fraction, Fraction], reach: Fraction) -> tuple[Bound, Bound]:
        """The column's bounds with its ratio at most `reach`, which is no less than its own best."""
        centre, scale = term
        low, high = self.now.lower[j], self.now.upper[j]
        if stage.below:
            low = centre - scale * reach if low is None else max(low, centre - scale * reach)
        if stage.above:
            high = centre + scale * reach if high is None else min(high, centre + scale * reach)
        return low, high

    def _is_open(self, j: int) -> bool:
        low, high = self.now.lower[j], self.now.upper[j]
        return low is None or (low is not high and low != high)  # what was fixed is one object: the quick answer first

    # ------------------------------------------------------------ duals

    def exact_duals(self, rows: Ints, floats: Floats, still: Ints, costs: Mapping[int, Fraction]) -> dict[int, Fraction]:
        """The duals as fractions such that every column in `still` has a reduced cost of exactly 0."""
        duals = {int(r): Fraction(float(y)).limit_denominator(PLAIN) for r, y in zip(rows, floats, strict=True)}
        if self._unbalanced(duals, still, costs):
            duals = solved(self._equations(rows, still, costs), rows, floats)
        return {r: dual for r, dual in duals.items() if dual}

    def _unbalanced(self, duals: Mapping[int, Fraction], still: Ints, costs: Mapping[int, Fraction]) -> bool:
        prices = self.priced(duals)
        return any(prices.get(int(j), Fraction(0)) != costs.get(int(j), Fraction(0)) for j in still)

    def _equations(self, rows: Ints, still: Ints, costs: Mapping[int, Fraction]) -> list[dict[int, Fraction]]:
        """Σ_r a[r, j] · y_r = c_j for every still column; the right side under RIGHT."""
        wanted = {int(j): {RIGHT: costs.get(int(j), Fraction(0))} for j in still}
        for r in rows:
            for j, a in self.entries[r].items():
                if j in wanted:
                    wanted[j][int(r)] = a
        return [equation for equation in wanted.values() if len(equation) > 1]

    def priced(self, duals: Mapping[int, Fraction]) -> dict[int, Fraction]:
        prices: dict[int, Fraction] = {}
        for r, dual in duals.items():
            for j, a in self.entries[r].items():
                prices[j] = prices.get(j, Fraction(0)) + a * dual
        return {j: price for j, price in prices.items() if price}

    def sides(self, duals: Mapping[int, Fraction]) -> Fraction:
        return sum((dual * _known(self.now.row_lower[r] if dual > 0 else self.now.row_upper[r])
                    for r, dual in duals.items()), Fraction(0))

    def _tighten(self, duals: Mapping[int, Fraction]) -> None:
        for r, dual in duals.items():
            if dual > 0:
                self.now.row_upper[r] = self.now.row_lower[r]
            elif dual < 0:
                self.now.row_lower[r] = self.now.row_upper[r]

    def _resting(self, j: int) -> Fraction:
        """A column nothing determines (a deviation that may be 0 both ways) rests at the bound nearest to 0."""
        low, high = self.now.lower[j], self.now.upper[j]
        return low if low is not None else high if high is not None else Fraction(0)


def _breakpoint(moving: Sequence[_Moving], theta: Fraction, *, upward: bool) -> Fraction:
    """The nearest point above or below θ where a term begins or ends to move; θ itself where there is none."""
    points = [point for term in moving for point in (term.first, term.last) if point is not None]
    if upward:
        return min((point for point in points if point > theta), default=theta)
    return max((point for point in points if point < theta), default=theta)


def _pools(program: Program) -> list[int]:
    """The rows that distribute a pool: equalities over lines with coefficient 1, as they come first."""
    found = []
    for r in range(program.shape[0]):
        inside = program.rows == r
        over_lines = (program.columns[inside] < program.lines).all() and (program.values[inside] == 1).all()
        if not (over_lines and inside.any() and program.row_lower[r] == program.row_upper[r]):
            break
        found.append(r)
    return found


def _gridded(values: Floats, step: Fraction) -> list[Bound]:
    counts = np.rint(values / float(step))  # data in these steps: the nearest whole number of them is exact
    return [None if not np.isfinite(count) else Fraction(int(count) * step.numerator, step.denominator) for count in counts]


@cache
def _decimal(value: float) -> Fraction:
    return Fraction(round(Fraction(float(value)) * COEFFICIENT), COEFFICIENT)


def _most(one: Bound, other: Bound) -> Bound:
    """The higher of two lower bounds."""
    return other if one is None else one if other is None else max(one, other)


def _least(one: Bound, other: Bound) -> Bound:
    """The lower of two upper bounds."""
    return other if one is None else one if other is None else min(one, other)


def _known(value: Bound) -> Fraction:
    if value is None:
        raise SolverError("证书：用到了不存在的界限。")
    return value


def _named(duals: Mapping[int, Fraction]) -> dict[str, str]:
    return {str(r): str(dual) for r, dual in duals.items() if dual}


def _texts(values: Iterable[Bound]) -> list[str | None]:
    return [_text(value) for value in values]


def _text(value: Bound) -> str | None:
    return None if value is None else str(value)
