"""Files of every kind that some reader stumbled over: read like any other where they are sound, else told in one sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from limited import SECONDS, Limited, english
from oddtables import OddTable, odd_tables

COMMANDS = (("check",), ("audit",), ("round", "--unit", "1"))
ODD = tuple(odd_tables())


@pytest.mark.parametrize(("at", "table"), [(at, table) for at, table in enumerate(ODD)], ids=str)
def test_an_odd_table_is_read_or_told_in_one_sentence(
    at: int, table: OddTable, limited: Limited, tmp_path: Path
) -> None:
    path = tmp_path / f"表{table.suffix}"
    path.write_bytes(table.make())
    command, *options = COMMANDS[at % len(COMMANDS) if table.code else 1]
    ended = limited(command, path, *options)
    said = ended.stdout + ended.stderr
    assert english(said) == []
    assert "Traceback" not in said
    assert ended.seconds < SECONDS * 4  # of a machine that may be busy
    if table.code:
        assert (ended.exit, len(re.findall(rf"\[{table.code}\]", said)), said.count("[E")) == (
            1,
            1,
            1,
        ), said
    else:
        assert ended.exit == 0, said
        assert "核对通过" in said
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_named_pipe_is_refused_at_once(
    command: tuple[str, ...], limited: Limited, tmp_path: Path
) -> None:
    path = tmp_path / "管道.xlsx"
    os.mkfifo(path)
    ended = limited(command[0], path, *command[1:])
    assert ended.exit == 1
    assert "不是普通文件" in ended.stdout + ended.stderr


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_is_refused_at_once(path: str, limited: Limited) -> None:
    if not Path(path).exists():
        pytest.skip("no such device here")
    ended = limited("audit", path)
    assert ended.exit == 1
    assert "不是普通文件" in ended.stderr
