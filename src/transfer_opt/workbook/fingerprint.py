"""What a sheet of the result says, cell by cell, in one canonical text; and its fingerprint, which finds a changed cell.

Constants count by value, formulas by their text: a file that another program saved again keeps its fingerprint.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from transfer_opt.sheets import Notice, Table
from transfer_opt.workbook.cells import NOT_XML, Place
from transfer_opt.workbook.formulas import Formulas, Sums
from transfer_opt.workbook.layout import FIRST_ROW, HEADER_ROW
from transfer_opt.workbook.sheetwriter import BAND_ROW, LABEL_ROW, TITLE_ROW

SHORT = 4
"""Hexadecimal digits per row and per column: enough to point at a cell; the whole sheet has all 64."""
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f]")
"""Characters that programs write, escape or leave out each in their own way."""

CHOICE = ("县区说明单", (1, 1))
"""The one cell of the result that a reader may change: which county the sheet tells of."""

Contents = Mapping[Place, str]
"""Canonical text of every cell that holds something."""

Cells: TypeAlias = tuple[int, list[tuple[int, str]]]
"""A row and, column by column, the text of its cells."""
WAITING = 1000
"""Every so many rows the digests of columns are brought up to date."""


@dataclass(frozen=True)
class Fingerprint:
    """The digest of a sheet, and short ones of its rows and columns counted from A1."""

    whole: str
    rows: str
    columns: str

    def __str__(self) -> str:
        return f"{self.whole} {self.rows} {self.columns}"

    @classmethod
    def parse(cls, text: str) -> Fingerprint | None:
        """The fingerprint written as text; None where it is none."""
        found = re.fullmatch(r"([0-9a-f]{64}) ([0-9a-f]*) ([0-9a-f]*)", text)
        return cls(*found.groups()) if found else None


def constant(value: Any) -> str:
    """A constant as canonical text: numbers to 15 digits, which every spreadsheet program keeps; empty for nothing."""
    if isinstance(value, bool):
        return f"b{value:d}"
    if isinstance(value, int | float):
        return f"n{value + 0.0:.15g}"
    text = "" if value is None else str(value)
    if not text.isprintable():
        text = _DROPPED.sub("", NOT_XML.sub("\ufffd", text))
    return f"t{text}" if text else ""


def formula(text: str) -> str:
    """A formula as canonical text: without blanks, and sheet names without the quotation marks some programs leave out."""
    text = text.removeprefix("=")
    if '"' not in text:
        return "f=" + "".join(text.replace("'", "").split())
    pieces = re.split(r'("[^"]*")', text)
    return "f=" + "".join(piece if at % 2 else re.sub(r"[\s']", "", piece) for at, piece in enumerate(pieces))


def contents(table: Table, label: str, sums: Sums) -> Contents:
    """What the writer puts on the sheet of a table."""
    return {(row, column): text for row, cells in _by_row(table, label, sums) for column, text in cells}


def table_fingerprint(table: Table, label: str, sums: Sums) -> Fingerprint:
    """The digests of what the writer puts on the sheet of a table."""
    return _digested(_by_row(table, label, sums))


def _by_row(table: Table, label: str, sums: Sums) -> Iterator[Cells]:
    """The same row by row: a large sheet is never held as text."""
    formulas = Formulas(table, sums, formula)
    head: dict[int, dict[int, str]] = {}
    for (row, column), text in _head(table, label).items():
        head.setdefault(row, {})[column] = constant(text)
    yield from ((row, sorted((column, text) for column, text in cells.items() if text)) for row, cells in sorted(head.items()))
    formed = {kind: formulas.formed(kind) for kind in {line.kind for line in table.rows}}
    for at, line in enumerate(table.rows):
        cells = []
        for index, (calculated, value) in enumerate(zip(formed[line.kind], line.values, strict=True)):
            if value is None:
                continue
            said = formulas.of(at, index) if calculated else ""
            if text := said or constant(("是" if value else "否") if isinstance(value, bool) else value):
                cells.append((index, text))
        yield FIRST_ROW + at, cells
    for row, note in enumerate(table.notes, FIRST_ROW + len(table.rows)):
        if text := constant(note):
            yield row, [(0, text)]


def notice_contents(notice: Notice) -> Contents:
    """What 「县区说明单」 says, whichever county is chosen on it."""
    cells = {(cell.row, cell.column): formula(cell.formula) if cell.formula else constant(cell.value) for cell in notice.cells}
    return sealable(notice.name, cells)


def sealable(sheet: str, cells: Contents) -> Contents:
    """The cells of a sheet that a seal covers: all that hold something, save the reader's choice."""
    return {place: text for place, text in cells.items() if text and (sheet, place) != CHOICE}


def fingerprint(cells: Contents) -> Fingerprint:
    """The digests of what a sheet says."""
    said = sorted((place, text) for place, text in cells.items() if text)
    return _digested((row, [(column, text) for (_, column), text in found])
                     for row, found in groupby(said, key=lambda cell: cell[0][0]))


def changed(cells: Contents, written: Fingerprint) -> tuple[list[int], list[int]]:
    """The rows and the columns that do not say what was written."""
    now = fingerprint(cells)
    return _differing(now.rows, written.rows), _differing(now.columns, written.columns)


def _head(table: Table, label: str) -> dict[Place, str]:
    """Title, label, unit, verdict or bands, headers."""
    cells: dict[Place, str] = {(TITLE_ROW, 0): table.title}
    last = max((index for index, column in enumerate(table.columns) if not column.hidden), default=0)
    if table.unit_note and last:
        cells[LABEL_ROW, last] = table.unit_note
    if label:
        cells[LABEL_ROW, 0] = label
    if table.verdict:
        cells[BAND_ROW, 0] = table.verdict
    else:
        first = 0
        for band, columns in groupby(table.columns, key=lambda column: column.band):
            cells[BAND_ROW, first] = band
            first += len(list(columns))
    return {**cells, **{(HEADER_ROW, index): column.name for index, column in enumerate(table.columns)}}


class _Digest:
    """The SHA-256 of lines that come bit by bit."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._between = ""

    def add(self, lines: str) -> None:
        self._hash.update((self._between + lines).encode())
        self._between = "\n"

    def __str__(self) -> str:
        return self._hash.hexdigest()


def _digested(rows: Iterable[Cells]) -> Fingerprint:
    """The digests of rows in order and of the columns they cross; what lies between counts as empty."""
    whole, by_column = _Digest(), dict[int, _Digest]()
    by_row: list[str] = []
    waiting: dict[int, list[str]] = {}
    for row, cells in rows:
        if not cells:
            continue
        pieces = [f"{column} {text}" for column, text in cells]
        whole.add(f"{row} " + f"\n{row} ".join(pieces))
        by_row += [_short(())] * (row - len(by_row))
        by_row.append(_short(pieces))
        for column, text in cells:
            waiting.setdefault(column, []).append(f"{row} {text}")
        if row % WAITING == 0:
            _hand_on(waiting, by_column)
    _hand_on(waiting, by_column)
    columns = (str(by_column[at])[:SHORT] if at in by_column else _short(()) for at in range(max(by_column, default=-1) + 1))
    return Fingerprint(str(whole), "".join(by_row), "".join(columns))


def _hand_on(waiting: dict[int, list[str]], digests: dict[int, _Digest]) -> None:
    for column, lines in waiting.items():
        digests.setdefault(column, _Digest()).add("\n".join(lines))
    waiting.clear()


def _short(said: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:SHORT]


def _differing(now: str, written: str) -> list[int]:
    """Which pieces differ; what one side lacks counts as empty."""
    empty = _short(())
    return [at // SHORT for at in range(0, max(len(now), len(written)), SHORT)
            if (now[at : at + SHORT] or empty) != (written[at : at + SHORT] or empty)]
