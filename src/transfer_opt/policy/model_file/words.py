"""The words of a model file that must be known: clauses, funds, factors, rules, parameters, objectives, scenarios.

What the program itself needs to know of a rule (its parameters, and whether each is one value or one by fund, a number
or words) is as in the default model: that file is the pattern for every other. Words are looked at wherever they stand,
whatever else is wrong with the file; where what they should name is not there at all, they are passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from transfer_opt.core.suggestions import closest, did_you_mean
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.factors import FACTORS
from transfer_opt.policy.model_file.files import SHOWING
from transfer_opt.policy.model_file.positions import Path
from transfer_opt.policy.model_file.source import (
    Finding,
    Source,
    Table,
    header,
    listed,
    members,
    shown,
    texts,
    value_at,
)
from transfer_opt.policy.objectives import OBJECTIVES

SETTINGS_ONLY = (
    "因素法",
    "资格",
    "保障水平最大化",
    "取整",
    "目标",
    "共担测算",
    "横向补偿",
    "敏感性",
)
"""Rules of the model file that hold parameters and make no rows."""


def word_findings(source: Source, pattern: Table) -> Iterator[Finding]:
    """Every word that is not known, and every rule or parameter that is not there; `pattern` is the default model."""
    table = source.table
    yield from _unknown(source, texts(table, "objective"), OBJECTIVES, "目标")
    for kind, term in members(table, "terms"):
        yield from _clauses(source, term, ("terms", kind))
    yield from _funds(source)
    if isinstance(table.get("rules"), dict):
        yield from _rules(source, pattern)
    scenarios = list(listed(table, "scenarios"))
    yield from _twice(source, (((*at, "name"), scenario.get("name")) for at, scenario in scenarios))
    for at, scenario in scenarios:
        for change_at, change in listed(scenario, "changes", at):
            yield from _change(source, change, change_at)


def fund_names(table: Table) -> list[str] | None:
    """The full names of the funds; None unless every one of them has one."""
    found = table.get("funds")
    names = [fund.get("name") for _, fund in listed(table, "funds")]
    whole = (
        isinstance(found, list)
        and len(names) == len(found)
        and all(isinstance(name, str) for name in names)
    )
    return [str(name) for name in names] if whole else None


def _unknown(
    source: Source, words: Iterable[tuple[Path, str]], known: Collection[str], what: str
) -> Iterator[Finding]:
    for at, word in words:
        if word not in known:
            yield source.of_key(
                at, f"写了{what}「{word}」，没有这个{what}", did_you_mean(word, known)
            )


def _clauses(source: Source, entry: Any, at: Path) -> Iterator[Finding]:
    known = source.table.get("clauses")
    if isinstance(known, dict) and isinstance(entry, dict):
        yield from _unknown(source, texts(entry, "clause", at), known, "条款")


def _twice(source: Source, words: Iterable[tuple[Path, Any]]) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, word in words:
        if isinstance(word, str):
            if word in seen:
                yield source.of_key(
                    at, f"写了「{word}」，前面已经有一个「{word}」", "改名，或删去其中一个。"
                )
            seen.add(word)


def _funds(source: Source) -> Iterator[Finding]:
    funds = list(listed(source.table, "funds"))
    names = [((*at, key), fund.get(key)) for at, fund in funds for key in ("name", "short")]
    alike = {at for (at, fund) in funds if fund.get("name") == fund.get("short")}
    yield from _twice(
        source, ((at, name) for at, name in names if at[-1] == "name" or at[:-1] not in alike)
    )
    full = fund_names(source.table)
    for position, (at, fund) in enumerate(funds):
        yield from _clauses(source, fund, at)
        yield from _unknown(
            source, texts(fund, "kind", at), dict(members(source.table, "terms")), "资金类别"
        )
        for factor_at, factor in listed(fund, "factors", at):
            yield from _clauses(source, factor, factor_at)
            yield from _unknown(source, texts(factor, "function", factor_at), FACTORS, "因素函数")
            if full is not None and isinstance(factor.get("parameters"), dict):
                yield from _after(
                    source,
                    texts(factor["parameters"], "after", (*factor_at, "parameters")),
                    full[:position],
                )


def _after(
    source: Source, words: Iterable[tuple[Path, str]], earlier: Collection[str]
) -> Iterator[Finding]:
    for at, fund in words:
        if fund not in earlier:
            yield source.of_key(
                at,
                f"写了「{fund}」，它不是排在本资金前面的资金",
                did_you_mean(fund, earlier) if earlier else "写成 after = []。",
            )


def _rules(source: Source, pattern: Table) -> Iterator[Finding]:
    found = dict(members(source.table, "rules"))
    yield from _inventory(source, ("rules",), found, (*CONSTRAINTS, *SETTINGS_ONLY), "规则")
    for name, rule in found.items():
        known = value_at(pattern, ("rules", name))
        if isinstance(rule, dict) and isinstance(known, dict):
            yield from _clauses(source, rule, ("rules", name))
            yield from _rule(source, name, rule, known)


def _rule(source: Source, name: str, rule: Table, pattern: Table) -> Iterator[Finding]:
    yield from _fixed_by_the_program(
        source, ("rules", name), rule, pattern, {"by": None, "fixed": False}
    )
    found, known = dict(members(rule, "parameters")), dict(members(pattern, "parameters"))
    at = ("rules", name, "parameters")
    if isinstance(rule.get("parameters", {}), dict):
        yield from _inventory(source, at, found, known, f"规则「{name}」的参数")
    for key, parameter in found.items():
        if isinstance(parameter, dict) and isinstance(known.get(key), dict):
            absent = {"by": pattern.get("by"), "kind": "share"}
            yield from _fixed_by_the_program(source, (*at, key), parameter, known[key], absent)
            yield from _unknown(
                source,
                texts(parameter, "choices", (*at, key)),
                known[key].get("choices", ()),
                "取值",
            )


def _inventory(
    source: Source, at: Path, found: Table, known: Collection[str], what: str
) -> Iterator[Finding]:
    """What there is that is not known, and what is known and not there; a misspelt name is told once."""
    strange = [name for name in found if name not in known]
    for name in strange:
        yield source.finding((*at, name), f"写的{what}「{name}」不存在", did_you_mean(name, known))
    meant = {closest(word, known) for word in strange}
    missing = [name for name in known if name not in found and name not in meant]
    if missing:
        place = header(*(str(key) for key in at), missing[0])
        here = (
            (*at, missing[0]) if len(at) > 1 else ()
        )  # of a rule that is missing no line can be told
        yield source.finding(
            here,
            f"缺少{what}{''.join(f'「{name}」' for name in missing)}",
            f"用 {SHOWING} 写出附带的模型，从里面把 {place} {'一段' if len(missing) == 1 else '等各段'}抄过来；不用的规则写 on = false。",
        )


def _fixed_by_the_program(
    source: Source, at: Path, found: Table, pattern: Table, absent: Mapping[str, Any]
) -> Iterator[Finding]:
    for key, default in absent.items():
        wanted = pattern.get(key, default)
        remedy = f"写成 {key} = {shown(wanted)}，它由程序决定，不能改。"
        if key in found and found[key] != wanted:
            yield source.of_key(
                (*at, key), f"写的是 {shown(found[key])}，应是 {shown(wanted)}", remedy
            )
        elif key not in found and default not in (None, wanted):
            yield source.finding(
                (*at, key), f"里没有「{key}」，应有 {key} = {shown(wanted)}", remedy, inside=at
            )


def _change(source: Source, change: Table, at: Path) -> Iterator[Finding]:
    rules = dict(members(source.table, "rules"))
    rule = change.get("rule")
    if rules:
        yield from _unknown(source, texts(change, "rule", at), rules, "规则")
    parameters = (
        dict(members(source.table, "rules", rule, "parameters"))
        if isinstance(rule, str) and rule in rules
        else {}
    )
    if parameters:
        yield from _unknown(source, texts(change, "parameter", at), parameters, "参数")
    if change.get("fund"):
        known = [
            str(fund.get(key))
            for _, fund in listed(source.table, "funds")
            for key in ("name", "short")
        ]
        yield from _unknown(source, texts(change, "fund", at), known, "资金")
