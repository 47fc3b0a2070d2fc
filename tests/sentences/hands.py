"""What people do to a result workbook, as changes of an opened book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openpyxl


def cell(sheet: str, at: str, value: object) -> Callable[[Any], None]:
    """Another value in a cell."""

    def change(book: Any) -> None:
        book[sheet][at].value = value

    return change


def handled(book: Any) -> None:
    """Many hands in one file: a figure, a colour that reads well and one that does not, a row folded away, a sheet added."""
    page = book["分配结果"]
    page["D7"].value = 1
    page["D9"].fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")
    page["E9"].font = openpyxl.styles.Font(color="FFFFFF")
    page.row_dimensions[8].hidden = True
    book.create_sheet("我的备注")["A1"] = "看过"


def proof(book: Any) -> None:
    """Another certificate."""
    page = book["证明"]
    piece = next(
        row[1] for row in page.iter_rows(min_row=5) if isinstance(row[0].value, int | float)
    )
    piece.value = str(piece.value)[1:]


def coded(book: Any) -> None:
    """Another check code, and a line of a table taken out."""
    code = next(row for row in book["审计信息"].iter_rows() if row[0].value == "校验码 SHA-256")
    code[1].value = "0" * 64
    book["均衡性指标"].delete_rows(6)


def unfit(book: Any) -> None:
    """Inputs that allow nothing: a population below zero."""
    book["输入数据"]["D5"].value = -5


def without(sheet: str) -> Callable[[Any], None]:
    """A sheet taken out."""
    return lambda book: book.remove(book[sheet])
