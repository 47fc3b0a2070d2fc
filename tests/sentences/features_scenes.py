"""Scenes of several years, of shared services, of the province's own money and of monitoring, on the smallest workbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
from books import GUARANTEE, write_tables
from monitoring import CUTS, GUARANTEE_CUTS, HISTORY, HISTORY_HEADERS, workbook
from provincial import two_funds
from sharedbook import CUT, Edit, miniature
from years import two_counties

from sentences.desk import Desk, texts
from transfer_opt.core.vocabulary import BENEFICIARIES, POOLS, SCENARIOS, SERVICES

Scene = Callable[[Desk], str]
Make = Callable[[Path], Path]
MANY = ((50, 40), (50, 60), (50, 60))
"""What 甲县 and 乙县 need in three years."""


def written(name: str, make: Make, command: str, *options: str) -> Scene:
    """A command on a workbook of this name, with what stands in the file it writes."""

    def say(desk: Desk) -> str:
        source, target = desk.path(f"{name}.xlsx"), desk.path(f"{name}结果.xlsx")
        if not source.exists():
            make(source)
        said = desk.says(command, source, "-o", target, *options)
        return said + "\n" + (texts(target) if target.exists() else "")

    return say


def explained(name: str, county: str, first: Scene) -> Scene:
    """`explain` of a county in the result of another scene."""

    def say(desk: Desk) -> str:
        first(desk)
        return desk.says("explain", desk.path(f"{name}结果.xlsx"), county)

    return say


# ------------------------------------------------------------- 年度展望

GROWING = (
    ["规则", "资金", "参数", "对象", "改"],
    ["年度展望", GUARANTEE, "本年总额", None, 0.05],
)
HARD = (["三保兜底", None, None, None, None, "是", "硬", None, None, None],)
two_years = written("两年", two_counties, "plan", "--joint")
this_year = written("本年", two_counties, "solve")
LATER = partial(two_counties, pools=(110, 110, 100), needs=MANY)
"""The third year's pool is less than the floors, 66 and 44."""
CLOSED = partial(two_counties, pools=(110, 110, 110), needs=MANY[:1] * 2 + MANY[1:2], rules=HARD)
"""A need of 60 in the third year that is hard, on 44."""
YEARS: Mapping[str, Scene] = {
    "两年": two_years,
    "两年·乙县": explained("两年", "乙县", two_years),
    "本年": this_year,
    "本年·乙县": explained("本年", "乙县", this_year),
    "够用": written("够用", partial(two_counties, pools=(110, 130)), "plan", "--joint"),
    "滚动": written("滚动", partial(two_counties, pools=(110, 130)), "plan"),
    "加大": written("加大", partial(two_counties, scenarios=GROWING), "plan", "--scenario", "改"),
    "卡住": written("卡住", LATER, "plan"),
    "加大·卡住": written(
        "加大卡住", partial(CLOSED, scenarios=GROWING), "plan", "--scenario", "改"
    ),
    "卡住·统筹": written(
        "卡住统筹",
        partial(two_counties, needs=((50, 40), (50, 50)), rules=HARD),
        "plan",
        "--joint",
    ),
}

# ------------------------------------------------------------- 共担事项


def shared(*edits: Edit, **given: Any) -> Make:
    """The two counties that share two services, edited."""

    def make(path: Path) -> Path:
        tables = miniature(**given)
        for edit in edits:
            edit(tables)
        return write_tables(path, tables)

    return make


def not_shared(tables: Any) -> None:
    """Nothing of the services in the workbook."""
    del tables[SERVICES], tables[BENEFICIARIES], tables[SCENARIOS][1:]


def more_money(tables: Any) -> None:
    """A scenario that leaves the shares alone."""
    tables[SCENARIOS][1:] = [[POOLS, GUARANTEE, "本年总额", None, 642]]


share, bare = (
    written("共担", shared(), "solve", "--scenario", CUT),
    written("不共担", shared(not_shared, way="填报", basis=None), "solve"),
)
SHARED: Mapping[str, Scene] = {
    "共担": share,
    "共担·乙县": explained("共担", "乙县", share),
    "不共担": bare,
    "不共担·乙县": explained("不共担", "乙县", bare),
    "共担·比较": written("共担比", shared(), "compare"),
    "多给·比较": written("多给比", shared(more_money), "compare"),
}

# ------------------------------------------------------------- 省级统筹

PROVINCE: Mapping[str, Scene] = {
    "统筹": written("统筹", two_funds, "solve"),
    "统筹·不动": written("不动", partial(two_funds, needs=(10, 20)), "solve"),
    "不统筹": written("不统筹", partial(two_funds, ecology=(80, 20, None, None)), "solve"),
}

# ------------------------------------------------------------- 监测预警


def watched(
    name: str,
    cuts: Sequence[Sequence[Any]] = CUTS,
    history: Sequence[Sequence[Any]] = HISTORY,
    headers: Sequence[str] = HISTORY_HEADERS,
) -> Scene:
    """`monitor` of cuts and years."""
    make = partial(workbook, cuts=cuts, history=history, headers=headers)
    return written(name, make, "monitor")


def with_land(path: Path) -> Path:
    """Two counties of which 72 of 200 from land went to the countryside."""
    book = openpyxl.load_workbook(two_counties(path, needs=((62, 43), (62, 43))))
    for sheet in book.worksheets:
        sheet.insert_rows(1)
        sheet["A1"] = "2027年基础数据"
    sheet = book["县区数据"]
    for row in zip(
        sheet.iter_rows(min_row=3, min_col=sheet.max_column + 1, max_col=sheet.max_column + 2),
        (("土地出让收益", "用于农业农村支出"), (100, 30), (100, 42)),
        strict=True,
    ):
        for cell, value in zip(*row, strict=True):
            cell.value = value
    book.save(path)
    return path


def landed(target: float) -> Scene:
    """`monitor` of a plan of these two against so much of what comes from land."""
    cut = ("土地出让收益用于农业农村", "越大越好", None, None, target, 0)

    def say(desk: Desk) -> str:
        written("土地", with_land, "plan")(desk)
        cuts = workbook(desk.path(f"线{target}.xlsx"), [GUARANTEE_CUTS, cut], ())
        note = desk.path(f"名单{target}.xlsx")
        plan = desk.path("土地结果.xlsx")
        return desk.says("monitor", plan, "--thresholds", cuts, "-o", note) + texts(note)

    return say


FOUR = HISTORY_HEADERS[:4]
WATCHED: Mapping[str, Scene] = {
    "监测": watched("监测"),
    "监测·绿": watched(
        "绿", CUTS, [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.3)], headers=FOUR
    ),
    "监测·一项": watched(
        "一项",
        [GUARANTEE_CUTS],
        [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.01)],
        headers=FOUR,
    ),
    "土地·45": landed(0.45),
    "土地·36": landed(0.36),
}
SCENES: Mapping[str, Scene] = {**YEARS, **SHARED, **PROVINCE, **WATCHED}
