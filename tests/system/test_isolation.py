"""Whatever happens to a reader of hostile bytes in its own process, this one goes on with a sentence."""

from __future__ import annotations

import faulthandler
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sheetmaker import HEADERS, ROWS, write

from transfer_opt.workbook.files import grids, isolation, open
from transfer_opt.workbook.files.grids import look_over
from transfer_opt.workbook.files.isolation import Isolated
from transfer_opt.workbook.files.limits import DamagedError, FileError, LockedError, UnsafeError

WAYS = [
    pytest.param(True, marks=pytest.mark.skipif(not isolation.FORKS, reason="forks on Linux only")),
    False,
]
LOCKED = "exec('from transfer_opt.workbook.files.limits import LockedError; raise LockedError')"


@pytest.fixture(params=WAYS, ids=["fork", "interpreter"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How the other process begins."""
    monkeypatch.setattr(isolation, "FORKS", request.param)
    faulthandler.disable()  # it writes past what is shut
    yield
    faulthandler.enable()


def result(work: Callable[..., object], *arguments: object) -> object:
    """What comes of work done apart, of which nothing stays behind."""
    try:
        with Isolated(work, *arguments) as apart:
            return apart.result()
    finally:
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


@pytest.mark.usefixtures("way")
def test_what_comes_back_is_what_was_worked_out() -> None:
    assert result(sorted, [3, 1, 2]) == [1, 2, 3]
    assert result(eval, "None") is None
    assert result(bytes, 3 * 2**20) == bytes(3 * 2**20)  # more than a pipe holds


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        (LOCKED, LockedError),
        ("1 / 0", DamagedError),
        ("[].__class__.__base__.__subclasses__()[10**9]", DamagedError),
        ("exit(3)", DamagedError),
        ("__import__('os')._exit(0)", DamagedError),
        ("__import__('os').abort()", DamagedError),
        ("__import__('os').kill(__import__('os').getpid(), 11)", DamagedError),
        ("__import__('ctypes').string_at(0)", DamagedError),
    ],
)
def test_however_it_ends_it_is_told_as_a_fault_of_the_file(
    text: str, error: type[FileError]
) -> None:
    with pytest.raises(error):
        result(eval, text)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("text", ["exec('while True: pass')", "__import__('time').sleep(99)"])
def test_what_does_not_end_is_ended(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "LONGEST", 1)
    start = time.monotonic()
    with pytest.raises(UnsafeError, match="没有读完"):
        result(eval, text)
    assert time.monotonic() - start < 60


@pytest.mark.skipif(not isolation.FORKS, reason="limits of memory on Linux only")
def test_what_wants_all_the_memory_does_not_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "MOST_MEMORY", 64 * 2**20)
    with pytest.raises(UnsafeError, match="内存"):
        result(bytes, 100 * 2**20)
    assert result(len, b"a") == 1


@pytest.mark.usefixtures("way")
def test_nothing_of_it_speaks_to_the_user(capfd: pytest.CaptureFixture[str]) -> None:
    for stream in (1, 2):
        result(os.write, stream, b"thread panicked")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.usefixtures("way")
def test_an_interruption_leaves_nothing_behind() -> None:
    with pytest.raises(KeyboardInterrupt), Isolated(time.sleep, 99):
        raise KeyboardInterrupt
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


KILLED = """
import os, sys
from transfer_opt.workbook.files import isolation
isolation.LONGEST = 1
endless = f"open({sys.argv[1]!r}, 'w').write(str(__import__('os').getpid()))\\nwhile True: pass"
with isolation.Isolated(exec, endless) as apart:
    while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read():
        pass
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not isolation.FORKS, reason="of forks")
def test_when_the_program_is_killed_the_other_process_ends_too(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "id")], timeout=60)
    child, end = int((tmp_path / "id").read_text()), time.monotonic() + 60
    while _lives(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.usefixtures("way")
def test_a_workbook_is_read_the_same_however_the_process_begins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS], "其他": [["甲"]]})
    open._read.cache_clear()
    book = open.open_workbook(path, wanted=frozenset({"县区数据"}).__contains__)
    assert [cell for cell in book.sheets[0].rows[0] if cell] == [
        header for header in HEADERS if header
    ]
    assert book.others == ("其他",)


def test_a_large_workbook_is_read_the_same_by_two_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
    one = open.open_workbook(path)
    monkeypatch.setattr(open, "_SIDE_BY_SIDE", 0)
    open._read.cache_clear()
    assert open.open_workbook(path) == one


def test_what_is_sent_can_be_sent_to_a_new_interpreter() -> None:
    for work in (
        look_over,
        grids.look_over_and_read,
        grids.read_grids,
        grids.decrypted,
        open.every,
    ):
        assert pickle.loads(pickle.dumps(work)) is work
