"""What the formulas of a sheet come to where a program saved it again without calculating them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

from transfer_opt.core.cell_names import Place
from transfer_opt.core.measured import Measured
from transfer_opt.core.text import RawCell
from transfer_opt.workbook.files.formula_operands import Exact, FormulaError, settled
from transfer_opt.workbook.files.formula_value import evaluate, exact
from transfer_opt.workbook.files.open import RawSheet

_BLANK: RawCell = ""
MOST_LOOKED_UP = 5_000_000
"""Cells that all formulas of a sheet may look at together; a result of thousands of counties needs a tenth of it."""


def worked_out(sheet: RawSheet) -> Mapping[Place, RawCell]:
    """Every cell that the file shows nothing of: its formula worked out over the sheet, blank where that cannot be said."""
    found: dict[Place, RawCell] = {}
    left = MOST_LOOKED_UP

    def value(at: Place) -> RawCell:
        if at not in sheet.facts.unshown:
            return sheet.at(*at) if at[0] < len(sheet.rows) else None
        if at not in found:
            found[at] = _BLANK  # also for a formula that needs itself
            formula = sheet.facts.unshown[at]
            with suppress(FormulaError, ArithmeticError, RecursionError, ValueError):
                found[at] = _cell(evaluate(formula, looked_up) if formula[:1] == "=" else None)
        return found[at]

    def looked_up(name: str, at: Place) -> Exact:
        nonlocal left
        left -= 1
        if name not in ("", sheet.name) or left < 0:
            raise FormulaError("#REF!")  # only this sheet is at hand, and not for ever
        return exact(value(at))

    return {at: value(at) for at in sheet.facts.unshown}


def _cell(value: Exact) -> RawCell:
    if isinstance(value, Fraction | Measured):
        return float(settled(value))
    return _BLANK if value is None else value
