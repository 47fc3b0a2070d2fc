"""Exact numbers that know how far programs, which count in binary, may come to lie from them.

A spreadsheet keeps 53 binary digits of every operand and of every partial sum. The noise of a result is therefore that of
the numbers it was formed from, never of its own size: 21458.47 − 21458.40 is right to a few millionths of a millionth, not
to the sixteenth digit of 0.07.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce

HELD = 2.0**-53
"""How far a number may be from its binary form, in relation to itself."""
SNAPPED = 2.0**-48
"""Sums that are this small in relation to their terms are made 0 by some programs."""
FULL = 12
"""From so many digits on a number may be the trace of a calculation."""


_EXACT = Context(prec=100)
"""Sums of decimals of fifteen digits, however far apart, keep every digit."""


@dataclass(frozen=True)
class Measured:
    """A number, and how far at most a calculated one may be from it."""

    value: Fraction
    noise: float = 0.0

    def __str__(self) -> str:
        return plain(shortened(self.value, self.noise))

    def __add__(self, other: Measured | Fraction) -> Measured:
        right = measured(other)
        largest = max(abs(float(self.value)), abs(float(right.value)))
        return Measured(self.value + right.value, self.noise + right.noise + SNAPPED * largest)

    def __neg__(self) -> Measured:
        return Measured(-self.value, self.noise)

    def __sub__(self, other: Measured | Fraction) -> Measured:
        return self + -measured(other)

    def __mul__(self, other: Measured | Fraction) -> Measured:
        right = measured(other)
        product, left_size, right_size = (
            self.value * right.value,
            abs(float(self.value)),
            abs(float(right.value)),
        )
        noise = left_size * right.noise + right_size * self.noise + self.noise * right.noise
        return Measured(product, noise + 2 * HELD * abs(float(product)))

    def __truediv__(self, other: Measured | Fraction) -> Measured:
        right = measured(other)
        least = abs(float(right.value)) - right.noise
        if least <= 0:
            raise ZeroDivisionError
        quotient = self.value / right.value
        size = abs(float(quotient))
        return Measured(quotient, (self.noise + size * right.noise) / least + 2 * HELD * size)

    def __radd__(self, other: Fraction) -> Measured:
        return self + other

    def __rsub__(self, other: Fraction) -> Measured:
        return measured(other) - self

    def __rmul__(self, other: Fraction) -> Measured:
        return self * other

    def __rtruediv__(self, other: Fraction) -> Measured:
        return measured(other) / self

    def meets(self, number: Fraction, noise: float = 0.0) -> bool:
        """Whether a number, itself known to within `noise`, is this one as a program would form it."""
        return number == self.value or abs(number - self.value) <= self.noise + noise


def measured(number: Measured | Fraction) -> Measured:
    """A plain number as one that is held in binary."""
    return number if isinstance(number, Measured) else Measured(number, HELD * abs(float(number)))


def added(terms: Iterable[Measured | Fraction]) -> Measured:
    """The sum of many, formed one after the other in any order: every partial sum is rounded."""
    each = [measured(term) for term in terms]
    sizes = sum(abs(float(term.value)) for term in each)
    return Measured(
        sum((term.value for term in each), Fraction(0)),
        sum(term.noise for term in each) + binary_noise(sizes, len(each)),
    )


def binary_noise(sizes: float, count: int) -> float:
    """How far a sum of `count` terms, whose sizes come to `sizes`, may be off because partial sums are rounded."""
    return (SNAPPED + count * HELD) * sizes


def exact_sum(terms: Iterable[Decimal]) -> Decimal:
    """The sum of decimals with every digit."""
    return reduce(_EXACT.add, terms, Decimal(0))


def last_place(number: Decimal) -> float:
    """Half a unit of the fifteenth digit: what programs that write fifteen digits leave out."""
    return 5 * 10.0 ** (number.adjusted() - 15) if number else 0.0


def digits(number: Decimal) -> int:
    """How many digits a number has, zeros at either end left out."""
    return len(number.normalize().as_tuple().digits)


def decimals(number: Decimal, noise: float = 0.0) -> int:
    """How many decimals a number has, the trace of a calculation left out."""
    most = max(0, -int(number.normalize().as_tuple().exponent))
    if not noise:
        return most
    exact = Fraction(number)
    return next((count for count in range(most) if abs(round(exact, count) - exact) <= noise), most)


def shortened(value: Fraction, noise: float) -> Fraction:
    """The shortest decimal within the noise."""
    return next(
        (short for places in range(16) if abs((short := round(value, places)) - value) <= noise),
        value,
    )


def plain(value: Fraction) -> str:
    """A figure with all its decimals and thousands separators."""
    return f"{Decimal(value.numerator) / Decimal(value.denominator):,f}"
