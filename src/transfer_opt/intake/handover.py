"""A mapping to the executing system → what is written where; or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import NO, THEIR_COLUMNS, THEIR_FUNDS, THEIR_SETTINGS, YES
from transfer_opt.intake.cells import at, word
from transfer_opt.policy.case import YUAN
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.input.handover import (
    AMOUNT,
    BLANK,
    DIVISION,
    ENCODING,
    ENCODINGS,
    FIXED,
    FUND,
    KIND,
    KINDS,
    MAPPING_SHEETS,
    SETTINGS,
    SHEET,
    SOURCES,
    SUFFIX,
    TO_CODE,
    UNIT,
    YEAR,
)
from transfer_opt.workbook.input.headers import Names
from transfer_opt.workbook.input.reader import read_sheet

_SHEET_NAME = re.compile(r"[^\[\]:*?/\\']{1,31}")
_DIVISION = re.compile(r"\d{6}(?:\d{3})?")
_SHAPES: Mapping[str, tuple[re.Pattern[str], str]] = {
    YEAR: (re.compile(r"(?:(?:19|20)\d\d)?"), "写四位年份，如 2026。"),
    DIVISION: (re.compile(rf"(?:{_DIVISION.pattern})?"), "写 9 位或 6 位数字。"),
    SUFFIX: (re.compile(r"\d{3}"), "写 3 位数字，如 000。"),
    UNIT: (re.compile("|".join(YUAN)), f"写{'、'.join(YUAN)}之一。"),
    KIND: (re.compile("|".join(("、".join(KINDS), *KINDS))), f"写{'、'.join(KINDS)}，或其中一种。"),
    SHEET: (_SHEET_NAME, "不超过 31 个字，不用 [ ] : * ? / \\ '。"),
    ENCODING: (re.compile("|".join(ENCODINGS)), f"写{'或'.join(ENCODINGS)}。"),
}


@dataclass(frozen=True)
class TheirColumn:
    """One column of their template."""

    name: str
    source: str
    """One of SOURCES, FIXED or BLANK."""
    fixed: str = ""


@dataclass(frozen=True)
class TheirFund:
    """What a row of 「资金对照」 says of a fund, and where."""

    said: Mapping[str, str]
    """Column → text; "" where the cell is empty."""
    cells: Mapping[str, str]
    """Column → address."""

    @property
    def exported(self) -> bool:
        """Whether its lines are written."""
        return self.said["导出"] == YES


@dataclass(frozen=True)
class Handover:
    """How results are handed over to the executing system."""

    columns: tuple[TheirColumn, ...]
    funds: Mapping[str, TheirFund]
    """By the name that was written."""
    settings: Mapping[str, str]
    """Every one of SETTINGS; "" where neither the mapping nor a default gives a value."""
    cells: Mapping[str, str]
    """Setting → address."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of decisions that are written."""
        return tuple(kind for kind in KINDS if kind in self.settings[KIND].split("、"))

    def uses(self, source: str) -> bool:
        """Whether a column is taken from this."""
        return any(column.source == source for column in self.columns)

    def division(self, code: str) -> str:
        """A division code with nine digits; "" where it is none."""
        if not _DIVISION.fullmatch(code):
            return ""
        return code if len(code) > 6 else code + self.settings[SUFFIX]


def read_handover(path: Path) -> Handover:
    """The mapping in a workbook; InputError with every cell that is wrong."""
    book = open_workbook(path)
    raw = {normalise(sheet.name): sheet for sheet in book.sheets}
    missing = [name for name in MAPPING_SHEETS if name not in raw]
    if missing:
        shown = "、".join(f"「{name}」" for name in missing)
        raise InputError(
            [
                Problem(
                    "E411",
                    f"{path} 不是列对照：没有{shown}表。",
                    "用 transfer-opt init --mapping 写出示例，照它填。",
                )
            ]
        )
    sheets = {
        name: read_sheet(name, raw[name], Names(columns, {}, {}))[0]
        for name, columns in MAPPING_SHEETS.items()
    }
    problems = [note for sheet in sheets.values() for note in sheet.notes if not note.is_warning]
    problems += [
        Problem("E411", f"没有「{column.name}」列。", "照示例补上。", name, column=column.name)
        for name, columns in MAPPING_SHEETS.items()
        for column in columns
        if column.required and column.name not in sheets[name].letters
    ]
    if problems:
        raise InputError(problems)
    columns = tuple(_columns(sheets[THEIR_COLUMNS], problems))
    funds = dict(_funds(sheets[THEIR_FUNDS], problems))
    settings = _settings(sheets[THEIR_SETTINGS], problems)
    if problems:
        raise InputError(problems)
    places = {
        word(row, "项目"): sheets[THEIR_SETTINGS].cell(row, "取值")
        for row in sheets[THEIR_SETTINGS].rows
    }
    return Handover(columns, funds, settings, places)


def _columns(sheet: Sheet, problems: list[Problem]) -> Iterator[TheirColumn]:
    seen: dict[str, int] = {}
    for row in sheet.rows:
        name, source = to_text(row.values.get("对方列名")), word(row, "取自")
        fixed = to_text(row.values.get(FIXED))
        wrong = _column_problems(sheet, row, source, fixed)
        if not name:
            wrong.append(at(sheet, row, "对方列名", "E412", "未填写。", "填对方模板的表头。"))
        elif normalise(name) in seen:
            told = f"与第{seen[normalise(name)]}行重复。"
            wrong.append(at(sheet, row, "对方列名", "E412", told, "删去其中一行。"))
        seen.setdefault(normalise(name), row.number)
        problems += wrong
        yield TheirColumn(name, source, fixed)
    taken = {word(row, "取自") for row in sheet.rows}
    problems += [
        Problem("E412", f"没有一列取自「{source}」。", "补上这一列。", sheet.name, column="取自")
        for source in (TO_CODE, AMOUNT)
        if source not in taken
    ]


def _column_problems(sheet: Sheet, row: SheetRow, source: str, fixed: str) -> list[Problem]:
    known = (*SOURCES, FIXED, BLANK)
    if source not in known:
        told = "不认识。" if source else "未填写。"
        return [at(sheet, row, "取自", "E412", told, did_you_mean(source, known))]
    if (source == FIXED) != bool(fixed):
        told = "未填写。" if source == FIXED else f"“取自”不是{FIXED}，这里不用填。"
        remedy = "填上。" if source == FIXED else f"删去，或把“取自”改为{FIXED}。"
        return [at(sheet, row, FIXED, "E412", told, remedy)]
    return []


def _funds(sheet: Sheet, problems: list[Problem]) -> Iterator[tuple[str, TheirFund]]:
    names = [column.name for column in MAPPING_SHEETS[THEIR_FUNDS]]
    seen: dict[str, int] = {}
    for row in sheet.rows:
        said = {name: to_text(row.values.get(name)) for name in names}
        fund = word(row, FUND)
        if not fund or fund in seen:
            told = f"与第{seen[fund]}行重复。" if fund else "未填写。"
            remedy = "删去其中一行。" if fund else "填资金的名称。"
            problems.append(at(sheet, row, FUND, "E412", told, remedy))
        if said["导出"] not in (YES, NO):
            problems.append(at(sheet, row, "导出", "E412", "要写是或否。", "从下拉列表中选。"))
        seen.setdefault(fund, row.number)
        yield fund, TheirFund(said, {name: sheet.cell(row, name) for name in names})


def _settings(sheet: Sheet, problems: list[Problem]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for row in sheet.rows:
        item, value = word(row, "项目"), _value(row)
        if item not in SETTINGS or item in found:
            told = "与前面一行重复。" if item in found else "不认识。"
            remedy = "删去其中一行。" if item in found else did_you_mean(item, SETTINGS)
            problems.append(at(sheet, row, "项目", "E412", told, remedy))
            continue
        found[item] = value or SETTINGS[item][0]
        shape, remedy = _SHAPES[item]
        if not shape.fullmatch(found[item]):
            problems.append(at(sheet, row, "取值", "E412", f"{item}不能这样写。", remedy))
    return {item: found.get(item, default) for item, (default, _) in SETTINGS.items()}


def _value(row: SheetRow) -> str:
    """What is set; the suffix 000 typed into an ordinary cell is the number 0."""
    value = to_text(row.values.get("取值"))
    if word(row, "项目") == SUFFIX and value.isdigit():
        return value.zfill(3)
    return value.upper() if word(row, "项目") == ENCODING else value


def unlisted(fund: str) -> Problem:
    """A fund of which 「资金对照」 says nothing."""
    return Problem("E413", f"没有{fund}这一行。", f"补上；不导出的，“导出”写{NO}。", THEIR_FUNDS)


def unfilled(fund: TheirFund, column: str) -> Problem:
    """A cell of 「资金对照」 that is needed."""
    remedy = f"填上；要留空的写“{BLANK}”。"
    told = "未填写，有一列要用它。"
    return Problem("E414", told, remedy, THEIR_FUNDS, fund.cells[column], column)
