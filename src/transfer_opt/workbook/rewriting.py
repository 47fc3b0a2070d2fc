"""Other numbers in some cells of a workbook, written to another file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from transfer_opt.workbook.cells import Place
from transfer_opt.workbook.opening import RawSheet, RawWorkbook, open_workbook
from transfer_opt.workbook.saving import save_atomically

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet


def rewrite(source: Path, target: Path, sheet: str, numbers: Mapping[Place, float]) -> None:
    """The workbook with these numbers on a sheet, as .xlsx; formats are kept where the source is .xlsx, too.

    Raises OutputError and leaves nothing behind where the file cannot be written.
    """
    save_atomically(target, partial(_produce, source, sheet, numbers))


def _produce(source: Path, sheet: str, numbers: Mapping[Place, float], target: Path) -> None:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with source.open("rb") as stream:
            book = openpyxl.load_workbook(stream)
    except (InvalidFileException, KeyError, ValueError, OSError):  # .xls and .ods: the values alone
        book = _plain(open_workbook(source))
    for (row, column), number in numbers.items():
        book[sheet].cell(row + 1, column + 1).value = int(number) if float(number).is_integer() else number
    book.save(target)


def _plain(source: RawWorkbook) -> openpyxl.Workbook:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for raw in source.sheets:
        _fill(book.create_sheet(raw.name), raw)
    return book


def _fill(sheet: Worksheet, raw: RawSheet) -> None:
    for row, cells in enumerate(raw.rows, start=1):
        for column, value in enumerate(cells, start=1):
            if value is not None and value != "":
                sheet.cell(row, column).value = value
                if isinstance(value, str):
                    sheet.cell(row, column).data_type = "s"
    for top, left, bottom, right in raw.merges:
        sheet.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
