"""What is being tried: the cells of one more column of 「方案」, read and checked as that sheet is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import to_number
from transfer_opt.core.vocabulary import BASELINE, HARD, NO, SCENARIOS, SOFT, YES
from transfer_opt.intake.choices import read_choices
from transfer_opt.intake.prepare import Prepared
from transfer_opt.intake.scenario_cells import EMPTY, Address, Cell, Cells, changes_of, with_column
from transfer_opt.policy.model import Change, ModelSpec
from transfer_opt.policy.settings import as_cell

TRIED = "测算台"
"""What the column is called until somebody names it."""


@dataclass(frozen=True)
class Draft:
    """A scenario of the workbook, and the cells that are tried otherwise."""

    base: str = BASELINE
    cells: Cells = field(default_factory=dict)

    def with_cell(self, address: Address, value: Cell | None) -> Draft:
        """The same with one cell tried otherwise; None: as the base has it."""
        others = {at: cell for at, cell in self.cells.items() if at != address}
        return replace(self, cells=others if value is None else {**others, address: value})


def address_of(form: Mapping[str, str]) -> Address:
    """The cell that a form of the page speaks of."""
    return form["rule"], form.get("fund", ""), form["parameter"], form.get("place", "")


def typed(text: str) -> Cell:
    """What was typed as a cell holds it: a plain number is one, a percentage or a signed change stays as it is told."""
    text = text.strip()
    number = to_number(text)
    return (
        text if number is None or text[:1] in "+-＋－−" or "%" in text or "％" in text else number
    )


def column(prepared: Prepared, base: str) -> Cells:
    """Every cell of the column of a scenario."""
    return dict(cells_of(prepared.spec, base_changes(prepared, base)))


def base_changes(prepared: Prepared, base: str) -> tuple[Change, ...]:
    """What a scenario of the workbook, or of the model where that has none of its own, changes."""
    spec, units = prepared.spec, prepared.settings.recipients
    choices = read_choices(spec, prepared.budget.sheets, units)
    known = spec.scenarios if choices.scenarios is None else choices.scenarios
    return next((each.changes for each in known if each.name == base), ())


def cells_of(spec: ModelSpec, changes: Sequence[Change]) -> Iterator[tuple[Address, Cell]]:
    """Changes as the cells that say them."""
    for change in changes:
        if change.value is not None:
            known = spec.rules[change.rule].parameters.get(change.parameter)
            yield change.key, as_cell(known, change.value) if known else change.value
        for name, said in (
            ("启用", _word(change.on, YES, NO)),
            ("刚性", _word(change.hard, HARD, SOFT)),
            ("优先级", change.priority),
        ):
            if said is not None:
                yield (change.rule, change.fund, name, change.object), said


def with_columns(budget: Budget, columns: Mapping[str, Cells]) -> Budget:
    """The budget whose 「方案」 has these columns beside its own."""
    sheet = budget.sheets.get(SCENARIOS) or EMPTY
    for name, cells in columns.items():
        sheet = with_column(sheet, name, cells)
    return replace(budget, sheets={**budget.sheets, SCENARIOS: sheet})


def read(prepared: Prepared, cells: Cells) -> tuple[tuple[Change, ...], tuple[Problem, ...]]:
    """The changes that the cells make, and what is wrong with them; no other scenario is looked at."""
    units = prepared.settings.recipients
    return changes_of(prepared.spec, prepared.budget.sheets, units, cells)


def _word(switch: bool | None, yes: str, no: str) -> str | None:
    return None if switch is None else yes if switch else no
