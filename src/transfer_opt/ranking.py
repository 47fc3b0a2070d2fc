"""Groups of units by rank, in exact decimals, so that no rounding error moves a county in or out of a group."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np

from transfer_opt.linear import Bools, Floats


def exact(value: float) -> Fraction:
    """The decimal a person typed, as a fraction (the shortest decimal that reads back as this float)."""
    return Fraction(repr(float(value)))


def rounded(value: Fraction | Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to the value, halves up (away from zero), as Excel rounds."""
    number = Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else value
    return (number / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def ratios(upper: Floats, lower: Floats) -> list[Fraction | None]:
    """upper/lower unit by unit; None where either is not known or both are 0; infinite is 1/0 → a huge fraction.

    A denominator ≤ 0 under a positive numerator ranks above every finite ratio.
    """
    return [_ratio(a, b) for a, b in zip(upper, lower, strict=True)]


def top_share(keys: Sequence[Fraction | None], members: Bools, share: float, *, highest: bool) -> Bools:
    """The ⌈share·n⌉ of n members with the highest (or lowest) keys, ties with the last included, as a mask."""
    wanted = int((Decimal(repr(float(share))) * int(members.sum())).to_integral_value(ROUND_CEILING))
    known = np.array([key is not None for key in keys], dtype=bool) & members
    if wanted <= 0 or not known.any():
        return np.zeros(len(keys), dtype=bool)
    # The nearest floats stand in the order of the fractions; only where they are equal do these decide.
    near = np.array([np.nan if key is None else float(key) for key in keys]) * (1 if highest else -1)
    place = min(wanted, int(known.sum())) - 1
    edge = np.sort(near[known])[::-1][place]
    inside, equal = known & (near > edge), np.flatnonzero(known & (near == edge)).tolist()
    ranked = sorted((key for i in equal if (key := keys[i]) is not None), reverse=highest)
    last = ranked[place - int(inside.sum())]
    inside[[i for i in equal if (key := keys[i]) is not None and (key >= last if highest else key <= last)]] = True
    return np.asarray(inside)


_ABOVE_ALL = Fraction(10) ** 30


@lru_cache(maxsize=65536)  # every re-solve ranks the same units
def _ratio(upper: float, lower: float) -> Fraction | None:
    if np.isnan(upper) or np.isnan(lower):
        return None
    if lower <= 0:
        return _ABOVE_ALL if upper > 0 else None
    return exact(upper) / exact(lower)
