"""The value of a formula in exact fractions: + − × ÷, SUM, SUMIFS, MAX, ROUND and IF over cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from transfer_opt.workbook.cells import Place, place

Exact = Fraction | str | None
"""A number, a text, or nothing."""
Lookup = Callable[[str, Place], Exact]
"""Sheet name ("" is the formula's own) and place → value."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|"(?P<text>(?:[^"]|"")*)"|(?P<function>[A-Z]+)(?=\()"""
    r"""|(?:(?:'(?P<quoted>[^']+)'|(?P<sheet>[^\W\d]\w*))!)?(?P<first>\$?[A-Z]{1,3}\$?\d+)(?::(?P<last>\$?[A-Z]{1,3}\$?\d+))?"""
    r"""|(?P<mark>[-+*/=(),]))""")


class FormulaError(Exception):
    """The formula cannot be evaluated; the message is what a sheet would show."""


def exact(value: Any) -> Exact:
    """A cell's value: numbers as the decimals they are written as."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Fraction(Decimal(repr(value)))
    return None if value is None or value == "" else str(value)


def evaluate(text: str, lookup: Lookup) -> Exact:
    """The value of a formula; FormulaError where it divides by zero or holds anything else."""
    parser = _Parser(text.removeprefix("="), lookup)
    value = parser.comparison()
    if parser.left:
        raise FormulaError("#NAME?")
    return value


class _Parser:
    """Recursive descent over the tokens, evaluating on the way."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._lookup = lookup

    @property
    def left(self) -> bool:
        """Whether anything is left to read."""
        return self._at < len(self._tokens)

    def comparison(self) -> Exact:
        """A sum, or two compared by =, which is 1 or 0."""
        value = self._sum()
        while self._take("="):
            other = self._sum()
            same = (value or 0) == (other or 0) if not isinstance(value, str) else value == other
            value = Fraction(int(same))
        return value

    def _sum(self) -> Exact:
        value = self._product()
        while (plus := self._take("+")) or self._take("-"):
            other = _number(self._product())
            value = _number(value) + (other if plus else -other)
        return value

    def _product(self) -> Exact:
        value = self._factor()
        while (times := self._take("*")) or self._take("/"):
            other = _number(self._factor())
            if not times and other == 0:
                raise FormulaError("#DIV/0!")
            value = _number(value) * other if times else _number(value) / other
        return value

    def _factor(self) -> Exact:
        if self._take("("):
            value = self.comparison()
            self._expect(")")
            return value
        if self._take("-"):
            return -_number(self._factor())
        token = self._next()
        if token["number"] is not None:
            return Fraction(token["number"])
        if token["text"] is not None:
            return token["text"].replace('""', '"')
        if token["function"]:
            return self._called(token["function"])
        if token["first"]:
            return next(self._cells(token))
        raise FormulaError("#NAME?")

    def _called(self, name: str) -> Exact:
        self._expect("(")
        if name == "SUM":
            total = Fraction(0)
            while True:
                if self.left and self._tokens[self._at]["first"]:
                    total += sum((value for value in self._cells(self._next()) if isinstance(value, Fraction)), Fraction(0))
                else:
                    total += _number(self._sum())
                if not self._take(","):
                    break
        elif name == "SUMIFS":
            total = self._sumifs()
        elif name == "MAX":
            total = _number(self._sum())
            while self._take(","):
                total = max(total, _number(self._sum()))
        elif name == "ROUND":
            total = self._round()
        elif name == "IF":
            return self._if()
        else:
            raise FormulaError("#NAME?")
        self._expect(")")
        return total

    def _sumifs(self) -> Fraction:
        amounts = list(self._cells(self._next()))
        self._expect(",")
        names = list(self._cells(self._next()))
        self._expect(",")
        wanted = _criterion(self._sum())
        pairs = zip(amounts, names, strict=True)
        return sum((amount for amount, name in pairs if isinstance(amount, Fraction) and name == wanted), Fraction(0))

    def _round(self) -> Fraction:
        """Half away from zero, as spreadsheets do."""
        value = _number(self._sum())
        self._expect(",")
        step = Fraction(10) ** -int(_number(self._sum()))
        whole = (abs(value) / step + Fraction(1, 2)).__floor__() * step
        return whole if value >= 0 else -whole

    def _if(self) -> Exact:
        """Only the branch that counts may fail."""
        condition = self.comparison()
        results: list[Exact | FormulaError] = []
        while self._take(","):
            start = self._at
            try:
                results.append(self.comparison())
            except FormulaError as error:
                results.append(error)
                self._skip(start)
        self._expect(")")
        chosen = results[0 if condition else 1]
        if isinstance(chosen, FormulaError):
            raise chosen
        return chosen

    def _skip(self, start: int) -> None:
        """To the end of the argument that began at `start`."""
        depth, self._at = 0, start
        while self.left:
            mark = self._tokens[self._at]["mark"]
            if depth == 0 and mark in (",", ")"):
                return
            depth += {"(": 1, ")": -1}.get(mark or "", 0)
            self._at += 1

    def _cells(self, token: re.Match[str]) -> Iterator[Exact]:
        sheet = token["quoted"] or token["sheet"] or ""
        first, last = _place(token["first"]), _place(token["last"] or token["first"])
        for row in range(first[0], last[0] + 1):
            for column in range(first[1], last[1] + 1):
                yield self._lookup(sheet, (row, column))

    def _next(self) -> re.Match[str]:
        if not self.left:
            raise FormulaError("#NAME?")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, mark: str) -> bool:
        if self.left and self._tokens[self._at]["mark"] == mark:
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise FormulaError("#NAME?")


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise FormulaError("#NAME?")
        yield found
        at = found.end()


def _number(value: Exact) -> Fraction:
    """A number; nothing counts as 0."""
    if isinstance(value, str):
        raise FormulaError("#VALUE!")
    return value or Fraction(0)


def _criterion(value: Exact) -> Exact:
    """What a SUMIFS condition asks for: 「="=~*县"」 means the text *县."""
    return re.sub(r"~([*?~])", r"\1", value.removeprefix("=")) if isinstance(value, str) else value


def _place(reference: str) -> Place:
    found = place(reference.replace("$", ""))
    if found is None:
        raise FormulaError("#REF!")
    return found
