"""The pipeline: workbook → outcome → workbook. Calls in order, no logic of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from transfer_opt.assemble import assemble, fund_rows, released
from transfer_opt.audit import findings
from transfer_opt.certificate import CertificateError
from transfer_opt.certificate import check as check_certificate
from transfer_opt.checks import Draft, all_problems, errors_of, structure, warnings_of
from transfer_opt.conflict import conflict, infeasible, relaxed
from transfer_opt.diagnose import alarms, refuse_crossed_bounds
from transfer_opt.domain import Case, Change, ModelSpec, ScenarioSpec
from transfer_opt.errors import InputError, OutputError, Problem, SolverError
from transfer_opt.explain import coefficients, reasons, steps
from transfer_opt.formulate import Formulation, formulate
from transfer_opt.indicators import indicators
from transfer_opt.lexicographic import Solution, solve
from transfer_opt.linear import Ints
from transfer_opt.modelfile import did_you_mean, load_model
from transfer_opt.outcome import Outcome
from transfer_opt.parameters import BASELINE, parse_objectives, parse_unit, read_choices
from transfer_opt.program import Opener
from transfer_opt.proof import certificate
from transfer_opt.report import build
from transfer_opt.rounding import published
from transfer_opt.sensitivity import sensitivities
from transfer_opt.settings import Settings
from transfer_opt.sheets import Budget
from transfer_opt.solvers import opener, within
from transfer_opt.units import COUNTIES, read_recipients
from transfer_opt.workbook.reader import read_workbook

RELAXED = "（已放宽）"
"""Marks a scenario whose rules had to give way, on every sheet."""
NO_RENAMES: Mapping[str, str] = MappingProxyType({})
Progress = Callable[[str], None]


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
    budget = read_workbook(path, spec.aliases, rename, password)
    broken = structure(budget)
    if broken:
        notes = [note for sheet in budget.sheets.values() for note in sheet.notes]
        raise InputError(dict.fromkeys([*notes, *broken]))  # type: ignore[arg-type]
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


def allocate(
    prepared: Prepared, solver: str = "auto", progress: Progress = lambda _: None, relax: bool = False,
    time_limit: float | None = None,
) -> Outcome:
    """Solve, round, explain and audit. Raises InputError, InfeasibleError, NotProvenError or SolverError."""
    wrong = errors_of(prepared.problems)
    if wrong:
        raise InputError(prepared.problems)
    objective = prepared.objective
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    open_solver = within(opener(solver, len(case.lines)), time_limit)
    again = within(opener("highs" if solver == "auto" else solver, len(case.lines)), time_limit)  # re-solves by arrays
    settings, given_way = _possible(case, prepared.settings, again) if relax else (prepared.settings, ())
    formulation = formulate(case, settings, objective)
    refuse_crossed_bounds(case, formulation)
    solution, units, proof = _optimum(case, settings, formulation, open_solver, again, progress)
    amounts = solution.columns[: len(case.lines)]
    final = np.asarray(units * case.unit, dtype=float)
    progress("测算说明")
    chain = steps(case, settings, objective, amounts, units, again)
    found = findings(case, formulation, solution.stages, amounts, final, again)
    notes = tuple(Problem("W350", f"{name}上年{fund} {money:,.12g} {case.money_unit}，今年不参加该项资金分配，由其他县分配。")
                  for fund, name, money in released(case))
    return Outcome(
        prepared.spec, prepared.budget, settings, case, formulation, prepared.scenario + RELAXED * bool(given_way),
        objective, solver, solution,
        units, chain, tuple(reasons(case, settings, formulation, amounts, chain)),
        tuple(coefficients(case, formulation, amounts).items()), found, indicators(case, final),
        (*warnings_of(prepared.problems), *notes), 
        (*given_way, *alarms(case, settings, formulation, found, final)),
        tuple(sensitivities(partial(assemble, prepared.spec, prepared.budget), settings, objective, case, formulation, amounts, again)), proof,
    )


def _optimum(
    case: Case, settings: Settings, formulation: Formulation, open_solver: Opener, again: Opener, progress: Progress
) -> tuple[Solution, Ints, str]:
    """The optimum, its integers and its proof; raises InfeasibleError where there is none.

    Where rounding leaves the exact proof without a hold, the levels are taken once more, one by one.
    """
    for together in (True, False):
        solution = solve(formulation.program, formulation.stages, open_solver, progress, together)
        if solution.shortage is not None:
            raise infeasible(case, settings, formulation, solution.shortage, again)
        progress("取整")
        units = published(case, solution.columns[: len(case.lines)], again)
        progress("证明")
        try:
            return solution, units, proved(case, formulation, solution, units)
        except SolverError:
            if not together:
                raise
    raise AssertionError("the second attempt returns or raises")


def _possible(case: Case, settings: Settings, open_solver: Opener) -> tuple[Settings, tuple[str, ...]]:
    """Make the rules of each contradiction soft until an allocation exists, and say which."""
    said: list[str] = []
    while True:
        found = conflict(case, settings, open_solver)
        if not found.money:
            return settings, tuple(said)
        softer = [family for family in found.families if not settings.rules[family.rule].fixed]
        if not softer:
            return settings, tuple(said)
        settings = relaxed(settings, softer)
        said += [f"已按 --relax 把{family}改为「软」：原规则做不到，相差 {found.money:,.12g} {case.money_unit}。" for family in softer]


def proved(case: Case, formulation: Formulation, solution: Solution, units: Ints) -> str:
    """The certificate as text, accepted by the independent checker; else SolverError, and nothing is published."""
    made = certificate(formulation.program, formulation.stages, solution, units, case.unit, case.line_names)
    text = json.dumps(made, ensure_ascii=True, separators=(",", ":"))
    try:
        check_certificate(json.loads(text))
    except CertificateError as error:
        raise SolverError(f"结果没有通过独立的精确核对，不予公布：{error}") from error
    return text


def write(outcome: Outcome, path: Path) -> None:
    """Write the result workbook, whole or not at all."""
    from transfer_opt.workbook.writer import write_report

    # A build that fixes its clock gets the same bytes every time.
    now = None if "SOURCE_DATE_EPOCH" in os.environ else datetime.now().astimezone()
    date = now.strftime("%Y-%m-%d") if now else ""
    finished = now.strftime("%Y-%m-%d %H:%M:%S %z") if now else ""
    write_report(build(outcome, date, finished), path)


def result_path(source: Path, wanted: Path | None, what: str = "分配结果") -> Path:
    """Where the result goes; never the input itself, not through a link either (OutputError)."""
    target = wanted or source.with_name(f"{source.stem}_{what}.xlsx")
    if target.exists() and source.exists() and target.samefile(source):
        raise OutputError(f"输出文件与输入文件是同一个：{target}。处理办法：用 -o 另起一个文件名，输入文件不会被改动。")
    if target.suffix.lower() != ".xlsx":
        raise OutputError(f"输出文件应以 .xlsx 结尾：{target}。处理办法：改文件名，如 {target.stem}.xlsx。")
    return target


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
