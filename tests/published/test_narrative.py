"""One county told in sentences, from the result file alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from allocations import example
from books import EXAMPLE
from results import edited

from transfer_opt.allocation import allocate
from transfer_opt.commands import publish
from transfer_opt.core.errors import InputError
from transfer_opt.intake import prepare
from transfer_opt.published.narrative import Money, _decimals, explain


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("narrative") / "结果.xlsx"
    publish.write(allocate.allocate(prepare.prepare(EXAMPLE), "highs"), path)
    return path


def test_a_county_is_told_what_it_got_and_that_its_need_is_met(result: Path) -> None:
    first, second, third, *_ = explain(result, "玛多县")
    assert first.startswith(
        "玛多县（632626，果洛藏族自治州）：本年合计 25,587 万元，比上年 22,554 增加 3,033（+13.4%）"
    )
    assert second == "保障水平由分配前的 27.4% 提高到 81.8%。"
    assert third == "“三保”需求已足额保障。"


def test_the_chain_of_each_fund_adds_to_the_published_amount(result: Path) -> None:
    told = next(line for line in explain(result, "湟源县") if line.startswith("县级基本财力保障"))
    head, _, rest = told.partition("＝")
    numbers = [
        float(part.split(" ")[-1].replace(",", ""))
        for part in rest.split("。主要原因")[0].split("，")
    ]
    assert round(sum(numbers), 2) == float(head.split(" ")[-2].replace(",", "")) == 14049
    assert "“三保”需求兜底，补到刚好足额（依据：若干措施第二十一条）" in told


def test_binding_rules_are_told_with_clause_and_both_sides(result: Path) -> None:
    told = [line for line in explain(result, "湟源县") if line.startswith("规则")]
    assert told == [
        "规则「增幅上限」（参照58号（待核实）；省定（示例））没有做到，超出 334 万元：县级保障 14,049，至多应为 13,715。"
        "为满足优先级更高的要求而突破；把该县该项资金的增幅上限由 30% 放宽到 33.2% 即不再超出（已重新求解核对）。",
        "规则「增幅上限」（参照58号（待核实）；省定（示例））在起作用，使湟源县均衡性不能再多：均衡性 33,159，至多应为 33,159.1。",
        "规则「三保兜底」（若干措施第二十一条）在起作用，使湟源县可用财力加补助不能再少：可用财力加补助 91,889，至少应为 91,889。",
    ]


def test_a_rule_over_many_counties_is_told_with_what_it_moved_here(result: Path) -> None:
    told = explain(result, "玛沁县")
    assert (
        "规则「三保压力倾斜」（若干措施第二十一条）在全省起作用（县级保障·三保压力大或财政困难的17县：240,659 ≥ 240,657.83），"
        "使玛沁县少得 693.42 万元。"
    ) in told


def test_the_plan_and_its_objectives_are_named(result: Path) -> None:
    assert "方案：基准方案；目标顺序：三保缺口最小 > 贴近因素法。" in explain(result, "玛多县")


def test_what_would_change_its_amount_is_told_by_county_most_first(result: Path) -> None:
    told = [line for line in explain(result, "玛多县") if line.startswith("如果")]
    assert told[0] == "如果把均衡性转移支付的增幅上限由 15% 放宽到 16%，玛多县约增加 127 万元。"
    assert told[-1] == "如果把「三保兜底」保障倍数由 1 放宽到 0.99，玛多县约减少 89.6 万元。"
    assert "如果把县级基本财力保障机制奖补资金总额增加 100 万元，玛多县约增加 1.1 万元。" in told
    assert len(told) == 8, "the other five changes leave it as it is"


def test_a_county_that_nothing_moves_is_told_so_with_what_holds_it(tmp_path: Path) -> None:
    outcome = example()
    still = tuple(
        replace(entry, moved=np.zeros(len(entry.moved))) for entry in outcome.sensitivities
    )
    publish.write(replace(outcome, sensitivities=still), tmp_path / "结果.xlsx")
    assert explain(tmp_path / "结果.xlsx", "城西区")[-1] == (
        "「敏感性分县」里逐项试过的变动都不改变城西区的数额：均衡性转移支付停在上年保底（不低于上年）；"
        "县级基本财力保障机制奖补资金达到增幅上限30%。"
    )


def test_where_no_change_was_tried_it_is_said_so(tmp_path: Path) -> None:
    publish.write(replace(example(), sensitivities=()), tmp_path / "结果.xlsx")
    assert (
        explain(tmp_path / "结果.xlsx", "城西区")[-1]
        == "没有试过变动会怎样改变数额，要试的办法见「敏感性」。"
    )


@pytest.mark.system
def test_a_county_is_found_by_code_short_and_former_name_and_former_code(result: Path) -> None:
    told = explain(result, "玛多县")
    for spelling in ("632626", "玛 多 县", "玛多"):
        assert explain(result, spelling) == told
    assert explain(result, "门源县") == explain(result, "门源回族自治县")
    assert explain(result, "大通") == explain(result, "大通县") == explain(result, "630121")
    assert explain(result, "湟中县") == explain(result, "630122") == explain(result, "湟中区")


def test_a_misspelt_county_is_suggested(result: Path) -> None:
    with pytest.raises(InputError, match="是否为「玛多县」"):
        explain(result, "玛多乡")


@pytest.mark.system
def test_a_result_saved_again_by_another_program_is_told_in_the_same_words(
    result: Path, tmp_path: Path
) -> None:
    again = edited(result, tmp_path / "另存.xlsx", lambda book: None)
    assert explain(again, "玛多县") == explain(result, "玛多县"), "formulas lost their values"


def test_a_file_that_is_no_result_is_said_so() -> None:
    with pytest.raises(InputError, match="不是 transfer-opt 写出的结果工作簿"):
        explain(EXAMPLE, "玛多县")


def test_money_is_told_to_the_digits_that_are_published_and_what_does_not_show_is_left_out() -> (
    None
):
    """In 万元 to the fen six decimals, in whole 万元 two; of a step of a hundredth of a fen nothing is left."""
    fen = Money("万元", _decimals([{"分配额": 26646.352841}, {"分配额": None}, {"分配额": 3.5}]))
    assert fen.decimals == 6
    assert fen.money(26646.352841) == "26,646.352841"
    assert fen.signed(-0.00000019) == "0"
    assert not fen.shows(-0.00000019)
    whole = Money("万元", _decimals([{"分配额": 26646.0}]))
    assert whole.decimals == 2
    assert whole.signed(3.456) == "+3.46"
    assert Money("元").money(10_192_394_128.28) == "10,192,394,128.28"
