"""Two counties and two funds of which a part is the province's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from books import ECOLOGY, GUARANTEE, rule_table, write_tables

from transfer_opt.policy.constraints import CONSTRAINTS

KEPT = ("资金总额", "三保兜底", "县区上下限", "合计上下限")
HEAD = ("资金", "本年总额", "其中省级", "省级下限", "省级上限")


def two_funds(
    path: Path,
    guarantee: Sequence[Any] = (120, 20, None, None),
    ecology: Sequence[Any] = (80, 20, 10, None),
    needs: Sequence[float] = (70, 130),
    own: Sequence[float] = (0, 0),
    rules: Sequence[Sequence[Any]] = (),
) -> Path:
    """Only 甲县 takes part in 重点生态功能区转移支付; no rule but 三保兜底 and the pools."""
    header = [
        "行政区划代码", "县区名称", "市州", "常住人口", "标准财政收入", "标准财政支出", "可用财力", "保基本民生需求",
        "保工资需求", "保运转需求", "功能区类型", "禁止开发区面积", f"上年{GUARANTEE}", f"上年{ECOLOGY}", "生态考核结果",
    ]  # fmt: skip
    first = ["630102", "甲县", "西宁市", 1000, 0, 1000, own[0], needs[0], 0, 0]
    second = ["630103", "乙县", "西宁市", 1000, 0, 1000, own[1], needs[1], 0, 0]
    named = {row[0] for row in rules}
    off = (name for name in CONSTRAINTS if name not in KEPT and name not in named)
    return write_tables(
        path,
        {
            "县区数据": [
                header,
                [*first, "国家重点生态功能区", 1, 60, 50, None],
                [*second, None, 0, 60, 0, None],
            ],
            "资金总额": [list(HEAD), [GUARANTEE, *guarantee], [ECOLOGY, *ecology]],
            "约束参数": rule_table(off, *rules),
        },
    )
