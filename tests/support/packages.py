"""Workbooks as packages of parts, taken apart and put together again."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes | None]) -> Path:
    """The workbook with one part changed, or (None) taken out."""
    old = parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, content in old.items():
            new = change(content) if part == name else content
            if new is not None:
                package.writestr(part, new)
    return path
