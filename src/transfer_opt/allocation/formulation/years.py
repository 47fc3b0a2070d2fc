"""Several years in one program: what a year pays is what the next one's floors and caps are measured by.

Near years come first: the shortfalls of 三保 year by year, the other soft rules year by year, then each year's objectives.
So nothing of a year is given up for a later one but its closeness to the formula, and that for 三保 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from transfer_opt.allocation.formulation.builder import _Builder, _Draft, _with_violations
from transfer_opt.allocation.formulation.formulate import UNTIGHTENED, Formulation
from transfer_opt.allocation.formulation.rule_rows import RuleRows, line_bounds, raw_bounds
from transfer_opt.allocation.formulation.stages import _goal_stage, _listed, _soft_stages
from transfer_opt.core.arrays import NOWHERE, Ints
from transfer_opt.core.exact import Exacts, every
from transfer_opt.core.expressions import Linear
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.policy.case import Case
from transfer_opt.policy.earlier import Earlier


def following(case: Case, before: Case) -> Case:
    """A year's case whose last year is decided in the same program; `before` is the case of that year, placed already."""
    position = {
        (before.funds[f].name, int(i)): k
        for k, (f, i) in enumerate(zip(before.lines.fund, before.lines.recipient, strict=True))
    }
    at = np.array(
        [
            position.get((case.funds[f].name, int(i)), NOWHERE)
            for f, i in zip(case.lines.fund, case.lines.recipient, strict=True)
        ],
        dtype=np.int64,
    )
    there = at != NOWHERE
    placed = replace(case, first=before.first + len(before.lines))
    pools = {fund.name: pool for fund, pool in zip(before.funds, before.figures.pools, strict=True)}
    earlier = Earlier(
        _spread(before.amount, at, placed.amount),
        there,
        there & before.capped[at],
        np.array([pools[fund.name] for fund in case.funds], dtype=object),
    )
    return replace(placed, earlier=earlier)


def several_years(
    cases: Sequence[Case],
    rules: Sequence[Sequence[RuleRows]],
    labels: Sequence[str],
    objective: Sequence[str],
    whole: bool,
) -> Formulation:
    """The program of all years, its amounts year by year; `rules` are each year's, `labels` what each is called."""
    lower, upper, notes = zip(
        *(_bounds(case, entries, whole) for case, entries in zip(cases, rules, strict=True)),
        strict=True,
    )
    builder = _Builder(
        np.concatenate(lower),
        np.concatenate(upper),
        np.concatenate([case.lines.recipient for case in cases]),
        cases[0].recipients.prefecture_index,
    )
    by_rule = [  # so the pools of all years come first
        [_with_violations(builder, entry, case) for case, entry in zip(cases, entries, strict=True)]
        for entries in zip(*rules, strict=True)
    ]
    years = tuple(zip(cases, zip(*by_rule, strict=True), labels, strict=True))
    stages: list[_Draft] = []
    for needs in (True, False):
        for case, entries, label in years:
            chosen = [entry for entry in entries if (entry.rule.name == NEED_RULE) == needs]
            stages += _of(label, _soft_stages(builder, chosen, case))
    for case, entries, label in years:
        listed, said = _listed(objective, entries, case)
        notes = (*notes, said)
        stages += _of(label, [_goal_stage(builder, name, case, case.amount) for name in listed])
    count = sum(len(case.lines) for case in cases)
    return Formulation(
        builder.statement(count),
        tuple(stage.padded(builder.count) for stage in stages),
        tuple(entry for entries in by_rule for entry in entries),
        tuple(dict.fromkeys(note for told in notes for note in told)),
        whole,
        min(case.figures.unit for case in cases),
    )


def _bounds(
    case: Case, rules: Sequence[RuleRows], whole: bool
) -> tuple[Exacts, Exacts, Sequence[str]]:
    return line_bounds(case, rules) if whole else (*raw_bounds(case, rules), [UNTIGHTENED])


def _of(label: str, stages: Sequence[_Draft]) -> list[_Draft]:
    return [_Draft(replace(draft.stage, name=f"{label}·{draft.stage.name}")) for draft in stages]


def _spread(amounts: Linear, at: Ints, like: Linear) -> Linear:
    """The amounts at these positions, 0 where there is none (NOWHERE)."""
    there = np.flatnonzero(at != NOWHERE)
    found = amounts[at[there]]
    return replace(
        found,
        rows=there[found.rows],
        constant=every(len(at)),
        labels=like.labels,
        subjects=like.subjects,
    )
