"""Any table of names and amounts, whoever made it: its headers, the kinds of its rows, its numbers as exact decimals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from transfer_opt.core.cell_names import Place, address, column_letters
from transfer_opt.core.measured import FULL, SNAPPED, Measured, digits, last_place
from transfer_opt.core.text import is_blank, normalise, to_number, to_text
from transfer_opt.tables.regions import Region, regions
from transfer_opt.tables.words import (
    PREFECTURE,
    PROVINCE,
    RowKind,
    is_identifier,
    is_name_header,
    is_placeholder,
    is_rate,
    row_kind,
)
from transfer_opt.tables.workings import Book, Workings, exact_number, read_book
from transfer_opt.workbook.files.marks import is_percentage
from transfer_opt.workbook.input.headers import MONEY_UNITS, money_units, split_unit
from transfer_opt.workbook.result.pages import Page

_UNIT_OF_CELL = re.compile(r"(?P<number>[^%]*?\d\.?)(?P<unit>亿元|万元|千元|元|亿|万)")
_YUAN = {"元": 1, "千元": 10**3, "万元": 10**4, "万": 10**4, "亿元": 10**8, "亿": 10**8}
_LEVEL = re.compile(r"^\(?[一二三四五六七八九十]+[)、.]")


@dataclass(frozen=True)
class Tabulation:
    """A table of a sheet; rows and columns count from 0."""

    page: Page
    headers: Mapping[int, str]
    """Column → header, each once."""
    units: Mapping[int, str]
    """Column → the unit its header states; empty where it states none."""
    rows: tuple[int, ...]
    unit: str | None
    """元, 万元 or 亿元 where the sheet says it."""
    numbers: Mapping[Place, Decimal]
    """What the cells show, to the 15 digits a spreadsheet holds."""
    numeric: tuple[int, ...]
    """Columns of numbers, identifiers left out."""
    name_column: int
    calculated: Mapping[Place, Measured]
    """What formulas come to now, where the sheet shows a number for them."""
    lines: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Column → the lines of its header, top to bottom."""
    formats: Mapping[Place, str] = field(default_factory=dict)
    """Number formats, where the file tells them."""
    unread: Mapping[Place, str] = field(default_factory=dict)
    """Texts in columns of numbers that are none, and stand for something."""
    folded: bool = False
    """Whether the same columns stand beside it once more, so that its totals may speak of both."""

    @cached_property
    def kinds(self) -> Mapping[int, RowKind]:
        """What every row is."""
        told: dict[int, RowKind] = {row: self._kind(row) for row in self.rows}
        provinces = [row for row in self.rows if PROVINCE.fullmatch(normalise(self.label(row)))]
        if len(provinces) == 1 and told[provinces[0]] == "unit":
            told[provinces[0]] = "grand"
        return {**told, **dict.fromkeys(_subtotal_lines(self, told), "group")}

    @cached_property
    def rates(self) -> frozenset[int]:
        """Columns of numbers that no total adds up."""
        return frozenset(
            column
            for column in self.numeric
            if self.units[column] == "%"
            or is_rate(self.lines[column])
            or self.shows_percentages(column)
        )

    def label(self, row: int) -> str:
        """The name of a row."""
        text = to_text(self.page.sheet.at(row, self.name_column))
        return text or next(self._texts(row), "")

    def cell(self, row: int, column: int) -> str:
        """The address of a cell."""
        return address((row, column))

    def column(self, column: int) -> dict[int, Decimal]:
        """Row → number of one column."""
        return {
            row: self.numbers[row, column] for row in self.rows if (row, column) in self.numbers
        }

    def measured(self, at: Place) -> Measured:
        """The number of a cell, with how far it may be from what it was calculated as."""
        return Measured(Fraction(self.numbers[at]), self.noise(at))

    def noise(self, at: Place) -> float:
        """Nothing for a number that was typed; else what its formula, or the amounts beside it, let expect."""
        number = self.numbers[at]
        if at in self.calculated:
            return self.calculated[at].noise + last_place(number)
        if digits(number) < FULL:
            return 0.0
        return 2 * SNAPPED * max(
            self._largest_in_row[at[0]], self._largest_in_column[at[1]]
        ) + last_place(number)

    @cached_property
    def _largest_in_row(self) -> Mapping[int, float]:
        return self._largest(0)

    @cached_property
    def _largest_in_column(self) -> Mapping[int, float]:
        return self._largest(1)

    def _largest(self, side: int) -> dict[int, float]:
        found: dict[int, float] = {}
        for at, number in self.numbers.items():
            found[at[side]] = max(found.get(at[side], 0.0), abs(float(number)))
        return found

    def shows_percentages(self, column: int) -> bool:
        """Whether most numbers of a column are written, or formatted, as percentages."""
        filled = [row for row in self.rows if (row, column) in self.numbers]
        said = sum(
            is_percentage(self.formats.get((row, column), ""))
            or "%" in to_text(self.page.sheet.at(row, column))
            for row in filled
        )
        return 2 * said > len(filled)

    def _texts(self, row: int) -> Iterator[str]:
        cells = (self.page.sheet.at(row, column) for column in self.headers)
        return (to_text(cell) for cell in cells if isinstance(cell, str) and not is_blank(cell))

    def _kind(self, row: int) -> RowKind:
        """As its name says, or another text before the numbers: 小计 may stand beside the prefecture's name."""
        first = self.numeric[0]
        before = (
            to_text(cell)
            for column in self.headers
            if column < first
            and isinstance(cell := self.page.sheet.at(row, column), str)
            and not is_blank(cell)
        )
        return next(
            (kind for text in (self.label(row), *before) if (kind := row_kind(text)) != "unit"),
            "unit",
        )


def read_tabulations(path: Path, password: str | None = None) -> list[Tabulation]:
    """Every table of every sheet; InputError where the file cannot be read."""
    book = read_book(path, password)
    return tabulations(book, Workings(book))


def tabulations(book: Book, workings: Workings) -> list[Tabulation]:
    """Every table of every sheet."""
    found = (
        _Reading(book, workings, page, region).tabulation()
        for page in book.pages.values()
        for region in regions(page.sheet)
    )
    return [table for table in found if table is not None]


@dataclass(frozen=True)
class _Reading:
    """One region on the way to a table."""

    book: Book
    workings: Workings
    page: Page
    region: Region

    def tabulation(self) -> Tabulation | None:
        """The table; None where it holds no numbers."""
        columns = tuple(self.region.lines)
        numeric = tuple(column for column in columns if self._is_numeric(column))
        if not numeric:
            return None
        numbers = {
            at: number
            for column in columns
            for row in self.region.rows
            if (number := self._number(at := (row, column), column in numeric)) is not None
        }
        unread = {
            (row, column): self._text((row, column))
            for column in numeric
            for row in self.region.rows
            if (row, column) not in numbers and self._says_something((row, column))
        }
        calculated = {
            at: value
            for at in numbers
            if at in self.page.formulas
            and (value := self.workings.number(self.page, at)) is not None
        }
        headers = self._headers()
        marks = self.book.marks.get(self.page.name)
        return Tabulation(
            self.page,
            headers,
            {
                column: split_unit(self.region.lines[column][-1])[1] or self._band_unit(column)
                for column in columns
            },
            self.region.rows,
            self._unit,
            numbers,
            numeric,
            self._name_column(headers, numeric),
            calculated,
            self.region.lines,
            marks.formats if marks else {},
            unread,
            self.region.folded,
        )

    def _headers(self) -> dict[int, str]:
        """Every header once: its last line, else all its lines, else with the letters of its column."""
        lines = self.region.lines
        last = {column: split_unit(texts[-1])[0] for column, texts in lines.items()}
        whole = {
            column: "".join(split_unit(text)[0] for text in texts)
            for column, texts in lines.items()
        }
        alone, joined = Counter(last.values()), Counter(whole.values())
        return {
            column: last[column]
            if alone[last[column]] == 1
            else whole[column]
            if joined[whole[column]] == 1
            else f"{last[column]}（{column_letters(column)}列）"
            for column in lines
        }

    def _band_unit(self, column: int) -> str:
        return next(
            (unit for text in reversed(self.region.lines[column]) if (unit := split_unit(text)[1])),
            "",
        )

    @cached_property
    def _unit(self) -> str | None:
        rows = self.page.sheet.rows
        near, before = rows[self.region.above : self.region.first], rows[: self.region.above]
        said = [
            unit
            for part in (near, before)
            for row in part
            for cell in row
            if isinstance(cell, str)
            for unit in money_units(cell)
        ]
        stated = (
            unit
            for texts in self.region.lines.values()
            for text in texts
            if (unit := split_unit(text)[1])
        )
        return next((unit for unit in (*said, *stated) if unit in MONEY_UNITS), None)

    def _is_numeric(self, column: int) -> bool:
        """Whether most of what a column says is numbers, and they count something."""
        filled = [(row, column) for row in self.region.rows if self._says_something((row, column))]
        known = sum(self._number(at, True) is not None for at in filled)
        return known * 2 > len(filled) and not is_identifier(self.region.lines[column][-1])

    def _number(self, at: Place, counts: bool) -> Decimal | None:
        """The number a cell shows; in a column of numbers also 20元, but no percentage among amounts."""
        value = self.page.value(at)
        if isinstance(value, str):
            if "%" in value and not self._shows_percentages(at[1]):
                return None
            number = exact_number(value)
            return self._with_unit(value) if number is None and counts else number
        if value is None and at in self.page.formulas:
            return self.workings.decimal(self.page.name, at)
        return exact_number(value)

    def _with_unit(self, text: str) -> Decimal | None:
        """An amount that brings its unit, in the unit of the table; a table that states none may count in 元 only."""
        found = _UNIT_OF_CELL.fullmatch(normalise(text))
        number = to_number(found["number"]) if found else None
        if found is None or number is None:
            return None
        own = self._unit or ("元" if found["unit"] == "元" else "")
        return (
            exact_number(float(Fraction(Decimal(repr(number))) * _YUAN[found["unit"]] / _YUAN[own]))
            if own
            else None
        )

    def _shows_percentages(self, column: int) -> bool:
        if is_rate(self.region.lines[column]):
            return True
        filled = [
            self._text((row, column))
            for row in self.region.rows
            if self._says_something((row, column))
        ]
        return 2 * sum("%" in text for text in filled) > len(filled)

    def _says_something(self, at: Place) -> bool:
        value = self.page.value(at)
        return (
            at in self.page.formulas
            if is_blank(value)
            else not (isinstance(value, str) and is_placeholder(value))
        )

    def _text(self, at: Place) -> str:
        return to_text(self.page.value(at))

    def _name_column(self, headers: Mapping[int, str], numeric: Sequence[int]) -> int:
        texts = [
            column
            for column in headers
            if column not in numeric
            and not is_identifier(headers[column])
            and any(not is_blank(self.page.sheet.at(row, column)) for row in self.region.rows)
        ]
        return next(
            iter([*(column for column in texts if is_name_header(headers[column])), *texts]),
            next(iter(headers)),
        )


def _subtotal_lines(table: Tabulation, kinds: Mapping[int, RowKind]) -> Iterator[int]:
    """Rows such as 甲市 or 一、甲市 that add up the rows under them: as most of their numbers say.

    Where most of them do, the others are meant to.
    """
    ordered = [row for row in table.rows if kinds[row] != "within"]
    place = {row: at for at, row in enumerate(ordered)}
    named = [
        row for row in ordered if kinds[row] in ("unit", "own") and _may_lead(table.label(row))
    ]
    leading: dict[int, int] = {}
    for row in named:
        if (
            row > max(leading.values(), default=-1)
            and (last := _led(table, kinds, ordered[place[row] :])) is not None
        ):
            leading[row] = last
    yield from leading


def _may_lead(label: str) -> bool:
    text = normalise(label)
    return PREFECTURE.fullmatch(text) is not None or _LEVEL.match(text) is not None


def _led(table: Tabulation, kinds: Mapping[int, RowKind], rows: Sequence[int]) -> int | None:
    """The last row that the first of these adds up."""
    first, *others = rows
    columns = [
        column
        for column in table.numeric
        if column not in table.rates and table.numbers.get((first, column))
    ]
    sums = dict.fromkeys(columns, Decimal(0))
    for count, row in enumerate(others, 1):
        if kinds[row] in ("group", "middle", "grand"):
            return None
        for column in columns:
            sums[column] += table.numbers.get((row, column), Decimal(0))
        agreeing = sum(sums[column] == table.numbers[first, column] for column in columns)
        # A single row that says the same may do so by chance: more than half of its figures must.
        if agreeing * 2 >= len(columns) > 0 if count > 1 else agreeing * 2 > len(columns) > 1:
            return row
    return None
