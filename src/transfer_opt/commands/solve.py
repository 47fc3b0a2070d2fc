"""`solve`: a budget → its allocation → the result workbook and, where wished, a copy of the budget with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from transfer_opt.allocation import allocate
from transfer_opt.allocation.allocate import Progress
from transfer_opt.allocation.plan import Outcome
from transfer_opt.commands import publish
from transfer_opt.commands.ledger import Entered, prepare_ledger, record_solve
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import in_figures
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.intake.prepare import BudgetWorkbook, settled
from transfer_opt.published.narrative import sentences
from transfer_opt.report.allocation import allocation_table
from transfer_opt.report.flows import flow_tables
from transfer_opt.report.records import audit_table, input_table
from transfer_opt.report.responsibility import responsibility_tables
from transfer_opt.report.rules import county_sensitivity_table, rule_table
from transfer_opt.report.steps import step_table
from transfer_opt.report.succession import succession_tables
from transfer_opt.report.years import path_table
from transfer_opt.workbook.result.rows import ResultSheet, as_written

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Solved:
    """The one best allocation of a scenario, rounded, proved and explained."""

    outcome: Outcome
    """Everything that is known of it."""

    @property
    def scenario(self) -> str:
        """By which it was solved; 「（已放宽）」 is added where rules had to give way."""
        return self.outcome.scenario

    @property
    def money_unit(self) -> str:
        """元, 万元 or 亿元: of every amount."""
        return self.outcome.case.money_unit

    @property
    def check_code(self) -> str:
        """SHA-256 of what went in and what came out, as on every printed page."""
        return self.outcome.digest

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """What should be known: remarks on the input, then shortfalls and exceeded caps (W360)."""
        return (*self.outcome.problems, *(Problem("W360", alarm) for alarm in self.outcome.alarms))

    def save(self, path: str | os.PathLike[str] | None = None) -> Path:
        """Write the result workbook, by default beside the budget as `transfer-opt solve` or `plan` does; where it lies.

        The bytes are those of the command. Raises OutputError, and leaves nothing behind, where that cannot be.
        """
        target = publish.result_path(
            Path(self.outcome.budget.path),
            None if path is None else Path(path),
            publish.SOLVED if self.outcome.projection is None else publish.PLANNED,
        )
        publish.write(self.outcome, target)
        return target

    def save_into(self, path: str | os.PathLike[str]) -> tuple[str, ...]:
        """Write a copy of the budget with the sheets of the result behind its own; what in it is not as in the budget.

        The bytes are those of `--into`. Raises OutputError, and leaves nothing behind, where that cannot be.
        """
        _, copy = publish.result_paths(Path(self.outcome.budget.path), None, Path(path))
        if copy:
            publish.refuse_unfit_copy(self.outcome.budget, copy)
        return publish.write(self.outcome, None, copy)

    def explain(self, county: str) -> str:
        """Why a county, named or by its code, gets what it gets: the text of `transfer-opt explain`. Raises InputError."""
        return "\n".join(sentences(self._sheets, county, lambda: self.outcome.spec.former))

    def to_frame(self) -> pd.DataFrame:
        """「分配结果」, a row per county: the allocated amounts exact, sums of them equal to the pools."""
        from transfer_opt.report.frame import allocation_frame

        return allocation_frame(self.outcome)

    @cached_property
    def _sheets(self) -> Mapping[str, ResultSheet]:
        """What the explanation of a county is told from."""
        outcome = self.outcome
        tables = (
            allocation_table(outcome),
            step_table(outcome),
            rule_table(outcome),
            county_sensitivity_table(outcome),
            audit_table(outcome, ""),
            input_table(outcome),
            *responsibility_tables(outcome)[:1],
            *flow_tables(outcome)[:1],
            *succession_tables(outcome),
            *([path_table(outcome)] if outcome.projection else ()),
        )
        return {table.name: as_written(table) for table in tables}

    def __repr__(self) -> str:
        case = self.outcome.case
        return (
            f"<Solved {self.scenario}：{len(case.funds)} 项资金，{len(case.recipients)} 个县区，"
            f"合计 {in_figures(self.outcome.given.sum())} {self.money_unit}，校验码 {self.check_code[:6]}…>"
        )


def solve(
    budget: BudgetWorkbook,
    scenario: str | None = None,
    unit: str | None = None,
    solver: str = "auto",
    relax: bool = False,
    progress: Progress = lambda _: None,
    deadline: Deadline = NEVER,
) -> Solved:
    """The allocation. Raises InputError, InfeasibleError or SolverError."""
    prepared = settled(budget.model, budget.budget, scenario, unit)
    return Solved(allocate.allocate(prepared, solver, progress, relax, deadline))


@dataclass(frozen=True)
class Order:
    """What `transfer-opt solve` is asked to do."""

    budget: Path
    output: Path | None
    copy: Path | None
    scenario: str | None
    unit: str | None
    solver: str
    relax: bool
    ledger: str | None


@dataclass(frozen=True)
class Done:
    """What it did."""

    solved: Solved
    target: Path | None
    copy: Path | None
    remarks: tuple[str, ...]
    """What in the copy is not as in the budget."""
    entered: Entered | None


def solve_and_write(
    order: Order,
    read: Callable[[], BudgetWorkbook],
    progress: Progress = lambda _: None,
    deadline: Deadline = NEVER,
) -> Done:
    """Refuse what cannot be written, then `read` the budget, solve, write and record. Raises any TransferOptError."""
    target, copy = publish.result_paths(order.budget, order.output, order.copy)
    prepare_ledger(order.ledger)
    progress("读取工作簿")
    given = read()
    if copy:
        publish.refuse_unfit_copy(given.budget, copy)
    solved = solve(given, order.scenario, order.unit, order.solver, order.relax, progress, deadline)
    progress("写结果工作簿")
    remarks = publish.write(solved.outcome, target, copy, deadline)
    line = record_solve(order.ledger, solved.outcome, [path for path in (target, copy) if path])
    return Done(solved, target, copy, remarks, line)
