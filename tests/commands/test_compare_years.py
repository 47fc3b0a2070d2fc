"""`compare --years`: what becomes of every scenario, on the miniature that can be checked on paper."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from books import GUARANTEE
from calls import call
from years import two_counties

import transfer_opt
from transfer_opt.core.errors import InputError

pytestmark = pytest.mark.system
SCENARIOS = [
    ["规则", "资金", "参数", "对象", "逐年加大", "放宽"],
    ["年度展望", GUARANTEE, "本年总额", None, "10%", None],
    ["上年保底", GUARANTEE, "降幅上限", None, None, 0.2],
]


@pytest.fixture(scope="module")
def budget(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pools 110, 110, 100; needs 50 and 40, then 50 and 60.

    Now 66 and 44. With floors of 66 and 44 the second year lacks 16 and the third has no allocation; with 10 % more a
    year (121, 133.1) the second lacks 5 and the third nothing; with floors of four fifths (52.8 and 35.2) the second
    lacks 2.8 and the third 10.
    """
    return two_counties(
        tmp_path_factory.mktemp("ahead") / "预算.xlsx",
        (110, 110, 100),
        ((50, 40), (50, 60), (50, 60)),
        scenarios=SCENARIOS,
    )


@pytest.fixture(scope="module")
def written(budget: Path) -> Path:
    path = budget.with_name("比较.xlsx")
    page = budget.with_name("比较.html")
    assert call("compare", budget, "--years", "3", "-o", path, "--html", page, "--quiet") == 3
    return path


def cells(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))


TOLD = (
    "按“基准方案”，2028年有“三保”缺口 16 万元；2029年没有可行方案",
    "按“逐年加大”，只有2028年有“三保”缺口 5 万元；2027—2028年合计比基准方案少缺 11 万元",
    "按“放宽”，2028年开始有“三保”缺口，当年 2.8 万元，2027—2029年合计 12.8 万元；2027—2028年合计比基准方案少缺 13.2 万元",
)


def test_figures_stand_year_by_year_with_the_difference_to_the_baseline(written: Path) -> None:
    rows = {row[:2]: row[2:] for row in cells(written, "多年比较")}
    assert rows["“三保”缺口（万元）", "2027年"] == (0, 0, 0, 0, 0)
    assert rows["“三保”缺口（万元）", "2028年（预测）"] == (16, 5, -11, 2.8, -13.2)
    assert rows["“三保”缺口（万元）", "2029年（预测）"] == (None, 0, None, 10, None)
    assert rows["有缺口的县（个）", "2029年（预测）"] == (None, 0, None, 2, None)
    assert rows["最低保障水平（%）", "2028年（预测）"] == (44, 55, 11, 52.8, 8.8)
    assert rows["可分配总额（万元）", "2029年（预测）"] == (None, 133.1, None, 100, None)
    assert rows["开始有“三保”缺口", None] == ("2028年", "2028年", None, "2028年", None)


def test_each_scenario_has_its_sentence_on_the_conclusion_and_on_the_page(written: Path) -> None:
    answers = {row[0]: row[1] for row in cells(written, "结论") if row[0]}
    assert answers["以后各年"] == "；".join(TOLD) + "。"
    assert answers["合规"].startswith("本年“三保”都没有缺口")
    assert any("本年“三保”没有缺口，作为比较基准" in str(row) for row in cells(written, "方案比较"))
    page = written.with_suffix(".html").read_text(encoding="utf-8")
    assert all(said in page for said in TOLD)
    assert "多年比较：以后各年是预测" in page


def test_a_scenario_that_is_stuck_is_told_with_its_year_and_why_and_the_others_are_written(
    budget: Path, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = budget.with_name("又.xlsx")
    assert call("compare", budget, "--years", "3", "-o", path, "--quiet") == 3
    why = capsys.readouterr().err.strip()
    assert why.startswith("基准方案：2027年至2028年可以分配，2029年无可行方案。")
    assert "相差 10 万元" in why
    assert "\n" not in why
    assert (why,) in [row[:1] for row in cells(path, "多年比较")]
    assert path.exists()


def test_programs_are_told_the_years(budget: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = budget.with_name("程序.xlsx")
    assert call("compare", budget, "--years", "2", "--json", "-o", path) == 0
    told = json.loads(capsys.readouterr().out)
    assert [[year["short"] for year in each["years"]] for each in told["years"]] == [
        [0, 16],
        [0, 5],
        [0, 2.8],
    ]


def test_the_years_of_a_scenario_are_those_that_plan_works_out(budget: Path) -> None:
    compared = transfer_opt.compare(budget, years=2)
    for ahead in compared.comparison.ahead:
        planned = transfer_opt.plan(budget, ahead.name, years=2).outcome.projection
        assert planned is not None
        for one, other in zip(ahead.years, planned.chain, strict=True):
            assert one.amounts.tolist() == other.amounts.tolist()
    assert compared.year_sentences["逐年加大"] == (
        "按“逐年加大”，只有2028年有“三保”缺口 5 万元；各年合计比基准方案少缺 11 万元。"
    )


def test_against_last_year_no_scenario_is_the_baseline_of_later_years(budget: Path) -> None:
    told = transfer_opt.compare(budget, ["放宽"], baseline="上年", years=2).year_sentences
    assert told == {"放宽": "按“放宽”，只有2028年有“三保”缺口 2.8 万元。"}


def test_without_years_nothing_is_said_of_them_but_of_a_scenario_that_moves_only_them(
    budget: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = budget.with_name("本年.xlsx")
    assert call("compare", budget, "-o", path) == 0
    assert "「逐年加大」改了以后各年的「年度展望」，这不影响本年的分配" in capsys.readouterr().err
    assert "多年比较" not in openpyxl.load_workbook(path).sheetnames
    assert "以后各年" not in [row[0] for row in cells(path, "结论")]
    causes = [row[2] for row in cells(path, "差异分解")]
    assert "年度展望" not in causes


def test_years_of_results_cannot_be_asked_for(budget: Path) -> None:
    result = budget.with_name("结果.xlsx")
    assert call("solve", budget, "-o", result, "--quiet") == 0
    with pytest.raises(InputError) as told:
        transfer_opt.compare([result], years=2)
    assert [problem.code for problem in told.value.problems] == ["E181"]


def test_more_years_than_the_outlook_has_are_refused_before_anything_is_solved(
    budget: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer_opt.allocation.allocate.allocate", None)
    with pytest.raises(InputError) as told:
        transfer_opt.compare(budget, years=4)
    assert [problem.code for problem in told.value.problems] == ["E406"]
