"""Controlled rounding: figures and the sums that tie them, each to the whole number just below or just above its own value.

    every figure     its floor, or one more where it is no whole number
    every sum        Σ sign · rounded = 0, exactly
    among those      least Σ |rounded − value| over the leading figures, then over all; then the first go away from zero

Where rows lie in groups and columns in sums, the ups are a flow through a network, whose linear program is integral. Groups
within groups beside sums within sums, or a figure in several sums, can tie more than any network does: the same program is
then searched by branching. What no rounding can keep strays as little as possible, from figures of low rank first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

import numpy as np

from transfer_opt.core.arrays import Floats, Ints
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.program import PROVINCE, Program
from transfer_opt.lexlp.solvers.branching import cheapest_whole

HALF = Fraction(1, 2)
HIDDEN, CELL, SUM, LEADING = 0, 1, 2, 3
"""Ranks: what no table shows and costs nothing, a cell, a sum of others, a sum that comes before all."""
STRAYING = (1.0, 10.0, 1_000.0, 100_000.0)
"""What a unit beyond the neighbours costs, by rank."""
FARTHEST = 1_000
"""Units a figure may stray."""
FINEST = 10**6
"""Below a millionth of a unit, what was moved more does not count."""

Tie = Sequence[tuple[int, int]]
"""Sign and position of figures that come to nothing together."""


@dataclass(frozen=True)
class Rounded:
    """The whole numbers, and the positions of those that are no neighbours of their values."""

    counts: tuple[int, ...]
    strays: tuple[int, ...]


def rounded(values: Sequence[Fraction], ties: Sequence[Tie], ranks: Sequence[int]) -> Rounded:
    """Whole numbers for figures that come to nothing along every tie; the earlier ones go away from zero first.

    Raises SolverError where the ties contradict each other in whole numbers: no sum does that which adds parts up.
    """
    bases = [floor(value) for value in values]
    program, costs = _program(values, bases, ties), _costs(values, bases)
    ups: Ints = np.zeros(len(values), dtype=np.int64)
    for lowest in (LEADING, CELL):
        counted = np.array([rank >= lowest for rank in ranks], dtype=bool)
        if (lowest == CELL and values) or (program.lower < program.upper)[counted].any():
            program, ups = _settled(program, np.where(counted, costs, 0.0), ranks)
            program = _bounded(
                program,
                np.where(counted, ups, program.lower),
                np.where(counted, ups, program.upper),
            )
    counts = tuple(base + up for base, up in zip(bases, ups.tolist(), strict=True))
    if any(sum(sign * counts[at] for sign, at in tie) for tie in ties):
        raise SolverError("取整后的合计与各数之和不一致，结果不予公布。")
    return Rounded(
        counts,
        tuple(
            at for at, value in enumerate(values) if not floor(value) <= counts[at] <= ceil(value)
        ),
    )


def nearest(value: Fraction) -> int:
    """The nearest whole number, a half away from zero."""
    return floor(value + HALF) if value >= 0 else ceil(value - HALF)


def _settled(program: Program, costs: Floats, ranks: Sequence[int]) -> tuple[Program, Ints]:
    """The cheapest ups; where there are none, figures stray, and the bounds are as they then must be."""
    ups = cheapest_whole(program, costs)
    if ups is None:
        strayed = _straying(program, np.array([STRAYING[rank] for rank in ranks]))
        far = (strayed < program.lower) | (strayed > program.upper)
        program = _bounded(
            program, np.where(far, strayed, program.lower), np.where(far, strayed, program.upper)
        )
        ups = cheapest_whole(program, costs)
    if ups is None:
        raise SolverError("取整没有解，结果不予公布。")
    return program, ups


def _program(values: Sequence[Fraction], bases: Sequence[int], ties: Sequence[Tie]) -> Program:
    """Which figures go up: 0 or 1 each, along every tie as many as the whole numbers below leave open."""
    upper = np.array([float(value != base) for value, base in zip(values, bases, strict=True)])
    right = np.array([-sum(sign * bases[at] for sign, at in tie) for tie in ties], dtype=float)
    rows = np.repeat(np.arange(len(ties)), [len(tie) for tie in ties])
    members = np.array([at for tie in ties for _, at in tie], dtype=np.int64)
    signs = np.array([sign for tie in ties for sign, _ in tie], dtype=float)
    return Program(
        np.zeros(len(values)),
        upper,
        rows,
        members,
        signs,
        right,
        right,
        np.full(len(ties), PROVINCE),
        len(values),
    )


def _bounded(program: Program, lower: Floats, upper: Floats) -> Program:
    return Program(
        lower,
        upper,
        program.rows,
        program.columns,
        program.values,
        program.row_lower,
        program.row_upper,
        program.reach,
        program.lines,
    )


def _costs(values: Sequence[Fraction], bases: Sequence[int]) -> Floats:
    """How much more a figure is moved when it goes up; and, less than any difference of that, a gain for the earlier ones
    when they go away from zero, as halves do.

    Of two pairs of positions with the same sum, the one that holds the earliest gains more.
    """
    count = max(1, len(values))
    finest = min(lcm(*{value.denominator for value in values}), FINEST)
    early = (1 - np.arange(len(values)) / count) ** 2 / (finest * count)
    moved = np.array(
        [float(1 - 2 * (value - base)) for value, base in zip(values, bases, strict=True)]
    )
    return moved - np.where([value > 0 for value in values], early, -early)


def _straying(program: Program, costs: Floats) -> Ints:
    """The ups where figures may stray, by as little as possible in all."""
    rows, columns = program.shape
    over, under = program.columns + columns, program.columns + 2 * columns
    free = np.full(columns, float(FARTHEST))
    ups = cheapest_whole(
        Program(
            np.zeros(3 * columns),
            np.concatenate([program.upper, free, free]),
            np.tile(program.rows, 3),
            np.concatenate([program.columns, over, under]),
            np.concatenate([program.values, program.values, -program.values]),
            program.row_lower,
            program.row_upper,
            np.full(rows, PROVINCE),
            columns,
        ),
        np.concatenate([np.zeros(columns), costs, 2 * costs]),
    )  # rather one more than an amount below nothing
    if ups is None:
        raise SolverError("各处的加总互相矛盾，没有能同时满足的整数，结果不予公布。")
    return ups[:columns] + ups[columns : 2 * columns] - ups[2 * columns :]
