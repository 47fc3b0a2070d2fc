"""Levels of warning: worse at once, better only past the margin; falls; the money that leads out, and no unit less."""

from __future__ import annotations

from fractions import Fraction

import pytest
from gmpy2 import mpq
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.policy.warning_levels import (
    GREEN,
    ORANGE,
    RED,
    UNKNOWN,
    YELLOW,
    Ratio,
    Threshold,
    falls,
    following,
    grade,
    left_at,
    levels,
    score,
    whole_units,
    worst,
)


def mp(text: str) -> mpq:
    return mpq(Fraction(text))


CUTS = {RED: mp("1.00"), ORANGE: mp("1.03"), YELLOW: mp("1.05")}
GUARANTEE = Threshold("三保保障倍数", 1, CUTS, mp("0.02"))
SMALLER = Threshold("差距", -1, {RED: mp("0.2"), YELLOW: mp("0.1")}, mp("0.01"))
CENT = mpq(1, 100)


def course(*values: str, threshold: Threshold = GUARANTEE) -> list[str]:
    return list(levels(threshold, [mp(value) if value else None for value in values]))


@pytest.mark.parametrize(
    ("values", "found", "falling"),
    [
        (("1.08", "1.04", "1.02"), [GREEN, YELLOW, ORANGE], 2),
        (("0.99", "1.01", "1.06"), [RED, RED, YELLOW], 0),
        (("1.20", "1.15", "1.11"), [GREEN, GREEN, GREEN], 2),
        (("1.02", "", "1.04"), [ORANGE, UNKNOWN, ORANGE], 0),
        (("1.03", "1.049", "1.05", "1.07"), [YELLOW, YELLOW, YELLOW, GREEN], 0),
        (("0.5", "1.2", "0.5"), [RED, GREEN, RED], 1),
    ],
)
def test_worse_at_once_and_better_only_past_the_margin(
    values: tuple[str, ...], found: list[str], falling: int
) -> None:
    assert course(*values) == found
    assert falls(1, [mp(value) if value else None for value in values]) == falling


def test_where_less_is_better_all_is_turned_round() -> None:
    assert course("0.05", "0.15", "0.25", threshold=SMALLER) == [GREEN, YELLOW, RED]
    assert course("0.25", "0.195", "0.19", "0.09", threshold=SMALLER) == [RED, RED, YELLOW, GREEN]
    assert falls(-1, [mp("0.1"), mp("0.2"), mp("0.3")]) == 2


def test_missing_is_never_green_and_the_worst_counts() -> None:
    assert worst([GREEN, UNKNOWN]) == UNKNOWN
    assert worst([GREEN, UNKNOWN, YELLOW]) == YELLOW
    assert worst([GREEN]) == GREEN
    assert worst([]) == UNKNOWN


def test_money_of_a_county_short_of_three_hundredths() -> None:
    """1,020 of a need of 1,000: 10 to the cut of 1.03, 30 to leave 橙 with the margin of 0.02."""
    ratio = Ratio(mpq(1020), mpq(1000), mpq(1))
    assert ratio.lacks(CUTS[ORANGE]) == 10
    assert ratio.lacks(left_at(GUARANTEE, ORANGE)) == 30
    assert Ratio(mpq(1060), mpq(1000), mpq(1)).lacks(CUTS[YELLOW]) == 0


def test_money_that_raises_the_province_too_is_more() -> None:
    """甲 has 40 of 100, the province 240 of 300: with u, (40 + u)/100 ≥ 0.9 · (240 + u)/300 from u = 320/7 on."""
    ratio = Ratio(mpq(40 * 300), mpq(100 * 240), mpq(300), mpq(100))
    assert ratio.value == mpq(1, 2)
    found = ratio.lacks(mp("0.9"))
    assert found == mpq(320, 7)
    assert (40 + found) / 100 == mp("0.9") * (240 + found) / 300
    assert Ratio(mpq(1)).lacks(mpq(2)) is None
    assert Ratio(mpq(0), mpq(0)).value is None


def test_a_score_is_clamped_between_fixed_goalposts() -> None:
    assert score((mp("0.20"), mp("0.05")), mp("0.14")) == 40
    assert score((mp("0.60"), mp("1.00")), mp("0.80")) == 50
    assert score((mpq(20), mpq(30)), mpq(27)) == 70
    assert score((mpq(20), mpq(30)), mpq(99)) == 100
    assert score((mpq(20), mpq(30)), mpq(3)) == 0


hundredths = st.integers(50, 150).map(lambda count: mpq(count, 100))
margins = st.integers(0, 10).map(lambda count: mpq(count, 100))


@given(st.lists(hundredths, min_size=1, max_size=12), margins)
def test_a_level_never_flickers_inside_the_margin(values: list[mpq], margin: mpq) -> None:
    """Never better than by itself; a level is left for a better one only past its cut and the margin."""
    threshold = Threshold("", 1, CUTS, margin)
    order = [*CUTS, GREEN]
    found = list(levels(threshold, values))
    for value, level in zip(values, found, strict=True):
        assert order.index(level) <= order.index(grade(threshold, value))
    for value, before, after in zip(values[1:], found, found[1:], strict=False):
        if order.index(after) > order.index(before):
            assert all(
                value >= CUTS[name] + margin
                for name in order[: order.index(after)][order.index(before) :]
            )
        if after == before != GREEN:
            assert value < CUTS[before] + margin
    steady = [values[0] + mpq(k % 2, 1000) for k in range(6)]
    if margin >= mpq(1, 1000):
        assert len({*list(levels(threshold, steady))[1:]}) == 1


@given(st.integers(0, 3000), st.integers(1, 2000), hundredths, st.sampled_from([mpq(1), CENT]))
def test_the_money_is_enough_and_a_unit_less_is_not(
    have: int, need: int, cut: mpq, unit: mpq
) -> None:
    ratio = Ratio(mpq(have), mpq(need), mpq(1))
    exact_money = ratio.lacks(cut)
    assert exact_money is not None
    money = whole_units(exact_money, unit)
    assert (have + money) / need >= cut
    assert money == 0 or (have + money - unit) / need < cut


@given(hundredths, margins, st.sampled_from([RED, ORANGE, YELLOW]))
def test_with_the_money_the_level_is_left_and_a_unit_less_keeps_it(
    value: mpq, margin: mpq, level: str
) -> None:
    threshold = Threshold("", 1, CUTS, margin)
    if following(threshold, level, value) != level:
        return
    need = mpq(1000)
    money = whole_units(
        Ratio(value * need, need, mpq(1)).lacks(left_at(threshold, level)) or mpq(0), CENT
    )
    assert money > 0
    assert following(threshold, level, value + money / need) != level
    assert following(threshold, level, value + (money - CENT) / need) == level
