"""Results that were dressed up and sealed anew are found against their budget; files merely saved again are not accused."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import forged_cells
import forged_pages
import openpyxl
import pytest
from books import write_tables
from calls import call
from forgery import ALLOCATION, FACTS, KINDS, Book, forged, reseal, row_of
from results import edited, tables, write_result

from transfer_opt.allocation import allocate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.commands import publish
from transfer_opt.core.errors import InputError
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import COMPLIANCE
from transfer_opt.intake import prepare
from transfer_opt.intake.prepare import read_budget
from transfer_opt.published.audit import recheck
from transfer_opt.published.claims import Claims
from transfer_opt.published.differences import Expected
from transfer_opt.published.findings import Verdict
from transfer_opt.published.inputs import Given, budget_inputs
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.result.looks import contrast
from transfer_opt.workbook.result.number_formats import sections, text_section
from transfer_opt.workbook.result.pages import Page, read_pages
from transfer_opt.workbook.result.seen import heading

MONEY = (
    "标准财政收入",
    "标准财政支出",
    "可用财力",
    "保基本民生需求",
    "保工资需求",
    "保运转需求",
    "本年总额",
    "上年总额",
    "下限",
    "上限",
)
OPENED = "by a spreadsheet program"
NAMES = (*KINDS, OPENED)


def in_yuan(folder: Path) -> tuple[Path, Path]:
    """A budget in 元, published in 万元: an amount may be off by a tenth, a ratio may not."""
    given = tables(1, most=7)
    for header, *rows in given.values():
        for row in rows:
            for at, name in enumerate(header):
                if (name in MONEY or str(name).startswith("上年")) and isinstance(
                    row[at], int | float
                ):
                    row[at] = row[at] * 10_000
    budget, result = write_tables(folder / "yuan.xlsx", given, "元"), folder / "yuan_分配结果.xlsx"
    publish.write(allocate.allocate(prepare.prepare(budget, unit="1万元")), result)
    return budget, result


class Source:
    """A budget with its result, derived from the budget only once."""

    def __init__(self, budget: Path, result: Path) -> None:
        self.budget, self.result = budget, result
        self._given = budget_inputs(partial(read_budget, budget))
        self._known: dict[tuple[str, ...], Outcome] = {}

    def derived(self, pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        key = tuple(facts.get(name, "") for name in ("方案", "公布单位", "模型文件 SHA-256"))
        if key not in self._known:
            self._known[key] = self._given.derive(pages, facts)
        return self._known[key]

    def against_budget(self, path: Path) -> Verdict:
        return recheck(
            path, self.derived, Given(self.derived, self._given.sheets, self._given.sha256)
        )

    def forge(self, target: Path, kind: str, seed: int) -> str | None:
        if kind == OPENED:
            return forged_pages.by_openpyxl(self.result, target, seed)
        return forged(self.result, target, kind, seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forged")


@pytest.fixture(scope="module")
def source(folder: Path) -> Source:
    found = write_result(folder, 1, most=7)
    assert found is not None
    return Source(*found)


@pytest.fixture(scope="module")
def yuan(folder: Path) -> Source:
    return Source(*in_yuan(folder))


def found(source: Source, target: Path, kind: str, seed: int) -> bool | None:
    """Whether the forgery was found; None where there was nothing to forge. A file that is refused is found, too."""
    if source.forge(target, kind, seed) is None:
        return None
    try:
        return not source.against_budget(target).clean
    except InputError:
        return True


# Forged ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NAMES[::2])
def test_a_forgery_of_every_second_kind_is_found_against_the_budget(
    source: Source, folder: Path, kind: str
) -> None:
    outcomes = (found(source, folder / "forged.xlsx", kind, seed) for seed in range(20))
    assert next(outcome for outcome in outcomes if outcome is not None)


@pytest.mark.slow
def test_a_thousand_forgeries_are_found_against_the_budget(
    source: Source, yuan: Source, folder: Path
) -> None:
    """Of five results in turn: other scenarios, units and rules among them."""
    others = [Source(*pair) for seed in (7, 14, 22) if (pair := write_result(folder, seed))]
    sources, told, missed = [source, yuan, *others], Counter[str](), []
    seed = 0
    while told.total() < 1000:
        kind = NAMES[seed % len(NAMES)]
        one = sources[seed % len(sources)]
        outcome = found(one, folder / "campaign.xlsx", kind, seed)
        if outcome is not None:
            told[kind] += 1
        if outcome is False:
            missed.append((kind, seed, one.result.name))
        seed += 1
    assert missed == []
    assert set(told) == set(NAMES)


def test_half_a_gini_of_a_workbook_in_yuan_is_found(yuan: Source, folder: Path) -> None:
    """Money may be off by a tenth of 元 there; 0.3 may not become 0.15."""

    def halve(book: Any) -> None:
        row = next(
            row for row in book["均衡性指标"].iter_rows(min_row=5) if "基尼" in str(row[0].value)
        )
        row[4].value = row[4].value / 2

    path = edited(yuan.result, folder / "gini.xlsx", halve)
    reseal(path)
    problems = yuan.against_budget(path).problems
    assert [(problem.code, problem.sheet, problem.column) for problem in problems] == [
        ("A602", "均衡性指标", "分配后")
    ]


def test_money_may_be_off_by_what_solvers_differ_by_and_a_ratio_may_not() -> None:
    table = Table(
        "表",
        "表",
        (Column("金额", "money", 9), Column("系数", "number", 9), Column("占比", "share", 9)),
        (Row("plain", (1.0, 0.3, 0.3)),),
    )
    expected = Expected(table, "", Sums(None), dust=0.1)
    assert expected.room(0, 1000.0) == 0.1
    assert expected.room(1, 0.3) < 1e-6
    assert expected.room(2, 0.3) < 1e-6


def test_names_exchanged_under_another_version_are_found_and_only_wording_is_not_comparable(
    source: Source, folder: Path
) -> None:
    book = Book(source.result)
    book.put(book.find(FACTS, "工具版本")[0].getnext(), "transfer-opt 0.0.9")
    reasons = [
        cell
        for cell in book.cells("测算说明")
        if cell.get("r").startswith("T") and row_of(cell) > 4
    ]
    book.put(reasons[0], "另一版本的话。")
    book.save(folder / "older.xlsx")
    reseal(folder / "older.xlsx")
    verdict = source.against_budget(folder / "older.xlsx")
    assert verdict.clean
    assert {problem.code for problem in verdict.problems} == {"W614", "W618"}
    assert [problem.cell for problem in verdict.problems if problem.code == "W618"] == [
        reasons[0].get("r")
    ]
    forged_cells.swap_counties(book, random.Random(3))
    book.save(folder / "swapped.xlsx")
    reseal(folder / "swapped.xlsx")
    assert not source.against_budget(folder / "swapped.xlsx").clean


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("工具版本", "transfer-opt 定稿"),
        ("求解器", "省厅审定"),
        ("求解次数", "很多次"),
        ("输入文件 SHA-256", "无"),
    ],
)
def test_what_only_the_run_knows_must_have_the_form_that_the_program_writes(
    source: Source, folder: Path, name: str, text: str
) -> None:
    book = Book(source.result)
    book.put(book.find(FACTS, name)[0].getnext(), text)
    book.save(folder / "form.xlsx")
    reseal(folder / "form.xlsx")
    cell = book.find(FACTS, name)[0].getnext().get("r")
    assert ("A602", FACTS, cell) in {
        (problem.code, problem.sheet, problem.cell)
        for problem in source.against_budget(folder / "form.xlsx").problems
    }


def test_a_readable_colour_is_a_remark(source: Source, folder: Path) -> None:
    def mark(book: Any) -> None:
        book[ALLOCATION]["D7"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")

    verdict = source.against_budget(edited(source.result, folder / "yellow.xlsx", mark))
    assert verdict.clean
    assert [(problem.code, problem.sheet) for problem in verdict.problems] == [("W617", ALLOCATION)]


def test_a_file_whose_looks_cannot_be_read_is_found_and_no_bug(
    source: Source, folder: Path
) -> None:
    book = Book(source.result)
    book.sheet(ALLOCATION).find(".//{*}row").set("ht", "hoch")
    book.save(folder / "odd.xlsx")
    problems = source.against_budget(folder / "odd.xlsx").problems
    assert [
        (problem.code, problem.sheet) for problem in problems if problem.sheet != COMPLIANCE
    ] == [("A609", problems[0].sheet)]
    # Without the looks nobody can say which rows are folded away on purpose.
    assert [problem.code for problem in problems if problem.sheet == COMPLIANCE] == ["W613"]


# Sheets ---------------------------------------------------------------------------------------------------------


def test_a_hidden_row_is_a_discrepancy_with_the_budget_and_a_remark_without(
    source: Source, folder: Path
) -> None:
    def hide(book: Any) -> None:
        book[ALLOCATION].row_dimensions[8].hidden = True

    path = edited(source.result, folder / "row.xlsx", hide)
    assert [problem.code for problem in source.against_budget(path).problems] == ["A610"]
    assert [problem.code for problem in recheck(path, source.derived).problems] == ["W613"]


def test_the_users_own_sheets_from_into_are_expected_and_any_other_is_not(
    source: Source, folder: Path
) -> None:
    copy, claims = folder / "副本.xlsx", Claims.of(read_pages(source.result)[FACTS])
    options = ("--scenario", claims.said("方案"), "--unit", claims.said("公布单位"))
    assert call("solve", source.budget, "--into", copy, *options, "--quiet") == 0
    assert source.against_budget(copy).problems == ()
    assert {problem.code for problem in recheck(copy, source.derived).problems} == {"W612"}

    def further(book: Any) -> None:
        book.create_sheet("定稿", 0)["A1"] = 99_999

    def change(book: Any) -> None:
        book["县区数据"]["D5"].value += 1

    verdict = source.against_budget(edited(copy, folder / "further.xlsx", further))
    assert [(problem.code, problem.sheet) for problem in verdict.problems] == [("A610", "定稿")]
    verdict = source.against_budget(edited(copy, folder / "own.xlsx", change))
    assert [(problem.code, problem.sheet, problem.cell) for problem in verdict.problems] == [
        ("A602", "县区数据", "D5")
    ]


def test_an_adjusted_result_is_understood_and_a_forged_decision_is_found(
    source: Source, folder: Path
) -> None:
    county = str(openpyxl.load_workbook(source.result)["输入数据"]["B5"].value)
    path = folder / "调整.xlsx"
    options = ("--fund", "均衡性", "--to", "900000", "--reason", "雪灾", "--by", "厅长办公会")
    assert call("adjust", source.result, "--county", county, *options, "-o", path, "--quiet") == 0
    assert [problem.code for problem in source.against_budget(path).problems] == ["W616"]

    def white(book: Any) -> None:
        book["人工调整"]["F5"].number_format = '"0"'

    told = {
        problem.code
        for problem in source.against_budget(edited(path, folder / "white.xlsx", white)).problems
    }
    assert told == {"A609", "W616"}


@pytest.mark.parametrize(
    ("sheets", "command"),
    [
        (("方案比较", "参数对照", "审计信息"), "compare"),
        (("前沿", "各点分配", "图表数据"), "frontier"),
        (("各县区间", "各次测算", "测算说明"), "sweep"),
    ],
)
def test_of_another_workbook_of_the_program_it_is_said_what_to_audit(
    folder: Path, capsys: pytest.CaptureFixture[str], sheets: tuple[str, ...], command: str
) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in sheets:
        book.create_sheet(name)["A1"] = name
    book.save(folder / "other.xlsx")
    assert call("audit", folder / "other.xlsx") == 1
    said = capsys.readouterr().err
    assert "E180" in said
    assert "transfer-opt audit 结果.xlsx" in said
    assert f"transfer-opt {command} 写出" in said


# Untouched ------------------------------------------------------------------------------------------------------


def saved_again(results: list[Path], folder: Path) -> Iterator[Path]:
    """By openpyxl, by LibreOffice where it is installed, and only packed anew."""
    for result in results:
        yield edited(result, folder / f"openpyxl_{result.name}", lambda book: None)
        Book(result).save(folder / f"packed_{result.name}")
        reseal(folder / f"packed_{result.name}")
        yield folder / f"packed_{result.name}"
    if shutil.which("soffice"):
        office = folder / "office"
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                "xlsx",
                "--outdir",
                str(office),
                *map(str, results),
            ],
            check=True,
            capture_output=True,
            timeout=900,
        )
        yield from (office / result.name for result in results)


def test_a_result_saved_again_shows_the_same(source: Source, folder: Path) -> None:
    for path in saved_again([source.result], folder):
        assert source.against_budget(path).problems == (), path


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_hundred_results_saved_again_show_the_same(folder: Path) -> None:
    sources = {
        pair[1].name: Source(*pair)
        for seed in range(14, 140)
        if (pair := write_result(folder, seed))
    }
    names = list(sources)[:100]
    assert len(names) == 100
    accused = [
        (path.name, problem)
        for path in saved_again([sources[name].result for name in names], folder)
        for problem in sources[path.name.removeprefix("openpyxl_").removeprefix("packed_")]
        .against_budget(path)
        .problems
    ]
    assert accused == []


# What decides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("#,##0_ ;-#,##0_ ;0_ ", r"#,##0_ ;\-#,##0_ ;0_ "),
        ('+#,##0_ ;-#,##0_ ;"–"_ ', r"\+#,##0_ ;\-#,##0_ ;\–_ "),
        ("General", "GENERAL"),
        ("0.0%", "0.0%_ "),
        ("[$-804]#,##0", "#,##0"),
        ('"a;b"0', r"\a\;\b0"),
    ],
)
def test_two_spellings_of_a_number_format_are_one(one: str, other: str) -> None:
    assert sections(one) == sections(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("#,##0", "#,##0,"),
        ("0", "0%"),
        ("0", '"0"'),
        ("0", "0;;"),
        ("0", "0.0"),
        ("0", "[White]0"),
        ("0", "*00"),
        ("0", "[$¥-804]0"),
        ("0", "[>1]0"),
    ],
)
def test_formats_that_show_a_number_otherwise_are_two(one: str, other: str) -> None:
    assert sections(one) != sections(other)


def test_a_format_hides_or_replaces_a_text_by_its_fourth_section() -> None:
    assert (
        text_section("General")
        == text_section("@")
        == text_section("#,##0;0;0;@_ ")
        == text_section("0;;")
        == "@"
    )
    assert text_section(";;;") == ""
    assert text_section('0;0;0;"达标"') != "@"


def test_a_footer_says_the_same_in_other_fonts_and_with_other_blanks_but_not_in_white() -> None:
    assert heading("&L&9示例  校验码 ab&C&9第 &P 页") == heading(
        '&L&"Arial,Regular"&9 示例 校验码 ab&C&9 第 &P 页'
    )
    assert heading("&L&9校验码") != heading("&L&9&KFFFFFF校验码")
    assert heading("&L&9校验码") != heading("&L&1 校验码")
    assert heading("&L校验码 ab") != heading("&L校验码 ac")


def test_white_on_white_cannot_be_read_and_ink_on_a_pale_ground_can() -> None:
    assert contrast("FFFFFF", "FFFFFF") == 1
    assert contrast("1F2933", "E3EAF2") > 10
    assert contrast("000000", "FFFFFF") == pytest.approx(21)
