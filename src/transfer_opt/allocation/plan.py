"""One finished allocation with everything that is said about it: what the pipeline hands to the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from transfer_opt.allocation.compliance import Finding
from transfer_opt.allocation.explanation.indicators import Indicator, shortfall
from transfer_opt.allocation.explanation.sensitivity import Sensitivity
from transfer_opt.allocation.explanation.steps import Steps
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.projection import Projection
from transfer_opt.allocation.split import Split
from transfer_opt.core.arrays import Floats, Ints, added
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import Exacts
from transfer_opt.lexlp.solve import Solution
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings

RELAXED = "（已放宽）"
"""Marks a scenario whose rules had to give way, on every sheet."""


@dataclass(frozen=True)
class Amounts:
    """The allocation of one scenario in whole publishing units, and what it was made from."""

    spec: ModelSpec
    budget: Budget
    settings: Settings
    """The rules as they were given, also where some had to give way."""
    case: Case
    scenario: str
    objective: tuple[str, ...]
    units: Ints
    """(L,) published amounts in whole publishing units."""

    @cached_property
    def published(self) -> Floats:
        """(L,) published amounts in the workbook's money unit."""
        return self.case.money(self.units)

    @cached_property
    def totals(self) -> Exacts:
        """(F,) of every fund, exactly."""
        case = self.case
        return case.exact_money(added(case.lines.fund, self.units, len(case.funds)))

    @cached_property
    def amounts(self) -> Floats:
        """(F, n) published amounts; NaN where there is no line."""
        return self.case.by_county(self.published)

    @cached_property
    def given(self) -> Floats:
        """(n,) all funds together."""
        return np.asarray(np.nansum(self.amounts, axis=0))

    @cached_property
    def capacity(self) -> Floats:
        """(n,) own revenue and usable transfers."""
        return np.asarray(
            self.case.own + np.nansum(self.amounts * self.case.usable[:, None], axis=0)
        )

    @cached_property
    def shortfall(self) -> Floats:
        """(n,) 三保缺口 on the published amounts; NaN where the need is not known."""
        return shortfall(self.case, self.capacity)


@dataclass(frozen=True)
class Plan(Amounts):
    """The published allocation of one scenario, proved."""

    steps: Steps
    indicators: tuple[Indicator, ...]
    problems: tuple[Problem, ...]
    """Warnings about the input."""
    alarms: tuple[str, ...]
    """Shortfalls and exceeded soft caps, in words."""
    proof: str
    """The certificate, accepted by the independent checker."""
    reasons: tuple[tuple[str, str], ...]
    """(L,) main reason and clause."""
    split: Split | None = field(default=None, kw_only=True)
    """How the province's own money was shared out among the funds; None where nothing may be moved."""
    computed: Ints | None = field(default=None, kw_only=True)
    """(L,) what was computed, in publishing units, where people approved other amounts; None where they did not."""

    @cached_property
    def decided(self) -> Floats:
        """(L,) approved less computed amounts, money; 0 where nobody decided."""
        computed = self.units if self.computed is None else self.computed
        return self.case.money(self.units - computed)

    @cached_property
    def proof_digest(self) -> str:
        """SHA-256 of the certificate."""
        return hashlib.sha256(self.proof.encode()).hexdigest()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what went in and what came out: the check code on every printed page."""
        lines = [
            (fund, code + name, int(count))
            for (fund, code, name), count in zip(self.case.line_names, self.units, strict=True)
        ]
        return check_code(
            self.budget.sha256,
            self.spec.sha256,
            self.scenario,
            self.objective,
            self.case.unit_name,
            lines,
        )


@dataclass(frozen=True)
class Outcome(Plan):
    """A plan with everything that is said about it: how it was found, where every amount comes from, what would change."""

    formulation: Formulation
    solver: str
    solution: Solution
    coefficients: tuple[tuple[str, float], ...]
    """Fund → 全省统一系数."""
    findings: tuple[Finding, ...]
    sensitivities: tuple[Sensitivity, ...]
    projection: Projection | None = field(default=None, kw_only=True)
    """The years after this one; None where they were not asked for."""


def check_code(
    budget: str,
    model: str,
    scenario: str,
    objective: Sequence[str],
    unit: str,
    lines: Iterable[tuple[str, str, int]],
) -> str:
    """SHA-256 of what went in (digests of the two files, choices) and came out (fund, recipient, published integer)."""
    parts = [
        budget,
        model,
        scenario,
        ">".join(objective),
        unit,
        *(f"{fund}|{who}|{count}" for fund, who, count in lines),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
