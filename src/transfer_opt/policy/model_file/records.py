"""The table of a model file whose shape and words are right → the records of the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transfer_opt.core.vocabulary import BOUNDS, OUTLOOK, WEIGHTS
from transfer_opt.policy.factor_weights import weights_rule
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
from transfer_opt.policy.model_file.source import Source, Table
from transfer_opt.policy.outlook_growth import outlook_rule


def model(source: Source) -> ModelSpec:
    """The whole specification."""
    table = source.table
    clauses = {key: Clause(key, **entry) for key, entry in table["clauses"].items()}
    terms = {
        kind: Term(kind, entry["days"], clauses[entry["clause"]])
        for kind, entry in table.get("terms", {}).items()
    }
    funds = tuple(_fund(entry, clauses, terms) for entry in table["funds"])
    rules = {
        name: rule_spec(name, entry, [clauses[key] for key in entry["clause"]])
        for name, entry in table["rules"].items()
    }
    scenarios = tuple(
        ScenarioSpec(
            entry["name"], tuple(_change(change, funds) for change in entry.get("changes", ()))
        )
        for entry in table.get("scenarios", ())
    )
    return ModelSpec(
        table["title"],
        table["version"],
        source.digest,
        tuple(table["objective"]),
        funds,
        rules | {WEIGHTS: weights_rule(funds), OUTLOOK: outlook_rule(rules[BOUNDS].clauses)},
        scenarios,
        _fund_aliases(funds) | table.get("aliases", {}),
        dict(table.get("values", {})),
        _present(table.get("former", {})),
        {
            code: (name, prefecture)
            for prefecture, units in table.get("divisions", {}).items()
            for code, name in units.items()
        },
    )


def rule_spec(name: str, entry: Table, clauses: Sequence[Clause]) -> RuleSpec:
    """One rule, with the clauses it cites."""
    parameters = {
        key: parameter_spec(name, key, value, entry["by"])
        for key, value in entry.get("parameters", {}).items()
    }
    return RuleSpec(
        name,
        tuple(clauses),
        entry["by"],
        entry.get("fixed", False),
        entry.get("on", True),
        entry.get("hard", True),
        entry.get("priority", 2),
        parameters,
        entry["summary"],
    )


def parameter_spec(rule: str, name: str, entry: Table, scope: Scope) -> ParameterSpec:
    """One parameter; it speaks of what its rule speaks of unless it says otherwise."""
    return ParameterSpec(
        rule,
        name,
        entry.get("by", scope),
        entry.get("kind", "share"),
        entry.get("default"),
        float(entry.get("minimum", 0.0)),
        float(entry.get("maximum", float("inf"))),
        tuple(entry.get("choices", ())),
        entry["summary"],
        float(entry.get("step", 0.0)),
    )


def _present(former: Mapping[str, str]) -> dict[str, str]:
    """Former names and codes → those of the present day, through as many changes as there were; none for its own."""
    found = {}
    for old in former:
        now, passed = former[old], {old}
        while now in former and now not in passed:
            passed.add(now)
            now = former[now]
        if now not in passed:
            found[old] = now
    return found


def _fund_aliases(funds: Sequence[FundSpec]) -> dict[str, str]:
    """Headers with a fund's short name → with its full one."""
    return {
        form.format(fund.short): form.format(fund.name)
        for fund in funds
        for form in ("上年{}", "上年{}其中一次性", "提前下达{}")
    }


def _fund(entry: Table, clauses: Mapping[str, Clause], terms: Mapping[str, Term]) -> FundSpec:
    factors = tuple(_factor(factor, clauses) for factor in entry["factors"])
    return FundSpec(
        entry["name"],
        entry["short"],
        clauses[entry["clause"]],
        entry.get("account", ""),
        factors,
        terms[entry["kind"]] if "kind" in entry else None,
        entry.get("contributed", False),
    )


def _factor(entry: Table, clauses: Mapping[str, Clause]) -> FactorSpec:
    return FactorSpec(
        entry["function"],
        entry["title"],
        float(entry["weight"]),
        clauses[entry["clause"]],
        dict(entry.get("parameters", {})),
    )


def _change(entry: Table, funds: Sequence[FundSpec]) -> Change:
    named = entry.get("fund", "")
    fund = next((known.name for known in funds if named in (known.name, known.short)), "")
    return Change(entry["rule"], fund, entry["parameter"], entry.get("object", ""), entry["value"])
