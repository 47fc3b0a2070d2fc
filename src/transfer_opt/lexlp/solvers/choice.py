"""The ways to a solver, all behind one contract (`program.Session`); nothing above knows which one answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.time_limit import NEVER, Deadline, TimeIsUpError
from transfer_opt.lexlp.program import Opener, Program, Question, RawSolution, Session

EXACT = "exact"
"""Names the way in fractions, which is no solver behind this contract but goes on from where one ends."""
OWN_NAMES = ("auto", EXACT, "pulp-highs", "highs", "cbc")
PULP_LINES = 1000
"""Up to this many lines, `auto` takes its first stage through PuLP."""


@dataclass(frozen=True)
class Solver:
    """Who answers the questions of one problem."""

    first: Opener
    """The optimum that is published."""
    again: Opener
    """Everything that is solved once more."""
    exact: bool = False
    """Whether the optimum is sought in fractions from the start."""


def chosen(name: str, lines: int, deadline: Deadline = NEVER) -> Solver:
    """The solver a user named, for so many lines, until the deadline; raises InputError for a name nobody knows."""
    floats = (
        "highs" if name == EXACT else name
    )  # goes ahead of fractions, and answers what is only compared
    first, again = opener(floats, lines), opener("highs" if name == "auto" else floats, lines)
    return Solver(within(first, deadline), within(again, deadline), name == EXACT)


def opener(name: str, lines: int) -> Opener:
    """How to open the solver a user named; raises InputError for a name nobody knows."""
    if name == "highs":
        return _arrays
    if name == "auto":
        return _first_by_pulp() if lines <= PULP_LINES else _arrays
    from transfer_opt.lexlp.solvers.pulp_adapter import available, open_pulp

    solver = {"pulp-highs": "HiGHS", "cbc": "PULP_CBC_CMD"}.get(name, name)
    if solver not in available():
        raise InputError(
            [
                Problem(
                    "E160",
                    f"求解器「{name}」不可用。",
                    f"本机可用的有：{'、'.join([*OWN_NAMES, *available()])}。",
                )
            ]
        )
    return open_pulp(solver)


def is_known(name: str) -> bool:
    """Whether a solver has that name, on this machine or on another."""
    from transfer_opt.lexlp.solvers.pulp_adapter import everywhere

    return name in (*OWN_NAMES, *everywhere())


def within(open_solver: Opener, deadline: Deadline) -> Opener:
    """The same solver, which works on no question for longer than the time that is left."""
    if deadline is NEVER:
        return open_solver

    def open_timed(program: Program) -> Session:
        return _Timed(open_solver(program), deadline)

    return open_timed


def ended(program: Program, question: Question) -> tuple[Floats, Sequence[str]] | None:
    """The columns and the basis in which the float solver ends, for exact arithmetic to go on from."""
    from transfer_opt.lexlp.solvers.highs import ended as by_highs

    return by_highs(program, question)


def kept(open_solver: Opener) -> Opener:
    """The same solver, whose session stays open as long as the programs differ in their bounds alone."""
    last: list[tuple[Program, Session]] = []

    def open_kept(program: Program) -> Session:
        if not last or not program.same_matrix(last[0][0]):
            last[:] = [(program, open_solver(program))]
        return last[0][1]

    return open_kept


def _arrays(program: Program) -> Session:
    from transfer_opt.lexlp.solvers.highs import ArraySession

    return ArraySession(program)


def _first_by_pulp() -> Opener:
    """The first session through PuLP, the later ones by arrays, which keep the factorised basis."""
    opened = 0

    def open_session(program: Program) -> Session:
        nonlocal opened
        opened += 1
        if opened > 1:
            return _arrays(program)
        from transfer_opt.lexlp.solvers.pulp_adapter import open_pulp

        return open_pulp("HiGHS")(program)

    return open_session


class _Timed:
    """A session with a deadline."""

    def __init__(self, session: Session, deadline: Deadline) -> None:
        self._session, self._deadline = session, deadline

    def solve(self, question: Question) -> RawSolution:
        answer = self._session.solve(replace(question, seconds=self._deadline.left))
        if not self._deadline.left:  # unfinished: the answer says nothing
            raise TimeIsUpError
        return answer
