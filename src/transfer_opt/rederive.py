"""A result workbook's own inputs → its outcome again: read, formulated and solved anew by the ordinary pipeline.

「输入数据」 stands for 「县区数据」; 「方案参数」 for 「约束参数」, 「资金总额」 and 「县区上下限」. What only the original file
can tell (warnings that name its cells, `--relax`) is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from transfer_opt.checks import BOUNDS, POOLS
from transfer_opt.domain import ModelSpec
from transfer_opt.outcome import Outcome
from transfer_opt.parameters import RULES_SHEET
from transfer_opt.report.records import BOUND_SIDES, POOL_FACTS
from transfer_opt.run import allocate, settled
from transfer_opt.units import COUNTIES
from transfer_opt.workbook.formulas import INPUT
from transfer_opt.workbook.layout import FIRST_ROW, HEADER_ROW
from transfer_opt.workbook.opening import RawSheet, RawWorkbook
from transfer_opt.workbook.reader import understood
from transfer_opt.workbook.rereading import Page
from transfer_opt.workbook.values import RawCell

PARAMETERS = "方案参数"
SOURCES: Mapping[str, str] = {COUNTIES: INPUT, RULES_SHEET: PARAMETERS, POOLS: PARAMETERS, BOUNDS: PARAMETERS}
"""Sheet of the budget → sheet of the result that repeats it."""

GIVEN = ("本年总额", "州本级及其他", "上年总额")
"""What the budget itself says of a pool; the rest follows."""

_Cells = Sequence[RawCell]


def rederive(pages: Mapping[str, Page], spec: ModelSpec, facts: Mapping[str, str]) -> Outcome:
    """The outcome of the inputs in the file; `facts` is 「审计信息」. InputError and the like where they allow none."""
    budget = understood(_budget(pages, facts), spec.aliases)
    return allocate(replace(settled(spec, budget, published=True), scenario=facts.get("方案", "")))


def _budget(pages: Mapping[str, Page], facts: Mapping[str, str]) -> RawWorkbook:
    """The sheets of the budget, as far as the result repeats them."""
    parameters = pages[PARAMETERS].sheet.rows
    head, rows = list(parameters[:HEADER_ROW]), [row for row in parameters[FIRST_ROW:] if row and row[0]]
    pools = [row for row in rows if row[0] == POOLS and row[2] in POOL_FACTS]
    bounds = [row for row in rows if row[0] == BOUNDS and row[2] in BOUND_SIDES]
    rules = [row for row in rows if row not in pools and row not in bounds]
    sheets = [
        RawSheet(COUNTIES, pages[INPUT].sheet.rows, ()),
        RawSheet(RULES_SHEET, [*head, parameters[HEADER_ROW], *rules], ()),
        RawSheet(POOLS, [*head, ("资金", *GIVEN), *_pools(pools)], ()),
    ]
    if bounds:
        sheets.append(RawSheet(BOUNDS, [*head, ("县区名称", "资金", *BOUND_SIDES, "理由"), *_bounds(bounds)], ()))
    return RawWorkbook(facts.get("输入文件", ""), facts.get("输入文件 SHA-256", ""), tuple(sheets))


def _pools(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per fund: 资金 and its amounts."""
    funds: dict[RawCell, dict[RawCell, RawCell]] = {}
    for row in rows:
        funds.setdefault(row[1], {})[row[2]] = row[4]
    return [(fund, *(told.get(name) for name in GIVEN)) for fund, told in funds.items()]


def _bounds(rows: Iterable[_Cells]) -> list[_Cells]:
    """One row per line: 县区名称, 资金, 下限, 上限, 理由."""
    lines: dict[tuple[RawCell, RawCell], dict[RawCell, RawCell]] = {}
    for row in rows:
        lines.setdefault((row[3], row[1]), {"理由": row[8]})[row[2]] = row[4]
    return [(*line, *(told.get(name) for name in (*BOUND_SIDES, "理由"))) for line, told in lines.items()]
