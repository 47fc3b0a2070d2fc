"""The left column shows what holds, what the base has, and what the model has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from books import ECOLOGY, EQUALIZATION, GUARANTEE
from desks import act, cell, desk
from gmpy2 import mpq

from transfer_opt.workbench.levers import Lever, Levers, moved_pool
from transfer_opt.workbench.render import every
from transfer_opt.workbench.session import Session


@pytest.fixture
def session() -> Iterator[Session]:
    with desk() as opened:
        yield opened


def shown(session: Session) -> Levers:
    assert session.levers
    return session.levers


def lever(session: Session, rule: str, fund: str, parameter: str) -> Lever:
    [found] = [
        each for each in every(shown(session)) if each.address == (rule, fund, parameter, "")
    ]
    return found


@pytest.mark.parametrize(
    ("percent", "unit", "pool"),
    [(1.0, 1, 2017980), (-10.0, 1, 1798200), (0.1, 1, 1999998), (0.0, 1, 1998000), (0.1, 100, 2000000)],
)  # fmt: skip
def test_a_pool_is_moved_to_a_whole_publishing_unit(percent: float, unit: int, pool: float) -> None:
    assert moved_pool(1998000.0, percent, mpq(unit)) == pool


def test_the_pools_of_the_example(session: Session) -> None:
    pools = {pool.lever.label: (pool.lever.value, pool.last) for pool in shown(session).pools}
    assert pools == {
        EQUALIZATION: ("1,998,000", "1,850,000"),
        GUARANTEE: ("438,000", "402,000"),
        ECOLOGY: ("384,500", "356,000"),
    }


def test_every_place_on_the_page_has_a_name_of_its_own(session: Session) -> None:
    found = [each.id for each in every(shown(session))]
    found += [pool.lever.id for pool in shown(session).pools]
    assert len(found) == len(set(found)) > 80


def test_nothing_is_changed_at_first(session: Session) -> None:
    found = shown(session)
    assert not found.differences
    assert not [each for each in every(found) if each.is_changed]
    assert not [rule for _, rules in found.groups for rule in rules if rule.is_changed]


def test_value_base_and_default_stand_apart(session: Session) -> None:
    cell(session, "增幅上限", EQUALIZATION, "增幅上限", "20%")
    found = lever(session, "增幅上限", EQUALIZATION, "增幅上限")
    assert (found.value, found.base, found.default) == ("20%", "15%", "15%")
    assert found.is_changed
    [difference] = shown(session).differences
    assert (difference.label, difference.base, difference.value) == (
        "增幅上限·均衡性·增幅上限",
        "15%",
        "20%",
    )
    [rule] = [rule for _, rules in shown(session).groups for rule in rules if rule.is_changed]
    assert rule.name == "增幅上限"


def test_what_is_told_of_one_county_is_listed_and_leaves_the_rule_as_it_is(
    session: Session,
) -> None:
    act(session, "single", what="上年保底·启用", place="玛多县", fund=EQUALIZATION, value="否")
    assert lever(session, "上年保底", EQUALIZATION, "启用").value == "是"
    [difference] = shown(session).differences
    assert difference.label == "上年保底·均衡性·启用·玛多县"
    assert (difference.base, difference.value) == ("是", "否")


def test_goals_are_those_of_the_draft_and_the_rest(session: Session) -> None:
    act(session, "goals", order="差距最小>贴近因素法")
    found = shown(session)
    assert found.goals == ("差距最小", "贴近因素法")
    assert set(found.further_goals) == {"三保缺口最小", "保障水平最大化", "较上年波动最小"}
    [difference] = found.differences
    assert (difference.base, difference.value) == (
        "三保缺口最小>贴近因素法",
        "差距最小>贴近因素法",
    )


def test_every_rule_that_may_be_told_of_one_county_can_be_tried(session: Session) -> None:
    funds = [each.address for each in every(shown(session))]
    for what in shown(session).single:
        rule, _, parameter = what.partition("·")
        spec = session.desk.prepared.spec.rules[rule]
        of = spec.parameters.get(parameter)
        place = "海北藏族自治州" if of and of.by == "prefecture" else "玛多县"
        value = "否" if parameter == "启用" else "50%" if of and of.kind == "share" else "1"
        fund = next((each for each in funds if each[0] == rule and each[1]), ("", EQUALIZATION))[1]
        act(session, "single", what=what, place=place, fund=fund, value=value)
