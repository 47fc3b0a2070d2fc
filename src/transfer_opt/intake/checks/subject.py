"""What the checks look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from transfer_opt.core.budget import Budget, Sheet, SheetRow, Value, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import COUNTIES, POOLS
from transfer_opt.intake.succession import followed, read_succession
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings
from transfer_opt.policy.succession import Succession

FAR = 1000.0
"""A positive value this many times above or below the median is questioned."""


@dataclass(frozen=True)
class Sheets:
    """The sheets as read, beside the model they are meant for; one that is missing is an empty one."""

    spec: ModelSpec
    budget: Budget

    @property
    def counties(self) -> Sheet:
        """The sheet 「县区数据」."""
        return self.budget.sheets.get(COUNTIES, _missing(COUNTIES))

    @property
    def pools(self) -> Sheet:
        """The sheet 「资金总额」."""
        return self.budget.sheets.get(POOLS, _missing(POOLS))

    @cached_property
    def succession(self) -> tuple[Succession, tuple[Problem, ...]]:
        """「区划调整」, and what is wrong with it."""
        return read_succession(self.spec, self.budget)

    @cached_property
    def followed(self) -> Sheet:
        """「县区数据」 with last year's amounts by this year's codes."""
        return followed(self.counties, self.succession[0])

    def value(self, row: SheetRow, column: str) -> Value:
        """A cell with the model's spelling aliases applied."""
        raw = row.values.get(column)
        return self.spec.value_aliases.get(column, {}).get(str(raw), raw)


@dataclass(frozen=True)
class Draft(Sheets):
    """Sheets whose structure is sound, with the settings resolved; nothing is computed yet."""

    settings: Settings
    objective: tuple[str, ...]


def _missing(name: str) -> Sheet:
    return Sheet(name, "", None, {}, ())


def positive(row: SheetRow, column: str) -> float:
    """The cell's value where it is a positive number, else 0 (there is nothing to compare)."""
    value = row.values.get(column)
    return float(value) if is_number(value) and value > 0 else 0.0
