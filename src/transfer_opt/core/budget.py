"""The input workbook as plain records: sheets of rows, each value beside its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from transfer_opt.core.errors import Problem

LARGEST = 10**13
"""No amount is larger."""
Value: TypeAlias = str | float | int | bool | None
"""A cell's value; None is an empty cell, never zero."""


@dataclass(frozen=True)
class SheetRow:
    """One row of an input sheet."""

    number: int
    """Row number as the user sees it, from 1."""
    values: Mapping[str, Value]
    """Standard header → value; a header whose cell is empty is absent."""


@dataclass(frozen=True)
class Sheet:
    """An input sheet: data rows and, apart from them, the 小计 / 合计 / 本级 rows."""

    name: str
    title: str
    unit: str | None
    """元, 万元, 亿元 as the sheet says it; None when it does not."""
    letters: Mapping[str, str]
    """Standard header → column letter, in sheet order."""
    rows: tuple[SheetRow, ...]
    totals: tuple[SheetRow, ...] = ()
    notes: tuple[Problem, ...] = ()
    """Warnings (text numbers normalised, headers mapped by alias, …)."""
    labels: tuple[str, ...] = ()
    """Texts above the header row, e.g. 示例数据."""
    header_row: int = 0
    """Row number of the (lowest) header row as the user sees it."""

    def header_cell(self, header: str) -> str:
        """The address of a header, e.g. H3."""
        return f"{self.letters[header]}{self.header_row}" if header in self.letters else ""

    def cell(self, row: SheetRow, header: str) -> str:
        """The address of a cell, e.g. H8."""
        return f"{self.letters[header]}{row.number}" if header in self.letters else ""


@dataclass(frozen=True)
class Budget:
    """The input workbook: its sheets by canonical name, and the digest of the file."""

    path: str
    sha256: str
    sheets: Mapping[str, Sheet]
    notes: tuple[Problem, ...] = ()
    """What the reader has to say about the workbook as a whole."""
    unread: tuple[str, ...] = ()
    """Worksheets that are there and are none of ours."""

    @property
    def unit(self) -> str:
        """The money unit that its sheets say first; "" where none does."""
        return next((sheet.unit for sheet in self.sheets.values() if sheet.unit), "")

    @property
    def year(self) -> int | None:
        """The year as the sheets' titles say it first; None where none does."""
        found = re.search(r"((?:19|20)\d\d)年", " ".join(s.title for s in self.sheets.values()))
        return int(found[1]) if found else None


def is_number(value: object) -> TypeGuard[float | int]:
    """Whether a cell holds a number; truth values are none."""
    return isinstance(value, float | int) and not isinstance(value, bool)
