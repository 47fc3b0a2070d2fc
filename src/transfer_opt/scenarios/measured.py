"""An allocation → what is measured of every county and of the province, for `monitor`. Counties exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.explanation.indicators import indicators
from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import ONE, ZERO, exact, exacts, known, summed, total
from transfer_opt.policy.case import Case
from transfer_opt.policy.recipients import WHOLE_PROVINCE
from transfer_opt.policy.warning_levels import (
    ASSESSED,
    COVERAGE,
    ECOLOGY,
    GUARANTEE,
    LAND,
    OWN,
    Ratio,
    Record,
)

PROCEEDS, RURAL = "土地出让收益", "用于农业农村支出"
NOTHING = Ratio(ZERO, ZERO)
"""There is nothing to be measured."""
_FOLLOWED = {
    ("变异系数", "各县，不加权"): "变异系数",
    ("最低保障水平", "各县，不加权"): "最低保障水平",
}
"""Of 「均衡性指标」: name and 口径 → what it is called here."""
_THEIL = ("泰尔指数（市州间）", "泰尔指数（市州内）")


def measured(
    case: Case, amounts: Floats, multiple: mpq, year: int, is_forecast: bool = False
) -> Iterator[Record]:
    """A record of every unit and one of the province, with these amounts (L,), money.

    三保 leaves out of account what a county pays others for the water, as the result does, unless the settings count it.

    `multiple` is 保障倍数, which `case.need` holds and 三保保障倍数 does not. Of a forecast only what follows from the
    outlook is told; it is worked out to a unit for each fund, and what misses a cut by no more than that reaches it.
    """
    dust = exact(case.unit) * len(case.funds) if is_forecast else ZERO
    ratios = dict(_columns(case, amounts, multiple, dust))
    if not is_forecast:
        ratios |= {ECOLOGY: _assessments(case), LAND: _land(case)}
    units = case.recipients
    for i in range(len(units)):
        values = {name: column[i] for name, column in ratios.items()}
        yield Record(year, units.code[i], units.name[i], units.prefecture[i], values, is_forecast)
    of_all = {
        name: None if np.isnan(value) else Ratio(exact(float(value)))
        for name, value in _province(case, amounts, multiple, dust).items()
    }
    yield Record(year, "", WHOLE_PROVINCE, "", of_all, is_forecast)


def capacity(case: Case, amounts: Floats) -> list[Any]:
    """(n,) own money and usable transfers; None where the own money is not known."""
    usable = exacts(case.usable)[case.lines.fund] * exacts(amounts)
    given = summed(case.lines.recipient, usable, len(case.recipients))
    own = exacts(case.own)
    return [None if o is None else o + more for o, more in zip(own, given, strict=True)]


def _columns(
    case: Case, amounts: Floats, multiple: mpq, dust: mpq
) -> Iterator[tuple[str, list[Ratio | None]]]:
    """What follows from money, spending and need."""
    have, need = capacity(case, amounts), case.figures.need
    spared = exacts(case.set_aside)
    own, spending = exacts(case.own), exacts(case.expenditure)
    guarded = [
        None if h is None or n is None or not multiple else Ratio(h + s + dust, n / multiple, ONE)
        for h, s, n in zip(have, spared, need, strict=True)
    ]
    yield GUARANTEE, guarded
    yield COVERAGE, _against_province(have, list(spending), dust)
    pairs = zip(own, spending, strict=True)
    yield OWN, [None if o is None or e is None else Ratio(o, e) for o, e in pairs]


def _against_province(have: list[Any], spending: list[Any], dust: mpq) -> list[Ratio | None]:
    """(capacity ÷ N) over the province's: what a county is given raises the province's, too."""
    pairs = [(h, e) for h, e in zip(have, spending, strict=True) if None not in (h, e)]
    whole, spent = total(h for h, _ in pairs), total(e for _, e in pairs)
    if len(pairs) < len(have) or whole <= 0:
        return [None] * len(have)
    return [Ratio((h + dust) * spent, e * whole, spent, e) for h, e in pairs]


def _assessments(case: Case) -> list[Ratio | None]:
    """生态考核结果 as figures; a unit of no zone that was not assessed has none."""
    units = case.recipients
    return [
        Ratio(mpq(ASSESSED[word])) if word in ASSESSED else None if zone else NOTHING
        for word, zone in zip(units.text("生态考核结果"), units.text("功能区类型"), strict=True)
    ]


def _land(case: Case) -> list[Ratio | None]:
    """Of the proceeds from land, what went to the countryside; without proceeds there is nothing to be measured."""
    columns = (exacts(case.recipients.number(name)) for name in (PROCEEDS, RURAL))
    return [
        NOTHING
        if proceeds == 0
        else None
        if proceeds is None or rural is None
        else Ratio(rural, proceeds, ONE)
        for proceeds, rural in zip(*columns, strict=True)
    ]


def _province(case: Case, amounts: Floats, multiple: mpq, dust: mpq) -> Mapping[str, float]:
    told = {(each.name, each.basis): each.after for each in indicators(case, amounts)}
    found = {name: told.get(key, np.nan) for key, name in _FOLLOWED.items()}
    found["泰尔指数"] = sum(told.get((name, "按人口加权"), np.nan) for name in _THEIL)
    gaps = _gaps(case, amounts, multiple, dust)
    found["三保缺口"] = np.nan if gaps is None else float(total(gaps))
    found["三保缺口县数"] = np.nan if gaps is None else float(sum(gap > 0 for gap in gaps))
    words = case.recipients.text("生态考核结果")
    for word, name in (("变好", "变好"), ("基本稳定", "稳定"), ("变差", "变差")):
        found[f"生态{name}县数"] = float((words == word).sum()) if (words != "").any() else np.nan
    return found


def _gaps(case: Case, amounts: Floats, multiple: mpq, dust: mpq) -> list[mpq] | None:
    """三保缺口 of every unit without 保障倍数; None where one is not known."""
    have, need = capacity(case, amounts), case.figures.need
    if None in have or not known(need).all() or not multiple:
        return None
    spared = exacts(case.set_aside)
    gaps = [n / multiple - h - s for h, s, n in zip(have, spared, need, strict=True)]
    return [gap if gap > dust else ZERO for gap in gaps]
