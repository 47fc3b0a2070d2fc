"""Looks a workbook over before any library opens it: what could exhaust memory, or speak to the outside, is refused.

Parts are read as streams; nothing is kept but counts. A library that allocates the whole grid, or that aborts the
process on a cell at the last corner, therefore never sees such a file.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from transfer_opt.workbook.cells import letters, place

LARGEST_CONTENT = 300 * 2**20
"""Bytes a package may hold once unpacked."""
MOST_PARTS = 10_000
MOST_CELLS = 20_000_000
"""Cells between A1 and the last cell that holds something."""
MOST_COLUMNS = 4_096
LONGEST_TEXT = 200_000
"""Characters of one text; Excel itself stops at 32,767."""
MOST_CHARACTERS = 200_000_000
"""Characters all texts of a sheet may show together, shared ones counted each time."""
MOST_MERGES = 100_000
LONGEST_SCAN = 30.0
"""Seconds."""
_CHUNK = 1 << 18
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_BINARY_SHEET = re.compile(r"xl/worksheets/[^/]+\.bin")


class UnsafeError(Exception):
    """What is wrong with the package, as the end of a sentence about the file."""


def scan(content: bytes) -> None:
    """Refuse (UnsafeError) a zip package that is broken, hostile, or too large to be read within the limits.

    Raises zipfile.BadZipFile or expat.ExpatError where it is damaged.
    """
    deadline = time.monotonic() + LONGEST_SCAN
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        _check_directory(entries)
        left = LARGEST_CONTENT
        longest, shared = 0, 0
        for entry in sorted(entries, key=lambda entry: not entry.filename.endswith("sharedStrings.xml")):
            part = _Part(archive, entry, left, deadline)
            name = entry.filename
            if name.endswith("sharedStrings.xml"):
                longest = _texts(part)
            elif _SHEET.fullmatch(name):
                shared += _worksheet(part)
            elif name == "content.xml":
                _open_document(part)
            elif _BINARY_SHEET.fullmatch(name):
                _binary_sheet(part)
            elif name.endswith((".xml", ".rels", ".vml")):
                _parse(part, expat.ParserCreate())
            else:
                for _ in part.chunks():
                    pass
            left = part.left
    if longest * shared > MOST_CHARACTERS and _characters(content) > MOST_CHARACTERS:
        raise UnsafeError("里的文字合计过多（重复引用了很长的文本）")


@dataclass
class _Part:
    """A part of the package as a stream that counts what it really holds."""

    archive: zipfile.ZipFile
    entry: zipfile.ZipInfo
    left: int
    deadline: float

    def chunks(self) -> Iterator[bytes]:
        with self.archive.open(self.entry) as stream:
            while chunk := stream.read(_CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    raise UnsafeError("解压后超过300 MB")
                if time.monotonic() > self.deadline:
                    raise UnsafeError("过于复杂，30 秒内没有看完")
                yield chunk

    def markup(self) -> Iterator[bytes]:
        """The chunks of an XML part, between whose tags no endless text stands."""
        run = 0
        for chunk in self.chunks():
            first, *others = chunk.split(b"<")
            run += len(first)
            if max(run, *map(len, others), 0) > 4 * LONGEST_TEXT:  # bytes
                raise UnsafeError(f"里有超过 {LONGEST_TEXT} 个字的文本")
            run = len(others[-1]) if others else run
            yield chunk


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_PARTS:
        raise UnsafeError("内部的部件过多")
    if sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise UnsafeError("解压后超过300 MB")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):
        raise UnsafeError("内部有重名的部件")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise UnsafeError("内部的部件互相重叠")
        end = entry.header_offset + 30 + len(entry.filename.encode()) + entry.compress_size
        if entry.filename.startswith("/") or "\\" in entry.filename or ".." in entry.filename.split("/"):
            raise UnsafeError("内部有指向外面的路径")
        if entry.flag_bits & 1:
            raise UnsafeError("内部的部件加了密")
        if entry.compress_type not in _READ_METHODS:
            raise UnsafeError("用了不认识的压缩方法")


# ---------------------------------------------------------------- XML


def _parse(part: _Part, parser: expat.XMLParserType) -> None:
    """Feed the part to a parser that refuses document types, and with them every entity."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    for chunk in part.markup():
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_: object) -> None:
    raise UnsafeError("里有 XML 文档类型声明（DTD），正常的工作簿没有")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _texts(part: _Part) -> int:
    """The longest shared text."""
    longest = current = 0
    parser = expat.ParserCreate()

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal current
        if _local(name) == "si":
            current = 0

    def more(text: str) -> None:
        nonlocal current, longest
        current += len(text)
        longest = max(longest, current)
        if current > LONGEST_TEXT:
            raise UnsafeError(f"里有超过 {LONGEST_TEXT} 个字的文本")

    parser.StartElementHandler, parser.CharacterDataHandler = start, more
    _parse(part, parser)
    return longest


@dataclass
class _Extent:
    """How far the cells of a sheet reach."""

    rows: int = 0
    columns: int = 0

    def reach(self, row: int, column: int, shown: str) -> None:
        """Count a cell (from 0) that holds something; `shown` is how the user finds it."""
        if row < self.rows and column < self.columns:
            return
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        if self.columns > MOST_COLUMNS or self.rows * self.columns > MOST_CELLS:
            raise UnsafeError(f"里单元格 {shown} 离表格太远（删去它右边和下面不用的内容）")


@dataclass
class _Worksheet:
    """What is met on the way through a worksheet; written for speed, as it sees every cell."""

    extent: _Extent = field(default_factory=_Extent)
    row: int = -1
    column: int = -1
    shared: int = 0
    merges: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    """Letters met → column."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            reference = attributes.get("r")
            self.column = self.column + 1 if reference is None else self._column(reference)
            if attributes.get("t") == "s":
                self.shared += 1
        elif name in ("v", "f", "is"):
            if self.row >= self.extent.rows or self.column >= self.extent.columns:
                self.extent.reach(self.row, self.column, f"{letters(self.column)}{self.row + 1}")
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isdecimal() and len(number) <= 7 else self.row + 1
            self.column = -1
        elif name == "mergeCell":
            self.merges += 1
            if self.merges > MOST_MERGES:
                raise UnsafeError("里的合并单元格过多")

    def _column(self, reference: str) -> int:
        name = reference.rstrip("0123456789")
        digits = reference[len(name):]
        if name not in self.columns:
            self.columns[name] = (place(f"{name}1") or (0, self.column + 1))[1]
        if digits:
            self.row = int(digits[:12]) - 1
        return self.columns[name]


def _worksheet(part: _Part) -> int:
    """How many cells show a shared text."""
    sheet, parser = _Worksheet(), expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    _parse(part, parser)
    return sheet.shared


def _characters(content: bytes) -> int:
    """Characters of all cells that show shared texts, each cell counted; only asked where it may be too much."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lengths: list[int] = []
        total, here = 0, ""

        def shared_start(name: str, _: dict[str, str]) -> None:
            if _local(name) == "si":
                lengths.append(0)

        def shared_more(text: str) -> None:
            lengths[-1] += len(text)

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal here
            if _local(name) == "c":
                here = "s" if attributes.get("t") == "s" else ""

        def more(text: str) -> None:
            nonlocal total
            if here and text.isdecimal() and int(text) < len(lengths):
                total += lengths[int(text)]

        for entry in sorted(archive.infolist(), key=lambda entry: not entry.filename.endswith("sharedStrings.xml")):
            if entry.filename.endswith("sharedStrings.xml"):
                _run(archive, entry, shared_start, shared_more)
            elif _SHEET.fullmatch(entry.filename):
                _run(archive, entry, start, more)
    return total


def _run(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, start: Callable[[str, dict[str, str]], None],
    more: Callable[[str], None],
) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler = start, more
    parser.Parse(archive.read(entry), True)


def _open_document(part: _Part) -> None:
    """An .ods: cells and rows may be said to repeat."""
    extent, row, column, row_repeats = _Extent(), 0, 0, 1
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal extent, row, column, row_repeats
        if name == "table:table":
            extent, row, row_repeats = _Extent(), 0, 0
        elif name == "table:table-row":
            row, column, row_repeats = row + row_repeats, 0, _repeats(attributes, "table:number-rows-repeated")
        elif name in ("table:table-cell", "table:covered-table-cell"):
            column += _repeats(attributes, "table:number-columns-repeated")
            if "office:value-type" in attributes:
                extent.reach(row + row_repeats - 1, column - 1, f"{letters(column - 1)}{row + row_repeats}")

    parser.StartElementHandler = start
    _parse(part, parser)


def _repeats(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return int(text) if text.isdecimal() and len(text) < 10 else 1


# ---------------------------------------------------------------- xlsb


def _binary_sheet(part: _Part) -> None:
    """An .xlsb sheet: records of a number, a length and a body; 0 begins a row, 2 to 11 are cells with content."""
    content = b"".join(part.chunks())
    extent, row, at = _Extent(), 0, 0
    while at < len(content):
        kind, at = _variable(content, at, 2)
        size, at = _variable(content, at, 4)
        body = content[at : at + size]
        at += size
        if kind == 0:
            row = int.from_bytes(body[:4], "little")
        elif 2 <= kind <= 11:
            column = int.from_bytes(body[:4], "little")
            extent.reach(row, column, f"{letters(column)}{row + 1}")


def _variable(content: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and where it ends."""
    value = 0
    for group in range(longest):
        if at >= len(content):
            break
        mark = content[at]
        at += 1
        value |= (mark & 0x7F) << (7 * group)
        if mark < 0x80:
            break
    return value, at
