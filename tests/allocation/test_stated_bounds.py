"""Floors and caps of single counties given as parameters in 「约束参数」 and 「方案」: what holds, what is told, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import ECOLOGY, EQUALIZATION, RULE_COLUMNS, plain_tables, write_tables

from transfer_opt.allocation.allocate import allocate, instance_of
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.years.project import horizon_of
from transfer_opt.commands.door import audit, solve
from transfer_opt.core.errors import InfeasibleError, InputError
from transfer_opt.core.vocabulary import BOUNDS, GIVEN_TOTAL_RULE, RULES, SCENARIOS
from transfer_opt.intake.prepare import prepare
from transfer_opt.policy.case import Case
from transfer_opt.scenarios.comparison.attribution import differing, mixed
from transfer_opt.scenarios.comparison.counterfactual import re_solved
from transfer_opt.scenarios.sweep.plan import plan
from transfer_opt.scenarios.sweep.point import Scenarios

SHEET = ("县区名称", "资金", "下限", "上限", "理由")
Cells = tuple[str, str | None, str, str | None, Any]
"""规则, 资金, 参数, 对象 and the value."""
GANGCHA = (BOUNDS, EQUALIZATION, "下限", "刚察县")


def budget(
    folder: Path,
    scenario: Sequence[Cells] = (),
    rules: Sequence[Cells] = (),
    sheet: Sequence[Sequence[Any]] = (),
) -> Path:
    """The example with one scenario 「试」 of these cells, these further rows of 「约束参数」, these of 「县区上下限」."""
    tables = plain_tables()
    tables[SCENARIOS] = [["规则", "资金", "参数", "对象", "试"], *map(list, scenario)]
    tables[RULES] += [[*row, *[None] * (len(RULE_COLUMNS) - len(row))] for row in rules]
    if sheet:
        tables[BOUNDS] = [list(SHEET), *map(list, sheet)]
    return write_tables(folder / "预算.xlsx", tables)


def solved(path: Path, scenario: str | None = "试") -> Outcome:
    return allocate(prepare(path, scenario=scenario))


def problem(path: Path, scenario: str | None = "试") -> Instance:
    return instance_of(prepare(path, scenario=scenario), "highs")


def given(case: Case) -> dict[tuple[str, str], tuple[float, float, str]]:
    return {
        (case.place_name(each.place), case.fund_name(each.fund)): (
            each.floor,
            each.cap,
            each.reason,
        )
        for each in case.given
    }


def amount(found: Instance, place: str, fund: str = "") -> int:
    units = found.case.recipients
    within = dict(zip(units.name, units.prefecture, strict=True))
    assert found.published
    return sum(
        int(count)
        for (of, _, name), count in zip(found.case.line_names, found.published.units, strict=True)
        if place in (name, within[name]) and fund in of
    )


def errors(path: Path, scenario: str | None = None) -> list[tuple[str, str, str]]:
    return [
        (each.code, each.sheet, each.cell)
        for each in prepare(path, scenario=scenario).problems
        if not each.is_warning
    ]


def test_a_scenario_sets_a_floor_and_the_workbook_as_it_stands_does_not(tmp_path: Path) -> None:
    path = budget(tmp_path, [(*GANGCHA, 36000)])
    without, outcome = problem(path, None), solved(path)
    assert amount(without, "刚察县", EQUALIZATION) < 36000
    assert amount(problem(path), "刚察县", EQUALIZATION) == 36000
    assert given(without.case) == {}
    assert given(outcome.case)["刚察县", EQUALIZATION][::2] == (36000, "「方案」中给定")
    [reason] = [
        why
        for (fund, _, name), (why, _) in zip(outcome.case.line_names, outcome.reasons, strict=True)
        if (fund, name) == (EQUALIZATION, "刚察县")
    ]
    assert reason == "停在指定下限：「方案」中给定"
    told = {(each.rule, each.subject): each.clause for each in outcome.findings}
    assert told[BOUNDS, "刚察县·均衡性"] == "「方案」中给定"


def test_totals_of_a_county_and_of_a_prefecture_are_bounded_like_in_the_sheet(
    tmp_path: Path,
) -> None:
    as_parameters = budget(
        tmp_path,
        [
            (GIVEN_TOTAL_RULE, None, "下限", "玛多县", 27000),
            (BOUNDS, EQUALIZATION, "上限", "果洛藏族自治州", 188000),
        ],
    )
    found = problem(as_parameters)
    assert amount(found, "玛多县") == 27000
    assert amount(found, "果洛藏族自治州", EQUALIZATION) == 188000
    (tmp_path / "表").mkdir()
    sheet = [
        ["玛多县", "合计", 27000, None, "会议定"],
        ["果洛藏族自治州", "均衡性", None, 188000, "州里平衡"],
    ]
    of_sheet = problem(budget(tmp_path / "表", sheet=sheet))
    assert found.published
    assert of_sheet.published
    assert of_sheet.published.units.tolist() == found.published.units.tolist()


def test_each_side_takes_the_place_of_the_sheets_and_the_scenario_of_the_workbooks(
    tmp_path: Path,
) -> None:
    path = budget(
        tmp_path,
        scenario=[(*GANGCHA, 36100), (BOUNDS, EQUALIZATION, "上限", "玛沁县", 49000)],
        rules=[
            (*GANGCHA, 36200),
            (BOUNDS, EQUALIZATION, "下限", "玛沁县", 100),
            (BOUNDS, EQUALIZATION, "下限", "班玛县", 50),
        ],
        sheet=[
            ["刚察县", EQUALIZATION, 35500, 36800, "会议定"],
            ["玛沁县", "均衡性", 9, 90000, "甲"],
        ],
    )
    assert given(problem(path, None).case) == {
        ("刚察县", EQUALIZATION): (36200, 36800, "下限：「约束参数」中给定；上限：会议定"),
        ("玛沁县", EQUALIZATION): (100, 90000, "下限：「约束参数」中给定；上限：甲"),
        ("班玛县", EQUALIZATION): (
            50,
            pytest.approx(float("nan"), nan_ok=True),
            "「约束参数」中给定",
        ),
    }
    found = given(problem(path).case)
    assert found["刚察县", EQUALIZATION][0] == 36100
    assert found["玛沁县", EQUALIZATION] == (
        100,
        49000,
        "下限：「约束参数」中给定；上限：「方案」中给定",
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((BOUNDS, None, "下限", "玛多县", 1), "E202"),
        ((BOUNDS, EQUALIZATION, "下限", None, 1), "E204"),
        ((GIVEN_TOTAL_RULE, None, "上限", None, 1), "E204"),
        ((GIVEN_TOTAL_RULE, EQUALIZATION, "上限", "玛多县", 1), "E207"),
        ((BOUNDS, EQUALIZATION, "下限", "玛多州", 1), "E204"),
        ((BOUNDS, EQUALIZATION, "下限", "玛多县", -1), "E210"),
        ((BOUNDS, EQUALIZATION, "下限", "玛多县", "多些"), "E209"),
        ((BOUNDS, ECOLOGY, "下限", "城东区", 1), "E333"),
        ((BOUNDS, ECOLOGY, "上限", "西宁市", 1), "E333"),
    ],
)
def test_a_bound_of_nothing_is_refused_in_either_sheet(
    tmp_path: Path, row: Cells, code: str
) -> None:
    assert [each[:2] for each in errors(budget(tmp_path, [row]))] == [(code, SCENARIOS)]
    (tmp_path / "参数").mkdir()
    assert [each[:2] for each in errors(budget(tmp_path / "参数", rules=[row]))] == [(code, RULES)]


def test_a_floor_above_its_cap_is_told_where_it_is_written(tmp_path: Path) -> None:
    path = budget(
        tmp_path,
        [(*GANGCHA, 9000), (BOUNDS, EQUALIZATION, "上限", "刚察县", 8000)],
        sheet=[["玛沁县", EQUALIZATION, None, 49000, "会议定"]],
    )
    assert errors(path) == [("E335", SCENARIOS, "E3")]
    (tmp_path / "表").mkdir()
    path = budget(
        tmp_path / "表", [(*GANGCHA, 9000)], sheet=[["刚察县", "均衡性", None, 8000, "会议定"]]
    )
    [problem] = [each for each in prepare(path).problems if not each.is_warning]
    assert (problem.code, problem.sheet, problem.cell, problem.column) == (
        "E335",
        SCENARIOS,
        "E3",
        "试",
    )
    assert problem.message == "下限 9,000 大于上限 8,000。"
    assert problem.remedy == "改正其中一个，另一个在「县区上下限」。"


def test_a_scenarios_bounds_are_the_one_cause_of_its_difference(tmp_path: Path) -> None:
    sheet = [["玛多县", "合计", 26000, None, "会议定"]]
    path = budget(
        tmp_path,
        [(*GANGCHA, 36000), (GIVEN_TOTAL_RULE, None, "下限", "玛多县", 27000)],
        sheet=sheet,
    )
    first, second = solved(path, None), solved(path)
    assert differing(first, second) == [BOUNDS]
    for done, reached in (([], first), ([BOUNDS], second)):
        _, amounts = re_solved(mixed(first, second, done))
        assert amounts.tolist() == reached.published.tolist()
    (tmp_path / "同").mkdir()
    same = budget(
        tmp_path / "同",
        sheet=[["刚察县", "均衡性", 36000, None, "甲"], ["玛多县", "合计", 27000, None, "乙"]],
    )
    assert differing(solved(same, None), second) == []


def test_a_rule_switched_off_beside_its_bound_is_a_cause_of_its_own(tmp_path: Path) -> None:
    total = (GIVEN_TOTAL_RULE, None, "下限", "玛多县", 27000)
    path = budget(tmp_path, [total, (GIVEN_TOTAL_RULE, None, "启用", None, "否")])
    assert differing(solved(path, None), solved(path)) == [BOUNDS, GIVEN_TOTAL_RULE]


def test_a_result_tells_its_bounds_once_and_is_derived_again_from_them(tmp_path: Path) -> None:
    path = budget(
        tmp_path,
        [
            (*GANGCHA, 36000),
            (BOUNDS, EQUALIZATION, "刚性", "刚察县", "硬"),
            (GIVEN_TOTAL_RULE, None, "下限", "玛多县", 27000),
        ],
        rules=[(BOUNDS, EQUALIZATION, "上限", "刚察县", 37000, "是")],
    )
    solve(path, "试").save(tmp_path / "结果.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "结果.xlsx")["方案参数"].iter_rows(values_only=True)
    told = [row[:9] for row in rows if row[0] in (BOUNDS, GIVEN_TOTAL_RULE) and row[3]]
    both = "下限：「方案」中给定；上限：「约束参数」中给定"
    assert told == [
        (BOUNDS, EQUALIZATION, None, "刚察县", None, "是", "硬", None, "本单位填报"),
        (BOUNDS, EQUALIZATION, "下限", "刚察县", 36000, "是", "硬", None, both),
        (BOUNDS, EQUALIZATION, "上限", "刚察县", 37000, "是", "硬", None, both),
        (BOUNDS, "合计", "下限", "玛多县", 27000, "是", "硬", None, "「方案」中给定"),
    ]
    assert audit(tmp_path / "结果.xlsx").clean


def test_bounds_speak_of_this_year_only(tmp_path: Path) -> None:
    tables = plain_tables(also={"年度展望": "项目"})
    tables[SCENARIOS] = [
        ["规则", "资金", "参数", "对象", "试"],
        [GIVEN_TOTAL_RULE, None, "下限", "玛多县", 27000],
        [*GANGCHA, 36000],
    ]
    prepared = prepare(write_tables(tmp_path / "预算.xlsx", tables), scenario="试")
    horizon = horizon_of(prepared, None)
    assert len(horizon.first.case.given) == 2
    later = horizon.problem(horizon.settings(prepared.settings, 1, {}))
    assert later.case.given == ()


def test_a_sweep_moves_a_bound_and_refuses_one_of_nothing(tmp_path: Path) -> None:
    prepared = prepare(budget(tmp_path))
    found = plan(prepared, ["县区上下限·均衡性·下限·刚察县=36000,40000"], [], None, 0)
    answers = Scenarios(prepared, found)
    assert [answers.answer(index).feasible for index in (-1, 0, 1)] == [True, True, False]
    gangcha = list(prepared.settings.recipients.name).index("刚察县")
    free, held = (answers.answer(index).totals[gangcha] for index in (-1, 0))
    assert held != free
    for words in ("县区上下限·生态·下限·城东区=1:2:2", "县区上下限·均衡性·下限=1:2:2"):
        with pytest.raises(InputError):
            plan(prepared, [words], [], None, 0)


@pytest.mark.system
@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("scenario", "把刚察县均衡性转移支付的下限由 40,000 改为 37,806 万元（写在「方案」里）。"),
        ("rules", "把「约束参数」里刚察县均衡性转移支付的下限由 40,000 改为 37,806 万元。"),
    ],
)
def test_the_way_out_names_the_sheet_to_change(tmp_path: Path, place: str, said: str) -> None:
    path = budget(tmp_path, **{place: [(*GANGCHA, 40000)]})  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError) as refused:
        solved(path)
    assert said in str(refused.value)
    assert "刚察县·均衡性：「县区上下限」要求不少于 40,000" in str(refused.value)
    assert (
        amount(problem(budget(tmp_path, **{place: [(*GANGCHA, 37806)]})), "刚察县", EQUALIZATION)
        == 37806
    )  # type: ignore[arg-type]
