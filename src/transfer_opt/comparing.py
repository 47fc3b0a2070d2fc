"""The pipeline of `compare`: workbooks → plans → comparison → workbook and page. Calls in order, no logic of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from transfer_opt import run
from transfer_opt.domain import ModelSpec
from transfer_opt.errors import InfeasibleError
from transfer_opt.modelfile import load_model
from transfer_opt.outcome import Plan
from transfer_opt.parameters import BASELINE, read_choices
from transfer_opt.program import Opener
from transfer_opt.report.compared import build_comparison
from transfer_opt.scenarios.comparison import Comparison, compared
from transfer_opt.sheets import Budget
from transfer_opt.solvers import opener
from transfer_opt.units import COUNTIES, read_recipients
from transfer_opt.workbook.reader import read_workbook

Progress = Callable[[str], None]


def compare(
    paths: Sequence[Path], model: Path | None = None, scenarios: Sequence[str] = (), baseline: str | None = None,
    rename: Mapping[str, str] = run.NO_RENAMES, password: str | None = None, progress: Progress = lambda _: None,
) -> Comparison:
    """Solve the scenarios of one budget, or read several results, and compare them.

    Raises InputError; InfeasibleError where no scenario at all has an allocation.
    """
    spec = load_model(model)
    budget = read_workbook(paths[0], spec.aliases, rename, password)
    plans, failed = _solved(spec, budget, scenarios, progress)
    progress("比较")
    return compared(spec, plans, [plan.scenario for plan in plans], baseline, failed, _open_for)


def write(comparison: Comparison, path: Path) -> None:
    """Write the comparison workbook, whole or not at all."""
    from transfer_opt.workbook.writer import write_report

    write_report(build_comparison(comparison, *run.stamps()), path)


def _solved(
    spec: ModelSpec, budget: Budget, wanted: Sequence[str], progress: Progress
) -> tuple[list[Plan], list[tuple[str, str]]]:
    """Every scenario a complete solve of the whole envelope; those that have no allocation apart, with the reason."""
    plans: list[Plan] = []
    failed: list[tuple[str, str]] = []
    for name in wanted or _names(spec, budget):
        progress(f"方案「{name}」")
        try:
            plans.append(run.allocate(run.settled(spec, budget, name), "highs", sensitive=False))
        except InfeasibleError as error:
            failed.append((name, str(error)))
    if not plans:
        raise InfeasibleError("\n".join(f"方案「{name}」：{why}" for name, why in failed))
    return plans, failed


def _names(spec: ModelSpec, budget: Budget) -> list[str]:
    """The workbook's scenarios, else the model file's; the workbook as it stands comes first."""
    counties = budget.sheets.get(COUNTIES)
    if counties is None:
        return [BASELINE]
    choices = read_choices(spec, budget.sheets, read_recipients(counties, spec.value_aliases))
    known = spec.scenarios if choices.scenarios is None else choices.scenarios
    return list(dict.fromkeys([BASELINE, *(scenario.name for scenario in known)]))


def _open_for(lines: int) -> Opener:
    return opener("highs", lines)
