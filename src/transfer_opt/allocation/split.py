"""省级统筹: how the province's own money is shared out among the funds, before the annual list.

    pool[f] = (central[f] + y[f]) · (1 − reserved[f]) − 州本级[f]     Σ_f y[f] = P,  least[f] ≤ y[f] ≤ most[f]
    stages    min Σ 三保缺口 over y and the amounts, hard rules kept; then y as near to the office's draft as can be, lexicographic min–max of
              |y[f] − draft[f]| / draft[f] (one publishing unit in the place of 0): there is a term for every fund, so y is unique

Central money never moves between subjects. y is decided in whole publishing units; what follows is the annual problem
with these pools, reference amounts included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.explanation.indicators import shortfall_at
from transfer_opt.allocation.formulation.builder import _Builder, _Draft, _with_violations
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import RuleRows, raw_bounds, written_rules
from transfer_opt.allocation.formulation.stages import _goal_stage, _soft_stages
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Published, optimum_and_proof
from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import (
    ONE,
    ZERO,
    Exacts,
    ceiling,
    every,
    exact,
    exacts,
    flooring,
    nearest,
    spelled,
    total,
)
from transfer_opt.core.expressions import Linear, exactly, variables
from transfer_opt.core.vocabulary import (
    NEED_RULE,
    POOL_AMOUNT,
    POOLS,
    PROVINCE_SHARE,
    PROVINCE_SIDES,
)
from transfer_opt.intake.assemble import budget_for, kept_share
from transfer_opt.lexlp.program import PROVINCE, LevelStage, SumStage
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import CLOSEST

STAGE = "贴近拟定拆分"
GROWTH_RULE = "生态稳定增长"


@dataclass(frozen=True)
class Bounds:
    """The province's own money by fund (F,), money: what the office drafted, and how far it may be moved."""

    draft: Exacts
    least: Exacts
    most: Exacts


@dataclass(frozen=True)
class Split:
    """How the province's own money is shared out."""

    bounds: Bounds
    decided: Exacts
    """(F,) money, whole publishing units."""
    short_before: float | None
    """三保缺口 with the draft; None where it leaves no allocation."""
    short_after: float | None
    """The same with what was decided."""
    proof: str
    """The certificate, accepted by the independent checker."""


def bounds_of(case: Case) -> Bounds | None:
    """What 「资金总额」 says of the province's own money; None where nothing may be moved.

    A fund whose part is left blank has none; a side left blank bounds nothing but 0 and the whole.
    """
    if not case.province_moves:
        return None
    said = [fund.number(PROVINCE_SHARE) for fund in case.funds]
    sides = [[fund.number(side) for fund in case.funds] for side in PROVINCE_SIDES]
    draft = np.array([ZERO if np.isnan(value) else exact(value) for value in said], dtype=object)
    whole, unit = total(draft), case.figures.unit
    least, most = [], []
    for value, own, low, high in zip(said, draft, *sides, strict=True):
        fixed = np.isnan(value)
        floor = own if fixed else ZERO if np.isnan(low) else exact(low)
        cap = own if fixed else whole if np.isnan(high) else exact(high)
        least.append(own if fixed else ceiling(floor / unit) * unit)
        most.append(own if fixed else flooring(cap / unit) * unit)
    return Bounds(draft, np.array(least, dtype=object), np.array(most, dtype=object))


def decided(instance: Instance) -> tuple[Instance, Split | None]:
    """The problem with the pools that the split makes, and the split; as it is where nothing may be moved.

    Raises InputError where the sides leave no split, or one that a rule follows in a bent line; where no split leaves an
    allocation, the problem comes back as it is.
    """
    bounds = bounds_of(instance.case)
    if bounds is None:
        return instance, None
    _refuse_unfit(instance, bounds)
    case, formulation = instance.case, _formulated(instance, bounds)
    found = optimum_and_proof(
        [(fund.name, "", PROVINCE_SHARE) for fund in case.funds],
        lambda money, _: _whole(instance, bounds, money),
        lambda _: formulation,  # its bounds are whole units already
        instance.solver,
    )
    if not isinstance(found, Published):
        return instance, None
    parts = np.array([int(count) * case.figures.unit for count in found.units], dtype=object)
    moved = _with_parts(instance, bounds, parts)
    return moved, Split(bounds, parts, _short(instance), _short(moved), found.certificate)


def _with_parts(instance: Instance, bounds: Bounds, parts: Exacts) -> Instance:
    """The annual problem with these parts of the pools."""
    return instance.with_change(
        *(
            Change(POOLS, fund.name, POOL_AMOUNT, "", float(exact(fund.budget) + now - before))
            for fund, now, before in zip(instance.case.funds, parts, bounds.draft, strict=True)
            if now != before
        )
    )


def _short(instance: Instance) -> float | None:
    """三保缺口 of the optimum before rounding."""
    if not instance.optimum.possible:
        return None
    return float(np.nansum(shortfall_at(instance.case, instance.optimum.amounts)))


def _formulated(instance: Instance, bounds: Bounds) -> Formulation:
    """The program: the parts first, then the amounts; the pools are sums of what is central and the parts."""
    draft, count = instance.case, len(instance.case.funds)
    parts = variables(
        count,
        np.array([fund.name for fund in draft.funds], dtype=object),
        np.stack([np.arange(count), np.full(count, NOWHERE)], axis=1),
    )
    kept = np.array(
        [kept_share(instance.settings, fund.name) for fund in draft.funds], dtype=object
    )
    central = exacts([fund.budget for fund in draft.funds]) - bounds.draft
    taken = exacts([fund.provincial for fund in draft.funds])
    case = replace(
        draft,
        first=count,
        undecided=parts * kept + (central * kept - taken),
        worked_out=replace(draft.figures, pools=(central + bounds.most) * kept - taken),
    )
    rules = [
        entry if entry.rule.name == NEED_RULE else _hard(entry)
        for entry in written_rules(case, instance.settings)
    ]
    floor, cap = raw_bounds(case, rules)
    builder = _Builder(
        np.concatenate([bounds.least, floor]),
        np.concatenate([bounds.most, cap]),
        np.zeros(count, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
    )
    builder.add_rows(exactly(_sum(parts), np.array([total(bounds.draft)], dtype=object)))
    made = [_with_violations(builder, entry, case) for entry in rules]
    need = [entry for entry in made if entry.rule.name == NEED_RULE]
    short = _soft_stages(builder, need, case)
    scale = np.array([max(part, draft.figures.unit) for part in bounds.draft], dtype=object)
    nearness = _Draft(LevelStage(STAGE, np.arange(count), bounds.draft, scale, True, True))
    # The amounts are not published: they are made unique so that the certificate can be checked row by row.
    closing = [
        *(draft for draft in short if isinstance(draft.stage, LevelStage)),
        _goal_stage(builder, CLOSEST, case, case.amount),
    ]
    sums = [draft for draft in short if isinstance(draft.stage, SumStage)]
    statement = builder.statement(count)
    return Formulation(
        replace(statement, reach=np.full(len(statement.row_lower), PROVINCE)),
        tuple(stage.padded(builder.count) for stage in (*sums, nearness, *closing)),
        tuple(made),
        (),
        False,
        draft.figures.unit,
    )


def _hard(entry: RuleRows) -> RuleRows:
    """The rule's hard rows alone: what may give way does not decide whose money it is."""
    kept = entry.hard
    return replace(
        entry,
        rows=entry.rows[kept],
        hard=entry.hard[kept],
        priority=entry.priority[kept],
        violation=entry.violation[kept],
        single=entry.single[kept],
        position=entry.position[kept],
    )


def _sum(parts: Linear) -> Linear:
    count = len(parts)
    return Linear(
        np.zeros(count, dtype=np.int64),
        parts.columns,
        every(count, ONE),
        every(1),
        np.array([PROVINCE_SHARE], dtype=object),
        np.array([[NOWHERE, NOWHERE]]),
    )


def _whole(instance: Instance, bounds: Bounds, money: Exacts) -> Ints:
    """Whole units with the same sum, each part a neighbour of its own: of these the one that leaves least short of 三保.

    Where several leave the same, units that are left over go to the largest rests, the first fund first.
    """
    unit = instance.case.figures.unit
    counts = [amount / unit for amount in money]
    base = np.array([int(flooring(count)) for count in counts], dtype=np.int64)
    rests = {
        f: count - low for f, (count, low) in enumerate(zip(counts, base.tolist(), strict=True))
    }
    open_ = sorted((f for f, rest in rests.items() if rest), key=lambda f: (-rests[f], f))
    left = nearest(sum(counts, ZERO)) - int(base.sum())
    ways = []
    for chosen in combinations(open_, left):
        units = base.copy()
        units[list(chosen)] += 1
        ways.append(units)
    if len(ways) == 1:
        return ways[0]

    def short(units: Ints) -> float:
        parts = np.array([int(count) * unit for count in units], dtype=object)
        found = _short(_with_parts(instance, bounds, parts))
        return np.inf if found is None else found

    return min(ways, key=short)


def _refuse_unfit(instance: Instance, bounds: Bounds) -> None:
    """Raise InputError where no split can be sought within these bounds."""
    case, unit = instance.case, instance.case.figures.unit
    whole = total(bounds.draft)
    wrong: list[Problem] = []
    if (whole / unit).denominator != 1:
        wrong.append(
            Problem(
                "E403",
                f"{PROVINCE_SHARE}合计 {spelled(whole)} 不是公布单位（{case.unit_name}）的整数倍。",
                "改成整数倍，或改小「取整」的单位。",
                POOLS,
                column=PROVINCE_SHARE,
            )
        )
    for f, fund in enumerate(case.funds):
        if bounds.least[f] < bounds.most[f] and (least := _steady(instance, bounds, f)) is not None:
            wrong.append(
                Problem(
                    "E404",
                    f"{fund.name}的{PROVINCE_SIDES[0]} {spelled(bounds.least[f])} 使总额增幅低于「{GROWTH_RULE}」的增长率，"
                    "统筹时这条规则不是直线，不能求解。",
                    f"{PROVINCE_SIDES[0]}改为不低于 {spelled(least)}，或停用「{GROWTH_RULE}」。",
                    POOLS,
                    column=PROVINCE_SIDES[0],
                )
            )
    if wrong:
        raise InputError(wrong)


def _steady(instance: Instance, bounds: Bounds, f: int) -> mpq | None:
    """The least part of a fund with which it grows as its growth rule wants; None where the bounds keep to it already."""
    case, settings = instance.case, instance.settings
    lines = np.flatnonzero(case.lines.fund == f)
    subjects = case.amount.subjects[lines]
    on: Bools = settings.on(GROWTH_RULE, subjects)
    rates: Floats = settings.numbers(GROWTH_RULE, "增长率", subjects)[on]
    last = case.last_total[f]
    if not len(rates) or np.isnan(rates).all() or not last:
        return None
    fund, unit = case.funds[f], case.figures.unit
    budget = budget_for(settings, fund, (1 + exact(float(np.nanmax(rates)))) * last)
    if budget is None:
        return None
    least = budget - (exact(fund.budget) - bounds.draft[f])
    return None if least <= bounds.least[f] else ceiling(least / unit) * unit
