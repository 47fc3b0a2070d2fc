"""The catalogue of objectives. Each is a pure function of the case and the amounts.

It returns either `Levels` (lexicographic min–max of ratios) or `Distance` (one sum to minimise).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from transfer_opt.core.exact import Exacts, either, exacts, total
from transfer_opt.core.expressions import Linear
from transfer_opt.policy.case import Case


@dataclass(frozen=True)
class Levels:
    """Lexicographic min–max over k of t_k, the least t with centre − scale·t ≤ expression ≤ centre + scale·t.

    `below` and `above` say which of the two sides counts.
    """

    expression: Linear
    centre: Exacts
    scale: Exacts
    below: bool
    above: bool


@dataclass(frozen=True)
class Distance:
    """min Σ |expression|."""

    expression: Linear


Goal = Levels | Distance
GoalFunction = Callable[[Case, Linear], Goal]
Function = TypeVar("Function", bound=GoalFunction)


@dataclass(frozen=True)
class Objective:
    """An entry of the catalogue; `columns` are those of 「县区数据」 it cannot do without."""

    name: str
    function: GoalFunction | None
    columns: tuple[str, ...]
    decides_all: bool
    """Whether it determines every line, so that it may close the list."""


SHORTFALL = "三保缺口最小"
CLOSEST = "贴近因素法"
STEADIEST = "较上年波动最小"

OBJECTIVES: dict[str, Objective] = {SHORTFALL: Objective(SHORTFALL, None, (), False)}
"""「三保缺口最小」 has no function of its own: it is the stage of the soft rule 「三保兜底」."""


def objective(
    name: str, *columns: str, decides_all: bool = False
) -> Callable[[Function], Function]:
    """Enter an objective into the catalogue under the name users type."""

    def enter(function: Function) -> Function:
        OBJECTIVES[name] = Objective(name, function, columns, decides_all)
        return function

    return enter


@objective("保障水平最大化")
def highest_coverage(case: Case, x: Linear) -> Levels:
    """The worst-covered recipient first: lexicographic min–max of the gap ratio.

        r[i]  =  (need[i] - (own[i] + Σ_f usable[f] * x[f, i])) / denominator[i]

    Units: ratio of money to money. With the default columns (标准财政支出, 可用财力, 标准财政支出) r = 1 − coverage.
    """
    need, own, denominator = (case.column(name) for name in case.gap_columns)
    has_line = np.zeros(len(need), dtype=bool)
    has_line[case.lines.recipient] = True
    capacity = case.capacity(x, own)[has_line]
    return Levels(
        capacity, exacts(need[has_line]), exacts(denominator[has_line]), below=True, above=False
    )


@objective(CLOSEST, decides_all=True)
def closest_to_reference(case: Case, x: Linear) -> Levels:
    """As close to the factor formula as the rules allow: lexicographic min–max of the relative deviation.

        t[f, i]  =  |x[f, i] - e[f, i]| / e[f, i]     (one publishing unit in place of e = 0)

    Units: ratio. Every line has a term, so the optimum is one point.
    """
    reference = case.figures.reference
    return Levels(
        x,
        reference,
        either(case.lines.reference > 0, reference, case.figures.unit),
        below=True,
        above=True,
    )


@objective(STEADIEST, "上年〈资金〉")
def closest_to_last_year(case: Case, x: Linear) -> Levels:
    """As close to last year as the rules allow: lexicographic min–max of the relative change.

        t[f, i]  =  |x[f, i] - last_year[f, i]| / last_year[f, i]     where last_year > 0

    Units: ratio.
    """
    paid = case.lines.last_year > 0
    last_year = case.last_year[paid]
    return Levels(x[paid], last_year, last_year, below=True, above=True)


@objective("差距最小", "可用财力", "标准财政支出")
def smallest_spread(case: Case, x: Linear) -> Distance:
    """The least money between every recipient's coverage and the province's.

        min  Σ_i | coverage[i] - Σ capacity / Σ N | * N[i]

    Units: money. The province's capacity is fixed by the pools.
    """
    expenditure = exacts(case.expenditure)
    return Distance(
        case.capacity(x, case.own) - case.provincial_capacity / total(expenditure) * expenditure
    )
