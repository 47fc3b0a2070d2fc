"""The model file (TOML) → ModelSpec, once its shape, its words and its values are right."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.policy.model import (
    Change,
    Clause,
    FactorSpec,
    FundSpec,
    ModelSpec,
    ParameterSpec,
    RuleSpec,
    ScenarioSpec,
    Scope,
    Term,
)
from transfer_opt.policy.model_file.shape import Table, shape_problems
from transfer_opt.policy.model_file.values import value_problems
from transfer_opt.policy.model_file.words import rule_names, word_problems

SETTINGS_ONLY = ("因素法", "资格", "保障水平最大化", "取整", "目标", "敏感性")
"""Rules of the model file that hold parameters and make no rows."""


Model: TypeAlias = ModelSpec | str | os.PathLike[str] | None
"""A model, or the file it is in; None: the model of Qinghai that is shipped."""


def shipped(*parts: str) -> Path:
    """A file that travels with the package: inside it when installed, beside src/ in a checkout."""
    package = Path(str(files("transfer_opt")))
    inside = package.joinpath(*parts)
    return inside if inside.exists() else package.parent.parent.joinpath(*parts)


def load_model(path: Model = None) -> ModelSpec:
    """Read a model file; without a path, the model of Qinghai that is shipped. One that has been read is taken as it is.

    Raises InputError with every key, word and value that is wrong.
    """
    if isinstance(path, ModelSpec):
        return path
    own, digest = _read(shipped("models", "qinghai", "model.toml"))
    table, digest = (own, digest) if path is None else _read(Path(path))
    _refuse(chain(rule_names(table, own), shape_problems(table)))
    _refuse(word_problems(table, own))
    spec = _model(table, digest)
    _refuse(value_problems(spec, spec if path is None else _model(own, "")))
    return spec


def _read(source: Path) -> tuple[Table, str]:
    """The file as a table, and its SHA-256."""
    try:
        content = source.read_bytes()
        return tomllib.loads(content.decode("utf-8-sig")), hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise _wrong(f"模型文件 {source} 打不开", "检查 --model 后面的路径。") from error
    except UnicodeDecodeError as error:
        raise _wrong(f"模型文件 {source} 不是 UTF-8 编码的文本", "用编辑器另存为 UTF-8 编码。") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"第 {place[1]} 行第 {place[2]} 列" if place else "文件末尾"
        raise _wrong(f"模型文件 {source} 不是有效的 TOML，{where}写法不对（{error}）", "照 models/qinghai/model.toml 里同样的段改正。") from error


def _refuse(found: Iterator[Problem]) -> None:
    problems = tuple(dict.fromkeys(found))
    if problems:
        raise InputError(problems)


def _model(table: Table, digest: str) -> ModelSpec:
    """The specification of a table whose shape and words are right."""
    clauses = {key: Clause(key, **entry) for key, entry in table["clauses"].items()}
    terms = {kind: Term(kind, entry["days"], clauses[entry["clause"]]) for kind, entry in table.get("terms", {}).items()}
    funds = tuple(_fund(entry, clauses, terms) for entry in table["funds"])
    rules = {name: _rule(name, entry, clauses) for name, entry in table["rules"].items()}
    scenarios = tuple(ScenarioSpec(entry["name"], tuple(_change(change, funds) for change in entry.get("changes", ())))
                      for entry in table.get("scenarios", ()))
    return ModelSpec(table["title"], table["version"], digest, tuple(table["objective"]), funds, rules, scenarios,
                     _fund_aliases(funds) | table.get("aliases", {}), dict(table.get("values", {})),
                     dict(table.get("former", {})))


def _fund_aliases(funds: Sequence[FundSpec]) -> dict[str, str]:
    """Headers with a fund's short name → with its full one."""
    return {form.format(fund.short): form.format(fund.name) for fund in funds
            for form in ("上年{}", "上年{}其中一次性", "提前下达{}")}


def _fund(entry: Table, clauses: Mapping[str, Clause], terms: Mapping[str, Term]) -> FundSpec:
    factors = tuple(_factor(factor, clauses) for factor in entry["factors"])
    return FundSpec(entry["name"], entry["short"], clauses[entry["clause"]], entry.get("account", ""), factors,
                    terms[entry["kind"]] if "kind" in entry else None)


def _factor(entry: Table, clauses: Mapping[str, Clause]) -> FactorSpec:
    return FactorSpec(entry["function"], entry["title"], float(entry["weight"]), clauses[entry["clause"]],
                      dict(entry.get("parameters", {})))


def _rule(name: str, entry: Table, clauses: Mapping[str, Clause]) -> RuleSpec:
    parameters = {key: _parameter(name, key, value, entry["by"]) for key, value in entry.get("parameters", {}).items()}
    return RuleSpec(name, tuple(clauses[key] for key in entry["clause"]), entry["by"],
                    entry.get("fixed", False), entry.get("on", True), entry.get("hard", True),
                    entry.get("priority", 2), parameters, entry["summary"])


def _parameter(rule: str, name: str, entry: Table, scope: Scope) -> ParameterSpec:
    return ParameterSpec(rule, name, entry.get("by", scope), entry.get("kind", "share"), entry.get("default"),
                         float(entry.get("minimum", 0.0)), float(entry.get("maximum", float("inf"))),
                         tuple(entry.get("choices", ())), entry["summary"], float(entry.get("step", 0.0)))


def _change(entry: Table, funds: Sequence[FundSpec]) -> Change:
    named = entry.get("fund", "")
    fund = next((known.name for known in funds if named in (known.name, known.short)), "")
    return Change(entry["rule"], fund, entry["parameter"], entry.get("object", ""), entry["value"])


def _wrong(message: str, remedy: str) -> InputError:
    return InputError([Problem("E150", message + "。", remedy)])
