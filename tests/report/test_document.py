"""What is sent out says what the result says, to the last figure, and nothing in it is ever run."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import docx
import jsonschema
import openpyxl
import pypdf
import pytest
from books import EQUALIZATION, plain_tables, write_tables

from transfer_opt.allocation import allocate
from transfer_opt.allocation.plan import Plan
from transfer_opt.cli.main import main
from transfer_opt.commands import publish
from transfer_opt.commands.export import export
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import AuditError, InputError, OutputError
from transfer_opt.intake import prepare
from transfer_opt.policy.model_file.loading import load_model, shipped
from transfer_opt.published.plan import read_plan
from transfer_opt.report.document.blocks import Grid, Paragraph, figure
from transfer_opt.report.document.document import blocks
from transfer_opt.report.document.entries import Entry, entries
from transfer_opt.report.notice.worked_lines import printed

pytestmark = pytest.mark.system

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schema" / "allocation.schema.json").read_text(
        encoding="utf-8"
    )
)
NASTY = {"城中区": "+城中区", "玛多县": "<b>玛多县</b> #panic() $x$", "杂多县": '-杂多县"=1+1'}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result with advances, and with names that look like formulas and markup."""
    folder = tmp_path_factory.mktemp("export")
    tables = plain_tables()
    head, *rows = tables["县区数据"]
    name = head.index("县区名称")
    head.append(f"提前下达{EQUALIZATION}")
    for row in rows:
        row[name] = NASTY.get(str(row[name]), row[name])
        row.append(1000 if str(row[0]).isdigit() else None)
    outcome = allocate.allocate(
        prepare.prepare(write_tables(folder / "b.xlsx", tables, "万元")), "highs"
    )
    publish.write(outcome, folder / "r.xlsx")
    return folder


@pytest.fixture(scope="module")
def plan(folder: Path) -> Plan:
    return read_plan(folder / "r.xlsx", load_model(None))


@pytest.fixture(scope="module")
def rows(plan: Plan) -> list[Entry]:
    return list(entries(plan, plan.units))


def made(folder: Path, kind: str) -> bytes:
    path = export(folder / "r.xlsx", kind, folder / f"out.{kind}").path
    return path.read_bytes()


@cache
def exported(folder: Path, kind: str) -> bytes:
    """The same, made once."""
    return made(folder, kind)


def test_counties_add_up_to_every_pool(rows: list[Entry]) -> None:
    counties = [row for row in rows if row.kind == "unit"]
    for fund, pool in enumerate((1998000, 438000, 384500)):
        assert sum(entry.amounts[fund] or 0 for entry in counties) == pool == rows[0].amounts[fund]
    assert len(counties) == 45
    assert [entry.kind for entry in rows].count("subtotal") == 8
    assert rows[0].advance[0] == 45000


def test_csv_carries_every_row_and_no_formula(folder: Path, rows: list[Entry]) -> None:
    content = exported(folder, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["合计"] for row in found] == [
        f"{entry.total:f}".removesuffix(".0") for entry in rows
    ]
    assert [row[f"提前下达{EQUALIZATION}"] for row in found][:2] == ["45000", "7000"]
    assert not [cell for row in found for cell in row.values() if re.match(r"[=+\-@\t]", cell)]
    assert "'+城中区" in [row["县区名称"] for row in found]


def test_json_keeps_to_the_published_schema(folder: Path, plan: Plan) -> None:
    content = json.loads(exported(folder, "json"))
    jsonschema.validate(content, SCHEMA)
    units = [row for row in content["rows"] if row["level"] == "unit"]
    assert [sum(row["amounts"][f] or 0 for row in units) for f in range(3)] == [
        1998000,
        438000,
        384500,
    ]
    assert content["digest"] == plan.digest


def test_word_tables_say_what_the_result_says(folder: Path, rows: list[Entry]) -> None:
    exported(folder, "docx")
    document = docx.Document(str(folder / "out.docx"))
    first, second, *notices = document.tables
    assert [[cell.text for cell in row.cells] for row in first.rows][1:] == [
        [entry.name, figure(entry.total), *map(figure, entry.amounts)] for entry in rows
    ]
    paid = [[cell.text for cell in row.cells] for row in second.rows]
    assert paid[0] == ["地  区", "累计", "提前下达", "本次下达"]
    assert paid[1] == ["合  计", "1,998,000", "45,000", "1,953,000"]
    assert len(notices) == 45
    words = [paragraph.text for paragraph in document.paragraphs]
    assert words[0] == "附件1"
    assert "单位：万元" in words


def test_word_has_no_field_but_the_page_number(folder: Path) -> None:
    import zipfile

    exported(folder, "docx")
    with zipfile.ZipFile(folder / "out.docx") as package:
        text = "".join(
            package.read(name).decode()
            for name in package.namelist()
            if name.startswith("word/") and name.endswith(".xml")
        )
    assert set(re.findall(r"<w:instrText[^>]*>([^<]*)<", text)) == {"PAGE"}
    assert "&lt;b&gt;玛多县" in text


def test_pdf_shows_markup_as_text(folder: Path) -> None:
    exported(folder, "pdf")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(folder / "out.pdf").pages[:3])
    assert "<b>玛多县</b>" in text.replace(" ", "")
    assert "2,820,500" in text


def test_every_notice_is_one_page(folder: Path) -> None:
    exported(folder, "pdf")
    pages = [page.extract_text().strip() for page in pypdf.PdfReader(folder / "out.pdf").pages]
    assert all(page.startswith("附件") for page in pages[-45:])


def test_without_typst_the_user_is_told_and_nothing_is_written(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(OutputError, match=r"没有安装 typst.*--format docx"):
        export(folder / "r.xlsx", "pdf", tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["docx", "pdf", "csv", "json"])
def test_the_same_result_gives_the_same_bytes(folder: Path, kind: str) -> None:
    assert made(folder, kind) == exported(folder, kind)


def test_every_notice_gives_the_published_amounts_and_their_sum(
    plan: Plan, rows: list[Entry]
) -> None:
    grids = [
        block
        for block in blocks(plan, plan.units)
        if isinstance(block, Grid) and block.header[0] == "行"
    ]
    counties = [row for row in rows if row.kind == "unit"]
    assert len(grids) == len(counties) == 45
    assert grids[0].header == ("行", "项目", "算式", "均衡性", "县级保障", "生态")
    for grid, county in zip(grids, counties, strict=True):
        said = {row.cells[1]: row.cells for row in grid.rows}
        assert said["分配额"][3:] == tuple(map(figure, county.amounts))
        assert said["分配额合计"][3] == figure(county.total)
        assert said["其中：提前下达"][3:] == ("1,000", "", "")
        assert said["本次下达"][2:] == (
            f"{said['分配额'][0]}－{said['其中：提前下达'][0]}",
            figure((county.amounts[0] or 0) - Decimal(1000)),
            "",
            "",
        )
        letters = [row.cells[0] for row in grid.rows]
        assert letters == [column_letters(at) for at in range(len(letters))]
        assert not [row for row in grid.rows if not any(row.cells[3:])]


def test_word_and_pdf_notices_are_the_blocks(folder: Path, plan: Plan) -> None:
    exported(folder, "docx")
    exported(folder, "pdf")
    grids = [block for block in blocks(plan, plan.units) if isinstance(block, Grid)]
    tables = docx.Document(str(folder / "out.docx")).tables
    for grid, table in zip(grids, tables, strict=True):
        shown = [
            [cell.text for cell in row.cells][: len(wanted.cells)]
            for row, wanted in zip(table.rows[1:], grid.rows, strict=True)
        ]
        assert shown == [list(row.cells) for row in grid.rows]
    text = "".join(page.extract_text() for page in pypdf.PdfReader(folder / "out.pdf").pages)
    assert [cell for row in grids[2].rows for cell in row.cells[3:] if cell not in text] == []


@pytest.mark.parametrize(
    ("value", "kind", "decimals", "shown"),
    [
        ("0.017155851988", "share", 12, "1.7155851988%"),
        ("0.043", "growth", 3, "+4.3%"),
        ("-0.043", "growth", 3, "-4.3%"),
        ("0", "growth", 3, "0.0%"),
        ("0", "step", 2, "–"),
        ("12.5", "step", 2, "+12.50"),
        ("-1234.56", "step", 2, "-1,234.56"),
        ("0", "change", 0, "0"),
        ("1430", "change", 0, "+1,430"),
        ("34424", "money", 0, "34,424"),
        ("0.88093914503", "figure", 11, "0.88093914503"),
    ],
)
def test_figures_are_printed_as_the_sheet_shows_them(
    value: str, kind: Any, decimals: int, shown: str
) -> None:
    assert printed(Decimal(value), kind, decimals) == shown


def test_a_notice_names_the_reason_and_the_clause(plan: Plan) -> None:
    said = [
        block.text
        for block in blocks(plan, plan.units)
        if isinstance(block, Paragraph) and block.style == "summary"
    ]
    assert len(said) == 45
    assert all("主要原因：" in text for text in said)


@pytest.mark.parametrize("kind", ["docx", "pdf", "csv", "json"])
def test_a_result_with_an_edited_amount_is_not_exported(folder: Path, kind: str) -> None:
    book = openpyxl.load_workbook(folder / "r.xlsx")
    book["分配结果"]["D7"].value += 1
    book.save(folder / "edited.xlsx")
    with pytest.raises(AuditError, match="先用 transfer-opt audit 核对"):
        export(folder / "edited.xlsx", kind)
    assert not list(folder.glob("edited_*"))


def test_a_result_with_edited_steps_or_reasons_is_not_exported(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "r.xlsx")
    sheet = book["测算说明"]
    cell = next(
        cell
        for row in sheet.iter_rows(min_row=7)
        for cell in row
        if isinstance(cell.value, str) and "全省统一系数" in cell.value
    )
    cell.value = "领导要求"
    book.save(folder / "reasons.xlsx")
    with pytest.raises(AuditError, match="「测算说明」.*先用 transfer-opt audit 核对"):
        export(folder / "reasons.xlsx", "docx")


def test_a_result_of_another_model_file_asks_for_it(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "model.toml"
    other.write_text(
        shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8") + "\n# 另一份\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="--model"):
        export(folder / "r.xlsx", "csv", tmp_path / "out.csv", other)


def run_command(arguments: list[str], capsys: Any) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    told = capsys.readouterr()
    return int(end.value.code or 0), told.out, told.err


def test_exporting_onto_the_result_is_refused(folder: Path, capsys: Any) -> None:
    before = (folder / "r.xlsx").read_bytes()
    code, _, said = run_command(
        ["export", str(folder / "r.xlsx"), "--format", "json", "-o", str(folder / "r.xlsx")], capsys
    )
    assert (code, (folder / "r.xlsx").read_bytes()) == (5, before)
    assert "同一个" in said


def test_a_budget_is_no_result(folder: Path, capsys: Any) -> None:
    code, _, said = run_command(["export", str(folder / "b.xlsx"), "--format", "csv"], capsys)
    assert code == 1
    assert "不是 transfer-opt 写出的结果工作簿" in said
    assert not list(folder.glob("b_*"))


def test_an_adjusted_result_is_sent_out_with_the_approved_amounts(
    folder: Path, tmp_path: Path, capsys: Any
) -> None:
    adjusted = tmp_path / "调整.xlsx"
    before = run_command(
        ["export", str(folder / "r.xlsx"), "--format", "json", "-o", str(tmp_path / "a.json")],
        capsys,
    )
    first = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    computed = next(row["amounts"][0] for row in first["rows"] if row["name"] == "城西区")
    assert before[0] == 0
    run_command(
        [
            "adjust",
            str(folder / "r.xlsx"),
            "--county",
            "城西区",
            "--fund",
            "均衡性",
            "--to",
            str(computed + 12),
            "--reason",
            "示例",
            "--by",
            "办公会",
            "-o",
            str(adjusted),
        ],
        capsys,
    )
    for kind in ("json", "csv", "docx"):
        assert (
            run_command(
                ["export", str(adjusted), "--format", kind, "-o", str(tmp_path / f"b.{kind}")],
                capsys,
            )[0]
            == 0
        )
    second = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    jsonschema.validate(second, SCHEMA)
    assert (first["adjusted"], second["adjusted"]) == (False, True)
    assert (
        next(row["amounts"][0] for row in second["rows"] if row["name"] == "城西区")
        == computed + 12
    )
    assert f",{computed + 12}," in (tmp_path / "b.csv").read_text(encoding="utf-8-sig")
    tables = docx.Document(str(tmp_path / "b.docx")).tables
    moved = [
        [cell.text for cell in row.cells]
        for table in tables[2:]
        for row in table.rows
        if row.cells[1].text in ("人工调整", "批准数")
    ]
    assert [row[3] for row in moved] == ["+12", f"{computed + 12:,}"]
