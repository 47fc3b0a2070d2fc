"""Two counties side by side: every step's difference, adding up exactly to the difference of the amounts."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from allocations import example
from results import write_result

from transfer_opt.commands import publish
from transfer_opt.commands.adjust import Wish, adjust, opened, write
from transfer_opt.core.errors import InputError
from transfer_opt.core.vocabulary import ADJUSTED, ALLOCATION, STEPS
from transfer_opt.published.versus import UNTOLD, _decimal, apart, chains, versus
from transfer_opt.workbook.result.rows import read_result


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("versus") / "结果.xlsx"
    publish.write(example(), path)
    return path


def assert_every_pair_adds_up(path: Path) -> int:
    """Steps add to the amount, fund by fund and in all; funds add to what 「分配结果」 shows in all."""
    sheets = read_result(path, (ALLOCATION, STEPS))
    known = chains(sheets[STEPS].rows, {})
    totals = {
        str(row["县区名称"]): Decimal(f"{row['合计']:.8f}")
        for row in sheets[ALLOCATION].rows
        if row["县区名称"] in known
    }
    pairs = list(combinations(known, 2))
    for first, second in pairs:
        *funds, whole = apart(known[first], known[second])
        for part in (*funds, whole):
            assert sum(part.steps.values()) == part.money
            assert UNTOLD not in part.steps
        assert sum(part.money for part in funds) == whole.money == totals[first] - totals[second]
    return len(pairs)


def test_for_all_pairs_of_the_example_the_steps_add_up_to_the_difference(result: Path) -> None:
    assert assert_every_pair_adds_up(result) == 45 * 44 // 2


@pytest.mark.system
@pytest.mark.parametrize("seed", [3, 8])
def test_so_they_do_in_other_publishing_units(tmp_path: Path, seed: int) -> None:
    written = write_result(tmp_path, seed)
    assert written
    assert assert_every_pair_adds_up(written[1])


def test_the_sentences_name_amounts_steps_and_reasons(result: Path) -> None:
    told = versus(result, "玛多", "630102")
    assert told[0] == "玛多县 25,587 万元，城东区 36,740 万元，玛多县少 11,153 万元。"
    assert told[1] == "人均补助：玛多县 17,658.39 元，城东区 750.76 元。"
    assert told[2] == "分配后保障水平：玛多县 81.8%，城东区 90.1%。"
    assert told[4] == (
        "县级基本财力保障机制奖补资金：玛多县 3,650 万元，城东区 2,316 万元，玛多县多 1,334 万元＝因素法测算额 -2,714.71，"
        "上年保底 +460.71，增幅上限 +3,307，三保压力倾斜 +281.22，取整 -0.22。"
        "主要原因——玛多县：按因素法和全省统一系数；城东区：达到增幅上限30%。"
    )
    assert told[5].startswith(
        "重点生态功能区转移支付：玛多县 7,330 万元，城东区不参加这项资金的分配，玛多县多 7,330 万元＝"
    )
    assert told[-2].endswith("各步之差相加正好等于分配额之差。")
    assert told[-1] == "差得最多的一步：均衡性转移支付的「因素法测算额」，相差 17,325.77 万元。"


def test_a_county_is_not_compared_with_itself(result: Path) -> None:
    with pytest.raises(InputError, match="同一个县区"):
        versus(result, "玛多", "632626")


@pytest.mark.system
def test_what_was_approved_since_is_a_step_of_its_own(result: Path, tmp_path: Path) -> None:
    wish = Wish("玛多县", "均衡性", "14700", "雪灾应急", "厅长办公会")
    changed = tmp_path / "调整.xlsx"
    write(adjust(opened(result), wish), changed)
    told = versus(changed, "玛多县", "城东区")
    assert told[0].startswith("玛多县 25,680 万元，")
    assert f"{ADJUSTED} +93" in told[1]
    assert "人均补助" not in "".join(told)


def test_a_large_figure_has_no_more_digits_than_a_spreadsheet_keeps() -> None:
    """Fifteen digits: what a float of ten thousand million has beyond the fen is dust."""
    assert _decimal(10235314128.28) == Decimal("10235314128.28")
    assert _decimal(-0.00000019) == Decimal("-0.00000019")
