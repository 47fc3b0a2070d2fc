"""Controlled rounding: totals, subtotals and bounds hold, nothing moves further than it must, ties go in order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
from cases import SHORT, make_case
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from transfer_opt.allocation.rounding import published
from transfer_opt.core.arrays import Bools, Floats, Ints
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.program import Program, Question, RawSolution
from transfer_opt.lexlp.solvers.choice import opener
from transfer_opt.policy.case import Case

TENTHS = 10
PREFECTURES = ("东州", "西州", "中州")
MOST_OPEN = 10
"""Fractional cells whose 2^10 roundings are still tried one by one."""


def table(
    prefecture: list[str], unit: float = 1.0, **counts: list[int | None]
) -> tuple[Case, Floats]:
    """A case and its amounts from tenths of the unit by fund; None: not eligible. Pools are the sums."""
    known = {short: [count is not None for count in row] for short, row in counts.items()}
    pools = {
        short: round(sum(count or 0 for count in row) / TENTHS) * unit
        for short, row in counts.items()
    }
    names = [f"县{i}" for i in range(len(prefecture))]
    case = make_case(names=names, prefecture=prefecture, pools=pools, eligible=known, unit=unit)
    tenths = [count for short in pools for count in counts[short] if count is not None]
    return case, np.array(tenths) / TENTHS * unit


def rounded(case: Case, amounts: Floats, solver: str = "highs") -> Ints:
    return published(case, amounts, opener(solver, len(case.lines)))


def groupings(case: Case) -> list[Ints]:
    """Prefecture × fund, prefecture, recipient of every line."""
    place = case.recipients.prefecture_index[case.lines.recipient]
    return [place * len(case.funds) + case.lines.fund, place, case.lines.recipient]


def allowed(case: Case, tenths: Ints, roundings: Ints) -> Bools:
    """Which roundings (K, L) keep pools exact and every other sum at the floor or ceiling of its own value."""
    kept = np.ones(len(roundings), dtype=bool)
    for f, pool in enumerate(case.pools):
        kept &= roundings[:, case.lines.fund == f].sum(axis=1) == round(pool / case.unit)
    for groups in groupings(case):
        for group in set(groups):
            inside = groups == group
            exact, whole = int(tenths[inside].sum()), roundings[:, inside].sum(axis=1)
            kept &= (whole >= exact // TENTHS) & (whole <= -(-exact // TENTHS))
    return kept


def best_by_trying_all(case: Case, tenths: Ints) -> Ints:
    """Least Σ |published − x|, then the first line by county and fund that can be up is."""
    open_cells = np.flatnonzero(tenths % TENTHS)
    ups = np.array(list(product((0, 1), repeat=len(open_cells))), dtype=np.int64)
    roundings = np.tile(tenths // TENTHS, (len(ups), 1))
    roundings[:, open_cells] += ups
    roundings = roundings[allowed(case, tenths, roundings)]
    distance = np.abs(roundings * TENTHS - tenths).sum(axis=1)
    order = np.lexsort((case.lines.fund, case.lines.recipient))
    nearest = roundings[distance == distance.min()]
    return np.array(
        max(nearest.tolist(), key=lambda row: [row[line] for line in order]), dtype=np.int64
    )


@st.composite
def tables(draw: st.DrawFn) -> tuple[Case, Floats, Ints]:
    """Two to four counties, one to three funds, up to three prefectures; tenths that add to whole pools."""
    count = draw(st.integers(2, 4))
    shorts = SHORT[: draw(st.integers(1, 3))]
    prefecture = sorted(
        draw(st.lists(st.sampled_from(PREFECTURES), min_size=count, max_size=count))
    )
    rows: dict[str, list[int | None]] = {}
    for short in shorts:
        row: list[int | None] = [draw(st.none() | st.integers(0, 45)) for _ in range(count)]
        closing = draw(st.integers(0, count - 1))
        others = sum(value or 0 for i, value in enumerate(row) if i != closing)
        row[closing] = -others % TENTHS + TENTHS * draw(st.integers(0, 2))
        rows[short] = row
    assume(
        sum(bool(value and value % TENTHS) for row in rows.values() for value in row) <= MOST_OPEN
    )
    unit = draw(st.sampled_from([1.0, 0.01, 0.0001]))
    case, amounts = table(prefecture, unit, **rows)
    return case, amounts, np.round(amounts / unit * TENTHS).astype(np.int64)


# ---------------------------------------------------------------- by hand


def test_a_tie_goes_to_the_first_county_and_its_first_fund() -> None:
    """甲 alone has a whole total, 东州's 均衡性 too: one of 甲's two goes up, and it is the first."""
    case, amounts = table(["东州", "东州", "西州"], 均衡性=[105, 105, 100], 县级保障=[55, 50, 55])
    assert rounded(case, amounts).tolist() == [11, 10, 10, 5, 5, 6]


def test_a_half_that_cannot_go_up_leaves_it_to_the_next_in_order() -> None:
    """甲 has 0.5 + 0.6 + 0.9, two units: 0.6 and 0.9 are nearer to them, so the half goes up in 乙."""
    case, amounts = table(["东州", "东州"], 均衡性=[5, 5], 县级保障=[6, 4], 生态=[9, 1])
    assert rounded(case, amounts).reshape(3, 2).tolist() == [[0, 1], [1, 0], [1, 0]]


def test_the_nearest_whole_is_taken_where_no_sum_forbids_it() -> None:
    case, amounts = table(["东州", "东州", "西州"], 均衡性=[19, 21, 30], 县级保障=[7, 13, 30])
    assert rounded(case, amounts).tolist() == [2, 2, 3, 1, 1, 3]


def test_a_whole_prefecture_subtotal_stays_though_rounding_line_by_line_would_break_it() -> None:
    """0.4 + 0.3 + 0.3 is one unit for the prefecture, and 0.4 is nearest to it; nothing can come from the west."""
    case, amounts = table(["东州", "东州", "东州", "西州"], 均衡性=[4, 3, 3, 70])
    assert rounded(case, amounts).tolist() == [1, 0, 0, 7]


def test_a_county_total_stays_adjacent_though_every_fund_alone_would_round_up() -> None:
    """甲 has 0.6 three times, 1.8 in all: at most two of them go up."""
    case, amounts = table(["东州", "东州"], 均衡性=[6, 4], 县级保障=[6, 4], 生态=[6, 4])
    assert rounded(case, amounts).reshape(3, 2).tolist() == [[1, 0], [1, 0], [0, 1]]


def test_whole_amounts_are_published_as_they_are_without_a_solver() -> None:
    case, amounts = table(["东州", "东州", "西州"], 均衡性=[100, 200, 0])

    def no_solver(program: Program) -> object:
        raise AssertionError("nothing to decide")

    assert published(case, amounts, no_solver).tolist() == [10, 20, 0]  # type: ignore[arg-type]


def test_what_two_solvers_differ_by_is_no_fraction() -> None:
    case, _ = table(["东州", "东州"], 均衡性=[70, 30])
    assert rounded(case, np.array([7 + 1e-8, 3 - 1e-8])).tolist() == [7, 3]


def test_cents_are_rounded_as_whole_units_are() -> None:
    case, amounts = table(
        ["东州", "东州", "西州"], 0.01, 均衡性=[105, 105, 100], 县级保障=[55, 50, 55]
    )
    assert rounded(case, amounts).tolist() == [11, 10, 10, 5, 5, 6]


# ---------------------------------------------------------------- for any table


@settings(max_examples=250, deadline=None, derandomize=True)
@given(tables())
def test_no_other_rounding_is_nearer_and_ties_go_in_order(drawn: tuple[Case, Floats, Ints]) -> None:
    case, amounts, tenths = drawn
    assert rounded(case, amounts).tolist() == best_by_trying_all(case, tenths).tolist()


@pytest.mark.parametrize("block", range(4))
def test_no_other_rounding_of_a_crowded_table_is_nearer(block: int) -> None:
    """Four counties in two prefectures, up to ten fractions, 200 tables in all; halves are frequent, so ties are."""
    random = np.random.default_rng(block)
    for _ in range(50):
        fractions = random.choice([0, 1, 2, 5, 5, 5, 8], (len(SHORT), 4))
        fractions[:, 0] = -fractions[:, 1:].sum(axis=1) % TENTHS
        fractions[2, 2:] = fractions[2, 2:].sum() // TENTHS * TENTHS, 0
        fractions[2, 0] = -fractions[2, 1:].sum() % TENTHS
        rows = {
            short: [int(count) for count in row + 30]
            for short, row in zip(SHORT, fractions, strict=True)
        }
        case, amounts = table(["东州", "东州", "西州", "西州"], **rows)
        tenths = np.round(amounts * TENTHS).astype(np.int64)
        assert rounded(case, amounts).tolist() == best_by_trying_all(case, tenths).tolist(), rows


def large(seed: int) -> tuple[Case, Floats]:
    """45 counties in 8 prefectures, three funds, amounts with six decimals that add to whole pools."""
    random = np.random.default_rng(seed)
    prefecture = [f"州{p}" for p in np.sort(random.integers(0, 8, 45))]
    eligible = {short: random.random(45) < 0.8 for short in SHORT}
    steps = {short: random.integers(0, 10**9, 45) * mask for short, mask in eligible.items()}
    for short, mask in eligible.items():
        steps[short][int(np.flatnonzero(mask)[0])] += -steps[short].sum() % 10**6
    case = make_case(
        names=[f"县{i}" for i in range(45)],
        codes=[f"63{i:04d}" for i in range(45)],
        prefecture=prefecture,
        eligible=eligible,
        pools={short: float(row.sum() // 10**6) for short, row in steps.items()},
    )
    return case, np.concatenate([steps[short][eligible[short]] for short in SHORT]) / 10**6


@dataclass(frozen=True)
class Sums:
    """What rounding must keep: group of every line, exact sums before, whole sums after."""

    before: Floats
    after: Ints

    @property
    def adjacent(self) -> bool:
        dust = 1e-6 * 45
        return bool(
            (self.after >= np.floor(self.before + dust)).all()
            and (self.after <= np.ceil(self.before - dust)).all()
        )


@pytest.mark.parametrize("seed", range(12))
def test_a_province_keeps_pools_subtotals_and_totals(seed: int) -> None:
    case, amounts = large(seed)
    result = rounded(case, amounts)
    assert ((result >= np.floor(amounts)) & (result <= np.ceil(amounts))).all()
    assert np.bincount(case.lines.fund, result).tolist() == case.pools.tolist()
    place = case.recipients.prefecture_index[case.lines.recipient]
    for key in (place * 3 + case.lines.fund, place, case.lines.recipient):
        assert Sums(np.bincount(key, amounts), np.bincount(key, result).astype(np.int64)).adjacent


@pytest.mark.parametrize("seed", range(12))
def test_whole_bounds_between_which_the_amounts_lay_are_kept(seed: int) -> None:
    case, amounts = large(seed)
    random = np.random.default_rng(seed)
    floors = np.floor(amounts) - random.integers(0, 2, len(amounts))
    caps = np.ceil(amounts) + random.integers(0, 2, len(amounts))
    result = rounded(case, amounts)
    assert ((floors <= result) & (result <= caps)).all()


@pytest.mark.parametrize("solver", ["auto", "pulp-highs", "cbc"])
@pytest.mark.parametrize("seed", range(3))
def test_every_solver_rounds_alike(seed: int, solver: str) -> None:
    random = np.random.default_rng(seed)
    rows = {short: [int(count) for count in random.integers(0, 45, 4)] for short in SHORT}
    for row in rows.values():
        row[0] += -sum(row) % TENTHS
    case, amounts = table(["东州", "东州", "西州", "西州"], **rows)
    assert rounded(case, amounts, solver).tolist() == rounded(case, amounts).tolist()


# ---------------------------------------------------------------- answers that cannot be trusted


@dataclass(frozen=True)
class Liar:
    """A session that calls every cell 0 the optimum."""

    optimal: bool
    cells: int
    rows: int

    def solve(self, question: Question) -> RawSolution:
        return RawSolution(self.optimal, np.zeros(self.cells), np.zeros(self.rows), "说是最优")


@pytest.mark.parametrize(
    ("optimal", "said"), [(True, "合计与资金总额不一致"), (False, "取整没有解")]
)
def test_an_answer_that_breaks_a_total_is_not_published(optimal: bool, said: str) -> None:
    case, amounts = table(["东州", "东州"], 均衡性=[15, 5])
    with pytest.raises(SolverError, match=said):
        published(case, amounts, lambda program: Liar(optimal, program.shape[1], program.shape[0]))
