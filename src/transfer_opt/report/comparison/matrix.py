"""「方案比较」: the few figures a meeting decides on, scenario beside scenario, gain and price in one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.allocation.explanation.indicators import gini
from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.report.comparison.ahead import this_year
from transfer_opt.report.parts import heading
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import Comparison

ITEM, VALUE, AGAINST, BEST = "项目", "数值", "较基准", "最好的方案"
LOSERS, GROWTH = "少于上年的县（个）", "增幅最小的县（%）"
COUNTED = 0


@dataclass(frozen=True)
class Measure:
    """One row of the matrix: a figure per side, what counts as better, and how being best is called."""

    name: str
    values: tuple[float, ...]
    decimals: int
    better: int
    praise: str

    @property
    def shown(self) -> tuple[float, ...]:
        """The figures as they are shown."""
        return tuple(round(value, self.decimals) + 0.0 for value in self.values)

    @property
    def best(self) -> int | None:
        """The one side that alone is best."""
        scored = [value * self.better for value in self.shown if not np.isnan(value)]
        if len(scored) < 2 or scored.count(max(scored)) > 1:
            return None
        return [value * self.better for value in self.shown].index(max(scored))


def measures(sides: Sequence[Side], money: str) -> tuple[Measure, ...]:
    """The rows of the matrix; what no side knows is left out."""
    digits = 0 if all(_whole(side.short) for side in sides) else 2
    made = (
        Measure(
            f"三保缺口（{money}）",
            _each(sides, lambda side: _sum(side.short)),
            digits,
            -1,
            "“三保”缺口最小",
        ),
        Measure(
            "仍有缺口的县（个）",
            _each(sides, lambda side: _count(side.short, side.short > 0)),
            COUNTED,
            -1,
            "有缺口的县最少",
        ),
        Measure(
            "最低保障水平（%）",
            _each(sides, lambda side: 100 * _least(side.coverage)),
            2,
            1,
            "最低保障水平最高",
        ),
        Measure(
            "基尼系数（小为好）",
            _each(sides, lambda side: _gini(side.coverage)),
            4,
            -1,
            "县与县之间最均衡",
        ),
        Measure(
            LOSERS,
            _each(sides, lambda side: _count(side.change, side.losers)),
            COUNTED,
            -1,
            "少于上年的县最少",
        ),
        Measure(
            GROWTH,
            _each(sides, lambda side: 100 * _least(side.growth)),
            1,
            1,
            "增幅最小的县增得最多",
        ),
    )
    return tuple(measure for measure in made if not np.isnan(measure.values).all())


def sentences(comparison: Comparison) -> tuple[str, ...]:
    """One sentence per side: what it gains and what that costs."""
    made = measures(comparison.sides, comparison.money_unit)
    return tuple(_sentence(comparison, made, at) for at in range(len(comparison.sides)))


def alarms(comparison: Comparison) -> tuple[str, ...]:
    """Shortfalls and exceeded caps, each told once with the scenarios it happens in."""
    where: dict[str, list[str]] = {}
    for side in comparison.sides:
        for alarm in side.plan.alarms if side.plan else ():
            where.setdefault(alarm, []).append(side.name)
    everywhere = len(comparison.sides)
    return tuple(
        f"{'各方案' if len(names) == everywhere > 1 else '、'.join(names)}：{alarm}"
        for alarm, names in where.items()
    )


def matrix_table(comparison: Comparison) -> Table:
    """Scenarios as columns, baseline first; what one alone does best is named."""
    sides = comparison.sides
    columns = [Column(ITEM, "text", 24)]
    for side in sides:
        columns.append(Column(VALUE, "number", 13, side.name, group_start=True))
        if side is not comparison.baseline:
            columns.append(Column(AGAINST, "points", 13, side.name))
    columns.append(Column(BEST, "text", 20, group_start=True))
    rows = tuple(
        _row(comparison, measure) for measure in measures(comparison.sides, comparison.money_unit)
    )
    notes = tuple(
        f"{side.name}：{said}" for side, said in zip(sides, sentences(comparison), strict=True)
    )
    failed = tuple(f"{name}：没有可行方案。{_first_line(why)}" for name, why in comparison.failed)
    how = (
        "注：保障水平＝（可用财力＋可统筹的转移支付）÷标准财政支出；基尼系数按各县保障水平、不加权；"
        "“最好的方案”只在一个方案独占最好时写出。较基准按未取整的数相减，与表中两数之差可能末位差一。每个方案都是全部资金的一次完整重算。",
    )
    return Table(
        "方案比较",
        f"{heading(comparison.lead)}分配方案比较",
        tuple(columns),
        rows,
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        notes=(*notes, *failed, *how),
        landscape=False,
        fit="page",
    )


def facts(comparison: Comparison) -> str:
    """「45个县区　资金总额 2,820,500（上年 2,608,000）　四个方案总额相同」."""
    totals = [
        float(sum(side.plan.totals)) if side.plan else round(float(np.nansum(side.given)), 8)
        for side in comparison.sides
    ]
    last = [
        round(float(np.nansum(side.before)), 8)
        for side in comparison.sides
        if not np.isnan(side.before).all()
    ]
    net = any(side.plan.case.one_off.any() for side in comparison.sides if side.plan)
    less = "，已扣除一次性补助" if net else ""
    before = f"（上年 {in_figures(last[-1])}{less}）" if last and len(set(last)) == 1 else ""
    same = f"　{len(totals)}个方案总额相同" if len(set(totals)) == 1 < len(totals) else ""
    total = " 至 ".join(in_figures(total) for total in dict.fromkeys((min(totals), max(totals))))
    return f"单位：{comparison.money_unit}　{len(comparison.units)}个县区　资金总额 {total}{before}{same}"


def _row(comparison: Comparison, measure: Measure) -> Row:
    base = _base(comparison, measure)
    values: list[Value] = [measure.name]
    for side, shown, value in zip(comparison.sides, measure.shown, measure.values, strict=True):
        values.append(None if np.isnan(shown) else shown)
        if side is not comparison.baseline:
            against = round(value - base, measure.decimals) + 0.0
            values.append(None if np.isnan(against) else against)
    best = measure.best
    return Row(
        "plain",
        (*values, None if best is None else comparison.sides[best].name),
        decimals=measure.decimals,
    )


def _base(comparison: Comparison, measure: Measure) -> float:
    """The baseline's own figure; where that is last year, what its money would give."""
    if comparison.baseline in comparison.sides:
        return measure.values[comparison.sides.index(comparison.baseline)]
    alone = measures([comparison.baseline], comparison.money_unit)
    return next((other.values[0] for other in alone if other.name == measure.name), np.nan)


def _sentence(comparison: Comparison, made: tuple[Measure, ...], at: int) -> str:
    side = comparison.sides[at]
    gains = [measure.praise for measure in made if measure.best == at]
    prices = list(losers_and_prices(comparison, made, at))
    if side is comparison.baseline:
        short = _sum(side.short)
        none = f"{this_year(comparison)}“三保”没有缺口，"
        opening = f"{none if short == 0 else ''}作为比较基准"
        return "；".join([opening, *gains, *prices]) + "。"
    alone = sum(one.plan is not None for one in comparison.sides) < 2
    gain = "，".join(_alone(made, at)) if alone else "、".join(gains) or "没有一项独占最好"
    gain = gain or "没有一项指标算得出来"
    return gain + ("；代价是" + "，".join(prices) if prices else "") + "。"


def _alone(made: tuple[Measure, ...], at: int) -> Iterator[str]:
    """The figures themselves, where there is no other to be better than."""
    for measure in made:
        if not np.isnan(measure.shown[at]):
            name, _, unit = measure.name.partition("（")
            yield f"{name} {measure.shown[at]:,.{measure.decimals}f}{unit.removesuffix('）').removeprefix('小为好')}"


def losers_and_prices(comparison: Comparison, made: tuple[Measure, ...], at: int) -> Iterator[str]:
    """What is worse than the baseline, or, for the baseline itself, who gets less than last year."""
    side, money = comparison.sides[at], comparison.money_unit
    losers = int(side.losers.sum())
    if losers:
        lost = -float(side.change[side.losers].sum())
        yield f"{losers}个县少于上年，共少{in_figures(lost)}{money}"
    if side is comparison.baseline:
        return
    for measure in made:
        against = round(measure.values[at] - _base(comparison, measure), measure.decimals)
        if measure.better * against < 0 and measure.name not in (LOSERS, GROWTH):
            name, _, unit = measure.name.partition("（")
            level = unit in ("%）", "小为好）")
            word = ("高" if level else "多") if against > 0 else ("低" if level else "少")
            named = {"%）": "个百分点", "个）": "个", "小为好）": ""}.get(unit, money)
            yield f"{name}比基准{word}{abs(against):,.{measure.decimals}f}{named}"


def _each(sides: Sequence[Side], figure: Callable[[Side], float]) -> tuple[float, ...]:
    return tuple(float(figure(side)) for side in sides)


def _sum(values: Floats) -> float:
    return round(float(np.nansum(values)), 8) if np.isfinite(values).any() else np.nan


def _count(values: Floats, chosen: Bools) -> float:
    return float(np.count_nonzero(chosen)) if np.isfinite(values).any() else np.nan


def _least(values: Floats) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else np.nan


def _gini(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return gini(known, np.ones_like(known)) if len(known) else np.nan


def _whole(values: Floats) -> bool:
    return bool((np.nan_to_num(values) == np.round(np.nan_to_num(values))).all())


def _first_line(text: str) -> str:
    return text.splitlines()[0]
