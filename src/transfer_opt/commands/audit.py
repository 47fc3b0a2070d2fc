"""`audit`: a published file back → whether it still says what was proved, or whether an ordinary table adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transfer_opt.commands.export import approved_units, intact
from transfer_opt.commands.handover import audit_returned
from transfer_opt.commands.monitor import monitor
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import FACTS
from transfer_opt.intake.prepare import NO_RENAMES, BudgetWorkbook, Source, read_budget
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.published.audit import recheck
from transfer_opt.published.claims import Claims
from transfer_opt.published.inputs import as_used, budget_inputs, own_inputs
from transfer_opt.published.kinds import is_result, is_watched, refuse_other
from transfer_opt.published.older import NOT_DERIVED
from transfer_opt.published.watched import recheck_watched, sources_of
from transfer_opt.tables.footing import Footing, foot_file
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.result.pages import read_pages

REMARK = "提示"


@dataclass(frozen=True)
class Audited:
    """What was found in a published file."""

    path: Path
    told: tuple[tuple[str, Problem], ...]
    """Everything, the gravest first, each with its kind: of a table 不符, 尾差, 没有核对 or 提示, of a result nothing or 提示."""
    verdict: str
    """The finding in one sentence."""
    closing: str
    """The check code worked out anew; of an ordinary table, how many figures were checked."""
    message: str
    """What `--json` says of it."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything, remarks (W…) included."""
        return tuple(problem for _, problem in self.told)

    @property
    def findings(self) -> tuple[Problem, ...]:
        """What does not agree; empty where the file is as it was published."""
        return tuple(problem for problem in self.problems if not problem.is_warning)

    @property
    def clean(self) -> bool:
        """Whether there is nothing that does not agree."""
        return not self.findings

    def __repr__(self) -> str:
        return f"<Audited {self.path.name}：{f'{len(self.findings)} 处不符' if self.findings else '没有不符'}，{self.closing}>"


def audit(
    table: Path,
    sources: Sequence[Source] = (),
    model: Model = None,
    rename: Mapping[str, str] = NO_RENAMES,
    password: str | None = None,
) -> Audited:
    """Derive every cell of a result workbook again, from its own inputs or, where it is given, from its budget.

    A workbook of `monitor` is derived from the files it came from, any other table is added up. Raises InputError where
    a file cannot be read, and where the files or the model are not those it was made from.
    """
    names = [sheet.name for sheet in open_workbook(table, password).sheets]
    if is_result(names):
        return _of_result(table, sources, model, rename, password)
    if is_watched(names):
        return _of_watched(table, sources, model, rename, password)
    refuse_other(table, names)
    if sources:
        raise InputError(
            [
                Problem(
                    "E170",
                    f"「{table}」不是本程序写出的结果工作簿，不能与输入工作簿核对。",
                    "只核对合计时，不要写输入工作簿。",
                )
            ]
        )
    return _of_table(table, foot_file(table, password))


def audit_exported(
    result: Path, exported: Path, mapping: Path, model: Model = None, password: str | None = None
) -> Audited:
    """Compare what the executing system gave back with the result, by the mapping of the export.

    Raises InputError where one of the files cannot be read, AuditError where the result is not as it was published.
    """
    plan = intact(result, model)
    found, given = audit_returned(plan, approved_units(plan, result), mapping, exported, password)
    closing = f"共核对 {found.rows:,} 行、{found.cells:,} 格，结果应有 {len(given.rows):,} 行。"
    return _told(exported, found.problems, closing)


def _of_result(
    path: Path,
    sources: Sequence[Source],
    model: Model,
    rename: Mapping[str, str],
    password: str | None,
) -> Audited:
    if len(sources) > 1:
        raise InputError(
            [
                Problem(
                    "E192",
                    f"给了 {len(sources)} 份输入工作簿，「{path.name}」只由一份算出。",
                    "只写那一份输入工作簿。",
                )
            ]
        )

    def read() -> BudgetWorkbook:
        (given,) = sources
        if isinstance(given, BudgetWorkbook):
            return given
        return read_budget(given, model, rename=rename, password=password)

    verdict = recheck(path, own_inputs(model), budget_inputs(read) if sources else None)
    return _told(path, verdict.problems, f"校验码 SHA-256：{verdict.code}")


def _of_watched(
    path: Path,
    sources: Sequence[Source],
    model: Model,
    rename: Mapping[str, str],
    password: str | None,
) -> Audited:
    pages = read_pages(path)
    if FACTS not in pages:
        raise InputError(
            [
                Problem(
                    "E191",
                    f"「{path.name}」是监测预警工作簿，没有了「{FACTS}」，不知由哪些文件算出，不能重新推算。",
                    "向来源要未改动的文件。",
                )
            ]
        )
    files = [each.path if isinstance(each, BudgetWorkbook) else Path(each) for each in sources]
    found = sources_of(path, pages[FACTS], files)
    as_used(
        spec := load_model(model), {name: text for _, name, text in Claims.of(pages[FACTS]).rows}
    )
    again = monitor(found.paths, found.thresholds, spec, rename, password)
    verdict = recheck_watched(path, pages, again.report, again.check_code)
    return _told(
        path,
        verdict.problems,
        f"由给出的 {len(found.paths)} 份文件重新推算，这些文件自己没有核对。校验码 SHA-256：{verdict.code}",
    )


def _told(path: Path, problems: Sequence[Problem], closing: str) -> Audited:
    told = tuple((REMARK if problem.is_warning else "", problem) for problem in problems)
    wrong = sum(not problem.is_warning for problem in problems)
    passed = (
        "核对过的没有不符，没有按规则重新推算"
        if any(problem.code == NOT_DERIVED for problem in problems)
        else "核对通过，没有不符"
    )
    verdict = f"发现 {wrong} 处不符：{path}" if wrong else f"{passed}：{path}"
    return Audited(path, told, verdict, closing, closing)


def _of_table(path: Path, footing: Footing) -> Audited:
    """不符 first, then 尾差, then what was not compared, then remarks."""
    parts = (
        ("不符", footing.wrong),
        ("尾差", footing.roundings),
        ("没有核对", footing.unchecked),
        (REMARK, footing.remarks),
    )
    counts = "、".join(
        f"{len({(each.sheet, each.cell) for each in problems})} 处{kind}"
        for kind, problems in parts[:2]
        if problems
    )
    unchecked = f"；另有 {len(footing.unchecked)} 处没有核对" if footing.unchecked else ""
    passed = "核对通过，没有不符" if footing.totals else "没有找到可以核对的合计，其余没有不符"
    verdict = (f"发现 {counts}" if counts else passed) + f"{unchecked}：{path}"
    closing = f"共核对 {footing.totals:,} 个合计和小计，{footing.others:,} 个横向相加、差额、占比、增幅、人均和公式。"
    told = tuple((kind, problem) for kind, problems in parts for problem in problems)
    return Audited(path, told, verdict, closing, f"{verdict}\n{closing}")
