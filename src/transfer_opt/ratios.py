"""Shares, growth and per-head figures of a table against what they are formed from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from transfer_opt.errors import Problem
from transfer_opt.workbook.tabulation import Tabulation
from transfer_opt.workbook.values import normalise

_GROWTH = re.compile(r".*(?:增幅|增长率|增速|增减幅度?|增长(?:比例)?%?)")
_SHARE = re.compile(r".*(?:占比|比重|份额|占.+(?:比例|%))")
_PER_HEAD = re.compile(r".*人均.*")
_PEOPLE = re.compile(r".*(?:人口|人数|供养)")
_MONEY = (1, 10**4, 10**8)
"""What amounts may have to be multiplied by: 元, 万元, 亿元 against 元."""
_NOISE = Fraction(1, 10**13)
SAMPLE = 60

_Reading = tuple[str, Callable[[int], Fraction | None]]
"""How the figure is formed, in words; and what it should be in a row."""


@dataclass(frozen=True)
class RatioColumn:
    """One such column: how many figures were compared and which are wrong."""

    checked: int
    problems: tuple[Problem, ...]


def ratio_columns(table: Tabulation, amounts: Sequence[int], grand: Sequence[int]) -> list[RatioColumn]:
    """Every column of ratios whose figures most rows bear out; `grand` are the 合计 rows."""
    found = []
    for column in table.numeric:
        if column in amounts:
            continue
        known = table.column(column)
        finest = max((max(0, -int(number.normalize().as_tuple().exponent)) for number in known.values()), default=0)
        half = Fraction(1, 2 * 10**finest)
        rows = [row for row, number in known.items() if number][:SAMPLE]
        best = max(_readings(table, column, amounts, grand), key=lambda reading: _right(reading, known, rows, half), default=None)
        if best and rows and _right(best, known, rows, half) * 2 > len(rows):
            found.append(_compared(table, column, best, half))
    return found


def _compared(table: Tabulation, column: int, reading: _Reading, half: Fraction) -> RatioColumn:
    how, formed = reading
    problems, checked = [], 0
    for row, number in table.column(column).items():
        should = formed(row)
        if should is None:
            continue
        checked += 1
        gap = Fraction(number) - should
        if abs(gap) > half + abs(should) * _NOISE:
            kind = "像是四舍五入的尾差" if abs(gap) <= 2 * half else "不是四舍五入能造成的"
            problems.append(Problem("A621", f"按{how}应为 {_shown(should)}，相差 {_shown(gap)}；{kind}。", "", table.page.name,
                                    table.cell(row, column), f"{table.label(row)}·{table.headers[column]}", f"{number:,f}"))
    return RatioColumn(checked, tuple(problems))


def _right(reading: _Reading, known: dict[int, Decimal], rows: Sequence[int], half: Fraction) -> int:
    formed = [(row, reading[1](row)) for row in rows]
    return sum(should is not None and abs(Fraction(known[row]) - should) <= half + abs(should) * _NOISE for row, should in formed)


def _readings(table: Tabulation, column: int, amounts: Sequence[int], grand: Sequence[int]) -> Iterator[_Reading]:
    header = normalise(table.headers[column])
    scales = (100, 1) if table.units[column] == "%" else (1, 100)
    if _GROWTH.fullmatch(header):
        for now in amounts:
            for last in amounts:
                if now != last:
                    for scale in scales:
                        yield _growth(table, now, last, scale)
    elif _PER_HEAD.fullmatch(header):
        for people in (each for each in amounts if _PEOPLE.fullmatch(normalise(table.headers[each]))):
            for amount in (each for each in amounts if each != people):
                for factor in _MONEY:
                    yield _quotient(table, amount, people, factor)
    elif _SHARE.fullmatch(header) and grand:
        for amount in amounts:
            for scale in scales:
                yield _share(table, amount, grand[0], scale)


def _growth(table: Tabulation, now: int, last: int, scale: int) -> _Reading:
    def formed(row: int) -> Fraction | None:
        after, before = table.numbers.get((row, now)), table.numbers.get((row, last))
        return None if after is None or not before else (Fraction(after) / Fraction(before) - 1) * scale

    return f"「{table.headers[now]}」比「{table.headers[last]}」增长", formed


def _quotient(table: Tabulation, amount: int, people: int, factor: int) -> _Reading:
    def formed(row: int) -> Fraction | None:
        money, heads = table.numbers.get((row, amount)), table.numbers.get((row, people))
        return None if money is None or not heads else Fraction(money) * factor / Fraction(heads)

    return f"「{table.headers[amount]}」÷「{table.headers[people]}」", formed


def _share(table: Tabulation, amount: int, total: int, scale: int) -> _Reading:
    whole = table.numbers.get((total, amount))

    def formed(row: int) -> Fraction | None:
        part = table.numbers.get((row, amount))
        return None if part is None or not whole else Fraction(part) / Fraction(whole) * scale

    return f"「{table.headers[amount]}」÷合计", formed


def _shown(value: Fraction) -> str:
    return f"{float(value):,.10g}"
