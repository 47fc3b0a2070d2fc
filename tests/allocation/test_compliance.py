"""Every rule held against the published integers: verdicts, margins, and the sentence a leader reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from allocations import Allocation, allocated, example, only
from cases import make_case
from gmpy2 import mpq

from transfer_opt.allocation.compliance import ORDER, Finding, _subject, soft_gaps, verdict_sentence
from transfer_opt.allocation.explanation.alarms import Present, diagnosed
from transfer_opt.allocation.explanation.indicators import shortfall
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.core.exact import floats
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

Told = dict[tuple[str, str], tuple[str, float]]


def one_fund(
    *,
    last: Sequence[float] = (300, 300, 300),
    need: Sequence[float] = (0, 0, 0),
    pool: float = 1000,
    unit: float = 1.0,
    reference: Sequence[float] = (400, 300, 300),
) -> Case:
    """Three counties and the fund 均衡性: 400, 300 and 300 by the formula."""
    return make_case(
        pools={"均衡性": pool},
        last={"均衡性": last},
        reference={"均衡性": reference},
        need=need,
        unit=unit,
    )


def told(found: Sequence[Finding]) -> Told:
    """(rule, subject) → verdict and margin."""
    return {(finding.rule, finding.subject): (finding.verdict, finding.margin) for finding in found}


def sentence(allocation: Allocation, units: Sequence[int] | None = None) -> str:
    return verdict_sentence(allocation.case, allocation.findings(units))


def alarmed(allocation: Allocation) -> tuple[str, ...]:
    case = allocation.case
    found = allocation.findings()
    unmet = frozenset((finding.rule, finding.subject) for finding in soft_gaps(found))
    return diagnosed(
        Present(allocation.instance, allocation.formulation, allocation.units * case.unit, unmet),
        found,
    )[1]


# ---------------------------------------------------------------- verdicts


def test_active_and_slack_rows_with_their_margins() -> None:
    """甲 stands at its cap of 345; 乙 and 丙 share 655."""
    allocation = allocated(one_fund(), *only("上年保底", "增幅上限"))
    assert allocation.units.tolist() == [345, 328, 327]
    assert told(allocation.findings()) == {
        ("资金总额", "均衡性转移支付"): ("active", 0),
        ("增幅上限", "甲县·均衡性"): ("active", 0),
        ("上年保底", "甲县·均衡性"): ("slack", 45),
        ("上年保底", "乙县·均衡性"): ("slack", 28),
        ("上年保底", "丙县·均衡性"): ("slack", 27),
        ("增幅上限", "乙县·均衡性"): ("slack", 17),
        ("增幅上限", "丙县·均衡性"): ("slack", 18),
    }
    assert (
        sentence(allocation)
        == "共核验 7 条：满足 7 条（其中起作用 2 条），软约束未满足 0 条，违反 0 条。"
    )


def test_a_bound_tightened_to_a_whole_unit_is_active_and_keeps_its_margin() -> None:
    allocation = allocated(one_fund(last=(299, 300, 300)), *only("增幅上限"))
    assert told(allocation.findings())["增幅上限", "甲县·均衡性"] == ("active", 0.85)


def test_a_finding_tells_both_sides_the_relation_and_the_clause() -> None:
    found = allocated(one_fund(), *only("上年保底", "增幅上限")).findings()
    (total,) = [finding for finding in found if finding.rule == "资金总额"]
    assert (total.left, total.relation, total.right) == (1000, "＝", 1000)
    assert {(finding.rule, finding.relation) for finding in found} >= {
        ("上年保底", "≥"),
        ("增幅上限", "≤"),
    }
    assert all("省定" in finding.clause for finding in found if finding.rule == "上年保底")


def test_a_need_that_cannot_be_met_is_a_soft_row_with_the_money_short() -> None:
    """甲 needs 700 of which 100 is its own; the others stand at 300, so 400 is all there is."""
    allocation = allocated(one_fund(need=(700, 0, 0)), *only("三保兜底", "上年保底"))
    (gap,) = soft_gaps(allocation.findings())
    assert (gap.rule, gap.subject, gap.left, gap.right, gap.margin) == (
        "三保兜底",
        "甲县",
        500,
        700,
        -200,
    )
    assert gap.price == pytest.approx(1)
    assert sentence(allocation).endswith("软约束未满足 1 条（三保兜底，缺 200 万元），违反 0 条。")


def test_a_soft_cap_that_gives_way_is_told_with_the_excess() -> None:
    """甲 needs 550: 450 of the fund, 105 over its soft cap of 345."""
    allocation = allocated(
        one_fund(need=(550, 0, 0)), *only("三保兜底", "增幅上限"), Change("增幅上限", hard=False)
    )
    assert told(allocation.findings())["增幅上限", "甲县·均衡性"] == ("soft", -105)
    assert sentence(allocation).endswith("软约束未满足 1 条（增幅上限，超 105 万元），违反 0 条。")


def test_a_row_over_several_lines_missed_by_rounding_alone_is_met() -> None:
    """甲, the hardship area, must have 402.4 for its tenth of the people: 402 is nearest."""
    case = one_fund(last=(0, 0, 0))
    allocation = allocated(
        case, *only("困难地区倾斜"), Change("困难地区倾斜", parameter="人均倍数", value=4.024)
    )
    assert allocation.units.tolist() == [402, 299, 299]
    (found,) = [finding for finding in allocation.findings() if finding.rule == "困难地区倾斜"]
    assert (found.verdict, found.margin, found.moved) == ("rounding", -0.4, pytest.approx(0.4))
    assert (
        sentence(allocation)
        == "共核验 2 条：满足 2 条（其中起作用 1 条，取整差 1 条），软约束未满足 0 条，违反 0 条。"
    )


def test_where_no_whole_unit_lies_between_floor_and_cap_the_floor_wins_and_the_cap_is_met_by_rounding() -> (
    None
):
    case = make_case(
        pools={"均衡性": 1000.0},
        need=(0, 0, 0),
        reference={"均衡性": (400, 300, 300)},
        floor={"均衡性": (350.2, np.nan, np.nan)},
        cap={"均衡性": (350.7, np.nan, np.nan)},
    )
    allocation = allocated(case, *only("县区上下限"))
    assert allocation.units[0] == 351
    verdicts = [
        (finding.relation, finding.verdict, finding.margin)
        for finding in allocation.findings()
        if finding.rule == "县区上下限"
    ]
    assert sorted(verdicts) == [("≤", "rounding", -0.3), ("≥", "active", 0.8)]


@pytest.mark.parametrize("seed", range(8))
def test_a_total_that_is_met_to_the_fen_is_met_however_large_it_is(seed: int) -> None:
    draw, fen = np.random.default_rng(seed), 1e-6  # in 万元
    size = 10.0 ** draw.uniform(2, 8)
    last = np.round(draw.uniform(0.5, 1.5, 3) * size, 6)
    case = one_fund(
        last=tuple(last),
        pool=round(float(last.sum()) * 1.01, 6),
        unit=fen,
        reference=tuple(np.round(draw.uniform(0.5, 1.5, 3) * size, 6)),
    )
    allocation = allocated(case, *only("上年保底", "增幅上限"))
    assert sum(allocation.units.tolist()) == case.figures.pools[0] / case.figures.unit
    found = allocation.findings()
    assert told(found)["资金总额", "均衡性转移支付"] == ("active", 0)
    assert {each.verdict for each in found} <= {"active", "slack"}


@pytest.mark.parametrize("unit", [0.01, 0.0001])
def test_margins_are_money_in_any_publishing_unit(unit: float) -> None:
    case = one_fund(
        last=tuple(np.array([300, 300, 300]) * unit),
        pool=1000 * unit,
        unit=unit,
        reference=tuple(np.array([400, 300, 300]) * unit),
    )
    found = told(allocated(case, *only("上年保底", "增幅上限")).findings())
    assert found["上年保底", "乙县·均衡性"] == ("slack", pytest.approx(28 * unit))
    assert found["增幅上限", "甲县·均衡性"] == ("active", 0)
    assert found["资金总额", "均衡性转移支付"] == ("active", 0)


# ---------------------------------------------------------------- a table somebody changed


def test_one_number_changed_by_one_breaks_the_pool() -> None:
    allocation = allocated(one_fund(), *only("上年保底", "增幅上限"))
    found = allocation.findings([345, 329, 327])
    assert told(found)["资金总额", "均衡性转移支付"] == ("broken", -1)
    assert found[0].verdict == "broken"
    assert sentence(allocation, [345, 329, 327]).endswith("违反 1 条。")


def test_one_unit_moved_between_counties_breaks_the_bound_it_crosses() -> None:
    found = told(allocated(one_fund(), *only("上年保底", "增幅上限")).findings([346, 327, 327]))
    assert found["资金总额", "均衡性转移支付"] == ("active", 0)
    assert found["增幅上限", "甲县·均衡性"] == ("broken", -1)


def test_more_than_rounding_could_have_moved_is_broken() -> None:
    """402.4 could be published as 402 or 403; 401 is somebody's doing."""
    case = one_fund(last=(0, 0, 0))
    allocation = allocated(
        case, *only("困难地区倾斜"), Change("困难地区倾斜", parameter="人均倍数", value=4.024)
    )
    found = told(allocation.findings([401, 300, 299]))
    assert [verdict for (rule, _), (verdict, _) in found.items() if rule == "困难地区倾斜"] == [
        "broken"
    ]


@pytest.mark.parametrize("line", [0, 20, 44, 45, 100, 116])
def test_any_number_of_the_example_changed_by_one_breaks_its_pool(line: int) -> None:
    outcome = example()
    units = outcome.units.copy()
    units[line] += 1
    allocation = Allocation(
        outcome.case,
        outcome.settings,
        outcome.formulation,
        outcome.solution,
        outcome.objective,
        units,
    )
    broken = {
        (finding.rule, finding.subject)
        for finding in allocation.findings()
        if finding.verdict == "broken"
    }
    assert ("资金总额", outcome.case.funds[outcome.case.lines.fund[line]].name) in broken


# ---------------------------------------------------------------- order and the example


def test_the_worst_comes_first_and_nothing_is_broken_on_the_example() -> None:
    found = example().findings
    places = [ORDER.index(finding.verdict) for finding in found]
    assert places == sorted(places)
    assert not any(finding.verdict == "broken" for finding in found)
    assert (found[0].rule, found[0].subject, found[0].margin) == (
        "增幅上限",
        "湟源县·县级保障",
        -334,
    )


def test_the_examples_sentence_counts_every_row_once() -> None:
    outcome = example()
    count = {
        verdict: sum(finding.verdict == verdict for finding in outcome.findings)
        for verdict in ORDER
    }
    met = count["active"] + count["slack"] + count["rounding"]
    assert verdict_sentence(outcome.case, outcome.findings) == (
        f"共核验 {len(outcome.findings)} 条：满足 {met} 条（其中起作用 {count['active']} 条，取整差 {count['rounding']} 条），"
        "软约束未满足 1 条（增幅上限，超 334 万元），违反 0 条。"
    )


def test_each_line_said_to_stand_at_a_bound_has_an_active_row() -> None:
    outcome = example()
    active = {
        finding.subject for finding in outcome.findings if finding.verdict in ("active", "rounding")
    }
    for label, (words, _) in zip(outcome.case.amount.labels, outcome.reasons, strict=True):
        if words.startswith(("达到", "停在", "生态考核变差")):
            fund, county = label.split("/")
            assert f"{county}·{fund}" in active, label


# ---------------------------------------------------------------- alarms and contradictions in words


def test_a_shortfall_names_what_blocks_it_and_what_closes_it() -> None:
    """乙 and 丙 stand on their floors of 300; 200 more in the pool all go to 甲, 199 are one short."""
    allocation = allocated(one_fund(need=(700, 0, 0)), *only("三保兜底", "上年保底"))
    assert alarmed(allocation) == (
        "甲县“三保”缺口 200 万元：其余资金受总额和其他规则（保底、倾斜等）限制。"
        "把均衡性转移支付的资金总额增加 200 万元即可全部补足（已重新求解核对）。",
    )


def test_a_shortfall_under_a_cap_names_the_cap_and_how_wide_it_must_be() -> None:
    """600 on 300 is twice as much."""
    allocation = allocated(one_fund(need=(700, 0, 0)), *only("三保兜底", "增幅上限"))
    assert alarmed(allocation) == (
        "甲县“三保”缺口 255 万元：均衡性已到「增幅上限」 345。"
        "把甲县均衡性的增幅上限由 15% 放宽到 100% 即可补足（已重新求解核对）。",
    )


def test_a_wider_cap_that_would_not_help_is_not_promised() -> None:
    """甲 lacks 255 under its cap, but the floors of 乙 and 丙 leave it 400 at most: 200 remain short."""
    allocation = allocated(one_fund(need=(700, 0, 0)), *only("三保兜底", "增幅上限", "上年保底"))
    (alarm,) = alarmed(allocation)
    assert alarm.startswith("甲县“三保”缺口 255 万元：均衡性已到「增幅上限」 345。")
    assert alarm.endswith("要补足须放宽这些上限。")


def test_several_shortfalls_are_closed_by_one_pool_and_told_once() -> None:
    """甲 and 乙 lack what 丙's floor of 300 takes: 700 − 100 and 600 − 200 against 700, so 300 are missing."""
    said = alarmed(allocated(one_fund(need=(700, 600, 0)), *only("三保兜底", "上年保底")))
    assert (
        said[0]
        == "全省 2 个县“三保”缺口共 300 万元：把均衡性转移支付的资金总额增加 300 万元即可全部补足（已重新求解核对）。"
    )
    assert [alarm[:2] for alarm in said[1:]] == ["甲县", "乙县"]


def test_an_exceeded_cap_is_told_with_the_smallest_cap_that_would_do() -> None:
    """450 on 300 is exactly half more: 50.0 %, not 50.1 %."""
    allocation = allocated(
        one_fund(need=(550, 0, 0)), *only("三保兜底", "增幅上限"), Change("增幅上限", hard=False)
    )
    (alarm,) = alarmed(allocation)
    assert alarm.startswith("甲县·均衡性超出「增幅上限」105 万元")
    assert "由 15% 放宽到 50%" in alarm


@pytest.mark.parametrize(
    ("last", "needed", "wanted"), [(100, 130, "30%"), (300, 345, "15%"), (300, 346, "15.4%")]
)
def test_the_smallest_cap_is_not_one_tenth_too_wide(last: int, needed: int, wanted: str) -> None:
    allocation = allocated(
        one_fund(last=(last, 900, 900), need=(100 + needed, 0, 0), reference=(50, 475, 475)),
        *only("三保兜底", "增幅上限"),
        Change("增幅上限", hard=False),
        Change("增幅上限", parameter="增幅上限", value=0.10),
    )
    first = alarmed(allocation)[0]
    assert f"放宽到 {wanted}" in first


# ---------------------------------------------------------------- prices


def priced(allocation: Allocation) -> dict[tuple[str, str], float]:
    """(rule, subject) → price, of the rows that show one."""
    return {
        (finding.rule, finding.subject): finding.price
        for finding in allocation.findings()
        if np.isfinite(finding.price)
    }


def unmet(allocation: Allocation, rule: str, subject: str, money: float) -> float:
    """Σ violation of the first soft stage not met, after a complete solve with one right-hand side moved."""
    formulation = allocation.formulation
    (program_row,) = [
        int(entry.position[row])
        for entry in formulation.rules
        if entry.rule.name == rule
        for row, (label, place) in enumerate(
            zip(entry.rows.expression.labels, entry.rows.expression.subjects, strict=True)
        )
        if _subject(allocation.case, label, *place) == subject
    ]
    at = next(
        k
        for k, stage in enumerate(allocation.solution.stages)
        if len(stage.duals) and stage.value > 0
    )
    program = formulation.program
    shift = np.zeros(program.shape[0])
    shift[program_row] = money
    moved = replace(
        program, row_lower=program.row_lower + shift, row_upper=program.row_upper + shift
    )
    return solve(moved, formulation.stages, opener("highs", 9)).stages[at].value


@pytest.mark.parametrize(
    ("need", "changes", "count"),
    [
        ((700, 0, 0), only("三保兜底", "上年保底"), 2),
        ((700, 800, 0), only("三保兜底", "上年保底"), 3),
        ((550, 0, 0), (*only("三保兜底", "增幅上限"), Change("增幅上限", hard=False)), 2),
    ],
)
def test_a_price_is_what_solving_again_with_one_money_more_and_one_less_gives(
    need: tuple[float, ...], changes: tuple[Change, ...], count: int
) -> None:
    """The needs short, and the pool that all of them draw on, or the soft cap that one of them goes over."""
    allocation = allocated(one_fund(need=need), *changes)
    prices = priced(allocation)
    assert len(prices) == count
    _confirm(allocation, prices)


@pytest.mark.system
def test_the_prices_of_the_example_and_of_a_widespread_shortfall_hold_both_ways() -> None:
    outcome = example()
    plain = Allocation(
        outcome.case,
        outcome.settings,
        outcome.formulation,
        outcome.solution,
        outcome.objective,
        outcome.units,
    )
    need = outcome.case.figures.need * mpq(115, 100)
    case = replace(
        outcome.case, need=floats(need), worked_out=replace(outcome.case.figures, need=need)
    )
    formulation = formulate(case, outcome.settings, outcome.objective)
    short = Allocation(
        case,
        outcome.settings,
        formulation,
        solve(formulation.program, formulation.stages, opener("highs", 9)),
        outcome.objective,
        outcome.units,
    )
    assert len(priced(plain)) == 2
    assert len(priced(short)) > 10
    for allocation in (plain, short):
        _confirm(allocation, priced(allocation))


def test_a_price_that_holds_one_way_only_is_not_shown() -> None:
    """丙 is short of 200: the floors of 甲 and 乙 leave it 400 of the pool, and 40 % of the pool is all 西州 may get.

    One more in the pool, or in the limit, is of no use alone; one less of either is one more short.
    """
    allocation = allocated(
        one_fund(need=(0, 0, 1000)),
        *only("三保兜底", "上年保底", "市州占比"),
        Change("市州占比", parameter="上限", object="西州", value=0.4),
    )
    assert priced(allocation) == {("三保兜底", "丙县"): pytest.approx(1)}
    assert unmet(allocation, "资金总额", "均衡性转移支付", 1) == pytest.approx(200)
    assert unmet(allocation, "资金总额", "均衡性转移支付", -1) == pytest.approx(201)


def test_an_objective_that_is_a_sum_is_no_soft_rule_and_gives_no_price() -> None:
    allocation = allocated(
        one_fund(), *only("上年保底", "增幅上限"), objective=("差距最小", "贴近因素法")
    )
    assert any(len(stage.duals) and stage.value > 0 for stage in allocation.solution.stages)
    assert priced(allocation) == {}


def _confirm(allocation: Allocation, prices: dict[tuple[str, str], float]) -> None:
    value = next(
        stage.value for stage in allocation.solution.stages if len(stage.duals) and stage.value > 0
    )
    for (rule, subject), price in prices.items():
        more, less = (unmet(allocation, rule, subject, money) - value for money in (0.1, -0.1))
        assert abs(more) == pytest.approx(0.1 * price, abs=1e-6), (rule, subject)
        assert less == pytest.approx(-more, abs=1e-6), (rule, subject)


def test_what_floats_lose_is_no_shortfall() -> None:
    """20,010,000,000 元 needed, all there but for the last bit of the float: not short; a fen less is."""
    case = make_case(unit=0.01, need=[20_010_000_000.0] * 3, pools={"均衡性": 1e12})
    last = np.nextafter(20_010_000_000.0, 0)
    capacity = np.array([20_010_000_000.0, last, 20_009_999_999.99])
    assert (shortfall(case, capacity) > 0).tolist() == [False, False, True]
