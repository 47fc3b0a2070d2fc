"""All years in one program: what this year gives up so that a later one is short of less 三保."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import written_rules
from transfer_opt.allocation.formulation.years import following, several_years
from transfer_opt.allocation.optimum import Published, optimum_and_proof
from transfer_opt.allocation.projection import Joint, Year
from transfer_opt.allocation.rounding import published
from transfer_opt.allocation.years.horizon import Horizon
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import Exacts
from transfer_opt.lexlp.program import Opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.objectives import STEADIEST
from transfer_opt.policy.settings import Settings

MOST_UNITS = 200
"""Beyond so many counties the rows between the years make the proof too long; the chain has no such limit."""


def joint(
    horizon: Horizon, settings: Settings, report: Callable[[str], None] = lambda _: None
) -> Joint | None:
    """The one optimum of all years, near years first; None where there is no allocation. Raises SolverError.

    The years can be decided together (`refuse_unfit`).

    This year's amounts come in whole publishing units, those of later years in the units of a forecast.
    """
    first = horizon.first
    cases, rules = [first.case], [first.rules]
    for at in range(1, len(horizon.years)):
        problem = horizon.problem(horizon.settings(settings, at, {}))
        cases.append(following(problem.case, cases[-1]))
        rules.append(tuple(written_rules(cases[-1], problem.settings)))
    labels = [horizon.label(at) for at in range(len(cases))]

    def make(whole: bool) -> Formulation:
        return several_years(cases, rules, labels, first.objective, whole)

    unit = min(case.figures.unit for case in cases)
    finest = [_in_units(case, unit) for case in cases]
    ends = np.cumsum([len(case.lines) for case in cases])[:-1]

    def in_units(amounts: Exacts, open_solver: Opener) -> Ints:
        parts = zip(finest, np.split(amounts, ends), strict=True)
        return np.concatenate([published(case, part, open_solver) for case, part in parts])

    names = [
        (f"{label}{fund}", code, who)
        for label, case in zip(labels, cases, strict=True)
        for fund, code, who in case.line_names
    ]
    found = optimum_and_proof(names, in_units, make, first.solver, report)
    if not isinstance(found, Published):
        return None
    exactly = np.split(found.optimum.amounts, ends)
    parts = zip(finest, np.split(found.units, ends), strict=True)
    amounts = [case.money(units) for case, units in parts]
    whole = published(first.case, exactly[0], first.solver.again)
    exactly[0] = amounts[0] = first.case.money(whole)
    years = tuple(map(Year, horizon.years, cases, amounts, exactly))
    return Joint(years, found.certificate)


def refuse_unfit(case: Case, objective: tuple[str, ...]) -> None:
    """Raise InputError where the years cannot be decided together."""
    if len(case.recipients) > MOST_UNITS:
        raise InputError(
            [
                Problem(
                    "E407",
                    f"多年统筹最多算 {MOST_UNITS} 个县区，工作簿里有 {len(case.recipients):,} 个。",
                    "不加 --joint，按逐年滚动计算。",
                )
            ]
        )
    if STEADIEST in objective:
        raise InputError(
            [
                Problem(
                    "E408",
                    f"目标「{STEADIEST}」以上年数为分母，多年统筹里上年数还没有定，不能一起求解。",
                    "换一个不含这个目标的方案，或不加 --joint。",
                )
            ]
        )


def _in_units(case: Case, unit: mpq) -> Case:
    """The same case in smaller publishing units."""
    return replace(case, unit=float(unit), worked_out=replace(case.figures, unit=unit))
