"""Exact numbers: the decimals that were typed, and fractions made of them. Floats are for solvers and for show.

An array of exact numbers holds `None` where a number is not known, or where a bound is open: arithmetic on it fails
loudly instead of going on with a made-up value.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from gmpy2 import mpq

Exacts: TypeAlias = npt.NDArray[Any]
"""An array of fractions, None where there is no number."""
ZERO, ONE = mpq(0), mpq(1)
DIGITS, PLAIN = 15, 1000
"""Digits that every spreadsheet keeps, and writes at least; the largest denominator of a plain fraction."""
CHANCE = 10**6
"""How much nearer a plain fraction must be than fractions of its size lie apart."""
MOST_DIGITS = 20
"""Decimals of at most so many digits are told in full."""


def exact(value: float | Decimal | Fraction) -> mpq:
    """The number meant by a value.

    Of a float fifteen digits count, which every spreadsheet keeps: 0.30000000000000004 is 0.3. Where these are those of a
    plain fraction (0.333333333333333) it was computed, and is that fraction. So a number is the same before and after
    any program has written it.
    """
    if not isinstance(value, float):
        return mpq(value)
    text = repr(float(value))
    return mpq(text) if len(text) < DIGITS else _long(float(value))


def kept(value: float) -> float:
    """The float that comes back from what any program writes of it."""
    return value if len(repr(value)) < DIGITS else float(exact(value))


def exacts(values: Iterable[Any]) -> Exacts:
    """`exact` of every float of an array of any shape, None where it is not finite; what is exact stays as it is."""
    given = np.asarray(values)
    if given.dtype == object:
        return given
    result = np.full(given.shape, None, dtype=object)
    known = np.isfinite(given)
    kinds, kind = np.unique(given[known], return_inverse=True)
    result[known] = (
        np.array([exact(float(value)) for value in kinds.tolist()], dtype=object)[kind]
        if len(kinds)
        else None
    )
    return result


def every(count: int, value: Any = ZERO) -> Exacts:
    """One number many times."""
    return np.full(count, value, dtype=object)


def known(values: Exacts) -> npt.NDArray[np.bool_]:
    """Where there is a number."""
    told = [
        value is not None for value in values.ravel().tolist()
    ]  # many times faster than comparing with None
    return np.array(told, dtype=np.bool_).reshape(values.shape)


def filled(values: Exacts, value: Any = ZERO) -> Exacts:
    """The same with a number where there is none."""
    return either(known(values), values, value)


def either(first: npt.NDArray[np.bool_], one: Any, other: Any) -> Exacts:
    """One number where `first` holds, the other elsewhere."""
    result = np.empty(first.shape, dtype=object)
    result[...] = other
    result[first] = np.broadcast_to(np.asarray(one, dtype=object), first.shape)[first]
    return result


def floats(values: Exacts, absent: float = np.nan) -> npt.NDArray[np.float64]:
    """The nearest floats: the only place where an exact number is rounded for a solver."""
    result: npt.NDArray[np.float64] = values.astype(float)  # None becomes NaN
    if absent == absent:
        result[np.isnan(result)] = absent
    return result


def summed(groups: npt.NDArray[np.int64], values: Exacts, count: int) -> Exacts:
    """The exact sum of the values of each of `count` groups."""
    result = every(count)
    np.add.at(result, groups, values)
    return result


def total(values: Iterable[mpq]) -> mpq:
    """The exact sum."""
    return sum(values, ZERO)


def spelled(value: mpq | float) -> str:
    """A number in full, with thousands separators: every digit of a decimal, eight of a fraction that is none."""
    number = exact(value)
    digits = next((k for k in range(MOST_DIGITS) if (number * 10**k).denominator == 1), 8)
    count = nearest(abs(number) * 10**digits)
    whole, rest = divmod(count, 10**digits)
    tail = f"{rest:0{digits}d}".rstrip("0") if digits else ""
    return ("-" if number < 0 and count else "") + f"{whole:,}" + (f".{tail}" if tail else "")


def places(unit: mpq | float) -> int:
    """The decimals that a number in whole units needs."""
    return max(0, -int(Decimal(repr(float(unit))).normalize().as_tuple().exponent))


def in_figures(value: mpq | float, count: int = 12, signed: bool = False) -> str:
    """A number to so many figures, a larger one to two decimals, with thousands separators: never in powers of ten."""
    number = float(value)
    if not isfinite(number):
        return str(number)
    figures = max(count, min(DIGITS, len(f"{abs(number):.0f}") + 2))
    plus = "+" if signed and number >= 0 else ""
    return plus + spelled(mpq(f"{number:.{figures}g}"))


def spelled_up(money: mpq | float) -> str:
    """A shortage to the hundredth above, or what is less than that to its first figures: never told too small."""
    number, digits = exact(money), 2
    while digits < MOST_DIGITS and number * 10**digits < 1:
        digits += 2
    return spelled(ceiling(number * 10**digits) / 10**digits)


def ceiling(value: mpq) -> mpq:
    """The whole number at or above."""
    return mpq(-(-value.numerator // value.denominator))


def flooring(value: mpq) -> mpq:
    """The whole number at or below."""
    return mpq(value.numerator // value.denominator)


def nearest(value: mpq) -> int:
    """The nearest whole number, halves up."""
    return int((2 * value.numerator + value.denominator) // (2 * value.denominator))


@cache
def _long(value: float) -> mpq:
    shown = f"{value:.{DIGITS}g}"
    typed = Decimal(shown)
    plain = Fraction(typed).limit_denominator(PLAIN)
    if f"{float(plain):.{DIGITS}g}" != shown:
        return mpq(typed)
    # Where few decimals are left some fraction is always near: this one must be so beyond chance.
    near = plain.denominator**2 * CHANCE <= 10 ** -int(typed.as_tuple().exponent)
    return mpq(plain if near else typed)
