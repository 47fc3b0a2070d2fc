"""`need`: a budget and a goal → the least pool, or the ends of a parameter, that reach it. Calls in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transfer_opt.allocation.allocate import instance_of
from transfer_opt.intake.prepare import Prepared
from transfer_opt.scenarios.goals import Goal, parse_goal
from transfer_opt.scenarios.need import Answer, lever, pool_lever
from transfer_opt.scenarios.need import need as search

Progress = Callable[[str, int], None]
"""Which quantity is varied, and how many values of it were tried."""


@dataclass(frozen=True)
class Needed:
    """A goal, and what was found out of each quantity."""

    goal: Goal
    money_unit: str
    answers: tuple[Answer, ...]


def need(
    prepared: Prepared,
    goal: str,
    by: Sequence[str] = (),
    progress: Progress = lambda text, count: None,
) -> Needed:
    """Search each quantity of `by`, by default the pool of every fund in turn. Raises InputError."""
    instance = instance_of(prepared, "highs")
    case = instance.case
    wanted = parse_goal(goal, case, prepared.spec)
    levers = [lever(prepared, case, text) for text in by] or [
        pool_lever(prepared.settings, case, fund) for fund in case.funds
    ]
    answers = tuple(
        search(instance, wanted, each, lambda count, each=each: progress(each.text, count))  # type: ignore[misc]
        for each in levers
    )
    return Needed(wanted, case.money_unit, answers)
