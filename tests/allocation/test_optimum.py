"""Whatever a solver answers, the answer is the one in fractions, and no false "impossible" is believed."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
from allocations import only
from cases import make_case, make_settings
from instances import instance
from liars import LIARS, Content, Desperate, Liar

from transfer_opt.allocation import optimum
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.optimum import (
    Optimum,
    Published,
    first_possible,
    optimum_and_proof,
    reached,
    shortage,
    solved,
)
from transfer_opt.allocation.rounding import published
from transfer_opt.checker.optimality import CertificateError
from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import floats
from transfer_opt.lexlp.exact.solve import shortage_exactly, solved_exactly
from transfer_opt.lexlp.program import Opener, Program, Question, RawSolution, Session
from transfer_opt.lexlp.solvers.choice import Solver, ended, opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.settings import Settings

HIGHS = opener("highs", 1)
SEEDS = range(910_000, 910_025)


class Broken(Liar):
    """Gives up at once."""

    def solve(self, question: Question) -> RawSolution:
        raise SolverError("求解器坏了。")


class NearlyRight(Liar):
    """A ten-thousandth more in every column than there is."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(answer.optimal, answer.columns * 1.0001, answer.duals, answer.status)


class HalfPriced(Liar):
    """All shadow prices at half of what they are."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(answer.optimal, answer.columns, answer.duals / 2, answer.status)


ALL = (Broken, NearlyRight, HalfPriced, *LIARS)


@cache
def chosen() -> tuple[tuple[Case, Settings, tuple[str, ...]], ...]:
    """Problems of a few counties, possible and not."""
    return tuple(instance(seed) for seed in SEEDS)


@cache
def wanted() -> tuple[Published | Optimum, ...]:
    """What fractions say of each, by no solver at all."""
    return tuple(asked(*each, HIGHS, exact=True) for each in chosen())


@cache
def in_fractions(seed: int, whole: bool) -> Floats | None:
    """The amounts of one, or None."""
    formulation = formulate(*instance(seed), whole=whole)
    proof = solved_exactly(formulation.statement, formulation.stages, formulation.unit, ended)
    return None if proof is None else floats(proof.money()[: formulation.statement.lines])


def asked(
    case: Case,
    settings: Settings,
    objective: tuple[str, ...],
    open_solver: Opener,
    exact: bool = False,
) -> Published | Optimum:
    return optimum_and_proof(
        case.line_names,
        partial(published, case),
        lambda whole: formulate(case, settings, objective, whole=whole),
        Solver(open_solver, HIGHS, exact),
    )


@pytest.mark.system
@pytest.mark.parametrize("liar", ALL)
def test_what_is_published_is_what_fractions_say_whatever_the_solver_answers(
    liar: type[Liar],
) -> None:
    possible = impossible = 0
    for each, right in zip(chosen(), wanted(), strict=True):
        found = asked(*each, liar)
        assert isinstance(found, Published) == isinstance(right, Published)
        if isinstance(found, Published) and isinstance(right, Published):
            possible += 1
            assert found.units.tolist() == right.units.tolist()
            assert found.optimum.amounts.tolist() == right.optimum.amounts.tolist()
        elif isinstance(found, Optimum) and isinstance(right, Optimum):
            impossible += 1
            assert found.short == pytest.approx(right.short, rel=1e-9)
    assert (possible > 10, impossible > 1) == (True, True)


@pytest.mark.system
@pytest.mark.parametrize("liar", ALL)
def test_what_is_only_compared_is_what_fractions_say_too(liar: type[Liar]) -> None:
    for seed, each in zip(SEEDS, chosen(), strict=True):
        found = reached(lambda whole: formulate(*each, whole=whole), liar)  # noqa: B023
        crossing = len(found.formulation.crossing)
        right = None if crossing else in_fractions(seed, found.formulation.whole)
        assert found.possible == (right is not None)
        if found.possible:
            assert found.amounts == pytest.approx(right, abs=1e-6)


def test_a_solver_that_is_right_needs_no_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = wanted()
    monkeypatch.setattr(optimum, "solved_exactly", _never)
    for each, right in zip(chosen(), expected, strict=True):
        found = asked(*each, HIGHS)
        if isinstance(found, Published) and isinstance(right, Published):
            assert found.optimum.amounts.tolist() == right.optimum.amounts.tolist()
        assert isinstance(found, Published) == isinstance(right, Published)


def _never(*_: object) -> None:
    raise AssertionError("asked in fractions")


# ---------------------------------------------------------------- on paper


def one_fund(pool: float = 100.0, floors: tuple[float, ...] = (20, 20, 20)) -> Case:
    return make_case(
        pools={"均衡性": pool}, reference={"均衡性": [50, 50, 50]}, floor={"均衡性": floors}
    )


def formulated(case: Case, whole: bool = True) -> Formulation:
    return formulate(
        case, make_settings(case), ("贴近因素法",), ("资金总额", "县区上下限"), whole=whole
    )


@pytest.mark.parametrize("liar", [Broken, Desperate])
def test_thirds_are_found_without_the_help_of_a_solver(liar: type[Liar]) -> None:
    found = solved(formulated(one_fund()), liar)
    assert found.possible
    assert found.amounts == pytest.approx([100 / 3] * 3, rel=1e-15)


@pytest.mark.parametrize("liar", ALL)
def test_a_false_claim_that_nothing_is_possible_is_not_believed(liar: type[Liar]) -> None:
    for sure in (False, True):
        assert shortage(formulated(one_fund()), liar, sure) is None


class Alarmed(Liar):
    """Says of every question that money is missing, and leans on every row."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(True, answer.columns + 5.0, np.sign(answer.duals + 0.5), answer.status)


def test_a_false_alarm_is_put_right_in_fractions() -> None:
    for case, settings, objective in chosen():
        formulation = formulate(case, settings, objective, whole=False)
        if not len(formulation.crossing):
            right = shortage_exactly(formulation.statement, formulation.unit, ended)
            found = shortage(formulation, Alarmed)
            assert (found is None) == (right is None)
            if found and right:
                assert found.money == pytest.approx(float(right.money))


@pytest.mark.parametrize("liar", [Broken, Content, Desperate])
def test_what_is_impossible_is_not_missed(liar: type[Liar]) -> None:
    found = shortage(formulated(one_fund(50.0)), liar, sure=True)
    assert found is not None
    assert (found.money, found.duals.tolist()) == (10, [-1])
    assert found.prices.tolist() == [-1, -1, -1, 0, 0, 0][: len(found.prices)]


def test_what_is_impossible_by_less_than_a_solver_sees_is_found_where_it_must_be_sure() -> None:
    formulation = formulated(one_fund(60.0, (20, 20, 20.0000000000001)), whole=False)
    assert shortage(formulation, HIGHS) is None
    found = shortage(formulation, HIGHS, sure=True)
    assert found is not None
    assert found.money == pytest.approx(1e-13, rel=1e-12)


def test_a_contradiction_in_whole_units_alone_is_none() -> None:
    case = one_fund(1.0, (0.25, 0.25, 0.5))
    asked_for = []

    def made(whole: bool) -> Formulation:
        asked_for.append(whole)
        return formulated(case, whole)

    assert first_possible(made, lambda formulation: solved(formulation, HIGHS)).possible
    assert first_possible(made, lambda formulation: Optimum(formulation, None)).possible is False
    assert asked_for[-2:] == [True, False]


def test_floors_above_caps_are_told_without_asking_anybody() -> None:
    case = make_case(
        pools={"均衡性": 100.0},
        floor={"均衡性": [30, 0, 0]},
        cap={"均衡性": [20.5, np.nan, np.nan]},
    )
    found = solved(formulated(case, whole=False), Broken)
    assert (found.possible, found.short) == (False, 9.5)


@pytest.mark.parametrize("name", ["replayed", "check_certificate"])
def test_a_proof_that_fails_once_or_twice_is_made_in_another_way(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = one_fund()
    right, failures = (
        getattr(optimum, name),
        [CertificateError("不对") if name == "check_certificate" else SolverError("不对")] * 2,
    )

    def failing(*arguments: object) -> object:
        if failures:
            raise failures.pop()
        return right(*arguments)

    monkeypatch.setattr(optimum, name, failing)
    found = asked(case, make_settings(case, *only("县区上下限")), ("贴近因素法",), HIGHS)
    assert isinstance(found, Published)
    assert not failures
    assert sorted(found.units.tolist()) == [33, 33, 34]


def test_where_the_checker_accepts_nothing_nothing_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(_: object) -> None:
        raise CertificateError("不认")

    monkeypatch.setattr(optimum, "check_certificate", refusing)
    case = one_fund()
    with pytest.raises(SolverError, match="没有通过独立的精确核对，不予公布：不认"):
        asked(case, make_settings(case, *only("县区上下限")), ("贴近因素法",), HIGHS)


def test_only_the_sure_way_is_taken_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(program: Program) -> Session:
        raise AssertionError("a solver was opened")

    case = one_fund()
    found = asked(
        case, make_settings(case, *only("县区上下限")), ("贴近因素法",), unasked, exact=True
    )
    assert isinstance(found, Published)
    assert found.optimum.amounts.sum() == pytest.approx(100, abs=1e-12)
