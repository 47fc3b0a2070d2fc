"""Controlled rounding of one column over nested groups, exactly and without a solver.

    every cell, every group, the whole     the whole number just below or just above its own value
    the whole                              the nearer one (a half: away from zero, as spreadsheets do)
    among those                            least Σ |rounded − value|; then the first that can be rounded up is

Each group may go up to the next whole number or not; what that costs is decided by one member, the next of its members
in order of fraction. So a group behaves as a single cell does, and the choice is made from the top down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class _Node:
    """A cell, or a group of nodes."""

    value: Fraction
    first: int
    """Position of the cell, or of the first one within."""
    members: tuple[_Node, ...] = field(default=())

    @cached_property
    def low(self) -> int:
        """The whole number below."""
        return floor(self.value)

    @cached_property
    def ranked(self) -> list[_Node]:
        """The members that are no whole numbers, those first that should go up first."""
        return sorted((member for member in self.members if member.low != member.value), key=lambda member: member.rank)

    @cached_property
    def base(self) -> int:
        """How many members go up where this goes down."""
        return self.low - sum(member.low for member in self.members)

    @cached_property
    def rank(self) -> tuple[Fraction, int]:
        """By the cell that goes up when this does: the larger fraction, then the earlier cell."""
        if not self.members:
            return self.low - self.value, self.first
        return self.ranked[self.base].rank


def rounded(values: Sequence[Fraction], groups: Iterable[Collection[int]] = ()) -> list[int]:
    """Whole numbers for the values; `groups` are sets of positions, each two apart or one within the other."""
    if not values:
        return []
    root = _Node(sum(values, Fraction(0)), 0, _nested(values, groups))
    result = [0] * len(values)
    _settle(root, nearest(root.value) != root.low, result)
    return result


def nearest(value: Fraction) -> int:
    """The nearest whole number, a half away from zero."""
    return floor(value + HALF) if value >= 0 else ceil(value - HALF)


def _nested(values: Sequence[Fraction], groups: Iterable[Collection[int]]) -> tuple[_Node, ...]:
    """The cells put together group by group, the smallest first."""
    top: dict[int, _Node] = {at: _Node(value, at) for at, value in enumerate(values)}
    owner = list(range(len(values)))
    for group in sorted((sorted(set(group)) for group in groups), key=len):
        inside = sorted({owner[at] for at in group})
        if len(inside) > 1:
            members = tuple(top.pop(each) for each in inside)
            top[inside[0]] = _Node(sum((member.value for member in members), Fraction(0)), inside[0], members)
            for at in group:
                owner[at] = inside[0]
    return tuple(top[at] for at in sorted(top))


def _settle(node: _Node, up: bool, result: list[int]) -> None:
    if not node.members:
        result[node.first] = node.low + up
        return
    chosen = {id(member) for member in node.ranked[: node.base + up]}
    for member in node.members:
        _settle(member, id(member) in chosen, result)
