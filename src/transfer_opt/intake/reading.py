"""What was read: the first lines of `check` and `solve`, so that nothing is read, or left out, in silence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gmpy2 import mpq

from transfer_opt.core.budget import Budget, Sheet, is_number
from transfer_opt.core.exact import in_figures, total
from transfer_opt.core.text import normalise, some, to_text
from transfer_opt.core.vocabulary import COUNTIES, POOL_AMOUNT, POOLS, PREFECTURE, SUCCESSION
from transfer_opt.intake.succession import read_succession
from transfer_opt.policy.case import DEFAULT_UNIT
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.succession import Course
from transfer_opt.workbook.input.columns import SHEETS

_PEOPLE = {
    column.name: column.measure for column in SHEETS[COUNTIES] if column.measure not in ("", "金额")
}
_NO_QUANTITY = frozenset(
    column.name for column in SHEETS[COUNTIES] if column.kind == "number" and not column.measure
)


@dataclass(frozen=True)
class Reading:
    """Counties, pools, sums of the columns and sheets of a workbook; amounts in its own unit."""

    counties: int
    prefectures: int
    unit: str
    pools: Mapping[str, float]
    sums: Mapping[str, float]
    """Numeric column of 「县区数据」 → the sum of its numbers."""
    sheets: tuple[str, ...]
    unread: tuple[str, ...]
    moved: Mapping[str, float]
    """Column of last year → what of it passes over to other codes by 「区划调整」."""

    def lines(self) -> Iterator[str]:
        """As an official reads it."""
        yield f"读入：{self.counties:,} 个县区，{self.prefectures:,} 个市州；单位：{self.unit}"
        yield f"  资金：{self._listed(self.pools)}"
        yield f"  各列合计：{self._listed(self.sums)}"
        if self.moved:
            moved = self._listed(self.moved)
            yield f"  按「{SUCCESSION}」在县区之间划转：{moved}；上面的合计是「{COUNTIES}」里填的"
        left = f"；没有读：{some([f'「{name}」' for name in self.unread])}" if self.unread else ""
        yield f"  工作表：{''.join(f'「{name}」' for name in self.sheets)}{left}"

    def as_dict(self) -> dict[str, Any]:
        """As --json prints it."""
        return {
            "counties": self.counties,
            "prefectures": self.prefectures,
            "unit": self.unit,
            "pools": dict(self.pools),
            "sums": dict(self.sums),
            "sheets": list(self.sheets),
            "unread": list(self.unread),
            "moved": dict(self.moved),
        }

    @staticmethod
    def _listed(amounts: Mapping[str, float]) -> str:
        told = (
            f"{name} {in_figures(value)}{' ' + _PEOPLE[name] if name in _PEOPLE else ''}"
            for name, value in amounts.items()
        )
        return "、".join(told) or "没有"


def reading(spec: ModelSpec, budget: Budget) -> Reading:
    """What was read of a workbook, whatever is wrong with it."""
    counties, pools = (budget.sheets.get(name) for name in (COUNTIES, POOLS))
    rows = counties.rows if counties else ()
    succession, _ = read_succession(spec, budget)
    return Reading(
        len(rows),
        len({normalise(to_text(row.values.get(PREFECTURE))) for row in rows} - {""}),
        budget.unit or DEFAULT_UNIT,
        {
            fund.name if (fund := spec.fund(name)) else name: float(amount)
            for row in (pools.rows if pools else ())
            if (name := normalise(to_text(row.values.get("资金"))))
            and is_number(amount := row.values.get(POOL_AMOUNT))
        },
        dict(_sums(counties)) if counties else {},
        tuple(budget.sheets),
        budget.unread,
        {name: float(_moved(succession.courses[name])) for name in succession.moved},
    )


def _moved(course: Course) -> mpq:
    """What of a column passed over to other codes, each 分 once a day."""
    return total(move.part for move in course.moves if not move.is_kept)


def _sums(sheet: Sheet) -> Iterator[tuple[str, float]]:
    for column in sheet.letters:
        numbers = [value for row in sheet.rows if is_number(value := row.values.get(column))]
        if numbers and column not in _NO_QUANTITY and all(map(math.isfinite, numbers)):
            yield column, math.fsum(numbers)
