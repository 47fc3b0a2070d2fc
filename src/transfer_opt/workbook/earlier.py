"""Which sheets of a workbook are those of an earlier result, untouched since: 「证明」 names and seals them."""

from __future__ import annotations

from collections.abc import Mapping

from transfer_opt.workbook.fingerprint import Fingerprint, fingerprint
from transfer_opt.workbook.rereading import Page

PROOF = "证明"
NAME_COLUMN, SEAL_COLUMN = 0, 1


def sealed_and_intact(pages: Mapping[str, Page]) -> set[str]:
    """The sheets whose every cell is still as written."""
    if PROOF not in pages:
        return set()
    seals = _seals(pages[PROOF])
    return {name for name, seal in seals.items() if name in pages and _seal(pages[name], seals) == seal}


def _seals(proof: Page) -> dict[str, str]:
    """Per sheet its seal, joined from the rows that hold it."""
    pieces: dict[str, str] = {}
    for row in range(proof.height):
        name, piece = proof.value((row, NAME_COLUMN)), proof.value((row, SEAL_COLUMN))
        if isinstance(name, str) and isinstance(piece, str):
            pieces[name] = pieces.get(name, "") + piece
    return {name: seal for name, seal in pieces.items() if Fingerprint.parse(seal)}


def _seal(page: Page, seals: Mapping[str, str]) -> str:
    """What the seal of a sheet would be today; the seals themselves are under none."""
    apart = {(row, SEAL_COLUMN) for row in range(page.height) if page.name == PROOF and page.value((row, NAME_COLUMN)) in seals}
    return str(fingerprint({place: text for place, text in page.contents.items() if place not in apart}))
