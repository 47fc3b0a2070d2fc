"""The impossible, told in money: a smallest set of rules that contradict each other, and what each would have to give.

A family is one rule for one fund. The set is minimal: without any one of its families an allocation exists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

import numpy as np

from transfer_opt.constraints import CONSTRAINTS
from transfer_opt.domain import Case, Change
from transfer_opt.errors import InfeasibleError, SolverError
from transfer_opt.formulate import Formulation, RuleRows, formulate
from transfer_opt.lexicographic import Shortage, shortage_of, smallest
from transfer_opt.linear import NOWHERE, Ints
from transfer_opt.objectives import CLOSEST
from transfer_opt.program import Opener
from transfer_opt.proof import impossible
from transfer_opt.settings import Settings, shown

POOL_RULE = "资金总额"
STEP = 1000
"""Parameters are relaxed in steps of a thousandth."""
LAST = 99
"""Priority of a rule that was relaxed: whatever else is soft comes before it."""
NEGLIGIBLE = 1e-6
"""Publishing units that count as nothing."""


@dataclass(frozen=True)
class Family:
    """One rule for one fund ("" where the rule does not tell funds apart)."""

    rule: str
    fund: str

    def __str__(self) -> str:
        return f"「{self.rule}」" + (f"（{self.fund}）" if self.fund else "")


@dataclass(frozen=True)
class Conflict:
    """A minimal contradiction: its families and the money short; empty where there is none."""

    families: tuple[Family, ...]
    money: float


def infeasible(
    case: Case, settings: Settings, formulation: Formulation, shortage: Shortage, open_solver: Opener
) -> InfeasibleError:
    """The error to raise: its proof is checked in exact arithmetic first (SolverError where it does not hold)."""
    if not impossible(formulation.program, shortage.duals, case.unit):
        raise SolverError("求解器说没有可行方案，但精确核对不成立。")
    first = {*_by_rows(case, formulation, shortage), *_by_bounds(case, formulation, shortage)}
    found = conflict(case, settings, open_solver, first)
    money = f"{_rounded(found.money, case.unit):,.12g} {case.money_unit}"
    cited = "、".join(f"{family}〔{settings.rules[family.rule].brief}〕" for family in found.families)
    lines = [f"约束互相矛盾，没有可行的分配方案：{cited} 不能同时满足，相差 {money}。", "处理办法（任选一种）："]
    alone = _only(settings, found.families)
    ways = [way for family in found.families for way in _ways_out(case, alone, family, open_solver)]
    lines += [f"  {number}. {way}" for number, way in enumerate(ways, start=1)]
    return InfeasibleError("\n".join(lines))


def relaxed(settings: Settings, families: Collection[Family]) -> Settings:
    """The same settings with these families soft and last in priority; pools stay as they are."""
    soft = tuple(Change(family.rule, family.fund, "", place, hard=False, priority=LAST)
                 for family in families if not settings.rules[family.rule].fixed
                 for place in sorted({"", *(c.object for layer in settings.layers for c in layer if c.rule == family.rule)}))
    return replace(settings, layers=(*settings.layers, soft))


def conflict(case: Case, settings: Settings, open_solver: Opener, suspects: Collection[Family] = ()) -> Conflict:
    """A minimal conflicting set by deletion: a family stays only if without it the rest can be met.

    Families that are not suspects are tried first, so that the set is one of suspects where they conflict alone.
    """
    kept = list(_hard_families(case, settings))
    if _short(case, settings, open_solver) <= NEGLIGIBLE * case.unit:
        return Conflict((), 0.0)
    order = sorted(range(len(kept)), key=lambda place: (kept[place] in suspects, -place))
    for family in [kept[place] for place in order]:
        trial = [other for other in kept if other != family]
        if _short(case, _only(settings, trial), open_solver) > NEGLIGIBLE * case.unit:
            kept = trial
    return Conflict(tuple(kept), _short(case, _only(settings, kept), open_solver))


def _by_rows(case: Case, formulation: Formulation, shortage: Shortage) -> Iterator[Family]:
    """The families whose rows the contradiction leans on."""
    for entry in formulation.rules:
        leaned = (entry.position != NOWHERE) & (shortage.duals[entry.position] != 0)
        yield from _families(case, entry, entry.rows.expression.subjects[leaned, 0])


def _by_bounds(case: Case, formulation: Formulation, shortage: Shortage) -> Iterator[Family]:
    """The families whose bounds hold the columns that the contradiction presses against."""
    low, high = formulation.program.lower / case.unit, formulation.program.upper / case.unit
    for entry in formulation.rules:
        rows = entry.rows[entry.hard & entry.single]
        at = rows.expression.columns[np.argsort(rows.expression.rows)]
        prices = shortage.prices[at]
        held_up = (prices < 0) & (np.ceil(rows.lower / case.unit - NEGLIGIBLE) >= np.floor(low[at] + NEGLIGIBLE))
        held_down = (prices > 0) & (np.floor(rows.upper / case.unit + NEGLIGIBLE) <= np.ceil(high[at] - NEGLIGIBLE))
        pressed = (held_up & np.isfinite(rows.lower)) | (held_down & np.isfinite(rows.upper))
        yield from _families(case, entry, rows.expression.subjects[pressed, 0])


def _families(case: Case, entry: RuleRows, funds: Ints) -> Iterator[Family]:
    for f in np.unique(funds):
        yield Family(entry.rule.name, case.funds[f].name if f != NOWHERE else "")


def _short(case: Case, settings: Settings, open_solver: Opener) -> float:
    """Money by which bounds cross, or else by which rows must give way; 0 where an allocation exists."""
    formulation = formulate(case, settings, (CLOSEST,))
    low, high = formulation.floor_and_cap()
    crossed = float(np.maximum(low - high, 0.0).sum())
    if crossed:
        return crossed
    shortage = shortage_of(formulation.program, open_solver)
    return 0.0 if shortage is None else shortage.money


def _hard_families(case: Case, settings: Settings) -> Iterator[Family]:
    """Every family that is on and hard somewhere, in catalogue order."""
    for name in CONSTRAINTS:
        by_fund = settings.rules[name].by in ("line", "fund", "prefecture")
        for f in range(len(case.funds)) if by_fund else [NOWHERE]:
            if settings.on_anywhere(name, f):
                yield Family(name, case.funds[f].name if f != NOWHERE else "")


def _only(settings: Settings, families: Sequence[Family]) -> Settings:
    """The same settings with every other family switched off."""
    off = []
    for name, rule in settings.rules.items():
        if name in CONSTRAINTS:
            funds = settings.funds if rule.by in ("line", "fund", "prefecture") else ("",)
            objects = {"", *(change.object for layer in settings.layers for change in layer if change.rule == name)}
            off += [Change(name, fund, "", place, on=False) for fund in funds for place in sorted(objects)
                    if Family(name, fund) not in families]
    return replace(settings, layers=(*settings.layers, tuple(off)))


def _ways_out(case: Case, settings: Settings, family: Family, open_solver: Opener) -> Iterator[str]:
    """What this family alone would have to give."""
    if family.rule == POOL_RULE:
        yield from _pool_way(case, settings, family, open_solver)
        return
    relaxed = CONSTRAINTS[family.rule].relaxed_by
    if relaxed is not None:
        yield from _parameter_way(case, settings, family, relaxed, open_solver)
    if not settings.rules[family.rule].fixed:
        yield f"把{family}的刚性改为「软」。"


def _pool_way(case: Case, settings: Settings, family: Family, open_solver: Opener) -> Iterator[str]:
    """How far the pool is from what the other rules allow; not told where these would move with it."""
    if any(CONSTRAINTS[other.rule].follows_pool for other in _hard_families(case, settings)):
        return
    others = _only(settings, [other for other in _hard_families(case, settings) if other != family])
    formulation = formulate(case, others, (CLOSEST,))
    costs = np.zeros(formulation.program.shape[1])
    at = next(f for f, fund in enumerate(case.funds) if fund.name == family.fund)
    costs[: len(case.lines)] = case.lines.fund == at
    low, high = (sign * smallest(formulation.program, sign * costs, open_solver) for sign in (1.0, -1.0))
    pool = case.pools[at]
    if low > pool:
        money = ceil(round((low - pool) / case.unit, 6)) * case.unit
        yield f"把{family.fund}的资金总额增加 {money:,.12g} {case.money_unit}。"
    elif high < pool:
        money = ceil(round((pool - high) / case.unit, 6)) * case.unit
        yield f"把{family.fund}的资金总额减少 {money:,.12g} {case.money_unit}（或列为预留）。"


def _parameter_way(
    case: Case, settings: Settings, family: Family, relaxed: tuple[str, int], open_solver: Opener
) -> Iterator[str]:
    """The smallest change of the parameter, in thousandths, with which the set can be met."""
    parameter, direction = relaxed
    spec = settings.rules[family.rule].parameters[parameter]
    now = settings.cell(family.rule, parameter, family.fund)
    limit = spec.maximum if direction > 0 else spec.minimum
    reach = min(ceil(abs(limit - now) * STEP), 10 * STEP)

    def met(steps: int) -> bool:
        value = _stepped(now, direction, steps)
        change = Change(family.rule, family.fund, parameter, "", value)
        return _short(case, replace(settings, layers=(*settings.layers, (change,))), open_solver) <= NEGLIGIBLE * case.unit

    if not met(reach):
        return
    low, high = 0, reach
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if met(middle) else (middle, high)
    yield f"把{family}的{parameter}由 {shown(now, spec.kind)} 改为 {shown(_stepped(now, direction, high), spec.kind)}。"


def _stepped(now: float, direction: int, steps: int) -> float:
    """The value so many thousandths on, on the grid of thousandths."""
    grid = floor(now * STEP + NEGLIGIBLE) if direction > 0 else ceil(now * STEP - NEGLIGIBLE)
    return round((grid + direction * steps) / STEP, 3)


def _rounded(money: float, unit: float) -> float:
    return round(money / unit, 6) * unit
