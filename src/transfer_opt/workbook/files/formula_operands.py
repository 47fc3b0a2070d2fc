"""What formulas work on, and how spreadsheets add, compare and join it."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias, TypeGuard

from transfer_opt.core.measured import Measured

Number: TypeAlias = Fraction | Measured
Exact: TypeAlias = Number | str | None
"""A number, a text, or nothing."""
_MOST_POWER = 64


class FormulaError(Exception):
    """The formula has no value; the message is what a sheet would show."""


class UnknownError(FormulaError):
    """The formula is not worked out here; the message says why, in words."""


def is_number(value: object) -> TypeGuard[Number]:
    """Whether it is a number, measured or not."""
    return isinstance(value, Fraction | Measured)


def number(value: Exact) -> Number:
    """A number; nothing counts as 0, and a text that is plainly a number as that."""
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?\d+(?:\.\d+)?", value):
            raise FormulaError("#VALUE!")
        return Fraction(value)
    return Fraction(0) if value is None else value


def settled(value: Number) -> Fraction:
    """The number itself."""
    return value.value if isinstance(value, Measured) else value


def noise(value: Number) -> float:
    """How far a program may be from it."""
    return value.noise if isinstance(value, Measured) else 0.0


def quotient(left: Number, right: Number) -> Number:
    """One by the other."""
    if settled(right) == 0:
        raise FormulaError("#DIV/0!")
    try:
        return left / right
    except ZeroDivisionError:
        raise UnknownError("除数与零几乎没有分别") from None


def powered(base: Number, power: Number) -> Number:
    """A whole, small power; others have no exact value."""
    times = settled(power)
    if times.denominator != 1 or abs(times) > _MOST_POWER:
        raise UnknownError("乘方不是整数次")
    result: Number = Fraction(1)
    for _ in range(abs(int(times))):
        result = result * base
    return result if times >= 0 else quotient(Fraction(1), result)


def sign_of(one: Number, two: Number) -> int:
    """1, 0 or −1 as one is more than, equal to or less than two; unknown where binary noise decides."""
    gap = settled(one) - settled(two)
    if gap and abs(gap) <= noise(one) + noise(two):
        raise UnknownError("比较的两个数几乎相等")
    return (gap > 0) - (gap < 0)


def compared(mark: str, one: Exact, two: Exact) -> Fraction:
    """1 where the comparison holds, else 0: texts without regard to case, nothing as 0 or as an empty text."""
    left, right = _alike(one, two), _alike(two, one)
    if isinstance(left, str) != isinstance(right, str):
        order = 1 if isinstance(left, str) else -1  # any text comes after any number
    elif isinstance(left, str) and isinstance(right, str):
        if mark not in ("=", "<>") and left.casefold() != right.casefold():
            raise UnknownError("比较文字的先后")
        order = int(left.casefold() != right.casefold())
    else:
        order = sign_of(number(left), number(right))
    return Fraction(
        order
        in {"=": (0,), "<>": (1, -1), "<": (-1,), ">": (1,), "<=": (0, -1), ">=": (0, 1)}[mark]
    )


def _alike(value: Exact, other: Exact) -> Exact:
    if value is not None:
        return value
    return "" if isinstance(other, str) else Fraction(0)


def joined(one: Exact, two: Exact) -> str:
    """Two texts in one; how a number would be written depends on the program unless it is a short whole one."""
    return _written(one) + _written(two)


def _written(value: Exact) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, Measured) or value.denominator != 1 or abs(value) >= 10**11:
        raise UnknownError("把数接成文字")
    return str(value)


def rounded(value: Number, digits: Number, up: bool | None) -> Number:
    """To so many decimals: to the nearest, half away from zero (None), always away from zero, or always towards it."""
    places = settled(digits)
    if places.denominator != 1 or abs(places) > _MOST_POWER:
        raise UnknownError("取整的位数不是整数")
    step = Fraction(10) ** -int(places)
    size, error = abs(settled(value)) / step, Fraction(noise(value)) / step
    low, high = (_whole(max(edge, Fraction(0)), up) for edge in (size - error, size + error))
    exact = _whole(size, up) * step
    result = exact if settled(value) >= 0 else -exact
    return Measured(result, float((high - low) * step)) if isinstance(value, Measured) else result


def _whole(size: Fraction, up: bool | None) -> int:
    if up is None:
        return (size + Fraction(1, 2)).__floor__()
    return size.__ceil__() if up else size.__floor__()
