"""「支出责任」: what every shared service costs in every county, and which level pays how much of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import floats
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import RESPONSIBILITY, SHARED_RULE
from transfer_opt.policy.case import YUAN, Case
from transfer_opt.policy.shared_costs import AS_FILLED, COUNTY, GROSS, LEVELS, NET, Burdens
from transfer_opt.report.parts import KEY_COLUMNS, Group, amount, groups, heading, optional, sums

WHOLE, OURS, COST = "各事项合计", "县级承担", "总支出"
MOST_SERVICES = 3
"""Services on a sheet; more take more sheets."""


def responsibility_tables(outcome: Plan) -> tuple[Table, ...]:
    """No table where the workbook tells of no shared services; the first has the sums of all of them."""
    paid = outcome.case.burdens
    if paid is None:
        return ()
    count = len(paid.services)
    parts = [range(at, min(at + MOST_SERVICES, count)) for at in range(0, count, MOST_SERVICES)]
    return tuple(_table(outcome, paid, part, number) for number, part in enumerate(parts, start=1))


def _table(outcome: Plan, paid: Burdens, services: range, number: int) -> Table:
    case, first = outcome.case, number == 1
    found = tuple(groups(case))
    bands = [_band(found, floats(paid.by_level[k])) for k in services]
    if first:
        everything = floats(paid.by_level.sum(axis=0))
        bands.insert(0, [*_band(found, everything), *_ours(case, found, everything[COUNTY])])
    rows = tuple(
        Row(group.kind, (group.code, group.name, *(value for band in cells for value in band)))
        for group, *cells in zip(found, *(zip(*band, strict=True) for band in bands), strict=True)
    )
    return Table(
        RESPONSIBILITY + (str(number) if number > 1 else ""),
        f"{heading(outcome)}共同财政事权支出责任表（{outcome.scenario}）",
        tuple(_columns(case, [paid.services[k] for k in services], first)),
        rows,
        f"单位：{case.money_unit}（人均：元）",
        notes=tuple(_notes(outcome, paid)),
        paper="A3",
        fit="page",
    )


def _columns(case: Case, services: list[str], first: bool) -> Iterator[Column]:
    yield from (KEY_COLUMNS[0], Column("县区名称", "name", 21))
    for band in [WHOLE] * first + services:
        formula = "=" + "+".join(f"{{{level}}}" for level in LEVELS)
        yield Column(COST, "bold_money", 10.5, band, formula, "sum", group_start=True)
        for level in LEVELS:
            yield Column(level, "money", 9.5, band, group_formula="sum")
        if band == WHOLE:
            numbers = case.recipients.numbers
            mine = f"{{{WHOLE}/{LEVELS[COUNTY]}}}"
            per_head = f"={mine}*{YUAN[case.money_unit]}/[常住人口]" * ("常住人口" in numbers)
            share = f"={mine}/[可用财力]" * ("可用财力" in numbers)
            yield Column("县级人均(元)", "per_head", 9, OURS, group_formula=per_head)
            yield Column("占可用财力", "share", 9, OURS, group_formula=share)


def _band(found: tuple[Group, ...], levels: Floats) -> list[list[Value]]:
    """总支出 and the four levels, column by column."""
    parts = np.array([sums(found, level) for level in levels])
    return [[amount(value) for value in column.tolist()] for column in (parts.sum(axis=0), *parts)]


def _ours(case: Case, found: tuple[Group, ...], mine: Floats) -> list[list[Value]]:
    """What the counties pay, per head and as a part of their own money."""
    money = np.array(sums(found, mine))
    people = np.array(sums(found, case.recipients.number("常住人口")))
    own = np.array(sums(found, case.filled_own))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = money * YUAN[case.money_unit] / people, money / own
    return [[optional(value) if np.isfinite(value) else None for value in each] for each in ratios]


def _notes(outcome: Plan, paid: Burdens) -> Iterator[str]:
    settings = outcome.settings
    way = settings.text(SHARED_RULE, "保基本民生")
    basis = settings.text(SHARED_RULE, "口径") or NET
    yield (
        "注：总支出＝受益人数×标准，各级承担＝总支出×分担比例，人数见「输入数据」，标准和比例见「方案参数」；"
        "各数没有取整，显示的位数少时相加可能差末位。"
    )
    names = [name for name, yes in zip(paid.services, paid.listed, strict=True) if yes]
    counted = "各级承担的" if basis == GROSS else "县级承担的"
    if way == AS_FILLED:
        yield "本次“三保”需求用填报的保基本民生需求，本表只供对照。"
    else:
        listed = "、".join(names) or "（没有事项列入）"
        more = "与填报数中较大者" if way != "测算" else ""
        yield f"本次保基本民生需求按{basis}测算{more}：{listed}中{counted}，加其他保基本民生需求。"
