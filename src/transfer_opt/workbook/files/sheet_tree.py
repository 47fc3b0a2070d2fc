"""A worksheet part as a tree: cells written, ranges made longer, what stands below a row moved down.

Rows and columns count from 0. Formulas are not rewritten: `fixed_below` tells where nothing may be moved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from transfer_opt.core.cell_names import CONTROLS, address, column_letters, place, plain
from transfer_opt.workbook.files.opc import children, local

Area = tuple[int, int, int, int]
"""Top, left, bottom, right, both ends included."""
GROWING = ("dataValidation", "conditionalFormatting")
"""What reaches as far as the table does."""
RANGED = ("mergeCell", "hyperlink", "autoFilter", "protectedRange", "ignoredError", *GROWING)
"""Elements that hold addresses of ranges."""
IMMOVABLE = (
    "tableParts",
    "customSheetViews",
    "scenarios",
    "dataConsolidate",
    "oleObjects",
    "controls",
    "webPublishItems",
    "cellWatches",
    "colBreaks",
    "extLst",
)
"""What holds addresses in ways not looked into here."""
_CELL = re.compile(r"\$?[A-Z]{1,3}\$?(\d+)")
_ROWS = re.compile(r"(?<![A-Z$\d])\$?(\d+):\$?(\d+)")
_LAST_ROW = 2**20 - 1


class SheetTree:
    """The root element of a worksheet part."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self._space = root.tag.rpartition("}")[0] + "}"
        self._data = root.find("{*}sheetData")
        self._rows: dict[int, Any] = {}
        self._cells: dict[tuple[int, int], Any] = {}
        self._number()

    def _number(self) -> None:
        """Every row and cell told by its address, also where the file leaves that to their order."""
        self._rows, self._cells = {}, {}
        at = -1
        for row in children(self._data):
            at = int(row.get("r")) - 1 if row.get("r") else at + 1
            row.set("r", str(at + 1))
            self._rows[at] = row
            column = -1
            for cell in children(row):
                found = place(cell.get("r")) if cell.get("r") else None
                column = found[1] if found else column + 1
                cell.set("r", address((at, column)))
                self._cells[at, column] = cell

    def style(self, row: int, column: int) -> int | None:
        """The number of a cell's format; None where there is no cell."""
        cell = self._cells.get((row, column))
        return None if cell is None else int(cell.get("s", "0"))

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell has a value or a formula."""
        cell = self._cells.get((row, column))
        return cell is not None and any(local(each.tag) in ("v", "f", "is") for each in cell)

    @property
    def last_filled(self) -> int:
        """The last row in which anything stands, merged cells, drawings apart; -1 where nothing does."""
        filled = [row for row, column in self._cells if self.holds(row, column)]
        return max([*filled, *(area[2] for _, area in self.merges()), -1])

    def merges(self) -> list[tuple[Any, Area]]:
        """The merged ranges."""
        return [
            (element, area)
            for element in self.root.findall("{*}mergeCells/{*}mergeCell")
            for area in areas(element.get("ref", ""))
        ]

    def write(self, row: int, column: int, value: float | str | None, style: int | None) -> None:
        """Set a cell, its text in itself; None: only its format."""
        from lxml import etree

        cell = self._cell(row, column)
        for child in list(cell):
            cell.remove(child)
        for attribute in ("t", "cm", "vm"):
            cell.attrib.pop(attribute, None)
        if style is not None:
            cell.set("s", str(style))
        if isinstance(value, str):
            cell.set("t", "inlineStr")
            text = etree.SubElement(etree.SubElement(cell, f"{self._space}is"), f"{self._space}t")
            text.text = CONTROLS.sub("", plain(value))
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        elif value is not None:
            etree.SubElement(cell, f"{self._space}v").text = repr(float(value)).removesuffix(".0")

    def height(self, row: int) -> float | None:
        """The height of a row in points where it is set."""
        element = self._rows.get(row)
        found = None if element is None else element.get("ht")
        return float(found) if found else None

    def set_height(self, row: int, points: float) -> None:
        """Give a row this height."""
        element = self._row(row)
        element.set("ht", f"{points:g}")
        element.set("customHeight", "1")

    def width(self, column: int) -> float | None:
        """The width of a column in digits where it is set."""
        found = self._col(column)
        return float(found.get("width")) if found is not None and found.get("width") else None

    def set_width(self, column: int, width: float) -> None:
        """Give a column this width, and let it be seen."""
        from lxml import etree

        holder, old = self.root.find("{*}cols"), self._col(column)
        if holder is None:
            holder = etree.Element(f"{self._space}cols")
            self._data.addprevious(holder)
        own = etree.Element(f"{self._space}col") if old is None else deepcopy(old)
        for name in ("hidden", "outlineLevel", "collapsed", "bestFit"):
            own.attrib.pop(name, None)
        for name, value in (("min", column + 1), ("max", column + 1), ("customWidth", 1)):
            own.set(name, str(value))
        own.set("width", f"{width:.8g}")
        if old is not None:
            self._split(old, column)
        before = [each for each in children(holder) if int(each.get("max")) <= column]
        if before:
            before[-1].addnext(own)
        else:
            holder.insert(0, own)

    def _split(self, col: Any, column: int) -> None:
        """Take one column out of a range of columns."""
        first, last = int(col.get("min")), int(col.get("max"))
        if first <= column:
            left = deepcopy(col)
            left.set("max", str(column))
            col.addprevious(left)
        if last > column + 1:
            right = deepcopy(col)
            right.set("min", str(column + 2))
            col.addnext(right)
        col.getparent().remove(col)

    def _col(self, column: int) -> Any:
        return next(
            (
                col
                for col in self.root.findall("{*}cols/{*}col")
                if int(col.get("min")) <= column + 1 <= int(col.get("max"))
            ),
            None,
        )

    def fixed_below(self, row: int) -> bool:
        """Whether something keeps the rows from `row` on where they are: formulas that name them, tables, extensions."""
        if any(self.root.find(f"{{*}}{name}") is not None for name in IMMOVABLE):
            return True
        for (at, _), cell in self._cells.items():
            formula = cell.find("{*}f")
            if formula is not None and (
                at >= row or formula.get("ref") or _names(formula.text or "", row)
            ):
                return True
        if any(top < row <= bottom for _, (top, _, bottom, _) in self.merges()):
            return True
        told = (
            each.text or ""
            for each in self.root.iter()
            if local(each.tag) in ("formula", "formula1", "formula2")
        )
        return any(_names(text, row) for text in told)

    def move_down(self, row: int, count: int) -> None:
        """Make room for `count` rows before `row`; ranges that end with the row above it take the new rows in."""
        for at in sorted((at for at in self._rows if at >= row), reverse=True):
            element = self._rows[at]
            element.set("r", str(at + count + 1))
            element.attrib.pop("spans", None)
            for cell in children(element):
                found = place(cell.get("r"))
                assert found is not None, "every cell was given its address"
                cell.set("r", address((at + count, found[1])))
        self._number()

        def moved(area: Area, longer: bool) -> Area:
            top, left, bottom, right = area
            grown = bottom >= row - longer and bottom < _LAST_ROW
            return (
                top + count if top >= row else top,
                left,
                bottom + count if grown else bottom,
                right,
            )

        self._ranges(lambda name, area: moved(area, name in GROWING and area[0] < row))
        for each in self.root.findall("{*}rowBreaks/{*}brk"):
            if int(each.get("id")) >= row:
                each.set("id", str(int(each.get("id")) + count))

    def widen(self, column: int, to: int, rows: tuple[int, int]) -> None:
        """Let the drop-downs and the conditional formats that end with a column of the table's rows reach to another."""

        def wider(name: str, area: Area) -> Area:
            top, left, bottom, right = area
            meets = right == column and top <= rows[1] and bottom >= rows[0]
            return (top, left, bottom, to if name in GROWING and meets else right)

        self._ranges(wider)

    def settle(self) -> None:
        """The size of the sheet as it now is."""
        found = self.root.find("{*}dimension")
        if found is not None and self._cells:
            rows, columns = zip(*self._cells, strict=True)
            found.set("ref", text_of((min(rows), min(columns), max(rows), max(columns))))

    def _ranges(self, changed: Callable[[str, Area], Area]) -> None:
        for element in self.root.iter():
            name = local(element.tag)
            if name in RANGED:
                key = "sqref" if element.get("sqref") is not None else "ref"
                found = list(areas(element.get(key, "")))
                if found:
                    element.set(key, " ".join(text_of(changed(name, area)) for area in found))

    def _row(self, at: int) -> Any:
        from lxml import etree

        if at not in self._rows:
            element = etree.Element(f"{self._space}row", r=str(at + 1))
            before = [each for each in self._rows if each < at]
            if before:
                self._rows[max(before)].addnext(element)
            else:
                self._data.insert(0, element)
            self._rows[at] = element
        return self._rows[at]

    def _cell(self, row: int, column: int) -> Any:
        from lxml import etree

        if (row, column) not in self._cells:
            element = self._row(row)
            element.attrib.pop("spans", None)
            cell = etree.Element(f"{self._space}c", r=address((row, column)))
            before = [each for at, each in self._cells if at == row and each < column]
            if before:
                self._cells[row, max(before)].addnext(cell)
            else:
                element.insert(0, cell)
            self._cells[row, column] = cell
        return self._cells[row, column]


def areas(text: str) -> Iterator[Area]:
    """The ranges of a reference such as A1:B2 D4."""
    for part in text.split():
        first, _, last = part.replace("$", "").partition(":")
        ends = place(first), place(last or first)
        if ends[0] is not None and ends[1] is not None:
            yield (*ends[0], *ends[1])


def text_of(area: Area) -> str:
    """A range as it is written."""
    top, left, bottom, right = area
    first = f"{column_letters(left)}{top + 1}"
    return (
        first if (top, left) == (bottom, right) else f"{first}:{column_letters(right)}{bottom + 1}"
    )


def _names(formula: str, row: int) -> bool:
    """Whether a formula names a row from `row` on, of whatever sheet."""
    found = [int(match[1]) for match in _CELL.finditer(formula)]
    found += [int(match[2]) for match in _ROWS.finditer(formula)]
    return any(number > row for number in found)
