"""The frozen records of the field: the policy as written (ModelSpec) and the data of one year (Case)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

Scope: TypeAlias = Literal["line", "fund", "recipient", "prefecture", "model"]
"""What one value of a parameter, or one row of a rule, speaks of."""
Setting: TypeAlias = float | str
"""A parameter's value as the user sees it."""


# ---------------------------------------------------------------- policy


@dataclass(frozen=True)
class Clause:
    """Where a rule comes from; grade 待核实 or 示例 where the source was not read in the original."""

    key: str
    document: str
    number: str
    date: str
    grade: str
    cited: str = ""

    @property
    def brief(self) -> str:
        """How the clause is cited where a note under the table tells its grade."""
        return self.cited or self.key

    @property
    def short(self) -> str:
        """How the clause is cited in a table cell, with its grade."""
        return self.brief + (f"（{self.grade}）" if self.grade else "")


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter of a rule. `default` is one value, a value by fund, or absent (None)."""

    rule: str
    name: str
    by: Scope
    kind: Literal["share", "ratio", "money", "choice", "column", "group", "unit", "objectives"]
    default: Setting | Mapping[str, Setting] | None
    minimum: float
    maximum: float
    choices: tuple[str, ...]
    summary: str
    step: float
    """One small step in the direction that makes the rule give way, signed; 0: never stepped."""

    @property
    def numeric(self) -> bool:
        """Whether the value is a number (a share is shown as a percentage)."""
        return self.kind in ("share", "ratio", "money")


@dataclass(frozen=True)
class RuleSpec:
    """One rule of the catalogue: clauses, default switches and parameters. A fixed rule is always on and hard."""

    name: str
    clauses: tuple[Clause, ...]
    by: Scope
    fixed: bool
    on: bool | Mapping[str, bool]
    hard: bool | Mapping[str, bool]
    priority: int
    parameters: Mapping[str, ParameterSpec]
    summary: str

    @property
    def cited(self) -> str:
        """The clauses as a table cell shows them."""
        return "；".join(clause.short for clause in self.clauses)

    @property
    def brief(self) -> str:
        """The clauses without their grades."""
        return "；".join(clause.brief for clause in self.clauses)


@dataclass(frozen=True)
class FactorSpec:
    """One weighted factor of a fund's formula; `function` names an entry of the factor catalogue."""

    function: str
    title: str
    weight: float
    clause: Clause
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Term:
    """Within how many days of the notice a kind of transfer must be passed on."""

    kind: str
    days: int
    clause: Clause


@dataclass(frozen=True)
class FundSpec:
    """A transfer as the model file describes it."""

    name: str
    short: str
    clause: Clause
    account: str
    factors: tuple[FactorSpec, ...]
    term: Term | None = None
    contributed: bool = False
    """Whether counties and the province pay into it together."""


@dataclass(frozen=True)
class Change:
    """One cell of 「约束参数」 or 「方案」: what it speaks of and what it sets (None: left as it was)."""

    rule: str
    fund: str = ""
    parameter: str = ""
    object: str = ""
    value: Setting | None = None
    on: bool | None = None
    hard: bool | None = None
    priority: int | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The cell's address: two changes with one address are one too many."""
        return (self.rule, self.fund, self.parameter, self.object)

    def over(self, before: Change) -> Change:
        """What holds of a cell when this is said after `before`: what it leaves as it was stays."""
        said = {
            name: value
            for name in ("value", "on", "hard", "priority")
            if (value := getattr(self, name)) is not None
        }
        return replace(before, **said)


@dataclass(frozen=True)
class ScenarioSpec:
    """A named overlay: only what differs from the workbook as it stands."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class ModelSpec:
    """The whole model file."""

    title: str
    version: str
    sha256: str
    objective: tuple[str, ...]
    funds: tuple[FundSpec, ...]
    rules: Mapping[str, RuleSpec]
    scenarios: tuple[ScenarioSpec, ...]
    aliases: Mapping[str, str]
    value_aliases: Mapping[str, Mapping[str, str]]
    former: Mapping[str, str] = field(default_factory=dict)
    """Former name or code of a unit → the present one."""
    divisions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Division code → name and prefecture of the province's units."""

    def fund(self, name: str) -> FundSpec | None:
        """The fund of that full or short name."""
        return next((fund for fund in self.funds if name in (fund.name, fund.short)), None)
