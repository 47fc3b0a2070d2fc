"""Bounds given as parameters: 下限 and 上限 of 「县区上下限」 (one fund) and of 「合计上下限」 (all funds together).

They take the place of what the sheet 「县区上下限」 says of the same line or total, side by side. Each speaks of just
what it names: that of a prefecture is the prefecture's total, not a bound of every county in it.
"""

from __future__ import annotations

from transfer_opt.core.vocabulary import BOUND_SIDES, GIVEN_RULE, GIVEN_TOTAL_RULE
from transfer_opt.policy.model import Change


def is_bound(rule: str, parameter: str) -> bool:
    """Whether a parameter is such a bound."""
    return rule in (GIVEN_RULE, GIVEN_TOTAL_RULE) and parameter in BOUND_SIDES


def gives_bound(change: Change) -> bool:
    """Whether a change sets one."""
    return change.value is not None and is_bound(change.rule, change.parameter)
