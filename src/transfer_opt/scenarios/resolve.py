"""Solving once more under other data or rules: what-if allocations, rounded like published ones but not proved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.assemble import assemble
from transfer_opt.domain import Case, ModelSpec
from transfer_opt.errors import InfeasibleError, SolverError
from transfer_opt.formulate import Formulation, RuleRows, composed, formulate
from transfer_opt.lexicographic import solve
from transfer_opt.linear import Floats
from transfer_opt.program import Opener
from transfer_opt.rounding import published
from transfer_opt.settings import Settings
from transfer_opt.sheets import Budget

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


def exact_amounts(case: Case, formulation: Formulation, open_for: OpenFor) -> Floats:
    """The optimum (L,) before rounding, money; raises InfeasibleError, with the money short, where there is none."""
    if len(formulation.crossing):
        raise _impossible(case, formulation.crossed)
    solution = solve(formulation.program, formulation.stages, open_for(len(case.lines)))
    if solution.shortage is not None:
        raise _impossible(case, solution.shortage.money)
    return solution.columns[: len(case.lines)]


def allocated(case: Case, formulation: Formulation, open_for: OpenFor) -> Floats:
    """The optimum (L,) as it would be published, money."""
    units = published(case, exact_amounts(case, formulation, open_for), open_for(len(case.lines)))
    return np.asarray(np.round(units * case.unit, 10), dtype=float)


def re_solved(state: State, open_for: OpenFor, more: Callable[[Case], Sequence[RuleRows]] = lambda _: ()) -> tuple[Case, Floats]:
    """The case of a state and its allocation (L,), with `more` rows; raises InfeasibleError or SolverError."""
    try:
        case = state.case()
        plain = formulate(case, state.settings, state.objective)
        extra = more(case)
        formulation = composed(case, [*plain.rules, *extra], state.objective) if extra else plain
    except (KeyError, ValueError, IndexError) as error:  # half of one year's data with half of another's
        raise SolverError("两边的数据和规则拼不到一起") from error
    return case, allocated(case, formulation, open_for)


def _impossible(case: Case, money: float) -> InfeasibleError:
    return InfeasibleError(f"规则互相矛盾，相差 {_rounded(money, case.unit):,.12g} {case.money_unit}")


def _rounded(money: float, unit: float) -> float:
    """Up to the publishing unit: a shortage is not told too small."""
    return float(np.ceil(round(money / unit, 6)) * unit)
