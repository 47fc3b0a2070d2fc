"""What is sent out says what the result says, to the last figure, and nothing in it is ever run."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import jsonschema
import pypdf
import pytest

from books import EQUALIZATION, plain_tables, write_tables
from transfer_opt import run
from transfer_opt.cli import main
from transfer_opt.exporting.document import Grid, Paragraph, blocks, figure
from transfer_opt.exporting.files import export
from transfer_opt.publication import Publication, read_publication

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "schema" / "allocation.schema.json").read_text(encoding="utf-8"))
NASTY = {"城中区": "+城中区", "玛多县": "<b>玛多县</b> #panic() $x$", "杂多县": "-杂多县\"=1+1"}


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
    outcome = run.allocate(run.prepare(write_tables(folder / "b.xlsx", tables, "万元")), "highs")
    run.write(outcome, folder / "r.xlsx")
    return folder


@pytest.fixture(scope="module")
def publication(folder: Path) -> Publication:
    return read_publication(folder / "r.xlsx")


def exported(folder: Path, kind: str) -> bytes:
    return export(folder / "r.xlsx", kind, folder / f"out.{kind}").read_bytes()


def test_counties_add_up_to_every_pool(publication: Publication) -> None:
    for fund, pool in enumerate((1998000, 438000, 384500)):
        assert sum(entry.amounts[fund] or 0 for entry in publication.counties) == pool
    assert len(publication.counties) == 45
    assert [entry.kind for entry in publication.entries].count("subtotal") == 8
    assert publication.entries[0].advance[0] == 45000


def test_csv_carries_every_row_and_no_formula(folder: Path, publication: Publication) -> None:
    content = exported(folder, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["合计"] for row in rows] == [f"{entry.total:f}" for entry in publication.entries]
    assert [row[f"提前下达{EQUALIZATION}"] for row in rows][:2] == ["45000", "7000"]
    assert not [cell for row in rows for cell in row.values() if re.match(r"[=+\-@\t]", cell)]
    assert "'+城中区" in [row["县区名称"] for row in rows]


def test_json_keeps_to_the_published_schema(folder: Path, publication: Publication) -> None:
    content = json.loads(exported(folder, "json"))
    jsonschema.validate(content, SCHEMA)
    units = [row for row in content["rows"] if row["level"] == "unit"]
    assert [sum(row["amounts"][f] or 0 for row in units) for f in range(3)] == [1998000, 438000, 384500]
    assert content["digest"] == publication.digest


def test_word_tables_say_what_the_result_says(folder: Path, publication: Publication) -> None:
    exported(folder, "docx")
    document = docx.Document(str(folder / "out.docx"))
    first, second, *notices = document.tables
    assert [[cell.text for cell in row.cells] for row in first.rows][1:] == [
        [entry.name, figure(entry.total), *map(figure, entry.amounts)] for entry in publication.entries]
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
        text = "".join(package.read(name).decode() for name in package.namelist() if name.startswith("word/") and name.endswith(".xml"))
    assert set(re.findall(r"<w:instrText[^>]*>([^<]*)<", text)) == {"PAGE"}
    assert "&lt;b&gt;玛多县" in text


def test_pdf_shows_markup_as_text(folder: Path) -> None:
    exported(folder, "pdf")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(folder / "out.pdf").pages[:3])
    assert "<b>玛多县</b>" in text.replace(" ", "")
    assert "2,820,500" in text


@pytest.mark.parametrize("kind", ["docx", "pdf", "csv", "json"])
def test_the_same_result_gives_the_same_bytes(folder: Path, kind: str) -> None:
    assert exported(folder, kind) == exported(folder, kind)


def test_every_lettered_line_follows_from_earlier_ones(publication: Publication) -> None:
    grids = [block for block in blocks(publication) if isinstance(block, Grid) and block.header[0] == "行"]
    assert len(grids) == 45
    for grid in grids:
        known: dict[str, Decimal] = {}
        for letter, what, sum_of, shown in (row.cells for row in grid.rows if row.cells[0]):
            value = Decimal(shown.rstrip("%").replace(",", "").replace("－", "-").replace("＋", "+"))
            if "÷" in sum_of:
                up, down = (known[term] for term in sum_of.split("÷"))
                assert abs(up / down * 100 - value) <= Decimal("0.05"), (what, sum_of)
            elif re.match(r"[A-Z]+[＋－]", sum_of):
                assert _sum(sum_of, known) == value, (what, sum_of)
            known[letter] = value


def _sum(text: str, known: dict[str, Decimal]) -> Decimal:
    total = Decimal(0)
    for sign, letter in re.findall(r"([＋－]?)([A-Z]+)", text):
        total += -known[letter] if sign == "－" else known[letter]
    return total


def test_a_notice_names_the_reason_and_the_clause(publication: Publication) -> None:
    said = [block.text for block in blocks(publication) if isinstance(block, Paragraph) and block.style == "summary"]
    assert len(said) == 45
    assert all("主要原因：" in text for text in said)


def run_command(arguments: list[str], capsys: Any) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    told = capsys.readouterr()
    return int(end.value.code or 0), told.out, told.err


def test_exporting_onto_the_result_is_refused(folder: Path, capsys: Any) -> None:
    before = (folder / "r.xlsx").read_bytes()
    code, _, said = run_command(["export", str(folder / "r.xlsx"), "--format", "json", "-o", str(folder / "r.xlsx")], capsys)
    assert (code, (folder / "r.xlsx").read_bytes()) == (5, before)
    assert "同一个" in said


def test_a_budget_is_no_result(folder: Path, capsys: Any) -> None:
    code, _, said = run_command(["export", str(folder / "b.xlsx"), "--format", "csv"], capsys)
    assert code == 1
    assert "不是 transfer-opt 写出的结果工作簿" in said
    assert not list(folder.glob("b_*"))
