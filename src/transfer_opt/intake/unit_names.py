"""Which unit or prefecture a text means: by code first, then by name; padded, short and former spellings are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import CODE, NAME, PREFECTURE
from transfer_opt.intake.cells import at
from transfer_opt.intake.recipients import prefecture_spellings

_LEVEL = "自治县|自治旗|县|市|区|旗|特区|林区|行政委员会|行委"
_ENDING = re.compile(rf"(?:{_LEVEL})$")
_REMAINDER = re.compile(rf"(?:[\u4e00-\u9fff]+族)?(?:{_LEVEL})")
_SIX_DIGITS = re.compile(r"\d{6}")
_SHORTEST_STEM, _LONGEST_NAME = 2, 40


@dataclass(frozen=True)
class Found:
    """The unit a code and a name speak of: its place, whether literally, and whether the two contradict each other."""

    place: int | None
    exact: bool = True
    clash: bool = False


class Register:
    """The units of the workbook, to be found by code or by any spelling of their name."""

    def __init__(
        self, codes: Iterable[str], names: Iterable[str], former: Mapping[str, str]
    ) -> None:
        self._names = [normalise(str(name)) for name in names]
        self._by_code = {
            str(code): place for place, code in reversed(list(enumerate(codes))) if code
        }
        self._by_name = {
            name: place for place, name in reversed(list(enumerate(self._names))) if name
        }
        self._by_stem: dict[str, list[int]] = {}
        for place, name in enumerate(self._names):
            for stem in _stems(name):
                self._by_stem.setdefault(stem, []).append(place)
        self._former = former

    def find(self, code: str, name: str) -> Found:
        """The unit meant; a code that is not there leaves it to the name."""
        name = normalise(name)
        coded = self._by_code.get(code, self._by_code.get(self._former.get(code, "")))
        named = self.by_name(name)
        place = named if coded is None else coded
        exact = (not code or code in self._by_code) and (not name or name in self._by_name)
        return Found(place, exact, clash=coded is not None and named is not None and coded != named)

    def by_name(self, name: str) -> int | None:
        """The unit of that name, former name or, where only one fits, short name (甲乙县, 甲乙)."""
        for spelling in (name, self._former.get(name, "")):
            if spelling in self._by_name:
                return self._by_name[spelling]
        if not name:
            return None
        fitting = [
            place
            for place in self._by_stem.get(_stem(name), ())
            if is_short_for(name, self._names[place])
        ]
        return fitting[0] if len(fitting) == 1 else None


def is_short_for(short: str, full: str) -> bool:
    """Whether a name leaves out peoples or level: 甲乙县 for 甲乙某族自治县, but 甲乙县 is not 甲乙市."""
    ending, stem = _ENDING.search(short), _stem(short)
    if len(stem) < _SHORTEST_STEM or short == full or not full.startswith(stem):
        return False
    last = {"行委": "会"}.get(ending[0], ending[0][-1]) if ending else full[-1]
    return _REMAINDER.fullmatch(full[len(stem) :]) is not None and full[-1] == last


def _stem(name: str) -> str:
    """The name without its level."""
    ending = _ENDING.search(name)
    return name[: ending.start()] if ending else name


def _stems(full: str) -> Iterator[str]:
    """What a short form of the name may begin with."""
    for end in range(_SHORTEST_STEM, len(full) if len(full) <= _LONGEST_NAME else 0):
        if _REMAINDER.fullmatch(full, end):
            yield full[:end]


def name_problems(sheet: Sheet, former: Mapping[str, str]) -> Iterator[Problem]:
    """Units that come twice under two spellings; former names and codes; what looks like no name, code, prefecture."""
    yield from _two_spellings(sheet, former)
    for row in sheet.rows:
        name, code = _text(row, NAME), _text(row, CODE)
        for column, text in ((NAME, name), (CODE, code)):
            if text in former:
                yield at(
                    sheet,
                    row,
                    column,
                    "W352",
                    f"是原来的名称或代码，现为「{former[text]}」，按原样列出。",
                    "核对是否用现在的写法。",
                )
        if name and not re.search(r"[^\W\d_]{2}", name.removesuffix("TRUE").removesuffix("FALSE")):
            yield at(
                sheet, row, NAME, "W351", "不像县区名称。", "核对是否填错了列，或单元格格式不对。"
            )
        if code and not _SIX_DIGITS.fullmatch(code):
            yield at(
                sheet, row, CODE, "W351", "不是六位数字的行政区划代码，按原样使用。", "核对代码。"
            )
    spellings = prefecture_spellings(sheet)
    for row in sheet.rows:
        text = _text(row, PREFECTURE)
        if text and normalise(spellings.get(text, text)) != text:
            yield at(
                sheet,
                row,
                PREFECTURE,
                "W353",
                f"按「{spellings[text]}」处理。",
                "如不是同一个市州，请写全称。",
            )


def _two_spellings(sheet: Sheet, former: Mapping[str, str]) -> Iterator[Problem]:
    """A unit under its former and its present name, or short and in full within one prefecture."""
    full: dict[tuple[str, str], list[str]] = {}
    for row in sheet.rows:
        for stem in _stems(_text(row, NAME)):
            full.setdefault((_text(row, PREFECTURE), stem), []).append(_text(row, NAME))
    for column in (NAME, CODE):
        rows = {_text(row, column): row for row in sheet.rows if _text(row, column)}
        for text, row in rows.items():
            present = former.get(text, "")
            if column == NAME and not present:
                listed = full.get((_text(row, PREFECTURE), _stem(text)), ())
                present = next((name for name in listed if is_short_for(text, name)), "")
            if present in rows:
                yield at(
                    sheet,
                    row,
                    column,
                    "E305",
                    f"与第{rows[present].number}行的「{present}」是同一个县区。",
                    "改正，或删去其中一行。",
                )


def _text(row: SheetRow, column: str) -> str:
    value = row.values.get(column)
    return "" if value is None else normalise(str(value))
