"""Agreements on river sections speak of this year's water and of no later year's."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from basins import HEADER
from years import two_counties

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.years.project import horizon_of, project
from transfer_opt.intake.prepare import prepare
from transfer_opt.report.years import year_sentences


def test_a_later_year_has_no_flows(tmp_path: Path) -> None:
    path = two_counties(tmp_path / "预算.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("断面")
    sheet.append(HEADER)
    sheet.append(["示例断面", "甲县", "乙县", None, "Ⅲ", "Ⅱ", 5, 0, None, None, "示例〔2027〕1号"])
    book.save(path)
    prepared = prepare(path)
    found = project(horizon_of(prepared, None), allocate(prepared).units, together=False)
    first, second = (year.case for year in found.chain)
    assert first.own.tolist() == [5, -5]
    assert first.set_aside.tolist() == [0, 5]
    assert second.flows is None
    assert second.own.tolist() == [0, 0]
    assert "考核奖惩、提前下达、断面补偿和县区上下限只管本年。" in list(year_sentences(found))[-1]
