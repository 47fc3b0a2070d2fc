"""「人工调整」 as it lies in a workbook: what was decided by people, apart from what was computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from transfer_opt.core.budget import is_number
from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.tables import FIRST_ROW
from transfer_opt.core.text import to_text
from transfer_opt.core.vocabulary import ADJUSTED, APPROVED
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook, open_workbook

CODE_AT, NAME_AT, FUND_AT, APPROVED_AT, REASON_AT, BY_AT, TIME_AT = 1, 2, 3, 5, 7, 8, 9

Line = tuple[str, str, str]
"""Division code (may be empty), county and fund."""


@dataclass(frozen=True)
class Adjustment:
    """One decision: this line gets this amount, in the workbook's money unit."""

    line: Line
    approved: Decimal
    reason: str
    by: str
    time: str
    """Empty when output must not carry a date."""


def read_adjustments(sheet: RawSheet) -> tuple[Adjustment, ...]:
    """The rows of 「人工调整」 in order; InputError names every row that is none."""
    rows = [
        (at, row)
        for at, row in enumerate(sheet.rows)
        if at >= FIRST_ROW and is_number(row[0] if row else None)
    ]
    wrong = [
        Problem(
            "A608",
            "不是数字。",
            "给出未改动的文件，或从测算结果重新调整。",
            sheet.name,
            address((at, APPROVED_AT)),
            APPROVED,
            to_text(sheet.at(at, APPROVED_AT)),
        )
        for at, _ in rows
        if not is_number(sheet.at(at, APPROVED_AT))
    ]
    if wrong:
        raise InputError(wrong)
    return tuple(_adjustment(sheet, at) for at, _ in rows)


def latest(adjustments: Iterable[Adjustment]) -> dict[Line, Decimal]:
    """What is approved of every adjusted line: the last word on it."""
    return {adjustment.line: adjustment.approved for adjustment in adjustments}


def approved(path: Path) -> Mapping[Line, Decimal]:
    """(code, county, fund) → the approved amount of every adjusted line of a result workbook; empty where nothing was adjusted."""
    return latest(adjustments_of(path))


def adjustments_of(path: Path) -> tuple[Adjustment, ...]:
    """The decisions that a result workbook holds; none where nothing was adjusted."""
    return adjustments_in(open_workbook(path, wanted=ADJUSTED.__eq__))


def adjustments_in(book: RawWorkbook) -> tuple[Adjustment, ...]:
    """The same of a workbook that is open already."""
    return tuple(
        each for sheet in book.sheets if sheet.name == ADJUSTED for each in read_adjustments(sheet)
    )


def _adjustment(sheet: RawSheet, at: int) -> Adjustment:
    code, name, fund, reason, by, time = (
        to_text(sheet.at(at, column))
        for column in (CODE_AT, NAME_AT, FUND_AT, REASON_AT, BY_AT, TIME_AT)
    )
    return Adjustment(
        (code, name, fund), Decimal(repr(sheet.at(at, APPROVED_AT))).normalize(), reason, by, time
    )
