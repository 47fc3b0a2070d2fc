"""Hundreds and thousands of counties: the same integers whoever solves, in whatever order, and all of it proved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replicas import workbook
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.rounding import published
from transfer_opt.checker.optimality import check
from transfer_opt.core.arrays import Ints
from transfer_opt.intake import prepare
from transfer_opt.intake.assemble import assemble
from transfer_opt.lexlp.certificate import certificate, replayed
from transfer_opt.lexlp.program import Opener, Program, Session
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.lexlp.solvers.highs import ArraySession
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

SHORTFALL, COVERAGE, CLOSEST, STEADIEST = (
    "三保缺口最小",
    "保障水平最大化",
    "贴近因素法",
    "较上年波动最小",
)
FUNDS = ("均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付")
LISTS = ((SHORTFALL, CLOSEST), (SHORTFALL, COVERAGE, CLOSEST), (SHORTFALL, STEADIEST, CLOSEST))
BOUNDS = ("上年保底", "增幅上限", "生态稳定增长", "单县占比上限")
VARIANTS: Mapping[str, tuple[Change, ...]] = {
    "as it stands": (),
    "usable < 1": tuple(
        Change("三保兜底", fund, "可统筹比例", value=share)
        for fund, share in zip(FUNDS, (0.9, 0.8, 0.5), strict=True)
    ),
    "without floors and caps": tuple(Change(rule, on=False) for rule in BOUNDS),
    "prefecture shares": (Change("市州占比", on=True),),
}


def prepared(folder: Path, count: int, need: float = 1.0) -> prepare.Prepared:
    return prepare.prepare(workbook(folder / f"{count}-{need}.xlsx", count, need))


def formulated(
    ready: prepare.Prepared, objective: tuple[str, ...], variant: str
) -> tuple[Case, Formulation]:
    changes = VARIANTS[variant]
    case = assemble(ready.spec, ready.budget, ready.settings)
    if variant == "prefecture shares":
        changes += tuple(_shares(case))
    settings = replace(ready.settings, layers=(*ready.settings.layers, changes))
    case = assemble(ready.spec, ready.budget, settings)
    return case, formulate(case, settings, objective)


def _shares(case: Case) -> list[Change]:
    """Every prefecture within 2 % of its share of last year."""
    found = []
    prefecture = case.recipients.prefecture_index[case.lines.recipient]
    for f, fund in enumerate(case.funds):
        for p, name in enumerate(case.recipients.prefectures):
            inside = (case.lines.fund == f) & (prefecture == p)
            share = float(np.nansum(case.lines.last_year[inside]) / np.nansum(case.history[f]))
            if share > 0:
                found += [
                    Change("市州占比", fund.name, "下限", str(name), round(share * 0.98, 6)),
                    Change("市州占比", fund.name, "上限", str(name), round(share * 1.02, 6)),
                ]
    return found


def proved(case: Case, formulation: Formulation, open_solver: Opener) -> Ints:
    """The published integers, accepted by the checker."""
    program = formulation.program
    solution = solve(program, formulation.stages, open_solver)
    proof = replayed(formulation.statement, formulation.stages, solution, formulation.unit)
    units = published(case, proof.money()[: program.lines], open_solver)
    check(
        json.loads(
            certificate(formulation.statement, proof, units, formulation.unit, case.line_names)
        )
    )
    return units


def with_options(**options: object) -> Opener:
    """HiGHS by arrays under other settings."""

    def open_session(program: Program) -> Session:
        session = ArraySession(program)
        for name, value in options.items():
            session.highs.setOptionValue(name, value)
        return session

    return open_session


def by_name(case: Case, units: Ints) -> dict[tuple[str, ...], int]:
    return {name: int(count) for name, count in zip(case.line_names, units, strict=True)}


@pytest.mark.system
@pytest.mark.parametrize("need", [1.0, 1.15])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("objective", LISTS)
def test_three_hundred_counties_are_proved(
    tmp_path: Path, objective: tuple[str, ...], variant: str, need: float
) -> None:
    case, formulation = formulated(prepared(tmp_path, 300, need), objective, variant)
    assert (
        proved(case, formulation, opener("highs", len(case.lines))).sum() * case.unit
        == case.pools.sum()
    )


@pytest.mark.slow
@pytest.mark.parametrize("need", [1.0, 1.15])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("objective", LISTS)
def test_all_counties_of_a_country_are_proved(
    tmp_path: Path, objective: tuple[str, ...], variant: str, need: float
) -> None:
    case, formulation = formulated(prepared(tmp_path, 2844, need), objective, variant)
    assert (
        proved(case, formulation, opener("highs", len(case.lines))).sum() * case.unit
        == case.pools.sum()
    )


SOLVERS = {
    "another seed": with_options(random_seed=7),
    "primal simplex": with_options(simplex_strategy=4),
    "interior point": with_options(solver="ipm"),
}


def the_same_integers(folder: Path, count: int, objective: tuple[str, ...], cbc: bool) -> None:
    ready = prepared(folder, count)
    case, formulation = formulated(ready, objective, "as it stands")
    expected = by_name(case, proved(case, formulation, opener("highs", len(case.lines))))
    for name, open_solver in SOLVERS.items():
        assert by_name(case, proved(case, formulation, open_solver)) == expected, name
    if cbc:
        assert by_name(case, proved(case, formulation, opener("cbc", len(case.lines)))) == expected
    for seed in (1, 2):
        other = prepare.prepare(workbook(folder / f"shuffled{seed}.xlsx", count, order=seed))
        case, formulation = formulated(other, objective, "as it stands")
        assert (
            by_name(case, proved(case, formulation, opener("highs", len(case.lines)))) == expected
        ), seed


@pytest.mark.system
def test_the_answer_is_the_same_whoever_solves_and_in_whatever_order(tmp_path: Path) -> None:
    the_same_integers(tmp_path, 120, (SHORTFALL, COVERAGE, CLOSEST), cbc=True)


@pytest.mark.slow
def test_the_answer_is_the_same_for_all_counties_of_a_country(tmp_path: Path) -> None:
    the_same_integers(tmp_path, 2844, (SHORTFALL, CLOSEST), cbc=True)
