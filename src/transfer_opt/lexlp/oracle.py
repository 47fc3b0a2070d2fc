"""Questions to a solver, and what is believed of the answers: the duals, once their signs and their gap are checked."""

from __future__ import annotations

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Ints
from transfer_opt.core.errors import SolverError
from transfer_opt.core.expressions import finite, within
from transfer_opt.lexlp.cuts import FEASIBLE, State, cleaned
from transfer_opt.lexlp.program import ANSWER_TOLERANCE, Opener, Program, Question

WEIGHTS = np.array([16.0, 4.0, 1.0])
"""What a unit of violation costs in the search for a level, by reach: rows of few are met before rows of many."""


class Oracle:
    """One solver session on what is still open of a program: the columns that can move, the rows that touch them.

    Every row has a slack up and a slack down, so that no question is impossible.
    """

    def __init__(
        self, program: Program, state: State, open_solver: Opener, whole: bool = False
    ) -> None:
        moving = (state.lower < state.upper) | whole
        touched = np.zeros(program.shape[0], dtype=bool)
        touched[program.rows[moving[program.columns]]] = True
        switched_on = np.isfinite(state.row_lower) | np.isfinite(state.row_upper)
        self._program, self._columns, self._moving = program, np.flatnonzero(moving), moving
        self._rows = np.flatnonzero((touched | whole) & switched_on)
        self._elastic = self._made(program)
        self._session = open_solver(self._elastic)

    def sum(self, costs: Floats, state: State) -> Floats:
        """The dual (R,) of min costs · columns within these bounds and rows."""
        return self._solved(
            costs[self._columns], np.zeros(len(self._rows)), 0.0, state, primal=True
        )

    def violation(self, state: State, weighted: bool = True, near: Floats | None = None) -> Floats:
        """The dual (R,) of the least total violation of the rows within these column bounds.

        A point (C,) within them, thought `near`, is where the search starts; where it meets every row, nothing is asked.
        """
        weights = WEIGHTS[self._elastic.reach] if weighted else np.ones(len(self._rows))
        high = None
        if near is not None:
            activity = self._program.activity(near)[self._rows]
            if within(activity, state.row_lower[self._rows], state.row_upper[self._rows], FEASIBLE):
                return np.zeros(self._program.shape[0])
            high = np.flatnonzero(near[self._columns] == state.upper[self._columns])
        return self._solved(np.zeros(len(self._columns)), weights, np.inf, state, upper=high)

    def _solved(
        self,
        costs: Floats,
        weights: Floats,
        give: float,
        state: State,
        primal: bool = False,
        upper: Ints | None = None,
    ) -> Floats:
        """Solve, check the answer's own gap, return the duals with noise removed."""
        slack = np.zeros(2 * len(self._rows))
        still = self._still(state)
        low, high = state.lower[self._columns], state.upper[self._columns]
        question = Question(
            np.concatenate([costs, weights, weights]),
            np.concatenate([low, slack]),
            np.concatenate(
                [np.maximum(low, high), slack + give]
            ),  # ends that are one in fractions may cross by a float's last digit
            state.row_lower[self._rows] - still,
            state.row_upper[self._rows] - still,
            primal=primal,
            high=upper,
        )
        answer = self._session.solve(question)
        if not answer.optimal:
            raise SolverError(f"求解器返回「{answer.status}」，不是最优解。")
        if not self._holds(question, answer.columns):
            raise SolverError("求解器给出的数不满足约束。")
        duals = cleaned(answer.duals)
        # A dual on a side that is open would promise what no row guarantees.
        wrong = ((duals > 0) & ~np.isfinite(question.row_lower)) | (
            (duals < 0) & ~np.isfinite(question.row_upper)
        )
        if wrong.any():
            raise SolverError("求解器给出的影子价格方向不对。")
        bound = self._bound(question, duals)
        if (
            abs((question.costs * answer.columns).sum() - bound)
            > ANSWER_TOLERANCE * (1 + abs(bound)) * 10
        ):
            raise SolverError("求解器的最优值与影子价格不一致。")
        result = np.zeros(self._program.shape[0])
        result[self._rows] = duals
        return result

    def _holds(self, question: Question, columns: Floats) -> bool:
        """Whether columns are within every bound of the question and meet its rows."""
        slack = (
            ANSWER_TOLERANCE * (1 + np.abs(columns).max(initial=0.0)) * 10
        )  # some write down eight digits only
        return within(columns, question.lower, question.upper, slack) and within(
            self._elastic.activity(columns), question.row_lower, question.row_upper, slack
        )

    def _bound(self, question: Question, duals: Floats) -> float:
        """The bound on the optimum that the duals prove: Σ y·b + Σ min over the boxes of reduced cost · column.

        An infinite bound is only read where a dual or reduced cost of 0 stands before it.
        """
        reduced = cleaned(question.costs - self._elastic.priced(duals))
        sides = np.where(duals > 0, finite(question.row_lower), finite(question.row_upper))
        ends = np.where(reduced > 0, finite(question.lower), finite(question.upper))
        return float((duals * sides).sum() + (reduced * ends).sum())

    def _still(self, state: State) -> Floats:
        """What the columns outside give to each row."""
        fixed = np.where(self._moving, 0.0, finite(state.lower))
        return self._program.activity(fixed)[self._rows]

    def _made(self, program: Program) -> Program:
        """The part of the program inside, with the slacks after its own columns."""
        row_at, column_at = np.full(program.shape[0], -1), np.full(program.shape[1], -1)
        row_at[self._rows], column_at[self._columns] = (
            np.arange(len(self._rows)),
            np.arange(len(self._columns)),
        )
        kept: Bools = (row_at[program.rows] >= 0) & (column_at[program.columns] >= 0)
        rows, columns = len(self._rows), len(self._columns)
        every, free = np.arange(rows), np.zeros(2 * rows)
        return Program(
            np.concatenate([program.lower[self._columns], free]),
            np.concatenate([program.upper[self._columns], free + np.inf]),
            np.concatenate([row_at[program.rows[kept]], every, every]),
            np.concatenate(
                [column_at[program.columns[kept]], columns + every, columns + rows + every]
            ),
            np.concatenate([program.values[kept], np.ones(rows), -np.ones(rows)]),
            program.row_lower[self._rows],
            program.row_upper[self._rows],
            program.reach[self._rows],
            int((self._columns < program.lines).sum()),
        )
