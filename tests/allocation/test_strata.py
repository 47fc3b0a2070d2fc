"""Counties of one kind together: who is in which stratum, and what they get, added up on paper."""

from __future__ import annotations

import numpy as np
from allocations import example

from transfer_opt.allocation.explanation.strata import Province, Stratum, strata
from transfer_opt.core.arrays import Texts
from transfer_opt.report.equality import STRATA_HEAD, indicator_table


def words(*given: str) -> Texts:
    return np.array(given, dtype=object)


def told(found: list[Stratum]) -> list[tuple[str, str, list[int]]]:
    return [(each.column, each.kind, np.flatnonzero(each.members).tolist()) for each in found]


def test_a_column_that_tells_a_few_kinds_apart_makes_strata_blank_last() -> None:
    texts = {"类别": words("乙", "", "甲", "乙"), "备注": words("一", "二", "三", "四")}
    assert told(list(strata(texts, np.full(4, np.nan)))) == [
        ("类别", "乙", [0, 3]),
        ("类别", "甲", [2]),
        ("类别", "（未填）", [1]),
    ]


def test_counties_are_told_apart_by_size_where_their_residents_are_known() -> None:
    people = np.array([49_999.0, 50_000.0, 300_000.0])
    assert told(list(strata({}, people))) == [
        ("常住人口", "5万人以下", [0]),
        ("常住人口", "5万—20万人", [1]),
        ("常住人口", "20万人以上", [2]),
    ]
    assert list(strata({}, np.array([1.0, 2.0]))) == [], "one size tells nothing apart"


def test_what_a_stratum_gets_is_the_sum_of_its_counties() -> None:
    province = Province(
        np.array([30.0, 10.0, 60.0]),
        np.array([20.0, 10.0, 50.0]),
        np.array([2.0, 3.0, 5.0]),
        np.array([10.0, 10.0, 0.0]),
        np.array([40.0, 20.0, 60.0]),
        np.array([50.0, 50.0, 80.0]),
    )
    standing = province.standing(np.array([True, True, False]))
    assert (standing.count, standing.given, standing.last, standing.heads) == (2, 40.0, 30.0, 5.0)
    assert (standing.share, standing.change) == (0.4, 10.0)
    assert (standing.before, standing.after) == (0.2, 0.6)
    assert standing.growth == 10 / 30


def test_the_strata_of_each_column_add_to_the_province_in_the_table() -> None:
    rows = [row.values for row in indicator_table(example()).rows]
    below = rows[rows.index(STRATA_HEAD) + 1 :]
    for column in ("功能区类型", "困难地区类型", "常住人口"):
        group = [row for row in below if row[1] == f"按{column}"]
        assert sum(float(row[2] or 0) for row in group) == 45
        assert sum(float(row[4] or 0) for row in group) == 2_820_500
    assert below[0] == (
        "国家重点生态功能区",
        "按功能区类型",
        20.0,
        1_288_153.0,
        1_406_907.0,
        118_754.0,
        "49.9%",
        "人均 12,296 元；29.4%→83.1%；+9.2%",
    )
