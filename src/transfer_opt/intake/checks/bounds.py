"""「县区上下限」: what each row speaks of, and whether it can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import BOUNDS, CODE, NAME, TOTAL
from transfer_opt.intake.cells import at
from transfer_opt.intake.checks.subject import Draft
from transfer_opt.intake.recipients import eligible
from transfer_opt.intake.unit_names import Found, Register
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings


@dataclass(frozen=True)
class Bounded:
    """What a row of 「县区上下限」 speaks of."""

    fund: int | None
    """NOWHERE: all funds together; None: not known."""
    found: Found
    """The recipient, or the prefecture as n + its position."""
    is_prefecture: bool

    @property
    def is_line(self) -> bool:
        """Whether it is one fund of one recipient."""
        return self.fund != NOWHERE and not self.is_prefecture


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
        if not _gets_money(draft.settings, fund, place):
            yield at(
                sheet,
                row,
                "资金",
                "E333",
                f"这个{'市州没有县' if bounded.is_prefecture else '县区不'}参加该项资金的分配。",
                "删去这一行，或改「资格」。",
            )
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


def bounded_by(spec: ModelSpec, settings: Settings, row: SheetRow, units: Register) -> Bounded:
    """The fund and the recipient or prefecture a row of 「县区上下限」 speaks of."""
    text = normalise(str(row.values.get("资金", "")))
    fund = spec.fund(text)
    place = NOWHERE if text == TOTAL else None
    if fund is not None and fund.name in settings.funds:
        place = settings.funds.index(fund.name)
    found = units.find(str(row.values.get(CODE, "")), str(row.values.get(NAME, "")))
    if found.place is None:
        name = normalise(str(row.values.get(NAME, "")))
        prefectures = [normalise(str(each)) for each in settings.recipients.prefectures]
        if name in prefectures:
            return Bounded(
                place, Found(len(settings.recipients) + prefectures.index(name)), is_prefecture=True
            )
    return Bounded(place, found, is_prefecture=False)


def register(spec: ModelSpec, settings: Settings) -> Register:
    """The units of 「县区数据」, to be found by any spelling."""
    return Register(settings.recipients.code, settings.recipients.name, spec.former)


def _gets_money(settings: Settings, fund: int, place: int) -> bool:
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
