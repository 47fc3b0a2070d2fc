"""Measures of a table on the sheet: column pixels, row heights, decimals. Pure, no spreadsheet library."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import only_figures
from transfer_opt.core.tables import AMOUNT_DECIMALS, HEADER_ROW, Column, Row, Table
from transfer_opt.workbook.output.styles import AMOUNT_KINDS, SHARE_KINDS, TEXT_KINDS, WRAPPED_KINDS

TITLE_HEIGHT, LINE_HEIGHT, HEADER_HEIGHT, LOW_HEADER_HEIGHT = 34.0, 18.0, 38.0, 26.0
NO_BAND_HEIGHT, HEADER_AIR = 4.0, 6.0
BODY_HEIGHT, GROUP_HEIGHT = 16.5, 17.5
LARGEST_HEIGHT = 409.0
DEFAULT_ROW_PIXELS = 18
DIGIT_PIXELS, CELL_PADDING = 8, 5
FIGURE_PIXELS, FIGURE_PADDING, FINE_PIXELS = 8, 16, 3
"""Room for a bold digit of 10 points in the widest font that may stand in for 宋体, for what stands around it,
and more for every decimal beyond four: of long figures fewer are narrow commas."""
VARIED_KINDS = ("number", "points")
"""Kinds whose decimals differ from row to row."""
NUMBER_DECIMALS, PERCENT_DIGITS = 6, 2
BLOCK = 1000
"""Rows that are told or written at once: a large sheet is never held as text."""


@dataclass(frozen=True)
class Layout:
    """Where a table's rows and columns lie and how large they are."""

    table: Table
    pixels: tuple[int, ...]
    """Width per column; 0 where hidden."""
    decimals: tuple[int, ...]
    """Decimals of each amount column."""
    varied: Mapping[int, Sequence[int]]
    """Decimals row by row, of the columns whose kind leaves them to the row."""
    head: tuple[float, ...]
    """Heights of rows 1–4 in points."""
    heights: tuple[float, ...]
    """Heights of the data rows in points."""
    note_heights: tuple[float, ...]

    @property
    def width(self) -> int:
        """Visible width in pixels."""
        return sum(self.pixels)

    @property
    def last_row(self) -> int:
        """The last data row, from 0; the header row where there are none."""
        return HEADER_ROW + len(self.heights)

    @property
    def last_visible(self) -> int:
        """The last column that is not hidden."""
        return max((index for index, pixels in enumerate(self.pixels) if pixels), default=0)

    @property
    def has_bands(self) -> bool:
        """Whether row 3 carries group names."""
        return not self.table.verdict and any(column.band for column in self.table.columns)


def blocks(rows: Sequence[Row]) -> Iterator[tuple[int, Sequence[Row], Iterator[tuple[Value, ...]]]]:
    """Some rows at a time: the place of the first, the rows, and their values column by column."""
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        yield start, block, zip(*(row.values for row in block), strict=True)


def measure(table: Table) -> Layout:
    """The layout of a table."""
    by_column = list(zip(*(row.values for row in table.rows), strict=True)) or [()] * len(
        table.columns
    )
    decimals = tuple(
        _column_decimals(column, values, table.finest)
        for column, values in zip(table.columns, by_column, strict=True)
    )
    varied = {
        index: [
            number_decimals(row, value) if is_number(value) else 0
            for row, value in zip(table.rows, values, strict=True)
        ]
        for index, (column, values) in enumerate(zip(table.columns, by_column, strict=True))
        if column.kind in VARIED_KINDS
    }
    pixels = tuple(
        _column_pixels(column, values, varied.get(index, decimals[index]))
        for index, (column, values) in enumerate(zip(table.columns, by_column, strict=True))
    )
    wrapped = [
        (index, pixels[index], _font_size(column))
        for index, column in enumerate(table.columns)
        if column.kind in WRAPPED_KINDS and pixels[index]
    ]
    return Layout(
        table,
        pixels,
        decimals,
        varied,
        _head_heights(table, pixels),
        tuple(_row_height(row, wrapped) for row in table.rows),
        tuple(text_height(note, sum(pixels), 9, BODY_HEIGHT) for note in table.notes),
    )


def is_clipped(text: str, pixels: int, size: float) -> bool:
    """Whether a text needs more room than a row can have; it is then shown on one line."""
    # A line holds at least one character, so short texts need no measuring.
    return len(text) * size > LARGEST_HEIGHT and _needed(text, pixels, size) > LARGEST_HEIGHT


def text_height(text: str, pixels: int, size: float, least: float) -> float:
    """The row height in points for a wrapped text; one line where it would not fit a row at all."""
    needed = _needed(text, pixels, size)
    return least if needed > LARGEST_HEIGHT else max(least, needed)


def decimals_needed(value: float, most: int) -> int:
    """The fewest decimals that show a figure as it is, up to `most`."""
    if value % 1 == 0:
        return 0
    shown = repr(round(value, most))
    if "e" in shown:  # less than a ten-thousandth
        shown = f"{value:.{most}f}"
    return len(shown.partition(".")[2].rstrip("0"))


def font_size(kind: str) -> float:
    """The font size of a wrapped kind."""
    return 9 if kind == "note" else 10


def _font_size(column: Column) -> float:
    return font_size(column.kind)


def _needed(text: str, pixels: int, size: float) -> float:
    lines = _lines(text, pixels, size)
    return math.ceil(lines * size * 1.4) + 3.0 if lines > 1 else 0.0


@lru_cache(maxsize=65536)
def _lines(text: str, pixels: int, size: float) -> int:
    room = max(pixels - 6, 1)
    half = size * 96 / 72 / 2
    return sum(max(1, math.ceil(_half_widths(line) * half / room)) for line in text.split("\n"))


def _half_widths(text: str) -> int:
    """Length in half-width characters; a Chinese character counts two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def _row_height(row: Row, wrapped: Sequence[tuple[int, int, float]]) -> float:
    height = GROUP_HEIGHT if row.kind in ("total", "subtotal") else BODY_HEIGHT
    for index, pixels, size in wrapped:
        text = row.values[index]
        if isinstance(text, str) and text:
            height = max(height, text_height(text, pixels, size, height))
    return height


def _head_heights(table: Table, pixels: Sequence[int]) -> tuple[float, float, float, float]:
    band = LINE_HEIGHT if any(column.band for column in table.columns) else NO_BAND_HEIGHT
    if table.verdict:
        band = text_height(table.verdict, sum(pixels), 10, LINE_HEIGHT)
    least = HEADER_HEIGHT if band == LINE_HEIGHT and not table.verdict else LOW_HEADER_HEIGHT
    header = max(
        (
            text_height(column.name, width, 9, least)
            for column, width in zip(table.columns, pixels, strict=True)
            if width
        ),
        default=least,
    )
    return TITLE_HEIGHT, LINE_HEIGHT, band, header + (HEADER_AIR if header > least else 0)


def _column_decimals(column: Column, values: Sequence[Value], most: int) -> int:
    if column.kind not in AMOUNT_KINDS:
        return 0
    needed = 0
    for value in set(_figures(values)):
        if value % 1:
            shown = round(value, most)
            while needed < most and round(shown, needed) != shown:
                needed += 1
            if needed == most:
                break
    return needed


def _figures(values: Sequence[Value]) -> Sequence[float]:
    """The figures of a column."""
    return values if only_figures(values) else [value for value in values if is_number(value)]


def is_number(value: Value) -> TypeGuard[float]:
    """Whether a value is a figure (a truth value is not)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number_decimals(row: Row, value: float) -> int:
    """The decimals of a figure whose column leaves them to the row."""
    if row.decimals is not None:
        return row.decimals
    if row.is_share:
        return max(0, decimals_needed(value, NUMBER_DECIMALS) - PERCENT_DIGITS)
    return decimals_needed(value, NUMBER_DECIMALS)


def _column_pixels(column: Column, values: Sequence[Value], decimals: int | Sequence[int]) -> int:
    """The wished width, or more where a figure would show as ####; with decimals of the column or row by row."""
    if column.hidden:
        return 0
    wished = int(column.width * DIGIT_PIXELS + 0.5) + CELL_PADDING
    if column.kind in TEXT_KINDS:
        return wished
    shown = [str(value) for value in values if isinstance(value, str | bool)]
    figures: dict[int, list[float]] = {}
    if isinstance(decimals, int):
        figures[decimals] = list(_figures(values))
    else:
        for places, value in zip(decimals, values, strict=True):
            if is_number(value):
                figures.setdefault(places, []).append(value)
    # With one format no figure is longer than the least and the largest.
    shown += [
        _shown(column, limit(alike), places)
        for places, alike in figures.items()
        if alike
        for limit in (min, max)
    ]
    further = FINE_PIXELS * max(0, max(figures, default=0) - AMOUNT_DECIMALS)
    needed = max(map(_half_widths, shown), default=0) * FIGURE_PIXELS + FIGURE_PADDING
    return max(wished, needed + (further if column.kind in AMOUNT_KINDS else 0))


def _shown(column: Column, value: float, decimals: int) -> str:
    if column.kind in SHARE_KINDS:
        return f"{value:.1%}"
    return f"{value:{'+' if column.kind in ('step', 'points') else ''},.{decimals}f}"
