"""The algebra of expressions: whatever is done to them, their values at a point follow, to the last digit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import dense
from gmpy2 import mpq
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.exact import Exacts, every, exacts, floats, summed
from transfer_opt.core.expressions import (
    Grouping,
    Linear,
    at_least,
    at_most,
    exactly,
    stacked,
    variables,
)

WIDTH = 5
NAMES = np.array(list("甲乙丙丁戊"), dtype=object)
NOBODY = np.full((WIDTH, 2), NOWHERE)
X = variables(WIDTH, NAMES, NOBODY)
SEVENTHS = st.integers(-9, 9).map(lambda count: mpq(count, 7))


def column(values: Any) -> Exacts:
    return np.array(values, dtype=object)


@st.composite
def expressions(draw: Any, count: int = 4) -> Linear:
    """A few rows of sevenths, with repeated and missing entries, in any order."""
    entries = draw(
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, WIDTH - 1), SEVENTHS), max_size=12
        )
    )
    rows, columns = (np.array([entry[k] for entry in entries], dtype=int) for k in range(2))
    constant = column(draw(st.lists(SEVENTHS, min_size=count, max_size=count)))
    return Linear(
        rows,
        columns,
        column([entry[2] for entry in entries]),
        constant,
        NAMES[:count],
        NOBODY[:count],
    )


points = st.lists(SEVENTHS, min_size=WIDTH, max_size=WIDTH).map(column)


def worth(one: Linear, point: Exacts) -> Exacts:
    """The value of every expression at a point, exactly."""
    return summed(one.rows, one.values * point[one.columns], len(one)) + one.constant


@given(expressions(), points)
def test_the_floats_are_the_nearest_ones(one: Linear, point: Exacts) -> None:
    assert one.at(floats(point)) == pytest.approx(floats(worth(one, point)), abs=1e-12)


@given(expressions(), expressions(), points, SEVENTHS)
def test_sums_differences_and_multiples_are_those_of_the_values(
    one: Linear, other: Linear, point: Exacts, factor: mpq
) -> None:
    assert worth(one + other, point).tolist() == (worth(one, point) + worth(other, point)).tolist()
    assert worth(one - other, point).tolist() == (worth(one, point) - worth(other, point)).tolist()
    assert worth(one * factor + mpq(3), point).tolist() == (worth(one, point) * factor + 3).tolist()
    by_row = exacts(np.arange(4.0))
    assert (
        worth(one * by_row - by_row, point).tolist()
        == (worth(one, point) * by_row - by_row).tolist()
    )


@given(expressions(), points, st.lists(st.integers(0, 3), max_size=8))
def test_rows_may_be_taken_in_any_order_and_as_often_as_named(
    one: Linear, point: Exacts, chosen: list[int]
) -> None:
    taken = one[np.array(chosen, dtype=int)]
    assert worth(taken, point).tolist() == worth(one, point)[chosen].tolist()
    assert taken.labels.tolist() == one.labels[chosen].tolist()
    mask = np.isin(np.arange(4), chosen)
    assert worth(one[mask], point).tolist() == worth(one, point)[mask].tolist()


@given(expressions(), points, st.lists(st.integers(-1, 1), min_size=4, max_size=4))
def test_a_total_adds_the_rows_of_each_group_and_leaves_out_the_others(
    one: Linear, point: Exacts, of: list[int]
) -> None:
    groups = np.array(of)
    total = one.total(Grouping(groups, NAMES[:2], NOBODY[:2]))
    assert worth(total, point).tolist() == [
        worth(one, point)[groups == group].sum() for group in (0, 1)
    ]


@given(expressions(), expressions(), points)
def test_stacked_rows_keep_their_values_and_bounds(
    one: Linear, other: Linear, point: Exacts
) -> None:
    rows = stacked(at_least(one, mpq(1, 3)), at_most(other, mpq(2)))
    assert worth(rows.expression, point).tolist() == [*worth(one, point), *worth(other, point)]
    assert rows.least.tolist() == [mpq(1, 3)] * 4 + [None] * 4
    assert rows.most.tolist() == [None] * 4 + [2] * 4
    assert rows.lower.tolist() == [1 / 3] * 4 + [-np.inf] * 4
    assert rows.upper.tolist() == [np.inf] * 4 + [2] * 4


def test_the_variables_themselves_are_the_unit_matrix() -> None:
    assert dense(X, WIDTH) == np.eye(WIDTH).tolist()
    assert variables(2, NAMES[:2], NOBODY[:2], first=3).columns.tolist() == [3, 4]


def test_an_equation_has_the_same_bound_on_both_sides() -> None:
    rows = exactly(X, exacts(np.arange(5.0)))
    assert rows.least.tolist() == rows.most.tolist() == rows.lower.tolist() == [0, 1, 2, 3, 4]
    assert rows[np.array([4, 0])].most.tolist() == [4, 0]


def test_no_rows_are_no_trouble() -> None:
    nothing = X[np.zeros(WIDTH, dtype=bool)]
    assert len(stacked(at_least(nothing, mpq(0)), at_most(nothing, every(0)))) == 0
    assert nothing.at(np.zeros(WIDTH)).tolist() == []
