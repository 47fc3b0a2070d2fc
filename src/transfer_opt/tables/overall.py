"""Totals over several tables of a sheet: 总计 below the last of two that have a 合计 each, or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from transfer_opt.core.cell_names import Place
from transfer_opt.core.measured import binary_noise, exact_sum
from transfer_opt.tables.structure import Comparison, Structure
from transfer_opt.tables.tabulation import Tabulation


@dataclass(frozen=True)
class Overall:
    """A row of a table that adds up the table and those above it."""

    row: int
    tables: tuple[Structure, ...]
    """The last one is that of the row, which is none of its rows any more."""

    @property
    def columns(self) -> Iterator[int]:
        """Columns in which it shows a figure that can be compared."""
        own = self.tables[-1]
        return (
            column
            for column in own.amounts
            if (self.row, column) in own.table.numbers and self.terms(column)
        )

    def terms(self, column: int) -> list[tuple[Structure, Place]]:
        """The figures that it adds up: the total of each table, or its rows where it has none."""
        header = self.tables[-1].table.headers[column]
        return [
            (each, (row, at))
            for each in self.tables
            for at in each.amounts
            if each.table.headers[at] == header
            for row in _whole(each)
            if (row, at) in each.table.numbers
        ]

    def compared(self, column: int) -> Comparison:
        """The figure beside what it should be."""
        terms, table = self.terms(column), self.tables[-1].table
        numbers = [each.table.numbers[at] for each, at in terms]
        noise = table.noise((self.row, column)) + sum(each.table.noise(at) for each, at in terms)
        sizes = sum(abs(float(number)) for number in numbers)
        room = sum((each.half(at[1]) for each, at in terms), Fraction(0))
        return Comparison(
            table.numbers[self.row, column],
            exact_sum(numbers),
            noise + binary_noise(sizes, len(numbers)),
            len(numbers),
            room,
        )


def apart(tables: Sequence[Tabulation]) -> list[tuple[Tabulation, tuple[Overall, ...]]]:
    """Every table without the rows that add up others, and these."""
    found: list[tuple[Tabulation, tuple[Overall, ...]]] = []
    for at, table in enumerate(tables):
        above = [each for each, _ in found[:at] if each.page is table.page and not each.folded]
        overall = _overall(table, above) if above and not table.folded else None
        found.append((overall.tables[-1].table, (overall,)) if overall else (table, ()))
    return found


def _overall(table: Tabulation, above: Sequence[Tabulation]) -> Overall | None:
    """The last total of a table, where more of its figures are those of several tables than those of its own."""
    row = next((row for row in reversed(table.rows) if table.kinds[row] == "grand"), None)
    if row is None or row != table.rows[-1]:
        return None
    own = Structure(table)
    cover = own.covers.get(row, ())
    columns = [column for column in own.amounts if (row, column) in table.numbers]
    held = _borne_out(own.of_rows(row, cover, column) for column in columns)
    rest = Structure(replace(table, rows=table.rows[:-1]))
    upward = [Structure(each) for each in above]
    readings = [Overall(row, (*upward[first:], rest)) for first in range(len(upward))]
    counted = [(_borne_out(map(each.compared, each.columns)), each) for each in readings]
    right, best = max(counted, key=lambda each: each[0])
    return best if right > held and right >= len(columns) else None


def _borne_out(found: Iterable[Comparison]) -> int:
    """Two for each figure that is right, one for each that is off by no more than rounding."""
    return sum(2 if each.verdict else each.verdict is None for each in found)


def _whole(structure: Structure) -> tuple[int, ...]:
    """The row of a table that adds up all of it, else all rows that count."""
    table = structure.table
    leaves = [
        row for row in table.rows if row not in structure.covers and table.kinds[row] != "within"
    ]
    grand = [row for row in structure.covers if table.kinds[row] == "grand"]
    return tuple(grand[-1:] or leaves)
