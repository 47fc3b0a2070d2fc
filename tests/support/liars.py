"""Solvers that answer wrongly, each in its own way."""

from __future__ import annotations

import numpy as np

from transfer_opt.lexlp.program import Program, Question, RawSolution, Session
from transfer_opt.lexlp.solvers.choice import opener


class Liar:
    """HiGHS, and something wrong with what it answers."""

    def __init__(self, program: Program) -> None:
        self._session: Session = opener("highs", program.lines)(program)

    def solve(self, question: Question) -> RawSolution:
        return self.twisted(question, self._session.solve(question))

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        raise NotImplementedError


class Skewed(Liar):
    """One shadow price a tenth too small: the answer to another question."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        duals = answer.duals.copy()
        duals[np.flatnonzero(duals)[:1]] *= 0.9
        return RawSolution(True, answer.columns, duals, answer.status)


class Turned(Liar):
    """All shadow prices with the wrong sign."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(True, answer.columns, -answer.duals, answer.status)


class Shifted(Liar):
    """A little money added to every column."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(True, answer.columns + 1.0, answer.duals, answer.status)


class Content(Liar):
    """Nothing is ever missing and nothing has a price: optimal, whatever is asked."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(
            True, np.zeros(len(answer.columns)), np.zeros(len(answer.duals)), "Optimal"
        )


class Desperate(Liar):
    """Everything is impossible."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        return RawSolution(False, answer.columns, answer.duals, "Infeasible")


class Wild(Liar):
    """Prices of its own, all within reach."""

    def twisted(self, question: Question, answer: RawSolution) -> RawSolution:
        generator = np.random.default_rng(3)
        return RawSolution(
            True, answer.columns, generator.uniform(-1, 1, len(answer.duals)), "Optimal"
        )


LIARS = (Skewed, Turned, Shifted, Content, Desperate, Wild)
