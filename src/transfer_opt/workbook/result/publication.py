"""Reads what was published back: a result workbook as the budget it was made from, or any table of amounts by county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from transfer_opt.core.budget import Budget, Sheet
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import (
    ALLOCATION,
    COUNTIES,
    FACTS,
    INPUT,
    NAME,
    PARAMETERS,
    POOLS,
    PROOF,
    STEPS,
)
from transfer_opt.workbook.files.open import RawWorkbook, open_workbook
from transfer_opt.workbook.input.columns import SHEETS, InputColumn
from transfer_opt.workbook.input.headers import Names
from transfer_opt.workbook.input.reader import read_sheet, understood
from transfer_opt.workbook.result.inputs import restated
from transfer_opt.workbook.result.rows import ResultSheet, result_sheets


@dataclass(frozen=True)
class Publication:
    """A result workbook read back. `budget` gives the same allocation again."""

    budget: Budget
    allocation: ResultSheet
    steps: ResultSheet
    facts: Mapping[str, tuple[str, ...]]
    """项目 of 「审计信息」 → its contents, in order."""
    proof: str

    def fact(self, name: str) -> str:
        """The one content of that name, empty without it."""
        return next(iter(self.facts.get(name, ())), "")


def kind_of(book: RawWorkbook) -> str:
    """result, budget or table: by the sheets it has."""
    names = {sheet.name for sheet in book.sheets}
    if {ALLOCATION, PARAMETERS, INPUT} <= names:
        return "result"
    return "budget" if {COUNTIES, POOLS} <= names else "table"


def read_publication(path: Path, aliases: Mapping[str, str]) -> Publication:
    """A result workbook; raises InputError where a sheet is missing."""
    return publication_of(open_workbook(path), aliases)


def publication_of(book: RawWorkbook, aliases: Mapping[str, str]) -> Publication:
    """The same of a workbook that is open already."""
    read = result_sheets(book, (ALLOCATION, STEPS, PARAMETERS, INPUT, FACTS, PROOF))
    facts: dict[str, list[str]] = {}
    for row in read[FACTS].rows:
        if row.get("项目"):
            facts.setdefault(str(row["项目"]), []).append(str(row["内容"]))
    digest = next(iter(facts.get("输入文件 SHA-256", ())), "")
    budget = understood(
        restated({sheet.name: sheet for sheet in book.sheets}, book.path, digest), aliases
    )
    return Publication(
        budget,
        read[ALLOCATION],
        read[STEPS],
        {name: tuple(said) for name, said in facts.items()},
        certificate_text(read[PROOF]),
    )


def certificate_text(sheet: ResultSheet) -> str:
    """The pieces of 「证明」 that have a number, joined: one JSON text."""
    return "".join(str(row["证书"]) for row in sheet.rows if isinstance(row["序号"], float | int))


def read_amounts(
    path: Path, aliases: Mapping[str, str], funds: Mapping[str, str], rename: Mapping[str, str]
) -> tuple[Sheet, dict[str, str]]:
    """The first sheet with 县区名称 and a column of some fund, and which column is which fund's.

    `funds` maps full and short names to full names. Raises InputError where there is no such sheet, or it is ambiguous.
    """
    columns = (*SHEETS[COUNTIES], *(InputColumn(name, "number", "", "金额") for name in funds))
    for raw in open_workbook(path).sheets:
        sheet, _ = read_sheet(COUNTIES, raw, Names(columns, aliases, rename))
        found = {header: funds[header] for header in sheet.letters if header in funds}
        if found and NAME in sheet.letters and sheet.rows:
            wrong = [replace(note, sheet=raw.name) for note in sheet.notes if not note.is_warning]
            if wrong:
                raise InputError(wrong)
            return sheet, found
    raise InputError(
        [
            Problem(
                "E193",
                f"{path} 里没有一张表既有「{NAME}」列，又有资金列（{'、'.join(dict.fromkeys(funds.values()))}）。",
                "给出分配结果工作簿，或表头写明县区名称和资金名称的表。",
            )
        ]
    )
