"""The page of 「县区说明单」 while it is being filled, and the sheets it looks things up in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import places
from transfer_opt.core.tables import FIRST_ROW, Chart, Column, NoticeCell, NoticeLook, Table
from transfer_opt.core.vocabulary import (
    ALLOCATION,
    CHART_DATA,
    FUND_COMPARISON,
    INPUT,
    NAME,
    NOTICE,
    STEPS,
)
from transfer_opt.report.notice.live import Live, address, looked_up, span
from transfer_opt.report.notice.worked_lines import Line
from transfer_opt.report.parts import groups, optional
from transfer_opt.workbook.output.charts import data_width

FigureColumns = tuple[tuple[Column, tuple[Value, ...]], ...]


@dataclass
class Paper:
    """Cells in the order they are put down, and their values."""

    cells: list[NoticeCell] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    values: dict[tuple[int, int], Value] = field(default_factory=dict)

    def put(
        self,
        row: int,
        column: int,
        said: Live,
        look: NoticeLook,
        decimals: int = 0,
        across: int = 1,
        *,
        main: bool = False,
    ) -> Live:
        """A live cell; what refers to it afterwards."""
        return self._add(
            NoticeCell(row, column, said.value, f"={said.formula}", look, decimals, across, main)
        )

    def write(
        self,
        row: int,
        column: int,
        value: Value,
        look: NoticeLook,
        decimals: int = 0,
        across: int = 1,
        *,
        main: bool = False,
    ) -> Live:
        """A constant cell."""
        return self._add(NoticeCell(row, column, value, "", look, decimals, across, main))

    def _add(self, cell: NoticeCell) -> Live:
        self.cells.append(cell)
        self.values[cell.row, cell.column] = cell.value
        return Live(address(cell.row, cell.column), cell.value)


@dataclass(frozen=True)
class Positions:
    """Cells that tell in which row of a sheet the county stands."""

    listed: Live
    result: Live
    prefecture: Live
    steps: tuple[Live, ...]


@dataclass(frozen=True)
class Library:
    """Where the notice looks things up, for the county it opens with."""

    outcome: Outcome
    tables: Mapping[str, Table]
    charts: tuple[Chart, ...]
    figures: FigureColumns
    county: int

    @property
    def columns(self) -> int:
        """How many columns print: the fifth and sixth are needed by the comparison."""
        return max(6, 3 + len(self.outcome.case.funds))

    @property
    def money(self) -> int:
        """Decimals of published amounts."""
        return places(self.outcome.case.unit)

    def rows(self, sheet: str, fund: int | None = None) -> tuple[int, int]:
        """First and last row of a sheet's data; of 「测算说明」, of the counties in a fund."""
        rows = self.tables[sheet].rows
        if fund is None:
            return FIRST_ROW, FIRST_ROW + len(rows) - 1
        totals = [place for place, row in enumerate(rows) if row.kind == "total"]
        last = totals[fund + 1] if fund + 1 < len(totals) else len(rows)
        return FIRST_ROW + totals[fund] + 1, FIRST_ROW + last - 1

    def column(self, sheet: str, name: str) -> int:
        """The column of that header."""
        return next(
            at for at, column in enumerate(self.tables[sheet].columns) if column.name == name
        )

    def range(self, sheet: str, name: str, fund: int | None = None) -> str:
        """The cells of a column."""
        at = self.column(sheet, name)
        return span(self.rows(sheet, fund), (at, at), sheet)

    def row_of(self, sheet: str, name: str) -> int:
        """The row of 「分配结果」 and the sheets like it that is headed by a name."""
        at = self.column(sheet, NAME)
        return next(
            FIRST_ROW + place
            for place, row in enumerate(self.tables[sheet].rows)
            if row.values[at] == name
        )

    def place_in_fund(self, fund: int) -> int:
        """Which of the counties of a fund in 「测算说明」 the county shown is, from 1."""
        first, last = self.rows(STEPS, fund)
        name = str(self.outcome.case.recipients.name[self.county])
        return next(
            row - first + 1
            for row in range(first, last + 1)
            if self.value(STEPS, NAME, row) == name
        )

    def value(self, sheet: str, name: str, row: int) -> Value:
        """What stands in a cell."""
        return self.tables[sheet].rows[row - FIRST_ROW].values[self.column(sheet, name)]

    def from_result(self, name: str, row: int, position: Live) -> Live:
        """A column of 「分配结果」 in the row that `position` counts, which is `row` for the county shown."""
        return looked_up(
            f"INDEX({self.range(ALLOCATION, name)},{position.formula})",
            self.value(ALLOCATION, name, row),
        )

    def comparison(self, fund: int) -> tuple[str, int]:
        """The sheet and column that hold last year's amounts of a fund."""
        band = self.outcome.case.funds[fund].name
        return next(
            (name, at)
            for name, table in self.tables.items()
            if name.startswith(FUND_COMPARISON)
            for at, column in enumerate(table.columns)
            if column.band == band and column.name == "上年"
        )

    def lookup(self, line: Line, fund: int, positions: Positions) -> str:
        """The reference of a given line, for the county chosen."""
        sheet, name = line.source
        if sheet == INPUT:
            return f"INDEX({self.range(INPUT, name)},{positions.listed.formula})"
        if sheet == CHART_DATA:
            at = self.figure_column(name)
            return (
                f"INDEX({span(self.rows(INPUT), (at, at), CHART_DATA)},{positions.listed.formula})"
            )
        if sheet == STEPS:
            return f"INDEX({self.range(STEPS, name, fund)},{positions.steps[fund].formula})"
        where, at = self.comparison(fund)
        return f"INDEX({span(self.rows(ALLOCATION), (at, at), where)},{positions.result.formula})"

    def figure_column(self, name: str) -> int:
        """The column of 「图表数据」 that holds a figure."""
        return data_width(self.charts) + next(
            at for at, (column, _) in enumerate(self.figures) if column.name == name
        )


@dataclass(frozen=True)
class Page:
    """The sheet with the cells that every part refers to."""

    paper: Paper
    library: Library
    positions: Positions
    told: Mapping[str, Live]
    """Columns of 「分配结果」 for the county."""
    row: int
    """The county's row of 「分配结果」 …"""
    prefecture_row: int
    """… and its prefecture's."""
    free: int
    """The first free row of the hidden columns."""

    def value_at(self, row: int, column: int) -> Live:
        """A reference to a cell already put down."""
        return Live(address(row, column), self.paper.values[row, column])

    def heading(self, row: int, said: str) -> None:
        """A question over the whole width."""
        self.paper.write(row, 0, said, "heading", across=self.library.columns)
        self.paper.heights[row] = 18.0

    def sentence(self, row: int, said: Live, height: float) -> None:
        """A live sentence over the whole width."""
        self.paper.put(row, 0, said, "sentence", across=self.library.columns)
        self.paper.heights[row] = height


def figure_columns(outcome: Outcome, lines: Sequence[Line]) -> FigureColumns:
    """The columns of 「图表数据」 for figures that no other sheet has, counties in the order of 「输入数据」."""
    order = [i for group in groups(outcome.case) if group.kind == "unit" for i in group.members]
    names = tuple(str(outcome.case.recipients.name[i]) for i in order)
    found: list[tuple[Column, tuple[Value, ...]]] = [
        (Column(NAME, "name", 20, NOTICE, group_start=True), names)
    ]
    for line in lines:
        if line.source[0] == CHART_DATA and line.given is not None:
            values = line.given[line.funds[0]][np.array(order)]
            found.append(
                (
                    Column(line.source[1], "number", 16, NOTICE),
                    tuple(optional(value) for value in values),
                )
            )
    return tuple(found) if len(found) > 1 else ()
