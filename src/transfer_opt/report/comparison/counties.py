"""County tables of a comparison: amounts, coverage, growth as a heat table, and the losers first."""

from __future__ import annotations

from typing import Literal

import numpy as np

from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.policy.case import YUAN
from transfer_opt.report.parts import (
    KEY_COLUMNS,
    Group,
    amount,
    heading,
    known_sum,
    optional,
    unit_groups,
)
from transfer_opt.scenarios.comparison.columns import CHANGES, Side, last_year
from transfer_opt.scenarios.comparison.compare import LAST_YEAR, Comparison

NOW, MORE, RATE, AGAINST, BEFORE = "本年合计", "较上年", "增幅", "较基准", "上年合计"
MOST_ON_A_PAGE = 70
RISE = '=IF({%s}=0,"",{较上年}/{%s})'
BLANK = "注：空白表示不在分配范围或不知道；合计、小计是各县之和，保障水平按合计数重算。"


def one_page(comparison: Comparison) -> Literal["page", "width"]:
    """A province fits one sheet of paper; more units take as many as they need."""
    return "page" if len(comparison.units) <= MOST_ON_A_PAGE else "width"


def county_table(comparison: Comparison, fund: int | None = None) -> Table:
    """Amounts and differences of every scenario, all funds together or one fund."""
    name = "" if fund is None else comparison.short_fund(comparison.funds[fund])
    said = "分县对比" + (f"·{name}" if name else "")
    rows = tuple(
        Row(group.kind, (*group.key, *amounts(comparison, group.members, fund)))
        for group in unit_groups(comparison.units)
    )
    return Table(
        said,
        f"{heading(comparison.lead)}{said}",
        (*KEY_COLUMNS, *money_columns(comparison)),
        rows,
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        notes=(BLANK,),
        paper="A3",
        fit=one_page(comparison),
    )


def coverage_table(comparison: Comparison) -> Table:
    """保障水平, 三保缺口 and rank of every county under every scenario; money last year beside them."""
    shown = _with_last(comparison)
    columns = [*KEY_COLUMNS]
    for band, kind, width in (("保障水平", "share", 10.0), ("三保缺口", "shortfall", 10.0)):
        columns += [
            Column(
                side.name,
                kind,  # type: ignore[arg-type]
                width,
                band,
                group_formula="sum" if kind == "shortfall" else "",
                group_start=at == 0,
            )
            for at, side in enumerate(shown)
        ]
    columns += [
        Column(side.name, "number", 9, "保障水平位次（高为1）", group_start=at == 0)
        for at, side in enumerate(shown)
    ]
    ranks = [_ranks(side.coverage) for side in shown]
    rows = tuple(
        Row(group.kind, (*group.key, *_covered(shown, ranks, group)))
        for group in unit_groups(comparison.units)
    )
    return Table(
        "保障水平对比",
        f"{heading(comparison.lead)}保障水平对比",
        tuple(columns),
        rows,
        f"单位：{comparison.money_unit}",
        notes=(BLANK,),
        paper="A3",
        fit=one_page(comparison),
    )


def per_head_table(comparison: Comparison) -> Table | None:
    """What every resident gets, 元; none where nobody knows how many there are."""
    people = head_count(comparison)
    if people is None:
        return None
    shown = (
        [last_year_of(comparison), *comparison.sides]
        if comparison.one_past
        else [*comparison.sides]
    )
    yuan = YUAN[comparison.money_unit]
    columns = (*KEY_COLUMNS, *(Column(side.name, "per_head", 11) for side in shown))
    rows = tuple(
        Row(
            group.kind,
            (
                *group.key,
                *(
                    optional(
                        _ratio(
                            known_sum(side.amounts[:, group.members]), yuan, people[group.members]
                        )
                    )
                    for side in shown
                ),
            ),
        )
        for group in unit_groups(comparison.units)
    )
    return Table(
        "人均对比",
        f"{heading(comparison.lead)}人均对比",
        columns,
        rows,
        "单位：元",
        notes=(
            "注：各项资金合计÷常住人口，人口取本表所附最后一份结果的数；合计、小计按合计数重算。",
        ),
        landscape=False,
        fit=one_page(comparison),
    )


def head_count(comparison: Comparison) -> Floats | None:
    """(n,) residents as the plan knows them that the titles speak of; None where it has none."""
    side = next(side for side in comparison.sides if side.plan is comparison.lead)
    people = side.spread(comparison.lead.case.recipients.number("常住人口"))
    return None if np.isnan(people).all() else people


def _ratio(money: Value, yuan: float, people: Floats) -> float:
    heads = float(people.sum())
    return money * yuan / heads if isinstance(money, float) and heads > 0 else np.nan


def heat_table(comparison: Comparison) -> Table:
    """Growth by county and scenario: the one sheet with a colour scale; every cell carries its figure."""
    columns = (
        *KEY_COLUMNS,
        *(Column(side.name, "heat", 13, f"{RATE}（本年合计比上年）") for side in comparison.sides),
    )
    rows = tuple(
        Row(group.kind, (*group.key, *(_rate(side, group.members) for side in comparison.sides)))
        for group in unit_groups(comparison.units)
    )
    return Table(
        "增幅热力表",
        f"{heading(comparison.lead)}增幅热力表",
        columns,
        rows,
        landscape=False,
        fit=one_page(comparison),
        notes=(
            "注：橙色为减少，蓝色为增加，颜色越深幅度越大，白色为与上年持平；黑白打印看数字和正负号。",
        ),
    )


def loser_table(comparison: Comparison) -> Table:
    """Who gets less than last year, scenario by scenario, the largest loss first."""
    columns = (
        Column("方案", "text", 16),
        Column("行政区划代码", "code", 6.6),
        Column("县区名称", "name", 20),
        Column("市州", "prefecture", 14.5),
        Column(BEFORE, "last_year", 11),
        Column(NOW, "bold_money", 11),
        Column(MORE, "growth_money", 10, formula=f"={{{NOW}}}-{{{BEFORE}}}"),
        Column(RATE, "growth_share", 8, formula=RISE % (BEFORE, BEFORE)),
        Column("保障水平", "share", 9),
        Column("其中减少最多的资金", "text", 22),
        Column("减少的主要来源", "note", 26),
    )
    rows = tuple(row for side in comparison.sides for row in _losers(comparison, side))
    return Table(
        "受损县区",
        f"{heading(comparison.lead)}受损县区（少于上年）",
        columns,
        rows,
        f"单位：{comparison.money_unit}",
        verdict(comparison),
        notes=("注：受损指本年各项资金合计少于上年合计。来源按「较上年变动」中减得最多的一项。",),
    )


def verdict(comparison: Comparison) -> str:
    """How many lose and how much, scenario by scenario, in one sentence."""
    parts = []
    for side in comparison.sides:
        lost = -float(side.change[side.losers].sum())
        count = int(side.losers.sum())
        parts.append(
            f"{side.name} {count} 个县共少 {in_figures(lost)} {comparison.money_unit}"
            if count
            else f"{side.name} 没有"
        )
    return "少于上年的县：" + "；".join(parts) + "。"


def money_columns(comparison: Comparison) -> list[Column]:
    """What stands behind the keys: last year, then per side this year, the difference to last year and to the baseline."""
    columns = []
    if comparison.one_past:
        columns.append(
            Column(BEFORE, "last_year", 11, LAST_YEAR, group_formula="sum", group_start=True)
        )
    for side in comparison.sides:
        before = f"{LAST_YEAR}/{BEFORE}" if comparison.one_past else BEFORE
        columns.append(
            Column(NOW, "bold_money", 11, side.name, group_formula="sum", group_start=True)
        )
        if not comparison.one_past:
            columns.append(Column(BEFORE, "last_year", 11, side.name, group_formula="sum"))
        columns += [
            Column(MORE, "growth_money", 9.5, side.name, f"={{{NOW}}}-{{{before}}}"),
            Column(RATE, "growth_share", 7.5, side.name, RISE % (before, before)),
        ]
        if _against(comparison, side):
            base = comparison.baseline.name
            columns.append(
                Column(AGAINST, "growth_money", 9.5, side.name, f"={{{NOW}}}-{{{base}/{NOW}}}")
            )
    return columns


def _against(comparison: Comparison, side: Side) -> bool:
    """Whether a side has a column against the baseline; against last year there is one anyway."""
    return side is not comparison.baseline and comparison.baseline in comparison.sides


def amounts(comparison: Comparison, members: Ints, fund: int | None) -> list[Value]:
    """The cells of these columns for some units together, all funds or one."""
    values: list[Value] = []
    base = _money(comparison.baseline.amounts, members, fund)
    if comparison.one_past:
        known = next(side for side in comparison.sides if side.plan)
        values.append(_money(known.last, members, fund))
    for side in comparison.sides:
        now, before = (
            _money(side.amounts, members, fund),
            _money(side.last, members, fund),
        )
        values += [now] if comparison.one_past else [now, before]
        values += _growth(before, now)
        if _against(comparison, side):
            values.append(_less(now, base))
    return values


def _money(table: Floats, members: Ints, fund: int | None) -> Value:
    return known_sum(table[:, members] if fund is None else table[fund][members])


def _growth(last: Value, now: Value) -> list[Value]:
    more = _less(now, last)
    if not isinstance(more, float) or not isinstance(last, float):
        return [None, None]
    return [more, more / last if last else ""]


def _less(first: Value, second: Value) -> Value:
    return (
        amount(first - second) if isinstance(first, float) and isinstance(second, float) else None
    )


def _rate(side: Side, members: Ints) -> Value:
    rate = _growth(known_sum(side.last[:, members]), known_sum(side.amounts[:, members]))[1]
    return rate or None if isinstance(rate, str) else rate


def _with_last(comparison: Comparison) -> list[Side]:
    """The sides with last year before them, where all know the same one."""
    if not comparison.one_past:
        return [side for side in comparison.sides if side.plan]
    return [last_year_of(comparison), *(side for side in comparison.sides if side.plan)]


def last_year_of(comparison: Comparison) -> Side:
    """Last year's money, where all sides know the same one."""
    return last_year(next(side for side in comparison.sides if side.plan), LAST_YEAR)


def _ranks(coverage: Floats) -> Floats:
    """1 for the highest; equal ones share a rank; NaN where not known."""
    return np.where(
        np.isnan(coverage), np.nan, 1 + (coverage[None, :] > coverage[:, None]).sum(axis=1)
    )


def _covered(sides: list[Side], ranks: list[Floats], group: Group) -> list[Value]:
    members = group.members
    shares: list[Value] = []
    for side in sides:
        inside = members[np.isfinite(side.coverage[members])]
        shares.append(
            optional(float(side.capacity[inside].sum() / side.expenditure[inside].sum()))
            if len(inside)
            else None
        )
    places = [optional(float(rank[members[0]])) if group.kind == "unit" else None for rank in ranks]
    return [*shares, *(known_sum(side.short[members]) for side in sides), *places]


def _losers(comparison: Comparison, side: Side) -> list[Row]:
    order = [int(i) for i in np.argsort(side.change, kind="stable") if side.losers[i]]
    return [Row("plain", _loser(comparison, side, i), breaks_page=False) for i in order]


def _loser(comparison: Comparison, side: Side, i: int) -> tuple[Value, ...]:
    units = comparison.units
    before, now = float(side.before[i]), float(side.given[i])
    by_fund = np.nan_to_num(side.amounts[:, i]) - np.nan_to_num(side.last[:, i])
    worst = int(np.argmin(by_fund))
    causes = np.nansum(side.changes[:, :, i], axis=1)
    cause = int(np.argmin(causes))
    return (
        side.name,
        units.code[i] or None,
        units.name[i],
        units.prefecture[i],
        before,
        now,
        amount(now - before),
        (now - before) / before if before else "",
        optional(float(side.coverage[i])),
        f"{comparison.short_fund(comparison.funds[worst])} {in_figures(by_fund[worst], signed=True)}",
        f"{CHANGES[cause]} {in_figures(round(float(causes[cause]), 2), signed=True)}"
        if causes[cause] < 0
        else None,
    )
