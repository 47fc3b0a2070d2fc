"""Results of two years beside each other, between which counties were merged, split and given other codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from calls import call
from monitoring import rows, workbook
from successions import ROWS, merged

from transfer_opt.commands.compare import compare

pytestmark = pytest.mark.system

BEFORE = (("990101", "甲县"), ("990102", "乙县"), ("990103", "丙县"), ("990104", "丁县"))
RECODED = [("990103", "丙县", "990112", "戊县", 1, "2026-01-01", 3000, None)]


def solved(folder: Path, name: str, **given: Any) -> Path:
    result = folder / f"{name}.xlsx"
    assert call("solve", merged(folder / "b.xlsx", **given), "-o", result, "--quiet") == 0
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2025 of four counties, 2026 of three: one merged of two, one split; and 2026 where one has another code only."""
    folder = tmp_path_factory.mktemp("former")
    solved(folder, "2025", rows=[], units=BEFORE, own=(900, 1900, 2900, 400), year=2025, pool=6500)
    solved(folder, "2026", rows=ROWS)
    units = (("990101", "甲县"), ("990112", "戊县"), ("990104", "丁县"))
    solved(folder, "recoded", rows=RECODED, units=units, own=(1000, 0, 500))
    return folder


def test_a_comparison_says_which_counties_cannot_be_held_against_each_other(folder: Path) -> None:
    found = compare([folder / "2025.xlsx", folder / "2026.xlsx"])
    assert (
        "「2025」里的甲县→己县、乙县→己县、丙县→丁县和戊县：按「区划调整」合并或拆分过，各列各的行，"
        "这些县区前后的增减不能直接比；全省合计可以比。"
    ) in found.notes
    assert sorted(found.units.name) == ["丁县", "丙县", "乙县", "己县", "戊县", "甲县"]


def test_a_comparison_puts_a_county_with_another_code_in_one_line(folder: Path) -> None:
    found = compare([folder / "2025.xlsx", folder / "recoded.xlsx"])
    assert "「2025」里的丙县→戊县：按「区划调整」只是换了代码，并成一行比。" in found.notes
    at = list(found.units.name).index("戊县")
    assert [side.amounts[0, at] > 0 for side in found.sides] == [True, True]
    assert "丙县" not in found.units.name


def test_a_county_that_passed_on_a_part_is_told_by_both(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """丁县 keeps seven tenths and gives three to 戊县."""
    rows = [
        ("990104", "丁县", code, None, share, "2026-01-01", None, None)
        for code, share in (("990104", 0.7), ("990112", 0.3))
    ]
    units = (("990101", "甲县"), ("990112", "戊县"), ("990104", "丁县"))
    parted = solved(folder, "parted", rows=rows, units=units, own=(1000, 3000, 2000))
    found = compare([folder / "2025.xlsx", parted])
    said = "「2025」里的丁县→戊县：按「区划调整」划出过一部分，前后的增减不能直接比。"
    assert said in found.notes
    assert not any("parted」里的丁县" in note for note in found.notes)
    cuts = workbook(folder / "cuts.xlsx", history=())
    given = (folder / "2025.xlsx", parted, "--thresholds", cuts, "-o", folder / "m.xlsx")
    assert call("monitor", *given) == 0
    told = capsys.readouterr()
    assert (
        "丁县→戊县：按「区划调整」划出过一部分，前后各年的指标不完全可比。" in told.out + told.err
    )


def test_monitoring_leaves_out_merged_counties_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = workbook(folder / "cuts.xlsx", history=())
    target = folder / "m.xlsx"
    given = (folder / "2025.xlsx", folder / "2026.xlsx")
    assert call("monitor", *given, "--thresholds", cuts, "-o", target) == 0
    said = capsys.readouterr()
    assert (
        "甲县→己县、乙县→己县、丙县→丁县和戊县：按「区划调整」合并或拆分过" in said.out + said.err
    )
    assert sorted(row[1] for row in rows(target, "预警名单")) == ["丁县", "己县", "戊县"]


def test_monitoring_follows_a_county_to_its_other_code(folder: Path) -> None:
    cuts = workbook(folder / "cuts.xlsx", history=())
    target = folder / "m.xlsx"
    given = (folder / "2025.xlsx", folder / "recoded.xlsx")
    assert call("monitor", *given, "--thresholds", cuts, "-o", target, "--quiet") == 0
    levels = {row[1]: row for row in rows(target, "各年等级")}
    assert "丙县" not in levels
    assert all(levels["戊县"][3:])
