"""The rows of a published allocation as exact figures: 合计, every 小计, every county."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.exact import total
from transfer_opt.core.vocabulary import ADVANCE, FLOW_RULE
from transfer_opt.report.parts import TOTAL_NAME, groups


@dataclass(frozen=True)
class Entry:
    """One row of 「分配结果」."""

    kind: str
    """total, subtotal, unit"""
    code: str
    name: str
    prefecture: str
    members: Ints
    counts: tuple[int | None, ...]
    """By fund, in publishing units; None: not eligible."""
    step: Decimal
    """One publishing unit as money."""
    advance: tuple[Decimal | None, ...]
    """Already sent this year by fund, money; None: nothing known."""

    @property
    def amounts(self) -> tuple[Decimal | None, ...]:
        """By fund, money."""
        return tuple(None if count is None else count * self.step for count in self.counts)

    @property
    def count(self) -> int:
        """All funds together, in publishing units."""
        return sum(count or 0 for count in self.counts)

    @property
    def total(self) -> Decimal:
        """All funds together, money."""
        return self.count * self.step


def entries(plan: Plan, units: Ints) -> Iterator[Entry]:
    """The rows in the order of 「分配结果」; `units` (L,) are the approved amounts, where nothing was adjusted the computed ones."""
    case, step = plan.case, Decimal(repr(float(plan.case.unit)))
    counts = np.full((len(case.funds), len(case.recipients)), np.nan)
    counts[case.lines.fund, case.lines.recipient] = units
    advances = [case.recipients.number(f"{ADVANCE}{fund.name}") for fund in case.funds]
    for group in groups(case):
        known = [row[group.members][~np.isnan(row[group.members])] for row in counts]
        yield Entry(
            group.kind,
            str(group.code or ""),
            group.name,
            str(group.prefecture or ""),
            group.members,
            tuple(int(row.sum()) if len(row) else None for row in known),
            step,
            tuple(_sum(row[group.members]) for row in advances),
        )


def advanced(plan: Plan) -> list[int]:
    """The funds of which something was sent in advance."""
    return [
        f
        for f, fund in enumerate(plan.case.funds)
        if not np.isnan(plan.case.recipients.number(f"{ADVANCE}{fund.name}")).all()
    ]


@dataclass(frozen=True)
class WaterEntry:
    """What a county gets from others for the water and pays to them, as published, money."""

    name: str
    received: Decimal
    paid: Decimal


def water_entries(plan: Plan) -> list[WaterEntry]:
    """合计 first, then the counties that take part; nothing where there are no sections."""
    flows = plan.case.flows
    if flows is None:
        return []
    received, paid = flows.received(flows.published), flows.paid(flows.published)
    counties = [i for i in range(len(received)) if received[i] or paid[i]]
    found = [
        WaterEntry(str(plan.case.recipients.name[i]), decimal(received[i]), decimal(paid[i]))
        for i in counties
    ]
    return [WaterEntry(TOTAL_NAME, *(decimal(total(money)) for money in (received, paid))), *found]


def water_accounts(plan: Plan) -> tuple[str, str]:
    """收入科目 and 支出科目."""
    income, expense = (plan.settings.text(FLOW_RULE, name) for name in ("收入科目", "支出科目"))
    return income, expense


def decimal(money: mpq) -> Decimal:
    """Exactly: published money is whole in units that are decimals."""
    return Decimal(int(money.numerator)) / Decimal(int(money.denominator))


def _sum(values: Floats) -> Decimal | None:
    """The sum of the decimals that were written; None where none was."""
    known = [Decimal(repr(float(value))) for value in values[~np.isnan(values)]]
    return sum(known, Decimal(0)) if known else None
