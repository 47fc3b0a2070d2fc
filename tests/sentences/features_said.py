"""Codes of the province's own money, of agreements on river sections and of monitoring: what calls for each, and what is next to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import basins
import monitoring
import successions
from books import ECOLOGY
from provincial import two_funds

from sentences.commands_said import Row, Say
from sentences.desk import Desk

Made = Callable[[Path], Path]
"""Writes a small workbook at a path."""


def made(command: str, make: Made, *options: str) -> Say:
    """A command on a small workbook made for it; nothing that it writes is kept."""

    def say(desk: Desk) -> str:
        source = desk.path(f"小{desk.slot(repr((make, options)))}.xlsx")
        source = source if source.exists() else make(source)
        target = () if command == "check" else ("-o", desk.path("弃.xlsx"))
        return desk.says(command, source, *target, *options)

    return say


# ------------------------------------------------------------- 省级统筹


def province(command: str, **given: Any) -> Say:
    """A command on two funds of which 20 and 20 are the province's own."""
    return made(command, partial(two_funds, **given))


GROWING = (("生态稳定增长", ECOLOGY, "增长率", None, 0.03, "是", "硬"),)
"""3 % over last year's 50 is 51.5: with 45 central, 7 whole units are the least."""
SPLIT = (
    Row(
        "E401",
        province("check", guarantee=(120, 121, None, None)),
        province("check", guarantee=(120, 120, None, None)),
    ),
    Row(
        "E402",
        province("check", ecology=(80, 20, 41, None)),
        province("check", ecology=(80, 20, 20, None)),
    ),
    Row(
        "E403",
        province("solve", guarantee=(120, 20.5, None, None)),
        province("solve", guarantee=(120, 20, None, None)),
    ),
    Row(
        "E404",
        province("solve", ecology=(65, 20, 6, None), rules=GROWING),
        province("solve", ecology=(65, 20, 7, None), rules=GROWING),
    ),
)

# ------------------------------------------------------------- 断面

LIMIT = (basins.parameter("限额比例", 0.05),)
"""What 湟源县 owes, 850, is more than 5 % of its 12,000."""


def sections(rows: Sequence[Sequence[Any]] = basins.MINIATURE, **given: Any) -> Say:
    """`check` of three counties along a river."""
    return made("check", partial(basins.three_counties, sections=rows, **given))


def section(**cells: object) -> Say:
    """The same with one section, some of whose cells are written otherwise."""
    row = dict(zip(basins.HEADER, basins.MINIATURE[1], strict=True)) | cells
    return sections([tuple(row.values())])


def put_in(province: float) -> Say:
    """`check` of counties that put 500 into a fund of 3,000, and the province so much."""
    return made("check", partial(basins.pooled, paid_in=(100, None, 400), province=province))


AGREED = section()
BASINS = (
    Row("E380", put_in(2499), put_in(2500)),
    Row("E383", section(断面名称=None), AGREED),
    Row("E384", section(上游="湟源区县"), section(上游="湟源")),
    Row("E385", section(分担比例=0.5), section(分担比例=1)),
    Row("E386", section(实际类别="VI"), section(实际类别="IV")),
    Row("E387", section(每级金额=None), section(每级金额=0)),
    Row("E388", section(指标变化=-4), section(指标变化="-4%")),
    Row("E389", section(依据=None), AGREED),
    Row("W383", section(依据="试算"), AGREED),
    Row("W384", sections(rules=LIMIT), sections()),
    Row("W385", sections(rules=LIMIT, own=(5000, None, 8000)), sections(rules=LIMIT)),
)

# ------------------------------------------------------------- 监测预警


def watched(cuts: Any = monitoring.CUTS, history: Any = monitoring.HISTORY) -> Say:
    """`monitor` of the miniature of three counties, or of other cuts and years."""
    return made("monitor", partial(monitoring.workbook, cuts=cuts, history=history))


def approved(county: str | None) -> Say:
    """`monitor` of a plan of two years in which people decided on a county, or did not."""

    def say(desk: Desk) -> str:
        plan, cuts = desk.path("2027结果.xlsx"), desk.path("线.xlsx")
        if not plan.exists():
            monitoring.result(desk.folder, 2027, (65, 44), "plan")
            monitoring.workbook(cuts, [monitoring.GUARANTEE_CUTS], ())
        if county:
            decided = desk.path("决定.xlsx")
            decision = ("--county", county, "--fund", "县级保障", "--to", "60")
            desk.says("adjust", plan, *decision, "--reason", "试", "--by", "会议", "-o", decided)
            plan = decided
        return desk.says("monitor", plan, "--thresholds", cuts, "-o", desk.path("单.xlsx"))

    return say


GONE = [*monitoring.HISTORY, ("丁县", 2025, 1000, 1)]
BETWEEN = [row for row in monitoring.HISTORY if row[1] != "2025年"]
WATCHED = (
    *(
        Row(
            code,
            made("monitor", partial(monitoring.added, more=wrong)),
            made("monitor", partial(monitoring.added, more=right)),
        )
        for code, (wrong, right) in monitoring.CODES.items()
    ),
    Row("E399", watched(history=()), watched()),
    Row("W393", watched(history=GONE), watched()),
    Row("W394", watched(history=BETWEEN), watched()),
    Row("W395", approved("甲县"), approved(None)),
)

# ------------------------------------------------------------- 区划调整


def divided(at: int = 0, own: Sequence[Any] = successions.OWN, **cells: object) -> Say:
    """`check` of merged and split counties, one row with some cells written otherwise."""
    rows = [dict(zip(successions.HEADER, row, strict=True)) for row in successions.ROWS]
    rows[at] |= cells
    made_of = [tuple(row.values()) for row in rows]
    return made("check", partial(successions.merged, rows=made_of, own=own))


def over(merged: bool) -> Say:
    """`monitor` of 2025 with 甲县 and 2026, when it is a part of 己县, or is there still."""

    def say(desk: Desk) -> str:
        cuts = monitoring.workbook(desk.path("线·区划.xlsx"), [monitoring.GUARANTEE_CUTS], ())
        there = (("990101", "甲县"), ("990102", "乙县"), ("990103", "丙县"))
        paths = [desk.path(f"{year}{merged}.xlsx") for year in (2025, 2026)]
        now = {"units": there, "rows": []}
        for path, year in zip(paths, (2025, 2026), strict=True):
            given = {} if merged and year == 2026 else {**now, "own": (900, 1900, 2900)}
            book = successions.merged(desk.path(f"区划{year}.xlsx"), year=year, **given)  # type: ignore[arg-type]
            desk.says("solve", book, "-o", path)
        target = desk.path("单·区划.xlsx")
        return desk.says("monitor", *paths, "--thresholds", cuts, "-o", target)

    return say


CHANGED = (
    Row("E411", divided(新代码="990119"), divided()),
    Row("E412", divided(比例=None), divided()),
    Row("E413", divided(日期="2027-01-01"), divided(日期="2026-12-31")),
    Row("E414", divided(3, 新代码="990112", 新名称=None), divided()),
    Row("E415", divided(3, 原代码="990104", 新代码="990111", 新名称=None), divided()),
    Row("E416", divided(**{successions.LAST: None}), divided(**{successions.LAST: 0})),
    Row("E417", divided(新名称="戊县"), divided(新名称=None)),
    Row("E418", divided(own=(3000.01, 0, 500)), divided(own=(3000, 0, 500))),
    Row("W411", divided(日期="2025-01-01"), divided(日期="2025-01-02")),
    Row("W396", over(merged=True), over(merged=False)),
)
ROWS = (*SPLIT, *BASINS, *WATCHED, *CHANGED)
