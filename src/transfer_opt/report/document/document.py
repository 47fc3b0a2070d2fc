"""The attachment as blocks, whatever prints them: tables first, then one notice per county. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.arrays import Ints
from transfer_opt.report.document.blocks import (
    TEXT_WIDTH,
    Block,
    Grid,
    GridRow,
    PageBreak,
    Paragraph,
    figure,
)
from transfer_opt.report.document.entries import (
    Entry,
    WaterEntry,
    advanced,
    entries,
    water_accounts,
    water_entries,
)
from transfer_opt.report.document.notices import notices
from transfer_opt.report.flows import notes as flow_notes
from transfer_opt.report.parts import example_label, heading

NAME_WIDTH = 44
MOST_FUNDS = 4
"""More columns of figures do not fit the width: the table is cut into parts."""
ADJUSTED = "注：表中为批准数；与测算数不同的，见各县分配说明中的“人工调整”。"
BLANK = "注：空白表示不属于该项资金分配范围，0 表示属于范围但本年未分得。"


def blocks(plan: Plan, units: Ints) -> Iterator[Block]:
    """附件1: all funds; one attachment for every fund sent in advance; then the notices."""
    rows, number = list(entries(plan, units)), 0
    for part, funds in enumerate(_parts(range(len(plan.case.funds)))):
        number += 1
        yield from _opening(plan, number, f"{heading(plan)}分配表" + ("（续）" if part else ""))
        yield _allocation(plan, rows, funds)
        yield Paragraph("note", BLANK)
        if (units != plan.units).any():
            yield Paragraph("note", ADJUSTED)
        yield PageBreak()
    for fund in advanced(plan):
        number += 1
        yield from _opening(plan, number, f"{_year(plan)}{plan.case.funds[fund].name}下达情况表")
        yield _advanced(rows, fund)
        yield Paragraph("note", "注：本次下达＝累计－提前下达；负数为应收回的提前下达数。")
        yield PageBreak()
    if water := water_entries(plan):
        number += 1
        yield from _opening(plan, number, f"{_year(plan)}横向生态补偿收付表")
        yield _water(plan, water)
        assert plan.case.flows is not None
        yield from (Paragraph("note", said) for said in flow_notes(plan, plan.case.flows))
        yield PageBreak()
    yield from notices(plan, [row for row in rows if row.kind == "unit"], number + 1)


def _opening(plan: Plan, number: int, title: str) -> Iterator[Block]:
    yield Paragraph("mark", f"附件{number}")
    yield Paragraph("title", title)
    if label := example_label(plan):
        yield Paragraph("label", label)
    yield Paragraph("unit", f"单位：{plan.case.money_unit}")


def _parts(funds: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(funds), MOST_FUNDS):
        yield funds[first : first + MOST_FUNDS]


def _allocation(plan: Plan, rows: Sequence[Entry], funds: Sequence[int]) -> Grid:
    names = [plan.case.funds[fund].name for fund in funds]
    summed = len(plan.case.funds) > 1
    cells = tuple(
        GridRow(
            row.kind,
            (
                row.name,
                *([figure(row.total)] if summed else []),
                *(figure(row.amounts[fund]) for fund in funds),
            ),
        )
        for row in rows
    )
    return Grid(
        ("地  区", *(["合  计"] if summed else []), *names), cells, _widths(len(names) + summed), 1
    )


def _water(plan: Plan, rows: Sequence[WaterEntry]) -> Grid:
    income, expense = water_accounts(plan)
    cells = tuple(
        GridRow(
            "unit" if at else "total",
            (row.name, figure(row.received), figure(row.paid), figure(row.received - row.paid)),
        )
        for at, row in enumerate(rows)
    )
    header = ("地  区", f"应收（{income}）", f"应付（{expense}）", "净额")
    return Grid(header, cells, _widths(3), 1)


def _advanced(rows: Sequence[Entry], fund: int) -> Grid:
    cells = []
    for row in rows:
        given, before = row.amounts[fund], row.advance[fund]
        now = given - (before or 0) if given is not None else None
        cells.append(GridRow(row.kind, (row.name, figure(given), figure(before), figure(now))))
    return Grid(("地  区", "累计", "提前下达", "本次下达"), tuple(cells), _widths(3), 1)


def _widths(figures: int) -> tuple[int, ...]:
    each = min(34, (TEXT_WIDTH - NAME_WIDTH) // figures)
    return (TEXT_WIDTH - each * figures, *([each] * figures))


def _year(plan: Plan) -> str:
    found = heading(plan).find("年")
    return heading(plan)[: found + 1] if found == len("2026") else ""
