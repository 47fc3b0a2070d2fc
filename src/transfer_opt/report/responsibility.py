"""「支出责任」: what every shared service costs in every county, and which level pays how much of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import exacts, floats, total
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import RESPONSIBILITY, SHARED_RULE
from transfer_opt.intake.shared import livelihood_in
from transfer_opt.policy.case import YUAN, Case
from transfer_opt.policy.shared_costs import (
    AS_FILLED,
    AS_WORKED_OUT,
    COUNTY,
    GROSS,
    LEVELS,
    NET,
    THE_LARGER,
    Burdens,
)
from transfer_opt.report.parts import (
    KEY_COLUMNS,
    Group,
    amount,
    dated,
    groups,
    known_sums,
    optional,
    sums,
)

WHOLE, OURS, NEED, COST = "各事项合计", "县级承担", "保基本民生需求", "总支出"
ALL = tuple(f"{name}合计" for name in (COST, *LEVELS[:COUNTY])) + ("县级合计",)
"""The columns over all services: their names are like no service's, so that a row can be read by names."""
PER_HEAD, OF_OWN = "县级人均(元)", "县级占可用财力"
ADOPTED = {AS_FILLED: "填报数", AS_WORKED_OUT: "测算数", THE_LARGER: "两者中较大的"}
FEW, MOST_SERVICES = 2, 3
"""So many services find room beside their sums; more of them take sheets of their own, so many to each."""
ON_A_PAGE = 5
"""So many services are told one by one where a page has room for little else."""


def on_one_page(paid: Burdens) -> tuple[list[int], list[int]]:
    """The services told one by one on a county's page, in their order, and those told together: what counties pay least."""
    if len(paid.services) <= ON_A_PAGE:
        return [*range(len(paid.services))], []
    ours = [total(paid.by_level[k, COUNTY]) for k in range(len(paid.services))]
    told = sorted(range(len(ours)), key=lambda k: -ours[k])[: ON_A_PAGE - 1]
    return sorted(told), [k for k in range(len(ours)) if k not in told]


def decimals(case: Case) -> int:
    """Of burdens in words: to the hundred 元, at least whole."""
    return max(0, len(str(YUAN[case.money_unit])) - len("100"))


def responsibility_tables(outcome: Plan) -> tuple[Table, ...]:
    """No table where the workbook tells of no shared services; the first has the sums of all of them."""
    paid = outcome.case.burdens
    if paid is None:
        return ()
    count = len(paid.services)
    beside = count if count <= FEW else 0
    parts = [range(beside)]
    parts += [
        range(at, min(at + MOST_SERVICES, count)) for at in range(beside, count, MOST_SERVICES)
    ]
    return tuple(_table(outcome, paid, part, number) for number, part in enumerate(parts, start=1))


def _table(outcome: Plan, paid: Burdens, services: range, number: int) -> Table:
    case, first = outcome.case, number == 1
    found = tuple(groups(case))
    bands = [_band(found, floats(paid.by_level[k])) for k in services]
    if first:
        everything = floats(paid.by_level.sum(axis=0))
        ours = [*_ours(case, found, everything[COUNTY]), *_need(outcome, paid, found)]
        bands.insert(0, [*_band(found, everything), *ours])
    rows = tuple(
        Row(group.kind, (group.code, group.name, *(value for band in cells for value in band)))
        for group, *cells in zip(found, *(zip(*band, strict=True) for band in bands), strict=True)
    )
    return Table(
        RESPONSIBILITY + (str(number) if number > 1 else ""),
        f"{dated(outcome.budget)}共同财政事权支出责任表（{outcome.scenario}）",
        tuple(_columns(case, [paid.services[k] for k in services], first)),
        rows,
        f"单位：{case.money_unit}（人均：元）",
        notes=tuple(_notes(outcome, paid)),
        paper="A3",
        fit="page",
    )


def _columns(case: Case, services: list[str], first: bool) -> Iterator[Column]:
    yield from (KEY_COLUMNS[0], Column("县区名称", "name", 21))
    if first:
        yield from _bands(WHOLE, ALL)
        numbers, mine = case.recipients.numbers, f"{{{ALL[-1]}}}"
        per_head = f"={mine}*{YUAN[case.money_unit]}/[常住人口]" * ("常住人口" in numbers)
        share = f"={mine}/[可用财力]" * ("可用财力" in numbers)
        yield Column(PER_HEAD, "per_head", 9, OURS, group_formula=per_head, group_start=True)
        yield Column(OF_OWN, "share", 9, OURS, group_formula=share)
        yield Column("列入三保", "money", 10.5, NEED, group_formula="sum", group_start=True)
        yield Column("其他", "money", 10, NEED, group_formula="sum")
        yield Column("测算数", "bold_money", 10.5, NEED, "={列入三保}+{其他}", "sum")
        yield Column("填报数", "money", 10.5, NEED, group_formula="sum")
        yield Column("本次采用", "bold_money", 10.5, NEED, group_formula="sum")
    for band in services:
        yield from _bands(band, (COST, *LEVELS))


def _bands(band: str, names: tuple[str, ...]) -> Iterator[Column]:
    """总支出, which the four levels add to, and the levels."""
    whole, *levels = names
    formula = "=" + "+".join(f"{{{level}}}" for level in levels)
    yield Column(whole, "bold_money", 10.5, band, formula, "sum", group_start=True)
    for level in levels:
        yield Column(level, "money", 9.5, band, group_formula="sum")


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


def _need(outcome: Plan, paid: Burdens, found: tuple[Group, ...]) -> Iterator[list[Value]]:
    """What of the listed services is need, what else there is, both together, what was filled in, and what counts."""
    gross = outcome.settings.text(SHARED_RULE, "口径") == GROSS
    worked_out, other = floats(paid.livelihood(gross)), floats(paid.other)
    filled = outcome.case.recipients.number(NEED)
    used = floats(livelihood_in(outcome.settings, paid, exacts(filled)))
    for values in (worked_out - other, other, worked_out, filled, used):
        yield known_sums(found, values)


def _notes(outcome: Plan, paid: Burdens) -> Iterator[str]:
    settings = outcome.settings
    basis = settings.text(SHARED_RULE, "口径") or NET
    counted = "各级承担的" if basis == GROSS else "县级承担的"
    names = [name for name, yes in zip(paid.services, paid.listed, strict=True) if yes]
    yield (
        "注：总支出＝受益人数×标准，各级承担＝总支出×分担比例，人数见「输入数据」，标准和比例见「方案参数」；"
        "各数没有取整，显示的位数少时相加可能差末位。"
    )
    yield (
        f"保基本民生需求按{basis}测算：列入三保的事项（{'、'.join(names) or '没有'}）中{counted}，加其他保基本民生需求；"
        f"本次采用{ADOPTED[settings.text(SHARED_RULE, '保基本民生')]}（规则「{SHARED_RULE}」）。"
    )
