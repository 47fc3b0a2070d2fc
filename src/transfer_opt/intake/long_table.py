"""A long table: one row says an item for a fund and an object, one column per year (or per item) says how much.

    项目 | 资金 | 对象 | 方式 | 〈columns〉 | 依据

A county's row beats its prefecture's, which beats the whole province's (对象 left empty); a row that names a fund beats
one that names none. A cell left empty is told, 0 is a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Floats, Texts
from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.intake.row_reader import RowReader
from transfer_opt.policy.model import ModelSpec, ParameterSpec
from transfer_opt.policy.recipients import Recipients

ITEM, PLACE, WAY = "项目", "对象", "方式"
MONEY = "金额"


@dataclass(frozen=True)
class Item:
    """What a row may speak of: by fund or by county, and how its numbers are written."""

    by_fund: bool
    """By fund and of the whole province; else by place and of no fund."""
    ways: Mapping[str, ParameterSpec]
    """方式 → which numbers it takes."""


@dataclass(frozen=True)
class _Said:
    """One sound row."""

    item: str
    fund: str
    place: str
    way: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class LongTable:
    """The rows of a sheet; what they say of every county is asked by item, fund and column."""

    columns: tuple[str, ...]
    """The headers of the value columns, in the sheet's order."""
    recipients: Recipients
    rows: tuple[_Said, ...] = ()

    def of(self, item: str, fund: str, column: str) -> tuple[Floats, Texts]:
        """Values and 方式 (n,) of the rows that speak for each county; NaN and "" where none does."""
        units = self.recipients
        values, ways = np.full(len(units), np.nan), np.full(len(units), "", dtype=object)
        for row in sorted(self.rows, key=self._strength):
            if row.item == item and row.fund in ("", fund) and column in row.values:
                inside = self._inside(row.place)
                values[inside], ways[inside] = row.values[column], row.way
        return values, ways

    def _strength(self, row: _Said) -> tuple[int, bool]:
        units = self.recipients
        return (0 if not row.place else 2 if row.place in units.name else 1), row.fund != ""

    def _inside(self, place: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        units = self.recipients
        if not place:
            return np.ones(len(units), dtype=bool)
        named = units.name == place
        return np.asarray(named if named.any() else units.prefecture == place, dtype=bool)


def read_long_table(
    spec: ModelSpec,
    sheet: Sheet,
    recipients: Recipients,
    items: Mapping[str, Item],
    columns: Sequence[str],
) -> tuple[LongTable, tuple[Problem, ...]]:
    """The table of these value columns, and what is wrong with it.

    A sheet with no value at all, as a template has it, is an empty table and no problem.
    """
    problems: list[Problem] = []
    reader = _Reader(spec, sheet, recipients, problems)
    rows = []
    seen: dict[tuple[str, str, str], SheetRow] = {}
    for row in sheet.rows if reader.says_anything(columns) else ():
        said = reader.said(row, items, columns)
        if said is None:
            continue
        key = said.item, said.fund, said.place
        if key in seen:
            reader.tell(
                row,
                ITEM,
                "E205",
                f"与第{seen[key].number}行说的是同一项目、同一资金、同一对象，不知以哪个为准。",
                "删去其中一行。",
            )
            continue
        seen[key] = row
        rows.append(said)
    return LongTable(tuple(columns), recipients, tuple(rows)), tuple(problems)


class _Reader(RowReader):
    """The rows of a long table, one by one."""

    def says_anything(self, columns: Sequence[str]) -> bool:
        """Whether any row has a value at all."""
        return any(
            self.typed(row, column) is not None for row in self.sheet.rows for column in columns
        )

    def said(
        self, row: SheetRow, items: Mapping[str, Item], columns: Sequence[str]
    ) -> _Said | None:
        """What the row says; None where it cannot be understood, which is told."""
        name = self.text(row, ITEM)
        item = items.get(name)
        if item is None:
            self.unknown(row, ITEM, "E361", items)
            return None
        way = self.text(row, WAY)
        fund, place = self.fund(row), self.place(row)
        if way not in item.ways:
            self.unknown(row, WAY, "E362", item.ways)
        if fund is None or place is None or way not in item.ways:
            return None
        if not self._addressed(row, name, item, fund, place, way):
            return None
        values = {
            column: number
            for column in columns
            if (number := self._amount(row, column, item.ways[way])) is not None
        }
        return _Said(name, fund, place, way, values)

    def _addressed(
        self, row: SheetRow, name: str, item: Item, fund: str, place: str, way: str
    ) -> bool:
        """Whether the row names a fund, or a place, where its item needs one and only there."""
        if item.by_fund and place:
            self.tell(row, PLACE, "E363", f"「{name}」说的是全省，不分对象。", "对象留空。")
        elif not item.by_fund and fund:
            self.tell(row, "资金", "E363", f"「{name}」不分资金。", "资金留空。")
        elif way == MONEY and item.by_fund and not fund:
            self.tell(row, "资金", "E363", "填金额要写明是哪项资金。", "写资金全称，或改填增幅。")
        elif way == MONEY and not item.by_fund and place not in self.recipients.name:
            self.tell(
                row,
                PLACE,
                "E363",
                f"按金额填，{place or '全省'}的每个县都会是同一个数。",
                "对象写一个县区，或改填增幅。",
            )
        else:
            return True
        return False

    def _amount(self, row: SheetRow, column: str, spec: ParameterSpec) -> float | None:
        raw = self.typed(row, column)
        if raw is None:
            self.tell(row, column, "E364", "未填写。", "填金额或增幅，确实不变写 0。")
            return None
        return self.number(row, column, spec, raw)
