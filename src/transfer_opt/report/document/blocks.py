"""What an attachment is made of, whatever prints it: paragraphs, tables, page breaks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Style: TypeAlias = Literal["mark", "title", "heading", "label", "unit", "summary", "note"]
"""mark: 附件1; heading: the title of a notice, smaller, so that a notice is one page; label: 示例数据; unit: 单位, at the right;
summary: the sentences above a notice's lines."""


@dataclass(frozen=True)
class Paragraph:
    """A line of text."""

    style: Style
    text: str


@dataclass(frozen=True)
class GridRow:
    """A row of a table; `kind` total and subtotal are set off. With fewer cells than columns, the last takes what is left."""

    kind: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table: its header is repeated on every page, columns are widths in millimetres."""

    header: tuple[str, ...]
    rows: tuple[GridRow, ...]
    widths: tuple[int, ...]
    texts: int
    """The first columns are text, the others figures at the right."""
    size: float = 10.5
    """Font size in points."""


@dataclass(frozen=True)
class PageBreak:
    """What follows starts a new page."""


Block: TypeAlias = Paragraph | Grid | PageBreak
TEXT_WIDTH = 156
"""Millimetres between the margins (GB/T 9704)."""


def figure(money: Decimal | None) -> str:
    """A figure as printed: thousands separators, no needless decimals; empty where there is none."""
    if money is None:
        return ""
    whole, point, digits = f"{money:,f}".partition(".")
    digits = digits.rstrip("0")
    return whole + (point + digits if digits else "")
