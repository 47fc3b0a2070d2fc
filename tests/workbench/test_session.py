"""Every act of the page changes the draft and nothing else; a refusal changes nothing at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from books import ECOLOGY, EQUALIZATION, GUARANTEE
from desks import act, by_command, cell, desk, settled, units

from transfer_opt.core.errors import InfeasibleError, InputError
from transfer_opt.policy.model import Change
from transfer_opt.workbench.draft import Draft, cells_of
from transfer_opt.workbench.render import every
from transfer_opt.workbench.session import MOST_PINS, NOT_RESTORED, Session

POOL = ("资金总额", EQUALIZATION, "本年总额", "")
CAP = ("增幅上限", EQUALIZATION, "增幅上限", "")
CAP_OF_ALL = ("增幅上限", "", "增幅上限", "")


@pytest.fixture
def session() -> Iterator[Session]:
    with desk() as opened:
        yield opened


def everything(session: Session) -> tuple[object, ...]:
    """What an act may change."""
    now = session.now
    return (
        session.state(),
        session.version,
        session.draft,
        session.can_undo,
        session.can_redo,
        None if now is None else units(now),
    )


def refused(session: Session, name: str, /, **form: str) -> str:
    """Why an act is refused; nothing has changed."""
    before, job = everything(session), session.job
    with pytest.raises(InputError) as error:
        act(session, name, **form)
    assert everything(session) == before
    assert session.job is job
    return str(error.value)


def test_a_pool_is_moved_in_per_cent_of_the_base(session: Session) -> None:
    act(session, "slide", fund=EQUALIZATION, value="1")
    assert session.draft.cells == {POOL: 2017980.0}
    assert session.now is not None
    assert sum(v for (fund, _), v in units(session.now).items() if fund == EQUALIZATION) == 2017980
    act(session, "slide", fund=EQUALIZATION, value="2")
    assert session.draft.cells == {POOL: 2037960.0}
    act(session, "slide", fund=EQUALIZATION, value="0")
    assert session.draft == Draft()


def test_typed_and_slid_come_to_the_same(session: Session) -> None:
    act(session, "slide", fund=EQUALIZATION, value="1")
    assert session.now is not None
    slid = units(session.now)
    cell(session, "资金总额", EQUALIZATION, "本年总额", "+1%")
    assert session.draft.cells == {POOL: "+1%"}
    assert session.now is not None
    assert units(session.now) == slid
    assert session.levers
    [pool] = [each for each in session.levers.pools if each.lever.address == POOL]
    assert (pool.lever.value, pool.lever.base, pool.percent) == ("2,017,980", "1,998,000", "1")


def test_undo_and_redo_go_back_and_forth_through_all_drafts(session: Session) -> None:
    drafts = [session.draft]
    for value in ("1", "2", "3"):
        act(session, "slide", fund=GUARANTEE, value=value)
        drafts.append(session.draft)
    for draft in drafts[-2::-1]:
        act(session, "undo")
        assert session.draft == draft
    assert not session.can_undo
    version = session.version
    act(session, "undo")
    assert (session.draft, session.version) == (drafts[0], version)
    for draft in drafts[1:]:
        act(session, "redo")
        assert session.draft == draft
    assert not session.can_redo
    act(session, "undo")
    act(session, "slide", fund=GUARANTEE, value="-1")
    assert not session.can_redo


def test_a_movement_of_a_slider_is_one_step_back(session: Session) -> None:
    act(session, "slide", fund=GUARANTEE, value="1")
    before = session.draft
    for value in ("1", "2", "3"):
        act(session, "slide", fund=EQUALIZATION, value=value, moving="1")
    act(session, "slide", fund=EQUALIZATION, value="3")
    after = session.draft
    act(session, "slide", fund=EQUALIZATION, value="4", moving="1")
    act(session, "undo")
    assert session.draft == after
    act(session, "undo")
    assert session.draft == before


def test_what_is_typed_as_the_base_has_it_is_no_cell(session: Session) -> None:
    for value in ("15%", "0.15", "15 %", ""):
        cell(session, *CAP[:3], value)
        assert session.draft == Draft()
        assert not session.can_undo
    cell(session, *CAP[:3], "20%")
    assert session.draft.cells == {CAP: "20%"}
    cell(session, *CAP[:3], "15%")
    assert session.draft == Draft()


def test_a_value_that_the_base_has_but_the_draft_has_not_is_a_cell(session: Session) -> None:
    cell(session, *CAP_OF_ALL[:3], "25%")
    assert session.levers
    cell(session, *CAP[:3], "40%")
    cell(session, *CAP[:3], "15%")
    stands = session.desk.settings(session.draft).cell("增幅上限", "增幅上限", EQUALIZATION)
    assert stands == pytest.approx(0.15)


def test_a_hair_more_than_the_base_is_a_cell(session: Session) -> None:
    cell(session, *CAP[:3], "15.0001%")
    assert session.draft.cells == {CAP: "15.0001%"}


def test_reset_takes_back_one_cell_or_all(session: Session) -> None:
    cell(session, *CAP[:3], "20%")
    act(session, "slide", fund=EQUALIZATION, value="1")
    both = session.draft
    act(session, "reset", rule=CAP[0], fund=CAP[1], parameter=CAP[2], place="")
    assert session.draft.cells == {POOL: 2017980.0}
    act(session, "undo")
    assert session.draft == both
    act(session, "reset")
    assert session.draft == Draft()


def test_a_scenario_of_the_workbook_is_where_a_draft_starts(session: Session) -> None:
    cell(session, *CAP[:3], "20%")
    act(session, "base", base="均衡优先")
    assert session.draft == Draft("均衡优先")
    assert session.now is not None
    assert session.now.objective != ("三保缺口最小", "贴近因素法")
    act(session, "undo")
    assert session.draft == Draft(cells={CAP: "20%"})


def test_goals_are_put_in_order(session: Session) -> None:
    act(session, "goals", order="贴近因素法>三保缺口最小")
    assert session.now is not None
    assert session.now.objective == ("贴近因素法", "三保缺口最小")
    act(session, "goals", order="三保缺口最小>贴近因素法")
    assert session.draft == Draft()


def test_one_county_is_given_a_floor(session: Session) -> None:
    act(session, "single", what="县区上下限·下限", place="玛多", fund=EQUALIZATION, value="14000")
    address = ("县区上下限", EQUALIZATION, "下限", "玛多县")
    assert session.draft.cells == {address: 14000.0}
    assert session.now is not None
    assert units(session.now)[EQUALIZATION, "玛多县"] >= 14000


def test_a_total_floor_knows_no_fund(session: Session) -> None:
    act(session, "single", what="合计上下限·下限", place="玛多县", fund=EQUALIZATION, value="100")
    assert session.draft.cells == {("合计上下限", "", "下限", "玛多县"): 100.0}


@pytest.mark.parametrize(
    ("name", "form", "says"),
    [
        ("set", {"rule": "增幅上限", "parameter": "增幅上限", "value": "很多"}, "很多|数"),
        ("set", {"rule": "增幅上限", "parameter": "增幅上限", "value": "<script>"}, "数"),
        ("set", {"rule": "没有", "parameter": "增幅上限", "value": "1"}, "没有"),
        ("set", {"rule": "增幅上限", "parameter": "没有", "value": "1"}, "没有"),
        ("set", {"rule": "增幅上限", "fund": "没有", "parameter": "增幅上限", "value": "1"}, "没有"),
        ("set", {"rule": "取整", "parameter": "单位", "value": "三斤"}, "三斤"),
        ("single", {"what": "县区上下限·下限", "place": "没有县", "value": "1"}, "没有县区"),
        ("single", {"what": "县区上下限·下限", "place": "玛多县", "value": " "}, "没有填数"),
        ("single", {"what": "县区上下限·下限", "place": "玛多县", "fund": EQUALIZATION, "value": "多"}, "."),
        ("base", {"base": "没有"}, "没有方案"),
        ("goals", {"order": "甲>乙"}, "看不懂"),
        ("goals", {"order": ""}, "看不懂"),
        ("repair", {"way": "0"}, "不适用"),
        ("recall", {"name": "没有"}, "没有固定"),
        ("pin", {"name": " "}, "不能空着"),
        ("pin", {"name": "基准方案"}, "同名"),
        ("pin", {"name": "均衡优先"}, "同名"),
        ("look", {"county": "没有县"}, "没有县区"),
        ("look", {"fund": "9"}, "没有这项"),
        ("look", {"fund": "-1"}, "没有这项"),
        ("explode", {}, "没有「explode」"),
    ],
)  # fmt: skip
def test_a_refusal_leaves_everything_as_it_was(
    session: Session, name: str, form: dict[str, str], says: str
) -> None:
    assert re.search(says, refused(session, name, **form))


def test_a_refused_cell_says_nothing_of_a_sheet(session: Session) -> None:
    said = refused(session, "set", rule="增幅上限", parameter="增幅上限", value="很多")
    assert "方案」表" not in said
    assert "测算台" not in said


def test_four_drafts_are_pinned_signed_and_taken_back(session: Session) -> None:
    for number in range(MOST_PINS):
        act(session, "slide", fund=EQUALIZATION, value=str(number + 1))
        act(session, "pin", name=f"方案{number}", by="预算处", date="2026-01-01", said="一句话")
    assert "最多固定 4 个" in refused(session, "pin", name="方案五")
    act(session, "recall", name="方案0")
    assert session.draft.cells == {POOL: 2017980.0}
    act(session, "unpin", name="方案1")
    assert [pin.name for pin in session.pins] == ["方案0", "方案2", "方案3"]
    assert "同名" in refused(session, "pin", name="方案2")
    assert (session.pins[0].by, session.pins[0].said) == ("预算处", "一句话")


def test_a_state_is_restored_whole(session: Session) -> None:
    cell(session, *CAP[:3], "20%")
    act(session, "slide", fund=EQUALIZATION, value="1")
    act(session, "pin", name="甲<乙>", by="丙", date="2026-01-01", said="=1+1")
    act(session, "slide", fund=EQUALIZATION, value="2")
    act(session, "undo")
    with desk(kept=session.state()) as again:
        assert everything(again) == everything(session)
        assert again.pins == session.pins
        act(again, "redo")
        assert again.draft.cells == {CAP: "20%", POOL: 2037960.0}
        act(again, "undo")
        act(again, "undo")
        assert again.draft.cells == {CAP: "20%"}
        assert again.remark == ""


@pytest.mark.parametrize(
    "kept",
    [
        "{",
        "[]",
        "{}",
        json.dumps({"version": "x"}),
        json.dumps(
            {
                "version": 3,
                "past": [],
                "future": [],
                "pins": [],
                "draft": {"base": "基准方案", "cells": [["没有的规则", "", "参数", "", 1]]},
            }
        ),
    ],
)
def test_a_state_that_cannot_be_restored_is_told_and_the_workbook_opens(kept: str) -> None:
    with desk(kept=kept) as session:
        assert session.draft == Draft()
        assert session.now is not None
        assert session.remark == NOT_RESTORED


def test_an_infeasible_floor_is_mended_by_every_way_out(session: Session, tmp_path: Path) -> None:
    act(session, "single", what="县区上下限·下限", place="玛多县", fund=EQUALIZATION, value="99999")
    assert session.now is None
    error = settled(session).error
    assert isinstance(error, InfeasibleError)
    spec = session.desk.prepared.spec
    for way in error.details["changes"]:
        draft = session.draft
        for address, value in cells_of(spec, [Change(**each) for each in way]):
            draft = draft.with_cell(address, value)
        answer = session.desk.answer(draft)
        assert answer is not None
        assert answer.amounts is not None
    act(session, "repair", way="1")
    assert session.now is not None
    assert units(session.now)[EQUALIZATION, "玛多县"] == 14607
    solved = by_command(session, tmp_path)
    assert solved is not None
    assert units(solved.outcome) == units(session.now)


def test_a_look_changes_no_figure(session: Session) -> None:
    before = everything(session)
    act(session, "look", fund="1")
    act(session, "look", county="玛多")
    act(session, "look", second="刚察县")
    act(session, "look", toggle="西宁市")
    assert session.look.fund == 1
    assert session.look.county is not None
    assert session.look.second is not None
    assert "西宁市" not in session.look.opened
    assert everything(session) == before
    act(session, "look", fund="")
    act(session, "look", county="刚察县")
    assert session.look.fund is None
    assert session.look.second is None


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (("因素权重", EQUALIZATION, "标准收支缺口×补助系数"), "0"),
        (
            ("资格", ECOLOGY, "仅功能区"),
            "否",
        ),  # some who would take part have no figure of last year
    ],
)
def test_figures_that_no_command_would_give_are_not_shown(
    session: Session, address: tuple[str, str, str], value: str
) -> None:
    cell(session, *address, value)
    assert isinstance(settled(session).error, InputError)
    assert session.now is None
    act(session, "undo")
    assert session.now is not None


def test_every_lever_of_the_page_takes_the_value_it_shows(session: Session) -> None:
    assert session.levers
    for lever in every(session.levers):
        if lever.value:
            session.desk.settings(session._with(lever.address, lever.value))
            assert session._with(lever.address, lever.value) == Draft()
