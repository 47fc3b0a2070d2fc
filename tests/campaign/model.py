"""The model as the specification writes it, in fractions, from the cells as typed. Shares nothing with the engine.

Money is counted in publishing units. Every number is the decimal that stands in the cell; nothing is rounded but what
the specification rounds: pools down to whole units, reference amounts to a millionth of one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil, floor
from pathlib import Path
from typing import Any

from .book import BOUNDS, COUNTIES, POOLS, RULES, SCENARIOS, Book

YUAN = {"亿元": 10**8, "万元": 10**4, "元": 1}
NEEDS = ("保基本民生需求", "保工资需求", "保运转需求")
KEY_ZONES = ("国家重点生态功能区", "省级重点生态功能区")
CATALOGUE = (
    "资金总额",
    "上年保底",
    "考核奖惩",
    "已下达不收回",
    "增幅上限",
    "三保兜底",
    "三保压力倾斜",
    "财力薄弱倾斜",
    "困难地区倾斜",
    "生态稳定增长",
    "保障水平下限",
    "位次不逆转",
    "市州占比",
    "单县占比上限",
    "县区上下限",
)
BY_FUND = ("line", "fund", "prefecture")
MODEL = Path(__file__).parents[2] / "models" / "qinghai" / "model.toml"
SAME_RATIO = Fraction(1, 10**12)
"""Ratios that differ by less, relatively, are equal ratios of typed decimals: they have no spread that a score could be made of."""
Terms = dict[int, Fraction]
"""Line → coefficient."""


class NobodyEligibleError(Exception):
    """A fund has nobody to go to: the workbook is no valid one."""


@dataclass(frozen=True)
class Row:
    """low ≤ Σ coefficient · x ≤ high for one subject of a rule, in publishing units."""

    rule: str
    label: str
    terms: Terms
    low: Fraction | None
    high: Fraction | None
    hard: bool
    priority: int
    single: bool
    right: Fraction
    """The right-hand side as the rule is written, by which a soft rule's violation is measured."""
    fund: str = ""
    """The fund it speaks of; empty where the rule does not tell funds apart."""

    def missing(self, x: Sequence[Fraction]) -> Fraction:
        """By how much the amounts miss the row; negative is room to spare."""
        value = sum((a * x[j] for j, a in self.terms.items()), Fraction(0))
        return max(
            side
            for side in (
                None if self.low is None else self.low - value,
                None if self.high is None else value - self.high,
            )
            if side is not None
        )

    def tightened(self) -> Row:
        """A soft limit on a single line, in whole units."""
        if not self.single:
            return self
        ((j, a),) = self.terms.items()
        low = None if self.low is None else Fraction(ceil(self.low / a)) * a
        high = None if self.high is None else Fraction(floor(self.high / a)) * a
        return Row(
            self.rule,
            self.label,
            self.terms,
            low,
            high,
            self.hard,
            self.priority,
            self.single,
            self.right,
            self.fund,
        )


@dataclass(frozen=True)
class Term:
    """One ratio of a stage: (centre − value) ÷ scale below, (value − centre) ÷ scale above; the side that is not counted is None."""

    terms: Terms
    constant: Fraction
    centre: Fraction
    scale: Fraction
    below: bool
    above: bool


@dataclass(frozen=True)
class Stage:
    """Lexicographic min–max of ratios, or the least sum of distances |value − centre|."""

    name: str
    ratios: tuple[Term, ...]
    summed: bool = False


@dataclass
class Model:
    """One allocation problem."""

    lines: list[tuple[int, int]]
    """(fund, county), fund by fund, counties in order of code or name."""
    pools: list[int]
    rows: list[Row]
    """Every switched-on row but the pools."""
    goals: list[Stage]
    names: list[str]
    funds: list[str]
    home: list[int]
    """The prefecture of every county, in order of the smallest code."""
    unit: Fraction
    """The publishing unit in the workbook's money."""
    reference: list[Fraction]
    need: list[Fraction | None]
    own: list[Fraction | None]
    usable: list[Fraction]
    floors: list[Fraction] = field(default_factory=list)
    caps: list[Fraction] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.floors = [Fraction(0)] * len(self.lines)
        self.caps = [Fraction(self.pools[f]) for f, _ in self.lines]
        for row in self.rows:
            if row.hard and row.single:
                ((j, a),) = row.terms.items()
                if row.low is not None:
                    self.floors[j] = max(self.floors[j], row.low / a)
                if row.high is not None:
                    self.caps[j] = min(self.caps[j], row.high / a)

    def whole(self) -> tuple[list[Fraction], list[Fraction]]:
        """Floors and caps in whole units; a fund whose whole bounds no longer fit its pool keeps them as given."""
        low: list[Fraction] = [Fraction(ceil(value)) for value in self.floors]
        high: list[Fraction] = [Fraction(floor(value)) for value in self.caps]
        for j, (floor_, cap) in enumerate(zip(self.floors, self.caps, strict=True)):
            if low[j] > high[j] and floor_ <= cap:
                high[j] = low[j]
        for f, pool in enumerate(self.pools):
            inside = [j for j, (fund, _) in enumerate(self.lines) if fund == f]
            if sum(low[j] for j in inside) > pool >= sum(self.floors[j] for j in inside) or sum(
                high[j] for j in inside
            ) < pool <= sum(self.caps[j] for j in inside):
                for j in inside:
                    low[j], high[j] = self.floors[j], self.caps[j]
        return low, high

    @property
    def coupled(self) -> list[Row]:
        """Hard rows that are no bounds."""
        return [row for row in self.rows if row.hard and not row.single]

    def stages(self) -> list[Stage]:
        """Soft rules by priority, 三保兜底 before all, each least in sum and then shared; then the objectives."""
        soft: dict[tuple[bool, int, int], list[Row]] = {}
        for row in self.rows:
            if not row.hard:
                soft.setdefault(
                    (row.rule != "三保兜底", row.priority, CATALOGUE.index(row.rule)), []
                ).append(row)
        found = []
        for key in sorted(soft):
            terms = []
            for given in soft[key]:
                right, row = given.right, given.tightened()
                centre = row.low if row.low is not None else row.high
                assert centre is not None
                terms.append(
                    Term(
                        row.terms,
                        Fraction(0),
                        centre,
                        right if right > 0 else Fraction(1),
                        row.low is not None,
                        row.high is not None,
                    )
                )
            name = soft[key][0].rule
            found += [
                Stage(
                    f"{name}·合计",
                    tuple(
                        Term(t.terms, t.constant, t.centre, Fraction(1), t.below, t.above)
                        for t in terms
                    ),
                    True,
                ),
                Stage(f"{name}·分担", tuple(terms)),
            ]
        return [*found, *self.goals]

    def short(self, x: Sequence[Fraction]) -> list[Fraction]:
        """三保 shortfall of every county with a known need at these amounts, in publishing units."""
        found = []
        for i, need in enumerate(self.need):
            own = self.own[i]
            if need is None or own is None:
                found.append(Fraction(0))
                continue
            given = sum(
                (self.usable[f] * x[j] for j, (f, k) in enumerate(self.lines) if k == i),
                Fraction(0),
            )
            found.append(max(Fraction(0), need - own - given))
        return found


@cache
def policy() -> Mapping[str, Any]:
    """The model file: defaults, weights, clauses. Data, not code."""
    return tomllib.loads(MODEL.read_text(encoding="utf-8"))


def exact(value: Any) -> Fraction | None:
    """The number that was typed, or computed by a formula; None for a blank."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = value.strip()
        return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    return Fraction(value) if isinstance(value, int) else _meant(float(value))


def _meant(value: float) -> Fraction:
    """The fifteen digits that spreadsheets keep; of many decimals, the plain fraction that has these digits, if one has.

    Of few decimals some fraction has them by chance: a million times more fractions must lie between them than are tried.
    """
    shown = f"{value:.15g}"
    number, decimals = Fraction(shown), -int(Decimal(shown).as_tuple().exponent)
    near = number.limit_denominator(1000)
    plain = f"{float(near):.15g}" == shown and near.denominator**2 * 10**6 <= 10**decimals
    return near if plain else number


def sure(value: Any) -> Fraction:
    """The same of a cell that has a number."""
    number = exact(value)
    assert number is not None, "a cell that is needed is blank"
    return number


# ---------------------------------------------------------------- settings


@dataclass(frozen=True)
class _Change:
    rule: str
    fund: str
    parameter: str
    place: str
    layer: int
    cells: Mapping[str, Any]


class Settings:
    """What the workbook and the scenario make of the model file: the named place wins, then the scenario, then the named fund."""

    def __init__(self, book: Book, funds: list[str], names: list[str], homes: list[str]) -> None:
        self.funds, self.names, self.homes = funds, names, homes
        self.full = {
            short: entry["name"]
            for entry in policy()["funds"]
            for short in (entry["name"], entry["short"])
        }
        self.changes = [
            self._change(row, 0, {key: row.get(key) for key in ("取值", "启用", "刚性", "优先级")})
            for row in book.rows(RULES)
        ]
        if book.scenario and any(book.scenario in row for row in book.rows(SCENARIOS)):
            self.changes += [
                self._change(row, 1, {"取值": row.get(book.scenario)})
                for row in book.rows(SCENARIOS)
            ]
        if book.publishing:
            self.changes.append(_Change("取整", "", "单位", "", 0, {"取值": book.publishing}))

    def _change(self, row: Mapping[str, Any], layer: int, cells: Mapping[str, Any]) -> _Change:
        return _Change(
            row["规则"],
            self.full.get(row.get("资金") or "", ""),
            row.get("参数") or "",
            row.get("对象") or "",
            layer,
            cells,
        )

    def value(
        self, rule: str, parameter: str, fund: str = "", county: str = "", home: str = ""
    ) -> Any:
        """A parameter's value for a fund and a place."""
        default = policy()["rules"][rule]["parameters"][parameter].get("default")
        found = default.get(fund) if isinstance(default, dict) else default
        return self._last(rule, parameter, "取值", fund, county, home, found, True)

    def number(
        self, rule: str, parameter: str, fund: str = "", county: str = "", home: str = ""
    ) -> Fraction | None:
        """The same as a number."""
        return exact(self.value(rule, parameter, fund, county, home))

    def switch(self, rule: str, column: str, fund: str, county: str, home: str) -> Any:
        """启用, 刚性 or 优先级 of a row."""
        spec = policy()["rules"][rule]
        default = {
            "启用": spec.get("on", True),
            "刚性": spec.get("hard", True),
            "优先级": spec.get("priority", 2),
        }[column]
        if isinstance(default, dict):
            default = default.get(fund, False)
        apart = spec["by"] in BY_FUND
        said = self._last(rule, None, column, fund, county, home, None, apart)
        return (
            default if said is None else int(said) if column == "优先级" else said in ("是", "硬")
        )

    def _last(
        self,
        rule: str,
        parameter: str | None,
        column: str,
        fund: str,
        county: str,
        home: str,
        found: Any,
        apart: bool,
    ) -> Any:
        matching = []
        for at, change in enumerate(self.changes):
            if (
                change.rule != rule
                or (parameter is not None and change.parameter != parameter)
                or change.cells.get(column) in (None, "")
            ):
                continue
            if apart and change.fund and change.fund != fund:
                continue
            level = 0 if not change.place else 1 if change.place in self.homes else 2
            if level == 1 and change.place != home or level == 2 and change.place != county:
                continue
            matching.append((level, change.layer, bool(change.fund), at))
        return self.changes[max(matching)[-1]].cells[column] if matching else found


# ---------------------------------------------------------------- groups


def ratio(upper: Fraction, lower: Fraction) -> tuple[int, Fraction] | None:
    """A rank key: nothing to divide by under something ranks above all; 0 over 0 is no ratio."""
    if lower > 0:
        return 0, upper / lower
    return (1, Fraction(0)) if upper > 0 else None


def top_share(
    keys: Mapping[int, tuple[int, Fraction] | None], share: Fraction, highest: bool
) -> set[int]:
    """The ⌈share·n⌉ first of n members, ties with the last one included."""
    ranked = sorted((key for key in keys.values() if key is not None), reverse=highest)
    wanted = min(ceil(share * len(keys)), len(ranked))
    if wanted <= 0:
        return set()
    last = ranked[wanted - 1]
    return {
        i
        for i, key in keys.items()
        if key is not None and (key >= last if highest else key <= last)
    }


# ---------------------------------------------------------------- the model of a workbook


def read(book: Book, grid: Fraction | None = None) -> Model:
    """The model of a workbook, for its scenario: as typed, or with every limit read in steps of a grid."""
    return _Reading(book, grid).model()


class _Reading:
    def __init__(self, book: Book, grid: Fraction | None) -> None:
        self.grid = grid
        spec = policy()
        order = [entry["name"] for entry in spec["funds"]]
        self.full = {
            short: entry["name"]
            for entry in spec["funds"]
            for short in (entry["name"], entry["short"])
        }
        pools = {self.full[row["资金"]]: row for row in book.rows(POOLS)}
        self.funds = [name for name in order if name in pools]
        self.counties = sorted(
            book.rows(COUNTIES),
            key=lambda row: (str(row.get("行政区划代码") or ""), row["县区名称"]),
        )
        self.names = [row["县区名称"] for row in self.counties]
        self.homes = [row["市州"] for row in self.counties]
        self.headers = set(book.sheets[COUNTIES].headers)
        self.settings = Settings(book, self.funds, self.names, self.homes)
        self.book = book
        text = str(self.settings.value("取整", "单位"))
        name = next(name for name in YUAN if text.endswith(name))
        self.unit = Fraction(text.removesuffix(name)) * YUAN[name] / YUAN[book.unit]
        self.pools = [self._pool(pools[fund], fund) for fund in self.funds]
        self.history = [self._history(fund) for fund in self.funds]
        self.own = self.money("可用财力")
        self.spending = self.money("标准财政支出")
        multiple = self.settings.number("三保兜底", "保障倍数") or Fraction(0)
        parts = [self.money(column) for column in NEEDS]
        self.need = [
            None if None in values else multiple * sum(values)
            for values in zip(*parts, strict=True)
        ]  # type: ignore[arg-type]
        self.usable = [
            self.settings.number("三保兜底", "可统筹比例", fund) or Fraction(0)
            for fund in self.funds
        ]

    def money(self, column: str) -> list[Fraction | None]:
        """A column of money in publishing units."""
        return [
            None if (value := exact(row.get(column))) is None else value / self.unit
            for row in self.counties
        ]

    def plain(self, column: str) -> list[Fraction | None]:
        """A column of other numbers."""
        return [exact(row.get(column)) for row in self.counties]

    def words(self, column: str) -> list[str]:
        return [str(row.get(column) or "") for row in self.counties]

    def _pool(self, row: Mapping[str, Any], fund: str) -> int:
        changed = self.settings.number("资金总额", "本年总额", fund)
        budget = sure(row["本年总额"]) if changed is None else changed
        share = self.settings.number("资金总额", "预留比例", fund) or Fraction(0)
        return floor((budget * (1 - share) - (exact(row.get("州本级及其他")) or 0)) / self.unit)

    def _history(self, fund: str) -> list[Fraction | None]:
        once = self.money(f"上年{fund}其中一次性")
        return [
            None if last is None else last - (taken or 0)
            for last, taken in zip(self.money(f"上年{fund}"), once, strict=True)
        ]

    def takes_part(self, f: int, i: int) -> bool:
        fund, row = self.funds[f], self.counties[i]
        if self.settings.value("资格", "仅缺口为正", fund) == "是" and not sure(
            row["标准财政支出"]
        ) > sure(row["标准财政收入"]):
            return False
        zones = self.settings.value("资格", "仅功能区", fund)
        return (
            zones == "否"
            or bool(row.get("功能区类型"))
            or (zones == "含禁止开发" and (exact(row.get("禁止开发区面积")) or 0) > 0)
        )

    # ------------------------------------------------------------ reference amounts

    def references(self) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
        """Before and after 考核奖惩, by fund and county, in publishing units."""
        before, after = [], []
        self.given: dict[str, list[Fraction]] = {}
        for f, fund in enumerate(self.funds):
            members = [i for i in range(len(self.names)) if self.takes_part(f, i)]
            if not members:
                raise NobodyEligibleError(fund)
            first = settled(self._shares(f, members), self.pools[f])
            judged = first
            if self.settings.switch("考核奖惩", "启用", fund, "", ""):
                judged = settled(self._assessed(first, members, fund), self.pools[f])
            before.append(first)
            after.append(judged)
            self.given[fund] = judged
        return before, after

    def _shares(self, f: int, members: list[int]) -> list[Fraction]:
        fund = self.funds[f]
        count = len(self.names)
        if self.settings.value("因素法", "参考", fund) == "缺口":
            need, own = (self._chosen(key) for key in ("需求列", "财力列"))
            weighted = [
                (
                    Fraction(1),
                    [max(Fraction(0), (need[i] or 0) - (own[i] or 0)) for i in range(count)],
                )
            ]
        else:
            spec = next(entry for entry in policy()["funds"] if entry["name"] == fund)
            weighted = [
                (Fraction(repr(float(factor["weight"]))), self._factor(factor, f, members))
                for factor in spec["factors"]
                if factor["weight"] > 0
            ]
        inside = [
            (weight, [value if i in members else Fraction(0) for i, value in enumerate(values)])
            for weight, values in weighted
        ]
        usable = [(weight, values) for weight, values in inside if sum(values) > 0]
        if not usable:
            usable = [(Fraction(1), [Fraction(int(i in members)) for i in range(count)])]
        whole = sum(weight for weight, _ in usable)
        return [
            sum(
                (
                    self.pools[f] * weight / whole * values[i] / sum(values)
                    for weight, values in usable
                ),
                Fraction(0),
            )
            for i in range(count)
        ]

    def _chosen(self, key: str) -> list[Fraction | None]:
        return self.money(str(self.settings.value("保障水平最大化", key)))

    def _factor(self, factor: Mapping[str, Any], f: int, members: list[int]) -> list[Fraction]:
        parameters, count = factor.get("parameters", {}), range(len(self.names))
        zero = Fraction(0)
        if factor["function"] in ("equalization_gap", "standard_gap", "zone_gap"):
            revenue = self.money("标准财政收入")
            gap = [
                max(zero, (n or zero) - (r or zero))
                for n, r in zip(self.spending, revenue, strict=True)
            ]
            if factor["function"] == "standard_gap":
                return gap
            if factor["function"] == "zone_gap":
                tiers = {
                    zone: Fraction(repr(float(tier))) for zone, tier in parameters["tiers"].items()
                }
                return [
                    g * tiers.get(zone, zero)
                    for g, zone in zip(gap, self.words("功能区类型"), strict=True)
                ]
            return self._equalized(gap, revenue, f, members, parameters)
        if factor["function"] in ("remaining_need", "need_pressure"):
            own = [
                (self.own[i] or zero)
                + sum(
                    (self.given[fund][i] for fund in parameters["after"] if fund in self.given),
                    zero,
                )
                for i in count
            ]
            need = [value or zero for value in self.need]
            if factor["function"] == "remaining_need":
                return [max(zero, need[i] - own[i]) for i in count]
            return [need[i] ** 2 / own[i] if own[i] > 0 else need[i] for i in count]
        if factor["function"] == "protected_area":
            number = self.plain("禁止开发区个数")
            return [
                value or zero
                for value in (
                    number if any(v is not None for v in number) else self.plain("禁止开发区面积")
                )
            ]
        if factor["function"] == "guided_list":
            return [
                Fraction(int(text not in ("", "否", "0"))) for text in self.words("引导性补助名单")
            ]
        raise NotImplementedError(factor["function"])

    def _equalized(
        self,
        gap: list[Fraction],
        revenue: list[Fraction | None],
        f: int,
        members: list[int],
        given: Mapping[str, float],
    ) -> list[Fraction]:
        """gap · coefficient; the difficulty in sixty digits, as its standard deviation is a root."""
        number = {key: Fraction(repr(float(value))) for key, value in given.items()}
        required = self.money("必保支出")
        spend = [
            sure if sure is not None else need
            for sure, need in zip(required, self.need, strict=True)
        ]
        burden = {i: (spend[i] or 0) / revenue[i] if revenue[i] else Fraction(0) for i in members}  # type: ignore[operator]
        distance = {i: gap[i] / self.spending[i] for i in members}  # type: ignore[operator]
        first, second = standard_scores(burden), standard_scores(distance)
        difficulty = {
            i: number["required_share"] * first[i] + number["gap_share"] * second[i]
            for i in members
        }
        low, high = min(difficulty.values()), max(difficulty.values())
        # Sixty digits tell different counties apart; nearer than that is the noise of the root.
        equal = high - low < Fraction(1, 10**40)
        easiest, hardest = number["easiest"], number["hardest"]
        inside = sum(gap[i] for i in members)
        found = [Fraction(0)] * len(gap)
        for i in members:
            mapped = (
                Fraction(1)
                if equal
                else easiest + (hardest - easiest) * (difficulty[i] - low) / (high - low)
            )
            ratio_ = self.pools[f] / inside if inside else Fraction(0)
            found[i] = gap[i] * (
                number["ratio_weight"] * ratio_ + number["difficulty_weight"] * mapped
            )
        return found

    def _assessed(self, first: list[Fraction], members: list[int], fund: str) -> list[Fraction]:
        cut = self.settings.number("考核奖惩", "扣减比例", fund) or Fraction(0)
        reward = self.settings.number("考核奖惩", "奖励比例", fund) or Fraction(0)
        results = self.words("生态考核结果")
        worse = [i for i in members if results[i] == "变差"]
        sharing = sum(first[i] for i in members if i not in worse)
        if not sharing:
            return first
        released = cut * sum(first[i] for i in worse) - reward * sum(
            first[i] for i in members if results[i] == "变好"
        )
        after = list(first)
        for i in members:
            after[i] = first[i] * (
                1 - cut if i in worse else 1 + reward * (results[i] == "变好") + released / sharing
            )
        return after

    # ------------------------------------------------------------ rows

    def model(self) -> Model:
        before, after = self.references()
        self.lines = [
            (f, i)
            for f in range(len(self.funds))
            for i in range(len(self.names))
            if self.takes_part(f, i)
        ]
        self.before, self.after = before, after
        reference = [after[f][i] for f, i in self.lines]
        ordered = list(dict.fromkeys(self.homes))
        if not all(row.get("行政区划代码") for row in self.counties):
            ordered = sorted(ordered)
        rows = [row for rule in CATALOGUE[1:] for row in self._rows(rule)]
        return Model(
            self.lines,
            self.pools,
            rows,
            self._goals(reference, rows),
            self.names,
            self.funds,
            [ordered.index(home) for home in self.homes],
            self.unit,
            reference,
            self.need,
            self.own,
            self.usable,
        )

    def _rows(self, rule: str) -> Iterable[Row]:
        makers: Mapping[str, Callable[[], Iterable[tuple[Any, ...]]]] = {
            "上年保底": self._floor,
            "考核奖惩": self._assessment,
            "已下达不收回": self._advance,
            "增幅上限": self._cap,
            "三保兜底": self._basic,
            "三保压力倾斜": self._pressure,
            "财力薄弱倾斜": self._weak,
            "困难地区倾斜": self._hardship,
            "生态稳定增长": self._growth,
            "保障水平下限": self._coverage,
            "位次不逆转": self._ranks,
            "市州占比": self._prefectures,
            "单县占比上限": self._line_share,
            "县区上下限": self._given,
        }
        by = policy()["rules"][rule]["by"]
        for f, i, home, label, terms, low, high, *written in self._switched(rule, makers[rule]):
            fund, county = "" if f is None else self.funds[f], "" if i is None else self.names[i]
            kept = {j: a for j, a in terms.items() if a}
            low, high = (
                side if side is None or self.grid is None else round(side / self.grid) * self.grid
                for side in (low, high)
            )
            yield Row(
                rule,
                label,
                kept,
                low,
                high,
                self.settings.switch(rule, "刚性", fund, county, home),
                self.settings.switch(rule, "优先级", fund, county, home),
                len(terms) == 1 and by in ("line", "fund"),
                written[0] if written else low if low is not None else high,
                fund,
            )

    def _switched(
        self, rule: str, maker: Callable[[], Iterable[tuple[Any, ...]]]
    ) -> Iterable[tuple[Any, ...]]:
        if not self._on_anywhere(rule):
            return
        for f, i, home, *rest in maker():
            where = home or (self.homes[i] if i is not None else "")
            fund, county = "" if f is None else self.funds[f], "" if i is None else self.names[i]
            if self.settings.switch(rule, "启用", fund, county, where):
                yield f, i, where, *rest

    def _on_anywhere(self, rule: str) -> bool:
        funds = self.funds if policy()["rules"][rule]["by"] in BY_FUND else [""]
        places = [
            ("", ""),
            *zip(self.names, self.homes, strict=True),
            *(("", home) for home in self.homes),
        ]
        return any(
            self.settings.switch(rule, "启用", fund, county, home)
            for fund in funds
            for county, home in places
        )

    def _each_line(
        self, column: str = "", rule: str = ""
    ) -> Iterable[tuple[int, int, int, Fraction | None, Fraction | None]]:
        """Line, fund, county, last year's amount and the parameter's value."""
        for j, (f, i) in enumerate(self.lines):
            value = (
                self.settings.number(rule, column, self.funds[f], self.names[i], self.homes[i])
                if column
                else None
            )
            yield j, f, i, self.history[f][i], value

    def _penalty(self, f: int, i: int) -> Fraction:
        fund = self.funds[f]
        if self.words("生态考核结果")[i] != "变差" or not self.settings.switch(
            "考核奖惩", "启用", fund, "", ""
        ):
            return Fraction(0)
        return self.settings.number("考核奖惩", "扣减比例", fund) or Fraction(0)

    def _line(
        self, j: int, f: int, i: int, low: Fraction | None, high: Fraction | None
    ) -> tuple[Any, ...]:
        return f, i, "", f"{self.names[i]}·{self.funds[f]}", {j: Fraction(1)}, low, high

    def _floor(self) -> Iterable[tuple[Any, ...]]:
        for j, f, i, last, cut in self._each_line("降幅上限", "上年保底"):
            if last is not None and last > 0 and cut is not None:
                yield self._line(j, f, i, (1 - cut) * (1 - self._penalty(f, i)) * last, None)

    def _assessment(self) -> Iterable[tuple[Any, ...]]:
        for j, f, i, last, _ in self._each_line():
            if self._penalty(f, i) > 0:
                yield self._line(
                    j,
                    f,
                    i,
                    None,
                    (1 - self._penalty(f, i)) * max(self.before[f][i], last or Fraction(0)),
                )

    def _advance(self) -> Iterable[tuple[Any, ...]]:
        paid = [self.money(f"提前下达{fund}") for fund in self.funds]
        for j, f, i, _, _ in self._each_line():
            if paid[f][i] is not None:
                yield self._line(j, f, i, paid[f][i], None)

    def _cap(self) -> Iterable[tuple[Any, ...]]:
        for j, f, i, last, rise in self._each_line("增幅上限", "增幅上限"):
            if last is not None and last > 0 and rise is not None:
                yield self._line(j, f, i, None, (1 + rise) * last)

    def _capacity(self, i: int) -> Terms:
        return {
            j: self.usable[f] for j, (f, k) in enumerate(self.lines) if k == i and self.usable[f]
        }

    def _basic(self) -> Iterable[tuple[Any, ...]]:
        for i, need in enumerate(self.need):
            if need is not None and need > 0:
                yield (
                    None,
                    i,
                    "",
                    self.names[i],
                    self._capacity(i),
                    need - (self.own[i] or 0),
                    None,
                    need,
                )

    def _sum_of(self, f: int, group: set[int]) -> Terms:
        return {
            j: Fraction(1) for j, (fund, i) in enumerate(self.lines) if fund == f and i in group
        }

    def _tilted(self, f: int, group: set[int], lead: Fraction | None) -> Iterable[tuple[Any, ...]]:
        everyone = sum((last or 0 for last in self.history[f]), Fraction(0))
        if not group or everyone <= 0 or lead is None:
            return
        growth = self.pools[f] / everyone - 1
        right = (1 + growth + lead) * sum((self.history[f][i] or 0 for i in group), Fraction(0))
        yield f, None, "", self.funds[f], self._sum_of(f, group), right, None

    def _strength(self, members: Iterable[int]) -> dict[int, tuple[int, Fraction] | None]:
        return {i: ratio(self.own[i], self.spending[i]) for i in members}  # type: ignore[arg-type]

    def _members(self, f: int) -> list[int]:
        return [i for fund, i in self.lines if fund == f]

    def _share(self, rule: str, parameter: str, f: int) -> Fraction:
        return self.settings.number(rule, parameter, self.funds[f]) or Fraction(0)

    def _pressure(self) -> Iterable[tuple[Any, ...]]:
        rule = "三保压力倾斜"
        for f, fund in enumerate(self.funds):
            if not self.settings.switch(rule, "启用", fund, "", ""):
                continue
            members = self._members(f)
            pressed = {i: ratio(self.need[i], self.own[i]) for i in members}  # type: ignore[arg-type]
            group = top_share(pressed, self._share(rule, "压力前比例", f), True) | top_share(
                self._strength(members), self._share(rule, "薄弱比例", f), False
            )
            yield from self._tilted(f, group, self.settings.number(rule, "增幅差", fund))

    def _weak(self) -> Iterable[tuple[Any, ...]]:
        rule = "财力薄弱倾斜"
        for f, fund in enumerate(self.funds):
            if not self.settings.switch(rule, "启用", fund, "", ""):
                continue
            members = self._members(f)
            column, _, values = str(self.settings.value(rule, "组别", fund)).partition("=")
            if values:
                words = self.homes if column == "市州" else self.words(column)
                group = {i for i in members if words[i] in values.split("、")}
            else:
                group = top_share(self._strength(members), self._share(rule, "薄弱比例", f), False)
            yield from self._tilted(f, group, self.settings.number(rule, "增幅差", fund))

    def _hardship(self) -> Iterable[tuple[Any, ...]]:
        rule = "困难地区倾斜"
        people = [
            value or Fraction(0) for value in self.plain(str(self.settings.value(rule, "人口口径")))
        ]
        own = [value or Fraction(0) for value in self.own]
        spending = [value or Fraction(0) for value in self.spending]
        hard = self.words("困难地区类型")
        group = {
            i
            for i in range(len(self.names))
            if hard[i] and own[i] * sum(spending) < sum(own) * spending[i]
        }
        if not group:
            return
        share = sum(people[i] for i in group) / sum(people)
        last = [
            sum((row[i] or Fraction(0) for row in self.history), Fraction(0))
            for i in range(len(self.names))
        ]
        right = (self.settings.number(rule, "人均倍数") or Fraction(0)) * share * sum(self.pools)
        if sum(last) > 0 and share > 0:
            right = max(right, sum(last[i] for i in group) / sum(last) * sum(self.pools))
        yield (
            None,
            None,
            "",
            "困难地区",
            {j: Fraction(1) for j, (_, i) in enumerate(self.lines) if i in group},
            right,
            None,
        )

    def _growth(self) -> Iterable[tuple[Any, ...]]:
        zones = self.words("功能区类型")
        for j, f, i, last, rise in self._each_line("增长率", "生态稳定增长"):
            everyone = sum((paid or 0 for paid in self.history[f]), Fraction(0))
            if (
                zones[i] in KEY_ZONES
                and not self._penalty(f, i)
                and last is not None
                and last > 0
                and rise is not None
            ):
                yield self._line(
                    j,
                    f,
                    i,
                    (1 + min(rise, max(self.pools[f] / everyone - 1, Fraction(0)))) * last,
                    None,
                )

    def _groups(self, rule: str) -> list[str]:
        column = str(self.settings.value(rule, "分组列"))
        if column == "全省":
            return ["全省"] * len(self.names)
        return self.homes if column == "市州" else self.words(column)

    def _coverage(self) -> Iterable[tuple[Any, ...]]:
        rule = "保障水平下限"
        groups = self._groups(rule)
        province = set(groups) == {"全省"} and self.settings.value(rule, "分组列") == "全省"
        for i, name in enumerate(groups):
            least = self.settings.number(
                rule, "下限比例", "", self.names[i], self.homes[i]
            ) or Fraction(0)
            peers = [k for k, other in enumerate(groups) if other == name]
            weight = least * self.spending[i] / sum(self.spending[k] for k in peers)  # type: ignore[misc, operator]
            if province:
                total = sum(self.own) + sum(
                    (u * p for u, p in zip(self.usable, self.pools, strict=True)), Fraction(0)
                )  # type: ignore[arg-type]
                yield (
                    None,
                    i,
                    "",
                    self.names[i],
                    self._capacity(i),
                    weight * total - self.own[i],
                    None,
                    weight * total,
                )
                continue
            terms = dict(self._capacity(i))
            for k in peers:
                for j, a in self._capacity(k).items():
                    terms[j] = terms.get(j, Fraction(0)) - weight * a
            right = weight * sum(self.own[k] for k in peers) - self.own[i]  # type: ignore[misc, operator]
            yield None, i, "", self.names[i], terms, right, None, Fraction(0)

    def _ranks(self) -> Iterable[tuple[Any, ...]]:
        rule = "位次不逆转"
        groups = self._groups(rule)
        slack = self.settings.number(rule, "容差") or Fraction(0)
        strength = self._strength(range(len(self.names)))
        for name in dict.fromkeys(groups):
            tied: dict[tuple[int, Fraction], list[int]] = {}
            for i, group in enumerate(groups):
                key = strength[i]
                if group == name and key is not None:
                    tied.setdefault(key, []).append(i)
            for low, high in pairwise(sorted(tied)):
                for i in tied[low]:
                    for k in tied[high]:
                        part = self.spending[i] / self.spending[k]  # type: ignore[operator]
                        terms = dict(self._capacity(i))
                        for j, a in self._capacity(k).items():
                            terms[j] = terms.get(j, Fraction(0)) - part * a
                        right = slack * self.spending[i] - self.own[i] + part * self.own[k]  # type: ignore[operator]
                        yield (
                            None,
                            i,
                            "",
                            f"{self.names[i]}不超过{self.names[k]}",
                            terms,
                            None,
                            right,
                            slack * self.spending[i],
                        )  # type: ignore[operator]

    def _prefectures(self) -> Iterable[tuple[Any, ...]]:
        rule = "市州占比"
        for f, fund in enumerate(self.funds):
            for home in dict.fromkeys(self.homes):
                terms = {
                    j: Fraction(1)
                    for j, (g, i) in enumerate(self.lines)
                    if g == f and self.homes[i] == home
                }
                for key in ("下限", "上限"):
                    limit = self.settings.number(rule, key, fund, "", home)
                    if limit is not None:
                        right = limit * self.pools[f]
                        yield (
                            f,
                            None,
                            home,
                            f"{fund}/{home}",
                            terms,
                            *((right, None) if key == "下限" else (None, right)),
                        )

    def _line_share(self) -> Iterable[tuple[Any, ...]]:
        for j, f, i, _, most in self._each_line("占比上限", "单县占比上限"):
            yield self._line(j, f, i, None, (most or 0) * self.pools[f])

    def _given(self) -> Iterable[tuple[Any, ...]]:
        at = {line: j for j, line in enumerate(self.lines)}
        bounds = {}
        for row in self.book.rows(BOUNDS):
            i = self.names.index(row["县区名称"])
            bounds[self.funds.index(self.full[row["资金"]]), i] = row
        for column in ("下限", "上限"):
            for (f, i), row in bounds.items():
                limit = exact(row.get(column))
                if limit is not None and (f, i) in at:
                    yield self._line(
                        at[f, i],
                        f,
                        i,
                        *(
                            (limit / self.unit, None)
                            if column == "下限"
                            else (None, limit / self.unit)
                        ),
                    )

    # ------------------------------------------------------------ objectives

    def _goals(self, reference: list[Fraction], rows: Sequence[Row]) -> list[Stage]:
        text = self.settings.value("目标", "顺序")
        listed = (
            [part.strip() for part in str(text).split(">")] if text else list(policy()["objective"])
        )
        listed = [name for name in dict.fromkeys(listed) if name != "三保缺口最小"]
        every_last = all((self.history[f][i] or 0) > 0 for f, i in self.lines)
        if "贴近因素法" not in listed and not (listed == ["较上年波动最小"] and every_last):
            listed.append("贴近因素法")
        return [self._goal(name, reference) for name in listed]

    def _goal(self, name: str, reference: list[Fraction]) -> Stage:
        one, zero = Fraction(1), Fraction(0)
        if name == "贴近因素法":
            return Stage(
                name,
                tuple(
                    Term({j: one}, zero, e, e if e > 0 else one, True, True)
                    for j, e in enumerate(reference)
                ),
            )
        if name == "较上年波动最小":
            lasts = [(j, self.history[f][i]) for j, (f, i) in enumerate(self.lines)]
            return Stage(
                name,
                tuple(
                    Term({j: one}, zero, last, last, True, True)
                    for j, last in lasts
                    if last is not None and last > 0
                ),
            )
        if name == "差距最小":
            whole = sum(self.own) + sum(
                (u * p for u, p in zip(self.usable, self.pools, strict=True)), zero
            )  # type: ignore[arg-type]
            mean = whole / sum(self.spending)  # type: ignore[arg-type]
            return Stage(
                name,
                tuple(
                    Term(self._capacity(i), self.own[i], mean * self.spending[i], one, True, True)  # type: ignore[arg-type, operator]
                    for i in range(len(self.names))
                ),
                True,
            )
        need, own, below = (self._chosen(key) for key in ("需求列", "财力列", "分母列"))
        if str(self.settings.value("保障水平最大化", "分母列")) == "常住人口":
            below = self.plain("常住人口")
        with_line = sorted({i for _, i in self.lines})
        return Stage(
            name,
            tuple(
                Term(self._capacity(i), own[i], need[i], below[i], True, False) for i in with_line
            ),
        )  # type: ignore[arg-type]


def settled(shares: Sequence[Fraction], pool: int) -> list[Fraction]:
    """Down to a millionth of the unit; what is left goes step by step to the largest rests, the first county first."""
    counts = [floor(share * 10**6) for share in shares]
    rests = [share * 10**6 - count for share, count in zip(shares, counts, strict=True)]
    # Rests nearer than the root's digits tell apart are ties.
    order = sorted(
        (i for i, share in enumerate(shares) if share > 0),
        key=lambda i: (-round(rests[i] * 10**20), i),
    )
    for i in order[: pool * 10**6 - sum(counts)]:
        counts[i] += 1
    return [Fraction(count, 10**6) for count in counts]


def standard_scores(values: Mapping[int, Fraction]) -> dict[int, Fraction]:
    """By the population's standard deviation; no spread, no score."""
    mean = sum(values.values()) / len(values)
    variance = sum((value - mean) ** 2 for value in values.values()) / len(values)
    if variance <= (SAME_RATIO * mean) ** 2:
        return dict.fromkeys(values, Fraction(0))
    with localcontext() as context:
        context.prec = 60
        root = Fraction((Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt())
    return {i: (value - mean) / root for i, value in values.items()}
