"""One scenario's answer: the published integers and what is said of them, without proof, steps or sensitivities.

What two scenarios share is computed once: the case where no rule that shapes it changed, a rule's rows where neither
its parameters nor the case did, the solver's model where only bounds did. The proofs of the scenarios before are
tried first.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from transfer_opt.allocation.explanation.indicators import gini, position, shortfall
from transfer_opt.allocation.formulation.formulate import Formulation, composed
from transfer_opt.allocation.formulation.rule_rows import RuleRows, rule_rows
from transfer_opt.allocation.infeasibility.message import crossed
from transfer_opt.allocation.instance import Instance, stated
from transfer_opt.allocation.optimum import reached
from transfer_opt.allocation.rounding import published
from transfer_opt.allocation.split import decided
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import InputError, SolverError
from transfer_opt.core.vocabulary import FLOW_RULE, SHARED_RULE, WEIGHTS
from transfer_opt.intake.assemble import assemble
from transfer_opt.intake.prepare import Prepared
from transfer_opt.lexlp.program import Opener
from transfer_opt.lexlp.solve import Solution
from transfer_opt.lexlp.solvers.choice import kept, opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.settings import Settings
from transfer_opt.scenarios.sweep.plan import NOW, Plan

CASE_RULES = frozenset(
    {
        "资金总额",
        "考核奖惩",
        "三保兜底",
        "因素法",
        WEIGHTS,
        "资格",
        "保障水平最大化",
        "取整",
        SHARED_RULE,
        FLOW_RULE,
    }
)
"""The rules whose parameters the case is made of; a change to any other leaves the case as it is."""
MOST_PROOFS = 16
"""Solutions whose proofs are tried on the next scenario."""
MOST_KEPT = 64
"""Cases kept at a time: a grid comes back to few, random draws to none."""
FEASIBLE, INFEASIBLE, UNSOLVED = "可行", "不可行", "未算出"
LOWEST = "最低保障水平"
MONEY_DIGITS = 4


@dataclass(frozen=True)
class Record:
    """What a scenario came to: for every county (n,), and in all. Everything is read off the published integers."""

    index: int
    state: str
    """FEASIBLE, INFEASIBLE, or UNSOLVED where no answer passed its checks."""
    shortage: float
    """Money by which the rules contradict each other; 0 where they do not, or where two bounds of a line do."""
    why: str
    """The contradiction in words where there is one line behind it, or why there is no answer."""
    totals: tuple[float, ...] = ()
    """(n,) all funds together, money."""
    bounds: str = ""
    """(n,) the lines of a county: any at its floor (f), at its cap (c), both (b), neither (.)."""
    ranks: tuple[int, ...] = ()
    """(n,) place by coverage, the best covered first; equal coverage shares the place."""
    measures: Mapping[str, float | None] | None = None

    @property
    def feasible(self) -> bool:
        """Whether it has an allocation."""
        return self.state == FEASIBLE

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {key: value for key, value in asdict(self).items() if value not in ((), "", None)},
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
        )

    @staticmethod
    def read(content: Mapping[str, Any]) -> Record:
        """The record of such a line."""
        rest: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in content.items()
        }
        return Record(why=str(rest.pop("why", "")), **rest)


class Scenarios:
    """Answers the points of one plan, one after the other."""

    def __init__(self, prepared: Prepared, plan: Plan) -> None:
        self._prepared, self._plan = prepared, plan
        self._solver, self._fresh = kept(opener("highs", 0)), opener("highs", 0)
        self._changed = tuple(vary.change.rule for vary in plan.varies)
        self._latest: tuple[Solution, ...] = ()
        self._asked: deque[Solution] = deque(maxlen=MOST_PROOFS)
        self._cases: dict[Any, Case] = {}
        self._rules: dict[Any, RuleRows] = {}

    def answer(self, index: int) -> Record:
        """The record of one point; what the warm model does not settle is asked once more of a fresh one."""
        try:
            return self._answer(index, self._solver)
        except (
            InputError
        ) as error:  # of the sides of the province's money, which a point may make unfit
            return Record(index, UNSOLVED, 0.0, str(error.problems[0]))
        except SolverError:
            try:
                return self._answer(index, self._fresh)
            except SolverError as error:
                return Record(index, UNSOLVED, 0.0, str(error))

    def _answer(self, index: int, solver: Opener) -> Record:
        settings = self._plan.settings(self._prepared.settings, index)
        key, case = self._case(settings, index)
        if case.province_moves:
            moved = self._moved(settings)
            key, case, settings = (index,), moved.case, moved.settings
        rules = [self._rows(case, settings, index, key, name) for name in CONSTRAINTS]
        found = reached(
            partial(composed, case, rules, self._prepared.objective),
            solver,
            before=(*self._latest, *self._asked),
        )
        formulation, solution = found.formulation, found.solution
        if solution is None or not found.possible:
            return Record(
                index,
                INFEASIBLE,
                round(found.short, MONEY_DIGITS),
                next(crossed(case, formulation), "").strip(),
            )
        self._latest = (solution,)
        if solution.programs:  # else its proof is made of others
            self._asked.appendleft(solution)
        return _record(index, case, formulation, published(case, found.amounts, self._fresh))

    def _case(self, settings: Settings, index: int) -> tuple[Any, Case]:
        """The case, and what tells it from others."""
        key = self._key(index, CASE_RULES)
        if key not in self._cases:
            if len(self._cases) >= MOST_KEPT:
                self._cases.clear()
                self._rules.clear()
            self._cases[key] = assemble(self._prepared.spec, self._prepared.budget, settings)
        return key, self._cases[key]

    def _moved(self, settings: Settings) -> Instance:
        """The problem with the province's own money shared out as `solve` does it, which no two points have in common."""
        self._rules.clear()
        given = self._prepared
        return decided(stated(given.spec, given.budget, settings, given.objective, "highs"))[0]

    def _rows(
        self, case: Case, settings: Settings, index: int, case_key: Any, name: str
    ) -> RuleRows:
        key = (case_key, name, self._key(index, {name}))
        if key not in self._rules:
            self._rules[key] = rule_rows(case, settings, name, case.amount)
        return self._rules[key]

    def _key(self, index: int, rules: frozenset[str] | set[str]) -> Any:
        """What a scenario sets of these rules, and the data it draws."""
        drawn = index if self._plan.uncertain else None
        if index == NOW:
            return (NOW,)
        return (
            drawn,
            *(
                value
                for rule, value in zip(self._changed, self._plan.values(index), strict=True)
                if rule in rules
            ),
        )


def _record(index: int, case: Case, formulation: Formulation, units: Ints) -> Record:
    final = case.money(units)
    now = position(case, final)
    gaps = shortfall(case, now.capacity)
    last = np.nansum(case.history, axis=0)
    order = np.round(now.coverage, 12)
    ranks = (
        np.zeros(0, dtype=np.int64)
        if np.isnan(order).any()
        else 1 + np.searchsorted(np.sort(-order), -order)
    )
    measures = {
        LOWEST: _known(order.min()),
        "基尼系数": _known(gini(now.coverage, np.ones(len(order)))),
        "“三保”缺口": _known(gaps.sum()),
        "“三保”缺口县数": _known(float((gaps > 0).sum()) if not np.isnan(gaps).any() else np.nan),
        "少于上年的县": _known(
            float((now.given < last).sum()) if np.isfinite(case.history).any() else np.nan
        ),
    }
    return Record(
        index,
        FEASIBLE,
        0.0,
        "",
        tuple(np.round(now.given, 8).tolist()),
        _bounds(case, formulation, units),
        tuple(ranks.tolist()),
        measures,
    )


def _bounds(case: Case, formulation: Formulation, units: Ints) -> str:
    """Fund by fund, county by county: whether the line stands at a floor above 0 (f), at a cap below the pool (c), at both (b)."""
    low, high = (np.round(side / case.unit, 6) for side in formulation.floor_and_cap())
    pools = np.round(case.pools / case.unit)[case.lines.fund]
    floor, cap = (units <= low) & (low > 0), (units >= high) & (high < pools)
    marks = np.full((len(case.funds), len(case.recipients)), " ")  # where there is no line
    marks[case.lines.fund, case.lines.recipient] = np.where(
        floor, np.where(cap, "b", "f"), np.where(cap, "c", ".")
    )
    return "".join(marks.ravel().tolist())


def _known(value: float) -> float | None:
    """Ten significant digits, the same on every machine; None where not known."""
    return None if np.isnan(value) else float(f"{value:.10g}")
