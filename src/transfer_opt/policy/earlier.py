"""The year before, where it is decided in the same program."""

from __future__ import annotations

from dataclasses import dataclass

from transfer_opt.core.arrays import Bools
from transfer_opt.core.exact import Exacts
from transfer_opt.core.expressions import Linear


@dataclass(frozen=True)
class Earlier:
    """The year before, where it is decided in the same program."""

    amounts: Linear
    """(L,) what it pays to this year's lines; 0 where it has no such line."""
    there: Bools
    """(L,) whether it has the line."""
    capped: Bools
    """(L,) whether a cap on growth holds: the line was paid before the first year, and every year since has it."""
    pools: Exacts
    """(F,)"""
