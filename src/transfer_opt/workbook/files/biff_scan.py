"""Workbooks in binary records: .xlsb parts, and the stream of an old .xls (.et) file.

Only what a library does not tell is looked at: how far cells reach, formulas, error values, what is hidden.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Sequence

from transfer_opt.workbook.files.limits import LONGEST_TEXT, DamagedError, Facts, UnsafeError

_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_LARGEST_RECORD = 16 * 2**20
_ROW, _CELL_ERROR, _FIRST_FORMULA, _FORMULA_ERROR, _SHARED_TEXT, _COLUMN, _BOOK_SHEET = (
    0,
    3,
    8,
    11,
    19,
    60,
    156,
)
"""Records of an .xlsb; 1 is a blank cell, 2 to 11 are cells with content, of these 8 to 11 formulas."""


# ---------------------------------------------------------------- .xlsb


def worksheet(chunks: Iterable[bytes]) -> Facts:
    """One sheet of an .xlsb."""
    facts, row = Facts(), 0
    for kind, body in _records(chunks):
        if kind == _ROW:
            row = _number(body, 0)
            if len(body) > 11 and body[11] & 0x10:
                facts.hide_row(row)
        elif _CELL_ERROR - 1 <= kind <= _FORMULA_ERROR:
            column = _number(body, 0)
            facts.count += 1
            facts.reach(row, column)
            if kind >= _FIRST_FORMULA:
                facts.calculated(row, column)
            if kind in (_CELL_ERROR, _FORMULA_ERROR):
                facts.not_shown(
                    row, column, _ERRORS.get(body[8] if len(body) > 8 else 0x2A, "#N/A")
                )
        elif kind == _COLUMN and len(body) > 16 and body[16] & 1:
            facts.hide_columns(_number(body, 0), _number(body, 4))
    return facts


def shared_texts(chunks: Iterable[bytes]) -> None:
    """The shared texts of an .xlsb: an endless one is refused."""
    for kind, body in _records(chunks):
        if kind == _SHARED_TEXT and _number(body, 1) > LONGEST_TEXT:
            raise UnsafeError(f"里有超过 {LONGEST_TEXT:,} 个字的文本")


def book_sheets(chunks: Iterable[bytes]) -> list[tuple[str, str]]:
    """Name and relation of every sheet of an .xlsb."""
    found = []
    for kind, body in _records(chunks):
        if kind == _BOOK_SHEET:
            relation, at = _text(body, 8)
            found.append((_text(body, at)[0], relation))
    return found


def _records(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Kind and body of every record: both begin with numbers in groups of seven bits, lowest first."""
    stream = _Stream(chunks)
    while stream.more():
        kind = stream.variable(2)
        size = stream.variable(4)
        if size > _LARGEST_RECORD:
            raise UnsafeError("里有过大的记录")
        yield kind, stream.take(size)


class _Stream:
    """Chunks read as one run of bytes."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer, self._at = b"", 0

    def more(self) -> bool:
        """Whether anything is left."""
        return self._at < len(self._buffer) or self._fill(1)

    def take(self, size: int) -> bytes:
        """The next bytes; fewer at the end."""
        if len(self._buffer) - self._at < size:
            self._fill(size)
        self._at += size
        return self._buffer[self._at - size : self._at]

    def variable(self, longest: int) -> int:
        """A number in groups of seven bits."""
        value = 0
        for group in range(longest):
            mark = self.take(1)
            if not mark:
                break
            value |= (mark[0] & 0x7F) << (7 * group)
            if mark[0] < 0x80:
                break
        return value

    def _fill(self, size: int) -> bool:
        pieces = [self._buffer[self._at :]]
        while sum(map(len, pieces)) < size and (chunk := next(self._chunks, b"")):
            pieces.append(chunk)
        self._buffer, self._at = b"".join(pieces), 0
        return bool(self._buffer)


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "little")


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends."""
    end = at + 4 + 2 * _number(body, at)
    return body[at + 4 : end].decode("utf-16-le", "replace"), end


# ---------------------------------------------------------------- the container of an .xls or of what is encrypted

_HEADER = 512
"""Bytes of the header of a container, which begins the list of the sectors of its table."""


def refuse_loops(content: bytes) -> None:
    """DamagedError where a chain of sectors has no end: a library follows it until the memory is used up."""
    shift = int.from_bytes(content[30:32], "little")
    if shift not in (9, 12) or len(content) < _HEADER:
        return  # no library reads it either
    size, first = 1 << shift, _number(content, 68)
    table, at, seen = list(_numbers(content[76:_HEADER])), first, set[int]()
    while (at + 1) * size < len(content):
        if at in seen:
            raise DamagedError
        seen.add(at)
        *more, at = _numbers(content[(at + 1) * size : (at + 2) * size].ljust(size, b"\xff"))
        table += more
    used = [sector for sector in table if (sector + 1) * size < len(content)]
    if len(set(used)) < len(used):
        raise DamagedError
    links = _table(content, size, used)
    _refuse_loop(links)
    small, at = [], _number(content, 60)
    while at < len(links):
        small.append(at)
        at = links[at]
    _refuse_loop(_table(content, size, small))


def _table(content: bytes, size: int, sectors: Sequence[int]) -> Sequence[int]:
    """Sector → the one after it."""
    return _numbers(
        b"".join(content[(sector + 1) * size : (sector + 2) * size] for sector in sectors)
    )


def _numbers(body: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(body) // 4}I", body[: len(body) // 4 * 4])


def _refuse_loop(links: Sequence[int]) -> None:
    passed = bytearray(len(links))  # 1 on this way, 2 on an earlier one
    for start in range(len(links)):
        at, way = start, []
        while at < len(links) and not passed[at]:
            passed[at] = 1
            way.append(at)
            at = links[at]
        if at < len(links) and passed[at] == 1:
            raise DamagedError
        for each in way:
            passed[each] = 2


# ---------------------------------------------------------------- .xls

_EOF, _OLD_FORMULA, _COLINFO, _BOUNDSHEET, _OLD_ROW, _BOOLERR = (
    0x000A,
    0x0006,
    0x007D,
    0x0085,
    0x0208,
    0x0205,
)
_OLD_CELLS = {0x0203, 0x0204, 0x0205, 0x0006, 0x027E, 0x00FD, 0x00D6}
"""Number, label, boolean or error, formula, packed number, shared text, rich text; packed rows lie within 256 columns."""
_WORKSHEET = 0


def old_sheets(content: bytes) -> list[Facts]:
    """What the worksheets of an .xls tell, in the order of the book; nothing where the stream is not understood."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as file:
            name = next((name for name in ("Workbook", "Book") if file.exists(name)), "")
            stream = file.openstream(name).read() if name else b""
    except (
        Exception
    ):  # a library that reads hostile bytes may fail in any way; the reader then says what is wrong
        return []
    return [_old_sheet(stream, start) for start in _sheet_starts(stream)]


def _sheet_starts(stream: bytes) -> Iterator[int]:
    for kind, body in _old_records(stream, 0):
        if kind == _BOUNDSHEET and len(body) > 5 and body[5] == _WORKSHEET:
            yield _number(body, 0)


def _old_sheet(stream: bytes, start: int) -> Facts:
    facts = Facts()
    for kind, body in _old_records(stream, start):
        if kind in _OLD_CELLS and len(body) >= 6:
            row, column = struct.unpack_from("<HH", body)
            facts.count += 1
            facts.reach(row, column)
            if kind == _OLD_FORMULA:
                facts.calculated(row, column)
            error = _old_error(kind, body)
            if error:
                facts.not_shown(row, column, error)
        elif kind == _OLD_ROW and len(body) >= 16 and body[12] & 0x20:
            facts.hide_row(int.from_bytes(body[:2], "little"))
        elif kind == _COLINFO and len(body) >= 10 and body[8] & 1:
            facts.hide_columns(*struct.unpack_from("<HH", body))
    return facts


def _old_error(kind: int, body: bytes) -> str:
    """The error value of a cell: a constant one, or what a formula came to."""
    if kind == _BOOLERR and len(body) > 7 and body[7]:
        return _ERRORS.get(body[6], "#N/A")
    if kind == _OLD_FORMULA and len(body) > 13 and body[12:14] == b"\xff\xff" and body[6] == 2:
        return _ERRORS.get(body[8], "#N/A")
    return ""


def _old_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Kind and body of every record from there to the end of the substream."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size
        if kind in (0x0809, 0x0409, 0x0209):
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
