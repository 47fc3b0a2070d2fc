"""Odd, broken and hostile workbooks: each gives the right answer, a named warning, or an error with its place."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import hostile
import numpy as np
import pytest
from books import EQUALIZATION, EXAMPLE, GUARANTEE, add_rule, write_tables
from corpus import POOLS, Odd, both, bounds, county, header, of, ordinary, pool, tables

from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.intake import prepare
from transfer_opt.intake.assemble import assemble

ORDINARY = ordinary()


def fingerprint(prepared: prepare.Prepared) -> str:
    """The program and the numbers it is made of, without any name: the same fingerprint gives the same integers."""
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    formulation = formulate(case, prepared.settings, prepared.objective)
    digest = hashlib.sha256()
    for part in (
        formulation.program,
        formulation.stages,
        case.lines,
        case.history,
        case.need,
        case.unit,
        [(fund.spec.name, fund.pool) for fund in case.funds],
        list(case.recipients.numbers.values()),
        [[str(name) for name in case.recipients.prefecture]],
    ):
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
    return fingerprint(prepare.prepare(EXAMPLE))


def outcome(path: Path) -> tuple[str, tuple[Problem, ...]]:
    """The fingerprint, or "" where the workbook is refused; and what is told."""
    try:
        prepared = prepare.prepare(path)
    except InputError as error:
        return "", error.problems
    wrong = any(not problem.is_warning for problem in prepared.problems)
    return "" if wrong else fingerprint(prepared), prepared.problems


def is_told(mention: str, problems: Sequence[Problem]) -> bool:
    code, sheet, place = (
        mention.split(" ")[0],
        " ".join(mention.split(" ")[1:-1]),
        mention.split(" ")[-1],
    )
    return any(
        re.fullmatch(code, problem.code)
        and problem.sheet == sheet
        and (place == "-" or place in (problem.cell, problem.column))
        and problem.remedy
        for problem in problems
    )


def survives(odd: Odd, folder: Path) -> None:
    path = odd.make(folder)
    found, problems = outcome(path)
    said = "\n".join(map(str, problems))
    missing = [mention for mention in odd.mentions if not is_told(mention, problems)]
    assert not missing, f"{missing} not told:\n{said}"
    if odd.outcome == "file":
        assert not found
        assert any(
            problem.code.startswith("E11") and path.name in problem.message for problem in problems
        ), said
    elif odd.outcome == "refused":
        assert not found, said
        assert all(problem.sheet for problem in problems), said
    else:
        assert found, said
    if odd.outcome == "same":
        like = (
            expected()
            if odd.like is None
            else outcome(write_tables(folder / "like.xlsx", tables(odd.like)))[0]
        )
        assert found == like, said


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsm", "xlsb"])
def test_the_example_in_another_format_is_the_same_problem(kind: str, tmp_path: Path) -> None:
    makers = {"xlsm": hostile.as_xlsm, "xlsb": hostile.as_xlsb}
    content = (
        makers[kind]() if kind in makers else (hostile.FIXTURES / f"qinghai.{kind}").read_bytes()
    )
    path = tmp_path / f"b.{kind}"
    path.write_bytes(content)
    assert outcome(path)[0] == expected()


def test_a_dozen_faults_of_different_kinds_are_all_told_at_once(tmp_path: Path) -> None:
    faults = [
        county(可用财力="12,34a.5"),
        county("城东区", 常住人口=0),
        county("城西区", 保工资需求=-1),
        county("城北区", 标准财政收入=1e308),
        county("湟中区", 市州=None),
        county("大通回族土族自治县", 行政区划代码="630102"),
        county("湟源县", 功能区类型="国家级"),
        county("玛多县", 保运转需求=None),
        pool(GUARANTEE, 本年总额=None),
        header(POOLS, "本年总额", "本年总额（元）"),
        of("甲县", 0.2),
        of("玛多县", "五成"),
        lambda found: add_rule(found, 规则="增幅上线", 参数="增幅上限", 取值=0.1),
        bounds(
            [None, "乙县", EQUALIZATION, None, 1, "x"], [None, "玛多县", EQUALIZATION, 9, 1, None]
        ),
    ]
    _, problems = outcome(write_tables(tmp_path / "b.xlsx", tables(both(*faults))))  # type: ignore[arg-type]
    codes = {problem.code for problem in problems}
    assert codes >= {
        "E102",
        "E105",
        "E104",
        "E103",
        "E304",
        "E305",
        "E311",
        "E314",
        "E322",
        "E124",
        "E204",
        "E209",
        "E201",
        "E331",
        "E332",
        "E335",
    }


def test_faults_are_told_even_where_a_sheet_is_missing(tmp_path: Path) -> None:
    found = tables(county(可用财力="12,34a.5"))
    del found[POOLS]
    _, problems = outcome(write_tables(tmp_path / "b.xlsx", found))
    assert {"E301", "E102"} <= {problem.code for problem in problems}


@pytest.mark.system
@pytest.mark.parametrize("odd", ORDINARY, ids=str)
def test_an_odd_workbook_gives_the_right_answer_or_names_the_place(
    odd: Odd, tmp_path: Path
) -> None:
    survives(odd, tmp_path)
