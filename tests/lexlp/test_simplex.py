"""Linear programs in fractions: on paper, against another solver, and from whatever basis they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from gmpy2 import mpq
from scipy.optimize import linprog

from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.exact.integers import Bound, Number
from transfer_opt.lexlp.exact.simplex import BASIC, FREE, HIGH, LOW, ExactProgram, Vertex, optimum

WORDS = (BASIC, LOW, HIGH, FREE)
BIT = mpq(1, 10**30)
Row = tuple[Mapping[int, Number], Bound, Bound]


def program(
    costs: Sequence[Number], box: Sequence[tuple[Bound, Bound]], *rows: Row
) -> ExactProgram:
    """Columns within their boxes, and rows as (entries, low, high)."""
    return ExactProgram(
        list(costs),
        [low for low, _ in box],
        [high for _, high in box],
        [entries for entries, _, _ in rows],
        [low for _, low, _ in rows],
        [high for _, _, high in rows],
    )


def solved(given: ExactProgram, start: Sequence[str] = ()) -> list[Number]:
    vertex = optimum(given, start)
    assert vertex is not None
    hold(given, vertex)
    return vertex.columns


def hold(given: ExactProgram, vertex: Vertex) -> mpq:
    """The least value, proved by the vertex alone: within all bounds, every price on a side that is met, and none left over."""
    x, y = vertex.columns, vertex.duals
    value = sum((cost * at for cost, at in zip(given.costs, x, strict=True)), mpq(0))
    activity = [sum((a * x[j] for j, a in row.items()), mpq(0)) for row in given.rows]
    reduced = [
        cost - sum((row.get(j, 0) * y[r] for r, row in enumerate(given.rows)), mpq(0))
        for j, cost in enumerate(given.costs)
    ]
    assert reduced == vertex.reduced
    proved = mpq(0)
    for lows, highs, at, prices in (
        (given.lower, given.upper, x, reduced),
        (given.row_lower, given.row_upper, activity, y),
    ):
        for low, high, each, price in zip(lows, highs, at, prices, strict=True):
            assert low is None or low <= each
            assert high is None or each <= high
            if price:
                side = low if price > 0 else high
                assert side == each
                proved += price * side
    assert proved == value
    return value


# ---------------------------------------------------------------- on paper


def test_a_workshop_makes_two_of_one_and_six_of_the_other() -> None:
    # max 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18
    given = program(
        [-3, -5], [(0, None)] * 2, ({0: 1}, None, 4), ({1: 2}, None, 12), ({0: 3, 1: 2}, None, 18)
    )
    assert solved(given) == [2, 6]
    vertex = optimum(given)
    assert vertex is not None
    assert vertex.duals == [0, mpq(-3, 2), -1]


def test_thirds_are_thirds() -> None:
    given = program([1, 1], [(0, None)] * 2, ({0: 1, 1: 2}, 1, None), ({0: 2, 1: 1}, 1, None))
    assert solved(given) == [mpq(1, 3)] * 2


def test_a_column_without_bounds_goes_as_far_as_its_row_lets_it() -> None:
    assert solved(program([1], [(None, None)], ({0: 3}, -7, None))) == [mpq(-7, 3)]
    assert solved(program([-1], [(None, None)], ({0: 3}, None, 7))) == [mpq(7, 3)]


def test_a_column_without_bounds_that_nothing_moves_rests_at_nothing() -> None:
    assert solved(program([0, 1], [(None, None), (2, 5)])) == [0, 2]


def test_what_has_no_least_value_is_refused() -> None:
    with pytest.raises(SolverError, match="没有最小值"):
        optimum(program([-1, 0], [(0, None)] * 2, ({0: 1, 1: -1}, None, 3)))


def test_columns_go_from_one_bound_to_the_other_where_no_row_holds_them() -> None:
    assert solved(program([-1, -1, 1], [(0, 2)] * 3, ({0: 1, 1: 1, 2: 1}, None, 10))) == [2, 2, 0]
    assert solved(program([1, -1], [(-3, mpq(5, 7))] * 2)) == [-3, mpq(5, 7)]


def test_a_fixed_column_stays_where_it_is() -> None:
    assert solved(program([-9, 1], [(4, 4), (0, None)], ({0: 1, 1: 1}, 6, None))) == [4, 2]


def test_a_row_with_two_sides_may_stand_at_either() -> None:
    for cost, end in ((1, 2), (-1, 5)):
        assert sum(solved(program([cost, cost], [(0, None)] * 2, ({0: 1, 1: 1}, 2, 5)))) == end


@pytest.mark.parametrize(
    ("reach", "possible"), [(2, True), (2 - BIT, True), (2 + BIT, False), (3, False)]
)
def test_the_least_bit_too_much_is_impossible(reach: mpq, possible: bool) -> None:
    given = program([0, 0], [(0, 1)] * 2, ({0: 1, 1: 1}, reach, None))
    assert (optimum(given) is not None) == possible


def test_an_equation_said_twice_is_no_trouble() -> None:
    given = program(
        [1, 0],
        [(0, None)] * 2,
        ({0: 1, 1: 1}, 1, 1),
        ({0: 2, 1: 2}, 2, 2),
        ({0: mpq(1, 3), 1: mpq(1, 3)}, mpq(1, 3), mpq(1, 3)),
    )
    assert solved(given) == [0, 1]
    assert solved(given, [BASIC, BASIC, LOW, LOW, LOW]) == [0, 1]


def test_equations_that_contradict_each_other_by_the_least_bit_are_impossible() -> None:
    assert (
        optimum(
            program(
                [1, 0], [(None, None)] * 2, ({0: 1, 1: 1}, 1, 1), ({0: 2, 1: 2}, 2 + BIT, 2 + BIT)
            )
        )
        is None
    )


def test_equations_alone_are_solved() -> None:
    # x + y + z = 6, x − y = 1, y − 2z = 3: y = 3 + 2z and x = 4 + 2z, so 7 + 5z = 6
    given = program(
        [0] * 3,
        [(None, None)] * 3,
        ({0: 1, 1: 1, 2: 1}, 6, 6),
        ({0: 1, 1: -1}, 1, 1),
        ({1: 1, 2: -2}, 3, 3),
    )
    assert solved(given) == [mpq(18, 5), mpq(13, 5), mpq(-1, 5)]


def test_where_the_steepest_way_runs_in_circles_the_end_is_reached() -> None:
    # E. M. L. Beale, 1955
    given = program(
        [mpq(-3, 4), 150, mpq(-1, 50), 6],
        [(0, None)] * 4,
        ({0: mpq(1, 4), 1: -60, 2: mpq(-1, 25), 3: 9}, None, 0),
        ({0: mpq(1, 2), 1: -90, 2: mpq(-1, 50), 3: 3}, None, 0),
        ({2: 1}, None, 1),
    )
    assert solved(given) == [mpq(1, 25), 0, 1, 0]


def test_without_columns_or_rows_there_is_little_to_do() -> None:
    assert solved(program([], [])) == []
    assert solved(program([], [], ({}, -1, 0))) == []
    assert optimum(program([], [], ({}, 1, None))) is None
    assert solved(program([1], [(mpq(1, 3), 1)])) == [mpq(1, 3)]


# ---------------------------------------------------------------- at random


def at_random(seed: int) -> ExactProgram:
    """Small whole numbers and halves: many ties, equations said twice, open sides, fixed columns."""
    random = np.random.default_rng(seed)
    columns, rows = int(random.integers(1, 7)), int(random.integers(0, 7))

    def number(low: int, high: int) -> mpq:
        return mpq(int(random.integers(low, high)), int(random.choice([1, 1, 1, 2, 3])))

    def sides() -> tuple[Bound, Bound]:
        low, wide = number(-4, 4), abs(number(0, 6))
        kind = random.random()
        return (
            (low, low)
            if kind < 0.2
            else (low if kind < 0.75 else None, low + wide if 0.4 < kind < 0.9 else None)
        )

    made: list[Row] = []
    for _ in range(rows):
        if made and random.random() < 0.2:  # said once more, a multiple of it
            entries, low, high = made[int(random.integers(len(made)))]
            made.append(
                (
                    {j: 2 * a for j, a in entries.items()},
                    *(None if side is None else 2 * side for side in (low, high)),
                )
            )
        else:
            entries = {
                j: a for j in range(columns) if random.random() < 0.6 and (a := number(-3, 4))
            }
            made.append((entries, *sides()))
    return program(
        [number(-4, 5) if random.random() < 0.7 else 0 for _ in range(columns)],
        [sides() for _ in range(columns)],
        *made,
    )


def by_scipy(given: ExactProgram) -> tuple[int, float]:
    """How scipy ends (0 optimal, 2 impossible, 3 without a least value), and the value."""
    matrix = np.array(
        [[float(row.get(j, 0)) for j in range(len(given.costs))] for row in given.rows]
    ).reshape(-1, len(given.costs))
    low, high = (
        np.array([absent if side is None else float(side) for side in sides])
        for sides, absent in ((given.row_lower, -np.inf), (given.row_upper, np.inf))
    )
    rows, right = np.vstack([-matrix, matrix]), np.concatenate([-low, high])
    held = np.isfinite(right)
    found = linprog(
        [float(cost) for cost in given.costs],
        rows[held],
        right[held],
        bounds=[
            (None if a is None else float(a), None if b is None else float(b))
            for a, b in zip(given.lower, given.upper, strict=True)
        ],
        options={"presolve": False},
    )
    return found.status, found.fun


def agreed(seed: int) -> int:
    """One program from nothing and from three bases that mean nothing, against scipy; how it ended."""
    given, random = at_random(seed), np.random.default_rng(seed)
    status, value = by_scipy(given)
    assert status in (0, 2, 3), seed
    bases = [random.choice(WORDS, len(given.costs) + len(given.rows)).tolist() for _ in range(3)]
    for start in ([], *bases):
        if status == 3:
            with pytest.raises(SolverError):
                optimum(given, start)
            continue
        vertex = optimum(given, start)
        assert (vertex is None) == (status == 2), seed
        if vertex is not None:
            assert float(hold(given, vertex)) == pytest.approx(value, abs=1e-7), seed
    return status


def test_three_hundred_programs_end_as_another_solver_ends_from_any_basis() -> None:
    ends = [agreed(seed) for seed in range(300)]
    assert min(ends.count(status) for status in (0, 2, 3)) > 20


def test_the_basis_of_the_optimum_needs_no_further_step(monkeypatch: pytest.MonkeyPatch) -> None:
    given = program(
        [-3, -5], [(0, None)] * 2, ({0: 1}, None, 4), ({1: 2}, None, 12), ({0: 3, 1: 2}, None, 18)
    )
    monkeypatch.setattr("transfer_opt.lexlp.exact.simplex.MOST_PIVOTS", 1)
    assert solved(given, [BASIC, BASIC, BASIC, HIGH, HIGH]) == [2, 6]
    with pytest.raises(SolverError, match="没有在规定步数内结束"):
        optimum(given)


@pytest.mark.slow
def test_ten_thousand_programs_end_as_another_solver_ends_from_any_basis() -> None:
    for seed in range(10_000, 20_000):
        agreed(seed)
