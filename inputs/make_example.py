"""Makes inputs/qinghai.xlsx from inputs/data/qinghai_example.csv: python inputs/make_example.py."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from transfer_opt.core.budget import Value
from transfer_opt.core.vocabulary import EXAMPLE_LABEL, FLOW_RULE, SECTIONS, SHARED_RULE
from transfer_opt.intake.blank import blank_layout
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.policy.sections import COUNTED
from transfer_opt.policy.shared_costs import LEVELS, NET
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.headers import split_unit
from transfer_opt.workbook.output.template import (
    FundLine,
    OutlookRow,
    TemplateLayout,
    write_template,
)

FOLDER = Path(__file__).parent
YEAR = 2026
EQUALIZATION, GUARANTEE, ECOLOGY = (
    "均衡性转移支付",
    "县级基本财力保障机制奖补资金",
    "重点生态功能区转移支付",
)
TEXT_COLUMNS = {"行政区划代码", "县区名称", "市州", "功能区类型", "生态考核结果", "困难地区类型"}

FUNDS = (
    FundLine(EQUALIZATION, 1998000, 1850000, "1100202", "", "示例数；科目编码待核实", 120000),
    FundLine(GUARANTEE, 438000, 402000, "1100207", "", "示例数", 50000),
    FundLine(ECOLOGY, 384500, 356000, "1100226", "", "示例数", 30000),
)

OUTLOOK_YEARS = 4
OUTLOOK = (
    ("本年总额", EQUALIZATION, "", 0.03),
    ("本年总额", GUARANTEE, "", 0.03),
    ("本年总额", ECOLOGY, "", 0.03),
    ("标准财政支出", "", "", 0.04),
    ("标准财政收入", "", "", 0.02),
    ("可用财力", "", "", 0.02),
    ("可用财力", "", "玉树藏族自治州", 0.01),
    ("可用财力", "", "格尔木市", 0.03),
    ("保基本民生需求", "", "", 0.05),
    ("保工资需求", "", "", 0.04),
    ("保运转需求", "", "", 0.03),
    ("常住人口", "", "", 0.0),
)
"""项目, 资金, 对象, growth of every year."""

INVENTED = "示例数，不是任何文件规定的比例"
EDUCATION, INSURANCE, CULTURE = "义务教育公用经费", "城乡居民医疗保险补助", "公共文化服务"
SERVICES = (
    (EDUCATION, 850, "是", "一档", (0.6, 0.24, 0.06, 0.1)),
    (EDUCATION, 850, "是", "二档", (0.8, 0.13, 0.02, 0.05)),
    (INSURANCE, 700, "是", "一档", (0.8, 0.1, 0.02, 0.08)),
    (INSURANCE, 700, "是", "二档", (0.8, 0.15, 0.01, 0.04)),
    (CULTURE, 60, "否", None, (0.5, 0.25, 0.05, 0.2)),
)
PEOPLE = {EDUCATION: 0.12, INSURANCE: 0.75, CULTURE: 1.0}
"""What part of the residents a service is for."""
FIRST_TIER = ("西宁市", "海东市", "海西蒙古族藏族自治州")


CUTS = "示例线，不是任何文件规定的"
GOALPOSTS = "示例值，不是任何文件规定的"
THRESHOLDS = (
    ("三保保障倍数", "越大越好", (1.0, 1.03, 1.05), 0.02, None, "", None, CUTS),
    ("保障水平与全省之比", "越大越好", (0.85, 0.9, 0.95), 0.02, None, "", None, CUTS),
    ("生态考核结果", "越大越好", (None, None, 0), 0, None, "", None, CUTS),
    ("变异系数", "越小越好", (None,) * 3, None, (0.2, 0.05), "缩小差距", 0.4, GOALPOSTS),
    ("最低保障水平", "越大越好", (None,) * 3, None, (0.6, 1.0), "缩小差距", 0.4, GOALPOSTS),
    ("基本公共服务达标率", "越大越好", (None,) * 3, None, None, "一体化", 0.3, "待部门提供"),
    ("生态变差县数", "越小越好", (None,) * 3, None, (10, 0), "资源环境", 0.3, GOALPOSTS),
)
"""指标, 方向, 红橙黄, 回差, 最差最好, 领域, 权重, 依据."""


def example_thresholds() -> tuple[dict[str, Value], ...]:
    """「预警阈值」, every cut of it invented."""
    return tuple(
        {
            "指标": name,
            "方向": direction,
            **dict(zip(("红", "橙", "黄"), cuts, strict=True)),
            "回差": margin,
            **dict(zip(("最差", "最好"), posts or (None, None), strict=True)),
            "领域": field or None,
            "权重": weight,
            "依据": basis,
        }
        for name, direction, cuts, margin, posts, field, weight, basis in THRESHOLDS
    )


NO_AGREEMENT = "示例数据，不是任何协议"
RIVER = (
    ("示例断面甲", "海晏县", "湟源县", None, "Ⅱ", "Ⅱ", 500, 50, 150, 4.0, 3.8, 0.5, 0.48, 0.1, 0.096, None),
    ("示例断面乙", "湟源县", "湟中区", None, "Ⅲ", "Ⅳ", 600, 50, None, *(None,) * 6, 0.02),
    ("示例断面丙", "大通回族土族自治县", "城北区、城西区", "60%、40%", "Ⅲ", "Ⅱ", 400, 30, 120, *(None,) * 6, -0.015),
)  # fmt: skip
"""Sections of a river, every term and every figure of the water invented."""


def example_sections() -> tuple[dict[str, Value], ...]:
    """「断面」; in the example it moves no county's money."""
    names = [column.name for column in SHEETS[SECTIONS]]
    return tuple(
        {name: _number(value) for name, value in zip(names, (*row, NO_AGREEMENT), strict=True)}
        for row in RIVER
    )


def _number(value: str | float | None) -> Value:
    return float(value) if isinstance(value, int) else value


def example_services() -> tuple[dict[str, Value], ...]:
    """「共担事项」, every share of it invented."""
    return tuple(
        {
            "事项": name,
            "标准": float(standard),
            "列入三保": listed,
            "档次": tier,
            **dict(zip(LEVELS, shares, strict=True)),
            "依据": INVENTED,
        }
        for name, standard, listed, tier, shares in SERVICES
    )


def example_beneficiaries(counties: tuple[dict[str, Value], ...]) -> tuple[dict[str, Value], ...]:
    """「受益人数」: a part of the residents; what else there is makes up the need that was filled in."""
    return tuple(_beneficiary(county) for county in counties)


def _beneficiary(county: dict[str, Value]) -> dict[str, Value]:
    tier = "一档" if county["市州"] in FIRST_TIER else "二档"
    residents = float(str(county["常住人口"]))
    people = {name: float(round(residents * part)) for name, part in PEOPLE.items()}
    paid = sum(
        people[name] * standard * shares[-1] / 10_000
        for name, standard, listed, of, shares in SERVICES
        if listed == "是" and of == tier
    )
    keys = {key: county[key] for key in ("行政区划代码", "县区名称", "市州")}
    other = float(round(float(str(county["保基本民生需求"])) - paid))
    return {**keys, "档次": tier, "其他保基本民生需求": other, **people}


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
    chosen: dict[tuple[str, str], Value] = {
        (SHARED_RULE, "口径"): NET,
        (FLOW_RULE, COUNTED): "否",
    }
    parameters = tuple(
        replace(row, value=chosen.get((row.rule, row.parameter), row.value))
        for row in empty.parameters
    )
    return replace(
        empty,
        funds=FUNDS,
        parameters=parameters,
        counties=counties,
        label=EXAMPLE_LABEL,
        weights=(),
        outlook=example_outlook(),
        outlook_years=OUTLOOK_YEARS,
        services=example_services(),
        beneficiaries=example_beneficiaries(counties),
        thresholds=example_thresholds(),
        sections=example_sections(),
        with_bounds=False,
    )


if __name__ == "__main__":
    write_template(FOLDER / "qinghai.xlsx", layout(example_counties()))
