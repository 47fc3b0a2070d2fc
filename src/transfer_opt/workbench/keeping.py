"""What leaves the page: the workbook with one more column in 「方案」, and the files that the commands write of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from transfer_opt.commands import compare, export, publish
from transfer_opt.commands.draft import save_scenario
from transfer_opt.commands.ledger import prepare_ledger, record_export, record_solve
from transfer_opt.commands.solve import solve
from transfer_opt.core.errors import InputError, Problem, TransferOptError
from transfer_opt.core.vocabulary import SIGNATURE
from transfer_opt.intake.prepare import BudgetWorkbook, read_budget
from transfer_opt.report.comparison.workbook import build_comparison
from transfer_opt.workbench.answers import Desk
from transfer_opt.workbench.draft import TRIED, with_columns
from transfer_opt.workbench.session import Pin, Session

SAVED = "测算台"
MOST_COPIES = 1000


@dataclass(frozen=True)
class Wish:
    """What is to be written, and where."""

    pin: Pin
    """The draft, signed."""
    folder: Path
    result: bool = False
    comparison: bool = False
    docx: bool = False
    ledger: str = ""


@dataclass(frozen=True)
class Saved:
    """What was written, and what is to be said of it."""

    files: tuple[Path, ...]
    told: tuple[str, ...]


def save(session: Session, wish: Wish) -> Saved:
    """The copy first; everything else is worked out from it as the commands would. Raises InputError, OutputError and the like."""
    desk = session.desk
    names = [wish.pin.name, *(pin.name for pin in session.pins)]
    if not wish.pin.name or len(set(names) | set(desk.scenarios)) < len(names) + len(
        desk.scenarios
    ):
        raise InputError(
            [
                Problem(
                    "E491", "方案名不能空着，也不能和已有的方案、固定的方案同名。", "换一个方案名。"
                )
            ]
        )
    prepare_ledger(wish.ledger or None)
    copy = _free(wish.folder, f"{desk.given.path.stem}_{SAVED}", desk.given.path.suffix)
    kept = [*session.pins, wish.pin] if wish.comparison else [wish.pin]
    given, remarks = _copied(desk, kept, copy)
    files, told = (
        [copy],
        [
            f"已存：{copy.name}（「方案」里多了{'、'.join(f'「{pin.name}」' for pin in kept)}）",
            *remarks,
        ],
    )
    try:
        for path, said in _further(session, given, wish):
            files.append(path)
            told.append(said)
    except TransferOptError as error:  # what is saved by now stays, and is told
        told.append(f"其余的没有存：{error}")
    return Saved(tuple(files), tuple(told))


def _copied(
    desk: Desk, kept: Sequence[Pin], target: Path
) -> tuple[BudgetWorkbook, tuple[str, ...]]:
    """The copy as read, and what is to be said of it: one column after the other, only the last one put in place."""
    given, remarks = desk.given, dict[str, None]()
    with TemporaryDirectory() as folder:
        for number, pin in enumerate(kept, start=1):
            path = target if number == len(kept) else Path(folder) / f"{number}{target.suffix}"
            told = save_scenario(given, pin.name, desk.cells(pin.draft), _signature(pin), path)
            remarks.update(dict.fromkeys(told))
            given = read_budget(path, desk.given.model)
    return given, tuple(remarks)


def _further(session: Session, given: BudgetWorkbook, wish: Wish) -> Iterator[tuple[Path, str]]:
    name, ledger = wish.pin.name, wish.ledger or None
    if wish.result or wish.docx:
        solved = solve(given, name)
        path = publish.result_path(given.path, None)
        publish.write(solved.outcome, path)
        line = record_solve(ledger, solved.outcome, [path])
        yield (
            path,
            f"已存：{path.name}，校验码 {solved.check_code}" + (f"；{line.said}" if line else ""),
        )
        if wish.docx:
            written = export.export(path, "docx")
            entry = record_export(ledger, path, written.digest, "docx", written.path)
            yield written.path, f"已存：{written.path.name}" + (f"；{entry.said}" if entry else "")
    if wish.comparison:
        base = session.draft.base
        found = compare.compare_scenarios(
            given, [base, *(pin.name for pin in session.pins), name], base
        )
        target = compare.comparison_path([given.path], None, None)
        page = target.with_suffix(".html")
        compare.write(found, target, page)
        yield target, f"已存：{target.name}"
        yield page, f"已存：{page.name}"


def comparison_page(session: Session) -> str:
    """The base and the pinned drafts side by side: the page that `compare` writes; what is not pinned is headed 测算台."""
    desk = session.desk
    columns = {pin.name: desk.cells(pin.draft) for pin in session.pins}
    if session.draft.cells and all(pin.draft != session.draft for pin in session.pins):
        columns[TRIED] = desk.cells(session.draft)
    given = replace(desk.given, budget=with_columns(desk.given.budget, columns))
    base = session.draft.base
    found = compare.compare_scenarios(given, [base, *columns], base)
    return compare.web_page(found, build_comparison(found, *publish.stamps()))


def _signature(pin: Pin) -> Mapping[str, str]:
    said = zip(SIGNATURE, (pin.by, pin.date, pin.said), strict=True)
    return {item: text for item, text in said if text}


def _free(folder: Path, stem: str, suffix: str) -> Path:
    """A name that is not taken: nothing that lies there is written over."""
    for number in range(1, MOST_COPIES):
        path = folder / f"{stem}{number if number > 1 else ''}{suffix}"
        others = folder.glob(f"{escape(path.stem)}_*")  # what is worked out from it
        if not path.exists() and not any(others):
            return path
    raise InputError([Problem("E491", f"「{folder}」里这样的副本太多。", "移走一些再存。")])
