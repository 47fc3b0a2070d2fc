"""The shipped model spoilt in hundreds of ways: it still works, or every sentence says where and what in Chinese."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from books import EXAMPLE
from manual import said
from spoilt_models import WAYS, Spoilt

from transfer_opt.cli.main import main
from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import Problem
from transfer_opt.intake.prepare import settled
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.workbook.input.reader import read_workbook

SENTENCE = re.compile(r"\[E15[01]\] 模型文件.*[。？]处理办法：.*[。？]$")


@pytest.fixture(scope="module")
def budget() -> Budget:
    return read_workbook(EXAMPLE, load_model().aliases, {}, None)


def lines_told(problem: Problem) -> set[int]:
    return {int(line) for line in re.findall(r"第 (\d+) 行", problem.message)}


@pytest.mark.system
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_spoilt_model_works_or_is_refused_with_the_line(
    tmp_path: Path, budget: Budget, way: Callable[[random.Random], Spoilt]
) -> None:
    dice = random.Random(way.__name__)
    told = worked = 0
    for _ in range(50):
        text, lines = way(dice)
        problems = said(tmp_path / "模型.toml", text)
        if problems:
            assert all(SENTENCE.match(str(problem)) for problem in problems), problems
            elsewhere = (
                "缺少",
                "里没有",
                "写了两次",
            )  # told where the other one stands, or not at all
            missing = any(word in each.message for each in problems for word in elsewhere)
            assert missing or any(lines_told(problem) & set(lines) for problem in problems), (
                problems,
                lines,
            )
            told += 1
        elif (worked := worked + 1) <= 5:
            settled(load_model(tmp_path / "模型.toml"), budget)
    assert told > 10


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_campaign_of_spoilt_models_through_the_front_door(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], way: Callable[[random.Random], Spoilt]
) -> None:
    dice = random.Random(f"campaign {way.__name__}")
    path = tmp_path / "模型.toml"
    for _ in range(500):
        text, _ = way(dice)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SystemExit) as end:
            main(["solve", str(EXAMPLE), "--model", str(path), "-o", str(tmp_path / "r.xlsx")])
        said = capsys.readouterr()
        assert end.value.code in (0, 1, 3), (said.err, text)
