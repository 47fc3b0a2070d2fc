"""「区划调整」: what is read of it, what is refused with its cell, and what it makes of last year's amounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import GUARANTEE
from cases import SPEC
from successions import HEADER, LAST, ONCE, OWN, ROWS, UNITS, merged

from transfer_opt.core.errors import Problem
from transfer_opt.intake.blank import blank_layout
from transfer_opt.intake.prepare import check, prepare
from transfer_opt.workbook.output.template import write_template


def last_year(budget: Path, column: str = LAST) -> dict[str, float]:
    """What each county is taken to have been paid last year."""
    units = prepare(budget).settings.recipients
    return dict(zip(units.code.tolist(), units.number(column).tolist(), strict=True))


def changed(at: int, **cells: Any) -> list[tuple[Any, ...]]:
    """The rows, one of them (from 0) with some cells written otherwise."""
    rows = [list(row) for row in ROWS]
    for name, value in cells.items():
        rows[at][HEADER.index(name)] = value
    return [tuple(row) for row in rows]


def told(budget: Path) -> list[tuple[str, str, str]]:
    """Code, sheet and cell of what is said of last year's amounts and former units."""
    return [(problem.code, problem.sheet, problem.cell) for problem in said(budget)]


def said(budget: Path) -> list[Problem]:
    return [p for p in check(budget) if p.code in CODES]


CODES = ("E421", "E422", "E423", "E424", "E425", "E426", "E427", "E428", "W346", "W355", "W421")


def test_last_year_follows_to_the_new_codes(tmp_path: Path) -> None:
    """己县 1000.01 + 2000; of 丙县's 3000.000001 two fifths are 1200.0000004, three 1800.0000006."""
    budget = merged(tmp_path / "b.xlsx")
    assert told(budget) == []
    assert last_year(budget) == {"990111": 3000.01, "990112": 1200, "990104": 2300.000001}


def test_a_unit_that_is_still_there_keeps_its_part_and_says_its_amount_itself(
    tmp_path: Path,
) -> None:
    rows = [
        ("990104", "丁县", "990104", "丁县", "70%", "2026-01-01", None, "示例"),
        ("990104", "丁县", "990112", "戊县", "30%", "2026-01-01", None, "示例"),
    ]
    budget = merged(tmp_path / "b.xlsx", rows, own=(100, 5, 500))
    assert told(budget) == []
    assert last_year(budget) == {"990111": 100, "990112": 155, "990104": 350}


def test_another_code_is_a_merger_of_one(tmp_path: Path) -> None:
    budget = merged(tmp_path / "b.xlsx", [ROWS[0]])
    assert last_year(budget)["990111"] == 1000.01


def test_chains_follow_their_days(tmp_path: Path) -> None:
    rows = [
        ("990102", "乙县", "990111", "己县", 1, "2026年1月1日", 30, None),
        ("990101", "甲县", "990102", "乙县", 1, "2025-07-01", 20, None),
    ]
    assert last_year(merged(tmp_path / "b.xlsx", rows))["990111"] == 50


def test_what_is_older_than_last_year_moves_nothing_and_says_so(tmp_path: Path) -> None:
    old = merged(tmp_path / "b.xlsx", changed(0, 日期="2025-01-01"))
    assert told(old) == [("W421", "区划调整", "F3")]
    assert last_year(old)["990111"] == 2000
    assert told(merged(tmp_path / "c.xlsx", changed(0, 日期="2025-01-02"))) == []


def test_once_only_and_advance_payments_follow_too(tmp_path: Path) -> None:
    advance = f"提前下达{GUARANTEE}"
    header = [*HEADER, ONCE, advance]
    rows = [(*row, *(more if more else (None, None))) for row, more in zip(ROWS, ((1, 10), None, (2, None), None), strict=True)]  # fmt: skip
    further = [(ONCE, (None, None, 7)), (advance, (None, 3, None))]
    budget = merged(tmp_path / "b.xlsx", rows, header, further=further)
    assert told(budget) == []
    once, paid = last_year(budget, ONCE), last_year(budget, advance)
    assert (once["990111"], once["990112"], once["990104"]) == (1, 0.8, 8.2)
    assert (paid["990111"], paid["990112"]) == (10, 3)
    assert paid["990104"] != paid["990104"]  # nothing was given, nothing came


SHEET = "区划调整"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"新代码": None}, ("E421", SHEET, "C3")),
        ({"新代码": "990119"}, ("E421", SHEET, "C3")),
        ({"比例": None}, ("E422", SHEET, "E3")),
        ({"比例": 0}, ("E422", SHEET, "E3")),
        ({"比例": 40}, ("E422", SHEET, "E3")),
        ({"比例": 0.9}, ("E422", SHEET, "E3")),
        ({"日期": None}, ("E423", SHEET, "F3")),
        ({"日期": "开年"}, ("E423", SHEET, "F3")),
        ({"日期": "2027-01-01"}, ("E423", SHEET, "F3")),
        ({LAST: None}, ("E426", SHEET, "G3")),
        ({LAST: "很多"}, ("E426", SHEET, "G3")),
        ({LAST: -1}, ("E426", SHEET, "G3")),
        ({LAST: 1000.0100001}, ("E426", SHEET, "G3")),
        ({"新名称": "戊县"}, ("E427", SHEET, "D3")),
    ],
)
def test_what_is_wrong_is_told_with_its_cell(
    tmp_path: Path, cells: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(merged(tmp_path / "b.xlsx", changed(0, **cells))) == [expected]


@pytest.mark.parametrize(
    ("rows", "own", "expected"),
    [
        # a part is missing: 40 % of 丙县 and nothing else
        (ROWS[:3], OWN, [("E422", SHEET, "E5")]),
        # the same row twice
        ([*ROWS[:2], *ROWS[2:3] * 2], OWN, [("E424", SHEET, "C6"), ("E422", SHEET, "E5")]),
        # 丁县 passed on whole and is still there
        ([("990104", None, "990112", None, 1, "2026-01-01", None, None)], OWN, [("E425", SHEET, "A3")]),
        # an amount on the second row of a former unit, and one of a unit that 「县区数据」 has
        (changed(3, **{LAST: 5}), OWN, [("E426", SHEET, "G6")]),
        (
            [
                ("990104", None, "990104", None, 0.5, "2026-01-01", 500, None),
                ("990104", None, "990112", None, 0.5, "2026-01-01", None, None),
            ],
            OWN,
            [("E426", SHEET, "G3")],
        ),
        # a blank is not 0: 己县 must say that it was paid nothing
        (ROWS, (None, 0, 500), [("E426", "县区数据", "K4")]),
        # 己县 has 3000.01 already: somebody merged by hand
        (ROWS, (3000.01, 0, 500), [("E428", "县区数据", "K4")]),
        # two names of one former unit
        (changed(3, 原名称="丙区"), OWN, [("E427", SHEET, "B6")]),
    ],
)  # fmt: skip
def test_rows_that_contradict_each_other_are_told(
    tmp_path: Path,
    rows: list[tuple[Any, ...]],
    own: tuple[Any, ...],
    expected: list[tuple[str, str, str]],
) -> None:
    assert sorted(told(merged(tmp_path / "b.xlsx", rows, own=own))) == sorted(expected)


def test_without_a_year_nobody_knows_which_amounts_are_last_years(tmp_path: Path) -> None:
    budget = merged(tmp_path / "b.xlsx", year=None)
    assert {problem.code for problem in said(budget)} == {"E423"}


def test_without_codes_nothing_can_follow(tmp_path: Path) -> None:
    budget = merged(tmp_path / "b.xlsx", units=[(None, name) for _, name in UNITS])  # type: ignore[misc]
    assert [problem.code for problem in said(budget)] == ["E421"]


def test_a_column_that_one_of_the_two_sheets_lacks_is_told(tmp_path: Path) -> None:
    more = merged(tmp_path / "b.xlsx", [(*row, None) for row in ROWS], [*HEADER, ONCE])
    assert told(more) == [("E426", SHEET, "I2")]
    less = merged(tmp_path / "c.xlsx", further=[(ONCE, (None, None, 7))])
    assert told(less) == [("E426", SHEET, "")]


def test_more_paid_once_than_in_all_is_told(tmp_path: Path) -> None:
    rows = [(*row, 1001 if at == 0 else None) for at, row in enumerate(ROWS)]
    budget = merged(tmp_path / "b.xlsx", rows, [*HEADER, ONCE], further=[(ONCE, (None,) * 3)])
    assert told(budget) == [("E426", SHEET, "I3")]


def test_an_empty_sheet_says_nothing(tmp_path: Path) -> None:
    budget = merged(tmp_path / "b.xlsx", [(None,) * len(HEADER)])
    assert told(budget) == []
    assert last_year(budget) == {"990111": 0, "990112": 0, "990104": 500}


def test_the_sum_held_against_last_years_pool_is_that_after_the_moves(tmp_path: Path) -> None:
    """500 in 「县区数据」 and 6,000.010001 of former units."""
    rows = [["资金", "本年总额", "上年总额"], [GUARANTEE, 7000, 6500.010001]]
    assert told(merged(tmp_path / "b.xlsx", pools=rows)) == []
    rows[1][2] = 500
    (problem,) = said(merged(tmp_path / "c.xlsx", pools=rows))
    assert (problem.code, problem.cell) == ("W346", "C3")
    assert "各县之和（按「区划调整」划转后） 6,500.010001 不一致" in problem.message


def test_the_template_has_the_sheet_with_a_column_for_every_fund(tmp_path: Path) -> None:
    template = tmp_path / "t.xlsx"
    write_template(template, blank_layout(SPEC, 2026))
    found = openpyxl.load_workbook(template)[SHEET]
    headers = [cell.value for cell in found[3]]
    lasts = [f"上年{fund.name}" for fund in SPEC.funds]
    assert headers == ["原代码", "原名称", "新代码", "新名称", "比例", "日期", *lasts, "依据"]
    assert told(template) == []


def test_a_total_below_is_no_row_and_is_held_against_the_rows(tmp_path: Path) -> None:
    for kind, whole, due in (("合计", 6000.010001, []), ("合  计", 6001, ["W134"])):
        rows = [*ROWS, (kind, None, None, None, None, None, whole, None)]
        budget = merged(tmp_path / "b.xlsx", rows)
        assert told(budget) == []
        assert [p.code for p in check(budget) if p.sheet == SHEET] == due


def test_own_money_is_questioned_beside_last_year_as_it_is_after_the_moves(tmp_path: Path) -> None:
    """1,000 of revenue and what came: 4,000.01, 2,200 and 3,300.000001 are more than 2,100; what was typed is not."""
    budget = merged(tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(budget)
    sheet = book["县区数据"]
    for row in range(4, 7):
        sheet.cell(row, 5).value, sheet.cell(row, 7).value = 1000, 2100
    book.save(budget)
    assert "W342" not in [problem.code for problem in check(budget)]
