"""Shares, growth, per-head figures and quotients of a table against what they are formed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from statistics import median_high

from transfer_opt.core.cell_names import Place
from transfer_opt.core.errors import Problem
from transfer_opt.core.measured import FULL, Measured, added, decimals, digits, last_place, plain
from transfer_opt.tables.structure import Structure
from transfer_opt.tables.words import counts_people, is_growth, is_per_head, is_quotient, is_share

_MONEY = (1, 10**4, 10**8)
"""What amounts may have to be multiplied by: 元, 万元, 亿元 against 元."""
SAMPLE, TRIED = 60, 3
"""Rows that a reading is tried on, and those of which one must bear it out for the others to be looked at."""
_TIE = 1e-9
"""What lies half-way may have gone either way."""
FEWEST, FEWEST_UNNAMED = 1, 3
"""Rows with more than nothing that must bear a reading out, by what the header promises."""

_NOTHING = Measured(Fraction(0))
"""What stands in a blank cell whose ratio is told all the same."""
Verdict = bool | None
"""True right, None off by no more than rounding, False wrong."""
Find = Callable[[Place], Measured | None]


@dataclass(frozen=True)
class Reading:
    """How the figures of a column may be formed."""

    how: str
    """In words."""
    formed: Callable[[int, Find], Measured | None]
    """The figure of a row from those that it is formed from; None where one of these is missing or nothing."""
    fewest: int


@dataclass(frozen=True)
class Ratios:
    """How many figures were compared, which are wrong or a rounding off, and the columns that were not understood."""

    checked: int
    wrong: tuple[Problem, ...]
    roundings: tuple[Problem, ...]
    lost: tuple[int, ...]


def ratio_columns(structure: Structure) -> Ratios:
    """Every column of ratios by the reading that most rows bear out."""
    checked, lost = 0, list[int]()
    found: dict[bool, list[Problem]] = {True: [], False: []}
    for column in (column for column in structure.table.numeric if column in structure.table.rates):
        ratio = _Ratio(structure, column)
        if ratio.reading is None:
            lost += [column] if ratio.is_promised else []
            continue
        for row in structure.table.column(column):
            should = ratio.reading.formed(row, ratio.exact)
            if should is not None:
                checked += 1
                verdict = ratio.is_by_formula(row) or ratio.verdict(ratio.reading, row, should)
                found[verdict is None] += (
                    [] if verdict else [ratio.problem(ratio.reading, row, should, verdict)]
                )
    return Ratios(checked, tuple(found[False]), tuple(found[True]), tuple(lost))


@dataclass(frozen=True)
class _Ratio:
    """One column of ratios."""

    structure: Structure
    column: int

    @cached_property
    def reading(self) -> Reading | None:
        """The reading that most rows bear out, some of them with more than nothing."""
        known = self.structure.table.column(self.column)
        rows = list(known)[:SAMPLE]
        telling = [row for row, number in known.items() if number][:SAMPLE]
        likely = [reading for reading in self._readings() if self._right(reading, telling[:TRIED])]
        best = max(likely, key=lambda reading: self._right(reading, rows), default=None)
        if best is None or self._right(best, rows) * 2 <= len(rows):
            return None
        return best if self._right(best, telling) >= min(best.fewest, len(telling)) else None

    @cached_property
    def is_promised(self) -> bool:
        """Whether the header or the format promises a figure that is formed from others."""
        header = self._header
        return (
            is_growth(header)
            or is_share(header)
            or is_per_head(header)
            or is_quotient(header)
            or self.structure.table.units[self.column] == "%"
            or self.structure.table.shows_percentages(self.column)
        )

    def exact(self, at: Place) -> Measured | None:
        """The figure of a cell; None where there is none."""
        return self.structure.table.measured(at) if at in self.structure.table.numbers else None

    def is_by_formula(self, row: int) -> bool:
        """Whether a formula, which is looked at by itself, gives the figure as it is shown."""
        formed = self.structure.table.calculated.get((row, self.column))
        return formed is not None and formed.meets(
            self._value(row).value, last_place(self.structure.table.numbers[row, self.column])
        )

    def verdict(self, reading: Reading, row: int, should: Measured) -> Verdict:
        """Whether the figure of a row is what it should be."""
        if self._meets(row, should):
            return True
        value, half = self._value(row), self._halves[row]
        rounded = reading.formed(row, self._rounded)
        return (
            None
            if rounded is not None and rounded.meets(value.value, value.noise + 2 * half)
            else False
        )

    def problem(self, reading: Reading, row: int, should: Measured, verdict: Verdict) -> Problem:
        """The difference in words."""
        table = self.structure.table
        number = Fraction(table.numbers[row, self.column])
        kind = "像是四舍五入的尾差" if verdict is None else "不是四舍五入能造成的"
        return Problem(
            "A621",
            f"按{reading.how}应为 {_short(should.value)}，相差 {_short(number - should.value)}；{kind}。",
            "",
            table.page.name,
            table.cell(row, self.column),
            f"{table.label(row)}·{table.headers[self.column]}",
            plain(number),
        )

    @property
    def _header(self) -> str:
        return self.structure.table.lines[self.column][-1]

    def _right(self, reading: Reading, rows: Sequence[int]) -> int:
        formed = ((row, reading.formed(row, self.exact)) for row in rows)
        return sum(should is not None and self._meets(row, should) for row, should in formed)

    def _meets(self, row: int, should: Measured) -> bool:
        value = self._value(row)
        return should.meets(value.value, value.noise + self._halves[row])

    def _rounded(self, at: Place) -> Measured | None:
        """The figure of a cell with the room that rounding has there."""
        found = self.exact(at)
        return found and Measured(found.value, found.noise + float(self.structure.half(at[1])))

    @cached_property
    def _halves(self) -> Mapping[int, float]:
        """Half a unit of the last decimal: of its own, or of those the others have, as zeros at the end are left out."""
        table = self.structure.table
        own = {
            row: decimals(number, table.noise((row, self.column)))
            for row, number in table.column(self.column).items()
        }
        return {row: 0.5 / 10 ** max(each, self._usual) * (1 + _TIE) for row, each in own.items()}

    def _value(self, row: int) -> Measured:
        return self.structure.table.measured((row, self.column))

    @cached_property
    def _usual(self) -> int:
        typed = [
            number
            for number in self.structure.table.column(self.column).values()
            if digits(number) < FULL
        ]
        return median_high(map(decimals, typed)) if typed else 0

    def _readings(self) -> Iterator[Reading]:
        header, percent = self._header, self.structure.table.shows_percentages(self.column)
        if is_per_head(header):
            yield from self._per_head()
            return
        if is_growth(header):
            yield from self._growth()
            return
        if is_share(header) or is_quotient(header) or percent:
            yield from self._shares()
            yield from self._quotients()
        if percent and not is_share(header):
            yield from self._growth()

    def _growth(self) -> Iterator[Reading]:
        headers, fewest = (
            self.structure.table.headers,
            FEWEST if is_growth(self._header) else FEWEST_UNNAMED,
        )
        for now, last in self._pairs():
            how = f"「{headers[now]}」比「{headers[last]}」增长"
            for scale in self._scales:
                yield Reading(
                    how,
                    lambda row, find, now=now, last=last, scale=scale: _scaled(  # type: ignore[misc]
                        _divided(find((row, now)) or _NOTHING, find((row, last))), scale, less=1
                    ),
                    fewest,
                )

    def _per_head(self) -> Iterator[Reading]:
        headers = self.structure.table.headers
        for amount, people in self._pairs():
            if counts_people(headers[people]):
                for factor in _MONEY:
                    yield Reading(
                        f"「{headers[amount]}」÷「{headers[people]}」",
                        lambda row, find, amount=amount, people=people, factor=factor: _scaled(  # type: ignore[misc]
                            _divided(find((row, amount)) or _NOTHING, find((row, people))), factor
                        ),
                        FEWEST,
                    )

    def _quotients(self) -> Iterator[Reading]:
        headers = self.structure.table.headers
        for part, whole in self._pairs():
            for scale in self._scales:
                yield Reading(
                    f"「{headers[part]}」÷「{headers[whole]}」",
                    lambda row, find, part=part, whole=whole, scale=scale: _scaled(  # type: ignore[misc]
                        _divided(find((row, part)) or _NOTHING, find((row, whole))), scale
                    ),
                    FEWEST_UNNAMED,
                )

    def _shares(self) -> Iterator[Reading]:
        """Of the 合计 row; of all rows where the table has none."""
        table = self.structure.table
        grand = [row for row in self.structure.covers if table.kinds[row] == "grand"]
        fewest = FEWEST if is_share(self._header) else FEWEST_UNNAMED
        for amount in self.structure.amounts:
            rows = (
                grand[:1]
                if grand
                else [
                    row
                    for row in table.rows
                    if row not in self.structure.covers and table.kinds[row] != "within"
                ]
            )
            for scale in self._scales:
                yield Reading(
                    f"「{table.headers[amount]}」÷合计",
                    lambda row, find, amount=amount, rows=rows, scale=scale: _scaled(  # type: ignore[misc]
                        _divided(
                            find((row, amount)) or _NOTHING,
                            _all(find((each, amount)) for each in rows),
                        ),
                        scale,
                    ),
                    fewest,
                )

    def _pairs(self) -> Iterator[tuple[int, int]]:
        amounts = self.structure.amounts
        return ((one, two) for one in amounts for two in amounts if one != two)

    @property
    def _scales(self) -> tuple[int, int]:
        return (100, 1) if self.structure.table.units[self.column] == "%" else (1, 100)


def _divided(one: Measured | None, two: Measured | None) -> Measured | None:
    if one is None or two is None or abs(two.value) <= two.noise:
        return None
    return one / two


def _scaled(value: Measured | None, scale: int, less: int = 0) -> Measured | None:
    return value and (value - Fraction(less)) * Fraction(scale)


def _all(terms: Iterator[Measured | None]) -> Measured:
    return added(term for term in terms if term is not None)


def _short(value: Fraction) -> str:
    return f"{float(value):,.10g}"
