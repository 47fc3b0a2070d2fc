"""The units of a model file, and how its clauses are cited: what is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import SPEC

from transfer_opt.core.errors import InputError
from transfer_opt.policy.model import Clause
from transfer_opt.policy.model_file.files import model_path
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.report.equality import short_prefecture

TEXT = model_path("qinghai").read_text(encoding="utf-8")


def told(tmp_path: Path, old: str, new: str) -> list[str]:
    """What is said of the model of Qinghai with one piece written otherwise, without the remedies."""
    assert TEXT.count(old) == 1
    path = tmp_path / "模型.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    try:
        load_model(path)
    except InputError as error:
        return [problem.message for problem in error.problems]
    return []


def line(text: str) -> int:
    return TEXT[: TEXT.index(text)].count("\n") + 1


ONE = '"630103" = "城中区"'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (ONE, '"6301O3" = "城中区"', "写的行政区划代码「6301O3」不是六位数字。"),
        (ONE, '"630103" = "城东区"', "写了「城东区」，前面「西宁市」里已经有一个。"),
        (
            '"632801" = "格尔木市"',
            '"630103" = "格尔木市"',
            "写了「630103」，前面「西宁市」里已经有一个。",
        ),
    ],
)
def test_a_unit_stands_once_under_six_digits(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert told(tmp_path, old, new) == [f"模型文件第 {line(old)} 行{said}"]


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ('"平安县" = "平安区"', '"平安县" = "平安镇"', "平安县", "平安镇"),
        ('"630221" = "630203"', '"630221" = "630299"', "630221", "630299"),
    ],
)
def test_a_former_name_or_code_leads_to_one_that_is_there(
    tmp_path: Path, old: str, new: str, key: str, value: str
) -> None:
    assert told(tmp_path, old, new) == [
        f"模型文件第 {line(old)} 行 [former] 里的「{key}」写的是「{value}」，[divisions] 里没有。"
    ]


def test_without_a_table_of_units_former_names_lead_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "模型.toml"
    path.write_text(TEXT[: TEXT.index("[divisions.")], encoding="utf-8")
    assert load_model(path).former == SPEC.former


def test_a_clause_is_cited_as_the_model_says_or_by_its_name() -> None:
    assert Clause("三", "某办法", "第三条", "", "示例").short == "三（示例）"
    assert (
        Clause("三", "某办法", "第三条", "", "示例", "某办法第三条").short == "某办法第三条（示例）"
    )
    assert SPEC.rules["三保兜底"].cited == "若干措施第二十一条"
    assert SPEC.rules["增幅上限"].cited == "参照58号（待核实）；省定（示例）"
    assert SPEC.rules["年度展望"].cited == "本单位填报"


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("海西蒙古族藏族自治州", "海西州"),
        ("黄南藏族自治州", "黄南州"),
        ("黔东南苗族侗族自治州", "黔东南州"),
        ("大理白族自治州", "大理州"),
        ("伊犁哈萨克自治州", "伊犁州"),
        ("西双版纳傣族自治州", "西双版纳州"),
        ("西宁市", "西宁市"),
        ("自治州", "自治州"),
    ],
)
def test_a_prefecture_has_a_short_name_in_any_province(full: str, short: str) -> None:
    assert short_prefecture(full) == short
