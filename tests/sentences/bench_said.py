"""What the page refuses: a draft of a small workbook that is pinned, or saved."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from provincial import two_funds

from sentences.desk import Desk
from transfer_opt.intake.prepare import read_budget
from transfer_opt.workbench.keeping import Wish, save
from transfer_opt.workbench.session import Pin, Session


def pinned(desk: Desk, name: str) -> None:
    """Keep the draft beside the others."""
    _session(desk.folder).act("pin", {"name": name})


def kept(desk: Desk, name: str) -> None:
    """Save the workbook with the draft as one more scenario."""
    save(_session(desk.folder), Wish(Pin(name.strip(), _session(desk.folder).draft), desk.folder))


@cache
def _session(folder: Path) -> Session:
    session = Session(read_budget(two_funds(folder / "页面.xlsx")))
    assert session.job
    session.job.done.wait()
    return session
