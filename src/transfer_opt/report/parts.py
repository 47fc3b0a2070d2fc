"""What several tables share: titles, the order of rows, cells that may be unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar

import numpy as np

from transfer_opt.allocation.plan import Amounts
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.budget import Budget, Value
from transfer_opt.core.exact import in_figures, spelled
from transfer_opt.core.tables import AMOUNT_DECIMALS, Column, RowKind, Table
from transfer_opt.core.text import some
from transfer_opt.core.vocabulary import CONTRIBUTION, EXAMPLE, EXAMPLE_LABEL, MOVED, SUCCESSION
from transfer_opt.policy.case import Case, Fund
from transfer_opt.policy.recipients import Recipients
from transfer_opt.policy.settings import shown
from transfer_opt.policy.succession import Succession

Each = TypeVar("Each")
TOTAL_NAME = "合  计"
FORECAST = "（预测）"
"""After a year whose figures are only expected."""
CENTS = 2
"""Decimals of money in sentences and indicators."""
NUMERALS = "零一两三四五六七八九十"
"""As they count: 两项, not 二项."""

KEY_COLUMNS = (
    Column("行政区划代码", "code", 6.6),
    Column("县区名称", "name", 20),
    Column("市州", "prefecture", 14.5),
)


@dataclass(frozen=True)
class Group:
    """One row of a county table: 合计, a prefecture's 小计, or one unit, and the units it covers."""

    kind: RowKind
    code: Value
    name: str
    prefecture: Value
    members: Ints

    @property
    def key(self) -> tuple[Value, Value, Value]:
        """The three leading cells."""
        return (self.code, self.name, self.prefecture)


def groups(case: Case) -> Iterator[Group]:
    """合计 first, then per prefecture its 小计 and under it its units."""
    return unit_groups(case.recipients)


def unit_groups(units: Recipients) -> Iterator[Group]:
    """The same for any list of units."""
    yield Group("total", None, TOTAL_NAME, None, np.arange(len(units)))
    for prefecture, members in zip(units.prefectures, units.prefecture_members, strict=True):
        yield Group("subtotal", None, f"{prefecture}小计", prefecture, members)
        for i in members:
            yield Group("unit", units.code[i] or None, units.name[i], prefecture, np.array([i]))


def known_sum(values: Floats) -> Value:
    """The sum of the known values; empty where none is known."""
    if values.size == 1:
        value = values.item()
        return None if value != value else amount(value)
    return None if np.isnan(values).all() else amount(float(np.nansum(values)))


def known_sums(found: Sequence[Group], values: Floats) -> list[Value]:
    """The same by group, of values (…, n) by unit."""
    rows = values.reshape(-1, values.shape[-1])
    single = [
        None if value != value else amount(value)
        for value in np.where(np.isnan(rows).all(axis=0), np.nan, np.nansum(rows, axis=0)).tolist()
    ]
    return _by_group(found, single, lambda members: known_sum(values[..., members]))


def sums(found: Sequence[Group], values: Floats) -> list[float]:
    """The sum by group of values (n,) by unit; not known (nan) where one of them is not."""
    return _by_group(found, values.tolist(), lambda members: float(values[members].sum()))


def _by_group(
    found: Sequence[Group], single: Sequence[Each], several: Callable[[Ints], Each]
) -> list[Each]:
    """What is known of single units, or found for the several of a group."""
    return [
        single[group.members.item()] if len(group.members) == 1 else several(group.members)
        for group in found
    ]


def own_notes(case: Case) -> tuple[str, ...]:
    """What 可用财力 is, where it is not just what was filled in."""
    paid_in = CONTRIBUTION in case.recipients.numbers
    told = [f"保障水平和“三保”缺口里的可用财力已减去{CONTRIBUTION}。"] if paid_in else []
    if case.flows and case.flows.terms.counted:
        if case.flows.terms.in_need:
            told.append("保障水平和“三保”缺口里的可用财力已加横向补偿的净额。")
        else:
            told.append(
                "保障水平里的可用财力已加横向补偿的净额；“三保”缺口里只加净收入，不减净付出。"
            )
    return tuple(told)


def totals_held(plan: Amounts) -> Iterator[tuple[str, str]]:
    """(合计核对：资金, the published total against what was to be distributed), to the last digit."""
    for fund, total, pool in zip(
        plan.case.funds, plan.totals, plan.case.figures.pools, strict=True
    ):
        yield (
            f"合计核对：{fund.name}",
            f"各县合计 {spelled(total)}，可分配总额 {spelled(pool)}，相差 {spelled(total - pool)}",
        )


def finest(cases: Iterable[Case]) -> int:
    """Decimals that the amounts of these cases are shown with at most."""
    return max(AMOUNT_DECIMALS, *(case.decimals for case in cases))


def to_the_unit(tables: Iterable[Table], *cases: Case) -> tuple[Table, ...]:
    """The tables with every decimal of what is published, so that sums agree to the last digit printed."""
    return tuple(replace(table, finest=finest(cases)) for table in tables)


def amount(value: float) -> float:
    """Money without the dust of float sums."""
    return round(value, 8) + 0.0


def amounts(values: Floats) -> list[float]:
    """The same for many."""
    return [amount(value) for value in values.tolist()]


def shares(values: Floats) -> tuple[float | None, ...]:
    """Figures to draw; None where not known."""
    return tuple(None if np.isnan(value) else value for value in values.tolist())


def optional(value: float) -> Value:
    """Empty where not known."""
    return None if np.isnan(value) else float(value)


def cents(value: float) -> Value:
    """Money, or another figure of an indicator, to two decimals; empty where not known."""
    return None if np.isnan(value) else round(value, CENTS) + 0.0


def cents_told(value: float) -> str:
    """The same in a sentence."""
    return spelled(round(value, CENTS))


def from_to(first: int, last: int) -> str:
    """「2027—2029年」, 「2027年」."""
    return f"{first}年" if first == last else f"{first}—{last}年"


def needs_known(case: Case) -> bool:
    """Whether 三保 needs are known of any county; without, nothing is known of shortfalls."""
    return not np.isnan(case.need).all()


def heading(outcome: Amounts) -> str:
    """「2026年三项转移支付」: the year as the workbook's titles say it."""
    return budget_heading(outcome.budget, outcome.case.funds)


def budget_heading(budget: Budget, funds: Sequence[Fund]) -> str:
    """The same for any result of a budget."""
    count = len(funds)
    what = funds[0].name if count == 1 else f"{NUMERALS[count] if count <= 10 else count}项转移支付"
    return dated(budget) + what


def dated(budget: Budget) -> str:
    """「2026年」 where the workbook's titles say it."""
    return f"{budget.year}年" if budget.year else ""


def example_label(outcome: Amounts) -> str:
    """The label of example data, when any sheet carries it."""
    return budget_label(outcome.budget)


def budget_label(budget: Budget) -> str:
    """The same for any result of a budget."""
    said = [text for sheet in budget.sheets.values() for text in (sheet.title, *sheet.labels)]
    return EXAMPLE_LABEL if any(EXAMPLE in text for text in said) else ""


def last_year_told(case: Case) -> tuple[str, ...]:
    """What the figures of last year are, where they are not just what was paid: the footnote of every table that shows them."""
    return (*_one_off(case), *_succession(case.succession))


def _succession(succession: Succession) -> tuple[str, ...]:
    """Which former units' amounts are among those of today's."""
    if not succession.moved:
        return ()
    return (
        f"上年数已按「{SUCCESSION}」划转，合计不变：{some(list(passages_told(succession)))}；"
        f"逐笔见结果工作簿「{MOVED}」。",
    )


def passages_told(succession: Succession) -> Iterator[str]:
    """「甲县→丙县」, 「甲县→丙县 40%、丁县 60%」, in order of days and codes."""
    passed = sorted(succession.counted, key=lambda each: (each.day, each.old, each.new))
    for (_, old), found in groupby(passed, key=lambda each: (each.day, each.old)):
        heirs = [
            succession.name(each.new)
            + ("" if each.share == 1 else f" {shown(float(each.share), 'share')}")
            for each in found
        ]
        yield f"{succession.name(old)}→{'和'.join(heirs)}"


def _one_off(case: Case) -> tuple[str, ...]:
    """What the figures of last year are net of."""
    paid = case.one_off
    if not paid.any():
        return ()
    names = some(case.recipients.name[paid > 0].tolist())
    return (
        f"上年数都已扣除其中一次性补助，共 {in_figures(amount(float(paid.sum())), 10)} {case.money_unit}：{names}；"
        "增减额、增幅和上年保底都按扣除后的数算。",
    )
