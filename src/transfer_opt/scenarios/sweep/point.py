"""One scenario's answer: what is said of its published integers, without proof, steps or sensitivities."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from transfer_opt.allocation.explanation.indicators import gini, position, shortfall
from transfer_opt.allocation.formulation.formulate import Formulation
from transfer_opt.allocation.infeasibility.message import crossed
from transfer_opt.allocation.instance import stated
from transfer_opt.allocation.nearby import Near, Nearby
from transfer_opt.allocation.optimum import Published
from transfer_opt.allocation.split import decided
from transfer_opt.core.arrays import Ints
from transfer_opt.core.errors import InputError, SolverError
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case
from transfer_opt.policy.settings import Settings
from transfer_opt.scenarios.sweep.plan import Plan

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
        self._nearby = Nearby(prepared.spec, prepared.budget)

    def answer(self, index: int) -> Record:
        """The record of one point."""
        settings = self._plan.settings(self._prepared.settings, index)
        try:
            near = self._nearby.answer(settings, self._prepared.objective)
            if near.units is not None and near.case.beyond_floats:
                near = self._exactly(settings, near)
        except (
            InputError
        ) as error:  # of the sides of the province's money, which a point may make unfit
            return Record(index, UNSOLVED, 0.0, str(error.problems[0]))
        except SolverError as error:
            return Record(index, UNSOLVED, 0.0, str(error))
        if near.units is None:
            return Record(
                index,
                INFEASIBLE,
                round(near.short, MONEY_DIGITS),
                next(crossed(near.case, near.formulation), "").strip(),
            )
        return _record(index, near.case, near.formulation, near.units)

    def _exactly(self, settings: Settings, near: Near) -> Near:
        """The same by the door of `solve`, in fractions to the last unit; raises SolverError."""
        prepared = self._prepared
        instance = stated(prepared.spec, prepared.budget, settings, prepared.objective, "highs")
        if near.case.province_moves:
            instance = decided(instance)[0]
        found = instance.solved()
        if isinstance(found, Published):
            return replace(near, units=found.units)
        return replace(near, units=None, short=found.short)


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
        tuple(np.round(now.given, case.decimals).tolist()),
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
