"""The XML parts of a workbook as streams: what their sheets tell, and what no sane sheet holds.

Handlers are written for speed, as they see every cell; texts are only listened to where a formula or an error stands.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from xml.parsers import expat

from transfer_opt.core.cell_names import column_letters, place
from transfer_opt.workbook.files.limits import (
    LONGEST_TEXT,
    MOST_CELLS,
    MOST_CHARACTERS,
    MOST_MERGES,
    MOST_ROWS,
    Facts,
    UnsafeError,
)

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
_YES = ("1", "true")


def walk(
    chunks: Iterable[bytes], start: Start | None = None, text: Callable[[str], None] | None = None
) -> None:
    """Parse a part to its end; document types, and with them every entity, are refused. Raises expat.ExpatError."""
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    _parse(parser, chunks)


def walk_strictly(chunks: Iterable[bytes]) -> None:
    """As walk, for a part whose every prefix must be declared, as libraries that know of them want it."""
    _parse(expat.ParserCreate(namespace_separator=" "), chunks)


def _parse(parser: expat.XMLParserType, chunks: Iterable[bytes]) -> None:
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise UnsafeError("里有 XML 文档类型声明（DTD），正常的工作簿没有")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


# ---------------------------------------------------------------- the book


def relations(chunks: Iterable[bytes]) -> dict[str, str]:
    """Relation → the part it leads to."""
    found: dict[str, str] = {}

    def start(name: str, attributes: Attributes) -> None:
        if _local(name) == "Relationship":
            found[attributes.get("Id", "")] = attributes.get("Target", "")

    walk(chunks, start)
    return found


def book_sheets(chunks: Iterable[bytes]) -> list[tuple[str, str]]:
    """Name and relation of every sheet."""
    found: list[tuple[str, str]] = []

    def start(name: str, attributes: Attributes) -> None:
        if _local(name) == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            found.append((attributes.get("name", ""), relation))

    walk(chunks, start)
    return found


class SharedTexts:
    """The lengths of the shared texts, and how many cells show one."""

    def __init__(self) -> None:
        self._lengths = array("I")
        self.longest = 0
        self.shown = 0

    def read(self, chunks: Iterable[bytes]) -> None:
        """The part that holds them; an endless text is refused."""
        lengths = self._lengths

        def start(name: str, _: Attributes) -> None:
            if _local(name) == "si":
                lengths.append(0)
                if len(lengths) > MOST_CELLS:
                    raise UnsafeError(f"里的文本超过 {MOST_CELLS:,} 条")

        def text(piece: str) -> None:
            if lengths:
                lengths[-1] += len(piece)
                if lengths[-1] > LONGEST_TEXT:
                    raise UnsafeError(f"里有超过 {LONGEST_TEXT:,} 个字的文本")

        walk(chunks, start, text)
        self.longest = max(lengths, default=0)

    def characters(self, chunks: Iterable[bytes]) -> int:
        """Characters that the cells of a sheet show."""
        total, shared = 0, False

        def start(name: str, attributes: Attributes) -> None:
            nonlocal shared
            if _local(name) == "c":
                shared = attributes.get("t") == "s"

        def text(piece: str) -> None:
            nonlocal total
            if shared and piece.isdecimal() and int(piece) < len(self._lengths):
                total += self._lengths[int(piece)]

        walk(chunks, start, text)
        return total


# ---------------------------------------------------------------- .xlsx


def worksheet(chunks: Iterable[bytes], texts: SharedTexts) -> Facts:
    """One worksheet."""
    sheet = _Worksheet()
    _parse(sheet.parser, chunks)
    texts.shown += sheet.shared
    return sheet.facts


class _Worksheet:
    """What is met on the way through a worksheet."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.shared = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self._row = self._column = self._last = -1
        self._kind: str | None = None
        self._here, self._shown_row = -1, ""
        """The row that is open, and how its cells name it."""
        self._counted = True
        self._rows: set[int] = set()
        self._filled: list[int] = []
        """Columns filled in this row."""
        self._letters: dict[str, int] = {}
        self._merges = 0
        self._formula: str | None = None
        self._value, self._field = "", ""

    def _start(self, name: str, attributes: Attributes) -> None:
        if ":" in name:
            name = _local(name)
        if name == "c":
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
            elif (
                reference.endswith(self._shown_row)
                and (known := self._letters.get(reference[: -len(self._shown_row)])) is not None
            ):
                self._column = known
            else:
                self._find(reference)
            self._counted = False
            self._kind = kind = attributes.get("t")
            if kind == "s":
                self.shared += 1
            elif kind == "e":
                self._listen()
        elif name == "v" or name == "f" or name == "is":
            if not self._counted:
                self._count()
            if name == "f":
                self._has_formula()
            self._field = name
        elif name == "row":
            self._begin_row(attributes)
        elif name == "col":
            if attributes.get("hidden") in _YES:
                self.facts.hide_columns(
                    _number(attributes.get("min")) - 1, _number(attributes.get("max")) - 1
                )
        elif name == "mergeCell":
            self._merges += 1
            if self._merges > MOST_MERGES:
                raise UnsafeError("里的合并单元格过多")

    def _find(self, reference: str) -> None:
        """The place a cell names, which may be in another row than the one it stands in."""
        name = reference.rstrip("0123456789")
        digits = reference[len(name) :]
        self._row = _number(digits) - 1 if digits else self._row
        self._column = (place(f"{name}1") or (0, self._column + 1))[1]
        if digits == self._shown_row:
            self._letters[name] = self._column

    def _begin_row(self, attributes: Attributes) -> None:
        number = _number(attributes.get("r"))
        self._row = number - 1 if number else self._row + 1
        self._here, self._shown_row = self._row, str(self._row + 1)
        self._column = self._last = -1
        self._filled.clear()
        if self._row >= MOST_ROWS:
            raise UnsafeError(f"里有第 {self._shown_row} 行，超过 {MOST_ROWS:,} 行")
        if self._row in self._rows:
            raise UnsafeError(f"里第 {self._shown_row} 行给出了两次")
        self._rows.add(self._row)
        if attributes.get("hidden") in _YES:
            self.facts.hide_row(self._row)

    def _count(self) -> None:
        self._counted = True
        row, column, facts = self._row, self._column, self.facts
        if column <= self._last and column in self._filled:
            raise UnsafeError(f"里单元格 {column_letters(column)}{row + 1} 给出了两次")
        self._last = column
        self._filled.append(column)
        facts.count += 1
        if row >= facts.rows or column >= facts.columns or facts.count > MOST_CELLS:
            facts.reach(row, column)
        if row != self._here and self._shown_row:
            raise UnsafeError(
                f"里单元格 {column_letters(column)}{row + 1} 写在了第 {self._shown_row} 行里"
            )

    def _has_formula(self) -> None:
        self.facts.calculated(self._row, self._column)
        self._formula = ""
        if self._kind != "e":
            self._listen()

    def _listen(self) -> None:
        """Take in the texts of this cell, until it ends."""
        self._value = ""
        self.parser.CharacterDataHandler, self.parser.EndElementHandler = self._text, self._end

    def _text(self, piece: str) -> None:
        if self._field == "f":
            self._formula = (self._formula or "") + piece
        elif self._field:
            self._value += piece

    def _end(self, name: str) -> None:
        name = _local(name)
        if name in ("v", "f", "is"):
            self._field = ""
        elif name == "c":
            self.parser.CharacterDataHandler = self.parser.EndElementHandler = None
            if self._kind == "e":
                self.facts.not_shown(self._row, self._column, self._value or "#N/A")
            elif self._formula is not None and not self._value and self._kind != "str":
                self.facts.not_shown(self._row, self._column, f"={self._formula}")
            self._formula = None


def _number(text: str | None) -> int:
    """A row or column as written, from 1; 0 where it is none."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 100 else 0


# ---------------------------------------------------------------- .ods


def open_document(chunks: Iterable[bytes]) -> dict[str, Facts]:
    """The sheets of an open document, whose cells and rows may be said to repeat."""
    sheet = _OpenDocument()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.text
    _parse(parser, chunks)
    return sheet.sheets


class _OpenDocument:
    """What is met on the way through content.xml."""

    def __init__(self) -> None:
        self.sheets: dict[str, Facts] = {}
        self._facts = Facts()
        self._row = self._column = self._next_column = 0
        self._row_repeats = self._column_repeats = 0
        self._cell: Attributes | None = None
        self._text, self._has_text = "", False
        self._characters = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Tables, rows, columns and cells by the names every writer gives them."""
        if name == "table:table":
            self._facts = self.sheets[attributes.get("table:name", "")] = Facts()
            self._row = self._row_repeats = self._next_column = 0
        elif name == "table:table-column":
            repeats = _repeats(attributes, "columns")
            if attributes.get("table:visibility", "visible") != "visible":
                self._facts.hide_columns(self._next_column, self._next_column + repeats - 1)
            self._next_column += repeats
        elif name == "table:table-row":
            self._row, self._column = self._row + self._row_repeats, 0
            self._row_repeats, self._column_repeats = _repeats(attributes, "rows"), 0
            if attributes.get("table:visibility", "visible") != "visible":
                self._facts.hide_rows(self._row, self._row + self._row_repeats - 1)
        elif name == "text:p":
            self._has_text = True
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._column += self._column_repeats
            self._column_repeats = _repeats(attributes, "columns")
            self._cell, self._text, self._has_text = attributes, "", False
            if "office:value-type" in attributes or "table:formula" in attributes:
                self._facts.count += 1
                self._facts.reach(
                    self._row + self._row_repeats - 1, self._column + self._column_repeats - 1
                )

    def text(self, piece: str) -> None:
        """What a cell shows."""
        if self._cell is not None:
            self._text += piece

    def end(self, name: str) -> None:
        """The end of a cell: is its value what it shows?"""
        if self._cell is None or name not in ("table:table-cell", "table:covered-table-cell"):
            return
        cell, self._cell = self._cell, None
        self._characters += len(self._text) * self._row_repeats * self._column_repeats
        if self._characters > MOST_CHARACTERS or len(self._text) > LONGEST_TEXT:
            raise UnsafeError("里的文字合计过多")
        shown = _not_shown(cell, self._text, self._has_text)
        for row in range(
            self._row,
            self._row + self._row_repeats if shown or "table:formula" in cell else self._row,
        ):
            for column in range(self._column, self._column + self._column_repeats):
                if shown:
                    self._facts.not_shown(row, column, shown)
                if "table:formula" in cell:
                    self._facts.calculated(row, column)


def _not_shown(cell: Attributes, text: str, has_text: bool) -> str:
    """The error value of a cell, or its formula where that was never calculated."""
    formula = cell.get("table:formula")
    if cell.get("calcext:value-type") == "error" or (formula and text.startswith(("#", "Err:"))):
        return text or "#N/A"
    never = formula is not None and "office:value-type" not in cell and not has_text
    return f"={str(formula).partition('=')[2]}" if never else ""


def _repeats(attributes: Attributes, what: str) -> int:
    text = attributes.get(f"table:number-{what}-repeated", "1")
    return min(int(text), MOST_ROWS) if text.isdecimal() and len(text) < 100 else 1
