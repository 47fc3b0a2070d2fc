"""Bounds: what each row of 「县区上下限」, and each parameter in its place, speaks of, and whether it can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import spelled
from transfer_opt.core.vocabulary import BASELINE, BOUND_SIDES, BOUNDS, CODE, NAME, RULES, TOTAL
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.given import (
    Stated,
    Subject,
    bounded_by,
    given_bounds,
    register,
    stated_bounds,
)
from transfer_opt.intake.recipients import eligible
from transfer_opt.intake.row_reader import RowReader
from transfer_opt.intake.signatures import unsigned
from transfer_opt.intake.unit_names import Found
from transfer_opt.policy.case import GivenBound
from transfer_opt.policy.model import ScenarioSpec
from transfer_opt.policy.settings import Settings


def bounds_valid(draft: Draft) -> Iterator[Problem]:
    """Each row of 「县区上下限」 names something that gets money, once, with a reason, and its floor is not above its cap."""
    sheet = draft.budget.sheets.get(BOUNDS)
    seen: dict[tuple[int, int], SheetRow] = {}
    units = register(draft.spec, draft.settings)
    for row in sheet.rows if sheet else ():
        assert sheet is not None
        bounded = bounded_by(draft.spec, draft.settings, row, units)
        fund, place = bounded.fund, bounded.found.place
        if fund is None:
            yield at(
                sheet,
                row,
                "资金",
                "E330",
                "不是「资金总额」里的资金。",
                f"填资金全称；给各项资金的合计定上下限，填「{TOTAL}」。",
            )
        if place is None:
            column = NAME if row.values.get(NAME) else CODE
            yield at(
                sheet,
                row,
                column,
                "E331",
                "「县区数据」里没有这个县区或市州。",
                "核对代码和名称。",
            )
        elif bounded.found.clash or not bounded.found.exact:
            yield _spelling(sheet, row, bounded.found, str(draft.settings.recipients.name[place]))
        if not row.values.get("理由"):
            yield at(sheet, row, "理由", "E332", "没有写理由。", "写明依据，结果表会原样列出。")
        if fund is None or place is None:
            continue
        if not gets_money(draft.settings, fund, place):
            yield at(sheet, row, "资金", "E333", *no_money(draft.settings, place))
        if (fund, place) in seen:
            yield at(
                sheet,
                row,
                NAME,
                "E334",
                f"与第{seen[fund, place].number}行说的是同一笔。",
                "合并成一行。",
            )
        seen[fund, place] = row
        low, high = row.values.get("下限"), row.values.get("上限")
        if is_number(low) and is_number(high) and low > high:
            yield at(sheet, row, "下限", "E335", "大于上限。", "改正其中一个。")


def stated_valid(draft: Draft, scenarios: Iterable[ScenarioSpec]) -> Iterator[Problem]:
    """The same for bounds given as parameters, in the workbook as it stands and in each of its scenarios."""
    of_sheet = given_bounds(draft.spec, draft.budget, replace(draft.settings, layers=()))
    for scenario in (ScenarioSpec(BASELINE, ()), *scenarios):
        layers = (*draft.settings.layers[:1], scenario.changes)
        settings = replace(draft.settings, layers=layers)
        for subject, sides in stated_bounds(settings).items():
            yield from _stated(draft, settings, scenario.name, subject, sides, of_sheet)


def _stated(
    draft: Draft,
    settings: Settings,
    scenario: str,
    subject: Subject,
    sides: Mapping[str, Stated],
    of_sheet: Sequence[GivenBound],
) -> Iterator[Problem]:
    if not gets_money(settings, *subject):
        for side in sides.values():
            yield _told(draft, side, scenario, "E333", *no_money(settings, subject[1]))
        return
    written = next((each for each in of_sheet if (each.fund, each.place) == subject), None)
    sheet = dict(zip(BOUND_SIDES, (written.floor, written.cap) if written else (), strict=False))
    low, high = (
        sides[side].value if side in sides else sheet.get(side, np.nan) for side in BOUND_SIDES
    )
    if low > high:
        first, *rest = sides.values()
        where = rest[0].sheet if rest else BOUNDS
        yield _told(
            draft,
            first,
            scenario,
            "E335",
            f"下限 {spelled(low)} 大于上限 {spelled(high)}。",
            "改正其中一个" + ("。" if where == first.sheet else f"，另一个在「{where}」。"),
        )


def _told(
    draft: Draft, side: Stated, scenario: str, code: str, message: str, remedy: str
) -> Problem:
    """The problem at the cell where the bound is written; at its sheet where the model file gives the scenario."""
    change, sheet = side.change, unsigned(draft.budget.sheets.get(side.sheet))
    column = "取值" if side.sheet == RULES else scenario
    if sheet:
        reader = RowReader(draft.spec, sheet, draft.settings.recipients, [])
        for row in sheet.rows:
            words = (reader.text(row, "规则"), reader.text(row, "参数"))
            if words == (change.rule, change.parameter) and (
                reader.fund(row),
                reader.place(row),
            ) == (change.fund, change.object):
                return at(sheet, row, column, code, message, remedy)
    return Problem(code, message, remedy, side.sheet, column=column)


def no_money(settings: Settings, place: int) -> tuple[str, str]:
    """What is wrong with a bound of something that gets no money, and the remedy."""
    who = "县区不" if place < len(settings.recipients) else "市州没有县"
    return f"这个{who}参加该项资金的分配。", "删去这一行，或改「资格」。"


def gets_money(settings: Settings, fund: int, place: int) -> bool:
    """Whether a fund (NOWHERE: any) pays a recipient, or any recipient of a prefecture."""
    units = settings.recipients
    inside = (
        np.arange(len(units)) == place
        if place < len(units)
        else units.prefecture_index == place - len(units)
    )
    funds = range(len(settings.funds)) if fund == NOWHERE else [fund]
    return any(bool((eligible(settings, each) & inside).any()) for each in funds)


def _spelling(sheet: Sheet, row: SheetRow, found: Found, name: str) -> Problem:
    column = NAME if row.values.get(NAME) else CODE
    if found.clash:
        return at(
            sheet,
            row,
            column,
            "E336",
            f"与代码不是同一个县区，代码是「{name}」的。",
            "改正代码或名称。",
        )
    return at(
        sheet,
        row,
        column,
        "W347",
        f"按「{name}」处理。",
        "如不正确，请写「县区数据」里的代码和名称。",
    )
