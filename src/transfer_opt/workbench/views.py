"""The middle and the right column as plain records: every figure read off the allocation, shown as the workbook shows it."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from transfer_opt.allocation.explanation.extent import extents
from transfer_opt.allocation.explanation.steps import STEP_NAMES
from transfer_opt.allocation.plan import Amounts, Outcome
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import spelled
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.policy.case import YUAN
from transfer_opt.published.movable import PROVED, kept_sentence, span_sentence
from transfer_opt.published.versus import told_apart
from transfer_opt.report.allocation import allocation_table
from transfer_opt.report.parts import finest, groups, known_sums, optional, sums
from transfer_opt.report.steps import step_table
from transfer_opt.report.web.cells import Grid, figure
from transfer_opt.report.web.strip import Strip, strip
from transfer_opt.scenarios.comparison.columns import CHANGES, changes
from transfer_opt.workbook.result.rows import as_written

DUST = 1e-9
ALL = "合计"
COVERED = "保障水平"
MOST_MARKS = 300
"""Counties that a strip shows one by one."""
UNTRIED = "没有试过变动"
"""How `explain` begins where no small change was solved."""


@dataclass(frozen=True)
class Total:
    """What is given of one fund, held against its pool."""

    fund: str
    given: str
    pool: str
    agrees: bool
    reserved: str
    """Kept back; empty where nothing is."""


@dataclass(frozen=True)
class Shift:
    """Who gets more and who less than before, as counted and named."""

    more: int
    gained: str
    fewer: int
    lost: str
    losers: tuple[tuple[str, str], ...]
    """County and how much less, most first."""

    @property
    def is_nothing(self) -> bool:
        """Whether nobody's amount moved."""
        return not self.more and not self.fewer


@dataclass(frozen=True)
class Bar:
    """One row of a waterfall: where its bar begins and ends, in per mille of the width."""

    label: str
    text: str
    left: float
    width: float
    kind: str
    """whole, up or down."""


@dataclass(frozen=True)
class Card:
    """One county."""

    name: str
    prefecture: str
    grid: Grid
    """Fund by fund."""
    year: tuple[Bar, ...] = ()
    """From last year's amount to this year's; empty until it is explained."""
    formula: tuple[Bar, ...] = ()
    """From the formula's amount to this year's."""
    sentences: tuple[str, ...] = ()
    spans: tuple[str, ...] = ()
    """可调范围, line by line."""


def totals(now: Amounts) -> tuple[Total, ...]:
    """总额核对: exact, in whole publishing units."""
    found = []
    for f, fund in enumerate(now.case.funds):
        given = int(now.units[now.case.lines.fund == f].sum()) * now.case.figures.unit
        pool = now.case.figures.pools[f]
        kept = spelled(fund.reserved) if fund.reserved else ""
        found.append(Total(fund.name, spelled(given), spelled(pool), given == pool, kept))
    return tuple(found)


def shift(now: Amounts, before: Floats) -> Shift:
    """Against amounts (n,) of another scenario or year; who is not known there is left out."""
    digits = now.case.clean_digits
    moved = np.round(now.given - before, digits)
    moved = np.where(np.isfinite(moved), moved, 0.0)
    order = sorted(np.flatnonzero(moved < 0).tolist(), key=lambda at: (moved[at], at))
    names = now.case.recipients.name
    return Shift(
        int((moved > 0).sum()),
        spelled(round(float(moved[moved > 0].sum()), digits)),
        len(order),
        spelled(round(float(-moved[moved < 0].sum()), digits)),
        tuple((str(names[at]), spelled(round(float(-moved[at]), digits))) for at in order),
    )


def last_year(now: Amounts) -> Floats:
    """(n,) what every county got last year; NaN where nothing is known."""
    history = now.case.history
    return np.where(np.isnan(history).all(axis=0), np.nan, np.nansum(history, axis=0))


def without_last_year(now: Amounts) -> int:
    """Counties of which last year is not known."""
    return int(np.isnan(last_year(now)).sum())


def county_grid(
    now: Amounts, base: Amounts, fund: int | None, opened: Container[str] | None = None
) -> Grid:
    """合计, prefectures and the counties of those that are open (None: of all): one fund, or all together with what they lead to."""
    case, digits = now.case, now.case.clean_digits
    found = tuple(
        group
        for group in groups(case)
        if group.kind != "unit" or opened is None or group.prefecture in opened
    )
    whole = fund is None
    given, before = ((side.given if whole else side.amounts[fund]) for side in (now, base))
    past = case.history if whole else case.history[fund]
    this, last, other = known_sums(found, given), known_sums(found, past), known_sums(found, before)
    columns = [
        Column("县区", "name", 20),
        Column("本年", "bold_money", 11),
        Column("上年", "money", 11),
        Column("较上年", "growth_money", 9),
        Column("增幅", "growth_share", 8),
        Column("较基准", "growth_money", 9),
    ]
    cells: list[Sequence[Value]] = [
        [group.name for group in found],
        this,
        last,
        [_less(one, two, digits) for one, two in zip(this, last, strict=True)],
        [_rate(one, two) for one, two in zip(this, last, strict=True)],
        [_less(one, two, digits) for one, two in zip(this, other, strict=True)],
    ]
    if whole:
        people, needed = (
            sums(found, case.recipients.number("常住人口")),
            sums(found, case.expenditure),
        )
        money, able = sums(found, now.given), sums(found, now.capacity)
        columns += [
            Column("人均(元)", "per_head", 8),
            Column(COVERED, "share", 8),
            Column("三保缺口", "shortfall", 8),
        ]
        cells += [
            [optional(m * YUAN[case.money_unit] / p) for m, p in zip(money, people, strict=True)],
            [optional(c / n) for c, n in zip(able, needed, strict=True)],
            known_sums(found, now.shortfall),
        ]
    rows = tuple(
        Row(group.kind, values)
        for group, values in zip(found, zip(*cells, strict=True), strict=True)
    )
    return Grid(Table("县区", "", tuple(columns), rows, finest=finest([case])))


def coverage(now: Amounts, base: Amounts) -> Strip | None:
    """The strip of all counties, base above; of prefectures where counties are too many to be told apart."""
    few = len(now.case.recipients) <= MOST_MARKS
    kind, opened = ("unit", None) if few else ("subtotal", ())
    lanes, names = [], []
    for name, side in (("基准", base), ("现在", now)):
        grid = county_grid(side, side, None, opened)
        at = [column.name for column in grid.table.columns].index(COVERED)
        lines = [line for line in grid.lines if line.kind == kind]
        names = [line.cells[0].text for line in lines]
        lanes.append((name, [line.cells[at] for line in lines]))
    return strip(names, lanes)


def one_sentence(base: Outcome, now: Outcome | None) -> str:
    """What the scenario gains and what that costs, as `compare` says it."""
    from transfer_opt.report.comparison.matrix import sentences  # not for the first picture
    from transfer_opt.scenarios.comparison.compare import side_by_side

    plans = [base] if now is None else [base, now]
    beside = side_by_side(base.spec, plans, [plan.scenario for plan in plans], None)
    return sentences(beside)[-1]


def card(now: Amounts, base: Amounts, place: int) -> Card:
    """What is known of a county at once; `Outcome` tells the reasons, too."""
    units = now.case.recipients
    name = str(units.name[place])
    funds = _funds(now, base, place)
    if not isinstance(now, Outcome):
        return Card(name, str(units.prefecture[place]), funds)
    return Card(
        name,
        str(units.prefecture[place]),
        funds,
        tuple(_year(now, place)),
        tuple(_formula(now, place)),
        tuple(_told(now, name)),
        tuple(_spans(now, place)),
    )


def beside(now: Outcome, first: int, second: int) -> tuple[str, ...]:
    """Two counties side by side, as `explain --versus` tells them."""
    sheets = {table.name: as_written(table) for table in (allocation_table(now), step_table(now))}
    names = now.case.recipients.name
    former = now.spec.former
    return tuple(told_apart(sheets, str(names[first]), str(names[second]), lambda: former, {}))


def _funds(now: Amounts, base: Amounts, place: int) -> Grid:
    case, digits = now.case, now.case.clean_digits
    columns = (
        Column("资金", "prefecture", 20),
        Column("本年", "bold_money", 11),
        Column("上年", "money", 11),
        Column("较上年", "growth_money", 9),
        Column("较基准", "growth_money", 9),
    )
    rows = []
    for f, fund in enumerate(case.funds):
        this, last, other = (
            optional(float(side[f, place])) for side in (now.amounts, case.history, base.amounts)
        )
        rows.append(
            Row(
                "unit",
                (fund.short, this, last, _less(this, last, digits), _less(this, other, digits)),
            )
        )
    known = last_year(now)[place]
    whole, last, other = (
        optional(float(value)) for value in (now.given[place], known, base.given[place])
    )
    rows.append(
        Row("total", (ALL, whole, last, _less(whole, last, digits), _less(whole, other, digits)))
    )
    return Grid(Table("一县", "", columns, tuple(rows), finest=finest([case])))


def _year(now: Outcome, place: int) -> Iterator[Bar]:
    """From last year's total to this year's, cause by cause; nothing where last year is not known."""
    start = float(last_year(now)[place])
    if np.isnan(start):  # not known is not zero
        return
    moved = np.nansum(changes(now)[:, :, place], axis=1)
    yield from _waterfall(
        "上年", start, list(zip(CHANGES, moved.tolist(), strict=True)), "本年", _places(now)
    )


def _formula(now: Outcome, place: int) -> Iterator[Bar]:
    """From the formula's amount of all funds to what is allotted, step by step."""
    lines = now.case.lines.recipient == place
    start = float(now.steps.start[lines].sum())
    moved = now.steps.changes[:, lines].sum(axis=1).tolist()
    yield from _waterfall(
        "因素法测算", start, list(zip(STEP_NAMES, moved, strict=True)), "本年", _places(now)
    )


def _waterfall(
    first: str, start: float, moves: Sequence[tuple[str, float]], last: str, decimals: int
) -> Iterator[Bar]:
    """Horizontal: what is nothing is left out; the scale leaves out what all rows share."""
    told = [(name, round(value, 8)) for name, value in moves if abs(value) > DUST]
    levels = [start]
    for _, value in told:
        levels.append(levels[-1] + value)
    low, high = min(levels), max(levels)
    room = (high - low) or abs(high) or 1.0
    floor = max(0.0, low - 0.35 * room) if low >= 0 else low
    scale = 1000 / ((high - floor) or 1.0)

    def at(level: float) -> float:
        return round((level - floor) * scale, 1)

    yield Bar(first, _level(start, decimals), 0.0, at(start), "whole")
    for (name, value), before, after in zip(told, levels, levels[1:], strict=False):
        left = at(min(before, after))
        yield Bar(
            name,
            _figure(value, decimals, True),
            left,
            max(round(at(max(before, after)) - left, 1), 2.0),
            "up" if value > 0 else "down",
        )
    yield Bar(last, _level(levels[-1], decimals), 0.0, at(levels[-1]), "whole")


def _places(now: Amounts) -> int:
    """Decimals of money: those of the steps, which are told in hundredths of the unit."""
    return 2 if now.case.unit == int(now.case.unit) else 4


def _told(now: Outcome, name: str) -> Iterator[str]:
    """Why, in the words of `explain`; of what was not tried nothing is said."""
    from transfer_opt.commands.solve import Solved  # not for the first picture

    yield from (
        said for said in Solved(now).explain(name).split("\n") if not said.startswith(UNTRIED)
    )


def _spans(now: Outcome, place: int) -> Iterator[str]:
    """How far every line may move where rules and earlier goals are kept."""
    certificate = json.loads(now.proof)
    lines = np.flatnonzero(now.case.lines.recipient == place).tolist()
    if not lines:
        return
    yield f"{kept_sentence(certificate)}时："
    unit = Fraction(certificate["unit"])
    for line, extent in zip(lines, extents(certificate, lines), strict=True):
        fund = now.case.funds[int(now.case.lines.fund[line])]
        if extent is None:
            yield f"{fund.name}：没有证明出范围。"
        else:
            yield f"{fund.name}{span_sentence(extent, unit, now.case.money_unit)}。"
    yield PROVED


def _level(value: float, decimals: int) -> str:
    """An amount as a whole: without decimals where it has none."""
    return _figure(value, 0 if round(value, 8) == round(value) else decimals, False)


def _figure(value: float, decimals: int, signed: bool) -> str:
    return figure(Decimal(f"{value:.15g}"), decimals, signed)


def _less(one: Value, two: Value, digits: int) -> Value:
    if isinstance(one, float) and isinstance(two, float):
        return round(one - two, digits) + 0.0
    return None


def _rate(one: Value, two: Value) -> Value:
    return (one - two) / two if isinstance(one, float) and isinstance(two, float) and two else None
