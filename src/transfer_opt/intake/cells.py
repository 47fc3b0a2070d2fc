"""A cell of an input sheet: as it is compared, and how it is told wrong."""

from __future__ import annotations

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise, to_text


def word(row: SheetRow, column: str) -> str:
    """A cell as it is compared; "" where it is empty."""
    return normalise(to_text(row.values.get(column)))


def at(sheet: Sheet, row: SheetRow, column: str, code: str, message: str, remedy: str) -> Problem:
    """A problem of one cell, with the value that stands there."""
    value = row.values.get(column)
    shown = "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)
    return Problem(code, message, remedy, sheet.name, sheet.cell(row, column), column, shown)
