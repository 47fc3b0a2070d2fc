"""A time limit ends whatever is going on: loops, proofs, sheets, and what swallows exceptions; but never a finished file."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from books import EXAMPLE

from transfer_opt.allocation import allocate, optimum
from transfer_opt.cli.main import main
from transfer_opt.core import time_limit
from transfer_opt.core.errors import NotProvenError
from transfer_opt.core.time_limit import NEVER, Deadline, within
from transfer_opt.intake import prepare
from transfer_opt.lexlp.program import Program, Question, RawSolution, Session
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.lexlp.solvers.choice import within as solver_within
from transfer_opt.workbook import save

HOUR = 3600.0


class Clock:
    """A clock that stands still until someone lets an hour pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time_limit, "clock", made)
    return made


def endless(clock: Clock) -> Callable[..., None]:
    """Lets the hour pass and then never ends by itself."""

    def work(*_: object, **__: object) -> None:
        clock.now += HOUR
        while True:
            pass

    return work


def test_work_that_never_ends_is_ended(clock: Clock) -> None:
    with pytest.raises(NotProvenError, match="10 秒内没有算完，未证明最优，没有写出结果"):
        within(10, lambda _: endless(clock)())


def test_what_swallows_every_exception_does_not_swallow_this_one(clock: Clock) -> None:
    def work(_: Deadline) -> None:
        clock.now += HOUR
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass

    with pytest.raises(NotProvenError):
        within(10, work)


def test_what_lands_in_a_finaliser_is_swallowed_there_without_a_word_and_told_again(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    class Slow:
        swallowed = False

        def __del__(self) -> None:
            clock.now += HOUR
            try:
                endless(clock)()
            finally:
                Slow.swallowed = True

    def work(_: Deadline) -> None:
        thing = Slow()
        del thing
        endless(clock)()

    with pytest.raises(NotProvenError):
        within(10, work)
    assert Slow.swallowed
    assert capsys.readouterr().err == ""


def test_other_things_that_go_wrong_in_a_finaliser_are_still_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(what.exc_type))

    class Broken:
        def __del__(self) -> None:
            raise KeyError("broken")

    def work(_: Deadline) -> None:
        time.sleep(0.01)  # until the watch is there
        thing = Broken()
        del thing

    within(10, work)
    assert told == [KeyError]


def test_work_that_ends_in_time_gives_its_result_and_its_watch_ends_with_it(clock: Clock) -> None:
    before = threading.active_count()
    assert within(10, lambda limit: limit.left) == 10
    clock.now += HOUR
    for _ in range(10**5):
        pass
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(1)
    assert threading.active_count() <= before


def test_without_a_limit_there_is_all_the_time_in_the_world() -> None:
    assert within(None, lambda limit: limit.left) == np.inf
    assert NEVER.left == np.inf


def test_nothing_interrupts_once_the_result_is_about_to_be_put_in_place(clock: Clock) -> None:
    def work(limit: Deadline) -> str:
        limit.close()
        clock.now += HOUR
        for _ in range(10**6):
            pass
        return "written"

    assert within(10, work) == "written"


PHASES = {
    "reading": (prepare, "read_workbook"),
    "solving": (optimum, "solve"),
    "proving": (optimum, "certificate"),
    "checking the proof": (optimum, "check_certificate"),
    "steps": (allocate, "steps"),
    "sensitivities": (allocate, "sensitivities"),
    "writing": (save, "_fill"),
}


@pytest.mark.system
@pytest.mark.parametrize("phase", PHASES)
def test_whatever_takes_too_long_ends_with_4_and_leaves_nothing(
    phase: str,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place, name = PHASES[phase]
    monkeypatch.setattr(place, name, endless(clock))
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "solve",
                str(EXAMPLE),
                "-o",
                str(tmp_path / "r.xlsx"),
                "--solver",
                "highs",
                "--time-limit",
                "60",
            ]
        )
    assert ended.value.code == 4
    assert clock.now == HOUR, "the phase was reached"
    assert "60 秒内没有算完，未证明最优，没有写出结果" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_searching_for_what_contradicts_is_ended_as_well(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from books import change, plain_tables, write_tables

    tables = plain_tables()
    change(tables, "资金总额", lambda row: row["资金"] == "均衡性转移支付", 本年总额=1800000)
    monkeypatch.setattr(allocate, "infeasible", endless(clock))
    with pytest.raises(SystemExit) as ended:
        main(["solve", str(write_tables(tmp_path / "b.xlsx", tables)), "--time-limit", "60"])
    assert ended.value.code == 4
    assert [path.name for path in tmp_path.iterdir()] == ["b.xlsx"]


@pytest.mark.parametrize("name", ["highs", "pulp-highs", "cbc"])
def test_a_solver_is_told_how_long_it_may_take_and_an_unfinished_answer_is_none(
    clock: Clock, name: str
) -> None:
    asked: list[float] = []

    def recording(program: Program) -> Session:
        session = opener(name, program.lines)(program)

        class Recorded:
            def solve(self, question: Question) -> RawSolution:
                asked.append(question.seconds)
                answer = session.solve(question)
                clock.now += HOUR
                return answer

        return Recorded()

    with pytest.raises(NotProvenError):
        within(10, lambda limit: _solved(solver_within(recording, limit)))
    assert asked == [10]


def _solved(open_solver: Callable[[Program], Session]) -> RawSolution:
    one = np.ones(1)
    zero = np.zeros(1, dtype=np.int64)
    program = Program(0 * one, 2 * one, zero, zero, one, one, np.inf * one, zero, 1)
    return open_solver(program).solve(
        Question(one, program.lower, program.upper, program.row_lower, program.row_upper)
    )
