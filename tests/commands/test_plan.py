"""`plan` from budget to audited result: by the front door."""

from __future__ import annotations

import json
import random
from pathlib import Path

import openpyxl
import pytest
from books import GUARANTEE
from calls import call
from years import two_counties

from transfer_opt.core.vocabulary import (
    ALLOCATION,
    OUTLOOK,
    PARAMETERS,
    PATH,
    STEPS,
    TOGETHER,
    YEAR_PROOFS,
    YEARS,
)

pytestmark = pytest.mark.system
YEAR_SHEETS = (YEARS, PATH, TOGETHER, OUTLOOK, YEAR_PROOFS)


@pytest.fixture(scope="module")
def budget(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_counties(tmp_path_factory.mktemp("years") / "预算.xlsx")


@pytest.fixture(scope="module")
def result(budget: Path) -> Path:
    path = budget.with_name("结果.xlsx")
    assert call("plan", budget, "--joint", "-o", path, "--quiet") == 0
    return path


def cells(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


def test_this_year_is_exactly_what_solve_writes(budget: Path, result: Path) -> None:
    alone = budget.with_name("本年.xlsx")
    assert call("solve", budget, "-o", alone, "--quiet") == 0
    for sheet in (ALLOCATION, STEPS):
        assert cells(alone, sheet) == cells(result, sheet)


def test_the_first_screen_is_the_sentence_on_the_years(result: Path) -> None:
    book = openpyxl.load_workbook(result)
    assert book.sheetnames[0] == YEARS
    assert str(book[YEARS]["A3"].value).startswith(
        "按现行规则，2027—2028年“三保”缺口依次为 0、16 万元。"
    )


def test_the_path_has_every_county_in_every_year_and_adds_up(result: Path) -> None:
    header, *rows = [row for row in cells(result, PATH) if row[1]]
    at = {name: place for place, name in enumerate(header) if name}
    said = [
        [row[at[name]] for name in ("县区名称", "年度", "性质", "合计", "三保缺口")] for row in rows
    ]
    assert said == [
        ["合  计", "2027年", "公布", 110, 0],
        ["合  计", "2028年", "预测", 110, 16],
        ["西宁市小计", "2027年", "公布", 110, 0],
        ["西宁市小计", "2028年", "预测", 110, 16],
        ["甲县", "2027年", "公布", 66, 0],
        ["甲县", "2028年", "预测", 66, 0],
        ["乙县", "2027年", "公布", 44, 0],
        ["乙县", "2028年", "预测", 44, 16],
    ]


def test_the_lines_that_deciding_together_changes_are_listed(result: Path) -> None:
    rows = [row for row in cells(result, TOGETHER) if row[1] in ("甲县", "乙县")]
    assert [row[1:2] + row[4:] for row in rows] == [("甲县", 66, 60, -6), ("乙县", 44, 50, 6)]


def test_a_result_with_years_is_derived_again_from_itself_and_from_the_budget(
    budget: Path, result: Path
) -> None:
    assert call("audit", result) == 0
    assert call("audit", result, budget) == 0


def test_a_result_with_years_is_the_same_to_the_byte_every_time(
    budget: Path, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    one, other = (budget.with_name(name) for name in ("一.xlsx", "二.xlsx"))
    for path in (one, other):
        assert call("plan", budget, "--joint", "-o", path, "--quiet") == 0
    assert one.read_bytes() == other.read_bytes()


def edited(result: Path, seed: int) -> tuple[Path, str]:
    """A copy with one cell of the sheets of the years changed."""
    random_ = random.Random(seed)
    book = openpyxl.load_workbook(result)
    sheet = book[random_.choice(YEAR_SHEETS)]
    cell = random_.choice([cell for row in sheet.iter_rows() for cell in row if cell.value])
    value = cell.value
    cell.value = value + 1 if isinstance(value, int | float) else f"{value}改"
    path = result.with_name(f"改{seed}.xlsx")
    book.save(path)
    return path, f"{sheet.title}!{cell.coordinate}"


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_cell_of_the_years_is_found(result: Path, seed: int) -> None:
    path, where = edited(result, seed)
    assert call("audit", path) == 6, where


@pytest.mark.slow
def test_each_of_two_hundred_changed_cells_of_the_years_is_found(
    budget: Path, result: Path
) -> None:
    for seed in range(1000, 1200):
        path, where = edited(result, seed)
        assert call("audit", path, budget) == 6, where


def test_after_an_adjustment_the_years_are_superseded_and_the_file_is_still_audited(
    budget: Path, result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = budget.with_name("批准.xlsx")
    moved = (
        "--county",
        "甲县",
        "--fund",
        "县级保障",
        "--to",
        "65",
        "--reason",
        "试",
        "--by",
        "会议",
    )
    assert call("adjust", result, *moved, "-o", approved) == 0
    assert call("audit", approved, budget) == 0
    header = openpyxl.load_workbook(approved)[PATH].oddHeader
    assert "批准" in "".join(str(part.text) for part in (header.left, header.center, header.right))
    capsys.readouterr()
    assert call("explain", approved, "甲县") == 0
    assert "从测算数逐年滚动" in capsys.readouterr().out


def test_a_county_is_told_its_years(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("explain", result, "乙县") == 0
    assert "2028年 44 万元（+0.0%），保障水平 44.0%，“三保”缺 16。" in capsys.readouterr().out


def test_programs_are_told_the_years(budget: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("plan", budget, "--joint", "--json", "-o", budget.with_name("程序.xlsx")) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(year["year"], year["short"], year["short_together"]) for year in told["years"]] == [
        (2027, 0, 0),
        (2028, 16, 10),
    ]


def test_a_year_without_an_allocation_ends_in_exit_3_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_counties(
        tmp_path / "预算.xlsx", pools=(110, 110, 100), needs=((50, 40), (50, 60), (50, 60))
    )
    assert call("plan", path) == 3
    assert "2029年无可行方案" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_from_python_the_years_are_those_of_the_command(budget: Path, result: Path) -> None:
    import transfer_opt

    made = transfer_opt.plan(budget, joint=True)
    assert made.outcome.projection is not None
    assert [year.short for year in made.outcome.projection.chain] == [0, 16]
    saved = made.save(budget.with_name("由程序.xlsx"))
    assert cells(saved, PATH) == cells(result, PATH)


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scenario by which the pool grows by a tenth every year."""
    rows = [
        ["规则", "资金", "参数", "对象", "逐年加大"],
        ["年度展望", GUARANTEE, "本年总额", None, "+10%"],
        ["年度展望", None, "保基本民生需求", "西宁市", 0.02],
    ]
    folder = tmp_path_factory.mktemp("growing")
    return two_counties(folder / "预算.xlsx", scenarios=rows)


def test_a_plan_by_a_scenario_of_the_outlook_is_derived_again_from_itself_and_from_the_budget(
    growing: Path,
) -> None:
    path = growing.with_name("结果.xlsx")
    assert call("plan", growing, "--scenario", "逐年加大", "--joint", "-o", path, "--quiet") == 0
    said = [row[:5] for row in cells(path, PARAMETERS) if row[0] == OUTLOOK]
    assert said == [
        (OUTLOOK, GUARANTEE, "本年总额", None, 0.1),
        (OUTLOOK, None, "保基本民生需求", "西宁市", 0.02),
    ]
    assert call("audit", path) == 0
    assert call("audit", path, growing) == 0


def test_a_growth_that_was_changed_in_the_result_is_found(growing: Path) -> None:
    path = growing.with_name("被改.xlsx")
    assert call("plan", growing, "--scenario", "逐年加大", "-o", path, "--quiet") == 0
    book = openpyxl.load_workbook(path)
    row = next(row for row in book[PARAMETERS].iter_rows() if row[0].value == OUTLOOK)
    row[4].value = 0.2
    book.save(path)
    assert call("audit", path, growing) == 6


def test_what_nobody_sets_of_the_outlook_is_not_among_the_parameters(result: Path) -> None:
    assert not [row for row in cells(result, PARAMETERS) if row[0] == OUTLOOK]
