"""Makes the certificate of a solution: every dual, level and amount made exact again, in whole numbers and fractions.

The engine works with floats; here its choices (which columns, rows and duals take part) are replayed on the data as
decimals: money in whole steps, rows multiplied until their coefficients are whole. Where a dual is no plain fraction, it
is solved exactly from what it must satisfy. The checker is another room and shares nothing with this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm
from typing import Any, NamedTuple

import numpy as np

from transfer_opt.certificate import plain
from transfer_opt.elimination import RIGHT, solved
from transfer_opt.errors import SolverError
from transfer_opt.levels import Cut, Level
from transfer_opt.lexicographic import Solution
from transfer_opt.linear import Floats, Ints, sums
from transfer_opt.program import ZERO_DUAL, LevelStage, Program, Stage, SumStage, last_levels
from transfer_opt.ranking import exact
from transfer_opt.wholes import (
    Bound,
    Number,
    counted,
    decimals,
    least,
    most,
    multiplied,
    quotient,
    slim,
    total,
    written,
)

NEWTON_STEPS = 50
GRID = 10**6
"""Bounds and right-hand sides are data in steps of a millionth of the publishing unit."""
PLAIN = 1000
"""Duals whose denominator is at most this are taken for plain fractions before anything is solved."""

def certificate(
    program: Program, stages: Sequence[Stage], solution: Solution, published: Ints, unit: float, names: Sequence[Sequence[str]]
) -> str:
    """The certificate as one JSON text: fractions as text; `names` says of whom every line speaks (fund, code, recipient).

    Raises SolverError when the floats do not stand up to exact arithmetic.
    """
    step = exact(unit) / GRID
    replay = _Replay(program, step)
    given = {"lower": list(replay.lower), "upper": list(replay.upper)}
    rows = [{"lower": low, "upper": high, "entries": {str(j): a for j, a in entries.items()}}
            for low, high, entries in zip(replay.row_lower, replay.row_upper, replay.rows, strict=True)]
    told = []
    closing = last_levels(stages)
    for k, (stage, result) in enumerate(zip(stages, solution.stages, strict=True)):
        if k >= closing:
            replay.fold()
        if isinstance(stage, SumStage):
            told.append(replay.sum(stage, result.duals))
        else:
            told.append(replay.levels(stage, result.chain))
    content = {
        "unit": str(exact(unit)), "step": str(step), "lines": program.lines, "names": [list(name) for name in names],
        "pools": _pools(program), **given, "rows": rows, "stages": told,
        "columns": [written(value) for value in replay.completed()], "published": [int(count) for count in published],
    }
    text = plain(content)  # written once: all that is added is its seal
    return f'{text[:-1]},"seal":"{hashlib.sha256(text.encode()).hexdigest()}"}}'


@dataclass(frozen=True)
class _Ratios:
    """The ratios of a stage: parts · column = centre ± scale·θ on the sides that count, centre and scale whole."""

    below: bool
    above: bool
    parts: int
    terms: Mapping[int, tuple[int, int]]
    """Column → centre and scale."""


class _Moving(NamedTuple):
    """A priced column whose end moves with θ: parts · end = centre ± min(max(scale·θ, first), last), + where it is priced up."""

    column: int
    up: bool
    centre: int
    weight: Number
    """|price|."""
    scale: int
    first: Bound
    last: Bound

    def at(self, top: int, bottom: int) -> Number:
        """bottom · min(max(scale·θ, first), last) for θ = top ÷ bottom."""
        reach: Number = self.scale * top
        if self.first is not None:
            reach = max(reach, self.first * bottom)
        return reach if self.last is None else min(reach, self.last * bottom)


class _Replay:
    """The engine's stages on exact data, one after the other."""

    def __init__(self, program: Program, step: Fraction) -> None:
        self.program, self.step = program, step
        self.rows, self.times = multiplied(program)
        self.lower, self.upper = counted(program.lower, step), counted(program.upper, step)
        self.row_lower, self.row_upper = ([None if side is None else side * times for side, times in
                                           zip(counted(sides, step), self.times, strict=True)]
                                          for sides in (program.row_lower, program.row_upper))
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
                still = total((a, _known(self.lower[k])) for k, a in row.items() if k != j)
                low, high = (None if side is None else quotient(side - still, row[j])
                             for side in (self.row_lower[r], self.row_upper[r]))
                if row[j] < 0:
                    low, high = high, low
                low, high = most(self.lower[j], low), least(self.upper[j], high)
                if low is not None and low == high:
                    self._fix(j, low)
                else:
                    self.lower[j], self.upper[j] = low, high

    def sum(self, stage: SumStage, floats: Floats) -> dict[str, Any]:
        """A stage that minimises a sum: the exact dual, and the optimal face it describes."""
        places = np.flatnonzero(stage.costs)
        counts, parts = decimals(stage.costs[places])
        costs = {j: quotient(count, parts) for j, count in zip(places.tolist(), counts, strict=True)}
        rows = np.flatnonzero(floats)
        reduced = stage.costs - self.program.priced(floats)
        duals, prices = self._exact(rows, floats[rows], set(np.flatnonzero(np.abs(reduced) > ZERO_DUAL).tolist()), costs)
        value = total((dual, _known(self.row_lower[r] if dual > 0 else self.row_upper[r])) for r, dual in duals.items())
        for j in sorted(costs.keys() | prices.keys()):
            left = costs.get(j, 0) - prices.get(j, 0)
            if left:
                end = _known(self.lower[j] if left > 0 else self.upper[j])
                value += left * end
                self._fix(j, end)
        self._tighten(duals)
        return {"name": stage.name, "kind": "sum", "costs": {str(j): written(cost) for j, cost in costs.items()},
                "duals": {str(r): written(dual) for r, dual in duals.items()}, "value": written(value)}

    def levels(self, stage: LevelStage, chain: Iterable[Level]) -> dict[str, Any]:
        """A stage of ratios: θ and dual of every level, exact, highest first.

        Levels that share nothing may tie in floats and differ in fractions: the order is theirs.
        """
        ratios = self._ratios(stage)
        found: list[tuple[Number, dict[str, int | str]]] = []
        for near, cut in chain:
            if cut is not None and (level := self._level(ratios, cut, near)):
                found.append(level)
        alone = self.open.intersection(ratios.terms)
        for j in alone:
            self._fix(j, self._best(ratios, j))
        found.sort(key=lambda level: level[0], reverse=True)
        told: list[dict[str, Any] | None] = [{"theta": written(theta), "duals": duals} for theta, duals in found]
        return {"name": stage.name, "kind": "levels", "below": stage.below, "above": stage.above, "parts": ratios.parts,
                "levels": told + [None] * bool(alone),
                "terms": [[j, centre, scale] for j, (centre, scale) in ratios.terms.items()]}

    def completed(self) -> list[Number]:
        """A value for every column: the fixed ones, then what the rows say of the others, else a bound."""
        values: list[Bound] = [None if j in self.open else low for j, low in enumerate(self.lower)]
        asked = [r for r, equal in enumerate((self.program.row_lower == self.program.row_upper).tolist()) if equal]
        unknown, waiting = set(self.open), True
        while waiting:
            waiting = False
            for r in asked:
                row = self.rows[r]
                missing = unknown.intersection(row)
                if len(missing) == 1:
                    waiting, (j,) = True, missing
                    rest = total((a, _known(values[k])) for k, a in row.items() if k != j)
                    values[j] = quotient(_known(self.row_lower[r]) - rest, row[j])
                    unknown.discard(j)
        return [self._resting(j) if value is None else value for j, value in enumerate(values)]

    # ------------------------------------------------------------ levels

    def _ratios(self, stage: LevelStage) -> _Ratios:
        """The terms in whole parts of a step."""
        counts, places = decimals(np.concatenate([stage.centre, stage.scale]))
        part = Fraction(1, places) / self.step  # of a step
        whole = [count * part.numerator for count in counts]
        half = len(stage.columns)
        return _Ratios(stage.below, stage.above, part.denominator,
                       dict(zip(stage.columns.tolist(), zip(whole[:half], whole[half:], strict=True), strict=True)))

    def _level(self, ratios: _Ratios, cut: Cut, near: float) -> tuple[Number, dict[str, int | str]] | None:
        """θ and dual of a level; None where only rounding made it one: in fractions every term reaches its own best."""
        # A level's dual proves the same at any scale; at this one its fractions are plainest.
        duals, prices = self._exact(cut.rows, cut.duals / np.abs(cut.duals).max(), set(cut.columns.tolist()), {})
        moving = list[_Moving]()
        ends = dict[int, Number]()
        for j, price in prices.items():
            if (ratios.above if price > 0 else ratios.below) and j in ratios.terms and j in self.open:
                moving.append(self._moving(ratios, j, price))
            else:
                ends[j] = _known(self.upper[j] if price > 0 else self.lower[j])
        height = total((dual, _known(self.row_lower[r] if dual > 0 else self.row_upper[r])) for r, dual in duals.items())
        height -= total((prices[j], end) for j, end in ends.items())
        height = height * ratios.parts - sum(term.weight * (term.centre if term.up else -term.centre) for term in moving)
        theta = _root(moving, height, near, ratios.below and ratios.above)
        if theta is None:
            return None
        top, bottom = theta.numerator, theta.denominator
        for term in moving:
            reach = term.at(top, bottom)
            ends[term.column] = quotient(term.centre * bottom + (reach if term.up else -reach), ratios.parts * bottom)
        for j, end in ends.items():
            self._fix(j, end)
        self._tighten(duals)
        return theta, {str(r): written(dual) for r, dual in duals.items()}

    def _moving(self, ratios: _Ratios, j: int, price: Number) -> _Moving:
        centre, scale = ratios.terms[j]
        sign, first, last = (1, self.lower[j], self.upper[j]) if price > 0 else (-1, self.upper[j], self.lower[j])
        first, last = (None if side is None else sign * (side * ratios.parts - centre) for side in (first, last))
        return _Moving(j, price > 0, centre, sign * price, scale, first, last)

    def _best(self, ratios: _Ratios, j: int) -> Number:
        """Where the ratio of a term is least, whatever the others do."""
        if not (ratios.below and ratios.above):
            return _known(self.upper[j] if ratios.below else self.lower[j])
        centre = slim(Fraction(ratios.terms[j][0], ratios.parts))
        return _known(least(most(centre, self.lower[j]), self.upper[j]))

    def _fix(self, j: int, value: Number) -> None:
        self.lower[j] = self.upper[j] = value
        self.open.discard(j)

    # ------------------------------------------------------------ duals

    def _exact(
        self, rows: Ints, floats: Floats, priced: Collection[int], costs: Mapping[int, Number]
    ) -> tuple[dict[int, Number], dict[int, Number]]:
        """The duals as fractions, and their prices: no column but those in `priced` has a reduced cost.

        Without costs any multiple proves the same, and the duals are whole.
        """
        near = {r: quotient(_plain(y), self.times[r]) for r, y in zip(rows.tolist(), floats.tolist(), strict=True)}
        duals, prices = self._priced(near, whole=not costs)
        if any(j not in priced and prices.get(j, 0) != costs.get(j, 0) for j in costs.keys() | prices.keys()):
            duals, prices = self._priced(solved(self._equations(near, priced, costs), near), whole=not costs)
        return duals, prices

    def _equations(
        self, rows: Iterable[int], priced: Collection[int], costs: Mapping[int, Number]
    ) -> Iterator[dict[int, Fraction]]:
        """Σ_r a[r, j] · y_r = c_j for every column that is not priced; the right side under RIGHT."""
        wanted = {j: {RIGHT: Fraction(costs.get(j, 0))} for j in sorted({j for r in rows for j in self.rows[r]}.difference(priced))}
        for r in rows:
            for j, a in self.rows[r].items():
                if j in wanted:
                    wanted[j][r] = Fraction(a)
        yield from wanted.values()

    def _priced(self, duals: Mapping[int, Number], *, whole: bool) -> tuple[dict[int, Number], dict[int, Number]]:
        """The duals, multiplied until they are whole or not, and Aᵀy; zeros left out."""
        times = lcm(*(dual.denominator for dual in duals.values())) if whole else 1
        kept = {r: dual if times == 1 else slim(dual * times) for r, dual in duals.items() if dual}
        prices: dict[int, Number] = {}
        for r, dual in kept.items():
            for j, a in self.rows[r].items():
                prices[j] = prices.get(j, 0) + a * dual
        return kept, {j: price for j, price in prices.items() if price}

    def _tighten(self, duals: Mapping[int, Number]) -> None:
        for r, dual in duals.items():
            self.row_lower[r] = self.row_upper[r] = self.row_lower[r] if dual > 0 else self.row_upper[r]

    def _resting(self, j: int) -> Number:
        """A column nothing determines (a deviation that may be 0 both ways) rests at the bound nearest to 0."""
        low, high = self.lower[j], self.upper[j]
        return low if low is not None else high if high is not None else 0


def _root(moving: Sequence[_Moving], height: Number, near: float, both: bool) -> Number | None:
    """The θ at which the violation height − Σ weight·min(max(scale·θ, first), last) is exactly 0; None where it never is above.

    Newton's method from where the floats found it: every step solves one linear equation on bounds as given, so that
    fractions stay plain. Where both sides count, no θ is below 0.
    """
    least_known = both or all(term.first is not None for term in moving)
    if least_known and height <= total((term.weight, term.at(0, 1) if both else _known(term.first)) for term in moving):
        return None
    theta: Number = Fraction(near)
    for _ in range(NEWTON_STEPS):
        theta = max(theta, 0) if both else theta
        left, before, after = _slopes(moving, height, theta)
        if before and not left:
            return slim(theta)
        slope = after if left > 0 else before
        theta = Fraction(theta + Fraction(left) / slope) if slope else _breakpoint(moving, theta, upward=left > 0)
    raise SolverError("证书：某一级的比率在精确计算中不存在。")


def _slopes(moving: Sequence[_Moving], height: Number, theta: Number) -> tuple[Number, Number, Number]:
    """The violation at θ, and how fast it falls just below and just above it."""
    top, bottom = theta.numerator, theta.denominator
    still = height
    rate: Number = 0
    begins: Number = 0
    ends: Number = 0
    for term in moving:
        reach = term.scale * top
        if term.first is not None and reach <= (first := term.first * bottom):
            still -= term.weight * term.first
            begins += term.weight * term.scale if reach == first else 0
        elif term.last is not None and reach >= (last := term.last * bottom):
            still -= term.weight * term.last
            ends += term.weight * term.scale if reach == last else 0
        else:
            rate += term.weight * term.scale
    return still - rate * theta, rate + ends, rate + begins


def _breakpoint(moving: Sequence[_Moving], theta: Number, *, upward: bool) -> Number:
    """The nearest point above or below θ where a term begins or ends to move; θ itself where there is none."""
    points = [Fraction(point) / term.scale for term in moving for point in (term.first, term.last) if point is not None]
    if upward:
        return min((point for point in points if point > theta), default=theta)
    return max((point for point in points if point < theta), default=theta)


def _pools(program: Program) -> list[int]:
    """The rows that distribute a pool: equalities over lines with coefficient 1, as they come first."""
    count = program.shape[0]
    other = sums(program.rows, ((program.columns >= program.lines) | (program.values != 1)).astype(float), count)
    pool = (other == 0) & (np.bincount(program.rows, minlength=count) > 0) & (program.row_lower == program.row_upper)
    return list(range(count if pool.all() else int(np.argmin(pool))))


@cache
def _plain(dual: float) -> Number:
    return slim(Fraction(dual).limit_denominator(PLAIN))


def _known(value: Bound) -> Number:
    if value is None:
        raise SolverError("证书：用到了不存在的界限。")
    return value
