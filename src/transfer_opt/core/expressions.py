"""Blocks of affine expressions over the decision variables, and the rows made of them: exact, with floats to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Bools, Floats, Ints, Texts
from transfer_opt.core.exact import ONE, Exacts, every, exacts, floats, summed


@dataclass(frozen=True)
class Grouping:
    """Which group each row belongs to (-1: none), and the label and subject of every group."""

    of: Ints
    labels: Texts
    subjects: Ints


@dataclass(frozen=True)
class Linear:
    """m affine expressions: Σ values[k]·variable[columns[k]] over the entries of a row, plus its constant; exact numbers.

    `subjects` (m, 2) says of which fund and which place a row speaks; places are the recipients 0…n-1, then the
    prefectures.
    """

    rows: Ints
    columns: Ints
    values: Exacts
    constant: Exacts
    labels: Texts
    subjects: Ints

    def __len__(self) -> int:
        return len(self.constant)

    def __getitem__(self, chosen: Bools | Ints) -> Linear:
        """The rows of a mask, or of positions in any order and as often as named."""
        positions = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        order = np.argsort(self.rows, kind="stable")
        counts = np.bincount(self.rows, minlength=len(self))
        first = np.cumsum(counts) - counts
        taken = counts[positions]
        start = np.repeat(first[positions] - (np.cumsum(taken) - taken), taken)
        entries = order[start + np.arange(taken.sum())]
        return Linear(
            np.repeat(np.arange(len(positions)), taken),
            self.columns[entries],
            self.values[entries],
            self.constant[positions],
            self.labels[positions],
            self.subjects[positions],
        )

    def __mul__(self, factor: Exacts | mpq) -> Linear:
        by_row = _column(factor, self)
        return replace(
            self, values=self.values * by_row[self.rows], constant=self.constant * by_row
        )

    def __add__(self, other: Linear | Exacts | mpq) -> Linear:
        if not isinstance(other, Linear):
            return replace(self, constant=self.constant + other)
        return replace(
            self,
            rows=np.concatenate([self.rows, other.rows]),
            columns=np.concatenate([self.columns, other.columns]),
            values=np.concatenate([self.values, other.values]),
            constant=self.constant + other.constant,
        )

    def __sub__(self, other: Linear | Exacts | mpq) -> Linear:
        if isinstance(other, Linear):
            return self + replace(other, values=-other.values, constant=-other.constant)
        return replace(self, constant=self.constant - exacts(other))

    def total(self, grouping: Grouping) -> Linear:
        """The sum of the rows of each group."""
        group = grouping.of[self.rows]
        kept = group >= 0
        inside = grouping.of >= 0
        constant = summed(grouping.of[inside], self.constant[inside], len(grouping.labels))
        return Linear(
            group[kept],
            self.columns[kept],
            self.values[kept],
            constant,
            grouping.labels,
            grouping.subjects,
        )

    def relabel(self, labels: Sequence[str]) -> Linear:
        """The same expressions under other labels."""
        return replace(self, labels=np.array(labels, dtype=object))

    @cached_property
    def coefficients(self) -> Floats:
        """The values as floats."""
        return floats(self.values)

    @cached_property
    def offsets(self) -> Floats:
        """The constants as floats."""
        return floats(self.constant)

    def at(self, variables: Floats) -> Floats:
        """The value of every expression at a point."""
        result = self.offsets.copy()
        np.add.at(result, self.rows, self.coefficients * variables[self.columns])
        return result

    def exactly_at(self, variables: Exacts) -> Exacts:
        """The same of exact numbers."""
        parts = self.values * variables[self.columns]
        return self.constant + summed(self.rows, parts, len(self))


@dataclass(frozen=True)
class Rows:
    """least ≤ expression ≤ most, row by row; None where a side is open. Money on all three."""

    expression: Linear
    least: Exacts
    most: Exacts

    def __len__(self) -> int:
        return len(self.least)

    def __getitem__(self, chosen: Bools | Ints) -> Rows:
        return Rows(self.expression[chosen], self.least[chosen], self.most[chosen])

    @cached_property
    def lower(self) -> Floats:
        """The lower sides as floats, -inf where open."""
        return floats(self.least, -np.inf)

    @cached_property
    def upper(self) -> Floats:
        """The upper sides as floats, inf where open."""
        return floats(self.most, np.inf)


def within(values: Floats, lower: Floats, upper: Floats, slack: float) -> bool:
    """Whether every value lies between its bounds, but for a slack; never where one is not known."""
    return bool(((values >= lower - slack) & (values <= upper + slack)).all())


def finite(values: Floats) -> Floats:
    """Infinite bounds as 0."""
    return np.where(np.isfinite(values), values, 0.0)


def merged(rows: Ints, columns: Ints, values: Exacts, width: int) -> tuple[Ints, Ints, Exacts]:
    """Entries sorted by row and column, repeated ones added up, zeros left out."""
    keys, where = np.unique(rows * width + columns, return_inverse=True)
    if len(keys) == len(values):
        sums = np.empty_like(values)
        sums[where] = values
    else:
        sums = summed(where, values, len(keys))
    kept = np.asarray(sums != 0, dtype=bool)
    return keys[kept] // width, keys[kept] % width, sums[kept]


def variables(count: int, labels: Texts, subjects: Ints, first: int = 0) -> Linear:
    """The variables first … first+count-1 themselves, one expression each."""
    positions = np.arange(count)
    return Linear(positions, positions + first, every(count, ONE), every(count), labels, subjects)


def constants(values: Exacts, like: Linear) -> Linear:
    """Numbers in the place of as many expressions."""
    return replace(like[np.arange(0)], constant=values, labels=like.labels, subjects=like.subjects)


def at_least(expression: Linear, right: Linear | Exacts | mpq) -> Rows:
    """expression ≥ right."""
    left, side = _sides(expression, right)
    return Rows(left, side, every(len(left), None))


def at_most(expression: Linear, right: Linear | Exacts | mpq) -> Rows:
    """expression ≤ right."""
    left, side = _sides(expression, right)
    return Rows(left, every(len(left), None), side)


def exactly(expression: Linear, right: Linear | Exacts | mpq) -> Rows:
    """expression = right."""
    left, side = _sides(expression, right)
    return Rows(left, side, side.copy())


def stacked(*blocks: Rows) -> Rows:
    """One block of rows under the other."""
    starts = np.cumsum([0, *(len(block) for block in blocks)])
    parts = [block.expression for block in blocks]
    expression = Linear(
        np.concatenate([part.rows + start for part, start in zip(parts, starts, strict=False)]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.constant for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.subjects for part in parts]),
    )
    return Rows(
        expression,
        np.concatenate([b.least for b in blocks]),
        np.concatenate([b.most for b in blocks]),
    )


def _sides(expression: Linear, right: Linear | Exacts | mpq) -> tuple[Linear, Exacts]:
    """What is unknown on the left, what is known of the right side on the right."""
    if not isinstance(right, Linear):
        return expression, _column(right, expression)
    return expression - replace(right, constant=every(len(right))), right.constant


def _column(right: Exacts | mpq, expression: Linear) -> Exacts:
    """One number a row, whatever was given."""
    return np.array(np.broadcast_to(exacts(right), (len(expression),)), dtype=object)
