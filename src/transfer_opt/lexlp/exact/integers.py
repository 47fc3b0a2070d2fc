"""The data of a proof in whole numbers: money in steps, coefficients and ratios over a common denominator."""

from __future__ import annotations

from collections.abc import Iterable
from math import lcm
from typing import Any

from gmpy2 import mpq

from transfer_opt.core.exact import Exacts
from transfer_opt.lexlp.program import Statement

Number = Any
"""A whole number (int) or a fraction (mpq)."""
Bound = Number | None
"""None is infinite."""


def multiplied(statement: Statement) -> tuple[list[dict[int, int]], list[int]]:
    """The entries of every row, multiplied until they are whole, and by how much."""
    times = [1] * len(statement.row_lower)
    entries = list(
        zip(
            statement.rows.tolist(),
            statement.columns.tolist(),
            statement.values.tolist(),
            strict=True,
        )
    )
    for r, _, value in entries:
        if (bottom := value.denominator) != 1:
            times[r] = lcm(times[r], int(bottom))
    rows = [dict[int, int]() for _ in times]
    for r, j, value in entries:
        rows[r][j] = int(value.numerator) * (times[r] // int(value.denominator))
    return rows, times


def counted(values: Exacts, step: mpq) -> list[Bound]:
    """Money in steps."""
    return [None if value is None else slim(value / step) for value in values.tolist()]


def total(terms: Iterable[tuple[Number, Number]]) -> Number:
    """Σ weight·value. Fractions are slow to add: those of one denominator are added first, as whole numbers."""
    whole: Number = 0
    tops: dict[int, Number] = {}
    for weight, value in terms:
        if type(value) is int:
            whole += weight * value
        else:
            tops[value.denominator] = tops.get(value.denominator, 0) + weight * value.numerator
    return (
        slim(sum((mpq(top, bottom) for bottom, top in tops.items()), mpq(whole))) if tops else whole
    )


def quotient(number: Number, by: int) -> Number:
    """The same divided; most rows count a column once, and fractions are slow."""
    return number * by if by in (1, -1) else slim(mpq(number) / by)


def most(one: Bound, other: Bound) -> Bound:
    """The higher of two lower bounds."""
    return other if one is None else one if other is None else max(one, other)


def least(one: Bound, other: Bound) -> Bound:
    """The lower of two upper bounds."""
    return other if one is None else one if other is None else min(one, other)


def slim(value: Number) -> Number:
    """A fraction that is a whole number, as one."""
    return int(value.numerator) if value.denominator == 1 else value


def written(value: Number) -> int | str:
    """A number as the certificate writes it."""
    return int(value.numerator) if value.denominator == 1 else str(value)
