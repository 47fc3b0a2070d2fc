"""The values of a model file: all that the program will read are there, for every fund, and within their range.

A switch `on = {…}` speaks of the funds it names: a fund it does not name is off. Everything else that is given by fund
(`hard`, and the default of a parameter that is read) names every fund.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from transfer_opt.core.errors import Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.policy.admissible import Refusal, wrong_number, wrong_text
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import ModelSpec, ParameterSpec, RuleSpec, Setting
from transfer_opt.policy.model_file.shape import header, scenario_place, shown, told

MAY_BE_ABSENT = {("资金总额", "本年总额"), ("市州占比", "下限"), ("市州占比", "上限"), ("目标", "顺序")}
"""Parameters without which there is simply no row, or something else holds."""
ALWAYS_READ = {("三保兜底", "保障倍数"), ("三保兜底", "可统筹比例")}
"""Read whether the rule is on or off: coverage and shortfall are measured by them."""
BY_FUND = ("line", "fund", "prefecture")
MISSING = "E151"


def value_problems(spec: ModelSpec, pattern: ModelSpec) -> Iterator[Problem]:
    """Every value that is missing, of a fund that does not exist, or out of range; `pattern` is the shipped model."""
    funds = [fund.name for fund in spec.funds]
    for rule in spec.rules.values():
        yield from _switches(rule, funds)
        for parameter in rule.parameters.values():
            yield from _default(rule, parameter, pattern.rules[rule.name].parameters[parameter.name], funds)
    for scenario in spec.scenarios:
        for change in scenario.changes:
            said = _refusal(spec.rules[change.rule].parameters[change.parameter], change.value)
            if said:
                place = scenario_place({"name": scenario.name})
                yield told(place, f"里「{change.rule}」·{change.parameter}写的是 {shown(change.value)}，{said[0]}", said[1])


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
    on = [fund for fund in funds if (rule.on.get(fund, False) if isinstance(rule.on, Mapping) else rule.on)]
    if rule.fixed or (rule.name, parameter.name) in ALWAYS_READ:
        return list(funds)
    whole = parameter.by not in BY_FUND or reads_all_funds(rule, parameter)
    return list(funds) if whole and on else on


def _default(rule: RuleSpec, parameter: ParameterSpec, pattern: ParameterSpec, funds: Sequence[str]) -> Iterator[Problem]:
    place, default = header("rules", rule.name, "parameters", parameter.name), parameter.default
    given = default if isinstance(default, Mapping) else {}
    yield from _unknown_funds(place, "default", given, funds)
    for value in _settings(default):
        said = _refusal(parameter, value)
        if said:
            yield told(place, f"里的 default 写的是 {shown(value)}，{said[0]}", said[1])
    if isinstance(default, Mapping) and parameter.by not in BY_FUND:
        yield told(place, "里的 default 按资金写了，这个参数不分资金", "写成一个取值。")
        return
    for_all = default is not None and not isinstance(default, Mapping)
    missing = [] if for_all else [fund for fund in _needed(rule, parameter, funds) if fund not in given]
    if missing:
        example = example_of(parameter, pattern)
        whose = f"资金{''.join(f'「{fund}」' for fund in missing)}的" if parameter.by in BY_FUND else ""
        yield told("", f"里规则「{rule.name}」的参数「{parameter.name}」没有{whose}取值",
                   f"在 {place} 下面把 default 一行写成 {_line('default', given, funds if whose else (), example)}"
                   f"（没有这一行就加上；新写的取值只是举例，按实际改）。", MISSING)


def _settings(default: Setting | Mapping[str, Setting] | None) -> list[Setting]:
    """The values of a default, fund by fund where they are."""
    return list(default.values()) if isinstance(default, Mapping) else [] if default is None else [default]


def _switches(rule: RuleSpec, funds: Sequence[str]) -> Iterator[Problem]:
    place = header("rules", rule.name)
    for key, switch in (("on", rule.on), ("hard", rule.hard)):
        yield from _unknown_funds(place, key, switch if isinstance(switch, Mapping) else {}, funds)
    missing = [fund for fund in funds if isinstance(rule.hard, Mapping) and fund not in rule.hard]
    if isinstance(rule.hard, Mapping) and missing:
        yield told("", f"里规则「{rule.name}」的刚性没有写资金{''.join(f'「{fund}」' for fund in missing)}",
                   f"在 {place} 下面把 hard 一行写成 {_line('hard', rule.hard, funds, True)}（true 是硬，false 是软）。", MISSING)


def _unknown_funds(place: str, key: str, given: Mapping[str, object], funds: Sequence[str]) -> Iterator[Problem]:
    for fund in given:
        if fund not in funds:
            yield told(place, f"里的 {key} 写了资金「{fund}」，[[funds]] 里没有这个全称", did_you_mean(fund, funds))


def _line(key: str, given: Mapping[str, object], funds: Sequence[str], example: object) -> str:
    """The line that has a value for every fund; one value where funds are not told apart."""
    if not funds:
        return f"{key} = {_toml(example)}"
    return f"{key} = {{ {', '.join(f'{_toml(fund)} = {_toml(given.get(fund, example))}' for fund in funds)} }}"


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _refusal(parameter: ParameterSpec, value: Setting | None) -> Refusal | None:
    """What is wrong with a value of the model file."""
    if parameter.numeric:
        return ("不是数字", "写不加引号的数字，如 0.15。") if isinstance(value, str) else wrong_number(parameter, value)
    if not isinstance(value, str):
        return "应是加引号的文字", "加上引号。"
    return wrong_text(parameter, value) if value else ("是空的", "写上取值。")
