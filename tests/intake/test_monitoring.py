"""「预警阈值」 and 「历年指标」: what they mean, and every way to fill them in wrongly, at its cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gmpy2 import mpq
from monitoring import CUTS, GUARANTEE_CUTS, HEADERS, HISTORY_HEADERS

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.vocabulary import INDICATORS, THRESHOLDS
from transfer_opt.intake.monitoring import read_indicators, read_thresholds, unmeasured, unused
from transfer_opt.intake.prepare import check, read_budget
from transfer_opt.intake.template import write_start
from transfer_opt.policy.warning_levels import ORANGE, Ratio, Threshold

Cells = tuple[Any, ...]


def sheet(name: str, headers: tuple[str, ...], *rows: Cells) -> Sheet:
    letters = {header: "ABCDEFGHIJK"[place] for place, header in enumerate(headers)}
    made = tuple(
        SheetRow(
            number, {h: cell for h, cell in zip(headers, row, strict=False) if cell is not None}
        )
        for number, row in enumerate(rows, start=4)
    )
    return Sheet(name, "", "万元", letters, made, header_row=3)


def cuts(*rows: Cells) -> tuple[tuple[Threshold, ...], list[tuple[str, str]]]:
    found, problems = read_thresholds(sheet(THRESHOLDS, HEADERS, *rows))
    assert all(problem.remedy for problem in problems)
    return found, [(problem.code, problem.cell) for problem in problems]


def history(*rows: Cells) -> tuple[list[Any], list[tuple[str, str]]]:
    thresholds, _ = cuts(*CUTS)
    found, problems = read_indicators(sheet(INDICATORS, HISTORY_HEADERS, *rows), thresholds)
    assert all(problem.remedy for problem in problems)
    return list(found), [(problem.code, problem.cell) for problem in problems]


def test_what_a_sound_sheet_sets() -> None:
    found, problems = cuts(*CUTS, ("自有财力占支出", "越大越好"), ())
    assert problems == []
    assert [each.indicator for each in found] == [
        "三保保障倍数",
        "变异系数",
        "达标率",
        "生态变好县数",
    ]
    assert found[0].cuts[ORANGE] == mpq(103, 100)
    assert found[0].margin == mpq(2, 100)
    assert found[1].goalposts == (mpq(1, 5), mpq(1, 20))
    assert [each.weight for each in found] == [0, mpq(2, 5), mpq(3, 10), mpq(3, 10)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((None, "越大越好", 1, 2, 3, 0), ("E391", "A5")),
        (GUARANTEE_CUTS, ("E391", "A5")),
        (("甲", None, 1, 2, 3, 0), ("E392", "B5")),
        (("甲", "越多越好", 1, 2, 3, 0), ("E392", "B5")),
        (("甲", "越大越好", 1.03, 1.00, 1.05, 0), ("E393", "C5")),
        (("甲", "越大越好", 1, None, 1, 0), ("E393", "C5")),
        (("甲", "越小越好", 1, 2, None, 0), ("E393", "C5")),
        (("甲", "越大越好", "一", 2, 3, 0), ("E393", "C5")),
        (("变异系数", "越小越好", 0.3, 0.2, 0.1, 0), ("E393", "C5")),
        (("甲", "越大越好", 1, 2, 3), ("E394", "F5")),
        (("甲", "越大越好", 1, 2, 3, -1), ("E394", "F5")),
        (("甲", "越大越好", 1, 2, 3, "少"), ("E394", "F5")),
        (("甲", "越大越好", None, None, None, None, 1, None, "子", 1), ("E395", "H5")),
        (("甲", "越大越好", None, None, None, None, None, 1, "子", 1), ("E395", "G5")),
        (("甲", "越大越好", None, None, None, None, 2, 1, "子", 1), ("E395", "H5")),
        (("甲", "越小越好", None, None, None, None, 1, 1, "子", 1), ("E395", "H5")),
        (("甲", "越大越好", None, None, None, None, 1, 2), ("E396", "I5")),
        (("甲", "越大越好", None, None, None, None, 1, 2, "子"), ("E396", "")),
        (("甲", "越大越好", None, None, None, None, 1, 2, "子", 0.5), ("E396", "")),
        (("甲", "越大越好", None, None, None, None, 1, 2, "子", 40), ("E396", "J5")),
        (("甲", "越大越好", 1, 2, 3, 0, None, None, None, 1), ("E396", "I5")),
    ],
)
def test_a_row_that_means_nothing_is_told_at_its_cell(row: Cells, told: tuple[str, str]) -> None:
    assert cuts(GUARANTEE_CUTS, row)[1] == [told]


def test_a_field_says_one_weight() -> None:
    posts = ("越大越好", None, None, None, None, 1, 2, "子")
    assert cuts(("甲", *posts, 0.6), ("乙", *posts, 0.4))[1] == [("E396", "J5")]
    found, problems = cuts(("甲", *posts, 1), ("乙", *posts))
    assert problems == []
    assert [each.weight for each in found] == [1, 1]


def test_the_order_of_cuts_is_told_with_both_of_them() -> None:
    _, problems = read_thresholds(
        sheet(THRESHOLDS, HEADERS, ("三保保障倍数", "越大越好", 1.03, 1.00, 1.05, 0.02))
    )
    assert problems[0].message == "三保保障倍数：红 1.03 不小于橙 1。"


def test_a_year_of_a_county_is_a_row_and_empty_is_not_known() -> None:
    found, problems = history(("甲县", "2025年", 1000, 1.02), ("全省", 2025, None, None, 0.1))
    assert problems == []
    assert (found[0].year, found[0].name) == (2025, "甲县")
    assert found[0].values["三保保障倍数"] == Ratio(mpq(1020), mpq(1000), mpq(1))
    assert found[0].values["变异系数"] is None
    assert found[1].values["变异系数"] == Ratio(mpq(1, 10))


def test_sums_are_no_counties() -> None:
    rows = (
        ("西宁市小计", 2025, 1000, 1),
        ("合 计", 2025, 1000, 1),
        ("全 省", 2025),
        ("甲县", 2025),
    )
    assert [record.name for record in history(*rows)[0]] == ["全省", "甲县"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("甲县", None, 1000, 1.02), ("E397", "B5")),
        (("甲县", "去年", 1000, 1.02), ("E397", "B5")),
        (("甲县", 20255, 1000, 1.02), ("E397", "B5")),
        ((None, 2025, 1000, 1.02), ("E397", "A5")),
        (("乙县", 2025, 1000, 1.02), ("E397", "A5")),
        (("甲县", 2025, 1000, "约1"), ("E398", "D5")),
        (("甲县", 2025, 0, 1.02), ("E398", "C5")),
        (("甲县", 2025, "多", 1.02), ("E398", "C5")),
    ],
)
def test_a_row_of_years_that_means_nothing_is_told_at_its_cell(
    row: Cells, told: tuple[str, str]
) -> None:
    assert history(("乙县", 2025, 900, 1), row)[1] == [told]


def test_indicators_that_nobody_measures_and_columns_that_nobody_asks_for() -> None:
    rows = (GUARANTEE_CUTS, ("三保倍数", "越大越好", 1, 2, 3, 0))
    thresholds, _ = cuts(*rows)
    told = list(unmeasured(sheet(THRESHOLDS, HEADERS, *rows), thresholds, {"年份"}))
    assert [(problem.code, problem.cell) for problem in told] == [("W391", "A5")]
    assert told[0].remedy.startswith("是否为「三保保障倍数」？")
    assert list(unmeasured(sheet(THRESHOLDS, HEADERS, *rows), thresholds, {"三保倍数"})) == []
    measured = sheet(INDICATORS, HISTORY_HEADERS, ("甲县", 2025, 1000, 1.02))
    assert [problem.cell for problem in unused(measured, thresholds)] == ["E3", "F3", "G3"]
    assert list(unused(measured, cuts(*CUTS)[0])) == []


def test_the_empty_template_sets_nothing_and_the_example_sets_all_it_names(tmp_path: Path) -> None:
    write_start(tmp_path / "模板.xlsx", example=False)
    blank = read_budget(tmp_path / "模板.xlsx").budget.sheets
    assert read_thresholds(blank[THRESHOLDS]) == ((), ())
    assert INDICATORS not in blank or read_indicators(blank[INDICATORS], ()) == ((), ())
    assert not [
        each for each in check(tmp_path / "模板.xlsx") if each.sheet in (THRESHOLDS, INDICATORS)
    ]
    write_start(tmp_path / "示例.xlsx", example=True)
    found, problems = read_thresholds(read_budget(tmp_path / "示例.xlsx").budget.sheets[THRESHOLDS])
    assert problems == ()
    assert sum({each.field: each.weight for each in found if each.field}.values()) == 1
    assert all(each.basis for each in found)
