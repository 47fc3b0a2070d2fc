"""The independent checker: replays a certificate in whole numbers and fractions, never in floats. Shares no code with the solver.

A certificate holds the program (money in steps of which `unit` ÷ `step` make one publishing unit; rows multiplied until
their coefficients are whole), the stages, the dual vector behind every stage or level, and the amounts. Checked here, from
the certificate alone:

    the amounts x                       within every bound, every row exactly met
    every stage that minimises a sum    the dual y proves costs · x least: every priced row is met with equality, every
                                        column with a reduced cost stands on the bound it is pressed against
    every level of ratios               the dual proves that no smaller θ can be met: the same with the ends θ allows,
                                        and below θ an end that is priced draws in
    at the end                          every line is forced: x is the only optimum
    the published integers              each a neighbour of its amount, every total of lines exact

Why that is proof: whatever z meets the rows within the bounds, y·b ≤ y·Az = (Aᵀy)·z, and costs · z is at least y·b plus
what the reduced costs make of the bounds they press against. With x both are equalities, so x is least; and z is as good
only where it meets the same rows with equality and stands on the same bounds: that is what a stage forces.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

# Thousands of counties short in proportion to their needs have exact amounts of ten thousand digits.
sys.set_int_max_str_digits(1_000_000)

Number = int | Fraction
Bound = Number | None
"""None is infinite."""


class CertificateError(Exception):
    """The certificate does not prove what it claims; the message says where."""


@dataclass
class State:
    """The program, and how far the stages have narrowed it. The amounts are always within what is left."""

    amounts: list[Number]
    lower: list[Bound]
    upper: list[Bound]
    rows: list[dict[int, Number]]
    row_lower: list[Bound]
    row_upper: list[Bound]
    activity: list[Number] = field(default_factory=list)
    """What the amounts make of each row."""
    open: set[int] = field(default_factory=set)
    """The columns that may still take other values."""
    folded: set[int] = field(default_factory=set)

    def close(self, j: int) -> None:
        """No optimum has another amount."""
        self.lower[j] = self.upper[j] = self.amounts[j]
        self.open.discard(j)

    def force(self, j: int, end: Bound, name: str) -> None:
        """The column can only stand at this end, and there it must stand."""
        _require(end is not None, "「{}」：第{}列没有界限可依", name, j + 1)
        _require(end == self.amounts[j], "「{}」：第{}列不在证明要求的界限上", name, j + 1)
        self.close(j)


@dataclass(frozen=True)
class _Ratios:
    """The ratios of a stage of levels: column = centre ± scale·θ on the sides that count."""

    name: str
    below: bool
    above: bool
    parts: Number
    """Centres and scales are counted in parts, so many to a step."""
    terms: dict[int, tuple[Number, Number]]
    """Column → centre and scale."""

    def beyond(self, j: int, value: Number, theta: Number) -> Number:
        """How far a value stands above centre + scale·θ, times something positive: 0 is on it, negative below."""
        centre, scale = self.terms[j]
        return (
            self.parts * value.numerator - centre * value.denominator
        ) * theta.denominator - scale * value.denominator * theta.numerator


def check(certificate: Mapping[str, Any]) -> None:
    """Accept the certificate or raise CertificateError."""
    try:
        state, lines = replay(certificate, len(certificate["stages"])), certificate["lines"]
        for j in range(lines):
            _require(j not in state.open, "第{}笔没有被唯一确定", j + 1)
        _require(
            len(certificate["names"]) == len(certificate["published"]) == lines,
            "名称或公布数的笔数不对",
        )
        _check_published(state, certificate)
    except (
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        AttributeError,
        ZeroDivisionError,
    ) as error:
        raise CertificateError(f"证书内容不完整或格式不对（{type(error).__name__}）。") from error


def replay(certificate: Mapping[str, Any], count: int) -> State:
    """What is left to the amounts where the first `count` stages hold: whoever keeps to it is as good in each of them.

    The stages are checked on the way. Raises CertificateError, or what incomplete content leads to.
    """
    _require(certificate["seal"] == _seal(certificate), "封签与内容不符，证书被改动过")
    state, stages = _read(certificate), certificate["stages"]
    for k, stage in enumerate(stages[:count]):
        if all(later["kind"] == "levels" for later in stages[k:]):
            _fold(state)
        (_check_sum if stage["kind"] == "sum" else _check_levels)(state, stage)
    return state


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its SHA-256, so that a certificate altered anywhere is known at once."""
    return {**content, "seal": _seal(content)}


def plain(content: Mapping[str, Any]) -> str:
    """The text whose SHA-256 is the seal."""
    return json.dumps(
        {key: content[key] for key in content if key != "seal"},
        sort_keys=True,
        separators=(",", ":"),
    )


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(plain(content).encode()).hexdigest()


def _read(certificate: Mapping[str, Any]) -> State:
    """The program as given, and the amounts, which must be feasible."""
    rows = certificate["rows"]
    state = State(
        [_number(value) for value in certificate["columns"]],
        [_bound(value) for value in certificate["lower"]],
        [_bound(value) for value in certificate["upper"]],
        [_numbers(row["entries"]) for row in rows],
        [_bound(row["lower"]) for row in rows],
        [_bound(row["upper"]) for row in rows],
    )
    _require(len(state.lower) == len(state.upper) == len(state.amounts), "列数不一致")
    for j, value in enumerate(state.amounts):
        _require(_between(state.lower[j], value, state.upper[j]), "第{}列超出上下限", j + 1)
        if state.lower[j] is None or state.lower[j] != state.upper[j]:
            state.open.add(j)
    for r, row in enumerate(state.rows):
        state.activity.append(_total(state, row))
        _require(
            _between(state.row_lower[r], state.activity[r], state.row_upper[r]),
            "第{}行没有满足",
            r + 1,
        )
    return state


def _fold(state: State) -> None:
    """A row in which a single column is still open bounds that column: it may move by what the row has left."""
    waiting = True
    while waiting:
        waiting = False
        for r, row in enumerate(state.rows):
            if r in state.folded or len(free := state.open.intersection(row)) != 1:
                continue
            waiting, (j,) = True, free
            state.folded.add(r)
            part = (
                row[j] if row[j] in (1, -1) else 1 / Fraction(row[j])
            )  # whole numbers stay whole: fractions are slow
            low, high = (
                None if side is None else state.amounts[j] + (side - state.activity[r]) * part
                for side in (state.row_lower[r], state.row_upper[r])
            )
            if row[j] < 0:
                low, high = high, low
            if low is not None:
                state.lower[j] = low if state.lower[j] is None else max(low, state.lower[j])  # type: ignore[type-var]
            if high is not None:
                state.upper[j] = high if state.upper[j] is None else min(high, state.upper[j])  # type: ignore[type-var]
            if state.lower[j] is not None and state.lower[j] == state.upper[j]:
                state.close(j)


def _check_sum(state: State, stage: Mapping[str, Any]) -> None:
    """min costs · x: no amounts reach less, and those that reach as little stand where reduced costs press them."""
    name, costs = str(stage["name"]), _numbers(stage["costs"])
    prices = _priced(state, stage["duals"], name)
    for j in costs.keys() | prices.keys():
        reduced = costs.get(j, 0) - prices.get(j, 0)
        if reduced:
            state.force(j, state.lower[j] if reduced > 0 else state.upper[j], name)
    _require(_total(state, costs) == _number(stage["value"]), "「{}」写的目标值不对", name)


def _check_levels(state: State, stage: Mapping[str, Any]) -> None:
    """Lexicographic min–max: level after level, each forced by its dual; None: the rest at the best it reaches alone.

    Ratios fall from level to level, so every box lies within the one before: only the columns a dual prices are
    looked at.
    """
    terms = {j: (_number(centre), _number(scale)) for j, centre, scale in stage["terms"]}
    ratios = _Ratios(
        str(stage["name"]),
        bool(stage["below"]),
        bool(stage["above"]),
        _number(stage["parts"]),
        terms,
    )
    _require(
        ratios.parts > 0 and all(scale > 0 for _, scale in terms.values()),
        "「{}」的分母不为正",
        ratios.name,
    )
    _require(all(0 <= j < len(state.amounts) for j in terms), "「{}」有不存在的列", ratios.name)
    last: Bound = None
    for level in stage["levels"]:
        if level is None:
            for j in state.open.intersection(terms):
                _check_alone(state, ratios, j)
            continue
        theta = _number(level["theta"])
        _require(last is None or theta <= last, "「{}」各级没有由大到小", ratios.name)
        _require(
            theta > 0 or not (ratios.below and ratios.above), "「{}」的一级没有偏离", ratios.name
        )
        _check_level(state, ratios, theta, _priced(state, level["duals"], ratios.name))
        last = theta
    _require(state.open.isdisjoint(terms), "「{}」还有没确定的项", ratios.name)


def _check_level(
    state: State, ratios: _Ratios, theta: Number, prices: Mapping[int, Number]
) -> None:
    """Every price presses its column against an end; where that is the end θ allows, lowering θ draws it in."""
    draws_in = False
    for j, price in prices.items():
        up = price > 0
        if j in ratios.terms and j in state.open and (ratios.above if up else ratios.below):
            opposite = state.lower[j] if up else state.upper[j]
            draws_in |= (
                _check_end(state, ratios, j, theta if up else -theta)
                and state.amounts[j] != opposite
            )
            state.close(j)
        else:
            state.force(j, state.upper[j] if up else state.lower[j], ratios.name)
    _require(draws_in, "「{}」的一级没有下界证明", ratios.name)


def _check_alone(state: State, ratios: _Ratios, j: int) -> None:
    """The term at the best it reaches alone."""
    if ratios.below and ratios.above:
        _check_end(state, ratios, j, 0)
        state.close(j)
    else:
        state.force(j, state.upper[j] if ratios.below else state.lower[j], ratios.name)


def _check_end(state: State, ratios: _Ratios, j: int, theta: Number) -> bool:
    """The amount is centre + scale·θ, or the bound nearest to it; True where it is the first."""
    beyond = ratios.beyond(j, state.amounts[j], theta)
    if beyond:
        bound = state.lower[j] if beyond > 0 else state.upper[j]
        _require(state.amounts[j] == bound, "「{}」：第{}列不在其比率处", ratios.name, j + 1)
    return not beyond


def _check_published(state: State, certificate: Mapping[str, Any]) -> None:
    """Each integer is a neighbour of its amount; every line is of one pool, and every pool distributed to the last unit."""
    published, pools, lines = (
        certificate["published"],
        certificate["pools"],
        range(certificate["lines"]),
    )
    steps = Fraction(_number(certificate["unit"])) / _number(certificate["step"])
    _require(steps.denominator == 1, "公布单位不是整数步")
    _require(
        sorted(j for r in pools for j in state.rows[r]) == list(lines),
        "不是每一笔都属于一个资金总额",
    )
    for j, (top, bottom) in enumerate(
        amount.as_integer_ratio() for amount in state.amounts[: len(lines)]
    ):
        _require(type(published[j]) is int, "第{}笔公布数不是整数", j + 1)
        _require(
            abs(published[j] * steps.numerator * bottom - top) < steps.numerator * bottom,
            "第{}笔公布数不是相邻单位",
            j + 1,
        )
    for r in pools:
        _require(all(a == 1 for a in state.rows[r].values()), "第{}行不是资金总额", r + 1)
        shown = sum(published[j] for j in state.rows[r]) * steps
        _require(
            shown == state.row_lower[r] == state.row_upper[r], "第{}行公布数合计不等于总额", r + 1
        )


def _priced(state: State, given: Mapping[str, Any], name: str) -> dict[int, Number]:
    """Aᵀy, zeros left out.

    A row with a dual must be met with equality on the side that the dual leans on. Every optimum does the same, so
    later duals may lean on both its sides.
    """
    prices: dict[int, Number] = {}
    for r, dual in _numbers(given).items():
        _require(dual != 0, "「{}」的对偶值有 0", name)
        side = state.row_lower[r] if dual > 0 else state.row_upper[r]
        _require(side == state.activity[r], "「{}」的对偶值用了第{}行没有用尽的一侧", name, r + 1)
        state.row_lower[r] = state.row_upper[r] = side
        for j, a in state.rows[r].items():
            prices[j] = prices.get(j, 0) + a * dual
    return {j: price for j, price in prices.items() if price}


def _total(state: State, weights: Mapping[int, Number]) -> Number:
    """Σ weight·amount. Fractions are slow to add, so those of one denominator are added first, as whole numbers."""
    whole: Number = 0
    tops: dict[int, Number] = {}
    for j, weight in weights.items():
        if type(amount := state.amounts[j]) is int:
            whole += weight * amount
        else:
            tops[amount.denominator] = tops.get(amount.denominator, 0) + weight * amount.numerator
    return sum((Fraction(top, bottom) for bottom, top in tops.items()), whole)


def _between(low: Bound, value: Number, high: Bound) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


def _bound(value: Any) -> Bound:
    return None if value is None else _number(value)


def _numbers(given: Mapping[str, Any]) -> dict[int, Number]:
    """Row or column → number."""
    numbers = {
        int(place): value if type(value) is int else _number(value)
        for place, value in given.items()
    }
    _require(min(numbers, default=0) >= 0, "有不存在的行或列")
    return numbers


def _number(value: Any) -> Number:
    """A whole number, or a fraction written as text; nothing else is a number, least of all a float."""
    if type(value) is int:
        return value
    top, _, bottom = value.partition("/")
    return Fraction(int(top), int(bottom or 1))


def _require(holds: bool, otherwise: str, *of: str | int) -> None:
    if not holds:
        raise CertificateError(otherwise.format(*of) + "。")
