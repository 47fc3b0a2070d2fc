"""What a draft comes to: at once the amounts, then everything that is said of them, by the calls the commands make."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.nearby import Nearby
from transfer_opt.allocation.plan import Amounts, Outcome
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.time_limit import NEVER, Deadline
from transfer_opt.intake.checks.catalogue import errors_of
from transfer_opt.intake.prepare import BudgetWorkbook, Prepared, settled
from transfer_opt.intake.scenario_cells import Cells
from transfer_opt.policy.admissible import parse_objectives
from transfer_opt.policy.settings import Settings
from transfer_opt.workbench.draft import TRIED, Draft, column, read, with_columns


@dataclass(frozen=True)
class Answer:
    """The amounts of a draft before anything is said of them; None where the rules contradict each other."""

    draft: Draft
    settings: Settings
    objective: tuple[str, ...]
    amounts: Amounts | None
    seconds: float
    """How long it took to find them."""


class Desk:
    """One workbook on the desk: read once, asked again and again."""

    def __init__(self, given: BudgetWorkbook) -> None:
        """Raises InputError where the workbook has errors."""
        self.given = given
        self.prepared: Prepared = settled(given.model, given.budget)
        if errors_of(self.prepared.problems):
            raise InputError(self.prepared.problems)
        self._nearby = Nearby(self.prepared.spec, given.budget)
        self._columns: dict[str, Cells] = {}

    @property
    def scenarios(self) -> tuple[str, ...]:
        """What a draft may start from."""
        return self.given.scenarios

    @cached_property
    def funds(self) -> tuple[str, ...]:
        """This year's."""
        return self.prepared.settings.funds

    def cells(self, draft: Draft) -> Cells:
        """Every cell of the draft's column: those of the base, then those tried."""
        if draft.base not in self._columns:
            self._columns[draft.base] = column(self.prepared, draft.base)
        return {**self._columns[draft.base], **draft.cells}

    def settings(self, draft: Draft) -> Settings:
        """The rules as the draft has them; raises InputError for a cell that cannot be read."""
        changes, wrong = read(self.prepared, self.cells(draft))
        if errors_of(wrong):
            raise InputError([_in_words(problem) for problem in errors_of(wrong)])
        known = tuple(change for change in changes if not change.fund or change.fund in self.funds)
        return replace(self.prepared.settings, layers=(self.prepared.settings.layers[0], known))

    def answer(self, draft: Draft) -> Answer | None:
        """The amounts at once; None where only the whole pipeline can tell.

        It shares out the province's own money first, and says which figures are missing that the draft needs.
        Raises InputError for a cell that cannot be read, SolverError.
        """
        start = time.perf_counter()
        settings = self.settings(draft)
        objective = parse_objectives(settings.text("目标", "顺序")) or self.prepared.spec.objective
        try:
            if self._nearby.case(settings).province_moves:
                return None
            near = self._nearby.answer(settings, objective)
        except (TypeError, ArithmeticError):  # a figure that is missing, or beyond all bounds
            return None
        amounts = None
        if near.units is not None:
            amounts = Amounts(
                self.prepared.spec,
                self.given.budget,
                settings,
                near.case,
                _called(draft),
                objective,
                near.units,
            )
        return Answer(draft, settings, objective, amounts, time.perf_counter() - start)

    def outcome(
        self,
        draft: Draft,
        progress: Callable[[str], None] = lambda _: None,
        deadline: Deadline = NEVER,
    ) -> Outcome:
        """The whole: proved, explained. Raises InputError, InfeasibleError, SolverError."""
        tried = with_columns(self.given.budget, {TRIED: self.cells(draft)})
        prepared = settled(self.given.model, tried, TRIED)
        return allocate(
            replace(prepared, scenario=_called(draft)),
            progress=progress,
            deadline=deadline,
            sensitive=False,
        )


def _called(draft: Draft) -> str:
    """How the amounts are headed."""
    return TRIED if draft.cells else draft.base


def _in_words(problem: Problem) -> Problem:
    """Told without a cell: on the page there is none."""
    return replace(problem, sheet="", cell="", column="")
