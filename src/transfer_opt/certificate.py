"""The independent checker: replays a certificate in exact fractions. Shares no code with the solver.

A certificate holds the program (bounds, rows, entries), the stages, the dual vector behind every stage or level, and
the amounts. Checked here, from the certificate alone:

    every stage that minimises a sum    weak duality with zero gap: Σ y·b + Σ d·bound = costs · x
    every level of ratios               the dual proves that no smaller θ can be met: its violation is exactly 0 at θ
                                        and grows below it; what it prices is thereby forced
    the amounts                         within every bound, every row exactly met, every line forced: the only optimum
    the published integers              each a neighbour of its amount, every total of lines exact
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

# Thousands of counties short in proportion to their needs have exact amounts of ten thousand digits.
sys.set_int_max_str_digits(1_000_000)

Number = Fraction
Bound = Fraction | None
"""None is infinite."""


class CertificateError(Exception):
    """The certificate does not prove what it claims; the message says where."""


@dataclass
class _State:
    """The program, and how far the stages have narrowed it."""

    lower: list[Bound]
    upper: list[Bound]
    row_lower: list[Bound]
    row_upper: list[Bound]
    entries: list[dict[int, Number]]
    columns: list[Number]
    lines: int
    unit: Number
    folded: set[int] = field(default_factory=set)


def check(certificate: Mapping[str, Any]) -> None:
    """Accept the certificate or raise CertificateError."""
    try:
        _require(certificate["seal"] == _seal(certificate), "封签与内容不符，证书被改动过")
        state = _read(certificate)
        stages = certificate["stages"]
        for k, stage in enumerate(stages):
            if all(later["kind"] == "levels" for later in stages[k:]):
                _fold(state)
            (_check_sum if stage["kind"] == "sum" else _check_levels)(state, stage)
        _check_amounts(state)
        _require(len(certificate["names"]) == len(certificate["published"]) == state.lines, "名称或公布数的笔数不对")
        _check_published(state, [int(count) for count in certificate["published"]], [int(r) for r in certificate["pools"]])
    except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
        raise CertificateError(f"证书内容不完整或格式不对（{type(error).__name__}）。") from error


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its SHA-256, so that a certificate altered anywhere is known at once."""
    return {**content, "seal": _seal(content)}


def _seal(content: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in content.items() if key != "seal"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _read(certificate: Mapping[str, Any]) -> _State:
    rows = certificate["rows"]
    state = _State(
        [_bound(value) for value in certificate["lower"]], [_bound(value) for value in certificate["upper"]],
        [_bound(row["lower"]) for row in rows], [_bound(row["upper"]) for row in rows],
        [{int(j): Fraction(value) for j, value in row["entries"].items()} for row in rows],
        [Fraction(value) for value in certificate["columns"]], int(certificate["lines"]), Fraction(certificate["unit"]),
    )
    _require((count := len(state.lower)) == len(state.upper) == len(state.columns) >= state.lines, "列数不一致")
    _require(all(0 <= j < count for entry in state.entries for j in entry), "行里有不存在的列")
    _check_feasible(state)
    return state


def _check_feasible(state: _State) -> None:
    """The amounts meet every original bound and row exactly."""
    for j, value in enumerate(state.columns):
        _require(_between(state.lower[j], value, state.upper[j]), f"第{j + 1}列超出上下限")
    for r, entries in enumerate(state.entries):
        activity = sum((a * state.columns[j] for j, a in entries.items()), Fraction(0))
        _require(_between(state.row_lower[r], activity, state.row_upper[r]), f"第{r + 1}行没有满足")


def _fold(state: _State) -> None:
    """A row in which a single column is still open bounds that column."""
    waiting = True
    while waiting:
        waiting = False
        for r, entries in enumerate(state.entries):
            free = _open(state, entries)
            if len(free) != 1 or r in state.folded:
                continue
            waiting, j = True, free[0]
            state.folded.add(r)
            still = sum((a * state.lower[k] for k, a in entries.items() if k != j), Fraction(0))  # type: ignore[operator]
            ends = [None if side is None else (side - still) / entries[j] for side in (state.row_lower[r], state.row_upper[r])]
            low, high = ends if entries[j] > 0 else ends[::-1]
            if low is not None:
                state.lower[j] = low if state.lower[j] is None else max(low, state.lower[j])  # type: ignore[type-var]
            if high is not None:
                state.upper[j] = high if state.upper[j] is None else min(high, state.upper[j])  # type: ignore[type-var]


def _check_sum(state: _State, stage: Mapping[str, Any]) -> None:
    """min costs · x: the dual bound is attained by the amounts; then narrow to the optimal face."""
    name = str(stage["name"])
    costs = {int(j): Fraction(value) for j, value in stage["costs"].items()}
    duals = _duals(state, stage["duals"], name)
    prices = _priced(state, duals)
    value = _sides(state, duals)
    for j in set(costs) | set(prices):
        reduced = costs.get(j, Fraction(0)) - prices.get(j, Fraction(0))
        if reduced:
            end = state.lower[j] if reduced > 0 else state.upper[j]
            if end is None:
                raise CertificateError(f"「{name}」：第{j + 1}列没有界限可依。")
            value += reduced * end
            state.lower[j] = state.upper[j] = end
    reached = sum((cost * state.columns[j] for j, cost in costs.items()), Fraction(0))
    _require(reached == value, f"「{name}」的目标值与对偶界不相等")
    _require(Fraction(stage["value"]) == value, f"「{name}」写的目标值不对")
    _tighten(state, duals)


def _check_levels(state: _State, stage: Mapping[str, Any]) -> None:
    """Lexicographic min–max: level after level, each forced by its dual.

    Ratios fall from level to level, so every box lies within the one before: only the columns a dual prices are
    looked at.
    """
    name = str(stage["name"])
    terms = {int(j): (Fraction(centre), Fraction(scale)) for j, centre, scale in stage["terms"]}
    _require(all(scale > 0 for _, scale in terms.values()), f"「{name}」的分母不为正")
    last: Bound = None
    for level in stage["levels"]:
        if level is None:
            for j in _open(state, terms):
                low, high = _box(state, stage, j, terms[j], None)
                state.lower[j] = state.upper[j] = high if stage["below"] else low
            continue
        theta = Fraction(level["theta"])
        _require(last is None or theta <= last, f"「{name}」各级没有由大到小")
        last = theta
        _check_level(state, stage, terms, theta, _duals(state, level["duals"], name))
    _require(not _open(state, terms), f"「{name}」还有没确定的项")


def _check_level(
    state: _State, stage: Mapping[str, Any], terms: Mapping[int, tuple[Number, Number]], theta: Number,
    duals: Mapping[int, Number],
) -> None:
    """At θ the dual's violation is exactly 0, below θ it is positive; fix what it prices."""
    name, prices = str(stage["name"]), _priced(state, duals)
    moves, violation = False, _sides(state, duals)
    for j, price in prices.items():
        low, high = state.lower[j], state.upper[j]
        if j in terms and (low is None or low != high):
            moves = moves or _moves(state, stage, j, terms[j], theta, price)
            low, high = _box(state, stage, j, terms[j], theta)
        end = high if price > 0 else low
        if end is None:
            raise CertificateError(f"「{name}」：第{j + 1}列没有界限可依。")
        violation -= price * end
        state.lower[j] = state.upper[j] = end
    _require(moves, f"「{name}」的一级没有下界证明")
    _require(violation == 0, f"「{name}」的一级在其比率处没有恰好用尽")
    _tighten(state, duals)


def _moves(
    state: _State, stage: Mapping[str, Any], j: int, term: tuple[Number, Number], theta: Number, price: Number
) -> bool:
    """Whether lowering θ shrinks the end this price leans on."""
    centre, scale = term
    own = _own(state, stage, j, term)
    if own is not None and own >= theta:
        return False
    if price > 0 and stage["above"]:
        return state.upper[j] is None or centre + scale * theta <= state.upper[j]  # type: ignore[operator]
    if price < 0 and stage["below"]:
        return state.lower[j] is None or centre - scale * theta >= state.lower[j]  # type: ignore[operator]
    return False


def _own(state: _State, stage: Mapping[str, Any], j: int, term: tuple[Number, Number]) -> Bound:
    """The least ratio the column's own bounds allow; None where they allow any."""
    centre, scale = term
    reached: list[Number] = [Fraction(0)] if stage["below"] and stage["above"] else []
    upper, lower = state.upper[j], state.lower[j]
    if stage["below"] and upper is not None:
        reached.append((centre - upper) / scale)
    if stage["above"] and lower is not None:
        reached.append((lower - centre) / scale)
    return max(reached) if reached else None


def _box(
    state: _State, stage: Mapping[str, Any], j: int, term: tuple[Number, Number], theta: Bound
) -> tuple[Bound, Bound]:
    """The column's bounds with its ratio at most max(θ, own)."""
    centre, scale = term
    own = _own(state, stage, j, term)
    reach = own if theta is None else theta if own is None else max(theta, own)
    if reach is None:
        raise CertificateError(f"第{j + 1}列没有自身的最好值。")
    low, high = state.lower[j], state.upper[j]
    if stage["below"]:
        low = centre - scale * reach if low is None else max(low, centre - scale * reach)
    if stage["above"]:
        high = centre + scale * reach if high is None else min(high, centre + scale * reach)
    return low, high


def _check_amounts(state: _State) -> None:
    """Every line is forced, and forced to the amount stated: no other optimum exists."""
    for j in range(state.lines):
        _require(state.lower[j] == state.upper[j] == state.columns[j], f"第{j + 1}笔没有被唯一确定")
    for j, value in enumerate(state.columns):
        _require(_between(state.lower[j], value, state.upper[j]), f"第{j + 1}列不在最优面上")


def _check_published(state: _State, published: Sequence[int], pools: Sequence[int]) -> None:
    """Each integer is a neighbour of its amount; every line is of one pool, and every pool distributed to the last unit."""
    _require(sorted(j for r in pools for j in state.entries[r]) == list(range(state.lines)), "不是每一笔都属于一个资金总额")
    for j, count in enumerate(published):
        _require(abs(count * state.unit - state.columns[j]) < state.unit, f"第{j + 1}笔公布数不是相邻单位")
    for r in pools:
        _require(all(j < state.lines and a == 1 for j, a in state.entries[r].items()), f"第{r + 1}行不是资金总额")
        shown = sum((published[j] * state.unit for j in state.entries[r]), Fraction(0))
        _require(shown == state.row_lower[r] == state.row_upper[r], f"第{r + 1}行公布数合计不等于总额")


def _duals(state: _State, given: Mapping[str, str], name: str) -> dict[int, Number]:
    """The dual vector; a sign may only lean on a side that exists."""
    duals = {int(r): Fraction(value) for r, value in given.items()}
    for r, dual in duals.items():
        side = state.row_lower[r] if dual > 0 else state.row_upper[r]
        _require(side is not None, f"「{name}」的对偶值用了不存在的一侧")
    return duals


def _priced(state: _State, duals: Mapping[int, Number]) -> dict[int, Number]:
    """Aᵀy, zeros left out."""
    prices: dict[int, Number] = {}
    for r, dual in duals.items():
        for j, a in state.entries[r].items():
            prices[j] = prices.get(j, Fraction(0)) + a * dual
    return {j: price for j, price in prices.items() if price}


def _sides(state: _State, duals: Mapping[int, Number]) -> Number:
    """Σ y·b with b the side each dual leans on."""
    total = Fraction(0)
    for r, dual in duals.items():
        total += dual * (state.row_lower[r] if dual > 0 else state.row_upper[r])  # type: ignore[operator]
    return total


def _tighten(state: _State, duals: Mapping[int, Number]) -> None:
    """A priced row is met with equality by every optimum, so later duals may lean on both its sides."""
    for r, dual in duals.items():
        if dual > 0:
            state.row_upper[r] = state.row_lower[r]
        elif dual < 0:
            state.row_lower[r] = state.row_upper[r]


def _open(state: _State, terms: Mapping[int, Any]) -> list[int]:
    lower, upper = state.lower, state.upper
    return [j for j in terms if lower[j] is None or (lower[j] is not upper[j] and lower[j] != upper[j])]


def _between(low: Bound, value: Number, high: Bound) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _bound(value: str | None) -> Bound:
    return None if value is None else Fraction(value)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise CertificateError(otherwise + "。")
