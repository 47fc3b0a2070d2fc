"""The figures of a table that are rounded together, and the sums that tie them.

rows       a total and the rows it covers; groups asked for; the whole, where no row shows it
columns    a sum or difference and its parts
其中       a part and its rest come to the whole, so that no part grows beyond it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from transfer_opt.core.cell_names import Place
from transfer_opt.core.text import normalise
from transfer_opt.tables.nested_rounding import (
    CELL,
    HIDDEN,
    LEADING,
    SUM,
    Rounded,
    Tie,
    nearest,
    rounded,
)
from transfer_opt.tables.structure import Comparison, Structure
from transfer_opt.tables.sum_columns import Sum

WHOLE = -1
"""The row of all leaves; further rows that no sheet shows count on from it."""
_NOISE = Fraction(1, 10**14)
"""What programs that calculate in binary leave in a sum, in relation to its terms."""
_PART = "其中"


@dataclass(frozen=True)
class Gap:
    """A sum that is not what its terms come to."""

    place: Place
    terms: int
    shown: Fraction
    should: Fraction
    by_rounding: bool
    """Whether its terms, each rounded for itself, can leave that much."""


@dataclass(frozen=True)
class Figures:
    """Columns of a table that sums tie together (or one alone), in units."""

    structure: Structure
    columns: tuple[int, ...]
    sums: tuple[Sum, ...]
    """Those among these columns."""
    groups: tuple[tuple[int, ...], ...]
    """Rows that are to add up besides those that the table tells."""
    step: Fraction

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """Rows that cover no others and are counted; 其中 rows are parts of another."""
        table = self.structure.table
        return tuple(
            row
            for row in table.rows
            if row not in self.structure.covers and table.kinds[row] != "within"
        )

    @cached_property
    def _counted(self) -> frozenset[int]:
        return frozenset(self.leaves)

    @cached_property
    def totals(self) -> Mapping[int, tuple[int, ...]]:
        """Row → the rows it adds up, totals within it in the place of theirs; negative rows are not on the sheet.

        Told over all its leaves, every total would tie them anew, and the search take much longer.
        """
        spans = {WHOLE - 1 - at: frozenset(rows) for at, rows in enumerate(self.groups)}
        spans |= {row: frozenset(beneath(self.structure, row)) for row in self.structure.covers}
        if not self._whole:
            spans[WHOLE] = self._counted
        owner: dict[int, int] = {}
        found: dict[int, tuple[int, ...]] = {}
        for row, span in sorted(spans.items(), key=lambda each: len(each[1])):
            members = {owner.get(leaf, leaf) for leaf in span}
            nested = all(spans.get(each, frozenset({each})) <= span for each in members)
            found[row] = tuple(sorted(members if nested else span))
            owner |= dict.fromkeys(span, row) if nested else {}
        return found

    def is_whole(self, row: int) -> bool:
        """Whether a row adds up all leaves."""
        return row == WHOLE or row in self._whole

    @cached_property
    def _whole(self) -> frozenset[int]:
        return frozenset(
            row
            for row in self.structure.covers
            if self._counted <= set(beneath(self.structure, row))
        )

    @cached_property
    def _known(self) -> Mapping[Place, Fraction]:
        numbers = self.structure.table.numbers
        return {
            (row, column): Fraction(numbers[row, column]) / self.step
            for row in self.structure.table.rows
            for column in self.columns
            if (row, column) in numbers
        }

    @cached_property
    def _rests(self) -> Mapping[Place, tuple[Place, tuple[Place, ...]]]:
        """A whole's rest, which is not on the sheet → the whole and those of its parts that the table shows."""
        found: dict[Place, tuple[Place, tuple[Place, ...]]] = {}
        for whole, parts in self._shares():
            shown = [self._known[at] for at in parts]
            if parts and min(shown) >= 0 and sum(shown) <= self._known[whole]:
                found[WHOLE - len(self.groups) - 1 - len(found), whole[1]] = whole, parts
        return found

    def _shares(self) -> Iterator[tuple[Place, tuple[Place, ...]]]:
        """A figure and those said to be of it, by rows and by columns."""
        table = self.structure.table
        above: dict[int, list[int]] = {}
        for row in table.rows:
            if table.kinds[row] != "within":
                above[row] = []
            elif above:
                list(above.values())[-1].append(row)
        for column in self.columns:
            for row, rows in above.items():
                if (row, column) in self._known:
                    yield (
                        (row, column),
                        tuple((each, column) for each in rows if (each, column) in self._known),
                    )
        for column, parts in shares_of_columns(self.structure, self.columns).items():
            for row in self.leaves:
                if (row, column) in self._known:
                    yield (
                        (row, column),
                        tuple((row, part) for part in parts if (row, part) in self._known),
                    )

    @cached_property
    def _ties(self) -> Sequence[tuple[Place, tuple[tuple[int, Place], ...]]]:
        """A figure, and what it adds up: signs and places."""
        found: list[tuple[Place, tuple[tuple[int, Place], ...]]] = []
        there = set(self._known)
        for row in sorted(self.totals, key=self._height):
            for column in self.columns:
                terms = tuple(
                    (1, (each, column)) for each in self.totals[row] if (each, column) in there
                )
                if terms:
                    there.add((row, column))
                    found.append(((row, column), terms))
        for sum_ in self.sums:
            for row in self.structure.table.rows:
                terms = tuple(
                    (sign, (row, part)) for sign, part in sum_.parts if (row, part) in there
                )
                if terms and (row, sum_.column) in self._known:
                    found.append(((row, sum_.column), terms))
        for rest, (whole, parts) in self._rests.items():
            found.append((rest, ((1, whole), *((-1, part) for part in parts))))
        return found

    def _height(self, row: int) -> int:
        """Totals after what they add up."""
        return 1 + max((self._height(each) for each in self.totals.get(row, ())), default=0)

    @cached_property
    def values(self) -> Mapping[Place, Fraction]:
        """Every figure: as shown where that is what its terms come to within less than a unit, else what they come to."""
        found: dict[Place, Fraction] = {}
        terms: dict[Place, tuple[tuple[int, Place], ...]] = {}
        for at, tied in self._ties:
            terms.setdefault(at, tied)
        across = {sum_.column for sum_ in self.sums}

        def value(at: Place) -> Fraction:
            if at in found:
                return found[at]
            known = self._known.get(at)
            found[at] = known or Fraction(0)  # a sum that needs itself is what it shows
            added = (
                at[0] < 0 or at[0] in self.totals or (at[0] in self._counted and at[1] in across)
            )
            parts = [sign * value(each) for sign, each in terms.get(at, ())] if added else []
            if parts and (known is None or abs(known - sum(parts)) >= 1):
                found[at] = sum(parts, Fraction(0))
            found[at] = _without_noise(found[at], sum(map(abs, parts), abs(found[at])))
            return found[at]

        return {at: value(at) for at in sorted({*self._known, *terms}, key=_in_order)}

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Sums on the sheet that are not what their terms come to, each once."""
        found: dict[Place, Gap] = {}
        for at, told in self._told():
            if told.terms and told.verdict is not True:
                found.setdefault(
                    at,
                    Gap(
                        at,
                        told.terms,
                        Fraction(told.value),
                        Fraction(told.should),
                        told.verdict is None,
                    ),
                )
        return tuple(found.values())

    def _told(self) -> Iterator[tuple[Place, Comparison]]:
        """Every sum as the table tells it, beside what its figures come to."""
        numbers = self.structure.table.numbers
        for row, cover in self.structure.covers.items():
            for column in self.columns:
                if (row, column) in numbers:
                    yield (row, column), self.structure.of_rows(row, cover, column)
        for sum_ in self.sums:
            for row in self.structure.table.rows:
                if (row, sum_.column) in numbers:
                    yield (row, sum_.column), self.structure.of_parts(row, sum_)

    @cached_property
    def _rounded(self) -> Rounded:
        places = list(self.values)
        at = {place: position for position, place in enumerate(places)}
        ties: list[Tie] = [
            [(-1, at[place]), *((sign, at[each]) for sign, each in terms)]
            for place, terms in self._ties
        ]
        return rounded(list(self.values.values()), ties, [self._rank(place) for place in places])

    def _rank(self, at: Place) -> int:
        if at in self._rests:
            return HIDDEN
        if at[0] in self.totals:
            return LEADING if self.is_whole(at[0]) else SUM
        return SUM if any(sum_.column == at[1] for sum_ in self.sums) else CELL

    @cached_property
    def counts(self) -> Mapping[Place, int]:
        """The whole units of every figure on the sheet."""
        return {
            at: count
            for at, count in zip(self.values, self._rounded.counts, strict=True)
            if at in self._known
        }

    @cached_property
    def strays(self) -> tuple[Place, ...]:
        """Figures on the sheet that could not be kept beside their own values."""
        places = list(self.values)
        return tuple(
            at for position in self._rounded.strays if (at := places[position]) in self._known
        )


def shares_of_columns(structure: Structure, columns: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Column → the 其中 columns behind it."""
    found: dict[int, tuple[int, ...]] = {}
    whole = None
    for column in columns:
        if not normalise(structure.table.headers[column]).startswith(_PART):
            whole = column
        elif whole is not None:
            found[whole] = (*found.get(whole, ()), column)
    return found


def beneath(structure: Structure, row: int) -> tuple[int, ...]:
    """The leaves under a row of totals; a leaf itself."""
    cover = structure.covers.get(row)
    return (
        (row,)
        if cover is None
        else tuple(leaf for each in cover for leaf in beneath(structure, each))
    )


def _without_noise(value: Fraction, size: Fraction) -> Fraction:
    """A value that only binary noise of its terms, of that size together, keeps from being whole, as a whole one."""
    whole = nearest(value)
    return Fraction(whole) if abs(value - whole) <= _NOISE * size else value


def _in_order(at: Place) -> tuple[bool, Place]:
    """As the sheet is read; what it does not show comes last."""
    return at[0] < 0, at
