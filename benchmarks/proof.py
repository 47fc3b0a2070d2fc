"""How long proving takes against solving, at the example's size and at the country's: python benchmarks/proof.py.

Medians of several runs in one process; only the ratios are worth comparing between machines.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from replicas import workbook
from transfer_opt.assemble import assemble
from transfer_opt.certificate import check
from transfer_opt.formulate import formulate
from transfer_opt.lexicographic import solve
from transfer_opt.proof import certificate
from transfer_opt.rounding import published
from transfer_opt.run import Prepared, prepare
from transfer_opt.solvers import opener

SIZES = {45: 5, 2844: 3}
"""Recipients → runs."""
LISTS = (("三保缺口最小", "贴近因素法"), ("三保缺口最小", "保障水平最大化", "贴近因素法"))


def main() -> None:
    """Print one row per size and objective list."""
    print("县数  目标清单  求解(s)  线性规划  制作证书÷求解  核对证书÷求解  证书(MB)")
    with tempfile.TemporaryDirectory() as folder:
        for count, runs in SIZES.items():
            prepared = prepare(workbook(Path(folder) / f"{count}.xlsx", count))
            for objective in LISTS:
                print(f"{count}  {'>'.join(objective)}  {measured(prepared, objective, runs)}", flush=True)


def measured(prepared: Prepared, objective: Sequence[str], runs: int) -> str:
    """Solve, prove and check, several times each."""
    case = assemble(prepared.spec, prepared.budget, prepared.settings)
    formulation = formulate(case, prepared.settings, objective)
    program, stages = formulation.program, formulation.stages
    highs = opener("highs", program.lines)
    solving, solution = timed(runs, lambda: solve(program, stages, highs))
    units = published(case, solution.columns[: program.lines], highs)
    making, made = timed(
        runs, lambda: certificate(program, stages, solution, units, case.unit, case.line_names))
    checking, _ = timed(runs, lambda: check(json.loads(made)))
    return f"{solving:.3f}  {solution.programs}  {making / solving:.2f}  {checking / solving:.2f}  {len(made) / 1e6:.1f}"


def timed(runs: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The median time of several runs, and the last result."""
    times, result = [], None
    for _ in range(runs):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


if __name__ == "__main__":
    main()
