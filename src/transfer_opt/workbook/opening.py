"""Opens a workbook by its content and gives its sheets as plain grids of cells counted from A1."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from xml.parsers.expat import ExpatError

from transfer_opt.errors import InputError, Problem
from transfer_opt.workbook.binary import old_sheets
from transfer_opt.workbook.cells import Place
from transfer_opt.workbook.facts import Facts, UnsafeError
from transfer_opt.workbook.scan import scan
from transfer_opt.workbook.values import RawCell

Merge: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right of a merged range, counted from 0, ends included."""
_LARGEST_FILE = 50 * 2**20
_SAVE_AS_XLSX = "用 Excel 或 WPS 打开后另存为 .xlsx 再试"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
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


def open_workbook(path: Path, password: str | None = None, wanted: Callable[[str], bool] = lambda _: True) -> RawWorkbook:
    """The worksheets of .xlsx, .xlsm, .xlsb, .xls or .ods content, whatever the file is called; InputError otherwise."""
    content = _read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    _refuse_other_content(path, content)
    if content.startswith(_OLE):
        content = _decrypted(path, content, password)
    sheets, others = _sheets(path, content, _facts(path, content), wanted)
    return RawWorkbook(str(path), digest, sheets, others)


def content_of(path: Path, password: str | None = None) -> bytes:
    """The bytes of a workbook, without its password; InputError where they cannot be had."""
    content = _read_bytes(path)
    return _decrypted(path, content, password) if content.startswith(_OLE) else content


def is_locked(path: Path) -> bool:
    """Whether the file is a workbook behind a password; False also where it cannot be read at all."""
    try:
        content = _read_bytes(path)
        if content.startswith(_OLE):
            _decrypted(path, content, None)
    except InputError as error:
        return error.problems[0].code == "E112"
    return False


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise _trouble("E110", path, "是文件夹，不是工作簿", "给出工作簿文件的路径")
        if path.stat().st_size > _LARGEST_FILE:
            raise _trouble("E114", path, "超过50 MB", "删去无关的工作表和图片后再试")
        return path.read_bytes()
    except FileNotFoundError:
        raise _trouble("E110", path, "不存在", "检查路径和文件名是否正确") from None
    except (OSError, ValueError):  # ValueError: a NUL in the path
        raise _trouble("E110", path, "打不开", "检查路径是否正确、是否有读取权限、是否被其他程序占用") from None


def _refuse_other_content(path: Path, content: bytes) -> None:
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not content:
        raise _trouble("E111", path, "是空文件", "检查文件是否传输完整")
    if content.startswith((_ZIP, _OLE)):
        return
    if start.startswith(_WEB_PAGE) or b"<html" in start:
        raise _trouble("E111", path, "其实是网页（HTML），不是工作簿", _SAVE_AS_XLSX)
    if start.startswith(b"<"):
        raise _trouble("E111", path, "是 XML 文件，不是本程序能读的工作簿", _SAVE_AS_XLSX)
    if b"\0" not in content[:2048]:
        raise _trouble("E111", path, "是文本文件（如 CSV），不是工作簿", _SAVE_AS_XLSX)
    # Anything else (an old BIFF stream without a container) is left to the library to recognise.


def _decrypted(path: Path, content: bytes, password: str | None) -> bytes:
    """The content behind a password; as it is where there is none."""
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    locked = "EncryptedPackage".encode("utf-16-le") in content
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not file.is_encrypted():
            return content
        locked = True
        if password is None:
            raise _locked(path)
        plain = io.BytesIO()
        file.load_key(password=password)
        file.decrypt(plain)
        return plain.getvalue()
    except InputError:
        raise
    except InvalidKeyError:
        raise _trouble("E112", path, "的打开密码不对", "核对密码（区分大小写）后再试") from None
    except Exception:  # a library that reads hostile bytes may fail in any way
        if locked:
            raise (_locked(path) if password is None else _damaged(path)) from None
        return content  # no container this library knows: the reader says what is wrong


def _facts(path: Path, content: bytes) -> Mapping[str, Facts] | Sequence[Facts]:
    """What the sheets tell beside their values, by name or by place in the book; refuses what is not safe to open."""
    try:
        if content.startswith(_ZIP):
            return scan(content)
        return {str(place): facts for place, facts in enumerate(old_sheets(content))}
    except UnsafeError as error:
        raise _trouble("E114", path, str(error), "删去无关的内容，或用 Excel、WPS 打开后另存为 .xlsx 再试") from None
    except (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, NotImplementedError, ValueError, OSError):
        raise _damaged(path) from None


def _sheets(
    path: Path, content: bytes, facts: Mapping[str, Facts] | Sequence[Facts], wanted: Callable[[str], bool]
) -> tuple[tuple[RawSheet, ...], tuple[str, ...]]:
    import python_calamine  # heavy, and only needed once a file is really read

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        listed = [data for data in book.sheets_metadata if data.typ == python_calamine.SheetTypeEnum.WorkSheet]
        sheets = []
        for place, data in enumerate(listed):
            if wanted(data.name):
                sheet = book.get_sheet_by_name(data.name)
                merges = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
                known = facts.get(data.name) if isinstance(facts, Mapping) else next(iter(facts[place:]), None)
                rows = _with_unshown(sheet.to_python(skip_empty_area=False), known.unshown if known else {})
                hidden = data.visible != python_calamine.SheetVisibleEnum.Visible
                sheets.append(RawSheet(data.name, rows, merges, known or Facts(), hidden))
        return tuple(sheets), tuple(data.name for data in listed if not wanted(data.name))
    except python_calamine.PasswordError:
        raise _locked(path) from None
    except (python_calamine.CalamineError, KeyError, OSError):
        raise _damaged(path) from None
    except BaseException as error:
        # The library panics on some damaged files, outside the Exception tree.
        if type(error).__name__ == "PanicException":
            raise _damaged(path) from None
        raise


def _with_unshown(rows: Sequence[Sequence[RawCell]], unshown: Mapping[Place, str]) -> Sequence[Sequence[RawCell]]:
    """The rows with what the library leaves blank; what lies beyond them are rows and columns that hold nothing else."""
    result = [list(cells) for cells in rows] if unshown else rows
    for (row, column), text in unshown.items():
        if row < len(result) and column < len(result[row]) and result[row][column] == "":
            result[row][column] = text  # type: ignore[index]
    return result


def _trouble(code: str, path: Path, message: str, remedy: str) -> InputError:
    return InputError([Problem(code, f"文件「{path}」{message}。", f"{remedy}。")])


def _damaged(path: Path) -> InputError:
    return _trouble("E113", path, "已损坏或不是工作簿", "重新取得该文件，或用 Excel、WPS 打开修复后另存为 .xlsx")


def _locked(path: Path) -> InputError:
    return _trouble("E112", path, "设有打开密码", "用 --password-file 给出写有密码的文本文件，或取消密码后另存")
