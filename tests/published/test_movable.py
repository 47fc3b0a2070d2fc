"""How far a county's amounts may move, told from a result file alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from allocations import example
from results import edited

from transfer_opt.allocation.explanation.extent import Extent
from transfer_opt.commands import publish
from transfer_opt.commands.adjust import Wish, adjust, opened, write
from transfer_opt.core.errors import InputError
from transfer_opt.published.movable import PROVED, kept_sentence, movable, span_sentence


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("movable") / "结果.xlsx"
    publish.write(example(), path)
    return path


def test_every_line_of_the_county_is_told_with_what_is_kept(result: Path) -> None:
    assert movable(result, "玛多") == [
        "可调范围：全部规则照旧、贴近因素法之前的各步目标（三保缺口最小、增幅上限超出最少）保持最优时，"
        "玛多县的每一笔可以在什么范围内变动（别的县随之增减）。",
        "均衡性转移支付 14,607 万元：可在 12,702 至 14,607 万元之间（最多可减 1,905，不能再增）。",
        "县级基本财力保障机制奖补资金 3,650 万元：可在 3,369 至 4,865 万元之间（最多可减 281，最多可增 1,215）。",
        "重点生态功能区转移支付 7,330 万元：可在 6,293 至 7,330 万元之间（最多可减 1,037，不能再增）。",
        PROVED,
    ]


def test_a_line_that_cannot_move_is_told_so(result: Path) -> None:
    assert "均衡性转移支付 33,159 万元：不能动，只能是 33,159 万元。" in movable(result, "湟源县")


@pytest.mark.system
def test_a_file_saved_again_by_another_program_tells_the_same(result: Path, tmp_path: Path) -> None:
    again = edited(result, tmp_path / "另存.xlsx", lambda book: None)
    assert movable(again, "玛多县") == movable(result, "玛多县")


@pytest.mark.system
def test_an_amount_or_a_proof_that_was_changed_is_refused(result: Path, tmp_path: Path) -> None:
    def raise_amount(book: Any) -> None:
        sheet = book["分配结果"]
        row = next(cell.row for cell in sheet["B"] if cell.value == "玛多县")
        sheet.cell(row, 4).value += 1

    def cut_proof(book: Any) -> None:
        book["证明"]["B5"].value = book["证明"]["B5"].value[1:]

    with pytest.raises(InputError, match="不是同一个"):
        movable(edited(result, tmp_path / "数.xlsx", raise_amount), "玛多县")
    with pytest.raises(InputError, match="证书不成立"):
        movable(edited(result, tmp_path / "证.xlsx", cut_proof), "玛多县")


def test_the_closing_stage_is_named_as_it_is() -> None:
    stages = [{"name": name} for name in ("三保缺口最小", "三保缺口最小·均衡分担", "差距最小")]
    assert kept_sentence({"stages": stages}) == (
        "全部规则照旧、差距最小之前的各步目标（三保缺口最小）保持最优"
    )
    assert kept_sentence({"stages": [{"name": "贴近因素法"}]}) == "全部规则照旧"


def test_an_end_between_two_units_counts_the_unit_that_is_published() -> None:
    extent = Extent(0, 123, Fraction(1234, 10), Fraction(1234, 10))
    assert span_sentence(extent, Fraction(1, 100), "万元") == "不能动，只能是 1.23 万元"
    wider = Extent(0, 123, Fraction(1234, 10), Fraction(1259, 10))
    assert span_sentence(wider, Fraction(1), "万元") == (
        "可在 123 至 125 万元之间（不能再减，最多可增 2）"
    )


@pytest.mark.system
def test_what_was_approved_since_is_told_first(result: Path, tmp_path: Path) -> None:
    changed = tmp_path / "调整.xlsx"
    write(
        adjust(opened(result), Wish("玛多县", "均衡性", "14619", "雪灾应急", "厅长办公会")), changed
    )
    assert movable(changed, "玛多县")[1] == (
        "均衡性转移支付 批准 14,619（测算 14,607）万元：可在 12,702 至 14,607 万元之间（最多可减 1,905，不能再增）；"
        "批准数在范围之外。"
    )


@pytest.mark.system
@pytest.mark.parametrize(
    ("to", "ending"), [("14600", "在范围之内，别的县要相应增减。"), ("14619", "在范围之外。")]
)
def test_an_adjustment_is_told_whether_it_keeps_within_the_range(
    result: Path, to: str, ending: str
) -> None:
    told = adjust(opened(result), Wish("玛多县", "均衡性", to, "雪灾应急", "厅长办公会")).reach
    assert "这一笔可在 12,702 至 14,607 万元之间" in told
    assert told.endswith(f"批准数{ending}")
