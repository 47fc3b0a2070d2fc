"""Formulas evaluated in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from transfer_opt.core.cell_names import Place
from transfer_opt.workbook.files.formula_operands import Exact, FormulaError
from transfer_opt.workbook.files.formula_value import evaluate

CELLS: dict[tuple[str, Place], Exact] = {
    ("", (0, 0)): Fraction(1, 10),
    ("", (1, 0)): Fraction(2, 10),
    ("", (2, 0)): "甲州",
    ("输入数据", (0, 1)): "甲州",
    ("输入数据", (1, 1)): "乙州",
    ("输入数据", (0, 2)): Fraction(5),
    ("输入数据", (1, 2)): Fraction(7),
}


def value(text: str) -> Exact:
    return evaluate(text, lambda sheet, at: CELLS.get((sheet, at)))


def test_sums_are_exact() -> None:
    assert value("=SUM(A1:A2)") == Fraction(3, 10)
    assert value("=SUM(A1:A9,1)+A1*2-(A2-1)/4") == Fraction(3, 10) + 1 + Fraction(1, 5) + Fraction(
        1, 5
    )


def test_other_sheets_conditions_and_rounding() -> None:
    assert value("=SUMIFS('输入数据'!$C$1:$C$2,输入数据!$B$1:$B$2,$A3)") == 5
    assert value('=IF(A9=0,"",1/A9)') == ""
    assert [value(f"=ROUND({text},1)") for text in ("0.25", "-0.25", "0.24")] == [
        Fraction(3, 10),
        Fraction(-3, 10),
        Fraction(1, 5),
    ]


@pytest.mark.parametrize("text", ["=1/A9", "=A3+1", "=VLOOKUP(A1,A1:B2,2)", "=SUM(A1", "=1 2"])
def test_what_has_no_value_is_an_error(text: str) -> None:
    with pytest.raises(FormulaError):
        value(text)
