"""「年度展望」, which only `plan` uses, is checked with everything else."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import OUTLOOK
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.outlook import read_outlook


def outlook_valid(draft: Draft) -> Iterator[Problem]:
    """Each year has its column and each row a number for it."""
    if sheet := draft.budget.sheets.get(OUTLOOK):
        yield from read_outlook(draft.spec, sheet, draft.settings.recipients, draft.budget.year)[1]
