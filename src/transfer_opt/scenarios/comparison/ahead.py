"""The years after this one, scenario by scenario: each on the amounts of the one before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.projection import Stuck, Year
from transfer_opt.allocation.years.chain import chain
from transfer_opt.allocation.years.project import horizon_of, outlook_of
from transfer_opt.intake.prepare import BudgetWorkbook, settled
from transfer_opt.policy.outlook_growth import growths_told


@dataclass(frozen=True)
class Ahead:
    """What becomes of one scenario."""

    name: str
    years: tuple[Year, ...]
    """This year as it is published, then those after it, up to the first that is stuck."""
    stuck: Stuck | None
    growths: tuple[str, ...]
    """What it says in the place of the outlook, in words."""


def refuse_years(budget: BudgetWorkbook, count: int) -> None:
    """Raises InputError where the outlook is missing, wrong, or too short for so many years."""
    outlook_of(settled(budget.model, budget.budget), count)


def ahead(
    budget: BudgetWorkbook, plans: Sequence[Outcome], count: int, report: Callable[[str], None]
) -> tuple[Ahead, ...]:
    """`count` years, this one included, of every scenario that has an allocation. Raises InputError, SolverError."""
    return tuple(_ahead(budget, plan, count, report) for plan in plans)


def _ahead(
    budget: BudgetWorkbook, plan: Outcome, count: int, report: Callable[[str], None]
) -> Ahead:
    prepared = settled(budget.model, budget.budget, plan.scenario)
    horizon = horizon_of(prepared, count)
    found = chain(
        horizon,
        plan.units,
        horizon.first.settings,
        lambda said: report(f"方案「{plan.scenario}」{said}"),
    )
    growths = tuple(growths_told(prepared.settings))
    return Ahead(plan.scenario, found.years, found.stuck, growths)
