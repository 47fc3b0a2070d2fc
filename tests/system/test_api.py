"""The public door: what Python gives is what the command line gives, to the last byte, digit and word."""

from __future__ import annotations

import ast
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from decimal import Decimal
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from allocations import example as outcome
from books import EXAMPLE, plain_tables, write_tables
from calls import call
from comparisons import pools_untried
from monitoring import workbook
from results import UNITS, tables

import transfer_opt
from transfer_opt import (
    BudgetWorkbook,
    Compared,
    InfeasibleError,
    InputError,
    NotProvenError,
    OutputError,
    Problem,
    Solved,
    audit,
    check,
    compare,
    explain,
    frontier,
    load_model,
    monitor,
    read_budget,
    solve,
    sweep,
)
from transfer_opt.core import errors
from transfer_opt.policy.model_file.loading import shipped

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "教程-在Python里使用.md"
FUNDS = ("均衡性转移支付", "县级基本财力保障机制奖补资金", "重点生态功能区转移支付")
BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```\n(?P<printed>.*?)^```\n)?", re.M | re.S
)


@pytest.fixture(autouse=True)
def undated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")


@cache
def budget() -> BudgetWorkbook:
    return read_budget(EXAMPLE)


@cache
def plan() -> Solved:
    return solve(budget(), solver="highs")


def small(folder: Path) -> Path:
    return write_tables(folder / "b.xlsx", tables(1, most=7))


@pytest.fixture(scope="module")
def compared() -> Iterator[Compared]:
    with pytest.MonkeyPatch.context() as patch:
        pools_untried(patch)
        yield compare(budget(), ["基准方案", "均衡优先"])


# What can be imported, and what that costs --------------------------------------------------------------------------


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
    ).stdout


def test_importing_the_package_and_its_errors_loads_no_library() -> None:
    heavy = ("click", "highspy", "numpy", "openpyxl", "pandas", "python_calamine", "xlsxwriter")
    said = f"import sys, transfer_opt; transfer_opt.InputError; print([name for name in {heavy} if name in sys.modules])"
    assert run(said).strip() == "[]"


def test_solving_from_python_loads_pandas_only_for_a_frame() -> None:
    said = (
        f"import sys; from transfer_opt import solve; plan = solve({str(EXAMPLE)!r}, solver='highs')\n"
        "print('pandas' in sys.modules); plan.to_frame(); print('pandas' in sys.modules)"
    )
    assert run(said).split() == ["False", "True"]


def test_python_dash_m_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "transfer_opt", "--version"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.strip() == f"transfer-opt {transfer_opt.__version__}"


def test_every_public_name_is_there_is_listed_once_and_is_told_to_checkers() -> None:
    names = set(transfer_opt.__all__)
    assert [name for name in names if getattr(transfer_opt, name) is None] == []
    assert set(dir(transfer_opt)) == names
    source = ast.parse((ROOT / "src" / "transfer_opt" / "__init__.py").read_text(encoding="utf-8"))
    (typed,) = (
        node
        for node in source.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    declared = [
        (f"{node.module}".removeprefix("transfer_opt."), name.name)
        for node in typed.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    ]
    lazily = [
        (home, name) for home, found in vars(transfer_opt)["_HOMES"].items() for name in found
    ]
    assert sorted(declared) == sorted(lazily)
    assert {name for _, name in declared} | {"__version__"} == names
    assert (ROOT / "src" / "transfer_opt" / "py.typed").exists()


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        transfer_opt.slove  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", sorted(transfer_opt.__all__))
def test_every_public_name_says_what_it_is(name: str) -> None:
    assert name == "__version__" or getattr(transfer_opt, name).__doc__


# A budget, and what is wrong with it ---------------------------------------------------------------------------------


def test_a_budget_knows_its_scenarios_and_its_file() -> None:
    assert budget().scenarios == ("基准方案", "均衡优先", "稳定优先", "生态优先")
    assert (budget().path, len(budget().sha256)) == (EXAMPLE, 64)
    assert repr(budget()) == f"<BudgetWorkbook qinghai.xlsx，{load_model().title}>"


def test_check_tells_everything_and_raises_nothing(tmp_path: Path) -> None:
    wrong = plain_tables()
    wrong["县区数据"][0][1] = "别的"
    path = write_tables(tmp_path / "b.xlsx", wrong)
    assert [problem.code for problem in check(budget())] == ["W343"]
    assert check(path) == check(read_budget(path))
    assert [problem.code for problem in check(path)] == ["E302"]
    assert [problem.code for problem in check(tmp_path / "没有.xlsx")] == ["E110"]


@pytest.mark.parametrize(
    "attempt",
    [
        solve,
        read_budget,
        compare,
        frontier,
        lambda path: sweep(path, path.with_suffix(".csv")),
        lambda path: audit(path),
        lambda path: explain(path, "玛多县"),
    ],
)
def test_a_file_that_is_not_there_is_an_input_error(
    attempt: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"没有\.xlsx"):
        attempt(tmp_path / "没有.xlsx")


def test_a_model_is_taken_by_path_or_as_it_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_text(
        shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8") + "# 另一份\n",
        encoding="utf-8",
    )
    other = load_model(str(path))
    assert other.sha256 != load_model().sha256
    assert read_budget(EXAMPLE, path).model == read_budget(str(EXAMPLE), other).model == other


# One allocation ------------------------------------------------------------------------------------------------------


def test_saving_writes_the_bytes_of_the_command(tmp_path: Path) -> None:
    source = write_tables(tmp_path / "预算.xlsx", tables(2))
    solved = solve(source, "稳定优先", unit="0.01万元", solver="highs")
    assert solved.save() == tmp_path / "预算_分配结果.xlsx"
    assert solved.save(str(tmp_path / "r.xlsx")) == tmp_path / "r.xlsx"
    assert solved.save_into(tmp_path / "copy.xlsx") == ()
    assert (
        call(
            "solve",
            source,
            "--scenario",
            "稳定优先",
            "--unit",
            "0.01万元",
            "--solver",
            "highs",
            "-o",
            tmp_path / "s.xlsx",
            "--into",
            tmp_path / "t.xlsx",
            "--quiet",
        )
        == 0
    )
    assert (
        (tmp_path / "r.xlsx").read_bytes()
        == (tmp_path / "s.xlsx").read_bytes()
        == solved.save().read_bytes()
    )
    assert (tmp_path / "copy.xlsx").read_bytes() == (tmp_path / "t.xlsx").read_bytes()


def test_the_frame_is_the_sheet_without_its_totals() -> None:
    frame = plan().to_frame()
    assert list(frame.columns) == [
        "行政区划代码",
        "县区名称",
        "市州",
        *FUNDS,
        "合计",
        "上年合计",
        "增减额",
        "增幅",
        "人均(元)",
        "分配前保障水平",
        "分配后保障水平",
        "三保缺口",
    ]
    assert len(frame) == 45
    assert [str(frame[name].dtype) for name in (*FUNDS, "合计", "上年合计", "三保缺口")] == [
        "Int64"
    ] * 4 + ["float64"] * 2
    row = frame.set_index("县区名称").loc["玛多县"]
    assert (row["均衡性转移支付"], row["合计"], round(row["人均(元)"], 2)) == (
        14607,
        25587,
        17658.39,
    )
    assert frame.set_index("县区名称")["重点生态功能区转移支付"].isna()["城东区"], (
        "no part in a fund is not 0"
    )
    assert list(frame[[*FUNDS, "合计"]].sum()) == [1998000, 438000, 384500, 2820500]


def test_warnings_are_those_of_the_command() -> None:
    assert [warning.code for warning in plan().warnings] == ["W343", "W360"]
    assert plan().warnings[1].message.startswith("湟源县·县级保障超出「增幅上限」334 万元")
    assert all(isinstance(warning, Problem) and warning.is_warning for warning in plan().warnings)


def test_an_unknown_county_gets_the_sentence_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = plan().save(tmp_path / "r.xlsx")
    for county in ("玛多乡", "", "没有这个县", "注：空白表示不属于该项资金分配范围"):
        with pytest.raises(InputError) as raised:
            plan().explain(county)
        assert call("explain", result, county) == raised.value.exit_code == 1
        said = capsys.readouterr()
        assert (said.out, said.err.strip()) == ("", str(raised.value))
        assert "、、" not in said.err
    assert call("explain", result, " 玛多 县") == 0
    assert (
        capsys.readouterr().out.strip()
        == plan().explain("632626")
        == explain(str(result), "玛多县")
    )


def random_plan(folder: Path, seed: int) -> Solved | None:
    try:
        return solve(
            write_tables(folder / f"{seed}.xlsx", tables(seed, most=8)),
            unit=UNITS[seed % len(UNITS)],
            solver="highs",
        )
    except InfeasibleError:
        return None


def as_told_and_counted(solved: Solved, folder: Path) -> None:
    """Every county is explained as from the file, every sum is exact, and the file passes its audit."""
    frame, case = solved.to_frame(), solved.outcome.case
    result = solved.save(folder / f"{solved.check_code}.xlsx")
    for county in frame["县区名称"]:
        assert solved.explain(county) == explain(result, county)
    for fund in case.funds:
        assert Decimal(str(frame[fund.name].dropna().sum())) == Decimal(repr(float(fund.pool)))
    assert frame["合计"].sum() == sum(frame[fund.name].dropna().sum() for fund in case.funds)
    counts = {
        name: row
        for name, *row in frame[["县区名称", *(fund.name for fund in case.funds)]].itertuples(
            index=False
        )
    }
    names = [fund.name for fund in case.funds]
    for (fund, _, county), count in zip(case.line_names, solved.outcome.units, strict=True):
        assert Decimal(str(counts[county][names.index(fund)])) == int(count) * Decimal(
            repr(float(case.unit))
        )


@pytest.mark.parametrize(
    "seeds", [range(4), pytest.param(range(4, 200), marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_other_budgets_are_told_and_counted_the_same_way(seeds: range, tmp_path: Path) -> None:
    plans = [solved for seed in seeds if (solved := random_plan(tmp_path, seed))]
    assert len(plans) * 2 >= len(seeds)
    for solved in plans:
        as_told_and_counted(solved, tmp_path)


def test_a_plan_is_one_line_and_goes_from_process_to_process() -> None:
    solved = Solved(outcome())
    assert re.fullmatch(
        r"<Solved 基准方案：3 项资金，45 个县区，合计 2,820,500 万元，校验码 [0-9a-f]{6}…>",
        repr(solved),
    )
    again = pickle.loads(pickle.dumps(solved))
    assert (again.check_code, again.explain("玛多县")) == (
        solved.check_code,
        solved.explain("玛多县"),
    )
    pd.testing.assert_frame_equal(again.to_frame(), solved.to_frame())


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_errors_are_the_tree_of_exit_codes() -> None:
    drawn = re.findall(r"^ *(?:[├└]── )?(\w+Error) +(\d+) ", errors.__doc__ or "", re.M)
    assert {name: int(code) for name, code in drawn} == {
        name: getattr(transfer_opt, name).exit_code
        for name in transfer_opt.__all__
        if name.endswith("Error")
    }
    assert all(
        issubclass(getattr(transfer_opt, name), transfer_opt.TransferOptError) for name, _ in drawn
    )


@pytest.mark.parametrize(
    "error",
    [
        InputError([Problem("E1", "甲。"), Problem("E2", "乙。", "改。", "表", "A1")]),
        InfeasibleError("差钱"),
        InfeasibleError("差钱", {"short": 1.0}),
        NotProvenError("时间到"),
        OutputError("写不了"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_goes_from_process_to_process(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_contradicting_rules_say_who_is_short_unless_they_may_give_way(tmp_path: Path) -> None:
    poor = tables(1, most=7)
    pool = next(row for row in poor["资金总额"] if row[0] == FUNDS[0])
    pool[1] = round(pool[1] * 0.8)
    path = write_tables(tmp_path / "b.xlsx", poor)
    with pytest.raises(InfeasibleError, match="差") as raised:
        solve(path, solver="highs")
    assert raised.value.details
    relaxed = solve(path, solver="highs", relax=True)
    assert relaxed.scenario == "基准方案（已放宽）"
    assert relaxed.to_frame()[FUNDS[0]].sum() == pool[1]


def test_a_time_limit_ends_the_search() -> None:
    with pytest.raises(NotProvenError, match="未证明最优"):
        solve(budget(), time_limit=0)


def test_nothing_is_written_over_the_input_nor_under_another_ending(tmp_path: Path) -> None:
    source = small(tmp_path)
    solved = solve(source, solver="highs")
    for attempt in (solved.save, solved.save_into):
        with pytest.raises(OutputError, match="同一个"):
            attempt(source)
    with pytest.raises(OutputError, match="以 .xlsx 结尾"):
        solved.save(tmp_path / "r.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["b.xlsx"]


# Audit ---------------------------------------------------------------------------------------------------------------


def test_an_audit_has_findings_and_raises_nothing_for_them(tmp_path: Path) -> None:
    table = {"表": [["县区名称", "金额"], ["甲县", 1], ["乙县", 2], ["合计", 4]]}
    found = audit(write_tables(tmp_path / "t.xlsx", table))
    assert (found.clean, [problem.code for problem in found.findings]) == (False, ["A620"])
    assert repr(found).startswith("<Audited t.xlsx：1 处不符，共核对 ")
    result = plan().save(tmp_path / "r.xlsx")
    again = audit(result, budget())
    assert (again.clean, again.findings, again.closing) == (
        True,
        (),
        f"校验码 SHA-256：{plan().check_code}",
    )
    with pytest.raises(InputError, match="不能与输入工作簿核对"):
        audit(tmp_path / "t.xlsx", budget())


def test_monitor_says_and_writes_what_the_command_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = workbook(tmp_path / "监测.xlsx")
    watched = monitor(source)
    assert call("monitor", source, "-o", tmp_path / "命令.xlsx") == 0
    assert capsys.readouterr().out.splitlines()[:-1] == list(watched.sentences)
    written = watched.save()
    assert written == tmp_path / "监测_监测预警.xlsx"
    assert written.read_bytes() == (tmp_path / "命令.xlsx").read_bytes()
    assert (watched.warnings, audit(written, [source]).findings) == ((), ())
    listed = watched.to_frame()[["县区名称", "等级", "升到上一级还差"]]
    assert listed.iloc[:2].values.tolist() == [["甲县", "橙", 10.0], ["乙县", "黄", 0.0]]
    assert repr(watched) == "<Warned 2026年：橙 1 县，黄 1 县，绿 1 县>"
    with pytest.raises(OutputError):
        watched.save(source)


def test_a_model_file_that_is_not_there_is_no_discrepancy_of_the_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = plan().save(tmp_path / "r.xlsx")
    with pytest.raises(InputError, match="没有.toml"):
        audit(result, model=tmp_path / "没有.toml")
    assert call("audit", result, "--model", tmp_path / "没有.toml") == 1
    assert capsys.readouterr().err.startswith("[E150] ")


# Several scenarios ---------------------------------------------------------------------------------------------------


def test_a_comparison_is_saved_with_the_bytes_of_the_command(
    compared: Compared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools_untried(monkeypatch)
    assert compared.save(tmp_path / "a.xlsx", html=tmp_path / "a.html") == tmp_path / "a.xlsx"
    assert (
        call(
            "compare",
            EXAMPLE,
            "--scenario",
            "基准方案",
            "--scenario",
            "均衡优先",
            "-o",
            tmp_path / "b.xlsx",
            "--html",
            tmp_path / "b.html",
            "--quiet",
        )
        == 0
    )
    for ending in ("xlsx", "html"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_comparison_says_what_each_side_gains_and_costs(compared: Compared) -> None:
    assert compared.names == ("基准方案", "均衡优先")
    assert compared.sentences["均衡优先"].startswith("最低保障水平最高")
    assert compared.failed == {}
    assert compared.warnings[-1].startswith("各方案：湟源县·县级保障超出「增幅上限」334 万元")
    assert re.fullmatch(
        r"<Compared 基准方案、均衡优先，基准：基准方案，校验码 [0-9a-f]{6}…>", repr(compared)
    )
    assert pickle.loads(pickle.dumps(compared)).check_code == compared.check_code


def test_the_frame_of_a_comparison_has_a_row_per_scenario_and_county(compared: Compared) -> None:
    frame = compared.to_frame()
    assert list(frame.columns) == [
        "方案",
        "行政区划代码",
        "县区名称",
        "市州",
        *FUNDS,
        "合计",
        "上年合计",
        "分配后保障水平",
        "三保缺口",
    ]
    assert list(frame["方案"].unique()) == ["基准方案", "均衡优先"]
    assert len(frame) == 90
    assert list(frame.groupby("方案")["合计"].sum()) == [2820500, 2820500]
    alone = plan().to_frame()
    ours = (
        frame[frame["方案"] == "基准方案"]
        .set_index("县区名称")
        .loc[alone["县区名称"]]
        .reset_index()
    )
    pd.testing.assert_frame_equal(ours[[*FUNDS, "合计"]], alone[[*FUNDS, "合计"]])
    assert list(ours["三保缺口"]) == list(alone["三保缺口"])


def test_results_and_approved_tables_are_compared_by_their_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools_untried(monkeypatch)
    result = plan().save(tmp_path / "r.xlsx")
    approved = write_tables(
        tmp_path / "批准.xlsx", {"表": [["县区名称", FUNDS[0]], ["玛多县", 14000.5]]}
    )
    both = compare([str(approved), result])
    assert both.names == ("批准", "基准方案")
    row = both.to_frame().set_index(["方案", "县区名称"]).loc[("批准", "玛多县")]
    assert row[FUNDS[0]] == row["合计"] == Decimal("14000.5")
    assert both.save(tmp_path / "c.xlsx").exists()
    with pytest.raises(OutputError, match="同一个"):
        both.save(result)


# Frontier and sweep --------------------------------------------------------------------------------------------------


def test_a_frontier_is_saved_with_the_bytes_of_the_command(tmp_path: Path) -> None:
    path = small(tmp_path)
    found = frontier(path)
    assert found.save() == tmp_path / "b_前沿.xlsx"
    assert call("frontier", path, "-o", tmp_path / "f.xlsx", "--quiet") == 0
    assert found.save().read_bytes() == (tmp_path / "f.xlsx").read_bytes()
    frame = found.to_frame()
    assert list(frame["拐点"]) == [
        *(str(at + 1) for at in range(len(found.curve.corners))),
        "基准方案",
    ]
    assert frame.iloc[:, 1:3].dtypes.tolist() == ["float64"] * 2
    assert f"{len(found.curve.corners)} 个拐点" in repr(found)


def test_a_sweep_writes_the_bytes_of_the_command_and_is_a_frame(tmp_path: Path) -> None:
    path, vary = small(tmp_path), "增幅上限·均衡性·增幅上限=10%:20%:3"
    swept = sweep(path, tmp_path / "a.csv", vary=[vary])
    assert call("sweep", path, "-o", tmp_path / "b.csv", "--vary", vary, "--quiet") == 0
    for name in ("{}.csv", "{}_各县.csv"):
        assert (tmp_path / name.format("a")).read_bytes() == (
            tmp_path / name.format("b")
        ).read_bytes()
    frame = swept.to_frame()
    assert list(frame["序号"]) == [0, 1, 2, 3]
    assert list(frame["增幅上限·均衡性·增幅上限"][1:]) == [0.10, 0.15, 0.20]
    assert repr(swept).startswith("<Swept 基准方案：3 种情形，")


# The tutorial --------------------------------------------------------------------------------------------------------


def printed(code: str, names: dict[str, Any]) -> str:
    with redirect_stdout(StringIO()) as stream:
        exec(code, names)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def test_the_tutorial_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = TUTORIAL.read_text(encoding="utf-8")
    for command in re.findall(r"`transfer-opt (init [^`]+)`", text):
        assert call(*command.split()) == 0
    blocks: list[Mapping[str, str | None]] = [found.groupdict() for found in BLOCK.finditer(text)]
    assert len(blocks) == text.count("```python") >= 5
    names: dict[str, Any] = {}
    with pd.option_context(
        "display.unicode.east_asian_width", False
    ):  # set by the tutorial, and set back
        for block in blocks:
            assert printed(str(block["code"]), names) == (block["printed"] or "")
