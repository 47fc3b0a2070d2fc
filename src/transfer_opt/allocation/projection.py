"""What came of several years: the amounts of each, and what they make of the counties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from transfer_opt.allocation.explanation.indicators import (
    Indicator,
    Position,
    indicators,
    position,
    shortfall_at,
)
from transfer_opt.core.arrays import Floats
from transfer_opt.intake.outlook import Outlook
from transfer_opt.policy.case import Case


@dataclass(frozen=True)
class Year:
    """One year's amounts; only those of the first are ever published."""

    number: int
    case: Case
    amounts: Floats
    """(L,) money: this year's as published, of the years after it in the units of a forecast."""
    unrounded: Floats
    """(L,) of the years after it before that; this year's as published."""

    @cached_property
    def table(self) -> Floats:
        """(F, n) amounts; NaN where there is no line."""
        return self.case.by_county(self.amounts)

    @cached_property
    def position(self) -> Position:
        """What the counties have with these amounts."""
        return position(self.case, self.amounts)

    @cached_property
    def shortfall(self) -> Floats:
        """(n,) 三保缺口, without what rounding makes of it; NaN where the need is not known."""
        return shortfall_at(self.case, self.unrounded)

    @cached_property
    def short(self) -> float:
        """三保缺口 of all counties, of those whose need is known."""
        return float(np.nansum(self.shortfall))

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """As in 「均衡性指标」."""
        return indicators(self.case, self.amounts)


@dataclass(frozen=True)
class LeastPool:
    """The least 本年总额 of a fund with which a year's rules can all be kept and no county is short of 三保."""

    fund: str
    now: float
    least: float | None
    """None where no amount that was tried is enough."""
    slope: float = -1.0
    """How what is lacking moves with the pool there; where the search of the next year begins."""


@dataclass(frozen=True)
class Bottleneck:
    """A rule, and what 三保缺口 is left in that year without it."""

    family: str
    short: float


@dataclass(frozen=True)
class Joint:
    """All years in one program."""

    years: tuple[Year, ...]
    proof: str
    """The certificate, accepted by the independent checker."""


@dataclass(frozen=True)
class Stuck:
    """The first year for which the years before leave no allocation."""

    number: int
    message: str


@dataclass(frozen=True)
class Projection:
    """The years as they follow from one another and, where wished, as they would be if decided together."""

    outlook: Outlook
    growths: tuple[str, ...]
    """What the settings say in the place of the outlook, in words."""
    years: tuple[int, ...]
    """This year, then those after it."""
    chain: tuple[Year, ...]
    """This year as it is published, then those after it, up to the first that is stuck."""
    proofs: tuple[str, ...]
    """The certificates of the years after the first."""
    least: tuple[tuple[LeastPool, ...], ...]
    """By year, then by fund."""
    bottleneck: Bottleneck | None
    """Of the first year that is short of 三保; None where no one rule costs any."""
    floors: tuple[Floats, ...]
    """By year: (F,) what the floors of single lines add up to, money."""
    stuck: Stuck | None
    joint: Joint | None

    @property
    def first_short(self) -> int | None:
        """Which year is the first that is short of 三保; None where none is."""
        return first_short(self.chain)

    @property
    def label(self) -> str:
        """「2027—2029年」."""
        return f"{self.years[0]}—{self.years[-1]}年"


def first_short(years: Sequence[Year]) -> int | None:
    """Which year is the first that is short of 三保; None where none is."""
    return next((at for at, year in enumerate(years) if year.short), None)
