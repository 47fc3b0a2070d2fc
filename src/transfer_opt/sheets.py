"""What crosses the border between spreadsheets and the program: plain records, no spreadsheet library.

`Sheet` is an input sheet as understood by the reader; `Table` is an output sheet as the writer prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from transfer_opt.errors import Problem

Value: TypeAlias = str | float | int | bool | None
"""A cell's value; None is an empty cell, never zero."""


@dataclass(frozen=True)
class SheetRow:
    """One row of an input sheet."""

    number: int
    """Row number as the user sees it, from 1."""
    values: Mapping[str, Value]
    """Standard header → value; a header whose cell is empty is absent."""


@dataclass(frozen=True)
class Sheet:
    """An input sheet: data rows and, apart from them, the 小计 / 合计 / 本级 rows."""

    name: str
    title: str
    unit: str | None
    """元, 万元, 亿元 as the sheet says it; None when it does not."""
    letters: Mapping[str, str]
    """Standard header → column letter, in sheet order."""
    rows: tuple[SheetRow, ...]
    totals: tuple[SheetRow, ...] = ()
    notes: tuple[Problem, ...] = ()
    """Warnings (text numbers normalised, headers mapped by alias, …)."""
    labels: tuple[str, ...] = ()
    """Texts above the header row, e.g. 示例数据."""

    def cell(self, row: SheetRow, header: str) -> str:
        """The address of a cell, e.g. H8."""
        return f"{self.letters[header]}{row.number}" if header in self.letters else ""


@dataclass(frozen=True)
class Budget:
    """The input workbook: its sheets by canonical name, and the digest of the file."""

    path: str
    sha256: str
    sheets: Mapping[str, Sheet]


ColumnKind: TypeAlias = Literal[
    "code", "name", "prefecture", "text", "note",  # text kinds; note is the small remark font
    "money", "bold_money", "last_year", "growth_money",  # growth_money turns red when negative
    "growth_share", "share", "per_head", "shortfall", "step", "number", "mark",
]


@dataclass(frozen=True)
class Column:
    """One column of an output table.

    `formula` (every row) and `group_formula` (合计 and 小计 rows) are templates: `{列名}` stands for the cell of
    that column in the same row, `[列名]` for the sum of that column of 「输入数据」 over the row's group.
    `group_formula = "sum"` adds the group's rows (合计 adds the 小计 rows).
    """

    name: str
    kind: ColumnKind
    width: float
    band: str = ""
    """Group name printed above the header; empty where the header stands alone."""
    formula: str = ""
    group_formula: str = ""
    hidden: bool = False
    group_start: bool = False
    """Draw the heavier line at the left edge of a group of columns."""


RowKind: TypeAlias = Literal["total", "subtotal", "unit", "plain", "alarm", "active", "slack"]


@dataclass(frozen=True)
class Row:
    """One row of an output table; `values` align with the columns, formulas included (their cached value)."""

    kind: RowKind
    values: tuple[Value, ...]
    breaks_page: bool = False
    """Start a new printed page before this row."""


@dataclass(frozen=True)
class Table:
    """One sheet of the result workbook."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    unit_note: str = ""
    """Right side of the second row, e.g. 单位：万元（人均：元）."""
    verdict: str = ""
    """One sentence on a pale band above the header."""
    notes: tuple[str, ...] = ()
    """Lines under the table."""
    paper: Literal["A4", "A3"] = "A4"
    landscape: bool = True
    fit: Literal["page", "width", "groups"] = "width"
    """page: all on one page; width: one page wide; groups: computed scale, pages never split a prefecture."""


@dataclass(frozen=True)
class Dumbbell:
    """A chart of one value before and after per name, first name on top."""

    title: str
    names: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Lorenz:
    """A Lorenz curve before and after: cumulative shares from (0, 0) to (1, 1)."""

    title: str
    x_before: tuple[float, ...]
    y_before: tuple[float, ...]
    x_after: tuple[float, ...]
    y_after: tuple[float, ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Curve:
    """A chart of one value against another: corners joined by straight lines, and one point apart from them."""

    title: str
    names: tuple[str, str]
    """Of the axes: across, up."""
    kinds: tuple[ColumnKind, ColumnKind]
    """share or money."""
    x: tuple[float, ...]
    y: tuple[float, ...]
    point: tuple[float, float]
    point_name: str
    size: tuple[int, int]


Chart: TypeAlias = Dumbbell | Lorenz | Curve


@dataclass(frozen=True)
class Report:
    """Everything the result workbook shows, ready to be written."""

    tables: tuple[Table, ...]
    """In sheet order, 「图表数据」 not included (the writer makes it from the charts)."""
    charts: tuple[Chart, ...]
    """Placed under the table of `chart_sheet`."""
    scenario: str
    digest: str
    """Short check code printed in the footer."""
    label: str
    """e.g. 示例数据，不代表任何实际分配; empty for real data."""
    date: str
    """Empty when output must not carry a date."""
    properties: Mapping[str, str]
    """Document properties: title, comments."""
    chart_sheet: str = "均衡性指标"
