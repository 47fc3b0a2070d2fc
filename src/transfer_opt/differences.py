"""A table as it should be against a sheet as it stands: every cell that differs, with both values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from transfer_opt.errors import Problem
from transfer_opt.sheets import Table, Value
from transfer_opt.workbook.cells import Place, address
from transfer_opt.workbook.fingerprint import constant, contents
from transfer_opt.workbook.formulas import Sums
from transfer_opt.workbook.layout import FIRST_ROW, HEADER_ROW
from transfer_opt.workbook.rereading import Page
from transfer_opt.workbook.seals import said

KEYS = ("行政区划代码", "县区名称", "市州", "资金", "规则", "参数", "对象", "变动", "指标", "口径", "项目")
"""Columns that say of what a row speaks."""
NOISE = 1e-13
"""What programs add up differently in binary, relative to the largest number of the column."""
MOST_CELLS = 30
"""Cells named per sheet; the rest is counted."""


Facts = Mapping[str, list[tuple[Place, str]]]
"""Item → its contents and where they stand, in order."""


@dataclass(frozen=True)
class Expected:
    """A table of the report derived again."""

    table: Table
    label: str
    sums: Sums
    dust: float = 0.0
    """Numbers may differ by so much: what solvers differ by, where the sheet is as it was written."""
    wording: bool = True
    """Whether texts must be the same; another version of the program may say things in other words."""


def differences(expected: Expected, page: Page) -> tuple[Problem, ...]:
    """Rows taken out or put in; where there are none, every cell that differs, up to MOST_CELLS."""
    moved = tuple(_moved_rows(expected.table, page))
    if moved:
        return moved
    found = [*_cells(expected, page), *_carried(expected, page)]
    rest = len(found) - MOST_CELLS
    if rest > 0:
        found[MOST_CELLS:] = [Problem("A602", f"另有 {rest} 个单元格不符。", sheet=page.name)]
    return tuple(found)


def same_number(left: float, right: float, room: float) -> bool:
    """Equal to 15 digits, or as near as `room`."""
    return f"{left + 0.0:.15g}" == f"{right + 0.0:.15g}" or abs(left - right) <= room


def _cells(expected: Expected, page: Page) -> Iterator[Problem]:
    """Constants by value, formulas by text."""
    wanted = contents(expected.table, expected.label, expected.sums)
    for at in sorted(wanted.keys() | page.contents.keys()):
        should, stands = wanted.get(at, ""), page.contents.get(at, "")
        if should == stands or (should[:1] == "t" and not expected.wording):
            continue
        if should[:1] == stands[:1] == "n" and same_number(float(should[1:]), float(stands[1:]), expected.dust):
            continue
        yield _difference(page, expected.table, at, _shown(should), _shown(stands))


def _carried(expected: Expected, page: Page) -> Iterator[Problem]:
    """The values that formulas carry; a formula that no program has calculated carries none."""
    table = expected.table
    largest = [max((abs(value) for value in column if isinstance(value, int | float)), default=0.0)
               for column in zip(*(row.values for row in table.rows), strict=True)]
    for at in sorted(page.formulas):
        row, column = at[0] - FIRST_ROW, at[1]
        value = page.value(at)
        if value is None or not (0 <= row < len(table.rows) and column < len(table.columns)):
            continue
        should = table.rows[row].values[column]
        if not agrees(should, value, max(expected.dust, NOISE * largest[column])):
            yield _difference(page, table, at, said(should), said(value))


def agrees(should: Value, value: object, room: float) -> bool:
    """Whether what a formula carries is what it should give; numbers as near as `room`."""
    if isinstance(should, int | float) and isinstance(value, int | float):
        return same_number(float(should), float(value), room)
    return constant(should) == constant(value)


def _moved_rows(table: Table, page: Page) -> Iterator[Problem]:
    """Rows that the sheet has more or less than the table, by what they speak of."""
    keys = [index for index, column in enumerate(table.columns) if column.name in KEYS]
    cells = page.contents
    last = max((row for row, _ in cells), default=0)
    wanted = [tuple(constant(row.values[index]) for index in keys) for row in table.rows]
    wanted += [(constant(note), *("" for _ in keys[1:])) for note in table.notes]
    stands = [tuple(cells.get((row, index), "") for index in keys) for row in range(FIRST_ROW, last + 1)]
    if not keys or len(wanted) == len(stands):
        return
    for kind, first, end, start, stop in SequenceMatcher(None, wanted, stands, autojunk=False).get_opcodes():
        for place in range(first, end) if kind != "equal" else ():
            yield Problem("A603", f"应有「{_named(wanted[place])}」一行，被删去或改动。", sheet=page.name, cell=f"A{FIRST_ROW + start + 1}")
        for place in range(start, stop) if kind != "equal" else ():
            yield Problem("A603", f"不应有「{_named(stands[place])}」一行。", sheet=page.name, cell=f"A{FIRST_ROW + place + 1}")


def _named(key: tuple[str, ...]) -> str:
    return "·".join(text[1:] for text in key if text)


def _difference(page: Page, table: Table, at: Place, should: str, stands: str) -> Problem:
    header = table.columns[at[1]].name if at[0] > HEADER_ROW and at[1] < len(table.columns) else ""
    return Problem("A602", f"应为「{should}」。", "", page.name, address(at), header, stands)


def _shown(text: str) -> str:
    """Canonical text as a reader would write it."""
    if text[:1] == "n":
        return said(float(text[1:]))
    return said(text[1:])


def text_rows(page: Page) -> Facts:
    """A sheet of 项目 and 内容: the contents of every item, and where they stand."""
    rows: dict[str, list[tuple[Place, str]]] = {}
    for row in range(FIRST_ROW, page.height):
        rows.setdefault(str(page.value((row, 0)) or ""), []).append(((row, 1), str(page.value((row, 1)) or "")))
    return rows
