"""A workbook, read, checked and settled: ready to be solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.vocabulary import BASELINE, COUNTIES
from transfer_opt.intake.assemble import fund_rows
from transfer_opt.intake.checks.catalogue import all_problems, sheet_problems, structure
from transfer_opt.intake.checks.subject import Draft, Sheets
from transfer_opt.intake.choices import read_choices
from transfer_opt.intake.recipients import read_recipients
from transfer_opt.policy.admissible import parse_objectives, parse_unit
from transfer_opt.policy.model import Change, ModelSpec, ScenarioSpec
from transfer_opt.policy.model_file.loading import load_model
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


def prepare(
    path: Path, model: Path | None = None, scenario: str | None = None, unit: str | None = None,
    rename: Mapping[str, str] = NO_RENAMES, password: str | None = None,
) -> Prepared:
    """Read and check; raises InputError only where nothing further can be checked."""
    spec = load_model(model)
    return settled(spec, read_workbook(path, spec.aliases, rename, password), scenario, unit)


def settled(spec: ModelSpec, budget: Budget, scenario: str | None = None, unit: str | None = None) -> Prepared:
    """Check a workbook that has been read, for one scenario; raises InputError where nothing further can be checked."""
    broken = structure(budget)
    if broken:
        raise InputError(tuple(dict.fromkeys([*broken, *sheet_problems(Sheets(spec, budget))])))
    recipients = read_recipients(budget.sheets[COUNTIES], spec.value_aliases)
    choices = read_choices(spec, budget.sheets, recipients)
    chosen = _scenario(choices.scenarios or spec.scenarios, scenario)
    funds = tuple(fund_rows(spec, budget))
    own = (*_known(choices.changes, funds), *_unit(unit))
    settings = Settings(spec.rules, funds, recipients, (own, _known(chosen.changes, funds)))
    objective = parse_objectives(settings.text("目标", "顺序")) or spec.objective
    problems = choices.problems + all_problems(Draft(spec, budget, settings, objective))
    return Prepared(spec, budget, settings, objective, chosen.name, tuple(dict.fromkeys(problems)))


def check(
    path: Path, model: Path | None = None, rename: Mapping[str, str] = NO_RENAMES, password: str | None = None
) -> tuple[Problem, ...]:
    """Every problem and warning of a workbook, for the workbook as it stands and for each of its scenarios."""
    try:
        return prepare(path, model, rename=rename, password=password).problems
    except InputError as error:
        return error.problems


def _scenario(known: tuple[ScenarioSpec, ...], name: str | None) -> ScenarioSpec:
    """The named overlay; without a name, the workbook as it stands."""
    found = next((scenario for scenario in known if scenario.name == name), None)
    if found:
        return found
    if name in (None, BASELINE):
        return ScenarioSpec(BASELINE, ())
    raise InputError([Problem("E220", f"没有方案「{name}」。", did_you_mean(str(name), [s.name for s in known]))])


def _known(changes: tuple[Change, ...], funds: tuple[str, ...]) -> tuple[Change, ...]:
    """The changes that speak of this year's funds; a fund not listed in 「资金总额」 does not exist."""
    return tuple(change for change in changes if not change.fund or change.fund in funds)


def _unit(text: str | None) -> tuple[Change, ...]:
    if text is None:
        return ()
    if parse_unit(text) is None:
        raise InputError([Problem("E221", f"公布单位「{text}」不认识。", "写成 1万元、1元、0.01万元 这样。")])
    return (Change("取整", "", "单位", "", text),)
