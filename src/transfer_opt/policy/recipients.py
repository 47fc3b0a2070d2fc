"""The county-level units of one year, and the prefectures they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from transfer_opt.core.arrays import Floats, Ints, Texts

WHOLE_PROVINCE = "全省"


@dataclass(frozen=True)
class Recipients:
    """The n county-level units, in order of division code (no code: by name)."""

    code: Texts
    name: Texts
    prefecture: Texts
    numbers: Mapping[str, Floats]
    """Numeric column → (n,) values; NaN is "not known", never zero."""
    texts: Mapping[str, Texts]
    """Text column → (n,) values; "" is blank."""

    def __len__(self) -> int:
        return len(self.name)

    def number(self, column: str) -> Floats:
        """A numeric column (n,); all NaN when the workbook does not have it."""
        known = self.numbers.get(column)
        return np.full(len(self), np.nan) if known is None else known

    def text(self, column: str) -> Texts:
        """A text column (n,); all blank when the workbook does not have it."""
        if column == "市州":
            return self.prefecture
        known = self.texts.get(column)
        return np.full(len(self), "", dtype=object) if known is None else known

    def groups(self, column: str) -> Texts:
        """The peer group of every unit (n,): one group for the whole province, or by a column's value."""
        if column == WHOLE_PROVINCE:
            return np.full(len(self), WHOLE_PROVINCE, dtype=object)
        if column in self.numbers:
            return np.array(
                ["" if np.isnan(v) else f"{v:g}" for v in self.numbers[column]], dtype=object
            )
        return self.text(column)

    @cached_property
    def prefectures(self) -> Texts:
        """The prefectures (P,) in order of the smallest code among their units; without codes, by name."""
        names = list(dict.fromkeys(self.prefecture))
        return np.array(names if all(self.code) else sorted(names), dtype=object)

    @cached_property
    def prefecture_index(self) -> Ints:
        """The prefecture of every unit (n,), as a position in `prefectures`."""
        position = {name: index for index, name in enumerate(self.prefectures)}
        return np.array([position[name] for name in self.prefecture], dtype=np.int64)

    @cached_property
    def prefecture_members(self) -> tuple[Ints, ...]:
        """The units of every prefecture in their order, aligned with `prefectures`."""
        order = np.argsort(self.prefecture_index, kind="stable")
        return tuple(np.split(order, np.cumsum(np.bincount(self.prefecture_index))[:-1]))
