"""Groups of units by rank, in exact decimals, so that no rounding error moves a county in or out of a group."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.exact import Exacts, exact

ABOVE_ALL = 1e30
"""Where a ratio's denominator is nothing."""
DOUBT = 1e-12
"""Ratios of floats nearer to each other, relatively, are compared exactly."""
FIFTEEN_FIGURES, MOST_DIGITS = 1e15, 16
LONG = Context(prec=1000)
"""Scaling a decimal loses no figure."""


def rounded(value: mpq | Fraction | Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to the value, halves up (away from zero), as Excel rounds."""
    number = (
        value
        if isinstance(value, Decimal)
        else Decimal(int(value.numerator)) / Decimal(int(value.denominator))
    )
    return LONG.multiply(
        (number / step).quantize(Decimal(1), rounding=ROUND_HALF_UP, context=LONG), step
    )


@dataclass(frozen=True)
class Exact:
    """Exact numbers: counts over one denominator."""

    counts: list[int]
    over: int

    def fractions(self) -> Exacts:
        """The numbers one by one."""
        return np.array([mpq(count, self.over) for count in self.counts], dtype=object)


def decimals(values: Floats) -> Exact:
    """`exact` of every value, over the power of ten that the longest of them needs."""
    for digits in range(MOST_DIGITS):
        counts = np.round(values * 10.0**digits)
        # Of all decimals of fifteen figures only one reads back as a float, so this is the shortest.
        if np.abs(counts).max(initial=0.0) >= FIFTEEN_FIGURES:
            break
        if (counts / 10.0**digits == values).all():
            return Exact([int(count) for count in counts.tolist()], 10**digits)
    typed = [Decimal(repr(value)) for value in values.tolist()]
    digits = max(0, *(-int(value.as_tuple().exponent) for value in typed))
    return Exact([int(value.scaleb(digits, LONG)) for value in typed], 10**digits)


@dataclass(frozen=True)
class Ratios:
    """upper/lower unit by unit (n,).

    A denominator ≤ 0 under a positive numerator ranks above every finite ratio; not known, or 0 over 0, is no ratio.
    """

    upper: Floats
    lower: Floats

    @cached_property
    def nearly(self) -> Floats:
        """As floats; NaN where there is no ratio."""
        beyond = np.where((self.lower <= 0) & (self.upper > 0), ABOVE_ALL, np.nan)
        return np.divide(self.upper, self.lower, out=beyond, where=self.lower > 0)

    def exact(self, unit: int) -> mpq | None:
        """Of one unit, in the decimals that were typed; None where there is no ratio."""
        nearly = self.nearly[unit]
        if np.isnan(nearly):
            return None
        return (
            mpq(ABOVE_ALL)
            if nearly == ABOVE_ALL
            else exact(self.upper[unit]) / exact(self.lower[unit])
        )


def top_share(ratios: Ratios, members: Bools, share: float, *, highest: bool) -> Bools:
    """The ⌈share·n⌉ of n members with the highest (or lowest) ratios, ties with the last included, as a mask.

    Only those that floats cannot tell from the last one are compared exactly.
    """
    wanted = int(
        (Decimal(repr(float(share))) * int(members.sum())).to_integral_value(ROUND_CEILING)
    )
    keys = np.where(members, ratios.nearly * (-1 if highest else 1), np.nan)
    ranked = np.sort(keys[~np.isnan(keys)])
    if wanted <= 0 or not len(ranked):
        return np.zeros(len(keys), dtype=bool)
    wanted = min(wanted, len(ranked))
    last = ranked[wanted - 1]
    doubt = DOUBT * abs(last)
    ahead: Bools = keys < last - doubt
    near = {
        int(i): key
        for i in np.flatnonzero(np.abs(keys - last) <= doubt)
        if (key := ratios.exact(int(i))) is not None
    }
    edge = sorted(near.values(), reverse=highest)[wanted - 1 - int(ahead.sum())]
    ahead[[i for i, key in near.items() if (key >= edge if highest else key <= edge)]] = True
    return ahead
