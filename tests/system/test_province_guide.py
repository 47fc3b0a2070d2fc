"""The guide for another province, followed from an empty folder: 22 counties and two funds, with nothing that it does not show."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from manual import (
    END,
    LINES,
    ROOT,
    WHOLE,
    Fragment,
    Start,
    cells,
    counties,
    followed,
    said,
    steps,
    whole_file,
)

from transfer_opt.policy.factors import FACTORS

GUIDE = ROOT / "docs" / "手册-给别的省做模型.md"
TEXT = GUIDE.read_text(encoding="utf-8")
FILE = "示例省.toml"
PROVINCE = whole_file(TEXT, FILE)
POOLS = {"均衡补助": 1_370_000, "保障补助": 150_000}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the guide has been followed from top to bottom."""
    folder = tmp_path_factory.mktemp("province-guide")
    followed(GUIDE, folder)
    return folder


def test_every_file_the_reader_starts_from_was_made_by_the_guide() -> None:
    made: set[str] = set()
    for step in steps(TEXT):
        if isinstance(step, Start):
            assert not step.source or step.source in made, step.source
            made.add(step.target)
        elif not isinstance(step, Fragment) and hasattr(step, "text"):
            made.update(re.findall(r"\S+\.xlsx", step.text))


def test_the_model_is_written_in_one_new_file_and_its_ends(folder: Path) -> None:
    pieces = [step for step in steps(TEXT) if isinstance(step, Fragment)]
    assert [(piece.how, piece.file) for piece in pieces] == [
        (WHOLE, FILE),
        *[(END, FILE)] * 4,
        (LINES, "写错.toml"),
    ]
    assert (folder / FILE).read_text(encoding="utf-8") == PROVINCE


def test_the_province_has_22_units_and_two_funds() -> None:
    table = tomllib.loads(PROVINCE)
    assert sum(len(units) for units in table["divisions"].values()) == 22
    assert [fund["name"] for fund in table["funds"]] == [*POOLS]


def test_the_template_has_the_units_and_the_column_of_the_model(folder: Path) -> None:
    table = tomllib.loads(PROVINCE)
    rows = cells(folder / "示例省预算.xlsx", "县区数据")
    units = {
        name: (code, prefecture)
        for prefecture, units in table["divisions"].items()
        for code, name in units.items()
    }
    found = {
        name: (row["行政区划代码"], row["市州"])
        for name, row in rows.items()
        if re.fullmatch(r"\d{6}", str(row["行政区划代码"]))
    }
    assert found == units
    assert "学龄人口" in rows["甲一区"]


def test_the_pools_are_shared_out_to_the_last_unit(folder: Path) -> None:
    rows = counties(folder / "示例省测算_分配结果.xlsx")
    assert len(rows) == 22
    assert {fund: sum(row[fund] for row in rows.values()) for fund in POOLS} == POOLS
    assert all(row["增减额"] is not None for row in rows.values())


def test_every_sheet_says_that_the_figures_are_invented(folder: Path) -> None:
    for name in ("示例省预算.xlsx", "示例省测算_分配结果.xlsx"):
        for sheet in openpyxl.load_workbook(folder / name):
            head = [cell for line in sheet.iter_rows(max_row=3, values_only=True) for cell in line]
            assert any("示例数据，不代表任何实际分配" in str(cell) for cell in head), sheet.title


def test_what_was_exported_holds_the_same_amounts(folder: Path) -> None:
    rows = counties(folder / "示例省测算_分配结果.xlsx")
    text = (folder / "示例省测算_分配结果_分配表.csv").read_text(encoding="utf-8-sig")
    assert [name for name in rows if name not in text] == []
    assert sum(str(row["均衡补助"]) in text for row in rows.values()) == 22
    written = "\n".join(
        cell.text
        for table in Document(str(folder / "示例省测算_分配结果_附件.docx")).tables
        for line in table.rows
        for cell in line.cells
    )
    assert [name for name in rows if name not in written] == []


def test_nothing_of_the_default_model_is_in_what_was_written(folder: Path) -> None:
    telling = re.compile("青海|若干措施|58号|均衡性转移支付|重点生态功能区转移支付|县级保障")
    found = [
        (path.name, cell.value)
        for path in (
            folder / "示例省测算_分配结果.xlsx",
            folder / "比较.xlsx",
            folder / "示例省预算.xlsx",
        )
        for sheet in openpyxl.load_workbook(path)
        for line in sheet.iter_rows()
        for cell in line
        if isinstance(cell.value, str) and telling.search(cell.value)
    ]
    assert found == []
    assert not telling.search((folder / "比较.html").read_text(encoding="utf-8"))


def test_the_clauses_are_cited_as_the_model_says(folder: Path) -> None:
    cited = {
        row["依据条款"] for row in cells(folder / "示例省测算_分配结果.xlsx", "测算说明").values()
    }
    assert {"示例办法第三条"} < cited
    last = [
        str(row[0])
        for row in openpyxl.load_workbook(folder / "示例省测算_分配结果.xlsx")[
            "测算说明"
        ].iter_rows(values_only=True)
    ]
    assert (
        "依据条款中，待核实的有预算法；示例的有示例办法第三条、示例办法第五条，引用前须经财政部门核对、确认。"
        in last
    )


def test_every_way_to_measure_a_fund_is_told() -> None:
    assert [name for name in FACTORS if f"| `{name}` |" not in TEXT] == []


# A line left out --------------------------------------------------------------------------------------------------


LINES_OF_PROVINCE = [
    number for number, line in enumerate(PROVINCE.splitlines()) if line and not line.startswith("#")
]


@pytest.mark.parametrize("first", range(0, len(LINES_OF_PROVINCE), 20))
def test_any_line_left_out_of_the_province_is_optional_or_told_in_words(
    tmp_path: Path, first: int
) -> None:
    lines = PROVINCE.splitlines()
    for number in LINES_OF_PROVINCE[first : first + 20]:
        problems = said(tmp_path / FILE, "\n".join(lines[:number] + lines[number + 1 :]))
        assert all(
            re.match(r"\[E15[01]\] 模型文件.*。处理办法：.*[。？]$", str(problem))
            for problem in problems
        ), lines[number]
        if (
            lines[number].split(" ")[0]
            in ("title", "summary", "clause", "by", "function", "name", "short")
            or "default" in lines[number]
        ):
            assert problems or "on = false" in lines[number + 1], lines[number]


# By its name ------------------------------------------------------------------------------------------------------


@pytest.mark.system
def test_a_model_in_a_folder_of_the_program_is_called_by_its_name(
    folder: Path, tmp_path: Path
) -> None:
    """As in a checkout or a wheel that was built with it: no file goes with the command."""
    for part in ("src", "models"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    home = tmp_path / "models" / "shilisheng"
    home.mkdir()
    shutil.copy(folder / FILE, home / "model.toml")
    result, budget = (
        str(folder / name) for name in ("示例省测算_分配结果.xlsx", "示例省测算.xlsx")
    )
    for arguments, told in (
        (("check", budget), "没有错误，0 个警告"),
        (("audit", result, budget), "核对通过，没有不符"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "transfer_opt", *arguments, "--model", "shilisheng"],
            env={"PYTHONPATH": str(tmp_path / "src"), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "transfer_opt", "check", budget, "--model", "shili"],
        env={"PYTHONPATH": str(tmp_path / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )
    assert wrong.returncode == 1
    assert "没有名为「shili」的模型" in wrong.stderr
    assert "shilisheng" in wrong.stderr
    assert "qinghai" in wrong.stderr


def test_the_wheel_takes_the_folder_of_models_as_a_whole() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    assert build["build"]["targets"]["wheel"]["force-include"]["models"] == "transfer_opt/models"
