"""One year's case: recipients, funds and lines with their figures, ready to be formulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import floor, log10
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints, Texts
from transfer_opt.core.exact import ZERO, Exacts, exact, exacts, filled, floats, places, total
from transfer_opt.core.expressions import Grouping, Linear, constants, variables
from transfer_opt.core.vocabulary import CONTRIBUTION, ONE_OFF, PROVINCE_SHARE, PROVINCE_SIDES
from transfer_opt.policy.earlier import Earlier
from transfer_opt.policy.model import FundSpec
from transfer_opt.policy.recipients import WHOLE_PROVINCE, Recipients
from transfer_opt.policy.sections import Flows
from transfer_opt.policy.shared_costs import Burdens
from transfer_opt.policy.succession import Succession

KEY_ZONES = ("国家重点生态功能区", "省级重点生态功能区")
WORSE = "变差"
BETTER = "变好"
DEFAULT_UNIT = "万元"
OWN = "可用财力"
NEGLIGIBLE, DUST = 1e-6, 1e-15
"""Money that counts as nothing: of a publishing unit; of all pools together, as sums of floats so large lose as much."""
MOST_DECIMALS = 10
"""Decimals of a fen in 亿元: no publishing unit is smaller."""
KEPT_DIGITS = 8
"""Decimals of sums of money in tables and sentences."""
YUAN = {"元": 1, "万元": 10_000, "亿元": 100_000_000}
"""Money unit → 元."""


# ---------------------------------------------------------------- one year's data


@dataclass(frozen=True)
class Fund:
    """A transfer in one year. `pool` is what is distributed among the recipients, a whole number of units."""

    spec: FundSpec
    budget: float
    """本年总额 as given."""
    pool: float
    """可分配总额."""
    reserved: float
    """预留, including what is left below one publishing unit."""
    provincial: float
    """州本级及其他."""
    last_total: float
    """上年总额 as given; NaN when blank."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """The row of 「资金总额」 as read."""

    @property
    def name(self) -> str:
        """The full name."""
        return self.spec.name

    @property
    def short(self) -> str:
        """The short name."""
        return self.spec.short

    def number(self, column: str) -> float:
        """A number of its row in 「资金总额」; NaN when blank."""
        value = self.row.get(column)
        return float(value) if isinstance(value, int | float) else np.nan


@dataclass(frozen=True)
class Figure:
    """One figure of a factor's calculation, for every unit."""

    name: str
    values: Floats
    """(n,)"""
    formula: str = ""
    """How it follows from figures before it, each written {name}; empty where it is given."""


@dataclass(frozen=True)
class WeightedFactor:
    """A factor of a fund's formula as it counts this year; the last figure is the factor's value."""

    title: str
    weight: float
    """As the model file gives it; the weights in use need not add to 1."""
    figures: tuple[Figure, ...]

    @property
    def value(self) -> Floats:
        """(n,)"""
        return self.figures[-1].values


@dataclass(frozen=True)
class Lines:
    """The L eligible fund–recipient pairs, one decision each; fund by fund, recipients in order."""

    fund: Ints
    recipient: Ints
    last_year: Floats
    """上年分配 less 其中一次性; NaN when not known; 0: was eligible, got nothing."""
    advance: Floats
    """提前下达; NaN when not given."""
    given_floor: Floats
    given_cap: Floats
    """「县区上下限」; NaN when not given."""
    given_reason: Texts
    penalty: Floats
    """Share cut by 考核奖惩 where the recipient was assessed 变差 and the rule is on; 0 elsewhere."""
    reference_before: Floats
    """因素法测算额 before 考核奖惩, money."""
    reference: Floats
    """因素法测算额 e, money; adds to the pool exactly in steps of a millionth of the publishing unit."""

    def __len__(self) -> int:
        return len(self.fund)


@dataclass(frozen=True)
class GivenBound:
    """A row of 「县区上下限」: one line, all funds of a recipient, or a whole prefecture."""

    fund: int
    """NOWHERE: all funds together."""
    place: int
    """The recipient, or the prefecture as n + its position."""
    floor: float
    cap: float
    """Money; NaN when not given."""
    reason: str


@dataclass(frozen=True)
class Figures:
    """The figures worked out of the typed ones, exactly; of all of them the case holds the nearest floats. None: not known."""

    unit: mpq
    """The publishing unit in the workbook's money unit."""
    pools: Exacts
    """(F,)"""
    history: Exacts
    """(F, n)"""
    need: Exacts
    """(n,)"""
    reference_before: Exacts
    """(L,)"""
    reference: Exacts
    """(L,)"""


@dataclass(frozen=True)
class Case:
    """Everything one allocation needs, checked; money in the workbook's unit.

    Rules and objectives are made of `figures` and of what was typed, exactly. The floats beside them are to look at.
    """

    funds: tuple[Fund, ...]
    recipients: Recipients
    lines: Lines
    history: Floats
    """(F, n) last year's amounts of all units, eligible or not, less 其中一次性; NaN when not known."""
    unit: float
    """The publishing unit in the workbook's money unit."""
    unit_name: str
    money_unit: str
    """元, 万元 or 亿元."""
    usable: Floats
    """(F,) 可统筹比例."""
    need: Floats
    """(n,) 保障倍数·(保基本民生+保工资+保运转); NaN when not known."""
    gap_columns: tuple[str, str, str]
    """需求列, 财力列, 分母列 of 「保障水平最大化」."""
    factors: tuple[tuple[WeightedFactor, ...], ...] = ()
    """By fund, what the reference amounts before 考核奖惩 are made of: e = pool · Σ w·F/ΣF ÷ Σ w."""
    given_totals: tuple[GivenBound, ...] = ()
    """Those that speak of several lines."""
    burdens: Burdens | None = None
    """Who pays what of the shared services; None: the workbook tells of none."""
    flows: Flows | None = None
    """What counties pay each other for the water; None: the workbook tells of no agreement."""
    succession: Succession = field(default_factory=Succession)
    """Which former units became which of these; last year's amounts are already those of these."""
    worked_out: Figures | None = None
    """None: the floats are as they were typed."""
    first: int = 0
    """The position of the first of its amounts among the decision variables."""
    undecided: Linear | None = None
    """(F,) the pools where they are decided in the same program; `figures.pools` are then the most they may be."""
    earlier: Earlier | None = None
    """None: last year's amounts are figures."""

    @cached_property
    def figures(self) -> Figures:
        """What was worked out, exactly."""
        return self.worked_out or Figures(
            exact(self.unit),
            exacts(self.pools),
            exacts(self.history),
            exacts(self.need),
            exacts(self.lines.reference_before),
            exacts(self.lines.reference),
        )

    @cached_property
    def one_off(self) -> Floats:
        """(n,) what was paid once only last year, all funds together; `history` is less it."""
        paid = [self.recipients.number(f"上年{fund.name}{ONE_OFF}") for fund in self.funds]
        return np.asarray(np.nan_to_num(paid).sum(axis=0))

    @cached_property
    def amount(self) -> Linear:
        """x: the amounts (L,), the decision variables first … first+L-1."""
        labels = [
            f"{self.funds[f].short}/{self.recipients.name[i]}"
            for f, i in zip(self.lines.fund, self.lines.recipient, strict=True)
        ]
        subjects = np.stack([self.lines.fund, self.lines.recipient], axis=1)
        return variables(len(self.lines), np.array(labels, dtype=object), subjects, self.first)

    @cached_property
    def line_names(self) -> tuple[tuple[str, str, str], ...]:
        """(L,) fund, division code and name of every line."""
        return tuple(
            (self.funds[f].name, str(self.recipients.code[i]), str(self.recipients.name[i]))
            for f, i in zip(self.lines.fund, self.lines.recipient, strict=True)
        )

    def column(self, name: str) -> Floats:
        """A numeric column (n,); 可用财力 with what counties pay each other."""
        return self.own if name == OWN else self.recipients.number(name)

    @property
    def filled_own(self) -> Floats:
        """可用财力 (n,) as it was filled in: by it the formulas work, and the groups of weak counties are found."""
        return self.recipients.number(OWN)

    @cached_property
    def own(self) -> Floats:
        """可用财力 (n,) with what counties pay each other, and into a basin's fund: coverage is measured by it."""
        left = self.filled_own - np.nan_to_num(self.recipients.number(CONTRIBUTION))
        return left + self.flows.moved if self.flows else left

    @cached_property
    def set_aside(self) -> Floats:
        """(n,) what a county pays others for the water that its 三保 is not made to suffer from, money."""
        return self.flows.set_aside if self.flows else np.zeros(len(self.recipients))

    @cached_property
    def expenditure(self) -> Floats:
        """标准财政支出 N (n,)."""
        return self.recipients.number("标准财政支出")

    @cached_property
    def last_total(self) -> Exacts:
        """(F,) Σ last year over all units, what is not known left out."""
        if self.earlier:
            return self.earlier.pools
        return np.array([sum(row, ZERO) for row in filled(self.figures.history)], dtype=object)

    @cached_property
    def rate(self) -> Exacts:
        """G (F,) = pool / Σ last year over all units − 1; None when last year is not known."""
        pairs = zip(self.figures.pools, self.last_total, strict=True)
        return np.array(
            [pool / last - 1 if last > 0 else None for pool, last in pairs], dtype=object
        )

    @cached_property
    def growth(self) -> Floats:
        """The same as floats; NaN when last year is not known."""
        return floats(self.rate)

    @cached_property
    def last_year(self) -> Exacts:
        """(L,) last year's amount of every line; None where not known."""
        return np.asarray(self.figures.history[self.lines.fund, self.lines.recipient])

    @cached_property
    def last_amount(self) -> Linear:
        """(L,) the same as an expression: decided with this year's, or a figure; 0 where not known."""
        if self.earlier:
            return self.earlier.amounts
        return constants(filled(self.last_year), self.amount)

    @cached_property
    def pool_amount(self) -> Linear:
        """(F,) the pools as expressions: decided in the same program, or figures."""
        if self.undecided is not None:
            return self.undecided
        nothing = self.amount[np.arange(0)]
        everywhere = np.full(len(self.funds), NOWHERE)
        return replace(
            nothing,
            constant=self.figures.pools,
            labels=np.array([fund.name for fund in self.funds], dtype=object),
            subjects=np.stack([np.arange(len(self.funds)), everywhere], axis=1),
        )

    @cached_property
    def province_moves(self) -> bool:
        """Whether 「资金总额」 has the province's own money decided: a part of some fund, and a side of some part."""
        parts = [fund.number(PROVINCE_SHARE) for fund in self.funds]
        sides = [fund.number(side) for fund in self.funds for side in PROVINCE_SIDES]
        return not (np.isnan(parts).all() or np.isnan(sides).all())

    @cached_property
    def whole_capacity(self) -> Linear:
        """Σ_i own_i + Σ_f usable_f · pool_f, one expression, money."""
        usable = self._together(self.pool_amount * exacts(self.usable))
        return replace(usable, constant=usable.constant + total(exacts(self.own)))

    @cached_property
    def whole_pool(self) -> Linear:
        """Σ_f pool_f, one expression, money."""
        return self._together(self.pool_amount)

    def _together(self, by_fund: Linear) -> Linear:
        label, subject = np.array([WHOLE_PROVINCE], dtype=object), np.array([[NOWHERE, NOWHERE]])
        return by_fund.total(Grouping(np.zeros(len(by_fund), dtype=np.int64), label, subject))

    @cached_property
    def kept(self) -> Bools:
        """(L,) whether last year's amount is there to hold on to."""
        return self.earlier.there if self.earlier else np.asarray(self.lines.last_year > 0)

    @cached_property
    def capped(self) -> Bools:
        """(L,) whether growth over last year's amount may be limited."""
        return self.earlier.capped if self.earlier else self.kept

    @cached_property
    def pools(self) -> Floats:
        """Distributable money by fund (F,)."""
        return np.array([fund.pool for fund in self.funds])

    @cached_property
    def dust(self) -> float:
        """Money that counts as nothing: a millionth of the publishing unit, or what sums of floats this large may lose."""
        return max(NEGLIGIBLE * self.unit, DUST * float(self.pools.sum()))

    @property
    def clean_digits(self) -> int:
        """Decimals of a sum of floats that are no dust: eight, and fewer where the pools are so large that floats lose more."""
        return KEPT_DIGITS if self.dust <= NEGLIGIBLE else max(0, floor(-log10(self.dust)))

    @property
    def beyond_floats(self) -> bool:
        """Whether floats as large as the pools lose more than a publishing unit may: then only fractions tell what is published."""
        return self.dust > NEGLIGIBLE * self.unit

    @cached_property
    def decimals(self) -> int:
        """Decimals of published money: 6 where it is published in fen and told in 万元."""
        return places(self.figures.unit)

    def exact_money(self, units: Ints) -> Exacts:
        """Whole publishing units as money."""
        money: Exacts = np.array(units.tolist(), dtype=object) * self.figures.unit
        return money

    def money(self, units: Ints) -> Floats:
        """Whole publishing units as money, without the dust of binary fractions."""
        return np.asarray(np.round(units * self.unit, MOST_DECIMALS), dtype=float)

    def by_county(self, amounts: Floats) -> Floats:
        """Line by line (L,) → (F, n), NaN where there is no line."""
        table = np.full((len(self.funds), len(self.recipients)), np.nan)
        table[self.lines.fund, self.lines.recipient] = amounts
        return table

    def capacity(self, x: Linear, own: Floats) -> Linear:
        """own_i + Σ_f usable_f · x[f, i], one expression per recipient (n,), money."""
        return replace(
            (x * exacts(self.usable)[self.lines.fund]).total(self.by_recipient),
            constant=exacts(own),
        )

    @cached_property
    def provincial_capacity(self) -> mpq:
        """Σ_i own_i + Σ_f usable_f · pool_f, money: the pools fix it."""
        return sum(exacts(self.own), ZERO) + sum(exacts(self.usable) * self.figures.pools, ZERO)

    @cached_property
    def given(self) -> tuple[GivenBound, ...]:
        """All given bounds: of single lines in their order, then of several together."""
        lines = self.lines
        there = np.flatnonzero(~(np.isnan(lines.given_floor) & np.isnan(lines.given_cap)))
        return (
            *(
                GivenBound(
                    int(lines.fund[line]),
                    int(lines.recipient[line]),
                    float(lines.given_floor[line]),
                    float(lines.given_cap[line]),
                    str(lines.given_reason[line]),
                )
                for line in there
            ),
            *self.given_totals,
        )

    def with_given(self, bound: GivenBound) -> Case:
        """The case with another floor and cap where this bound speaks."""
        if bound.fund == NOWHERE or bound.place >= len(self.recipients):
            totals = tuple(
                bound if (each.fund, each.place) == (bound.fund, bound.place) else each
                for each in self.given_totals
            )
            return replace(self, given_totals=totals)
        lines = self.lines
        here = (lines.fund == bound.fund) & (lines.recipient == bound.place)
        changed = replace(
            lines,
            given_floor=np.where(here, bound.floor, lines.given_floor),
            given_cap=np.where(here, bound.cap, lines.given_cap),
        )
        return replace(self, lines=changed)

    def fund_name(self, fund: int) -> str:
        """The fund; "" for all together."""
        return self.funds[fund].name if fund != NOWHERE else ""

    def place_name(self, place: int) -> str:
        """The recipient, or the prefecture behind the recipients."""
        count = len(self.recipients)
        names = self.recipients.name if place < count else self.recipients.prefectures
        return str(names[place if place < count else place - count])

    def lines_at(self, fund: int, place: int) -> Bools:
        """(L,) the lines of a fund (NOWHERE: of all) at a recipient or in a prefecture (n + its position)."""
        count, units = len(self.recipients), self.recipients
        inside = (
            self.lines.recipient == place
            if place < count
            else units.prefecture_index[self.lines.recipient] == place - count
        )
        return np.asarray(inside & ((fund == NOWHERE) | (self.lines.fund == fund)))

    @cached_property
    def by_recipient(self) -> Grouping:
        """Lines grouped by recipient."""
        count = len(self.recipients)
        subjects = np.stack([np.full(count, NOWHERE), np.arange(count)], axis=1)
        return Grouping(self.lines.recipient, self.recipients.name, subjects)

    def by_fund(self, members: Bools) -> Grouping:
        """Lines of member recipients (n,) grouped by fund."""
        count = len(self.funds)
        labels = np.array([fund.name for fund in self.funds], dtype=object)
        subjects = np.stack([np.arange(count), np.full(count, NOWHERE)], axis=1)
        return Grouping(
            np.where(members[self.lines.recipient], self.lines.fund, NOWHERE), labels, subjects
        )

    @cached_property
    def by_fund_and_prefecture(self) -> Grouping:
        """Lines grouped by fund and prefecture, fund by fund."""
        prefectures, count = self.recipients.prefectures, len(self.recipients.prefectures)
        of = self.lines.fund * count + self.recipients.prefecture_index[self.lines.recipient]
        labels = [f"{fund.short}/{name}" for fund in self.funds for name in prefectures]
        subjects = [
            (f, len(self.recipients) + p) for f in range(len(self.funds)) for p in range(count)
        ]
        return Grouping(of, np.array(labels, dtype=object), np.array(subjects, dtype=np.int64))
