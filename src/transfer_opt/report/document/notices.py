"""One notice per county: the lettered lines of 「县区说明单」, then what was sent in advance, and the reasons in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Ints
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.exact import in_figures, spelled, total
from transfer_opt.core.vocabulary import ADVANCE
from transfer_opt.policy.case import Case
from transfer_opt.report.document.blocks import (
    TEXT_WIDTH,
    Block,
    Grid,
    GridRow,
    PageBreak,
    Paragraph,
    figure,
)
from transfer_opt.report.document.entries import Entry, water_accounts, water_entries
from transfer_opt.report.document.responsibility import responsibility
from transfer_opt.report.notice.worked_lines import (
    AMOUNT,
    Line,
    lettered,
    printed,
    takes_part,
    worked,
)
from transfer_opt.report.parts import amount, example_label, heading

SIZE = 7.5
"""Points: a county with three funds fits one page."""
MOST_FUNDS = 4
"""More columns of figures do not fit the width: the lines are told in parts."""
LETTER_WIDTH, LEAST_TEXTS, WIDEST = 8, 80, 30
"""Millimetres: of the letters, at least of 项目 and 算式 together, at most of a fund."""


@dataclass(frozen=True)
class _Notices:
    """What all notices share."""

    plan: Plan
    title: str
    label: str
    of_county: tuple[Ints, ...]
    """County → its lines of the plan."""
    lettered: dict[tuple[int, ...], tuple[Line, ...]] = field(default_factory=dict)
    """Funds → the lettered lines of a county in them: letters without gaps."""

    @cached_property
    def water(self) -> Mapping[str, str]:
        """County → what it gets from others for the water, and pays to them."""
        rows, unit = water_entries(self.plan), self.plan.case.money_unit
        income, expense = water_accounts(self.plan) if rows else ("", "")
        return {
            row.name: f"另有横向补偿：应收{figure(row.received)}{unit}（收入科目{income}），"
            f"应付{figure(row.paid)}{unit}（支出科目{expense}）。"
            for row in rows
        }

    @property
    def funds(self) -> range:
        """By position."""
        return range(len(self.plan.case.funds))

    def lines(self, members: Sequence[bool]) -> tuple[Line, ...]:
        """The lines of a county; `members` says fund by fund whether it takes part."""
        own = tuple(f for f, inside in enumerate(members) if inside)
        if own not in self.lettered:
            self.lettered[own] = lettered(self.plan, own)
        return self.lettered[own]


def notices(plan: Plan, counties: Sequence[Entry], number: int) -> Iterator[Block]:
    """附件`number`—1, —2, …; made one by one."""
    order = np.argsort(plan.case.lines.recipient, kind="stable")
    ends = np.searchsorted(
        plan.case.lines.recipient[order], np.arange(len(plan.case.recipients) + 1)
    )
    mine = tuple(
        np.sort(order[first:last]) for first, last in zip(ends[:-1], ends[1:], strict=True)
    )
    shared = _Notices(plan, f"{heading(plan)}分配说明", example_label(plan), mine)
    for place, entry in enumerate(counties):
        if place:
            yield PageBreak()
        yield Paragraph("mark", f"附件{number}—{place + 1}")
        yield Paragraph("heading", f"{entry.name}{shared.title}")
        if shared.label:
            yield Paragraph("label", shared.label)
        beside = shared.water.get(entry.name, "") + responsibility(plan, int(entry.members[0]))
        yield Paragraph("summary", _summary(shared, entry) + beside)
        yield Paragraph("unit", f"单位：{plan.case.money_unit}")
        yield from _grids(shared, entry)
        if paid := float(plan.case.one_off[entry.members].sum()):
            yield Paragraph(
                "note",
                f"上年数已扣除其中一次性补助 {in_figures(amount(paid), 10)} {plan.case.money_unit}。",
            )
        yield from _moved(plan.case, str(plan.case.recipients.code[int(entry.members[0])]))
        yield Paragraph("note", f"方案：{plan.scenario}　校验码：{plan.digest[:16]}…")


def _moved(case: Case, code: str) -> Iterator[Block]:
    """What of last year's amounts of a county came from former units, and went to others."""
    whole = [name for fund in case.funds if (name := f"上年{fund.name}") in case.succession.moved]
    courses = [case.succession.courses[name] for name in whole]
    taken = total(course.taken(code) for course in courses)
    given = total(course.given(code) for course in courses)
    if taken or given:
        yield Paragraph(
            "note",
            f"上年数按区划调整划入 {spelled(taken)} {case.money_unit}，划出 {spelled(given)} {case.money_unit}。",
        )


def _summary(shared: _Notices, entry: Entry) -> str:
    """What the county got, and why, fund by fund."""
    case, unit = shared.plan.case, shared.plan.case.money_unit
    lines = shared.of_county[int(entry.members[0])]
    funds = [int(case.lines.fund[line]) for line in lines]
    each = "，".join(f"{case.funds[f].name}{figure(entry.amounts[f])}{unit}" for f in funds)
    said = f"本年共分配{figure(entry.total)}{unit}" + (f"，其中：{each}" if len(funds) > 1 else "")
    told = [
        (case.funds[f].name, *shared.plan.reasons[line])
        for f, line in zip(funds, lines, strict=True)
    ]
    why = "；".join(
        f"{fund}{reason}" + (f"（{clause}）" if clause else "") for fund, reason, clause in told
    )
    return f"{said}。" + (f"主要原因：{why}。" if why else "不属于各项资金的分配范围。")


def _grids(shared: _Notices, entry: Entry) -> Iterator[Grid]:
    """The lines, so many funds at a time; 分配额合计 at the end of the last part."""
    county = int(entry.members[0])
    members = takes_part(shared.plan.case, county)
    lines = shared.lines(members)
    told = tuple(zip(lines, worked(lines, county, members), strict=True))
    for first in range(0, len(shared.funds), MOST_FUNDS):
        funds = shared.funds[first : first + MOST_FUNDS]
        last = funds[-1] == shared.funds[-1]
        rows = tuple(_rows(entry, told, funds, summed=last and len(shared.funds) > 1))
        names = [shared.plan.case.funds[f].short for f in funds]
        yield Grid(("行", "项目", "算式", *names), rows, _widths(len(funds)), 3, SIZE)


def _rows(
    entry: Entry,
    told: Sequence[tuple[Line, tuple[Decimal | None, ...]]],
    funds: Sequence[int],
    *,
    summed: bool,
) -> Iterator[GridRow]:
    """Every line that says something of these funds; each later line is arithmetic on earlier ones."""
    for line, of_line in told:
        if _any_known([of_line[f] for f in funds]):
            yield GridRow(
                "subtotal" if line.main else "unit",
                (
                    line.letter,
                    line.item,
                    line.arithmetic,
                    *(printed(of_line[f], line.kind, line.decimals) for f in funds),
                ),
            )
    given, computed = next((line.letter, values) for line, values in told if line.item == AMOUNT)
    at = 1 + max((at for at, (_, values) in enumerate(told) if _any_known(values)), default=-1)
    moved = [
        None if now is None or by is None else now - by
        for now, by in zip(entry.amounts, computed, strict=True)
    ]
    if any(moved[f] for f in funds):
        yield GridRow(
            "unit",
            (column_letters(at), "人工调整", "批准数－测算数", *(_signed(moved[f]) for f in funds)),
        )
        yield GridRow(
            "subtotal",
            (
                column_letters(at + 1),
                "批准数",
                f"{given}＋{column_letters(at)}",
                *(figure(entry.amounts[f]) for f in funds),
            ),
        )
        given, at = column_letters(at + 1), at + 2
    if any(entry.advance[f] is not None and entry.counts[f] is not None for f in funds):
        before = [entry.advance[f] if entry.counts[f] is not None else None for f in funds]
        now = [
            None if sent is None else (entry.amounts[f] or Decimal(0)) - sent
            for f, sent in zip(funds, before, strict=True)
        ]
        yield GridRow("unit", (column_letters(at), f"其中：{ADVANCE}", "", *map(figure, before)))
        yield GridRow(
            "unit",
            (
                column_letters(at + 1),
                "本次下达",
                f"{given}－{column_letters(at)}",
                *map(figure, now),
            ),
        )
        at += 2
    if summed:
        yield GridRow(
            "total",
            (column_letters(at), "分配额合计", f"{given} 行各项资金之和", figure(entry.total)),
        )


def _any_known(values: Sequence[Decimal | None]) -> bool:
    """Whether a line says something."""
    return any(value is not None for value in values)


def _signed(money: Decimal | None) -> str:
    return f"{'+' if money > 0 else ''}{figure(money)}" if money else ""


def _widths(funds: int) -> tuple[int, ...]:
    each = min(WIDEST, (TEXT_WIDTH - LETTER_WIDTH - LEAST_TEXTS) // funds)
    texts = TEXT_WIDTH - LETTER_WIDTH - each * funds
    return (LETTER_WIDTH, texts // 2 - 4, texts - texts // 2 + 4, *([each] * funds))
