"""「预警阈值」 and 「历年指标」: whatever is wrong with them is told when the budget is checked."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import INDICATORS, THRESHOLDS
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.monitoring import read_monitoring


def monitoring_valid(draft: Draft) -> Iterator[Problem]:
    """Cuts in order, margins, goalposts and weights complete; years and figures readable; every indicator known."""
    sheets = draft.budget.sheets
    history = sheets.get(INDICATORS)
    yield from read_monitoring(sheets.get(THRESHOLDS), [history] if history else [])[2]
