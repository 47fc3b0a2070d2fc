"""Two style sheets made one: the formats of the second appended to the first, which keeps every number it gave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from transfer_opt.workbook.files.opc import children, local

MOST_CELL_FORMATS = 65_000
"""Excel takes a few hundred more."""
OWN_FORMATS = 164
"""Number formats below are built in."""
BLANK = b"""<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<fonts count="1"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>"""
"""For a workbook that has none."""
_ORDER = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
)
_CJK = re.compile("[^\x00-\x7f]|SimSun|NSimSun|SimHei|KaiTi|FangSong|DengXian|YaHei")
"""Fonts whose digits are half as wide as high."""
_CALIBRI_DIGIT, _DIGITS = 0.507, {"Arial": 0.556, "Helvetica": 0.556, "Liberation Sans": 0.556}
"""The width of a digit in parts of the font's size."""


@dataclass(frozen=True)
class StyleMap:
    """Old number → new number of cell formats and of the formats conditions apply; and by what widths are multiplied."""

    cells: Sequence[int]
    conditions: Sequence[int]
    width: float


def merge(host: Any, guest: Any) -> StyleMap:
    """Append the formats of `guest` to `host`, those it has already apart."""
    width = digit_pixels(guest) / digit_pixels(host)
    numbers = _number_formats(host, guest)
    parts = {
        f"{name}Id": _append(host, f"{name}s", _all(guest, f"{name}s"))
        for name in ("font", "fill", "border")
    }
    formats = [_renumbered(element, numbers) for element in _all(guest, "cellXfs")]
    for element in formats:
        for attribute, new in parts.items():
            element.set(attribute, str(new[int(element.get(attribute, "0"))]))
        element.set("xfId", str(_normal(host)))
    cells = _append(host, "cellXfs", formats)
    conditions = _append(
        host, "dxfs", [_renumbered(element, numbers) for element in _all(guest, "dxfs")]
    )
    return StyleMap(cells, conditions, width)


def digit_pixels(sheet: Any) -> int:
    """The width of a digit of the workbook's own font, in which column widths are counted."""
    styles, fonts = _all(sheet, "cellStyleXfs"), _all(sheet, "fonts")
    place = int(styles[_normal(sheet)].get("fontId", "0")) if styles else 0
    font = (
        {local(child.tag): child.get("val", "") for child in children(fonts[place])}
        if fonts
        else {}
    )
    pixels = float(font.get("sz") or 11) * 96 / 72
    if _CJK.search(font.get("name") or ""):
        return max(1, (round(pixels) + 1) // 2)
    return max(1, round(pixels * _DIGITS.get(font.get("name") or "", _CALIBRI_DIGIT)))


def _number_formats(host: Any, guest: Any) -> Mapping[str, str]:
    """Old id → new id of the guest's own number formats."""
    known = {
        element.get("formatCode"): element.get("numFmtId") for element in _all(host, "numFmts")
    }
    last = max((OWN_FORMATS - 1, *(int(number) for number in known.values())))
    new: dict[str, str] = {}
    for element in map(deepcopy, _all(guest, "numFmts")):
        code, number = element.get("formatCode"), element.get("numFmtId")
        if code not in known:
            last += 1
            known[code] = str(last)
            element.set("numFmtId", known[code])
            _append(host, "numFmts", [element])
        new[number] = known[code]
    return new


def _renumbered(element: Any, numbers: Mapping[str, str]) -> Any:
    element = deepcopy(element)
    for found in element.iter():
        if found.get("numFmtId") in numbers:
            found.set("numFmtId", numbers[found.get("numFmtId")])
    return element


def _append(host: Any, name: str, elements: Sequence[Any]) -> list[int]:
    """Where each of the elements stands in a list of the host, appended where it is not there yet."""
    if not elements:
        return []
    holder = _holder(host, name)
    known = {_key(element): place for place, element in reversed(list(enumerate(children(holder))))}
    count, places = len(list(children(holder))), []
    for element in elements:
        key = _key(element)
        if key not in known:
            holder.append(deepcopy(element))
            known[key], count = count, count + 1
        places.append(known[key])
    holder.set("count", str(count))
    return places


def _holder(host: Any, name: str) -> Any:
    """The list of that name, made at its place where the host has none."""
    from lxml import etree

    found = host.find(f"{{*}}{name}")
    if found is None:
        found = etree.Element(f"{{{etree.QName(host).namespace}}}{name}")
        later = _ORDER[_ORDER.index(name) + 1 :]
        before = next((child for child in children(host) if local(child.tag) in later), None)
        host.append(found) if before is None else before.addprevious(found)
    return found


def _normal(sheet: Any) -> int:
    """Which of the style formats is the normal one."""
    place = next(
        (
            int(style.get("xfId", "0"))
            for style in _all(sheet, "cellStyles")
            if style.get("builtinId") == "0"
        ),
        0,
    )
    return place if place < len(_all(sheet, "cellStyleXfs")) else 0


def _all(sheet: Any, name: str) -> list[Any]:
    holder = sheet.find(f"{{*}}{name}")
    return [] if holder is None else list(children(holder))


def _key(element: Any) -> tuple[Any, ...]:
    """Equal for elements that say the same."""
    return (
        local(element.tag),
        tuple(sorted(element.attrib.items())),
        tuple(map(_key, children(element))),
    )
