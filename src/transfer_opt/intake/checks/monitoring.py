"""「预警阈值」 and 「历年指标」: whatever is wrong with them is told when the budget is checked."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import INDICATORS, THRESHOLDS
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.monitoring import read_indicators, read_thresholds, unmeasured, unused


def monitoring_valid(draft: Draft) -> Iterator[Problem]:
    """Cuts in order, margins, goalposts and weights complete; years and figures readable; every indicator known."""
    cuts, history = (draft.budget.sheets.get(name) for name in (THRESHOLDS, INDICATORS))
    thresholds, problems = read_thresholds(cuts) if cuts else ((), ())
    yield from problems
    if history:
        yield from read_indicators(history, thresholds)[1]
        yield from unused(history, thresholds) if thresholds else ()
    if cuts:
        yield from unmeasured(cuts, thresholds, {*history.letters} if history else set())
