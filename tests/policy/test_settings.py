"""Which value, switch and priority hold where: the more specific, then the later, then the named fund."""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import SPEC, make_case, make_settings

from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings, shown

EQUALIZATION, GUARANTEE, ECOLOGY = (fund.name for fund in SPEC.funds)
FLOOR, CUT = "上年保底", "降幅上限"


def floor_cut(value: float, fund: str = "", place: str = "") -> Change:
    return Change(FLOOR, fund, CUT, place, value)


def cuts(case: Case, settings: Settings) -> list[list[float]]:
    """降幅上限 fund by fund, county by county."""
    values: list[list[float]] = (
        settings.numbers(FLOOR, CUT, case.amount.subjects).reshape(3, 3).tolist()
    )
    return values


class TestValues:
    def test_without_changes_the_models_defaults_hold_by_fund(self, tiny_case: Case) -> None:
        assert cuts(tiny_case, make_settings(tiny_case)) == [[0, 0, 0], [0.1, 0.1, 0.1], [0, 0, 0]]

    def test_a_change_of_all_replaces_every_funds_default(self, tiny_case: Case) -> None:
        assert cuts(tiny_case, make_settings(tiny_case, floor_cut(0.2))) == [[0.2] * 3] * 3

    def test_a_named_fund_goes_before_all_funds_in_either_order(self, tiny_case: Case) -> None:
        changes = [floor_cut(0.3, ECOLOGY), floor_cut(0.2)]
        expected = [[0.2] * 3, [0.2] * 3, [0.3] * 3]
        assert cuts(tiny_case, make_settings(tiny_case, *changes)) == expected
        assert cuts(tiny_case, make_settings(tiny_case, *reversed(changes))) == expected

    def test_a_county_goes_before_its_prefecture_and_that_before_all(self, tiny_case: Case) -> None:
        changes = [floor_cut(0.5, place="甲县"), floor_cut(0.4, place="东州"), floor_cut(0.2)]
        assert cuts(tiny_case, make_settings(tiny_case, *changes)) == [[0.5, 0.4, 0.2]] * 3

    def test_a_county_goes_before_a_named_fund(self, tiny_case: Case) -> None:
        changes = [floor_cut(0.5, place="丙县"), floor_cut(0.3, ECOLOGY)]
        assert cuts(tiny_case, make_settings(tiny_case, *changes))[2] == [0.3, 0.3, 0.5]

    def test_a_county_may_be_named_by_its_code(self, tiny_case: Case) -> None:
        assert cuts(tiny_case, make_settings(tiny_case, floor_cut(0.5, place="630002")))[0] == [
            0,
            0.5,
            0,
        ]

    def test_a_scenario_goes_before_the_workbook(self, tiny_case: Case) -> None:
        settings = make_settings(tiny_case, floor_cut(0.3, ECOLOGY), scenario=[floor_cut(0.6)])
        assert cuts(tiny_case, settings) == [[0.6] * 3] * 3

    def test_a_county_named_in_the_workbook_goes_before_all_in_a_scenario(
        self, tiny_case: Case
    ) -> None:
        settings = make_settings(tiny_case, floor_cut(0.3, place="甲县"), scenario=[floor_cut(0.6)])
        assert cuts(tiny_case, settings) == [[0.3, 0.6, 0.6]] * 3

    def test_a_fund_without_a_pool_this_year_may_still_be_named(self) -> None:
        case = make_case(pools={"均衡性": 1000.0})
        settings = make_settings(
            case, floor_cut(0.3, ECOLOGY), Change("考核奖惩", ECOLOGY, on=False)
        )
        assert settings.numbers(FLOOR, CUT, case.amount.subjects).tolist() == [0, 0, 0]
        assert not settings.on_anywhere("考核奖惩")

    def test_what_is_not_given_is_not_a_number(self, tiny_case: Case) -> None:
        settings = make_settings(tiny_case, Change("市州占比", GUARANTEE, "上限", "西州", 0.4))
        most = settings.numbers("市州占比", "上限", tiny_case.by_fund_and_prefecture.subjects)
        assert np.flatnonzero(~np.isnan(most)).tolist() == [3]
        assert most[3] == 0.4

    def test_one_value_for_the_whole_model(self, tiny_case: Case) -> None:
        settings = make_settings(
            tiny_case,
            Change("三保兜底", "", "保障倍数", "", 1.1),
            Change("困难地区倾斜", "", "人口口径", "", "户籍人口"),
        )
        assert settings.number("三保兜底", "保障倍数") == 1.1
        assert settings.text("困难地区倾斜", "人口口径") == "户籍人口"
        assert settings.text("目标", "顺序") == ""


class TestSwitches:
    def on(self, case: Case, *changes: Change, rule: str = "生态稳定增长") -> list[bool]:
        values: list[bool] = make_settings(case, *changes).on(rule, case.amount.subjects).tolist()
        return values

    def test_a_rule_may_be_on_for_one_fund_only(self, tiny_case: Case) -> None:
        assert self.on(tiny_case) == [False] * 6 + [True] * 3

    def test_a_rule_may_be_switched_off_for_one_county(self, tiny_case: Case) -> None:
        off = Change("生态稳定增长", ECOLOGY, object="乙县", on=False)
        assert self.on(tiny_case, off) == [False] * 6 + [True, False, True]

    def test_a_switch_holds_whatever_parameter_its_row_names(self, tiny_case: Case) -> None:
        assert not any(self.on(tiny_case, Change("生态稳定增长", "", "增长率", "", 0.05, on=False)))

    def test_a_parameters_row_without_a_switch_leaves_the_switch_alone(
        self, tiny_case: Case
    ) -> None:
        assert any(self.on(tiny_case, Change("生态稳定增长", "", "增长率", "", 0.05)))

    def test_hardness_and_priority_may_differ_by_fund(self, tiny_case: Case) -> None:
        settings = make_settings(
            tiny_case, Change("增幅上限", EQUALIZATION, hard=False, priority=3)
        )
        subjects = settings.by_fund()
        assert settings.hard("增幅上限", subjects).tolist() == [False, False, True]
        assert settings.priority("增幅上限", subjects).tolist() == [3, 2, 2]

    def test_a_switch_beside_a_parameter_by_fund_switches_a_rule_that_is_not_by_fund(
        self, tiny_case: Case
    ) -> None:
        settings = make_settings(
            tiny_case, Change("三保兜底", GUARANTEE, "可统筹比例", "", 0.5, on=False)
        )
        assert not settings.on("三保兜底", tiny_case.by_recipient.subjects).any()
        assert settings.numbers("三保兜底", "可统筹比例", settings.by_fund()).tolist() == [
            1,
            0.5,
            1,
        ]

    def test_a_rule_on_for_one_prefecture_is_on_somewhere(self, tiny_case: Case) -> None:
        settings = make_settings(tiny_case, Change("市州占比", GUARANTEE, object="西州", on=True))
        assert [settings.on_anywhere("市州占比", fund) for fund in range(3)] == [False, True, False]


def test_shares_are_shown_as_percentages() -> None:
    cases: list[tuple[Any, str, str]] = [
        (0.15, "share", "15%"),
        (0.005, "share", "0.5%"),
        (1.05, "ratio", "1.05"),
        (12000.0, "money", "12000"),
        ("全省", "column", "全省"),
        (None, "share", ""),
    ]
    for value, kind, text in cases:
        assert shown(value, kind) == text
