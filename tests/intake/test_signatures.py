"""A scenario is signed: who made it, when, what for; it is told with the result and changes nothing."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from books import plain_tables, write_tables
from calls import call
from results import tables

from transfer_opt.allocation import allocate
from transfer_opt.commands import publish
from transfer_opt.core.vocabulary import FACTS, PARAMETERS, SCENARIOS
from transfer_opt.intake import prepare
from transfer_opt.intake.prepare import Prepared
from transfer_opt.workbook.result.rows import read_result

DAY = datetime.datetime(2026, 3, 1)
SIGNED = (("编制人", "预算处"), ("日期", "2026-03-01"), ("一句话", "先补缺口，再看均衡"))


def signed_tables(**cells: Any) -> dict[str, list[list[Any]]]:
    """Some counties and two scenarios, of which the first is signed; the footer is none of it."""
    found = tables(5, most=8)
    found[SCENARIOS] = [
        ["规则", "资金", "参数", "对象", "甲案", "乙案"],
        ["增幅上限", "均衡性", "增幅上限", None, 0.2, None],
        ["编制人", cells.get("fund"), None, None, "预算处", None],
        ["日期", None, None, None, DAY, None],
        ["一句话", None, None, None, "先补缺口，再看均衡", None],
        ["编制人：张三"],
    ]
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("signed") / "预算.xlsx", signed_tables())


def errors(prepared: Prepared) -> list[str]:
    return [str(problem) for problem in prepared.problems if not problem.is_warning]


def test_a_signature_is_read_by_scenario_and_is_no_rule(path: Path) -> None:
    first, second = (prepare.prepare(path, scenario=name) for name in ("甲案", "乙案"))
    assert errors(first) == []
    assert first.settings.signature == SIGNED
    assert second.settings.signature == prepare.prepare(path).settings.signature == ()


@pytest.mark.system
def test_it_stands_in_the_result_which_derives_itself_again(path: Path, tmp_path: Path) -> None:
    result = tmp_path / "结果.xlsx"
    publish.write(allocate.allocate(prepare.prepare(path, scenario="甲案"), "highs"), result)
    sheets = read_result(result, (FACTS, PARAMETERS))
    facts = [(row["项目"], row["内容"]) for row in sheets[FACTS].rows]
    rows = [(row["规则"], row["取值"]) for row in sheets[PARAMETERS].rows]
    for said in SIGNED:
        assert said in facts
        assert said in rows
    assert call("audit", result) == 0
    assert call("audit", result, path) == 0


@pytest.mark.system
def test_a_comparison_says_of_each_scenario_who_signed_it(path: Path, tmp_path: Path) -> None:
    compared = tmp_path / "比较.xlsx"
    assert call("compare", path, "-o", compared) == 0
    rows = [
        (row["方案"], row["项目"], row["内容"])
        for row in read_result(compared, (FACTS,))[FACTS].rows
    ]
    assert [row for row in rows if row[1] in dict(SIGNED)] == [("甲案", *said) for said in SIGNED]


def test_a_signature_changes_no_amount(path: Path, tmp_path: Path) -> None:
    plain = signed_tables()
    plain[SCENARIOS] = plain[SCENARIOS][:2]
    amounts = [
        allocate.allocate(prepare.prepare(book, scenario="甲案"), sensitive=False).units
        for book in (path, write_tables(tmp_path / "无签.xlsx", plain))
    ]
    assert np.array_equal(*amounts)


def test_an_item_twice_or_with_a_fund_is_an_error(tmp_path: Path) -> None:
    found = signed_tables(fund="均衡性")
    found[SCENARIOS].insert(3, ["编制人", None, None, None, "别的处", None])
    told = errors(prepare.prepare(write_tables(tmp_path / "错.xlsx", found)))
    assert [text[:6] for text in told] == ["[E216]", "[E216]"]
    assert "单元格 B4（资金）" in told[0]
    assert "「编制人」写了两行" in told[1]


def test_the_workbook_as_it_stands_is_signed_in_its_parameters(tmp_path: Path) -> None:
    found = plain_tables()
    header = found["约束参数"][0]
    found["约束参数"].append(
        ["编制人" if name == "规则" else "预算处" if name == "取值" else None for name in header]
    )
    prepared = prepare.prepare(write_tables(tmp_path / "现状.xlsx", found))
    assert errors(prepared) == []
    assert prepared.settings.signature == (("编制人", "预算处"),)
