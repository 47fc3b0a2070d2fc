"""「横向补偿」: who pays whom by hand, and a thousand random tables: nothing is left over, and every sum is next to its own."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from math import ceil, floor
from typing import Any

import numpy as np
import pytest
from gmpy2 import mpq

from transfer_opt.core.exact import exact
from transfer_opt.policy.circulation import Arc, whole
from transfer_opt.policy.sections import Flow, Flows, Section, Terms

EQUAL = (exact(0.3), exact(0.3), exact(0.4))
HAIYAN, HUANGYUAN, HUANGZHONG = 0, 1, 2


def section(name: str, upstream: int, *downstream: int, **given: Any) -> Section:
    count = len(downstream)
    made = Section(name, upstream, downstream, (mpq(1, count),) * count, 2, 2, mpq(0), mpq(0), None, (), "协议", 4)  # fmt: skip
    return replace(made, **{key: _exact(value) for key, value in given.items()})


def _exact(value: Any) -> Any:
    return exact(value) if isinstance(value, float) else value


JINTAN = section("金滩", HAIYAN, HUANGYUAN, per_percent=50.0, most=150.0, changes=(exact(-0.04),))
ZHAMALONG = section(
    "扎麻隆", HUANGYUAN, HUANGZHONG, actual=3, per_class=600.0, per_percent=50.0, changes=(exact(0.02),)
)  # fmt: skip


def flows(*sections: Section, own: float | None = 12000.0, limit: float | None = None, unit: float = 1.0, **terms: Any) -> Flows:  # fmt: skip
    given = Terms(EQUAL, None if limit is None else exact(limit), True, False)
    money = [None if own is None else exact(own)] * 6
    return Flows(sections, replace(given, **terms), np.array(money, dtype=object), exact(unit))


def test_a_class_and_an_index_make_what_is_due() -> None:
    assert JINTAN.change(EQUAL) == exact(-0.04)
    assert JINTAN.due(EQUAL) == 150  # 200, capped
    assert replace(JINTAN, most=None).due(EQUAL) == 200
    assert ZHAMALONG.class_part(3) == -600
    assert ZHAMALONG.index_part(EQUAL) == -100
    assert [int(ZHAMALONG.due(EQUAL, at)) for at in range(6)] == [1100, 500, -100, -700, -1300, -1900]  # fmt: skip


def test_pollutants_are_weighed_and_weights_count_by_their_ratio() -> None:
    measured = section(
        "甲", 0, 1, per_percent=10.0, changes=(mpq(-1, 10), mpq(0), mpq(1, 5))
    )  # 0.3 · −10% + 0.4 · 20% = 5%
    assert measured.index_part(EQUAL) == -50
    assert measured.index_part((mpq(3), mpq(3), mpq(4))) == -50
    assert measured.index_part((mpq(0),) * 3) == 0
    assert replace(measured, most=exact(20.0)).index_part(EQUAL) == -20


def test_the_miniature_adds_to_nothing() -> None:
    found = flows(JINTAN, ZHAMALONG)
    assert found.net.tolist() == [150, -850, 700, 0, 0, 0]
    assert found.moved.tolist() == [150, -850, 700, 0, 0, 0]
    assert found.set_aside.tolist() == [0, 850, 0, 0, 0, 0]


def test_a_payer_pays_no_more_than_its_limit_and_each_recipient_loses_alike() -> None:
    found = flows(JINTAN, ZHAMALONG, limit=0.05)
    assert [round(float(flow.limited), 2) for flow in found.flows] == [105.88, 494.12]
    assert found.published == (106, 494)
    assert found.net.tolist() == [106, -600, 494, 0, 0, 0]


def test_a_limit_that_is_not_known_holds_nothing_and_one_of_nothing_stops_all() -> None:
    assert flows(JINTAN, own=None, limit=0.05).published == (150,)
    assert flows(JINTAN, own=-3.0, limit=0.05).published == (0,)


def test_settings_may_leave_own_money_alone_or_count_penalties_as_need() -> None:
    assert flows(ZHAMALONG, counted=False).moved.tolist() == [0] * 6
    assert flows(ZHAMALONG, counted=False).set_aside.tolist() == [0] * 6
    assert flows(ZHAMALONG, in_need=True).set_aside.tolist() == [0] * 6


def test_several_downstream_pay_by_their_shares() -> None:
    shared = section("丙", 0, 1, 2, actual=1, per_class=100.0, shares=(mpq(3, 5), mpq(2, 5)))
    assert flows(shared).net.tolist() == [100, -60, -40, 0, 0, 0]
    assert flows(replace(shared, actual=3)).net.tolist() == [-100, 60, 40, 0, 0, 0]


def test_a_third_each_of_a_hundred_is_published_without_a_remainder() -> None:
    third = section("丁", 0, 1, 2, 3, actual=1, per_class=100.0)
    assert sorted(flows(third).published) == [33, 33, 34]
    assert flows(third).net[0] == 100
    assert sum(flows(third, unit=0.01).published) == 100


def test_the_order_of_the_sheet_does_not_matter() -> None:
    third = section("丁", 3, 0, 1, 2, actual=1, per_class=100.0)
    one, two = flows(JINTAN, third, limit=0.01), flows(third, JINTAN, limit=0.01)
    assert one.net.tolist() == two.net.tolist()


def test_whole_numbers_round_a_circle() -> None:
    half = mpq(1, 2)
    arcs = (Arc("a", "b", half), Arc("b", "a", mpq(3, 2)), Arc("a", "b", mpq(1)))
    counts = whole(arcs)
    assert counts[0] + counts[2] == counts[1]
    assert whole(()) == ()


# ------------------------------------------------------------------- random


def random_flows(seed: int) -> Flows:
    generator = random.Random(seed)
    count = generator.randint(2, 7)
    sections = []
    for number in range(generator.randint(1, 10)):
        upstream, *others = generator.sample(range(count), generator.randint(2, min(count, 4)))
        parts = [generator.randint(1, 9) for _ in others]
        sections.append(
            section(
                f"断面{number}",
                upstream,
                *others,
                shares=tuple(mpq(part, sum(parts)) for part in parts),
                target=generator.randrange(6),
                actual=generator.randrange(6),
                per_class=mpq(generator.randint(0, 700), generator.choice((1, 3, 7))),
                per_percent=mpq(generator.randint(0, 90), generator.choice((1, 4))),
                most=generator.choice((None, mpq(100), mpq(55, 2))),
                changes=tuple(mpq(generator.randint(-90, 90), 100) for _ in range(generator.choice((1, 3)))),
            )
        )  # fmt: skip
    own = [generator.choice((None, mpq(-5), mpq(generator.randint(1, 9000)))) for _ in range(count)]
    terms = Terms(EQUAL, generator.choice((None, mpq(1, 20), mpq(1, 3))), True, False)
    unit = generator.choice((mpq(1), mpq(1, 100), mpq(10)))
    return Flows(tuple(sections), terms, np.array(own, dtype=object), unit)


def totals(found: Flows, money: Iterable[mpq], of: Any) -> dict[Any, mpq]:
    result: dict[Any, mpq] = defaultdict(lambda: mpq(0))
    for flow, value in zip(found.flows, money, strict=True):
        result[of(flow)] += value
    return result


def faults(found: Flows) -> list[str]:
    """Where something is left over, or a figure is no neighbour of its own value."""
    limited = [flow.limited for flow in found.flows]
    told = [] if sum(found.net) == 0 else ["合计"]
    keys: dict[str, Any] = {
        "笔": lambda flow: (flow.section, flow.payer, flow.payee),
        "行": lambda flow: flow.payer,
        "列": lambda flow: flow.payee,
        "格": lambda flow: (flow.payer, flow.payee),
    }
    for name, of in keys.items():
        before, after = (totals(found, money, of) for money in (limited, found.published))
        told += [name for key in before if not _next_to(before[key], after[key], found.unit)]
    net = found.received(limited) - found.paid(limited)
    told += ["净额" for a, b in zip(net, found.net, strict=True) if not _next_to(a, b, found.unit)]
    told += list(_over(found, limited))
    return told


def _over(found: Flows, limited: list[mpq]) -> Iterable[str]:
    """The limit, and one factor for all a county pays."""
    for payer, paid in totals(found, limited, lambda flow: flow.payer).items():
        mine: list[Flow] = [flow for flow in found.flows if flow.payer == payer]
        own = found.own[payer]
        if own is not None and found.terms.limit is not None:
            if paid > max(mpq(0), found.terms.limit * own):
                yield "限额"
        elif paid != sum(flow.due for flow in mine):
            yield "协议数"
        if len({flow.limited / flow.due for flow in mine}) > 1:
            yield "比例"


def _next_to(value: mpq, count: mpq, unit: mpq) -> bool:
    steps = count / unit
    return steps.denominator == 1 and floor(value / unit) <= steps <= ceil(value / unit)


def test_random_tables_leave_nothing_over_and_every_sum_is_next_to_its_own() -> None:
    assert {seed: told for seed in range(60) if (told := faults(random_flows(seed)))} == {}


@pytest.mark.slow
def test_a_thousand_random_tables_leave_nothing_over() -> None:
    assert {seed: told for seed in range(1000) if (told := faults(random_flows(seed)))} == {}
