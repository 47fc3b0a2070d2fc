"""The best duals of a recipient's rows at given prices, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from transfer_opt.lexlp.cuts import Cut, State
from transfer_opt.lexlp.dual_ascent import Sharpening
from transfer_opt.lexlp.program import PROVINCE, RECIPIENT, Program

INF = np.inf


def program() -> Program:
    """Two lines of one county within 0 … 10, which must come to 12 or more; a pool of 8 for both.

    Row 0 is the pool (x + y ≤ 8), row 1 the county's own (x + y ≥ 12): together they lack 4.
    """
    return Program(
        lower=np.zeros(2),
        upper=np.full(2, 10.0),
        rows=np.array([0, 0, 1, 1]),
        columns=np.array([0, 1, 0, 1]),
        values=np.ones(4),
        row_lower=np.array([-INF, 12.0]),
        row_upper=np.array([8.0, INF]),
        reach=np.array([PROVINCE, RECIPIENT]),
        lines=2,
    )


def state(of: Program) -> State:
    return State(of.lower, of.upper, of.row_lower, of.row_upper)


def pool_alone(of: Program) -> Cut:
    """The pool at a price of 1, nothing said of the county: nothing is lacking."""
    return Cut(
        np.array([0]),
        np.array([-1.0]),
        np.array([0, 1]),
        np.array([-1.0, -1.0]),
        np.array([-8.0]),
        local=False,
    )


def test_a_pool_that_is_short_by_what_a_county_must_have_is_proved_by_the_county_s_own_row() -> (
    None
):
    made = Sharpening(program()).higher(pool_alone(program()), state(program()))
    assert made is not None
    assert made.rows.tolist() == [0, 1]
    assert made.duals.tolist() == [-1.0, 1.0]
    assert made.violation(state(program())) == pytest.approx(12 - 8)


def test_what_is_best_already_stays() -> None:
    sharpening = Sharpening(program())
    made = sharpening.higher(pool_alone(program()), state(program()))
    assert made is not None
    assert sharpening._ascended(np.array([-1.0, 1.0]), state(program()), 0.0)[0].tolist() == [
        -1.0,
        1.0,
    ]


def test_two_rows_that_only_pay_together_are_given_up_together() -> None:
    # The county's need of 12 and its cap of 20 no longer meet; the duals 1 and −1 stem from a need of 25.
    like = Program(
        np.zeros(3),
        np.array([30.0, 30.0, INF]),
        np.array([0, 0, 1, 1, 1]),
        np.array([0, 1, 0, 1, 2]),
        np.array([1.0, 1.0, 1.0, 1.0, -1.0]),
        np.array([12.0, -INF]),
        np.array([INF, 20.0]),
        np.array([RECIPIENT, RECIPIENT]),
        2,
    )
    costs = np.array([0.0, 0.0, 1.0])  # of the violation of the cap
    assert Sharpening(like).best(np.array([1.0, -1.0]), state(like), costs).tolist() == [0.0, 0.0]


def test_what_a_county_must_break_by_itself_needs_no_program() -> None:
    # Two lines make the county's sum, which must be 25; together they may be 20, or more at a price: 5 too many.
    county = Program(
        np.zeros(4),
        np.array([30.0, 30.0, 60.0, INF]),
        np.array([0, 0, 0, 1, 1, 1, 2]),
        np.array([0, 1, 3, 0, 1, 2, 2]),
        np.array([1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0]),
        np.array([-INF, 0.0, 25.0]),
        np.array([20.0, 0.0, INF]),
        np.full(3, RECIPIENT),
        2,
    )
    costs = np.array([0.0, 0.0, 0.0, 1.0])
    assert Sharpening(county).unasked(state(county), costs).tolist() == [-1.0, 1.0, 1.0]


def test_a_county_that_must_break_nothing_has_no_price() -> None:
    county = Program(
        np.zeros(3),
        np.array([30.0, 30.0, INF]),
        np.array([0, 0, 1, 1, 1]),
        np.array([0, 1, 0, 1, 2]),
        np.array([1.0, 1.0, 1.0, 1.0, -1.0]),
        np.array([12.0, -INF]),
        np.array([INF, 20.0]),
        np.full(2, RECIPIENT),
        2,
    )
    assert Sharpening(county).unasked(state(county), np.array([0.0, 0.0, 1.0])).tolist() == [
        0.0,
        0.0,
    ]
