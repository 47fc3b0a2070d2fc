"""`round`: a table rounded so that it still adds up."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sheetmaker import write
from transfer_opt.cli import main
from transfer_opt.errors import InputError
from transfer_opt.footing import foot_file
from transfer_opt.roundtable import round_file
from transfer_opt.workbook.rewriting import read_source, rewrite

HEADERS = ["市州", "县区名称", "常住人口", "均衡性", "生态", "合计", "人均", "备注"]
TABLE: list[list[Any]] = [
    ["2026年分配表"], [None, None, None, None, None, None, None, "单位：万元"], HEADERS,
    [None, "合  计", 1000, 10.5, 3.3, 13.8, 138, None],
    ["甲州", "甲州小计", 600, 6.4, 1.1, 7.5, 125, None],
    ["甲州", "一县", 100, 1.5, 0.6, 2.1, 210, "补"], ["甲州", "二县", 500, 4.9, 0.5, 5.4, 108, None],
    ["乙州", "乙州小计", 400, 4.1, 2.2, 6.3, 157.5, None], ["乙州", "三县", 400, 4.1, 2.2, 6.3, 157.5, None],
    ["注：空白表示没有。"],
]


def values(path: Path) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]


def done(path: Path, target: Path, **options: Any) -> list[list[Any]]:
    table = round_file(path, **options)
    rewrite(read_source(path), target, table.sheet, table.numbers)
    return values(target)


def zero_sum(path: Path, seed: int, rows: int = 400, groups: int = 10) -> list[tuple[str, list[Decimal]]]:
    """A table of adjustments that come to nothing, in groups; a second column that does not."""
    generator = random.Random(seed)
    moved = [Decimal(generator.randint(-9_999_999, 9_999_999)) / 100 for _ in range(rows - 1)]
    moved.append(-sum(moved, Decimal(0)))
    kept = [(f"第{generator.randrange(groups)}组", [value, Decimal(generator.randint(0, 9_999_999)) / 1000]) for value in moved]
    cells = [[group, f"单位{at}", *map(float, amounts)] for at, (group, amounts) in enumerate(kept)]
    write(path, {"表": [["单位：万元"], ["组", "名称", "调整额", "金额"], *cells]})
    return kept


def test_every_cell_subtotal_and_total_is_next_to_its_own_value_and_the_sum_column_follows(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": TABLE})
    after = done(source, tmp_path / "整.xlsx", unit="1")
    assert after[:3] == values(source)[:3]
    assert [row[3:6] for row in after[3:9]] == [[11, 3, 14], [7, 1, 8], [2, 0, 2], [5, 1, 6], [4, 2, 6], [4, 2, 6]]
    assert [row[:3] + row[6:] for row in after] == [row[:3] + row[6:] for row in values(source)]  # people, per head, remarks


@pytest.mark.parametrize("unit", [1, 1000, 10000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hundreds_of_adjustments_in_ten_groups_still_come_to_nothing(tmp_path: Path, unit: int, seed: int) -> None:
    before = zero_sum(tmp_path / "表.xlsx", seed)
    after = done(tmp_path / "表.xlsx", tmp_path / "整.xlsx", unit=str(unit), group="组")[2:]
    assert sum(row[2] for row in after) == 0
    for column in (0, 1):
        for group in {group for group, _ in before}:
            members = [at for at, (name, _) in enumerate(before) if name == group]
            assert_adjacent([before[at][1][column] for at in members], [after[at][2 + column] for at in members], unit)
        assert_adjacent([amounts[column] for _, amounts in before], [row[2 + column] for row in after], unit)


def assert_adjacent(before: Sequence[Decimal], after: Sequence[float], unit: int) -> None:
    """Every cell and the sum are whole units next to their own values."""
    for old, new in [*zip(before, after, strict=True), (sum(before, Decimal(0)), sum(after))]:
        assert new % unit == 0
        assert abs(Fraction(old) - Fraction(new)) < unit


def test_a_named_unit_is_counted_in_the_tables_own(tmp_path: Path) -> None:
    rows = [["单位：元"], ["名称", "金额"], ["一县", 14999.5], ["二县", 25000.5], ["合计", 40000]]
    assert [row[1] for row in done(write(tmp_path / "元.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="万元")[2:]] == [10000, 30000, 40000]
    rows[0] = ["单位：万元"]
    assert [row[1] for row in done(write(tmp_path / "万.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="元")[2:]] == [14999.5, 25000.5, 40000]


def test_without_a_unit_on_the_sheet_a_named_one_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": [["名称", "金额"], ["一县", 1.5], ["合计", 1.5]]})
    with pytest.raises(InputError, match="没有写明单位"):
        round_file(source, "万元")
    assert done(source, tmp_path / "整.xlsx", unit="1")[1:] == [["一县", 2], ["合计", 2]]


def test_a_table_that_does_not_add_up_is_not_rounded(tmp_path: Path) -> None:
    rows = [["单位：万元"], ["名称", "金额"], ["一县", 10.4], ["二县", 20.4], ["合计", 39.8]]
    with pytest.raises(InputError, match=r"B5.*相差 9"):
        round_file(write(tmp_path / "表.xlsx", {"表": rows}), "1").numbers  # noqa: B018
    rows[4][1] = 30.9  # a tenth: the rows were rounded before
    table = round_file(write(tmp_path / "尾差.xlsx", {"表": rows}), "1")
    assert (table.numbers[4, 1], [problem.code for problem in table.problems]) == (31, ["W631"])


def test_only_the_columns_asked_for_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": [["名称", "甲款", "乙款"], ["一县", 1.6, 2.6], ["二县", 1.6, 2.6]]})
    assert done(source, tmp_path / "整.xlsx", unit="1", columns=["乙款"])[1:] == [["一县", 1.6, 3], ["二县", 1.6, 2]]
    with pytest.raises(InputError, match="没有「丙款」这一列"):
        round_file(source, "1", columns=["丙款"])


def test_what_is_rounded_adds_up_for_audit(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": TABLE})
    done(source, tmp_path / "整.xlsx", unit="1")
    assert [problem for problem in foot_file(tmp_path / "整.xlsx").problems if problem.code == "A620"] == []


def test_the_command_says_what_it_moved_and_never_writes_over_its_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "表.xlsx", {"表": [["单位：万元"], ["名称", "金额"], *([f"{at}县", 0.4] for at in range(5)), ["合计", 2]]})
    before = source.read_bytes()
    with pytest.raises(SystemExit) as ending:
        main(["round", str(source), "--unit", "1", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (ending.value.code, told["output"]) == (0, str(tmp_path / "表_取整.xlsx"))
    assert told["message"] == "金额：合计 2 → 2，2 格取了另一侧的相邻整数：0县 B3 0.4 → 1、1县 B4 0.4 → 1"
    with pytest.raises(SystemExit) as ending:
        main(["round", str(source), "--unit", "1", "-o", str(source)])
    assert (ending.value.code, source.read_bytes()) == (5, before)
