"""A workbook of XlsxWriter whose sheets take the rows of a table as finished text, without a record per cell.

What is written is what the library would write; a large result takes a fraction of its time and memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from xlsxwriter.packager import Packager
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from transfer_opt.core.cell_names import digits
from transfer_opt.core.tables import Row
from transfer_opt.workbook.files.opc import listed

COMPRESSION = 1
"""A third of the time of the usual level, a seventh more of bytes."""


class QuickBook(Workbook):  # type: ignore[misc]
    """A workbook made in memory, of quick sheets."""

    def __init__(self, options: dict[str, Any]) -> None:
        super().__init__(BytesIO(), {**options, "in_memory": True})
        self.worksheet_class = QuickSheet
        self._packager = _Packager()

    def content(self) -> bytes:
        """The finished file; the same sheets make the same bytes."""
        self.close()
        memory = BytesIO()
        with ZipFile(memory, "w") as archive:
            while self._packager.parts:  # a part is given up once it is written
                stream, name, binary = self._packager.parts.pop(0)
                content = stream.getvalue() if binary else stream.getvalue().encode()
                archive.writestr(listed(name), content, compresslevel=COMPRESSION)
        return memory.getvalue()

    def _get_packager(self) -> _Packager:
        return self._packager


class _Packager(Packager):  # type: ignore[misc]
    """Keeps the parts of the file instead of handing them on to be compressed in the usual way."""

    def _create_package(self) -> list[Any]:
        self.parts: list[Any] = super()._create_package()
        return []


class QuickSheet(Worksheet):  # type: ignore[misc]
    """Rows `first` … are `rows`, written as `texts`; everything above and below them goes the usual way."""

    def __init__(self) -> None:
        super().__init__()
        self._first = 0
        self._rows: Sequence[Row] = ()
        self._texts: list[str] = []
        self._indices: dict[Any, int] = {}

    def index_of_text(self, text: str) -> int:
        """Where a text stands among those all sheets share."""
        found: int = self.str_table._get_shared_string_index(text)
        return found

    def taken(self, row: int, column: int) -> int:
        """The number of the text of a cell that was written the usual way and is no longer wanted there."""
        number: int = self.table[row].pop(column).string
        return number

    def index_of_look(self, look: Any) -> int:
        """The number of a format in the file."""
        found = self._indices.get(look)
        if found is None:
            found = self._indices[look] = look._get_xf_index()
        return found

    def number_looks(self) -> None:
        """Give the formats of all cells written so far their numbers: in the order of the cells, as the library does."""
        for row in sorted(self.table):
            for column in sorted(self.table[row]):
                if look := self.table[row][column].format:
                    self.index_of_look(look)

    def put(self, first: int, rows: Sequence[Row], texts: Iterator[str]) -> None:
        """Take the rows of a table; each text is the elements of some of them."""
        self._first, self._rows, self._texts = first, rows, list(texts)

    def _write_rows(self) -> None:
        """Rows above the table, the table, rows below it."""
        if not self._rows:
            super()._write_rows()
            return
        last: int = self.dim_rowmax  # type: ignore[has-type]
        end = self._first + len(self._rows)
        self.dim_rowmin, self.dim_rowmax = 0, self._first - 1
        super()._write_rows()
        self._texts.reverse()
        while self._texts:  # a text is given up once it is written
            self.fh.write(self._texts.pop())
        self.dim_rowmin, self.dim_rowmax = end, last
        super()._write_rows()

    def _get_range_data(
        self, row_start: int, col_start: int, row_end: int, col_end: int
    ) -> list[Any]:
        """What charts that draw from these cells carry along."""
        known = range(self._first, self._first + len(self._rows))
        if row_start not in known or row_end not in known:
            data: list[Any] = super()._get_range_data(row_start, col_start, row_end, col_end)
            return data
        values = (
            self._rows[row - self._first].values[column]
            for row in range(row_start, row_end + 1)
            for column in range(col_start, col_end + 1)
        )
        return [
            "" if value is None else value if isinstance(value, str) else digits(value)
            for value in values
        ]
