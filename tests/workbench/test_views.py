"""Every figure of the page adds up, and is the one of the allocation."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest
from books import EQUALIZATION
from desks import act, desk, settled

from transfer_opt.workbench.draft import Draft
from transfer_opt.workbench.session import Session
from transfer_opt.workbench.views import (
    Bar,
    beside,
    card,
    county_grid,
    coverage,
    last_year,
    one_sentence,
    shift,
    totals,
)


@pytest.fixture(scope="module")
def session() -> Session:  # type: ignore[misc]
    with desk() as opened:
        act(opened, "slide", fund=EQUALIZATION, value="1")
        yield settled(opened)


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("+", "").replace("−", "-") or "0")


def both(session: Session):  # type: ignore[no-untyped-def]
    assert session.outcome is not None
    assert session.base_outcome is not None
    return session.outcome, session.base_outcome


def test_every_pool_is_given_to_the_last_unit(session: Session) -> None:
    now, base = both(session)
    assert [(each.given, each.pool, each.agrees) for each in totals(now)] == [
        ("2,017,980", "2,017,980", True),
        ("438,000", "438,000", True),
        ("384,500", "384,500", True),
    ]
    assert totals(base)[0].given == "1,998,000"


def test_who_gains_and_who_loses_adds_up_to_the_money_moved(session: Session) -> None:
    now, base = both(session)
    moved = shift(now, base.given)
    assert number(moved.gained) - number(moved.lost) == 19980
    assert moved.fewer == len(moved.losers)
    assert sum(number(money) for _, money in moved.losers) == number(moved.lost)
    assert shift(now, now.given).is_nothing
    unknown = np.full_like(now.given, np.nan)
    assert shift(now, unknown).is_nothing
    assert not shift(now, last_year(now)).losers


@pytest.mark.parametrize("fund", [None, 0, 1, 2])
def test_counties_add_up_to_prefectures_and_these_to_the_total(
    session: Session, fund: int | None
) -> None:
    now, base = both(session)
    grid = county_grid(now, base, fund)
    heads = [column.name for column in grid.table.columns]
    for head in ("本年", "较基准"):
        at = heads.index(head)
        kinds = {
            kind: sum(number(line.cells[at].text) for line in grid.lines if line.kind == kind)
            for kind in ("total", "subtotal", "unit")
        }
        assert kinds["total"] == kinds["subtotal"] == kinds["unit"]
    [whole] = [line for line in grid.lines if line.kind == "total"]
    given = now.given.sum() if fund is None else np.nansum(now.amounts[fund])
    assert number(whole.cells[heads.index("本年")].text) == Decimal(str(round(given, 6)))
    for line in grid.lines:
        this, last, more = (
            number(line.cells[heads.index(h)].text) for h in ("本年", "上年", "较上年")
        )
        if line.cells[heads.index("上年")].text:
            assert this - last == more


def waterfall(bars: tuple[Bar, ...]) -> None:
    first, *moves, last = bars
    assert number(first.text) + sum(number(bar.text) for bar in moves) == number(last.text)
    assert all(0 <= bar.left <= 1000 and 0 < bar.left + bar.width <= 1003 for bar in bars)
    assert all(bar.kind == ("up" if number(bar.text) > 0 else "down") for bar in moves)


def test_every_waterfall_adds_up(session: Session) -> None:
    now, base = both(session)
    for place, name in enumerate(now.case.recipients.name):
        found = card(now, base, place)
        assert found.name == str(name)
        waterfall(found.year)
        waterfall(found.formula)
        of_funds, whole = found.grid.lines[:-1], found.grid.lines[-1]
        assert sum(number(line.cells[1].text) for line in of_funds) == number(whole.cells[1].text)
        assert found.year[-1].text.removesuffix(".00") == whole.cells[1].text
        assert found.year[-1].text == found.formula[-1].text


def test_a_card_before_the_proof_has_its_figures_and_no_reasons(session: Session) -> None:
    now, base = both(session)
    quick = session.desk.answer(Draft(cells=session.draft.cells))
    assert quick is not None
    assert quick.amounts is not None
    early, late = card(quick.amounts, base, 3), card(now, base, 3)
    assert [line.cells for line in early.grid.lines] == [line.cells for line in late.grid.lines]
    assert not early.year
    assert not early.sentences
    assert late.sentences
    assert len(late.spans) >= 3


def test_the_strip_has_every_county_in_both_lanes(session: Session) -> None:
    now, base = both(session)
    drawn = coverage(now, base)
    assert drawn is not None
    assert [lane.name for lane in drawn.lanes] == ["基准", "现在"]
    assert [len(lane.marks) for lane in drawn.lanes] == [45, 45]


def test_the_sentence_speaks_of_the_base_alone_or_of_both(session: Session) -> None:
    now, base = both(session)
    assert re.search("。$", one_sentence(base, None))
    assert one_sentence(base, now) != one_sentence(base, None)
    assert beside(now, 3, 4)
