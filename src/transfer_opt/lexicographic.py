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

from transfer_opt.chains import Chain, Known
from transfer_opt.errors import SolverError
from transfer_opt.levels import FEASIBLE, Cut, Level, State, Terms, cuts, folded
from transfer_opt.linear import Floats
from transfer_opt.program import (
    ANSWER_TOLERANCE,
    PREFECTURE,
    PROVINCE,
    ZERO_DUAL,
    Opener,
    Program,
    Question,
    Session,
    Stage,
    SumStage,
)

LARGEST_POOL = 8192.0
"""Money is scaled by a power of two so that the largest amount is at most this."""
NEWTON_STEPS = 200
WEIGHTS = np.array([16.0, 4.0, 1.0])
"""What a unit of violation costs in the search for a level, by reach: rows of few are met before rows of many."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class StageResult:
    """What a stage reached: Σ violation in money, or the largest ratio; and what proves it."""

    name: str
    value: float
    programs: int
    duals: Floats
    """(R,) of a stage that minimises a sum: how much its optimum moves per unit of money on the right-hand side."""
    chain: tuple[Level, ...]
    """The levels, highest first."""


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


def solve(
    program: Program, stages: tuple[Stage, ...], open_solver: Opener, report: Report = lambda _: None,
    together: bool = True,
) -> Solution:
    """The lexicographic optimum of the stages, or the shortage that makes it impossible.

    The columns are determined as far as the stages determine them. Levels that are decided alone are taken
    `together`; where rounding spoils that, one by one. Raises SolverError when a solver's answer does not pass its
    check.
    """
    scale = _scale(program)
    engine = _Engine(program, scale, open_solver)
    start = _scaled(program, scale)
    shortage = engine.shortage(start)
    if shortage is not None:
        return Solution(np.zeros(program.shape[1]), (), shortage)
    try:
        return engine.solution(stages, start, report, together)
    except SolverError:
        if not together:
            raise
        return engine.solution(stages, start, report, together=False)


def shortage_of(program: Program, open_solver: Opener) -> Shortage | None:
    """None when the rows can be met within the bounds; else the least total by which they must give way."""
    scale = _scale(program)
    return _Engine(program, scale, open_solver).shortage(_scaled(program, scale))


def smallest(program: Program, costs: Floats, open_solver: Opener) -> float:
    """min costs · columns over the program; money."""
    scale = _scale(program)
    _, result = _Engine(program, scale, open_solver).run(SumStage("", costs), _scaled(program, scale))
    return result.value


class _Engine:
    """One program and one solver session; counts what it asks."""

    def __init__(self, program: Program, scale: float, open_solver: Opener) -> None:
        self._program, self._scale = program, scale
        self._session: Session = open_solver(_elastic(program))
        self._grouped = bool((program.reach == PREFECTURE).any())
        self._weights = np.tile(WEIGHTS[program.reach], 2)
        self._asked = 0

    def solution(self, stages: tuple[Stage, ...], state: State, report: Report, together: bool) -> Solution:
        """Stage after stage; the amounts checked against every bound and row."""
        program, scale = self._program, self._scale
        results = []
        for stage in stages:
            report(stage.name)
            state, result = self.run(stage, state, together)
            results.append(result)
        columns = np.where(state.lower == state.upper, state.lower, np.nan)
        _verify(program, columns[: program.lines] * scale, scale)
        return Solution(columns * scale, tuple(results), None)

    def run(self, stage: Stage, state: State, together: bool = True) -> tuple[State, StageResult]:
        before, state = self._asked, folded(self._program, state)
        if isinstance(stage, SumStage):
            state, value, duals = self._sum(stage, state)
            return state, StageResult(stage.name, value * self._scale, self._asked - before, duals, ())
        terms = Terms.of(stage, self._program.shape[1], self._scale)
        state, chain = self._levels(terms, state, together)
        return state, StageResult(stage.name, terms.worst(state), self._asked - before, np.zeros(0), chain)

    def shortage(self, state: State) -> Shortage | None:
        """None when the rows can be met within the bounds; else the least total violation and its dual."""
        duals = self._elastic_duals(state, weighted=False)
        violation = sum(cut.violation(state) for cut in cuts(self._program, duals, state))
        if violation <= FEASIBLE:
            return None
        return Shortage(violation * self._scale, duals, self._clean_prices(duals))

    # ------------------------------------------------------------ sums

    def _sum(self, stage: SumStage, state: State) -> tuple[State, float, Floats]:
        """One linear program; its optimal face by complementary slackness."""
        nothing = np.zeros(2 * self._program.shape[0])
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
        return State(lower, upper, row_lower, row_upper), value, duals

    # ------------------------------------------------------------ levels

    def _levels(self, terms: Terms, state: State, together: bool) -> tuple[State, tuple[Level, ...]]:
        """Level by level until every column of the stage is fixed."""
        known = Known(self._program, terms, together)
        levels: list[Level] = []
        while terms.open(state).any():
            chain = self._next(terms, state, known)
            state = chain.settled(self._program, terms)
            known.settle(state)
            levels += chain.levels
            if chain.binding is None:
                state = terms.alone(state)
        return state, tuple(levels)

    def _next(self, terms: Terms, state: State, known: Known) -> Chain:
        """The next level of the province, and what is decided alone above it.

        One linear program within the boxes of that θ proves all of it at once. Where groups of several recipients
        decide anything, they are asked by themselves first: what they lack must not blur the cut of the province.
        """
        before = None
        for _ in range(NEWTON_STEPS):
            chain = known.chain(state)
            bounded = terms.bounded(chain.state, chain.theta)
            found = self._unmet(terms, chain, bounded, groups=True) if self._grouped else []
            found = found or self._unmet(terms, chain, bounded)
            if not found:
                return chain
            if chain.progress == before:
                raise SolverError("逐级优化遇到无法满足的约束，已停止。")
            known.add(found)
            before = chain.progress
        raise SolverError("逐级优化没有在规定步数内收敛。")

    def _unmet(self, terms: Terms, chain: Chain, bounded: State, groups: bool = False) -> list[Cut]:
        """The cuts by which a chain is not met: more than the rounding of fixed columns (a lot, or ended by a larger θ)."""
        asked = bounded
        if groups:
            wide = self._program.reach == PROVINCE
            asked = replace(bounded, row_lower=np.where(wide, -np.inf, bounded.row_lower),
                            row_upper=np.where(wide, np.inf, bounded.row_upper))
        return [cut for cut in cuts(self._program, self._elastic_duals(asked), bounded)
                if (violation := cut.violation(bounded)) > FEASIBLE
                or (violation > 0 and cut.root(terms, chain.state) > chain.theta)]

    # ------------------------------------------------------------ questions

    def _elastic_duals(self, state: State, weighted: bool = True) -> Floats:
        """The dual of the least total violation of the rows within the column bounds."""
        count, rows = self._program.shape[1], self._program.shape[0]
        nothing, open_end = np.zeros(2 * rows), np.full(2 * rows, np.inf)
        weights = self._weights if weighted else np.ones(2 * rows)
        return self._ask(
            np.concatenate([np.zeros(count), weights]),
            np.concatenate([state.lower, nothing]), np.concatenate([state.upper, open_end]), state,
        )

    def _ask(self, costs: Floats, lower: Floats, upper: Floats, state: State) -> Floats:
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

    def _dual_value(self, costs: Floats, duals: Floats, lower: Floats, upper: Floats, state: State) -> float:
        """The bound on the optimum that the duals prove: Σ y·b + Σ min over the boxes of reduced cost · column."""
        program = self._program
        reduced = _clean(costs - np.concatenate([program.priced(duals), duals, -duals]))
        sides = np.where(duals > 0, _finite(state.row_lower), _finite(state.row_upper))
        return float(duals @ sides + reduced @ np.where(reduced > 0, _finite(lower), _finite(upper)))

    def _clean_prices(self, duals: Floats) -> Floats:
        return _clean(self._program.priced(duals))


def _scaled(program: Program, scale: float) -> State:
    return State(program.lower / scale, program.upper / scale, program.row_lower / scale, program.row_upper / scale)


def _tightened(duals: Floats, state: State) -> tuple[Floats, Floats]:
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
        program.row_lower, program.row_upper, program.reach, program.lines,
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


def _clean(duals: Floats) -> Floats:
    return np.where(np.abs(duals) > ZERO_DUAL, duals, 0.0)


def _finite(values: Floats) -> Floats:
    """Infinite bounds as 0: they are only read where a dual of 0 stands before them."""
    return np.where(np.isfinite(values), values, 0.0)
