"""From formula templates to formulas: the cells of a row, the rows of a group, the sums over 「输入数据」."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.tables import FIRST_ROW, Column, Row, Table
from transfer_opt.core.vocabulary import CODE, INPUT, NAME, PREFECTURE, SUBTOTAL

GROUP_KINDS = ("total", "subtotal")
MOST_SUM_TERMS = 200
"""Excel takes 255 terms in a SUM …"""
MOST_RANGES = 800
"""… and 8,192 characters in a formula."""

PLACE, SOURCE = "\0", "\1"
"""Marks in a pattern: the number of the row, and of the same unit's row in 「输入数据」."""

Range = tuple[int, int]
"""First and last row, from 0, both included."""


@dataclass(frozen=True)
class Part:
    """A piece of a template: literal text, a column of the same row, or a column to be summed over the group."""

    kind: Literal["text", "cell", "sum"]
    text: str


@dataclass(frozen=True)
class Group:
    """The rows that add up to a 合计 or 小计."""

    ranges: tuple[Range, ...]
    last: int
    """The last row of the block of a 合计."""
    only_subtotals: bool


class Sums:
    """Sums of the columns of 「输入数据」 over groups of units; 合计 and 小计 rows of that sheet never count."""

    def __init__(self, table: Table | None) -> None:
        self.letters: dict[str, str] = {}
        self._rows: dict[str, int] = {}
        self._runs: tuple[Range, ...] = ()
        self._prefecture_runs: dict[Value, list[Range]] = {}
        if table is not None:
            self._index(table)

    def _index(self, table: Table) -> None:
        for index, column in reversed(list(enumerate(table.columns))):
            self.letters[column.name] = column_letters(index)
        units = [
            (FIRST_ROW + place, row)
            for place, row in enumerate(table.rows)
            if row.kind not in GROUP_KINDS
        ]
        self._runs = tuple(_runs(place for place, _ in units))
        keys = [index for index, column in enumerate(table.columns) if column.name in (CODE, NAME)]
        prefecture = next(
            (index for index, column in enumerate(table.columns) if column.name == PREFECTURE), None
        )
        places: dict[Value, list[int]] = {}
        for place, row in units:
            for index in keys:
                if row.values[index] is not None:
                    self._rows.setdefault(str(row.values[index]), place)
            if prefecture is not None:
                places.setdefault(row.values[prefecture], []).append(place)
        self._prefecture_runs = {name: list(_runs(rows)) for name, rows in places.items()}

    def total(self, column: str) -> str:
        """The sum over all units."""
        return _sum(self.letters[column], self._runs, f"'{INPUT}'!", "$")

    def prefecture(self, column: str, name: str, cell: str) -> str:
        """The sum over the units of a prefecture, named in `cell` of the same row where that is not empty."""
        if len(self._runs) != 1:
            return _sum(self.letters[column], self._prefecture_runs[name], f"'{INPUT}'!", "$")
        letters = self.letters[column], self.letters[PREFECTURE]
        amounts, names = (_range(letter, self._runs[0], f"'{INPUT}'!", "$") for letter in letters)
        return f"SUMIFS({amounts},{names},{_criterion(name, cell)})"

    def unit(self, keys: Sequence[str]) -> str:
        """The number of the row of one unit, found by code or name."""
        row = next((self._rows[key] for key in keys if key in self._rows), None)
        if row is None:
            raise ValueError(f"no such unit in {INPUT}: {tuple(keys)}")
        return str(row + 1)


class Formulas:
    """The formulas of one table, each as it is `spelled`: whatever else that does, it must keep rows and marks."""

    def __init__(self, table: Table, sums: Sums, spelled: Callable[[str], str] = str) -> None:
        self._table = table
        self._sums = sums
        self._spelled = spelled
        self._groups = group_ranges(table.rows)
        self._places = {
            column.name: index for index, column in reversed(list(enumerate(table.columns)))
        }
        self._every = [
            self._parts(index, column.formula) for index, column in enumerate(table.columns)
        ]
        self._group = [
            self._parts(index, "" if column.group_formula == "sum" else column.group_formula)
            for index, column in enumerate(table.columns)
        ]

    def column(self, index: int, start: int, rows: Sequence[Row]) -> list[str]:
        """The formulas of a column in some rows, the first of them at `start`; empty where it is a plain value."""
        column = self._table.columns[index]
        if not (column.formula or column.group_formula):
            return [""] * len(rows)
        return [
            self.of(place, index) if column.formula or row.kind in GROUP_KINDS else ""
            for place, row in enumerate(rows, start)
        ]

    def of(self, place: int, index: int) -> str:
        """The formula of a cell (row counted from the first data row), empty where it is a plain value."""
        row, column = self._table.rows[place], self._table.columns[index]
        if row.kind not in GROUP_KINDS:
            return self._of_unit(place, index)
        if column.group_formula == "sum":
            formula = _group_sum(column_letters(index), place, self._groups[place])
        else:
            formula = self._of_group(
                self._group[index] if column.group_formula else self._every[index], place
            )
        return self._spelled(formula) if formula else ""

    def _of_unit(self, place: int, index: int) -> str:
        formula = self._patterns[index].replace(PLACE, str(FIRST_ROW + place + 1))
        if SOURCE not in formula:
            return formula
        row = self._table.rows[place]
        keys = str(self._value(row, CODE) or ""), str(self._value(row, NAME) or "")
        return formula.replace(SOURCE, self._sums.unit(keys))

    @cached_property
    def _patterns(self) -> list[str]:
        """Per column the formula of a unit, with marks for the number of its row here and in 「输入数据」."""
        pieces = [
            [
                part.text
                if part.kind == "text"
                else f"{part.text}{PLACE}"
                if part.kind == "cell"
                else f"'{INPUT}'!${self._sums.letters[part.text]}${SOURCE}"
                for part in parts
            ]
            for parts in self._every
        ]
        return [self._spelled("".join(found)) if found else "" for found in pieces]

    def _of_group(self, parts: Sequence[Part], place: int) -> str:
        return "".join(
            part.text
            if part.kind == "text"
            else f"{part.text}{FIRST_ROW + place + 1}"
            if part.kind == "cell"
            else self._sum(part.text, place)
            for part in parts
        )

    def _sum(self, column: str, place: int) -> str:
        row = self._table.rows[place]
        if row.kind == "total":
            return self._sums.total(column)
        prefecture = self._value(row, PREFECTURE)
        letters = column_letters(self._places[PREFECTURE]) if prefecture is not None else ""
        cell = f"${letters}{FIRST_ROW + place + 1}" if letters else ""
        name = str(self._value(row, NAME) or "").removesuffix(SUBTOTAL)
        return self._sums.prefecture(column, str(prefecture or name), cell)

    def _value(self, row: Row, column: str) -> Value:
        return row.values[self._places[column]] if column in self._places else None

    def _parts(self, index: int, template: str) -> tuple[Part, ...]:
        if not template:
            return ()
        names = _reachable(self._table.columns, index)
        return tuple(_split(template, names, self._sums.letters))


def group_ranges(rows: Sequence[Row]) -> Mapping[int, Group]:
    """Per 合计 or 小计 row (counted from the first data row) the sheet rows that add up to it.

    A 小计 has the units under it, a 合计 the 小计 rows and the units under no 小计, each up to the next of its kind.
    """
    members: dict[int, list[int]] = {}
    last: dict[int, int] = {}
    total = group = -1
    for place, row in enumerate(rows):
        if row.kind == "total":
            total = group = place
        else:
            owner = total if row.kind == "subtotal" else group
            members.setdefault(owner, []).append(FIRST_ROW + place)
            last[total] = FIRST_ROW + place
            group = place if row.kind == "subtotal" else group
    return {
        place: Group(
            tuple(_runs(members.get(place, ()))),
            last.get(place, 0),
            all(rows[member - FIRST_ROW].kind == "subtotal" for member in members.get(place, ())),
        )
        for place, row in enumerate(rows)
        if row.kind in GROUP_KINDS
    }


def _reachable(columns: Sequence[Column], index: int) -> dict[str, str]:
    """Column letters by name as seen from a column: those of its own band come first, `组/列名` names any."""
    names: dict[str, str] = {}
    for at, column in reversed(list(enumerate(columns))):
        names[column.name] = names[f"{column.band}/{column.name}"] = column_letters(at)
    band = columns[index].band
    for at, column in reversed(list(enumerate(columns))):
        if column.band == band:
            names[column.name] = column_letters(at)
    return names


def _split(template: str, cells: Mapping[str, str], sums: Iterable[str]) -> Iterable[Part]:
    """The parts of a template; text in quotation marks is left alone, an unknown name is a bug."""
    pattern = (
        rf'"[^"]*"|\{{(?P<cell>{_one_of(cells)})\}}|\[(?P<sum>{_one_of(sums)})\]|(?P<lost>[{{\[])'
    )
    end = 0
    for found in re.finditer(pattern, template):
        if found["lost"]:
            raise ValueError(f"no such column: {template[found.start() :]!r} in {template!r}")
        if found["cell"] or found["sum"]:
            yield Part("text", template[end : found.start()])
            yield Part("cell", cells[found["cell"]]) if found["cell"] else Part("sum", found["sum"])
            end = found.end()
    yield Part("text", template[end:])


def _one_of(names: Iterable[str]) -> str:
    return (
        "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name) or "(?!)"
    )


def _runs(rows: Iterable[int]) -> Iterable[Range]:
    """Ascending rows as runs without gaps."""
    first = last = None
    for row in rows:
        if last is not None and row == last + 1:
            last = row
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = row
    if first is not None and last is not None:
        yield first, last


def _sum(letters: str, ranges: Sequence[Range], sheet: str = "", fixed: str = "") -> str:
    terms = [_range(letters, found, sheet, fixed) for found in ranges]
    batches = [
        ",".join(terms[at : at + MOST_SUM_TERMS]) for at in range(0, len(terms), MOST_SUM_TERMS)
    ]
    return "+".join(f"SUM({batch})" for batch in batches) or "0"


def _group_sum(letters: str, place: int, group: Group) -> str:
    if len(group.ranges) > MOST_RANGES and group.only_subtotals:
        # Too many 小计 rows to name: with their units they make exactly twice the total.
        return f"=SUM({_range(letters, (FIRST_ROW + place + 1, group.last))})/2"
    return "=" + _sum(letters, group.ranges) if group.ranges else ""


def _range(letters: str, rows: Range, sheet: str = "", fixed: str = "") -> str:
    first, last = (f"{fixed}{letters}{fixed}{row + 1}" for row in rows)
    return f"{sheet}{first}" if rows[0] == rows[1] else f"{sheet}{first}:{last}"


def _criterion(name: str, cell: str) -> str:
    """A SUMIFS condition that means exactly this name, although * ? ~ and leading = < > mean more to Excel."""
    if cell and not re.search(r"[*?~]|^[=<>]", name):
        return cell
    return '"=' + re.sub(r"([*?~])", r"~\1", name).replace('"', '""') + '"'
