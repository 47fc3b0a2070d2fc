"""Which one rule, if it were off in a year, would leave the counties short of the least 三保."""

from __future__ import annotations

from transfer_opt.allocation.explanation.indicators import MONEY_DIGITS
from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import rewritten
from transfer_opt.allocation.infeasibility.iis import families
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import least
from transfer_opt.allocation.projection import Bottleneck, Year
from transfer_opt.core.vocabulary import ASSESSMENT_RULE, NEED_RULE
from transfer_opt.lexlp.program import SumStage
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import SHORTFALL
from transfer_opt.policy.settings import Settings


def bottleneck(instance: Instance, year: Year) -> Bottleneck | None:
    """The rule that costs the most 三保 in a year, found by solving it without each; None where none costs any. The year is short."""
    found = []
    for family in families(instance):
        if instance.settings.rules[family.rule].fixed or family.rule == NEED_RULE:
            continue
        off = (
            Change(family.rule, family.fund, "", place, on=False)
            for place in instance.settings.places(family.rule)
        )
        formulation = _without(instance, family.rule, instance.settings.changed(*off))
        stage = formulation.stages[0]
        if isinstance(stage, SumStage) and stage.name == SHORTFALL:
            left = least(formulation, stage, instance.solver.again)
            found.append(Bottleneck(str(family), round(left, MONEY_DIGITS)))
    best = min(found, key=lambda each: each.short, default=None)
    return best if best and best.short < year.short else None


def _without(instance: Instance, rule: str, settings: Settings) -> Formulation:
    """The program under settings that switch a rule off: all but its own rows stand as they are.

    By 考核奖惩 the case itself is made, and other rules measure with it.
    """
    if rule == ASSESSMENT_RULE:
        return instance.with_settings(settings).formulated(False)
    rules = rewritten(instance.rules, instance.case, settings, {rule})
    return composed(instance.case, rules, instance.objective, False)
