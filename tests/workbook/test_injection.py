"""Nothing that stands in the data becomes a formula, a link, a reference or a code of a footer."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from books import EQUALIZATION, plain_tables
from calls import call
from lxml import etree
from reports import allocation, indicators, inputs, report

from transfer_opt.core.errors import OutputError
from transfer_opt.core.tables import Dumbbell, Lorenz, Report, Row, Table
from transfer_opt.workbook.input.reader import read_workbook
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.save import write_into, write_report

FORMULAS = (
    '=HYPERLINK("http://a.org","领补助")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "=cmd|'/C calc'!A0",
    "\t=1+1",
    "'=1+1",
    "{=1+1}",
    '=WEBSERVICE("http://a.org")',
    "＝1+1",
    "=1\n+2",
)
ODD = (
    "\x01=2\x02",
    "甲&P&N乙<b>'\"&amp;",
    "<r><t>x</t></r>",
    "_x003D_1+1",
    "http://a.org/甲县",
    "mailto:a@b.org",
    "*县?~",
    "甲!A1",
    "internal:'县区数据'!A1",
    "\ud800\uffff",
    "𠮷" * 30,
)
HOSTILE = (*FORMULAS, *ODD)
KNOWN = r"N|SUM|SUMIFS|IF|ABS|MAX|MIN|AND|OR|ISNUMBER|ROUND|COUNT|COUNTIF|INDEX|MATCH|IFERROR|TEXT|RIGHT|MID|CHAR|ROW|LARGE|SUBSTITUTE|SUMPRODUCT"
SHEETS = "分配结果|测算说明|约束审计|均衡性指标|敏感性|敏感性分县|分资金对比|县区说明单|方案参数|输入数据|审计信息|证明|图表数据"
HARMLESS = re.compile(
    rf"(?:(?:{KNOWN})(?=[()])|(?:TRUE|FALSE)|'?(?:{SHEETS})'?!|\$?[A-Z]{{1,3}}\$?\d+|\$?\d+(?:\.\d+)?(?:E-?\d+)?|[-+*/(),:<>=& ])*"
)
"""What a formula may be made of, texts in it apart: our functions, our sheets, cells, numbers, signs."""


def live(path: Path) -> list[str]:
    """All in the result sheets of a workbook that acts: formulas that are not ours, links, references out of the charts."""
    found: list[str] = []
    with zipfile.ZipFile(path) as package:
        for name in package.namelist():
            text = package.read(name)
            if not name.startswith("xl/") or not name.endswith((".xml", ".rels")):
                continue
            if b'TargetMode="External"' in text or b"externalLink" in text:
                found.append(f"{name}: leads outside")
            for element in etree.fromstring(text).iter(
                "{*}f", "{*}formula", "{*}formula1", "{*}definedName", "{*}hyperlink"
            ):
                said = re.sub(r'"(?:[^"]|"")*"', "", element.text or "")
                if element.tag.endswith("hyperlink") or not HARMLESS.fullmatch(said):
                    found.append(f"{name}: {element.text}")
    return found


def test_the_watchman_sees_what_acts(tmp_path: Path) -> None:
    for formula in (
        '=HYPERLINK("http://a.org")',
        "=cmd|'/C calc'!A0",
        "='[a.xlsx]表'!A1",
        '=WEBSERVICE("a")',
    ):
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        book.add_worksheet("表").write_formula(0, 0, formula)
        book.close()
        assert live(tmp_path / "a.xlsx"), formula
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    book.add_worksheet("表").write_url(0, 0, "http://a.org")
    book.close()
    assert live(tmp_path / "a.xlsx")


def full_of(text: str) -> Report:
    """A report that says a text wherever a text can stand."""
    tables = []
    for table in (allocation(), indicators(), inputs()):
        columns = tuple(
            replace(column, band=text if column.band else "") for column in table.columns
        )
        rows = tuple(
            Row(
                row.kind,
                tuple(
                    text
                    if isinstance(value, str) and column.kind not in ("code", "prefecture")
                    else value
                    for column, value in zip(table.columns, row.values, strict=True)
                ),
            )
            for row in table.rows
        )
        tables.append(
            Table(table.name, text, columns, rows, text, table.verdict and text, (text, text))
        )
    charts = (
        Dumbbell(text, (text, "乙州"), (0.3, 0.5), (0.7, 0.4), (570, 330)),
        *report().charts[1:],
    )
    assert isinstance(charts[1], Lorenz)
    return Report(
        tuple(tables),
        (charts[0], replace(charts[1], title=text)),
        text,
        text,
        text,
        "2026-11-24",
        {"title": text, "comments": text, "keywords": text},
    )


@pytest.mark.system
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_stays_a_text_wherever_it_stands(tmp_path: Path, text: str) -> None:
    path, copy, source = tmp_path / "结果.xlsx", tmp_path / "副本.xlsx", tmp_path / "原.xlsx"
    write_report(full_of(text), path)
    openpyxl.Workbook().save(source)
    write_into(full_of(text), source, read_workbook(source, {}).sha256, copy)
    for made in (path, copy):
        assert live(made) == []
        pages = read_pages(made)
        expected = re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", text)
        for name, at in (
            ("分配结果", (0, 0)),
            ("分配结果", (6, 1)),
            ("均衡性指标", (2, 0)),
            ("图表数据", (2, 0)),
        ):
            assert str(pages[name].value(at)).replace("\r", "") == expected, (made.name, name)
        footer = openpyxl.load_workbook(made)["分配结果"].oddFooter
        assert not re.search(r"&(?![&A-Z])", (footer.left.text or "").replace("&&", ""))
        assert "&P" not in (footer.left.text or "").replace("&&", "")


@pytest.mark.parametrize("length", [32_767, 32_768, 40_000])
def test_a_text_a_cell_cannot_hold_is_told_with_its_place(tmp_path: Path, length: int) -> None:
    path = tmp_path / "结果.xlsx"
    made = report(replace(indicators(), rows=(Row("plain", ("长" * length, 1.0, None)),)))
    if length <= 32_767:
        write_report(made, path)
        assert len(read_pages(path)["均衡性指标"].value((4, 0))) == length
    else:
        with pytest.raises(
            OutputError,
            match="「均衡性指标」表单元格 A5 的文字“长长.*…”超过单元格上限（32,767 个字符）。处理办法",
        ):
            write_report(made, path)
        assert list(tmp_path.iterdir()) == []


def test_a_rare_character_counts_twice_as_excel_counts_it(tmp_path: Path) -> None:
    made = report(replace(indicators(), rows=(Row("plain", ("𠮷" * 16_384, 1.0, None)),)))
    with pytest.raises(OutputError, match="超过单元格上限"):
        write_report(made, tmp_path / "结果.xlsx")


def hostile_budget(path: Path) -> list[str]:
    """The example with names of counties and a prefecture, a reason, a scenario and a further column that would act."""
    tables = plain_tables()
    head, *rows = tables["县区数据"]
    rows = [row for row in rows if row[head.index("县区名称")]]
    names = [
        text for text in HOSTILE if not text.strip().startswith(("=", "<r>", "\ud800"))
    ]  # the reader refuses or the maker garbles
    for row, name in zip(rows, names, strict=False):
        row[head.index("县区名称")] = name
    first, last = (rows[at][head.index("市州")] for at in (0, -1))
    for row in rows:
        place = head.index("市州")
        row[place] = {first: "@州*\"&'", last: '+HYPERLINK("http://a.org")'}.get(
            row[place], row[place]
        )
        row.append(FORMULAS[0])
    tables["县区数据"] = [[*head, "备注列"], *rows]
    tables["方案"][0][-1] = "=1+2"
    tables["县区上下限"] = [
        ["县区名称", "资金", "下限", "上限", "理由"],
        [names[0], EQUALIZATION, 1, None, FORMULAS[0]],
    ]
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    for name, table in tables.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate([["单位：万元"], *table]):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(at, column, value)
                elif value is not None:
                    sheet.write_number(at, column, float(value))
    book.close()
    return names


@pytest.mark.system
def test_a_whole_budget_of_hostile_names_acts_nowhere(tmp_path: Path) -> None:
    budget, result, copy = tmp_path / "=1+1&P.xlsx", tmp_path / "结果.xlsx", tmp_path / "副本.xlsx"
    names = hostile_budget(budget)
    assert call("solve", budget, "-o", result, "--into", copy, "--scenario", "=1+2", "--quiet") == 0
    for made in (result, copy):
        assert live(made) == []
        pages = read_pages(made)
        assert {
            "分配结果",
            "测算说明",
            "约束审计",
            "输入数据",
            "方案参数",
            "审计信息",
            "图表数据",
        } <= pages.keys()
        shown = {str(pages["分配结果"].value((row, 1))) for row in range(pages["分配结果"].height)}
        assert {name.strip() for name in names} <= {name.strip() for name in shown}
