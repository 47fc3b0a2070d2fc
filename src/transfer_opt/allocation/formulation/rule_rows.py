"""One rule's rows on a case, and the bounds that rows on single lines set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import NOWHERE, Bools, Ints
from transfer_opt.core.exact import (
    ZERO,
    Exacts,
    ceiling,
    either,
    every,
    exact,
    exacts,
    flooring,
    known,
    total,
)
from transfer_opt.core.expressions import Linear, Rows, at_least
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import RuleSpec
from transfer_opt.policy.settings import Settings

REPAIRED = 0
"""Priority of a hard rule that was made to give way because no allocation meets them all: before whatever is soft."""

Limits: TypeAlias = Mapping[str, Mapping[int, list[float]]]
"""lower, upper → line → the bounds that single-line rows set to it, to look at."""


@dataclass(frozen=True)
class RuleRows:
    """One rule's switched-on rows. `violation` is the column of a soft row's violation, -1 for hard rows."""

    rule: RuleSpec
    rows: Rows
    hard: Bools
    priority: Ints
    violation: Ints
    single: Bools
    """Rows on a single line: bounds, tightened to whole units."""
    position: Ints
    """The row of the program, -1 for bounds."""
    sizes: int
    """How many rows the rule has before switching, where it is on anywhere; 0 is reported."""

    @cached_property
    def coupled(self) -> Rows:
        """The hard rows that are no bounds."""
        return self.rows[self.hard & ~self.single]

    @cached_property
    def soft(self) -> Rows:
        """The rows that may give way."""
        return self.rows[~self.hard]

    @cached_property
    def bounds(self) -> tuple[Ints, Exacts, Exacts]:
        """The hard rows on a single line: line, least, most."""
        rows = self.rows[self.hard & self.single]
        return rows.expression.columns[np.argsort(rows.expression.rows)], rows.least, rows.most

    def limits(self, chosen: Bools) -> Limits:
        """What the chosen single-line rows set, by side and line."""
        rows = self.rows[chosen & self.single]
        lines = rows.expression.columns[np.argsort(rows.expression.rows)].tolist()
        found: dict[str, dict[int, list[float]]] = {"lower": {}, "upper": {}}
        for side, limits in (("lower", rows.lower), ("upper", rows.upper)):
            for line, limit in zip(lines, limits.tolist(), strict=True):
                if isfinite(limit):
                    found[side].setdefault(line, []).append(limit)
        return found


def written_rules(
    case: Case, settings: Settings, rules: Sequence[str] | None = None
) -> list[RuleRows]:
    """The chosen rules (all by default), in the order of the catalogue."""
    chosen = [name for name in CONSTRAINTS if rules is None or name in rules]
    return [rule_rows(case, settings, name, case.amount) for name in chosen]


def rewritten(
    made: Sequence[RuleRows], case: Case, settings: Settings, rules: Collection[str]
) -> list[RuleRows]:
    """The same rules, those of these names written anew; the others are the same on this case and under these settings."""
    return [
        rule_rows(case, settings, entry.rule.name, case.amount)
        if entry.rule.name in rules
        else entry
        for entry in made
    ]


def rule_rows(case: Case, settings: Settings, name: str, x: Linear) -> RuleRows:
    """One rule's rows that are switched on."""
    entry = CONSTRAINTS[name]
    on_anywhere = settings.on_anywhere(name)
    rows = (
        entry.function(case, x, **arguments(case, settings, name))
        if on_anywhere
        else at_least(x[np.arange(0)], ZERO)
    )
    kept = rows[settings.on(name, rows.expression.subjects)]
    subjects = kept.expression.subjects
    counts = np.bincount(kept.expression.rows, minlength=len(kept))
    spec = settings.rules[name]
    single = (counts == 1) & (spec.by in ("line", "fund") and not spec.fixed)
    return RuleRows(
        spec,
        kept,
        settings.hard(name, subjects),
        settings.priority(name, subjects),
        np.full(len(kept), NOWHERE),
        single,
        np.full(len(kept), NOWHERE),
        len(rows),
    )


def arguments(case: Case, settings: Settings, name: str) -> Mapping[str, Any]:
    """The keyword arguments of a rule: each parameter as an exact array over what it speaks of, or one value."""
    subjects = {
        "line": case.amount.subjects,
        "fund": settings.by_fund(),
        "recipient": case.by_recipient.subjects,
        "prefecture": case.by_fund_and_prefecture.subjects,
    }
    result: dict[str, Any] = {}
    for keyword, parameter in CONSTRAINTS[name].parameters.items():
        spec = settings.rules[name].parameters[parameter]
        if spec.by == "model":
            result[keyword] = (
                exact(settings.number(name, parameter))
                if spec.numeric
                else settings.text(name, parameter)
            )
        elif spec.numeric:
            given = exacts(settings.numbers(name, parameter, subjects[spec.by]))
            idle = ~known(given) & ~settings.on(
                name, subjects[spec.by]
            )  # where the rule is off, no value is needed
            result[keyword] = either(idle, ZERO, given)
        else:
            result[keyword] = settings.texts(name, parameter, subjects[spec.by])
    return result


def line_bounds(case: Case, made: Sequence[RuleRows]) -> tuple[Exacts, Exacts, list[str]]:
    """Floors and caps (L,) of the hard single-line rules, tightened to whole publishing units.

    Where no whole unit lies between, both become ceil(floor). A fund whose tightened bounds no longer fit its pool
    keeps the untightened ones, and rounding may then go to the adjacent unit.
    """
    floor, cap = raw_bounds(case, made)
    tight_floor, tight_cap = (
        whole_units(floor, case.figures.unit, up=True),
        whole_units(cap, case.figures.unit, up=False),
    )
    empty = np.asarray((tight_floor > tight_cap) & (floor <= cap), dtype=bool)
    tight_cap = either(empty, tight_floor, tight_cap)
    notes = []
    for f, (fund, pool) in enumerate(zip(case.funds, case.figures.pools, strict=True)):
        inside = case.lines.fund == f
        if total(tight_floor[inside]) > pool >= total(floor[inside]) or total(
            tight_cap[inside]
        ) < pool <= total(cap[inside]):
            tight_floor[inside], tight_cap[inside] = floor[inside], cap[inside]
            notes.append(
                f"取整：{fund.name}的上下限取整后放不进总额，改用未取整的上下限，个别县可能与上下限差不足一个公布单位。"
            )
    return tight_floor, tight_cap, notes


def whole_units(money: Exacts, unit: mpq, *, up: bool) -> Exacts:
    """Amounts as whole publishing units, up or down; None stays None."""
    whole = ceiling if up else flooring

    def rounded(amount: Any) -> Any:
        if amount is None:
            return None
        count = amount / unit
        return amount if count.denominator == 1 else whole(count) * unit

    return np.array([rounded(amount) for amount in money.tolist()], dtype=object)


def raw_bounds(case: Case, made: Sequence[RuleRows]) -> tuple[Exacts, Exacts]:
    """The highest floor and the lowest cap of every line (L,) among the hard single-line rules, as given."""
    floor, cap = every(len(case.lines)), case.figures.pools[case.lines.fund]
    for entry in made:
        lines, lower, upper = entry.bounds
        lines = lines - case.first
        low, high = known(lower), known(upper)
        np.maximum.at(floor, lines[low], lower[low])
        np.minimum.at(cap, lines[high], upper[high])
    return floor, cap
