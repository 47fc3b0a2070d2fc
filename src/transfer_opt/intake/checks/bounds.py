"""「县区上下限」: which line each row speaks of, and whether it can be kept."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import BOUNDS, CODE, NAME
from transfer_opt.intake.checks.subject import Draft, at, is_number
from transfer_opt.intake.recipients import eligible
from transfer_opt.intake.unit_names import Found, Register
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.settings import Settings


def bounds_valid(draft: Draft) -> Iterator[Problem]:
    """Each row of 「县区上下限」 names a line that exists, once, with a reason, and its floor is not above its cap."""
    sheet = draft.budget.sheets.get(BOUNDS)
    seen: dict[tuple[int, int], SheetRow] = {}
    units = register(draft.spec, draft.settings)
    for row in sheet.rows if sheet else ():
        assert sheet is not None
        fund, found = bound_line(draft.spec, draft.settings, row, units)
        place = found.place
        if fund is None:
            yield at(sheet, row, "资金", "E330", "不是「资金总额」里的资金。", "填资金全称。")
        if place is None:
            column = NAME if row.values.get(NAME) else CODE
            yield at(sheet, row, column, "E331", "「县区数据」里没有这个县区。", "核对代码和名称。")
        elif found.clash or not found.exact:
            yield _spelling(sheet, row, found, str(draft.settings.recipients.name[place]))
        if not row.values.get("理由"):
            yield at(sheet, row, "理由", "E332", "没有写理由。", "写明依据，结果表会原样列出。")
        if fund is None or place is None:
            continue
        if not eligible(draft.settings, fund)[place]:
            yield at(
                sheet,
                row,
                "资金",
                "E333",
                "这个县区不参加该项资金的分配。",
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


def bound_line(
    spec: ModelSpec, settings: Settings, row: SheetRow, units: Register
) -> tuple[int | None, Found]:
    """The fund and recipient a row of 「县区上下限」 speaks of."""
    fund = spec.fund(normalise(str(row.values.get("资金", ""))))
    known = fund is not None and fund.name in settings.funds
    found = units.find(str(row.values.get(CODE, "")), str(row.values.get(NAME, "")))
    return (settings.funds.index(fund.name) if fund is not None and known else None), found


def register(spec: ModelSpec, settings: Settings) -> Register:
    """The units of 「县区数据」, to be found by any spelling."""
    return Register(settings.recipients.code, settings.recipients.name, spec.former)
