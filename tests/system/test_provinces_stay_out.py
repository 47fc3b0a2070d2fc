"""No province is in the code: the names, codes, clauses and titles of every shipped model stand in its folder alone."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from transfer_opt.core.vocabulary import DEFAULT_MODEL
from transfer_opt.policy.model_file.files import model_names, model_path

SOURCES = Path(__file__).parents[2] / "src" / "transfer_opt"
TEXTS = {
    path.relative_to(SOURCES).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(SOURCES.rglob("*"))
    if path.suffix in (".py", ".js", ".css", ".j2", ".typ")
}
_ALLOWED = {("core/vocabulary.py", DEFAULT_MODEL)}
"""The one line that names the default model."""


def words(name: str) -> Iterator[str]:
    """What of a model would give its province away: place names and codes, documents and their names, funds, the title."""
    yield name
    table = tomllib.loads(model_path(name).read_text(encoding="utf-8"))
    yield table["title"]
    for text in (table["title"], *(clause["document"] for clause in table["clauses"].values())):
        yield from re.findall(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,3})省", text)
    for prefecture, units in table.get("divisions", {}).items():
        yield from units
        yield from (place[:2] for place in (prefecture, *units.values()))
    for pair in table.get("former", {}).items():
        yield from pair
    for clause in table["clauses"].values():
        yield clause["document"]
        yield clause.get("cited") or clause["document"]
        yield from re.findall(r"〔\d{4}〕\d+号|[\u4e00-\u9fff]*若干措施", clause["document"])
    for fund in table["funds"]:
        yield from filter(None, (fund["name"], fund.get("account")))


@pytest.mark.parametrize("name", model_names())
def test_the_sources_hold_nothing_of_a_shipped_model(name: str) -> None:
    told = dict.fromkeys(word for word in words(name) if len(word) > 1)
    assert len(told) > 5
    found = [(file, word) for file, text in TEXTS.items() for word in told if word in text]
    assert [each for each in found if each not in _ALLOWED] == []


def test_the_default_model_is_named_once() -> None:
    assert sum(text.count(f'"{DEFAULT_MODEL}"') for text in TEXTS.values()) == 1
