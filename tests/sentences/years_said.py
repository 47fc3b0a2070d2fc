"""Codes told of the years after this one, by commands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from years import two_counties

from sentences.commands_said import Row, Say, refused
from sentences.desk import Desk
from sentences.features_said import made
from transfer_opt.allocation.years.joint import refuse_unfit
from transfer_opt.policy.case import Case


def planned(*options: str) -> Say:
    """`plan` of two counties and their outlook."""
    return made("plan", two_counties, *options)


def without_outlook(desk: Desk) -> str:
    """`plan` of the small budget, which has none."""
    return desk.says("plan", desk.small[0], "-o", desk.path("多年.xlsx"))


def together(*objective: str, units: int = 1) -> Say:
    """Whether so many counties, with these objectives, can be decided for all years together."""
    case = cast(Case, SimpleNamespace(recipients=range(units)))
    return refused(lambda _: refuse_unfit(case, objective))


YEARS = (
    Row("E405", without_outlook, planned()),
    Row("E406", planned("--years", "3"), planned()),
    Row("E407", together(units=201), together(units=200)),
    Row("E408", together("较上年波动最小"), together("贴近因素法")),
)
