"""Ways out of a contradiction in the words of the workbook: the smallest turn of one number, found by trying.

Every way is tried on the whole problem from the workbook on. What is told was written where a user would write it and
led to a published, proved allocation; a step less led to none. Where no single turn leads out of everything, ways out of
the one contradiction are told as that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.infeasibility.iis import Family, conflict, hard_places, possible
from transfer_opt.allocation.instance import Instance
from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.exact import exact, spelled, total
from transfer_opt.core.vocabulary import (
    BOUND_SIDES,
    BOUNDS,
    GIVEN_RULE,
    GIVEN_TOTAL_RULE,
    POOL_RULE,
    ROUNDING_STEP,
    SCENARIOS,
    TOTAL,
)
from transfer_opt.intake.assemble import kept_share
from transfer_opt.intake.given import Stated, stated_bounds
from transfer_opt.policy.case import Case, Fund, GivenBound
from transfer_opt.policy.model import Change, ParameterSpec
from transfer_opt.policy.settings import Settings, shown

STEP = 1000
"""Parameters are turned in steps of a thousandth."""
FURTHEST = 10
"""Parameters are turned by at most this much: beyond, it is another policy."""
STRIDE, POOL_STRIDE = 4.0, 1.5
"""How much further each trial goes until one leads out; in shorter strides where too far leads nowhere again."""
MOST_TRIALS = 16
MOST_GIVEN = 20
"""So many bounds of 「县区上下限」 are tried one by one."""
DUST = 1e-6
FINER_UNITS = ("0.01万元", "1元")
"""Publishing units that are tried where the present one leaves money over."""


@dataclass(frozen=True)
class Way:
    """One way out: in words, and the cells that are written otherwise."""

    said: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class _Knob:
    """One number that can be turned, step by step up to `reach`; what is nearest is tried first."""

    reach: int
    nearest: int
    stride: float
    at: Callable[[int], float]
    change: Callable[[float], Change]
    said: Callable[[float], str]
    bound: GivenBound | None = None
    """Of the sheet 「县区上下限」, where it is that which is turned."""

    def turned(self, instance: Instance, value: float) -> Instance:
        """The problem with the number turned."""
        change = self.change(value)
        if self.bound is None:
            return instance.with_change(change)
        side = "floor" if change.parameter == BOUND_SIDES[0] else "cap"
        changed = replace(self.bound, **{side: value})  # type: ignore[arg-type]
        return replace(instance, case=instance.case.with_given(changed))


def ways_out(
    instance: Instance, families: Sequence[Family], money: Fraction, *, published: bool
) -> Iterator[Way]:
    """What each of the families alone would have to give; nothing for those that alone lead nowhere.

    `money` is what they are short of; `published`: whether the way must lead to an allocation that can be published, or
    only out of the contradiction of an instance that knows no other rules.
    """
    short = ceil(exact(money) / instance.case.figures.unit)
    for family in families:
        for knob in _knobs(instance, family, short):
            value = _smallest(instance, knob)
            if value is not None:
                turned = knob.turned(instance, value)
                if not published or turned.published is not None:
                    pool = family.rule == POOL_RULE
                    further = _further(instance, knob, short, value) if pool else ""
                    told = knob.said(value).removesuffix("。") + where(instance, turned)
                    yield Way(f"{told}{further}。", (knob.change(value),))
    yield from _finer(instance, families) if published else ()
    for family in families:
        if not instance.settings.rules[family.rule].fixed:
            changes = tuple(
                Change(family.rule, family.fund, "", place, hard=False)
                for place, hard in zip(
                    instance.settings.places(family.rule),
                    hard_places(instance.settings, family),
                    strict=True,
                )
                if hard
            )
            soft = instance.with_change(*changes)
            if possible(soft) and (not published or soft.published is not None):
                yield Way(f"把{family}的刚性改为「软」{where(instance, soft)}。", changes)


def _further(instance: Instance, knob: _Knob, short: int, value: float) -> str:
    """Why a pool must move by more than the contradiction is short of: what stands in the way once that much is made up."""
    enough = knob.at(short)
    if value == enough:
        return ""
    left = conflict(knob.turned(instance, enough)).families
    named = "、".join(str(family) for family in left if family.rule != POOL_RULE)
    return f"（只改到 {spelled(enough)} 时，{named}还做不到）" if named else ""


def where(instance: Instance, turned: Instance) -> str:
    """Said where a change only counts in the scenario."""
    return (
        "（写在「方案」里）" if turned.settings.layers[1:2] != instance.settings.layers[1:2] else ""
    )


def unrounded_rest(case: Case, settings: Settings, fund: Fund) -> mpq:
    """What of a fund's money is less than a publishing unit, and therefore reserved."""
    pool = case.figures.pools[case.funds.index(fund)]
    return exact(fund.budget) * kept_share(settings, fund.name) - exact(fund.provincial) - pool


def _smallest(instance: Instance, knob: _Knob) -> float | None:
    """The value nearest to what holds now that leads out; a step less does not. None where none was found to."""

    def leads_out(steps: int) -> bool:
        return possible(knob.turned(instance, knob.at(steps)))

    low, high = 0, min(knob.nearest, knob.reach)
    for _ in range(MOST_TRIALS):
        if not high or leads_out(high):
            break
        low, high = high, min(ceil(high * knob.stride), knob.reach) if high < knob.reach else 0
    else:
        return None  # the last one was not tried
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if leads_out(middle) else (middle, high)
    return knob.at(high) if high else None


def _finer(instance: Instance, families: Sequence[Family]) -> Iterator[Way]:
    """A smaller publishing unit, where the present one keeps money of a pool in the contradiction from being shared out."""
    case = instance.case
    if not any(
        Family(POOL_RULE, fund.name) in families and unrounded_rest(case, instance.settings, fund)
        for fund in case.funds
    ):
        return
    for unit in FINER_UNITS:
        change = Change(ROUNDING_STEP, "", "单位", "", unit)
        turned = instance.with_change(change)
        if turned.case.figures.unit < case.figures.unit and turned.published is not None:
            told = f"把「{ROUNDING_STEP}」的单位由 {case.unit_name} 改为 {unit}{where(instance, turned)}。"
            yield Way(told, (change,))
            return


def _knobs(instance: Instance, family: Family, short: int) -> Iterator[_Knob]:
    if family.rule == POOL_RULE:
        yield from _pool_knobs(instance, family, short)
    elif family.rule in (GIVEN_RULE, GIVEN_TOTAL_RULE):
        yield from _given_knobs(instance, family, short)
    else:
        for parameter in instance.settings.rules[family.rule].parameters.values():
            if parameter.step:
                yield from _parameter_knobs(instance, family, parameter)


def _pool_knobs(instance: Instance, family: Family, short: int) -> Iterator[_Knob]:
    """The pool more, or less, in publishing units."""
    case = instance.case
    place, fund = next((f, fund) for f, fund in enumerate(case.funds) if fund.name == family.fund)
    now, unit = exact(fund.budget), case.figures.unit

    def change(budget: float) -> Change:
        return Change(POOL_RULE, fund.name, "本年总额", "", budget)

    for sign, word in ((1, "增加"), (-1, "减少")):

        def at(steps: int, sign: int = sign) -> float:
            return float(now + sign * steps * unit)

        def said(budget: float, word: str = word) -> str:
            return (
                f"把{fund.name}的资金总额{word} {spelled(abs(exact(budget) - now))} {case.money_unit}，"
                f"由 {spelled(now)} 改为 {spelled(budget)}。"
            )

        yield _Knob(int(case.figures.pools[place] / unit), short, POOL_STRIDE, at, change, said)


def _given_knobs(instance: Instance, family: Family, short: int) -> Iterator[_Knob]:
    """Each given bound, in publishing units, turned where it is written: in the sheet, or as a parameter."""
    case = instance.case
    unit, pools = case.figures.unit, case.figures.pools
    bounds = [each for each in case.given if case.fund_name(each.fund) == family.fund]
    parameters = stated_bounds(instance.settings)
    for word, side, sign in zip(BOUND_SIDES, ("floor", "cap"), (-1, 1), strict=True):
        for bound in [each for each in bounds if not np.isnan(getattr(each, side))][:MOST_GIVEN]:
            now = exact(float(getattr(bound, side)))
            most = total(pools) if bound.fund == NOWHERE else pools[bound.fund]
            stated = parameters.get((bound.fund, bound.place), {}).get(word)

            def change(
                value: float,
                bound: GivenBound = bound,
                stated: Stated | None = stated,
                word: str = word,
            ) -> Change:
                key = stated.change.key if stated else _key(case, bound, word)
                return Change(*key, value=value)

            def at(steps: int, now: mpq = now, sign: int = sign, most: mpq = most) -> float:
                return float(
                    max(now - steps * unit, mpq(0)) if sign < 0 else min(now + steps * unit, most)
                )

            def said(
                value: float,
                now: mpq = now,
                word: str = word,
                bound: GivenBound = bound,
                stated: Stated | None = stated,
            ) -> str:
                who = case.place_name(bound.place) + (family.fund or f"各项资金{TOTAL}")
                sheet = stated.sheet if stated else BOUNDS
                where_written = "" if sheet == SCENARIOS else f"「{sheet}」里"
                return f"把{where_written}{who}的{word}由 {spelled(now)} 改为 {spelled(value)} {case.money_unit}。"

            reach = now if sign < 0 else max(most - now, mpq(0))
            of_sheet = None if stated else bound
            yield _Knob(ceil(reach / unit), short, STRIDE, at, change, said, of_sheet)


def _key(case: Case, bound: GivenBound, word: str) -> tuple[str, str, str, str]:
    """Where a parameter takes the place of a bound of the sheet."""
    rule = GIVEN_TOTAL_RULE if bound.fund == NOWHERE else GIVEN_RULE
    return rule, case.fund_name(bound.fund), word, case.place_name(bound.place)


def _parameter_knobs(
    instance: Instance, family: Family, parameter: ParameterSpec
) -> Iterator[_Knob]:
    """The parameter in the direction in which the rule gives way, everywhere and in each place with its own value."""
    settings = instance.settings
    for place in settings.places(family.rule):
        now = settings.cell(family.rule, parameter.name, family.fund, place)
        if np.isnan(now):
            continue

        def change(value: float, place: str = place) -> Change:
            return Change(family.rule, family.fund, parameter.name, place, value)

        def at(steps: int, now: float = now) -> float:
            grid = (
                floor(now * STEP + DUST) + steps
                if parameter.step > 0
                else ceil(now * STEP - DUST) - steps
            )
            return min(max(round(grid / STEP, 3), parameter.minimum), parameter.maximum)

        def said(value: float, now: float = now, place: str = place) -> str:
            whose = f"{place}的" if place else ""
            return f"把{whose}{family}的{parameter.name}由 {shown(now, parameter.kind)} 放宽到 {shown(value, parameter.kind)}。"

        furthest = min(
            abs((parameter.maximum if parameter.step > 0 else parameter.minimum) - now), FURTHEST
        )
        yield _Knob(ceil(furthest * STEP), 1, STRIDE, at, change, said)
