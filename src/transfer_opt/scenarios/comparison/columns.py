"""The columns of a comparison on one common list of units, whatever files they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transfer_opt.allocation.explanation.indicators import last_position, position, shortfall
from transfer_opt.allocation.explanation.steps import STEP_NAMES
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints
from transfer_opt.core.vocabulary import ADJUSTED
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.recipients import Recipients

ENTRY, GROWTH, FACTORS = "资格变化", "总额增长", "因素变化"
CHANGES = (ENTRY, GROWTH, FACTORS, *STEP_NAMES, ADJUSTED)
"""What makes this year's amount of last year's, in this order."""
DIGITS = 2
"""总额增长 is shown, and therefore made to add, in hundredths of the publishing unit."""


@dataclass(frozen=True)
class Listed:
    """Amounts as a table gives them: an approved allocation of which nothing else is known."""

    name: str
    units: Recipients
    funds: tuple[str, ...]
    amounts: Floats
    """(F, n) money; NaN where the table has nothing."""
    money_unit: str


@dataclass(frozen=True)
class Side:
    """One column of the comparison. Arrays are in the order of the common units; NaN where not known."""

    name: str
    source: str
    """The file it comes from."""
    plan: Plan | None
    place: Ints
    """(n,) where each common unit stands in this side's own list; -1: not there."""
    amounts: Floats
    """(F, n) money by common fund."""
    last: Floats
    """(F, n) last year's money as this side knows it."""
    capacity: Floats
    """(n,) own revenue and usable transfers, money."""
    expenditure: Floats
    """(n,) 标准财政支出, money."""
    short: Floats
    """(n,) 三保缺口, money."""

    @cached_property
    def given(self) -> Floats:
        """(n,) all funds together."""
        return known_total(self.amounts)

    @cached_property
    def coverage(self) -> Floats:
        """(n,) capacity over standard expenditure."""
        return np.asarray(self.capacity / self.expenditure)

    @cached_property
    def before(self) -> Floats:
        """(n,) last year, all funds together."""
        return known_total(self.last)

    @cached_property
    def change(self) -> Floats:
        """(n,) more or less than last year."""
        return np.asarray(np.round(self.given - self.before, 8))

    @cached_property
    def losers(self) -> Bools:
        """(n,) who gets less than last year."""
        return np.asarray(self.change < 0)

    @cached_property
    def growth(self) -> Floats:
        """(n,) relative change; NaN where last year is not known or nothing."""
        return np.asarray(
            np.divide(
                self.change,
                self.before,
                out=np.full(len(self.change), np.nan),
                where=self.before > 0,
            )
        )

    @cached_property
    def changes(self) -> Floats:
        """(K, F, n) what makes this year's amounts of last year's, cause by cause."""
        count = (len(CHANGES), *self.amounts.shape)
        return np.full(count, np.nan) if self.plan is None else self.spread(changes(self.plan))

    def spread(self, values: Floats) -> Floats:
        """Values of this side's own units (…, n) in the order of the common ones."""
        return np.where(self.place == NOWHERE, np.nan, values[..., self.place])


def known_total(amounts: Floats) -> Floats:
    """The sum over funds of what is known (n,); NaN where nothing is."""
    return np.where(np.isnan(amounts).all(axis=0), np.nan, np.round(np.nansum(amounts, axis=0), 8))


def changes(plan: Plan) -> Floats:
    """What makes this year's amounts of last year's, (K, F, n) money; over the causes it adds to the change exactly.

    Last of all comes what people decided on top of it (人工调整).

    资格变化 = what a unit that takes part no more was paid; the formula amount of one whose last year is not known
    总额增长 = G · last;   因素变化 = formula amount − (1 + G) · last;   then the steps of 「测算说明」
    """
    case, lines = plan.case, plan.case.lines
    last, start = lines.last_year, plan.steps.start
    known = ~np.isnan(last)
    growth = np.where(known, case.growth[lines.fund] * last, 0.0)
    growth = (
        np.round(np.nan_to_num(growth) / case.unit, DIGITS) * case.unit
    )  # no growth of a fund that was not there
    result = np.zeros((len(CHANGES), *case.history.shape))
    by_line = np.array(
        [
            np.where(known, 0.0, start),
            growth,
            np.where(known, start - last - growth, 0.0),
            *plan.steps.changes,
            plan.decided,
        ]
    )
    result[:, lines.fund, lines.recipient] = by_line
    out = np.isnan(plan.amounts) & (case.history > 0)
    result[0][out] = -case.history[out]
    return np.asarray(np.round(result, 8) + 0.0)


def common(sides: Sequence[Recipients], former: Mapping[str, str]) -> tuple[Recipients, list[Ints]]:
    """One list of units and where each stands on every side (-1: not there); the last side's names are used.

    Units are matched by code, then by name, former and short spellings included; what is found on one side only is kept.
    """
    latest = sides[-1]
    codes, names, prefectures = list(latest.code), list(latest.name), list(latest.prefecture)
    places: list[dict[int, int]] = []
    for side in sides:
        register = Register(list(codes), list(names), former)
        found: dict[int, int] = {}
        for own in range(len(side)):
            at = register.find(str(side.code[own]), str(side.name[own])).place
            if at is None or at in found:
                at = len(names)
                codes.append(side.code[own])
                names.append(side.name[own])
                prefectures.append(side.prefecture[own])
            found[at] = own
        places.append(found)
    order = (
        sorted(range(len(names)), key=lambda at: (str(codes[at]), str(names[at])))
        if all(codes)
        else range(len(names))
    )
    code, name, prefecture = (
        np.array([column[at] for at in order], dtype=object)
        for column in (codes, names, prefectures)
    )
    return Recipients(code, name, prefecture, {}, {}), [
        np.array([found.get(at, NOWHERE) for at in order], dtype=np.int64) for found in places
    ]


def side_of(plan: Plan, name: str, place: Ints, funds: Sequence[str]) -> Side:
    """A plan as a column of the comparison."""
    case = plan.case
    state = position(case, plan.published)
    blank = Side(
        name,
        plan.budget.path.replace("\\", "/").rsplit("/", 1)[-1],
        plan,
        place,
        *[np.zeros(0)] * 5,
    )
    own = {fund.name: f for f, fund in enumerate(case.funds)}
    return replace(
        blank,
        amounts=by_fund(blank, plan.amounts, own, funds),
        last=by_fund(blank, case.history, own, funds),
        capacity=blank.spread(state.capacity),
        expenditure=blank.spread(case.expenditure),
        short=blank.spread(plan.shortfall),
    )


def as_computed(side: Side, funds: Sequence[str]) -> Side:
    """The side with the computed amounts where people approved others; itself where they did not."""
    plan = side.plan
    if plan is None or plan.computed is None:
        return side
    return side_of(replace(plan, units=plan.computed, computed=None), side.name, side.place, funds)


def side_listed(listed: Listed, place: Ints, funds: Sequence[str]) -> Side:
    """A table's amounts as a column of the comparison."""
    nothing = np.full(len(place), np.nan)
    blank = Side(
        listed.name,
        listed.name,
        None,
        place,
        np.zeros(0),
        np.full((len(funds), len(place)), np.nan),
        *[nothing] * 3,
    )
    own = {name: f for f, name in enumerate(listed.funds)}
    return replace(blank, amounts=by_fund(blank, listed.amounts, own, funds))


def last_year(side: Side, name: str) -> Side:
    """Last year's money, as a side knows it, as a column of its own."""
    assert side.plan is not None
    case = side.plan.case
    state = last_position(case)
    return Side(
        name,
        side.source,
        None,
        side.place,
        side.last,
        np.full(side.last.shape, np.nan),
        side.spread(state.capacity),
        side.spread(case.expenditure),
        side.spread(shortfall(case, state.capacity)),
    )


def by_fund(side: Side, values: Floats, own: Mapping[str, int], funds: Sequence[str]) -> Floats:
    """A side's own (F, n) by common fund and unit."""
    rows = [
        values[own[name]] if name in own else np.full(values.shape[1], np.nan) for name in funds
    ]
    return side.spread(np.array(rows))
