"""Solving once more under other data or rules: what-if allocations, rounded like published ones but not proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.allocation.formulation.formulate import composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, written_rules
from transfer_opt.allocation.optimum import Make, reached
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InfeasibleError, SolverError
from transfer_opt.intake.assemble import assemble
from transfer_opt.lexlp.program import Opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings

OpenFor = Callable[[int], Opener]
"""How many lines → the solver for a case of that size."""


@dataclass(frozen=True)
class State:
    """Everything an allocation follows from."""

    spec: ModelSpec
    budget: Budget
    settings: Settings
    objective: tuple[str, ...]

    def case(self) -> Case:
        """The checked data as numbers."""
        return assemble(self.spec, self.budget, self.settings)


def exact_amounts(case: Case, make: Make, open_for: OpenFor) -> Floats:
    """The optimum (L,) before rounding, money; raises InfeasibleError, with the money short, where there is none."""
    found = reached(make, open_for(len(case.lines)))
    if not found.possible:
        raise InfeasibleError(f"规则互相矛盾，相差 {_rounded(found.short, case.unit):,.12g} {case.money_unit}")
    return found.amounts


def allocated(case: Case, make: Make, open_for: OpenFor) -> Floats:
    """The optimum (L,) as it would be published, money."""
    units = published(case, exact_amounts(case, make, open_for), open_for(len(case.lines)))
    return np.asarray(np.round(units * case.unit, 10), dtype=float)


def re_solved(state: State, open_for: OpenFor, more: Callable[[Case], Sequence[RuleRows]] = lambda _: ()) -> tuple[Case, Floats]:
    """The case of a state and its allocation (L,), with `more` rows; raises InfeasibleError or SolverError."""
    try:
        case = state.case()
        rules = [*written_rules(case, state.settings), *more(case)]
    except (KeyError, ValueError, IndexError) as error:  # half of one year's data with half of another's
        raise SolverError("两边的数据和规则拼不到一起") from error
    return case, allocated(case, lambda whole: composed(case, rules, state.objective, whole), open_for)


def _rounded(money: float, unit: float) -> float:
    """Up to the publishing unit: a shortage is not told too small."""
    return float(np.ceil(round(money / unit, 6)) * unit)
