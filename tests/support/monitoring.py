"""Small workbooks for the tests of monitoring: the miniature of three counties, and results of two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from calls import call
from years import two_counties

HEADERS = ("指标", "方向", "红", "橙", "黄", "回差", "最差", "最好", "领域", "权重", "依据")
GUARANTEE_CUTS = ("三保保障倍数", "越大越好", 1.00, 1.03, 1.05, 0.02)
CUTS = (
    GUARANTEE_CUTS,
    ("变异系数", "越小越好", None, None, None, None, 0.20, 0.05, "缩小差距", 0.4),
    ("达标率", "越大越好", None, None, None, None, 0.60, 1.0, "一体化", 0.3),
    ("生态变好县数", "越大越好", None, None, None, None, 20, 30, "资源环境", 0.3),
)
COURSES = {"甲县": (1.08, 1.04, 1.02), "乙县": (0.99, 1.01, 1.06), "丙县": (1.20, 1.15, 1.11)}
HISTORY_HEADERS = (
    "县区名称",
    "年份",
    "三保需求",
    "三保保障倍数",
    "变异系数",
    "达标率",
    "生态变好县数",
)
HISTORY = (
    *(
        (name, year, 1000, value)
        for name, values in COURSES.items()
        for year, value in zip((2024, "2025年", 2026.0), values, strict=True)
    ),
    ("全省", "2026", None, None, 0.14, 0.80, 27),
)


def workbook(
    path: Path,
    cuts: Sequence[Sequence[Any]] = CUTS,
    history: Sequence[Sequence[Any]] = HISTORY,
    headers: Sequence[str] = HISTORY_HEADERS,
) -> Path:
    """A workbook of 「预警阈值」 and, where there is any, 「历年指标」."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "预警阈值"
    sheet.append(["预警阈值（示例数据）"])
    for row in (HEADERS, *cuts):
        sheet.append(list(row))
    if history:
        sheet = book.create_sheet("历年指标")
        sheet.append(["单位：万元"])
        for row in (headers, *history):
            sheet.append(list(row))
    book.save(path)
    return path


def result(
    folder: Path, year: int | None, needs: Sequence[float], command: str = "solve", **more: Any
) -> Path:
    """The result of 甲县 and 乙县 in a year: 66 and 44 万元 for these needs, nothing of their own."""
    budget = two_counties(folder / f"{year}.xlsx", needs=(needs, needs), **more)
    if year:
        book = openpyxl.load_workbook(budget)
        dated(book, year)
        book["年度展望"]["E3"] = f"{year + 1}年"
        book.save(budget)
    target = folder / f"{year}结果.xlsx"
    assert call(command, budget, "-o", target, "--quiet") == 0
    return target


def dated(book: Any, year: int) -> None:
    """Titles that say the year, above every table of a workbook."""
    for sheet in book.worksheets:
        sheet.insert_rows(1)
        sheet["A1"] = f"{year}年基础数据"


def rows(path: Path, sheet: str) -> list[tuple[Any, ...]]:
    """The rows under the headers of a sheet, its notes left out."""
    found = list(openpyxl.load_workbook(path)[sheet].iter_rows(min_row=5, values_only=True))
    return [row for row in found if any(cell is not None for cell in row[1:])]


# ------------------------------------------------------------- what calls for every code, and its nearest neighbour

BOUND = ("甲", "越大越好", 1, 2, 3, 0)
POSTS = ("甲", "越大越好", None, None, None, None, 1, 2, "子", 1)
YEAR = ("甲县", 2025, 1000, 1.02)
Added = tuple[Sequence[Any] | None, Sequence[Any] | None]
"""A row more of 「预警阈值」, and one of 「历年指标」."""
CODES: dict[str, tuple[Added, Added]] = {
    "E391": (((None, *BOUND[1:]), None), (BOUND, None)),
    "E392": ((("甲", "越多越好", *BOUND[2:]), None), (BOUND, None)),
    "E393": ((("甲", "越大越好", 2, 1, 3, 0), None), (BOUND, None)),
    "E394": ((BOUND[:-1], None), (BOUND, None)),
    "E395": (((*POSTS[:6], 2, 1, *POSTS[8:]), None), (POSTS, None)),
    "E396": (((*POSTS[:9], 0.9), None), (POSTS, None)),
    "E397": ((None, ("甲县", "去年", 1000, 1.02)), (None, YEAR)),
    "E398": ((None, ("甲县", 2025, 1000, "约1")), (None, YEAR)),
    "W391": ((BOUND, None), (("自有财力占支出", *BOUND[1:]), None)),
    "W392": ((None, (*YEAR, None, 1)), (None, YEAR)),
}
"""Code → what calls for it, what does not; `check` tells them of a budget with these sheets, and `monitor` as well."""


def added(path: Path, more: Added) -> Path:
    """A sound workbook of one indicator and three years of one county, and these rows."""
    cut, year = more
    history = [("甲县", 2023, 1000, 1.1), ("甲县", 2024, 1000, 1.1), ("甲县", 2026, 1000, 1.1)]
    headers = [*HISTORY_HEADERS[:4], "变异系数", "别的"] if year and len(year) > 4 else None
    return workbook(
        path,
        [GUARANTEE_CUTS, *([cut] if cut else [])],
        [*history, *([year] if year else [])],
        headers or HISTORY_HEADERS[:4],
    )
