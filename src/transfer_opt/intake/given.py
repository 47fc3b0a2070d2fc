"""The bounds that hold: those of 「县区上下限」, and side by side what 「约束参数」 and 「方案」 say in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import Budget, SheetRow, is_number
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import BOUND_SIDES, BOUNDS, CODE, NAME, RULES, SCENARIOS, TOTAL
from transfer_opt.intake.unit_names import Found, Register
from transfer_opt.policy.case import GivenBound
from transfer_opt.policy.given import gives_bound
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.settings import Settings

Subject = tuple[int, int]
"""A fund (NOWHERE: all of them) and a recipient, or a prefecture as n + its position."""


@dataclass(frozen=True)
class Bounded:
    """What a row of 「县区上下限」 speaks of."""

    fund: int | None
    """NOWHERE: all funds together; None: not known."""
    found: Found
    """The recipient, or the prefecture as n + its position."""
    is_prefecture: bool


@dataclass(frozen=True)
class Stated:
    """One side of a bound as a parameter gives it."""

    change: Change
    sheet: str
    """「约束参数」 or 「方案」: where it is written."""

    @property
    def value(self) -> float:
        """Money."""
        return float(self.change.value or 0)


def given_bounds(spec: ModelSpec, budget: Budget, settings: Settings) -> tuple[GivenBound, ...]:
    """All that hold: in the order of the sheet's rows, then those that are stated only as parameters."""
    found = _of_sheet(spec, budget, settings)
    for subject, sides in stated_bounds(settings).items():
        found[subject] = _instead(
            found.get(subject, GivenBound(*subject, np.nan, np.nan, "")), sides
        )
    return tuple(found.values())


def stated_bounds(settings: Settings) -> dict[Subject, dict[str, Stated]]:
    """Those given as parameters, by what they speak of and by side; the scenario has the last word."""
    found: dict[Subject, dict[str, Stated]] = {}
    for layer, changes in enumerate(settings.layers):
        for change in filter(gives_bound, changes):
            subject = settings.named(change)
            if subject is not None:
                fund, place = subject[0].tolist()
                sides = found.setdefault((fund, place), {})
                sides[change.parameter] = Stated(change, SCENARIOS if layer else RULES)
    return found


def bounded_by(spec: ModelSpec, settings: Settings, row: SheetRow, units: Register) -> Bounded:
    """The fund and the recipient or prefecture a row of 「县区上下限」 speaks of."""
    text = normalise(str(row.values.get("资金", "")))
    fund = spec.fund(text)
    place = NOWHERE if text == TOTAL else None
    if fund is not None and fund.name in settings.funds:
        place = settings.funds.index(fund.name)
    found = units.find(str(row.values.get(CODE, "")), str(row.values.get(NAME, "")))
    if found.place is None:
        name = normalise(str(row.values.get(NAME, "")))
        prefectures = [normalise(str(each)) for each in settings.recipients.prefectures]
        if name in prefectures:
            return Bounded(
                place, Found(len(settings.recipients) + prefectures.index(name)), is_prefecture=True
            )
    return Bounded(place, found, is_prefecture=False)


def register(spec: ModelSpec, settings: Settings) -> Register:
    """The units of 「县区数据」, to be found by any spelling."""
    return Register(settings.recipients.code, settings.recipients.name, spec.former)


def _of_sheet(spec: ModelSpec, budget: Budget, settings: Settings) -> dict[Subject, GivenBound]:
    sheet, units = budget.sheets.get(BOUNDS), register(spec, settings)
    found = {}
    for row in sheet.rows if sheet else ():
        bounded = bounded_by(spec, settings, row, units)
        fund, place = bounded.fund, bounded.found.place
        if fund is not None and place is not None:
            floor, cap = (_money(row, side) for side in BOUND_SIDES)
            found[fund, place] = GivenBound(
                fund, place, floor, cap, str(row.values.get("理由", ""))
            )
    return found


def _instead(of_sheet: GivenBound, sides: Mapping[str, Stated]) -> GivenBound:
    """What holds of a row of the sheet where parameters take the place of one side or both."""
    written = dict(zip(BOUND_SIDES, (of_sheet.floor, of_sheet.cap), strict=True))
    floor, cap = (sides[side].value if side in sides else written[side] for side in BOUND_SIDES)
    reasons = {
        side: f"「{sides[side].sheet}」中给定" if side in sides else of_sheet.reason
        for side in BOUND_SIDES
        if side in sides or not np.isnan(written[side])
    }
    one = len(set(reasons.values())) == 1
    reason = (
        next(iter(reasons.values()))
        if one
        else "；".join(f"{side}：{reason}" for side, reason in reasons.items())
    )
    return GivenBound(of_sheet.fund, of_sheet.place, floor, cap, reason)


def _money(row: SheetRow, column: str) -> float:
    value = row.values.get(column)
    return float(value) if is_number(value) else np.nan
