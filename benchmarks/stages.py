"""One whole run, workbook to workbook, step by step: python benchmarks/stages.py COUNT SCENARIO → one JSON object.

Run in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from replicas import workbook

STEPS = {
    "读取": "read",
    "测算说明": "explain",
    "取整": "round",
    "证明": "certificate",
    "写结果工作簿": "write",
}
"""What the program says of its progress, by the name used here; anything else is a stage of solving."""


def main(count: int, scenario: str) -> dict[str, float]:
    """Seconds by step and the peak of memory in MiB."""
    with tempfile.TemporaryDirectory() as folder:
        source = workbook(Path(folder) / "b.xlsx", count)
        from transfer_opt.allocation import allocate
        from transfer_opt.commands import publish
        from transfer_opt.intake import prepare

        marks = [("读取", time.perf_counter())]

        def tell(what: str) -> None:
            marks.append((what, time.perf_counter()))

        prepared = prepare.prepare(source, scenario=scenario or None)
        tell("列式")
        outcome = allocate.allocate(prepared, "highs", tell)
        tell("写结果工作簿")
        publish.write(outcome, Path(folder) / "r.xlsx")
        tell("完")
    taken: dict[str, float] = {}
    for (name, start), (_, end) in zip(marks, marks[1:], strict=False):
        step = STEPS.get(name, "formulate" if name == "列式" else f"solve {name}")
        taken[step] = taken.get(step, 0.0) + end - start
    taken["total"] = marks[-1][1] - marks[0][1]
    taken["programs"] = outcome.solution.programs
    taken["peak MiB"] = peak()
    return taken


def peak() -> float:
    """The peak of memory of this program alone, in MiB; what the kernel counts for a process goes back before its start."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(
        json.dumps(
            main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""), ensure_ascii=False
        )
    )
