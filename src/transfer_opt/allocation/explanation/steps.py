"""Where every amount comes from: the chain of complete re-solves from the formula to the published integer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Published, solved
from transfer_opt.core.arrays import Floats
from transfer_opt.core.expressions import within
from transfer_opt.core.vocabulary import POOL_RULE, ROUNDING_STEP
from transfer_opt.lexlp.program import Opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.objectives import CLOSEST

NAMED_STEPS = (
    "考核奖惩",
    "上年保底",
    "增幅上限",
    "三保兜底",
    "三保压力倾斜",
    "财力薄弱倾斜",
    "困难地区倾斜",
)
OTHER_RULES, GOAL_STEP = "其他规则", "目标调整"
STEP_NAMES = (*NAMED_STEPS, OTHER_RULES, GOAL_STEP, ROUNDING_STEP)
STEP_DIGITS = 2
"""Steps are shown, and therefore made to add, in hundredths of the publishing unit."""
SHOWN_DIGITS = 6
"""Digits of a publishing unit that are looked at."""


@dataclass(frozen=True)
class Steps:
    """「测算说明」 by line: money; start + Σ changes = published exactly, in hundredths of the unit."""

    start: Floats
    """(L,) 因素法测算额 before 考核奖惩."""
    changes: Floats
    """(S, L) one row per step."""
    published: Floats
    """(L,)"""


def steps(instance: Instance, published: Published) -> Steps:
    """Rule after rule of the formulation under 「贴近因素法」, then the objective list, then rounding.

    Step k is the amount with rules 1…k less that with rules 1…k−1. Every step is a full allocation of the pools, so
    every adjustment adds to 0 over the province.
    """
    case, objective, formulation = instance.case, instance.objective, published.optimum.formulation
    others = tuple(name for name in CONSTRAINTS if name not in (*NAMED_STEPS, POOL_RULE))
    states = [_settled(case, case.lines.reference_before, np.zeros(len(case.lines)))]
    active, before, reached = [POOL_RULE], None, case.lines.reference
    for names in (*((name,) for name in NAMED_STEPS), others):
        if names == others and _plain(
            objective
        ):  # all rules under 「贴近因素法」: what was published
            reached = published.optimum.amounts
        else:
            active += names
            chosen = [entry for entry in formulation.rules if entry.rule.name in active]
            partial = composed(case, chosen, (CLOSEST,), formulation.whole)
            if before is None or not _met(before, partial, reached, case.dust):
                reached = _closest(partial, instance.solver.again, reached)
            before = partial
        states.append(_settled(case, reached, states[-1]))
    states.append(
        states[-1] if _plain(objective) else _settled(case, published.optimum.amounts, states[-1])
    )
    final = published.units * case.unit
    changes = np.diff(np.array([*states, final]), axis=0)
    return Steps(
        states[0],
        np.asarray(np.round(changes / case.unit, STEP_DIGITS) * case.unit),
        np.asarray(final),
    )


def _closest(partial: Formulation, open_solver: Opener, before: Floats) -> Floats:
    """The optimum (L,) of some of the rules.

    Where a floor and a cap meet in one whole unit beyond the cap, fewer rules may ask for less than the pool: then
    nothing moves before the rule comes that makes room.
    """
    found = solved(partial, open_solver)
    return found.amounts if found.possible else before


def _met(before: Formulation, now: Formulation, amounts: Floats, slack: float) -> bool:
    """Whether the optimum (L,) of the rules before meets the rules added, too: then nothing moves.

    Soft rows that are met cost nothing, and no allocation that keeps more rules can be better.
    """
    low, high = now.floor_and_cap()
    old_low, old_high = before.floor_and_cap()
    if (low < old_low).any() or (
        high > old_high
    ).any():  # a fund whose bounds in whole units no longer fit its pool
        return False
    known = {entry.rule.name for entry in before.rules}
    return within(amounts, low, high, slack) and all(
        _keeps(entry, now, amounts, slack) for entry in now.rules if entry.rule.name not in known
    )


def _keeps(entry: RuleRows, made: Formulation, amounts: Floats, slack: float) -> bool:
    """Whether the rows of one rule in a program are met without any violation."""
    position = entry.position[entry.position >= 0]
    expression = entry.rows.expression
    at = (expression.at(amounts) - expression.offsets)[entry.position >= 0]
    return within(at, made.program.row_lower[position], made.program.row_upper[position], slack)


def _settled(case: Case, amounts: Floats, before: Floats) -> Floats:
    """Amounts in whole hundredths of the unit that add to each pool exactly.

    What rounding leaves goes to the line that moves most in this step, so that a line the step leaves alone shows 0.
    """
    scale = 10**STEP_DIGITS
    counts = np.round(amounts / case.unit * scale)
    moves = np.abs(amounts - before)
    for f, pool in enumerate(np.round(case.pools / case.unit * scale)):
        inside = np.flatnonzero(case.lines.fund == f)
        counts[inside[int(np.argmax(moves[inside]))]] += pool - counts[inside].sum()
    return np.asarray(counts / scale * case.unit)


def _plain(objective: Sequence[str]) -> bool:
    """Whether the list asks for nothing beyond the soft rules and 「贴近因素法」."""
    return all(name in (CLOSEST, "三保缺口最小") for name in objective)
