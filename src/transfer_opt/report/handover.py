"""What the executing system is told of a result: one order per line and kind of decision, then flow by flow. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import AuditError, InputError, Problem
from transfer_opt.core.text import some
from transfer_opt.core.vocabulary import (
    ADVANCE,
    CODE,
    CONTRIBUTION,
    FLOW_RULE,
    INPUT,
    THEIR_SETTINGS,
    THIS_TIME,
)
from transfer_opt.intake.handover import Handover, TheirFund, unfilled, unlisted
from transfer_opt.policy.case import YUAN
from transfer_opt.report.document.entries import decimal, water_accounts
from transfer_opt.report.document.plain import safe
from transfer_opt.workbook.input.handover import (
    AMOUNT,
    BLANK,
    DIRECT,
    DIVISION,
    DOCUMENT,
    DOCUMENTS,
    EXPENSE,
    FUND,
    INCOME,
    KIND,
    PROJECT,
    TO_CODE,
    TO_NAME,
    UNIT,
    YEAR,
)

_FEN = Decimal("0.01")


@dataclass(frozen=True)
class Order:
    """Who gets how much of what, by which decision."""

    fund: str
    """Of the result; FLOW_RULE for what one county pays another."""
    kind: str
    to_code: str
    to_name: str
    amount: Decimal
    """In the result's money unit."""
    from_code: str = ""
    """The division that pays, where that is a county."""


@dataclass(frozen=True)
class HandedOver:
    """The file as cells, before any format."""

    columns: tuple[str, ...]
    """Their headers."""
    money: frozenset[int]
    """Which columns hold the amount."""
    rows: tuple[tuple[str | Decimal, ...], ...]
    orders: tuple[Order, ...]
    """Of every row."""
    unit: str
    """Theirs."""


def handed_over(plan: Plan, units: Ints, handover: Handover) -> HandedOver:
    """The approved amounts `units` (L,) by a mapping; InputError names every cell of it that lacks something."""
    problems = [
        unlisted(name)
        for name in dict.fromkeys(_names(plan))
        if _fund(plan, handover, name) is None
    ]
    if problems:
        raise InputError(problems)
    orders = tuple(
        order
        for order in _orders(plan, units)
        if order.kind in handover.kinds and _known(plan, handover, order.fund).exported
    )
    problems = [
        *_settings_missing(plan, handover),
        *_codes_missing(orders, handover),
        *_cells_missing(plan, orders, handover),
        *_below_the_fen(plan, orders),
    ]
    if problems:
        raise InputError(problems)
    rows = tuple(
        tuple(values.get(column.source, column.fixed) for column in handover.columns)
        for order in orders
        for values in (_values(plan, order, handover),)
    )
    money = {at for at, column in enumerate(handover.columns) if column.source == AMOUNT}
    names = tuple(column.name for column in handover.columns)
    return HandedOver(names, frozenset(money), rows, orders, handover.settings[UNIT])


def remarks(plan: Plan, given: HandedOver, handover: Handover) -> Iterator[str]:
    """What somebody who only looks for the totals would miss."""
    said = [_values(plan, order, handover) for order in given.orders]
    bare = [
        source
        for source in (INCOME, EXPENSE, PROJECT, DOCUMENT, DIRECT)
        if handover.uses(source) and any(values[source] == "" for values in said)
    ]
    if bare:
        yield f"列对照写“{BLANK}”的没有填：{'、'.join(bare)}。"
    written = dict.fromkeys(order.fund for order in given.orders)
    if out := [name for name in dict.fromkeys(_names(plan)) if name not in written]:
        yield f"没有写进文件：{'、'.join(out)}。"
    flows = plan.case.flows
    if flows and (trials := [each.name for each in flows.sections if each.is_trial]):
        yield f"{'、'.join(trials)}没有协议，是试算，收付不写进文件。"
    if (plan.case.recipients.number(CONTRIBUTION) > 0).any():
        yield f"各县{CONTRIBUTION}是县里交出的钱，不写进文件。"
    if back := sum(order.amount < 0 for order in given.orders):
        yield f"{back} 行{THIS_TIME}是负数，是应收回的{ADVANCE}。"


def held(plan: Plan, units: Ints, given: HandedOver, handover: Handover) -> Iterator[str]:
    """Fund by fund, that what is written adds up to the result; AuditError where it does not."""
    whole, factor = totals(plan, units), scale(plan, given.unit)
    amount = next(iter(given.money))
    for name in dict.fromkeys(order.fund for order in given.orders):
        due = whole[name]
        if name != FLOW_RULE:
            before = advances(plan, name)
            parts = {ADVANCE: before, THIS_TIME: due - before}
            due = sum((parts[kind] for kind in handover.kinds), Decimal(0))
        rows = [
            row for row, order in zip(given.rows, given.orders, strict=True) if order.fund == name
        ]
        sums = sum((Decimal(row[amount]) for row in rows), Decimal(0))
        if sums != due * factor:
            raise AuditError(
                f"{name}各行合计 {sums:f} {given.unit}，结果是 {due * factor:f}，没有导出。"
            )
        yield f"{name}：{len(rows)} 行，合计 {shown(sums)} {given.unit}，与结果一致"


def shown(amount: Decimal) -> str:
    """With thousands separators, no more decimals than needed."""
    return f"{int(amount):,}" if amount == amount.to_integral_value() else f"{amount:,.2f}"


def as_csv(given: HandedOver) -> str:
    """The rows separated by commas; a text that looks like a formula gets an apostrophe in front."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(map(safe, given.columns))
    for row in given.rows:
        writer.writerow(
            safe(value) if isinstance(value, str) else f"{value.normalize():f}" for value in row
        )
    return stream.getvalue()


def totals(plan: Plan, units: Ints) -> Mapping[str, Decimal]:
    """Fund → what the result gives all counties, in its money unit; with what counties pay each other."""
    step = Decimal(repr(float(plan.case.unit)))
    counts = {fund.name: 0 for fund in plan.case.funds}
    for (fund, _, _), count in zip(plan.case.line_names, units, strict=True):
        counts[fund] += int(count)
    given = {fund: count * step for fund, count in counts.items()}
    flows = _flows(plan)
    return {**given, FLOW_RULE: decimal(sum(flows.values(), mpq(0)))} if flows else given


def advances(plan: Plan, fund: str) -> Decimal:
    """What was sent of a fund in advance, all counties together."""
    values = plan.case.recipients.number(f"{ADVANCE}{fund}")
    return sum((Decimal(repr(float(value))) for value in values[~np.isnan(values)]), Decimal(0))


def scale(plan: Plan, unit: str) -> Decimal:
    """One unit of the result's money in another."""
    return Decimal(YUAN[plan.case.money_unit]) / Decimal(YUAN[unit])


# ------------------------------------------------------------------- orders


def _orders(plan: Plan, units: Ints) -> Iterator[Order]:
    """Fund by fund, county by county: what was sent in advance, then the rest, which may be negative."""
    case, step = plan.case, Decimal(repr(float(plan.case.unit)))
    given = {
        (f, i): int(count) * step
        for f, i, count in zip(case.lines.fund, case.lines.recipient, units, strict=True)
    }
    codes, names = case.recipients.code, case.recipients.name
    for f, fund in enumerate(case.funds):
        sent = case.recipients.number(f"{ADVANCE}{fund.name}")
        for i, advance in enumerate(sent):
            who = str(codes[i]), str(names[i])
            whole = given.get((f, i))
            before = None if np.isnan(advance) else Decimal(repr(float(advance)))
            if before is not None:
                yield Order(fund.name, ADVANCE, *who, before)
            if whole is not None or before is not None:
                rest = (whole or Decimal(0)) - (before or Decimal(0))
                yield Order(fund.name, THIS_TIME, *who, rest)
    for (payer, payee), money in _flows(plan).items():
        yield Order(
            FLOW_RULE,
            THIS_TIME,
            str(codes[payee]),
            str(names[payee]),
            decimal(money),
            str(codes[payer]),
        )


def _flows(plan: Plan) -> Mapping[tuple[int, int], mpq]:
    """Payer and payee → what is paid by agreements, all sections together; a trial is no ground for payment."""
    flows = plan.case.flows
    paid: dict[tuple[int, int], mpq] = {}
    if flows is not None:
        for flow, money in zip(flows.flows, flows.published, strict=True):
            if money and not flows.sections[flow.section].is_trial:
                pair = flow.payer, flow.payee
                paid[pair] = paid.get(pair, mpq(0)) + money
    return dict(sorted(paid.items()))


def _names(plan: Plan) -> Iterator[str]:
    yield from (fund.name for fund in plan.case.funds)
    if _flows(plan):
        yield FLOW_RULE


# ------------------------------------------------------------------- by the mapping


def _fund(plan: Plan, handover: Handover, name: str) -> TheirFund | None:
    short = next((fund.short for fund in plan.case.funds if fund.name == name), name)
    return handover.funds.get(name) or handover.funds.get(short)


def _known(plan: Plan, handover: Handover, name: str) -> TheirFund:
    found = _fund(plan, handover, name)
    assert found is not None
    return found


def _values(plan: Plan, order: Order, handover: Handover) -> Mapping[str, str | Decimal]:
    """Source → what is written; a fixed value stands in the mapping itself."""
    fund, settings = _known(plan, handover, order.fund), handover.settings
    values: dict[str, str | Decimal] = {
        YEAR: settings[YEAR] or str(plan.budget.year or ""),
        DIVISION: handover.division(order.from_code or settings[DIVISION]),
        TO_CODE: handover.division(order.to_code),
        TO_NAME: order.to_name,
        FUND: order.fund,
        DOCUMENT: _left(fund.said[DOCUMENTS[order.kind]]),
        KIND: order.kind,
        AMOUNT: order.amount * scale(plan, handover.settings[UNIT]),
        BLANK: "",
    }
    for source in (INCOME, EXPENSE, PROJECT, DIRECT):
        values[source] = _left(fund.said[source] or _account(plan, order.fund, source))
    return values


def _account(plan: Plan, fund: str, source: str) -> str:
    """The account as the model gives it, without the remark behind it; "" where it gives none."""
    if fund == FLOW_RULE:
        return dict(zip((INCOME, EXPENSE), water_accounts(plan), strict=True)).get(source, "")
    known = {each.name: each.spec.account for each in plan.case.funds}
    return known[fund].partition("（")[0] if source == INCOME else ""


def _left(text: str) -> str:
    return "" if text == BLANK else text


# ------------------------------------------------------------------- what lacks


def _settings_missing(plan: Plan, handover: Handover) -> Iterator[Problem]:
    lacking = {
        YEAR: not (handover.settings[YEAR] or plan.budget.year),
        DIVISION: not handover.settings[DIVISION],
    }
    for item, lacks in lacking.items():
        if lacks and handover.uses(item):
            yield Problem(
                "E414",
                f"「{item}」未填写，有一列要用它。",
                "填上。",
                THEIR_SETTINGS,
                handover.cells.get(item, ""),
                "取值",
            )


def _codes_missing(orders: tuple[Order, ...], handover: Handover) -> Iterator[Problem]:
    wrong = dict.fromkeys(order.to_name for order in orders if not handover.division(order.to_code))
    if wrong:
        yield Problem(
            "E415",
            f"没有 6 位或 9 位的{CODE}，执行系统认不出：{some(list(wrong))}。",
            "在工作簿里补上代码，重新测算。",
            INPUT,
            column=CODE,
        )


def _cells_missing(plan: Plan, orders: tuple[Order, ...], handover: Handover) -> Iterator[Problem]:
    """Every cell of 「资金对照」 that a column needs and that is empty: no number is made up."""
    for name in dict.fromkeys(order.fund for order in orders):
        fund = _known(plan, handover, name)
        kinds = dict.fromkeys(order.kind for order in orders if order.fund == name)
        needed = [
            source
            for source in (INCOME, EXPENSE, PROJECT, DIRECT)
            if handover.uses(source) and not _account(plan, name, source)
        ]
        needed += [DOCUMENTS[kind] for kind in kinds if handover.uses(DOCUMENT)]
        yield from (unfilled(fund, column) for column in needed if not fund.said[column])


def _below_the_fen(plan: Plan, orders: tuple[Order, ...]) -> Iterator[Problem]:
    broken = dict.fromkeys(
        order.to_name for order in orders if order.amount * scale(plan, "元") % _FEN
    )
    if broken:
        yield Problem(
            "E416",
            f"金额不是整分，执行系统记不下：{some(list(broken))}。",
            f"核对“{ADVANCE}”列和公布单位。",
            INPUT,
        )
