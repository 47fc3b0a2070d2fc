"""Alarms: a soft rule that stays unmet, with unit, money, the rule that blocks it and the smallest change that closes it.

What is said to close a shortfall was tried: the case was solved again with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import ceil

import numpy as np

from transfer_opt.audit import Finding, soft_gaps
from transfer_opt.domain import Case, Change
from transfer_opt.formulate import NEED_RULE, REPAIRED, Formulation, formulate
from transfer_opt.indicators import position, shortfall
from transfer_opt.linear import Floats, Ints
from transfer_opt.objectives import CLOSEST
from transfer_opt.optimum import reached
from transfer_opt.program import Opener
from transfer_opt.sensitivity import EVERYTHING, tried
from transfer_opt.settings import Reassemble, Settings

CAP_RULE, CAP_PARAMETER = "增幅上限", "增幅上限"
POOL_RULE, POOL_PARAMETER = "资金总额", "本年总额"
NEGLIGIBLE = 1e-6
DIGITS = 9
"""Growth in thousandths is read to this many digits: what is beyond is the dust of a float."""
TIMES = (1, 2, 4, 8)
"""A pool is tried larger by so many times the shortfall."""
MOST_TRIED = 12
"""So many counties' caps are tried by solving again."""
CONFIRMED = "（已重新求解核对）"
GAVE_WAY = "原来的规则做不到，已按 --relax 放宽"
SEE_ABOVE = "补足的办法见全省一条警告"


@dataclass(frozen=True)
class Present:
    """What holds now: the case, its rules, the published amounts (L,), and how it is solved again."""

    case: Case
    settings: Settings
    formulation: Formulation
    published: Floats
    reassemble: Reassemble
    open_solver: Opener

    @cached_property
    def lines(self) -> Mapping[str, list[int]]:
        """The lines of every county, by its name."""
        found: dict[str, list[int]] = {}
        for line, recipient in enumerate(self.case.lines.recipient):
            found.setdefault(self.case.recipients.name[recipient], []).append(line)
        return found

    @cached_property
    def caps(self) -> tuple[tuple[str, Mapping[int, list[float]]], ...]:
        """Every rule's hard caps of single lines."""
        return tuple((entry.rule.name, entry.limits(entry.hard)["upper"]) for entry in self.formulation.rules)

    def short_with(self, change: Change) -> Floats | None:
        """三保 shortfall (n,) with one change, before rounding; None where nothing is possible then."""
        settings = replace(self.settings, layers=(*self.settings.layers, (change,)))
        case = self.reassemble(settings)
        found = reached(lambda whole: formulate(case, settings, (CLOSEST,), whole=whole), self.open_solver)
        return shortfall(case, position(case, found.amounts).capacity) if found.possible else None


def diagnosed(present: Present, found: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with what blocks and closes every soft gap, and the alarms in words."""
    gaps = soft_gaps(found)
    needs = [finding for finding in gaps if finding.rule == NEED_RULE]
    tries = tried(present.case, present.settings) == EVERYTHING
    pool = _larger_pool(present, needs) if needs and tries else ""
    few = {finding.subject for finding in needs[:MOST_TRIED]} if tries else set()
    gave_way = {entry.rule.name for entry in present.formulation.rules if (entry.priority[~entry.hard] == REPAIRED).any()}
    told = tuple(replace(finding, remedy=GAVE_WAY if finding.rule in gave_way else
                         _remedy(present, finding, pool if len(needs) == 1 else SEE_ABOVE, finding.subject in few))
                 if finding.verdict == "soft" else finding for finding in found)
    alarms = (_alarm(present.case, finding) for finding in soft_gaps(told) if finding.rule not in gave_way)  # told together
    return told, (*_together(present.case, needs, pool), *alarms)


def _together(case: Case, needs: Sequence[Finding], pool: str) -> Iterator[str]:
    """All shortfalls at once, where there are several."""
    if len(needs) > 1:
        money = f"{_total(needs):,.12g} {case.money_unit}"
        yield f"全省 {len(needs)} 个县“三保”缺口共 {money}" + (f"：{pool}。" if pool else "。")


def _alarm(case: Case, finding: Finding) -> str:
    money = f"{-finding.margin:,.12g} {case.money_unit}"
    said = {NEED_RULE: f"{finding.subject}“三保”缺口 {money}", CAP_RULE: f"{finding.subject}超出「{CAP_RULE}」{money}"}
    return said.get(finding.rule, f"{finding.subject}未满足「{finding.rule}」，相差 {money}") + (
        f"：{finding.remedy}" if finding.remedy else "。")


def _remedy(present: Present, finding: Finding, pool: str, tried: bool) -> str:
    if finding.rule == NEED_RULE:
        return _blocked(present, finding, pool, tried)
    return _wider(present, finding) if finding.rule == CAP_RULE else ""


def _blocked(present: Present, finding: Finding, pool: str, tried: bool) -> str:
    """Which bound stops each of a county's funds, and what closes the gap."""
    case = present.case
    lines = np.array(present.lines.get(finding.subject, []), dtype=np.int64)
    _, high = present.formulation.floor_and_cap()
    capped = lines[present.published[lines] >= high[lines] - NEGLIGIBLE * case.unit]
    blocked = "，".join(f"{case.funds[case.lines.fund[line]].short}已到{'、'.join(_rules_at(present, int(line)))}"
                       f" {high[line]:,.12g}" for line in capped)
    way = _wider_cap(present, finding, capped) if tried else ""
    if len(capped) == len(lines):
        return f"{blocked}。{way or '要补足须放宽这些上限'}。"
    short = "其余资金受总额和其他规则（保底、倾斜等）限制"
    return (f"{blocked}；" if blocked else "") + f"{short}。" + (f"{pool or way}。" if pool or way else "")


def _wider_cap(present: Present, finding: Finding, capped: Ints) -> str:
    """The smallest growth cap of one fund with which the county has its need and no one is worse off."""
    case, settings = present.case, present.settings
    known = np.flatnonzero(case.recipients.name == finding.subject)
    for line in capped:
        fund, last = int(case.lines.fund[line]), case.lines.last_year[line]
        if CAP_RULE not in "".join(_rules_at(present, int(line))):
            continue
        now = float(settings.numbers(CAP_RULE, CAP_PARAMETER, case.amount.subjects[line : line + 1])[0])
        wanted = _thousandths((present.published[line] - finding.margin / case.usable[fund]) / last - 1)
        before = -finding.margin
        after = present.short_with(Change(CAP_RULE, case.funds[fund].name, CAP_PARAMETER, finding.subject, wanted))
        if before > 0 and after is not None and after[known].sum() <= case.unit:
            return (f"把{finding.subject}{case.funds[fund].short}的增幅上限由 {now:.1%} 放宽到 {wanted:.1%} 即可补足{CONFIRMED}")
    return ""


def _larger_pool(present: Present, needs: Sequence[Finding]) -> str:
    """The smallest amount by which one pool must be larger so that no shortfall is left; "" where none was found."""
    case = present.case
    least = ceil(_total(needs) / case.unit - NEGLIGIBLE)

    def closes(fund: int, units: int) -> bool:
        budget = round(case.funds[fund].budget + units * case.unit, 8)
        short = present.short_with(Change(POOL_RULE, case.funds[fund].name, POOL_PARAMETER, "", budget))
        return short is not None and float(np.nansum(short)) <= NEGLIGIBLE * case.unit

    for times in TIMES:
        found = [(_smallest(partial(closes, fund), least * times // 2, least * times), fund)
                 for fund in range(len(case.funds)) if closes(fund, least * times)]
        if found:
            units, fund = min(found)
            return f"把{case.funds[fund].name}的资金总额增加 {units * case.unit:,.12g} {case.money_unit}即可全部补足{CONFIRMED}"
    return ""


def _smallest(closes: Callable[[int], bool], low: int, high: int) -> int:
    """The least count that closes between one that is not known to and one that does."""
    if high - low > 1 and not closes(high - 1):  # the usual case: money for money
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if closes(middle) else (middle, high)
    return high


def _rules_at(present: Present, line: int) -> list[str]:
    """The rules whose own cap on the line rounds to the tightened one."""
    _, high = present.formulation.floor_and_cap()
    names = [f"「{name}」" for name, limits in present.caps
             if any(abs(limit - high[line]) < present.case.unit for limit in limits.get(line, ()))]
    return names or ["资金总额"]


def _wider(present: Present, finding: Finding) -> str:
    """How wide the growth cap would have to be."""
    case, settings = present.case, present.settings
    name, _, short = finding.subject.rpartition("·")
    for line in present.lines.get(name, ()):
        if case.funds[case.lines.fund[line]].short == short:
            subject = case.amount.subjects[line : line + 1]
            allowed = float(settings.numbers(CAP_RULE, CAP_PARAMETER, subject)[0])
            wanted = _thousandths(finding.left / case.lines.last_year[line] - 1)
            return f"为满足优先级更高的要求而突破；把该县该项资金的增幅上限由 {allowed:.1%} 放宽到 {wanted:.1%} 即不再超出。"
    return "为满足优先级更高的要求而突破。"


def _thousandths(growth: float) -> float:
    return ceil(round(growth * 1000, DIGITS)) / 1000


def _total(needs: Sequence[Finding]) -> float:
    return round(-sum(finding.margin for finding in needs), DIGITS)
