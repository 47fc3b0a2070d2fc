"""The stages of a formulation: soft rules by priority, then the objectives as listed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transfer_opt.allocation.formulation.builder import _Builder, _Draft, _unknowns
from transfer_opt.allocation.formulation.rule_rows import REPAIRED, RuleRows
from transfer_opt.core.exact import (
    ZERO,
    either,
    every,
    known,
)
from transfer_opt.core.expressions import Linear, exactly
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.lexlp.program import LevelStage, SumStage
from transfer_opt.policy.case import Case
from transfer_opt.policy.objectives import CLOSEST, OBJECTIVES, SHORTFALL, Distance, Levels

LEAST_REPAIR = "放宽合计最少"
"""The stage that keeps what such rules give, all together, as little as can be."""


def _listed(
    objective: Sequence[str], made: Sequence[RuleRows], case: Case
) -> tuple[list[str], list[str]]:
    """The objectives to run, closed by one that decides every line, and what was skipped or added."""
    notes: list[str] = []
    need = [entry for entry in made if entry.rule.name == NEED_RULE]
    soft_need = any(len(entry.rows) and not entry.hard.all() for entry in need)
    if SHORTFALL in objective and not soft_need and need:
        notes.append("目标「三保缺口最小」跳过：规则「三保兜底」为硬约束或未启用。")
    listed = [name for name in dict.fromkeys(objective) if name != SHORTFALL]
    steadiest_decides = listed == listed[:1] and bool((case.lines.last_year > 0).all())
    closed = any(OBJECTIVES[name].decides_all for name in listed) or (
        bool(listed) and OBJECTIVES[listed[-1]].columns == ("上年〈资金〉",) and steadiest_decides
    )
    if not closed:
        listed.append(CLOSEST)
        notes.append(f"目标末尾补上「{CLOSEST}」，使结果唯一。")
    return listed, notes


def _soft_stages(builder: _Builder, made: Sequence[RuleRows], case: Case) -> list[_Draft]:
    """What was made to give way, then 三保兜底, then by priority: least violation in all, then equal sacrifice.

    What gives way costs as little as can be all together; where that leaves a choice, rules earlier in the catalogue
    keep more.
    """
    found = []
    for order, entry in enumerate(made):
        for priority in sorted(set(entry.priority[~entry.hard])):
            after = priority != REPAIRED
            found.append(
                (after, after and entry.rule.name != NEED_RULE, int(priority), order, entry)
            )
    stages = _repair_stage(builder, made)
    for _, _, priority, _, entry in sorted(found, key=lambda item: item[:4]):
        chosen = ~entry.hard & (entry.priority == priority)
        name = f"{entry.rule.name}{'超出' if priority != REPAIRED else '放宽'}最少"
        name = SHORTFALL if entry.rule.name == NEED_RULE else name
        right = either(known(entry.rows.least), entry.rows.least, entry.rows.most)[chosen]
        costs = np.zeros(builder.count)
        costs[entry.violation[chosen]] = 1.0
        scale = either(np.asarray(right > 0, dtype=np.bool_), right, case.figures.unit)
        shared = LevelStage(
            f"{name}·均衡分担", entry.violation[chosen], every(len(scale)), scale, False, True
        )
        stages += [_Draft(SumStage(name, costs)), _Draft(shared)]
    return stages


def _repair_stage(builder: _Builder, made: Sequence[RuleRows]) -> list[_Draft]:
    """The least money that all repaired rows give together; nothing where there are none."""
    given = np.concatenate(
        [entry.violation[~entry.hard & (entry.priority == REPAIRED)] for entry in made]
    )
    if not len(given):
        return []
    costs = np.zeros(builder.count)
    costs[given] = 1.0
    return [_Draft(SumStage(LEAST_REPAIR, costs))]


def _goal_stage(builder: _Builder, name: str, case: Case, x: Linear) -> _Draft:
    """One objective as a stage, with the columns it needs."""
    function = OBJECTIVES[name].function
    assert function is not None, "the shortfall is a soft rule's stage"
    goal = function(case, x)
    if isinstance(goal, Levels):
        columns = builder.column_of(goal.expression)
        return _Draft(LevelStage(name, columns, goal.centre, goal.scale, goal.below, goal.above))
    return _distance_stage(builder, name, goal)


def _distance_stage(builder: _Builder, name: str, goal: Distance) -> _Draft:
    """min Σ (up + down) with expression = up − down."""
    up, down = (
        builder.add_violations(len(goal.expression)),
        builder.add_violations(len(goal.expression)),
    )
    balance = goal.expression - _unknowns(up, goal.expression) + _unknowns(down, goal.expression)
    builder.add_rows(exactly(balance, ZERO))
    costs = np.zeros(builder.count)
    costs[np.concatenate([up, down])] = 1.0
    return _Draft(SumStage(name, costs))
