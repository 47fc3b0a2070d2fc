"""The comparison workbook and the command: numbers, formulas, refusals, the same bytes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from books import EQUALIZATION, change, plain_tables, write_tables
from calls import call
from comparisons import example, example_report, pools_untried
from results import tables

from transfer_opt.allocation import allocate
from transfer_opt.commands import compare, publish
from transfer_opt.core.tables import Table
from transfer_opt.intake import prepare
from transfer_opt.report.comparison.conclusion import conclusion_table
from transfer_opt.report.comparison.matrix import Measure
from transfer_opt.scenarios.comparison.columns import last_year
from transfer_opt.workbook.files.formula_value import evaluate, exact
from transfer_opt.workbook.result.pages import read_pages

pytestmark = pytest.mark.system

SHEETS = [
    "方案比较",
    "结论",
    "市州和规模",
    "得失对比",
    "参数对照",
    "分县对比",
    "分县对比·均衡性",
    "分县对比·县级保障",
    "分县对比·生态",
    "人均对比",
    "保障水平对比",
    "增幅热力表",
    "受损县区",
    "保底代价",
    "差异分解",
    "差异分解分县",
    "较上年变动",
    "指标对比",
    "分组对比",
    "单调性",
    "审计信息",
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    pools_untried(monkeypatch)


def table(name: str) -> Table:
    return next(found for found in example_report().tables if found.name == name)


def columns(found: Table) -> dict[str, list[Any]]:
    """Values by `band/name`."""
    return {
        f"{column.band}/{column.name}": [row.values[at] for row in found.rows]
        for at, column in enumerate(found.columns)
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compare") / "比较.xlsx"
    compare.write(example(), path)
    return path


def test_the_sheets_stand_in_order_the_data_of_the_charts_last(written: Path) -> None:
    assert openpyxl.load_workbook(written, read_only=True).sheetnames == [*SHEETS, "图表数据"]


def test_every_formula_gives_the_value_that_is_written(written: Path) -> None:
    pages = read_pages(written)
    checked = 0
    for name in SHEETS:
        page = pages[name]
        for at, text in page.formulas.items():
            found, value = (
                evaluate(text, lambda sheet, where, page=page: exact(page.value(where))),
                page.value(at),
            )  # type: ignore[misc]
            if isinstance(value, float):
                assert float(found) == pytest.approx(value, abs=1e-6), (name, at, text)  # type: ignore[arg-type]
                checked += 1
    assert checked > 1000


def test_county_tables_add_up_to_the_pools_and_to_each_other() -> None:
    whole = columns(table("分县对比"))
    parts = [columns(table(f"分县对比·{short}")) for short in ("均衡性", "县级保障", "生态")]
    for name in ("基准方案", "均衡优先", "稳定优先", "生态优先"):
        amounts = whole[f"{name}/本年合计"]
        kinds = [row.kind for row in table("分县对比").rows]
        units = [value for value, kind in zip(amounts, kinds, strict=True) if kind == "unit"]
        assert amounts[0] == sum(units) == 2820500
        assert [part[f"{name}/本年合计"][0] for part in parts] == [1998000, 438000, 384500]
        for row, value in enumerate(amounts):
            assert value == sum(part[f"{name}/本年合计"][row] or 0 for part in parts)


def test_groups_by_prefecture_and_by_size_each_add_up_to_the_province() -> None:
    found = table("市州和规模")
    kinds = [str(row.values[0]) for row in found.rows]
    for index in range(2, len(found.columns)):
        if found.columns[index].kind == "growth_share":
            continue
        values = [float(row.values[index] or 0) for row in found.rows]
        for kind in ("市州", "规模"):
            parts = [value for value, of in zip(values, kinds, strict=True) if of == kind]
            assert sum(parts) == pytest.approx(values[0], abs=1e-6)


def test_who_gains_and_who_loses_is_the_difference_of_the_county_table() -> None:
    """均衡优先 against 基准方案: 17 counties get 68,164 more, 27 as much less, the largest 湟中区 14,329."""
    told = {row.values[:2]: row.values[2:] for row in table("得失对比").rows}
    against = [
        float(value or 0)
        for value, row in zip(
            columns(table("分县对比"))["均衡优先/较基准"], table("分县对比").rows, strict=True
        )
        if row.kind == "unit"
    ]
    more, fewer = ([v for v in against if v * sign > 0] for sign in (1, -1))
    row = told["均衡优先", "基准方案"]
    assert (row[0], row[1], row[3], row[4]) == (len(more), sum(more), len(fewer), -sum(fewer))
    assert str(row[2]).startswith(f"湟中区 {max(against):,.0f}、")


def test_a_cause_that_moves_several_funds_is_told_fund_by_fund() -> None:
    """均衡优先 differs by its objectives alone; what they move is split by fund, in all and county by county."""
    by_county = columns(table("差异分解分县"))
    band = "基准方案 → 均衡优先"
    parts = [by_county[f"{band}/目标·{fund}"] for fund in ("均衡性", "县级保障", "生态")]
    for whole, *split in zip(by_county[f"{band}/目标"], *parts, strict=True):
        assert sum(float(value) for value in split) == pytest.approx(float(whole), abs=1e-6)
    units = [row.kind == "unit" for row in table("差异分解分县").rows]
    told = {row.values[1:4]: row.values[4:9] for row in table("差异分解").rows}
    for fund, moved in zip(("均衡性", "县级保障", "生态"), parts, strict=True):
        known = [float(value) for value, unit in zip(moved, units, strict=True) if unit]
        assert told["均衡优先", "　其中：目标", fund] == (
            sum(value > 0 for value in known),
            sum(value < 0 for value in known),
            sum(value for value in known if value > 0),
            -sum(value for value in known if value < 0),
            sum(known),
        )


def test_five_questions_are_answered_with_figures_of_the_other_sheets() -> None:
    told = {str(row.values[0]): str(row.values[1]) for row in table("结论").rows}
    assert list(told) == ["谁多谁少", "为什么", "代价", "合规", "下一步"]
    for row in table("得失对比").rows:
        if row.values[1] == "基准方案":
            assert (
                f"{row.values[0]}：{row.values[2]:.0f}个县多得{row.values[3]:,.0f}"
                in told["谁多谁少"]
            )
    assert "均衡优先：12个县少于上年，共少1,903万元" in told["代价"]
    assert "“三保”都没有缺口" in told["合规"]
    assert "要增幅最小的县增得最多，选稳定优先；都不取，仍用基准方案；" in told["下一步"]
    losing = [len(worse.losers) for worse in example().worse if worse.losers]
    assert (
        f"试过12种总额增加，{len(losing)}种会使有的县反而变少（最多{max(losing)}个，见「单调性」）"
        in told["合规"]
    )


def test_against_last_year_the_causes_are_those_of_the_change() -> None:
    """With last year as the baseline the difference is the change: mostly 总额增长."""
    whole = example()
    past = last_year(whole.sides[0], "上年")
    told = conclusion_table(dataclasses.replace(whole, baseline=past, effects=()))
    answers = {str(row.values[0]): str(row.values[1]) for row in told.rows}
    assert answers["谁多谁少"].startswith("与上年比，基准方案：45个县多得212,500万元")
    assert answers["为什么"].startswith("基准方案：总额增长（使45个县共多得212,499.96万元）")
    assert "基准方案：没有县少于上年；均衡优先：12个县少于上年" in answers["代价"]


def test_changed_parameters_come_first_with_the_baselines_value_beside_them() -> None:
    found = table("参数对照")
    changed = [row for row in found.rows if row.kind == "active"]
    assert found.rows[: len(changed)] == tuple(changed)
    told = {(row.values[1], row.values[3]): row.values[5:] for row in changed}
    assert told["生态稳定增长", "增长率"] == ("3%", "3%", "3%", "6%（基准 3%）")
    assert set(told) == {("生态稳定增长", "增长率"), ("财力薄弱倾斜", "组别"), ("目标", "顺序")}


def test_the_losers_come_scenario_by_scenario_the_largest_loss_first() -> None:
    found = columns(table("受损县区"))
    assert found["/县区名称"][:2] == ["刚察县", "泽库县"]
    assert found["/较上年"] == sorted(found["/较上年"])
    assert "均衡优先 12 个县共少 1,903 万元" in table("受损县区").verdict


def test_the_heat_table_has_one_colour_scale_over_all_its_figures(written: Path) -> None:
    rules = openpyxl.load_workbook(written)["增幅热力表"].conditional_formatting
    scales = [
        (str(area.sqref), rule.type)
        for area in rules
        for rule in area.rules
        if rule.type == "colorScale"
    ]
    assert scales == [("D5:G58", "colorScale")]


def test_charts_are_native_and_named(written: Path) -> None:
    charts = openpyxl.load_workbook(written)["方案比较"]._charts
    assert len(charts) == 4
    assert [type(chart).__name__ for chart in charts] == [
        "ScatterChart",
        "ScatterChart",
        "BarChart",
        "ScatterChart",
    ]


def test_coverage_of_a_prefecture_is_of_its_sums_and_ranks_count_from_the_highest() -> None:
    comparison = example()
    found, rows = columns(table("保障水平对比")), table("保障水平对比").rows
    side = comparison.sides[0]
    assert side.plan
    assert found["保障水平/基准方案"][0] == pytest.approx(
        side.capacity.sum() / side.expenditure.sum()
    )
    ranks = [
        value
        for value, row in zip(found["保障水平位次（高为1）/均衡优先"], rows, strict=True)
        if row.kind == "unit"
    ]
    assert sorted(ranks)[:3] == [1, 2, 3]
    best = [row.values[1] for row in rows if row.kind == "unit"][ranks.index(1)]
    assert best == comparison.units.name[int(np.argmax(comparison.sides[1].coverage))]


def test_a_relaxed_result_is_compared_by_the_rules_that_gave_way(
    tmp_path: Path, quick: None
) -> None:
    given = tables(1, most=7)
    header, *rows = given["县区数据"]
    write_tables(tmp_path / "plain.xlsx", given)
    row = next(row for row in given["资金总额"] if row[0] == EQUALIZATION)
    row[1] = round(
        sum(float(each[header.index(f"上年{EQUALIZATION}")] or 0) for each in rows) * 0.99
    )
    write_tables(tmp_path / "short.xlsx", given)
    for name in ("plain", "short"):
        publish.write(
            allocate.allocate(prepare.prepare(tmp_path / f"{name}.xlsx"), relax=name == "short"),
            tmp_path / f"{name}_r.xlsx",
        )
    comparison = compare.compare([tmp_path / "plain_r.xlsx", tmp_path / "short_r.xlsx"])
    assert [side.name for side in comparison.sides] == ["基准方案", "基准方案（已放宽）"]
    assert comparison.notes == ()


def test_only_one_alone_is_best() -> None:
    assert Measure("x", (3.0, 2.0, 2.0), 0, 1, "").best == 0
    assert Measure("x", (3.0, 2.0, 2.0), 0, -1, "").best is None
    assert Measure("x", (0.04, 0.01), 1, 1, "").best is None  # as shown they are equal
    assert Measure("x", (float("nan"), 0.01), 1, 1, "").best is None


def test_the_sentence_tells_gain_and_price() -> None:
    notes = table("方案比较").notes
    assert (
        notes[1]
        == "均衡优先：最低保障水平最高、县与县之间最均衡；代价是12个县少于上年，共少1,903万元。"
    )
    assert notes[3] == "生态优先：没有一项独占最好；代价是基尼系数比基准高0.0004。"


def test_the_audit_sheet_names_files_and_digests() -> None:
    facts = {(row.values[0], row.values[1]): str(row.values[2]) for row in table("审计信息").rows}
    digests = {
        facts[name, "校验码 SHA-256"] for name in ("基准方案", "均衡优先", "稳定优先", "生态优先")
    }
    assert len(digests) == 4
    assert facts["均衡优先", "合计核对：均衡性转移支付"].endswith("相差 0")


# ---------------------------------------------------------------- the command


@pytest.fixture
def tight(tmp_path: Path) -> Path:
    """A small comparison: one scenario can be had, one cannot."""
    tables = plain_tables()
    tables["方案"] = [
        ["规则", "资金", "参数", "对象", "太少"],
        ["资金总额", EQUALIZATION, "本年总额", None, 1800000],
    ]
    return write_tables(tmp_path / "紧.xlsx", tables)


@pytest.mark.usefixtures("quick")
def test_an_impossible_scenario_ends_with_3_and_the_others_are_written(
    tight: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("compare", tight, "--html", tight.with_name("紧.html")) == 3
    said = capsys.readouterr()
    assert "方案「太少」没有可行方案：" in said.err
    assert "相差 50,000 万元" in said.err
    sheet = openpyxl.load_workbook(tight.with_name("紧_方案比较.xlsx"), data_only=True)["方案比较"]
    assert any(
        "太少：没有可行方案" in str(cell)
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    )
    assert "方案「太少」没有可行方案" in tight.with_name("紧.html").read_text(encoding="utf-8")


def test_json_tells_measures_losers_failures_and_harmful_pools(
    tight: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("compare", tight, "--json", "-o", tight.with_name("r.xlsx")) == 3
    content = json.loads(capsys.readouterr().out)
    assert (content["status"], content["exit"], content["baseline"]) == (
        "infeasible",
        3,
        "基准方案",
    )
    assert content["scenarios"][0]["measures"]["三保缺口（万元）"] == 0
    assert [one["name"] for one in content["failed"]] == ["太少"]
    assert content["monotonicity"][0]["rule"] == "因素法"


@pytest.mark.usefixtures("quick")
def test_nothing_that_is_read_is_written_over_and_nothing_stays_behind(
    tight: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tight.read_bytes()
    link = tight.with_name("链接.xlsx")
    link.symlink_to(tight)
    page = tight.with_name("p.html")
    for arguments in (
        ["-o", tight],
        ["-o", link],
        ["--html", tight],
        ["--html", tight.with_name("p.txt")],
        ["-o", tight.with_name("没有") / "r.xlsx", "--html", page],
    ):
        assert call("compare", tight, "--scenario", "基准方案", *arguments) == 5
    assert tight.read_bytes() == before
    assert sorted(path.name for path in tight.parent.iterdir()) == ["紧.xlsx", "链接.xlsx"]
    assert call("compare", tight, "--scenario", "没有") == 1
    assert call("compare", tight, "--boundaries", tight) == 2
    capsys.readouterr()


def test_the_same_input_gives_the_same_bytes(tight: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    made = []
    for name in ("a", "b"):
        book, page = tight.with_name(f"{name}.xlsx"), tight.with_name(f"{name}.html")
        comparison = example()
        compare.write(comparison, book, page)
        made.append((book.read_bytes(), page.read_bytes()))
    assert made[0] == made[1]


@pytest.mark.usefixtures("quick")
def test_a_county_that_is_a_formula_or_a_script_stays_text(tmp_path: Path) -> None:
    tables = plain_tables()
    evil = "</script><script>alert(1)</script>"
    change(tables, "县区数据", lambda row: row["县区名称"] == "玛多县", 县区名称=evil)
    change(tables, "县区数据", lambda row: row["县区名称"] == "治多县", 县区名称="+HYPERLINK县")
    tables["方案"] = [
        ["规则", "资金", "参数", "对象", "<img src=x onerror=alert(2)>"],
        ["生态稳定增长", None, "增长率", None, 0.05],
    ]
    path = write_tables(tmp_path / "b.xlsx", tables)
    book, page = tmp_path / "r.xlsx", tmp_path / "r.html"
    compare.write(compare.compare([path]), book, page)
    text = page.read_text(encoding="utf-8")
    assert evil not in text
    assert "<img" not in text
    assert text.count("<script") == 2
    cells = [
        cell
        for row in openpyxl.load_workbook(book)["分县对比"].iter_rows()
        for cell in row
        if "HYPERLINK" in str(cell.value)
    ]
    assert [cell.data_type for cell in cells] == ["s"]
