"""What the figures of a comparison are net of, under every table that shows them; where scenarios differ in it, each by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from transfer_opt.core.tables import Table
from transfer_opt.core.vocabulary import COVERAGE_CHART, SCENARIO_COMPARISON
from transfer_opt.policy.case import Case
from transfer_opt.report.parts import last_year_told, own_notes
from transfer_opt.scenarios.comparison.compare import LAST_YEAR, Comparison

MEASURED = (SCENARIO_COMPARISON, "结论", COVERAGE_CHART, "差异分解", "指标对比", "分组对比")
"""The tables that tell coverage or 三保缺口, which rest on 可用财力."""
AS_FILLED = "保障水平和“三保”缺口里的可用财力是填报数。"


def with_notes(table: Table, comparison: Comparison) -> Table:
    """The table and, below it, what last year's money and 可用财力 are in it."""
    notes: list[str] = []
    if _shows_last_year(table):
        notes += _told(comparison, last_year_told)
    if table.name in MEASURED and any(own_notes(case) for case in cases(comparison)):
        notes += _told(comparison, lambda case: own_notes(case) or (AS_FILLED,))
    return replace(table, notes=(*table.notes, *notes)) if notes else table


def _shows_last_year(table: Table) -> bool:
    shown = (
        table.title,
        *(text for column in table.columns for text in (column.name, column.band)),
    )
    against = any(LAST_YEAR in row.values for row in table.rows)
    return against or any(LAST_YEAR in text for text in shown if text)


def _told(comparison: Comparison, said: Callable[[Case], Sequence[str]]) -> Iterable[str]:
    told = {side.name: said(side.plan.case) for side in comparison.sides if side.plan}
    alike = len(set(told.values())) == 1
    return dict.fromkeys(
        text if alike else f"{name}：{text}" for name, each in told.items() for text in each
    )


def cases(comparison: Comparison) -> list[Case]:
    """Of the sides that were solved here."""
    return [side.plan.case for side in comparison.sides if side.plan]
