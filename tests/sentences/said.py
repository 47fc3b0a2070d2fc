"""Every sentence the sources can say, read off their syntax: what a table of cases has to cover."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "transfer_opt"
HOLE = "{}"
"""What stands in a pattern where the sentence holds a name, a number or another sentence."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CODE = re.compile(r"[AEW]\d{3}")
ROOMS = ("allocation/", "scenarios/", "published/", "report/", "commands/", "cli/")
SPOKEN = ("allocation/explanation/reasons.py", "report/comparison/conclusion.py")
"""Files whose sentences are put together from pieces."""
LEAST = 4
"""So many Chinese characters of its own tell a pattern from any other text."""


@dataclass(frozen=True)
class Said:
    """One string of the sources, with a hole for every part that is filled in."""

    file: str
    line: int
    pattern: str
    is_coded: bool
    """Whether it is told with a code."""

    def stands_in(self, text: str) -> bool:
        """Whether the words of the pattern come in a text in their order, on one line."""
        first, *rest = self.pieces
        at = text.find(first)
        while at >= 0:
            end = text.find("\n", at) % (len(text) + 1)
            place = at + len(first)
            for piece in rest:
                found = text.find(piece, place, end)
                if found < 0:
                    break
                place = found + len(piece)
            else:
                return True
            at = text.find(first, at + 1)
        return False

    @property
    def pieces(self) -> list[str]:
        """The words between the holes."""
        return [piece for piece in self.pattern.strip().split(HOLE) if piece]


@cache
def strings() -> tuple[Said, ...]:
    """Every string with its place; docstrings, texts below a name and helps of options are no part of what is told."""
    found: list[Said] = []
    for path in sorted(SOURCES.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        nodes = [*ast.walk(ast.parse(source))]
        calls = nodes if _CODE.search(source) else []
        passed = {id(node) for each in nodes for node in _not_told(each)}
        coded = {id(node) for each in calls for node in _of_a_problem(each)}
        name = path.relative_to(SOURCES).as_posix()
        found += [
            Said(name, node.lineno, _pattern(node), id(node) in coded)
            for node in nodes
            if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in passed
        ]
    return tuple(found)


def codes() -> set[str]:
    """The code of every problem that can be told."""
    return {said.pattern for said in strings() if _CODE.fullmatch(said.pattern)}


def sentences() -> Iterator[Said]:
    """What ends as a sentence does, or is a piece of one, has words of its own, and is told without a code by these rooms."""
    for said in strings():
        if (
            said.file.startswith(ROOMS)
            and not said.is_coded
            and (said.pattern.strip().endswith(("。", "；")) or said.file in SPOKEN)
            and len(_CHINESE.findall(said.pattern)) >= LEAST
        ):
            yield said


def _not_told(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield part
            if isinstance(part, ast.FormattedValue) and part.format_spec:
                yield part.format_spec
    if isinstance(node, ast.keyword) and node.arg == "help":
        yield from ast.walk(node.value)


def _of_a_problem(node: ast.AST) -> Iterator[ast.AST]:
    """What is said with a code, which stands for it."""
    if isinstance(node, ast.Call) and any(
        isinstance(part, ast.Constant) and _CODE.fullmatch(str(part.value))
        for given in (*node.args, *(word.value for word in node.keywords))
        for part in ast.walk(given)
    ):
        for given in (*node.args, *(word.value for word in node.keywords)):
            yield from ast.walk(given)


def _pattern(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values
    )
