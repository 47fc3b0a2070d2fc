"""Finished allocations for the tests of what is said about them: the example's scenarios, and cases by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from cases import make_settings

from transfer_opt.allocation import allocate
from transfer_opt.allocation.compliance import Finding, findings
from transfer_opt.allocation.explanation import reasons, steps
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Optimum, Published
from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.intake import prepare
from transfer_opt.lexlp.program import Opener
from transfer_opt.lexlp.solve import Solution, solve
from transfer_opt.lexlp.solvers.choice import Solver, opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "inputs" / "qinghai.xlsx"
SCENARIOS = ("基准方案", "均衡优先", "稳定优先", "生态优先")
BASIC = ("三保缺口最小", "贴近因素法")


@cache
def example(scenario: str = "基准方案") -> Outcome:
    """One scenario of the shipped example, solved once."""
    return allocate.allocate(prepare.prepare(EXAMPLE, scenario=scenario), "highs")


@dataclass(frozen=True)
class Allocation:
    """A case by hand from its settings to published integers."""

    case: Case
    settings: Settings
    formulation: Formulation
    solution: Solution
    objective: tuple[str, ...]
    units: Ints

    @property
    def amounts(self) -> Floats:
        """(L,) the optimum before rounding."""
        return self.solution.columns[: len(self.case.lines)]

    @property
    def optimum(self) -> Optimum:
        """The same as the engine hands it on."""
        return Optimum(self.formulation, self.solution)

    @property
    def instance(self) -> Instance:
        """The problem it answers."""
        return problem(self.case, self.settings, self.objective)

    @property
    def steps(self) -> steps.Steps:
        """Where every amount comes from."""
        return steps.steps(self.instance, Published(self.optimum, self.units, ""))

    @property
    def reasons(self) -> list[str]:
        """The main reason of every line."""
        return [words for words, _ in reasons.reasons(self.instance, self.optimum, self.steps)]

    def findings(self, units: Sequence[int] | None = None) -> tuple[Finding, ...]:
        """Every rule held against these published integers (its own by default)."""
        return findings(
            self.case,
            self.formulation,
            self.solution.stages,
            self.amounts,
            self.units if units is None else np.array(units),
            opener("highs", 9),
        )


def allocated(case: Case, *changes: Change, objective: tuple[str, ...] = BASIC) -> Allocation:
    """The case solved under the shipped rules with these changes."""
    settings = make_settings(case, *changes)
    formulation = formulate(case, settings, objective)
    solution = solve(formulation.program, formulation.stages, opener("highs", 9))
    assert solution.shortage is None, "the case by hand has a solution"
    units = published(case, solution.columns[: len(case.lines)], opener("highs", 9))
    return Allocation(case, settings, formulation, solution, objective, units)


def problem(
    case: Case,
    settings: Settings,
    objective: tuple[str, ...] = BASIC,
    open_solver: Opener | None = None,
) -> Instance:
    """A case by hand as a problem, whoever solves it."""
    solver = open_solver or opener("highs", 9)
    return Instance(case, settings, objective, refilled(case), Solver(solver, solver))


def refilled(case: Case) -> Callable[[Settings], Case]:
    """The case by hand with the pools that the settings name."""

    def reassemble(settings: Settings) -> Case:
        budgets = [settings.cell("资金总额", "本年总额", fund.name) for fund in case.funds]
        return replace(
            case,
            funds=tuple(
                fund if np.isnan(budget) else replace(fund, budget=budget, pool=budget)
                for fund, budget in zip(case.funds, budgets, strict=True)
            ),
        )

    return reassemble


def only(*rules: str) -> tuple[Change, ...]:
    """Switches off every rule that can be, but these."""
    every = (
        "上年保底",
        "考核奖惩",
        "已下达不收回",
        "增幅上限",
        "三保兜底",
        "三保压力倾斜",
        "财力薄弱倾斜",
        "困难地区倾斜",
        "生态稳定增长",
        "保障水平下限",
        "位次不逆转",
        "市州占比",
        "单县占比上限",
        "县区上下限",
    )
    return tuple(Change(rule, on=rule in rules) for rule in every)
