"""`audit`: a published file back → whether it still says what was proved, or whether an ordinary table adds up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.intake.prepare import BudgetWorkbook
from transfer_opt.policy.model_file.loading import Model
from transfer_opt.published.audit import recheck
from transfer_opt.published.inputs import budget_inputs, own_inputs
from transfer_opt.published.kinds import is_result, refuse_other
from transfer_opt.published.older import NOT_DERIVED
from transfer_opt.tables.footing import Footing, foot_file
from transfer_opt.workbook.files.open import open_workbook

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
    read: Callable[[], BudgetWorkbook] | None = None,
    model: Model = None,
    password: str | None = None,
) -> Audited:
    """Derive every cell of a result workbook again, from its own inputs and, where given, from the budget that `read` reads.

    Any other table is added up. Raises InputError where the file cannot be read, the budget or the model is another.
    """
    names = [sheet.name for sheet in open_workbook(table, password).sheets]
    if is_result(names):
        verdict = recheck(table, own_inputs(model), budget_inputs(read) if read else None)
        return _of_result(table, verdict.problems, f"校验码 SHA-256：{verdict.code}")
    refuse_other(table, names)
    if read is not None:
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


def _of_result(path: Path, problems: Sequence[Problem], closing: str) -> Audited:
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
