"""Which rows a total adds up. Nowhere is that said: of the possible readings the one counts that most of the figures bear out.

Among equals the likeliest comes first: the rows on one side of the total up to the next one that stands as high, those of
本级 among them. A total that stands apart, below the whole table's own, counts only where figures bear out a reading.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from transfer_opt.core.text import is_blank, normalise, to_text
from transfer_opt.tables.tabulation import Tabulation
from transfer_opt.tables.words import is_of_province, stem
from transfer_opt.workbook.input.totals import same_prefecture

Rows = tuple[int, ...]
Agrees = Callable[[int, Rows, int], bool | None]
"""Of a total, its rows and a column: True right, None off by no more than rounding, False wrong."""
_LEAF, _SUB, _GROUP, _MIDDLE, _GRAND = range(5)
_RIGHT, _NEAR = 2, 1
MOST_IN_TREE = 300
"""Rows among which unnamed subtotals are looked for."""


@dataclass(frozen=True)
class Hierarchy:
    """What adds up what: totals with their rows, and totals whose rows were not found."""

    covers: Mapping[int, Rows]
    lost: Rows


def hierarchy(table: Tabulation, columns: Sequence[int], agrees: Agrees) -> Hierarchy:
    """Of the totals of a table, judged by `columns`."""
    return _Reader(table, tuple(columns), agrees).hierarchy()


@dataclass(frozen=True)
class _Reader:
    """One table being read: what stands lowest first, then what adds that up."""

    table: Tabulation
    columns: tuple[int, ...]
    agrees: Agrees

    def hierarchy(self) -> Hierarchy:
        found: dict[int, Rows] = {}
        lost: list[int] = []
        for row in sorted(
            (row for row in self._rows if self._ranks[row]), key=lambda row: self._ranks[row]
        ):
            best = self._best(row, self._possible(row, found))
            if self._ranks[row] >= _MIDDLE and self._score(row, best) < _RIGHT * len(
                self._telling(row, best)
            ):
                for roots, inner in self._trees(row, found):
                    if self._score(row, roots) > self._score(row, best):
                        best, found = roots, {**inner, **found}
            if best and (self._score(row, best) or not self._stands_apart(row)):
                found[row] = best
            else:
                lost.append(row)
        return Hierarchy(found, tuple(sorted(lost)))

    def _best(self, row: int, covers: Iterable[Rows]) -> Rows:
        """The first of those that most figures bear out."""
        return max(
            dict.fromkeys(cover for cover in covers if cover),
            key=lambda cover: self._score(row, cover),
            default=(),
        )

    @cached_property
    def _rows(self) -> Rows:
        """Rows that count by themselves: all but 其中 and those without a figure."""
        table = self.table
        return tuple(
            row
            for row in table.rows
            if table.kinds[row] != "within"
            and any(
                (row, column) in table.numbers or (row, column) in table.unread
                for column in self.columns
            )
        )

    @cached_property
    def _place(self) -> Mapping[int, int]:
        return {row: at for at, row in enumerate(self._rows)}

    @cached_property
    def _ranks(self) -> Mapping[int, int]:
        """How high every row stands: a 县级小计 in every prefecture is below the prefecture's own total."""
        kinds = self.table.kinds
        middles = sum(kinds[row] == "middle" for row in self._rows)
        subs = {
            row
            for row in self._rows
            if kinds[row] == "group" and re.search("小[计計]", self.table.label(row))
        }
        ranks = {"middle": _MIDDLE if middles == 1 else _SUB, "grand": _GRAND}
        return {
            row: _SUB
            if row in subs
            else _GROUP
            if kinds[row] == "group"
            else ranks.get(kinds[row], _LEAF)
            for row in self._rows
        }

    @cached_property
    def _steps(self) -> tuple[int, int]:
        """Where the rows of subtotals are, below (1) or above (−1): as most of them say."""
        score = Counter({1: 0, -1: 0})
        for row in self._rows:
            if self._ranks[row] in (_SUB, _GROUP):
                for step in score:
                    score[step] += max(
                        (
                            self._score(row, cover)
                            for cover in self._with_own(row, self._beside(row, step, _SUB), {})
                        ),
                        default=0,
                    )
        return (1, -1) if score[1] >= score[-1] else (-1, 1)

    def _possible(self, row: int, found: Mapping[int, Rows]) -> Iterator[Rows]:
        """What a total may stand for, the likeliest first."""
        rank = self._ranks[row]
        sides = [
            self._beside(row, step, below)
            for below in dict.fromkeys((rank, _SUB))
            for step in self._steps
        ]
        spans = {_GRAND: [self._rows, *sides], _MIDDLE: [*sides, self._rows]}.get(
            rank, [self._named(row), *sides]
        )
        for span in spans:
            yield from self._with_own(row, [each for each in span if not self._ranks[each]], found)
        for span in spans:
            yield from self._with_own(row, self._outermost(span, found, rank), found)

    def _beside(self, row: int, step: int, rank: int) -> Rows:
        """The rows below (1) or above (−1) up to the next total of that rank or a higher one."""
        at, span = self._place[row] + step, list[int]()
        while 0 <= at < len(self._rows) and self._ranks[self._rows[at]] < rank:
            span.append(self._rows[at])
            at += step
        return tuple(sorted(span))

    def _outermost(self, rows: Sequence[int], found: Mapping[int, Rows], rank: int) -> Rows:
        """The totals among some rows that stand lower than `rank`, and what none of them adds up."""
        totals = [row for row in rows if row in found and self._ranks[row] < rank]
        inner = {each for row in totals for each in self._under(row, found)}
        return tuple(
            row for row in rows if row not in inner and (not self._ranks[row] or row in totals)
        )

    def _under(self, row: int, found: Mapping[int, Rows]) -> Iterator[int]:
        for each in found.get(row, ()):
            yield each
            yield from self._under(each, found)

    def _with_own(self, row: int, rows: Sequence[int], found: Mapping[int, Rows]) -> Iterator[Rows]:
        """With all 本级 rows; without the province's; with those that a subtotal adds up; with none; with those of its name."""
        kinds, grouped = self.table.kinds, {each for cover in found.values() for each in cover}
        counties = tuple(each for each in rows if kinds[each] != "own")
        yield tuple(rows)
        if len(counties) < len(rows):
            yield tuple(
                each
                for each in rows
                if kinds[each] != "own" or not is_of_province(self.table.label(each))
            )
            yield tuple(each for each in rows if kinds[each] != "own" or each in grouped)
            yield counties
        if counties:
            name = stem(self.table.label(row))
            mine = [
                each
                for each in self._rows
                if kinds[each] == "own"
                and same_prefecture(self.table.label(each).split("本级")[0], name)
            ]
            yield tuple(sorted({*counties, *mine}))

    def _named(self, row: int) -> Rows:
        """Leaves that say they belong to the prefecture the total is named after."""
        name = stem(self.table.label(row))
        return tuple(
            each
            for each in self._rows
            if not self._ranks[each]
            and any(same_prefecture(text, name) for text in self._texts[each])
        )

    @cached_property
    def _texts(self) -> Mapping[int, Sequence[str]]:
        """What a row says beside its name."""
        table = self.table
        columns = [
            column for column in table.headers if column not in (*table.numeric, table.name_column)
        ]
        return {
            row: [
                normalise(to_text(cell))
                for column in columns
                if not is_blank(cell := table.page.sheet.at(row, column))
            ]
            for row in self._rows
        }

    def _trees(
        self, row: int, found: Mapping[int, Rows]
    ) -> Iterator[tuple[Rows, Mapping[int, Rows]]]:
        """A table whose rows add up the rows under them though no name says so: 教育支出 above 小学 and 中学.

        What is left when they are put together, and what they add up. A row over a single one, which is the same figure twice,
        is only looked for where two or more do not explain the total.
        """
        rows = self._outermost(
            [each for each in self._rows if each != row], found, self._ranks[row]
        )
        for fewest in (2, 1) if len(rows) <= MOST_IN_TREE else ():
            roots, inner = list[int](), dict[int, Rows]()
            for each in reversed(rows):
                counts = (
                    count
                    for count in range(fewest, len(roots) + 1)
                    if self._holds(each, tuple(roots[-count:]))
                )
                if count := next(counts, 0):
                    inner[each] = tuple(sorted(roots[-count:]))
                    del roots[-count:]
                roots.append(each)
            yield tuple(sorted(roots)), inner

    def _holds(self, row: int, cover: Rows) -> bool:
        """Whether every figure of a row is the sum of others."""
        telling = self._telling(row, cover)
        return bool(telling) and all(
            self.agrees(row, cover, column) is not False for column in telling
        )

    def _telling(self, row: int, cover: Rows) -> list[int]:
        """Columns that tell readings apart: those of nothing bear out every one."""
        numbers = self.table.numbers
        return [
            column
            for column in self.columns
            if (row, column) in numbers
            and any(numbers.get((each, column)) for each in (row, *cover))
        ]

    def _score(self, row: int, cover: Rows) -> int:
        said = [self.agrees(row, cover, column) for column in self._telling(row, cover)]
        return sum(_RIGHT if right else _NEAR if right is None else 0 for right in said)

    def _stands_apart(self, row: int) -> bool:
        """Whether a subtotal comes after the total of the whole table, below which there is no row."""
        last = max((each for each in self._rows if not self._ranks[each]), default=-1)
        return self._ranks[row] < _GRAND and any(
            self._ranks[each] == _GRAND and last < each < row for each in self._rows
        )
