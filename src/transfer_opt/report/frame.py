"""Results as data frames, for whoever goes on with pandas: one row per county, the headers those of the sheets.

Allocated money is exact: whole numbers as Int64, others as Decimal, so that every sum is the pool to the last digit.
All other numbers are float64. What a sheet leaves empty is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Table
from transfer_opt.report.allocation import allocation_table
from transfer_opt.report.parts import KEY_COLUMNS, groups
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import Comparison
from transfer_opt.workbook.output.styles import TEXT_KINDS

SCENARIO, TOTAL, BEFORE, LEVEL, SHORT = "方案", "合计", "上年合计", "分配后保障水平", "三保缺口"
KEYS = tuple(column.name for column in KEY_COLUMNS)
SUMS = ("total", "subtotal")
"""Kinds of rows that add others up."""
Money: TypeAlias = Sequence[Decimal | None]
"""A column of allocated amounts; None where a county has no part in the fund."""
NONE: Mapping[str, Money] = MappingProxyType({})


def frame(table: Table, exact: Mapping[str, Money] = NONE) -> pd.DataFrame:
    """A table without its 合计 and 小计 rows; `exact` has the columns of allocated money, by name and in order of the rows."""
    rows = [row.values for row in table.rows if row.kind not in SUMS]
    return pd.DataFrame(
        {
            column.name: _money(exact[column.name])
            if column.name in exact
            else _plain(column, values)
            for column, *values in zip(table.columns, *rows, strict=True)
        }
    )


def allocation_frame(outcome: Outcome) -> pd.DataFrame:
    """「分配结果」."""
    case, unit = outcome.case, Decimal(repr(float(outcome.case.unit)))
    published = {
        (int(f), int(i)): int(count) * unit
        for f, i, count in zip(case.lines.fund, case.lines.recipient, outcome.units, strict=True)
    }
    order = [int(group.members.item()) for group in groups(case) if group.kind == "unit"]
    funds = {fund.name: [published.get((f, i)) for i in order] for f, fund in enumerate(case.funds)}
    totals = [
        sum((money for money in county if money is not None), Decimal(0))
        for county in zip(*funds.values(), strict=True)
    ]
    return frame(allocation_table(outcome), {**funds, TOTAL: totals})


def comparison_frame(comparison: Comparison) -> pd.DataFrame:
    """One row per scenario and county: what every fund gives, and what that leads to."""
    return pd.concat([_side(comparison, side) for side in comparison.sides], ignore_index=True)


def _side(comparison: Comparison, side: Side) -> pd.DataFrame:
    units = comparison.units
    keys = {
        name: list(values)
        for name, values in zip(KEYS, (units.code, units.name, units.prefecture), strict=True)
    }
    funds = {
        name: _money(_exact(row)) for name, row in zip(comparison.funds, side.amounts, strict=True)
    }
    return pd.DataFrame(
        {
            SCENARIO: [side.name] * len(units),
            **keys,
            **funds,
            TOTAL: _money(_exact(side.given)),
            BEFORE: side.before,
            LEVEL: side.coverage,
            SHORT: side.short,
        }
    )


def _exact(values: Floats) -> Money:
    """Published amounts are short decimal numbers, of which a float prints every digit."""
    return [None if value != value else Decimal(repr(value)) for value in values.tolist()]


def _money(values: Money) -> Any:
    if all(value is None or value == value.to_integral_value() for value in values):
        return pd.array([None if value is None else int(value) for value in values], dtype="Int64")
    return pd.array(values, dtype=object)


def _plain(column: Column, values: Sequence[Value]) -> Any:
    """As they are in a column of texts; else numbers, missing where the sheet is empty or a number has no sense."""
    known = [None if value == "" else value for value in values]
    if column.kind in TEXT_KINDS or any(isinstance(value, str) for value in known):
        return known
    if all(isinstance(value, int) for value in known):
        return np.array(known, dtype=np.int64)
    return np.array([np.nan if value is None else value for value in known], dtype=float)
