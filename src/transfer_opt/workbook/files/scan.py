"""Looks a package (.xlsx, .xlsm, .xlsb, .ods) over before any library opens it.

What could exhaust memory, or speak to the outside, is refused. Parts are read as streams; nothing is kept but counts and
what the libraries do not tell: formulas, error values, what is hidden. A library that allocates the whole grid, or that
aborts the process on a cell at the last corner, therefore never sees such a file.
"""

from __future__ import annotations

import io
import posixpath
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from xml.parsers.expat import ExpatError

from transfer_opt.workbook.files import biff_scan, xml_scan
from transfer_opt.workbook.files.limits import (
    LONGEST_TEXT,
    MOST_CHARACTERS,
    DamagedError,
    Facts,
    UnsafeError,
)

__all__ = ["LARGEST_CONTENT", "LONGEST_TEXT", "UnsafeError", "scan"]

LARGEST_CONTENT = 300 * 2**20
"""Bytes a package may hold once unpacked."""
MOST_PARTS = 10_000
DEEPEST = 10_000
"""Elements within each other; a sane part has some dozens."""
LONGEST_SCAN = 15.0
"""Seconds of the processor: a busy machine must not refuse what a free one reads."""
_CHUNK = 1 << 18
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.(?:xml|bin)", re.IGNORECASE)
_NEEDED = re.compile(
    r"\[content_types\]\.xml|.*\.rels|xl/(workbook|styles)\.xml|meta-inf/manifest\.xml"
)
"""Other parts without which a package is none."""
_NO_INDEX = re.compile(rb"""\bt=["']s["'][^<>]*>\s*<v[^<>]*>(?!([0-9]{1,9})?<)""")
"""A cell that shows a shared text which no number tells: a library would take the first one."""
_BOOKS = {"xl/workbook.xml": xml_scan.book_sheets, "xl/workbook.bin": biff_scan.book_sheets}


def scan(content: bytes) -> dict[str, Facts]:
    """What each sheet tells, by its name. Refuses (UnsafeError) a package that is hostile or too large.

    Raises zipfile.BadZipFile or expat.ExpatError where it is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check_directory(archive.infolist())
        return _Scan(archive).sheets()


class _Scan:
    """One way through the package: what is unpacked, and until when, is counted over all its parts."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = LARGEST_CONTENT
        self._deadline = time.process_time() + LONGEST_SCAN

    def sheets(self) -> dict[str, Facts]:
        """Every part looked over; sheets after everything else, so that they can be called by name."""
        entries = {_slashed(entry): entry for entry in self._archive.infolist()}
        named = self._sheet_parts(entries)
        parts = sorted(
            entries, key=lambda part: part in named or _SHEET.fullmatch(part) is not None
        )
        texts, found = xml_scan.SharedTexts(), dict[str, Facts]()
        for part in parts:
            try:
                facts = self._facts(
                    part.lower(),
                    self._chunks(entries[part]),
                    texts,
                    part in named or _SHEET.fullmatch(part) is not None,
                )
            except UnsafeError as error:
                raise UnsafeError(
                    f"的工作表「{named[part][0]}」{error}" if part in named else str(error)
                ) from None
            found |= facts if isinstance(facts, dict) else dict.fromkeys(named.get(part, ()), facts)
        if (
            texts.longest * texts.shown > MOST_CHARACTERS
            and self._characters(entries, texts) > MOST_CHARACTERS
        ):
            raise UnsafeError("里的文字合计过多（重复引用了很长的文本）")
        return found

    def _facts(
        self, name: str, chunks: Iterator[bytes], texts: xml_scan.SharedTexts, is_sheet: bool
    ) -> Facts | dict[str, Facts]:
        if is_sheet and name.endswith(".bin"):
            return biff_scan.worksheet(chunks)
        if is_sheet:
            return xml_scan.worksheet(_indexed(_markup(chunks)), texts)
        if name == "content.xml":
            return xml_scan.open_document(_markup(chunks))
        if name.endswith("sharedstrings.xml"):
            texts.read(_markup(chunks))
        elif name.endswith("sharedstrings.bin"):
            biff_scan.shared_texts(chunks)
        elif _NEEDED.fullmatch(name):
            xml_scan.walk_strictly(_markup(chunks))
        elif name.endswith((".xml", ".vml")):
            with suppress(
                ExpatError
            ):  # no library reads it: empty or unclosed, as some programs leave it, it does no harm
                xml_scan.walk(_markup(chunks))
        else:
            for _ in chunks:
                pass
        return Facts()

    def _sheet_parts(self, entries: dict[str, zipfile.ZipInfo]) -> dict[str, list[str]]:
        """Part → the names of the sheets it holds, as the package says."""
        parts: dict[str, list[str]] = {}
        for book, read in _BOOKS.items():
            folder, _, name = book.rpartition("/")
            relations = f"{folder}/_rels/{name}.rels"
            if book in entries and relations in entries:
                targets = xml_scan.relations(_markup(self._chunks(entries[relations])))
                for sheet, relation in read(self._chunks(entries[book])):
                    part = posixpath.normpath(
                        posixpath.join("/xl", targets.get(relation, ""))
                    ).lstrip("/")
                    if part in entries:
                        parts.setdefault(part, []).append(sheet)
        return parts

    def _characters(self, entries: dict[str, zipfile.ZipInfo], texts: xml_scan.SharedTexts) -> int:
        """Characters of all cells that show shared texts, each cell counted; only asked where it may be too much."""
        self._left = LARGEST_CONTENT
        return sum(
            texts.characters(_markup(self._chunks(entry)))
            for part, entry in entries.items()
            if _SHEET.fullmatch(part)
        )

    def _chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with self._archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UnsafeError("解压后超过300 MB")
                if time.process_time() > self._deadline:
                    raise UnsafeError(f"过于复杂，{LONGEST_SCAN:.0f} 秒内没有看完")
                yield chunk


def _markup(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks of an XML part, between whose tags no endless text stands, and which are not nested without end."""
    run = depth = 0
    before = b""
    for chunk in chunks:
        first, *others = chunk.split(b"<")
        run += len(first)
        if max(run, *map(len, others), 0) > 4 * LONGEST_TEXT:  # bytes
            raise UnsafeError(f"里有超过 {LONGEST_TEXT:,} 个字的文本")
        run = len(others[-1]) if others else run
        plain = before + chunk.replace(b"\0", b"")  # wide characters, too
        depth += len(others) - 2 * plain.count(b"</") - sum(map(plain.count, (b"/>", b"<?", b"<!")))
        if depth > DEEPEST:
            raise UnsafeError("里的标记嵌套过深")
        before = plain[-1:]
        yield chunk


def _indexed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks of a worksheet whose shared texts are told by numbers; raises DamagedError where one is not."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cell = rest.rfind(b"<c ")
        if _NO_INDEX.search(rest, 0, max(cell, 0)):
            raise DamagedError
        rest = rest[cell:] if cell >= 0 else b""
        yield chunk
    if _NO_INDEX.search(rest):
        raise DamagedError


def _slashed(entry: zipfile.ZipInfo) -> str:
    """The name of a part; some programs write it with backslashes."""
    return entry.filename.replace("\\", "/")


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_PARTS:
        raise UnsafeError("内部的部件过多")
    if sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise UnsafeError("解压后超过300 MB")
    names = [_slashed(entry).lower() for entry in entries]
    if len(set(names)) < len(names):
        raise UnsafeError("内部有重名的部件")
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise UnsafeError("内部的部件互相重叠")
        end = entry.header_offset + 30 + len(entry.filename.encode()) + entry.compress_size
        if _slashed(entry).startswith("/") or ".." in _slashed(entry).split("/"):
            raise UnsafeError("内部有指向外面的路径")
        if entry.flag_bits & 1:
            raise UnsafeError("内部的部件加了密")
        if entry.compress_type not in _READ_METHODS:
            raise UnsafeError("用了不认识的压缩方法")
