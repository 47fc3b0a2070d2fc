"""The sheets of a mapping: our columns → those of the system that executes the budget."""

from __future__ import annotations

from collections.abc import Mapping

from transfer_opt.core.vocabulary import (
    ADVANCE,
    NO,
    THEIR_COLUMNS,
    THEIR_FUNDS,
    THEIR_SETTINGS,
    THIS_TIME,
    YES,
)
from transfer_opt.workbook.input.column import InputColumn

FIXED, BLANK = "固定值", "空白"
"""BLANK: left blank on purpose, as a source and in the place of a value; an empty cell is an omission."""
YEAR, DIVISION, TO_CODE, TO_NAME = "年度", "财政区划代码", "下达区划代码", "下达区划名称"
FUND, INCOME, EXPENSE, PROJECT = "资金", "收入科目", "支出科目", "项目代码"
DOCUMENT, DIRECT, KIND, AMOUNT = "指标文号", "直达标识", "下达种类", "金额"
SOURCES = (
    YEAR,
    DIVISION,
    TO_CODE,
    TO_NAME,
    FUND,
    INCOME,
    EXPENSE,
    PROJECT,
    DOCUMENT,
    DIRECT,
    KIND,
    AMOUNT,
)
"""What a column of theirs may be taken from."""
KINDS = (ADVANCE, THIS_TIME)
DOCUMENTS = {kind: f"{kind}文号" for kind in KINDS}
"""Kind of decision → the column of 「资金对照」 that holds its document number."""

SUFFIX, UNIT, SHEET, ENCODING = "区划后缀", "金额单位", "工作表名", "CSV编码"
ENCODINGS: Mapping[str, str] = {"UTF-8": "utf-8-sig", "GBK": "gbk"}
"""As it is written in the mapping → the codec; UTF-8 with a byte order mark."""
SETTINGS: Mapping[str, tuple[str, str]] = {
    YEAR: ("", "四位年份；留空用结果工作簿标题里的年度。"),
    DIVISION: ("", "下达方的代码，9 位；6 位的补上区划后缀。横向补偿用付出县的代码。"),
    SUFFIX: ("000", "6 位行政区划代码后面补的 3 位；已有 9 位的县不补。"),
    UNIT: ("元", "元、万元、亿元。"),
    KIND: ("、".join(KINDS), f"写哪几种下达；{ADVANCE}已经登记过的，只写{THIS_TIME}。"),
    SHEET: ("Sheet1", "导出为 xlsx 时工作表的名称。"),
    ENCODING: ("UTF-8", "UTF-8（带 BOM）或 GBK；导出为 csv 时用。"),
}
"""项目 → what holds where it is left blank, and what to write."""

_ACCOUNT_NOTE = f"写科目编码；不填这一列的写“{BLANK}”。"
MAPPING_SHEETS: Mapping[str, tuple[InputColumn, ...]] = {
    THEIR_COLUMNS: (
        InputColumn("对方列名", "text", "对方模板的表头，按它的次序一行一列。", width=24),
        InputColumn(
            "取自",
            "text",
            f"这一列写什么；“{FIXED}”写右边的值，“{BLANK}”整列不填。",
            choices=(*SOURCES, FIXED, BLANK),
            width=16,
        ),
        InputColumn(FIXED, "text", f"“取自”是{FIXED}时才填。", required=False, width=20),
        InputColumn("说明", "text", "给人看的说明。", required=False, width=46),
    ),
    THEIR_FUNDS: (
        InputColumn(FUND, "text", "资金的全称或简称；横向补偿另写一行。", width=30),
        InputColumn("导出", "text", "不导出的写否。", choices=(YES, NO), width=7),
        InputColumn(
            INCOME,
            "code",
            "收入科目编码；留空用模型里的。",
            required=False,
            width=11,
        ),
        InputColumn(EXPENSE, "code", _ACCOUNT_NOTE, required=False, width=11),
        InputColumn(PROJECT, "code", f"项目代码；不填的写“{BLANK}”。", required=False, width=16),
        InputColumn(
            DIRECT,
            "text",
            f"直达资金标识，按对方的写法；不填的写“{BLANK}”。",
            required=False,
            width=14,
        ),
        *(
            InputColumn(
                name,
                "text",
                f"{kind}的指标文号；还没有文号、先不填的写“{BLANK}”。",
                required=False,
                width=22,
            )
            for kind, name in DOCUMENTS.items()
        ),
        InputColumn("说明", "text", "给人看的说明。", required=False, width=38),
    ),
    THEIR_SETTINGS: (
        InputColumn("项目", "text", "不要改。", width=16),
        InputColumn("取值", "text", "留空用说明里的默认值。", required=False, width=22),
        InputColumn("说明", "text", "给人看的说明。", required=False, width=64),
    ),
}
