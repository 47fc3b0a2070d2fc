"""`python tests/folder.py DIR`: check, audit and round over every workbook of a folder, and what stands out.

Each run has a process of its own with limits of memory and time, and works on a copy: the folder is only read.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from limited import MEMORY, SECONDS, Ended, Limited, english

COMMANDS = (("check",), ("audit",), ("round", "--unit", "1"))
ENDINGS = {
    ".xlsx",
    ".xlsm",
    ".xltx",
    ".xltm",
    ".xlsb",
    ".xls",
    ".xlt",
    ".et",
    ".ett",
    ".ods",
    ".ots",
}
RIGHT = (0, 1, 6)
"""Done, the input is wrong, it does not add up."""


@dataclass(frozen=True)
class Run:
    """One command on one workbook."""

    path: Path
    command: str
    ended: Ended

    @property
    def why(self) -> str:
        """What is odd about it; empty where nothing is."""
        said = english((self.ended.stdout + self.ended.stderr).replace(str(self.path), ""))
        odd = {
            f"退出码 {self.ended.exit}": self.ended.exit not in RIGHT,
            f"{self.ended.seconds:.0f} 秒": self.ended.seconds > SECONDS,
            f"{self.ended.mebibytes:,.0f} MiB": self.ended.mebibytes * 2**20 > MEMORY,
            f"英文「{said[0] if said else ''}」": bool(said),
        }
        return "，".join(what for what, is_so in odd.items() if is_so)


def runs(folder: Path, server: Limited) -> Iterator[Run]:
    """Every command on every workbook, in order of their names."""
    for path in sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file()
    ):
        for command, *options in COMMANDS:
            with tempfile.TemporaryDirectory() as place:
                copy = Path(place) / f"表{path.suffix}"
                copy.write_bytes(path.read_bytes())
                yield Run(path, command, server(command, copy, *options))


def table(done: list[Run]) -> Iterator[str]:
    """What each command came to."""
    yield f"{'命令':<6}{'文件':>6}  {'最多秒':>6} {'最多MiB':>8}  退出码×次数"
    for command, *_ in COMMANDS:
        ended = [run.ended for run in done if run.command == command]
        exits = "  ".join(
            f"{code}×{times}"
            for code, times in sorted(Counter(each.exit for each in ended).items())
        )
        yield (
            f"{command:<8}{len(ended):>6}  {max(each.seconds for each in ended):>8.1f} "
            f"{max(each.mebibytes for each in ended):>9,.0f}  {exits}"
        )


def main(folder: Path) -> int:
    """Print the table and the odd ones out; 1 where there is one."""
    with Limited() as server:
        done = list(runs(folder, server))
    if not done:
        print(f"「{folder}」里没有工作簿。")
        return 1
    print(*table(done), sep="\n")
    odd = [run for run in done if run.why]
    print(f"异常 {len(odd)} 次" + "：" * bool(odd))
    for run in odd:
        print(f"  {run.command} {run.path.relative_to(folder)}：{run.why}")
    return int(bool(odd))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
