"""Linear equations in fractions, solved by sparse elimination: the duals of a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gmpy2 import mpq

RIGHT = -1
"""Stands for the right side among the keys of an equation."""


def solved(
    equations: Iterable[Mapping[int, mpq]], near: Mapping[int, int | mpq]
) -> dict[int, int | mpq]:
    """The duals that meet the equations exactly; those left free stay where they are."""
    pivots: dict[int, dict[int, mpq]] = {}
    users: dict[int, set[int]] = {}  # free dual → the pivots whose rules speak of it
    for equation in equations:
        left = dict(equation)
        for pivot in [key for key in equation if key in pivots]:
            factor = left.pop(pivot)
            for key, value in pivots[pivot].items():
                left[key] = left.get(key, mpq(0)) + factor * (value if key != RIGHT else -value)
        free = next((key for key, value in left.items() if value and key != RIGHT), None)
        if free is None:
            continue
        lead = left.pop(free)
        # y_free = (right − Σ others) / lead, kept as coefficients of the others and a constant under RIGHT
        rule = {
            key: (value if key == RIGHT else -value) / lead for key, value in left.items() if value
        }
        for pivot in users.pop(free, set()):
            factor = pivots[pivot].pop(free)
            for key, value in rule.items():
                pivots[pivot][key] = pivots[pivot].get(key, mpq(0)) + factor * value
                users.setdefault(key, set()).add(pivot)
        pivots[free] = rule
        for key in rule:
            users.setdefault(key, set()).add(free)
    return {
        r: sum(
            (value * (near[key] if key != RIGHT else 1) for key, value in pivots[r].items()), mpq(0)
        )
        if r in pivots
        else near[r]
        for r in near
    }
