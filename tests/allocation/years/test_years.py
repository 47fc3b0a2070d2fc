"""Years one after the other: the miniature on paper, by the budget workbook."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from books import GUARANTEE
from years import two_counties

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.projection import Projection
from transfer_opt.allocation.years.joint import refuse_unfit
from transfer_opt.allocation.years.project import horizon_of, project
from transfer_opt.checker.optimality import check
from transfer_opt.core.errors import InfeasibleError, InputError
from transfer_opt.intake.prepare import prepare
from transfer_opt.report.years import year_sentences

pytestmark = pytest.mark.system

THREE = {"pools": (110, 110, 100), "needs": ((50, 40), (50, 60), (50, 60))}
"""The third year's pool is less than the floors, 66 + 44."""


def projected(
    path: Path, count: int | None = None, together: bool = False, scenario: str | None = None
) -> Projection:
    prepared = prepare(path, scenario=scenario)
    horizon = horizon_of(prepared, count)
    if together:
        refuse_unfit(horizon.first.case, horizon.first.objective)
    return project(horizon, allocate(prepared).units, together)


def test_floors_lock_what_the_first_year_paid_and_the_second_is_short(tmp_path: Path) -> None:
    found = projected(two_counties(tmp_path / "预算.xlsx"))
    assert [year.number for year in found.chain] == [2027, 2028]
    assert [year.amounts.tolist() for year in found.chain] == [[66, 44], [66, 44]]
    assert [year.short for year in found.chain] == [0, 16]


def test_decided_together_this_year_gives_six_less_and_the_next_is_short_of_six_less(
    tmp_path: Path,
) -> None:
    joint = projected(two_counties(tmp_path / "预算.xlsx"), together=True).joint
    assert joint is not None
    assert [year.amounts.tolist() for year in joint.years] == [[60, 50], [60, 50]]
    assert [year.short for year in joint.years] == [0, 10]


def test_each_year_says_the_least_its_pool_may_be_and_what_stands_in_the_way(
    tmp_path: Path,
) -> None:
    found = projected(two_counties(tmp_path / "预算.xlsx"))
    # 60 + 40 of last year; then 66 of the floor of 甲县 and 60 of the need of 乙县.
    assert [[each.least for each in pools] for pools in found.least] == [[100], [126]]
    assert [floors.tolist() for floors in found.floors] == [[100], [110]]
    tight = found.bottleneck
    assert tight is not None
    assert ("上年保底" in tight.family, tight.short) == (True, 0)


def test_the_years_are_told_in_sentences(tmp_path: Path) -> None:
    told = list(year_sentences(projected(two_counties(tmp_path / "预算.xlsx"), together=True)))
    assert told[:6] == [
        "按现行规则，2027—2028年“三保”缺口依次为 0、16 万元。",
        "2028年开始有缺口（万元）：乙县 16。",
        f"要补上，只需2028年（万元）{GUARANTEE}增加 16（到 126）。",
        f"瓶颈是「上年保底」（{GUARANTEE}）：2028年只停用它，缺口可减为 0。",
        "若2年统筹，各年“三保”缺口依次为 0、10 万元。",
        "2028年少缺 6 万元。",
    ]
    assert told[6] == "代价是2027年（万元）：甲县少得 6；乙县多得 6。"


def test_a_year_is_what_a_budget_typed_with_the_amounts_of_the_year_before_comes_to(
    tmp_path: Path,
) -> None:
    found = projected(two_counties(tmp_path / "预算.xlsx", pools=(110, 130), cap=0.4))
    typed = two_counties(
        tmp_path / "下一年.xlsx",
        pools=(130, 130),
        needs=((50, 60), (50, 60)),
        last=tuple(found.chain[0].amounts),
        cap=0.4,
    )
    assert allocate(prepare(typed)).published.tolist() == found.chain[1].amounts.tolist()


def test_every_year_and_all_years_together_are_proved(tmp_path: Path) -> None:
    import json

    found = projected(two_counties(tmp_path / "预算.xlsx", **THREE), 2, together=True)
    assert found.joint is not None
    for proof in (*found.proofs, found.joint.proof):
        check(json.loads(proof))
    names = json.loads(found.joint.proof)["names"]
    assert names[0][0] == f"2027年{GUARANTEE}"
    assert names[-1][0] == f"2028年{GUARANTEE}"


def test_the_first_year_without_an_allocation_is_told_with_rule_money_and_ways_out(
    tmp_path: Path,
) -> None:
    with pytest.raises(InfeasibleError) as stuck:
        projected(two_counties(tmp_path / "预算.xlsx", **THREE))
    message = str(stuck.value)
    assert "2027年至2028年可以分配，2029年无可行方案" in message
    assert "「上年保底」" in message
    assert "相差 10 万元" in message
    assert "--relax" not in message


def _edit(path: Path, sheet: str, row: dict[str, object], column: str, value: object) -> None:
    """Write a value into the row of a sheet where these columns say so."""
    book = openpyxl.load_workbook(path)
    cells = list(book[sheet].iter_rows(min_row=2))
    header = [cell.value for cell in cells[0]]
    for line in cells[1:]:
        if all(line[header.index(name)].value == said for name, said in row.items()):
            line[header.index(column)].value = value
    book.save(path)


@pytest.mark.parametrize("way", [1, 2, 3])
def test_every_way_out_leads_through_that_year_when_it_is_written_where_it_is_said(
    tmp_path: Path, way: int
) -> None:
    path = two_counties(tmp_path / "预算.xlsx", **THREE)
    with pytest.raises(InfeasibleError) as stuck:
        projected(path)
    said = re.search(rf"^  {way}\. (.*)$", str(stuck.value), re.M)
    assert said is not None
    floor = {"规则": "上年保底", "参数": "降幅上限"}
    if way == 1:
        amount = re.search(r"改为 ([\d,.]+)。", said[1])
        assert amount is not None
        _edit(path, "年度展望", {"项目": "本年总额"}, "2029年", float(amount[1].replace(",", "")))
    elif way == 2:
        share = re.search(r"放宽到 ([\d.]+)%。", said[1])
        assert share is not None
        _edit(path, "约束参数", floor, "取值", float(share[1]) / 100)
    else:
        assert "改为「软」" in said[1]
        _edit(path, "约束参数", floor, "刚性", "软")
    assert projected(path).stuck is None


def test_years_decided_together_may_go_on_where_one_after_the_other_they_do_not(
    tmp_path: Path,
) -> None:
    hard = [["三保兜底", None, None, None, None, "是", "硬", None, None, None]]
    path = two_counties(tmp_path / "预算.xlsx", needs=((50, 40), (50, 50)), rules=hard)
    found = projected(path, together=True)
    assert found.stuck is not None
    assert found.stuck.number == 2028
    assert found.joint is not None
    assert [year.amounts.tolist() for year in found.joint.years] == [[60, 50], [60, 50]]


def test_a_pool_that_a_scenario_sets_is_where_the_growth_of_the_outlook_begins(
    tmp_path: Path,
) -> None:
    path = two_counties(
        tmp_path / "预算.xlsx",
        scenarios=[
            ["规则", "资金", "参数", "对象", "增加"],
            ["资金总额", GUARANTEE, "本年总额", None, 120],
        ],
    )
    _edit(path, "年度展望", {"项目": "本年总额"}, "方式", "增幅")
    _edit(path, "年度展望", {"项目": "本年总额"}, "2028年", 0.1)
    found = projected(path, scenario="增加")
    assert [year.amounts.sum() for year in found.chain] == [120, 132]


@pytest.mark.parametrize(("count", "code"), [(3, "E406"), (9, "E406")])
def test_more_years_than_the_outlook_has_are_refused(tmp_path: Path, count: int, code: str) -> None:
    with pytest.raises(InputError) as told:
        projected(two_counties(tmp_path / "预算.xlsx"), count)
    assert [problem.code for problem in told.value.problems] == [code]


def test_a_budget_without_an_outlook_is_told_where_to_get_one(tmp_path: Path) -> None:
    path = two_counties(tmp_path / "预算.xlsx")
    book = openpyxl.load_workbook(path)
    del book["年度展望"]
    book.save(path)
    with pytest.raises(InputError) as told:
        projected(path)
    assert [problem.code for problem in told.value.problems] == ["E405"]


def test_years_are_not_decided_together_where_an_objective_divides_by_last_year(
    tmp_path: Path,
) -> None:
    goal = ["目标", None, "顺序", None, "较上年波动最小>贴近因素法"]
    path = two_counties(tmp_path / "预算.xlsx", rules=[[*goal, None, None, None, None, None]])
    with pytest.raises(InputError) as told:
        projected(path, together=True)
    assert [problem.code for problem in told.value.problems] == ["E408"]
    assert projected(path).stuck is None


def test_what_rounding_to_forecast_units_leaves_is_no_shortfall(tmp_path: Path) -> None:
    found = projected(two_counties(tmp_path / "预算.xlsx", pools=(110, 110.55)))
    assert np.isclose(found.chain[1].amounts.sum(), 110.55)
    assert found.chain[1].short == 15.45  # 60 − (110.55 − 66)


def scenario(*rows: list[object]) -> list[list[object]]:
    return [["规则", "资金", "参数", "对象", "改"], *rows]


def test_a_scenario_takes_the_place_of_what_the_outlook_says_of_a_pool(tmp_path: Path) -> None:
    # 110 · 1.1 · 1.1 where the sheet says 110 and 100.
    more = scenario(["年度展望", GUARANTEE, "本年总额", None, "10%"])
    path = two_counties(tmp_path / "预算.xlsx", **THREE, scenarios=more)
    found = projected(path, scenario="改")
    assert [year.amounts.sum() for year in found.chain] == [110, 121, 133.1]
    # 甲县 keeps its 66, so that 乙县 has 55 of the 60 it needs; a year later all that is needed is there.
    assert [year.short for year in found.chain] == [0, 5, 0]


def test_a_scenario_moves_a_need_in_one_place_and_leaves_the_rest_to_the_sheet(
    tmp_path: Path,
) -> None:
    # The sheet has 50 and 60; 乙县 by the scenario 40 · 1.25 · 1.25.
    more = scenario(["年度展望", None, "保基本民生需求", "乙县", 0.25])
    path = two_counties(
        tmp_path / "预算.xlsx", (110, 110, 110), ((50, 40), (50, 60), (50, 60)), scenarios=more
    )
    found = projected(path, scenario="改")
    assert [year.case.need.tolist() for year in found.chain] == [[50, 40], [50, 50], [50, 62.5]]
    assert [year.short for year in found.chain] == [0, 6, 18.5]


def test_the_workbook_itself_may_set_a_growth_and_a_scenario_has_the_last_word(
    tmp_path: Path,
) -> None:
    own = [["年度展望", None, "本年总额", None, 0.1, None, None, None, None, None]]
    more = scenario(["年度展望", None, "本年总额", None, 0])
    path = two_counties(tmp_path / "预算.xlsx", pools=(110, 90), rules=own, scenarios=more)
    assert [year.amounts.sum() for year in projected(path).chain] == [110, 121]
    assert [year.amounts.sum() for year in projected(path, scenario="改").chain] == [110, 110]


def test_a_scenario_of_the_outlook_gives_this_year_the_same(tmp_path: Path) -> None:
    more = scenario(
        ["年度展望", None, "本年总额", None, 0.1], ["年度展望", None, "可用财力", None, -0.05]
    )
    path = two_counties(tmp_path / "预算.xlsx", scenarios=more)
    plain, changed = (allocate(prepare(path, scenario=name)) for name in (None, "改"))
    assert plain.units.tolist() == changed.units.tolist()


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["年度展望", None, "本年总额", "甲县", 0.1], "E207"),
        (["年度展望", GUARANTEE, "可用财力", None, 0.1], "E207"),
        (["年度展望", None, "可用财力", None, 11], "E210"),
        (["年度展望", None, "可用财力", None, "多"], "E209"),
        (["年度展望", None, "上年数", None, 0.1], "E203"),
        (["年度展望", None, "启用", None, "否"], "E206"),
    ],
)
def test_a_growth_that_cannot_be_is_told_with_its_cell(
    tmp_path: Path, row: list[object], code: str
) -> None:
    told = prepare(two_counties(tmp_path / "预算.xlsx", scenarios=scenario(row))).problems
    assert [problem.code for problem in told if problem.sheet == "方案"] == [code]


def test_what_a_scenario_says_in_the_place_of_the_outlook_is_told_with_the_years(
    tmp_path: Path,
) -> None:
    more = scenario(
        ["年度展望", GUARANTEE, "本年总额", None, 0.1],
        ["年度展望", None, "可用财力", "乙县", -0.05],
        ["年度展望", None, "常住人口", None, 0],
    )
    path = two_counties(tmp_path / "预算.xlsx", scenarios=more)
    told = list(year_sentences(projected(path, scenario="改")))
    assert (
        f"以后各年不按「年度展望」的：{GUARANTEE}本年总额每年 +10%；乙县可用财力每年 -5%；全省常住人口不变。"
        in told
    )
    assert not any("不按" in sentence for sentence in year_sentences(projected(path)))


def test_a_way_out_leads_through_where_a_scenario_had_the_word_on_the_pool(tmp_path: Path) -> None:
    """A need of 60 that is hard, on 44: the pool must be larger, but the growth of the scenario hides the sheet's."""
    hard = [["三保兜底", None, None, None, None, "是", "硬", None, None, None]]
    more = scenario(["年度展望", None, "本年总额", None, 0.05])
    path = two_counties(
        tmp_path / "预算.xlsx",
        (110, 110, 110),
        ((50, 40), (50, 40), (50, 60)),
        rules=hard,
        scenarios=more,
    )
    with pytest.raises(InfeasibleError) as stuck:
        projected(path, scenario="改")
    said = re.search(r"资金总额增加 .*?改为 ([\d,.]+)", str(stuck.value))
    assert said is not None
    assert (
        f"{GUARANTEE}的增幅另由规则「年度展望」定了，要改它就先清空这个取值，并把以前各年也写成现在的数（{GUARANTEE}2028年 115.5）；"
        in str(stuck.value)
    )
    _edit(path, "方案", {"规则": "年度展望"}, "改", None)
    _edit(path, "年度展望", {"项目": "本年总额"}, "2028年", 115.5)
    _edit(path, "年度展望", {"项目": "本年总额"}, "2029年", float(said[1].replace(",", "")))
    assert projected(path, scenario="改").stuck is None
