"""Workbooks of every format with some bytes changed: in the file as it lies, or inside a part that is packed again."""

from __future__ import annotations

import io
import random
import zipfile
from functools import cache
from pathlib import Path

import hostile
import oddtables

PASSWORD = "青海2026"
SOURCES = (
    "xlsx",
    "xlsx parts",
    "example parts",
    "ods",
    "ods parts",
    "xlsb",
    "xlsb parts",
    "xls",
    "encrypted",
)


@cache
def original(kind: str) -> bytes:
    """The sound workbook."""
    match kind:
        case "example parts":
            return hostile.packed({})
        case "ods" | "ods parts":
            return oddtables.document()
        case "xlsb" | "xlsb parts":
            return oddtables.binary()
        case "xls":
            return (hostile.FIXTURES / "qinghai.xls").read_bytes()
        case "encrypted":
            return encrypted(oddtables.packed({}))
    return oddtables.packed({})


def encrypted(content: bytes) -> bytes:
    """The package behind the password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(PASSWORD, stream)
    return stream.getvalue()


def mutated(seed: int, folder: Path) -> Path:
    """One workbook with some bytes changed; the same seed, the same file."""
    generator = random.Random(seed)
    kind = SOURCES[seed % len(SOURCES)]
    content = original(kind)
    content = (
        _repacked(content, generator) if kind.endswith("parts") else _changed(content, generator)
    )
    path = (
        folder / f"{seed}.{kind.split()[0].replace('example', 'xlsx').replace('encrypted', 'xlsx')}"
    )
    path.write_bytes(content)
    return path


def _repacked(content: bytes, generator: random.Random) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        chosen = generator.choice(source.namelist())
        for name in source.namelist():
            part = source.read(name)
            target.writestr(
                zipfile.ZipInfo(name),
                _changed(part, generator) if name == chosen else part,
                zipfile.ZIP_DEFLATED,
            )
    return stream.getvalue()


def _changed(content: bytes, generator: random.Random) -> bytes:
    result = bytearray(content)
    for _ in range(generator.choice((1, 1, 1, 2, 5, 30))):
        at, length = generator.randrange(len(result) + 1), generator.choice((1, 1, 2, 4, 8, 100))
        match generator.randrange(7):
            case 0:
                result[at : at + 1] = bytes([generator.randrange(256)])
            case 1:
                result[at : at + length] = generator.choice((b"\0", b"\xff", b"9")) * length
            case 2:
                result[at : at + length] = b""
            case 3:
                result[at:at] = generator.randbytes(length)
            case 4:
                other = generator.randrange(len(result) + 1)
                result[at : at + length] = result[other : other + length]
            case 5 if at < len(result):
                result[at] ^= 1 << generator.randrange(8)
            case 6 if generator.random() < 0.1:
                del result[at:]
    return bytes(result)
