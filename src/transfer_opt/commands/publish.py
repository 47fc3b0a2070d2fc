"""Writes the result of a solved budget beside its input."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.atomic_write import is_name, same_place
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InputError, OutputError, Problem
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.report.workbook import build

SOLVED, PLANNED = "分配结果", "多年测算"
"""What is added to the budget's file name."""


def write(
    outcome: Outcome, path: Path | None, copy: Path | None = None, deadline: Deadline = NEVER
) -> tuple[str, ...]:
    """Write the result workbook, and into a copy of the budget where one is wished: each whole, or none at all.

    Returns what in the copy is not as in the budget. Once a file is put in place, no deadline interrupts any more.
    """
    from transfer_opt.workbook.save import write_into, write_report

    report = build(outcome, *stamps())
    if copy:
        return write_into(
            report, Path(outcome.budget.path), outcome.budget.sha256, copy, path, deadline.close
        )
    if path:
        write_report(report, path, deadline.close)
    return ()


def stamps() -> tuple[str, str]:
    """Date and time of this run; empty where a build fixes its clock, so that it gets the same bytes every time."""
    now = None if "SOURCE_DATE_EPOCH" in os.environ else datetime.now().astimezone()
    return (now.strftime("%Y-%m-%d"), now.strftime("%Y-%m-%d %H:%M:%S %z")) if now else ("", "")


def result_path(
    source: Path, wanted: Path | None, what: str = SOLVED, suffix: str = ".xlsx"
) -> Path:
    """Where the result goes; never the input itself, not through a link either (OutputError).

    Raises InputError too, as `refuse_target` says.
    """
    target = wanted or source.with_name(f"{source.stem}_{what}{suffix}")
    refuse_target(source, target, "-o")
    if target.suffix.lower() != suffix:
        raise OutputError(
            f"输出文件应以 {suffix} 结尾：{target}。处理办法：改文件名，如 {target.stem}{suffix}。"
        )
    return target


def result_paths(
    source: Path, wanted: Path | None, copy: Path | None
) -> tuple[Path | None, Path | None]:
    """Where the result and the copy of the input go: with a copy, the result stands alone only where that is wished."""
    target = result_path(source, wanted) if wanted or not copy else None
    if copy:
        refuse_target(source, copy, "--into")
    if target and copy and same_place(target, copy):
        raise OutputError(f"-o 与 --into 是同一个文件：{copy}。处理办法：给副本另起一个文件名。")
    return target, copy


def refuse_target(source: Path, target: Path, option: str) -> None:
    """Raise, before anything is worked out, where a name is one that no file system takes (InputError) or the input's own
    (OutputError)."""
    if not is_name(target):
        raise InputError(
            [
                Problem(
                    "E116",
                    f"输出文件名「{target.name}」不能用：太长，或有文件名里不能有的字符。",
                    f"用 {option} 另起一个较短的文件名。",
                )
            ]
        )
    if same_place(target, source):
        raise OutputError(
            f"输出文件与输入文件是同一个：{target}。处理办法：用 {option} 另起一个文件名，输入文件不会被改动。"
        )


def refuse_ending(target: Path, endings: Collection[str]) -> None:
    """Raise OutputError where a name does not end as one of the formats that can be written."""
    if target.suffix.lower() not in endings:
        raise OutputError(
            f"输出文件应以 {'、'.join(endings)} 之一结尾：{target}。处理办法：改文件名，如 {target.stem}.xlsx。"
        )


def refuse_unfit_copy(budget: Budget, copy: Path, otherwise: str | None = None) -> None:
    """Raise OutputError where the workbook, once read, turns out to be of a kind that no copy can be made of, InputError
    where a part of it is broken. `otherwise` is a last way out to tell in the place of doing without --into."""
    from transfer_opt.workbook.files.open import telling
    from transfer_opt.workbook.graft import as_read, refuse_unfit

    source = Path(budget.path)
    with telling(source):
        content = as_read(source, budget.sha256)
        refuse_unfit(content, source, copy, *(() if otherwise is None else (otherwise,)))
