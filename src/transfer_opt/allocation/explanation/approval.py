"""Approved amounts held against every rule and total, beside the computed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from transfer_opt.allocation.compliance import Finding, on_given_amounts
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.core.arrays import Floats
from transfer_opt.policy.case import Case

Change = Literal["broken", "unmet", "worse", "before", "active", "slack"]
ORDER: tuple[Change, ...] = ("broken", "unmet", "worse", "before", "active", "slack")


@dataclass(frozen=True)
class Standing:
    """One row of one rule, on the computed and on the approved amounts."""

    before: Finding
    after: Finding
    total: bool
    """Whether the rule is that a pool is distributed wholly."""
    change: Change
    """broken, unmet: by the adjustments, a hard or a soft row; worse: missed before and now by more; before: missed
    before and not by more."""

    @property
    def excess(self) -> float:
        """How much the left side is over the right side; of a total, what must be taken off elsewhere."""
        return self.after.left - self.after.right

    @property
    def new(self) -> bool:
        """Whether the adjustments did harm here."""
        return self.change in ("broken", "unmet", "worse")


def standings(
    case: Case, formulation: Formulation, computed: Floats, approved: Floats
) -> tuple[Standing, ...]:
    """Every switched-on row on both amounts (L,): the totals first, then worst first, then by rule order."""
    fixed = {entry.rule.name for entry in formulation.rules if entry.rule.fixed}
    pairs = zip(
        on_given_amounts(case, formulation, computed),
        on_given_amounts(case, formulation, approved),
        strict=True,
    )
    found = [
        Standing(before, after, after.rule in fixed, _change(before, after, case.dust))
        for before, after in pairs
    ]
    return tuple(
        sorted(found, key=lambda standing: (not standing.total, ORDER.index(standing.change)))
    )


def _change(before: Finding, after: Finding, room: float) -> Change:
    if after.verdict not in ("broken", "soft"):
        return "active" if after.verdict == "active" else "slack"
    if before.margin >= -room:
        return "broken" if after.verdict == "broken" else "unmet"
    return "worse" if after.margin < before.margin - room else "before"
