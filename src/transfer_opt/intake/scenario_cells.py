"""The cells of one column of 「方案」 as plain records: the column they make, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from transfer_opt.core.budget import Sheet, SheetRow
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import Problem
from transfer_opt.core.vocabulary import POOLS, SCENARIOS
from transfer_opt.intake.choices import ADDRESS_COLUMNS, read_choices
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.recipients import Recipients

Address: TypeAlias = tuple[str, str, str, str]
"""规则, 资金, 参数 (or 启用, 刚性, 优先级), 对象."""
Cell: TypeAlias = float | str
Cells: TypeAlias = Mapping[Address, Cell]

EMPTY = Sheet(
    SCENARIOS, "", None, {name: column_letters(at) for at, name in enumerate(ADDRESS_COLUMNS)}, ()
)
"""「方案」 without any scenario."""


def changes_of(
    spec: ModelSpec, sheets: Mapping[str, Sheet], units: Recipients, cells: Cells
) -> tuple[tuple[Change, ...], tuple[Problem, ...]]:
    """What the cells change in a budget of these sheets, and what is wrong with them; no other scenario is looked at."""
    alone = {SCENARIOS: with_column(EMPTY, SCENARIOS, cells)}
    pools = {POOLS: sheets[POOLS]} if POOLS in sheets else {}  # an amount may be told as a change
    found = read_choices(spec, {**alone, **pools}, units)
    assert found.scenarios, "there is the one column"
    return found.scenarios[0].changes, found.problems


def with_column(sheet: Sheet, name: str, cells: Cells) -> Sheet:
    """One more column; cells whose row is there stand in it, the others in rows of their own below."""
    left = dict(cells)
    rows = []
    for row in sheet.rows:
        value = left.pop(_address(row), None)
        rows.append(row if value is None else replace(row, values={**row.values, name: value}))
    last = max((row.number for row in rows), default=0)
    for number, (address, value) in enumerate(left.items(), start=last + 1):
        told = {head: part for head, part in zip(ADDRESS_COLUMNS, address, strict=True) if part}
        rows.append(SheetRow(number, {**told, name: value}))
    return replace(sheet, letters={**sheet.letters, name: ""}, rows=tuple(rows))


def _address(row: SheetRow) -> Address:
    rule, fund, parameter, place = (str(row.values.get(head) or "") for head in ADDRESS_COLUMNS)
    return rule, fund, parameter, place
