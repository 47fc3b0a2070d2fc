"""A file is wholly there or not at all: whatever fails, whoever else writes, whenever the process is killed."""

from __future__ import annotations

import errno
import io
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from books import EXAMPLE, ROOT
from reports import report
from richbook import write_rich

from transfer_opt.commands import publish
from transfer_opt.core import atomic_write
from transfer_opt.core.atomic_write import same_place, save_atomically, save_together
from transfer_opt.core.errors import OutputError
from transfer_opt.workbook.save import write_into, write_report

OLD = b"the old result"
ENVIRONMENT = {
    **os.environ,
    "SOURCE_DATE_EPOCH": "0",
    "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests")),
}


def written(path: Path, **changes: Any) -> bytes:
    """The bytes a report makes."""
    write_report(report(**changes), path)
    return path.read_bytes()


class Fault:
    """Fails the n-th of the calls it stands before; `calls` counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, names: dict[str, Any]) -> None:
        self.calls, self._at = 0, at
        for name, owner in names.items():
            monkeypatch.setattr(owner, name, self._before(getattr(owner, name)))

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            self.step()
            made = real(*arguments, **options)
            return (
                Writing(made, self)
                if hasattr(made, "write") and "b" in str(arguments[1:2])
                else made
            )

        return wrapped

    def step(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Writing:
    """A file whose every write is counted."""

    def __init__(self, file: Any, fault: Fault) -> None:
        self._file, self._fault = file, fault

    def write(self, data: Any) -> Any:
        self._fault.step()
        return self._file.write(data)

    def __enter__(self) -> Writing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("with_copy", [False, True])
def test_whichever_call_fails_the_old_file_or_the_new_one_is_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_copy: bool
) -> None:
    source, folder = write_rich(tmp_path / "原.xlsx"), tmp_path / "out"
    folder.mkdir()
    files = [folder / "结果.xlsx", *([folder / "副本.xlsx"] if with_copy else [])]
    into = partial(write_into, report(), source, sha256(source.read_bytes()).hexdigest())
    write = (
        partial(into, files[-1], files[0])
        if with_copy
        else partial(write_report, report(), files[0])
    )
    write()
    new = [path.read_bytes() for path in files]
    at, failed = 0, True
    while failed:
        at += 1
        for path in files:
            path.write_bytes(OLD)
        with monkeypatch.context() as patch:
            fault = Fault(patch, at, {"open": os, "fsync": os, "replace": os, "close": os})
            patch.setattr(io, "open", fault._before(io.open))
            failed = fails(write)
        found = [path.read_bytes() for path in files]
        assert all(now in (OLD, then) for now, then in zip(found, new, strict=True)), at
        assert found == new or failed, at
        # only a failure between the two renames may leave one old and one new
        assert found in (new, [OLD] * len(files)) or at == fault.calls, at
        assert {*folder.iterdir()} == {*files}, at
    assert at == fault.calls + 1 == 7 * len(files) + (2 if with_copy else 1)


def fails(write: Callable[[], object]) -> bool:
    """Whether writing ends with a sentence about the disk, or about the workbook that can no longer be read."""
    try:
        write()
    except OutputError as error:
        assert re.search("磁盘空间不足|被改动或移走了", str(error)), error  # noqa: PT017
        return True
    return False


def test_a_limit_at_any_size_of_the_file_leaves_the_old_one(tmp_path: Path) -> None:
    size = len(written(tmp_path / "new.xlsx"))
    path = tmp_path / "结果.xlsx"
    path.write_bytes(OLD)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in [0, 1, 4095, *range(5000, size, 5000), size - 1]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(OutputError, match="超过磁盘允许的大小"):
                write_report(report(), path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert path.read_bytes() == OLD
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["new.xlsx", "结果.xlsx"]


def test_of_two_files_none_appears_where_one_cannot_be_made(tmp_path: Path) -> None:
    one, two = tmp_path / "一.xlsx", tmp_path / "没有" / "二.xlsx"
    for files in ((one, two), (two, one)):
        with pytest.raises(OutputError, match="二.xlsx」：文件夹不存在"):
            save_together(
                *((path, lambda temporary: temporary.write_bytes(b"x") and None) for path in files)
            )
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("没有/r.xlsx", "文件夹不存在"),
        ("夹.xlsx", "这是一个文件夹"),
        ("文件/r.xlsx", "有一段不是文件夹"),
        ("长" * 90 + ".xlsx", "文件名过长"),
        ("开着.xlsx", "锁文件「~$开着.xlsx」"),
        ("开着2.xlsx", "锁文件「.~lock.开着2.xlsx#」"),
    ],
)
def test_a_destination_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "夹.xlsx").mkdir()
    for other in ("文件", "开着.xlsx", "~$开着.xlsx", "开着2.xlsx", ".~lock.开着2.xlsx#"):
        (tmp_path / other).write_bytes(OLD)
    with pytest.raises(OutputError, match=sentence.replace("$", r"\$")) as told:
        save_atomically(tmp_path / name, lambda temporary: pytest.fail("nothing may be made"))
    assert str(told.value).count("\n") == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_marked_read_only_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(OLD)
    path.chmod(0o444)
    with pytest.raises(OutputError, match="没有写入权限"):
        save_atomically(path, lambda temporary: None)
    assert path.read_bytes() == OLD


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.EROFS, "只读"),
        (errno.EACCES, "没有写入权限"),
        (errno.EDQUOT, "配额"),
        (errno.EIO, "请检查磁盘"),
    ],
)
def test_what_the_system_says_on_replacing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match=sentence):
        save_atomically(tmp_path / "r.xlsx", lambda temporary: None)
    assert list(tmp_path.iterdir()) == []


def test_one_file_is_known_by_links_and_by_other_capitals(tmp_path: Path) -> None:
    source = tmp_path / "Budget.xlsx"
    source.write_bytes(OLD)
    (tmp_path / "symbolic.xlsx").symlink_to(source)
    (tmp_path / "hard.xlsx").hardlink_to(source)
    (tmp_path / "here").symlink_to(tmp_path)
    for name in (
        "symbolic.xlsx",
        "hard.xlsx",
        "here/Budget.xlsx",
        "budget.XLSX",
        "没有/../Budget.xlsx",
    ):
        assert same_place(tmp_path / name, source), name
    assert not same_place(tmp_path / "other.xlsx", source)
    assert same_place(tmp_path / "new.xlsx", tmp_path / "here" / "NEW.xlsx")


@pytest.mark.parametrize(
    ("output", "copy"),
    [("in.xlsx", None), (None, "in.xlsx"), (None, "hard.xlsx"), ("r.xlsx", "R.xlsx")],
)
def test_the_input_is_never_an_output_nor_one_output_the_other(
    tmp_path: Path, output: str | None, copy: str | None
) -> None:
    source = tmp_path / "in.xlsx"
    source.write_bytes(OLD)
    (tmp_path / "hard.xlsx").hardlink_to(source)
    with pytest.raises(OutputError, match="同一个"):
        publish.result_paths(source, output and tmp_path / output, copy and tmp_path / copy)
    assert publish.result_paths(source, None, tmp_path / "c.xlsx") == (None, tmp_path / "c.xlsx")


def test_two_runs_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    whole = {written(tmp_path / f"{label}.xlsx", label=label) for label in "甲乙"}
    path = tmp_path / "out" / "结果.xlsx"
    path.parent.mkdir()
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(
            lambda label: write_report(report(label=label), path), "甲乙甲乙甲乙甲乙"
        ):
            assert path.read_bytes() in whole
    assert [entry.name for entry in path.parent.iterdir()] == ["结果.xlsx"]


def test_what_a_killed_run_left_is_cleared_away_a_day_later(tmp_path: Path) -> None:
    fresh, stale = (
        tmp_path / f"{atomic_write.TEMPORARY}{name}.xlsx" for name in ("fresh", "stale")
    )
    for path, age in ((fresh, 0.0), (stale, atomic_write.ABANDONED + 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    save_atomically(tmp_path / "r.xlsx", lambda temporary: None)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([fresh.name, "r.xlsx"])


# Killed ---------------------------------------------------------------------------------------------------------

WRITING = """
import sys
from pathlib import Path
from richbook import write_rich
from reports import report
from transfer_opt.workbook.writer import write_into, write_report
print("ready", flush=True)
while True:
    for label in "甲乙":
        write_report(report(label=label), Path(sys.argv[1]))
"""


def killed(command: list[str], moments: Iterator[float], path: Path) -> None:
    """Start it, wait until it says it is ready, kill it after the next moment."""
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(next(moments))
    process.kill()
    process.wait()
    process.stdout.close()


def kill_often(folder: Path, times: int, seed: int) -> set[bytes]:
    """Kill a process that writes without end; what was found each time."""
    whole = {written(folder / f"{label}.xlsx", label=label) for label in "甲乙"}
    path, generator = folder / "结果.xlsx", random.Random(seed)
    path.write_bytes(OLD)
    moments = iter(lambda: generator.uniform(0.0, 0.25), None)
    found = set()
    for _ in range(times):
        killed([sys.executable, "-c", WRITING, str(path)], moments, path)
        found.add(path.read_bytes())
    left = {entry.name for entry in folder.iterdir()} - {"甲.xlsx", "乙.xlsx", "结果.xlsx"}
    assert all(name.startswith(atomic_write.TEMPORARY) for name in left)
    assert found <= {*whole, OLD}
    return found


def test_killed_at_any_moment_the_old_file_or_a_new_one_is_there(tmp_path: Path) -> None:
    assert kill_often(tmp_path, 4, seed=1)


@pytest.mark.slow
def test_killed_two_hundred_times_a_whole_file_is_there(tmp_path: Path) -> None:
    assert len(kill_often(tmp_path, 200, seed=2)) > 1


@pytest.mark.slow
@pytest.mark.parametrize("option", ["-o", "--into"])
def test_the_program_killed_at_forty_moments_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, option: str
) -> None:
    path, generator = tmp_path / "结果.xlsx", random.Random(3)
    command = [
        sys.executable,
        "-c",
        "print('ready', flush=True); from transfer_opt.cli.main import main; main()",
        "solve",
        str(EXAMPLE),
        option,
        str(path),
        "--quiet",
    ]
    start = time.monotonic()
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
    needed, new = time.monotonic() - start, path.read_bytes()
    for _ in range(40):
        path.write_bytes(OLD)
        killed(command, iter([generator.uniform(0.5, 1.1) * needed]), path)
        assert path.read_bytes() in (OLD, new)
