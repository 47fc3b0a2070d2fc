"""Runs the program on one file after another, each in a process of its own with 1 GiB and 30 s, as a hostile file must end.

The server is loaded once and forks for every file, so that a hundred files take seconds. It speaks lines of JSON:
in come arguments, out come the exit code, both outputs, seconds and the largest memory in MiB.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

MEMORY, SECONDS = 2**30, 30
SOURCES = Path(__file__).parents[2] / "src"


@dataclass(frozen=True)
class Ended:
    """How a run ended; a negative exit code is the signal that killed it."""

    exit: int
    stdout: str
    stderr: str
    seconds: float
    mebibytes: float


def english(said: str) -> list[str]:
    """Runs of three and more English words, which this program never says; names of commands apart."""
    return re.findall(
        r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}", re.sub(r"transfer-opt [a-z]+|--[a-z-]+", "", said)
    )


class Limited:
    """A server to send command lines to."""

    def __enter__(self) -> Limited:
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCES),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.communicate()

    def __call__(self, *arguments: str | Path) -> Ended:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self._server.stdin.flush()
        return Ended(**json.loads(self._server.stdout.readline()))


def serve() -> None:
    """Fork for every line, until there are no more."""
    from transfer_opt.allocation import allocate  # noqa: F401  loaded before the forks, used in them

    for name in ("msoffcrypto", "olefile", "python_calamine"):
        __import__(name)
    for line in sys.stdin:
        print(json.dumps(_ended(json.loads(line))), flush=True)


def _ended(arguments: list[str]) -> dict[str, object]:
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(error.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _become(arguments)
        _, status, usage = os.wait4(child, 0)
        out.seek(0)
        error.seek(0)
        return {
            "exit": os.waitstatus_to_exitcode(status),
            "stdout": out.read(),
            "stderr": error.read(),
            "seconds": time.monotonic() - start,
            "mebibytes": usage.ru_maxrss / 1024,
        }


def _become(arguments: list[str]) -> None:
    """The program itself, within the limits; never returns."""
    from transfer_opt.cli.main import main

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(4 * SECONDS)  # what only waits ends, too
    sys.argv, sys.warnoptions = ["transfer-opt", *arguments], []
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
