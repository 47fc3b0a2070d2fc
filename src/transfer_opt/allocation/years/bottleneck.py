"""Which one rule, if it were off in a year, would leave the counties short of the least 三保."""

from __future__ import annotations

from transfer_opt.allocation.infeasibility.iis import families
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.projection import Bottleneck, Year
from transfer_opt.core.vocabulary import NEED_RULE
from transfer_opt.policy.model import Change


def bottleneck(instance: Instance, year: Year) -> Bottleneck | None:
    """The rule that costs the most 三保 in a year, found by solving it without each; None where none costs any."""
    if not year.short:
        return None
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
        if without.optimum.possible:
            amounts = without.optimum.amounts
            left = Year(year.number, without.case, amounts, amounts).short
            found.append(Bottleneck(str(family), left))
    least = min(found, key=lambda each: each.short, default=None)
    return least if least and least.short < year.short else None
