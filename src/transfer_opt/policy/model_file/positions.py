"""Where each key of a TOML text stands; `tomllib`, which decides what the text means, tells no lines.

Only a text with something wrong in it is gone over again here. What cannot be followed ends the search: of what stands
after it nothing is told, of what stands before it everything.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

Path = tuple[str | int, ...]
"""Keys from the top of the file down; a whole number is a place in a list: ("funds", 0, "name")."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}|' r"'''.*?''''{0,2}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]\[{}#\"'=]{1,4000}")


@dataclass(frozen=True)
class Statement:
    """A header, or a line `key = value` of a table: where it begins and ends, and its path.

    None where it could not be read so far.
    """

    begin: int
    table: Path
    path: Path | None = None
    end: int | None = None


@dataclass(frozen=True)
class Positions:
    """The line of every path, which tables stand in braces, and the statements in order."""

    lines: Mapping[Path, int]
    inline: frozenset[Path]
    statements: tuple[Statement, ...]
    whole: bool
    """Whether the search came to the end of the text."""

    def line(self, path: Path) -> int:
        """The line of a path or, where it does not stand in the file, of what it would stand in; 0: not known."""
        ends = range(len(path), 0, -1) if self.whole else (len(path),)
        return next((self.lines[path[:end]] for end in ends if path[:end] in self.lines), 0)

    def is_headed(self, path: Path) -> bool:
        """Whether a table stands under a header of its own."""
        return any(each.table == each.path == path for each in self.statements)

    def statement(self, offset: int) -> Statement | None:
        """The last statement that begins before a place of the text, or at it."""
        return next((each for each in reversed(self.statements) if each.begin <= offset), None)


def positions(text: str) -> Positions:
    """Go over a TOML text whose lines end in a plain line feed."""
    search = _Search(text)
    with suppress(_LostError, RecursionError):  # what was found stays right
        search.document()
    return Positions(
        search.lines, frozenset(search.inline), tuple(search.statements), search.here == len(text)
    )


class _LostError(Exception):
    """The text cannot be followed further."""


class _Search:
    """One pass over the text; every method moves `here` to the end of what it reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.here = 0
        self.lines: dict[Path, int] = {}
        self.inline: set[Path] = set()
        self.statements: list[Statement] = []
        self._lists: dict[Path, int] = {}
        self._counted = (0, 1)

    def document(self) -> None:
        """Header after header, line after line."""
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            self.statements.append(Statement(self.here, table))
            if self.text[self.here] == "[":
                table = self._header()
                self._known(table=table, path=table)
            else:
                self._pair(table, statement=True)
            end = self.here
            self._take(_REST)  # else the end is none: more stands on the line
            self._known(end=end)

    def _header(self) -> Path:
        line, repeated = self._line(), self.text.startswith("[[", self.here)
        self.here += 2 if repeated else 1
        keys = self._keys()
        self._expect("]]" if repeated else "]")
        path = self._within_lists(keys[:-1], line)
        path = (*path, keys[-1])
        if repeated:
            self.lines.setdefault(path, line)
            self._lists[path] = self._lists.get(path, -1) + 1
            path = (*path, self._lists[path])
        self.lines[path] = (
            line  # a header is where a table stands, though a deeper one may have come before it
        )
        return path

    def _within_lists(self, keys: list[str], line: int) -> Path:
        """Where a header's first keys lead: in a list of tables to its last."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._lists:
                path = (*path, self._lists[path])
        return path

    def _pair(self, table: Path, *, statement: bool = False) -> None:
        line, path = self._line(), table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        if statement:
            self._known(path=path)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        self.lines.setdefault(path, self._line())
        mark = self.text[self.here : self.here + 1]
        if mark == "[":
            self._list(path)
        elif mark == "{":
            self._braces(path)
        else:
            self._take(_STRING if mark in ('"', "'") else _SCALAR)

    def _list(self, path: Path) -> None:
        self.here += 1
        count = 0
        while not self._closed("]"):
            self._value((*path, count))
            count += 1
            self._comma("]")

    def _braces(self, path: Path) -> None:
        self.inline.add(path)
        self.here += 1
        while not self._closed("}"):
            self._pair(path)
            self._comma("}")

    def _closed(self, mark: str) -> bool:
        self._skip(_BLANK)
        if not self.text.startswith(mark, self.here):
            return False
        self.here += 1
        return True

    def _comma(self, closing: str) -> None:
        self._skip(_BLANK)
        if not self.text.startswith(closing, self.here):
            self._expect(",")

    def _keys(self) -> list[str]:
        """A key, or several with dots between them."""
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(_plain(self._take(_KEY)))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.here):
                return keys
            self.here += 1

    def _known(self, **more: Any) -> None:
        """What has become known of the statement that is being read."""
        self.statements[-1] = replace(self.statements[-1], **more)

    def _expect(self, mark: str) -> None:
        self._skip(_SPACE)
        if not self.text.startswith(mark, self.here):
            raise _LostError
        self.here += len(mark)

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.here)
        if found is None:
            raise _LostError
        self.here = found.end()
        return found[0]

    def _skip(self, pattern: re.Pattern[str]) -> int:
        self._take(pattern)
        return self.here

    def _line(self) -> int:
        """The line of the present place, counted on from the last one asked for."""
        offset, line = self._counted
        line += self.text.count("\n", offset, self.here)
        self._counted = (self.here, line)
        return line


def _plain(key: str) -> str:
    """A key without its quotes."""
    if key[0] == '"':
        try:
            (key,) = tomllib.loads(f"{key} = 0")
        except tomllib.TOMLDecodeError as error:
            raise _LostError from error
        return key
    return key[1:-1] if key[0] == "'" else key
