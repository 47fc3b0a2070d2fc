"""The ledger: every solve, adjustment and export as one line, chained by hashes. SQLite file or PostgreSQL URL.

    hash_k = SHA-256(hash_{k−1} + "\\n" + k + "\\n" + time + "\\n" + kind + "\\n" + content)        hash_0 = ""

A line that is edited no longer fits its hash; one that is removed leaves a gap in the numbers, and the last number and
hash stand in a table of their own, so that the last line cannot be cut off unnoticed either. Who rewrites all of it
consistently is found only by a hash kept elsewhere: every command that writes a line prints it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from transfer_opt.core.errors import OutputError, Problem

try:
    import sqlalchemy as sql
    from sqlalchemy.schema import CreateTable
except ImportError as missing:  # an extra: most installations keep no ledger
    raise OutputError(
        "没有安装 sqlalchemy，用不了台账。处理办法：安装 transfer-opt 的 ledger 附加组件（sqlalchemy），"
        "或去掉 --ledger 和环境变量 TRANSFER_OPT_LEDGER。"
    ) from missing

_TABLES = sql.MetaData()
LINES = sql.Table(
    "transfer_opt_lines",
    _TABLES,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("time", sql.Text, nullable=False),
    sql.Column("kind", sql.Text, nullable=False),
    sql.Column("content", sql.Text, nullable=False),
    sql.Column("hash", sql.Text, nullable=False),
)
HEAD = sql.Table(
    "transfer_opt_head",
    _TABLES,
    sql.Column("id", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("number", sql.Integer, nullable=False),
    sql.Column("hash", sql.Text, nullable=False),
)
PATIENCE = 30
"""Seconds to wait for another program that writes into the same SQLite ledger."""


@dataclass(frozen=True)
class Line:
    """One line; `content` is a JSON object as text."""

    number: int
    time: str
    kind: str
    content: str
    hash: str

    def expected(self, before: str) -> str:
        """The hash it should have after the line before."""
        return hashlib.sha256(
            "\n".join((before, str(self.number), self.time, self.kind, self.content)).encode()
        ).hexdigest()

    @property
    def facts(self) -> Mapping[str, Any]:
        """The content as an object; empty where it cannot be read."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def ready(place: str) -> None:
    """Make sure that a line can be added; raises OutputError before any work is done for nothing."""
    try:
        with _engine(place).begin() as connection:
            for table in (LINES, HEAD):
                connection.execute(
                    CreateTable(table, if_not_exists=True)
                )  # two programs may start at once
            _start(connection)
    except (sql.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise _unusable(place, error) from error


def append(place: str, kind: str, facts: Mapping[str, Any]) -> Line:
    """Add one line in one transaction to a ledger that is `ready`; raises OutputError where that fails."""
    content = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    try:
        with _engine(place).begin() as connection:
            # The write comes first: it locks the ledger, so that two programs cannot build on the same line.
            connection.execute(sql.update(HEAD).values(number=HEAD.c.number + 1))
            number, before = connection.execute(sql.select(HEAD.c.number, HEAD.c.hash)).one()
            line = Line(number, time, kind, content, "")
            line = Line(number, time, kind, content, line.expected(before))
            connection.execute(sql.insert(LINES).values(**vars(line)))
            connection.execute(sql.update(HEAD).values(hash=line.hash))
    except (sql.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise _unusable(place, error) from error
    return line


def history(place: str) -> tuple[tuple[Line, ...], tuple[Problem, ...]]:
    """All lines in order, and what is wrong with the chain; raises OutputError where there is no ledger."""
    if not _is_url(place) and not Path(place).is_file():
        raise OutputError(
            f"没有台账文件：{place}。处理办法：核对路径；加了 --ledger 的计算完成后才会有台账。"
        )
    try:
        with _engine(place).connect() as connection:
            rows = connection.execute(sql.select(LINES).order_by(LINES.c.number)).all()
            head = connection.execute(sql.select(HEAD.c.number, HEAD.c.hash)).all()
    except (sql.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
        raise _unusable(place, error) from error
    lines = tuple(Line(*row) for row in rows)
    return lines, tuple(_broken(lines, [tuple(row) for row in head]))


def _broken(lines: Sequence[Line], head: Sequence[tuple[int, str]]) -> Iterator[Problem]:
    """Every line that was edited, every gap, and a cut end."""
    start = Line(0, "", "", "", "")
    for before, line in pairwise((start, *lines)):
        if line.number != before.number + 1:
            gone = (
                f"第 {before.number + 1} 行"
                if line.number == before.number + 2
                else f"第 {before.number + 1} 至 {line.number - 1} 行"
            )
            yield Problem("A691", f"台账{gone}被删去。")
        elif line.hash != line.expected(before.hash):
            yield Problem(
                "A690",
                f"台账第 {line.number} 行（{line.time}，{line.kind}）被改动过，或它之前的一行被换掉。",
            )
    last = lines[-1] if lines else start
    if len(head) != 1:
        yield Problem("A692", "台账的末行登记被删去或多出。")
    elif head[0][0] > last.number:
        yield Problem("A691", f"台账第 {last.number + 1} 至 {head[0][0]} 行被删去。")
    elif head[0] != (last.number, last.hash):
        yield Problem("A692", "台账的末行登记与最后一行不符。")


def _start(connection: sql.Connection) -> None:
    """The register of the last line, where there is neither one nor any line yet."""
    nothing = sql.select(sql.literal(1), sql.literal(0), sql.literal("")).where(
        ~sql.exists(sql.select(HEAD.c.id)), ~sql.exists(sql.select(LINES.c.number))
    )
    connection.execute(sql.insert(HEAD).from_select(["id", "number", "hash"], nothing))


def _engine(place: str) -> sql.Engine:
    """Keeps no connection: each is closed as soon as it was used."""
    if not _is_url(place):
        return sql.create_engine(
            sql.URL.create("sqlite", database=place),
            poolclass=sql.NullPool,
            connect_args={"timeout": PATIENCE, "isolation_level": "IMMEDIATE"},
        )
    url = sql.make_url(place)
    url = (
        url.set(drivername="postgresql+psycopg")
        if url.drivername in ("postgresql", "postgres")
        else url
    )
    return sql.create_engine(url, poolclass=sql.NullPool)


def _is_url(place: str) -> bool:
    return "://" in place


def _unusable(place: str, error: Exception) -> OutputError:
    shown = sql.make_url(place).render_as_string(hide_password=True) if _is_url(place) else place
    if isinstance(error, ModuleNotFoundError):
        return OutputError(
            f"台账 {shown} 需要数据库驱动 {error.name}。处理办法：安装 transfer-opt[postgresql]。"
        )
    return OutputError(
        f"台账 {shown} 无法读写（{type(error).__name__}）。处理办法：核对路径或数据库地址、权限，以及它是不是台账。"
    )
