"""Controlled rounding: every figure next to its own value and every sum exact, wherever that is possible."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import ceil, floor

from hypothesis import given, settings
from hypothesis import strategies as some

from transfer_opt.tables.nested_rounding import CELL, LEADING, SUM, Rounded, nearest, rounded

AMOUNTS = some.lists(
    some.integers(-30_000, 30_000).map(lambda n: Fraction(n, 100)), min_size=1, max_size=7
)


class Column:
    """Cells, groups of them and the whole, as figures and ties."""

    def __init__(self, values: Sequence[Fraction], groups: Sequence[Sequence[int]] = ()) -> None:
        self.values, self.ties, self.ranks = list(values), [], [CELL] * len(values)
        for members, rank in [*((group, SUM) for group in groups), (range(len(values)), LEADING)]:
            self.values.append(sum((values[at] for at in members), Fraction(0)))
            self.ties.append([(-1, len(self.values) - 1), *((1, at) for at in members)])
            self.ranks.append(rank)

    def rounded(self) -> Rounded:
        return rounded(self.values, self.ties, self.ranks)


@some.composite
def columns(draw: some.DrawFn) -> tuple[list[Fraction], list[list[int]]]:
    """A column and groups, some within others."""
    values = draw(AMOUNTS)
    owners = [draw(some.integers(0, 2)) for _ in values]
    inner = [[at for at, owner in enumerate(owners) if owner == group] for group in range(3)]
    outer = [inner[0] + inner[1]] if draw(some.booleans()) else []
    return values, [group for group in (*inner, *outer) if group]


def moved(values: Sequence[Fraction], counts: Sequence[int]) -> Fraction:
    return sum(
        (abs(count - value) for count, value in zip(counts, values, strict=True)), Fraction(0)
    )


def fitting(column: Column, cells: int) -> list[list[int]]:
    """All roundings that keep every sum next to its own value."""
    found = []
    for choice in product(
        *(sorted({floor(value), ceil(value)}) for value in column.values[:cells])
    ):
        counts = [*choice, *(sum(choice[at] for _, at in tie[1:]) for tie in column.ties)]
        if all(abs(count - value) < 1 for count, value in zip(counts, column.values, strict=True)):
            found.append(counts)
    return found


def test_two_halves_in_a_group_that_is_whole_go_one_up_and_one_down_the_first_up() -> None:
    assert Column(
        [Fraction("1.5"), Fraction("2.5"), Fraction("3")], [[0, 1], [2]]
    ).rounded().counts == (2, 2, 3, 4, 3, 7)


def test_a_group_gives_way_where_the_whole_needs_it() -> None:
    # 0.4 in each of three groups: the whole is 1.2, so one group goes up, the first.
    assert Column([Fraction("0.4")] * 3, [[0], [1], [2]]).rounded().counts[:3] == (1, 0, 0)


def test_a_column_that_comes_to_nothing_still_does() -> None:
    assert Column([Fraction("-0.5"), Fraction("0.3"), Fraction("0.2")]).rounded().counts == (
        0,
        0,
        0,
        0,
    )
    assert Column([Fraction("-1.5"), Fraction("1.5")], [[0], [1]]).rounded().counts[-1] == 0


def test_half_away_from_zero_as_spreadsheets_do() -> None:
    assert rounded([Fraction("2.5"), Fraction("-2.5")], [], [CELL, CELL]).counts == (3, -3)
    assert [nearest(Fraction(text)) for text in ("2.5", "-2.5", "2.4", "-2.4", "0")] == [
        3,
        -3,
        2,
        -2,
        0,
    ]


def test_quarters_of_25_are_sixes_and_a_seven() -> None:
    assert Column([Fraction("6.25")] * 4).rounded().counts == (7, 6, 6, 6, 25)


def test_nothing_and_whole_numbers_stay() -> None:
    assert rounded([], [], []).counts == ()
    assert Column([Fraction(3), Fraction(-4)]).rounded().counts == (3, -4, -1)


@given(columns())
@settings(max_examples=100, deadline=None)
def test_no_rounding_of_a_column_moves_less(drawn: tuple[list[Fraction], list[list[int]]]) -> None:
    column, cells = Column(*drawn), len(drawn[0])
    found, others = column.rounded(), fitting(column, cells)
    assert found.strays == ()
    assert list(found.counts) in others
    assert moved(column.values[-1:], found.counts[-1:]) == min(
        moved(column.values[-1:], each[-1:]) for each in others
    )
    whole = [each for each in others if each[-1] == found.counts[-1]]
    assert moved(column.values, found.counts) == min(moved(column.values, each) for each in whole)


class Grid:
    """Rows in groups within groups × columns in sums within sums; everything adds up both ways."""

    def __init__(
        self,
        values: Sequence[Sequence[Fraction]],
        rows: Sequence[Sequence[int]],
        columns: Sequence[Sequence[int]],
    ) -> None:
        """`rows` and `columns` say which leaves a total covers, the last one all of them."""
        self.cells = {
            (r, c): value for r, line in enumerate(values) for c, value in enumerate(line)
        }
        height, width = len(values), len(values[0])
        self.all_rows = [[r] for r in range(height)] + list(rows)
        self.all_columns = [[c] for c in range(width)] + list(columns)
        self.values = [
            sum((self.cells[r, c] for r in rs for c in cs), Fraction(0))
            for rs in self.all_rows
            for cs in self.all_columns
        ]
        span = len(self.all_columns)
        self.ties = [
            [(-1, (height + at) * span + c), *((1, r * span + c) for r in rs)]
            for at, rs in enumerate(rows)
            for c in range(span)
        ]
        self.ties += [
            [(-1, r * span + width + at), *((1, r * span + c) for c in cs)]
            for r in range(len(self.all_rows))
            for at, cs in enumerate(columns)
        ]
        self.ranks = [
            LEADING if len(rs) == height > 1 else SUM if len(rs) > 1 or len(cs) > 1 else CELL
            for rs in self.all_rows
            for cs in self.all_columns
        ]

    def kept(self) -> Rounded:
        """Rounded, all sums checked by adding up the cells."""
        found = rounded(self.values, self.ties, self.ranks)
        span = len(self.all_columns)
        for r, rs in enumerate(self.all_rows):
            for c, cs in enumerate(self.all_columns):
                assert found.counts[r * span + c] == sum(
                    found.counts[each * span + other] for each in rs for other in cs
                )
        assert found.strays == tuple(
            at for at, value in enumerate(self.values) if abs(found.counts[at] - value) >= 1
        )
        return found


PREFECTURES, PROVINCE = [[0, 1], [2, 3]], [[0, 1, 2, 3]]


def test_counties_in_prefectures_by_funds_in_a_sum_are_always_kept() -> None:
    generator = random.Random(3)
    for _ in range(60):
        size = generator.choice([1, 2, 4, 100])
        values = [
            [Fraction(generator.randint(-9 * size, 9 * size), size) for _ in range(4)]
            for _ in range(4)
        ]
        assert Grid(values, PREFECTURES + PROVINCE, [[0, 1, 2, 3]]).kept().strays == ()
        assert Grid(values, PROVINCE, [[0, 1], [2, 3], [0, 1, 2, 3]]).kept().strays == ()


def test_groups_in_groups_by_sums_in_sums_are_kept_where_that_is_possible() -> None:
    generator = random.Random(4)
    for _ in range(60):
        values = [[Fraction(generator.randint(-900, 900), 100) for _ in range(4)] for _ in range(4)]
        assert (
            Grid(values, PREFECTURES + PROVINCE, [[0, 1], [2, 3], [0, 1, 2, 3]]).kept().strays == ()
        )


def test_where_no_rounding_keeps_everything_the_sums_win_over_the_cells() -> None:
    """Five halves, each of which must go the other way than the next: a ring of five has no such choice."""
    half = Fraction(1, 2)
    values = [[Fraction(0)] * 4 for _ in range(4)]
    for r, c in ((0, 0), (1, 1), (1, 2), (2, 2), (2, 0)):
        values[r][c] = half
    grid = Grid(values, PREFECTURES + PROVINCE, [[0, 1], [2, 3], [0, 1, 2, 3]])
    found = grid.kept()
    assert [grid.ranks[at] for at in found.strays] == [CELL]
    assert min(found.counts) >= 0


def test_a_sum_and_a_difference_over_the_same_column() -> None:
    # 合计 = 甲 + 乙 and 增减 = 合计 − 上年, in two rows and their total.
    rows = [
        [Fraction("1.5"), Fraction("1.5"), Fraction(3), Fraction("2.5"), Fraction("0.5")],
        [Fraction("0.5"), Fraction("1.5"), Fraction(2), Fraction("2.5"), Fraction("-0.5")],
    ]
    rows.append([one + other for one, other in zip(*rows, strict=True)])
    ties = [
        tie
        for r in range(3)
        for tie in (
            [(-1, 5 * r + 2), (1, 5 * r), (1, 5 * r + 1)],
            [(-1, 5 * r + 4), (1, 5 * r + 2), (-1, 5 * r + 3)],
        )
    ]
    ties += [[(-1, 10 + c), (1, c), (1, 5 + c)] for c in range(5)]
    found = rounded([value for row in rows for value in row], ties, [CELL] * 10 + [LEADING] * 5)
    assert found.strays == ()
    assert found.counts[10:] == (2, 3, 5, 5, 0)


def test_the_same_figures_give_the_same_numbers_and_the_earlier_go_up() -> None:
    column = Column([Fraction("0.5")] * 9, [[0, 1, 2], [3, 4, 5], [6, 7, 8]])
    found = column.rounded()
    assert found == column.rounded()
    assert found.counts[:9] == (1, 1, 0, 1, 1, 0, 1, 0, 0)
