"""What a stage of levels is made of: the ratios still open, and the cuts that bound θ from below. Scaled money.

A cut is a dual vector y over some rows: Σ y·b − Σ max over the boxes of (Aᵀy)·x is a violation nobody can avoid.
Boxes widen with θ, so it is a decreasing piecewise-linear function of θ; where it reaches 0 (the root), every priced
column sits on its bound and every priced row is tight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import fsum

import numpy as np

from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints, sums
from transfer_opt.core.exact import floats
from transfer_opt.core.expressions import finite, within
from transfer_opt.lexlp.program import PROVINCE, ZERO_DUAL, LevelStage, Program

SNAP = 1e-12
"""Scaled money within which a bound at a column's own best is that best."""
MEETS = 1e-10
"""Scaled money within which a bound found from a row and the bound opposite leave one point: less than a step of the data."""
RELATIVE_ZERO, ABSOLUTE_ZERO = 4e-15, 1e-12
"""A violation measured from duals counts as none up to RELATIVE_ZERO·Σ|terms| + ABSOLUTE_ZERO."""
FEASIBLE = 1e-9
"""Scaled money by which rows may miss their bounds and still count as met: below a millionth of a publishing unit."""
ROOT_TOLERANCE = 1e-9
"""Scaled money by which a violation may outlast the last breakpoint of its proof."""


@dataclass(frozen=True)
class State:
    """Bounds as they stand: columns (C,), rows (R,)."""

    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats

    def fixed(self, columns: Ints, at: Floats) -> State:
        """The same with some columns fixed."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[columns] = upper[columns] = at
        return replace(self, lower=lower, upper=upper)


def folded(program: Program, state: State) -> State:
    """Rows in which a single column is still open become bounds of that column, and are switched off.

    The proof and its checker do the same before every stage that no sum follows; before a sum, rows keep their prices.
    """
    lower, upper, row_lower, row_upper = (
        side.copy() for side in (state.lower, state.upper, state.row_lower, state.row_upper)
    )
    while True:
        free = (lower < upper)[program.columns]
        on = np.isfinite(row_lower) | np.isfinite(row_upper)
        alone = (np.bincount(program.rows[free], minlength=program.shape[0]) == 1) & on
        if not alone.any():
            return State(lower, upper, row_lower, row_upper)
        still = sums(
            program.rows[~free], (program.values * lower[program.columns])[~free], program.shape[0]
        )
        at = np.flatnonzero(free & alone[program.rows])
        rows, columns, values = program.rows[at], program.columns[at], program.values[at]
        ends = np.stack([row_lower[rows] - still[rows], row_upper[rows] - still[rows]]) / values
        low, high = ends.min(axis=0), ends.max(axis=0)
        np.maximum.at(lower, columns, np.where(low > lower[columns] + SNAP, low, -np.inf))
        np.minimum.at(upper, columns, np.where(high < upper[columns] - SNAP, high, np.inf))
        left = upper[columns] - lower[columns]
        met = columns[(left <= MEETS) & (left >= -FEASIBLE)]
        upper[met] = lower[met]
        row_lower[rows], row_upper[rows] = -np.inf, np.inf


def meets(program: Program, columns: State, rows: State) -> bool:
    """Whether every column is fixed within its bounds and every row met, as far as money is counted."""
    values = columns.lower
    fixed = np.isfinite(values).all() and (np.abs(columns.upper - values) <= MEETS).all()
    return (
        bool(fixed)
        and within(values, rows.lower, rows.upper, FEASIBLE)
        and within(program.activity(values), rows.row_lower, rows.row_upper, FEASIBLE)
    )


@dataclass(frozen=True)
class Terms:
    """The ratios of a stage: centre − scale·t ≤ column ≤ centre + scale·t on the sides that count."""

    columns: Ints
    centre: Floats
    scale: Floats
    below: bool
    above: bool
    place: Ints
    """(C,) the term of a column, -1 where it has none."""

    @staticmethod
    def of(stage: LevelStage, count: int, money: float) -> Terms:
        """The terms of a stage over a program of `count` columns, in money scaled by 1/`money`."""
        place = np.full(count, NOWHERE)
        place[stage.columns] = np.arange(len(stage.columns))
        return Terms(
            stage.columns,
            floats(stage.centre) / money,
            floats(stage.scale) / money,
            stage.below,
            stage.above,
            place,
        )

    def open(self, state: State) -> Bools:
        """Which are not fixed yet."""
        return np.asarray(state.lower[self.columns] < state.upper[self.columns])

    def own(self, state: State, chosen: Ints) -> Floats:
        """The least ratio each chosen term can reach within its own bounds; beyond it, it makes no level."""
        columns, centre, scale = self.columns[chosen], self.centre[chosen], self.scale[chosen]
        nearest = np.full(len(chosen), 0.0 if self.below and self.above else -np.inf)
        if self.below:
            nearest = np.maximum(nearest, (centre - state.upper[columns]) / scale)
        if self.above:
            nearest = np.maximum(nearest, (state.lower[columns] - centre) / scale)
        return nearest

    def worst(self, state: State) -> float:
        """The largest ratio of all terms, once they are fixed; NaN where there is none."""
        value = state.lower[self.columns]
        below = (self.centre - value) / self.scale if self.below else np.full(len(value), -np.inf)
        above = (value - self.centre) / self.scale if self.above else np.full(len(value), -np.inf)
        return float(np.maximum(below, above).max()) if len(value) else np.nan

    def box(self, state: State, chosen: Ints, theta: float | Floats) -> tuple[Floats, Floats]:
        """Lower and upper ends of the chosen terms with every ratio at most max(θ, own)."""
        columns, centre = self.columns[chosen], self.centre[chosen]
        floor, cap = state.lower[columns], state.upper[columns]
        own = self.own(state, chosen)
        reach = self.scale[chosen] * np.maximum(theta, own)
        low, high = floor, cap
        if self.below:
            # At its own best a column sits exactly on its bound, whatever rounding makes of centre − scale·own.
            low = np.clip(centre - reach, floor, cap)
            low = np.where((own >= theta) & (low >= cap - SNAP) & (own > 0), cap, low)
        if self.above:
            high = np.clip(centre + reach, floor, cap)
            high = np.where((own >= theta) & (high <= floor + SNAP) & (own > 0), floor, high)
        return low, high

    def bounded(self, state: State, theta: float) -> State:
        """The state with every open term within its box."""
        chosen = np.flatnonzero(self.open(state))
        lower, upper = state.lower.copy(), state.upper.copy()
        lower[self.columns[chosen]], upper[self.columns[chosen]] = self.box(state, chosen, theta)
        return replace(state, lower=lower, upper=upper)

    def nearest(self, state: State) -> Floats:
        """A point (C,): every term as close to its centre as the bounds let it, the other columns low."""
        point = finite(state.lower)
        point[self.columns] = np.clip(
            self.centre, state.lower[self.columns], state.upper[self.columns]
        )
        return point

    def alone(self, state: State) -> State:
        """Every open term fixed at the best it reaches alone."""
        chosen = np.flatnonzero(self.open(state))
        low, high = self.box(state, chosen, -np.inf)
        return state.fixed(self.columns[chosen], high if self.below else low)


Level = tuple[float, "Cut | None"]
"""The ratio reached and its proof; without one, every term still open is at the best it reaches alone."""


@dataclass(frozen=True, eq=False)
class Cut:
    """One connected part of a dual vector."""

    rows: Ints
    duals: Floats
    columns: Ints
    prices: Floats
    constant: Floats
    """Σ y·b of the rows, as an array of its terms."""
    local: bool
    """Whether one recipient or one prefecture decides it alone."""

    def violation(self, state: State) -> float:
        """What it proves within these column bounds; 0 where it is no more than rounding."""
        ends = self.prices * np.where(
            self.prices > 0, state.upper[self.columns], state.lower[self.columns]
        )
        return _proved(self.constant, -ends)

    def broken(self, state: State) -> bool:
        """Whether it proves more than rows may miss their bounds by."""
        return self.violation(state) > FEASIBLE * max(1.0, float(np.abs(self.duals).max()))

    def root(self, terms: Terms, state: State) -> float:
        """The θ at which the violation ends; -inf where there is none even with every term alone at its best."""
        place = terms.place[self.columns]
        moving = (place >= 0) & (state.lower[self.columns] < state.upper[self.columns])
        moving &= np.where(self.prices > 0, terms.above, terms.below)
        if not moving.any():
            return -np.inf
        chosen, price = place[moving], np.abs(self.prices[moving])
        upward = self.prices[moving] > 0
        low, high = terms.box(state, chosen, -np.inf)
        still = self.columns[~moving]
        prices = self.prices[~moving]
        fixed = prices * np.where(prices > 0, state.upper[still], state.lower[still])
        tight = price * np.where(upward, high, -low)
        height = _proved(self.constant, -fixed, -tight)
        if not height:
            return -np.inf
        one = np.zeros(len(chosen), dtype=np.int64)
        found, speed = crossings(terms, state, one, chosen, upward, price, np.array([height]))
        theta, slope = float(found[0]), float(speed[0])
        if not slope:
            return theta
        # The sums above lose digits over thousands of terms; one exact sum at θ gives them back.
        low, high = terms.box(state, chosen, theta)
        left = fsum(
            np.concatenate([self.constant, -fixed, price * np.where(upward, -high, low)]).tolist()
        )
        return theta + left / slope

    def ends(self, terms: Terms, state: State, theta: float) -> Floats:
        """Where every priced column stands at the root: within boxes of that θ, no other values meet the rows."""
        ends = np.where(self.prices > 0, state.upper[self.columns], state.lower[self.columns])
        place = terms.place[self.columns]
        moving = (place >= 0) & (state.lower[self.columns] < state.upper[self.columns])
        low, high = terms.box(state, place[moving], theta)
        ends[moving] = np.where(self.prices[moving] > 0, high, low)
        return np.asarray(ends)

    def settle(self, program: Program, state: State) -> None:
        """Once its columns are fixed for good: every priced row tight, and one of them, now implied, switched off.

        Writes into the row bounds. Redundant equalities must not pile up: each would be infeasible by its own
        rounding error.
        """
        row_lower, row_upper = state.row_lower, state.row_upper
        on = self.on(state)
        up, down = self.rows[on & (self.duals > 0)], self.rows[on & (self.duals < 0)]
        row_upper[up], row_lower[down] = row_lower[up], row_upper[down]
        if on.all():  # else a row was switched off before because others imply it: they must stay
            implied = self.rows[
                np.argmax(program.reach[self.rows])
            ]  # the first of those that reach farthest
            row_lower[implied], row_upper[implied] = -np.inf, np.inf

    def on(self, state: State) -> Bools:
        """Which of its rows are switched on, on the side it uses."""
        return np.isfinite(
            np.where(self.duals > 0, state.row_lower[self.rows], state.row_upper[self.rows])
        )

    def off(self, state: State) -> bool:
        """Whether one of its rows is switched off for good."""
        return not (
            np.isfinite(state.row_lower[self.rows]) | np.isfinite(state.row_upper[self.rows])
        ).all()

    def on_sides(self, state: State) -> Cut:
        """The same dual where these are the sides of the rows; a side that is open yet will be held at the other."""
        low, high = state.row_lower[self.rows], state.row_upper[self.rows]
        side = np.where((self.duals > 0) & np.isfinite(low) | ~np.isfinite(high), low, high)
        return replace(self, constant=self.duals * side)


def cuts(program: Program, duals: Floats, state: State) -> Iterator[Cut]:
    """The connected parts of a dual vector: rows are connected where they share a column.

    A row without columns (a county without a line) is a part of its own.
    """
    priced_entries = duals[program.rows] != 0
    rows, columns = program.rows[priced_entries], program.columns[priced_entries]
    weights = program.values[priced_entries] * duals[rows]
    part = components(rows, columns, program.shape)[rows]
    order = np.argsort(part, kind="stable")
    bounds = np.flatnonzero(np.diff(part[order], prepend=-1, append=-1))
    for start, stop in zip(bounds, bounds[1:], strict=False):
        inside = order[start:stop]
        used, where = np.unique(columns[inside], return_inverse=True)
        prices = sums(where, weights[inside], len(used))
        kept = np.abs(prices) > ZERO_DUAL
        named = np.unique(rows[inside])
        side = np.where(duals[named] > 0, state.row_lower[named], state.row_upper[named])
        yield Cut(
            named,
            duals[named],
            used[kept],
            prices[kept],
            duals[named] * side,
            bool(program.reach[named].max() < PROVINCE),
        )
    for row in np.setdiff1d(
        np.flatnonzero(duals), rows
    ):  # a row without columns: nothing can meet it
        side = state.row_lower[row] if duals[row] > 0 else state.row_upper[row]
        empty = np.zeros(0)
        yield Cut(
            np.array([row]),
            duals[[row]],
            empty.astype(np.int64),
            empty,
            np.array([duals[row] * side]),
            True,
        )


def cleaned(duals: Floats) -> Floats:
    """Noise taken for 0."""
    return np.where(np.abs(duals) > ZERO_DUAL, duals, 0.0)


def _proved(*terms: Floats) -> float:
    """The sum of the terms, 0 unless it stands out of their rounding errors."""
    together = np.concatenate(terms)
    total = float(together.sum())
    return total if total > RELATIVE_ZERO * float(np.abs(together).sum()) + ABSOLUTE_ZERO else 0.0


def components(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Ints:
    """A label per row, the same for rows connected through these entries (the smallest label spreads)."""
    row_label, column_label = np.arange(shape[0]), np.full(shape[1], shape[0])
    while True:
        np.minimum.at(column_label, columns, row_label[rows])
        spread = row_label.copy()
        np.minimum.at(spread, rows, column_label[columns])
        spread = spread[spread]
        if (spread == row_label).all():
            return row_label
        row_label = spread


def crossings(
    terms: Terms,
    state: State,
    part: Ints,
    chosen: Ints,
    upward: Bools,
    price: Floats,
    height: Floats,
) -> tuple[Floats, Floats]:
    """Where violations of these heights (K,) at own best have fallen to 0 (-inf: nowhere), and how fast they fall there.

    A term, listed under its part, gives price·scale per unit of θ between its own best and the θ at which its bound is
    reached; a speed of 0 stands for the end of all that moves.
    """
    theta, speed = np.full(len(height), -np.inf), np.zeros(len(height))
    columns, centre, scale = terms.columns[chosen], terms.centre[chosen], terms.scale[chosen]
    first = terms.own(state, chosen)
    last = np.where(upward, state.upper[columns] - centre, centre - state.lower[columns]) / scale
    rate, active = price * scale, last > first
    if not active.any():
        return theta, speed
    ends = active & np.isfinite(last)
    points, changes = (
        np.concatenate([first[active], last[ends]]),
        np.concatenate([rate[active], -rate[ends]]),
    )
    of = np.concatenate([part[active], part[ends]])
    order = np.lexsort((points, of))
    points, of, changes = points[order], of[order], changes[order]
    start = np.flatnonzero(np.diff(of, prepend=-1))
    stop = np.append(start[1:], len(of)) - 1
    named, sizes = of[start], stop - start + 1
    slopes = _running(changes, start, sizes)
    bounded = np.bincount(part[active], minlength=len(height)) == np.bincount(
        part[ends], minlength=len(height)
    )
    slopes[stop[bounded[named]]] = (
        0.0  # nothing moves beyond the last breakpoint; rounding must not say otherwise
    )
    fallen = np.append(0.0, slopes[:-1] * np.diff(points))
    fallen[start] = 0.0
    lost = _running(fallen, start, sizes)
    at = start + np.maximum(np.add.reduceat((lost < height[of]).astype(np.int64), start), 1) - 1
    left, slope = height[named] - lost[at], slopes[at]
    falls = slope > 0
    theta[named] = points[at] + np.where(
        falls, left / np.where(falls, slope, 1.0), np.where(left <= ROOT_TOLERANCE, 0.0, -np.inf)
    )
    speed[named] = np.where(falls, slope, 0.0)
    return theta, speed


def _running(values: Floats, start: Ints, sizes: Ints) -> Floats:
    """Running sums within consecutive stretches, by doubling: what stands before a stretch must not blur it."""
    if len(start) == 1:
        return np.asarray(values.cumsum())
    total, place = values.copy(), np.arange(len(values)) - np.repeat(start, sizes)
    reach, further = 1, np.flatnonzero(place >= 1)
    while len(further):
        total[further] += total[further - reach]
        reach *= 2
        further = further[place[further] >= reach]
    return total
