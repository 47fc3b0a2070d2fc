"""「人工调整」 and 「批准后核验」: what was decided by people, and what that does to every rule and total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from transfer_opt.allocation.compliance import Verdict
from transfer_opt.allocation.explanation.approval import Standing, standings
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Report, Row, RowKind, Table
from transfer_opt.core.vocabulary import (
    ADJUSTED,
    APPROVED,
    APPROVED_ALLOCATION,
    CHECKED,
    NAME,
    NEED_RULE,
)
from transfer_opt.report.allocation import allocation_table
from transfer_opt.report.parts import KEY_COLUMNS, amount, example_label, heading, to_the_unit
from transfer_opt.workbook.result.adjustments import Adjustment, Line, latest

MARKS: Mapping[Verdict, str] = {"broken": "✕", "soft": "▲"}
KINDS: Mapping[str, RowKind] = {"active": "active", "slack": "slack"}


def approval_report(
    plan: Plan, formulation: Formulation, adjustments: Sequence[Adjustment], date: str = ""
) -> Report:
    """The three sheets; KeyError where an adjustment speaks of a line that the plan does not have."""
    found = standings(plan.case, formulation, plan.published, approved_amounts(plan, adjustments))
    tables = (
        _approved_table(plan, adjustments),
        _adjustment_table(plan, adjustments),
        _check_table(plan, adjustments, found),
    )
    code = plan.digest
    return Report(
        to_the_unit(tables, plan.case),
        (),
        plan.scenario,
        f"{code[:6]}…{code[-4:]}",
        example_label(plan),
        date,
        {},
    )


def lines_of(plan: Plan) -> dict[Line, int]:
    """Every line as 「人工调整」 names it, and its place."""
    return {(code, name, fund): at for at, (fund, code, name) in enumerate(plan.case.line_names)}


def approved_amounts(plan: Plan, adjustments: Sequence[Adjustment]) -> Floats:
    """(L,) the published amounts, the adjusted ones replaced by what is approved."""
    amounts, places = plan.published.copy(), lines_of(plan)
    for line, money in latest(adjustments).items():
        amounts[places[line]] = float(money)
    return amounts


def imbalance(standing: Standing, money_unit: str) -> str:
    """「比可分配总额多 12 万元，须在其他县相应调减」; empty where a total holds."""
    excess = amount(standing.excess)
    if not standing.new:
        return ""
    more, remedy = ("多", "调减") if excess > 0 else ("少", "调增")
    return (
        f"合计比可分配总额{more} {in_figures(abs(excess), 10)} {money_unit}，须在其他县相应{remedy}"
    )


def conclusion(standing: Standing, money_unit: str) -> str:
    """What became of a row, in words."""
    if standing.total:
        return f"✕ {imbalance(standing, money_unit)}" if standing.new else "● 与可分配总额一致"
    if standing.change in KINDS:
        eased = standing.before.margin < 0
        kept = "● 满足，正好到限" if standing.change == "active" else "○ 满足"
        return kept + (
            f"（测算时{_missing(standing, standing.before.margin, money_unit)}）" if eased else ""
        )
    said = (
        f"{MARKS[standing.after.verdict]} {_missing(standing, standing.after.margin, money_unit)}"
    )
    if standing.change in ("broken", "unmet"):
        return f"{said}，测算数原本满足"
    same = amount(standing.before.margin - standing.after.margin) == 0
    return f"{said}，{'与测算时相同' if same else '测算时' + _missing(standing, standing.before.margin, money_unit)}"


def _missing(standing: Standing, margin: float, money_unit: str) -> str:
    word = "缺" if standing.after.rule == NEED_RULE or standing.after.relation == "≥" else "超出"
    return f"{word} {in_figures(abs(amount(margin)), 10)} {money_unit}"


def approved_plan(plan: Plan, adjustments: Sequence[Adjustment]) -> Plan:
    """The plan with the approved amounts in the place of the computed ones.

    Its alarms spoke of the computed amounts; 「批准后核验」 says what the approved ones break.
    """
    units = np.rint(approved_amounts(plan, adjustments) / plan.case.unit).astype(np.int64)
    return replace(plan, units=units, computed=plan.units, alarms=())


def _approved_table(plan: Plan, adjustments: Sequence[Adjustment]) -> Table:
    """「分配结果」 on the approved amounts, with the decisions on each county beside them."""
    table = allocation_table(approved_plan(plan, adjustments))
    told = _decisions(plan, adjustments)
    at = [column.name for column in table.columns].index(NAME)
    columns = tuple(
        replace(column, group_formula="") if "[" in column.group_formula else column
        for column in table.columns
    )
    return replace(
        table,
        name=APPROVED_ALLOCATION,
        title=f"{heading(plan)}{APPROVED_ALLOCATION}（{plan.scenario}）",
        columns=(*columns, Column("人工调整", "note", 34)),
        rows=tuple(
            replace(row, values=(*row.values, told.get(str(row.values[at])))) for row in table.rows
        ),
        notes=(
            "注：调整过的是批准数，其余是测算数；「分配结果」等各表仍是测算数，打印时页眉写明已被取代。",
            *table.notes,
        ),
    )


def _decisions(plan: Plan, adjustments: Sequence[Adjustment]) -> dict[str, str]:
    """County → what was decided of it, the last word on every line."""
    last = {each.line: each for each in adjustments}
    places, said = lines_of(plan), dict[str, list[str]]()
    shorts = {fund.name: fund.short for fund in plan.case.funds}
    for line, each in last.items():
        change = amount(float(each.approved) - float(plan.published[places[line]]))
        said.setdefault(line[1], []).append(
            f"{shorts[line[2]]}{in_figures(change, 10, signed=True)}：{each.reason}（{each.by}）"
        )
    return {name: "；".join(texts) for name, texts in said.items()}


def _adjustment_table(plan: Plan, adjustments: Sequence[Adjustment]) -> Table:
    """One row per decision, in the order they were taken."""
    columns = (
        Column("序号", "number", 5),
        KEY_COLUMNS[0],
        Column("县区名称", "name", 18),
        Column("资金", "text", 22),
        Column("测算数", "money", 11),
        Column(APPROVED, "bold_money", 11),
        Column("增减", "growth_money", 10, formula=f"={{{APPROVED}}}-{{测算数}}"),
        Column("理由", "text", 34),
        Column("决定人", "text", 12),
        Column("时间", "note", 13),
    )
    places, rows = lines_of(plan), []
    for number, each in enumerate(adjustments, start=1):
        (code, name, fund), money = each.line, float(each.approved)
        computed = float(plan.published[places[each.line]])
        rows.append(
            Row(
                "plain",
                (
                    float(number),
                    code or None,
                    name,
                    fund,
                    computed,
                    money,
                    amount(money - computed),
                    each.reason,
                    each.by,
                    each.time or None,
                ),
            )
        )
    notes = (
        "注：「分配结果」等各表仍是测算数，没有改动；测算数照抄「分配结果」。同一个县同一项资金调整多次的，以最后一行的批准数为准。",
        f"批准后各项规则和合计是否仍然满足，见「{CHECKED}」。",
    )
    return Table(
        ADJUSTED,
        f"{heading(plan)}人工调整（{plan.scenario}）",
        columns,
        tuple(rows),
        f"单位：{plan.case.money_unit}",
        notes=notes,
    )


def _check_table(plan: Plan, adjustments: Sequence[Adjustment], found: Sequence[Standing]) -> Table:
    """Totals, then every rule on the approved amounts, worst first."""
    money = plan.case.money_unit
    columns = (
        Column("规则", "text", 13),
        Column("依据条款", "note", 28),
        Column("对象", "text", 27),
        Column("测算时左端值", "number", 12),
        Column("左端值", "number", 12),
        Column("关系", "mark", 5.5),
        Column("右端值", "number", 12),
        Column("余量", "number", 11),
        Column("结论", "note", 34),
    )
    rows = tuple(
        Row(
            _kind(each),
            (
                each.after.rule,
                each.after.clause,
                each.after.subject,
                amount(each.before.left),
                amount(each.after.left),
                each.after.relation,
                amount(each.after.right),
                amount(each.after.margin),
                conclusion(each, money),
            ),
        )
        for each in found
    )
    notes = (
        "左端值按批准数计算，没有调整的县用测算数；测算时左端值全部用测算数。余量为负表示还差多少。",
        "排序：各项资金合计 → 新违反的硬规则 → 新未满足的软规则 → 比测算时更差 → 测算时已未满足、没有变差 → 满足。"
        "✕ 违反　▲ 软约束未满足　● 满足，正好到限　○ 满足。",
    )
    return Table(
        CHECKED,
        f"{heading(plan)}批准后核验（{plan.scenario}）",
        columns,
        rows,
        f"单位：{money}",
        verdict_sentence(adjustments, found, money),
        notes,
    )


def verdict_sentence(
    adjustments: Sequence[Adjustment], found: Sequence[Standing], money_unit: str
) -> str:
    """The one sentence for who approves: totals first, then what the adjustments break."""
    totals = [
        f"{each.after.subject}{imbalance(each, money_unit)}"
        for each in found
        if each.total and each.new
    ]
    rules = [each for each in found if not each.total]
    count = {
        change: sum(each.change == change for each in rules)
        for change in ("broken", "unmet", "worse", "before")
    }
    said = [f"新违反硬规则 {count['broken']} 条", f"新未满足软规则 {count['unmet']} 条"]
    said += [f"比测算时更差 {count['worse']} 条"] if count["worse"] else []
    said += [f"测算时已未满足、没有变差 {count['before']} 条"] if count["before"] else []
    text = (
        f"批准 {len(latest(adjustments))} 项调整。"
        + ("；".join(totals) if totals else "各项资金合计与可分配总额一致")
        + "。"
    )
    return text + f"共核验规则 {len(rules)} 条：{'，'.join(said)}，其余满足。"


def totals_of(
    plan: Plan, adjustments: Sequence[Adjustment]
) -> list[tuple[str, float, float, float]]:
    """Fund, pool, computed and approved total of every fund."""
    approved = approved_amounts(plan, adjustments)

    def total(amounts: Floats, fund: int) -> float:
        return amount(float(np.sum(amounts[plan.case.lines.fund == fund])))

    return [
        (fund.name, fund.pool, total(plan.published, at), total(approved, at))
        for at, fund in enumerate(plan.case.funds)
    ]


def _kind(standing: Standing) -> RowKind:
    if standing.total and not standing.new:
        return "total"
    return KINDS.get(standing.change, "alarm")
