"""What is said of the split of the province's own money: 「省级统筹」, its proof, its sentences."""

from __future__ import annotations

from collections.abc import Iterator

from transfer_opt.allocation.plan import Outcome, Plan
from transfer_opt.allocation.split import Split
from transfer_opt.core.exact import spelled, total
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.core.vocabulary import (
    POOL_AMOUNT,
    PROVINCE_SHARE,
    PROVINCE_SIDES,
    SPLIT,
    SPLIT_PROOF,
)
from transfer_opt.report.parts import TOTAL_NAME, amount, cents_told, heading
from transfer_opt.report.records import pieces


def split_sentences(plan: Plan) -> Iterator[str]:
    """What was moved where, and what that does; nothing where nothing may be moved."""
    split, unit = plan.split, plan.case.money_unit
    if split is None:
        return
    moves = [
        (fund.name, now - before)
        for fund, now, before in zip(
            plan.case.funds, split.decided, split.bounds.draft, strict=True
        )
    ]
    gains = [f"{name}增加 {spelled(money)}" for name, money in moves if money > 0]
    losses = [f"{name}减少 {spelled(-money)}" for name, money in moves if money < 0]
    before, after = _short(split.short_before, unit), _short(split.short_after, unit)
    if gains:
        yield (
            f"省级统筹：{spelled(total(split.bounds.draft))} {unit}省级资金中，{'、'.join((*losses, *gains))} {unit}；"
            f"“三保”缺口（取整前）按拟定的拆分{before}，统筹后{after}。"
        )
    else:
        yield f"省级统筹：拟定的拆分不用改，“三保”缺口（取整前）{after}。"
    yield "在各项上下限和硬规则以内，按公布单位取整以前，没有别的拆分能使缺口更小；缺口同样小的拆分里，这个离拟定的最近。"


def _short(money: float | None, unit: str) -> str:
    """三保缺口, or that the rules leave no allocation."""
    return "没有可行方案" if money is None else f"为 {cents_told(money)} {unit}"


def split_tables(outcome: Outcome) -> tuple[Table, ...]:
    """「省级统筹」 and its proof; none where nothing may be moved."""
    return (
        ()
        if outcome.split is None
        else (_table(outcome, outcome.split), _proof(outcome, outcome.split))
    )


def _table(outcome: Outcome, split: Split) -> Table:
    columns = (
        Column("资金", "prefecture", 30),
        Column(f"拟定{PROVINCE_SHARE}", "money", 13),
        *(Column(side, "money", 12) for side in PROVINCE_SIDES),
        Column(f"统筹后{PROVINCE_SHARE}", "bold_money", 13),
        Column("增减额", "growth_money", 11),
        Column(f"拟定{POOL_AMOUNT}", "money", 13),
        Column(f"统筹后{POOL_AMOUNT}", "bold_money", 13),
    )
    bounds = split.bounds
    rows = []
    for f, fund in enumerate(outcome.case.funds):
        moved = split.decided[f] - bounds.draft[f]
        given = (bounds.draft[f], bounds.least[f], bounds.most[f], split.decided[f], moved)
        money = [amount(float(value)) for value in given]
        rows.append(
            Row("unit", (fund.name, *money, amount(fund.budget - float(moved)), fund.budget))
        )
    figures = list(zip(*(row.values[1:] for row in rows), strict=True))
    sums = [
        None if column.name in PROVINCE_SIDES else amount(sum(map(float, values)))
        for column, values in zip(columns[1:], figures, strict=True)
    ]
    return Table(
        SPLIT,
        f"{heading(outcome)}省级统筹（{outcome.scenario}）",
        columns,
        (Row("total", (TOTAL_NAME, *sums)), *rows),
        f"单位：{outcome.case.money_unit}",
        verdict="".join(split_sentences(outcome)),
        notes=(
            f"注：本年总额＝中央资金＋{PROVINCE_SHARE}；中央资金不改变用途。先使“三保”缺口合计最小，再使各项省级部分离拟定数最近"
            "（相对偏离从大到小依次最小），按公布单位取整；定下总额以后，其余与不统筹时相同。",
            f"没有填{PROVINCE_SHARE}的资金不动；上下限留空的只受 0 和合计限制。证书在「{SPLIT_PROOF}」。",
        ),
    )


def _proof(outcome: Outcome, split: Split) -> Table:
    rows = tuple(
        Row("plain", (SPLIT, float(number), piece))
        for number, piece in enumerate(pieces(split.proof), start=1)
    )
    columns = (Column("名称", "text", 12), Column("序号", "number", 6), Column("证书", "text", 120))
    return Table(
        SPLIT_PROOF,
        f"{heading(outcome)}统筹证明（{outcome.scenario}）",
        columns,
        rows,
        notes=("注：各行连接起来是一个 JSON 文本，与「证明」的写法相同。",),
        unprinted=f"「{SPLIT_PROOF}」供程序核对，不打印。",
    )
