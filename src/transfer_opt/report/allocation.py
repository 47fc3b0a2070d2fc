"""「分配结果」 and 「分资金对比」."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

import numpy as np

from transfer_opt.allocation.explanation.steps import STEP_NAMES
from transfer_opt.allocation.plan import Amounts, Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.text import some
from transfer_opt.core.vocabulary import ASSESSMENT_RULE, CONTRIBUTION, NET_FLOW
from transfer_opt.policy.case import YUAN
from transfer_opt.policy.payment_deadlines import dates
from transfer_opt.report.parts import (
    KEY_COLUMNS,
    Group,
    amount,
    groups,
    heading,
    known_sums,
    last_year_told,
    optional,
    own_notes,
    sums,
)

NOW, BEFORE, EQUALITY = "本年分配", "与上年比较", "均衡性与“三保”"
RISE = '=IF({上年}=0,"",{增减额}/{上年})'
FUNDS_PER_SHEET = 3


def allocation_table(outcome: Amounts) -> Table:
    """Who gets what: the sheet for the meeting and for machines."""
    case = outcome.case
    found = tuple(groups(case))
    moved = case.flows is not None and case.flows.terms.counted
    paid_in = CONTRIBUTION in case.recipients.numbers
    rows = tuple(
        Row(group.kind, (*group.key, *values))
        for group, values in zip(found, _amounts(outcome, found), strict=True)
    )
    notes = (
        "注：空白表示不属于该项资金分配范围，0 表示属于范围但本年未分得。"
        "保障水平＝（可用财力＋可统筹的转移支付）÷标准财政支出，分配前不含本表所列资金。",
        "“三保”缺口＝保基本民生、保工资、保运转需求减去可用财力和可统筹的转移支付；红底数字表示尚未足额保障。",
        *last_year_told(case),
        *own_notes(case),
        *(f"下达期限：{due.fund} {due}。" for due in dates(case.funds)),
    )
    columns = allocation_columns(
        [fund.name for fund in case.funds],
        case.usable.tolist(),
        {*case.recipients.numbers, NET_FLOW},
        case.money_unit,
        "[可用财力]" + f"-[{CONTRIBUTION}]" * paid_in + f"+[{NET_FLOW}]" * moved,
    )
    return Table(
        "分配结果",
        f"{heading(outcome)}分配结果表（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{case.money_unit}（人均：元）",
        notes=notes,
        fit="groups",
    )


def comparison_tables(outcome: Outcome) -> tuple[Table, ...]:
    """Fund by fund against last year; more than three funds take more sheets."""
    funds = range(len(outcome.case.funds))
    parts = [
        list(funds)[start : start + FUNDS_PER_SHEET]
        for start in range(0, len(funds), FUNDS_PER_SHEET)
    ]
    return tuple(_comparison(outcome, part, number) for number, part in enumerate(parts, start=1))


def allocation_columns(
    names: Sequence[str],
    shares: Sequence[float],
    inputs: Container[str],
    money_unit: str,
    own: str = "[可用财力]",
) -> tuple[Column, ...]:
    """The columns for these funds, their usable shares, the numbers in 「输入数据」 and the unit; `own` is where 可用财力 is."""
    funds = [Column(name, "money", 11, NOW, group_formula="sum") for name in names]
    before = f"({own})" if own.count("[") > 1 else own
    usable = (
        "{合计}"
        if all(share == 1 for share in shares)
        else "+".join(f"{share:.15g}*{{{name}}}" for share, name in zip(shares, names, strict=True))
    )

    def over(formula: str) -> str:
        """The formula, or none where the workbook lacks a column it sums (its cells stay empty then)."""
        return formula if all(name in inputs for name in re.findall(r"\[(.+?)\]", formula)) else ""

    return (
        *KEY_COLUMNS,
        *funds,
        Column("合计", "bold_money", 10.5, NOW, f"=SUM({{{names[0]}}}:{{{names[-1]}}})", "sum"),
        Column("上年合计", "money", 10.5, BEFORE, group_formula="sum"),
        Column("增减额", "growth_money", 9, BEFORE, "={合计}-{上年合计}"),
        Column("增幅", "growth_share", 7.5, BEFORE, '=IF({上年合计}=0,"",{增减额}/{上年合计})'),
        Column(
            "人均(元)",
            "per_head",
            8,
            EQUALITY,
            group_formula=over(f"={{合计}}*{YUAN[money_unit]}/[常住人口]"),
        ),
        Column(
            "分配前保障水平",
            "share",
            8,
            EQUALITY,
            group_formula=over(f"={before}/[标准财政支出]"),
        ),
        Column(
            "分配后保障水平",
            "share",
            8,
            EQUALITY,
            group_formula=over(f"=({own}+{usable})/[标准财政支出]"),
        ),
        Column("三保缺口", "shortfall", 8, EQUALITY, group_formula="sum"),
    )


def _amounts(outcome: Amounts, found: Sequence[Group]) -> Iterator[tuple[Value, ...]]:
    """What follows the keys, group by group."""
    case = outcome.case
    totals = [amount(value) for value in sums(found, outcome.given)]
    last = known_sums(found, case.history)
    people, expenditure = (
        sums(found, case.recipients.number("常住人口")),
        sums(found, case.expenditure),
    )
    growth = (_growth(before, now) for before, now in zip(last, totals, strict=True))
    level = (
        [
            optional(value / needed)
            for value, needed in zip(sums(found, values), expenditure, strict=True)
        ]
        for values in (case.own, outcome.capacity)
    )
    per_head = [
        optional(total * YUAN[case.money_unit] / heads)
        for total, heads in zip(totals, people, strict=True)
    ]
    return zip(
        *(known_sums(found, row) for row in outcome.amounts),
        totals,
        last,
        *zip(*growth, strict=True),
        per_head,
        *level,
        known_sums(found, outcome.shortfall),
        strict=True,
    )


def _growth(last: Value, now: Value) -> tuple[Value, Value]:
    """增减额 and 增幅: empty where a year is not known, no rate on nothing."""
    if not isinstance(last, float) or not isinstance(now, float):
        return None, None
    return amount(now - last), (now - last) / last if last else ""


def _comparison(outcome: Outcome, funds: list[int], number: int) -> Table:
    case = outcome.case
    whole = len(funds) == len(case.funds) > 1
    columns = comparison_columns([case.funds[f].name for f in funds], whole)
    found, history, amounts = tuple(groups(case)), case.history[funds], outcome.amounts[funds]
    bands = [
        _years(found, *pair)
        for pair in ([(history, amounts)] if whole else []) + [*zip(history, amounts, strict=True)]
    ]
    rows = [
        Row(group.kind, (group.code, group.name, *(value for band in values for value in band)))
        for group, *values in zip(found, *bands, strict=True)
    ]
    title = f"{heading(outcome)}分资金对比表（{outcome.scenario}）"
    return Table(
        "分资金对比" + (str(number) if number > 1 else ""),
        title,
        columns,
        tuple(rows),
        f"单位：{case.money_unit}",
        notes=_notes(outcome),
        paper="A3",
        fit="page",
    )


def comparison_columns(names: Sequence[str], whole: bool) -> tuple[Column, ...]:
    """The columns for these funds; `whole`: all funds there are, so that their sum comes first."""
    columns = [KEY_COLUMNS[0], Column("县区名称", "name", 21)]
    if whole:
        columns += _year_columns(
            _all_funds(len(names)),
            *("=" + "+".join(f"{{{name}/{year}}}" for name in names) for year in ("上年", "本年")),
        )
    for name in names:
        columns += _year_columns(name, "", "")
    return tuple(columns)


def _year_columns(band: str, last: str, now: str) -> list[Column]:
    return [
        Column("上年", "last_year", 10.5, band, last, "sum", group_start=True),
        Column("本年", "bold_money", 10.5, band, now, "sum"),
        Column("增减额", "growth_money", 9.5, band, "={本年}-{上年}"),
        Column("增幅", "growth_share", 7.5, band, RISE),
    ]


def _years(found: Sequence[Group], last: Floats, now: Floats) -> list[tuple[Value, ...]]:
    """The four columns of a band, group by group."""
    return [
        (before, after, *_growth(before, after))
        for before, after in zip(known_sums(found, last), known_sums(found, now), strict=True)
    ]


def _notes(outcome: Outcome) -> tuple[str, ...]:
    case = outcome.case
    said = ["注：空白表示不属于该项资金分配范围或上年数未知。"]
    cut = outcome.steps.changes[STEP_NAMES.index(ASSESSMENT_RULE)] < 0
    worse = np.unique(case.lines.recipient[(case.lines.penalty > 0) & cut])
    if len(worse):
        said.append(f"{some(case.recipients.name[worse].tolist())}生态考核变差，按规定扣减。")
    return ("".join(said), *last_year_told(case))


def _all_funds(count: int) -> str:
    return {2: "两项合计", 3: "三项合计"}.get(count, "各项合计")
