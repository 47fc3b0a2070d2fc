"""Solving once more under other data or rules: what-if allocations, rounded like published ones but not proved."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.allocation.instance import Beside, Instance, nothing, stated
from transfer_opt.allocation.optimum import Make, reached
from transfer_opt.allocation.plan import Plan
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InfeasibleError, SolverError
from transfer_opt.core.exact import in_figures
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings


@dataclass(frozen=True)
class State:
    """Everything an allocation follows from; half of one plan's data may stand beside half of another's."""

    spec: ModelSpec
    budget: Budget
    settings: Settings
    objective: tuple[str, ...]

    def instance(self) -> Instance:
        """The problem it states."""
        return stated(self.spec, self.budget, self.settings, self.objective, "highs")


def state_of(plan: Plan) -> State:
    """What a plan follows from."""
    return State(plan.spec, plan.budget, plan.settings, plan.objective)


def exact_amounts(instance: Instance, make: Make | None = None) -> Floats:
    """The optimum (L,) before rounding, money, of the instance or of the programs made otherwise.

    Raises InfeasibleError, with the money short, where there is none.
    """
    case = instance.case
    found = instance.optimum if make is None else reached(make, instance.solver.again)
    if not found.possible:
        short = float(
            np.ceil(round(found.short / case.unit, 6)) * case.unit
        )  # a shortage is not told too small
        raise InfeasibleError(f"规则互相矛盾，相差 {in_figures(short)} {case.money_unit}")
    return found.amounts


def re_solved(state: State, beside: Beside = nothing) -> tuple[Case, Floats]:
    """The case of a state and its allocation (L,) as it would be published, money, with rows beside those of the rules.

    Raises InfeasibleError or SolverError.
    """
    instance = _fitting(state, beside)
    case = instance.case
    units = published(case, exact_amounts(instance), instance.solver.again)
    return case, case.money(units)


def _fitting(state: State, beside: Beside) -> Instance:
    """The instance with its rules written; raises SolverError where half of one year's data does not fit the other's."""
    try:
        instance = replace(state.instance(), beside=beside)
        instance.rules  # noqa: B018  written now, so that what does not fit is told as that
    except (KeyError, ValueError, IndexError) as error:
        raise SolverError("两边的数据和规则拼不到一起") from error
    return instance
