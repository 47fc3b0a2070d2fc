"""`audit`: a published file back → whether it still says what was proved, or whether an ordinary table adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.intake.prepare import BudgetWorkbook
from transfer_opt.policy.model_file.loading import Model
from transfer_opt.published.audit import budget_inputs, is_result, own_inputs, recheck
from transfer_opt.tables.footing import foot_file
from transfer_opt.workbook.files.open import open_workbook


@dataclass(frozen=True)
class Audited:
    """What was found in a published file."""

    path: Path
    problems: tuple[Problem, ...]
    """Everything, remarks (W…) included."""
    closing: str
    """The check code worked out anew; of an ordinary table, how many figures were checked."""

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
    table: Path, read: Callable[[], BudgetWorkbook] | None = None, model: Model = None, password: str | None = None
) -> Audited:
    """Derive every cell of a result workbook again, from its own inputs and, where given, from the budget that `read` reads.

    Any other table is added up. Raises InputError where the file cannot be read, the budget or the model is another.
    """
    if not is_result(sheet.name for sheet in open_workbook(table, password).sheets):
        if read is not None:
            raise InputError([Problem("E170", f"「{table}」不是本程序写出的结果工作簿，不能与输入工作簿核对。", "只核对合计时，不要写输入工作簿。")])
        footing = foot_file(table, password)
        return Audited(table, footing.problems, f"共核对 {footing.checked:,} 个合计、小计、差额、占比、增幅、人均和公式。")
    verdict = recheck(table, own_inputs(model), budget_inputs(read) if read else None)
    return Audited(table, verdict.problems, f"校验码 SHA-256：{verdict.code}")
