"""What recipients and prefectures decide alone: by cuts known beforehand, all groups at once, without a program.

A group (a recipient; a prefecture where rows tie its recipients together) shares no row but those of the province
with the others. Whatever it decides above the next ratio of the province does not wait for its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Ints, sums
from transfer_opt.lexlp.cuts import (
    FEASIBLE,
    RELATIVE_ZERO,
    SNAP,
    Cut,
    State,
    Terms,
    cleaned,
    components,
    crossings,
)
from transfer_opt.lexlp.program import PROVINCE, ZERO_DUAL, Program


@dataclass(frozen=True)
class Bundle:
    """K cuts side by side; entries (cut, column, price)."""

    cut: Ints
    columns: Ints
    prices: Floats
    constant: Floats
    """(K,) Σ y·b of the rows."""

    @staticmethod
    def of(cuts: Sequence[Cut]) -> Bundle:
        """These cuts, in their order."""
        which = np.repeat(np.arange(len(cuts)), [len(each.columns) for each in cuts])
        nothing = np.zeros(0)
        return Bundle(
            which,
            np.concatenate([nothing.astype(np.int64), *(each.columns for each in cuts)]),
            np.concatenate([nothing, *(each.prices for each in cuts)]),
            np.array([each.constant.sum() for each in cuts], dtype=float),
        )

    def picked(self, chosen: Ints) -> Bundle:
        """These cuts, numbered anew in the order given."""
        place = np.full(len(self.constant), -1)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.cut] >= 0
        return Bundle(
            place[self.cut[kept]], self.columns[kept], self.prices[kept], self.constant[chosen]
        )

    def ends(self, terms: Terms, state: State, theta: Floats) -> Floats:
        """Where the priced columns stand at these ratios (K,)."""
        ends = np.where(self.prices > 0, state.upper[self.columns], state.lower[self.columns])
        moving = self._moving(terms, state)
        low, high = terms.box(state, terms.place[self.columns[moving]], theta[self.cut[moving]])
        ends[moving] = np.where(self.prices[moving] > 0, high, low)
        return np.asarray(ends)

    def roots(self, terms: Terms, state: State) -> Floats:
        """The θ at which each violation ends (K,): -inf where there is none, +inf where no θ ends it."""
        count = len(self.constant)
        widest = np.where(self.prices > 0, state.upper[self.columns], state.lower[self.columns])
        least = self.constant - sums(self.cut, self.prices * widest, count)
        tight = self.prices * self.ends(terms, state, np.full(count, -np.inf))
        most = self.constant - sums(self.cut, tight, count)
        blur = FEASIBLE + RELATIVE_ZERO * sums(self.cut, np.abs(tight), count)
        rises = (most > blur) & (least <= blur)
        at = np.flatnonzero(self._moving(terms, state) & rises[self.cut])
        chosen, price = terms.place[self.columns[at]], self.prices[at]
        theta, speed = crossings(terms, state, self.cut[at], chosen, price > 0, np.abs(price), most)
        low, high = terms.box(state, chosen, theta[self.cut[at]])
        # One sum by itself for every cut gives back the digits the running sums lost.
        left = most + sums(self.cut[at], tight[at] - price * np.where(price > 0, high, low), count)
        falls = speed > 0
        theta[falls] += left[falls] / speed[falls]
        return np.where(rises, theta, np.where(least > blur, np.inf, -np.inf))

    def _moving(self, terms: Terms, state: State) -> Bools:
        moving = (terms.place[self.columns] >= 0) & (
            state.lower[self.columns] < state.upper[self.columns]
        )
        return np.asarray(moving & np.where(self.prices > 0, terms.above, terms.below))


@dataclass(frozen=True)
class Sources:
    """The cuts a group may use: its rows by themselves (a row, and the sign of its dual), and cuts met before."""

    program: Program
    state: State
    rows: Ints
    signs: Floats
    met: Sequence[Cut]

    @staticmethod
    def of(program: Program, state: State, met: Sequence[Cut]) -> Sources:
        """Every side of every row within a group that still has something to say."""
        open_row = np.zeros(program.shape[0], dtype=bool)
        open_row[program.rows[(state.lower < state.upper)[program.columns]]] = True
        inside = open_row & (program.reach < PROVINCE)
        up, down = (
            np.flatnonzero(inside & np.isfinite(side))
            for side in (state.row_lower, state.row_upper)
        )
        return Sources(
            program,
            state,
            np.concatenate([up, down]),
            np.repeat([1.0, -1.0], [len(up), len(down)]),
            met,
        )

    def bundle(self) -> Bundle:
        """All of them side by side."""
        program = self.program
        order = np.argsort(program.rows, kind="stable")
        counts = np.bincount(program.rows, minlength=program.shape[0])
        first, taken = np.cumsum(counts) - counts, counts[self.rows]
        entries = order[
            np.repeat(first[self.rows] - (np.cumsum(taken) - taken), taken) + np.arange(taken.sum())
        ]
        cut = np.repeat(np.arange(len(self.rows)), taken)
        met = Bundle.of(self.met)
        return Bundle(
            np.concatenate([cut, len(self.rows) + met.cut]),
            np.concatenate([program.columns[entries], met.columns]),
            np.concatenate([program.values[entries] * self.signs[cut], met.prices]),
            np.concatenate([self.signs * self._sides(), met.constant]),
        )

    def groups(self) -> Ints:
        """The group of every cut."""
        inside = self.program.reach[self.program.rows] < PROVINCE
        label = components(
            self.program.rows[inside], self.program.columns[inside], self.program.shape
        )
        return np.concatenate(
            [label[self.rows], label[[each.rows[0] for each in self.met]]]
        ).astype(np.int64)

    def cut(self, number: int, bundle: Bundle) -> Cut:
        """One of them by itself."""
        if number >= len(self.rows):
            return self.met[number - len(self.rows)]
        inside = slice(*np.searchsorted(bundle.cut, [number, number + 1]))
        return Cut(
            self.rows[[number]],
            self.signs[[number]],
            bundle.columns[inside],
            bundle.prices[inside],
            bundle.constant[[number]],
            True,
        )

    def duals(self, numbers: Ints) -> tuple[Ints, Ints, Floats]:
        """The dual vectors of some cuts: (which of them, row, dual)."""
        single, many = (
            np.flatnonzero(numbers < len(self.rows)),
            np.flatnonzero(numbers >= len(self.rows)),
        )
        met = [self.met[number - len(self.rows)] for number in numbers[many]]
        return (
            np.concatenate([single, np.repeat(many, [len(each.rows) for each in met])]).astype(
                np.int64
            ),
            np.concatenate([self.rows[numbers[single]], *(each.rows for each in met)]).astype(
                np.int64
            ),
            np.concatenate([self.signs[numbers[single]], *(each.duals for each in met)]),
        )

    def _sides(self) -> Floats:
        return np.where(
            self.signs > 0, self.state.row_lower[self.rows], self.state.row_upper[self.rows]
        )


@dataclass(frozen=True)
class _Round:
    """Steps side by side: their cuts, which entries they fixed, their ratios, their rows and duals."""

    bundle: Bundle
    fresh: Bools
    theta: Floats
    row_cut: Ints
    rows: Ints
    duals: Floats


@dataclass(frozen=True)
class Alone:
    """What every group decides alone from a state on."""

    when: Floats
    """(C,) the ratio at which a column is decided; -inf where it is not."""
    value: Floats
    """(C,) what it then is."""
    thetas: tuple[float, ...]
    """The ratio of every step, highest first."""
    cut: Callable[[int], Cut]
    """What proves a step; made only where it is wanted, for most steps are found anew after the next level."""
    halts: tuple[Cut, ...]
    """What comes after something that only a program finds."""
    rounds: tuple[_Round, ...]
    """The steps that went side by side, first to last."""

    def after(self, state: State, theta: float) -> State:
        """The state once everything above θ is decided."""
        decided = np.flatnonzero(self.when > theta)
        return state.fixed(decided, self.value[decided])

    def joined(self, program: Program, duals: Floats, theta: float) -> Floats:
        """A dual found with everything above θ fixed, joined with as much of what fixed it as makes it hold above, too.

        Every column that a step fixed then leans on the end where the step put it: going up, the violation falls
        without a jump.
        """
        duals, prices = duals.copy(), program.priced(duals)
        for each in reversed(self.rounds):
            part = each.bundle
            against = prices[part.columns] * np.sign(part.prices) < -ZERO_DUAL
            wrong = each.fresh & (each.theta > theta)[part.cut] & against
            share = np.zeros(len(each.theta))
            np.maximum.at(share, part.cut[wrong], -(prices[part.columns] / part.prices)[wrong])
            np.add.at(prices, part.columns, share[part.cut] * part.prices)
            np.add.at(duals, each.rows, share[each.row_cut] * each.duals)
        return cleaned(duals)


def nothing(columns: int) -> Alone:
    """Nobody decides anything alone."""
    return Alone(np.full(columns, -np.inf), np.zeros(columns), (), _no_cut, (), ())


def _no_cut(step: int) -> Cut:
    raise IndexError(step)


def alone(program: Program, terms: Terms, state: State, met: Sequence[Cut]) -> Alone:
    """Group by group, the cut with the highest root first, until a root rises or can no longer be met at all."""
    sources = Sources.of(program, state, met)
    if not len(sources.rows) + len(met):
        return nothing(program.shape[1])
    rounds = _Rounds(terms, state, sources)
    rounds.run()
    return rounds.result()


class _Rounds:
    """One step of every group per round."""

    def __init__(self, terms: Terms, state: State, sources: Sources) -> None:
        self._terms, self._start, self._sources = terms, state, sources
        self._bundle, self._group = sources.bundle(), sources.groups()
        self._rounds: list[_Round] = []
        self._now = State(state.lower.copy(), state.upper.copy(), state.row_lower, state.row_upper)
        self._step_of = np.full(len(state.lower), -1)
        self._steps: list[tuple[float, int]] = []
        self._undone: set[int] = set()
        count = int(self._group.max()) + 1
        self._last, self._before = np.full(count, np.inf), np.full(count, -1)

    def run(self) -> None:
        """Until no group moves."""
        active = np.arange(len(self._group))
        while len(active):
            roots = self._bundle.picked(active).roots(self._terms, self._now)
            group = self._group[active]
            order = np.lexsort((-roots, group))
            best = order[np.flatnonzero(np.diff(group[order], prepend=-1))]
            theta, of = roots[best], group[best]
            stops = (theta > self._last[of] + SNAP * np.maximum(1.0, np.abs(theta))) | (
                theta == np.inf
            )
            self._undo(of[stops])
            goes = ~stops & (theta > -np.inf)
            self._take(active[best[goes]], theta[goes], of[goes])
            active = active[np.isin(group, of[goes])]

    def _take(self, cuts: Ints, theta: Floats, group: Ints) -> None:
        part, first = self._bundle.picked(cuts), len(self._steps)
        fresh = self._now.lower[part.columns] < self._now.upper[part.columns]
        ends = part.ends(self._terms, self._now, theta)
        self._now.lower[part.columns] = self._now.upper[part.columns] = ends
        self._step_of[part.columns[fresh]] = first + part.cut[fresh]
        self._last[group], self._before[group] = theta, first + np.arange(len(cuts))
        self._steps += zip(theta.tolist(), cuts.tolist(), strict=True)
        self._rounds.append(_Round(part, fresh, theta, *self._sources.duals(cuts)))

    def _undo(self, groups: Ints) -> None:
        steps = self._before[groups]
        back = (self._step_of >= 0) & np.isin(self._step_of, steps)
        self._now.lower[back], self._now.upper[back] = (
            self._start.lower[back],
            self._start.upper[back],
        )
        self._step_of[back] = -1
        self._undone |= set(steps[steps >= 0].tolist())

    def result(self) -> Alone:
        """All steps that stand."""
        taken = self._step_of >= 0
        when = np.full(len(taken), -np.inf)
        when[taken] = np.array([theta for theta, _ in self._steps])[self._step_of[taken]]
        kept = sorted(
            (step for k, step in enumerate(self._steps) if k not in self._undone),
            key=lambda step: -step[0],
        )
        halts = [self._steps[k][1] for k in sorted(self._undone)]

        def made(step: int) -> Cut:
            return self._sources.cut(kept[step][1], self._bundle)

        return Alone(
            when,
            self._now.lower,
            tuple(theta for theta, _ in kept),
            made,
            tuple(self._sources.cut(cut, self._bundle) for cut in halts),
            tuple(self._rounds),
        )
