"""Broken and hostile files end with a sentence, within 30 s and 1 GiB, without a traceback and without a trace on disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hostile import Hostile, hostile
from limited import SECONDS, Limited

HOSTILE = tuple(hostile())


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_a_hostile_file_ends_with_a_sentence_and_leaves_nothing(
    case: Hostile, limited: Limited, tmp_path: Path
) -> None:
    path = tmp_path / f"预算{case.suffix}"
    path.write_bytes(case.make())
    before = path.read_bytes()
    ended = limited(
        *(("solve", path, "-o", tmp_path / "结果.xlsx") if case.exit else ("check", path))
    )
    path_now = path.read_bytes()
    said = ended.stdout + ended.stderr
    assert "Traceback" not in said
    assert ended.exit == case.exit, said[-2000:]
    assert re.search(case.says, said), said[-2000:]
    assert (
        ended.seconds < SECONDS * 4
    )  # of a machine that may be busy; the process had 30 s of its own
    assert path_now == before
    assert list(tmp_path.iterdir()) == [path]
