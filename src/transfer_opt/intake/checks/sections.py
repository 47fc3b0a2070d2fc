"""「断面」: complete, and what the settings make of it told; what is put into a basin's fund, which makes it up."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.budget import is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import exact, total
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import (
    CONTRIBUTION,
    COUNTIES,
    FLOW_RULE,
    POOL_AMOUNT,
    POOLS,
    PROVINCES_PART,
    SECTIONS,
)
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.sections import flows_of, read_sections
from transfer_opt.policy.sections import LIMIT, Flows
from transfer_opt.policy.settings import shown

CENTS = exact(100)


def sections_valid(draft: Draft) -> Iterator[Problem]:
    """Every row is sound; trials, and payers that pay less than they owe, are told."""
    sheet = draft.budget.sheets.get(SECTIONS)
    if sheet is None:
        return
    _, problems = read_sections(draft.spec, sheet, draft.settings.recipients)
    yield from problems
    flows = None if problems else flows_of(draft.spec, draft.budget, draft.settings, 1 / CENTS)
    if flows is None:
        return
    trials = [section.name for section in flows.sections if section.is_trial]
    if trials:
        yield Problem(
            "W383",
            f"{'、'.join(trials)}没有协议，只是试算，不能作为支付的依据。",
            "签了协议以后写协议文号。",
            SECTIONS,
            column="依据",
        )
    yield from _limited(draft, flows)


def contributions_agree(draft: Draft) -> Iterator[Problem]:
    """What counties and the province put into a basin's fund is that fund, which is one."""
    unsaid = [
        row
        for row in draft.pools.rows
        if (fund := draft.spec.fund(normalise(to_text(row.values.get("资金")))))
        and fund.contributed
        and row.values.get(PROVINCES_PART) is None
    ]
    for row in unsaid:
        told = f"没有填；这项资金由各县和省共同出资，各县的填「{COUNTIES}」的{CONTRIBUTION}。"
        yield at(draft.pools, row, PROVINCES_PART, "E380", told, "省级不出写 0。")
    pooled = [row for row in draft.pools.rows if is_number(row.values.get(PROVINCES_PART))]
    paid_in = total(
        exact(float(value))
        for row in draft.counties.rows
        if is_number(value := row.values.get(CONTRIBUTION))
    )
    if paid_in and not pooled and not unsaid:
        yield Problem(
            "E380",
            f"各县填了{CONTRIBUTION}合计 {_cents(paid_in)}，「{POOLS}」没有一项资金填{PROVINCES_PART}，不知出到哪一项。",
            f"在「{POOLS}」那项资金的{PROVINCES_PART}一列填省级出的部分，省级不出写 0。",
            COUNTIES,
            column=CONTRIBUTION,
        )
    for row in pooled[1:]:
        told = f"第{pooled[0].number}行也填了，{CONTRIBUTION}不知出到哪一项。"
        yield at(draft.pools, row, PROVINCES_PART, "E380", told, "只留一项，其他的留空。")
    for row in pooled[:1]:
        mine, whole = (row.values.get(name) for name in (PROVINCES_PART, POOL_AMOUNT))
        if not is_number(mine) or not is_number(whole):
            continue
        both, given = exact(float(mine)) + paid_in, exact(float(whole))
        if both != given:
            sums = f"{_cents(paid_in)} 是 {_cents(both)}，不等于{POOL_AMOUNT} {_cents(given)}。"
            told = f"加各县{CONTRIBUTION} {sums}"
            yield at(draft.pools, row, PROVINCES_PART, "E380", told, "改正其中一个数。")


def _limited(draft: Draft, flows: Flows) -> Iterator[Problem]:
    """Payers held by the limit, and those of which it is not known whether they are."""
    names, limit = draft.settings.recipients.name, flows.terms.limit
    for payer, part in sorted(flows.factor.items()):
        mine = [flow for flow in flows.flows if flow.payer == payer]
        owed = sum(flow.due for flow in mine)
        own = flows.own[payer]
        if limit is not None and own is None:
            yield Problem(
                "W385",
                f"{names[payer]}没有填可用财力，限额管不到它应付的 {_cents(owed)}。",
                "填「县区数据」的可用财力。",
                SECTIONS,
            )
        elif part < 1:
            assert limit is not None
            of_own = f"占可用财力 {float(owed / own):.1%}，" if own > 0 else "可用财力不大于 0，"
            less: dict[int, object] = {}
            for flow in mine:
                less[flow.payee] = less.get(flow.payee, 0) + flow.due - flow.limited
            told = "，".join(f"{names[i]}少收 {_cents(money)}" for i, money in less.items())
            yield Problem(
                "W384",
                f"{names[payer]}应付 {_cents(owed)}，{of_own}按限额 {shown(float(limit), 'share')} 计 "
                f"{_cents(owed * part)}；{told}。",
                f"要按协议全额支付，把「{FLOW_RULE}」·{LIMIT}改大或留空。",
                SECTIONS,
            )


def _cents(money: object) -> str:
    return f"{float(money):,.2f}".rstrip("0").rstrip(".")  # type: ignore[arg-type]
