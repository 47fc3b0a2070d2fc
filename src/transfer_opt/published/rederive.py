"""A result workbook's own inputs → its outcome again: read, formulated and solved anew by the ordinary pipeline.

What only the original file can tell (warnings that name its cells) is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.plan import RELAXED, Outcome
from transfer_opt.intake.prepare import settled
from transfer_opt.policy.model import ModelSpec
from transfer_opt.published.beside import with_years
from transfer_opt.workbook.input.reader import understood
from transfer_opt.workbook.result.inputs import restated
from transfer_opt.workbook.result.pages import Page


def rederive(pages: Mapping[str, Page], spec: ModelSpec, facts: Mapping[str, str]) -> Outcome:
    """The outcome of the inputs in the file; `facts` is 「审计信息」. InputError and the like where they allow none.

    Where the result was relaxed, so is this: 「方案参数」 tells the rules as they were given.
    """
    sheets = {name: page.sheet for name, page in pages.items()}
    budget = understood(
        restated(sheets, facts.get("输入文件", ""), facts.get("输入文件 SHA-256", "")), spec.aliases
    )
    said = facts.get("方案", "")
    plain = said.removesuffix(RELAXED)
    prepared = replace(settled(spec, budget), scenario=plain)
    return with_years(allocate(prepared, relax=plain != said), prepared, facts)
