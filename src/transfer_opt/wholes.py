"""The data of a proof in whole numbers: money in steps, coefficients and ratios over a common denominator."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from math import isfinite, lcm

import numpy as np

from transfer_opt.linear import Floats
from transfer_opt.program import Program
from transfer_opt.ranking import exact

COEFFICIENT = 10**12
"""Coefficients are decimals of at most this many steps (a share of nine digits times a 可统筹比例)."""
DIGITS = 15
"""No two decimals of so many digits read as the same float."""

Number = int | Fraction
Bound = Number | None
"""None is infinite."""


def multiplied(program: Program) -> tuple[list[dict[int, int]], list[int]]:
    """The entries of every row, multiplied until they are whole, and by how much."""
    kinds, kind = np.unique(program.values, return_inverse=True)
    tops, bottoms = zip(*(_decimal(value).as_integer_ratio() for value in kinds.tolist()), strict=True)
    parts = np.ones(program.shape[0], dtype=np.int64)
    np.lcm.at(parts, program.rows, np.array(bottoms, dtype=np.int64)[kind])
    rows, times = [dict[int, int]() for _ in parts], parts.tolist()
    for r, j, k in zip(program.rows.tolist(), program.columns.tolist(), kind.tolist(), strict=True):
        rows[r][j] = tops[k] * (times[r] // bottoms[k])
    return rows, times


def counted(values: Floats, step: Fraction) -> list[Bound]:
    """Money in steps: it is data in these steps, so the nearest whole number of them is exact."""
    return [int(count) if isfinite(count) else None for count in np.rint(values / float(step)).tolist()]


def decimals(values: Floats) -> tuple[list[int], int]:
    """The decimals these floats stand for, as whole numbers over a common denominator."""
    for places in range(DIGITS):
        counts = np.rint(values * 10.0**places)
        if (np.abs(counts) < 10.0**DIGITS).all() and (counts / 10.0**places == values).all():
            return [int(count) for count in counts.tolist()], 10**places
    fractions = [exact(value) for value in values.tolist()]
    parts = lcm(*(fraction.denominator for fraction in fractions))
    return [fraction.numerator * (parts // fraction.denominator) for fraction in fractions], parts


def total(terms: Iterable[tuple[Number, Number]]) -> Number:
    """Σ weight·value. Fractions are slow to add: those of one denominator are added first, as whole numbers."""
    whole: Number = 0
    tops: dict[int, Number] = {}
    for weight, value in terms:
        if type(value) is int:
            whole += weight * value
        else:
            tops[value.denominator] = tops.get(value.denominator, 0) + weight * value.numerator
    return sum((Fraction(top, bottom) for bottom, top in tops.items()), whole)


def quotient(number: Number, by: int) -> Number:
    """The same divided; most rows count a column once, and fractions are slow."""
    return number * by if by in (1, -1) else slim(Fraction(number, by))


def most(one: Bound, other: Bound) -> Bound:
    """The higher of two lower bounds."""
    return other if one is None else one if other is None else max(one, other)


def least(one: Bound, other: Bound) -> Bound:
    """The lower of two upper bounds."""
    return other if one is None else one if other is None else min(one, other)


def slim(value: Number) -> Number:
    """A fraction that is a whole number, as one."""
    return value.numerator if value.denominator == 1 else value


def written(value: Number) -> int | str:
    """A number as the certificate writes it."""
    return value.numerator if value.denominator == 1 else str(value)


@cache
def _decimal(value: float) -> Fraction:
    return Fraction(round(Fraction(value) * COEFFICIENT), COEFFICIENT)
