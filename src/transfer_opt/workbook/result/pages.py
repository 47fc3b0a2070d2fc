"""Reads a result workbook back cell by cell: the values it shows and, apart from them, its formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer_opt.core.cell_names import Place
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.workbook.files.marks import read_marks
from transfer_opt.workbook.files.open import RawSheet, open_workbook
from transfer_opt.workbook.result.fingerprint import Contents, constant, formula, sealable


@dataclass(frozen=True)
class Page:
    """One sheet: rows and columns count from 0."""

    name: str
    sheet: RawSheet
    formulas: Mapping[Place, str]
    hidden: tuple[int, ...] = ()
    """Rows that do not show, as numbered on the sheet."""

    @property
    def height(self) -> int:
        """How many rows there are."""
        return len(self.sheet.rows)

    def value(self, at: Place) -> Any:
        """What the cell shows; None where it is empty, or a formula that no program has calculated."""
        value = self.sheet.at(*at) if at[0] < self.height else None
        unknown = at in self.formulas and isinstance(value, str) and value.startswith("=")
        return None if value == "" or unknown else value

    @cached_property
    def contents(self) -> Contents:
        """The canonical text of every cell that a seal covers."""
        cells = {
            (row, column): constant(value)
            for row, values in enumerate(self.sheet.rows)
            for column, value in enumerate(values)
            if value is not None and value != ""
        }
        return sealable(
            self.name, {**cells, **{at: formula(text) for at, text in self.formulas.items()}}
        )


def read_pages(path: Path) -> dict[str, Page]:
    """Every sheet by name; InputError where the file is no .xlsx workbook."""
    book = open_workbook(path)
    formulas = _formulas(path)
    return {
        sheet.name: Page(sheet.name, sheet, formulas.get(sheet.name, {}), tuple(_hidden(sheet)))
        for sheet in book.sheets
    }


def _hidden(sheet: RawSheet) -> Iterator[int]:
    for first, last in sheet.facts.hidden_rows:
        yield from range(first + 1, last + 2)


def _formulas(path: Path) -> dict[str, Mapping[Place, str]]:
    try:
        return {name: marks.formulas for name, marks in read_marks(path.read_bytes()).items()}
    except Exception:  # no .xlsx, or one that is broken where nobody looked before
        why = "结果工作簿是 .xlsx 文件"
        raise InputError(
            [
                Problem(
                    "E170",
                    f"{path} 不是 transfer-opt 写出的结果工作簿（{why}）。",
                    "先用 transfer-opt solve 生成结果。",
                )
            ]
        ) from None
