"""Comparison → the tables of its workbook, which are also all the page shows."""

from __future__ import annotations

import hashlib

from transfer_opt.core.tables import Report
from transfer_opt.report.comparison.ahead import ahead_table
from transfer_opt.report.comparison.causes import (
    change_table,
    county_effect_table,
    effect_table,
    monotone_table,
    price_table,
)
from transfer_opt.report.comparison.conclusion import conclusion_table
from transfer_opt.report.comparison.counties import (
    county_table,
    coverage_table,
    heat_table,
    loser_table,
    per_head_table,
)
from transfer_opt.report.comparison.figures import charts
from transfer_opt.report.comparison.matrix import matrix_table
from transfer_opt.report.comparison.notes import cases, with_notes
from transfer_opt.report.comparison.overview import balance_table, group_table
from transfer_opt.report.comparison.records import audit_table, indicator_table, parameter_table
from transfer_opt.report.comparison.shift import shift_table
from transfer_opt.report.comparison.strata import strata_table
from transfer_opt.report.parts import example_label, heading, to_the_unit
from transfer_opt.scenarios.comparison.compare import Comparison

__all__ = ["build_comparison"]


def build_comparison(comparison: Comparison, date: str, finished: str) -> Report:
    """The whole comparison workbook; `date` stands in footers, `finished` in 「审计信息」 (both empty: no time stamp)."""
    tables = [
        matrix_table(comparison),
        conclusion_table(comparison),
        *filter(None, [ahead_table(comparison)]),
        group_table(comparison),
        balance_table(comparison),
        parameter_table(comparison),
        county_table(comparison),
    ]
    tables += [
        county_table(comparison, fund)
        for fund in range(len(comparison.funds))
        if len(comparison.funds) > 1
    ]
    tables += [
        *filter(None, [per_head_table(comparison)]),
        coverage_table(comparison),
        heat_table(comparison),
        loser_table(comparison),
        price_table(comparison),
    ]
    if comparison.effects:
        tables += [effect_table(comparison), county_effect_table(comparison)]
    tables += [
        change_table(comparison),
        indicator_table(comparison),
        *filter(None, [strata_table(comparison), shift_table(comparison)]),
        monotone_table(comparison),
        audit_table(comparison, finished),
    ]
    code = digest(comparison)
    return Report(
        to_the_unit((with_notes(table, comparison) for table in tables), *cases(comparison)),
        charts(comparison),
        "方案比较",
        f"{code[:6]}…{code[-4:]}",
        example_label(comparison.lead),
        date,
        {"title": f"{heading(comparison.lead)}分配方案比较", "comments": f"校验码 {code}"},
        charted="方案比较",
    )


def digest(comparison: Comparison) -> str:
    """SHA-256 over the check codes of everything compared, in order."""
    parts = [
        f"{side.name}|{side.plan.digest if side.plan else side.source}" for side in comparison.sides
    ]
    return hashlib.sha256("\n".join([comparison.baseline.name, *parts]).encode()).hexdigest()
