"""Names of cells (A1 is row 0, column 0), and what they hold as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias, TypeGuard

from transfer_opt.core.budget import Value

Place: TypeAlias = tuple[int, int]
"""Row and column, counted from 0."""

NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
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


def plain(text: str) -> str:
    """A text without what XML cannot hold."""
    return text if text.isprintable() else NOT_XML.sub("\ufffd", text)


def cached(value: str | float) -> str | float:
    """The value a formula carries beside it, numbers to 15 digits."""
    if isinstance(value, str):
        return value if value.isprintable() else CONTROLS.sub("", plain(value))
    return float(digits(value))


def digits(value: float) -> str:
    """A number to 15 digits: more are kept by some programs only."""
    text = f"{value:.15g}"
    if text[-1] > "9":
        raise ValueError(f"not a finite number: {value}")
    return text


def only_figures(values: Sequence[Value]) -> TypeGuard[Sequence[float]]:
    """Whether a column holds figures and nothing else, as most do: then no value need be asked what it is."""
    return set(map(type, values)) == {float}


def word(value: str | float) -> str | float:
    """A truth value in words; others as they are."""
    return ("是" if value else "否") if isinstance(value, bool) else value


def element_text(text: str) -> str:
    """A text between two tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
