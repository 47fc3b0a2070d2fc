"""Keeps a scenario: one more column of 「方案」 in a copy of the budget workbook, read back before it is put in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from transfer_opt.commands import publish
from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.core.budget import Budget, Sheet, SheetRow
from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.core.exact import kept
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import COUNTIES, SCENARIOS, SIGNATURE
from transfer_opt.intake.blank import blank_layout
from transfer_opt.intake.choices import ADDRESS_COLUMNS, Choices, read_choices
from transfer_opt.intake.prepare import BudgetWorkbook, read_budget
from transfer_opt.intake.recipients import read_recipients
from transfer_opt.intake.row_reader import RowReader
from transfer_opt.intake.scenario_cells import Address, Cells, changes_of
from transfer_opt.intake.shared import with_services
from transfer_opt.intake.signatures import signature as signed
from transfer_opt.intake.signatures import unsigned
from transfer_opt.policy.model import Change, ModelSpec, ScenarioSpec

_AS = "“另存为”"


def save_scenario(
    budget: BudgetWorkbook, name: str, cells: Cells, signature: Mapping[str, str], target: Path
) -> tuple[str, ...]:
    """Write the budget with these cells as its scenario `name` to `target`; what else in the copy is not as in the budget.

    `signature` is 编制人, 日期, 一句话 → what is said of it. Raises InputError where a cell is wrong, OutputError where the
    name or the file is of no use, or where what was written does not read back as what was to be kept; nothing is left
    behind then.
    """
    from transfer_opt.workbook.files.open import telling
    from transfer_opt.workbook.graft import as_read
    from transfer_opt.workbook.scenario_column import with_scenario

    publish.refuse_target(budget.path, target, _AS)
    publish.refuse_unfit_copy(budget.budget, target, "")
    cells = {
        address: value if isinstance(value, str) else kept(float(value))
        for address, value in cells.items()
    }
    wanted, written = _wanted(budget, name, cells), _as_written(budget, cells)
    with telling(budget.path):
        content, remarks = with_scenario(
            as_read(budget.path, budget.sha256),
            name,
            {written[address]: value for address, value in cells.items()},
            signature,
            {**budget.model.aliases, **budget.rename},
            blank_layout(budget.model, budget.budget.year or 0),
            {written[address] for address in cells if _is_share(budget.model, address)},
        )
    _refuse_other(budget, content, target.suffix, wanted, signature)
    save_bytes(target, content)
    return remarks


def _wanted(budget: BudgetWorkbook, name: str, cells: Cells) -> ScenarioSpec:
    """The scenario as the reader understands the cells; InputError where one of them is wrong."""
    spec, sheets = with_services(budget.model, budget.budget.sheets), budget.budget.sheets
    units = read_recipients(sheets[COUNTIES], budget.model.value_aliases)
    changes, problems = changes_of(spec, sheets, units, cells)
    wrong = tuple(each for each in problems if not each.is_warning)
    if wrong:  # no cell of the file is meant
        raise InputError(tuple(replace(each, cell="") for each in wrong))
    return ScenarioSpec(name, changes)


def _is_share(spec: ModelSpec, address: Address) -> bool:
    rule, _, parameter, _ = address
    known = spec.rules[rule].parameters.get(parameter)
    return known is not None and known.kind == "share"


def _as_written(budget: BudgetWorkbook, cells: Cells) -> dict[Address, Address]:
    """The addresses in the words of the row that speaks of the same, where there is one: a fund's short name, say."""
    sheet = unsigned(budget.budget.sheets.get(SCENARIOS))
    if sheet is None:
        return {address: address for address in cells}
    recipients = read_recipients(budget.budget.sheets[COUNTIES], budget.model.value_aliases)
    reader = RowReader(with_services(budget.model, budget.budget.sheets), sheet, recipients, [])

    def meant(row: SheetRow) -> tuple[str, str | None, str, str | None]:
        return (
            reader.text(row, "规则"),
            reader.fund(row),
            reader.text(row, "参数"),
            reader.place(row),
        )

    known: dict[tuple[str, str | None, str, str | None], Address] = {}
    for row in sheet.rows:
        rule, fund, parameter, place = (reader.text(row, name) for name in ADDRESS_COLUMNS)
        known.setdefault(meant(row), (rule, fund, parameter, place))
    return {
        address: known.get(
            meant(SheetRow(0, dict(zip(ADDRESS_COLUMNS, address, strict=True)))), address
        )
        for address in cells
    }


def _refuse_other(
    budget: BudgetWorkbook,
    content: bytes,
    suffix: str,
    wanted: ScenarioSpec,
    signature: Mapping[str, str],
) -> None:
    """OutputError where the copy says anything else than the budget and the new scenario."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"copy{suffix}"
        path.write_bytes(content)
        copy = read_budget(path, budget.model, rename=budget.rename).budget
    before, after = (_said(budget.model, each) for each in (budget.budget, copy))
    before[wanted.name] = (
        _cells(wanted),
        tuple((item, signature[item]) for item in SIGNATURE if signature.get(item)),
    )
    others = (_others(budget.budget), _others(copy))
    if others[0] != others[1] or before != after:
        raise OutputError(
            "写出的副本读回来与要保存的不一样，没有保存。处理办法：在 Excel 或 WPS 里把这个方案写进「方案」表。"
        )


def _said(
    spec: ModelSpec, budget: Budget
) -> dict[str, tuple[frozenset[Change], tuple[tuple[str, str], ...]]]:
    """Scenario → what it changes, and who signed it."""
    scenarios = _choices(spec, budget.sheets).scenarios
    sheet = budget.sheets.get(SCENARIOS)
    return {
        each.name: (_cells(each), signed(sheet, each.name))
        for each in (spec.scenarios if scenarios is None else scenarios)
    }


def _cells(scenario: ScenarioSpec) -> frozenset[Change]:
    return frozenset(scenario.changes)


def _others(budget: Budget) -> dict[str, Sheet]:
    return {name: sheet for name, sheet in budget.sheets.items() if normalise(name) != SCENARIOS}


def _choices(spec: ModelSpec, sheets: Mapping[str, Sheet]) -> Choices:
    recipients = read_recipients(sheets[COUNTIES], spec.value_aliases)
    return read_choices(with_services(spec, sheets), sheets, recipients)
