"""A sheet saved again without calculating: its formulas are worked out where that can be said, and left blank where not."""

from __future__ import annotations

import pytest

from transfer_opt.core.cell_names import Place
from transfer_opt.workbook.files.limits import Facts
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.result import uncalculated
from transfer_opt.workbook.result.uncalculated import worked_out


def sheet(formulas: dict[Place, str]) -> RawSheet:
    rows = [[1.5, 2.0, ""], ["", "", ""]]
    facts = Facts(unshown=formulas)
    return RawSheet("表", rows, (), facts)


def test_sums_differences_and_formulas_on_formulas_are_worked_out() -> None:
    given = {(0, 2): "=SUM(A1:B1)", (1, 0): "=C1-B1", (1, 1): '=IF(A2=0,"",A2/C1)'}
    assert worked_out(sheet(given)) == {(0, 2): 3.5, (1, 0): 1.5, (1, 1): 1.5 / 3.5}


@pytest.mark.parametrize(
    "text", ["=A1/0", "=另一张表!A1", "=C1", "=WEBSERVICE(A1)", "#DIV/0!", "="]
)
def test_what_has_no_value_here_stays_blank(text: str) -> None:
    assert worked_out(sheet({(0, 2): text})) == {(0, 2): ""}


def test_formulas_that_look_at_too_much_stay_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uncalculated, "MOST_LOOKED_UP", 3)
    given = {(0, 2): "=SUM(A1:B1)", (1, 0): "=SUM(A1:B1)"}
    assert worked_out(sheet(given)) == {(0, 2): 3.5, (1, 0): ""}
