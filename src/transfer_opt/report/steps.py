"""「测算说明」: where every amount comes from, one row per line, one column per step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from transfer_opt.allocation.explanation.steps import STEP_NAMES
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.arrays import Ints
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import FLOWS
from transfer_opt.policy.model import ModelSpec
from transfer_opt.report.parts import (
    KEY_COLUMNS,
    TOTAL_NAME,
    amount,
    amounts,
    heading,
    last_year_told,
    optional,
)

BAND = "各步调整（＋为得到，－为让给其他县，“–”表示该步不影响本行）"
BALANCED = "各调整步全省合计均为 0：只改变分布，不改变总额"


def step_table(outcome: Outcome) -> Table:
    """Every line from 因素法测算额 to 分配额; unused steps are hidden, not dropped."""
    rows = [row for f in range(len(outcome.case.funds)) for row in _fund(outcome, f)]
    factors = "，".join(f"{name} {value:.4f}" for name, value in outcome.coefficients)
    notes = (
        "注：每一步都是一次完整的重新分配，每步调整全省合计为 0；因素法测算额＋各步调整＝分配额。",
        graded(outcome.spec),
        *last_year_told(outcome.case),
        f"横向补偿是县与县之间按断面协议的收付，不在各步调整之内，见「{FLOWS}」。"
        if outcome.case.flows
        else "",
        f"不受上下限和其他规则限制的县，分配额＝因素法测算额×系数：{factors}。" if factors else "",
    )
    used = np.abs(outcome.steps.changes).sum(axis=1) > 0
    return Table(
        "测算说明",
        f"{heading(outcome)}测算说明（{outcome.scenario}）",
        step_columns(used.tolist()),
        tuple(rows),
        f"单位：{outcome.case.money_unit}",
        notes=tuple(note for note in notes if note),
        paper="A3",
        fit="groups",
    )


def graded(spec: ModelSpec) -> str:
    """Which clauses are not yet certain, by grade; "" where all are."""
    clauses = [
        *(clause for rule in spec.rules.values() for clause in rule.clauses),
        *(factor.clause for fund in spec.funds for factor in fund.factors),
    ]
    by_grade: dict[str, dict[str, None]] = {}
    for clause in clauses:
        if clause.grade:
            by_grade.setdefault(clause.grade, {})[clause.brief] = None
    told = "；".join(f"{grade}的有{'、'.join(names)}" for grade, names in by_grade.items())
    return f"依据条款中，{told}，引用前须经财政部门核对、确认。" if told else ""


def step_columns(used: Sequence[bool]) -> tuple[Column, ...]:
    """The columns, steps hidden that are not `used` (one truth value per step); `audit` asks for them, too."""
    steps = [
        Column(name, "step", 9.5, BAND, group_formula="sum", hidden=not used[k])
        for k, name in enumerate(STEP_NAMES)
    ]
    return (
        *KEY_COLUMNS[:2],
        Column("市州", "prefecture", 14.5, hidden=True),
        Column("资金", "prefecture", 16),
        Column("因素法测算额", "money", 11.5, group_formula="sum"),
        *steps,
        Column("分配额", "bold_money", 10.5, formula="=SUM({因素法测算额}:{取整})"),
        Column("依据条款", "note", 17),
        Column("上年分配", "last_year", 10, group_formula="sum"),
        Column("较上年", "step", 9, formula="={分配额}-{上年分配}"),
        Column("主要原因", "note", 30),
    )


def _fund(outcome: Outcome, f: int) -> list[Row]:
    case, steps = outcome.case, outcome.steps
    lines = np.flatnonzero(case.lines.fund == f)
    fund = case.funds[f]
    last = [float(value) for value in case.lines.last_year[lines] if not np.isnan(value)]
    changes = [amount(float(row[lines].sum())) for row in steps.changes]
    total = amount(float(outcome.published[lines].sum()))
    before = amount(sum(last)) if last else None
    rows = [
        Row(
            "total",
            (
                None,
                TOTAL_NAME,
                None,
                fund.name,
                amount(float(steps.start[lines].sum())),
                *changes,
                total,
                None,
                before,
                None if before is None else amount(total - before),
                BALANCED,
            ),
            f > 0,
        )
    ]
    return rows + [Row("unit", values) for values in _lines(outcome, lines, fund.name)]


def _lines(outcome: Outcome, lines: Ints, fund: str) -> Iterator[tuple[Value, ...]]:
    """The cells of the lines of one fund."""
    case, steps = outcome.case, outcome.steps
    units, at = case.recipients, case.lines.recipient[lines]
    changes = zip(*(amounts(row[lines]) for row in steps.changes), strict=True)
    cells = zip(
        units.code[at].tolist(),
        units.name[at].tolist(),
        units.prefecture[at].tolist(),
        amounts(steps.start[lines]),
        changes,
        outcome.published[lines].tolist(),
        case.lines.last_year[lines].tolist(),
        lines.tolist(),
        strict=True,
    )
    for code, name, prefecture, start, moved, now, last, line in cells:
        reason, clause = outcome.reasons[line]
        yield (
            code or None,
            name,
            prefecture,
            fund,
            start,
            *moved,
            now,
            clause or None,
            optional(last),
            None if last != last else amount(now - last),
            reason,
        )
