"""What one column of an input sheet is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from transfer_opt.core.vocabulary import FUND

CellKind: TypeAlias = Literal["code", "name", "text", "number", "free"]
"""code: text without any blank; name, text: text; number: numbers; free: numbers stay numbers and text stays text."""

Measure: TypeAlias = Literal["", "金额", "人", "平方公里", "个"]


@dataclass(frozen=True)
class InputColumn:
    """One column of an input sheet and what the user should know about it."""

    name: str
    kind: CellKind
    note: str
    measure: Measure = ""
    required: bool = True
    choices: tuple[str, ...] = ()
    band: str = ""
    """Group name printed above the header."""
    width: float = 12
    signed: bool = False
    """Whether the figure may be negative."""

    def for_fund(self, fund: str) -> str:
        """The header of this column for one fund."""
        return self.name.replace(FUND, fund)
