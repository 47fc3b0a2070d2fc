"""Whether a table adds up: its 合计 and 小计 rows, its columns of sums and differences, its shares and per-head figures.

Everything is decimal arithmetic on what the cells show. What a row or column adds up is not said anywhere: of the
possible readings the one counts that most of the figures bear out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from transfer_opt.errors import InputError, Problem
from transfer_opt.ratios import ratio_columns
from transfer_opt.workbook.tabulation import Tabulation, read_tabulations
from transfer_opt.workbook.totals import same_prefecture
from transfer_opt.workbook.values import normalise, to_text

RATE = re.compile(r".*(?:人均|占比|比重|份额|增幅|增长|增速|率$|%|水平|系数|倍|位次|排名|名次|影子价格|平均)")
"""Headers of columns that no total adds up."""
_SUM = re.compile(r"(?!上年|其中).*(?:合计|小计|总计|总额|共计)")
_DIFFERENCE = re.compile(r".*(?:增减额?|增加额|变动额?|较上年(?:增减)?|比上年(?:增减)?|差额|增减数)")
_BINARY = Fraction(1, 2**52)
SAMPLE = 60
"""Rows that a reading of a column is tried on."""


@dataclass(frozen=True)
class Sum:
    """A column that adds columns up: + for a part, − for what is taken off."""

    column: int
    parts: tuple[tuple[int, int], ...]
    """Sign and column."""


@dataclass(frozen=True)
class Structure:
    """What adds up what in a table."""

    table: Tabulation

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Columns that totals add up."""
        table = self.table
        return tuple(column for column in table.numeric
                     if table.units[column] != "%" and RATE.fullmatch(normalise(table.headers[column])) is None)

    @cached_property
    def covers(self) -> Mapping[int, tuple[int, ...]]:
        """Row of totals → the rows it adds up, as most of its figures say; rows without any are left out."""
        found: dict[int, tuple[int, ...]] = {}
        for kind in ("group", "grand"):
            for row in (row for row in self.table.rows if self.table.kinds[row] == kind):
                covers = list(self._possible(row, found))
                if covers:
                    found[row] = max(covers, key=lambda cover, row=row: self._agreeing(row, cover))  # type: ignore[misc]
        return found

    @cached_property
    def sums(self) -> tuple[Sum, ...]:
        """Columns that add up, or compare, other columns."""
        found: list[Sum] = []
        for column in self.amounts:
            header = normalise(self.table.headers[column])
            possible = list(self._neighbours(column)) if _SUM.fullmatch(header) else []
            possible += self._pairs(column) if _DIFFERENCE.fullmatch(header) else []
            known = self.table.column(column)
            rows = list(known)[:SAMPLE]
            if possible and rows:
                best = max(possible, key=lambda sum_: (self._right(sum_, rows), len(sum_.parts)))
                if self._right(best, rows) * 2 > len(rows):
                    found.append(best)
        return tuple(found)

    def total(self, row: int, sum_: Sum) -> Fraction:
        """What the parts of a column come to in a row; blanks count as nothing."""
        return sum((sign * Fraction(self.table.numbers.get((row, part), Decimal(0))) for sign, part in sum_.parts), Fraction(0))

    def _agreeing(self, row: int, cover: Sequence[int]) -> int:
        numbers = self.table.numbers
        return sum(_added(numbers, cover, column) == numbers[row, column] for column in self.amounts if (row, column) in numbers)

    def _possible(self, row: int, groups: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, ...]]:
        """What a total may stand for, the likeliest first; 本级 rows may be counted in or left out."""
        table = self.table
        leaves = [each for each in table.rows if table.kinds[each] in ("unit", "own")]
        if table.kinds[row] == "grand":
            grouped = {member for members in groups.values() for member in members}
            lone = [each for each in leaves if each not in grouped]
            yield from _with_and_without(leaves, table)
            yield from _with_and_without(sorted([*groups, *lone]), table)
            yield tuple(sorted(groups))
            return
        named = [each for each in leaves if any(same_prefecture(text, _stem(table.label(row))) for text in self._texts(each))]
        yield from _with_and_without(named, table)
        for step in (1, -1):
            yield from _with_and_without(self._block(row, step), table)
        yield from self._shorter(row)

    def _shorter(self, row: int) -> Iterator[tuple[int, ...]]:
        """The rows under a prefecture's own line, up to each of them."""
        block = self._block(row, 1)
        if "计" not in self.table.label(row):
            yield from (tuple(block[:end]) for end in range(2, len(block)))

    def _block(self, row: int, step: int) -> list[int]:
        """The rows below (1) or above (−1) up to the next total."""
        table = self.table
        at = table.rows.index(row) + step
        block: list[int] = []
        while 0 <= at < len(table.rows) and table.kinds[table.rows[at]] not in ("group", "grand"):
            if table.kinds[table.rows[at]] != "within":
                block.append(table.rows[at])
            at += step
        return sorted(block)

    def _texts(self, row: int) -> set[str]:
        """The texts of a row beside its name, such as its 市州."""
        table = self.table
        return {normalise(to_text(table.page.sheet.at(row, column))) for column in table.headers
                if column not in (*table.numeric, table.name_column)} - {""}

    def _neighbours(self, column: int) -> Iterator[Sum]:
        """Two or more columns beside this one."""
        at = self.amounts.index(column)
        for side in (self.amounts[at + 1 :], self.amounts[:at][::-1]):
            parts = [each for each in side if not normalise(self.table.headers[each]).startswith("其中")]
            for count in range(2, len(parts) + 1):
                yield Sum(column, tuple((1, part) for part in sorted(parts[:count])))

    def _pairs(self, column: int) -> list[Sum]:
        return [Sum(column, ((1, left), (-1, right))) for left in self.amounts for right in self.amounts
                if column not in (left, right) and left != right]

    def _right(self, sum_: Sum, rows: Sequence[int]) -> int:
        return sum(self.total(row, sum_) == self.table.numbers[row, sum_.column] for row in rows)


@dataclass(frozen=True)
class Footing:
    """What was compared, and what does not add up."""

    problems: tuple[Problem, ...]
    checked: int


def foot_file(path: Path, password: str | None = None) -> Footing:
    """Every table of a workbook; InputError where there is nothing that could be compared."""
    each = [foot(table) for table in read_tabulations(path, password)]
    if not sum(footing.checked for footing in each):
        raise InputError([Problem("E174", f"文件「{path}」里没有找到合计、小计、占比、增幅或人均，无从核对。",
                                  "表头应在数据上方，合计行写明「合计」，小计行写明「小计」。")])
    return Footing(tuple(problem for footing in each for problem in footing.problems), sum(footing.checked for footing in each))


def foot(table: Tabulation) -> Footing:
    """Every total, sum, difference, share, growth and per-head figure of a table; and formulas that show another value."""
    structure = Structure(table)
    found: list[Problem] = []
    checked = 0
    for row, cover in structure.covers.items():
        for column in structure.amounts:
            if (row, column) in table.numbers:
                checked += 1
                terms = [Fraction(table.numbers[each, column]) for each in cover if (each, column) in table.numbers]
                found += _compared(table, row, column, terms, f"所含 {len(cover)} 行相加")
    for sum_ in structure.sums:
        how = "".join(("＋" if sign > 0 else "－") + table.headers[part] for sign, part in sum_.parts).removeprefix("＋")
        for row in table.column(sum_.column):
            checked += 1
            terms = [sign * Fraction(table.numbers[row, part]) for sign, part in sum_.parts if (row, part) in table.numbers]
            found += _compared(table, row, sum_.column, terms, how)
    ratios = ratio_columns(table, structure.amounts, [row for row in structure.covers if table.kinds[row] == "grand"])
    found += [problem for ratio in ratios for problem in ratio.problems]
    stale = [_stale(table, at, value) for at, value in table.calculated.items() if _differ(table.numbers[at], value)]
    return Footing((*dict.fromkeys(found), *stale), checked + sum(ratio.checked for ratio in ratios) + len(table.calculated))


def decimals(number: Decimal) -> int:
    """How many decimals a number is written with."""
    return max(0, -int(number.normalize().as_tuple().exponent))


def plain(value: Fraction) -> str:
    """A figure with all its decimals and thousands separators."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):,f}"


def _compared(table: Tabulation, row: int, column: int, terms: Sequence[Fraction], how: str) -> Iterator[Problem]:
    shown, should = table.numbers[row, column], sum(terms, Fraction(0))
    gap = Fraction(shown) - should
    finest = max((decimals(number) for number in table.column(column).values() if number != shown), default=0)
    if not gap or (decimals(shown) > finest and abs(gap) <= _BINARY * len(terms) * sum(map(abs, terms))):
        return  # a sum that a program formed in binary
    room = Fraction(len(terms) + 1, 2) * Fraction(1, 10 ** max(finest, decimals(shown)))
    kind = "像是四舍五入的尾差" if abs(gap) <= room else "不是四舍五入能造成的"
    yield Problem("A620", f"{how}为 {plain(should)}，相差 {plain(gap)}；{kind}（{len(terms)} 个数各自四舍五入最多相差 {plain(room)}）。", "",
                  table.page.name, table.cell(row, column), f"{table.label(row)}·{table.headers[column]}", plain(Fraction(shown)))


def _stale(table: Tabulation, at: tuple[int, int], value: Decimal) -> Problem:
    return Problem("A622", f"公式「{table.page.formulas[at]}」按表中现在的数算出 {plain(Fraction(value))}。", "", table.page.name,
                   table.cell(*at), table.headers.get(at[1], ""), plain(Fraction(table.numbers[at])))


def _differ(shown: Decimal, value: Decimal) -> bool:
    """Beyond what programs form differently in binary."""
    return abs(Fraction(shown) - Fraction(value)) > 64 * _BINARY * max(abs(Fraction(shown)), abs(Fraction(value)))


def _added(numbers: Mapping[tuple[int, int], Decimal], cover: Iterable[int], column: int) -> Decimal:
    return sum((numbers[row, column] for row in cover if (row, column) in numbers), Decimal(0))


def _with_and_without(rows: Sequence[int], table: Tabulation) -> Iterator[tuple[int, ...]]:
    counties = tuple(row for row in rows if table.kinds[row] != "own")
    if counties:
        yield counties
    if len(counties) < len(rows):
        yield tuple(rows)


def _stem(label: str) -> str:
    return re.sub(r"(?:县级|市县)?(?:小计|合计|总计)$", "", normalise(label))
