"""Random tables at four units: every figure next to its own value, everything still adds up, what is no money stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawntables import UNITS, drawn, read, written, wrong

from transfer_opt.tables.footing import foot_file
from transfer_opt.tables.rounding import round_file
from transfer_opt.workbook.rewrite import read_source, rewrite

ALL, SAMPLE = 2000, 80


def tried(seeds: range, folder: Path) -> None:
    for seed in seeds:
        table = drawn(seed)
        source, target = written(table, folder / "表.xlsx"), folder / "整.xlsx"
        done = round_file(source, str(table.unit))
        rewrite(read_source(source), target, done.sheet, done.numbers)
        assert list(wrong(table, read(table, target))) == [], seed
        assert done.problems == (), seed
        if table.row_sums or table.column_sums:
            assert foot_file(target).problems == (), seed


@pytest.mark.system
@pytest.mark.parametrize("start", range(0, SAMPLE, SAMPLE // len(UNITS)))
def test_a_random_table_is_rounded_and_adds_up(start: int, tmp_path: Path) -> None:
    tried(range(start, start + SAMPLE // len(UNITS)), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(SAMPLE, ALL, 192))
def test_two_thousand_random_tables_are_rounded_and_add_up(start: int, tmp_path: Path) -> None:
    tried(range(start, start + 192), tmp_path)
