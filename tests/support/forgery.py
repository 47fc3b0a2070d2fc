"""Forgeries of results: what a reader sees is changed, then every seal, the check code and the proof are made anew.

Each kind works on the parts of the file (openpyxl would mend or lose half of it) and says what it did; a seed always
gives the same forgery. A kind that finds nothing to change in this file gives None.
"""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from lxml import etree

from transfer_opt.core.vocabulary import PROOF
from transfer_opt.workbook.result.fingerprint import fingerprint
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.result.seals import _unsealed, seals

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
ART = "http://schemas.openxmlformats.org/drawingml/2006/main"
ALLOCATION, FACTS = "分配结果", "审计信息"
ORDER = (
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetProtection",
    "autoFilter",
    "mergeCells",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "ignoredErrors",
    "drawing",
    "legacyDrawing",
    "picture",
    "extLst",
)
"""Children of a worksheet as they must follow each other."""


class Book:
    """The parts of a workbook and its sheets by name."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.parts: dict[str, Any] = {name: archive.read(name) for name in archive.namelist()}
        for name, content in self.parts.items():
            if name.endswith((".xml", ".rels")):
                self.parts[name] = etree.fromstring(content)
        self.workbook, self.styles = self.parts["xl/workbook.xml"], self.parts["xl/styles.xml"]
        targets = {
            each.get("Id"): each.get("Target") for each in self.parts["xl/_rels/workbook.xml.rels"]
        }
        self.sheets = {
            sheet.get("name"): "xl/" + targets[sheet.get(f"{{{OFFICE}}}id")].removeprefix("/xl/")
            for sheet in self.workbook.findall(".//{*}sheet")
        }
        shared = self.parts.get("xl/sharedStrings.xml")
        self.texts = (
            ["".join(each.itertext("{*}t")) for each in shared] if shared is not None else []
        )

    def save(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in self.parts.items():
                archive.writestr(
                    name,
                    part
                    if isinstance(part, bytes)
                    else etree.tostring(part, xml_declaration=True, encoding="UTF-8"),
                )

    def sheet(self, name: str) -> Any:
        return self.parts[self.sheets[name]]

    def entry(self, name: str) -> Any:
        return next(
            sheet for sheet in self.workbook.findall(".//{*}sheet") if sheet.get("name") == name
        )

    def cells(self, name: str) -> list[Any]:
        """The cells that hold something."""
        return [cell for cell in self.sheet(name).iter("{*}c") if len(cell)]

    def numbers(self, name: str) -> list[Any]:
        return [
            cell for cell in self.cells(name) if cell.get("t", "n") == "n" and cell.findtext("{*}v")
        ]

    def shown(self, name: str) -> list[Any]:
        """The cells with a number that a reader looks at: not in a hidden column."""
        gone = {
            at
            for each in self.sheet(name).iter("{*}col")
            if each.get("hidden") in ("1", "true")
            for at in range(int(each.get("min")), int(each.get("max")) + 1)
        }
        return [cell for cell in self.numbers(name) if column_of(cell) not in gone]

    def text(self, cell: Any) -> str:
        if cell.get("t") == "s":
            return self.texts[int(cell.findtext("{*}v"))]
        return "".join(cell.itertext("{*}t")) or cell.findtext("{*}v") or ""

    def at(self, name: str, address: str) -> Any:
        return next(cell for cell in self.sheet(name).iter("{*}c") if cell.get("r") == address)

    def find(self, name: str, text: str) -> list[Any]:
        """The cells with exactly this text."""
        return [cell for cell in self.cells(name) if self.text(cell) == text]

    def put(self, cell: Any, text: str) -> None:
        """Another text into a cell."""
        for child in list(cell):
            cell.remove(child)
        cell.set("t", "inlineStr")
        made = etree.SubElement(etree.SubElement(cell, f"{{{MAIN}}}is"), f"{{{MAIN}}}t")
        made.text = text

    def restyle(self, cell: Any, change: Callable[[Book, Any], None]) -> None:
        """Give a cell a format of its own: that which it has, changed."""
        formats = self.styles.find("{*}cellXfs")
        new = deepcopy(formats[int(cell.get("s", "0"))])
        formats.append(new)
        change(self, new)
        cell.set("s", str(len(formats) - 1))

    def child(self, name: str, tag: str) -> Any:
        """The child of a worksheet, made at its place where it is not there."""
        root = self.sheet(name)
        found = root.find(f"{{*}}{tag}")
        if found is None or tag == "conditionalFormatting":
            found = etree.Element(f"{{{MAIN}}}{tag}")
            later = ORDER[ORDER.index(tag) + 1 :]
            after = next((child for child in root if etree.QName(child).localname in later), None)
            root.append(found) if after is None else after.addprevious(found)
        return found

    def relate(self, part: str, kind: str, target: str, new: Any, content_type: str) -> str:
        """Let a part refer to a new part."""
        folder, _, name = part.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels"
        if rels not in self.parts:
            self.parts[rels] = etree.Element(
                f"{{{RELATIONS}}}Relationships", nsmap={None: RELATIONS}
            )
        number = f"rIdF{len(self.parts[rels]) + 1}"
        etree.SubElement(
            self.parts[rels],
            f"{{{RELATIONS}}}Relationship",
            Id=number,
            Type=f"{OFFICE}/{kind}",
            Target=f"/{target}",
        )
        self.parts[target] = new
        etree.SubElement(
            self.parts["[Content_Types].xml"],
            f"{{{TYPES}}}Override",
            PartName=f"/{target}",
            ContentType=content_type,
        )
        return number

    def add_sheet(self, name: str, root: Any, at: int | None = None) -> None:
        part = f"xl/worksheets/forged{len(self.parts)}.xml"
        number = self.relate(
            "xl/workbook.xml",
            "worksheet",
            part,
            root,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
        )
        holder = self.workbook.find("{*}sheets")
        made = etree.Element(
            f"{{{MAIN}}}sheet",
            {"name": name, "sheetId": str(100 + len(holder)), f"{{{OFFICE}}}id": number},
        )
        place = len(holder) if at is None else at
        holder.insert(place, made)
        for each in self.workbook.findall(".//{*}definedName[@localSheetId]"):
            if int(each.get("localSheetId")) >= place:
                each.set("localSheetId", str(int(each.get("localSheetId")) + 1))
        self.sheets[name] = part


Kind = Callable[[Book, random.Random], str | None]
KINDS: dict[str, Kind] = {}


def kind(name: str) -> Callable[[Kind], Kind]:
    """Register a kind of forgery."""

    def registered(forge: Kind) -> Kind:
        KINDS[name] = forge
        return forge

    return registered


def forged(source: Path, target: Path, name: str, seed: int) -> str | None:
    """Write the forgery of that kind, sealed anew; what was done, None where this file offers nothing for it."""
    book = Book(source)
    done = KINDS[name](book, random.Random(f"{name} {seed}"))
    if done:
        book.save(target)
        reseal(target)
    return done


def reseal(path: Path) -> None:
    """Make every seal that is there again, by the project's own functions."""
    pages = read_pages(path)
    if PROOF not in pages:
        return
    was = seals(pages[PROOF])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name, seal in was.items():
        if name in pages and seal.written is not None:
            cells = _unsealed(pages[PROOF]) if name == PROOF else pages[name].contents
            old, new = str(seal.written).encode(), str(fingerprint(cells)).encode()
            parts = {
                part: content.replace(old, new) if part.endswith(".xml") else content
                for part, content in parts.items()
            }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def column_of(cell: Any) -> int:
    found = 0
    for letter in re.match("[A-Z]+", cell.get("r"))[0]:  # type: ignore[index]
        found = found * 26 + ord(letter) - 64
    return found


def row_of(cell: Any) -> int:
    return int(cell.get("r").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


SHEETS = (
    ALLOCATION,
    "测算说明",
    "约束审计",
    "均衡性指标",
    "敏感性",
    "分资金对比",
    "方案参数",
    "输入数据",
)
"""Where a reader looks first."""


def some_sheet(book: Book, generator: random.Random, among: tuple[str, ...] = SHEETS) -> str:
    return generator.choice([name for name in among if name in book.sheets and book.shown(name)])


def some_number(book: Book, generator: random.Random) -> tuple[str, Any]:
    name = some_sheet(book, generator)
    return name, generator.choice(book.shown(name))
