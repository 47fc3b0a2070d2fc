"""Small results to be handed over to the executing system, and mappings to do it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from basins import MINIATURE, three_counties
from books import GUARANTEE
from provincial import two_funds

from transfer_opt.allocation import allocate
from transfer_opt.allocation.plan import Plan
from transfer_opt.commands import publish
from transfer_opt.commands.export import approved_units, intact
from transfer_opt.core.arrays import Ints
from transfer_opt.intake import prepare
from transfer_opt.intake.handover import read_handover
from transfer_opt.policy.model_file.loading import shipped
from transfer_opt.report.handover import HandedOver, handed_over

MAPPING = shipped("inputs", "mapping.xlsx")
TRIAL = ("试算断面", "湟中区", "海晏县", None, "Ⅲ", "Ⅱ", 100, 0, None, 0, "试算")
OFFICIAL = {
    "项目代码": "0012",
    "直达标识": "01",
    "提前下达文号": "示例提前〔2025〕8号",
    "本次下达文号": "示例〔2026〕9号",
}
"""Numbers as an office would fill them in, every one of them invented."""

HEADER = (
    *("FISCAL_YEAR", "MOF_DIV_CODE", "SUB_MOF_DIV_CODE", "SUB_MOF_DIV_NAME", "PRO_CODE"),
    *("PRO_NAME", "TP_FUNC_CODE", "INC_CODE", "FUND_TYPE_CODE", "TRA_TYPE", "COR_BGT_DOC_NO"),
    *("REPLY_AMT", "直达资金标识"),
)
NAME, CODE, DOCUMENT, AMOUNT, MARK = (
    HEADER.index(name)
    for name in (
        "SUB_MOF_DIV_NAME",
        "SUB_MOF_DIV_CODE",
        "COR_BGT_DOC_NO",
        "REPLY_AMT",
        "直达资金标识",
    )
)


def solved(budget: Path) -> Path:
    """The result of a budget, beside it."""
    path = budget.with_name(f"{budget.stem}_分配结果.xlsx")
    publish.write(allocate.allocate(prepare.prepare(budget), "highs"), path)
    return path


def river(folder: Path) -> Path:
    """Three counties, one fund of which 海晏 and 湟源 had a part in advance, 海晏 too much; two agreements and a trial."""
    budget = three_counties(folder / "河.xlsx", (*MINIATURE, TRIAL), rules=_returned())
    add_column(budget, f"提前下达{GUARANTEE}", {"海晏县": 5000, "湟源县": 100.5})
    return solved(budget)


def _returned() -> Sequence[Sequence[Any]]:
    return [["已下达不收回", None, None, None, None, "否"]]


def shared(folder: Path, codes: Mapping[str, str] | None = None) -> Path:
    """Two counties, two funds, a part of each the province's own."""
    budget = two_funds(folder / "统筹.xlsx")
    book = openpyxl.load_workbook(budget)
    for row in book["县区数据"].iter_rows(min_row=3):
        row[0].value = (codes or {}).get(str(row[1].value), row[0].value)
    book.save(budget)
    return solved(budget)


def add_column(budget: Path, header: str, values: Mapping[str, Any]) -> None:
    """Another column of 「县区数据」, filled in for these counties."""
    book = openpyxl.load_workbook(budget)
    sheet = book["县区数据"]
    at = sheet.max_column + 1
    sheet.cell(2, at).value = header
    for row in sheet.iter_rows(min_row=3):
        sheet.cell(row[0].row, at).value = values.get(str(row[1].value))
    book.save(budget)


def mapping(path: Path, settings: Mapping[str, Any] | None = None, **filled: Any) -> Path:
    """The shipped mapping with these columns of 「资金对照」 filled in and these settings."""
    book = openpyxl.load_workbook(MAPPING)
    sheet = book["资金对照"]
    header = [cell.value for cell in sheet[3]]
    for row in sheet.iter_rows(min_row=4, max_row=7):
        for name, value in filled.items():
            row[header.index(name)].value = value
    for row in book["导出设置"].iter_rows(min_row=4, max_row=10):
        chosen = {"年度": 2026, **(settings or {})}
        if row[0].value in chosen:
            row[1].value = chosen[row[0].value]
    book.save(path)
    return path


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """The cells of a workbook that was written, header included."""
    return list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))


@cache
def _plan(result: Path) -> tuple[Plan, Ints]:
    plan = intact(result, None)
    return plan, approved_units(plan, result)


def given(result: Path, by: Path) -> HandedOver:
    """What a result hands over by a mapping; the result is read once."""
    return handed_over(*_plan(result), read_handover(by))


def set_cell(path: Path, sheet: str, cell: str, value: Any) -> None:
    """One cell of a workbook, written over."""
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)
