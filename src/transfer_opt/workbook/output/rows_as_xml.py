"""The data rows of a table as text, block by block and column by column: a large result has millions of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from typing import Any

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import (
    cached,
    column_letters,
    digits,
    element_text,
    only_figures,
    word,
)
from transfer_opt.core.tables import FIRST_ROW, Row, RowKind
from transfer_opt.workbook.output import styles
from transfer_opt.workbook.output.formulas import Formulas
from transfer_opt.workbook.output.layout import (
    VARIED_KINDS,
    Layout,
    blocks,
    font_size,
    is_clipped,
    is_number,
)
from transfer_opt.workbook.output.styles import Styles

TEXT, OUTLINED, HIDDEN = ' t="str"', ' outlineLevel="1"', ' hidden="1"'


class Body:
    """The rows between head and notes.

    `style` gives a format's number in the file, `shared` that of a text (row from 0, column, text).
    """

    def __init__(
        self,
        layout: Layout,
        styles_: Styles,
        formulas: Formulas,
        style: Callable[[Any], int],
        shared: Callable[[int, int, str], int],
    ) -> None:
        self._layout, self._styles, self._formulas, self._style, self._shared = (
            layout,
            styles_,
            formulas,
            style,
            shared,
        )
        # In their order: the formats are numbered as they are met.
        self._kinds: list[RowKind] = list(dict.fromkeys(row.kind for row in layout.table.rows))
        self._looked: dict[tuple[int, RowKind, int, bool, bool], str] = {}

    def blocks(self) -> Iterator[str]:
        """The rows as they stand in the file, some at a time."""
        columns = self._layout.table.columns
        for index, column in enumerate(columns):
            if column.kind not in VARIED_KINDS and column.kind not in styles.WRAPPED_KINDS:
                for kind in self._kinds:
                    self._look((index, kind, self._layout.decimals[index], False, False))
        openings = self._openings()
        for start, block, by_column in blocks(self._layout.table.rows):
            numbers = [str(FIRST_ROW + start + at + 1) for at in range(len(block))]
            cells = []
            for index, values in enumerate(by_column):
                looks, opening = (
                    self._looks(index, start, block, values),
                    f'<c r="{column_letters(index)}',
                )
                contents = self._contents(
                    index, start, values, self._formulas.column(index, start, block)
                )
                cells.append(
                    [
                        f"{opening}{number}{look}{content}"
                        for number, look, content in zip(numbers, looks, contents, strict=True)
                    ]
                )
            sizes = zip(self._layout.heights[start : start + len(block)], block, strict=True)
            yield "".join(
                f'<row r="{number}"{openings[height, outline(row), row.folded]}{"".join(line)}</row>'
                for number, (height, row), line in zip(
                    numbers, sizes, zip(*cells, strict=True), strict=True
                )
            )

    def _openings(self) -> dict[tuple[float, bool, bool], str]:
        """What follows the number of a row: by height, whether it is outlined, and whether folded."""
        spans = f' spans="1:{len(self._layout.table.columns)}"'
        # Whole pixels and in this order, as `set_row` makes them.
        return {
            (height, outlined, folded): f'{spans} ht="{int(height * 4 / 3 + 0.5) * 0.75:.16g}"'
            f'{HIDDEN if folded else ""} customHeight="1"{OUTLINED if outlined else ""}>'
            for height in set(self._layout.heights)
            for outlined, folded in ((False, False), (True, False), (True, True))
        }

    def _looks(
        self, index: int, start: int, rows: Sequence[Row], values: Sequence[Value]
    ) -> list[str]:
        """The formats of the cells of one column."""
        column, pixels, usual = (
            self._layout.table.columns[index],
            self._layout.pixels[index],
            self._layout.decimals[index],
        )
        shares: Iterator[bool] = repeat(False)
        if column.kind in VARIED_KINDS:
            shares = (row.is_share for row in rows)
            decimals: Sequence[int] = self._layout.varied[index][start : start + len(rows)]
            special = [
                row.kind == "alarm" and is_number(value) and value < 0
                for row, value in zip(rows, values, strict=True)
            ]
        elif column.kind in styles.WRAPPED_KINDS:
            decimals = [usual] * len(rows)
            special = [
                isinstance(value, str) and is_clipped(value, pixels, font_size(column.kind))
                for value in values
            ]
        else:
            by_kind = {kind: self._looked[index, kind, usual, False, False] for kind in self._kinds}
            return [by_kind[row.kind] for row in rows]
        kinds = (row.kind for row in rows)
        wanted = zip(repeat(index), kinds, decimals, special, shares, strict=False)
        return [self._looked.get(key) or self._look(key) for key in wanted]

    def _look(self, wanted: tuple[int, RowKind, int, bool, bool]) -> str:
        """What follows the number of the row in a cell: column, kind of row, decimals, marked or not, a share or not."""
        index, kind, decimals, special, is_share = wanted
        column = self._layout.table.columns[index]
        look = self._styles.cell(column.kind, kind, decimals, column.group_start, is_share)
        if special:
            mark = styles.MISSING if column.kind in VARIED_KINDS else styles.CLIPPED
            look = self._styles.of(
                styles.cell_look(column.kind, kind, decimals, column.group_start), mark
            )
        made = self._looked[wanted] = f'" s="{self._style(look)}"'
        return made

    def _contents(
        self, index: int, start: int, values: Sequence[Value], formulas: Sequence[str]
    ) -> list[str]:
        """What follows the format in the cells of one column."""
        if only_figures(values):
            return [
                f"><f>{formula}</f><v>{shown}</v></c>" if formula else f"><v>{shown}</v></c>"
                for formula, shown in zip(formulas, map(digits, values), strict=True)
            ]
        return [
            "/>"
            if value is None
            else _formed(formula, value)
            if formula
            else self._content(place, index, value)
            for place, formula, value in zip(count(start), formulas, values, strict=False)
        ]

    def _content(self, place: int, index: int, value: str | float) -> str:
        """What follows the number of a cell's format."""
        value = word(value)
        if isinstance(value, str):
            return (
                f' t="s"><v>{self._shared(FIRST_ROW + place, index, value)}</v></c>'
                if value
                else "/>"
            )
        return f"><v>{digits(value)}</v></c>"


def outline(row: Row) -> bool:
    """Whether a row can be folded away."""
    return row.folded or row.kind == "unit"


def _formed(formula: str, value: str | float) -> str:
    """The same where it is calculated."""
    value = word(value)
    if isinstance(value, str):
        return (
            f"{TEXT if value else ''}><f>{formula}</f><v>{element_text(str(cached(value)))}</v></c>"
        )
    return f"><f>{formula}</f><v>{digits(value)}</v></c>"


def in_the_file(formula: str) -> str:
    """A formula as a cell of the file holds it."""
    return element_text(formula.removeprefix("="))
