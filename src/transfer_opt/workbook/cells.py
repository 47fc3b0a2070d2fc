"""Names of cells: A1 is row 0, column 0."""

from __future__ import annotations

import re
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]
"""Row and column, counted from 0."""

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def column_letters(column: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def place(reference: str) -> Place | None:
    """Row and column of a reference such as C4; None where it is none."""
    match = _REFERENCE.fullmatch(reference)
    if not match:
        return None
    column = 0
    for mark in match[1]:
        column = column * 26 + ord(mark) - ord("A") + 1
    return int(match[2]) - 1, column - 1


def address(at: Place) -> str:
    """The name of a cell: row 0, column 0 is A1."""
    return f"{column_letters(at[1])}{at[0] + 1}"
