"""What is said when nothing is possible: the contradiction by clause and in money, the cheapest repair, other ways out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from transfer_opt.conflict import Conflict, Family, conflict, only
from transfer_opt.domain import Case
from transfer_opt.errors import InfeasibleError
from transfer_opt.farkas import bounding, farkas
from transfer_opt.formulate import Formulation
from transfer_opt.program import Opener
from transfer_opt.refutation import check_impossible
from transfer_opt.remedies import ways_out
from transfer_opt.repair import Given, Repair, cheapest, repaired
from transfer_opt.settings import Reassemble, Settings

NAMED = 5
"""How many who would get less (or more) than a rule allows are named; --json lists all."""
HUNDREDTH = 0.01


def infeasible(case: Case, settings: Settings, reassemble: Reassemble, open_solver: Opener) -> InfeasibleError:
    """The error to raise: its proof is checked in exact arithmetic first (SolverError where it does not hold)."""
    found = conflict(case, settings, open_solver)
    proof = farkas(case, found)
    money = float(check_impossible(proof))
    repair = cheapest(case, settings, open_solver)
    given = repaired(case, repair, open_solver)
    ways = list(ways_out(case, settings, found.families, money, reassemble, open_solver))
    whole = bool(ways)
    if not whole:
        ways = list(ways_out(case, only(settings, found.families), found.families, money, reassemble, open_solver))
    return InfeasibleError(
        "\n".join(_sentences(case, settings, found, money, repair, given, ways, whole)),
        _details(case, settings, found, money, repair, given, ways, proof))


def told(given: Sequence[Given], money_unit: str, named: int = NAMED) -> Iterator[str]:
    """What each family gives, in all and for whom."""
    for family, rows in groupby(given, key=lambda row: row.family):
        shares = list(rows)
        whom = "、".join(f"{row.subject} {_money(row.money)}" for row in shares[:named])
        rest = f" 等 {len(shares)} 个" if len(shares) > named else ""
        yield f"{family}放宽 {_money(sum(row.money for row in shares))} {money_unit}（{whom}{rest}）"


def _sentences(
    case: Case, settings: Settings, found: Conflict, money: float, repair: Repair, given: Sequence[Given],
    ways: Sequence[str], whole: bool,
) -> Iterator[str]:
    cited = "、".join(_cited(settings, family) for family in found.families)
    cannot = "不能同时满足" if len(found.families) > 1 else "无法满足（一笔不能少于 0，也不能多于资金总额）"
    yield f"约束互相矛盾，没有可行的分配方案：{cited} {cannot}，相差 {_money(money)} {case.money_unit}。"
    if found.formulation is not None and found.shortage is None:
        yield from crossed(case, found.formulation)
    others = [family for family in repair.families if family not in found.families]
    more = "除这一组外还有做不到的规则；" if others or repair.money > money + case.unit else ""
    yield f"最省的修复：{more}合计放宽 {_money(repair.money)} {case.money_unit}——{'；'.join(told(given, case.money_unit))}。"
    yield "加 --relax 即按这样放宽计算，并在每张表上注明“已放宽”。"
    if ways:
        yield "其他办法（任选一种，" + ("都已重新求解核对" if whole else "只解开上面这一组矛盾，其余仍须放宽") + "）："
        yield from (f"  {number}. {way}" for number, way in enumerate(ways, start=1))


def crossed(case: Case, formulation: Formulation) -> Iterator[str]:
    """The lines whose floor stands above their cap, with the rule behind each."""
    low, high = formulation.statement.lower, formulation.statement.upper
    for line in formulation.crossing:
        who = f"{case.recipients.name[case.lines.recipient[line]]}·{case.funds[case.lines.fund[line]].short}"
        floor, cap = (bounding(formulation, int(line), side, bounds[line])[0]
                      for side, bounds in (("least", low), ("most", high)))
        yield (f"  {who}：{f'「{floor.rule.name}」' if floor else ''}要求不少于 {_money(float(low[line]))}，"
               f"{f'「{cap.rule.name}」' if cap else '资金总额'}要求不多于 {_money(float(high[line]))}，"
               f"相差 {_money(float(low[line] - high[line]))} {case.money_unit}。")


def _details(
    case: Case, settings: Settings, found: Conflict, money: float, repair: Repair, given: Sequence[Given],
    ways: Sequence[str], proof: Any,
) -> dict[str, Any]:
    """The same for programs."""
    return {
        "conflict": [{"rule": family.rule, "fund": family.fund, "clause": settings.rules[family.rule].cited}
                     for family in found.families],
        "short": money, "unit": case.money_unit,
        "repair": {"money": repair.money, "rows": [
            {"rule": row.family.rule, "fund": row.family.fund, "subject": row.subject, "money": row.money} for row in given]},
        "ways": list(ways), "proof": proof,
    }


def _cited(settings: Settings, family: Family) -> str:
    return f"{family}〔{settings.rules[family.rule].brief}〕"


def _money(money: float) -> str:
    """Money to the hundredth, what is less in full; --json has every digit."""
    return f"{round(money, 2 if abs(money) >= HUNDREDTH else 6):,.14g}"
