"""One budget under many settings, one after the other: the published integers, without proof, steps or sensitivities.

What two settings share is computed once: the case where no rule that shapes it changed, a rule's rows where neither
its parameters nor the case did, the solver's model where only bounds did. The proofs of the answers before are tried
first, so that an answer next to one that is known costs little more than a look.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, rule_rows
from transfer_opt.allocation.instance import stated
from transfer_opt.allocation.optimum import reached
from transfer_opt.allocation.rounding import published
from transfer_opt.allocation.split import decided
from transfer_opt.core.arrays import Ints
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import SolverError
from transfer_opt.core.vocabulary import (
    FLOW_RULE,
    GIVEN_RULE,
    GIVEN_TOTAL_RULE,
    POOL_AMOUNT,
    POOLS,
    SHARED_RULE,
    WEIGHTS,
)
from transfer_opt.intake.assemble import assemble, repooled
from transfer_opt.lexlp.program import Opener
from transfer_opt.lexlp.solve import Solution
from transfer_opt.lexlp.solvers.choice import kept, opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings

CASE_RULES = frozenset(
    {
        POOLS,
        "考核奖惩",
        "三保兜底",
        "因素法",
        WEIGHTS,
        "资格",
        "保障水平最大化",
        "取整",
        SHARED_RULE,
        FLOW_RULE,
        GIVEN_RULE,
        GIVEN_TOTAL_RULE,
    }
)
"""The rules whose parameters the case is made of; a change to any other leaves the case as it is."""
Said: TypeAlias = tuple[tuple[Change, ...], ...]
"""Changes, layer by layer."""
CaseKey: TypeAlias = tuple[Hashable, Said]
"""What tells a case from others: everything but the pools, and what is said of the pools."""
MOST_PROOFS = 16
"""Solutions whose proofs are tried on the next settings."""
MOST_KEPT = 64
"""Cases kept at a time: a grid comes back to few, random draws to none."""


@dataclass(frozen=True)
class Near:
    """What the budget comes to under some settings."""

    case: Case
    formulation: Formulation
    units: Ints | None
    """(L,) published amounts in whole publishing units; None where the rules contradict each other."""
    short: float
    """Money by which they do; 0 where they do not, or where two bounds of a line do."""


class Nearby:
    """Answers settings of one budget; keeps its model warm from one to the next."""

    def __init__(self, spec: ModelSpec, budget: Budget) -> None:
        self._spec, self._budget = spec, budget
        self._solver, self._fresh = kept(opener("highs", 0)), opener("highs", 0)
        self._latest: tuple[Solution, ...] = ()
        self._asked: deque[Solution] = deque(maxlen=MOST_PROOFS)
        self._cases: dict[Hashable, tuple[Recipients, Case]] = {}
        self._alike: dict[Hashable, Case] = {}
        """One of the cases that differ in nothing but their pools."""
        self._rules: dict[Hashable, RuleRows] = {}

    def answer(self, settings: Settings, objective: tuple[str, ...]) -> Near:
        """What the warm model does not settle is asked once more of a fresh one; raises InputError, SolverError."""
        try:
            return self._answer(settings, objective, self._solver)
        except SolverError:
            return self._answer(settings, objective, self._fresh)

    def _answer(self, settings: Settings, objective: tuple[str, ...], solver: Opener) -> Near:
        key, case = self._keyed(settings)
        if case.province_moves:  # shared out as by `solve`; no two settings have it in common
            given = stated(self._spec, self._budget, settings, objective, "highs")
            moved = decided(given)[0]
            case, settings = moved.case, moved.settings
            rules = [rule_rows(case, settings, name, case.amount) for name in CONSTRAINTS]
        else:
            rules = [self._rows(case, settings, key, name) for name in CONSTRAINTS]
        found = reached(
            partial(composed, case, rules, objective), solver, before=(*self._latest, *self._asked)
        )
        formulation, solution = found.formulation, found.solution
        if solution is None or not found.possible:
            return Near(case, formulation, None, found.short)
        self._latest = (solution,)
        if solution.programs:  # else its proof is made of others
            self._asked.appendleft(solution)
        return Near(case, formulation, published(case, found.amounts, self._fresh), 0.0)

    def case(self, settings: Settings) -> Case:
        """What is answered, before the province's own money is shared out."""
        return self._keyed(settings)[1]

    def _keyed(self, settings: Settings) -> tuple[CaseKey, Case]:
        """The case, and what tells it from others."""
        units = settings.recipients
        amounts, others = _told_apart(_said(settings, CASE_RULES))
        alike = (id(units), others)
        key = (alike, amounts)
        if key not in self._cases:
            if len(self._cases) >= MOST_KEPT:
                self._cases.clear()
                self._alike.clear()
                self._rules.clear()
            known = self._alike.get(alike)
            case = (
                repooled(known, settings) if known else assemble(self._spec, self._budget, settings)
            )
            self._alike[alike] = case
            self._cases[key] = (units, case)  # units are kept, lest others get their id
        return key, self._cases[key][1]

    def _rows(self, case: Case, settings: Settings, key: CaseKey, name: str) -> RuleRows:
        """Those of a rule that reads nothing of the pools are the same whatever the pools are."""
        alike, amounts = key
        read = amounts if CONSTRAINTS[name].follows_pool else ()
        of_rule = (alike, read, name, _said(settings, {name}))
        if of_rule not in self._rules:
            self._rules[of_rule] = rule_rows(case, settings, name, case.amount)
        return self._rules[of_rule]


def _told_apart(said: Said) -> tuple[Said, Said]:
    """What is said of the pools' amounts, and the rest."""
    amounts, others = (
        tuple(
            tuple(each for each in layer if (each.parameter == POOL_AMOUNT) == is_amount)
            for layer in said
        )
        for is_amount in (True, False)
    )
    return amounts, others


def _said(settings: Settings, rules: Collection[str]) -> Said:
    """What the settings say of these rules, layer by layer."""
    return tuple(
        tuple(change for change in layer if change.rule in rules) for layer in settings.layers
    )
