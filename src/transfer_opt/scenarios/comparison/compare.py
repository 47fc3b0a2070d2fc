"""Everything a comparison says: the columns, their differences by cause, who pays, which larger pools do harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.succession import Succession
from transfer_opt.scenarios.comparison.ahead import Ahead
from transfer_opt.scenarios.comparison.attribution import Effects, effects
from transfer_opt.scenarios.comparison.columns import (
    Listed,
    Side,
    common,
    last_year,
    side_listed,
    side_of,
)
from transfer_opt.scenarios.comparison.fairness import (
    Price,
    Worse,
    compared_pools,
    larger_pools,
    price,
)
from transfer_opt.scenarios.comparison.shift import Shift, shifts
from transfer_opt.scenarios.former_units import not_comparable, todays

LAST_YEAR = "上年"


@dataclass(frozen=True)
class Comparison:
    """Scenarios, results and approved tables side by side."""

    spec: ModelSpec
    units: Recipients
    """The common list of units: code, name and prefecture only."""
    funds: tuple[str, ...]
    money_unit: str
    sides: tuple[Side, ...]
    """The baseline first, unless that is last year."""
    baseline: Side
    failed: tuple[tuple[str, str], ...]
    """Scenario and why it has no allocation."""
    effects: tuple[Effects, ...] = ()
    prices: tuple[Price, ...] = ()
    worse: tuple[Worse, ...] = ()
    shifts: tuple[Shift, ...] = ()
    """Who pays more, and who less, of the shared services."""
    notes: tuple[str, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    """The years after this one, in the order of the sides; empty where they were not asked for."""

    @property
    def others(self) -> tuple[Side, ...]:
        """The sides that are compared with the baseline."""
        return tuple(side for side in self.sides if side is not self.baseline)

    @cached_property
    def lead(self) -> Plan:
        """The plan whose year and data the titles speak of."""
        return next(side.plan for side in reversed(self.sides) if side.plan)

    @cached_property
    def one_past(self) -> bool:
        """Whether all sides know the same last year."""
        known = [side.last for side in self.sides if side.plan]
        return all(np.array_equal(last, known[0], equal_nan=True) for last in known)

    def short_fund(self, name: str) -> str:
        """Its short name: 甲 for 甲补助."""
        fund = self.spec.fund(name)
        return fund.short if fund else name


def side_by_side(
    spec: ModelSpec,
    given: Sequence[Plan | Listed],
    names: Sequence[str],
    baseline: str | None,
    failed: Sequence[tuple[str, str]] = (),
) -> Comparison:
    """The plans and tables, named so, beside the baseline (the first by default), nothing solved again; raises InputError."""
    own = [one.case.recipients if isinstance(one, Plan) else one.units for one in given]
    succession = _succession(given)
    told = [one.case.succession if isinstance(one, Plan) else None for one in given]
    known = list(zip(own, told, strict=True))
    units, places = common([todays(each, succession) for each in own], spec.former)
    present = {fund.name for one in given if isinstance(one, Plan) for fund in one.case.funds}
    present |= {name for one in given if isinstance(one, Listed) for name in one.funds}
    funds = tuple(fund.name for fund in spec.funds if fund.name in present)
    sides = [
        side_of(one, name, place, funds)
        if isinstance(one, Plan)
        else side_listed(one, place, funds)
        for one, name, place in zip(given, names, places, strict=True)
    ]
    base = _baseline(sides, baseline)
    sides.sort(key=lambda side: side is not base)
    plans = [side.plan for side in sides if side.plan]
    return Comparison(
        spec,
        units,
        funds,
        plans[-1].case.money_unit,
        tuple(sides),
        base,
        tuple(failed),
        notes=tuple(not_comparable(known, names, succession)),
    )


def compared(
    spec: ModelSpec,
    given: Sequence[Plan | Listed],
    names: Sequence[str],
    baseline: str | None,
    failed: Sequence[tuple[str, str]],
    notes: Sequence[str] = (),
    ahead: Sequence[Ahead] = (),
) -> Comparison:
    """The same with everything that takes solving again: causes, the price of floors, larger pools that do harm."""
    found = side_by_side(spec, given, names, baseline, failed)
    base, sides, others = found.baseline, found.sides, found.others
    return replace(
        found,
        effects=tuple(effects(base, side, found.funds) for side in others) if base in sides else (),
        prices=tuple(_prices(sides)),
        worse=tuple(_worse(sides)),
        shifts=tuple(shifts(base, others)),
        notes=(*notes, *found.notes, *_unmatched(found.units, sides)),
        ahead=tuple(sorted(ahead, key=lambda each: each.name != base.name)),
    )


def _succession(given: Sequence[Plan | Listed]) -> Succession:
    """What the latest of the plans that tells of former units says of them."""
    told = [one.case.succession for one in given if isinstance(one, Plan)]
    return max(
        (each for each in told if each.passages),
        key=lambda each: max(passage.day for passage in each.passages),
        default=Succession(),
    )


def _baseline(sides: Sequence[Side], name: str | None) -> Side:
    if name is None:
        return sides[0]
    if name == LAST_YEAR:
        return last_year(next(side for side in reversed(sides) if side.plan), LAST_YEAR)
    found = next((side for side in sides if side.name == name), None)
    if found is None:
        raise unknown_baseline(name, [side.name for side in sides])
    return found


def unknown_baseline(name: str, known: Sequence[str]) -> InputError:
    """The error where nothing of that name is compared, or it has no allocation."""
    return InputError(
        [
            Problem(
                "E239", f"没有可作比较基准的「{name}」。", did_you_mean(name, [*known, LAST_YEAR])
            )
        ]
    )


def _prices(sides: Sequence[Side]) -> Iterator[Price]:
    for side in sides:
        found = price(side.plan, side.name) if side.plan else None
        if found:
            yield found


def _worse(sides: Sequence[Side]) -> Iterator[Worse]:
    known = [(side.name, side.plan) for side in sides if side.plan]
    for (first, small), (second, large) in combinations(known, 2):
        yield from compared_pools((first, small), (second, large))
    for name, plan in known:
        yield from larger_pools(plan, name)


def _unmatched(units: Recipients, sides: Sequence[Side]) -> Iterator[str]:
    for side in sides:
        missing = units.name[side.place == NOWHERE]
        if len(missing):
            yield f"「{side.name}」没有这些县区，按空白列出：{'、'.join(missing)}。"
