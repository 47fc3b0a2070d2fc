"""The attachment as a Word file in the layout of GB/T 9704 (党政机关公文格式)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from transfer_opt.report.document.blocks import Block, Grid, GridRow, Paragraph, Style

LEFT, RIGHT, TOP, BOTTOM = 28, 26, 37, 35
"""Margins in millimetres: a text area of 156 × 225."""
SONG, XIAOBIAO, FANG, HEI, KAI = "宋体", "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
DIGITS = "Times New Roman"
"""Of figures and letters in tables: narrow, and on every machine."""
RED = "B3261E"
LINE = 28.9
"""Points: 22 lines to the page."""
SMALL, LINES_OF_GRID = 10, (1.1, 1.3)
"""Height of a line by the font size: in a small grid, in any other."""
LOOKS: dict[Style, tuple[str, float, str, float]] = {
    "mark": (HEI, 16, "left", LINE),
    "title": (XIAOBIAO, 22, "center", 36),
    "heading": (XIAOBIAO, 16, "center", 24),
    "label": (KAI, 12, "center", 18),
    "unit": (FANG, 12, "right", 20),
    "summary": (FANG, 10.5, "both", 16),
    "note": (FANG, 10.5, "left", 16),
}
"""Font, size, side, height of a line."""
BODY = "word/document.xml"
BREAK = '<w:p><w:pPr><w:spacing w:after="0" w:line="20" w:lineRule="exact"/></w:pPr><w:r><w:br w:type="page"/></w:r></w:p>'
FIXED = (1980, 1, 1, 0, 0, 0)
"""The clock of every part: same allocation, same bytes."""
FILLS = {"total": "E3EAF2", "subtotal": "F3F5F8"}


def write_word(blocks: Iterable[Block], title: str, path: Path) -> None:
    """Write the blocks one by one; the file holds text and tables only, no fields but the page number."""
    document = docx.Document()
    _set_up(document, title)
    stream = io.BytesIO()
    document.save(stream)
    with zipfile.ZipFile(stream) as empty, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for part in empty.infolist():
            dated = zipfile.ZipInfo(part.filename, FIXED)
            dated.compress_type = zipfile.ZIP_DEFLATED
            with made.open(dated, "w") as into:
                if part.filename != BODY:
                    into.write(empty.read(part))
                    continue
                start, mark, end = empty.read(part).partition(b"<w:sectPr")
                into.write(start)
                for block in blocks:
                    into.write(_xml(block).encode())
                into.write(mark + end)


def _set_up(document: Any, title: str) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "", ""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = map(
        Mm, (LEFT, RIGHT, TOP, BOTTOM)
    )
    section.footer_distance = Mm(25)
    _font(document.styles["Normal"], FANG, 16)
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT)


def _page_number(paragraph: Any, side: Any) -> None:
    """— 1 — at the outer side, in 四号 宋体."""
    paragraph.alignment = side
    for text in ("— ", None, " —"):
        run = paragraph.add_run(text or "")
        _font(run, SONG, 14)
        if text is None:
            for kind, content in (("begin", ""), ("", "PAGE"), ("end", "")):
                element = OxmlElement("w:fldChar" if kind else "w:instrText")
                if kind:
                    element.set(qn("w:fldCharType"), kind)
                else:
                    element.text = content
                run._r.append(element)


def _font(owner: Any, name: str, size: float) -> None:
    owner.font.name, owner.font.size = name, Pt(size)
    fonts = (
        owner.element.get_or_add_rPr().get_or_add_rFonts()
        if hasattr(owner, "element")
        else owner._r.rPr.rFonts
    )
    fonts.set(qn("w:eastAsia"), name)


# ---------------------------------------------------------------- the body, as text: a country has a million cells


def _xml(block: Block) -> str:
    if isinstance(block, Paragraph):
        return _paragraph(block)
    return _grid(block) if isinstance(block, Grid) else BREAK


def _paragraph(block: Paragraph) -> str:
    font, size, side, line = LOOKS[block.style]
    kept = "<w:keepNext/>" if block.style in ("mark", "title", "heading", "label", "unit") else ""
    before, after = (14, 6) if block.style == "title" else (0, 0)
    indent = f'<w:ind w:firstLine="{round(2 * size * 20)}"/>' if block.style == "summary" else ""
    return (
        f'<w:p><w:pPr>{kept}<w:spacing w:before="{before * 20}" w:after="{after * 20}" w:line="{round(line * 20)}" w:lineRule="exact"/>'
        f'{indent}<w:jc w:val="{side}"/></w:pPr>{_run(block.text, font, font, size, colour=RED if block.style == "label" else "")}</w:p>'
    )


def _grid(grid: Grid) -> str:
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:color="606870"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    margins = "".join(f'<w:{side} w:w="57" w:type="dxa"/>' for side in ("left", "right"))
    columns = "".join(f'<w:gridCol w:w="{_twips(width)}"/>' for width in grid.widths)
    rows = "".join(_row(row, grid) for row in (GridRow("header", grid.header), *grid.rows))
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/><w:jc w:val="center"/><w:tblBorders>{borders}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>'
    )


def _row(row: GridRow, grid: Grid) -> str:
    header = "<w:tblHeader/>" if row.kind == "header" else ""
    cells = []
    for index, text in enumerate(row.cells):
        across = 1 if index < len(row.cells) - 1 else len(grid.widths) - index
        cells.append(_cell(text, grid.widths[index : index + across], row.kind, index, grid))
    return f"<w:tr><w:trPr><w:cantSplit/>{header}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, widths: Sequence[int], kind: str, index: int, grid: Grid) -> str:
    span = f'<w:gridSpan w:val="{len(widths)}"/>' if len(widths) > 1 else ""
    fill = FILLS.get(kind, FILLS["total"])
    shade = (
        f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'
        if kind in FILLS or kind == "header"
        else ""
    )
    kept = "<w:keepNext/>" if kind == "subtotal" and grid.texts == 1 else ""
    rule = "exact" if kind != "header" else "auto"
    indent = '<w:ind w:left="210"/>' if index == 0 and kind == "unit" and grid.texts == 1 else ""
    line = round(grid.size * LINES_OF_GRID[grid.size >= SMALL] * 20)
    side = "center" if kind == "header" else "left" if index < grid.texts else "right"
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{_twips(sum(widths))}" w:type="dxa"/>{span}{shade}<w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr>'
        f'{kept}<w:spacing w:before="0" w:after="0" w:line="{line}" w:lineRule="{rule}"/>{indent}<w:jc w:val="{side}"/>'
        f"</w:pPr>{_run(text, HEI if kind == 'header' else FANG, DIGITS, grid.size, bold=kind in ('total', 'subtotal'))}</w:p></w:tc>"
    )


def _run(
    text: str, font: str, latin: str, size: float, *, bold: bool = False, colour: str = ""
) -> str:
    coloured = f'<w:color w:val="{colour}"/>' if colour else ""
    return (
        f'<w:r><w:rPr><w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{font}"/>{"<w:b/>" if bold else ""}{coloured}'
        f'<w:sz w:val="{round(size * 2)}"/></w:rPr><w:t xml:space="preserve">{escape(_text(text))}</w:t></w:r>'
    )


def _twips(millimetres: int) -> int:
    return round(millimetres * 1440 / 25.4)


def _text(text: str) -> str:
    """Without characters that XML cannot hold."""
    return "".join(
        mark
        for mark in text
        if mark in "\t\n"
        or mark >= " "
        and not "\ud800" <= mark <= "\udfff"
        and mark not in "\ufffe\uffff"
    )
