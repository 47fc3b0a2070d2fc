"""「因素权重」 by the front door: what is typed there is what the reference amounts are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from books import plain_tables, write_tables

from transfer_opt.core.errors import InputError
from transfer_opt.core.vocabulary import SCENARIOS, WEIGHTS
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import prepare, settled
from transfer_opt.policy.case import Case

HEADERS = ["资金", "因素", "参数", "权重"]
ONLY_PRESSURE = (
    ["县级保障", "三保剩余缺口", None, 0],
    ["县级保障", "三保压力", None, 7],
    ["县级保障", "标准收支缺口", None, 0],
)


def case(path: Path, *rows: list[object], scenario: str | None = None) -> Case:
    tables = plain_tables()
    tables[WEIGHTS] = [HEADERS, *rows]
    prepared = prepare(write_tables(path, tables), scenario=scenario)
    assert not [problem for problem in prepared.problems if not problem.is_warning]
    return assemble(prepared.spec, prepared.budget, prepared.settings)


def shares(case: Case, fund: str) -> np.ndarray:
    place = [each.short for each in case.funds].index(fund)
    amounts = case.lines.reference_before[case.lines.fund == place]
    return np.asarray(amounts / amounts.sum())


def test_one_factor_with_a_weight_alone_is_the_whole_formula(tmp_path: Path) -> None:
    found = case(tmp_path / "预算.xlsx", *ONLY_PRESSURE)
    base = case(tmp_path / "原样.xlsx")
    place = [each.short for each in base.funds].index("县级保障")
    pressure = next(each for each in base.factors[place] if each.title == "三保压力").value
    assert shares(found, "县级保障") == pytest.approx(pressure / pressure.sum(), abs=1e-10)
    assert [each.title for each in found.factors[place]] == ["三保压力"]
    assert shares(found, "生态") == pytest.approx(shares(base, "生态"), abs=0)


def test_weights_count_by_their_ratio_alone(tmp_path: Path) -> None:
    twice = [
        ["县级保障", "三保剩余缺口", None, 1.0],
        ["县级保障", "三保压力", None, 0.6],
        ["县级保障", "标准收支缺口", None, "40%"],
    ]
    assert shares(case(tmp_path / "预算.xlsx", *twice), "县级保障") == pytest.approx(
        shares(case(tmp_path / "原样.xlsx"), "县级保障"), abs=0
    )


def test_a_number_of_the_formula_can_be_set_too(tmp_path: Path) -> None:
    flat = case(
        tmp_path / "预算.xlsx",
        ["均衡性", "标准收支缺口×补助系数", "最小困难系数", 1],
        ["均衡性", "标准收支缺口×补助系数", "最大困难系数", 1],
    )
    gap = flat.factors[0][0].figures[2].values
    assert shares(flat, "均衡性") == pytest.approx(gap[gap > 0] / gap.sum(), abs=1e-10)


def test_no_factor_with_a_weight_is_told_before_anything_is_solved(tmp_path: Path) -> None:
    tables = plain_tables()
    tables[WEIGHTS] = [HEADERS, ["均衡性", "标准收支缺口×补助系数", None, 0]]
    problems = prepare(write_tables(tmp_path / "预算.xlsx", tables)).problems
    assert [(each.code, each.sheet) for each in problems if not each.is_warning] == [
        ("E218", WEIGHTS)
    ]


def test_a_factor_without_a_weight_needs_no_column(tmp_path: Path) -> None:
    tables = plain_tables()
    tables[WEIGHTS] = [HEADERS, ["生态", "禁止开发补助", None, 0]]
    header = next(row for row in tables["县区数据"] if "禁止开发区面积" in row)
    header[header.index("禁止开发区面积")] = "别的"
    problems = prepare(write_tables(tmp_path / "预算.xlsx", tables)).problems
    assert not [each for each in problems if each.code == "E310"]


def test_a_scenario_may_weigh_otherwise(tmp_path: Path) -> None:
    tables = plain_tables()
    at = next(place for place, row in enumerate(tables[SCENARIOS]) if "规则" in row)
    tables[SCENARIOS][at].append("只看压力")
    for fund, factor, _, weight in ONLY_PRESSURE:
        tables[SCENARIOS].append([WEIGHTS, fund, factor, *[None] * 5, weight])
    book = write_tables(tmp_path / "预算.xlsx", tables)
    now, then = (prepare(book, scenario=name) for name in (None, "只看压力"))
    first, second = (assemble(each.spec, each.budget, each.settings) for each in (now, then))
    expected = case(tmp_path / "表里写.xlsx", *ONLY_PRESSURE)
    assert shares(second, "县级保障") == pytest.approx(shares(expected, "县级保障"), abs=0)
    assert shares(first, "县级保障") != pytest.approx(shares(second, "县级保障"), abs=1e-6)
    with pytest.raises(InputError, match="E220"):
        settled(now.spec, now.budget, "没有的方案")
