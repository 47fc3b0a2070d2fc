"""How cells look: colours, fonts, number formats, and one table from column kind and row kind to a format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from transfer_opt.core.tables import ColumnKind, RowKind

Look: TypeAlias = Mapping[str, Any]
"""Format properties as XlsxWriter names them."""

INK, GREY, LAST_YEAR, DASH = "#1F2933", "#7B8794", "#5F6B76", "#AEB6BF"
HEADER_FILL, SUBTOTAL_FILL, ALARM_FILL, SUMMARY_FILL = "#E3EAF2", "#F3F5F8", "#FBE9E7", "#FFF8E1"
FIRM_BORDER, CELL_BORDER = "#8A94A0", "#C5CCD4"
ALARM = "#B3261E"
SCENARIO_COLOURS = (
    "#4A5560",
    "#0072B2",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#8A6D00",
    "#56B4E9",
    "#000000",
)
"""A colour per scenario, base first; each goes with a shape, because greens and greys meet for some eyes and in print."""
SCENARIO_SHAPES = ("circle", "square", "triangle", "diamond", "x", "plus", "star", "long_dash")
HEAT = ("#F2B48A", "#FFFFFF", "#8FBFE0")
"""Less, the same, more: orange and blue differ for every eye, and the figures stand in the cells."""
BLUE, ORANGE, CONNECTOR, GRID = "#0072B2", "#D55E00", "#B8C2CC", "#E3E7EB"

SONG, HEI, KAI, TITLE_FONT = "宋体", "黑体", "楷体", "方正小标宋简体"
CHINESE: Look = {"font_charset": 134, "font_family": 1, "font_scheme": "none"}
"""Replaces a font that is not installed by a Chinese serif one, and keeps the theme from putting in Calibri."""

BOOK_FONT: dict[str, Any] = {"font_name": "Arial", "font_size": 11, "font_scheme": "none"}
"""What columns are measured in, eight pixels a digit as with 宋体, and nothing is written in: programs without 宋体 would
measure with another font, an eighth wider, and print two pages side by side; for Arial all have one of its widths."""
BODY: Look = {
    "font_name": SONG,
    "font_size": 10,
    "font_color": INK,
    "valign": "vcenter",
    "border": 1,
    "border_color": CELL_BORDER,
}
HEADER: Look = {
    "font_name": HEI,
    "font_size": 9,
    "font_color": INK,
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
    "bg_color": HEADER_FILL,
    "border": 1,
    "border_color": FIRM_BORDER,
}
BAND: Look = {**HEADER, "font_size": 10}
# Together these two look like one tall cell without being merged.
BAND_OPEN: Look = {**HEADER, "bottom": 0}
HEADER_OPEN: Look = {**HEADER, "top": 0, "valign": "top"}
TITLE: Look = {
    "font_name": TITLE_FONT,
    "font_size": 20,
    "font_color": INK,
    "align": "center",
    "valign": "vcenter",
    "shrink": True,
}
LABEL: Look = {"font_name": KAI, "font_size": 10, "font_color": ALARM, "valign": "vcenter"}
UNIT_NOTE: Look = {
    "font_name": SONG,
    "font_size": 9,
    "font_color": INK,
    "align": "right",
    "valign": "vcenter",
}
VERDICT: Look = {
    "font_name": HEI,
    "font_size": 10,
    "font_color": INK,
    "valign": "vcenter",
    "text_wrap": True,
    "bg_color": SUMMARY_FILL,
    "border": 1,
    "border_color": FIRM_BORDER,
}
NOTE: Look = {
    "font_name": SONG,
    "font_size": 9,
    "font_color": INK,
    "valign": "vcenter",
    "text_wrap": True,
}
GROUP_START: Look = {"left": 2, "left_color": FIRM_BORDER}
# Long machine text: one line, cut at the cell's edge instead of running over the page.
CLIPPED: Look = {"text_wrap": False, "align": "fill"}

NEGATIVE: Look = {"font_color": ALARM}
SHORTFALL: Look = {"font_color": ALARM, "bg_color": ALARM_FILL, "bold": True}
NO_SHORTFALL: Look = {"font_color": GREY}
NO_STEP: Look = {"font_color": DASH}
MISSING: Look = {"font_color": ALARM, "bold": True}

_RIGHT: Look = {"align": "right"}
_CENTRE: Look = {"align": "center"}

KINDS: Mapping[ColumnKind, Look] = {
    "code": {**_CENTRE, "font_color": GREY, "num_format": "@", "shrink": True},
    "name": {"align": "left", "shrink": True},
    "prefecture": {**_CENTRE, "font_size": 9, "font_color": GREY, "shrink": True},
    "text": {"align": "left", "text_wrap": True},
    "note": {"align": "left", "font_size": 9, "text_wrap": True},
    "money": _RIGHT,
    "bold_money": {**_RIGHT, "bold": True},
    "last_year": {**_RIGHT, "font_color": LAST_YEAR},
    "growth_money": _RIGHT,
    "growth_share": _RIGHT,
    "share": _RIGHT,
    "per_head": _RIGHT,
    "shortfall": _RIGHT,
    "step": _RIGHT,
    "number": _RIGHT,
    "heat": _RIGHT,
    "points": _RIGHT,
    "mark": {**_CENTRE, "text_wrap": True},
}
ROWS: Mapping[RowKind, Look] = {
    "total": {"bg_color": HEADER_FILL, "bold": True, "border_color": FIRM_BORDER},
    "subtotal": {"bg_color": SUBTOTAL_FILL, "bold": True, "border_color": FIRM_BORDER},
    "unit": {},
    "plain": {},
    "active": {},
    "slack": {},
    "alarm": {"bg_color": ALARM_FILL},
}
PAIRS: Mapping[tuple[ColumnKind, RowKind], Look] = {
    ("name", "unit"): {"indent": 1},
    ("prefecture", "total"): {"font_color": INK},
    ("prefecture", "subtotal"): {"font_color": INK},
    ("last_year", "total"): {"bold": False},
    ("last_year", "subtotal"): {"bold": False},
    ("mark", "alarm"): {"font_color": ALARM},
    ("note", "alarm"): {"font_color": ALARM},
    ("mark", "active"): {"bold": True},
    ("note", "active"): {"bold": True},
    ("mark", "slack"): {"font_color": GREY},
    ("note", "slack"): {"font_color": GREY},
}

AMOUNT_KINDS: frozenset[ColumnKind] = frozenset(
    {"money", "bold_money", "last_year", "growth_money", "shortfall", "step"}
)
"""Kinds whose decimals follow what the column's figures need."""
SHARE_KINDS: frozenset[ColumnKind] = frozenset({"share", "growth_share", "heat"})
WRAPPED_KINDS: frozenset[ColumnKind] = frozenset({"text", "note", "mark"})
TEXT_KINDS: frozenset[ColumnKind] = frozenset(
    {"code", "name", "prefecture", "text", "note", "mark"}
)


def number_format(kind: ColumnKind, decimals: int, is_share: bool = False) -> str:
    """The number format of a numeric kind; the blank after each figure keeps it off the border."""
    if kind in SHARE_KINDS:
        return "0.0%_ ;-0.0%_ ;0.0%_ "
    if is_share:
        percent = "0" + ("." + "0" * decimals if decimals else "") + "%"
        return f"{percent}_ ;-{percent}_ ;0%_ ;@_ "
    figure = "#,##0" + ("." + "0" * decimals if decimals else "")
    if kind == "points":
        return f'+{figure}_ ;-{figure}_ ;"持平"_ ;@_ '
    if kind == "step":
        return f'+{figure}_ ;-{figure}_ ;"–"_ '
    if kind == "number":
        return f"{figure}_ ;-{figure}_ ;0_ ;@_ "
    return f"{figure}_ ;-{figure}_ ;0_ "


def cell_look(
    kind: ColumnKind,
    row: RowKind,
    decimals: int = 0,
    group_start: bool = False,
    is_share: bool = False,
) -> dict[str, Any]:
    """All properties of a body cell."""
    numeric: Look = (
        {} if kind in TEXT_KINDS else {"num_format": number_format(kind, decimals, is_share)}
    )
    edge: Look = GROUP_START if group_start else {}
    return {**BODY, **KINDS[kind], **numeric, **ROWS[row], **PAIRS.get((kind, row), {}), **edge}


class Styles:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Any, title_font: str = "") -> None:
        self._book = book
        self._title: Look = (
            {**TITLE, "font_name": title_font, "bold": True} if title_font else TITLE
        )
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._cells: dict[tuple[ColumnKind, RowKind, int, bool, bool], Any] = {}

    def of(self, *looks: Look) -> Any:
        """The format with these properties, later ones winning."""
        merged: dict[str, Any] = dict(CHINESE)
        for look in looks:
            merged.update(look)
        key = tuple(sorted(merged.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(merged)
        return self._made[key]

    def cell(
        self,
        kind: ColumnKind,
        row: RowKind,
        decimals: int,
        group_start: bool,
        is_share: bool = False,
    ) -> Any:
        """The format of a body cell."""
        key = (kind, row, decimals, group_start, is_share)
        if key not in self._cells:
            self._cells[key] = self.of(cell_look(*key))
        return self._cells[key]

    def title(self) -> Any:
        """The format of the title; a replaced title font is set bold."""
        return self.of(self._title)

    def conditional(self, look: Look) -> Any:
        """A format for conditional formatting, which may not carry a font name."""
        key = (("conditional", True), *sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(look))
        return self._made[key]
