"""「年度展望」 as parameters of one rule: how what is looked ahead at grows, in the place of what the sheet says of it.

So an outlook is read, checked, changed by scenarios, compared and written like every other parameter. A value is the
growth of every year over the one before; nothing is set unless somebody does, and no rule of this year looks at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isnan

from transfer_opt.core.vocabulary import OUTLOOK, OUTLOOK_ITEMS, POOL_AMOUNT
from transfer_opt.policy.model import Clause, ParameterSpec, RuleSpec
from transfer_opt.policy.settings import Settings

MOST_GROWTH = 10.0
"""Nothing grows to more than eleven times itself in a year."""
ALL_LOST = -1.0
ELSEWHERE = "只用于多年测算，不影响本年的分配"


def outlook_rule(clauses: Sequence[Clause]) -> RuleSpec:
    """The rule that holds the growths: 本年总额 by fund, everything else by place; cited like what else an official fills in."""
    return RuleSpec(
        OUTLOOK,
        tuple(clauses),
        "model",
        True,
        True,
        True,
        2,
        {item: _growth(item) for item in OUTLOOK_ITEMS},
        f"以后各年比前一年增减的比例，代替工作表「{OUTLOOK}」里的数；{ELSEWHERE}",
    )


def _growth(item: str) -> ParameterSpec:
    return ParameterSpec(
        OUTLOOK,
        item,
        "fund" if item == POOL_AMOUNT else "recipient",
        "share",
        None,
        ALL_LOST,
        MOST_GROWTH,
        (),
        f"以后各年{item}比前一年增减的比例，代替工作表「{OUTLOOK}」里的数；{ELSEWHERE}",
        0.0,
    )


def pool_growths(settings: Settings) -> dict[str, float]:
    """Fund → the yearly growth of its 本年总额, where one is set."""
    found = {fund: settings.cell(OUTLOOK, POOL_AMOUNT, fund) for fund in settings.funds}
    return {fund: growth for fund, growth in found.items() if not isnan(growth)}


def growths_told(settings: Settings) -> Iterator[str]:
    """What is set in the place of the sheet: 甲补助本年总额每年 +10%."""
    for fund, growth in pool_growths(settings).items():
        yield f"{fund}{POOL_AMOUNT}{_yearly(growth)}"
    said = [
        change
        for layer in settings.layers
        for change in layer
        if change.rule == OUTLOOK and change.value is not None and change.parameter != POOL_AMOUNT
    ]
    for item, place in sorted({(change.parameter, change.object) for change in said}):
        yield f"{place or '全省'}{item}{_yearly(settings.cell(OUTLOOK, item, '', place))}"


def _yearly(growth: float) -> str:
    return f"每年 {growth * 100:+.10g}%" if growth else "不变"
