"""The algebra of expressions: whatever is done to them, their values at a point follow."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from conftest import dense
from transfer_opt.linear import NOWHERE, Grouping, Linear, at_least, at_most, exactly, stacked, variables

WIDTH = 5
NAMES = np.array(list("甲乙丙丁戊"), dtype=object)
NOBODY = np.full((WIDTH, 2), NOWHERE)
X = variables(WIDTH, NAMES, NOBODY)
SMALL = st.integers(-9, 9)


@st.composite
def expressions(draw: Any, count: int = 4) -> Linear:
    """A few rows of small whole numbers, with repeated and missing entries, in any order."""
    entries = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, WIDTH - 1), SMALL), max_size=12))
    rows, columns, values = (np.array([entry[k] for entry in entries], dtype=int) for k in range(3))
    constant = np.array(draw(st.lists(SMALL, min_size=count, max_size=count)), dtype=float)
    return Linear(rows, columns, values.astype(float), constant, NAMES[:count], NOBODY[:count])


points = st.lists(SMALL, min_size=WIDTH, max_size=WIDTH).map(lambda values: np.array(values, dtype=float))


@given(expressions(), expressions(), points, SMALL)
def test_sums_differences_and_multiples_are_those_of_the_values(
        one: Linear, other: Linear, point: Any, factor: int) -> None:
    assert (one + other).at(point).tolist() == (one.at(point) + other.at(point)).tolist()
    assert (one - other).at(point).tolist() == (one.at(point) - other.at(point)).tolist()
    assert (one * factor + 3.0).at(point).tolist() == (one.at(point) * factor + 3).tolist()
    by_row = np.arange(4.0)
    assert (one * by_row - by_row).at(point).tolist() == (one.at(point) * by_row - by_row).tolist()


@given(expressions(), points, st.lists(st.integers(0, 3), max_size=8))
def test_rows_may_be_taken_in_any_order_and_as_often_as_named(one: Linear, point: Any, chosen: list[int]) -> None:
    taken = one[np.array(chosen, dtype=int)]
    assert taken.at(point).tolist() == one.at(point)[chosen].tolist()
    assert taken.labels.tolist() == one.labels[chosen].tolist()
    mask = np.isin(np.arange(4), chosen)
    assert one[mask].at(point).tolist() == one.at(point)[mask].tolist()


@given(expressions(), points, st.lists(st.integers(-1, 1), min_size=4, max_size=4))
def test_a_total_adds_the_rows_of_each_group_and_leaves_out_the_others(one: Linear, point: Any, of: list[int]) -> None:
    groups = np.array(of)
    total = one.total(Grouping(groups, NAMES[:2], NOBODY[:2]))
    assert total.at(point).tolist() == [one.at(point)[groups == group].sum() for group in (0, 1)]


@given(expressions(), expressions(), points)
def test_stacked_rows_keep_their_values_and_bounds(one: Linear, other: Linear, point: Any) -> None:
    rows = stacked(at_least(one, 1.0), at_most(other, 2.0))
    assert rows.expression.at(point).tolist() == [*one.at(point), *other.at(point)]
    assert rows.lower.tolist() == [1] * 4 + [-np.inf] * 4
    assert rows.upper.tolist() == [np.inf] * 4 + [2] * 4


def test_the_variables_themselves_are_the_unit_matrix() -> None:
    assert dense(X, WIDTH) == np.eye(WIDTH).tolist()
    assert variables(2, NAMES[:2], NOBODY[:2], first=3).columns.tolist() == [3, 4]


def test_an_equation_has_the_same_bound_on_both_sides() -> None:
    rows = exactly(X, np.arange(5.0))
    assert rows.lower.tolist() == rows.upper.tolist() == [0, 1, 2, 3, 4]
    assert rows[np.array([4, 0])].lower.tolist() == [4, 0]


def test_no_rows_are_no_trouble() -> None:
    nothing = X[np.zeros(WIDTH, dtype=bool)]
    assert len(stacked(at_least(nothing, 0.0), at_least(nothing, 0.0))) == 0
    assert nothing.at(np.zeros(WIDTH)).tolist() == []
