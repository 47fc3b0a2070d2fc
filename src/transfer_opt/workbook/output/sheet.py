"""One table onto one sheet: head, data rows, notes, colours that depend on values."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from transfer_opt.core.cell_names import column_letters, plain
from transfer_opt.core.errors import OutputError
from transfer_opt.core.tables import (
    BAND_ROW,
    FIRST_ROW,
    HEADER_ROW,
    LABEL_ROW,
    TITLE_ROW,
    Column,
    ColumnKind,
    Report,
)
from transfer_opt.core.vocabulary import CODE, NAME
from transfer_opt.workbook.output import styles
from transfer_opt.workbook.output.formulas import GROUP_KINDS, Formulas
from transfer_opt.workbook.output.layout import Layout
from transfer_opt.workbook.output.rows_as_xml import Body, outline
from transfer_opt.workbook.output.styles import Look, Styles

LONGEST_TEXT = 32_767
"""Characters a cell holds, as UTF-16 counts them."""


class SheetWriter:
    """Writes one table; afterwards `end` is the first free row."""

    def __init__(self, sheet: Any, layout: Layout, styles_: Styles, formulas: Formulas) -> None:
        self._sheet = sheet
        self._layout = layout
        self._styles = styles_
        self._formulas = formulas
        self._usual: set[str] = set()
        """Texts that a cell can hold as they are."""
        self.end = layout.last_row + 1 + len(layout.table.notes)

    def write(self, report: Report) -> None:
        """Write everything from the title to the notes."""
        self._columns()
        self._head(report)
        self._body()
        self._notes()
        self._sheet.number_looks()
        self._conditions()
        self._navigation()

    def _columns(self) -> None:
        for index, (column, pixels) in enumerate(
            zip(self._layout.table.columns, self._layout.pixels, strict=True)
        ):
            if column.hidden:
                self._sheet.set_column(index, index, column.width, None, {"hidden": True})
            else:
                self._sheet.set_column_pixels(index, index, pixels)

    def _head(self, report: Report) -> None:
        table, layout = self._layout.table, self._layout
        for row, height in enumerate(layout.head):
            self._sheet.set_row(row, height)
        last = len(table.columns) - 1
        self._spread(TITLE_ROW, 0, last, table.title, self._styles.title())
        if table.unit_note and layout.last_visible:
            self._text(
                LABEL_ROW, layout.last_visible, table.unit_note, self._styles.of(styles.UNIT_NOTE)
            )
        if report.label:
            self._text(LABEL_ROW, 0, report.label, self._styles.of(styles.LABEL))
        if table.verdict:
            self._spread(BAND_ROW, 0, last, table.verdict, self._styles.of(styles.VERDICT))
        elif layout.has_bands:
            self._bands()
        for index, column in enumerate(table.columns):
            look = styles.HEADER_OPEN if layout.has_bands and not column.band else styles.HEADER
            self._text(HEADER_ROW, index, column.name, self._styles.of(look, _edge(column)))

    def _bands(self) -> None:
        first = 0
        for band, group in groupby(self._layout.table.columns, key=lambda column: column.band):
            columns = list(group)
            if band:
                look = self._styles.of(styles.BAND, _edge(columns[0]))
                self._spread(BAND_ROW, first, first + len(columns) - 1, band, look)
            else:
                for index, column in enumerate(columns, start=first):
                    self._sheet.write_blank(
                        BAND_ROW, index, None, self._styles.of(styles.BAND_OPEN, _edge(column))
                    )
            first += len(columns)

    def _body(self) -> None:
        table, sheet = self._layout.table, self._sheet
        sheet.number_looks()  # those of the head come first
        for place, (row, height) in enumerate(
            zip(table.rows, self._layout.heights, strict=True), FIRST_ROW
        ):
            options = {"level": 1, "hidden": row.folded} if outline(row) else {}
            _accepted(sheet.set_row(place, height, None, options))
        body = Body(self._layout, self._styles, self._formulas, sheet.index_of_look, self._shared)
        sheet.put(FIRST_ROW, table.rows, body.blocks())

    def _notes(self) -> None:
        table, layout = self._layout.table, self._layout
        look = self._styles.of(styles.NOTE)
        folds = bool(table.rows) and table.rows[-1].folded
        for row, (note, height) in enumerate(
            zip(table.notes, layout.note_heights, strict=True), layout.last_row + 1
        ):
            # The row below what is folded carries the button that unfolds it.
            is_handle = folds and row == layout.last_row + 1
            self._sheet.set_row(row, height, None, {"collapsed": True} if is_handle else {})
            self._spread(row, 0, len(table.columns) - 1, note, look)

    def _conditions(self) -> None:
        """Colours that follow the live value, not the one written."""
        for index, column in enumerate(self._layout.table.columns):
            first = f"{column_letters(index)}{FIRST_ROW + 1}"
            for condition, look in _CONDITIONS.get(column.kind, ()):
                # Excel counts text as larger than any number, so the type is asked first.
                formula = f"=AND(ISNUMBER({first}),{first}{condition})"
                rule = {
                    "type": "formula",
                    "criteria": formula,
                    "format": self._styles.conditional(look),
                }
                self._over_data(self._sheet.conditional_format, index, index, rule)
        self._heat()

    def _heat(self) -> None:
        """One colour scale over all heat columns that stand side by side, so that equal figures look alike."""
        hot = [
            index
            for index, column in enumerate(self._layout.table.columns)
            if column.kind == "heat"
        ]
        if hot:
            low, middle, high = styles.HEAT
            self._over_data(
                self._sheet.conditional_format,
                hot[0],
                hot[-1],
                {
                    "type": "3_color_scale",
                    "mid_type": "num",
                    "mid_value": 0,
                    "min_color": low,
                    "mid_color": middle,
                    "max_color": high,
                },
            )

    def _navigation(self) -> None:
        columns, rows = self._layout.table.columns, self._layout.table.rows
        name = next((index + 1 for index, column in enumerate(columns) if column.name == NAME), 0)
        self._sheet.freeze_panes(FIRST_ROW, name)
        if rows:
            self._sheet.autofilter(HEADER_ROW, 0, self._layout.last_row, len(columns) - 1)
        if any(row.kind in GROUP_KINDS for row in rows):
            self._sheet.outline_settings(True, False, True, False)
        codes = [
            index
            for index, column in enumerate(columns)
            if column.kind == "code" or column.name == CODE
        ]
        if rows and codes:
            ends = FIRST_ROW + 1, self._layout.last_row + 1
            cells = " ".join(
                ":".join(f"{column_letters(index)}{row}" for row in ends) for index in codes
            )
            self._sheet.ignore_errors({"number_stored_as_text": cells})

    def _over_data(self, method: Any, first: int, last: int, *rest: Any) -> None:
        if self._layout.table.rows:
            method(FIRST_ROW, first, self._layout.last_row, last, *rest)

    def _spread(self, row: int, first: int, last: int, text: str, look: Any) -> None:
        """A text over several columns of one row."""
        if first < last:
            self._sheet.merge_range(row, first, row, last, "", look)
        self._text(row, first, text, look)

    def _text(self, row: int, index: int, text: str, look: Any) -> None:
        text = self._checked(row, index, text)
        if _like_markup(text):
            run = self._styles.of(styles.BODY)
            _accepted(self._sheet.write_rich_string(row, index, text[:1], run, text[1:], look))
        elif text:
            _accepted(self._sheet.write_string(row, index, text, look))
        else:
            _accepted(self._sheet.write_blank(row, index, None, look))

    def _shared(self, row: int, index: int, text: str) -> int:
        """The number of a text of the body."""
        if text not in self._usual:
            text = self._checked(row, index, text)
            if _like_markup(text):
                self._text(row, index, text, self._styles.of(styles.BODY))
                taken: int = self._sheet.taken(row, index)
                return taken
            self._usual.add(text)
        found: int = self._sheet.index_of_text(text)
        return found

    def _checked(self, row: int, index: int, text: str) -> str:
        """A text as a cell can hold it."""
        text = plain(text)
        if len(text) > LONGEST_TEXT // 2 and len(text.encode("utf-16-le")) > 2 * LONGEST_TEXT:
            raise OutputError(
                f"「{self._layout.table.name}」表单元格 {column_letters(index)}{row + 1} 的文字“{text[:20]}…”"
                f"超过单元格上限（{LONGEST_TEXT:,} 个字符）。处理办法：在工作簿里缩短这段文字。"
            )
        return text


_CONDITIONS: dict[ColumnKind, tuple[tuple[str, Look], ...]] = {
    "growth_money": (("<0", styles.NEGATIVE),),
    "growth_share": (("<0", styles.NEGATIVE),),
    "shortfall": ((">0", styles.SHORTFALL), ("=0", styles.NO_SHORTFALL)),
    "step": (("=0", styles.NO_STEP),),
}


def _edge(column: Column) -> Look:
    return styles.GROUP_START if column.group_start else {}


def _like_markup(text: str) -> bool:
    """Whether XlsxWriter would take a text for its own markup; in two runs it stays what it is."""
    return text.startswith("<r>") and text.endswith("</r>")


def _accepted(code: int) -> None:
    """XlsxWriter reports by number what a sheet cannot hold and would leave it out."""
    if code == -1:
        raise OutputError(
            "结果超出工作表的行列数上限（1,048,576 行、16,384 列），请减少县区或拆分工作簿后重试。"
        )
