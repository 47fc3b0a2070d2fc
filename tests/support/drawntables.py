"""Random tables of amounts that add up, and what must hold of one when it is rounded; knows nothing of the program.

rows       counties, in groups with a subtotal or not, a total above or below, or none
columns    alone · parts and their sum · last year, this year and the difference · a sum and its difference ·
           adjustments that come to nothing · ratios, weights and people, which stay
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, floor
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

UNITS = ("0.01", "1", "100", "10000")
NAMES = (
    "均衡性转移支付",
    "县级基本财力",
    "生态补助",
    "老区补助",
    "边境补助",
    "教育补助",
    "农业补助",
    "交通补助",
)
STAYING = ("权重", "绩效得分", "补助系数", "常住人口", "保障水平")


@dataclass
class Drawn:
    """A table, and what adds up what in it; rows and columns count from the first of each."""

    headers: list[str]
    labels: list[str]
    cells: list[list[Decimal | None]]
    unit: Decimal
    row_sums: list[tuple[int, list[int]]] = field(default_factory=list)
    column_sums: list[tuple[int, list[tuple[int, int]]]] = field(default_factory=list)
    staying: set[int] = field(default_factory=set)
    nothing: set[int] = field(default_factory=set)
    """Columns that come to nothing."""
    lead: int = 0
    """Rows above the header row."""
    live: bool = False
    """Whether sums stand as formulas."""

    @property
    def leaves(self) -> list[int]:
        """Rows that add up no others."""
        return [
            row
            for row in range(len(self.labels))
            if row not in {total for total, _ in self.row_sums}
        ]


def drawn(seed: int) -> Drawn:
    """The table of a seed."""
    generator = random.Random(seed)
    table = Drawn(["县区名称"], [], [], Decimal(UNITS[seed % len(UNITS)]))
    many = generator.choice([1, 1, 2, 3, 4])
    groups = [
        [
            f"{chr(0x4E00 + 37 * seed % 900 + at)}{member}县"
            for member in range(generator.randint(2 if many > 1 else 3, 5))
        ]
        for at in range(many)
    ]
    _rows(table, groups, generator)
    _columns(table, generator)
    for total, members in table.row_sums:  # subtotals stand before the total in this list
        for column in range(1, len(table.headers)):
            known = [value for row in members if (value := table.cells[row][column]) is not None]
            if known and column not in table.staying:
                table.cells[total][column] = sum(known, Decimal(0))
    table.lead, table.live = generator.randint(0, 2), generator.random() < 0.4
    return table


def _rows(table: Drawn, groups: list[list[str]], generator: random.Random) -> None:
    before, total = generator.random() < 0.5, generator.choice(["", "above", "below"])
    split = len(groups) > 1
    if total == "above":
        table.labels.append("合计")
    subtotals, members = [], []
    for at, group in enumerate(groups):
        own = [f"第{at + 1}片小计"] if split else []
        start = len(table.labels) + (1 if split and before else 0)
        table.labels += [*own, *group] if before else [*group, *own]
        rows = list(range(start, start + len(group)))
        members += rows
        if split:
            subtotals.append((start - 1 if before else start + len(group), rows))
    if total == "below":
        table.labels.append("合计")
    table.row_sums = subtotals
    if total:
        table.row_sums.append((0 if total == "above" else len(table.labels) - 1, members))
    table.cells = [[None] for _ in table.labels]


def _columns(table: Drawn, generator: random.Random) -> None:
    names = list(NAMES)
    generator.shuffle(names)
    kinds = generator.sample(
        ["alone", "sum", "difference", "both", "nothing", "staying"], generator.randint(1, 3)
    )
    for kind in ["alone", "staying"] if kinds == ["staying"] else kinds:
        first = len(table.headers)
        if kind == "alone":
            _add(table, names.pop(), _amounts(table, generator))
        elif kind == "nothing":
            _nothing(table, generator)
        elif kind == "staying":
            _add(
                table,
                generator.choice(STAYING),
                [Decimal(generator.randint(1, 999)) / 1000 for _ in table.leaves],
            )
            table.staying.add(first)
        elif kind == "difference" and "上年数" not in table.headers:
            _difference(
                table,
                [_amounts(table, generator), _amounts(table, generator)],
                ("上年数", "本年数", "增减额"),
            )
        elif "合计" not in table.headers:
            # Of two parts, or last year and the difference, nobody could tell which make the sum.
            parts = [
                _amounts(table, generator)
                for _ in range(3 if kind == "both" else generator.randint(2, 4))
            ]
            _sum(table, [names.pop() for _ in parts], parts, generator.random() < 0.5)
            if kind == "both" and "上年数" not in table.headers:
                _against(table, _amounts(table, generator))


def _add(table: Drawn, header: str, values: Sequence[Decimal | None]) -> int:
    table.headers.append(header)
    for line in table.cells:
        line.append(None)
    for row, value in zip(table.leaves, values, strict=True):
        table.cells[row][-1] = value
    return len(table.headers) - 1


def _amounts(table: Drawn, generator: random.Random) -> list[Decimal | None]:
    """Many of them equal or half a unit, some negative, some blank."""
    few = [_amount(table.unit, generator) for _ in range(2)]
    return [
        None
        if at and generator.random() < 0.05
        else generator.choice(few)
        if generator.random() < 0.4
        else _amount(table.unit, generator)
        for at, _ in enumerate(table.leaves)
    ]


def _amount(unit: Decimal, generator: random.Random) -> Decimal:
    parts = generator.choice([2, 4, 100, 100])
    return generator.choice([1, 1, 1, -1]) * unit * generator.randint(0, 40 * parts) / parts


def _nothing(table: Drawn, generator: random.Random) -> None:
    values = [_amount(table.unit, generator) for _ in table.leaves[1:]]
    table.nothing.add(_add(table, "调整", [-sum(values, Decimal(0)), *values]))


def _difference(table: Drawn, given: list[list[Decimal | None]], headers: Sequence[str]) -> None:
    last, now = (
        _add(table, header, values) for header, values in zip(headers, given, strict=False)
    )
    both = [(one or Decimal(0)) - (other or Decimal(0)) for other, one in zip(*given, strict=True)]
    _tie(table, _add(table, headers[2], both), [(1, now), (-1, last)])


def _sum(
    table: Drawn, names: Sequence[str], parts: list[list[Decimal | None]], sum_first: bool
) -> None:
    added = [
        sum((value or Decimal(0) for value in line), Decimal(0))
        for line in zip(*parts, strict=True)
    ]
    whole = _add(table, "合计", added) if sum_first else 0
    columns = [_add(table, name, values) for name, values in zip(names, parts, strict=True)]
    _tie(table, whole or _add(table, "合计", added), [(1, column) for column in columns])


def _against(table: Drawn, last: list[Decimal | None]) -> None:
    """The sum against last year's."""
    whole = table.headers.index("合计")
    now = [table.cells[row][whole] or Decimal(0) for row in table.leaves]
    before = _add(table, "上年数", last)
    _tie(
        table,
        _add(
            table,
            "较上年增减",
            [one - (other or Decimal(0)) for one, other in zip(now, last, strict=True)],
        ),
        [(1, whole), (-1, before)],
    )


def _tie(table: Drawn, column: int, parts: list[tuple[int, int]]) -> None:
    table.column_sums.append((column, parts))


def written(table: Drawn, path: Path) -> Path:
    """The workbook."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("分配表")
    lines = [["分配表"], [None, "单位：万元"]][: table.lead]
    lines += [
        table.headers,
        *(
            [label, *map(_float, line[1:])]
            for label, line in zip(table.labels, table.cells, strict=True)
        ),
    ]
    for row, line in enumerate(lines):
        sheet.write_row(row, 0, line)
    if table.live:
        for row, column, text in formulas(table):
            sheet.write_formula(
                table.lead + 1 + row, column, text, None, _float(table.cells[row][column])
            )
    book.close()
    return path


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def formulas(table: Drawn) -> Iterator[tuple[int, int, str]]:
    """Row, column and formula of every sum; of a cell that is two, the one along the row."""

    def cell(row: int, column: int) -> str:
        return str(xl_rowcol_to_cell(table.lead + 1 + row, column))

    for total, members in table.row_sums:
        for column in range(1, len(table.headers)):
            if table.cells[total][column] is not None:
                yield total, column, "=" + "+".join(cell(row, column) for row in members)
    for column, parts in table.column_sums:
        for row in range(len(table.labels)):
            if table.cells[row][column] is not None:
                terms = "".join(
                    ("+" if sign > 0 else "-") + cell(row, part) for sign, part in parts
                )
                yield row, column, "=" + terms.removeprefix("+")


def read(table: Drawn, path: Path) -> list[list[Any]]:
    """The rows of the table in a workbook."""
    rows = list(
        openpyxl.load_workbook(path, data_only=True)
        .worksheets[0]
        .iter_rows(min_row=table.lead + 2, values_only=True)
    )
    return [list(row)[: len(table.headers)] for row in rows[: len(table.labels)]]


def wrong(table: Drawn, after: list[list[Any]]) -> Iterator[str]:
    """What must hold and does not."""
    new = [
        [None if value is None else Decimal(repr(value)) for value in line[1:]] for line in after
    ]
    for row, line in enumerate(table.cells):
        for column, old in enumerate(line[1:], 1):
            value = new[row][column - 1]
            if old is None or value is None:
                if old is not value:
                    yield f"{row},{column}: {old} became {value}"
            elif column in table.staying:
                if old != value:
                    yield f"{row},{column}: {old} should stay and became {value}"
            elif (
                not floor(old / table.unit) <= value / table.unit <= ceil(old / table.unit)
                or value % table.unit
            ):
                yield f"{row},{column}: {old} became {value}"
    yield from _not_added(table, new)


def _not_added(table: Drawn, new: list[list[Decimal | None]]) -> Iterator[str]:
    for total, members in table.row_sums:
        for column in range(1, len(table.headers)):
            if table.cells[total][column] is not None:
                added = sum((new[row][column - 1] or Decimal(0) for row in members), Decimal(0))
                if added != new[total][column - 1]:
                    yield f"row {total} shows {new[total][column - 1]} over {added} in column {column}"
    for column, parts in table.column_sums:
        for row in range(len(table.labels)):
            added = sum(
                (sign * (new[row][part - 1] or Decimal(0)) for sign, part in parts), Decimal(0)
            )
            if new[row][column - 1] is not None and added != new[row][column - 1]:
                yield f"column {column} shows {new[row][column - 1]} over {added} in row {row}"
    for column in table.nothing:
        if sum(new[row][column - 1] or Decimal(0) for row in table.leaves):
            yield f"column {column} came to nothing and does no more"
