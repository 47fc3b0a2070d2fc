"""Backwards: how much it takes to reach a goal, confirmed by the ordinary door on a workbook that says so."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from books import EXAMPLE, ROOT, write_tables
from calls import call
from cases import SPEC, make_case
from results import FUNDS, tables

from transfer_opt.allocation.allocate import instance_of
from transfer_opt.allocation.explanation.indicators import indicators
from transfer_opt.allocation.optimum import Published
from transfer_opt.commands.need import Needed, need
from transfer_opt.core.errors import InputError
from transfer_opt.intake import prepare
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.model import Change
from transfer_opt.report.need import need_sentences
from transfer_opt.scenarios import need as needing
from transfer_opt.scenarios.goals import GOALS, Goal, parse_goal
from transfer_opt.scenarios.need import Answer, Lever

LEVERS = (
    *FUNDS,
    "增幅上限·均衡性·增幅上限",
    "增幅上限·县级保障·增幅上限",
    "三保兜底·保障倍数",
    "三保压力倾斜·县级保障·增幅差",
)


GOAL = Goal(GOALS["最低保障水平"], 1.0)


def book(seed: int) -> dict[str, list[list[Any]]]:
    """Some counties of the example, in need of more than they have."""
    generator = random.Random(f"need {seed}")
    found = tables(seed, most=9)
    header, *rows = found["县区数据"]
    at = header.index("保工资需求")
    for row in rows:
        row[at] = round(row[at] * generator.uniform(0.95, 1.2))
    found.pop("方案", None)
    return found


def asked(folder: Path, seed: int) -> tuple[dict[str, list[list[Any]]], Needed]:
    """A random goal and quantity on such a workbook."""
    generator = random.Random(f"goal {seed}")
    found = book(seed)
    prepared = prepare.prepare(write_tables(folder / "预算.xlsx", found))
    county = generator.choice([row[1] for row in found["县区数据"][1:]])
    goal = generator.choice(
        (
            "三保缺口=0",
            "三保缺口<=1000",
            "三保缺口县数=0",
            f"最低保障水平>={generator.randint(60, 80)}%",
            f"{county}>={generator.randint(1, 80) * 1000}",
        )
    )
    return found, need(prepared, goal, [generator.choice(LEVERS)])


def by_the_door(
    folder: Path, found: dict[str, list[list[Any]]], lever: Lever, count: int, goal: Goal
) -> bool:
    """Whether a workbook with the value written in 「方案」 reaches the goal when it is solved."""
    change = lever.change
    row = [change.rule, change.fund or None, change.parameter, float(lever.value(count))]
    path = write_tables(
        folder / "改后.xlsx", {**found, "方案": [["规则", "资金", "参数", "改后"], row]}
    )
    instance = instance_of(prepare.prepare(path, scenario="改后"))
    solved = instance.solved()
    if not isinstance(solved, Published):
        return False
    final = solved.units * instance.case.unit
    case = instance.case
    told = {each.name: each.after for each in indicators(case, final) if each.basis != "按人口加权"}
    names = {"三保缺口": "“三保”缺口", "三保缺口县数": "“三保”缺口县数"}
    name = goal.measure.name
    if name in GOALS:
        value = told[names.get(name, name)]
    else:
        who = case.recipients.name[case.lines.recipient] == name.removesuffix("分配额")
        value = float(final[who].sum())
    return value >= goal.target - 1e-9 if goal.measure.more else value <= goal.target + 1e-6


def assert_confirmed(folder: Path, seeds: Sequence[int]) -> int:
    """Every end that is told, and its neighbour, by the door; how many there were."""
    count = 0
    for seed in seeds:
        found, needed = asked(folder, seed)
        answer = needed.answers[0]
        for end in (answer.least, answer.greatest):
            if end is None:
                continue
            assert end.confirmed
            assert by_the_door(folder, found, answer.lever, end.at.count, needed.goal), seed
            if end.beyond:
                assert abs(end.beyond.count - end.at.count) == 1
                assert not by_the_door(folder, found, answer.lever, end.beyond.count, needed.goal)
            count += 1
    return count


@pytest.mark.system
def test_an_answer_reaches_the_goal_and_one_step_less_does_not(tmp_path: Path) -> None:
    assert assert_confirmed(tmp_path, range(2)) >= 2


@pytest.mark.slow
def test_so_it_is_on_two_hundred_workbooks(tmp_path: Path) -> None:
    assert assert_confirmed(tmp_path, range(100, 340)) >= 200


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare.prepare(EXAMPLE)


def told(needed: Needed) -> list[str]:
    return list(need_sentences(needed.answers[0], needed.goal, needed.money_unit))


@pytest.mark.system
def test_a_rate_is_told_with_its_step_and_both_sides(prepared: Prepared) -> None:
    assert told(need(prepared, "玛多>=26000", ["增幅上限·均衡性·增幅上限"])) == [
        "增幅上限·均衡性·增幅上限：最少 18.25%（现在是 15%，没有达到）。",
        "  已重新完整求解核对：18.25%时玛多县分配额 26,000 万元，达到；再少一步（0.01 个百分点），"
        "18.24%时玛多县分配额 25,998 万元，达不到。",
        "  从 0%到 10000%，共试了 41 个取值，其中 18 个达到：18.25%至 10000%之间试过的都达到，此外试过的都达不到。",
    ]


def test_what_cannot_be_reached_is_told_with_the_best(prepared: Prepared) -> None:
    first, second = told(need(prepared, "湟源县·均衡性>=40000", ["考核奖惩·生态·扣减比例"]))
    assert "试过的取值都达不到；最接近的是" in first
    assert "其中 0 个达到" in second


def test_the_money_of_a_contradiction_is_told_in_full_and_never_too_small() -> None:
    lever = Lever("某数", Change("某规则"), "ratio", Decimal(0), Decimal(1), 0, 1)
    tried = needing.Tried(0, None, 52451016.0637, float("inf"))
    first, _ = need_sentences(Answer(lever, tried, None, None, (tried,)), GOAL, "元")
    assert "差 52,451,016.07 元" in first


def searched(lacks: Callable[[int], int], monkeypatch: pytest.MonkeyPatch) -> Answer:
    """The search on a quantity of 0 to 64 that is so far from its goal."""

    def measured(search: Any, count: int) -> needing.Tried:
        return needing.Tried(count, 1.0, 0.0, float(lacks(count)))

    monkeypatch.setattr(needing._Search, "_quickly", measured)
    monkeypatch.setattr(needing._Search, "_fully", measured)
    lever = Lever("某数", Change("某规则"), "ratio", Decimal(0), Decimal(1), 0, 64)
    instance: Any = None
    return needing.need(instance, GOAL, lever)


def test_where_it_comes_and_goes_nothing_is_called_the_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = searched(lambda count: int(count < 4 or count % 2), monkeypatch)
    assert not answer.together
    said = next(need_sentences(answer, GOAL, "万元"))
    assert "最少 " not in said
    assert said.endswith("交错出现，不能说哪个是最少或最多。")


def test_where_the_search_is_cut_short_no_end_is_called_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(needing, "MOST_TRIED", 9)
    answer = searched(lambda count: max(23 - count, 0), monkeypatch)
    assert answer.least is not None
    assert not answer.least.confirmed
    first, second, *_ = need_sentences(answer, GOAL, "万元")
    assert first.endswith("但没有试到相邻的一步，不能说哪个是最少或最多。")
    assert second.startswith("  没有试到相邻的一步")
    assert "再少" not in second


def test_a_narrow_window_is_found_with_both_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = searched(lambda count: max(43 - count, 0, count - 47), monkeypatch)
    assert answer.together
    assert answer.least is not None
    assert answer.greatest is not None
    assert (answer.least.at.count, answer.greatest.at.count) == (43, 47)


@pytest.mark.parametrize(
    ("goal", "by", "said"),
    [
        ("三保=0", "均衡性", "没有「三保」这个目标或县区。处理办法：是否为「三保缺口」？"),
        ("三保缺口>=3", "均衡性", "方向不对"),
        ("最低保障水平>=72", "均衡性", "写百分数"),
        ("三保缺口", "均衡性", "看不懂"),
        ("城东区·生态>=3", "均衡性", "城东区不参加生态的分配"),
        ("三保缺口=0", "均行", "是否为「均衡性」？"),
        ("三保缺口=0", "目标·顺序", "不是数字参数"),
        ("三保缺口=0", "增幅上限·增幅上限", "现在没有取值"),
        ("三保缺口=0", "位次不逆转·容差", "没有启用"),
    ],
)
def test_a_goal_or_a_quantity_that_is_none_is_told_so(
    prepared: Prepared, goal: str, by: str, said: str
) -> None:
    with pytest.raises(InputError, match=said.replace("？", ".")):
        need(prepared, goal, [by])


def test_every_goal_is_told_in_the_help_and_in_the_manual(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("need", "--help") == 0
    said = "".join(capsys.readouterr().out.split())
    manual = (ROOT / "docs" / "手册-追问.md").read_text(encoding="utf-8")
    for name in GOALS:
        assert f"{name}=" in said or f"{name}<=" in said or f"{name}>=" in said
        assert f"`{name}" in manual


@pytest.mark.system
def test_the_command_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_tables(tmp_path / "预算.xlsx", book(3))
    assert call("need", path, "--for", "三保缺口<=1000", "--by", "生态", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    (answer,) = content["answers"]
    assert (content["status"], content["goal"], answer["by"]) == (
        "ok",
        "三保缺口不高于 1,000 万元",
        "重点生态功能区转移支付·本年总额",
    )
    least = answer["least"]
    assert (least["reached"], least["confirmed"], least["beyond"]["reached"]) == (True, True, False)
    assert least["at"] - least["beyond"]["at"] == answer["step"] == 1
    assert answer["together"]
    assert len(answer["tried"]) > 10


def test_a_gap_of_a_fen_is_no_gap_of_0_and_is_told_without_powers_of_ten() -> None:
    """Published in fen, told in 万元: a fen is 0.000001 万元, which was what counted as nothing."""
    case = make_case(unit=1e-6)
    goal = parse_goal("三保缺口=0", case, SPEC)
    assert goal.lacks(1e-6) == 1e-6
    assert goal.lacks(1e-13) == 0
    assert goal.shown(1e-6, "万元") == "0.000001 万元"
    assert goal.shown(14_585_400.123456, "万元") == "14,585,400.123456 万元"
    short = GOALS["三保缺口县数"].value(
        make_case(unit=1e-6, pools={"均衡性": 1e-6}, need=(100.000002, 200, 400)), np.full(3, 1e-6)
    )
    assert short == 1  # 甲 has 100 and gets a fen of two
