"""The model file (TOML) → ModelSpec. Unknown keys are errors that suggest the right one."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from transfer_opt.constraints import CONSTRAINTS
from transfer_opt.domain import (
    Change,
    Clause,
    FactorSpec,
    FundSpec,
    ModelSpec,
    ParameterSpec,
    RuleSpec,
    ScenarioSpec,
    Term,
)
from transfer_opt.errors import InputError, Problem
from transfer_opt.factors import FACTORS
from transfer_opt.objectives import OBJECTIVES

SETTINGS_ONLY = ("因素法", "资格", "保障水平最大化", "取整", "目标", "敏感性")
"""Rules of the model file that hold parameters and make no rows."""

Table = Mapping[str, Any]


def shipped(*parts: str) -> Path:
    """A file that travels with the package: inside it when installed, beside src/ in a checkout."""
    package = Path(str(files("transfer_opt")))
    inside = package.joinpath(*parts)
    return inside if inside.exists() else package.parent.parent.joinpath(*parts)


_MOST_OPTIONS, _LONGEST_WORD = 200, 100


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """「是否为…」 for the closest known word, or the list of them, which is cut where it is very long."""
    options = list(islice(known, _MOST_OPTIONS))
    close = get_close_matches(word[:_LONGEST_WORD], options, n=1, cutoff=0.4)
    return f"是否为「{close[0]}」？" if close else "可用的有：" + "、".join(options) + "。"


def load_model(path: Path | None = None) -> ModelSpec:
    """Read a model file; without a path, the model of Qinghai that is shipped.

    Raises InputError naming the key that is wrong.
    """
    source = path or shipped("models", "qinghai", "model.toml")
    try:
        content = source.read_bytes()
        table = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise _wrong(f"模型文件 {source} 打不开", "检查 --model 后面的路径。") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"模型文件 {source} 不是有效的 TOML：{error}", "按提示的行号改正。") from error
    return _model(table, hashlib.sha256(content).hexdigest())


def _model(table: Table, digest: str) -> ModelSpec:
    _only(table, "模型文件", ("title", "version", "objective", "clauses", "aliases", "values", "former", "terms", "funds", "rules", "scenarios"))
    clauses = {key: _clause(key, entry) for key, entry in table["clauses"].items()}
    terms = {kind: _term(kind, entry, clauses) for kind, entry in table.get("terms", {}).items()}
    funds = tuple(_fund(entry, clauses, terms) for entry in table["funds"])
    rules = {name: _rule(name, entry, clauses) for name, entry in table["rules"].items()}
    unknown = [name for name in (*CONSTRAINTS, *SETTINGS_ONLY) if name not in rules]
    if unknown:
        raise _wrong(f"模型文件缺少规则「{unknown[0]}」", "照 models/qinghai/model.toml 补上。")
    objective = tuple(table["objective"])
    for name in objective:
        if name not in OBJECTIVES:
            raise _wrong(f"目标「{name}」不存在", did_you_mean(name, OBJECTIVES))
    scenarios = tuple(_scenario(entry, rules, funds) for entry in table.get("scenarios", ()))
    return ModelSpec(table["title"], table["version"], digest, objective, funds, rules, scenarios,
                     _fund_aliases(funds) | table.get("aliases", {}), dict(table.get("values", {})),
                     dict(table.get("former", {})))


def _fund_aliases(funds: Sequence[FundSpec]) -> dict[str, str]:
    """Headers with a fund's short name → with its full one."""
    return {form.format(fund.short): form.format(fund.name) for fund in funds
            for form in ("上年{}", "上年{}其中一次性", "提前下达{}") if fund.short}


def _clause(key: str, entry: Table) -> Clause:
    _only(entry, f"clauses.{key}", ("document", "number", "date", "grade"))
    return Clause(key, entry["document"], entry["number"], entry["date"], entry["grade"])


def _term(kind: str, entry: Table, clauses: Mapping[str, Clause]) -> Term:
    _only(entry, f"terms.{kind}", ("days", "clause"))
    return Term(kind, int(entry["days"]), _named(clauses, entry["clause"]))


def _fund(entry: Table, clauses: Mapping[str, Clause], terms: Mapping[str, Term]) -> FundSpec:
    _only(entry, f"funds.{entry.get('name', '?')}", ("name", "short", "kind", "clause", "account", "factors"))
    factors = tuple(_factor(factor, clauses) for factor in entry["factors"])
    kind = entry.get("kind")
    if kind is not None and kind not in terms:
        raise _wrong(f"资金类别「{kind}」不在 terms 里", did_you_mean(kind, terms))
    return FundSpec(entry["name"], entry["short"], _named(clauses, entry["clause"]), entry.get("account", ""), factors,
                    terms[kind] if kind else None)


def _factor(entry: Table, clauses: Mapping[str, Clause]) -> FactorSpec:
    _only(entry, "factors", ("function", "title", "weight", "clause", "parameters"))
    if entry["function"] not in FACTORS:
        raise _wrong(f"因素函数「{entry['function']}」不存在", did_you_mean(entry["function"], FACTORS))
    return FactorSpec(entry["function"], entry["title"], float(entry["weight"]),
                      _named(clauses, entry["clause"]), dict(entry.get("parameters", {})))


def _rule(name: str, entry: Table, clauses: Mapping[str, Clause]) -> RuleSpec:
    if name not in CONSTRAINTS and name not in SETTINGS_ONLY:
        raise _wrong(f"规则「{name}」不存在", did_you_mean(name, (*CONSTRAINTS, *SETTINGS_ONLY)))
    _only(entry, f"rules.{name}", ("clause", "by", "fixed", "on", "hard", "priority", "parameters", "summary"))
    parameters = {key: _parameter(name, key, value, entry["by"]) for key, value in entry.get("parameters", {}).items()}
    catalogue = CONSTRAINTS[name].parameters.values() if name in CONSTRAINTS else ()
    missing = [key for key in catalogue if key not in parameters]
    if missing:
        raise _wrong(f"规则「{name}」缺少参数「{missing[0]}」", "在模型文件里补上。")
    return RuleSpec(name, tuple(_named(clauses, key) for key in entry["clause"]), entry["by"],
                    entry.get("fixed", False), entry.get("on", True), entry.get("hard", True),
                    int(entry.get("priority", 2)), parameters, entry["summary"])


def _parameter(rule: str, name: str, entry: Table, scope: str) -> ParameterSpec:
    _only(entry, f"rules.{rule}.parameters.{name}",
          ("kind", "by", "default", "minimum", "maximum", "step", "choices", "summary"))
    return ParameterSpec(rule, name, entry.get("by", scope), entry.get("kind", "share"), entry.get("default"),
                         float(entry.get("minimum", 0.0)), float(entry.get("maximum", float("inf"))),
                         tuple(entry.get("choices", ())), entry["summary"], float(entry.get("step", 0.0)))


def _scenario(entry: Table, rules: Mapping[str, RuleSpec], funds: Sequence[FundSpec]) -> ScenarioSpec:
    place = f"scenarios.{entry.get('name', '?')}"
    _only(entry, place, ("name", "changes"))
    return ScenarioSpec(entry["name"], tuple(_change(change, place, rules, funds) for change in entry.get("changes", ())))


def _change(entry: Table, place: str, rules: Mapping[str, RuleSpec], funds: Sequence[FundSpec]) -> Change:
    _only(entry, place, ("rule", "fund", "parameter", "object", "value"))
    if entry["rule"] not in rules:
        raise _wrong(f"模型文件 {place} 里的规则「{entry['rule']}」不存在", did_you_mean(entry["rule"], rules))
    parameters = rules[entry["rule"]].parameters
    if entry["parameter"] not in parameters:
        raise _wrong(f"模型文件 {place} 里的参数「{entry['parameter']}」不存在", did_you_mean(entry["parameter"], parameters))
    named = entry.get("fund", "")
    fund = next((known.name for known in funds if named in (known.name, known.short)), "")
    if named and not fund:
        raise _wrong(f"模型文件 {place} 里的资金「{named}」不存在", did_you_mean(named, [known.name for known in funds]))
    return Change(entry["rule"], fund, entry["parameter"], entry.get("object", ""), entry["value"])


def _named(clauses: Mapping[str, Clause], key: str) -> Clause:
    if key not in clauses:
        raise _wrong(f"条款「{key}」没有写在 clauses 里", did_you_mean(key, clauses))
    return clauses[key]


def _only(table: Table, place: str, allowed: tuple[str, ...]) -> None:
    for key in table:
        if key not in allowed:
            raise _wrong(f"模型文件 {place} 里的「{key}」不认识", did_you_mean(key, allowed))


def _wrong(message: str, remedy: str) -> InputError:
    return InputError([Problem("E150", message + "。", remedy)])
