from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.core.text import (
    amount_with_unit,
    closed_up,
    normalise,
    to_number,
    to_text,
)
from transfer_opt.workbook.input.headers import split_unit
from transfer_opt.workbook.input.totals import same_prefecture, total_kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("合  计", "grand"),
        ("总计", "grand"),
        ("地方合计", "grand"),
        ("全省合计：", "grand"),
        ("青海省", "grand"),
        ("海北藏族自治州小计", "group"),
        ("小　计", "group"),
        ("县级合计", "group"),
        ("西宁市合计", "group"),
        ("州本级", "own"),
        ("海西州本级", "own"),
        ("市本级", "own"),
        ("其中：州本级", "own"),
        ("州本级及其他", "own"),
        ("大柴旦行政委员会", None),
        ("合水县", None),
        ("总部区", None),
        ("小金县", None),
        ("合计县", None),
        ("本溪县", None),
        ("和静县", None),
        ("河南蒙古族自治县", None),
    ],
)
def test_a_name_says_what_kind_of_total_it_is(name: str, kind: str | None) -> None:
    assert total_kind(name) == kind


def test_short_names_of_prefectures_mean_the_same() -> None:
    assert same_prefecture("海北州", "海北藏族自治州")
    assert same_prefecture("海西蒙古族藏族自治州", "海西州")
    assert not same_prefecture("海北州", "海南藏族自治州")
    assert not same_prefecture("", "西宁市")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,345", 12345.0),
        ("12，345.5", 12345.5),
        ("１２３", 123.0),
        ("−5", -5.0),
        ("－5", -5.0),
        ("15%", 0.15),
        ("１５％", 0.15),
        (" 7 ", 7.0),
        ("12 345", 12345.0),
        ("0.1", 0.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("(123)", -123.0),
        ("¥8", 8.0),
        ("1\u200b2", 12.0),
    ],
)
def test_plain_text_numbers_are_read_exactly(text: str, number: float) -> None:
    assert to_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "—",
        "无",
        "12,34a.5",
        "1,23",
        "12 3",
        "1.2.3",
        "=1+1",
        "#N/A",
        "nan",
        "inf",
        "%",
        "1%%",
        "2026-01-05",
        "12万元",
        "十二",
        ".",
        "+",
        "e5",
        "1,2345",
        "0x10",
        "1_000",
    ],
)
def test_anything_else_stays_text(text: str) -> None:
    assert to_number(text) is None


def test_amounts_with_their_unit_are_split() -> None:
    assert amount_with_unit("1.5 万元") == (1.5, "万元")
    assert amount_with_unit("1,200元") == (1200.0, "元")
    assert amount_with_unit("15%元") is None


def test_numbers_and_dates_turn_into_plain_text() -> None:
    assert to_text(630102.0) == "630102"
    assert to_text(0.5) == "0.5"
    assert to_text(datetime.datetime(2026, 1, 5)) == "2026-01-05"
    assert to_text(True) == "TRUE"


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=4))
def test_every_decimal_written_with_separators_is_read_back(number: Any) -> None:
    assert to_number(f"{number:,f}") == float(number)


@given(st.text())
def test_no_text_upsets_the_reading_of_cells(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert isinstance(to_number(text), (float, type(None)))
    split_unit(text)
    total_kind(text)


@pytest.mark.parametrize(
    ("written", "printed"),
    [("玉 树 市", "玉树市"), ("门源\u3000回族自治县", "门源回族自治县"), ("A B县 1", "A B县 1")],
)
def test_blanks_between_chinese_characters_of_a_name_are_closed_up(
    written: str, printed: str
) -> None:
    assert closed_up(written) == printed
