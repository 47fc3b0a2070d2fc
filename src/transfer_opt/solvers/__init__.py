"""The ways to a solver, all behind one contract (`program.Session`); nothing above knows which one answered."""

from __future__ import annotations

import time

from transfer_opt.errors import InputError, NotProvenError, Problem
from transfer_opt.program import Opener, Program, Question, RawSolution, Session

PULP_LINES = 1000
"""Up to this many lines, `auto` takes its first stage through PuLP."""


def opener(name: str, lines: int) -> Opener:
    """How to open the solver a user named; raises InputError for a name nobody knows."""
    if name == "highs":
        return _arrays
    if name == "auto":
        return _first_by_pulp() if lines <= PULP_LINES else _arrays
    from transfer_opt.solvers.by_pulp import available, open_pulp

    solver = {"pulp-highs": "HiGHS", "cbc": "PULP_CBC_CMD"}.get(name, name)
    if solver not in available():
        known = "、".join(["auto", "pulp-highs", "highs", "cbc", *available()])
        raise InputError([Problem("E160", f"求解器「{name}」不可用。", f"本机可用的有：{known}。")])
    return open_pulp(solver)


def within(open_solver: Opener, seconds: float | None) -> Opener:
    """The same solver, which answers nothing more once the time is up (NotProvenError)."""
    if seconds is None:
        return open_solver
    deadline = time.monotonic() + seconds

    def open_timed(program: Program) -> Session:
        return _Timed(open_solver(program), deadline, seconds)

    return open_timed


def _arrays(program: Program) -> Session:
    from transfer_opt.solvers.by_arrays import ArraySession

    return ArraySession(program)


def _first_by_pulp() -> Opener:
    """The first session through PuLP, the later ones by arrays, which keep the factorised basis."""
    opened = 0

    def open_session(program: Program) -> Session:
        nonlocal opened
        opened += 1
        if opened > 1:
            return _arrays(program)
        from transfer_opt.solvers.by_pulp import open_pulp

        return open_pulp("HiGHS")(program)

    return open_session


class _Timed:
    """A session with a deadline, looked at before every question."""

    def __init__(self, session: Session, deadline: float, seconds: float) -> None:
        self._session, self._deadline, self._seconds = session, deadline, seconds

    def solve(self, question: Question) -> RawSolution:
        if time.monotonic() > self._deadline:
            raise NotProvenError(f"{self._seconds:g} 秒内没有算完，未证明最优，没有写出结果。处理办法：加大 --time-limit，或去掉它。")
        return self._session.solve(question)
