"""The ledger: every line stays, whatever happens to the program, and a line that does not is named."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sql

from transfer_opt.cli.main import main
from transfer_opt.core.errors import OutputError
from transfer_opt.published.ledger import LINES, append, history, ready

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> str:
    """A ledger of five lines."""
    return filled(str(tmp_path / "台账 1.db"))


def filled(place: str) -> str:
    ready(place)
    for number in range(1, 6):
        append(place, "计算", {"input": f"{number}.xlsx"})
    return place


def change(place: str, statement: str) -> None:
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute(statement)
    connection.close()


def told(place: str) -> list[str]:
    return [f"{problem.code} {problem.message}" for problem in history(place)[1]]


def test_without_sqlalchemy_the_user_is_told_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "transfer_opt.published.ledger")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    target = tmp_path / "结果.xlsx"
    for command in (
        ["solve", str(ROOT / "inputs/qinghai.xlsx"), "-o", str(target), "--ledger", "台账.db"],
        ["history", "--ledger", "台账.db"],
    ):
        with pytest.raises(SystemExit) as ending:
            main(command)
        assert ending.value.code == OutputError.exit_code
        assert "没有安装 sqlalchemy" in capsys.readouterr().err
    assert not target.exists()


def test_an_untouched_ledger_is_whole(place: str) -> None:
    lines, problems = history(place)
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]
    assert problems == ()


@pytest.mark.parametrize("column", ["time", "kind", "content", "hash"])
@pytest.mark.parametrize("number", [1, 3, 5])
def test_an_edited_line_is_named(place: str, column: str, number: int) -> None:
    change(
        place, f"update transfer_opt_lines set {column} = {column} || 'x' where number = {number}"
    )
    assert any(f"第 {number} 行" in said or number == 5 and "A692" in said for said in told(place))


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_line_is_named(place: str, number: int) -> None:
    change(place, f"delete from transfer_opt_lines where number = {number}")
    assert any(f"第 {number} " in said and "删去" in said for said in told(place))


def test_a_line_put_in_is_found(place: str) -> None:
    change(place, "insert into transfer_opt_lines values (6, 't', '计算', '{}', 'h')")
    assert told(place)


def test_swapped_lines_are_found(place: str) -> None:
    change(place, "update transfer_opt_lines set number = 9 where number = 2")
    change(place, "update transfer_opt_lines set number = 2 where number = 3")
    change(place, "update transfer_opt_lines set number = 3 where number = 9")
    assert told(place)


def test_a_removed_register_is_found(place: str) -> None:
    change(place, "delete from transfer_opt_head")
    assert [said[:4] for said in told(place)] == ["A692"]
    with pytest.raises(OutputError):
        append(place, "计算", {})


@pytest.mark.system
def test_two_programs_at_once_make_one_chain(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    code = f"from transfer_opt.published.ledger import *\nready({place!r})\nfor k in range(10): append({place!r}, '计算', {{'k': k}})"
    running = [started(code) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    lines, problems = history(place)
    assert (len(lines), problems) == (30, ())


@pytest.mark.system
def test_a_kill_during_a_write_leaves_a_whole_chain(tmp_path: Path) -> None:
    place = str(tmp_path / "l.db")
    ready(place)
    draw, done = random.Random(1), 0
    code = f"from transfer_opt.published.ledger import *\nprint('on', flush=True)\nwhile True: append({place!r}, '计算', {{'k': 'x' * 2000}})"
    for _ in range(4):
        process = started(code, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.02, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        lines, problems = history(place)
        assert problems == ()
        assert len(lines) >= done
        done = len(lines)
    assert done > 0


def started(code: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, **options
    )


@pytest.mark.parametrize("what", ["missing/l.db", "folder", "noise.db"])
def test_a_ledger_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "noise.db").write_text("这不是台账" * 500, encoding="utf-8")
    with pytest.raises(OutputError, match="处理办法"):
        ready(str(tmp_path / what))


def test_history_says_what_was_done_and_what_is_wrong(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["history", "--ledger", place])
    assert end.value.code == 0
    assert "链条完整" in capsys.readouterr().out
    change(place, "update transfer_opt_lines set content = '{}' where number = 2")
    with pytest.raises(SystemExit) as end:
        main(["history", "--ledger", place])
    assert end.value.code == 6
    assert "第 2 行" in capsys.readouterr().err


def test_history_of_nothing_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="没有台账文件"):
        history(str(tmp_path / "l.db"))
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a real server on loopback."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    home = Path(tempfile.mkdtemp())  # pytest's own folders are closed to another user
    wrapped = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if wrapped:
        shutil.chown(home, "postgres")
    bin_folder, data = found[-1].parent, home / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    subprocess.run(
        [
            *wrapped,
            str(bin_folder / "initdb"),
            "-D",
            str(data),
            "-U",
            "ledger",
            "-A",
            "trust",
            "-N",
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            *wrapped,
            str(bin_folder / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            str(home),
            "-F",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"postgresql://ledger@127.0.0.1:{port}/postgres"
    try:
        _await(url)
        yield url
    finally:
        subprocess.run(
            [*wrapped, str(bin_folder / "pg_ctl"), "-D", str(data), "-m", "fast", "stop"],
            check=False,
            capture_output=True,
        )
        process.wait(20)
        shutil.rmtree(home)


def _await(url: str) -> None:
    for _ in range(100):
        try:
            ready(url)
        except OutputError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not start")


@pytest.mark.system
def test_a_postgresql_ledger_works_the_same(server: str) -> None:
    filled(server)
    lines, problems = history(server)
    assert ([line.number for line in lines], problems) == ([1, 2, 3, 4, 5], ())
    engine = sql.create_engine(
        server.replace("postgresql://", "postgresql+psycopg://"), poolclass=sql.NullPool
    )
    with engine.begin() as connection:
        connection.execute(sql.update(LINES).where(LINES.c.number == 2).values(content="{}"))
        connection.execute(sql.delete(LINES).where(LINES.c.number == 4))
    assert [problem.message[:9] for problem in history(server)[1]] == [
        "台账第 2 行（2",
        "台账第 4 行被删",
    ]
