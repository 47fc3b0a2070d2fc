from __future__ import annotations

import datetime
import hashlib
import subprocess
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from transfer_opt.errors import InputError
from transfer_opt.sheets import Budget, Sheet
from transfer_opt.workbook.reader import read_workbook, total_mismatches

HEADERS = ["行政区划代码", "县区名称", "市州", "常住人口", "可用财力"]
ROWS: list[list[Any]] = [
    ["630102", "城东区", "西宁市", 489372, 192715],
    ["630103", "城中区", "西宁市", 325813, 125882.5],
    ["632221", "门源回族自治县", "海北藏族自治州", 138335, 60117],
]


def write(
    path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], merges: Iterable[str] = (), offset: int = 0
) -> Path:
    """A workbook of plain rows; `merges` are ranges of the first sheet, `offset` shifts tables right and down."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows, offset):
            for column, cell in enumerate(cells, offset):
                if isinstance(cell, (datetime.date, datetime.datetime)):
                    sheet.write_datetime(row, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is not None:
                    sheet.write(row, column, cell)
    for merge in merges:
        book.worksheets()[0].merge_range(merge, None)
    book.close()
    if merges:
        _restore_merged_texts(path, sheets)
    return path


def _restore_merged_texts(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    # merge_range blanks its cells, so the first cell of each range is written again.
    book = openpyxl.load_workbook(path)
    sheet = book[next(iter(sheets))]
    rows = next(iter(sheets.values()))
    for merge in sheet.merged_cells.ranges:
        cells = rows[merge.min_row - 1]
        sheet.cell(merge.min_row, merge.min_col).value = cells[merge.min_col - 1]
    book.save(path)


def counties(path: Path, rows: Sequence[Sequence[Any]], **options: Any) -> Sheet:
    """「县区数据」 of a workbook that holds these rows."""
    aliases, rename = options.pop("aliases", {}), options.pop("rename", {})
    return read_workbook(write(path / "预算.xlsx", {"县区数据": rows}, **options), aliases, rename).sheets["县区数据"]


def codes(sheet: Sheet) -> list[str]:
    return [note.code for note in sheet.notes]


def column(sheet: Sheet, header: str) -> list[Any]:
    return [row.values.get(header) for row in sheet.rows]


def trouble(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_workbook(path, {})
    [problem] = caught.value.problems
    assert path.name in problem.message
    assert problem.remedy
    return problem.code


class TestTheOrdinaryTable:
    def test_a_plain_table_reads_into_rows_with_their_numbers(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS])
        assert [row.number for row in sheet.rows] == [2, 3, 4]
        assert sheet.rows[1].values == {
            "行政区划代码": "630103", "县区名称": "城中区", "市州": "西宁市",
            "常住人口": 325813.0, "可用财力": 125882.5,
        }
        assert sheet.cell(sheet.rows[2], "可用财力") == "E4"
        assert sheet.notes == ()

    def test_title_unit_and_label_may_stand_above(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [
            ["附件1"], ["2026年转移支付基础数据表"], ["示例数据", None, None, None, "单位：万元"], HEADERS, *ROWS,
        ])
        assert (sheet.title, sheet.unit, sheet.labels) == ("2026年转移支付基础数据表", "万元", ("示例数据",))
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

    def test_sheet_names_are_matched_without_blanks_and_others_are_left_alone(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {" 县区 数据": [HEADERS, *ROWS], "草稿": [["随便", "写写"]]})
        assert list(read_workbook(path, {}).sheets) == ["县区数据"]

    def test_the_budget_carries_path_and_digest_of_the_file(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
        budget = read_workbook(path, {})
        assert budget.path == str(path)
        assert budget.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


class TestHeaders:
    def test_units_blanks_and_full_width_letters_do_not_matter(self, tmp_path: Path) -> None:
        headers = ["行政区划\n代码", "县 区　名 称", "市\u200b州", "常住人口（人）", "可用财力(万元)"]
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
            [None, None, None, "均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付"],
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
        assert list(sheet.letters)[2:] == ["上年甲资金", "上年乙资金", "提前下达甲资金", "提前下达乙资金"]

    def test_of_a_total_and_its_part_below_one_header_both_get_a_name(self, tmp_path: Path) -> None:
        rows = [
            ["县区名称", "市州", "上年甲资金", None],
            [None, None, "小计", "其中：一次性"],
            ["城东区", "西宁市", 10, 4],
        ]
        sheet = counties(tmp_path, rows, merges=["A1:A2", "B1:B2", "C1:D1"])
        assert sheet.rows[0].values["上年甲资金"] == 10.0
        assert sheet.rows[0].values["上年甲资金其中一次性"] == 4.0

    def test_aliases_give_the_standard_name_and_say_so(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["代码", *HEADERS[1:]], *ROWS], aliases={"代码": "行政区划代码"})
        assert sheet.rows[0].values["行政区划代码"] == "630102"
        assert codes(sheet) == ["W131"]

    def test_rename_goes_before_aliases_and_needs_no_remark(self, tmp_path: Path) -> None:
        headers = [*HEADERS[:4], "财力（万元）"]
        sheet = counties(tmp_path, [headers, *ROWS], aliases={"财力": "标准财政收入"}, rename={"财力": "可用财力"})
        assert "可用财力" in sheet.letters
        assert codes(sheet) == []

    def test_a_rename_of_a_column_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        assert codes(counties(tmp_path, [HEADERS, *ROWS], rename={"财力": "可用财力"})) == ["E126"]

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
        sheet = counties(tmp_path, [HEADERS, ["栏次", None, None, 1, 2], ROWS[0], HEADERS, *ROWS[1:]])
        assert column(sheet, "县区名称") == ["城东区", "城中区", "门源回族自治县"]

    def test_two_sheets_of_one_name_are_an_error(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS], "县区 数据": [HEADERS]})
        assert codes(read_workbook(path, {}).sheets["县区数据"]) == ["E120"]


class TestUnits:
    @pytest.mark.parametrize(("said", "unit"), [
        ("单位：万元", "万元"), ("金额单位:亿元", "亿元"), ("单位：人民币元", "元"), ("单位：人、万元", "万元"),
        ("单位：万元（人均：元）", "万元"), ("（单位：万元）", "万元"), ("填报单位：某财政局　单位：万元", "万元"),
        ("填报单位：万元县财政局", None),
    ])
    def test_the_unit_row_is_understood(self, tmp_path: Path, said: str, unit: str | None) -> None:
        sheet = counties(tmp_path, [["某表"], [said], HEADERS, *ROWS])
        assert (sheet.unit, codes(sheet)) == (unit, [])

    def test_units_that_disagree_within_a_sheet_are_an_error(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [["某表"], ["单位：万元"], [*HEADERS[:4], "可用财力（亿元）"], *ROWS])
        assert codes(sheet) == ["E124"]
        assert "E3" in sheet.notes[0].message

    def test_units_that_disagree_between_sheets_are_an_error(self, tmp_path: Path) -> None:
        pools = [["单位：亿元"], ["资金", "本年总额"], ["甲资金", 3]]
        path = write(tmp_path / "a.xlsx", {"县区数据": [["单位：万元"], HEADERS, *ROWS], "资金总额": pools})
        assert codes(read_workbook(path, {}).sheets["资金总额"]) == ["E124"]

    def test_a_unit_that_would_need_conversion_is_an_error(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS[:3], "常住人口（万人）", "可用财力（千元）"], *ROWS])
        assert [(note.code, note.cell) for note in sheet.notes] == [("E125", "D1"), ("E125", "E1")]


class TestTotalsAndFooters:
    LINES: list[list[Any]] = [
        ["单位：万元"], HEADERS,
        [None, "合  计", None, 953520, 378714.5],
        [None, "西宁市小计", "西宁市", 815185, 318597.5],
        *ROWS[:2],
        [None, "海北州小计", None, 138335, 60117],
        [None, "州本级", "海北藏族自治州", None, 500],
        ROWS[2],
        [],
        ["注：空白表示没有数据。"], ["2. 第二条。"],
        ["制表：张三", None, "审核：李四"],
    ]

    def test_totals_own_level_rows_blank_rows_and_footers_are_not_data(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, self.LINES)
        assert column(sheet, "县区名称") == ["城东区", "城中区", "门源回族自治县"]
        assert [row.values["县区名称"] for row in sheet.totals] == ["合  计", "西宁市小计", "海北州小计", "州本级"]

    def test_totals_that_add_up_are_silent(self, tmp_path: Path) -> None:
        assert total_mismatches(counties(tmp_path, self.LINES), ["常住人口", "可用财力"]) == ()

    def test_a_total_may_count_the_own_level_row_in(self, tmp_path: Path) -> None:
        lines = [list(line) for line in self.LINES]
        lines[6][4], lines[2][4] = 60617, 379214.5
        assert total_mismatches(counties(tmp_path, lines), ["可用财力"]) == ()

    def test_a_total_that_does_not_add_up_is_told_with_cell_and_difference(self, tmp_path: Path) -> None:
        lines = [list(line) for line in self.LINES]
        lines[3][4] = 318600
        [problem] = total_mismatches(counties(tmp_path, lines), ["常住人口", "可用财力"])
        assert (problem.code, problem.cell, problem.value) == ("W134", "E4", "318600.0")
        assert "318597.5" in problem.message
        assert "2.5" in problem.message

    def test_subtotals_below_their_rows_without_a_prefecture_name_are_checked_too(self, tmp_path: Path) -> None:
        headers = ["县区名称", "可用财力"]
        lines = [headers, ["甲县", 1], ["乙县", 2], ["小 计", 3], ["丙县", 4], ["小　计", 5], ["总计", 7]]
        [problem] = total_mismatches(counties(tmp_path, lines), ["可用财力"])
        assert problem.cell == "B6"

    def test_binary_noise_in_a_sum_is_no_mismatch(self, tmp_path: Path) -> None:
        lines = [["县区名称", "可用财力"], ["甲县", 0.1], ["乙县", 0.2], ["合计", 0.1 + 0.2]]
        assert total_mismatches(counties(tmp_path, lines), ["可用财力"]) == ()

    def test_a_total_whose_name_stands_in_the_code_column_is_found(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS, ["合计", None, None, 1, 2]], merges=["A5:B5"])
        assert len(sheet.totals) == 1
        assert codes(sheet) == []

    def test_a_row_named_like_the_prefecture_of_other_rows_is_its_total(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["630100", "西宁市", "西宁市", 815185, 318597.5], *ROWS])
        assert len(sheet.rows) == 3
        assert codes(sheet) == ["W133"]
        assert total_mismatches(sheet, ["常住人口"]) == ()

    def test_a_city_that_is_its_own_prefecture_stays_data(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["460400", "儋州市", "儋州市", 1, 2], *ROWS])
        assert len(sheet.rows) == 4

    def test_a_row_without_a_name_stays_data_so_that_it_can_be_reported(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, *ROWS, [None, None, "西宁市", 5, 6]])
        assert sheet.rows[3].values == {"市州": "西宁市", "常住人口": 5.0, "可用财力": 6.0}

class TestValues:
    def test_numbers_typed_as_text_are_read_and_told(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["630102", "城东区", "西宁市", "489，372", "12,34a.5"]])
        assert sheet.rows[0].values["常住人口"] == 489372.0
        assert sheet.rows[0].values["可用财力"] == "12,34a.5"
        [note] = sheet.notes
        assert (note.code, note.cell, note.column, note.value) == ("W130", "D2", "常住人口", "489，372")

    def test_an_amount_with_the_sheets_own_unit_is_read_and_with_another_is_not(self, tmp_path: Path) -> None:
        row = ["630102", "城东区", "西宁市", 1, "5万元"]
        assert counties(tmp_path, [["单位：万元"], HEADERS, row]).rows[0].values["可用财力"] == 5.0
        assert counties(tmp_path, [["单位：元"], HEADERS, row]).rows[0].values["可用财力"] == "5万元"

    def test_codes_stored_as_numbers_become_text(self, tmp_path: Path) -> None:
        rows = [[630102, "城东区", "西宁市", 1, 2], [" ６３０１０３ ", "城中区", "西宁市", 1, 2]]
        sheet = counties(tmp_path, [HEADERS, *rows])
        assert column(sheet, "行政区划代码") == ["630102", "630103"]

    def test_names_keep_their_inner_blanks_and_lose_those_around(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["1", "\u3000玛 多 县\u200b ", "果洛藏族自治州", 1, 2]])
        assert sheet.rows[0].values["县区名称"] == "玛 多 县"

    def test_dates_and_truth_values_in_number_cells_do_not_become_numbers(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [HEADERS, ["1", "甲县", "西宁市", datetime.date(2026, 1, 5), True]])
        assert sheet.rows[0].values["常住人口"] == "2026-01-05"
        assert sheet.rows[0].values["可用财力"] is True

    def test_a_text_column_of_the_users_own_stays_text(self, tmp_path: Path) -> None:
        sheet = counties(tmp_path, [[*HEADERS, "片区", "档次"], [*ROWS[0], "东部", "1"], [*ROWS[1], "2", "2"]])
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

    def test_error_values_and_uncalculated_formulas_are_not_taken_for_empty_cells(self, tmp_path: Path) -> None:
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

class TestFiles:
    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        assert trouble(tmp_path / "没有.xlsx") == "E110"

    def test_a_folder_is_no_workbook(self, tmp_path: Path) -> None:
        assert trouble(tmp_path) == "E110"

    @pytest.mark.parametrize("content", [b"", b"<html><table></table></html>", b"a,b\n1,2\n", "县,数\n".encode("gbk"),
                                         b"<?xml version='1.0'?><Workbook/>"])
    def test_other_content_named_xls_is_told_apart(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "数据.xls"
        path.write_bytes(content)
        assert trouble(path) == "E111"

    def test_a_truncated_workbook_is_damaged(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
        path.write_bytes(path.read_bytes()[:3000])
        assert trouble(path) == "E113"

    def test_an_archive_that_is_no_workbook_is_damaged(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr("hello.txt", "hello")
        assert trouble(tmp_path / "a.xlsx") == "E113"

    def test_a_workbook_with_a_password_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
        assert trouble(path) == "E112"

    def test_a_huge_file_is_refused_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "a.xlsx"
        with path.open("wb") as stream:
            stream.truncate(60 * 2**20)
        assert trouble(path) == "E114"

    def test_the_extension_does_not_matter(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
        assert len(read_workbook(path.rename(tmp_path / "数据 表.et"), {}).sheets["县区数据"].rows) == 3

    def test_an_empty_county_sheet_is_told_and_empty_optional_sheets_are_absent(self, tmp_path: Path) -> None:
        budget = read_workbook(write(tmp_path / "a.xlsx", {"县区数据": [], "方案": [], "约束参数": []}), {})
        assert list(budget.sheets) == ["县区数据"]
        assert codes(budget.sheets["县区数据"]) == ["E121"]


def _converted(path: Path, kind: str) -> Budget:
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{path.parent}/profile", "--headless", "--convert-to", kind,
         "--outdir", str(path.parent), str(path)],
        check=True, capture_output=True, timeout=120,
    )
    return read_workbook(path.with_suffix(f".{kind}"), {})


@pytest.mark.skipif(not Path("/usr/bin/soffice").exists(), reason="needs LibreOffice to make the file")
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_other_formats_read_the_same(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": TestTotalsAndFooters.LINES})
    assert _converted(path, kind).sheets["县区数据"] == read_workbook(path, {}).sheets["县区数据"]
