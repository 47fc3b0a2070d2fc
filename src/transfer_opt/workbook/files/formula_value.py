"""The value of a formula, exactly: only what is worked out here as every spreadsheet does; the rest is said, never guessed.

A formula is read into small functions of a lookup, so that only the branch of an IF that counts is worked out. Numbers are
fractions, or measured ones where the lookup gives such: then the result knows the binary noise of its operands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from transfer_opt.core.cell_names import Place, place
from transfer_opt.workbook.files.formula_functions import FUNCTIONS, LAZY
from transfer_opt.workbook.files.formula_operands import (
    Exact,
    FormulaError,
    Number,
    UnknownError,
    compared,
    joined,
    number,
    powered,
    quotient,
)

__all__ = ["Exact", "FormulaError", "Lookup", "UnknownError", "evaluate", "exact"]

Lookup = Callable[[str, Place], Exact]
"""Sheet name ("" is the formula's own) and place → value."""
Term = Callable[[Lookup], Exact]

MOST_CELLS = 200_000
"""Cells of one range."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:E[+-]?\d+)?)(?![\w.])|"(?P<text>(?:[^"]|"")*)"|(?P<function>[A-Z_][A-Z0-9_.]*)(?=\()"""
    r"""|(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<sheet>[^\W\d][\w.]*))!)?(?P<first>\$?[A-Z]{1,3}\$?\d+)(?![\w(!.])"""
    r"""(?::(?P<last>\$?[A-Z]{1,3}\$?\d+)(?![\w(!.]))?"""
    r"""|(?P<truth>TRUE|FALSE)(?!\w)|(?P<mark><>|<=|>=|[-+*/^&%=<>(),]))"""
)
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")


@dataclass(frozen=True)
class Cells:
    """A reference; by itself it is the value of its one cell."""

    sheet: str
    first: Place
    last: Place

    def __call__(self, lookup: Lookup) -> Exact:
        if self.first != self.last:
            raise UnknownError("一个单元格里用了整个区域")
        return _checked(lookup(self.sheet, self.first))

    def all(self, lookup: Lookup) -> Iterator[Exact]:
        """Every cell, row by row; an error in one of them is an error of the whole."""
        rows = range(self.first[0], self.last[0] + 1)
        columns = range(self.first[1], self.last[1] + 1)
        if len(rows) * len(columns) > MOST_CELLS:
            raise UnknownError("区域过大")
        return (_checked(lookup(self.sheet, (row, column))) for row in rows for column in columns)


def exact(value: Any) -> Exact:
    """A cell's value: numbers as the decimals they are written as."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(Decimal(repr(value)))
    return None if value is None or value == "" else str(value)


def evaluate(text: str, lookup: Lookup) -> Exact:
    """The value of a formula; FormulaError where it has none, UnknownError where it is not worked out here."""
    return compiled(text)(lookup)


@lru_cache(maxsize=4096)
def compiled(text: str) -> Term:
    """The formula as a function of its cells."""
    parser = _Parser(text.removeprefix("="))
    term = parser.comparison()
    if parser.left:
        raise UnknownError("公式的写法不认识")
    return term


class _Parser:
    """Recursive descent, each level one rank of operators: = & + * ^ % and the sign, which binds closest."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def left(self) -> bool:
        """Whether anything is left to read."""
        return self._at < len(self._tokens)

    def comparison(self) -> Term:
        """Whatever may stand between brackets or commas."""
        return self._chain(
            _COMPARISONS, self._text, lambda mark, one, two: compared(mark, one, two)
        )

    def _text(self) -> Term:
        return self._chain(("&",), self._sum, lambda _, one, two: joined(one, two))

    def _sum(self) -> Term:
        return self._chain(("+", "-"), self._product, _plus_or_minus)

    def _product(self) -> Term:
        return self._chain(("*", "/"), self._power, _times_or_by)

    def _power(self) -> Term:
        return self._chain(
            ("^",), self._percent, lambda _, one, two: powered(number(one), number(two))
        )

    def _chain(
        self,
        marks: Sequence[str],
        inner: Callable[[], Term],
        work: Callable[[str, Exact, Exact], Exact],
    ) -> Term:
        term = inner()
        while mark := self._take(*marks):
            term = _both(term, inner(), mark, work)
        return term

    def _percent(self) -> Term:
        term = self._signed()
        while self._take("%"):
            term = _both(term, lambda _: Fraction(100), "/", _times_or_by)
        return term

    def _signed(self) -> Term:
        sign = self._take("-", "+")
        if not sign:
            return self._operand()
        term = self._signed()
        return term if sign == "+" else lambda lookup: -number(term(lookup))

    def _operand(self) -> Term:
        if self._take("("):
            term = self.comparison()
            self._expect(")")
            return term
        token = self._next()
        if token["number"] is not None:
            return _always(Fraction(token["number"]))
        if token["text"] is not None:
            return _always(token["text"].replace('""', '"'))
        if token["truth"]:
            return _always(Fraction(token["truth"] == "TRUE"))
        if token["function"]:
            return self._called(token["function"])
        if token["first"]:
            return _cells(token)
        raise UnknownError("公式的写法不认识")

    def _called(self, name: str) -> Term:
        self._expect("(")
        given: list[Term] = []
        if not self._take(")"):
            given.append(self._argument())
            while self._take(","):
                given.append(self._argument())
            self._expect(")")
        if name in LAZY:
            return lambda lookup: LAZY[name]([_bound(term, lookup) for term in given])
        if name in FUNCTIONS:
            return lambda lookup: FUNCTIONS[name]([_values(term, lookup) for term in given])
        return _unknown(f"函数 {name.removeprefix('_XLFN.')} 不在会算的函数之内")

    def _argument(self) -> Term:
        """What stands between two commas; nothing at all counts as nothing."""
        ahead = self._tokens[self._at]["mark"] if self.left else None
        return _always(None) if ahead in (",", ")") else self.comparison()

    def _next(self) -> re.Match[str]:
        if not self.left:
            raise UnknownError("公式的写法不认识")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *marks: str) -> str:
        if self.left and self._tokens[self._at]["mark"] in marks:
            self._at += 1
            return self._tokens[self._at - 1]["mark"]
        return ""

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise UnknownError("公式的写法不认识")


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnknownError("公式的写法不认识")
        yield found
        at = found.end()


def _always(value: Exact) -> Term:
    return lambda _: value


def _unknown(why: str) -> Term:
    def fail(_: Lookup) -> Exact:
        raise UnknownError(why)

    return fail


def _both(one: Term, two: Term, mark: str, work: Callable[[str, Exact, Exact], Exact]) -> Term:
    return lambda lookup: work(mark, one(lookup), two(lookup))


def _bound(term: Term, lookup: Lookup) -> Callable[[], Exact]:
    return lambda: term(lookup)


def _values(term: Term, lookup: Lookup) -> Exact | list[Exact]:
    """An argument of a function: a list where it refers to cells."""
    return list(term.all(lookup)) if isinstance(term, Cells) else term(lookup)


def _plus_or_minus(mark: str, one: Exact, two: Exact) -> Number:
    left, right = number(one), number(two)
    return left + right if mark == "+" else left - right


def _times_or_by(mark: str, one: Exact, two: Exact) -> Number:
    left, right = number(one), number(two)
    return left * right if mark == "*" else quotient(left, right)


def _checked(value: Exact) -> Exact:
    if isinstance(value, str) and re.fullmatch(
        r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)", value
    ):
        raise FormulaError(value)
    return value


def _cells(token: re.Match[str]) -> Cells:
    sheet = (token["quoted"] or token["sheet"] or "").replace("''", "'")
    one, two = _place(token["first"]), _place(token["last"] or token["first"])
    return Cells(
        sheet,
        (min(one[0], two[0]), min(one[1], two[1])),
        (max(one[0], two[0]), max(one[1], two[1])),
    )


def _place(reference: str) -> Place:
    found = place(reference.replace("$", ""))
    if found is None:
        raise FormulaError("#REF!")
    return found
