"""Workbooks mutated byte by byte: whatever becomes of them is an answer or a sentence, in time and within the memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from limited import SECONDS, Limited, english
from mutations import PASSWORD, mutated

GROUPS, EACH = 10, 20
COMMANDS = ("check", "audit")
RIGHT = (0, 1, 6)


def odd(seeds: range, limited: Limited, folder: Path) -> list[str]:
    """What went wrong with these: seed, command, exit code, last words."""
    secret = folder / "密码.txt"
    secret.write_text(PASSWORD, encoding="utf-8")
    found = []
    for seed in seeds:
        path, command = mutated(seed, folder), COMMANDS[seed // 9 % len(COMMANDS)]
        ended = limited(command, path, "--password-file", secret)
        said = ended.stdout + ended.stderr
        if (
            ended.exit not in RIGHT
            or english(said)
            or ended.seconds > SECONDS
            or (ended.exit == 1) != ("[E" in said)
        ):
            found.append(f"{seed} {command} exit {ended.exit} {ended.seconds:.0f} s: {said[-300:]}")
        path.unlink()
    return found


@pytest.mark.parametrize("group", range(GROUPS))
def test_mutated_workbooks_end_with_an_answer_or_a_sentence(
    group: int, limited: Limited, tmp_path: Path
) -> None:
    assert not odd(range(group * EACH, (group + 1) * EACH), limited, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("group", range(20))
def test_many_mutated_workbooks_end_with_an_answer_or_a_sentence(
    group: int, limited: Limited, tmp_path: Path
) -> None:
    assert not odd(range(1000 + group * 500, 1000 + (group + 1) * 500), limited, tmp_path)
