"""Small budgets with agreements on river sections, for the tests of 「横向补偿」."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from books import GUARANTEE, rule_table, write_tables
from years import COUNTY_COLUMNS, OFF

HEADER = ["断面名称", "上游", "下游", "分担比例", "目标类别", "实际类别", "每级金额", "每1%金额", "指标上限", "指标变化", "依据"]  # fmt: skip
HAIYAN, HUANGYUAN, HUANGZHONG = "海晏县", "湟源县", "湟中区"
MINIATURE: tuple[tuple[Any, ...], ...] = (
    ("金滩", HAIYAN, HUANGYUAN, None, "Ⅱ", "Ⅱ", 0, 50, 150, -0.04, "示例〔2026〕1号"),
    ("扎麻隆", HUANGYUAN, HUANGZHONG, None, "Ⅲ", "Ⅳ", 600, 50, None, 0.02, "示例〔2026〕2号"),
)
"""海晏 gets 150, 湟源 pays 850, 湟中 gets 700."""
UNITS = (("632223", HAIYAN, "海北州"), ("630123", HUANGYUAN, "西宁市"), ("630106", HUANGZHONG, "西宁市"))  # fmt: skip


def three_counties(
    path: Path,
    sections: Sequence[Sequence[Any]] = MINIATURE,
    header: Sequence[str] = HEADER,
    own: Sequence[Any] = (5000, 12000, 8000),
    needs: Sequence[float] = (5200, 12500, 8300),
    pool: float = 3000,
    rules: Sequence[Sequence[Any]] = (),
) -> Path:
    """Three counties along a river with one fund; the sheet 「断面」 as given."""
    counties = [
        list(COUNTY_COLUMNS),
        *(
            [*unit, 1000, 0, 14000, own[k], needs[k], 0, 0, 900, 1]
            for k, unit in enumerate(UNITS)
        ),
    ]  # fmt: skip
    return write_tables(
        path,
        {
            "县区数据": counties,
            "资金总额": [["资金", "本年总额"], [GUARANTEE, pool]],
            "约束参数": rule_table(OFF, *rules),
            "断面": [list(header), *(list(row) for row in sections)],
        },
    )


def parameter(name: str, value: Any) -> list[Any]:
    """A row of 「约束参数」 for the rule 「横向补偿」."""
    return ["横向补偿", None, name, None, value]


def pooled(path: Path, paid_in: tuple[Any, ...], province: Any, pool: float = 3000) -> Path:
    """The three counties, who put money into their one fund."""
    made = three_counties(path, [], pool=pool)
    book = openpyxl.load_workbook(made)
    counties, pools = book["县区数据"], book["资金总额"]
    for row, value in enumerate(("流域出资", *paid_in), start=2):
        counties.cell(row, counties.max_column + (row == 2)).value = value
    for row, value in enumerate(("省级出资", province), start=2):
        pools.cell(row, 3).value = value
    book.save(made)
    return made


def weighed(path: Path, figures: Sequence[float | None]) -> Path:
    """The three counties, whose fund goes by 财力均衡度 as well, with these figures of it."""
    book = openpyxl.load_workbook(three_counties(path, []))
    counties, weights = book["县区数据"], book.create_sheet("因素权重")
    column = counties.max_column + 1
    for row, value in enumerate(("财力均衡度", *figures), start=2):
        counties.cell(row, column).value = value
    for given in (["资金", "因素", "权重"], [GUARANTEE, "财力均衡度", 0.5]):
        weights.append(given)
    book.save(path)
    return path
