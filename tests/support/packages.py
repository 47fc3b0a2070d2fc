"""Workbooks as packages of parts, taken apart and put together again."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one part changed."""
    old = parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, content in old.items():
            package.writestr(part, change(content) if part == name else content)
    return path
