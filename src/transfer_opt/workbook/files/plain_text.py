"""A table as another program gives it: a workbook, or text with separators (CSV) in any usual encoding."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

from transfer_opt.core.errors import InputError
from transfer_opt.workbook.files.grids import OLE, ZIP
from transfer_opt.workbook.files.open import RawSheet, bytes_of, open_workbook, trouble

_SEPARATORS = ",\t;，"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_tables(path: Path, password: str | None = None) -> tuple[RawSheet, ...]:
    """The sheets of a workbook, or the one table of a text, named like the file; InputError where it is neither."""
    content = bytes_of(path)
    if is_workbook(content) or content.lstrip().startswith(b"<") or not content:
        return open_workbook(path, password).sheets  # which says what is wrong with a web page
    text = _decoded(path, content)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator))
    except csv.Error:
        raise _no_table(path) from None
    return (RawSheet(path.name, rows, ()),)


def is_workbook(content: bytes) -> bool:
    """Whether these bytes are a workbook, in which numbers are numbers, or a text."""
    return content.startswith((ZIP, OLE))


def _decoded(path: Path, content: bytes) -> str:
    """UTF-8 where it is that, else GBK, in which Chinese programs write."""
    encodings = [name for mark, name in _MARKS if content.startswith(mark)] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.strip() and "\0" not in text:
            return text
    raise _no_table(path)


def _no_table(path: Path) -> InputError:
    return trouble("E111", path, "不是表格", "给出系统导出的 xlsx 或 csv 文件")
