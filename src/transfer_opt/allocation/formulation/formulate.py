"""Case and settings → program: the model's table of contents.

columns    x, one per line · violations of soft rows · capacities and distances the objectives speak of
bounds     every hard rule on a single line, tightened to whole publishing units
rows       every other hard rule; soft rules with their violation; definitions of capacities and distances
stages     rules that gave way to make an allocation possible; soft rules by priority (三保兜底 first); then the
           objectives, closed by one that decides every line
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.builder import _Builder, _with_violations
from transfer_opt.allocation.formulation.rule_rows import (
    RuleRows,
    line_bounds,
    raw_bounds,
    written_rules,
)
from transfer_opt.allocation.formulation.stages import _goal_stage, _listed, _soft_stages
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.exact import (
    floats,
    total,
)
from transfer_opt.lexlp.program import Program, Stage, Statement
from transfer_opt.policy.case import Case
from transfer_opt.policy.settings import Settings

UNTIGHTENED = "取整：上下限取整后各项规则不能同时满足，改用未取整的上下限，个别县可能与上下限差不足一个公布单位。"


@dataclass(frozen=True)
class Formulation:
    """The program, its stages, and the rules it was made of."""

    statement: Statement
    stages: tuple[Stage, ...]
    rules: tuple[RuleRows, ...]
    notes: tuple[str, ...]
    """What was skipped or added, in words."""
    whole: bool
    """Whether bounds were tightened to whole publishing units."""
    unit: mpq
    """The publishing unit, money."""

    @property
    def program(self) -> Program:
        """The statement in floats, for a solver."""
        return self.statement.rounded

    def floor_and_cap(self) -> tuple[Floats, Floats]:
        """The lines' bounds (L,) each."""
        return self._floor_and_cap

    @cached_property
    def _floor_and_cap(self) -> tuple[Floats, Floats]:
        lines = self.statement.lines
        return floats(self.statement.lower[:lines]), floats(self.statement.upper[:lines])

    @cached_property
    def crossing(self) -> Ints:
        """The lines whose floor stands above their cap."""
        lines = self.statement.lines
        return np.flatnonzero(self.statement.lower[:lines] > self.statement.upper[:lines])

    @property
    def crossed(self) -> float:
        """The money by which they do, all together."""
        at = self.crossing
        return float(total(self.statement.lower[at] - self.statement.upper[at]))


def formulate(
    case: Case,
    settings: Settings,
    objective: Sequence[str],
    rules: Sequence[str] | None = None,
    whole: bool = True,
) -> Formulation:
    """Build the program of the chosen rules (all by default) and the stages of an objective list.

    Bounds are tightened to `whole` publishing units; what cannot be met then may still be without (never a false
    "infeasible").
    """
    return composed(case, written_rules(case, settings, rules), objective, whole)


def composed(
    case: Case, rules: Sequence[RuleRows], objective: Sequence[str], whole: bool = True
) -> Formulation:
    """The program of rules already written down, also of those that stand in another formulation of the case."""
    made = list(rules)
    lower, upper, notes = (
        line_bounds(case, made) if whole else (*raw_bounds(case, made), [UNTIGHTENED])
    )
    builder = _Builder(lower, upper, case.lines.recipient, case.recipients.prefecture_index)
    made = [_with_violations(builder, entry, case) for entry in made]
    stages = _soft_stages(builder, made, case)
    listed, said = _listed(objective, made, case)
    stages += [_goal_stage(builder, name, case, case.amount) for name in listed]
    return Formulation(
        builder.statement(len(case.lines)),
        tuple(s.padded(builder.count) for s in stages),
        tuple(made),
        (*notes, *said),
        whole,
        case.figures.unit,
    )
