"""The program's front door: a command line in this process, with what it printed, warned of and wrote."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from transfer_opt.allocation import allocate
from transfer_opt.allocation.optimum import Published
from transfer_opt.cli.main import main
from transfer_opt.core.errors import TransferOptError
from transfer_opt.intake import prepare

from .book import Book
from .model import Model

ANSWERED, INPUT, INFEASIBLE, BUG = 0, 1, 3, 70


@dataclass(frozen=True)
class Answer:
    """What came back from one command."""

    exit: int
    out: str = ""
    err: str = ""
    warned: tuple[str, ...] = ()
    """Python's own warnings: none is for a user's eyes."""
    proof: Mapping[str, Any] = field(default_factory=dict)
    result: Path | None = None


def reported(answer: Answer) -> str:
    """What a failure says of itself; of a bug, where it happened, and its report file is taken away."""
    told = (answer.err.strip() or answer.out.strip()).splitlines()[-1:]
    found = re.search(r"在 (\S+\.txt)。", told[0]) if told else None
    if found and (file := Path(found[1])).exists():
        told = [
            "程序出错："
            + " ".join(
                file.read_text(encoding="utf-8").splitlines()[1::1][:1]
                + file.read_text(encoding="utf-8").splitlines()[-2:]
            )
        ]
        file.unlink()
    return told[0][:240] if told else ""


def command(*arguments: str) -> Answer:
    """One command, as it would be typed."""
    out, err = io.StringIO(), io.StringIO()
    with _watched() as seen, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    return Answer(code, out.getvalue(), err.getvalue(), tuple(seen))


def solve(book: Book, folder: Path, *options: str, name: str = "budget") -> Answer:
    """`transfer-opt solve` on the workbook, and the certificate of what it wrote."""
    source, target = book.save(folder / f"{name}.xlsx"), folder / f"{name}_result.xlsx"
    answer = command("solve", str(source), "-o", str(target), *book.options(), *options)
    proof = certificate(target) if answer.exit == ANSWERED else {}
    return Answer(answer.exit, answer.out, answer.err, answer.warned, proof, target)


def solve_quickly(book: Book, folder: Path) -> Answer:
    """The functions behind `solve` without explanations and without a result file: the answer, and what it would prove."""
    source = book.save(folder / "budget.xlsx")
    code, told, proof = ANSWERED, "", "{}"
    with _watched() as seen:
        try:
            prepared = prepare.prepare(
                source, scenario=book.scenario or None, unit=book.publishing or None
            )
            found = allocate.instance_of(prepared).solved()
            code, proof = (
                (ANSWERED, found.certificate)
                if isinstance(found, Published)
                else (INFEASIBLE, "{}")
            )
        except TransferOptError as error:
            code, told = error.exit_code, str(error)
        except Exception as error:  # what the front door would call a bug
            where = traceback.extract_tb(error.__traceback__)[-1]
            code, told = (
                BUG,
                f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})",
            )
    return Answer(code, "", told, tuple(seen), json.loads(proof))


def certificate(result: Path) -> Mapping[str, Any]:
    """The certificate of a result workbook."""
    cells = CalamineWorkbook.from_path(result).get_sheet_by_name("证明").to_python()
    texts = [str(cell) for row in cells for cell in row if isinstance(cell, str)]
    first = next(k for k, text in enumerate(texts) if text.startswith("{"))
    found: Mapping[str, Any] = json.JSONDecoder().raw_decode("".join(texts[first:]))[0]
    return found


def sheet(result: Path, name: str, *headers: str) -> Iterator[dict[str, Any]]:
    """The rows of a result's sheet under the header row that has these headers."""
    rows = CalamineWorkbook.from_path(result).get_sheet_by_name(name).to_python()
    at = next(k for k, row in enumerate(rows) if all(header in row for header in headers))
    for row in rows[at + 1 :]:
        yield dict(zip([str(cell) for cell in rows[at]], row, strict=True))


def amounts(model: Model, proof: Mapping[str, Any]) -> tuple[list[Fraction], list[int]]:
    """Amounts before rounding and published integers, in publishing units and in the model's order of lines."""
    steps = Fraction(proof["unit"]) / Fraction(proof["step"])
    named = {(fund, name): k for k, (fund, _, name) in enumerate(proof["names"])}
    wanted = [(model.funds[f], model.names[i]) for f, i in model.lines]
    if sorted(named) != sorted(wanted):
        raise LookupError("the lines are not those of the model")
    return (
        [Fraction(proof["columns"][named[line]]) / steps for line in wanted],
        [proof["published"][named[line]] for line in wanted],
    )


@contextlib.contextmanager
def _watched() -> Iterator[list[str]]:
    seen: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield seen
    seen += [
        f"{warning.category.__name__}: {warning.message}"
        for warning in caught
        if not issubclass(
            warning.category, DeprecationWarning | PendingDeprecationWarning | ResourceWarning
        )
    ]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as path:
        yield Path(path)
