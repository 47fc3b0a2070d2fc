"""How fast a sweep answers against rebuilding a model with PuLP + CBC for every scenario: python benchmarks/sweeps.py.

One scenario of the sweep is the whole answer the tool publishes: every stage of the default list, rounded to integers
that add up. It is held against three ways of rebuilding, from the same settings and in the same run, turn by turn:

    one program     the rules and min Σ |x − e| / e as one linear program: one optimum of many, not rounded
    by our engine   the programs our engine asks for, rebuilt and solved by CBC: our reductions without our solver
    by the book     one program per optimum (benchmarks/textbook.py): what the same amounts cost without our engine

Processor time, children included, so that a busy machine does not blur the ratio.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pulp

from replicas import workbook
from textbook import Model, Textbook
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.core.errors import TransferOptError
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import Prepared, prepare
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.scenarios.sweep.plan import NOW, plan
from transfer_opt.scenarios.sweep.point import Scenarios

SIZES = {45: (200, 40, 10, 5), 2844: (6, 3, 2, 1)}
"""Recipients → scenarios swept, rebuilt as one program, by our engine, by the book."""
PATIENCE = 60.0
"""Seconds after which a scenario by the book is stopped; its ratio is then a lower bound."""
SOFT_COST = 100.0
"""What a soft rule's violation costs in the one program, against relative deviations."""


@dataclass(frozen=True)
class Compared:
    """Seconds per scenario: swept, solved from scratch, rebuilt in the three ways."""

    swept: float
    solved: float
    one: float
    engine: float
    book: float
    ended: bool
    """Whether every scenario by the book ended in time; else `book` is a lower bound."""


def main() -> None:
    """Print one row per size and kind of scenario."""
    print(
        "县数  情形  扫描(毫秒)  从头求解  重建一个线性规划(毫秒)  倍数  按本程序步骤重建  倍数  按教科书重建  倍数"
    )
    with tempfile.TemporaryDirectory() as folder:
        for count in [int(text) for text in sys.argv[1:]] or SIZES:
            for kind, found in compared(
                prepare(workbook(Path(folder) / f"{count}.xlsx", count)), count
            ):
                ratios = "  ".join(
                    f"{1000 * other:.0f}  {other / found.swept:.1f}"
                    for other in (found.one, found.engine, found.book)
                )
                print(
                    f"{count}  {kind}  {1000 * found.swept:.1f}  {1000 * found.solved:.1f}  {ratios}"
                    f"{'' if found.ended else ' 以上（未算完）'}",
                    flush=True,
                )


def compared(prepared: Prepared, count: int) -> Iterator[tuple[str, Compared]]:
    """A grid over a parameter, and one over a parameter and a pool."""
    pool = prepared.budget.sheets["资金总额"].rows[0].values["本年总额"]
    assert isinstance(pool, float)
    vary = f"资金总额·均衡性·本年总额={pool * 0.99:.0f}:{pool * 1.03:.0f}:20"
    yield "参数", _measured(prepared, ("增幅上限·均衡性·增幅上限=13%:20%:200",), *SIZES[count])
    yield (
        "总额×参数",
        _measured(prepared, ("增幅上限·均衡性·增幅上限=13%:20%:10", vary), *SIZES[count]),
    )


def _measured(
    prepared: Prepared, vary: tuple[str, ...], swept: int, one: int, engine: int, book: int
) -> Compared:
    chosen = plan(prepared, vary, [], None, 1)
    scenarios = Scenarios(prepared, chosen)
    scenarios.answer(NOW)
    indices = [round(k) for k in np.linspace(0, chosen.size - 1, swept)]
    times: dict[str, list[float]] = {"swept": [], "solved": [], "one": [], "engine": [], "book": []}
    ended = True
    for turn, index in enumerate(indices):
        times["swept"].append(spent(lambda index=index: scenarios.answer(index)))  # type: ignore[misc]
        case, built = rebuilt(prepared, chosen, index)
        if turn % max(1, swept // one) == 0:
            times["solved"].append(
                spent(lambda built=built: solve(built.program, built.stages, opener("highs", 0)))
            )  # type: ignore[misc]
            times["one"].append(
                spent(lambda index=index: one_program(*rebuilt(prepared, chosen, index)))
            )  # type: ignore[misc]
        if turn % max(1, swept // engine) == 0:
            times["engine"].append(spent(lambda built=built: by_cbc(built)))  # type: ignore[misc]
        if turn % max(1, swept // book) == 0:
            textbook = Textbook(built.program, PATIENCE)
            times["book"].append(
                spent(lambda built=built, textbook=textbook: textbook.run(built.stages))
            )  # type: ignore[misc]
            ended &= textbook.ended
    return Compared(**{name: float(np.mean(found)) for name, found in times.items()}, ended=ended)


def rebuilt(prepared: Prepared, chosen, index: int) -> tuple[Case, Formulation]:  # type: ignore[no-untyped-def]
    """The scenario's case and program from its settings, nothing remembered."""
    settings = chosen.settings(prepared.settings, index)
    case = assemble(prepared.spec, prepared.budget, settings)
    return case, formulate(case, settings, prepared.objective)


def one_program(case: Case, built: Formulation) -> None:
    """The rules as one PuLP problem with deviations, solved by CBC."""
    program, reference = built.program, case.lines.reference
    model = Model(program)
    up, down = ([pulp.LpVariable(f"{side}{j}", 0) for j in range(program.lines)] for side in "ud")
    for j, target in enumerate(reference.tolist()):
        balance = pulp.LpAffineExpression([(model.columns[j], 1.0), (up[j], -1.0), (down[j], 1.0)])
        model.problem.addConstraint(pulp.LpConstraint(balance, 0, rhs=target))
    weight = (1 / np.where(reference > 0, reference, case.unit)).tolist()
    model.solved(
        pulp.LpAffineExpression(
            [
                *zip(up, weight, strict=True),
                *zip(down, weight, strict=True),
                *((column, SOFT_COST) for column in model.columns[program.lines :]),
            ]
        )
    )


def by_cbc(built: Formulation) -> None:
    """The whole list with every program rebuilt by PuLP and solved by CBC."""
    try:
        solve(built.program, built.stages, opener("cbc", 0))
    except TransferOptError as error:
        print(f"（CBC 未能完成全部目标：{error}）", file=sys.stderr)


def spent(work: Callable[[], object]) -> float:
    """Processor seconds of this process and its children."""
    start = os.times()
    work()
    end = os.times()
    return sum(end[:4]) - sum(start[:4])


if __name__ == "__main__":
    main()
