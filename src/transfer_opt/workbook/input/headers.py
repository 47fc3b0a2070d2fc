"""Finds the header rows of a sheet and the standard name of every column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from transfer_opt.core.budget import is_number
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import FUND
from transfer_opt.workbook.input.columns import InputColumn

__all__ = [
    "Header",
    "HeaderRows",
    "Names",
    "find_headers",
    "money_units",
    "normalise",
    "read_headers",
    "split_unit",
    "with_numbers",
]

MONEY_UNITS = ("元", "万元", "亿元")
MEASURES: Mapping[str, frozenset[str]] = {
    "金额": frozenset(MONEY_UNITS),
    "人": frozenset({"人"}),
    "平方公里": frozenset({"平方公里", "平方千米", "km2"}),
    "个": frozenset({"个"}),
}
"""Units a column of each measure may be given in."""

_OTHER_UNITS = frozenset(
    {
        "千元",
        "十万元",
        "百万元",
        "千万元",
        "十亿元",
        "万人",
        "千人",
        "百人",
        "户",
        "%",
        "公里",
        "千米",
        "km",
        "米",
        "亩",
        "万亩",
        "公顷",
        "平方米",
        "m2",
        "元/人",
        "万元/人",
        "元/人·年",
        "元/人年",
        "人/平方公里",
        "倍",
        "年",
        "℃",
    }
)
_UNITS = frozenset().union(*MEASURES.values(), _OTHER_UNITS)
_UNIT_LIKE = re.compile(r"[十百千万亿]*(?:美元|欧元|港元|港币|元|人)|[十百千万亿]+")

_BRACKET = re.compile(r"[(\[【〔{]([^()\[\]【】〔〕{}]*)[)\]】〕}]")
_LAST_YEAR_BAND = re.compile(r"上年(?:分配|下达|安排|实际|执行|补助)?(?:情况|数额|金额|数|额)?")
_ADVANCE_BAND = re.compile(r"(?:已)?提前下达(?:情况|数额|金额|数|额)?")
_ONE_OFF = re.compile(r"\(?其中:?一次性(?:补助|资金)?\)?$")
_WHOLE = frozenset({"合计", "小计", "总计", "金额", "总额"})
_MOST_LINES = 3
_SEARCHED_ROWS = 60
_FEWEST_KNOWN = 2


@dataclass(frozen=True)
class Header:
    """A column's header as understood."""

    name: str
    """The standard name, or the user's own cleaned name."""
    unit: str = ""
    column: InputColumn | None = None
    """The column of the contract it stands for."""
    alias: str = ""
    """What the cell says, where the alias table gave the name."""
    renamed: str = ""
    """The key of `rename` that was used."""


@dataclass(frozen=True)
class HeaderRows:
    """Where the headers stand (rows counted from 0) and what they are, by column index."""

    first: int
    last: int
    headers: Mapping[int, Header]


@lru_cache(maxsize=4096)
def split_unit(text: str) -> tuple[str, str]:
    """The header normalised and without its unit, and the unit: 可用财力（万元） gives 可用财力 and 万元."""
    name, unit = normalise(text), ""
    for match in _BRACKET.finditer(name):
        inside = re.sub(r"^单位:?", "", match[1])
        if inside.lower() in _UNITS:
            unit = unit or inside.lower()
            name = name.replace(match[0], "")
    return name.strip("*:"), unit


def money_units(text: str) -> tuple[str, ...]:
    """The units a 单位 row names: 单位：万元、人 gives 万元 and 人; a remark in brackets does not count.

    What looks like a unit of money or people and is none of ours (百元, 万美元) is among them.
    """
    outside = _BRACKET.sub(lambda match: match[1] if "单位" in match[1] else "", normalise(text))
    found: list[str] = []
    for piece in outside.split("单位")[1:]:
        tokens = re.split(r"[、,;/。;:]", piece.lstrip(":为"))
        found += [
            token
            for token in (re.sub("^人民币", "", token) for token in tokens)
            if token in _UNITS or _UNIT_LIKE.fullmatch(token)
        ]
    return tuple(found)


class Names:
    """Turns header texts into standard names by the contract's table, the alias table and the user's renames."""

    def __init__(
        self, columns: Sequence[InputColumn], aliases: Mapping[str, str], rename: Mapping[str, str]
    ) -> None:
        self.standard = tuple(column.name for column in columns if FUND not in column.name)
        """Names that speak of no fund."""
        self._exact = {column.name: column for column in columns if FUND not in column.name}
        self._patterns = [
            (re.compile(column.name.replace(FUND, r"(?!人均|增)(?=.*[^\W\d_]).+")), column)
            for column in sorted(columns, key=lambda column: -len(column.name))
            if FUND in column.name
        ]
        self._aliases = _by_both_spellings(aliases)
        self._rename = _by_both_spellings(rename)
        self._known: dict[str, Header] = {}

    def header(self, text: str) -> Header:
        """The header a text stands for; looking for the header rows asks for the same texts many times."""
        if text not in self._known:
            self._known[text] = self._understood(text)
        return self._known[text]

    def _understood(self, text: str) -> Header:
        name, unit = split_unit(text)
        name = _ONE_OFF.sub("其中一次性", name)
        for spelling in (normalise(text), name):
            if spelling in self._rename:
                target = self._rename[spelling]
                return Header(target, unit, self._column(target), renamed=spelling)
        if name not in self._exact:
            for spelling in (normalise(text), name):
                if spelling in self._aliases:
                    target = self._aliases[spelling]
                    return Header(target, unit, self._column(target), alias=spelling)
        return Header(name, unit, self._column(name))

    def joined(self, parts: Sequence[str]) -> Header:
        """The header of a column whose name is spread over several lines, top to bottom."""
        units = [split_unit(part)[1] for part in parts]
        unit = next((unit for unit in reversed(units) if unit), "")
        for candidate in self._candidates(parts):
            header = self.header(candidate)
            if header.column or header.renamed:
                return Header(
                    header.name, header.unit or unit, header.column, header.alias, header.renamed
                )
        bottom = self.header(parts[-1])
        return Header(bottom.name, bottom.unit or unit, bottom.column, bottom.alias, bottom.renamed)

    def _candidates(self, parts: Sequence[str]) -> Iterator[str]:
        bare = [split_unit(part)[0] for part in parts]
        yield bare[-1]
        if len(parts) == 1:
            return
        if bare[-1] in _WHOLE:
            yield bare[-2]
        for start in range(len(bare) - 2, -1, -1):
            if stem := _stem(bare[start]):
                yield stem + self.header(bare[-1]).name
            yield "".join(bare[start:])

    def _column(self, name: str) -> InputColumn | None:
        if name in self._exact:
            return self._exact[name]
        if _stem(name):
            return None  # 上年分配 is a group of columns, not the fund 分配
        return next((column for pattern, column in self._patterns if pattern.fullmatch(name)), None)


def find_headers(
    rows: Sequence[Sequence[object]], merges: Sequence[tuple[int, int, int, int]], names: Names
) -> HeaderRows | None:
    """The header rows: the one to three lines that name the most known columns; None when no line names two.

    Among equals: no doubled names, then fewer lines, then the topmost.
    """
    best: tuple[tuple[int, int, int, int], HeaderRows] | None = None
    searched = [index for index, row in enumerate(rows) if any(_text(cell) for cell in row)][
        :_SEARCHED_ROWS
    ]
    for first in searched:
        for lines in range(1, min(_MOST_LINES, len(rows) - first) + 1):
            found = read_headers(rows, merges, first, first + lines - 1, names)
            known = {
                header.name for header in found.headers.values() if header.column or header.renamed
            }
            doubles = len(found.headers) - len({header.name for header in found.headers.values()})
            rank = (len(known), -doubles, -lines, -first)
            if len(known) >= _FEWEST_KNOWN and (best is None or rank > best[0]):
                best = rank, found
    return best[1] if best else None


def read_headers(
    rows: Sequence[Sequence[object]],
    merges: Sequence[tuple[int, int, int, int]],
    first: int,
    last: int,
    names: Names,
) -> HeaderRows:
    """The headers in these rows, both ends included, whatever they name."""
    parts = header_lines(rows, merges, first, last)
    headers = {column: names.joined(texts) for column, texts in parts.items()}
    counts = Counter(header.name for header in headers.values())
    for column, header in headers.items():
        if counts[header.name] > 1 and not header.column and len(parts[column]) > 1:
            headers[column] = Header(
                "".join(split_unit(part)[0] for part in parts[column]), header.unit
            )
    return HeaderRows(first, last, headers)


def with_numbers(place: HeaderRows, row: Sequence[object]) -> HeaderRows:
    """The headers with those that are whole numbers, as years are typed."""
    numbers = {
        column: Header(str(int(cell)))
        for column, cell in enumerate(row)
        if is_number(cell) and float(cell).is_integer()
    }
    return replace(place, headers=dict(sorted({**place.headers, **numbers}.items())))


def header_lines(
    rows: Sequence[Sequence[object]],
    merges: Sequence[tuple[int, int, int, int]],
    first: int,
    last: int,
) -> dict[int, tuple[str, ...]]:
    """Column → the texts above it in these rows, both ends included, top to bottom; columns without any are left out."""
    parts: dict[int, list[str]] = {}
    for line in _spread(
        [[_text(cell) for cell in row] for row in rows[first : last + 1]], merges, first
    ):
        for column, text in enumerate(line):
            known = parts.setdefault(column, [])
            if text and text not in known:
                known.append(text)
    return {column: tuple(texts) for column, texts in sorted(parts.items()) if texts}


def _spread(
    lines: list[list[str]], merges: Sequence[tuple[int, int, int, int]], first: int
) -> list[list[str]]:
    """Group names repeated over the columns they stand above, so that each column can be read by itself."""
    if len(lines) == 1:
        return lines
    spread = [list(line) for line in lines]
    last = first + len(lines) - 1
    for top, left, bottom, right in merges:
        if first <= top <= last:
            for row in range(top, min(bottom, last) + 1):
                for column in range(left, min(right, len(spread[row - first]) - 1) + 1):
                    spread[row - first][column] = lines[top - first][left]
    if not any(first <= top <= last and right > left for top, left, _, right in merges):
        for line in range(len(lines) - 1):  # centred across the selection instead of merged
            _carry_right(spread[line], lines[line + 1])
    return spread


def _carry_right(upper: list[str], lower: Sequence[str]) -> None:
    for column in range(1, min(len(upper), len(lower))):
        if not upper[column] and lower[column] and lower[column - 1]:
            upper[column] = upper[column - 1]


def _stem(band: str) -> str:
    if _LAST_YEAR_BAND.fullmatch(band):
        return "上年"
    return "提前下达" if _ADVANCE_BAND.fullmatch(band) else ""


def _by_both_spellings(table: Mapping[str, str]) -> dict[str, str]:
    """Keys as typed and without their unit, so that 列（万元） and 列 both hit."""
    return {
        spelling: target
        for key, target in table.items()
        for spelling in (split_unit(key)[0], normalise(key))
    }


def _text(cell: object) -> str:
    return normalise(cell) if isinstance(cell, str) else ""
