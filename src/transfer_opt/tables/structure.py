"""What adds up what in a table, and every total and sum beside what it should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from transfer_opt.core.cell_names import Place
from transfer_opt.core.measured import binary_noise, decimals, exact_sum
from transfer_opt.tables.hierarchy import Hierarchy, hierarchy
from transfer_opt.tables.sum_columns import Columns, Sum, sum_columns
from transfer_opt.tables.tabulation import Tabulation
from transfer_opt.tables.words import counts_people

_FINEST = {"元": 2, "千元": 5, "万元": 6, "百万元": 8, "亿元": 10, "人": 0, "户": 0, "个": 0}
"""Decimals that an amount can have at most: money has no less than 分, people are whole. No such figure was rounded."""
Verdict = bool | None
"""True right, None off by no more than rounding, False wrong."""


@dataclass(frozen=True)
class Comparison:
    """A figure beside what it should be."""

    value: Decimal
    should: Decimal
    noise: float
    """How far binary arithmetic may have moved one from the other."""
    terms: int
    room: Fraction
    """How far roundings of the terms may have moved it."""

    @property
    def gap(self) -> Fraction:
        """How much more the figure is."""
        return Fraction(self.value) - Fraction(self.should)

    @property
    def verdict(self) -> Verdict:
        """Right, rounding, or wrong."""
        if self.value == self.should or abs(self.gap) <= self.noise:
            return True
        return None if abs(self.gap) <= self.room else False


@dataclass(frozen=True)
class Structure:
    """What adds up what in a table."""

    table: Tabulation

    @cached_property
    def amounts(self) -> tuple[int, ...]:
        """Columns that totals add up."""
        return tuple(column for column in self.table.numeric if column not in self.table.rates)

    @property
    def covers(self) -> Mapping[int, tuple[int, ...]]:
        """Row of totals → the rows it adds up; rows without any are left out."""
        return self._hierarchy.covers

    @property
    def lost_rows(self) -> tuple[int, ...]:
        """Rows named as totals whose rows were not found."""
        return self._hierarchy.lost

    @property
    def sums(self) -> tuple[Sum, ...]:
        """Columns that add up, or compare, other columns."""
        return self._columns.sums

    @property
    def lost_columns(self) -> tuple[int, ...]:
        """Columns named as sums whose parts were not found."""
        return self._columns.lost

    def total(self, row: int, sum_: Sum) -> Fraction:
        """What the parts of a column come to in a row; blanks count as nothing."""
        return sum(
            (
                sign * Fraction(self.table.numbers.get((row, part), Decimal(0)))
                for sign, part in sum_.parts
            ),
            Fraction(0),
        )

    def of_rows(self, row: int, cover: Sequence[int], column: int) -> Comparison:
        """A total beside its rows."""
        parts = [(1, (each, column)) for each in cover if (each, column) in self.table.numbers]
        return self._compared((row, column), parts, len(parts) * self.half(column))

    def of_parts(self, row: int, sum_: Sum) -> Comparison:
        """A column of sums beside its parts."""
        parts = [
            (sign, (row, part)) for sign, part in sum_.parts if (row, part) in self.table.numbers
        ]
        room = sum((self.half(part) for _, (_, part) in parts), Fraction(0))
        if self._decimals[sum_.column] < max(
            (self._decimals[part] for _, (_, part) in parts), default=0
        ):
            room += self.half(sum_.column)  # rounded after it was formed
        return self._compared((row, sum_.column), parts, room)

    def _compared(
        self, at: Place, parts: Sequence[tuple[int, Place]], room: Fraction
    ) -> Comparison:
        numbers, noises = self.table.numbers, self._noises
        should = exact_sum(numbers[part] if sign > 0 else -numbers[part] for sign, part in parts)
        noise = noises[at] + sum(noises[part] for _, part in parts)
        sizes = sum(abs(float(numbers[part])) for _, part in parts)
        return Comparison(
            numbers[at], should, noise + binary_noise(sizes, len(parts)), len(parts), room
        )

    @cached_property
    def _hierarchy(self) -> Hierarchy:
        return hierarchy(
            self.table,
            self.amounts,
            lambda row, cover, column: self._borne_out(
                self.of_rows(row, cover, column), row, column
            ),
        )

    @cached_property
    def _columns(self) -> Columns:
        return sum_columns(
            self.table,
            self.amounts,
            lambda row, sum_: self._borne_out(self.of_parts(row, sum_), row, sum_.column),
            self.half,
        )

    def _borne_out(self, found: Comparison, row: int, column: int) -> Verdict:
        """What a figure says of a reading: where it shows an old value, its formula speaks for it."""
        now = self.table.calculated.get((row, column))
        return (
            True
            if now is not None and now.meets(Fraction(found.should), found.noise)
            else found.verdict
        )

    @cached_property
    def _noises(self) -> Mapping[Place, float]:
        return {at: self.table.noise(at) for at in self.table.numbers}

    @cached_property
    def _decimals(self) -> Mapping[int, int]:
        """How many decimals a column is given with."""
        table = self.table
        return {
            column: max(
                (
                    decimals(number, self._noises[row, column])
                    for row, number in table.column(column).items()
                ),
                default=0,
            )
            for column in table.numeric
        }

    def half(self, column: int) -> Fraction:
        """How far rounding may have moved a figure of a column: nothing where it has all the decimals it could have."""
        return self._halves[column]

    @cached_property
    def _halves(self) -> Mapping[int, Fraction]:
        return {column: self._half(column) for column in self.table.numeric}

    def _half(self, column: int) -> Fraction:
        table, given = self.table, self._decimals[column]
        unit = table.units[column] or (
            "" if counts_people(table.headers[column]) else table.unit or ""
        )
        return Fraction(0) if given >= _FINEST.get(unit, given + 1) else Fraction(1, 2 * 10**given)
