"""Checks how far one amount may move: a point that goes so far, and a dual that proves that none goes farther.

Whatever z keeps to the bounds and rows that are left, y·b ≤ y·Az = (Aᵀy)·z; so ±z[j] is at least y·b plus what the
reduced costs make of the bounds they press against. Where the point reaches that, it is the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transfer_opt.checker.optimality import Bound, CertificateError, Number, State


def check_end(
    state: State, column: int, sign: int, point: Sequence[Number], duals: Mapping[int, Number]
) -> None:
    """Accept that point[column] is the least (`sign` 1) or the greatest (-1) that is left to it, or raise CertificateError."""
    for value, low, high in zip(point, state.lower, state.upper, strict=True):
        _within(low, value, high)
    for row, low, high in zip(state.rows, state.row_lower, state.row_upper, strict=True):
        _within(low, sum(a * point[j] for j, a in row.items()), high)
    reduced: dict[int, Number] = {column: sign}
    bound: Number = 0
    for r, dual in duals.items():
        bound += dual * _known(state.row_lower[r] if dual > 0 else state.row_upper[r])
        for j, a in state.rows[r].items():
            reduced[j] = reduced.get(j, 0) - a * dual
    for j, cost in reduced.items():
        if cost:
            bound += cost * _known(state.lower[j] if cost > 0 else state.upper[j])
    if bound != sign * point[column]:
        raise CertificateError("可调范围的端点没有对偶证明。")


def _within(low: Bound, value: Number, high: Bound) -> None:
    if not ((low is None or low <= value) and (high is None or value <= high)):
        raise CertificateError("可调范围的端点超出约束。")


def _known(side: Bound) -> Number:
    if side is None:
        raise CertificateError("可调范围的对偶值用了没有界限的一侧。")
    return side
