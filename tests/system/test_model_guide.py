"""The guide for a new fund, followed from its own fragments; every line left out is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from manual import (
    END,
    LINES,
    ROOT,
    Command,
    Fragment,
    counties,
    followed,
    put,
    run,
    said,
    steps,
    with_lines,
)

from transfer_opt.policy.model_file.loading import shipped

GUIDE = ROOT / "docs" / "手册-新增资金.md"
TEXT = GUIDE.read_text(encoding="utf-8")
[FUND, VALUES] = [step for step in steps(TEXT) if isinstance(step, Fragment)]
SHIPPED = shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8")
NEW = re.findall(r'^name = "(.+)"$', FUND.text, re.M)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the guide has been followed from top to bottom."""
    folder = tmp_path_factory.mktemp("model-guide")
    followed(GUIDE, folder)
    return folder


def test_the_guide_has_the_pieces_this_test_takes_from_it() -> None:
    assert [(piece.how, piece.file) for piece in (FUND, VALUES)] == [
        (END, "模型.toml"),
        (LINES, "模型.toml"),
    ]


def test_the_new_fund_is_shared_out_to_the_last_unit(folder: Path) -> None:
    assert sum(row[NEW] or 0 for row in counties(folder / "新增_分配结果.xlsx").values()) == 60_000
    assert {
        row["规则"]
        for row in audited(folder / "新增_分配结果.xlsx")
        if NEW in str(row["对象"]) or "民族地区" in str(row["对象"])
    } >= {"资金总额", "单县占比上限"}


def audited(path: Path) -> list[dict[str, Any]]:
    rows = list(
        openpyxl.load_workbook(path, data_only=True)["约束审计"].iter_rows(values_only=True)
    )
    top = next(i for i, row in enumerate(rows) if "规则" in row)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


# A line left out --------------------------------------------------------------------------------------------------


def with_fund(values: str) -> str:
    """The shipped model with the guide's fund and some of the guide's lines for it."""
    return with_lines(f"{SHIPPED}\n{FUND.text}\n", values)


def test_with_all_lines_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert said(tmp_path / "模型.toml", with_fund(VALUES.text)) == ()


def pairs() -> Iterator[tuple[str, str]]:
    """The guide's lines for the new fund, each with the table it stands in."""
    header = ""
    for line in VALUES.text.splitlines():
        if line.startswith("["):
            header = line
        else:
            yield header, line


@pytest.mark.parametrize(("header", "line"), list(pairs()))
def test_a_value_left_out_of_the_new_fund_is_told_as_promised(
    tmp_path: Path, header: str, line: str
) -> None:
    others = "\n".join(f"{top}\n{text}" for top, text in pairs() if (top, text) != (header, line))
    [problem] = said(tmp_path / "模型.toml", with_fund(others))
    rule, key = header.split('"')[1], line.split(" =")[0]
    assert problem.code == "E151"
    assert f"规则「{rule}」" in problem.message
    assert f"资金「{NEW}」" in problem.message
    assert f"在 {header} 下面把 {key} 一行写成 {key} = {{" in problem.remedy
    assert f'"{NEW}" = ' in problem.remedy


@pytest.mark.parametrize("line", [line for line in FUND.text.splitlines() if "=" in line])
def test_a_line_left_out_of_the_fund_itself_is_told_unless_it_is_optional(
    tmp_path: Path, line: str
) -> None:
    key = line.split(" =")[0]
    path = tmp_path / "模型.toml"
    path.write_text(SHIPPED, encoding="utf-8")
    put(
        Fragment(
            str(path),
            END,
            FUND.text.replace(f"{line}\n", "", 1)
            if f"{line}\n" in FUND.text
            else FUND.text.replace(line, "", 1),
        )
    )
    problems = said(path, with_lines(path.read_text(encoding="utf-8"), VALUES.text))
    if key == "kind":
        assert problems == ()
    else:
        assert [(problem.code, f"里缺少「{key}」" in problem.message) for problem in problems] == [
            ("E150", True)
        ]


@pytest.mark.parametrize("name", ["check", "solve"])
def test_both_commands_say_the_same_before_reading_the_workbook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said(Path("模型.toml"), f"{SHIPPED}\n{FUND.text}\n")
    run(Command("transfer-opt init --example 示例.xlsx"))
    command = Command(f"transfer-opt {name} 示例.xlsx --model 模型.toml")
    run(command)
    assert command.real_code == 1
    assert command.real_answer.count("[E151]") == len(list(pairs()))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["模型.toml", "示例.xlsx"]
