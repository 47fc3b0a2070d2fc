"""Measures of equality before and after, each a pure function of coverage and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Ints, sums
from transfer_opt.policy.case import YUAN, Case

MONEY_DIGITS = 6
"""Decimals of money beyond which a difference is none."""


@dataclass(frozen=True)
class Indicator:
    """One line of 「均衡性指标」: its values before, last year and after; NaN where not known."""

    name: str
    basis: str
    unit: str
    """share, number, count, money or per_head."""
    before: float
    last: float
    after: float
    better: int
    """1: more is better, -1: less is better, 0: neither."""
    note: str = ""


@dataclass(frozen=True)
class Position:
    """One state of the province: money given to every recipient."""

    given: Floats
    """(n,) all funds, money."""
    capacity: Floats
    """(n,) own + usable transfers, money."""
    coverage: Floats
    """(n,) capacity / N."""


def position(case: Case, amounts: Floats) -> Position:
    """The state in which every line (L,) gets these amounts, money."""
    count = len(case.recipients)
    usable = sums(case.lines.recipient, case.usable[case.lines.fund] * amounts, count)
    given = sums(case.lines.recipient, amounts, count)
    return Position(given, case.own + usable, _shares(case.own + usable, case.expenditure))


def last_position(case: Case) -> Position:
    """The state with last year's money, eligible or not; NaN when last year is not known at all."""
    known = np.isfinite(case.history).any()
    history = np.where(
        np.isfinite(case.history), case.history, 0.0 if known else np.nan
    )  # a blank paid nothing
    usable = (case.usable[:, None] * history).sum(axis=0)
    return Position(
        history.sum(axis=0), case.own + usable, _shares(case.own + usable, case.expenditure)
    )


def shortfall(case: Case, capacity: Floats) -> Floats:
    """三保缺口 (n,): max(0, need − capacity); NaN where the need is not known.

    What floats lose is no shortfall. What a county pays others for the water is left out of account where the settings have it so.
    """
    gaps = case.need - (capacity + case.set_aside)
    return np.asarray(np.where(gaps <= case.dust, 0.0, gaps), dtype=float)


def shortfall_at(case: Case, amounts: Floats) -> Floats:
    """三保缺口 (n,) where every line (L,) gets these amounts, without the dust of floats; NaN where the need is not known."""
    return np.round(shortfall(case, position(case, amounts).capacity), MONEY_DIGITS)


def indicators(case: Case, amounts: Floats) -> tuple[Indicator, ...]:
    """All indicators of an allocation (L,), money."""
    states = (position(case, np.zeros(len(amounts))), last_position(case), position(case, amounts))
    covered = [state.coverage for state in states]
    if all(np.isnan(coverage).all() for coverage in covered):
        return _short(case, states)
    people = case.recipients.number("常住人口")
    lowest, highest = _named(case, covered[2], lowest=True), _named(case, covered[2], lowest=False)
    made = [
        _made("最低保障水平", "各县，不加权", "share", [c.min() for c in covered], 1, lowest),
        _made("最高保障水平", "各县，不加权", "share", [c.max() for c in covered], 0, highest),
        _made("平均保障水平", "各县，不加权", "share", [c.mean() for c in covered], 1),
        _made("平均保障水平", "按人口加权", "share", [_mean(c, people) for c in covered], 1),
        _made(
            "最高÷最低",
            "倍",
            "number",
            [c.max() / c.min() if c.min() > 0 else np.nan for c in covered],
            -1,
        ),
        _made(
            "变异系数",
            "各县，不加权",
            "number",
            [variation(c, np.ones_like(c)) for c in covered],
            -1,
            "越小越均衡",
        ),
        _made("变异系数", "按人口加权", "number", [variation(c, people) for c in covered], -1),
        _made(
            "基尼系数",
            "各县，不加权",
            "number",
            [gini(c, np.ones_like(c)) for c in covered],
            -1,
            "越小越均衡",
        ),
        _made("基尼系数", "按人口加权", "number", [gini(c, people) for c in covered], -1),
    ]
    splits = [theil(c, people, case.recipients.prefecture_index) for c in covered]
    made.append(
        _made("泰尔指数（市州间）", "按人口加权", "number", [between for between, _ in splits], -1)
    )
    made.append(
        _made("泰尔指数（市州内）", "按人口加权", "number", [within for _, within in splits], -1)
    )
    return (*made, *_short(case, states), *_hardship(case, states), *_per_head(case, states))


def gini(values: Floats, weights: Floats) -> float:
    """G = Σ_i Σ_j w_i w_j |v_i − v_j| / (2 · mean · W²), weighted; 0 is equality."""
    if np.isnan(values).any() or np.isnan(weights).any() or (values * weights).sum() <= 0:
        return np.nan
    x, y = lorenz(values, weights)
    return float(1 - np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1])))


def lorenz(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Cumulative weight share and cumulative value share, poorest first, from (0, 0) to (1, 1); NaN: shares of nothing."""
    order = np.argsort(values, kind="stable")
    x, y = (
        np.concatenate([[0.0], np.cumsum(parts)])
        for parts in (weights[order], (values * weights)[order])
    )
    return _shares(x, x[-1]), _shares(y, y[-1])


def variation(values: Floats, weights: Floats) -> float:
    """Weighted standard deviation over weighted mean."""
    mean = _mean(values, weights)
    return float(np.sqrt(_mean((values - mean) ** 2, weights)) / mean) if mean > 0 else np.nan


def theil(values: Floats, weights: Floats, group: Ints) -> tuple[float, float]:
    """Theil's T between and within groups: Σ w v/m · ln(v/m) / W, split at the group means."""
    if np.isnan(values).any() or (values <= 0).any() or not (weights > 0).all():
        return np.nan, np.nan
    mean, total = _mean(values, weights), weights.sum()
    weight = np.bincount(group, weights)
    if not weight.all():  # nobody lives in one of them
        return np.nan, np.nan
    means = np.bincount(group, weights * values) / weight
    between = float(np.sum(weight * means / mean * np.log(means / mean)) / total)
    whole = float(np.sum(weights * values / mean * np.log(values / mean)) / total)
    return between, whole - between


def _short(case: Case, states: tuple[Position, Position, Position]) -> tuple[Indicator, ...]:
    if np.isnan(case.need).all():
        return ()
    gaps = [shortfall(case, state.capacity) for state in states]
    who = "、".join(case.recipients.name[gaps[2] > 0]) or "无"
    counts = [float((gap > 0).sum()) if np.isfinite(gap).any() else np.nan for gap in gaps]
    return (
        _made("“三保”缺口县数", "个", "count", counts, -1, f"分配后有缺口：{who}"),
        _made("“三保”缺口", case.money_unit, "money", [_known_sum(gap) for gap in gaps], -1),
    )


def _hardship(case: Case, states: tuple[Position, Position, Position]) -> tuple[Indicator, ...]:
    group: Bools = case.recipients.text("困难地区类型") != ""
    if not group.any():
        return ()
    shares = [
        state.given[group].sum() / state.given.sum() if state.given.sum() > 0 else np.nan
        for state in states
    ]
    return (
        _made(
            "困难地区所占份额",
            "占各项合计",
            "share",
            shares,
            0,
            f"困难地区 {int(group.sum())} 个县",
        ),
    )


def _per_head(case: Case, states: tuple[Position, Position, Position]) -> tuple[Indicator, ...]:
    people = case.recipients.number("常住人口")
    if np.isnan(people).any():
        return ()
    found = []
    for name, inside in zip(
        case.recipients.prefectures, case.recipients.prefecture_members, strict=True
    ):
        heads = people[inside].sum()
        values = [
            np.nan
            if i == 0 or not heads
            else state.given[inside].sum() * YUAN[case.money_unit] / heads
            for i, state in enumerate(states)
        ]
        found.append(_made(f"人均补助·{name}", "元/人", "per_head", values, 0))
    return tuple(found)


def _named(case: Case, coverage: Floats, *, lowest: bool) -> str:
    """Who is at the end of the scale; nobody where some coverage is not known."""
    if np.isnan(coverage).any():
        return ""
    at = int(np.argmin(coverage) if lowest else np.argmax(coverage))
    return f"分配后{'最低' if lowest else '最高'}：{case.recipients.name[at]}"


def _known_sum(values: Floats) -> float:
    """The sum of what is known; NaN where nothing is."""
    return float(np.nansum(values)) if np.isfinite(values).any() else np.nan


def _made(
    name: str, basis: str, unit: str, values: list[float], better: int, note: str = ""
) -> Indicator:
    before, last, after = (float(value) for value in values)
    return Indicator(name, basis, unit, before, last, after, better, note)


def _shares(parts: Floats, whole: Floats | float) -> Floats:
    """NaN where the whole is nothing."""
    some = np.broadcast_to(np.not_equal(whole, 0), parts.shape)
    return np.asarray(np.divide(parts, whole, out=np.full(parts.shape, np.nan), where=some))


def _mean(values: Floats, weights: Floats) -> float:
    whole = weights.sum()
    return float((values * weights).sum() / whole) if whole else np.nan
