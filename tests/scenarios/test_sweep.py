"""Sweeps: the points, the answers, and that a killed sweep ends with the same bytes."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from allocations import EXAMPLE
from books import ECOLOGY
from provincial import two_funds

from transfer_opt.allocation import allocate
from transfer_opt.allocation.nearby import CASE_RULES
from transfer_opt.cli.main import main
from transfer_opt.commands.sweep import sweep
from transfer_opt.commands.sweep_files import county_path, write
from transfer_opt.core.errors import InputError, OutputError, SolverError
from transfer_opt.intake import prepare
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.settings import Settings
from transfer_opt.scenarios.sweep.engines import local
from transfer_opt.scenarios.sweep.journal import Journal
from transfer_opt.scenarios.sweep.plan import NOW, Plan, plan
from transfer_opt.scenarios.sweep.point import Record, Scenarios

CAP = "增幅上限·均衡性·增幅上限=10%:20%:3"
POOL = "资金总额·均衡性·本年总额=1950000:2050000:2"
GRID = (
    "--vary",
    "增幅上限·均衡性·增幅上限=12%:20%:6",
    "--vary",
    "上年保底·县级保障·降幅上限=0:0.2:6",
)
PROGRAM = [sys.executable, "-m", "transfer_opt"]


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare.prepare(EXAMPLE)


def command(*words: str, folder: Path) -> list[str]:
    return [*PROGRAM, "sweep", str(EXAMPLE), "-o", str(folder / "扫描.csv"), "--quiet", *words]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


# The points -----------------------------------------------------------------------------------------------------


def test_a_grid_is_every_combination_the_first_varying_slowest(prepared: Prepared) -> None:
    found = plan(prepared, [CAP, POOL], [], None, 1)
    assert [found.values(index) for index in found.indices[1:]] == [
        (cap, pool) for cap in (0.1, 0.15, 0.2) for pool in (1950000, 2050000)
    ]
    assert [vary.text for vary in found.varies] == [
        "增幅上限·均衡性·增幅上限",
        "资金总额·均衡性·本年总额",
    ]


def test_values_may_be_listed_and_a_rule_that_knows_no_funds_needs_none(prepared: Prepared) -> None:
    found = plan(prepared, ["三保兜底·保障倍数=1, 1.05"], [], None, 1)
    assert found.varies[0].values == (1.0, 1.05)


def test_a_random_draw_depends_on_its_seed_and_its_number_alone(prepared: Prepared) -> None:
    one, same, other = (
        plan(prepared, [CAP], ["常住人口=±5%"], draws, seed)
        for draws, seed in ((9, 7), (50, 7), (9, 8))
    )
    assert one.values(4) == same.values(4) != other.values(4)
    assert 0.1 <= one.values(4)[0] <= 0.2
    people, drawn = (
        each.recipients.number("常住人口")
        for each in (prepared.settings, one.settings(prepared.settings, 4))
    )
    assert (np.abs(drawn / people - 1) <= 0.05 + 1e-9).all()
    assert len(set(np.round(drawn / people, 6))) > 40, "each county has an error of its own"
    assert (same.settings(prepared.settings, 4).recipients.number("常住人口") == drawn).all()


@pytest.mark.parametrize(
    ("varies", "uncertain", "draws", "said"),
    [
        (["增副上限·均衡性·增幅上限=1:2:3"], [], None, "是否为「增幅上限」"),
        (["增幅上限·均衡性=12"], [], None, "可用的有：增幅上限"),
        (["增幅上限·均衡性·增幅上限=-1:2:3"], [], None, "超出允许范围"),
        (["增幅上限·均衡性·增幅上限=1:2"], [], None, "看不懂"),
        (["保障水平最大化·需求列=1:2:3"], [], None, "只有数字参数"),
        ([CAP, CAP], [], None, "同一个参数"),
        ([], ["人口数=5%"], 9, "是否为「常住人口」"),
        ([], ["常住人口=5%"], None, "--random"),
        ([], ["常住人口=150%"], 9, "0 和 100 之间"),
        ([], [], None, "没有说要变动什么"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    prepared: Prepared, varies: list[str], uncertain: list[str], draws: int | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        plan(prepared, varies, uncertain, draws, 1)


# The answers ----------------------------------------------------------------------------------------------------


@pytest.mark.system
@pytest.mark.parametrize(
    ("words", "index"),
    [(([CAP, POOL], [], None, 1), 2), (([CAP], ["三保需求=±4%", "常住人口=±5%"], 9, 3), 1)],
)
def test_a_scenario_is_what_solve_publishes_for_the_same_choices(
    prepared: Prepared, words: tuple, index: int
) -> None:
    found = plan(prepared, *words)
    scenarios = Scenarios(prepared, found)
    scenarios.answer(NOW)
    record = scenarios.answer(index)
    published = allocate.allocate(
        replace(prepared, settings=found.settings(prepared.settings, index)), "highs"
    )
    assert record.totals == tuple(published.given.tolist())
    assert record.measures is not None
    assert record.measures["“三保”缺口"] == pytest.approx(published.shortfall.sum())
    assert record.measures["最低保障水平"] == pytest.approx(
        (published.capacity / published.case.expenditure).min()
    )


def test_a_scenario_that_cannot_be_done_says_how_much_is_missing(prepared: Prepared) -> None:
    scenarios = Scenarios(
        prepared, plan(prepared, ["资金总额·均衡性·本年总额=1800000,3000000"], [], None, 1)
    )
    record = scenarios.answer(0)
    assert (record.feasible, record.shortage) == (
        False,
        50000.0,
    )  # last year's 1,850,000 may not fall
    assert Record.read(json.loads(record.line())) == record


def test_an_answer_that_fails_its_checks_is_asked_again_and_then_told(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*_: object, **__: object) -> None:
        asked.append(1)
        raise SolverError("求解器的最优值与影子价格不一致。")

    monkeypatch.setattr("transfer_opt.allocation.nearby.reached", refuse)
    record = Scenarios(prepared, plan(prepared, [POOL], [], None, 1)).answer(0)
    assert (record.state, record.why, len(asked)) == (
        "未算出",
        "求解器的最优值与影子价格不一致。",
        2,
    )


def test_two_bounds_of_a_line_that_cross_are_told_in_words(prepared: Prepared) -> None:
    record = Scenarios(
        prepared, plan(prepared, ["单县占比上限·均衡性·占比上限=0.001,0.1"], [], None, 1)
    ).answer(0)
    assert not record.feasible
    assert "「单县占比上限」" in record.why


def test_the_case_is_made_of_no_other_rules_than_those_that_are_watched(prepared: Prepared) -> None:
    asked: set[str] = set()

    class Watched(Settings):
        def _ordered(self, rule, parameter, pick):  # type: ignore[no-untyped-def]
            asked.add(rule)
            return super()._ordered(rule, parameter, pick)

    known = prepared.settings
    assemble(
        prepared.spec,
        prepared.budget,
        Watched(known.rules, known.funds, known.recipients, known.layers),
    )
    assert asked
    assert asked <= CASE_RULES


def test_the_summary_says_range_mean_bounds_and_places(prepared: Prepared, tmp_path: Path) -> None:
    found = plan(prepared, [CAP, POOL], [], None, 1)
    done = sweep(prepared, found, tmp_path / "扫描.csv", local)
    by_county = {row["县区名称"]: row for row in rows(tmp_path / "扫描_各县.csv")}
    scenarios = rows(tmp_path / "扫描.csv")
    assert [row["结果"] for row in scenarios].count("可行") == done.count("可行") + 1
    given = [float(row["玛多县"]) for row in scenarios[1:] if row["结果"] == "可行"]
    county = by_county["玛多县"]
    assert (float(county["最低"]), float(county["最高"])) == (min(given), max(given))
    assert float(county["平均"]) == pytest.approx(np.mean(given), abs=0.051)
    assert int(county["最前"]) <= int(county["最常见位次"]) <= int(county["最后"])
    assert all(
        0 <= float(row[share]) <= 1
        for row in by_county.values()
        for share in ("触底次数占比", "封顶次数占比", "最常见占比")
    )
    assert float(by_county["城西区"]["触底次数占比"]) > 0.5
    for row in by_county.values():
        for edge in ("触底", "封顶"):
            told = [row[f"{fund}{edge}"] for fund in ("均衡性", "县级保障", "生态")]
            of_fund = [float(share) for share in told if share]
            assert max(of_fund) <= float(row[f"{edge}次数占比"]) <= sum(of_fund) + 1e-9
    assert by_county["城西区"]["均衡性触底"] == by_county["城西区"]["触底次数占比"]
    assert by_county["城西区"]["生态触底"] == ""  # it has no part in the fund


# Files ----------------------------------------------------------------------------------------------------------


def test_csv_begins_with_the_mark_excel_knows_and_parquet_holds_the_same(
    prepared: Prepared, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    found = plan(prepared, [POOL], [], None, 1)
    for name in ("扫描.csv", "扫描.parquet"):
        sweep(prepared, found, tmp_path / name, local)
    assert (tmp_path / "扫描.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    table = parquet.read_table(tmp_path / "扫描.parquet").to_pylist()
    assert [row["玛多县"] for row in table] == [
        float(row["玛多县"]) for row in rows(tmp_path / "扫描.csv")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "扫描.csv",
        "扫描.parquet",
        "扫描_各县.csv",
        "扫描_各县.parquet",
    ]


@pytest.mark.parametrize("name", ["扫描.csv", "扫描.parquet"])
def test_where_the_second_file_cannot_be_written_the_first_is_not_put_in_place(
    prepared: Prepared, tmp_path: Path, name: str
) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    found = plan(prepared, [POOL], [], None, 1)
    county_path(tmp_path / name).mkdir()
    with pytest.raises(OutputError):
        write(prepared, found, [Scenarios(prepared, found).answer(0)] * found.size, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [county_path(tmp_path / name).name]


def test_without_pyarrow_the_user_is_told_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SystemExit) as ending:
        main(["sweep", str(EXAMPLE), "--vary", POOL, "-o", str(tmp_path / "扫描.parquet")])
    assert ending.value.code == 5
    assert "没有安装 pyarrow" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_workbook_has_three_sheets_and_the_same_bytes_each_time(
    prepared: Prepared, tmp_path: Path
) -> None:
    found = plan(prepared, [POOL], [], None, 1)
    written = []
    for name in ("甲.xlsx", "乙.xlsx"):
        sweep(prepared, found, tmp_path / name, local)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
    assert openpyxl.load_workbook(tmp_path / "甲.xlsx").sheetnames == [
        "各县区间",
        "各次测算",
        "测算说明",
    ]


def test_the_input_is_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    budget = tmp_path / "预算.xlsx"
    budget.write_bytes(EXAMPLE.read_bytes())
    with pytest.raises(SystemExit) as ending:
        main(["sweep", str(budget), "--vary", POOL, "-o", str(budget)])
    assert ending.value.code == 5
    assert "同一个" in capsys.readouterr().err
    assert budget.read_bytes() == EXAMPLE.read_bytes()


# Interrupted ----------------------------------------------------------------------------------------------------


def test_a_torn_last_line_is_dropped_and_an_altered_one_with_all_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "扫描.partial"
    with Journal(path, "计划") as journal:
        for index in range(3):
            journal.add(Record(index, "不可行", 1.0, "").line())
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    with Journal(path, "计划") as journal:
        assert sorted(journal.done) == [0, 1]
        journal.add(Record(2, "不可行", 1.0, "").line())
    assert path.read_bytes() == whole
    path.write_bytes(whole.replace(b'"index":1', b'"index":7'))
    with Journal(path, "计划") as journal:
        assert sorted(journal.done) == [0]


def test_what_another_sweep_left_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "扫描.partial"
    with Journal(path, "一个计划") as journal:
        journal.add(Record(0, "不可行", 1.0, "").line())
    before = path.read_bytes()
    with pytest.raises(OutputError, match="另一次扫描"), Journal(path, "另一个计划"):
        pass
    assert path.read_bytes() == before
    path.write_text("我的笔记", encoding="utf-8")
    with pytest.raises(OutputError, match="不是扫描留下的文件"), Journal(path, "一个计划"):
        pass
    assert path.read_text(encoding="utf-8") == "我的笔记"


def test_the_plan_tells_other_inputs_scenarios_seeds_and_values_apart(prepared: Prepared) -> None:
    base = plan(prepared, [CAP], [], 5, 1)
    others = [
        plan(prepared, [CAP], [], 5, 2),
        plan(prepared, [CAP], [], 6, 1),
        plan(prepared, [POOL], [], 5, 1),
        plan(prepared, [CAP], ["常住人口=1%"], 5, 1),
    ]
    digests = {found.digest(prepared) for found in (base, *others)}
    digests.add(base.digest(replace(prepared, scenario="均衡优先")))
    digests.add(base.digest(replace(prepared, budget=replace(prepared.budget, sha256="0" * 64))))
    assert len(digests) == 7


def killed(times: int, folder: Path) -> tuple[int, bytes, bytes]:
    """How many kills hit a sweep at work, and the two tables it ends with."""
    partial, hits = folder / "扫描.partial", 0
    for _ in range(times):
        before = partial.stat().st_size if partial.exists() else 0
        process = subprocess.Popen(command(*GRID, folder=folder), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if partial.exists() and partial.stat().st_size > before + 100:
                process.kill()
                process.wait()
                hits += 1
                break
            time.sleep(0.002)
        process.wait()
    subprocess.run(command(*GRID, folder=folder), check=True, stderr=subprocess.DEVNULL)
    assert not partial.exists()
    return hits, (folder / "扫描.csv").read_bytes(), (folder / "扫描_各县.csv").read_bytes()


@pytest.mark.system
def test_a_sweep_killed_three_times_ends_with_the_same_bytes(tmp_path: Path) -> None:
    _same_after_kills(3, tmp_path)


@pytest.mark.system
@pytest.mark.slow
def test_a_sweep_killed_twenty_times_ends_with_the_same_bytes(tmp_path: Path) -> None:
    _same_after_kills(20, tmp_path)


def _same_after_kills(times: int, folder: Path) -> None:
    whole, torn = folder / "一次", folder / "多次"
    whole.mkdir()
    torn.mkdir()
    subprocess.run(command(*GRID, folder=whole), check=True, stderr=subprocess.DEVNULL)
    hits, by_scenario, by_county = killed(times, torn)
    assert hits == times
    assert by_scenario == (whole / "扫描.csv").read_bytes()
    assert by_county == (whole / "扫描_各县.csv").read_bytes()


# A cluster ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler on this machine with two workers, each a process of its own."""
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    words = [["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]]]
    words += [["worker", address, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]] * 2
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *each, "--no-dashboard"],
            stderr=subprocess.DEVNULL,
            env=os.environ,
        )
        for each in words
    ]
    yield address
    for process in reversed(started):
        process.terminate()
    for process in started:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.system
def test_a_cluster_of_two_workers_writes_the_same_bytes(scheduler: str, tmp_path: Path) -> None:
    words = ("--vary", CAP, "--uncertain", "三保需求=±3%", "--random", "12")
    for name, more in (("本机", ()), ("集群", ("--engine", "dask", "--scheduler", scheduler))):
        (tmp_path / name).mkdir()
        subprocess.run(command(*words, *more, folder=tmp_path / name), check=True, timeout=120)
    for file in ("扫描.csv", "扫描_各县.csv"):
        assert (tmp_path / "集群" / file).read_bytes() == (tmp_path / "本机" / file).read_bytes()


def test_a_scheduler_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    monkeypatch.setattr("transfer_opt.scenarios.sweep.engines.CONNECT_SECONDS", 0.5)
    with pytest.raises(SystemExit) as ending:
        main(
            [
                "sweep",
                str(EXAMPLE),
                "--vary",
                POOL,
                "-o",
                str(tmp_path / "扫描.csv"),
                "--engine",
                "dask",
                "--scheduler",
                "tcp://127.0.0.1:9",
            ]
        )
    assert ending.value.code == 5
    assert "连不上 Dask 调度器" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_progress_tells_how_many_and_how_long(prepared: Prepared, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found: Plan = plan(prepared, [POOL], [], None, 1)
    sweep(prepared, found, tmp_path / "扫描.csv", local, lambda done, of: told.append((done, of)))
    assert told == [(0, 2), (1, 2), (2, 2), (3, 2)]  # the budget as it stands and two scenarios


# The province's own money -----------------------------------------------------------------------------------------


def test_every_point_shares_the_provinces_own_money_out_as_solve_does(tmp_path: Path) -> None:
    """甲县 needs 70, 乙县 130: of the 40 that are the province's, 10 go to ecology and 30 to the guarantee; half the needs are met as drafted."""
    ready = prepare.prepare(two_funds(tmp_path / "a.xlsx"))
    found = plan(ready, ["三保兜底·保障倍数=0.5,1"], [], None, 1)
    scenarios = Scenarios(ready, found)
    now, half, whole = (scenarios.answer(index) for index in found.indices)
    assert now.totals == whole.totals == (70, 130)
    assert now.measures
    assert now.measures["“三保”缺口"] == 0
    assert half.totals == tuple(
        allocate.allocate(
            replace(ready, settings=found.settings(ready.settings, half.index)), sensitive=False
        ).given.tolist()
    )


def test_a_point_at_which_it_cannot_be_shared_out_says_why(tmp_path: Path) -> None:
    """Ecology got 50 last year: with 6 of the province's 51 are 2 % more, and a growth of 3 % would bend."""
    rules = [("生态稳定增长", ECOLOGY, "增长率", None, 0.02, "是", "硬")]
    path = two_funds(tmp_path / "a.xlsx", ecology=(65, 20, 6, None), rules=rules)
    ready = prepare.prepare(path)
    found = plan(ready, ["生态稳定增长·生态·增长率=2%,3%"], [], None, 1)
    scenarios = Scenarios(ready, found)
    now, two, three = (scenarios.answer(index) for index in found.indices)
    assert (now.state, two.state, three.state) == ("可行", "可行", "未算出")
    assert three.why.startswith("[E404]")
