"""What ledgers and maps tell."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from books import plain_tables, write_tables

from sentences.commands_said import Say
from sentences.desk import Desk
from transfer_opt.published.ledger import append, ready


def mapped(boundaries: str | None) -> Say:
    """`compare` of the small result with a page, and a map from a file that is not there, or none."""

    def say(desk: Desk) -> str:
        page = ("--html", desk.path("页.html"), "-o", desk.path("页.xlsx"))
        drawn = ("--boundaries", desk.path(boundaries)) if boundaries else ()
        return desk.says("compare", desk.small[1], desk.small[1], *page, *drawn)

    return say


def recorded(change: str = "") -> Say:
    """`history` of a ledger of two lines, in which somebody changed something."""

    def say(desk: Desk) -> str:
        place = desk.path(f"台账{desk.slot(change)}.db")
        ready(str(place))
        for kind in ("计算", "导出"):
            append(str(place), kind, {})
        if change:
            with closing(sqlite3.connect(place)) as connection, connection:
                connection.execute(change)
        return desk.says("history", "--ledger", place)

    return say


def told_in(money: str, *options: str) -> Say:
    """`solve` of the example with another unit of money above its numbers."""
    result = f"{money}结果.xlsx"

    def say(desk: Desk) -> str:
        source = write_tables(desk.path(f"{money}.xlsx"), plain_tables(), money)
        return desk.says("solve", source, "-o", desk.path(result), *options)

    return say
