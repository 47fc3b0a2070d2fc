"""A cut made as high as it gets by what recipients decide, the prices of the province as they are.

A recipient answers given prices by itself: among the duals of one of its rows, the highest bound is reached where the
price of one of the row's columns, or the dual itself, is 0. So none of it needs a program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Ints, sums
from transfer_opt.lexlp.cuts import FEASIBLE, SNAP, Cut, State, cleaned, components, folded
from transfer_opt.lexlp.program import RECIPIENT, Program


@dataclass(frozen=True)
class Turn:
    """Rows (K,) of different recipients, and their entries side by side (K, W); missing ones have value 0."""

    rows: Ints
    columns: Ints
    values: Floats

    def of(self, rows: Bools) -> Turn:
        """Those of a mask (R,)."""
        chosen = rows[self.rows]
        return Turn(self.rows[chosen], self.columns[chosen], self.values[chosen])


class Sharpening:
    """The rows of recipients, in turns."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._own = program.reach == RECIPIENT
        inside = self._own[program.rows]
        self._group = components(program.rows[inside], program.columns[inside], program.shape)
        self._column = np.zeros(program.shape[1], dtype=np.int64)
        self._column[program.columns[inside]] = self._group[program.rows[inside]]
        self._turns = tuple(_turns(program, self._group))

    def higher(self, cut: Cut, state: State) -> Cut | None:
        """The cut with the best dual for every row of a recipient within these bounds; None where it is best already."""
        duals = np.zeros(self._program.shape[0])
        duals[cut.rows] = cut.duals
        duals = cleaned(self._ascended(duals, state, 0.0)[0])
        prices = cleaned(self._program.priced(duals))
        rows, columns = np.flatnonzero(duals), np.flatnonzero(prices)
        side = np.where(duals[rows] > 0, state.row_lower[rows], state.row_upper[rows])
        made = Cut(rows, duals[rows], columns, prices[columns], duals[rows] * side, cut.local)
        return made if made.violation(state) > FEASIBLE else None

    def best(self, duals: Floats, state: State, costs: Floats) -> Floats:
        """These duals (R,) with better ones for the rows of recipients, where the columns cost that much.

        From row to row two duals that only pay together are never given up: each recipient starts from none, too.
        """
        one, height = self._ascended(duals, state, costs)
        other, its = self._ascended(np.where(self._own, 0.0, duals), state, costs)
        return cleaned(np.where(self._own & (its > height + SNAP)[self._group], other, one))

    def unasked(self, state: State, costs: Floats) -> Floats:
        """The best duals (R,) of min costs · columns where no row of the province asks for anything.

        Rows of recipients that cost something to break are first held at that price, and the others answer to it, those
        on a single column as bounds of it: row by row, two that only pay together would not be found.
        """
        program, duals = self._program, np.zeros(self._program.shape[0])
        dear = np.flatnonzero((costs[program.columns] > 0) & self._own[program.rows])
        duals[program.rows[dear]] = costs[program.columns[dear]] / program.values[dear]
        duals[~np.isfinite(np.where(duals > 0, state.row_lower, state.row_upper))] = 0.0
        return self.best(
            self._ascended(duals, folded(program, state), costs, duals == 0)[0], state, costs
        )

    def _ascended(
        self, duals: Floats, state: State, costs: Floats | float, rows: Bools | None = None
    ) -> tuple[Floats, Floats]:
        """The duals (of these `rows`) row by row made better, and what each recipient's part of the bound is then."""
        duals, prices = duals.copy(), self._program.priced(duals) - costs
        for turn in self._turns:
            _improve(turn if rows is None else turn.of(rows), state, duals, prices)
        count, prices = self._program.shape[0], cleaned(prices)
        ends = np.where(prices > 0, state.upper, np.where(prices < 0, state.lower, 0.0))
        sides = np.where(duals > 0, state.row_lower, np.where(duals < 0, state.row_upper, 0.0))
        return duals, sums(self._group, duals * sides, count) - sums(
            self._column, prices * ends, count
        )


def _improve(turn: Turn, state: State, duals: Floats, prices: Floats) -> None:
    """Give every row of a turn its best dual; writes into both arrays.

    bound(y)  =  y · side(y)  −  Σ_j max over its box of (price_j + a_j · y) · x_j
    """
    there, now = turn.values != 0, duals[turn.rows]
    values = turn.values
    others = np.where(there, prices[turn.columns] - values * now[:, None], 0.0)
    low, high = state.row_lower[turn.rows, None], state.row_upper[turn.rows, None]
    tried = np.column_stack(
        [
            now,
            -np.divide(others, values, out=np.zeros_like(others), where=there),
            np.zeros(len(now)),
        ]
    )
    tried = cleaned(np.where(np.isfinite(np.where(tried > 0, low, high)), tried, 0.0))
    priced = cleaned(others[:, None, :] + tried[:, :, None] * values[:, None, :])
    ends = np.where(
        priced > 0, state.upper[turn.columns][:, None, :], state.lower[turn.columns][:, None, :]
    )
    leaning = np.where(tried > 0, low, high)
    bound = tried * np.where(tried == 0, 0.0, leaning) - (
        priced * np.where(priced == 0, 0.0, ends)
    ).sum(axis=2)
    best = bound.argmax(axis=1)
    at = np.arange(len(now))
    rises = np.flatnonzero(bound[at, best] > bound[:, 0] + SNAP)
    change = tried[rises, best[rises]] - now[rises]
    duals[turn.rows[rises]] += change
    np.add.at(prices, turn.columns[rises], values[rises] * change[:, None])


def _turns(program: Program, group: Ints) -> Iterator[Turn]:
    inside = np.flatnonzero((program.reach == RECIPIENT)[program.rows])
    inside = inside[np.argsort(program.rows[inside], kind="stable")]
    rows, columns, values = program.rows[inside], program.columns[inside], program.values[inside]
    named, first, counts = np.unique(rows, return_index=True, return_counts=True)
    if not len(named):
        return
    place = np.arange(len(rows)) - np.repeat(first, counts)
    at = np.repeat(np.arange(len(named)), counts)
    side_by_side = np.zeros((2, len(named), counts.max()))
    side_by_side[0, at, place], side_by_side[1, at, place] = columns, values
    order = np.argsort(group[named], kind="stable")
    start = np.flatnonzero(np.diff(group[named][order], prepend=-1))
    turn = np.zeros(len(named), dtype=np.int64)
    turn[order] = np.arange(len(named)) - np.repeat(start, np.diff(np.append(start, len(named))))
    for k in range(int(turn.max()) + 1):
        chosen = turn == k
        yield Turn(named[chosen], side_by_side[0, chosen].astype(np.int64), side_by_side[1, chosen])
