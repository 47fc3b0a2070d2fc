"""Bounds of a county's or a prefecture's total, from the workbook to the published amounts and the ways out."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import plain_tables, write_tables

from transfer_opt.allocation.allocate import allocate
from transfer_opt.core.errors import InfeasibleError
from transfer_opt.core.vocabulary import BOUNDS
from transfer_opt.intake.prepare import prepare

HEADERS = ["县区名称", "资金", "下限", "上限", "理由"]


def budget(path: Path, *rows: list[object]) -> Path:
    tables = plain_tables()
    tables[BOUNDS] = [HEADERS, *rows]
    return write_tables(path / "预算.xlsx", tables)


def test_totals_keep_their_bounds_and_every_pool_its_sum(tmp_path: Path) -> None:
    path = budget(
        tmp_path,
        ["玛多县", "合计", 27000, None, "会议定"],
        ["果洛藏族自治州", "均衡性", None, 188000, "州里平衡"],
        ["海西蒙古族藏族自治州", "合计", None, 180000, "总量控制"],
    )
    outcome = allocate(prepare(path))
    case = outcome.case
    amounts = dict(zip(case.line_names, outcome.units, strict=True))
    prefecture = dict(zip(case.recipients.name, case.recipients.prefecture, strict=True))

    def total(place: str, fund: str = "") -> int:
        return sum(
            int(count)
            for (of, _, name), count in amounts.items()
            if place in (name, prefecture[name]) and fund in of
        )

    assert total("玛多县") == 27000
    assert total("果洛藏族自治州", "均衡性") == 188000
    assert total("海西蒙古族藏族自治州") == 180000
    assert [int(sum(outcome.units[case.lines.fund == f])) for f in range(3)] == [
        1998000,
        438000,
        384500,
    ]
    told = {finding.subject: finding.clause for finding in outcome.findings if finding.margin == 0}
    assert told["玛多县·合计"] == "会议定"
    assert told["果洛藏族自治州·均衡性"] == "州里平衡"


@pytest.mark.system
def test_a_total_that_cannot_be_reached_names_the_amount_that_can(tmp_path: Path) -> None:
    path = budget(tmp_path, ["玛多县", "合计", 400000, None, "会议定"])
    with pytest.raises(InfeasibleError) as refused:
        allocate(prepare(path))
    told = str(refused.value)
    assert "「合计上下限」" in told
    assert "把「县区上下限」里玛多县各项资金合计的下限由 400,000 改为 65,738 万元。" in told
    outcome = allocate(prepare(budget(tmp_path, ["玛多县", "合计", 65738, None, "会议定"])))
    assert outcome.solution.stages


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["玛多州", "合计", 1, None, "x"], "E331"),
        (["玛多县", "总计", 1, None, "x"], "E330"),
        (["果洛藏族自治州", "合计", 9, 3, "x"], "E335"),
        (["西宁市", "生态", 1, None, "x"], "E333"),
    ],
)
def test_a_row_that_speaks_of_nothing_is_told(tmp_path: Path, row: list[object], code: str) -> None:
    problems = prepare(budget(tmp_path, row)).problems
    assert [each.code for each in problems if not each.is_warning] == [code]
