"""What a reader sees of a published file beside the values, against what the writer makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from transfer_opt.core.cell_names import Place
from transfer_opt.core.errors import Problem
from transfer_opt.published.differences import hidden_told
from transfer_opt.published.findings import Findings
from transfer_opt.workbook.result.likeness import hidden_rows, unlike
from transfer_opt.workbook.result.seen import UNREADABLE, SeenSheet, seen


def as_seen(
    findings: Findings, expected: Sequence[SeenSheet], own: bool, known: bool
) -> Iterator[Problem]:
    """Every difference; `own`: further sheets, parts and names are the user's, `known`: the inputs are at hand."""
    try:
        stands = seen(findings.path.read_bytes())
    except UNREADABLE:
        yield Problem("A609", "格式、版式或图表读不出来，被改动过。")
        return

    def value(sheet: str, at: Place) -> Any:
        return findings.pages[sheet].value(at) if sheet in findings.pages else None

    yield from unlike(expected, stands, value, own)
    sheets = {sheet.name: sheet for sheet in stands.sheets}
    for sheet in expected:
        if sheet.name in sheets:
            findings.seen.add(sheet.name)
            rows = [row + 1 for row in hidden_rows(sheet, sheets[sheet.name])]
            yield from hidden_told(sheet.name, rows, known)
