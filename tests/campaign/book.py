"""A workbook as plain tables: written as a user would type it, changed as a user would change it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

COUNTIES, POOLS, RULES, SCENARIOS, BOUNDS = "县区数据", "资金总额", "约束参数", "方案", "县区上下限"
RULE_COLUMNS = (
    "规则",
    "资金",
    "参数",
    "对象",
    "取值",
    "启用",
    "刚性",
    "优先级",
    "依据条款",
    "说明",
)
BOUND_COLUMNS = ("行政区划代码", "县区名称", "资金", "下限", "上限", "理由")
SHORT = {
    "均衡性": "均衡性转移支付",
    "县级保障": "县级基本财力保障机制奖补资金",
    "生态": "重点生态功能区转移支付",
}
FULL = {"": "", **SHORT, **{full: full for full in SHORT.values()}}
"""A fund's short or full name → its full name."""
Cell = Any
Row = dict[str, Cell]


@dataclass
class Table:
    """One sheet: its headers and its rows, header → value as typed; a header left out is a blank cell."""

    headers: list[str]
    rows: list[Row] = field(default_factory=list)


@dataclass
class Book:
    """A budget and how it is solved."""

    seed: int
    unit: str
    """元, 万元 or 亿元."""
    sheets: dict[str, Table]
    scenario: str = ""
    publishing: str = ""
    """What --unit says; empty where it is not given."""

    def rows(self, sheet: str) -> list[Row]:
        """The rows of a sheet, none where there is no such sheet."""
        return self.sheets[sheet].rows if sheet in self.sheets else []

    def copy(self) -> Book:
        """Another workbook like this one, to be changed."""
        return copy.deepcopy(self)

    def options(self) -> list[str]:
        """What the command line says beside the file."""
        return [
            *(["--scenario", self.scenario] if self.scenario else []),
            *(["--unit", self.publishing] if self.publishing else []),
        ]

    def save(self, path: Path) -> Path:
        """Write the file; numbers with every digit they have."""
        book = openpyxl.Workbook(write_only=True)
        for name, table in self.sheets.items():
            sheet = book.create_sheet(name)
            if name in (COUNTIES, POOLS):
                sheet.append([f"单位：{self.unit}"])
            sheet.append(table.headers)
            for row in table.rows:
                sheet.append([row.get(header) for header in table.headers])
        book.save(path)
        return path

    # ------------------------------------------------------------ as a user would change it

    def add_rule(
        self, rule: str, fund: str = "", parameter: str = "", place: str = "", **cells: Cell
    ) -> None:
        """A row of 「约束参数」: the one of the same address is changed, else one is added."""
        table = self.sheets.setdefault(RULES, Table(list(RULE_COLUMNS)))
        for row in table.rows:
            if _address(row) == (rule, fund, parameter, place):
                row.update(cells)
                return
        table.rows.append(
            _filled({"规则": rule, "资金": fund, "参数": parameter, "对象": place, **cells})
        )

    def set_in_force(self, rule: str, fund: str, parameter: str, place: str, value: Cell) -> None:
        """The value of a parameter where it counts: in the scenario's column where one is solved, else in 「约束参数」."""
        if not self.scenario:
            self.add_rule(rule, fund, parameter, place, 取值=value)
            return
        rows = self.sheets[SCENARIOS].rows
        found = next((row for row in rows if _address(row) == (rule, fund, parameter, place)), None)
        if found is None:
            rows.append(
                found := _filled({"规则": rule, "资金": fund, "参数": parameter, "对象": place})
            )
        found[self.scenario] = value

    def set_pool(self, fund: str, value: Cell) -> None:
        """本年总额 of a fund."""
        next(row for row in self.rows(POOLS) if row["资金"] == fund)["本年总额"] = value

    def soften(self, rule: str, fund: str = "") -> None:
        """刚性 软 wherever the rule (for the fund) is said to be hard, and one row that says so for all of it."""
        for row in self.rows(RULES):
            if (
                row["规则"] == rule
                and row.get("刚性") == "硬"
                and FULL.get(row.get("资金", ""), "") == fund
            ):
                row["刚性"] = "软"
        self.add_rule(rule, fund, 刚性="软")


def _address(row: Mapping[str, Cell]) -> tuple[str, str, str, str]:
    rule, fund, parameter, place = (
        str(row.get(column) or "") for column in ("规则", "资金", "参数", "对象")
    )
    return rule, FULL.get(fund, fund), parameter, place


def _filled(row: Row) -> Row:
    return {key: _kept(value) for key, value in row.items() if value not in ("", None)}


def _kept(value: Cell) -> Cell:
    """A number as a file keeps it: sixteen digits."""
    return Decimal(repr(float(f"{value:.16g}"))) if isinstance(value, Decimal | float) else value


def table(headers: Iterable[str], rows: Iterable[Mapping[str, Cell]]) -> Table:
    """A table of these rows."""
    return Table(list(headers), [_filled(dict(row)) for row in rows])
