"""「横向补偿」 in a result: what it does to coverage and 三保, what is told and exported, and that no cell can be edited unseen."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from basins import HAIYAN, HUANGYUAN, HUANGZHONG, MINIATURE, parameter, three_counties
from calls import call
from results import edit_opened, edit_stored

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.commands import publish
from transfer_opt.commands.export import export
from transfer_opt.core.vocabulary import AGREEMENTS, FLOWS
from transfer_opt.intake.prepare import prepare
from transfer_opt.published.audit import recheck
from transfer_opt.published.inputs import own_inputs
from transfer_opt.published.narrative import explain
from transfer_opt.report.flows import flow_tables
from transfer_opt.scenarios.comparison.attribution import differing

pytestmark = pytest.mark.system

LIMITED = parameter("限额比例", 0.05)
IN_NEED = parameter("三保计入横向补偿", "是")


def outcome(folder: Path, *rules: list[Any], **given: Any) -> Outcome:
    return allocate(prepare(three_counties(folder / "given.xlsx", rules=rules, **given)))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature with its limit, published."""
    folder = tmp_path_factory.mktemp("flows")
    publish.write(outcome(folder, LIMITED), folder / "result.xlsx")
    return folder / "result.xlsx"


def at(found: Outcome, name: str) -> int:
    return [str(each) for each in found.case.recipients.name].index(name)


def words(found: Outcome) -> str:
    return "\n".join(flow_tables(found)[0].notes)


# ------------------------------------------------------------------- what they do


def test_coverage_counts_the_flows_and_need_does_not_suffer_from_penalties(tmp_path: Path) -> None:
    found = outcome(tmp_path)
    county = at(found, HUANGYUAN)
    assert found.case.own[county] == 12000 - 850
    assert found.capacity[county] == 12000 - 850 + found.given[county]
    assert found.shortfall[county] == 0
    assert found.given[county] >= 12500 - 12000  # its need, measured before it pays
    assert "湟源县净付出的，“三保”仍按付出以前的可用财力算，不由资金补。" in words(found)
    assert "买单" not in words(found)


def test_penalties_may_count_as_need_and_then_it_is_said_what_that_costs(tmp_path: Path) -> None:
    found = outcome(tmp_path, IN_NEED)
    county = at(found, HUANGYUAN)
    assert found.given[county] >= 12500 - (12000 - 850)
    said = "按测算数，湟源县用来补“三保”的资金，其中 850 万元是在替横向补偿的净付出买单。"
    assert said in words(found)  # 150 of it thanks 海晏县 for better water: nobody's is worse there
    worse = outcome(tmp_path, IN_NEED, sections=MINIATURE[1:])
    said = "按测算数，湟源县用来补“三保”的资金，其中 700 万元是在替断面超标买单。"
    assert said in words(worse)


def test_money_received_lowers_the_need_for_more(tmp_path: Path) -> None:
    """湟中 lacks 300 and gets 700."""
    found = outcome(tmp_path, needs=(5200, 12500, 8300 + 300))
    alone = outcome(tmp_path, parameter("计入可用财力", "否"), needs=(5200, 12500, 8300 + 300))
    county = at(found, HUANGZHONG)
    assert found.case.own[county] + found.case.set_aside[county] == 8700
    assert alone.case.own[county] + alone.case.set_aside[county] == 8000
    assert "各县可用财力、保障水平和“三保”缺口都不含横向补偿" in words(alone)


def test_without_sections_there_is_no_sheet(tmp_path: Path) -> None:
    without = outcome(tmp_path, sections=[])
    assert without.case.flows is None
    assert flow_tables(without) == ()


# ------------------------------------------------------------------- what is told


def test_the_sheet_adds_up_and_tells_each_section(result: Path) -> None:
    sheet = openpyxl.load_workbook(result, data_only=True)[FLOWS]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    header = [str(cell).replace("\n", "") for cell in rows[3]]
    body = {str(row[1]).replace(" ", ""): dict(zip(header, row, strict=False)) for row in rows[4:8]}
    columns = ("协议应收", "协议应付", "协议净额", "应收", "应付", "净额", HUANGZHONG, HAIYAN)
    assert {name: [row[column] for column in columns] for name, row in body.items()} == {
        "合计": [850, 850, 0, 600, 600, 0, 494, 106],
        HUANGZHONG: [700, 0, 700, 494, 0, 494, None, None],
        HUANGYUAN: [0, 850, -850, 0, 600, -600, 494, 106],
        HAIYAN: [150, 0, 150, 106, 0, 106, None, None],
    }
    assert body[HUANGYUAN]["应付占可用财力"] == pytest.approx(850 / 12000)
    told = [str(row[0]) for row in rows[8:] if row[0]]
    assert told[-1] == (
        "扎麻隆（湟源县→湟中区，示例〔2026〕2号）：目标Ⅲ类，实际Ⅳ类，类别部分 -600；指标变化 +2%，指标部分 -100。"
        "湟源县付湟中区 494 万元（协议数 700）。"
        "实际若是别的类别：Ⅰ类下游付 1,100，Ⅱ类下游付 500，Ⅲ类上游付 100，Ⅴ类上游付 1,300，劣Ⅴ类上游付 1,900。"
    )
    assert "指标部分 +150（封顶，不封顶是 +200）。湟源县付海晏县 106 万元（协议数 150）" in told[-2]


def test_trials_are_told_as_trials(tmp_path: Path) -> None:
    found = outcome(tmp_path, sections=[[*MINIATURE[0][:-1], "试算"], MINIATURE[1]])
    assert "金滩没有协议，是试算，不能作为支付的依据。" in words(found)


def test_explain_tells_a_county_its_own_sections(result: Path) -> None:
    told = explain(result, HAIYAN)
    assert "横向补偿（不在以上资金之内）：应收 106 万元，应付 0 万元，净额 +106 万元。" in told
    assert [said[:2] for said in told if "→" in said] == ["金滩"]
    assert [said[:3] for said in explain(result, HUANGYUAN) if "→" in said] == ["金滩（", "扎麻隆"]


def test_the_notice_tells_the_county_chosen(result: Path) -> None:
    page = openpyxl.load_workbook(result, data_only=True)["县区说明单"]
    said = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
    assert any(text.startswith("横向补偿（不在以上资金之内）：应收 ") for text in said)


def test_exports_have_accounts_of_their_own(result: Path, tmp_path: Path) -> None:
    path = export(result, "csv", tmp_path / "a.csv").path
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    income, expense = "横向补偿应收（1102102）", "横向补偿应付（2302102）"
    assert [(row["县区名称"], row[income], row[expense]) for row in rows if row["层级"] == "县区"] == [
        (HUANGZHONG, "494", "0"), (HUANGYUAN, "0", "600"), (HAIYAN, "106", "0"),
    ]  # fmt: skip
    assert [row[income] for row in rows if row["层级"] == "合计"] == ["600"]
    path = export(result, "json", tmp_path / "a.json").path
    content = json.loads(path.read_text(encoding="utf-8"))["horizontal"]
    assert (content["income_account"], content["expense_account"]) == ("1102102", "2302102")
    assert [(each["payee"], each["amount"]) for each in content["flows"]] == [
        (HAIYAN, 106), (HUANGZHONG, 494),
    ]  # fmt: skip
    path = export(result, "docx", tmp_path / "a.docx").path
    assert path.stat().st_size > 0


def test_a_comparison_names_the_flows_where_they_count(tmp_path: Path) -> None:
    worse = [MINIATURE[0], [*MINIATURE[1][:5], "Ⅴ", *MINIATURE[1][6:]]]
    listed = parameter("计入可用财力", "否")
    here, there = outcome(tmp_path), outcome(tmp_path, sections=worse)
    assert differing(here, there) == ["横向补偿"]
    assert differing(here, outcome(tmp_path)) == []
    only = outcome(tmp_path, listed), outcome(tmp_path, listed, sections=worse)
    assert differing(*only) == []


# ------------------------------------------------------------------- edited


def test_a_result_is_derived_from_itself(result: Path) -> None:
    assert recheck(result, own_inputs(None)).problems == ()


def test_a_result_fits_into_a_copy_of_its_budget(tmp_path: Path) -> None:
    budget, copy = three_counties(tmp_path / "given.xlsx"), tmp_path / "copy.xlsx"
    assert call("solve", budget, "--into", copy, "-o", tmp_path / "result.xlsx", "--quiet") == 0
    assert recheck(copy, own_inputs(None)).clean


def missed(result: Path, folder: Path, seeds: range) -> list[Any]:
    """Edits of single cells of the two sheets that were not found."""
    found = []
    for seed in seeds:
        target = folder / "edited.xlsx"
        edit = edit_stored if seed % 6 else edit_opened
        told = edit(result, target, seed, (FLOWS, AGREEMENTS))
        if recheck(target, own_inputs(None)).clean:
            found.append((seed, told))
    return found


def test_edits_of_single_cells_are_found(result: Path, tmp_path: Path) -> None:
    assert missed(result, tmp_path, range(12)) == []


@pytest.mark.slow
def test_two_hundred_edits_of_single_cells_are_found(result: Path, tmp_path: Path) -> None:
    assert missed(result, tmp_path, range(200)) == []
