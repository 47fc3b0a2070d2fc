"""Unsaved changes, and uploaded workbooks, in a folder of their own: never in a workbook of the user's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PureWindowsPath

from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.workbench.messages import Reply

KEPT = "未保存的改动.json"
EXAMPLE_NAME = "示例.xlsx"
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv")
MOST_RECENT = 8
_STRANGE = re.compile(r"[^\w\u3400-\u9fff（）()·—\-. ]")
_LONGEST = 80


class Autosave:
    """One folder per workbook, called by the digest of its content."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def holds(self, path: Path) -> bool:
        """Whether the workbook was uploaded, and lies here."""
        return self._root in path.parents

    def folder(self, path: Path) -> Path:
        """Where everything about a workbook lies; made where it is not there yet."""
        return self._folder(path.read_bytes())

    def kept(self, path: Path) -> str:
        """The state of the last session of this very content; empty where there is none that can be read."""
        if not path.is_file():
            return ""
        content = _read(self.folder(path) / KEPT)
        return str(content.get("state", "")) if content else ""

    def keep(self, path: Path, name: str, reply: Reply) -> None:
        """Write the state down, whole or not at all."""
        told = {
            "path": str(path),
            "name": name,
            "when": datetime.now().strftime("%Y-%m-%d %H:%M"),
            "changes": reply.changes,
            "state": reply.state,
        }
        save_bytes(self.folder(path) / KEPT, json.dumps(told, ensure_ascii=False).encode())

    def recent(self) -> tuple[Mapping[str, str], ...]:
        """Workbooks with changes that were not saved, the latest first."""
        found = sorted(self._all(), key=lambda each: each["when"], reverse=True)
        return tuple(found[:MOST_RECENT])

    def earlier(self, key: str) -> tuple[Path, str] | None:
        """One of these, by its key."""
        known = {each["key"]: each for each in self._all()}
        return (Path(known[key]["path"]), known[key]["name"]) if key in known else None

    def uploaded(self, content: bytes, name: str) -> tuple[Path, str]:
        """Put an uploaded workbook down under a name that is one; where it lies, and how the user calls it."""
        path = self._folder(content) / safe_name(name)
        save_bytes(path, content)
        return path, path.name

    def example(self) -> tuple[Path, str]:
        """The shipped example."""
        from transfer_opt.core.vocabulary import DEFAULT_MODEL
        from transfer_opt.policy.model_file.files import shipped

        return self.uploaded(shipped("inputs", f"{DEFAULT_MODEL}.xlsx").read_bytes(), EXAMPLE_NAME)

    def _folder(self, content: bytes) -> Path:
        folder = self._root / sha256(content).hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _all(self) -> Iterator[Mapping[str, str]]:
        for file in self._root.glob(f"*/{KEPT}"):
            told = _read(file)
            if not all(told.get(key) for key in ("path", "name", "when", "changes")):
                continue
            if Path(str(told["path"])).is_file():
                yield {**{key: str(value) for key, value in told.items()}, "key": file.parent.name}


def safe_name(name: str) -> str:
    """What a browser calls a file as a name that leads nowhere and every system takes."""
    plain = PureWindowsPath(name).name  # both kinds of slashes
    suffix = PureWindowsPath(plain).suffix.lower()
    stem = _STRANGE.sub("_", plain.removesuffix(PureWindowsPath(plain).suffix)).strip(". ")[
        :_LONGEST
    ]
    reserved = PureWindowsPath(f"{stem}.x").is_reserved()
    return (
        f"{'工作簿' if not stem or reserved else stem}{suffix if suffix in SUFFIXES else '.xlsx'}"
    )


def _read(file: Path) -> Mapping[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
