"""A draft is one more column of 「方案」, read as that sheet is."""

from __future__ import annotations

import pytest
from books import EQUALIZATION
from desks import opened

from transfer_opt.core.vocabulary import BASELINE, SCENARIOS
from transfer_opt.intake.prepare import settled
from transfer_opt.policy.model import Change
from transfer_opt.workbench.answers import Desk
from transfer_opt.workbench.draft import (
    Draft,
    base_changes,
    cells_of,
    column,
    read,
    typed,
    with_columns,
)

POOL = ("资金总额", EQUALIZATION, "本年总额", "")
CAP = ("增幅上限", EQUALIZATION, "增幅上限", "")
FLOOR = ("县区上下限", EQUALIZATION, "下限", "玛多县")


@pytest.fixture(scope="module")
def given():  # type: ignore[no-untyped-def]
    return opened()


@pytest.fixture(scope="module")
def prepared(given):  # type: ignore[no-untyped-def]
    return settled(given.model, given.budget)


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        ("100", 100.0),
        (" 1,998,000 ", 1998000.0),
        ("0.05", 0.05),
        ("5%", "5%"),
        ("＋1％", "＋1％"),
        ("+1%", "+1%"),
        ("-2000", "-2000"),
        ("−2000", "−2000"),
        ("是", "是"),
        ("三保缺口最小>贴近因素法", "三保缺口最小>贴近因素法"),
        ("", ""),
        ("=1+1", "=1+1"),
    ],
)
def test_a_plain_number_is_one_and_everything_else_stays_as_it_is_told(
    said: str, cell: float | str
) -> None:
    assert typed(said) == cell


def test_a_cell_set_and_taken_back_leaves_the_draft_as_it_was() -> None:
    draft = Draft().with_cell(POOL, "+1%")
    assert dict(draft.cells) == {POOL: "+1%"}
    assert draft.with_cell(POOL, "+2%").cells == {POOL: "+2%"}
    assert draft.with_cell(POOL, None) == Draft()
    assert Draft().with_cell(POOL, None) == Draft()


def test_the_column_of_a_scenario_says_what_the_scenario_says(given, prepared) -> None:  # type: ignore[no-untyped-def]
    for name in given.scenarios:
        changes, wrong = read(prepared, column(prepared, name))
        assert not wrong
        assert set(changes) == set(base_changes(prepared, name))


def test_what_is_tried_stands_over_what_the_scenario_says(given, prepared) -> None:  # type: ignore[no-untyped-def]
    [address, *_] = column(prepared, "均衡优先")
    desk, tried = Desk(given), {address: "三保缺口最小", CAP: "20%"}
    for _ in range(2):
        assert desk.cells(Draft("均衡优先", tried)) == {**column(prepared, "均衡优先"), **tried}
    assert desk.cells(Draft("均衡优先")) == column(prepared, "均衡优先")


def test_a_written_column_is_read_as_the_changes_it_makes(given, prepared) -> None:  # type: ignore[no-untyped-def]
    cells = {POOL: "+1%", CAP: "20%", FLOOR: 15000.0, ("增幅上限", "", "刚性", ""): "软"}
    changes, wrong = read(prepared, cells)
    assert not wrong
    assert set(changes) == {
        Change("资金总额", EQUALIZATION, "本年总额", "", 1998000 * 1.01),
        Change("增幅上限", EQUALIZATION, "增幅上限", "", 0.2),
        Change("县区上下限", EQUALIZATION, "下限", "玛多县", 15000.0),
        Change("增幅上限", hard=False),
    }
    assert set(read(prepared, dict(cells_of(given.model, changes)))[0]) == set(changes)


def test_what_is_wrong_with_another_scenario_is_not_told(given, prepared) -> None:  # type: ignore[no-untyped-def]
    assert read(prepared, {CAP: "很多"})[1]
    assert not read(prepared, {CAP: "20%"})[1]


def test_the_sheet_keeps_its_columns_and_rows_beside_the_draft(given) -> None:  # type: ignore[no-untyped-def]
    before = given.budget.sheets[SCENARIOS]
    budget = with_columns(given.budget, {"甲": {POOL: "+1%"}, "乙": {POOL: "+2%", CAP: "20%"}})
    sheet = budget.sheets[SCENARIOS]
    assert len(sheet.rows) == len(before.rows) + 2
    for row, old in zip(sheet.rows, before.rows, strict=False):
        assert {key: value for key, value in row.values.items() if key not in "甲乙"} == old.values
    [pools] = [row for row in sheet.rows if row.values.get("规则") == "资金总额"]
    assert (pools.values["甲"], pools.values["乙"]) == ("+1%", "+2%")
    for name, pool in (("甲", 1998000 * 1.01), ("乙", 1998000 * 1.02)):
        assert settled(given.model, budget, name).settings.cell(
            "资金总额", "本年总额", EQUALIZATION
        ) == pytest.approx(pool, abs=1e-6)
    assert settled(given.model, budget, BASELINE).settings.layers[1] == ()
