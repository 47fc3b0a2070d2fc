"""The least pool with which a year's rules can all be kept and no county is short of 三保."""

from __future__ import annotations

from math import ceil

from gmpy2 import mpq

from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import shortage
from transfer_opt.allocation.years.projection import LeastPool
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import NEED_RULE, POOL_AMOUNT, POOLS
from transfer_opt.policy.case import Fund
from transfer_opt.policy.model import Change

LARGEST_GROWTH = 10
"""A pool is tried up to so many times what it is."""
MOST_TRIED = 60


def least_pools(instance: Instance) -> tuple[LeastPool, ...]:
    """Fund by fund, the other pools as they are; 三保兜底 counts as hard."""
    settings = instance.settings
    hard = [Change(NEED_RULE, "", "", place, hard=True) for place in settings.places(NEED_RULE)]
    strict = instance.with_change(*hard)
    return tuple(
        LeastPool(fund.name, fund.budget, _least(strict, fund)) for fund in instance.case.funds
    )


def _least(instance: Instance, fund: Fund) -> float | None:
    """From below: what the rules are short of is added until they are short of nothing; a unit less is tried at the end.

    A publishing unit more makes up for no more than a unit of what is short, so no amount that is enough is passed by
    while the rules do not follow the pool; where they do, the last step back is halved until enough and not enough are
    neighbours.
    """
    unit = instance.case.figures.unit
    now = exact(fund.budget)
    first, most = (
        -int((now - exact(fund.provincial)) / unit),
        int(now * (LARGEST_GROWTH - 1) / unit),
    )

    def short(steps: int) -> mpq:
        changed = instance.with_change(
            Change(POOLS, fund.name, POOL_AMOUNT, "", float(now + steps * unit))
        )
        formulation = changed.formulated(False)
        if len(formulation.crossing):
            return exact(formulation.crossed)
        found = shortage(formulation, changed.solver.again)
        return exact(0.0 if found is None else found.money)

    low, high = first - 1, first
    for _ in range(MOST_TRIED):
        missing = short(high)
        if not missing:
            break
        low, high = high, high + max(1, ceil(missing / unit))
        if high > most:
            return None
    else:
        return None
    middle = high - 1
    while high - low > 1:
        low, high = (middle, high) if short(middle) else (low, middle)
        middle = (low + high) // 2
    return float(now + high * unit)
