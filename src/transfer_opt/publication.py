"""What is published of a result workbook: who gets what of which fund, read back from the file as exact counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from transfer_opt.errors import InputError, Problem
from transfer_opt.sheets import Value
from transfer_opt.workbook.result import ResultSheet, read_result

ALLOCATION, STEPS, INPUT, FACTS = "分配结果", "测算说明", "输入数据", "审计信息"
CODE, NAME, PREFECTURE, TOTAL = "行政区划代码", "县区名称", "市州", "合计"
ADVANCE = "提前下达"
FIRST_STEP, LAST_STEP = "因素法测算额", "取整"

Key = tuple[str, str]
"""Division code (may be empty) and name."""


@dataclass(frozen=True)
class Entry:
    """One row of 「分配结果」: 合计, a 小计 or a county."""

    kind: str
    """total, subtotal, unit"""
    code: str
    name: str
    prefecture: str
    amounts: tuple[Decimal | None, ...]
    """By fund; None: not eligible."""
    total: Decimal
    advance: tuple[Decimal | None, ...]
    """Already sent this year by fund; None: nothing known."""

    @property
    def key(self) -> Key:
        """How a county is told apart."""
        return self.code, self.name


@dataclass(frozen=True)
class Share:
    """How one county came to its amount of one fund."""

    fund: str
    steps: tuple[tuple[str, Decimal], ...]
    """因素法测算额 and every step that moved something; they add up to the amount."""
    amount: Decimal
    last: Decimal | None
    reason: str
    clause: str


@dataclass(frozen=True)
class Publication:
    """A published allocation."""

    title: str
    """「2026年三项转移支付」"""
    scenario: str
    label: str
    """示例数据… where the data are; else empty."""
    money_unit: str
    unit: str
    """The publishing unit, such as 1万元."""
    digest: str
    funds: tuple[str, ...]
    entries: tuple[Entry, ...]
    shares: Mapping[Key, tuple[Share, ...]]

    @property
    def counties(self) -> list[Entry]:
        """The rows that are counties."""
        return [entry for entry in self.entries if entry.kind == "unit"]

    def advanced(self, fund: int) -> bool:
        """Whether something of a fund was sent in advance."""
        return any(entry.advance[fund] is not None for entry in self.entries)


def read_publication(path: Path) -> Publication:
    """Read a result workbook; raises InputError where it is none."""
    sheets = read_result(path, (ALLOCATION, STEPS, INPUT, FACTS))
    facts = {str(row["项目"]): str(row["内容"]) for row in reversed(sheets[FACTS].rows)}
    allocation = sheets[ALLOCATION]
    header = list(allocation.rows[0]) if allocation.rows else []
    if TOTAL not in header or PREFECTURE not in header:
        raise InputError([Problem("E170", f"{path} 的「{ALLOCATION}」缺少「{TOTAL}」或「{PREFECTURE}」列。", "用 transfer-opt solve 重新生成结果。")])
    funds = tuple(header[header.index(PREFECTURE) + 1 : header.index(TOTAL)])
    rows = [row for row in allocation.rows if _money(row.get(TOTAL)) is not None]
    entries = _with_sums([_entry(row, funds, _advances(sheets[INPUT], funds)) for row in rows])
    title = re.sub(r"分配结果表.*", "", allocation.title)
    return Publication(title, facts.get("方案", ""), allocation.label, allocation.unit, facts.get("公布单位", ""),
                       facts.get("校验码 SHA-256", ""), funds, entries, _shares(sheets[STEPS]))


def _entry(row: Mapping[str, Value], funds: Sequence[str], advances: Mapping[Key, tuple[Decimal | None, ...]]) -> Entry:
    code, name, prefecture = (_text(row[column]) for column in (CODE, NAME, PREFECTURE))
    kind = "unit" if code or not name.endswith("小计") and prefecture else "subtotal" if prefecture else "total"
    amounts = tuple(_money(row[fund]) for fund in funds)
    nothing: tuple[Decimal | None, ...] = (None,) * len(funds)
    return Entry(kind, code, name, prefecture, amounts, _money(row[TOTAL]) or Decimal(0), advances.get((code, name), nothing))


def _with_sums(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """合计 and 小计 rows with what was sent in advance to their counties."""
    counties = [entry for entry in entries if entry.kind == "unit"]
    result = []
    for entry in entries:
        if entry.kind != "unit":
            inside = [county for county in counties if entry.kind == "total" or county.prefecture == entry.prefecture]
            sums = tuple(_sum(column) for column in zip(*(county.advance for county in inside), strict=True))
            entry = Entry(entry.kind, "", entry.name, entry.prefecture, entry.amounts, entry.total, sums or entry.advance)
        result.append(entry)
    return tuple(result)


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _advances(sheet: ResultSheet, funds: Sequence[str]) -> dict[Key, tuple[Decimal | None, ...]]:
    return {(_text(row[CODE]), _text(row[NAME])): tuple(_money(row.get(f"{ADVANCE}{fund}")) for fund in funds)
            for row in sheet.rows if row.get(NAME)}


def _shares(sheet: ResultSheet) -> dict[Key, tuple[Share, ...]]:
    shares: dict[Key, list[Share]] = {}
    for row in sheet.rows:
        if row.get(PREFECTURE) and (amount := _money(row["分配额"])) is not None:
            shares.setdefault((_text(row[CODE]), _text(row[NAME])), []).append(Share(
                _text(row["资金"]), tuple(_steps(row)), amount, _money(row["上年分配"]), _text(row["主要原因"]), _text(row["依据条款"])))
    return {key: tuple(found) for key, found in shares.items()}


def _steps(row: Mapping[str, Value]) -> list[tuple[str, Decimal]]:
    columns = list(row)
    names = columns[columns.index(FIRST_STEP) : columns.index(LAST_STEP) + 1]
    found = [(name, _money(row[name]) or Decimal(0)) for name in names]
    return [(name, money) for name, money in found if money or name == FIRST_STEP]


def _money(value: Value) -> Decimal | None:
    """The decimal that was written; None for an empty cell."""
    return Decimal(repr(value)).normalize() if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Value) -> str:
    return "" if value is None else str(value)
