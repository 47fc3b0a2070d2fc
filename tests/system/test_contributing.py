"""CONTRIBUTING.md is followed step by step on a copy: a rule, a factor and a fund are added by what it says alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import plain_tables, write_tables
from manual import with_lines

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MODEL = "models/qinghai/model.toml"
PLACES = re.compile(
    r"at the end of (?:`([^`]+)`|the model file)|change these lines of the model\sfile",
    re.IGNORECASE,
)
COPIED = ("src", "models", "inputs", "tests", "benchmarks", "pyproject.toml")
FUND, RULE = "基层治理补助", "人均补助下限"
END, LINES, RUN = "at the end", "these lines", "run"


def pieces() -> Iterator[tuple[str, str, str]]:
    """How each piece of the page is used, where, and the piece."""
    how = place = ""
    for part in re.split(r"(^```\w*\n.*?^```$)", TEXT, flags=re.M | re.S):
        if part.startswith("```"):
            kind, _, piece = part.removeprefix("```").removesuffix("```").partition("\n")
            if kind == "console":
                yield RUN, "", piece
            elif how:
                yield how, place, piece
            how = ""
        elif found := list(PLACES.finditer(part)):
            how = LINES if found[-1][0].startswith("change") else END
            place = found[-1][1] or MODEL


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with everything done that the page says."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, folder / name)
    edit(
        folder / "tests/policy/test_constraints.py",
        lambda text: text.replace("    pool_total,\n", "    per_head_floor,\n    pool_total,\n", 1),
    )
    for how, place, piece in pieces():
        if how == RUN:
            for command in piece.splitlines():
                done = run(folder, *command.removeprefix("python ").split())
                assert done.returncode == 0, done.stdout + done.stderr
        elif how == END:
            edit(folder / place, lambda text, piece=piece: text + piece)  # type: ignore[misc]
        else:
            edit(folder / place, lambda text, piece=piece: with_lines(text, piece))  # type: ignore[misc]
    return folder


def edit(path: Path, change: Any) -> None:
    """Write a text file anew."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_the_page_has_the_pieces_this_test_takes_from_it() -> None:
    assert [(how, place) for how, place, _ in pieces()] == [
        (END, "src/transfer_opt/policy/constraints.py"),
        (END, MODEL),
        (END, "tests/policy/test_constraints.py"),
        (RUN, ""),
        (END, "src/transfer_opt/policy/factors.py"),
        (END, MODEL),
        (LINES, MODEL),
    ]


def test_the_rule_has_its_golden_program_and_its_equation_and_passes_its_test(copy: Path) -> None:
    assert "甲县" in (copy / f"tests/golden/{RULE}.lp").read_text(encoding="utf-8")
    assert RULE in (copy / "models/EQUATIONS.md").read_text(encoding="utf-8")
    done = run(
        copy,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/policy/test_constraints.py",
        "-k",
        "resident",
    )
    assert done.returncode == 0, done.stdout


def test_the_rule_the_factor_and_the_fund_allocate(copy: Path) -> None:
    tables = plain_tables()
    tables["资金总额"].append([FUND, 45_000, *[None] * (len(tables["资金总额"][0]) - 2)])
    head, *counties = tables["县区数据"]
    head.append(f"上年{FUND}")
    for row in counties:
        row.append(0 if row[1] else None)
    rules = tables["约束参数"]
    given = {"规则": RULE, "资金": FUND, "参数": "每人补助", "取值": 0.001, "启用": "是"}
    rules.append([given.get(header) for header in rules[0]])
    write_tables(copy / "b.xlsx", tables)
    done = run(copy, "-m", "transfer_opt", "solve", "b.xlsx", "--model", MODEL, "-o", "r.xlsx")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{FUND}：45,000 万元" in done.stdout
    audited = openpyxl.load_workbook(copy / "r.xlsx")["约束审计"]
    assert any(
        RULE in str(row[0].value) or RULE in str(row[1].value) for row in audited.iter_rows()
    )
