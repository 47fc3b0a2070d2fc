"""A small result of two prefectures, as plain tables."""

import dataclasses
import shutil
from pathlib import Path

import openpyxl

from transfer_opt.core.tables import Column, Dumbbell, Lorenz, Report, Row, Table
from transfer_opt.workbook.output.formulas import Formulas, Sums

FUNDS = ("均衡性转移支付", "生态")


def allocation() -> Table:
    """Two prefectures of two counties and one county; nobody in 甲市 is eligible for 生态."""
    columns = (
        Column("行政区划代码", "code", 6.6),
        Column("县区名称", "name", 20),
        Column("市州", "prefecture", 14.5),
        *(Column(fund, "money", 11, "本年分配", group_formula="sum") for fund in FUNDS),
        Column(
            "合计", "bold_money", 10.5, "本年分配", f"=SUM({{{FUNDS[0]}}}:{{{FUNDS[1]}}})", "sum"
        ),
        Column("上年合计", "money", 10.5, "与上年比较", group_formula="sum"),
        Column("增减额", "growth_money", 9, "与上年比较", "={合计}-{上年合计}"),
        Column(
            "增幅", "growth_share", 7.5, "与上年比较", '=IF({上年合计}=0,"",{增减额}/{上年合计})'
        ),
        Column("人均(元)", "per_head", 8, "均衡性", group_formula="={合计}*10000/[常住人口]"),
        Column("三保缺口", "shortfall", 8, "均衡性", group_formula="sum"),
    )
    rows = (
        Row("total", (None, "合  计", None, 600.0, 70.0, 670.0, 500.0, 170.0, 0.34, 67000.0, 5.0)),
        Row(
            "subtotal",
            (None, "甲市小计", "甲市", 300.0, None, 300.0, 300.0, 0.0, 0.0, 100000.0, 5.0),
        ),
        Row(
            "unit",
            ("630101", "东县", "甲市", 100.0, None, 100.0, 120.0, -20.0, -20 / 120, 100000.0, 5.0),
        ),
        Row(
            "unit",
            ("630102", "西县", "甲市", 200.0, None, 200.0, 180.0, 20.0, 20 / 180, 100000.0, 0.0),
        ),
        Row(
            "subtotal",
            (None, "乙州小计", "乙州", 300.0, 70.0, 370.0, 200.0, 170.0, 0.85, 370000 / 7, 0.0),
        ),
        Row(
            "unit",
            ("632201", "南县", "乙州", 300.0, 70.0, 370.0, 200.0, 170.0, 0.85, 123333.3, 0.0),
        ),
        Row("unit", ("632202", "=HYPERLINK(1)", "乙州", 0.0, 0.0, 0.0, 0.0, 0.0, "", 0.0, 0.0)),
    )
    return Table(
        "分配结果",
        "分配结果表",
        columns,
        rows,
        "单位：万元",
        notes=("注：空白表示不在范围。",),
        fit="groups",
    )


def inputs() -> Table:
    columns = (
        Column("行政区划代码", "code", 6.6),
        Column("县区名称", "name", 20),
        Column("市州", "prefecture", 14.5),
        Column("常住人口", "number", 11),
    )
    rows = (
        ("630101", "东县", "甲市", 10.0),
        ("630102", "西县", "甲市", 20.0),
        ("632201", "南县", "乙州", 30.0),
        ("632202", "=HYPERLINK(1)", "乙州", 40.0),
    )
    return Table("输入数据", "输入数据", columns, tuple(Row("unit", row) for row in rows))


def indicators() -> Table:
    columns = (
        Column("指标", "text", 24),
        Column("分配后", "number", 11),
        Column("说明", "note", 60),
    )
    rows = (
        Row("plain", ("最低保障水平", "71.9%", "+乙州")),
        Row("plain", ("基尼系数", 0.046, None)),
    )
    return Table(
        "均衡性指标", "均衡性指标", columns, rows, verdict="一句话。", landscape=False, fit="page"
    )


def report(*tables: Table, **changes: object) -> Report:
    charts = (
        Dumbbell("市州保障水平", ("=甲!A1", "乙州"), (0.3, 0.5), (0.7, 0.4), (570, 330)),
        Lorenz(
            "洛伦兹曲线",
            (0.0, 0.5, 1.0),
            (0.0, 0.3, 1.0),
            (0.0, 0.5, 1.0),
            (0.0, 0.45, 1.0),
            (420, 330),
        ),
    )
    made = Report(
        tables or (allocation(), indicators(), inputs()),
        charts,
        "A&B方案",
        "9f3c…a1",
        "示例数据，不代表实际",
        "2026-11-23",
        {"title": "结果", "comments": "示例"},
    )
    return dataclasses.replace(made, **changes)


def sheet(
    path: Path, name: str = "分配结果", values: bool = False
) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(path, data_only=values)[name]


def formulas_of(table: Table, source: Table | None = None) -> Formulas:
    return Formulas(table, Sums(source))


def soffice() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")
