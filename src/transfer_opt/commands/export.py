"""Where an export goes and in which form: one call for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.commands.publish import refuse_target
from transfer_opt.core.arrays import Ints
from transfer_opt.core.atomic_write import save_atomically
from transfer_opt.core.errors import AuditError, InputError, Problem
from transfer_opt.core.vocabulary import (
    AGREEMENTS,
    ALLOCATION,
    FACTS,
    FLOWS,
    INPUT,
    PARAMETERS,
    PROOF,
    STEPS,
    SUCCESSION_READ,
)
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.published.plan import EDITED, OTHER_MODEL, read_plan
from transfer_opt.report.parts import heading
from transfer_opt.workbook.result.adjustments import approved
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.result.seals import broken

READ = (ALLOCATION, STEPS, PARAMETERS, INPUT, FACTS, FLOWS, AGREEMENTS, SUCCESSION_READ)
"""The sheets an export is made of."""


SYSTEM = "一体化"
"""The form that the system executing the budget takes, by a mapping."""


@dataclass(frozen=True)
class Exported:
    """What was written."""

    path: Path
    digest: str
    """The check code of the result."""
    told: tuple[str, ...] = ()
    """What of it the user should know."""


def export(
    result: Path,
    kind: str,
    target: Path | None = None,
    model: Path | None = None,
    mapping: Path | None = None,
) -> Exported:
    """Write the export of a result workbook, whole or not at all; `mapping` for the executing system.

    Raises InputError; AuditError where the result is not as it was published; OutputError.
    """
    ending = "xlsx" if kind == SYSTEM else kind
    path = target or result.with_name(f"{result.stem}_{NAMES[kind]}.{ending}")
    for source in (result, *([mapping] if mapping else [])):
        refuse_target(source, path, "-o")
    plan = intact(result, model)
    units = approved_units(plan, result)
    if mapping:
        from transfer_opt.commands.handover import hand_over

        return Exported(path, plan.digest, hand_over(plan, units, mapping, path))
    save_atomically(path, partial(WRITERS[kind], plan, units))
    return Exported(path, plan.digest)


def intact(result: Path, model: Model) -> Plan:
    """The plan, as it was published."""
    plan = read_plan(result, load_model(model))
    told = {problem.code for problem in plan.problems}
    if OTHER_MODEL in told:
        raise InputError(
            [
                Problem(
                    "E172",
                    "这份结果用的是另一份模型文件，不能导出，也不能作为核对的依据。",
                    "用 --model 给出当时的模型文件。",
                )
            ]
        )
    altered = [f"「{name}」" for name in broken(read_pages(result), PROOF, ()) if name in READ]
    if EDITED in told or altered:
        where = f"的{'、'.join(altered)}" if altered else "的数字"
        raise AuditError(
            f"{result.name} {where}与表内校验码不符，不能导出，也不能作为核对的依据：先用 transfer-opt audit 核对它。"
        )
    return plan


def approved_units(plan: Plan, result: Path) -> Ints:
    """(L,) the approved amounts in publishing units: the computed ones, save where 「人工调整」 says otherwise."""
    said, step = approved(result), Decimal(repr(float(plan.case.unit)))
    return np.array(
        [
            int(said[code, name, fund] / step) if (code, name, fund) in said else int(count)
            for (fund, code, name), count in zip(plan.case.line_names, plan.units, strict=True)
        ],
        dtype=np.int64,
    )


def _docx(plan: Plan, units: Ints, path: Path) -> None:
    from transfer_opt.report.document.document import blocks
    from transfer_opt.report.document.word import write_word

    write_word(blocks(plan, units), f"{heading(plan)}分配表", path)


def _pdf(plan: Plan, units: Ints, path: Path) -> None:
    from transfer_opt.report.document.document import blocks
    from transfer_opt.report.document.pdf import write_pdf

    write_pdf(blocks(plan, units), f"{heading(plan)}分配表", path)


def _csv(plan: Plan, units: Ints, path: Path) -> None:
    from transfer_opt.report.document.plain import as_csv

    path.write_text(as_csv(plan, units), encoding="utf-8-sig", newline="")


def _json(plan: Plan, units: Ints, path: Path) -> None:
    from transfer_opt.report.document.plain import as_json

    path.write_text(as_json(plan, units), encoding="utf-8", newline="\n")


WRITERS: Mapping[str, Callable[[Plan, Ints, Path], None]] = {
    "docx": _docx,
    "pdf": _pdf,
    "csv": _csv,
    "json": _json,
}
NAMES = {"docx": "附件", "pdf": "附件", "csv": "分配表", "json": "分配表", SYSTEM: SYSTEM}
"""What is added to the result's file name."""
