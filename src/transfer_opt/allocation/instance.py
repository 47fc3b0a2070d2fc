"""One problem: the case, its rules and objectives, and who solves it. Every analysis is a function of it and its optimum.

Whatever is said of a change was done: the change is put where a user would write it, and the whole is solved, rounded
and proved by the same door as the first time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from transfer_opt.allocation.compliance import findings, soft_gaps
from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, written_rules
from transfer_opt.allocation.optimum import Optimum, Published, optimum_and_proof, reached
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import SolverError
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.intake.assemble import assemble
from transfer_opt.lexlp.solve import Report
from transfer_opt.lexlp.solvers.choice import Solver, chosen
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.settings import Rebuild, Settings

Beside = Callable[[Case], Sequence[RuleRows]]
"""Rows that hold beside those of the catalogue."""


def nothing(_: Case) -> Sequence[RuleRows]:
    """No rows beside the catalogue."""
    return ()


@dataclass(frozen=True)
class Instance:
    """What is solved, and how."""

    case: Case
    settings: Settings
    objective: tuple[str, ...]
    rebuild: Rebuild
    """Settings → the case of the same workbook."""
    solver: Solver
    beside: Beside = nothing

    def with_change(self, *changes: Change) -> Instance:
        """The same workbook with some cells written otherwise."""
        return self.with_settings(self.settings.changed(*changes))

    def with_settings(self, settings: Settings) -> Instance:
        """The same workbook under other settings."""
        return replace(self, settings=settings, case=self.rebuild(settings))

    @cached_property
    def rules(self) -> tuple[RuleRows, ...]:
        """The rows that hold, rule by rule."""
        return (*written_rules(self.case, self.settings), *self.beside(self.case))

    def formulated(self, whole: bool) -> Formulation:
        """The program, its bounds in whole publishing units or as given."""
        return composed(self.case, self.rules, self.objective, whole)

    def solved(self, report: Report = lambda _: None) -> Published | Optimum:
        """The optimum in whole units with its proof, or the contradiction; raises SolverError."""
        whole = partial(published, self.case)
        return optimum_and_proof(self.case.line_names, whole, self.formulated, self.solver, report)

    @cached_property
    def optimum(self) -> Optimum:
        """Before rounding, quickly and not proved: for a search, or to be compared."""
        return reached(self.formulated, self.solver.again)

    @cached_property
    def published(self) -> Published | None:
        """The allocation as it would be published; None where there is none."""
        again = replace(self, solver=replace(self.solver, first=self.solver.again, exact=False))
        try:
            found = again.solved()
        except SolverError:  # a way that is not known to lead anywhere
            return None
        return found if isinstance(found, Published) else None

    @property
    def amounts(self) -> Floats:
        """(L,) as published, money."""
        assert self.published is not None, "asked only where there is an allocation"
        return np.asarray(self.published.units * self.case.unit, dtype=float)

    @cached_property
    def unmet(self) -> Mapping[tuple[str, str], float] | None:
        """(rule, whom) → money, of the soft rules that the published amounts leave unmet; None where there are none."""
        if self.published is None:
            return None
        optimum = self.published.optimum
        assert optimum.solution is not None, "published"
        found = findings(
            self.case,
            optimum.formulation,
            optimum.solution.stages,
            optimum.amounts,
            self.published.units,
            self.solver.again,
            priced=False,
        )
        return {(finding.rule, finding.subject): -finding.margin for finding in soft_gaps(found)}


def stated(
    spec: ModelSpec,
    budget: Budget,
    settings: Settings,
    objective: tuple[str, ...],
    solver: str = "auto",
    deadline: Deadline = NEVER,
) -> Instance:
    """The problem that a workbook states under these settings."""
    rebuild = partial(assemble, spec, budget)
    case = rebuild(settings)
    return Instance(case, settings, objective, rebuild, chosen(solver, len(case.lines), deadline))
