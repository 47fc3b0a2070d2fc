"""The data rows of a table as text, block by block and column by column: a large result has millions of cells."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from transfer_opt.sheets import Column, Row, RowKind, Value
from transfer_opt.workbook import styles
from transfer_opt.workbook.cells import cached, column_letters, digits, element_text, word
from transfer_opt.workbook.formulas import Formulas
from transfer_opt.workbook.layout import (
    FIRST_ROW,
    VARIED_KINDS,
    Layout,
    font_size,
    is_clipped,
    is_number,
    number_decimals,
)
from transfer_opt.workbook.styles import Look, Styles

BLOCK = 1000
"""Rows that are made at once."""
TEXT, OUTLINED = ' t="str"', ' outlineLevel="1"'


class Body:
    """The rows between head and notes.

    `style` gives a format's number in the file, `shared` that of a text (row from 0, column, text).
    """

    def __init__(
        self, layout: Layout, styles_: Styles, formulas: Formulas,
        style: Callable[[Any], int], shared: Callable[[int, int, str], int],
    ) -> None:
        self._layout, self._styles, self._formulas, self._style, self._shared = layout, styles_, formulas, style, shared
        # In their order: the formats are numbered as they are met.
        self._kinds: list[RowKind] = list(dict.fromkeys(row.kind for row in layout.table.rows))

    def blocks(self) -> Iterator[str]:
        """The rows as they stand in the file, some at a time."""
        columns, rows = self._layout.table.columns, self._layout.table.rows
        usual = [{kind: self._usual_style(index, kind) for kind in self._kinds} for index in range(len(columns))]
        formed = {kind: self._formulas.formed(kind) for kind in self._kinds}
        calculated = [{kind for kind in self._kinds if formed[kind][index]} for index in range(len(columns))]
        openings = self._openings()
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            numbers = [str(FIRST_ROW + start + at + 1) for at in range(len(block))]
            by_column = zip(*(row.values for row in block), strict=True)
            cells = [self._cells(index, start, block, numbers, values, usual[index], calculated[index])
                     for index, values in enumerate(by_column)]
            sizes = zip(self._layout.heights[start : start + BLOCK], block, strict=True)
            yield "".join(f'<row r="{number}"{openings[height, row.kind]}{"".join(line)}</row>'
                          for number, (height, row), line in zip(numbers, sizes, zip(*cells, strict=True), strict=True))

    def _openings(self) -> dict[tuple[float, RowKind], str]:
        """What follows the number of a row, by height and kind."""
        spans = f' spans="1:{len(self._layout.table.columns)}"'
        # Whole pixels, as `set_row` makes them.
        return {(height, kind): f'{spans} ht="{int(height * 4 / 3 + 0.5) * 0.75:.16g}" customHeight="1"'
                                f'{OUTLINED if kind == "unit" else ""}>'
                for height in set(self._layout.heights) for kind in self._kinds}

    def _cells(
        self, index: int, start: int, rows: Sequence[Row], numbers: Sequence[str], values: Sequence[Value],
        usual: Mapping[RowKind, int | None], calculated: Container[RowKind],
    ) -> list[str]:
        """The cells of one column in a block of rows; it may hold formulas in those of the kinds `calculated`."""
        opening, cells = f'<c r="{column_letters(index)}', []
        for place, number, row, value in zip(count(start), numbers, rows, values, strict=False):
            style = usual[row.kind]
            if style is None:
                style = self._style(self._look(index, row, value))
            if value is None:
                content = "/>"
            elif row.kind in calculated and (formula := self._formulas.of(place, index)):
                content = _formed(formula, value)
            else:
                content = f"><v>{digits(value)}</v></c>" if type(value) is float else self._content(place, index, value)
            cells.append(f'{opening}{number}" s="{style}"{content}')
        return cells

    def _content(self, place: int, index: int, value: str | float) -> str:
        """What follows the number of a cell's format."""
        value = word(value)
        if isinstance(value, str):
            return f' t="s"><v>{self._shared(FIRST_ROW + place, index, value)}</v></c>' if value else "/>"
        return f"><v>{digits(value)}</v></c>"

    def _usual_style(self, index: int, kind: RowKind) -> int | None:
        """The format of a column in rows of a kind; None where it depends on the value."""
        column = self._layout.table.columns[index]
        if column.kind in VARIED_KINDS or column.kind in styles.WRAPPED_KINDS:
            return None
        return self._style(self._styles.cell(column.kind, kind, self._layout.decimals[index], column.group_start))

    def _look(self, index: int, row: Row, value: Value) -> Any:
        column, decimals = self._layout.table.columns[index], self._layout.decimals[index]
        special: Look = {}
        if column.kind in VARIED_KINDS and is_number(value):
            decimals = number_decimals(row, value)
            special = styles.MISSING if row.kind == "alarm" and value < 0 else {}
        elif column.kind not in VARIED_KINDS and isinstance(value, str) and self._is_clipped(index, column, value):
            special = styles.CLIPPED
        if not special:
            return self._styles.cell(column.kind, row.kind, decimals, column.group_start)
        return self._styles.of(styles.cell_look(column.kind, row.kind, decimals, column.group_start), special)

    def _is_clipped(self, index: int, column: Column, text: str) -> bool:
        return is_clipped(text, self._layout.pixels[index], font_size(column.kind))


def _formed(formula: str, value: str | float) -> str:
    """The same where it is calculated."""
    value = word(value)
    if isinstance(value, str):
        return f'{TEXT if value else ""}><f>{formula}</f><v>{element_text(str(cached(value)))}</v></c>'
    return f"><f>{formula}</f><v>{digits(value)}</v></c>"


def in_the_file(formula: str) -> str:
    """A formula as a cell of the file holds it."""
    return element_text(formula.removeprefix("="))
