"""Print set-up of a sheet: paper, footer, scale and page breaks that keep a prefecture together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from transfer_opt.core.tables import FIRST_ROW, HEADER_ROW, Report, Row
from transfer_opt.core.vocabulary import APPROVED_ALLOCATION
from transfer_opt.workbook.output.layout import Layout

PAPERS = {"A4": (9, 21.0, 29.7), "A3": (8, 29.7, 42.0)}
"""Excel's paper number, short and long side in centimetres."""
SIDE_MARGIN, END_MARGIN, FOOTER_MARGIN = 1.0, 1.3, 0.6
CENTIMETRE = 1 / 2.54
"""In inches."""
WIDTH_RESERVE, HEIGHT_RESERVE = 0.955, 0.98
"""Programs measure fonts differently, above all the digits that columns are counted in: so much of the page is used."""
LEAST_SCALE = 10
MOST_SHRINKING = 0.85
"""How much smaller than the width asks a sheet may print to keep a block on one page."""
SUPERSEDED = f"&R&9测算数，已被批准数取代，见「{APPROVED_ALLOCATION}」"
"""The header of a page whose amounts are no longer those that hold."""
LONGEST_FOOTER_TEXT = 30
"""Excel takes 255 characters for all three parts, codes included."""


def set_up_page(sheet: Any, layout: Layout, report: Report, last_row: int) -> None:
    """Everything about printing a sheet whose contents end at `last_row` (from 0)."""
    table = layout.table
    if table.landscape:
        sheet.set_landscape()
    set_up_paper(sheet, report, table.paper)
    if table.unprinted:
        _leave_out(sheet, layout)
        return
    sheet.repeat_rows(0, HEADER_ROW)
    sheet.print_area(0, 0, last_row, len(table.columns) - 1)
    if table.fit == "groups":
        scale = print_scale(layout)
        sheet.set_print_scale(scale)
        sheet.set_h_pagebreaks(page_breaks(layout, scale))
    else:
        sheet.fit_to_pages(1, 1 if table.fit == "page" else 0)
        sheet.set_h_pagebreaks(
            [FIRST_ROW + place for place, row in enumerate(table.rows) if row.breaks_page]
        )


def _leave_out(sheet: Any, layout: Layout) -> None:
    """Print two empty cells right of the head alone: programs leave that page out, or print it with what its header says.

    Two, because a range of one cell is spelled in two ways.
    """
    beside = len(layout.table.columns)
    sheet.print_area(HEADER_ROW, beside, HEADER_ROW, beside + 1)
    sheet.set_header(f"&L&9{_escaped(layout.table.unprinted)}")


def set_up_paper(sheet: Any, report: Report, paper: str) -> None:
    """What all sheets share: paper, margins, footer, no grid."""
    sheet.set_paper(PAPERS[paper][0])
    side, end = SIDE_MARGIN * CENTIMETRE, END_MARGIN * CENTIMETRE
    sheet.set_margins(left=side, right=side, top=end, bottom=end)
    sheet.center_horizontally()
    sheet.set_footer(footer(report), {"margin": FOOTER_MARGIN * CENTIMETRE})
    if report.superseded:
        sheet.set_header(SUPERSEDED)
    sheet.hide_gridlines(2)


def footer(report: Report) -> str:
    """The footer: what it is on the left, the page in the middle, the date on the right."""
    label = report.label.split("，")[0]
    parts = [label, report.scenario, f"校验码 {_short(report.digest)}" if report.digest else ""]
    left = "  ".join(_short(part) for part in parts if part)
    # After the font size a digit would be read as part of it.
    left = f"方案 {left}" if re.match(r"\d", left) else left
    right = f"&R&9生成于 {_escaped(_short(report.date))}" if report.date else ""
    return f"&L&9{_escaped(left)}&C&9第 &P 页 共 &N 页{right}"


def print_scale(layout: Layout) -> int:
    """The largest scale in percent at which the columns, and if possible every block of rows, fit a page."""
    width, height = _usable(layout)
    by_width = math.floor(100 * WIDTH_RESERVE * width / (layout.width * 0.75))
    tallest = sum(layout.head) + max(
        (sum(layout.heights[first:last]) for first, last in _chunks(layout)), default=0
    )
    by_height = math.floor(100 * HEIGHT_RESERVE * height / tallest)
    return min(
        100, max(LEAST_SCALE, min(by_width, max(by_height, math.ceil(MOST_SHRINKING * by_width))))
    )


def page_breaks(layout: Layout, scale: int) -> list[int]:
    """Sheet rows before which a new page starts, chosen greedily so that no chunk of rows is split."""
    room = _usable(layout)[1] * HEIGHT_RESERVE * 100 / scale - sum(layout.head)
    heights, rows = layout.heights, layout.table.rows
    breaks: list[int] = []
    used = 0.0
    chunks = _chunks(layout)
    for number, (first, last) in enumerate(chunks):
        needed = sum(heights[first:last]) + (
            sum(layout.note_heights) if number == len(chunks) - 1 else 0.0
        )
        if first and (rows[first].breaks_page or used + needed > room):
            breaks.append(FIRST_ROW + first)
            used = 0.0
        for place in range(first, last):
            # Only in a chunk taller than a page.
            if used and used + heights[place] > room:
                breaks.append(FIRST_ROW + place)
                used = 0.0
            used += heights[place]
    return breaks


def _chunks(layout: Layout) -> list[tuple[int, int]]:
    """Data rows that stay together: a 小计 with its units; a 合计 goes with what follows it."""
    rows = layout.table.rows
    starts = [place for place, row in enumerate(rows) if place == 0 or _starts_chunk(rows, place)]
    return list(zip(starts, [*starts[1:], len(rows)], strict=True))


def _starts_chunk(rows: Sequence[Row], place: int) -> bool:
    row = rows[place]
    if row.breaks_page or row.kind == "total":
        return True
    return row.kind == "subtotal" and rows[place - 1].kind != "total"


def _usable(layout: Layout) -> tuple[float, float]:
    """Width and height inside the margins, in points."""
    _, short, long = PAPERS[layout.table.paper]
    width, height = (long, short) if layout.table.landscape else (short, long)
    return (width - 2 * SIDE_MARGIN) * CENTIMETRE * 72, (height - 2 * END_MARGIN) * CENTIMETRE * 72


def _short(text: str) -> str:
    """A text for one line of limited length, without control characters."""
    text = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+", " ", text).strip()
    return text if len(text) <= LONGEST_FOOTER_TEXT else text[: LONGEST_FOOTER_TEXT - 1] + "…"


def _escaped(text: str) -> str:
    return text.replace("&", "&&")
