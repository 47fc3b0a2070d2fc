"""Exact numbers: the decimal that was typed, nothing more and nothing less."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from gmpy2 import mpq
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.core.exact import (
    ZERO,
    ceiling,
    either,
    every,
    exact,
    exacts,
    filled,
    floats,
    flooring,
    in_figures,
    kept,
    known,
    nearest,
    summed,
    total,
)

NAN, INF = np.nan, np.inf
FRACTIONS = st.fractions(max_denominator=10**6).map(mpq)


class TestExact:
    def test_a_float_is_the_decimal_that_was_typed(self) -> None:
        assert exact(0.1) == mpq(1, 10)
        assert exact(1234567.89) == mpq(123456789, 100)
        assert exact(1e-7) == mpq(1, 10**7)
        assert exact(1e22) == 10**22
        assert exact(-0.0) == 0

    def test_one_tenth_and_two_tenths_are_three_tenths(self) -> None:
        assert 0.1 + 0.2 != 0.3
        assert exact(0.1) + exact(0.2) == exact(0.3)

    def test_a_float_of_numpy_is_the_same_decimal(self) -> None:
        assert exact(np.float64(0.1)) == mpq(1, 10)
        assert exact(np.array([0.7])[0]) == mpq(7, 10)

    def test_what_is_exact_stays_as_it_is(self) -> None:
        assert exact(Decimal("0.333")) == mpq(333, 1000)
        assert exact(Fraction(1, 3)) == exact(mpq(1, 3)) == mpq(1, 3)
        assert exact(7) == 7

    @pytest.mark.parametrize("value", [NAN, INF, -INF])
    def test_what_is_no_number_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match="invalid"):
            exact(value)

    @given(st.decimals(-(10**9), 10**9, places=6))
    def test_every_typed_decimal_of_fifteen_figures_is_read_to_its_last_digit(
        self, typed: Decimal
    ) -> None:
        assert exact(float(typed)) == mpq(Fraction(typed))

    @pytest.mark.parametrize(
        ("value", "meant"),
        [
            (1 / 3, mpq(1, 3)),
            (0.333333333333333, mpq(1, 3)),
            (91.6666666666667, mpq(275, 3)),
            (0.3333, mpq(3333, 10000)),
            (123456789.333333, mpq(123456789333333, 10**6)),
            (530.0000000000001, mpq(530)),
        ],
    )
    def test_fifteen_digits_of_a_plain_fraction_are_the_fraction(
        self, value: float, meant: mpq
    ) -> None:
        assert exact(value) == meant

    @given(st.one_of(st.floats(1e-9, 1e12), FRACTIONS.map(float)))
    def test_a_number_is_the_same_after_any_program_wrote_it(self, value: float) -> None:
        again = float(f"{value:.15g}")
        assert exact(again) == exact(value)
        assert kept(again) == kept(value) == float(exact(value))


class TestExacts:
    def test_every_known_float_becomes_a_decimal_and_every_other_nothing(self) -> None:
        assert exacts([0.1, NAN, INF, -INF, 2]).tolist() == [mpq(1, 10), None, None, None, 2]

    def test_the_shape_stays(self) -> None:
        assert exacts(np.array([[0.5, NAN], [1.5, 2.5]])).tolist() == [
            [mpq(1, 2), None],
            [mpq(3, 2), mpq(5, 2)],
        ]
        assert exacts(np.zeros((0, 3))).shape == (0, 3)

    def test_whole_numbers_are_taken_as_well(self) -> None:
        assert exacts(np.array([1, 2])).tolist() == [1, 2]

    def test_what_is_exact_stays_as_it_is(self) -> None:
        thirds = np.array([mpq(1, 3), None], dtype=object)
        assert exacts(thirds) is thirds

    def test_one_number_alone_is_an_array_of_no_length(self) -> None:
        assert exacts(0.25).shape == ()  # type: ignore[arg-type]
        assert exacts(0.25) == mpq(1, 4)  # type: ignore[arg-type]

    def test_a_number_that_is_not_known_stops_the_reckoning(self) -> None:
        with pytest.raises(TypeError):
            exacts([NAN, 1.0]) + exacts([1.0, 1.0])


class TestFloats:
    def test_the_nearest_float_is_taken(self) -> None:
        assert floats(np.array([mpq(1, 3), mpq(1, 10)], dtype=object)).tolist() == [1 / 3, 0.1]

    def test_what_is_not_known_is_a_blank_or_what_was_named(self) -> None:
        assert floats(exacts([NAN, 1]), -INF).tolist() == [-INF, 1]
        assert np.isnan(floats(exacts([NAN]))).all()

    @given(st.lists(st.decimals(-(10**9), 10**9, places=4), max_size=20))
    def test_what_was_typed_comes_back(self, values: list[Decimal]) -> None:
        typed = np.array([float(value) for value in values])
        assert np.array_equal(floats(exacts(typed)), typed)

    @given(st.floats(1e-9, 1e9))
    def test_what_was_computed_moves_by_no_more_than_a_spreadsheet_shows(
        self, value: float
    ) -> None:
        assert abs(exact(value) - mpq(value)) <= mpq(value) / 10**15 * 5


class TestArrays:
    thirds = np.array([mpq(1, 3), None, mpq(2, 3)], dtype=object)

    def test_where_there_is_a_number(self) -> None:
        assert known(self.thirds).tolist() == [True, False, True]
        assert known(np.empty((0, 2), dtype=object)).shape == (0, 2)

    def test_blanks_are_filled_with_nothing_or_what_was_named(self) -> None:
        assert filled(self.thirds).tolist() == [mpq(1, 3), 0, mpq(2, 3)]
        assert filled(self.thirds, mpq(5)).tolist() == [mpq(1, 3), 5, mpq(2, 3)]

    def test_one_or_the_other(self) -> None:
        mask = np.array([True, False, False])
        assert either(mask, self.thirds, ZERO).tolist() == [mpq(1, 3), 0, 0]
        assert either(mask, None, self.thirds).tolist() == [None, None, mpq(2, 3)]

    def test_one_number_many_times(self) -> None:
        assert every(2).tolist() == [0, 0]
        assert every(3, None).tolist() == [None] * 3

    def test_three_thirds_are_one(self) -> None:
        assert total([mpq(1, 3)] * 3) == 1
        assert total([]) == 0

    def test_groups_are_summed_each_by_itself(self) -> None:
        groups = np.array([1, 0, 1, 1])
        assert summed(groups, exacts([0.1, 0.5, 0.2, 0.3]), 3).tolist() == [mpq(1, 2), mpq(3, 5), 0]


class TestWholeNumbers:
    def test_up_down_and_to_the_nearest(self) -> None:
        assert [
            (ceiling(q), flooring(q), nearest(q))
            for q in (mpq(7, 3), mpq(8, 3), mpq(-7, 3), mpq(4))
        ] == [(3, 2, 2), (3, 2, 3), (-2, -3, -2), (4, 4, 4)]

    def test_halves_go_up(self) -> None:
        assert [nearest(mpq(k, 2)) for k in (1, 3, 5, -1, -3)] == [1, 2, 3, 0, -1]

    def test_the_least_bit_counts(self) -> None:
        bit = mpq(1, 10**40)
        assert (ceiling(5 + bit), flooring(5 - bit)) == (6, 4)
        assert (nearest(mpq(1, 2) - bit), nearest(mpq(1, 2))) == (0, 1)

    @given(FRACTIONS)
    def test_every_fraction_lies_between_its_whole_neighbours(self, value: mpq) -> None:
        assert value - 1 < flooring(value) <= value <= ceiling(value) < value + 1
        assert ceiling(value) == -flooring(-value)
        assert abs(nearest(value) - value) <= mpq(1, 2)


def test_a_number_is_told_without_powers_of_ten_however_large_or_small() -> None:
    """Twelve figures, of more than ten digits before the point two decimals; as f"{...:,.12g}" where that is plain."""
    assert in_figures(1_128_200_000_000.0) == "1,128,200,000,000"
    assert in_figures(10_192_394_128.28) == "10,192,394,128.28"
    assert in_figures(8.0597e-07, 10) == "0.00000080597"
    assert in_figures(-0.0) == "0"
    assert in_figures(2.5, signed=True) == "+2.5"
    for plain in (1 / 3, 1 / 30, 1234.5, -7.25, 0.1 + 0.2, 99_999_999.999, 0.0):
        assert in_figures(plain) == f"{plain:,.12g}"
