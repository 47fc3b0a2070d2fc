"""The money short by a simplex in fractions, which knows nothing of the solver, its tolerances or its duals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.policy.case import Case
from transfer_opt.policy.settings import Settings

Limit = Fraction | None


@dataclass(frozen=True)
class Row:
    """low ≤ Σ a·x ≤ high; `fixed`: of a rule that never gives way."""

    entries: Mapping[int, Fraction]
    low: Limit
    high: Limit
    single: bool
    fixed: bool


def hard_rows(case: Case, settings: Settings) -> list[Row]:
    """Every hard row as given, those of single lines included."""
    found = []
    for entry in formulate(case, settings, ("贴近因素法",), whole=False).rules:
        expression = entry.rows.expression
        for r in np.flatnonzero(entry.hard):
            inside = expression.rows == r
            shift = _data(expression.constant[r])
            entries: dict[int, Fraction] = {}
            for j, a in zip(expression.columns[inside], expression.values[inside], strict=True):
                entries[int(j)] = entries.get(int(j), Fraction(0)) + _data(a)
            low, high = (
                None if side is None else _data(side) - shift
                for side in (entry.rows.least[r], entry.rows.most[r])
            )
            found.append(Row(entries, low, high, bool(entry.single[r]), entry.rule.fixed))
    return found


def short(case: Case, settings: Settings) -> Fraction:
    """Where floors stand above caps, by how much; else the least total by which rows over several lines must give way."""
    rows = hard_rows(case, settings)
    low, high = _box(case, [row for row in rows if row.single])
    crossed = sum((a - b for a, b in zip(low, high, strict=True) if a > b), Fraction(0))
    return crossed or least(low, high, [(row, True) for row in rows if not row.single])


def repair(case: Case, settings: Settings) -> Fraction:
    """The least total by which all rows but those of fixed rules must give way, single lines included."""
    low, high = _box(case, [])
    return least(low, high, [(row, not row.fixed) for row in hard_rows(case, settings)])


def least(
    low: Sequence[Fraction], high: Sequence[Fraction], rows: Iterable[tuple[Row, bool]]
) -> Fraction:
    """min Σ what the rows give that may, over low ≤ x ≤ high: a primal simplex with Bland's rule."""
    columns = len(low)
    costs: list[Fraction] = [Fraction(0)] * columns
    table: list[dict[int, Fraction]] = []
    right: list[Fraction] = []
    basis: list[int] = []

    def column(cost: int) -> int:
        costs.append(Fraction(cost))
        return len(costs) - 1

    big = 10**9  # a row that may not give costs so much that it never does where it need not

    def equality(entries: Mapping[int, Fraction], value: Fraction, cost: int) -> None:
        sign = 1 if value >= 0 else -1
        up, down = column(cost), column(cost)
        row = {j: sign * a for j, a in entries.items() if a}
        row[up], row[down] = Fraction(sign), Fraction(-sign)
        table.append(row)
        right.append(sign * value)
        basis.append(up if sign > 0 else down)

    for row, gives in rows:
        entries = dict(row.entries)
        shift = sum((a * low[j] for j, a in entries.items()), Fraction(0))
        cost = 1 if gives else big
        if row.low is not None and row.low == row.high:
            equality(entries, row.low - shift, cost)
            continue
        if row.low is not None:
            equality({**entries, column(0): Fraction(-1)}, row.low - shift, cost)
        if row.high is not None:
            equality({**entries, column(0): Fraction(1)}, row.high - shift, cost)
    for j in range(columns):
        slack = column(0)
        table.append({j: Fraction(1), slack: Fraction(1)})
        right.append(high[j] - low[j])
        basis.append(slack)
    return _minimum(costs, table, right, basis)


def _minimum(
    costs: list[Fraction], table: list[dict[int, Fraction]], right: list[Fraction], basis: list[int]
) -> Fraction:
    reduced = {j: cost for j, cost in enumerate(costs) if cost}
    value = Fraction(0)
    for r, b in enumerate(basis):
        if costs[b]:
            value += costs[b] * right[r]
            _subtract(reduced, table[r], costs[b])
    while True:
        enter = min((j for j, cost in reduced.items() if cost < 0), default=None)
        if enter is None:
            return value
        ratios = [
            (right[r] / row[enter], basis[r], r)
            for r, row in enumerate(table)
            if row.get(enter, 0) > 0
        ]
        _, _, leave = min(ratios)
        pivot = table[leave][enter]
        table[leave] = {j: a / pivot for j, a in table[leave].items()}
        right[leave] /= pivot
        for r, row in enumerate(table):
            if r != leave and (factor := row.get(enter)):
                _subtract(row, table[leave], factor)
                right[r] -= factor * right[leave]
        factor = reduced[enter]
        value += factor * right[leave]
        _subtract(reduced, table[leave], factor)
        basis[leave] = enter


def _subtract(row: dict[int, Fraction], other: Mapping[int, Fraction], factor: Fraction) -> None:
    for j, a in other.items():
        left = row.get(j, Fraction(0)) - factor * a
        if left:
            row[j] = left
        else:
            row.pop(j, None)


def _box(case: Case, singles: Iterable[Row]) -> tuple[list[Fraction], list[Fraction]]:
    low = [Fraction(0)] * len(case.lines)
    high = [_data(case.figures.pools[f]) for f in case.lines.fund]
    for row in singles:
        (j,) = row.entries
        low[j] = max(low[j], row.low) if row.low is not None else low[j]
        high[j] = min(high[j], row.high) if row.high is not None else high[j]
    return low, high


def _data(value: mpq) -> Fraction:
    return Fraction(int(value.numerator), int(value.denominator))
