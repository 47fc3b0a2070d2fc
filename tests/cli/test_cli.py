"""The command line as a user meets it: exit codes, sentences, JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from books import EXAMPLE, change, plain_tables, write_tables
from calls import call
from limited import english
from results import impossible

from transfer_opt.allocation import allocate
from transfer_opt.cli.main import cli


def test_solve_writes_the_result_beside_the_input_and_says_the_totals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "预算 2026.xlsx"
    source.write_bytes(EXAMPLE.read_bytes())
    assert call("solve", source) == 0
    assert (tmp_path / "预算 2026_分配结果.xlsx").exists()
    said = capsys.readouterr()
    assert "均衡性转移支付：1,998,000 万元" in said.out
    assert "“三保”缺口：0 万元，0 个县（按上年资金为 34,206 万元，12 个县）" in said.out
    assert "警告 湟源县·县级保障超出「增幅上限」334 万元" in said.err


def test_json_holds_the_agreed_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx", "--json", "--scenario", "均衡优先") == 0
    )
    content = json.loads(capsys.readouterr().out)
    assert (content["status"], content["exit"], content["scenario"]) == ("ok", 0, "均衡优先")
    assert content["totals"][0] == {
        "fund": "均衡性转移支付",
        "pool": 1998000.0,
        "allocated": 1998000.0,
    }
    assert [stage["name"] for stage in content["stages"]][-2:] == ["保障水平最大化", "贴近因素法"]
    assert {"code", "sheet", "cell", "value", "message", "remedy"} <= set(content["warnings"][0])


def test_quiet_keeps_silent_about_all_but_money_that_is_short_or_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx", "--quiet") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("警告 湟源县·县级保障超出「增幅上限」334 万元")
    assert said.err.count("\n") == 1


def test_wrong_input_ends_with_1_names_sheet_cell_value_and_remedy_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = plain_tables()
    change(tables, "县区数据", lambda row: row["县区名称"] == "玛多县", 可用财力="12,34a.5")
    change(tables, "县区数据", lambda row: row["县区名称"] == "治多县", 常住人口=0)
    path = write_tables(tmp_path / "wrong.xlsx", tables)
    assert call("solve", path) == 1
    said = capsys.readouterr().err
    assert "[E102] 工作表「县区数据」单元格" in said
    assert "（可用财力）：值为「12,34a.5」，不是数字。处理办法：填写数字，单位万元。" in said
    assert "[E105]" in said
    assert [entry.name for entry in tmp_path.iterdir()] == ["wrong.xlsx"]
    assert call("check", path) == 1


@pytest.mark.system
def test_the_impossible_ends_with_3_and_writes_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", impossible(tmp_path / "tight.xlsx")) == 3
    assert "不能同时满足，相差" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "arguments", [["solve"], ["solve", "--nope", "x"], ["fly"], ["solve", "x", "--rename", "y"]]
)
def test_a_wrong_command_ends_with_2_and_a_chinese_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    assert not capsys.readouterr().err.isascii()


def test_an_unknown_scenario_or_solver_ends_with_1_and_names_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call("solve", EXAMPLE, "--scenario", "均衡优先些") == 1
    assert "是否为「均衡优先」" in capsys.readouterr().err
    assert call("solve", EXAMPLE, "--solver", "gurobi9") == 1
    assert "highs" in capsys.readouterr().err


def test_a_missing_folder_or_the_input_itself_as_output_ends_with_5(tmp_path: Path) -> None:
    source = tmp_path / "x.xlsx"
    source.write_bytes(EXAMPLE.read_bytes())
    assert call("solve", source, "-o", tmp_path / "没有" / "r.xlsx", "--quiet") == 5
    assert call("solve", source, "-o", source) == 5
    assert source.read_bytes() == EXAMPLE.read_bytes()


def test_init_never_overwrites_without_force(tmp_path: Path) -> None:
    target = tmp_path / "示例.xlsx"
    assert call("init", "--example", target) == 0
    assert target.read_bytes() == EXAMPLE.read_bytes()
    target.write_text("mine")
    assert call("init", target) == 5
    assert target.read_text() == "mine"
    assert call("init", target, "--force") == 0


def test_the_empty_template_is_told_what_is_missing_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "模板.xlsx"
    assert call("init", target) == 0
    assert call("check", target) == 1
    assert "（常住人口）：整列空着" in capsys.readouterr().err


def test_a_file_that_is_no_workbook_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "假.xlsx"
    text.write_text("这不是工作簿")
    for path in (text, tmp_path / "没有.xlsx"):
        assert call("solve", path) == 1
        assert path.name in capsys.readouterr().err


def test_a_bug_is_one_sentence_and_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("玛多县 12702")

    monkeypatch.setattr(allocate, "allocate", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx") == 70
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert said.count("\n") == 1
    (report,) = tmp_path.glob("transfer-opt-*.txt")
    assert "ZeroDivisionError" in report.read_text()
    assert "玛多县" not in report.read_text()


@pytest.mark.parametrize("name", [None, *cli.commands])
def test_every_help_page_is_chinese_and_shows_an_example(
    name: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*([name] if name else []), "--help") == 0
    said = capsys.readouterr().out
    assert "例：" in said
    assert "用法：" in said
    for word in (
        "Usage",
        "Options",
        "Commands",
        "Show this",
        "[OPTIONS]",
        "[default",
        "[required",
        "x>=",
    ):
        assert word not in said


@pytest.mark.system
def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from transfer_opt.cli.main import cli\n"
        "print([m for m in ('numpy', 'pandas', 'pulp', 'highspy', 'openpyxl', 'xlsxwriter') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.system
def test_solve_does_without_pandas_and_openpyxl(tmp_path: Path) -> None:
    program = (
        f"import sys; from transfer_opt.cli.main import main\n"
        f"try: main(['solve', {str(EXAMPLE)!r}, '-o', {str(tmp_path / 'r.xlsx')!r}, '--quiet'])\n"
        f"except SystemExit: print([m for m in ('pandas', 'openpyxl') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.system
def test_relax_lets_the_contradicting_rules_give_way_and_marks_it_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", impossible(tmp_path / "tight.xlsx"), "--relax") == 0
    said = capsys.readouterr()
    assert "警告 已按 --relax 把「上年保底」（均衡性转移支付）放宽 " in said.err
    assert "方案：基准方案（已放宽）" in said.out
    book = openpyxl.load_workbook(tmp_path / "tight_分配结果.xlsx")
    assert all(
        "（已放宽）" in str(book[name]["A1"].value)
        for name in ("分配结果", "测算说明", "约束审计", "均衡性指标")
    )


def test_relax_changes_nothing_where_nothing_contradicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx", "--relax") == 0
    assert "已放宽" not in capsys.readouterr().out


def test_a_time_limit_that_is_too_short_ends_with_4_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", EXAMPLE, "-o", tmp_path / "r.xlsx", "--time-limit", "0") == 4
    assert "未证明最优" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


WRONG_COMMANDS = {
    ("check",): "缺少参数「工作簿」",
    ("round", "x.xlsx"): "缺少选项 --unit",
    (
        "check",
        "2026",
        "预算",
        "终稿.xlsx",
    ): "多出了「预算 终稿.xlsx」。处理办法：名字里有空格时，用英文双引号",
    ("frontier", "a.xlsx", "b.xlsx"): "多出了「b.xlsx」",
    ("chek", "预算.xlsx"): "没有命令「chek」。处理办法：是否为「check」？",
    ("预算 (终稿).xlsx",): "没有命令「预算 (终稿).xlsx」",
    ("check", "--jsn", "x"): "没有选项 --jsn。处理办法：是否为「--json」？",
    ("check", "-z", "x"): "没有选项 -z",
    ("check", "--json=是", "x"): "选项 --json 不带值",
    ("solve", "x", "-o"): "选项 -o 后面缺少它的值",
    (
        "export",
        "r.xlsx",
        "--format",
        "文档",
    ): "选项 --format 的值「文档」不对。处理办法：写 docx、pdf、csv、json、一体化 之一",
    ("sweep", "x", "--engine", "云"): "写 local、dask 之一",
    ("sweep", "x", "--random", "0"): "选项 --random 的值「0」不对。处理办法：写不小于 1 的整数",
    ("sweep", "x", "--seed", "甲"): "写不小于 0 的整数",
    ("solve", "x", "--time-limit", "-1"): "写不小于 0 的数字",
    ("solve", "x", "--time-limit", "快"): "选项 --time-limit 的值「快」不对",
    (
        "check",
        "x",
        "--password-file",
        "/",
    ): "选项 --password-file 的值「/」不对。处理办法：给出文件，不是文件夹",
    ("check", "x", "--rename", "y"): "--rename 应写成 列=标准列",
}


@pytest.mark.parametrize(("arguments", "says"), WRONG_COMMANDS.items())
def test_a_wrong_command_is_told_in_chinese_without_a_word_of_the_library(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(*arguments) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert english(said.replace(" ".join(arguments), "")) == []
