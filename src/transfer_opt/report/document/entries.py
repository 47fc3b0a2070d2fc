"""The rows of a published allocation as exact figures: 合计, every 小计, every county."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.report.parts import groups

ADVANCE = "提前下达"


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


def _sum(values: Floats) -> Decimal | None:
    """The sum of the decimals that were written; None where none was."""
    known = [Decimal(repr(float(value))) for value in values[~np.isnan(values)]]
    return sum(known, Decimal(0)) if known else None
