"""`audit` of a workbook of `monitor`: every cell against what the files it came from make again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.tables import Report, Row, Table
from transfer_opt.core.vocabulary import FACTS, THRESHOLDS
from transfer_opt.published.appearance import as_seen
from transfer_opt.published.claims import VERSION, WARNING, Claims
from transfer_opt.published.differences import Expected, differences
from transfer_opt.published.findings import Findings, Verdict
from transfer_opt.workbook.files.open import digest_of
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.result.pages import Page
from transfer_opt.workbook.result.seen import seen

_ITEM = re.compile(r"「.*」来自|(19|20)\d\d年结果")
_FILE = re.compile(r"(.*?)((，按批准数)?，(校验码 [0-9a-f]{64}，)?SHA-256 [0-9a-f]{64})")
"""A file in 「审计信息」: its name, and what it says."""


@dataclass(frozen=True)
class Sources:
    """The files at hand in the order in which `monitor` tells of them, and that of them with the cuts."""

    paths: tuple[Path, ...]
    thresholds: Path | None


def sources_of(path: Path, page: Page, given: Sequence[Path]) -> Sources:
    """Which of the files at hand is which of those that 「审计信息」 tells of: by their digests, else their names.

    Raises InputError where some are missing: nothing could be worked out again.
    """
    told = [(item, text) for _, item, text in Claims.of(page).rows if _ITEM.fullmatch(item)]

    def place(file: Path) -> int:
        digest = digest_of(file)
        same = [at for at, (_, text) in enumerate(told) if text.endswith(digest)]
        named = [at for at, (_, text) in enumerate(told) if _name(text) == file.name]
        return next(iter(same + named), len(told))

    places = {file: place(file) for file in given}
    missing = [_name(text) for at, (_, text) in enumerate(told) if at not in places.values()]
    if missing and len(places) < len(told) or not places:
        raise InputError([_not_given(path, missing, [_name(text) for _, text in told])])
    ordered = sorted(places, key=lambda file: places[file])
    cuts = [at for at, (item, _) in enumerate(told) if f"「{THRESHOLDS}」" in item]
    return Sources(
        tuple(ordered), next((file for file in ordered if places[file] in cuts[:1]), None)
    )


def recheck_watched(path: Path, pages: Mapping[str, Page], report: Report, code: str) -> Verdict:
    """Hold the workbook against what the files at hand make, whose check code is `code`."""
    from transfer_opt.workbook.save import made

    findings = Findings(path, pages, Claims.of(pages[FACTS]))
    for problem in _problems(findings, report):
        findings.tell(problem)
    for problem in as_seen(findings, seen(made(report)).sheets, own=False, known=True):
        findings.tell(problem)
    return Verdict(tuple(findings.found.values()), code, len(report.tables))


def _problems(findings: Findings, report: Report) -> Iterator[Problem]:
    pages = findings.pages
    for table in report.tables:
        if table.name not in pages:
            yield Problem("A607", "整张表被删去或改了表名。", sheet=table.name)
            continue
        if table.name == FACTS:
            table, renamed = _facts_as_claimed(table, findings.claims)
            yield from renamed
        expected = Expected(table, report.label, Sums(None), 0.0, findings.wording)
        yield from differences(expected, pages[table.name])
    for name in pages.keys() - {table.name for table in report.tables}:
        yield Problem("A610", "这张表不是监测预警的表，没有核对。", "删去它。", name)
    yield from findings.other_version


def _facts_as_claimed(table: Table, claims: Claims) -> tuple[Table, tuple[Problem, ...]]:
    """「审计信息」 as it should stand, a file of the same contents under the name it had; and what is to be known of that."""
    rows: list[Row] = []
    told: list[Problem] = []
    names: dict[str, str] = {}
    for at, row in enumerate(table.rows):
        item, text = (str(value) for value in row.values)
        place, _, stands = claims.rows[at] if at < len(claims.rows) else ((0, 0), "", "")
        now, then = _FILE.fullmatch(text), _FILE.fullmatch(stands)
        if item == VERSION:
            text = claims.formed(VERSION) or text
        elif item == WARNING:
            for new, old in names.items():
                text = text.replace(new, old)
        elif now and then and now[2] == then[2] and now[1] != then[1]:
            names[now[1]] = then[1]
            told.append(
                Problem(
                    "W615",
                    f"当时的文件名是「{then[1]}」，给出的是「{now[1]}」，内容相同（SHA-256 相同）。",
                    "",
                    FACTS,
                    address(place),
                    item,
                )
            )
            text = stands
        rows.append(Row(row.kind, (item, text)))
    return replace(table, rows=tuple(rows)), tuple(told)


def _not_given(path: Path, missing: Sequence[str], every: Sequence[str]) -> Problem:
    named = "、".join(f"「{name}」" for name in missing)
    return Problem(
        "E191",
        f"「{path.name}」是监测预警工作簿，由别的文件算出，没有给出{named or '那些文件'}，不能重新推算。",
        f"一起给出：transfer-opt audit {' '.join([path.name, *every])}",
    )


def _name(text: str) -> str:
    found = _FILE.fullmatch(text)
    return found[1] if found else text
