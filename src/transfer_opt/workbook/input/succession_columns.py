"""The columns of 「区划调整」."""

from __future__ import annotations

from transfer_opt.core.vocabulary import FUND, ONE_OFF
from transfer_opt.workbook.input.column import InputColumn

OLD, NEW, SHARE, DAY = "原代码", "新代码", "比例", "日期"
OLD_NAME, NEW_NAME = "原名称", "新名称"
_FIRST_ROW = "原县区已不在县区数据表里的，在它的第一行填全部的数；其余行和还在表里的留空。"

SUCCESSION_COLUMNS = (
    InputColumn(OLD, "code", "调整以前的行政区划代码；一个县区分给几个的，每个写一行。", width=10),
    InputColumn(OLD_NAME, "name", "调整以前的名称。", required=False, width=20),
    InputColumn(
        NEW,
        "code",
        "调整以后的行政区划代码；原县区自己保留一部分的也写一行，新代码就写原代码。",
        width=10,
    ),
    InputColumn(NEW_NAME, "name", "调整以后的名称，用来核对代码。", required=False, width=20),
    InputColumn(
        SHARE,
        "number",
        "原县区的多大比例归新县区，如40%；全部归它的写1。同一原代码、同一日期各行合计必须是1。",
        width=8,
    ),
    InputColumn(
        DAY,
        "text",
        "从哪一天起按新代码编列预算，如2026-01-01。上年1月1日及以前的不再划转上年数。",
        width=12,
    ),
    InputColumn(
        f"上年{FUND}",
        "number",
        f"原县区上年得到的该项资金。{_FIRST_ROW}",
        "金额",
        required=False,
        width=14,
    ),
    InputColumn(
        f"上年{FUND}{ONE_OFF}",
        "number",
        f"原县区上年该项资金中的一次性补助，没有的留空。{_FIRST_ROW}",
        "金额",
        required=False,
        width=14,
    ),
    InputColumn(
        f"提前下达{FUND}",
        "number",
        f"已经按原代码提前下达的该项资金，没有的留空。{_FIRST_ROW}",
        "金额",
        required=False,
        width=14,
    ),
    InputColumn("依据", "text", "批准调整的文号。", required=False, width=30),
)
