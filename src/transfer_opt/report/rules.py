"""「约束审计」 and 「敏感性」."""

from __future__ import annotations

import numpy as np

from transfer_opt.audit import Finding, Verdict, verdict_sentence
from transfer_opt.formulate import NEED_RULE
from transfer_opt.outcome import Outcome
from transfer_opt.report.parts import amount, heading
from transfer_opt.sheets import Column, Row, RowKind, Table

ROW_KINDS: dict[Verdict, RowKind] = {
    "broken": "alarm", "soft": "alarm", "rounding": "slack", "active": "active", "slack": "slack",
}
ACTIVE: dict[Verdict, str] = {"broken": "违反", "soft": "未满足(软)", "rounding": "否", "active": "是", "slack": "否"}


def rule_table(outcome: Outcome) -> Table:
    """Every rule on the published integers, worst first."""
    money = outcome.case.money_unit
    columns = (
        Column("规则", "text", 13), Column("依据条款", "note", 24), Column("对象", "text", 27),
        Column("左端值", "number", 12), Column("关系", "mark", 5.5), Column("右端值", "number", 12),
        Column("余量", "number", 11), Column("影子价格", "number", 9.5), Column("是否起作用", "mark", 9),
        Column("结论", "note", 27),
    )
    rows = tuple(_row(outcome, finding) for finding in outcome.findings)
    notes = (
        "排序：违反 → 软约束未满足 → 取整差 → 起作用 → 有余量。✕ 违反　▲ 软约束未满足　● 起作用　○ 有余量。余量为负表示还差多少。",
        f"影子价格：该行右端每变动 1 {money}，未满足的软约束合计变动多少；空白表示没有影响或未求。",
        *(f"规则「{rule.rule.name}」已启用，但没有适用对象。" for rule in outcome.formulation.rules
          if not rule.sizes and outcome.settings.on_anywhere(rule.rule.name)),
    )
    return Table("约束审计", f"{heading(outcome)}约束审计表（{outcome.scenario}）", columns, rows,
                 f"单位：{money}，影子价格：{money}/{money}", verdict_sentence(outcome.case, outcome.findings), notes)


def sensitivity_table(outcome: Outcome) -> Table:
    """What a little more of each pool changes, found by solving again."""
    money = outcome.case.money_unit
    columns = (
        Column("对象", "text", 30), Column("变动", "text", 18), Column("三保缺口变化", "number", 13),
        Column("最低保障水平变化", "text", 16), Column("受影响县区", "note", 60),
    )
    rows = tuple(
        Row("plain", (entry.subject, entry.change, _known(entry.shortfall),
                      None if np.isnan(entry.lowest) else f"{entry.lowest * 100:+.4f}个百分点", entry.affected))
        for entry in outcome.sensitivities
    )
    notes = ("注：每一行都是改变后重新完整求解得到的，其他规则和参数不变；县区后面是合计增减，取整前。",)
    return Table("敏感性", f"{heading(outcome)}敏感性（{outcome.scenario}）", columns, rows, f"单位：{money}", notes=notes)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4) + 0.0


def _row(outcome: Outcome, finding: Finding) -> Row:
    price = None if np.isnan(finding.price) else round(finding.price, 6)
    return Row(ROW_KINDS[finding.verdict], (
        finding.rule, finding.clause, finding.subject, amount(finding.left), finding.relation, amount(finding.right),
        amount(finding.margin), price, ACTIVE[finding.verdict], _conclusion(outcome, finding),
    ))


def _conclusion(outcome: Outcome, finding: Finding) -> str:
    missing = f"{abs(finding.margin):,.10g} {outcome.case.money_unit}"
    if finding.verdict == "soft":
        return f"▲ {'缺' if finding.rule == NEED_RULE else '超出'} {missing}，已列入警告"
    return {
        "broken": f"✕ 差 {missing}", "rounding": f"○ 满足（取整差 {missing}）",
        "active": "● 分毫不差" if finding.relation == "＝" else "● 起作用", "slack": "○ 有余量",
    }[finding.verdict]
