"""The least pool with which a year's rules can all be kept and no county is short of 三保."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, inf, isfinite, isinf

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, rewritten
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import least
from transfer_opt.allocation.projection import LeastPool
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import NEED_RULE, POOL_AMOUNT, POOL_RULE, POOLS
from transfer_opt.intake.assemble import budget_for, repooled
from transfer_opt.lexlp.program import SumStage
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change

LARGEST_GROWTH = 10
"""A pool is tried up to so many times what it is."""
MOST_TRIED = 30
POOL_RULES = [name for name, entry in CONSTRAINTS.items() if entry.follows_pool]
"""What is written anew for every pool that is tried."""


def least_pools(
    instance: Instance, unit: mpq, before: Sequence[LeastPool] = ()
) -> tuple[LeastPool, ...]:
    """Fund by fund, in steps of `unit`, the other pools as they are; 三保兜底 counts as hard.

    `before`: those of the year before, to begin near.
    """
    settings = instance.settings
    hard = [Change(NEED_RULE, "", "", place, hard=True) for place in settings.places(NEED_RULE)]
    strict = instance.with_change(*hard)
    found = {each.fund: each for each in before}
    return tuple(
        _least(strict, f, unit, found.get(fund.name, LeastPool(fund.name, fund.budget, None)))
        for f, fund in enumerate(instance.case.funds)
    )


def _least(instance: Instance, f: int, unit: mpq, before: LeastPool) -> LeastPool:
    """A 本年总额 that is enough where a step less is not; None where none was found.

    What the rules demand of a pool follows the pool in straight pieces: where demand and pool meet is found by the
    straight line through the two amounts tried last, between the most that is not enough and the least that is.
    """
    fund = instance.case.funds[f]
    largest = int(exact(fund.budget) * LARGEST_GROWTH / unit)
    nothing = LeastPool(fund.name, fund.budget, None)

    def lacks(units: int) -> float:
        """By how many units the demand is more than the pool; infinite where no pool is enough."""
        budget = units * unit
        money = _demanded(instance, f, float(budget))
        wanted = None if isinf(money) else budget_for(instance.settings, fund, exact(money))
        return inf if wanted is None else float((wanted - budget) / unit)

    part = before.least / before.now if before.least and before.now else 1.0
    at = int(exact(fund.budget) * exact(part) / unit)
    short, enough, slope = -1, largest + 1, before.slope
    last: tuple[int, float] | None = None
    for _ in range(MOST_TRIED):
        if (now := lacks(at)) > 0:
            short = max(short, at)
        else:
            enough = min(enough, at)
        if enough - short <= 1:
            return (
                LeastPool(fund.name, fund.budget, float(enough * unit), slope)
                if enough <= largest
                else nothing
            )
        if last and isfinite(last[1]) and isfinite(now) and abs(at - last[0]) > 1:
            slope = (now - last[1]) / (at - last[0])
        last = at, now
        met = at - now / slope if slope < 0 and isfinite(now) else inf
        wished = enough - 1 if met > enough - 1 else ceil(met)
        at = wished if wished > short else (short + enough) // 2
    return nothing


def _demanded(instance: Instance, f: int, budget: float) -> float:
    """The least money that the rules leave to be paid from a fund of this 本年总额; infinite where they contradict."""
    change = Change(POOLS, instance.case.funds[f].name, POOL_AMOUNT, "", budget)
    settings = instance.settings.changed(change)
    case = repooled(instance.case, settings)
    rules = [
        _without_total(entry, f) for entry in rewritten(instance.rules, case, settings, POOL_RULES)
    ]
    formulation: Formulation = composed(case, rules, instance.objective, False)
    costs = np.zeros(formulation.program.shape[1])
    costs[np.flatnonzero(case.lines.fund == f)] = 1.0
    return round(least(formulation, SumStage("最少资金", costs), instance.solver.again), 6)


def _without_total(entry: RuleRows, f: int) -> RuleRows:
    """The rule; that of the pools says nothing of this fund's."""
    if entry.rule.name != POOL_RULE:
        return entry
    least, most = entry.rows.least.copy(), entry.rows.most.copy()
    own = entry.rows.expression.subjects[:, 0] == f
    least[own] = most[own] = None
    return replace(entry, rows=replace(entry.rows, least=least, most=most))
