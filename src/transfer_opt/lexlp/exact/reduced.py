"""What is still open of a program in fractions, and the same in floats, of which a solver tells where it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Floats
from transfer_opt.lexlp.exact.integers import Bound, Number, total
from transfer_opt.lexlp.exact.simplex import ExactProgram, Vertex, optimum
from transfer_opt.lexlp.program import Program, Question

Basis = Callable[[Program, Question], tuple[Floats, Sequence[str]] | None]
"""The columns and the basis (columns, then rows) in which a float solver ends; None where it ends in none."""


@dataclass(frozen=True)
class Reduced:
    """The columns that can move, and the rows they touch, what the others give taken off."""

    whole: ExactProgram
    columns: Sequence[int]
    rows: Sequence[int]
    part: ExactProgram | None
    """None where a row that no open column touches is not met."""

    @staticmethod
    def of(program: ExactProgram) -> Reduced:
        """What is open of it."""
        columns = [
            j for j, low in enumerate(program.lower) if low is None or low != program.upper[j]
        ]
        place = {j: k for k, j in enumerate(columns)}
        rows, entries, row_lower, row_upper = [], [], list[Bound](), list[Bound]()
        possible = True
        for r, row in enumerate(program.rows):
            low, high = program.row_lower[r], program.row_upper[r]
            if low is None and high is None:
                continue
            inside = {place[j]: a for j, a in row.items() if j in place}
            still = total((a, program.lower[j]) for j, a in row.items() if j not in place)
            low, high = (None if side is None else side - still for side in (low, high))
            if inside:
                rows.append(r)
                entries.append(inside)
                row_lower.append(low)
                row_upper.append(high)
            else:
                possible &= (low is None or low <= 0) and (high is None or high >= 0)
        part = ExactProgram(
            [program.costs[j] for j in columns],
            [program.lower[j] for j in columns],
            [program.upper[j] for j in columns],
            entries,
            row_lower,
            row_upper,
        )
        return Reduced(program, columns, rows, part if possible else None)

    def optimum(self, basis: Basis, scale: float) -> Vertex | None:
        """The optimum of the whole; None where its rows cannot be met."""
        if self.part is None:
            return None
        found = self._by_floats(self.part, basis, scale)
        vertex = optimum(self.part, found[1] if found else ())
        if vertex is None:
            return None
        columns: list[Number] = list(self.whole.lower)
        for j, value in zip(self.columns, vertex.columns, strict=True):
            columns[j] = value
        duals: list[Number] = [mpq(0)] * len(self.whole.rows)
        reduced: list[Number] = [mpq(cost) for cost in self.whole.costs]
        for r, dual in zip(self.rows, vertex.duals, strict=True):
            duals[r] = dual
            if dual:
                for j, a in self.whole.rows[r].items():
                    reduced[j] -= a * dual
        return Vertex(columns, duals, reduced)

    def least_by_floats(self, basis: Basis, scale: float) -> float | None:
        """The value of the last column where a float solver ends; None where it ends in nothing."""
        found = self._by_floats(self.part, basis, scale) if self.part else None
        return None if found is None else float(found[0][-1])

    def _by_floats(
        self, part: ExactProgram, basis: Basis, scale: float
    ) -> tuple[Floats, Sequence[str]] | None:
        """Money divided by the scale; the ratio θ, in the last column where it has a cost of 1 alone, as it is."""
        theta = (
            len(part.costs) - 1
            if self.columns
            and self.columns[-1] == len(self.whole.costs) - 1
            and part.costs[-1] == 1
            else -1
        )
        rows = [
            (r, j, float(a) / (scale if j == theta else 1.0))
            for r, row in enumerate(part.rows)
            for j, a in row.items()
        ]
        index, columns, values = (
            (np.array(each) for each in zip(*rows, strict=True))
            if rows
            else (np.zeros(0, dtype=np.int64),) * 3
        )

        def sides(given: Sequence[Bound], absent: float) -> Floats:
            return np.array(
                [absent if side is None else float(side) / scale for side in given], dtype=float
            )

        lower, upper = sides(part.lower, -np.inf), sides(part.upper, np.inf)
        row_lower, row_upper = sides(part.row_lower, -np.inf), sides(part.row_upper, np.inf)
        program = Program(
            lower,
            upper,
            index.astype(np.int64),
            columns.astype(np.int64),
            values.astype(float),
            row_lower,
            row_upper,
            np.zeros(len(part.rows), dtype=np.int64),
            len(part.costs),
        )
        return basis(
            program,
            Question(
                np.array([float(cost) for cost in part.costs]), lower, upper, row_lower, row_upper
            ),
        )
