"""The cells of a workbook as numbers, and what its formulas come to."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any

from transfer_opt.core.cell_names import Place
from transfer_opt.core.measured import HELD, Measured, last_place
from transfer_opt.core.text import to_number, to_text
from transfer_opt.workbook.files.formula_operands import Exact, FormulaError, UnknownError
from transfer_opt.workbook.files.formula_value import evaluate
from transfer_opt.workbook.files.limits import DamagedError
from transfer_opt.workbook.files.marks import Marks, read_marks
from transfer_opt.workbook.files.open import content_of, open_workbook
from transfer_opt.workbook.result.pages import Page

_DEEPEST = 200
"""Formulas without a value that lean on each other."""


@dataclass(frozen=True)
class Book:
    """Every sheet by name; what the file says of its cells beside their values, where it says it."""

    pages: Mapping[str, Page]
    marks: Mapping[str, Marks]


def read_book(path: Path, password: str | None = None) -> Book:
    """A workbook of any format, locked or not; InputError where it cannot be read."""
    sheets = open_workbook(path, password).sheets
    marks = _marks(content_of(path, password))
    return Book(
        {
            sheet.name: Page(sheet.name, sheet, marks.get(sheet.name, Marks()).formulas)
            for sheet in sheets
        },
        marks,
    )


def _marks(content: bytes) -> Mapping[str, Marks]:
    try:
        return read_marks(content)
    except (zipfile.BadZipFile, DamagedError, ValueError):
        return {}  # no .xlsx: there are values, but no formulas to look at


def exact_number(value: Any) -> Decimal | None:
    """A cell's number to the 15 digits a spreadsheet holds; None where it is none."""
    if isinstance(value, str):
        value = to_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Decimal(f"{value + 0.0:.15g}")


class Workings:
    """What formulas come to: over what the sheets show, or, where they show nothing, over what is worked out."""

    def __init__(self, book: Book) -> None:
        self._pages = book.pages
        self._known: dict[tuple[str, Place], Exact | FormulaError] = {}
        self._values: dict[tuple[str, Place], Exact | FormulaError] = {}
        self._depth = 0

    def value(self, page: Page, at: Place) -> Exact:
        """What a formula comes to now; FormulaError where it has no value or is not worked out here."""
        key = page.name, at
        if key not in self._values:
            self._values[key] = UnknownError("公式引用了自己")
            self._values[key] = self._worked_out(page, at)
        return _given(self._values[key])

    def number(self, page: Page, at: Place) -> Measured | None:
        """The same where it is a number."""
        try:
            value = self.value(page, at)
        except FormulaError:
            return None
        return (
            Measured(value)
            if isinstance(value, Fraction)
            else value
            if isinstance(value, Measured)
            else None
        )

    def decimal(self, name: str, at: Place) -> Decimal | None:
        """The number of a cell that shows none, to 15 digits."""
        found = self.number(self._pages[name], at)
        return None if found is None else Decimal(f"{float(found.value):.15g}")

    def _worked_out(self, page: Page, at: Place) -> Exact | FormulaError:
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise UnknownError("公式一个套一个，层数过多")
            return evaluate(
                page.formulas[at],
                lambda sheet, place: self._shown(sheet or page.name, place, (page.name, at)),
            )
        except FormulaError as error:
            return error
        except (ArithmeticError, ValueError, TypeError, IndexError, RecursionError):
            return UnknownError("公式的写法不认识")
        finally:
            self._depth -= 1

    def _shown(self, name: str, at: Place, asking: tuple[str, Place]) -> Exact:
        """What a formula finds in a cell: a number with the noise of how it came about, a text, or nothing."""
        if (name, at) == asking:
            raise UnknownError("公式引用了自己")
        if name not in self._pages:
            raise UnknownError(f"引用了别的工作簿或没有的工作表「{name}」")
        if (name, at) not in self._known:
            self._known[name, at] = UnknownError("公式引用了自己")
            self._known[name, at] = self._found(self._pages[name], at)
        return _given(self._known[name, at])

    def _found(self, page: Page, at: Place) -> Exact | FormulaError:
        value = page.value(at)
        if value is None and at not in page.formulas:
            return None
        number = None if isinstance(value, str) else exact_number(value)
        if number is not None:  # whatever it was formed from, this is what the formula was given
            return Measured(Fraction(number), HELD * abs(float(number)) + last_place(number))
        return to_text(value) if value is not None else self._worked_out(page, at)


def _given(found: Exact | FormulaError) -> Exact:
    if isinstance(found, FormulaError):
        raise found
    return found
