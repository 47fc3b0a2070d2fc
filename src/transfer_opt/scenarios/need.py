"""「反算」: the least of a pool, or the least and the greatest of a parameter, with which a goal is reached.

Nothing is taken for granted about how the goal moves with the quantity: values are tried from where it stands outwards,
then between one that reaches the goal and one that does not, down to one step. Both sides of an end are solved again in
full, with proof. An end is called the least or the greatest only where the values tried reach the goal in one stretch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, floor, isfinite

import numpy as np

from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Published
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import InputError, Problem, SolverError
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import POOL_AMOUNT, POOLS, RESERVED
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case, Fund
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings, shown
from transfer_opt.scenarios.goals import Goal
from transfer_opt.scenarios.sweep.plan import addressed

LARGEST_GROWTH = 10
"""A pool is tried up to so many times what it is."""
FINE_SHARE, FINE_RATIO = Decimal("0.0001"), Decimal("0.001")
"""The step of a share and of a multiple."""
FIRST_PART = 500
"""The first value tried lies by this part away from the present one; the next twice as far, and so on."""
MOST_TRIED = 200
BESIDE = 2
"""So many steps on both sides of an end are tried as well: rounding to whole units may reach a goal and miss it again."""


@dataclass(frozen=True)
class Lever:
    """The quantity that is varied: `now` and so many steps up and down."""

    text: str
    change: Change
    kind: str
    """money, share or ratio."""
    now: Decimal
    step: Decimal
    low: int
    high: int
    """How many steps it may go, from `now`."""

    def value(self, count: int) -> Decimal:
        """The value so many steps from where it stands."""
        return self.now + count * self.step

    def at(self, count: int) -> Change:
        """The cell written so."""
        return replace(self.change, value=float(self.value(count)))

    def shown(self, count: int, money_unit: str) -> str:
        """A value in words."""
        value = self.value(count)
        return (
            f"{value.normalize():,f} {money_unit}"
            if self.kind == "money"
            else shown(float(value), self.kind)
        )


@dataclass(frozen=True)
class Tried:
    """What a value came to: the measure, or the money by which the rules contradict each other; neither: not solved."""

    count: int
    value: float | None
    short: float | None
    lacks: float
    """From the goal; infinite without an allocation."""

    @property
    def reached(self) -> bool:
        """Whether the goal is."""
        return self.lacks == 0


@dataclass(frozen=True)
class End:
    """A value that reaches the goal and its neighbour one step farther that does not, each solved again with proof."""

    at: Tried
    beyond: Tried | None
    """None where the quantity may go no farther."""

    @property
    def sides(self) -> tuple[Tried, ...]:
        """Both."""
        return (self.at,) if self.beyond is None else (self.at, self.beyond)

    @property
    def adjacent(self) -> bool:
        """Whether one step lies between them."""
        return self.beyond is None or abs(self.beyond.count - self.at.count) == 1

    @property
    def confirmed(self) -> bool:
        """Whether they are one step apart, and solved again say what the search says of them."""
        fails = self.beyond is not None and self.beyond.reached
        return self.adjacent and self.at.reached and not fails


@dataclass(frozen=True)
class Answer:
    """What was found out of one quantity."""

    lever: Lever
    now: Tried
    least: End | None
    greatest: End | None
    """Both None where no value tried reaches the goal."""
    tried: tuple[Tried, ...]
    """In order of value."""

    @property
    def best(self) -> Tried:
        """The value tried that comes nearest to the goal."""
        return min(self.tried, key=_rank)

    @property
    def together(self) -> bool:
        """Whether the values that reach the goal are one stretch of those tried."""
        reached = [each.reached for each in self.tried]
        inside = reached[_first(reached) : len(reached) - _first(reached[::-1])]
        return all(inside) or not any(reached)

    @property
    def solved(self) -> bool:
        """Whether every value tried came to an allocation or a contradiction."""
        return all(each.short is not None for each in self.tried)


def need(
    instance: Instance, goal: Goal, lever: Lever, report: Callable[[int], None] = lambda _: None
) -> Answer:
    """Search one quantity; `report` hears how many values were tried. Raises InputError where the goal has no value."""
    search = _Search(instance, goal, lever, report)
    search.spread()
    search.approach()
    least, greatest = search.end(-1), search.end(1)
    tried = tuple(search.known[count] for count in sorted(search.known))
    return Answer(lever, search.known[0], least, greatest, tried)


def pool_lever(settings: Settings, case: Case, fund: Fund) -> Lever:
    """The pool of a fund, by publishing units: from nothing to distribute to LARGEST_GROWTH times what it is."""
    now, step = Decimal(repr(float(fund.budget))), Decimal(repr(float(case.unit)))
    kept = 1 - Decimal(repr(settings.cell(POOLS, RESERVED, fund.name)))
    least = Decimal(repr(float(fund.provincial))) / kept if kept else now
    return Lever(
        f"{fund.name}·{POOL_AMOUNT}",
        Change(POOLS, fund.name, POOL_AMOUNT, ""),
        "money",
        now,
        step,
        min(0, ceil((least - now) / step)),
        max(1, int(now * (LARGEST_GROWTH - 1) / step)),
    )


def lever(prepared: Prepared, case: Case, text: str) -> Lever:
    """The quantity meant by a fund's name or by 规则·资金·参数; raises InputError."""
    parts = [normalise(part) for part in text.split("·")]
    if parts[0] == POOLS and len(parts) == 3 and parts[2] == POOL_AMOUNT:
        parts = [parts[1]]
    if len(parts) == 1:
        for fund in case.funds:
            if parts[0] in (fund.name, fund.spec.short):
                return pool_lever(prepared.settings, case, fund)
        names = [name for fund in case.funds for name in (fund.name, fund.spec.short)]
        raise _wrong("E255", f"--by「{text}」：没有这项资金。", did_you_mean(parts[0], names))
    if len(parts) > 4:
        raise _wrong("E255", f"--by「{text}」看不懂。", "写资金名称，或 规则·资金·参数。")
    rule = prepared.spec.rules.get(parts[0])
    named = rule.parameters.get(parts[1 if len(parts) == 2 else 2]) if rule else None
    if named and not named.numeric:
        raise _wrong(
            "E234", f"--by「{text}」：不是数字参数。", "写一个数字参数，如一个比例、倍数。"
        )
    problems: list[Problem] = []
    found = addressed(prepared, f"--by「{text}」", parts, (0.0,), problems)
    if found is None:
        raise InputError(tuple(problems))
    change, spec = (
        found.change,
        prepared.spec.rules[found.change.rule].parameters[found.change.parameter],
    )
    settings = prepared.settings
    value = settings.cell(change.rule, change.parameter, change.fund, change.object)
    if not isfinite(value) or not settings.on_anywhere(change.rule):
        raise _wrong(
            "E256",
            f"--by「{text}」：规则没有启用，或这一项现在没有取值。",
            "写明资金和对象，或先在「约束参数」启用它、填上取值。",
        )
    now = Decimal(repr(value))
    step = FINE_SHARE if spec.kind == "share" else FINE_RATIO
    most = spec.maximum
    if spec.kind == "money":  # a bound: of one fund, or of all together
        step = Decimal(repr(float(case.unit)))
        most = sum(fund.pool for fund in case.funds if change.fund in ("", fund.name))
    low, high = (Decimal(repr(float(side))) for side in (spec.minimum, max(most, value)))
    return Lever(
        found.text,
        change,
        spec.kind,
        now,
        step,
        ceil((low - now) / step),
        floor((high - now) / step),
    )


class _Search:
    """The values tried so far, by how many steps they are away."""

    def __init__(
        self, instance: Instance, goal: Goal, lever: Lever, report: Callable[[int], None]
    ) -> None:
        self._instance, self._goal, self._lever, self._report = instance, goal, lever, report
        self.known: dict[int, Tried] = {}

    def at(self, count: int) -> Tried:
        """What a value comes to, quickly."""
        if count not in self.known:
            self._report(len(self.known))
            self.known[count] = self._quickly(count)
        return self.known[count]

    def spread(self) -> None:
        """Values ever farther away, up to both limits."""
        self.at(0)
        lever = self._lever
        far = max(1, int(abs(lever.now) / lever.step) // FIRST_PART)
        counts = {lever.low, lever.high}
        while far < max(-lever.low, lever.high):
            counts |= {max(-far, lever.low), min(far, lever.high)}
            far *= 2
        for count in sorted(counts, key=abs):
            self.at(count)

    def approach(self) -> None:
        """Where nothing reaches the goal: nearer to the best value, halving what lies beside it."""
        while len(self.known) < MOST_TRIED and not any(t.reached for t in self.known.values()):
            counts = sorted(self.known)
            best = counts.index(min(self.known.values(), key=_rank).count)
            near = counts[max(0, best - 1) : best + 2]
            between = [
                (one + other) // 2
                for one, other in zip(near, near[1:], strict=False)
                if other - one > 1
            ]
            if not between:
                return
            for count in between:
                self.at(count)

    def end(self, sign: int) -> End | None:
        """The least (`sign` -1) or the greatest value that reaches the goal, to one step; None where none does."""
        while reached := [count for count, tried in self.known.items() if tried.reached]:
            inside = max(reached, key=lambda count: sign * count)
            farther = [count for count in self.known if (count - inside) * sign > 0]
            if not farther:
                return self._confirmed(inside, None)
            outside = min(farther, key=lambda count: sign * count)
            if abs(outside - inside) > 1 and len(self.known) < MOST_TRIED:
                self.at((inside + outside) // 2)
                continue
            if len(self.known) >= MOST_TRIED or not self._reached_beyond(inside, outside, sign):
                return self._confirmed(inside, outside)
        return None

    def _reached_beyond(self, inside: int, outside: int, sign: int) -> bool:
        """Try what lies beside an end; whether the goal is reached on its far side as well."""
        lever, beside = self._lever, range(1, BESIDE + 1)
        for count in [inside - sign * more for more in beside]:
            if lever.low <= count <= lever.high:
                self.at(count)
        far = [
            count for more in beside if lever.low <= (count := outside + sign * more) <= lever.high
        ]
        return any(self.at(count).reached for count in far)

    def _confirmed(self, inside: int, outside: int | None) -> End:
        """Both sides solved again in full; what that says is what is told."""
        at = self._fully(inside)
        beyond = None if outside is None else self._fully(outside)
        self.known |= {each.count: each for each in (at, beyond) if each}
        return End(at, beyond)

    def _quickly(self, count: int) -> Tried:
        instance = self._instance.with_change(self._lever.at(count))
        if instance.case.beyond_floats:
            return self._fully(count)
        try:
            found = instance.optimum
            if not found.possible:
                return Tried(count, None, found.short, np.inf)
            return self._measured(
                count, instance.case, published(instance.case, found.amounts, instance.solver.again)
            )
        except SolverError:
            return Tried(count, None, None, np.inf)

    def _fully(self, count: int) -> Tried:
        """By the door of `solve`: proved, and accepted by the independent checker."""
        instance = self._instance.with_change(self._lever.at(count))
        try:
            found = instance.solved()
        except SolverError:
            return Tried(count, None, None, np.inf)
        if not isinstance(found, Published):
            return Tried(count, None, found.short, np.inf)
        return self._measured(count, instance.case, found.units)

    def _measured(self, count: int, case: Case, units: Ints) -> Tried:
        final = case.money(units)
        value = self._goal.measure.value(case, final)
        if np.isnan(value):
            raise _wrong(
                "E257",
                f"算不出「{self._goal.measure.name}」：「县区数据」缺少它要用的列。",
                "补上三保需求、标准财政支出或上年数。",
            )
        return Tried(count, value, 0.0, self._goal.lacks(value))


def _rank(tried: Tried) -> tuple[float, float, int]:
    """The better the less: first that there is an allocation, then how far it is from the goal, and from now."""
    return (np.inf if tried.short is None else tried.short, tried.lacks, abs(tried.count))


def _first(reached: Sequence[bool]) -> int:
    return next((place for place, each in enumerate(reached) if each), 0)


def _wrong(code: str, message: str, remedy: str) -> InputError:
    return InputError([Problem(code, message, remedy)])
