"""The tables of the result workbook: columns, order of rows, empty cells, and what can be read back."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from allocations import EXAMPLE, SCENARIOS, example
from books import ECOLOGY, EQUALIZATION, GUARANTEE, add_rule, plain_tables, write_tables

from transfer_opt.allocation import allocate
from transfer_opt.allocation.explanation.indicators import Indicator
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Report, Row, Table
from transfer_opt.intake import prepare
from transfer_opt.policy.settings import Settings
from transfer_opt.report import rules
from transfer_opt.report.equality import indicator_table
from transfer_opt.report.parts import TOTAL_NAME, amount, heading, known_sum
from transfer_opt.report.workbook import build

FUNDS = (EQUALIZATION, GUARANTEE, ECOLOGY)
COLUMNS = {
    "分配结果": [
        "行政区划代码",
        "县区名称",
        "市州",
        *FUNDS,
        "合计",
        "上年合计",
        "增减额",
        "增幅",
        "人均(元)",
        "分配前保障水平",
        "分配后保障水平",
        "三保缺口",
    ],
    "测算说明": [
        "行政区划代码",
        "县区名称",
        "市州",
        "资金",
        "因素法测算额",
        "考核奖惩",
        "上年保底",
        "增幅上限",
        "三保兜底",
        "三保压力倾斜",
        "财力薄弱倾斜",
        "困难地区倾斜",
        "其他规则",
        "目标调整",
        "取整",
        "分配额",
        "依据条款",
        "上年分配",
        "较上年",
        "主要原因",
    ],
    "约束审计": [
        "规则",
        "依据条款",
        "对象",
        "左端值",
        "关系",
        "右端值",
        "余量",
        "影子价格",
        "是否起作用",
        "结论",
    ],
    "均衡性指标": ["指标", "口径", "分配前", "上年", "分配后", "变化", "评价", "说明"],
    "敏感性": ["对象", "变动", "三保缺口变化", "最低保障水平变化", "受影响县区"],
    "方案参数": [
        "规则",
        "资金",
        "参数",
        "对象",
        "取值",
        "启用",
        "刚性",
        "优先级",
        "依据条款",
        "说明",
    ],
    "审计信息": ["项目", "内容"],
}
FACTS = {"州本级及其他", "预留", "可分配总额", "上年总额", "其中省级"}
"""Rows of 「方案参数」 that tell the pools as they were; no parameters."""


@cache
def report(scenario: str = "基准方案") -> Report:
    return build(example(scenario), "", "")


def table(name: str, of: Report | None = None) -> Table:
    (found,) = [entry for entry in (of or report()).tables if entry.name == name]
    return found


def names(found: Table) -> list[str]:
    return [column.name for column in found.columns]


def column(found: Table, header: str, kind: str = "unit") -> list[Value]:
    at = names(found).index(header)
    return [row.values[at] for row in found.rows if row.kind == kind]


def cell(found: Table, row: Row, header: str) -> Value:
    return row.values[names(found).index(header)]


def facts(found: Table) -> dict[Value, Value]:
    return {row.values[0]: row.values[1] for row in found.rows}


# ---------------------------------------------------------------- sheets and columns


def test_the_sheets_come_in_the_order_of_the_contract() -> None:
    assert [entry.name for entry in report().tables] == [
        "分配结果",
        "测算说明",
        "约束审计",
        "均衡性指标",
        "敏感性",
        "敏感性分县",
        "分资金对比",
        "支出责任",
        "支出责任2",
        "横向补偿",
        "断面协议",
        "方案参数",
        "输入数据",
        "审计信息",
        "证明",
    ]


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_are_exactly_those_of_the_contract(name: str) -> None:
    assert names(table(name)) == COLUMNS[name]


@pytest.mark.parametrize("name", [*COLUMNS, "分资金对比", "输入数据"])
def test_every_row_has_a_cell_for_every_column_and_no_number_is_nan(name: str) -> None:
    found = table(name)
    for row in found.rows:
        assert len(row.values) == len(found.columns)
        assert not any(isinstance(value, float) and np.isnan(value) for value in row.values)
        assert not any(isinstance(value, np.generic) for value in row.values)


def test_the_comparison_has_last_year_this_year_and_growth_for_all_and_for_each_fund() -> None:
    found = table("分资金对比")
    assert [entry.band for entry in found.columns[2:]] == [
        band for band in ("三项合计", *FUNDS) for _ in range(4)
    ]
    assert names(found)[2:] == ["上年", "本年", "增减额", "增幅"] * 4


def test_titles_name_the_year_the_subject_and_the_scenario() -> None:
    assert table("分配结果").title == "2026年三项转移支付分配结果表（基准方案）"
    assert table("分配结果").unit_note == "单位：万元（人均：元）"
    assert report().label == "示例数据，不代表任何实际分配"


# ---------------------------------------------------------------- rows of 「分配结果」


def test_the_grand_total_comes_first_then_each_prefecture_and_its_units_by_code() -> None:
    found = table("分配结果")
    assert [row.kind for row in found.rows].count("unit") == 45
    assert (found.rows[0].kind, cell(found, found.rows[0], "县区名称")) == ("total", TOTAL_NAME)
    assert (found.rows[1].kind, cell(found, found.rows[1], "县区名称")) == (
        "subtotal",
        "西宁市小计",
    )
    codes = column(found, "行政区划代码")
    assert codes == sorted(codes, key=str)
    assert all(isinstance(code, str) and len(code) == 6 for code in codes)
    prefecture = None
    for row in found.rows[1:]:
        here = cell(found, row, "市州")
        assert row.kind == "subtotal" or here == prefecture
        prefecture = here


def test_totals_leave_the_code_blank_and_say_so_in_the_name() -> None:
    found = table("分配结果")
    assert set(column(found, "行政区划代码", "subtotal")) == {None}
    assert all(str(name).endswith("小计") for name in column(found, "县区名称", "subtotal"))


@pytest.mark.parametrize("fund", [*FUNDS, "合计", "上年合计", "三保缺口"])
def test_the_units_add_to_their_prefecture_and_these_to_the_total(fund: str) -> None:
    found = table("分配结果")
    (total,) = column(found, fund, "total")
    assert total == sum(value or 0 for value in column(found, fund))  # type: ignore[misc]
    assert total == sum(value or 0 for value in column(found, fund, "subtotal"))  # type: ignore[misc]


def test_a_county_outside_a_fund_has_an_empty_cell_and_not_0() -> None:
    found = table("分配结果")
    cells = dict(zip(column(found, "县区名称"), column(found, ECOLOGY), strict=True))
    assert cells["城东区"] is None
    assert cells["兴海县"] == 19135
    assert sum(value is None for value in cells.values()) == 18
    assert (
        dict(
            zip(
                column(found, "县区名称", "subtotal"),
                column(found, ECOLOGY, "subtotal"),
                strict=True,
            )
        )["西宁市小计"]
        is None
    )


def test_growth_heads_and_coverage_are_those_of_the_row() -> None:
    """城东区: 34424 + 2316 against 32994 + 1782 last year, over 489372 heads and N 254797, own 192715."""
    found = table("分配结果")
    row = next(row for row in found.rows if cell(found, row, "县区名称") == "城东区")
    assert [cell(found, row, name) for name in ("合计", "上年合计", "增减额")] == [
        36740,
        34776,
        1964,
    ]
    assert cell(found, row, "增幅") == pytest.approx(1964 / 34776)
    assert cell(found, row, "人均(元)") == pytest.approx(367400000 / 489372)
    assert cell(found, row, "分配前保障水平") == pytest.approx(192715 / 254797)
    assert cell(found, row, "分配后保障水平") == pytest.approx(229455 / 254797)
    assert cell(found, row, "三保缺口") == 0


# ---------------------------------------------------------------- the other tables


def test_the_steps_of_every_printed_row_add_to_its_amount() -> None:
    found = table("测算说明")
    first, last = names(found).index("因素法测算额"), names(found).index("取整")
    for row in found.rows:
        assert sum(row.values[first : last + 1]) == pytest.approx(
            cell(found, row, "分配额"), abs=1e-6
        )  # type: ignore[arg-type]


def test_every_adjustment_adds_to_0_in_the_total_row_of_its_fund() -> None:
    found = table("测算说明")
    totals = [row for row in found.rows if row.kind == "total"]
    assert [cell(found, row, "资金") for row in totals] == list(FUNDS)
    for row in totals:
        assert not any(cell(found, row, name) for name in COLUMNS["测算说明"][5:15])
        assert cell(found, row, "因素法测算额") == cell(found, row, "分配额")


def test_a_step_that_moved_nothing_is_hidden_and_still_there() -> None:
    hidden = {entry.name for entry in table("测算说明").columns if entry.hidden}
    assert "市州" in hidden
    assert {"目标调整"} <= hidden
    assert not {"上年保底", "增幅上限", "三保兜底", "取整"} & hidden


def test_the_audit_table_says_what_the_findings_say() -> None:
    found, outcome = table("约束审计"), example()
    assert len(found.rows) == len(outcome.findings)
    first = found.rows[0]
    assert (first.kind, cell(found, first, "是否起作用")) == ("alarm", "未满足(软)")
    assert cell(found, first, "结论") == (
        "▲ 超出 334 万元：为满足优先级更高的要求而突破；把该县该项资金的增幅上限由 30% 放宽到 33.2% 即不再超出（已重新求解核对）。"
    )
    assert found.verdict.startswith(f"共核验 {len(found.rows)} 条")
    conclusions = {
        cell(found, row, "规则"): cell(found, row, "结论")
        for row in found.rows
        if row.kind == "active"
    }
    assert conclusions["资金总额"] == "● 分毫不差"
    assert conclusions["上年保底"] == "● 起作用"


def test_what_leaves_room_is_folded_below_what_does_not_and_a_note_says_so() -> None:
    found = table("约束审计")
    folded = [row.folded for row in found.rows]
    assert folded == sorted(folded)
    assert [row for row in found.rows if row.folded] == [
        row for row in found.rows if cell(found, row, "结论") == "○ 有余量"
    ]
    assert found.notes[0].startswith(f"有余量的 {sum(folded)} 行折叠在这一行上面")


def test_what_brings_a_county_more_stands_beside_its_sensitivities() -> None:
    """城东区: of 100 万元 more of 均衡性 it gets 4.5, so 22.2 for each 1; most by 三保兜底 to 0.99."""
    found = table("敏感性分县")
    (row,) = (row for row in found.rows if cell(found, row, "县区名称") == "城东区")
    gained = float(str(cell(found, row, "均衡性转移支付总额增加 100 万元")))
    assert cell(found, row, "安排哪项资金") == "均衡性"
    assert cell(found, row, "约需安排") == f"{100 / gained:,.1f}" == "22.2"
    told = str(cell(found, row, "放宽哪个参数"))
    assert cell(found, row, told) == max(v for v in row.values if isinstance(v, float))
    (bound,) = (row for row in found.rows if cell(found, row, "县区名称") == "乐都区")
    assert bound.values[-3:] == (None, None, None)  # nothing tried brings it more


def test_a_rule_that_speaks_of_nobody_is_said() -> None:
    assert "规则「已下达不收回」已启用，但没有适用对象。" in table("约束审计").notes


def test_an_indicator_that_got_better_says_so_in_words() -> None:
    found = table("均衡性指标")
    words = {(cell(found, row, "指标"), cell(found, row, "口径")): row for row in found.rows}
    lowest = words["最低保障水平", "各县，不加权"]
    assert cell(found, lowest, "评价") == "改善"
    assert str(cell(found, lowest, "变化")).startswith("+")
    assert str(cell(found, lowest, "分配后")).endswith("%")
    assert cell(found, words["“三保”缺口县数", "个"], "分配后") == 0
    assert cell(found, words["最高保障水平", "各县，不加权"], "评价") is None


def test_the_input_stands_in_the_result_as_numbers_and_texts() -> None:
    found = table("输入数据")
    assert len(found.rows) == 45
    assert column(found, "可用财力")[0] == 192715
    assert column(found, "功能区类型")[0] is None
    assert column(found, "禁止开发区面积")[0] == 0


def test_the_facts_name_versions_digests_scenario_stages_and_totals() -> None:
    told = facts(table("审计信息"))
    assert told["方案"] == "基准方案"
    assert told["目标顺序"] == "三保缺口最小 > 贴近因素法"
    assert told["输入文件"] == "qinghai.xlsx"
    assert (
        len(str(told["输入文件 SHA-256"]))
        == len(str(told["模型文件 SHA-256"]))
        == len(str(told["校验码 SHA-256"]))
        == 64
    )
    assert told["目标值：三保缺口最小"] == "合计 0.000000 万元"
    assert told[f"合计核对：{ECOLOGY}"] == "各县合计 384,500，可分配总额 384,500，相差 0"
    assert "生成时间" not in told
    assert (
        facts(table("审计信息", build(example(), "", "2026-01-01 08:00")))["生成时间"]
        == "2026-01-01 08:00"
    )


def test_warnings_and_alarms_are_repeated_among_the_facts() -> None:
    said = [row.values[1] for row in table("审计信息").rows if row.values[0] == "警告"]
    assert any(str(text).startswith("湟源县·县级保障超出") for text in said)
    assert any("[W343]" in str(text) for text in said)


def test_small_helpers_keep_unknown_apart_from_nothing() -> None:
    assert known_sum(np.array([np.nan, np.nan])) is None
    assert known_sum(np.array([np.nan, 0.0])) == 0
    assert str(amount(-0.0)) == "0.0"
    assert amount(0.1 + 0.2) == 0.3


# ---------------------------------------------------------------- the same again


def test_one_outcome_gives_one_report() -> None:
    assert build(example(), "", "") == build(example(), "", "")


def test_solving_again_gives_the_same_report() -> None:
    again = allocate.allocate(prepare.prepare(EXAMPLE, scenario="基准方案"), "highs")
    assert build(again, "", "") == report()


def test_another_scenario_has_another_check_code() -> None:
    assert len({report(scenario).digest for scenario in SCENARIOS}) == len(SCENARIOS)


# ---------------------------------------------------------------- 「方案参数」 read back as 「约束参数」


def read_back(outcome: Outcome, folder: Path) -> Outcome:
    """The example with 「方案参数」 of an outcome for its 「约束参数」, and no scenarios."""
    found = table("方案参数", build(outcome, "", ""))
    tables = plain_tables(also={"共担事项": "事项", "受益人数": "行政区划代码", "断面": "断面名称"})
    del tables["方案"]
    services = outcome.settings.rules["共担测算"].parameters
    if not any("/" in name for name in services):  # an outcome without shared services
        del tables["共担事项"], tables["受益人数"]
    parameter = names(found).index("参数")
    told = [
        list(row.values)
        for row in found.rows
        if row.values[parameter] not in FACTS and row.values[0] != "县区上下限"
    ]
    switch = [
        list(row.values)
        for row in found.rows
        if row.values[0] == "县区上下限" and row.values[parameter] is None
    ]
    tables["约束参数"] = [names(found), *told, *switch]
    prepared = prepare.prepare(write_tables(folder / "again.xlsx", tables))
    assert [problem.code for problem in prepared.problems if not problem.is_warning] == []
    return allocate.allocate(prepared, "highs")


def resolved(settings: Settings) -> dict[tuple[str, str], list[Any]]:
    """Every switch and value for every fund at every place."""
    places = np.arange(-1, len(settings.recipients) + len(settings.recipients.prefectures))
    grid = np.array([(fund, place) for fund in range(len(settings.funds)) for place in places])
    held: dict[tuple[str, str], list[Any]] = {}
    for name, rule in settings.rules.items():
        if not rule.fixed:
            on, hard = settings.on(name, grid), settings.hard(name, grid)
            held[name, "启用"], held[name, "刚性"] = on.tolist(), hard.tolist()
            held[name, "优先级"] = np.where(hard, 0, settings.priority(name, grid)).tolist()
        for key, spec in rule.parameters.items():
            if spec.kind not in ("objectives", "money"):
                values = (
                    settings.numbers(name, key, grid)
                    if spec.numeric
                    else settings.texts(name, key, grid)
                )
                held[name, key] = [str(value) for value in values]
    return held


@pytest.mark.system
@pytest.mark.system
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_parameters_of_a_result_give_the_same_settings_and_integers(
    scenario: str, tmp_path: Path
) -> None:
    outcome = example(scenario)
    again = read_back(outcome, tmp_path)
    assert again.objective == outcome.objective
    assert resolved(again.settings) == resolved(outcome.settings)
    assert again.units.tolist() == outcome.units.tolist()


def changed(
    tmp_path: Path, *rules: dict[str, Any], scenario: dict[str, Any] | None = None
) -> Outcome:
    """The example with more rows of 「约束参数」, and one scenario of one row."""
    tables = plain_tables()
    del tables["方案"]
    taken = {entry["规则"] for entry in rules}
    tables["约束参数"] = [row for row in tables["约束参数"] if row[0] not in taken]
    for entry in rules:
        add_rule(tables, **entry)
    if scenario:
        tables["方案"] = [[*scenario], [*scenario.values()]]
    path = write_tables(tmp_path / "changed.xlsx", tables)
    prepared = prepare.prepare(path, scenario="试算" if scenario else None)
    assert [problem for problem in prepared.problems if not problem.is_warning] == []
    return allocate.allocate(prepared, "highs")


CHANGES: list[tuple[dict[str, Any], ...]] = [
    (
        {"规则": "市州占比", "启用": "是", "刚性": "硬"},
        {"规则": "市州占比", "资金": GUARANTEE, "参数": "上限", "对象": "西宁市", "取值": 0.17},
    ),
    (
        {
            "规则": "增幅上限",
            "资金": EQUALIZATION,
            "参数": "增幅上限",
            "对象": "玛多县",
            "取值": 0.25,
        },
    ),
    ({"规则": "上年保底", "资金": EQUALIZATION, "对象": "西宁市", "启用": "否"},),
    ({"规则": "增幅上限", "刚性": "软", "优先级": 3},),
    (
        {"规则": "保障水平下限", "参数": "下限比例", "取值": 0.7, "启用": "是"},
        {"规则": "取整", "参数": "单位", "取值": "0.01万元"},
    ),
    ({"规则": "资金总额", "资金": ECOLOGY, "参数": "预留比例", "取值": 0.005},),
]


@pytest.mark.system
@pytest.mark.system
@pytest.mark.parametrize("rules", CHANGES)
def test_exceptions_for_places_switches_and_units_are_read_back_too(
    rules: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    outcome = changed(tmp_path, *rules)
    again = read_back(outcome, tmp_path)
    assert resolved(again.settings) == resolved(outcome.settings)
    assert again.units.tolist() == outcome.units.tolist()


def test_a_scenarios_exception_for_a_place_replaces_the_workbooks(tmp_path: Path) -> None:
    outcome = changed(
        tmp_path,
        {
            "规则": "增幅上限",
            "资金": EQUALIZATION,
            "参数": "增幅上限",
            "对象": "玛多县",
            "取值": 0.25,
        },
        scenario={
            "规则": "增幅上限",
            "资金": EQUALIZATION,
            "参数": "增幅上限",
            "对象": "玛多县",
            "试算": 0.3,
        },
    )
    again = read_back(outcome, tmp_path)
    assert resolved(again.settings) == resolved(outcome.settings)
    assert again.units.tolist() == outcome.units.tolist()


def test_a_pool_a_scenario_changed_is_read_back(tmp_path: Path) -> None:
    outcome = changed(
        tmp_path, scenario={"规则": "资金总额", "资金": ECOLOGY, "参数": "本年总额", "试算": 386000}
    )
    again = read_back(outcome, tmp_path)
    assert [fund.pool for fund in again.case.funds] == [1998000, 438000, 386000]
    assert again.units.tolist() == outcome.units.tolist()


def test_given_bounds_stand_among_the_parameters_with_their_reason(tmp_path: Path) -> None:
    tables = plain_tables()
    tables["县区上下限"] = [
        ["行政区划代码", "县区名称", "资金", "下限", "上限", "理由"],
        ["630102", None, EQUALIZATION, 34500, None, "项目配套"],
    ]
    outcome = allocate.allocate(prepare.prepare(write_tables(tmp_path / "b.xlsx", tables)), "highs")
    (row,) = [
        row
        for row in table("方案参数", build(outcome, "", "")).rows
        if row.values[0] == "县区上下限" and row.values[4]
    ]
    assert row.values[:5] == ("县区上下限", EQUALIZATION, "下限", "城东区", 34500)
    assert "项目配套" in row.values


@pytest.mark.parametrize(
    ("count", "said"), [(1, "均衡性转移支付"), (2, "两项转移支付"), (3, "三项转移支付")]
)
def test_the_heading_counts_the_funds(count: int, said: str) -> None:
    outcome = example()
    fewer = replace(outcome, case=replace(outcome.case, funds=outcome.case.funds[:count]))
    assert heading(fewer) == f"2026年{said}"


def test_in_a_large_case_counties_a_rule_leaves_room_share_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "LISTED_LINES", 100)
    outcome = example()
    made = rules.rule_table(outcome)
    kept = [
        finding for finding in outcome.findings if finding.verdict != "slack" or not finding.alone
    ]
    shared = [
        finding for finding in outcome.findings if finding.verdict == "slack" and finding.alone
    ]
    rows = [
        dict(zip((column.name for column in made.columns), row.values, strict=True))
        for row in made.rows
    ]
    assert [row["对象"] for row in rows[: len(kept)]] == [finding.subject for finding in kept]
    assert sum(int(str(row["对象"]).split(" ")[0]) for row in rows[len(kept) :]) == len(shared)
    (caps,) = [
        row
        for row in rows[len(kept) :]
        if row["规则"] == "增幅上限" and str(row["对象"]).endswith("均衡性")
    ]
    margins = {
        finding.subject: finding.margin
        for finding in shared
        if finding.rule == "增幅上限" and finding.fund == "均衡性"
    }
    assert caps["余量"] == min(margins.values())
    assert caps["结论"] == f"○ 都有余量，最小的是{min(margins, key=lambda name: margins[name])}"
    assert "超过 100 个" in made.notes[1]
    assert made.verdict.startswith(f"共核验 {len(outcome.findings)} 条")


def test_an_indicator_that_moved_by_the_last_digits_of_a_float_is_the_same() -> None:
    told = [
        Indicator("变异系数", "", "share", 0.4, 0.3, after, -1)
        for after in (0.1 + 0.2, 0.3 + 1e-6, 0.3 - 1e-6)
    ]
    outcome = replace(example(), indicators=tuple(told))
    verdicts = [row.values[6] for row in indicator_table(outcome).rows[: len(told)]]
    assert verdicts == ["持平", "▼ 变差", "改善"]
