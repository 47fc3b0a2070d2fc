"""「分担变化」: which level pays more and which less of the shared services; raise the share, or give the money?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from transfer_opt.core.budget import Value
from transfer_opt.core.exact import ZERO, floats, in_figures, spelled, total
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import SHIFT
from transfer_opt.policy.shared_costs import COUNTY, LEVELS
from transfer_opt.report.comparison.counties import one_page
from transfer_opt.report.parts import KEY_COLUMNS, amount, dated, known_sum, unit_groups
from transfer_opt.scenarios.comparison.compare import Comparison
from transfer_opt.scenarios.comparison.shift import Shift


def shift_table(comparison: Comparison) -> Table | None:
    """A row per county, the four levels and their sum per scenario; None where no scenario moves anything."""
    if not comparison.shifts:
        return None
    columns = [*KEY_COLUMNS]
    for each in comparison.shifts:
        for position, level in enumerate(LEVELS):
            columns.append(
                Column(
                    level,
                    "growth_money",
                    10.5,
                    each.second,
                    group_formula="sum",
                    group_start=position == 0,
                )
            )
        formula = "=" + "+".join(f"{{{level}}}" for level in LEVELS)
        columns.append(Column("总支出变化", "growth_money", 10.5, each.second, formula, "sum"))
    rows = tuple(
        Row(group.kind, (*group.key, *_cells(comparison, group.members)))
        for group in unit_groups(comparison.units)
    )
    said = [sentence(each, comparison.money_unit) for each in comparison.shifts]
    return Table(
        SHIFT,
        f"{dated(comparison.lead.budget)}共同财政事权分担变化",
        tuple(columns),
        rows,
        f"单位：{comparison.money_unit}，比较基准：{comparison.baseline.name}",
        said[0] if len(said) == 1 else "",  # it takes the place of the names above the columns
        (
            *(said if len(said) > 1 else ()),
            "注：正数是这一级比基准多支出，负数是少支出；只改分担比例时，四级相加为 0，总支出不变。",
        ),
        paper="A3",
        fit=one_page(comparison),
    )


def sentence(shift: Shift, unit: str) -> str:
    """What moves, what that does to 三保, and what the same would cost as money."""
    before, after = shift.mine
    said = f"{shift.second}：县级承担合计由 {spelled(before)} {unit}"
    said += (
        f"{'降' if after < before else '升'}到 {spelled(after)} {unit}"
        if after != before
        else "不变"
    )
    others = [
        f"{level}{'多' if moved > 0 else '少'}支出 {spelled(abs(moved))} {unit}"
        for level, moved in zip(LEVELS[:COUNTY], shift.by_level, strict=False)
        if moved
    ]
    said += "".join(f"，{text}" for text in others)
    if grown := total(shift.by_level):
        said += f"，总支出{'增加' if grown > ZERO else '减少'} {spelled(abs(grown))} {unit}"
    first, last = (f"{in_figures(amount(round(each, 6)))} {unit}" for each in shift.short)
    said += f"；三保缺口由 {first}变为 {last}" if first != last else f"；三保缺口仍为 {last}"
    return f"{said}{_price(shift, last, unit)}。"


def _price(shift: Shift, last: str, unit: str) -> str:
    if shift.out_of_reach:
        return f"；单独增加任何一项资金的总额，试过的数都不能使缺口变为 {last}"
    if shift.direct is None:
        return ""
    money = shift.direct.money
    paid = -shift.by_level[COUNTY]
    if money < paid:
        because = "（差额因为分担比例不分缺口大小）"
        return f"；缺口同样变为 {last}，直接增加{shift.direct.fund}只需 {spelled(money)} {unit}{because}"
    return f"；缺口同样变为 {last}，直接增加{shift.direct.fund}要 {spelled(money)} {unit}"


def _cells(
    comparison: Comparison, members: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Iterator[Value]:
    for each in comparison.shifts:
        moved = [known_sum(level) for level in floats(each.levels)[:, members]]
        yield from moved
        known = [value for value in moved if isinstance(value, float)]
        yield amount(sum(known)) if known else None
