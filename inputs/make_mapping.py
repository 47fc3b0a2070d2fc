"""Makes inputs/mapping.xlsx, the example of a mapping to the executing system: python inputs/make_mapping.py."""

from __future__ import annotations

from pathlib import Path

from transfer_opt.core.budget import Value
from transfer_opt.core.vocabulary import FLOW_RULE, YES
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.input.handover import (
    BLANK,
    DIRECT,
    DIVISION,
    DOCUMENTS,
    EXPENSE,
    FUND,
    PROJECT,
)
from transfer_opt.workbook.output.handover import write_mapping

LABEL = "示例，各省模板不同：照本省的模板修改后再用"
PROVINCE = "630000000"
COLUMNS = (
    ("FISCAL_YEAR", "年度", "年度"),
    ("MOF_DIV_CODE", "财政区划代码", "下达方，9 位"),
    ("SUB_MOF_DIV_CODE", "下达区划代码", "收到的县，9 位"),
    ("SUB_MOF_DIV_NAME", "下达区划名称", "只供人核对；对方模板没有的，删去这一行"),
    ("PRO_CODE", "项目代码", ""),
    ("PRO_NAME", "资金", ""),
    ("TP_FUNC_CODE", "支出科目", "转移支付功能科目"),
    ("INC_CODE", "收入科目", "收到的县记入的科目"),
    ("FUND_TYPE_CODE", BLANK, "资金性质，按对方的代码表：取自改为固定值，再填值"),
    ("TRA_TYPE", "下达种类", "提前下达、本次下达"),
    ("COR_BGT_DOC_NO", "指标文号", ""),
    ("REPLY_AMT", "金额", "单位见「导出设置」"),
    ("直达资金标识", "直达标识", ""),
)
"""对方列名, 取自, 说明."""
EXPENSES = {
    "均衡性转移支付": "2300202",
    "县级基本财力保障机制奖补资金": "2300207",
    "重点生态功能区转移支付": "2300226",
}
UNKNOWN: dict[str, Value] = {
    PROJECT: BLANK,
    DIRECT: BLANK,
    **dict.fromkeys(DOCUMENTS.values(), BLANK),
}
"""Numbers of documents and projects are nobody's to make up."""


def columns() -> tuple[dict[str, Value], ...]:
    """「列对照」."""
    return tuple(dict(zip(("对方列名", "取自", "说明"), column, strict=True)) for column in COLUMNS)


def funds() -> tuple[dict[str, Value], ...]:
    """「资金对照」: the funds of the model, and what counties pay each other, whose accounts stand in its rule."""
    rows: list[dict[str, Value]] = [
        {
            FUND: fund.name,
            "导出": YES,
            EXPENSE: EXPENSES[fund.name],
            **UNKNOWN,
            "说明": "支出科目按 110 与 230 成对推得，待核实",
        }
        for fund in load_model().funds
    ]
    return (*rows, {FUND: FLOW_RULE, "导出": YES, **UNKNOWN, "说明": "没有断面协议的不起作用"})


def content() -> bytes:
    """The file."""
    return write_mapping(columns(), funds(), {DIVISION: PROVINCE}, LABEL)


if __name__ == "__main__":
    (Path(__file__).parent / "mapping.xlsx").write_bytes(content())
