"""Who gets more and who less, in money: 「市州和规模」 by prefecture and by size, 「得失对比」 by scenario."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.allocation.explanation.strata import POPULATION, SIZES, bands
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, Row, RowKind, Table
from transfer_opt.policy.case import YUAN
from transfer_opt.report.comparison.counties import amounts, head_count, money_columns
from transfer_opt.report.equality import short_prefecture
from transfer_opt.report.parts import amount, heading
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import LAST_YEAR, Comparison

SPENDING = (1e9, 4e9)
"""元 of 标准财政支出 at which the size bands part."""
NAMED = 3
ALL, SIZE = "全省", "规模"


def group_table(comparison: Comparison) -> Table:
    """Money of all funds together by prefecture and by size band."""
    rows = [_row(comparison, "active", ALL, "全部县区", np.arange(len(comparison.units)))]
    rows += [
        _row(comparison, "plain", "市州", short_prefecture(str(name)), members)
        for name, members in zip(
            comparison.units.prefectures, comparison.units.prefecture_members, strict=True
        )
    ]
    what, bands = size_bands(comparison)
    rows += [_row(comparison, "plain", SIZE, name, members) for name, members in bands]
    return Table(
        "市州和规模",
        f"{heading(comparison.lead)}市州和规模对比",
        (
            Column("分法", "mark", 7),
            Column("分组", "text", 18),
            Column("县数", "number", 6),
            *money_columns(comparison),
        ),
        tuple(rows),
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        notes=(f"注：规模按{what}分档，每个县只在一档；各市州之和、各档之和都等于全省。",),
        paper="A3",
        fit="page",
    )


def size_bands(comparison: Comparison) -> tuple[str, list[tuple[str, Ints]]]:
    """What the bands go by, and each band with its units; by residents, or where nobody knows them by spending."""
    people = head_count(comparison)
    side = next(side for side in comparison.sides if side.plan is comparison.lead)
    spending = side.expenditure * YUAN[comparison.money_unit]
    what, sizes = (POPULATION, people) if people is not None else ("标准财政支出", spending)
    names, band = (
        bands(sizes, SIZES, 1e4, "万", "人")
        if people is not None
        else bands(sizes, SPENDING, 1e8, "亿", "元")
    )
    band = np.where(np.isnan(sizes), len(names), band)
    found = [(name, np.flatnonzero(band == at)) for at, name in enumerate((*names, "不知道"))]
    return what, [(name, members) for name, members in found if len(members)]


def balance_table(comparison: Comparison) -> Table:
    """Scenario by scenario who gets more and who less, than the baseline and than last year."""
    columns = (
        Column("方案", "text", 16),
        Column("与谁比", "text", 14),
        Column("多得的县", "number", 8),
        Column("多得的金额", "money", 12),
        Column("多得最多", "note", 46),
        Column("少得的县", "number", 8),
        Column("少得的金额", "money", 12),
        Column("少得最多", "note", 46),
    )
    rows = tuple(
        Row(
            "plain",
            (
                side.name,
                name,
                *_gains(comparison, difference, 1),
                *_gains(comparison, difference, -1),
            ),
        )
        for name, side, difference in differences(comparison)
    )
    return Table(
        "得失对比",
        f"{heading(comparison.lead)}得失对比（谁多谁少）",
        columns,
        rows,
        f"单位：{comparison.money_unit}",
        notes=("注：各项资金合计；只数两边都知道金额的县。",),
        paper="A3",
        fit="page",
    )


def differences(comparison: Comparison) -> Iterator[tuple[str, Side, Floats]]:
    """Against whom, the side, and by how much it differs county by county: first the baseline, then last year."""
    base = comparison.baseline
    if base in comparison.sides:
        for side in comparison.others:
            yield base.name, side, np.round(side.given - base.given, 8)
    for side in comparison.sides:
        if np.isfinite(side.change).any():
            yield LAST_YEAR, side, side.change


def foremost(comparison: Comparison, moved: Floats) -> str:
    """The units with the largest of these amounts, largest first."""
    found = np.flatnonzero(moved > 0)
    first = found[np.argsort(-moved[found], kind="stable")][:NAMED]
    return "、".join(f"{comparison.units.name[i]} {in_figures(amount(moved[i]))}" for i in first)


def _gains(comparison: Comparison, difference: Floats, sign: int) -> tuple[Value, ...]:
    moved = np.nan_to_num(difference) * sign
    return (
        float((moved > 0).sum()),
        amount(float(moved[moved > 0].sum())),
        foremost(comparison, moved) or None,
    )


def _row(comparison: Comparison, kind: RowKind, how: str, name: str, members: Ints) -> Row:
    return Row(kind, (how, name, float(len(members)), *amounts(comparison, members, None)))
