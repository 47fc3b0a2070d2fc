"""「均衡性指标」 and its charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isclose

import numpy as np

from transfer_opt.allocation.explanation.indicators import Indicator, last_position, lorenz
from transfer_opt.allocation.explanation.strata import Province, Standing, strata
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Dumbbell, Lorenz, Row, Table
from transfer_opt.policy.case import YUAN, Case
from transfer_opt.report.parts import heading, last_year_told, own_notes, shares

PREFECTURE_SIZE, LORENZ_SIZE, COUNTY_SIZE = (570, 330), (420, 330), (1000, 800)
DUST = 1e-12
"""What floats of one figure may differ by."""
MOST_NAMES = 60
"""A chart with more names than this cannot be read; the weakest are drawn."""
STRATA_HEAD = (
    "分组结果",
    "分组依据",
    "县数",
    "上年合计",
    "本年合计",
    "增减额",
    "占比",
    "人均；保障水平前→后；增幅",
)
"""What the columns of 「均衡性指标」 hold below the indicators."""
_PEOPLES = "朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|柯尔克孜|哈萨克"
_AUTONOMOUS = re.compile(rf"(?<=..)(?:(?:{_PEOPLES})族?)*自治州$")


def indicator_table(outcome: Outcome) -> Table:
    """Before, last year and after; words instead of arrows so that black and white says the same."""
    columns = (
        Column("指标", "text", 24),
        Column("口径", "note", 16),
        Column("分配前", "number", 11),
        Column("上年", "number", 11),
        Column("分配后", "number", 11),
        Column("变化", "number", 12),
        Column("评价", "mark", 9),
        Column("说明", "note", 38),
    )
    rows = (*(_row(indicator) for indicator in outcome.indicators), *_strata(outcome))
    notes = (
        "注：分配前＝可用财力÷标准财政支出，不含本表所列资金；上年＝加上年资金；变化和评价与上年比，上年数未知的与分配前比。",
        *last_year_told(outcome.case),
        *own_notes(outcome.case),
    )
    return Table(
        "均衡性指标",
        f"{heading(outcome)}均衡性指标（{outcome.scenario}）",
        columns,
        rows,
        notes=notes,
        landscape=False,
        fit="page",
    )


def _strata(outcome: Outcome) -> Iterator[Row]:
    """Counties of one kind together, under a line that says what the columns hold from there on."""
    case, units = outcome.case, outcome.case.recipients
    people = units.number("常住人口")
    province = Province(
        outcome.given,
        last_position(case).given,
        people,
        case.own,
        outcome.capacity,
        case.expenditure,
    )
    found = [(each, province.standing(each.members)) for each in strata(units.texts, people)]
    if found:
        yield Row("subtotal", STRATA_HEAD)
    for stratum, standing in found:
        known = not np.isnan(standing.last)
        yield Row(
            "plain",
            (
                stratum.kind,
                f"按{stratum.column}",
                float(standing.count),
                standing.last if known else None,
                standing.given,
                standing.change if known else None,
                indicator_value("share", standing.share),
                "；".join(_stratum_note(standing, case)) or None,
            ),
        )


def _stratum_note(standing: Standing, case: Case) -> Iterator[str]:
    if standing.heads > 0:
        yield f"人均 {standing.given * YUAN[case.money_unit] / standing.heads:,.0f} 元"
    if not np.isnan(standing.after):
        yield f"{standing.before * 100:.1f}%→{standing.after * 100:.1f}%"
    if not np.isnan(standing.growth):
        yield f"{standing.growth * 100:+.1f}%"


def charts(outcome: Outcome) -> tuple[Dumbbell | Lorenz, ...]:
    """Coverage before and after by prefecture and by county, and the Lorenz curve."""
    case, units = outcome.case, outcome.case.recipients
    if np.isnan(case.own).any() or np.isnan(case.expenditure).any():
        return ()
    before, after = case.own / case.expenditure, outcome.capacity / case.expenditure
    people = units.number("常住人口")
    weights = people if not np.isnan(people).any() else np.ones(len(units))
    order = np.argsort(after, kind="stable")[:MOST_NAMES]
    title = (
        "各县保障水平：分配前后（按分配后由低到高）"
        if len(units) <= MOST_NAMES
        else f"保障水平最低的{MOST_NAMES}个县：分配前后"
    )
    return (
        _by_prefecture(case, outcome.capacity),
        Lorenz(
            "洛伦兹曲线（保障水平，按人口）",
            *_curve(before, weights),
            *_curve(after, weights),
            LORENZ_SIZE,
        ),
        Dumbbell(
            title,
            tuple(units.name[order]),
            _tuple(before[order]),
            _tuple(after[order]),
            COUNTY_SIZE,
        ),
    )


def _by_prefecture(case: Case, capacity: Floats) -> Dumbbell:
    index = case.recipients.prefecture_index
    expenditure = np.bincount(index, case.expenditure)
    before, after = (
        np.bincount(index, case.own) / expenditure,
        np.bincount(index, capacity) / expenditure,
    )
    order = np.argsort(after, kind="stable")
    names = tuple(short_prefecture(str(name)) for name in case.recipients.prefectures[order])
    return Dumbbell(
        "市州保障水平：分配前后",
        names,
        _tuple(before[order]),
        _tuple(after[order]),
        PREFECTURE_SIZE,
    )


def short_prefecture(name: str) -> str:
    """甲乙某族自治州 → 甲乙州: a chart has room for few characters."""
    return _AUTONOMOUS.sub("州", name)


def _curve(
    values: Floats, weights: Floats
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    x, y = lorenz(values, weights)
    return shares(x), shares(y)


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _row(indicator: Indicator) -> Row:
    reference = indicator.before if np.isnan(indicator.last) else indicator.last
    change = indicator.after - reference
    # What only the last digits of a float tell apart is the same.
    same = isclose(indicator.after, reference, rel_tol=DUST, abs_tol=DUST)
    better = 0.0 if same else change * indicator.better
    verdict = (
        ""
        if indicator.better == 0 or np.isnan(change)
        else "改善"
        if better > 0
        else "▼ 变差"
        if better < 0
        else "持平"
    )
    values = [
        indicator_value(indicator.unit, value)
        for value in (indicator.before, indicator.last, indicator.after)
    ]
    return Row(
        "plain",
        (
            indicator.name,
            indicator.basis,
            *values,
            indicator_change(indicator.unit, change),
            verdict or None,
            indicator.note or None,
        ),
    )


def indicator_value(unit: str, value: float) -> Value:
    """An indicator as its cell shows it; empty where not known."""
    if np.isnan(value):
        return None
    return f"{value * 100:.1f}%" if unit == "share" else _plain(unit, value)


def indicator_change(unit: str, value: float) -> Value:
    """A difference of two indicators as its cell shows it."""
    if np.isnan(value):
        return None
    return f"{value * 100:+.1f}个百分点" if unit == "share" else _plain(unit, value)


def _plain(unit: str, value: float) -> float:
    digits = {"number": 4, "per_head": 0}.get(unit, 6)
    return round(value, digits) + 0.0
