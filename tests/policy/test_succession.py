"""Merged and split units: what each passes on, checked on paper, and at random to the 分."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from gmpy2 import mpq

from transfer_opt.core.exact import total
from transfer_opt.policy.succession import Course, Passage, Succession, follow, heirs, shared_out

CENT = mpq(1, 1_000_000)
"""A 分 in 万元."""
NEW_YEAR, SPRING = date(2026, 1, 1), date(2026, 3, 1)


def passage(old: str, new: str, share: Any = 1, day: date = NEW_YEAR) -> Passage:
    return Passage(old, new, mpq(share), day)


def after(course: Course) -> dict[str, mpq]:
    return {code: money for code, money in course.after.items() if money}


def test_two_units_merged_bring_both_amounts() -> None:
    course = follow({"A": mpq(3), "B": mpq(4)}, [passage("A", "C"), passage("B", "C")], CENT)
    assert after(course) == {"C": 7}
    assert (course.taken("C"), course.given("A"), course.given("C")) == (7, 3, 0)


def test_a_split_is_rounded_to_whole_cents_and_keeps_its_total() -> None:
    thirds = [mpq(1, 3)] * 3
    assert shared_out(mpq(1), thirds, mpq(1, 100)) == [mpq(34, 100), mpq(33, 100), mpq(33, 100)]
    assert shared_out(mpq(2, 100), thirds, mpq(1, 100)) == [mpq(1, 100), mpq(1, 100), 0]
    parts = [passage("A", "B", mpq(2, 5)), passage("A", "C", mpq(3, 5))]
    assert after(follow({"A": mpq("3.01")}, parts, mpq(1, 100))) == {
        "B": mpq("1.2"),
        "C": mpq("1.81"),
    }


def test_a_unit_may_keep_a_part() -> None:
    parts = [passage("A", "A", mpq(7, 10)), passage("A", "B", mpq(3, 10))]
    course = follow({"A": mpq(100), "B": mpq(5)}, parts, CENT)
    assert after(course) == {"A": 70, "B": 35}
    assert course.given("A") == 30


def test_a_chain_passes_everything_on_in_the_order_of_days() -> None:
    chain = [passage("B", "C", day=SPRING), passage("A", "B")]
    assert after(follow({"A": mpq(3), "B": mpq(4)}, chain, CENT)) == {"C": 7}
    assert heirs("A", chain) == {"C": 1}


def test_what_is_changed_on_one_day_is_changed_at_once() -> None:
    swapped = [passage("A", "B"), passage("B", "A")]
    assert after(follow({"A": mpq(3), "B": mpq(4)}, swapped, CENT)) == {"A": 4, "B": 3}


def test_the_order_of_the_rows_does_not_matter() -> None:
    parts = [passage("A", code, mpq(1, 3)) for code in "BCD"]
    ways = [follow({"A": mpq(1)}, way, mpq(1, 100)).after for way in (parts, parts[::-1])]
    assert ways[0] == ways[1]
    assert ways[0]["B"] == mpq(34, 100)


def test_of_no_unit_more_passes_over_once_than_in_all() -> None:
    """Of 11 the shares 6 : 6 : 2 give 5, 5, 1; of 10 alone they would give 4, 4, 2: the last more than its whole."""
    shares = [mpq(6, 14), mpq(6, 14), mpq(2, 14)]
    assert shared_out(mpq(11), shares, mpq(1)) == [5, 5, 1]
    assert shared_out(mpq(10), shares, mpq(1)) == [4, 4, 2]
    parts = [passage("A", code, share) for code, share in zip("BCD", shares, strict=True)]
    whole = follow({"A": mpq(11)}, parts, mpq(1))
    assert after(follow({"A": mpq(10)}, parts, mpq(1), whole)) == {"B": 5, "C": 4, "D": 1}


def test_only_what_passed_on_whole_to_a_unit_of_its_own_is_the_same_under_another_code() -> None:
    def renamed(*passages: Passage) -> dict[str, str]:
        return dict(Succession(passages, here=frozenset({"C", "D"})).renamed)

    assert renamed(passage("A", "C")) == {"A": "C"}
    assert renamed(passage("A", "B"), passage("B", "C", day=SPRING)) == {"A": "C", "B": "C"}
    assert renamed(passage("A", "C"), passage("B", "C")) == {}
    assert renamed(passage("A", "C", mpq(1, 2)), passage("A", "D", mpq(1, 2))) == {}


# ------------------------------------------------------------------- at random


def drawn(seed: int) -> tuple[dict[str, mpq], list[Passage]]:
    """Up to eight units, and up to three days on which some merge, split, keep a part or are given another code."""
    chance = random.Random(seed)
    here = [f"{number:06d}" for number in range(1, chance.randint(2, 9))]
    held = {code: chance.randint(0, 10 ** chance.randint(1, 13)) * CENT for code in here}
    passages, free = list[Passage](), 100
    for month in range(1, chance.randint(1, 3) + 1):
        day, born = date(2026, month, 1), list[str]()
        for old in chance.sample(here, chance.randint(1, len(here))):
            fresh = [f"{free + number:06d}" for number in range(chance.randint(1, 3))]
            free += len(fresh)
            others = chance.sample(here, min(len(here), chance.randint(0, 2)))
            heads = list(dict.fromkeys([*fresh, *others, *chance.sample(born, min(len(born), 1))]))
            cuts = sorted(chance.sample(range(1, 10_000), len(heads) - 1))
            sizes = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
            passages += [
                passage(old, n, mpq(s, 10_000), day) for n, s in zip(heads, sizes, strict=True)
            ]
            born += fresh
        here += born
    return held, passages


def test_three_hundred_random_merges_and_splits_keep_every_total() -> None:
    for seed in range(300):
        held, passages = drawn(seed)
        course = follow(held, passages, CENT)
        assert total(course.after.values()) == total(held.values()), seed
        assert all(money >= 0 for money in course.after.values()), seed
        codes = {*course.after}
        given, taken = (total(map(side, codes)) for side in (course.given, course.taken))
        assert given == taken, seed
        for code in codes:
            balance = course.before.get(code, mpq(0)) - course.given(code) + course.taken(code)
            assert balance == course.after[code], (seed, code)
        for move in course.moves:
            assert (move.part / CENT).denominator == 1, seed
            assert abs(move.part - move.whole * move.passage.share) < CENT, seed
        random.Random(seed).shuffle(passages)
        assert follow(held, passages, CENT).after == course.after, seed


def test_a_part_of_a_column_never_exceeds_it_at_random() -> None:
    for seed in range(300):
        held, passages = drawn(seed)
        chance = random.Random(-seed)
        part = {c: chance.randint(0, int(money / CENT)) * CENT for c, money in held.items()}
        whole = follow(held, passages, CENT)
        once = follow(part, passages, CENT, whole)
        assert total(once.after.values()) == total(part.values()), seed
        assert all(once.after[code] <= whole.after[code] for code in once.after), seed
