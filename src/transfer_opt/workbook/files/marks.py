"""What an .xlsx package says of its cells beside their values: formulas as text, and number formats."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from transfer_opt.core.cell_names import Place, address, place
from transfer_opt.workbook.files.limits import DamagedError
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
    """Every worksheet of a package by name; BadZipFile or DamagedError where the bytes are no such package."""
    package = Package(content)
    book = package.related(ROOT, "officeDocument")
    if book is None:
        raise zipfile.BadZipFile("no workbook part")
    styles = package.related(book, "styles")
    formats = _formats(package.tree(styles)) if styles and styles in package else ()
    return {
        sheet.name: _Sheet(formats).read(package.read(sheet.part)) for sheet in package.worksheets()
    }


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


class _Sheet:
    """One way through a worksheet part; a cell or row that does not say where it is follows the one before."""

    def __init__(self, formats: tuple[str, ...]) -> None:
        self._formulas, self._codes = dict[Place, str](), dict[Place, str]()
        self._formats = {str(number): code for number, code in enumerate(formats) if code}
        self._shared: dict[str, tuple[str, Place]] = {}
        self._row = self._column = -1
        self._in_cell = False
        self._attributes: Mapping[str, str] = {}
        self._text: list[str] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end

    def read(self, part: bytes) -> Marks:
        """Go; DamagedError where the part is broken."""
        try:
            self._parser.Parse(part, True)
        except expat.ExpatError:
            raise DamagedError from None
        return Marks(self._formulas, self._codes)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._row, self._column = place(attributes.get("r", "")) or (
                self._row,
                self._column + 1,
            )
            self._in_cell = True
            if code := self._formats.get(attributes.get("s", "")):
                self._codes[self._row, self._column] = code
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
            self._column = -1
        elif name == "f" and self._in_cell:
            self._attributes, self._text = attributes, []
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._in_cell = False
        elif name == "f" and self._in_cell:
            self._parser.CharacterDataHandler = None
            at = self._row, self._column
            if text := self._formula("".join(self._text), at):
                self._formulas[at] = text

    def _formula(self, said: str, at: Place) -> str:
        """The formula of a cell, also where it is told once for many cells."""
        text, kind = f"={said}" if said else "", self._attributes.get("t", "normal")
        if kind == "array":
            return f"{{{text}}}" if text else ""
        if kind != "shared":
            return text
        number = self._attributes.get("si", "")
        if text:
            self._shared[number] = text, at
            return text
        first = self._shared.get(number)
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
