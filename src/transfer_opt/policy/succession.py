"""Counties merged, split and given other codes: how what was paid to former units comes to those of today.

    on each day, for every former unit i:    part[i, j]  =  share[i, j] · held[i], in whole 分, Σ_j part[i, j] = held[i]
                                             held[j]    +=  part[i, j]

Days follow one another; what is changed on one day is changed at once. So a chain A → B → C passes everything on, and no
day creates or loses a 分.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import groupby

from gmpy2 import mpq

from transfer_opt.core.exact import ONE, ZERO, flooring, total


@dataclass(frozen=True)
class Passage:
    """What part of a former unit a unit takes over, and from which day on; `old` may itself be `new`: what it keeps."""

    old: str
    """Division code."""
    new: str
    share: mpq
    """A fraction of 1; those of a unit on one day add to 1."""
    day: date


@dataclass(frozen=True)
class Move:
    """What of one column passed over."""

    passage: Passage
    whole: mpq
    """What the former unit held that day, money."""
    part: mpq
    """What passed over, money."""

    @property
    def is_kept(self) -> bool:
        """Whether it stays with the unit."""
        return self.passage.old == self.passage.new


@dataclass(frozen=True)
class Course:
    """One column followed: what every unit held before, what moved, what each holds after. Money; Σ before = Σ after."""

    before: Mapping[str, mpq]
    moves: tuple[Move, ...]
    after: Mapping[str, mpq]

    def given(self, code: str) -> mpq:
        """What a unit passed on to others."""
        return total(m.part for m in self.moves if m.passage.old == code and not m.is_kept)

    def taken(self, code: str) -> mpq:
        """What it took over from others."""
        return total(m.part for m in self.moves if m.passage.new == code and not m.is_kept)


@dataclass(frozen=True)
class Succession:
    """Which former units became which of this year's, and what of last year's amounts passed over."""

    passages: tuple[Passage, ...] = ()
    counted: tuple[Passage, ...] = ()
    """Those after last year's amounts were paid: only these move money."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Code → name, of today's units and of former ones where it is told."""
    courses: Mapping[str, Course] = field(default_factory=dict)
    """By column of 「县区数据」."""
    here: frozenset[str] = frozenset()
    """The codes of this year's units."""

    def name(self, code: str) -> str:
        """What a unit is called; its code where no name is told."""
        return self.names.get(code, code)

    @cached_property
    def moved(self) -> tuple[str, ...]:
        """The columns of which anything passed over."""
        return tuple(
            column
            for column, course in self.courses.items()
            if any(move.part and not move.is_kept for move in course.moves)
        )

    @cached_property
    def gone(self) -> tuple[str, ...]:
        """Former units that are none of this year's, each once, in order of code."""
        return tuple(sorted({each.old for each in self.passages} - self.here))

    def heirs(self, code: str) -> Mapping[str, mpq]:
        """Which of this year's units a former unit belongs to, and what share of it each has."""
        return heirs(code, self.passages)

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Former unit → this year's unit that is it under another code: it passed on whole, and to nobody else's heir."""
        found = {code: self._alone(code) for code in self.gone}
        return {old: new for old, new in found.items() if new}

    def _alone(self, code: str) -> str:
        for _ in self.passages:
            passed = [each for each in self.passages if each.old == code]
            if len(passed) != 1 or [e for e in self.passages if e.new == passed[0].new] != passed:
                return ""
            code = passed[0].new
            if code in self.here:
                return code
        return ""


def follow(
    before: Mapping[str, mpq],
    passages: Sequence[Passage],
    cent: mpq,
    ceiling: Course | None = None,
) -> Course:
    """Follow one column; units that are not in `before` hold nothing.

    `cent` is a 分 in the money unit. Where the column is a part of another (其中一次性), `ceiling` is that one's course:
    of no unit more passes over than of the whole.
    """
    held, moves = dict(before), list[Move]()
    for _, found in groupby(sorted(passages, key=_order), key=lambda each: each.day):
        moved = []
        for code, parts in groupby(found, key=lambda each: each.old):
            shares = list(parts)
            whole = held.get(code, ZERO)
            most = None if ceiling is None else [_moved(ceiling, each) for each in shares]
            split = shared_out(whole, [each.share for each in shares], cent, most)
            moved += [Move(each, whole, part) for each, part in zip(shares, split, strict=True)]
        for each in moved:
            held[each.passage.old] = held.get(each.passage.old, ZERO) - each.part
        for each in moved:
            held[each.passage.new] = held.get(each.passage.new, ZERO) + each.part
        moves += moved
    return Course(dict(before), tuple(moves), held)


def shared_out(
    whole: mpq, shares: Sequence[mpq], cent: mpq, most: Sequence[mpq] | None = None
) -> list[mpq]:
    """Parts in whole 分 that add to the whole: each share rounded down, then a 分 each by largest remainder.

    Among equal remainders the first. `whole` is in whole 分, the shares add to 1, `most` (adding to no less than the
    whole, and no part of it below its share rounded down) is not passed.
    """
    due = [whole * share for share in shares]
    parts = [flooring(each / cent) * cent for each in due]
    left = whole - total(parts)
    order = sorted(range(len(due)), key=lambda at: parts[at] - due[at])
    while left > 0:
        for at in order:
            if left > 0 and (most is None or parts[at] + cent <= most[at]):
                parts[at] += cent
                left -= cent
    return parts


def heirs(code: str, passages: Sequence[Passage]) -> Mapping[str, mpq]:
    """Which units a unit belongs to in the end, and what share of it each has."""
    held = {code: ONE}
    for _, found in groupby(sorted(passages, key=_order), key=lambda each: each.day):
        moved = [(each, held.get(each.old, ZERO) * each.share) for each in found]
        held.update({each.old: ZERO for each, _ in moved})
        for each, part in moved:
            held[each.new] = held.get(each.new, ZERO) + part
    return {new: share for new, share in held.items() if share}


def _order(passage: Passage) -> tuple[date, str, str]:
    return passage.day, passage.old, passage.new


def _moved(course: Course, passage: Passage) -> mpq:
    return next(move.part for move in course.moves if move.passage == passage)
