"""「分组对比」: what counties of one kind get under every scenario."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.explanation.strata import Province, Standing, Stratum, strata
from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, ColumnKind, Row, Table
from transfer_opt.policy.case import YUAN
from transfer_opt.report.parts import heading
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import Comparison

MEASURES: tuple[tuple[str, ColumnKind, float], ...] = (
    ("合计", "money", 11),
    ("占比", "share", 8),
    ("人均(元)", "per_head", 9),
    ("保障水平", "share", 8),
    ("比上年", "growth_money", 10),
)
"""Band, kind and width of the columns that every scenario has."""


def strata_table(comparison: Comparison) -> Table | None:
    """A row per kind of county, a column per measure and scenario; None where nothing tells kinds apart."""
    found = list(_strata(comparison))
    if not found:
        return None
    sides = comparison.sides
    columns = [
        Column("分组", "text", 22),
        Column("分组依据", "note", 14),
        Column("县数", "number", 6),
    ]
    columns += [
        Column(side.name, kind, width, band, group_start=side is sides[0])
        for band, kind, width in MEASURES
        for side in sides
    ]
    columns.insert(3, Column("分配前保障水平", "share", 9))
    rows = tuple(_row(comparison, each) for each in found)
    return Table(
        "分组对比",
        f"{heading(comparison.lead)}分组结果对比",
        tuple(columns),
        rows,
        f"单位：{comparison.money_unit}（人均：元）",
        notes=(
            "注：同一组的县合在一起；占比是占各县合计的份额，保障水平是组内财力合计÷标准财政支出合计。",
        ),
        paper="A3",
    )


def _strata(comparison: Comparison) -> Iterator[Stratum]:
    """By the columns of the first plan, on the common list of units; who is not in it is in no stratum."""
    side = next((side for side in comparison.sides if side.plan), None)
    if side is None or side.plan is None:
        return
    units = side.plan.case.recipients
    there = side.place != NOWHERE
    for stratum in strata(units.texts, units.number("常住人口")):
        yield Stratum(stratum.column, stratum.kind, there & stratum.members[side.place])


def _row(comparison: Comparison, stratum: Stratum) -> Row:
    standings = [_standing(side, stratum) for side in comparison.sides]
    known = [standing.before for standing in standings if not np.isnan(standing.before)]
    times = YUAN[comparison.money_unit]
    measures = (
        [standing.given for standing in standings],
        [standing.share for standing in standings],
        [
            standing.given * times / standing.heads if standing.heads > 0 else np.nan
            for standing in standings
        ],
        [standing.after for standing in standings],
        [standing.change for standing in standings],
    )
    return Row(
        "plain",
        (
            stratum.kind,
            f"按{stratum.column}",
            float(stratum.members.sum()),
            known[0] if known else None,
            *(_shown(value) for values in measures for value in values),
        ),
    )


def _standing(side: Side, stratum: Stratum) -> Standing:
    unknown = np.full(len(side.given), np.nan)
    case = side.plan.case if side.plan else None
    people = side.spread(case.recipients.number("常住人口")) if case else unknown
    own = side.spread(case.own) if case else unknown
    return Province(side.given, side.before, people, own, side.capacity, side.expenditure).standing(
        stratum.members
    )


def _shown(value: float) -> Value:
    return None if np.isnan(value) else float(value)
