"""What is said of several years: 「年度指标」, 「年度路径」, 「多年统筹」 and the sentences above them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from transfer_opt.allocation.explanation.indicators import Indicator
from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.projection import Joint, Projection, Year
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Lines, Row, Table
from transfer_opt.core.vocabulary import OUTLOOK, PATH, TOGETHER, YEARS
from transfer_opt.policy.case import KEY_ZONES, Case
from transfer_opt.report.equality import indicator_value, short_prefecture
from transfer_opt.report.parts import (
    CENTS,
    FORECAST,
    KEY_COLUMNS,
    Group,
    amount,
    cents,
    cents_told,
    dated,
    from_to,
    groups,
    heading,
    known_sum,
    needs_known,
    optional,
    sums,
)
from transfer_opt.report.records import outlook_table, year_proof_table

NAMED = 3
"""So many counties are named in a sentence."""
SIZE = (980, 330)
SHOWN_INDICATORS = (
    ("“三保”缺口", None),
    ("“三保”缺口县数", None),
    ("最低保障水平", None),
    ("平均保障水平", "按人口加权"),
    ("变异系数", "各县，不加权"),
    ("基尼系数", "按人口加权"),
)
"""Those of 「均衡性指标」 that are followed through the years, with their 口径 where there are several."""


def year_sentences(projection: Projection) -> Iterator[str]:
    """What the years come to: the shortfalls, where they begin, what stands in the way, and what deciding together changes."""
    unit = projection.chain[0].case.money_unit
    known = [year for year in projection.chain if needs_known(year.case)]
    if known:
        yield f"按现行规则，{from_to(known[0].number, known[-1].number)}“三保”缺口{_listed(known, unit)}。"
    if projection.first_short is not None:
        yield from _short(projection, projection.first_short, unit)
    if projection.stuck:
        yield f"逐年滚动到 {projection.stuck.number}年 没有可行方案。"
    if projection.joint:
        yield from _together(projection, projection.joint, unit)
    if projection.growths:
        yield f"以后各年不按「{OUTLOOK}」的：{'；'.join(projection.growths)}。"
    flows = projection.chain[0].case.flows
    water = "、断面补偿" if flows and flows.terms.counted else ""
    yield (
        f"{projection.years[1]}年起的数按「{OUTLOOK}」推算，是预测，算到百元，不作为分配依据；"
        f"考核奖惩、提前下达{water}和县区上下限只管本年。"
    )


def year_record(projection: Projection) -> list[dict[str, Any]]:
    """The years for programs."""
    together = projection.joint.years if projection.joint else ()
    return [
        {
            "year": year.number,
            "forecast": at > 0,
            "pools": {fund.name: fund.pool for fund in year.case.funds},
            "short": year.short,
            "short_together": together[at].short if together else None,
            "least": {each.fund: each.least for each in projection.least[at]},
        }
        for at, year in enumerate(projection.chain)
    ]


def year_tables(outcome: Outcome) -> tuple[Table, ...]:
    """The sheets of several years; none where they were not asked for."""
    if outcome.projection is None:
        return ()
    together = (together_table(outcome),) if outcome.projection.joint else ()
    return (
        year_table(outcome),
        path_table(outcome),
        *together,
        outlook_table(outcome),
        year_proof_table(outcome, outcome.projection),
    )


def year_table(outcome: Outcome) -> Table:
    """Year by year: pools, shortfalls, equality, what the floors leave, and the least that pools may be."""
    projection = _projection(outcome)
    columns = (
        Column("指标", "text", 24),
        Column("口径", "note", 26),
        *(Column(_header(projection, year.number), "number", 13) for year in projection.chain),
        Column("说明", "note", 52),
    )
    rows = tuple(
        Row("plain", cells)
        for cells in (
            *_pools(projection.chain),
            *_jointly(projection),
            *_followed(projection.chain),
            *_ecology(projection.chain),
            *_room(projection),
            *_least(projection),
        )
    )
    return Table(
        YEARS,
        _title(outcome, YEARS),
        columns,
        rows,
        f"单位：{outcome.case.money_unit}",
        verdict="".join(year_sentences(projection)),
        notes=(
            "注：每一年都按同样的规则完整求解一次，上一年的分配数就是下一年的上年数；本年就是「分配结果」。",
            "下限合计是上年保底、生态稳定增长等对单笔分配的下限之和，余地是总额减下限合计：余地越小，越没有钱可以按需要调整。",
            "至少要的总额：其他资金总额不变、各县“三保”都保住、各项硬规则都做得到时，这项资金最少要多少，少一个公布单位就做不到；"
            "按取整前算，取整公布时各县之间可能差几个单位。",
        ),
        paper="A3" if len(projection.chain) > NAMED else "A4",
        fit="page",
    )


def path_table(outcome: Outcome) -> Table:
    """Every county, prefecture and the province, year by year."""
    projection = _projection(outcome)
    funds = [fund.name for fund in outcome.case.funds]
    columns = (
        *KEY_COLUMNS,
        Column("年度", "text", 8),
        Column("性质", "mark", 6),
        *(Column(name, "money", 12) for name in funds),
        Column("合计", "bold_money", 12),
        Column("增减额", "growth_money", 10),
        Column("增幅", "growth_share", 8),
        Column("保障水平", "share", 8),
        Column("三保缺口", "shortfall", 10),
    )
    by_year = [_path(projection, at) for at in range(len(projection.chain))]
    rows = tuple(
        Row(group.kind, (*group.key, f"{year.number}年", "预测" if k else "公布", *cells[at]))
        for at, group in enumerate(groups(outcome.case))
        for k, (year, cells) in enumerate(zip(projection.chain, by_year, strict=True))
    )
    return Table(
        PATH,
        _title(outcome, PATH),
        columns,
        rows,
        f"单位：{outcome.case.money_unit}",
        notes=(
            f"注：第一年是公布数；以后各年是按「{OUTLOOK}」推算的预测，算到百元（公布单位更小的按公布单位），不作为分配依据。",
        ),
    )


def together_table(outcome: Outcome) -> Table:
    """What this year pays otherwise when all years are decided together, line by line."""
    projection = _projection(outcome)
    joint = projection.joint
    assert joint is not None, "asked only where the years were decided together"
    columns = (
        *KEY_COLUMNS,
        Column("资金", "prefecture", 26),
        Column("逐年滚动", "money", 12),
        Column(TOGETHER, "money", 12),
        Column("增减额", "growth_money", 11),
    )
    rows = [
        Row("unit", (code or None, who, prefecture, fund, before, after, amount(after - before)))
        for code, who, prefecture, fund, before, after in _differing(projection, joint)
    ]
    return Table(
        TOGETHER,
        _title(outcome, f"统筹与逐年滚动的差别：{projection.years[0]}年"),
        columns,
        tuple(rows),
        f"单位：{outcome.case.money_unit}",
        verdict="".join(_together(projection, joint, outcome.case.money_unit)),
        notes=(
            f"注：多年统筹把{projection.label}放在一起求解：先让各年“三保”缺口依次最小，再依次贴近各年的因素法。"
            "上年没有分到的，各年都不设增幅上限。",
            "本表只列两种算法不同的；都相同的没有行。多年统筹不改变「分配结果」，要采用由人决定。",
        ),
    )


def year_charts(projection: Projection | None) -> tuple[tuple[str, Lines], ...]:
    """保障水平 by prefecture through the years, under 「年度指标」; nothing where it is not known."""
    if projection is None:
        return ()
    first = projection.chain[0].case
    if np.isnan(first.own).any() or np.isnan(first.expenditure).any():
        return ()
    index = first.recipients.prefecture_index
    levels = [
        np.bincount(index, year.position.capacity) / np.bincount(index, year.case.expenditure)
        for year in projection.chain
    ]
    lines = Lines(
        "各市州保障水平（第一年为公布数，以后为预测）",
        tuple(f"{year.number}年" for year in projection.chain),
        tuple(
            (short_prefecture(str(name)), tuple(float(level[p]) for level in levels))
            for p, name in enumerate(first.recipients.prefectures)
        ),
        SIZE,
    )
    return ((YEARS, lines),)


def _projection(outcome: Outcome) -> Projection:
    assert outcome.projection is not None, "asked only where years were worked out"
    return outcome.projection


def _title(outcome: Outcome, what: str) -> str:
    """The years in the place of the one that other titles name."""
    title = heading(outcome).removeprefix(dated(outcome.budget))
    return f"{_projection(outcome).label}{title}{what}（{outcome.scenario}）"


def _header(projection: Projection, number: int) -> str:
    return f"{number}年" + ("" if number == projection.years[0] else FORECAST)


def _listed(years: Sequence[Year], unit: str) -> str:
    """The shortfalls one after the other, or that there are none."""
    if not any(year.short for year in years):
        return "都是 0"
    return f"依次为 {'、'.join(cents_told(year.short) for year in years)} {unit}"


# ---------------------------------------------------------------- sentences


def _short(projection: Projection, at: int, unit: str) -> Iterator[str]:
    """The first year with a shortfall: who, how much, what it would take, and which rule costs most."""
    year = projection.chain[at]
    whom = [f"{name} {cents_told(money)}" for name, money in _most_short(year)]
    yield f"{year.number}年开始有缺口（{unit}）：{_named(whom, '个县')}。"
    enough = [
        f"{each.fund}增加 {cents_told(each.least - each.now)}（到 {cents_told(each.least)}）"
        for each in projection.least[at]
        if each.least is not None and each.least > each.now
    ]
    if enough:
        yield f"要补上，只需{year.number}年（{unit}）{'，或'.join(enough)}。"
    tight = projection.bottleneck
    if tight:
        yield f"瓶颈是{tight.family}：{year.number}年只停用它，缺口可减为 {cents_told(tight.short)}。"


def _most_short(year: Year) -> list[tuple[str, float]]:
    """The counties that are short of 三保 and by how much, most first."""
    order = np.argsort(-np.nan_to_num(year.shortfall), kind="stable")
    names = year.case.recipients.name
    return [(str(names[i]), float(year.shortfall[i])) for i in order if year.shortfall[i] > 0]


def _named(told: Sequence[str], counted: str) -> str:
    """The first of them, and of a long list how many there are."""
    return "、".join(told[:NAMED]) + (f" 等 {len(told)} {counted}" if len(told) > NAMED else "")


def _together(projection: Projection, joint: Joint, unit: str) -> Iterator[str]:
    """What deciding together gains year by year, and what it costs this year."""
    yield f"若{len(joint.years)}年统筹，各年“三保”缺口{_listed(joint.years, unit)}。"
    gains = [
        (year.number, year.short - other.short)
        for year, other in zip(projection.chain, joint.years, strict=False)
        if round(year.short - other.short, CENTS)
    ]
    for number, money in gains:
        word = "少缺" if money > 0 else "多缺"
        yield f"{number}年{word} {cents_told(abs(money))} {unit}。"
    found = _differing(projection, joint)
    if not found:
        yield f"{projection.years[0]}年的分配与逐年滚动相同。"
        return
    moves: dict[str, float] = {}
    for _, who, _, _, before, after in found:
        moves[who] = moves.get(who, 0.0) + after - before
    least = sorted((money, who) for who, money in moves.items() if money < 0)
    most = sorted(((money, who) for who, money in moves.items() if money > 0), reverse=True)
    parts = [
        _named([f"{who}{word} {cents_told(abs(money))}" for money, who in moved], "个县")
        for moved, word in ((least, "少得"), (most, "多得"))
        if moved
    ]
    yield f"代价是{projection.years[0]}年（{unit}）：{'；'.join(parts)}。"


def _differing(
    projection: Projection, joint: Joint
) -> list[tuple[str, str, str, str, float, float]]:
    """Code, name, prefecture, fund, both amounts of this year's lines that are not the same."""
    case, units = projection.chain[0].case, projection.chain[0].case.recipients
    found = []
    for line, (before, after) in enumerate(
        zip(projection.chain[0].amounts, joint.years[0].amounts, strict=True)
    ):
        if amount(after - before):
            i, fund = case.lines.recipient[line], case.funds[case.lines.fund[line]].name
            place = str(units.code[i]), str(units.name[i]), str(units.prefecture[i])
            found.append((*place, fund, amount(before), amount(after)))
    return found


# ---------------------------------------------------------------- rows of 「年度指标」

Cells = tuple[Value, ...]


def _pools(years: Sequence[Year]) -> Iterator[Cells]:
    names = list(dict.fromkeys(fund.name for year in years for fund in year.case.funds))
    for name in names:
        pools = [_pool(year, name) for year in years]
        yield ("可分配总额", name, *map(cents, pools), _growth(pools))
    if len(names) > 1:
        sums_ = [sum(float(fund.pool) for fund in year.case.funds) for year in years]
        yield ("可分配总额", "合计", *map(cents, sums_), _growth(sums_))


def _pool(year: Year, name: str) -> float:
    return next((float(fund.pool) for fund in year.case.funds if fund.name == name), np.nan)


def _growth(values: Sequence[float]) -> Value:
    rates = [
        f"{after / before - 1:+.1%}"
        for before, after in zip(values, values[1:], strict=False)
        if before > 0
    ]
    return f"逐年增幅：{'、'.join(rates)}" if rates else None


def _followed(years: Sequence[Year]) -> Iterator[Cells]:
    for name, basis in SHOWN_INDICATORS:
        found = [
            next(
                (
                    each
                    for each in year.indicators
                    if each.name == name and basis in (None, each.basis)
                ),
                None,
            )
            for year in years
        ]
        if first := next((each for each in found if each), None):
            values = (
                None
                if each is None
                else indicator_value(each.unit, _dustless(year, each.name, each.after))
                for year, each in zip(years, found, strict=True)
            )
            note = "；".join(
                f"{year.number}年：{told}"
                for year, each in zip(years, found, strict=True)
                if each and (told := _who(year, each))
            )
            yield (name, first.basis, *values, note or None)


def _jointly(projection: Projection) -> Iterator[Cells]:
    """The shortfalls of all years decided together, beside those of one after the other."""
    if projection.joint:
        years = projection.joint.years[: len(projection.chain)]
        yield (
            "“三保”缺口（多年统筹）",
            years[0].case.money_unit,
            *(cents(y.short) for y in years),
            None,
        )


def _dustless(year: Year, name: str, value: float) -> float:
    """The shortfall is told without what rounding to whole units in the year before leaves of it."""
    if name == "“三保”缺口":
        return round(year.short, CENTS)
    return float((year.shortfall > 0).sum()) if name == "“三保”缺口县数" else value


def _who(year: Year, indicator: Indicator) -> str:
    """Whom a number is about."""
    if indicator.name == "“三保”缺口县数":
        return _named([name for name, _ in _most_short(year)], "个")
    return indicator.note.partition("：")[2] if indicator.name == "最低保障水平" else ""


def _ecology(years: Sequence[Year]) -> Iterator[Cells]:
    zones = np.isin(years[0].case.recipients.text("功能区类型"), KEY_ZONES)
    if zones.any():
        money = [float(year.position.given[zones].sum()) for year in years]
        yield (
            "重点生态功能区县所得",
            "各项合计",
            *map(cents, money),
            _growth(money),
        )


def _room(projection: Projection) -> Iterator[Cells]:
    for f, fund in enumerate(projection.chain[0].case.funds):
        floors = [float(floor[f]) for floor in projection.floors]
        pools = [float(year.case.figures.pools[f]) for year in projection.chain]
        room = [pool - floor for pool, floor in zip(pools, floors, strict=True)]
        yield ("下限合计", fund.name, *map(cents, floors), None)
        yield ("余地", fund.name, *map(cents, room), None)


def _least(projection: Projection) -> Iterator[Cells]:
    for f, fund in enumerate(projection.chain[0].case.funds):
        found = [pools[f] for pools in projection.least]
        short = [
            f"{year.number}年比展望多 {cents_told(each.least - each.now)}"
            for year, each in zip(projection.chain, found, strict=True)
            if each.least is not None and each.least > each.now
        ]
        missing = [
            f"{year.number}年只变动这一项做不到"
            for year, each in zip(projection.chain, found, strict=True)
            if each.least is None
        ]
        values = (None if each.least is None else cents(each.least) for each in found)
        yield ("至少要的总额", fund.name, *values, "；".join([*short, *missing]) or None)


# ---------------------------------------------------------------- rows of 「年度路径」


def _path(projection: Projection, at: int) -> list[Cells]:
    """What follows the keys in one year, group by group."""
    year = projection.chain[at]
    found: Sequence[Group] = tuple(groups(year.case))
    before = _given_before(projection, at)
    levels = zip(
        sums(found, year.position.capacity), sums(found, year.case.expenditure), strict=True
    )
    given = [amount(value) for value in sums(found, year.position.given)]
    cells = []
    for group, total, last, (capacity, expenditure) in zip(
        found, given, sums(found, before), levels, strict=True
    ):
        cells.append(
            (
                *(known_sum(row[group.members]) for row in year.table),
                total,
                None if np.isnan(last) else amount(total - last),
                None if np.isnan(last) else (total - last) / last if last else "",
                optional(capacity / expenditure if expenditure else np.nan),
                _short_of(year.shortfall[group.members]),
            )
        )
    return cells


def _given_before(projection: Projection, at: int) -> Floats:
    """(n,) what the counties got the year before, all funds; NaN where not known."""
    if at:
        return projection.chain[at - 1].position.given
    case: Case = projection.chain[0].case
    known = np.isfinite(case.history).any(axis=0)
    return np.where(known, np.nansum(case.history, axis=0), np.nan)


def _short_of(values: Floats) -> Value:
    return None if np.isnan(values).all() else round(float(np.nansum(values)), CENTS)
