"""Ways out of a contradiction in the words of the workbook: the smallest turn of one number, found by trying.

Every way is tried on the whole problem from the workbook on; what is told leads out, and a step less does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from transfer_opt.conflict import Family, possible, softened
from transfer_opt.domain import Case, Change, ParameterSpec
from transfer_opt.linear import Floats
from transfer_opt.program import Opener
from transfer_opt.settings import Reassemble, Settings, shown

POOL_RULE, GIVEN_RULE = "资金总额", "县区上下限"
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


@dataclass(frozen=True)
class _Knob:
    """One number that can be turned, step by step up to `reach`; what is nearest is tried first."""

    reach: int
    nearest: int
    stride: float
    at: Callable[[int], float]
    turned: Callable[[float], tuple[Case, Settings]]
    said: Callable[[float], str]


def ways_out(
    case: Case, settings: Settings, families: Sequence[Family], money: float, reassemble: Reassemble, open_solver: Opener
) -> Iterator[str]:
    """What each of the families alone would have to give, in words; nothing for those that alone lead nowhere.

    `money` is what they are short of.
    """
    for family in families:
        for knob in _knobs(case, settings, family, ceil(money / case.unit - DUST), reassemble):
            value = _smallest(knob, open_solver)
            if value is not None:
                yield knob.said(value)
    for family in families:
        if not settings.rules[family.rule].fixed and possible(case, softened(settings, [family]), open_solver):
            yield f"把{family}的刚性改为「软」。"


def _smallest(knob: _Knob, open_solver: Opener) -> float | None:
    """The value nearest to what holds now that leads out; a step less does not. None where none does."""

    def leads_out(steps: int) -> bool:
        return possible(*knob.turned(knob.at(steps)), open_solver)

    low, high = 0, min(knob.nearest, knob.reach)
    for _ in range(MOST_TRIALS):
        if not high or leads_out(high):
            break
        low, high = high, min(ceil(high * knob.stride), knob.reach) if high < knob.reach else 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if leads_out(middle) else (middle, high)
    return knob.at(high) if high else None


def _knobs(case: Case, settings: Settings, family: Family, short: int, reassemble: Reassemble) -> Iterator[_Knob]:
    if family.rule == POOL_RULE:
        yield from _pool_knobs(case, settings, family, short, reassemble)
    elif family.rule == GIVEN_RULE:
        yield from _given_knobs(case, settings, family, short)
    else:
        for parameter in settings.rules[family.rule].parameters.values():
            if parameter.step:
                yield from _parameter_knobs(settings, family, parameter, reassemble)


def _pool_knobs(
    case: Case, settings: Settings, family: Family, short: int, reassemble: Reassemble
) -> Iterator[_Knob]:
    """The pool more, or less, in publishing units."""
    fund = next(fund for fund in case.funds if fund.name == family.fund)

    def turned(budget: float) -> tuple[Case, Settings]:
        changed = _with(settings, Change(POOL_RULE, fund.name, "本年总额", "", budget))
        return reassemble(changed), changed

    for sign, word in ((1, "增加"), (-1, "减少")):
        def at(steps: int, sign: int = sign) -> float:
            return round(fund.budget + sign * steps * case.unit, 8)

        def said(budget: float, word: str = word) -> str:
            return (f"把{fund.name}的资金总额{word} {_money(abs(budget - fund.budget))} {case.money_unit}，"
                    f"由 {_money(fund.budget)} 改为 {_money(budget)}。")

        yield _Knob(int(fund.pool / case.unit), short, POOL_STRIDE, at, turned, said)


def _given_knobs(case: Case, settings: Settings, family: Family, short: int) -> Iterator[_Knob]:
    """Each bound of 「县区上下限」, in publishing units."""
    lines, inside = case.lines, np.array([fund.name == family.fund for fund in case.funds])[case.lines.fund]
    for word, column, sign in (("下限", "given_floor", -1), ("上限", "given_cap", 1)):
        given: Floats = getattr(lines, column)
        for line in np.flatnonzero(inside & ~np.isnan(given))[:MOST_GIVEN]:
            now, pool = float(given[line]), float(case.pools[lines.fund[line]])

            def turned(value: float, column: str = column, given: Floats = given, line: int = int(line)) -> tuple[Case, Settings]:
                bounds = {"given_floor": lines.given_floor, "given_cap": lines.given_cap, column: given.copy()}
                bounds[column][line] = value
                changed = replace(lines, given_floor=bounds["given_floor"], given_cap=bounds["given_cap"])
                return replace(case, lines=changed), settings

            def at(steps: int, now: float = now, sign: int = sign, pool: float = pool) -> float:
                return max(round(now + sign * steps * case.unit, 8), 0.0) if sign < 0 else min(now + steps * case.unit, pool)

            def said(value: float, now: float = now, word: str = word, line: int = int(line)) -> str:
                who = f"{case.recipients.name[lines.recipient[line]]}{family.fund}"
                return f"把「{GIVEN_RULE}」里{who}的{word}由 {_money(now)} 改为 {_money(value)} {case.money_unit}。"

            yield _Knob(ceil((now if sign < 0 else max(pool - now, 0.0)) / case.unit), short, STRIDE, at, turned, said)


def _parameter_knobs(
    settings: Settings, family: Family, parameter: ParameterSpec, reassemble: Reassemble
) -> Iterator[_Knob]:
    """The parameter in the direction in which the rule gives way, everywhere and in each place with its own value."""
    for place in settings.places(family.rule):
        now = settings.cell(family.rule, parameter.name, family.fund, place)
        if np.isnan(now):
            continue

        def turned(value: float, place: str = place) -> tuple[Case, Settings]:
            changed = _with(settings, Change(family.rule, family.fund, parameter.name, place, value))
            return reassemble(changed), changed

        def at(steps: int, now: float = now) -> float:
            grid = floor(now * STEP + DUST) + steps if parameter.step > 0 else ceil(now * STEP - DUST) - steps
            return min(max(round(grid / STEP, 3), parameter.minimum), parameter.maximum)

        def said(value: float, now: float = now, place: str = place) -> str:
            whose = f"{place}的" if place else ""
            return f"把{whose}{family}的{parameter.name}由 {shown(now, parameter.kind)} 放宽到 {shown(value, parameter.kind)}。"

        furthest = min(abs((parameter.maximum if parameter.step > 0 else parameter.minimum) - now), FURTHEST)
        yield _Knob(ceil(furthest * STEP), 1, STRIDE, at, turned, said)


def _with(settings: Settings, change: Change) -> Settings:
    return replace(settings, layers=(*settings.layers, (change,)))


def _money(money: float) -> str:
    return f"{round(money, 8):,.12g}"
