"""横向生态补偿: what agreements on the water at river sections make counties pay each other. Worked out, never chosen.

class part   P · (target − actual)                                   classes Ⅰ … 劣Ⅴ are 1 … 6
index part   clip(100 · p · Σ_k w_k · (base_k − actual_k) / base_k ÷ Σ_k w_k,  ± C)
z            their sum: z > 0 is paid by the counties downstream, each its share, z < 0 by the one upstream

limit        where a county would pay more than a share φ of its own money, all it pays is cut by one factor: that is
             the least largest cut any recipient can get. Its own money is that before any flow, so nothing is circular.
published    whole publishing units: every flow, pair, section, and every county's receipts, payments and net are
             next to their own values, and the nets come to nothing
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from gmpy2 import mpq

from transfer_opt.core.arrays import Floats
from transfer_opt.core.exact import ONE, ZERO, Exacts, every, floats, total
from transfer_opt.policy.circulation import Arc, whole

CLASSES = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
"""Of water, from the best."""
POLLUTANTS = ("高锰酸盐指数", "氨氮", "总磷")
LIMIT, IN_NEED, COUNTED = "限额比例", "三保计入横向补偿", "计入可用财力"
TRIAL = "试算"
"""In the place of the number of an agreement."""


def weight_of(pollutant: str) -> str:
    """The parameter that says what a pollutant weighs."""
    return f"{pollutant}权重"


@dataclass(frozen=True)
class Section:
    """A section of a river and what is agreed about it; money in the workbook's unit."""

    name: str
    upstream: int
    """A county, by position."""
    downstream: tuple[int, ...]
    shares: tuple[mpq, ...]
    """Of the counties downstream; they add to 1."""
    target: int
    """Position among the classes, from 0."""
    actual: int
    per_class: mpq
    per_percent: mpq
    most: mpq | None
    """The index part goes no further either way; None: as far as it goes."""
    changes: tuple[mpq, ...]
    """By how much each pollutant changed, or all of them together; fractions of 1, negative where the water got better."""
    basis: str
    row: int
    """Of the sheet."""

    @property
    def is_trial(self) -> bool:
        """Whether there is no agreement yet."""
        return self.basis == TRIAL

    def class_part(self, actual: int) -> mpq:
        """Money for a class of water, positive for the county upstream."""
        return self.per_class * (self.target - actual)

    def change(self, weights: Sequence[mpq]) -> mpq:
        """By how much the pollutants changed, weighed; weights count by their ratio."""
        if len(self.changes) == 1:
            return self.changes[0]
        if not self.changes or not total(weights):
            return ZERO
        return total(w * c for w, c in zip(weights, self.changes, strict=True)) / total(weights)

    def index_part(self, weights: Sequence[mpq]) -> mpq:
        """Money for the change of the pollutants, positive for the county upstream."""
        free = -100 * self.per_percent * self.change(weights)
        return free if self.most is None else max(-self.most, min(self.most, free))

    def due(self, weights: Sequence[mpq], actual: int | None = None) -> mpq:
        """z, of the class that was found or of another."""
        at = self.actual if actual is None else actual
        return self.class_part(at) + self.index_part(weights)


@dataclass(frozen=True)
class Terms:
    """What the settings say of all sections."""

    weights: tuple[mpq, ...]
    limit: mpq | None
    """φ; None: no limit."""
    counted: bool
    """Whether the flows move 可用财力."""
    in_need: bool
    """Whether 三保 is measured after what a county pays."""


@dataclass(frozen=True)
class Flow:
    """What one county pays another for one section, money."""

    section: int
    payer: int
    payee: int
    due: mpq
    """By the agreement."""
    limited: mpq
    """Within what the payer can bear."""


@dataclass(frozen=True)
class Flows:
    """All flows of a workbook with n counties."""

    sections: tuple[Section, ...]
    terms: Terms
    own: Exacts
    """(n,) 可用财力 before any flow; None where not known."""
    unit: mpq
    """The publishing unit."""

    @cached_property
    def due(self) -> tuple[tuple[int, int, int, mpq], ...]:
        """Section, payer, payee, money: as agreed, sections in the order of the sheet."""
        return tuple(
            (q, *((county, section.upstream) if z > 0 else (section.upstream, county)), abs(z) * share)
            for q, section in enumerate(self.sections)
            if (z := section.due(self.terms.weights))
            for county, share in zip(section.downstream, section.shares, strict=True)
            if share
        )  # fmt: skip

    @cached_property
    def factor(self) -> Mapping[int, mpq]:
        """Payer → what part of its dues it pays: less than 1 where the limit holds it."""
        owed: dict[int, mpq] = {}
        for _, payer, _, money in self.due:
            owed[payer] = owed.get(payer, ZERO) + money
        return {payer: self._part(payer, money) for payer, money in owed.items()}

    def _part(self, payer: int, money: mpq) -> mpq:
        own, limit = self.own[payer], self.terms.limit
        return ONE if limit is None or own is None else min(ONE, max(ZERO, limit * own) / money)

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """With what is paid within the limits."""
        return tuple(
            Flow(q, payer, payee, money, money * self.factor[payer])
            for q, payer, payee, money in self.due
        )

    @cached_property
    def published(self) -> tuple[mpq, ...]:
        """Of every flow, money in whole publishing units."""
        order = sorted(range(len(self.flows)), key=self._place)  # whatever the order of the sheet
        flows = [self.flows[at] for at in order]
        counts = whole(tuple(self._round(flows)))
        found = dict(zip(order, counts, strict=False))
        return tuple(found[at] * self.unit for at in range(len(order)))

    def _place(self, at: int) -> tuple[int, int, str]:
        flow = self.flows[at]
        return flow.payer, flow.payee, self.sections[flow.section].name

    def _round(self, flows: Sequence[Flow]) -> Iterator[Arc]:
        """The flows, in their order, then every sum that is a flow itself: from a county's purse through its payments,
        pairs, sections and receipts back into a purse, and between the purses what they have left.
        """
        pairs = Counter((flow.payer, flow.payee) for flow in flows)
        parts = Counter(flow.section for flow in flows)
        mixed = {flow.section for flow in flows if pairs[flow.payer, flow.payee] > 1}
        sums: defaultdict[tuple[Hashable, Hashable], mpq] = defaultdict(mpq)
        for flow in flows:
            payer, payee, section = flow.payer, flow.payee, ("section", flow.section)
            upstream, several = self.sections[flow.section].upstream, parts[flow.section] > 1
            way: list[Hashable] = [payer, ("pays", payer)]
            if pairs[payer, payee] > 1:
                way.append(("pair", payer, payee))
            elif several and payer == upstream and flow.section not in mixed:
                way.append(section)
            cell = len(way) - 1
            if several and payee == upstream:
                way.append(section)
            way += [("gets", payee), payee]
            value = flow.limited / self.unit
            for at, step in enumerate(pairwise(way)):
                if at == cell:
                    yield Arc(*step, value)
                else:
                    sums[step] += value
            sums[payee, "others"] += value
            sums[payer, "others"] -= value
        yield from (Arc(*step, value) for step, value in sums.items())

    def received(self, money: Sequence[mpq]) -> Exacts:
        """(n,) what every county gets of the flows, each with this money."""
        result = every(len(self.own))
        for flow, value in zip(self.flows, money, strict=True):
            result[flow.payee] += value
        return result

    def paid(self, money: Sequence[mpq]) -> Exacts:
        """(n,) what every county pays of them."""
        result = every(len(self.own))
        for flow, value in zip(self.flows, money, strict=True):
            result[flow.payer] += value
        return result

    @cached_property
    def net(self) -> Exacts:
        """(n,) receipts less payments as published, money; over the province they come to nothing."""
        return np.asarray(self.received(self.published) - self.paid(self.published))

    @property
    def moved(self) -> Floats:
        """(n,) by how much 可用财力 is moved."""
        return floats(self.net) if self.terms.counted else np.zeros(len(self.own))

    @property
    def set_aside(self) -> Floats:
        """(n,) what 三保 leaves out of account: what a county pays net, unless the settings count it."""
        if self.terms.in_need:
            return np.zeros(len(self.own))
        return np.maximum(-self.moved, 0.0)
