"""The cheapest repair: which hard rules give way, by how much money, and for whom, so that an allocation exists.

Every hard rule but the pools may give; what all of them give together is as little as can be. Where several repairs
cost the same, rules earlier in the catalogue are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.formulation.rule_rows import REPAIRED
from transfer_opt.allocation.formulation.stages import LEAST_REPAIR
from transfer_opt.allocation.infeasibility.iis import Family, families, softened
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import least
from transfer_opt.core.arrays import NOWHERE, Floats
from transfer_opt.lexlp.program import SumStage
from transfer_opt.policy.case import Case
from transfer_opt.policy.objectives import CLOSEST
from transfer_opt.policy.settings import Settings


@dataclass(frozen=True)
class Repair:
    """The settings with which an allocation exists, the families that give way, and for how much money."""

    settings: Settings
    families: tuple[Family, ...]
    money: float
    """What they give at least, before rounding."""


SHOWN_DIGITS = 6
"""What a row gives is told in millionths of the publishing unit."""


@dataclass(frozen=True)
class Given:
    """What one row gives: the rule, the fund ("" where none), whom it speaks of, and the money."""

    family: Family
    subject: str
    money: float


def cheapest(instance: Instance) -> Repair:
    """The families that must be soft for the least money, where no allocation meets them all."""
    settings = instance.settings
    found = tuple(family for family in families(instance) if not settings.rules[family.rule].fixed)
    money = _least(instance, found)
    giving = _giving(instance, found, (), money)
    return Repair(softened(settings, giving), giving, money)


def shares(case: Case, formulation: Formulation, amounts: Floats) -> tuple[Given, ...]:
    """What every repaired row gives at these amounts (L,), by rule and then most first."""
    found = []
    for entry in formulation.rules:
        repaired = np.flatnonzero(~entry.hard & (entry.priority == REPAIRED))
        left = entry.rows.expression.at(amounts)
        missing = np.maximum(entry.rows.lower - left, left - entry.rows.upper)
        shares = np.round(missing / case.unit, SHOWN_DIGITS)
        for row in sorted(repaired[shares[repaired] > 0], key=lambda row: -shares[row]):
            fund, place = entry.rows.expression.subjects[row]
            inside = fund != NOWHERE and 0 <= place < len(case.recipients)
            subject = case.recipients.name[place] if inside else entry.rows.expression.labels[row]
            family = Family(entry.rule.name, case.funds[fund].name if fund != NOWHERE else "")
            found.append(Given(family, str(subject), float(shares[row]) * case.unit))
    return tuple(found)


def _giving(
    instance: Instance, asked: Sequence[Family], soft: tuple[Family, ...], money: float
) -> tuple[Family, ...]:
    """Which of the families asked must be soft besides those that are, for the least money; the first are kept first."""
    if _least(instance, soft) <= money + instance.case.dust:
        return ()
    if len(asked) == 1:
        return tuple(asked)
    first, later = tuple(asked[: len(asked) // 2]), tuple(asked[len(asked) // 2 :])
    given = _giving(instance, first, (*soft, *later), money)
    return (*given, *_giving(instance, later, (*soft, *given), money))


def _least(instance: Instance, soft: Sequence[Family]) -> float:
    """The least money that these families give together; infinite where they alone cannot make an allocation possible."""
    formulation = formulate(
        instance.case, softened(instance.settings, soft), (CLOSEST,), whole=False
    )
    stage = formulation.stages[0]
    if not isinstance(stage, SumStage) or stage.name != LEAST_REPAIR:
        stage = SumStage(LEAST_REPAIR, np.zeros(formulation.program.shape[1]))
    return least(formulation, stage, instance.solver.again)
