"""Broken and hostile files, and the example in other formats: what each is, and which words must be said of it.

`make` writes the file and gives its bytes; `exit` is the code the program must end with, `says` what it must say.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from books import EXAMPLE
from corpus import COUNTIES, tables

FIXTURES = Path(__file__).parents[1] / "fixtures"
SHEET, POOLS_SHEET, STRINGS, BOOK = (
    "xl/worksheets/sheet1.xml",
    "xl/worksheets/sheet2.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
)
CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'


@dataclass(frozen=True)
class Hostile:
    """A file and what must become of it."""

    name: str
    make: Callable[[], bytes]
    says: str
    exit: int = 1
    suffix: str = ".xlsx"

    def __str__(self) -> str:
        return self.name


@cache
def parts() -> dict[str, bytes]:
    """The example's parts."""
    with zipfile.ZipFile(EXAMPLE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(changed: dict[str, bytes | None], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The example with some parts changed, added, or (None) taken out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in {**parts(), **changed}.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def edited(part: str, old: str, new: str) -> Callable[[], bytes]:
    """The example with the first match of a pattern in a part replaced."""

    def make() -> bytes:
        text, count = re.subn(old, lambda _: new, parts()[part].decode(), count=1)
        assert count, f"{old} is not in {part}"
        return packed({part: text.encode()})

    return make


def with_rows(rows: str) -> bytes:
    """The example, its first sheet followed by more rows."""
    return packed(
        {SHEET: parts()[SHEET].decode().replace("</sheetData>", rows + "</sheetData>").encode()}
    )


def hostile() -> Iterator[Hostile]:
    """Every case."""
    yield from _archives()
    yield from _markup()
    yield from _sheets()
    yield from _other_content()
    yield from _formats()


def _archives() -> Iterator[Hostile]:
    whole = EXAMPLE.read_bytes()
    for share in (0.02, 0.3, 0.5, 0.9, 0.999):
        yield Hostile(f"截断-{share}", lambda share=share: whole[: int(len(whole) * share)], "E113")  # type: ignore[misc]
    yield Hostile("只有文件头", lambda: b"PK\x03\x04", "E113")
    yield Hostile(
        "压缩炸弹", lambda: packed({"xl/media/a.bin": bytes(310 * 2**20)}), "E114.*300 MB"
    )
    yield Hostile("谎报大小", _lying, "E11[34]")
    yield Hostile(
        "压缩炸弹-工作表",
        lambda: packed({SHEET: b"<worksheet><sheetData>" + b"<row/>" * 12_000_000}),
        "E11[34]",
    )
    yield Hostile("重名部件", _doubled, "E114.*重名")
    yield Hostile("重叠部件", _overlapping, "E114.*重叠")
    for name in ("../../etc/evil.xml", "/etc/evil.xml", "xl\\..\\evil.xml"):
        yield Hostile(f"路径-{ascii(name)}", lambda name=name: packed({name: b"x"}), "E114.*路径")  # type: ignore[misc]
    yield Hostile(
        "部件过多",
        lambda: packed({f"a{i}.xml": b"" for i in range(10_500)}, zipfile.ZIP_STORED),
        "E114.*部件过多",
    )
    yield Hostile(
        "压缩方法", lambda: packed({"a.xml": b"<a/>"}, zipfile.ZIP_BZIP2), "E114.*压缩方法"
    )
    yield Hostile("嵌套压缩包", lambda: packed({"xl/embeddings/a.xlsx": whole}), "没有错误", 0)
    for part in (SHEET, BOOK, "xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        exits = 0 if part.startswith("[") else 1
        yield Hostile(
            f"缺部件-{part}",
            lambda part=part: packed({part: None}),
            "" if not exits else "E(113|301)",
            exits,
        )  # type: ignore[misc]
        yield Hostile(f"部件为空-{part}", lambda part=part: packed({part: b""}), "E113")  # type: ignore[misc]
        yield Hostile(
            f"部件不是XML-{part}", lambda part=part: packed({part: b"\x00\xff" * 99}), "E113"
        )  # type: ignore[misc]
        yield Hostile(
            f"部件没写完-{part}", lambda part=part: packed({part: parts()[part][:-20]}), "E113"
        )  # type: ignore[misc]
    yield Hostile("坏校验和", _bad_checksum, "E113")


def _lying() -> bytes:
    """A part of 310 MB that says it has 100 bytes."""
    content = bytearray(packed({"a.bin": bytes(310 * 2**20)}))
    size = struct.pack("<I", 310 * 2**20)
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = struct.pack("<I", 100)
    return bytes(content)


def _doubled() -> bytes:
    stream = io.BytesIO(packed({}))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(SHEET.replace("sheet1", "SHEET1"), parts()[POOLS_SHEET])
    return stream.getvalue()


def _overlapping() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts().items():
            archive.writestr(name, content)
        archive.filelist[1].header_offset = archive.filelist[0].header_offset
    return stream.getvalue()


def _bad_checksum() -> bytes:
    content = packed({}, zipfile.ZIP_STORED)
    return content.replace(b"<sheetData>", b"<sheetdata>", 1)


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def _markup() -> Iterator[Hostile]:
    for part in (
        SHEET,
        STRINGS,
        BOOK,
        "xl/styles.xml",
        "docProps/app.xml",
        "xl/_rels/workbook.xml.rels",
        "[Content_Types].xml",
    ):
        for kind, text in (
            ("实体炸弹", ENTITIES),
            ("外部实体", '<!DOCTYPE x SYSTEM "file:///etc/passwd">'),
        ):

            def make(part: str = part, text: str = text) -> bytes:
                content = parts().get(part, b'<?xml version="1.0"?><sst/>').decode()
                return packed(
                    {
                        part: re.sub(
                            r"(<\?xml[^>]*\?>)?",
                            lambda found: (found[0] or "") + text,
                            content,
                            count=1,
                        ).encode()
                    }
                )

            yield Hostile(f"{kind}-{part}", make, "E114.*DTD")
    long = "长" * 900_000
    yield Hostile(
        "长文本",
        lambda: with_rows(f'<row r="99"><c r="A99" t="inlineStr"><is><t>{long}</t></is></c></row>'),
        "E114.*文本",
    )
    yield Hostile("共享文本炸弹", _shared_texts, "E114.*文字合计过多")
    yield Hostile("长属性", lambda: with_rows(f'<row r="99" spans="{long}"/>'), "E114.*文本")
    yield Hostile("深嵌套", lambda: packed({"xl/styles.xml": b"<a>" * 300_000}), "E11[34]")
    yield Hostile(
        "外部链接",
        lambda: packed({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}),
        "没有错误",
        0,
    )
    yield Hostile(
        "外部关系",
        edited(
            "xl/_rels/workbook.xml.rels",
            "<Relationship ",
            '<Relationship Id="r9" TargetMode="External" Type="x" Target="http://x.invalid/a"/><Relationship ',
        ),
        "没有错误",
        0,
    )


def _shared_texts() -> bytes:
    cells = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 20_000))
    return packed(
        {
            STRINGS: f"<sst><si><t>{'长' * 150_000}</t></si></sst>".encode(),
            SHEET: f"<worksheet><sheetData>{cells}</sheetData></worksheet>".encode(),
        }
    )


def _sheets() -> Iterator[Hostile]:
    yield Hostile(
        "远角",
        lambda: with_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        f"E114.*{COUNTIES}.*XFD1048576",
    )
    yield Hostile(
        "远列", lambda: with_rows('<row r="99"><c r="XFD99"><v>1</v></c></row>'), "E114.*XFD99"
    )
    yield Hostile(
        "远行",
        lambda: with_rows('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'),
        "E1(14|32|52)|E304|W351|E305",
    )
    yield Hostile("百万空行", lambda: with_rows("<row/>" * 1_000_000), "没有错误", 0)
    yield Hostile(
        "十万带格式空行",
        lambda: with_rows(
            "".join(
                f'<row r="{r}"><c r="A{r}" s="1"/><c r="B{r}" s="1"/></row>'
                for r in range(100, 100_100)
            )
        ),
        "没有错误",
        0,
    )
    yield Hostile(
        "带格式的末行",
        lambda: with_rows('<row r="1048576"><c r="XFD1048576" s="1"/></row>'),
        "没有错误",
        0,
    )
    yield Hostile(
        "单元格过多",
        lambda: with_rows(
            "".join(
                f'<row r="{r}">' + f'<c r="A{r}"><v>1</v></c>' + f'<c r="CV{r}"><v>1</v></c></row>'
                for r in range(100, 60_000)
            )
        ),
        "E114",
    )
    yield Hostile(
        "一行两次",
        lambda: with_rows('<row r="5"><c r="G5"><v>1</v></c></row>'),
        f"E114.*{COUNTIES}.*第 5 行",
    )
    yield Hostile(
        "一格两次",
        lambda: with_rows('<row r="99"><c r="A99"><v>1</v></c><c r="A99"><v>2</v></c></row>'),
        "E114.*A99",
    )
    yield Hostile(
        "一格写在别的行里",
        lambda: with_rows('<row r="99"><c r="G7"><v>1</v></c></row>'),
        "E114.*G7",
    )
    yield Hostile(
        "WPS范围A1",
        edited(SHEET, '<dimension ref="[^"]*"/>', '<dimension ref="A1"/>'),
        "没有错误",
        0,
    )
    yield Hostile(
        "范围谎报",
        edited(SHEET, '<dimension ref="[^"]*"/>', '<dimension ref="A1:XFD1048576"/>'),
        "没有错误",
        0,
    )
    merge = '</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    yield Hostile("巨大合并", edited(SHEET, "</sheetData>", merge), f"E123.*{COUNTIES}")
    many = "".join(f'<mergeCell ref="A{i}:B{i}"/>' for i in range(200, 150_000))
    yield Hostile(
        "很多合并",
        edited(SHEET, "</sheetData>", f"</sheetData><mergeCells>{many}</mergeCells>"),
        "E114.*合并",
    )
    for value, code in (
        ("NaN", "E10[23]"),
        ("INF", "E10[23]"),
        ("1e308", "E103"),
        ("1e999", "E10[23]"),
        ("", "E314"),
    ):
        yield Hostile(
            f"数值-{value}",
            lambda value=value: _number(f"<v>{value}</v>"),
            f"{code}.*{COUNTIES}.*G\\d",
        )  # type: ignore[misc]
    yield Hostile("数值-不是数", lambda: _number("<v>abc</v>"), f"E102.*{COUNTIES}.*G\\d")
    yield Hostile(
        "公式-没有结果", lambda: _number("<f>1+1</f>"), f"E102.*{COUNTIES}.*G\\d.*没有保存计算结果"
    )
    yield Hostile("公式-有结果", lambda: _number("<f>96357.5*2</f><v>192715</v>"), "W139.*G\\d", 0)
    yield Hostile("公式-外部引用", lambda: _number("<f>[1]Sheet1!A1</f><v>192715</v>"), "W139", 0)
    for error in ("#DIV/0!", "#N/A", "#REF!", "#VALUE!"):
        yield Hostile(
            f"错误值-{error}",
            lambda error=error: _number(f"<v>{error}</v>", ' t="e"'),
            f"E102.*{COUNTIES}.*G\\d.*错误值",
        )  # type: ignore[misc]
    yield Hostile("布尔", lambda: _number("<v>1</v>", ' t="b"'), f"E102.*{COUNTIES}.*G\\d")
    yield Hostile("日期", lambda: _number("<v>2026-01-05</v>", ' t="d"'), f"E102.*{COUNTIES}.*G\\d")
    yield Hostile("共享文本越界", lambda: _number("<v>99999999</v>", ' t="s"'), "E113|E314")
    yield Hostile(
        "隐藏行", edited(SHEET, '<row r="9"', '<row r="9" hidden="1"'), "W138.*第 9 行", 0
    )
    yield Hostile(
        "隐藏列",
        edited(SHEET, "<cols>", '<cols><col min="7" max="7" width="9" hidden="1"/>'),
        "W138.*可用财力",
        0,
    )
    yield Hostile(
        "隐藏工作表",
        edited(BOOK, f'name="{COUNTIES}"', f'name="{COUNTIES}" state="veryHidden"'),
        "W138.*整张工作表",
        0,
    )


def _number(inside: str, kind: str = "") -> bytes:
    """The example with 可用财力 of its first county written another way."""
    text, count = re.subn(
        r'<c r="(G\d+)"( s="\d+")?><v>192715</v></c>',
        rf'<c r="\1"\2{kind}>{inside}</c>',
        parts()[SHEET].decode(),
    )
    assert count == 1
    return packed({SHEET: text.encode()})


def _other_content() -> Iterator[Hostile]:
    page = "<html><body><table><tr><td>县区名称</td></tr></table></body></html>"
    for name, content, says in (
        ("空文件", b"", "E111.*空文件"),
        ("网页", page.encode(), "E111.*网页"),
        ("网页GBK", page.encode("gbk"), "E111.*网页"),
        ("网页BOM", b"\xef\xbb\xbf \r\n" + page.encode(), "E111.*网页"),
        ("CSV", "县区,数\n甲,1\n".encode("gbk"), "E111.*文本"),
        (
            "XML表格",
            b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
            "E111.*XML",
        ),
        ("PDF", b"%PDF-1.7\n" + bytes(range(256)) * 9, "E11[13]"),
        ("图片", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "E11[13]"),
        ("零", bytes(5000), "E11[13]"),
        ("只有OLE头", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "E11[23]"),
        (
            "加密残片",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(600)
            + "EncryptedPackage".encode("utf-16-le"),
            "E112",
        ),
        ("gzip", b"\x1f\x8b" + zlib.compress(b"a" * 9999), "E11[13]"),
        ("UTF-16文本", "县区,数\n".encode("utf-16"), "E11[13]"),
    ):
        yield Hostile(name, lambda content=content: content, says, suffix=".xls")  # type: ignore[misc]
    whole = (FIXTURES / "qinghai.xls").read_bytes()
    for share in (0.1, 0.5, 0.9):
        yield Hostile(
            f"xls截断-{share}",
            lambda share=share: whole[: int(len(whole) * share)],
            "E113",
            suffix=".xls",
        )  # type: ignore[misc]


def _formats() -> Iterator[Hostile]:
    for suffix in (".xls", ".ods"):

        def make(suffix: str = suffix) -> bytes:
            return (FIXTURES / f"qinghai{suffix}").read_bytes()

        yield Hostile(f"示例存为{suffix}", make, "没有错误", 0, suffix)
        yield Hostile(f"示例存为{suffix}改名", make, "没有错误", 0, ".xlsx")
    yield Hostile("示例存为.xlsm", as_xlsm, "没有错误", 0, ".xlsm")
    yield Hostile("示例存为.xlsb", as_xlsb, "没有错误", 0, ".xlsb")


def as_xlsm() -> bytes:
    """The example as a workbook with macros."""
    kinds = parts()["[Content_Types].xml"].replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    return packed(
        {"[Content_Types].xml": kinds, "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(99)}
    )


# ---------------------------------------------------------------- a small .xlsb by hand


def record(kind: int, body: bytes = b"") -> bytes:
    """A record: kind and length in groups of seven bits."""
    return _sevens(kind) + _sevens(len(body)) + body


def _sevens(number: int) -> bytes:
    pieces = []
    while True:
        number, low = number >> 7, number & 0x7F
        pieces.append(low | (0x80 if number else 0))
        if not number:
            return bytes(pieces)


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_sheet(rows: list[list[object]]) -> bytes:
    """The records of one sheet: rows, real numbers, texts."""
    width = max(map(len, rows))
    records = [
        record(129),
        record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)),
        record(145),
    ]
    for number, cells in enumerate(rows):
        records.append(record(0, struct.pack("<IIHHI", number, 0, 300, 0, 0)))
        for column, cell in enumerate(cells):
            place = struct.pack("<II", column, 0)
            if isinstance(cell, str):
                records.append(record(6, place + _wide(cell)))
            elif cell is not None:
                records.append(record(5, place + struct.pack("<d", cell)))  # type: ignore[arg-type]
    return b"".join([*records, record(146), record(130)])


def as_xlsb() -> bytes:
    """The example's plain tables as a binary workbook."""
    sheets = {name: [["单位：万元"], *rows] for name, rows in tables().items()}
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="worksheet" Target="worksheets/sheet{i}.bin"/>'
        for i in range(1, len(sheets) + 1)
    )
    book = (
        record(131)
        + record(143)
        + b"".join(
            record(156, struct.pack("<II", 0, i) + _wide(f"rId{i}") + _wide(name))
            for i, name in enumerate(sheets, 1)
        )
        + record(144)
        + record(132)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>',
        )
        for i, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{i}.bin", binary_sheet(rows))
    return stream.getvalue()
