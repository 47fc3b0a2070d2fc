"""共同财政事权: what a service costs and which level pays how much of it, exactly.

Standards and shares are parameters of the rule 「共担测算」, made of the rows of 「共担事项」, so that they are read, changed
by scenarios, varied, compared and written like every other parameter. There are no shares but those somebody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transfer_opt.core.arrays import Bools, Texts
from transfer_opt.core.exact import Exacts, known
from transfer_opt.core.vocabulary import SHARED_RULE
from transfer_opt.policy.model import ParameterSpec, RuleSpec, Scope, Setting

LEVELS = ("中央", "省", "市州", "县")
COUNTY = LEVELS.index("县")
SERVICE, STANDARD, LISTED = "事项", "标准", "列入三保"
WITHIN = "/"
"""Between a service, a tier and what is said of them."""
AS_FILLED, AS_WORKED_OUT, THE_LARGER = "填报", "测算", "较大者"
NET, GROSS = "净口径", "毛口径"
LARGEST_STANDARD = 1e9


@dataclass(frozen=True)
class Service:
    """A service that several levels pay for."""

    name: str
    standard: float
    """元 per person and year."""
    listed: bool
    """Whether it is among 保基本民生."""
    shares: Mapping[str, tuple[float, ...]]
    """Tier → the share of every level; "": the one tier of all counties."""
    basis: Mapping[str, str]
    """Tier → 依据."""

    def tier(self, county: str) -> str:
        """The service's tier for a county of that 档次."""
        return county if county in self.shares else ""


def shared_rule(rule: RuleSpec, services: Sequence[Service]) -> RuleSpec:
    """「共担测算」 with standard, 列入三保 and shares of every service as parameters."""
    more = {spec.name: spec for service in services for spec in _parameters(service)}
    return replace(rule, parameters={**rule.parameters, **more})


def named(service: str, *rest: str) -> str:
    """The parameter of a service: 义务教育/标准, 义务教育/一档/县."""
    return WITHIN.join(part for part in (service, *rest) if part)


def service_of(parameter: str) -> str:
    """The service a parameter speaks of; "" where it speaks of none."""
    return parameter.partition(WITHIN)[0] if WITHIN in parameter else ""


def _parameters(service: Service) -> Iterator[ParameterSpec]:
    name = service.name
    yield _parameter(
        named(name, STANDARD), "recipient", service.standard, f"{name}：每人每年的标准，元"
    )
    yield _parameter(
        named(name, LISTED),
        "model",
        "是" if service.listed else "否",
        f"{name}：是否属于保基本民生",
    )
    for tier, shares in service.shares.items():
        for level, share in zip(LEVELS, shares, strict=True):
            told = service.basis.get(tier) or f"{name}{tier}的分担比例"
            yield _parameter(named(name, tier, level), "recipient", share, told, is_share=True)


def _parameter(
    name: str, scope: Scope, default: Setting, summary: str, is_share: bool = False
) -> ParameterSpec:
    words = isinstance(default, str)
    return ParameterSpec(
        SHARED_RULE,
        name,
        scope,
        "choice" if words else "share" if is_share else "ratio",
        default,
        0.0,
        1.0 if is_share else LARGEST_STANDARD,
        ("是", "否") if words else (),
        summary,
        0.0,
    )


@dataclass(frozen=True)
class Burdens:
    """K services, n units, four levels: who pays what. Fractions, in the workbook's money unit."""

    services: tuple[str, ...]
    listed: Bools
    """(K,) whether a service is among 保基本民生."""
    tiers: Texts
    """(n,) 档次."""
    people: Exacts
    """(K, n)"""
    standards: Exacts
    """(K, n) 元 per person and year."""
    shares: Exacts
    """(K, 4, n)"""
    other: Exacts
    """(n,) 保基本民生 that no shared service covers, money."""
    yuan: int
    """元 in the money unit."""

    @cached_property
    def cost(self) -> Exacts:
        """(K, n) people · standard."""
        return np.asarray(self.people * self.standards / self.yuan)

    @cached_property
    def by_level(self) -> Exacts:
        """(K, 4, n) share · cost: over the levels it adds to the cost, because the shares add to 1."""
        return np.asarray(self.shares * self.cost[:, None, :])

    @cached_property
    def county(self) -> Exacts:
        """(n,) what each county pays of all services."""
        return np.asarray(self.by_level[:, COUNTY].sum(axis=0))

    def livelihood(self, gross: bool) -> Exacts:
        """保基本民生 (n,): the county's part of the listed services, or with `gross` all of them, and what else there is."""
        parts = self.cost if gross else self.by_level[:, COUNTY]
        return np.asarray(parts[self.listed].sum(axis=0) + self.other)


def livelihood_need(burdens: Burdens, way: str, gross: bool, filled: Exacts) -> Exacts:
    """The 保基本民生 need (n,) as it counts: as filled in, as worked out, or the larger of the two; None where not known.

        cost[k, i]     =  people[k, i] * standard[k, i]
        paid[k, L, i]  =  share[k, L, i] * cost[k, i],   Σ_L share[k, L, i] = 1
        worked out[i]  =  Σ_k paid[k, 县, i] + other[i]   over the services listed;  毛口径: Σ_k cost[k, i] + other[i]

    Units: persons, 元 per person and year, money.
    """
    if way == AS_FILLED:
        return filled
    found = burdens.livelihood(gross)
    if way == AS_WORKED_OUT:
        return found
    told = known(filled)
    larger = [max(a, b) if there else None for a, b, there in zip(found, filled, told, strict=True)]
    return np.array(larger, dtype=object)
