"""One draft is worked on at a time; whatever it is doing, it ends soon after the next one is begun."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.time_limit import Deadline
from transfer_opt.workbench.explainer import Explainer, Job

PATIENCE = 60.0


def free() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def endless(tell: Callable[[str], None], _: Deadline) -> Outcome:
    while True:
        tell("忙")
        sum(range(10))


def failing(_: Callable[[str], None], __: Deadline) -> Outcome:
    raise ValueError("no")


def test_drafts_that_follow_each_other_at_any_moment_all_end() -> None:
    explainer, draw = Explainer(free()), random.Random(0)
    jobs = []
    for _ in range(200):
        jobs.append(explainer.start(endless))
        time.sleep(draw.choice([0, 0.0001, 0.001, 0.01]))
    explainer.stop()
    end = time.monotonic() + PATIENCE
    assert all(job.done.wait(max(end - time.monotonic(), 0)) for job in jobs)
    assert all(job.outcome is None and job.error is None for job in jobs)


def test_what_nobody_wants_any_more_is_never_begun() -> None:
    waiting = threading.Event()
    explainer, begun = Explainer(waiting), threading.Event()

    def work(_: Callable[[str], None], __: Deadline) -> Outcome:
        begun.set()
        raise AssertionError("was begun")

    job = explainer.start(work)
    explainer.stop()
    waiting.set()
    assert job.done.wait(PATIENCE)
    assert not begun.is_set()
    assert job.error is None


def test_nothing_is_begun_before_the_page_is_written_and_errors_are_told() -> None:
    waiting = threading.Event()
    job: Job = Explainer(waiting).start(failing)
    assert not job.done.wait(0.1)
    waiting.set()
    assert job.done.wait(PATIENCE)
    assert isinstance(job.error, ValueError)
