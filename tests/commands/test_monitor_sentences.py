"""Every code and every sentence of `monitor`: told where it is due, and not told next to it."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from calls import call
from monitoring import (
    CODES,
    CUTS,
    GUARANTEE_CUTS,
    HISTORY,
    HISTORY_HEADERS,
    added,
    result,
    workbook,
)

pytestmark = pytest.mark.system

LAND = ("土地出让收益用于农业农村", "越大越好", None, None)


def heard(capsys: pytest.CaptureFixture[str], path: Path, *more: str | Path) -> str:
    """What is said, and every text of the workbook that is written."""
    target = path.with_name("写出.xlsx")
    target.unlink(missing_ok=True)
    capsys.readouterr()
    call("monitor", path, *more, "-o", target)
    captured = capsys.readouterr()
    written = ""
    if target.exists():
        sheets = openpyxl.load_workbook(target).worksheets
        cells = (
            cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row
        )
        written = "\n".join(cell for cell in cells if isinstance(cell, str))
    return captured.out + captured.err + written


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_told_where_it_is_due_and_not_beside(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, right = (added(tmp_path / f"{k}.xlsx", each) for k, each in enumerate(CODES[code]))
    assert f"[{code}]" in heard(capsys, wrong)
    assert f"[{code}]" not in heard(capsys, right)


def test_codes_of_what_is_missing_as_a_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E399 without a year; W393 of a county that is gone; W394 of a year between."""
    sound = workbook(tmp_path / "全.xlsx")
    assert not re.search(r"\[(E399|W39\d)\]", heard(capsys, sound))
    assert "[E399]" in heard(capsys, workbook(tmp_path / "线.xlsx", history=()))
    gone = [*HISTORY, ("丁县", 2025, 1000, 1)]
    assert "[W393]" in heard(capsys, workbook(tmp_path / "缺县.xlsx", history=gone))
    between = [row for row in HISTORY if row[1] != "2025年"]
    assert "[W394]" in heard(capsys, workbook(tmp_path / "缺年.xlsx", history=between))


MINIATURE = (
    "注：等级取各项指标中最差的一项，按「预警阈值」的线定",
    "升到上一级还差：值到线要补的钱",
    "注：「预警等级」是 2026年的等级。",
    "注：— 是不适用",
    "2026年协调指数 52.0。",
    "绿色 1 县，其中 1 县连续变差：丙县",
    "使各县三保保障倍数都不低于红线 1 要 0 万元",
    "注：得分＝100×",
    "领域里有指标没有数，这个领域就没有得分",
)
"""What the miniature tells; from the fifth on, what it tells only because of its index, its falls and its needs."""
NOT_ALWAYS = MINIATURE[4:]
BARE = (
    "缺「缩小差距」、「一体化」、「资源环境」领域的指标，不合成总指数。",
    "没有红色、橙色、黄色的县。",
)


def test_sentences_of_a_table_of_years(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = heard(capsys, workbook(tmp_path / "全.xlsx"))
    assert [each for each in (*MINIATURE, *BARE) if each not in full] == [*BARE]
    green = [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.3)]
    headers = HISTORY_HEADERS[:4]
    said = heard(capsys, workbook(tmp_path / "绿.xlsx", CUTS, green, headers))
    assert [each for each in BARE if each not in said] == []
    none = [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.01)]
    plain = heard(capsys, workbook(tmp_path / "无.xlsx", [GUARANTEE_CUTS], none, headers))
    assert [each for each in (*NOT_ALWAYS, *BARE) if each in plain] == []


def test_sentences_of_land_and_of_a_forecast(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = _with_land(tmp_path)
    sentence = "土地出让收益用于农业农村：全省 36%，"
    note = "土地出让收益用于农业农村一项，还差的是要再用于农业农村的支出。"
    ahead = "预测年是按「年度展望」推算的"
    said = {
        target: heard(
            capsys,
            plan,
            "--thresholds",
            workbook(tmp_path / "线.xlsx", [GUARANTEE_CUTS, (*LAND, target, 0)], ()),
        )
        for target in (0.45, 0.36)
    }
    assert f"{sentence}低于目标 45%，差 18 万元。" in said[0.45]
    assert f"{sentence}达到目标 36%。" in said[0.36]
    assert note in said[0.36]
    assert ahead in said[0.36]
    assert "按展望预测，2028年" in said[0.36]
    without = heard(capsys, workbook(tmp_path / "无.xlsx", [GUARANTEE_CUTS]))
    assert not [each for each in (sentence, note, ahead, "按展望预测") if each in without]


def _with_land(folder: Path) -> Path:
    """A plan of two counties of which 72 of 200 from land went to the countryside."""
    target = result(folder, 2027, (62, 43), "plan")
    book = openpyxl.load_workbook(folder / "2027.xlsx")
    sheet = book["县区数据"]
    column = sheet.max_column + 1
    for row, values in ((3, ("土地出让收益", "用于农业农村支出")), (4, (100, 30)), (5, (100, 42))):
        for k, value in enumerate(values):
            sheet.cell(row, column + k, value)
    book.save(folder / "2027.xlsx")
    assert call("plan", folder / "2027.xlsx", "-o", target, "--quiet") == 0
    return target
