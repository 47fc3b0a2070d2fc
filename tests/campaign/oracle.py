"""Judges what the tool says: is there an allocation at all, are the amounts the optimum, are the integers the right rounding.

An allocation is the optimum where no direction leads on: at every stage, and within it at every level, the rows, bounds
and ratios that hold at the amounts leave no direction in which the level falls. What holds is read off the exact
amounts, so the linear programs ask about directions alone, and no size of money can blur them. Rounding is a flow: it is
the best one exactly where its residual network, in whole numbers, has no cycle of negative cost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor, lcm

import highspy
import numpy as np

from .model import Model, Row, Stage, Terms
from .simplex import possible

NEAR = Fraction(1, 10**4)
"""Publishing units by which the amounts may miss a limit, or two ratios differ, and still be taken to meet it."""
GAIN = 1e-5
"""A direction with less to gain than this is none (directions have size one)."""
CLEAR = 1e-5
"""Publishing units: what is missed by more is missed for certain; below, fractions decide."""
MILLION = 10**6


@dataclass(frozen=True)
class Judgement:
    """What is wrong; empty where everything is right."""

    kind: str = ""
    told: str = ""


# ---------------------------------------------------------------- is there an allocation


def feasible(model: Model) -> bool:
    """Whether an allocation exists, with bounds in whole units or as given."""
    return any(
        _feasible(model, low, high) for low, high in (model.whole(), (model.floors, model.caps))
    )


def agree(model: Model, families: Collection[tuple[str, str]]) -> bool:
    """Whether these rules alone can be met, each for its fund ("" where it tells none apart), bounds as given."""
    only = replace(model, rows=[row for row in model.rows if (row.rule, row.fund) in families])
    return _feasible(
        only,
        only.floors,
        only.caps,
        {f for f, fund in enumerate(model.funds) if ("资金总额", fund) in families},
    )


def _feasible(
    model: Model,
    low: Sequence[Fraction],
    high: Sequence[Fraction],
    pools: Collection[int] | None = None,
) -> bool:
    if any(a > b for a, b in zip(low, high, strict=True)):
        return False
    rows = [row for f, row in enumerate(_pool_rows(model)) if pools is None or f in pools]
    for terms, pool, _ in rows:  # without coupling rows this decides, exactly
        if not sum(low[j] for j in terms) <= pool <= sum(high[j] for j in terms):  # type: ignore[operator]
            return False
    rows += [(row.terms, row.low, row.high) for row in model.coupled]
    if not model.coupled:
        return True
    missed, near = _least_missed(low, high, rows)
    if missed > CLEAR:
        return False
    return possible(low, high, rows, near)


def least_repair(model: Model) -> float:
    """The least money, in publishing units, that hard rules must give in all (the pools give nothing); bounds as given."""
    zero, pools = (
        [Fraction(0)] * len(model.lines),
        [Fraction(model.pools[f]) for f, _ in model.lines],
    )
    hard = [(row.terms, row.low, row.high) for row in model.rows if row.hard]
    return _least_missed(zero, pools, hard, _pool_rows(model))[0]


def least_short(model: Model) -> float | None:
    """The least 三保 shortfall in all, in publishing units, that hard rules allow; None where they allow nothing."""
    hard: list[_Limits] = [
        *_pool_rows(model),
        *((row.terms, row.low, row.high) for row in model.coupled),
    ]
    for low, high in (model.whole(), (model.floors, model.caps)):
        if _feasible(model, low, high):
            needs: list[_Limits] = [
                (
                    {
                        j: model.usable[f]
                        for j, (f, k) in enumerate(model.lines)
                        if k == i and model.usable[f]
                    },
                    need - own,
                    None,
                )
                for i, (need, own) in enumerate(zip(model.need, model.own, strict=True))
                if need and own is not None
            ]
            return _least_missed(low, high, needs, hard)[0]
    return None


_Limits = tuple[Terms, Fraction | None, Fraction | None]


def _pool_rows(model: Model) -> list[_Limits]:
    return [
        (
            {j: Fraction(1) for j, (f, _) in enumerate(model.lines) if f == fund},
            Fraction(pool),
            Fraction(pool),
        )
        for fund, pool in enumerate(model.pools)
    ]


def _least_missed(
    low: Sequence[Fraction],
    high: Sequence[Fraction],
    rows: Sequence[_Limits],
    kept: Sequence[_Limits] = (),
) -> tuple[float, list[Fraction]]:
    """Publishing units that the rows must be missed by in all while others are kept, and the amounts for it, in floats."""
    size = max(1.0, float(max((b - a for a, b in zip(low, high, strict=True)), default=1)))
    count = len(low)
    program = _Program(count)
    program.lower[:] = [0.0] * count
    program.upper[:] = [float((b - a) / Fraction(size)) for a, b in zip(low, high, strict=True)]
    costs = [0.0] * count
    for k, (terms, least, most) in enumerate([*rows, *kept]):
        base = sum((a * low[j] for j, a in terms.items()), Fraction(0))
        sides = [
            None if side is None else float((side - base) / Fraction(size))
            for side in (least, most)
        ]
        entries = {j: float(a) for j, a in terms.items()}
        if k < len(rows):
            up, down = program.column(0.0, np.inf), program.column(0.0, np.inf)
            costs += [1.0, 1.0]
            entries |= {up: 1.0, down: -1.0}
        largest = max(map(abs, entries.values()), default=1.0)
        program.row(
            {j: a / largest for j, a in entries.items()},
            *(None if side is None else side / largest for side in sides),
        )
    value, columns = program.least(costs)
    near = [low[j] + Fraction(columns[j]) * Fraction(size) for j in range(count)]
    return value * size, near


# ---------------------------------------------------------------- are the amounts the optimum


def judge(model: Model, x: Sequence[Fraction], near: Fraction = NEAR) -> Judgement:
    """Whether the amounts before rounding are the one optimum."""
    low, high = model.whole()
    if not _within(x, low, high, near):
        if not _within(x, model.floors, model.caps, near):
            j = max(range(len(x)), key=lambda j: max(low[j] - x[j], x[j] - high[j]))
            return Judgement(
                "bound",
                f"{_line(model, j)} {float(x[j])} outside [{float(low[j])}, {float(high[j])}]",
            )
        if _feasible(model, low, high):
            j = max(range(len(x)), key=lambda j: max(low[j] - x[j], x[j] - high[j]))
            return Judgement(
                "bound",
                f"{_line(model, j)} {float(x[j])} outside whole units [{float(low[j])}, {float(high[j])}] without need",
            )
        low, high = model.floors, model.caps
    for f, pool in enumerate(model.pools):
        total = sum(value for value, (fund, _) in zip(x, model.lines, strict=True) if fund == f)
        if total != pool:
            return Judgement("pool", f"{model.funds[f]} {float(total)} is not {pool}")
    for row in model.coupled:
        if row.missing(x) > near:
            return Judgement("row", f"{row.rule} {row.label} missed by {float(row.missing(x))}")
    return _Directions(model, x, low, high, near).judged(model.stages())


def _within(
    x: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction], near: Fraction
) -> bool:
    return all(a - near <= value <= b + near for a, value, b in zip(low, x, high, strict=True))


def _line(model: Model, j: int) -> str:
    f, i = model.lines[j]
    return f"{model.names[i]}·{model.funds[f]}"


class _Directions:
    """The directions that the limits at the amounts leave open, narrowed stage by stage."""

    def __init__(
        self,
        model: Model,
        x: Sequence[Fraction],
        low: Sequence[Fraction],
        high: Sequence[Fraction],
        near: Fraction,
    ) -> None:
        self.model, self.x, self.near = model, x, near
        self.program = _Program(len(x))
        for j, value in enumerate(x):
            self.program.lower[j] = 0.0 if value <= low[j] + near else -1.0
            self.program.upper[j] = 0.0 if value >= high[j] - near else 1.0
        for f in range(len(model.pools)):
            self.program.row(
                {j: 1.0 for j, (fund, _) in enumerate(model.lines) if fund == f}, 0.0, 0.0
            )
        for row in model.coupled:
            self._keep(row)

    def _keep(self, row: Row) -> None:
        if (
            not row.terms
            or -row.missing(self.x) > self.near
            and (row.low is None or row.high is None)
        ):
            return
        scaled = _scaled(row.terms)
        self.program.row(
            scaled, 0.0 if row.low is not None else None, 0.0 if row.high is not None else None
        )

    def judged(self, stages: Iterable[Stage]) -> Judgement:
        for stage in stages:
            gain, told = self._sum(stage) if stage.summed else self._levels(stage)
            if gain < -GAIN:
                return Judgement("optimum", f"{stage.name}: {told} can fall (gain {-gain:.3g})")
        return Judgement()

    def _gap(self, stage: Stage, k: int) -> tuple[Fraction, int]:
        """How far the value stands from the centre on the side that counts, and in which direction it grows (−1: as the value falls)."""
        term = stage.ratios[k]
        value = term.constant + sum((a * self.x[j] for j, a in term.terms.items()), Fraction(0))
        gap = term.centre - value
        if term.below and term.above:
            return abs(gap), -1 if gap > 0 else 1
        return (gap, -1) if term.below else (-gap, 1)

    def _sum(self, stage: Stage) -> tuple[float, str]:
        costs: dict[int, float] = {}
        for k, term in enumerate(stage.ratios):
            gap, sign = self._gap(stage, k)
            if not term.terms:
                continue
            if gap > self.near:
                for j, a in term.terms.items():
                    costs[j] = costs.get(j, 0.0) + sign * float(a)
            elif gap >= -self.near:
                column = self.program.column(0.0, np.inf)
                size = float(max(abs(a) for a in term.terms.values()))
                costs[column] = size
                for side in (1, -1) if term.below and term.above else (sign,):
                    self.program.row(
                        {column: 1.0} | {j: -side * float(a) / size for j, a in term.terms.items()},
                        0.0,
                        None,
                    )
        if not costs:
            return 0.0, ""
        gain, _ = self.program.least([costs.get(j, 0.0) for j in range(len(self.program.lower))])
        size = max(abs(cost) for cost in costs.values()) or 1.0
        self.program.row({j: cost / size for j, cost in costs.items()}, None, 0.0)
        return gain / size, "the sum"

    def _levels(self, stage: Stage) -> tuple[float, str]:
        clipped = not stage.ratios or "·" in stage.name
        moving, resting = [], []
        both = any(term.below and term.above for term in stage.ratios)
        for k, term in enumerate(stage.ratios):
            gap, sign = self._gap(stage, k)
            if (clipped or (term.below and term.above)) and gap <= self._nearly(
                term.below and term.above
            ):
                resting.append((k, gap, sign))
            elif term.terms:
                moving.append((gap / term.scale, term.scale, sign, term.terms))
        moving.sort(key=lambda entry: -entry[0])
        while moving:
            size = 1
            while size < len(moving) and self._tied(moving[size - 1], moving[size], both):
                size += 1
            level, moving = moving[:size], moving[size:]
            gain = self._level([(sign, terms) for _, _, sign, terms in level])
            if gain < -GAIN:
                who = next(iter(level[0][3]))
                return (
                    gain,
                    f"the level {float(level[0][0]):.9g} of {size} ({_line(self.model, who)})",
                )
        for k, gap, sign in resting:
            term = stage.ratios[k]
            if term.below and term.above:
                self._hold(term.terms, True, sign)
            elif gap >= -self._nearly(False):
                self._hold(term.terms, False, sign)
        return 0.0, ""

    def _nearly(self, both: bool) -> Fraction:
        """What a gap may be off: reference amounts are rounded, so much; other gaps are exact, and may be worth far less."""
        return self.near if both else self.near / 10_000

    def _tied(
        self,
        one: tuple[Fraction, Fraction, int, Terms],
        other: tuple[Fraction, Fraction, int, Terms],
        both: bool,
    ) -> bool:
        return abs(one[0] - other[0]) * min(one[1], other[1]) <= self._nearly(both)

    def _level(self, terms: Sequence[tuple[int, Terms]]) -> float:
        """The most that the terms of a level can fall together, none of them rising; then they are held."""
        costs = [0.0] * len(self.program.lower)
        for sign, of in terms:
            self._hold(of, False, sign)
            for j, a in _scaled(of).items():
                costs[j] += sign * a
        movable = any(
            cost and self.program.lower[j] < self.program.upper[j] for j, cost in enumerate(costs)
        )
        gain = self.program.least(costs)[0] if movable else 0.0
        if gain >= -GAIN:
            for sign, of in terms:
                self._hold(of, True, sign)
        return gain

    def _hold(self, terms: Terms, equal: bool, sign: int) -> None:
        """The expression may not change, or may not move on (in the direction of the sign)."""
        if not terms:
            return
        if len(terms) == 1:
            ((j, a),) = terms.items()
            up = (a > 0) == (sign > 0)
            if equal or up:
                self.program.upper[j] = 0.0
            if equal or not up:
                self.program.lower[j] = 0.0
            return
        self.program.row(
            _scaled(terms), 0.0 if equal or sign < 0 else None, 0.0 if equal or sign > 0 else None
        )


def _scaled(terms: Terms) -> dict[int, float]:
    size = max(abs(a) for a in terms.values())
    return {j: float(a / size) for j, a in terms.items()}


@dataclass
class _Program:
    """A linear program in floats, column by column and row by row."""

    count: int
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    rows: list[tuple[Mapping[int, float], float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lower, self.upper = [-1.0] * self.count, [1.0] * self.count

    def column(self, lower: float, upper: float) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def row(self, terms: Mapping[int, float], low: float | None, high: float | None) -> None:
        self.rows.append((terms, -np.inf if low is None else low, np.inf if high is None else high))

    def least(self, costs: Sequence[float]) -> tuple[float, list[float]]:
        """The least costs and the columns that reach it."""
        solver = _solver()
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.lower), len(self.rows)
        program.col_cost_ = np.array([*costs, *[0.0] * (len(self.lower) - len(costs))])
        program.col_lower_, program.col_upper_ = np.array(self.lower), np.array(self.upper)
        program.row_lower_, program.row_upper_ = (
            np.array([row[1] for row in self.rows]),
            np.array([row[2] for row in self.rows]),
        )
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.cumsum([0, *(len(row[0]) for row in self.rows)])
        program.a_matrix_.index_ = np.array(
            [j for row in self.rows for j in row[0]], dtype=np.int32
        )
        program.a_matrix_.value_ = np.array([a for row in self.rows for a in row[0].values()])
        solver.passModel(program)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ArithmeticError(f"the oracle's own program ended as {solver.getModelStatus()}")
        return solver.getObjectiveValue(), list(solver.getSolution().col_value)


_SOLVERS: list[highspy.Highs] = []


def _solver() -> highspy.Highs:
    if not _SOLVERS:
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("threads", 1),
            ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9),
        ):
            solver.setOptionValue(option, value)
        _SOLVERS.append(solver)
    return _SOLVERS[0]


# ---------------------------------------------------------------- are the integers the right rounding


def rounded(model: Model, x: Sequence[Fraction], published: Sequence[int]) -> Judgement:
    """Whether the integers are the one controlled rounding of the amounts, which are read exactly or in millionths of a unit."""
    for f, pool in enumerate(model.pools):
        if (
            sum(count for count, (fund, _) in zip(published, model.lines, strict=True) if fund == f)
            != pool
        ):
            return Judgement("total", f"{model.funds[f]} does not add up")
    low, high = model.whole()
    for j, count in enumerate(published):
        if low[j] <= x[j] <= high[j] and not floor(low[j]) <= count <= ceil(high[j]):
            return Judgement("rounding", f"{_line(model, j)} {count} breaks its bounds")
    first = _Flow(model, x, exactly=True).wrong(published)
    if first and _Flow(
        model, [Fraction(round(value * MILLION), MILLION) for value in x], exactly=False
    ).wrong(published):
        return Judgement("rounding", first)
    return Judgement()


class _Flow:
    """Fund → prefecture of a fund → line → county → prefecture: each edge carries the floor or ceiling of its own sum."""

    def __init__(self, model: Model, x: Sequence[Fraction], exactly: bool) -> None:
        self.model, self.x, self.exactly = model, x, exactly
        groups: dict[tuple[str, int, int], list[int]] = {}
        self.edges: list[tuple[tuple[object, ...], tuple[object, ...], list[int]]] = []
        for j, (f, i) in enumerate(model.lines):
            p = model.home[i]
            for key in (("fund", f, 0), ("share", f, p), ("county", i, 0), ("home", p, 0)):
                groups.setdefault(key, []).append(j)
            self.edges.append((("share", f, p), ("county", i, 0), [j]))
        for key, inside in groups.items():
            ends = {
                "fund": (("root",), key),
                "share": (("fund", key[1], 0), key),
                "county": (key, ("home", model.home[key[1]] if key[0] == "county" else 0, 0)),
                "home": (key, ("root",)),
            }[key[0]]
            self.edges.append((*ends, inside))

    def wrong(self, published: Sequence[int]) -> str:
        """What is wrong with the integers; empty where they are the best."""
        costs = self._costs()
        arcs: list[tuple[object, object, int]] = []
        for at, (tail, head, inside) in enumerate(self.edges):
            flow, value = (
                sum(published[j] for j in inside),
                sum((self.x[j] for j in inside), Fraction(0)),
            )
            low, high = floor(value), ceil(value)
            if (
                not self.exactly
                and abs(value - round(value)) * MILLION <= len(inside) // 2 + 1
                and len(inside) > 1
            ):
                low = high = round(value)
            if not low <= flow <= high:
                return f"{tail}–{head} {flow} is no neighbour of {float(value)}"
            cost = costs[at] if at < len(self.x) else 0
            if flow < high:
                arcs.append((tail, head, cost))
            if flow > low:
                arcs.append((head, tail, -cost))
        return (
            "Σ|published − x| or the order among equals is not the best"
            if _negative_cycle(arcs)
            else ""
        )

    def _costs(self) -> list[int]:
        """|ceil − x| − |floor − x| in whole numbers; among equals the first line by county and fund goes up."""
        changes = [1 - 2 * (value - floor(value)) for value in self.x]
        parts = lcm(*(change.denominator for change in changes)) if changes else 1
        order = sorted(
            range(len(self.x)), key=lambda j: (self.model.lines[j][1], self.model.lines[j][0])
        )
        rank = {j: position for position, j in enumerate(reversed(order))}
        return [
            int(change * parts) * 2 ** (len(self.x) + 1) - 2 ** rank[j]
            for j, change in enumerate(changes)
        ]


def _negative_cycle(arcs: Sequence[tuple[object, object, int]]) -> bool:
    distance = {node: 0 for arc in arcs for node in arc[:2]}
    for _ in range(len(distance) + 1):
        changed = False
        for tail, head, cost in arcs:
            if distance[tail] + cost < distance[head]:
                distance[head] = distance[tail] + cost
                changed = True
        if not changed:
            return False
    return True
