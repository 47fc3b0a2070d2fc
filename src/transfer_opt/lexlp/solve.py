"""Stages and levels: the unique lexicographic optimum. The only room that re-solves.

A stage that minimises a sum is one linear program; complementary slackness with one dual describes its optimal
face exactly, so no row "objective ≥ value − slack" is ever added. A stage of ratios is a chain of levels: Newton's
method on θ from the infeasible side, each step one elastic linear program whose dual is a monotone piecewise-linear
bound on θ. The last infeasible dual fixes columns and rows together and leaves one coupling row implied, which is
switched off. The published amounts are read from bounds and θ, never from a solver's primal values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transfer_opt.core.arrays import Floats, sums
from transfer_opt.core.errors import SolverError
from transfer_opt.core.expressions import finite, within
from transfer_opt.lexlp.cuts import FEASIBLE, Cut, Level, State, Terms, cleaned, cuts, folded, meets
from transfer_opt.lexlp.dual_ascent import Sharpening
from transfer_opt.lexlp.level_search import Chain, Known, carried, falls, of_rows, retold
from transfer_opt.lexlp.oracle import Oracle
from transfer_opt.lexlp.program import (
    ANSWER_TOLERANCE,
    PREFECTURE,
    PROVINCE,
    LevelStage,
    Opener,
    Program,
    Question,
    RawSolution,
    Session,
    Stage,
    SumStage,
    last_levels,
)

LARGEST_POOL = 8192.0
"""Money is scaled by a power of two so that the largest amount is at most this."""
NEWTON_STEPS = 200
FEW_LEVELS = 64
"""So many levels may be told again one by one; where there are more, some recipient always decides something new."""
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
    program: Program

    @property
    def programs(self) -> int:
        """How many linear programs were solved."""
        return sum(stage.programs for stage in self.stages)


def solve(
    program: Program,
    stages: tuple[Stage, ...],
    open_solver: Opener,
    report: Report = lambda _: None,
    together: bool = True,
    before: Sequence[Solution] = (),
) -> Solution:
    """The lexicographic optimum of the stages, or the shortage that makes it impossible.

    The columns are determined as far as the stages determine them. Levels that are decided alone are taken
    `together`; where rounding spoils that, one by one. The proofs of solutions found `before`, the latest first, of programs and
    stages that differ in numbers alone, are tried first. Raises SolverError when a solver's answer does not pass its check.
    """
    scale = _scale(program)
    engine = _Engine(program, scale, open_solver)
    start = _scaled(program, scale)
    if alike := [solution for solution in before if _alike(program, stages, solution)]:
        few = max(len(stage.chain) for stage in alike[0].stages) <= FEW_LEVELS
        for asking in (False, True) if few else (True,):
            with suppress(SolverError):
                if found := engine.again(stages, start, alike, asking):
                    return found
    if together and last_levels(stages):
        with suppress(SolverError):
            return engine.solution(stages, start, report, together, hopeful=True)
    try:
        return engine.solution(stages, start, report, together)
    except SolverError:
        if shortage := engine.shortage(start):
            return Solution(np.zeros(program.shape[1]), (), shortage, program)
        if not together:
            raise
        return engine.solution(stages, start, report, together=False)


def _alike(program: Program, stages: tuple[Stage, ...], before: Solution) -> bool:
    """Whether a solution is of a program and stages that differ from these in numbers alone."""
    told = [stage.name for stage in before.stages]
    return (
        before.shortage is None
        and told == [stage.name for stage in stages]
        and program.same_matrix(before.program)
    )


def shortage_of(program: Program, open_solver: Opener) -> Shortage | None:
    """None when the rows can be met within the bounds; else the least total by which they must give way."""
    scale = _scale(program)
    return _Engine(program, scale, open_solver).shortage(_scaled(program, scale))


def smallest(program: Program, *costs: Floats, open_solver: Opener) -> tuple[float, ...]:
    """min costs · columns for one cost vector after the other, each among what attains those before; money.

    Raises SolverError where the rows cannot be met.
    """
    scale = _scale(program)
    engine, state = _Engine(program, scale, open_solver), _scaled(program, scale)
    if (
        engine.shortage(state) is not None
    ):  # rows that no open column touches are in no later question
        raise SolverError("没有一种分配能满足全部约束。")
    values = []
    for each in costs:
        state, result = engine.run(SumStage("", each), state)
        values.append(result.value)
    return tuple(values)


def face(program: Program, stages: Sequence[Stage], open_solver: Opener) -> State:
    """The bounds (money) within which a program that can be met stays at the optimum of all these stages."""
    scale = _scale(program)
    engine, state = _Engine(program, scale, open_solver), _scaled(program, scale)
    for stage in stages:
        state, _ = engine.run(stage, state)
    return State(
        state.lower * scale, state.upper * scale, state.row_lower * scale, state.row_upper * scale
    )


class _Engine:
    """One program and one solver session; counts what it asks."""

    def __init__(self, program: Program, scale: float, open_solver: Opener) -> None:
        self._program, self._scale = program, scale
        self.asked = 0
        self._grouped = bool((program.reach == PREFECTURE).any())

        def counted(part: Program) -> Session:
            return _Counted(open_solver(part), self)

        self._open: Opener = counted

    @cached_property
    def _sharpening(self) -> Sharpening:
        return Sharpening(self._program)

    def solution(
        self,
        stages: tuple[Stage, ...],
        state: State,
        report: Report,
        together: bool,
        hopeful: bool = False,
    ) -> Solution:
        """Stage after stage; the amounts checked against every bound and row.

        The `hopeful` take every sum for what recipients alone make of it: mostly the province asks for no violation.
        Raises SolverError where it does, and where the rows cannot be met.
        """
        program, scale, start = self._program, self._scale, state
        _check_rows(program, state)
        results = []
        for k, stage in enumerate(stages):
            report(stage.name)
            if k >= last_levels(stages):
                state = folded(program, state)
            if hopeful and isinstance(stage, SumStage):
                state, result = self._narrowed(
                    stage, self._sharpening.unasked(state, stage.costs), state, 0
                )
                _check_rows(program, state)
            else:
                state, result = self.run(stage, state, together)
            results.append(result)
        columns = np.where(state.lower == state.upper, state.lower, np.nan)
        if hopeful and not _attained(program, state, start):
            raise SolverError("有的约束须由全省一起放宽。")
        _verify(program, columns[: program.lines] * scale, scale)
        return Solution(columns * scale, tuple(results), None, program)

    def again(
        self, stages: tuple[Stage, ...], state: State, before: Sequence[Solution], asking: bool
    ) -> Solution | None:
        """The optimum by the duals and cuts of other solutions; None where they do not prove one.

        Any dual bounds from below, and levels that fall are each the least that those before leave. So where columns
        come out that meet every bound and row, as given and as the stages narrowed them, every bound is attained.
        Just as they are they come at no cost; made sharp, and with what is missing found by `asking`, they reach further.
        """
        program, start, results = self._program, state, []
        for k, stage in enumerate(stages):
            if k >= last_levels(stages):
                state = folded(program, state)
            told = [solution.stages[k] for solution in before]
            state, result = (
                self._anew(stage, state, told) if asking else self._retold(stage, state, told)
            )
            if not falls(result.chain):
                return None
            results.append(result)
        state = folded(program, state)
        if not _attained(program, state, start):
            return None
        return Solution(state.lower * self._scale, tuple(results), None, program)

    def _retold(
        self, stage: Stage, state: State, told: Sequence[StageResult]
    ) -> tuple[State, StageResult]:
        """A stage by what proved it before, and nothing else."""
        if isinstance(stage, SumStage):
            return self._narrowed(stage, told[0].duals, state, 0)
        terms = Terms.of(stage, self._program.shape[1], self._scale)
        state, levels = retold(self._program, terms, state, (result.chain for result in told))
        return state, StageResult(stage.name, terms.worst(state), 0, np.zeros(0), levels)

    def _anew(
        self, stage: Stage, state: State, told: Sequence[StageResult]
    ) -> tuple[State, StageResult]:
        """A stage by what proved it last, made sharp here and completed."""
        if isinstance(stage, SumStage):
            return self._narrowed(
                stage, self._sharpening.best(told[0].duals, state, stage.costs), state, 0
            )
        return self._leveled(stage, state, True, carried(told[0].chain, state))

    def run(self, stage: Stage, state: State, together: bool = True) -> tuple[State, StageResult]:
        """A stage, and the face of its optimum: a sum by one linear program, ratios level by level."""
        if isinstance(stage, SumStage):
            return self._narrowed(
                stage, Oracle(self._program, state, self._open).sum(stage.costs, state), state, 1
            )
        return self._leveled(stage, state, together)

    def shortage(self, state: State) -> Shortage | None:
        """None when the rows can be met within the bounds; else the least total violation and its dual."""
        oracle = Oracle(self._program, state, self._open, whole=True)
        duals = oracle.violation(state, weighted=False)
        violation = sum(cut.violation(state) for cut in cuts(self._program, duals, state))
        if violation <= FEASIBLE:
            return None
        return Shortage(violation * self._scale, duals, cleaned(self._program.priced(duals)))

    # ------------------------------------------------------------ sums

    def _narrowed(
        self, stage: SumStage, duals: Floats, state: State, programs: int
    ) -> tuple[State, StageResult]:
        """The optimal face that a dual describes by complementary slackness, and the optimum."""
        reduced = cleaned(stage.costs - self._program.priced(duals))
        lower, upper = state.lower.copy(), state.upper.copy()
        upper[reduced > 0], lower[reduced < 0] = lower[reduced > 0], upper[reduced < 0]
        row_lower, row_upper = _tightened(duals, state)
        value = float((duals * np.where(duals > 0, finite(row_lower), finite(row_upper))).sum())
        value += float((reduced * np.where(reduced > 0, finite(lower), finite(upper))).sum())
        return State(lower, upper, row_lower, row_upper), StageResult(
            stage.name, value * self._scale, programs, duals, ()
        )

    # ------------------------------------------------------------ levels

    def _leveled(
        self, stage: LevelStage, state: State, together: bool, met: Iterable[Cut] = ()
    ) -> tuple[State, StageResult]:
        """Level by level until every column of the stage is fixed; the cuts `met` elsewhere are known from the start."""
        before = self.asked
        terms = Terms.of(stage, self._program.shape[1], self._scale)
        known = Known(
            self._program, terms, self._sharpening, together, (*of_rows(self._program, state), *met)
        )
        oracle = Oracle(self._program, state, self._open)
        levels: list[Level] = []
        while terms.open(state).any():
            chain = self._next(oracle, terms, state, known)
            state = chain.settled(self._program, terms)
            known.settle(state)
            levels += chain.levels
            if chain.binding is None:
                state = terms.alone(state)
        return state, StageResult(
            stage.name, terms.worst(state), self.asked - before, np.zeros(0), tuple(levels)
        )

    def _next(self, oracle: Oracle, terms: Terms, state: State, known: Known) -> Chain:
        """The next level of the province, and what is decided alone above it.

        One linear program within the boxes of that θ proves all of it at once. Where groups of several recipients
        decide anything, they are asked by themselves first: what they lack must not blur the cut of the province.
        """
        before = None
        for _ in range(NEWTON_STEPS):
            chain = known.chain(state)
            bounded = terms.bounded(chain.state, chain.theta)
            found = self._unmet(oracle, terms, chain, bounded, groups=True) if self._grouped else []
            found = found or self._unmet(oracle, terms, chain, bounded)
            if not found:
                return chain
            if chain.progress == before:
                raise SolverError("逐级优化遇到无法满足的约束，已停止。")
            known.add(found)
            before = chain.progress
        raise SolverError("逐级优化没有在规定步数内收敛。")

    def _unmet(
        self, oracle: Oracle, terms: Terms, chain: Chain, bounded: State, groups: bool = False
    ) -> list[Cut]:
        """The cuts by which a chain is not met: more than the rounding of fixed columns (a lot, or ended by a larger θ)."""
        asked = bounded
        if groups:
            wide = self._program.reach == PROVINCE
            asked = replace(
                bounded,
                row_lower=np.where(wide, -np.inf, bounded.row_lower),
                row_upper=np.where(wide, np.inf, bounded.row_upper),
            )
        near = terms.nearest(bounded)
        if chain.binding is not None:  # its columns have no other place
            near[chain.binding.columns] = chain.binding.ends(terms, chain.state, chain.theta)
        duals = chain.decided.joined(self._program, oracle.violation(asked, near=near), chain.theta)
        return [
            cut
            for cut in cuts(self._program, duals, bounded)
            if cut.broken(bounded)
            or (cut.violation(bounded) > 0 and cut.root(terms, chain.state) > chain.theta)
        ]


class _Counted:
    """A session that counts."""

    def __init__(self, session: Session, engine: _Engine) -> None:
        self._session, self._engine = session, engine

    def solve(self, question: Question) -> RawSolution:
        self._engine.asked += 1
        return self._session.solve(question)


def _scaled(program: Program, scale: float) -> State:
    return State(
        program.lower / scale,
        program.upper / scale,
        program.row_lower / scale,
        program.row_upper / scale,
    )


def _attained(program: Program, state: State, start: State) -> bool:
    """Whether columns that are fixed meet every bound and row, as given and as the stages narrowed them.

    Then every bound that duals proved on the way is attained, whoever found them.
    """
    return meets(program, state, start) and meets(program, state, state)


def _check_rows(program: Program, state: State) -> None:
    """Raise SolverError where a row cannot be met within the columns' bounds; where no column is open, no later question has it."""
    ends = np.stack(
        [
            program.values * state.lower[program.columns],
            program.values * state.upper[program.columns],
        ]
    )
    least, most = (
        sums(program.rows, side, program.shape[0]) for side in (ends.min(axis=0), ends.max(axis=0))
    )
    if not ((most >= state.row_lower - FEASIBLE) & (least <= state.row_upper + FEASIBLE)).all():
        raise SolverError("有的约束不论怎样分配都不能满足。")


def _tightened(duals: Floats, state: State) -> tuple[Floats, Floats]:
    """Row bounds with every priced row held at the side that is priced."""
    row_lower, row_upper = state.row_lower.copy(), state.row_upper.copy()
    row_upper[duals > 0], row_lower[duals < 0] = row_lower[duals > 0], row_upper[duals < 0]
    return row_lower, row_upper


def _scale(program: Program) -> float:
    finite = np.concatenate(
        [side[np.isfinite(side)] for side in (program.row_lower, program.row_upper)]
    )
    largest = float(np.abs(finite).max(initial=1.0)) or 1.0
    return float(2.0 ** np.ceil(np.log2(largest / LARGEST_POOL)))


def _verify(program: Program, lines: Floats, scale: float) -> None:
    """The amounts must be determined and within every bound; rows over lines alone must hold."""
    if np.isnan(lines).any():
        raise SolverError("目标清单没有确定每一笔金额。")
    slack = ANSWER_TOLERANCE * scale
    low, high = program.lower[: program.lines], program.upper[: program.lines]
    only_lines = (
        np.bincount(
            program.rows, weights=program.columns >= program.lines, minlength=program.shape[0]
        )
        == 0
    )
    columns = np.concatenate([lines, np.zeros(program.shape[1] - program.lines)])
    inside = within(lines, low, high, slack)
    met = within(
        program.activity(columns)[only_lines],
        program.row_lower[only_lines],
        program.row_upper[only_lines],
        slack,
    )
    if not inside or not met:
        raise SolverError("求解结果没有满足全部约束。")
