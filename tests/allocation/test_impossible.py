"""Thousands of small allocations, possible and not, some by one unit only: what is said is what fractions say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction

import exactlp
import numpy as np
import pytest
from allocations import only, problem
from cases import make_case, make_settings
from instances import instance

from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.allocation.infeasibility.farkas import farkas
from transfer_opt.allocation.infeasibility.iis import conflict
from transfer_opt.allocation.infeasibility.iis import only as families_only
from transfer_opt.allocation.infeasibility.relaxation import cheapest, shares
from transfer_opt.checker.infeasibility import check_impossible
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings

HIGHS = opener("highs", 1)
FIRST = 700_000
EQUALIZATION = "均衡性转移支付"


def judged(case: Case, settings: Settings) -> bool:
    """Whether the allocation is impossible; everything said of it held against fractions."""
    wanted = exactlp.short(case, settings)
    found = conflict(problem(case, settings))
    assert bool(found.families) == (wanted > 0), "a false alarm, or none where there should be one"
    repair = cheapest(problem(case, settings))
    assert repair.money == pytest.approx(
        float(exactlp.repair(case, settings)) if wanted else 0.0, abs=1e-6
    )
    if not found.families:
        return False
    missing = exactlp.short(case, families_only(settings, found.families))
    assert found.money == pytest.approx(float(missing), abs=1e-6)
    proved = check_impossible(json.loads(json.dumps(farkas(case, found))))
    assert missing - Fraction(1, 10**9) <= proved <= missing
    for family in found.families:
        rest = [other for other in found.families if other != family]
        assert exactlp.short(case, families_only(settings, rest)) == 0, (
            f"without {family} it is still impossible"
        )
    _repaired(case, repair.settings, repair.money)
    return True


def _repaired(case: Case, settings: Settings, money: float) -> None:
    """Solved with the repair, rows give exactly the cheapest money."""
    formulation = formulate(case, settings, ("贴近因素法",), whole=False)
    solution = solve(formulation.program, formulation.stages, HIGHS)
    assert solution.shortage is None
    given = shares(case, formulation, solution.columns[: len(case.lines)])
    assert sum(share.money for share in given) == pytest.approx(money, abs=1e-5)


def at_random(seeds: Iterator[int], wanted: int, most: int) -> tuple[int, int]:
    """How many impossible and possible ones were judged until so many were impossible."""
    impossible = possible = 0
    while impossible < wanted:
        case, settings, _ = instance(next(seeds), most)
        if judged(case, settings):
            impossible += 1
        else:
            possible += 1
    return impossible, possible


def within_a_unit(seed: int, missing: int) -> tuple[Case, Settings]:
    """Integer bounds that miss what they must reach by exactly so many units (0: they just reach it)."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 6))
    last = random.integers(20, 400, count).astype(float) * 20
    names = [f"县{i}" for i in range(count)]
    kind = int(random.integers(5))
    pool, need, given, changes = (
        last.sum() * 1.05,
        np.zeros(count),
        np.full(count, np.nan),
        list[Change](),
    )
    if kind == 0:  # floors against the pool
        pool, rules = last.sum() - missing, only("上年保底", "增幅上限")
    elif kind == 1:  # caps against the pool: 15 % of multiples of 20 are whole
        pool, rules = 1.15 * last.sum() + missing, only("上年保底", "增幅上限")
    elif kind == 2:  # a given floor against a cap
        given[0], rules = 1.15 * last[0] + missing, only("增幅上限", "县区上下限")
    elif kind == 3:  # a hard need against the cap
        need[0], rules = 100 + 1.15 * last[0] + missing, only("增幅上限", "三保兜底")
        changes.append(Change("三保兜底", hard=True))
    else:  # the share of a prefecture against the floors in it, of a pool that makes it a decimal
        last[0] = np.floor(last[0] / 1000) * 1000 + 1000
        pool = 1000.0 * 2 ** np.ceil(np.log2(last.sum() / 1000))
        rules = only("上年保底", "市州占比")
        changes.append(
            Change("市州占比", EQUALIZATION, "上限", "一州", float((last[0] - missing) / pool))
        )
    case = make_case(
        names=names,
        prefecture=["一州", *["二州"] * (count - 1)],
        pools={"均衡性": float(round(pool))},
        last={"均衡性": last},
        reference={"均衡性": np.full(count, round(pool) / count)},
        need=need,
        floor={"均衡性": given},
        numbers={
            "可用财力": np.full(count, 100.0),
            "标准财政支出": np.full(count, 1000.0),
            "常住人口": np.full(count, 10.0),
        },
        texts={"功能区类型": [""] * count, "困难地区类型": [""] * count},
    )
    return case, make_settings(case, *rules, *changes)


def by_one_unit(seeds: range) -> tuple[int, int]:
    """Each missed by one unit, and just reached."""
    impossible = possible = 0
    for seed in seeds:
        case, settings = within_a_unit(seed, 1)
        assert judged(case, settings), seed
        assert conflict(problem(case, settings)).money == pytest.approx(1, abs=1e-6), seed
        assert cheapest(problem(case, settings)).money == pytest.approx(1, abs=1e-6), seed
        impossible += 1
        case, settings = within_a_unit(seed, 0)
        assert not judged(case, settings), seed
        possible += 1
    return impossible, possible


@pytest.mark.system
def test_thirty_impossible_allocations_are_told_as_fractions_tell_them() -> None:
    impossible, possible = at_random(iter(range(FIRST, FIRST + 10_000)), 30, 4)
    assert impossible == 30
    assert possible > 10


@pytest.mark.system
def test_thirty_allocations_are_impossible_by_one_unit_and_possible_without_it() -> None:
    assert by_one_unit(range(30)) == (30, 30)


def test_a_third_computed_by_a_formula_is_a_third_and_one_typed_is_the_decimal() -> None:
    """Of 3,000 a third is 1,000; 0.33333 of it is 0.01 short, and nothing is rounded for anybody."""
    case = make_case(
        names=("县0", "县1"),
        prefecture=("一州", "二州"),
        pools={"均衡性": 3000.0},
        last={"均衡性": [1000, 1000]},
        reference={"均衡性": [1500, 1500]},
        need=(0, 0),
        numbers={"可用财力": [1, 1], "标准财政支出": [9, 9], "常住人口": [1, 1]},
        texts={"功能区类型": ["", ""], "困难地区类型": ["", ""]},
    )
    third, typed = (
        make_settings(
            case,
            *only("上年保底", "市州占比"),
            Change("市州占比", EQUALIZATION, "上限", "一州", share),
        )
        for share in (1 / 3, 0.33333)
    )
    assert not conflict(problem(case, third)).families
    found = conflict(problem(case, typed))
    assert [family.rule for family in found.families] == ["上年保底", "市州占比"]
    assert found.money == pytest.approx(0.01)
    assert check_impossible(json.loads(json.dumps(farkas(case, found)))) == Fraction(1, 100)


def test_the_instances_that_miss_by_one_unit_are_of_every_kind() -> None:
    named = {
        family.rule
        for seed in range(30)
        for family in conflict(problem(*within_a_unit(seed, 1))).families
    }
    assert named == {"资金总额", "上年保底", "增幅上限", "县区上下限", "三保兜底", "市州占比"}


@pytest.mark.slow
def test_two_thousand_impossible_allocations_are_told_as_fractions_tell_them() -> None:
    at_random_ones = at_random(iter(range(FIRST, FIRST + 1_000_000)), 1500, 6)
    by_a_unit = by_one_unit(range(1000, 1500))
    print(
        f"不可行 {at_random_ones[0] + by_a_unit[0]}（其中只差一个单位 {by_a_unit[0]}），可行 {at_random_ones[1] + by_a_unit[1]}"
    )
    assert at_random_ones[0] + by_a_unit[0] == 2000
