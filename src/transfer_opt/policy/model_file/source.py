"""A model file as it was read, and how its places are named: 第 57 行 [rules."上年保底"] 里的「by」."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from transfer_opt.core.errors import Problem
from transfer_opt.policy.model_file.positions import Path, Positions, positions

Table = Mapping[str, Any]

_LONGEST_SHOWN = 40


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, at one path of the file; line 0: it stands on none, as something that is missing."""

    at: Path
    line: int
    problem: Problem


@dataclass(frozen=True)
class Source:
    """The text of a model file, its lines ended by a plain line feed; what it means; its SHA-256."""

    text: str
    table: Table
    digest: str

    @cached_property
    def positions(self) -> Positions:
        """Where everything stands."""
        return positions(self.text)

    def finding(
        self, at: Path, message: str, remedy: str, code: str = "E150", inside: Path = ()
    ) -> Finding:
        """What is wrong at a path; `inside` is the table to name, then the message goes on with 里."""
        line = self.positions.line(at)
        where = f"第 {line} 行" if line else ""
        named = place(self.table, inside)
        if named:
            where += f" {named}{' ' if named[-1].isascii() else ''}"
        return Finding(
            at,
            line,
            Problem(
                code, one_line(f"模型文件{where}{message.removesuffix('。')}。"), one_line(remedy)
            ),
        )

    def of_key(self, at: Path, message: str, remedy: str) -> Finding:
        """What is wrong with what a key holds, or with one element of a list it holds."""
        last = max(end for end, key in enumerate(at) if isinstance(key, str))
        return self.finding(at, f"里的「{at[last]}」{message}", remedy, inside=at[:last])


def one_line(sentence: str) -> str:
    """A sentence without the line ends and control characters that names in quotes may hold."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", sentence)


def header(*keys: str) -> str:
    """A table's header as it stands in the file: [rules."上年保底"]."""
    return f"[{'.'.join(map(quoted, keys))}]"


def quoted(key: str) -> str:
    """A key as it stands in the file: bare is what TOML lets stand bare."""
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else f'"{key}"'


def place(table: Table, path: Path) -> str:
    """How a table is named: by its header, in a list also by its own name; the whole file has none."""
    names, value = [], table
    for key in path:
        value = _child(value, key)
        if isinstance(key, int):
            names.append(_name(value) or f"第 {key + 1} 项")
    end = max((end for end, key in enumerate(path, 1) if isinstance(key, int)), default=0)
    outer, inner = (
        tuple(key for key in part if isinstance(key, str)) for part in (path[:end], path[end:])
    )
    if not outer:
        return header(*inner) if inner else ""
    return f"[{header(*outer)}]「{'·'.join(names)}」" + (
        f"的 {header(*inner)[1:-1]}" if inner else ""
    )


def shown(value: Any) -> str:
    """A value as it stands in the file, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str) if not _odd(value) else str(value)
    except (
        ValueError,
        RecursionError,
    ):  # a whole number of thousands of digits, or thousands of brackets
        return "…"
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def members(table: Table, *keys: str) -> Iterator[tuple[str, Any]]:
    """The names and values of a table some keys down; nothing where there is no such table."""
    found = value_at(table, keys)
    yield from found.items() if isinstance(found, dict) else ()


def value_at(table: Table, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    value: Any = table
    for key in path:
        value = _child(value, key)
    return value


def listed(table: Table, key: str, at: Path = ()) -> Iterator[tuple[Path, Table]]:
    """The tables of a list, each with its path; what is no table is passed over."""
    found = table.get(key)
    for position, entry in enumerate(found if isinstance(found, list) else ()):
        if isinstance(entry, dict):
            yield (*at, key, position), entry


def texts(table: Table, key: str, at: Path = ()) -> Iterator[tuple[Path, str]]:
    """The texts a key holds, one or a list of them, each with its path; what is no text is passed over."""
    found = table.get(key)
    if isinstance(found, str):
        yield (*at, key), found
    for position, entry in enumerate(found if isinstance(found, list) else ()):
        if isinstance(entry, str):
            yield (*at, key, position), entry


def _odd(value: Any) -> bool:
    """Whether JSON has no word for a value, or TOML another one: dates, nan, inf."""
    return not isinstance(value, str | int | float | list | dict) or (
        isinstance(value, float) and not isfinite(value)
    )


def _child(value: Any, key: str | int) -> Any:
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and key < len(value) else None
    return value.get(key) if isinstance(value, dict) else None


def _name(entry: Any) -> str:
    """The name or title of a table of a list."""
    found = (_child(entry, key) for key in ("name", "title"))
    return next((text[:_LONGEST_SHOWN] for text in found if isinstance(text, str) and text), "")
