"""A budget → the trade-off between two objectives → its workbook. Calls in order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from transfer_opt.allocation.allocate import Progress, instance_of
from transfer_opt.allocation.infeasibility.message import infeasible
from transfer_opt.allocation.rounding import published
from transfer_opt.commands import publish
from transfer_opt.core.arrays import Ints
from transfer_opt.core.tables import Report, Table
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case
from transfer_opt.policy.objectives import STEADIEST
from transfer_opt.report.parts import budget_heading, budget_label
from transfer_opt.report.tradeoff import SHEET, frontier_chart, frontier_tables, position_sentence
from transfer_opt.scenarios.frontier import Frontier, checked_pair, frontier

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_PAIR = ("保障水平最大化", STEADIEST)
WHAT = "前沿"
"""What is added to the budget's file name."""


@dataclass(frozen=True, repr=False)
class TradeOff:
    """The curve of a scenario, with the published integers (L,) at every corner."""

    prepared: Prepared
    case: Case
    curve: Frontier
    units: tuple[Ints, ...]

    @property
    def position(self) -> str:
        """Where the scenario lies, in one sentence."""
        return position_sentence(self.case, self.curve, self.prepared.scenario)

    @cached_property
    def check_code(self) -> str:
        """SHA-256 of what went in and of the integers at every corner."""
        parts = [
            self.prepared.budget.sha256,
            self.prepared.spec.sha256,
            self.prepared.scenario,
            *self.curve.names,
            *(repr(units.tolist()) for units in self.units),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The corners; the allocation at each of them."""
        heading = budget_heading(self.prepared.budget, self.case.funds)
        return frontier_tables(
            self.case,
            self.curve,
            self.prepared.scenario,
            self.prepared.objective,
            self.units,
            heading,
        )

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the workbook, by default beside the budget as `transfer-opt frontier` does; where it lies.

        The bytes are those of the command. Raises OutputError, and leaves nothing behind, where that cannot be.
        """
        target = publish.result_path(
            Path(self.prepared.budget.path), None if path is None else Path(path), WHAT
        )
        write(self, target)
        return target

    def to_frame(self) -> pd.DataFrame:
        """A row per corner: both objectives, what one gains where the other gives way; the scenario as it is comes last."""
        from transfer_opt.report.frame import frame

        return frame(self.tables[0])

    def __repr__(self) -> str:
        return f"<TradeOff {self.prepared.scenario}：{'与'.join(self.curve.names)}，{len(self.curve.corners)} 个拐点>"


def trade_off(
    prepared: Prepared, names: Sequence[str] = DEFAULT_PAIR, progress: Progress = lambda _: None
) -> TradeOff:
    """Find the curve. Raises InputError, InfeasibleError or SolverError."""
    pair = checked_pair(names)
    instance = instance_of(prepared, "highs")
    progress("求现方案")
    if not instance.optimum.possible:
        raise infeasible(instance)
    curve = frontier(instance, instance.optimum, pair, progress)
    units = tuple(
        published(instance.case, corner.amounts, instance.solver.again) for corner in curve.corners
    )
    return TradeOff(prepared, instance.case, curve, units)


def write(found: TradeOff, path: Path) -> None:
    """Write the workbook of the curve, whole or not at all, without a time stamp; raises OutputError."""
    from transfer_opt.workbook.save import write_report

    prepared, code = found.prepared, found.check_code
    heading = budget_heading(prepared.budget, found.case.funds)
    write_report(
        Report(
            found.tables,
            (frontier_chart(found.case, found.curve, prepared.scenario),),
            prepared.scenario,
            f"{code[:6]}…{code[-4:]}",
            budget_label(prepared.budget),
            "",
            {"title": f"{heading}目标取舍前沿", "comments": f"校验码 {code}"},
            charted=SHEET,
        ),
        path,
    )
