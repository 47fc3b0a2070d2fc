"""Case and settings → program: the model's table of contents.

    columns    x, one per line · violations of soft rows · capacities and distances the objectives speak of
    bounds     every hard rule on a single line, tightened to whole publishing units
    rows       every other hard rule; soft rules with their violation; definitions of capacities and distances
    stages     rules that gave way to make an allocation possible; soft rules by priority (三保兜底 first); then the
               objectives, closed by one that decides every line
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from gmpy2 import mpq

from transfer_opt.constraints import CONSTRAINTS
from transfer_opt.domain import Case, RuleSpec
from transfer_opt.exact import (
    ONE,
    ZERO,
    Exacts,
    ceiling,
    either,
    every,
    exact,
    exacts,
    filled,
    floats,
    flooring,
    known,
    summed,
    total,
)
from transfer_opt.linear import NOWHERE, Bools, Floats, Ints, Linear, Rows, at_least, exactly, merged
from transfer_opt.objectives import CLOSEST, OBJECTIVES, SHORTFALL, Distance, Levels
from transfer_opt.program import PREFECTURE, PROVINCE, LevelStage, Program, Stage, Statement, SumStage
from transfer_opt.settings import Settings

NEED_RULE = "三保兜底"
REPAIRED = 0
"""Priority of a hard rule that was made to give way because no allocation meets them all: before whatever is soft."""
LEAST_REPAIR = "放宽合计最少"
"""The stage that keeps what such rules give, all together, as little as can be."""
UNTIGHTENED = "取整：上下限取整后各项规则不能同时满足，改用未取整的上下限，个别县可能与上下限差不足一个公布单位。"

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
    case: Case, settings: Settings, objective: Sequence[str], rules: Sequence[str] | None = None, whole: bool = True
) -> Formulation:
    """Build the program of the chosen rules (all by default) and the stages of an objective list.

    Bounds are tightened to `whole` publishing units; what cannot be met then may still be without (never a false
    "infeasible").
    """
    return composed(case, written_rules(case, settings, rules), objective, whole)


def written_rules(case: Case, settings: Settings, rules: Sequence[str] | None = None) -> list[RuleRows]:
    """The chosen rules (all by default), in the order of the catalogue."""
    chosen = [name for name in CONSTRAINTS if rules is None or name in rules]
    return [rule_rows(case, settings, name, case.amount) for name in chosen]


def composed(case: Case, rules: Sequence[RuleRows], objective: Sequence[str], whole: bool = True) -> Formulation:
    """The program of rules already written down, also of those that stand in another formulation of the case."""
    made = list(rules)
    lower, upper, notes = line_bounds(case, made) if whole else (*raw_bounds(case, made), [UNTIGHTENED])
    builder = _Builder(lower, upper, case)
    made = [_with_violations(builder, entry, case) for entry in made]
    stages = _soft_stages(builder, made, case)
    listed, said = _listed(objective, made, case)
    stages += [_goal_stage(builder, name, case, case.amount) for name in listed]
    return Formulation(builder.statement(len(case.lines)), tuple(s.padded(builder.count) for s in stages),
                       tuple(made), (*notes, *said), whole, case.figures.unit)


def rule_rows(case: Case, settings: Settings, name: str, x: Linear) -> RuleRows:
    """One rule's rows that are switched on."""
    entry = CONSTRAINTS[name]
    on_anywhere = settings.on_anywhere(name)
    rows = entry.function(case, x, **arguments(case, settings, name)) if on_anywhere else at_least(x[np.arange(0)], ZERO)
    kept = rows[settings.on(name, rows.expression.subjects)]
    subjects = kept.expression.subjects
    counts = np.bincount(kept.expression.rows, minlength=len(kept))
    spec = settings.rules[name]
    single = (counts == 1) & (spec.by in ("line", "fund") and not spec.fixed)
    return RuleRows(spec, kept, settings.hard(name, subjects), settings.priority(name, subjects),
                    np.full(len(kept), NOWHERE), single, np.full(len(kept), NOWHERE), len(rows))


def arguments(case: Case, settings: Settings, name: str) -> Mapping[str, Any]:
    """The keyword arguments of a rule: each parameter as an exact array over what it speaks of, or one value."""
    subjects = {"line": case.amount.subjects, "fund": settings.by_fund(), "recipient": case.by_recipient.subjects,
                "prefecture": case.by_fund_and_prefecture.subjects}
    result: dict[str, Any] = {}
    for keyword, parameter in CONSTRAINTS[name].parameters.items():
        spec = settings.rules[name].parameters[parameter]
        if spec.by == "model":
            result[keyword] = exact(settings.number(name, parameter)) if spec.numeric else settings.text(name, parameter)
        elif spec.numeric:
            given = exacts(settings.numbers(name, parameter, subjects[spec.by]))
            idle = ~known(given) & ~settings.on(name, subjects[spec.by])  # where the rule is off, no value is needed
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
    tight_floor, tight_cap = whole_units(floor, case.figures.unit, up=True), whole_units(cap, case.figures.unit, up=False)
    empty = np.asarray((tight_floor > tight_cap) & (floor <= cap), dtype=bool)
    tight_cap = either(empty, tight_floor, tight_cap)
    notes = []
    for f, (fund, pool) in enumerate(zip(case.funds, case.figures.pools, strict=True)):
        inside = case.lines.fund == f
        if (total(tight_floor[inside]) > pool >= total(floor[inside])
                or total(tight_cap[inside]) < pool <= total(cap[inside])):
            tight_floor[inside], tight_cap[inside] = floor[inside], cap[inside]
            notes.append(f"取整：{fund.name}的上下限取整后放不进总额，改用未取整的上下限，个别县可能与上下限差不足一个公布单位。")
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
        low, high = known(lower), known(upper)
        np.maximum.at(floor, lines[low], lower[low])
        np.minimum.at(cap, lines[high], upper[high])
    return floor, cap


def _listed(objective: Sequence[str], made: Sequence[RuleRows], case: Case) -> tuple[list[str], list[str]]:
    """The objectives to run, closed by one that decides every line, and what was skipped or added."""
    notes: list[str] = []
    need = [entry for entry in made if entry.rule.name == NEED_RULE]
    soft_need = any(len(entry.rows) and not entry.hard.all() for entry in need)
    if SHORTFALL in objective and not soft_need and need:
        notes.append("目标「三保缺口最小」跳过：规则「三保兜底」为硬约束或未启用。")
    listed = [name for name in dict.fromkeys(objective) if name != SHORTFALL]
    steadiest_decides = listed == listed[:1] and bool((case.lines.last_year > 0).all())
    closed = any(OBJECTIVES[name].decides_all for name in listed) or (
        bool(listed) and OBJECTIVES[listed[-1]].columns == ("上年〈资金〉",) and steadiest_decides)
    if not closed:
        listed.append(CLOSEST)
        notes.append(f"目标末尾补上「{CLOSEST}」，使结果唯一。")
    return listed, notes


@dataclass(frozen=True)
class _Draft:
    """A stage whose cost vector may still be shorter than the columns."""

    stage: Stage

    def padded(self, count: int) -> Stage:
        if isinstance(self.stage, LevelStage):
            return self.stage
        return SumStage(self.stage.name, np.pad(self.stage.costs, (0, count - len(self.stage.costs))))


class _Builder:
    """Columns and rows as they are added; the only mutable thing here."""

    def __init__(self, lower: Exacts, upper: Exacts, case: Case) -> None:
        self.lower, self.upper = [lower], [upper]
        self.recipients, self.prefecture, self.unit = case.lines.recipient, case.recipients.prefecture_index, case.unit
        self.count = len(lower)
        self.rows: list[Rows] = []

    def add_columns(self, lower: Exacts, upper: Exacts) -> Ints:
        first = self.count
        self.lower.append(lower)
        self.upper.append(upper)
        self.count += len(lower)
        return np.arange(first, self.count)

    def add_violations(self, count: int) -> Ints:
        """Columns that may be anything from 0 up."""
        return self.add_columns(every(count), every(count, None))

    def column_of(self, expression: Linear) -> Ints:
        """The columns that equal the expressions: themselves where plain, else a new column and its definition."""
        plain = (len(expression.columns) == len(expression) and bool((expression.values == ONE).all())
                 and bool((expression.constant == ZERO).all()))
        if plain:
            return expression.columns[np.argsort(expression.rows)]
        columns = self.add_columns(*self._range(expression))
        self.rows = [replace(block, expression=_through(columns, expression, block.expression)) for block in self.rows]
        self.add_rows(exactly(expression - _unknowns(columns, expression), ZERO))
        return columns

    def add_rows(self, rows: Rows) -> Ints:
        first = sum(len(entry) for entry in self.rows)
        self.rows.append(rows)
        return np.arange(first, first + len(rows))

    def _range(self, expression: Linear) -> tuple[Exacts, Exacts]:
        """What the bounds of its columns let an expression be."""
        lower, upper = np.concatenate(self.lower)[expression.columns], np.concatenate(self.upper)[expression.columns]
        ends, others, count = expression.values * lower, expression.values * upper, len(expression)
        return (expression.constant + summed(expression.rows, np.minimum(ends, others), count),
                expression.constant + summed(expression.rows, np.maximum(ends, others), count))

    def statement(self, lines: int) -> Statement:
        rows = [entry.expression for entry in self.rows]
        starts = np.cumsum([0] + [len(entry) for entry in rows])
        constant = np.concatenate([entry.constant for entry in rows])
        index = np.concatenate([entry.rows + start for entry, start in zip(rows, starts, strict=False)])
        columns = np.concatenate([entry.columns for entry in rows])
        values = np.concatenate([entry.values for entry in rows])
        index, columns, values = merged(index, columns, values, self.count)
        return Statement(
            np.concatenate(self.lower), np.concatenate(self.upper), index, columns, values,
            _moved(np.concatenate([entry.least for entry in self.rows]), constant),
            _moved(np.concatenate([entry.most for entry in self.rows]), constant),
            self._reach(index, columns, int(starts[-1]), lines), lines,
        )

    def _reach(self, index: Ints, columns: Ints, count: int, lines: int) -> Ints:
        """Whether the lines of each row belong to one recipient, to one prefecture of several, or to more."""
        inside = columns < lines
        recipient = self.recipients[columns[inside]]

        def several(of: Ints) -> Ints:
            smallest, largest = np.full(count, np.iinfo(np.int64).max), np.full(count, NOWHERE)
            np.minimum.at(smallest, index[inside], of)
            np.maximum.at(largest, index[inside], of)
            return (smallest < largest).astype(np.int64)

        beyond = several(self.prefecture[recipient] if self.prefecture.any() else recipient)
        return np.maximum(several(recipient) * PREFECTURE, beyond * PROVINCE)


def _with_violations(builder: _Builder, entry: RuleRows, case: Case) -> RuleRows:
    """Enter a rule's rows (hard single-line ones are bounds already); soft rows get a violation column each."""
    position, violation = entry.position.copy(), entry.violation.copy()
    position[entry.hard & ~entry.single] = builder.add_rows(entry.coupled)
    soft = entry.soft
    if not len(soft):
        return replace(entry, position=position)
    tight = entry.single[~entry.hard]
    columns = builder.add_violations(len(soft))
    sign = either(known(soft.least), ONE, -ONE)
    tight &= entry.priority[~entry.hard] != REPAIRED  # counted as given: no more than is needed gives way
    unit = case.figures.unit
    lower = either(tight, whole_units(soft.least, unit, up=True), soft.least)
    upper = either(tight, whole_units(soft.most, unit, up=False), soft.most)
    relaxed = soft.expression + _unknowns(columns, soft.expression) * sign
    position[~entry.hard] = builder.add_rows(Rows(relaxed, lower, upper))
    violation[~entry.hard] = columns
    return replace(entry, violation=violation, position=position)


def _soft_stages(builder: _Builder, made: Sequence[RuleRows], case: Case) -> list[_Draft]:
    """What was made to give way, then 三保兜底, then by priority: least violation in all, then equal sacrifice.

    What gives way costs as little as can be all together; where that leaves a choice, rules earlier in the catalogue
    keep more.
    """
    found = []
    for order, entry in enumerate(made):
        for priority in sorted(set(entry.priority[~entry.hard])):
            after = priority != REPAIRED
            found.append((after, after and entry.rule.name != NEED_RULE, int(priority), order, entry))
    stages = _repair_stage(builder, made)
    for _, _, priority, _, entry in sorted(found, key=lambda item: item[:4]):
        chosen = ~entry.hard & (entry.priority == priority)
        name = f"{entry.rule.name}{'超出' if priority != REPAIRED else '放宽'}最少"
        name = SHORTFALL if entry.rule.name == NEED_RULE else name
        right = either(known(entry.rows.least), entry.rows.least, entry.rows.most)[chosen]
        costs = np.zeros(builder.count)
        costs[entry.violation[chosen]] = 1.0
        scale = either(np.asarray(right > 0, dtype=np.bool_), right, case.figures.unit)
        shared = LevelStage(f"{name}·均衡分担", entry.violation[chosen], every(len(scale)), scale, False, True)
        stages += [_Draft(SumStage(name, costs)), _Draft(shared)]
    return stages


def _repair_stage(builder: _Builder, made: Sequence[RuleRows]) -> list[_Draft]:
    """The least money that all repaired rows give together; nothing where there are none."""
    given = np.concatenate([entry.violation[~entry.hard & (entry.priority == REPAIRED)] for entry in made])
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
    up, down = builder.add_violations(len(goal.expression)), builder.add_violations(len(goal.expression))
    balance = goal.expression - _unknowns(up, goal.expression) + _unknowns(down, goal.expression)
    builder.add_rows(exactly(balance, ZERO))
    costs = np.zeros(builder.count)
    costs[np.concatenate([up, down])] = 1.0
    return _Draft(SumStage(name, costs))


def _unknowns(columns: Ints, like: Linear) -> Linear:
    count = len(columns)
    return Linear(np.arange(count), columns, every(count, ONE), every(count), like.labels, like.subjects)


def _through(columns: Ints, sums: Linear, expression: Linear) -> Linear:
    """The expressions, a sum that has a column of its own written as that column: often only a bound on it is left."""
    of = {tuple(subject): k for k, subject in enumerate(sums.subjects.tolist())}
    place = np.array([of.get(tuple(subject), NOWHERE) for subject in expression.subjects.tolist()], dtype=np.int64)
    alike = np.flatnonzero(place != NOWHERE)  # both speak of the same
    other = expression[alike] + (_unknowns(columns, sums) - sums)[place[alike]]
    at, left, values = merged(other.rows, other.columns, other.values, int(columns[-1]) + 1)
    gone = np.bincount(at, np.isin(left, sums.columns), len(alike)) == 0
    kept, taken = ~np.isin(expression.rows, alike[gone]), gone[at]
    constant = expression.constant.copy()
    constant[alike[gone]] = other.constant[gone]
    return replace(expression, rows=np.concatenate([expression.rows[kept], alike[at[taken]]]),
                   columns=np.concatenate([expression.columns[kept], left[taken]]),
                   values=np.concatenate([expression.values[kept], values[taken]]), constant=constant)


def _moved(sides: Exacts, constant: Exacts) -> Exacts:
    """Sides of rows once the constant stands on the right; None stays None."""
    return either(known(sides), filled(sides) - constant, None)
