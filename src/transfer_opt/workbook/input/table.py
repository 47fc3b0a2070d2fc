"""A sheet whose headers have been found: which rows are data, totals, footers; title, labels and unit above them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import RawCell, is_blank, normalise, to_number, to_text
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    BOUNDS,
    COUNTIES,
    EXAMPLE,
    POOLS,
    RULES,
    SCENARIOS,
    SIGNATURE,
    SUCCESSION,
)
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.input import remarks
from transfer_opt.workbook.input.columns import FREE_HEADERS, CellKind
from transfer_opt.workbook.input.headers import (
    MEASURES,
    MONEY_UNITS,
    Header,
    HeaderRows,
    money_units,
)
from transfer_opt.workbook.input.totals import Prefectures, same_prefecture, total_kind

_FOOTER = re.compile(
    r"制表|填表|填报|编制|审核|复核|批准|审批|负责人|单位负责人|经办|联系人|联系电话|数据来源|资料来源|附注"
    r"|(?:注|备注|说明|日期)(?::|\d|$)|\d{4}年\d{1,2}月(?:\d{1,2}日)?$"
)
_LONGEST_NAME = 25
"""A text longer than this that stands alone in its row is a remark, not a name."""
_UNIT_CELL = re.compile(r"[(\[]?(?:金额|计量|货币)?单位")
NUMBERING = frozenset({"栏次", "列次", "行次", "甲"})
_ATTACHMENT = re.compile(r"附[件表]\d*:?")
_NAME_HEADER = {
    COUNTIES: "县区名称",
    POOLS: "资金",
    BOUNDS: "县区名称",
    BENEFICIARIES: "县区名称",
    SUCCESSION: "原名称",
}
"""The sheets that may hold totals rows, and the column that names their rows."""


@dataclass(frozen=True)
class Table:
    """A grid with its headers understood; rows and columns count from 0."""

    name: str
    sheet: RawSheet
    place: HeaderRows
    columns: Mapping[int, Header]
    """Column → header, each name once."""
    rows: tuple[int, ...] = ()
    """Rows holding data or totals."""

    def at(self, row: int, column: int) -> RawCell:
        """The cell, or None beyond the end of the row."""
        return self.sheet.at(row, column)

    def cell(self, row: int, column: int) -> str:
        """The address of a cell as the user sees it."""
        return f"{column_letters(column)}{row + 1}"

    def header_cell(self, column: int) -> str:
        """The address of a column's header."""
        return self.cell(self.place.last, column)

    def texts(self, header: str) -> dict[int, str]:
        """Row → normalised text of the column of that name; empty without the column."""
        columns = [column for column, known in self.columns.items() if known.name == header]
        return {
            row: normalise(to_text(self.at(row, column))) for column in columns for row in self.rows
        }


def lay_out(name: str, raw: RawSheet, place: HeaderRows) -> tuple[Table, list[Problem]]:
    """The table below the headers, and the headers that come twice (the first one counts)."""
    first: dict[str, int] = {}
    problems: list[Problem] = []
    for column, header in place.headers.items():
        if header.name in first:
            earlier, later = (
                f"{column_letters(index)}{place.last + 1}" for index in (first[header.name], column)
            )
            problems.append(remarks.doubled_header(name, header.name, earlier, later))
        else:
            first[header.name] = column
    table = Table(
        name, raw, place, {column: place.headers[column] for column in sorted(first.values())}
    )
    return replace(table, rows=tuple(_filled_rows(table))), problems


def cell_kind(table: Table, column: int) -> CellKind:
    """How the cells of a column are read; a column of the user's own is numeric when all its texts are numbers."""
    header = table.columns[column]
    if header.column:
        return header.column.kind
    if table.name in FREE_HEADERS:
        return "free"
    texts = (
        cell
        for row in table.rows
        if isinstance(cell := table.at(row, column), str) and not is_blank(cell)
    )
    return "number" if all(to_number(text) is not None for text in texts) else "free"


def total_rows(table: Table) -> tuple[set[int], dict[int, str]]:
    """Rows that are totals by their name cell; and, with their name, rows named like a prefecture with units."""
    if table.name not in _NAME_HEADER:
        return set(), {}
    names = table.texts(_NAME_HEADER[table.name])
    totals = {row for row in table.rows if total_kind(names.get(row) or _first_text(table, row))}
    prefectures = table.texts("市州")
    with_units = Prefectures(
        prefecture
        for row, prefecture in prefectures.items()
        if row not in totals and names.get(row) and not same_prefecture(names[row], prefecture)
    )
    return totals, {
        row: name for row, name in names.items() if row not in totals and name in with_units
    }


def headings(table: Table) -> tuple[str, tuple[str, ...]]:
    """The title and the other texts above the headers; unit cells and the band of group names are neither."""
    lines = [
        [
            text
            for cell in row
            if isinstance(cell, str) and (text := to_text(cell)) and not _is_unit_cell(text)
        ]
        for row in table.sheet.rows[: table.place.first]
    ]
    if lines and len(lines[-1]) > 1 and any(lines[:-1]):
        lines = lines[:-1]
    texts = [text for line in lines for text in line if not _ATTACHMENT.fullmatch(normalise(text))]
    title = next((text for text in texts if not normalise(text).startswith(EXAMPLE)), "")
    labels = [text for text in texts if text != title]
    if EXAMPLE in normalise(title) and not any(EXAMPLE in normalise(label) for label in labels):
        labels.append(EXAMPLE)
    return title, tuple(labels)


def money_unit(table: Table) -> tuple[str | None, list[Problem]]:
    """The unit of the sheet's amounts by its 单位 row and its headers, and what is wrong with them."""
    said: dict[str, str] = {}
    problems: list[Problem] = []
    for cell, column, unit, allowed in _units(table):
        if unit not in allowed:
            problems.append(
                remarks.unusable_unit(table.name, cell, column, unit, "或".join(sorted(allowed)))
            )
        elif unit in MONEY_UNITS:
            said.setdefault(unit, cell)
    if len(said) > 1:
        problems.append(remarks.disagreeing_units(table.name, said))
    return next(iter(said), None), problems


def _units(table: Table) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """Cell, column, unit and the units allowed there, for every unit stated."""
    for row in range(table.place.first):
        for column, cell in enumerate(table.sheet.rows[row]):
            for unit in money_units(cell) if isinstance(cell, str) else ():
                if unit.endswith("人"):
                    yield table.cell(row, column), "", unit, MEASURES["人"]
                elif (
                    ("元" in unit and "/" not in unit)
                    or unit.endswith("币")
                    or not unit.strip("十百千万亿")
                ):
                    yield table.cell(row, column), "", unit, MEASURES["金额"]
    for column, header in table.columns.items():
        if header.unit and header.column and header.column.measure:
            yield (
                table.header_cell(column),
                header.name,
                header.unit,
                MEASURES[header.column.measure],
            )


def _filled_rows(table: Table) -> Iterator[int]:
    """The rows that hold data or totals: no blank rows, footers, repeated headers or column numbering."""
    below_footer = False
    first = table.place.last + 1
    numeric = [
        column
        for column, header in table.columns.items()
        if header.column and header.column.kind == "number"
    ]
    for number in range(first, len(table.sheet.rows)):
        cells = table.sheet.rows[number]
        if number > first and any(
            column < len(cells) and type(cells[column]) is float for column in numeric
        ):
            yield number  # no header, footer or blank row holds numbers in such a column
            continue
        seen = [cell for cell in cells if not is_blank(cell)]
        if not seen or _is_repeated_header(table, number):
            continue
        lead = normalise(seen[0]) if isinstance(seen[0], str) else ""
        if _signs(table, number):
            yield number
        elif is_footer(seen) or (below_footer and len(seen) == 1 and lead):
            below_footer = True
        elif not (number == first and lead in NUMBERING) and _touches(table, number):
            yield number


def _signs(table: Table, number: int) -> bool:
    """Whether the row says who made a scenario, in the column of the rules, and no footer says who made the table."""
    cells = {
        header.name: cell
        for column, header in table.columns.items()
        if not is_blank(cell := table.at(number, column))
    }
    return (
        table.name in (RULES, SCENARIOS)
        and normalise(to_text(cells.get("规则"))) in SIGNATURE
        and not cells.keys() <= {"规则", "资金", "参数", "对象"}
    )


def _touches(table: Table, number: int) -> bool:
    return any(not is_blank(table.at(number, column)) for column in table.columns)


def _is_unit_cell(text: str) -> bool:
    return _UNIT_CELL.match(normalise(text)) is not None and bool(money_units(text))


def is_footer(seen: Sequence[RawCell]) -> bool:
    """Whether the filled cells of a row say who made the table, or remark on it."""
    first = normalise(seen[0]) if isinstance(seen[0], str) else ""
    if not first or any(isinstance(cell, (int, float)) for cell in seen):
        return False
    return _FOOTER.match(first) is not None or (len(seen) == 1 and len(first) > _LONGEST_NAME)


def _is_repeated_header(table: Table, number: int) -> bool:
    """Whether the row prints the header once more, as on the second page of a table."""
    cells = [cell for cell in enumerate(table.sheet.rows[number]) if not is_blank(cell[1])]
    return len(cells) > 1 and all(
        isinstance(cell, str)
        and normalise(cell) == normalise(to_text(table.at(table.place.last, column)))
        for column, cell in cells
    )


def _first_text(table: Table, number: int) -> str:
    # 合计 is often merged over code and name, so that it stands in the code column.
    first = next((cell for cell in table.sheet.rows[number] if not is_blank(cell)), None)
    return first if isinstance(first, str) else ""
