"""小计, 合计 and 本级 rows: how they are recognised, and whether they agree with the rows they add up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from math import isfinite
from typing import Literal, TypeAlias

from transfer_opt.errors import Problem
from transfer_opt.sheets import Sheet, SheetRow, Value
from transfer_opt.workbook.values import normalise

TotalKind: TypeAlias = Literal["grand", "group", "own"]
"""grand: 合计 of all rows; group: 小计 of a prefecture; own: 州本级, which adds up nothing."""

_GRAND = re.compile(r"(?:(?:全省|全国|地方|各地|总)?(?:合计|总计)|总计|全省|[^州市县区]{2,3}省(?:合计|总计|小计)?)")
_OWN = re.compile(r".*(?:本级|本级及其他|本级小计|本级合计)|.*[省州市]级|.*[省州市]直")
_GROUP = re.compile(r".*(?:小计|合计|总计)")
_MARKS = str.maketrans("", "", "()[]【】〔〕:*、,.")
_LEVEL = re.compile(r"(?:自治州|地区|[州市盟])$")
_NOISE = Decimal("1e-9")
"""Sums formed by spreadsheets carry binary noise; a difference this small, in relation, is none."""


def total_kind(label: str) -> TotalKind | None:
    """What sort of totals row a name cell announces, or None for a unit of its own."""
    text = normalise(label).translate(_MARKS)
    if _OWN.fullmatch(text):
        return "own"
    if _GRAND.fullmatch(text):
        return "grand"
    return "group" if _GROUP.fullmatch(text) else None


def total_mismatches(sheet: Sheet, numeric_headers: Sequence[str]) -> tuple[Problem, ...]:
    """A warning for every figure of a 小计 or 合计 row that is not the sum of the rows it covers."""
    return tuple(
        problem for row in sheet.totals if total_label(row) for problem in _row_mismatches(sheet, row, numeric_headers)
    )


def total_label(row: SheetRow) -> str:
    """The text that made this row a totals row."""
    texts = [value for value in row.values.values() if isinstance(value, str)]
    named = row.values.get("县区名称") or row.values.get("资金")
    if isinstance(named, str):
        return named
    return next((text for text in texts if total_kind(text)), texts[0] if texts else "")


def _row_mismatches(sheet: Sheet, row: SheetRow, headers: Sequence[str]) -> list[Problem]:
    if total_kind(total_label(row)) == "own":
        return []
    covers = list(_possible_covers(sheet, row))
    return min((_differences(sheet, row, cover, headers) for cover in covers), key=len, default=[])


def _differences(
    sheet: Sheet, total: SheetRow, cover: Sequence[SheetRow], headers: Sequence[str]
) -> list[Problem]:
    problems = []
    for header in headers:
        found = _amount(total.values.get(header))
        expected = sum((_amount(row.values.get(header)) or Decimal(0) for row in cover), Decimal(0))
        if found is not None and abs(found - expected) > _NOISE * max(Decimal(1), abs(expected)):
            problems.append(Problem(
                "W134",
                f"「{total_label(total)}」行填的数与所含各行之和不一致，各行相加为 {expected:f}，"
                f"相差 {found - expected:f}。计算只用各县区的数。",
                "核对该行和各县区的数。",
                sheet=sheet.name, cell=sheet.cell(total, header), column=header, value=f"{found:f}",
            ))
    return problems


def _possible_covers(sheet: Sheet, total: SheetRow) -> Iterator[list[SheetRow]]:
    """The sets of rows a totals row may stand for, the likeliest first; 本级 rows may be counted in or left out."""
    own = [row for row in sheet.totals if total_kind(total_label(row)) == "own"]
    if total_kind(total_label(total)) == "grand":
        yield list(sheet.rows)
        yield [*sheet.rows, *own]
        return
    prefecture = _prefecture(sheet, total)
    if prefecture:
        members = [row for row in sheet.rows if _text(row, "市州") == prefecture]
        yield members
        yield [*members, *(row for row in own if _speaks_of(row, prefecture))]
    for block in (_block(sheet, total, step) for step in (1, -1)):
        if block:
            yield [row for row in block if row not in own]
            yield block
    if normalise(total_label(total)) in ("县级合计", "市县合计"):
        yield list(sheet.rows)


def _block(sheet: Sheet, total: SheetRow, step: int) -> list[SheetRow]:
    """The rows below (step 1) or above (step -1) up to the next 小计 or 合计 row; 本级 rows belong to the block."""
    ordered = sorted([*sheet.rows, *sheet.totals], key=lambda row: row.number)
    totals = {row.number for row in sheet.totals if total_kind(total_label(row)) != "own"}
    block: list[SheetRow] = []
    place = ordered.index(total) + step
    while 0 <= place < len(ordered) and ordered[place].number not in totals:
        block.append(ordered[place])
        place += step
    return block


def _prefecture(sheet: Sheet, total: SheetRow) -> str:
    own = _text(total, "市州")
    names = {_text(row, "市州") for row in sheet.rows} - {""}
    if own in names:
        return own
    stem = re.sub(r"(?:县级|市县)?(?:小计|合计|总计)$", "", normalise(total_label(total)))
    return next((name for name in sorted(names) if same_prefecture(stem, name)), "")


def same_prefecture(left: str, right: str) -> bool:
    """Whether two names mean the same prefecture, short forms included: 海北州 and 海北藏族自治州."""
    if not left or not right:
        return False
    short, full = sorted((left, right), key=len)
    stem = _LEVEL.sub("", short)
    return len(stem) > 1 and full.startswith(stem) and full[-1] == short[-1]


class Prefectures:
    """Names of prefectures, among which any short or full form is found at once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._stems: set[tuple[str, str]] = set()
        self._beginnings: set[tuple[str, str]] = set()
        for name in {name for name in names if name}:
            self._stems.add((_LEVEL.sub("", name), name[-1]))
            self._beginnings |= {(name[:length], name[-1]) for length in range(2, len(name) + 1)}

    def __contains__(self, name: object) -> bool:
        """Whether same_prefecture holds for the name and one of these."""
        if not isinstance(name, str) or not name:
            return False
        own = (_LEVEL.sub("", name), name[-1])
        return (len(own[0]) > 1 and own in self._beginnings) or any(
            (name[:length], name[-1]) in self._stems for length in range(2, len(name) + 1))


def _speaks_of(row: SheetRow, prefecture: str) -> bool:
    own = _text(row, "市州")
    stem = re.sub(r"本级.*$", "", normalise(total_label(row)))
    return own == prefecture if own else same_prefecture(stem, prefecture)


def _text(row: SheetRow, header: str) -> str:
    value = row.values.get(header)
    return normalise(value) if isinstance(value, str) else ""


def _amount(value: Value) -> Decimal | None:
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else None
