"""A scenario as one more column of the sheet 「方案」, in a copy of the user's own workbook.

Only that sheet is written anew, and the styles where a number needs a format that is not there yet; where there is no
such sheet, one in the form of the template is put behind the others first. Every other part stays as it is, byte for
byte. Texts are written in their cells, so that the shared texts stay as they are, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, TypeAlias

from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import OutputError
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import BASELINE, SCENARIOS, SIGNATURE
from transfer_opt.workbook.files.number_looks import Looks
from transfer_opt.workbook.files.opc import ROOT, Listed, Package
from transfer_opt.workbook.files.open import RawSheet, sheets_in
from transfer_opt.workbook.files.sheet_tree import SheetTree, areas, text_of
from transfer_opt.workbook.graft import add, unsealed
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.headers import Names, find_headers, with_numbers
from transfer_opt.workbook.input.table import Table, lay_out
from transfer_opt.workbook.output.form import lines_of, text_width
from transfer_opt.workbook.output.template import TemplateLayout, made_scenarios

Address: TypeAlias = tuple[str, str, str, str]
"""规则, 资金, 参数 or 启用, 刚性, 优先级, 对象."""
ADDRESS = ("规则", "资金", "参数", "对象")
BESIDE = ("依据条款", "说明")
"""Columns of 「方案」 that are no scenarios."""
_LONGEST_NAME = 60
_AREA = re.compile(r"(?P<sheet>.+)!(?P<area>\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+)")
_WIDTH = 24.0
"""The most a column gets that has no neighbour to take its width from, in digits."""
_LINE, _ROW = 12.5, 16.5
"""The height of a further line and of a row of one, in points."""
_DRAWN = re.compile(rb"<(?:\w+:)?row>(\d+)</(?:\w+:)?row>")
_COMMENT = re.compile(rb"<(?:\w+:)?comment\b[^>]*?\bref=\"[A-Z]+(\d+)\"")


def with_scenario(
    content: bytes,
    name: str,
    cells: Mapping[Address, float | str],
    signature: Mapping[str, str],
    aliases: Mapping[str, str] | None = None,
    layout: TemplateLayout | None = None,
    shares: Container[Address] = (),
) -> tuple[bytes, tuple[str, ...]]:
    """The workbook `content` with these cells as the scenario `name`, and what in it is not as it was.

    `signature` is 编制人, 日期, 一句话 → what is said of it; `aliases` are other spellings of headers; `layout` is that of
    the sheet 「方案」 for a workbook that has none; the numbers of `shares` are shown in per cent. Raises OutputError where
    the name cannot be used or the sheet takes no further column, FileError where the file is broken.
    """
    package = Package(content)
    if _sheet(package) is None:
        package = Package(add(content, made_scenarios(layout or TemplateLayout(0, ()))))
    remarks = [*unsealed(package)]
    listed = _sheet(package)
    assert listed is not None, "it has just been added"
    table = _table(package, listed, aliases or {})
    refuse_name(name, table, aliases or {})
    remarks += _Writer(package, listed, table, shares).write(name, cells, signature)
    return package.saved(), tuple(remarks)


def refuse_name(name: str, table: Table, aliases: Mapping[str, str]) -> None:
    """OutputError where the reader would not take the name for a new scenario of just this name."""
    header = Names(SHEETS[SCENARIOS], aliases, {}).joined([name]) if normalise(name) else None
    known = {each.name for each in table.place.headers.values()}
    if header is None or len(name) > _LONGEST_NAME:
        raise _refused(
            f"方案名「{name[:_LONGEST_NAME]}」太长" if header else "没有写方案名",
            f"写一个 1 至 {_LONGEST_NAME} 个字的方案名",
        )
    if header.name in (*ADDRESS, *BESIDE, BASELINE) or header.column or header.alias:
        raise _refused(f"方案名「{name}」在「{SCENARIOS}」表里另有意思", "另起一个方案名")
    if header.name != name:
        raise _refused(
            f"方案名「{name}」写进表头会读成「{header.name}」",
            f"改成「{header.name}」" if header.name else "另起一个方案名",
        )
    if name in known:
        raise _refused(f"「{SCENARIOS}」表里已有方案「{name}」", "另起一个方案名")


def scenario_sheet(sheet: str) -> bool:
    """Whether a sheet is read as 「方案」."""
    return normalise(sheet) == SCENARIOS


def _sheet(package: Package) -> Listed | None:
    return next((each for each in package.worksheets() if scenario_sheet(each.name)), None)


def _table(package: Package, listed: Listed, aliases: Mapping[str, str]) -> Table:
    """The sheet as the reader understands it."""
    sheets, _ = sheets_in(package.saved(), wanted=scenario_sheet)
    raw: RawSheet = next(each for each in sheets if each.name == listed.name)
    place = find_headers(raw.rows, raw.merges, Names(SHEETS[SCENARIOS], aliases, {}))
    names = {header.name for header in place.headers.values()} if place else set()
    if place is None or not {"规则", "参数"} <= names:
        raise _refused(
            f"工作表「{listed.name}」里找不到「规则」「参数」两列的表头",
            "按模板改好这张表，或整张删去（保存时会另加一张）",
        )
    table, _ = lay_out(SCENARIOS, raw, with_numbers(place, raw.rows[place.last]))
    return table


@dataclass(frozen=True)
class _Room:
    """Where new rows go."""

    first: int
    moves: bool
    """Whether what stands from there on moves down."""


class _Writer:
    """One column more in one sheet part."""

    def __init__(
        self, package: Package, listed: Listed, table: Table, shares: Container[Address]
    ) -> None:
        self._package, self._listed, self._table, self._shares = package, listed, table, shares
        self._tree = SheetTree(package.tree(listed.part))
        self._looks = Looks(package)
        headers = table.place.headers
        self._columns = {
            name: column
            for column, header in table.columns.items()
            if (name := header.name) in ADDRESS
        }
        own = [c for c, h in headers.items() if h.name not in (*ADDRESS, *BESIDE)]
        self._last = max(headers)
        self._beside = max(own, default=self._last)
        """The scenario whose looks are taken."""
        self._body = (table.place.first, max([*table.rows, table.place.last]))
        self._new = next(
            column
            for column in range(self._last + 1, 2**14)
            if not any(
                self._tree.holds(row, column) for row in range(self._body[0], self._body[1] + 1)
            )
        )

    def write(
        self, name: str, cells: Mapping[Address, float | str], signature: Mapping[str, str]
    ) -> Iterator[str]:
        """Write it all; tell what is not where one would look for it."""
        known = self._known()
        told = {
            **cells,
            **{(item, "", "", ""): signature[item] for item in SIGNATURE if signature.get(item)},
        }
        missing = [key for key in told if key not in known]
        if missing_columns := {ADDRESS[at] for key in missing for at in range(4) if key[at]} - {
            *self._columns
        }:
            raise _refused(
                f"「{SCENARIOS}」表里没有「{'」「'.join(sorted(missing_columns))}」列，有的取值写不进去",
                "先在表里加上这些列",
            )
        room = self._room(len(missing))
        if room.moves:
            self._tree.move_down(room.first, len(missing))
        self._add_column(name, max(map(text_width, (name, *map(str, told.values())))))
        for at, key in enumerate(missing, start=room.first):
            self._add_row(at, key)
            known[key] = at
        for key, value in told.items():
            self._put(known[key], value, key in self._shares)
        self._stretch(room, len(missing))
        self._tree.settle()
        self._package.put(self._listed.part, self._tree.root)
        self._looks.save()
        if missing and not room.moves and room.first > self._body[1] + 1:
            yield (
                f"「{SCENARIOS}」表下方的内容不能移动（有公式、图形或表格与它相连），新加的 {len(missing)} 行写在最下面，从第 {room.first + 1} 行起。"
            )

    def _known(self) -> dict[Address, int]:
        """The addresses that have a row, by what their cells say."""
        found: dict[Address, int] = {}
        for row in self._table.rows:
            words = [
                normalise(to_text(self._table.at(row, self._columns[name])))
                if name in self._columns
                else ""
                for name in ADDRESS
            ]
            found.setdefault((words[0], words[1], words[2], words[3]), row)
        return found

    def _room(self, count: int) -> _Room:
        first = self._body[1] + 1
        below = max(self._tree.last_filled, *self._drawn(), first - 1)
        if not count or below < first:
            return _Room(first, moves=False)
        fixed = (
            self._tree.fixed_below(first)
            or any(row >= first for row in self._drawn())
            or self._named_elsewhere()
        )
        return _Room(below + 1 if fixed else first, not fixed)

    def _drawn(self) -> list[int]:
        """The rows that drawings and comments are tied to."""
        rows = [-1]
        for relation in self._package.relations(self._listed.part):
            if relation.external or relation.target not in self._package:
                continue
            part = self._package.read(relation.target)
            if relation.kind == "drawing":
                rows += [int(row) for row in _DRAWN.findall(part)]
            elif relation.kind == "comments":
                rows += [int(row) - 1 for row in _COMMENT.findall(part)]
        return rows

    def _named_elsewhere(self) -> bool:
        """Whether a formula, a chart or a name beyond this sheet speaks of its cells."""
        name = self._listed.name.replace("'", "''")
        spoken = (
            f"{name}!",
            f"{name}'!",
            f'sheet="{self._listed.name}"',
        )  # the last of pivot tables
        for part in self._package.names - {self._listed.part, self._book}:
            if part.startswith("xl/") and part.endswith(".xml"):
                text = unescape(self._package.read(part).decode(errors="replace"))
                if any(each in text for each in spoken):
                    return True
        return any(
            any(each in (element.text or "") for each in spoken) and not self._is_page(element)
            for element in self._names()
        )

    @property
    def _book(self) -> str:
        return self._package.related(ROOT, "officeDocument") or ""

    def _names(self) -> Iterator[Any]:
        yield from self._package.tree(self._book).findall(".//{*}definedName")

    def _is_page(self, element: Any) -> bool:
        """Whether a defined name is the sheet's own print area, of one range, or its titles."""
        name, own = element.get("name", ""), element.get("localSheetId") == str(self._listed.place)
        return own and (
            name == "_xlnm.Print_Titles"
            or name == "_xlnm.Print_Area"
            and _AREA.fullmatch(element.text or "") is not None
        )

    def _add_column(self, name: str, widest: int) -> None:
        header, tree = self._table.place.last, self._tree
        for row in range(self._body[0], self._body[1] + 1):
            style = tree.style(row, self._beside)
            if style is not None:
                tree.write(row, self._new, None, style)
        tree.write(header, self._new, name, tree.style(header, self._beside))
        width = tree.width(self._beside) or min(widest + 2.0, _WIDTH)
        tree.set_width(self._new, width)
        tree.widen(self._beside, self._new, self._body)
        if self._new == self._last + 1:
            self._widen_titles()

    def _widen_titles(self) -> None:
        """Titles and notes that are merged over the whole table reach over the new column, too."""
        left = min(self._table.place.headers)
        for element, area in self._tree.merges():
            across = area[1] <= left and area[3] == self._last
            outside = area[2] < self._body[0] or area[0] > self._body[1]
            free = not any(self._tree.holds(row, self._new) for row in range(area[0], area[2] + 1))
            if across and outside and free:
                element.set("ref", text_of((*area[:3], self._new)))
                for row in range(area[0], area[2] + 1):
                    style = self._tree.style(row, self._last)
                    if style is not None:
                        self._tree.write(row, self._new, None, style)

    def _add_row(self, at: int, key: Address) -> None:
        """A row that looks like the last of the table, its address in it."""
        tree, like = self._tree, self._body[1]
        body = like if self._table.rows else None
        for column in range(min(self._table.place.headers), self._new + 1):
            style = None if body is None else tree.style(body, column)
            if style is not None:
                tree.write(at, column, None, self._looks.ordinary(style))
        for name, word in zip(ADDRESS, key, strict=True):
            if word:
                column = self._columns[name]
                style = None if body is None else tree.style(body, column)
                tree.write(at, column, word, style)
        tree.set_height(at, _ROW)

    def _put(self, row: int, value: float | str, share: bool) -> None:
        style = self._tree.style(row, self._new)
        if style is None:
            style = self._tree.style(row, self._beside) or 0
        if not isinstance(value, str):
            style = self._looks.of_share(style, value) if share else self._looks.ordinary(style)
        self._tree.write(row, self._new, value, style)
        width = self._tree.width(self._new)
        height = self._tree.height(row)
        if isinstance(value, str) and width and height:
            needed = _ROW + _LINE * (lines_of(value, width) - 1)
            self._tree.set_height(row, max(height, math.ceil(needed * 4) / 4))

    def _stretch(self, room: _Room, count: int) -> None:
        """Let the print area take in the column and the rows."""
        root = self._package.tree(self._book)
        for element in root.findall(".//{*}definedName"):
            found = _AREA.fullmatch(element.text or "")
            if not found or element.get("name") != "_xlnm.Print_Area" or not self._is_page(element):
                continue
            [(top, left, bottom, right)] = areas(found["area"])
            if room.moves and bottom >= room.first - 1:
                bottom += count
            elif count and bottom >= self._body[1]:
                bottom = max(bottom, room.first + count - 1)
            if self._last <= right < self._new:
                right = self._new
            first, last = (
                f"${column_letters(column)}${row + 1}"
                for row, column in ((top, left), (bottom, right))
            )
            told = f"{found['sheet']}!{first}:{last}"
            if told != element.text:
                element.text = told
                self._package.put(self._book, root)


def _refused(why: str, remedy: str) -> OutputError:
    return OutputError(f"{why}，没有保存。处理办法：{remedy}。")
