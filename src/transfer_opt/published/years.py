"""The years after a result's own, derived again, and their certificates held against what was derived."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from transfer_opt.allocation.plan import Outcome
from transfer_opt.allocation.projection import Projection
from transfer_opt.allocation.years.project import project
from transfer_opt.checker.optimality import CertificateError, check
from transfer_opt.core.errors import Problem
from transfer_opt.core.tables import FIRST_ROW
from transfer_opt.core.vocabulary import PROJECTED, TOGETHER, YEAR_PROOFS
from transfer_opt.intake.prepare import Prepared
from transfer_opt.workbook.result.pages import Page

_SAID = re.compile(rf"(\d{{4}})—(\d{{4}})年，逐年滚动(，并{TOGETHER})?")


def with_years(outcome: Outcome, prepared: Prepared, facts: Mapping[str, str]) -> Outcome:
    """The outcome with the years that the result says it worked out; as it is where it says of none."""
    said = _SAID.fullmatch(facts.get(PROJECTED, ""))
    if said is None:
        return outcome
    count = int(said[2]) - int(said[1]) + 1
    return replace(
        outcome, projection=project(prepared, outcome.units, count, together=bool(said[3]))
    )


def proofs_as_claimed(
    outcome: Outcome, page: Page | None, program: Mapping[str, str]
) -> tuple[Outcome, tuple[Problem, ...]]:
    """The outcome with the certificates that stand in the file where they are proofs of the same, and what is wrong.

    A certificate is one of several that prove an optimum; `program` names what of it follows from the inputs.
    """
    projection = outcome.projection
    if projection is None or page is None:
        return outcome, ()
    stands = _texts(page)
    problems: list[Problem] = []

    def taken(name: str, derived: str) -> str:
        wrong = list(_wrong(name, stands.get(name, ""), derived, program))
        problems.extend(wrong)
        return derived if wrong else stands[name]

    names = [f"{number}年" for number in projection.years[1:]]
    proofs = tuple(map(taken, names, projection.proofs))
    joint = projection.joint and replace(
        projection.joint, proof=taken(TOGETHER, projection.joint.proof)
    )
    found: Projection = replace(projection, proofs=proofs, joint=joint)
    return replace(outcome, projection=found), tuple(problems)


def _texts(page: Page) -> dict[str, str]:
    """年度 → its certificate."""
    texts: dict[str, str] = {}
    for row in range(FIRST_ROW, page.height):
        name, number, piece = (page.value((row, column)) for column in range(3))
        if isinstance(number, int | float) and isinstance(piece, str):
            texts[str(name)] = texts.get(str(name), "") + piece
    return texts


def _wrong(name: str, stands: str, derived: str, program: Mapping[str, str]) -> Iterator[Problem]:
    try:
        made: dict[str, Any] = json.loads(stands)
        check(made)
    except CertificateError as error:
        yield Problem("A601", f"{name}的证书没有通过独立核对：{error}", sheet=YEAR_PROOFS)
        return
    except (ValueError, TypeError, AttributeError):
        yield Problem("A601", f"{name}的证书读不出来，被改动过或不完整。", sheet=YEAR_PROOFS)
        return
    should = json.loads(derived)
    lines = int(should["lines"])
    told = [what for key, what in program.items() if made.get(key) != should[key]]
    if made.get("columns", [])[:lines] != should["columns"][:lines]:
        told.append("最优金额")
    if told:
        yield Problem(
            "A601",
            f"{name}的证书证明的不是这些输入和展望：{'、'.join(told)}与重新推算的不同。",
            sheet=YEAR_PROOFS,
        )
