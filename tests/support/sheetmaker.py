"""Makes little workbooks for the tests."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

HEADERS = ["行政区划代码", "县区名称", "市州", "常住人口", "可用财力"]
ROWS: list[list[Any]] = [
    ["630102", "城东区", "西宁市", 489372, 192715],
    ["630103", "城中区", "西宁市", 325813, 125882.5],
    ["632221", "门源回族自治县", "海北藏族自治州", 138335, 60117],
]


def write(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    merges: Iterable[str] = (),
    offset: int = 0,
) -> Path:
    """A workbook of plain rows; `merges` are ranges of the first sheet, `offset` shifts tables right and down."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows, offset):
            for column, cell in enumerate(cells, offset):
                if isinstance(cell, (datetime.date, datetime.datetime)):
                    sheet.write_datetime(row, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is not None:
                    sheet.write(row, column, cell)
    for merge in merges:
        book.worksheets()[0].merge_range(merge, None)
    book.close()
    if merges:
        _restore_merged_texts(path, sheets)
    return path


def _restore_merged_texts(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    # merge_range blanks its cells, so the first cell of each range is written again.
    book = openpyxl.load_workbook(path)
    sheet = book[next(iter(sheets))]
    rows = next(iter(sheets.values()))
    for merge in sheet.merged_cells.ranges:
        cells = rows[merge.min_row - 1]
        sheet.cell(merge.min_row, merge.min_col).value = cells[merge.min_col - 1]
    book.save(path)


WITH_TOTALS: list[list[Any]] = [
    ["单位：万元"],
    HEADERS,
    [None, "合  计", None, 953520, 378714.5],
    [None, "西宁市小计", "西宁市", 815185, 318597.5],
    *ROWS[:2],
    [None, "海北州小计", None, 138335, 60117],
    [None, "州本级", "海北藏族自治州", None, 500],
    ROWS[2],
    [],
    ["注：空白表示没有数据。"],
    ["2. 第二条。"],
    ["制表：张三", None, "审核：李四"],
]
