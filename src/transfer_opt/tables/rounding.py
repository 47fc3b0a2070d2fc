"""`round`: a table rounded so that it still adds up: cells, sums, subtotals and totals each next to their own value.

Columns of money are rounded, together where sums tie them (controlled rounding). A column that adds up rounded and other
ones is formed again. Whatever no total adds up, and whatever is no money, is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from transfer_opt.core.cell_names import Place
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.measured import plain
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number, to_text
from transfer_opt.policy.admissible import parse_unit
from transfer_opt.policy.case import YUAN
from transfer_opt.tables.figures import Figures, beneath, shares_of_columns
from transfer_opt.tables.overall import Overall, apart
from transfer_opt.tables.structure import Structure
from transfer_opt.tables.sum_columns import Sum
from transfer_opt.tables.tabulation import Tabulation, read_tabulations
from transfer_opt.tables.words import follows, is_no_money
from transfer_opt.workbook.input.headers import MONEY_UNITS

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
    """Whether it adds up other columns."""

    def __str__(self) -> str:
        said = f"{self.header}：合计 {plain(self.before)} → {plain(self.after)}"
        if self.formed:
            return said + "，等于取整后的各列相加减"
        if not self.moved:
            return said + "，各格都取了最近的整数"
        named = "、".join(self.moved[:MOST_NAMED]) + (" 等" if len(self.moved) > MOST_NAMED else "")
        return said + f"，{len(self.moved)} 格取了另一侧的相邻整数：{named}"


@dataclass(frozen=True)
class RoundedTable:
    """The new numbers of a sheet, and what was done."""

    sheet: str
    numbers: Mapping[Place, Fraction]
    columns: tuple[RoundedColumn, ...]
    untouched: tuple[str, ...]
    """Headers of columns of numbers that were left as they are."""
    problems: tuple[Problem, ...]
    """Remarks: totals that were not the sum of their rows, figures that could not be kept, ratios of before."""

    @property
    def told(self) -> Iterator[str]:
        """What was done, line by line."""
        yield from map(str, self.columns)
        if self.untouched:
            yield f"没有取整：{'、'.join(self.untouched)}（不是金额，或合计行没有数；要取整写在 --columns 里）"


def round_file(
    path: Path, unit: str, group: str = "", columns: Sequence[str] = (), password: str | None = None
) -> RoundedTable:
    """The first sheet with a table rounded to `unit`; InputError where there is none or it does not add up."""
    tables = read_tabulations(path, password)
    if not tables:
        raise InputError(
            [
                Problem(
                    "E195", f"文件「{path}」里没有找到表格。", "表头应在数据上方，每行有名称和数。"
                )
            ]
        )
    sheet = tables[0].page.name
    first = [table for table in tables if table.page.name == sheet]
    first = [table for table in first if not columns or _wanted(table, columns)] or first
    rounders = [
        _Rounder(table, over, _step(table, unit), group, tuple(columns))
        for table, over in apart(first)
    ]
    for rounder in rounders:
        rounder.refuse_what_does_not_add_up()
    numbers = {at: number for rounder in rounders for at, number in rounder.numbers.items()}
    totals = [(rounder, dict(rounder.overall(numbers))) for rounder in rounders]
    others = dict.fromkeys(table.page.name for table in tables if table.page.name != sheet)
    return RoundedTable(
        sheet,
        numbers | {at: number for _, found in totals for at, number in found.items()},
        tuple(column for rounder in rounders for column in rounder.columns()),
        tuple(header for rounder in rounders for header in rounder.untouched()),
        (
            *(problem for rounder, found in totals for problem in rounder.remarks(found)),
            *_other_sheets(sheet, tuple(others)),
        ),
    )


def _wanted(table: Tabulation, columns: Sequence[str]) -> bool:
    return not {normalise(name) for name in columns}.isdisjoint(
        map(normalise, table.headers.values())
    )


def _other_sheets(sheet: str, others: Sequence[str]) -> Iterator[Problem]:
    if others:
        named = "".join(f"「{name}」" for name in others)
        yield Problem(
            "W634",
            f"只取整了工作表「{sheet}」；{named}没有改动。",
            "要取整别的表，把它移到最前面再做一次。",
        )


def _step(table: Tabulation, unit: str) -> Fraction:
    """The unit in the table's own unit: 万元 in a table in 元 is 10,000."""
    named = parse_unit(unit)
    number = to_number(unit)
    if named and table.unit is None:
        raise InputError(
            [
                Problem(
                    "E196",
                    f"表里没有写明单位，不知道「{unit}」是多少。",
                    "在表头上方写「单位：万元」，或用 --unit 给出数字。",
                    table.page.name,
                )
            ]
        )
    if named:
        return Fraction(Decimal(repr(named[0])) * YUAN[named[1]]) / Fraction(YUAN[table.unit or ""])
    if number is None or number <= 0:
        raise InputError(
            [
                Problem(
                    "E197",
                    f"取整单位「{unit}」不认识。",
                    "写数字（按表里的单位），或 元、万元、亿元。",
                )
            ]
        )
    return Fraction(Decimal(repr(number)))


@dataclass(frozen=True)
class _Rounder:
    """One table, one unit."""

    table: Tabulation
    over: tuple[Overall, ...]
    """What adds it up with the tables above it."""
    step: Fraction
    group: str
    wanted: tuple[str, ...]

    @cached_property
    def structure(self) -> Structure:
        return Structure(self.table)

    @cached_property
    def chosen(self) -> tuple[int, ...]:
        """The columns to be rounded: those named and what they add up, else all of money."""
        if not self.wanted:
            return tuple(column for column in self.structure.amounts if self._is_money(column))
        chosen = {self._column(name) for name in self.wanted}
        while (
            more := {
                part
                for sum_ in self.structure.sums
                if sum_.column in chosen
                for _, part in sum_.parts
            }
            - chosen
        ):
            chosen |= more
        chosen |= {
            sum_.column
            for sum_ in self.structure.sums
            if all(part in chosen for _, part in sum_.parts)
        }
        return tuple(sorted(chosen))

    def _is_money(self, column: int) -> bool:
        """By its unit and its header; and where totals stand in the table, one of them or a sum counts it."""
        table = self.table
        counted = (
            not self.structure.covers
            or any((row, column) in table.numbers for row in self.structure.covers)
            or any(
                column in (sum_.column, *(part for _, part in sum_.parts))
                for sum_ in self.structure.sums
            )
        )
        return (
            counted
            and table.units[column] in ("", *MONEY_UNITS)
            and not is_no_money(table.headers[column])
        )

    @cached_property
    def formed(self) -> Mapping[int, Sum]:
        """The columns that follow from rounded ones and others."""
        return {
            sum_.column: sum_
            for sum_ in self.structure.sums
            if 0 < sum(part in self.chosen for _, part in sum_.parts) < len(sum_.parts)
        }

    @cached_property
    def figures(self) -> tuple[Figures, ...]:
        """The chosen columns, those together that sums tie."""
        sums = [
            sum_
            for sum_ in self.structure.sums
            if sum_.column in self.chosen and all(part in self.chosen for _, part in sum_.parts)
        ]
        tied = [{sum_.column, *(part for _, part in sum_.parts)} for sum_ in sums]
        tied += [
            {whole, *parts}
            for whole, parts in shares_of_columns(self.structure, self.chosen).items()
        ]
        owner = {column: column for column in self.chosen if column not in self.formed}
        for columns in tied:
            known = {owner[column] for column in columns if column in owner}
            owner = {column: min(known) if own in known else own for column, own in owner.items()}
        return tuple(
            Figures(
                self.structure,
                tuple(column for column in owner if owner[column] == own),
                tuple(sum_ for sum_ in sums if owner.get(sum_.column) == own),
                self.groups,
                self.step,
            )
            for own in dict.fromkeys(owner.values())
        )

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Rows that are to add up by the column asked for."""
        if not self.group:
            return ()
        column = self._column(self.group)
        found: dict[str, list[int]] = {}
        above = ""
        for row in self._leaves:
            above = (
                normalise(to_text(self.table.page.sheet.at(row, column))) or above
            )  # merged over its rows
            found.setdefault(above, []).append(row)
        told = [set(beneath(self.structure, row)) for row in self.structure.covers]
        for rows in map(set, found.values()):
            if any(rows & other and not (rows <= other or other <= rows) for other in told):
                raise InputError(
                    [
                        Problem(
                            "E179",
                            f"按「{self.group}」分的组与表里小计行分的组互相交叉。",
                            "去掉 --group，或改用与小计一致的列。",
                            self.table.page.name,
                        )
                    ]
                )
        return tuple(map(tuple, found.values()))

    @cached_property
    def _leaves(self) -> tuple[int, ...]:
        return Figures(self.structure, (), (), (), self.step).leaves

    @cached_property
    def numbers(self) -> Mapping[Place, Fraction]:
        """Every new number."""
        found = {
            at: count * self.step
            for figures in self.figures
            for at, count in figures.counts.items()
        }
        for column, sum_ in self.formed.items():
            for row in self.table.column(column):
                parts = [
                    (sign, found.get((row, part), Fraction(self.table.numbers.get((row, part), 0))))
                    for sign, part in sum_.parts
                ]
                found[row, column] = sum((sign * value for sign, value in parts), Fraction(0))
        return found

    def columns(self) -> Iterator[RoundedColumn]:
        """What became of every column."""
        summed, leaves = {sum_.column for sum_ in self.structure.sums}, set(self._leaves)
        for column in sorted({*self.chosen, *self.formed}):
            rows = [row for row in self.table.column(column) if row in leaves]
            before = sum((Fraction(self.table.numbers[row, column]) for row in rows), Fraction(0))
            after = sum((self.numbers[row, column] for row in rows), Fraction(0))
            moved = () if column in summed else tuple(self._moved(column, rows))
            yield RoundedColumn(self.table.headers[column], before, after, moved, column in summed)

    def untouched(self) -> Iterator[str]:
        """Headers of the columns of numbers that stay."""
        for column in self.table.numeric:
            if column not in self.chosen and column not in self.formed:
                yield self.table.headers[column]

    def remarks(self, overall: Mapping[Place, Fraction]) -> Iterator[Problem]:
        """Totals that were a rounding off the sum of their terms; figures that could not be kept beside their values."""
        for at, said, shown in self._gaps(by_rounding=True):
            yield self._problem(
                "W631", f"{said}，像是四舍五入的尾差；取整以各数之和为准。", "", at, shown
            )
        for figures in self.figures:
            for at in figures.strays:
                value = Fraction(self.table.numbers[at])
                yield self._problem(
                    "W632",
                    f"取整为 {plain(self.numbers[at])}，不是相邻的整数：表里要同时加得起来的合计太多，取不到；"
                    "总计和由各列相加的列优先。",
                    "核对这一格是否可以接受。",
                    at,
                    value,
                )

        for at, number in overall.items():
            value = Fraction(self.table.numbers[at])
            if abs(number - value) >= self.step:
                yield self._problem(
                    "W632",
                    f"取整为 {plain(number)}，不是相邻的整数：各表分别取整，它是各表之和。",
                    "核对这一格是否可以接受。",
                    at,
                    value,
                )
        yield from self._ratios_of_before()

    def _ratios_of_before(self) -> Iterator[Problem]:
        """Shares, growth and per-head figures that stand as numbers: nothing works them out again."""
        for column in self.table.numeric:
            fixed = [
                row
                for row in self.table.column(column)
                if (row, column) not in self.table.page.formulas
            ]
            if (
                fixed
                and column not in (*self.chosen, *self.formed)
                and follows(self.table.headers[column])
            ):
                yield Problem(
                    "W633",
                    f"{len(fixed)} 格是直接填的数，没有随取整改动。",
                    "若由取整的列算出，改成公式或重新算一遍。",
                    self.table.page.name,
                    "",
                    self.table.headers[column],
                )

    def overall(self, numbers: Mapping[Place, Fraction]) -> Iterator[tuple[Place, Fraction]]:
        """The figures that add up this table and others, from their new ones."""
        for overall, column in self._overall:
            terms = [(each.table, at) for each, at in overall.terms(column)]
            new = (numbers.get(at, Fraction(table.numbers[at])) for table, at in terms)
            yield (overall.row, column), sum(new, Fraction(0))

    @cached_property
    def _overall(self) -> Sequence[tuple[Overall, int]]:
        return [
            (overall, column)
            for overall in self.over
            for column in overall.columns
            if column in self.chosen
        ]

    def refuse_what_does_not_add_up(self) -> None:
        """Raise InputError where a sum is wrong by more than rounding."""
        wrong = list(self._gaps(by_rounding=False))
        if wrong:
            remedy = "先改正原表（transfer-opt audit 列出全部不符），再取整。"
            raise InputError(
                [
                    self._problem("E198", f"{said}；不是四舍五入能造成的。", remedy, at, shown)
                    for at, said, shown in wrong
                ]
            )

    def _gaps(self, by_rounding: bool) -> Iterator[tuple[Place, str, Fraction]]:
        for figures in self.figures:
            for gap in figures.gaps:
                if gap.by_rounding == by_rounding:
                    said = f"所含 {gap.terms} 个数相加为 {plain(gap.should)}，相差 {plain(gap.shown - gap.should)}"
                    yield gap.place, said, gap.shown
        for overall, column in self._overall:
            found = overall.compared(column)
            if found.verdict is (None if by_rounding else False):
                said = f"各表相加为 {plain(Fraction(found.should))}，相差 {plain(found.gap)}"
                yield (overall.row, column), said, Fraction(found.value)

    def _problem(self, code: str, said: str, remedy: str, at: Place, value: Fraction) -> Problem:
        name = f"{self.table.label(at[0])}·{self.table.headers[at[1]]}"
        return Problem(
            code, said, remedy, self.table.page.name, self.table.cell(*at), name, plain(value)
        )

    def _moved(self, column: int, rows: Sequence[int]) -> Iterator[str]:
        for row in rows:
            value, after = Fraction(self.table.numbers[row, column]), self.numbers[row, column]
            if 2 * abs(after - value) > self.step:
                yield f"{self.table.label(row)} {self.table.cell(row, column)} {plain(value)} → {plain(after)}"

    def _column(self, name: str) -> int:
        headers = {normalise(header): column for column, header in self.table.headers.items()}
        if normalise(name) not in headers:
            raise InputError(
                [
                    Problem(
                        "E178",
                        f"没有「{name}」这一列。",
                        did_you_mean(name, list(self.table.headers.values())),
                        self.table.page.name,
                    )
                ]
            )
        return headers[normalise(name)]
