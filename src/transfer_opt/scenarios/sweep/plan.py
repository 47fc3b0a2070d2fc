"""What a sweep varies: parameters from low to high, data by so many per cent; and the points that come of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Sheet, SheetRow, Value
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number
from transfer_opt.core.version import __version__
from transfer_opt.core.vocabulary import OUTLOOK, POOL_AMOUNT, POOLS, RULES
from transfer_opt.intake.checks.bounds import gets_money, no_money
from transfer_opt.intake.choices import pools_given, read_choices
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.admissible import changed_amount
from transfer_opt.policy.factors import NEED_COLUMNS
from transfer_opt.policy.given import gives_bound
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import Settings, shown

NOW = -1
"""The index of the budget as it stands, which every sweep answers first."""
NEED_GROUP = "三保需求"
"""Stands for the three need columns, which then move together."""
DIGITS = 10
"""Significant digits of a varied value: a grid has no dust, and a table can be typed again from paper."""
SHAPE = "规则·资金·参数=起:止:个数（或 规则·参数=值,值,…）"


@dataclass(frozen=True)
class Vary:
    """One parameter and the values it takes; a random draw lies between the least and the largest."""

    text: str
    """As an official reads it, e.g. 增幅上限·均衡性·增幅上限."""
    change: Change
    kind: str
    values: tuple[float, ...]

    def at(self, value: float) -> Change:
        """The change that sets it."""
        return replace(self.change, value=value)

    def shown(self, value: float) -> str:
        """A value as a table shows it."""
        return shown(value, self.kind)


@dataclass(frozen=True)
class Uncertain:
    """A column whose figures may each be off by up to a share of themselves."""

    text: str
    columns: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class Plan:
    """Every combination of the values, or `draws` random points with a seed."""

    varies: tuple[Vary, ...]
    uncertain: tuple[Uncertain, ...]
    draws: int
    """0: the grid."""
    seed: int

    @cached_property
    def indices(self) -> tuple[int, ...]:
        """The budget as it stands, then the scenarios."""
        return tuple(range(NOW, self.size))

    @cached_property
    def size(self) -> int:
        """How many scenarios there are."""
        return self.draws or int(np.prod([len(vary.values) for vary in self.varies]))

    def values(self, index: int) -> tuple[float, ...]:
        """What each varied parameter is in a scenario; the first varies slowest."""
        if self.draws:
            places = self._random(index).random(len(self.varies))
            return tuple(
                _rounded(min(v.values) + place * (max(v.values) - min(v.values)))
                for v, place in zip(self.varies, places.tolist(), strict=True)
            )
        at = np.unravel_index(index, [len(vary.values) for vary in self.varies])
        return tuple(vary.values[int(place)] for vary, place in zip(self.varies, at, strict=True))

    def settings(self, settings: Settings, index: int) -> Settings:
        """The settings of a scenario: the budget's, with one more layer of changes and the data it draws."""
        if index == NOW:
            return settings
        changes = tuple(
            vary.at(value) for vary, value in zip(self.varies, self.values(index), strict=True)
        )
        layers = (*settings.layers, changes)
        return replace(settings, layers=layers, recipients=self._drawn(settings.recipients, index))

    def digest(self, prepared: Prepared) -> str:
        """What the answers depend on: program, input, model, scenario, plan."""
        parts = [
            __version__,
            prepared.budget.sha256,
            prepared.spec.sha256,
            prepared.scenario,
            repr(prepared.settings.layers),
            repr(prepared.objective),
            repr(self.varies),
            repr(self.uncertain),
            self.draws,
            self.seed,
        ]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def _drawn(self, units: Recipients, index: int) -> Recipients:
        """Every figure of an uncertain column times its own factor between 1 − share and 1 + share."""
        if not self.uncertain:
            return units
        random = self._random(index)
        random.random(len(self.varies))  # what the parameters took
        numbers = dict(units.numbers)
        for entry in self.uncertain:
            factor = 1 + entry.share * (2 * random.random(len(units)) - 1)
            for column in entry.columns:
                numbers[column] = _figures(numbers[column] * factor)
        return replace(units, numbers=numbers)

    def _random(self, index: int) -> np.random.Generator:
        """Each scenario has a generator of its own: neither order nor machine matters."""
        return np.random.Generator(np.random.PCG64([self.seed, index]))


def plan(
    prepared: Prepared,
    varies: Sequence[str],
    uncertain: Sequence[str],
    draws: int | None,
    seed: int,
) -> Plan:
    """The plan of the command line's words; raises InputError with every mistake in them."""
    problems: list[Problem] = []
    chosen = [_vary(prepared, text, problems) for text in varies]
    columns = [
        _uncertain(prepared.spec, prepared.settings.recipients, text, problems)
        for text in uncertain
    ]
    if not varies and not uncertain:
        problems.append(
            Problem("E230", "没有说要变动什么。", f'用 --vary "{SHAPE}"，或 --uncertain "列=±x%"。')
        )
    if uncertain and not draws:
        problems.append(
            Problem(
                "E231",
                "--uncertain 要和 --random 一起用：数据的偏差是随机抽取的。",
                "加上 --random 200。",
            )
        )
    keys = [vary.change.key for vary in chosen if vary]
    if len(set(keys)) < len(keys):
        problems.append(Problem("E232", "有两个 --vary 说的是同一个参数。", "删去其中一个。"))
    if problems:
        raise InputError(tuple(dict.fromkeys(problems)))
    return Plan(tuple(v for v in chosen if v), tuple(u for u in columns if u), draws or 0, seed)


def _vary(prepared: Prepared, text: str, problems: list[Problem]) -> Vary | None:
    address, equals, amounts = text.partition("=")
    parts = [normalise(part) for part in address.split("·")]
    number = _pool_amounts(prepared, parts, text, problems)
    told = len(problems)
    values = _values(amounts, number) if equals and 2 <= len(parts) <= 4 else None
    if len(problems) > told:
        return None
    if values is None:
        problems.append(
            Problem(
                "E233",
                f"--vary「{text}」看不懂。",
                f"写成 {SHAPE}，如 增幅上限·均衡性·增幅上限=10%:20%:5。",
            )
        )
        return None
    return addressed(prepared, f"--vary「{text}」", parts, values, problems)


def addressed(
    prepared: Prepared,
    said: str,
    parts: Sequence[str],
    values: Sequence[float],
    problems: list[Problem],
) -> Vary | None:
    """The parameter at 规则·资金·参数·对象 (two parts: without 资金) with these values; None where `problems` say why not."""
    rule, fund, parameter, place = (
        (parts[0], "", parts[1], "") if len(parts) == 2 else (*parts, "")[:4]
    )
    found = None
    for value in values:
        found = _change(prepared, said, _one_row(rule, fund, parameter, place, value), problems)
        if found is None:
            return None
    assert found is not None, "there is at least one value"
    spec = prepared.spec.rules[found.rule].parameters.get(found.parameter)
    if spec is None or not spec.numeric:
        problems.append(
            Problem(
                "E234",
                f"{said}：只有数字参数可以从小到大变动。",
                "文字参数请在「方案」里另起一列。",
            )
        )
        return None
    if found.fund and found.fund not in prepared.settings.funds:
        problems.append(
            Problem("E235", f"{said}：「资金总额」里没有这项资金。", "写明今年有的资金。")
        )
        return None
    if found.rule == OUTLOOK:
        problems.append(
            Problem(
                "E238",
                f"{said}：规则「{OUTLOOK}」只管以后各年，这里只算本年，变动它没有结果可看。",
                "在「方案」里按不同的增幅各起一列，用 transfer-opt compare 工作簿 --years 年数 比较。",
            )
        )
        return None
    if gives_bound(found):
        fund_at, place_at = prepared.settings.subject(found.fund, found.object)[0].tolist()
        if not gets_money(prepared.settings, fund_at, place_at):
            message, _ = no_money(prepared.settings, place_at)
            problems.append(Problem("E333", f"{said}：{message}", "另写一个参加的，或改「资格」。"))
            return None
    known = prepared.spec.fund(found.fund) if found.fund else None
    name = "·".join(
        part
        for part in (found.rule, known.short if known else "", found.parameter, found.object)
        if part
    )
    return Vary(name, found, spec.kind, tuple(values))


def _change(prepared: Prepared, said: str, row: Sheet, problems: list[Problem]) -> Change | None:
    """The change that a row of 「约束参数」 makes; what is wrong with it is told of the option that said it."""
    choices = read_choices(prepared.spec, {RULES: row}, prepared.settings.recipients)
    problems += [
        replace(problem, sheet="", cell="", column="", message=f"{said}：{problem.message}")
        for problem in choices.problems
    ]
    return None if choices.problems else choices.changes[0]


def _pool_amounts(
    prepared: Prepared, parts: Sequence[str], text: str, problems: list[Problem]
) -> Callable[[str], float | None]:
    """How the numbers of one --vary are read: those of 本年总额 may be changes on the present amount, with their sign."""
    fund = prepared.spec.fund(parts[1]) if len(parts) > 2 else None
    pools = pools_given(prepared.spec, prepared.budget.sheets)
    if fund is None or fund.name not in pools or (parts[0], parts[2]) != (POOLS, POOL_AMOUNT):
        return to_number

    def number(part: str) -> float | None:
        found = changed_amount(part, pools[fund.name]) if part else None
        if isinstance(found, tuple):
            problems.append(Problem("E217", f"--vary「{text}」：{part} {found[0]}", found[1]))
            return None
        return found

    return number


def _values(text: str, number: Callable[[str], float | None]) -> tuple[float, ...] | None:
    """「起:止:个数」 or 「值,值,…」 as numbers; None where it is neither."""
    text = normalise(text)
    if ":" not in text:
        listed = [number(part) for part in text.split(",")]
        return (
            None
            if None in listed
            else tuple(dict.fromkeys(_rounded(value) for value in listed if value is not None))
        )
    parts = text.split(":")
    if len(parts) != 3 or not parts[2].isdecimal() or int(parts[2]) < 1:
        return None
    low, high = number(parts[0]), number(parts[1])
    if low is None or high is None:
        return None
    return tuple(
        dict.fromkeys(_rounded(value) for value in np.linspace(low, high, int(parts[2])).tolist())
    )


def _uncertain(
    spec: ModelSpec, units: Recipients, text: str, problems: list[Problem]
) -> Uncertain | None:
    column, equals, amount = text.partition("=")
    name = spec.aliases.get(normalise(column), normalise(column))
    share = to_number(re.sub(r"^(±|\+/?-)", "", normalise(amount)))
    if not equals or share is None or not 0 < share < 1:
        problems.append(
            Problem(
                "E236",
                f"--uncertain「{text}」看不懂。",
                "写成 列=±x%，如 常住人口=±5%，x 在 0 和 100 之间。",
            )
        )
        return None
    columns = NEED_COLUMNS if name == NEED_GROUP else (name,)
    if any(each not in units.numbers for each in columns):
        problems.append(
            Problem(
                "E237",
                f"--uncertain「{text}」：「县区数据」没有这个数字列。",
                did_you_mean(name, [NEED_GROUP, *units.numbers]),
            )
        )
        return None
    return Uncertain(f"{name}±{share * 100:.6g}%", columns, share)


def _one_row(rule: str, fund: str, parameter: str, place: str, value: float) -> Sheet:
    """The words of the command line as a row of 「约束参数」, so that they are read and checked alike."""
    cells: dict[str, Value] = {
        "规则": rule,
        "资金": fund,
        "参数": parameter,
        "对象": place,
        "取值": value,
    }
    letters = {name: chr(ord("A") + at) for at, name in enumerate(cells)}
    return Sheet(
        RULES,
        "",
        None,
        letters,
        (SheetRow(1, {name: cell for name, cell in cells.items() if cell != ""}),),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _figures(values: Floats) -> Floats:
    return np.array([_rounded(value) for value in values.tolist()])
