"""The result workbook: sheets in order, 「图表数据」 last, same report → same bytes."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from transfer_opt.core.atomic_write import Commit, nothing, save_bytes, save_together, writing
from transfer_opt.core.tables import Report, Table
from transfer_opt.core.vocabulary import FUND_COMPARISON, INPUT
from transfer_opt.workbook.files.open import telling
from transfer_opt.workbook.graft import append, as_read, graft
from transfer_opt.workbook.output.charts import data_table, insert_charts, place_charts, rows_below
from transfer_opt.workbook.output.formulas import Formulas, Sums
from transfer_opt.workbook.output.layout import DEFAULT_ROW_PIXELS, Layout, measure
from transfer_opt.workbook.output.notice import write_notice
from transfer_opt.workbook.output.print_setup import SUPERSEDED, set_up_page
from transfer_opt.workbook.output.rows_as_xml import in_the_file
from transfer_opt.workbook.output.sheet import SheetWriter
from transfer_opt.workbook.output.styles import BOOK_FONT, Styles

BOOK_OPTIONS: dict[str, Any] = {
    # Arial 11 has digits 8 pixels wide; without this XlsxWriter measures with 7.
    "default_format_properties": BOOK_FONT,
    "default_column_width": 72,
    "default_row_height": DEFAULT_ROW_PIXELS,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
UNDATED = datetime(1980, 1, 1)
PROPERTIES = ("title", "subject", "author", "company", "category", "keywords", "comments", "status")
TITLE_FONT_OPTION = "标题字体"
"""Key in `Report.properties` for a title font other than the usual one."""


def write_report(report: Report, path: Path, commit: Commit = nothing) -> None:
    """Write the result workbook; raises OutputError and leaves nothing behind where that fails.

    `commit` is called just before the file is put in place.
    """
    save_bytes(path, made(report), commit)


def write_into(
    report: Report,
    source: Path,
    digest: str,
    copy: Path,
    path: Path | None = None,
    commit: Commit = nothing,
) -> tuple[str, ...]:
    """Write `source` with the result's sheets behind its own to `copy`; and the result alone to `path`, where given.

    Returns what in the copy is not as in the source. Raises OutputError, and leaves nothing behind, also where the
    source is no longer what was read, which `digest` tells; InputError where a part of it is broken.
    """
    content = as_read(source, digest)
    result = made(report)
    with telling(source):
        grafted, remarks = graft(content, result, source)
    save_together(
        (copy, writing(grafted)), *([(path, writing(result))] if path else []), commit=commit
    )
    return remarks


def write_behind(
    report: Report, source: Path, digest: str, path: Path, superseded: Container[str]
) -> tuple[str, ...]:
    """Write `source` with these sheets behind its own, or instead of those of the same names; what else is not as in it.

    The pages of the superseded sheets say so in their header.

    Raises OutputError, and leaves nothing behind, also where the source is no longer what was read; InputError
    where a part of it is broken.
    """
    with telling(source):
        content, remarks = append(as_read(source, digest), made(report), SUPERSEDED, superseded)
    save_bytes(path, content)
    return remarks


def made(report: Report) -> bytes:
    """The workbook, made in memory: a disk that fails under the library would leave it half closed."""
    from transfer_opt.workbook.output.xlsx_book import (
        QuickBook,  # here: reading workbooks must not wait for the library
    )

    book = QuickBook(BOOK_OPTIONS)
    _describe(book, report)
    _fill(book, report)
    return book.content()


def _describe(book: Any, report: Report) -> None:
    properties: dict[str, Any] = {
        key: _plain(report.properties[key]) for key in PROPERTIES if key in report.properties
    }
    book.set_properties({**properties, "created": _created(report.date)})


def _fill(book: Any, report: Report) -> None:
    styles = Styles(book, report.properties.get(TITLE_FONT_OPTION, ""))
    sums = Sums(next((table for table in report.tables if table.name == INPUT), None))
    before = max(
        (at for at, table in enumerate(report.tables) if table.name.startswith(FUND_COMPARISON)),
        default=-1,
    )
    for at, table in enumerate(report.tables):
        _add_sheet(book, report, table, styles, sums)
        if report.notice and at == before:
            sheet = book.add_worksheet(report.notice.name)
            write_notice(book, sheet, report.notice, report, styles)
            sheet.number_looks()
    if report.drawn or report.looked_up:
        _add_sheet(
            book,
            report,
            data_table(report.drawn, report.scenario, report.looked_up, report.drawn_on),
            styles,
            sums,
        )


def _add_sheet(book: Any, report: Report, table: Table, styles: Styles, sums: Sums) -> None:
    sheet = book.add_worksheet(table.name)
    layout = measure(table)
    writer = SheetWriter(sheet, layout, styles, Formulas(table, sums, in_the_file))
    writer.write(report)
    last_row = writer.end - 1
    if chosen := report.under(table.name):
        last_row += _add_charts(book, sheet, report, layout, writer.end, chosen)
    set_up_page(sheet, layout, report, last_row)


def _add_charts(
    book: Any, sheet: Any, report: Report, layout: Layout, end: int, chosen: Sequence[int]
) -> int:
    """Draw the chosen charts one empty row below the table; how many rows that takes."""
    # The print area ends with the table: a chart that touches its edge would lose its frame.
    placed = place_charts([report.drawn[at] for at in chosen], layout.width - 5)
    insert_charts(book, sheet, report.drawn, end + 1, placed, chosen)
    return 1 + rows_below(placed) if placed else 0


def _created(date: str) -> datetime:
    """The date of the report in any usual notation, without one a fixed day."""
    numbers = [int(number) for number in re.findall(r"\d+", date)[:3]]
    try:
        return datetime(*numbers)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return UNDATED


def _plain(text: str) -> str:
    """A text without characters that XML cannot hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
