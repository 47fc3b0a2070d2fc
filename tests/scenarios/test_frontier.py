"""The curve of two objectives: by hand, against brute force, and at its two ends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from allocations import EXAMPLE, only, problem
from bruteforce import BruteForce, InfeasibleProgramError, _solve
from cases import make_case, make_settings
from instances import instance

from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.cli.main import main
from transfer_opt.commands.frontier import TradeOff, trade_off
from transfer_opt.core.arrays import Floats
from transfer_opt.intake.prepare import prepare
from transfer_opt.lexlp.program import LevelStage, SumStage
from transfer_opt.lexlp.solve import smallest, solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.objectives import Levels
from transfer_opt.report.tradeoff import (
    frontier_chart,
    measure,
    position_sentence,
    standing_sentence,
)
from transfer_opt.scenarios.frontier import Frontier, _before, _bends, _goal, frontier, objective

COVERAGE, STEADY, CLOSE, SPREAD = "保障水平最大化", "较上年波动最小", "贴近因素法", "差距最小"
HIGHS = opener("highs", 9)


def curve_of(
    case, settings, names: tuple[str, str], objectives: tuple[str, ...] = (CLOSE,)
) -> Frontier:
    instance = problem(case, settings, objectives)
    return frontier(instance, instance.optimum, names)


@pytest.fixture(scope="module")
def example() -> TradeOff:
    return trade_off(prepare(EXAMPLE))


def three_counties():
    """150 to give, 50 each last year; own 0, 20 and 100 of an expenditure of 100 each."""
    return make_case(
        pools={"均衡性": 150.0},
        last={"均衡性": [50, 50, 50]},
        reference={"均衡性": [50, 50, 50]},
        numbers={"可用财力": [0, 20, 100], "标准财政支出": [100, 100, 100]},
    )


def test_the_curve_of_three_counties_by_hand() -> None:
    # Up to a coverage of 70 % only 甲县 needs money from 丙县 (2 moved per point), beyond it 乙县 does too (4 per point);
    # at 85 % 丙县 has nothing left.
    case = three_counties()
    curve = curve_of(case, make_settings(case, *only()), (COVERAGE, STEADY))
    assert [(round(c.first, 9), round(c.second, 6)) for c in curve.corners] == [
        (0.15, 100),
        (0.3, 40),
        (0.5, 0),
    ]
    assert np.round(curve.slopes, 6).tolist() == [400, 200]
    assert [np.round(c.amounts, 6).tolist() for c in curve.corners] == [
        [85, 65, 0],
        [70, 50, 30],
        [50, 50, 50],
    ]


def test_the_present_scenario_is_on_the_curve_or_above_it() -> None:
    case = three_counties()
    settings = make_settings(case, *only())
    on = curve_of(case, settings, (COVERAGE, STEADY))
    assert (on.present, on.above) == ((0.5, 0.0), 0.0)
    assert "正在前沿上" in position_sentence(case, on, "基准方案")
    case = make_case(
        pools={"均衡性": 150.0},
        last={"均衡性": [50, 50, 50]},
        reference={"均衡性": [60, 30, 60]},
        numbers={"可用财力": [0, 20, 100], "标准财政支出": [100, 100, 100]},
    )
    above = curve_of(case, make_settings(case, *only()), (COVERAGE, STEADY))
    assert above.present == pytest.approx((0.5, 40))  # 甲县 60, 乙县 30: lowest is 乙县's 50 %
    assert above.above == pytest.approx(40)
    assert "还可以减少 40 万元" in position_sentence(case, above, "基准方案")


def test_why_the_present_scenario_stands_where_it_does() -> None:
    case = three_counties()
    curve = curve_of(case, make_settings(case, *only()), (COVERAGE, STEADY))
    assert standing_sentence(case, curve, "基准方案", ("贴近因素法",)) == (
        "为什么在这里：「基准方案」的目标是“贴近因素法”。「保障水平最大化」不在目标里，没有去改善它；"
        "只顾它时最低保障水平能提高 35 个百分点，到 85.00%。"
        "「较上年波动最小」不在目标里，没有去改善它；偏离同步增长的资金已是只顾它时的最好值。"
    )
    asked = standing_sentence(case, curve, "稳定优先", (STEADY, COVERAGE))
    assert "「较上年波动最小」排第一；" in asked
    assert "「保障水平最大化」排在“较上年波动最小”之后，只在不损害它们的范围里改善；" in asked


def test_objectives_that_do_not_conflict_are_one_point() -> None:
    case = make_case(
        pools={"均衡性": 150.0},
        last={"均衡性": [50, 50, 50]},
        reference={"均衡性": [50, 50, 50]},
        numbers={"可用财力": [0, 0, 0], "标准财政支出": [100, 100, 100]},
    )
    curve = curve_of(case, make_settings(case, *only()), (COVERAGE, STEADY))
    assert [(c.first, c.second) for c in curve.corners] == [(pytest.approx(0.5), pytest.approx(0))]
    assert curve.slopes == ()


@pytest.mark.system
def test_the_ends_are_the_optima_of_each_objective_alone(example: TradeOff) -> None:
    """To 13 digits for the ratio; the sum to 12, since brute force holds what comes before with a slack."""
    case, curve = example.case, example.curve
    settings = example.prepared.settings
    alone = formulate(case, settings, (COVERAGE, CLOSE))
    reached = {
        stage.name: stage.value for stage in solve(alone.program, alone.stages, HIGHS).stages
    }
    assert curve.corners[0].first == pytest.approx(reached[COVERAGE], rel=1e-13)
    assert curve.corners[-1].second == pytest.approx(_least_change(case, settings), rel=1e-12)


def _least_change(case, settings) -> float:
    """min Σ |x − (1+G)·last| on the face of the soft rules, as one program with a row for each soft optimum."""
    built = formulate(case, settings, (CLOSE,))
    program = built.program
    force = BruteForce(program)
    for stage in built.stages[:-1]:
        if isinstance(stage, SumStage):
            force._keep_sum(stage)
        else:
            force._keep_levels(stage)
    paid = np.flatnonzero(case.lines.last_year > 0)
    wanted = case.lines.last_year[paid] * (1 + case.growth[case.lines.fund[paid]])
    count, width = len(paid), program.shape[1]
    lower, upper = (
        np.append(force._lower, np.zeros(2 * count)),
        np.append(force._upper, np.full(2 * count, np.inf)),
    )
    matrix = np.pad(force._matrix, ((0, 0), (0, 2 * count)))
    balance = np.zeros((count, width + 2 * count))
    balance[np.arange(count), paid] = 1.0
    balance[np.arange(count), width + np.arange(count)] = -1.0
    balance[np.arange(count), width + count + np.arange(count)] = 1.0
    rows, columns = np.nonzero(matrix := np.vstack([matrix, balance]))
    wider = replace(
        program,
        lower=lower,
        upper=upper,
        rows=rows,
        columns=columns,
        values=matrix[rows, columns],
        row_lower=np.append(force._low, wanted),
        row_upper=np.append(force._up, wanted),
        reach=np.full(len(matrix), 2),
    )
    return smallest(wider, np.pad(np.ones(2 * count), (width, 0)), open_solver=HIGHS)[0]


def test_the_curve_of_the_example_is_convex_and_every_corner_keeps_every_total(
    example: TradeOff,
) -> None:
    curve, case = example.curve, example.case
    assert len(curve.corners) > 3
    assert all(steep > flat for steep, flat in zip(curve.slopes, curve.slopes[1:], strict=False))
    for corner, units in zip(curve.corners, example.units, strict=True):
        values = [
            objective(
                case,
                formulate(case, example.prepared.settings, (COVERAGE, STEADY)),
                name,
                corner.amounts,
            )
            for name in (COVERAGE, STEADY)
        ]
        assert values == [
            pytest.approx(corner.first, abs=1e-8),
            pytest.approx(corner.second, abs=1e-4),
        ]
        totals = np.bincount(case.lines.fund, units)
        assert totals.tolist() == case.pools.tolist()


def test_the_shortfall_may_be_traded_itself() -> None:
    found = trade_off(prepare(EXAMPLE), ("三保缺口最小", STEADY))
    first, last = found.curve.corners[0], found.curve.corners[-1]
    assert first.first == pytest.approx(0, abs=1e-6)
    assert (last.first, last.second) > (1000, 0)
    assert last.second < first.second


@pytest.mark.system
def test_between_its_corners_the_curve_is_what_brute_force_finds() -> None:
    assert sum(_compared(seed) for seed in range(0, 40, 2)) >= 8


def test_a_steep_piece_is_as_exact_as_a_flat_one() -> None:
    # 3 880 and 2 340 万元 per unit of coverage: an end held with a slack was off by that many times the slack.
    assert _compared(256)
    assert _compared(608)


@pytest.mark.slow
def test_a_thousand_curves_are_what_brute_force_finds() -> None:
    assert sum(_compared(seed) for seed in range(100, 2200)) >= 1000


def _compared(seed: int) -> bool:
    """Whether the instance could be compared: it is feasible, knows last year, and brute force survives its slacks."""
    case, settings, _ = instance(seed)
    names = ((COVERAGE, STEADY), (COVERAGE, CLOSE), (SPREAD, STEADY), (CLOSE, STEADY))[
        seed // 2 % 4
    ]
    built = formulate(case, settings, (*names, CLOSE))
    if not (built.program.lower <= built.program.upper).all() or not np.isfinite(case.growth).all():
        return False
    if (
        not (case.lines.last_year > 0).any()
        or solve(built.program, built.stages, HIGHS).shortage is not None
    ):
        return False
    curve = curve_of(case, settings, names)
    force = BruteForce(built.program)
    for stage in _before(built.stages, names)[0]:
        if isinstance(stage, LevelStage):
            force._keep_levels(stage)
        else:
            force._keep_sum(stage)
    span = 1 + abs(curve.corners[0].second - curve.corners[-1].second)
    for share in (0.0, 0.3, 0.5, 0.8, 1.0):
        first = curve.corners[0].first + share * (curve.corners[-1].first - curve.corners[0].first)
        try:
            least = _brute(case, force, names, first)
        except InfeasibleProgramError:
            return False
        assert curve.least(first) == pytest.approx(least, abs=1e-4 * span + 1e-6 * abs(least)), seed
    return True


def _brute(case, force: BruteForce, names: tuple[str, str], first: float) -> float:
    """The least second objective with the first at most a value: every |·| and ratio written out as rows."""
    rows, low, up, costs = (
        [*force._matrix],
        [*force._low],
        [*force._up],
        np.zeros(len(force._lower)),
    )
    width = len(costs)

    def dense(expression, at: int) -> Floats:
        row = np.zeros(width)
        inside = expression.rows == at
        np.add.at(row, expression.columns[inside], expression.coefficients[inside])
        return row

    helpers: list[tuple[Floats, float, int]] = []
    for which, name in enumerate(names):
        goal = _goal(case, name)
        for at in range(len(goal.expression)):
            row, constant = dense(goal.expression, at), goal.expression.offsets[at]
            if isinstance(goal, Levels) and not (goal.below and goal.above):
                rows.append(row)
                low.append(
                    float(goal.centre[at]) - float(goal.scale[at]) * (first + 1e-9) - constant
                )
                up.append(np.inf)
            else:
                helpers.append(
                    (
                        row,
                        (float(goal.centre[at]) if isinstance(goal, Levels) else 0.0) - constant,
                        which,
                    )
                )
    count = len(helpers)
    matrix = np.pad(np.array(rows), ((0, 0), (0, 2 * count)))
    for k, (row, right, _) in enumerate(helpers):
        balance = np.pad(row, (0, 2 * count))
        balance[width + k], balance[width + count + k] = -1.0, 1.0
        matrix = np.vstack([matrix, balance])
        low.append(right)
        up.append(right)
    mine = np.array([which for *_, which in helpers])
    if (mine == 0).any():
        matrix = np.vstack([matrix, np.concatenate([np.zeros(width), mine == 0, mine == 0])])
        low.append(-np.inf)
        up.append(first + 1e-7 * (1 + abs(first)))
    costs = np.concatenate([np.zeros(width), mine == 1, mine == 1]).astype(float)
    return _solve(
        costs,
        np.append(force._lower, np.zeros(2 * count)),
        np.append(force._upper, np.full(2 * count, np.inf)),
        matrix,
        np.array(low),
        np.array(up),
    )[0]


def test_the_chart_shows_every_corner_and_the_scenario(example: TradeOff) -> None:
    chart = frontier_chart(example.case, example.curve, "基准方案")
    assert len(chart.x) == len(chart.y) == len(example.curve.corners)
    assert chart.point == (
        pytest.approx(example.curve.present[1]),
        pytest.approx(1 - example.curve.present[0]),
    )


def test_the_command_writes_the_curve_and_says_where_the_scenario_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "前沿.xlsx"
    with pytest.raises(SystemExit) as ending:
        main(["frontier", str(EXAMPLE), "-o", str(target), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert ending.value.code == 0
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["前沿", "各点分配", "图表数据"]
    assert len(book["前沿"]._charts) == 1
    rows = [
        row for row in book["前沿"].iter_rows(min_row=5, values_only=True) if str(row[0]).isdigit()
    ]
    assert len(rows) == len(told["corners"]) == len(told["slopes"]) + 1
    assert [row[1] for row in rows] == [
        pytest.approx(100 * (1 - first), abs=1e-4) for first, _ in told["corners"]
    ]


@pytest.mark.parametrize(
    ("objectives", "said"),
    [("保障水平最大化", "两个不同的目标"), ("保障水平最大化,公平", "两个不同的目标")],
)
def test_an_unknown_pair_is_told(
    objectives: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["frontier", str(EXAMPLE), "--objectives", objectives])
    assert ending.value.code == 1
    assert said in capsys.readouterr().err


def test_a_small_bend_in_a_short_piece_is_kept_and_none_is_made_up() -> None:
    # Of the whole height, 1, the second corner lies a twenty-thousandth below the line from the first to the third.
    curve = [(0.0, 1.0), (0.001, 0.9), (0.002, 0.8001), (1.0, 0.0)]
    assert _bends(curve, np.ones(2)) == curve
    assert _bends([(0.0, 1.0), (0.25, 0.75), (1.0, 0.0)], np.ones(2)) == [(0.0, 1.0), (1.0, 0.0)]


def test_money_of_a_curve_in_large_units_is_told_to_the_small_one() -> None:
    case = replace(make_case(), money_unit="亿元")
    shown = measure(case, "较上年波动最小")
    assert shown.difference(118.82614, "亿元") == "118.8261 亿元"
    assert shown.printed(118.826142) == 118.82614
    assert measure(make_case(), "较上年波动最小").difference(118.82614, "万元") == "119 万元"
