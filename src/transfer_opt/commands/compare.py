"""The pipeline of `compare`: workbooks → plans → comparison → workbook and page. Calls in order, no logic of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from transfer_opt.allocation import allocate
from transfer_opt.allocation.allocate import Progress
from transfer_opt.allocation.plan import Outcome, Plan
from transfer_opt.commands import publish
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InfeasibleError, InputError, OutputError, Problem
from transfer_opt.core.tables import Report
from transfer_opt.core.vocabulary import ADJUSTED, CHECKED, OUTLOOK
from transfer_opt.intake import prepare
from transfer_opt.intake.checks.catalogue import errors_of
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.policy.outlook_growth import growths_told
from transfer_opt.published.plan import as_solved, listed, read_plan
from transfer_opt.report.approved import approved_plan
from transfer_opt.report.comparison.ahead import ahead_sentences
from transfer_opt.report.comparison.matrix import alarms, facts, sentences
from transfer_opt.report.comparison.workbook import build_comparison, digest
from transfer_opt.scenarios.comparison.ahead import ahead, refuse_years
from transfer_opt.scenarios.comparison.columns import Listed
from transfer_opt.scenarios.comparison.compare import (
    LAST_YEAR,
    Comparison,
    compared,
    unknown_baseline,
)
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.result.adjustments import adjustments_of
from transfer_opt.workbook.result.publication import kind_of

if TYPE_CHECKING:
    import pandas as pd

StrPath: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True, repr=False)
class Compared:
    """Scenarios, results and approved tables side by side, and the files they come from."""

    comparison: Comparison
    """Everything that is known of them."""
    sources: tuple[Path, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the scenarios and tables, the baseline first unless that is last year."""
        return tuple(side.name for side in self.comparison.sides)

    @property
    def failed(self) -> Mapping[str, str]:
        """The scenarios that have no allocation → why."""
        return dict(self.comparison.failed)

    @property
    def sentences(self) -> Mapping[str, str]:
        """Name → what it gains and what that costs."""
        return dict(zip(self.names, sentences(self.comparison), strict=True))

    @property
    def year_sentences(self) -> Mapping[str, str]:
        """Name → where its shortfalls begin in the years worked out; empty where only this year was compared."""
        told = ahead_sentences(self.comparison)
        return {
            each.name: f"{said}。" for each, said in zip(self.comparison.ahead, told, strict=True)
        }

    @property
    def check_code(self) -> str:
        """SHA-256 over the check codes of everything compared."""
        return digest(self.comparison)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What should be known: of the comparison, then shortfalls and exceeded caps, each once."""
        return (*self.comparison.notes, *alarms(self.comparison))

    def save(
        self,
        path: StrPath | None = None,
        *,
        html: StrPath | None = None,
        boundaries: StrPath | None = None,
    ) -> Path:
        """Write the workbook, by default beside the first source as `transfer-opt compare` does, and the page; where it lies.

        The bytes are those of the command. Raises OutputError, and leaves nothing behind, where that cannot be.
        """
        book, page, map_ = (
            None if each is None else Path(each) for each in (path, html, boundaries)
        )
        target = comparison_path(self.sources, book, page)
        write(self.comparison, target, page, map_)
        return target

    def to_frame(self) -> pd.DataFrame:
        """A row per scenario and county: what every fund gives, the amounts exact, and what that leads to."""
        from transfer_opt.report.frame import comparison_frame

        return comparison_frame(self.comparison)

    def __repr__(self) -> str:
        return f"<Compared {'、'.join(self.names)}，基准：{self.comparison.baseline.name}，校验码 {self.check_code[:6]}…>"


def compare(
    paths: Sequence[Path],
    model: Model = None,
    scenarios: Sequence[str] = (),
    baseline: str | None = None,
    rename: Mapping[str, str] = prepare.NO_RENAMES,
    password: str | None = None,
    progress: Progress = lambda _: None,
    years: int | None = None,
) -> Comparison:
    """Solve the scenarios of one budget, or read several results, and compare them.

    `years`: how many are worked out for each scenario of a budget, this one included; None: this one alone.
    Raises InputError; InfeasibleError where no scenario at all has an allocation.
    """
    spec = load_model(model)
    kinds = [kind_of(open_workbook(path, password)) for path in paths]
    if kinds == ["budget"]:
        return compare_scenarios(
            prepare.read_budget(paths[0], spec, rename=rename, password=password),
            scenarios,
            baseline,
            progress,
            years,
        )
    _refuse_options_of_a_budget(scenarios, years)
    given = [_read(spec, path, kind, rename) for path, kind in zip(paths, kinds, strict=True)]
    if not any(isinstance(one, Plan) for one in given):
        raise InputError(
            [
                Problem(
                    "E174",
                    "没有一个文件是结果工作簿，没有可用来说明变化的测算。",
                    "至少给出一份 transfer-opt solve 写出的结果。",
                )
            ]
        )
    notes = [str(problem) for one in given if isinstance(one, Plan) for problem in one.problems]
    notes += [
        f"{path.name} 有人工调整，按批准数比较，批准数与测算数之差列为“{ADJUSTED}”；"
        f"批准数违反哪些规则见其中的「{CHECKED}」。"
        for path, one in zip(paths, given, strict=True)
        if isinstance(one, Plan) and one.computed is not None
    ]
    alone = LAST_YEAR if len(given) == 1 else None
    return compared(
        spec, given, _labels(paths, given), baseline or alone, (), [*notes, *_units_agree(given)]
    )


def _refuse_options_of_a_budget(scenarios: Sequence[str], years: int | None) -> None:
    """Raises InputError where results are given and something is asked that only a budget can answer."""
    problems = []
    if scenarios:
        problems.append(
            Problem(
                "E177",
                "--scenario 只用于一份预算工作簿，结果文件各是一个方案。",
                "去掉 --scenario，只给出要比较的结果文件。",
            )
        )
    if years is not None:
        problems.append(
            Problem(
                "E181",
                "--years 只用于一份预算工作簿：以后各年要按它的「年度展望」推算。",
                "去掉 --years，或只给出预算工作簿，比较它的各个方案。",
            )
        )
    if problems:
        raise InputError(problems)


def compare_scenarios(
    budget: prepare.BudgetWorkbook,
    scenarios: Sequence[str] = (),
    baseline: str | None = None,
    progress: Progress = lambda _: None,
    years: int | None = None,
) -> Comparison:
    """Solve the scenarios of a budget, all of them by default, and compare them. Raises as `compare`."""
    names = list(scenarios) or list(budget.scenarios)
    if baseline not in (None, LAST_YEAR, *names):
        raise unknown_baseline(str(baseline), names)
    if years is not None:
        refuse_years(budget, years)
    plans, failed = _solved(budget.model, budget.budget, names, progress)
    later = () if years is None else ahead(budget, plans, years, progress)
    notes = list(_of_later_years(plans)) if years is None else []
    progress("比较")
    labels = [plan.scenario for plan in plans]
    return compared(budget.model, plans, labels, baseline, failed, notes, later)


def _of_later_years(plans: Sequence[Plan]) -> Iterator[str]:
    """The scenarios that differ in what they say of later years, which are not looked at."""
    told = [list(growths_told(plan.settings)) for plan in plans]
    if any(each != told[0] for each in told):
        names = "、".join(
            f"「{plan.scenario}」" for plan, each in zip(plans, told, strict=True) if each
        )
        yield f"{names}改了以后各年的「{OUTLOOK}」，这不影响本年的分配；加 --years 年数，才比较以后各年。"


def _read(spec: ModelSpec, path: Path, kind: str, rename: Mapping[str, str]) -> Plan | Listed:
    """A result as a plan, any other table as what is listed; several budgets at once are a mistake."""
    if kind == "budget":
        raise InputError(
            [
                Problem(
                    "E175",
                    f"{path.name} 是预算工作簿，不能和其他文件一起比较。",
                    "先用 transfer-opt solve 算出结果，再比较结果；或只给这一个文件，比较它的各个方案。",
                )
            ]
        )
    if kind == "table":
        return listed(path, spec, rename)
    plan, decided = as_solved(read_plan(path, spec)), adjustments_of(path)
    return approved_plan(plan, decided) if decided else plan


def _labels(paths: Sequence[Path], given: Sequence[Plan | Listed]) -> list[str]:
    """Scenario names where they tell the files apart, else the names of the files, numbered where these agree, too."""
    names = [one.scenario if isinstance(one, Plan) else one.name for one in given]
    if len(set(names)) < len(names):
        names = [path.stem for path in paths]
    return [
        name if names.count(name) == 1 else f"{name}（{at}）"
        for at, name in enumerate(names, start=1)
    ]


def _units_agree(given: Sequence[Plan | Listed]) -> list[str]:
    """Raises InputError where amounts are in different units; a table that names none is told."""
    said = {one.case.money_unit if isinstance(one, Plan) else one.money_unit for one in given} - {
        ""
    }
    if len(said) > 1:
        raise InputError(
            [
                Problem(
                    "E176",
                    f"几个文件的金额单位不同：{'、'.join(sorted(said))}。",
                    "统一单位后再比较。",
                )
            ]
        )
    return [
        f"「{one.name}」没有写金额单位，按{next(iter(said))}比较。"
        for one in given
        if isinstance(one, Listed) and not one.money_unit
    ]


def write(
    comparison: Comparison, path: Path, html: Path | None = None, boundaries: Path | None = None
) -> None:
    """Write the comparison workbook and, where asked for, the page: both whole, or neither."""
    from transfer_opt.core.atomic_write import save_atomically
    from transfer_opt.workbook.save import write_report

    report = build_comparison(comparison, *publish.stamps())
    if html is None:
        write_report(report, path)
        return
    text = web_page(comparison, report, boundaries)

    def both(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")
        write_report(report, path)

    save_atomically(html, both)


def web_page(comparison: Comparison, report: Report, boundaries: Path | None = None) -> str:
    """The page of a comparison, with a sketch map where boundaries are given; raises InputError where these are none."""
    from transfer_opt.report.web.map import areas
    from transfer_opt.report.web.page import Heading, page

    drawn = areas(boundaries, {str(code) for code in comparison.units.code}) if boundaries else ()
    heading = Heading(
        report.properties["title"],
        facts(comparison),
        tuple(side.name for side in comparison.sides),
        comparison.baseline.name,
        sentences(comparison),
        comparison.failed,
    )
    return page(report, heading, drawn)


def comparison_path(sources: Sequence[Path], wanted: Path | None, html: Path | None) -> Path:
    """Where the comparison goes; neither it nor the page may be a file that is read, nor one the other (OutputError)."""
    target = wanted or sources[0].with_name(f"{sources[0].stem}_方案比较.xlsx")
    for source in sources:
        publish.result_path(source, target)
        if html:
            publish.refuse_target(source, html, "--html")
    if html and html.suffix.lower() not in (".html", ".htm"):
        raise OutputError(
            f"网页文件应以 .html 结尾：{html}。处理办法：改文件名，如 {html.stem}.html。"
        )
    return target


def _solved(
    spec: ModelSpec, budget: Budget, names: Sequence[str], progress: Progress
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    """Every scenario a complete solve of the whole envelope; those that have no allocation, or lack data, apart, with the reason."""
    plans: list[Outcome] = []
    failed: list[tuple[str, str]] = []
    refused: list[InputError] = []
    for name in names:
        progress(f"方案「{name}」")
        try:
            plans.append(
                allocate.allocate(prepare.settled(spec, budget, name), "highs", sensitive=False)
            )
        except InfeasibleError as error:
            failed.append((name, str(error)))
        except InputError as error:  # what one scenario lacks the others need not
            refused.append(error)
            failed.append((name, f"缺少数据：{errors_of(error.problems)[0]}"))
    if not plans and refused:
        raise refused[0]
    if not plans:
        raise InfeasibleError("\n".join(f"方案「{name}」：{why}" for name, why in failed))
    return plans, failed
