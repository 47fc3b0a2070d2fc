"""What the formulas of a workbook come to once some of its numbers are others.

A formula is only believed where it comes to what its cell shows before anything is changed; what another value may reach
and cannot be calculated so loses the value beside it, and programs calculate it when they open the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from transfer_opt.core.cell_names import Place, place
from transfer_opt.core.measured import Measured
from transfer_opt.workbook.files.formula_operands import Exact, FormulaError, settled
from transfer_opt.workbook.files.formula_value import evaluate, exact
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook
from transfer_opt.workbook.files.patch_numbers import Formula, Patch, Value, written

_TEXT = re.compile(r'"(?:[^"]|"")*"')
_REFERENCE = re.compile(
    r"(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<sheet>[^\W\d][\w.]*))!)?"
    r"\$?(?P<left>[A-Z]{1,3})\$?(?P<top>\d{1,7})(?::\$?(?P<right>[A-Z]{1,3})\$?(?P<bottom>\d{1,7}))?(?![\w(.!])"
)
_PLAIN = re.compile(r"[\w.]+(?=\()|TRUE|FALSE|\d[\d.]*(?:E[+-]?\d+)?", re.IGNORECASE)
_WANDERING = re.compile(r"\b(?:INDIRECT|OFFSET|CELL|GETPIVOTDATA)\(", re.IGNORECASE)
_Range = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Recalculation:
    """A workbook, its formulas by sheet, and other numbers on one of its sheets."""

    book: RawWorkbook
    formulas: Mapping[str, Mapping[Place, Formula]]
    sheet: str
    numbers: Mapping[Place, Fraction]

    @cached_property
    def patches(self) -> Mapping[str, Patch]:
        """What is to change on which sheet."""
        return {name: patch for name in self.formulas if (patch := self._patch(name)) != Patch()}

    @property
    def stale(self) -> Mapping[Place, Fraction]:
        """Formulas among the cells to change that show another number than they come to, and what that is."""
        found = {}
        for at in self._own:
            shown, value = (
                self._old(self.sheet, at),
                self._once("before", self.sheet, at, self._shown),
            )
            if (
                isinstance(shown, Fraction)
                and isinstance(value, Fraction)
                and not _same(shown, value)
            ):
                found[at] = value
        return found

    @property
    def _own(self) -> list[Place]:
        """Formulas among the cells to change."""
        return sorted(self.numbers.keys() & self.formulas.get(self.sheet, {}).keys())

    @cached_property
    def _changed(self) -> Mapping[Place, Fraction]:
        """The cells that are to hold another number; a formula may come to another."""
        known = self.formulas.get(self.sheet, {})
        return {
            at: number
            for at, number in self.numbers.items()
            if at in known or self._old(self.sheet, at) != number
        }

    @property
    def replaced(self) -> tuple[Place, ...]:
        """Formulas that do not come to the new number, which therefore stands in their place."""
        numbers = self.patches.get(self.sheet, Patch()).numbers
        return tuple(at for at in self._own if at in numbers)

    @property
    def is_complete(self) -> bool:
        """Whether every formula that a new number reaches could be calculated."""
        return all(
            value is not None for patch in self.patches.values() for value in patch.values.values()
        )

    def _patch(self, name: str) -> Patch:
        values: dict[Place, Value] = {}
        numbers = dict(self._changed) if name == self.sheet else {}
        for at in sorted(self._moving[name] & self.formulas[name].keys()):
            value = self._new(name, at) if self._is_believed(name, at) else None
            if at not in numbers:
                if value is None or value != self._old(name, at):
                    values[at] = value
            elif isinstance(value, Fraction) and written(value) == written(numbers[at]):
                values[at] = numbers.pop(at)
        return Patch(numbers, values)

    @cached_property
    def _moving(self) -> Mapping[str, set[Place]]:
        """Cells with another number, and formulas that one of these may reach."""
        found = {name: _Cells() for name in self.formulas}
        for at in self._changed:
            found[self.sheet].add(at)
        left = [
            (name, at, list(_ranges(name, formula.text)))
            for name, known in self.formulas.items()
            for at, formula in known.items()
        ]
        while left:
            rest = [each for each in left if not self._reached(found, *each)]
            if len(rest) == len(left):
                break
            left = rest[::-1]  # chains run up as well as down
        return {name: cells.all for name, cells in found.items()}

    def _reached(
        self, found: Mapping[str, _Cells], name: str, at: Place, ranges: list[_Range | None]
    ) -> bool:
        reached = any(
            range_ is None or (range_[0] in found and found[range_[0]].any_in(range_))
            for range_ in ranges
        )
        if reached:
            found[name].add(at)
        return reached

    def _is_believed(self, name: str, at: Place) -> bool:
        """Whether the formula comes to what the cell shows, or the cell shows nothing yet."""
        shown, value = self._old(name, at), self._once("before", name, at, self._shown)
        if shown is None:
            return value is not None
        if isinstance(shown, Fraction) and isinstance(value, Fraction):
            return _same(shown, value)
        return shown == value

    def _once(
        self, when: str, name: str, at: Place, lookup: Callable[[str, Place], Exact]
    ) -> Value:
        """What a formula comes to; nothing where it cannot be calculated or needs itself."""
        key = when, name, at
        if key not in self._known:
            self._known[key] = None
            formula = self.formulas[name][at]
            with suppress(FormulaError, RecursionError, ArithmeticError, ValueError):
                if (
                    formula.ref is None
                ):  # one that fills a range means other cells in each of its own
                    value = evaluate(
                        formula.text, lambda sheet, where: lookup(sheet or name, where)
                    )
                    self._known[key] = (
                        settled(value) if isinstance(value, Fraction | Measured) else value
                    )
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[str, str, Place], Value]:
        return {}

    def _new(self, name: str, at: Place) -> Value:
        """What a formula comes to over the new numbers."""
        return self._once("after", name, at, self._renewed)

    def _renewed(self, name: str, at: Place) -> Exact:
        if name == self.sheet and at in self.numbers:
            return self.numbers[at]
        if at in self._moving.get(name, ()) and at in self.formulas[name]:
            if not self._is_believed(name, at):
                raise FormulaError("#N/A")
            return self._new(name, at)
        return self._shown(name, at)

    def _shown(self, name: str, at: Place) -> Exact:
        """The value of a cell before; calculated where the file holds none."""
        value = self._old(name, at)
        return (
            self._once("before", name, at, self._shown)
            if value is None and at in self.formulas.get(name, {})
            else value
        )

    def _old(self, name: str, at: Place) -> Exact:
        """What the file holds beside a formula, or in a cell."""
        sheet = self._sheets.get(name)
        value = sheet.at(*at) if sheet and at[0] < len(sheet.rows) else None
        if isinstance(value, str) and value.startswith("=") and at in self.formulas.get(name, {}):
            return None
        return exact(value)

    @cached_property
    def _sheets(self) -> Mapping[str, RawSheet]:
        return {sheet.name: sheet for sheet in self.book.sheets}


def _same(one: Fraction, other: Fraction) -> bool:
    """But for what programs form differently in binary."""
    return abs(one - other) <= Fraction(1, 10**13) * max(abs(one), abs(other))


class _Cells:
    """Cells among which those of a range are found at once."""

    def __init__(self) -> None:
        self.all: set[Place] = set()
        self._columns: dict[int, list[int]] = {}

    def add(self, at: Place) -> None:
        """One more."""
        if at not in self.all:
            self.all.add(at)
            insort(self._columns.setdefault(at[1], []), at[0])

    def any_in(self, range_: _Range) -> bool:
        """Whether a range holds one of them."""
        _, top, left, bottom, right = range_
        columns = (
            range(left, right + 1)
            if right - left < len(self._columns)
            else [c for c in self._columns if left <= c <= right]
        )
        for column in columns:
            rows = self._columns.get(column, [])
            first = bisect_left(rows, top)
            if first < len(rows) and rows[first] <= bottom:
                return True
        return False


def _ranges(own: str, text: str) -> Iterator[_Range | None]:
    """What a formula refers to; None for what may lie anywhere."""
    left = _TEXT.sub("0", text.removeprefix("="))
    if _WANDERING.search(left):
        yield None
    for match in _REFERENCE.finditer(left):
        first = place(match["left"] + match["top"])
        last = place((match["right"] or match["left"]) + (match["bottom"] or match["top"]))
        if first and last:
            name = (match["quoted"] or match["sheet"] or own).replace("''", "'")
            yield (name, *first, *last)
    rest = _PLAIN.sub("", _REFERENCE.sub("", left))
    if re.search(r"[^\W_]|[#@!\[]", rest):  # a name, a whole column, a table: anywhere
        yield None
