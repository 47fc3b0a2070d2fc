"""Whole numbers for money that goes round: every flow, and every sum that is a flow itself, to a whole number next to it.

What goes round leaves nothing behind anywhere, so whatever is not whole lies on a circle of flows that are not whole.
Pushing round such a circle until one of its flows is whole keeps every balance and leaves every flow next to its own
value; after at most as many circles as there are flows all are whole. No solver is needed.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from gmpy2 import mpq

from transfer_opt.core.exact import ceiling, flooring


@dataclass(frozen=True)
class Arc:
    """A flow from one place to another; `value` may be negative, which flows the other way."""

    tail: Hashable
    head: Hashable
    value: mpq


Open: TypeAlias = dict[Hashable, dict[int, tuple[int, Hashable]]]
"""Place → its flows that are not whole: position → 1 along it, -1 against it, and where that leads."""


@lru_cache(maxsize=64)
def whole(arcs: tuple[Arc, ...]) -> tuple[int, ...]:
    """A whole number for every arc, its floor or its ceiling, with nothing left at any place.

    The values must leave nothing either. Of the two ways round a circle the shorter is gone, so that as little as can be
    is moved at a time.
    """
    values = [arc.value for arc in arcs]
    open_arcs: Open = {}
    for at, arc in enumerate(arcs):
        if arc.value.denominator != 1:
            open_arcs.setdefault(arc.tail, {})[at] = 1, arc.head
            open_arcs.setdefault(arc.head, {})[at] = -1, arc.tail
    while open_arcs:
        circle = _circle(open_arcs)
        on = _room(values, circle)
        back = _room(values, [(at, -sign) for at, sign in circle])
        for at, sign in circle:
            values[at] += sign * (on if on <= back else -back)
            if values[at].denominator == 1:
                _close(open_arcs, at, arcs[at])
    return tuple(int(value) for value in values)


def _circle(open_arcs: Open) -> list[tuple[int, int]]:
    """Flows that are not whole and lead back to where they start: position, and whether along it or against it."""
    place: Hashable = next(iter(open_arcs))
    seen: dict[Hashable, int] = {}
    way: list[tuple[int, int]] = []
    while place not in seen:
        seen[place] = len(way)
        last = way[-1][0] if way else -1
        at, (sign, place) = next(step for step in open_arcs[place].items() if step[0] != last)
        way.append((at, sign))
    return way[seen[place] :]


def _close(open_arcs: Open, at: int, arc: Arc) -> None:
    """Take a flow out that has become whole."""
    for place in {arc.tail, arc.head}:
        del open_arcs[place][at]
        if not open_arcs[place]:
            del open_arcs[place]


def _room(values: Sequence[mpq], circle: Sequence[tuple[int, int]]) -> mpq:
    """How far can be pushed round before the first arc is whole."""
    return min(
        ceiling(values[at]) - values[at] if sign > 0 else values[at] - flooring(values[at])
        for at, sign in circle
    )
