"""「参数对照」, 「指标对比」 and 「审计信息」 of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.version import __version__
from transfer_opt.core.vocabulary import PROJECTED
from transfer_opt.policy.settings import shown
from transfer_opt.report.equality import indicator_change, indicator_value
from transfer_opt.report.parts import heading, totals_held
from transfer_opt.report.records import parameter_rows
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import LAST_YEAR, Comparison

Key = tuple[Value, Value, Value, Value]
SHOWN_DIGITS = {"share": 3, "number": 4, "per_head": 0}
"""Digits at which indicators of a unit are shown: equal as shown is equal."""
CHANGED, OFF, SOFT = "● 不同", "否", "软"


def parameter_table(comparison: Comparison) -> Table:
    """Every parameter of every scenario side by side, what differs first, with the baseline's value next to it."""
    sides = [side for side in comparison.sides if side.plan]
    told = {side.name: _told(side.plan) for side in sides if side.plan}
    base = told.get(comparison.baseline.name, told[sides[0].name])
    keys = list(dict.fromkeys(key for found in told.values() for key in found))
    columns = (
        Column("不同", "mark", 7),
        Column("规则", "text", 14),
        Column("资金", "text", 26),
        Column("参数", "text", 13),
        Column("对象", "text", 14),
        *(Column(side.name, "text", 22, group_start=True) for side in sides),
    )
    rows = [_parameter(key, base, [told[side.name] for side in sides]) for key in keys]
    ordered = sorted(rows, key=lambda row: row.kind != "active")
    changed = sum(row.kind == "active" for row in rows)
    return Table(
        "参数对照",
        f"{heading(comparison.lead)}参数对照",
        columns,
        tuple(ordered),
        f"单位：{comparison.money_unit}",
        f"共 {len(rows)} 项，{changed} 项不同，列在前面；与基准不同的取值后面用括号写出基准值。",
        paper="A3",
    )


def indicator_table(comparison: Comparison) -> Table:
    """The indicators before, last year and under every scenario."""
    sides = [side for side in comparison.sides if side.plan]
    lead = (
        comparison.baseline
        if comparison.baseline.plan in [side.plan for side in sides]
        else sides[0]
    )
    columns = [
        Column("指标", "text", 24),
        Column("口径", "note", 16),
        Column("分配前", "number", 10),
        Column(LAST_YEAR, "number", 10),
    ]
    for side in sides:
        columns.append(Column(side.name, "number", 11, "分配后", group_start=side is sides[0]))
    columns += [
        Column(side.name, "number", 12, "较基准", group_start=at == 0)
        for at, side in enumerate(_others(comparison, sides))
    ]
    columns.append(Column("独占最好", "text", 16, group_start=True))
    assert lead.plan
    rows = [_indicator(comparison, sides, one.name, one.basis) for one in lead.plan.indicators]
    return Table(
        "指标对比",
        f"{heading(comparison.lead)}均衡性指标对比",
        tuple(columns),
        tuple(rows),
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        paper="A3",
        fit="page",
        notes=(
            "注：分配前＝可用财力÷标准财政支出，不含本表所列资金；上年＝加上年资金。独占最好：只有一个方案最好时写出它的名称。",
        ),
    )


def audit_table(comparison: Comparison, finished: str) -> Table:
    """Versions, digests, totals, warnings: what an auditor asks first."""
    columns = (Column("方案", "text", 16), Column("项目", "text", 22), Column("内容", "text", 96))
    rows = tuple(Row("plain", values) for values in _facts(comparison, finished))
    return Table("审计信息", f"{heading(comparison.lead)}方案比较审计信息", columns, rows)


def _told(plan: Plan) -> dict[Key, str]:
    """What holds at every address, in words: the value, and whether the rule is off or soft."""
    found: dict[Key, str] = {}
    for rule, fund, parameter, place, value, on, hard, priority, _, _ in parameter_rows(plan):
        found[rule, fund, parameter, place] = _said(
            plan, str(rule), str(parameter), value, on, hard, priority
        )
    return found


def _said(
    plan: Plan, rule: str, parameter: str, value: Value, on: Value, hard: Value, priority: Value
) -> str:
    """A value with its switches; what is off says no more, for its value does nothing."""
    if on == OFF:
        return "停用"
    spec = plan.settings.rules[rule].parameters.get(parameter)
    money = isinstance(value, float) and (spec is None or spec.kind == "money")
    said = (
        in_figures(value)
        if money
        else ""
        if isinstance(value, bool)
        else shown(value, spec.kind if spec else "")
    )
    soft = f"软{priority or 0:g}" if hard == SOFT else ""
    return "，".join(text for text in (said, soft) if text) or "启用"


def _parameter(key: Key, base: dict[Key, str], told: list[dict[Key, str]]) -> Row:
    usual = base.get(key, "没有")
    values = [found.get(key, "没有") for found in told]
    differs = any(value != usual for value in values)
    cells = [value if value == usual else f"{value}（基准 {usual}）" for value in values]
    return Row("active" if differs else "slack", (CHANGED if differs else None, *key, *cells))


def _others(comparison: Comparison, sides: list[Side]) -> list[Side]:
    return (
        [side for side in sides if side is not comparison.baseline]
        if comparison.baseline in sides
        else []
    )


def _indicator(comparison: Comparison, sides: list[Side], name: str, basis: str) -> Row:
    found = [
        next((one for one in side.plan.indicators if (one.name, one.basis) == (name, basis)), None)
        for side in sides
        if side.plan
    ]
    known = [one for one in found if one]
    unit, better = known[0].unit, known[0].better
    after = [np.nan if one is None else one.after for one in found]
    values = [indicator_value(unit, value) for value in after]
    base = after[sides.index(comparison.baseline)] if comparison.baseline in sides else np.nan
    against = [
        _against(unit, value - base)
        for side, value in zip(sides, after, strict=True)
        if side in _others(comparison, sides)
    ]
    scored = [round(value * better, SHOWN_DIGITS.get(unit, 6)) for value in after]
    told = [score for score in scored if not np.isnan(score)]
    alone = better and len(told) > 1 and told.count(max(told)) == 1
    best = sides[scored.index(max(told))].name if alone else None
    last = indicator_value(unit, known[0].last) if comparison.one_past else None
    return Row(
        "plain",
        (name, basis, indicator_value(unit, known[0].before), last, *values, *against, best),
    )


def _against(unit: str, change: float) -> Value:
    """A difference from the baseline; what would be shown as 0 is none."""
    return (
        "持平" if round(change, SHOWN_DIGITS.get(unit, 6)) == 0 else indicator_change(unit, change)
    )


def _facts(comparison: Comparison, finished: str) -> Iterator[tuple[Value, Value, Value]]:
    yield None, "工具版本", f"transfer-opt {__version__}"
    yield None, "模型", f"{comparison.spec.title} {comparison.spec.version}"
    yield None, "比较基准", comparison.baseline.name
    if comparison.ahead:
        count = max(len(each.years) for each in comparison.ahead)
        yield None, PROJECTED, f"连同本年 {count} 年，各方案逐年滚动"
    for side in comparison.sides:
        yield side.name, "来源文件", side.source
        if side.plan:
            yield from _plan_facts(side, side.plan)
    for name, why in comparison.failed:
        yield name, "没有可行方案", why
    for note in comparison.notes:
        yield None, "说明", note
    if finished:
        yield None, "生成时间", finished


def _plan_facts(side: Side, plan: Plan) -> Iterator[tuple[Value, Value, Value]]:
    yield side.name, "输入文件 SHA-256", plan.budget.sha256
    yield side.name, "模型文件 SHA-256", plan.spec.sha256
    for item, said in plan.settings.signature:
        yield side.name, item, said
    yield side.name, "目标顺序", " > ".join(plan.objective)
    yield side.name, "公布单位", plan.case.unit_name
    for item, said in totals_held(plan):
        yield side.name, item, said
    yield side.name, "校验码 SHA-256", plan.digest
    yield side.name, "证书 SHA-256", plan.proof_digest
    for alarm in plan.alarms:
        yield side.name, "警告", alarm
    for problem in plan.problems:
        yield side.name, "说明", str(problem)
