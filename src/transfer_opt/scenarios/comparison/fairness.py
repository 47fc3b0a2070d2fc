"""Who pays for a scenario: the price of nobody losing, and larger pools that leave somebody worse off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from transfer_opt.allocation.explanation.indicators import Indicator, indicators
from transfer_opt.allocation.explanation.sensitivity import STEPPED_LINES
from transfer_opt.allocation.formulation.formulate import composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, rule_rows
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Make
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints, sums
from transfer_opt.core.errors import InfeasibleError, SolverError
from transfer_opt.core.exact import filled, floats, in_figures
from transfer_opt.core.expressions import Rows, at_least
from transfer_opt.core.vocabulary import FACTOR_RULE, POOLS
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change, Clause, RuleSpec
from transfer_opt.policy.objectives import CLOSEST, SHORTFALL
from transfer_opt.scenarios.comparison.attribution import GOALS, differing, mixed
from transfer_opt.scenarios.comparison.counterfactual import (
    State,
    exact_amounts,
    re_solved,
    state_of,
)

KEPT_WHOLE = "上年保底（县合计）"
PORTION = 0.01
"""A pool is made larger by this share to see whether anybody loses by it."""


@dataclass(frozen=True)
class Price:
    """What a scenario gives up when no county may get less than last year in all."""

    scenario: str
    losers: int
    lost: float
    """Money the losers lack, money."""
    before: tuple[Indicator, ...]
    after: tuple[Indicator, ...]
    """Empty where it cannot be had."""
    why_not: str


@dataclass(frozen=True)
class Worse:
    """A larger pool under the same rules and who gets less by it, most first; `rule` is what makes them lose."""

    scenario: str
    change: str
    losers: tuple[tuple[str, float], ...]
    """Name and change, money."""
    rule: str
    note: str = ""


def price(plan: Plan, name: str) -> Price | None:
    """Solve once more with every county's total at last year's; None where nobody loses anyway."""
    case = plan.case
    known = np.isfinite(case.history).any(axis=0)
    before = np.where(known, np.nansum(case.history, axis=0), -np.inf)
    change = np.round(plan.given - before, 8)
    losing = change < 0
    if not losing.any():
        return None
    found = Price(name, int(losing.sum()), float(-change[losing].sum()), plan.indicators, (), "")
    try:
        again, amounts = re_solved(state_of(plan), lambda case: [_kept_whole(case)])
    except (InfeasibleError, SolverError) as error:
        return replace(found, why_not=str(error))
    return replace(found, after=indicators(again, amounts))


def larger_pools(plan: Plan, name: str) -> Iterator[Worse]:
    """Each pool larger by PORTION, the rules as they are: one entry per fund, also where nobody loses."""
    small = state_of(plan).instance()
    for fund in plan.case.funds:
        more = max(np.floor(fund.pool * PORTION / plan.case.unit), 1.0) * plan.case.unit
        change = Change(POOLS, fund.name, "本年总额", "", fund.budget + more)
        settings = replace(plan.settings, layers=(*plan.settings.layers, (change,)))
        said = f"{fund.name}增加 {in_figures(more)} {plan.case.money_unit}"
        yield _worse(name, said, small, replace(state_of(plan), settings=settings))


def compared_pools(first: tuple[str, Plan], second: tuple[str, Plan]) -> Iterator[Worse]:
    """Two named plans that differ in pools only, one of them with no smaller pool: who gets less by it all the same."""
    if differing(first[1], second[1]) != [POOLS]:
        return
    for (name, small), (other, large) in ((first, second), (second, first)):
        pools = [{fund.name: fund.pool for fund in plan.case.funds} for plan in (small, large)]
        if all(pools[1].get(fund, 0.0) >= pool for fund, pool in pools[0].items()):
            said = f"总额由「{name}」的 {in_figures(sum(pools[0].values()))} 增加到「{other}」的 {in_figures(sum(pools[1].values()))}"
            yield _worse(other, said, state_of(small).instance(), mixed(small, large, [POOLS]))


def _kept_whole(case: Case) -> RuleRows:
    """Σ_f x[f, i] ≥ Σ_f last[f, i] for every county whose last year is known."""
    known: Bools = np.asarray(np.isfinite(case.history).any(axis=0))
    last = np.sum(filled(case.figures.history), axis=0)
    rows = at_least(case.amount.total(case.by_recipient), last)[known]
    count = len(rows)
    clause = Clause("省定", "", "", "", "")
    spec = RuleSpec(KEPT_WHOLE, (clause,), "recipient", False, True, True, 0, {}, KEPT_WHOLE)
    return RuleRows(
        spec,
        rows,
        np.full(count, True),
        np.zeros(count, dtype=np.int64),
        np.full(count, NOWHERE),
        np.full(count, False),
        np.full(count, NOWHERE),
        count,
    )


@dataclass(frozen=True)
class _Step:
    """An instance, known to have an allocation, before and after its pools grow."""

    small: Instance
    large: Instance
    losing: Ints
    """Who gets less by a publishing unit or more."""

    def still(self, first: Floats, second: Floats) -> bool:
        """Whether any of these would get less all the same, by amounts (L,) before and after."""
        moved = _given(self.large.case, second) - _given(self.small.case, first)
        return bool((moved[self.losing] < -self.large.case.unit).any())


def _worse(scenario: str, said: str, small: Instance, grown: State) -> Worse:
    first = exact_amounts(small)
    try:
        large = grown.instance()
        second = exact_amounts(large)
    except (InfeasibleError, SolverError) as error:
        return Worse(scenario, said, (), "", f"没有可行方案：{error}")
    after = large.case
    moved = _given(after, second) - _given(small.case, first)
    order = np.argsort(moved, kind="stable")
    losing = order[moved[order] < -after.unit]
    if not len(losing):
        return Worse(scenario, said, (), "")
    losers = tuple((str(after.recipients.name[i]), float(moved[i])) for i in losing)
    return Worse(scenario, said, losers, *_responsible(_Step(small, large, losing)))


def _responsible(step: _Step) -> tuple[str, str]:
    """What makes them lose, and how: without its answer to the larger pool they would not."""
    if not set(step.small.objective) <= {CLOSEST, SHORTFALL} and _by_formula_alone(step):
        return GOALS, f"目标“{' > '.join(step.small.objective)}”使县与县之间互相替代"
    for rule, note, large, make in _held_back(step):
        try:
            if not step.still(exact_amounts(step.small), exact_amounts(large, make)):
                return rule, note
        except (InfeasibleError, SolverError):
            continue
    if len(step.large.case.lines) > STEPPED_LINES:
        return "未逐条核对", "县区很多，只核对了目标和因素法"
    return "几条规则共同作用", "单独固定任何一条规则都不能避免"


def _by_formula_alone(step: _Step) -> bool:
    """Whether the same rules with the formula as the only objective would spare them."""
    try:
        first, second = (
            exact_amounts(replace(instance, objective=(CLOSEST,)))
            for instance in (step.small, step.large)
        )
    except (InfeasibleError, SolverError):
        return False
    return not step.still(first, second)


def _held_back(step: _Step) -> Iterator[tuple[str, str, Instance, Make | None]]:
    """Each rule in turn as it was before the pool grew; first the shares of the formula. In a large case, these only."""
    small, large = step.small.case, step.large.case
    before, after = small.figures, large.figures
    if len(small.lines) == len(large.lines) and all(before.pools):
        shares = before.reference * (after.pools / before.pools)[small.lines.fund]
        case = replace(
            large,
            lines=replace(large.lines, reference=floats(shares)),
            worked_out=replace(after, reference=shares),
        )
        yield FACTOR_RULE, "各县测算份额随总额变化", replace(step.large, case=case), None
    if len(step.large.case.lines) > STEPPED_LINES:
        return
    written = {entry.rule.name: entry for entry in step.large.rules}
    for name in written:
        if name != POOLS and len(written[name].rows):
            held = rule_rows(small, step.small.settings, name, small.amount)
            if _same(held.rows, written[name].rows):
                continue
            rules = [held if other == name else entry for other, entry in written.items()]
            yield (
                name,
                "它的要求随总额变化",
                step.large,
                partial(composed, large, rules, step.large.objective),
            )


def _same(ours: Rows, theirs: Rows) -> bool:
    return (
        len(ours) == len(theirs)
        and np.array_equal(ours.least, theirs.least)
        and np.array_equal(ours.most, theirs.most)
        and np.array_equal(ours.expression.values, theirs.expression.values)
    )


def _given(case: Case, amounts: Floats) -> Floats:
    return sums(case.lines.recipient, amounts, len(case.recipients))
