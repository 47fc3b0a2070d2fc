"""「共担事项」 and 「受益人数」: complete, shares that add to 1 under every setting, and need that is not counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from transfer_opt.core.budget import is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import exact, in_figures, spelled
from transfer_opt.core.vocabulary import (
    BENEFICIARIES,
    COUNTIES,
    RULES,
    SCENARIOS,
    SERVICES,
    SHARED_RULE,
)
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.recipients import ordered_rows
from transfer_opt.intake.shared import (
    Beneficiaries,
    burdens,
    read_beneficiaries,
    read_services,
    unshared,
)
from transfer_opt.policy.case import DEFAULT_UNIT, YUAN
from transfer_opt.policy.factors import NEED_COLUMNS
from transfer_opt.policy.model import ScenarioSpec
from transfer_opt.policy.shared_costs import AS_FILLED, GROSS, NET, Service

NEAR = exact(0.1)
"""Need that differs by no more than this share is the same."""
LIVELIHOOD = NEED_COLUMNS[0]


def sheets_valid(draft: Draft) -> Iterator[Problem]:
    """Both sheets are there and complete, and in the settings the shares of each service add to 1 in every county."""
    way = draft.settings.text(SHARED_RULE, "保基本民生")
    services, problems = _services(draft)
    yield from problems
    sheet = draft.budget.sheets.get(BENEFICIARIES)
    if not services:
        if way != AS_FILLED:
            yield Problem(
                "E382",
                f"「{SHARED_RULE}」·保基本民生写了「{way}」，「{SERVICES}」没有填。",
                f"填「{SERVICES}」和「{BENEFICIARIES}」，或写「{AS_FILLED}」。",
                RULES,
            )
        elif sheet and any(is_number(value) for row in sheet.rows for value in row.values.values()):
            yield Problem(
                "E382", f"填了「{BENEFICIARIES}」，没有填「{SERVICES}」。", "补上。", SERVICES
            )
        return
    if sheet is None:
        yield Problem("E382", f"填了「{SERVICES}」，没有这张表。", "补上这张表。", BENEFICIARIES)
        return
    people, problems = read_beneficiaries(draft.spec, sheet, services, draft.settings.recipients)
    yield from problems
    if not problems:
        own = replace(draft.settings, layers=draft.settings.layers[:1])
        yield from unshared(own, services, people.tiers, RULES, "")


def scenarios_valid(draft: Draft, scenarios: Iterable[ScenarioSpec]) -> Iterator[Problem]:
    """The same for what each scenario makes of the shares."""
    read = _complete(draft)
    for scenario in scenarios if read else ():
        assert read is not None
        services, people = read
        layers = (*draft.settings.layers[:1], scenario.changes)
        changed = replace(draft.settings, layers=layers)
        if any(change.rule == SHARED_RULE for change in scenario.changes):
            yield from unshared(changed, services, people.tiers, SCENARIOS, scenario.name)


def basis_plain(draft: Draft) -> Iterator[Problem]:
    """Whether the need that was filled in holds what other levels pay, too: asked, and told where it looks so."""
    read = _complete(draft)
    if read is None:
        return
    services, people = read
    if any(unshared(draft.settings, services, people.tiers)):
        return
    unit = draft.budget.unit or DEFAULT_UNIT
    paid = burdens(draft.settings, services, people, YUAN[unit])
    if not paid.listed.any():
        return
    net, gross = paid.livelihood(gross=False), paid.livelihood(gross=True)
    said = draft.settings.text(SHARED_RULE, "口径")
    mine, other = (gross, net) if said == GROSS else (net, gross)
    far = alike = 0
    for position, row in enumerate(ordered_rows(draft.counties)):
        value = row.values.get(LIVELIHOOD)
        if not is_number(value):
            continue
        filled = exact(float(value))
        if _near(filled, mine[position]):
            continue
        far += 1
        if _near(filled, other[position]):
            alike += 1
            name = draft.settings.recipients.name[position]
            yield at(
                draft.counties,
                row,
                LIVELIHOOD,
                "W374",
                f"{name}{LIVELIHOOD}填 {spelled(filled)}，按{'各级总支出' if said == GROSS else '县级分担'}测算 "
                f"{in_figures(float(mine[position]), 10)}：{_looks(said)}。",
                f"改成同一口径，或改「{SHARED_RULE}」·口径。",
            )
    if far * 2 > len(draft.counties.rows):
        yield Problem(
            "W372",
            f"{far} 个县区的{LIVELIHOOD}与「{SERVICES}」测算的相差 10% 以上，可能重复计算或漏算。",
            f"核对口径；{SERVICES}以外的保基本民生，填在「{BENEFICIARIES}」的「其他保基本民生需求」列。",
            COUNTIES,
            column=LIVELIHOOD,
        )
    if not said and (alike or draft.settings.text(SHARED_RULE, "保基本民生") != AS_FILLED):
        yield Problem(
            "W373",
            f"没有写「{SHARED_RULE}」·口径，按{NET}：需求只含县级分担，可用财力不含共同财政事权转移支付。",
            f"在「{RULES}」写明「{NET}」或「{GROSS}」（需求含各级承担的，可用财力也含这些转移支付）。",
            RULES,
        )


def _services(draft: Draft) -> tuple[tuple[Service, ...], tuple[Problem, ...]]:
    sheet = draft.budget.sheets.get(SERVICES)
    return read_services(sheet) if sheet else ((), ())


def _complete(draft: Draft) -> tuple[tuple[Service, ...], Beneficiaries] | None:
    """What both sheets say, where they say it soundly."""
    services, problems = _services(draft)
    sheet = draft.budget.sheets.get(BENEFICIARIES)
    if not services or problems or sheet is None:
        return None
    people, problems = read_beneficiaries(draft.spec, sheet, services, draft.settings.recipients)
    return None if problems or np.isnan(people.people.astype(float)).any() else (services, people)


def _near(one: object, other: object) -> bool:
    return bool(abs(one - other) <= NEAR * max(one, other))  # type: ignore[operator, call-overload]


def _looks(said: str) -> str:
    return (
        f"像是只算了县级分担（{NET}）"
        if said == GROSS
        else f"像是把中央、省承担部分也算进了需求（{GROSS}）"
    )
