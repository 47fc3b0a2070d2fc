"""The impossible in money: the set is minimal, the ways out lead out, and there is no false alarm."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from books import EQUALIZATION, add_rule, change, plain_tables, write_tables
from instances import instance
from transfer_opt import run
from transfer_opt.assemble import assemble
from transfer_opt.conflict import Family, _only, _short, conflict
from transfer_opt.errors import InfeasibleError
from transfer_opt.formulate import formulate
from transfer_opt.lexicographic import shortage_of
from transfer_opt.proof import impossible
from transfer_opt.solvers import opener

HIGHS = opener("highs", 1)


def said(path: Path) -> str:
    with pytest.raises(InfeasibleError) as caught:
        run.allocate(run.prepare(path), "highs")
    return str(caught.value)


def test_a_cap_below_the_pools_growth_conflicts_with_the_pool_alone_and_its_way_out_leads_out(tmp_path: Path) -> None:
    tables = plain_tables()
    change(tables, "约束参数", lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION, 取值=0.05)
    text = said(write_tables(tmp_path / "cap.xlsx", tables))
    assert re.findall(r"「(\w+)」", text.split("不能同时满足")[0]) == ["资金总额", "增幅上限"]
    wanted = re.search(r"增幅上限由 5% 改为 ([\d.]+)%", text)
    assert wanted
    for percent, possible in ((float(wanted[1]), True), (float(wanted[1]) - 0.1, False)):
        change(tables, "约束参数", lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION,
               取值=round(percent / 100, 4))
        for rule in ("三保压力倾斜", "财力薄弱倾斜", "困难地区倾斜", "生态稳定增长"):
            change(tables, "约束参数", lambda row, rule=rule: row["规则"] == rule, 启用="否")
        path = write_tables(tmp_path / f"cap{percent}.xlsx", tables)
        if possible:
            run.allocate(run.prepare(path), "highs")
        else:
            said(path)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_unit_is_told_as_one_unit_and_none_is_no_alarm(tmp_path: Path, missing: int) -> None:
    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1850000 - missing)
    change(tables, "约束参数", lambda row: row["规则"] in ("财力薄弱倾斜", "困难地区倾斜"), 启用="否")
    path = write_tables(tmp_path / "unit.xlsx", tables)
    if missing:
        assert f"相差 {missing} 万元" in said(path)
        assert f"资金总额增加 {missing} 万元" in said(path)
    else:
        run.allocate(run.prepare(path), "highs")


def test_the_conflict_names_a_share_for_a_prefecture_that_its_caps_cannot_reach(tmp_path: Path) -> None:
    tables = plain_tables()
    add_rule(tables, 规则="市州占比", 资金=EQUALIZATION, 对象="西宁市", 参数="下限", 取值=0.3, 启用="是", 刚性="硬")
    text = said(write_tables(tmp_path / "share.xlsx", tables))
    assert "「市州占比」（均衡性转移支付）" in text


def test_random_conflicts_are_minimal_proved_and_never_false() -> None:
    found = 0
    for seed in range(7000, 7160):
        case, settings, objective = instance(seed, 5)
        formulation = formulate(case, settings, objective)
        if (formulation.program.lower > formulation.program.upper).any():
            continue
        shortage = shortage_of(formulation.program, HIGHS)
        if shortage is None:
            continue
        found += 1
        assert impossible(formulation.program, shortage.duals, case.unit), seed
        told = conflict(case, settings, HIGHS)
        assert told.money > 0, seed
        assert _short(case, _only(settings, told.families), HIGHS) > 0, seed
        for family in told.families:
            rest = [other for other in told.families if other != family]
            assert _short(case, _only(settings, rest), HIGHS) <= 1e-6 * case.unit, (seed, family)
    assert found > 10


def test_a_family_is_a_rule_for_a_fund() -> None:
    assert str(Family("增幅上限", "均衡性转移支付")) == "「增幅上限」（均衡性转移支付）"
    assert str(Family("三保兜底", "")) == "「三保兜底」"


def test_switching_off_the_other_families_beats_an_exception_for_one_county(tmp_path: Path) -> None:
    tables = plain_tables()
    add_rule(tables, 规则="增幅上限", 资金=EQUALIZATION, 参数="增幅上限", 对象="玛多县", 取值=0.2, 启用="是")
    prepared = run.prepare(write_tables(tmp_path / "exception.xlsx", tables))
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    only = _only(prepared.settings, [Family("资金总额", EQUALIZATION)])
    formulation = formulate(case, replace(only), ("贴近因素法",))
    assert [entry.rule.name for entry in formulation.rules if len(entry.rows)] == ["资金总额"]
