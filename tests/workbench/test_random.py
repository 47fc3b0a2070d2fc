"""Whatever is clicked and typed, the page never shows a figure that `solve` would not give for the saved workbook."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from clicking import drawn
from desks import by_command, desk, settled, units

from transfer_opt.core.errors import InputError
from transfer_opt.workbench import render
from transfer_opt.workbench.session import Session


def looked_into(session: Session) -> None:
    """Have the draft proved and explained after all."""
    session._settle(session.draft)
    settled(session)


def same_as_the_command(session: Session, folder: Path) -> None:
    looked_into(session)
    try:
        solved = by_command(session, folder)
    except InputError:
        assert isinstance(session.error, InputError)
        assert session.now is None
        return
    if solved is None:
        assert session.now is None
        return
    assert session.now is not None, session.error
    assert units(solved.outcome) == units(session.now)
    assert session.answer is None or session.answer.amounts is not None
    if session.answer and session.answer.amounts:
        assert units(session.answer.amounts) == units(session.now)


def clicked(seed: int, count: int, every: int, folder: Path) -> None:
    """So many acts; looked at every so often, and held against the command at the end."""
    draw = random.Random(seed)
    with desk() as session:
        for number in range(1, count + 1):
            if session.now is None and draw.random() < 0.1:
                looked_into(session)
            name, form = drawn(draw, session)
            before = (session.draft, session.version, session.pins[:])
            try:
                session.act(name, form)
            except InputError:
                assert (session.draft, session.version, session.pins) == before, (
                    number,
                    name,
                    form,
                )
            session._explainer.stop()  # proofs are looked into at the end
            if number % every == 0:
                page = render.whole_page(session, "token", {})
                assert "<script>alert" not in page
            if number % (count // 2) == 0:
                same_as_the_command(session, folder)
        with desk(kept=session.state()) as again:
            assert (again.draft, again.version, again.pins) == (
                session.draft,
                session.version,
                session.pins,
            )


def test_two_hundred_random_acts(tmp_path: Path) -> None:
    clicked(1, 200, 25, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 60))
def test_ten_thousand_random_acts(tmp_path: Path, seed: int) -> None:
    clicked(seed, 200, 5, tmp_path)
