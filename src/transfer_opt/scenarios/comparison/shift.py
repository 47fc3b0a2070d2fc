"""What a scenario moves between the levels that pay for shared services, and what the same would cost as money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.exact import ZERO, Exacts, filled, total
from transfer_opt.core.vocabulary import SHARED_RULE
from transfer_opt.policy.shared_costs import LEVELS
from transfer_opt.scenarios.comparison.attribution import differing
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.counterfactual import state_of
from transfer_opt.scenarios.goals import GOALS, Goal
from transfer_opt.scenarios.need import Answer, need, pool_lever

SHORTFALL = GOALS["三保缺口"]


@dataclass(frozen=True)
class Direct:
    """The fund that brings the shortfall down to the same with the least money more."""

    fund: str
    money: mpq


@dataclass(frozen=True)
class Shift:
    """From one column to another: who pays more and who less of the shared services."""

    first: str
    second: str
    levels: Exacts
    """(4, n) change on the common units, money; None where a side does not know the unit."""
    mine: tuple[mpq, mpq]
    """What all counties pay before and after."""
    short: tuple[float, float]
    """三保缺口 before and after, money."""
    direct: Direct | None
    """None: not asked, because something else differs or the shortfall does not fall; or not found."""
    out_of_reach: bool = False
    """Whether it was asked, and no value tried of any fund's pool brings the shortfall down to the same."""

    @property
    def by_level(self) -> tuple[mpq, ...]:
        """The change of each level over the units both sides know."""
        return tuple(total(filled(level)) for level in self.levels)


def shifts(base: Side, others: Sequence[Side]) -> Iterator[Shift]:
    """One for each column that pays for shared services otherwise than the base."""
    for side in others:
        if base.plan is None or side.plan is None:
            continue
        before, after = (_paid(each) for each in (base, side))
        if before is None or after is None:
            continue
        pairs = zip(before.flat, after.flat, strict=True)
        moved = [None if None in pair else pair[1] - pair[0] for pair in pairs]
        if any(moved):
            levels = np.array(moved, dtype=object).reshape(len(LEVELS), -1)
            mine = total(filled(before[-1])), total(filled(after[-1]))
            short = _short(base), _short(side)
            alike = total(filled(levels.ravel())) == ZERO
            answers = _answers(base.plan, side.plan, short) if alike else ()
            yield Shift(
                base.name,
                side.name,
                levels,
                mine,
                short,
                _cheapest(answers),
                bool(answers) and all(answer.least is None for _, answer in answers),
            )


def _paid(side: Side) -> Exacts | None:
    """What each level pays in each of the common units (4, n); None where the side tells of no shared services."""
    assert side.plan is not None
    paid = side.plan.case.burdens
    if paid is None:
        return None
    whole = paid.by_level.sum(axis=0)
    found = whole[:, side.place]
    found[:, side.place == NOWHERE] = None
    return np.asarray(found)


def _short(side: Side) -> float:
    return float(np.nansum(side.short))


def _answers(
    first: Plan, second: Plan, short: tuple[float, float]
) -> tuple[tuple[str, Answer], ...]:
    """Fund by fund, how much it takes to make the first plan's shortfall as small as the second's."""
    before, after = short
    goal = Goal(SHORTFALL, after, first.case.dust)
    if not goal.lacks(before) or differing(first, second) != [SHARED_RULE]:
        return ()
    instance = state_of(first).instance()
    return tuple(
        (fund.spec.short, need(instance, goal, pool_lever(first.settings, first.case, fund)))
        for fund in first.case.funds
    )


def _cheapest(answers: Sequence[tuple[str, Answer]]) -> Direct | None:
    """The fund with the least money more, of those whose least is certain."""
    found = [
        Direct(fund, mpq(answer.least.at.count) * mpq(str(answer.lever.step)))
        for fund, answer in answers
        if answer.least
        and answer.least.confirmed
        and answer.together
        and answer.solved
        and answer.least.at.count > 0
    ]
    return min(found, key=lambda each: each.money, default=None)
