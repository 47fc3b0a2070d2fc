"""Small tables that add up, in packages written by hand: as other programs leave them, and as no program should.

`reads` says whether the table is read like any other; else it is refused with this code.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hostile import binary_sheet

Parts = Mapping[str, str | bytes | None]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ROWS: list[list[object]] = [
    ["单位：万元"],
    ["县区", "分配", "调整", "合计"],
    ["甲县", 10.4, 1.5, 11.9],
    ["乙县", 20.4, -1.5, 18.9],
    ["丙县", 30.4, 0.0, 30.4],
    ["合计", 61.2, 0.0, 61.2],
]
SHEET, BOOK, BOOK_RELATIONS, STYLES, TYPES, TEXTS = (
    "xl/worksheets/sheet1.xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "[Content_Types].xml",
    "xl/sharedStrings.xml",
)


@dataclass(frozen=True)
class OddTable:
    """A file of a kind that went wrong somewhere, and what must become of it."""

    name: str
    make: Callable[[], bytes]
    code: str = ""
    """Empty where it is read."""
    suffix: str = ".xlsx"

    def __str__(self) -> str:
        return self.name


def cell(row: int, column: int, value: object, attributes: str = "") -> str:
    """One cell, texts in place."""
    start = f'<c r="{"ABCDEFGH"[column]}{row}"{attributes}'
    return (
        f'{start} t="inlineStr"><is><t>{value}</t></is></c>'
        if isinstance(value, str)
        else f"{start}><v>{value}</v></c>"
    )


def rows(attributes: str = "") -> str:
    """The table's rows; `attributes` go to every cell."""
    return "".join(
        f'<row r="{number}">'
        + "".join(cell(number, at, value, attributes) for at, value in enumerate(values))
        + "</row>"
        for number, values in enumerate(ROWS, 1)
    )


def sheet(more: str = "", after: str = "", before: str = "", attributes: str = "") -> str:
    """The worksheet: with more rows, with what comes before and after them."""
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}">{before}<sheetData>{rows(attributes)}{more}</sheetData>{after}</worksheet>'


def relations(*found: tuple[str, str]) -> str:
    """A part of relations: kind and target."""
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATION}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(found, 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def base() -> dict[str, str]:
    """The parts of a package that every program reads."""
    sheets = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    kinds = "".join(
        f'<Override PartName="/{part}" ContentType="{sheets}.{kind}+xml"/>'
        for part, kind in ((BOOK, "sheet.main"), (SHEET, "worksheet"), (STYLES, "styles"))
    )
    return {
        TYPES: f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>',
        "_rels/.rels": relations(("officeDocument", BOOK)),
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets><sheet name="县区数据" sheetId="1" r:id="rId1"/></sheets></workbook>',
        BOOK_RELATIONS: relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("styles", "styles.xml"),
            ("sharedStrings", "sharedStrings.xml"),
        ),
        STYLES: f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts><fills count="1"><fill>'
        '<patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
        '</cellStyleXfs><cellXfs count="1"><xf xfId="0"/></cellXfs></styleSheet>',
        TEXTS: f'<sst xmlns="{MAIN}"><si><t>注：甲</t></si></sst>',
        SHEET: sheet(),
    }


def packed(changed: Parts, named: Callable[[str], str] = str) -> bytes:
    """The package with some parts changed, added or (None) taken out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**base(), **changed}.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(named(name)), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def odd(name: str, changed: Parts, code: str = "") -> OddTable:
    """A package with changed parts."""
    return OddTable(name, lambda: packed(changed), code)


def odd_tables() -> Iterator[OddTable]:
    """Every kind."""
    yield OddTable("平常", lambda: packed({}))
    yield from _styles()
    yield from _reaching_far()
    yield from _wrong_places()
    yield from _parts()
    yield from _containers()
    yield from _documents()
    yield from _binaries()


def _styles() -> Iterator[OddTable]:
    yield odd("没有样式部件", {STYLES: None})
    yield odd(
        "没有样式部件也没有关系",
        {STYLES: None, BOOK_RELATIONS: relations(("worksheet", "worksheets/sheet1.xml"))},
    )
    for style in ("", "99", "-1", "甲"):
        yield odd(f"样式号「{style}」", {SHEET: sheet(attributes=f' s="{style}"')})
    for empty in (
        "<fill/>",
        "<fill></fill>",
        "<fill><patternFill/></fill>",
        "<fill><gradientFill/></fill>",
    ):
        yield odd(
            f"填充{empty}",
            {
                STYLES: base()[STYLES].replace(
                    '<fill><patternFill patternType="none"/></fill>', empty
                )
            },
        )
    yield odd("样式部件为零字节", {STYLES: ""}, "E113")


def _reaching_far() -> Iterator[OddTable]:
    last = '<row r="1048576"{}</row>'
    yield odd("末格有样式", {SHEET: sheet(last.format('><c r="XFD1048576" s="0"/>'))})
    yield odd("末行有行高", {SHEET: sheet(last.format(' ht="12" customHeight="1">'))})
    yield odd("范围到末格", {SHEET: sheet(before='<dimension ref="A1:XFD1048576"/>')})
    yield odd("末格有数", {SHEET: sheet(last.format('><c r="XFD1048576"><v>1</v></c>'))}, "E114")
    for place in ("A1048576", "XFD1048576"):
        yield odd(
            f"批注在{place}",
            {
                "xl/comments1.xml": f'<comments xmlns="{MAIN}"><authors><author>甲</author></authors><commentList>'
                f'<comment ref="{place}" authorId="0"><text><t>看</t></text></comment></commentList></comments>',
                "xl/worksheets/_rels/sheet1.xml.rels": relations(("comments", "../comments1.xml")),
            },
        )
    for merged in ("F1:G1048576", "A9:XFD1048576", "A8:XFD8"):
        yield odd(
            f"合并{merged}",
            {SHEET: sheet(after=f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>')},
        )
    yield odd(
        "整表有效性",
        {
            SHEET: sheet(
                after='<dataValidations count="1"><dataValidation type="list" sqref="A1:XFD1048576">'
                '<formula1>"甲"</formula1></dataValidation></dataValidations>'
            )
        },
    )
    yield odd(
        "隐藏无穷列",
        {SHEET: sheet(before='<cols><col min="9" max="99999999999" width="9" hidden="1"/></cols>')},
    )


def _wrong_places() -> Iterator[OddTable]:
    for row in ("0", "-1", "甲", "1048577", "4294967295", "4294967296", "9" * 11, "9" * 30):
        yield odd(f"行号{row}", {SHEET: sheet(f'<row r="{row}"><c><v>1</v></c></row>')}, "E11[34]")
    for place in (
        "A0",
        "XFE9",
        "ZZZZZZZ9",
        "A" * 40 + "9",
        "A99999999",
        "A" + "9" * 30,
        "A4294967296",
        "9",
        "B",
        "",
        "甲9",
        "A-1",
        "$A$9",
        "A9:B9",
    ):
        yield odd(
            f"格{place}有数",
            {SHEET: sheet(f'<row r="9"><c r="{place}"><v>1</v></c></row>')},
            "E11[34]",
        )
    for index in ("-1", "9", "甲", "1.5", "9" * 20, " 0 "):
        yield odd(
            f"共享文本{index}",
            {SHEET: sheet(f'<row r="9"><c r="A9" t="s"><v>{index}</v></c></row>')},
            "E113",
        )
    yield odd("共享文本有", {SHEET: sheet('<row r="9"><c r="A9" t="s"><v>0</v></c></row>')})
    yield odd(
        "共享文本部件缺失",
        {SHEET: sheet('<row r="9"><c r="A9" t="s"><v>0</v></c></row>'), TEXTS: None},
        "E113",
    )


def _parts() -> Iterator[OddTable]:
    yield odd("缺类型部件", {TYPES: None})
    yield odd("没有工作簿部件", {BOOK: None}, "E113")
    yield odd("没有工作表", {BOOK: f'<workbook xmlns="{MAIN}"><sheets/></workbook>'}, "E113")
    for part in (BOOK, STYLES, "_rels/.rels"):
        yield odd(
            f"没有声明的前缀-{part}",
            {part: base()[part].replace(' xmlns="', ' x:a="1" xmlns="', 1)},
            "E113",
        )
    yield odd("缺工作表部件", {SHEET: None}, "E113")
    yield OddTable("反斜杠路径", lambda: packed({}, lambda name: name.replace("/", "\\")))
    yield OddTable("大写路径", lambda: packed({}, str.upper))
    drawing = '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox><div>一<br>二</div></v:textbox></v:shape></xml>'
    yield odd(
        "VML不闭合",
        {
            "xl/drawings/vmlDrawing1.vml": drawing,
            SHEET: sheet(after='<legacyDrawing r:id="rId1"/>'),
            "xl/worksheets/_rels/sheet1.xml.rels": relations(
                ("vmlDrawing", "../drawings/vmlDrawing1.vml")
            ),
        },
    )
    yield odd(
        "空的附属部件",
        {"docProps/app.xml": "", "customXml/item1.xml": "", "xl/theme/theme1.xml": ""},
    )
    yield odd(
        "附属部件两字节编码",
        {
            "customXml/item1.xml": '<?xml version="1.0" encoding="UTF-16"?><a>一</a>'.encode(
                "utf-16"
            )
        },
    )
    cache = f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{RELATION}" r:id="rId1"><cacheSource type="worksheet"/></pivotCacheDefinition>'
    yield odd(
        "透视表缓存",
        {
            "xl/pivotCache/pivotCacheDefinition1.xml": cache,
            BOOK: base()[BOOK].replace(
                "</workbook>",
                '<pivotCaches><pivotCache cacheId="1" r:id="rId9"/></pivotCaches></workbook>',
            ),
            BOOK_RELATIONS: base()[BOOK_RELATIONS].replace(
                "</Relationships>",
                f'<Relationship Id="rId9" Type="{RELATION}/pivotCacheDefinition" '
                'Target="pivotCache/pivotCacheDefinition1.xml"/></Relationships>',
            ),
        },
    )
    yield odd(
        "扩展",
        {
            SHEET: sheet(
                after='<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x/></ext></extLst>'
            )
        },
    )
    yield odd(
        "坏的名称定义",
        {
            BOOK: base()[BOOK].replace(
                "</workbook>",
                '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="7">#REF!</definedName></definedNames></workbook>',
            )
        },
    )
    for part in ("docProps/app.xml", SHEET, STYLES):
        yield odd(f"嵌套过深-{part}", {part: b"<a>" * 9_000_000}, "E114")


# ---------------------------------------------------------------- containers of old workbooks


def container(**changed: tuple[int, int]) -> bytes:
    """The header of a container and one sector of its table, with numbers written at places."""
    content = bytearray(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(10)
        + struct.pack("<5I", 1, 0, 0, 4096, 0xFFFFFFFE)
        + struct.pack("<3I", 0, 0xFFFFFFFE, 0)
    )
    content += struct.pack("<I", 0) + b"\xff" * (512 - len(content) - 4)
    content += struct.pack("<I", 0xFFFFFFFD) + b"\xff" * 508 + bytes(512)
    for place, number in changed.values():
        struct.pack_into("<I", content, place, number)
    return bytes(content)


def _containers() -> Iterator[OddTable]:
    for name, changed in {
        "目录链自环": {"first": (48, 1), "link": (516, 1)},
        "目录链是表自己": {"link": (512, 0)},
        "两扇区相环": {"one": (512, 1), "two": (516, 0)},
        "小扇区表自环": {"mini": (60, 1), "link": (516, 1)},
        "表的表自环": {"first": (68, 0), "link": (1020, 0)},
        "表列出两次": {"again": (80, 0)},
    }.items():
        yield OddTable(f"容器{name}", lambda changed=changed: container(**changed), "E113", ".xls")  # type: ignore[misc]


# ---------------------------------------------------------------- open documents


def document(more: str = "", parts: Parts | None = None) -> bytes:
    """The table as an .ods, by hand."""

    def row(values: list[object]) -> str:
        cells = (
            f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
            if isinstance(value, str)
            else f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
            for value in values
        )
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" xmlns:text="{office}:text:1.0">'
        f'<office:body><office:spreadsheet><table:table table:name="县区数据">{"".join(map(row, ROWS))}{more}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/></manifest:manifest>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), kind)
        for name, text in {
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
            **(parts or {}),
        }.items():
            if text is not None:
                archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _documents() -> Iterator[OddTable]:
    yield OddTable("ods", document, suffix=".ods")
    for part in (
        "Configurations2/accelerator/current.xml",
        "styles.xml",
        "settings.xml",
        "meta.xml",
    ):
        yield OddTable(
            f"ods零字节{part}", lambda part=part: document(parts={part: ""}), suffix=".ods"
        )  # type: ignore[misc]
    yield OddTable("ods内容零字节", lambda: document(parts={"content.xml": ""}), "E113", ".ods")
    hidden = '<table:table-row table:visibility="filter" table:number-rows-repeated="{}"><table:table-cell/></table:table-row>'
    for times, code in {"1048570": "", "999999999": "", "9" * 30: "E113"}.items():
        yield OddTable(
            f"ods隐藏{times}行", lambda times=times: document(hidden.format(times)), code, ".ods"
        )  # type: ignore[misc]
    noted = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row><table:table-row>'
        "<table:table-cell><office:annotation><text:p>看</text:p></office:annotation></table:table-cell></table:table-row>"
    )
    yield OddTable("ods末行有批注", lambda: document(noted), suffix=".ods")
    locked = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry m:full-path="content.xml">'
        '<m:encryption-data m:checksum=""/></m:file-entry></m:manifest>'
    )
    yield OddTable(
        "ods加密",
        lambda: document(parts={"META-INF/manifest.xml": locked, "content.xml": b"\x93\x00" * 99}),
        "E11[23]",
        ".ods",
    )


# ---------------------------------------------------------------- .xlsb


def binary(*more: list[object]) -> bytes:
    """The table as an .xlsb, by hand."""

    def record(kind: int, body: bytes = b"") -> bytes:
        start = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return start + bytes([len(body)]) + body

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("县区数据"))
        + record(144)
        + record(132)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TYPES, f'<Types xmlns="{PACKAGE}/content-types"/>')
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/_rels/workbook.bin.rels", relations(("worksheet", "worksheets/sheet1.bin"))
        )
        archive.writestr("xl/worksheets/sheet1.bin", binary_sheet([*ROWS, *more]))
    return stream.getvalue()


def _binaries() -> Iterator[OddTable]:
    yield OddTable("xlsb", binary, suffix=".xlsb")
    for text in ("注\x00\x01\x0b\x1f", "注\x7f\ufffe", "=1+1"):
        yield OddTable(f"xlsb控制字符{text!a}", lambda text=text: binary([text]), suffix=".xlsb")  # type: ignore[misc]
