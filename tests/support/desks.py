"""Sessions of the page without a server: opened, asked, and held against what the commands give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from books import EXAMPLE

import transfer_opt.lexlp.solvers.pulp_adapter  # noqa: F401  a thread stopped while it loads this leaves a file open
from transfer_opt.allocation.plan import Amounts
from transfer_opt.commands.draft import save_scenario
from transfer_opt.commands.solve import Solved, solve
from transfer_opt.core.errors import InfeasibleError
from transfer_opt.intake.prepare import BudgetWorkbook, read_budget
from transfer_opt.workbench.session import Session


@cache
def opened(path: Path = EXAMPLE) -> BudgetWorkbook:
    """A workbook, read once."""
    return read_budget(path)


@contextmanager
def desk(path: Path = EXAMPLE, kept: str = "") -> Iterator[Session]:
    """A session whose thread has ended afterwards."""
    session = Session(opened(path), kept)
    try:
        yield session
    finally:
        job = session.job
        session._explainer.stop()
        if job:
            job.done.wait()


def act(session: Session, name: str, /, **form: str) -> None:
    """One act, without the names of the page's fields."""
    session.act(name, form)


def cell(session: Session, rule: str, fund: str, parameter: str, value: str) -> None:
    """A value typed for an address."""
    act(session, "set", rule=rule, fund=fund, parameter=parameter, place="", value=value)


def settled(session: Session) -> Session:
    """The same, once everything is known."""
    assert session.job
    session.job.done.wait()
    return session


def by_command(session: Session, folder: Path) -> Solved | None:
    """What `solve` gives for the draft, saved as a scenario; None where it finds none."""
    name, target = "核对用的方案", folder / f"核对{session.version}.xlsx"
    save_scenario(
        opened(session.desk.given.path), name, session.desk.cells(session.draft), {}, target
    )
    try:
        return solve(read_budget(target, session.desk.given.model), name)
    except InfeasibleError:
        return None


def units(amounts: Amounts) -> Mapping[tuple[str, str], int]:
    """Fund and county → published amount in whole publishing units."""
    case = amounts.case
    return {
        (case.funds[int(fund)].name, str(case.recipients.name[int(place)])): int(amount)
        for fund, place, amount in zip(
            case.lines.fund, case.lines.recipient, amounts.units, strict=True
        )
    }
