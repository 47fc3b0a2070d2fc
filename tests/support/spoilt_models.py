"""Ways to spoil a model file."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable

from transfer_opt.policy.model_file.loading import shipped

LINES = shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8").split("\n")
PAIRS = [number for number, line in enumerate(LINES) if re.match(r'[a-z"][^=]* = ', line)]
HEADERS = [number for number, line in enumerate(LINES) if line.startswith("[")]
ODD = (
    "3",
    "-7",
    "1e400",
    "nan",
    "inf",
    "true",
    '""',
    '"丙"',
    "[]",
    "{}",
    "[[1]]",
    '["丙"]',
    '{ "丙" = 1 }',
    "2026-01-05",
    "07:32:00",
    "[{ a = 1 }]",
    "1" * 400,
    "0x" + "f" * 5000,
    "[" * 200 + "]" * 200,
    "'''\n\n'''",
    "[\n1,\n]",
    "0.5",
)

Spoilt = tuple[str, range]
"""A spoilt text, and the lines one of which must be told if it is refused."""


def joined(lines: list[str], first: int, last: int | None = None) -> Spoilt:
    """The text, and its lines first…last counted from 0 as lines counted from 1."""
    return "\n".join(lines), range(first + 1, (first if last is None else last) + 2)


def replaced(number: int, *new: str) -> Spoilt:
    """The text with other lines for one: told is one of them, the header above or the line after.

    What is named elsewhere (a clause, a fund, a kind of transfer) is told where it is named.
    """
    header = max((header for header in HEADERS if header <= number), default=0)
    lines = [*LINES[:number], *new, *LINES[number + 1 :]]
    if LINES[header] in ("[clauses]", "[terms]", "[[funds]]") and LINES[number].startswith(
        ('"', "name")
    ):
        return joined(lines, 0, len(lines))
    return joined(lines, header, number + "\n".join(new).count("\n") + 1)


def deleted(dice: random.Random) -> Spoilt:
    return replaced(dice.choice(PAIRS))


def misspelt(dice: random.Random) -> Spoilt:
    number = dice.choice(PAIRS)
    key, rest = LINES[number].split(" =", 1)
    where = dice.randrange(len(key))
    key = dice.choice(
        [
            key[:where] + key[where + 1 :],
            key[:where] + "x" + key[where:],
            key[:where] + key[where] + key[where:],
        ]
    )
    return replaced(number, f"{key} ={rest}")


def retyped(dice: random.Random) -> Spoilt:
    number = dice.choice(PAIRS)
    key = LINES[number].split(" =", 1)[0]
    value = dice.choice(ODD)
    return replaced(number, f"{key} = {value}")


def doubled(dice: random.Random) -> Spoilt:
    number = dice.choice(PAIRS + HEADERS)
    return joined([*LINES[: number + 1], *LINES[number:]], number, number + 1)


def garbled(dice: random.Random) -> Spoilt:
    number = dice.choice(PAIRS + HEADERS)
    line = LINES[number]
    where = dice.randrange(len(line))
    spoilt = dice.choice(
        [
            line[:where] + line[where + 1 :],
            line[:where] + dice.choice('"[]{}=,#.\\\x01 丙1') + line[where:],
            line[:where],
        ]
    )
    return replaced(number, spoilt)


def headless(dice: random.Random) -> Spoilt:
    """A header deleted, misspelt or made a list."""
    number = dice.choice(HEADERS)
    line = LINES[number]
    new = dice.choice(
        ["", line.replace("]", "x]", 1), line.replace('"]', '们"]', 1), f"[{line}]", line[:-1]]
    )
    return joined([*LINES[:number], new, *LINES[number + 1 :]], 0, len(LINES))


def swapped(dice: random.Random) -> Spoilt:
    """Two values in each other's place."""
    one, two = sorted(dice.sample(PAIRS, 2))
    (first, a), (second, b) = (LINES[number].split(" = ", 1) for number in (one, two))
    lines = LINES.copy()
    lines[one], lines[two] = f"{first} = {b}", f"{second} = {a}"
    return joined(lines, 0, len(LINES))


def inside(dice: random.Random) -> Spoilt:
    """A word, number or name anywhere in a value."""
    number = dice.choice(PAIRS)
    parts = re.split(r'("[^"]*"|-?\d+\.?\d*|true|false)', LINES[number])
    where = dice.randrange(1, len(parts), 2) if len(parts) > 1 else 0
    parts[where] = dice.choice(ODD[:16])
    return replaced(number, "".join(parts))


WAYS: tuple[Callable[[random.Random], Spoilt], ...] = (
    deleted,
    misspelt,
    retyped,
    doubled,
    garbled,
    headless,
    swapped,
    inside,
)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except ValueError:
        return False
    return True
