"""Random tables, right by construction, pass `audit`; with one figure changed by more than rounding they do not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from randomtables import changed, recalculated, save, table

from transfer_opt.tables.footing import foot_file

EVERYDAY, ALL, TOGETHER = 100, 2000, 100
"""Tables: of an ordinary run, of the campaign, and in one workbook."""


def audited(folder: Path, seeds: range) -> tuple[list[str], list[str]]:
    """False alarms, and changes that were not found."""
    sheets = {seed: table(seed) for seed in seeds}
    folder.mkdir(exist_ok=True)
    done = recalculated(save(sheets, folder / "tables.xlsx"), folder)
    right = foot_file(done)
    assert right.totals >= len(sheets)
    changes = changed(done, sheets, folder / "changed.xlsx")
    found = {problem.sheet for problem in foot_file(folder / "changed.xlsx").problems}
    return (
        [f"{problem.sheet}: {problem}" for problem in right.problems],
        [f"{seed}: {what}" for seed, what in changes.items() if str(seed) not in found],
    )


@pytest.mark.system
@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice, which works out the formulas, is not installed",
)
@pytest.mark.parametrize("start", range(0, EVERYDAY, TOGETHER))
def test_no_false_alarm_and_every_change_found(tmp_path: Path, start: int) -> None:
    assert audited(tmp_path / "表", range(start, min(start + TOGETHER, EVERYDAY))) == ([], [])


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("soffice") is None,
    reason="LibreOffice, which works out the formulas, is not installed",
)
@pytest.mark.parametrize("start", range(0, ALL, TOGETHER))
def test_two_thousand_tables_and_two_thousand_changes(tmp_path: Path, start: int) -> None:
    assert audited(tmp_path / "表", range(10_000 + start, 10_000 + start + TOGETHER)) == ([], [])
