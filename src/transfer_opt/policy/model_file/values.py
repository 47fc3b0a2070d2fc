"""The values of a model file: all that the program will read are there, for every fund, and within their range.

A switch `on = {…}` speaks of the funds it names: a fund it does not name is off. Everything else that is given by fund
(`hard`, and the default of a parameter that is read) names every fund.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.vocabulary import BOUND_SIDES, GIVEN_RULE, GIVEN_TOTAL_RULE
from transfer_opt.policy.admissible import Refusal, wrong_number, wrong_text
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import ParameterSpec, RuleSpec, Setting
from transfer_opt.policy.model_file.positions import Path
from transfer_opt.policy.model_file.records import parameter_spec, rule_spec
from transfer_opt.policy.model_file.source import (
    Finding,
    Source,
    Table,
    header,
    listed,
    members,
    shown,
    value_at,
)
from transfer_opt.policy.model_file.words import fund_names

MAY_BE_ABSENT = {
    ("资金总额", "本年总额"),
    ("市州占比", "下限"),
    ("市州占比", "上限"),
    *((rule, side) for rule in (GIVEN_RULE, GIVEN_TOTAL_RULE) for side in BOUND_SIDES),
    ("目标", "顺序"),
    ("共担测算", "口径"),
    ("横向补偿", "限额比例"),
}
"""Parameters without which there is simply no row, or something else holds."""
ALWAYS_READ = {("三保兜底", "保障倍数"), ("三保兜底", "可统筹比例")}
"""Read whether the rule is on or off: coverage and shortfall are measured by them."""
BY_FUND = ("line", "fund", "prefecture")
MISSING = "E151"


def value_findings(source: Source, pattern: Table, others: Sequence[Finding]) -> Iterator[Finding]:
    """Every value that is missing, of a fund that does not exist, or out of range; `pattern` is the shipped model.

    What `others` found wrong in shape or word is passed over.
    """
    funds = fund_names(source.table)
    if funds is None:
        return
    wrong = {other.at for other in others}
    rules = dict(_sound_rules(source.table, wrong))
    for rule in rules.values():
        yield from _switches(source, rule, funds)
        for parameter in rule.parameters.values():
            yield from _default(source, rule, parameter, _pattern_of(parameter, pattern), funds)
    for at, scenario in listed(source.table, "scenarios"):
        for change_at, change in listed(scenario, "changes", at):
            if not any((*change_at, key) in wrong for key in ("rule", "parameter", "value")):
                yield from _change(source, rules, change, change_at)


def _sound_rules(table: Table, wrong: Collection[Path]) -> Iterator[tuple[str, RuleSpec]]:
    """The rules whose switches can be understood, each with those of its parameters that can."""
    for name, entry in members(table, "rules"):
        found = [at[2:] for at in wrong if at[:2] == ("rules", name)]
        if not any(
            inner[:1] not in (("clause",), ("summary",), ("parameters",)) for inner in found
        ):
            strange = {inner[1] for inner in found if inner[0] == "parameters" and len(inner) > 1}
            parameters = {
                key: value for key, value in members(entry, "parameters") if key not in strange
            }
            yield name, rule_spec(name, {**entry, "parameters": parameters}, ())


def _pattern_of(parameter: ParameterSpec, pattern: Table) -> ParameterSpec:
    """The parameter as the shipped model has it."""
    entry = value_at(pattern, ("rules", parameter.rule, "parameters", parameter.name))
    return parameter_spec(parameter.rule, parameter.name, entry, parameter.by)


def _change(
    source: Source, rules: Mapping[str, RuleSpec], change: Table, at: Path
) -> Iterator[Finding]:
    rule = rules.get(change.get("rule", ""))
    parameter = rule.parameters.get(change.get("parameter", "")) if rule else None
    said = _refusal(parameter, change["value"]) if parameter and "value" in change else None
    if parameter and said:
        yield source.finding(
            (*at, "value"),
            f"里「{parameter.rule}」·{parameter.name}写的是 {shown(change['value'])}，{said[0]}",
            said[1],
            inside=at[:2],
        )


def reads_all_funds(rule: RuleSpec, parameter: ParameterSpec) -> bool:
    """Whether the rule, on for one fund, looks at the parameter for every fund."""
    return parameter.by == "fund" and parameter.name in CONSTRAINTS[rule.name].parameters.values()


def example_of(parameter: ParameterSpec, pattern: ParameterSpec) -> Setting | None:
    """A value to start from: the one most funds have, else what the shipped model has."""
    for default in (parameter.default, pattern.default):
        for value, _ in Counter(_settings(default)).most_common(1):
            return value
    return None


def _needed(rule: RuleSpec, parameter: ParameterSpec, funds: Sequence[str]) -> list[str]:
    """The funds for which the program reads the parameter, as the model itself is switched."""
    if (rule.name, parameter.name) in MAY_BE_ABSENT:
        return []
    on = [
        fund
        for fund in funds
        if (rule.on.get(fund, False) if isinstance(rule.on, Mapping) else rule.on)
    ]
    if rule.fixed or (rule.name, parameter.name) in ALWAYS_READ:
        return list(funds)
    whole = parameter.by not in BY_FUND or reads_all_funds(rule, parameter)
    return list(funds) if whole and on else on


def _default(
    source: Source,
    rule: RuleSpec,
    parameter: ParameterSpec,
    pattern: ParameterSpec,
    funds: Sequence[str],
) -> Iterator[Finding]:
    place, default = ("rules", rule.name, "parameters", parameter.name), parameter.default
    at: Path = (*place, "default")
    if parameter.minimum > parameter.maximum:
        yield source.finding(
            (*place, "minimum"),
            f"里的 minimum {parameter.minimum:g} 比 maximum {parameter.maximum:g} 大",
            "改正其中一个。",
            inside=place,
        )
        return
    given = default if isinstance(default, Mapping) else {}
    yield from _unknown_funds(source, at, given, funds)
    for where, value in _settings_at(default, at):
        said = _refusal(parameter, value)
        if said:
            yield source.finding(
                where, f"里的 default 写的是 {shown(value)}，{said[0]}", said[1], inside=place
            )
    if isinstance(default, Mapping) and parameter.by not in BY_FUND:
        yield source.finding(
            at, "里的 default 按资金写了，这个参数不分资金", "写成一个取值。", inside=place
        )
        return
    for_all = default is not None and not isinstance(default, Mapping)
    missing = (
        [] if for_all else [fund for fund in _needed(rule, parameter, funds) if fund not in given]
    )
    if missing:
        whose = (
            f"资金{''.join(f'「{fund}」' for fund in missing)}的" if parameter.by in BY_FUND else ""
        )
        value = _by_fund(given, funds if whose else (), example_of(parameter, pattern))
        yield source.finding(
            at,
            f"：规则「{rule.name}」的参数「{parameter.name}」没有{whose}取值",
            f"{_written(source, place, 'default', value)}（没有就加上；新写的取值只是举例，按实际改）。",
            MISSING,
        )


def _settings(default: Setting | Mapping[str, Setting] | None) -> list[Setting]:
    """The values of a default, fund by fund where they are."""
    return [value for _, value in _settings_at(default, ())]


def _settings_at(
    default: Setting | Mapping[str, Setting] | None, at: Path
) -> list[tuple[Path, Setting]]:
    """The values of a default, each with its path."""
    if isinstance(default, Mapping):
        return [((*at, fund), value) for fund, value in default.items()]
    return [] if default is None else [(at, default)]


def _switches(source: Source, rule: RuleSpec, funds: Sequence[str]) -> Iterator[Finding]:
    place = ("rules", rule.name)
    for key, switch in (("on", rule.on), ("hard", rule.hard)):
        yield from _unknown_funds(
            source, (*place, key), switch if isinstance(switch, Mapping) else {}, funds
        )
    missing = [fund for fund in funds if isinstance(rule.hard, Mapping) and fund not in rule.hard]
    if isinstance(rule.hard, Mapping) and missing:
        yield source.finding(
            (*place, "hard"),
            f"：规则「{rule.name}」的刚性没有写资金{''.join(f'「{fund}」' for fund in missing)}",
            f"{_written(source, place, 'hard', _by_fund(rule.hard, funds, True))}（true 是硬，false 是软）。",
            MISSING,
        )


def _written(source: Source, place: tuple[str, ...], key: str, value: str) -> str:
    """Where and how a value is to be written, in the way the file is: under headers, in braces, or with dots."""
    spots, at = source.positions, (*place, key)
    if place in spots.inline:
        return f"在第 {spots.line(place)} 行「{place[-1]}」的花括号里把 {key} 写成 {key} = {value}"
    if at in spots.lines and not spots.is_headed(place):
        return f"把第 {spots.line(at)} 行等号后面的写成 {value}"
    return f"在 {header(*place)} 下面把 {key} 一行写成 {key} = {value}"


def _unknown_funds(
    source: Source, at: Path, given: Mapping[str, object], funds: Sequence[str]
) -> Iterator[Finding]:
    for fund in given:
        if fund not in funds:
            yield source.finding(
                (*at, fund),
                f"里的 {at[-1]} 写了资金「{fund}」，[[funds]] 里没有这个全称",
                did_you_mean(fund, funds),
                inside=at[:-1],
            )


def _by_fund(given: Mapping[str, object], funds: Sequence[str], example: object) -> str:
    """A value for every fund; one value where funds are not told apart."""
    if not funds:
        return _toml(example)
    return (
        f"{{ {', '.join(f'{_toml(fund)} = {_toml(given.get(fund, example))}' for fund in funds)} }}"
    )


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _refusal(parameter: ParameterSpec, value: Setting | None) -> Refusal | None:
    """What is wrong with a value of the model file."""
    if parameter.numeric:
        return (
            ("不是数字", "写不加引号的数字，如 0.15。")
            if isinstance(value, str)
            else wrong_number(parameter, value)
        )
    if not isinstance(value, str):
        return "应是加引号的文字", "加上引号。"
    return wrong_text(parameter, value) if value else ("是空的", "写上取值。")
