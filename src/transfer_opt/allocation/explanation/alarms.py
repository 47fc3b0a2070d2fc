"""Alarms: a soft rule that stays unmet, with unit, money, the rule that blocks it and the smallest change that closes it.

What is said to close it was done: the change was written where a user would, and the case solved, rounded and proved
again. What was not tried says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import ceil

import numpy as np

from transfer_opt.allocation.compliance import Finding, soft_gaps
from transfer_opt.allocation.explanation.indicators import position, shortfall
from transfer_opt.allocation.explanation.sensitivity import EVERYTHING, tried
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import REPAIRED
from transfer_opt.allocation.infeasibility.remedies import where
from transfer_opt.allocation.instance import Instance
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.exact import exact, in_figures, spelled
from transfer_opt.core.vocabulary import CAP_RULE, NEED_RULE, POOL_RULE
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.settings import Settings, shown

CAP_PARAMETER = "增幅上限"
POOL_PARAMETER = "本年总额"
DIGITS = 9
"""Growth in thousandths is read to this many digits: what is beyond is the dust of a float."""
TIMES = (1, 2, 4, 8)
"""A pool is tried larger by so many times the shortfall; a cap wider by so many times what is missing."""
MOST_TRIED = 12
"""So many counties' caps are tried by solving again."""
CONFIRMED = "（已重新求解核对）"
BROKEN_THROUGH = "为满足优先级更高的要求而突破"
DOUBTFUL_CAP = 3.0
"""A growth cap above this asks to look at the data first."""
NOT_FOUND, NOT_TRIED = "没有试出放宽到多少才不再超出", "放宽到多少才不再超出没有试过"
GAVE_WAY = "原来的规则做不到，已按 --relax 放宽"
SEE_ABOVE = "补足的办法见全省一条警告"


@dataclass(frozen=True)
class Present:
    """What holds now: the instance, its program and the published amounts (L,)."""

    instance: Instance
    formulation: Formulation
    published: Floats
    unmet: frozenset[tuple[str, str]]
    """(rule, whom) of the soft rows that stay unmet."""

    @property
    def case(self) -> Case:
        """The case of the instance."""
        return self.instance.case

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
        return tuple(
            (entry.rule.name, entry.limits(entry.hard)["upper"]) for entry in self.formulation.rules
        )

    def cap(self, line: int) -> float:
        """The growth cap that holds for a line."""
        subject = self.case.amount.subjects[line : line + 1]
        return float(self.instance.settings.numbers(CAP_RULE, CAP_PARAMETER, subject)[0])

    def with_cap(self, fund: int, county: str, cap: float) -> Instance:
        """The instance with another growth cap for one fund, of one county or of all."""
        return self.instance.with_change(
            Change(CAP_RULE, self.case.funds[fund].name, CAP_PARAMETER, county, cap)
        )

    def with_pool(self, fund: int, units: int) -> Instance:
        """The instance with one pool larger by so many publishing units."""
        one = self.case.funds[fund]
        budget = float(exact(one.budget) + units * self.case.figures.unit)
        return self.instance.with_change(Change(POOL_RULE, one.name, POOL_PARAMETER, "", budget))

    def there(self, other: Instance) -> str:
        """What stands between a change and what it does: said where it only counts in the scenario."""
        return where(self.instance, other) or " "


def diagnosed(
    present: Present, found: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings with what blocks and closes every soft gap, and the alarms in words."""
    gaps = soft_gaps(found)
    needs = [finding for finding in gaps if finding.rule == NEED_RULE]
    tries = tried(present.case, present.instance.settings) == EVERYTHING
    pool = _larger_pool(present, needs) if needs and tries else ""
    few = {finding.subject for finding in needs[:MOST_TRIED]} if tries else set()
    gave_way = {
        entry.rule.name
        for entry in present.formulation.rules
        if (entry.priority[~entry.hard] == REPAIRED).any()
    }
    caps = _Caps(present, tries)
    told = tuple(
        replace(
            finding,
            remedy=GAVE_WAY
            if finding.rule in gave_way
            else _remedy(
                present,
                finding,
                pool if len(needs) == 1 else SEE_ABOVE,
                finding.subject in few,
                caps,
            ),
        )
        if finding.verdict == "soft"
        else finding
        for finding in found
    )
    alarms = (
        _alarm(present.case, finding) for finding in soft_gaps(told) if finding.rule not in gave_way
    )  # told together
    return told, (*_together(present.case, needs, pool), *alarms)


def _together(case: Case, needs: Sequence[Finding], pool: str) -> Iterator[str]:
    """All shortfalls at once, where there are several."""
    if len(needs) > 1:
        money = f"{in_figures(_total(needs))} {case.money_unit}"
        yield f"全省 {len(needs)} 个县“三保”缺口共 {money}" + (f"：{pool}。" if pool else "。")


def _alarm(case: Case, finding: Finding) -> str:
    money = f"{in_figures(-finding.margin)} {case.money_unit}"
    said = {
        NEED_RULE: f"{finding.subject}“三保”缺口 {money}",
        CAP_RULE: f"{finding.subject}超出「{CAP_RULE}」{money}",
    }
    return said.get(finding.rule, f"{finding.subject}未满足「{finding.rule}」，相差 {money}") + (
        f"：{finding.remedy}" if finding.remedy else "。"
    )


def _remedy(present: Present, finding: Finding, pool: str, tried: bool, caps: _Caps) -> str:
    if finding.rule == NEED_RULE:
        return _blocked(present, finding, pool, tried)
    return f"{BROKEN_THROUGH}；{caps.wide_enough(finding)}。" if finding.rule == CAP_RULE else ""


def _blocked(present: Present, finding: Finding, pool: str, tried: bool) -> str:
    """Which bound stops each of a county's funds, and what closes the gap."""
    case = present.case
    lines = np.array(present.lines.get(finding.subject, []), dtype=np.int64)
    counting = lines[case.usable[case.lines.fund[lines]] > 0]
    if not len(counting):
        return "该县没有可统筹用于“三保”的补助。"
    _, high = present.formulation.floor_and_cap()
    capped = counting[present.published[counting] >= high[counting] - case.dust]
    blocked = "，".join(
        f"{case.funds[case.lines.fund[line]].short}已到{'、'.join(_rules_at(present, int(line)))}"
        f" {in_figures(high[line])}"
        for line in capped
    )
    way = _wider_cap(present, finding, capped) if tried else ""
    if len(capped) == len(counting):
        return f"{blocked}。{way or '要补足须放宽这些上限'}。"
    short = "其余资金受总额和其他规则（保底、倾斜等）限制"
    return (
        (f"{blocked}；" if blocked else "")
        + f"{short}。"
        + (f"{pool or way}。" if pool or way else "")
    )


def _wider_cap(present: Present, finding: Finding, capped: Ints) -> str:
    """A growth cap of one fund with which the county has its need and nobody else is newly short."""
    case = present.case
    for line in capped:
        fund, last = int(case.lines.fund[line]), case.lines.last_year[line]
        if CAP_RULE not in "".join(_rules_at(present, int(line))):
            continue
        for times in TIMES:
            missing = -finding.margin / case.usable[fund] * times
            wanted = _thousandths((present.published[line] + missing) / last - 1)
            if wanted > _widest(present.instance.settings):
                break
            after = present.with_cap(fund, finding.subject, wanted)
            if after.unmet is not None and _short(after.unmet) <= _short(present.unmet) - {
                finding.subject
            }:
                return (
                    f"把{finding.subject}{case.funds[fund].short}的增幅上限由 {_share(present.cap(int(line)))} "
                    f"放宽到 {_share(wanted)}{present.there(after)}即可补足{CONFIRMED}"
                )
    return ""


def _short(unmet: Iterable[tuple[str, str]]) -> set[str]:
    """The counties whose need is not met."""
    return {whom for rule, whom in unmet if rule == NEED_RULE}


def _larger_pool(present: Present, needs: Sequence[Finding]) -> str:
    """The smallest amount by which one pool must be larger so that no shortfall is left; "" where none was found."""
    case = present.case
    least = ceil((_total(needs) - case.dust) / case.unit)

    def closes(fund: int, units: int) -> bool:
        after = present.with_pool(fund, units)
        if not after.optimum.possible:
            return False
        short = shortfall(after.case, position(after.case, after.optimum.amounts).capacity)
        return float(np.nansum(short)) <= case.dust

    for times in TIMES:
        found = [
            (_smallest(partial(closes, fund), least * times // 2, least * times), fund)
            for fund in range(len(case.funds))
            if case.usable[fund] > 0 and closes(fund, least * times)
        ]
        for units, fund in sorted(found):
            after = present.with_pool(fund, units)
            if after.unmet is not None and not _short(after.unmet):
                return (
                    f"把{case.funds[fund].name}的资金总额增加 {spelled(units * case.figures.unit)} {case.money_unit}"
                    f"{where(present.instance, after)}即可全部补足{CONFIRMED}"
                )
    return ""


def _smallest(closes: Callable[[int], bool], low: int, high: int) -> int:
    """The least count that closes between one that is not known to and one that does."""
    if high - low > 1 and not closes(high - 1):  # the usual case: money for money
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if closes(middle) else (middle, high)
    return high


class _Caps:
    """How wide growth caps would have to be for an excess to end: one county's own, else the whole fund's."""

    def __init__(self, present: Present, tries: bool) -> None:
        self._present, self._tries, self._left = present, tries, MOST_TRIED
        self._of_fund: dict[int, str] = {}

    def wide_enough(self, finding: Finding) -> str:
        """In words, for one line that exceeds its cap; each was done."""
        case, (name, _, short) = self._present.case, finding.subject.rpartition("·")
        line = next(
            (
                line
                for line in self._present.lines.get(name, ())
                if case.funds[case.lines.fund[line]].short == short
            ),
            None,
        )
        if line is None or not self._tries:
            return NOT_TRIED
        fund = int(case.lines.fund[line])
        if fund not in self._of_fund:
            if own := self._own(line, name, finding):
                return own
            self._of_fund[fund] = self._whole(fund)
        return self._of_fund[fund]

    def _own(self, line: int, name: str, finding: Finding) -> str:
        case, fund = self._present.case, int(self._present.case.lines.fund[line])
        wanted = _thousandths(finding.left / case.lines.last_year[line] - 1)
        self._left -= 1
        if self._left < 0 or wanted > _widest(self._present.instance.settings):
            return ""
        after = self._present.with_cap(fund, name, wanted)
        if (
            after.unmet is None
            or (CAP_RULE, finding.subject) in after.unmet
            or not set(after.unmet) < self._present.unmet
        ):
            return ""  # what it no longer takes beyond its cap goes beyond those of others
        return (
            f"把该县该项资金的增幅上限由 {_share(self._present.cap(line))} 放宽到 {_share(wanted)}"
            f"{self._present.there(after)}即不再超出{CONFIRMED}{_doubt(wanted)}"
        )

    def _whole(self, fund: int) -> str:
        """The smallest cap of the whole fund, in thousandths, with which no line of it exceeds it."""
        present, case = self._present, self._present.case
        inside = np.flatnonzero((case.lines.fund == fund) & (case.lines.last_year > 0))
        now = float(present.instance.settings.cell(CAP_RULE, CAP_PARAMETER, case.funds[fund].name))
        most = _thousandths(
            float((present.published[inside] / case.lines.last_year[inside]).max()) - 1
        )

        def ends(thousandths: int) -> Instance | None:
            after = present.with_cap(fund, "", thousandths / 1000)
            excess = any(
                rule == CAP_RULE and whom.endswith(f"·{case.funds[fund].short}")
                for rule, whom in after.unmet or ()
            )
            return None if after.unmet is None or excess else after

        low, high = ceil(now * 1000), round(most * 1000)
        after = ends(high) if low < high <= _widest(present.instance.settings) * 1000 else None
        if after is None:
            return NOT_FOUND
        while high - low > 1:
            middle = (low + high) // 2
            if found := ends(middle):
                high, after = middle, found
            else:
                low = middle
        return (
            f"把{case.funds[fund].name}各县的增幅上限由 {_share(now)} 放宽到 {_share(high / 1000)}{present.there(after)}"
            f"即都不再超出{CONFIRMED}{_doubt(high / 1000)}"
        )


def _widest(settings: Settings) -> float:
    """The largest cap that may be written."""
    return settings.rules[CAP_RULE].parameters[CAP_PARAMETER].maximum


def _doubt(cap: float) -> str:
    """A cap that large is asked for by a last year that is next to nothing, or wrong."""
    return "；这样大的增幅多半是上年数太小或填错，请先核对上年数" if cap > DOUBTFUL_CAP else ""


def _share(value: float) -> str:
    return shown(value, "share")


def _rules_at(present: Present, line: int) -> list[str]:
    """The rules whose own cap on the line rounds to the tightened one."""
    _, high = present.formulation.floor_and_cap()
    names = [
        f"「{name}」"
        for name, limits in present.caps
        if any(abs(limit - high[line]) < present.case.unit for limit in limits.get(line, ()))
    ]
    return names or ["资金总额"]


def _thousandths(growth: float) -> float:
    return ceil(round(growth * 1000, DIGITS)) / 1000


def _total(needs: Sequence[Finding]) -> float:
    return round(-sum(finding.margin for finding in needs), DIGITS)
