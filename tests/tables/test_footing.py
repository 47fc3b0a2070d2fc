"""`audit` of any allocation table: what does not add up, and by exactly how much."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sheetmaker import write

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.tables.footing import foot_file

OFFICIAL: list[list[Any]] = [
    ["2020年重点生态功能区转移支付分配情况表"],
    [None] * 6 + ["单位：亿元"],
    ["地区", "总额", "已经下达", "此次下达", "上年", "增幅(%)", "占比(%)"],
    ["地方合计", 707.17, 692.17, 15, 700, 1.02, 100],
    ["甲州小计", 400.17, 392.17, 8, 395, 1.31, 56.59],
    ["州本级", 0.17, 0.17, None, None, None, 0.02],
    ["一县", 100, 98, 2, 95, 5.26, 14.14],
    ["二县", 300, 294, 6, 300, 0, 42.42],
    ["其中：三区三州", 40, 40, None, None, None, 5.66],
    ["乙州小计", 307, 300, 7, 305, 0.66, 43.41],
    ["三县", 307, 300, 7, 305, 0.66, 43.41],
    ["注：空白表示没有。"],
]


def found(path: Path, rows: list[list[Any]]) -> list[Problem]:
    return list(foot_file(write(path / "表.xlsx", {"附表": rows})).problems)


def edited(row: int, column: int, value: Any) -> list[list[Any]]:
    rows = deepcopy(OFFICIAL)
    rows[row - 1][column - 1] = value
    return rows


def test_an_official_table_adds_up(tmp_path: Path) -> None:
    assert found(tmp_path, OFFICIAL) == []


def test_a_wrong_subtotal_is_told_by_its_amount(tmp_path: Path) -> None:
    told = {problem.cell: problem.message for problem in found(tmp_path, edited(5, 3, 392.27))}
    assert told["C5"].startswith("所含 3 行相加为 392.17，相差 0.1；不是四舍五入能造成的")


def test_seven_hundredths_in_eight_billions_are_seven_hundredths(tmp_path: Path) -> None:
    rows = [
        ["名称", "金额"],
        ["一县", 5_000_000_000.11],
        ["二县", 3_000_000_000.22],
        ["合计", 8_000_000_000.40],
    ]
    (problem,) = found(tmp_path, rows)
    assert (problem.cell, problem.value) == ("B4", "8,000,000,000.4")
    assert problem.message.startswith(
        "所含 2 行相加为 8,000,000,000.33，相差 0.07；不是四舍五入能造成的"
    )


def test_what_rounding_may_have_done_is_a_difference_all_the_same(tmp_path: Path) -> None:
    (problem,) = found(
        tmp_path, [["名称", "金额"], ["一县", 33.3], ["二县", 33.3], ["三县", 33.3], ["合计", 100]]
    )
    assert (
        problem.message
        == "所含 3 行相加为 99.9，相差 0.1；像是四舍五入的尾差（3 个数各自四舍五入最多相差 0.15）。"
    )


def test_a_sum_formed_in_binary_is_no_difference(tmp_path: Path) -> None:
    assert (
        found(
            tmp_path,
            [["名称", "金额"], *([f"{at}县", 0.1] for at in range(10)), ["合计", sum([0.1] * 10)]],
        )
        == []
    )


def test_shares_growth_and_per_head_figures_may_be_rounded_but_not_wrong(tmp_path: Path) -> None:
    assert [problem.cell for problem in found(tmp_path, edited(8, 7, 42.5))] == ["G8"]
    assert [problem.cell for problem in found(tmp_path, edited(11, 6, 0.56))] == ["F11"]
    rows = [
        ["单位：万元"],
        ["名称", "常住人口", "金额", "人均(元)"],
        ["一县", 3, 1, 3333.33],
        ["二县", 7, 2, 2857.14],
        ["三县", 9, 3, 3333.35],
    ]
    (problem,) = found(tmp_path, rows)
    assert (problem.cell, problem.message[:33]) == (
        "D5",
        "按「金额」÷「常住人口」应为 3,333.333333，相差 0.",
    )


def test_a_prefectures_own_line_counts_as_its_subtotal(tmp_path: Path) -> None:
    rows = [
        ["名称", "甲", "乙"],
        ["合计", 100, 50],
        ["西宁市", 60, 30],
        ["城东区", 20, 10],
        ["城西区", 40, 20],
        ["海西蒙古族藏族自治州", 40, 20],
        ["格尔木市", 30, 15],
        ["德令哈市", 10, 5],
    ]
    assert found(tmp_path, rows) == []
    rows[2][2] = 31
    assert [problem.cell for problem in found(tmp_path, rows)] == ["C3"]


def test_a_formula_that_shows_another_value_is_told(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "表.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("表")
    for row, cells in enumerate([["名称", "金额"], ["一县", 1.5], ["二县", 2.25], ["合计", None]]):
        sheet.write_row(row, 0, cells)
    sheet.write_formula("B4", "=SUM(B2:B3)", None, 4)
    book.close()
    assert {(problem.code, problem.cell) for problem in foot_file(path).problems} == {
        ("A620", "B4"),
        ("A622", "B4"),
    }
    openpyxl.load_workbook(path).save(path)  # the value is gone, and is worked out
    assert foot_file(path).problems == ()


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="无从核对"):
        foot_file(write(tmp_path / "表.xlsx", {"表": [["名称", "金额"], ["一县", 1], ["二县", 2]]}))


@pytest.mark.parametrize("seed", range(12))
def test_every_changed_amount_of_a_table_with_subtotals_is_found(tmp_path: Path, seed: int) -> None:
    generator = random.Random(seed)
    rows = deepcopy(OFFICIAL)
    row, column = generator.choice([4, 5, 6, 7, 8, 10, 11]), generator.choice([2, 3])
    rows[row - 1][column - 1] = round(
        rows[row - 1][column - 1] + generator.choice([0.01, -0.01, 1, 100.5]), 2
    )
    assert found(tmp_path, rows) != []
