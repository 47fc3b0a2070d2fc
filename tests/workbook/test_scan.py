"""What a hostile package may look like, and that it is refused before a library sees it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from books import EXAMPLE
from sheetmaker import HEADERS, ROWS, write

from transfer_opt.core.errors import InputError
from transfer_opt.workbook.files.limits import LONGEST_TEXT, UnsafeError
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.files.scan import LARGEST_CONTENT, scan

SHEET = "xl/worksheets/sheet1.xml"


def package(**parts: bytes) -> bytes:
    """A package of parts; __ stands for the slash and _ for the dot before the ending."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


def sheet(body: str) -> bytes:
    return package(
        xl__worksheets__sheet1_xml=f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode()
    )


def refused(content: bytes) -> str:
    with pytest.raises(UnsafeError) as caught:
        scan(content)
    return str(caught.value)


def test_the_example_passes() -> None:
    scan(EXAMPLE.read_bytes())


@pytest.mark.parametrize("corner", ["XFD1048576", "A20000001", "XFD1", "ZZZ5"])
def test_a_cell_at_an_absurd_corner_is_named(corner: str) -> None:
    content = sheet(
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="{corner}"><v>1</v></c></row>'
    )
    assert "离表格太远" in refused(content)


def test_a_blank_styled_cell_far_away_is_no_reason_to_refuse() -> None:
    scan(sheet('<row r="1048576"><c r="XFD1048576" s="3"/></row>'))


def test_a_cell_without_a_reference_counts_from_its_row() -> None:
    scan(sheet('<row r="99999"><c><v>1</v></c></row>'))
    assert "99999" in refused(sheet('<row r="99999">' + "<c><v>1</v></c>" * 300 + "</row>"))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>',
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'.encode(
            "utf-16"
        ),
    ],
)
def test_a_document_type_is_refused_in_any_part_and_encoding(content: bytes) -> None:
    for part in (
        "xl__worksheets__sheet1_xml",
        "xl__workbook_xml",
        "docProps__app_xml",
        "content_xml",
    ):
        assert "DTD" in refused(package(**{part: content}))


def test_a_package_that_says_it_is_small_and_is_not_is_refused() -> None:
    content = bytearray(package(xl__media__a_xml=b"<a>" + b" " * (LARGEST_CONTENT + 10) + b"</a>"))
    assert "300 MB" in refused(bytes(content))


def test_an_endless_text_is_refused_wherever_it_stands() -> None:
    long = "长" * (4 * LONGEST_TEXT)
    assert "文本" in refused(
        sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{long}</t></is></c></row>')
    )
    assert "文本" in refused(
        package(xl__sharedStrings_xml=f"<sst><si><t>{long}</t></si></sst>".encode())
    )


def test_a_long_text_shown_by_very_many_cells_is_refused() -> None:
    cells = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 2000))
    strings = f"<sst><si><t>{'长' * 150_000}</t></si></sst>".encode()
    content = package(
        xl__sharedStrings_xml=strings,
        xl__worksheets__sheet1_xml=f"<worksheet>{cells}</worksheet>".encode(),
    )
    assert "文字合计过多" in refused(content)


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "xl\\..\\..\\evil.xml"])
def test_paths_that_lead_outside_are_refused(name: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    assert "路径" in refused(stream.getvalue())


def test_parts_of_one_name_are_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(SHEET, "<worksheet/>")
        archive.writestr(SHEET.upper(), "<worksheet/>")
    assert "重名" in refused(stream.getvalue())


def test_overlapping_parts_are_refused() -> None:
    """Two names in the directory for one piece of data, as in a bomb that overlaps its entries."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b"<a/>" + b" " * 1000)
        archive.writestr("b.xml", b"<a/>" + b" " * 1000)
        archive.filelist[1].header_offset = archive.filelist[0].header_offset
    assert "重叠" in refused(stream.getvalue())


def test_a_repeated_row_of_an_open_document_counts_as_often_as_it_repeats() -> None:
    def document(row: str, cell: str) -> bytes:
        body = (
            f'<o xmlns:table="t" xmlns:office="o"><table:table><table:table-row {row}>'
            f"<table:table-cell {cell}/></table:table-row></table:table></o>"
        )
        return package(content_xml=body.encode())

    scan(document('table:number-rows-repeated="1048576"', 'table:number-columns-repeated="16384"'))
    value = 'office:value-type="float" table:number-columns-repeated="16384"'
    assert "离表格太远" in refused(document('table:number-rows-repeated="1048576"', value))


def test_a_far_cell_of_a_binary_sheet_is_refused() -> None:
    row, cell = (1_000_000).to_bytes(4, "little"), (16_000).to_bytes(4, "little")
    records = bytes([0, len(row)]) + row + bytes([2, len(cell)]) + cell
    assert "离表格太远" in refused(_binary(records))


def _binary(records: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", records)
    return stream.getvalue()


def test_an_unsafe_file_is_told_by_name(tmp_path: Path) -> None:
    path = tmp_path / "预算.xlsx"
    path.write_bytes(sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    with pytest.raises(InputError, match=r"E114.*预算\.xlsx.*XFD1048576"):
        open_workbook(path)


def encrypted(path: Path, password: str) -> Path:
    """A workbook behind a password, as Excel writes it."""
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = write(path.with_name("明文.xlsx"), {"县区数据": [HEADERS, *ROWS]})
    with plain.open("rb") as source, path.open("wb") as target:
        OOXMLFile(source).encrypt(password, target)
    return path


def test_a_password_opens_a_locked_workbook_and_a_wrong_one_says_so(tmp_path: Path) -> None:
    path = encrypted(tmp_path / "加密.xlsx", "青海2026")
    assert open_workbook(path, "青海2026").sheets[0].rows[1][1] == "城东区"
    with pytest.raises(InputError, match=r"E112.*--password-file"):
        open_workbook(path)
    with pytest.raises(InputError, match="E112.*密码不对"):
        open_workbook(path, "青海2025")
