"""The trade-off between two objectives: an exact convex curve of straight pieces, with its corners and slopes.

Both objectives are columns of one linear program, kept on the optimal face of everything that comes before them. From
its two ends the curve is cut by supporting lines: the line through two known corners either touches nothing beyond
them, which proves the piece between them, or finds a corner further out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Optimum
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.errors import InputError, Problem, SolverError
from transfer_opt.core.exact import floats
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.lexlp.cuts import State
from transfer_opt.lexlp.program import (
    PROVINCE,
    RECIPIENT,
    LevelStage,
    Opener,
    Program,
    Question,
    Session,
    Stage,
    SumStage,
)
from transfer_opt.lexlp.solve import LARGEST_POOL, face, smallest, solve
from transfer_opt.policy.case import Case
from transfer_opt.policy.objectives import CLOSEST, OBJECTIVES, SHORTFALL, STEADIEST, Goal, Levels

TOUCHES = 1e-9
"""What a supporting line may gain, relative to the whole curve, and still count as touching."""
AGREES = 1e-7
"""What a piece may miss its re-solved middle by, relative to the whole curve."""
SLACK = 1e-11
MOST_CORNERS = 400

Report = Callable[[str], None]


@dataclass(frozen=True)
class Corner:
    """Where the curve bends: the two objectives as they are minimised, and the allocation closest to the formula there."""

    first: float
    second: float
    amounts: Floats
    """(L,) money before rounding."""


@dataclass(frozen=True)
class Frontier:
    """The curve from the best of the first objective to the best of the second."""

    names: tuple[str, str]
    corners: tuple[Corner, ...]
    present: tuple[float, float]
    """The two objectives of the scenario as it is solved today."""

    @property
    def slopes(self) -> tuple[float, ...]:
        """By how much the second objective falls per unit by which the first may rise, piece by piece; decreasing."""
        pairs = zip(self.corners, self.corners[1:], strict=False)
        return tuple(
            (one.second - other.second) / (other.first - one.first) for one, other in pairs
        )

    def least(self, first: float) -> float:
        """The least second objective while the first is at most this."""
        return float(
            np.interp(first, [c.first for c in self.corners], [c.second for c in self.corners])
        )

    @property
    def above(self) -> float:
        """How much the present scenario's second objective is above the curve."""
        return self.present[1] - self.least(self.present[0])


def checked_pair(names: Sequence[str]) -> tuple[str, str]:
    """Two different objectives of the catalogue, else InputError."""
    if len(names) != 2 or names[0] == names[1] or any(name not in OBJECTIVES for name in names):
        remedy = f"写两个不同的目标，用逗号隔开，可用的有：{'、'.join(OBJECTIVES)}。"
        raise InputError([Problem("E240", f"--objectives「{','.join(names)}」看不懂。", remedy)])
    return names[0], names[1]


def refuse_unknown(case: Case, formulation: Formulation, names: tuple[str, str]) -> None:
    """Raise InputError where the case cannot be asked for an objective."""
    if SHORTFALL in names and not any(stage.name == SHORTFALL for stage in formulation.stages):
        raise InputError(
            [
                Problem(
                    "E241",
                    f"「{SHORTFALL}」现在不是目标：规则「{NEED_RULE}」为硬约束或未启用。",
                    "把它改为「软」，或换一个目标。",
                )
            ]
        )
    missing = [
        name
        for name in names
        if not np.isfinite(objective(case, formulation, name, case.lines.reference))
    ]
    if missing:
        raise InputError(
            [
                Problem(
                    "E242",
                    f"目标「{missing[0]}」缺少数据（如上年数）。",
                    "补上需要的列，或换一个目标。",
                )
            ]
        )


def frontier(
    instance: Instance, today: Optimum, names: tuple[str, str], report: Report = lambda _: None
) -> Frontier:
    """The curve of two objectives; `today` is the allocation of the scenario as it stands.

    Raises InputError where an objective cannot be asked for, SolverError where an answer does not pass its check.
    """
    case = instance.case
    refuse_unknown(case, today.formulation, names)
    formulation = formulate(
        case, instance.settings, (*names, CLOSEST), whole=today.formulation.whole
    )
    plane = _Plane(case, formulation, names, instance.solver.again)
    report("求前沿")
    points = plane.corners()
    report("复核每一段")
    plane.verify(points)
    made = []
    for at, (first, second) in enumerate(points):
        report(f"第 {at + 1}/{len(points)} 个拐点的分配")
        made.append(Corner(first, second, plane.allocation(first, second)))
    values = [objective(case, formulation, name, today.amounts) for name in names]
    return Frontier(names, tuple(made), (values[0], values[1]))


def objective(case: Case, formulation: Formulation, name: str, amounts: Floats) -> float:
    """What an objective comes to at these amounts (L,), as the curve measures it; NaN where not known.

    One that raises the worst-placed is its largest ratio. One that keeps amounts close to others is the money in
    between, Σ |x − other|: its largest ratio is often forced by a single line, and then there is nothing to trade.
    """
    if name == SHORTFALL:
        rows = next(entry for entry in formulation.rules if entry.rule.name == NEED_RULE).rows
        return float(np.maximum(rows.lower - rows.expression.at(amounts), 0.0).sum())
    goal = _goal(case, name)
    reached = goal.expression.at(amounts)
    if not isinstance(goal, Levels):
        return float(np.abs(reached).sum())
    centre, scale = floats(goal.centre), floats(goal.scale)
    if goal.below and goal.above:
        return float(np.abs(reached - centre).sum()) if len(reached) else np.nan
    ratios = (centre - reached if goal.below else reached - centre) / scale
    return float(ratios.max()) if len(ratios) else np.nan


def _goal(case: Case, name: str) -> Goal:
    """An objective of the catalogue; change on last year is told from every line growing as fast as its fund.

    Where floors forbid any cut, Σ |x − last| is the growth of the pools whatever is done.
    """
    function = OBJECTIVES[name].function
    assert function is not None, "only the shortfall has none"
    goal = function(case, case.amount)
    if name != STEADIEST or not isinstance(goal, Levels):
        return goal
    fund = case.lines.fund[goal.expression.columns[np.argsort(goal.expression.rows)]]
    return replace(goal, centre=goal.centre * (1 + case.rate[fund]))


class _Plane:
    """The linear program of the two objectives: the formulation's columns, then one column per objective."""

    def __init__(
        self, case: Case, formulation: Formulation, names: tuple[str, str], open_solver: Opener
    ) -> None:
        program, (before, after) = formulation.program, _before(formulation.stages, names)
        self._pair: list[Stage] = []
        for name in names:
            stage = next(stage for stage in formulation.stages if stage.name == name)
            if isinstance(stage, LevelStage) and stage.below and stage.above:
                program, stage = _summed(program, stage, _goal(case, name))
            self._pair.append(stage)
        self._program, self._open = program, open_solver
        self._pair = [_padded(stage, program) for stage in self._pair]
        self._before, self._after = (
            tuple(_padded(stage, program) for stage in part) for part in (before, after)
        )
        self._scale = float(2.0 ** np.ceil(np.log2(max(case.pools.max(), 1.0) / LARGEST_POOL)))
        self._plane = _with_goals(
            program, face(program, self._before, open_solver), self._pair, self._scale
        )
        self._session: Session = open_solver(self._plane)

    def corners(self) -> list[tuple[float, float]]:
        """Every bend of the curve, ends included, in order of the first objective."""
        one, other = self._end(0), self._end(1)
        self._span = np.maximum(np.abs(np.subtract(one, other)), np.finfo(float).tiny)
        if one[1] - other[1] <= TOUCHES * (1 + abs(one[1])) or other[0] - one[0] <= TOUCHES * (
            1 + abs(one[0])
        ):
            return [one]
        found, open_pieces = [one, other], [(one, other)]
        while open_pieces:
            left, right = open_pieces.pop()
            weights = np.array([left[1] - right[1], right[0] - left[0]])
            corner = self._least(weights / weights.max())
            if _turn(left, corner, right) > TOUCHES * (weights @ self._span):
                found.append(corner)
                open_pieces += [(left, corner), (corner, right)]
            if len(found) > MOST_CORNERS:
                raise SolverError("前沿的拐点太多，已停止。")
        return _bends(sorted(found), self._span)

    def verify(self, points: Sequence[tuple[float, float]]) -> None:
        """Re-solve in the middle of every piece: the least second objective there lies on the piece."""
        for left, right in zip(points, points[1:], strict=False):
            middle = (left[0] + right[0]) / 2
            reached = self._least(np.array([0.0, 1.0]), middle)[1]
            if abs(reached - (left[1] + right[1]) / 2) > AGREES * self._span[1]:
                raise SolverError("前沿没有通过复核：一段的中点不在直线上。")

    def allocation(self, first: float, second: float) -> Floats:
        """The amounts (L,) closest to the formula among those that reach a corner."""
        pair = list(zip(self._pair, (first, second), strict=True))
        # A sum is minimised: its optimal face leaves far less open than a row that holds it at its value.
        (held, value), (least, _) = pair if isinstance(self._pair[1], SumStage) else reversed(pair)
        program = _at_most(self._program, held, value + SLACK * (1 + abs(value)), self._scale)
        solution = solve(program, (*self._before, least, *self._after), self._open)
        if solution.shortage is not None:
            raise SolverError("前沿的拐点没有对应的分配。")
        return solution.columns[: program.lines]

    def _end(self, best: int) -> tuple[float, float]:
        """The least of one objective, and the least of the other while it stays there: on the optimal face itself.

        Where the curve is steep, a bound with some slack would move the other objective by much more than the slack.
        """
        goals = np.zeros((2, self._plane.shape[1]))
        goals[:, self._program.shape[1] :] = np.diag([self._unit(0), self._unit(1)])
        values = smallest(self._plane, goals[best], goals[1 - best], open_solver=self._open)
        return (values[0], values[1]) if best == 0 else (values[1], values[0])

    def _least(self, weights: Floats, bound: float = np.inf) -> tuple[float, float]:
        """The two objectives where their weighted sum is least and the first at most a bound."""
        plane, count = self._plane, self._program.shape[1]
        costs, upper = np.zeros(count + 2), plane.upper.copy()
        upper[count] = bound / self._unit(0)
        costs[count:] = weights * [self._unit(0), self._unit(1)]
        costs /= max(np.abs(costs).max(), np.finfo(float).tiny)
        answer = self._session.solve(
            Question(costs, plane.lower, upper, plane.row_lower, plane.row_upper)
        )
        if not answer.optimal:
            raise SolverError(f"求解器返回「{answer.status}」，不是最优解。")
        reached = answer.columns[count:]
        return float(reached[0] * self._unit(0)), float(reached[1] * self._unit(1))

    def _unit(self, of: int) -> float:
        """Money of one unit of an objective's column; 1 where it is a ratio."""
        return self._scale if isinstance(self._pair[of], SumStage) else 1.0


def _before(
    stages: Sequence[Stage], names: tuple[str, str]
) -> tuple[tuple[Stage, ...], tuple[Stage, ...]]:
    """The soft rules' stages, which stay at their optimum; and what closes an allocation.

    「三保缺口最小」 comes first of all, so where it is traded itself the other soft rules come after.
    """
    soft = tuple(
        stage for stage in stages if stage.name not in OBJECTIVES or stage.name == SHORTFALL
    )
    closing = (next(stage for stage in stages if stage.name == CLOSEST),)
    if SHORTFALL not in names:
        return soft, closing
    return (), (*(stage for stage in soft if not stage.name.startswith(SHORTFALL)), *closing)


def _summed(program: Program, stage: LevelStage, goal: Goal) -> tuple[Program, SumStage]:
    """The program with what lies between amounts and the given ones, up and down, and the least sum of it as a stage."""
    assert isinstance(goal, Levels), "as the stage is"
    (rows, columns), count = program.shape, len(stage.columns)
    up, down, row = (
        columns + np.arange(count),
        columns + count + np.arange(count),
        rows + np.arange(count),
    )
    ones, centre = np.ones(count), floats(goal.centre)
    wider = replace(
        program,
        lower=np.pad(program.lower, (0, 2 * count)),
        upper=np.pad(program.upper, (0, 2 * count), constant_values=np.inf),
        rows=np.concatenate([program.rows, row, row, row]),
        columns=np.concatenate([program.columns, stage.columns, up, down]),
        values=np.concatenate([program.values, ones, -ones, ones]),
        row_lower=np.append(program.row_lower, centre),
        row_upper=np.append(program.row_upper, centre),
        reach=np.append(program.reach, np.full(count, RECIPIENT)),
    )
    return wider, SumStage(stage.name, np.pad(np.ones(2 * count), (columns, 0)))


def _padded(stage: Stage, program: Program) -> Stage:
    """The stage over a program that has got more columns."""
    if isinstance(stage, LevelStage):
        return stage
    return replace(stage, costs=np.pad(stage.costs, (0, program.shape[1] - len(stage.costs))))


def _with_goals(program: Program, state: State, pair: Sequence[Stage], scale: float) -> Program:
    """The program within a face, in scaled money, with a column per objective and the rows that hold it up."""
    rows, columns = program.shape
    parts = [
        (
            program.rows,
            program.columns,
            program.values,
            state.row_lower / scale,
            state.row_upper / scale,
        )
    ]
    ends = [0.0 if isinstance(stage, SumStage) else -np.inf for stage in pair]
    for at, stage in enumerate(pair):
        for entries in _goal_rows(stage, columns + at, scale):
            parts.append((entries[0] + rows, *entries[1:]))
            rows += len(entries[3])
    joined = [np.concatenate([part[k] for part in parts]) for k in range(5)]
    return Program(
        np.concatenate([state.lower / scale, ends]),
        np.concatenate([state.upper / scale, [np.inf, np.inf]]),
        joined[0],
        joined[1],
        joined[2],
        joined[3],
        joined[4],
        np.full(rows, PROVINCE),
        program.lines,
    )


def _goal_rows(
    stage: Stage, goal: int, scale: float
) -> list[tuple[Ints, Ints, Floats, Floats, Floats]]:
    """Rows (entries, then bounds) by which the column `goal` is at least every ratio, or the sum; scaled money."""
    if isinstance(stage, SumStage):
        used = np.flatnonzero(stage.costs)
        zero = np.zeros(1)
        return [
            (
                np.zeros(len(used) + 1, dtype=np.int64),
                np.append(used, goal),
                np.append(stage.costs[used], -1.0),
                zero,
                zero,
            )
        ]
    count = len(stage.columns)
    where = np.concatenate([np.arange(count), np.arange(count)])
    columns = np.concatenate([stage.columns, np.full(count, goal)])
    centre, ratio, open_end = (
        floats(stage.centre) / scale,
        floats(stage.scale) / scale,
        np.full(count, np.inf),
    )
    made = []
    if stage.below:
        made.append((where, columns, np.concatenate([np.ones(count), ratio]), centre, open_end))
    if stage.above:
        made.append((where, columns, np.concatenate([np.ones(count), -ratio]), -open_end, centre))
    return made


def _at_most(program: Program, stage: Stage, value: float, scale: float) -> Program:
    """The program with an objective held at most at a value: as bounds of its columns, or as a row."""
    if isinstance(stage, LevelStage):
        low, high = program.lower.copy(), program.upper.copy()
        reach, centre = floats(stage.scale) * value, floats(stage.centre)
        give = SLACK * scale
        if stage.below:
            low[stage.columns] = np.minimum(
                np.maximum(low[stage.columns], centre - reach - give), high[stage.columns]
            )
        if stage.above:
            high[stage.columns] = np.maximum(
                np.minimum(high[stage.columns], centre + reach + give), low[stage.columns]
            )
        return replace(program, lower=low, upper=high)
    used = np.flatnonzero(stage.costs)
    row = program.shape[0]
    return replace(
        program,
        rows=np.append(program.rows, np.full(len(used), row)),
        columns=np.append(program.columns, used),
        values=np.append(program.values, stage.costs[used]),
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, value),
        reach=np.append(program.reach, PROVINCE),
    )


def _bends(points: Sequence[tuple[float, float]], span: Floats) -> list[tuple[float, float]]:
    """The points without those that touch the straight line between their neighbours."""
    kept: list[tuple[float, float]] = []
    for point in points:
        while len(kept) > 1:
            one, two = kept[-2], kept[-1]
            if _turn(one, two, point) > TOUCHES * (
                np.array([one[1] - point[1], point[0] - one[0]]) @ span
            ):
                break
            kept.pop()
        kept.append(point)
    return kept


def _turn(one: tuple[float, float], two: tuple[float, float], three: tuple[float, float]) -> float:
    """Twice the area of the triangle; positive where the second lies below the line from the first to the third."""
    return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
