"""Reads the sheets of a result workbook back as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer_opt.core.budget import Value
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.tables import Table
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook, open_workbook
from transfer_opt.workbook.result.uncalculated import worked_out

LABEL_ROW, HEADER_ROW = 1, 3
"""From 0: title, label and unit, band, header."""
UNIT = "单位："


@dataclass(frozen=True)
class ResultSheet:
    """One sheet as written: its rows as header → value, notes under the table included, its money unit, title and label."""

    rows: list[dict[str, Value]]
    unit: str
    title: str = ""
    label: str = ""
    """What stands at the left of the second row: 示例数据 where the data are."""


def read_result(
    path: Path, names: tuple[str, ...], also: tuple[str, ...] = ()
) -> dict[str, ResultSheet]:
    """The named sheets, and those of `also` that are there; raises InputError where the file is no result workbook."""
    book = open_workbook(path, wanted=frozenset(names + also).__contains__)
    return result_sheets(book, names, also)


def result_sheets(
    book: RawWorkbook, names: tuple[str, ...], also: tuple[str, ...] = ()
) -> dict[str, ResultSheet]:
    """The same of a workbook that is open already."""
    sheets = {sheet.name: sheet for sheet in book.sheets}
    for name in names:
        if name not in sheets:
            raise _no_result(book.path, f"没有「{name}」表")
        if len(sheets[name].rows) <= HEADER_ROW:
            raise _no_result(book.path, f"「{name}」表没有表头")
    return {name: _sheet(sheets[name]) for name in names + also if name in sheets}


def as_written(table: Table) -> ResultSheet:
    """A table as it would be read back from its sheet, the notes under it left out."""
    headers = [column.name for column in table.columns]
    rows: list[dict[str, Value]] = [
        {
            header: "" if value is None else value
            for header, value in zip(headers, row.values, strict=True)
        }
        for row in table.rows
    ]
    return ResultSheet(rows, _unit(table.unit_note), table.title)


def _sheet(sheet: RawSheet) -> ResultSheet:
    missing = worked_out(sheet)
    cells: list[list[Any]] = [
        [missing.get((at, column), value) for column, value in enumerate(row)]
        for at, row in enumerate(sheet.rows)
    ]
    headers = [str(cell).replace("\n", "") for cell in cells[HEADER_ROW]]
    label = next((str(cell) for cell in cells[LABEL_ROW] if str(cell).startswith(UNIT)), "")
    left = str(cells[LABEL_ROW][0])
    return ResultSheet(
        [dict(zip(headers, row, strict=False)) for row in cells[HEADER_ROW + 1 :]],
        _unit(label),
        str(cells[0][0]),
        "" if left.startswith(UNIT) else left,
    )


def _unit(note: str) -> str:
    """万元 of 「单位：万元（人均：元）」."""
    return note.removeprefix(UNIT).partition("（")[0].partition("，")[0]


def _no_result(path: str, why: str) -> InputError:
    return InputError(
        [
            Problem(
                "E170",
                f"{path} 不是 transfer-opt 写出的结果工作簿（{why}）。",
                "先用 transfer-opt solve 生成结果。",
            )
        ]
    )
