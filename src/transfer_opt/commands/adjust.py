"""`adjust`: one approved amount beside the computed ones, in a copy of the result, with everything that it breaks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer_opt.allocation.explanation.approval import Standing, standings
from transfer_opt.allocation.explanation.extent import Extent, extents
from transfer_opt.allocation.formulation.formulate import UNTIGHTENED, Formulation, formulate
from transfer_opt.allocation.plan import Plan
from transfer_opt.commands import publish
from transfer_opt.core.budget import LARGEST
from transfer_opt.core.errors import InputError, OutputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import to_number, trim
from transfer_opt.core.vocabulary import ADJUSTED, CHART_DATA, PROOF, SPLIT_PROOF, YEAR_PROOFS
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.model_file.loading import load_model
from transfer_opt.published.approval import approval_problems
from transfer_opt.published.kinds import NEEDED
from transfer_opt.published.movable import kept_sentence, span_sentence, within_sentence
from transfer_opt.published.plan import as_solved, read_plan
from transfer_opt.report.approved import (
    approval_report,
    approved_amounts,
    conclusion,
    imbalance,
    lines_of,
)
from transfer_opt.workbook.files.open import open_workbook
from transfer_opt.workbook.result.adjustments import Adjustment, Line, latest, read_adjustments
from transfer_opt.workbook.result.pages import Page, read_pages
from transfer_opt.workbook.result.publication import read_publication
from transfer_opt.workbook.result.seals import broken, intact

LONGEST = 1000
"""Characters of a reason."""
WHAT = "调整"
UNPRINTED = {PROOF, YEAR_PROOFS, SPLIT_PROOF, CHART_DATA}
"""Sheets for programs: no page of them can say that it is superseded."""


@dataclass(frozen=True)
class Wish:
    """What is to be adjusted, in the user's words."""

    county: str
    fund: str
    to: str
    reason: str
    by: str


@dataclass(frozen=True)
class Adjusted:
    """A result with its adjustments in the order they were made."""

    source: Path
    digest: str
    """Of the result file as it was read."""
    plan: Plan
    formulation: Formulation
    adjustments: tuple[Adjustment, ...]

    @property
    def new(self) -> Adjustment:
        """The last adjustment."""
        return self.adjustments[-1]

    @property
    def computed(self) -> Decimal:
        """What was computed for its line."""
        return _computed(self.plan, self.new.line)

    @property
    def before(self) -> Decimal:
        """What was approved, or else computed, before it."""
        return latest(self.adjustments[:-1]).get(self.new.line, self.computed)

    @cached_property
    def extent(self) -> Extent | None:
        """How far its line may move where rules and earlier stages are kept; None where that is not proved."""
        line = lines_of(self.plan)[self.new.line]
        if self._certificate["published"] != self.plan.units.tolist():
            return None
        return next(extents(self._certificate, [line]))

    @property
    def reach(self) -> str:
        """The same in words, and whether what is approved is within; empty where it is not proved."""
        if self.extent is None:
            return ""
        unit = Fraction(self._certificate["unit"])
        span = span_sentence(self.extent, unit, self.plan.case.money_unit)
        within = within_sentence(self.extent, unit, self.new.approved)
        return f"{kept_sentence(self._certificate)}时，这一笔{span}；{within}。"

    @cached_property
    def _certificate(self) -> Mapping[str, Any]:
        return dict(json.loads(self.plan.proof))

    @property
    def facts(self) -> Mapping[str, str]:
        """What the ledger says of the last adjustment."""
        plan, new = self.plan, self.new
        code, county, fund = new.line
        return {
            "input": self.source.name,
            "input_sha256": self.digest,
            "digest": plan.digest,
            "code": code,
            "county": county,
            "fund": fund,
            "computed": f"{self.computed:f}",
            "before": f"{self.before:f}",
            "after": f"{new.approved:f}",
            "unit": plan.case.money_unit,
            "reason": new.reason,
            "by": new.by,
        }

    @cached_property
    def standings(self) -> tuple[Standing, ...]:
        """Every rule on the computed and on the approved amounts."""
        return standings(
            self.plan.case,
            self.formulation,
            self.plan.published,
            approved_amounts(self.plan, self.adjustments),
        )

    @cached_property
    def warnings(self) -> tuple[Problem, ...]:
        """Totals that no longer equal their pool, then every rule that the adjustments break."""
        unit, found = self.plan.case.money_unit, [each for each in self.standings if each.new]
        return tuple(
            Problem("W380", f"{each.after.subject}{imbalance(each, unit)}。")
            if each.total
            else Problem(
                "W381", f"{each.after.rule}·{each.after.subject}：{conclusion(each, unit)}。"
            )
            for each in found
        )


def opened(result: Path, model: Path | None = None) -> Adjusted:
    """A result as it was written, with the adjustments made so far; raises InputError where it was changed."""
    spec = load_model(model)
    digest = open_workbook(result, wanted=frozenset[str]().__contains__).sha256
    publication = read_publication(result, spec.aliases)
    pages = read_pages(result)
    _untouched(pages)
    plan = as_solved(read_plan(result, spec))
    if plan.problems:
        told = "；".join(problem.message for problem in plan.problems)
        raise InputError(
            [Problem("E182", told, "给出未改动的结果；用 --model 给出当时的模型文件。")]
        )
    whole = UNTIGHTENED not in publication.facts.get("说明", ())
    formulation = formulate(plan.case, plan.settings, plan.objective, whole=whole)
    if problems := approval_problems(pages, plan, formulation):
        raise InputError(problems)
    return Adjusted(
        result,
        digest,
        plan,
        formulation,
        read_adjustments(pages[ADJUSTED].sheet) if ADJUSTED in pages else (),
    )


def adjust(result: Adjusted, wish: Wish) -> Adjusted:
    """The result with one adjustment more. Raises InputError."""
    line = _line(result.plan, wish)
    before = latest(result.adjustments).get(line, _computed(result.plan, line))
    added = Adjustment(
        line,
        _amount(result.plan, wish.to, before),
        _said(wish.reason, "--reason", "理由"),
        _said(wish.by, "--by", "决定人"),
        publish.stamps()[1],
    )
    return replace(result, adjustments=(*result.adjustments, added))


def write(adjusted: Adjusted, path: Path) -> tuple[str, ...]:
    """Write the copy of the result with the two sheets; what else in it is not as in the result. Raises OutputError."""
    from transfer_opt.workbook.save import write_behind

    report = approval_report(
        adjusted.plan, adjusted.formulation, adjusted.adjustments, publish.stamps()[0]
    )
    computed = intact(read_pages(adjusted.source)) - UNPRINTED
    return write_behind(report, adjusted.source, adjusted.digest, path, computed)


def adjusted_path(source: Path, wanted: Path | None) -> Path:
    """Where the copy goes: `_调整`, then `_调整2` …; one that is already there is only replaced where -o names it (OutputError)."""
    found = re.fullmatch(rf"(.*)_{WHAT}(\d*)", source.stem)
    name = f"{found[1]}_{WHAT}{int(found[2] or 1) + 1}" if found else f"{source.stem}_{WHAT}"
    target = publish.result_path(source, wanted or source.with_name(f"{name}.xlsx"))
    if wanted is None and target.exists():
        raise OutputError(
            f"已有「{target}」，没有覆盖。处理办法：在它上面接着调整，或用 -o 另起一个文件名。"
        )
    return target


def _untouched(pages: dict[str, Page]) -> None:
    """InputError where a sheet is not as it was written."""
    problems: Sequence[Problem] = [
        problem for found in broken(pages, PROOF, NEEDED).values() for problem in found
    ]
    if problems:
        told = f"结果工作簿被改动过，不能在它上面调整：{problems[0]}"
        raise InputError(
            [Problem("E182", told, "给出未改动的结果；用 transfer-opt audit 查看全部改动。")]
        )


def _line(plan: Plan, wish: Wish) -> Line:
    """The line meant: the county by any spelling or code, the fund by full or short name."""
    units, county = plan.case.recipients, wish.county.strip()
    place = Register(units.code, units.name, plan.spec.former).find(county, county).place
    names = [text for fund in plan.case.funds for text in (fund.name, fund.short)]
    fund = next(
        (fund for fund in plan.case.funds if wish.fund.strip() in (fund.name, fund.short)), None
    )
    wrong = []
    if place is None:
        wrong.append(
            Problem(
                "E183",
                f"结果里没有县区「{county}」。",
                did_you_mean(county, [str(name) for name in units.name]),
            )
        )
    if fund is None:
        wrong.append(
            Problem("E184", f"结果里没有资金「{wish.fund}」。", did_you_mean(wish.fund, names))
        )
    if place is None or fund is None:
        raise InputError(wrong)
    line = str(units.code[place]), str(units.name[place]), fund.name
    if line not in lines_of(plan):
        raise InputError(
            [
                Problem(
                    "E185",
                    f"{line[1]}不参加{fund.name}的分配，没有可以调整的数。",
                    "核对县区和资金；要让它参加，改输入工作簿里的资格后重新计算。",
                )
            ]
        )
    return line


def _amount(plan: Plan, text: str, before: Decimal) -> Decimal:
    """The amount in the workbook's money unit: a whole number of publishing units, not negative, and another than before."""
    case, read = plan.case, to_number(text.strip().removesuffix(plan.case.money_unit))
    unit, number = (
        Decimal(repr(float(case.unit))),
        Decimal(0) if read is None else Decimal(repr(read)),
    )
    if read is None or "%" in text or "％" in text or not 0 <= number <= LARGEST:
        raise InputError(
            [
                Problem(
                    "E186",
                    f"金额「{text}」不能用。",
                    f"写不小于 0 的数，单位{case.money_unit}，如 --to 12345。",
                )
            ]
        )
    if number % unit:
        raise InputError(
            [
                Problem(
                    "E186",
                    f"金额「{text}」不是公布单位（{case.unit_name}）的整数倍。",
                    f"写成 {case.unit_name} 的整数倍，单位{case.money_unit}。",
                )
            ]
        )
    if number == before:
        raise InputError(
            [
                Problem(
                    "E187",
                    f"现在就是 {before.normalize():,f} {case.money_unit}，没有要调整的。",
                    "核对 --to。",
                )
            ]
        )
    return number.normalize()


def _said(text: str, option: str, what: str) -> str:
    """On one line, as it can be read back from a cell; not empty, and no longer than is read."""
    said = trim("".join(filter(str.isprintable, " ".join(text.split()))))
    if not said or len(said) > LONGEST:
        told = f"{what}太长（{len(said):,} 个字）。" if said else f"没有写{what}。"
        raise InputError([Problem("E188", told, f"用 {option} 写明，不超过 {LONGEST:,} 个字。")])
    return said


def _computed(plan: Plan, line: Line) -> Decimal:
    return Decimal(repr(float(plan.published[lines_of(plan)[line]]))).normalize()
