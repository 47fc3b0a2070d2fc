"""Levels on trial: a guess of the next levels made of known cuts alone, to be proved by one linear program.

What a recipient or a prefecture decides alone does not wait for its turn: all of it above the next level of the whole
province is taken in one chain, and one program proves the chain.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from transfer_opt.levels import FEASIBLE, SNAP, Cut, State, Terms
from transfer_opt.linear import NOWHERE, Floats
from transfer_opt.program import Program

Level = tuple[float, Cut | None]
"""The ratio reached and its proof; without one, every term still open is at the best it reaches alone."""


@dataclass(frozen=True, eq=False)
class Step:
    """One level on trial, and where it fixes the columns of its cut."""

    theta: float
    cut: Cut
    ends: Floats


@dataclass(frozen=True)
class _Sequence:
    """What a group decides alone, highest first; at `halt` something else must come first, which only a program finds."""

    steps: tuple[Step, ...]
    halt: Cut | None


@dataclass(frozen=True)
class Chain:
    """Levels on trial: what is decided alone, highest first, then one level of the province (None: no more)."""

    state: State
    """With the columns of `alone` fixed, those of `binding` not yet."""
    alone: tuple[Step, ...]
    theta: float
    binding: Cut | None

    @property
    def progress(self) -> tuple[float, float, int]:
        """Different when anything about the chain is."""
        return self.theta, sum(step.theta for step in self.alone), len(self.alone)

    @property
    def rises(self) -> bool:
        """Whether a later ratio is above an earlier one, so that the earlier cut does not prove the largest ratio."""
        return any(later > earlier + SNAP * max(1.0, abs(earlier))
                   for (earlier, _), (later, _) in pairwise(self.levels))

    @property
    def levels(self) -> tuple[Level, ...]:
        """Its levels in order, with what proves them."""
        return (*((step.theta, step.cut) for step in self.alone), (self.theta, self.binding))

    def settled(self, program: Program, terms: Terms) -> State:
        """The state after all of them, for good."""
        state = self.state
        if self.binding is not None:
            state = state.fixed(self.binding.columns, self.binding.ends(terms, state, self.theta))
        rows = State(state.lower, state.upper, state.row_lower.copy(), state.row_upper.copy())
        for _, cut in self.levels:
            if cut is not None:
                cut.settle(program, rows)
        return rows


class Known:
    """The cuts a stage has met and may meet again, in groups that share no column but through the province."""

    def __init__(self, terms: Terms, columns: int) -> None:
        self._terms = terms
        self._wide: list[Cut] = []
        self._groups: dict[int, list[Cut]] = {}
        self._group_of = np.full(columns, NOWHERE)
        self._sequences: dict[int, _Sequence] = {}

    def add(self, found: Iterable[Cut]) -> None:
        """Enter cuts; those that are not of the province join, and join up, the groups whose columns they touch."""
        for cut in found:
            if not cut.local:
                self._wide.append(cut)
                continue
            group = int(cut.columns[0]) if len(cut.columns) else NOWHERE
            met = {int(other) for other in np.unique(self._group_of[cut.columns]) if other != NOWHERE}
            joined = [other for old in sorted(met) for other in self._groups.pop(old)]
            self._groups[group] = [*self._groups.get(group, []), *joined, cut]
            self._group_of[np.isin(self._group_of, list(met))] = group
            self._group_of[cut.columns] = group
            for old in met | {group}:
                self._sequences.pop(old, None)

    def settle(self, state: State, chain: Chain) -> None:
        """Forget the cuts whose rows were switched off, and the sequences of groups whose columns moved."""
        self._wide = [cut for cut in self._wide if cut.on(state).all()]
        moved = np.zeros(len(self._group_of), dtype=bool)
        for _, cut in chain.levels:
            if cut is not None:
                moved[cut.columns] = True
        for group in {int(group) for group in np.unique(self._group_of[moved]) if group != NOWHERE}:
            self._sequences.pop(group, None)
            self._groups[group] = [cut for cut in self._groups[group] if cut.on(state).all()]

    def chain(self, state: State, together: bool) -> Chain:
        """The highest levels that the known cuts prove from this state; without `together` only the very first."""
        steps = self._alone(state)
        if not together:
            theta, binding = self._widest(state, [*self._wide, *(step.cut for step in steps)])
            return Chain(state, (), theta, binding)
        halts = [*self._wide, *(sequence.halt for sequence in self._sequences.values() if sequence.halt)]
        taken = steps[: self._how_many(state, steps, halts)]
        reached = _after(state, taken)
        return Chain(reached, tuple(taken), *self._widest(reached, halts))

    def _how_many(self, state: State, steps: Sequence[Step], halts: Sequence[Cut]) -> int:
        """How many of the steps come before the first halt.

        A halt before one step is a halt before every later one: their boxes are narrower.
        """

        def halted(count: int) -> bool:
            reached = self._terms.bounded(_after(state, steps[:count]), steps[count].theta)
            return any(cut.violation(reached) for cut in halts)

        return bisect_left(range(len(steps)), True, key=halted)

    def _alone(self, state: State) -> list[Step]:
        """What every group decides alone, highest first."""
        for group, cuts in self._groups.items():
            if group not in self._sequences:
                self._sequences[group] = _sequence(self._terms, state, cuts)
        steps = (step for sequence in self._sequences.values() for step in sequence.steps)
        return sorted(steps, key=lambda step: -step.theta)

    def _widest(self, state: State, cuts: Sequence[Cut]) -> tuple[float, Cut | None]:
        """The highest root, and the first cut that has it; a root is looked for only where it must be higher."""
        theta, binding, bounded = -np.inf, None, state
        for cut in cuts:
            if binding is None or cut.violation(bounded):
                root = cut.root(self._terms, state)
                if root > theta:
                    theta, binding, bounded = root, cut, self._terms.bounded(state, root)
        return theta, binding


def _sequence(terms: Terms, state: State, cuts: Sequence[Cut]) -> _Sequence:
    """Cut by cut, highest root first, until a root rises above the one before, or can no longer be met at all."""
    roots = [cut.root(terms, state) for cut in cuts]
    steps: list[Step] = []
    while (theta := max(roots, default=-np.inf)) > -np.inf:
        cut = cuts[roots.index(theta)]
        if steps and theta > steps[-1].theta + SNAP * max(1.0, abs(theta)):
            return _Sequence(tuple(steps[:-1]), steps[-1].cut)
        steps.append(Step(theta, cut, cut.ends(terms, state, theta)))
        state = state.fixed(cut.columns, steps[-1].ends)
        for k, other in enumerate(cuts):
            if np.isin(other.columns, cut.columns).any():
                if other.violation(state) > FEASIBLE:
                    return _Sequence(tuple(steps[:-1]), cut)
                roots[k] = other.root(terms, state)
    return _Sequence(tuple(steps), None)


def _after(state: State, steps: Sequence[Step]) -> State:
    """The state with the columns of the steps fixed."""
    if not steps:
        return state
    return state.fixed(np.concatenate([step.cut.columns for step in steps]), np.concatenate([step.ends for step in steps]))
