"""Last year's one-off amounts: wherever a figure of last year is net of them, it is said so."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
from books import EQUALIZATION, EXAMPLE, write_tables
from calls import call
from corpus import COUNTIES, tables, with_column

MADUO, ONCE = "玛多县", f"上年{EQUALIZATION}其中一次性"
SAID = "上年数都已扣除其中一次性补助，共 1,000 万元：玛多县；"
TELLING = ("分配结果", "测算说明", "均衡性指标", "分资金对比", "批准后分配表")


pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 of what 玛多县 had last year was paid once only: budget, result, one decision, comparison, attachment."""
    folder = tmp_path_factory.mktemp("once")
    paid = with_column(COUNTIES, ONCE, lambda row: 1000 if row[1] == MADUO else None)
    budget = write_tables(folder / "b.xlsx", tables(paid))
    result = folder / "r.xlsx"
    assert call("solve", budget, "-o", result, "--quiet") == 0
    wish = ("--county", MADUO, "--fund", "均衡性", "--to", "13400", "--reason", "甲", "--by", "乙")
    assert call("adjust", result, *wish, "-o", folder / "a.xlsx", "--quiet") == 0
    page = ("--html", folder / "c.html", "--scenario", "基准方案", "--scenario", "稳定优先")
    assert call("compare", budget, "-o", folder / "c.xlsx", *page, "--quiet") == 0
    assert call("export", result, "--format", "docx", "-o", folder / "e.docx", "--quiet") == 0
    return folder


def cells(path: Path) -> dict[str, list[str]]:
    """The texts of every sheet."""
    return {
        sheet.title: [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        for sheet in openpyxl.load_workbook(path)
    }


def test_every_sheet_of_a_result_that_shows_last_year_says_what_it_is_net_of(folder: Path) -> None:
    sheets = cells(folder / "a.xlsx")
    told = {name for name, texts in sheets.items() if any(SAID in text for text in texts)}
    assert told == set(TELLING)


def test_every_sheet_of_a_comparison_that_shows_last_year_says_so(folder: Path) -> None:
    for name, texts in cells(folder / "c.xlsx").items():
        shown = any(
            "上年" in text
            for text in texts[: texts.index("县区名称") + 30 if "县区名称" in texts else 30]
        )
        assert not shown or name in NO_AMOUNT or any(SAID in text for text in texts), name
    page = (folder / "c.html").read_text(encoding="utf-8")
    assert SAID in page
    assert "（上年 2,607,000，已扣除一次性补助）" in page


NO_AMOUNT = ("参数对照", "审计信息", "方案比较", "图表数据", "结论")
"""These name rules and objectives, the pools as the workbook gives them, or take their figures from the other sheets."""


def test_the_notice_of_the_county_says_its_own_amount_and_no_other_does(folder: Path) -> None:
    page = openpyxl.load_workbook(folder / "r.xlsx", data_only=True)["县区说明单"]
    own = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
    chosen = MADUO in own
    assert any("其中一次性补助 1,000 万元" in text for text in own) == chosen
    formulas = cells(folder / "r.xlsx")["县区说明单"]
    assert any("其中一次性补助" in text for text in formulas)


def test_the_attachment_says_so_to_the_county(folder: Path) -> None:
    with zipfile.ZipFile(folder / "e.docx") as archive:
        text = archive.read("word/document.xml").decode()
    assert text.count("上年数已扣除其中一次性补助 1,000 万元") == 1


def test_the_explanation_says_so_of_that_county_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("explain", folder / "r.xlsx", MADUO) == 0
    assert "上年数已扣除其中一次性补助 1,000 万元。" in capsys.readouterr().out
    assert call("explain", folder / "a.xlsx", MADUO) == 0
    assert "上年数已扣除其中一次性补助 1,000 万元。" in capsys.readouterr().out
    assert call("explain", folder / "r.xlsx", "甘德县") == 0
    assert "一次性" not in capsys.readouterr().out


def test_the_audit_of_every_file_passes(folder: Path) -> None:
    assert call("audit", folder / "r.xlsx", folder / "b.xlsx", "--quiet") == 0
    assert call("audit", folder / "a.xlsx", folder / "b.xlsx", "--quiet") == 0


def test_where_nothing_was_paid_once_only_nothing_is_said(tmp_path: Path) -> None:
    assert call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx", "--quiet") == 0
    assert "一次性" not in str(cells(tmp_path / "r.xlsx"))
