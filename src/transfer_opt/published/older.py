"""A result of another version by another model file: what its certificate and its own sums still tell, without the rules."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import exact
from transfer_opt.core.tables import FIRST_ROW, HEADER_ROW
from transfer_opt.core.vocabulary import ALLOCATION, CODE, FACTS, NAME
from transfer_opt.published.claims import DIGEST, VERSION
from transfer_opt.published.findings import Findings
from transfer_opt.tables.footing import foot_file
from transfer_opt.workbook.result.pages import Page
from transfer_opt.workbook.result.seals import said

NOT_DERIVED = "W619"


def held_to_its_proof(findings: Findings, given: str) -> Iterator[Problem]:
    """What does not agree, and what was not asked. `given`: the SHA-256 of a budget at hand, empty without one."""
    yield from _amounts(findings)
    sums = foot_file(findings.path)
    for problem in (*sums.wrong, *sums.roundings):  # amounts are whole: nothing is lost in rounding
        if problem.sheet == ALLOCATION:
            yield problem
    if given and given != findings.claims.said(DIGEST):
        yield Problem(
            "W615",
            "给出的工作簿与当时的输入文件不是同一份文件（SHA-256 不同），没有比较内容。",
        )
    yield Problem(
        NOT_DERIVED,
        f"由 {findings.claims.said(VERSION)} 写出，当时的模型文件与现在核对用的不同：只核对证书、校验码、各表封存的内容、"
        f"「{ALLOCATION}」的各笔金额和合计，没有按规则重新推算。",
        "要逐格重新推算，用写出它的版本核对。",
        FACTS,
    )


def _amounts(findings: Findings) -> Iterator[Problem]:
    """Every amount of 「分配结果」 against the certificate: no other, and none left out."""
    made, page = findings.certificate, findings.pages[ALLOCATION]
    if not findings.proof:
        return
    unit = Fraction(made["unit"])
    proved = {
        (code, name, fund): count * unit
        for (fund, code, name), count in zip(made["names"], made["published"], strict=True)
    }
    for place, key, value in _shown(page, set(proved)):
        should = proved.pop(key, None)
        if should is None and value is not None:
            yield Problem("A602", "这里应是空白。", "", ALLOCATION, place, key[2], said(value))
        elif should is not None and (
            not isinstance(value, int | float) or exact(value) != exact(should)
        ):
            shown = said(float(should))
            yield Problem("A602", f"应为「{shown}」。", "", ALLOCATION, place, key[2], said(value))
    for code, name, fund in proved:
        yield Problem("A602", f"证书里有 {code} {name} 的{fund}，表里没有。", "", ALLOCATION)


def _shown(
    page: Page, proved: set[tuple[str, str, str]]
) -> Iterator[tuple[str, tuple[str, str, str], Any]]:
    """Cell, (code, name, fund) and value of every county and fund; totals have no code and are added up instead."""
    counties, funds = {key[:2] for key in proved}, {fund for _, _, fund in proved}
    width = len(page.sheet.rows[HEADER_ROW])
    columns = {str(page.value((HEADER_ROW, column)) or ""): column for column in range(width)}
    for row in range(FIRST_ROW, page.height):
        code, name = (
            str(page.value((row, columns[key])) or "") if key in columns else ""
            for key in (CODE, NAME)
        )
        for fund, column in columns.items():
            if fund in funds and name and (code or (code, name) in counties):
                yield address((row, column)), (code, name, fund), page.value((row, column))
