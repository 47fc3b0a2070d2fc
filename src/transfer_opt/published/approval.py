"""「人工调整」 and 「批准后核验」 of a result, derived again."""

from __future__ import annotations

from collections.abc import Mapping

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.tables import Report
from transfer_opt.core.vocabulary import ADJUSTED, ALLOCATION, APPROVED_ALLOCATION, CHECKED
from transfer_opt.published.differences import Expected, differences
from transfer_opt.report.approved import approval_report, lines_of
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.result.adjustments import latest, read_adjustments
from transfer_opt.workbook.result.pages import Page

DECIDED = (ADJUSTED, APPROVED_ALLOCATION, CHECKED)
"""The sheets of what was decided, and of what follows from it."""
DUST = 1e-5
"""Publishing units."""


def approval_problems(
    pages: Mapping[str, Page], plan: Plan, formulation: Formulation, wording: bool = True
) -> tuple[Problem, ...]:
    """「人工调整」 and 「批准后核验」 against the result they stand in: every cell follows from it and from 批准数, 理由, 决定人, 时间."""
    return approved_as_told(pages, plan, formulation, wording)[1]


def approved_as_told(
    pages: Mapping[str, Page], plan: Plan, formulation: Formulation, wording: bool = True
) -> tuple[Report | None, tuple[Problem, ...]]:
    """The two sheets as they should stand, None where there are none or they cannot be read; and what differs in them."""
    missing = [name for name in DECIDED if name not in pages]
    if missing:
        return None, () if len(missing) == len(DECIDED) else (
            Problem("A607", "整张表被删去或改了表名。", sheet=missing[0]),
        )
    try:
        adjustments = read_adjustments(pages[ADJUSTED].sheet)
    except InputError as error:
        return None, error.problems
    unknown = [line for line in latest(adjustments) if line not in lines_of(plan)]
    if unknown or not adjustments:
        return None, tuple(
            Problem(
                "A608", f"「{ALLOCATION}」里没有{''.join(line[:2])}的{line[2]}。", sheet=ADJUSTED
            )
            for line in unknown
        ) or (Problem("A608", "没有一行调整。", sheet=ADJUSTED),)
    report = approval_report(plan, formulation, adjustments, adjustments[-1].time[:10])
    dust = {CHECKED: DUST * plan.case.unit}
    return report, tuple(
        problem
        for table in report.tables
        for problem in differences(
            Expected(table, report.label, Sums(None), dust.get(table.name, 0.0), wording),
            pages[table.name],
        )
    )
