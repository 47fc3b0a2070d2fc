"""What a sheet of the result says, cell by cell, in one canonical text; and its fingerprint, which finds a changed cell.

Constants count by value, formulas by their text: a file that another program saved again keeps its fingerprint.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import NOT_XML, Place, only_figures, word
from transfer_opt.core.tables import (
    BAND_ROW,
    FIRST_ROW,
    HEADER_ROW,
    LABEL_ROW,
    TITLE_ROW,
    Notice,
    Table,
)
from transfer_opt.workbook.output.formulas import Formulas, Sums
from transfer_opt.workbook.output.layout import BLOCK, blocks

SHORT = 4
"""Hexadecimal digits per row and per column: enough to point at a cell; the whole sheet has all 64."""
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f]")
"""Characters that programs write, escape or leave out each in their own way."""

CHOICE = ("县区说明单", (1, 1))
"""The one cell of the result that a reader may change: which county the sheet tells of."""

Contents = Mapping[Place, str]
"""Canonical text of every cell that holds something."""

Block: TypeAlias = tuple[Sequence[int], Mapping[int, Sequence[str]]]
"""Some rows and, by column in order, the texts of their cells: empty for nothing."""


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
    return "f=" + "".join(
        piece if at % 2 else re.sub(r"[\s']", "", piece) for at, piece in enumerate(pieces)
    )


def contents(table: Table, label: str, sums: Sums) -> Contents:
    """What the writer puts on the sheet of a table."""
    return {
        (row, column): text
        for rows, columns in _told(table, label, sums)
        for column, texts in columns.items()
        for row, text in zip(rows, texts, strict=True)
        if text
    }


def table_fingerprint(table: Table, label: str, sums: Sums) -> Fingerprint:
    """The digests of what the writer puts on the sheet of a table."""
    return _digested(_told(table, label, sums))


def _told(table: Table, label: str, sums: Sums) -> Iterator[Block]:
    """The same in blocks."""
    formulas = Formulas(table, sums, formula)
    yield from _blocks({place: constant(text) for place, text in _head(table, label).items()})
    for start, lines, columns in blocks(table.rows):
        yield (
            range(FIRST_ROW + start, FIRST_ROW + start + len(lines)),
            {
                index: _texts(formulas.column(index, start, lines), values)
                for index, values in enumerate(columns)
            },
        )
    yield from _blocks(
        {
            (row, 0): constant(note)
            for row, note in enumerate(table.notes, FIRST_ROW + len(table.rows))
        }
    )


def _texts(formulas: Sequence[str], values: Sequence[Value]) -> list[str]:
    """The texts of one column, truth values in words."""
    if only_figures(values):
        return [
            said or f"n{value + 0.0:.15g}" for said, value in zip(formulas, values, strict=True)
        ]
    return [
        "" if value is None else said or constant(word(value))
        for said, value in zip(formulas, values, strict=True)
    ]


def notice_contents(notice: Notice) -> Contents:
    """What 「县区说明单」 says, whichever county is chosen on it."""
    cells = {
        (cell.row, cell.column): formula(cell.formula) if cell.formula else constant(cell.value)
        for cell in notice.cells
    }
    return sealable(notice.name, cells)


def sealable(sheet: str, cells: Contents) -> Contents:
    """The cells of a sheet that a seal covers: all that hold something, save the reader's choice."""
    return {place: text for place, text in cells.items() if text and (sheet, place) != CHOICE}


def fingerprint(cells: Contents) -> Fingerprint:
    """The digests of what a sheet says."""
    return _digested(_blocks(cells))


def _blocks(cells: Contents) -> Iterator[Block]:
    """The cells that hold something, in blocks."""
    said: dict[int, set[int]] = {}
    for (row, column), text in cells.items():
        if text:
            said.setdefault(row, set()).add(column)
    rows = sorted(said)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        columns = sorted(set().union(*(said[row] for row in block)))
        yield block, {column: [cells.get((row, column), "") for row in block] for column in columns}


def changed(cells: Contents, written: Fingerprint) -> tuple[list[int], list[int]]:
    """The rows and the columns that do not say what was written."""
    now = fingerprint(cells)
    return _differing(now.rows, written.rows), _differing(now.columns, written.columns)


def _head(table: Table, label: str) -> dict[Place, str]:
    """Title, label, unit, verdict or bands, headers."""
    cells: dict[Place, str] = {(TITLE_ROW, 0): table.title}
    last = max(
        (index for index, column in enumerate(table.columns) if not column.hidden), default=0
    )
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
    return {
        **cells,
        **{(HEADER_ROW, index): column.name for index, column in enumerate(table.columns)},
    }


class _Digest:
    """The SHA-256 of lines that come bit by bit."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._between = ""

    def add(self, lines: Sequence[str]) -> None:
        if lines:
            self._hash.update((self._between + "\n".join(lines)).encode())
            self._between = "\n"

    def __str__(self) -> str:
        return self._hash.hexdigest()


def _digested(blocks: Iterable[Block]) -> Fingerprint:
    """The digests of rows in order and of the columns they cross; what lies between counts as empty."""
    whole, by_column = _Digest(), dict[int, _Digest]()
    by_row: list[str] = []
    for rows, columns in blocks:
        heads = [f"{row} " for row in rows]
        for column, texts in columns.items():
            if lines := [head + text for head, text in zip(heads, texts, strict=True) if text]:
                by_column.setdefault(column, _Digest()).add(lines)
        named = {f"{column} ": texts for column, texts in columns.items()}
        pieces = [[text and head + text for text in texts] for head, texts in named.items()]
        said = [list(filter(None, cells)) for cells in zip(*pieces, strict=True)]
        whole.add(
            [
                head + f"\n{head}".join(cells)
                for head, cells in zip(heads, said, strict=True)
                if cells
            ]
        )
        for row, cells in zip(rows, said, strict=True):
            if cells:
                by_row += [_short(())] * (row - len(by_row))
                by_row.append(_short(cells))
    short = (
        str(by_column[at])[:SHORT] if at in by_column else _short(())
        for at in range(max(by_column, default=-1) + 1)
    )
    return Fingerprint(str(whole), "".join(by_row), "".join(short))


def _short(said: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:SHORT]


def _differing(now: str, written: str) -> list[int]:
    """Which pieces differ; what one side lacks counts as empty."""
    empty = _short(())
    return [
        at // SHORT
        for at in range(0, max(len(now), len(written)), SHORT)
        if (now[at : at + SHORT] or empty) != (written[at : at + SHORT] or empty)
    ]
