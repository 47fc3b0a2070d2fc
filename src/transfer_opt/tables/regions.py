"""Where the tables of a sheet are: their header lines, their rows, their columns, decided by kind of content.

A header line names columns that hold numbers further down. Titles, units, rows that number the columns, section names, blank
rows and footers are none of a table's rows; a new header below a blank row or a title begins a new table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.text import is_blank, normalise, to_number, to_text
from transfer_opt.tables.words import (
    NUMBERING,
    NUMBERING_STARTS,
    is_name_header,
    is_placeholder,
    row_kind,
)
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.input.headers import header_lines, money_units
from transfer_opt.workbook.input.table import is_footer

MOST_LINES = 4
_LEFT = 3
"""Columns among which names are looked for: numbers of rows and codes may stand before them."""
_YEARS = (1949, 2100)
_SIGNED = re.compile(
    r"(?:制表|填表|填报|编制|审核|复核|批准|审批|负责|经办|联系|日期|注|备注|说明|数据来源|资料来源)[^:]{0,4}:"
)
"""A footer, whatever else stands in its row."""


@dataclass(frozen=True)
class Region:
    """A table: rows and columns count from 0."""

    above: int
    """The first row that may say something about it, such as its unit."""
    first: int
    last: int
    """Its header lines."""
    lines: Mapping[int, tuple[str, ...]]
    """Column → the lines of its header, top to bottom."""
    rows: tuple[int, ...]
    folded: bool = False
    """Whether the same columns stand side by side more than once, as when a long list is printed in two."""


def regions(sheet: RawSheet) -> list[Region]:
    """Every table of a sheet, from the top; those side by side from the left."""
    grid = _Grid(sheet)
    found: list[Region] = []
    at = above = 0
    while place := grid.header(at):
        first, last = place
        rows, at = grid.body(last)
        found += grid.side_by_side(Region(above, first, last, grid.lines(first, last, rows), rows))
        above = at
    return found


class _Grid:
    """The rows of one sheet and what kind of row each is."""

    def __init__(self, sheet: RawSheet) -> None:
        self._rows, self._merges = sheet.rows, sheet.merges
        self._below = {
            (row, column)
            for top, left, bottom, right in sheet.merges
            if bottom - top < MOST_LINES
            for row in range(top + 1, bottom + 1)
            for column in range(left, right + 1)
        }
        """Cells that belong to the cell above them."""
        self._kinds: dict[int, str] = {}

    def header(self, start: int) -> tuple[int, int] | None:
        """First and last line of the next header that has numbers under it."""
        at = start
        while at < len(self._rows):
            if self._kind(at) != "header":
                at += 1
                continue
            run = self._run(at)
            if self._leads_to_numbers(run.stop):
                return self._chosen(run)
            at = run.stop
        return None

    def body(self, last: int) -> tuple[tuple[int, ...], int]:
        """The rows under a header, and where the next table may begin."""
        kept: list[int] = []
        gap = ended = False
        for at in range(last + 1, len(self._rows)):
            kind = self._kind(at)
            if kind == "blank":
                gap = True
            elif (
                kind == "header"
                and self._repeats(at, last)
                and not (gap and self._is_another(kept, at))
            ):
                pass
            elif kind == "header" and self._begins(at, last, gap):
                return tuple(kept), at
            elif kind == "title":
                gap = True
            elif kind == "section" and not ended:
                kept.append(at)
                gap = True
            elif kind == "footer" or (ended and len(self._seen(at)) == 1 and kind != "data"):
                ended = True
            elif not (kind == "numbering" and not kept):
                kept.append(at)
                gap = False
        return tuple(kept), len(self._rows)

    def lines(self, first: int, last: int, rows: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The header of every column, years as text; a column of numbers without one is called by its letters."""
        shown = [
            [to_text(cell) for cell in row] if first <= at <= last else row
            for at, row in enumerate(self._rows[: last + 1])
        ]
        named = header_lines(shown, self._merges, first, last)
        filled = {
            column
            for row in rows
            for column, cell in enumerate(self._rows[row])
            if isinstance(cell, int | float)
        }
        return dict(
            sorted(
                {**{column: (f"{column_letters(column)}列",) for column in filled}, **named}.items()
            )
        )

    def side_by_side(self, region: Region) -> Iterator[Region]:
        """The tables that share these rows: each begins with a column of names of its own."""
        columns = sorted(region.lines)
        names = [column for column in columns if self._is_of_names(region, column)]
        again = [
            column
            for column in names[1:]
            if region.lines[column] == region.lines[names[0]] or column - 1 not in region.lines
        ]
        starts = [
            column
            for column in again
            if any(self._is_of_numbers(region, each) for each in columns if each > column)
            and any(
                self._is_of_numbers(region, each) for each in columns if names[0] < each < column
            )
        ]
        edges = [columns[0], *starts, columns[-1] + 1]
        parts = [
            {column: region.lines[column] for column in columns if left <= column < right}
            for left, right in zip(edges, edges[1:], strict=False)
        ]
        for part in parts:
            rows = tuple(
                row
                for row in region.rows
                if any(not is_blank(self._at(row, column)) for column in part)
            )
            folded = sum(list(part.values()) == list(other.values()) for other in parts) > 1
            yield Region(region.above, region.first, region.last, part, rows, folded)

    def _kind(self, at: int) -> str:
        if at not in self._kinds:
            self._kinds[at] = self._told(at)
        return self._kinds[at]

    def _told(self, at: int) -> str:
        """blank, title, footer, numbering, header or data."""
        seen = self._seen(at)
        texts = [cell for cell in seen if isinstance(cell, str) and to_number(cell) is None]
        if not seen:
            return "blank"
        lead = normalise(texts[0]) if texts else ""
        if _is_numbering(seen) and not self._goes_on(at):
            return "numbering"
        if any(is_total(text) for text in texts[:2]) and len(texts) < len(seen):
            return "data"
        if _SIGNED.match(lead) or is_footer(seen):
            return "footer"
        if any("单位" in text and money_units(text) for text in texts) and len(texts) == len(seen):
            return "title"
        if len(texts) == len(seen):
            words = [text for text in texts if not is_placeholder(text)]
            return "header" if len(words) > 1 else "section"
        years = all(
            _is_year(cell)
            for cell in seen
            if not isinstance(cell, str) or to_number(cell) is not None
        )
        named = (
            is_name_header(lead)
            if texts
            else self._is_below(at) or (at > 0 and self._kind(at - 1) == "header")
        )
        return "header" if years and named else "data"

    def _goes_on(self, at: int) -> bool:
        """Whether 甲 is followed by 乙 in the next row: then these are names."""
        below = next(
            (seen for row in range(at + 1, len(self._rows)) if (seen := self._seen(row))), [""]
        )
        return normalise(to_text(below[0])) in ("乙", "(乙)", "B")

    def _run(self, at: int) -> range:
        """Header lines one below the other; cells merged downwards hold them together."""
        end = at + 1
        while end < len(self._rows) and (
            self._kind(end) == "header" or (self._kind(end) != "data" and self._is_below(end))
        ):
            end += 1
        return range(at, end)

    def _chosen(self, run: range) -> tuple[int, int]:
        """The lines of a run that are header: what comes after a whole header are rows that hold words only."""
        last = run.stop - 1
        for at in run:
            name = self._name_column(at)
            if name is not None and not self._is_below(at):
                after = (
                    below
                    for below in run
                    if below > at
                    and not is_blank(self._at(below, name))
                    and (below, name) not in self._below
                    and not is_name_header(to_text(self._at(below, name)))
                )
                last = next(after, run.stop) - 1
                break
        return max(run.start, last - MOST_LINES + 1), last

    def _name_column(self, at: int) -> int | None:
        """The column that a header line announces names in, among its first."""
        filled = [column for column, cell in enumerate(self._rows[at]) if not is_blank(cell)]
        return next(
            (
                column
                for column in filled[:_LEFT]
                if is_name_header(to_text(self._rows[at][column]))
            ),
            None,
        )

    def _leads_to_numbers(self, at: int) -> bool:
        """Whether the next row that is no section, blank or numbering holds numbers."""
        while at < len(self._rows) and self._kind(at) in ("blank", "section", "numbering"):
            at += 1
        return at < len(self._rows) and self._kind(at) == "data"

    def _begins(self, at: int, last: int, gap: bool) -> bool:
        """Whether a line of words within a table is the header of another one."""
        run = self._run(at)
        first, before = (normalise(to_text(self._seen(row)[0])) for row in (at, last))
        known = self._name_column(at) is not None or first == before
        under = next(
            (row for row in range(run.stop, len(self._rows)) if self._kind(row) == "data"), None
        )
        covers = under is not None and all(
            not is_blank(self._at(at, column)) or run.stop - at > 1
            for column, cell in enumerate(self._rows[under])
            if not is_blank(cell) and not isinstance(cell, str)
        )
        return self._leads_to_numbers(run.stop) and (known or (gap and covers))

    def _repeats(self, at: int, last: int) -> bool:
        """Whether the line prints the header once more, as on the second page."""
        return all(
            normalise(to_text(cell)) == normalise(to_text(self._at(last, column)))
            for column, cell in enumerate(self._rows[at])
            if not is_blank(cell)
        )

    def _is_another(self, above: Sequence[int], at: int) -> bool:
        """Whether the same header stands over another table: both have a total of their own."""
        below = next(
            (row for row in range(at + 1, len(self._rows)) if self._kind(row) == "header"),
            len(self._rows),
        )
        return all(
            any(self._is_grand(row) for row in rows) for rows in (above, range(at + 1, below))
        )

    def _is_grand(self, row: int) -> bool:
        return any(
            isinstance(cell, str) and row_kind(cell) == "grand" for cell in self._seen(row)[:2]
        )

    def _is_below(self, at: int) -> bool:
        return any(
            (at, column) in self._below
            for column in range(len(self._rows[at]))
            if is_blank(self._at(at, column))
        )

    def _is_of_names(self, region: Region, column: int) -> bool:
        cells = self._filled(region, column)
        return bool(cells) and 2 * sum(
            isinstance(cell, str) and to_number(cell) is None for cell in cells
        ) > len(cells)

    def _is_of_numbers(self, region: Region, column: int) -> bool:
        return (
            column in region.lines
            and bool(self._filled(region, column))
            and not self._is_of_names(region, column)
        )

    def _filled(self, region: Region, column: int) -> list[Any]:
        cells = [self._at(row, column) for row in region.rows]
        return [
            cell
            for cell in cells
            if not is_blank(cell) and not (isinstance(cell, str) and is_placeholder(cell))
        ]

    def _seen(self, at: int) -> list[Any]:
        return [cell for cell in self._rows[at] if not is_blank(cell)]

    def _at(self, row: int, column: int) -> Any:
        return self._rows[row][column] if column < len(self._rows[row]) else None


def is_total(text: str) -> bool:
    """Whether a row's name announces a total."""
    return row_kind(text) in ("grand", "middle", "group")


def _is_numbering(seen: Sequence[Any]) -> bool:
    """甲、乙、1、2、3: ordinals only, the numbers one after the other from 1."""
    texts = [normalise(to_text(cell)) for cell in seen]
    if len(texts) < 2 or not all(NUMBERING.fullmatch(text) for text in texts):
        return False
    counted = [int(text.strip("()").split("=")[0]) for text in texts if re.match(r"\(?\d", text)]
    leads = len(counted) == len(texts) or texts[0].strip("()") in NUMBERING_STARTS
    return (
        leads
        and counted == list(range(1, len(counted) + 1))
        and (len(texts) > 2 or texts[0] in ("栏次", "列次", "行次"))
    )


def _is_year(cell: Any) -> bool:
    number = to_number(cell) if isinstance(cell, str) else cell
    return (
        isinstance(number, int | float)
        and _YEARS[0] <= number <= _YEARS[1]
        and number == int(number)
    )
