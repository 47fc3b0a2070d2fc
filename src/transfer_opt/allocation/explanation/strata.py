"""Results by stratum: counties of one kind together, by every column of words that tells a few kinds apart, and by size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Ints, Texts

POPULATION = "常住人口"
SIZES = (50_000, 200_000)
"""Residents at which the classes of counties by size part."""
MOST_KINDS = 8
"""A column that tells more kinds apart is no classification, but names or remarks."""
UNNAMED = "（未填）"


@dataclass(frozen=True)
class Stratum:
    """Counties of one kind."""

    column: str
    """By which column."""
    kind: str
    members: Bools
    """(n,)"""


@dataclass(frozen=True)
class Standing:
    """What a stratum gets, in money and shares; NaN where not known."""

    count: int
    given: float
    last: float
    share: float
    """Of what all get."""
    heads: float
    """Residents."""
    before: float
    after: float
    """Coverage: capacity over standard expenditure, all members together."""

    @property
    def change(self) -> float:
        """More or less than last year, money."""
        return round(self.given - self.last, 8)

    @property
    def growth(self) -> float:
        """The same as a share of last year."""
        return self.change / self.last if self.last > 0 else np.nan


def strata(texts: Mapping[str, Texts], people: Floats) -> Iterator[Stratum]:
    """Every kind of every column (n,) that tells two to MOST_KINDS apart, in the order of the sheet; then by size."""
    for column, words in texts.items():
        kinds = sorted(set(words.tolist()), key=lambda word: (not word, str(word)))
        if 2 <= len(kinds) <= min(MOST_KINDS, len(words) - 1):
            for kind in kinds:
                yield Stratum(column, str(kind) or UNNAMED, np.asarray(words == kind, dtype=bool))
    if np.isfinite(people).all():
        names, size = bands(people, SIZES, 1e4, "万", "人")
        sizes = [(name, size == at) for at, name in enumerate(names)]
        inhabited = [(name, inside) for name, inside in sizes if inside.any()]
        for name, inside in inhabited if len(inhabited) > 1 else ():
            yield Stratum(POPULATION, name, np.asarray(inside, dtype=bool))


def bands(
    values: Floats, edges: Sequence[float], scale: float, word: str, unit: str
) -> tuple[tuple[str, ...], Ints]:
    """The names of the bands that the edges part (5万人以下, 5万—20万人, …), and in which of them each value lies (n,)."""
    said = [f"{edge / scale:g}{word}" for edge in edges]
    between = (f"{low}—{high}{unit}" for low, high in pairwise(said))
    names = (f"{said[0]}{unit}以下", *between, f"{said[-1]}{unit}以上")
    return names, np.searchsorted(edges, values, side="right")


@dataclass(frozen=True)
class Province:
    """Every county (n,): money given this year and last, residents, own revenue, capacity, standard expenditure."""

    given: Floats
    last: Floats
    people: Floats
    own: Floats
    capacity: Floats
    expenditure: Floats

    def standing(self, members: Bools) -> Standing:
        """What these counties get together."""
        expenditure = float(self.expenditure[members].sum())
        whole = float(np.nansum(self.given))
        given = float(np.nansum(self.given[members]))
        return Standing(
            int(members.sum()),
            round(given, 8),
            round(float(self.last[members].sum()), 8),
            given / whole if whole > 0 else np.nan,
            float(self.people[members].sum()),
            float(self.own[members].sum()) / expenditure if expenditure > 0 else np.nan,
            float(self.capacity[members].sum()) / expenditure if expenditure > 0 else np.nan,
        )
