"""A published result as a plan again, and a table of amounts as what is listed: from the files alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from transfer_opt.allocation.explanation.indicators import indicators
from transfer_opt.allocation.explanation.steps import STEP_NAMES, Steps
from transfer_opt.allocation.infeasibility.relaxation import cheapest
from transfer_opt.allocation.instance import stated
from transfer_opt.allocation.plan import RELAXED, Plan
from transfer_opt.allocation.split import decided
from transfer_opt.core.arrays import Floats
from transfer_opt.core.budget import SheetRow, Value
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import CODE, NAME, REFERENCE_STEP
from transfer_opt.intake.checks.catalogue import errors_of
from transfer_opt.intake.prepare import Prepared, settled
from transfer_opt.intake.recipients import read_recipients
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.recipients import Recipients
from transfer_opt.scenarios.comparison.columns import Listed
from transfer_opt.scenarios.comparison.counterfactual import state_of
from transfer_opt.workbook.result.publication import Publication, read_amounts, read_publication
from transfer_opt.workbook.result.rows import ResultSheet

EDITED = "W370"
OTHER_MODEL = "W371"
FUND = "资金"


def read_plan(path: Path, spec: ModelSpec) -> Plan:
    """The plan of a result workbook; InputError where it is none, or its inputs allow none."""
    publication = read_publication(path, spec.aliases)
    return plan_of(publication, settled_of(publication, spec))


def settled_of(publication: Publication, spec: ModelSpec) -> Prepared:
    """What the result was made from; InputError where that allows none."""
    prepared = settled(spec, publication.budget)
    if wrong := errors_of(prepared.problems):
        raise InputError(wrong)
    return prepared


def as_solved(plan: Plan) -> Plan:
    """A relaxed result with the rules that gave way: without, there is nothing to solve again."""
    if not plan.scenario.endswith(RELAXED):
        return plan
    return replace(plan, settings=cheapest(state_of(plan).instance()).settings)


def plan_of(publication: Publication, prepared: Prepared) -> Plan:
    """The plan of a result workbook, its own settings `prepared`; amounts and steps as published.

    Raises InputError where a line has no amount. A check code that does not fit is told as a warning.
    """
    instance, split = decided(
        stated(prepared.spec, prepared.budget, prepared.settings, prepared.objective)
    )
    case = instance.case
    name = Path(prepared.budget.path).name
    amounts = _amounts(case, publication.allocation, name)
    units = np.round(amounts / case.unit).astype(np.int64)
    published = case.money(units)
    sha256 = publication.fact("模型文件 SHA-256")
    alarms = tuple(text for text in publication.facts.get("警告", ()) if not text.startswith("[W"))
    plan = Plan(
        replace(prepared.spec, sha256=sha256),
        prepared.budget,
        instance.settings,
        case,
        publication.fact("方案"),
        prepared.objective,
        units,
        _steps(case, publication.steps, published),
        indicators(case, published),
        (),
        alarms,
        publication.proof,
        _reasons(case, publication.steps),
        split=split,
    )
    told = []
    if plan.digest != publication.fact("校验码 SHA-256"):
        told.append(
            Problem(
                EDITED,
                f"{name} 的数字与表内校验码不符，可能在公布后改过；下面按文件里的数字比较。",
                "向来源要未改动的结果文件。",
            )
        )
    if sha256 != prepared.spec.sha256:
        told.append(
            Problem(
                OTHER_MODEL,
                f"{name} 是用另一版模型文件算出的；因素权重按现在的模型文件，其余按文件里的参数。",
            )
        )
    return replace(plan, problems=tuple(told))


def listed(path: Path, spec: ModelSpec, rename: Mapping[str, str]) -> Listed:
    """An approved allocation: any table with 县区名称 and fund columns; raises InputError."""
    names = {text: fund.name for fund in spec.funds for text in (fund.name, fund.short)}
    sheet, columns = read_amounts(path, spec.aliases, names, rename)
    units = read_recipients(sheet, spec.value_aliases)
    funds = tuple(fund.name for fund in spec.funds if fund.name in columns.values())
    header = {fund: column for column, fund in columns.items()}
    amounts = np.array(
        [[_number(row, header[fund]) for row in _ordered(sheet.rows)] for fund in funds]
    )
    return Listed(
        path.stem,
        Recipients(units.code, units.name, units.prefecture, {}, {}),
        funds,
        amounts,
        sheet.unit or "",
    )


def _ordered(rows: tuple[SheetRow, ...]) -> list[SheetRow]:
    """As read_recipients orders them."""
    return sorted(
        rows, key=lambda row: (str(row.values.get(CODE, "")), str(row.values.get(NAME, "")))
    )


def _number(row: SheetRow, column: str) -> float:
    value = row.values.get(column)
    return float(value) if isinstance(value, float | int) else np.nan


def _amounts(case: Case, sheet: ResultSheet, file: str) -> Floats:
    """The published amount of every line (L,), found by name."""
    rows = {str(row[NAME]): row for row in sheet.rows if row.get("市州")}
    found = []
    for fund, _, who in case.line_names:
        value = rows.get(who, {}).get(fund)
        if not isinstance(value, float | int):
            raise InputError(
                [
                    Problem(
                        "E173",
                        f"{file} 的「分配结果」里没有{who}的{fund}。",
                        "给出 transfer-opt solve 写出的、未改动的结果文件。",
                    )
                ]
            )
        found.append(float(value))
    return np.array(found)


def _steps(case: Case, sheet: ResultSheet, published: Floats) -> Steps:
    """「测算说明」 read back; a step that is not there changed nothing."""
    lines = _step_rows(case, sheet)
    changes = np.array([[_known(row.get(step)) for row in lines] for step in STEP_NAMES])
    return Steps(np.array([_known(row.get(REFERENCE_STEP)) for row in lines]), changes, published)


def _reasons(case: Case, sheet: ResultSheet) -> tuple[tuple[str, str], ...]:
    """主要原因 and 依据条款 of every line."""
    return tuple(
        (str(row.get("主要原因") or ""), str(row.get("依据条款") or ""))
        for row in _step_rows(case, sheet)
    )


def _step_rows(case: Case, sheet: ResultSheet) -> list[Mapping[str, Value]]:
    """The row of 「测算说明」 for every line (L,), found by name."""
    rows = {(str(row.get(FUND)), str(row[NAME])): row for row in sheet.rows if row.get("市州")}
    return [rows.get((fund, who), {}) for fund, _, who in case.line_names]


def _known(value: Value) -> float:
    return float(value) if isinstance(value, float | int) and not isinstance(value, bool) else 0.0
