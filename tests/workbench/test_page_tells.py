"""What the page tells is so: totals as written, a year that is not known, values of rules that are off, who is shown first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from books import EXAMPLE, GUARANTEE, plain_tables, rule_table, write_tables
from provincial import two_funds

from transfer_opt.intake.prepare import read_budget
from transfer_opt.workbench import render
from transfer_opt.workbench.levers import Difference, Pool
from transfer_opt.workbench.session import Session
from transfer_opt.workbench.views import card

AFTER_LAST_YEAR = (
    "上年保底", "困难地区倾斜", "考核奖惩", "增幅上限", "三保压力倾斜", "财力薄弱倾斜", "生态稳定增长",
)  # fmt: skip


def opened(path: Path) -> Session:
    """A session of a workbook, once everything is known."""
    session = Session(read_budget(path))
    return settled(session)


def settled(session: Session) -> Session:
    """Once everything that can be said of the draft is known."""
    assert session.job
    assert session.job.done.wait(120)
    return session


@pytest.fixture(scope="module")
def example() -> Session:
    return opened(EXAMPLE)


def differences(session: Session) -> Mapping[str, Difference]:
    """By their labels."""
    assert session.levers
    return {each.label: each for each in session.levers.differences}


def pool(session: Session, fund: str) -> Pool:
    """The lever of a fund's money."""
    assert session.levers
    return next(each for each in session.levers.pools if each.lever.label == fund)


def test_a_pool_is_told_as_written_where_the_provinces_own_money_is_shared_out(
    tmp_path: Path,
) -> None:
    session = opened(two_funds(tmp_path / "统筹.xlsx"))
    assert session.base
    assert session.base.case.funds[0].budget != 120  # what the split leaves
    found = pool(session, GUARANTEE)
    assert (found.lever.value, found.lever.base, found.percent) == ("120", "120", "0")
    session.act("slide", {"fund": GUARANTEE, "value": "10"})
    found = pool(settled(session), GUARANTEE)
    assert (found.lever.value, found.lever.base, found.percent) == ("132", "120", "10")


def test_a_typed_change_is_told_with_what_it_comes_to(example: Session) -> None:
    change = {"rule": "资金总额", "fund": GUARANTEE, "parameter": "本年总额", "value": "+1%"}
    example.act("set", change)
    told = differences(example)["资金总额·县级保障·本年总额"]
    assert (told.base, told.value, told.typed) == ("438,000", "442,380", "+1%")
    example.act("reset", {})


def test_a_value_of_a_rule_that_is_off_is_told_to_change_nothing(example: Session) -> None:
    cap = {"place": "玉树藏族自治州", "what": "市州占比·上限", "value": "15%"}
    example.act("single", cap)
    label = "市州占比·上限·玉树藏族自治州"
    assert differences(example)[label].is_idle
    assert "市州占比没有启用，这一处不起作用" in render.whole_page(example, "", {})
    example.act("set", {"rule": "市州占比", "parameter": "启用", "value": "是"})
    assert not any(each.is_idle for each in differences(example).values())
    example.act("reset", {})


def test_a_last_year_that_is_not_known_is_no_zero(tmp_path: Path) -> None:
    tables = plain_tables()
    header, *rows = tables["县区数据"]
    kept = [at for at, name in enumerate(header) if not str(name).startswith("上年")]
    tables["县区数据"] = [[row[at] for at in kept] for row in (header, *rows)]
    tables["约束参数"] = rule_table(AFTER_LAST_YEAR)
    del tables["方案"]
    session = opened(write_tables(tmp_path / "无上年.xlsx", tables))
    page = render.whole_page(session, "", {})
    assert "没有上年数，比不了上年。" in page
    assert "没有县区少于上年" not in page
    assert session.now
    assert session.look.county is not None
    assert card(session.now, session.now, session.look.county).year == ()


def test_the_card_begins_with_the_county_that_is_covered_least(example: Session) -> None:
    render.whole_page(settled(example), "", {})
    assert example.now
    covered = example.now.capacity / example.now.case.expenditure
    assert example.look.county == covered.argmin()


def test_the_rest_of_many_warnings_is_folded(tmp_path: Path) -> None:
    tables = plain_tables()
    header, *rows = tables["资金总额"]
    tables["资金总额"] = [header, rows[0]]
    tables["约束参数"] = rule_table(())
    del tables["方案"]
    session = opened(write_tables(tmp_path / "一项.xlsx", tables))
    assert session.outcome
    many = len(session.outcome.alarms)
    assert many > 3
    assert f"另有 {many - 3} 条提醒" in render.whole_page(session, "", {})
