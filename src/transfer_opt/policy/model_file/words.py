"""The words of a model file that must be known: clauses, funds, factors, rules, parameters, objectives, scenarios.

What the program itself needs to know of a rule (its parameters, and whether each is one value or one by fund, a number
or words) is as in the shipped model: that file is the pattern for every other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import closest, did_you_mean
from transfer_opt.policy.factors import FACTORS
from transfer_opt.policy.model_file.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    WEIGHTS,
    Kind,
    Table,
    factor_place,
    fund_place,
    header,
    keys_known,
    scenario_place,
    shown,
    told,
)
from transfer_opt.policy.objectives import OBJECTIVES

PATTERN = "青海模型（models/qinghai/model.toml）"
_KINDS: Mapping[str, Kind] = {"float": NUMBER, "str": TEXT, "Sequence[str]": TEXTS, "Mapping[str, float]": WEIGHTS}
"""The annotation of a factor's argument → what the model file must give for it."""


def rule_names(table: Table, pattern: Table) -> Iterator[Problem]:
    """Rules that do not exist, and rules that are not there; `pattern` is the shipped model."""
    if isinstance(table.get("rules"), dict):
        yield from _inventory(table["rules"], pattern["rules"], "规则", lambda name: header("rules", name))


def word_problems(table: Table, pattern: Table) -> Iterator[Problem]:
    """Every other word that is not known, in a table whose shape and rules are right."""
    yield from _unknown("", "objective", table["objective"], OBJECTIVES, "目标")
    for kind, term in table.get("terms", {}).items():
        yield from _clauses(table, header("terms", kind), [term["clause"]])
    yield from _funds(table)
    yield from _rules(table, pattern)
    yield from _twice(scenario["name"] for scenario in table.get("scenarios", ()))
    for scenario in table.get("scenarios", ()):
        for change in scenario.get("changes", ()):
            yield from _change(table, f"{scenario_place(scenario)}", change)


def names(table: Table) -> list[str]:
    """The full names of the funds."""
    return [fund["name"] for fund in table["funds"]]


def _unknown(place: str, key: str, words: Collection[str], known: Collection[str], what: str) -> Iterator[Problem]:
    for word in words:
        if word not in known:
            yield told(place, f"里的「{key}」写了{what}「{word}」，没有这个{what}", did_you_mean(word, known))


def _clauses(table: Table, place: str, keys: Collection[str]) -> Iterator[Problem]:
    return _unknown(place, "clause", keys, table["clauses"], "条款")


def _twice(words: Iterator[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            yield told("", f"里有两个「{word}」", "改名，或删去其中一个。")
        seen.add(word)


def _funds(table: Table) -> Iterator[Problem]:
    yield from _twice(word for fund in table["funds"] for word in {fund["name"], fund["short"]})
    for position, fund in enumerate(table["funds"]):
        place = fund_place(fund)
        yield from _clauses(table, place, [fund["clause"]])
        yield from _unknown(place, "kind", [fund["kind"]] if "kind" in fund else [], table.get("terms", {}), "资金类别")
        for factor in fund["factors"]:
            yield from _factor(table, factor_place(fund, factor), factor, names(table)[:position])


def _factor(table: Table, place: str, factor: Table, earlier: Collection[str]) -> Iterator[Problem]:
    yield from _clauses(table, place, [factor["clause"]])
    yield from _unknown(place, "function", [factor["function"]], FACTORS, "因素函数")
    if factor["function"] not in FACTORS:
        return
    given = factor.get("parameters", {})
    kinds = _arguments(FACTORS[factor["function"]].function)
    yield from keys_known(f"{place}的 parameters", given, kinds, kinds)
    if TEXTS.fits(given.get("after")):
        for fund in given["after"]:
            if fund not in earlier:
                yield told(place, f"里的「after」写了「{fund}」，它不是排在本资金前面的资金",
                           did_you_mean(fund, earlier) if earlier else "写成 after = []。")


def _arguments(function: Callable[..., Any]) -> dict[str, Kind]:
    """The keyword arguments of a factor and what each must be."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name: _KINDS[each.annotation] for each in parameters if each.kind is each.KEYWORD_ONLY}


def _rules(table: Table, pattern: Table) -> Iterator[Problem]:
    for name, rule in table["rules"].items():
        yield from _clauses(table, header("rules", name), rule["clause"])
        yield from _rule(name, rule, pattern["rules"][name])


def _rule(name: str, rule: Table, pattern: Table) -> Iterator[Problem]:
    place = header("rules", name)
    yield from _fixed_by_the_program(place, rule, pattern, {"by": None, "fixed": False})
    parameters, known = rule.get("parameters", {}), pattern.get("parameters", {})
    yield from _inventory(parameters, known, f"规则「{name}」的参数", lambda key: header("rules", name, "parameters", key))
    for key in parameters.keys() & known.keys():
        place = header("rules", name, "parameters", key)
        yield from _fixed_by_the_program(place, parameters[key], known[key], {"by": pattern["by"], "kind": "share"})
        yield from _unknown(place, "choices", parameters[key].get("choices", ()), known[key].get("choices", ()), "取值")


def _inventory(found: Table, known: Table, what: str, place: Callable[[str], str]) -> Iterator[Problem]:
    """What there is that is not known, and what is known and not there; a misspelt name is told once."""
    strange = [name for name in found if name not in known]
    for name in strange:
        yield told("", f"里的{what}「{name}」不存在", did_you_mean(name, known))
    meant = {closest(word, known) for word in strange}
    missing = [name for name in known if name not in found and name not in meant]
    if missing:
        yield told("", f"缺少{what}{''.join(f'「{name}」' for name in missing)}",
                   f"从{PATTERN}里把 {place(missing[0])} {'一段' if len(missing) == 1 else '等各段'}抄过来；不用的规则写 on = false。")


def _fixed_by_the_program(place: str, found: Table, pattern: Table, absent: Mapping[str, Any]) -> Iterator[Problem]:
    for key, default in absent.items():
        wanted = pattern.get(key, default)
        if found.get(key, default) != wanted:
            yield told(place, f"里的「{key}」写的是 {shown(found.get(key, default))}，应是 {shown(wanted)}",
                       f"写成 {key} = {shown(wanted)}，它由程序决定，不能改。")


def _change(table: Table, place: str, change: Table) -> Iterator[Problem]:
    rules = table["rules"]
    yield from _unknown(place, "rule", [change["rule"]], rules, "规则")
    parameters = rules.get(change["rule"], {}).get("parameters", {})
    if change["rule"] in rules:
        yield from _unknown(place, "parameter", [change["parameter"]], parameters, "参数")
    if change.get("fund"):
        known = [word for fund in table["funds"] for word in (fund["name"], fund["short"])]
        yield from _unknown(place, "fund", [change["fund"]], known, "资金")
