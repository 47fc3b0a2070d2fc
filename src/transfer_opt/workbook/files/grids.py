"""What is done with the bytes of a file in a process of its own: unlocking, looking over, reading by a library."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from xml.parsers.expat import ExpatError

from transfer_opt.core.text import RawCell
from transfer_opt.workbook.files.biff_scan import old_sheets, refuse_loops
from transfer_opt.workbook.files.limits import DamagedError, Facts, LockedError
from transfer_opt.workbook.files.scan import scan

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How packages and containers begin."""
Merge: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right of a merged range, counted from 0, ends included."""
Known: TypeAlias = Mapping[str, Facts] | Sequence[Facts]
"""What the sheets tell beside their values, by name or by place in the book."""


@dataclass(frozen=True)
class Grid:
    """A worksheet as the library reads it."""

    place: int
    name: str
    rows: Sequence[Sequence[RawCell]]
    merges: tuple[Merge, ...]
    is_hidden: bool


Read: TypeAlias = tuple[tuple[Grid, ...], tuple[str, ...]]
"""The wanted worksheets, and the names of the others."""


def decrypted(content: bytes, password: str | None) -> bytes:
    """The content behind a password; as it is where there is none. Raises LockedError."""
    if not content.startswith(OLE):
        return content
    refuse_loops(content)
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError

    locked = "EncryptedPackage".encode("utf-16-le") in content
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not file.is_encrypted():
            return content
        locked = True
        if password is None:
            raise LockedError
        plain = io.BytesIO()
        file.load_key(password=password)
        file.decrypt(plain)
        return plain.getvalue()
    except InvalidKeyError:
        raise LockedError from None
    except (LockedError, MemoryError):
        raise
    except Exception:  # a library that reads hostile bytes may fail in any way
        if locked:
            raise (LockedError if password is None else DamagedError) from None
        return content  # no container this library knows: the reader says what is wrong


def look_over_and_read(
    content: bytes, password: str | None, wanted: Callable[[str], bool]
) -> tuple[Known, Read]:
    """Both of the following, in turn."""
    content = decrypted(content, password)
    return in_turn(partial(look_over, content), partial(read_grids, content, None, wanted))


def in_turn(look: Callable[[], Known], read: Callable[[], Read]) -> tuple[Known, Read]:
    """What both find. What is unsafe counts before what is damaged, and a password before that."""
    try:
        known = look()
    except DamagedError:
        read()
        raise
    return known, read()


def look_over(content: bytes, password: str | None = None) -> Known:
    """What the sheets tell; raises UnsafeError where the file is not safe to open, DamagedError where it is broken."""
    content = decrypted(content, password)
    try:
        return scan(content) if content.startswith(ZIP) else old_sheets(content)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ExpatError,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
    ) as error:
        raise DamagedError from error


def read_grids(content: bytes, password: str | None, wanted: Callable[[str], bool]) -> Read:
    """The wanted worksheets; raises LockedError, or whatever the library fails with."""
    import python_calamine  # heavy, and only needed once a file is really read

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(
            io.BytesIO(decrypted(content, password))
        )
    except python_calamine.PasswordError:
        raise LockedError from None
    if not book.sheets_metadata:
        raise DamagedError
    listed = [
        data for data in book.sheets_metadata if data.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    grids = []
    for place, data in enumerate(listed):
        if wanted(data.name):
            sheet = book.get_sheet_by_name(data.name)
            merges = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
            hidden = data.visible != python_calamine.SheetVisibleEnum.Visible
            grids.append(
                Grid(place, data.name, sheet.to_python(skip_empty_area=False), merges, hidden)
            )
    return tuple(grids), tuple(data.name for data in listed if not wanted(data.name))
