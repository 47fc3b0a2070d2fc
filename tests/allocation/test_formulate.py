"""How rules become bounds, rows, violations and stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from cases import make_case, make_settings
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.lexlp.program import PREFECTURE, PROVINCE, RECIPIENT, LevelStage, SumStage
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

NAN = np.nan
CLOSEST = ("贴近因素法",)


def one_fund(**changes: Any) -> Case:
    given = {
        key: {"均衡性": changes.pop(key)}
        for key in ("floor", "cap", "last", "reference", "penalty")
        if key in changes
    }
    return make_case(pools={"均衡性": changes.pop("pool", 1000.0)}, **given, **changes)


def formulated(
    case: Case, rules: Sequence[str], *changes: Change, objective: Sequence[str] = CLOSEST
) -> Formulation:
    return formulate(case, make_settings(case, *changes), objective, ["资金总额", *rules])


def bounds(
    case: Case, rules: Sequence[str] = ("县区上下限",), *changes: Change
) -> list[list[float]]:
    """Floors and caps of the lines."""
    floor, cap = formulated(case, rules, *changes).floor_and_cap()
    return [floor.tolist(), cap.tolist()]


class TestBounds:
    def test_without_rules_a_line_lies_between_nothing_and_the_pool(self) -> None:
        assert bounds(one_fund(), ()) == [[0, 0, 0], [1000, 1000, 1000]]

    def test_the_highest_floor_and_the_lowest_cap_count_in_whole_units(self) -> None:
        case = one_fund(last=[100.5, 200, 300], floor=[90, 205.2, NAN], cap=[NAN, 229.9, 900])
        assert bounds(case, ["上年保底", "增幅上限", "县区上下限"]) == [
            [101, 206, 300],
            [115, 229, 345],
        ]

    def test_a_bound_that_is_whole_but_for_its_last_digit_stays(self) -> None:
        # 1.1 · 30 is 33.00000000000001 in floating point
        case = one_fund(last=[30, 300, 300])
        assert 1.1 * 30 < 33.0000001
        assert bounds(case, ["增幅上限"], Change("增幅上限", parameter="增幅上限", value=0.1))[
            1
        ] == [33, 330, 330]

    def test_a_cap_the_least_bit_below_a_whole_unit_is_below_it(self) -> None:
        case = one_fund(floor=[10.0000000001, NAN, NAN], cap=[NAN, 32.9999999999, NAN])
        floors, caps = bounds(case)
        assert (floors[0], caps[1]) == (11, 32)

    def test_the_publishing_unit_may_be_a_part_or_a_multiple(self) -> None:
        fine, coarse = (
            one_fund(floor=[10.005, NAN, NAN], cap=[99.999, NAN, NAN], unit=unit)
            for unit in (0.01, 10.0)
        )
        assert [side[0] for side in bounds(fine)] == [10.01, 99.99]
        assert [side[0] for side in bounds(coarse)] == [20, 90]

    def test_where_no_whole_unit_lies_between_the_floor_wins(self) -> None:
        case = one_fund(floor=[10.2, NAN, NAN], cap=[10.8, NAN, NAN])
        assert [side[0] for side in bounds(case)] == [11, 11]

    def test_floors_above_caps_stay_a_contradiction(self) -> None:
        case = one_fund(floor=[20, NAN, NAN], cap=[10, NAN, NAN])
        assert [side[0] for side in bounds(case)] == [20, 10]

    def test_floors_that_only_fit_the_pool_unrounded_stay_unrounded(self) -> None:
        case = one_fund(pool=100.0, floor=[33.3, 33.3, 33.4])
        formulation = formulated(case, ["县区上下限"])
        assert formulation.floor_and_cap()[0].tolist() == [33.3, 33.3, 33.4]
        assert [note[:3] for note in formulation.notes] == ["取整："]

    @pytest.mark.parametrize(
        "tenths", [(1, 2, 7), (7, 2, 1), (3, 3, 4), (1, 6, 3), (8, 1, 1), (2, 3, 5)]
    )
    def test_floors_that_fill_the_pool_to_the_last_digit_are_no_contradiction(
        self, tenths: Sequence[int]
    ) -> None:
        # The floating-point sum of the floors may lie above the pool by its last digit.
        for whole in (0, 33, 1234567):
            floors = [whole + tenth / 10 for tenth in tenths]
            case = one_fund(pool=3.0 * whole + 1, floor=floors)
            formulation = formulated(case, ["县区上下限"])
            solution = solve(formulation.program, formulation.stages, opener("highs", 3))
            assert solution.shortage is None
            assert solution.columns[:3] == pytest.approx(floors)

    def test_caps_that_only_reach_the_pool_unrounded_stay_unrounded(self) -> None:
        case = one_fund(pool=100.0, cap=[33.3, 33.3, 33.4])
        assert bounds(case)[1] == [33.3, 33.3, 33.4]

    def test_one_fund_may_be_tight_while_another_is_not(self) -> None:
        case = make_case(
            pools={"均衡性": 100.0, "县级保障": 100.0},
            floor={"均衡性": [33.3, 33.3, 33.4], "县级保障": [33.3, 33.3, 10]},
        )
        assert bounds(case)[0] == [33.3, 33.3, 33.4, 34, 34, 10]

    def test_a_rule_switched_off_for_a_county_leaves_that_county_alone(self) -> None:
        assert bounds(one_fund(), ["上年保底"], Change("上年保底", object="乙县", on=False))[0] == [
            200,
            0,
            300,
        ]

    def test_a_tilt_towards_a_single_line_is_a_bound(self) -> None:
        # 甲 alone is weakest: (1 + 0.25 + 0.01) · 200
        assert bounds(one_fund(), ["财力薄弱倾斜"])[0] == [252, 0, 0]


class TestSoftRules:
    def test_a_soft_cap_is_a_row_with_a_violation_counted_from_the_whole_unit(self) -> None:
        case = one_fund(last=[100.5, 200, 0])
        formulation = formulated(case, ["增幅上限"], Change("增幅上限", hard=False))
        program = formulation.program
        assert program.upper[:3].tolist() == [1000, 1000, 1000]
        assert program.row_upper.tolist()[1:] == [115, 230]  # 1.15 · 100.5 = 115.575
        entries = [
            (row, column, value)
            for row, column, value in zip(
                program.rows.tolist(),
                program.columns.tolist(),
                program.values.tolist(),
                strict=True,
            )
            if row
        ]
        assert entries == [(1, 0, 1), (1, 3, -1), (2, 1, 1), (2, 4, -1)]

    def test_the_need_comes_first_then_priority_then_the_order_of_the_catalogue(self) -> None:
        changes = [
            Change("三保兜底", hard=False, priority=9),
            Change("增幅上限", hard=False, priority=2),
            Change("上年保底", hard=False, priority=2),
            Change("单县占比上限", hard=False, priority=1),
        ]
        stages = formulated(
            one_fund(), ["三保兜底", "增幅上限", "上年保底", "单县占比上限"], *changes
        ).stages
        assert [stage.name for stage in stages[::2]] == [
            "三保缺口最小",
            "单县占比上限超出最少",
            "上年保底超出最少",
            "增幅上限超出最少",
            "贴近因素法",
        ]

    def test_a_violation_is_shared_in_proportion_to_the_right_hand_side_and_one_unit_where_that_is_nothing(
        self,
    ) -> None:
        case = one_fund(cap=[0, 40, NAN], unit=10.0)
        stage = formulated(case, ["县区上下限"], Change("县区上下限", hard=False)).stages[1]
        assert isinstance(stage, LevelStage)
        assert (stage.centre.tolist(), stage.scale.tolist()) == ([0, 0], [10, 40])

    def test_the_need_is_shared_in_proportion_to_the_need_not_to_what_is_lacking(self) -> None:
        stage = formulated(one_fund(), ["三保兜底"]).stages[1]
        assert isinstance(stage, LevelStage)
        assert stage.scale.tolist() == [500, 400, 300]

    def test_a_rule_may_be_soft_for_one_fund_and_hard_for_another(self) -> None:
        formulation = formulated(make_case(), ["增幅上限"])
        assert formulation.program.upper[:9].tolist() == [230, 345, 345, 500, 500, 500, 120, 60, 60]
        assert [stage.name for stage in formulation.stages][:1] == ["增幅上限超出最少"]


class TestObjectives:
    def names(
        self, objective: Sequence[str], case: Case | None = None, *changes: Change
    ) -> tuple[list[str], int]:
        formulation = formulated(case or one_fund(), ["三保兜底"], *changes, objective=objective)
        return [stage.name for stage in formulation.stages], len(formulation.notes)

    def test_the_shortfall_is_first_whether_or_not_it_is_listed(self) -> None:
        stages = ["三保缺口最小", "三保缺口最小·均衡分担", "贴近因素法"]
        assert self.names(["贴近因素法"]) == (stages, 0)
        assert self.names(["三保缺口最小", "贴近因素法"]) == (stages, 0)

    def test_a_listed_shortfall_is_skipped_with_a_note_where_the_need_is_hard_or_off(self) -> None:
        for change in (Change("三保兜底", hard=True), Change("三保兜底", on=False)):
            assert self.names(["三保缺口最小", "贴近因素法"], None, change) == (["贴近因素法"], 1)

    def test_a_list_that_does_not_decide_every_line_is_closed_with_a_note(self) -> None:
        stages, notes = self.names(["保障水平最大化"])
        assert (stages[-2:], notes) == (["保障水平最大化", "贴近因素法"], 1)

    def test_last_year_closes_the_list_only_where_every_line_was_paid(self) -> None:
        assert self.names(["较上年波动最小"])[0][-1] == "较上年波动最小"
        assert self.names(["较上年波动最小"], one_fund(last=[0, 400, 400]))[0][-1] == "贴近因素法"

    def test_an_objective_listed_twice_counts_once(self) -> None:
        assert self.names(["贴近因素法", "贴近因素法"])[0].count("贴近因素法") == 1

    def test_the_gap_ratio_compares_the_columns_that_were_chosen(self) -> None:
        case = one_fund(gap_columns=("保工资需求", "保运转需求", "常住人口"))
        stage = formulated(case, [], objective=["保障水平最大化"]).stages[0]
        assert isinstance(stage, LevelStage)
        assert (stage.centre.tolist(), stage.scale.tolist()) == ([200, 200, 200], [10, 20, 70])
        assert (stage.below, stage.above) == (True, False)

    def test_a_county_without_a_line_is_not_compared(self) -> None:
        case = make_case(pools={"生态": 300.0}, eligible={"生态": [True, False, True]})
        stage = formulated(case, [], objective=["保障水平最大化"]).stages[0]
        assert isinstance(stage, LevelStage)
        assert len(stage.columns) == 2

    def test_a_line_without_a_reference_is_measured_in_publishing_units(self) -> None:
        stage = formulated(one_fund(reference=[0, 400, 600], unit=10.0), []).stages[0]
        assert isinstance(stage, LevelStage)
        assert stage.scale.tolist() == [10, 400, 600]

    def test_lines_not_paid_last_year_do_not_count_against_last_year(self) -> None:
        stage = formulated(
            one_fund(last=[0, NAN, 400]), [], objective=["较上年波动最小", "贴近因素法"]
        ).stages[0]
        assert isinstance(stage, LevelStage)
        assert (stage.columns.tolist(), stage.centre.tolist()) == ([2], [400])

    def test_the_spread_is_the_money_between_every_county_and_the_province(self) -> None:
        # (700 + 1000)/3000 of 1000 each; 甲 owns 100, 乙 200, 丙 400
        formulation = formulated(one_fund(), [], objective=["差距最小", "贴近因素法"])
        stage = formulation.stages[0]
        assert isinstance(stage, SumStage)
        assert stage.costs.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1]
        assert formulation.statement.row_lower[1:].tolist() == [
            mpq(1700, 3) - own for own in (100, 200, 400)
        ]


def test_a_row_reaches_as_far_as_its_counties() -> None:
    case = make_case()
    formulation = formulated(
        case,
        ["三保兜底", "困难地区倾斜", "三保压力倾斜"],
        Change("三保压力倾斜", parameter="薄弱比例", value=0.6),
    )
    # three pools; three needs; the weakest two of 县级保障, both of 东州; the hardship group is one county
    assert formulation.program.reach.tolist() == [PROVINCE] * 3 + [RECIPIENT] * 3 + [
        PREFECTURE,
        RECIPIENT,
    ]


def test_a_rule_that_makes_no_rows_is_known_to_make_none() -> None:
    formulation = formulated(one_fund(), ["已下达不收回", "上年保底"])
    assert {entry.rule.name: entry.sizes for entry in formulation.rules} == {
        "资金总额": 1,
        "上年保底": 3,
        "已下达不收回": 0,
    }
