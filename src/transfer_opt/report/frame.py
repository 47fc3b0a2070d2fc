"""Results as data frames, for whoever goes on with pandas: one row per county, the headers those of the sheets.

Allocated money is exact: whole numbers as Int64, others as Decimal, so that every sum is the pool to the last digit.
All else is float64. What a sheet leaves empty is missing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Table
from transfer_opt.report.allocation import allocation_table
from transfer_opt.report.parts import KEY_COLUMNS
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import Comparison

SCENARIO, TOTAL, BEFORE, LEVEL, SHORT = "方案", "合计", "上年合计", "分配后保障水平", "三保缺口"
KEYS = tuple(column.name for column in KEY_COLUMNS)
SUMS = ("total", "subtotal")
"""Kinds of rows that add others up."""


def frame(table: Table, exact: Sequence[str] = ()) -> pd.DataFrame:
    """A table without its 合计 and 小计 rows; the columns named `exact` hold allocated money."""
    rows = [row.values for row in table.rows if row.kind not in SUMS]
    return pd.DataFrame({
        column.name: _money(values) if column.name in exact else _plain(values)
        for column, *values in zip(table.columns, *rows, strict=True)})


def allocation_frame(outcome: Outcome) -> pd.DataFrame:
    """「分配结果」."""
    return frame(allocation_table(outcome), [*(fund.name for fund in outcome.case.funds), TOTAL])


def comparison_frame(comparison: Comparison) -> pd.DataFrame:
    """One row per scenario and county: what every fund gives, and what that leads to."""
    return pd.concat([_side(comparison, side) for side in comparison.sides], ignore_index=True)


def _side(comparison: Comparison, side: Side) -> pd.DataFrame:
    units = comparison.units
    keys = {name: list(values) for name, values in zip(KEYS, (units.code, units.name, units.prefecture), strict=True)}
    funds = dict(zip(comparison.funds, side.amounts, strict=True))
    return pd.DataFrame({
        SCENARIO: [side.name] * len(units), **keys,
        **{name: _money(_known(row)) for name, row in funds.items()}, TOTAL: _money(_known(side.given)),
        BEFORE: side.before, LEVEL: side.coverage, SHORT: side.short})


def _known(values: Floats) -> list[Value]:
    return [None if value != value else value for value in values.tolist()]


def _money(values: Iterable[Value]) -> Any:
    """Published amounts, which are short decimal numbers: what a float of them prints is exact."""
    exact = [None if value is None else Decimal(str(value)) for value in values]
    if all(value is None or value == value.to_integral_value() for value in exact):
        return pd.array([None if value is None else int(value) for value in exact], dtype="Int64")
    return pd.array(exact, dtype=object)


def _plain(values: Sequence[Value]) -> Any:
    """Numbers where there are only such, else as they are; an empty text where a number has no sense is missing."""
    given = [value for value in values if value not in (None, "")]
    if given and all(isinstance(value, int | float) for value in given):
        return np.array([value if value not in (None, "") else np.nan for value in values], dtype=float)
    return list(values)
