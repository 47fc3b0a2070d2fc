"""Reads what was published back: a result workbook as the budget it was made from, or any table of amounts by county."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transfer_opt.errors import InputError, Problem
from transfer_opt.sheets import Budget, Sheet, SheetRow, Value
from transfer_opt.workbook.columns import BOUNDS, COUNTIES, POOLS, SHEETS, InputColumn
from transfer_opt.workbook.headers import Names
from transfer_opt.workbook.opening import RawWorkbook, open_workbook
from transfer_opt.workbook.reader import read_sheet
from transfer_opt.workbook.result import ResultSheet, read_result

ALLOCATION, STEPS, PARAMETERS, INPUT, FACTS, PROOF = "分配结果", "测算说明", "方案参数", "输入数据", "审计信息", "证明"
RULES = "约束参数"
POOL_FACTS = ("本年总额", "州本级及其他", "上年总额")
NO_PARAMETERS = (*POOL_FACTS, "预留", "可分配总额")
GIVEN = ("下限", "上限")
NAME = "县区名称"


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
    book = open_workbook(path)
    raw = {sheet.name: sheet for sheet in book.sheets}
    read = read_result(path, (ALLOCATION, STEPS, FACTS, PROOF))
    facts: dict[str, list[str]] = {}
    for row in read[FACTS].rows:
        if row.get("项目"):
            facts.setdefault(str(row["项目"]), []).append(str(row["内容"]))
    counties, _ = read_sheet(COUNTIES, raw[INPUT], Names(SHEETS[COUNTIES], aliases, {}))
    rules, _ = read_sheet(RULES, raw[PARAMETERS], Names(SHEETS[RULES], aliases, {}))
    sheets = {COUNTIES: counties, RULES: _kept(rules), POOLS: _pools(rules), BOUNDS: _bounds(rules)}
    if not sheets[BOUNDS].rows:
        del sheets[BOUNDS]
    proof = "".join(str(row["证书"]) for row in read[PROOF].rows if isinstance(row["序号"], float | int))
    digest = next(iter(facts.get("输入文件 SHA-256", ())), "")
    return Publication(Budget(book.path, digest, sheets), read[ALLOCATION], read[STEPS],
                       {name: tuple(said) for name, said in facts.items()}, proof)


def read_amounts(path: Path, aliases: Mapping[str, str], funds: Mapping[str, str], rename: Mapping[str, str]) -> tuple[Sheet, dict[str, str]]:
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
    raise InputError([Problem("E172", f"{path} 里没有一张表既有「{NAME}」列，又有资金列（{'、'.join(dict.fromkeys(funds.values()))}）。",
                              "给出分配结果工作簿，或表头写明县区名称和资金名称的表。")])


def _kept(rules: Sheet) -> Sheet:
    """The rows that are parameters, not statements of fact."""
    rows = tuple(row for row in rules.rows if row.values.get("参数") not in NO_PARAMETERS and not _is_bound(row))
    return Sheet(RULES, rules.title, rules.unit, rules.letters, rows, labels=rules.labels)


def _pools(rules: Sheet) -> Sheet:
    """「资金总额」 as the result tells it, a scenario's change of a pool included."""
    rows: dict[str, dict[str, Value]] = {}
    for row in rules.rows:
        fact, fund = row.values.get("参数"), str(row.values.get("资金"))
        if row.values.get("规则") == POOLS and fact in POOL_FACTS:
            rows.setdefault(fund, {"资金": fund})[str(fact)] = row.values.get("取值")
    return _sheet(POOLS, rules, ("资金", *POOL_FACTS), list(rows.values()))


def _bounds(rules: Sheet) -> Sheet:
    """「县区上下限」 as the result tells it."""
    rows: dict[tuple[str, str], dict[str, Value]] = {}
    for row in rules.rows:
        if _is_bound(row):
            place, fund = str(row.values.get("对象")), str(row.values.get("资金"))
            entry = rows.setdefault((place, fund), {NAME: place, "资金": fund, "理由": row.values.get("依据条款")})
            entry[str(row.values["参数"])] = row.values.get("取值")
    return _sheet(BOUNDS, rules, (NAME, "资金", *GIVEN, "理由"), list(rows.values()))


def _is_bound(row: SheetRow) -> bool:
    return row.values.get("规则") == BOUNDS and row.values.get("参数") in GIVEN


def _sheet(name: str, source: Sheet, headers: Sequence[str], rows: Sequence[Mapping[str, Value]]) -> Sheet:
    letters = {header: chr(ord("A") + at) for at, header in enumerate(headers)}
    return Sheet(name, "", source.unit, letters, tuple(SheetRow(at, row) for at, row in enumerate(rows, start=1)))
