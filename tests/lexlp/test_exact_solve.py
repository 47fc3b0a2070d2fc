"""The way in fractions and the quick way come to the same, to the last digit; where nothing is possible, by exactly how much."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import exactlp
import numpy as np
import pytest
from cases import make_case, make_settings
from gmpy2 import mpq
from instances import instance

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.rounding import published
from transfer_opt.checker.optimality import check
from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import Exacts, exact, exacts
from transfer_opt.lexlp.certificate import certificate, replayed
from transfer_opt.lexlp.exact.narrowing import Proof
from transfer_opt.lexlp.exact.solve import (
    Impossible,
    plain,
    proven_shortage,
    shortage_exactly,
    solved_exactly,
)
from transfer_opt.lexlp.program import PROVINCE, LevelStage, Program, Question, Statement, SumStage
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import ended, opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

HIGHS = opener("highs", 1)
FIRST = 900_000
ONE = mpq(1)


def in_fractions(formulation: Formulation) -> Proof | None:
    return solved_exactly(formulation.statement, formulation.stages, formulation.unit, ended)


def quickly(formulation: Formulation) -> Proof | None:
    solution = solve(formulation.program, formulation.stages, HIGHS)
    return (
        None
        if solution.shortage
        else replayed(formulation.statement, formulation.stages, solution, formulation.unit)
    )


def accepted(case: Case, formulation: Formulation, proof: Proof) -> bool:
    """Whether the independent checker accepts what was proved."""
    units = published(case, proof.money()[: len(case.lines)], HIGHS)
    check(
        json.loads(
            certificate(formulation.statement, proof, units, formulation.unit, case.line_names)
        )
    )
    return True


def agreed(seed: int, most: int) -> bool:
    """Whether an instance is possible; both ways say the same of it."""
    case, settings, objective = instance(seed, most)
    formulation = formulate(case, settings, objective)
    if len(formulation.crossing):
        assert in_fractions(formulation) is None, seed
        return False
    fractions, quick = in_fractions(formulation), quickly(formulation)
    assert (fractions is None) == (quick is None), seed
    if fractions is None or quick is None:
        assert shortage_exactly(formulation.statement, formulation.unit, ended) is not None, seed
        return False
    lines = len(case.lines)
    assert fractions.money()[:lines].tolist() == quick.money()[:lines].tolist(), seed
    assert shortage_exactly(formulation.statement, formulation.unit, ended) is None, seed
    return accepted(case, formulation, fractions) and accepted(case, formulation, quick)


@pytest.mark.system
def test_a_hundred_allocations_come_out_the_same_to_the_last_digit_and_are_proved() -> None:
    assert 40 < sum(agreed(seed, 5) for seed in range(FIRST, FIRST + 100)) < 100


@pytest.mark.slow
def test_two_thousand_allocations_come_out_the_same_to_the_last_digit_and_are_proved() -> None:
    assert sum(agreed(seed, 8) for seed in range(FIRST + 1000, FIRST + 3000)) > 1000


# ---------------------------------------------------------------- on paper


def thirds(objective: tuple[str, ...] = ("贴近因素法",), **changes: object) -> Case:
    """One fund of 100 for three counties."""
    usual: dict[str, object] = {
        "pools": {"均衡性": 100.0},
        "reference": {"均衡性": [50, 50, 50]},
        "last": {"均衡性": [30, 30, 30]},
    }
    return make_case(**{**usual, **changes})  # type: ignore[arg-type]


def shared(
    case: Case,
    *changes: Change,
    objective: tuple[str, ...] = ("贴近因素法",),
    rules: tuple[str, ...] = ("资金总额",),
) -> list[mpq]:
    """The amounts of the first lines, in fractions."""
    proof = in_fractions(formulate(case, make_settings(case, *changes), objective, rules))
    assert proof is not None
    return proof.money()[: len(case.lines)].tolist()


def test_a_hundred_among_three_is_a_hundred_thirds() -> None:
    assert shared(thirds()) == [mpq(100, 3)] * 3


def test_who_is_held_up_by_a_floor_leaves_less_for_the_others() -> None:
    assert shared(
        thirds(floor={"均衡性": [49, np.nan, np.nan]}), rules=("资金总额", "县区上下限")
    ) == [49, mpq(51, 2), mpq(51, 2)]


def test_a_bit_that_no_float_can_hold_is_still_there() -> None:
    # 0.1 + 0.2 + x = 100: a float would leave 99.7 or its neighbour
    case = thirds(cap={"均衡性": [0.1, 0.2, np.nan]}, unit=0.1)
    assert shared(case, rules=("资金总额", "县区上下限")) == [mpq(1, 10), mpq(1, 5), mpq(997, 10)]


def test_no_allocation_is_found_where_floors_exceed_the_pool_by_the_least_bit() -> None:
    for last, possible in ((25.0, True), (25.000000000001, False)):
        case = thirds(floor={"均衡性": [25, 50, last]})
        formulation = formulate(
            case, make_settings(case), ("贴近因素法",), ("资金总额", "县区上下限"), whole=False
        )
        assert (in_fractions(formulation) is not None) == possible
        impossible = shortage_exactly(formulation.statement, formulation.unit, ended)
        assert (impossible.money if impossible else 0) == (0 if possible else mpq(1, 10**12))


def test_a_float_solver_that_ends_in_nothing_is_not_needed() -> None:
    for seed in range(FIRST, FIRST + 20):
        case, settings, objective = instance(seed)
        formulation = formulate(case, settings, objective)
        alone = solved_exactly(
            formulation.statement, formulation.stages, formulation.unit, lambda *_: None
        )
        beside = in_fractions(formulation)
        assert (alone is None) == (beside is None), seed
        if alone and beside:
            assert (
                alone.money()[: len(case.lines)].tolist()
                == beside.money()[: len(case.lines)].tolist()
            ), seed


def test_a_float_solver_that_ends_anywhere_does_no_harm() -> None:
    random = np.random.default_rng(1)

    def anywhere(program: Program, question: Question) -> tuple[Floats, list[str]]:
        rows, columns = program.shape
        return random.uniform(0, 9, columns), random.choice(
            ["basic", "low", "high"], rows + columns
        ).tolist()

    for seed in range(FIRST, FIRST + 20):
        case, settings, objective = instance(seed)
        formulation = formulate(case, settings, objective)
        lost = solved_exactly(formulation.statement, formulation.stages, formulation.unit, anywhere)
        beside = in_fractions(formulation)
        assert (lost is None) == (beside is None), seed
        if lost and beside:
            assert (
                lost.money()[: len(case.lines)].tolist()
                == beside.money()[: len(case.lines)].tolist()
            ), seed


def one_pool(pool: mpq, floors: list[mpq], caps: list[mpq | None]) -> Statement:
    """Lines within bounds that add up to a pool."""
    count, at = len(floors), np.arange(len(floors))
    return Statement(
        np.array(floors, dtype=object),
        np.array(caps, dtype=object),
        np.zeros(count, dtype=np.int64),
        at,
        exacts(np.ones(count)),
        np.array([pool], dtype=object),
        np.array([pool], dtype=object),
        np.array([PROVINCE]),
        count,
    )


def solved_pool(statement: Statement, *stages: SumStage | LevelStage) -> list[mpq]:
    proof = solved_exactly(statement, stages, ONE, ended)
    assert proof is not None
    return proof.money().tolist()


def levels(centre: list[mpq], scale: list[mpq], below: bool, above: bool) -> LevelStage:
    return LevelStage(
        "",
        np.arange(len(centre)),
        np.array(centre, dtype=object),
        np.array(scale, dtype=object),
        below,
        above,
    )


class TestLevels:
    open_pool = one_pool(mpq(10), [mpq(0)] * 3, [mpq(10)] * 3)

    def test_what_is_lacking_is_shared_in_proportion(self) -> None:
        # 4, 8 and 8 are wanted, 10 are there: every one gets half
        wanted = [mpq(4), mpq(8), mpq(8)]
        assert solved_pool(self.open_pool, levels(wanted, wanted, True, True)) == [2, 4, 4]

    def test_what_is_too_much_is_shared_in_proportion(self) -> None:
        wanted = [mpq(1), mpq(2), mpq(3)]
        assert solved_pool(self.open_pool, levels(wanted, wanted, True, True)) == [
            mpq(10, 6),
            mpq(20, 6),
            5,
        ]

    def test_who_cannot_take_a_share_leaves_it_to_the_others(self) -> None:
        statement = one_pool(mpq(10), [mpq(3), mpq(0), mpq(0)], [mpq(10)] * 3)
        wanted = [mpq(4), mpq(8), mpq(8)]
        assert solved_pool(statement, levels(wanted, wanted, True, True)) == [
            3,
            mpq(7, 2),
            mpq(7, 2),
        ]

    def test_only_the_side_that_counts_counts(self) -> None:
        # at least as much as wanted for all as nearly as can be; what more they get is for the next stage
        wanted = [mpq(4), mpq(8), mpq(8)]
        evenly = levels([mpq(0)] * 3, [ONE] * 3, False, True)
        assert solved_pool(self.open_pool, levels(wanted, wanted, True, False), evenly) == [2, 4, 4]
        assert (
            solved_pool(self.open_pool, evenly, levels(wanted, wanted, True, False))
            == [mpq(10, 3)] * 3
        )


def test_the_cheapest_take_all_and_what_is_left_open_is_decided_by_the_next_stage() -> None:
    statement = one_pool(mpq(10), [mpq(0)] * 3, [mpq(4)] * 3)
    cheapest = SumStage("", np.array([1.0, 2.0, 2.0]))
    alike = levels([mpq(1), mpq(2)], [mpq(1), mpq(2)], True, True)
    assert solved_pool(statement, cheapest, replace(alike, columns=np.array([1, 2]))) == [4, 2, 4]


# ---------------------------------------------------------------- the impossible


def money_proved(statement: Statement, impossible: Impossible) -> mpq:
    """Σ y·b − Σ max (Aᵀy)·x over the bounds of the columns: what the dual proves short, written out once more."""
    sides = [
        None if not dual else low if dual > 0 else high
        for dual, low, high in zip(
            impossible.duals, statement.row_lower, statement.row_upper, strict=True
        )
    ]
    short = sum(
        (dual * side for dual, side in zip(impossible.duals, sides, strict=True) if dual), mpq(0)
    )
    prices: Exacts = exacts(np.zeros(len(statement.lower)))
    np.add.at(prices, statement.columns, statement.values * impossible.duals[statement.rows])
    return short - sum(
        (
            price * (high if price > 0 else low)
            for price, low, high in zip(prices, statement.lower, statement.upper, strict=True)
            if price
        ),
        mpq(0),
    )


@pytest.mark.system
def test_the_money_short_is_what_another_simplex_says_and_what_its_dual_proves() -> None:
    impossible = 0
    for seed in range(FIRST, FIRST + 150):
        case, settings, objective = instance(seed, 4)
        formulation = formulate(case, settings, objective, whole=False)
        wanted = exactlp.short(case, settings)
        if len(formulation.crossing):
            assert Fraction(formulation.crossed).limit_denominator(10**9) == wanted, seed
            continue
        found = shortage_exactly(formulation.statement, formulation.unit, ended)
        assert (found.money if found else 0) == wanted, seed
        if found:
            impossible += 1
            assert money_proved(formulation.statement, found) == found.money, seed
            assert max(abs(dual) for dual in found.duals) <= 1, seed
    assert impossible > 10


def test_the_money_short_of_a_pool_is_told_exactly() -> None:
    found = shortage_exactly(
        one_pool(mpq(1), [mpq(1, 3), mpq(1, 3), mpq(1, 2)], [mpq(1)] * 3), ONE, ended
    )
    assert found is not None
    assert (found.money, found.duals.tolist()) == (mpq(1, 6), [-1])
    assert shortage_exactly(one_pool(mpq(1), [mpq(1, 3)] * 3, [mpq(1)] * 3), ONE, ended) is None


class TestProvenShortage:
    short = one_pool(mpq(1), [mpq(1, 3), mpq(1, 3), mpq(1, 2)], [mpq(1)] * 3)

    def test_a_dual_that_proves_something_is_believed(self) -> None:
        assert proven_shortage(self.short, np.array([-1.0])) == mpq(1, 6)
        assert proven_shortage(self.short, np.array([-0.5])) == mpq(1, 12)

    def test_the_wrong_sign_or_nothing_at_all_proves_nothing(self) -> None:
        assert proven_shortage(self.short, np.array([1.0])) == 0
        assert proven_shortage(self.short, np.array([0.0])) == 0

    def test_what_is_possible_is_not_proved_impossible_by_any_dual(self) -> None:
        possible = one_pool(mpq(1), [mpq(1, 3)] * 3, [mpq(1, 3)] * 3)
        assert [proven_shortage(possible, np.array([dual])) for dual in (-1.0, -0.3, 0.7, 1.0)] == [
            0
        ] * 4

    def test_a_side_or_a_bound_that_is_open_proves_nothing(self) -> None:
        assert proven_shortage(one_pool(mpq(5), [mpq(0)] * 2, [mpq(1), None]), np.array([1.0])) == 0
        assert (
            proven_shortage(
                replace(self.short, row_upper=np.array([None], dtype=object)), np.array([-1.0])
            )
            == 0
        )

    def test_a_float_is_read_as_the_plain_fraction_it_stands_for(self) -> None:
        assert plain(1 / 3) == mpq(1, 3)
        assert plain(-0.3333333333) == mpq(-1, 3)
        assert exact(plain(0.125)) == mpq(1, 8)
