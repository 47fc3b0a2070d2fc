"""Records of several years → every county's levels, the list of warnings, and the index of coordination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gmpy2 import mpq

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import ZERO, total
from transfer_opt.core.text import normalise, some
from transfer_opt.core.vocabulary import INDICATORS
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.recipients import WHOLE_PROVINCE
from transfer_opt.policy.warning_levels import (
    LEVELS,
    UNKNOWN,
    Ratio,
    Record,
    Threshold,
    falls,
    left_at,
    levels,
    score,
    whole_units,
    worst,
)


@dataclass(frozen=True)
class Source:
    """A file, and what it says."""

    name: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Course:
    """One indicator of one county through the years."""

    threshold: Threshold
    ratios: tuple[Ratio | None, ...]
    """By year; None: not known, or not told by a forecast."""
    levels: tuple[str, ...]
    """By year; "" where there is nothing to be measured."""
    falls: int
    """How many years in a row, up to the present one, it became worse."""

    def value(self, at: int) -> mpq | None:
        """The figure of a year."""
        ratio = self.ratios[at]
        return ratio.value if ratio else None

    def lacks(self, at: int, unit: mpq) -> tuple[mpq | None, mpq | None]:
        """Money, in whole units, to the cut of its level and with which it leaves the level; None: not known, or none helps."""
        level, ratio = self.levels[at], self.ratios[at]
        if level not in self.threshold.cuts or ratio is None or self.threshold.sign < 0:
            return None, None
        ends = self.threshold.cuts[level], left_at(self.threshold, level)
        found = (ratio.lacks(end) for end in ends)
        bare, past = (None if money is None else whole_units(money, unit) for money in found)
        return bare, past


@dataclass(frozen=True)
class Standing:
    """One county: its indicators, and what it is called by."""

    code: str
    name: str
    prefecture: str
    courses: tuple[Course, ...]
    now: int
    """The position of the present year."""

    def level(self, at: int) -> str:
        """The worst of its indicators' levels in a year; "" where a forecast tells nothing."""
        found = [each.levels[at] for each in self.courses if each.levels[at]]
        return worst(found) if found else "" if at > self.now else UNKNOWN

    @cached_property
    def leading(self) -> Course:
        """What it is named for: of the indicators at its level the one that falls, else the first."""
        level = self.level(self.now)
        alike = [each for each in self.courses if each.levels[self.now] == level]
        return max(alike or self.courses, key=lambda each: each.falls)


@dataclass(frozen=True)
class Field:
    """A field of the index: its indicators' figures and scores by year, None where not known."""

    name: str
    weight: mpq
    indicators: tuple[tuple[Threshold, tuple[mpq | None, ...], tuple[mpq | None, ...]], ...]

    def score(self, at: int) -> mpq | None:
        """The mean of its indicators' scores in a year; None where one is missing."""
        return _mean([scores[at] for _, _, scores in self.indicators])


@dataclass(frozen=True)
class Watch:
    """What is watched, through the years."""

    thresholds: tuple[Threshold, ...]
    years: tuple[int, ...]
    now: int
    """The position of the present year; those after it are forecasts."""
    unit: mpq
    """What money is counted in."""
    money_unit: str
    standings: tuple[Standing, ...]
    """In the order of the units."""
    fields: tuple[Field, ...]
    problems: tuple[Problem, ...]

    @cached_property
    def listed(self) -> tuple[Standing, ...]:
        """The worst first; of one level first what falls, then by the least figure where they are named for the same."""
        order = [each.indicator for each in self.thresholds]

        def key(standing: Standing) -> tuple[int, int, int, mpq]:
            course = standing.leading
            value = course.value(self.now)
            return (
                LEVELS.index(standing.level(self.now)),
                -course.falls,
                order.index(course.threshold.indicator),
                ZERO if value is None else value * course.threshold.sign,
            )

        return tuple(sorted(self.standings, key=key))

    def index(self, at: int) -> mpq | None:
        """Σ weight · score of the fields in a year; None where a field is missing, or there is no index."""
        scores = [field.score(at) for field in self.fields]
        if not scores or None in scores:
            return None
        return total(
            f.weight * s for f, s in zip(self.fields, scores, strict=True) if s is not None
        )

    def label(self, at: int) -> str:
        """「2026年」, 「2027年预测」."""
        return f"{self.years[at]}年" + ("预测" if at > self.now else "")


def watch(
    thresholds: Sequence[Threshold],
    sources: Sequence[Source],
    former: Mapping[str, str],
    unit: mpq,
    money_unit: str,
) -> Watch:
    """Merge what the sources say and find the levels. Raises InputError where two say something of the same, or none anything."""
    published = sorted({r.year for s in sources for r in s.records if not r.is_forecast})
    if not published:
        raise InputError(
            [Problem("E399", "没有任何一年的数。", f"给出结果工作簿，或填「{INDICATORS}」。")]
        )
    now = published[-1]
    units = _units(sources, published, former)
    said = _merged(sources, units, now)
    ahead = sorted({r.year for s in sources for r in s.records if r.is_forecast and r.year > now})
    years = (*published, *ahead)
    watched = tuple(each for each in thresholds if each.cuts)
    if not watched:
        raise InputError(
            [Problem("E399", "「预警阈值」没有给任何县级指标定红、橙、黄线。", "至少填一个指标。")]
        )
    standings = tuple(
        Standing(
            unit_.code,
            unit_.name,
            unit_.prefecture,
            tuple(_course(each, said, place, years, len(published) - 1) for each in watched),
            len(published) - 1,
        )
        for place, unit_ in enumerate(units.records)
    )
    fields = tuple(_indexed(thresholds, said, years))
    return Watch(
        tuple(thresholds),
        years,
        len(published) - 1,
        unit,
        money_unit,
        standings,
        fields,
        (*_gaps(published), *_missing(standings, now)),
    )


@dataclass(frozen=True)
class _Units:
    """Every county there is, those of the present year first."""

    records: tuple[Record, ...]
    former: Mapping[str, str]

    @cached_property
    def register(self) -> Register:
        codes, names = ([getattr(each, key) for each in self.records] for key in ("code", "name"))
        return Register(codes, names, self.former)

    def place(self, record: Record) -> int | None:
        """Which it is; -1: the whole province, None: none of them."""
        if normalise(record.name) == WHOLE_PROVINCE:
            return -1
        return self.register.find(record.code, record.name).place


_Said = dict[tuple[int, int, str], Ratio | None]
"""Year, place of the unit (-1: the province) and indicator → what was measured."""


def _units(
    sources: Sequence[Source], published: Sequence[int], former: Mapping[str, str]
) -> _Units:
    """Those of the present year as its result lists them, then those that only other sources and years have."""
    units = _Units((), former)
    for year in reversed(published):
        for source in reversed(sources):
            new = {
                record.code or normalise(record.name): record
                for record in source.records
                if record.year == year and not record.is_forecast and units.place(record) is None
            }
            if new:
                units = _Units((*units.records, *new.values()), former)
    return units


def _merged(sources: Sequence[Source], units: _Units, now: int) -> _Said:
    said: _Said = {}
    source_of: dict[tuple[int, int, str], str] = {}
    twice: dict[tuple[int, str, str], list[tuple[str, str]]] = {}
    for source in sources:
        for record in source.records:
            place = units.place(record)
            if place is None or record.is_forecast and record.year <= now:
                continue
            for indicator, ratio in record.values.items():
                key = record.year, place, indicator
                if said.get(key) is None:
                    said[key], source_of[key] = ratio, source.name
                elif ratio is not None:
                    pair = record.year, source_of[key], source.name
                    twice.setdefault(pair, []).append((record.name, indicator))
    if twice:
        raise InputError([_doubled(*pair, found) for pair, found in twice.items()])
    return said


def _doubled(year: int, one: str, other: str, found: Sequence[tuple[str, str]]) -> Problem:
    names, indicators = (list(dict.fromkeys(column)) for column in zip(*found, strict=True))
    return Problem(
        "E399",
        f"{year}年的{some(indicators, 3)}，「{one}」和「{other}」都有（{some(names, 3)}），不知以哪个为准。",
        f"同一年只给一份结果；或删去「{INDICATORS}」里这一年的数。",
    )


def _gaps(published: Sequence[int]) -> Iterator[Problem]:
    missing = sorted({*range(published[0], published[-1])} - {*published})
    if missing:
        years = "、".join(f"{year}年" for year in missing)
        yield Problem(
            "W394",
            f"缺{years}的数：下降不跨过缺的年份连着算，等级按再上一年的接着看。",
            "补上这一年的结果，或填「历年指标」。",
        )


def _missing(standings: Sequence[Standing], now: int) -> Iterator[Problem]:
    """Whom something is not known of in the present year, indicator by indicator."""
    for at in range(len(standings[0].courses)):
        lacking = [s for s in standings if s.courses[at].levels[s.now] == UNKNOWN]
        if lacking:
            indicator = lacking[0].courses[at].threshold.indicator
            yield Problem(
                "W393",
                f"{some([each.name for each in lacking], 3)} {now}年缺{indicator}，列为「{UNKNOWN}」。",
                "补上结果里缺的数，或填「历年指标」；这个指标不用就删去「预警阈值」的这一行。",
            )


def _course(
    threshold: Threshold, said: _Said, place: int, years: Sequence[int], now: int
) -> Course:
    """The levels of one indicator; years that nobody tells of stand between as not known."""
    every = range(years[0], years[-1] + 1)
    found = {year: said.get((year, place, threshold.indicator)) for year in every}
    values = {year: ratio.value if ratio else None for year, ratio in found.items()}
    known = dict(zip(every, levels(threshold, list(values.values())), strict=True))

    def level(at: int, year: int) -> str:
        ratio = found[year]
        told = (year, place, threshold.indicator) in said
        silent = ratio is not None and ratio.value is None or at > now and not told
        return "" if silent else known[year]

    until = [values[year] for year in every if year <= years[now]]
    return Course(
        threshold,
        tuple(found[year] for year in years),
        tuple(level(at, year) for at, year in enumerate(years)),
        falls(threshold.sign, until),
    )


def _indexed(thresholds: Sequence[Threshold], said: _Said, years: Sequence[int]) -> Iterator[Field]:
    names = dict.fromkeys(each.field for each in thresholds if each.weight)
    for name in names:
        rows = []
        for each in thresholds:
            if each.field == name and (each.goalposts or not each.cuts):
                ratios = [said.get((year, -1, each.indicator)) for year in years]
                values = tuple(ratio.value if ratio else None for ratio in ratios)
                posts = each.goalposts
                scores = tuple(score(posts, v) if posts and v is not None else None for v in values)
                rows.append((each, values, scores))
        weight = next(each.weight for each in thresholds if each.field == name)
        yield Field(name, weight, tuple(rows))


def _mean(scores: Iterable[mpq | None]) -> mpq | None:
    found = list(scores)
    known = [each for each in found if each is not None]
    return total(known) / len(known) if known and len(known) == len(found) else None
