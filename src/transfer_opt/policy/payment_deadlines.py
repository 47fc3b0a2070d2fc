"""By when money must be passed on, counted from the day the notice came in.

    due date = 收文日期 + days of the fund's kind        (预算法: general and special transfers have their own terms)

Days and clause stand in the model file; a day counts as a calendar day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from transfer_opt.policy.case import Fund
from transfer_opt.policy.model import Term

RECEIVED = "收文日期"


@dataclass(frozen=True)
class Due:
    """One fund's date."""

    fund: str
    received: date
    term: Term

    @property
    def until(self) -> date:
        """The last day."""
        return self.received + timedelta(days=self.term.days)

    def __str__(self) -> str:
        term = self.term
        source = "，".join(filter(None, (term.clause.brief, term.clause.grade)))
        return f"{self.received.isoformat()} 收文，{term.kind}应在 {term.days} 日内、即 {self.until.isoformat()} 前下达到县（{source}）"


def dates(funds: Sequence[Fund]) -> Iterator[Due]:
    """The funds whose 收文日期 is given and can be read."""
    for fund in funds:
        received = parse_date(str(fund.row.get(RECEIVED) or ""))
        if received is not None and fund.spec.term is not None:
            yield Due(fund.name, received, fund.spec.term)


def parse_date(text: str) -> date | None:
    """2026-03-15, 2026/3/15, 2026.3.15, 2026年3月15日, 20260315; None where it is no date."""
    found = re.fullmatch(
        r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T].*)?|(\d{4})(\d{2})(\d{2})",
        text.strip(),
    )
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None
