"""「多年比较」: what becomes of every scenario in the years after this one, year beside year."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from transfer_opt.allocation.projection import Stuck, Year, first_short
from transfer_opt.core.budget import Value
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import OUTLOOK, YEAR_COMPARISON
from transfer_opt.report.parts import (
    CENTS,
    FORECAST,
    cents,
    cents_told,
    from_to,
    heading,
    needs_known,
)
from transfer_opt.scenarios.comparison.ahead import Ahead
from transfer_opt.scenarios.comparison.compare import Comparison


@dataclass(frozen=True)
class _Figure:
    """A figure of one scenario in one year; NaN where not known."""

    name: str
    of: Callable[[Year], float]
    decimals: int


def ahead_table(comparison: Comparison) -> Table | None:
    """Figures and years as rows, scenarios as columns; None where the years after this one were not asked for."""
    if not comparison.ahead:
        return None
    base = _base(comparison)
    columns = [Column("指标", "text", 22), Column("年度", "text", 14)]
    for each in comparison.ahead:
        columns.append(Column("数值", "number", 15, each.name, group_start=True))
        if base and each is not base:
            columns.append(Column("较基准", "points", 13, each.name))
    return Table(
        YEAR_COMPARISON,
        f"{_span(_longest(comparison))}{heading(comparison.lead).partition('年')[2]}{YEAR_COMPARISON}",
        tuple(columns),
        tuple(_rows(comparison, base)),
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        notes=(
            *(f"{sentence}。" for sentence in ahead_sentences(comparison)),
            f"注：每个方案都从它自己的本年分配数出发，按「{OUTLOOK}」逐年完整求解；{FORECAST}各年算到百元，不作为分配依据。"
            "较基准是表中两数相减。",
            *_own_growths(comparison),
            *stuck_told(comparison),
        ),
        fit="page",
    )


def ahead_sentences(comparison: Comparison) -> Iterator[str]:
    """One per scenario: where its shortfalls begin, what they come to, and how that compares."""
    base = _base(comparison)
    return (_sentence(each, base, comparison.money_unit) for each in comparison.ahead)


def this_year(comparison: Comparison) -> str:
    """Before what is said of this year alone, where the years after it are compared, too."""
    return "本年" if comparison.ahead else ""


def ahead_record(comparison: Comparison) -> list[dict[str, Any]]:
    """The years of every scenario for programs."""
    return [
        {
            "scenario": each.name,
            "sentence": f"{said}。",
            "stuck": each.stuck and {"year": each.stuck.number, "why": _first_line(each.stuck)},
            "years": [
                {
                    "year": year.number,
                    "forecast": at > 0,
                    "pool": round(sum(fund.pool for fund in year.case.funds), CENTS),
                    "short": year.short,
                }
                for at, year in enumerate(each.years)
            ],
        }
        for each, said in zip(comparison.ahead, ahead_sentences(comparison), strict=True)
    ]


def _sentence(ahead: Ahead, base: Ahead | None, unit: str) -> str:
    said = [f"按“{ahead.name}”，{_shortfalls(ahead, unit)}"]
    if ahead.stuck:
        said.append(f"{ahead.stuck.number}年没有可行方案")
    if base and ahead is not base and (told := _against(ahead, base, unit)):
        said.append(told)
    return "；".join(said)


def _shortfalls(ahead: Ahead, unit: str) -> str:
    """When the first is, how large, and what they come to in all."""
    if not _knows_needs(ahead):
        return "没有填报“三保”需求，不知道缺口"
    span, at = _span(ahead.years), first_short(ahead.years)
    if at is None:
        return f"{span}“三保”都没有缺口"
    first = ahead.years[at]
    if sum(year.short > 0 for year in ahead.years) == 1:
        only = "" if ahead.stuck else "只有"
        return f"{only}{first.number}年有“三保”缺口 {cents_told(first.short)} {unit}"
    total = cents_told(_total(ahead.years))
    return f"{first.number}年开始有“三保”缺口，当年 {cents_told(first.short)} {unit}，{span}合计 {total} {unit}"


def _against(ahead: Ahead, base: Ahead, unit: str) -> str:
    """By how much it is short of less or more than the baseline in the years that both have; "" where too little to show."""
    common = min(len(ahead.years), len(base.years))
    if not (_knows_needs(ahead) and _knows_needs(base)):
        return ""
    less = round(_total(base.years[:common]) - _total(ahead.years[:common]), CENTS)
    alone = common == len(ahead.years) == len(base.years)
    span = "各年" if alone else _span(ahead.years[:common])
    if not less:
        alike = all(a.short == b.short for a, b in zip(ahead.years, base.years, strict=False))
        return f"{span}缺口都与{base.name}相同" if alike else ""
    return f"{span}合计比{base.name}{'少' if less > 0 else '多'}缺 {cents_told(abs(less))} {unit}"


def _rows(comparison: Comparison, base: Ahead | None) -> Iterator[Row]:
    longest = _longest(comparison)
    for figure in _figures(comparison.money_unit):
        by_year = [
            [_shown(figure, each, at) for each in comparison.ahead] for at in range(len(longest))
        ]
        if all(np.isnan(value) for values in by_year for value in values):
            continue
        for at, values in enumerate(by_year):
            year = f"{longest[at].number}年{FORECAST if at else ''}"
            cells = _beside(comparison, values, base)
            yield Row("plain", (figure.name, year, *cells), decimals=figure.decimals)
    begins = [_begins(each) for each in comparison.ahead]
    if any(begins):
        told: list[Value] = []
        for each, said in zip(comparison.ahead, begins, strict=True):
            told += [said or None] if each is base or base is None else [said or None, None]
        yield Row("plain", ("开始有“三保”缺口", None, *told))


def _beside(comparison: Comparison, values: Sequence[float], base: Ahead | None) -> Iterator[Value]:
    """The figure of each scenario, and what it is more than the baseline's."""
    usual = values[comparison.ahead.index(base)] if base else np.nan
    for each, value in zip(comparison.ahead, values, strict=True):
        yield cents(value)
        if base and each is not base:
            yield cents(value - usual)


def _figures(unit: str) -> tuple[_Figure, ...]:
    return (
        _Figure(f"“三保”缺口（{unit}）", lambda year: _if_needed(year, year.short), CENTS),
        _Figure(
            "有缺口的县（个）",
            lambda year: _if_needed(year, float((year.shortfall > 0).sum())),
            0,
        ),
        _Figure("最低保障水平（%）", _lowest, CENTS),
        _Figure(
            f"可分配总额（{unit}）", lambda year: sum(fund.pool for fund in year.case.funds), CENTS
        ),
    )


def _shown(figure: _Figure, ahead: Ahead, at: int) -> float:
    return round(figure.of(ahead.years[at]), figure.decimals) if at < len(ahead.years) else np.nan


def _if_needed(year: Year, value: float) -> float:
    return value if needs_known(year.case) else np.nan


def _knows_needs(ahead: Ahead) -> bool:
    return all(needs_known(year.case) for year in ahead.years)


def _lowest(year: Year) -> float:
    coverage = year.position.coverage
    return 100 * float(np.nanmin(coverage)) if np.isfinite(coverage).any() else np.nan


def _begins(ahead: Ahead) -> str:
    if not _knows_needs(ahead):
        return ""
    at = first_short(ahead.years)
    return "没有" if at is None else f"{ahead.years[at].number}年"


def _own_growths(comparison: Comparison) -> Iterator[str]:
    for each in comparison.ahead:
        if each.growths:
            yield f"{each.name}：以后各年不按「{OUTLOOK}」的：{'；'.join(each.growths)}。"


def stuck_told(comparison: Comparison) -> Iterator[str]:
    """The scenarios that have no allocation in a later year: which year, and the first line of why."""
    for each in comparison.ahead:
        if each.stuck:
            yield f"{each.name}：{_first_line(each.stuck)}"


def _first_line(stuck: Stuck) -> str:
    return stuck.message.splitlines()[0]


def _base(comparison: Comparison) -> Ahead | None:
    """That of the baseline; None where that is last year."""
    name = comparison.baseline.name
    return next((each for each in comparison.ahead if each.name == name), None)


def _longest(comparison: Comparison) -> Sequence[Year]:
    return max((each.years for each in comparison.ahead), key=len)


def _total(years: Sequence[Year]) -> float:
    return round(sum(year.short for year in years), CENTS)


def _span(years: Sequence[Year]) -> str:
    return from_to(years[0].number, years[-1].number)
