"""What one person has on the desk: drafts that can be undone, pins, what is looked at; every act changes it and nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from transfer_opt.allocation.plan import Amounts, Outcome
from transfer_opt.core.errors import InfeasibleError, InputError, Problem, TransferOptError
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise
from transfer_opt.core.vocabulary import BASELINE, POOL_AMOUNT, POOLS
from transfer_opt.intake.given import register
from transfer_opt.intake.prepare import BudgetWorkbook
from transfer_opt.intake.scenario_cells import Address
from transfer_opt.policy.case import Case
from transfer_opt.policy.model import Change
from transfer_opt.policy.objectives import OBJECTIVES
from transfer_opt.workbench.answers import Answer, Desk
from transfer_opt.workbench.draft import Draft, address_of, cells_of, typed
from transfer_opt.workbench.explainer import Explainer, Job
from transfer_opt.workbench.levers import (
    GOAL,
    GOAL_MARK,
    Levers,
    given_total,
    levers,
    moved_pool,
    stands,
)

ALWAYS = threading.Event()
ALWAYS.set()
MOST_PINS = 4
MOST_UNDONE = 500
"""Drafts that can be gone back to."""
NOT_RESTORED = "上次没有保存的改动现在读不出来（模型或程序已经换过），没有恢复。"
FEW = 100
"""Up to so many counties, all prefectures are open at first, and so is the card of the county that is covered least."""

Form = Mapping[str, str]


@dataclass(frozen=True)
class Pin:
    """A draft that is kept beside the others, signed."""

    name: str
    draft: Draft
    by: str = ""
    date: str = ""
    said: str = ""


@dataclass
class Look:
    """What is looked at; it changes no figure."""

    fund: int | None = None
    opened: set[str] = field(default_factory=set)
    county: int | None = None
    second: int | None = None


class Session:
    """One workbook, one person."""

    def __init__(
        self, given: BudgetWorkbook, kept: str = "", is_free: threading.Event = ALWAYS
    ) -> None:
        """`kept` is what `state` said before; nothing is proved before `is_free` is set.

        Raises InputError where the workbook has errors.
        """
        self.desk = Desk(given)
        self.draft = Draft()
        self._past: list[Draft] = []
        self._future: list[Draft] = []
        self.pins: list[Pin] = []
        self.version = 0
        self.look = Look()
        self._has_acted = self._has_looked = False
        self.answer: Answer | None = None
        self.job: Job | None = None
        self._bases: dict[str, tuple[Answer | None, Outcome | None]] = {}
        self._explainer = Explainer(is_free)
        self._moving = ""
        """The fund whose slider is being moved."""
        self.remark = ""
        """What must be said of how it began."""
        try:
            if kept:
                self._restore(json.loads(kept))
            self._settle(self.draft)
        except (TransferOptError, ValueError, KeyError, TypeError):
            if not kept:
                raise
            self.remark = NOT_RESTORED
            self._past, self._future, self.pins = [], [], []
            self._settle(Draft())
        if self.now is not None and len(self.now.case.recipients) <= FEW:
            self.look.opened = set(map(str, self.now.case.recipients.prefectures))

    # ------------------------------------------------------------ what there is

    @property
    def base(self) -> Amounts | None:
        """The scenario from which the draft starts, as it stands; None where it has no allocation."""
        answer, outcome = self._bases[self.draft.base]
        return outcome or (answer.amounts if answer else None)

    @property
    def base_outcome(self) -> Outcome | None:
        """The same, proved and explained; None as long as it is not."""
        return self._bases[self.draft.base][1]

    @property
    def now(self) -> Amounts | None:
        """The amounts of the draft: explained where that is done; None where there are none, or not yet."""
        outcome = self.job.outcome if self.job else None
        if self.error is not None:  # what no command would give is not shown
            return None
        return outcome or (self.answer.amounts if self.answer else None)

    @property
    def outcome(self) -> Outcome | None:
        """The draft, proved and explained; None as long as it is not."""
        return self.job.outcome if self.job and self.job.done.is_set() else None

    @property
    def error(self) -> Exception | None:
        """Why there is no allocation, once that is found out."""
        return self.job.error if self.job and self.job.done.is_set() else None

    @property
    def is_settled(self) -> bool:
        """Whether everything that can be said is known."""
        return self.job is not None and self.job.done.is_set()

    @property
    def is_restored(self) -> bool:
        """Whether what is tried comes from an earlier session, and nothing has been done since."""
        return bool(self.draft.cells) and not self._has_acted

    @property
    def can_undo(self) -> bool:
        """Whether there is a draft before this one."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is one that was undone."""
        return bool(self._future)

    @property
    def levers(self) -> Levers | None:
        """The left column."""
        case = self._case
        if case is None:
            return None
        now, base = (self.desk.settings(each) for each in (self.draft, Draft(self.draft.base)))
        return levers(self.desk.prepared.spec, case, now, base, self.draft)

    @property
    def _case(self) -> Case | None:
        """Of the base, or where that has no allocation of the draft."""
        known = self.base or self.now
        return known.case if known else None

    def state(self) -> str:
        """Everything that must not be lost, as JSON."""
        return json.dumps(
            {
                "version": self.version,
                "past": [_stored(draft) for draft in self._past],
                "draft": _stored(self.draft),
                "future": [_stored(draft) for draft in self._future],
                "pins": [
                    {
                        **_stored(pin.draft),
                        "name": pin.name,
                        "by": pin.by,
                        "date": pin.date,
                        "said": pin.said,
                    }
                    for pin in self.pins
                ],
            },
            ensure_ascii=False,
        )

    # ------------------------------------------------------------ acts

    def act(self, name: str, form: Form) -> None:
        """Raises InputError with a sentence where that cannot be done; nothing has changed then."""
        self._has_acted = True
        act = ACTS.get(name)
        if act is None:
            raise _refused(f"没有「{name}」这个动作。")
        act(self, form)
        if name != "look":
            self._moving = form["fund"] if name == "slide" and form.get("moving") else ""

    def set_cell(self, form: Form) -> None:
        """A value typed for an address; blank: as the base has it."""
        self._try(self._with(address_of(form), form.get("value", "")))

    def slide(self, form: Form) -> None:
        """A pool moved by so many per cent of the base's; one movement is undone at once."""
        base = self.base
        if base is None:
            raise _refused("基准没有可行方案，请直接填数。")
        fund = next(each for each in base.case.funds if each.name == form["fund"])
        written = given_total(fund, self.desk.settings(Draft(self.draft.base)))
        moved = moved_pool(written, float(form["value"]), base.case.figures.unit)
        address: Address = (POOLS, fund.name, POOL_AMOUNT, "")
        draft = self.draft.with_cell(address, None if moved == written else moved)
        self._try(draft, self._moving == fund.name)

    def single(self, form: Form) -> None:
        """A value for one county or prefecture."""
        rule, _, parameter = form["what"].partition("·")
        place = self._place(form["place"])
        by_line = self.desk.prepared.spec.rules[rule].by == "line"
        fund = form.get("fund", "") if by_line else ""
        if not form.get("value", "").strip():
            raise _refused("没有填数。")
        self._try(self._with((rule, fund, parameter, place), form["value"]))

    def reset(self, form: Form) -> None:
        """One cell, or all, as the base has it."""
        if not form.get("rule"):
            self._try(Draft(self.draft.base))
            return
        self._try(self.draft.with_cell(address_of(form), None))

    def undo(self, _: Form) -> None:
        """The draft before this one."""
        if self._past:
            *past, before = self._past
            future = [*self._future, self.draft]
            self._settle(before)
            self._past, self._future = past, future

    def redo(self, _: Form) -> None:
        """The draft that was undone last."""
        if self._future:
            *future, after = self._future
            past = [*self._past, self.draft]
            self._settle(after)
            self._past, self._future = past, future

    def start_from(self, form: Form) -> None:
        """Another scenario of the workbook."""
        if form["base"] not in self.desk.scenarios:
            raise _refused(f"没有方案「{form['base']}」。")
        self._try(Draft(form["base"]))

    def goals(self, form: Form) -> None:
        """The objectives in a new order, joined by >."""
        names = [name for name in form["order"].split(GOAL_MARK) if name]
        if not names or any(name not in OBJECTIVES for name in names):
            raise _refused("目标的顺序看不懂。")
        self._try(self._with(GOAL, GOAL_MARK.join(dict.fromkeys(names))))

    def repair(self, form: Form) -> None:
        """One of the ways out that were found."""
        error = self.error
        ways = error.details.get("changes", []) if isinstance(error, InfeasibleError) else []
        at = int(form["way"])
        if not 0 <= at < len(ways):
            raise _refused("这个办法是针对前一步的，已经不适用。")
        draft = self.draft
        for address, value in cells_of(
            self.desk.prepared.spec, tuple(Change(**change) for change in ways[at])
        ):
            draft = draft.with_cell(address, value)
        self._try(draft)

    def pin(self, form: Form) -> None:
        """Keep the draft beside the others."""
        name = form.get("name", "").strip()
        if (
            not name
            or name in (BASELINE, *self.desk.scenarios)
            or any(p.name == name for p in self.pins)
        ):
            raise _refused("方案名不能空着，也不能和已有的方案同名。")
        if len(self.pins) >= MOST_PINS:
            raise _refused(f"最多固定 {MOST_PINS} 个方案，先取消一个。")
        said = (form.get(key, "").strip() for key in ("by", "date", "said"))
        self.pins.append(Pin(name, self.draft, *said))

    def unpin(self, form: Form) -> None:
        """Let go of a pin."""
        self.pins = [pin for pin in self.pins if pin.name != form["name"]]

    def recall(self, form: Form) -> None:
        """A pinned draft as the one that is tried."""
        found = next((pin for pin in self.pins if pin.name == form["name"]), None)
        if found is None:
            raise _refused(f"没有固定的方案「{form['name']}」。")
        self._try(found.draft)

    def look_first(self) -> None:
        """Before anybody has chosen: where counties are few, all of them, and the card of the one that is covered least."""
        if self._has_looked or self.now is None or len(self.now.case.recipients) > FEW:
            return
        self._has_looked = True
        self.look.opened = set(map(str, self.now.case.recipients.prefectures))
        covered = self.now.capacity / self.now.case.expenditure
        if self.look.county is None:
            self.look.county = int(np.argmin(np.where(np.isfinite(covered), covered, np.inf)))

    def look_at(self, form: Form) -> None:
        """Which fund, prefectures and counties are shown."""
        if "fund" in form:
            self.look.fund = self._fund(form["fund"]) if form["fund"] else None
        if "toggle" in form:
            self.look.opened ^= {form["toggle"]}
        if "county" in form:
            self.look.county = self._county(form["county"])
            self.look.second = None
        if "second" in form:
            self.look.second = self._county(form["second"]) if form["second"] else None

    # ------------------------------------------------------------ inside

    def _with(self, address: Address, value: str) -> Draft:
        """The draft with a cell typed; what is as in the base is no cell."""
        if not value.strip():
            return self.draft.with_cell(address, None)
        spec, case = self.desk.prepared.spec, self._case
        rule = spec.rules.get(address[0])
        known = rule.parameters.get(address[2]) if rule else None
        cell = value.strip() if known and not known.numeric else typed(value)
        draft, without = (self.draft.with_cell(address, each) for each in (cell, None))
        if case is None:
            return draft
        tried, left = (
            stands(spec, case, self.desk.settings(each), address) for each in (draft, without)
        )
        return without if tried == left else draft

    def _try(self, draft: Draft, is_same_step: bool = False) -> None:
        if draft == self.draft:
            return
        past = self._past if is_same_step else [*self._past, self.draft][-MOST_UNDONE:]
        self._settle(draft)
        self._past, self._future = past, []

    def _settle(self, draft: Draft) -> None:
        """Find the amounts of a draft, which is then the one that is tried, and have them proved and explained beside.

        What cannot be read or solved is refused before anything has changed.
        """
        if draft.base not in self._bases:
            self._bases[draft.base] = (self.desk.answer(Draft(draft.base)), None)
        self.answer = self.desk.answer(draft)
        self.draft = draft
        self.version += 1
        self.job = self._explainer.start(self._work(draft))

    def _work(self, draft: Draft) -> Callable[[Callable[[str], None], Any], Outcome]:
        def work(tell: Callable[[str], None], deadline: Any) -> Outcome:
            plain = Draft(draft.base)
            outcome = self.desk.outcome(draft, tell, deadline) if draft != plain else None
            answer, base = self._bases[draft.base]
            if base is None:
                tell("基准")
                try:
                    base = self.desk.outcome(plain, tell, deadline)
                    self._bases[draft.base] = (answer, base)
                except TransferOptError:
                    if outcome is None:
                        raise
            found = outcome or base
            assert found is not None, "one of the two was made"
            return found

        return work

    def _place(self, said: str) -> str:
        """The county or prefecture that is meant."""
        units = self.desk.prepared.settings.recipients
        text = normalise(said)
        if text in set(map(str, units.prefectures)):
            return text
        return str(units.name[self._county(said)])

    def _fund(self, said: str) -> int:
        if not said.isdigit() or int(said) >= len(self.desk.funds):
            raise _refused("没有这项资金。")
        return int(said)

    def _county(self, said: str) -> int:
        found = (
            register(self.desk.prepared.spec, self.desk.prepared.settings).find(said, said).place
        )
        if found is None or found >= len(self.desk.prepared.settings.recipients):
            names = list(map(str, self.desk.prepared.settings.recipients.name))
            raise _refused(f"没有县区「{said}」。{did_you_mean(said, names)}")
        return int(found)

    def _restore(self, kept: Mapping[str, Any]) -> None:
        self.version = int(kept["version"]) - 1  # pages that are open go on
        self._past = [_restored(each) for each in kept["past"]]
        self.draft = _restored(kept["draft"])
        self._future = [_restored(each) for each in kept["future"]]
        self.pins = [
            Pin(each["name"], _restored(each), each["by"], each["date"], each["said"])
            for each in kept["pins"]
        ]


ACTS: Mapping[str, Callable[[Session, Form], None]] = {
    "set": Session.set_cell,
    "slide": Session.slide,
    "single": Session.single,
    "reset": Session.reset,
    "undo": Session.undo,
    "redo": Session.redo,
    "base": Session.start_from,
    "goals": Session.goals,
    "repair": Session.repair,
    "pin": Session.pin,
    "unpin": Session.unpin,
    "recall": Session.recall,
    "look": Session.look_at,
}
"""What the page may ask for by name."""


def _stored(draft: Draft) -> dict[str, Any]:
    return {"base": draft.base, "cells": [[*at, value] for at, value in draft.cells.items()]}


def _restored(kept: Mapping[str, Any]) -> Draft:
    return Draft(
        kept["base"],
        {(rule, fund, name, place): value for rule, fund, name, place, value in kept["cells"]},
    )


def _refused(said: str) -> InputError:
    return InputError([Problem("E490", said)])
