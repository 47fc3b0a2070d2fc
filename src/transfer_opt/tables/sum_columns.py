"""Columns that add up, or compare, other columns: as their headers promise, or as their figures show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import dropwhile, zip_longest
from math import inf

from transfer_opt.tables.tabulation import Tabulation
from transfer_opt.tables.words import (
    is_closing,
    is_difference,
    is_fall,
    is_opening,
    is_part,
    is_rise,
    is_sum,
)

SAMPLE = 60
"""Rows that a reading of a column is tried on."""
TRIED = 5
"""Rows of which one must come near, for the others to be looked at."""
_COARSE = 1e-9
FEWEST = 3
"""Rows that must bear out what no header promises."""


@dataclass(frozen=True)
class Sum:
    """A column that adds columns up: + for a part, − for what is taken off."""

    column: int
    parts: tuple[tuple[int, int], ...]
    """Sign and column."""


Agrees = Callable[[int, Sum], bool | None]
"""Of a row and a sum: True right, None off by no more than rounding, False wrong."""


@dataclass(frozen=True)
class Columns:
    """The sums that were found, and the columns that are called one but whose parts were not found."""

    sums: tuple[Sum, ...]
    lost: tuple[int, ...]


def sum_columns(
    table: Tabulation, amounts: Sequence[int], agrees: Agrees, half: Callable[[int], Fraction]
) -> Columns:
    """Of the columns `amounts`, figures of which rounding may have moved by `half`; sums of sums are found after the inner ones."""
    reader = _Reader(
        table, tuple(amounts), agrees, {column: float(half(column)) for column in amounts}
    )
    found = {column: sum_ for column in amounts if (sum_ := reader.carried(column))}
    moved = {part for sum_ in found.values() for _, part in sum_.parts}
    for _ in range(2):
        for column in amounts:
            if column not in found and (sum_ := reader.best(column, found)):
                found[column] = sum_
    named = [
        column
        for column in amounts
        if reader.is_named(column) and column not in found and column not in moved
    ]
    return Columns(tuple(found[column] for column in amounts if column in found), tuple(named))


@dataclass(frozen=True)
class _Reader:
    """One table's columns."""

    table: Tabulation
    amounts: tuple[int, ...]
    agrees: Agrees
    halves: Mapping[int, float]

    @cached_property
    def totals(self) -> frozenset[int]:
        """Rows of totals."""
        return frozenset(
            row for row, kind in self.table.kinds.items() if kind in ("group", "middle", "grand")
        )

    def is_named(self, column: int) -> bool:
        """Whether the header promises a sum or a difference."""
        header = self.table.lines[column][-1]
        return is_sum(header) or is_difference(header)

    def carried(self, column: int) -> Sum | None:
        """年末 as 年初 and what came in less what went out, where at least half of the rows with a movement bear it out."""
        readings = [sum_ for sum_ in self._balances(column) if self._is_likely(sum_)]
        if not readings:
            return None
        (right, near), best = max(
            ((self._counts(sum_), sum_) for sum_ in readings),
            key=lambda each: (each[0][0] + each[0][1] / 2, -len(each[1].parts)),
        )
        return best if right + near and 2 * (right + near) >= len(self._telling(best)) else None

    def best(self, column: int, found: dict[int, Sum]) -> Sum | None:
        """The reading that most rows bear out: at least half of them where the header promises one, else more than that."""
        known = {_columns(sum_) for sum_ in found.values()}
        readings = [
            sum_
            for sum_ in self._readings(column, found)
            if _columns(sum_) not in known
            and not any(self._moves(sum_, balance) for balance in found.values())
        ]
        counted = [(self._counts(sum_), sum_) for sum_ in readings if self._is_likely(sum_)]
        if not counted:
            return None
        (right, near), best = max(
            counted, key=lambda each: (each[0][0] + each[0][1] / 2, len(each[1].parts))
        )
        telling = len(self._telling(best))
        if self.is_named(column):
            return best if right + near and 2 * (right + near) >= telling else None
        return best if right >= FEWEST and 2 * right > telling else None

    def _readings(self, column: int, found: dict[int, Sum]) -> Iterator[Sum]:
        header = self.table.lines[column][-1]
        if is_difference(header):
            yield from self._differences(column)
        if is_sum(header) or not is_difference(header):
            yield from self._sums(column, found)

    def _sums(self, column: int, found: dict[int, Sum]) -> Iterator[Sum]:
        """Columns of the same band; two or more beside this one, as they are or with inner sums in the place of their parts.

        What compares this year with another is no part of what is called a sum: it is the difference of both.
        """
        inner = {part for sum_ in found.values() for sign, part in sum_.parts if sign > 0}
        named = is_sum(self.table.lines[column][-1])
        alike = [
            each
            for each in self.amounts
            if self._alike(column, each)
            and not is_part(self._apart(column, each))
            and not (named and each != column and is_difference(self.table.lines[each][-1]))
        ]
        if not is_part(self.table.lines[column][-1:]):
            band = [
                each
                for each in alike
                if each != column and self._band(each) and self._band(each) == self._band(column)
            ]
            if len(band) > 1:
                yield _sum(column, band)
            for columns in (alike, [each for each in alike if each not in inner or each == column]):
                at = columns.index(column)
                for side in (columns[at + 1 :], columns[:at][::-1]):
                    yield from (_sum(column, side[:count]) for count in range(2, len(side) + 1))

    def _differences(self, column: int) -> Iterator[Sum]:
        for left in self.amounts:
            for right in self.amounts:
                if (
                    len({column, left, right}) == 3
                    and self._alike(column, left)
                    and self._alike(column, right)
                ):
                    yield Sum(column, ((1, left), (-1, right)))

    def _balances(self, column: int) -> Iterator[Sum]:
        """What a balance may be carried on from; one column between that is called neither may come in or go out, too."""
        if not is_closing(self.table.lines[column]):
            return
        alike = [
            each
            for each in self.amounts
            if each != column
            and self._alike(column, each)
            and not is_part(self._apart(column, each))
        ]
        openings = [each for each in alike if is_opening(self.table.lines[each])]
        moved = [each for each in alike if each not in openings]
        rises = _choices([each for each in moved if is_rise(self.table.lines[each])])
        falls = _choices([each for each in moved if is_fall(self.table.lines[each])])
        for opening in openings:
            between = set(moved) & set(_between(opening, column))
            for into in rises:
                for out in falls:
                    if into or out:
                        signs = [*((1, each) for each in into), *((-1, each) for each in out)]
                        yield Sum(column, ((1, opening), *signs))
                        for other in sorted(between - {*into, *out}):
                            for sign in (1, -1):
                                yield Sum(column, ((1, opening), *signs, (sign, other)))

    def _moves(self, sum_: Sum, balance: Sum) -> bool:
        """Whether a reading makes what moves a balance of the balance itself: where nothing else moved it, that is chance."""
        opening = balance.parts[0][1]
        return (
            self._is_carried(balance)
            and sum_.column
            in {*_between(opening, balance.column), *(part for _, part in balance.parts)}
            and not _columns(sum_).isdisjoint((opening, balance.column))
        )

    def _is_carried(self, sum_: Sum) -> bool:
        lines = self.table.lines
        return is_closing(lines[sum_.column]) and is_opening(lines[sum_.parts[0][1]])

    def _alike(self, column: int, other: int) -> bool:
        """Whether two columns count the same thing, as far as their units say."""
        one, two = self.table.units[column], self.table.units[other]
        return one == two or not (one and two)

    def _apart(self, column: int, other: int) -> tuple[str, ...]:
        """The header lines of another column from where they differ: within one band 其中 says nothing."""
        lines = zip_longest(self.table.lines[column], self.table.lines[other])
        return tuple(line for _, line in dropwhile(lambda pair: pair[0] == pair[1], lines) if line)

    def _band(self, column: int) -> tuple[str, ...]:
        return self.table.lines[column][:-1]

    def _telling(self, sum_: Sum) -> list[int]:
        """Rows that can bear a reading out: no totals, not all nothing, and where no header promises it, with two parts at least."""
        numbers = self.table.numbers
        named = self.is_named(sum_.column) or self._is_carried(sum_)
        return [
            row
            for row in self._sampled[sum_.column]
            if sum(bool(numbers.get((row, part))) for _, part in sum_.parts) > (0 if named else 1)
            or (named and numbers[row, sum_.column])
        ]

    @cached_property
    def _sampled(self) -> Mapping[int, Sequence[int]]:
        """Of every column the first rows with figures; those of totals, which repeat what is wrong in others, only without others."""
        found = {}
        for column in self.amounts:
            rows = list(self.table.column(column))
            found[column] = ([row for row in rows if row not in self.totals] or rows)[:SAMPLE]
        return found

    def _is_likely(self, sum_: Sum) -> bool:
        """Whether one of the first rows comes near: worked out quickly, to leave out what is far off."""
        figures, room = (
            self._figures,
            self.halves[sum_.column] + sum(self.halves[part] for _, part in sum_.parts),
        )
        for row in self._telling(sum_)[:TRIED]:
            terms = [sign * figures.get((row, part), 0.0) for sign, part in sum_.parts]
            near = room + _COARSE * sum(map(abs, terms))
            now = self.table.calculated.get((row, sum_.column))
            if (
                min(
                    abs(sum(terms) - value)
                    for value in (figures[row, sum_.column], float(now.value) if now else inf)
                )
                <= near
            ):
                return True
        return False

    @cached_property
    def _figures(self) -> Mapping[tuple[int, int], float]:
        return {at: float(number) for at, number in self.table.numbers.items()}

    def _counts(self, sum_: Sum) -> tuple[int, int]:
        """How many rows bear a reading out, and how many are off by no more than rounding."""
        said = [self.agrees(row, sum_) for row in self._telling(sum_)]
        return said.count(True), said.count(None)


def _sum(column: int, parts: Sequence[int]) -> Sum:
    return Sum(column, tuple((1, part) for part in sorted(parts)))


def _choices(columns: Sequence[int]) -> list[tuple[int, ...]]:
    """Each by itself, or all; nothing only where there is none."""
    return list(dict.fromkeys([*((column,) for column in columns), tuple(columns)]))


def _columns(sum_: Sum) -> frozenset[int]:
    return frozenset((sum_.column, *(part for _, part in sum_.parts)))


def _between(one: int, other: int) -> range:
    return range(min(one, other) + 1, max(one, other))
