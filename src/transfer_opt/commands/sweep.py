"""Many scenarios of one budget: a grid or random draws over parameters, pools and uncertain data, and what they show."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transfer_opt.commands.publish import refuse_ending, refuse_target
from transfer_opt.commands.sweep_files import WRITERS, county_path, parquet_library, write
from transfer_opt.intake.prepare import Prepared
from transfer_opt.scenarios.sweep.engines import Engine
from transfer_opt.scenarios.sweep.journal import Journal
from transfer_opt.scenarios.sweep.plan import Plan
from transfer_opt.scenarios.sweep.point import FEASIBLE, Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Swept", "sweep", "sweep_path"]

Progress = Callable[[int, int], None]
"""How many scenarios are done, of how many."""


@dataclass(frozen=True, repr=False)
class Swept:
    """What a finished sweep wrote and found."""

    prepared: Prepared
    plan: Plan
    records: tuple[Record, ...]
    """The budget as it stands first, then every scenario in order."""
    files: tuple[Path, ...]
    resumed: int
    """How many scenarios an earlier, interrupted run had finished."""

    def count(self, state: str) -> int:
        """How many of the scenarios ended so."""
        return sum(record.state == state for record in self.records[1:])

    def to_frame(self) -> pd.DataFrame:
        """A row per scenario, the budget as it stands first: what was set, what came of it, what each county gets."""
        from transfer_opt.report.frame import frame
        from transfer_opt.report.sweep import scenario_table

        return frame(scenario_table(self.prepared, self.plan, self.records, counties=True))

    def __repr__(self) -> str:
        return f"<Swept {self.prepared.scenario}：{self.plan.size} 种情形，{self.count(FEASIBLE)} 种可行>"


def sweep(
    prepared: Prepared,
    plan: Plan,
    target: Path,
    engine: Engine,
    progress: Progress = lambda done, of: None,
) -> Swept:
    """Answer every point of the plan and write the tables; raises OutputError.

    What is finished stands in `OUT.partial` line by line, so that a killed sweep goes on where it was. The tables are
    made from those lines alone: they are the same bytes however often the sweep was interrupted.
    """
    with Journal(target.with_suffix(".partial"), plan.digest(prepared)) as journal:
        resumed = len(journal.done)
        progress(resumed, plan.size)
        rest = [index for index in plan.indices if index not in journal.done]
        for line in engine(prepared, plan, rest):
            journal.add(line)
            progress(len(journal.done), plan.size)
        records = tuple(Record.read(json.loads(journal.done[index])) for index in plan.indices)
        files = write(prepared, plan, records, target)
        journal.close(finished=True)
    return Swept(prepared, plan, records, files, resumed)


def sweep_path(source: Path, wanted: Path | None) -> Path:
    """Where the tables go; never over the input, and only in a format this machine can write (OutputError)."""
    target = wanted or source.with_name(f"{source.stem}_扫描.xlsx")
    refuse_ending(target, WRITERS)
    if target.suffix.lower() == ".parquet":
        parquet_library()
    for path in (target, county_path(target), target.with_suffix(".partial")):
        refuse_target(source, path, "-o")
    return target
