"""The left column: everything that can be tried, as it stands, as the base has it and as the model does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from zlib import crc32

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.exact import exact, nearest, spelled
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import (
    GIVEN_RULE,
    GIVEN_TOTAL_RULE,
    HARD,
    NO,
    OUTLOOK,
    POOL_AMOUNT,
    POOLS,
    SOFT,
    WEIGHTS,
    YES,
)
from transfer_opt.intake.blank import parameter_rows, weight_rows
from transfer_opt.intake.choices import SWITCHES
from transfer_opt.intake.scenario_cells import Address, Cell
from transfer_opt.policy.case import Case, Fund
from transfer_opt.policy.factor_weights import WITHIN
from transfer_opt.policy.model import ModelSpec, RuleSpec, Setting
from transfer_opt.policy.objectives import OBJECTIVES
from transfer_opt.policy.settings import Settings, shown
from transfer_opt.workbench.draft import Draft
from transfer_opt.workbook.output.template import ParameterRow, WeightRow

GOAL = ("目标", "", "顺序", "")
GOAL_MARK = ">"
HIDDEN = (POOLS, "目标", OUTLOOK, "敏感性")
"""Rules that have a place of their own on the page, or change nothing in this year's amounts."""
WORDS = {SWITCHES[0]: (YES, NO), SWITCHES[1]: (HARD, SOFT)}
"""Switch → what it says."""
SIGNS = "+-＋－−"
"""How a change that is typed begins."""
MIXED = "部分"
"""A switch that is on for some and off for others."""


@dataclass(frozen=True)
class Lever:
    """One value that can be tried."""

    address: Address
    label: str
    value: str
    base: str
    """As the scenario has it from which the draft starts."""
    default: str
    """As the model file has it."""
    summary: str
    choices: tuple[str, ...] = ()
    unit: str = ""

    @property
    def id(self) -> str:
        """Of its place on the page."""
        return f"v{crc32('·'.join(self.address).encode()):08x}"

    @property
    def is_changed(self) -> bool:
        """Whether it is not as the base has it."""
        return self.value != self.base


@dataclass(frozen=True)
class Pool:
    """A fund's money: typed, or moved in per cent of what the base has."""

    lever: Lever
    percent: str
    last: str
    """上年总额; empty where not known."""


@dataclass(frozen=True)
class Line:
    """What a rule says of one fund, or of all."""

    fund: str
    """Short; empty: of all."""
    switches: tuple[Lever, ...]
    levers: tuple[Lever, ...]


@dataclass(frozen=True)
class Rule:
    """A rule with its switches and parameters."""

    name: str
    clause: str
    source: str
    summary: str
    lines: tuple[Line, ...]

    @property
    def is_changed(self) -> bool:
        """Whether anything of it is not as the base has it."""
        return any(
            lever.is_changed for line in self.lines for lever in (*line.switches, *line.levers)
        )


@dataclass(frozen=True)
class Difference:
    """One cell that is tried, in words."""

    address: Address
    label: str
    base: str
    value: str
    typed: str = ""
    """A change as it was typed (+1%), beside the value it comes to."""
    is_idle: bool = False
    """Whether it changes nothing, because its rule is off."""


@dataclass(frozen=True)
class Levers:
    """Everything on the left."""

    pools: tuple[Pool, ...]
    groups: tuple[tuple[str, tuple[Rule, ...]], ...]
    """Clause → its rules."""
    goals: tuple[str, ...]
    further_goals: tuple[str, ...]
    """Objectives that are not in the list."""
    weights: tuple[tuple[str, tuple[Lever, ...]], ...]
    """Fund → its factors."""
    differences: tuple[Difference, ...]
    single: tuple[str, ...]
    """Rule·parameter that can be given to a single county or prefecture."""


def levers(spec: ModelSpec, case: Case, now: Settings, base: Settings, draft: Draft) -> Levers:
    """The levers of a draft; `case` is that of the base."""
    look = _Look(spec, case, now, base)
    rows = [row for row in parameter_rows(spec) if row.rule not in HIDDEN and look.has(row.fund)]
    rules = tuple(
        look.rule(spec.rules[name], tuple(of))
        for name, of in groupby(rows, key=lambda row: row.rule)
    )
    goals = tuple(look.text(now, GOAL).split(GOAL_MARK))
    return Levers(
        tuple(look.pools()),
        tuple(_by_clause(rules)),
        goals,
        tuple(name for name in OBJECTIVES if name not in goals),
        tuple(look.weights()),
        tuple(look.difference(address, cell) for address, cell in draft.cells.items()),
        tuple(_single(spec)),
    )


def stands(spec: ModelSpec, case: Case, settings: Settings, address: Address) -> str:
    """What holds at an address, as an official reads it; `case` is that of the base."""
    return _Look(spec, case, settings, settings).text(settings, address)


def _by_clause(rules: Sequence[Rule]) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    names = dict.fromkeys(rule.clause for rule in rules)
    for name in names:
        yield name, tuple(rule for rule in rules if rule.clause == name)


def _single(spec: ModelSpec) -> Iterator[str]:
    """What may be said of one county: bounds first, then the parameters and switches of rules by line or unit."""
    for name in (GIVEN_RULE, GIVEN_TOTAL_RULE):
        yield from (f"{name}·{parameter}" for parameter in spec.rules[name].parameters)
    for rule in spec.rules.values():
        if rule.name in (GIVEN_RULE, GIVEN_TOTAL_RULE, *HIDDEN) or rule.fixed:
            continue
        yield from (
            f"{rule.name}·{parameter.name}"
            for parameter in rule.parameters.values()
            if parameter.by in ("line", "recipient", "prefecture")
        )
        if rule.by in ("line", "recipient"):
            yield f"{rule.name}·启用"


@dataclass(frozen=True)
class _Look:
    """How values stand now, and in the base."""

    spec: ModelSpec
    case: Case
    """Of the base."""
    now: Settings
    base: Settings

    def has(self, fund: str) -> bool:
        """Whether the fund, if one is named, is this year's."""
        return not fund or fund in self.now.funds

    def pools(self) -> Iterator[Pool]:
        for fund in self.case.funds:
            address = (POOLS, fund.name, POOL_AMOUNT, "")
            amount, base = (given_total(fund, each) for each in (self.now, self.base))
            shift = (amount / base - 1) * 100 if base else 0.0
            lever = Lever(
                address,
                fund.name,
                spelled(amount),
                spelled(base),
                "",
                "本年可以分配的总额，含预留；可以填数，也可以写 +1%、-2000",
                unit=self.case.money_unit,
            )
            yield Pool(lever, f"{shift:.2f}".rstrip("0").rstrip("."), self._last(fund.name))

    def _last(self, fund: str) -> str:
        amounts = self.case.history[[each.name for each in self.case.funds].index(fund)]
        return "" if np.isnan(amounts).all() else spelled(round(float(np.nansum(amounts)), 8))

    def rule(self, rule: RuleSpec, rows: tuple[ParameterRow, ...]) -> Rule:
        clause = rule.clauses[0] if rule.clauses else None
        source = "；".join(
            f"{each.document}{each.number}{f'（{each.date}）' if each.date else ''}{each.grade}"
            for each in rule.clauses
        )
        funds = dict.fromkeys(row.fund for row in rows)
        lines = tuple(self.line(rule, fund, [r for r in rows if r.fund == fund]) for fund in funds)
        return Rule(rule.name, clause.brief if clause else "", source, rule.summary, lines)

    def line(self, rule: RuleSpec, fund: str, rows: Sequence[ParameterRow]) -> Line:
        known = self.spec.fund(fund) if fund else None
        return Line(
            known.short if known else "",
            () if rule.fixed else tuple(self.switches(rule, fund)),
            tuple(self.lever(row) for row in rows if row.parameter),
        )

    def switches(self, rule: RuleSpec, fund: str) -> Iterator[Lever]:
        for name, words in WORDS.items():
            address = (rule.name, fund, name, "")
            now, base = self.text(self.now, address), self.text(self.base, address)
            yield Lever(address, name, now, base, "", rule.summary, words)

    def lever(self, row: ParameterRow) -> Lever:
        address = (row.rule, row.fund, row.parameter, "")
        spec = self.spec.rules[row.rule].parameters[row.parameter]
        return Lever(
            address,
            row.parameter,
            self.text(self.now, address),
            self.text(self.base, address),
            shown(row.value if isinstance(row.value, float | int | str) else None, spec.kind),
            row.note,
            spec.choices if spec.kind == "choice" else (),
        )

    def weights(self) -> Iterator[tuple[str, tuple[Lever, ...]]]:
        rows = [row for row in weight_rows(self.spec) if self.has(row.fund)]
        for fund, of in groupby(rows, key=lambda row: row.fund):
            yield fund, tuple(map(self._weight, of))

    def _weight(self, row: WeightRow) -> Lever:
        within = WITHIN + row.parameter if row.parameter else ""
        address = (WEIGHTS, row.fund, normalise(row.factor) + within, "")
        return Lever(
            address,
            f"{row.factor}：{row.parameter}" if row.parameter else row.factor,
            self.text(self.now, address),
            self.text(self.base, address),
            "" if row.value is None else spelled(row.value),
            row.note,
        )

    def difference(self, address: Address, cell: Cell) -> Difference:
        rule, fund, parameter, place = address
        known = self.spec.fund(fund) if fund else None
        label = "·".join(
            part for part in (rule, known.short if known else fund, parameter, place) if part
        )
        value = self.text(self.now, address) or (cell if isinstance(cell, str) else spelled(cell))
        typed = cell if isinstance(cell, str) and cell[:1] in SIGNS else ""
        base = _grouped(self.text(self.base, address)) or "没有"
        return Difference(address, label, base, _grouped(value), typed, self._is_idle(address))

    def _is_idle(self, address: Address) -> bool:
        """Whether it is a value of a rule that is off where the value would hold."""
        rule, fund, parameter, place = address
        if parameter in SWITCHES or rule in (WEIGHTS, *HIDDEN) or self.spec.rules[rule].fixed:
            return False
        return self.text(self.now, (rule, fund, SWITCHES[0], place)) == NO

    def text(self, settings: Settings, address: Address) -> str:
        """A cell's value as an official reads it; empty where there is none."""
        rule, fund, parameter, place = address
        subject = settings.subject(fund, place)
        if parameter in WORDS:
            yes, no = WORDS[parameter]
            asked = settings.by_fund() if self._is_told_apart(rule) and not fund else subject
            switch = settings.on if parameter == SWITCHES[0] else settings.hard
            found = set(switch(rule, asked).tolist())
            return MIXED if len(found) > 1 else yes if found == {True} else no
        if parameter == SWITCHES[2]:
            return str(int(settings.priority(rule, subject)[0]))
        spec = settings.rules[rule].parameters[parameter]
        if spec.numeric:
            number = settings.cell(rule, parameter, fund, place)
            if np.isnan(number) and (rule, parameter) == (POOLS, POOL_AMOUNT):
                return spelled(
                    next(
                        given_total(each, settings) for each in self.case.funds if each.name == fund
                    )
                )
            return "" if np.isnan(number) else shown(number, spec.kind)
        value: Setting | None = settings.texts(rule, parameter, subject)[0]
        return shown(value if value == value else None, spec.kind) or (
            GOAL_MARK.join(self.spec.objective) if spec.kind == "objectives" else ""
        )

    def _is_told_apart(self, rule: str) -> bool:
        return self.spec.rules[rule].by in ("line", "fund", "prefecture")


def _grouped(text: str) -> str:
    """A plain number with thousands separators; anything else as it is."""
    return spelled(float(text)) if text.replace(".", "", 1).isdecimal() else text


def given_total(fund: Fund, settings: Settings) -> float:
    """本年总额 as it is written, not as it stands once the province's own money is shared out."""
    said = settings.cell(POOLS, POOL_AMOUNT, fund.name)
    written = fund.number(POOL_AMOUNT) if np.isnan(said) else said
    return fund.budget if np.isnan(written) else written


def moved_pool(budget: float, percent: float, unit: mpq) -> float:
    """A pool moved by so many per cent, to the nearest whole publishing unit."""
    return float(nearest(exact(budget) * (100 + exact(percent)) / 100 / unit) * unit)
