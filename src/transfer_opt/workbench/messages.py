"""What the server and a worker say to one another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Opening:
    """Which workbook is opened, and how."""

    path: str
    name: str
    """As the user calls it."""
    token: str
    model: str | None = None
    password: str | None = None
    boundaries: str | None = None
    kept: str = ""
    """The state of an earlier session of the same workbook."""


@dataclass(frozen=True)
class Reply:
    """What the worker answers."""

    html: str
    state: str = ""
    """Of the session; empty where there is none."""
    changes: int = 0
    """How many cells are tried."""
    files: tuple[str, ...] = ()
    """What was written."""
    is_stale: bool = False
    """The page is older than the session and must be drawn anew."""
    is_refusal: bool = False
    """Nothing was done, and nothing but the refusal is to be shown anew."""
