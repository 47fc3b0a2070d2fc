"""`export --format 一体化` and `audit --exported`: a result to the executing system and back."""

from __future__ import annotations

from pathlib import Path

from transfer_opt.allocation.plan import Plan
from transfer_opt.commands.publish import refuse_ending
from transfer_opt.core.arrays import Ints
from transfer_opt.core.atomic_write import save_atomically
from transfer_opt.core.errors import InputError, OutputError, Problem
from transfer_opt.intake.handover import Handover, read_handover
from transfer_opt.published.handover import Returned, compare
from transfer_opt.report.handover import HandedOver, as_csv, handed_over, held, remarks
from transfer_opt.report.parts import example_label, heading
from transfer_opt.workbook.files.open import bytes_of
from transfer_opt.workbook.files.plain_text import is_workbook, open_tables
from transfer_opt.workbook.input.handover import ENCODING, ENCODINGS, SHEET
from transfer_opt.workbook.output.handover import write_orders


def hand_over(plan: Plan, units: Ints, mapping: Path, path: Path) -> tuple[str, ...]:
    """Write the file for the executing system; what is told of it.

    It is read back and compared before it is put in place. Raises InputError, AuditError, OutputError.
    """
    refuse_ending(path, (".xlsx", ".csv"))
    handover = read_handover(mapping)
    given = handed_over(plan, units, handover)
    told = (
        _shape(given, handover, path),
        *held(plan, units, given, handover),
        *remarks(plan, given, handover),
    )
    content = _content(plan, given, handover, path)

    def produce(temporary: Path) -> None:
        temporary.write_bytes(content)
        if wrong := _returned(given, temporary).problems:
            raise OutputError(f"写出的文件读回来与结果不符，没有导出：{wrong[0]}")

    save_atomically(path, produce)
    return told


def audit_returned(
    plan: Plan, units: Ints, mapping: Path, path: Path, password: str | None = None
) -> tuple[Returned, HandedOver]:
    """What differs in a file that came back. Raises InputError."""
    given = handed_over(plan, units, read_handover(mapping))
    return _returned(given, path, password), given


def _returned(given: HandedOver, path: Path, password: str | None = None) -> Returned:
    return compare(given, open_tables(path, password), path.name, is_workbook(bytes_of(path)))


def _shape(given: HandedOver, handover: Handover, path: Path) -> str:
    """How much was written, and how."""
    encoding = {"UTF-8": "UTF-8（带 BOM）"}.get(handover.settings[ENCODING], "GBK")
    how = (
        f"编码 {encoding}"
        if path.suffix.lower() == ".csv"
        else f"工作表「{handover.settings[SHEET]}」"
    )
    return f"{len(given.rows)} 行，{len(given.columns)} 列，{how}"


def _content(plan: Plan, given: HandedOver, handover: Handover, path: Path) -> bytes:
    if path.suffix.lower() == ".xlsx":
        label = "　".join(
            part
            for part in (example_label(plan), f"{heading(plan)}指标", f"校验码 {plan.digest[:12]}")
            if part
        )
        return write_orders(given.columns, given.rows, handover.settings[SHEET], label)
    try:
        return as_csv(given).encode(ENCODINGS[handover.settings[ENCODING]])
    except UnicodeEncodeError as error:
        raise InputError(
            [
                Problem(
                    "E418",
                    f"{handover.settings[ENCODING]} 里没有这个字：{error.object[error.start : error.end]}。",
                    f"「{ENCODING}」改为 UTF-8，或导出为 xlsx。",
                )
            ]
        ) from None
