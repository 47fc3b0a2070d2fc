"""Other numbers in a workbook's cells: everything else stays byte for byte, and nothing shows a value of before."""

from __future__ import annotations

import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula
from packages import parts, rewritten
from richbook import MACRO, write_rich_table
from sheetmaker import write

from transfer_opt.core.cell_names import place
from transfer_opt.core.errors import InputError
from transfer_opt.workbook.files.patch_numbers import Patch, formulas, patched
from transfer_opt.workbook.rewrite import Source, read_source, rewrite

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
SHEET = "xl/worksheets/sheet1.xml"
ROUNDED = {
    "C2": 11,
    "C3": 20,
    "C4": 30,
    "C5": 61,
    "D2": 5,
    "D3": 7,
    "D4": 7,
    "D5": 19,
    "E2": 16,
    "E3": 27,
    "E4": 37,
    "E5": 80,
}


def changed(
    source: Path, target: Path, numbers: dict[str, Any], sheet: str = "分配表"
) -> list[str]:
    """The codes of what is told."""
    given = {place(cell) or (0, 0): Fraction(str(number)) for cell, number in numbers.items()}
    return [problem.code for problem in rewrite(read_source(source), target, sheet, given)]


def shown(path: Path, sheet: str) -> dict[str, Any]:
    return {
        cell.coordinate: cell.value
        for row in openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows()
        for cell in row
        if cell.value is not None
    }


def held(path: Path, sheet: str) -> dict[str, Any]:
    return {
        cell.coordinate: cell.value
        for row in openpyxl.load_workbook(path)[sheet].iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def calculated(path: Path, cells: dict[str, tuple[Any, Any]]) -> Path:
    """A workbook whose cells hold values, or formulas with the values beside them."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("分配表")
    for name, (text, value) in cells.items():
        if isinstance(text, str) and text.startswith("="):
            sheet.write_formula(name, text, None, value)
        else:
            sheet.write(name, text)
    book.close()
    return path


def test_everything_of_a_rich_workbook_stays_byte_for_byte(tmp_path: Path) -> None:
    source, target = write_rich_table(tmp_path / "表.xlsm", macros=True), tmp_path / "整.xlsm"
    assert changed(source, target, ROUNDED) == ["W636", "W638"]
    old, new = parts(source), parts(target)
    # The second sheet refers to the first; its formula by TEXT is beyond us, so programs calculate when they open the file.
    assert {name for name in old if new[name] != old[name]} == {
        SHEET,
        "xl/worksheets/sheet2.xml",
        "xl/workbook.xml",
    }
    assert old.keys() == new.keys()
    for kind in (
        "charts/chart1.xml",
        "media/image1.png",
        "comments1.xml",
        "tables/table1.xml",
        "pivotTables/pivotTable1.xml",
        "pivotCache/pivotCacheDefinition1.xml",
        "cellimages.xml",
        "vbaProject.bin",
        "drawings/drawing1.xml",
        "calcChain.xml",
    ):
        assert f"xl/{kind}" in new, kind
    assert new["xl/vbaProject.bin"] == MACRO
    assert re.sub(rb' fullCalcOnLoad="1"', b"", new["xl/workbook.xml"]).count(b"calcPr") == 1


def test_of_the_sheet_itself_only_the_cells_change(tmp_path: Path) -> None:
    source, target = write_rich_table(tmp_path / "表.xlsx"), tmp_path / "整.xlsx"
    changed(source, target, ROUNDED)
    old, new = (
        re.split(rb"(<c r=.*?(?:/>|</c>))", parts(path)[SHEET]) for path in (source, target)
    )
    assert len(old) == len(new)
    differing = {
        re.search(rb'r="(\w+)"', one)[1].decode()
        for one, two in zip(old, new, strict=True)
        if one != two
    }  # type: ignore[index]
    assert differing == {*ROUNDED, "F2", "F3", "F4"}
    for kind in (
        b"x14:dataValidation ",
        b"x14:dataBar",
        b"sparkline",
        b"legacyDrawing",
        b"conditionalFormatting",
        b"headerFooter",
    ):
        assert kind in parts(target)[SHEET], kind


def test_sums_stay_formulas_and_what_follows_from_them_is_worked_out_again(tmp_path: Path) -> None:
    source, target = write_rich_table(tmp_path / "表.xlsx"), tmp_path / "整.xlsx"
    changed(source, target, ROUNDED)
    assert held(target, "分配表") == held(source, "分配表")
    assert held(target, "名单") == held(source, "名单")
    values = shown(target, "分配表")
    assert {cell: values[cell] for cell in ROUNDED} == ROUNDED
    assert values["F2"] == pytest.approx(16 / 80)
    assert shown(target, "名单")["C1"] == 62
    assert "C2" not in shown(
        target, "名单"
    )  # TEXT(…) is not calculated here, so nothing of before is left beside it
    assert shown(target, "名单")["C3"] == "一等"


def test_a_formula_that_does_not_come_to_the_number_gives_way_to_it(tmp_path: Path) -> None:
    source = calculated(
        tmp_path / "表.xlsx", {"A1": (10, None), "A2": ("=A1*0.35", 3.5), "A3": ("=A2*2", 7)}
    )
    assert changed(source, tmp_path / "整.xlsx", {"A2": 4}) == ["W635"]
    assert held(tmp_path / "整.xlsx", "分配表") == {"A3": "=A2*2"}
    assert shown(tmp_path / "整.xlsx", "分配表") == {"A1": 10, "A2": 4, "A3": 8}


def test_the_order_of_calculation_goes_with_a_formula_and_stays_without(tmp_path: Path) -> None:
    source = write_rich_table(tmp_path / "表.xlsx")
    changed(source, tmp_path / "整.xlsx", {**ROUNDED, "E2": 17})
    new = parts(tmp_path / "整.xlsx")
    assert "xl/calcChain.xml" not in new
    assert b"calcChain" not in new["[Content_Types].xml"] + new["xl/_rels/workbook.xml.rels"]


def test_a_formula_that_shows_a_number_of_before_is_refused(tmp_path: Path) -> None:
    source = calculated(tmp_path / "表.xlsx", {"A1": (10, None), "A2": ("=A1*2", 21)})
    with pytest.raises(InputError, match=r"E199.*A2.*算出 20"):
        changed(source, tmp_path / "整.xlsx", {"A1": 11, "A2": 22})
    assert not (tmp_path / "整.xlsx").exists()


def test_a_formula_nobody_calculated_yet_stays_and_shows_its_number(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "分配表"
    for row in (["甲", 1.5], ["乙", 2.5], ["合计", "=SUM(B1:B2)"]):
        book.active.append(row)
    book.save(tmp_path / "表.xlsx")
    assert changed(tmp_path / "表.xlsx", tmp_path / "整.xlsx", {"B1": 1, "B2": 3, "B3": 4}) == []
    assert held(tmp_path / "整.xlsx", "分配表") == {"B3": "=SUM(B1:B2)"}
    assert shown(tmp_path / "整.xlsx", "分配表")["B3"] == 4


def test_formulas_that_lean_on_each_other_are_followed_up_and_down(tmp_path: Path) -> None:
    cells: dict[str, tuple[Any, Any]] = {"A1": (1.5, None), "C50": (1.5, None)}
    cells |= {f"A{row}": (f"=A{row - 1}+1", row + 0.5) for row in range(2, 50)}
    cells |= {f"C{row}": (f"=C{row + 1}+1", 51.5 - row) for row in range(1, 50)}
    source = calculated(tmp_path / "表.xlsx", cells)
    changed(source, tmp_path / "整.xlsx", {"A1": 2, "C50": 1})
    values = shown(tmp_path / "整.xlsx", "分配表")
    assert (values["A49"], values["C1"]) == (50, 50)


PART = """<?xml version="1.0" encoding="{code}"?><x:worksheet xmlns:x="u"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>3</x:v></x:c>
<x:c r="B1" s="2" ><x:f>A1 &gt; 2</x:f><x:v>1</x:v></x:c><x:c r="C1"/></x:row><x:row><x:c><x:f t="shared" ref="A2:A4" si="0">B2+1</x:f>
<x:v>1</x:v></x:c><x:c t='str' q="a>b"><x:f>C1</x:f><x:v>t</x:v></x:c></x:row><x:row><x:c><x:f t="shared" si="0"/><x:v>5</x:v></x:c>
<x:c s="1" cm="1"><x:f t="array" ref="B3:B4">ROW(A1)</x:f><x:v>1</x:v></x:c></x:row><x:row><x:c s="9"><x:f t="shared" si="0"></x:f>
<x:v>6</x:v></x:c><x:c s="1"><x:v>1</x:v></x:c></x:row></x:sheetData><x:ext><x:f>A1</x:f></x:ext></x:worksheet>"""


@pytest.mark.parametrize("code", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_part_is_patched_whatever_it_is_written_in(code: str) -> None:
    part = PART.format(code=code).encode(code)
    assert {at: formula.text for at, formula in formulas(part).items()} == {
        (0, 1): "=A1 > 2",
        (1, 0): "=B2+1",
        (1, 1): "=C1",
        (2, 0): "=B3+1",
        (2, 1): "=ROW(A1)",
        (3, 0): "=B4+1",
    }
    patch = Patch({(0, 0): Fraction(7), (0, 2): Fraction(5, 2)}, {(0, 1): None, (1, 1): "值<b"})
    new = patched(part, patch, formulas(part))
    for said in (
        b'<x:c r="A1"><x:v>7</x:v></x:c>',
        b'<x:c r="C1"><x:v>2.5</x:v></x:c>',
        b'<x:c r="B1" s="2" ><x:f>A1 &gt; 2</x:f></x:c>',
        b'<x:c q="a>b" t="str"><x:f>C1</x:f><x:v>&#20540;&lt;b</x:v></x:c>',
    ):
        assert said in new
    if code != "utf-16":
        assert patched(part, Patch(), formulas(part)) == part


def test_formulas_told_once_for_many_cells_survive_the_loss_of_one() -> None:
    part = PART.format(code="utf-8").encode()
    new = patched(part, Patch({(1, 0): Fraction(2), (3, 1): Fraction(4)}), formulas(part))
    assert {at: formula.text for at, formula in formulas(new).items()} == {
        (0, 1): "=A1 > 2",
        (1, 1): "=C1",
        (2, 0): "=B3+1",
        (3, 0): "=B4+1",
    }
    assert b'<x:c s="1"><x:v>1</x:v></x:c></x:row>' in re.sub(
        rb"\s*\n", b"", new
    )  # the array's own cell keeps its value


def test_an_array_formula_over_cells_to_change_becomes_its_values(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "分配表"
    for row in (["甲", 1.5], ["乙", 2.5]):
        book.active.append(row)
    book.active["C1"] = ArrayFormula("C1:C2", "=B1:B2*2")
    book.save(tmp_path / "表.xlsx")
    assert changed(tmp_path / "表.xlsx", tmp_path / "整.xlsx", {"B1": 2, "C1": 4}) == ["W635"]
    assert held(tmp_path / "整.xlsx", "分配表") == {}


def test_a_text_that_was_read_as_a_number_becomes_one_and_an_equal_cell_is_left(
    tmp_path: Path,
) -> None:
    source = write(tmp_path / "表.xlsx", {"分配表": [["甲", "1,200.5", 3]]})
    changed(source, tmp_path / "整.xlsx", {"B1": 1201, "C1": 3})
    assert shown(tmp_path / "整.xlsx", "分配表") == {"A1": "甲", "B1": 1201, "C1": 3}
    cells = [
        re.search(rb'<c r="C1".*?</c>', parts(path)[SHEET])
        for path in (source, tmp_path / "整.xlsx")
    ]
    assert cells[0][0] == cells[1][0]  # type: ignore[index]


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    source = write_rich_table(tmp_path / "表.xlsx")
    for name in ("一.xlsx", "二.xlsx"):
        changed(source, tmp_path / name, ROUNDED)
    assert (tmp_path / "一.xlsx").read_bytes() == (tmp_path / "二.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "一.xlsx") as package:
        assert package.testzip() is None


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_part_that_breaks_off_is_told_as_damage_and_nothing_is_written(
    part: str, tmp_path: Path
) -> None:
    path = write_rich_table(tmp_path / "表.xlsx")
    book = read_source(path).book
    content = rewritten(path, part, lambda text: text[: len(text) // 2]).read_bytes()
    with pytest.raises(InputError, match="E113"):
        rewrite(Source(book, content), tmp_path / "整.xlsx", "分配表", {(1, 2): Fraction(11)})
    assert list(tmp_path.iterdir()) == [path]
