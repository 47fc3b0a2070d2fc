"""Codes told of the years after this one, by commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from years import two_counties

from sentences.commands_said import Row, Say, refused
from sentences.desk import Desk
from transfer_opt.allocation.years.joint import refuse_unfit
from transfer_opt.policy.case import Case


def planned(make: Callable[[Path], Path] | None = None, *options: str) -> Say:
    """`plan` of a budget made so; else of the small one, which has no outlook."""

    def say(desk: Desk) -> str:
        budget = make(desk.path("两县.xlsx")) if make else desk.small[0]
        return desk.says("plan", budget, "-o", desk.path("多年.xlsx"), *options)

    return say


def together(*objective: str, units: int = 1) -> Say:
    """Whether so many counties, with these objectives, can be decided for all years together."""
    case = cast(Case, SimpleNamespace(recipients=range(units)))
    return refused(lambda _: refuse_unfit(case, objective))


YEARS = (
    Row("E405", planned(), planned(two_counties)),
    Row("E406", planned(two_counties, "--years", "3"), planned(two_counties)),
    Row("E407", together(units=201), together(units=200)),
    Row("E408", together("较上年波动最小"), together("贴近因素法")),
)
