"""One more portion of a pool, one step of a parameter: every figure is what a complete re-solve gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from allocations import EXAMPLE, allocated, example, only, problem
from cases import SPEC, make_case

from transfer_opt.allocation import allocate
from transfer_opt.allocation.explanation import sensitivity
from transfer_opt.allocation.explanation.indicators import position, shortfall
from transfer_opt.allocation.explanation.sensitivity import Sensitivity, sensitivities
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.core.arrays import Floats
from transfer_opt.core.errors import SolverError
from transfer_opt.intake import prepare
from transfer_opt.intake.assemble import assemble
from transfer_opt.lexlp.program import Opener
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change
from transfer_opt.report.rules import county_sensitivity_table, sensitivity_table

EQUALIZATION, GUARANTEE, ECOLOGY = (fund.name for fund in SPEC.funds)
HIGHS = opener("highs", 9)
POOL = (f"{EQUALIZATION}总额", "增加 100 万元")


def tried(case: Case, *changes: Change, open_solver: Opener = HIGHS) -> list[Sensitivity]:
    """All that is tried on a case by hand."""
    done = allocated(case, *changes)
    return list(
        sensitivities(problem(case, done.settings, done.objective, open_solver), done.optimum)
    )


def moves(found: list[Sensitivity]) -> dict[tuple[str, str], list[float]]:
    return {(entry.subject, entry.change): entry.moved.tolist() for entry in found}


def one_fund(
    pool: float = 1000,
    *,
    last: Sequence[float] = (300, 300, 300),
    reference: Sequence[float] = (400, 300, 300),
    need: Sequence[float] = (0, 0, 0),
) -> Case:
    """400, 300 and 300 by the formula; 300 each last year."""
    return make_case(
        pools={"均衡性": pool}, last={"均衡性": last}, reference={"均衡性": reference}, need=need
    )


# ---------------------------------------------------------------- on paper


def test_a_point_more_of_a_cap_gives_its_county_one_hundredth_of_last_year_from_the_others() -> (
    None
):
    """甲 stands at 345; with 16 % at 348, and 乙 and 丙, far from their caps of 575, give half each."""
    found = moves(tried(one_fund(last=(300, 500, 500)), *only("增幅上限")))
    assert found == {
        POOL: [0, 50, 50],
        (f"{EQUALIZATION}的增幅上限", "由 15% 放宽到 16%"): [3, -1.5, -1.5],
    }


def test_a_parameter_that_another_rule_stands_behind_changes_nothing_and_is_still_told() -> None:
    """15 % over 300 and 34.5 % of 1,000 are the same 345."""
    found = moves(
        tried(
            one_fund(),
            *only("增幅上限", "单县占比上限"),
            Change("单县占比上限", parameter="占比上限", value=0.345),
        )
    )
    assert found[f"{EQUALIZATION}的增幅上限", "由 15% 放宽到 16%"] == [0, 0, 0]
    assert found[f"{EQUALIZATION}的「单县占比上限」占比上限", "由 34.5% 放宽到 35.5%"] == [0, 0, 0]


def test_a_cap_of_one_county_alone_is_a_parameter_of_its_own() -> None:
    """The cap of all others is slack, so only 甲's is stepped: from 330 to 333."""
    found = moves(
        tried(
            one_fund(),
            *only("增幅上限"),
            Change("增幅上限", parameter="增幅上限", object="甲县", value=0.10),
        )
    )
    assert list(found) == [POOL, (f"甲县{EQUALIZATION}的增幅上限", "由 10% 放宽到 11%")]
    assert found[f"甲县{EQUALIZATION}的增幅上限", "由 10% 放宽到 11%"] == [3, -1.5, -1.5]


def test_a_need_unmet_names_the_multiple_and_no_share_that_is_already_whole() -> None:
    """甲 needs 700, has 100 and can get 400. 可统筹比例 is 1 and cannot be more; the floors of 300 give way by 3 each."""
    found = tried(one_fund(need=(700, 0, 0)), *only("三保兜底", "上年保底"))
    assert [(entry.subject, entry.shortfall) for entry in found] == [
        (f"{EQUALIZATION}总额", -100),
        (f"{EQUALIZATION}的「上年保底」降幅上限", pytest.approx(-6)),
    ]
    assert found[1].moved.tolist() == [6, -3, -3]


def test_growth_held_by_the_fund_itself_is_no_matter_of_the_parameter() -> None:
    """The fund grows by nothing, so 3 % asked for is 0 % held: 2 % would be the same."""
    case = make_case(
        pools={"生态": 200},
        last={"生态": (100, 50, 50)},
        reference={"生态": (90, 60, 50)},
        need=(0, 0, 0),
    )
    assert [entry.subject for entry in tried(case, *only("生态稳定增长"))] == [f"{ECOLOGY}总额"]


def test_a_limit_of_a_prefecture_gives_way_on_the_side_that_binds() -> None:
    """西州 is 丙 alone: 25 % of 1,000 is its most, one point more is 10."""
    found = moves(
        tried(
            one_fund(),
            *only("市州占比"),
            Change("市州占比", parameter="上限", object="西州", value=0.25),
        )
    )
    subject = f"西州{EQUALIZATION}的「市州占比」上限"
    assert list(found) == [POOL, (subject, "由 25% 放宽到 26%")]
    assert found[subject, "由 25% 放宽到 26%"][2] == 10


def test_the_last_step_stops_at_the_end_of_the_range() -> None:
    """乙's floor of 1.5 is 2 in whole units; without any floor it gets what the formula says."""
    found = tried(
        one_fund(reference=(499.5, 0.5, 500)),
        *only("上年保底"),
        Change("上年保底", parameter="降幅上限", object="乙县", value=0.995),
    )
    assert (found[-1].subject, found[-1].change) == (
        f"乙县{EQUALIZATION}的「上年保底」降幅上限",
        "由 99.5% 放宽到 100%",
    )
    assert found[-1].moved[1] == -1.5


# ---------------------------------------------------------------- what cannot be solved


def test_a_larger_pool_that_no_cap_lets_in_is_said_to_be_impossible() -> None:
    """Everyone stands at last year's 300 and may not grow."""
    (pool, cap) = tried(
        one_fund(pool=900), *only("增幅上限"), Change("增幅上限", parameter="增幅上限", value=0.0)
    )
    assert pool.note == "这样改变后没有可行的分配方案"
    assert np.isnan(pool.moved).all()
    assert cap.moved.tolist() == [3, -1.5, -1.5]


def test_a_larger_pool_whose_growth_lifts_a_floor_over_a_cap_is_said_to_be_impossible() -> None:
    case = make_case(
        pools={"生态": 200},
        last={"生态": (100, 50, 50)},
        reference={"生态": (90, 60, 50)},
        need=(0, 0, 0),
    )
    pool, *_ = tried(
        case, *only("生态稳定增长", "增幅上限"), Change("增幅上限", parameter="增幅上限", value=0.0)
    )
    assert pool.note == "这样改变后没有可行的分配方案"


def test_what_a_solver_fails_on_is_found_in_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    case = one_fund(last=(400, 400, 400))
    done = allocated(case, *only("增幅上限"))
    asked = done.instance, done.optimum
    expected = list(sensitivities(*asked))

    def broken(*_: object, **__: object) -> None:
        raise SolverError("求解器返回「Unknown」")

    monkeypatch.setattr("transfer_opt.allocation.optimum.solve", broken)
    found = list(sensitivities(*asked))
    assert [(entry.subject, entry.moved.tolist()) for entry in found] == [
        (entry.subject, entry.moved.tolist()) for entry in expected
    ]
    assert any(entry.moved.any() for entry in found)
    assert not any(entry.note for entry in found)


def test_a_large_case_tries_only_what_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "STEPPED_LINES", 2)
    assert tried(one_fund(), *only("增幅上限")) == []
    assert list(
        moves(
            tried(
                one_fund(), *only("增幅上限"), Change("敏感性", parameter="范围", value="资金总额")
            )
        )
    ) == [POOL]
    assert (
        len(tried(one_fund(), *only("增幅上限"), Change("敏感性", parameter="范围", value="全部")))
        == 2
    )


# ---------------------------------------------------------------- steps and digits


def test_a_step_goes_where_the_rule_gives_way() -> None:
    for name, entry in CONSTRAINTS.items():
        if entry.relaxed_by:
            parameter, direction = entry.relaxed_by
            assert SPEC.rules[name].parameters[parameter].step * direction > 0, name


def test_changes_are_told_in_tenths_that_add_to_the_pool() -> None:
    """100 more in thirds: 33.3, 33.3 and 33.4."""
    case = one_fund(reference=(1000 / 3, 1000 / 3, 1000 / 3))
    (found,) = tried(case, *only())
    assert sorted(found.moved.tolist()) == [33.3, 33.3, 33.4]


# ---------------------------------------------------------------- the example

EXAMPLE_CHANGES = {
    **{
        (f"{name}总额", "增加 100 万元"): Change("资金总额", name, "本年总额", value=total + 100)
        for name, total in ((EQUALIZATION, 1998000.0), (GUARANTEE, 438000.0), (ECOLOGY, 384500.0))
    },
    (f"{EQUALIZATION}的「上年保底」降幅上限", "由 0% 放宽到 1%"): Change(
        "上年保底", EQUALIZATION, "降幅上限", value=0.01
    ),
    (f"{GUARANTEE}的「上年保底」降幅上限", "由 10% 放宽到 11%"): Change(
        "上年保底", GUARANTEE, "降幅上限", value=0.11
    ),
    (f"{ECOLOGY}的「上年保底」降幅上限", "由 0% 放宽到 1%"): Change(
        "上年保底", ECOLOGY, "降幅上限", value=0.01
    ),
    (f"{ECOLOGY}的「考核奖惩」扣减比例", "由 5% 放宽到 4%"): Change(
        "考核奖惩", ECOLOGY, "扣减比例", value=0.04
    ),
    (f"{EQUALIZATION}的增幅上限", "由 15% 放宽到 16%"): Change(
        "增幅上限", EQUALIZATION, "增幅上限", value=0.16
    ),
    (f"{GUARANTEE}的增幅上限", "由 30% 放宽到 31%"): Change(
        "增幅上限", GUARANTEE, "增幅上限", value=0.31
    ),
    (f"{ECOLOGY}的增幅上限", "由 20% 放宽到 21%"): Change(
        "增幅上限", ECOLOGY, "增幅上限", value=0.21
    ),
    ("「三保兜底」保障倍数", "由 1 放宽到 0.99"): Change(
        "三保兜底", parameter="保障倍数", value=0.99
    ),
    (f"{GUARANTEE}的「三保压力倾斜」增幅差", "由 3% 放宽到 2%"): Change(
        "三保压力倾斜", GUARANTEE, "增幅差", value=0.02
    ),
    (f"{ECOLOGY}的「生态稳定增长」增长率", "由 3% 放宽到 2%"): Change(
        "生态稳定增长", ECOLOGY, "增长率", value=0.02
    ),
}


def solved(*changes: Change) -> tuple[Case, Floats]:
    """The example with these changes as a scenario would make them, solved from the workbook on."""
    prepared = prepare.prepare(EXAMPLE)
    settings = replace(prepared.settings, layers=(*prepared.settings.layers, changes))
    case = assemble(prepared.spec, prepared.budget, settings)
    formulation = formulate(case, settings, prepared.objective)
    solution = solve(formulation.program, formulation.stages, opener("pulp-highs", len(case.lines)))
    return case, solution.columns[: len(case.lines)]


def test_the_example_tries_what_binds_there() -> None:
    told = [entry for entry in example().sensitivities if not entry.between]
    assert [(entry.subject, entry.change) for entry in told] == list(EXAMPLE_CHANGES)
    # Between every two of its three funds, each way: all have a part of the province's own.
    assert len(example().sensitivities) - len(told) == 6


@pytest.mark.system
@pytest.mark.parametrize("said", EXAMPLE_CHANGES, ids="".join)
def test_every_figure_of_the_example_is_that_of_a_full_solve(said: tuple[str, str]) -> None:
    (first, amounts), (second, others) = solved(), solved(EXAMPLE_CHANGES[said])
    before, after = position(first, amounts), position(second, others)
    row = next(row for row in sensitivity_table(example()).rows if row.values[:2] == said)
    assert row.values[2] == round(
        float(shortfall(second, after.capacity).sum() - shortfall(first, before.capacity).sum()), 4
    )
    lowest = round(float(after.coverage.min() - before.coverage.min()) * 100, 4)
    assert row.values[3] == (f"{lowest:+.4f}个百分点" if lowest else "不变")
    table = county_sensitivity_table(example())
    column = [entry.name for entry in table.columns].index("".join(said))
    printed = {
        row.values[1]: float(row.values[column] or 0) for row in table.rows if row.kind == "unit"
    }
    exact = dict(zip(first.recipients.name, (after.given - before.given).tolist(), strict=True))
    most = max(exact, key=lambda name: abs(exact[name]))
    assert {
        name: money
        for name, money in printed.items()
        if abs(money - exact[name]) > 0.05 + 1e-6 and name != most
    } == {}
    assert printed[most] == pytest.approx(exact[most], abs=0.1 * len(printed) / 2)
    assert sum(printed.values()) == pytest.approx(sum(exact.values()), abs=0.05)


def test_who_gains_and_who_loses_stands_in_words() -> None:
    told = {row.values[:2]: row.values[4] for row in sensitivity_table(example()).rows}
    assert told[f"{ECOLOGY}的「考核奖惩」扣减比例", "由 5% 放宽到 4%"] == (
        "1 个县增加共 202：兴海县 202；12 个县减少共 202：玉树市 35.8、杂多县 30.2、玛沁县 20.5 等"
    )


def test_the_counties_sheet_adds_by_prefecture_and_to_the_pools() -> None:
    table = county_sensitivity_table(example())
    total, *others = table.rows
    assert total.values[3:] == (100, 100, 100, *[0] * 10, None, None, None)
    for column in range(3, 16):
        subtotals = sum(float(row.values[column] or 0) for row in others if row.kind == "subtotal")
        assert subtotals == pytest.approx(float(total.values[column] or 0), abs=1e-6)


def test_the_sheet_says_when_changes_were_left_out_and_how_to_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = example()
    monkeypatch.setattr(sensitivity, "STEPPED_LINES", 100)
    assert (
        "所以没有算；要算资金总额的变动，请在「约束参数」里加一行：规则「敏感性」、参数「范围」、取值「资金总额」"
        in (sensitivity_table(outcome).notes[1])
    )


def test_a_fine_publishing_unit_is_told_without_powers_of_ten() -> None:
    """100 元 more in 万元: nobody reads 5e-05."""
    outcome = allocate.allocate(prepare.prepare(EXAMPLE, unit="1元"), "highs")
    told = sensitivity_table(outcome).rows[0]
    assert told.values[1] == "增加 0.01 万元"
    assert "杂多县 0.00005" in str(told.values[4])
    assert not any(
        "e-" in str(value) for row in sensitivity_table(outcome).rows for value in row.values
    )
