"""The result workbook written by the tool and, as bare values, by openpyxl."""

from __future__ import annotations

import time
from pathlib import Path

from replicas import workbook
from transfer_opt import run
from transfer_opt.report import build
from transfer_opt.sheets import Report
from transfer_opt.workbook.writer import write_report


def compared(folder: Path, count: int) -> tuple[float, float, int]:
    """Seconds of ours, seconds of openpyxl, cells."""
    prepared = run.prepare(workbook(folder / f"w{count}.xlsx", count))
    report = build(run.allocate(prepared, "highs"), "", "")
    start = time.perf_counter()
    write_report(report, folder / "ours.xlsx")
    ours = time.perf_counter() - start
    start = time.perf_counter()
    cells = by_openpyxl(report, folder / "theirs.xlsx")
    return ours, time.perf_counter() - start, cells


def by_openpyxl(report: Report, path: Path) -> int:
    """The values of every table, no formats, no formulas, no charts; how many cells."""
    import openpyxl

    book, cells = openpyxl.Workbook(), 0
    book.remove(book.active)
    for table in report.tables:
        sheet = book.create_sheet(table.name)
        sheet.append([table.title])
        sheet.append([column.name for column in table.columns])
        for row in table.rows:
            sheet.append([f"'{value}" if isinstance(value, str) and value.startswith("=") else value for value in row.values])
            cells += len(row.values)
    book.save(path)
    return cells
