"""Cells as the workbook shows them: the same decimals, the same rounding, the same words for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.workbook.output.layout import is_number, measure, number_decimals
from transfer_opt.workbook.output.styles import SHARE_KINDS, TEXT_KINDS

MINUS = "\u2212"
NEGATIVE_KINDS = ("growth_money", "growth_share")


@dataclass(frozen=True)
class Cell:
    """What a cell shows, the value to sort by, and how it looks."""

    text: str
    value: Value
    look: str
    """Names of style classes."""


@dataclass(frozen=True)
class Line:
    """One row of a table on the page."""

    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Grid:
    """A table of the workbook as the page shows it; hidden columns are left out of `heads` and `lines`."""

    table: Table

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The columns that are shown."""
        return tuple(at for at, column in enumerate(self.table.columns) if not column.hidden)

    @cached_property
    def heads(self) -> tuple[Column, ...]:
        """The shown columns."""
        return tuple(self.table.columns[at] for at in self.places)

    @cached_property
    def bands(self) -> tuple[tuple[str, int], ...]:
        """Group names with how many columns each covers; none where no column has one."""
        found: list[tuple[str, int]] = []
        for column in self.heads:
            if found and found[-1][0] == column.band:
                found[-1] = (column.band, found[-1][1] + 1)
            else:
                found.append((column.band, 1))
        return tuple(found) if any(band for band, _ in found) else ()

    @cached_property
    def every(self) -> tuple[tuple[Cell, ...], ...]:
        """All cells, hidden ones too."""
        decimals = measure(self.table).decimals
        return tuple(
            tuple(
                cell(column, row, value, places)
                for column, value, places in zip(
                    self.table.columns, row.values, decimals, strict=True
                )
            )
            for row in self.table.rows
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The rows as shown."""
        return tuple(
            Line(row.kind, tuple(cells[at] for at in self.places))
            for row, cells in zip(self.table.rows, self.every, strict=True)
        )

    @cached_property
    def sums(self) -> tuple[Line, ...]:
        """合计 and 小计 of what is shown; a long table is told by them before it is opened."""
        return tuple(line for line in self.lines if line.kind in ("total", "subtotal"))

    def side(self, column: Column) -> str:
        """The style class of a column's header: figures stand at the right."""
        return "n" if column.kind not in TEXT_KINDS else column.kind

    def units(self) -> Iterator[tuple[tuple[Cell, ...], Mapping[str, Cell]]]:
        """The rows of single units: all cells, and cells by `band/name`."""
        names = [f"{column.band}/{column.name}" for column in self.table.columns]
        for row, cells in zip(self.table.rows, self.every, strict=True):
            if row.kind == "unit":
                yield cells, dict(zip(names, cells, strict=True))


def cell(column: Column, row: Row, value: Value, decimals: int) -> Cell:
    """One cell as the workbook shows it."""
    numeric = column.kind not in TEXT_KINDS
    looks: list[str] = ["n"] if numeric else [column.kind]
    if is_number(value) and (
        (column.kind in NEGATIVE_KINDS and value < 0) or (column.kind == "shortfall" and value > 0)
    ):
        looks.append("alarm")
    if column.kind == "bold_money":
        looks.append("strong")
    if column.group_start:
        looks.append("edge")
    return Cell(shown(column, row, value, decimals), value, " ".join(looks))


def shown(column: Column, row: Row, value: Value, decimals: int) -> str:
    """The text of a cell; figures rounded half up, as spreadsheets do, with a true minus sign."""
    if value is None:
        return ""
    if not is_number(value) or column.kind in TEXT_KINDS:
        return str(value)
    if column.kind in SHARE_KINDS:
        return figure(100 * Decimal(f"{value:.15g}"), 1, False) + "%"
    if column.kind in ("number", "points"):
        decimals = number_decimals(row, value)
    if column.kind == "step" and value == 0:
        return "–"
    if column.kind == "points" and value == 0:
        return "持平"
    return figure(Decimal(f"{value:.15g}"), decimals, column.kind in ("step", "points"))


def figure(value: Decimal, decimals: int, signed: bool) -> str:
    """A figure with thousands separators."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    return (
        MINUS if value < 0 and (rounded or not signed) and rounded else "+" if signed else ""
    ) + text
