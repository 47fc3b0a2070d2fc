"""Linear programs in fractions: a solver's last basis made exact, and exact pivots from there on where it is not optimal.

    min costs · x     lower ≤ x ≤ upper,  row_lower ≤ A·x ≤ row_upper

Every row has a variable of its own, its activity. A basis names as many variables as there are rows; all others stand
at a bound, or at 0 where they have none. What the basis leaves inside its bounds, with reduced costs that all press
outward, is optimal; no tolerance decides that. Where basic variables miss their bounds, what they miss by is
minimised first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gmpy2 import mpq

from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.exact.integers import Bound, Number

BASIC, LOW, HIGH, FREE = "basic", "low", "high", "free"
GREEDY = 500
"""So many pivots take the steepest way; after that the first in order is taken, which cannot run in circles."""
MOST_PIVOTS = 20_000


@dataclass(frozen=True)
class ExactProgram:
    """n columns, m rows."""

    costs: Sequence[Number]
    lower: Sequence[Bound]
    upper: Sequence[Bound]
    rows: Sequence[Mapping[int, Number]]
    row_lower: Sequence[Bound]
    row_upper: Sequence[Bound]


@dataclass(frozen=True)
class Vertex:
    """An optimum and its proof."""

    columns: list[Number]
    duals: list[Number]
    """(m,) ≥ 0 on a lower side, ≤ 0 on an upper one."""
    reduced: list[Number]
    """(n,) costs − Aᵀ·duals."""


def optimum(program: ExactProgram, start: Sequence[str] = ()) -> Vertex | None:
    """The optimum, from the basis `start` (n + m words: columns, then rows); None where the rows cannot be met.

    Raises SolverError where the costs have no least value.
    """
    return _Simplex(program, start).run()


class _Simplex:
    """The basis as it moves."""

    def __init__(self, program: ExactProgram, start: Sequence[str]) -> None:
        self._program, self._columns = program, len(program.costs)
        self._lower, self._upper = (
            [*program.lower, *program.row_lower],
            [*program.upper, *program.row_upper],
        )
        given = list(start) or [LOW] * self._columns + [BASIC] * len(program.rows)
        self._state = [
            BASIC if said == BASIC else self._resting(v, said) for v, said in enumerate(given)
        ]
        self._by_column: list[dict[int, Number]] = [{} for _ in program.costs]
        for r, row in enumerate(program.rows):
            for j, a in row.items():
                self._by_column[j][r] = a

    def run(self) -> Vertex | None:
        """Pivot until nothing improves."""
        for pivot in range(MOST_PIVOTS):
            factors = self._factored()
            values = self._values(factors)
            missed = self._missed(values)
            costs = self._costs(missed)
            duals = self._duals(factors, costs)
            reduced = [
                cost - sum((a * duals[r] for r, a in column.items() if r in duals), mpq(0))
                for cost, column in zip(costs, self._by_column, strict=True)
            ]
            entering = self._entering(reduced, duals, greedy=pivot < GREEDY)
            if entering is None:
                if missed:
                    return None
                every = [duals.get(r, mpq(0)) for r in range(len(self._program.rows))]
                return Vertex(values[: self._columns], every, reduced)
            self._step(factors, values, missed, *entering)
        raise SolverError("精确求解没有在规定步数内结束。")

    def _resting(self, v: int, said: str) -> str:
        """Where a variable outside the basis stands."""
        low, high = self._lower[v], self._upper[v]
        if low is None and high is None:
            return FREE
        return HIGH if low is None or (said == HIGH and high is not None) else LOW

    def _at(self, v: int) -> Number:
        """The value of a variable outside the basis."""
        return {LOW: self._lower[v], HIGH: self._upper[v], FREE: mpq(0)}[self._state[v]]

    def _factored(self) -> _Factors:
        """The basic columns over the rows whose activity stands at a bound; what is dependent there leaves the basis."""
        count = self._columns
        rows = [r for r in range(len(self._program.rows)) if self._state[count + r] != BASIC]
        columns = [j for j in range(count) if self._state[j] == BASIC]
        basic = set(columns)
        factors = _Factors(
            {r: {j: a for j, a in self._program.rows[r].items() if j in basic} for r in rows}
        )
        for j in basic - factors.columns:
            self._state[j] = self._resting(j, LOW)
        for r in set(rows) - factors.rows:
            self._state[count + r] = BASIC
        return factors

    def _values(self, factors: _Factors) -> list[Number]:
        """All variables (n + m)."""
        count = self._columns
        values: list[Number] = [
            mpq(0) if self._state[j] == BASIC else self._at(j) for j in range(count)
        ]
        right = {
            r: self._at(count + r)
            - sum((a * values[j] for j, a in self._program.rows[r].items() if values[j]), mpq(0))
            for r in factors.rows
        }
        for j, value in factors.solved(right).items():
            values[j] = value
        return values + [
            sum((a * values[j] for j, a in row.items() if values[j]), mpq(0))
            for row in self._program.rows
        ]

    def _missed(self, values: Sequence[Number]) -> dict[int, int]:
        """The basic variables below (-1) or above (1) their bounds."""
        missed = {}
        for v, value in enumerate(values):
            if self._state[v] == BASIC:
                if (low := self._lower[v]) is not None and value < low:
                    missed[v] = -1
                elif (high := self._upper[v]) is not None and value > high:
                    missed[v] = 1
        return missed

    def _costs(self, missed: Mapping[int, int]) -> list[Number]:
        """Of the columns: the program's own, or how fast what is missed grows with them."""
        if not missed:
            return list(self._program.costs)
        costs: list[Number] = [mpq(missed.get(j, 0)) for j in range(self._columns)]
        for v, sign in missed.items():
            if v >= self._columns:
                for j, a in self._program.rows[v - self._columns].items():
                    costs[j] += sign * a
        return costs

    def _duals(self, factors: _Factors, costs: Sequence[Number]) -> dict[int, Number]:
        return factors.solved_for_rows({j: costs[j] for j in factors.columns})

    def _entering(
        self, reduced: Sequence[Number], duals: Mapping[int, Number], *, greedy: bool
    ) -> tuple[int, int] | None:
        """A variable outside the basis and the direction (1 or -1) in which it pays to move it."""
        best, steepest = None, mpq(0)
        for v, state in enumerate(self._state):
            if state == BASIC or (self._lower[v] is not None and self._lower[v] == self._upper[v]):
                continue
            slope = reduced[v] if v < self._columns else duals.get(v - self._columns, mpq(0))
            if (slope < 0 and state != HIGH) or (slope > 0 and state != LOW):
                if not greedy:
                    return v, -1 if slope > 0 else 1
                if abs(slope) > steepest:
                    best, steepest = (v, -1 if slope > 0 else 1), abs(slope)
        return best

    def _step(
        self,
        factors: _Factors,
        values: Sequence[Number],
        missed: Mapping[int, int],
        entering: int,
        sign: int,
    ) -> None:
        """Move the entering variable until the first basic one, or itself, comes to a bound."""
        rates = self._rates(factors, entering, sign)
        low, high = self._lower[entering], self._upper[entering]
        reach = None if low is None or high is None else high - low
        leaving = None
        for v in sorted(rates):
            rate = rates[v]
            side = self._next_bound(rate, missed.get(v, 0))
            bound = None if side is None else self._upper[v] if side == HIGH else self._lower[v]
            if bound is None:
                continue
            length = (bound - values[v]) / rate
            if reach is None or length < reach:
                reach, leaving = length, (v, side)
        if reach is None:
            raise SolverError("精确求解没有最小值。")
        if leaving is None:
            self._state[entering] = HIGH if sign > 0 else LOW
            return
        self._state[leaving[0]] = str(leaving[1])
        self._state[entering] = BASIC

    def _rates(self, factors: _Factors, entering: int, sign: int) -> dict[int, Number]:
        """How fast every basic variable moves with the entering one; those that stand still left out."""
        count, moves = self._columns, dict[int, Number]()
        if entering < count:
            column = self._by_column[entering]
            moves = factors.solved({r: -sign * a for r, a in column.items() if r in factors.rows})
            moves[entering] = mpq(sign)
        else:
            moves = factors.solved({entering - count: mpq(sign)})
        rates = {j: rate for j, rate in moves.items() if rate and j != entering}
        activity: dict[int, Number] = {}
        for j, rate in moves.items():
            if rate:
                for r, a in self._by_column[j].items():
                    activity[r] = activity.get(r, mpq(0)) + a * rate
        return rates | {
            count + r: rate
            for r, rate in activity.items()
            if rate and self._state[count + r] == BASIC
        }

    def _next_bound(self, rate: Number, missed: int) -> str | None:
        """The bound that a basic variable comes to first; one that misses a bound comes to that."""
        if missed:
            return None if (rate > 0) == (missed > 0) else LOW if missed < 0 else HIGH
        return HIGH if rate > 0 else LOW


class _Factors:
    """A square matrix of rows and columns, eliminated: pivots where the fewest others are touched."""

    def __init__(self, matrix: dict[int, dict[int, Number]]) -> None:
        self._pivots: list[tuple[int, int, dict[int, Number], dict[int, Number]]] = []
        """Row, column, the row as it was eliminated, and what of it went into the later rows."""
        left = {r: dict(row) for r, row in matrix.items() if row}
        users: dict[int, set[int]] = {}
        for r, row in left.items():
            for j in row:
                users.setdefault(j, set()).add(r)
        while left:
            r = min(left, key=lambda each: (len(left[each]), each))
            row = left.pop(r)
            for j in row:
                users[j].discard(r)
            if not row:
                continue
            j = min(row, key=lambda each: (len(users[each]), each))
            multiples = {}
            for other in sorted(users.pop(j)):
                factor = left[other].pop(j) / mpq(row[j])
                multiples[other] = factor
                target = left[other]
                for k, a in row.items():
                    if k != j:
                        value = target.get(k, 0) - factor * a
                        if value:
                            target[k] = value
                            users[k].add(other)
                        elif k in target:
                            del target[k]
                            users[k].discard(other)
            self._pivots.append((r, j, row, multiples))
        self.rows = {r for r, *_ in self._pivots}
        self.columns = {j for _, j, *_ in self._pivots}

    def solved(self, right: Mapping[int, Number]) -> dict[int, Number]:
        """x with M·x = right, by column."""
        side = dict(right)
        for r, _, _, multiples in self._pivots:
            if value := side.get(r, 0):
                for other, factor in multiples.items():
                    side[other] = side.get(other, 0) - factor * value
        found: dict[int, Number] = {}
        for r, j, row, _ in reversed(self._pivots):
            value = side.get(r, 0) - sum(
                (a * found[k] for k, a in row.items() if k != j and k in found), mpq(0)
            )
            found[j] = value / mpq(row[j])
        return found

    def solved_for_rows(self, right: Mapping[int, Number]) -> dict[int, Number]:
        """y with Mᵀ·y = right, by row."""
        side = dict(right)
        found: dict[int, Number] = {}
        for r, j, row, _ in self._pivots:
            value = mpq(side.get(j, 0)) / row[j]
            found[r] = value
            if value:
                for k, a in row.items():
                    if k != j:
                        side[k] = side.get(k, 0) - a * value
        for r, _, _, multiples in reversed(self._pivots):
            found[r] -= sum(
                (factor * found[other] for other, factor in multiples.items() if other in found),
                mpq(0),
            )
        return found
