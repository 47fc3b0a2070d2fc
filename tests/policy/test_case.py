"""A case by itself: what its publishing unit and the size of its pools make of figures."""

from __future__ import annotations

from cases import make_case


def test_a_sum_of_floats_keeps_the_digits_that_are_no_dust() -> None:
    """Of 1.8 thousand eight decimals; of a 万亿 floats lose thousandths, so that two are told."""
    assert make_case().clean_digits == 8
    assert make_case(unit=0.01, pools={"均衡性": 1.2e12}).clean_digits == 2


def test_published_money_has_the_decimals_of_its_unit() -> None:
    assert [make_case(unit=unit).decimals for unit in (1.0, 100.0, 0.01, 1e-6, 2.5)] == [
        0,
        0,
        2,
        6,
        1,
    ]


def test_floats_tell_whole_units_of_any_province_and_no_fen_of_a_large_one() -> None:
    assert not make_case(pools={"均衡性": 1e8}).beyond_floats
    assert make_case(unit=1e-6, pools={"均衡性": 1e7}).beyond_floats
