"""Where an export goes and in which form: one call for every format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.published.plan import EDITED, OTHER_MODEL, read_plan
from transfer_opt.report.parts import heading
from transfer_opt.workbook.result.adjustments import approved
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.result.seals import broken

READ = (ALLOCATION, STEPS, PARAMETERS, INPUT, FACTS, FLOWS, AGREEMENTS, SUCCESSION_READ)
"""The sheets an export is made of."""


def export(
    result: Path, kind: str, target: Path | None = None, model: Path | None = None
) -> tuple[Path, str]:
    """Write the export of a result workbook, whole or not at all; returns where, and the check code of the result.

    Raises InputError; AuditError where the result is not as it was published; OutputError.
    """
    path = target or result.with_name(f"{result.stem}_{NAMES[kind]}.{kind}")
    refuse_target(result, path, "-o")
    plan = _intact(result, model)
    save_atomically(path, partial(WRITERS[kind], plan, _approved(plan, result)))
    return path, plan.digest


def _intact(result: Path, model: Path | None) -> Plan:
    """The plan, as it was published."""
    plan = read_plan(result, load_model(model))
    told = {problem.code for problem in plan.problems}
    if OTHER_MODEL in told:
        raise InputError(
            [
                Problem(
                    "E172",
                    "这份结果用的是另一份模型文件，不能导出。",
                    "用 --model 给出当时的模型文件。",
                )
            ]
        )
    altered = [f"「{name}」" for name in broken(read_pages(result), PROOF, ()) if name in READ]
    if EDITED in told or altered:
        where = f"的{'、'.join(altered)}" if altered else "的数字"
        raise AuditError(
            f"{result.name} {where}与表内校验码不符，没有导出：先用 transfer-opt audit 核对。"
        )
    return plan


def _approved(plan: Plan, result: Path) -> Ints:
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
NAMES = {"docx": "附件", "pdf": "附件", "csv": "分配表", "json": "分配表"}
"""What is added to the result's file name."""
