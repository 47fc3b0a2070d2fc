"""The error tree; each error knows its exit code.

TransferOptError            70  a bug, unless a subclass says otherwise
├── InputError               1  the workbook or the model file is wrong: a list of problems
├── InfeasibleError          3  the rules contradict each other: who is short, by how much
├── NotProvenError           4  the time limit ended the search
├── OutputError              5  the result could not be written
├── AuditError               6  a published file does not add up
└── SolverError             70  a solver's answer failed its check
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the input: where, what value, what to do. Codes E… are errors, W… warnings."""

    code: str
    message: str
    remedy: str = ""
    sheet: str = ""
    cell: str = ""
    column: str = ""
    value: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether the work may go on."""
        return self.code.startswith("W")

    def __str__(self) -> str:
        place = f"工作表「{self.sheet}」" if self.sheet else ""
        if self.cell:
            place += f"单元格 {self.cell}"
        if self.column:
            place += f"（{self.column}）" if self.cell else f"列「{self.column}」"
        said = f"值为「{self.value}」，" if self.value else ""
        remedy = f"处理办法：{self.remedy}" if self.remedy else ""
        body = f"{said}{self.message}"
        return f"[{self.code}] " + (f"{place}：{body}" if place else body) + remedy

    def as_dict(self) -> dict[str, str]:
        """The problem as --json prints it."""
        return asdict(self)


class TransferOptError(Exception):
    """Any error this package raises on purpose."""

    exit_code = 70


class InputError(TransferOptError):
    """The input is wrong; carries every problem found."""

    exit_code = 1

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        """From one process to another with its problems, of which the text is made again."""
        return type(self), (self.problems,)


class InfeasibleError(TransferOptError):
    """No allocation meets all hard rules; the message names the rule families and the money short.

    `details` say the same for programs, with the proof.
    """

    exit_code = 3

    def __init__(self, message: str, details: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.details = dict(details)  # not a view of it, which no process could hand to another
        super().__init__(message)


class NotProvenError(TransferOptError):
    """The time limit was reached before the optimum was proved."""

    exit_code = 4


class OutputError(TransferOptError):
    """The result could not be written; the message names the path and the remedy."""

    exit_code = 5


class AuditError(TransferOptError):
    """A published file contradicts itself or its budget."""

    exit_code = 6


class SolverError(TransferOptError):
    """A solver failed, or its answer did not pass the check made before it is used."""
