"""A result file back as what was measured in its year and, where it has several, in the years of its forecast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gmpy2 import mpq

from transfer_opt.allocation.instance import stated
from transfer_opt.allocation.plan import Plan
from transfer_opt.allocation.years.horizon import Horizon, paid
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import is_number
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import NAME, NEED_RULE, OUTLOOK, PATH, PREFECTURE, PROJECTED
from transfer_opt.intake.outlook import read_outlook
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.warning_levels import Record
from transfer_opt.published.plan import plan_of, settled_of
from transfer_opt.report.approved import approved_plan
from transfer_opt.scenarios.measured import measured
from transfer_opt.workbook.files.open import RawWorkbook
from transfer_opt.workbook.result.adjustments import adjustments_in
from transfer_opt.workbook.result.publication import Publication, publication_of
from transfer_opt.workbook.result.rows import result_sheets


@dataclass(frozen=True)
class Monitored:
    """A result of one year."""

    book: RawWorkbook
    plan: Plan
    """With what people approved, where they did."""
    year: int
    prepared: Prepared
    publication: Publication
    is_adjusted: bool

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self.book.path)

    @property
    def records(self) -> tuple[Record, ...]:
        """What was measured in its year."""
        return tuple(measured(self.plan.case, self.plan.published, self._multiple, self.year))

    @property
    def has_forecast(self) -> bool:
        """Whether it tells of the years after its own."""
        return bool(self.publication.fact(PROJECTED))

    def forecast(self) -> Iterator[Record]:
        """What would be measured in the years after: the amounts as they stand in 「年度路径」, the rest by the outlook."""
        if not self.has_forecast or self.is_adjusted:
            return
        stands = _amounts(self.book)
        horizon = self._horizon(tuple(sorted({self.year, *(year for year, _ in stands)})))
        case, amounts = self.plan.case, self.plan.published
        for at, year in enumerate(horizon.years[1:], start=1):
            settings = paid(horizon.settings(self.prepared.settings, at, {}), case, amounts)
            case = horizon.problem(settings).case
            amounts = _of_lines(case, year, stands, self.path)
            yield from measured(case, amounts, self._multiple, year, is_forecast=True)

    @property
    def _multiple(self) -> mpq:
        return exact(self.prepared.settings.number(NEED_RULE, "保障倍数"))

    def _horizon(self, years: tuple[int, ...]) -> Horizon:
        prepared = self.prepared
        outlook, problems = read_outlook(
            prepared.spec, prepared.budget.sheets[OUTLOOK], prepared.settings.recipients, self.year
        )
        if problems:
            raise InputError(problems)
        first = stated(prepared.spec, prepared.budget, prepared.settings, prepared.objective)
        return Horizon(prepared.spec, prepared.budget, outlook, first, years)


def read_monitored(book: RawWorkbook, spec: ModelSpec) -> Monitored:
    """A result workbook; InputError where it is none, its inputs are wrong or it does not say its year."""
    path, publication = Path(book.path), publication_of(book, spec.aliases)
    prepared = settled_of(publication, spec)
    projected = publication.fact(PROJECTED)  # a plan says its years even where no title does
    year = int(projected[:4]) if projected else publication.budget.year
    if year is None:
        raise InputError(
            [
                Problem(
                    "E399",
                    f"看不出「{path.name}」是哪一年的结果：各表标题里没有年份。",
                    "在预算工作簿的表标题里写明年份（如「2026年…」），重新计算。",
                )
            ]
        )
    plan, decided = plan_of(publication, prepared), adjustments_in(book)
    approved = approved_plan(plan, decided) if decided else plan
    return Monitored(book, approved, year, prepared, publication, bool(decided))


_Stands = dict[tuple[int, str], dict[str, object]]


def _amounts(book: RawWorkbook) -> _Stands:
    """Year and unit → the row of 「年度路径」."""
    rows = result_sheets(book, (PATH,))[PATH].rows
    return {
        (int(str(row["年度"])[:4]), str(row[NAME])): dict(row)
        for row in rows
        if row.get(PREFECTURE) and str(row.get("性质")) == "预测"
    }


def _of_lines(case: Case, year: int, stands: _Stands, path: Path) -> Floats:
    """The amount of every line (L,)."""
    found = []
    for fund, _, who in case.line_names:
        value = stands.get((year, who), {}).get(fund)
        if not is_number(value):
            raise InputError(
                [
                    Problem(
                        "E173",
                        f"{path.name} 的「{PATH}」里没有{who} {year}年的{fund}。",
                        "给出 transfer-opt plan 写出的、未改动的结果文件。",
                    )
                ]
            )
        found.append(float(value))
    return np.array(found)
