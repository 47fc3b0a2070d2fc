"""Controlled rounding of one column: every sum next to its own value, as little moved as possible, the first goes up."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor

from hypothesis import given, settings
from hypothesis import strategies as some

from transfer_opt.controlled import nearest, rounded

AMOUNTS = some.lists(some.integers(-30_000, 30_000).map(lambda n: Fraction(n, 100)), min_size=1, max_size=7)


@some.composite
def tables(draw: some.DrawFn) -> tuple[list[Fraction], list[list[int]]]:
    """A column and groups, some within others."""
    values = draw(AMOUNTS)
    owners = [draw(some.integers(0, 2)) for _ in values]
    inner = [[at for at, owner in enumerate(owners) if owner == group] for group in range(3)]
    outer = [inner[0] + inner[1]] if draw(some.booleans()) else []
    return values, [group for group in (*inner, *outer) if group]


def by_trial(values: list[Fraction], groups: list[list[int]]) -> list[int]:
    """The best of all roundings: least moved, then up first."""
    choices = product(*(sorted({ceil(value), floor(value)}, reverse=True) for value in values))
    sums = [*groups, list(range(len(values)))]
    fitting = [choice for choice in choices if sum(choice) == nearest(sum(values, Fraction(0))) and all(
        abs(sum(choice[at] for at in group) - sum((values[at] for at in group), Fraction(0))) < 1 for group in sums)]
    return list(min(fitting, key=lambda choice: (sum(abs(c - v) for c, v in zip(choice, values, strict=True)), [-c for c in choice])))


def test_two_halves_in_a_group_that_is_whole_go_one_up_and_one_down_the_first_up() -> None:
    assert rounded([Fraction("1.5"), Fraction("2.5"), Fraction("3")], [[0, 1], [2]]) == [2, 2, 3]


def test_a_group_gives_way_where_the_whole_needs_it() -> None:
    # 0.4 in each of three groups: the whole is 1.2, so one group goes up, the first.
    assert rounded([Fraction("0.4")] * 3, [[0], [1], [2]]) == [1, 0, 0]


def test_a_column_that_comes_to_nothing_still_does() -> None:
    assert rounded([Fraction("-0.5"), Fraction("0.3"), Fraction("0.2")]) == [0, 0, 0]
    assert rounded([Fraction("-1.5"), Fraction("1.5")], [[0], [1]]) == [-1, 1]


def test_half_away_from_zero_as_spreadsheets_do() -> None:
    assert [nearest(Fraction(text)) for text in ("2.5", "-2.5", "2.4", "-2.4", "0")] == [3, -3, 2, -2, 0]


@given(tables())
@settings(max_examples=150, deadline=None)
def test_it_is_the_best_of_all_roundings(table: tuple[list[Fraction], list[list[int]]]) -> None:
    values, groups = table
    assert rounded(values, groups) == by_trial(values, groups)
