"""What a result says beside this year's allocation, derived again: the years after it, and certificates of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.years.project import horizon_of, project
from transfer_opt.checker.optimality import CertificateError, check
from transfer_opt.core.errors import Problem
from transfer_opt.core.tables import FIRST_ROW
from transfer_opt.core.vocabulary import PROJECTED, SPLIT, SPLIT_PROOF, TOGETHER, YEAR_PROOFS
from transfer_opt.intake.prepare import Prepared
from transfer_opt.workbook.result.pages import Page

_SAID = re.compile(rf"(\d{{4}})—(\d{{4}})年，逐年滚动(，并{TOGETHER})?")


def with_years(outcome: Outcome, prepared: Prepared, facts: Mapping[str, str]) -> Outcome:
    """The outcome with the years that the result says it worked out; as it is where it says of none."""
    said = _SAID.fullmatch(facts.get(PROJECTED, ""))
    if said is None:
        return outcome
    count = int(said[2]) - int(said[1]) + 1
    found = project(horizon_of(prepared, count), outcome.units, together=bool(said[3]))
    return replace(outcome, projection=found)


def proofs_as_claimed(
    outcome: Outcome, pages: Mapping[str, Page], program: Mapping[str, str]
) -> tuple[Outcome, tuple[Problem, ...]]:
    """The outcome with the further certificates that stand in the file where they are proofs of the same, and what is wrong.

    A certificate is one of several that prove an optimum; `program` names what of it follows from the inputs.
    """
    problems: list[Problem] = []

    def taken(sheet: str, name: str, derived: str) -> str:
        stands = _texts(pages[sheet]).get(name, "") if sheet in pages else derived
        wrong = list(_wrong(sheet, name, stands, derived, program))
        problems.extend(wrong)
        return derived if wrong else stands

    projection, split = outcome.projection, outcome.split
    if projection:
        names = [f"{number}年" for number in projection.years[1:]]
        of_years = partial(taken, YEAR_PROOFS)
        proofs = tuple(map(of_years, names, projection.proofs))
        joint = projection.joint and replace(
            projection.joint, proof=of_years(TOGETHER, projection.joint.proof)
        )
        projection = replace(projection, proofs=proofs, joint=joint)
    if split:
        split = replace(split, proof=taken(SPLIT_PROOF, SPLIT, split.proof))
    return replace(outcome, projection=projection, split=split), tuple(problems)


def _texts(page: Page) -> dict[str, str]:
    """The name in the first column → its certificate."""
    texts: dict[str, str] = {}
    for row in range(FIRST_ROW, page.height):
        name, number, piece = (page.value((row, column)) for column in range(3))
        if isinstance(number, int | float) and isinstance(piece, str):
            texts[str(name)] = texts.get(str(name), "") + piece
    return texts


def _wrong(
    sheet: str, name: str, stands: str, derived: str, program: Mapping[str, str]
) -> Iterator[Problem]:
    try:
        made: dict[str, Any] = json.loads(stands)
        check(made)
    except CertificateError as error:
        yield Problem("A601", f"{name}的证书没有通过独立核对：{error}", sheet=sheet)
        return
    except (ValueError, TypeError, AttributeError):
        yield Problem("A601", f"{name}的证书读不出来，被改动过或不完整。", sheet=sheet)
        return
    should = json.loads(derived)
    lines = int(should["lines"])
    told = [what for key, what in program.items() if made.get(key) != should[key]]
    if made.get("columns", [])[:lines] != should["columns"][:lines]:
        told.append("最优金额")
    if told:
        yield Problem(
            "A601",
            f"{name}的证书证明的不是这些输入：{'、'.join(told)}与重新推算的不同。",
            sheet=sheet,
        )
