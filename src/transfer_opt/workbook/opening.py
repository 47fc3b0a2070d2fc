"""Opens a workbook by its content and gives its sheets as plain grids of cells counted from A1."""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

from transfer_opt.errors import InputError, Problem
from transfer_opt.workbook.cells import Place, place
from transfer_opt.workbook.scan import UnsafeError, scan
from transfer_opt.workbook.values import RawCell

Merge: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right of a merged range, counted from 0, ends included."""
_LARGEST_FILE = 50 * 2**20
_SAVE_AS_XLSX = "用 Excel 或 WPS 打开后另存为 .xlsx 再试"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB_PAGE = (b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")
_UNSHOWN = re.compile(rb"""<(?:\w+:)?f[\s/>]|\st=["']e["']""")
"""A formula or an error value."""


@dataclass(frozen=True)
class RawSheet:
    """A sheet as it lies in the file. A cell holding an error or an uncalculated formula shows that as text."""

    name: str
    rows: Sequence[Sequence[RawCell]]
    merges: tuple[Merge, ...]

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


def open_workbook(path: Path, password: str | None = None) -> RawWorkbook:
    """The worksheets of .xlsx, .xlsm, .xlsb, .xls or .ods content, whatever the file is called; InputError otherwise."""
    content = _read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    _refuse_other_content(path, content)
    if content.startswith(_OLE):
        content = _decrypted(path, content, password)
    if content.startswith(_ZIP):
        _refuse_unsafe_package(path, content)
    return RawWorkbook(str(path), digest, tuple(_sheets(path, content)))


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
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not file.is_encrypted():
            return content
        if password is None:
            raise _locked(path)
        plain = io.BytesIO()
        file.load_key(password=password)
        file.decrypt(plain)
        return plain.getvalue()
    except InvalidKeyError:
        raise _trouble("E112", path, "的打开密码不对", "核对密码（区分大小写）后再试") from None
    except (FileFormatError, DecryptionError, OSError, ValueError, KeyError):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _locked(path) from None
        return content  # no container this library knows: the reader says what is wrong


def _refuse_unsafe_package(path: Path, content: bytes) -> None:
    try:
        scan(content)
    except UnsafeError as error:
        raise _trouble("E114", path, str(error), "删去无关的内容，或用 Excel、WPS 打开后另存为 .xlsx 再试") from None
    except (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, NotImplementedError, ValueError, OSError):
        raise _damaged(path) from None


def _sheets(path: Path, content: bytes) -> Iterator[RawSheet]:
    import python_calamine  # heavy, and only needed once a file is really read

    unusable = (python_calamine.CalamineError, ElementTree.ParseError, zipfile.BadZipFile, KeyError, OSError)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        unshown = _unshown_cells(content)
        for data in book.sheets_metadata:
            if data.typ == python_calamine.SheetTypeEnum.WorkSheet:
                sheet = book.get_sheet_by_name(data.name)
                merges = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
                rows = _with_unshown(sheet.to_python(skip_empty_area=False), unshown.get(data.name, {}))
                yield RawSheet(data.name, rows, merges)
    except python_calamine.PasswordError:
        raise _locked(path) from None
    except unusable:
        raise _damaged(path) from None
    except BaseException as error:
        # The library panics on some damaged files, outside the Exception tree.
        if type(error).__name__ == "PanicException":
            raise _damaged(path) from None
        raise


def _with_unshown(rows: Sequence[Sequence[RawCell]], unshown: Mapping[Place, str]) -> Sequence[Sequence[RawCell]]:
    # What lies beyond the grid calamine gives are rows and columns that hold nothing else: of no interest.
    if not unshown:
        return rows
    return [
        [unshown.get((row, column), cell) if cell == "" else cell for column, cell in enumerate(cells)]
        for row, cells in enumerate(rows)
    ]


def _unshown_cells(content: bytes) -> dict[str, dict[Place, str]]:
    """Per sheet the cells calamine shows as empty though they are not: error values, formulas never calculated."""
    if not content.startswith(_ZIP):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        return {name: dict(_unshown_in(archive.read(part))) for name, part in sheet_parts(archive)}


def sheet_parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Name and part of every sheet of an .xlsx package."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id", ""): relation.get("Target", "") for relation in relations}
    for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).findall(".//{*}sheet"):
        relation = next((value for name, value in sheet.items() if name.endswith("}id")), "")
        part = posixpath.normpath(posixpath.join("/xl", targets.get(relation, ""))).lstrip("/")
        if part in archive.namelist():
            yield sheet.get("name", ""), part


def _unshown_in(content: bytes) -> Iterator[tuple[Place, str]]:
    if not _UNSHOWN.search(content):
        return  # the usual case, and much faster than parsing
    for _, element in ElementTree.iterparse(io.BytesIO(content)):
        if element.tag.endswith("}c"):
            shown = _unshown_text(element)
            if shown and (at := place(element.get("r", ""))):
                yield at, shown
            element.clear()
        elif element.tag.endswith("}row"):
            element.clear()


def _unshown_text(cell: ElementTree.Element) -> str:
    """The error value or the formula without a result of a cell; nothing for any other cell."""
    children = {child.tag.rpartition("}")[2]: child.text or "" for child in cell}
    value, kind = children.get("v", ""), cell.get("t")
    if kind == "e":
        return value or "#N/A"
    return f"={children['f']}" if "f" in children and not value and kind != "str" else ""


def _trouble(code: str, path: Path, message: str, remedy: str) -> InputError:
    return InputError([Problem(code, f"文件「{path}」{message}。", f"{remedy}。")])


def _damaged(path: Path) -> InputError:
    return _trouble("E113", path, "已损坏或不是工作簿", "重新取得该文件，或用 Excel、WPS 打开修复后另存为 .xlsx")


def _locked(path: Path) -> InputError:
    return _trouble("E112", path, "设有打开密码", "用 --password-file 给出写有密码的文本文件，或取消密码后另存")
