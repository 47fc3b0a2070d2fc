"""How a cell of a file looks, as far as it decides what is read: its number format, font, ground and alignment.

Colours are resolved to what is on the screen; whatever programs spell in their own way when they save again is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transfer_opt.workbook.files.opc import children, local
from transfer_opt.workbook.files.style_merge import digit_pixels
from transfer_opt.workbook.result.number_formats import BUILT_IN, sections

BLACK, WHITE = "000000", "FFFFFF"
_THEME_ORDER = (1, 0, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11)
"""Theme colours count window, text, second window, second text; the theme lists them dark first."""
_PALETTE = (
    "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF "
    * 2
    + "800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF "
    "000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 "
    "3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333"
).split()
"""Colours that files name by number."""
_SYMBOLS = re.compile(
    "wingdings|webdings|zapf ?dingbats|mt extra|marlett|bookshelf symbol|^symbol$", re.IGNORECASE
)
"""Fonts that show other characters than those in the cell."""
_SYMBOL_CHARSET = "2"
_TRUE = ("1", "true")


@dataclass(frozen=True)
class Font:
    """What of a font decides whether a text can be read as it is."""

    colour: str = BLACK
    size: float = 11.0
    marks: frozenset[str] = frozenset()
    """Struck through, raised, lowered, of symbols."""
    style: frozenset[str] = frozenset()
    """Bold, italic, underlined."""


@dataclass(frozen=True)
class Look:
    """The look of a cell."""

    format: str = "General"
    font: Font = Font()
    ground: str = WHITE
    """The colour behind, or the name of a pattern with both its colours."""
    placed: tuple[str, ...] = ()
    """Alignment that moves, cuts, turns or repeats what is shown."""

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """What the number format shows."""
        return sections(self.format)


class Looks:
    """The formats of a file by number."""

    def __init__(self, styles: Any, theme: Any) -> None:
        self._styles = styles
        self._theme = (
            []
            if theme is None
            else [_theme_colour(each) for each in children(theme.find(".//{*}clrScheme"))]
        )
        palette = None if styles is None else styles.find("{*}colors/{*}indexedColors")
        self._palette = (
            _PALETTE
            if palette is None
            else [each.get("rgb", BLACK)[-6:].upper() for each in children(palette)]
        )
        self._codes = {
            each.get("numFmtId"): each.get("formatCode", "") for each in self._all("numFmts")
        }
        self._cells: dict[int, Look] = {}
        self.digit = digit_pixels(styles) if styles is not None else 8
        """Pixels of a digit of the workbook's own font, in which column widths are counted."""

    def cell(self, number: int) -> Look:
        """The look of the cells that name this format."""
        if number not in self._cells:
            formats = self._all("cellXfs")
            self._cells[number] = self._look(formats[number]) if number < len(formats) else Look()
        return self._cells[number]

    def condition(self, number: str | None, inline: Any = None) -> tuple[str, ...]:
        """What a condition changes."""
        known = self._all("dxfs")
        found = (
            inline
            if inline is not None
            else known[int(number)]
            if number and int(number) < len(known)
            else None
        )
        if found is None:
            return ()
        said = []
        for each in children(found):
            name = local(each.tag)
            if name == "numFmt":
                said.append(f"format {sections(each.get('formatCode', ''))}")
            elif name == "font":
                for part in children(each):
                    mark = (
                        self._colour(part, "")
                        if local(part.tag) == "color"
                        else part.get("val", "1").replace("true", "1")
                    )
                    said.append(f"font {local(part.tag)} {mark}")
            elif name == "fill":
                said += [
                    f"ground {self._colour(part, '')}"
                    for part in each.iter("{*}bgColor", "{*}fgColor", "{*}color")
                ]
        return tuple(sorted(said))

    def run(self, properties: Any, cell: Font) -> Font:
        """The font of a part of a text; what it does not say is the cell's."""
        return cell if properties is None else self._font(properties, cell)

    def colour(self, element: Any) -> str:
        """A colour as it is on the screen."""
        return self._colour(element, "")

    def _look(self, form: Any) -> Look:
        number = form.get("numFmtId", "0")
        return Look(
            self._codes.get(number) or BUILT_IN.get(int(number), f"no. {number}"),
            self._own_font(form),
            self._ground(form),
            (*_alignment(form.find("{*}alignment")), *self._diagonal(form)),
        )

    def _own_font(self, form: Any) -> Font:
        fonts, at = self._all("fonts"), int(form.get("fontId", "0"))
        return self._font(fonts[at], Font()) if at < len(fonts) else Font()

    def _font(self, element: Any, default: Font) -> Font:
        said = {local(child.tag): child for child in children(element)}
        size = float(said["sz"].get("val", "11")) if "sz" in said else default.size
        colour = self._colour(said["color"], BLACK) if "color" in said else default.colour
        marks: set[str] = {
            name
            for name in ("strike", "vertAlign")
            if name in said and said[name].get("val", "1") not in ("0", "false", "baseline")
        }
        name = said.get("name", said.get("rFont"))
        charset = said["charset"].get("val") if "charset" in said else ""
        if name is not None and _SYMBOLS.search(name.get("val", "")) or charset == _SYMBOL_CHARSET:
            marks.add("symbols")
        style = {
            name
            for name in ("b", "i", "u")
            if name in said and said[name].get("val", "1") not in ("0", "false", "none")
        }
        return Font(colour, size, frozenset(marks), frozenset(style))

    def _ground(self, form: Any) -> str:
        fills, at = self._all("fills"), int(form.get("fillId", "0"))
        fill = next(children(fills[at]), None) if at < len(fills) else None
        if fill is None:
            return WHITE
        if local(fill.tag) == "gradientFill":
            return "gradient " + " ".join(self._colour(each, "") for each in fill.iter("{*}color"))
        pattern = fill.get("patternType", "none")
        colours = [
            self._colour(fill.find(f"{{*}}{name}"), default)
            for name, default in (("fgColor", BLACK), ("bgColor", WHITE))
        ]
        return (
            WHITE
            if pattern == "none"
            else colours[0]
            if pattern == "solid"
            else f"{pattern} {' '.join(colours)}"
        )

    def _diagonal(self, form: Any) -> tuple[str, ...]:
        """A line across the cell strikes through what is in it."""
        borders, at = self._all("borders"), int(form.get("borderId", "0"))
        border = borders[at] if at < len(borders) else None
        line = None if border is None else border.find("{*}diagonal")
        if border is None or line is None or line.get("style", "none") == "none":
            return ()
        return (
            ("diagonal",)
            if {border.get("diagonalUp"), border.get("diagonalDown")} & set(_TRUE)
            else ()
        )

    def _colour(self, element: Any, default: str) -> str:
        if element is None:
            return default
        said: Mapping[str, str] = element.attrib
        if "rgb" in said:
            found = said["rgb"][-6:].upper()
        elif "theme" in said:
            found = self._of_theme(int(said["theme"]))
        elif "indexed" in said:
            at = int(said["indexed"])
            found = self._palette[at] if at < len(self._palette) else WHITE if at == 65 else BLACK
        else:
            found = default or BLACK
        return _tinted(found, float(said.get("tint", "0")))

    def _of_theme(self, number: int) -> str:
        at = _THEME_ORDER[number] if number < len(_THEME_ORDER) else number
        return self._theme[at] if at < len(self._theme) else WHITE if number in (0, 2) else BLACK

    def _all(self, name: str) -> Sequence[Any]:
        holder = None if self._styles is None else self._styles.find(f"{{*}}{name}")
        return [] if holder is None else list(children(holder))


def contrast(one: str, other: str) -> float:
    """How well two colours can be told apart: from 1 to 21; of a pattern nothing is known."""
    if not (re.fullmatch("[0-9A-F]{6}", one) and re.fullmatch("[0-9A-F]{6}", other)):
        return 1.0
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _tinted(colour: str, tint: float) -> str:
    """Towards white, or towards black where negative."""
    parts = [int(colour[at : at + 2], 16) for at in (0, 2, 4)]
    return (
        "".join(
            f"{round(part * (1 + tint) if tint < 0 else part + (255 - part) * tint):02X}"
            for part in parts
        )
        if tint
        else colour
    )


def _theme_colour(element: Any) -> str:
    found = next(children(element))
    return str(found.get("lastClr") or found.get("val") or BLACK)[-6:].upper()


def _alignment(element: Any) -> tuple[str, ...]:
    """Left, right and centre are alike; a little indent is."""
    if element is None:
        return ()
    said = [name for name in ("wrapText", "shrinkToFit") if element.get(name) in _TRUE]
    if element.get("horizontal") in ("fill", "centerContinuous"):
        said.append(element.get("horizontal"))
    if int(element.get("textRotation", "0")):
        said.append(f"rotation {element.get('textRotation')}")
    if int(element.get("indent", "0")) > 5:
        said.append(f"indent {element.get('indent')}")
    return tuple(said)
