"""What to say when something cannot be met: the impossible in money, and alarms about soft rules."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from transfer_opt.audit import Finding, soft_gaps
from transfer_opt.domain import Case
from transfer_opt.errors import InfeasibleError
from transfer_opt.formulate import NEED_RULE, Formulation
from transfer_opt.linear import Floats
from transfer_opt.settings import Settings

CAP_RULE, CAP_PARAMETER = "增幅上限", "增幅上限"
NEGLIGIBLE = 1e-6
DIGITS = 9
"""Growth in thousandths is read to this many digits: what is beyond is the dust of a float."""


def refuse_crossed_bounds(case: Case, formulation: Formulation) -> None:
    """Raise InfeasibleError when a line's floor stands above its cap, naming both rules and the money."""
    low, high = formulation.floor_and_cap()
    crossed = np.flatnonzero(low > high + NEGLIGIBLE * case.unit)
    if len(crossed):
        said = [_crossed(case, formulation, int(line)) for line in crossed]
        raise InfeasibleError("约束互相矛盾，没有可行的分配方案：\n" + "\n".join(said) + "\n处理办法：放宽其中一条，或把它改为「软」。")


def alarms(case: Case, settings: Settings, formulation: Formulation, found: Sequence[Finding], published: Floats) -> tuple[str, ...]:
    """A shortfall or an exceeded soft cap, each with unit, money, what blocks it and the smallest change that closes it."""
    said = []
    for finding in soft_gaps(found):
        money = f"{-finding.margin:,.12g} {case.money_unit}"
        if finding.rule == NEED_RULE:
            said.append(f"{finding.subject}“三保”缺口 {money}：{_blocked(case, formulation, finding.subject, published)}")
        elif finding.rule == CAP_RULE:
            said.append(f"{finding.subject}超出「{CAP_RULE}」{money}：{_wider(case, settings, finding)}")
        else:
            said.append(f"{finding.subject}未满足「{finding.rule}」，相差 {money}。")
    return tuple(said)


def _crossed(case: Case, formulation: Formulation, line: int) -> str:
    low, high = formulation.floor_and_cap()
    who = f"{case.recipients.name[case.lines.recipient[line]]}·{case.funds[case.lines.fund[line]].short}"
    floors = _rules_at(formulation, line, low[line], case.unit, lower=True)
    caps = _rules_at(formulation, line, high[line], case.unit, lower=False)
    gap = f"{low[line] - high[line]:,.12g} {case.money_unit}"
    return f"{who}：{'、'.join(floors)}要求不少于 {low[line]:,.12g}，{'、'.join(caps)}要求不多于 {high[line]:,.12g}，相差 {gap}。"


def _rules_at(formulation: Formulation, line: int, bound: float, unit: float, *, lower: bool) -> list[str]:
    """The rules whose own bound on the line rounds to this tightened bound."""
    names = []
    for entry in formulation.rules:
        rows = entry.rows[entry.hard & entry.single]
        at = rows.expression.columns[np.argsort(rows.expression.rows)] == line
        limits = (rows.lower if lower else rows.upper)[at]
        if np.isfinite(limits).any() and (np.abs(limits[np.isfinite(limits)] - bound) < unit).any():
            names.append(f"「{entry.rule.name}」")
    return names or (["不低于 0"] if lower else ["资金总额"])


def _blocked(case: Case, formulation: Formulation, name: str, published: Floats) -> str:
    """Which bound stops each of a county's funds, and what would close the gap."""
    lines = np.flatnonzero(case.recipients.name[case.lines.recipient] == name)
    _, high = formulation.floor_and_cap()
    capped = []
    for line in lines:
        if published[line] >= high[line] - NEGLIGIBLE * case.unit:
            rules = "、".join(_rules_at(formulation, int(line), high[line], case.unit, lower=False))
            capped.append(f"{case.funds[case.lines.fund[line]].short}已到{rules} {high[line]:,.12g}")
    blocked = "，".join(capped)
    if len(capped) == len(lines):
        return f"{blocked}。把其中一项的上限放宽同样的数额即可补足。"
    return (f"{blocked}；" if blocked else "") + "其余资金受总额和其他县的保底限制，增加同样数额的资金总额可以补足。"


def _wider(case: Case, settings: Settings, finding: Finding) -> str:
    """How wide the growth cap would have to be."""
    name, _, short = finding.subject.rpartition("·")
    for line in np.flatnonzero(case.recipients.name[case.lines.recipient] == name):
        if case.funds[case.lines.fund[line]].short == short:
            subject = case.amount.subjects[line : line + 1]
            allowed = float(settings.numbers(CAP_RULE, CAP_PARAMETER, subject)[0])
            wanted = ceil(round((finding.left / case.lines.last_year[line] - 1) * 1000, DIGITS)) / 1000
            return f"为满足优先级更高的要求而突破；把该县该项资金的增幅上限由 {allowed:.1%} 放宽到 {wanted:.1%} 即不再超出。"
    return "为满足优先级更高的要求而突破。"


