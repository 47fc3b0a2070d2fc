"""Levels on trial: a guess of the next levels made of known cuts alone, to be proved by one linear program.

What a recipient or a prefecture decides alone does not wait for its turn: all of it above the next level of the whole
province is taken in one chain, and one program proves the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from transfer_opt.lexlp.cuts import SNAP, Cut, Level, State, Terms
from transfer_opt.lexlp.dual_ascent import Sharpening
from transfer_opt.lexlp.local_levels import Alone, Bundle, alone, nothing
from transfer_opt.lexlp.program import PROVINCE, Program


@dataclass(frozen=True)
class Chain:
    """Levels on trial: what is decided alone, highest first, then one level of the province (None: no more)."""

    state: State
    """With what is decided alone fixed, the columns of `binding` not yet."""
    alone: int
    """How many steps of `decided` come first."""
    theta: float
    binding: Cut | None
    decided: Alone

    @property
    def progress(self) -> tuple[float, float, int]:
        """Different when anything about the chain is."""
        return self.theta, sum(self.decided.thetas[: self.alone]), self.alone

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """Its levels in order, with what proves them."""
        first = ((self.decided.thetas[step], self.decided.cut(step)) for step in range(self.alone))
        return (*first, (self.theta, self.binding))

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
    """The cuts a stage has met and may meet again; those within a group apart from those of the province."""

    def __init__(
        self,
        program: Program,
        terms: Terms,
        sharpening: Sharpening,
        together: bool,
        met: Iterable[Cut] = (),
    ) -> None:
        self._program, self._terms, self._sharpening, self._together = (
            program,
            terms,
            sharpening,
            together,
        )
        self._wide: list[Cut] = []
        self._local: list[Cut] = []
        self._alone: Alone | None = None
        self.add(met)

    def add(self, found: Iterable[Cut]) -> None:
        """Enter cuts."""
        for cut in found:
            if cut.local and self._together:
                self._local.append(cut)
                self._alone = None
            else:
                self._wide.append(cut)

    def settle(self, state: State) -> None:
        """Forget the cuts whose rows were switched off, and what followed from the state before."""
        self._wide = [cut for cut in self._wide if not cut.off(state)]
        self._local = [cut for cut in self._local if not cut.off(state)]
        self._alone = None

    def chain(self, state: State) -> Chain:
        """The highest levels that the known cuts prove from this state; the one of the province made as sharp as it gets."""
        while True:
            chain = self._chain(state)
            if chain.binding is None or chain.binding.local:
                return chain
            higher = self._sharpening.higher(
                chain.binding, self._terms.bounded(chain.state, chain.theta)
            )
            if higher is None:
                return chain
            self._wide = [higher if cut is chain.binding else cut for cut in self._wide]

    def _chain(self, state: State) -> Chain:
        if self._alone is None:
            local = [cut for cut in self._local if cut.on(state).all()]
            self._alone = (
                alone(self._program, self._terms, state, local)
                if self._together
                else nothing(self._program.shape[1])
            )
        decided = self._alone
        cuts = [*(cut for cut in self._wide if cut.on(state).all()), *decided.halts]
        count = self._how_many(state, decided, cuts)
        theta = decided.thetas[count] if count < len(decided.thetas) else -float("inf")
        reached = decided.after(state, theta)
        root, binding = self._widest(reached, cuts)
        if count and self._rises(reached, cuts, root, last := decided.thetas[count - 1]):
            before = sum(theta > last for theta in decided.thetas[:count])
            return Chain(decided.after(state, last), before, last, decided.cut(count - 1), decided)
        return Chain(reached, count, root, binding, decided)

    def _how_many(self, state: State, decided: Alone, cuts: Sequence[Cut]) -> int:
        """How many steps come before the first level of the province.

        One that comes before a step comes before every later one: their boxes are narrower.
        """

        first, end = 0, len(decided.thetas)
        while first < end:
            middle = (first + end) // 2
            theta = decided.thetas[middle]
            reached = self._terms.bounded(decided.after(state, theta), theta)
            broken = [cut for cut in cuts if cut.broken(reached)]
            if broken:  # what is met here is met by every step before, too
                end, cuts = middle, broken
            else:
                first = middle + 1
        return first

    def _rises(self, reached: State, cuts: Sequence[Cut], root: float, last: float) -> bool:
        """Whether the last step taken leaves a cut that only a higher ratio could meet, or none: it comes later."""
        return root > last + SNAP * max(1.0, abs(last)) or any(cut.broken(reached) for cut in cuts)

    def _widest(self, state: State, cuts: Sequence[Cut]) -> tuple[float, Cut | None]:
        """The highest root, and the first cut that has it; a root is looked for only where it must be higher."""
        theta, binding, bounded = -float("inf"), None, state
        for cut in cuts:
            if binding is None or cut.violation(bounded):
                root = cut.root(self._terms, state)
                if root > theta:
                    theta, binding, bounded = root, cut, self._terms.bounded(state, root)
        return theta, binding


def retold(
    program: Program, terms: Terms, state: State, told: Iterable[Sequence[Level]]
) -> tuple[State, tuple[Level, ...]]:
    """The levels that cuts told of elsewhere prove by themselves, the highest root first, and the state after them."""
    distinct = {
        (cut.rows.tobytes(), cut.duals.tobytes()): cut
        for levels in told
        for _, cut in levels
        if cut is not None
    }
    cuts, levels = [cut.on_sides(state) for cut in distinct.values()], list[Level]()
    state = State(state.lower, state.upper, state.row_lower.copy(), state.row_upper.copy())
    while cuts := [cut for cut in cuts if cut.on(state).all()]:
        roots = Bundle.of(cuts).roots(terms, state)
        first = int(roots.argmax())
        theta, cut = float(roots[first]), cuts.pop(first)
        if not abs(theta) < np.inf:
            break
        state = state.fixed(cut.columns, cut.ends(terms, state, theta))
        cut.settle(program, state)
        levels.append((theta, cut))
    if terms.open(state).any():
        state = terms.alone(state)
        levels.append((-np.inf, None))
    return state, tuple(levels)


def of_rows(program: Program, state: State) -> Iterator[Cut]:
    """What every row of the province says by itself, on each side it has."""
    for row in np.flatnonzero(program.reach == PROVINCE):
        inside = program.rows == row
        columns, values = program.columns[inside], program.values[inside]
        for sign, side in ((1.0, state.row_lower[row]), (-1.0, state.row_upper[row])):
            if np.isfinite(side):
                yield Cut(
                    np.array([row]),
                    np.array([sign]),
                    columns,
                    sign * values,
                    np.array([sign * side]),
                    False,
                )


def carried(levels: Iterable[Level], state: State) -> Iterator[Cut]:
    """The cuts of these levels with the rows as they stand now; those of a row by itself are found without."""
    for _, cut in levels:
        if cut is not None and not (cut.local and len(cut.rows) == 1):
            yield cut.on_sides(state)


def falls(levels: Sequence[Level]) -> bool:
    """Whether no level lies above the one before: only then is each the least that those before leave."""
    return all(
        later <= theta + SNAP * max(1.0, abs(theta)) for (theta, _), (later, _) in pairwise(levels)
    )
