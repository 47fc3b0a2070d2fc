"""Where every amount comes from: steps that add to the published number, and reasons an official can check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import pytest
from allocations import SCENARIOS, allocated, example, only, problem
from cases import make_case
from instances import instance

from transfer_opt.allocation.explanation.steps import ROUNDING_STEP, STEP_NAMES, Steps, steps
from transfer_opt.allocation.formulation.formulate import composed, formulate
from transfer_opt.allocation.optimum import Optimum, Published
from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Floats
from transfer_opt.lexlp.program import Opener, Program, Session
from transfer_opt.lexlp.solve import solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.constraints import CONSTRAINTS
from transfer_opt.policy.model import Change
from transfer_opt.report.steps import step_table

HIGHS = opener("highs", 9)

CENT = Decimal("0.01")


def exact(values: Floats, unit: float = 1.0) -> list[Decimal]:
    """Hundredths of the unit as they are printed; the values may carry no more than the dust of a float."""
    cents = [Decimal(round(float(value) / unit * 100)) * CENT for value in values]
    assert np.abs(np.array([float(cent) for cent in cents]) - values / unit).max(initial=0) < 1e-9
    return cents


def added(steps: Steps, unit: float = 1.0) -> list[Decimal]:
    """Start plus all changes, line by line."""
    columns = [exact(steps.start, unit), *(exact(row, unit) for row in steps.changes)]
    return [sum(line, Decimal(0)) for line in zip(*columns, strict=True)]


def step(steps: Steps, name: str) -> list[float]:
    return [float(value) for value in steps.changes[STEP_NAMES.index(name)]]


def reason(outcome: Outcome, county: str, fund: str) -> tuple[str, str]:
    case = outcome.case
    (line,) = [
        line
        for line in range(len(case.lines))
        if case.recipients.name[case.lines.recipient[line]] == county
        and case.funds[case.lines.fund[line]].short == fund
    ]
    return outcome.reasons[line]


def one_fund(
    *,
    pool: float = 1000,
    last: Sequence[float] = (300, 300, 300),
    reference: Sequence[float] = (400, 300, 300),
    unit: float = 1.0,
    need: Sequence[float] = (0, 0, 0),
    others: Mapping[str, Sequence[float]] | None = None,
) -> Case:
    """Three counties and the fund 均衡性."""
    return make_case(
        pools={"均衡性": pool},
        last={"均衡性": last},
        reference={"均衡性": reference},
        unit=unit,
        need=need,
        numbers=others,
    )


# ---------------------------------------------------------------- the chain


def test_a_cap_takes_from_one_and_gives_to_the_others_by_the_formula() -> None:
    """甲 may have 345 of its 400; 乙 and 丙 share the 55 alike, and rounding puts 327.5 up for the first."""
    steps = allocated(one_fund(), *only("上年保底", "增幅上限")).steps
    assert steps.start.tolist() == [400, 300, 300]
    assert step(steps, "增幅上限") == [-55, 27.5, 27.5]
    assert step(steps, ROUNDING_STEP) == [0, 0.5, -0.5]
    assert steps.published.tolist() == [345, 328, 327]


def test_a_rule_that_moves_nothing_gives_zeros() -> None:
    steps = allocated(one_fund(), *only("上年保底", "增幅上限", "困难地区倾斜")).steps
    moved = {name for name in STEP_NAMES if any(step(steps, name))}
    assert moved == {"增幅上限", ROUNDING_STEP}


def test_each_rule_shows_in_its_own_column() -> None:
    """上年保底 lifts 丙 to 350 at the cost of 甲, as 乙 may not fall under 300; then 增幅上限 takes 5 more from 甲."""
    case = one_fund(last=(300, 300, 350))
    steps = allocated(case, *only("上年保底", "增幅上限")).steps
    assert step(steps, "上年保底") == [-50, 0, 50]
    assert step(steps, "增幅上限") == [-5, 5, 0]
    assert steps.published.tolist() == [345, 305, 350]


def test_what_the_assessment_cuts_shows_before_all_rules() -> None:
    case = make_case(
        pools={"生态": 300.0},
        last={"生态": (0, 0, 0)},
        need=(0, 0, 0),
        reference_before={"生态": (200, 60, 40)},
        reference={"生态": (190, 66, 44)},
        penalty={"生态": (0.05, 0, 0)},
    )
    steps = allocated(case, *only("考核奖惩")).steps
    assert steps.start.tolist() == [200, 60, 40]
    assert step(steps, "考核奖惩") == [-10, 6, 4]


def test_what_the_objective_list_changes_has_its_own_column() -> None:
    """With 丙 kept at 300 the formula's 400, 300, 300 levels the others at 0.5 already; with 丙 free, all reach 1700/3000."""
    levelled = ("保障水平最大化", "贴近因素法")
    kept = allocated(one_fund(last=(0, 0, 300)), *only("上年保底"), objective=levelled).steps
    assert step(kept, "目标调整") == [0, 0, 0]
    free = allocated(one_fund(last=(0, 0, 100)), *only("上年保底"), objective=levelled).steps
    assert step(free, "目标调整") == pytest.approx([200 / 3, 200 / 3, -400 / 3], abs=0.01)


@pytest.mark.parametrize("unit", [1.0, 0.01, 0.0001])
def test_the_steps_add_exactly_in_any_publishing_unit(unit: float) -> None:
    case = one_fund(
        pool=1000 * unit,
        last=tuple(np.array([290, 0, 297]) * unit),
        reference=tuple(np.array([333.333333, 333.333333, 333.333334]) * unit),
        unit=unit,
    )
    allocation = allocated(case, *only("上年保底", "增幅上限"))
    assert added(allocation.steps, unit) == [Decimal(int(count)) for count in allocation.units]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_examples_steps_add_exactly_to_the_published_numbers(scenario: str) -> None:
    outcome = example(scenario)
    assert added(outcome.steps) == [Decimal(int(count)) for count in outcome.units]
    assert outcome.steps.published.tolist() == outcome.published.tolist()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_line_as_printed_adds_in_exact_decimals_to_the_amount_beside_it(
    scenario: str,
) -> None:
    table = step_table(example(scenario))
    names = [column.name for column in table.columns]
    first, last, amount = (names.index(name) for name in ("因素法测算额", ROUNDING_STEP, "分配额"))
    lines = [row.values for row in table.rows if row.kind == "unit"]
    assert len(lines) == len(example(scenario).units)
    for values in lines:
        assert sum(
            (Decimal(repr(value)) for value in values[first : last + 1]), Decimal(0)
        ) == Decimal(repr(values[amount]))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_adjustment_of_the_example_adds_to_0_in_every_fund(scenario: str) -> None:
    outcome = example(scenario)
    for f, fund in enumerate(outcome.case.funds):
        inside = outcome.case.lines.fund == f
        assert sum(exact(outcome.steps.start[inside])) == Decimal(fund.pool)
        assert {
            name: sum(exact(row[inside]))
            for name, row in zip(STEP_NAMES, outcome.steps.changes, strict=True)
        } == dict.fromkeys(STEP_NAMES, 0)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_rounding_moves_no_line_of_the_example_by_a_whole_unit(scenario: str) -> None:
    assert np.abs(step(example(scenario).steps, ROUNDING_STEP)).max() < 1


def test_the_objective_column_is_0_where_the_list_asks_for_nothing_more() -> None:
    assert not any(step(example("基准方案").steps, "目标调整"))
    assert any(step(example("均衡优先").steps, "目标调整"))


@pytest.mark.system
def test_a_step_that_is_not_solved_again_is_what_solving_would_find() -> None:
    once, every = list[Program](), list[Program]()
    for seed in range(80):
        case, settings, objective = instance(seed)
        formulation = formulate(case, settings, objective)
        if (formulation.program.lower > formulation.program.upper).any():
            continue
        solution = solve(formulation.program, formulation.stages, HIGHS)
        if solution.shortage is not None:
            continue
        amounts = solution.columns[: len(case.lines)]
        found = steps(
            problem(case, settings, objective, _counting(once)),
            Published(Optimum(formulation, solution), published(case, amounts, HIGHS), ""),
        )
        reached, active = found.start + np.cumsum(found.changes, axis=0), ["资金总额"]
        for k, name in enumerate(STEP_NAMES[:8]):
            active += (
                [name]
                if name != "其他规则"
                else [rule for rule in CONSTRAINTS if rule not in STEP_NAMES]
            )
            partial = composed(
                case,
                [entry for entry in formulation.rules if entry.rule.name in active],
                ["贴近因素法"],
                formulation.whole,
            )
            alone = solve(partial.program, partial.stages, _counting(every)).columns[
                : len(case.lines)
            ]
            assert np.abs(reached[k] - alone).max() <= 0.02 * case.unit * len(case.lines), (
                seed,
                name,
            )
    assert len(every) > 500
    assert len(once) < 0.75 * len(every)


def _counting(opened: list[Program]) -> Opener:
    def open_counted(program: Program) -> Session:
        opened.append(program)
        return HIGHS(program)

    return open_counted


def test_only_the_penalised_county_loses_by_the_assessment() -> None:
    outcome = example()
    cut = np.flatnonzero(np.array(step(outcome.steps, "考核奖惩")) < 0)
    assert [outcome.case.recipients.name[i] for i in outcome.case.lines.recipient[cut]] == [
        "兴海县"
    ]


# ---------------------------------------------------------------- reasons by hand


def test_a_line_at_its_cap_and_lines_by_the_formula_say_so() -> None:
    assert allocated(one_fund(), *only("上年保底", "增幅上限")).reasons == [
        "达到增幅上限15%",
        "按因素法和全省统一系数",
        "按因素法和全省统一系数",
    ]


def test_a_line_at_its_floor_says_whether_a_cut_was_allowed() -> None:
    assert (
        allocated(one_fund(last=(300, 300, 350)), *only("上年保底")).reasons[2]
        == "停在上年保底（不低于上年）"
    )
    cut = Change("上年保底", parameter="降幅上限", value=0.02)
    assert (
        allocated(one_fund(last=(300, 300, 350)), *only("上年保底"), cut).reasons[2]
        == "停在上年保底（降幅不超过2%）"
    )


def test_a_line_at_a_soft_cap_says_so_as_at_a_hard_one() -> None:
    soft = Change("增幅上限", hard=False)
    assert allocated(one_fund(last=(290.5, 300, 300)), *only("增幅上限"), soft).reasons == [
        "达到增幅上限15%",
        "按因素法和全省统一系数",
        "按因素法和全省统一系数",
    ]


def test_a_given_bound_is_told_with_its_reason() -> None:
    case = make_case(
        pools={"均衡性": 1000.0}, need=(0, 0, 0), cap={"均衡性": (350, np.nan, np.nan)}
    )
    object.__setattr__(case.lines, "given_reason", np.array(["撤并乡镇", "", ""], dtype=object))
    assert allocated(case, *only("县区上下限")).reasons[0] == "达到指定上限：撤并乡镇"


def test_a_county_lifted_to_its_need_says_so() -> None:
    """甲 needs 550: 100 of its own and 450 of the fund, 50 more than the formula gives."""
    assert (
        allocated(one_fund(need=(550, 0, 0)), *only("三保兜底")).reasons[0]
        == "“三保”需求兜底，补到刚好足额"
    )


def test_a_county_that_stays_short_is_not_said_to_have_enough() -> None:
    """甲 needs 700 of which 100 is its own; the others stand at last year's 300, so 400 is all there is."""
    allocation = allocated(one_fund(need=(700, 0, 0)), *only("三保兜底", "上年保底"))
    assert allocation.units.tolist() == [400, 300, 300]
    assert allocation.reasons[0] == "“三保”需求兜底，仍有缺口"


def test_a_line_the_formula_gives_nothing_says_so() -> None:
    case = one_fund(last=(450, 450, 0), reference=(500, 500, 0))
    assert allocated(case, *only("上年保底", "增幅上限")).reasons[2] == "因素法测算额为0"


# ---------------------------------------------------------------- reasons on the example


@pytest.mark.parametrize(
    ("county", "fund", "words", "clause"),
    [
        ("湟源县", "县级保障", "“三保”需求兜底，补到刚好足额", "若干措施第二十一条"),
        ("兴海县", "生态", "生态考核变差扣减5%", "参照59号"),
        ("门源回族自治县", "均衡性", "达到增幅上限15%", "58号"),
        ("玛多县", "生态", "达到增幅上限20%", "58号"),
        ("城西区", "均衡性", "停在上年保底（不低于上年）", "省定"),
        ("互助土族自治县", "县级保障", "停在上年保底（降幅不超过10%）", "省定"),
        ("同德县", "生态", "按生态稳定增长保底", "若干措施第二十一条"),
        ("城东区", "均衡性", "按因素法和全省统一系数", "58号"),
        ("城东区", "县级保障", "达到增幅上限30%", "58号"),
    ],
)
def test_reasons_of_the_example(county: str, fund: str, words: str, clause: str) -> None:
    said, cited = reason(example(), county, fund)
    assert said == words
    assert clause in cited


@pytest.mark.parametrize("scenario", ["基准方案", "生态优先"])
def test_no_line_is_lifted_to_its_need_whose_columns_all_take_from_it(scenario: str) -> None:
    outcome = example(scenario)
    rules = outcome.steps.changes[: STEP_NAMES.index(ROUNDING_STEP)]
    for line, (words, _) in enumerate(outcome.reasons):
        if words.startswith("“三保”"):
            assert rules[3:, line].sum() > 0, outcome.case.amount.labels[line]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_lines_by_the_common_coefficient_have_it(scenario: str) -> None:
    outcome = example(scenario)
    lines, coefficients = outcome.case.lines, dict(outcome.coefficients)
    amounts = outcome.solution.columns[: len(lines)]
    for line, (words, _) in enumerate(outcome.reasons):
        if words == "按因素法和全省统一系数":
            factor = coefficients[outcome.case.funds[lines.fund[line]].name]
            assert amounts[line] == pytest.approx(factor * lines.reference[line], rel=1e-6)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_ratio_that_one_line_has_alone_is_no_common_coefficient(scenario: str) -> None:
    outcome = example(scenario)
    for f, fund in enumerate(outcome.case.funds):
        words = [outcome.reasons[line][0] for line in np.flatnonzero(outcome.case.lines.fund == f)]
        assert words.count("按因素法和全省统一系数") >= (
            2 if fund.name in dict(outcome.coefficients) else 0
        )
        assert words.count("按因素法和全省统一系数") != 1


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_line_of_the_example_has_a_reason_and_bounds_have_a_clause(scenario: str) -> None:
    for words, clause in example(scenario).reasons:
        assert words
        assert clause or words.startswith("按目标顺序")
