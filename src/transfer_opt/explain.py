"""Where every amount comes from: the chain of complete re-solves from the formula to the published integer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, floor

import numpy as np

from transfer_opt.constraints import CONSTRAINTS
from transfer_opt.domain import Case, RuleSpec
from transfer_opt.exact import floats
from transfer_opt.formulate import NEED_RULE, Formulation, Limits, RuleRows, composed, raw_bounds
from transfer_opt.indicators import position
from transfer_opt.linear import Floats, Ints, within
from transfer_opt.objectives import CLOSEST
from transfer_opt.optimum import solved
from transfer_opt.program import Opener
from transfer_opt.settings import Settings, shown

POOL_RULE, ASSESSMENT_RULE, FLOOR_RULE = "资金总额", "考核奖惩", "上年保底"
NAMED_STEPS = ("考核奖惩", "上年保底", "增幅上限", "三保兜底", "三保压力倾斜", "财力薄弱倾斜", "困难地区倾斜")
OTHER_RULES, GOAL_STEP, ROUNDING_STEP = "其他规则", "目标调整", "取整"
STEPS = (*NAMED_STEPS, OTHER_RULES, GOAL_STEP, ROUNDING_STEP)
STEP_DIGITS = 2
"""Steps are shown, and therefore made to add, in hundredths of the publishing unit."""
NEGLIGIBLE, SHOWN_DIGITS = 1e-6, 6
"""Publishing units below which a bound counts as reached, and as many digits of them."""
UNIFIED = 1e-7
"""Relative spread within which lines share the province-wide coefficient."""
SEVERAL = 3
"""As many lines of a fund with one ratio to the formula are a group that a rule moved alike."""


@dataclass(frozen=True)
class Steps:
    """「测算说明」 by line: money; start + Σ changes = published exactly, in hundredths of the unit."""

    start: Floats
    """(L,) 因素法测算额 before 考核奖惩."""
    changes: Floats
    """(S, L) one row per step."""
    published: Floats
    """(L,)"""


def steps(
    case: Case, formulation: Formulation, objective: Sequence[str], amounts: Floats, units: Ints, open_solver: Opener
) -> Steps:
    """Rule after rule of the `formulation` under 「贴近因素法」, then the objective list, then rounding.

    Step k is the amount with rules 1…k less that with rules 1…k−1. Every step is a full allocation of the pools, so
    every adjustment adds to 0 over the province.
    """
    others = tuple(name for name in CONSTRAINTS if name not in (*NAMED_STEPS, POOL_RULE))
    states = [_settled(case, case.lines.reference_before, np.zeros(len(case.lines)))]
    active, before, reached = [POOL_RULE], None, case.lines.reference
    for names in (*((name,) for name in NAMED_STEPS), others):
        if names == others and _plain(objective):  # all rules under 「贴近因素法」: what was published
            reached = amounts
        else:
            active += names
            chosen = [entry for entry in formulation.rules if entry.rule.name in active]
            partial = composed(case, chosen, (CLOSEST,), formulation.whole)
            if before is None or not _met(before, partial, reached, case.unit * NEGLIGIBLE):
                reached = _closest(partial, open_solver, reached)
            before = partial
        states.append(_settled(case, reached, states[-1]))
    states.append(states[-1] if _plain(objective) else _settled(case, amounts, states[-1]))
    final = units * case.unit
    changes = np.diff(np.array([*states, final]), axis=0)
    return Steps(states[0], np.asarray(np.round(changes / case.unit, STEP_DIGITS) * case.unit), np.asarray(final))


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
    if (low < old_low).any() or (high > old_high).any():  # a fund whose bounds in whole units no longer fit its pool
        return False
    known = {entry.rule.name for entry in before.rules}
    return within(amounts, low, high, slack) and all(
        _keeps(entry, now, amounts, slack) for entry in now.rules if entry.rule.name not in known)


def _keeps(entry: RuleRows, made: Formulation, amounts: Floats, slack: float) -> bool:
    """Whether the rows of one rule in a program are met without any violation."""
    position = entry.position[entry.position >= 0]
    expression = entry.rows.expression
    at = (expression.at(amounts) - expression.offsets)[entry.position >= 0]
    return within(at, made.program.row_lower[position], made.program.row_upper[position], slack)


def reasons(case: Case, settings: Settings, formulation: Formulation, amounts: Floats, changes: Steps) -> list[tuple[str, str]]:
    """For every line (L,): the main reason in words, and the clause it rests on."""
    floor, cap = (floats(side) for side in raw_bounds(case, formulation.rules))
    low, high = formulation.floor_and_cap()
    company = _companies(case, amounts, low, high)
    ground = _Ground(case, settings, formulation, amounts, low, high, floor, cap, _coefficients(case, amounts, company), company,
                     tuple(_Bounds(entry.rule, entry.limits(entry.hard), entry.limits(~entry.hard)) for entry in formulation.rules),
                     tuple(_tight(formulation, amounts, case.unit * NEGLIGIBLE)), changes)
    return [_reason(ground, line) for line in range(len(case.lines))]


def coefficients(case: Case, formulation: Formulation, amounts: Floats) -> dict[str, float]:
    """The province-wide coefficient x/e that most free lines of each fund share (fund name → factor)."""
    low, high = formulation.floor_and_cap()
    found = _coefficients(case, amounts, _companies(case, amounts, low, high))
    return {case.funds[f].name: value for f, value in found.items()}


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
        return self.case.unit * NEGLIGIBLE


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
        company[inside] = (np.searchsorted(ranked, ratios * (1 + UNIFIED), "right")
                           - np.searchsorted(ranked, ratios * (1 - UNIFIED), "left"))
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
    if reference > 0 and fund in ground.unified and abs(amount / reference - ground.unified[fund]) <= UNIFIED * ground.unified[fund]:
        return "按因素法和全省统一系数", formula
    alone = ground.company[line] < SEVERAL  # else its own county decides nothing: the rule moved a whole group alike
    return (_softly_held(ground, line) or (_bound_together(ground, line) if alone else None)
            or _largest(ground.settings, line, ground.changes))


def _tight(formulation: Formulation, amounts: Floats, slack: float) -> Iterator[tuple[RuleSpec, dict[int, float]]]:
    """The rules over several lines, but for the pools: the least room of the tight rows by line they touch."""
    for entry in sorted(formulation.rules, key=lambda entry: entry.rule.name != NEED_RULE):
        if entry.single.all() or entry.rule.name == POOL_RULE:
            continue
        expression = entry.rows.expression
        at = expression.at(amounts)
        room = np.minimum(at - entry.rows.lower, entry.rows.upper - at)
        touching = ((room <= slack) & ~entry.single)[expression.rows] & (expression.coefficients != 0)
        least = np.full(len(amounts), np.inf)
        np.minimum.at(least, expression.columns[touching], room[expression.rows[touching]])
        yield entry.rule, {int(line): float(least[line]) for line in np.flatnonzero(np.isfinite(least))}


def _bound_together(ground: _Ground, line: int) -> tuple[str, str] | None:
    """The rule over several lines that moved this one, or that the objectives ran into: 三保兜底 before the others."""
    for rule, tight in ground.together:
        if line not in tight:
            continue
        if rule.name == NEED_RULE:
            return "“三保”需求兜底，" + ("仍有缺口" if tight[line] < -ground.slack else _just_met(ground, line)), rule.brief
        if ground.changes.changes[STEPS.index(rule.name if rule.name in STEPS else OTHER_RULES), line]:
            return f"因{rule.name}调整", rule.brief
        if ground.changes.changes[STEPS.index(GOAL_STEP), line]:
            return f"按目标顺序确定，受{rule.name}约束", rule.brief
    return None


def _just_met(ground: _Ground, line: int) -> str:
    """A need met by the optimum, on the published amounts."""
    county = ground.case.lines.recipient[line]
    exceeds = ground.capacity[county] - ground.case.need[county]
    if abs(exceeds) <= ground.slack:
        return "补到刚好足额"
    return "补足" + ("，取整后略有余" if exceeds > 0 else "，取整后略欠")


def _held(ground: _Ground, line: int, side: str) -> tuple[str, str]:
    """The hard rule whose bound holds the line, in words."""
    bound = ground.floor[line] if side == "lower" else ground.cap[line]
    for each in ground.bounds:
        if any(abs(limit - bound) <= ground.slack for limit in each.hard[side].get(line, ())):
            words = _words(each.rule.name, ground.settings, ground.case, line, side)
            cut = ground.case.lines.penalty[line] > 0 and each.rule.name in (ASSESSMENT_RULE, FLOOR_RULE)
            return words, ground.settings.rules[ASSESSMENT_RULE].brief if cut else each.rule.brief
    return ("不低于0" if side == "lower" else "不超过资金总额"), ""


def _softly_held(ground: _Ground, line: int) -> tuple[str, str] | None:
    """The soft rule at whose bound, in whole units, the line stands."""
    unit = ground.case.unit
    for each in ground.bounds:
        for side, whole in (("lower", ceil), ("upper", floor)):
            limits = (whole(round(limit / unit, SHOWN_DIGITS)) * unit for limit in each.soft[side].get(line, ()))
            if any(abs(limit - ground.amounts[line]) <= ground.slack for limit in limits):
                return _words(each.rule.name, ground.settings, ground.case, line, side), each.rule.brief
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
        return "停在上年保底" + (f"（降幅不超过{shown(cut, 'share')}）" if cut else "（不低于上年）")
    plain = {"增幅上限": "增幅上限", "单县占比上限": "占比上限"}
    if name in plain:
        return f"达到{name}{value(plain[name])}"
    if name == "县区上下限":
        return f"{'停在' if side == 'lower' else '达到'}指定{'下限' if side == 'lower' else '上限'}：{case.lines.given_reason[line]}"
    return {"生态稳定增长": "按生态稳定增长保底", "已下达不收回": "已提前下达，不收回"}.get(name, name)


def _largest(settings: Settings, line: int, changes: Steps) -> tuple[str, str]:
    """The step that moved the line most, when neither a bound nor the common coefficient explains it."""
    moved = changes.changes[: len(STEPS) - 1, line]
    if not moved.any():
        return "各项规则都没有改变因素法测算额", ""
    if moved[STEPS.index(GOAL_STEP)]:
        return "按目标顺序确定", ""
    step = STEPS[int(np.argmax(np.abs(moved)))]
    direction = "增加" if moved[int(np.argmax(np.abs(moved)))] >= 0 else "减少"
    rule = settings.rules.get(step)
    if rule is None:
        return f"因其他规则{direction}", ""
    return f"因{step}{direction}", rule.brief
