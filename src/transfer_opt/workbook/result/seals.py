"""The seals below the certificate: whether every sheet still says what was written, and where it does not.

The short digests of rows and columns only point at cells; that a sheet is unchanged is said by its whole digest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from transfer_opt.core.cell_names import Place, address, column_letters
from transfer_opt.core.errors import Problem
from transfer_opt.core.tables import FIRST_ROW, HEADER_ROW
from transfer_opt.core.vocabulary import PROOF
from transfer_opt.workbook.result.fingerprint import (
    SHORT,
    Contents,
    Fingerprint,
    changed,
    fingerprint,
)
from transfer_opt.workbook.result.pages import Page

MOST_NAMED = 20
"""More rows or columns than these are counted, not listed."""
LONGEST_SHEET_NAME = 31
CHANGED = "与写出时的校验码不符，被改动过。"


@dataclass(frozen=True)
class Seal:
    """What a sheet was when it was written, and the cell that says so; None where that cell was altered."""

    written: Fingerprint | None
    at: Place


def certificate_text(proof: Page) -> str:
    """The pieces of the certificate joined in order."""
    return "".join(
        str(proof.value((row, 1)) or "")
        for row in range(FIRST_ROW, proof.height)
        if isinstance(proof.value((row, 0)), int | float)
    )


def seals(proof: Page) -> dict[str, Seal]:
    """The seals by sheet."""
    pieces: dict[str, list[tuple[Place, str]]] = {}
    for at, name, text in _rows(proof):
        pieces.setdefault(name, []).append((at, text))
    return {
        name: Seal(Fingerprint.parse("".join(text for _, text in found)), found[0][0])
        for name, found in pieces.items()
    }


def broken(
    pages: Mapping[str, Page], proof: str, needed: Collection[str]
) -> dict[str, tuple[Problem, ...]]:
    """Per sheet what its seal finds; sheets that are as they were written are left out.

    `proof` names the sheet with the seals; those of `needed` must have one.
    """
    found = seals(pages[proof])
    told: dict[str, tuple[Problem, ...]] = {}
    for name in [*found, *(name for name in needed if name not in found)]:
        seal = found.get(name)
        if seal is None:
            problems = [Problem("A606", f"没有「{name}」的校验码。", sheet=proof)]
        elif name not in pages:
            problems = [Problem("A607", "整张表被删去或改了表名。", sheet=name)]
        else:
            page = pages[name]
            cells = _unsealed(page) if name == proof else page.contents
            problems = list(
                _altered_seal(proof, name, seal)
                if seal.written is None
                else _changes(page, cells, seal, proof)
            )
        if problems:
            told[name] = tuple(problems)
    return told


def intact(pages: Mapping[str, Page]) -> set[str]:
    """The sheets that have a seal and are as they were written; none without 「证明」."""
    if PROOF not in pages:
        return set()
    return {name for name in seals(pages[PROOF]) if name in pages} - broken(pages, PROOF, ()).keys()


def _changes(page: Page, cells: Contents, seal: Seal, proof: str) -> Iterator[Problem]:
    """The rows, or the crossings of rows and columns, that changed."""
    now, written = fingerprint(cells), seal.written
    if written is None or now == written:
        return
    rows, columns = changed(cells, written)
    if now.whole == written.whole or not (rows and columns):
        yield from _altered_seal(proof, page.name, seal)
    elif len(_pieces(now.rows)) != len(_pieces(written.rows)):
        yield from _moved_rows(page, _pieces(now.rows), _pieces(written.rows))
    elif min(len(rows), len(columns)) > 1 or len(rows) * len(columns) > MOST_NAMED:
        yield Problem(
            "A606",
            f"与写出时的校验码不符：第 {_listed([str(row + 1) for row in rows])} 行与 "
            f"{_listed([column_letters(column) for column in columns])} 列交叉的单元格中有改动。",
            sheet=page.name,
        )
    else:
        for at in ((row, column) for row in rows for column in columns):
            value = page.formulas.get(at, page.value(at))
            header = str(page.value((HEADER_ROW, at[1])) or "") if at[0] > HEADER_ROW else ""
            yield Problem("A606", CHANGED, "", page.name, address(at), header, said(value))


def said(value: Any) -> str:
    """A cell's value as a reader would write it."""
    if value is None or value == "":
        return "（空白）"
    return (
        f"{value:,.15g}"
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def _moved_rows(page: Page, now: list[str], written: list[str]) -> Iterator[Problem]:
    """Rows taken out or put in; the rest is compared only once that is put right."""
    for kind, first, last, start, end in SequenceMatcher(
        None, written, now, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            continue
        gone = f"写出时的第 {_span(first, last)} 行不见了" if last > first else ""
        new = f"多出第 {_span(start, end)} 行" if end > start else ""
        yield Problem(
            "A606",
            f"与写出时的校验码不符：{'，'.join(text for text in (gone, new) if text)}。",
            sheet=page.name,
            cell=f"A{(start if new else first) + 1}",
        )


def _span(first: int, end: int) -> str:
    return str(first + 1) if end == first + 1 else f"{first + 1}–{end}"


def _altered_seal(proof: str, name: str, seal: Seal) -> Iterator[Problem]:
    yield Problem("A606", f"「{name}」的校验码被改动过。", sheet=proof, cell=address(seal.at))


def _pieces(sides: str) -> list[str]:
    return [sides[at : at + SHORT] for at in range(0, len(sides), SHORT)]


def _unsealed(proof: Page) -> Contents:
    """The sheet that holds the seals, without them."""
    sealing = {at for at, _, _ in _rows(proof)}
    return {at: text for at, text in proof.contents.items() if at not in sealing}


def _rows(proof: Page) -> Iterator[tuple[Place, str, str]]:
    for row in range(FIRST_ROW, proof.height):
        name, text = proof.value((row, 0)), proof.value((row, 1))
        if isinstance(name, str) and (
            isinstance(text, str) or text is None and len(name) <= LONGEST_SHEET_NAME
        ):
            yield (row, 1), name, text or ""


def _listed(names: list[str]) -> str:
    return "、".join(names[:MOST_NAMED]) + (
        f" 等 {len(names)} 处" if len(names) > MOST_NAMED else ""
    )
