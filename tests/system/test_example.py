from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import OutputError
from transfer_opt.workbook.input.columns import SHEETS
from transfer_opt.workbook.input.reader import read_workbook
from transfer_opt.workbook.input.totals import total_mismatches
from transfer_opt.workbook.output.template import FundLine, TemplateLayout, write_template

INPUTS = Path(__file__).parents[2] / "inputs"
FUNDS = ("均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付")


@pytest.fixture(scope="module")
def example() -> Budget:
    return read_workbook(INPUTS / "qinghai.xlsx", {})


@pytest.fixture(scope="module")
def layout() -> TemplateLayout:
    made = runpy.run_path(str(INPUTS / "make_example.py"))
    result: TemplateLayout = made["layout"](made["example_counties"]())
    return result


def without_counties(layout: TemplateLayout) -> TemplateLayout:
    return replace(
        layout,
        counties=(),
        label="",
        with_bounds=True,
        funds=tuple(FundLine(fund.name) for fund in layout.funds),
    )


def column(budget: Budget, sheet: str, header: str) -> list[Any]:
    return [row.values.get(header) for row in budget.sheets[sheet].rows]


def test_the_example_has_45_units_and_no_remarks(example: Budget) -> None:
    counties = example.sheets["县区数据"]
    assert len(counties.rows) == 45
    assert len(counties.totals) == 9
    assert all(sheet.notes == () for sheet in example.sheets.values())
    assert list(example.sheets) == [
        "县区数据",
        "资金总额",
        "约束参数",
        "方案",
        "年度展望",
        "共担事项",
        "受益人数",
        "预警阈值",
        "断面",
    ]


def test_the_example_says_on_every_sheet_that_it_is_one(example: Budget) -> None:
    assert all("示例数据，不代表任何实际分配" in sheet.labels for sheet in example.sheets.values())


def test_last_years_columns_add_to_last_years_pools(example: Budget) -> None:
    pools = dict(
        zip(
            column(example, "资金总额", "资金"),
            column(example, "资金总额", "上年总额"),
            strict=True,
        )
    )
    assert pools == dict(zip(FUNDS, (1850000.0, 402000.0, 356000.0), strict=True))
    for fund in FUNDS:
        assert (
            sum(value or 0 for value in column(example, "县区数据", f"上年{fund}")) == pools[fund]
        )


def test_the_examples_totals_agree_with_their_rows(example: Budget) -> None:
    counties = example.sheets["县区数据"]
    numeric = [
        header
        for header in counties.letters
        if isinstance(counties.totals[0].values.get(header), float)
    ]
    assert len(numeric) == 11
    assert total_mismatches(counties, numeric) == ()


def test_blank_stays_blank_and_zero_stays_zero(example: Budget) -> None:
    first = example.sheets["县区数据"].rows[0].values
    assert first["行政区划代码"] == "630102"
    assert first["禁止开发区面积"] == 0.0
    assert not {"功能区类型", "生态考核结果", "困难地区类型", f"上年{FUNDS[2]}"} & set(first)


def test_the_scenarios_change_only_what_differs(example: Budget) -> None:
    sheet = example.sheets["方案"]
    assert list(sheet.letters)[4:] == ["基准方案", "均衡优先", "稳定优先", "生态优先"]
    assert not any("基准方案" in row.values for row in sheet.rows)
    assert column(example, "方案", "生态优先") == [
        None,
        0.06,
        "功能区类型=国家重点生态功能区、省级重点生态功能区",
    ]


def test_no_parameter_is_given_twice(example: Budget) -> None:
    keys = [
        tuple(row.values.get(name) for name in ("规则", "资金", "参数", "对象"))
        for row in example.sheets["约束参数"].rows
    ]
    assert len(keys) == len(set(keys))


def test_the_shipped_file_is_what_the_script_makes(
    layout: TemplateLayout, example: Budget, tmp_path: Path
) -> None:
    write_template(tmp_path / "again.xlsx", layout)
    assert read_workbook(tmp_path / "again.xlsx", {}).sheets == example.sheets


def test_the_same_layout_gives_the_same_bytes(layout: TemplateLayout, tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        write_template(tmp_path / name, layout)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_totals_are_live_formulas_that_carry_their_values(
    layout: TemplateLayout, tmp_path: Path
) -> None:
    write_template(tmp_path / "a.xlsx", layout)
    formulas = openpyxl.load_workbook(tmp_path / "a.xlsx")["县区数据"]
    values = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)["县区数据"]
    assert formulas["D6"].value == "=SUM(D7:D13)"
    assert values["D6"].value == 2467965
    assert str(formulas["D5"].value).startswith("=D6+D14+")
    assert values["D5"].value == 5923957


def test_the_empty_template_has_all_sheets_and_no_counties(
    layout: TemplateLayout, tmp_path: Path
) -> None:
    write_template(tmp_path / "模板.xlsx", without_counties(layout))
    budget = read_workbook(tmp_path / "模板.xlsx", {})
    assert list(budget.sheets) == [name for name in SHEETS if name != "因素权重"]
    assert budget.sheets["县区数据"].rows == budget.sheets["县区上下限"].rows == ()
    assert column(budget, "资金总额", "资金") == list(FUNDS)
    assert column(budget, "资金总额", "本年总额") == [None, None, None]
    assert len(budget.sheets["约束参数"].rows) == len(layout.parameters)
    assert all(sheet.notes == () for sheet in budget.sheets.values())


def test_every_header_of_the_template_explains_itself(
    layout: TemplateLayout, tmp_path: Path
) -> None:
    write_template(tmp_path / "a.xlsx", without_counties(layout))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["县区数据"]
    notes = [cell.comment.text if cell.comment else "" for cell in sheet[4]]
    assert len(notes) == 17
    assert all("填。" in note for note in notes)
    assert "可选：变好、基本稳定、变差。" in notes[12]


def test_enumerations_have_drop_downs_and_amounts_refuse_negatives(
    layout: TemplateLayout, tmp_path: Path
) -> None:
    write_template(tmp_path / "a.xlsx", without_counties(layout))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["县区数据"]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules["K5"].formula1 == '"国家重点生态功能区,省级重点生态功能区,禁止开发区"'
    least = {
        cell: (rules[cell].type, rules[cell].operator, rules[cell].formula1)
        for cell in ("F5", "G5")
    }
    assert least["F5"] == ("decimal", "greaterThanOrEqual", "0")  # 标准财政支出
    assert least["G5"] == ("decimal", "greaterThanOrEqual", "-10000000000000")  # 可用财力


def test_texts_that_look_like_formulas_stay_texts(layout: TemplateLayout, tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", replace(layout, label="=1+1"))
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["县区数据"]["A2"].data_type == "s"


def test_a_folder_that_is_not_there_is_told(layout: TemplateLayout, tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_template(tmp_path / "没有" / "a.xlsx", layout)
