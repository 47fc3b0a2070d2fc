"""The impossible in money: the set is minimal, the repair the cheapest, the ways out lead out, and there is no false alarm."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from allocations import allocated, only, problem
from books import EQUALIZATION, add_rule, change, plain_tables, write_tables
from cases import make_case, make_settings

from transfer_opt.allocation import allocate
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.allocation.infeasibility.iis import Family, conflict, possible
from transfer_opt.allocation.infeasibility.iis import only as families_only
from transfer_opt.allocation.infeasibility.message import infeasible
from transfer_opt.allocation.infeasibility.relaxation import cheapest
from transfer_opt.checker.infeasibility import check_impossible
from transfer_opt.checker.optimality import CertificateError, sealed
from transfer_opt.commands import publish
from transfer_opt.core.errors import InfeasibleError
from transfer_opt.intake import prepare
from transfer_opt.intake.assemble import assemble
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

HIGHS = opener("highs", 1)
NAN = np.nan
TILTS = ("三保压力倾斜", "财力薄弱倾斜", "困难地区倾斜", "生态稳定增长")


def one_fund(
    pool: float, *, last: object = (300, 300, 300), unit: float = 1.0, **bounds: object
) -> Case:
    return make_case(
        pools={"均衡性": pool},
        last={"均衡性": last},
        need=(0, 0, 0),
        unit=unit,
        reference={"均衡性": (pool / 2, pool / 4, pool / 4)},
        **{name: {"均衡性": values} for name, values in bounds.items()},
    )


def contradiction(case: Case, *changes: Change) -> InfeasibleError:
    """What is said of a case by hand."""
    return infeasible(problem(case, make_settings(case, *changes)))


def error(path: Path) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        allocate.allocate(prepare.prepare(path), "highs")
    return caught.value


def without_tilts(tables: dict[str, list[list[object]]]) -> None:
    for rule in TILTS:
        change(tables, "约束参数", lambda row, rule=rule: row["规则"] == rule, 启用="否")


# ---------------------------------------------------------------- on paper


def test_floors_over_the_pool_name_the_rules_that_take_part_their_repair_and_the_ways_out() -> None:
    """Floors of 300 each against 800: 上年保底 and the pool, short by 100; no cap takes part. Each gives a third, in whole units."""
    said = str(contradiction(one_fund(800), *only("上年保底", "增幅上限")))
    assert said.splitlines() == [
        "约束互相矛盾，没有可行的分配方案：「资金总额」（均衡性转移支付）〔预算法；若干措施第二十一条〕、"
        "「上年保底」（均衡性转移支付）〔省定〕 不能同时满足，相差 100 万元。",
        "最省的修复：合计放宽 100 万元——「上年保底」（均衡性转移支付）放宽 100 万元（丙县 34、甲县 33、乙县 33）。",
        "solve 加 --relax 即按这样放宽计算，并在每张表上注明“已放宽”。",
        "其他办法（任选一种，都已重新求解核对）：",
        "  1. 把均衡性转移支付的资金总额增加 100 万元，由 800 改为 900。",
        "  2. 把「上年保底」（均衡性转移支付）的降幅上限由 0% 放宽到 11.2%。",
        "  3. 把「上年保底」（均衡性转移支付）的刚性改为「软」。",
    ]


def test_a_floor_above_a_cap_names_both_rules_the_line_and_each_number_that_could_give_way() -> (
    None
):
    """360 on 300 is a fifth more, the cap 15 %: the cap must be 20 %, or the floor 345."""
    said = str(
        contradiction(one_fund(1000, floor=(360, NAN, NAN)), *only("增幅上限", "县区上下限"))
    )
    assert (
        "「增幅上限」（均衡性转移支付）〔参照58号；省定〕、「县区上下限」（均衡性转移支付）〔本单位填报〕 不能同时满足，相差 15 万元。"
        in said
    )
    assert (
        "甲县·均衡性：「县区上下限」要求不少于 360，「增幅上限」要求不多于 345，相差 15 万元。"
        in said
    )
    assert "把「增幅上限」（均衡性转移支付）的增幅上限由 15% 放宽到 20%。" in said
    assert "把「县区上下限」里甲县均衡性转移支付的下限由 360 改为 345 万元。" in said


def test_a_bound_beyond_the_pool_contradicts_the_pool_alone() -> None:
    said = str(contradiction(one_fund(1000, floor=(1001, NAN, NAN)), *only("县区上下限")))
    assert (
        "「县区上下限」（均衡性转移支付）〔本单位填报〕 无法满足（一笔不能少于 0，也不能多于资金总额），相差 1 万元。"
        in said
    )
    assert "下限由 1,001 改为 1,000 万元" in said


def test_a_share_of_a_prefecture_is_told_by_its_own_number() -> None:
    """西州 is 丙 alone, whose cap is 345 of 1,000: 40 % cannot be reached, 34.5 % can."""
    said = str(
        contradiction(
            one_fund(1000),
            *only("增幅上限", "市州占比"),
            Change("市州占比", parameter="下限", object="西州", value=0.4),
        )
    )
    assert "相差 55 万元" in said
    assert "把西州的「市州占比」（均衡性转移支付）的下限由 40% 放宽到 34.5%。" in said


def test_a_cap_of_one_county_alone_gives_way_by_itself() -> None:
    """甲 may not grow and must get 310; everyone else's cap has room."""
    said = str(
        contradiction(
            one_fund(1000, floor=(310, NAN, NAN)),
            *only("增幅上限", "县区上下限"),
            Change("增幅上限", parameter="增幅上限", object="甲县", value=0.0),
        )
    )
    assert "把甲县的「增幅上限」（均衡性转移支付）的增幅上限由 0% 放宽到 3.4%。" in said


def test_a_hard_need_is_told_by_its_multiple() -> None:
    """甲 needs 500 and has 100 and at most 345: the need must fall to 445 of 500."""
    case = make_case(
        pools={"均衡性": 1000},
        last={"均衡性": (300, 300, 300)},
        need=(500, 0, 0),
        reference={"均衡性": (400, 300, 300)},
    )
    said = str(contradiction(case, *only("增幅上限", "三保兜底"), Change("三保兜底", hard=True)))
    assert (
        "「增幅上限」（均衡性转移支付）〔参照58号；省定〕、「三保兜底」〔若干措施第二十一条〕 不能同时满足，相差 55 万元"
        in said
    )
    assert "增幅上限由 15% 放宽到 33.4%" in said


@pytest.mark.parametrize("unit", [0.01, 1.0, 100.0])
def test_a_contradiction_names_the_higher_of_two_floors_whatever_the_publishing_unit(
    unit: float,
) -> None:
    """Last year's 290.1 units lie under the given 300.5: only the given floors press against the pool of 800."""

    def units(*values: float) -> tuple[float, ...]:
        return tuple(value * unit for value in values)

    case = make_case(
        pools={"均衡性": 800 * unit},
        last={"均衡性": units(290.1, 290.1, 290.1)},
        need=(0, 0, 0),
        unit=unit,
        reference={"均衡性": units(400, 200, 200)},
        floor={"均衡性": units(300.5, 300.5, 300.5)},
    )
    found = conflict(problem(case, make_settings(case, *only("上年保底", "县区上下限"))))
    assert [family.rule for family in found.families] == ["资金总额", "县区上下限"]
    assert found.money == pytest.approx(101.5 * unit)


def test_two_contradictions_are_repaired_together_and_it_is_said_that_one_way_is_not_enough() -> (
    None
):
    """甲's floor stands 15 above its cap, and 西州 cannot reach 40 %: 70 in all."""
    said = str(
        contradiction(
            one_fund(1000, floor=(360, NAN, NAN)),
            *only("增幅上限", "县区上下限", "市州占比"),
            Change("市州占比", parameter="下限", object="西州", value=0.4),
        )
    )
    assert "最省的修复：除这一组外还有做不到的规则；合计放宽 70 万元" in said
    assert "把「增幅上限」（均衡性转移支付）的增幅上限由 15% 放宽到 33.4%。" in said, (
        "the one number that ends both"
    )


def test_of_two_equal_repairs_the_rule_that_comes_first_in_the_catalogue_is_kept() -> None:
    """15 between a growth cap and a given floor: the given floor gives way."""
    case = one_fund(1000, floor=(360, NAN, NAN))
    repair = cheapest(problem(case, make_settings(case, *only("增幅上限", "县区上下限"))))
    assert (repair.families, repair.money) == ((Family("县区上下限", EQUALIZATION),), 15)


def test_bounds_that_only_whole_units_make_impossible_are_no_contradiction() -> None:
    """Two floors of 0.6 are 2 whole units, more than 15 % of 10; as given they are 1.2."""
    case = make_case(
        pools={"均衡性": 10},
        last={"均衡性": (0.6, 0.6, 5)},
        need=(0, 0, 0),
        reference={"均衡性": (1, 1, 8)},
    )
    changes = (
        *only("上年保底", "市州占比"),
        Change("市州占比", parameter="上限", object="东州", value=0.15),
    )
    assert possible(problem(case, make_settings(case, *changes)))
    settings = make_settings(case, *changes)
    tight, given = (
        formulate(case, settings, ("贴近因素法",), whole=whole) for whole in (True, False)
    )
    assert tight.floor_and_cap()[0].tolist() == [1, 1, 5]
    assert given.floor_and_cap()[0].tolist() == [0.6, 0.6, 5]


def test_a_family_is_a_rule_for_a_fund() -> None:
    assert str(Family("增幅上限", "均衡性转移支付")) == "「增幅上限」（均衡性转移支付）"
    assert str(Family("三保兜底", "")) == "「三保兜底」"


# ---------------------------------------------------------------- the proof


def test_the_proof_is_accepted_by_itself_and_no_number_of_it_can_be_changed() -> None:
    proof = json.loads(
        json.dumps(contradiction(one_fund(800), *only("上年保底", "增幅上限")).details["proof"])
    )
    assert check_impossible(proof) == 100
    for at in ("lower", "upper", "dual"):
        for row in range(len(proof["rows"])):
            changed = json.loads(json.dumps(proof))
            changed["rows"][row][at] = str(changed["rows"][row][at] or "0") + "1"
            with pytest.raises(CertificateError):
                check_impossible(changed)
    for wrong in ("99", "101", "0"):
        with pytest.raises(CertificateError):
            check_impossible(sealed({**proof, "short": wrong}))


def test_a_proof_of_something_possible_cannot_be_made() -> None:
    proof = json.loads(json.dumps(contradiction(one_fund(800), *only("上年保底")).details["proof"]))
    (row,) = proof["rows"]
    row["lower"] = row["upper"] = "900"
    with pytest.raises(CertificateError):
        check_impossible(sealed({**proof, "short": "0"}))


def test_a_proof_holds_for_lines_whose_bounds_cross() -> None:
    details = contradiction(
        one_fund(1000, floor=(360, NAN, NAN)), *only("增幅上限", "县区上下限")
    ).details
    assert check_impossible(json.loads(json.dumps(details["proof"]))) == 15
    assert [row["rule"] for row in details["proof"]["rows"]] == ["县区上下限", "增幅上限"]


# ---------------------------------------------------------------- the example


@pytest.mark.system
def test_a_cap_below_the_pools_growth_conflicts_with_the_pool_alone_and_its_way_out_leads_out(
    tmp_path: Path,
) -> None:
    tables = plain_tables()
    change(
        tables,
        "约束参数",
        lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION,
        取值=0.05,
    )
    text = str(error(write_tables(tmp_path / "cap.xlsx", tables)))
    assert re.findall(r"「(\w+)」", text.split("不能同时满足")[0]) == ["资金总额", "增幅上限"]
    wanted = re.search(r"增幅上限由 5% 放宽到 ([\d.]+)%", text)
    assert wanted
    for percent, leads_out in ((float(wanted[1]), True), (float(wanted[1]) - 0.1, False)):
        change(
            tables,
            "约束参数",
            lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION,
            取值=round(percent / 100, 4),
        )
        path = write_tables(tmp_path / f"cap{percent}.xlsx", tables)
        if leads_out:
            allocate.allocate(prepare.prepare(path), "highs")
        else:
            error(path)


@pytest.mark.system
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_one_unit_is_told_as_one_unit_and_none_is_no_alarm(tmp_path: Path, missing: int) -> None:
    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1850000 - missing)
    without_tilts(tables)
    path = write_tables(tmp_path / "unit.xlsx", tables)
    if missing:
        said = str(error(path))
        assert f"相差 {missing} 万元" in said
        assert f"合计放宽 {missing} 万元" in said
        assert f"资金总额增加 {missing} 万元，由 {1850000 - missing:,} 改为 1,850,000。" in said
    else:
        allocate.allocate(prepare.prepare(path), "highs")


@pytest.mark.system
@pytest.mark.parametrize("missing", [1, 2, 50])
def test_relaxed_the_published_amounts_miss_the_floors_by_exactly_the_cheapest_money(
    tmp_path: Path, missing: int
) -> None:
    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1850000 - missing)
    without_tilts(tables)
    outcome = allocate.allocate(
        prepare.prepare(write_tables(tmp_path / "unit.xlsx", tables)), "highs", relax=True
    )
    inside = outcome.case.lines.fund == 0
    missed = np.maximum(outcome.case.lines.last_year - outcome.published, 0)[inside]
    assert missed.sum() == missing
    assert outcome.scenario == "基准方案（已放宽）"
    assert f"放宽 {missing} 万元" in outcome.alarms[0]
    assert f"合计放宽 {missing} 万元" in outcome.alarms[0]
    for county in outcome.case.recipients.name[outcome.case.lines.recipient[inside][missed > 0]]:
        assert str(county) in outcome.alarms[0]
    assert {
        finding.verdict
        for finding in outcome.findings
        if finding.rule == "上年保底" and finding.margin < 0
    } == {"soft"}
    assert [stage.name for stage in outcome.solution.stages][:3] == [
        "放宽合计最少",
        "上年保底放宽最少",
        "上年保底放宽最少·均衡分担",
    ]
    assert outcome.solution.stages[0].value == pytest.approx(missing)


@pytest.mark.system
def test_every_scenario_marked_as_relaxed_says_so_on_every_sheet_and_in_the_facts(
    tmp_path: Path,
) -> None:
    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1849999)
    outcome = allocate.allocate(
        prepare.prepare(write_tables(tmp_path / "b.xlsx", tables)), "highs", relax=True
    )
    publish.write(outcome, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert [sheet.title for sheet in book if "（已放宽）" not in str(sheet["A1"].value)] == []
    facts = [str(row[1]) for row in book["审计信息"].iter_rows(values_only=True)]
    assert any("已按 --relax 把「上年保底」" in fact for fact in facts)


@pytest.mark.system
def test_the_conflict_names_a_share_for_a_prefecture_that_its_caps_cannot_reach(
    tmp_path: Path,
) -> None:
    tables = plain_tables()
    add_rule(
        tables,
        规则="市州占比",
        资金=EQUALIZATION,
        对象="西宁市",
        参数="下限",
        取值=0.3,
        启用="是",
        刚性="硬",
    )
    text = str(error(write_tables(tmp_path / "share.xlsx", tables)))
    assert "「市州占比」（均衡性转移支付）" in text


def test_switching_off_the_other_families_beats_an_exception_for_one_county(tmp_path: Path) -> None:
    tables = plain_tables()
    add_rule(
        tables,
        规则="增幅上限",
        资金=EQUALIZATION,
        参数="增幅上限",
        对象="玛多县",
        取值=0.2,
        启用="是",
    )
    prepared = prepare.prepare(write_tables(tmp_path / "exception.xlsx", tables))
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    alone = families_only(prepared.settings, [Family("资金总额", EQUALIZATION)])
    formulation = formulate(case, alone, ("贴近因素法",))
    assert [entry.rule.name for entry in formulation.rules if len(entry.rows)] == ["资金总额"]


def test_a_case_by_hand_that_is_possible_has_no_conflict_and_nothing_to_repair() -> None:
    case = one_fund(1000)
    settings = allocated(case, *only("上年保底", "增幅上限")).settings
    assert conflict(problem(case, settings)).families == ()
    assert cheapest(problem(case, settings)).money == 0
