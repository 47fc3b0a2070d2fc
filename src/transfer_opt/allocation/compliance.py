"""Every rule held against the published integers, row by row: 「约束审计」."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.formulation.rule_rows import REPAIRED, RuleRows, whole_units
from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints, sums
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import Exacts, exacts, floats, in_figures
from transfer_opt.core.vocabulary import GIVEN_RULE, GIVEN_TOTAL_RULE, NEED_RULE
from transfer_opt.lexlp.program import Opener, Program, SumStage
from transfer_opt.lexlp.solve import StageResult, smallest
from transfer_opt.policy.case import NEGLIGIBLE, Case

Verdict = Literal["broken", "soft", "rounding", "active", "slack"]
NUDGE, NUDGE_SHARE = 0.01, 1e-9
"""Prices are confirmed by moving right-hand sides so little: in publishing units, but no less than this of a pool."""
CONFIRMED = 1e-4
"""How much of the nudge the optimum may be off."""
GOLDEN = (np.sqrt(5) - 1) / 2
"""Its multiples lie evenly and unrelated between 0 and 1."""
MOST_GROUPS = 12
"""Groups of rows whose prices are tried, two linear programs each."""
ORDER: tuple[Verdict, ...] = ("broken", "soft", "rounding", "active", "slack")


@dataclass(frozen=True)
class Finding:
    """One row of one rule on the published amounts; money."""

    rule: str
    clause: str
    subject: str
    left: float
    relation: str
    right: float
    margin: float
    """Signed: negative is missing."""
    price: float
    """How much more or less of the soft rules stays unmet per unit of money on the right-hand side.

    NaN where that is nothing, or not the same for more and for less."""
    verdict: Verdict
    moved: float
    """Money that rounding moved in this row."""
    alone: bool
    """Whether the row speaks of one county only."""
    fund: str
    """The short name of the fund it speaks of; empty where of none alone."""
    remedy: str = ""
    """What blocks a soft row that stays unmet, and what closes it."""


def findings(
    case: Case,
    formulation: Formulation,
    stages: Sequence[StageResult],
    amounts: Floats,
    units: Ints,
    open_solver: Opener,
    priced: bool = True,
) -> tuple[Finding, ...]:
    """Every switched-on row on the published units (L,), worst first, then active rows, then by rule order; with prices where they are wanted."""
    prices = (
        confirmed_prices(case, formulation, stages, open_solver)
        if priced
        else np.full(formulation.program.shape[0], np.nan)
    )
    published = case.exact_money(units)
    found = [
        finding
        for entry in formulation.rules
        for finding in _rule(case, formulation, entry, prices, amounts, published)
    ]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.verdict)))


def on_given_amounts(case: Case, formulation: Formulation, amounts: Floats) -> tuple[Finding, ...]:
    """Every switched-on row on amounts (L,) that nobody computed, in rule order: no prices, and nothing is put down to rounding."""
    no_prices, exactly = np.full(formulation.program.shape[0], np.nan), exacts(amounts)
    return tuple(
        finding
        for entry in formulation.rules
        for finding in _rule(case, formulation, entry, no_prices, amounts, exactly)
    )


def soft_gaps(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The soft rows that stay unmet."""
    return tuple(finding for finding in found if finding.verdict == "soft")


def verdict_sentence(case: Case, found: Sequence[Finding]) -> str:
    """The one sentence a leader reads."""
    count = {verdict: sum(finding.verdict == verdict for finding in found) for verdict in ORDER}
    met = count["rounding"] + count["active"] + count["slack"]
    text = f"共核验 {len(found)} 条：满足 {met} 条（其中起作用 {count['active']} 条"
    text += f"，取整差 {count['rounding']} 条）" if count["rounding"] else "）"
    unmet = [
        f"{rule}，{'缺' if rule == NEED_RULE else '超'} {in_figures(money, 10)} {case.money_unit}"
        for rule, money in _unmet(found).items()
    ]
    text += f"，软约束未满足 {count['soft']} 条" + (f"（{'；'.join(unmet)}）" if unmet else "")
    return text + f"，违反 {count['broken']} 条。"


def _unmet(found: Sequence[Finding]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for finding in soft_gaps(found):
        totals[finding.rule] = totals.get(finding.rule, 0.0) - finding.margin
    return totals


def at_bound(case: Case, entry: RuleRows, ideal: Floats) -> Bools:
    """Which rows the unrounded optimum touches: the bound, or, for a single line, the whole unit it was tightened to."""
    low, high = entry.rows.lower, entry.rows.upper
    whole_low, whole_high = (
        floats(whole_units(sides, case.figures.unit, up=up), np.inf)
        for sides, up in ((entry.rows.least, True), (entry.rows.most, False))
    )

    def touches(edges: Floats) -> Bools:
        return np.isfinite(edges) & (
            np.abs(ideal - np.where(np.isfinite(edges), edges, 0.0)) <= case.dust
        )

    return touches(low) | touches(high) | entry.single & (touches(whole_low) | touches(whole_high))


def missed(case: Case, entry: RuleRows, ideal: Floats) -> Bools:
    """Which rows the unrounded optimum does not meet; only soft ones can be."""
    return (ideal < entry.rows.lower - case.dust) | (ideal > entry.rows.upper + case.dust)


def _rule(
    case: Case,
    formulation: Formulation,
    entry: RuleRows,
    prices: Floats,
    amounts: Floats,
    published: Exacts,
) -> Iterator[Finding]:
    expression, shown = entry.rows.expression, floats(published)
    left, edge = expression.exactly_at(published), at_bound(case, entry, expression.at(amounts))
    moved = _moved(entry, _by_rounding(case, shown - amounts))
    moved += _blunted(case, formulation, entry, shown)
    reasons = _reasons(case, entry)
    facts = zip(
        entry.rows.least.tolist(),
        entry.rows.most.tolist(),
        left.tolist(),
        edge.tolist(),
        moved.tolist(),
        entry.position.tolist(),
        expression.subjects.tolist(),
        strict=True,
    )
    for row, (low, high, amount, touched, shift, position, (fund, place)) in enumerate(facts):
        upward = low is None
        right = high if upward else low
        margin = float(
            -abs(amount - right) if low == high else right - amount if upward else amount - right
        )
        price = float(abs(prices[position])) if position != NOWHERE else np.nan
        alone, short = (
            0 <= place < len(case.recipients),
            case.funds[fund].short if fund != NOWHERE else "",
        )
        yield Finding(
            entry.rule.name,
            reasons[row] if reasons else entry.rule.cited,
            _subject(case, expression.labels[row], fund, place),
            float(amount),
            "＝" if low == high else "≤" if upward else "≥",
            float(right),
            _clean(margin, case.unit),
            price if price > 0 else np.nan,
            _verdict(case, entry, row, margin, shift, touched or margin == 0),
            shift,
            alone,
            short,
        )


def _verdict(
    case: Case, entry: RuleRows, row: int, margin: float, moved: float, at_edge: bool
) -> Verdict:
    if margin >= -NEGLIGIBLE * case.unit:
        return "active" if at_edge else "slack"
    exact = entry.rule.fixed or (
        not entry.hard[row] and entry.priority[row] == REPAIRED
    )  # a pool; what gave way is told in full
    if -margin <= moved + case.dust and not exact:
        return "rounding"
    return "broken" if entry.hard[row] else "soft"


def _by_rounding(case: Case, shifts: Floats) -> Floats:
    """How far rounding moved each line (L,): what lies a whole unit or more from the optimum was not moved by rounding."""
    return np.where(np.abs(shifts) < case.unit - case.dust / 10, np.abs(shifts), 0.0)


def _moved(entry: RuleRows, shifts: Floats) -> Floats:
    """How far rounding can have moved each row: Σ |coefficient| · |published − x|."""
    expression = entry.rows.expression
    return sums(
        expression.rows,
        np.abs(expression.coefficients) * shifts[expression.columns],
        len(expression),
    )


def _blunted(case: Case, formulation: Formulation, entry: RuleRows, published: Floats) -> Floats:
    """Where no whole unit lies between a line's floor and cap, the floor wins: up to one unit past the cap."""
    low, high = formulation.floor_and_cap()
    forced = (low == high) & (np.abs(published - low) <= case.dust)
    only = np.zeros(len(entry.rows))
    only[entry.rows.expression.rows] = forced[entry.rows.expression.columns]
    return np.where(entry.hard & entry.single, only * case.unit, 0.0)


def confirmed_prices(
    case: Case, formulation: Formulation, stages: Sequence[StageResult], open_solver: Opener
) -> Floats:
    """(R,) the duals of the first soft stage that stays unmet, where solving again confirms them; NaN elsewhere.

    Rows are moved together by amounts that have nothing in common, up and then down: only where every single price
    holds both ways do both sums come true. A group that fails is halved.
    """
    program = formulation.program
    prices = np.full(program.shape[0], np.nan)
    soft = np.concatenate([entry.violation[~entry.hard] for entry in formulation.rules])
    upper = program.upper.copy()
    for stage, result in zip(formulation.stages, stages, strict=True):
        if not isinstance(stage, SumStage) or not np.isin(np.flatnonzero(stage.costs), soft).all():
            continue
        if result.value > 0:
            nudge = max(NUDGE * case.unit, NUDGE_SHARE * float(case.pools.max()))
            kept = _Prices(
                replace(program, upper=upper), stage, result, nudge, open_solver
            ).confirmed()
            prices[kept] = result.duals[kept]
            break
        upper[stage.costs > 0] = 0.0  # what is met stays met
    return prices


@dataclass(frozen=True)
class _Prices:
    """The stage whose duals are to be confirmed, over the program that earlier stages leave it."""

    program: Program
    stage: SumStage
    result: StageResult
    nudge: float
    open_solver: Opener

    def confirmed(self) -> Ints:
        """The rows whose dual is a price; what is not settled within MOST_GROUPS is not confirmed."""
        groups, sure = [np.flatnonzero(self.result.duals)], [np.zeros(0, dtype=np.int64)]
        for _ in range(MOST_GROUPS):
            if not groups:
                break
            group = groups.pop(0)
            if self._holds(group):
                sure.append(group)
            elif len(group) > 1:
                groups += np.array_split(group, 2)
        return np.concatenate(sure)

    def _holds(self, rows: Ints) -> bool:
        shift = np.zeros(self.program.shape[0])
        shift[rows] = self.nudge * (1 + np.arange(1, len(rows) + 1) * GOLDEN % 1)
        expected = float(self.result.duals @ shift)
        return all(
            abs(self._value(sign * shift) - self.result.value - sign * expected)
            <= CONFIRMED * self.nudge
            for sign in (1, -1)
        )

    def _value(self, shift: Floats) -> float:
        """The stage's optimum with right-hand sides moved; infinite where earlier stages forbid that."""
        program = self.program
        moved = replace(
            program, row_lower=program.row_lower + shift, row_upper=program.row_upper + shift
        )
        try:
            return smallest(moved, self.stage.costs, open_solver=self.open_solver)[0]
        except SolverError:
            return np.inf


def _subject(case: Case, label: str, fund: int, place: int) -> str:
    """「甲县·均衡性」 where a row speaks of one line, else as the row calls itself."""
    line = fund != NOWHERE and 0 <= place < len(case.recipients)
    return f"{case.recipients.name[place]}·{case.funds[fund].short}" if line else str(label)


def _reasons(case: Case, entry: RuleRows) -> list[str]:
    """The reason of each row where the rows have reasons of their own, else nothing."""
    if entry.rule.name not in (GIVEN_RULE, GIVEN_TOTAL_RULE):
        return []
    reasons = {(each.fund, each.place): each.reason for each in case.given}
    return [reasons[fund, place] for fund, place in entry.rows.expression.subjects.tolist()]


def _clean(margin: float, unit: float) -> float:
    """A margin without the dust of float sums."""
    return round(margin / unit, 6) * unit + 0.0
