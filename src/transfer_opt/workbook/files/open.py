"""Opens a workbook by its content and gives its sheets as plain grids of cells counted from A1."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from transfer_opt.core.cell_names import Place
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.text import RawCell
from transfer_opt.workbook.files.grids import (
    OLE,
    ZIP,
    Known,
    Merge,
    Read,
    decrypted,
    in_turn,
    look_over,
    look_over_and_read,
    read_grids,
)
from transfer_opt.workbook.files.isolation import Isolated
from transfer_opt.workbook.files.limits import Facts, FileError, LockedError, UnsafeError

_LARGEST_FILE = 50 * 2**20
_SIDE_BY_SIDE = 2**20
"""Bytes of a file from which two processes are faster than one."""
_SAVE_AS_XLSX = "用 Excel 或 WPS 打开后另存为 .xlsx 再试"
_WEB_PAGE = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")


@dataclass(frozen=True)
class RawSheet:
    """A sheet as it lies in the file. A cell holding an error or an uncalculated formula shows that as text."""

    name: str
    rows: Sequence[Sequence[RawCell]]
    merges: tuple[Merge, ...]
    facts: Facts = field(default_factory=Facts)
    is_hidden: bool = False

    def at(self, row: int, column: int) -> RawCell:
        """The cell, or None beyond the end of its row."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None


@dataclass(frozen=True)
class RawWorkbook:
    """All worksheets of a file and the digest of its bytes."""

    path: str
    sha256: str
    sheets: tuple[RawSheet, ...]
    others: tuple[str, ...] = ()
    """Names of the worksheets that were not wanted."""


def every(_: str) -> bool:
    """All sheets are wanted."""
    return True


def open_workbook(
    path: Path, password: str | None = None, wanted: Callable[[str], bool] = every
) -> RawWorkbook:
    """The worksheets of .xlsx, .xlsm, .xlsb, .xls or .ods content, whatever the file is called; InputError otherwise.

    `wanted` is a function of a module, as it may be called in another process.
    """
    content = _read_bytes(path)
    with telling(path, content, password):
        sheets, others = sheets_in(content, password, wanted)
    return RawWorkbook(str(path), hashlib.sha256(content).hexdigest(), sheets, others)


def sheets_in(
    content: bytes, password: str | None = None, wanted: Callable[[str], bool] = every
) -> tuple[tuple[RawSheet, ...], tuple[str, ...]]:
    """The wanted worksheets of a file's bytes, and the names of the others; raises FileError."""
    facts, (grids, others) = _read(content, password, wanted)
    sheets = []
    for grid in grids:
        known = (
            facts.get(grid.name)
            if isinstance(facts, Mapping)
            else next(iter(facts[grid.place :]), None)
        )
        rows = _with_unshown(grid.rows, known.unshown if known else {})
        sheets.append(RawSheet(grid.name, rows, grid.merges, known or Facts(), grid.is_hidden))
    return tuple(sheets), others


def content_of(path: Path, password: str | None = None) -> bytes:
    """The bytes of a workbook, without its password; InputError where they cannot be had."""
    content = _read_bytes(path)
    with telling(path, content, password), Isolated(decrypted, content, password) as decrypting:
        return decrypting.result()


def digest_of(path: Path) -> str:
    """SHA-256 of a file as it lies there; InputError where it cannot be read."""
    return hashlib.sha256(_read_bytes(path)).hexdigest()


@contextmanager
def telling(path: Path, content: bytes = b"", password: str | None = None) -> Iterator[None]:
    """What turns out to be wrong with the file in here is told the user: InputError."""
    try:
        yield
    except FileError as error:
        raise _told(path, error, content, password) from None


def is_locked(path: Path) -> bool:
    """Whether the file is a workbook behind a password; False also where it cannot be read at all."""
    try:
        content_of(path)
    except InputError as error:
        return error.problems[0].code == "E112"
    return False


def _read_bytes(path: Path) -> bytes:
    """The content of a file that may be a workbook."""
    content = bytes_of(path)
    _refuse_other_content(path, content)
    return content


def bytes_of(path: Path) -> bytes:
    """The content of a file of a size that can be read; InputError where it cannot be had."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise trouble("E110", path, "是文件夹，不是工作簿", "给出工作簿文件的路径")
        if not stat.S_ISREG(found.st_mode):
            raise trouble(
                "E110", path, "不是普通文件（是管道或设备）", "先存成文件，再给出它的路径"
            )
        if found.st_size > _LARGEST_FILE:
            raise trouble("E114", path, "超过50 MB", "删去无关的工作表和图片后再试")
        content = path.read_bytes()
    except FileNotFoundError:
        raise trouble(
            "E110",
            path,
            "不存在",
            "检查路径和文件名是否正确；名字里有空格时，用英文双引号把整个名字括起来",
        ) from None
    except (OSError, ValueError):  # ValueError: a NUL in the path
        raise trouble(
            "E110", path, "打不开", "检查路径是否正确、是否有读取权限、是否被其他程序占用"
        ) from None
    return content


def _refuse_other_content(path: Path, content: bytes) -> None:
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not content:
        raise trouble("E111", path, "是空文件", "检查文件是否传输完整")
    if content.startswith((ZIP, OLE)):
        return
    if start.startswith(_WEB_PAGE) or b"<html" in start:
        raise trouble("E111", path, "其实是网页（HTML），不是工作簿", _SAVE_AS_XLSX)
    if start.startswith(b"<"):
        raise trouble("E111", path, "是 XML 文件，不是本程序能读的工作簿", _SAVE_AS_XLSX)
    if b"\0" not in content[:2048]:
        raise trouble("E111", path, "是文本文件（如 CSV），不是工作簿", _SAVE_AS_XLSX)
    # Anything else (an old BIFF stream without a container) is left to the library to recognise.


@lru_cache(maxsize=1)  # commands come back to the same file
def _read(
    content: bytes, password: str | None, wanted: Callable[[str], bool]
) -> tuple[Known, Read]:
    """What the sheets tell and what they hold; raises FileError."""
    if len(content) < _SIDE_BY_SIDE:
        with Isolated(look_over_and_read, content, password, wanted) as both:
            return both.result()
    with (
        Isolated(look_over, content, password) as looking,
        Isolated(read_grids, content, password, wanted) as reading,
    ):
        return in_turn(looking.result, reading.result)


def _with_unshown(
    rows: Sequence[Sequence[RawCell]], unshown: Mapping[Place, str]
) -> Sequence[Sequence[RawCell]]:
    """The rows with what the library leaves blank; what lies beyond them are rows and columns that hold nothing else."""
    result = [list(cells) for cells in rows] if unshown else rows
    for (row, column), text in unshown.items():
        if row < len(result) and column < len(result[row]) and result[row][column] == "":
            result[row][column] = text  # type: ignore[index]
    return result


def _told(path: Path, error: FileError, content: bytes, password: str | None) -> InputError:
    """What went wrong with the file, as the user reads it."""
    if isinstance(error, UnsafeError):
        return trouble(
            "E114", path, str(error), "删去无关的内容，或用 Excel、WPS 打开后另存为 .xlsx 再试"
        )
    if not isinstance(error, LockedError):
        return trouble(
            "E113",
            path,
            "已损坏或不是工作簿",
            "重新取得该文件，或用 Excel、WPS 打开修复后另存为 .xlsx",
        )
    if content.startswith(ZIP):
        return trouble(
            "E112", path, "设有打开密码，这种格式的密码本程序解不开", "取消密码后另存，再试"
        )
    if password is not None:
        return trouble("E112", path, "的打开密码不对", "核对密码（区分大小写）后再试")
    return trouble(
        "E112", path, "设有打开密码", "用 --password-file 给出写有密码的文本文件，或取消密码后另存"
    )


def trouble(code: str, path: Path, message: str, remedy: str) -> InputError:
    """One thing wrong with a file as a whole."""
    return InputError([Problem(code, f"文件「{path}」{message}。", f"{remedy}。")])
