"""Bytes that nobody has looked at yet are read in a process of their own.

Whatever a library does with them there (panic, abort, endless loop, all the memory), this process goes on and has a
sentence to say. The child may use so much memory and time and no more; its outputs are shut, so that no library speaks
to the user. On Linux it is a fork, which costs a few milliseconds; elsewhere a new interpreter, without a limit of memory.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import IO, Any, Generic, NoReturn, TypeVar

from transfer_opt.workbook.files.limits import DamagedError, FileError, UnsafeError

LONGEST = 20
"""Seconds of the clock, and of the processor, after which reading is given up."""
MOST_MEMORY = 900 * 2**20
"""Bytes the child may take beside what it began with."""
FORKS = sys.platform == "linux"
_SLICE = 0.1
"""Seconds between two moments at which the waiting can be interrupted."""
_NEW = "from transfer_opt.workbook.files.isolation import serve; serve()"

Result = TypeVar("Result")


class Isolated(Generic[Result]):
    """Work that begins with the `with` and is ended with it, finished or not.

    The work is a function of a module and its arguments, all of which can be pickled, as can its result.
    """

    def __init__(self, work: Callable[..., Result], *arguments: Any) -> None:
        self._request = work, arguments
        self._end = time.monotonic() + LONGEST
        self._said = b""

    def __enter__(self) -> Isolated[Result]:
        self._child = (_Fork if FORKS else _Interpreter)(*self._request)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()
        self._listener.join()

    def result(self) -> Result:
        """What the work returns. Raises FileError: its own, or where it broke off or took too long."""
        while self._listener.is_alive() and time.monotonic() < self._end:
            self._listener.join(_SLICE)
        if self._listener.is_alive():
            raise UnsafeError(f"过于复杂，{LONGEST} 秒内没有读完")
        try:
            answer = pickle.loads(self._said)
        except (EOFError, pickle.UnpicklingError):  # the child broke off
            raise DamagedError from None
        except MemoryError:
            raise _too_large() from None
        if isinstance(answer, FileError):
            raise answer
        return answer  # type: ignore[no-any-return]

    def _listen(self) -> None:
        try:
            with self._child.stream as stream:
                self._said = stream.read()
        except MemoryError:
            self._said = pickle.dumps(_too_large())


class _Fork:
    """A child that has everything this process has."""

    def __init__(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            # Other threads may be at work: the child uses nothing of theirs, and none of their locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._id = os.fork()
        if self._id == 0:
            _become(work, arguments, writing)
        os.close(writing)
        self.stream: IO[bytes] = os.fdopen(reading, "rb")

    def end(self) -> None:
        """Nothing of it stays behind."""
        with suppress(ProcessLookupError):
            os.kill(self._id, signal.SIGKILL)
        os.waitpid(self._id, 0)


class _Interpreter:
    """A child that begins anew."""

    def __init__(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NEW],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.stream: IO[bytes] = self._process.stdout
        with suppress(OSError), self._process.stdin as stream:
            pickle.dump((work, arguments), stream)

    def end(self) -> None:
        """Nothing of it stays behind."""
        self._process.kill()
        self._process.wait()


def _become(work: Callable[..., Any], arguments: tuple[Any, ...], writing: int) -> NoReturn:
    """The forked child, to its end."""
    try:
        gc.disable()  # going through all that was here before would copy it
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process ends this one
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        _limit()
        with os.fdopen(writing, "wb") as answer:
            _answer(work, arguments, answer)
    finally:
        os._exit(0)


def serve() -> None:
    """What the new interpreter does."""
    with os.fdopen(os.dup(1), "wb") as stream:
        os.dup2(2, 1)
        work, arguments = pickle.load(sys.stdin.buffer)
        _answer(work, arguments, stream)


def _answer(work: Callable[..., Any], arguments: tuple[Any, ...], stream: IO[bytes]) -> None:
    try:
        answer = work(*arguments)
    except FileError as error:
        answer = error
    except MemoryError:
        answer = _too_large()
    except (
        BaseException
    ):  # hostile bytes may make a library fail in any way, also outside the tree of Exception
        answer = DamagedError()
    pickle.dump(answer, stream, pickle.HIGHEST_PROTOCOL)


def _too_large() -> UnsafeError:
    return UnsafeError("要用的内存过多")


def _limit() -> None:
    import resource

    page, (soft, hard) = os.sysconf("SC_PAGE_SIZE"), resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as stream:
        most = int(stream.read().split()[0]) * page + MOST_MEMORY
    if soft == resource.RLIM_INFINITY or most < soft:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Should the other process be killed, this one ends, too.
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == resource.RLIM_INFINITY or soft > LONGEST:
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, hard))
