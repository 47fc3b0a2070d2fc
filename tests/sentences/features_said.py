"""Codes of the province's own money, of agreements on river sections and of monitoring: what calls for each, and what is next to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import basins
import handovers
import monitoring
import successions
from books import ECOLOGY, GUARANTEE
from provincial import two_funds
from results import edited

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


def performing(*figures: float | None) -> Say:
    """`check` of the counties, whose money goes by 财力均衡度 as well, with these figures of it."""
    return made("check", partial(basins.weighed, figures=figures))


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
    Row("W357", performing(None, None, None), performing(1, 1, 1)),
    Row("W358", performing(1, None, 1), performing(1, 0, 1)),
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


def checked(*files: str) -> Say:
    """`audit` of what `monitor` made of a workbook, with these files."""

    def say(desk: Desk) -> str:
        source, target = desk.path("监测.xlsx"), desk.path("名单.xlsx")
        desk.says("monitor", monitoring.workbook(source), "-o", target)
        return desk.says("audit", target, *map(desk.path, files))

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
    Row("E191", checked(), checked("监测.xlsx")),
    Row("W395", approved("甲县"), approved(None)),
)
# ------------------------------------------------------------- 一体化


def handed(
    cell: tuple[str, str, Any] | None = None,
    ending: str = "xlsx",
    make: Made = handovers.river,
    **filled: Any,
) -> Say:
    """`export` of a result by a mapping one cell of which is written otherwise."""

    def say(desk: Desk) -> str:
        folder = desk.path(f"交{desk.slot(repr((make, cell, filled)))}")
        folder.mkdir(exist_ok=True)
        by = handovers.mapping(folder / "对照.xlsx", **{**handovers.OFFICIAL, **filled})
        if cell:
            sheet, where, value = cell
            edited(by, by, lambda book: book[sheet].__setitem__(where, value))
        target = folder / f"出.{ending}"
        return desk.says(
            "export", make(folder), "--format", "一体化", "--mapping", by, "-o", target
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


def by_itself(desk: Desk) -> str:
    """`export` by a workbook that is no mapping."""
    budget, result = desk.small
    return desk.says("export", result, "--format", "一体化", "--mapping", budget)


def returned(change: Callable[[Any], None]) -> Say:
    """`audit` of what was handed over, changed by a spreadsheet program."""

    def say(desk: Desk) -> str:
        folder = desk.path("退回")
        by, out = folder / "对照.xlsx", folder / "出.xlsx"
        result = folder / "河_分配结果.xlsx"
        if not folder.exists():
            folder.mkdir()
            handovers.mapping(by, **handovers.OFFICIAL)
            handovers.river(folder)
            desk.says("export", result, "--format", "一体化", "--mapping", by, "-o", out)
        return desk.says("audit", result, "--exported", desk.changed(out, change), "--mapping", by)

    return say


def put(where: str, value: Any) -> Callable[[Any], None]:
    """One cell, written over."""
    return lambda book: book.worksheets[0].__setitem__(where, value)


def alike(book: Any) -> None:
    """Nothing that counts: a title in the properties."""
    book.properties.title = "退回"


def unnumbered(folder: Path) -> Path:
    """A result of two counties whose codes have too few digits."""
    return handovers.shared(folder, {"甲县": "6301", "乙县": "6302"})


def finer(folder: Path) -> Path:
    """The result of two counties of which one was sent less than a fen in advance."""
    handovers.shared(folder)
    handovers.add_column(folder / "统筹.xlsx", f"提前下达{GUARANTEE}", {"乙县": 1.0000001})
    return handovers.solved(folder / "统筹.xlsx")


GBK = ("导出设置", "B10", "GBK")
HANDED = (
    Row("E411", by_itself, handed()),
    Row("E412", handed(("导出设置", "B7", "角")), handed(("导出设置", "B7", "万元"))),
    Row("E413", handed(("资金对照", "A7", "别的")), handed()),
    Row("E414", handed(项目代码=None), handed(项目代码="空白")),
    Row("E415", handed(make=unnumbered), handed(make=handovers.shared)),
    Row("E416", handed(make=finer), handed(make=handovers.shared)),
    Row("E417", returned(lambda book: book.worksheets[0].delete_rows(1)), returned(alike)),
    Row("E418", handed(GBK, "csv", 直达标识="𠮷"), handed(GBK, "csv")),
    Row("A631", returned(lambda book: book.worksheets[0].delete_cols(13)), returned(alike)),
    Row("A632", returned(put("L2", 1)), returned(alike)),
    Row("A633", returned(lambda book: book.worksheets[0].delete_rows(3)), returned(alike)),
    Row("A634", returned(put("A9", "9")), returned(alike)),
    Row("A635", returned(put("A9", "合计")), returned(alike)),
    Row("W651", returned(put("N1", "备注")), returned(alike)),
    Row("W652", returned(put("M2", 1)), returned(alike)),
)

CHANGED = (
    Row("E421", divided(新代码="990119"), divided()),
    Row("E422", divided(比例=None), divided()),
    Row("E423", divided(日期="2027-01-01"), divided(日期="2026-12-31")),
    Row("E424", divided(3, 新代码="990112", 新名称=None), divided()),
    Row("E425", divided(3, 原代码="990104", 新代码="990111", 新名称=None), divided()),
    Row("E426", divided(**{successions.LAST: None}), divided(**{successions.LAST: 0})),
    Row("E427", divided(新名称="戊县"), divided(新名称=None)),
    Row("E428", divided(own=(3000.01, 0, 500)), divided(own=(3000, 0, 500))),
    Row("W421", divided(日期="2025-01-01"), divided(日期="2025-01-02")),
    Row("W396", over(merged=True), over(merged=False)),
)
ROWS = (*SPLIT, *BASINS, *WATCHED, *HANDED, *CHANGED)
