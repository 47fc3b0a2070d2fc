"""「因素权重」: the weights and parameters of a model's factors as the parameters of one rule.

So they are read, checked, changed by scenarios, varied, compared and written like every other parameter. A factor is
called by its title, a parameter of its formula by title/name, one tier of a table of tiers by title/tier.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from transfer_opt.core.budget import is_number
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import WEIGHTS
from transfer_opt.policy.factors import PARAMETER_NAMES
from transfer_opt.policy.model import FactorSpec, FundSpec, ParameterSpec, RuleSpec
from transfer_opt.policy.settings import Settings

LARGEST_WEIGHT = 1e6
WITHIN = "/"
"""Between a factor's title and what belongs to its formula."""


def weights_rule(funds: Sequence[FundSpec]) -> RuleSpec:
    """The rule that holds every weight and numeric parameter of the funds' factors, by fund."""
    defaults: dict[str, dict[str, float]] = {}
    summaries: dict[str, str] = {}
    for fund in funds:
        for factor in fund.factors:
            for name, value, summary in _numbers(factor):
                defaults.setdefault(name, {})[fund.name] = value
                summaries.setdefault(name, summary)
    clauses = dict.fromkeys(factor.clause for fund in funds for factor in fund.factors)
    return RuleSpec(
        WEIGHTS,
        tuple(clauses),
        "fund",
        True,
        True,
        True,
        2,
        {
            name: ParameterSpec(
                WEIGHTS,
                name,
                "fund",
                "ratio",
                default,
                0.0,
                LARGEST_WEIGHT,
                (),
                summaries[name],
                0.0,
            )
            for name, default in defaults.items()
        },
        "各因素的权重和测算参数，按资金填写；权重只看相互之比，不必合计为 1",
    )


def weighed(settings: Settings, fund: FundSpec) -> tuple[FactorSpec, ...]:
    """The fund's factors with the weights and parameters that hold in these settings."""
    return tuple(_weighed(settings, fund.name, factor) for factor in fund.factors)


def _weighed(settings: Settings, fund: str, factor: FactorSpec) -> FactorSpec:
    def now(key: str, default: Any) -> Any:
        name = _inside(factor, PARAMETER_NAMES.get(key, key))
        if isinstance(default, Mapping):
            return {tier: settings.cell(WEIGHTS, _inside(factor, tier), fund) for tier in default}
        return settings.cell(WEIGHTS, name, fund) if is_number(default) else default

    return replace(
        factor,
        weight=settings.cell(WEIGHTS, normalise(factor.title), fund),
        parameters={key: now(key, value) for key, value in factor.parameters.items()},
    )


def _numbers(factor: FactorSpec) -> Iterator[tuple[str, float, str]]:
    """Name, value and meaning of the weight and of every number in the formula's parameters."""
    yield normalise(factor.title), factor.weight, "因素的权重"
    for key, value in factor.parameters.items():
        if isinstance(value, Mapping):
            for tier, number in value.items():
                yield _inside(factor, tier), float(number), f"{tier}的系数"
        elif is_number(value):
            name = PARAMETER_NAMES[key]
            yield _inside(factor, name), float(value), f"测算{factor.title}用的{name}"


def _inside(factor: FactorSpec, name: str) -> str:
    return normalise(factor.title) + WITHIN + normalise(name)
