"""The pipeline: workbook → outcome → workbook. Calls in order, no logic of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from transfer_opt.assemble import assemble, fund_rows, released
from transfer_opt.audit import findings, soft_gaps
from transfer_opt.checks import Draft, Sheets, all_problems, errors_of, sheet_problems, structure, warnings_of
from transfer_opt.deadline import NEVER, Deadline
from transfer_opt.diagnose import Present, diagnosed
from transfer_opt.domain import Case, Change, ModelSpec, ScenarioSpec
from transfer_opt.errors import InputError, OutputError, Problem
from transfer_opt.exact import exact, spelled
from transfer_opt.explain import coefficients, reasons, steps
from transfer_opt.formulate import Formulation
from transfer_opt.indicators import indicators
from transfer_opt.infeasible import infeasible, told
from transfer_opt.instance import Instance
from transfer_opt.linear import Floats
from transfer_opt.modelfile import did_you_mean, load_model
from transfer_opt.optimum import Optimum, Published, optimum_and_proof
from transfer_opt.outcome import Outcome
from transfer_opt.parameters import BASELINE, parse_objectives, parse_unit, read_choices
from transfer_opt.repair import Repair, cheapest, shares
from transfer_opt.report import build
from transfer_opt.sensitivity import EVERYTHING, sensitivities, tried
from transfer_opt.settings import Settings
from transfer_opt.sheets import Budget
from transfer_opt.solvers import EXACT, opener, within
from transfer_opt.units import COUNTIES, read_recipients
from transfer_opt.workbook.reader import read_workbook
from transfer_opt.workbook.saving import is_name, same_place

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


def instance_of(prepared: Prepared, solver: str = "auto", deadline: Deadline = NEVER) -> Instance:
    """The problem that a workbook states; raises InputError where it has errors."""
    if errors_of(prepared.problems):
        raise InputError(prepared.problems)
    reassemble = partial(assemble, prepared.spec, prepared.budget)
    case = reassemble(prepared.settings)
    again = within(opener("highs" if solver == "auto" else _floats(solver), len(case.lines)), deadline)  # re-solves by arrays
    return Instance(case, prepared.settings, prepared.objective, reassemble, again)


def optimum(
    instance: Instance, solver: str = "auto", progress: Progress = lambda _: None, deadline: Deadline = NEVER
) -> Published | Optimum:
    """The allocation with its integers and its certificate, or the contradiction: what every other word is about."""
    open_solver = within(opener(_floats(solver), len(instance.case.lines)), deadline)
    return optimum_and_proof(instance.case, instance.formulated, open_solver, instance.open_solver, progress, exact=solver == EXACT)


def allocate(
    prepared: Prepared, solver: str = "auto", progress: Progress = lambda _: None, relax: bool = False,
    deadline: Deadline = NEVER, sensitive: bool = True,
) -> Outcome:
    """Solve, round, prove, explain and, where `sensitive`, solve again for every small change.

    Raises InputError, InfeasibleError or SolverError.
    """
    given = instance_of(prepared, solver, deadline)
    case, again, objective = given.case, given.open_solver, given.objective
    repair = Repair(given.settings, (), 0.0) if not relax or given.optimum.possible else cheapest(case, given.settings, again)
    instance = replace(given, settings=repair.settings)
    found = optimum(instance, solver, progress, deadline)
    if not isinstance(found, Published):
        progress("查找矛盾和修复办法")
        raise infeasible(instance)
    formulation, solution, units = found.optimum.formulation, found.optimum.solution, found.units
    assert solution is not None, "published"
    amounts = solution.columns[: len(case.lines)]
    final = np.asarray(units * case.unit, dtype=float)
    progress("测算说明")
    chain = steps(case, formulation, objective, amounts, units, again)
    held = findings(case, formulation, solution.stages, amounts, final, again, tried(case, repair.settings) == EVERYTHING)
    unmet = frozenset((finding.rule, finding.subject) for finding in soft_gaps(held))
    told_of, alarms = diagnosed(Present(instance, formulation, final, unmet), held)
    notes = tuple(Problem("W350", f"{name}上年{fund} {money:,.12g} {case.money_unit}，今年不参加该项资金分配，由其他县分配。")
                  for fund, name, money in released(case))
    changes = sensitivities(instance.reassemble, repair.settings, objective, case, formulation, solution, again)
    return Outcome(
        prepared.spec, prepared.budget, prepared.settings, case, prepared.scenario + RELAXED * bool(repair.families), objective,
        units, chain, indicators(case, final), (*warnings_of(prepared.problems), *notes),
        (*_given_way(case, repair, formulation, final), *alarms), found.certificate,
        tuple(reasons(case, repair.settings, formulation, amounts, chain)), formulation, solver, solution,
        tuple(coefficients(case, formulation, amounts).items()), told_of, tuple(changes) if sensitive else (),
    )


def _floats(solver: str) -> str:
    """The solver that goes ahead of exact arithmetic, and answers what is only compared."""
    return "highs" if solver == EXACT else solver


def _given_way(case: Case, repair: Repair, formulation: Formulation, final: Floats) -> tuple[str, ...]:
    """By how much the published amounts miss what was repaired, and for whom."""
    given = shares(case, formulation, final) if repair.families else ()
    money = spelled(exact(round(sum(row.money for row in given), 6)))
    least = f"原来的规则做不到，合计放宽 {money} {case.money_unit}"
    return tuple(f"已按 --relax 把{words}：{least}。" for words in told(given, case.money_unit, len(final)))


def write(
    outcome: Outcome, path: Path | None, copy: Path | None = None, deadline: Deadline = NEVER
) -> tuple[str, ...]:
    """Write the result workbook, and into a copy of the budget where one is wished: each whole, or none at all.

    Returns what in the copy is not as in the budget. Once a file is put in place, no deadline interrupts any more.
    """
    from transfer_opt.workbook.writer import write_into, write_report

    report = build(outcome, *stamps())
    if copy:
        return write_into(report, Path(outcome.budget.path), outcome.budget.sha256, copy, path, deadline.close)
    if path:
        write_report(report, path, deadline.close)
    return ()


def stamps() -> tuple[str, str]:
    """Date and time of this run; empty where a build fixes its clock, so that it gets the same bytes every time."""
    now = None if "SOURCE_DATE_EPOCH" in os.environ else datetime.now().astimezone()
    return (now.strftime("%Y-%m-%d"), now.strftime("%Y-%m-%d %H:%M:%S %z")) if now else ("", "")


def result_path(source: Path, wanted: Path | None, what: str = "分配结果", suffix: str = ".xlsx") -> Path:
    """Where the result goes; never the input itself, not through a link either (OutputError).

    A name that no file system takes is refused (InputError) before anything is worked out.
    """
    target = wanted or source.with_name(f"{source.stem}_{what}{suffix}")
    if not is_name(target):
        raise InputError([Problem("E112", f"输出文件名「{target.name}」不能用：太长，或有文件名里不能有的字符。", "用 -o 另起一个较短的文件名。")])
    _not_the_input(source, target, "-o")
    if target.suffix.lower() != suffix:
        raise OutputError(f"输出文件应以 {suffix} 结尾：{target}。处理办法：改文件名，如 {target.stem}{suffix}。")
    return target


def result_paths(source: Path, wanted: Path | None, copy: Path | None) -> tuple[Path | None, Path | None]:
    """Where the result and the copy of the input go: with a copy, the result stands alone only where that is wished."""
    target = result_path(source, wanted) if wanted or not copy else None
    if copy:
        _not_the_input(source, copy, "--into")
    if target and copy and same_place(target, copy):
        raise OutputError(f"-o 与 --into 是同一个文件：{copy}。处理办法：给副本另起一个文件名。")
    return target, copy


def _not_the_input(source: Path, target: Path, option: str) -> None:
    if same_place(target, source):
        raise OutputError(f"输出文件与输入文件是同一个：{target}。处理办法：用 {option} 另起一个文件名，输入文件不会被改动。")


def refuse_unfit_copy(prepared: Prepared, copy: Path) -> None:
    """Raise OutputError where the workbook, once read, turns out to be of a kind that no copy can be made of."""
    from transfer_opt.workbook.grafting import as_read, refuse_unfit

    source = Path(prepared.budget.path)
    refuse_unfit(as_read(source, prepared.budget.sha256), source, copy)


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
