"""Makes the certificate of a solution: every dual, level and amount made exact again, in whole numbers and fractions.

The engine works with floats; here its choices (which columns, rows and duals take part) are replayed on the data as
decimals: money in whole steps, rows multiplied until their coefficients are whole. Where a dual is no plain fraction, it
is solved exactly from what it must satisfy. The checker is another room and shares nothing with this one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from gmpy2 import mpq

from transfer_opt.checker.optimality import plain
from transfer_opt.core.arrays import Floats, Ints, sums
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import known
from transfer_opt.lexlp.cuts import Cut, Level
from transfer_opt.lexlp.exact.elimination import RIGHT, solved
from transfer_opt.lexlp.exact.integers import Bound, Number, quotient, slim, total, written
from transfer_opt.lexlp.exact.narrowing import (
    GRID,
    Narrowed,
    Proof,
    Ratios,
    costs_of,
    known_bound,
    levels_record,
    sum_record,
)
from transfer_opt.lexlp.exact.solve import plain as plain_fraction
from transfer_opt.lexlp.program import (
    ZERO_DUAL,
    LevelStage,
    Stage,
    Statement,
    SumStage,
    last_levels,
)
from transfer_opt.lexlp.solve import Solution

NEWTON_STEPS = 50


def replayed(statement: Statement, stages: Sequence[Stage], solution: Solution, unit: mpq) -> Proof:
    """The solution of a solver made exact. Raises SolverError when its floats do not stand up to exact arithmetic."""
    replay = _Replay(statement, unit / GRID)
    told = []
    closing = last_levels(stages)
    for k, (stage, result) in enumerate(zip(stages, solution.stages, strict=True)):
        if k >= closing:
            replay.fold()
        if isinstance(stage, SumStage):
            told.append(replay.sum(stage, result.duals))
        else:
            told.append(replay.levels(stage, result.chain))
    return Proof(tuple(told), tuple(replay.completed()), replay.step, replay.stated)


def certificate(
    statement: Statement, proof: Proof, published: Ints, unit: mpq, names: Sequence[Sequence[str]]
) -> str:
    """The certificate as one JSON text: fractions as text; `names` says of whom every line speaks (fund, code, recipient)."""
    stated = proof.stated
    lower, upper, row_lower, row_upper = map(
        _sides, (stated.lower, stated.upper, stated.row_lower, stated.row_upper)
    )
    rows = [
        {"lower": low, "upper": high, "entries": {str(j): a for j, a in row.items()}}
        for low, high, row in zip(row_lower, row_upper, stated.rows, strict=True)
    ]
    content = {
        "unit": str(unit),
        "step": str(proof.step),
        "lines": statement.lines,
        "names": [list(name) for name in names],
        "pools": _pools(statement),
        "lower": lower,
        "upper": upper,
        "rows": rows,
        "stages": list(proof.stages),
        "columns": [written(value) for value in proof.columns],
        "published": [int(count) for count in published],
    }
    text = plain(content)  # written once: all that is added is its seal
    return f'{text[:-1]},"seal":"{hashlib.sha256(text.encode()).hexdigest()}"}}'


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


class _Replay(Narrowed):
    """The engine's stages on exact data, one after the other."""

    def __init__(self, statement: Statement, step: mpq) -> None:
        super().__init__(statement, step)
        self.program = statement.rounded

    def sum(self, stage: SumStage, floats: Floats) -> dict[str, Any]:
        """A stage that minimises a sum: the exact dual, and the optimal face it describes."""
        costs = costs_of(stage)
        rows = np.flatnonzero(floats)
        reduced = stage.costs - self.program.priced(floats)
        duals, prices = self._exact(
            rows, floats[rows], set(np.flatnonzero(np.abs(reduced) > ZERO_DUAL).tolist()), costs
        )
        value = total(
            (dual, known_bound(self.row_lower[r] if dual > 0 else self.row_upper[r]))
            for r, dual in duals.items()
        )
        for j in sorted(costs.keys() | prices.keys()):
            left = costs.get(j, 0) - prices.get(j, 0)
            if left:
                end = known_bound(self.lower[j] if left > 0 else self.upper[j])
                value += left * end
                self.fix(j, end)
        self.tighten(duals)
        return sum_record(stage, costs, duals, value)

    def levels(self, stage: LevelStage, chain: Iterable[Level]) -> dict[str, Any]:
        """A stage of ratios: θ and dual of every level, exact, highest first.

        Levels that share nothing may tie in floats and differ in fractions: the order is theirs.
        """
        ratios = self.ratios(stage)
        found: list[tuple[Number, Mapping[int, Number]]] = []
        for near, cut in chain:
            if cut is not None and (level := self._level(ratios, cut, near)):
                found.append(level)
        alone = self.open.intersection(ratios.terms)
        for j in alone:
            self.fix(j, self.best(ratios, j))
        found.sort(key=lambda level: level[0], reverse=True)
        return levels_record(stage, ratios, found, bool(alone))

    # ------------------------------------------------------------ levels

    def _level(
        self, ratios: Ratios, cut: Cut, near: float
    ) -> tuple[Number, Mapping[int, Number]] | None:
        """θ and dual of a level; None where only rounding made it one: in fractions every term reaches its own best."""
        # A level's dual proves the same at any scale; at this one its fractions are plainest.
        duals, prices = self._exact(
            cut.rows, cut.duals / np.abs(cut.duals).max(), set(cut.columns.tolist()), {}
        )
        moving = list[_Moving]()
        ends = dict[int, Number]()
        for j, price in prices.items():
            if (
                (ratios.above if price > 0 else ratios.below)
                and j in ratios.terms
                and j in self.open
            ):
                moving.append(self._moving(ratios, j, price))
            else:
                ends[j] = known_bound(self.upper[j] if price > 0 else self.lower[j])
        height = total(
            (dual, known_bound(self.row_lower[r] if dual > 0 else self.row_upper[r]))
            for r, dual in duals.items()
        )
        height -= total((prices[j], end) for j, end in ends.items())
        height = height * ratios.parts - sum(
            term.weight * (term.centre if term.up else -term.centre) for term in moving
        )
        theta = _root(moving, height, near, ratios.below and ratios.above)
        if theta is None:
            return None
        top, bottom = theta.numerator, theta.denominator
        for term in moving:
            reach = term.at(top, bottom)
            ends[term.column] = quotient(
                term.centre * bottom + (reach if term.up else -reach), ratios.parts * bottom
            )
        for j, end in ends.items():
            self.fix(j, end)
        self.tighten(duals)
        return theta, duals

    def _moving(self, ratios: Ratios, j: int, price: Number) -> _Moving:
        centre, scale = ratios.terms[j]
        sign, first, last = (
            (1, self.lower[j], self.upper[j]) if price > 0 else (-1, self.upper[j], self.lower[j])
        )
        first, last = (
            None if side is None else sign * (side * ratios.parts - centre)
            for side in (first, last)
        )
        return _Moving(j, price > 0, centre, sign * price, scale, first, last)

    # ------------------------------------------------------------ duals

    def _exact(
        self, rows: Ints, floats: Floats, priced: Collection[int], costs: Mapping[int, Number]
    ) -> tuple[dict[int, Number], dict[int, Number]]:
        """The duals as fractions, and their prices: no column but those in `priced` has a reduced cost.

        Without costs any multiple proves the same, and the duals are whole.
        """
        near = {
            r: quotient(_plain(float(y)), self.times[r])
            for r, y in zip(rows.tolist(), floats.tolist(), strict=True)
        }
        duals, prices = self._priced(near, whole=not costs)
        if any(
            j not in priced and prices.get(j, 0) != costs.get(j, 0)
            for j in costs.keys() | prices.keys()
        ):
            duals, prices = self._priced(
                solved(self._equations(near, priced, costs), near), whole=not costs
            )
        return duals, prices

    def _equations(
        self, rows: Iterable[int], priced: Collection[int], costs: Mapping[int, Number]
    ) -> Iterator[dict[int, mpq]]:
        """Σ_r a[r, j] · y_r = c_j for every column that is not priced; the right side under RIGHT."""
        wanted = {
            j: {RIGHT: mpq(costs.get(j, 0))}
            for j in sorted({j for r in rows for j in self.rows[r]}.difference(priced))
        }
        for r in rows:
            for j, a in self.rows[r].items():
                if j in wanted:
                    wanted[j][r] = mpq(a)
        yield from wanted.values()

    def _priced(
        self, duals: Mapping[int, Number], *, whole: bool
    ) -> tuple[dict[int, Number], dict[int, Number]]:
        """The duals, multiplied until they are whole or not, and Aᵀy; zeros left out."""
        times = lcm(*(int(dual.denominator) for dual in duals.values())) if whole else 1
        kept = {r: dual if times == 1 else slim(dual * times) for r, dual in duals.items() if dual}
        prices: dict[int, Number] = {}
        for r, dual in kept.items():
            for j, a in self.rows[r].items():
                prices[j] = prices.get(j, 0) + a * dual
        return kept, {j: price for j, price in prices.items() if price}


def _root(moving: Sequence[_Moving], height: Number, near: float, both: bool) -> Number | None:
    """The θ at which the violation height − Σ weight·min(max(scale·θ, first), last) is exactly 0; None where it never is above.

    Newton's method from where the floats found it: every step solves one linear equation on bounds as given, so that
    fractions stay plain. Where both sides count, no θ is below 0.
    """
    least_known = both or all(term.first is not None for term in moving)
    if least_known and height <= total(
        (term.weight, term.at(0, 1) if both else known_bound(term.first)) for term in moving
    ):
        return None
    theta: Number = mpq(near)
    for _ in range(NEWTON_STEPS):
        theta = max(theta, 0) if both else theta
        left, before, after = _slopes(moving, height, theta)
        if before and not left:
            return slim(theta)
        slope = after if left > 0 else before
        theta = theta + mpq(left) / slope if slope else _breakpoint(moving, theta, upward=left > 0)
    raise SolverError("证书：某一级的比率在精确计算中不存在。")


def _slopes(
    moving: Sequence[_Moving], height: Number, theta: Number
) -> tuple[Number, Number, Number]:
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
    points = [
        mpq(point) / term.scale
        for term in moving
        for point in (term.first, term.last)
        if point is not None
    ]
    if upward:
        return min((point for point in points if point > theta), default=theta)
    return max((point for point in points if point < theta), default=theta)


def _pools(statement: Statement) -> list[int]:
    """The rows that distribute a pool: equalities over lines with coefficient 1, as they come first."""
    count, program = len(statement.row_lower), statement.rounded
    other = sums(
        program.rows,
        ((program.columns >= program.lines) | (program.values != 1)).astype(float),
        count,
    )
    equal = np.asarray(
        known(statement.row_lower) & (statement.row_lower == statement.row_upper), dtype=bool
    )
    pool = (other == 0) & (np.bincount(program.rows, minlength=count) > 0) & equal
    return list(range(count if pool.all() else int(np.argmin(pool))))


def _sides(sides: Iterable[Bound]) -> list[int | str | None]:
    return [None if side is None else written(side) for side in sides]


@cache
def _plain(dual: float) -> Number:
    return slim(plain_fraction(dual))
