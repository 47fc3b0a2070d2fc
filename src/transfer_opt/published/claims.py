"""What a result says of its own run that no input can tell: when, by which solver, from which file, with which proof.

It is taken over into what is expected where it has the form the program writes; everything else of 「审计信息」 follows from
the inputs and must stand there so, item by item.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.cell_names import Place, address
from transfer_opt.core.errors import Problem
from transfer_opt.core.tables import FIRST_ROW, Report, Row, Table
from transfer_opt.core.vocabulary import FACTS
from transfer_opt.lexlp.solvers.choice import is_known
from transfer_opt.workbook.result.pages import Page

WARNING = "警告"
DIGEST, FILE, SOLVER, VERSION, PROGRAMS, FINISHED = (
    "输入文件 SHA-256",
    "输入文件",
    "求解器",
    "工具版本",
    "求解次数",
    "生成时间",
)
_FORMS = {
    VERSION: r"transfer-opt \d+(\.\d+)*",
    DIGEST: "[0-9a-f]{64}",
    PROGRAMS: r"\d{1,9} 次",
    FINISHED: r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}",
}
"""How the program writes what only it knows."""
_OF_A_CELL = re.compile(r"\[W\d{3}\] ")
_WHERE = re.compile(r"单元格 [A-Z]+\d+|列「[^」]*」|第 \d+ 行")


@dataclass(frozen=True)
class Claims:
    """The rows of 「审计信息」 as they stand: place of the content, item, content."""

    rows: Sequence[tuple[Place, str, str]]

    @classmethod
    def of(cls, page: Page) -> Claims:
        """Those on a sheet."""
        return cls(
            [
                ((row, 1), str(page.value((row, 0)) or ""), str(page.value((row, 1)) or ""))
                for row in range(FIRST_ROW, page.height)
            ]
        )

    def said(self, name: str) -> str:
        """The first content of an item; empty without it."""
        return next((text for _, item, text in self.rows if item == name), "")

    def at(self, name: str) -> str:
        """The cell of that content."""
        return next((address(at) for at, item, _ in self.rows if item == name), "")

    def formed(self, name: str) -> str:
        """The same where it has the form the program gives it, else empty."""
        text = self.said(name)
        return text if _is_formed(name, text) else ""

    @property
    def ill_formed(self) -> Iterator[Problem]:
        """Items that no version of the program writes so."""
        for at, name, text in self.rows:
            if not _is_formed(name, text):
                yield Problem("A602", "不是本程序写出的样子。", "", FACTS, address(at), name, text)


def _is_formed(name: str, text: str) -> bool:
    return (
        is_known(text)
        if name == SOLVER
        else name not in _FORMS or re.fullmatch(_FORMS[name], text) is not None
    )


def as_claimed(outcome: Outcome, claims: Claims, proof: str) -> Outcome:
    """The outcome as the run that wrote the result knew it; `proof` is empty where the certificate was not accepted."""
    budget = replace(
        outcome.budget,
        path=claims.said(FILE) or outcome.budget.path,
        sha256=claims.formed(DIGEST) or outcome.budget.sha256,
    )
    return replace(
        outcome,
        budget=budget,
        solver=claims.formed(SOLVER) or outcome.solver,
        proof=proof or outcome.proof,
    )


def report_as_claimed(report: Report, claims: Claims, known: bool) -> Report:
    """The report as it should stand, with what only the run that wrote it knew."""
    tables = (
        _facts_as_claimed(table, claims, known) if table.name == FACTS else table
        for table in report.tables
    )
    return replace(report, tables=tuple(tables))


def _facts_as_claimed(table: Table, claims: Claims, known: bool) -> Table:
    """「审计信息」 as it should stand.

    Warnings about single cells of the input are derived where the budget is `known`; they may name other cells where it
    was saved again since. From the file alone they cannot be derived, and are taken over.
    """
    stands = [text for _, name, text in claims.rows if name == WARNING and _OF_A_CELL.match(text)]
    rows = [
        Row(row.kind, (name, claims.formed(name) or row.values[1]))
        if (name := str(row.values[0])) in (PROGRAMS, VERSION)
        else row
        for row in table.rows
        if not _told_of_cell(row)
    ]
    derived = [row for row in table.rows if _told_of_cell(row)]
    at = next((place for place, row in enumerate(rows) if row.values[0] == FINISHED), len(rows))
    if known:
        masked = Counter(map(_masked, stands))
        same = masked == Counter(_masked(str(row.values[1])) for row in derived)
        told = stands if same else [str(row.values[1]) for row in derived]
    else:
        told = stands
    return replace(
        table, rows=(*rows[:at], *(Row("plain", (WARNING, text)) for text in told), *rows[at:])
    )


def _told_of_cell(row: Row) -> bool:
    return row.values[0] == WARNING and _OF_A_CELL.match(str(row.values[1])) is not None


def _masked(text: str) -> str:
    """A warning without the cell it names."""
    return _WHERE.sub("", text)
