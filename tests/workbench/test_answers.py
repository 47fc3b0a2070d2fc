"""The answer at once has the amounts of the whole pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from books import ECOLOGY, EQUALIZATION, GUARANTEE
from desks import act, by_command, desk, opened, settled, units
from provincial import two_funds

from transfer_opt.core.errors import InfeasibleError
from transfer_opt.intake.scenario_cells import Address, Cell
from transfer_opt.workbench.answers import Desk
from transfer_opt.workbench.draft import Draft

POOL = ("资金总额", EQUALIZATION, "本年总额", "")


@pytest.fixture(scope="module")
def example() -> Desk:
    return Desk(opened())


@pytest.mark.parametrize(
    ("base", "cells"),
    [
        ("基准方案", {}),
        ("均衡优先", {}),
        ("稳定优先", {POOL: "-1%"}),
        ("生态优先", {("增幅上限", EQUALIZATION, "增幅上限", ""): 0.2}),
        ("基准方案", {POOL: "+1%", ("县区上下限", EQUALIZATION, "下限", "玛多县"): 14000.0}),
        ("基准方案", {("上年保底", "", "启用", ""): "否", ("目标", "", "顺序", ""): "差距最小"}),
        ("基准方案", {("取整", "", "单位", ""): "0.01万元", POOL: 1998000.55}),
        ("基准方案", {("增幅上限", GUARANTEE, "刚性", ""): "硬"}),
    ],
)  # fmt: skip
def test_the_quick_answer_is_that_of_the_pipeline(
    example: Desk, base: str, cells: Mapping[Address, Cell]
) -> None:
    draft = Draft(base, cells)
    quick = example.answer(draft)
    assert quick is not None
    try:
        whole = example.outcome(draft)
    except InfeasibleError:
        assert quick.amounts is None
        return
    assert quick.amounts is not None
    assert units(quick.amounts) == units(whole)
    assert quick.objective == whole.objective
    assert quick.amounts.scenario == whole.scenario


def test_a_contradiction_has_no_amounts(example: Desk) -> None:
    quick = example.answer(Draft(cells={POOL: 0.0}))
    assert quick is not None
    assert quick.amounts is None


def test_where_the_provinces_own_money_moves_only_the_pipeline_can_tell(tmp_path: Path) -> None:
    path = two_funds(tmp_path / "预算.xlsx")
    assert Desk(opened(path)).answer(Draft()) is None
    with desk(path) as session:
        settled(session)
        assert session.now is not None
        first = units(session.now)
        act(session, "slide", fund=ECOLOGY, value="5")
        assert session.now is None
        settled(session)
        assert session.now is not None
        assert units(session.now) != first
        solved = by_command(session, tmp_path)
        assert solved is not None
        assert units(solved.outcome) == units(session.now)
