"""What one more portion of each pool, and one step of each binding parameter, changes: each a complete re-solve.

No dual is taken at its word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, permutations

import numpy as np

from transfer_opt.allocation.compliance import at_bound, missed
from transfer_opt.allocation.explanation.indicators import position, shortfall
from transfer_opt.allocation.formulation.formulate import composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, rule_rows, written_rules
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Make, Optimum, reached
from transfer_opt.core.arrays import NOWHERE, Bools, Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import exact, spelled
from transfer_opt.core.vocabulary import POOL_AMOUNT, POOLS, PROVINCE_SHARE, SENSITIVITY
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change, ParameterSpec
from transfer_opt.policy.settings import Settings, shown

PORTION = 100
"""Publishing units added to a pool: enough to read, too little to change the picture."""
STEPPED_LINES = 1000
"""Beyond as many lines only such changes are tried as the user asks for: each is a complete solve."""
RANGE, EVERYTHING, NOTHING = "范围", "全部", "不试"
PARTS = 10
"""Changes are told in tenths of the publishing unit."""
STEP_DIGITS = 9
"""A stepped value is free of the dust of float sums."""


@dataclass(frozen=True)
class Sensitivity:
    """One change and what it does, before rounding; NaN where not known."""

    subject: str
    change: str
    shortfall: float
    """Change of 三保缺口, money."""
    lowest: float
    """Change of the lowest coverage."""
    moved: Floats
    """(n,) change of every recipient's money in tenths of the unit, adding to the change of the pools."""
    note: str = ""
    """Why nothing is known."""
    between: bool = False
    """Whether money of the province moves between funds."""


@dataclass(frozen=True)
class _Trial:
    """A change, in words and as the case and the rules that hold with it."""

    subject: str
    change: str
    case: Case
    make: Make
    """Bounds in whole units or not → the program."""


def sensitivities(instance: Instance, optimum: Optimum) -> Iterator[Sensitivity]:
    """Each pool PORTION units larger, then each binding parameter one step looser, then PORTION units of the province's own
    money moved from one fund to another; all else as it is; as far as wanted."""
    present, wanted = (
        _Present(instance, optimum.formulation.rules),
        tried(instance.case, instance.settings),
    )
    pools = _portions(present) if wanted in (POOLS, EVERYTHING) else ()
    for trial in chain(pools, _loosened(present, optimum.amounts) if wanted == EVERYTHING else ()):
        yield _tried(trial, instance, optimum)
    untold = wanted not in (POOLS, EVERYTHING) or instance.case.province_moves
    for trial in () if untold else _moved(present):
        yield replace(_tried(trial, instance, optimum), between=True)


def tried(case: Case, settings: Settings) -> str:
    """What is tried: EVERYTHING in a small case, NOTHING in a large one, unless 「敏感性」·范围 says which."""
    said = settings.text(SENSITIVITY, RANGE)
    return (
        said
        if said in (POOLS, EVERYTHING)
        else EVERYTHING
        if len(case.lines) <= STEPPED_LINES
        else NOTHING
    )


@dataclass(frozen=True)
class _Present:
    """What holds now, and how it is changed."""

    instance: Instance
    rules: tuple[RuleRows, ...]

    def reformulated(self, *changes: Change) -> tuple[Case, list[RuleRows]]:
        """The case from the workbook on, and its rules; no change switches a rule on that has no rows now."""
        changed = self._with(*changes)
        case = self.instance.rebuild(changed)
        return case, written_rules(
            case, changed, [entry.rule.name for entry in self.rules if len(entry.rows)]
        )

    def rewritten(self, change: Change) -> tuple[Case, list[RuleRows]]:
        """The same case with one rule's rows written anew."""
        case, name = self.instance.case, change.rule
        fresh = rule_rows(case, self._with(change), name, case.amount)
        return case, [fresh if entry.rule.name == name else entry for entry in self.rules]

    def trial(self, subject: str, change: str, case: Case, rules: Sequence[RuleRows]) -> _Trial:
        """These rules with the same objectives."""
        return _Trial(
            subject, change, case, partial(composed, case, rules, self.instance.objective)
        )

    def _with(self, *changes: Change) -> Settings:
        settings = self.instance.settings
        return replace(settings, layers=(*settings.layers, changes))


def _portions(present: _Present) -> Iterator[_Trial]:
    case = present.instance.case
    portion = PORTION * case.unit
    for fund in case.funds:
        more = Change(
            POOLS,
            fund.name,
            "本年总额",
            "",
            float(exact(fund.budget) + PORTION * case.figures.unit),
        )
        yield present.trial(
            f"{fund.name}总额",
            f"增加 {spelled(portion)} {case.money_unit}",
            *present.reformulated(more),
        )


def _moved(present: _Present) -> Iterator[_Trial]:
    """From every fund with that much of the province's own money to every other: central money does not move.

    Where sides are given the split is decided, and what is left of a part is no longer what the budget says.
    """
    case = present.instance.case
    portion, unit = PORTION * case.unit, case.money_unit
    own = [fund for fund in case.funds if not np.isnan(fund.number(PROVINCE_SHARE))]
    for giving, taking in permutations(own, 2):
        if giving.number(PROVINCE_SHARE) < portion:
            continue
        amounts = [
            (giving, exact(giving.budget) - PORTION * case.figures.unit),
            (taking, exact(taking.budget) + PORTION * case.figures.unit),
        ]
        changes = [
            Change(POOLS, fund.name, POOL_AMOUNT, "", float(amount)) for fund, amount in amounts
        ]
        yield present.trial(
            "省级资金",
            f"由{giving.short}移 {spelled(portion)} {unit}到{taking.short}",
            *present.reformulated(*changes),
        )


def _loosened(present: _Present, amounts: Floats) -> Iterator[_Trial]:
    """Every parameter that bounds a binding row, one step looser, where that moves the bound."""
    settings, case = present.instance.settings, present.instance.case
    for entry in present.rules:
        ideal = entry.rows.expression.at(amounts)
        binding = at_bound(case, entry, ideal) | missed(case, entry, ideal)
        for parameter in entry.rule.parameters.values() if binding.any() else ():
            # A parameter that is no argument of its rule is at work before: in needs, penalties, usable shares.
            direct = parameter.name in CONSTRAINTS[entry.rule.name].parameters.values()
            for change in _steps(settings, entry, parameter, binding):
                other_case, rules = (
                    present.rewritten(change) if direct else present.reformulated(change)
                )
                other = next(each for each in rules if each.rule.name == entry.rule.name)
                if _moves(entry, other, binding):
                    now = settings.cell(change.rule, change.parameter, change.fund, change.object)
                    said = f"由 {shown(now, parameter.kind)} 放宽到 {shown(change.value, parameter.kind)}"
                    yield present.trial(_called(change), said, other_case, rules)


def _steps(
    settings: Settings, entry: RuleRows, parameter: ParameterSpec, binding: Bools
) -> Iterator[Change]:
    """One step of the parameter for every fund of a binding row, everywhere and in each place with its own value."""
    rule = entry.rule.name
    rows = np.unique(entry.rows.expression.subjects[binding, 0])
    apart = parameter.by in ("line", "fund", "prefecture")
    funds = (
        [settings.funds[f] for f in rows if f != NOWHERE] or list(settings.funds) if apart else [""]
    )
    for fund in funds if parameter.step else ():
        own = {
            change.object
            for layer in settings.layers
            for change in layer
            if change.value is not None
            and (change.rule, change.parameter) == (rule, parameter.name)
            and change.fund in ("", fund)
        }
        for place in ("", *sorted(own - {""})):
            now = settings.cell(rule, parameter.name, fund, place)
            looser = round(
                min(max(now + parameter.step, parameter.minimum), parameter.maximum), STEP_DIGITS
            )
            if not np.isnan(now) and looser != now:
                yield Change(rule, fund, parameter.name, place, looser)


def _moves(entry: RuleRows, other: RuleRows, binding: Bools) -> bool:
    """Whether a binding row is bounded otherwise: nothing else can make room where this rule holds."""
    before, after = entry.rows, other.rows
    if len(before) != len(after) or len(before.expression.values) != len(after.expression.values):
        return True
    differs = np.asarray((before.least != after.least) | (before.most != after.most), dtype=bool)
    differs[
        before.expression.rows[
            np.asarray(before.expression.values != after.expression.values, dtype=bool)
        ]
    ] = True
    return bool((differs & binding).any())


def _called(change: Change) -> str:
    """「甲补助的增幅上限」: to be read between 如果把 and 由…放宽到."""
    what = (
        change.parameter
        if change.parameter == change.rule
        else f"「{change.rule}」{change.parameter}"
    )
    owner = change.object + change.fund
    return f"{owner}的{what}" if owner else what


def _tried(trial: _Trial, instance: Instance, before: Optimum) -> Sensitivity:
    """Solve the changed case and compare; what cannot be solved is said and does no harm to the result."""
    assert before.solution is not None, "published"
    case = instance.case
    unknown = Sensitivity(
        trial.subject, trial.change, np.nan, np.nan, np.full(len(case.recipients), np.nan)
    )
    try:
        found = reached(trial.make, instance.solver.again, before=(before.solution,))
    except SolverError:
        return replace(unknown, note="这一步没有求出")
    if not found.possible:
        return replace(unknown, note="这样改变后没有可行的分配方案")
    first, second = position(case, before.amounts), position(trial.case, found.amounts)
    short = shortfall(trial.case, second.capacity).sum() - shortfall(case, first.capacity).sum()
    lowest = second.coverage.min() - first.coverage.min()
    return replace(
        unknown,
        shortfall=float(short),
        lowest=float(lowest),
        moved=_in_parts(second.given - first.given, case.unit),
    )


def _in_parts(moved: Floats, unit: float) -> Floats:
    """Changes (n,) in whole tenths of the unit that add up as the exact ones do; the rest goes where most moves."""
    counts = np.round(moved / unit * PARTS)
    counts[int(np.argmax(np.abs(moved)))] += np.round(moved.sum() / unit * PARTS) - counts.sum()
    return np.asarray(np.round(counts / PARTS * unit, STEP_DIGITS) + 0.0)
