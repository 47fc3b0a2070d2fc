"""Codes of several years, of shared services, of the province's own money and of monitoring: what calls for each, and what is next to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import monitoring
import openpyxl
from books import ECOLOGY, GUARANTEE, write_tables
from cases import make_case
from provincial import two_funds
from sharedbook import Edit, miniature, put
from years import two_counties

from sentences.commands_said import Row, Say, refused
from sentences.desk import Desk
from transfer_opt.allocation.years.joint import MOST_UNITS, refuse_unfit
from transfer_opt.core.vocabulary import BENEFICIARIES, COUNTIES, OUTLOOK, RULES, SERVICES

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


# ------------------------------------------------------------- 年度展望


def outlook(change: Callable[[Any], None] | None = None) -> Say:
    """`check` of two counties with two years ahead; the sheet's header is in row 2, 本年总额 in row 3, the years in E and F."""

    def make(path: Path) -> Path:
        two_counties(path, pools=(110, 110, 110), needs=((50, 40), (50, 60), (50, 60)))
        if change:
            book = openpyxl.load_workbook(path)
            change(book[OUTLOOK])
            book.save(path)
        return path

    return made("check", make)


def typed(at: str, value: object) -> Say:
    """The same with this in a cell of the outlook."""

    def change(sheet: Any) -> None:
        sheet[at] = value

    return outlook(change)


def together(units: int, *objective: str) -> Say:
    """`plan --joint` of so many counties by this objective."""
    case = make_case(
        names=[f"县{place}" for place in range(units)],
        prefecture=["州"] * units,
        numbers={
            "可用财力": [1.0] * units,
            "标准财政支出": [1.0] * units,
            "常住人口": [1.0] * units,
        },
        need=[1.0] * units,
    )
    return refused(lambda _: refuse_unfit(case, objective))


def without_outlook(path: Path) -> Path:
    """Two counties of which nobody knows how they go on."""
    book = openpyxl.load_workbook(two_counties(path))
    del book[OUTLOOK]
    book.save(path)
    return path


GOOD = outlook()
YEARS = (
    Row("E361", typed("A3", "本年金额"), GOOD),
    Row("E362", typed("D3", "比例"), GOOD),
    Row("E363", typed("B4", GUARANTEE), GOOD),
    Row("E364", typed("F3", None), typed("F3", 0)),
    Row("E365", typed("F2", "再下一年"), typed("F2", "2029")),
    Row("E366", typed("F2", "2028"), GOOD),
    Row("E367", outlook(lambda sheet: sheet.delete_cols(5, 2)), GOOD),
    Row("E368", typed("F2", "2030年"), GOOD),
    Row("E405", made("plan", without_outlook), made("plan", two_counties)),
    Row("E406", made("plan", two_counties, "--years", "3"), made("plan", two_counties)),
    Row("E407", together(MOST_UNITS + 1), together(MOST_UNITS)),
    Row("E408", together(1, "较上年波动最小"), together(1, "贴近因素法")),
)

# ------------------------------------------------------------- 共担事项


def services(*edits: Edit, way: str = "测算", basis: str | None = "净口径") -> Say:
    """`check` of the two counties that share two services, edited."""

    def make(path: Path) -> Path:
        tables = miniature(way, basis)
        for edit in edits:
            edit(tables)
        return write_tables(path, tables)

    return made("check", make)


def filled(first: float, second: float) -> Edit:
    """What the two counties filled in as 保基本民生需求, of which 190 and 152 are their own."""

    def edit(tables: Any) -> None:
        for row, value in zip(tables[COUNTIES][1:], (first, second), strict=True):
            row[7] = value

    return edit


GROSS = filled(3800, 1520)
SHARED = (
    Row("E371", services(put(SERVICES, "A3", None)), services()),
    Row("E372", services(put(SERVICES, "E3", 80)), services(put(SERVICES, "E3", "80%"))),
    Row("E373", services(put(SERVICES, "B4", None)), services()),
    Row("E374", services(put(SERVICES, "C3", "也许")), services()),
    Row("E375", services(put(SERVICES, "H4", 0.05)), services()),
    Row("E376", services(put(SERVICES, "B4", 900)), services()),
    Row("E377", services(lambda found: found[BENEFICIARIES].pop()), services()),
    Row("E378", services(put(BENEFICIARIES, "F2", "医疗")), services()),
    Row("E379", services(put(BENEFICIARIES, "D4", "三档")), services()),
    Row("E381", services(put(BENEFICIARIES, "F4", None)), services(put(BENEFICIARIES, "F4", 0))),
    Row("E382", services(lambda found: found.pop(BENEFICIARIES)), services()),
    Row("W372", services(filled(212, 170)), services(filled(211, 170))),
    Row(
        "W373",
        services(GROSS, way="填报", basis=None),
        services(GROSS, put(RULES, "E6", "毛口径"), way="填报", basis=None),
    ),
    Row("W374", services(GROSS, way="填报"), services(way="填报")),
)

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
ROWS = (*YEARS, *SHARED, *SPLIT, *WATCHED)
