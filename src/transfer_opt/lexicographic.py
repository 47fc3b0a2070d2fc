"""Stages and levels: the unique lexicographic optimum. The only room that re-solves.

A stage that minimises a sum is one linear program; complementary slackness with one dual describes its optimal
face exactly, so no row "objective ≥ value − slack" is ever added. A stage of ratios is a chain of levels: Newton's
method on θ from the infeasible side, each step one elastic linear program whose dual is a monotone piecewise-linear
bound on θ. The last infeasible dual fixes columns and rows together and leaves one coupling row implied, which is
switched off. The published amounts are read from bounds and θ, never from a solver's primal values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.errors import SolverError
from transfer_opt.linear import Bools, Floats
from transfer_opt.program import (
    ANSWER_TOLERANCE,
    ZERO_DUAL,
    LevelStage,
    Opener,
    Program,
    Question,
    Session,
    Stage,
    SumStage,
)

LARGEST_POOL = 8192.0
"""Money is scaled by a power of two so that the largest amount is at most this."""
RELATIVE_ZERO, ABSOLUTE_ZERO = 4e-15, 1e-12
"""A violation measured from duals counts as none up to RELATIVE_ZERO·Σ|terms| + ABSOLUTE_ZERO (scaled)."""
ROOT_TOLERANCE = 1e-9
"""Scaled money by which a violation may outlast the last breakpoint of its proof."""
NEWTON_STEPS = 200

Report = Callable[[str], None]


@dataclass(frozen=True)
class StageResult:
    """What a stage reached: Σ violation in money, or the ratios of its levels, largest first."""

    name: str
    value: float
    levels: tuple[float, ...]
    programs: int
    duals: Floats
    """(R,) of a stage that minimises a sum: how much its optimum moves per unit of money on the right-hand side."""


@dataclass(frozen=True)
class Shortage:
    """Why no allocation exists: the least total by which rows must give way, and who takes part."""

    money: float
    duals: Floats
    """(R,)"""
    prices: Floats
    """(C,) of the columns; positive: held down by its upper bound, negative: held up by its lower bound."""


@dataclass(frozen=True)
class Solution:
    """The optimum, before rounding."""

    columns: Floats
    """(C,) money."""
    stages: tuple[StageResult, ...]
    shortage: Shortage | None

    @property
    def programs(self) -> int:
        """How many linear programs were solved."""
        return sum(stage.programs for stage in self.stages)


@dataclass(frozen=True)
class _State:
    """Bounds as they stand: columns (C,), rows (R,); scaled money."""

    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats


def solve(program: Program, stages: tuple[Stage, ...], open_solver: Opener, report: Report = lambda _: None) -> Solution:
    """The lexicographic optimum of the stages, or the shortage that makes it impossible.

    The columns are determined as far as the stages determine them. Raises SolverError when a solver's answer does
    not pass its check.
    """
    scale = _scale(program)
    engine = _Engine(program, scale, open_solver)
    state = _State(program.lower / scale, program.upper / scale, program.row_lower / scale, program.row_upper / scale)
    shortage = engine.shortage(state)
    if shortage is not None:
        return Solution(np.zeros(program.shape[1]), (), shortage)
    results = []
    for stage in stages:
        report(stage.name)
        state, result = engine.run(stage, state)
        results.append(result)
    columns = np.where(state.lower == state.upper, state.lower, np.nan)
    _verify(program, columns[: program.lines] * scale, scale)
    return Solution(columns * scale, tuple(results), None)


class _Engine:
    """One program and one solver session; counts what it asks."""

    def __init__(self, program: Program, scale: float, open_solver: Opener) -> None:
        self._program, self._scale = program, scale
        self._session: Session = open_solver(_elastic(program))
        self._asked = 0

    def run(self, stage: Stage, state: _State) -> tuple[_State, StageResult]:
        before = self._asked
        if isinstance(stage, SumStage):
            state, value, duals = self._sum(stage, state)
            return state, StageResult(stage.name, value * self._scale, (), self._asked - before, duals)
        state, levels = self._levels(stage, state)
        return state, StageResult(stage.name, levels[0] if levels else np.nan, levels, self._asked - before, np.zeros(0))

    def shortage(self, state: _State) -> Shortage | None:
        """None when the rows can be met within the bounds; else the least total violation and its dual."""
        duals = self._elastic_duals(state)
        violation, terms = self._violation(duals, state)
        if violation <= max(_noise(terms), ANSWER_TOLERANCE * 1e-3):
            return None
        return Shortage(violation * self._scale, duals, self._clean_prices(duals))

    # ------------------------------------------------------------ sums

    def _sum(self, stage: SumStage, state: _State) -> tuple[_State, float, Floats]:
        """One linear program; its optimal face by complementary slackness."""
        count, rows = self._program.shape[1], self._program.shape[0]
        nothing = np.zeros(2 * rows)
        duals = self._ask(
            np.concatenate([stage.costs, nothing]),
            np.concatenate([state.lower, nothing]), np.concatenate([state.upper, nothing]), state,
        )
        reduced = _clean(stage.costs - self._program.priced(duals))
        lower, upper = state.lower.copy(), state.upper.copy()
        upper[reduced > 0], lower[reduced < 0] = lower[reduced > 0], upper[reduced < 0]
        row_lower, row_upper = _tightened(duals, state)
        value = float(duals @ np.where(duals > 0, _finite(row_lower), _finite(row_upper)))
        value += float(reduced @ np.where(reduced > 0, _finite(lower), _finite(upper)))
        assert len(lower) == count
        return _State(lower, upper, row_lower, row_upper), max(value, 0.0), duals

    # ------------------------------------------------------------ levels

    def _levels(self, stage: LevelStage, state: _State) -> tuple[_State, tuple[float, ...]]:
        """Level by level until every column of the stage is fixed."""
        open_terms = state.lower[stage.columns] < state.upper[stage.columns]
        levels: list[float] = []
        while open_terms.any():
            terms = _Terms.of(stage, open_terms, state, self._scale)
            theta, duals = self._level(terms, state)
            if duals is None:
                levels += sorted(terms.own[np.isfinite(terms.own)], reverse=True)
                return terms.fixed_alone(state), tuple(levels)
            levels.append(theta)
            state = self._fixed(terms.bounded(state, theta), state, duals)
            still_open = state.lower[stage.columns] < state.upper[stage.columns]
            assert still_open.sum() < open_terms.sum(), "a level fixes at least one column"
            open_terms = still_open
        return state, tuple(levels)

    def _level(self, terms: _Terms, state: _State) -> tuple[float, Floats | None]:
        """The least θ at which all rows can be met, and the last infeasible dual (None: each alone at its best)."""
        theta, certificate = -np.inf, None
        for _ in range(NEWTON_STEPS):
            bounded = terms.bounded(state, theta)
            duals = self._elastic_duals(bounded)
            violation, size = self._violation(duals, bounded)
            if violation <= _noise(size):
                return theta, certificate
            root = terms.root(state, self._clean_prices(duals), violation, theta)
            if not root > theta:
                if violation > ANSWER_TOLERANCE:
                    raise SolverError("逐级优化遇到无法满足的约束，已停止。")
                return theta, certificate
            theta, certificate = root, duals
        raise SolverError("逐级优化没有在规定步数内收敛。")

    def _fixed(self, bounded: _State, state: _State, duals: Floats) -> _State:
        """What a level's dual fixes: priced columns at their bounds, priced rows as equalities, one row implied."""
        prices = self._clean_prices(duals)
        lower, upper = state.lower.copy(), state.upper.copy()
        held_up, held_down = prices < 0, prices > 0
        lower[held_down] = upper[held_down] = bounded.upper[held_down]
        lower[held_up] = upper[held_up] = bounded.lower[held_up]
        row_lower, row_upper = _tightened(duals, state)
        priced_rows = np.flatnonzero(duals)
        coupling = priced_rows[self._program.coupling[priced_rows]]
        implied = coupling[0] if len(coupling) else priced_rows[0]
        row_lower[implied], row_upper[implied] = -np.inf, np.inf
        return _State(lower, upper, row_lower, row_upper)

    # ------------------------------------------------------------ questions

    def _elastic_duals(self, state: _State) -> Floats:
        """The dual of the least total violation of the rows within the column bounds."""
        count, rows = self._program.shape[1], self._program.shape[0]
        nothing, ones, open_end = np.zeros(2 * rows), np.ones(2 * rows), np.full(2 * rows, np.inf)
        return self._ask(
            np.concatenate([np.zeros(count), ones]),
            np.concatenate([state.lower, nothing]), np.concatenate([state.upper, open_end]), state,
        )

    def _ask(self, costs: Floats, lower: Floats, upper: Floats, state: _State) -> Floats:
        """Solve, check the answer's own gap, return the duals (R,) with noise removed."""
        question = Question(costs, lower, upper, state.row_lower, state.row_upper)
        answer = self._session.solve(question)
        self._asked += 1
        if not answer.optimal:
            raise SolverError(f"求解器返回「{answer.status}」，不是最优解。")
        duals = _clean(answer.duals)
        # A dual on a side that is open would promise what no row guarantees.
        wrong = ((duals > 0) & ~np.isfinite(state.row_lower)) | ((duals < 0) & ~np.isfinite(state.row_upper))
        if wrong.any() or not np.isfinite(answer.columns).all():
            raise SolverError("求解器给出的影子价格方向不对。")
        bound = self._dual_value(costs, duals, lower, upper, state)
        if abs(costs @ answer.columns - bound) > ANSWER_TOLERANCE * (1 + abs(bound)) * 10:
            raise SolverError("求解器的最优值与影子价格不一致。")
        return duals

    def _dual_value(self, costs: Floats, duals: Floats, lower: Floats, upper: Floats, state: _State) -> float:
        """The bound on the optimum that the duals prove: Σ y·b + Σ min over the boxes of reduced cost · column."""
        program = self._program
        reduced = _clean(costs - np.concatenate([program.priced(duals), duals, -duals]))
        sides = np.where(duals > 0, _finite(state.row_lower), _finite(state.row_upper))
        return float(duals @ sides + reduced @ np.where(reduced > 0, _finite(lower), _finite(upper)))

    def _clean_prices(self, duals: Floats) -> Floats:
        return _clean(self._program.priced(duals))

    def _violation(self, duals: Floats, state: _State) -> tuple[float, float]:
        """The violation the duals prove, in closed form, and the size of the terms it is made of."""
        prices = self._clean_prices(duals)
        rows = duals * np.where(duals > 0, _finite(state.row_lower), _finite(state.row_upper))
        columns = prices * np.where(prices > 0, _finite(state.upper), _finite(state.lower))
        return float(rows.sum() - columns.sum()), float(np.abs(rows).sum() + np.abs(columns).sum())


@dataclass(frozen=True)
class _Terms:
    """The columns still open in a stage of levels; scaled money."""

    columns: np.ndarray
    centre: Floats
    scale: Floats
    below: bool
    above: bool
    own: Floats
    """The least t each column can reach within its own bounds; a column beyond it makes no level."""

    @staticmethod
    def of(stage: LevelStage, chosen: Bools, state: _State, scale: float) -> _Terms:
        columns, centre = stage.columns[chosen], stage.centre[chosen] / scale
        width = stage.scale[chosen] / scale
        nearest = np.full(len(columns), -np.inf)
        if stage.below:
            nearest = np.fmax(nearest, (centre - state.upper[columns]) / width)
        if stage.above:
            nearest = np.fmax(nearest, (state.lower[columns] - centre) / width)
        if stage.below and stage.above:
            nearest = np.fmax(nearest, 0.0)
        return _Terms(columns, centre, width, stage.below, stage.above, nearest)

    def bounded(self, state: _State, theta: float) -> _State:
        """The column bounds with every ratio at most max(θ, own)."""
        lower, upper = state.lower.copy(), state.upper.copy()
        reach = self.scale * np.maximum(theta, self.own)
        # Beyond its own best a column sits exactly on its bound, whatever rounding makes of centre ± scale·own.
        alone = self.own >= theta
        if self.below:
            low = np.maximum(lower[self.columns], self.centre - reach)
            stuck = alone & (self.centre - self.scale * self.own >= upper[self.columns] - ABSOLUTE_ZERO)
            lower[self.columns] = np.where(stuck, upper[self.columns], np.minimum(low, upper[self.columns]))
        if self.above:
            high = np.minimum(upper[self.columns], self.centre + reach)
            stuck = alone & (self.centre + self.scale * self.own <= state.lower[self.columns] + ABSOLUTE_ZERO)
            upper[self.columns] = np.where(stuck, state.lower[self.columns], np.maximum(high, lower[self.columns]))
        return replace(state, lower=lower, upper=upper)

    def fixed_alone(self, state: _State) -> _State:
        """Every column at the best it reaches alone."""
        bounded = self.bounded(state, -np.inf)
        lower, upper = bounded.lower, bounded.upper
        end = upper[self.columns] if self.below else lower[self.columns]
        lower[self.columns] = upper[self.columns] = end
        return bounded

    def root(self, state: _State, prices: Floats, violation: float, theta: float) -> float:
        """The θ at which the violation proved by these prices ends: a decreasing piecewise-linear function.

        Between its breakpoints every open, priced column gives |price|·scale per unit of θ.
        """
        price = prices[self.columns]
        moving_up, moving_down = self.above & (price > 0), self.below & (price < 0)
        rate = np.abs(price) * self.scale * (moving_up | moving_down)
        room = np.where(price > 0, state.upper[self.columns] - self.centre, self.centre - state.lower[self.columns])
        last = room / self.scale
        first = np.maximum(self.own, theta)
        active = (rate > 0) & (last > first)
        ends = active & np.isfinite(last)
        points = np.concatenate([first[active], last[ends]])
        changes = np.concatenate([rate[active], -rate[ends]])
        order = np.argsort(points, kind="stable")
        slopes = np.cumsum(changes[order])
        if ends.sum() == active.sum():
            slopes[-1:] = 0.0  # nothing moves beyond the last breakpoint; rounding must not say otherwise
        return _descend(points[order], slopes, violation)


def _descend(points: Floats, slopes: Floats, height: float) -> float:
    """Where a function that falls by slopes[k] after points[k] has lost its height; -inf where it never does."""
    if not len(points):
        return -np.inf
    lost = np.concatenate([[0.0], np.cumsum(slopes[:-1] * np.diff(points))])
    at = int(np.searchsorted(lost, height)) - 1
    if slopes[at] <= 0:  # exactly at the last breakpoint, up to rounding, or never
        return float(points[at]) if height - lost[at] <= ROOT_TOLERANCE else -np.inf
    return float(points[at] + (height - lost[at]) / slopes[at])


def _tightened(duals: Floats, state: _State) -> tuple[Floats, Floats]:
    """Row bounds with every priced row held at the side that is priced."""
    row_lower, row_upper = state.row_lower.copy(), state.row_upper.copy()
    row_upper[duals > 0], row_lower[duals < 0] = row_lower[duals > 0], row_upper[duals < 0]
    return row_lower, row_upper


def _elastic(program: Program) -> Program:
    """The program with a slack up and a slack down on every row, after its own columns."""
    rows, columns = program.shape
    every = np.arange(rows)
    return Program(
        np.concatenate([program.lower, np.zeros(2 * rows)]), np.concatenate([program.upper, np.full(2 * rows, np.inf)]),
        np.concatenate([program.rows, every, every]),
        np.concatenate([program.columns, columns + every, columns + rows + every]),
        np.concatenate([program.values, np.ones(rows), -np.ones(rows)]),
        program.row_lower, program.row_upper, program.coupling, program.lines,
    )


def _scale(program: Program) -> float:
    finite = np.concatenate([side[np.isfinite(side)] for side in (program.row_lower, program.row_upper)])
    largest = float(np.abs(finite).max(initial=1.0)) or 1.0
    return float(2.0 ** np.ceil(np.log2(largest / LARGEST_POOL)))


def _verify(program: Program, lines: Floats, scale: float) -> None:
    """The amounts must be determined and within every bound; rows over lines alone must hold."""
    if np.isnan(lines).any():
        raise SolverError("目标清单没有确定每一笔金额。")
    slack = ANSWER_TOLERANCE * scale
    low, high = program.lower[: program.lines], program.upper[: program.lines]
    only_lines = np.bincount(program.rows, weights=program.columns >= program.lines, minlength=program.shape[0]) == 0
    columns = np.concatenate([lines, np.zeros(program.shape[1] - program.lines)])
    activity = program.activity(columns)
    inside = (lines >= low - slack).all() and (lines <= high + slack).all()
    met = (activity >= program.row_lower - slack) & (activity <= program.row_upper + slack)
    if not inside or not met[only_lines].all():
        raise SolverError("求解结果没有满足全部约束。")


def _noise(size: float) -> float:
    return RELATIVE_ZERO * size + ABSOLUTE_ZERO


def _clean(duals: Floats) -> Floats:
    return np.where(np.abs(duals) > ZERO_DUAL, duals, 0.0)


def _finite(values: Floats) -> Floats:
    """Infinite bounds as 0: they are only read where a dual of 0 stands before them."""
    return np.where(np.isfinite(values), values, 0.0)
