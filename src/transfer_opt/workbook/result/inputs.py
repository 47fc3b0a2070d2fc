"""The budget as its result repeats it: 「输入数据」 and 「方案参数」 as the sheets of an input workbook again.

「输入数据」 stands for 「县区数据」; 「方案参数」 for 「约束参数」, 「资金总额」 and 「县区上下限」.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from transfer_opt.core.tables import FIRST_ROW, HEADER_ROW
from transfer_opt.core.text import RawCell
from transfer_opt.core.vocabulary import (
    BOUNDS,
    CODE,
    COUNTIES,
    INPUT,
    OUTLOOK,
    PARAMETERS,
    POOLS,
    RULES,
)
from transfer_opt.workbook.files.open import RawSheet, RawWorkbook

POOL_FACTS = ("本年总额", "州本级及其他", "预留", "可分配总额", "上年总额", "收文日期")
"""What 「方案参数」 says of every pool."""
DERIVED = ("预留", "可分配总额")
"""What of it follows from the rest."""
BOUND_SIDES = ("下限", "上限")
WIDTH = 10
"""Columns of 「方案参数」: 规则, 资金, 参数, 对象, 取值, 启用, 刚性, 优先级, 依据条款, 说明."""

_GIVEN = tuple(fact for fact in POOL_FACTS if fact not in DERIVED)
_Cells = Sequence[RawCell]


def restated(sheets: Mapping[str, RawSheet], path: str, sha256: str) -> RawWorkbook:
    """The input workbook that a result's sheets tell of; `path` and `sha256` are what it is called by."""
    parameters = sheets[PARAMETERS].rows
    rows = [
        (*row, *(None,) * (WIDTH - len(row))) for row in parameters[FIRST_ROW:] if row and row[0]
    ]
    pools = [row for row in rows if row[0] == POOLS and row[2] in POOL_FACTS]
    bounds = [row for row in rows if row[0] == BOUNDS and row[2] in BOUND_SIDES]
    rules = [row for row in rows if row not in pools and row not in bounds]
    head = list(parameters[:HEADER_ROW])
    made = [
        RawSheet(COUNTIES, _counties(sheets[INPUT].rows), ()),
        RawSheet(RULES, [*parameters[: HEADER_ROW + 1], *rules], ()),
        RawSheet(POOLS, [*head, ("资金", *_GIVEN), *_pools(pools)], ()),
    ]
    if bounds:
        made.append(
            RawSheet(
                BOUNDS, [*head, ("县区名称", "资金", *BOUND_SIDES, "理由"), *_bounds(bounds)], ()
            )
        )
    if OUTLOOK in sheets:
        made.append(RawSheet(OUTLOOK, sheets[OUTLOOK].rows, ()))
    return RawWorkbook(path, sha256, tuple(made))


def _counties(rows: Sequence[_Cells]) -> list[_Cells]:
    """As they stand; a budget without codes has no column of them, though its result has an empty one."""
    first, header, body = rows[:HEADER_ROW], rows[HEADER_ROW], rows[FIRST_ROW:]
    coded = any(row and row[0] for row in body)
    return [*first, header if coded or header[0] != CODE else (None, *header[1:]), *body]


def _pools(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per fund: 资金 and what is given of it."""
    funds: dict[RawCell, dict[RawCell, RawCell]] = {}
    for row in rows:
        funds.setdefault(row[1], {})[row[2]] = row[4]
    return [(fund, *(told.get(name) for name in _GIVEN)) for fund, told in funds.items()]


def _bounds(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per line: 县区名称, 资金, 下限, 上限, 理由."""
    lines: dict[tuple[RawCell, RawCell], dict[RawCell, RawCell]] = {}
    for row in rows:
        lines.setdefault((row[3], row[1]), {"理由": row[8]})[row[2]] = row[4]
    return [
        (*line, *(told.get(name) for name in (*BOUND_SIDES, "理由")))
        for line, told in lines.items()
    ]
