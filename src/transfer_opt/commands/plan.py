"""`plan`: a budget and its outlook → this year's allocation and what follows from it in the years after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from transfer_opt.allocation.allocate import Progress, allocate
from transfer_opt.allocation.projection import Projection
from transfer_opt.allocation.years.joint import refuse_unfit
from transfer_opt.allocation.years.project import horizon_of, project
from transfer_opt.commands import publish
from transfer_opt.commands.solve import Solved
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.intake.prepare import BudgetWorkbook, settled


@dataclass(frozen=True)
class Order:
    """What `transfer-opt plan` is asked to do."""

    budget: Path
    output: Path | None
    scenario: str | None
    years: int | None
    """How many, this one included; None: all that the outlook has."""
    together: bool


@dataclass(frozen=True)
class Planned:
    """This year's allocation with the years after it, and where the result lies."""

    solved: Solved
    projection: Projection
    target: Path


def plan(
    budget: BudgetWorkbook,
    scenario: str | None = None,
    years: int | None = None,
    together: bool = False,
    progress: Progress = lambda _: None,
    deadline: Deadline = NEVER,
) -> Solved:
    """This year exactly as `solve` has it, and the years after it.

    Raises InputError, SolverError; InfeasibleError where this year, or one after it, has no allocation and the years
    were not decided together with one.
    """
    prepared = settled(budget.model, budget.budget, scenario)
    horizon = horizon_of(prepared, years, deadline=deadline)
    if together:
        refuse_unfit(horizon.first.case, horizon.first.objective)
    outcome = allocate(prepared, progress=progress, deadline=deadline)
    return Solved(replace(outcome, projection=project(horizon, outcome.units, together, progress)))


def plan_and_write(
    order: Order,
    read: Callable[[], BudgetWorkbook],
    progress: Progress = lambda _: None,
    deadline: Deadline = NEVER,
) -> Planned:
    """Refuse what cannot be written, then `read` the budget, work out the years and write. Raises any TransferOptError."""
    target = publish.result_path(order.budget, order.output, publish.PLANNED)
    progress("读取工作簿")
    solved = plan(read(), order.scenario, order.years, order.together, progress, deadline)
    progress("写结果工作簿")
    publish.write(solved.outcome, target, None, deadline)
    assert solved.outcome.projection is not None, "just made"
    return Planned(solved, solved.outcome.projection, target)
