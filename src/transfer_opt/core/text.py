"""Cell values → numbers and text, without guessing: what is not plainly a number stays text."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from transfer_opt.core.budget import Value

RawCell: TypeAlias = (
    str
    | float
    | int
    | bool
    | datetime.date
    | datetime.datetime
    | datetime.time
    | datetime.timedelta
    | None
)

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Zero-width characters that pasting from web pages and Word leaves in cells (for a character class)."""

_BLANKS = re.compile(rf"[\s{INVISIBLE}]+")
_VISIBLE = re.compile(rf"[^\s{INVISIBLE}]")
_EDGE_BLANKS = re.compile(rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$")
_HAN = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_GAPS = re.compile(rf"(?<={_HAN})[\s{INVISIBLE}]+(?={_HAN})")
_MINUS_SIGNS = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-", "\u2010": "-", "\u2011": "-"}
)
_NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_AMOUNT_UNIT = re.compile(r"(?P<number>.*\d\.?)(?P<unit>亿元|万元|元)")


def normalise(text: str) -> str:
    """The text as it is compared everywhere: NFKC, without any blank or zero-width character."""
    # The second pass joins letters and marks that only a blank kept apart.
    return unicodedata.normalize("NFKC", _BLANKS.sub("", unicodedata.normalize("NFKC", text)))


def trim(text: str) -> str:
    """The text without blanks and zero-width characters at its ends; what is inside stays."""
    return _EDGE_BLANKS.sub("", text)


def some(names: Sequence[str], most: int = 10) -> str:
    """The names, and of a long list the first ones and how many there are: 甲、乙 等 103 个."""
    return "、".join(names[:most]) + (f" 等 {len(names):,} 个" if len(names) > most else "")


def closed_up(text: str) -> str:
    """The text without blanks between Chinese characters, which tables put in to align short names (玉 树 市)."""
    return _GAPS.sub("", text)


def to_number(text: str) -> float | None:
    """The number a text plainly means (12,345 · １２３ · −5 · 15%), or None."""
    if any(unicodedata.category(mark) == "No" for mark in text):
        return None  # a footnote mark (125①, 125²), which NFKC would make a digit
    plain = _plain(text)
    bracketed = re.fullmatch(r"\((.+)\)", plain)
    if bracketed and not bracketed[1].startswith(("-", "+")):
        plain = "-" + bracketed[1]  # accountants write a negative as (123)
    percent = plain.endswith("%")
    digits = plain.removesuffix("%")
    if not _NUMBER.fullmatch(digits):
        return None
    number = Decimal(digits.replace(",", ""))
    return float(number / 100 if percent else number)


def amount_with_unit(text: str) -> tuple[float, str] | None:
    """The amount and unit of a text such as 1.5万元, or None."""
    match = _AMOUNT_UNIT.fullmatch(_plain(text))
    number = to_number(match["number"]) if match else None
    return (
        None
        if match is None or number is None or "%" in match["number"]
        else (number, match["unit"])
    )


def to_text(cell: RawCell) -> str:
    """The cell as text: 990101.0 is 990101, a date is 2026-01-05."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return trim(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime.datetime):
        return (
            cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
        )
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    return str(int(cell)) if float(cell).is_integer() else repr(float(cell))


def to_value(cell: RawCell) -> Value:
    """The cell as the program keeps it: numbers as float, truth values as they are, everything else as text."""
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, (int, float)):
        return float(cell)
    return to_text(cell) or None


def is_blank(cell: RawCell) -> bool:
    """Whether nothing can be seen in the cell."""
    return cell is None or (isinstance(cell, str) and _VISIBLE.search(cell) is None)


def _plain(text: str) -> str:
    # A blank between digits is a thousands separator (12 345) or a slip of the finger (12 3): the latter must not pass.
    shown = re.sub(f"[{INVISIBLE}]", "", unicodedata.normalize("NFKC", text))
    grouped = re.sub(r"(?<=\d)\s(?=\d{3}(?!\d))", ",", shown)
    apart = re.sub(r"(?<=\d)\s+(?=\d)", "?", grouped)
    return normalise(apart).translate(_MINUS_SIGNS).lstrip("¥")
