"""Odd, broken and hostile workbooks: each gives the right answer, a named warning, or an error with its place."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from books import EXAMPLE, write_tables
from corpus import Odd, ordinary, tables
from transfer_opt import run
from transfer_opt.assemble import assemble
from transfer_opt.errors import InputError, Problem
from transfer_opt.formulate import formulate

ORDINARY = ordinary()


def fingerprint(prepared: run.Prepared) -> str:
    """The program and the numbers it is made of, without any name: the same fingerprint gives the same integers."""
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    formulation = formulate(case, prepared.settings, prepared.objective)
    digest = hashlib.sha256()
    for part in (formulation.program, formulation.stages, case.lines, case.history, case.need, case.unit,
                 [(fund.spec.name, fund.pool) for fund in case.funds], list(case.recipients.numbers.values()),
                 [[str(name) for name in case.recipients.prefecture]]):
        _feed(digest, part)
    return digest.hexdigest()


def _feed(digest: Any, part: Any) -> None:
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            _feed(digest, getattr(part, field.name))
    elif isinstance(part, np.ndarray) and part.dtype != object:
        digest.update(part.tobytes())
    elif isinstance(part, (list, tuple)):
        for each in part:
            _feed(digest, each)
    elif isinstance(part, (str, int, float)):
        digest.update(repr(part).encode())


@cache
def expected() -> str:
    return fingerprint(run.prepare(EXAMPLE))


def outcome(path: Path) -> tuple[str, tuple[Problem, ...]]:
    """The fingerprint, or "" where the workbook is refused; and what is told."""
    try:
        prepared = run.prepare(path)
    except InputError as error:
        return "", error.problems
    wrong = any(not problem.is_warning for problem in prepared.problems)
    return "" if wrong else fingerprint(prepared), prepared.problems


def is_told(mention: str, problems: Sequence[Problem]) -> bool:
    code, sheet, place = mention.split(" ")[0], " ".join(mention.split(" ")[1:-1]), mention.split(" ")[-1]
    return any(re.fullmatch(code, problem.code) and problem.sheet == sheet
               and (place == "-" or place in (problem.cell, problem.column)) and problem.remedy for problem in problems)


def survives(odd: Odd, folder: Path) -> None:
    path = odd.make(folder)
    found, problems = outcome(path)
    said = "\n".join(map(str, problems))
    missing = [mention for mention in odd.mentions if not is_told(mention, problems)]
    assert not missing, f"{missing} not told:\n{said}"
    if odd.outcome == "file":
        assert not found
        assert any(problem.code.startswith("E11") and path.name in problem.message for problem in problems), said
    elif odd.outcome == "refused":
        assert not found, said
        assert all(problem.sheet for problem in problems), said
    else:
        assert found, said
    if odd.outcome == "same":
        like = expected() if odd.like is None else outcome(write_tables(folder / "like.xlsx", tables(odd.like)))[0]
        assert found == like, said


@pytest.mark.parametrize("odd", ORDINARY, ids=str)
def test_an_odd_workbook_gives_the_right_answer_or_names_the_place(odd: Odd, tmp_path: Path) -> None:
    survives(odd, tmp_path)
