"""The functions a formula may use: those that every spreadsheet program works out alike, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial, reduce

from transfer_opt.core.measured import Measured, added
from transfer_opt.workbook.files.formula_operands import (
    Exact,
    FormulaError,
    Number,
    UnknownError,
    compared,
    is_number,
    number,
    quotient,
    rounded,
    settled,
    sign_of,
)

Argument = Exact | list[Exact]
"""A value, or the cells of a range."""
Late = Callable[[], Exact]
"""An argument that is worked out only when it counts."""


def _numbers(given: Sequence[Argument]) -> Iterator[Number]:
    """Numbers of ranges, in which texts do not count; and single arguments, which must be numbers."""
    for argument in given:
        if isinstance(argument, list):
            yield from (value for value in argument if is_number(value))
        else:
            yield number(argument)


def _sum(given: Sequence[Argument]) -> Number:
    terms = list(_numbers(given))
    if any(isinstance(term, Measured) for term in terms):
        return added(terms)
    return sum(map(settled, terms), Fraction(0))


def _count(given: Sequence[Argument]) -> Number:
    return Fraction(len(list(_numbers(given))))


def _average(given: Sequence[Argument]) -> Number:
    return quotient(_sum(given), _count(given))


def _most(given: Sequence[Argument], least: bool = False) -> Number:
    terms = list(_numbers(given))
    terms.sort(key=settled, reverse=not least)
    return terms[0] if terms else Fraction(0)


def _product(given: Sequence[Argument]) -> Number:
    terms = list(_numbers(given))
    return reduce(lambda one, two: one * two, terms) if terms else Fraction(0)


def _sum_of_products(given: Sequence[Argument]) -> Number:
    ranges = [argument for argument in given if isinstance(argument, list)]
    if len(ranges) < len(given) or len({len(each) for each in ranges}) != 1:
        raise UnknownError("SUMPRODUCT 里有算式")
    return _sum(
        [
            [
                reduce(
                    lambda one, two: one * two,
                    (number(each) if is_number(each) else Fraction(0) for each in row),
                )
                for row in zip(*ranges, strict=True)
            ]
        ]
    )


def _round(given: Sequence[Argument], up: bool | None = None) -> Number:
    value, digits = _singles(given, 2)
    return rounded(number(value), number(digits), up)


def _integer(given: Sequence[Argument]) -> Number:
    value = number(*_singles(given, 1))
    return rounded(value, Fraction(0), settled(value) < 0)


def _absolute(given: Sequence[Argument]) -> Number:
    value = number(*_singles(given, 1))
    return value if settled(value) >= 0 else -value


def _sum_if(given: Sequence[Argument]) -> Number:
    """SUMIF(where, what[, amounts])."""
    where, what, *amounts = given
    return _sum_ifs([amounts[0] if amounts else where, where, what])


def _sum_ifs(given: Sequence[Argument]) -> Number:
    """SUMIFS(amounts, where, what, …)."""
    ranges = [argument for argument in (given[0], *given[1::2]) if isinstance(argument, list)]
    wanted = [_single(argument) for argument in given[2::2]]
    if len(ranges) != len(wanted) + 1 or len({len(each) for each in ranges}) != 1:
        raise UnknownError("条件求和的区域大小不同")
    amounts, *tested = ranges
    return _sum(
        [
            [
                amount
                for at, amount in enumerate(amounts)
                if all(_meets(each[at], want) for each, want in zip(tested, wanted, strict=True))
            ]
        ]
    )


def _meets(value: Exact, wanted: Exact) -> bool:
    """Whether a cell meets a condition: 5, 甲州, ">0", "=~*县" for the text *县."""
    if not isinstance(wanted, str):
        return (
            is_number(value) and wanted is not None and sign_of(number(value), number(wanted)) == 0
        )
    mark, text = re.fullmatch(r"(<>|<=|>=|=|<|>)?(.*)", wanted, re.DOTALL).groups()  # type: ignore[union-attr]
    if re.search(r"(?<!~)[*?]", text):
        raise UnknownError("条件里有通配符")
    if re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text):
        return is_number(value) and compared(mark or "=", value, Fraction(text)) == 1
    if mark not in (None, "=") or not text:
        raise UnknownError(f"条件「{wanted}」")
    plain = re.sub(r"~([*?~])", r"\1", text)
    return isinstance(value, str) and value.casefold() == plain.casefold()


def _single(argument: Argument) -> Exact:
    if isinstance(argument, list):
        if len(argument) != 1:
            raise UnknownError("一个单元格里用了整个区域")
        return argument[0]
    return argument


def _singles(given: Sequence[Argument], count: int) -> list[Exact]:
    if len(given) != count:
        raise UnknownError("函数的参数个数不对")
    return [_single(argument) for argument in given]


def _if(given: Sequence[Late]) -> Exact:
    """Only the branch that counts is worked out."""
    condition = number(given[0]())
    chosen = given[1:2] if sign_of(condition, Fraction(0)) else given[2:3]
    return chosen[0]() if chosen else Fraction(0)


def _if_error(given: Sequence[Late]) -> Exact:
    try:
        return given[0]()
    except UnknownError:
        raise
    except FormulaError:
        return given[1]()


def _truths(given: Sequence[Late]) -> list[bool]:
    """Every one is looked at: an error in any is an error of the whole."""
    return [sign_of(number(each()), Fraction(0)) != 0 for each in given]


def _all(given: Sequence[Late]) -> Exact:
    return Fraction(all(_truths(given)))


def _any(given: Sequence[Late]) -> Exact:
    return Fraction(any(_truths(given)))


def _not(given: Sequence[Late]) -> Exact:
    return Fraction(not sign_of(number(given[0]()), Fraction(0)))


FUNCTIONS: Mapping[str, Callable[[Sequence[Argument]], Exact]] = {
    "SUM": _sum,
    "AVERAGE": _average,
    "COUNT": _count,
    "MAX": _most,
    "MIN": partial(_most, least=True),
    "PRODUCT": _product,
    "SUMPRODUCT": _sum_of_products,
    "SUMIF": _sum_if,
    "SUMIFS": _sum_ifs,
    "ABS": _absolute,
    "INT": _integer,
    "ROUND": _round,
    "ROUNDUP": partial(_round, up=True),
    "ROUNDDOWN": partial(_round, up=False),
}
LAZY: Mapping[str, Callable[[Sequence[Late]], Exact]] = {
    "IF": _if,
    "IFERROR": _if_error,
    "AND": _all,
    "OR": _any,
    "NOT": _not,
}
"""Functions whose arguments are worked out only where they count."""
