"""Rows of 「方案」 and 「约束参数」 that sign: who made a scenario, when, and what it is for. They change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import SIGNATURE
from transfer_opt.intake.cells import at
from transfer_opt.policy.settings import Signature


def unsigned(sheet: Sheet | None) -> Sheet | None:
    """The sheet without them."""
    if sheet is None:
        return None
    return replace(sheet, rows=tuple(row for row in sheet.rows if not _item(row)))


def signature(sheet: Sheet | None, column: str) -> Signature:
    """What a column says in them, in the order of SIGNATURE; what is left blank is left out."""
    said = {_item(row): _said(row, column) for row in sheet.rows} if sheet else {}
    return tuple((item, said[item]) for item in SIGNATURE if said.get(item))


def signature_problems(sheet: Sheet | None) -> Iterator[Problem]:
    """An item that comes twice; cells of the row that mean nothing there."""
    if sheet is None:
        return
    seen: set[str] = set()
    for row in sheet.rows:
        item = _item(row)
        if not item:
            continue
        if item in seen:
            yield at(sheet, row, "规则", "E216", f"「{item}」写了两行。", "删去其中一行。")
        seen.add(item)
        for column in ("资金", "参数", "对象"):
            if _said(row, column):
                yield at(
                    sheet,
                    row,
                    column,
                    "E216",
                    f"「{item}」一行不写{column}。",
                    f"清空「{column}」。",
                )


def _item(row: SheetRow) -> str:
    text = normalise(_said(row, "规则"))
    return text if text in SIGNATURE else ""


def _said(row: SheetRow, column: str) -> str:
    return to_text(row.values.get(column))
