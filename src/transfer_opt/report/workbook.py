"""Outcome → the tables of the result workbook. No spreadsheet library here: plain records."""

from __future__ import annotations

from dataclasses import replace

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.tables import Report
from transfer_opt.report.allocation import allocation_table, comparison_tables
from transfer_opt.report.equality import charts, indicator_table
from transfer_opt.report.flows import flow_tables
from transfer_opt.report.notice.notice import notice
from transfer_opt.report.parts import example_label, heading, to_the_unit
from transfer_opt.report.records import audit_table, input_table, parameter_table, proof_table
from transfer_opt.report.responsibility import responsibility_tables
from transfer_opt.report.rules import county_sensitivity_table, rule_table, sensitivity_table
from transfer_opt.report.split import split_tables
from transfer_opt.report.steps import step_table
from transfer_opt.report.succession import succession_tables
from transfer_opt.report.years import year_charts, year_tables
from transfer_opt.workbook.output.charts import data_table

__all__ = ["build"]


def build(outcome: Outcome, date: str, finished: str) -> Report:
    """The whole result workbook; `date` stands in footers, `finished` in 「审计信息」 (both empty: no time stamp)."""
    drawn, label = charts(outcome), example_label(outcome)
    years = year_tables(outcome)
    tables = (
        *years[:1],
        allocation_table(outcome),
        step_table(outcome),
        rule_table(outcome),
        indicator_table(outcome),
        sensitivity_table(outcome),
        county_sensitivity_table(outcome),
        *comparison_tables(outcome),
        *responsibility_tables(outcome),
        *flow_tables(outcome),
        *succession_tables(outcome),
        parameter_table(outcome),
        input_table(outcome),
        audit_table(outcome, finished),
        *split_tables(outcome),
        *years[1:],
    )
    tables = to_the_unit(tables, outcome.case)
    further = year_charts(outcome.projection)
    every = (*drawn, *(chart for _, chart in further))
    sheet, looked_up = notice(outcome, tables, every, label)
    code = outcome.digest
    report = Report(
        tables,
        drawn,
        outcome.scenario,
        f"{code[:6]}…{code[-4:]}",
        label,
        date,
        {"title": f"{heading(outcome)}分配结果", "comments": f"校验码 {code}"},
        sheet,
        looked_up,
        further=further,
    )
    sealed = (
        (*tables, data_table(report.drawn, report.scenario, looked_up, report.drawn_on))
        if report.drawn or looked_up
        else tables
    )
    return replace(report, tables=(*tables, proof_table(outcome, sealed, sheet, label)))
