"""A budget and its outlook → each year's settings and case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import filterfalse

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.instance import Instance
from transfer_opt.core.arrays import NOWHERE, Floats, Ints
from transfer_opt.core.budget import Budget
from transfer_opt.core.exact import exact, exacts, floats
from transfer_opt.core.vocabulary import (
    BOUNDS,
    OUTLOOK,
    OUTLOOK_ITEMS,
    POOL_AMOUNT,
    POOLS,
    ROUNDING_STEP,
    SECTIONS,
    SUCCESSION,
)
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.outlook import Outlook
from transfer_opt.policy.case import YUAN, Case
from transfer_opt.policy.given import gives_bound
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.outlook_growth import pool_growths
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings

FORECAST_YUAN = 100
"""What is only forecast is worked out to this many 元 where the publishing unit is larger: no year's rounding weighs on
the next, and every total still adds up.
"""
THIS_YEAR_ALONE = ("其中一次性", "提前下达")
"""In the names of columns of 「县区数据」 that speak of this year's amounts and no other's."""
ASSESSED = "生态考核结果"


@dataclass(frozen=True)
class Horizon:
    """Several years of one budget: this year's problem as it stands, and what is expected of the years after it."""

    spec: ModelSpec
    budget: Budget
    outlook: Outlook
    """What is expected where the settings set no growth of their own (rule 「年度展望」)."""
    first: Instance
    """This year's problem, exactly as `solve` has it."""
    years: tuple[int, ...]
    """This year, then those after it."""

    def label(self, at: int) -> str:
        """What a year is called."""
        return f"{self.years[at]}年"

    @cached_property
    def _later(self) -> Budget:
        """The workbook of a later year: 「县区上下限」, 「断面」 and 「区划调整」 speak of this one."""
        alone = (BOUNDS, SECTIONS, SUCCESSION)
        sheets = {name: sheet for name, sheet in self.budget.sheets.items() if name not in alone}
        return replace(self.budget, sheets=sheets)

    def settings(self, base: Settings, at: int, pools: Mapping[str, float]) -> Settings:
        """A later year's, last year's amounts not yet known, and without the bounds that speak of this year's amounts.

        `base` is what this year is solved with; `pools` are 本年总额 that differ from what the outlook says.
        """
        amounts = {**self.pools(base, at), **pools}
        changes = [Change(POOLS, fund, POOL_AMOUNT, "", amount) for fund, amount in amounts.items()]
        layers = tuple(tuple(filterfalse(gives_bound, layer)) for layer in base.layers)
        return replace(base, recipients=self._recipients(base, at), layers=layers).changed(
            *changes, *self._unit(base)
        )

    def problem(self, settings: Settings) -> Instance:
        """A later year's problem under its own settings."""
        rebuild = partial(assemble, self.spec, self._later)
        return replace(self.first, settings=settings, rebuild=rebuild, case=rebuild(settings))

    def pools(self, base: Settings, at: int) -> dict[str, float]:
        """本年总额 by fund."""
        this_year = self.first.rebuild(base) if base != self.first.settings else self.first.case
        found, growths = {}, pool_growths(base)
        for fund in this_year.funds:
            amount = exact(fund.budget)
            for year in self.years[1 : at + 1]:
                own = fund.name in growths
                said = (growths[fund.name], True) if own else self.outlook.pool(fund.name, year)
                amount = _next(amount, *said)
            found[fund.name] = float(amount)
        return found

    def _recipients(self, base: Settings, at: int) -> Recipients:
        """The counties as they are expected to be, with nothing said of this year's amounts alone."""
        units = base.recipients
        numbers = {
            name: values
            for name, values in units.numbers.items()
            if not name.startswith("上年") and not any(part in name for part in THIS_YEAR_ALONE)
        }
        for item in OUTLOOK_ITEMS:
            if item in numbers:
                for year in self.years[1 : at + 1]:
                    numbers[item] = self._moved(base, item, numbers[item], year)
        texts = {name: words for name, words in units.texts.items() if name != ASSESSED}
        return replace(units, numbers=numbers, texts=texts)

    def _moved(self, base: Settings, item: str, before: Floats, year: int) -> Floats:
        """A column a year on: grown as the settings have it, else as the outlook says; as it was where nothing speaks."""
        said, is_growth = self.outlook.of(item, "", year)
        growth = base.numbers(OUTLOOK, item, _everywhere(base.recipients))
        said = np.where(np.isnan(growth), said, growth)
        is_growth = is_growth | ~np.isnan(growth)
        there = ~np.isnan(said) & ~np.isnan(before)
        past, now = exacts(before[there]), exacts(said[there])
        after = before.copy()
        after[there] = floats(np.where(is_growth[there], past * (1 + now), now))
        return after

    def _unit(self, base: Settings) -> tuple[Change, ...]:
        """公布单位 of what is only forecast."""
        unit = self.first.case.figures.unit * YUAN[self.first.case.money_unit]
        if unit <= FORECAST_YUAN:
            return ()
        return (Change(ROUNDING_STEP, "", "单位", "", f"{FORECAST_YUAN}元"),)


def paid(settings: Settings, case: Case, amounts: Floats) -> Settings:
    """The settings of the year after one that paid these amounts (L,), money; whoever had no line got nothing."""
    units = settings.recipients
    table = np.nan_to_num(case.by_county(amounts))
    last = {f"上年{fund.name}": row for fund, row in zip(case.funds, table, strict=True)}
    return replace(settings, recipients=replace(units, numbers={**units.numbers, **last}))


def _everywhere(units: Recipients) -> Ints:
    """The subjects (n, 2) "no fund in particular, each county"."""
    return np.stack([np.full(len(units), NOWHERE), np.arange(len(units))], axis=1)


def _next(amount: mpq, said: float, is_growth: bool) -> mpq:
    if np.isnan(said):
        return amount
    return amount * (1 + exact(said)) if is_growth else exact(said)
