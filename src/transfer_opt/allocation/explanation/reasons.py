"""Why a county gets what it gets: the rules that hold its amount, by their prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import numpy as np

from transfer_opt.allocation.explanation.indicators import position
from transfer_opt.allocation.explanation.steps import (
    GOAL_STEP,
    OTHER_RULES,
    SHOWN_DIGITS,
    STEP_NAMES,
    Steps,
)
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import Limits, raw_bounds
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Optimum
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.exact import floats
from transfer_opt.core.vocabulary import ASSESSMENT_RULE, FLOOR_RULE, NEED_RULE, POOL_RULE
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import RuleSpec
from transfer_opt.policy.settings import Settings, shown

UNIFIED = 1e-7
"""Relative spread within which lines share the province-wide coefficient."""
SEVERAL = 3
"""As many lines of a fund with one ratio to the formula are a group that a rule moved alike."""


def reasons(instance: Instance, optimum: Optimum, changes: Steps) -> list[tuple[str, str]]:
    """For every line (L,): the main reason in words, and the clause it rests on."""
    case, settings, formulation, amounts = (
        instance.case,
        instance.settings,
        optimum.formulation,
        optimum.amounts,
    )
    floor, cap = (floats(side) for side in raw_bounds(case, formulation.rules))
    low, high = formulation.floor_and_cap()
    company = _companies(case, amounts, low, high)
    ground = _Ground(
        case,
        settings,
        formulation,
        amounts,
        low,
        high,
        floor,
        cap,
        _coefficients(case, amounts, company),
        company,
        tuple(
            _Bounds(entry.rule, entry.limits(entry.hard), entry.limits(~entry.hard))
            for entry in formulation.rules
        ),
        tuple(_tight(formulation, amounts, case.dust)),
        changes,
    )
    return [_reason(ground, line) for line in range(len(case.lines))]


def coefficients(instance: Instance, optimum: Optimum) -> dict[str, float]:
    """The province-wide coefficient x/e that most free lines of each fund share (fund name → factor)."""
    case, amounts = instance.case, optimum.amounts
    low, high = optimum.formulation.floor_and_cap()
    found = _coefficients(case, amounts, _companies(case, amounts, low, high))
    return {case.funds[f].name: value for f, value in found.items()}


@dataclass(frozen=True)
class _Bounds:
    """What one rule sets to single lines."""

    rule: RuleSpec
    hard: Limits
    soft: Limits


@dataclass(frozen=True)
class _Ground:
    """What the reasons are told from: bounds as tightened (low, high) and as given (floor, cap), all (L,)."""

    case: Case
    settings: Settings
    formulation: Formulation
    amounts: Floats
    low: Floats
    high: Floats
    floor: Floats
    cap: Floats
    unified: dict[int, float]
    company: Ints
    """(L,) how many free lines of the fund have this line's ratio to the formula, itself included."""
    bounds: tuple[_Bounds, ...]
    together: tuple[tuple[RuleSpec, Mapping[int, float]], ...]
    """Rules over several lines, 三保兜底 before the others: line → the least room of the tight rows that touch it."""
    changes: Steps

    @cached_property
    def capacity(self) -> Floats:
        """(n,) on the published amounts, money."""
        return position(self.case, self.changes.published).capacity

    @property
    def slack(self) -> float:
        """Money below which a bound counts as reached."""
        return self.case.dust


def _coefficients(case: Case, amounts: Floats, company: Ints) -> dict[int, float]:
    """Fund → the ratio x/e that most of its free lines share; none where every line has a ratio of its own."""
    found = {}
    for f in range(len(case.funds)):
        inside = np.flatnonzero((case.lines.fund == f) & (company > 1))
        if len(inside):
            most = inside[company[inside] == company[inside].max()]
            found[f] = float((amounts[most] / case.lines.reference[most]).min())
    return found


def _companies(case: Case, amounts: Floats, low: Floats, high: Floats) -> Ints:
    """How many free lines of the same fund share each free line's ratio x/e (L,); 0 for lines at a bound."""
    company = np.zeros(len(amounts), dtype=np.int64)
    free = (case.lines.reference > 0) & (amounts > low) & (amounts < high)
    for f in range(len(case.funds)):
        inside = np.flatnonzero(free & (case.lines.fund == f))
        ratios = amounts[inside] / case.lines.reference[inside]
        ranked = np.sort(ratios)
        company[inside] = np.searchsorted(
            ranked, ratios * (1 + UNIFIED), "right"
        ) - np.searchsorted(ranked, ratios * (1 - UNIFIED), "left")
    return company


def _reason(ground: _Ground, line: int) -> tuple[str, str]:
    case, amount = ground.case, ground.amounts[line]
    if amount <= ground.low[line] + ground.slack and ground.floor[line] > 0:
        return _held(ground, line, "lower")
    if amount >= ground.high[line] - ground.slack:
        return _held(ground, line, "upper")
    fund, reference = int(case.lines.fund[line]), case.lines.reference[line]
    formula = case.funds[fund].spec.factors[0].clause.brief
    if reference == 0 and amount < case.unit:
        return "因素法测算额为0", formula
    if (
        reference > 0
        and fund in ground.unified
        and abs(amount / reference - ground.unified[fund]) <= UNIFIED * ground.unified[fund]
    ):
        return "按因素法和全省统一系数", formula
    alone = (
        ground.company[line] < SEVERAL
    )  # else its own county decides nothing: the rule moved a whole group alike
    return (
        _softly_held(ground, line)
        or (_bound_together(ground, line) if alone else None)
        or _largest(ground.settings, line, ground.changes)
    )


def _tight(
    formulation: Formulation, amounts: Floats, slack: float
) -> Iterator[tuple[RuleSpec, dict[int, float]]]:
    """The rules over several lines, but for the pools: the least room of the tight rows by line they touch."""
    for entry in sorted(formulation.rules, key=lambda entry: entry.rule.name != NEED_RULE):
        if entry.single.all() or entry.rule.name == POOL_RULE:
            continue
        expression = entry.rows.expression
        at = expression.at(amounts)
        room = np.minimum(at - entry.rows.lower, entry.rows.upper - at)
        touching = ((room <= slack) & ~entry.single)[expression.rows] & (
            expression.coefficients != 0
        )
        least = np.full(len(amounts), np.inf)
        np.minimum.at(least, expression.columns[touching], room[expression.rows[touching]])
        yield (
            entry.rule,
            {int(line): float(least[line]) for line in np.flatnonzero(np.isfinite(least))},
        )


def _bound_together(ground: _Ground, line: int) -> tuple[str, str] | None:
    """The rule over several lines that moved this one most, or that the objectives ran into; of equals 三保兜底 first."""
    touching = [(rule, tight) for rule, tight in ground.together if line in tight]
    for rule, tight in sorted(touching, key=lambda entry: -_moved(ground, entry[0], line)):
        if rule.name == NEED_RULE:
            return "“三保”需求兜底，" + (
                "仍有缺口" if tight[line] < -ground.slack else _just_met(ground, line)
            ), rule.brief
        if _moved(ground, rule, line):
            return f"因{rule.name}调整", rule.brief
        if ground.changes.changes[STEP_NAMES.index(GOAL_STEP), line]:
            return f"按目标顺序确定，受{rule.name}约束", rule.brief
    return None


def _moved(ground: _Ground, rule: RuleSpec, line: int) -> float:
    """By how much the rule's step moved the line, money; rules without a step of their own share one."""
    step = STEP_NAMES.index(rule.name if rule.name in STEP_NAMES else OTHER_RULES)
    return abs(float(ground.changes.changes[step, line]))


def _just_met(ground: _Ground, line: int) -> str:
    """A need met by the optimum, on the published amounts."""
    case = ground.case
    county = case.lines.recipient[line]
    exceeds = ground.capacity[county] + case.set_aside[county] - case.need[county]
    if abs(exceeds) <= ground.slack:
        return "补到刚好足额"
    return "补足" + ("，取整后略有余" if exceeds > 0 else "，取整后略欠")


def _held(ground: _Ground, line: int, side: str) -> tuple[str, str]:
    """The hard rule whose bound holds the line, in words."""
    bound = ground.floor[line] if side == "lower" else ground.cap[line]
    for each in ground.bounds:
        if any(abs(limit - bound) <= ground.slack for limit in each.hard[side].get(line, ())):
            words = _words(each.rule.name, ground.settings, ground.case, line, side)
            cut = ground.case.lines.penalty[line] > 0 and each.rule.name in (
                ASSESSMENT_RULE,
                FLOOR_RULE,
            )
            return words, ground.settings.rules[ASSESSMENT_RULE].brief if cut else each.rule.brief
    return ("不低于0" if side == "lower" else "不超过资金总额"), ""


def _softly_held(ground: _Ground, line: int) -> tuple[str, str] | None:
    """The soft rule at whose bound, in whole units, the line stands."""
    unit = ground.case.unit
    for each in ground.bounds:
        for side, whole in (("lower", ceil), ("upper", floor)):
            limits = (
                whole(round(limit / unit, SHOWN_DIGITS)) * unit
                for limit in each.soft[side].get(line, ())
            )
            if any(abs(limit - ground.amounts[line]) <= ground.slack for limit in limits):
                return _words(
                    each.rule.name, ground.settings, ground.case, line, side
                ), each.rule.brief
    return None


def _words(name: str, settings: Settings, case: Case, line: int, side: str) -> str:
    subject = case.amount.subjects[line : line + 1]

    def value(parameter: str) -> str:
        return shown(float(settings.numbers(name, parameter, subject)[0]), "share")

    penalty = case.lines.penalty[line]
    if name == ASSESSMENT_RULE or (name == FLOOR_RULE and penalty > 0):
        return f"生态考核变差扣减{shown(float(penalty), 'share')}"
    if name == FLOOR_RULE:
        cut = float(settings.numbers(name, "降幅上限", subject)[0])
        return "停在上年保底" + (
            f"（降幅不超过{shown(cut, 'share')}）" if cut else "（不低于上年）"
        )
    plain = {"增幅上限": "增幅上限", "单县占比上限": "占比上限"}
    if name in plain:
        return f"达到{name}{value(plain[name])}"
    if name == "县区上下限":
        return f"{'停在' if side == 'lower' else '达到'}指定{'下限' if side == 'lower' else '上限'}：{case.lines.given_reason[line]}"
    return {"生态稳定增长": "按生态稳定增长保底", "已下达不收回": "已提前下达，不收回"}.get(
        name, name
    )


def _largest(settings: Settings, line: int, changes: Steps) -> tuple[str, str]:
    """The step that moved the line most, when neither a bound nor the common coefficient explains it."""
    moved = changes.changes[: len(STEP_NAMES) - 1, line]
    if not moved.any():
        return "各项规则都没有改变因素法测算额", ""
    if moved[STEP_NAMES.index(GOAL_STEP)]:
        return "按目标顺序确定", ""
    step = STEP_NAMES[int(np.argmax(np.abs(moved)))]
    direction = "增加" if moved[int(np.argmax(np.abs(moved)))] >= 0 else "减少"
    rule = settings.rules.get(step)
    if rule is None:
        return f"因其他规则{direction}", ""
    return f"因{step}{direction}", rule.brief
