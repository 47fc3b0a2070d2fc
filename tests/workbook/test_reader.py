from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sheetmaker import HEADERS, ROWS, WITH_TOTALS, write

from transfer_opt.core.budget import Budget, Sheet
from transfer_opt.workbook.input.reader import read_workbook
from transfer_opt.workbook.input.totals import total_mismatches


def counties(path: Path, rows: Sequence[Sequence[Any]], **options: Any) -> Sheet:
    """「县区数据」 of a workbook that holds these rows."""
    aliases, rename = options.pop("aliases", {}), options.pop("rename", {})
    return read_workbook(
        write(path / "预算.xlsx", {"县区数据": rows}, **options), aliases, rename
    ).sheets["县区数据"]


def codes(sheet: Sheet | Budget) -> list[str]:
    return [note.code for note in sheet.notes]


def column(sheet: Sheet, header: str) -> list[Any]:
    return [row.values.get(header) for row in sheet.rows]


class TestTheOrdinaryTable:
    def test_a_plain_table_reads_into_rows_with_their_numbers(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS])
        assert [row.number for row in sheet.rows] == [2, 3, 4]
        assert sheet.rows[1].values == {
            "行政区划代码": "630103",
            "县区名称": "城中区",
            "市州": "西宁市",
            "常住人口": 325813.0,
            "可用财力": 125882.5,
        }
        assert sheet.cell(sheet.rows[2], "可用财力") == "E4"
        assert sheet.notes == ()

    def test_title_unit_and_label_may_stand_above(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path,
            [
                ["附件1"],
                ["2026年转移支付基础数据表"],
                ["示例数据", None, None, None, "单位：万元"],
                HEADERS,
                *ROWS,
            ],
        )
        assert (sheet.title, sheet.unit, sheet.labels) == (
            "2026年转移支付基础数据表",
            "万元",
            ("示例数据",),
        )
        assert len(sheet.rows) == 3

    def test_a_label_inside_the_title_is_found(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["2026年基础数据表（示例数据）"], HEADERS, *ROWS])
        assert sheet.labels == ("示例数据",)

    def test_columns_may_come_in_any_order(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [list(reversed(row)) for row in [HEADERS, *ROWS]])
        assert sheet.letters["行政区划代码"] == "E"
        assert column(sheet, "可用财力") == [192715.0, 125882.5, 60117.0]

    def test_a_table_that_does_not_begin_at_a1_keeps_its_addresses(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS], offset=3)
        assert sheet.letters["行政区划代码"] == "D"
        assert sheet.cell(sheet.rows[0], "可用财力") == "H5"

    def test_columns_beyond_z_get_two_letters(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS], offset=25)
        assert list(sheet.letters.values()) == ["Z", "AA", "AB", "AC", "AD"]

    def test_an_empty_cell_is_absent_and_zero_is_not(self, tmp_path: Path) -> None:
        rows = [["630102", "城东区", "西宁市", None, 0], ["1", "乙县", "西宁市", " \u3000", ""]]
        sheet = counties(tmp_path, [HEADERS, *rows])
        assert sheet.rows[0].values["可用财力"] == 0.0
        assert "常住人口" not in sheet.rows[0].values
        assert set(sheet.rows[1].values) == {"行政区划代码", "县区名称", "市州"}

    def test_sheet_names_are_matched_without_blanks_and_others_are_left_alone(
        self, tmp_path: Path
    ) -> None:
        path = write(
            tmp_path / "a.xlsx", {" 县区 数据": [HEADERS, *ROWS], "草稿": [["随便", "写写"]]}
        )
        assert list(read_workbook(path, {}).sheets) == ["县区数据"]

    def test_the_budget_carries_path_and_digest_of_the_file(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
        budget = read_workbook(path, {})
        assert budget.path == str(path)
        assert budget.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


class TestHeaders:
    def test_units_blanks_and_full_width_letters_do_not_matter(self, tmp_path: Path) -> None:
        headers = [
            "行政区划\n代码",
            "县 区　名 称",
            "市\u200b州",
            "常住人口（人）",
            "可用财力(万元)",
        ]
        sheet = counties(tmp_path, [headers, *ROWS])
        assert list(sheet.letters) == HEADERS
        assert sheet.unit == "万元"

    def test_a_band_above_a_complete_header_row_is_only_decoration(self, tmp_path: Path) -> None:
        band = ["基本情况", None, None, None, "财力"]
        sheet = counties(tmp_path, [["标题"], band, HEADERS, *ROWS])
        assert list(sheet.letters) == HEADERS
        assert sheet.labels == ()

    def test_two_line_headers_are_joined_under_their_merged_group(self, tmp_path: Path) -> None:
        rows = [
            ["行政区划代码", "县区名称", "市州", "上年分配", None, None],
            [
                None,
                None,
                None,
                "均衡性转移支付",
                "县级基本财力保障机制奖补资金",
                "重点生态功能区转移支付",
            ],
            ["630102", "城东区", "西宁市", 1, 2, 3],
        ]
        sheet = counties(tmp_path, rows, merges=["A1:A2", "B1:B2", "C1:C2", "D1:F1"])
        assert sheet.rows[0].values["上年均衡性转移支付"] == 1.0
        assert sheet.rows[0].values["上年重点生态功能区转移支付"] == 3.0
        assert sheet.rows[0].number == 3
        assert codes(sheet) == []

    def test_two_line_headers_need_no_merged_cells(self, tmp_path: Path) -> None:
        rows = [
            ["县区名称", "市州", "上年分配", None, "提前下达", None],
            [None, None, "甲资金", "乙资金", "甲资金", "乙资金"],
            ["城东区", "西宁市", 1, 2, 3, 4],
        ]
        sheet = counties(tmp_path, rows)
        assert list(sheet.letters)[2:] == [
            "上年甲资金",
            "上年乙资金",
            "提前下达甲资金",
            "提前下达乙资金",
        ]

    def test_of_a_total_and_its_part_below_one_header_both_get_a_name(self, tmp_path: Path) -> None:
        rows = [
            ["县区名称", "市州", "上年甲资金", None],
            [None, None, "小计", "其中：一次性"],
            ["城东区", "西宁市", 10, 4],
        ]
        sheet = counties(tmp_path, rows, merges=["A1:A2", "B1:B2", "C1:D1"])
        assert sheet.rows[0].values["上年甲资金"] == 10.0
        assert sheet.rows[0].values["上年甲资金其中一次性"] == 4.0

    def test_the_one_off_part_may_be_written_in_brackets(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [["县区名称", "市州", "上年甲资金（其中：一次性）"], ["城东区", "西宁市", 4]]
        )
        assert "上年甲资金其中一次性" in sheet.letters

    def test_text_numbers_under_a_lone_group_name_are_not_taken_for_a_second_header_line(
        self, tmp_path: Path
    ) -> None:
        sheet = counties(
            tmp_path, [["县区名称", "市州", "上年分配"], ["城东区", "西宁市", "12,345"]]
        )
        assert list(sheet.letters) == ["县区名称", "市州", "上年分配"]
        assert len(sheet.rows) == 1

    def test_aliases_give_the_standard_name_and_say_so(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [["代码", *HEADERS[1:]], *ROWS], aliases={"代码": "行政区划代码"}
        )
        assert sheet.rows[0].values["行政区划代码"] == "630102"
        assert codes(sheet) == ["W131"]

    def test_rename_goes_before_aliases_and_needs_no_remark(self, tmp_path: Path) -> None:
        headers = [*HEADERS[:4], "财力（万元）"]
        sheet = counties(
            tmp_path,
            [headers, *ROWS],
            aliases={"财力": "标准财政收入"},
            rename={"财力": "可用财力"},
        )
        assert "可用财力" in sheet.letters
        assert codes(sheet) == []

    def test_a_rename_of_a_column_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
        assert codes(read_workbook(path, {}, {"财力": "可用财力"})) == ["E126"]

    def test_unknown_columns_keep_their_own_cleaned_name(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS, "海拔 （米）"], [*ROWS[0], 2261]])
        assert sheet.rows[0].values["海拔"] == 2261.0

    def test_a_header_given_twice_is_an_error_and_the_first_counts(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS, "可用 财力"], [*ROWS[0], 7]])
        assert sheet.rows[0].values["可用财力"] == 192715.0
        [problem] = sheet.notes
        assert (problem.code, problem.cell) == ("E122", "F1")

    def test_a_sheet_without_headers_is_an_error(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["城东区", 1], ["城中区", 2]])
        assert codes(sheet) == ["E121"]
        assert sheet.rows == ()

    def test_a_column_without_header_is_left_out_with_a_remark(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS, None], [*ROWS[0], 5]])
        assert [(note.code, note.cell) for note in sheet.notes] == [("W132", "F2")]

    def test_column_numbering_and_repeated_headers_are_not_data(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [HEADERS, ["栏次", None, None, 1, 2], ROWS[0], HEADERS, *ROWS[1:]]
        )
        assert column(sheet, "县区名称") == ["城东区", "城中区", "门源回族自治县"]

    def test_two_sheets_of_one_name_are_an_error(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS], "县区 数据": [HEADERS]})
        assert codes(read_workbook(path, {})) == ["E120"]


class TestUnits:
    @pytest.mark.parametrize(
        ("said", "unit"),
        [
            ("单位：万元", "万元"),
            ("金额单位:亿元", "亿元"),
            ("单位：人民币元", "元"),
            ("单位：人、万元", "万元"),
            ("单位：万元（人均：元）", "万元"),
            ("（单位：万元）", "万元"),
            ("填报单位：某财政局　单位：万元", "万元"),
            ("填报单位：万元县财政局", None),
        ],
    )
    def test_the_unit_row_is_understood(self, tmp_path: Path, said: str, unit: str | None) -> None:
        sheet = counties(tmp_path, [["某表"], [said], HEADERS, *ROWS])
        assert (sheet.unit, codes(sheet)) == (unit, [])

    def test_a_title_that_carries_the_unit_stays_the_title(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["2026年基础数据表（单位：万元）"], HEADERS, *ROWS])
        assert (sheet.title, sheet.unit) == ("2026年基础数据表（单位：万元）", "万元")

    def test_units_that_disagree_within_a_sheet_are_an_error(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [["某表"], ["单位：万元"], [*HEADERS[:4], "可用财力（亿元）"], *ROWS]
        )
        assert codes(sheet) == ["E124"]
        assert "E3" in sheet.notes[0].message

    def test_units_that_disagree_between_sheets_are_an_error(self, tmp_path: Path) -> None:
        pools = [["单位：亿元"], ["资金", "本年总额"], ["甲资金", 3]]
        path = write(
            tmp_path / "a.xlsx", {"县区数据": [["单位：万元"], HEADERS, *ROWS], "资金总额": pools}
        )
        assert codes(read_workbook(path, {})) == ["E124"]

    def test_a_unit_that_would_need_conversion_is_an_error(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS[:3], "常住人口（万人）", "可用财力（千元）"], *ROWS])
        assert [(note.code, note.cell) for note in sheet.notes] == [("E125", "D1"), ("E125", "E1")]


class TestTotalsAndFooters:
    def test_totals_own_level_rows_blank_rows_and_footers_are_not_data(
        self, tmp_path: Path
    ) -> None:
        sheet = counties(tmp_path, WITH_TOTALS)
        assert column(sheet, "县区名称") == ["城东区", "城中区", "门源回族自治县"]
        assert [row.values["县区名称"] for row in sheet.totals] == [
            "合  计",
            "西宁市小计",
            "海北州小计",
            "州本级",
        ]

    def test_a_date_or_a_long_remark_below_the_table_is_not_data(self, tmp_path: Path) -> None:
        remark = "本表数据由各市州财政局填报，经省财政厅汇总审核，仅供内部测算使用。"
        assert len(counties(tmp_path, [HEADERS, *ROWS, [remark], ["2026年3月5日"]]).rows) == 3

    def test_totals_that_add_up_are_silent(self, tmp_path: Path) -> None:
        assert total_mismatches(counties(tmp_path, WITH_TOTALS), ["常住人口", "可用财力"]) == ()

    def test_a_total_may_count_the_own_level_row_in(self, tmp_path: Path) -> None:
        lines = [list(line) for line in WITH_TOTALS]
        lines[6][4], lines[2][4] = 60617, 379214.5
        assert total_mismatches(counties(tmp_path, lines), ["可用财力"]) == ()

    def test_a_total_that_does_not_add_up_is_told_with_cell_and_difference(
        self, tmp_path: Path
    ) -> None:
        lines = [list(line) for line in WITH_TOTALS]
        lines[3][4] = 318600
        [problem] = total_mismatches(counties(tmp_path, lines), ["常住人口", "可用财力"])
        assert (problem.code, problem.cell, problem.value) == ("W134", "E4", "318600.0")
        assert "318597.5" in problem.message
        assert "2.5" in problem.message

    def test_subtotals_below_their_rows_without_a_prefecture_name_are_checked_too(
        self, tmp_path: Path
    ) -> None:
        headers = ["县区名称", "可用财力"]
        lines = [
            headers,
            ["甲县", 1],
            ["乙县", 2],
            ["小 计", 3],
            ["丙县", 4],
            ["小　计", 5],
            ["总计", 7],
        ]
        [problem] = total_mismatches(counties(tmp_path, lines), ["可用财力"])
        assert problem.cell == "B6"

    def test_binary_noise_in_a_sum_is_no_mismatch(self, tmp_path: Path) -> None:
        lines = [["县区名称", "可用财力"], ["甲县", 0.1], ["乙县", 0.2], ["合计", 0.1 + 0.2]]
        assert total_mismatches(counties(tmp_path, lines), ["可用财力"]) == ()

    def test_a_total_whose_name_stands_in_the_code_column_is_found(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS, ["合计", None, None, 1, 2]], merges=["A5:B5"])
        assert len(sheet.totals) == 1
        assert codes(sheet) == []

    def test_a_row_named_like_the_prefecture_of_other_rows_is_its_total(
        self, tmp_path: Path
    ) -> None:
        sheet = counties(
            tmp_path, [HEADERS, ["630100", "西宁市", "西宁市", 815185, 318597.5], *ROWS]
        )
        assert len(sheet.rows) == 3
        assert codes(sheet) == ["W133"]
        assert total_mismatches(sheet, ["常住人口"]) == ()

    def test_a_prefectures_row_may_use_the_short_name_and_a_city_is_no_prefecture(
        self, tmp_path: Path
    ) -> None:
        lines = [
            HEADERS,
            [None, "玉树州", None, 3, 3],
            ["632701", "玉树市", "玉树藏族自治州", 1, 1],
            ["632722", "杂多县", "玉树藏族自治州", 2, 2],
        ]
        sheet = counties(tmp_path, lines)
        assert column(sheet, "县区名称") == ["玉树市", "杂多县"]
        assert total_mismatches(sheet, ["常住人口"]) == ()

    def test_a_city_that_is_its_own_prefecture_stays_data(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["460400", "儋州市", "儋州市", 1, 2], *ROWS])
        assert len(sheet.rows) == 4

    def test_a_row_without_a_name_stays_data_so_that_it_can_be_reported(
        self, tmp_path: Path
    ) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS, [None, None, "西宁市", 5, 6]])
        assert sheet.rows[3].values == {"市州": "西宁市", "常住人口": 5.0, "可用财力": 6.0}


class TestValues:
    def test_numbers_typed_as_text_are_read_and_told(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [HEADERS, ["630102", "城东区", "西宁市", "489，372", "12,34a.5"]]
        )
        assert sheet.rows[0].values["常住人口"] == 489372.0
        assert sheet.rows[0].values["可用财力"] == "12,34a.5"
        [note] = sheet.notes
        assert (note.code, note.cell, note.column, note.value) == (
            "W130",
            "D2",
            "常住人口",
            "489，372",
        )

    def test_an_amount_with_the_sheets_own_unit_is_read_and_with_another_is_not(
        self, tmp_path: Path
    ) -> None:
        row = ["630102", "城东区", "西宁市", 1, "5万元"]
        assert counties(tmp_path, [["单位：万元"], HEADERS, row]).rows[0].values["可用财力"] == 5.0
        assert (
            counties(tmp_path, [["单位：元"], HEADERS, row]).rows[0].values["可用财力"] == "5万元"
        )

    def test_codes_stored_as_numbers_become_text(self, tmp_path: Path) -> None:
        rows = [[630102, "城东区", "西宁市", 1, 2], [" ６３０１０３ ", "城中区", "西宁市", 1, 2]]
        sheet = counties(tmp_path, [HEADERS, *rows])
        assert column(sheet, "行政区划代码") == ["630102", "630103"]

    def test_names_keep_their_inner_blanks_and_lose_those_around(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [HEADERS, ["1", "\u3000玛 多 县\u200b ", "果洛藏族自治州", 1, 2]]
        )
        assert sheet.rows[0].values["县区名称"] == "玛 多 县"

    def test_dates_and_truth_values_in_number_cells_do_not_become_numbers(
        self, tmp_path: Path
    ) -> None:
        sheet = counties(
            tmp_path, [HEADERS, ["1", "甲县", "西宁市", datetime.date(2026, 1, 5), True]]
        )
        assert sheet.rows[0].values["常住人口"] == "2026-01-05"
        assert sheet.rows[0].values["可用财力"] is True

    def test_a_text_column_of_the_users_own_stays_text(self, tmp_path: Path) -> None:
        sheet = counties(
            tmp_path, [[*HEADERS, "片区", "档次"], [*ROWS[0], "东部", "1"], [*ROWS[1], "2", "2"]]
        )
        assert column(sheet, "片区") == ["东部", "2", None][:2]
        assert column(sheet, "档次") == [1.0, 2.0]

    def test_parameter_values_stay_as_typed(self, tmp_path: Path) -> None:
        rows = [
            ["规则", "资金", "参数", "取值", "启用", "刚性", "优先级"],
            ["上年保底", "均衡性", "降幅上限", "15%", "是", "硬", None],
            ["资金总额", None, "预留比例", 0.05, "是", "硬", "2"],
        ]
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS], "约束参数": rows})
        sheet = read_workbook(path, {}).sheets["约束参数"]
        assert column(sheet, "取值") == ["15%", 0.05]
        assert column(sheet, "优先级") == [None, 2.0]
        assert sheet.totals == ()

    def test_scenario_columns_keep_their_names_and_values(self, tmp_path: Path) -> None:
        rows = [
            ["规则", "资金", "参数", "对象", "基准方案", "方案 二"],
            ["生态稳定增长", None, "增长率", None, None, 0.06],
            ["目标", None, "顺序", None, None, "三保缺口最小>贴近因素法"],
        ]
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS], "方案": rows})
        sheet = read_workbook(path, {}).sheets["方案"]
        assert list(sheet.letters)[4:] == ["基准方案", "方案二"]
        assert column(sheet, "方案二") == [0.06, "三保缺口最小>贴近因素法"]

    def test_merged_data_cells_are_an_error(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["标题"], HEADERS, *ROWS], merges=["A1:E1", "C3:C4"])
        assert [(note.code, note.cell) for note in sheet.notes] == [("E123", "C3:C4")]

    def test_error_values_and_uncalculated_formulas_are_not_taken_for_empty_cells(
        self, tmp_path: Path
    ) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "县区数据"
        sheet.append(HEADERS)
        sheet.append(["630102", "=A1", "西宁市", "=1+1", "#N/A"])
        book.save(tmp_path / "a.xlsx")
        read = read_workbook(tmp_path / "a.xlsx", {}).sheets["县区数据"]
        assert read.rows[0].values["常住人口"] == "=1+1"
        assert read.rows[0].values["可用财力"] == "#N/A"
        assert [(note.code, note.cell) for note in read.notes] == [("E127", "B2")]
