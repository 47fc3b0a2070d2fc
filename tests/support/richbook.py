"""A user's own workbook with everything a department's workbook may hold besides cells; made here, part by part."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

import xlsxwriter
from books import plain_tables

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PNG = base64.b64decode(  # one grey point
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNsaGj4DwAFhAKAjM1mJgAAAABJRU5ErkJggg=="
)
MACRO = b"\xd0\xcf\x11\xe0 not a real macro, but these bytes must stay"
CACHE = (
    '<pivotCacheDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{office}" '
    'refreshOnLoad="1" recordCount="0" saveData="0"><cacheSource type="worksheet"><worksheetSource ref="A1:B3" sheet="本单位"/>'
    '</cacheSource><cacheFields count="2"><cacheField name="项目" numFmtId="0"><sharedItems/></cacheField>'
    '<cacheField name="金额" numFmtId="0"><sharedItems/></cacheField></cacheFields></pivotCacheDefinition>'
)
PIVOT = (
    '<pivotTableDefinition xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="透视表1" cacheId="7" '
    'dataCaption="值"><location ref="P1:Q3" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">'
    '<pivotField showAll="0"/><pivotField dataField="1" showAll="0"/></pivotFields><dataFields count="1">'
    '<dataField name="求和项:金额" fld="1"/></dataFields></pivotTableDefinition>'
)
ADDED = {
    "xl/cellimages.xml": '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"/>',
    "xl/pivotCache/pivotCacheDefinition1.xml": CACHE.format(office=OFFICE),
    "xl/pivotTables/pivotTable1.xml": PIVOT,
    "xl/pivotTables/_rels/pivotTable1.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/pivotCacheDefinition" Target="../pivotCache/pivotCacheDefinition1.xml"/></Relationships>',
    "xl/calcChain.xml": '<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B3" i="5"/></calcChain>',
    "customXml/item1.xml": "<密级>内部</密级>",
}
KINDS = {
    "cellimages.xml": "application/vnd.wps-officedocument.cellimage+xml",
    "pivotCacheDefinition1.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml",
    "pivotTable1.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml",
    "calcChain.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml",
}


def write_rich(path: Path, macros: bool = False, font: str = "等线") -> Path:
    """The example's tables, and a sheet 「本单位」 with chart, picture, validation, conditions, comment, table, sparkline,
    shape, pivot table; names, a picture in a cell as WPS keeps it, macros where wished."""
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(
        memory, {"default_format_properties": {"font_name": font, "font_size": 11}}
    )
    book.set_calc_mode("auto")
    for name, rows in plain_tables().items():
        sheet = book.add_worksheet(name)
        sheet.write(0, 0, "单位：万元")
        for at, row in enumerate(rows, start=1):
            sheet.write_row(
                at, 0, [float(value) if isinstance(value, int | float) else value for value in row]
            )
        sheet.autofilter(1, 0, len(rows), len(rows[0]) - 1)
    _own_sheet(book)
    if macros:
        book.add_vba_project(io.BytesIO(MACRO), is_stream=True)
    book.close()
    path.write_bytes(_with_added_parts(memory.getvalue()))
    return path


ALLOTTED = [
    ["县区", "等级", "均衡性", "生态", "合计", "占比"],
    ["甲县", "一等", 10.4, 5.3],
    ["乙县", "二等", 20.4, 6.3],
    ["丙县", "一等", 30.4, 7.1],
    ["合计", None, 61.2, 18.7],
]
DROPDOWN = (
    '<ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
    '<x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><x14:dataValidation type="list" '
    "allowBlank=\"1\"><x14:formula1><xm:f>'名单'!$A$1:$A$2</xm:f></x14:formula1><xm:sqref>B2:B4</xm:sqref></x14:dataValidation>"
    "</x14:dataValidations></ext>"
)


def write_rich_table(path: Path, macros: bool = False) -> Path:
    """A table of amounts on 「分配表」 with everything of `_own_sheet` around it, a dropdown from another sheet, formulas."""
    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory)
    sheet = book.add_worksheet("分配表")
    for row, cells in enumerate(ALLOTTED):
        sheet.write_row(row, 0, cells, book.add_format({"border": 1, "num_format": "#,##0.0"}))
    shown = [15.7, 26.7, 37.5, 79.9]
    for row, value in enumerate(shown, start=2):
        sheet.write_formula(f"E{row}", f"=SUM(C{row}:D{row})", None, value)
        sheet.write_formula(
            f"F{row}", f"=E{row}/E$5", book.add_format({"num_format": "0.0%"}), value / shown[-1]
        )
    chart = book.add_chart({"type": "column"})
    chart.add_series({"categories": "='分配表'!$A$2:$A$4", "values": "='分配表'!$E$2:$E$4"})
    sheet.insert_chart("H1", chart)
    sheet.insert_image(
        "H18", "图.png", {"image_data": io.BytesIO(PNG), "x_scale": 60, "y_scale": 60}
    )
    sheet.insert_textbox("K18", "请勿外传")
    sheet.conditional_format(
        "C2:D4",
        {"type": "cell", "criteria": ">", "value": 20, "format": book.add_format({"bold": True})},
    )
    sheet.conditional_format("E2:E4", {"type": "data_bar", "data_bar_2010": True})
    sheet.write_comment("C2", "王处长定的口径")
    sheet.add_sparkline("G2", {"range": "'分配表'!C2:D2"})
    sheet.print_area("A1:N32")
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1)
    sheet.set_header("&C内部资料")
    sheet.freeze_panes(1, 1)
    other = book.add_worksheet("名单")
    other.write_column(0, 0, ["一等", "二等"])
    other.write_formula("C1", "='分配表'!C5+1", None, 62.2)
    other.write_formula("C2", "=TEXT('分配表'!C2,\"0.0\")", None, "10.4")
    other.write_formula("C3", "=A1", None, "一等")
    other.add_table("L1:M3", {"data": [["a", 1], ["b", 2]], "name": "小表"})
    book.define_name("均衡性合计", "='分配表'!$C$5")
    if macros:
        book.add_vba_project(io.BytesIO(MACRO), is_stream=True)
    book.close()
    path.write_bytes(_with_added_parts(memory.getvalue(), "sheet2"))
    return path


def _own_sheet(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("本单位")
    sheet.activate()
    sheet.write_row(
        0,
        0,
        ["项目", "金额"],
        book.add_format({"bold": True, "font_name": "楷体", "bg_color": "#FFEE88"}),
    )
    sheet.write_row(1, 0, ["甲", 3])
    sheet.write_row(2, 0, ["乙"])
    sheet.write_formula(2, 1, "=B2*2", book.add_format({"num_format": '#,##0.00"万"'}), 6)
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {"categories": "='本单位'!$A$2:$A$3", "values": "='本单位'!$B$2:$B$3", "name": "本单位的图"}
    )
    sheet.insert_chart("D1", chart)
    sheet.insert_image(
        "D18", "图.png", {"image_data": io.BytesIO(PNG), "x_scale": 60, "y_scale": 60}
    )
    sheet.insert_textbox("H18", "请勿外传")
    sheet.data_validation("A2:A9", {"validate": "list", "source": ["甲", "乙", "丙"]})
    sheet.conditional_format(
        "B2:B9",
        {
            "type": "cell",
            "criteria": ">",
            "value": 5,
            "format": book.add_format({"font_color": "#00AA00"}),
        },
    )
    sheet.conditional_format("B2:B9", {"type": "data_bar", "data_bar_2010": True})
    sheet.write_comment("A2", "王处长定的口径")
    sheet.add_sparkline("C2", {"range": "'本单位'!B2:B3"})
    sheet.add_table("L1:M3", {"data": [["a", 1], ["b", 2]], "name": "小表"})
    sheet.print_area("A1:C3")
    sheet.set_header("&C内部资料")
    book.define_name("合计数", "='本单位'!$B$3")
    book.define_name("'本单位'!局部", "='本单位'!$B$2")


def _with_added_parts(content: bytes, sheet: str = "sheet5") -> bytes:
    memory = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            text = source.read(entry)
            if entry.filename == "[Content_Types].xml":
                overrides = "".join(
                    f'<Override PartName="/{part}" ContentType="{KINDS[part.rpartition("/")[2]]}"/>'
                    for part in ADDED
                    if part.rpartition("/")[2] in KINDS
                )
                text = text.replace(b"</Types>", f"{overrides}</Types>".encode())
            elif entry.filename == "xl/_rels/workbook.xml.rels":
                text = text.replace(
                    b"</Relationships>",
                    (
                        f'<Relationship Id="rId91" Type="{OFFICE}/pivotCacheDefinition" Target="pivotCache/pivotCacheDefinition1.xml"/>'
                        f'<Relationship Id="rId92" Type="{OFFICE}/calcChain" Target="calcChain.xml"/>'
                        '<Relationship Id="rId93" Type="http://www.wps.cn/officeDocument/2020/cellImage" Target="cellimages.xml"/>'
                        "</Relationships>"
                    ).encode(),
                )
            elif entry.filename == f"xl/worksheets/_rels/{sheet}.xml.rels":
                text = text.replace(
                    b"</Relationships>",
                    (
                        f'<Relationship Id="rId91" Type="{OFFICE}/pivotTable" Target="../pivotTables/pivotTable1.xml"/>'
                        "</Relationships>"
                    ).encode(),
                )
            elif entry.filename == "xl/workbook.xml":
                text = re.sub(
                    rb"<calcPr[^>]*/>",
                    rb'\g<0><pivotCaches><pivotCache cacheId="7" r:id="rId91"/></pivotCaches>',
                    text,
                )
            elif entry.filename == "xl/worksheets/sheet1.xml":
                text = text.replace(b"<extLst>", f"<extLst>{DROPDOWN}".encode())
            target.writestr(entry, text)
        for name, text in ADDED.items():
            target.writestr(zipfile.ZipInfo(name, (2020, 2, 3, 4, 5, 6)), text)
    return memory.getvalue()
