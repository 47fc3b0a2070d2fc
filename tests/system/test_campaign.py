"""A sample of the campaign: random workbooks through the front door against an oracle of its own, and the oracle itself."""

from __future__ import annotations

import os
from fractions import Fraction

import pytest

from campaign import door, oracle, run
from campaign.book import COUNTIES, POOLS, RULES, Book, table
from campaign.generator import workbook
from campaign.model import read, settled, top_share
from campaign.simplex import possible

GROUPS = 10
EACH = int(os.environ.get("CAMPAIGN", "100")) // GROUPS
"""CAMPAIGN=1000 takes a few minutes of a processor; make campaign runs as many as are wanted."""
FUND = "县级基本财力保障机制奖补资金"
OFF = ("三保兜底", "三保压力倾斜", "困难地区倾斜", "上年保底", "增幅上限", "单县占比上限")


def small(
    pool: float, claims: dict[str, float], *rules: dict[str, object], unit: str = "万元"
) -> Book:
    """One fund shared out by gap, with no rule but those given."""
    counties = [
        {"县区名称": name, "市州": "东海市", "需求": claim, "财力": 0, f"上年{FUND}": 100}
        for name, claim in claims.items()
    ]
    given = [
        {"规则": name, "启用": "否"} for name in OFF if name not in [rule["规则"] for rule in rules]
    ]
    given += [
        {"规则": "因素法", "资金": FUND, "参数": "参考", "取值": "缺口"},
        {"规则": "目标", "参数": "顺序", "取值": "贴近因素法"},
        {"规则": "保障水平最大化", "参数": "需求列", "取值": "需求"},
        {"规则": "保障水平最大化", "参数": "财力列", "取值": "财力"},
    ]
    headers = ["县区名称", "市州", "需求", "财力", f"上年{FUND}"]
    columns = ("规则", "资金", "参数", "对象", "取值", "启用", "刚性", "优先级")
    return Book(
        0,
        unit,
        {
            COUNTIES: table(headers, counties),
            POOLS: table(("资金", "本年总额"), [{"资金": FUND, "本年总额": pool}]),
            RULES: table(columns, [*given, *rules]),
        },
    )


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_workbooks_are_answered_and_the_answers_are_right(group):
    wrong = []
    for seed in range(group * EACH, (group + 1) * EACH):
        record = run.sampled(seed)
        if run.wrong(record):
            wrong.append(record)
    assert wrong == []


def test_a_seed_always_gives_the_same_workbook():
    assert workbook(11) == workbook(11)
    assert workbook(11) != workbook(12)


def test_the_generator_writes_workbooks_that_check_finds_no_error_in(tmp_path):
    for seed in range(900_000, 900_030):
        answer = door.command("check", str(workbook(seed).save(tmp_path / "budget.xlsx")))
        assert answer.exit == door.ANSWERED, (seed, answer.err)


def test_the_oracle_takes_the_proportional_amounts_and_no_others():
    model = read(small(100, {"甲子县": 1, "乙丑县": 2}))
    third = Fraction(100 * 10**6 // 3, 10**6)
    assert model.reference == [Fraction(66_666_667, 10**6), third]  # by name: 乙 stands before 甲
    assert not oracle.judge(model, model.reference).kind
    moved = [model.reference[0] - Fraction(1, 100), model.reference[1] + Fraction(1, 100)]
    assert oracle.judge(model, moved).kind == "optimum"
    assert oracle.judge(model, [Fraction(60), Fraction(30)]).kind == "pool"


def test_the_oracle_knows_floors_and_what_they_leave_to_share():
    floor = {"规则": "上年保底", "参数": "降幅上限", "取值": 0.5}
    model = read(small(100, {"甲子县": 1, "乙丑县": 9}, floor))
    assert not oracle.judge(model, [Fraction(50), Fraction(50)]).kind
    assert oracle.judge(model, [Fraction(60), Fraction(40)]).kind == "bound"
    assert oracle.feasible(model)
    assert not oracle.feasible(read(small(99, {"甲子县": 1, "乙丑县": 9}, floor)))


def test_the_oracle_takes_the_one_best_rounding_and_the_first_among_equals():
    model = read(small(1, {"甲子县": 1, "乙丑县": 1}))
    halves = [Fraction(1, 2)] * 2
    assert not oracle.rounded(model, halves, [1, 0]).kind
    assert oracle.rounded(model, halves, [0, 1]).kind == "rounding"
    assert oracle.rounded(model, halves, [1, 1]).kind == "total"
    assert oracle.rounded(model, [Fraction(3, 4), Fraction(1, 4)], [0, 1]).kind == "rounding"


def test_every_stage_of_an_answer_is_held_against_the_amounts(tmp_path):
    for seed in (0, 1, 2, 4, 6, 8):
        book = workbook(seed)
        answer = door.solve_quickly(book, tmp_path)
        if answer.exit != door.ANSWERED:
            continue
        model = read(book)
        x, _ = door.amounts(model, answer.proof)
        low, high = model.whole()
        for j, (f, _) in enumerate(model.lines):
            for k in range(j):
                if model.lines[k][0] == f and x[j] - low[j] > 1 and high[k] - x[k] > 1:
                    moved = list(x)
                    moved[j], moved[k] = moved[j] - 1, moved[k] + 1
                    assert oracle.judge(model, moved).kind, (seed, j, k)


def test_fractions_decide_what_floats_cannot():
    third, tiny = Fraction(1, 3), Fraction(1, 10**30)
    rows = [({0: Fraction(1), 1: Fraction(1)}, 2 * third, 2 * third)]
    assert possible([Fraction(0)] * 2, [third] * 2, rows, [Fraction(0)] * 2)
    assert not possible([Fraction(0)] * 2, [third, third - tiny], rows, [third] * 2)


def test_the_weakest_share_takes_ties_in():
    keys = {i: (0, Fraction(value)) for i, value in enumerate([3, 1, 2, 2])}
    assert top_share(keys, Fraction(1, 2), False) == {1, 2, 3}
    assert top_share(keys, Fraction(0), False) == set()


def test_reference_amounts_add_to_the_pool_in_millionths():
    amounts = settled([Fraction(10, 3)] * 3, 10)
    assert sum(amounts) == 10
    assert amounts[0] - amounts[2] == Fraction(1, 10**6)


def test_a_journal_that_was_cut_off_is_taken_up_again(tmp_path):
    file = tmp_path / "journal.jsonl"
    file.write_text('{"seed": 1, "kind": "answered"}\n{"seed": 2, "ki', encoding="utf-8")
    assert set(run.journal(file)) == {1}
