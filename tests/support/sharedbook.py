"""Two counties that share two services with the levels above, small enough for paper.

教育 800 元, 医保 600 元 a year. 甲县 has 10,000 pupils and 50,000 insured and pays 5 %; 乙县 4,000 and 20,000, and pays 10 %.
Wages and running costs 1,000 and 900, own money 900 and 700, one fund of 600 万元 for both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from books import GUARANTEE
from cases import SPEC

from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    COUNTIES,
    POOLS,
    RULES,
    SCENARIOS,
    SERVICES,
    SHARED_RULE,
)

Tables = dict[str, list[list[Any]]]
Edit = Callable[[Tables], Any]
CUT = "乙县降到5%"
"""The scenario in which the province takes over half of what 乙县 pays."""


def miniature(way: str | None = "测算", basis: str | None = "净口径") -> Tables:
    """The workbook; `way` and `basis` are 保基本民生 and 口径."""
    off = [
        [name, None, None, None, None, "否"]
        for name, rule in SPEC.rules.items()
        if not rule.fixed and name != "三保兜底"
    ]
    return {
        COUNTIES: [
            ["行政区划代码", "县区名称", "市州", "常住人口", "标准财政收入", "标准财政支出"]
            + ["可用财力", "保基本民生需求", "保工资需求", "保运转需求", f"上年{GUARANTEE}"],
            ["990101", "甲县", "东州", 60000, 500, 2000, 900, 190, 1000, 0, 300],
            ["990201", "乙县", "西州", 24000, 400, 1800, 700, 152, 900, 0, 300],
        ],
        POOLS: [["资金", "本年总额"], [GUARANTEE, 600]],
        RULES: [
            ["规则", "资金", "参数", "对象", "取值", "启用"],
            ["因素法", GUARANTEE, "参考", None, "缺口", None],
            ["取整", None, "单位", None, "0.01万元", None],
            [SHARED_RULE, None, "保基本民生", None, way, None],
            [SHARED_RULE, None, "口径", None, basis, None],
            *off,
        ],
        SCENARIOS: [
            ["规则", "资金", "参数", "对象", CUT],
            [SHARED_RULE, None, "教育/二档/县", None, 0.05],
            [SHARED_RULE, None, "教育/二档/省", None, 0.15],
            [SHARED_RULE, None, "医保/二档/县", "乙县", 0.05],
            [SHARED_RULE, None, "医保/二档/省", "乙县", 0.15],
        ],
        SERVICES: [
            ["事项", "标准", "列入三保", "档次", "中央", "省", "市州", "县", "依据"],
            ["教育", 800, "是", "一档", 0.8, 0.1, 0.05, 0.05, "试算"],
            ["教育", 800, "是", "二档", 0.8, 0.1, 0, 0.1, "试算"],
            ["医保", 600, "是", "一档", 0.8, 0.1, 0.05, 0.05, None],
            ["医保", 600, "是", "二档", "80%", "10%", 0, "10%", None],
        ],
        BENEFICIARIES: [
            ["行政区划代码", "县区名称", "市州", "档次", "教育", "医保"],
            ["990101", "甲县", "东州", "一档", 10000, 50000],
            ["990201", "乙县", "西州", "二档", 4000, 20000],
        ],
    }


def put(sheet: str, cell: str, value: object) -> Edit:
    """Types into a cell as the user sees it; the header stands in row 2."""

    def edit(tables: Tables) -> None:
        tables[sheet][int(cell[1:]) - 2][ord(cell[0]) - ord("A")] = value

    return edit
