"""「共担事项」 and 「受益人数」 by the front door: what a county pays becomes its need, and every way to fill them in wrongly."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from books import GUARANTEE, write_tables
from calls import call
from gmpy2 import mpq
from sharedbook import CUT, Edit, Tables, miniature, put

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    COUNTIES,
    RESPONSIBILITY,
    RULES,
    SCENARIOS,
    SERVICES,
    SHARED_RULE,
)
from transfer_opt.intake.prepare import check, prepare


def made(tables: Tables, path: Path, scenario: str | None = None) -> Outcome:
    return allocate(prepare(write_tables(path, tables), scenario=scenario))


def told(tables: Tables, path: Path) -> list[Problem]:
    return list(check(write_tables(path, tables)))


def test_what_counties_pay_is_their_need_to_the_last_digit(tmp_path: Path) -> None:
    outcome = made(miniature(), tmp_path / "预算.xlsx")
    paid = outcome.case.burdens
    assert paid is not None
    assert paid.cost.sum(axis=0).tolist() == [3800, 1520]
    assert paid.county.tolist() == [190, 152]
    assert outcome.case.figures.need.tolist() == [1190, 1052]
    assert sum(outcome.shortfall) == pytest.approx(42, abs=0.011)
    assert [Decimal(str(x)) for x in outcome.published] == [Decimal("267.71"), Decimal("332.29")]
    ratio = (outcome.shortfall / outcome.case.need).tolist()
    assert ratio == pytest.approx([42 / 2242] * 2, abs=1e-5)


def test_a_scenario_lowers_a_share_and_the_province_takes_it_over(tmp_path: Path) -> None:
    first, second = (made(miniature(), tmp_path / "预算.xlsx", name) for name in (None, CUT))
    before, after = (each.case.burdens for each in (first, second))
    assert before is not None
    assert after is not None
    assert after.county.tolist() == [190, 76]
    moved = (after.by_level - before.by_level).sum(axis=0)
    assert moved[:, 1].tolist() == [0, 76, 0, -76]
    assert second.case.figures.need.tolist() == [1190, 976]
    assert second.shortfall.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("way", "basis", "need"),
    [
        (None, None, [1190, 1052]),
        ("填报", "净口径", [1190, 1052]),
        ("测算", "毛口径", [4800, 2420]),
        ("较大者", "净口径", [1190, 1052]),
        ("较大者", "毛口径", [4800, 2420]),
    ],
)
def test_need_is_filled_in_or_worked_out(
    tmp_path: Path, way: str | None, basis: str | None, need: list[int]
) -> None:
    prepared = made(miniature(way, basis), tmp_path / "预算.xlsx")
    assert prepared.case.figures.need.tolist() == need


def test_what_is_worked_out_need_not_be_filled_in(tmp_path: Path) -> None:
    tables = miniature()
    for row in tables[COUNTIES]:
        del row[7]
    assert made(tables, tmp_path / "预算.xlsx").case.figures.need.tolist() == [1190, 1052]
    tables = miniature("较大者")
    for row in tables[COUNTIES]:
        del row[7]
    with pytest.raises(InputError, match="E310"):
        made(tables, tmp_path / "预算.xlsx")


def test_other_need_and_services_apart_from_basic_need(tmp_path: Path) -> None:
    tables = miniature()
    for row, other in zip(tables[BENEFICIARIES], ("其他保基本民生需求", 10.25, 0), strict=True):
        row.append(other)
    for row in tables[SERVICES][1:3]:
        row[2] = "否"
    prepared = made(tables, tmp_path / "预算.xlsx")
    assert prepared.case.figures.need.tolist() == [mpq(116025, 100), 1020]


def test_nobody_is_asked_where_the_filled_in_need_is_the_counties_part(tmp_path: Path) -> None:
    for way, basis in (("填报", None), ("测算", "净口径"), ("填报", "净口径")):
        assert not [
            p for p in told(miniature(way, basis), tmp_path / "预算.xlsx") if "口径" in str(p)
        ]


def test_double_counting_is_told_and_the_basis_asked(tmp_path: Path) -> None:
    tables = miniature("填报", None)
    for row, filled in zip(tables[COUNTIES][1:], (3800, 1520), strict=True):
        row[7] = filled
    found = told(tables, tmp_path / "预算.xlsx")
    asked = sorted(problem.code for problem in found if problem.code.startswith("W37"))
    assert asked == ["W372", "W373", "W374", "W374"]
    first = next(problem for problem in found if problem.code == "W374")
    assert first.message == (
        "甲县保基本民生需求填 3,800，按县级分担测算 190：像是把中央、省承担部分也算进了需求（毛口径）。"
    )
    tables[RULES][4][4] = "毛口径"
    assert not [p for p in told(tables, tmp_path / "预算.xlsx") if p.code.startswith("W37")]


WRONG: dict[str, tuple[Edit, str, str, str]] = {
    "a sum of 0.95": (put(SERVICES, "H4", 0.05), "E375", SERVICES, "H4"),
    "a blank share": (put(SERVICES, "G3", None), "E372", SERVICES, "G3"),
    "80 for 80 %": (put(SERVICES, "E3", 80), "E372", SERVICES, "E3"),
    "a blank standard": (put(SERVICES, "B4", None), "E373", SERVICES, "B4"),
    "another standard": (put(SERVICES, "B4", 900), "E376", SERVICES, "B4"),
    "in 三保 perhaps": (put(SERVICES, "C3", "也许"), "E374", SERVICES, "C3"),
    "no service": (put(SERVICES, "A3", None), "E371", SERVICES, "A3"),
    "a tier twice": (put(SERVICES, "D4", "一档"), "E376", SERVICES, "D4"),
    "a tier left out": (put(SERVICES, "D4", None), "E376", SERVICES, "D4"),
    "a slash": (put(SERVICES, "D4", "二/三档"), "E371", SERVICES, "D4"),
    "blank people": (put(BENEFICIARIES, "F4", None), "E381", BENEFICIARIES, "F4"),
    "people in words": (put(BENEFICIARIES, "F4", "很多"), "E102", BENEFICIARIES, "F4"),
    "fewer than none": (put(BENEFICIARIES, "F4", -1), "E104", BENEFICIARIES, "F4"),
    "an unknown tier": (put(BENEFICIARIES, "D4", "三档"), "E379", BENEFICIARIES, "D4"),
    "no tier": (put(BENEFICIARIES, "D4", None), "E379", BENEFICIARIES, "D4"),
    "another column": (put(BENEFICIARIES, "F2", "医疗"), "E378", BENEFICIARIES, "F2"),
    "a county left out": (lambda t: t[BENEFICIARIES].pop(), "E377", BENEFICIARIES, ""),
    "a county twice": (
        lambda t: t[BENEFICIARIES].append(list(t[BENEFICIARIES][2])),
        "E377",
        BENEFICIARIES,
        "B5",
    ),
    "a county unknown": (
        lambda t: t[BENEFICIARIES].append(["990301", "丁县", "西州", "一档", 1, 1]),
        "E377",
        BENEFICIARIES,
        "B5",
    ),
    "no people": (lambda t: t.pop(BENEFICIARIES), "E382", BENEFICIARIES, ""),
    "no services": (lambda t: t.pop(SERVICES), "E382", RULES, ""),
    "a scenario's sum": (put(SCENARIOS, "E4", 0.1), "E375", SCENARIOS, ""),
    "an unknown service": (put(SCENARIOS, "C4", "教育/三档/省"), "E203", SCENARIOS, "C4"),
    "a scenario's 15 for 15 %": (put(SCENARIOS, "E4", 15), "E210", SCENARIOS, "E4"),
    "a sum in the rules": (
        lambda t: t[RULES].append([SHARED_RULE, None, "教育/一档/县", None, 0.1, None]),
        "E375",
        RULES,
        "",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_cell(tmp_path: Path, name: str) -> None:
    edit, *expected = WRONG[name]
    tables = miniature()
    edit(tables)
    found = [p for p in told(tables, tmp_path / "预算.xlsx") if not p.is_warning]
    assert expected in [[p.code, p.sheet, p.cell] for p in found], [str(p) for p in found]


def test_the_messages_say_what_to_do(tmp_path: Path) -> None:
    tables = miniature()
    put(SERVICES, "H4", 0.05)(tables)
    put(BENEFICIARIES, "F4", None)(tables)
    said = [str(p) for p in told(tables, tmp_path / "预算.xlsx")]
    assert any("四级分担合计 0.95，应为 1。" in text for text in said)
    assert any("乙县未填写。处理办法：没有受益人写 0。" in text for text in said)


def test_a_number_is_told_as_it_stands_in_its_cell(tmp_path: Path) -> None:
    tables = miniature()
    put(SERVICES, "B3", -12345678901234.5)(tables)
    tables[RULES].append(["增幅上限", GUARANTEE, "增幅上限", None, -12345678901234.5, "是"])
    found = {p.value for p in told(tables, tmp_path / "预算.xlsx") if p.code in ("E210", "E373")}
    assert found == {"-12345678901234.5"}


def test_without_the_sheets_a_result_says_nothing_of_them(tmp_path: Path) -> None:
    tables = miniature("填报", None)
    del tables[SERVICES], tables[BENEFICIARIES]
    del tables[SCENARIOS][1:]
    source = write_tables(tmp_path / "预算.xlsx", tables)
    assert call("solve", source, "-o", tmp_path / "结果.xlsx") == 0
    book = openpyxl.load_workbook(tmp_path / "结果.xlsx")
    assert RESPONSIBILITY not in book.sheetnames
    assert SHARED_RULE not in {row[0] for row in book["方案参数"].iter_rows(values_only=True)}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    source = write_tables(folder / "预算.xlsx", miniature())
    assert call("solve", source, "--scenario", CUT, "-o", folder / "结果.xlsx") == 0
    return folder / "结果.xlsx"


def test_the_result_adds_up_and_derives_itself_again(result: Path) -> None:
    sheet = openpyxl.load_workbook(result, data_only=True)[RESPONSIBILITY]
    rows = {row[1]: row[2:] for row in sheet.iter_rows(min_row=5, values_only=True) if row[1]}
    assert rows["乙县"][:5] == (1520, 1216, 228, 0, 76)
    assert rows["合  计"][:5] == (5320, 4256, 608, 190, 266)
    assert rows["乙县"][5] == pytest.approx(76 * 10_000 / 24_000)
    assert rows["乙县"][6] == pytest.approx(76 / 700)
    assert call("audit", result) == 0
    assert call("audit", result, result.parent / "预算.xlsx") == 0


def test_every_changed_figure_of_the_sheet_is_found(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = openpyxl.load_workbook(result)[RESPONSIBILITY]
    figures = [
        cell.coordinate
        for row in sheet.iter_rows(min_row=5)
        for cell in row
        if isinstance(cell.value, int | float)
    ]
    assert len(figures) > 20
    for place in np.random.default_rng(1).permutation(figures)[:6]:
        forged = tmp_path / "改过.xlsx"
        shutil.copy(result, forged)
        book = openpyxl.load_workbook(forged)
        book[RESPONSIBILITY][place] = book[RESPONSIBILITY][place].value + 1
        book.save(forged)
        capsys.readouterr()
        assert call("audit", forged) == 6
        assert f"「{RESPONSIBILITY}」单元格 {place}" in "".join(capsys.readouterr())
