"""The public door: what the command line does, from Python. `from transfer_opt import …` finds these names.

Each function takes what an analyst has, makes the call that its command makes and hands back a small frozen result.
A budget is the path of a workbook, or one that `read_budget` has read. Errors are those of `core.errors`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transfer_opt.commands.audit import Audited
    from transfer_opt.commands.compare import Compared
    from transfer_opt.commands.frontier import TradeOff
    from transfer_opt.commands.monitor import Warned
    from transfer_opt.commands.solve import Solved
    from transfer_opt.commands.sweep import Swept
    from transfer_opt.intake.prepare import Source
    from transfer_opt.policy.model_file.loading import Model

    StrPath = str | os.PathLike[str]


def solve(
    budget: Source,
    scenario: str | None = None,
    *,
    unit: str | None = None,
    solver: str = "auto",
    relax: bool = False,
    time_limit: float | None = None,
) -> Solved:
    """The one best allocation of a scenario, by default of the workbook as it stands: rounded, proved, explained.

    `unit` is the publishing unit (1元, 1万元, …), by default that of the workbook. `solver` changes the way, never the
    result. `relax` lets rules that contradict each other give way as cheaply as can be. `time_limit` is in seconds.

    Raises InputError where the workbook has errors, InfeasibleError where its rules contradict each other,
    NotProvenError where the time is up.
    """
    from transfer_opt.commands.solve import solve as solve_read
    from transfer_opt.core.time_limit import within
    from transfer_opt.intake.prepare import opened

    return within(
        time_limit,
        lambda deadline: solve_read(
            opened(budget), scenario, unit, solver, relax, deadline=deadline
        ),
    )


def plan(
    budget: Source,
    scenario: str | None = None,
    *,
    years: int | None = None,
    joint: bool = False,
    time_limit: float | None = None,
) -> Solved:
    """This year's allocation, exactly as `solve` has it, with the years of 「年度展望」 after it in `outcome.projection`.

    `years` counts this one, by default all there are; `joint` also decides them together. `save` writes what
    `transfer-opt plan` writes. Raises what `solve` raises, and InfeasibleError for the first year without an allocation.
    """
    from transfer_opt.commands.plan import plan as plan_read
    from transfer_opt.core.time_limit import within
    from transfer_opt.intake.prepare import opened

    return within(
        time_limit,
        lambda deadline: plan_read(opened(budget), scenario, years, joint, deadline=deadline),
    )


def explain(result: StrPath, county: str, *, model: Model = None) -> str:
    """Why a county, by name, short or former name or code, gets what it gets: told from a result workbook alone.

    `model` is a model whose former names are known, too; without it the default one. `Solved.explain` says the
    same without a file.

    Raises InputError where the file is none, or the county is not in it.
    """
    from transfer_opt.published.narrative import explain as sentences

    return "\n".join(sentences(Path(result), county, model))


def compare(
    given: Source | Sequence[StrPath],
    scenarios: Sequence[str] = (),
    *,
    baseline: str | None = None,
    years: int | None = None,
    model: Model = None,
) -> Compared:
    """Compare the scenarios of a budget, by default all of them, or several results and approved tables given as paths.

    `baseline` names what the others are compared with, or 「上年」; by default the first. `years`, for a budget, works
    out so many years of every scenario, this one included, as `plan` does; by default this one alone. `model` is for files given as
    paths; a budget that has been read has its own.

    Raises InputError; InfeasibleError where no scenario at all has an allocation.
    """
    from transfer_opt.commands import compare
    from transfer_opt.intake.prepare import BudgetWorkbook

    if isinstance(given, BudgetWorkbook):
        return compare.Compared(
            compare.compare_scenarios(given, scenarios, baseline, years=years), (given.path,)
        )
    paths = [Path(path) for path in ([given] if isinstance(given, str | os.PathLike) else given)]
    return compare.Compared(
        compare.compare(paths, model, scenarios, baseline, years=years), tuple(paths)
    )


def audit(
    result: StrPath,
    budget: Source | Sequence[StrPath] | None = None,
    *,
    model: Model = None,
    password: str | None = None,
) -> Audited:
    """Whether a result workbook still says what was proved: every cell derived again from its own inputs, or the budget's.

    A workbook of `monitor` is derived again from the files it came from, given as a list. A table that this program did not
    write is added up. What does not agree is in `findings`; nothing is raised for it.
    `model` is the model file of that time; `password` opens a locked table.

    Raises InputError where the file cannot be read, or the budget or the model is another.
    """
    from transfer_opt.commands.audit import audit as audit_file
    from transfer_opt.intake.prepare import BudgetWorkbook

    if budget is None:
        sources: Sequence[Source] = ()
    elif isinstance(budget, BudgetWorkbook | str | os.PathLike):
        sources = [budget]
    else:
        sources = budget
    return audit_file(Path(result), sources, model, password=password)


def monitor(
    files: StrPath | Sequence[StrPath],
    thresholds: StrPath | None = None,
    *,
    model: Model = None,
    password: str | None = None,
) -> Warned:
    """Levels of warning of every county through the years, by the department's cuts: the worst first, and what would help.

    `files` are result workbooks of several years, or a workbook with 「历年指标」; `thresholds` is one with 「预警阈值」, by
    default one of them. `model` is the model file of the results; `password` opens what is locked.

    Raises InputError, with every problem of the two sheets.
    """
    from transfer_opt.commands.monitor import monitor as watch_files

    paths = [Path(each) for each in ([files] if isinstance(files, str | os.PathLike) else files)]
    cuts = None if thresholds is None else Path(thresholds)
    return watch_files(paths, cuts, model, password=password)


def frontier(
    budget: Source, scenario: str | None = None, *, objectives: Sequence[str] = ()
) -> TradeOff:
    """What one of two objectives gains where the other gives way: the whole curve, an allocation at every corner.

    Raises InputError, InfeasibleError.
    """
    from transfer_opt.commands.frontier import DEFAULT_PAIR, trade_off
    from transfer_opt.intake.prepare import opened, settled

    given = opened(budget)
    return trade_off(settled(given.model, given.budget, scenario), objectives or DEFAULT_PAIR)


def sweep(
    budget: Source,
    path: StrPath,
    scenario: str | None = None,
    *,
    vary: Sequence[str] = (),
    uncertain: Sequence[str] = (),
    draws: int | None = None,
    seed: int = 1,
) -> Swept:
    """Solve a budget many times over, parameters and data varied, and write the tables to `path`.

    `vary` and `uncertain` are written as on the command line (`增幅上限·均衡性·增幅上限=10%:20%:5`, `常住人口=±5%`);
    `draws` takes so many at random instead of every combination. What is finished stands in a file beside `path`: the
    same call goes on where an interrupted one ended.

    Raises InputError, OutputError.
    """
    from transfer_opt.commands.sweep import sweep as sweep_points
    from transfer_opt.commands.sweep import sweep_path
    from transfer_opt.intake.prepare import opened, settled
    from transfer_opt.scenarios.sweep.engines import local
    from transfer_opt.scenarios.sweep.plan import plan

    given = opened(budget)
    target = sweep_path(given.path, Path(path))
    prepared = settled(given.model, given.budget, scenario)
    return sweep_points(prepared, plan(prepared, vary, uncertain, draws, seed), target, local)
