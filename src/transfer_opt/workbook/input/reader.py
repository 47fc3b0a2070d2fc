"""Reads an input workbook into plain sheets.

Trouble with the file itself raises InputError. Trouble inside a sheet does not stop the reading: it is kept in the
`notes` of that sheet, errors (E…) beside warnings (W…), so that the caller can tell it together with its own checks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from transfer_opt.core.budget import Budget, Sheet, SheetRow, Value
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import kept
from transfer_opt.core.text import (
    RawCell,
    amount_with_unit,
    is_blank,
    normalise,
    to_number,
    to_text,
    to_value,
)
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    BOUNDS,
    COUNTIES,
    INDICATORS,
    OUTLOOK,
    POOLS,
    RULES,
    SCENARIOS,
    SECTIONS,
    SERVICES,
    SUCCESSION,
    THRESHOLDS,
    WEIGHTS,
)
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook, open_workbook
from transfer_opt.workbook.input import remarks
from transfer_opt.workbook.input.columns import FREE_HEADERS, SHEETS, CellKind, InputColumn
from transfer_opt.workbook.input.headers import Names, find_headers, split_unit, with_numbers
from transfer_opt.workbook.input.table import (
    Table,
    cell_kind,
    headings,
    lay_out,
    money_unit,
    total_rows,
)
from transfer_opt.workbook.input.totals import total_mismatches

__all__ = ["read_sheet", "read_workbook", "total_mismatches", "understood"]

_ALWAYS_READ = (COUNTIES, POOLS)
"""Sheets that are told when they are empty; the optional ones then count as absent."""
_COPY = re.compile(r"[-_]?(?:\(?\d+\)?|表|副本|备份|新|旧)[\d()]*")
_SPOKEN_OF = {
    COUNTIES: re.compile("县区|基础数据"),
    POOLS: re.compile("总额|资金规模"),
    RULES: re.compile("参数|约束|规则"),
    SCENARIOS: re.compile("方案"),
    WEIGHTS: re.compile("权重|因素"),
    BOUNDS: re.compile("上下限|限额"),
    OUTLOOK: re.compile("展望|预测"),
    SERVICES: re.compile("共担|事权"),
    BENEFICIARIES: re.compile("受益"),
    THRESHOLDS: re.compile("阈值|预警"),
    INDICATORS: re.compile("历年"),
    SECTIONS: re.compile("断面|流域"),
    SUCCESSION: re.compile("区划"),
}
"""What in a sheet's name may mean the one that is missing."""
_CLOSE = 0.75
"""How alike two names are before one may be a slip for the other."""


def read_workbook(
    path: Path,
    aliases: Mapping[str, str],
    rename: Mapping[str, str] = MappingProxyType({}),
    password: str | None = None,
) -> Budget:
    """The input workbook as the program understands it.

    `aliases` maps other spellings of headers to standard names; `rename` maps columns of this workbook and goes first.
    """
    return understood(open_workbook(path, password, _is_known), aliases, rename)


def _is_known(sheet: str) -> bool:
    return normalise(sheet) in SHEETS


def understood(
    book: RawWorkbook, aliases: Mapping[str, str], rename: Mapping[str, str] = MappingProxyType({})
) -> Budget:
    """The same for a workbook that is open already."""
    sheets: dict[str, Sheet] = {}
    notes = [
        remarks.unread_sheet(name, close) for name in book.others if (close := _meant(name, book))
    ]
    renamed: set[str] = set()
    for raw in book.sheets:
        name = normalise(raw.name)
        if not (name in _ALWAYS_READ or _has_content(raw)):
            continue
        if name in sheets:
            notes.append(remarks.doubled_sheet(name, raw.name))
        else:
            sheets[name], used = read_sheet(name, raw, Names(SHEETS[name], aliases, rename))
            renamed |= used
    notes += _disagreeing_units(sheets)
    unknown = [key for key in rename if not {normalise(key), split_unit(key)[0]} & renamed]
    notes += [remarks.unknown_rename(COUNTIES, key) for key in unknown]
    return Budget(book.path, book.sha256, sheets, tuple(notes), book.others)


def _meant(name: str, book: RawWorkbook) -> str:
    """The sheet that is missing, or copied, where this one was perhaps meant to be it."""
    text = normalise(name)
    for known in SHEETS:
        if _COPY.fullmatch(text.removeprefix(known)) and text.startswith(known):
            return known
    missing = [
        known for known in SHEETS if all(normalise(sheet.name) != known for sheet in book.sheets)
    ]
    shortened = [known for known in missing if len(text) > 1 and known.startswith(text)]
    close = shortened or get_close_matches(text, missing, 1, _CLOSE)
    return next(iter(close or [known for known in missing if _SPOKEN_OF[known].search(text)]), "")


def read_sheet(name: str, raw: RawSheet, names: Names) -> tuple[Sheet, set[str]]:
    """The sheet, and which keys of `rename` it used."""
    place = find_headers(raw.rows, raw.merges, names)
    if place is None:
        return Sheet(name, "", None, {}, (), notes=(remarks.no_headers(name),)), set()
    if name in FREE_HEADERS:
        place = with_numbers(place, raw.rows[place.last])
    table, doubled = lay_out(name, raw, place)
    title, labels = headings(table)
    unit, unit_problems = money_unit(table)
    totals, prefecture_rows = total_rows(table)
    rows, read_problems = _rows(table, unit)
    data = [row for row in table.rows if row not in totals and row not in prefecture_rows]
    told = [
        *doubled,
        *_headers_told(table, names),
        *unit_problems,
        *_headless_columns(table),
        *_merged_cells(table, data),
    ]
    told += [remarks.prefecture_row(name, row + 1, shown) for row, shown in prefecture_rows.items()]
    told += [*read_problems(set(data)), *_beside_values(table, data)]
    sheet = Sheet(
        name=name,
        title=title,
        unit=unit,
        letters={header.name: column_letters(column) for column, header in table.columns.items()},
        rows=tuple(rows.pop(row) for row in data),
        totals=tuple(rows.values()),
        notes=tuple(told),
        labels=labels,
        header_row=place.last + 1,
    )
    return sheet, {header.renamed for header in place.headers.values() if header.renamed}


def _rows(
    table: Table, unit: str | None
) -> tuple[dict[int, SheetRow], Callable[[set[int]], Iterator[Problem]]]:
    """Row → its values; and what is to be told of those rows that turn out to be data."""
    plan = [
        (column, header.name, cell_kind(table, column), header.column)
        for column, header in table.columns.items()
    ]
    as_text: list[tuple[int, int, float]] = []
    no_result: list[tuple[int, int, str]] = []
    rows: dict[int, SheetRow] = {}
    for row in table.rows:
        cells, values = table.sheet.rows[row], dict[str, Value]()
        for column, name, kind, known in plan:
            cell = cells[column] if column < len(cells) else None
            if type(cell) is float and kind == "number":  # nearly all cells of a large workbook
                values[name] = kept(cell)
            elif not is_blank(cell):
                values[name] = value = _value(cell, kind, known, unit)
                if type(value) is float and isinstance(cell, str):
                    as_text.append((row, column, value))
                elif (
                    known
                    and kind in ("code", "name")
                    and isinstance(value, str)
                    and value.startswith(("=", "#"))
                ):
                    no_result.append((row, column, value))
        rows[row] = SheetRow(row + 1, values)

    def told(data: set[int]) -> Iterator[Problem]:
        yield from _text_numbers(table, [entry for entry in as_text if entry[0] in data])
        for row, column, shown in no_result:
            if row in data:
                yield remarks.no_result(
                    table.name, table.cell(row, column), table.columns[column].name, shown
                )

    return rows, told


def _text_numbers(table: Table, found: Sequence[tuple[int, int, float]]) -> Iterator[Problem]:
    """Numbers typed as text, one remark a column."""
    by_column: dict[int, list[tuple[int, float]]] = {}
    for row, column, number in found:
        by_column.setdefault(column, []).append((row, number))
    for column, entries in by_column.items():
        (first, number), *others = entries
        cells = [table.cell(row, column) for row, _ in others]
        yield remarks.text_number(
            table.name,
            table.cell(first, column),
            table.columns[column].name,
            to_text(table.at(first, column)),
            number,
            cells,
        )


def _value(cell: RawCell, kind: CellKind, known: InputColumn | None, unit: str | None) -> Value:
    if kind == "code" or (known and known.choices):
        return normalise(to_text(cell))
    if kind in ("name", "text"):
        return to_text(cell)
    value = to_value(cell)
    if known and known.measure and isinstance(value, str) and "%" in normalise(value):
        return value  # nobody has 12 % of a 万元, of a person
    is_amount = known is not None and known.measure == "金额"
    if kind == "number" and isinstance(value, str):
        value = _number_or_text(value, unit if is_amount else None)
    return kept(value) if type(value) is float else value


def _number_or_text(text: str, unit: str | None) -> float | str:
    number = to_number(text)
    amount = amount_with_unit(text)
    if number is None and amount and amount[1] == unit:
        return amount[0]
    return text if number is None else number


def _headless_columns(table: Table) -> Iterator[Problem]:
    widest = max((len(table.sheet.rows[row]) for row in table.rows), default=0)
    for column in sorted(set(range(widest)) - set(table.place.headers)):
        filled = next((row for row in table.rows if not is_blank(table.at(row, column))), None)
        if filled is not None:
            yield remarks.headless(table.name, table.cell(filled, column))


def _merged_cells(table: Table, rows: Sequence[int]) -> Iterator[Problem]:
    for top, left, bottom, right in table.sheet.merges:
        known = any(left <= column <= right for column in table.columns)
        first = bisect_left(rows, max(top, table.place.last + 1))
        if known and first < len(rows) and rows[first] <= bottom:
            yield remarks.merged_cells(
                table.name, f"{table.cell(top, left)}:{table.cell(bottom, right)}"
            )


def _beside_values(table: Table, rows: Sequence[int]) -> Iterator[Problem]:
    """What is hidden and counts all the same, and formulas whose saved results are used."""
    data, facts = set(rows), table.sheet.facts
    if table.sheet.is_hidden:
        yield remarks.hidden(table.name, "整张工作表")
    hidden = [
        _range(first, last)
        for first, last in facts.hidden_rows
        if bisect_left(rows, first) < bisect_left(rows, last + 1)
    ]
    if hidden:
        yield remarks.hidden(table.name, f"第 {'、'.join(hidden)} 行")
    names = [
        table.columns[column].name
        for column in table.columns
        if any(first <= column <= last for first, last in facts.hidden_columns)
    ]
    if names:
        yield remarks.hidden(table.name, f"列「{'」「'.join(names)}」")
    formulas = [
        at
        for at in facts.formulas
        if at[0] in data and at[1] in table.columns and at not in facts.unshown
    ]
    if formulas:
        yield remarks.calculated(table.name, len(formulas), table.cell(*min(formulas)))


def _range(first: int, last: int) -> str:
    return str(first + 1) if first == last else f"{first + 1}—{last + 1}"


def _headers_told(table: Table, names: Names) -> Iterator[Problem]:
    """Headers understood by an alias, and headers that are likely a slip."""
    absent = [
        name
        for name in names.standard
        if name not in {header.name for header in table.columns.values()}
    ]
    for column, header in table.columns.items():
        cell = table.header_cell(column)
        if header.alias:
            yield remarks.by_alias(table.name, cell, header.alias, header.name)
        elif not header.column and not header.renamed and table.name not in FREE_HEADERS:
            close = next(iter(get_close_matches(header.name, absent, 1, _CLOSE)), "")
            if close or table.name == RULES:
                yield remarks.unknown_header(table.name, cell, header.name, close)


def _disagreeing_units(sheets: Mapping[str, Sheet]) -> list[Problem]:
    said: dict[str, str] = {}
    for name, sheet in sheets.items():
        if sheet.unit:
            said.setdefault(sheet.unit, f"工作表「{name}」")
    last = [name for name, sheet in sheets.items() if sheet.unit][-1:]
    return [remarks.disagreeing_units(last[0], said)] if len(said) > 1 else []


def _has_content(raw: RawSheet) -> bool:
    return any(not is_blank(cell) for row in raw.rows for cell in row)
