"""Whether linear rows can be met, decided in fractions: a general simplex with Bland's rule, for cases floats cannot decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

Bound = Fraction | None


def possible(
    lower: Sequence[Bound],
    upper: Sequence[Bound],
    rows: Sequence[tuple[Mapping[int, Fraction], Bound, Bound]],
    near: Sequence[Fraction],
) -> bool:
    """Whether columns within their bounds meet every row; `near` is where to begin, such as a float solution."""
    count = len(lower)
    low, high = [*lower, *(row[1] for row in rows)], [*upper, *(row[2] for row in rows)]
    if any(a is not None and b is not None and a > b for a, b in zip(low, high, strict=True)):
        return False
    value = [_within(near[j], lower[j], upper[j]) for j in range(count)]
    value += [sum((a * value[j] for j, a in terms.items()), Fraction(0)) for terms, _, _ in rows]
    tableau = {count + r: dict(terms) for r, (terms, _, _) in enumerate(rows)}
    while True:
        wrong = min((b for b in tableau if not _inside(value[b], low[b], high[b])), default=None)
        if wrong is None:
            return True
        target = low[wrong] if low[wrong] is not None and value[wrong] < low[wrong] else high[wrong]  # type: ignore[operator]
        assert target is not None
        raising = target > value[wrong]
        entering = min(
            (
                j
                for j, a in tableau[wrong].items()
                if a and _can_move(value[j], low[j], high[j], (a > 0) == raising)
            ),
            default=None,
        )
        if entering is None:
            return False
        _pivot(tableau, value, wrong, entering, target)


def _pivot(
    tableau: dict[int, dict[int, Fraction]],
    value: list[Fraction],
    leaving: int,
    entering: int,
    target: Fraction,
) -> None:
    row = tableau.pop(leaving)
    a = row.pop(entering)
    step = (target - value[leaving]) / a
    for basic, other in tableau.items():
        if other.get(entering):
            value[basic] += other[entering] * step
    value[leaving], value[entering] = target, value[entering] + step
    fresh = {j: -b / a for j, b in row.items() if b}
    fresh[leaving] = 1 / a
    for other in tableau.values():
        factor = other.pop(entering, None)
        if factor:
            for j, b in fresh.items():
                total = other.get(j, Fraction(0)) + factor * b
                if total:
                    other[j] = total
                else:
                    other.pop(j, None)
    tableau[entering] = fresh


def _within(value: Fraction, low: Bound, high: Bound) -> Fraction:
    value = value if low is None else max(value, low)
    return value if high is None else min(value, high)


def _inside(value: Fraction, low: Bound, high: Bound) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _can_move(value: Fraction, low: Bound, high: Bound, up: bool) -> bool:
    return (high is None or value < high) if up else (low is None or value > low)
