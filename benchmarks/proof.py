"""How long proving takes against solving: python benchmarks/proof.py, or COUNT RUNS for one size as JSON.

Medians of runs one after the other, in a process of its own; only the ratios are worth comparing between machines.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from replicas import workbook
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.allocation.rounding import published
from transfer_opt.checker.optimality import check
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import prepare
from transfer_opt.lexlp.certificate import certificate, replayed
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case

SIZES = {45: 9, 2844: 7}
"""Recipients → runs."""
LISTS = (("三保缺口最小", "贴近因素法"), ("三保缺口最小", "保障水平最大化", "贴近因素法"))


@dataclass(frozen=True)
class Measured:
    """Seconds to solve, and how often that proving and checking take; linear programs, megabytes of the certificate."""

    objective: str
    solved: float
    programs: int
    made: float
    checked: float
    size: float


def measured(count: int, runs: int) -> list[Measured]:
    """Solve, prove and check, several times each, for every list."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(workbook(Path(folder) / "b.xlsx", count))
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    return [
        _one(case, formulate(case, prepared.settings, objective), objective, runs)
        for objective in LISTS
    ]


def _one(case: Case, formulation: Formulation, objective: Sequence[str], runs: int) -> Measured:
    statement, stages, unit = formulation.statement, formulation.stages, formulation.unit
    program, highs = formulation.program, opener("highs", statement.lines)
    rounds = []
    for _ in range(runs):
        solving, solution = _timed(lambda: solve(program, stages, highs))
        replaying, proof = _timed(lambda: replayed(statement, stages, solution, unit))  # noqa: B023
        units = published(case, proof.money()[: statement.lines], highs)
        writing, text = _timed(lambda: certificate(statement, proof, units, unit, case.line_names))  # noqa: B023
        checking, _ = _timed(lambda: check(json.loads(text)))  # noqa: B023
        rounds.append((solving, (replaying + writing) / solving, checking / solving))
    solved, made, checked = map(statistics.median, zip(*rounds, strict=True))
    return Measured(">".join(objective), solved, solution.programs, made, checked, len(text) / 1e6)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    """Print one row per size and objective list."""
    print("县数  目标清单  求解(s)  线性规划  制作证书÷求解  核对证书÷求解  证书(MB)")
    for count, runs in SIZES.items():
        for each in measured(count, runs):
            print(
                f"{count}  {each.objective}  {each.solved:.3f}  {each.programs}  {each.made:.2f}  {each.checked:.2f}  {each.size:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:]:
        print(
            json.dumps(
                [asdict(each) for each in measured(*map(int, sys.argv[1:]))], ensure_ascii=False
            )
        )
    else:
        main()
