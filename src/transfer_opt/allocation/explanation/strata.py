"""Results by stratum: counties of one kind together, by every column of words that tells a few kinds apart, and by size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Bools, Floats, Texts

POPULATION = "常住人口"
SIZES = (
    ("5万人以下", 0.0, 50_000.0),
    ("5万—20万人", 50_000.0, 200_000.0),
    ("20万人以上", 200_000.0, np.inf),
)
"""Classes of counties by residents: name, from, below."""
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
        sizes = [(name, (people >= low) & (people < high)) for name, low, high in SIZES]
        inhabited = [(name, inside) for name, inside in sizes if inside.any()]
        for name, inside in inhabited if len(inhabited) > 1 else ():
            yield Stratum(POPULATION, name, np.asarray(inside, dtype=bool))


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
