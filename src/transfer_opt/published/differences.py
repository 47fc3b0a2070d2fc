"""A table as it should be against a sheet as it stands: every cell that differs, with both values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import Place, address
from transfer_opt.core.errors import Problem
from transfer_opt.core.tables import BAND_ROW, FIRST_ROW, HEADER_ROW, Table
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.output.styles import AMOUNT_KINDS
from transfer_opt.workbook.result.fingerprint import constant, contents
from transfer_opt.workbook.result.pages import Page
from transfer_opt.workbook.result.seals import said

KEYS = (
    "行政区划代码",
    "县区名称",
    "市州",
    "资金",
    "规则",
    "参数",
    "对象",
    "变动",
    "指标",
    "口径",
    "项目",
)
"""Columns that say of what a row speaks."""
NOISE = 1e-13
"""What programs add up differently in binary, relative to the largest number of the column."""
MOST_CELLS = 30
"""Cells named per sheet; the rest is counted."""
MOST_ROWS = 10
"""Hidden rows that are named; the rest is counted."""
RATIO_DUST, RATIO_SHARE = 1e-7, 1e-6
"""What is no money may differ by so much, and by this share of itself, where money may differ at all."""
WORDED = ("主要原因", "说明", "评价", "结论", "是否起作用")
"""Columns that each version of the program may put in words of its own."""
WORDED_FACTS = ("工具版本", "唯一性", "证明", "说明", "警告")
"""Items of 「审计信息」 that it may."""
LONGEST_SHOWN = 200
"""Characters of a value that are repeated in a message."""


@dataclass(frozen=True)
class Expected:
    """A table of the report derived again."""

    table: Table
    label: str
    sums: Sums
    dust: float = 0.0
    """Money may differ by so much: what solvers differ by, where the sheet is as it was written."""
    wording: bool = True
    """Whether what is put in words must be the same; another version of the program may say it in others."""

    def room(self, column: int, should: float) -> float:
        """By how much a number of a column may differ: no ratio as much as an amount."""
        kind = self.table.columns[column].kind if column < len(self.table.columns) else "number"
        return (
            self.dust
            if kind in AMOUNT_KINDS
            else min(self.dust, RATIO_DUST + RATIO_SHARE * abs(should))
        )

    def is_worded(self, at: Place) -> bool:
        """Whether a text is the program's own wording, and no name, unit, header or item."""
        row, column = at[0] - FIRST_ROW, at[1]
        if row < 0:
            return at[0] == BAND_ROW and bool(self.table.verdict)
        if row >= len(self.table.rows):
            return True
        name = self.table.columns[column].name if column < len(self.table.columns) else ""
        return (
            name in WORDED or name == "内容" and str(self.table.rows[row].values[0]) in WORDED_FACTS
        )


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
        if should == stands:
            continue
        if should[:1] == stands[:1] == "n" and same_number(
            float(should[1:]),
            float(stands[1:]),
            expected.room(at[1], float(should[1:])) if at[0] >= FIRST_ROW else 0.0,
        ):
            continue
        told = _difference(page, expected.table, at, _shown(should), _shown(stands))
        worded = (
            not expected.wording
            and should[:1] in "t"
            and stands[:1] in "t"
            and expected.is_worded(at)
        )
        yield (
            replace(
                told,
                code="W618",
                message=f"本版本写作「{_shown(should)}」，版本不同，文字不能比较。",
            )
            if worded
            else told
        )


def _carried(expected: Expected, page: Page) -> Iterator[Problem]:
    """The values that formulas carry; a formula that no program has calculated carries none."""
    table = expected.table
    largest = [
        max((abs(value) for value in column if isinstance(value, int | float)), default=0.0)
        for column in zip(*(row.values for row in table.rows), strict=True)
    ]
    for at in sorted(page.formulas):
        row, column = at[0] - FIRST_ROW, at[1]
        value = page.value(at)
        if value is None or not (0 <= row < len(table.rows) and column < len(table.columns)):
            continue
        should = table.rows[row].values[column]
        room = expected.room(column, should) if isinstance(should, int | float) else 0.0
        if not agrees(should, value, max(room, NOISE * largest[column])):
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
    stands = [
        tuple(cells.get((row, index), "") for index in keys) for row in range(FIRST_ROW, last + 1)
    ]
    if not keys or len(wanted) == len(stands):
        return
    for kind, first, end, start, stop in SequenceMatcher(
        None, wanted, stands, autojunk=False
    ).get_opcodes():
        for place in range(first, end) if kind != "equal" else ():
            yield Problem(
                "A603",
                f"应有「{_named(wanted[place])}」一行，被删去或改动。",
                sheet=page.name,
                cell=f"A{FIRST_ROW + start + 1}",
            )
        for place in range(start, stop) if kind != "equal" else ():
            yield Problem(
                "A603",
                f"不应有「{_named(stands[place])}」一行。",
                sheet=page.name,
                cell=f"A{FIRST_ROW + place + 1}",
            )


def _named(key: tuple[str, ...]) -> str:
    return "·".join(text[1:] for text in key if text)


def _difference(page: Page, table: Table, at: Place, should: str, stands: str) -> Problem:
    header = table.columns[at[1]].name if at[0] > HEADER_ROW and at[1] < len(table.columns) else ""
    return Problem("A602", f"应为「{should}」。", "", page.name, address(at), header, stands)


def _shown(text: str) -> str:
    """Canonical text as a reader would write it."""
    shown = said(float(text[1:]) if text[:1] == "n" else text[1:])
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"


def own_differences(given: RawSheet, stands: RawSheet) -> Iterator[Problem]:
    """A sheet of the user's own in the result's workbook against the same sheet of the budget: hidden, or other values."""
    name = stands.name
    if given.is_hidden != stands.is_hidden:
        yield Problem(
            "A610",
            "整张表被隐藏。" if stands.is_hidden else "这张表在输入工作簿里是隐藏的。",
            sheet=name,
        )
    calculated = set(given.facts.formulas)
    wrong = [
        at
        for at in _places(given, stands)
        if at not in calculated and not _same(_value(given, at), _value(stands, at))
    ]
    for at in wrong[:MOST_CELLS]:
        should, found = said(_value(given, at)), said(_value(stands, at))
        yield Problem("A602", f"在输入工作簿里是「{should}」。", "", name, address(at), "", found)
    if len(wrong) > MOST_CELLS:
        yield Problem(
            "A602", f"另有 {len(wrong) - MOST_CELLS} 个单元格与输入工作簿不符。", sheet=name
        )


def _places(*sheets: RawSheet) -> list[Place]:
    return sorted(
        {
            (row, column)
            for sheet in sheets
            for row, values in enumerate(sheet.rows)
            for column, value in enumerate(values)
            if value not in (None, "")
        }
    )


def _value(sheet: RawSheet, at: Place) -> object:
    return sheet.at(*at) if at[0] < len(sheet.rows) else None


def _same(one: object, other: object) -> bool:
    return constant(one) == constant(other)


def hidden_told(sheet: str, rows: list[int], known: bool) -> Iterator[Problem]:
    """Rows that do not show: a discrepancy where the budget is at hand, else a remark."""
    if rows:
        told = "、".join(map(str, rows[:MOST_ROWS])) + (" 等" if len(rows) > MOST_ROWS else "")
        yield Problem(
            "A610" if known else "W613",
            f"有 {len(rows)} 行被隐藏：第 {told} 行。打印和查看时看不到它们，数是核对过的。",
            sheet=sheet,
        )
