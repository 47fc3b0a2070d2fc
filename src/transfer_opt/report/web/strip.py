"""Where the marks of the strip plot stand: one lane per scenario, one mark per county, stacked where dense."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from math import ceil, floor

from transfer_opt.report.web.cells import Cell

WIDTH, LEFT, RIGHT, TOP, LANE, FOOT = 690, 132, 24, 26, 54, 26
MARK = 8.0
"""Pixels between marks of one stack."""
LEVELS = 1 + 2 * int((LANE / 2 - 4) // MARK)
"""How many marks stand over and under each other within a lane."""
MOST_TICKS = 8
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
    "M-4.2 -4.2h8.4v8.4h-8.4z",
    "M0 -5.2L5.2 4.2H-5.2z",
    "M0 -5.6L5.6 0L0 5.6L-5.6 0z",
    "M0 5.2L5.2 -4.2H-5.2z",
    "M-1.6 -5h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4z",
    "M-2.4 -5h4.8l2.6 5l-2.6 5h-4.8l-2.6 -5z",
    "M-5 -2.2h10v4.4h-10z",
)
"""A shape per scenario, base first: read without colour."""


@dataclass(frozen=True)
class Mark:
    """One county on one lane."""

    county: int
    name: str
    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Lane:
    """One scenario: its line, its marks, the lowest value at the left."""

    name: str
    y: float
    marks: tuple[Mark, ...]
    lowest: str
    lowest_x: float


@dataclass(frozen=True)
class Strip:
    """The whole plot."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]


def strip(names: list[str], sides: list[tuple[str, list[Cell]]]) -> Strip | None:
    """The plot of these scenarios' coverage by county; None where nothing is known."""
    values = [
        float(cell.value) for _, cells in sides for cell in cells if isinstance(cell.value, float)
    ]
    if not values:
        return None
    step = next(
        (step for step in STEPS if (max(values) - min(values)) / step <= MOST_TICKS), STEPS[-1]
    )
    first, last = floor(round(min(values) / step, 9)), ceil(round(max(values) / step, 9))
    last = max(last, first + 1)
    scale = (WIDTH - LEFT - RIGHT) / ((last - first) * step)

    def across(value: float) -> float:
        return round(LEFT + (value - first * step) * scale, 1)

    lanes = tuple(_lane(at, name, names, cells, across) for at, (name, cells) in enumerate(sides))
    ticks = tuple((across(k * step), f"{k * step:.0%}") for k in range(first, last + 1))
    return Strip(WIDTH, TOP + LANE * len(sides) + FOOT, lanes, ticks)


def _lane(
    at: int, name: str, names: list[str], cells: list[Cell], across: Callable[[float], float]
) -> Lane:
    middle = TOP + LANE * at + LANE / 2
    known = sorted(
        (float(cell.value), county)
        for county, cell in enumerate(cells)
        if isinstance(cell.value, float)
    )
    marks: list[Mark] = []
    for value, county in known:
        x = across(value)
        near = {mark.y for mark in _last(marks, x - MARK)}
        level = next(
            (level for level in range(LEVELS) if _height(middle, level) not in near), LEVELS - 1
        )
        marks.append(Mark(county, names[county], cells[county].text, x, _height(middle, level)))
    lowest = min(marks, key=lambda mark: mark.x, default=None)
    return Lane(
        name, middle, tuple(marks), lowest.text if lowest else "", lowest.x - 8 if lowest else 0.0
    )


def _last(marks: list[Mark], beyond: float) -> Iterator[Mark]:
    """The marks to the right of a place; they are in order."""
    return takewhile(lambda mark: mark.x > beyond, reversed(marks))


def _height(middle: float, level: int) -> float:
    """On the line, above, below, further above …; as far as the lane allows."""
    away = (level + 1) // 2 * MARK
    return round(middle - away if level % 2 else middle + away, 1)
