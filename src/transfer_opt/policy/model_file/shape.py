"""The shape of a model file: which tables it has, their keys, and what kind of thing each key holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import closest, did_you_mean
from transfer_opt.core.text import normalise

Table = Mapping[str, Any]

_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Kind:
    """What a key may hold."""

    said: str
    fits: Callable[[Any], bool]
    example: str


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _weight(value: Any) -> bool:
    return _number(value) and value >= 0


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _setting(value: Any) -> bool:
    return _number(value) or _text(value)


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _by_name(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _one_or_by_name(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: fits(value) or _by_name(fits)(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


TEXT = Kind("加引号的文字", _text, '"…"')
NAME = Kind("加引号的名称，里面没有空格和全角括号", lambda value: _text(value) and value != "" and normalise(value) == value, '"…"')
NUMBER = Kind("数字", _number, "0.0")
WEIGHT = Kind("不小于 0 的数字", _weight, "1.0")
WHOLE = Kind("1、2、3 这样的整数", _whole, "1")
FLAG = Kind("true 或 false", _flag, "true")
TEXTS = Kind("方括号里的几段文字", _each(_text), '["…"]')
WORDS = Kind("花括号里的「名称 = 文字」", _by_name(_text), '{ "…" = "…" }')
WEIGHTS = Kind("花括号里的「名称 = 不小于 0 的数字」", _by_name(_weight), '{ "…" = 1.0 }')
SWITCH = Kind("true、false，或花括号里的「资金 = true 或 false」", _one_or_by_name(_flag), "true")
SETTING = Kind("数字或文字", _setting, "0.0")
DEFAULT = Kind("一个取值，或花括号里的「资金 = 取值」", _one_or_by_name(_setting), "0.0")
TABLE = Kind("一个表", _is_table, "{ }")
TABLES = Kind("几个表", _each(_is_table), "[ ]")
SOME_TABLES = Kind("至少一段，如 [[funds]]、[[funds.factors]]", lambda value: _each(_is_table)(value) and value != [], "[{ … }]")


@dataclass(frozen=True)
class Shape:
    """The keys of a table: those it must have, and those it may have."""

    required: Mapping[str, Kind]
    optional: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, Kind]:
        """All keys."""
        return {**self.required, **self.optional}


MODEL = Shape({"title": TEXT, "version": TEXT, "objective": TEXTS, "clauses": TABLE, "funds": SOME_TABLES, "rules": TABLE},
              {"aliases": WORDS, "values": TABLE, "former": WORDS, "terms": TABLE, "scenarios": TABLES})
CLAUSE = Shape({"document": TEXT, "number": TEXT, "date": TEXT, "grade": TEXT})
TERM = Shape({"days": WHOLE, "clause": TEXT})
FUND = Shape({"name": NAME, "short": NAME, "clause": TEXT, "factors": SOME_TABLES}, {"kind": TEXT, "account": TEXT})
FACTOR = Shape({"function": TEXT, "title": TEXT, "weight": WEIGHT, "clause": TEXT}, {"parameters": TABLE})
RULE = Shape({"clause": TEXTS, "by": TEXT, "summary": TEXT},
             {"fixed": FLAG, "on": SWITCH, "hard": SWITCH, "priority": WHOLE, "parameters": TABLE})
PARAMETER = Shape({"summary": TEXT}, {"kind": TEXT, "by": TEXT, "default": DEFAULT, "minimum": NUMBER, "maximum": NUMBER,
                                      "step": NUMBER, "choices": TEXTS})
SCENARIO = Shape({"name": TEXT}, {"changes": TABLES})
CHANGE = Shape({"rule": TEXT, "parameter": TEXT, "value": SETTING}, {"fund": TEXT, "object": TEXT})


def header(*keys: str) -> str:
    """A table's header as it stands in the file: [rules."上年保底"]; bare is what TOML lets stand bare."""
    bare = (key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else f'"{key}"' for key in keys)
    return f"[{'.'.join(bare)}]"


def told(place: str, message: str, remedy: str, code: str = "E150") -> Problem:
    """A problem of the model file at one place of it."""
    where = f" {place}{' ' if place[-1].isascii() else ''}" if place else ""
    return Problem(code, f"模型文件{where}{message.removesuffix('。')}。", remedy)


def shown(value: Any) -> str:
    """A value as it stands in the file, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, str | int | float | list | dict) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def shape_problems(table: Table) -> Iterator[Problem]:
    """Every key that is missing, unknown or holds the wrong kind of thing."""
    yield from _misshapen("", table, MODEL)
    for place, entry, shape in _parts(table):
        if isinstance(entry, dict):
            yield from _misshapen(place, entry, shape)
        else:
            yield told(place, f"写的是 {shown(entry)}，应是{TABLE.said}",
                       f"写成 {place} 一行，下面各占一行写 {'、'.join(shape.required)}。")


def keys_known(place: str, found: Table, kinds: Mapping[str, Kind], required: Mapping[str, Kind]) -> Iterator[Problem]:
    """A table's keys against those it may and must have; a key that is only misspelt is told once."""
    for key, value in found.items():
        if key not in kinds:
            yield told(place, f"里的「{key}」不认识", did_you_mean(key, kinds))
        elif not kinds[key].fits(value):
            yield told(place, f"里的「{key}」写的是 {shown(value)}，应是{kinds[key].said}",
                       f"写成 {key} = {kinds[key].example} 这样。")
    meant = {closest(key, kinds) for key in found if key not in kinds}
    for key in required:
        if key not in found and key not in meant:
            where = f"在 {place} 里" if place else "在文件开头"
            yield told(place, f"里缺少「{key}」", f"{where}加上 {key} = {kinds[key].example}（{kinds[key].said}）。")


def _misshapen(place: str, entry: Table, shape: Shape) -> Iterator[Problem]:
    return keys_known(place, entry, shape.kinds, shape.required)


def _parts(table: Table) -> Iterator[tuple[str, Any, Shape]]:
    """Every table inside, where it stands and what shape it should have."""
    for name, shape in (("clauses", CLAUSE), ("terms", TERM), ("rules", RULE)):
        for key, entry in _members(table, name):
            yield header(name, key), entry, shape
    for rule, entry in _members(table, "rules"):
        for key, parameter in _members(entry, "parameters"):
            yield header("rules", rule, "parameters", key), parameter, PARAMETER
    for column, words in _members(table, "values"):
        yield header("values", column), words, Shape({}, dict.fromkeys(words, TEXT) if isinstance(words, dict) else {})
    for fund in _listed(table, "funds"):
        yield fund_place(fund), fund, FUND
        for factor in _listed(fund, "factors"):
            yield factor_place(fund, factor), factor, FACTOR
    for scenario in _listed(table, "scenarios"):
        yield scenario_place(scenario), scenario, SCENARIO
        for change in _listed(scenario, "changes"):
            yield f"{scenario_place(scenario)}的 changes", change, CHANGE


def fund_place(fund: Table) -> str:
    """Where a fund is described."""
    return f"[[funds]]「{fund.get('name', '?')}」"


def factor_place(fund: Table, factor: Table) -> str:
    """Where one of its factors is described."""
    return f"[[funds.factors]]「{fund.get('name', '?')}·{factor.get('title', '?')}」"


def scenario_place(scenario: Table) -> str:
    """Where a scenario is described."""
    return f"[[scenarios]]「{scenario.get('name', '?')}」"


def _members(table: Any, key: str) -> Iterator[tuple[str, Any]]:
    inner = table.get(key) if isinstance(table, dict) else None
    yield from inner.items() if isinstance(inner, dict) else ()


def _listed(table: Any, key: str) -> Iterator[Table]:
    inner = table.get(key) if isinstance(table, dict) else None
    yield from (entry for entry in inner if isinstance(entry, dict)) if isinstance(inner, list) else ()
