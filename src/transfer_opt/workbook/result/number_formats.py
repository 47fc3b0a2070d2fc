"""Number formats by what they show: two spellings that show every number alike are equal here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    37: "#,##0;-#,##0",
    38: "#,##0;-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00",
    48: "##0.0E+0",
    49: "@",
}
"""Formats that files name by number alone; the others are dates and times, which results do not have."""
_TOKEN = re.compile(
    r'"([^"]*)"|\\(.)|_(.)|(\*.)|\[([^\]]*)\]|(General)|(.)', re.IGNORECASE | re.DOTALL
)
_PLACES = frozenset("0#?.,%/@Ee")
_LOCALE = re.compile(r"\$([^-\]]*)(?:-.*)?")


@lru_cache(maxsize=1024)
def sections(code: str) -> tuple[str, ...]:
    """What is shown of positive, negative, zero and text: literal characters quoted, blanks for alignment left out."""
    return tuple("".join(_shown(section)) for section in _split(code))


def text_section(code: str) -> str:
    """What is shown of a text."""
    found = sections(code)
    if len(found) > 3:
        return found[3]
    return found[-1] if "@" in found[-1] else "@"


def _split(code: str) -> list[str]:
    """The sections of a format; a semicolon in a literal separates none."""
    parts = [""]
    for match in _TOKEN.finditer(code):
        if match[0] == ";":
            parts.append("")
        else:
            parts[-1] += match[0]
    return parts


def _shown(section: str) -> Iterator[str]:
    for match in _TOKEN.finditer(section):
        quoted, escaped, padding, filled, bracketed, general, plain = match.groups()
        if padding is not None:
            continue
        if bracketed is not None:
            symbol = _LOCALE.fullmatch(bracketed)
            yield from map(_literal, symbol[1]) if symbol else [f"[{bracketed.lower()}]"]
        elif general:
            yield "General"
        elif filled:
            yield filled
        elif quoted is not None or escaped is not None:
            yield from map(_literal, quoted if quoted is not None else escaped)
        elif plain in _PLACES or plain.isascii() and plain.isalpha():
            yield plain.lower()
        else:
            yield _literal(plain)


def _literal(character: str) -> str:
    return f"'{character}"
