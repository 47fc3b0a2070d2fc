"""`monitor`: results of several years, or 「历年指标」, and the department's cuts → levels, list, index. Calls in order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gmpy2 import mpq

from transfer_opt.allocation.allocate import Progress
from transfer_opt.commands import publish
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import exact
from transfer_opt.core.tables import Report
from transfer_opt.core.version import __version__
from transfer_opt.core.vocabulary import EXAMPLE_LABEL, INDICATORS, THRESHOLDS
from transfer_opt.intake.checks.catalogue import errors_of, in_order
from transfer_opt.intake.monitoring import read_monitoring
from transfer_opt.intake.prepare import NO_RENAMES
from transfer_opt.policy.case import DEFAULT_UNIT
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.policy.succession import Succession
from transfer_opt.policy.warning_levels import LEVELS, Threshold
from transfer_opt.published.monitored import Monitored, read_monitored
from transfer_opt.report.monitor import monitor_report, warned_table
from transfer_opt.report.monitor_sentences import sentences
from transfer_opt.report.parts import budget_label
from transfer_opt.scenarios.former_units import watched
from transfer_opt.scenarios.watch import Source, Watch, watch
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.input.reader import read_workbook
from transfer_opt.workbook.result.publication import kind_of
from transfer_opt.workbook.save import write_report

if TYPE_CHECKING:
    import pandas as pd

WHAT = "监测预警"
"""What is added to the name of the last file."""
HUNDREDTH = mpq(1, 100)
"""What money is counted in where no result says a publishing unit."""


@dataclass(frozen=True, repr=False)
class Warned:
    """What is watched, and the files it comes from."""

    watch: Watch
    results: tuple[Monitored, ...]
    budgets: tuple[Budget, ...]
    """The workbooks with cuts or figures of years, that with the cuts first."""
    model: str
    """SHA-256 of the model file."""
    problems: tuple[Problem, ...]
    """What should be known of the files."""
    paths: tuple[Path, ...]
    """The files as they were given, and that with the cuts where it was named."""
    thresholds: Path | None

    @property
    def facts(self) -> Iterator[tuple[str, str]]:
        """What 「审计信息」 says."""
        yield "工具版本", f"transfer-opt {__version__}"
        for budget in self.budgets:
            sheets = "、".join(f"「{n}」" for n in (THRESHOLDS, INDICATORS) if n in budget.sheets)
            yield f"{sheets}来自", f"{_name(budget)}，SHA-256 {budget.sha256}"
        for each in self.results:
            adjusted = "，按批准数" if each.is_adjusted else ""
            told = f"{each.path.name}{adjusted}，校验码 {each.plan.digest}"
            yield f"{each.year}年结果", f"{told}，SHA-256 {each.book.sha256}"
        yield "模型文件 SHA-256", self.model
        yield "校验码 SHA-256", self.check_code
        for problem in self.problems:
            yield "警告", str(problem)

    @property
    def check_code(self) -> str:
        """SHA-256 of what went in."""
        parts = [budget.sha256 for budget in self.budgets]
        parts += [each.book.sha256 for each in self.results]
        return hashlib.sha256("\n".join([*parts, self.model]).encode()).hexdigest()

    @property
    def report(self) -> Report:
        """The workbook; the same sources make the same."""
        labels = [*map(budget_label, self.budgets)]
        labels += [budget_label(each.plan.budget) for each in self.results]
        label = EXAMPLE_LABEL if any(labels) else ""
        return monitor_report(self.watch, tuple(self.facts), self.check_code, label)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What should be known: of the files, then of what is missing in them."""
        return (*self.problems, *self.watch.problems)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What `transfer-opt monitor` says: level by level, what it takes, the forecast, the index."""
        return tuple(sentences(self.watch))

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the workbook, by default beside the last file as `transfer-opt monitor` does; where it lies.

        The same sources make the same bytes. Raises OutputError, and leaves nothing behind, where that cannot be.
        """
        target = monitor_path(self.paths, self.thresholds, None if path is None else Path(path))
        write_report(self.report, target)
        return target

    def to_frame(self) -> pd.DataFrame:
        """「预警名单」, a row per county, the worst first."""
        from transfer_opt.report.frame import frame

        return frame(warned_table(self.watch))

    def __repr__(self) -> str:
        now = self.watch.now
        found = [each.level(now) for each in self.watch.standings]
        told = "，".join(f"{level} {found.count(level)} 县" for level in LEVELS if level in found)
        return f"<Warned {self.watch.years[now]}年：{told}>"


def monitor(
    paths: Sequence[Path],
    thresholds: Path | None = None,
    model: Model = None,
    rename: Mapping[str, str] = NO_RENAMES,
    password: str | None = None,
    progress: Progress = lambda _: None,
) -> Warned:
    """Read results and workbooks with 「历年指标」, and the cuts from `thresholds`, by default from one of those workbooks.

    Raises InputError, with every problem of the two sheets.
    """
    spec = load_model(model)
    results, budgets = _read(paths, thresholds, spec, rename, password, progress)
    cuts, sources, problems = _sheets(budgets)
    results.sort(key=lambda each: each.year)
    sources += [Source(each.path.name, each.records) for each in results]
    if results:
        sources.append(Source(results[-1].path.name, tuple(results[-1].forecast())))
    succession = results[-1].plan.case.succession if results else Succession()
    sources, merged = watched(sources, succession)
    unit, money_unit = _money(results, budgets, sources)
    progress("定等级")
    found = watch(cuts, sources, spec.former, unit, money_unit)
    told = (
        *problems,
        *merged,
        *_unforecast(results),
        *(p for r in results for p in r.plan.problems),
    )
    return Warned(
        found, tuple(results), tuple(budgets), spec.sha256, told, tuple(paths), thresholds
    )


def monitor_path(paths: Sequence[Path], thresholds: Path | None, wanted: Path | None) -> Path:
    """Where the workbook goes, by default beside the last file; never one that is read (OutputError, InputError)."""
    target = wanted or paths[-1].with_name(f"{paths[-1].stem}_{WHAT}.xlsx")
    for source in _sources(paths, thresholds):
        publish.result_path(source, target)
    return target


def _sources(paths: Sequence[Path], thresholds: Path | None) -> Iterable[Path]:
    """Every file that is read, each once."""
    return dict.fromkeys([*([thresholds] if thresholds else []), *paths])


def _read(
    paths: Sequence[Path],
    thresholds: Path | None,
    spec: ModelSpec,
    rename: Mapping[str, str],
    password: str | None,
    progress: Progress,
) -> tuple[list[Monitored], list[Budget]]:
    """The results, and the other workbooks, that with the cuts first."""
    results: list[Monitored] = []
    budgets: list[Budget] = []
    for path in _sources(paths, thresholds):
        progress(f"读取 {path.name}")
        if path != thresholds and kind_of(book := open_workbook(path, password)) == "result":
            results.append(read_monitored(book, spec))
            continue
        budget = read_workbook(path, spec.aliases, rename, password)
        wanted = {THRESHOLDS} if path == thresholds else {THRESHOLDS, INDICATORS}
        if not wanted & budget.sheets.keys():
            raise _refused(
                "E399",
                f"「{path.name}」里没有{'或'.join(f'「{n}」' for n in sorted(wanted, reverse=True))}，也不是结果工作簿。"
                if path != thresholds
                else f"「{path.name}」里没有「{THRESHOLDS}」。",
                "用 transfer-opt init 写出带这两张表的模板，填好后给出；或给出 transfer-opt solve 写出的结果。",
            )
        budgets.append(budget)
    budgets.sort(key=lambda each: THRESHOLDS not in each.sheets)
    if not budgets or THRESHOLDS not in budgets[0].sheets:
        raise _refused(
            "E399",
            f"没有「{THRESHOLDS}」，不知各项指标的线定在哪里。",
            "写 --thresholds 工作簿，里面填好这张表。",
        )
    return results, budgets


def _sheets(
    budgets: Sequence[Budget],
) -> tuple[tuple[Threshold, ...], list[Source], tuple[Problem, ...]]:
    """The cuts, what 「历年指标」 says, and what is to be known of both; raises InputError with all that is wrong."""
    cuts = budgets[0].sheets[THRESHOLDS]
    given = [(each, sheet) for each in budgets if (sheet := each.sheets.get(INDICATORS))]
    histories = [sheet for _, sheet in given]
    thresholds, found, wrong = read_monitoring(cuts, histories)
    notes = [note for sheet in (cuts, *histories) for note in sheet.notes]
    problems = in_order([*(note for each in budgets for note in each.notes), *notes, *wrong])
    if errors_of(problems):
        raise InputError(problems)
    sources = [
        Source(f"{_name(budget)} 的{INDICATORS}", records)
        for (budget, _), records in zip(given, found, strict=True)
    ]
    return thresholds, sources, problems


def _money(
    results: Sequence[Monitored], budgets: Sequence[Budget], sources: Sequence[Source]
) -> tuple[mpq, str]:
    """What the present year's money is counted in, and its unit."""
    years = [r.year for source in sources for r in source.records if not r.is_forecast]
    if results and results[-1].year == max(years):
        case = results[-1].plan.case
        return exact(case.unit), case.money_unit
    units = [budget.sheets[INDICATORS].unit for budget in budgets if INDICATORS in budget.sheets]
    return HUNDREDTH, next(filter(None, units), DEFAULT_UNIT)


def _unforecast(results: Sequence[Monitored]) -> Iterator[Problem]:
    if results and results[-1].has_forecast and results[-1].is_adjusted:
        yield Problem(
            "W395",
            f"{results[-1].path.name} 有人工调整，其中的预测是按测算数推的，没有列出预测年的等级。",
            "要看预测年，给出调整前的结果。",
        )


def _refused(code: str, message: str, remedy: str) -> InputError:
    return InputError([Problem(code, message, remedy)])


def _name(budget: Budget) -> str:
    return Path(budget.path).name
