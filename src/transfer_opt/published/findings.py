"""What a re-check has found so far, and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import Problem
from transfer_opt.core.version import __version__
from transfer_opt.core.vocabulary import FACTS
from transfer_opt.published.claims import VERSION, Claims
from transfer_opt.workbook.result.pages import Page


@dataclass(frozen=True)
class Verdict:
    """What the re-check found; nothing but remarks (W…) means that the file is as it was published."""

    problems: tuple[Problem, ...]
    code: str
    """The check code worked out anew."""
    sheets: int
    """How many sheets were held against what was derived."""

    @property
    def clean(self) -> bool:
        """Whether there is no discrepancy."""
        return all(problem.is_warning for problem in self.problems)


@dataclass
class Findings:
    """The file as read back and the discrepancies found so far; a cell is told once of a kind."""

    path: Path
    pages: Mapping[str, Page]
    claims: Claims
    certificate: Mapping[str, Any] = field(default_factory=dict)
    proof: str = ""
    """The certificate as text, once it was accepted."""
    found: dict[tuple[str, str, str], Problem] = field(default_factory=dict)
    derived: bool = True
    """Whether the rules were asked again; not where another version worked by another model file."""
    seen: set[str] = field(default_factory=set)
    """Sheets whose hidden rows have been told."""

    def tell(self, problem: Problem) -> None:
        """Add a discrepancy or remark; a discrepancy takes the place of a remark about the same cell."""
        looks = problem.code[:3] == "A61" or problem.code in ("A609", "W617")
        place = problem.sheet, problem.cell, problem.message if looks or not problem.cell else ""
        if place not in self.found or self.found[place].is_warning and not problem.is_warning:
            self.found[place] = problem

    @property
    def sheets(self) -> set[str]:
        """Where a discrepancy was found."""
        return {problem.sheet for problem in self.found.values() if not problem.is_warning}

    @property
    def wording(self) -> bool:
        """Whether this version of the program wrote the file."""
        return self.claims.said(VERSION) == f"transfer-opt {__version__}"

    @property
    def other_version(self) -> Iterator[Problem]:
        """A remark, where another version wrote the file."""
        if not self.wording:
            yield Problem(
                "W614",
                f"由 {self.claims.said(VERSION)} 写出，本程序是 transfer-opt {__version__}：数、名称、单位、格式都核对过，"
                "程序自己的说明文字不能比较，不同的列为提示。",
                sheet=FACTS,
            )

    @property
    def is_of_another_version(self) -> bool:
        """Whether it says so in the form a version has."""
        return bool(self.claims.formed(VERSION)) and not self.wording
