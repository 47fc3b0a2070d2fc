"""A time limit on everything: when the time is up, whatever the program is doing ends there.

A watch beside the work raises an exception inside it, between any two steps of the interpreter, so that no loop,
no proof and no sheet being written needs to look at the clock. Only a solver at work cannot be reached that way: it is
told how long it may take.
"""

from __future__ import annotations

import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from transfer_opt.core.errors import NotProvenError

POLL = 0.05
"""Seconds between two looks at the clock."""
AGAIN = 1.0
"""Seconds after which the work is told once more, should something have swallowed the first word."""

Result = TypeVar("Result")
clock = time.monotonic


class TimeIsUpError(BaseException):
    """Raised inside the work; no Exception, so that nothing catches it on the way out."""


class Deadline:
    """When the work of one thread must end; without `seconds`, never."""

    def __init__(self, seconds: float | None = None) -> None:
        self._end = math.inf if seconds is None else clock() + seconds
        self._thread, self._lock = threading.get_ident(), threading.Lock()
        self._is_closed = False
        # Never touched by the work: it is no place to be interrupted.
        self._wake = threading.Event()

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when none are."""
        return max(self._end - clock(), 0.0)

    def close(self) -> None:
        """From here on nothing interrupts: the result is about to be put in place, or the work has ended."""
        with self._lock:
            self._is_closed = True
            self._raise(None)

    def stop(self) -> None:
        """End the work now, from another thread, where somebody watches."""
        with self._lock:
            if self.left:
                self._end = clock()
                self._wake.set()

    def watch(self) -> None:
        """Interrupt the work when the time is up, until it has ended."""
        _keep_still()
        wait = POLL
        while True:
            self._wake.wait(wait)
            self._wake.clear()
            with self._lock:
                if self._is_closed:
                    return
                wait = POLL if self.left else AGAIN
                if not self.left:
                    self._raise(TimeIsUpError)

    def _raise(self, what: type[BaseException] | None) -> None:
        told = ctypes.py_object(what) if what else None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), told)


NEVER = Deadline()
"""The deadline of work without one."""


def _keep_still() -> None:
    """Where the word lands in a finaliser, the interpreter swallows it and reports that: the watch tells it again."""
    before = sys.unraisablehook
    if getattr(before, "keeps_still", False):
        return

    def hook(what: Any) -> None:
        if not issubclass(what.exc_type, TimeIsUpError):
            before(what)

    hook.keeps_still = True  # type: ignore[attr-defined]
    sys.unraisablehook = hook


def within(seconds: float | None, work: Callable[[Deadline], Result]) -> Result:
    """The result of the work, or NotProvenError once so many seconds have passed."""
    if seconds is None:
        return work(NEVER)
    try:
        return watched(Deadline(seconds), work)
    except TimeIsUpError:
        raise NotProvenError(
            f"{seconds:g} 秒内没有算完，未证明最优，没有写出结果。处理办法：加大 --time-limit，或去掉它。"
        ) from None


def watched(deadline: Deadline, work: Callable[[Deadline], Result]) -> Result:
    """The result of the work, done by this thread, or TimeIsUpError where the deadline, made by it, or somebody ends it."""
    try:
        threading.Thread(target=deadline.watch, daemon=True).start()
        try:
            return work(deadline)
        finally:
            deadline.close()
    except TimeIsUpError:
        deadline.close()  # the word may have come before the first closing was done
        raise
