"""The same list in rational arithmetic: slow, sure, and the judge where floats disagree with fractions.

Every question is a linear program in fractions, from the basis that the float solver ends in. The optimum, and its proof
in the terms of the certificate, need no tolerance; so no data can make this way fail.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import ZERO, Exacts
from transfer_opt.lexlp.exact.integers import Number, slim
from transfer_opt.lexlp.exact.narrowing import (
    GRID,
    Narrowed,
    Proof,
    Ratios,
    costs_of,
    levels_record,
    sum_record,
)
from transfer_opt.lexlp.exact.reduced import Basis, Reduced
from transfer_opt.lexlp.exact.simplex import ExactProgram, Vertex
from transfer_opt.lexlp.program import LevelStage, Stage, Statement, SumStage, last_levels

LARGEST = 8192.0
"""Money is scaled so that the largest amount in a float solver's question is about this."""
PLAIN = 1000
"""Duals whose denominator is at most this are taken for plain fractions first."""
Report = Callable[[str], None]


@dataclass(frozen=True)
class Impossible:
    """The least total by which rows must give way, exactly, and the dual that proves it."""

    money: mpq
    duals: Exacts
    """(R,)"""


def solved_exactly(
    statement: Statement,
    stages: Sequence[Stage],
    unit: mpq,
    basis: Basis,
    report: Report = lambda _: None,
) -> Proof | None:
    """The lexicographic optimum of the stages; None where no amounts meet the rows."""
    engine = _Engine(statement, unit, basis)
    if not engine.possible():
        return None
    told = []
    for k, stage in enumerate(stages):
        report(stage.name)
        if k >= last_levels(stages):
            engine.fold()
        told.append(engine.sum(stage) if isinstance(stage, SumStage) else engine.levels(stage))
    if engine.open.intersection(range(statement.lines)):
        raise SolverError("目标清单没有确定每一笔金额。")
    return Proof(tuple(told), tuple(engine.completed()), engine.step, engine.stated)


def shortage_exactly(statement: Statement, unit: mpq, basis: Basis) -> Impossible | None:
    """None where amounts within the columns' bounds meet the rows; bounds must not cross."""
    engine = _Engine(statement, unit, basis)
    rows, columns = len(engine.rows), len(engine.lower)
    slack = [{**row, columns + r: 1, columns + rows + r: -1} for r, row in enumerate(engine.rows)]
    costs = [0] * columns + [mpq(1, times) for times in engine.times] * 2
    program = ExactProgram(
        costs,
        [*engine.lower, *[0] * 2 * rows],
        [*engine.upper, *[None] * 2 * rows],
        slack,
        engine.row_lower,
        engine.row_upper,
    )
    vertex = engine.optimum(program)
    if vertex is None:
        raise AssertionError("slacks make every row possible")
    money = sum((cost * value for cost, value in zip(costs, vertex.columns, strict=True)), ZERO)
    if not money:
        return None
    duals = [dual * times for dual, times in zip(vertex.duals, engine.times, strict=True)]
    return Impossible(money * engine.step, np.array(duals, dtype=object))


def least_exactly(statement: Statement, stage: SumStage, unit: mpq, basis: Basis) -> mpq | None:
    """The least of a sum, money; None where no amounts meet the rows."""
    engine = _Engine(statement, unit, basis)
    return mpq(engine.sum(stage)["value"]) * engine.step if engine.possible() else None


def proven_shortage(statement: Statement, duals: Floats) -> mpq:
    """The money that duals, read as the plain fractions they stand for, prove short; 0 where that is nothing."""
    for read in (plain, mpq):
        given = {int(r): read(float(duals[r])) for r in np.flatnonzero(duals)}
        if (money := _money_short(statement, given)) > 0:
            return money
    return ZERO


def plain(dual: float) -> mpq:
    """The plainest fraction that a solver's float may stand for."""
    return mpq(Fraction(dual).limit_denominator(PLAIN))


def _money_short(statement: Statement, duals: Mapping[int, mpq]) -> mpq:
    """Σ y·b − Σ max over the bounds of (Aᵀy)·x; 0 where a bound or side it would need is open."""
    short, prices = ZERO, dict[int, mpq]()
    for r, dual in duals.items():
        side = statement.row_lower[r] if dual > 0 else statement.row_upper[r]
        if side is None:
            return ZERO
        short += dual * side
    for k in np.flatnonzero(np.isin(statement.rows, list(duals))).tolist():
        j = int(statement.columns[k])
        prices[j] = prices.get(j, ZERO) + statement.values[k] * duals[int(statement.rows[k])]
    for j, price in prices.items():
        end = statement.upper[j] if price > 0 else statement.lower[j]
        if price and end is None:
            return ZERO
        short -= price * end if price else ZERO
    return short


class _Engine(Narrowed):
    """The stages one after the other."""

    def __init__(self, statement: Statement, unit: mpq, basis: Basis) -> None:
        super().__init__(statement, unit / GRID)
        self._basis = basis
        sides = [
            abs(float(side)) for side in (*self.row_lower, *self.row_upper) if side is not None
        ]
        self._scale = max([1.0, *sides]) / LARGEST

    def possible(self) -> bool:
        """Whether the rows can be met."""
        if any(
            low is not None and high is not None and low > high
            for low, high in zip(self.lower, self.upper, strict=True)
        ):
            return False
        return self.optimum(self._program([0] * len(self.lower))) is not None

    def sum(self, stage: SumStage) -> dict[str, Any]:
        """min costs · columns, and the face of its optimum by complementary slackness."""
        costs = costs_of(stage)
        vertex = self.optimum(self._program([costs.get(j, 0) for j in range(len(self.lower))]))
        if vertex is None:
            raise AssertionError("the stage before has left its own optimum")
        duals = {r: slim(dual) for r, dual in enumerate(vertex.duals) if dual}
        value = sum((cost * vertex.columns[j] for j, cost in costs.items()), ZERO)
        for j, reduced in enumerate(vertex.reduced):
            if reduced:
                self.fix(j, slim(vertex.columns[j]))
        self.tighten(duals)
        return sum_record(stage, costs, duals, slim(value))

    def levels(self, stage: LevelStage) -> dict[str, Any]:
        """Level after level, each by its least θ; what no smaller θ would move is fixed by the dual."""
        ratios, found = self.ratios(stage), list[tuple[Number, Mapping[int, Number]]]()
        alone = False
        while waiting := self.open.intersection(ratios.terms):
            own = {j: self._own(ratios, j) for j in waiting}
            theta, vertex, decided = self._level(ratios, own)
            for j in decided:
                alone = True
                self.fix(j, slim(mpq(self.best(ratios, j))))
            if theta is not None and vertex is not None:
                found.append((slim(theta), self._settled(vertex)))
        return levels_record(stage, ratios, found, alone)

    def _level(
        self, ratios: Ratios, own: Mapping[int, Number]
    ) -> tuple[Number | None, Vertex | None, Collection[int]]:
        """The least θ of the terms, and those (decided) that reach no less than it by themselves: they stand at their best.

        θ and vertex are None where all do.
        """
        ranked = sorted(own, key=lambda j: (-own[j], j))
        count = self._guessed(ratios, own, ranked)
        while True:
            vertex = self.optimum(self._theta_program(ratios, ranked[:count], ranked[count:]))
            theta = None if vertex is None else vertex.columns[-1]
            if theta is None or (0 < count < len(ranked) and theta > own[ranked[count - 1]]):
                count -= 1  # guessed too many: one more must share
            elif count == len(ranked):
                return None, None, ranked
            elif theta > own[ranked[count]]:
                return theta, vertex, ranked[:count]
            else:
                count += 1

    def _guessed(self, ratios: Ratios, own: Mapping[int, Number], ranked: Sequence[int]) -> int:
        """How many terms a float solver would leave at their own best."""
        low, high = 0, len(ranked)
        while low < high:
            middle = (low + high) // 2
            program = self._theta_program(ratios, ranked[:middle], ranked[middle:])
            theta = Reduced.of(program).least_by_floats(self._basis, self._scale)
            if theta is None or theta > float(own[ranked[middle]]) * (1 + 1e-9) + 1e-12:
                high = middle
            else:
                low = middle + 1
        return low

    def _own(self, ratios: Ratios, j: int) -> Number:
        """The least ratio that a term reaches within its own bounds."""
        centre, scale = ratios.terms[j]
        reached = [0] if ratios.below and ratios.above else []
        if ratios.below and (high := self.upper[j]) is not None:
            reached.append((centre - high * ratios.parts) / mpq(scale))
        if ratios.above and (low := self.lower[j]) is not None:
            reached.append((low * ratios.parts - centre) / mpq(scale))
        return max(reached, default=mpq(-(10**30)))

    def _theta_program(
        self, ratios: Ratios, decided: Sequence[int], sharing: Sequence[int]
    ) -> ExactProgram:
        """min θ, the last column, with some terms at their own best and the others within θ."""
        columns, lower, upper = len(self.lower), list(self.lower), list(self.upper)
        for j in decided:
            lower[j] = upper[j] = self.best(ratios, j)
        rows: list[Mapping[int, Number]] = list(self.rows)
        row_lower, row_upper = list(self.row_lower), list(self.row_upper)
        for j in sharing:
            centre, scale = (mpq(value, ratios.parts) for value in ratios.terms[j])
            if ratios.below:
                rows.append({j: 1, columns: scale})
                row_lower.append(centre)
                row_upper.append(None)
            if ratios.above:
                rows.append({j: 1, columns: -scale})
                row_lower.append(None)
                row_upper.append(centre)
        floor = 0 if ratios.below and ratios.above or not sharing else None
        return ExactProgram(
            [0] * columns + [1], [*lower, floor], [*upper, None], rows, row_lower, row_upper
        )

    def _settled(self, vertex: Vertex) -> dict[int, Number]:
        """The duals of the rows; every column they price stands where it is, for good."""
        duals = {r: slim(dual) for r, dual in enumerate(vertex.duals[: len(self.rows)]) if dual}
        prices: dict[int, Number] = {}
        for r, dual in duals.items():
            for j, a in self.rows[r].items():
                prices[j] = prices.get(j, 0) + a * dual
        for j, price in prices.items():
            if price:
                self.fix(j, slim(vertex.columns[j]))
        self.tighten(duals)
        return duals

    def _program(self, costs: Sequence[Number]) -> ExactProgram:
        return ExactProgram(
            costs, self.lower, self.upper, self.rows, self.row_lower, self.row_upper
        )

    def optimum(self, program: ExactProgram) -> Vertex | None:
        """The optimum of a program of this money; None where its rows cannot be met."""
        return Reduced.of(program).optimum(self._basis, self._scale)
