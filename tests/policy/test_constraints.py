"""Every rule of the catalogue on numbers that can be checked on paper."""

from __future__ import annotations

import numpy as np
from cases import by_fund, by_line, dense, labels, make_case, right_sides, written
from gmpy2 import mpq

from transfer_opt.core.exact import every, exact, exacts
from transfer_opt.core.expressions import Linear, Rows
from transfer_opt.core.ranking import Ratios, top_share
from transfer_opt.policy.case import Case, GivenBound
from transfer_opt.policy.constraints import (
    CONSTRAINTS,
    advance_kept,
    assessment_cut,
    basic_need,
    coverage_floor,
    ecological_growth,
    given_bounds,
    given_totals,
    growth_cap,
    hardship_tilt,
    last_year_floor,
    line_share,
    pool_total,
    prefecture_share,
    pressure_tilt,
    rank_kept,
    weak_tilt,
)

NAN = np.nan
ONE_FUND = {"均衡性": 1000.0}


def one_fund(**changes: object) -> Case:
    """The small case with the equalization fund only."""
    return make_case(pools=ONE_FUND, **changes)  # type: ignore[arg-type]


def members(rows: Rows, case: Case) -> list[list[str]]:
    """The lines that take part in each row."""
    return [
        [str(name) for name, value in zip(case.amount.labels, row, strict=True) if value]
        for row in dense(rows, len(case.lines))
    ]


class TestPoolTotal:
    def test_all_of_every_fund_is_distributed(self, tiny_case: Case, x: Linear) -> None:
        rows = pool_total(tiny_case, x)
        assert dense(rows, 9) == [
            [1, 1, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 1, 1, 0, 0, 0],
            [0, 0, 0, 0, 0, 0, 1, 1, 1],
        ]
        assert rows.lower.tolist() == rows.upper.tolist() == [1000, 500, 300]

    def test_a_county_that_is_not_eligible_has_no_part_in_it(self) -> None:
        case = make_case(eligible={"生态": [True, False, True]})
        assert (
            written(pool_total(case, case.amount), case)[2]
            == "重点生态功能区转移支付: 生态/甲县 + 生态/丙县 = 300"
        )


class TestLastYearFloor:
    def test_every_line_keeps_its_share_of_last_year(self, tiny_case: Case, x: Linear) -> None:
        rows = last_year_floor(tiny_case, x, max_cut=by_line(tiny_case, 县级保障=0.1))
        assert written(rows, tiny_case) == [
            "均衡性/甲县: 均衡性/甲县 >= 200",
            "均衡性/乙县: 均衡性/乙县 >= 300",
            "均衡性/丙县: 均衡性/丙县 >= 300",
            "县级保障/甲县: 县级保障/甲县 >= 90",
            "县级保障/乙县: 县级保障/乙县 >= 90",
            "县级保障/丙县: 县级保障/丙县 >= 180",
            "生态/甲县: 生态/甲县 >= 100",
            "生态/乙县: 生态/乙县 >= 50",
            "生态/丙县: 生态/丙县 >= 50",
        ]

    def test_a_line_that_got_nothing_or_is_not_known_has_no_floor(self) -> None:
        case = one_fund(last={"均衡性": [0, NAN, 300]})
        assert labels(last_year_floor(case, case.amount, max_cut=by_line(case))) == ["均衡性/丙县"]

    def test_a_penalised_lines_floor_is_lowered_by_the_penalty(self) -> None:
        case = make_case(penalty={"生态": [0.05, 0, 0]})
        rows = last_year_floor(case, case.amount, max_cut=by_line(case, 生态=0.2))
        assert written(rows, case)[6:8] == [
            "生态/甲县: 生态/甲县 >= 76",
            "生态/乙县: 生态/乙县 >= 40",
        ]


class TestAssessmentCut:
    def test_a_penalised_line_stays_below_what_it_had_by_formula_or_last_year(self) -> None:
        case = make_case(
            penalty={"生态": [0.05, 0.05, 0]},
            last={"生态": [100, 200, 50]},
            reference_before={"生态": [140, 100, 60]},
        )
        rows = assessment_cut(case, case.amount)
        assert written(rows, case) == ["生态/甲县: 生态/甲县 <= 133", "生态/乙县: 生态/乙县 <= 190"]

    def test_without_a_known_last_year_the_formula_counts(self) -> None:
        case = make_case(
            penalty={"生态": [0.05, 0, 0]},
            last={"生态": [NAN, 50, 50]},
            reference_before={"生态": [140, 100, 60]},
        )
        assert written(assessment_cut(case, case.amount), case) == ["生态/甲县: 生态/甲县 <= 133"]

    def test_nobody_assessed_worse_gives_no_row(self, tiny_case: Case, x: Linear) -> None:
        assert len(assessment_cut(tiny_case, x)) == 0


class TestAdvanceKept:
    def test_what_was_paid_in_advance_is_the_least(self) -> None:
        case = make_case(advance={"县级保障": [40, NAN, 0]})
        assert written(advance_kept(case, case.amount), case) == [
            "县级保障/甲县: 县级保障/甲县 >= 40",
            "县级保障/丙县: 县级保障/丙县 >= 0",
        ]


class TestGrowthCap:
    def test_no_line_grows_by_more_than_its_funds_cap(self, tiny_case: Case, x: Linear) -> None:
        rows = growth_cap(tiny_case, x, max_rise=by_line(tiny_case, 0.15, 县级保障=0.3))
        assert written(rows, tiny_case)[:4] == [
            "均衡性/甲县: 均衡性/甲县 <= 230",
            "均衡性/乙县: 均衡性/乙县 <= 345",
            "均衡性/丙县: 均衡性/丙县 <= 345",
            "县级保障/甲县: 县级保障/甲县 <= 130",
        ]

    def test_a_line_that_got_nothing_or_is_not_known_has_no_cap(self) -> None:
        case = one_fund(last={"均衡性": [0, NAN, 300]})
        assert labels(growth_cap(case, case.amount, max_rise=by_line(case))) == ["均衡性/丙县"]


class TestBasicNeed:
    def test_own_revenue_and_transfers_cover_the_need(self, tiny_case: Case, x: Linear) -> None:
        assert written(basic_need(tiny_case, x), tiny_case) == [
            "甲县: 均衡性/甲县 + 县级保障/甲县 + 生态/甲县 >= 400",
            "乙县: 均衡性/乙县 + 县级保障/乙县 + 生态/乙县 >= 200",
            "丙县: 均衡性/丙县 + 县级保障/丙县 + 生态/丙县 >= -100",
        ]

    def test_only_the_usable_part_of_a_fund_counts(self) -> None:
        case = make_case(usable={"生态": 0.5, "均衡性": 0.0})
        assert dense(basic_need(case, case.amount), 9)[0] == [0, 0, 0, 1, 0, 0, 0.5, 0, 0]

    def test_a_county_without_need_or_with_unknown_need_has_no_row(self) -> None:
        case = make_case(need=[500, 0, NAN])
        assert labels(basic_need(case, case.amount)) == ["甲县"]


class TestPressureTilt:
    def test_the_pressed_and_the_weak_grow_faster_together(self) -> None:
        # need/own 5, 2, 4: 甲 first; own/N 0.1, 0.2, 0.05: 丙 weakest. G = 500/400 − 1 = 0.25.
        case = make_case(numbers={"可用财力": [100, 200, 50]}, need=[500, 400, 200])
        rows = pressure_tilt(
            case,
            case.amount,
            pressed=by_fund(case, 0.3),
            weak=by_fund(case, 0.3),
            lead=by_fund(case, 县级保障=0.03),
        )
        assert written(rows, case)[1] == (
            "县级保障·三保压力大或财政困难的2县: 县级保障/甲县 + 县级保障/丙县 >= 384"
        )  # (1 + 0.25 + 0.03) · 300

    def test_a_county_with_nothing_of_its_own_and_a_need_ranks_first(self) -> None:
        case = one_fund(numbers={"可用财力": [100, -5, 400]}, need=[5000, 1, 300])
        rows = pressure_tilt(
            case, case.amount, pressed=by_fund(case, 0.3), weak=by_fund(case), lead=by_fund(case)
        )
        assert members(rows, case) == [["均衡性/乙县"]]

    def test_a_county_with_neither_revenue_nor_need_is_not_ranked(self) -> None:
        case = one_fund(numbers={"可用财力": [100, 0, 400]}, need=[500, 0, 300])
        rows = pressure_tilt(
            case, case.amount, pressed=by_fund(case, 1.0), weak=by_fund(case), lead=by_fund(case)
        )
        assert members(rows, case) == [["均衡性/甲县", "均衡性/丙县"]]

    def test_only_counties_with_a_line_are_ranked(self) -> None:
        case = one_fund(eligible={"均衡性": [False, True, True]})
        rows = pressure_tilt(
            case, case.amount, pressed=by_fund(case, 0.5), weak=by_fund(case), lead=by_fund(case)
        )
        # G counts everybody's last year: 1000/800 − 1; 乙 got 300.
        assert written(rows, case) == ["均衡性·三保压力大或财政困难的1县: 均衡性/乙县 >= 375"]

    def test_shares_of_nothing_give_no_row(self, tiny_case: Case, x: Linear) -> None:
        nothing = by_fund(tiny_case)
        assert len(pressure_tilt(tiny_case, x, pressed=nothing, weak=nothing, lead=nothing)) == 0


class TestWeakTilt:
    def test_the_weakest_grow_faster_than_the_fund(self, tiny_case: Case, x: Linear) -> None:
        rows = weak_tilt(
            tiny_case,
            x,
            weak=by_fund(tiny_case, 0.6),
            lead=by_fund(tiny_case, 0.01),
            group=by_fund(tiny_case, "薄弱比例"),
        )
        # ⌈0.6 · 3⌉ = 2 counties; (1 + 0.25 + 0.01) · (200 + 300)
        assert (
            written(rows, tiny_case)[0] == "均衡性·财力薄弱的2县: 均衡性/甲县 + 均衡性/乙县 >= 630"
        )

    def test_counties_tied_with_the_last_are_in(self) -> None:
        case = one_fund(numbers={"可用财力": [200, 200, 400]})
        rows = weak_tilt(
            case, case.amount, weak=by_fund(case, 0.3), lead=by_fund(case), group=["薄弱比例"]
        )
        assert members(rows, case) == [["均衡性/甲县", "均衡性/乙县"]]

    def test_a_group_may_be_named_by_the_values_of_a_column(
        self, tiny_case: Case, x: Linear
    ) -> None:
        text = "功能区类型=国家重点生态功能区、禁止开发区"
        rows = weak_tilt(
            tiny_case,
            x,
            weak=by_fund(tiny_case, 0.3),
            lead=by_fund(tiny_case, 0.01),
            group=[text] * 3,
        )
        assert (
            written(rows, tiny_case)[2] == f"生态·{text}的2县: 生态/甲县 + 生态/丙县 >= 226.5"
        )  # 1.51 · 150

    def test_the_column_of_a_group_may_hold_numbers(self) -> None:
        case = one_fund(numbers={"牧区县": [1, 0, 1]})
        rows = weak_tilt(
            case, case.amount, weak=by_fund(case), lead=by_fund(case), group=["牧区县=1"]
        )
        assert members(rows, case) == [["均衡性/甲县", "均衡性/丙县"]]

    def test_a_group_of_prefectures_may_be_named(self) -> None:
        case = one_fund()
        rows = weak_tilt(
            case, case.amount, weak=by_fund(case), lead=by_fund(case), group=["市州=西州"]
        )
        assert members(rows, case) == [["均衡性/丙县"]]

    def test_a_fund_that_paid_nothing_last_year_has_no_growth_to_outdo(self) -> None:
        case = one_fund(last={"均衡性": [0, 0, NAN]})
        rows = weak_tilt(
            case, case.amount, weak=by_fund(case, 0.5), lead=by_fund(case, 0.01), group=["薄弱比例"]
        )
        assert len(rows) == 0

    def test_a_group_nobody_belongs_to_gives_no_row(self) -> None:
        case = one_fund()
        rows = weak_tilt(
            case,
            case.amount,
            weak=by_fund(case),
            lead=by_fund(case),
            group=["功能区类型=城市化地区"],
        )
        assert len(rows) == 0


class TestHardshipTilt:
    def test_hardship_areas_get_a_multiple_of_the_province_per_head(self) -> None:
        # 甲 has 10 of 100 people; last year 40 of 1400, less than its share; 1.05 · 0.1 · 1800
        case = make_case(
            last={"均衡性": [20, 380, 400], "县级保障": [10, 190, 200], "生态": [10, 90, 100]}
        )
        rows = hardship_tilt(case, case.amount, multiple=exact(1.05), population="常住人口")
        assert written(rows, case) == [
            "困难地区1县（常住人口）: 均衡性/甲县 + 县级保障/甲县 + 生态/甲县 >= 189"
        ]

    def test_last_years_ratio_counts_where_it_was_higher(self, tiny_case: Case, x: Linear) -> None:
        # 甲 got 400 of 1400 with 10 of 100 people: 20/7 times the province per head
        rows = hardship_tilt(tiny_case, x, multiple=exact(1.05), population="常住人口")
        assert rows.least.tolist() == [mpq(400, 1400) * 1800]

    def test_the_head_count_may_be_the_registered_one(self) -> None:
        case = make_case(last={fund: [0, 1, 1] for fund in ("均衡性", "县级保障", "生态")})
        rows = hardship_tilt(case, case.amount, multiple=exact(2.0), population="户籍人口")
        assert written(rows, case) == [
            "困难地区1县（户籍人口）: 均衡性/甲县 + 县级保障/甲县 + 生态/甲县 >= 720"
        ]

    def test_a_hardship_area_no_poorer_than_the_province_is_not_in_the_group(self) -> None:
        case = make_case(texts={"困难地区类型": ["高海拔", "", "高海拔"]})
        assert members(
            hardship_tilt(case, case.amount, multiple=exact(1.0), population="常住人口"), case
        ) == [["均衡性/甲县", "县级保障/甲县", "生态/甲县"]]

    def test_without_a_known_last_year_the_multiple_counts_alone(self) -> None:
        case = one_fund(last={"均衡性": [NAN, NAN, NAN]})
        rows = hardship_tilt(case, case.amount, multiple=exact(1.5), population="常住人口")
        assert rows.lower.tolist() == [150]

    def test_no_hardship_area_gives_no_row(self) -> None:
        case = make_case(texts={"困难地区类型": ["", "", ""]})
        assert (
            len(hardship_tilt(case, case.amount, multiple=exact(1.05), population="常住人口")) == 0
        )


class TestEcologicalGrowth:
    def test_key_zones_grow_by_the_rate(self, tiny_case: Case, x: Linear) -> None:
        rows = ecological_growth(tiny_case, x, rise=by_line(tiny_case, 0.04))
        assert written(rows, tiny_case)[4:] == [
            "生态/甲县: 生态/甲县 >= 104",
            "生态/乙县: 生态/乙县 >= 52",
        ]

    def test_they_grow_no_faster_than_the_fund(self) -> None:
        case = make_case(pools={"生态": 202.0})  # G = 0.01
        rows = ecological_growth(case, case.amount, rise=by_line(case, 0.04))
        assert written(rows, case) == [
            "生态/甲县: 生态/甲县 >= 101",
            "生态/乙县: 生态/乙县 >= 50.5",
        ]

    def test_a_shrinking_fund_asks_for_last_years_amount_only(self) -> None:
        case = make_case(pools={"生态": 150.0})
        assert ecological_growth(case, case.amount, rise=by_line(case, 0.04)).lower.tolist() == [
            100,
            50,
        ]

    def test_penalised_and_new_lines_have_no_row(self) -> None:
        case = make_case(
            pools={"生态": 300.0}, penalty={"生态": [0.05, 0, 0]}, last={"生态": [100, 0, 50]}
        )
        assert len(ecological_growth(case, case.amount, rise=by_line(case, 0.04))) == 0


class TestCoverageFloor:
    def test_no_coverage_falls_below_a_share_of_the_provinces(
        self, tiny_case: Case, x: Linear
    ) -> None:
        # province: (700 + 1800) / 3000; 0.6 · 1000 · 2500/3000 = 500 each
        rows = coverage_floor(tiny_case, x, least=every(3, exact(0.6)), peers="全省")
        assert written(rows, tiny_case) == [
            "甲县: 均衡性/甲县 + 县级保障/甲县 + 生态/甲县 >= 400",
            "乙县: 均衡性/乙县 + 县级保障/乙县 + 生态/乙县 >= 300",
            "丙县: 均衡性/丙县 + 县级保障/丙县 + 生态/丙县 >= 100",
        ]

    def test_a_peer_group_is_compared_with_itself(self) -> None:
        # East: 甲 and 乙, N 1000 and 3000, own 100 and 200; 0.8 · N/4000 is 0.2 and 0.6.
        case = one_fund(numbers={"标准财政支出": [1000, 3000, 1000]})
        rows = coverage_floor(case, case.amount, least=every(3, exact(0.8)), peers="市州")
        assert dense(rows, 3) == [[0.8, -0.2, 0], [-0.6, 0.4, 0], [0, 0, 0.2]]
        # own moves right: 0.2·300 − 100, 0.6·300 − 200, 0.8·400 − 400
        assert right_sides(rows)[0].tolist() == [-40, -20, -80]

    def test_a_numeric_column_may_name_the_peers(self) -> None:
        case = one_fund(numbers={"类别": [1, 1, 2]})
        rows = coverage_floor(case, case.amount, least=every(3, exact(0.5)), peers="类别")
        assert dense(rows, 3) == [[0.75, -0.25, 0], [-0.25, 0.75, 0], [0, 0, 0.5]]


class TestRankKept:
    def test_a_weaker_county_does_not_overtake_the_next_stronger(self) -> None:
        case = one_fund(numbers={"标准财政支出": [1000, 500, 1000], "可用财力": [100, 200, 450]})
        rows = rank_kept(case, case.amount, tolerance=exact(0.05), peers="全省")
        # own/N: 甲 0.1, 乙 0.4, 丙 0.45, all times the weaker one's N
        assert labels(rows) == ["甲县不超过乙县", "乙县不超过丙县"]
        assert dense(rows, 3) == [[1, -2, 0], [0, 1, -0.5]]
        assert right_sides(rows)[1].tolist() == [50 - (100 - 400), 25 - (200 - 225)]

    def test_counties_of_equal_strength_are_not_ordered(self) -> None:
        case = one_fund(numbers={"可用财力": [100, 100, 400]})
        rows = rank_kept(case, case.amount, tolerance=exact(0.0), peers="全省")
        assert labels(rows) == ["甲县不超过丙县", "乙县不超过丙县"]

    def test_counties_of_different_groups_are_not_compared(
        self, tiny_case: Case, x: Linear
    ) -> None:
        assert labels(rank_kept(tiny_case, x, tolerance=exact(0.0), peers="市州")) == [
            "甲县不超过乙县"
        ]
        assert labels(rank_kept(tiny_case, x, tolerance=exact(0.0), peers="功能区类型")) == []


class TestPrefectureShare:
    def test_a_prefectures_share_stays_within_its_limits(self, tiny_case: Case, x: Linear) -> None:
        least, most = exacts([0.5, NAN, NAN, NAN, NAN, NAN]), exacts([NAN, NAN, NAN, 0.4, NAN, 0.3])
        assert written(prefecture_share(tiny_case, x, least=least, most=most), tiny_case) == [
            "均衡性/东州: 均衡性/甲县 + 均衡性/乙县 >= 500",
            "县级保障/西州: 县级保障/丙县 <= 200",
            "生态/西州: 生态/丙县 <= 90",
        ]

    def test_without_limits_there_is_no_row(self, tiny_case: Case, x: Linear) -> None:
        assert len(prefecture_share(tiny_case, x, least=every(6, None), most=every(6, None))) == 0


def test_no_line_takes_more_than_its_share_of_the_fund(tiny_case: Case, x: Linear) -> None:
    rows = line_share(tiny_case, x, most=by_line(tiny_case, 0.5, 生态=[0.1, 0.2, 0.3]))
    assert rows.upper.tolist() == [500, 500, 500, 250, 250, 250, 30, 60, 90]
    assert np.array_equal(dense(rows, 9), np.eye(9))


def test_given_bounds_hold_where_they_are_given() -> None:
    case = make_case(
        floor={"均衡性": [210, NAN, NAN]}, cap={"均衡性": [240, NAN, NAN], "生态": [NAN, 0, NAN]}
    )
    assert written(given_bounds(case, case.amount), case) == [
        "均衡性/甲县: 均衡性/甲县 >= 210",
        "均衡性/甲县: 均衡性/甲县 <= 240",
        "生态/乙县: 生态/乙县 <= 0",
    ]


def test_bounds_of_a_prefectures_fund_and_of_totals_add_the_lines_they_name() -> None:
    case = make_case(
        totals=[
            GivenBound(0, 3, NAN, 600, "东州一项"),
            GivenBound(-1, 2, 400, 900, "丙县合计"),
            GivenBound(-1, 4, NAN, 950, "西州合计"),
        ]
    )
    assert written(given_bounds(case, case.amount), case) == [
        "东州·均衡性: 均衡性/甲县 + 均衡性/乙县 <= 600"
    ]
    whole = "均衡性/丙县 + 县级保障/丙县 + 生态/丙县"
    assert written(given_totals(case, case.amount), case) == [
        f"丙县·合计: {whole} >= 400",
        f"丙县·合计: {whole} <= 900",
        f"西州·合计: {whole} <= 950",
    ]


def test_rows_speak_of_their_fund_and_place(tiny_case: Case, x: Linear) -> None:
    assert pool_total(tiny_case, x).expression.subjects.tolist() == [[0, -1], [1, -1], [2, -1]]
    assert basic_need(tiny_case, x).expression.subjects.tolist() == [[-1, 0], [-1, 1], [-1, 2]]
    capped = growth_cap(tiny_case, x, max_rise=by_line(tiny_case))
    assert capped.expression.subjects.tolist() == [[f, i] for f in range(3) for i in range(3)]
    share = prefecture_share(tiny_case, x, least=every(6), most=every(6, None))
    assert share.expression.subjects.tolist() == [[f, 3 + p] for f in range(3) for p in range(2)]


class TestGroupsByRank:
    everyone = np.ones(3, dtype=bool)

    def test_the_share_is_rounded_up_to_whole_counties(self) -> None:
        keys = Ratios(np.array([1.0, 2.0, 3.0]), np.ones(3))
        assert top_share(keys, self.everyone, 0.34, highest=True).tolist() == [False, True, True]
        assert top_share(keys, self.everyone, 0.33, highest=True).tolist() == [False, False, True]

    def test_a_whole_number_of_counties_is_not_rounded_up_by_a_floating_error(self) -> None:
        keys = Ratios(np.arange(100.0), np.ones(100))
        assert 0.07 * 100 > 7
        assert top_share(keys, np.ones(100, dtype=bool), 0.07, highest=False).sum() == 7

    def test_equal_ratios_of_typed_decimals_are_ties(self) -> None:
        keys = Ratios(
            np.array([0.1, 0.3, 9.0]), np.array([0.3, 0.9, 1.0])
        )  # floats: 0.1/0.3 ≠ 0.3/0.9
        assert top_share(keys, self.everyone, 0.1, highest=False).tolist() == [True, True, False]

    def test_unknown_values_are_not_ranked(self) -> None:
        keys = Ratios(np.array([NAN, 2.0, 0.0]), np.array([1.0, 1.0, 0.0]))
        assert top_share(keys, self.everyone, 1.0, highest=True).tolist() == [False, True, False]


def test_every_rule_has_a_test_here() -> None:
    here = globals()
    missing = [
        name
        for name, entry in CONSTRAINTS.items()
        if here.get(entry.function.__name__) is not entry.function
    ]
    assert missing == []
