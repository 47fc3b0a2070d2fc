"""「年度展望」 and the long table under it: which row speaks for which county, and every way to fill it in wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from books import plain_tables, write_tables
from cases import NAMES, SPEC, make_case

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.vocabulary import COUNTIES, OUTLOOK
from transfer_opt.intake.outlook import Outlook, read_outlook
from transfer_opt.intake.prepare import check, prepare
from transfer_opt.intake.template import write_start
from transfer_opt.workbook.input.reader import read_workbook

UNITS = make_case().recipients  # 甲县 and 乙县 in 东州, 丙县 in 西州
HEADERS = ("项目", "资金", "对象", "方式", "2027年", "2028年", "依据")


def sheet(*rows: tuple[Any, ...], headers: tuple[str, ...] = HEADERS) -> Sheet:
    letters = {header: "ABCDEFGHIJ"[place] for place, header in enumerate(headers)}
    given = [
        {name: cell for name, cell in zip(headers, row, strict=False) if cell is not None}
        for row in rows
    ]
    made = tuple(SheetRow(number, values) for number, values in enumerate(given, start=4))
    return Sheet(OUTLOOK, "", "万元", letters, made, header_row=3)


def read(*rows: tuple[Any, ...], headers: tuple[str, ...] = HEADERS) -> tuple[Outlook, list[Any]]:
    outlook, problems = read_outlook(SPEC, sheet(*rows, headers=headers), UNITS, 2026)
    return outlook, [(problem.code, problem.cell) for problem in problems]


def test_a_county_beats_its_prefecture_which_beats_the_province() -> None:
    outlook, problems = read(
        ("可用财力", None, "乙县", "金额", 250, -5),
        ("可用财力", None, None, "增幅", 0.02, "3%"),
        ("可用财力", None, "东州", "增幅", 0, 0.01),
    )
    assert problems == []
    values, growth = outlook.of("可用财力", "", 2028)
    assert values.tolist() == [0.01, -5, 0.03]
    assert growth.tolist() == [True, False, True]
    assert outlook.of("可用财力", "", 2027)[0].tolist() == [0, 250, 0.02]
    assert outlook.years == (2027, 2028)


def test_a_named_fund_beats_all_of_them_and_silence_is_not_zero() -> None:
    outlook, problems = read(
        ("本年总额", "生态", None, "金额", 500, 600), ("本年总额", None, None, "增幅", 0.03, 0)
    )
    assert problems == []
    zone, other = SPEC.funds[2].name, SPEC.funds[0].name
    assert [outlook.pool(zone, year) for year in outlook.years] == [(500, False), (600, False)]
    assert [outlook.pool(other, year) for year in outlook.years] == [(0.03, True), (0, True)]
    assert np.isnan(outlook.of("常住人口", "", 2027)[0]).all()


def test_nothing_filled_in_is_no_outlook() -> None:
    outlook, problems = read(
        ("可用财力", None, None, "增幅", None, None), ("常住人口", None, None, "增幅", None, None)
    )
    assert problems == []
    assert np.isnan(outlook.of("可用财力", "", 2027)[0]).all()


SOUND = ("保工资需求", None, None, "增幅", 0.03, 0.03)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("可用财力", None, None, "增幅", 0.02, None), ("E364", "F5")),
        (("可用财力", None, None, "增幅", None, " "), ("E364", "E5")),
        (("可用才力", None, None, "增幅", 0.02, 0.02), ("E361", "A5")),
        ((None, None, None, "增幅", 0.02, 0.02), ("E361", "A5")),
        (("本年总额", "生太", None, "增幅", 0.02, 0.02), ("E202", "B5")),
        (("可用财力", None, "丁县", "增幅", 0.02, 0.02), ("E204", "C5")),
        (("可用财力", None, None, "比例", 0.02, 0.02), ("E362", "D5")),
        (("可用财力", None, None, None, 0.02, 0.02), ("E362", "D5")),
        (("可用财力", "生态", None, "增幅", 0.02, 0.02), ("E363", "B5")),
        (("本年总额", "生态", "甲县", "增幅", 0.02, 0.02), ("E363", "C5")),
        (("本年总额", None, None, "金额", 100, 100), ("E363", "B5")),
        (("可用财力", None, "东州", "金额", 100, 100), ("E363", "C5")),
        (("可用财力", None, None, "增幅", 15, 0.02), ("E210", "E5")),
        (("可用财力", None, None, "增幅", 5, 0.02), ("E210", "E5")),
        (("可用财力", None, None, "增幅", -1.5, 0.02), ("E210", "E5")),
        (("可用财力", None, None, "增幅", "三成", 0.02), ("E209", "E5")),
        (("常住人口", None, "甲县", "金额", 0, 10), ("E210", "E5")),
        (("保工资需求", None, "甲县", "金额", -1, 10), ("E210", "E5")),
        (("保工资需求", None, "全省", "增幅", 0.01, 0.01), ("E205", "A5")),
        (("保工资需求", None, "630001", "增幅", 0.01, 0.01), None),
    ],
)
def test_a_wrong_row_is_told_with_its_cell(row: tuple[Any, ...], told: Any) -> None:
    _, problems = read(SOUND, row)
    assert problems[:1] == ([] if told is None else [told])


def test_a_blank_says_what_to_do() -> None:
    _, problems = read_outlook(SPEC, sheet(("可用财力", None, None, "增幅", 0.02, None)), UNITS)
    assert str(problems[0]) == (
        "[E364] 工作表「年度展望」单元格 F4（2028年）：未填写。处理办法：填金额或增幅，确实不变写 0。"
    )


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (("2027", "2028年(预计)"), []),
        (("2028年", "2029年"), [("E368", "E3")]),
        (("2027年", "2029年"), [("E368", "F3")]),
        (("2028年", "2027年"), [("E368", "E3")]),
        (("2027年", "2027"), [("E366", "F3")]),
        (("2027年", "备注"), [("E365", "F3")]),
        ((), [("E367", "")]),
    ],
)
def test_years_follow_one_another(years: tuple[str, ...], told: list[Any]) -> None:
    headers = (*HEADERS[:4], *years)
    rows = [("可用财力", None, None, "增幅", *[0.01] * len(years))]
    _, problems = read(*rows, headers=headers)
    assert problems == told


@pytest.mark.parametrize("typed", ["2027年", 2027, 2027.0, "2027"])
def test_a_year_may_be_typed_as_number_or_text(tmp_path: Path, typed: Any) -> None:
    tables = plain_tables()
    tables[OUTLOOK] = [["项目", "方式", typed], ["可用财力", "增幅", "2%"]]
    budget = read_workbook(write_tables(tmp_path / "预算.xlsx", tables), {})
    units = make_case(names=NAMES).recipients
    outlook, problems = read_outlook(SPEC, budget.sheets[OUTLOOK], units)
    assert (outlook.years, problems) == ((2027,), ())
    assert outlook.of("可用财力", "", 2027)[0].tolist() == [0.02] * 3


def test_check_tells_what_is_wrong_with_the_outlook(tmp_path: Path) -> None:
    tables = plain_tables(also={OUTLOOK: "项目"})
    header = tables[OUTLOOK][0]
    tables[OUTLOOK][1][header.index("2028年")] = None
    told = [p for p in check(write_tables(tmp_path / "预算.xlsx", tables)) if not p.is_warning]
    assert [(p.code, p.sheet, p.cell) for p in told] == [("E364", OUTLOOK, "F3")]


def test_the_template_has_an_outlook_that_may_stay_empty(tmp_path: Path) -> None:
    write_start(tmp_path / "模板.xlsx", example=False)
    budget = read_workbook(tmp_path / "模板.xlsx", {})
    assert len(budget.sheets[OUTLOOK].rows) == 10
    told = check(tmp_path / "模板.xlsx")
    assert {problem.sheet for problem in told if not problem.is_warning} <= {COUNTIES, "资金总额"}


def test_the_example_looks_four_years_ahead() -> None:
    prepared = prepare(Path(__file__).parents[2] / "inputs" / "qinghai.xlsx")
    outlook, problems = read_outlook(
        prepared.spec,
        prepared.budget.sheets[OUTLOOK],
        prepared.settings.recipients,
        prepared.budget.year,
    )
    assert problems == ()
    assert outlook.years == (2027, 2028, 2029, 2030)
    own = dict(
        zip(prepared.settings.recipients.name, outlook.of("可用财力", "", 2030)[0], strict=True)
    )
    assert [own[name] for name in ("城东区", "玉树市", "格尔木市")] == [0.02, 0.01, 0.03]
