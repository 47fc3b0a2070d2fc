"""A workbook, read, checked and settled: ready to be solved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.vocabulary import BASELINE, COUNTIES, RULES, SCENARIOS
from transfer_opt.intake.assemble import fund_rows
from transfer_opt.intake.checks.bounds import stated_valid
from transfer_opt.intake.checks.catalogue import all_problems, in_order, sheet_problems, structure
from transfer_opt.intake.checks.shared import scenarios_valid
from transfer_opt.intake.checks.subject import Draft, Sheets
from transfer_opt.intake.choices import read_choices
from transfer_opt.intake.recipients import read_recipients
from transfer_opt.intake.shared import with_services
from transfer_opt.intake.signatures import signature
from transfer_opt.intake.succession import followed, read_succession
from transfer_opt.policy.admissible import parse_objectives, parse_unit
from transfer_opt.policy.model import Change, ModelSpec, ScenarioSpec
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.policy.settings import Settings
from transfer_opt.workbook.input.reader import read_workbook

NO_RENAMES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Prepared:
    """A workbook read, checked and settled for one scenario; `problems` are all that were found."""

    spec: ModelSpec
    budget: Budget
    settings: Settings
    objective: tuple[str, ...]
    scenario: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, repr=False)
class BudgetWorkbook:
    """A budget workbook that has been read, with the model by which it is understood. Not yet checked."""

    model: ModelSpec
    budget: Budget
    password: str | None = field(default=None, repr=False)
    """What opens the file, where it is locked."""
    rename: Mapping[str, str] = field(default_factory=lambda: NO_RENAMES)
    """Columns of this workbook → standard ones, as they were given when it was read."""

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.budget.path)

    @property
    def sha256(self) -> str:
        """Of the file as it was read."""
        return self.budget.sha256

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """What can be solved: the workbook as it stands (基准方案), then its scenarios, else those of the model file."""
        counties = self.budget.sheets.get(COUNTIES)
        if counties is None:
            return (BASELINE,)
        choices = read_choices(
            self.model, self.budget.sheets, read_recipients(counties, self.model.value_aliases)
        )
        known = self.model.scenarios if choices.scenarios is None else choices.scenarios
        return tuple(dict.fromkeys([BASELINE, *(scenario.name for scenario in known)]))

    def __repr__(self) -> str:
        return f"<BudgetWorkbook {self.path.name}，{self.model.title}>"


Source: TypeAlias = BudgetWorkbook | str | os.PathLike[str]
"""A budget that has been read, or the file it is in."""


def read_budget(
    path: str | os.PathLike[str],
    model: Model = None,
    *,
    rename: Mapping[str, str] = NO_RENAMES,
    password: str | None = None,
) -> BudgetWorkbook:
    """Read a budget workbook; InputError where the file is none. What is wrong in its cells, `check` says.

    `model` is a model file, or a model already loaded; without one the default model. `rename` maps columns of this
    workbook to standard ones; `password` opens a workbook that is locked.
    """
    spec = load_model(model)
    budget = read_workbook(Path(path), spec.aliases, rename, password)
    return BudgetWorkbook(spec, budget, password, rename)


def opened(budget: Source) -> BudgetWorkbook:
    """The budget, read where that is still to be done."""
    return budget if isinstance(budget, BudgetWorkbook) else read_budget(budget)


def prepare(
    path: Path,
    model: Path | None = None,
    scenario: str | None = None,
    unit: str | None = None,
    rename: Mapping[str, str] = NO_RENAMES,
    password: str | None = None,
) -> Prepared:
    """Read and check; raises InputError only where nothing further can be checked."""
    given = read_budget(path, model, rename=rename, password=password)
    return settled(given.model, given.budget, scenario, unit)


def settled(
    spec: ModelSpec, budget: Budget, scenario: str | None = None, unit: str | None = None
) -> Prepared:
    """Check a workbook that has been read, for one scenario; raises InputError where nothing further can be checked."""
    broken = structure(budget)
    if broken:
        raise InputError(in_order([*broken, *sheet_problems(Sheets(spec, budget))]))
    succession, _ = read_succession(spec, budget)
    counties = followed(budget.sheets[COUNTIES], succession)
    recipients = read_recipients(counties, spec.value_aliases)
    spec = with_services(spec, budget.sheets)
    choices = read_choices(spec, budget.sheets, recipients)
    chosen = _scenario(choices.scenarios or spec.scenarios, scenario)
    funds = tuple(fund_rows(spec, budget))
    own = (*_known(choices.changes, funds), *_unit(unit))
    sheet, column = (RULES, "取值") if chosen.name == BASELINE else (SCENARIOS, chosen.name)
    signed = signature(budget.sheets.get(sheet), column)
    settings = Settings(spec.rules, funds, recipients, (own, _known(chosen.changes, funds)), signed)
    objective = parse_objectives(settings.text("目标", "顺序")) or spec.objective
    draft = Draft(spec, budget, settings, objective)
    problems = (
        *choices.problems,
        *all_problems(draft),
        *scenarios_valid(draft, choices.scenarios or spec.scenarios),
        *stated_valid(draft, choices.scenarios or spec.scenarios),
    )
    return Prepared(spec, budget, settings, objective, chosen.name, in_order(problems))


def check(budget: Source) -> tuple[Problem, ...]:
    """Every problem and warning of a workbook, for the workbook as it stands and for each of its scenarios.

    Raises nothing for what is wrong with the workbook, not even where the file cannot be read: that is a problem, too.
    """
    try:
        given = opened(budget)
        return settled(given.model, given.budget).problems
    except InputError as error:
        return error.problems


def _scenario(known: tuple[ScenarioSpec, ...], name: str | None) -> ScenarioSpec:
    """The named overlay; without a name, the workbook as it stands."""
    found = next((scenario for scenario in known if scenario.name == name), None)
    if found:
        return found
    if name in (None, BASELINE):
        return ScenarioSpec(BASELINE, ())
    raise InputError(
        [Problem("E220", f"没有方案「{name}」。", did_you_mean(str(name), [s.name for s in known]))]
    )


def _known(changes: tuple[Change, ...], funds: tuple[str, ...]) -> tuple[Change, ...]:
    """The changes that speak of this year's funds; a fund not listed in 「资金总额」 does not exist."""
    return tuple(change for change in changes if not change.fund or change.fund in funds)


def _unit(text: str | None) -> tuple[Change, ...]:
    if text is None:
        return ()
    if parse_unit(text) is None:
        raise InputError(
            [Problem("E221", f"公布单位「{text}」不认识。", "写成 1万元、1元、0.01万元 这样。")]
        )
    return (Change("取整", "", "单位", "", text),)
