"""One sheet of an input workbook as a form: title, label and unit, band, headers with notes, rows, drop-downs, page."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import groupby
from typing import Any, TypeAlias

from transfer_opt.core.budget import LARGEST, Value
from transfer_opt.core.cell_names import column_letters
from transfer_opt.policy.shared_costs import LEVELS
from transfer_opt.workbook.input.columns import InputColumn
from transfer_opt.workbook.output import styles as looks
from transfer_opt.workbook.output.styles import BOOK_FONT, Look, Styles

UNDATED = datetime(1980, 1, 1)
"""When every form says that it was made, so that the same one has the same bytes."""
Rows: TypeAlias = Sequence[Mapping[str, Value]]

TITLE, LABEL, BAND = 0, 1, 2
PLAIN, PERCENT, FINE_PERCENT = "General", "0%", "0.0%"
"""Number formats."""
_TITLE_HEIGHT, _LINE_HEIGHT, _HEADER_HEIGHT, _BODY_HEIGHT, _GROUP_HEIGHT = (
    34.0,
    18.0,
    38.0,
    16.5,
    17.5,
)
_TEXT_LINE = 12.5
_VALIDATED_ROWS = 500
_ONE_PAGE_ROWS = 70
"""A sheet of so few rows prints on one page, a longer one only in one width."""
_PAPERS = {"A4": 9, "A3": 8}
_CENTIMETRE = 1 / 2.54
_REMARKS = frozenset({"依据", "依据条款", "说明", "理由"})
_WRAPPED = _REMARKS | {"资金", "取值"}
_SHARES = frozenset({*LEVELS, "指标变化"})
"""Numbers that are shown in per cent."""
_WHOLE, _AREA = "#,##0_ ;-#,##0_ ;0_ ", "#,##0.0_ ;-#,##0.0_ ;0_ "
"""The blank after each figure keeps it off the border."""
_ORDINARY: Look = {}
_TOTAL: Look = {"bg_color": looks.HEADER_FILL, "bold": True, "border_color": looks.FIRM_BORDER}
_SUBTOTAL: Look = {"bg_color": looks.SUBTOTAL_FILL, "bold": True, "border_color": looks.FIRM_BORDER}
_INDENTED: Look = {"indent": 1}


class FormSheet:
    """Writes rows one below the other under the headers; `finish` closes the sheet."""

    def __init__(
        self,
        book: Any,
        styles: Styles,
        name: str,
        columns: Sequence[InputColumn],
        title: str,
        label: str,
        unit: str,
    ) -> None:
        self._sheet = book.add_worksheet(name)
        self._styles = styles
        self._columns = columns
        self._paper = "A4"
        self._label = label
        self._has_bands = any(column.band for column in columns)
        self._header_row = BAND + self._has_bands
        self._next = self._header_row + 1
        self._write_head(title, label, unit)
        for index, column in enumerate(columns):
            self._write_header(index, column)
            self._restrict(index, column, column.choices)

    def set_paper(self, paper: str) -> None:
        """A4 (the default) or A3, always landscape."""
        self._paper = paper

    def offer(self, header: str, choices: Sequence[str] | str) -> None:
        """A drop-down list on a column: the choices, or the range that holds them, as =Sheet!$A$1:$A$9."""
        index = next(index for index, column in enumerate(self._columns) if column.name == header)
        self._restrict(index, self._columns[index], choices)

    def write_row(self, values: Mapping[str, Value], free: str = PLAIN) -> None:
        """One ordinary row; `free` is the number format of cells that take numbers and words."""
        self._sheet.set_row(self._next, self._height(values))
        for index, column in enumerate(self._columns):
            self._write_cell(index, values.get(column.name), self._look(column, free), _ORDINARY)
        self._next += 1

    def write_blank_rows(self, count: int) -> None:
        """Empty rows with borders, ready to be filled in."""
        for _ in range(count):
            self.write_row({})

    def write_groups(self, rows: Rows) -> None:
        """合计, then per prefecture its 小计 and its units; the sums are formulas that carry their values."""
        groups = [
            (name, list(members))
            for name, members in groupby(rows, key=lambda row: str(row["市州"]))
        ]
        starts, place = [], self._next + 1
        for _, members in groups:
            starts.append(place)
            place += 1 + len(members)
        cells = {
            column: [f"{column_letters(column)}{start + 1}" for start in starts]
            for column in self._summed()
        }
        self._write_sums(
            "合  计",
            "",
            rows,
            {column: "=" + "+".join(found) for column, found in cells.items()},
            _TOTAL,
        )
        self._sheet.outline_settings(True, False)
        for name, members in groups:
            first, last = self._next + 2, self._next + 1 + len(members)
            sums = {
                column: f"=SUM({column_letters(column)}{first}:{column_letters(column)}{last})"
                for column in self._summed()
            }
            self._write_sums(f"{name}小计", name, members, sums, _SUBTOTAL)
            for row in members:
                self._write_unit(row)

    def finish(self, notes: Sequence[str], frozen_columns: int) -> None:
        """The notes under the table, frozen headers, print set-up."""
        last = len(self._columns) - 1
        for note in notes:
            self._sheet.set_row(self._next, self._note_height(note))
            self._sheet.merge_range(
                self._next, 0, self._next, last, note, self._styles.of(looks.NOTE)
            )
            self._next += 1
        self._sheet.freeze_panes(self._header_row + 1, frozen_columns)
        self._sheet.hide_gridlines(2)
        self._sheet.set_landscape()
        self._sheet.set_paper(_PAPERS[self._paper])
        side, end = 1.0 * _CENTIMETRE, 1.3 * _CENTIMETRE
        self._sheet.set_margins(left=side, right=side, top=end, bottom=end)
        self._sheet.center_horizontally()
        self._sheet.repeat_rows(0, self._header_row)
        self._sheet.print_area(0, 0, self._next - 1, last)
        self._sheet.fit_to_pages(1, 1 if self._next <= _ONE_PAGE_ROWS else 0)
        footer = f"&L&9{self._label.replace('&', '&&')}&C&9第 &P 页 共 &N 页"
        self._sheet.set_footer(footer, {"margin": 0.6 * _CENTIMETRE})
        self._ignore_text_codes()

    def _write_head(self, title: str, label: str, unit: str) -> None:
        last = len(self._columns) - 1
        self._sheet.set_row(TITLE, _TITLE_HEIGHT)
        self._sheet.merge_range(TITLE, 0, TITLE, last, title, self._styles.title())
        self._sheet.set_row(LABEL, _LINE_HEIGHT)
        if label:
            self._sheet.write_string(LABEL, 0, label, self._styles.of(looks.LABEL))
        if unit:
            self._sheet.write_string(LABEL, last, unit, self._styles.of(looks.UNIT_NOTE))
        if self._has_bands:
            self._sheet.set_row(BAND, _LINE_HEIGHT)
            self._write_bands()
        self._sheet.set_row(self._header_row, _HEADER_HEIGHT)

    def _write_bands(self) -> None:
        first = 0
        for band, members in groupby(self._columns, key=lambda column: column.band):
            last = first + len(list(members)) - 1
            if last > first:
                self._sheet.merge_range(BAND, first, BAND, last, band, self._styles.of(looks.BAND))
            else:
                self._sheet.write_string(BAND, first, band, self._styles.of(looks.BAND))
            first = last + 1

    def _write_header(self, index: int, column: InputColumn) -> None:
        self._sheet.set_column(index, index, column.width)
        shown = (
            f"{column.name}（{column.measure}）"
            if column.measure in ("人", "平方公里", "个")
            else column.name
        )
        optional: Look = {} if column.required else {"bg_color": looks.SUBTOTAL_FILL}
        self._sheet.write_string(
            self._header_row, index, shown, self._styles.of(looks.HEADER, optional)
        )
        note = _note(column)
        lines = sum(math.ceil(text_width(line) / 34) for line in note.split("\n"))
        self._sheet.write_comment(
            self._header_row,
            index,
            note,
            {
                "author": "",
                "width": 250,
                "height": 18 * lines + 14,
                "font_name": looks.SONG,
                "font_size": 10,
                "color": looks.SUMMARY_FILL,
            },
        )

    def _restrict(self, index: int, column: InputColumn, choices: Sequence[str] | str) -> None:
        first, last = self._header_row + 1, self._header_row + _VALIDATED_ROWS
        if choices:
            self._sheet.data_validation(
                first,
                index,
                last,
                index,
                {
                    "validate": "list",
                    "source": choices if isinstance(choices, str) else list(choices),
                    "error_title": "不在可选范围内",
                    "error_message": "请从下拉列表中选择，或留空。",
                },
            )
        elif column.kind == "number" and column.measure:
            self._sheet.data_validation(
                first,
                index,
                last,
                index,
                {
                    "validate": "decimal",
                    "criteria": ">=",
                    "value": -LARGEST if column.signed else 0,
                    "error_title": "请填写数字",
                    "error_message": f"这里只能填写{'' if column.signed else '不小于0的'}数字；没有数据的留空。",
                },
            )

    def _summed(self) -> list[int]:
        return [index for index, column in enumerate(self._columns) if column.measure]

    def _write_sums(
        self, name: str, prefecture: str, rows: Rows, formulas: Mapping[int, str], look: Look
    ) -> None:
        self._sheet.set_row(self._next, _GROUP_HEIGHT)
        texts: dict[str, Value] = {"县区名称": name, "市州": prefecture}
        for index, column in enumerate(self._columns):
            own = self._look(column)
            amounts = [
                value for row in rows if isinstance(value := row.get(column.name), (int, float))
            ]
            if index in formulas and amounts:
                total = round(math.fsum(amounts), 6)
                self._sheet.write_formula(
                    self._next, index, formulas[index], self._styles.of(own, look), total
                )
            else:
                self._write_cell(index, texts.get(column.name), own, look)
        self._next += 1

    def _write_unit(self, row: Mapping[str, Value]) -> None:
        self._sheet.set_row(self._next, _BODY_HEIGHT, None, {"level": 1})
        for index, column in enumerate(self._columns):
            look = _INDENTED if column.name == "县区名称" else _ORDINARY
            self._write_cell(index, row.get(column.name), self._look(column), look)
        self._next += 1

    def _write_cell(self, index: int, value: Value, look: Look, more: Look) -> None:
        style = self._styles.of(look, more)
        if value is None or value == "":
            self._sheet.write_blank(self._next, index, None, style)
        elif isinstance(value, str):
            self._sheet.write_string(self._next, index, value, style)
        else:
            self._sheet.write_number(self._next, index, value, style)

    def _look(self, column: InputColumn, free: str = PLAIN) -> dict[str, Any]:
        look = {**looks.BODY, "text_wrap": column.name in _WRAPPED}
        if column.name in _REMARKS:
            return {**look, "align": "left", "font_size": 9}
        if column.kind == "number" and column.measure:
            return {
                **look,
                "align": "right",
                "num_format": _AREA if column.measure == "平方公里" else _WHOLE,
            }
        if column.kind == "free":
            return {
                **look,
                "align": "center",
                "text_wrap": True,
                "num_format": free,
            }
        if column.kind == "code":
            return {**look, "align": "center", "num_format": "@", "font_color": looks.GREY}
        if column.choices or column.kind == "number":
            shown = FINE_PERCENT if column.name in _SHARES else PLAIN
            return {**look, "align": "center", "num_format": shown}
        if column.name == "市州":
            return {
                **look,
                "align": "center",
                "font_size": 9,
                "font_color": looks.GREY,
                "shrink": True,
            }
        return {**look, "align": "left", "shrink": not look["text_wrap"]}

    def _height(self, values: Mapping[str, Value]) -> float:
        lines = [
            math.ceil(
                text_width(value) / _capacity(column.width, 9 if column.name in _REMARKS else 10)
            )
            for column in self._columns
            if isinstance(value := values.get(column.name), str)
            and (column.name in _WRAPPED or column.kind == "free")
        ]
        return _BODY_HEIGHT + _TEXT_LINE * (max([*lines, 1]) - 1)

    def _note_height(self, note: str) -> float:
        width = sum(column.width for column in self._columns)
        return _BODY_HEIGHT + _TEXT_LINE * (math.ceil(text_width(note) / _capacity(width, 9)) - 1)

    def _ignore_text_codes(self) -> None:
        codes = [
            column_letters(index)
            for index, column in enumerate(self._columns)
            if column.kind == "code"
        ]
        if codes:
            cells = " ".join(f"{code}{self._header_row + 2}:{code}{self._next}" for code in codes)
            self._sheet.ignore_errors({"number_stored_as_text": cells})


def form_book(memory: BytesIO, title: str = "") -> Any:
    """A workbook to be filled in, written to `memory`: texts stay texts, and the same content gives the same bytes."""
    import xlsxwriter  # heavy, and only needed for writing

    book = xlsxwriter.Workbook(
        memory,
        {
            "default_format_properties": BOOK_FONT,
            "default_column_width": 72,
            "default_row_height": 18,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "in_memory": True,
        },
    )
    book.set_properties({"title": title, "created": UNDATED} if title else {"created": UNDATED})
    return book


def _note(column: InputColumn) -> str:
    unit = {"": "", "金额": "单位：见表右上角。"}.get(column.measure, f"单位：{column.measure}。")
    choices = f"可选：{'、'.join(column.choices)}。" if column.choices else ""
    need = "必填。" if column.required else "选填。"
    return "\n".join(part for part in (column.note, unit + need, choices) if part)


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of that width, in the size of ordinary cells."""
    return max(1, math.ceil(text_width(text) / _capacity(width, 10)))


def _capacity(width: float, points: float) -> float:
    """How many half-width characters of a size fit a column: a digit of 宋体 is half as wide as the font is high."""
    return (8 * width - 1) / (points * 96 / 72 / 2)


def text_width(text: str) -> int:
    """In digits: a Chinese character is two wide."""
    return sum(2 if unicodedata.east_asian_width(mark) in "WFA" else 1 for mark in text)
