"""The impossible: a smallest set of rules that contradict each other, and by how much money.

A family is one rule for one fund. The set is minimal: without any one of its families an allocation exists. Whether
one exists is asked of bounds as given, not of bounds tightened to whole units: never a false "infeasible".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.formulation.rule_rows import REPAIRED, RuleRows
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import shortage as shortage_of
from transfer_opt.core.arrays import NOWHERE, Ints
from transfer_opt.lexlp.solve import Shortage
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import CLOSEST
from transfer_opt.policy.settings import Settings


@dataclass(frozen=True)
class Family:
    """One rule for one fund ("" where the rule does not tell funds apart)."""

    rule: str
    fund: str

    def __str__(self) -> str:
        return f"「{self.rule}」" + (f"（{self.fund}）" if self.fund else "")


@dataclass(frozen=True)
class Conflict:
    """A minimal contradiction: its families, the money short, and what the solver leaned on; empty where there is none."""

    families: tuple[Family, ...]
    money: float
    formulation: Formulation | None = None
    """The rules of the families alone."""
    shortage: Shortage | None = None
    """None where bounds of single lines cross."""


def conflict(instance: Instance) -> Conflict:
    """A minimal conflicting set by deletion: a family stays only if without it the rest can be met.

    What the solver leaned on is tried first by itself, so that the set is small from the start.
    """
    everything = tuple(families(instance))
    found = _conflict(instance, everything)
    if found.formulation is None:
        return found
    leaned = _leaned_on(instance.case, found)
    suspects = tuple(family for family in everything if family in leaned)
    narrower = _conflict(instance, suspects)
    found = found if narrower.formulation is None else narrower
    for family in reversed(found.families):
        fewer = tuple(other for other in found.families if other != family)
        without = _conflict(instance, fewer)
        found = found if without.formulation is None else without
    return found


def families(instance: Instance) -> Iterator[Family]:
    """Every family that is on and hard somewhere, in catalogue order."""
    case, settings = instance.case, instance.settings
    for name in CONSTRAINTS:
        by_fund = settings.rules[name].by in ("line", "fund", "prefecture")
        for f in range(len(case.funds)) if by_fund else [NOWHERE]:
            family = Family(name, case.funds[f].name if f != NOWHERE else "")
            if settings.on_anywhere(name, f) and any(hard_places(settings, family)):
                yield family


def only(settings: Settings, kept: Collection[Family]) -> Settings:
    """The same settings with every other family switched off."""
    off = []
    for name, rule in settings.rules.items():
        if name in CONSTRAINTS:
            funds = settings.funds if rule.by in ("line", "fund", "prefecture") else ("",)
            off += [
                Change(name, fund, "", place, on=False)
                for fund in funds
                for place in settings.places(name)
                if Family(name, fund) not in kept
            ]
    return replace(settings, layers=(*settings.layers, tuple(off)))


def softened(settings: Settings, given: Collection[Family]) -> Settings:
    """The same settings with these families soft where they are hard, before whatever else is soft.

    A place where they are soft already keeps its own priority.
    """
    soft = tuple(
        Change(
            family.rule,
            family.fund,
            "",
            place,
            hard=False,
            priority=REPAIRED
            if hard
            else int(settings.priority(family.rule, settings.subject(family.fund, place))[0]),
        )
        for family in given
        for place, hard in zip(
            settings.places(family.rule), hard_places(settings, family), strict=True
        )
    )
    return replace(settings, layers=(*settings.layers, soft))


def possible(instance: Instance) -> bool:
    """Whether an allocation meets every hard rule."""
    return _measured(instance, instance.settings, (), sure=False).formulation is None


def _conflict(instance: Instance, kept: tuple[Family, ...]) -> Conflict:
    return _measured(instance, only(instance.settings, kept), kept)


def _measured(
    instance: Instance, settings: Settings, kept: tuple[Family, ...], sure: bool = True
) -> Conflict:
    """Money by which bounds cross, or else by which rows must give way; empty where an allocation exists."""
    formulation = formulate(instance.case, settings, (CLOSEST,), whole=False)
    if len(formulation.crossing):
        return Conflict(kept, formulation.crossed, formulation)
    shortage = shortage_of(formulation, instance.solver.again, sure)
    if shortage is None:
        return Conflict((), 0.0)
    return Conflict(kept, shortage.money, formulation, shortage)


def hard_places(settings: Settings, family: Family) -> list[bool]:
    """Whether the family is hard, everywhere and in each place with a word of its own."""
    return [
        bool(settings.hard(family.rule, settings.subject(family.fund, place))[0])
        for place in settings.places(family.rule)
    ]


def _leaned_on(case: Case, found: Conflict) -> set[Family]:
    """The families of the rows and bounds that the contradiction leans on."""
    assert found.formulation is not None
    if found.shortage is None:
        return {
            family
            for entry in found.formulation.rules
            for family in _crossed(case, found.formulation, entry)
        }
    return {
        family
        for entry in found.formulation.rules
        for family in (
            *_by_rows(case, entry, found.shortage),
            *_by_bounds(case, found.formulation, entry, found.shortage),
        )
    }


def _crossed(case: Case, formulation: Formulation, entry: RuleRows) -> Iterator[Family]:
    rows = entry.rows[entry.hard & entry.single]
    touched = np.isin(
        rows.expression.columns[np.argsort(rows.expression.rows)], formulation.crossing
    )
    yield from _families(case, entry, rows.expression.subjects[touched, 0])


def _by_rows(case: Case, entry: RuleRows, shortage: Shortage) -> Iterator[Family]:
    leaned = (entry.position != NOWHERE) & (shortage.duals[entry.position] != 0)
    yield from _families(case, entry, entry.rows.expression.subjects[leaned, 0])


def _by_bounds(
    case: Case, formulation: Formulation, entry: RuleRows, shortage: Shortage
) -> Iterator[Family]:
    """Families whose bounds hold the columns that the contradiction presses against."""
    low, high = formulation.program.lower, formulation.program.upper
    rows = entry.rows[entry.hard & entry.single]
    at = rows.expression.columns[np.argsort(rows.expression.rows)]
    prices, slack = shortage.prices[at], case.dust
    pressed = (prices < 0) & (rows.lower >= low[at] - slack) | (prices > 0) & (
        rows.upper <= high[at] + slack
    )
    yield from _families(case, entry, rows.expression.subjects[pressed, 0])


def _families(case: Case, entry: RuleRows, funds: Sequence[int] | Ints) -> Iterator[Family]:
    for f in np.unique(funds):
        yield Family(entry.rule.name, case.funds[f].name if f != NOWHERE else "")
