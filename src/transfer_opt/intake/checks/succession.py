"""「区划调整」: complete, and without contradictions."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.errors import Problem
from transfer_opt.intake.checks.subject import Draft


def succession_valid(draft: Draft) -> Iterator[Problem]:
    """Every former unit passes on the whole of what is known of it, to units that are there."""
    yield from draft.succession[1]
