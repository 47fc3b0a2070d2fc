"""Makes inputs/qinghai.xlsx from inputs/data/qinghai_example.csv: python inputs/make_example.py."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from transfer_opt.core.budget import Value
from transfer_opt.intake.blank import blank_layout
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.input.headers import split_unit
from transfer_opt.workbook.output.template import (
    FundLine,
    OutlookRow,
    TemplateLayout,
    write_template,
)

FOLDER = Path(__file__).parent
YEAR = 2026
LABEL = "示例数据，不代表任何实际分配"
EQUALIZATION, GUARANTEE, ECOLOGY = (
    "均衡性转移支付",
    "县级基本财力保障机制奖补资金",
    "重点生态功能区转移支付",
)
TEXT_COLUMNS = {"行政区划代码", "县区名称", "市州", "功能区类型", "生态考核结果", "困难地区类型"}

FUNDS = (
    FundLine(EQUALIZATION, 1998000, 1850000, "1100202", "", "示例数；科目编码待核实"),
    FundLine(GUARANTEE, 438000, 402000, "1100207", "", "示例数"),
    FundLine(ECOLOGY, 384500, 356000, "1100226", "", "示例数"),
)

OUTLOOK_YEARS = 4
OUTLOOK = (
    ("本年总额", EQUALIZATION, "", 0.03),
    ("本年总额", GUARANTEE, "", 0.03),
    ("本年总额", ECOLOGY, "", 0.03),
    ("标准财政支出", "", "", 0.03),
    ("标准财政收入", "", "", 0.02),
    ("可用财力", "", "", 0.02),
    ("可用财力", "", "玉树藏族自治州", 0.01),
    ("可用财力", "", "格尔木市", 0.03),
    ("保基本民生需求", "", "", 0.03),
    ("保工资需求", "", "", 0.025),
    ("保运转需求", "", "", 0.02),
    ("常住人口", "", "", 0.0),
)
"""项目, 资金, 对象, growth of every year."""


def example_outlook() -> tuple[OutlookRow, ...]:
    """「年度展望」: the same growth year by year."""
    years = range(YEAR + 1, YEAR + 1 + OUTLOOK_YEARS)
    return tuple(
        OutlookRow(item, fund, place, values=dict.fromkeys(years, growth), basis="示例数")
        for item, fund, place, growth in OUTLOOK
    )


def example_counties() -> tuple[dict[str, Value], ...]:
    """The rows of the CSV file under standard names, figures as numbers, empty cells as None."""
    with (FOLDER / "data" / "qinghai_example.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            {split_unit(header)[0]: cell for header, cell in row.items()}
            for row in csv.DictReader(stream)
        ]
    return tuple({name: _value(name, cell) for name, cell in row.items()} for row in rows)


def _value(name: str, cell: str) -> Value:
    if not cell:
        return None
    return cell if name in TEXT_COLUMNS else float(cell)


def layout(counties: tuple[dict[str, Value], ...]) -> TemplateLayout:
    """The example's layout: the model's own rules and scenarios, the funds and counties of the example."""
    empty = blank_layout(load_model(), YEAR)
    return replace(
        empty,
        funds=FUNDS,
        counties=counties,
        label=LABEL,
        weights=(),
        outlook=example_outlook(),
        outlook_years=OUTLOOK_YEARS,
        with_bounds=False,
    )


if __name__ == "__main__":
    write_template(FOLDER / "qinghai.xlsx", layout(example_counties()))
