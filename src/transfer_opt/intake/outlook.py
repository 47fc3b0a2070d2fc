"""「年度展望」 → what pools, needs, own money and people are expected to be in the years after the budget's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.budget import LARGEST, Sheet
from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import OUTLOOK, OUTLOOK_ITEMS, POOL_AMOUNT
from transfer_opt.intake.long_table import Item, LongTable, read_long_table
from transfer_opt.policy.model import ModelSpec, ParameterSpec
from transfer_opt.policy.outlook_growth import ALL_LOST, MOST_GROWTH
from transfer_opt.policy.recipients import Recipients
from transfer_opt.workbook.input.columns import AMOUNT, GROWTH, SHEETS

SIGNED, POSITIVE = ("可用财力",), ("标准财政支出", "常住人口")
LEAST = 0.01
"""The least of what must be more than 0."""
_YEAR = re.compile(r"\D*((?:19|20)\d\d)年?\D*")
_GIVEN = tuple(column.name for column in SHEETS[OUTLOOK])


@dataclass(frozen=True)
class Outlook:
    """The years looked ahead at, one after another, and what is said of them."""

    years: tuple[int, ...]
    table: LongTable
    headers: Mapping[int, str]
    """Year → the header of its column."""

    def of(self, item: str, fund: str, year: int) -> tuple[Floats, Bools]:
        """Values (n,), NaN where no row speaks, and whether each is a growth over the year before (else the year's own).

        A growth is a fraction of 1, an amount in the workbook's unit. `fund` is "" for what is no fund's.
        """
        values, ways = self.table.of(item, fund, self.headers[year])
        return values, np.asarray(ways == GROWTH, dtype=bool)

    def pool(self, fund: str, year: int) -> tuple[float, bool]:
        """本年总额 of a fund: its value, NaN where no row speaks, and whether it is a growth over the year before."""
        values, growth = self.of(POOL_AMOUNT, fund, year)
        return float(values[0]), bool(growth[0])


def read_outlook(
    spec: ModelSpec, sheet: Sheet, recipients: Recipients, this_year: int | None = None
) -> tuple[Outlook, tuple[Problem, ...]]:
    """The sheet, whose years follow one another from the one after `this_year`, the budget's (None: not known)."""
    years: dict[int, str] = {}
    problems = list(_headers(sheet, years))
    if not problems:
        problems = list(_gaps(sheet, years, this_year))
    table, wrong = read_long_table(spec, sheet, recipients, _items(), tuple(years.values()))
    return Outlook(tuple(years), table, years), (*problems, *wrong)


def _headers(sheet: Sheet, years: dict[int, str]) -> Iterator[Problem]:
    """Finds the years; what other columns there are is told."""
    for header in sheet.letters:
        if header in _GIVEN:
            continue
        found = _YEAR.fullmatch(header)
        if found is None:
            yield _header_problem(
                sheet,
                header,
                "E365",
                "表头不是年份，不知这一列说的是哪一年。",
                "写成 2027 或 2027年；说明写在「依据」列。",
            )
        elif int(found[1]) in years:
            yield _header_problem(
                sheet, header, "E366", f"{found[1]}年已有一列。", "删去或改名其中一列。"
            )
        else:
            years[int(found[1])] = header
    if not years:
        yield Problem(
            "E367", "没有年份的列。", "在「方式」右边加列，表头写年份，如 2027年。", sheet.name
        )


def _gaps(sheet: Sheet, years: Mapping[int, str], this_year: int | None) -> Iterator[Problem]:
    """Years that do not follow one another, from the year after the budget's."""
    first = min(years) if this_year is None else this_year + 1
    for wanted, (year, header) in enumerate(years.items(), start=first):
        if year != wanted:
            after = f"{wanted - 1}年是本年，" if wanted == first and this_year is not None else ""
            yield _header_problem(
                sheet,
                header,
                "E368",
                f"{after}这里应是 {wanted}年，年份要从本年的下一年起依次写、不跳过。",
                "改正表头，或补上缺的年份。",
            )
            return


def _header_problem(sheet: Sheet, header: str, code: str, message: str, remedy: str) -> Problem:
    return Problem(code, message, remedy, sheet.name, sheet.header_cell(header), header)


def _items() -> dict[str, Item]:
    return {
        name: Item(name == POOL_AMOUNT, {way: _written(name, way) for way in (GROWTH, AMOUNT)})
        for name in OUTLOOK_ITEMS
    }


def _written(item: str, way: str) -> ParameterSpec:
    """Which numbers an item takes, written this way."""
    if way == GROWTH:
        return ParameterSpec(
            OUTLOOK, way, "recipient", "share", None, ALL_LOST, MOST_GROWTH, (), "", 0.0
        )
    least = -float(LARGEST) if item in SIGNED else LEAST if item in POSITIVE else 0.0
    return ParameterSpec(
        OUTLOOK, way, "recipient", "money", None, least, float(LARGEST), (), "", 0.0
    )
