"""Reads an input workbook into plain sheets.

Trouble with the file itself raises InputError. Trouble inside a sheet does not stop the reading: it is kept in the
`notes` of that sheet, errors (E…) beside warnings (W…), so that the caller can tell it together with its own checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from transfer_opt.errors import Problem
from transfer_opt.sheets import Budget, Sheet, SheetRow, Value
from transfer_opt.workbook import remarks
from transfer_opt.workbook.cells import letters
from transfer_opt.workbook.columns import COUNTIES, POOLS, SHEETS, CellKind
from transfer_opt.workbook.headers import Names, find_headers, normalise, split_unit
from transfer_opt.workbook.opening import RawSheet, RawWorkbook, open_workbook
from transfer_opt.workbook.table import Table, cell_kind, headings, lay_out, money_unit, total_rows
from transfer_opt.workbook.totals import total_mismatches
from transfer_opt.workbook.values import RawCell, amount_with_unit, is_blank, to_number, to_text, to_value

__all__ = ["read_workbook", "total_mismatches", "understood"]

_ALWAYS_READ = (COUNTIES, POOLS)
"""Sheets that are told when they are empty; the optional ones then count as absent."""


def read_workbook(
    path: Path, aliases: Mapping[str, str], rename: Mapping[str, str] = MappingProxyType({}), password: str | None = None
) -> Budget:
    """The input workbook as the program understands it.

    `aliases` maps other spellings of headers to standard names; `rename` maps columns of this workbook and goes first.
    """
    return understood(open_workbook(path, password), aliases, rename)


def understood(book: RawWorkbook, aliases: Mapping[str, str], rename: Mapping[str, str] = MappingProxyType({})) -> Budget:
    """The same for a workbook that is open already."""
    sheets: dict[str, Sheet] = {}
    renamed: set[str] = set()
    for raw in book.sheets:
        name = next((known for known in SHEETS if known == normalise(raw.name)), "")
        if not name or not (name in _ALWAYS_READ or _has_content(raw)):
            continue
        if name in sheets:
            sheets[name] = _noted(sheets[name], [remarks.doubled_sheet(name, raw.name)])
        else:
            sheets[name], used = _read_sheet(name, raw, Names(SHEETS[name], aliases, rename))
            renamed |= used
    sheets = _unknown_renames_told(_disagreeing_units_told(sheets), rename, renamed)
    return Budget(book.path, book.sha256, sheets)


def _read_sheet(name: str, raw: RawSheet, names: Names) -> tuple[Sheet, set[str]]:
    """The sheet, and which keys of `rename` it used."""
    place = find_headers(raw.rows, raw.merges, names)
    if place is None:
        return Sheet(name, "", None, {}, (), notes=(remarks.no_headers(name),)), set()
    table, doubled = lay_out(name, raw, place)
    title, labels = headings(table)
    unit, unit_problems = money_unit(table)
    totals, prefecture_rows = total_rows(table)
    kinds = {column: cell_kind(table, column) for column in table.columns}
    values = {row: _row_values(table, row, kinds, unit) for row in table.rows}
    data = [row for row in table.rows if row not in totals and row not in prefecture_rows]
    told = [*doubled, *_aliases_told(table), *unit_problems, *_headless_columns(table), *_merged_cells(table, data)]
    told += [remarks.prefecture_row(name, row + 1, shown) for row, shown in prefecture_rows.items()]
    told += [problem for row in data for problem in _cell_problems(table, row, values[row])]
    rows = {row: SheetRow(row + 1, values[row]) for row in table.rows}
    sheet = Sheet(
        name=name,
        title=title,
        unit=unit,
        letters={header.name: letters(column) for column, header in table.columns.items()},
        rows=tuple(rows.pop(row) for row in data),
        totals=tuple(rows.values()),
        notes=tuple(told),
        labels=labels,
    )
    return sheet, {header.renamed for header in place.headers.values() if header.renamed}


def _row_values(table: Table, row: int, kinds: Mapping[int, CellKind], unit: str | None) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column, header in table.columns.items():
        cell = table.at(row, column)
        if type(cell) is float and kinds[column] == "number":  # nearly all cells of a large workbook
            values[header.name] = cell
        elif not is_blank(cell):
            is_amount = header.column is not None and header.column.measure == "金额"
            values[header.name] = _value(cell, kinds[column], unit if is_amount else None)
    return values


def _value(cell: RawCell, kind: CellKind, unit: str | None) -> Value:
    if kind == "code":
        return normalise(to_text(cell))
    if kind in ("name", "text"):
        return to_text(cell)
    value = to_value(cell)
    return _number_or_text(value, unit) if kind == "number" and isinstance(value, str) else value


def _number_or_text(text: str, unit: str | None) -> float | str:
    number = to_number(text)
    amount = amount_with_unit(text)
    if number is None and amount and amount[1] == unit:
        return amount[0]
    return text if number is None else number


def _cell_problems(table: Table, row: int, values: Mapping[str, Value]) -> Iterator[Problem]:
    for column, header in table.columns.items():
        cell = table.at(row, column)
        if type(cell) is float:
            continue
        value = values.get(header.name)
        if isinstance(cell, str) and isinstance(value, float):
            yield remarks.text_number(table.name, table.cell(row, column), header.name, to_text(cell), value)
        elif header.column and header.column.kind in ("code", "name") and _has_no_result(value):
            yield remarks.no_result(table.name, table.cell(row, column), header.name, str(value))


def _has_no_result(value: Value) -> bool:
    return isinstance(value, str) and value.startswith(("=", "#"))


def _headless_columns(table: Table) -> Iterator[Problem]:
    widest = max((len(table.sheet.rows[row]) for row in table.rows), default=0)
    for column in sorted(set(range(widest)) - set(table.place.headers)):
        filled = next((row for row in table.rows if not is_blank(table.at(row, column))), None)
        if filled is not None:
            yield remarks.headless(table.name, table.cell(filled, column))


def _merged_cells(table: Table, rows: Sequence[int]) -> Iterator[Problem]:
    data = set(rows)
    for top, left, bottom, right in table.sheet.merges:
        known = any(left <= column <= right for column in table.columns)
        if known and any(row in data for row in range(max(top, table.place.last + 1), bottom + 1)):
            yield remarks.merged_cells(table.name, f"{table.cell(top, left)}:{table.cell(bottom, right)}")


def _aliases_told(table: Table) -> Iterator[Problem]:
    for column, header in table.columns.items():
        if header.alias:
            yield remarks.by_alias(table.name, table.header_cell(column), header.alias, header.name)


def _disagreeing_units_told(sheets: Mapping[str, Sheet]) -> dict[str, Sheet]:
    said: dict[str, str] = {}
    for name, sheet in sheets.items():
        if sheet.unit:
            said.setdefault(sheet.unit, f"工作表「{name}」")
    last = [name for name, sheet in sheets.items() if sheet.unit][-1:]
    if len(said) < 2:
        return dict(sheets)
    return {**sheets, last[0]: _noted(sheets[last[0]], [remarks.disagreeing_units(last[0], said)])}


def _unknown_renames_told(
    sheets: Mapping[str, Sheet], rename: Mapping[str, str], used: set[str]
) -> dict[str, Sheet]:
    unknown = [key for key in rename if not {normalise(key), split_unit(key)[0]} & used]
    name = COUNTIES if COUNTIES in sheets else next(iter(sheets), "")
    if not unknown or not name:
        return dict(sheets)
    return {**sheets, name: _noted(sheets[name], [remarks.unknown_rename(name, key) for key in unknown])}


def _noted(sheet: Sheet, problems: Sequence[Problem]) -> Sheet:
    return replace(sheet, notes=(*sheet.notes, *problems))


def _has_content(raw: RawSheet) -> bool:
    return any(not is_blank(cell) for row in raw.rows for cell in row)
