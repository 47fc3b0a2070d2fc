"""What crosses the border between spreadsheets and the program: plain records, no spreadsheet library.

`Sheet` is an input sheet as understood by the reader; `Table` is an output sheet as the writer prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from transfer_opt.core.budget import Value

ColumnKind: TypeAlias = Literal[
    "code",
    "name",
    "prefecture",
    "text",
    "note",  # text kinds; note is the small remark font
    "money",
    "bold_money",
    "last_year",
    "growth_money",  # growth_money turns red when negative
    "growth_share",
    "share",
    "per_head",
    "shortfall",
    "step",
    "number",
    "mark",
    "heat",
    "points",  # heat: a share coloured by size over all such columns; points: a signed difference, 持平 for 0
]


AMOUNT_DECIMALS = 4
"""Decimals that amounts are shown with at most, where they are not published in a smaller unit."""


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
    decimals: int | None = None
    """Decimals of this row's figures of the kinds number and points; by default as many as each needs."""
    is_share: bool = False
    """Its figures of the kind number are fractions of 1, shown in per cent."""
    folded: bool = False
    """Out of sight, and not printed, until somebody unfolds it; the first note under the table says so."""


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
    unprinted: str = ""
    """Why the sheet, which is there for programs, is left out when the workbook is printed."""
    finest: int = AMOUNT_DECIMALS
    """Decimals of its amounts at most: those of the publishing unit, so that what is printed adds up."""


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
    """A Lorenz curve before and after: cumulative shares from (0, 0) to (1, 1); None: shares of nothing."""

    title: str
    x_before: tuple[float | None, ...]
    y_before: tuple[float | None, ...]
    x_after: tuple[float | None, ...]
    y_after: tuple[float | None, ...]
    size: tuple[int, int]


NoticeLook: TypeAlias = Literal[
    "title",
    "label",
    "choice",
    "place",
    "unit",
    "remark",
    "heading",
    "sentence",
    "head",
    "letter",
    "item",
    "arithmetic",
    "figure",
    "share",
    "money",
    "step",
    "change",
    "growth",
    "coverage",
    "rank",
    "hidden",
]


@dataclass(frozen=True)
class NoticeCell:
    """One cell of the notice; `value` is what its formula gives for the county it opens with."""

    row: int
    column: int
    value: Value
    formula: str
    look: NoticeLook
    decimals: int = 0
    across: int = 1
    """How many columns it is merged over."""
    main: bool = False


@dataclass(frozen=True)
class Waterfall:
    """Where the chart of the change finds its columns: rows and columns of the notice itself, both ends included."""

    rows: tuple[int, int]
    categories: int
    series: tuple[int, int, int, int, int, int]
    """Invisible base, up above and below 0, down above and below 0, total."""
    row: int
    """The sheet row at which it stands."""
    height: int
    """Pixels."""


@dataclass(frozen=True)
class Notice:
    """「县区说明单」: one A4 page about the county chosen in one of its cells."""

    name: str
    cells: tuple[NoticeCell, ...]
    widths: tuple[float, ...]
    """Of the columns that print; those after them are hidden."""
    heights: Mapping[int, float]
    choice: tuple[int, int]
    """The cell that names the county."""
    options: str
    """The range of names to choose from."""
    chart: Waterfall

    @property
    def rows(self) -> int:
        """How many rows print."""
        return 1 + max(cell.row for cell in self.cells if cell.column < len(self.widths))


@dataclass(frozen=True)
class Dots:
    """A chart of several values per name, a shape per series, first name on top, least and largest connected."""

    title: str
    names: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Curves:
    """Several Lorenz curves: name, cumulative shares across and up, from (0, 0) to (1, 1); None: shares of nothing."""

    title: str
    series: tuple[tuple[str, tuple[float | None, ...], tuple[float | None, ...]], ...]
    size: tuple[int, int]


@dataclass(frozen=True)
class Bars:
    """A chart of one bar per name and series; values are shares."""

    title: str
    names: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
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


@dataclass(frozen=True)
class Lines:
    """A chart of one line per series over the same names, in their order; values are shares."""

    title: str
    names: tuple[str, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]
    size: tuple[int, int]


Chart: TypeAlias = Dumbbell | Lorenz | Dots | Curves | Bars | Curve | Lines


@dataclass(frozen=True)
class Report:
    """Everything the result workbook shows, ready to be written."""

    tables: tuple[Table, ...]
    """In sheet order, 「图表数据」 not included (the writer makes it from the charts)."""
    charts: tuple[Chart, ...]
    """Placed under the table named in `charted`."""
    scenario: str
    digest: str
    """Short check code printed in the footer."""
    label: str
    """e.g. 示例数据，不代表任何实际分配; empty for real data."""
    date: str
    """Empty when output must not carry a date."""
    properties: Mapping[str, str]
    """Document properties: title, comments."""
    notice: Notice | None = None
    """Stands after 「分资金对比」."""
    looked_up: tuple[tuple[Column, tuple[Value, ...]], ...] = ()
    """Columns of 「图表数据」 that the notice takes figures from, after those of the charts."""
    charted: str = "均衡性指标"
    further: tuple[tuple[str, Chart], ...] = ()
    """Charts under other tables: the table's name, the chart."""
    superseded: bool = False
    """Whether approved amounts have taken the place of these: every page says so."""

    @property
    def drawn(self) -> tuple[Chart, ...]:
        """All charts, in the order of their columns in 「图表数据」."""
        return (*self.charts, *(chart for _, chart in self.further))

    @property
    def drawn_on(self) -> str:
        """The tables that have charts, as a sentence names them."""
        return "」「".join(dict.fromkeys([self.charted, *(name for name, _ in self.further)]))

    def under(self, table: str) -> tuple[int, ...]:
        """Which of the charts stand under a table."""
        own = range(len(self.charts)) if table == self.charted else ()
        others = (
            at for at, (name, _) in enumerate(self.further, len(self.charts)) if name == table
        )
        return (*own, *others)


HEADER_ROW = 3
FIRST_ROW = 4
"""Rows from 0: title, label, band, header, then the data."""


TITLE_ROW, LABEL_ROW, BAND_ROW = 0, 1, 2
