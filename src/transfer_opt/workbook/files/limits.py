"""What a sheet tells beside its values, and the limits it must keep to be read at all."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from transfer_opt.core.cell_names import Place, column_letters

MOST_CELLS = 4_000_000
"""Cells between A1 and the last cell that holds something; also cells with content."""
MOST_COLUMNS = 4_096
MOST_ROWS = 1_048_576
WIDEST = 16_384
"""Columns a sheet of any program has."""
LONGEST_TEXT = 200_000
"""Characters of one text; Excel itself stops at 32,767."""
MOST_CHARACTERS = 200_000_000
"""Characters all texts may show together, repeated ones counted each time."""
MOST_UNSHOWN = 100_000
MOST_MERGES = 100_000


class FileError(Exception):
    """The file cannot be read."""


class UnsafeError(FileError):
    """What is wrong with the file, as the end of a sentence about it."""


class DamagedError(FileError):
    """It is broken, or no workbook at all."""


class LockedError(FileError):
    """It is behind a password, and that was not given, was wrong, or is of a kind that cannot be used here."""


@dataclass
class Facts:
    """Counted from A1; filled on the way through a sheet."""

    rows: int = 0
    columns: int = 0
    """How far cells with content reach."""
    unshown: dict[Place, str] = field(default_factory=dict)
    """Cells that a reading library shows as empty though they are not: error values, formulas without a result."""
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last."""
    count: int = 0
    """Cells with content."""
    _formulas: array[int] = field(default_factory=lambda: array("Q"))

    def reach(self, row: int, column: int) -> None:
        """A cell that holds something lies there; refused where that is too far, or one too many."""
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
        if (
            self.columns > MOST_COLUMNS
            or self.rows > MOST_ROWS
            or self.rows * self.columns > MOST_CELLS
        ):
            raise UnsafeError(
                f"里单元格 {column_letters(column)}{row + 1} 离表格太远（删去它右边和下面不用的内容）"
            )
        if self.count > MOST_CELLS:
            raise UnsafeError(f"里的单元格超过 {MOST_CELLS:,} 个")

    def hide_row(self, row: int) -> None:
        """Count a hidden row; neighbours are kept as one range."""
        if self.hidden_rows and self.hidden_rows[-1][1] == row - 1:
            self.hidden_rows[-1] = (self.hidden_rows[-1][0], row)
        else:
            self.hidden_rows.append((row, row))

    def hide_rows(self, first: int, last: int) -> None:
        """Count hidden rows, as far as sheets reach."""
        if first < MOST_ROWS:
            self.hidden_rows.append((first, min(last, MOST_ROWS - 1)))

    def hide_columns(self, first: int, last: int) -> None:
        """Count hidden columns, as far as sheets reach."""
        self.hidden_columns.append((first, min(last, WIDEST - 1)))

    def calculated(self, row: int, column: int) -> None:
        """Count a formula."""
        self._formulas.append(row << 16 | column)

    @property
    def formulas(self) -> Iterator[Place]:
        """Where formulas stand."""
        return ((code >> 16, code & 0xFFFF) for code in self._formulas)

    def not_shown(self, row: int, column: int, text: str) -> None:
        """Keep an error value or a formula without a result."""
        self.unshown[row, column] = text
        if len(self.unshown) > MOST_UNSHOWN:
            raise UnsafeError(
                f"里的错误值和没有计算结果的公式超过 {MOST_UNSHOWN:,} 个（用 Excel、WPS 打开重新计算并保存）"
            )
