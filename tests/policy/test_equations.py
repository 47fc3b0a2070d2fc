from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from transfer_opt.core.vocabulary import OUTLOOK, WEIGHTS
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.equations import (
    equations,
    shown_default,
    shown_parameters,
    shown_range,
    target,
)
from transfer_opt.policy.factors import FACTORS
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.loading import load_model, shipped
from transfer_opt.policy.objectives import OBJECTIVES

RULES = {entry.function.__name__: entry.function for entry in CONSTRAINTS.values()}
OTHERS: dict[str, Callable[..., Any]] = {
    entry.function.__name__: entry.function
    for entry in (*FACTORS.values(), *OBJECTIVES.values())
    if entry.function
}


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return load_model()


@pytest.fixture(scope="module")
def policy() -> str:
    return shipped("models", "qinghai", "policy.md").read_text(encoding="utf-8")


def row_of(text: str, *cells: str) -> list[str]:
    """The rows of any table that begin with these cells."""
    return [line for line in text.splitlines() if line.startswith("| " + " | ".join(cells) + " |")]


def test_the_document_is_the_one_generated(spec: ModelSpec) -> None:
    fresh = target().read_text(encoding="utf-8") == equations(spec)
    assert fresh, "run: python -m transfer_opt.policy.equations"


def test_every_factor_rule_and_objective_appears(spec: ModelSpec) -> None:
    text = equations(spec)
    missing = [name for name in (*RULES, *OTHERS) if f" · `{name}`\n" not in text]
    headed = re.findall(r"^### (\S+)", text, re.MULTILINE)
    missing += [name for name in (*spec.rules, *OBJECTIVES) if name not in headed]
    assert not missing


def test_every_parameter_appears_with_its_default(spec: ModelSpec) -> None:
    text = equations(spec)
    for rule in spec.rules.values():
        for parameter in rule.parameters.values():
            cells = f" | {shown_default(parameter, spec)} | {shown_range(parameter)} | "
            assert cells in text, (rule.name, parameter.name)


@pytest.mark.parametrize("function", [*RULES.values(), *OTHERS.values()], ids=[*RULES, *OTHERS])
def test_a_docstring_has_sentence_equation_and_units_and_leaves_the_clause_to_the_model(
    function: Callable[..., Any],
) -> None:
    text = inspect.getdoc(function) or ""
    sentence, _, rest = text.partition("\n\n")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert re.match(r"    \S", rest), "the equation follows the sentence, indented"
    assert "Units: " in rest
    assert "Clause" not in text


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_when_its_rows_are_absent(name: str) -> None:
    assert "Absent: " in (inspect.getdoc(RULES[name]) or "")


def test_the_policy_names_a_clause_for_every_rule(spec: ModelSpec, policy: str) -> None:
    table = policy.partition("## 九")[2].partition("## 十")[0]
    for name in spec.rules:
        rows = row_of(table, f"「{name}」")
        assert len(rows) == 1, name
        assert re.search(r"\| C\d", rows[0]), name


def test_the_policy_refers_only_to_clauses_it_has(policy: str) -> None:
    headings = re.findall(r"^(?:### |\| |- \*\*)(C\d+)", policy, re.MULTILINE)
    assert headings == [f"C{number + 1}" for number in range(len(headings))]
    assert {*re.findall(r"C\d+", policy)} == {*headings}


def test_the_policy_lists_every_parameter_as_the_model_has_it(spec: ModelSpec, policy: str) -> None:
    for rule in spec.rules.values():
        if rule.name in (WEIGHTS, OUTLOOK):
            continue  # those stand in the table of factors, of these none has a default
        for parameter in rule.parameters.values():
            cells = (
                rule.name,
                parameter.name,
                shown_default(parameter, spec),
                shown_range(parameter),
            )
            assert len(row_of(policy, *cells)) == 1, cells


def test_the_policy_lists_every_factor_as_the_model_has_it(spec: ModelSpec, policy: str) -> None:
    for fund in spec.funds:
        for factor in fund.factors:
            cells = (
                fund.short,
                factor.title,
                f"{factor.weight:g}",
                shown_parameters(factor.parameters),
            )
            assert len(row_of(policy, *cells)) == 1, cells
