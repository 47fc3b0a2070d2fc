"""Which county of a published result a text means: by name, short or former name, or code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from transfer_opt.core.budget import Value
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_text
from transfer_opt.core.vocabulary import CODE, NAME, PREFECTURE, SUBTOTAL
from transfer_opt.intake.unit_names import Register

Row: TypeAlias = Mapping[str, Value]
Former: TypeAlias = Callable[[], Mapping[str, str]]
"""Names and codes of old → those of today; asked only where the result itself does not know the name."""


def county_row(rows: Sequence[Row], county: str, former: Former) -> Row:
    """The row of 「分配结果」 that is meant; raises InputError where none is, or more than one may be."""
    units = [
        row
        for row in rows
        if row[NAME] and (row[CODE] or SUBTOTAL not in str(row[NAME]) and row[PREFECTURE])
    ]
    codes, names = ([to_text(row[column]) for row in units] for column in (CODE, NAME))
    text = normalise(county)
    place = Register(codes, names, {}).find(text, text).place
    if place is None:
        place = Register(codes, names, former()).find(text, text).place
    if place is None:
        raise InputError(
            [Problem("E171", f"结果里没有县区「{county}」。", did_you_mean(county, names))]
        )
    return units[place]
