"""Why the scenarios differ: 「差异分解」 by cause, 「较上年变动」 by step, the price of nobody losing, 「单调性」."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.explanation.indicators import Indicator
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, RowKind, Table
from transfer_opt.report.comparison.counties import one_page
from transfer_opt.report.equality import indicator_value
from transfer_opt.report.parts import KEY_COLUMNS, amount, heading, known_sum, optional, unit_groups
from transfer_opt.scenarios.comparison.attribution import Effect, Effects
from transfer_opt.scenarios.comparison.columns import CHANGES, Side
from transfer_opt.scenarios.comparison.compare import Comparison
from transfer_opt.scenarios.comparison.fairness import Price, Worse

WHOLE, ALL_FUNDS = "合计", "全部"
BLANKS = (None,) * 4
"""Of the columns that are known of a cause as a whole only."""
NAMED = 12
"""How many who lose by a larger pool are named."""
GIVEN_UP = (
    "最低保障水平",
    "平均保障水平",
    "最高÷最低",
    "变异系数",
    "基尼系数",
    "泰尔指数（市州间）",
    "“三保”缺口县数",
    "“三保”缺口",
)


def effect_table(comparison: Comparison) -> Table:
    """Cause by cause what changes from the baseline to each scenario; the last row of each is the whole."""
    money = comparison.money_unit
    columns = (
        Column("由", "text", 16),
        Column("到", "text", 16),
        Column("原因", "text", 22),
        Column("资金", "text", 12),
        Column("增加的县", "number", 8),
        Column("减少的县", "number", 8),
        Column("增加的金额", "money", 12),
        Column("减少的金额", "money", 12),
        Column("全省合计变化", "step", 12),
        Column("三保缺口变化", "step", 12),
        Column("最低保障水平变化百分点", "points", 13),
        Column("基尼系数变化", "points", 12),
        Column("说明", "note", 34),
    )
    rows = tuple(row for found in comparison.effects for row in _effects(comparison, found))
    return Table(
        "差异分解",
        f"{heading(comparison.lead)}差异分解",
        columns,
        rows,
        f"单位：{money}",
        notes=(
            "注：从基准出发，按数据、资金总额、各条规则、目标的固定顺序一项一项换成另一方案的取值，每换一项都完整重算一次；各项相加正好等于两方案之差。",
            "次序不同，各项的份额会不同，合计不变。取值相同的项不列。与只有金额的表相比时，按本年结果「测算说明」的各步分解。"
            "“其中”各行是同一原因里每项资金怎样变；一个县可以在一项资金里增加、在另一项里减少。",
        ),
        paper="A3",
    )


def county_effect_table(comparison: Comparison) -> Table:
    """The same county by county."""
    columns = [*KEY_COLUMNS]
    for found in comparison.effects:
        band = f"{found.first} → {found.second}"
        columns.append(Column("差额", "step", 10, band, _sum_of(found), group_start=True))
        for part in found.parts:
            columns.append(Column(part.cause, "step", 10, band, group_formula="sum"))
            columns += [
                Column(
                    f"{part.cause}·{comparison.short_fund(comparison.funds[fund])}",
                    "step",
                    10,
                    band,
                    group_formula="sum",
                )
                for fund in _moved_funds(part)
            ]
    rows = tuple(
        Row(
            group.kind,
            (
                *group.key,
                *(
                    value
                    for found in comparison.effects
                    for value in _by_county(found, group.members)
                ),
            ),
        )
        for group in unit_groups(comparison.units)
    )
    return Table(
        "差异分解分县",
        f"{heading(comparison.lead)}差异分解（分县）",
        tuple(columns),
        rows,
        f"单位：{comparison.money_unit}",
        paper="A3",
        fit=one_page(comparison),
        notes=(
            "注：差额＝各项原因之和，各项资金合计；＋为得到，－为让给其他县，“–”表示没有影响。"
            "原因后面带资金名的列是这个原因里那项资金的部分，相加等于这个原因。",
        ),
    )


def change_table(comparison: Comparison) -> Table:
    """From last year's amount to this year's, scenario by scenario, cause by cause, all funds together."""
    sides = [side for side in comparison.sides if side.plan]
    used = np.any([np.nansum(np.abs(side.changes), axis=(1, 2)) > 0 for side in sides], axis=0)
    columns = (
        Column("方案", "text", 13),
        *KEY_COLUMNS,
        Column("上年合计", "last_year", 10.5, group_formula="sum"),
        *(
            Column(
                name,
                "step",
                9.5,
                "各项变动（＋增加　－减少　“–”不影响）",
                group_formula="sum",
                hidden=not used[k],
            )
            for k, name in enumerate(CHANGES)
        ),
        Column("本年合计", "bold_money", 10.5, formula=f"=SUM({{上年合计}}:{{{CHANGES[-1]}}})"),
        Column("增减额", "growth_money", 9.5, formula="={本年合计}-{上年合计}"),
    )
    rows = tuple(
        row for number, side in enumerate(sides) for row in _changes(comparison, side, number > 0)
    )
    return Table(
        "较上年变动",
        f"{heading(comparison.lead)}较上年变动的来源",
        columns,
        rows,
        f"单位：{comparison.money_unit}",
        notes=(
            "注：总额增长＝上年数×该项资金总额增幅；因素变化＝因素法测算额－上年数－总额增长；其后各步与「测算说明」相同，每步全省合计为 0。",
            "资格变化：今年不再参加分配的减去上年数；上年数未知的加上测算额。",
        ),
        paper="A3",
        fit="width",
    )


def price_table(comparison: Comparison) -> Table:
    """What a scenario with losers gives up when every county keeps last year's total."""
    columns = (
        Column("方案", "text", 16),
        Column("指标", "text", 24),
        Column("口径", "note", 16),
        Column("按本方案", "number", 13),
        Column("谁也不少于上年", "number", 15),
        Column("变化", "number", 15),
        Column("评价", "mark", 10),
    )
    rows = tuple(row for price in comparison.prices for row in _price(price))
    said = (
        "没有一个方案使县区少于上年，不需要付这个代价。"
        if not comparison.prices
        else "；".join(map(_price_said, comparison.prices)) + "。"
    )
    return Table(
        "保底代价",
        f"{heading(comparison.lead)}“谁也不少于上年”的代价",
        columns,
        rows,
        f"单位：{comparison.money_unit}",
        said,
        notes=(
            "注：在方案原有规则之外，再要求每个县各项资金合计不少于上年合计（“上年保底”按县合计、降幅 0），完整重算一次。",
        ),
    )


def monotone_table(comparison: Comparison) -> Table:
    """Larger pools under the same rules: who gets less by them, and which rule makes it so."""
    columns = (
        Column("结论", "mark", 7),
        Column("方案", "text", 16),
        Column("变动", "text", 42),
        Column("变少的县", "number", 8),
        Column("共少", "number", 10),
        Column("起因", "text", 18),
        Column("怎样造成", "note", 28),
        Column("变少的县区", "note", 46),
    )
    harm = [worse for worse in comparison.worse if worse.losers]
    said = (
        f"核对 {len(comparison.worse)} 种增资：{len(harm)} 种会使有的县变少，起因见下。"
        if harm
        else f"核对 {len(comparison.worse)} 种增资：规则不变、总额增加时没有县变少。"
    )
    rows = tuple(
        _monotone(worse) for worse in sorted(comparison.worse, key=lambda worse: not worse.losers)
    )
    return Table(
        "单调性",
        f"{heading(comparison.lead)}单调性核对：总额增加，有没有县反而变少",
        columns,
        rows,
        f"单位：{comparison.money_unit}",
        said,
        notes=(
            "注：每次只把一项资金增加 1%，规则和其他数据不变，完整重算，取整前比较，少 1 个公布单位以上才算。",
            "起因：把它固定在增资前，这些县就不再变少。",
        ),
    )


def _moved_funds(part: Effect) -> list[int]:
    """The funds in which a cause moves money; none where that is one alone, which says nothing more."""
    moved = _moving(part)
    return moved if len(moved) > 1 else []


def _moving(part: Effect) -> list[int]:
    found: list[int] = np.flatnonzero(np.nansum(np.abs(part.amounts), axis=1) > 0).tolist()
    return found


def _effects(comparison: Comparison, found: Effects) -> Iterator[Row]:
    short, lowest, unequal = (
        float(np.sum([getattr(part, name) for part in found.parts]))
        for name in ("short", "lowest", "gini")
    )
    still = np.zeros((len(comparison.funds), len(comparison.units)))  # where nothing differs
    moved = sum_of([part.amounts for part in found.parts]) if found.parts else still
    whole = Effect(WHOLE, moved, short, lowest, unequal)
    for part in (*found.parts, whole):
        kind: RowKind = "subtotal" if part is whole else "plain"
        measured = (_known(part.short, 8), _known(part.lowest * 100, 2), _known(part.gini, 4))
        several = _moved_funds(part)
        yield Row(
            kind,
            (
                found.first,
                found.second,
                part.cause,
                ALL_FUNDS if several else _only_fund(comparison, part),
                *_sides(part.given),
                *measured,
                part.note or None,
            ),
        )
        for fund in several if part is not whole else ():
            name = comparison.short_fund(comparison.funds[fund])
            moved = np.round(np.nan_to_num(part.amounts[fund]), 8)
            yield Row(
                "slack",
                (found.first, found.second, f"　其中：{part.cause}", name, *_sides(moved), *BLANKS),
            )


def _only_fund(comparison: Comparison, part: Effect) -> str | None:
    """The one fund a cause moves money in; None where it moves none."""
    moved = _moving(part)
    return comparison.short_fund(comparison.funds[moved[0]]) if moved else None


def _sides(given: Floats) -> tuple[float, ...]:
    """How many get more and how many less, how much more and how much less, and what that makes together."""
    more, fewer = given[given > 0], -given[given < 0]
    return (
        float(len(more)),
        float(len(fewer)),
        amount(float(more.sum())),
        amount(float(fewer.sum())),
        amount(float(given.sum())),
    )


def sum_of(tables: list[Floats]) -> Floats:
    """The sum of what is known; NaN where nothing is."""
    stacked = np.array(tables)
    return np.where(np.isnan(stacked).all(axis=0), np.nan, np.nansum(stacked, axis=0))


def _sum_of(found: Effects) -> str:
    if not found.parts:
        return ""
    return "=" + "+".join(f"{{{part.cause}}}" for part in found.parts)


def _by_county(found: Effects, members: Ints) -> list[Value]:
    parts = [amount(float(part.given[members].sum())) for part in found.parts]
    values: list[Value] = [amount(math.fsum(parts))]
    for part, moved in zip(found.parts, parts, strict=True):
        values.append(moved)
        values += [
            amount(float(np.nansum(part.amounts[fund][members]))) for fund in _moved_funds(part)
        ]
    return values


def _changes(comparison: Comparison, side: Side, breaks: bool) -> Iterator[Row]:
    by_cause = np.nansum(side.changes, axis=1)
    for group in unit_groups(comparison.units):
        moved = [amount(float(row[group.members].sum())) for row in by_cause]
        before, now = (
            known_sum(side.last[:, group.members]),
            known_sum(side.amounts[:, group.members]),
        )
        if now is None and before is None:
            continue
        first, last = (value if isinstance(value, float) else 0.0 for value in (before, now))
        yield Row(
            group.kind,
            (side.name, *group.key, before, *moved, now, amount(last - first)),
            breaks and group.kind == "total",
        )


def _price(price: Price) -> Iterator[Row]:
    if price.why_not:
        yield Row(
            "alarm",
            (price.scenario, f"做不到：{price.why_not}", None, None, None, None, "▲ 做不到"),
        )
        return
    for before, after in zip(price.before, price.after, strict=True):
        if before.name in GIVEN_UP:
            values = [indicator_value(before.unit, one.after) for one in (before, after)]
            yield Row(
                "plain",
                (
                    price.scenario,
                    before.name,
                    before.basis,
                    *values,
                    _given_up(before, after),
                    _said(before, after),
                ),
            )


def _given_up(before: Indicator, after: Indicator) -> Value:
    change = after.after - before.after
    if np.isnan(change):
        return None
    shown = f"{change * 100:+.2f}个百分点" if before.unit == "share" else round(change, 4) + 0.0
    return "持平" if shown in (0.0, "+0.00个百分点", "-0.00个百分点") else shown


def _said(before: Indicator, after: Indicator) -> Value:
    worse = round((after.after - before.after) * before.better, 4)
    return (
        None
        if before.better == 0 or np.isnan(worse)
        else "▼ 变差"
        if worse < 0
        else "改善"
        if worse > 0
        else "持平"
    )


def _price_said(price: Price) -> str:
    if price.why_not:
        return f"{price.scenario}做不到“谁也不少于上年”：{price.why_not}"
    gini = (
        [
            next(one.after for one in found if one.name == "基尼系数")
            for found in (price.before, price.after)
        ]
        if any(one.name == "基尼系数" for one in price.before)
        else None
    )
    cost = f"，基尼系数由 {gini[0]:.4f} 变为 {gini[1]:.4f}" if gini else ""
    return f"{price.scenario}要使 {price.losers} 个县补回 {in_figures(price.lost)}{cost}"


def _monotone(worse: Worse) -> Row:
    lost = -sum(change for _, change in worse.losers)
    names = "、".join(f"{name} {change:,.1f}" for name, change in worse.losers[:NAMED])
    more = f" 等 {len(worse.losers)} 个县" if len(worse.losers) > NAMED else ""
    mark = "▲ 变少" if worse.losers else "？" if worse.note else "○ 没有"
    return Row(
        "alarm" if worse.losers else "slack",
        (
            mark,
            worse.scenario,
            worse.change,
            float(len(worse.losers)),
            round(lost, 1) + 0.0,
            worse.rule or None,
            worse.note or None,
            (names + more) or None,
        ),
    )


def _known(value: float, digits: int) -> Value:
    return optional(round(value, digits) + 0.0)
