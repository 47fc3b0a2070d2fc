"""「断面」: complete, and what the settings make of it told."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import FLOW_RULE, SECTIONS
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
            told = "，".join(f"{names[at]}少收 {_cents(money)}" for at, money in less.items())
            yield Problem(
                "W384",
                f"{names[payer]}应付 {_cents(owed)}，{of_own}按限额 {shown(float(limit), 'share')} 计 "
                f"{_cents(owed * part)}；{told}。",
                f"要按协议全额支付，把「{FLOW_RULE}」·{LIMIT}改大或留空。",
                SECTIONS,
            )


def _cents(money: object) -> str:
    return f"{float(money):,.2f}".rstrip("0").rstrip(".")  # type: ignore[arg-type]
