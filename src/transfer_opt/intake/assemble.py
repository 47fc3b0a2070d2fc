"""Checked sheets and settings → the Case: pools, lines, reference amounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import NOWHERE, Floats, Ints, Texts
from transfer_opt.core.budget import Budget, SheetRow, Value
from transfer_opt.core.exact import Exacts, either, exact, exacts, filled, floats, flooring, known
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import ASSESSMENT_RULE, POOLS, RESERVED, ROUNDING_STEP
from transfer_opt.intake.given import given_bounds
from transfer_opt.intake.recipients import eligible
from transfer_opt.intake.sections import flows_of
from transfer_opt.intake.shared import livelihood_in, paid_by
from transfer_opt.intake.succession import read_succession
from transfer_opt.policy.admissible import parse_unit
from transfer_opt.policy.case import (
    DEFAULT_UNIT,
    WORSE,
    YUAN,
    Case,
    Figures,
    Fund,
    GivenBound,
    Lines,
    WeightedFactor,
)
from transfer_opt.policy.factor_weights import weighed
from transfer_opt.policy.factors import (
    FACTORS,
    NEED_COLUMNS,
    FactorData,
    assessed,
    combined,
    in_use,
    plain_gap,
    settled,
)
from transfer_opt.policy.model import FundSpec, ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings
from transfer_opt.policy.shared_costs import Burdens


def fund_rows(spec: ModelSpec, budget: Budget) -> dict[str, SheetRow]:
    """The rows of 「资金总额」 by fund, in the model's order whatever the sheet's."""
    rows = {
        fund.name: row
        for row in budget.sheets[POOLS].rows
        if (fund := spec.fund(normalise(str(row.values.get("资金", "")))))
    }
    return {fund.name: rows[fund.name] for fund in spec.funds if fund.name in rows}


def assemble(spec: ModelSpec, budget: Budget, settings: Settings) -> Case:
    """The case of one year. The workbook must have passed its checks."""
    units = settings.recipients
    money_unit = budget.unit or DEFAULT_UNIT
    unit_name = settings.text(ROUNDING_STEP, "单位")
    step = publishing_unit(settings, money_unit)
    rows = fund_rows(spec, budget)
    given = [(fund, rows[fund.name].values) for fund in spec.funds if fund.name in rows]
    funds, pools = zip(*_funds(given, settings, step), strict=True)
    history = np.array([_history(units, fund.name) for fund in funds])
    paid = paid_by(spec, budget, settings, YUAN[money_unit])
    need = _need(units, exact(settings.number("三保兜底", "保障倍数")), settings, paid)
    columns = (
        settings.text("保障水平最大化", "需求列"),
        settings.text("保障水平最大化", "财力列"),
        settings.text("保障水平最大化", "分母列"),
    )
    before, after, factors = _references(settings, funds, pools, need, step)
    bounds = given_bounds(spec, budget, settings)
    lines = _lines(settings, funds, bounds, floats(history), floats(before), floats(after))
    usable = settings.numbers("三保兜底", "可统筹比例", settings.by_fund())
    at = (lines.fund, lines.recipient)
    figures = Figures(step, np.array(pools, dtype=object), history, need, before[at], after[at])
    return Case(
        funds,
        units,
        lines,
        floats(history),
        float(step),
        unit_name,
        money_unit,
        usable,
        floats(need),
        columns,
        factors,
        _of_several(bounds, units),
        paid,
        flows_of(spec, budget, settings, step),
        read_succession(spec, budget)[0],
        figures,
    )


def repooled(case: Case, settings: Settings) -> Case:
    """The case with the pools that the settings now give; `settings` differ from those it was made with in nothing else."""
    figures, lines = case.figures, case.lines
    given = [(fund.spec, fund.row) for fund in case.funds]
    funds, pools = zip(*_funds(given, settings, figures.unit), strict=True)
    before, after, factors = _references(settings, funds, pools, figures.need, figures.unit)
    at = (lines.fund, lines.recipient)
    return replace(
        case,
        funds=funds,
        lines=replace(lines, reference_before=floats(before)[at], reference=floats(after)[at]),
        factors=factors,
        worked_out=replace(
            figures,
            pools=np.array(pools, dtype=object),
            reference_before=before[at],
            reference=after[at],
        ),
    )


def kept_share(settings: Settings, fund: str) -> mpq:
    """What of a fund's 本年总额 is not 预留, a fraction of 1."""
    return 1 - exact(settings.cell(POOLS, RESERVED, fund))


def budget_for(settings: Settings, fund: Fund, pool: mpq) -> mpq | None:
    """The 本年总额 that leaves just this pool to be shared out, before rounding; None where all of it is reserved."""
    kept = kept_share(settings, fund.name)
    return (pool + exact(fund.provincial)) / kept if kept else None


def released(case: Case) -> tuple[tuple[str, str, float], ...]:
    """(fund, recipient, last year's amount) of those paid last year who take no part this year."""
    took_part = np.zeros(case.history.shape, dtype=bool)
    took_part[case.lines.fund, case.lines.recipient] = True
    out = ~took_part & (case.history > 0)
    return tuple(
        (case.funds[f].name, str(case.recipients.name[i]), float(case.history[f, i]))
        for f, i in zip(*np.nonzero(out), strict=True)
    )


def publishing_unit(settings: Settings, money_unit: str) -> mpq:
    """What is published comes in multiples of this, as money of the workbook."""
    number, name = parse_unit(settings.text(ROUNDING_STEP, "单位")) or (1.0, DEFAULT_UNIT)
    return exact(number) * YUAN[name] / YUAN[money_unit]


def _funds(
    given: Sequence[tuple[FundSpec, Mapping[str, Value]]], settings: Settings, step: mpq
) -> list[tuple[Fund, mpq]]:
    changed = settings.numbers("资金总额", "本年总额", settings.by_fund())
    share = settings.numbers("资金总额", RESERVED, settings.by_fund())
    return [_fund(spec, row, changed[f], share[f], step) for f, (spec, row) in enumerate(given)]


def _fund(
    spec: FundSpec, row: Mapping[str, Value], changed: float, share: float, step: mpq
) -> tuple[Fund, mpq]:
    """The fund and its distributable pool, a whole number of publishing units; what is left below one is reserved."""
    budget = exact(float(changed if not np.isnan(changed) else row["本年总额"]))  # type: ignore[arg-type]
    provincial = exact(_number(row, "州本级及其他", 0.0))
    pool = flooring((budget * (1 - exact(float(share))) - provincial) / step) * step
    return Fund(
        spec,
        float(budget),
        float(pool),
        float(budget - provincial - pool),
        float(provincial),
        _number(row, "上年总额", np.nan),
        row,
    ), pool


def _history(units: Recipients, fund: str) -> Exacts:
    """Last year less 其中一次性 (n,); no column of one-off amounts means there were none."""
    last, once = (
        exacts(units.number(f"上年{fund}")),
        filled(exacts(units.number(f"上年{fund}其中一次性"))),
    )
    paid = known(last)
    last[paid] -= once[paid]
    return last


def _need(units: Recipients, multiple: mpq, settings: Settings, paid: Burdens | None) -> Exacts:
    """multiple · (保基本民生 + 保工资 + 保运转) (n,); None where one of them is not known."""
    livelihood, *rest = (exacts(units.number(column)) for column in NEED_COLUMNS)
    parts = [livelihood if paid is None else livelihood_in(settings, paid, livelihood), *rest]
    told = np.all([known(part) for part in parts], axis=0)
    return either(told, multiple * np.sum([filled(part) for part in parts], axis=0), None)


def _lines(
    settings: Settings,
    funds: Sequence[Fund],
    bounds: Sequence[GivenBound],
    history: Floats,
    before: Floats,
    after: Floats,
) -> Lines:
    members = [eligible(settings, f) for f in range(len(funds))]
    fund = np.concatenate([np.full(int(mask.sum()), f) for f, mask in enumerate(members)])
    recipient = np.concatenate([np.flatnonzero(mask) for mask in members])
    penalty = _penalty(settings)[fund, recipient]
    floor, cap, reason = _given(bounds, fund, recipient)
    advance = np.array([settings.recipients.number(f"提前下达{each.name}") for each in funds])
    return Lines(
        fund,
        recipient,
        history[fund, recipient],
        advance[fund, recipient],
        floor,
        cap,
        reason,
        penalty,
        before[fund, recipient],
        after[fund, recipient],
    )


def _penalty(settings: Settings) -> Floats:
    """Share cut by 考核奖惩 (F, n): where the rule is on for the fund and the unit was assessed 变差."""
    on = settings.on(ASSESSMENT_RULE, settings.by_fund())
    cut = np.where(on, settings.numbers(ASSESSMENT_RULE, "扣减比例", settings.by_fund()), 0.0)
    worse = settings.recipients.text("生态考核结果") == WORSE
    return np.asarray(cut[:, None] * worse[None, :], dtype=float)


def _references(
    settings: Settings, funds: Sequence[Fund], pools: Sequence[mpq], need: Exacts, step: mpq
) -> tuple[Exacts, Exacts, tuple[tuple[WeightedFactor, ...], ...]]:
    """Reference amounts (F, n) before and after 考核奖惩, in the model's order of funds, and their factors by fund."""
    units = settings.recipients
    own = units.number("可用财力")
    given: dict[str, Floats] = {}
    before, after, used = [], [], []
    on = settings.on(ASSESSMENT_RULE, settings.by_fund())
    cut = settings.numbers(ASSESSMENT_RULE, "扣减比例", settings.by_fund())
    reward = settings.numbers(ASSESSMENT_RULE, "奖励比例", settings.by_fund())
    for f, (fund, pool) in enumerate(zip(funds, pools, strict=True)):
        members = eligible(settings, f)
        data = FactorData(units, members, fund.pool, own, floats(need), given)
        used.append(in_use(members, _weighted(settings, fund, f, data)))
        shares = [(factor.weight, factor.value) for factor in used[-1]]
        first = settled(combined(pool, members, shares), pool, step)
        judged = (
            assessed(first, members, list(units.text("生态考核结果")), cut[f], reward[f])
            if on[f]
            else None
        )
        before.append(first.fractions())
        after.append(before[-1] if judged is None else settled(judged, pool, step).fractions())
        given[fund.name] = floats(after[-1])
    return np.array(before), np.array(after), tuple(used)


def _weighted(settings: Settings, fund: Fund, f: int, data: FactorData) -> list[WeightedFactor]:
    """The fund's factors with weights, or its gap alone (因素法·参考 = 缺口)."""
    if settings.texts("因素法", "参考", settings.by_fund()[f : f + 1])[0] == "缺口":
        need, capacity = (settings.text("保障水平最大化", key) for key in ("需求列", "财力列"))
        return [WeightedFactor("缺口", 1.0, plain_gap(settings.recipients, need, capacity))]
    return [
        WeightedFactor(
            factor.title,
            factor.weight,
            FACTORS[factor.function].function(data, **factor.parameters),
        )
        for factor in weighed(settings, fund.spec)
        if factor.weight > 0
    ]


def _given(
    bounds: Sequence[GivenBound], fund: Ints, recipient: Ints
) -> tuple[Floats, Floats, Texts]:
    """The bounds of single lines: floor, cap, reason."""
    floor, cap = np.full(len(fund), np.nan), np.full(len(fund), np.nan)
    reason = np.full(len(fund), "", dtype=object)
    for bound in bounds:
        line = (fund == bound.fund) & (recipient == bound.place)
        floor[line], cap[line], reason[line] = bound.floor, bound.cap, bound.reason
    return floor, cap, reason


def _of_several(bounds: Sequence[GivenBound], units: Recipients) -> tuple[GivenBound, ...]:
    """The bounds of several lines together."""
    return tuple(bound for bound in bounds if bound.fund == NOWHERE or bound.place >= len(units))


def _number(values: Mapping[str, object], column: str, absent: float) -> float:
    value = values.get(column)
    return float(value) if isinstance(value, float | int) else absent
