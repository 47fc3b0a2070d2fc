"""The charts of a comparison: coverage by prefecture and county, Lorenz curves, change by prefecture."""

from __future__ import annotations

import numpy as np

from transfer_opt.allocation.explanation.indicators import lorenz
from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.tables import Bars, Curves, Dots
from transfer_opt.report.equality import MOST_NAMES, short_prefecture
from transfer_opt.report.parts import shares
from transfer_opt.scenarios.comparison.columns import Side
from transfer_opt.scenarios.comparison.compare import Comparison

PREFECTURE_SIZE, LORENZ_SIZE, COUNTY_SIZE, BAR_SIZE = (560, 360), (420, 360), (990, 860), (990, 320)


def charts(comparison: Comparison) -> tuple[Dots | Curves | Bars, ...]:
    """What the comparison's figures allow to draw; counties that some side does not know are left out."""
    sides = [side for side in comparison.sides if side.plan]
    covered = np.all([np.isfinite(side.coverage) for side in sides], axis=0)
    known = [side for side in comparison.sides if np.isfinite(side.change).any()]
    drawn: list[Dots | Curves | Bars] = []
    if covered.any():
        drawn = [_by_prefecture(comparison, sides, covered), _lorenz(sides, covered)]
    if known:
        drawn.append(_growth(comparison, known))
    if covered.any():
        drawn.append(_by_county(comparison, sides, covered))
    return tuple(drawn)


def _by_prefecture(comparison: Comparison, sides: list[Side], covered: Bools) -> Dots:
    index, names = comparison.units.prefecture_index, comparison.units.prefectures
    there = np.unique(index[covered])
    covers = [
        np.array(
            [
                side.capacity[covered & (index == p)].sum()
                / side.expenditure[covered & (index == p)].sum()
                for p in there
            ]
        )
        for side in sides
    ]
    order = np.argsort(covers[0], kind="stable")
    return Dots(
        "市州保障水平",
        tuple(short_prefecture(str(name)) for name in names[there][order]),
        tuple((side.name, _tuple(share[order])) for side, share in zip(sides, covers, strict=True)),
        PREFECTURE_SIZE,
    )


def _by_county(comparison: Comparison, sides: list[Side], covered: Bools) -> Dots:
    order = np.argsort(np.where(covered, sides[0].coverage, np.inf), kind="stable")[
        : min(int(covered.sum()), MOST_NAMES)
    ]
    title = (
        f"各县保障水平（按{sides[0].name}由低到高）"
        if covered.sum() <= MOST_NAMES
        else f"保障水平最低的{MOST_NAMES}个县"
    )
    return Dots(
        title,
        tuple(str(name) for name in comparison.units.name[order]),
        tuple((side.name, _tuple(side.coverage[order])) for side in sides),
        COUNTY_SIZE,
    )


def _lorenz(sides: list[Side], covered: Bools) -> Curves:
    plans = [side.plan for side in sides if side.plan]
    people = sides[-1].spread(plans[-1].case.recipients.number("常住人口"))
    weights = people if np.isfinite(people[covered]).all() else np.ones(len(covered))
    series = []
    for side in sides:
        across, up = lorenz(side.coverage[covered], weights[covered])
        series.append((side.name, shares(across), shares(up)))
    return Curves(
        "洛伦兹曲线（保障水平，按人口）" if weights is people else "洛伦兹曲线（保障水平）",
        tuple(series),
        LORENZ_SIZE,
    )


def _growth(comparison: Comparison, sides: list[Side]) -> Bars:
    index, names = comparison.units.prefecture_index, comparison.units.prefectures

    def share(side: Side, p: int) -> float:
        inside = (index == p) & np.isfinite(side.change)
        before = float(side.before[inside].sum())
        return float(side.change[inside].sum()) / before if before > 0 else 0.0

    return Bars(
        "市州合计比上年增幅",
        tuple(short_prefecture(str(name)) for name in names),
        tuple((side.name, tuple(share(side, p) for p in range(len(names)))) for side in sides),
        BAR_SIZE,
    )


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
