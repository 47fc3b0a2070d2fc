"""「断面」 read: every way to write it rightly, and every way to fill it in wrongly, told at its cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from basins import (
    HAIYAN,
    HEADER,
    HUANGYUAN,
    HUANGZHONG,
    MINIATURE,
    parameter,
    pooled,
    three_counties,
)
from cases import SPEC

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import SECTIONS
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import check, prepare
from transfer_opt.intake.sections import read_sections
from transfer_opt.policy.case import Case
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.sections import Section

UNITS = Recipients(
    np.array(["630106", "630123", "632223"], dtype=object),
    np.array([HUANGZHONG, HUANGYUAN, HAIYAN], dtype=object),
    np.array(["西宁市", "西宁市", "海北州"], dtype=object),
    {},
    {},
)
MEASURED = ["高锰酸盐指数基准", "高锰酸盐指数实际", "氨氮基准", "氨氮实际", "总磷基准", "总磷实际"]
SOUND = MINIATURE[1]


def read(row: tuple[Any, ...], *others: tuple[Any, ...], **cells: Any) -> tuple[tuple[Section, ...], tuple[Problem, ...]]:  # fmt: skip
    """The rows, the first with some cells written otherwise."""
    headers = [*HEADER, *MEASURED]
    rows = [dict(zip(headers, each, strict=False)) for each in (row, *others)]
    rows[0] |= {name.removeprefix("_"): value for name, value in cells.items()}
    letters = {name: "ABCDEFGHIJKLMNOPQ"[at] for at, name in enumerate(headers)}
    made = tuple(
        SheetRow(number, {name: value for name, value in cells.items() if value is not None})
        for number, cells in enumerate(rows, start=3)
    )
    return read_sections(SPEC, Sheet(SECTIONS, "", "万元", letters, made), UNITS)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"上游": "湟源"}, {"upstream": 1}),
        ({"上游": "630123", "下游": "湟中县"}, {"upstream": 1, "downstream": (0,)}),
        ({"目标类别": "Ⅱ类", "实际类别": "劣Ⅴ类"}, {"target": 1, "actual": 5}),
        ({"目标类别": "II", "实际类别": "5类"}, {"target": 1, "actual": 4}),
        ({"目标类别": "一类", "实际类别": "劣五类"}, {"target": 0, "actual": 5}),
        ({"下游": "湟中区、海晏县", "分担比例": "60%、40%"}, {"shares": (exact(0.6), exact(0.4))}),
        ({"下游": "湟中区， 海晏县", "分担比例": "0.6;0.4"}, {"downstream": (0, 2)}),
        ({"分担比例": 1.0}, {"shares": (1,)}),
        ({"指标上限": 0.0}, {"most": 0}),
        ({"每1%金额": 0.0, "指标变化": None}, {"changes": ()}),
        ({"依据": "试 算"}, {"is_trial": True}),
        ({"依据": "示例〔2026〕2号，补充"}, {"basis": "示例〔2026〕2号，补充"}),
    ],
)
def test_a_row_is_understood_however_it_is_written(
    cells: dict[str, Any], expected: dict[str, Any]
) -> None:
    (found,), problems = read(SOUND, **cells)
    assert problems == ()
    assert {name: getattr(found, name) for name in expected} == expected


def test_six_concentrations_are_three_changes() -> None:
    values = dict(zip(MEASURED, (4.0, 3.6, 0.5, 0.5, 0.1, 0.12), strict=True))
    (found,), problems = read(SOUND, 指标变化=None, **values)
    assert problems == ()
    assert found.changes == (exact(-0.1), 0, exact(0.2))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"断面名称": None}, ("E383", "A3")),
        ({"上游": "湟源区县"}, ("E384", "B3")),
        ({"上游": None}, ("E384", "B3")),
        ({"下游": "湟源"}, ("E384", "C3")),
        ({"下游": "湟中区、湟中区", "分担比例": "60%、40%"}, ("E384", "C3")),
        ({"下游": "湟中区、海晏县"}, ("E385", "D3")),
        ({"下游": "湟中区、海晏县", "分担比例": "60%、30%"}, ("E385", "D3")),
        ({"下游": "湟中区、海晏县", "分担比例": "60%"}, ("E385", "D3")),
        ({"分担比例": 0.5}, ("E385", "D3")),
        ({"分担比例": "一半"}, ("E385", "D3")),
        ({"目标类别": "VI"}, ("E386", "E3")),
        ({"实际类别": None}, ("E386", "F3")),
        ({"每级金额": None}, ("E387", "G3")),
        ({"每级金额": -600.0}, ("E387", "G3")),
        ({"每1%金额": "五十"}, ("E387", "H3")),
        ({"指标上限": "无"}, ("E387", "I3")),
        ({"指标变化": None}, ("E388", "J3")),
        ({"指标变化": -4.0}, ("E388", "J3")),
        ({"指标变化": "下降"}, ("E388", "J3")),
        ({"氨氮基准": 0.5}, ("E388", "J3")),
        ({"依据": None}, ("E389", "K3")),
    ],
)
def test_what_is_wrong_is_told_at_its_cell(cells: dict[str, Any], told: tuple[str, str]) -> None:
    found, problems = read(SOUND, **cells)
    assert [(problem.code, problem.cell) for problem in problems] == [told]
    assert found == ()


def test_concentrations_are_all_there_and_none_starts_from_nothing() -> None:
    values = dict(zip(MEASURED, (4.0, 3.6, 0.0, 0.5, 0.1, None), strict=True))
    _, problems = read(SOUND, 指标变化=None, **values)
    assert [(problem.code, problem.cell) for problem in problems] == [
        ("E388", "N3"),
        ("E388", "Q3"),
    ]


def test_a_section_stands_once() -> None:
    _, problems = read(SOUND, SOUND)
    assert [(problem.code, problem.cell) for problem in problems] == [("E383", "A4")]


def test_the_messages_name_the_counties() -> None:
    assert "上游与下游同为湟源县。" in str(read(SOUND, 下游="湟源")[1][0])
    assert "没有协议文号，不计入。处理办法：填协议文号；要试算请写「试算」。" in str(
        read(SOUND, 依据=None)[1][0]
    )
    assert "要 -4%，写 -4%。" in str(read(SOUND, 指标变化=-4.0)[1][0])


# ------------------------------------------------------------------- by the front door


def codes(path: Path) -> list[str]:
    return [problem.code for problem in check(path) if problem.code != "W355"]


def case_of(path: Path) -> Case:
    ready = prepare(path)
    return assemble(ready.spec, ready.budget, ready.settings)


def test_the_miniature_is_read_and_the_limit_told(tmp_path: Path) -> None:
    assert codes(three_counties(tmp_path / "a.xlsx")) == []
    path = three_counties(tmp_path / "b.xlsx", rules=[parameter("限额比例", 0.05)])
    (told,) = [problem for problem in check(path) if problem.code == "W384"]
    assert told.message == (
        "湟源县应付 850，占可用财力 7.1%，按限额 5% 计 600；海晏县少收 44.12，湟中区少收 205.88。"
    )
    case = case_of(path)
    assert case.flows is not None
    assert case.flows.net.tolist() == [494, -600, 106]
    assert case.own.tolist() == [8494, 11400, 5106]
    assert case.filled_own.tolist() == [8000, 12000, 5000]


def test_trials_and_what_is_only_listed_are_told(tmp_path: Path) -> None:
    trial = [*MINIATURE[0][:-1], "试算"]
    path = three_counties(tmp_path / "a.xlsx", [trial], rules=[parameter("计入可用财力", "否")])
    assert codes(path) == ["W383"]
    assert case_of(path).own.tolist() == [8000, 12000, 5000]


def test_a_limit_needs_own_money(tmp_path: Path) -> None:
    off = ["三保兜底", None, None, None, None, "否", None, None, None, None]
    rules = [parameter("限额比例", 0.05), off, ["目标", None, "顺序", None, "贴近因素法", None, None, None, None, None]]  # fmt: skip
    path = three_counties(tmp_path / "a.xlsx", own=(5000, None, 8000), rules=rules)
    assert "W385" in codes(path)


def test_an_empty_sheet_is_none(tmp_path: Path) -> None:
    path = three_counties(tmp_path / "a.xlsx", [[None] * len(HEADER)])
    assert codes(path) == []
    assert case_of(path).flows is None


def test_messy_headers_and_texts_are_read(tmp_path: Path) -> None:
    renamed = {"断面名称": "断面 名称", "下游": "下 游", "目标类别": "目标\n类别", "每级金额": "每级金额（万元）",
               "每1%金额": "每１％金额", "指标上限": "指标上限(万元)"}  # fmt: skip
    header = [renamed.get(name, name) for name in HEADER]
    rows = [
        (" 金滩 ", "海晏", "湟 源 县", None, "Ⅱ类", "II类", "0", "50", "150 ", "-4%", "示例〔2026〕1号"),
        ("扎麻隆", "630123", "湟中县", "100%", "3类", "Ⅳ", "600", "50", None, "２%", "示例〔2026〕2号"),
    ]  # fmt: skip
    path = three_counties(tmp_path / "a.xlsx", rows, header)
    flows = case_of(path).flows
    assert flows is not None
    assert flows.net.tolist() == [700, -850, 150]


def test_money_follows_the_unit_of_the_sheet_and_is_published_in_its_own(tmp_path: Path) -> None:
    path = three_counties(tmp_path / "a.xlsx", rules=[parameter("限额比例", 0.05)])
    ready = prepare(path, unit="0.01万元")
    flows = assemble(ready.spec, ready.budget, ready.settings).flows
    assert flows is not None
    assert sorted(map(float, flows.published)) == [105.88, 494.12]


# ------------------------------------------------------------------- a basin's fund


def test_what_is_put_in_lowers_own_money_and_makes_up_the_fund(tmp_path: Path) -> None:
    path = pooled(tmp_path / "a.xlsx", (100, None, 400), 2500)
    assert codes(path) == []
    assert case_of(path).own.tolist() == [8000 - 400, 12000, 5000 - 100]
    assert case_of(path).filled_own.tolist() == [8000, 12000, 5000]


@pytest.mark.parametrize("province", [2499, 2500.01, 0])
def test_what_is_put_in_must_be_the_fund(tmp_path: Path, province: float) -> None:
    path = pooled(tmp_path / "a.xlsx", (100, None, 400), province)
    assert [(p.code, p.cell) for p in check(path) if p.code == "E380"] == [("E380", "C3")]


def test_it_must_be_said_what_is_put_in_is_for(tmp_path: Path) -> None:
    path = pooled(tmp_path / "a.xlsx", (100, None, 400), None)
    assert [(p.code, p.sheet) for p in check(path) if p.code == "E380"] == [("E380", "县区数据")]
