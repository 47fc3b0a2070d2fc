"""「分担变化」: raise the share, or give the money? On the two counties of the miniature."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from books import write_tables
from calls import call
from sharedbook import CUT, miniature

from transfer_opt.commands.compare import compare
from transfer_opt.core.vocabulary import BOUNDS, RULES, SCENARIOS, SHARED_RULE, SHIFT
from transfer_opt.report.comparison.shift import sentence
from transfer_opt.scenarios.comparison.compare import Comparison

pytestmark = pytest.mark.system

ANSWER = (
    f"{CUT}：县级承担合计由 342 万元降到 266 万元，省多支出 76 万元；三保缺口由 42 万元变为 0 万元；"
    "缺口同样变为 0 万元，直接增加县级保障只需 42 万元（差额因为分担比例不分缺口大小）。"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shift")
    write_tables(made / "预算.xlsx", miniature())
    return made


@pytest.fixture(scope="module")
def comparison(folder: Path) -> Comparison:
    return compare([folder / "预算.xlsx"])


def test_the_share_costs_76_and_the_money_42(comparison: Comparison) -> None:
    (shift,) = comparison.shifts
    assert shift.by_level == (0, 76, 0, -76)
    assert shift.levels.sum() == 0
    assert shift.levels.sum(axis=0).tolist() == [0, 0]
    assert shift.mine == (342, 266)
    assert shift.direct is not None
    assert shift.direct.money == 42
    assert sentence(shift, "万元") == ANSWER


def test_the_difference_is_the_shares_alone(comparison: Comparison) -> None:
    (found,) = comparison.effects
    assert [part.cause for part in found.parts] == [SHARED_RULE]
    assert found.parts[0].short == pytest.approx(-42)


def test_two_results_tell_the_same_as_two_scenarios(folder: Path) -> None:
    first, second = folder / "一.xlsx", folder / "二.xlsx"
    assert call("solve", folder / "预算.xlsx", "-o", first) == 0
    assert call("solve", folder / "预算.xlsx", "--scenario", CUT, "-o", second) == 0
    assert call("compare", first, second, "-o", folder / "比较.xlsx") == 0
    sheet = openpyxl.load_workbook(folder / "比较.xlsx", data_only=True)[SHIFT]
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert [ANSWER] in rows
    assert ["990201", "乙县", "西州", 0, 76, 0, -76, 0] in rows


def test_where_something_else_differs_no_price_is_told(tmp_path: Path) -> None:
    tables = miniature()
    tables[SCENARIOS].append(["资金总额", "县级保障", "本年总额", None, 601])
    (shift,) = compare([write_tables(tmp_path / "预算.xlsx", tables)]).shifts
    assert shift.direct is None
    assert "直接增加" not in sentence(shift, "万元")


def test_where_no_more_money_helps_that_is_told(tmp_path: Path) -> None:
    tables = miniature()
    tables[BOUNDS] = [
        ["县区名称", "资金", "上限", "理由"],
        ["甲县", "县级保障", 300, "试算"],
        ["乙县", "县级保障", 310, "试算"],  # 42 short of 352, whatever the pool
    ]
    tables[RULES] = [row for row in tables[RULES] if row[0] != BOUNDS]
    (shift,) = compare([write_tables(tmp_path / "预算.xlsx", tables)]).shifts
    assert shift.short == pytest.approx((42, 0))
    assert (shift.direct, shift.out_of_reach) == (None, True)
    assert sentence(shift, "万元").endswith("试过的数都不能使缺口变为 0 万元。")


def test_a_higher_standard_costs_everybody_more(tmp_path: Path) -> None:
    tables = miniature()
    tables[SCENARIOS][1:] = [[SHARED_RULE, None, "医保/标准", None, 620]]
    (shift,) = compare([write_tables(tmp_path / "预算.xlsx", tables)]).shifts
    assert shift.by_level == (112, 14, 5, 9)  # 140 in all: 100 in 甲县, 40 in 乙县
    assert "总支出增加 140 万元" in sentence(shift, "万元")


def test_scenarios_that_share_alike_have_no_such_table(tmp_path: Path) -> None:
    tables = miniature()
    tables[SCENARIOS][1:] = [["资金总额", "县级保障", "本年总额", None, 601]]
    assert compare([write_tables(tmp_path / "预算.xlsx", tables)]).shifts == ()


def test_explain_says_who_pays_and_what_counts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("solve", folder / "预算.xlsx", "--scenario", CUT, "-o", folder / "三.xlsx") == 0
    capsys.readouterr()
    assert call("explain", folder / "三.xlsx", "乙县") == 0
    said = capsys.readouterr().out
    assert (
        "共同财政事权支出 1,520 万元：中央 1,216、省 228、县 76，县级承担的占可用财力 10.9%。"
        in said
    )
    assert "保基本民生需求测算数 76 万元＝列入三保的 76＋其他 0；填报数 152；本次采用 76。" in said


def test_a_share_cannot_be_varied_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by = f"{SHARED_RULE}·教育/二档/县"
    assert call("need", folder / "预算.xlsx", "--for", "三保缺口=0", "--by", by) == 1
    assert "E375" in "".join(capsys.readouterr())
