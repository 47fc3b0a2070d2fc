"""Small budgets after counties were merged and split, for the tests of 「区划调整」."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from books import GUARANTEE, rule_table, write_tables
from years import COUNTY_COLUMNS, OFF

LAST, ONCE = f"上年{GUARANTEE}", f"上年{GUARANTEE}其中一次性"
HEADER = ["原代码", "原名称", "新代码", "新名称", "比例", "日期", LAST, "依据"]
ROWS: tuple[tuple[Any, ...], ...] = (
    ("990101", "甲县", "990111", "己县", 1, "2026-01-01", 1000.01, "示例〔2025〕1号"),
    ("990102", "乙县", "990111", "己县", 1, "2026-01-01", 2000, "示例〔2025〕1号"),
    ("990103", "丙县", "990112", "戊县", 0.4, "2026-01-01", 3000.000001, "示例〔2025〕2号"),
    ("990103", "丙县", "990104", "丁县", 0.6, "2026-01-01", None, "示例〔2025〕2号"),
)
"""甲县 and 乙县 become 己县; of 丙县 two fifths become 戊县, the rest goes to 丁县."""
UNITS = (("990111", "己县"), ("990112", "戊县"), ("990104", "丁县"))
OWN = (0, 0, 500)
"""What was paid last year under these codes: the new ones nothing."""


def merged(
    path: Path,
    rows: Sequence[Sequence[Any]] = ROWS,
    header: Sequence[str] = HEADER,
    own: Sequence[Any] = OWN,
    units: Sequence[tuple[str, str]] = UNITS,
    pool: float = 7000,
    year: int | None = 2026,
    further: Sequence[tuple[str, Sequence[Any]]] = (),
    given: Sequence[Sequence[Any]] = (),
    pools: Sequence[Sequence[Any]] | None = None,
) -> Path:
    """Three counties with one fund; the sheet 「区划调整」 as given, `further` columns of 「县区数据」."""
    counties = [
        [*COUNTY_COLUMNS, *(name for name, _ in further)],
        *(
            [
                *unit, "东州", 1000, 0, 14000, 5000, 5200 + 2000 * k, 0, 0, own[k], 1,
                *(values[k] for _, values in further),
            ]
            for k, unit in enumerate(units)
        ),
    ]  # fmt: skip
    made = write_tables(
        path,
        {
            "县区数据": counties,
            "资金总额": [*(pools or (["资金", "本年总额"], [GUARANTEE, pool]))],
            "约束参数": rule_table(OFF, *given),
            "区划调整": [list(header), *(list(row) for row in rows)],
        },
    )
    return made if year is None else titled(made, f"{year}年测算基础数据表")


def titled(path: Path, title: str) -> Path:
    """The workbook with a title above 「县区数据」."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    book["县区数据"].insert_rows(1)
    book["县区数据"]["A1"] = title
    book.save(path)
    return path
