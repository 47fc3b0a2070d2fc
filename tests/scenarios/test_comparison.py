"""Scenarios side by side: differences add up, chains begin and end where they should, harm is found by solving again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from books import ECOLOGY, EQUALIZATION, EXAMPLE, GUARANTEE, change, plain_tables, write_tables
from comparisons import example, pools_untried

from transfer_opt.allocation import allocate
from transfer_opt.allocation.plan import Plan
from transfer_opt.commands import compare, publish
from transfer_opt.core.errors import InfeasibleError, InputError
from transfer_opt.intake import prepare
from transfer_opt.policy.recipients import Recipients
from transfer_opt.scenarios.comparison.attribution import differing, mixed
from transfer_opt.scenarios.comparison.columns import CHANGES, common
from transfer_opt.scenarios.comparison.compare import Comparison
from transfer_opt.scenarios.comparison.counterfactual import re_solved
from transfer_opt.scenarios.comparison.fairness import KEPT_WHOLE

pytestmark = pytest.mark.system


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    pools_untried(monkeypatch)


def scenario_book(
    folder: Path, columns: dict[str, list[tuple[str, str | None, str, object]]]
) -> Path:
    """The example with these scenarios: name → (rule, fund, parameter, value)."""
    tables = plain_tables()
    header = ["规则", "资金", "参数", "对象", *columns]
    rows = [
        [rule, fund, parameter, None, *(value if name == other else None for other in columns)]
        for name, entries in columns.items()
        for rule, fund, parameter, value in entries
    ]
    tables["方案"] = [header, *rows]
    return write_tables(folder / "方案.xlsx", tables)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two scenarios that differ from the workbook in pool, rules and objective at once."""
    path = scenario_book(
        tmp_path_factory.mktemp("several"),
        {
            "多项": [
                ("资金总额", GUARANTEE, "本年总额", 450000),
                ("增幅上限", EQUALIZATION, "增幅上限", 0.2),
                ("财力薄弱倾斜", EQUALIZATION, "增幅差", 0.02),
                ("目标", None, "顺序", "三保缺口最小>保障水平最大化"),
            ],
            "少一点": [("资金总额", EQUALIZATION, "本年总额", 1860000)],
        },
    )
    with pytest.MonkeyPatch.context() as patch:
        pools_untried(patch)
        return compare.compare([path])


# ---------------------------------------------------------------- differences by cause


def test_causes_are_taken_in_order_data_pools_rules_objective_and_only_where_they_differ(
    several: Comparison,
) -> None:
    assert [[part.cause for part in found.parts] for found in several.effects] == [
        ["资金总额", "增幅上限", "财力薄弱倾斜", "目标"],
        ["资金总额"],
    ]


def test_the_effects_of_every_pair_add_up_to_the_difference_exactly_line_by_line(
    several: Comparison,
) -> None:
    for comparison in (example(), several):
        base = np.nan_to_num(comparison.baseline.amounts)
        for side, found in zip(comparison.others, comparison.effects, strict=True):
            whole = sum(np.nan_to_num(part.amounts) for part in found.parts)
            assert (np.nan_to_num(side.amounts) - base == whole).all()


def test_only_the_pool_changes_what_the_province_gets(several: Comparison) -> None:
    totals = [float(part.given.sum()) for part in several.effects[0].parts]
    assert totals == [12000.0, 0.0, 0.0, 0.0]


def test_effects_on_the_indicators_add_up_too(several: Comparison) -> None:
    parts = several.effects[0].parts
    lowest = [np.nanmin(side.coverage) for side in (several.baseline, several.others[0])]
    assert sum(part.lowest for part in parts) == pytest.approx(lowest[1] - lowest[0], abs=1e-12)


def test_the_chain_begins_at_the_first_plan_and_ends_at_the_second(several: Comparison) -> None:
    first, second = (side.plan for side in several.sides[:2])
    assert first
    assert second
    for done, expected in (([], first), (differing(first, second), second)):
        case, amounts = re_solved(mixed(first, second, done))
        assert len(case.lines) == len(expected.case.lines)
        assert amounts.tolist() == expected.published.tolist()


@pytest.mark.usefixtures("quick")
def test_a_step_that_is_impossible_alone_is_taken_with_the_next_and_says_so(tmp_path: Path) -> None:
    path = scenario_book(
        tmp_path,
        {
            "减且放": [
                ("资金总额", EQUALIZATION, "本年总额", 1800000),
                ("上年保底", EQUALIZATION, "降幅上限", 0.05),
            ]
        },
    )
    (found,) = compare.compare([path]).effects
    assert [part.cause for part in found.parts] == ["资金总额＋上年保底"]
    assert "没有可行方案" in found.parts[0].note


# ---------------------------------------------------------------- against last year


def test_what_makes_this_years_amounts_of_last_years_adds_up_line_by_line() -> None:
    for side in example().sides:
        total = np.nansum(side.changes, axis=0)
        expected = np.nan_to_num(side.amounts) - np.nan_to_num(side.last)
        assert np.abs(total - expected).max() < 1e-6


def test_every_step_after_the_formula_moves_money_and_makes_none() -> None:
    for side in example().sides:
        moved = np.nansum(side.changes[CHANGES.index("考核奖惩") :], axis=2)
        assert np.abs(moved).max() < 1e-6


def test_the_growth_of_the_pool_is_shared_in_proportion_to_last_year() -> None:
    side = example().sides[0]
    assert side.plan
    growth = side.changes[CHANGES.index("总额增长"), 0] / side.last[0]
    assert np.nanmax(growth) == pytest.approx(1998000 / 1850000 - 1, abs=1e-6)
    assert np.nanmin(growth) == pytest.approx(1998000 / 1850000 - 1, abs=1e-5)


# ---------------------------------------------------------------- who pays


def test_the_losers_are_those_whose_funds_together_are_less_than_last_year() -> None:
    names = example().units.name
    losers = {side.name: set(names[side.losers]) for side in example().sides}
    assert {name: len(found) for name, found in losers.items()} == {
        "基准方案": 0,
        "均衡优先": 12,
        "稳定优先": 0,
        "生态优先": 0,
    }
    assert {"刚察县", "泽库县", "格尔木市"} <= losers["均衡优先"]


def test_the_price_of_nobody_losing_is_found_by_solving_with_every_total_kept() -> None:
    (price,) = example().prices
    assert (price.scenario, price.losers, price.lost) == ("均衡优先", 12, 1903.0)
    before, after = (
        {(one.name, one.basis): one.after for one in found} for found in (price.before, price.after)
    )
    assert after["基尼系数", "各县，不加权"] > before["基尼系数", "各县，不加权"]
    assert after["最低保障水平", "各县，不加权"] == pytest.approx(
        before["最低保障水平", "各县，不加权"]
    )


@pytest.mark.usefixtures("quick")
def test_where_everybody_cannot_keep_last_years_total_the_reason_and_the_money_are_told(
    tmp_path: Path,
) -> None:
    path = scenario_book(
        tmp_path,
        {
            "减": [
                (*("资金总额", EQUALIZATION, "本年总额"), 1700000),
                ("上年保底", EQUALIZATION, "降幅上限", 0.2),
            ]
        },
    )
    price = next(price for price in compare.compare([path]).prices if price.scenario == "减")
    assert "相差" in price.why_not
    assert price.after == ()
    assert KEPT_WHOLE not in price.why_not


# ---------------------------------------------------------------- larger pools


def test_a_larger_pool_that_harms_somebody_is_pointed_out_with_the_rule(tmp_path: Path) -> None:
    found = next(one for one in example().worse if one.scenario == "基准方案" and one.losers)
    assert found.change == "均衡性转移支付增加 19,980 万元"
    assert found.rule == "因素法"
    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == EQUALIZATION, 本年总额=1998000 + 19980)
    larger = allocate.allocate(
        prepare.prepare(write_tables(tmp_path / "more.xlsx", tables)), "highs", sensitive=False
    )
    base = example().sides[0]
    less = larger.given - base.given
    harmed = {str(name) for name, lost in zip(example().units.name, less, strict=True) if lost < -1}
    assert harmed == {name for name, _ in found.losers}


def test_every_fund_of_every_scenario_is_tried() -> None:
    assert len(example().worse) == 12


def test_two_scenarios_that_differ_in_pools_only_are_compared_directly(several: Comparison) -> None:
    direct = [one for one in several.worse if one.change.startswith("总额由")]
    assert [(one.scenario, one.change) for one in direct] == [
        ("基准方案", "总额由「少一点」的 2,682,500 增加到「基准方案」的 2,820,500")
    ]


# ---------------------------------------------------------------- one list of units


def units(*rows: tuple[str, str]) -> Recipients:
    codes, names = (np.array(column, dtype=object) for column in zip(*rows, strict=True))
    return Recipients(codes, names, np.array(["东州"] * len(rows), dtype=object), {}, {})


def test_units_are_matched_by_code_then_by_name_and_none_is_lost() -> None:
    old = units(("630121", "大通县"), ("630999", "湟中县"), ("630777", "并走县"))
    new = units(("630121", "大通回族土族自治县"), ("630106", "湟中区"), ("630105", "城北区"))
    together, (before, after) = common([old, new], {"湟中县": "湟中区"})
    assert together.name.tolist() == ["城北区", "湟中区", "大通回族土族自治县", "并走县"]
    assert before.tolist() == [-1, 1, 0, 2]
    assert after.tolist() == [2, 1, 0, -1]


def test_without_codes_a_short_name_is_enough() -> None:
    old, new = (
        units(("", "大通县"), ("", "甲县")),
        units(("630121", "大通回族土族自治县"), ("630122", "甲县")),
    )
    together, (before, _) = common([old, new], {})
    assert together.name.tolist() == ["大通回族土族自治县", "甲县"]
    assert before.tolist() == [0, 1]


# ---------------------------------------------------------------- files


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Result workbooks of three scenarios."""
    folder = tmp_path_factory.mktemp("results")
    paths = []
    for name in ("基准方案", "均衡优先", "生态优先"):
        paths.append(folder / f"{name}.xlsx")
        publish.write(
            allocate.allocate(prepare.prepare(EXAMPLE, scenario=name), "highs", sensitive=False),
            paths[-1],
        )
    return paths


@pytest.mark.usefixtures("quick")
def test_results_compare_as_their_scenarios_do(results: list[Path]) -> None:
    found = compare.compare(results)
    assert found.notes == ()
    for side in found.sides:
        other = next(one for one in example().sides if one.name == side.name)
        assert np.array_equal(side.amounts, other.amounts, equal_nan=True)
        assert np.abs(np.nan_to_num(side.changes - other.changes)).max() < 1e-6
        assert side.plan.digest == other.plan.digest if side.plan and other.plan else False
    parts = [[part.cause for part in one.parts] for one in found.effects]
    assert parts == [["目标"], ["财力薄弱倾斜", "生态稳定增长"]]


@pytest.mark.usefixtures("quick")
def test_an_edited_result_is_told(results: list[Path], tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(results[0])
    sheet = book["分配结果"]
    sheet.cell(7, 4).value += 1  # the first county's equalization
    book.save(tmp_path / "改过.xlsx")
    found = compare.compare([results[1], tmp_path / "改过.xlsx"])
    assert any("与表内校验码不符" in note for note in found.notes)


@pytest.mark.usefixtures("quick")
def test_two_years_are_explained_by_data_pool_and_rules(tmp_path: Path) -> None:
    past = allocate.allocate(prepare.prepare(EXAMPLE), "highs", sensitive=False)
    publish.write(past, tmp_path / "2026.xlsx")
    tables = plain_tables()
    header, *rows = tables["县区数据"]
    change(tables, "县区数据", lambda row: row["县区名称"] == "玛多县", 可用财力=9000)
    given = {
        (str(past.case.recipients.name[i]), past.case.funds[f].name): past.amounts[f, i]
        for f in range(3)
        for i in range(len(past.case.recipients))
    }
    for row in rows:
        for fund in (EQUALIZATION, GUARANTEE, ECOLOGY):
            amount = given.get((row[header.index("县区名称")], fund), np.nan)
            row[header.index(f"上年{fund}")] = None if np.isnan(amount) else float(amount)
    for fund, pool in ((EQUALIZATION, 2100000), (GUARANTEE, 450000), (ECOLOGY, 400000)):
        change(
            tables,
            "资金总额",
            lambda row, fund=fund: row["资金"] == fund,
            本年总额=pool,
            上年总额=None,
        )  # type: ignore[misc]
    change(
        tables,
        "约束参数",
        lambda row: row["规则"] == "生态稳定增长" and row["资金"] in (None, ECOLOGY),
        取值=0.02,
    )
    publish.write(
        allocate.allocate(
            prepare.prepare(write_tables(tmp_path / "b.xlsx", tables)), "highs", sensitive=False
        ),
        tmp_path / "2027.xlsx",
    )
    found = compare.compare([tmp_path / "2026.xlsx", tmp_path / "2027.xlsx"])
    assert [side.name for side in found.sides] == ["2026", "2027"]
    assert [part.cause for part in found.effects[0].parts] == [
        "数据",
        "上年数＋资金总额",
        "生态稳定增长",
    ]
    assert [float(part.given.sum()) for part in found.effects[0].parts] == [
        0.0,
        2950000 - 2820500,
        0.0,
    ]


@pytest.mark.usefixtures("quick")
def test_an_approved_table_is_matched_by_short_names_and_explained_step_by_step(
    results: list[Path], tmp_path: Path
) -> None:
    plan = example().sides[0].plan
    assert plan
    names = [
        str(name).replace("大通回族土族自治县", "大通县") for name in plan.case.recipients.name
    ]
    rows = [
        [name, *(None if np.isnan(v) else float(v) for v in plan.case.history[:, i])]
        for i, name in enumerate(names)
    ]
    table = write_tables(
        tmp_path / "上年批准.xlsx",
        {"批准表": [["县区名称", *(fund.name for fund in plan.case.funds)], *rows]},
    )
    found = compare.compare([table, results[0]])
    assert found.notes == ()
    whole = sum(np.nan_to_num(part.amounts) for part in found.effects[0].parts)
    second = found.sides[1]
    assert np.abs(np.nan_to_num(second.amounts) - np.nan_to_num(second.last) - whole).max() < 1e-6
    assert [part.cause for part in found.effects[0].parts][:2] == ["总额增长", "因素变化"]


@pytest.mark.usefixtures("quick")
def test_what_cannot_be_compared_is_told(results: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="预算工作簿"):
        compare.compare([EXAMPLE, results[0]])
    table = write_tables(
        tmp_path / "x.xlsx", {"表": [["县区名称", "均衡性"], ["甲县", 1.0], ["乙县", 2.0]]}
    )
    with pytest.raises(InputError, match="没有一个文件是结果工作簿"):
        compare.compare([table])
    with pytest.raises(InputError, match="没有一张表"):
        compare.compare(
            [
                write_tables(tmp_path / "y.xlsx", {"表": [["县区名称", "别的"], ["甲县", 1.0]]}),
                results[0],
            ]
        )
    with pytest.raises(InputError, match="--scenario 只用于一份预算工作簿"):
        compare.compare([results[0]], scenarios=["基准方案"])
    with pytest.raises(InputError, match="没有可作比较基准的"):
        compare.compare([EXAMPLE], baseline="没有这个方案")


@pytest.mark.usefixtures("quick")
def test_a_scenario_without_an_allocation_leaves_the_others(tmp_path: Path) -> None:
    path = scenario_book(tmp_path, {"太少": [("资金总额", EQUALIZATION, "本年总额", 1800000)]})
    found = compare.compare([path])
    assert [side.name for side in found.sides] == ["基准方案"]
    assert [name for name, _ in found.failed] == ["太少"]
    with pytest.raises(InfeasibleError, match="太少"):
        compare.compare([path], scenarios=["太少"])


@pytest.mark.usefixtures("quick")
def test_a_rule_switched_off_differs_whatever_its_parameters_say(tmp_path: Path) -> None:
    tables = plain_tables()
    change(tables, "约束参数", lambda row: row["规则"] == "位次不逆转", 启用="是")
    publish.write(
        allocate.allocate(
            prepare.prepare(write_tables(tmp_path / "b.xlsx", tables)), "highs", sensitive=False
        ),
        tmp_path / "on.xlsx",
    )
    publish.write(
        allocate.allocate(prepare.prepare(EXAMPLE), "highs", sensitive=False), tmp_path / "off.xlsx"
    )
    (found,) = compare.compare([tmp_path / "off.xlsx", tmp_path / "on.xlsx"]).effects
    assert [part.cause for part in found.parts] == ["位次不逆转"]


@pytest.mark.usefixtures("quick")
def test_last_year_as_baseline_is_what_its_money_would_give_today() -> None:
    found = compare.compare([EXAMPLE], scenarios=["基准方案"], baseline="上年")
    assert (found.baseline.name, found.effects) == ("上年", ())
    assert round(float(np.nansum(found.baseline.short))) == 34206


def _plan(comparison: Comparison) -> Plan:
    plan = comparison.sides[0].plan
    assert plan
    return plan


def test_a_plan_carries_its_certificate() -> None:
    assert json.loads(_plan(example()).proof)
