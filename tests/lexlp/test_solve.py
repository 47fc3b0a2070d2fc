"""The lexicographic optimum: by hand, in closed form, by brute force, by every solver, and when there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bruteforce import BruteForce
from cases import make_case, make_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import formulated, instance

from textbook import Textbook
from transfer_opt.allocation.formulation.formulate import Formulation, formulate
from transfer_opt.core.errors import SolverError
from transfer_opt.core.exact import exact, exacts
from transfer_opt.lexlp.cuts import State, Terms, crossings
from transfer_opt.lexlp.program import (
    PROVINCE,
    LevelStage,
    Opener,
    Program,
    Question,
    RawSolution,
    Session,
    Stage,
    SumStage,
)
from transfer_opt.lexlp.solve import Solution, solve
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulp")

CLOSEST = "贴近因素法"
ARRAYS: Opener = opener("highs", 1)


def solved(formulation: Formulation, solver: str = "highs") -> Solution:
    return solve(formulation.program, formulation.stages, opener(solver, formulation.program.lines))


def amounts(
    case: Case, objective: Sequence[str], rules: Sequence[str], *changes: Change
) -> list[float]:
    """The amounts under these rules and objectives, rounded to a millionth."""
    formulation = formulate(case, make_settings(case, *changes), objective, ["资金总额", *rules])
    solution = solved(formulation)
    assert solution.shortage is None
    values: list[float] = np.round(solution.columns[: len(case.lines)], 6).tolist()
    return values


def one_fund(pool: float, reference: Sequence[float], **changes: Any) -> Case:
    """One fund, as many counties as reference amounts; nothing known of last year."""
    count = len(reference)
    given = {
        key: {"均衡性": changes.pop(key)} for key in ("floor", "cap", "last") if key in changes
    }
    own, expenditure = changes.pop("own", [0.0] * count), changes.pop("expenditure", [1.0] * count)
    return make_case(
        names=[f"县{i:02d}" for i in range(count)],
        prefecture=["州"] * count,
        pools={"均衡性": pool},
        numbers={"可用财力": own, "标准财政支出": expenditure},
        reference={"均衡性": reference},
        need=changes.pop("need", [0.0] * count),
        **given,
        **changes,
    )


class TestByHand:
    """Two funds, three counties.

    均衡性 600: e = 200, 200, 200     甲 at most 240, 丙 at least 190
    县级保障 300: e = 100, 100, 100   乙 at least 80
    甲 owns 100 and needs 500: its two lines must reach 400
    """

    def case(self, **changes: Any) -> Case:
        nan = np.nan
        return make_case(
            pools={"均衡性": 600.0, "县级保障": 300.0},
            reference={"均衡性": [200, 200, 200], "县级保障": [100, 100, 100]},
            cap={"均衡性": [240, nan, nan]},
            floor={"均衡性": [nan, nan, 190], "县级保障": [nan, 80, nan]},
            numbers={"可用财力": [100, 1000, 1000]},
            **{"need": [500, 100, 0], **changes},
        )

    @pytest.mark.parametrize("hard", [True, False])
    def test_the_need_binds_and_the_others_share_the_rest_as_evenly_as_their_floors_let_them(
        self, hard: bool
    ) -> None:
        # 甲: 240 at its cap (20 % up), so 160 of 县级保障 (60 % up): the first level.
        # 县级保障 leaves 140: 70 each, but 乙 keeps 80, so 丙 gets 60 (40 % down): the second.
        # 均衡性 leaves 360: 180 each, but 丙 keeps 190, so 乙 gets 170 (15 % down): the third.
        found = amounts(
            self.case(), [CLOSEST], ["三保兜底", "县区上下限"], Change("三保兜底", hard=hard)
        )
        assert found == [240, 170, 190, 160, 80, 60]

    def test_without_the_need_everyone_gets_the_reference(self) -> None:
        assert amounts(self.case(), [CLOSEST], ["县区上下限"]) == [200, 200, 200, 100, 100, 100]

    def test_its_levels_are_the_deviations_in_order(self) -> None:
        formulation = formulate(
            self.case(),
            make_settings(self.case()),
            [CLOSEST],
            ["资金总额", "三保兜底", "县区上下限"],
        )
        shortfall, shared, closest = solved(formulation).stages
        assert (shortfall.name, shortfall.value) == ("三保缺口最小", 0)
        assert shared.chain == ()
        assert closest.value == pytest.approx(0.6)

    def test_what_cannot_be_met_is_short_by_the_least_and_told_in_money(self) -> None:
        # 甲 can reach 240 + 300 − 80 = 460 of the 500 it lacks; 丙 is left with nothing of 县级保障.
        case = self.case(need=[600, 100, 0])
        formulation = formulate(
            case, make_settings(case), [CLOSEST], ["资金总额", "三保兜底", "县区上下限"]
        )
        solution = solved(formulation)
        assert solution.stages[0].value == pytest.approx(40, abs=1e-9)
        assert np.round(solution.columns[:6], 6).tolist() == [240, 170, 190, 220, 80, 0]

    def test_what_one_county_would_do_alone_gives_way_to_a_wider_level_above_it(self) -> None:
        # 甲 must reach 258 with e = 60 + 100. Alone it would take 61 % more of both, 乙 lose 92 % of 均衡性.
        # Together: 60 + 40t + 100 + 100t = 258, so t = 70 %: 乙 keeps 12 of 40.
        case = make_case(
            names=["甲县", "乙县"],
            prefecture=["州", "州"],
            pools={"均衡性": 100.0, "县级保障": 300.0},
            reference={"均衡性": [60, 40], "县级保障": [100, 200]},
            numbers={"可用财力": [0, 0]},
            need=[258, 0],
        )
        assert amounts(case, [CLOSEST], ["三保兜底"], Change("三保兜底", hard=True)) == [
            88,
            12,
            170,
            130,
        ]

    def test_leximin_lifts_the_worst_covered_first(self) -> None:
        # One fund of 600; coverage (own + x)/N with N = 1000: 100, 300, 900 become 500, 500, 900.
        case = make_case(pools={"均衡性": 600.0}, numbers={"可用财力": [100, 300, 900]})
        assert amounts(case, ["保障水平最大化"], []) == [400, 200, 0]

    def test_a_shortfall_is_shared_in_proportion_to_need(self) -> None:
        # Needs 200 and 400, nothing of their own, 300 to give: both are covered by half.
        case = one_fund(300, [299, 1], need=[200, 400])
        assert amounts(case, ["三保缺口最小"], ["三保兜底"]) == [100, 200]

    def test_a_county_with_surplus_does_not_share_a_shortfall(self) -> None:
        # 丙 needs nothing more; 甲 and 乙 lack 100 of 300 and share it by need: 100·(1/3), 100·(2/3).
        case = one_fund(200, [100, 100, 100], need=[100, 200, 50], own=[0, 0, 80])
        assert amounts(case, ["三保缺口最小"], ["三保兜底"]) == pytest.approx(
            [66.666667, 133.333333, 0], abs=2e-6
        )

    def test_a_line_without_a_claim_takes_money_only_when_the_others_are_full(self) -> None:
        case = one_fund(300, [0, 100, 200], cap=[np.nan, 90, 180])
        assert amounts(case, [CLOSEST], ["县区上下限"]) == [30, 90, 180]

    def test_least_movement_against_last_year(self) -> None:
        # 1,100 after 1,000, the same share for all: 10 % up, but 甲 may take 5 % only: 乙 and 丙 share the rest.
        case = one_fund(1100, [1100, 0, 0], last=[200, 300, 500], cap=[210, np.nan, np.nan])
        assert amounts(case, ["较上年波动最小"], ["县区上下限"]) == [210, 333.75, 556.25]

    def test_smallest_spread_comes_before_the_reference(self) -> None:
        # Province: (600 + 300)/3 = 300 per N = 1: 甲 owns 100, 乙 200, 丙 300.
        case = one_fund(300, [300, 0, 0], own=[100, 200, 300])
        assert amounts(case, ["差距最小", CLOSEST], []) == [200, 100, 0]

    def test_a_lower_priority_gives_way_first(self) -> None:
        # 100 to give; 保底 asks 80 of 甲 (priority 1), the cap lets 乙 have at most 10 (priority 2).
        case = one_fund(100, [20, 80], last=[80, 5])
        changes = [
            Change("上年保底", hard=False, priority=1),
            Change("增幅上限", parameter="增幅上限", value=1.0),
            Change("增幅上限", hard=False, priority=2),
        ]
        assert amounts(case, [CLOSEST], ["上年保底", "增幅上限"], *changes) == [90, 10]


@st.composite
def bounded_lines(draw: Callable[..., Any]) -> tuple[float, list[int], list[int], list[int]]:
    """Pool, reference amounts, floors and caps of one fund, so that the pool fits between the bounds."""
    count = draw(st.integers(1, 8))
    reference = draw(st.lists(st.integers(1, 5000), min_size=count, max_size=count))
    floors = draw(st.lists(st.integers(0, 3000), min_size=count, max_size=count))
    caps = [floor + draw(st.integers(0, 3000)) for floor in floors]
    return draw(st.integers(sum(floors), sum(caps))), reference, floors, caps


class TestInClosedForm:
    @given(bounded_lines())
    @settings(max_examples=80, deadline=None)
    def test_with_bounds_only_one_factor_serves_the_whole_fund(self, drawn: Any) -> None:
        pool, reference, floors, caps = drawn
        case = one_fund(pool, reference, floor=floors, cap=caps)
        formulation = formulate(case, make_settings(case), [CLOSEST], ["资金总额", "县区上下限"])
        x = solved(formulation).columns
        expected = np.clip(
            _factor(pool, reference, floors, caps) * np.array(reference), floors, caps
        )
        assert x == pytest.approx(expected, abs=1e-7 * max(pool, 1))
        assert x.sum() == pytest.approx(pool, abs=1e-9 * max(pool, 1))

    @given(
        st.integers(1, 20000),
        st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 50)), min_size=1, max_size=8),
    )
    @settings(max_examples=60, deadline=None)
    def test_the_fairest_coverage_fills_up_to_one_level(
        self, pool: int, rows: list[tuple[int, int]]
    ) -> None:
        own, size = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        case = one_fund(pool, [1.0] * len(rows), own=own, expenditure=size)
        x = solved(formulate(case, make_settings(case), ["保障水平最大化"], ["资金总额"])).columns[
            : len(rows)
        ]
        level = _bisected(
            lambda t: np.maximum(0.0, t * size - own).sum(),
            pool,
            0.0,
            (own.sum() + pool) / size.min(),
        )
        assert x == pytest.approx(np.maximum(0.0, level * size - own), abs=1e-7 * pool)


def _factor(pool: float, reference: list[int], floors: list[int], caps: list[int]) -> float:
    """The k with Σ min(cap, max(floor, k·e)) = pool."""
    return _bisected(
        lambda k: np.clip(k * np.array(reference), floors, caps).sum(),
        pool,
        0.0,
        float(max(caps)) + 1,
    )


def _bisected(rising: Callable[[float], Any], wanted: float, low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high


def as_by_brute_force(seeds: range) -> int:
    """How many instances that have an optimum were compared, each of them equal."""
    compared = 0
    for seed, case, formulation in formulated(seeds):
        solution = solved(formulation)
        if solution.shortage is None:
            slowly = BruteForce(formulation.program).run(formulation.stages)
            off = np.abs(slowly - solution.columns[: len(case.lines)]).max()
            # The slacks of brute force are absolute: with small pools they add up to more than a millionth.
            assert off <= max(1e-6 * case.pools.max(), 1e-4 * case.unit), (
                f"instance {seed} is off by {off}"
            )
            compared += 1
    return compared


class TestAgainstBruteForce:
    @pytest.mark.system
    def test_one_program_per_term_finds_the_same_amounts(self) -> None:
        assert as_by_brute_force(range(1000, 1110)) >= 55

    @pytest.mark.slow
    def test_one_program_per_term_finds_the_same_amounts_five_hundred_times(self) -> None:
        assert as_by_brute_force(range(2000, 3000)) >= 500

    @pytest.mark.system
    @pytest.mark.parametrize("seed", [31, 508, 593, 630])
    def test_larger_instances_that_were_once_wrong_stay_right(self, seed: int) -> None:
        case, made, objective = instance(seed, most=40 if seed == 31 else 12)
        formulation = formulate(case, made, objective)
        slowly = BruteForce(formulation.program).run(formulation.stages)
        assert (
            np.abs(slowly - solved(formulation).columns[: len(case.lines)]).max()
            <= 1e-6 * case.pools.max()
        )

    @pytest.mark.system
    def test_one_program_per_level_by_pulp_and_cbc_finds_the_same_amounts(self) -> None:
        compared = 0
        for seed, case, formulation in formulated(range(1000, 1012)):
            solution = solved(formulation)
            if solution.shortage is None:
                book = Textbook(formulation.program)
                book.run(formulation.stages)
                off = np.abs(book.amounts - solution.columns[: len(case.lines)]).max()
                assert off <= max(1e-5 * case.pools.max(), 1e-3 * case.unit), (
                    f"instance {seed} is off by {off}"
                )
                compared += 1
        assert compared >= 5

    @pytest.mark.system
    def test_the_least_shortage_is_the_same(self) -> None:
        compared = 0
        for seed, _, formulation in formulated(range(2000, 2080)):
            shortage = solved(formulation).shortage
            least = BruteForce(formulation.program).least_violation()
            assert (shortage.money if shortage else 0.0) == pytest.approx(least, abs=1e-6), (
                f"instance {seed}"
            )
            compared += shortage is not None
        assert compared >= 20


@pytest.mark.parametrize("solver", ["auto", "pulp-highs", "cbc"])
def test_every_solver_finds_the_same_amounts(solver: str) -> None:
    for seed, case, formulation in formulated(range(3000, 3012)):
        one, other = solved(formulation), solved(formulation, solver)
        assert (one.shortage is None) == (other.shortage is None), f"instance {seed}"
        if one.shortage is not None and other.shortage is not None:
            assert one.shortage.money == pytest.approx(other.shortage.money, abs=1e-6)
        else:
            off = np.abs(one.columns - other.columns)[: len(case.lines)].max()
            assert off <= 1e-9 * case.pools.max(), f"instance {seed} is off by {off}"


@pytest.mark.system
def test_shuffled_rows_and_columns_give_the_same_amounts() -> None:
    for seed, case, formulation in formulated(range(4000, 4060)):
        program, stages, back = _shuffled(formulation.program, formulation.stages, seed)
        one, other = solved(formulation), solve(program, stages, ARRAYS)
        assert (one.shortage is None) == (other.shortage is None), f"instance {seed}"
        if one.shortage is None:
            lines = len(case.lines)
            off = np.abs(one.columns[:lines] - other.columns[back[:lines]]).max()
            assert off <= 1e-9 * case.pools.max(), f"instance {seed} is off by {off}"


def _shuffled(
    program: Program, stages: Sequence[Stage], seed: int
) -> tuple[Program, tuple[Stage, ...], Any]:
    """The same program with rows and columns in another order (lines stay before the rest), and where columns went."""
    random = np.random.default_rng(seed)
    rows, columns = program.shape
    order = np.concatenate(
        [
            random.permutation(program.lines),
            program.lines + random.permutation(columns - program.lines),
        ]
    )
    row_order = random.permutation(rows)
    back, row_back = np.argsort(order), np.argsort(row_order)
    entries = random.permutation(len(program.values))
    made = replace(
        program,
        lower=program.lower[order],
        upper=program.upper[order],
        rows=row_back[program.rows[entries]],
        columns=back[program.columns[entries]],
        values=program.values[entries],
        row_lower=program.row_lower[row_order],
        row_upper=program.row_upper[row_order],
        reach=program.reach[row_order],
    )
    return made, tuple(_moved(stage, order, back, random) for stage in stages), back


def _moved(stage: Stage, order: Any, back: Any, random: np.random.Generator) -> Stage:
    if isinstance(stage, SumStage):
        return replace(stage, costs=stage.costs[order])
    terms = random.permutation(len(stage.columns))
    return replace(
        stage,
        columns=back[stage.columns[terms]],
        centre=stage.centre[terms],
        scale=stage.scale[terms],
    )


def test_the_money_unit_does_not_change_the_allocation() -> None:
    for seed, case, formulation in formulated(range(4500, 4520)):
        program = formulation.program
        factor = 10_000.0
        larger = replace(
            program,
            lower=program.lower * factor,
            upper=program.upper * factor,
            row_lower=program.row_lower * factor,
            row_upper=program.row_upper * factor,
        )
        stages = tuple(
            replace(stage, centre=stage.centre * exact(factor), scale=stage.scale * exact(factor))
            if isinstance(stage, LevelStage)
            else stage
            for stage in formulation.stages
        )
        one, other = solved(formulation), solve(larger, stages, ARRAYS)
        if one.shortage is None:
            lines = len(case.lines)
            off = np.abs(one.columns[:lines] - other.columns[:lines] / factor).max()
            assert off <= 1e-9 * case.pools.max(), f"instance {seed} is off by {off}"


class TestInfeasible:
    def shortage(
        self, pool: float, floors: Sequence[float], caps: Sequence[float] | None = None
    ) -> float:
        """How much the floors and caps of one fund miss its pool by; 0 when they do not."""
        program = _plain(pool, floors, caps or [np.inf] * len(floors))
        solution = solve(program, (_closest([1.0] * len(floors)),), ARRAYS)
        return solution.shortage.money if solution.shortage else 0.0

    def test_floors_beyond_the_pool_are_short_to_the_unit(self) -> None:
        assert self.shortage(1000, [400, 400, 323]) == pytest.approx(123, abs=1e-6)

    def test_caps_below_the_pool_are_short_to_the_unit(self) -> None:
        assert self.shortage(1000, [0, 0, 0], [300, 300, 300]) == pytest.approx(100, abs=1e-6)

    @pytest.mark.parametrize("pool", [3.0, 1000.0, 1_850_000.0, 2e10])
    def test_one_unit_too_much_is_one_unit_short(self, pool: float) -> None:
        third = pool // 3
        floors = [third, third, pool - 2 * third]
        assert self.shortage(pool, floors) == 0
        assert self.shortage(pool - 1, floors) == pytest.approx(1, rel=1e-6)
        assert self.shortage(pool + 1, [0, 0, 0], floors) == pytest.approx(1, rel=1e-6)

    @pytest.mark.parametrize("pool", [0.3, 1000.0, 1_850_000.7, 2e10])
    def test_floors_that_fill_the_pool_exactly_are_no_contradiction(self, pool: float) -> None:
        floors = [0.1 * pool, 0.2 * pool, pool - 0.1 * pool - 0.2 * pool]
        program = _plain(pool, floors, floors)
        solution = solve(program, (_closest([1.0, 2.0, 3.0]),), ARRAYS)
        assert solution.shortage is None
        assert solution.columns == pytest.approx(floors)

    def test_the_rows_and_columns_that_take_part_are_named(self) -> None:
        # Two funds; only the second one's floors exceed its pool.
        program = Program(
            np.array([0.0, 0.0, 60.0, 50.0]),
            np.full(4, np.inf),
            np.array([0, 0, 1, 1]),
            np.arange(4),
            np.ones(4),
            np.array([100.0, 100.0]),
            np.array([100.0, 100.0]),
            np.array([PROVINCE, PROVINCE]),
            4,
        )
        shortage = solve(program, (_closest([1.0] * 4),), ARRAYS).shortage
        assert shortage is not None
        assert shortage.money == pytest.approx(10)
        assert np.flatnonzero(shortage.duals).tolist() == [1]
        assert (shortage.prices < 0).tolist() == [False, False, True, True]


def _plain(pool: float, floors: Sequence[float], caps: Sequence[float]) -> Program:
    """One pool over lines with bounds."""
    count = len(floors)
    return Program(
        np.array(floors, dtype=float),
        np.array(caps, dtype=float),
        np.zeros(count, dtype=np.int64),
        np.arange(count),
        np.ones(count),
        np.array([pool]),
        np.array([pool]),
        np.array([PROVINCE]),
        count,
    )


def _closest(reference: Sequence[float]) -> LevelStage:
    centre = exacts(reference)
    return LevelStage(CLOSEST, np.arange(len(centre)), centre, centre, True, True)


class Faulty:
    """Spoils the answers of good sessions, from the n-th question on."""

    def __init__(self, spoil: Callable[[RawSolution], RawSolution], first: int) -> None:
        self._spoil, self._left = spoil, first

    def __call__(self, program: Program) -> Session:
        return _Spoiled(ARRAYS(program), self)

    def answer(self, answer: RawSolution) -> RawSolution:
        self._left -= 1
        return answer if self._left > 0 else self._spoil(answer)


class _Spoiled:
    def __init__(self, session: Session, faulty: Faulty) -> None:
        self._session, self._faulty = session, faulty

    def solve(self, question: Question) -> RawSolution:
        return self._faulty.answer(self._session.solve(question))


def _nothing(answer: RawSolution) -> RawSolution:
    """Everything is possible, at no cost."""
    return replace(answer, columns=np.zeros_like(answer.columns), duals=np.zeros_like(answer.duals))


FAULTS: Mapping[str, Callable[[RawSolution], RawSolution]] = {
    "not optimal": lambda answer: replace(answer, optimal=False, status="Time limit reached"),
    "nothing": lambda answer: replace(
        answer, optimal=False, columns=np.zeros(0), duals=np.zeros(0)
    ),
    "the other sign": lambda answer: replace(answer, duals=-answer.duals),
    "twice the duals": lambda answer: replace(answer, duals=2 * answer.duals),
    "slightly wrong duals": lambda answer: replace(answer, duals=answer.duals * 1.001),
    "no duals": lambda answer: replace(answer, duals=np.zeros_like(answer.duals)),
    "duals that are no numbers": lambda answer: replace(
        answer, duals=np.full_like(answer.duals, np.nan)
    ),
    "amounts that are no numbers": lambda answer: replace(
        answer, columns=np.full_like(answer.columns, np.nan)
    ),
    "everything is possible": _nothing,
}


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_solver_is_never_believed(fault: str, first: int) -> None:
    program, stages = _two_questions()
    assert solve(program, stages, ARRAYS).columns == pytest.approx([100, 200 / 3, 400 / 3, 70, 10])
    with pytest.raises(SolverError):
        solve(program, stages, Faulty(FAULTS[fault], first))


def _two_questions() -> tuple[Program, tuple[Stage, ...]]:
    """300 over three, where the first and three times the second may be 300 together; a fourth of 70 may be 60 or more at a price.

    The first question asks for the least price, 10, as the province cannot do without; the second how far 100, 100, 100
    must give way: row by row 75, 75 and what is left, 150; together 100, 66.7, 133.3.
    """
    program = Program(
        np.array([0.0, 0.0, 0.0, 70.0, 0.0]),
        np.array([300.0, 300.0, 300.0, 100.0, np.inf]),
        np.array([0, 0, 0, 1, 1, 2, 2]),
        np.array([0, 1, 2, 0, 1, 3, 4]),
        np.array([1.0, 1.0, 1.0, 1.0, 3.0, 1.0, -1.0]),
        np.array([300, -np.inf, -np.inf]),
        np.array([300.0, 300.0, 60.0]),
        np.full(3, PROVINCE),
        4,
    )
    return program, (
        SumStage("", np.array([0.0, 0.0, 0.0, 0.0, 1.0])),
        _closest([100.0, 100.0, 100.0, 70.0]),
    )


def test_a_solver_that_stops_early_is_told() -> None:
    with pytest.raises(SolverError, match="Time limit reached"):
        solve(*_two_questions(), Faulty(FAULTS["not optimal"], 1))


def test_a_list_that_does_not_decide_every_amount_is_refused() -> None:
    program = _plain(300, [0, 0], [300, 300])
    with pytest.raises(SolverError, match="没有确定"):
        solve(program, (SumStage("无", np.zeros(2)),), ARRAYS)


# ---------------------------------------------------------------- many roots side by side


def test_a_root_is_as_exact_beside_thousands_of_others_as_by_itself() -> None:
    """A county that must end at nothing (θ = 1 exactly, its last breakpoint) after counties with fortunes."""
    count = 4000
    centre = np.append(np.full(count, 7e6), 0.09)
    terms = Terms.of(
        LevelStage("", np.arange(count + 1), exacts(centre), exacts(centre), True, True),
        count + 1,
        1.0,
    )
    state = State(np.zeros(count + 1), np.full(count + 1, 1e9), np.zeros(0), np.zeros(0))
    every, price = np.arange(count + 1), np.linspace(1.0, 1.1, count + 1)
    theta, _ = crossings(
        terms, state, every, every, np.zeros(count + 1, dtype=bool), price, price * centre
    )
    assert np.abs(theta - 1).max() < 1e-12


class TestALikeProgram:
    """Programs that differ in numbers alone: the proof of one is tried on the other before anything is asked."""

    def moved(self, program: Program, seed: int, by: float) -> Program:
        """Every right-hand side up to that share away from where it was, in whole millionths."""
        random = np.random.default_rng(seed)
        share = 1 + by * random.uniform(-1, 1, program.shape[0])
        low = np.round(program.row_lower * share, 6)
        high = np.where(
            program.row_lower == program.row_upper,
            low,
            np.maximum(low, np.round(program.row_upper * share, 6)),
        )
        return replace(program, row_lower=low, row_upper=high)

    @pytest.mark.system
    @pytest.mark.parametrize("by", [0.002, 0.2])
    def test_comes_to_the_same_amounts_by_the_proof_of_another_as_by_itself(
        self, by: float
    ) -> None:
        without = 0
        for seed, _, formulation in formulated(range(60)):
            before = solved(formulation)
            known = [before]
            for again in range(3):  # the proofs of all those before are tried together
                like = self.moved(formulation.program, 100 * again + seed, by)
                alone, after = (
                    solve(like, formulation.stages, ARRAYS, before=told) for told in ((), known)
                )
                assert (alone.shortage is None) == (after.shortage is None)
                np.testing.assert_allclose(
                    after.columns[: like.lines], alone.columns[: like.lines], atol=1e-5
                )
                without += after.shortage is None and after.programs == 0
                known = [after, *known]
        assert without > 6

    def test_a_pool_that_moves_a_little_needs_no_program(self) -> None:
        # 甲 is held at 240 of 600, the others get 180 each (10 % down); of 580 they get 170 each (15 % down).
        before, after = (
            formulate(case, make_settings(case), [CLOSEST], ["资金总额", "县区上下限"])
            for case in (
                one_fund(pool, [200, 200, 200], floor=[240, np.nan, np.nan])
                for pool in (600.0, 580.0)
            )
        )
        found = solve(after.program, after.stages, ARRAYS, before=[solved(before)])
        assert found.programs == 0
        assert np.round(found.columns[:3], 6).tolist() == [240, 170, 170]

    def test_a_proof_of_other_rows_is_not_tried(self) -> None:
        case = one_fund(600, [200, 200, 200], floor=[240, np.nan, np.nan])
        other = formulate(case, make_settings(case), [CLOSEST], ["资金总额"])
        like = formulate(case, make_settings(case), [CLOSEST], ["资金总额", "三保压力倾斜"])
        found = solve(like.program, like.stages, ARRAYS, before=[solved(other)])
        np.testing.assert_allclose(found.columns, solved(like).columns)

    def test_a_proof_of_other_objectives_is_not_tried(self) -> None:
        case = one_fund(600, [200, 200, 200], floor=[240, np.nan, np.nan], last=[100, 200, 300])
        one, two = (
            formulate(case, make_settings(case), goals, ["资金总额", "县区上下限"])
            for goals in ([CLOSEST], ["较上年波动最小", CLOSEST])
        )
        assert one.program.same_matrix(two.program)
        found = solve(two.program, two.stages, ARRAYS, before=[solved(one)])
        np.testing.assert_allclose(found.columns, solved(two).columns)
