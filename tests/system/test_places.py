"""What offices meet: folders with blanks and Chinese, very long paths, a console of GBK. The nearest to Windows that runs here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from calls import call

from transfer_opt.core.version import __version__

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
BUDGET = ROOT / "tests" / "fixtures" / "results" / f"{__version__}_预算.xlsx"
LONG = 260


def long_folder(start: Path) -> Path:
    """A folder below whose path has more characters than old programs on Windows can take."""
    folder = start
    while len(str(folder)) < LONG:
        folder /= "青海省财政厅 & 预算处 (2026 年测算)"
    folder.mkdir(parents=True)
    return folder


def test_the_main_job_is_done_wherever_the_files_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = long_folder(tmp_path)
    budget = folder / "预算 2026.xlsx"
    shutil.copy(BUDGET, budget)
    assert call("solve", budget, "--quiet") == 0
    monkeypatch.chdir(folder)
    assert call("check", budget.name) == 0
    assert call("export", "预算 2026_分配结果.xlsx", "--format", "csv") == 0
    assert {path.name for path in folder.iterdir()} == {
        budget.name,
        "预算 2026_分配结果.xlsx",
        "预算 2026_分配结果_分配表.csv",
    }


def test_a_console_of_gbk_shows_the_same_words(tmp_path: Path) -> None:
    for command in (
        ("check", str(BUDGET)),
        ("explain", str(BUDGET).replace("预算", "结果"), "湟源县"),
        ("solve", "没有.xlsx"),
        ("solve", "--help"),
    ):
        said = [
            subprocess.run(
                [sys.executable, "-m", "transfer_opt", *command],
                cwd=tmp_path,
                capture_output=True,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": code},
            )
            for code in ("gbk", "utf-8")
        ]
        for stream in ("stdout", "stderr"):
            gbk, utf8 = (getattr(done, stream) for done in said)
            assert gbk.decode("gbk") == utf8.decode(), command
