"""Which value, switch and priority hold for a fund and a place, after the workbook and the scenario.

The more specific wins: a named county over its prefecture over all; then the later layer (model file, workbook,
scenario); then a named fund over all funds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from transfer_opt.core.arrays import NOWHERE, Bools, Floats, Ints, Texts
from transfer_opt.policy.admissible import wrong_share
from transfer_opt.policy.case import Case
from transfer_opt.policy.given import is_bound
from transfer_opt.policy.model import Change, ParameterSpec, RuleSpec, Setting
from transfer_opt.policy.recipients import Recipients

Signature: TypeAlias = tuple[tuple[str, str], ...]
"""编制人, 日期, 一句话 → what is said of it."""


@dataclass(frozen=True)
class Settings:
    """The rules with everything that changes them, for one year's funds and recipients."""

    rules: Mapping[str, RuleSpec]
    funds: tuple[str, ...]
    recipients: Recipients
    layers: tuple[tuple[Change, ...], ...]
    """The workbook's changes, then the scenario's."""
    signature: Signature = ()
    """Who made the choice, when, what for; it changes nothing."""

    def changed(self, *changes: Change) -> Settings:
        """With cells written otherwise: in the workbook, or in the scenario where that has the last word on them."""
        settings = self
        for change in changes:
            wished = settings._written(0, change)
            settings = wished if wished._says(change) else settings._written(1, change)
        return settings

    def _written(self, layer: int, change: Change) -> Settings:
        """With one cell of a layer written otherwise; what stands in the same row otherwise stays."""
        layers = [*self.layers, *[()] * (layer + 1 - len(self.layers))]
        old = next((each for each in layers[layer] if each.key == change.key), change)
        others = (each for each in layers[layer] if each.key != change.key)
        layers[layer] = (*others, change.over(old))
        return replace(self, layers=tuple(layers))

    def _says(self, change: Change) -> bool:
        """Whether the change holds where it speaks."""
        subject = self.subject(change.fund, change.object)
        return (
            change.value is None
            or self._values(change.rule, change.parameter, subject)[0] == change.value
        ) and (change.hard is None or bool(self.hard(change.rule, subject)[0]) == change.hard)

    def on(self, rule: str, subjects: Ints) -> Bools:
        """启用 for every subject (m, 2)."""
        return self._switch(rule, subjects, self.rules[rule].on, lambda change: change.on).astype(
            bool
        )

    def hard(self, rule: str, subjects: Ints) -> Bools:
        """刚性 for every subject (m, 2)."""
        return self._switch(
            rule, subjects, self.rules[rule].hard, lambda change: change.hard
        ).astype(bool)

    def priority(self, rule: str, subjects: Ints) -> Ints:
        """优先级 for every subject (m, 2)."""
        return self._switch(
            rule, subjects, self.rules[rule].priority, lambda change: change.priority
        ).astype(np.int64)

    def numbers(self, rule: str, parameter: str, subjects: Ints) -> Floats:
        """A numeric parameter for every subject (m, 2); NaN where no value is given."""
        return self._values(rule, parameter, subjects).astype(float)

    def texts(self, rule: str, parameter: str, subjects: Ints) -> Texts:
        """A parameter given in words for every subject (m, 2)."""
        return self._values(rule, parameter, subjects)

    def text(self, rule: str, parameter: str) -> str:
        """A parameter in words that holds for the whole model."""
        return str(self._values(rule, parameter, ANYWHERE)[0] or "")

    def number(self, rule: str, parameter: str) -> float:
        """A numeric parameter that holds for the whole model."""
        return float(self.numbers(rule, parameter, ANYWHERE)[0])

    def cell(self, rule: str, parameter: str, fund: str = "", place: str = "") -> float:
        """A numeric parameter for a fund ("": none in particular) and a place ("": everywhere); NaN without a value."""
        return float(self.numbers(rule, parameter, self.subject(fund, place))[0])

    def subject(self, fund: str = "", place: str = "") -> Ints:
        """The subject (1, 2) that names a fund ("": none in particular) and a place ("": everywhere)."""
        units = self.recipients
        known = np.concatenate(
            [(units.name == place) | (units.code == place), units.prefectures == place]
        )
        found = [
            self.funds.index(fund) if fund else NOWHERE,
            int(np.flatnonzero(known)[0]) if place else NOWHERE,
        ]
        return np.array([found], dtype=np.int64)

    def named(self, change: Change) -> Ints | None:
        """The subject (1, 2) a change names; None where the fund or the place is not of this year."""
        units = self.recipients
        known = {"", *units.name, *units.code, *units.prefectures}
        if change.fund not in ("", *self.funds) or change.object not in known:
            return None
        return self.subject(change.fund, change.object)

    def places(self, rule: str) -> tuple[str, ...]:
        """Everywhere (""), and the places that have a value or a switch of their own for the rule."""
        own = {change.object for layer in self.layers for change in layer if change.rule == rule}
        return ("", *sorted(own - {""}))

    def on_anywhere(self, rule: str, fund: int = NOWHERE) -> bool:
        """Whether the rule is on for a fund, or for any of them, anywhere at all."""
        places = np.arange(NOWHERE, len(self.recipients) + len(self.recipients.prefectures))
        by_fund = self._tells_funds_apart(rule) and fund == NOWHERE
        asked = range(len(self.funds)) if by_fund else [fund]
        subjects = np.stack([np.repeat(asked, len(places)), np.tile(places, len(asked))], axis=1)
        return bool(self.on(rule, subjects).any())

    def by_fund(self) -> Ints:
        """The subjects (F, 2) "fund f, everywhere"."""
        return np.stack([np.arange(len(self.funds)), np.full(len(self.funds), NOWHERE)], axis=1)

    def _values(self, rule: str, parameter: str, subjects: Ints) -> np.ndarray[Any, Any]:
        spec: ParameterSpec = self.rules[rule].parameters[parameter]
        result = self._defaults(spec.default, subjects, np.nan if spec.numeric else None)
        for change in self._ordered(rule, parameter, lambda change: change.value):
            names = self._names if is_bound(rule, parameter) else self._matches
            result[names(change, subjects)] = change.value
        return result

    def _switch(
        self, rule: str, subjects: Ints, default: Any, pick: Callable[[Change], Any]
    ) -> np.ndarray[Any, Any]:
        result = self._defaults(default, subjects, False)
        for change in self._ordered(rule, None, pick):
            # A switch in the row of a parameter by fund still switches the whole of a rule that is not by fund.
            spoken_of = change if self._tells_funds_apart(rule) else replace(change, fund="")
            result[self._matches(spoken_of, subjects)] = pick(change)
        return result

    def _tells_funds_apart(self, rule: str) -> bool:
        return self.rules[rule].by in ("line", "fund", "prefecture")

    def _defaults(self, default: Any, subjects: Ints, absent: Any) -> np.ndarray[Any, Any]:
        if not isinstance(default, Mapping):
            return np.full(len(subjects), absent if default is None else default, dtype=object)
        by_fund = np.array(
            [default.get(fund, absent) for fund in self.funds] + [absent], dtype=object
        )
        if absent is False:  # a row that speaks of no single fund is on where any fund is
            by_fund[-1] = any(default.values())
        return by_fund[subjects[:, 0]]

    def _ordered(
        self, rule: str, parameter: str | None, pick: Callable[[Change], Any]
    ) -> Iterator[Change]:
        """The changes that set something, weakest first; switches may stand in any parameter's row."""
        found = [
            (self._object_level(change.object), layer, change.fund != "", change)
            for layer, changes in enumerate(self.layers)
            for change in changes
            if change.rule == rule
            and pick(change) is not None
            and parameter in (None, change.parameter)
        ]
        return (change for *_, change in sorted(found, key=lambda entry: entry[:3]))

    def _object_level(self, name: str) -> int:
        return 0 if not name else 1 if name in self.recipients.prefectures else 2

    def _matches(self, change: Change, subjects: Ints) -> Bools:
        fund = np.ones(len(subjects), dtype=bool)
        if change.fund:  # a fund that has no pool this year matches nothing
            fund = np.array([*(name == change.fund for name in self.funds), False])[subjects[:, 0]]
        return fund & self._place(change.object, subjects[:, 1])

    def _names(self, change: Change, subjects: Ints) -> Bools:
        """Where the change speaks of just the subject, not of what is inside it."""
        named = self.named(change)
        if named is None:
            return np.zeros(len(subjects), dtype=bool)
        return np.asarray((subjects == named).all(axis=1))

    def _place(self, name: str, places: Ints) -> Bools:
        if not name:
            return np.ones(len(places), dtype=bool)
        units = self.recipients
        inside = (units.name == name) | (units.code == name) | (units.prefecture == name)
        covered = np.concatenate([inside, units.prefectures == name, [False]])
        return np.asarray(covered[places])


Rebuild = Callable[[Settings], Case]
"""The same workbook under other settings."""
ANYWHERE: Ints = np.array([[NOWHERE, NOWHERE]], dtype=np.int64)
"""The subject that speaks of all funds and places."""


def as_cell(spec: ParameterSpec, value: Setting) -> Setting:
    """A value as a cell says it: a share that would be taken for a slip is written with its per cent sign."""
    if isinstance(value, str) or not wrong_share(spec, value, value):
        return value
    return shown(value, spec.kind)


def shown(value: Setting | None, kind: str) -> str:
    """A parameter's value as an official reads it: shares as percentages."""
    if isinstance(value, float | int) and kind == "share":
        return f"{float(value) * 100:.10g}%"
    return "" if value is None else f"{value:.12g}" if isinstance(value, float | int) else value
