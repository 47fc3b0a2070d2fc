"""A workbook of `monitor` is derived again from the files it came from, and every cell that differs is named."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from calls import call
from forgery import Book
from monitoring import GUARANTEE_CUTS, result, workbook

from transfer_opt import audit
from transfer_opt.commands.monitor import Warned, monitor
from transfer_opt.core.errors import InputError
from transfer_opt.published.findings import Verdict
from transfer_opt.published.watched import recheck_watched
from transfer_opt.workbook.result.pages import read_pages

pytestmark = pytest.mark.system


class Listed:
    """A workbook of `monitor`, and the files it came from."""

    def __init__(self, path: Path, files: list[Path], thresholds: Path) -> None:
        self.path, self.files = path, files
        self.warned: Warned = monitor(files, thresholds)
        self.warned.save(path)

    def against(self, path: Path) -> Verdict:
        return recheck_watched(path, read_pages(path), self.warned.report, self.warned.check_code)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def miniature(folder: Path) -> Listed:
    """Three counties from a table of years, with an index."""
    source = workbook(folder / "监测.xlsx")
    return Listed(folder / "名单.xlsx", [source], source)


@pytest.fixture(scope="module")
def planned(folder: Path) -> Listed:
    """A result, a plan with its forecast, and the cuts in a third file."""
    files = [result(folder, 2026, (62, 43)), result(folder, 2027, (65, 44), "plan")]
    return Listed(folder / "预测.xlsx", files, workbook(folder / "线.xlsx", [GUARANTEE_CUTS], ()))


def test_what_was_written_is_found_as_it_was(miniature: Listed, planned: Listed) -> None:
    for one in (miniature, planned):
        assert one.against(one.path).problems == ()


def test_every_cell_that_differs_is_named_with_what_it_should_be(
    miniature: Listed, folder: Path
) -> None:
    book = openpyxl.load_workbook(miniature.path)
    book["预警名单"]["H5"], book["各年等级"]["D5"], book["协调指数"]["G5"] = 1.05, "黄", 41
    book["预警名单"]["J5"] = 9
    book.save(folder / "改.xlsx")
    found = audit(folder / "改.xlsx", miniature.files)
    assert {(each.sheet, each.cell, each.value, each.message) for each in found.findings} >= {
        ("预警名单", "J5", "9", "应为「30」。"),
        ("各年等级", "D5", "黄", "应为「橙」。"),
    }
    assert {each.sheet for each in found.findings} == {"预警名单", "各年等级", "协调指数"}
    assert call("audit", folder / "改.xlsx", *miniature.files) == 6


def edit(source: Path, target: Path, seed: int) -> tuple[str, str]:
    """One cell with another number or text, or one that was empty: its sheet, and what was done."""
    generator = random.Random(seed)
    book = Book(source)
    sheet = generator.choice(list(book.sheets))
    cell = generator.choice(list(book.sheet(sheet).iter("{*}c")))
    done = f"{sheet} {cell.get('r')}: {_edited(book, cell, generator)}"
    book.save(target)
    return sheet, done


def _edited(book: Book, cell: Any, generator: random.Random) -> str:
    value, text = cell.find("{*}v"), book.text(cell)
    if value is not None and cell.get("t", "n") == "n":
        number = float(value.text)
        value.text = repr(number + 1 if number == int(number) else number * generator.choice([0.99, 2]))  # fmt: skip
        return f"{text} → {value.text}"
    at = generator.randrange(len(text) + 1)
    new = generator.choice([text[:at] + "1" + text[at:], text[:-1] or "无", f"{text}（核定）"])
    book.put(cell, new)
    return f"{text} → {new}"


def missed(one: Listed, target: Path, seeds: range) -> list[str]:
    """The edits that were not told of their sheet."""
    done = [(edit(one.path, target, seed), one.against(target).problems) for seed in seeds]
    return [
        told for (sheet, told), problems in done if sheet not in {each.sheet for each in problems}
    ]


def test_single_edits_of_cells_are_found(miniature: Listed, planned: Listed, folder: Path) -> None:
    assert missed(miniature, folder / "一.xlsx", range(12)) == []
    assert missed(planned, folder / "二.xlsx", range(12, 24)) == []


def test_files_are_known_by_their_contents_whatever_their_order_and_names(
    planned: Listed, folder: Path
) -> None:
    old, new = planned.files
    copy = folder / "又名.xlsx"
    copy.write_bytes(new.read_bytes())
    found = audit(planned.path, [copy, folder / "线.xlsx", old])
    assert found.clean
    assert [each.code for each in found.problems] == ["W615"]
    assert "当时的文件名是「2027结果.xlsx」，给出的是「又名.xlsx」" in found.problems[0].message


def test_another_file_of_the_same_name_is_told_cell_by_cell(planned: Listed, folder: Path) -> None:
    (other := folder / "另").mkdir()
    old = result(other, 2026, (61, 43))
    found = audit(planned.path, [old, planned.files[1], folder / "线.xlsx"])
    assert ("审计信息", "B7") in {(each.sheet, each.cell) for each in found.findings}
    assert "各年指标" in {each.sheet for each in found.findings}


def test_without_all_its_files_it_is_refused_with_their_names(
    planned: Listed, folder: Path
) -> None:
    for given in ([], planned.files):
        with pytest.raises(InputError, match=r"\[E191\].*没有给出.*「线.xlsx」") as refused:
            audit(planned.path, given)
        assert "transfer-opt audit 预测.xlsx 线.xlsx 2026结果.xlsx 2027结果.xlsx" in str(
            refused.value
        )


def test_a_result_has_one_budget(planned: Listed, folder: Path) -> None:
    budgets = [folder / "2026.xlsx", folder / "2027.xlsx"]
    with pytest.raises(InputError, match=r"\[E192\]"):
        audit(planned.files[0], budgets)


def test_a_sheet_taken_out_or_put_in_is_told(miniature: Listed, folder: Path) -> None:
    book = openpyxl.load_workbook(miniature.path)
    del book["各年指标"]
    book.create_sheet("批示")["A1"] = "同意"
    book.save(folder / "少.xlsx")
    codes = {
        (each.code, each.sheet) for each in audit(folder / "少.xlsx", miniature.files).findings
    }
    assert {("A607", "各年指标"), ("A610", "批示")} <= codes
    del book["审计信息"]
    book.save(folder / "更少.xlsx")
    with pytest.raises(InputError, match="没有了「审计信息」，不知由哪些文件算出"):
        audit(folder / "更少.xlsx", miniature.files)


@pytest.mark.slow
def test_two_hundred_single_edits_of_cells_are_found(
    miniature: Listed, planned: Listed, folder: Path
) -> None:
    assert missed(miniature, folder / "三.xlsx", range(100, 200)) == []
    assert missed(planned, folder / "四.xlsx", range(200, 300)) == []
