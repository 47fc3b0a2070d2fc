"""A comparison says what 可用财力 is in its figures: what counties paid in and what sections make them pay, scenario by scenario."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from basins import parameter, pooled, three_counties
from books import GUARANTEE
from calls import call

pytestmark = pytest.mark.system

NEITHER = "保障水平里的可用财力已加横向补偿的净额；“三保”缺口里只加净收入，不减净付出。"
BOTH = "保障水平和“三保”缺口里的可用财力已加横向补偿的净额。"
PAID_IN = "保障水平和“三保”缺口里的可用财力已减去流域出资。"
FILLED = "保障水平和“三保”缺口里的可用财力是填报数。"
MEASURED = ("方案比较", "结论", "保障水平对比", "指标对比")


def ruled(name: str, value: str) -> partial[Path]:
    """Three counties along a river under a parameter of 「横向补偿」."""
    return partial(three_counties, rules=[parameter(name, value)])


MADE: dict[str, Any] = {
    "净额": three_counties,
    "全计": ruled("三保计入横向补偿", "是"),
    "不计": ruled("计入可用财力", "否"),
    "出资": partial(pooled, paid_in=(100, None, 400), province=2500),
    "没有": partial(three_counties, sections=[]),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("measured")
    for name, make in MADE.items():
        assert call("solve", make(folder / f"{name}算.xlsx"), "-o", folder / f"{name}.xlsx") == 0
    return {name: folder / f"{name}.xlsx" for name in MADE}


@pytest.mark.parametrize(
    ("compared", "told"),
    [
        (("净额", "没有"), [f"净额：{NEITHER}", f"没有：{FILLED}"]),
        (("净额", "全计", "不计"), [f"净额：{NEITHER}", f"全计：{BOTH}", f"不计：{FILLED}"]),
        (("出资", "没有"), [f"出资：{PAID_IN}", f"没有：{FILLED}"]),
        (("没有", "不计"), []),
    ],
)
def test_every_table_of_coverage_and_shortfall_says_what_own_money_is(
    results: dict[str, Path], compared: tuple[str, ...], told: list[str]
) -> None:
    target = results["净额"].with_name("比.xlsx")
    page = target.with_suffix(".html")
    given = [results[name] for name in compared]
    assert call("compare", *given, "-o", target, "--html", page) == 0
    book = openpyxl.load_workbook(target)
    for name in MEASURED:
        texts = [str(cell.value) for row in book[name] for cell in row if cell.value]
        assert [text for text in texts if text.endswith((NEITHER, BOTH, PAID_IN, FILLED))] == told
    assert all(text in page.read_text(encoding="utf-8") for text in told)
    assert not any("里的可用财力" in str(cell.value) for row in book["参数对照"] for cell in row)


def test_scenarios_alike_are_told_once(results: dict[str, Path]) -> None:
    target = results["净额"].with_name("同.xlsx")
    copy = results["净额"].with_name("又.xlsx")
    copy.write_bytes(results["净额"].read_bytes())
    assert call("compare", results["净额"], copy, "-o", target) == 0
    notes = [str(row[0].value) for row in openpyxl.load_workbook(target)["指标对比"]]
    assert notes.count(NEITHER) == 1


def test_of_a_table_of_which_no_figure_is_known_that_is_said(results: dict[str, Path]) -> None:
    listed = results["没有"].with_name("别县.xlsx")
    book = openpyxl.Workbook()
    for row in (["单位：万元", None], ["县区名称", GUARANTEE], ["别县", 1]):
        book.active.append(row)
    book.save(listed)
    target = listed.with_name("别.xlsx")
    assert call("compare", results["没有"], listed, "-o", target) == 0
    notes = [str(row[0].value) for row in openpyxl.load_workbook(target)["方案比较"]]
    assert "别县：没有一项指标算得出来。" in notes
