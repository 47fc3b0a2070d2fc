"""「横向补偿」: what every county gets from and pays to others for the water, to whom, and why, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats, Texts
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import Exacts, floats, in_figures, spelled, total
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import AGREEMENTS, FLOW_RULE, FLOWS, SECTIONS
from transfer_opt.policy.sections import CLASSES, COUNTED, IN_NEED, Flow, Flows, Section
from transfer_opt.policy.settings import shown
from transfer_opt.report.parts import TOTAL_NAME, amount, dated

MOST_PAYEES = 12
"""Columns of the matrix on a sheet; more take more sheets."""
AGREED, PUBLISHED, TO_WHOM = "按协议", "公布数（限额后）", "付给谁（公布数）"
_TEXTS = ("断面名称", "上游", "下游", "分担比例", "目标类别", "实际类别", "依据")
_WIDE = ("断面名称", "上游", "下游", "依据")


def flow_tables(outcome: Plan) -> tuple[Table, ...]:
    """No table where the workbook tells of no sections; last 「断面」 as read."""
    flows = outcome.case.flows
    if flows is None:
        return ()
    payees = sorted({flow.payee for flow in flows.flows})
    parts = [payees[at : at + MOST_PAYEES] for at in range(0, max(1, len(payees)), MOST_PAYEES)]
    return (
        *(_table(outcome, flows, part, number) for number, part in enumerate(parts, start=1)),
        _section_table(outcome),
    )


def _table(outcome: Plan, flows: Flows, payees: Sequence[int], number: int) -> Table:
    case, first = outcome.case, number == 1
    counties = sorted({county for flow in flows.flows for county in (flow.payer, flow.payee)})
    columns: list[list[Value]] = list(_sums(flows, counties)) if first else []
    columns += [
        [_money(value) or None for value in _with_total(_paid_to(flows, payee), counties)]
        for payee in payees
    ]
    names = case.recipients
    keys = [(None, TOTAL_NAME), *((names.code[i] or None, str(names.name[i])) for i in counties)]
    cells = zip(*columns, strict=True) if columns else [()] * len(keys)
    return Table(
        FLOWS + (str(number) if number > 1 else ""),
        f"{dated(outcome.budget)}横向生态补偿表（{outcome.scenario}）",
        tuple(_columns(case.recipients.name[np.array(payees, dtype=int)].tolist(), first)),
        tuple(
            Row("unit" if at else "total", (*key, *values))
            for at, (key, values) in enumerate(zip(keys, cells, strict=True))
        ),
        f"单位：{case.money_unit}",
        notes=tuple(notes(outcome, flows)) if first else (),
        paper="A3" if len(payees) > MOST_PAYEES // 3 else "A4",
        fit="page",
    )


def _columns(payees: Sequence[str], first: bool) -> Iterator[Column]:
    yield Column("行政区划代码", "code", 6.6)
    yield Column("县区名称", "name", 16)
    for band, kind in ((AGREED, "协议"), (PUBLISHED, "")) if first else ():
        yield Column(f"{kind}应收", "money", 10, band, group_formula="sum", group_start=True)
        yield Column(f"{kind}应付", "money", 10, band, group_formula="sum")
        net = f"={{{kind}应收}}-{{{kind}应付}}"
        yield Column(f"{kind}净额", "growth_money", 10, band, net)
        if band == AGREED:
            yield Column("应付占可用财力", "share", 8.5, band)
    for at, payee in enumerate(payees):
        yield Column(payee, "money", 9.5, TO_WHOM, group_formula="sum", group_start=at == 0)


def _sums(flows: Flows, counties: Sequence[int]) -> Iterator[list[Value]]:
    """The columns of the first sheet that are no matrix: 合计, then county by county."""
    for published in (False, True):
        money = flows.published if published else [flow.due for flow in flows.flows]
        received, paid = flows.received(money), flows.paid(money)
        for values in (received, paid, received - paid):
            yield [_money(value) for value in _with_total(values, counties)]
        if not published:
            yield [None, *(_share(flows.own[i], paid[i]) for i in counties)]


def _with_total(values: Exacts, counties: Sequence[int]) -> list[mpq]:
    return [total(values), *(values[i] for i in counties)]


def _paid_to(flows: Flows, payee: int) -> Exacts:
    """(n,) what every county pays this one, as published."""
    return flows.paid(
        [
            money if flow.payee == payee else mpq(0)
            for flow, money in zip(flows.flows, flows.published, strict=True)
        ]
    )


def _money(value: mpq) -> float:
    return amount(float(value))


def _share(own: mpq | None, paid: mpq) -> Value:
    return float(paid / own) if own is not None and own > 0 and paid else None


# ------------------------------------------------------------------- in words


def notes(outcome: Plan, flows: Flows) -> Iterator[str]:
    """What holds of all sections, then a paragraph for each."""
    settings, unit = outcome.settings, outcome.case.money_unit
    trials = [section.name for section in flows.sections if section.is_trial]
    if trials:
        yield f"注：{'、'.join(trials)}没有协议，是试算，不能作为支付的依据。"
    limit = flows.terms.limit
    held = (
        "付出不设限额。"
        if limit is None
        else f"一个县付出的不超过可用财力（补偿以前）的 {shown(float(limit), 'share')}，超过的各笔按同一比例少付。"
    )
    accounts = [settings.text(FLOW_RULE, name) for name in ("收入科目", "支出科目")]
    yield (
        f"注：补偿按断面协议计算，不经优化；各县净额合计为 0。{held}"
        f"公布数取整到{outcome.case.unit_name}：各笔和各县的应收、应付、净额，与取整前相差都不到一个单位。"
    )
    yield f"科目：收入 {accounts[0]}，支出 {accounts[1]}（待核实），与各项转移支付分开记账。"
    yield from effects(outcome, flows)
    for q, section in enumerate(flows.sections):
        yield told(outcome, flows, q, section, unit)


def effects(outcome: Plan, flows: Flows) -> Iterator[str]:
    """What the flows do to 可用财力 and 三保."""
    case, unit = outcome.case, outcome.case.money_unit
    if not flows.terms.counted:
        yield f"「{FLOW_RULE}」·{COUNTED}为「否」：各县可用财力、保障水平和“三保”缺口都不含横向补偿。"
        return
    yield "保障水平按可用财力加净额计算；因素法测算和划分财力薄弱、困难县，仍按填报的可用财力。"
    payers = np.flatnonzero(floats(flows.net) < 0)
    if not flows.terms.in_need:
        if len(payers):
            yield f"{'、'.join(case.recipients.name[payers])}净付出的，“三保”仍按付出以前的可用财力算，不由资金补。"
        return
    repaid = _repaid(outcome)
    for i in np.flatnonzero(repaid > 0):
        yield (
            f"「{FLOW_RULE}」·{IN_NEED}为「是」：按测算数，{case.recipients.name[i]}用来补“三保”的资金，"
            f"其中 {in_figures(repaid[i], 10)} {unit}是在替{_cause(flows, int(i))}买单。"
        )


def _cause(flows: Flows, county: int) -> str:
    """What a county pays for: other payments than those of a county upstream whose water misses its class are no penalty."""
    missed = [
        flow.payer == section.upstream and section.actual > section.target
        for flow in flows.flows
        if flow.payer == county
        for section in (flows.sections[flow.section],)
    ]
    return "断面超标" if all(missed) else f"{FLOW_RULE}的净付出"


def _repaid(outcome: Plan) -> Floats:
    """(n,) what of the transfers goes into a need that is open only because the county pays others, money."""
    case = outcome.case
    assert case.flows is not None
    usable = np.nansum(outcome.amounts * case.usable[:, None], axis=0)
    gap = [
        np.maximum(case.need - own, 0.0)
        for own in (case.own, case.own - np.minimum(case.flows.moved, 0.0))
    ]
    filled = [np.minimum(usable, each) for each in gap]
    return np.asarray(np.nan_to_num(np.round(filled[0] - filled[1], 8)), dtype=float)


def told(outcome: Plan, flows: Flows, q: int, section: Section, unit: str) -> str:
    """One section: who pays whom, why, and what another class would cost."""
    names, weights = outcome.case.recipients.name, flows.terms.weights
    change = section.change(weights)
    index = section.index_part(weights)
    free = -100 * section.per_percent * change
    capped = f"（封顶，不封顶是 {_signed(free)}）" if index != free else ""
    basis = "试算" if section.is_trial else section.basis
    where = f"{section.name}（{names[section.upstream]}→{'、'.join(names[i] for i in section.downstream)}，{basis}）"
    mine = [
        (flow, money)
        for flow, money in zip(flows.flows, flows.published, strict=True)
        if flow.section == q
    ]
    moved = f"指标变化 {float(change * 100):+.4g}%，" if section.changes else ""
    why = (
        f"目标{CLASSES[section.target]}类，实际{CLASSES[section.actual]}类，"
        f"类别部分 {_signed(section.class_part(section.actual))}；"
        f"{moved}指标部分 {_signed(index)}{capped}。"
    )
    paid = "，".join(_paid(names, flow, money, unit) for flow, money in mine) or "互不支付"
    others = "，".join(
        f"{CLASSES[at]}类{_direction(section.due(weights, at))}"
        for at in range(len(CLASSES))
        if at != section.actual
    )
    otherwise = f"实际若是别的类别：{others}。" if section.per_class else "没有约定类别部分。"
    return f"{where}：{why}{paid}。{otherwise}"


def _paid(names: Texts, flow: Flow, money: mpq, unit: str) -> str:
    """「甲县付乙县 494 万元（协议数 700）」."""
    agreed = f"（协议数 {_cents(flow.due)}）" if money != flow.due else ""
    return f"{names[flow.payer]}付{names[flow.payee]} {spelled(money)} {unit}{agreed}"


def _direction(z: mpq) -> str:
    return "互不支付" if not z else f"下游付 {_cents(z)}" if z > 0 else f"上游付 {_cents(-z)}"


def _signed(money: mpq) -> str:
    return f"{'+' if money > 0 else '-' if money < 0 else ''}{_cents(abs(money))}"


def _cents(money: mpq) -> str:
    return f"{float(money):,.2f}".rstrip("0").rstrip(".")


# ------------------------------------------------------------------- as read


def _section_table(outcome: Plan) -> Table:
    """「断面」 as read."""
    sheet = outcome.budget.sheets[SECTIONS]
    headers = list(sheet.letters)
    columns = tuple(
        Column(
            header,
            "text" if header in _TEXTS else "share" if header == "指标变化" else "number",
            16 if header in _WIDE else 9,
        )
        for header in headers
    )
    rows = tuple(
        Row("plain", tuple(row.values.get(header) for header in headers)) for row in sheet.rows
    )
    return Table(
        AGREEMENTS,
        f"{dated(outcome.budget)}断面协议表（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{outcome.case.money_unit}（浓度：毫克/升）",
        paper="A3" if len(headers) > len(_TEXTS) + len(_WIDE) else "A4",
        fit="page",
    )
