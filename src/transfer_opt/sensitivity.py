"""What one more portion of each pool would change, by solving again: no dual is taken at its word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.assemble import assemble
from transfer_opt.domain import Case, Change, ModelSpec
from transfer_opt.formulate import formulate
from transfer_opt.indicators import position, shortfall
from transfer_opt.lexicographic import solve
from transfer_opt.linear import Floats
from transfer_opt.program import Opener
from transfer_opt.settings import Settings
from transfer_opt.sheets import Budget

PORTION = 100
"""Publishing units added to a pool: enough to read, too little to change the picture."""
NAMED = 5
"""How many recipients are named."""
NEGLIGIBLE = 1e-6
"""Publishing units that count as no change."""


@dataclass(frozen=True)
class Sensitivity:
    """One change and what it does, before rounding."""

    subject: str
    change: str
    shortfall: float
    """Change of 三保缺口, money; NaN where the need is not known."""
    lowest: float
    """Change of the lowest coverage; NaN where coverage is not known."""
    affected: str
    """Who gains and who loses, in words."""


def sensitivities(
    spec: ModelSpec, budget: Budget, settings: Settings, objective: Sequence[str], case: Case, amounts: Floats,
    open_solver: Opener,
) -> Iterator[Sensitivity]:
    """One line per pool: PORTION more units of it, all rules as they are."""
    for fund in case.funds:
        portion = PORTION * case.unit
        more = Change("资金总额", fund.name, "本年总额", "", fund.budget + portion)
        changed = replace(settings, layers=(*settings.layers, (more,)))
        other = assemble(spec, budget, changed)
        formulation = formulate(other, changed, objective)
        solution = solve(formulation.program, formulation.stages, open_solver)
        said = f"增加 {portion:,.12g} {case.money_unit}"
        if solution.shortage is not None:
            yield Sensitivity(f"{fund.name}总额", said, np.nan, np.nan, "没有可行的分配方案（倾斜规则随总额提高）")
            continue
        yield _compared(case, other, amounts, solution.columns[: len(other.lines)], f"{fund.name}总额", said)


def _compared(case: Case, other: Case, before: Floats, after: Floats, subject: str, said: str) -> Sensitivity:
    first, second = position(case, before), position(other, after)
    short = shortfall(other, second.capacity).sum() - shortfall(case, first.capacity).sum()
    lowest = second.coverage.min() - first.coverage.min()
    return Sensitivity(subject, said, float(short), float(lowest), _affected(case, second.given - first.given))


def _affected(case: Case, moved: Floats) -> str:
    up, down = (np.flatnonzero(side > NEGLIGIBLE * case.unit) for side in (moved, -moved))
    if not len(up) and not len(down):
        return "没有变化"
    text = f"{len(up)} 个县增加" + (f"，{len(down)} 个县减少" if len(down) else "")
    most = up[np.argsort(-moved[up], kind="stable")][:NAMED]
    return text + "；增加最多：" + "、".join(f"{case.recipients.name[i]} {moved[i]:+,.1f}" for i in most)
