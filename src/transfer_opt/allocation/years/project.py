"""Chain, least pools and, where wished, the joint optimum of a prepared budget."""

from __future__ import annotations

from collections.abc import Callable

from transfer_opt.allocation.allocate import instance_of
from transfer_opt.allocation.formulation.rule_rows import raw_bounds
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.projection import LeastPool, Projection, first_short
from transfer_opt.allocation.years.bottleneck import bottleneck
from transfer_opt.allocation.years.chain import chain
from transfer_opt.allocation.years.horizon import Horizon
from transfer_opt.allocation.years.joint import joint
from transfer_opt.allocation.years.least_pool import least_pools
from transfer_opt.core.arrays import Floats, Ints, sums
from transfer_opt.core.errors import InfeasibleError, InputError, Problem
from transfer_opt.core.exact import floats
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.core.vocabulary import OUTLOOK
from transfer_opt.intake.outlook import Outlook, read_outlook
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.outlook_growth import growths_told

MOST_YEARS = 5
"""What is expected further ahead is no plan."""


def outlook_of(prepared: Prepared, count: int | None) -> tuple[Outlook, tuple[int, ...]]:
    """「年度展望」 and the years to work out: this year and those after it, all that are given or `count` in all.

    Raises InputError where the sheet is missing, says nothing, or has fewer years.
    """
    sheet = prepared.budget.sheets.get(OUTLOOK)
    if sheet is None or not sheet.rows:
        raise InputError(
            [
                Problem(
                    "E405",
                    f"没有工作表「{OUTLOOK}」，或表里没有填写，不知以后各年的总额和需求。",
                    "用 transfer-opt init 写出带这张表的模板，填好后把这张表复制进工作簿。",
                )
            ]
        )
    outlook, problems = read_outlook(prepared.spec, sheet, prepared.settings.recipients)
    if problems:
        raise InputError(problems)
    most = min(len(outlook.years) + 1, MOST_YEARS)
    wanted = most if count is None else count
    if not 2 <= wanted <= most:
        raise InputError(
            [
                Problem(
                    "E406",
                    f"要算 {wanted} 年做不到：连同本年，「{OUTLOOK}」够算 2 至 {most} 年（最多 {MOST_YEARS} 年）。",
                    f"改 --years，或在「{OUTLOOK}」里加年份的列。",
                )
            ]
        )
    this_year = outlook.years[0] - 1
    return outlook, tuple(range(this_year, this_year + wanted))


def horizon_of(
    prepared: Prepared, count: int | None, solver: str = "auto", deadline: Deadline = NEVER
) -> Horizon:
    """The budget's years, `count` in all or as many as there are. Raises InputError."""
    outlook, years = outlook_of(prepared, count)
    first = instance_of(prepared, solver, deadline)
    return Horizon(prepared.spec, prepared.budget, outlook, first, years)


def project(
    horizon: Horizon,
    units: Ints,
    together: bool,
    report: Callable[[str], None] = lambda _: None,
) -> Projection:
    """The years after an allocation (`units`, (L,)) of the first; where they are to be decided `together`, they can be
    (`refuse_unfit`).

    Raises SolverError, NotProvenError; InfeasibleError where a year has no allocation after those before it and the
    years were not decided together with one.
    """
    first = horizon.first
    found = chain(horizon, units, first.settings, report)
    if found.stuck and not together:
        raise InfeasibleError(found.stuck.message)
    report("测算各年至少要多少资金")
    least: list[tuple[LeastPool, ...]] = []
    for problem in found.problems:
        least.append(least_pools(problem, first.case.figures.unit, least[-1] if least else ()))
    short = first_short(found.years)
    tight = None if short is None else bottleneck(found.problems[short], found.years[short])
    all_years = None
    if together:
        report("多年统筹")
        all_years = joint(horizon, first.settings, report)
        if found.stuck and all_years is None:
            raise InfeasibleError(found.stuck.message)
    return Projection(
        horizon.outlook,
        tuple(growths_told(first.settings)),
        horizon.years,
        found.years,
        found.proofs,
        tuple(least),
        tight,
        tuple(map(_floors, found.problems)),
        found.stuck,
        all_years,
    )


def _floors(problem: Instance) -> Floats:
    """(F,) what the floors of single lines add up to."""
    floor, _ = raw_bounds(problem.case, problem.rules)
    return sums(problem.case.lines.fund, floats(floor), len(problem.case.funds))
