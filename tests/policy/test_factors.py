"""The factor formulas on numbers that can be checked on paper, and the reference amounts made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import pytest
from cases import make_case
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.core.exact import exact, floats
from transfer_opt.core.ranking import Exact, decimals
from transfer_opt.policy.factors import (
    FACTORS,
    FactorData,
    assessed,
    combined,
    equalization_gap,
    guided_list,
    need_pressure,
    optional_column,
    protected_area,
    remaining_need,
    settled,
    standard_gap,
    zone_gap,
)

NAN = np.nan
EVERYONE = np.array([True, True, True])
MILLIONTH = Fraction(1, 10**6)


def factor_data(
    pool: float = 1000.0,
    eligible: Sequence[bool] = (True, True, True),
    before: Mapping[str, Any] | None = None,
    need: Sequence[float] = (500, 400, 300),
    **case: Any,
) -> FactorData:
    """What factors may look at in the small case: own 100, 200, 400; gap 800, 700, 600."""
    units = make_case(**case).recipients
    return FactorData(
        units,
        np.array(eligible),
        pool,
        units.number("可用财力"),
        np.array(need, dtype=float),
        {fund: np.array(amounts) for fund, amounts in (before or {}).items()},
    )


def equalization(data: FactorData, **changes: float) -> list[float]:
    """The equalization factor with the shipped weights, or these."""
    usual = {
        "required_share": 0.55,
        "gap_share": 0.45,
        "easiest": 0.8,
        "hardest": 1.2,
        "ratio_weight": 0.5,
        "difficulty_weight": 0.5,
    }
    values: list[float] = equalization_gap(data, **{**usual, **changes})[-1].values.tolist()
    return values


class TestEqualizationGap:
    def test_gap_times_the_mean_of_ratio_and_difficulty(self) -> None:
        # need/R: 2.5, 1.333, 0.75 and gap/N: 0.8, 0.7, 0.6 both fall: 甲 hardest 1.2, 丙 easiest 0.8.
        # ratio: 1050 / (800 + 700 + 600) = 0.5; 乙: scores below
        values = equalization(factor_data(pool=1050))
        assert values[0] == pytest.approx(800 * (0.5 * 0.5 + 0.5 * 1.2))
        assert values[2] == pytest.approx(600 * (0.5 * 0.5 + 0.5 * 0.8))
        burdens, distances = np.array([500 / 200, 400 / 300, 300 / 400]), np.array([0.8, 0.7, 0.6])
        score = sum(
            share * (v - v.mean()) / np.sqrt(((v - v.mean()) ** 2).mean())
            for share, v in ((0.55, burdens), (0.45, distances))
        )
        middle = 0.8 + 0.4 * (score[1] - score[2]) / (score[0] - score[2])
        assert values[1] == pytest.approx(700 * (0.25 + 0.5 * middle))

    def test_with_one_criterion_the_middle_is_mapped_linearly(self) -> None:
        values = equalization(
            factor_data(), required_share=0.0, ratio_weight=0.0, difficulty_weight=1.0
        )
        assert values == pytest.approx([800 * 1.2, 700 * 1.0, 600 * 0.8])  # gap/N 0.8, 0.7, 0.6

    def test_gaps_that_are_nearly_equal_shares_keep_their_digits(self) -> None:
        # gap/N is 1/2 but for 2, 1 and 0 of 10¹¹: the middle one stands half way, to the last digit.
        data = factor_data(
            numbers={
                "标准财政支出": [1e11, 1e11, 1e11],
                "标准财政收入": [5e10 - 2, 5e10 - 1, 5e10],
            }
        )
        easy, middle, hard = (
            equalization_gap(
                data,
                required_share=0.0,
                gap_share=1.0,
                easiest=0.8,
                hardest=1.2,
                ratio_weight=0.0,
                difficulty_weight=1.0,
            )[3].values[place]
            for place in (2, 1, 0)
        )
        assert (easy, hard) == (0.8, 1.2)
        assert middle == pytest.approx(1.0, abs=1e-15)

    def test_equal_counties_have_difficulty_one(self) -> None:
        data = factor_data(need=[300, 300, 300], numbers={"标准财政收入": [400, 400, 400]})
        assert equalization(data, ratio_weight=0.0, difficulty_weight=1.0) == [600, 600, 600]

    def test_a_county_outside_the_fund_moves_nobody(self) -> None:
        data = factor_data(eligible=[True, True, False], need=[500, 400, 9e9])
        assert equalization(data, ratio_weight=0.0, difficulty_weight=1.0) == pytest.approx(
            [960, 560, 0]
        )

    def test_required_spending_of_its_own_column_goes_before_the_need(self) -> None:
        # need/R alone would put 甲 first; the column puts 丙 first: 必保支出/R 1, 2 (need 600 ÷ 300), 3
        data = factor_data(need=[900, 600, 300], numbers={"必保支出": [200, NAN, 1200]})
        values = equalization(data, gap_share=0.0, ratio_weight=0.0, difficulty_weight=1.0)
        assert values == pytest.approx([800 * 0.8, 700 * 1.0, 600 * 1.2])

    def test_a_surplus_is_no_negative_gap(self) -> None:
        data = factor_data(numbers={"标准财政收入": [200, 300, 1500]}, eligible=[True, True, False])
        assert equalization(data)[2] == 0


def test_the_remaining_need_counts_own_revenue_and_the_funds_named() -> None:
    data = factor_data(before={"均衡性转移支付": [150, 300, 0], "别的": [1000, 1000, 1000]})
    assert remaining_need(data, after=["均衡性转移支付"])[-1].values.tolist() == [250, 0, 0]


def test_a_fund_that_does_not_exist_gives_nothing() -> None:
    assert remaining_need(factor_data(), after=["均衡性转移支付"])[-1].values.tolist() == [
        400,
        200,
        0,
    ]


def test_pressure_is_need_squared_over_what_there_is() -> None:
    data = factor_data(before={"均衡性转移支付": [150, 200, 50]})
    assert need_pressure(data, after=["均衡性转移支付"])[-1].values.tolist() == [1000, 400, 200]


def test_a_county_with_nothing_at_all_counts_its_need_in_full() -> None:
    data = factor_data(numbers={"可用财力": [0, -50, 400]})
    assert need_pressure(data, after=[])[-1].values.tolist() == [500, 400, 225]


def test_the_standard_gap_is_never_negative() -> None:
    assert standard_gap(factor_data(numbers={"标准财政收入": [200, 1000, 1500]}))[
        -1
    ].values.tolist() == [800, 0, 0]


def test_an_optional_column_counts_as_it_stands_and_a_blank_as_no_claim() -> None:
    data = factor_data(numbers={"绩效系数": [1.5, NAN, 0.5]})
    assert optional_column(data, column="绩效系数")[-1].values.tolist() == [1.5, 0, 0.5]
    assert optional_column(data, column="没有这一列")[-1].values.tolist() == [0, 0, 0]


def test_the_gap_is_weighted_by_the_tier_of_the_zone() -> None:
    tiers = {"国家重点生态功能区": 1.0, "省级重点生态功能区": 0.6}
    assert zone_gap(factor_data(), tiers=tiers)[-1].values.tolist() == [800, 420, 0]


def test_the_number_of_protected_zones_replaces_their_area_where_given() -> None:
    area = {"禁止开发区面积": [10, NAN, 30]}
    assert protected_area(factor_data(numbers=area))[-1].values.tolist() == [10, 0, 30]
    assert protected_area(factor_data(numbers={**area, "禁止开发区个数": [1, 2, NAN]}))[
        -1
    ].values.tolist() == [1, 2, 0]


def test_listed_counties_count_one() -> None:
    assert guided_list(factor_data(texts={"引导性补助名单": ["是", "", "否"]}))[
        -1
    ].values.tolist() == [1, 0, 0]


class TestCombined:
    def test_every_factor_shares_out_its_weight(self) -> None:
        amounts = (
            combined(1000, EVERYONE, [(0.75, np.array([1.0, 1, 2])), (0.25, np.array([0.0, 3, 1]))])
            .fractions()
            .tolist()
        )
        assert amounts == [
            Fraction(3, 16) * 1000,
            (Fraction(3, 16) + Fraction(3, 16)) * 1000,
            (Fraction(3, 8) + Fraction(1, 16)) * 1000,
        ]

    def test_a_factor_nobody_has_hands_its_weight_to_the_others_in_proportion(self) -> None:
        one, two, nothing = np.array([1.0, 0, 0]), np.array([0.0, 1, 0]), np.zeros(3)
        assert combined(
            800, EVERYONE, [(0.3, one), (0.1, two), (0.6, nothing)]
        ).fractions().tolist() == [600, 200, 0]

    def test_what_only_outsiders_have_counts_as_nothing(self) -> None:
        eligible = np.array([True, True, False])
        amounts = (
            combined(100, eligible, [(0.5, np.array([0.0, 0, 7])), (0.5, np.array([1.0, 1, 1]))])
            .fractions()
            .tolist()
        )
        assert amounts == [50, 50, 0]

    def test_where_all_sums_are_zero_everyone_eligible_gets_the_same(self) -> None:
        assert combined(
            100, np.array([True, False, True]), [(1.0, np.zeros(3))]
        ).fractions().tolist() == [50, 0, 50]

    def test_a_weight_of_zero_counts_nothing(self) -> None:
        assert combined(
            90, EVERYONE, [(0.0, np.array([1.0, 0, 0])), (1.0, np.ones(3))]
        ).fractions().tolist() == [30, 30, 30]

    def test_where_nobody_is_eligible_nothing_is_shared_out(self) -> None:
        assert combined(90, ~EVERYONE, [(1.0, np.ones(3))]).fractions().tolist() == [0, 0, 0]


def over_one_denominator(amounts: list[Fraction]) -> Exact:
    over = lcm(*(amount.denominator for amount in amounts))
    return Exact([int(amount * over) for amount in amounts], over)


def in_steps(amounts: Exact, pool: float, unit: float) -> list[float]:
    return floats(settled(amounts, exact(float(pool)), exact(float(unit))).fractions()).tolist()


class TestSettled:
    def test_thirds_add_to_the_pool_and_the_first_gets_the_step_left_over(self) -> None:
        assert in_steps(over_one_denominator([Fraction(100, 3)] * 3), 100, 1.0) == [
            33.333334,
            33.333333,
            33.333333,
        ]

    def test_the_largest_fractions_get_the_steps_left_over(self) -> None:
        steps = [
            Fraction(3, 10),
            Fraction(9, 10),
            Fraction(3, 10),
            Fraction(3, 10),
            Fraction(2, 10),
        ]
        assert in_steps(over_one_denominator([step * MILLIONTH for step in steps]), 2e-6, 1.0) == [
            1e-6,
            1e-6,
            0,
            0,
            0,
        ]

    def test_nobody_falls_below_nothing_when_all_round_up(self) -> None:
        steps = [Fraction(6, 10), Fraction(6, 10), Fraction(6, 10), Fraction(2, 10)]
        assert in_steps(over_one_denominator([step * MILLIONTH for step in steps]), 2e-6, 1.0) == [
            1e-6,
            1e-6,
            0,
            0,
        ]

    def test_a_line_without_a_claim_gets_no_step(self) -> None:
        assert (
            in_steps(
                over_one_denominator(
                    [Fraction(0), Fraction(1, 2) * MILLIONTH, Fraction(1, 2) * MILLIONTH]
                ),
                1e-6,
                1.0,
            )[0]
            == 0
        )

    def test_the_step_is_a_millionth_of_the_publishing_unit(self) -> None:
        assert in_steps(over_one_denominator([Fraction(1, 3), Fraction(2, 3)]), 1, 0.01) == [
            0.33333333,
            0.66666667,
        ]
        assert in_steps(
            over_one_denominator([Fraction(10**6, 3), Fraction(2 * 10**6, 3)]), 1e6, 10000.0
        ) == [333333.33, 666666.67]

    @given(
        st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any), st.integers(1, 10**6)
    )
    def test_amounts_always_add_exactly_and_are_off_by_less_than_a_step(
        self, claims: list[int], pool: int
    ) -> None:
        amounts = [Fraction(pool * claim, sum(claims)) for claim in claims]
        made = settled(over_one_denominator(amounts), exact(pool), exact(1)).fractions().tolist()
        assert sum(made) == pool
        for value, amount in zip(made, amounts, strict=True):
            assert abs(value - amount) < MILLIONTH
            assert value >= 0


class TestAssessed:
    before = np.array([100.0, 200.0, 300.0, 400.0])
    everyone = np.ones(4, dtype=bool)

    def test_what_the_worsened_lose_is_shared_by_the_others_in_proportion(self) -> None:
        amounts = (
            assessed(
                decimals(self.before), self.everyone, ["变差", "变好", "", "基本稳定"], 0.09, 0.0
            )
            .fractions()
            .tolist()
        )
        assert amounts == [91, 202, 303, 404]  # 9 shared over 900

    def test_rewards_come_out_of_the_cuts(self) -> None:
        amounts = (
            assessed(
                decimals(self.before), self.everyone, ["变差", "变好", "", "基本稳定"], 0.09, 0.09
            )
            .fractions()
            .tolist()
        )
        assert amounts == [91, 218 - 2, 297, 396]  # 9 cut, 18 given: −9 shared over 900

    def test_a_county_outside_the_fund_neither_loses_nor_shares(self) -> None:
        eligible = np.array([True, True, False, True])
        amounts = (
            assessed(
                decimals(np.array([100.0, 200.0, 0.0, 400.0])),
                eligible,
                ["变差", "", "变差", ""],
                0.06,
                0.0,
            )
            .fractions()
            .tolist()
        )
        assert amounts == [94, 202, 0, 404]

    def test_where_everyone_worsened_nothing_can_be_shared(self) -> None:
        assert assessed(
            decimals(self.before), self.everyone, ["变差"] * 4, 0.05, 0.0
        ).fractions().tolist() == [100, 200, 300, 400]

    @given(
        st.lists(
            st.tuples(st.integers(0, 10**6), st.sampled_from(["变差", "变好", "基本稳定", ""])),
            min_size=1,
        ),
        st.sampled_from([0.0, 0.05, 1.0]),
        st.sampled_from([0.0, 0.02, 1.0]),
    )
    def test_the_sum_stays_and_nobody_falls_below_nothing(
        self, rows: list[tuple[int, str]], cut: float, reward: float
    ) -> None:
        before = np.array([float(amount) for amount, _ in rows])
        amounts = (
            assessed(
                decimals(before),
                np.ones(len(rows), dtype=bool),
                [text for _, text in rows],
                cut,
                reward,
            )
            .fractions()
            .tolist()
        )
        assert sum(amounts) == sum(amount for amount, _ in rows)
        assert min(amounts) >= 0


def test_every_factor_has_a_test_here() -> None:
    here = globals()
    assert [name for name, entry in FACTORS.items() if here.get(name) is not entry.function] == []
