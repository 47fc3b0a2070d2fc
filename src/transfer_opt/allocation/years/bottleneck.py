"""Which one rule, if it were off in a year, would leave the counties short of the least 三保."""

from __future__ import annotations

from transfer_opt.allocation.explanation.indicators import MONEY_DIGITS
from transfer_opt.allocation.infeasibility.iis import families
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import least
from transfer_opt.allocation.projection import Bottleneck, Year
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.lexlp.program import SumStage
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import SHORTFALL


def bottleneck(instance: Instance, year: Year) -> Bottleneck | None:
    """The rule that costs the most 三保 in a year, found by solving it without each; None where none costs any. The year is short."""
    found = []
    for family in families(instance):
        if instance.settings.rules[family.rule].fixed or family.rule == NEED_RULE:
            continue
        without = instance.with_change(
            *(
                Change(family.rule, family.fund, "", place, on=False)
                for place in instance.settings.places(family.rule)
            )
        )
        formulation = without.formulated(False)
        stage = formulation.stages[0]
        if isinstance(stage, SumStage) and stage.name == SHORTFALL:
            left = least(formulation, stage, without.solver.again)
            found.append(Bottleneck(str(family), round(left, MONEY_DIGITS)))
    best = min(found, key=lambda each: each.short, default=None)
    return best if best and best.short < year.short else None
