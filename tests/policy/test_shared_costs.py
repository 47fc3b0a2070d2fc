"""Who pays what: to the last fraction, whatever the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from gmpy2 import mpq
from hypothesis import given
from hypothesis import strategies as st

from transfer_opt.core.exact import exacts
from transfer_opt.policy.shared_costs import Burdens, livelihood_need

PERCENT = st.integers(0, 100)


@st.composite
def paid(draw: st.DrawFn) -> Burdens:
    """One to three services, one to four counties, four shares that add to 1."""
    count, units = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    cuts = np.array(
        [
            [sorted(draw(st.tuples(PERCENT, PERCENT, PERCENT))) for _ in range(units)]
            for _ in range(count)
        ]
    )
    shares = np.diff(cuts, axis=2, prepend=0, append=100).transpose(0, 2, 1) / 100
    people = [[draw(st.integers(0, 10**6)) for _ in range(units)] for _ in range(count)]
    standards = [[draw(st.integers(0, 10**4)) / 100 for _ in range(units)] for _ in range(count)]
    return Burdens(
        tuple(f"事项{k}" for k in range(count)),
        np.array([draw(st.booleans()) for _ in range(count)]),
        np.full(units, "", dtype=object),
        exacts(np.array(people, dtype=float)),
        exacts(np.array(standards)),
        exacts(shares),
        exacts(np.zeros(units)),
        10_000,
    )


@given(paid())
def test_what_the_levels_pay_adds_to_the_cost(made: Burdens) -> None:
    assert (made.by_level.sum(axis=1) == made.cost).all()
    assert made.livelihood(gross=True).sum() == made.cost[made.listed].sum()


@given(paid(), PERCENT)
def test_a_share_that_moves_between_levels_moves_nothing_in_all(made: Burdens, part: int) -> None:
    shares = made.shares.copy()
    moved = shares[:, 3] * mpq(part, 100)
    shares[:, 3] -= moved
    shares[:, 1] += moved
    other = replace(made, shares=shares)
    difference = other.by_level - made.by_level
    assert difference.sum() == 0
    assert (difference.sum(axis=1) == 0).all()


def test_the_larger_of_the_two_is_not_known_where_one_is_not() -> None:
    made = Burdens(
        ("教育",),
        np.array([True]),
        np.array(["", ""], dtype=object),
        exacts(np.array([[10_000.0, 10_000.0]])),
        exacts(np.array([[100.0, 100.0]])),
        exacts(np.full((1, 4, 2), 0.25)),
        exacts(np.array([5.0, 5.0])),
        10_000,
    )
    filled = np.array([mpq(31), None], dtype=object)
    assert livelihood_need(made, "测算", False, filled).tolist() == [30, 30]
    assert livelihood_need(made, "较大者", False, filled).tolist() == [31, None]
    assert livelihood_need(made, "填报", False, filled) is filled
