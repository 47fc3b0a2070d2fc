"""Arrays by what they hold, and sums over them."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[Any]

NOWHERE = -1
"""The fund or place of a row that speaks of all of them."""


def sums(groups: Ints, weights: Floats, count: int) -> Floats:
    """The sum of the weights of each of `count` groups."""
    return np.asarray(np.bincount(groups, weights, count), dtype=float)


def added(groups: Ints, counts: Ints, count: int) -> Ints:
    """The same of whole numbers, exactly."""
    result = np.zeros(count, dtype=np.int64)
    np.add.at(result, groups, counts)
    return result
