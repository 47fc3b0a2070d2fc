"""The result workbook written by the tool; by openpyxl as bare values; and the same workbook by openpyxl."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.styles import NamedStyle

from replicas import workbook
from transfer_opt.allocation import allocate
from transfer_opt.core.tables import Report
from transfer_opt.intake import prepare
from transfer_opt.report.workbook import build
from transfer_opt.workbook.save import write_report


@dataclass(frozen=True)
class Compared:
    """Processor seconds of each, and how many cells hold something or have a look."""

    ours: float
    bare: float
    same: float
    cells: int


def compared(folder: Path, count: int) -> Compared:
    """Ours, and openpyxl both ways."""
    prepared = prepare.prepare(workbook(folder / f"w{count}.xlsx", count))
    report = build(allocate.allocate(prepared, "highs"), "", "")
    ours = _seconds(lambda: write_report(report, folder / "ours.xlsx"))
    bare = _seconds(lambda: bare_values(report, folder / "bare.xlsx"))
    sheets, looks = _read(folder / "ours.xlsx")
    same = _seconds(lambda: same_workbook(sheets, looks, folder / "same.xlsx"))
    return Compared(ours, bare, same, sum(len(sheet.cells) for sheet in sheets))


def plain_pass(path: Path, rows: int = 35_000, columns: int = 30) -> float:
    """Seconds XlsxWriter takes, in constant memory, for one sheet of a name and figures without formats."""
    drawn = random.Random(1)
    cells = [
        [f"县{row}", *(drawn.uniform(0, 1000) for _ in range(columns - 1))] for row in range(rows)
    ]
    start = time.perf_counter()
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet()
    for place, row in enumerate(cells):
        for column, value in enumerate(row):
            sheet.write(place, column, value)
    book.close()
    return time.perf_counter() - start


def bare_values(report: Report, path: Path) -> None:
    """The values of every table, no formats, no formulas, no charts."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for table in report.tables:
        sheet = book.create_sheet(table.name)
        sheet.append([table.title])
        sheet.append([column.name for column in table.columns])
        for row in table.rows:
            sheet.append(
                [
                    f"'{value}" if isinstance(value, str) and value.startswith("=") else value
                    for value in row.values
                ]
            )
    book.save(path)


@dataclass(frozen=True)
class Sheet:
    """What a sheet holds: (row, column, value or formula, number of its look), widths, heights, merged cells."""

    name: str
    cells: list[tuple[int, int, Any, int]]
    widths: dict[str, float]
    heights: dict[int, float]
    merged: list[str]
    frozen: str


def same_workbook(sheets: list[Sheet], looks: list[NamedStyle], path: Path) -> None:
    """The same cells with the same formulas and formats, no charts, conditions or print settings.

    A named style per cell is the fastest way openpyxl documents; setting font, fill, border and so on one by one takes
    four times as long.
    """
    book = openpyxl.Workbook()
    book.remove(book.active)
    for look in looks:
        book.add_named_style(look)
    for sheet in sheets:
        made = book.create_sheet(sheet.name)
        for row, column, value, look in sheet.cells:
            made.cell(row, column, value).style = looks[look].name
        for letter, width in sheet.widths.items():
            made.column_dimensions[letter].width = width
        for number, height in sheet.heights.items():
            made.row_dimensions[number].height = height
        for cells in sheet.merged:
            made.merge_cells(cells)
        made.freeze_panes = sheet.frozen
    book.save(path)


def _read(path: Path) -> tuple[list[Sheet], list[NamedStyle]]:
    book, numbers, looks = openpyxl.load_workbook(path), dict[Any, int](), list[NamedStyle]()
    sheets = []
    for source in book.worksheets:
        cells = []
        for cell in (
            cell
            for row in source.iter_rows()
            for cell in row
            if cell.value is not None or cell.has_style
        ):
            key = tuple(cell._style)
            if key not in numbers:
                numbers[key] = len(looks)
                looks.append(
                    NamedStyle(
                        f"look{len(looks)}",
                        copy(cell.font),
                        copy(cell.fill),
                        copy(cell.border),
                        copy(cell.alignment),
                        cell.number_format,
                    )
                )
            cells.append((cell.row, cell.column, cell.value, numbers[key]))
        sheets.append(
            Sheet(
                source.title,
                cells,
                {key: found.width for key, found in source.column_dimensions.items()},
                {key: found.height for key, found in source.row_dimensions.items()},
                [str(found) for found in source.merged_cells.ranges],
                source.freeze_panes or "A1",
            )
        )
    return sheets, looks


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
