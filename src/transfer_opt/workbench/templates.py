"""The templates of the page, and the start page, which needs no workbook and nothing that computes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def start_page(token: str, recent: Sequence[Mapping[str, str]], told: str = "") -> str:
    """Where a workbook is chosen."""
    return rendered("start.html.j2", token=token, recent=recent, told=told)


def opening_page(name: str) -> str:
    """What is seen until the workbook is read; the browser keeps it until the next page is there."""
    return rendered("opening.html.j2", name=name)


def _vals(address: Sequence[str]) -> str:
    """An address as htmx sends it along."""
    names = ("rule", "fund", "parameter", "place")
    return json.dumps(dict(zip(names, address, strict=True)), ensure_ascii=False)


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} 毫秒" if value < 1 else f"{value:.1f} 秒"


def _signed(text: str) -> str:
    return text if text.startswith("-") or text in ("0", "") else f"+{text}"


@cache
def environment() -> Environment:
    """Where they are found, and what they may use."""
    made = Environment(
        loader=PackageLoader("transfer_opt.workbench", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(vals=_vals, seconds=_seconds, signed=_signed)
    return made


def load(known: Environment) -> None:
    """Compile every template, so that nobody waits for that later."""
    for name in known.list_templates():
        known.get_template(name)


def rendered(template: str, **parts: Any) -> str:
    """One of them, filled in."""
    return environment().get_template(template).render(**parts)
