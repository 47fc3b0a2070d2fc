"""The catalogue of factors (因素法) and the reference amounts made of them.

A factor is a pure function of the data and its own parameters: one weight-free, non-negative value per recipient,
with the figures that lead to it, as somebody with a pocket calculator needs them.
The model file names the factors of every fund and their weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from itertools import compress
from math import lcm
from operator import mul
from typing import TypeVar

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.exact import ONE, ZERO, Exacts, exact, exacts, filled, nearest
from transfer_opt.core.ranking import Exact, decimals
from transfer_opt.policy.case import BETTER, WORSE, Figure, WeightedFactor
from transfer_opt.policy.recipients import Recipients

FactorFunction = Callable[..., tuple[Figure, ...]]
"""Figures in the order they are worked out; the last is the factor's value."""
Function = TypeVar("Function", bound=FactorFunction)

_DIGITS = Context(prec=50)
NO_SPREAD = Decimal("1e-12")
"""Ratios that differ by less, relatively, are the same: 0.3 of 1 and 0.9 of 3 are not told apart by a float's last digit."""
STEP = mpq(1, 10**6)
"""Reference amounts are data in steps of a millionth of the publishing unit."""


@dataclass(frozen=True)
class FactorData:
    """What a factor may look at; all arrays (n,), money in the workbook's unit, NaN where not known."""

    recipients: Recipients
    eligible: Bools
    pool: float
    own: Floats
    need: Floats
    before: Mapping[str, Floats]
    """Fund → reference amounts already worked out this year; a fund that does not exist gives nothing."""

    @property
    def gap(self) -> Floats:
        """标准收支缺口 max(0, N − R)."""
        return np.maximum(
            0.0, self.recipients.number("标准财政支出") - self.recipients.number("标准财政收入")
        )

    def own_after(self, funds: Sequence[str]) -> Floats:
        """own plus what the named funds give by formula."""
        given = [self.before[fund] for fund in funds if fund in self.before]
        return np.asarray(self.own + np.sum(given, axis=0)) if given else self.own


@dataclass(frozen=True)
class Factor:
    """An entry of the catalogue; `columns` are those it cannot do without."""

    name: str
    function: FactorFunction
    columns: tuple[str, ...]


FACTORS: dict[str, Factor] = {}
PARAMETER_NAMES: Mapping[str, str] = {
    "required_share": "必保支出占比",
    "gap_share": "收支缺口占比",
    "easiest": "最小困难系数",
    "hardest": "最大困难系数",
    "ratio_weight": "总额比权重",
    "difficulty_weight": "困难系数权重",
}
"""A number among a factor's parameters → what officials call it."""

NEED_COLUMNS = ("保基本民生需求", "保工资需求", "保运转需求")
NEED, GAP = "三保需求", "标准收支缺口"


def factor(*columns: str) -> Callable[[Function], Function]:
    """Enter a factor into the catalogue with the columns it needs."""

    def enter(function: Function) -> Function:
        FACTORS[function.__name__] = Factor(function.__name__, function, columns)
        return function

    return enter


@factor("标准财政支出", "标准财政收入", "必保支出")
def equalization_gap(
    data: FactorData,
    *,
    required_share: float,
    gap_share: float,
    easiest: float,
    hardest: float,
    ratio_weight: float,
    difficulty_weight: float,
) -> tuple[Figure, ...]:
    """The standard gap times its subsidy coefficient.

        gap         =  max(0, N - R)
        difficulty  =  required_share * z(required/R) + gap_share * z(gap/N),  mapped min → easiest, max → hardest
        value       =  gap * (ratio_weight * pool / Σ gap + difficulty_weight * mapped difficulty)

    z uses the population standard deviation over eligible units; zero spread gives 0, all equal maps to 1.
    Units: money. required is 必保支出, by default the 三保 need.
    """
    revenue, expenditure = (
        data.recipients.number("标准财政收入"),
        data.recipients.number("标准财政支出"),
    )
    required = data.recipients.number("必保支出")
    required = np.where(np.isnan(required), data.need, required)
    inside = data.eligible
    gap = np.where(inside, data.gap, 0.0)
    lacking = np.where(gap > 0, filled(exacts(expenditure)) - filled(exacts(revenue)), ZERO)
    burden = _ratios(filled(exacts(required)), filled(exacts(revenue)), inside & (revenue > 0))
    distance = _ratios(lacking, filled(exacts(expenditure)), inside & (expenditure > 0))
    difficulty = required_share * _z(burden, inside) + gap_share * _z(distance, inside)
    ratio = data.pool / gap.sum() if gap.sum() > 0 else 0.0
    mapped = _mapped(difficulty, inside, easiest, hardest)
    coefficient = ratio_weight * ratio + difficulty_weight * mapped
    return (
        Figure("标准财政支出", expenditure),
        Figure("标准财政收入", revenue),
        Figure("收支缺口", gap, "MAX(0,{标准财政支出}-{标准财政收入})"),
        Figure("困难程度系数", mapped),
        Figure("资金总额÷全省收支缺口", np.full_like(gap, ratio)),
        Figure(
            "补助系数",
            coefficient,
            f"{ratio_weight:.15g}*{{资金总额÷全省收支缺口}}+{difficulty_weight:.15g}*{{困难程度系数}}",
        ),
        Figure("收支缺口×补助系数", gap * coefficient, "{收支缺口}*{补助系数}"),
    )


@factor("可用财力", *NEED_COLUMNS)
def remaining_need(data: FactorData, *, after: Sequence[str]) -> tuple[Figure, ...]:
    """What the 三保 need still lacks once the funds named in `after` are counted.

        value  =  max(0, need - own - Σ_after e)

    Units: money.
    """
    own = data.own_after(after)
    name = _own_name(after)
    return (
        Figure(NEED, data.need),
        Figure(name, own),
        Figure("三保剩余缺口", np.maximum(0.0, data.need - own), f"MAX(0,{{{NEED}}}-{{{name}}})"),
    )


@factor("可用财力", *NEED_COLUMNS)
def need_pressure(data: FactorData, *, after: Sequence[str]) -> tuple[Figure, ...]:
    """The need weighted by 三保 pressure, that is need over what there is to meet it.

        value  =  need² / (own + Σ_after e)

    Units: money. A unit with nothing of its own counts its need in full.
    """
    own = data.own_after(after)
    # Where there is nothing to divide by, the need divided by itself leaves the need.
    base = np.where(own > 0, own, np.where(data.need > 0, data.need, 1.0))
    name = _own_name(after) + ("" if (own > 0).all() else "（不大于0的换成需求）")
    pressure = np.divide(data.need**2, own, out=data.need.copy(), where=own > 0)
    return (
        Figure(NEED, data.need),
        Figure(name, base),
        Figure("三保压力", pressure, f"{{{NEED}}}*{{{NEED}}}/{{{name}}}"),
    )


@factor("标准财政支出", "标准财政收入")
def standard_gap(data: FactorData) -> tuple[Figure, ...]:
    """The standard gap.

        value  =  max(0, N - R)

    Units: money.
    """
    return (Figure(GAP, data.gap),)


@factor()
def optional_column(data: FactorData, *, column: str) -> tuple[Figure, ...]:
    """An optional column as it stands; its weight passes to the other factors when the column is absent.

        value  =  column

    Units: those of the column.
    """
    values = np.nan_to_num(
        data.recipients.number(column)
    )  # absent: no recipient has a claim by this factor
    return (Figure(column, values),)


@factor("标准财政支出", "标准财政收入", "功能区类型")
def zone_gap(data: FactorData, *, tiers: Mapping[str, float]) -> tuple[Figure, ...]:
    """The standard gap times the tier of the functional zone.

        value  =  max(0, N - R) * tiers[功能区类型]

    Units: money. A type without a tier counts 0.
    """
    tier = np.array([tiers.get(zone, 0.0) for zone in data.recipients.text("功能区类型")])
    return (
        Figure(GAP, data.gap),
        Figure("功能区系数", tier),
        Figure("收支缺口×功能区系数", data.gap * tier, f"{{{GAP}}}*{{功能区系数}}"),
    )


@factor("禁止开发区面积")
def protected_area(data: FactorData) -> tuple[Figure, ...]:
    """The area of prohibited-development zones; where the column of their number is given, it replaces the area.

        value  =  禁止开发区个数 if any unit has one, else 禁止开发区面积

    Units: km² or count.
    """
    number = data.recipients.number("禁止开发区个数")
    name = "禁止开发区个数" if not np.isnan(number).all() else "禁止开发区面积"
    return (
        Figure(name, np.nan_to_num(data.recipients.number(name))),
    )  # no area given: no claim by this factor


@factor()
def guided_list(data: FactorData) -> tuple[Figure, ...]:
    """1 for units on the list of 引导性补助, 0 for others.

        value  =  1 where 引导性补助名单 is not blank, 否 or 0;  else 0

    Units: none.
    """
    listed = data.recipients.text("引导性补助名单")
    return (
        Figure(
            "列入引导性补助名单为1", np.isin(listed, ["", "否", "0"], invert=True).astype(float)
        ),
    )


def plain_gap(recipients: Recipients, need: str, capacity: str) -> tuple[Figure, ...]:
    """What 因素法·参考 = 缺口 uses in place of factors: max(0, need column − capacity column), money."""
    figures = Figure(need, recipients.number(need)), Figure(capacity, recipients.number(capacity))
    gap = np.maximum(0.0, figures[0].values - figures[1].values)
    return *figures, Figure("需求与财力之差", gap, f"MAX(0,{{{need}}}-{{{capacity}}})")


def in_use(eligible: Bools, factors: Sequence[WeightedFactor]) -> tuple[WeightedFactor, ...]:
    """The factors that count: a weight, and a value for somebody; where there is none, equal shares."""
    used = tuple(
        factor
        for factor in factors
        if _counts(factor.weight, np.where(eligible, factor.value, 0.0))
    )
    return used or (
        WeightedFactor("平均分配", 1.0, (Figure("参加分配的县各为1", np.ones(len(eligible))),)),
    )


def combined(pool: mpq, eligible: Bools, weighted: Sequence[tuple[float, Floats]]) -> Exact:
    """pool · Σ_k w_k · F_k / Σ F_k for every recipient (n,), exactly.

    A factor whose sum is 0 hands its weight to the others in proportion to theirs; if all sums are 0, equal shares.
    Where nobody is eligible there is nothing to share out: the rule 资金总额 then tells the pool as short.
    """
    if not eligible.any():
        return Exact([0] * len(eligible), 1)
    inside = [(weight, np.where(eligible, value, 0.0)) for weight, value in weighted]
    usable = [
        (exact(weight), decimals(value).counts)
        for weight, value in inside
        if _counts(weight, value)
    ]
    usable = usable or [(ONE, [int(member) for member in eligible])]
    whole = sum((weight for weight, _ in usable), ZERO)
    each = [pool * weight / whole / sum(counts) for weight, counts in usable]
    over = lcm(*(int(value.denominator) for value in each))
    times = [int(value * over) for value in each]
    return Exact(
        [
            sum(map(mul, times, counts))
            for counts in zip(*(counts for _, counts in usable), strict=True)
        ],
        over,
    )


def settled(amounts: Exact, pool: mpq, unit: mpq) -> Exact:
    """Amounts in steps of a millionth of the publishing unit that add to the pool as the exact ones do, (n,) money.

    Each is rounded down; the steps left over go one by one to the largest fractions, earlier recipients first.
    """
    top, bottom = map(int, (unit * STEP).as_integer_ratio())
    counts, rests = map(
        list,
        zip(*(divmod(count * bottom, amounts.over * top) for count in amounts.counts), strict=True),
    )
    missing = nearest(pool * bottom / top) - sum(counts)
    order = sorted(
        (i for i, count in enumerate(amounts.counts) if count > 0), key=lambda i: (-rests[i], i)
    )
    for i in order[:missing]:
        counts[i] += 1
    return Exact([count * top for count in counts], bottom)


def assessed(
    before: Exact, eligible: Bools, assessment: Sequence[str], cut: float, reward: float
) -> Exact:
    """Reference amounts after 考核奖惩 (n,), exactly; the sum stays.

    变差 loses cut·before, 变好 gains reward·before; cuts less rewards are shared among all eligible units that
    are not 变差, in proportion to before
    """
    worse = [bool(e) and text == WORSE for e, text in zip(eligible, assessment, strict=True)]
    better = [bool(e) and text == BETTER for e, text in zip(eligible, assessment, strict=True)]
    sharing = [bool(e) and not w for e, w in zip(eligible, worse, strict=True)]
    total = sum(compress(before.counts, sharing))
    if total == 0:
        return before
    loses, gains = exact(cut), exact(reward)
    released = loses * sum(compress(before.counts, worse)) - gains * sum(
        compress(before.counts, better)
    )
    share = released / total
    over = lcm(*(int(value.denominator) for value in (share, loses, gains)))
    times = [
        int((1 - loses * w + gains * b + share * s) * over)
        for w, b, s in zip(worse, better, sharing, strict=True)
    ]
    return Exact(list(map(mul, times, before.counts)), before.over * over)


def _counts(weight: float, value: Floats) -> bool:
    return bool(weight > 0 and value.sum() > 0)


def _own_name(after: Sequence[str]) -> str:
    return "＋".join(["可用财力", *(f"{fund}测算额" for fund in after)])


def _ratios(top: Exacts, bottom: Exacts, known: Bools) -> list[Decimal]:
    """top / bottom (n,) to more digits than a float has; 0 where not known."""
    with localcontext(_DIGITS):
        return [
            Decimal(int(ratio.numerator)) / Decimal(int(ratio.denominator))
            if here and (ratio := above / below)
            else Decimal(0)
            for above, below, here in zip(top, bottom, known, strict=True)
        ]


def _z(values: Sequence[Decimal], inside: Bools) -> Floats:
    """Standard scores over the members (0 outside, 0 when there is no spread but that of rounding).

    In decimals: of ratios that are nearly equal, floats would leave a score few digits.
    """
    scores = np.zeros(len(values))
    members = list(compress(values, inside))
    with localcontext(_DIGITS):
        mean = sum(members, Decimal(0)) / (len(members) or 1)
        variance = sum(((each - mean) ** 2 for each in members), Decimal(0)) / (len(members) or 1)
        spread = variance.sqrt()
        if spread > NO_SPREAD * max(map(abs, members), default=Decimal(0)):
            scores[inside] = [float((each - mean) / spread) for each in members]
    return scores


def _mapped(scores: Floats, inside: Bools, lowest: float, highest: float) -> Floats:
    """Scores mapped linearly, smallest → lowest, largest → highest; all equal → 1."""
    if not inside.any():
        return np.ones_like(scores)
    smallest, largest = scores[inside].min(), scores[inside].max()
    if largest - smallest <= float(NO_SPREAD):
        return np.ones_like(scores)
    return np.asarray(lowest + (highest - lowest) * (scores - smallest) / (largest - smallest))
