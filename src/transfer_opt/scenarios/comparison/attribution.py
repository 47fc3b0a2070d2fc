"""The difference between two columns split by cause: a chain of re-solves in fixed order that adds up exactly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.allocation.explanation.indicators import gini, position, shortfall
from transfer_opt.allocation.explanation.steps import NAMED_STEPS
from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import NOWHERE, Floats
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InfeasibleError, SolverError
from transfer_opt.core.vocabulary import (
    ADJUSTED,
    BENEFICIARIES,
    BOUNDS,
    FLOW_RULE,
    GIVEN_TOTAL_RULE,
    OUTLOOK,
    POOLS,
    SECTIONS,
    SERVICES,
    SHARED_RULE,
)
from transfer_opt.intake.shared import is_worked_out
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.given import gives_bound, is_bound
from transfer_opt.policy.model import Change, RuleSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings
from transfer_opt.scenarios.comparison.columns import CHANGES, Side, as_computed, by_fund
from transfer_opt.scenarios.comparison.counterfactual import State, re_solved

DATA, PAST, GOALS = "数据", "上年数", "目标"
SHEET_OF = {DATA: "县区数据", POOLS: "资金总额", BOUNDS: "县区上下限", FLOW_RULE: SECTIONS}
FIRST_CAUSES = (DATA, SHARED_RULE, PAST, POOLS, "因素法", "资格", *NAMED_STEPS)
PAST_COLUMNS = "上年"
"""How the columns of last year's amounts begin. Floors follow them, so they change together with the pools where need be."""
NEVER = ("敏感性", OUTLOOK)
"""Rules that say what is reported, not what this year gets."""
TOGETHER = "＋"


@dataclass(frozen=True)
class Effect:
    """What one cause changes; NaN where not known."""

    cause: str
    amounts: Floats
    """(F, n) money on the common units."""
    short: float
    """Change of 三保缺口, money."""
    lowest: float
    """Change of the lowest coverage."""
    gini: float
    note: str = ""

    @property
    def given(self) -> Floats:
        """(n,) all funds together; 0 where nothing changes."""
        return np.asarray(np.round(np.nansum(self.amounts, axis=0), 8) + 0.0)


@dataclass(frozen=True)
class Effects:
    """From one column to another: the effects add up to the difference exactly."""

    first: str
    second: str
    parts: tuple[Effect, ...]


def effects(first: Side, second: Side, funds: Sequence[str]) -> Effects:
    """The difference of two columns by cause, as far as the files allow."""
    if first.plan and second.plan:
        parts = tuple(_by_cause(first, second, funds))
    elif second.plan:
        parts = tuple(_from_table(first, second))
    else:
        parts = (
            _effect(
                "全部", _Stand(first.amounts), _Stand(second.amounts), "没有测算依据，不能分解"
            ),
        )
    return Effects(first.name, second.name, parts)


def differing(first: Plan, second: Plan) -> list[str]:
    """The causes that differ, in the order of the chain."""
    here = Settings(
        _with_shared(second, first),
        second.settings.funds,
        second.settings.recipients,
        first.settings.layers,
    )
    differ = {
        SHARED_RULE: (is_worked_out(first.settings) or is_worked_out(second.settings))
        and (
            _paid(first) != _paid(second)
            or _held(here, SHARED_RULE) != _held(second.settings, SHARED_RULE)
        ),
        DATA: not _same_data(first, second, past=False),
        PAST: not _same_data(first, second, past=True),
        POOLS: _pools(first) != _pools(second),
        BOUNDS: _bounds(first) != _bounds(second),
        GOALS: first.objective != second.objective,
        FLOW_RULE: _agreed(first) != _agreed(second),
    }
    return [
        cause
        for cause in _causes(second.settings)
        if differ.get(cause, False)
        or (
            cause in second.settings.rules
            and cause not in (SHARED_RULE, POOLS, GOALS, FLOW_RULE)
            and _held(here, cause) != _held(second.settings, cause)
        )
    ]


def mixed(first: Plan, second: Plan, done: Collection[str]) -> State:
    """The state with the causes in `done` as in the second plan, all others as in the first."""
    sheets = {**first.budget.sheets}
    for cause, name in SHEET_OF.items():
        if cause in done:
            sheets.pop(name, None)
            sheets.update(
                {
                    name: sheet
                    for name, sheet in second.budget.sheets.items()
                    if name == SHEET_OF[cause]
                }
            )
    counted = is_worked_out(first.settings) or is_worked_out(second.settings)
    shared = second if (SHARED_RULE if counted else DATA) in done else first
    told = {*done, SHARED_RULE} if shared is second else {*done} - {SHARED_RULE}
    for name in (SERVICES, BENEFICIARIES):
        sheets.pop(name, None)
        if name in shared.budget.sheets:
            sheets[name] = shared.budget.sheets[name]
    source = second if DATA in done else first
    recipients = (
        source.settings.recipients if PAST in done or source is first else _with_past(second, first)
    )
    # Within a rule all changes come from one plan, so its layers keep their order.
    layers = tuple(
        tuple(
            part
            for change in layer
            for cause, part in _parts(change)
            if (cause in told) == (plan is second)
        )
        for plan in (first, second)
        for layer in plan.settings.layers
    )
    settings = replace(
        second.settings,
        rules=_with_shared(second, shared),
        recipients=recipients,
        layers=layers,
    )
    objective = second.objective if GOALS in done else first.objective
    return State(
        second.spec, Budget(source.budget.path, source.budget.sha256, sheets), settings, objective
    )


@dataclass(frozen=True)
class _Stand:
    """Where the chain stands: amounts on the common units, and what is known of the province."""

    amounts: Floats
    short: float = np.nan
    lowest: float = np.nan
    gini: float = np.nan


def _by_cause(first: Side, second: Side, funds: Sequence[str]) -> Iterator[Effect]:
    """What people decided on the first is taken back, the computed ones are compared, what they decided on the second comes last."""
    before, after = as_computed(first, funds), as_computed(second, funds)
    if before is not first:
        yield _effect(f"{ADJUSTED}（{first.name}）", _standing(first), _standing(before))
    yield from _between(before, after, funds)
    if after is not second:
        yield _effect(f"{ADJUSTED}（{second.name}）", _standing(after), _standing(second))


def _between(first: Side, second: Side, funds: Sequence[str]) -> Iterator[Effect]:
    """Cause after cause; one that cannot be solved alone is taken together with the next."""
    assert first.plan
    assert second.plan
    causes = differing(first.plan, second.plan)
    stand, end = _standing(first), _standing(second)
    waiting: list[str] = []
    note = ""
    for number, cause in enumerate(causes, start=1):
        waiting.append(cause)
        if number == len(causes):
            break
        try:
            after = _solved(first, second, causes[:number], funds)
        except (InfeasibleError, SolverError) as error:
            note = f"单独改变“{TOGETHER.join(waiting)}”没有可行方案（{error}），与下一项合并"
            continue
        yield _effect(TOGETHER.join(waiting), stand, after, note)
        stand, waiting, note = after, [], ""
    if waiting or not np.array_equal(np.nan_to_num(stand.amounts), np.nan_to_num(end.amounts)):
        yield _effect(TOGETHER.join(waiting) or "其他", stand, end, note)


def _solved(first: Side, second: Side, done: Sequence[str], funds: Sequence[str]) -> _Stand:
    assert first.plan
    assert second.plan
    state = mixed(first.plan, second.plan, done)
    case, amounts = re_solved(state)
    side = second if DATA in done else first
    table = case.by_county(amounts)
    at = position(case, amounts)
    own = {fund.name: f for f, fund in enumerate(case.funds)}
    short = shortfall(case, at.capacity)
    return _Stand(
        by_fund(side, table, own, funds),
        _total(short),
        _least(at.coverage),
        gini(at.coverage, np.ones_like(at.coverage)),
    )


def _standing(side: Side) -> _Stand:
    known = side.coverage[side.place != NOWHERE]
    return _Stand(
        side.amounts,
        _total(side.short[side.place != NOWHERE]),
        _least(known),
        gini(known, np.ones_like(known)),
    )


def _effect(cause: str, before: _Stand, after: _Stand, note: str = "") -> Effect:
    blank = np.isnan(before.amounts) & np.isnan(after.amounts)
    moved = np.round(np.nan_to_num(after.amounts) - np.nan_to_num(before.amounts), 8) + 0.0
    return Effect(
        cause,
        np.where(blank, np.nan, moved),
        after.short - before.short,
        after.lowest - before.lowest,
        after.gini - before.gini,
        note,
    )


def _from_table(first: Side, second: Side) -> Iterator[Effect]:
    """A table holds amounts only: growth of the pool, formula and rules as this year's result tells them."""
    assert second.plan
    given = np.where(np.isnan(first.amounts), 0.0, first.amounts)
    known = np.where(np.isnan(second.last), 0.0, second.last)
    apart = np.round(known - given, 8) + 0.0
    if np.abs(apart).sum() > 0:
        yield _plain("上年数口径", apart, "本年工作簿的上年数（已扣一次性）与该表不同")
    for cause, moved in zip(CHANGES, second.changes, strict=True):
        if np.nansum(np.abs(moved)) > 0:
            yield _plain(cause, np.nan_to_num(moved))


def _plain(cause: str, moved: Floats, note: str = "") -> Effect:
    return Effect(cause, np.asarray(moved), np.nan, np.nan, np.nan, note)


def _causes(settings: Settings) -> list[str]:
    others = [
        name
        for name in (*CONSTRAINTS, *settings.rules)
        if name not in (*FIRST_CAUSES, GOALS, *NEVER)
    ]
    return [*FIRST_CAUSES, *dict.fromkeys(others), GOALS]


def _held(settings: Settings, rule: str) -> list[object]:
    """What a rule says for every fund at every place: two settings agree on it where these are equal."""
    spec = settings.rules[rule]
    places = np.arange(NOWHERE, len(settings.recipients) + len(settings.recipients.prefectures))
    grid = np.array(
        [(fund, place) for fund in range(NOWHERE, len(settings.funds)) for place in places]
    )
    said: list[object] = []
    if not spec.fixed:
        on, hard = settings.on(rule, grid), settings.hard(rule, grid)
        said += [
            on.tolist(),
            (hard | ~on).tolist(),
            np.where(hard | ~on, 0, settings.priority(rule, grid)).tolist(),
        ]
    for name, parameter in spec.parameters.items():
        if is_bound(rule, name):  # wherever it is written: `_bounds` tells what holds
            continue
        read = settings.numbers if parameter.numeric else settings.texts
        said.append([str(value) for value in read(rule, name, grid)])
    return said


def _same_data(first: Plan, second: Plan, past: bool) -> bool:
    """Whether the data are the same: last year's amounts (`past`), or all the others and the units."""
    ours, theirs = first.case.recipients, second.case.recipients
    if len(ours) != len(theirs) or any(
        (a != b).any()
        for a, b in (
            (ours.code, theirs.code),
            (ours.name, theirs.name),
            (ours.prefecture, theirs.prefecture),
        )
    ):
        return False
    numbers = [
        name for name in {*ours.numbers, *theirs.numbers} if name.startswith(PAST_COLUMNS) is past
    ]
    texts = set() if past else {*ours.texts, *theirs.texts}
    return all(
        np.array_equal(ours.number(name), theirs.number(name), equal_nan=True) for name in numbers
    ) and all((ours.text(name) == theirs.text(name)).all() for name in texts)


def _with_past(second: Plan, first: Plan) -> Recipients:
    """The second's units with last year's amounts as the first knows them; what it does not know stays unknown."""
    units, known = second.settings.recipients, first.settings.recipients
    before = {new: old for old, new in second.case.succession.renamed.items()}
    register = Register(known.code, known.name, {**second.spec.former, **before})
    found = [
        register.find(str(code), str(name)).place
        for code, name in zip(units.code, units.name, strict=True)
    ]
    at = np.array([NOWHERE if place is None else place for place in found], dtype=np.int64)
    numbers = {
        name: values for name, values in units.numbers.items() if not name.startswith(PAST_COLUMNS)
    }
    past = {
        name: np.where(at == NOWHERE, np.nan, values[at])
        for name, values in known.numbers.items()
        if name.startswith(PAST_COLUMNS)
    }
    return replace(units, numbers={**numbers, **past})


def _with_shared(plan: Plan, shared: Plan) -> dict[str, RuleSpec]:
    """The plan's rules, with the shared services of another: their standards and shares are its parameters."""
    return {**plan.settings.rules, SHARED_RULE: shared.settings.rules[SHARED_RULE]}


def _paid(plan: Plan) -> object:
    """Who pays what of the shared services, by names."""
    paid, units = plan.case.burdens, plan.case.recipients
    if paid is None:
        return None
    levels, other = paid.by_level.tolist(), paid.other.tolist()
    return paid.services, paid.listed.tolist(), units.name.tolist(), levels, other


def _pools(plan: Plan) -> list[tuple[str, float]]:
    return [(fund.name, fund.pool) for fund in plan.case.funds]


def _parts(change: Change) -> Iterator[tuple[str, Change]]:
    """A change by cause: bounds go together whichever rule they are of, for they stand for rows of one sheet."""
    if change.rule != GIVEN_TOTAL_RULE or not gives_bound(change):
        yield change.rule, change
        return
    yield BOUNDS, Change(*change.key, value=change.value)
    yield change.rule, replace(change, value=None)


def _bounds(plan: Plan) -> list[tuple[object, ...]]:
    """The given bounds, by names."""
    case = plan.case
    return [
        (
            case.fund_name(each.fund),
            case.place_name(each.place),
            *np.nan_to_num([each.floor, each.cap], nan=-1.0).tolist(),
        )
        for each in case.given
    ]


def _agreed(plan: Plan) -> object:
    """What counties are to pay each other for the water, by names, where that counts; None where it does not."""
    flows, names = plan.case.flows, plan.case.recipients.name
    if flows is None or not flows.terms.counted:
        return None
    return (flows.terms.limit, flows.terms.in_need), [
        (flows.sections[q].name, names[payer], names[payee], money)
        for q, payer, payee, money in flows.due
    ]


def _total(values: Floats) -> float:
    return float(np.nansum(values)) if np.isfinite(values).any() else np.nan


def _least(values: Floats) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else np.nan
