"""小计, 合计 and 本级 rows: how they are recognised, and whether they agree with the rows they add up."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Literal, TypeAlias

from transfer_opt.core.budget import Sheet, SheetRow, Value
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise

TotalKind: TypeAlias = Literal["grand", "group", "own"]
"""grand: 合计 of all rows; group: 小计 of a prefecture; own: 州本级, which adds up nothing."""

Sums: TypeAlias = Mapping[str, Decimal]
"""Header → the sum it should show."""

_GRAND = re.compile(
    r"(?:(?:全省|全国|地方|各地|总)?(?:合计|总计)|总计|全省|[^州市县区]{2,3}省(?:合计|总计|小计)?)"
)
_OWN = re.compile(r".*(?:本级|本级及其他|本级小计|本级合计)|.*[省州市]级|.*[省州市]直")
_GROUP = re.compile(r".*(?:小计|合计|总计)")
_MARKS = str.maketrans("", "", "()[]【】〔〕:*、,.")
_LEVEL = re.compile(r"(?:自治州|地区|[州市盟])$")
_LONGEST = 40
"""No name of a prefecture is longer."""
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
    covers = _Covers(sheet, numeric_headers)
    return tuple(
        problem
        for row in sheet.totals
        if total_label(row)
        for problem in _row_mismatches(covers, row)
    )


def total_label(row: SheetRow) -> str:
    """The text that made this row a totals row."""
    texts = [value for value in row.values.values() if isinstance(value, str)]
    named = row.values.get("县区名称") or row.values.get("资金")
    if isinstance(named, str):
        return named
    return next((text for text in texts if total_kind(text)), texts[0] if texts else "")


def _row_mismatches(covers: _Covers, row: SheetRow) -> list[Problem]:
    if total_kind(total_label(row)) == "own":
        return []
    return min(
        (_differences(covers.sheet, row, sums) for sums in covers.of(row)), key=len, default=[]
    )


def _differences(sheet: Sheet, total: SheetRow, sums: Sums) -> list[Problem]:
    problems = []
    for header, expected in sums.items():
        found = _amount(total.values.get(header))
        if found is not None and abs(found - expected) > _NOISE * max(Decimal(1), abs(expected)):
            problems.append(
                Problem(
                    "W134",
                    f"「{total_label(total)}」行填的数与所含各行之和不一致，各行相加为 {expected:f}，"
                    f"相差 {found - expected:f}。计算只用各县区的数。",
                    "核对该行和各县区的数。",
                    sheet=sheet.name,
                    cell=sheet.cell(total, header),
                    column=header,
                    value=f"{found:f}",
                )
            )
    return problems


class _Covers:
    """The sums a totals row may be meant to show; what many rows share is added up once."""

    def __init__(self, sheet: Sheet, headers: Sequence[str]) -> None:
        self.sheet = sheet
        self._headers = headers
        self._ordered = sorted([*sheet.rows, *sheet.totals], key=lambda row: row.number)
        self._at = {row.number: place for place, row in enumerate(self._ordered)}
        self._own = [row for row in sheet.totals if total_kind(total_label(row)) == "own"]
        self._ends = {row.number for row in sheet.totals} - {row.number for row in self._own}
        self._members: dict[str, list[SheetRow]] = {}
        for row in sheet.rows:
            self._members.setdefault(_text(row, "市州"), []).append(row)
        self._known: dict[str, list[Sums]] = {}

    def of(self, total: SheetRow) -> Iterator[Sums]:
        """The sums it may stand for, the likeliest first; 本级 rows may be counted in or left out."""
        label = normalise(total_label(total))
        if total_kind(label) == "grand":
            yield from self._shared("", self.sheet.rows, self._own)
            return
        prefecture = _prefecture(self._members, total)
        if prefecture:
            own = [row for row in self._own if _speaks_of(row, prefecture)]
            yield from self._shared(prefecture, self._members[prefecture], own)
        for step in (1, -1):
            if block := self._block(total, step):
                yield self._sums([row for row in block if row not in self._own])
                yield self._sums(block)
        if label in ("县级合计", "市县合计"):
            yield from self._shared("", self.sheet.rows, self._own)

    def _shared(self, key: str, rows: Sequence[SheetRow], own: Sequence[SheetRow]) -> list[Sums]:
        if key not in self._known:
            self._known[key] = [self._sums(rows), self._sums([*rows, *own])]
        return self._known[key]

    def _sums(self, rows: Iterable[SheetRow]) -> Sums:
        listed = list(rows)
        return {
            header: sum(
                (_amount(row.values.get(header)) or Decimal(0) for row in listed), Decimal(0)
            )
            for header in self._headers
        }

    def _block(self, total: SheetRow, step: int) -> list[SheetRow]:
        """The rows below (step 1) or above (step -1) up to the next 小计 or 合计 row; 本级 rows belong to the block."""
        block: list[SheetRow] = []
        place = self._at[total.number] + step
        while 0 <= place < len(self._ordered) and self._ordered[place].number not in self._ends:
            block.append(self._ordered[place])
            place += step
        return block


def _prefecture(names: Collection[str], total: SheetRow) -> str:
    own = _text(total, "市州")
    if own and own in names:
        return own
    stem = re.sub(r"(?:县级|市县)?(?:小计|合计|总计)$", "", normalise(total_label(total)))
    return next((name for name in sorted(names) if name and same_prefecture(stem, name)), "")


def same_prefecture(left: str, right: str) -> bool:
    """Whether two names mean the same prefecture, short forms included: 甲乙州 and 甲乙某族自治州."""
    if not left or not right:
        return False
    short, full = sorted((left, right), key=len)
    stem = _LEVEL.sub("", short)
    return len(stem) > 1 and full.startswith(stem) and full[-1] == short[-1]


class Prefectures:
    """Names of prefectures, among which any short or full form is found at once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._stems: set[tuple[str, str]] = set()
        self._names = {name: name for name in names if 0 < len(name) <= _LONGEST}
        self._beginnings: dict[tuple[str, str], list[str]] = {}
        for name in self._names:
            self._stems.add((_LEVEL.sub("", name), name[-1]))
            for length in range(2, len(name) + 1):
                self._beginnings.setdefault((name[:length], name[-1]), []).append(name)

    def __contains__(self, name: object) -> bool:
        """Whether same_prefecture holds for the name and one of these."""
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST:
            return False
        own = (_LEVEL.sub("", name), name[-1])
        return (len(own[0]) > 1 and own in self._beginnings) or any(
            (name[:length], name[-1]) in self._stems for length in range(2, len(name) + 1)
        )

    def fuller(self, name: str) -> list[str]:
        """The longer names a short form may stand for: 甲乙 and 甲乙市, 甲乙州 and 甲乙某族自治州."""
        if not 1 < len(name) <= _LONGEST:
            return []
        stem = _LEVEL.sub("", name)
        longer = self._beginnings.get((stem, name[-1]), []) if len(stem) > 1 else []
        levels = [
            self._names[name + level]
            for level in ("市", "地区", "州")
            if name + level in self._names
        ]
        return list(dict.fromkeys([other for other in longer if len(other) > len(name)] + levels))


def _speaks_of(row: SheetRow, prefecture: str) -> bool:
    own = _text(row, "市州")
    stem = re.sub(r"本级.*$", "", normalise(total_label(row)))
    return own == prefecture if own else same_prefecture(stem, prefecture)


def _text(row: SheetRow, header: str) -> str:
    value = row.values.get(header)
    return normalise(value) if isinstance(value, str) else ""


def _amount(value: Value) -> Decimal | None:
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else None
