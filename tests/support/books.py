"""Workbooks made from the example, or from nothing, for the tests of the whole run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "inputs" / "qinghai.xlsx"
EQUALIZATION, GUARANTEE, ECOLOGY = (
    "均衡性转移支付",
    "县级基本财力保障机制奖补资金",
    "重点生态功能区转移支付",
)


FIRST = {"县区数据": "行政区划代码", "资金总额": "资金", "约束参数": "规则", "方案": "规则"}
"""Sheets that every budget of these tests has → their first column."""


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


def rule_table(off: Iterable[str], *rows: Sequence[Any]) -> list[list[Any]]:
    """「约束参数」 with these rules switched off, then these rows, filled up to its ten columns."""
    given = [*([name, None, None, None, None, "否"] for name in off), *rows]
    return [
        list(RULE_COLUMNS),
        *([*row, *[None] * (len(RULE_COLUMNS) - len(row))] for row in given),
    ]


def plain_tables(
    path: Path = EXAMPLE, also: Mapping[str, str] | None = None
) -> dict[str, list[list[Any]]]:
    """The sheets as header row and data rows, without titles and totals, a copy for whoever changes it.

    `also`: further ones → their first column.
    """
    first = tuple((FIRST | dict(also or {})).items())
    return {name: [[*row] for row in rows] for name, rows in _read(path, first).items()}


@cache
def _read(path: Path, columns: tuple[tuple[str, str], ...]) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path, data_only=True)
    first, tables = dict(columns), {}
    for sheet in (sheet for sheet in book.worksheets if sheet.title in first):
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        at = next(i for i, row in enumerate(rows) if first[sheet.title] in row)
        header = [
            str(text).split("(")[0].split("（")[0].replace("\n", "") if text else None
            for text in rows[at]
        ]
        body = [
            row
            for row in rows[at + 1 :]
            if row[0] not in (None, "") and "合" not in str(row[0])[:2]
        ]
        tables[sheet.title] = [header, *body]
    return tables


def grown(times: int) -> dict[str, list[list[Any]]]:
    """The example with every amount of money so many times as large."""
    tables = plain_tables()
    for name, words in (
        ("县区数据", ("财政", "财力", "需求", "上年")),
        ("资金总额", ("总额", "省级")),
    ):
        header, *rows = tables[name]
        money = [at for at, text in enumerate(header) if any(word in str(text) for word in words)]
        for row in rows:
            for at in money:
                row[at] = row[at] and row[at] * times
    return tables


def write_tables(path: Path, tables: dict[str, list[list[Any]]], unit: str = "万元") -> Path:
    """Plain sheets: a 单位 row, the header, the rows."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        sheet.append([f"单位：{unit}"])
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def shuffled(tables: dict[str, list[list[Any]]], seed: int) -> dict[str, list[list[Any]]]:
    """The same workbook with sheets, columns and rows in another order."""
    generator = random.Random(seed)
    result = {}
    for name in generator.sample(list(tables), len(tables)):
        header, *rows = tables[name]
        order = generator.sample(range(len(header)), len(header))
        generator.shuffle(rows)
        result[name] = [[row[i] for i in order] for row in [header, *rows]]
    return result


def change(
    tables: dict[str, list[list[Any]]],
    sheet: str,
    matches: Callable[[dict[str, Any]], bool],
    **values: Any,
) -> None:
    """Set columns of the rows that match; at least one must."""
    header, *rows = tables[sheet]
    found = [row for row in rows if matches(dict(zip(header, row, strict=False)))]
    assert found, "no row matches"
    for row in found:
        for column, value in values.items():
            row[header.index(column)] = value


def add_rule(tables: dict[str, list[list[Any]]], **values: Any) -> None:
    """One more row of 「约束参数」."""
    header = tables["约束参数"][0]
    tables["约束参数"].append([values.get(str(column)) for column in header])
