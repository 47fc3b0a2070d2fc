"""A result of each released version, kept as it was written: its numbers, names and certificate can still be checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from calls import call
from forgery import Book, reseal

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.version import __version__
from transfer_opt.published.audit import recheck
from transfer_opt.published.findings import Verdict

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "tests" / "fixtures" / "results"
"""Five counties, the shipped model of the time; VERSION_预算.xlsx and VERSION_结果.xlsx."""
VERSIONS = re.findall(r"^## (\d+\.\d+\.\d+) — ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
MOST_BYTES = 100_000


def unlike_model(pages: Any, facts: Mapping[str, str]) -> Any:
    """As after a change of the model file."""
    raise InputError([Problem("E172", "这份结果用的是另一份模型文件，不能重新推算。")])


@pytest.fixture
def by_another_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Verdict]:
    """How a version yet to come, with another model, sees a result."""
    monkeypatch.setattr("transfer_opt.published.findings.__version__", "99.0")
    return lambda path: recheck(path, unlike_model)


def test_a_result_of_every_released_version_is_kept() -> None:
    kept = {path.name.partition("_")[0] for path in KEPT.glob("*_结果.xlsx")}
    assert VERSIONS[0] == __version__
    assert kept == set(VERSIONS)
    assert all(path.stat().st_size <= MOST_BYTES for path in KEPT.iterdir())


@pytest.mark.parametrize("version", VERSIONS)
def test_numbers_names_and_certificate_stay_auditable(
    version: str, by_another_version: Callable[[Path], Verdict]
) -> None:
    verdict = by_another_version(KEPT / f"{version}_结果.xlsx")
    told = {problem.code: problem.message for problem in verdict.problems}
    assert told.keys() - {"W613"} == {"W619"}  # W613: rows are folded on 「约束审计」
    assert f"由 transfer-opt {version} 写出" in told["W619"]


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_the_command_passes_an_older_result_and_says_what_was_not_asked(
    version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result, budget = (KEPT / f"{version}_{kind}.xlsx" for kind in ("结果", "预算"))
    for given in ([budget], []):
        assert call("audit", result, *given) == 0
        said = capsys.readouterr()
        assert "核对过的没有不符，没有按规则重新推算" in said.out
        assert "[W619]" in said.err
    assert call("audit", result, ROOT / "inputs" / "qinghai.xlsx") == 0
    assert "没有比较内容" in capsys.readouterr().err


def amount(book: Book) -> str:
    cell = book.at("分配结果", "D7")
    book.put(cell, str(int(book.text(cell)) + 1))
    return "D7"


def name(book: Book) -> str:
    book.put(book.at("分配结果", "B7"), "甲县")
    return "城西区"


def total(book: Book) -> str:
    cell = book.at("分配结果", "D5")
    for formula in [each for each in cell if each.tag.endswith("}f")]:
        cell.remove(formula)
    book.put(cell, "176927")
    return "D5"


def proof(book: Book) -> str:
    cell = next(each for each in book.cells("证明") if '"published":[' in book.text(each))
    book.put(cell, book.text(cell).replace('"published":[', '"published":[1,', 1))
    return "证书"


@pytest.mark.parametrize("forge", [amount, name, total, proof])
def test_what_was_changed_and_sealed_again_is_found(
    forge: Callable[[Book], str],
    tmp_path: Path,
    by_another_version: Callable[[Path], Verdict],
) -> None:
    book = Book(KEPT / f"{VERSIONS[-1]}_结果.xlsx")
    where = forge(book)
    book.save(tmp_path / "改.xlsx")
    reseal(tmp_path / "改.xlsx")
    wrong = [
        each for each in by_another_version(tmp_path / "改.xlsx").problems if not each.is_warning
    ]
    assert any(where in str(each) for each in wrong)
