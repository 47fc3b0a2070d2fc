"""What 「约束参数」 and 「方案」 say, cell by cell, and how they are told apart from mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cases import SPEC, make_case

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.vocabulary import POOLS, RULES, SCENARIOS, WEIGHTS
from transfer_opt.intake.choices import Choices, read_choices
from transfer_opt.policy.admissible import parse_objectives, parse_unit
from transfer_opt.policy.factors import PARAMETER_NAMES
from transfer_opt.policy.model import Change

EQUALIZATION, GUARANTEE, ECOLOGY = (fund.name for fund in SPEC.funds)
COLUMNS = ("规则", "资金", "参数", "对象", "取值", "启用", "刚性", "优先级", "依据条款", "说明")
Row = Mapping[str, Any]


def sheet(name: str, rows: tuple[Row, ...], columns: tuple[str, ...]) -> Sheet:
    letters = {column: "ABCDEFGHIJKLMN"[index] for index, column in enumerate(columns)}
    return Sheet(
        name, "", None, letters, tuple(SheetRow(number, row) for number, row in enumerate(rows, 5))
    )


def rules(*rows: Row) -> Choices:
    """What a 「约束参数」 with these rows (from row 5 on) says."""
    return read_choices(SPEC, {RULES: sheet(RULES, rows, COLUMNS)}, make_case().recipients)


def row(
    rule: str, parameter: str = "", value: Any = None, fund: str = "", place: str = "", **more: Any
) -> Row:
    """One row; empty cells are absent, as the reader gives them."""
    cells = {"规则": rule, "参数": parameter, "取值": value, "资金": fund, "对象": place, **more}
    return {column: cell for column, cell in cells.items() if cell not in ("", None)}


def told(*rows: Row) -> tuple[str, str, str]:
    """Code, cell and remedy of the one problem these rows have."""
    [problem] = rules(*rows).problems
    return problem.code, problem.cell, problem.remedy


def change(*rows: Row) -> Change:
    """The one change these rows make, without a problem."""
    found = rules(*rows)
    assert found.problems == ()
    return found.changes[-1]


class TestValues:
    @pytest.mark.parametrize("written", [0.15, "15%", "0.15", "１５％", " 15% "])
    def test_a_share_may_be_a_number_or_a_percentage_as_text(self, written: Any) -> None:
        assert change(row("增幅上限", "增幅上限", written)) == Change(
            "增幅上限", "", "增幅上限", "", 0.15
        )

    def test_zero_is_a_value_and_blank_is_none(self) -> None:
        assert change(row("上年保底", "降幅上限", 0.0)).value == 0.0
        assert change(row("上年保底", "降幅上限")).value is None

    def test_a_share_beyond_its_range_is_told(self) -> None:
        assert told(row("上年保底", "降幅上限", 15))[:2] == ("E210", "E5")

    def test_words_for_a_share_are_told(self) -> None:
        assert told(row("上年保底", "降幅上限", "一成五"))[:2] == ("E209", "E5")

    def test_a_yes_for_a_share_is_told(self) -> None:
        assert told(row("上年保底", "降幅上限", True))[:2] == ("E209", "E5")

    def test_a_value_without_a_parameter_is_told(self) -> None:
        assert told(row("上年保底", value=0.1))[:2] == ("E208", "E5")

    def test_a_choice_that_is_none_of_them_suggests_one(self) -> None:
        code, cell, remedy = told(row("困难地区倾斜", "人口口径", "常驻人口"))
        assert (code, cell, remedy) == ("E209", "E5", "是否为「常住人口」？")

    def test_a_group_is_the_weakest_share_or_a_column_with_values(self) -> None:
        assert (
            change(row("财力薄弱倾斜", "组别", "功能区类型=禁止开发区")).value
            == "功能区类型=禁止开发区"
        )
        assert change(row("财力薄弱倾斜", "组别", "薄弱比例")).value == "薄弱比例"
        assert told(row("财力薄弱倾斜", "组别", "功能区类型="))[0] == "E209"

    def test_an_objective_nobody_knows_suggests_one(self) -> None:
        assert told(row("目标", "顺序", "三保缺口最小＞贴近因素"))[2] == "是否为「贴近因素法」？"
        assert change(row("目标", "顺序", "三保缺口最小＞贴近因素法")).value is not None

    def test_a_publishing_unit_must_be_one(self) -> None:
        assert change(row("取整", "单位", "0.01万元")).value == "0.01万元"
        assert told(row("取整", "单位", "百元"))[0] == "E209"


class TestAddresses:
    @pytest.mark.parametrize("name", [EQUALIZATION, "均衡性", " 均衡性 "])
    def test_a_fund_may_be_named_in_full_or_in_short(self, name: str) -> None:
        assert change(row("增幅上限", "增幅上限", 0.1, fund=name)).fund == EQUALIZATION

    @pytest.mark.parametrize("name", ["", "全部"])
    def test_no_fund_means_all_of_them(self, name: str) -> None:
        assert change(row("增幅上限", "增幅上限", 0.1, fund=name)).fund == ""

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("乙县", "乙县"),
            ("630002", "乙县"),
            (630002.0, "乙县"),
            ("东州", "东州"),
            ("全省", ""),
            ("全部", ""),
        ],
    )
    def test_an_object_is_a_county_a_code_a_prefecture_or_everyone(
        self, written: Any, meant: str
    ) -> None:
        assert change(row("增幅上限", "增幅上限", 0.1, place=written)).object == meant

    @pytest.mark.parametrize(
        ("cells", "code", "cell", "remedy"),
        [
            (row("上年保低", "降幅上限", 0.1), "E201", "A5", "是否为「上年保底」？"),
            (row("上年保底", "降幅上线", 0.1), "E203", "C5", "是否为「降幅上限」？"),
            (
                row("上年保底", "降幅上限", 0.1, fund="均衡性转移"),
                "E202",
                "B5",
                "是否为「均衡性转移支付」？",
            ),
            (row("上年保底", "降幅上限", 0.1, place="西洲"), "E204", "D5", "是否为「西州」？"),
        ],
    )
    def test_a_name_nobody_knows_suggests_the_closest(
        self, cells: Row, code: str, cell: str, remedy: str
    ) -> None:
        assert told(cells) == (code, cell, remedy)

    def test_a_row_without_a_rule_is_told(self) -> None:
        assert told(row("", "降幅上限", 0.1))[:2] == ("E201", "A5")

    def test_the_same_cell_twice_is_told_even_when_one_names_the_fund_in_short(self) -> None:
        first, second = (
            row("上年保底", "降幅上限", 0.1, fund=fund) for fund in (EQUALIZATION, "均衡性")
        )
        assert told(first, second)[:2] == ("E205", "A6")

    @pytest.mark.parametrize(
        "cells",
        [
            row("三保兜底", "保障倍数", 1.1, fund="生态"),
            row("困难地区倾斜", "人均倍数", 1.1, fund="生态"),
            row("三保兜底", fund="生态", 启用="否"),
        ],
    )
    def test_a_fund_where_the_rule_does_not_tell_funds_apart_is_told(self, cells: Row) -> None:
        assert told(cells)[:2] == ("E207", "B5")

    @pytest.mark.parametrize(
        "cells",
        [
            row("三保压力倾斜", "增幅差", 0.02, place="甲县"),
            row("困难地区倾斜", "人均倍数", 1.1, place="甲县"),
            row("市州占比", "上限", 0.4, place="甲县"),
        ],
    )
    def test_an_object_where_the_rule_does_not_tell_them_apart_is_told(self, cells: Row) -> None:
        assert told(cells)[:2] == ("E207", "D5")

    def test_a_parameter_may_be_by_fund_though_its_rule_is_not(self) -> None:
        assert change(row("三保兜底", "可统筹比例", 0.5, fund="生态")).fund == ECOLOGY


class TestSwitches:
    def test_switches_are_read_in_words(self) -> None:
        found = change(row("增幅上限", fund="生态", 启用="是", 刚性="软", 优先级=3.0))
        assert (found.on, found.hard, found.priority, found.value) == (True, False, 3, None)

    @pytest.mark.parametrize(
        ("cells", "code", "cell"),
        [
            ({"启用": "对"}, "E211", "F5"),
            ({"刚性": "是"}, "E211", "G5"),
            ({"优先级": 1.5}, "E212", "H5"),
            ({"优先级": "高"}, "E212", "H5"),
            ({"优先级": 0.0}, "E212", "H5"),
        ],
    )
    def test_other_words_are_told(self, cells: Row, code: str, cell: str) -> None:
        assert told({**row("增幅上限"), **cells})[:2] == (code, cell)

    @pytest.mark.parametrize("more", [{"启用": "否"}, {"刚性": "软"}])
    def test_a_fixed_rule_cannot_be_switched_off_or_softened(self, more: Row) -> None:
        assert told({**row("资金总额"), **more})[0] == "E206"

    def test_rows_of_one_rule_that_disagree_on_a_switch_are_told(self) -> None:
        assert (
            told(
                row("三保压力倾斜", "增幅差", 0.02, fund="生态", 启用="是"),
                row("三保压力倾斜", "薄弱比例", 0.3, fund="生态", 启用="否"),
            )[0]
            == "E213"
        )

    def test_a_rule_that_is_not_by_fund_has_one_switch_for_all_its_rows(self) -> None:
        assert (
            told(
                row("三保兜底", "可统筹比例", 0.5, fund="生态", 启用="是"),
                row("三保兜底", "保障倍数", 1.0, 启用="否"),
            )[0]
            == "E213"
        )

    def test_different_funds_may_have_different_switches(self) -> None:
        found = rules(
            row("增幅上限", "增幅上限", 0.1, fund="生态", 启用="是"),
            row("增幅上限", "增幅上限", 0.1, fund="均衡性", 启用="否"),
        )
        assert found.problems == ()


class TestScenarios:
    columns = ("规则", "资金", "参数", "对象", "基准方案", "保生态", "说明")

    def read(self, *rows: Row) -> Choices:
        made = sheet(SCENARIOS, rows, self.columns)
        return read_choices(SPEC, {SCENARIOS: made}, make_case().recipients)

    def test_every_column_beside_the_address_is_a_scenario_of_what_differs(self) -> None:
        found = self.read(
            {"规则": "生态稳定增长", "参数": "增长率", "保生态": "6%"},
            {"规则": "目标", "参数": "顺序", "基准方案": "贴近因素法"},
        )
        assert found.scenarios is not None
        assert {
            scenario.name: [each.value for each in scenario.changes] for scenario in found.scenarios
        } == {"基准方案": ["贴近因素法"], "保生态": [0.06]}

    def test_a_mistake_in_an_address_is_told_once(self) -> None:
        [problem] = self.read(
            {"规则": "生态增长", "参数": "增长率", "保生态": 0.06, "基准方案": 0.03}
        ).problems
        assert (problem.code, problem.sheet, problem.cell) == ("E201", SCENARIOS, "A5")

    def test_the_same_cell_twice_is_told_in_the_scenario_it_concerns(self) -> None:
        twice = {"规则": "生态稳定增长", "参数": "增长率", "保生态": 0.06}
        [problem] = self.read(twice, twice).problems
        assert problem.code == "E205"

    def test_without_the_sheet_the_models_scenarios_hold(self) -> None:
        assert read_choices(SPEC, {}, make_case().recipients).scenarios is None


def test_units_are_an_amount_of_money() -> None:
    assert parse_unit("1万元") == (1.0, "万元")
    assert parse_unit("元") == (1.0, "元")
    assert parse_unit("0.01万元") == (0.01, "万元")
    assert parse_unit("0万元") is None
    assert [parse_unit(text) for text in ("0.01元", "0.000001万元")] == [
        (0.01, "元"),
        (0.000001, "万元"),
    ]
    assert [parse_unit(text) for text in ("0.001元", "0.00000001万元", "-1元", "1e-22元")] == [
        None
    ] * 4
    assert parse_unit("万") is None


def test_objectives_are_joined_by_an_arrow_of_any_kind() -> None:
    parts = ("三保缺口最小", "贴近因素法")
    for text in (
        "三保缺口最小>贴近因素法",
        "三保缺口最小 ＞ 贴近因素法",
        "三保缺口最小→贴近因素法",
        "三保缺口最小》贴近因素法",
    ):
        assert parse_objectives(text) == parts


class TestWeights:
    columns = ("资金", "因素", "参数", "权重")

    def read(self, *rows: tuple[object, ...], rule: Row | None = None) -> Choices:
        made = sheet(
            WEIGHTS,
            tuple(dict(zip(self.columns, each, strict=True)) for each in rows),
            self.columns,
        )
        others = {RULES: sheet(RULES, (rule,), COLUMNS)} if rule else {}
        return read_choices(SPEC, {WEIGHTS: made, **others}, make_case().recipients)

    def test_a_factor_is_a_parameter_of_one_rule_and_a_blank_leaves_the_models(self) -> None:
        found = self.read(
            ("县级保障", "三保压力", None, 0.6),
            ("县级保障", "三保剩余缺口", None, None),
            ("生态", "重点补助", "省级重点生态功能区", 0.8),
        )
        assert not found.problems
        assert [
            (each.fund, each.parameter, each.value) for each in found.changes if each.value
        ] == [
            ("县级基本财力保障机制奖补资金", "三保压力", 0.6),
            ("重点生态功能区转移支付", "重点补助/省级重点生态功能区", 0.8),
        ]

    @pytest.mark.parametrize(
        ("row", "code", "cell"),
        [
            (("县级保障", "三保压了", None, 0.6), "E203", "B5"),
            ((None, "三保压力", None, 0.6), "E202", "A5"),
            (("生态", "三保压力", None, 0.6), "E203", "B5"),
            (("县级保障", None, None, 0.6), "E203", "B5"),
            (("县级保障", "三保压力", None, -0.1), "E210", "D5"),
            (("县级保障", "三保压力", None, "多"), "E209", "D5"),
        ],
    )
    def test_a_mistake_is_told_at_its_cell_on_this_sheet(
        self, row: tuple[object, ...], code: str, cell: str
    ) -> None:
        [problem] = self.read(row).problems
        assert (problem.code, problem.sheet, problem.cell) == (code, WEIGHTS, cell)

    def test_the_same_weight_in_both_sheets_is_one_too_many(self) -> None:
        twice = row("因素权重", "三保压力", 0.2, fund="县级保障")
        [problem] = self.read(("县级保障", "三保压力", None, 0.6), rule=twice).problems
        assert problem.code == "E205"

    def test_every_number_of_every_factor_of_the_model_can_be_set(self) -> None:
        for fund in SPEC.funds:
            for factor in fund.factors:
                numbers = {k for k, v in factor.parameters.items() if isinstance(v, float | int)}
                assert numbers <= PARAMETER_NAMES.keys()


class TestLeversOfAScenario:
    columns = ("规则", "资金", "参数", "对象", "甲案")

    def read(self, *rows: Row) -> Choices:
        pools = sheet(
            POOLS,
            ({"资金": "均衡性", "本年总额": 1000.0}, {"资金": "生态", "本年总额": 400.0}),
            ("资金", "本年总额"),
        )
        made = sheet(SCENARIOS, rows, self.columns)
        return read_choices(SPEC, {SCENARIOS: made, POOLS: pools}, make_case().recipients)

    @pytest.mark.parametrize(
        ("typed", "becomes"),
        [
            ("+2%", 1020.0),
            ("−3%", 970.0),
            ("＋0.1%", 1001.0),
            ("+200", 1200.0),
            (-300.0, 700.0),
            (-0.03, 970.0),
            (1200.0, 1200.0),
            ("1,200", 1200.0),
            ("-100%", 0.0),
        ],
    )
    def test_a_pool_is_an_amount_or_a_change_with_its_sign(
        self, typed: object, becomes: float
    ) -> None:
        found = self.read({"规则": "资金总额", "资金": "均衡性", "参数": "本年总额", "甲案": typed})
        assert found.scenarios is not None
        assert [each.value for each in found.scenarios[0].changes] == [becomes]

    @pytest.mark.parametrize("typed", ["2%", 0.02, "多", "-101%", -1001.0, 1e20, "1e20", "+1e14"])
    def test_what_can_be_read_in_two_ways_or_in_none_is_told(self, typed: object) -> None:
        [problem] = self.read(
            {"规则": "资金总额", "资金": "均衡性", "参数": "本年总额", "甲案": typed}
        ).problems
        assert (problem.code, problem.cell) == ("E217", "E5")

    def test_a_change_without_a_fund_moves_every_pool_by_its_own_amount(self) -> None:
        found = self.read({"规则": "资金总额", "参数": "本年总额", "甲案": "+10%"})
        assert found.scenarios is not None
        assert [each.value for each in found.scenarios[0].changes] == [1100.0, 440.0]

    def test_switches_in_rows_of_their_own_are_one_change_of_the_rule(self) -> None:
        found = self.read(
            {"规则": "增幅上限", "资金": "县级保障", "参数": "刚性", "甲案": "软"},
            {"规则": "增幅上限", "资金": "县级保障", "参数": "优先级", "甲案": 3.0},
            {"规则": "困难地区倾斜", "参数": "启用", "甲案": "否"},
        )
        assert not found.problems
        assert found.scenarios is not None
        first, second = found.scenarios[0].changes
        assert (first.hard, first.priority, first.on) == (False, 3, None)
        assert (second.rule, second.on) == ("困难地区倾斜", False)

    @pytest.mark.parametrize(
        ("rule", "what", "typed", "code"),
        [
            ("资金总额", "启用", "否", "E206"),
            ("增幅上限", "刚性", "中", "E211"),
            ("增幅上限", "优先级", 0.5, "E212"),
        ],
    )
    def test_a_switch_that_cannot_be_is_told_in_the_scenarios_column(
        self, rule: str, what: str, typed: object, code: str
    ) -> None:
        [problem] = self.read({"规则": rule, "参数": what, "甲案": typed}).problems
        assert (problem.code, problem.cell) == (code, "E5")
