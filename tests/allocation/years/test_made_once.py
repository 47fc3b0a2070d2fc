"""What is made once for many programs is what each would have been made of by itself."""

from __future__ import annotations

from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from allocations import EXAMPLE

from transfer_opt.allocation.allocate import instance_of
from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import rewritten
from transfer_opt.allocation.infeasibility.iis import families
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.years.bottleneck import _without
from transfer_opt.allocation.years.least_pool import POOL_RULES
from transfer_opt.core.vocabulary import POOL_AMOUNT, POOLS
from transfer_opt.intake.assemble import repooled
from transfer_opt.intake.prepare import prepare
from transfer_opt.policy.model import Change


@cache
def problem() -> Instance:
    """The example with every rule on."""
    first = instance_of(prepare(EXAMPLE))
    return first.with_change(
        Change("保障水平下限", on=True),
        Change("位次不逆转", on=True),
        Change("市州占比", on=True),
        Change("市州占比", parameter="上限", object="西宁市", value=0.6),
    )


def same(one: Formulation, other: Formulation) -> bool:
    mine, its = one.statement, other.statement
    return all(
        np.array_equal(getattr(mine, each.name), getattr(its, each.name)) for each in fields(mine)
    )


@pytest.mark.parametrize("f", [0, 1, 2])
@pytest.mark.parametrize("times", [0.5, 0.9, 1.2])
def test_another_pool_moves_what_follows_the_pools_and_nothing_else(f: int, times: float) -> None:
    given = problem()
    fund = given.case.funds[f]
    anew = given.with_change(Change(POOLS, fund.name, POOL_AMOUNT, "", fund.budget * times))
    case = repooled(given.case, anew.settings)
    rules = rewritten(given.rules, case, anew.settings, POOL_RULES)
    assert same(composed(case, rules, given.objective, False), anew.formulated(False))


def test_a_rule_switched_off_leaves_the_rows_of_all_others_as_they_stand() -> None:
    given = problem()
    for family in families(given):
        anew = given.with_change(Change(family.rule, family.fund, on=False))
        found = _without(given, family.rule, anew.settings)
        assert same(found, anew.formulated(False)), family
