"""「可调范围」: how far a published amount may move where every rule and every stage before the closing one is kept.

Told from the certificate alone: its stages, replayed by the independent checker, leave exactly the allocations that are
as good in each of them; over these the least and the greatest of a line are two linear programs, proved by their duals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

from transfer_opt.checker.optimality import CertificateError, replay
from transfer_opt.core.errors import SolverError
from transfer_opt.lexlp.extent import ends
from transfer_opt.lexlp.solvers.choice import ended
from transfer_opt.policy.objectives import CLOSEST


@dataclass(frozen=True)
class Extent:
    """How far a line may move, in publishing units. `low` and `high` are exact, and proved."""

    line: int
    published: int
    low: Fraction
    high: Fraction

    @property
    def least(self) -> int:
        """The least whole unit; one that is published for being the neighbour of an end is counted in."""
        return min(ceil(self.low), self.published)

    @property
    def most(self) -> int:
        """The greatest whole unit, likewise."""
        return max(floor(self.high), self.published)


def kept_stages(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """The stages that are kept: those before 「贴近因素法」, or before the last one where the list has none."""
    names = [str(stage["name"]) for stage in certificate["stages"]]
    return tuple(names[: names.index(CLOSEST) if CLOSEST in names else len(names) - 1])


def extents(certificate: Mapping[str, Any], lines: Sequence[int]) -> Iterator[Extent | None]:
    """Of each of these lines; None where an end was not proved. Raises CertificateError where the certificate is wrong."""
    state = replay(certificate, len(kept_stages(certificate)))
    steps = Fraction(certificate["unit"]) / Fraction(certificate["step"])
    for line in lines:
        try:
            low, high = ends(state, line, ended)
        except (SolverError, CertificateError):
            yield None
        else:
            yield Extent(line, certificate["published"][line], low / steps, high / steps)
