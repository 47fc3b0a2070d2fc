"""Columns and rows of a program as they are added."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from transfer_opt.allocation.formulation.rule_rows import REPAIRED, RuleRows, whole_units
from transfer_opt.core.arrays import NOWHERE, Ints
from transfer_opt.core.exact import (
    ONE,
    ZERO,
    Exacts,
    either,
    every,
    filled,
    known,
    summed,
)
from transfer_opt.core.expressions import Linear, Rows, exactly, merged
from transfer_opt.lexlp.program import PREFECTURE, PROVINCE, LevelStage, Stage, Statement, SumStage
from transfer_opt.policy.case import Case


@dataclass(frozen=True)
class _Draft:
    """A stage whose cost vector may still be shorter than the columns."""

    stage: Stage

    def padded(self, count: int) -> Stage:
        if isinstance(self.stage, LevelStage):
            return self.stage
        return SumStage(
            self.stage.name, np.pad(self.stage.costs, (0, count - len(self.stage.costs)))
        )


class _Builder:
    """Columns and rows as they are added; the only mutable thing here."""

    def __init__(self, lower: Exacts, upper: Exacts, recipients: Ints, prefecture: Ints) -> None:
        self.lower, self.upper = [lower], [upper]
        self.recipients, self.prefecture = recipients, prefecture
        self.count = len(lower)
        self.rows: list[Rows] = []

    def add_columns(self, lower: Exacts, upper: Exacts) -> Ints:
        first = self.count
        self.lower.append(lower)
        self.upper.append(upper)
        self.count += len(lower)
        return np.arange(first, self.count)

    def add_violations(self, count: int) -> Ints:
        """Columns that may be anything from 0 up."""
        return self.add_columns(every(count), every(count, None))

    def column_of(self, expression: Linear) -> Ints:
        """The columns that equal the expressions: themselves where plain, else a new column and its definition."""
        plain = (
            len(expression.columns) == len(expression)
            and bool((expression.values == ONE).all())
            and bool((expression.constant == ZERO).all())
        )
        if plain:
            return expression.columns[np.argsort(expression.rows)]
        columns = self.add_columns(*self._range(expression))
        self.rows = [
            replace(block, expression=_through(columns, expression, block.expression))
            for block in self.rows
        ]
        self.add_rows(exactly(expression - _unknowns(columns, expression), ZERO))
        return columns

    def add_rows(self, rows: Rows) -> Ints:
        first = sum(len(entry) for entry in self.rows)
        self.rows.append(rows)
        return np.arange(first, first + len(rows))

    def _range(self, expression: Linear) -> tuple[Exacts, Exacts]:
        """What the bounds of its columns let an expression be."""
        lower, upper = (
            np.concatenate(self.lower)[expression.columns],
            np.concatenate(self.upper)[expression.columns],
        )
        ends, others, count = expression.values * lower, expression.values * upper, len(expression)
        return (
            expression.constant + summed(expression.rows, np.minimum(ends, others), count),
            expression.constant + summed(expression.rows, np.maximum(ends, others), count),
        )

    def statement(self, lines: int) -> Statement:
        rows = [entry.expression for entry in self.rows]
        starts = np.cumsum([0] + [len(entry) for entry in rows])
        constant = np.concatenate([entry.constant for entry in rows])
        index = np.concatenate(
            [entry.rows + start for entry, start in zip(rows, starts, strict=False)]
        )
        columns = np.concatenate([entry.columns for entry in rows])
        values = np.concatenate([entry.values for entry in rows])
        index, columns, values = merged(index, columns, values, self.count)
        return Statement(
            np.concatenate(self.lower),
            np.concatenate(self.upper),
            index,
            columns,
            values,
            _moved(np.concatenate([entry.least for entry in self.rows]), constant),
            _moved(np.concatenate([entry.most for entry in self.rows]), constant),
            self._reach(index, columns, int(starts[-1]), lines),
            lines,
        )

    def _reach(self, index: Ints, columns: Ints, count: int, lines: int) -> Ints:
        """Whether the lines of each row belong to one recipient, to one prefecture of several, or to more."""
        inside = columns < lines
        recipient = self.recipients[columns[inside]]

        def several(of: Ints) -> Ints:
            smallest, largest = np.full(count, np.iinfo(np.int64).max), np.full(count, NOWHERE)
            np.minimum.at(smallest, index[inside], of)
            np.maximum.at(largest, index[inside], of)
            return (smallest < largest).astype(np.int64)

        beyond = several(self.prefecture[recipient] if self.prefecture.any() else recipient)
        return np.maximum(several(recipient) * PREFECTURE, beyond * PROVINCE)


def _with_violations(builder: _Builder, entry: RuleRows, case: Case) -> RuleRows:
    """Enter a rule's rows (hard single-line ones are bounds already); soft rows get a violation column each."""
    position, violation = entry.position.copy(), entry.violation.copy()
    position[entry.hard & ~entry.single] = builder.add_rows(entry.coupled)
    soft = entry.soft
    if not len(soft):
        return replace(entry, position=position)
    tight = entry.single[~entry.hard]
    columns = builder.add_violations(len(soft))
    sign = either(known(soft.least), ONE, -ONE)
    tight &= (
        entry.priority[~entry.hard] != REPAIRED
    )  # counted as given: no more than is needed gives way
    unit = case.figures.unit
    lower = either(tight, whole_units(soft.least, unit, up=True), soft.least)
    upper = either(tight, whole_units(soft.most, unit, up=False), soft.most)
    relaxed = soft.expression + _unknowns(columns, soft.expression) * sign
    position[~entry.hard] = builder.add_rows(Rows(relaxed, lower, upper))
    violation[~entry.hard] = columns
    return replace(entry, violation=violation, position=position)


def _unknowns(columns: Ints, like: Linear) -> Linear:
    count = len(columns)
    return Linear(
        np.arange(count), columns, every(count, ONE), every(count), like.labels, like.subjects
    )


def _through(columns: Ints, sums: Linear, expression: Linear) -> Linear:
    """The expressions, a sum that has a column of its own written as that column: often only a bound on it is left."""
    of = {tuple(subject): k for k, subject in enumerate(sums.subjects.tolist())}
    place = np.array(
        [of.get(tuple(subject), NOWHERE) for subject in expression.subjects.tolist()],
        dtype=np.int64,
    )
    alike = np.flatnonzero(place != NOWHERE)  # both speak of the same
    other = expression[alike] + (_unknowns(columns, sums) - sums)[place[alike]]
    at, left, values = merged(other.rows, other.columns, other.values, int(columns[-1]) + 1)
    gone = np.bincount(at, np.isin(left, sums.columns), len(alike)) == 0
    kept, taken = ~np.isin(expression.rows, alike[gone]), gone[at]
    constant = expression.constant.copy()
    constant[alike[gone]] = other.constant[gone]
    return replace(
        expression,
        rows=np.concatenate([expression.rows[kept], alike[at[taken]]]),
        columns=np.concatenate([expression.columns[kept], left[taken]]),
        values=np.concatenate([expression.values[kept], values[taken]]),
        constant=constant,
    )


def _moved(sides: Exacts, constant: Exacts) -> Exacts:
    """Sides of rows once the constant stands on the right; None stays None."""
    return either(known(sides), filled(sides) - constant, None)
