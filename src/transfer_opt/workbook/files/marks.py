"""What an .xlsx package says of its cells beside their values: formulas as text, and number formats."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from transfer_opt.core.cell_names import Place, address, place
from transfer_opt.workbook.files.opc import ROOT, Package, local

_BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: "#,##0",
    43: "#,##0.00",
    44: "#,##0.00",
}
"""The formats every program knows by number; only those that say how many decimals are shown."""
GENERAL = ""


@dataclass(frozen=True)
class Marks:
    """Of one sheet, by place counted from 0."""

    formulas: Mapping[Place, str] = field(default_factory=dict)
    """With the = before it; formulas over whole ranges (arrays) in braces, as spreadsheets show them."""
    formats: Mapping[Place, str] = field(default_factory=dict)
    """Number formats as codes; cells shown as they are have none."""


def read_marks(content: bytes) -> dict[str, Marks]:
    """Every worksheet of a package by name. Raises where the bytes are no such package."""
    package = Package(content)
    book = package.related(ROOT, "officeDocument")
    if book is None:
        raise zipfile.BadZipFile("no workbook part")
    styles = package.related(book, "styles")
    formats = _formats(package.tree(styles)) if styles and styles in package else ()
    return {sheet.name: _marks(package.read(sheet.part), formats) for sheet in package.worksheets()}


def _formats(root: Any) -> tuple[str, ...]:
    """The format code of every cell style."""
    own = {
        element.get("numFmtId"): element.get("formatCode", "") for element in _named(root, "numFmt")
    }
    cells = next(_named(root, "cellXfs"), ())
    numbers = [element.get("numFmtId", "0") for element in cells if isinstance(element.tag, str)]
    return tuple(
        own.get(number, _BUILT_IN.get(int(number), GENERAL) if number.isdecimal() else GENERAL)
        for number in numbers
    )


def _marks(content: bytes, formats: tuple[str, ...]) -> Marks:
    """The cells of one sheet; a cell or row that does not say where it is follows the one before."""
    from lxml import etree

    formulas, codes, shared = dict[Place, str](), dict[Place, str](), dict[str, tuple[str, Place]]()
    row, column = -1, -1
    for event, element in etree.iterparse(
        io.BytesIO(content), events=("start", "end"), resolve_entities=False, huge_tree=True
    ):
        name = local(element.tag)
        if name == "row" and event == "start":
            number = element.get("r", "")
            row, column = int(number) - 1 if number.isdecimal() else row + 1, -1
        elif name == "row":
            element.clear()
        elif name == "c" and event == "end":
            row, column = place(element.get("r", "")) or (row, column + 1)
            style = element.get("s", "")
            if style.isdecimal() and int(style) < len(formats) and formats[int(style)]:
                codes[row, column] = formats[int(style)]
            for child in _named(element, "f"):
                if text := _formula(child, (row, column), shared):
                    formulas[row, column] = text
    return Marks(formulas, codes)


def _formula(element: Any, at: Place, shared: dict[str, tuple[str, Place]]) -> str:
    """The formula of a cell, also where it is told once for many cells."""
    text, kind, number = (
        f"={element.text}" if element.text else "",
        element.get("t", "normal"),
        element.get("si", ""),
    )
    if kind == "array":
        return f"{{{text}}}" if text else ""
    if kind != "shared":
        return text
    if text:
        shared[number] = text, at
        return text
    first = shared.get(number)
    return moved(*first, at) if first else ""


def moved(text: str, origin: Place, at: Place) -> str:
    """A formula that is told in one cell as it reads in another."""
    from openpyxl.formula.translate import Translator  # heavy, and only needed for shared formulas

    return str(Translator(text, origin=address(origin)).translate_formula(address(at)))


def _named(root: Any, name: str) -> Iterator[Any]:
    return (element for element in root.iter() if local(element.tag) == name)


def shown_decimals(code: str) -> int | None:
    """How many decimals a number format shows; None where it is general, a percentage, a date, or scales the number."""
    plain = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", code.split(";")[0])
    found = re.fullmatch(
        r"[^\d#?.%,a-zA-Z/]*(?:[#0?]+(?:,[#0?]+)*)(?:\.(?P<decimals>0+))?[^\d#?.%,a-zA-Z/]*",
        plain.strip(),
    )
    return len(found["decimals"] or "") if found else None


def is_percentage(code: str) -> bool:
    """Whether a number format shows a hundred times the number."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)
