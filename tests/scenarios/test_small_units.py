"""Publishing units so small beside the pools that floats cannot tell them."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import grown, write_tables

from transfer_opt.allocation import allocate
from transfer_opt.intake import prepare
from transfer_opt.scenarios.sweep.plan import NOW, plan
from transfer_opt.scenarios.sweep.point import Scenarios

CAP = "增幅上限·均衡性·增幅上限=15%,16%"


@pytest.mark.system
def test_a_scenario_is_what_solve_publishes_to_the_fen_however_large_the_pools(
    tmp_path: Path,
) -> None:
    """In 元 and fen, of 1.1 万亿: floats are 元·10⁻⁵ apart there, and one county was told a fen short of what it needs."""
    path = write_tables(tmp_path / "分.xlsx", grown(400_000), "元")
    prepared = prepare.prepare(path, unit="0.01元")
    record = Scenarios(prepared, plan(prepared, [CAP], [], None, 1)).answer(NOW)
    assert record.totals == tuple(allocate.allocate(prepared, "highs").given.round(2).tolist())
    assert record.measures is not None
    assert record.measures["“三保”缺口县数"] == 0
