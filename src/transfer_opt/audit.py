"""Every rule held against the published integers, row by row: 「约束审计」."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from transfer_opt.domain import Case
from transfer_opt.formulate import NEED_RULE, Formulation, RuleRows
from transfer_opt.lexicographic import StageResult
from transfer_opt.linear import NOWHERE, Floats, sums

Verdict = Literal["broken", "soft", "rounding", "active", "slack"]
NEGLIGIBLE = 1e-6
"""Publishing units below which a margin counts as none."""
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
    """How much more of the soft rules stays unmet per unit of money on the right-hand side; NaN where not known."""
    verdict: Verdict
    moved: float
    """Money that rounding moved in this row."""


def findings(
    case: Case, formulation: Formulation, stages: Sequence[StageResult], amounts: Floats, published: Floats
) -> tuple[Finding, ...]:
    """Every switched-on row, worst first, then active rows, then by rule order."""
    prices = _prices(stages, formulation.program.shape[0])
    found = [finding for entry in formulation.rules for finding in _rule(case, formulation, entry, prices, amounts, published)]
    return tuple(sorted(found, key=lambda finding: ORDER.index(finding.verdict)))


def soft_gaps(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """The soft rows that stay unmet."""
    return tuple(finding for finding in found if finding.verdict == "soft")


def verdict_sentence(case: Case, found: Sequence[Finding]) -> str:
    """The one sentence a leader reads."""
    count = {verdict: sum(finding.verdict == verdict for finding in found) for verdict in ORDER}
    met = count["rounding"] + count["active"] + count["slack"]
    text = f"共核验 {len(found)} 条：满足 {met} 条（其中起作用 {count['active']} 条"
    text += f"，取整差 {count['rounding']} 条）" if count["rounding"] else "）"
    unmet = [f"{rule}，{'缺' if rule == NEED_RULE else '超'} {money:,.10g} {case.money_unit}"
             for rule, money in _unmet(found).items()]
    text += f"，软约束未满足 {count['soft']} 条" + (f"（{'；'.join(unmet)}）" if unmet else "")
    return text + f"，违反 {count['broken']} 条。"


def _unmet(found: Sequence[Finding]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for finding in soft_gaps(found):
        totals[finding.rule] = totals.get(finding.rule, 0.0) - finding.margin
    return totals


def _rule(
    case: Case, formulation: Formulation, entry: RuleRows, prices: Floats, amounts: Floats, published: Floats
) -> Iterator[Finding]:
    expression = entry.rows.expression
    left, ideal = expression.at(published), expression.at(amounts)
    moved = _moved(entry, _by_rounding(published - amounts, case.unit))
    moved += _blunted(case, formulation, entry, published)
    for row in range(len(entry.rows)):
        low, high = entry.rows.lower[row], entry.rows.upper[row]
        upward = not np.isfinite(low)
        right = high if upward else low
        margin = right - left[row] if upward else left[row] - right
        margin = -abs(left[row] - right) if low == high else margin
        at_edge = _at_edge(ideal[row], low, high, case.unit, bool(entry.single[row])) or margin == 0
        price = prices[entry.position[row]] if entry.position[row] != NOWHERE else np.nan
        yield Finding(
            entry.rule.name, _cited(case, entry, row), _subject(case, entry, row), float(left[row]),
            "＝" if low == high else "≤" if upward else "≥", float(right), _clean(float(margin), case.unit),
            float(abs(price)) if abs(price) > 0 else np.nan,
            _verdict(entry, row, margin, moved[row], at_edge, case.unit), float(moved[row]),
        )


def _at_edge(ideal: float, low: float, high: float, unit: float, single: bool) -> bool:
    """Whether the unrounded optimum touches the bound, or, for a single line, the whole unit it was tightened to."""
    edges = [edge for edge in (low, high) if np.isfinite(edge)]
    if single:
        edges += [float(np.ceil(round(low / unit, 6)) * unit)] if np.isfinite(low) else []
        edges += [float(np.floor(round(high / unit, 6)) * unit)] if np.isfinite(high) else []
    return any(abs(ideal - edge) <= NEGLIGIBLE * unit for edge in edges)


def _verdict(entry: RuleRows, row: int, margin: float, moved: float, at_edge: bool, unit: float) -> Verdict:
    if margin >= -NEGLIGIBLE * unit:
        return "active" if at_edge else "slack"
    if -margin <= moved + NEGLIGIBLE * unit and not entry.rule.fixed:  # a pool is exact
        return "rounding"
    return "broken" if entry.hard[row] else "soft"


def _by_rounding(shifts: Floats, unit: float) -> Floats:
    """How far rounding moved each line (L,): what lies a whole unit or more from the optimum was not moved by rounding."""
    return np.where(np.abs(shifts) < unit * (1 - NEGLIGIBLE / 10), np.abs(shifts), 0.0)


def _moved(entry: RuleRows, shifts: Floats) -> Floats:
    """How far rounding can have moved each row: Σ |coefficient| · |published − x|."""
    expression = entry.rows.expression
    return sums(expression.rows, np.abs(expression.values) * shifts[expression.columns], len(expression))


def _blunted(case: Case, formulation: Formulation, entry: RuleRows, published: Floats) -> Floats:
    """Where no whole unit lies between a line's floor and cap, the floor wins: up to one unit past the cap."""
    low, high = formulation.floor_and_cap()
    forced = (low == high) & (np.abs(published - low) <= NEGLIGIBLE * case.unit)
    only = np.zeros(len(entry.rows))
    only[entry.rows.expression.rows] = forced[entry.rows.expression.columns]
    return np.where(entry.hard & entry.single, only * case.unit, 0.0)


def _prices(stages: Sequence[StageResult], rows: int) -> Floats:
    """The duals of the first soft stage that stays unmet; NaN where everything is met."""
    return next((stage.duals for stage in stages if len(stage.duals) and stage.value > 0), np.full(rows, np.nan))


def _subject(case: Case, entry: RuleRows, row: int) -> str:
    fund, place = entry.rows.expression.subjects[row]
    if fund != NOWHERE and 0 <= place < len(case.recipients):
        return f"{case.recipients.name[place]}·{case.funds[fund].short}"
    return str(entry.rows.expression.labels[row])


def _cited(case: Case, entry: RuleRows, row: int) -> str:
    if entry.rule.name != "县区上下限":
        return entry.rule.cited
    return str(case.lines.given_reason[entry.rows.expression.columns[entry.rows.expression.rows == row][0]])


def _clean(margin: float, unit: float) -> float:
    """A margin without the dust of float sums."""
    return round(margin / unit, 6) * unit + 0.0
