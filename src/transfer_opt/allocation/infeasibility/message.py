"""What is said when nothing is possible: the contradiction by clause and in money, the cheapest repair, other ways out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from gmpy2 import mpq

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.infeasibility.farkas import bounding, farkas
from transfer_opt.allocation.infeasibility.iis import Conflict, Family, conflict, only
from transfer_opt.allocation.infeasibility.relaxation import Given, Repair, cheapest, shares
from transfer_opt.allocation.infeasibility.remedies import Way, unrounded_rest, ways_out
from transfer_opt.allocation.instance import Instance
from transfer_opt.checker.infeasibility import check_impossible
from transfer_opt.core.errors import InfeasibleError
from transfer_opt.core.exact import exact, spelled, spelled_up
from transfer_opt.core.vocabulary import POOL_RULE
from transfer_opt.policy.case import Case
from transfer_opt.policy.settings import Settings

NAMED = 5
"""How many who would get less (or more) than a rule allows are named; --json lists all."""


def infeasible(instance: Instance, relaxable: bool = True) -> InfeasibleError:
    """The error to raise: its proof is checked in exact arithmetic first, and every way out was gone.

    `relaxable`: whether the command that is told so knows --relax.
    """
    case, settings = instance.case, instance.settings
    found = conflict(instance)
    proof = farkas(case, found)
    money = check_impossible(proof)
    repair = cheapest(instance)
    relaxed = replace(instance, settings=repair.settings)
    published = relaxed.published
    given = shares(case, published.optimum.formulation, relaxed.amounts) if published else ()
    ways = list(ways_out(instance, found.families, money, published=True))
    whole = bool(ways)
    if not whole:
        alone = replace(instance, settings=only(settings, found.families))
        ways = list(ways_out(alone, found.families, money, published=False))
    told = _Told(instance, found, exact(money), repair, given, tuple(ways), whole, relaxable)
    return InfeasibleError("\n".join(_sentences(told)), _details(told, proof))


@dataclass(frozen=True)
class _Told:
    """What is to be said."""

    instance: Instance
    found: Conflict
    money: mpq
    """By how much the rules contradict each other."""
    repair: Repair
    given: Sequence[Given]
    """What every row gives in the allocation that `--relax` publishes."""
    ways: tuple[Way, ...]
    whole: bool
    """Whether the ways lead out of everything, or of the one contradiction."""
    relaxable: bool


def told(given: Sequence[Given], money_unit: str, named: int = NAMED) -> Iterator[str]:
    """What each family gives, in all and for whom."""
    for family, rows in groupby(given, key=lambda row: row.family):
        shares = list(rows)
        whom = "、".join(f"{row.subject} {_money(row.money)}" for row in shares[:named])
        rest = f" 等 {len(shares)} 个" if len(shares) > named else ""
        yield f"{family}放宽 {_money(sum(row.money for row in shares))} {money_unit}（{whom}{rest}）"


def _sentences(told_of: _Told) -> Iterator[str]:
    case, settings, found, given = (
        told_of.instance.case,
        told_of.instance.settings,
        told_of.found,
        told_of.given,
    )
    cited = "、".join(_cited(settings, family) for family in found.families)
    cannot = (
        "不能同时满足"
        if len(found.families) > 1
        else "无法满足（一笔不能少于 0，也不能多于资金总额）"
    )
    yield f"约束互相矛盾，没有可行的分配方案：{cited} {cannot}，相差 {spelled_up(told_of.money)} {case.money_unit}。"
    yield from _left_over(case, settings, found.families)
    if found.formulation is not None and found.shortage is None:
        yield from crossed(case, found.formulation)
    if given:
        others = [family for family in told_of.repair.families if family not in found.families]
        all_given = sum(row.money for row in given)
        more = (
            "除这一组外还有做不到的规则；"
            if others or all_given > told_of.money + case.figures.unit
            else ""
        )
        least = _money(told_of.repair.money)
        rounding = f"按{case.unit_name}取整公布后" if least != _money(all_given) else ""
        yield (
            f"最省的修复：{more}合计放宽 {least} {case.money_unit}——{rounding}{'；'.join(told(given, case.money_unit))}。"
        )
    if given and told_of.relaxable:
        yield "solve 加 --relax 即按这样放宽计算，并在每张表上注明“已放宽”。"
    if told_of.ways:
        yield (
            "其他办法（任选一种，"
            + ("都已重新求解核对" if told_of.whole else "只解开上面这一组矛盾，其余仍须放宽")
            + "）："
        )
        yield from (f"  {number}. {way.said}" for number, way in enumerate(told_of.ways, start=1))


def _left_over(case: Case, settings: Settings, conflicting: Sequence[Family]) -> Iterator[str]:
    """The money of a pool in the contradiction that is less than a publishing unit and therefore not shared out."""
    for fund in case.funds:
        rest = unrounded_rest(case, settings, fund)
        if rest and Family(POOL_RULE, fund.name) in conflicting:
            yield (
                f"  {fund.name}按公布单位 {case.unit_name} 取整，{spelled(rest)} {case.money_unit}不足一个单位，留作预留，没有参加分配；"
                "改小「取整」的单位，这笔钱就参加分配。"
            )


def crossed(case: Case, formulation: Formulation) -> Iterator[str]:
    """The lines whose floor stands above their cap, with the rule behind each: the furthest apart, the others counted."""
    low, high = formulation.statement.lower, formulation.statement.upper
    apart = sorted(formulation.crossing, key=lambda line: (high[line] - low[line], line))
    for line in apart[:NAMED]:
        who = f"{case.recipients.name[case.lines.recipient[line]]}·{case.funds[case.lines.fund[line]].short}"
        floor, cap = (
            bounding(formulation, int(line), side, bounds[line])[0]
            for side, bounds in (("least", low), ("most", high))
        )
        yield (
            f"  {who}：{f'「{floor.rule.name}」' if floor else ''}要求不少于 {spelled(low[line])}，"
            f"{f'「{cap.rule.name}」' if cap else '资金总额'}要求不多于 {spelled(high[line])}，"
            f"相差 {spelled_up(low[line] - high[line])} {case.money_unit}。"
        )
    if len(apart) > NAMED:
        whole = sum((low[line] - high[line] for line in apart), mpq(0))
        yield f"  这样的共 {len(apart):,} 笔，合计相差 {spelled_up(whole)} {case.money_unit}，上面是相差最多的 {NAMED} 笔。"


def _details(told_of: _Told, proof: Any) -> dict[str, Any]:
    """The same for programs."""
    settings = told_of.instance.settings
    return {
        "conflict": [
            {"rule": family.rule, "fund": family.fund, "clause": settings.rules[family.rule].cited}
            for family in told_of.found.families
        ],
        "short": float(told_of.money),
        "unit": told_of.instance.case.money_unit,
        "repair": {
            "money": sum(row.money for row in told_of.given),
            "rows": [
                {
                    "rule": row.family.rule,
                    "fund": row.family.fund,
                    "subject": row.subject,
                    "money": row.money,
                }
                for row in told_of.given
            ],
        },
        "ways": [way.said for way in told_of.ways],
        "changes": [[asdict(change) for change in way.changes] for way in told_of.ways],
        "proof": proof,
    }


def _cited(settings: Settings, family: Family) -> str:
    return f"{family}〔{settings.rules[family.rule].brief}〕"


def _money(money: float) -> str:
    """Money in millionths of a unit, in full; --json has every digit."""
    return spelled(exact(round(money, 6)))
