"""Outcome → the tables of the result workbook. No spreadsheet library here: plain records."""

from __future__ import annotations

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.tables import Report
from transfer_opt.report.allocation import allocation_table, comparison_tables
from transfer_opt.report.equality import charts, indicator_table
from transfer_opt.report.notice.notice import notice
from transfer_opt.report.parts import example_label, heading
from transfer_opt.report.records import audit_table, input_table, parameter_table, proof_table
from transfer_opt.report.responsibility import responsibility_tables
from transfer_opt.report.rules import county_sensitivity_table, rule_table, sensitivity_table
from transfer_opt.report.steps import step_table
from transfer_opt.workbook.output.charts import data_table

__all__ = ["build"]


def build(outcome: Outcome, date: str, finished: str) -> Report:
    """The whole result workbook; `date` stands in footers, `finished` in 「审计信息」 (both empty: no time stamp)."""
    drawn, label = charts(outcome), example_label(outcome)
    tables = (
        allocation_table(outcome),
        step_table(outcome),
        rule_table(outcome),
        indicator_table(outcome),
        sensitivity_table(outcome),
        county_sensitivity_table(outcome),
        *comparison_tables(outcome),
        *responsibility_tables(outcome),
        parameter_table(outcome),
        input_table(outcome),
        audit_table(outcome, finished),
    )
    sheet, looked_up = notice(outcome, tables, drawn, label)
    sealed = (
        (*tables, data_table(drawn, outcome.scenario, looked_up)) if drawn or looked_up else tables
    )
    code = outcome.digest
    return Report(
        (*tables, proof_table(outcome, sealed, sheet, label)),
        drawn,
        outcome.scenario,
        f"{code[:6]}…{code[-4:]}",
        label,
        date,
        {"title": f"{heading(outcome)}分配结果", "comments": f"校验码 {code}"},
        sheet,
        looked_up,
    )
