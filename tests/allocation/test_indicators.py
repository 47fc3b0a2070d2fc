"""The measures of equality on numbers that can be done on paper."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from cases import make_case
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer_opt.allocation.explanation.indicators import (
    Indicator,
    gini,
    indicators,
    last_position,
    lorenz,
    position,
    shortfall,
    theil,
    variation,
)
from transfer_opt.core.arrays import Floats
from transfer_opt.policy.case import Case

NAN = float("nan")
ONE = np.ones(2)
CHECKED = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.fixture(autouse=True)
def _no_warning_of_numpy() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def array(*values: float) -> Floats:
    return np.array(values, dtype=float)


def one(case: Case, amounts: Floats, name: str, basis: str = "") -> Indicator:
    (found,) = [
        entry
        for entry in indicators(case, amounts)
        if entry.name == name and entry.basis.startswith(basis)
    ]
    return found


def three(indicator: Indicator) -> tuple[float, float, float]:
    return indicator.before, indicator.last, indicator.after


# ---------------------------------------------------------------- Gini and Lorenz


def test_two_units_with_1_and_3_have_a_gini_of_one_quarter() -> None:
    """|1−3| counted twice over 2 · mean 2 · 4 = 4/16."""
    assert gini(array(1, 3), ONE) == pytest.approx(0.25)


def test_one_unit_with_everything_among_four_has_a_gini_of_three_quarters() -> None:
    assert gini(array(0, 0, 0, 8), np.ones(4)) == pytest.approx(0.75)


def test_a_weight_of_two_is_two_units() -> None:
    assert gini(array(1, 3), array(2, 1)) == pytest.approx(gini(array(1, 1, 3), np.ones(3)))


def test_the_gini_is_its_definition_by_pairs() -> None:
    values, weights = array(5, 1, 4, 4), array(1, 2, 3, 1)
    pairs = sum(
        weights[i] * weights[j] * abs(values[i] - values[j]) for i in range(4) for j in range(4)
    )
    mean = (values * weights).sum() / weights.sum()
    assert gini(values, weights) == pytest.approx(pairs / (2 * mean * weights.sum() ** 2))


def test_the_lorenz_curve_goes_poorest_first() -> None:
    x, y = lorenz(array(3, 1), ONE)
    assert x.tolist() == [0, 0.5, 1]
    assert y.tolist() == [0, 0.25, 1]


def test_the_lorenz_curve_counts_people() -> None:
    x, y = lorenz(array(2, 1), array(1, 3))
    assert x.tolist() == [0, 0.75, 1]
    assert y.tolist() == [0, 0.6, 1]


def test_a_lorenz_curve_of_nothing_is_blank() -> None:
    x, y = lorenz(np.zeros(2), ONE)
    assert x.tolist() == [0, 0.5, 1]
    assert np.isnan(y).all()
    assert np.isnan(gini(np.zeros(2), ONE))


def test_where_nobody_lives_nothing_is_measured_by_people() -> None:
    nobody, groups = np.zeros(2), np.array([0, 1])
    assert np.isnan(lorenz(array(1, 3), nobody)[0]).all()
    assert np.isnan(
        [
            gini(array(1, 3), nobody),
            variation(array(1, 3), nobody),
            *theil(array(1, 3), nobody, groups),
        ]
    ).all()
    assert np.isnan(theil(array(1, 3), array(0, 5), groups)).all()


@CHECKED
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 9)), min_size=1, max_size=8))
def test_a_lorenz_curve_lies_under_the_diagonal_and_bends_upward(
    pairs: list[tuple[int, int]],
) -> None:
    values, weights = array(*(v for v, _ in pairs)), array(*(w for _, w in pairs))
    x, y = lorenz(values, weights)
    assert (y <= x + 1e-12).all()
    assert (np.diff(np.diff(y) / np.diff(x)) >= -1e-9).all()
    assert 0 <= gini(values, weights) + 1e-12 < 1


# ---------------------------------------------------------------- variation and Theil


def test_1_and_3_vary_by_half_their_mean() -> None:
    assert variation(array(1, 3), ONE) == pytest.approx(0.5)


def test_the_theil_index_of_1_and_3_by_hand() -> None:
    """(1/2 · ln 1/2 + 3/2 · ln 3/2) / 2, all of it between two prefectures, or all within one."""
    whole = (0.5 * np.log(0.5) + 1.5 * np.log(1.5)) / 2
    assert theil(array(1, 3), ONE, np.array([0, 1])) == pytest.approx((whole, 0))
    assert theil(array(1, 3), ONE, np.array([0, 0])) == pytest.approx((0, whole))


@CHECKED
@given(
    st.lists(
        st.tuples(st.integers(1, 99), st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=9
    )
)
def test_between_and_within_are_the_whole_and_neither_is_negative(
    rows: list[tuple[int, int, int]],
) -> None:
    values, weights = array(*(v for v, _, _ in rows)), array(*(w for _, w, _ in rows))
    known = sorted({g for *_, g in rows})
    group = np.array([known.index(g) for *_, g in rows])
    between, within = theil(values, weights, group)
    _, whole = theil(values, weights, np.zeros(len(rows), dtype=np.int64))
    assert between + within == pytest.approx(whole, abs=1e-12)
    assert min(between, within) >= -1e-12


@CHECKED
@given(st.integers(1, 10**6), st.lists(st.integers(1, 99), min_size=1, max_size=6))
def test_where_all_are_equal_every_measure_is_0(value: int, people: list[int]) -> None:
    values, weights = np.full(len(people), float(value)), array(*people)
    assert gini(values, weights) == pytest.approx(0, abs=1e-12)
    assert variation(values, weights) == pytest.approx(0, abs=1e-12)
    assert theil(values, weights, np.arange(len(people)) % 2) == pytest.approx((0, 0), abs=1e-12)


@CHECKED
@given(
    st.lists(st.tuples(st.integers(1, 99), st.integers(1, 9)), min_size=2, max_size=6),
    st.randoms(use_true_random=False),
)
def test_no_measure_minds_the_order_or_the_scale(
    pairs: list[tuple[int, int]], random: object
) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for measure in (gini, variation):
        first = measure(array(*(v for v, _ in pairs)), array(*(w for _, w in pairs)))
        again = measure(array(*(7.0 * v for v, _ in shuffled)), array(*(w for _, w in shuffled)))
        assert again == pytest.approx(first, abs=1e-12)


def test_moving_money_from_the_rich_to_the_poor_makes_every_measure_smaller() -> None:
    before, after = array(1, 2, 6), array(2, 2, 5)
    people = array(3, 1, 2)
    assert gini(after, people) < gini(before, people)
    assert variation(after, people) < variation(before, people)
    assert sum(theil(after, people, np.array([0, 0, 1]))) < sum(
        theil(before, people, np.array([0, 0, 1]))
    )


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        (array(1, NAN), ONE),
        (array(1, 2), array(1, NAN)),
        (array(0, 0), ONE),
        (array(-3, 1), ONE),
    ],
)
def test_what_is_not_known_or_has_no_sense_is_nan(values: Floats, weights: Floats) -> None:
    assert np.isnan(gini(values, weights))
    assert np.isnan(variation(values, weights))
    assert np.isnan(theil(values, weights, np.array([0, 1]))).all()


# ---------------------------------------------------------------- positions and the table


@pytest.fixture
def pair() -> Case:
    """甲县 own 100, 乙县 own 200, both N 1000; half of 生态 is usable."""
    return make_case(
        names=("甲县", "乙县"),
        prefecture=("东州", "西州"),
        pools={"均衡性": 500.0, "生态": 200.0},
        numbers={"可用财力": (100, 200), "标准财政支出": (1000, 1000), "常住人口": (1, 3)},
        texts={"困难地区类型": ("高海拔", "")},
        last={"均衡性": (100, 300), "生态": (0, NAN)},
        need=(450, 650),
        usable={"生态": 0.5},
        eligible={"生态": (True, False)},
    )


def test_coverage_counts_own_revenue_and_the_usable_share(pair: Case) -> None:
    state = position(pair, array(200, 300, 200))
    assert state.given.tolist() == [400, 300]
    assert state.capacity.tolist() == [400, 500]
    assert state.coverage.tolist() == [0.4, 0.5]


def test_last_years_position_counts_a_blank_as_nothing_paid(pair: Case) -> None:
    state = last_position(pair)
    assert state.given.tolist() == [100, 300]
    assert state.coverage.tolist() == [0.2, 0.5]


def test_a_surplus_is_no_negative_shortfall(pair: Case) -> None:
    assert shortfall(pair, array(400, 700)).tolist() == [50, 0]


def test_the_table_says_before_last_year_and_after(pair: Case) -> None:
    amounts = array(200, 300, 200)
    assert three(one(pair, amounts, "最低保障水平")) == (0.1, 0.2, 0.4)
    assert three(one(pair, amounts, "最高保障水平")) == (0.2, 0.5, 0.5)
    assert three(one(pair, amounts, "平均保障水平", "各县")) == pytest.approx((0.15, 0.35, 0.45))
    assert three(one(pair, amounts, "平均保障水平", "按人口")) == pytest.approx(
        (0.175, 0.425, 0.475)
    )
    assert three(one(pair, amounts, "最高÷最低")) == pytest.approx((2, 2.5, 1.25))
    assert three(one(pair, amounts, "基尼系数", "各县")) == pytest.approx((1 / 6, 3 / 14, 1 / 18))
    assert one(pair, amounts, "最低保障水平").note == "分配后最低：甲县"


def test_the_shortfall_is_counted_in_counties_and_money_and_names_them(pair: Case) -> None:
    amounts = array(200, 300, 200)
    assert three(one(pair, amounts, "“三保”缺口县数")) == (2, 2, 2)
    assert three(one(pair, amounts, "“三保”缺口")) == (800, 400, 200)
    assert one(pair, amounts, "“三保”缺口县数").note == "分配后有缺口：甲县、乙县"
    assert one(pair, array(500, 450, 200), "“三保”缺口县数").note == "分配后有缺口：无"


def test_hardship_areas_and_heads_have_no_value_before_any_money(pair: Case) -> None:
    amounts = array(200, 300, 200)
    share = one(pair, amounts, "困难地区所占份额")
    assert np.isnan(share.before)
    assert (share.last, share.after) == (0.25, pytest.approx(4 / 7))
    east = one(pair, amounts, "人均补助·东州")
    assert np.isnan(east.before)
    assert (east.last, east.after) == (1_000_000, 4_000_000)  # 万元 over one inhabitant, in 元


def test_without_last_years_money_that_column_stays_empty_and_the_rest_stands(pair: Case) -> None:
    case = make_case(last={short: [NAN] * 3 for short in ("均衡性", "县级保障", "生态")})
    found = {(entry.name, entry.basis): entry for entry in indicators(case, np.full(9, 200.0))}
    assert all(np.isnan(entry.last) for entry in found.values())
    assert found["最低保障水平", "各县，不加权"].after == pytest.approx(0.7)
    assert found["“三保”缺口县数", "个"].after == 0


def test_without_population_only_the_unweighted_measures_stand() -> None:
    case = make_case(numbers={"常住人口": (NAN, NAN, NAN)})
    found = indicators(case, np.full(9, 200.0))
    assert all(np.isnan(entry.after) == (entry.basis == "按人口加权") for entry in found)
    assert not any(entry.name.startswith("人均补助") for entry in found)


def test_without_needs_nothing_is_said_of_them() -> None:
    case = make_case(need=(NAN, NAN, NAN))
    assert not any("三保" in entry.name for entry in indicators(case, np.full(9, 200.0)))


def test_one_need_that_is_not_known_does_not_hide_the_others_shortfall() -> None:
    case = make_case(need=(NAN, 1000, 1000))
    assert one(case, np.full(9, 200.0), "“三保”缺口县数").after == 1
    assert one(case, np.full(9, 200.0), "“三保”缺口").after == 200


def test_a_county_whose_revenue_is_not_known_is_not_called_the_weakest() -> None:
    case = make_case(numbers={"可用财力": (100, NAN, 400)})
    weakest = one(case, np.full(9, 200.0), "最低保障水平")
    assert np.isnan(weakest.after)
    assert weakest.note == ""


def test_no_money_last_year_gives_hardship_areas_no_share_of_it() -> None:
    case = make_case(last={short: [0] * 3 for short in ("均衡性", "县级保障", "生态")})
    assert np.isnan(one(case, np.full(9, 200.0), "困难地区所占份额").last)
