"""Small budgets with an outlook, for the tests of several years."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from books import GUARANTEE, rule_table, write_tables

COUNTY_COLUMNS = (
    "行政区划代码", "县区名称", "市州", "常住人口", "标准财政收入", "标准财政支出", "可用财力",
    "保基本民生需求", "保工资需求", "保运转需求", f"上年{GUARANTEE}", "绩效系数",
)  # fmt: skip
OFF = ("困难地区倾斜", "三保压力倾斜", "财力薄弱倾斜", "保障水平下限", "位次不逆转", "单县占比上限")
"""Rules that a budget of two counties has no use for."""
FACTORS = ("三保剩余缺口", "三保压力", "标准收支缺口")
"""What 绩效系数 alone takes the place of: 60 and 40, so that the formula gives 66 and 44 of 110."""


def two_counties(
    path: Path,
    pools: Sequence[float] = (110, 110),
    needs: Sequence[Sequence[float]] = ((50, 40), (50, 60)),
    last: Sequence[float] = (60, 40),
    cap: float = 0.5,
    rules: Sequence[Sequence[Any]] = (),
    scenarios: Sequence[Sequence[Any]] = (),
) -> Path:
    """甲县 and 乙县 with one fund: the miniature of the several years, whose amounts follow the needs of the first year."""
    counties = [
        list(COUNTY_COLUMNS),
        *(
            [f"63010{k + 2}", name, "西宁市", 1000, 0, 100, 0, needs[0][k], 0, 0, last[k], (60, 40)[k]]
            for k, name in enumerate(("甲县", "乙县"))
        ),
    ]  # fmt: skip
    years = [f"{2028 + k}年" for k in range(len(pools) - 1)]
    outlook = [
        ["项目", "资金", "对象", "方式", *years, "依据"],
        ["本年总额", GUARANTEE, None, "金额", *pools[1:], "示例"],
        *(
            ["保基本民生需求", None, name, "金额", *(need[k] for need in needs[1:]), "示例"]
            for k, name in enumerate(("甲县", "乙县"))
        ),
    ]
    given = rule_table(
        OFF,
        ["上年保底", GUARANTEE, "降幅上限", None, 0, "是", "硬"],
        ["增幅上限", GUARANTEE, "增幅上限", None, cap, "是", "硬"],
        *rules,
    )
    tables = {
        "县区数据": counties,
        "资金总额": [["资金", "本年总额"], [GUARANTEE, pools[0]]],
        "约束参数": given,
        "因素权重": [
            ["资金", "因素", "参数", "权重"],
            *([GUARANTEE, title, None, 0] for title in FACTORS),
            [GUARANTEE, "绩效系数", None, 1],
        ],
        "年度展望": outlook,
    }
    if scenarios:
        tables["方案"] = [list(row) for row in scenarios]
    return write_tables(path, tables)
