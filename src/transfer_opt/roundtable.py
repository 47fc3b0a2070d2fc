"""`round`: a table rounded so that it still adds up: cells, subtotals and totals each next to their own value.

Columns are rounded one by one. A column that adds up others (合计) or compares them (增减额) is formed again from the
rounded ones; 人均, 占比, 增幅, people, areas and codes are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from transfer_opt.controlled import nearest, rounded
from transfer_opt.domain import YUAN
from transfer_opt.errors import InputError, Problem
from transfer_opt.footing import Structure, Sum, foot, plain
from transfer_opt.modelfile import did_you_mean
from transfer_opt.parameters import parse_unit
from transfer_opt.workbook.cells import Place
from transfer_opt.workbook.headers import MONEY_UNITS
from transfer_opt.workbook.tabulation import Tabulation, read_tabulations
from transfer_opt.workbook.values import normalise, to_number, to_text

_COUNTED = re.compile(r".*(?:人口|人数|户数|面积|个数|供养人员|人员数)")
MOST_NAMED = 5


@dataclass(frozen=True)
class RoundedColumn:
    """What became of one column."""

    header: str
    before: Fraction
    after: Fraction
    moved: tuple[str, ...]
    """Cells that did not go to the nearest unit, so that the totals hold."""
    formed: bool
    """Whether it was formed again from other columns."""

    def __str__(self) -> str:
        said = f"{self.header}：合计 {plain(self.before)} → {plain(self.after)}"
        if self.formed:
            return said + "，由取整后的各列重新相加减"
        if not self.moved:
            return said + "，各格都取了最近的整数"
        named = "、".join(self.moved[:MOST_NAMED]) + (" 等" if len(self.moved) > MOST_NAMED else "")
        return said + f"，{len(self.moved)} 格取了另一侧的相邻整数：{named}"


@dataclass(frozen=True)
class RoundedTable:
    """The new numbers of a table, and what was done."""

    sheet: str
    numbers: Mapping[Place, float]
    columns: tuple[RoundedColumn, ...]
    problems: tuple[Problem, ...]
    """Remarks on totals that were not the sum of their rows."""


def round_file(path: Path, unit: str, group: str = "", columns: Sequence[str] = ()) -> RoundedTable:
    """The first table of a workbook rounded to `unit`; InputError where it has none or does not add up."""
    tables = read_tabulations(path)
    if not tables:
        raise InputError([Problem("E175", f"文件「{path}」里没有找到表格。", "表头应在数据上方，每行有名称和数。")])
    rounder = _Rounder(tables[0], _step(tables[0], unit), group, tuple(columns))
    return RoundedTable(tables[0].page.name, rounder.numbers(), tuple(rounder.columns()), tuple(rounder.remarks()))


def _step(table: Tabulation, unit: str) -> Fraction:
    """The unit in the table's own unit: 万元 in a table in 元 is 10,000."""
    named = parse_unit(unit)
    number = to_number(unit)
    if named and table.unit is None:
        raise InputError([Problem("E176", f"表里没有写明单位，不知道「{unit}」是多少。", "在表头上方写「单位：万元」，或用 --unit 给出数字。",
                                  table.page.name)])
    if named:
        return Fraction(Decimal(repr(named[0])) * YUAN[named[1]]) / Fraction(YUAN[table.unit or ""])
    if number is None or number <= 0:
        raise InputError([Problem("E176", f"取整单位「{unit}」不认识。", "写数字（按表里的单位），或 元、万元、亿元。")])
    return Fraction(Decimal(repr(number)))


@dataclass(frozen=True)
class _Rounder:
    """One table, one unit."""

    table: Tabulation
    step: Fraction
    group: str
    wanted: tuple[str, ...]

    @cached_property
    def structure(self) -> Structure:
        return Structure(self.table)

    @cached_property
    def chosen(self) -> tuple[int, ...]:
        """The columns to be rounded: those named, else all of money."""
        headers = {normalise(name): column for column, name in self.table.headers.items()}
        if not self.wanted:
            return tuple(column for column in self.structure.amounts if self.table.units[column] in ("", *MONEY_UNITS)
                         and _COUNTED.fullmatch(normalise(self.table.headers[column])) is None)
        return tuple(self._column(headers, name) for name in self.wanted)

    @cached_property
    def formed(self) -> Mapping[int, Sum]:
        """The columns that follow from rounded ones."""
        sums = {sum_.column: sum_ for sum_ in self.structure.sums}
        return {column: sum_ for column, sum_ in sums.items() if any(part in self.chosen for _, part in sum_.parts)}

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The rows that are rounded; all others add them up."""
        return tuple(row for row in self.table.rows if row not in self.structure.covers)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows that add up to a subtotal: as the table's 小计 rows say, and by the column asked for."""
        told = tuple(self._within(row) for row in self.structure.covers)
        if not self.group:
            return told
        column = self._column({normalise(name): column for column, name in self.table.headers.items()}, self.group)
        found: dict[str, list[int]] = {}
        above = ""
        for row in self.leaves:
            above = normalise(to_text(self.table.page.sheet.at(row, column))) or above  # merged over its rows
            found.setdefault(above, []).append(row)
        for rows in map(set, found.values()):
            if any(rows & set(other) and not (rows <= set(other) or set(other) <= rows) for other in told):
                raise InputError([Problem("E179", f"按「{self.group}」分的组与表里小计行分的组互相交叉。", "去掉 --group，或改用与小计一致的列。",
                                          self.table.page.name)])
        return (*told, *map(tuple, found.values()))

    @cached_property
    def values(self) -> Mapping[Place, Fraction]:
        """Every new number."""
        found: dict[Place, Fraction] = {}
        for column in self.chosen:
            if column not in self.formed:
                found.update({(row, column): value for row, value in self._rounded(column).items()})
        for column, sum_ in self.formed.items():
            for row in self.table.column(column):
                parts = [(sign, found.get((row, part), Fraction(self.table.numbers.get((row, part), 0)))) for sign, part in sum_.parts]
                found[row, column] = sum((sign * value for sign, value in parts), Fraction(0))
        return found

    def numbers(self) -> dict[Place, float]:
        """The new numbers as a sheet holds them."""
        self._refuse_what_does_not_add_up()
        return {at: float(value) for at, value in self.values.items()}

    def columns(self) -> Iterator[RoundedColumn]:
        """What became of every column."""
        for column in dict.fromkeys((*self.chosen, *self.formed)):
            rows = [row for row in self.table.column(column) if row in self._counted]
            before = sum((Fraction(self.table.numbers[row, column]) for row in rows), Fraction(0))
            after = sum((self.values[row, column] for row in rows), Fraction(0))
            moved = () if column in self.formed else tuple(self._moved(column))
            yield RoundedColumn(self.table.headers[column], before, after, moved, column in self.formed)

    def remarks(self) -> Iterator[Problem]:
        """Totals that were a rounding off the sum of their rows: the rows count."""
        for problem in self._gaps("像是"):
            yield Problem("W631", f"{problem.message}取整以各行之和为准。", "", problem.sheet, problem.cell, problem.column, problem.value)

    def _rounded(self, column: int) -> dict[int, Fraction]:
        """The cells of one column, then its totals."""
        known = self.table.column(column)
        rows = [row for row in self._counted if row in known]
        place = {row: at for at, row in enumerate(rows)}
        groups = [[place[row] for row in group if row in place] for group in self.groups]
        counts = rounded([Fraction(known[row]) / self.step for row in rows], groups)
        result = {row: count * self.step for row, count in zip(rows, counts, strict=True)}
        inner = {row: nearest(Fraction(known[row]) / self.step) * self.step for row in self.leaves
                 if row in known and row not in place}
        totals = {row: sum((result[each] for each in self._within(row) if each in result), Fraction(0))
                  for row in self.structure.covers if row in known}
        return {**result, **inner, **totals}

    @cached_property
    def _counted(self) -> tuple[int, ...]:
        """Leaves that totals add up; 其中 rows are parts of another."""
        return tuple(row for row in self.leaves if self.table.kinds[row] != "within")

    def _within(self, row: int) -> tuple[int, ...]:
        """The leaves under a row of totals."""
        cover = self.structure.covers.get(row)
        return (row,) if cover is None else tuple(leaf for each in cover for leaf in self._within(each))

    def _moved(self, column: int) -> Iterator[str]:
        for row in self._counted:
            if (row, column) in self.table.numbers:
                value = Fraction(self.table.numbers[row, column])
                if self.values[row, column] != nearest(value / self.step) * self.step:
                    yield f"{self.table.label(row)} {self.table.cell(row, column)} {plain(value)} → {plain(self.values[row, column])}"

    def _gaps(self, kind: str) -> list[Problem]:
        headers = {f"·{self.table.headers[column]}" for column in (*self.chosen, *self.formed)}
        return [problem for problem in foot(self.table).problems if problem.code == "A620" and kind in problem.message
                and any(problem.column.endswith(header) for header in headers)]

    def _refuse_what_does_not_add_up(self) -> None:
        wrong = self._gaps("不是四舍五入")
        if wrong:
            raise InputError([Problem("E177", each.message, "先改正原表（transfer-opt audit 列出全部不符），再取整。", each.sheet, each.cell,
                                      each.column, each.value) for each in wrong])

    def _column(self, headers: Mapping[str, int], name: str) -> int:
        if normalise(name) not in headers:
            raise InputError([Problem("E178", f"没有「{name}」这一列。", did_you_mean(name, list(self.table.headers.values())),
                                      self.table.page.name)])
        return headers[normalise(name)]
