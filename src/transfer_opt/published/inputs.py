"""From which inputs a result is derived again: those in the file itself, or the budget's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.intake.prepare import BudgetWorkbook, settled
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.published.beside import with_years
from transfer_opt.published.rederive import rederive
from transfer_opt.workbook.files.open import RawSheet, open_workbook
from transfer_opt.workbook.result.pages import Page

Derive = Callable[[Mapping[str, Page], Mapping[str, str]], Outcome]
"""The pages and 「审计信息」 → what should stand in the file."""


@dataclass(frozen=True)
class Given:
    """The budget at hand: what should stand in a result of it, the sheets it has, and the hash of the file."""

    derive: Derive
    sheets: Callable[[], Mapping[str, RawSheet]]
    sha256: Callable[[], str]


def own_inputs(model: Model) -> Derive:
    """Derives from the inputs in the file, by the model file that is packaged or given (E172: not the one used)."""
    spec = load_model(model)

    def derived(pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        return rederive(pages, as_used(spec, facts), facts)

    return derived


def budget_inputs(read: Callable[[], BudgetWorkbook]) -> Given:
    """Derives from the budget workbook: the same scenario and publishing unit, relaxed where the result was."""
    from transfer_opt.allocation.allocate import allocate
    from transfer_opt.allocation.plan import RELAXED
    from transfer_opt.core.vocabulary import BASELINE

    def derived(pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        scenario = facts.get("方案", "")
        plain = scenario.removesuffix(RELAXED)
        given = read()
        as_used(given.model, facts)
        prepared = settled(
            given.model,
            given.budget,
            plain if plain != BASELINE else None,
            facts.get("公布单位") or None,
        )
        return with_years(allocate(prepared, relax=plain != scenario), prepared, facts)

    def sheets() -> Mapping[str, RawSheet]:
        given = read()
        return {sheet.name: sheet for sheet in open_workbook(given.path, given.password).sheets}

    return Given(derived, sheets, lambda: read().sha256)


def as_used(spec: ModelSpec, facts: Mapping[str, str]) -> ModelSpec:
    """The model, which must be the one that 「审计信息」 names (E172)."""
    if spec.sha256 != facts.get("模型文件 SHA-256"):
        raise InputError(
            [
                Problem(
                    "E172",
                    "这份结果用的是另一份模型文件，不能重新推算。",
                    "用 --model 给出当时的模型文件。",
                )
            ]
        )
    return spec
