"""Kinds of forgery: values, texts and the formats of cells."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from forgery import (
    ALLOCATION,
    FACTS,
    MAIN,
    PROOF,
    SHEETS,
    Book,
    kind,
    row_of,
    some_number,
    some_sheet,
)
from lxml import etree

# Values and texts -------------------------------------------------------------------------------------------------


def change_number(book: Book, name: str, generator: random.Random) -> str:
    """A constant by a hundredth or more, and at least by one of the last digit that is shown of a whole number."""
    cell = generator.choice(
        [cell for cell in book.shown(name) if cell.find("{*}f") is None and row_of(cell) > 4]
    )
    value = cell.find("{*}v")
    old = float(value.text)
    new = old + 1 if old == int(old) else old * generator.choice([0.5, 0.9, 1.1, 2])
    value.text = repr(new)
    return f"{name} {cell.get('r')}: {old!r} → {new!r}"


def swap_counties(book: Book, generator: random.Random) -> str:
    """Names and codes of two counties exchanged on every sheet."""
    rows = [
        row
        for row in book.sheet("输入数据").iter("{*}row")
        if int(row.get("r")) > 4 and len(row) > 1 and len(row[0])
    ]
    one, two = generator.sample(rows, 2)
    pairs = [(book.text(one[at]), book.text(two[at])) for at in (0, 1)]
    for name in book.sheets:
        for cell in book.cells(name):
            if cell.find("{*}f") is None:
                for left, right in pairs:
                    if book.text(cell) in (left, right):
                        book.put(cell, right if book.text(cell) == left else left)
                        break
    return f"{pairs[1][0]} ⇄ {pairs[1][1]}"


@kind("number")
def _number(book: Book, generator: random.Random) -> str:
    return change_number(book, some_sheet(book, generator), generator)


@kind("swapped counties")
def _swapped(book: Book, generator: random.Random) -> str:
    return swap_counties(book, generator)


@kind("version and swapped counties")
def _version(book: Book, generator: random.Random) -> str:
    version = generator.choice(["0.0.9", "0.1.1", "1.0", "2.3.4"])
    book.put(book.find(FACTS, "工具版本")[0].getnext(), f"transfer-opt {version}")
    return f"{version}, {swap_counties(book, generator)}"


@kind("version and number")
def _version_number(book: Book, generator: random.Random) -> str:
    book.put(book.find(FACTS, "工具版本")[0].getnext(), "transfer-opt 0.0.9")
    return change_number(book, some_sheet(book, generator), generator)


@kind("unsealed sheets")
def _unsealed_sheets(book: Book, generator: random.Random) -> str:
    names = generator.sample([name for name in SHEETS if name in book.sheets], 4)
    done = [
        change_number(book, name, generator)
        for name in names
        if name not in (ALLOCATION, "方案参数", "输入数据")
    ]
    for name in names:
        for cell in book.find(PROOF, name):
            cell.getparent().remove(cell.getnext())
            cell.getparent().remove(cell)
    return f"{names}; {done}"


@kind("text")
def _text(book: Book, generator: random.Random) -> str:
    """One character more, less or other, of any text that is no seal."""
    name = generator.choice([name for name in book.sheets if name not in (PROOF, "县区说明单")])
    cell = generator.choice(
        [cell for cell in book.cells(name) if cell.get("t") == "s" and book.text(cell)]
    )
    old = book.text(cell)
    at = generator.randrange(len(old))
    new = generator.choice(
        [
            old[:at] + "甲" + old[at:],
            old[:at] + ("2" if old[at] == "1" else "1") + old[at + 1 :],
            old + "（核定）",
        ]
    )
    book.put(cell, new)
    return f"{name} {cell.get('r')}: {old[:20]} → {new[:20]}"


@kind("unit")
def _unit(book: Book, generator: random.Random) -> str | None:
    found = [
        (name, cell)
        for name in book.sheets
        for cell in book.cells(name)
        if cell.get("t") == "s"
        and len(book.text(cell)) < 60
        and ("万元" in book.text(cell) or "单位" in book.text(cell))
    ]
    name, cell = generator.choice(found)
    old = book.text(cell)
    new = old.replace("万元", "元") if "万元" in old else old.replace("元", "亿元")
    book.put(cell, new if new != old else old + "（万元）")
    return f"{name} {cell.get('r')}: {old[:20]}"


@kind("header")
def _header(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    cells = [cell for cell in book.cells(name) if row_of(cell) == 4]
    one = generator.choice(cells)
    two = generator.choice([cell for cell in cells if book.text(cell) != book.text(one)])
    left, right = book.text(one), book.text(two)
    book.put(one, right)
    book.put(two, left)
    return f"{name}: {left} ⇄ {right}"


def insert_fact(
    book: Book, generator: random.Random, name: str, text: str, before: int | None
) -> str:
    """One more row in 「审计信息」, below its last or somewhere; below it everything moves."""
    data = book.sheet(FACTS).find("{*}sheetData")
    at = max(int(row.get("r")) for row in data) + 1 if before is None else before
    template = next(row for row in data if int(row.get("r")) == 6)
    for row in reversed(list(data)):
        if int(row.get("r")) >= at:
            new = int(row.get("r")) + 1
            row.set("r", str(new))
            for cell in row:
                cell.set("r", re.sub(r"\d+", str(new), cell.get("r")))
    row = deepcopy(template)
    row.set("r", str(at))
    for cell, said in zip(row, (name, text), strict=False):
        cell.set("r", re.sub(r"\d+", str(at), cell.get("r")))
        book.put(cell, said)
    place = next((place for place, other in enumerate(data) if int(other.get("r")) > at), len(data))
    data.insert(place, row)
    return f"{name}: {text} in row {at}"


@kind("second objective")
def _objective(book: Book, generator: random.Random) -> str:
    return insert_fact(
        book,
        generator,
        "目标顺序",
        "贴近因素法 > 三保缺口最小",
        generator.choice([None, 8, 12, 15]),
    )


@kind("invented warning")
def _warning(book: Book, generator: random.Random) -> str:
    name, text = generator.choice(
        [
            ("警告", "甲县“三保”缺口 12 万元。"),
            ("警告", "[W134] 工作表「县区数据」单元格 H8：合计对不上。"),
            ("说明", "本结果已经省政府常务会议审定。"),
            ("审批", "同意。"),
        ]
    )
    return insert_fact(book, generator, name, text, generator.choice([None, 14]))


UNTOLD = ("工具版本", "生成时间", "求解次数", "输入文件", "输入文件 SHA-256")
"""What only the run knows: no input tells whether it is so."""


@kind("fact")
def _fact(book: Book, generator: random.Random) -> str:
    """Another content of an item of 「审计信息」."""
    items = [
        cell
        for cell in book.cells(FACTS)
        if row_of(cell) > 4 and cell.get("r").startswith("A") and cell.getnext() is not None
    ]
    cell = generator.choice([cell for cell in items if book.text(cell) not in UNTOLD])
    said = cell.getnext()
    old = book.text(said)
    at = generator.randrange(len(old))
    book.put(said, old[:at] + ("2" if old[at] == "1" else "1") + old[at + 1 :])
    return f"{book.text(cell)}: {old[:40]}"


@kind("ratio halved")
def _ratio(book: Book, generator: random.Random) -> str | None:
    """A Gini or any other ratio of the indicators, halved or by a hundredth."""
    row = generator.choice(
        [row for row in book.sheet("均衡性指标").iter("{*}row") if int(row.get("r")) > 4]
    )
    cells = [
        cell
        for cell in row
        if cell.get("t", "n") == "n" and 0 < abs(float(cell.findtext("{*}v") or 0)) < 10
    ]
    if not cells:
        return None
    cell = generator.choice(cells)
    value = cell.find("{*}v")
    old = float(value.text)
    value.text = repr(old * generator.choice([0.5, 0.99, 1.01]))
    return f"{cell.get('r')}: {old!r} → {value.text}"


@kind("cached value")
def _cached(book: Book, generator: random.Random) -> str:
    """What a formula carries, which a previewer shows."""
    name = generator.choice([ALLOCATION, "分资金对比"])
    cell = generator.choice([cell for cell in book.numbers(name) if cell.find("{*}f") is not None])
    value = cell.find("{*}v")
    old = value.text
    value.text = repr(float(old) * 1.01 + 1)
    return f"{name} {cell.get('r')}: {old} → {value.text}"


# Formats ----------------------------------------------------------------------------------------------------------


def number_format(code: str) -> Callable[[Book, Any], None]:
    def change(book: Book, form: Any) -> None:
        holder = book.styles.find("{*}numFmts")
        number = str(900 + len(holder))
        etree.SubElement(holder, f"{{{MAIN}}}numFmt", numFmtId=number, formatCode=code)
        form.set("numFmtId", number)
        form.set("applyNumberFormat", "1")

    return change


def font(**said: dict[str, str] | None) -> Callable[[Book, Any], None]:
    """Another child of the font: `sz={"val": "1"}`; None takes it out."""

    def change(book: Book, form: Any) -> None:
        fonts = book.styles.find("{*}fonts")
        new = deepcopy(fonts[int(form.get("fontId"))])
        for tag, attributes in said.items():
            for old in new.findall(f"{{*}}{tag}"):
                new.remove(old)
            if attributes is not None:
                new.insert(0, etree.Element(f"{{{MAIN}}}{tag}", attributes))
        fonts.append(new)
        form.set("fontId", str(len(fonts) - 1))
        form.set("applyFont", "1")

    return change


def fill_of(book: Book, form: Any) -> str:
    """The colour behind the cell."""
    fill = book.styles.find("{*}fills")[int(form.get("fillId", "0"))].find("{*}patternFill")
    colour = fill.find("{*}fgColor")
    return (
        "FFFFFFFF"
        if colour is None or fill.get("patternType") != "solid"
        else str(colour.get("rgb"))
    )


LITERALS = (
    '"99,999"',
    '"99,999";"99,999";"99,999"',
    ";;;",
    "#,##0,",
    "#,##0,_ ;-#,##0,_ ;0_ ",
    '"1"#,##0',
    '#,##0"0"',
    "0%",
    "0.0E+00",
    '[>0]"88";#,##0',
    "#,##0.000",
    "#",
    "0000000",
    "#,##0_ ;#,##0_ ",
    "yyyy-m-d",
    "[White]#,##0",
    "*9",
    "?/?",
)


@kind("number format")
def _format(book: Book, generator: random.Random) -> str | None:
    name, cell = some_number(book, generator)
    value = float(cell.findtext("{*}v"))
    code = generator.choice(LITERALS)
    form = book.styles.find("{*}cellXfs")[int(cell.get("s"))]
    codes = {each.get("numFmtId"): each.get("formatCode") for each in book.styles.iter("{*}numFmt")}
    if as_shown(value, codes.get(form.get("numFmtId"), "General")) == as_shown(value, code):
        return None
    book.restyle(cell, number_format(code))
    return f"{name} {cell.get('r')} {value!r} as {code}"


def as_shown(value: float, code: str) -> str:
    """Roughly what a cell shows; only to leave out forgeries that change nothing."""
    sections = code.replace("_ ", "").split(";")
    section = (
        sections[1]
        if value < 0 and len(sections) > 1
        else sections[2]
        if value == 0 and len(sections) > 2
        else sections[0]
    )
    plain = re.fullmatch(r"([+-]?)#,##0(\.0+)?", section)
    if not plain:
        return section + (f" {value!r}" if value else "")
    sign = plain[1] or ("-" if value < 0 and len(sections) == 1 else "")
    return f"{sign}{abs(value):,.{len(plain[2] or '.') - 1}f}"


@kind("text format")
def _text_format(book: Book, generator: random.Random) -> str:
    name = some_sheet(book, generator)
    cell = generator.choice(
        [cell for cell in book.cells(name) if cell.get("t") == "s" and row_of(cell) > 4]
    )
    code = generator.choice([";;;", '0;0;0;"达标"', '@"（已核）"', ";;;[White]@"])
    book.restyle(cell, number_format(code))
    return f"{name} {cell.get('r')} as {code}"


@kind("white font")
def _white(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    form = book.styles.find("{*}cellXfs")[int(cell.get("s"))]
    behind = fill_of(book, form)
    shade = generator.choice([behind, behind, "FFFFFFFF", "FFF0F0F0"])
    book.restyle(cell, font(color={"rgb": shade}))
    return f"{name} {cell.get('r')} {shade} on {behind}"


@kind("white theme colour")
def _theme(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    said = generator.choice(
        [{"theme": "0"}, {"indexed": "9"}, {"theme": "1", "tint": "1"}, {"indexed": "1"}]
    )
    book.restyle(cell, font(color=said))
    return f"{name} {cell.get('r')} {said}"


@kind("redefined palette")
def _palette(book: Book, generator: random.Random) -> str:
    """Colour 40 is made white, colour 41 ink, and the cell takes 40."""
    name, cell = some_number(book, generator)
    colours = book.styles.find("{*}colors")
    if colours is None:
        colours = etree.SubElement(book.styles, f"{{{MAIN}}}colors")
    palette = etree.Element(f"{{{MAIN}}}indexedColors")
    colours.insert(0, palette)
    for at in range(64):
        etree.SubElement(palette, f"{{{MAIN}}}rgbColor", rgb="00FFFFFF" if at == 8 else "00112233")
    book.restyle(cell, font(color={"indexed": "8"}))
    return f"{name} {cell.get('r')}"


@kind("fill as font")
def _fill(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)

    def change(book: Book, form: Any) -> None:
        colour = book.styles.find("{*}fonts")[int(form.get("fontId"))].find("{*}color")
        fills = book.styles.find("{*}fills")
        pattern = etree.SubElement(
            etree.SubElement(fills, f"{{{MAIN}}}fill"),
            f"{{{MAIN}}}patternFill",
            patternType=generator.choice(["solid", "darkGray"]),
        )
        etree.SubElement(pattern, f"{{{MAIN}}}fgColor", rgb=colour.get("rgb"))
        form.set("fillId", str(len(fills) - 1))
        form.set("applyFill", "1")

    book.restyle(cell, change)
    return f"{name} {cell.get('r')}"


@kind("font")
def _font(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    said: tuple[str, dict[str, str]] = generator.choice(
        [
            ("sz", {"val": "1"}),
            ("sz", {"val": "2.5"}),
            ("sz", {"val": "60"}),
            ("strike", {}),
            ("vertAlign", {"val": "superscript"}),
            ("name", {"val": "Wingdings"}),
            ("name", {"val": "Webdings"}),
        ]
    )
    book.restyle(cell, font(**{said[0]: said[1]}))
    return f"{name} {cell.get('r')} {said}"


@kind("alignment")
def _alignment(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)
    said = generator.choice(
        [
            {"horizontal": "fill"},
            {"textRotation": "180"},
            {"textRotation": "90"},
            {"indent": "40", "horizontal": "right"},
            {"textRotation": "255"},
        ]
    )

    def change(book: Book, form: Any) -> None:
        aligned = form.find("{*}alignment")
        for key, value in said.items():
            aligned.set(key, value)
        form.set("applyAlignment", "1")

    book.restyle(cell, change)
    return f"{name} {cell.get('r')} {said}"


@kind("struck through")
def _diagonal(book: Book, generator: random.Random) -> str:
    name, cell = some_number(book, generator)

    def change(book: Book, form: Any) -> None:
        borders = book.styles.find("{*}borders")
        border = etree.SubElement(borders, f"{{{MAIN}}}border", diagonalDown="1", diagonalUp="1")
        for side in ("left", "right", "top", "bottom"):
            etree.SubElement(border, f"{{{MAIN}}}{side}")
        etree.SubElement(
            etree.SubElement(border, f"{{{MAIN}}}diagonal", style="thick"),
            f"{{{MAIN}}}color",
            rgb="FF000000",
        )
        form.set("borderId", str(len(borders) - 1))
        form.set("applyBorder", "1")

    book.restyle(cell, change)
    return f"{name} {cell.get('r')}"


@kind("rich text")
def _rich(book: Book, generator: random.Random) -> str:
    """A part of a text in white, tiny, or struck through."""
    name = some_sheet(book, generator)
    cell = generator.choice(
        [cell for cell in book.cells(name) if cell.get("t") == "s" and len(book.text(cell)) > 1]
    )
    text = book.text(cell)
    at = generator.randrange(1, len(text))
    said: tuple[str, dict[str, str]] = generator.choice(
        [("color", {"rgb": "FFFFFFFF"}), ("sz", {"val": "1"}), ("strike", {})]
    )
    book.put(cell, "")
    holder = cell[0]
    holder.remove(holder[0])
    for part, look in ((text[:at], None), (text[at:], said)):
        run = etree.SubElement(holder, f"{{{MAIN}}}r")
        if look:
            etree.SubElement(
                etree.SubElement(run, f"{{{MAIN}}}rPr"), f"{{{MAIN}}}{look[0]}", look[1]
            )
        etree.SubElement(run, f"{{{MAIN}}}t").text = part
    return f"{name} {cell.get('r')}: {text[at:][:20]} {said}"


@kind("normal font")
def _normal(book: Book, generator: random.Random) -> str:
    """The font that column widths are counted in, made tiny: every column shrinks."""
    found = book.styles.find("{*}fonts")[0]
    for size in found.findall("{*}sz"):
        size.set("val", "1")
    return "1 point"
