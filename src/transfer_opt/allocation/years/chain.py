"""The years one after the other: a full annual optimum each, on the amounts of the year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain as flat
from itertools import filterfalse, zip_longest
from typing import TypeAlias

from transfer_opt.allocation.infeasibility.message import infeasible
from transfer_opt.allocation.instance import Instance
from transfer_opt.allocation.optimum import Published
from transfer_opt.allocation.projection import Stuck, Year
from transfer_opt.allocation.years.horizon import Horizon, paid
from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.exact import exact, spelled
from transfer_opt.core.vocabulary import OUTLOOK, POOL_AMOUNT, POOLS
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.outlook_growth import pool_growths
from transfer_opt.policy.settings import Settings

Layers: TypeAlias = tuple[tuple[Change, ...], ...]
Pools: TypeAlias = Mapping[str, float]
"""Fund → a year's 本年总额 in the place of what the outlook says."""


@dataclass(frozen=True)
class Chain:
    """The years that can be worked out, each with its problem and, after the first, its proof."""

    years: tuple[Year, ...]
    problems: tuple[Instance, ...]
    proofs: tuple[str, ...]
    stuck: Stuck | None


def chain(
    horizon: Horizon,
    units: Ints,
    settings: Settings,
    report: Callable[[str], None] = lambda _: None,
) -> Chain:
    """Year after year; `units` are this year's published amounts (L,), `settings` what they were solved with.

    A year for which there is no allocation ends the chain: what is said of it was tried on the years from this one on.
    """
    first = horizon.first
    published = first.case.money(units)
    years = [Year(horizon.years[0], first.case, published, published)]
    problems, proofs = [first], list[str]()
    for at in range(1, len(horizon.years)):
        report(f"测算{horizon.label(at)}")
        problem = _after(horizon, settings, at, problems[-1].case, years[-1].amounts, {})
        found = problem.solved()
        if not isinstance(found, Published):
            stuck = Stuck(horizon.years[at], _told(horizon, settings, at))
            return Chain(tuple(years), tuple(problems), tuple(proofs), stuck)
        money = problem.case.money(found.units)
        years.append(Year(horizon.years[at], problem.case, money, found.optimum.amounts))
        problems.append(problem)
        proofs.append(found.certificate)
    return Chain(tuple(years), tuple(problems), tuple(proofs), None)


def _after(
    horizon: Horizon, base: Settings, at: int, before: Case, paid_out: Floats, pools: Pools
) -> Instance:
    """The problem of a year after the one before, which paid these amounts."""
    return horizon.problem(paid(horizon.settings(base, at, pools), before, paid_out))


def _told(horizon: Horizon, settings: Settings, at: int) -> str:
    """Why there is no allocation in that year, and what leads out: tried from this year on, where a user would write it."""
    said = str(infeasible(_from_the_start(horizon, settings, at), relaxable=False))
    label, this_year = horizon.label(at), horizon.label(0)
    until = this_year if at == 1 else f"{this_year}至{horizon.label(at - 1)}"
    where = (
        f"上面说的资金总额是{label}的，写在「{OUTLOOK}」里（项目「{POOL_AMOUNT}」，方式「金额」）；"
        f"{_grown(horizon, settings, at)}其余写在原来的地方，"
        f"对各年都起作用。都已从{this_year}起逐年重算到{label}核对，{label}以后的年份没有核对。"
    )
    return f"{until}可以分配，{label}无可行方案。{said}\n{where}"


def _grown(horizon: Horizon, settings: Settings, at: int) -> str:
    """Where a growth that is set has the word on a pool: what to write so that the sheet has it, and the years before stay."""
    funds = pool_growths(settings)
    if not funds:
        return ""
    before = "、".join(
        f"{fund}{horizon.label(year)} {spelled(exact(horizon.pools(settings, year)[fund]))}"
        for fund in funds
        for year in range(1, at)
    )
    as_now = f"，并把以前各年也写成现在的数（{before}）" if before else ""
    return f"{'、'.join(funds)}的增幅另由规则「{OUTLOOK}」定了，要改它就先清空这个取值{as_now}；"


def _from_the_start(horizon: Horizon, settings: Settings, at: int) -> Instance:
    """That year's problem in terms of what the user writes: a change holds in the years before, too; a pool is its own."""
    own = [tuple(filter(_is_pool, layer)) for layer in settings.layers]

    @cache
    def before(layers: Layers) -> Instance | None:
        """The year before, with this year's own pools; None where some year has no allocation."""
        base = replace(settings, layers=layers)
        problem = horizon.first.with_settings(base)
        for year in range(1, at):
            if problem.published is None:
                return None
            problem = _after(horizon, base, year, problem.case, problem.amounts, {})
        return None if problem.published is None else problem

    def rebuild(changed: Settings) -> Case:
        layers = tuple(
            (*filterfalse(_is_pool, layer), *pools)
            for layer, pools in zip_longest(changed.layers, own, fillvalue=())
        )
        said = filter(_is_pool, flat.from_iterable(changed.layers))
        pools = {change.fund: float(change.value or 0) for change in said}
        if (last := before(layers)) is None:  # no way out: what it is asked for stays impossible
            layers, last = settings.layers, before(settings.layers)
        assert last is not None, "the years before have an allocation"
        base = replace(settings, layers=layers)
        return _after(horizon, base, at, last.case, last.amounts, pools).case

    plain = tuple(tuple(filterfalse(_is_pool, layer)) for layer in settings.layers)
    stated = replace(settings, layers=plain)
    return replace(horizon.first, settings=stated, rebuild=rebuild, case=rebuild(stated))


def _is_pool(change: Change) -> bool:
    return change.rule == POOLS and change.parameter == POOL_AMOUNT and change.value is not None
