"""Kinds of forgery: rows, columns, sheets, pages, and what lies over the cells."""

from __future__ import annotations

import random
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import openpyxl
from forgery import (
    ALLOCATION,
    ART,
    DRAWING,
    MAIN,
    OFFICE,
    PROOF,
    SHEETS,
    Book,
    column_of,
    kind,
    reseal,
    row_of,
    some_number,
    some_sheet,
)
from lxml import etree

# Rows, columns, sheets --------------------------------------------------------------------------------------------


@kind("column")
def _column(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    column = column_of(generator.choice(book.shown(name)))
    said = generator.choice(
        [
            {"hidden": "1"},
            {"width": "0"},
            {"width": "0.5"},
            {"width": "1.5"},
            {"hidden": "1", "outlineLevel": "1", "collapsed": "1"},
        ]
    )
    holder = book.child(name, "cols")
    for each in list(holder):
        low, high = int(each.get("min")), int(each.get("max"))
        if low <= column <= high:
            for first, last in ((low, column - 1), (column, column), (column + 1, high)):
                if first <= last:
                    part = deepcopy(each)
                    part.set("min", str(first))
                    part.set("max", str(last))
                    if first == column == last:
                        part.attrib.update(said)
                        part.set("customWidth", "1")
                    each.addprevious(part)
            holder.remove(each)
    return f"{name} {column} {said}"


@kind("row")
def _row(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    number = row_of(generator.choice(book.shown(name)))
    row = next(row for row in book.sheet(name).iter("{*}row") if int(row.get("r")) == number)
    said = generator.choice(
        [
            {"hidden": "1"},
            {"ht": "0"},
            {"ht": "1"},
            {"hidden": "1", "outlineLevel": "1"},
            {"hidden": "1", "collapsed": "1"},
        ]
    )
    row.attrib.update({**said, "customHeight": "1"})
    return f"{name} {number} {said}"


@kind("rows filtered")
def _filtered(book: Book, generator: random.Random) -> str | None:
    name = generator.choice([ALLOCATION, "测算说明", "约束审计", "输入数据"])
    filter_ = book.child(name, "autoFilter")
    rows = [row for row in book.sheet(name).iter("{*}row") if int(row.get("r")) > 6][
        : generator.randint(1, 3)
    ]
    column = etree.SubElement(filter_, f"{{{MAIN}}}filterColumn", colId="1")
    etree.SubElement(etree.SubElement(column, f"{{{MAIN}}}filters"), f"{{{MAIN}}}filter", val="甲")
    for row in rows:
        row.set("hidden", "1")
    return f"{name}: {len(rows)}"


@kind("sheet view")
def _view(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator, (ALLOCATION, "测算说明", "约束审计"))
    view = book.sheet(name).find(".//{*}sheetView")
    said = generator.choice(
        [{"showZeros": "0"}, {"showFormulas": "1"}, {"rightToLeft": "1"}, {"topLeftCell": "A9"}]
    )
    view.attrib.update(said)
    return f"{name} {said}"


@kind("merged over")
def _merged(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    letters = re.match("[A-Z]+", cell.get("r"))[0]  # type: ignore[index]
    holder = book.child(name, "mergeCells")
    first, last = max(row_of(cell) - 1, 5), max(row_of(cell), 6)
    etree.SubElement(holder, f"{{{MAIN}}}mergeCell", ref=f"{letters}{first}:{letters}{last}")
    return f"{name} {letters}{first}:{letters}{last}"


@kind("true sheet hidden, a false one in front")
def _front(book: Book, generator: random.Random) -> str:
    name = generator.choice([ALLOCATION, "测算说明", "均衡性指标"])
    false = deepcopy(book.sheet(name))
    for tag in ("drawing", "legacyDrawing"):
        for each in false.findall(f"{{*}}{tag}"):
            false.remove(each)
    for cell in list(false.iter("{*}c"))[60:]:
        if cell.get("t", "n") == "n" and cell.find("{*}f") is None and cell.findtext("{*}v"):
            cell.find("{*}v").text = repr(float(cell.findtext("{*}v")) + 1)
    if generator.random() < 0.7:
        book.entry(name).set("state", generator.choice(["hidden", "veryHidden"]))
    title = generator.choice([f"{name} ", f"{name}表", "分配结果（定稿）", f"{name}（1）"])
    book.add_sheet(title, false, generator.choice([0, None, 2]))
    return f"{name} behind {title!r}"


@kind("sheet hidden")
def _hidden(book: Book, generator: random.Random) -> str:
    name = generator.choice(list(book.sheets))
    book.entry(name).set("state", generator.choice(["hidden", "veryHidden"]))
    return name


@kind("sheet gone with its seal")
def _gone(book: Book, generator: random.Random) -> str:
    name = generator.choice(["测算说明", "约束审计", "敏感性", "均衡性指标"])
    book.entry(name).set("name", "说明")
    for cell in book.find(PROOF, name):
        book.put(cell, "说明")
    return name


@kind("sheet renamed")
def _renamed(book: Book, generator: random.Random) -> str:
    name = generator.choice(
        [
            name
            for name in book.sheets
            if name not in ("输入数据", "图表数据", "敏感性分县", "测算说明")
        ]
    )
    book.entry(name).set("name", f"{name}（定稿）")
    return name


@kind("sheets in another order")
def _order(book: Book, generator: random.Random) -> str:
    holder = book.workbook.find("{*}sheets")
    sheets = list(holder)
    one, two = generator.sample(range(len(sheets)), 2)
    sheets[one], sheets[two] = sheets[two], sheets[one]
    for each in sheets:
        holder.remove(each)
    holder.extend(sheets)
    swap = {str(one): str(two), str(two): str(one)}
    for each in book.workbook.findall(".//{*}definedName[@localSheetId]"):
        each.set("localSheetId", swap.get(each.get("localSheetId"), each.get("localSheetId")))
    return f"{one} ⇄ {two}"


@kind("further sheet")
def _further(book: Book, generator: random.Random) -> str:
    root = etree.fromstring(
        f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>以本表为准</t></is></c>'
        '<c r="B1"><v>12345</v></c></row></sheetData></worksheet>'
    )
    name = generator.choice(["定稿", "审批意见", "人工调整", "县区数据"])
    book.add_sheet(name, root, generator.choice([0, None, 3]))
    return name


# Pages ------------------------------------------------------------------------------------------------------------


@kind("footer")
def _footer(book: Book, generator: random.Random) -> str:
    name = generator.choice(list(book.sheets))
    found = book.sheet(name).find("{*}headerFooter/{*}oddFooter")
    how = generator.choice(["code", "scenario", "header", "first", "even", "white"])
    if how == "code":
        found.text = re.sub(
            "校验码 .{4}",
            lambda match: match[0][:-2] + ("01" if match[0][-2:] != "01" else "10"),
            found.text,
        )
    elif how == "scenario":
        found.text = found.text.replace("校验码", "定稿 校验码")
    elif how == "white":
        found.text = found.text.replace("&9", "&9&KFFFFFF", 1)
    else:
        holder = found.getparent()
        if how == "header":
            found.addprevious(etree.Element(f"{{{MAIN}}}oddHeader"))
            holder[0].text = "&C已经审定"
        else:
            holder.set({"first": "differentFirst", "even": "differentOddEven"}[how], "1")
            etree.SubElement(holder, f"{{{MAIN}}}{how}Footer").text = "&C校验码 ffffff…ffff"
    return f"{name} {how}"


def local_name(book: Book, name: str, sheet: str) -> Any:
    at = str([entry.get("name") for entry in book.workbook.findall(".//{*}sheet")].index(sheet))
    return next(
        each
        for each in book.workbook.findall(".//{*}definedName")
        if each.get("name") == name and each.get("localSheetId") == at
    )


@kind("print area")
def _area(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    found = local_name(book, "_xlnm.Print_Area", name)
    how = generator.choice(["rows", "columns"])
    match = re.fullmatch(r"(.*!\$A\$1:\$)([A-Z]+)\$(\d+)", found.text)
    assert match
    found.text = (
        f"{match[1]}{match[2]}${int(match[3]) - 4}" if how == "rows" else f"{match[1]}C${match[3]}"
    )
    return f"{name} {how}"


@kind("print titles")
def _titles(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    found = local_name(book, "_xlnm.Print_Titles", name)
    found.text = found.text.replace("$1:$4", generator.choice(["$1:$5", "$2:$2", "$6:$9"]))
    return f"{name} {found.text}"


@kind("page")
def _page(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    setup = book.sheet(name).find("{*}pageSetup")
    said = generator.choice(
        [
            {"scale": "10"},
            {"firstPageNumber": "7", "useFirstPageNumber": "1"},
            {"errors": "blank", "scale": "11"},
        ]
    )
    setup.attrib.update(said)
    if "scale" in said:
        properties = book.sheet(name).find("{*}sheetPr/{*}pageSetUpPr")
        if properties is not None:
            properties.set("fitToPage", "0")
    return f"{name} {said}"


@kind("defined name")
def _defined(book: Book, generator: random.Random) -> str:
    holder = book.workbook.find("{*}definedNames")
    etree.SubElement(holder, f"{{{MAIN}}}definedName", name="核定合计").text = "99999"
    return "核定合计"


# Over the cells ---------------------------------------------------------------------------------------------------


TINY = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080600000"
    "01f15c4890000000d49444154789c6360f8cf0000000200017de2a0e80000000049454e44ae426082"
)


@kind("text box or picture")
def _box(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    column, row = column_of(cell) - 1, row_of(cell) - 1
    root = book.sheet(name)
    known = root.find("{*}drawing")
    shape = generator.choice(["box", "picture"])
    inner = (
        '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="77" name="t"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/>'
        "<xdr:txBody><a:bodyPr/><a:p><a:r><a:t>99,999</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
        if shape == "box"
        else f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="78" name="p"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip xmlns:r="{OFFICE}" '
        f'r:embed="rIdP"/></xdr:blipFill><xdr:spPr/></xdr:pic>'
    )
    anchor = etree.fromstring(
        f'<xdr:oneCellAnchor xmlns:xdr="{DRAWING}" xmlns:a="{ART}"><xdr:from><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff>'
        f'<xdr:row>{row}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="800000" cy="200000"/>{inner}<xdr:clientData/>'
        "</xdr:oneCellAnchor>"
    )
    if known is None:
        drawing = etree.fromstring(f'<xdr:wsDr xmlns:xdr="{DRAWING}"/>')
        number = book.relate(
            book.sheets[name],
            "drawing",
            "xl/drawings/forged.xml",
            drawing,
            "application/vnd.openxmlformats-officedocument.drawing+xml",
        )
        book.child(name, "drawing").set(f"{{{OFFICE}}}id", number)
        part = "xl/drawings/forged.xml"
    else:
        folder, _, file = book.sheets[name].rpartition("/")
        target = next(
            each.get("Target")
            for each in book.parts[f"{folder}/_rels/{file}.rels"]
            if each.get("Id") == known.get(f"{{{OFFICE}}}id")
        )
        part = "xl/drawings/" + target.rpartition("/")[2]
        drawing = book.parts[part]
    drawing.append(anchor)
    if shape == "picture":
        number = book.relate(part, "image", "xl/media/forged.png", TINY, "image/png")
        next(drawing.iter(f"{{{ART}}}blip")).set(f"{{{OFFICE}}}embed", number)
    return f"{name} {cell.get('r')} {shape}"


@kind("comment")
def _comment(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    root = etree.fromstring(
        f'<comments xmlns="{MAIN}"><authors><author>审计</author></authors><commentList><comment ref="{cell.get("r")}" '
        'authorId="0"><text><t>应为 99,999</t></text></comment></commentList></comments>'
    )
    book.relate(
        book.sheets[name],
        "comments",
        "xl/forgedcomments.xml",
        root,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml",
    )
    return f"{name} {cell.get('r')}"


@kind("sheet background")
def _background(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    number = book.relate(book.sheets[name], "image", "xl/media/back.png", TINY, "image/png")
    book.child(name, "picture").set(f"{{{OFFICE}}}id", number)
    return name


@kind("hyperlink")
def _link(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    etree.SubElement(
        book.child(name, "hyperlinks"),
        f"{{{MAIN}}}hyperlink",
        ref=cell.get("r"),
        location="证明!A1",
        tooltip="应为 99,999",
    )
    return f"{name} {cell.get('r')}"


@kind("conditional format")
def _condition(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    looks = book.styles.find("{*}dxfs")
    look = etree.SubElement(looks, f"{{{MAIN}}}dxf")
    how = generator.choice(["white", "format", "hide"])
    if how == "white":
        etree.SubElement(
            etree.SubElement(look, f"{{{MAIN}}}font"), f"{{{MAIN}}}color", rgb="FFFFFFFF"
        )
    else:
        etree.SubElement(
            look,
            f"{{{MAIN}}}numFmt",
            numFmtId="950",
            formatCode='"99,999"' if how == "format" else ";;;",
        )
    if (
        generator.random() < 0.5
        and book.sheet(name).find("{*}conditionalFormatting/{*}cfRule[@dxfId]") is not None
    ):
        for rule in book.sheet(name).iterfind("{*}conditionalFormatting/{*}cfRule[@dxfId]"):
            rule.set("dxfId", str(len(looks) - 1))
        return f"{name} all rules {how}"
    holder = book.child(name, "conditionalFormatting")
    holder.set("sqref", cell.get("r"))
    rule = etree.SubElement(
        holder, f"{{{MAIN}}}cfRule", type="expression", dxfId=str(len(looks) - 1), priority="1"
    )
    etree.SubElement(rule, f"{{{MAIN}}}formula").text = "TRUE"
    return f"{name} {cell.get('r')} {how}"


@kind("icon set or data bar")
def _icons(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    holder = book.child(name, "conditionalFormatting")
    holder.set("sqref", cell.get("r"))
    holder.append(
        etree.fromstring(
            f'<cfRule xmlns="{MAIN}" type="iconSet" priority="1"><iconSet iconSet="3Arrows" showValue="0"><cfvo type="percent" val="0"/>'
            '<cfvo type="percent" val="33"/><cfvo type="percent" val="67"/></iconSet></cfRule>'
        )
    )
    return f"{name} {cell.get('r')}"


@kind("prompt")
def _prompt(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    etree.SubElement(
        book.child(name, "dataValidations"),
        f"{{{MAIN}}}dataValidation",
        type="none",
        sqref=cell.get("r"),
        showInputMessage="1",
        promptTitle="核定数",
        prompt="应为 99,999",
    )
    return f"{name} {cell.get('r')}"


@kind("chart")
def _chart(book: Book, generator: random.Random) -> str | None:
    charts = [part for part in book.parts if part.startswith("xl/charts/chart")]
    root = book.parts[generator.choice(charts)]
    how = generator.choice(["title", "range", "scale", "label", "cache", "gone"])
    texts = [each for each in root.iter("{*}t") if each.text]
    if how in ("title", "label") and texts:
        found = texts[0] if how == "title" else generator.choice(texts)
        found.text += "（定稿）"
    elif how == "range":
        found = generator.choice([each for each in root.iter("{*}f") if "!" in (each.text or "")])
        found.text = re.sub(r"\d+$", lambda match: str(int(match[0]) - 1), found.text)
    elif how == "scale" and (ends := root.findall(".//{*}scaling/{*}max")):
        ends[0].set("val", "9.5")
    elif how == "cache":
        found = [
            each
            for each in root.iter("{*}v")
            if each.getparent().getparent().tag.endswith("numCache")
        ]
        if not found:
            return None
        generator.choice(found).text = "0.123456"
    elif how == "gone":
        anchors = [
            each
            for part in book.parts
            if re.fullmatch(r"xl/drawings/drawing\d+\.xml", part)
            for each in book.parts[part]
        ]
        anchor = generator.choice(anchors)
        anchor.getparent().remove(anchor)
    else:
        return None
    return how


def by_openpyxl(source: Path, target: Path, seed: int) -> str:
    """The same by hand in a spreadsheet program: the whole file is written again."""
    generator = random.Random(f"opened {seed}")
    book = openpyxl.load_workbook(source)
    sheet = book[generator.choice([name for name in SHEETS if name in book.sheetnames])]
    cells = [
        cell
        for row in sheet.iter_rows(min_row=5)
        for cell in row
        if isinstance(cell.value, int | float)
    ]
    cell = generator.choice(cells)
    how = generator.choice(["value", "format", "white", "hidden", "comment", "state", "footer"])
    if how == "value":
        cell.value = cell.value + 1
    elif how == "format":
        cell.number_format = '"99,999"'
    elif how == "white":
        cell.font = openpyxl.styles.Font(color="FFFFFFFF", size=10)
        cell.fill = openpyxl.styles.PatternFill()
    elif how == "hidden":
        sheet.column_dimensions[cell.column_letter].hidden = True
    elif how == "comment":
        cell.comment = openpyxl.comments.Comment("应为 99,999", "审计")
    elif how == "state":
        sheet.sheet_state = "hidden"
        book.active = 0 if book.worksheets[0] is not sheet else 1
    else:
        sheet.oddFooter.left.text = "校验码 ffffff…ffff"
    book.save(target)
    reseal(target)
    return f"{sheet.title} {cell.coordinate} {how}"
