"""What is measured of an allocation: exactly, against paper; what cannot be measured is told apart from what is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from basins import HUANGYUAN, parameter, three_counties
from cases import make_case
from gmpy2 import mpq

from transfer_opt import solve
from transfer_opt.core.errors import InputError
from transfer_opt.policy.case import Case
from transfer_opt.policy.warning_levels import GREEN, RED, UNKNOWN, YELLOW, Ratio, Record, Threshold
from transfer_opt.report.monitor_sentences import sentences
from transfer_opt.scenarios.measured import NOTHING, measured
from transfer_opt.scenarios.watch import Source, Watch, watch

MONEY = {
    "可用财力": (10, 20, 30),
    "标准财政支出": (100, 100, 200),
    "保基本民生需求": (40, 50, 60),
    "保工资需求": (0, 0, 0),
    "保运转需求": (0, 0, 0),
}
GIVEN = np.array([30.0, 30.0, 60.0])


def case(**more: Any) -> Case:
    numbers = {**MONEY, **more.pop("numbers", {})}
    return make_case(pools={"均衡性": 120.0}, numbers=numbers, **more)


def records(of: Case, multiple: int = 1, is_forecast: bool = False) -> list[Record]:
    return list(measured(of, GIVEN, mpq(multiple), 2026, is_forecast))


def values(found: list[Record], indicator: str) -> list[mpq | None]:
    return [each.values[indicator].value if each.values[indicator] else None for each in found[:3]]


def watched(found: list[Record], *thresholds: Threshold) -> Watch:
    return watch(thresholds, [Source("果", tuple(found))], {}, mpq(1), "万元")


def test_figures_of_counties_are_those_of_paper() -> None:
    """Capacity 40, 50, 90 of needs 40, 50, 60 and of spending 100, 100, 200; the province has 180 of 400."""
    found = records(case())
    assert values(found, "三保保障倍数") == [1, 1, mpq(3, 2)]
    assert values(found, "保障水平与全省之比") == [mpq(8, 9), mpq(10, 9), 1]
    assert values(found, "自有财力占支出") == [mpq(1, 10), mpq(1, 5), mpq(3, 20)]
    assert found[3].values["三保缺口"] == Ratio(mpq(0))
    assert (found[3].name, found[3].year) == ("全省", 2026)


def test_the_multiple_of_the_rule_is_no_part_of_the_figure() -> None:
    doubled = case(need=(80, 100, 120))
    assert values(records(doubled, 2), "三保保障倍数") == [1, 1, mpq(3, 2)]


def test_money_that_a_county_may_only_use_in_part_counts_in_part() -> None:
    assert values(records(case(usable={"均衡性": 0.5})), "三保保障倍数") == [
        mpq(5, 8),
        mpq(7, 10),
        1,
    ]


def test_who_is_of_no_zone_has_no_assessment_and_who_has_no_proceeds_no_share() -> None:
    found = records(
        case(
            texts={"功能区类型": ("国家重点生态功能区", "省级重点生态功能区", ""), "生态考核结果": ("变差", "", "")},
            numbers={"土地出让收益": (100, 0, np.nan), "用于农业农村支出": (30, 0, 5)},
        )
    )  # fmt: skip
    assert [each.values["生态考核结果"] for each in found[:3]] == [Ratio(mpq(-1)), None, NOTHING]
    assert [each.values["土地出让收益用于农业农村"] for each in found[:3]] == [
        Ratio(mpq(30), mpq(100), mpq(1)),
        NOTHING,
        None,
    ]
    assert found[3].values["生态变差县数"] == Ratio(mpq(1))
    ecology = Threshold("生态考核结果", 1, {YELLOW: mpq(0)})
    now = watched(found, ecology).standings
    assert [each.level(0) for each in now] == [YELLOW, UNKNOWN, UNKNOWN]
    assert [each.courses[0].levels for each in now] == [(YELLOW,), (UNKNOWN,), ("",)]


def test_the_province_is_told_how_far_it_is_from_the_share_of_land() -> None:
    """72 of 200 where 45 % is asked: 90 less 72 is 18 short; the counties have 30 %, 60 % and 15 %."""
    found = records(case(numbers={"土地出让收益": (100, 60, 40), "用于农业农村支出": (30, 36, 6)}))
    land = Threshold("土地出让收益用于农业农村", 1, {RED: mpq(2, 10), YELLOW: mpq(45, 100)})
    said = list(sentences(watched(found, land)))
    assert "土地出让收益用于农业农村：全省 36%，低于目标 45%，差 18 万元。" in said
    levels = [each.level(0) for each in watched(found, land).standings]
    assert levels == [YELLOW, GREEN, RED]
    partly = [replace(found[0], values={}), *found[1:]]
    assert "土地出让收益用于农业农村：有数的 2 县 42%，低于目标 45%，差 3 万元。" in list(
        sentences(watched(partly, land))
    )
    enough = Threshold("土地出让收益用于农业农村", 1, {YELLOW: mpq(36, 100)})
    assert "土地出让收益用于农业农村：全省 36%，达到目标 36%。" in list(
        sentences(watched(found, enough))
    )


def test_what_is_below_the_share_of_land_by_a_hair_is_not_told_as_that_share() -> None:
    """4,499 of 10,000 where 45 % is asked."""
    found = records(
        case(numbers={"土地出让收益": (10_000, 0, 0), "用于农业农村支出": (4499, 0, 0)})
    )
    land = Threshold("土地出让收益用于农业农村", 1, {YELLOW: mpq(45, 100)})
    said = list(sentences(watched(found, land)))
    assert "土地出让收益用于农业农村：全省 44.99%，低于目标 45%，差 1 万元。" in said


def test_a_forecast_misses_no_cut_by_its_own_rounding() -> None:
    """Of a need of 40.5 a county with 40 lacks less than the unit the forecast is worked out to, with 50 of 52 it does not."""
    numbers = {"保基本民生需求": (40.5, 52, 60)}
    cuts = Threshold("三保保障倍数", 1, {RED: mpq(1)})
    now = records(case(numbers=numbers))
    ahead = [*now, *(measured(case(numbers=numbers), GIVEN, mpq(1), 2027, is_forecast=True))]
    found = watched(ahead, cuts)
    assert [each.level(0) for each in found.standings] == [RED, RED, GREEN]
    assert [each.level(1) for each in found.standings] == [GREEN, RED, GREEN]
    assert "生态考核结果" not in ahead[-2].values
    assert [each.values["三保缺口县数"] for each in (now[-1], ahead[-1])] == [
        Ratio(mpq(2)),
        Ratio(mpq(1)),
    ]


def test_what_is_not_known_is_not_made_up() -> None:
    found = records(case(numbers={"可用财力": (10, np.nan, 30)}))
    assert values(found, "三保保障倍数") == [1, None, mpq(3, 2)]
    assert values(found, "保障水平与全省之比") == [None, None, None]
    assert found[3].values["三保缺口"] is None
    with pytest.raises(InputError, match="没有任何一年的数"):
        watched([], Threshold("三保保障倍数", 1, {RED: mpq(1)}))


def test_what_a_county_pays_for_the_water_is_no_need_unless_the_settings_say_so(
    tmp_path: Path,
) -> None:
    """湟源县 has 12,000, needs 12,500 and pays 850 net: its 三保 is that of the result, its coverage less by what it pays."""
    for counted, said in (("否", "未计"), ("是", "计入")):
        rules = [parameter("三保计入横向补偿", counted)]
        plan = solve(three_counties(tmp_path / f"{said}.xlsx", rules=rules)).outcome
        at = [str(name) for name in plan.case.recipients.name].index(HUANGYUAN)
        amounts = plan.published
        found = list(measured(plan.case, amounts, mpq(1), 2026))
        own = 12_000 - (850 if counted == "是" else 0)
        given = mpq(int(amounts[at]))
        assert found[at].values["三保保障倍数"] == Ratio(own + given, mpq(12_500), mpq(1))
        gap = found[-1].values["三保缺口"]
        assert gap
        assert float(gap.top) == pytest.approx(float(plan.shortfall.sum()))
        own_share = found[at].values["自有财力占支出"]
        assert own_share == Ratio(mpq(12_000 - 850), mpq(14_000))
