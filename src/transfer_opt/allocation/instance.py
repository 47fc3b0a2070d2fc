"""One problem as a user has it: the case, its rules and objectives; and what becomes of it when a number is changed.

Whatever is said of a change was done: the change is put where a user would write it, and the whole is solved, rounded
and proved by the same door as the first time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transfer_opt.allocation.compliance import findings, soft_gaps
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.optimum import Optimum, Published, optimum_and_proof, reached
from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.program import Opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Reassemble, Settings


@dataclass(frozen=True)
class Instance:
    """What is solved, and how."""

    case: Case
    settings: Settings
    objective: tuple[str, ...]
    reassemble: Reassemble
    open_solver: Opener

    def changed(self, *changes: Change) -> Instance:
        """The same workbook with some cells written otherwise."""
        settings = self.settings.changed(*changes)
        return replace(self, settings=settings, case=self.reassemble(settings))

    def formulated(self, whole: bool) -> Formulation:
        """The program, its bounds in whole publishing units or as given."""
        return formulate(self.case, self.settings, self.objective, whole=whole)

    @cached_property
    def optimum(self) -> Optimum:
        """Before rounding, quickly: for a search, not to be told."""
        return reached(self.formulated, self.open_solver)

    @cached_property
    def published(self) -> Published | None:
        """The allocation as it would be published; None where there is none."""
        try:
            found = optimum_and_proof(self.case, self.formulated, self.open_solver, self.open_solver)
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
        found = findings(self.case, optimum.formulation, optimum.solution.stages, optimum.amounts, self.amounts,
                         self.open_solver, priced=False)
        return {(finding.rule, finding.subject): -finding.margin for finding in soft_gaps(found)}
