"""The catalogue of rules, in policy order. Each is a pure function of the case, the amounts and its parameters.

Every rule returns rows in money; which rows are on, hard or soft is settled elsewhere, row by row.
The names of the keyword-only arguments stand for the parameters of the model file named in the decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import NOWHERE, Bools, Texts
from transfer_opt.core.exact import ZERO, Exacts, exact, exacts, filled, known, summed, total
from transfer_opt.core.expressions import (
    Grouping,
    Linear,
    Rows,
    at_least,
    at_most,
    exactly,
    stacked,
)
from transfer_opt.core.ranking import Ratios, top_share
from transfer_opt.core.vocabulary import GIVEN_TOTAL_RULE, TOTAL
from transfer_opt.policy.case import KEY_ZONES, Case, GivenBound
from transfer_opt.policy.recipients import WHOLE_PROVINCE

RuleFunction = Callable[..., Rows]
Function = TypeVar("Function", bound=RuleFunction)


@dataclass(frozen=True)
class Constraint:
    """An entry of the catalogue."""

    name: str
    function: RuleFunction
    parameters: Mapping[str, str]
    """Keyword argument → 参数."""
    columns: tuple[str, ...]
    """Columns of 「县区数据」 a switched-on rule cannot do without; 〈资金〉 stands for every fund it is on for."""
    relaxed_by: tuple[str, int] | None
    """The parameter that makes the rule give way, and in which direction."""
    follows_pool: bool
    """Whether its rows may move with the pools: said otherwise only of rules that read nothing of them."""


CONSTRAINTS: dict[str, Constraint] = {}


def constraint(
    name: str,
    columns: tuple[str, ...] = (),
    relaxed_by: tuple[str, int] | None = None,
    follows_pool: bool = True,
    **parameters: str,
) -> Callable[[Function], Function]:
    """Enter a rule into the catalogue under the name users type."""

    def enter(function: Function) -> Function:
        CONSTRAINTS[name] = Constraint(
            name, function, parameters, columns, relaxed_by, follows_pool
        )
        return function

    return enter


@constraint("资金总额")
def pool_total(case: Case, x: Linear) -> Rows:
    """All of a fund's distributable money is distributed, no more and no less.

        Σ_i x[f, i]  =  pool[f]     for every fund

    Units: money on both sides. Absent: never.
    """
    everyone = np.ones(len(case.recipients), dtype=bool)
    return exactly(x.total(case.by_fund(everyone)), case.pool_amount)


@constraint(
    "上年保底",
    columns=("上年〈资金〉",),
    max_cut="降幅上限",
    relaxed_by=("降幅上限", 1),
    follows_pool=False,
)
def last_year_floor(case: Case, x: Linear, *, max_cut: Exacts) -> Rows:
    """A recipient keeps at least a share of what each fund paid it last year.

        x[f, i]  >=  (1 - max_cut) * (1 - penalty[f, i]) * last_year[f, i]     where last_year > 0

    Units: money on both sides; max_cut (L,) and penalty are fractions of 1; penalty is that of 考核奖惩.
    Absent: a line without a payment last year gets no row.
    """
    paid = case.kept
    kept = (1 - max_cut[paid]) * (1 - exacts(case.lines.penalty[paid]))
    return at_least(x[paid], case.last_amount[paid] * kept)


@constraint("考核奖惩", columns=("上年〈资金〉", "生态考核结果"))
def assessment_cut(case: Case, x: Linear) -> Rows:
    """Later stages do not pay back what a worsened assessment cut.

        x[f, i]  <=  (1 - penalty[f, i]) * max(reference_before[f, i], last_year[f, i])     where penalty > 0

    Units: money on both sides. Absent: lines not assessed 变差 get no row.
    """
    cut = case.lines.penalty > 0
    before = np.maximum(case.figures.reference_before[cut], filled(case.last_year[cut]))
    return at_most(x[cut], (1 - exacts(case.lines.penalty[cut])) * before)


@constraint("已下达不收回", follows_pool=False)
def advance_kept(case: Case, x: Linear) -> Rows:
    """What was paid in advance is not taken back.

        x[f, i]  >=  advance[f, i]     where an advance is given

    Units: money on both sides. Absent: lines without an advance get no row.
    """
    given = ~np.isnan(case.lines.advance)
    return at_least(x[given], exacts(case.lines.advance[given]))


@constraint(
    "增幅上限",
    columns=("上年〈资金〉",),
    max_rise="增幅上限",
    relaxed_by=("增幅上限", 1),
    follows_pool=False,
)
def growth_cap(case: Case, x: Linear, *, max_rise: Exacts) -> Rows:
    """No line grows by more than a share of last year's amount.

        x[f, i]  <=  (1 + max_rise) * last_year[f, i]     where last_year > 0

    Units: money on both sides; max_rise (L,) is a fraction of 1.
    Absent: a line that got nothing last year has no cap.
    """
    paid = case.capped
    return at_most(x[paid], case.last_amount[paid] * (1 + max_rise[paid]))


@constraint(
    "三保兜底",
    columns=("可用财力", "保基本民生需求", "保工资需求", "保运转需求"),
    follows_pool=False,
)
def basic_need(case: Case, x: Linear) -> Rows:
    """A recipient's disposable revenue with the transfers covers its 三保 need.

        own[i] + aside[i] + Σ_f usable[f] * x[f, i]  >=  need[i]     where need > 0

    Units: money on both sides; usable (可统筹比例) is a fraction of 1; need contains 保障倍数. aside is what a recipient
    pays others for the water (「横向补偿」), which 三保 does not suffer from unless the settings say so.
    Absent: a recipient without need gets no row.
    """
    needy = case.need > 0
    return at_least(case.capacity(x, case.own + case.set_aside)[needy], case.figures.need[needy])


@constraint(
    "三保压力倾斜",
    columns=(
        "上年〈资金〉",
        "可用财力",
        "标准财政支出",
        "保基本民生需求",
        "保工资需求",
        "保运转需求",
    ),
    pressed="压力前比例",
    weak="薄弱比例",
    lead="增幅差",
    relaxed_by=("增幅差", -1),
)
def pressure_tilt(case: Case, x: Linear, *, pressed: Exacts, weak: Exacts, lead: Exacts) -> Rows:
    """Counties under 三保 pressure or in fiscal difficulty together grow faster than the fund.

        Σ_{i in H} x[f, i]  >=  (1 + G[f] + lead[f]) * Σ_{i in H} last_year[f, i]
        H = top share `pressed` by need/own  ∪  weakest share `weak` by own/N, among units with an eligible line

    Units: money on both sides; pressed, weak, lead (F,) are fractions of 1.
    Absent: a fund without such units, or that paid nothing last year, gets no row.
    """
    own = case.filled_own
    pressure, strength = Ratios(case.need, own), Ratios(own, case.expenditure)
    groups = []
    for f in range(len(case.funds)):
        members = _eligible(case, f)
        groups.append(
            top_share(pressure, members, pressed[f], highest=True)
            | top_share(strength, members, weak[f], highest=False)
        )
    return _faster_growth(case, x, groups, lead, "三保压力大或财政困难的{}县")


@constraint(
    "财力薄弱倾斜",
    columns=("上年〈资金〉", "可用财力", "标准财政支出"),
    weak="薄弱比例",
    lead="增幅差",
    group="组别",
    relaxed_by=("增幅差", -1),
)
def weak_tilt(case: Case, x: Linear, *, weak: Exacts, lead: Exacts, group: Texts) -> Rows:
    """Fiscally weak counties together grow faster than the fund.

        Σ_{i in H} x[f, i]  >=  (1 + G[f] + lead[f]) * Σ_{i in H} last_year[f, i]
        H = weakest share `weak` by own/N among units with an eligible line, or the units whose column has a value

    Units: money on both sides; weak, lead (F,) are fractions of 1; group (F,) is 薄弱比例 or 列=值、值.
    Absent: a fund without such units, or that paid nothing last year, gets no row.
    """
    strength = Ratios(case.filled_own, case.expenditure)
    groups = []
    for f in range(len(case.funds)):
        column, _, values = group[f].partition("=")
        listed = np.isin(
            case.recipients.groups(column.strip()), [value.strip() for value in values.split("、")]
        )
        groups.append(
            _eligible(case, f) & listed
            if values
            else top_share(strength, _eligible(case, f), weak[f], highest=False)
        )
    named = ["财力薄弱的{}县" if "=" not in text else f"{text}的{{}}县" for text in group]
    return _faster_growth(case, x, groups, lead, named)


@constraint(
    "困难地区倾斜",
    columns=("困难地区类型", "可用财力", "标准财政支出", "上年〈资金〉"),
    multiple="人均倍数",
    population="人口口径",
    relaxed_by=("人均倍数", -1),
)
def hardship_tilt(case: Case, x: Linear, *, multiple: mpq, population: str) -> Rows:
    """People in hardship areas get more per head than the province, and not less so than last year.

        Σ_{f, i in H} x[f, i]  >=  max(multiple, last year's ratio) * pop(H) / pop * Σ_f pool[f]
        H = 困难地区类型 given and own/N below the province's

    Units: money on both sides; multiple is a ratio of amounts per head; population names the head count.
    Absent: no such unit, no row.
    """
    people, own, expenditure = (
        exacts(column)
        for column in (case.recipients.number(population), case.filled_own, case.expenditure)
    )
    poorer = own * total(expenditure) < expenditure * total(own)
    group = (case.recipients.text("困难地区类型") != "") & np.asarray(poorer, dtype=bool)
    label = np.array([f"困难地区{int(group.sum())}县（{population}）"], dtype=object)
    whole = Grouping(
        np.where(group[case.lines.recipient], 0, NOWHERE), label, np.array([[NOWHERE, NOWHERE]])
    )
    share = total(people[group]) / total(people) if total(people) > 0 else ZERO
    money = x.total(whole)
    there = np.array([bool(group.any())])
    if case.earlier:  # what last year's share is, is not known yet: it takes a row of its own
        part = total(case.figures.pools) / total(case.earlier.pools)
        rows = stacked(
            at_least(money, case.whole_pool * (multiple * share)),
            at_least(money, case.earlier.amounts.total(whole) * part),
        )
        return rows[np.repeat(there & (share > 0), 2)]
    last = filled(case.figures.history)
    before_share = (
        total(last[:, group].ravel()) / total(last.ravel())
        if share > 0 and total(last.ravel()) > 0
        else ZERO
    )
    return at_least(money, case.whole_pool * max(multiple * share, before_share))[there]


@constraint(
    "生态稳定增长",
    columns=("上年〈资金〉", "功能区类型"),
    rise="增长率",
    relaxed_by=("增长率", -1),
)
def ecological_growth(case: Case, x: Linear, *, rise: Exacts) -> Rows:
    """Key ecological zones get steadily more, as far as the fund itself grows.

        x[f, i]  >=  (1 + min(rise, max(G[f], 0))) * last_year[f, i]     for key zones not penalised

    Units: money on both sides; rise (L,) is a fraction of 1.
    Absent: other zones and lines without a payment last year get no row.
    """
    lines = case.lines
    zones = np.isin(case.recipients.text("功能区类型")[lines.recipient], KEY_ZONES)
    kept = zones & (lines.penalty == 0) & case.kept
    steady = np.minimum(rise[kept], np.maximum(case.rate[lines.fund[kept]], ZERO))
    return at_least(x[kept], case.last_amount[kept] * (1 + steady))


@constraint(
    "保障水平下限",
    columns=("可用财力", "标准财政支出"),
    least="下限比例",
    peers="分组列",
    relaxed_by=("下限比例", -1),
)
def coverage_floor(case: Case, x: Linear, *, least: Exacts, peers: str) -> Rows:
    """A recipient's coverage does not fall below a share of its peer group's.

        capacity[i]  >=  least * N[i] * Σ_{j in peers} capacity[j] / Σ_{j in peers} N[j]

    Units: money on both sides (coverage times N); least (n,) is a fraction of 1.
    Absent: never.
    """
    capacity, expenditure = case.capacity(x, case.own), exacts(case.expenditure)
    if (
        peers == WHOLE_PROVINCE
    ):  # the pools fix the province's capacity, so no row need touch every line
        whole_province = case.whole_capacity[np.zeros(len(expenditure), dtype=np.int64)]
        return at_least(capacity, whole_province * (least * expenditure / total(expenditure)))
    names, of = np.unique(case.recipients.groups(peers), return_inverse=True)
    subjects = np.full((len(names), 2), NOWHERE)
    whole = capacity.total(Grouping(of, names.astype(object), subjects))
    share = expenditure / summed(of, expenditure, len(names))[of]
    return at_least(capacity - whole[of] * (least * share), ZERO)


@constraint(
    "位次不逆转",
    columns=("可用财力", "标准财政支出"),
    tolerance="容差",
    peers="分组列",
    relaxed_by=("容差", 1),
    follows_pool=False,
)
def rank_kept(case: Case, x: Linear, *, tolerance: mpq, peers: str) -> Rows:
    """Within a peer group a weaker unit does not overtake the next stronger one by more than a tolerance.

        coverage[i]  <=  coverage[j] + tolerance     j next above i by own/N; equal own/N unordered

    Units: money on both sides (times N[i]); tolerance is a fraction of 1.
    Absent: groups of one get no row.
    """
    weaker, stronger = _neighbours(case, peers)
    capacity = case.capacity(x, case.own)
    expenditure = exacts(case.expenditure)
    gap = capacity[weaker] - capacity[stronger] * (expenditure[weaker] / expenditure[stronger])
    names = case.recipients.name
    labelled = gap.relabel(
        [f"{names[i]}不超过{names[j]}" for i, j in zip(weaker, stronger, strict=True)]
    )
    return at_most(labelled, tolerance * expenditure[weaker])


@constraint("市州占比", least="下限", most="上限")
def prefecture_share(case: Case, x: Linear, *, least: Exacts, most: Exacts) -> Rows:
    """A prefecture's share of a fund stays between given limits.

        least * pool[f]  <=  Σ_{i in p} x[f, i]  <=  most * pool[f]     where a limit is given

    Units: money on all sides; least, most (F·P,) are fractions of 1, None where not given.
    Absent: a prefecture without limits gets no row.
    """
    pools = case.pool_amount[
        np.repeat(np.arange(len(case.funds)), len(case.recipients.prefectures))
    ]
    share, low, high = x.total(case.by_fund_and_prefecture), known(least), known(most)
    return stacked(
        at_least(share[low], pools[low] * least[low]),
        at_most(share[high], pools[high] * most[high]),
    )


@constraint("单县占比上限", most="占比上限", relaxed_by=("占比上限", 1))
def line_share(case: Case, x: Linear, *, most: Exacts) -> Rows:
    """No single recipient takes more than a share of a fund.

        x[f, i]  <=  most * pool[f]

    Units: money on both sides; most (L,) is a fraction of 1. Absent: never.
    """
    return at_most(x, case.pool_amount[case.lines.fund] * most)


@constraint("县区上下限", follows_pool=False)
def given_bounds(case: Case, x: Linear) -> Rows:
    """The bounds the user gave for single lines, and for a prefecture's total of one fund.

        given_floor[f, i]  <=  x[f, i]            <=  given_cap[f, i]     where given
        given_floor[f, p]  <=  Σ_{i in p} x[f, i]  <=  given_cap[f, p]     where given

    Units: money on all sides. Absent: what has no given bounds gets no row.
    """
    floor, cap = exacts(case.lines.given_floor), exacts(case.lines.given_cap)
    low, high = known(floor), known(cap)
    return stacked(
        at_least(x[low], floor[low]),
        at_most(x[high], cap[high]),
        *_given(case, x, [total for total in case.given_totals if total.fund != NOWHERE]),
    )


@constraint(GIVEN_TOTAL_RULE, follows_pool=False)
def given_totals(case: Case, x: Linear) -> Rows:
    """The bounds the user gave for all funds together of a recipient or a prefecture.

        given_floor[i]  <=  Σ_f x[f, i]            <=  given_cap[i]     where given
        given_floor[p]  <=  Σ_f Σ_{i in p} x[f, i]  <=  given_cap[p]     where given

    Units: money on all sides. Absent: what has no given bounds gets no row.
    """
    return stacked(
        at_least(x[np.arange(0)], ZERO),
        *_given(case, x, [total for total in case.given_totals if total.fund == NOWHERE]),
    )


def _given(case: Case, x: Linear, totals: Sequence[GivenBound]) -> Iterator[Rows]:
    """One row for every side that is given."""
    for each in totals:
        whose = case.funds[each.fund].short if each.fund != NOWHERE else TOTAL
        grouping = Grouping(
            np.where(case.lines_at(each.fund, each.place), 0, NOWHERE),
            np.array([f"{case.place_name(each.place)}·{whose}"], dtype=object),
            np.array([[each.fund, each.place]]),
        )
        money = x.total(grouping)
        if not np.isnan(each.floor):
            yield at_least(money, exact(each.floor))
        if not np.isnan(each.cap):
            yield at_most(money, exact(each.cap))


def _eligible(case: Case, fund: int) -> Bools:
    """The recipients (n,) with a line of the fund."""
    mask = np.zeros(len(case.recipients), dtype=bool)
    mask[case.lines.recipient[case.lines.fund == fund]] = True
    return mask


def _faster_growth(
    case: Case, x: Linear, groups: list[Bools], lead: Exacts, named: str | list[str]
) -> Rows:
    """Σ_H x[f] >= (1 + G[f] + lead[f]) · Σ_H last[f], one row per fund with a known growth and a group."""
    member = np.array(groups)[case.lines.fund, case.lines.recipient]
    everyone = case.by_fund(np.ones(len(case.recipients), dtype=bool))
    grouping = Grouping(
        np.where(member, case.lines.fund, NOWHERE), everyone.labels, everyone.subjects
    )
    sizes = [int(group.sum()) for group in groups]
    texts = [named] * len(sizes) if isinstance(named, str) else named
    labels = [
        f"{fund.short}·{text.format(size)}"
        for fund, text, size in zip(case.funds, texts, sizes, strict=True)
    ]
    grows = np.array([bool(group.any()) for group in groups]) & known(case.rate)
    last = case.last_amount.total(grouping)[grows]
    if case.undecided is None:
        right = last * (1 + case.rate[grows] + lead[grows])
    else:  # (1 + G) · Σ_H last is the group's part of last year of the pool to be decided
        right = case.pool_amount[grows] * (last.constant / case.last_total[grows])
        right = right + last.constant * lead[grows]
    return at_least(x.total(grouping).relabel(labels)[grows], right)


def _neighbours(case: Case, peers: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (weaker, stronger) of units next to each other by own/N within their peer group."""
    strength = Ratios(case.own, case.expenditure)
    groups = case.recipients.groups(peers)
    pairs: list[tuple[int, int]] = []
    for name in dict.fromkeys(groups):
        tied: dict[mpq, list[int]] = {}
        for i in np.flatnonzero(groups == name):
            if (step := strength.exact(int(i))) is not None:
                tied.setdefault(step, []).append(int(i))
        for low, high in pairwise(sorted(tied)):
            pairs += [(i, j) for i in tied[low] for j in tied[high]]
    chosen = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return chosen[:, 0], chosen[:, 1]
