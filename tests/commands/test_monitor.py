"""`monitor` through the front door: the miniature, results of several years, forecasts, and messy input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from calls import call
from monitoring import CUTS, GUARANTEE_CUTS, HISTORY, HISTORY_HEADERS, result, rows, workbook
from msoffcrypto.format.ooxml import OOXMLFile
from years import two_counties

pytestmark = pytest.mark.system


def told(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_the_miniature_from_a_table_of_years(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = workbook(tmp_path / "监测.xlsx")
    assert call("monitor", source) == 0
    said = told(capsys)
    target = tmp_path / "监测_监测预警.xlsx"
    assert (
        "橙色 1 县（甲县，三保保障倍数 1.02，连续两年下降），距橙色线 10 万元，计回差补 30 万元可退出橙色。\n"
        in said
    )
    assert "黄色 1 县（乙县，三保保障倍数 1.06），已达黄色线、未超出回差，计回差补 10 万元" in said
    assert "绿色 1 县，其中 1 县连续变差：丙县（三保保障倍数 1.11，连续两年下降）。" in said
    assert "红线 1 要 0 万元、橙线 1.03 要 10 万元、黄线 1.05 要 30 万元（不计回差）" in said
    assert "2026年协调指数 52.0。" in said
    assert "警告" not in said
    listed = [(row[1], row[3], row[4], *row[5:10]) for row in rows(target, "预警名单")]
    assert listed == [
        ("甲县", "橙", "三保保障倍数", 1.02, 1.04, "连续两年下降", 10, 30),
        ("乙县", "黄", "三保保障倍数", 1.06, 1.01, None, 0, 10),
        ("丙县", "绿", "三保保障倍数", 1.11, 1.15, "连续两年下降", None, None),
    ]
    assert [(row[1], *row[3:]) for row in rows(target, "各年等级")] == [
        ("甲县", "橙", "绿", "黄", "橙"),
        ("乙县", "黄", "红", "红", "黄"),
        ("丙县", "绿", "绿", "绿", "绿"),
    ]
    scores = {row[2] or row[0]: row[-1] for row in rows(target, "协调指数") if row[2] != "领域得分"}
    assert scores == {"变异系数": 40, "达标率": 50, "生态变好县数": 70, "协调指数": 52}


def test_the_same_sources_make_the_same_bytes_and_the_cuts_can_be_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, first, second, third = (tmp_path / f"{name}.xlsx" for name in ("源", "一", "二", "三"))
    workbook(source)
    assert call("monitor", source, "-o", first) == call("monitor", source, "-o", second) == 0
    assert first.read_bytes() == second.read_bytes()
    assert call("monitor", source, "--thresholds", first, "-o", third) == 0
    for sheet in ("预警名单", "各年等级", "各年指标", "协调指数", "预警阈值"):
        assert rows(third, sheet) == rows(first, sheet)
    assert call("audit", first, source) == call("audit", third, source, first) == 0
    capsys.readouterr()
    assert call("audit", first) == 1
    assert "是监测预警工作簿，由别的文件算出，没有给出「源.xlsx」" in told(capsys)
    assert call("monitor", source, "-o", source) == 5


def test_results_of_two_years_with_cuts_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """66 of 62 and 44 of 43; then 66 of 65 and 44 of 44: both fall to 橙, and lack a part of a unit more than is told less."""
    old, new = result(tmp_path, 2025, (62, 43)), result(tmp_path, 2026, (65, 44))
    cuts = workbook(tmp_path / "线.xlsx", [GUARANTEE_CUTS], ())
    capsys.readouterr()
    assert call("monitor", new, old, "--thresholds", cuts, "-o", tmp_path / "名单.xlsx") == 0
    assert (
        "橙色 2 县：乙县（三保保障倍数 1，距橙色线 2 万元，计回差补 3 万元可退出橙色）、"
        "甲县（三保保障倍数 1.0153，距橙色线 1 万元，计回差补 3 万元可退出橙色）。" in told(capsys)
    )
    levels = [(row[1], *row[3:]) for row in rows(tmp_path / "名单.xlsx", "各年等级")]
    assert levels == [("甲县", "橙", "绿", "橙"), ("乙县", "橙", "橙", "橙")]
    assert call("monitor", old, new, "--thresholds", cuts, "-o", tmp_path / "又.xlsx") == 0
    assert (tmp_path / "又.xlsx").read_bytes() == (tmp_path / "名单.xlsx").read_bytes()
    assert call("monitor", new, new.rename(tmp_path / "同.xlsx"), "--thresholds", cuts) == 1
    told(capsys)
    copy = tmp_path / "又一份.xlsx"
    copy.write_bytes((tmp_path / "同.xlsx").read_bytes())
    assert call("monitor", copy, tmp_path / "同.xlsx", "--thresholds", cuts) == 1
    assert "「又一份.xlsx」和「同.xlsx」都有（甲县、乙县、全省），不知以哪个为准" in told(capsys)


def test_a_plan_tells_the_levels_of_its_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In 2028 甲县 needs 50 and gets 66, 乙县 needs 60 and gets 44; this year 乙县 has 44 of 40."""
    plan = result(tmp_path, 2027, (50, 40), "plan")
    book = openpyxl.load_workbook(tmp_path / "2027.xlsx")
    sheet = book["年度展望"]
    for row in sheet.iter_rows():
        if row[2].value == "乙县":
            row[4].value = 60
    book.save(tmp_path / "2027.xlsx")
    assert call("plan", tmp_path / "2027.xlsx", "-o", plan, "--quiet") == 0
    cuts = workbook(tmp_path / "线.xlsx", [GUARANTEE_CUTS], ())
    capsys.readouterr()
    assert call("monitor", plan, "--thresholds", cuts, "--json", "-o", tmp_path / "单.xlsx") == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["name"]: each["levels"] for each in found["counties"]} == {
        "甲县": {"2027年": "绿", "2028年预测": "绿"},
        "乙县": {"2027年": "绿", "2028年预测": "红"},
    }
    assert "按展望预测，2028年红色 1 县。" in found["sentences"]
    assert call("audit", plan, tmp_path / "2027.xlsx") == 0


def test_a_group_of_last_years_levels_may_be_favoured(tmp_path: Path) -> None:
    """甲县 was 橙 last year: its 60 grow by 5 % more than all, which grow by 10 %, to 69 instead of the 66 of the formula."""
    rules = [
        ["财力薄弱倾斜", None, "组别", None, "预警等级=红、橙", "是", "硬"],
        ["财力薄弱倾斜", None, "增幅差", None, 0.05, "是", "硬"],
    ]
    budget = two_counties(tmp_path / "预算.xlsx", rules=rules)
    book = openpyxl.load_workbook(budget)
    given, counties = book["约束参数"], book["县区数据"]
    off = [row[0].row for row in given if row[0].value == "财力薄弱倾斜" and row[2].value is None]
    given.delete_rows(off[0])
    column = counties.max_column + 1
    for row, text in ((2, "预警等级"), (3, "橙"), (4, "绿")):
        counties.cell(row, column, text)
    book.save(budget)
    target = tmp_path / "结果.xlsx"
    assert call("solve", budget, "-o", target, "--quiet") == 0
    given = {row[1]: row[3] for row in rows(target, "分配结果")}
    assert (given["甲县"], given["乙县"]) == (69, 41)
    assert call("audit", target, budget) == 0
    counties.cell(3, column, "橘")
    book.save(budget)
    assert call("check", budget) == 1


def _short(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    found = json.loads(capsys.readouterr().out)
    return [(each["code"], each["cell"]) for each in (*found["problems"], *found["warnings"])]


@pytest.mark.parametrize(
    ("cuts", "history", "codes"),
    [
        (CUTS[:1], [*HISTORY[:6], ("丙县", 2025, None, 1.2), ("丙县", 2026)], [("W393", "")]),
        (CUTS[:1], [row for row in HISTORY if "2025" not in str(row[1])], [("W394", "")]),
        ([GUARANTEE_CUTS, ("三宝倍数", "越大越好", 1, 2, 3, 0)], HISTORY[:9], [("W391", "A4"), ("W393", "")]),
        (CUTS[:1], [], [("E399", "")]),
        (CUTS[1:], HISTORY, [("E399", "")]),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_never_green(
    cuts: Sequence[Any],
    history: Sequence[Any],
    codes: list[tuple[str, str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    headers = HISTORY_HEADERS[:4] if history is not HISTORY else HISTORY_HEADERS
    source = workbook(tmp_path / "监测.xlsx", cuts, [row[:4] for row in history] if headers == HISTORY_HEADERS[:4] else history, headers)  # fmt: skip
    code = call("monitor", source, "--json")
    assert _short(capsys) == codes
    assert code == (1 if codes[0][0].startswith("E") else 0)
    if code == 0 and codes[0][0] != "W394":
        levels = {row[1]: row[3] for row in rows(tmp_path / "监测_监测预警.xlsx", "各年等级")}
        assert levels["丙县"] == "资料不全"


def test_a_column_whose_row_is_wrong_is_not_told_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("三保保障倍数", "越大越好", 1.03, 1.00, 1.05, 0.02)
    source = workbook(tmp_path / "监测.xlsx", [wrong])
    assert call("monitor", source, "--json") == 1
    assert _short(capsys) == [("E393", "C3")]
    others = [*CUTS[1:3], ("资源", *CUTS[3][1:])]
    workbook(source, [wrong, *others])
    assert call("monitor", source, "--json") == 1
    assert _short(capsys) == [("E393", "C3"), ("W391", "A6")]


def test_messy_tables_are_understood_or_told_cell_by_cell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = [
        ("三保保障倍数", "越大越好", "1.00", " 1.03 ", "１.05", "2%"),
        ("生态考核结果", "越大越好", None, None, 0, 0),
        ("土地出让收益用于农业农村", "越大越好", None, None, "45%", 0),
    ]
    headers = ("行政区划代码", "县区名称", "年份", "三保保障倍数", "生态考核结果", "土地出让收益用于农业农村", "备注二")  # fmt: skip
    history = [
        (630122, "湟中县", "2025年度", 0.99, "变好", 0.5, "x"),
        ("630106", "湟中区", "2026年", "1.01", "变差", "36%", None),
        ("630123", "湟 源 县", 2026, 1.2, "基本稳定", 0.5, None),
        (None, None, None, None, None, None, None),
    ]
    source = workbook(tmp_path / "监测.xlsx", cuts, history, headers)
    assert call("monitor", source, "--json") == 0
    assert {code for code, _ in _short(capsys)} == {"W130", "W392"}
    listed = [(row[1], row[3], row[4]) for row in rows(tmp_path / "监测_监测预警.xlsx", "预警名单")]
    assert listed[0] == ("湟中区", "红", "三保保障倍数")
    assert listed[1] == ("湟源县", "绿", "三保保障倍数")


def test_a_table_of_years_goes_before_the_results_under_any_spelling(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """甲县 by its code, 丁县 that is no more, and a year that the result has as well."""
    headers = ("行政区划代码", "县区名称", "年份", "三保保障倍数")
    before = [("630102", "原甲县", 2024, 1.2), (None, "乙 县", 2024, 1.04), (None, "丁县", 2024, 1)]
    source = workbook(tmp_path / "预算.xlsx", [GUARANTEE_CUTS], before, headers)
    now = result(tmp_path, 2025, (62, 43))
    capsys.readouterr()
    assert call("monitor", now, "--thresholds", source, "-o", tmp_path / "单.xlsx") == 0
    assert "[W393] 丁县 2025年缺三保保障倍数，列为「资料不全」。" in told(capsys)
    assert [(row[1], *row[3:]) for row in rows(tmp_path / "单.xlsx", "各年等级")] == [
        ("甲县", "绿", "绿", "绿"),
        ("乙县", "橙", "黄", "橙"),
        ("丁县", "资料不全", "橙", "资料不全"),
    ]
    later = [*before, ("630102", "甲县", 2026, 1.01)]
    book = openpyxl.load_workbook(workbook(source, [GUARANTEE_CUTS], later, headers))
    book["历年指标"]["A1"] = "单位：元"
    book["历年指标"]["E2"], book["历年指标"]["E6"] = "三保需求", 650_000
    book.save(source)
    assert call("monitor", now, "--thresholds", source, "-o", tmp_path / "单.xlsx") == 0
    assert "橙色 1 县（甲县，三保保障倍数 1.01，连续两年下降），距橙色线 13,000 元" in told(capsys)
    workbook(source, [GUARANTEE_CUTS], [("630102", "甲县", 2025, 1.2)], headers)
    assert call("monitor", now, "--thresholds", source) == 1
    assert "「预算.xlsx 的历年指标」和「2025结果.xlsx」都有" in told(capsys)


def test_no_file_of_ours_is_refused_with_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = openpyxl.Workbook()
    book.active.append(["甲", 1])
    book.save(tmp_path / "别的.xlsx")
    source = workbook(tmp_path / "监测.xlsx")
    assert call("monitor", tmp_path / "别的.xlsx", "--thresholds", source) == 1
    assert "「别的.xlsx」里没有「预警阈值」或「历年指标」，也不是结果工作簿" in told(capsys)
    assert call("monitor", source, "--thresholds", tmp_path / "别的.xlsx") == 1
    assert "「别的.xlsx」里没有「预警阈值」" in told(capsys)
    untitled = result(tmp_path, None, (62, 43))
    assert call("monitor", untitled, "--thresholds", source) == 1
    assert "看不出「None结果.xlsx」是哪一年的结果" in told(capsys)
    other = workbook(tmp_path / "只有线.xlsx", history=())
    del_cuts = openpyxl.load_workbook(source)
    del del_cuts["预警阈值"]
    del_cuts.save(tmp_path / "只有数.xlsx")
    assert call("monitor", tmp_path / "只有数.xlsx") == 1
    assert "没有「预警阈值」" in told(capsys)
    assert call("monitor", tmp_path / "只有数.xlsx", other, "-o", tmp_path / "成.xlsx") == 0


def test_what_is_locked_is_read_with_its_password_among_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now, cuts = result(tmp_path, 2026, (65, 44)), workbook(tmp_path / "线.xlsx", history=())
    before = [("甲县", 2025, 1000, 1.2), ("乙县", 2025, 1000, 1.2)]
    years = workbook(tmp_path / "历年.xlsx", [], before, HISTORY_HEADERS[:4])
    for source in (now, cuts, years):
        content = source.read_bytes()
        with source.open("wb") as target:
            OOXMLFile(BytesIO(content)).encrypt("abc", target)
    key = tmp_path / "密码.txt"
    key.write_text("abc\n", encoding="utf-8")
    capsys.readouterr()
    given = ("monitor", years, now, "--thresholds", cuts, "-o", tmp_path / "名单.xlsx")
    assert call(*given) == 1
    assert "处理办法：用 --password-file 给出写有密码的文本文件" in told(capsys)
    assert call(*given, "--password-file", key) == 0
    levels = [(row[1], *row[3:]) for row in rows(tmp_path / "名单.xlsx", "各年等级")]
    assert levels == [("甲县", "橙", "绿", "橙"), ("乙县", "橙", "绿", "橙")]


def test_what_people_approved_counts_and_no_forecast_is_told_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """甲县 is approved 60 of its need of 65 instead of the 66 that were computed."""
    plan = result(tmp_path, 2027, (65, 44), "plan")
    adjusted = tmp_path / "调整.xlsx"
    why = ("--reason", "会议", "--by", "厅长办公会", "--quiet", "-o", adjusted)
    call("adjust", plan, "--county", "甲县", "--fund", "县级保障", "--to", "60", *why)
    cuts = workbook(tmp_path / "线.xlsx", [GUARANTEE_CUTS], ())
    capsys.readouterr()
    assert call("monitor", adjusted, "--thresholds", cuts, "-o", tmp_path / "单.xlsx") == 0
    said = told(capsys)
    assert (
        "红色 1 县（甲县，三保保障倍数 0.923），距红色线 5 万元，计回差补 7 万元可退出红色。"
        in said
    )
    assert "[W395] 调整.xlsx 有人工调整" in said
    assert "预测，" not in said
    facts = [row[1] for row in rows(tmp_path / "单.xlsx", "审计信息")]
    assert any(str(fact).startswith("调整.xlsx，按批准数，校验码 ") for fact in facts)
