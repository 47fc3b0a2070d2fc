"""Any table of names and amounts, whoever made it: its headers, the kinds of its rows, its numbers as exact decimals.

    合计 · 小计 · a prefecture's own line above its counties     add up other rows
    本级                                                          counts as a row
    其中                                                          is part of the row above and adds up nothing
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from transfer_opt.errors import InputError
from transfer_opt.workbook.cells import Place, address, column_letters
from transfer_opt.workbook.evaluation import Exact, FormulaError, evaluate
from transfer_opt.workbook.headers import MONEY_UNITS, HeaderRows, Names, money_units, read_headers
from transfer_opt.workbook.opening import open_workbook
from transfer_opt.workbook.rereading import Page, read_pages
from transfer_opt.workbook.table import NUMBERING, lay_out
from transfer_opt.workbook.totals import total_kind
from transfer_opt.workbook.values import is_blank, normalise, to_number, to_text

RowKind = Literal["unit", "own", "within", "group", "grand"]
_IDENTIFIER = re.compile(r"(?:行政区划)?代码|.*编码|.*代码|序号|编号|年度|年份|电话|文号|优先级")
_NAME = re.compile(r".*(?:名称|县区|县市|地区|市县|县$|单位|项目|资金)")
_PREFECTURE = re.compile(r".+(?:州|地区|盟|市)")
_MOST_HEADER_LINES = 3
_MOST_YEARS = (1949, 2100)


@dataclass(frozen=True)
class Tabulation:
    """A sheet understood as a table; rows and columns count from 0."""

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
    calculated: Mapping[Place, Decimal]
    """What formulas come to now, where the sheet shows a value for them."""

    @cached_property
    def kinds(self) -> Mapping[int, RowKind]:
        """What every row is."""
        told: dict[int, RowKind] = {row: self._kind(row) for row in self.rows}
        own_lines = dict(_prefecture_lines(self, [row for row in self.rows if told[row] in ("unit", "own")], told))
        return {**told, **dict.fromkeys(own_lines, "group")}

    def label(self, row: int) -> str:
        """The name of a row."""
        text = to_text(self.page.sheet.at(row, self.name_column))
        return text or next((to_text(cell) for cell in self.page.sheet.rows[row] if isinstance(cell, str) and not is_blank(cell)), "")

    def cell(self, row: int, column: int) -> str:
        """The address of a cell."""
        return address((row, column))

    def column(self, column: int) -> dict[int, Decimal]:
        """Row → number of one column."""
        return {row: self.numbers[row, column] for row in self.rows if (row, column) in self.numbers}

    def _kind(self, row: int) -> RowKind:
        label = normalise(self.label(row))
        if label.startswith("其中"):
            return "within"
        first = next((to_text(cell) for cell in self.page.sheet.rows[row] if isinstance(cell, str) and not is_blank(cell)), "")
        return total_kind(label) or total_kind(first) or "unit"


def read_tabulations(path: Path, password: str | None = None) -> list[Tabulation]:
    """Every sheet that holds a table; InputError where the file cannot be read."""
    found = (_tabulation(page, _Values(pages)) for pages in [_pages(path, password)] for page in pages.values())
    return [table for table in found if table is not None]


def exact_number(value: Any) -> Decimal | None:
    """A cell's number to the 15 digits a spreadsheet holds; None where it is none."""
    if isinstance(value, str):
        value = to_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Decimal(f"{value + 0.0:.15g}")


def _pages(path: Path, password: str | None) -> dict[str, Page]:
    book = open_workbook(path, password)
    try:
        return read_pages(path)
    except InputError:  # no .xlsx: there are values, but no formulas to look at
        return {sheet.name: Page(sheet.name, sheet, {}) for sheet in book.sheets}


class _Values:
    """The numbers of a workbook, formulas without a value calculated."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self._pages = pages
        self._known: dict[tuple[str, Place], Exact] = {}

    def of(self, name: str, at: Place) -> Exact:
        """A number, a text or nothing; FormulaError where a formula cannot be calculated."""
        if (name, at) not in self._known:
            self._known[name, at] = None  # a formula that needs itself finds nothing
            page = self._pages.get(name)
            value = page.value(at) if page else None
            if page and value is None and at in page.formulas:
                self._known[name, at] = evaluate(page.formulas[at], lambda sheet, place: self.of(sheet or name, place))
            else:
                number = exact_number(value)
                self._known[name, at] = Fraction(number) if number is not None else to_text(value) or None
        return self._known[name, at]

    def decimal(self, name: str, at: Place) -> Decimal | None:
        """The number of a cell."""
        return _decimal(lambda: self.of(name, at))

    def calculated(self, page: Page, at: Place) -> Decimal | None:
        """What a formula comes to over the values that the sheets show."""
        return _decimal(lambda: evaluate(page.formulas[at], lambda sheet, place: self.of(sheet or page.name, place)))


def _decimal(find: Callable[[], Exact]) -> Decimal | None:
    """The number found, to 15 digits; None where it is none."""
    try:
        value = find()
        return Decimal(f"{float(value):.15g}") if isinstance(value, Fraction) else None
    except (FormulaError, RecursionError, ArithmeticError):
        return None


def _tabulation(page: Page, values: _Values) -> Tabulation | None:
    place = _headers(page)
    if place is None:
        return None
    table, _ = lay_out(page.name, page.sheet, place)
    columns = sorted(place.headers)
    numbers = {(row, column): number for row in table.rows for column in columns
               if (number := values.decimal(page.name, (row, column))) is not None}
    numeric = tuple(column for column in columns if _is_numeric(place.headers[column].name, column, table.rows, numbers, page))
    if not numeric:
        return None
    names = {column: place.headers[column].name for column in columns}
    return Tabulation(page, names, {column: place.headers[column].unit for column in columns}, table.rows,
                      _unit(page, place), numbers, numeric, _name_column(page, names, table.rows, numeric),
                      {at: value for at in page.formulas if at in numbers and (value := values.calculated(page, at)) is not None})


def _headers(page: Page) -> HeaderRows | None:
    """The one to three rows of texts above the first row with numbers, every header made unique."""
    rows = page.sheet.rows
    first = next((at for at, row in enumerate(rows) if _is_data(row) and at and _texts(rows, at - 1) > 1), None)
    if first is None:
        return None
    last = top = first - 1
    while top > 0 and last - top < _MOST_HEADER_LINES - 1 and _texts(rows, top - 1) > 1 and not _says_unit(rows[top - 1]):
        top -= 1
    found = read_headers(rows, page.sheet.merges, top, last, Names((), {}, {}))
    count = Counter(header.name for header in found.headers.values())
    unique = {column: header if count[header.name] == 1 else replace(header, name=f"{header.name}（{column_letters(column)}列）")
              for column, header in found.headers.items()}
    return HeaderRows(top, last, unique)


def _is_data(row: Sequence[Any]) -> bool:
    seen = [cell for cell in row if not is_blank(cell)]
    numbers = [number for cell in seen if (number := exact_number(cell)) is not None]
    years = bool(numbers) and all(number == int(number) and _MOST_YEARS[0] <= number <= _MOST_YEARS[1] for number in numbers)
    named = [cell for cell in seen if isinstance(cell, str) and to_number(cell) is None]
    return bool(numbers and named) and not years and normalise(str(named[0])) not in NUMBERING


def _texts(rows: Sequence[Sequence[Any]], at: int) -> int:
    return sum(not is_blank(cell) for cell in rows[at])


def _says_unit(row: Sequence[Any]) -> bool:
    return any(isinstance(cell, str) and "单位" in cell and money_units(cell) for cell in row)


def _is_numeric(header: str, column: int, rows: Sequence[int], numbers: Mapping[Place, Decimal], page: Page) -> bool:
    filled = [row for row in rows if not is_blank(page.sheet.at(row, column))]
    known = sum((row, column) in numbers for row in filled)
    return known * 2 > len(filled) and _IDENTIFIER.fullmatch(normalise(header)) is None


def _unit(page: Page, place: HeaderRows) -> str | None:
    above = [unit for row in page.sheet.rows[: place.first] for cell in row if isinstance(cell, str) for unit in money_units(cell)]
    return next((unit for unit in (*above, *(header.unit for header in place.headers.values())) if unit in MONEY_UNITS), None)


def _name_column(page: Page, headers: Mapping[int, str], rows: Sequence[int], numeric: Sequence[int]) -> int:
    texts = [column for column in headers if column not in numeric and _IDENTIFIER.fullmatch(headers[column]) is None
             and any(not is_blank(page.sheet.at(row, column)) for row in rows)]
    named = [column for column in texts if _NAME.fullmatch(headers[column])]
    return next(iter([*named, *texts]), next(iter(headers)))


def _prefecture_lines(table: Tabulation, rows: Sequence[int], kinds: Mapping[int, RowKind]) -> Iterator[tuple[int, int]]:
    """Rows such as 西宁市 that add up the rows under them, and the last of these: as most of their numbers say."""
    ordered = [row for row in table.rows if kinds[row] != "within"]
    place = {row: at for at, row in enumerate(ordered)}
    taken = -1
    for row in rows:
        if row <= taken or not _PREFECTURE.fullmatch(normalise(table.label(row))):
            continue
        columns = [column for column in table.numeric if table.numbers.get((row, column))]
        sums = dict.fromkeys(columns, Decimal(0))
        for at in range(place[row] + 1, len(ordered)):
            if kinds[ordered[at]] in ("group", "grand"):
                break
            for column in columns:
                sums[column] += table.numbers.get((ordered[at], column), Decimal(0))
            agreeing = sum(sums[column] == table.numbers[row, column] for column in columns)
            if at > place[row] + 1 and agreeing * 2 >= len(columns) > 0:
                taken = ordered[at]
                yield row, taken
                break
