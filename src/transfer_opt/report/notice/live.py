"""Formulas of 「县区说明单」 together with the value they have for the county shown: said once, for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.ranking import rounded


@dataclass(frozen=True)
class Live:
    """A formula without its sign of equality, and its value; "" is an empty cell, and a condition is a truth value."""

    formula: str
    value: Value

    @property
    def number(self) -> float:
        """The value as a number, as N() takes it: texts count 0."""
        return float(self.value) if isinstance(self.value, float | int) else 0.0


LONGEST_TEXT = 255
"""Characters that a text within a formula may have."""
EMPTY = Live('""', "")


def address(row: int, column: int, sheet: str = "") -> str:
    """A fixed cell; rows and columns count from 0."""
    return (f"'{sheet}'!" if sheet else "") + f"${column_letters(column)}${row + 1}"


def span(rows: tuple[int, int], columns: tuple[int, int], sheet: str = "") -> str:
    """A fixed range, both ends included."""
    last = f"${column_letters(columns[1])}${rows[1] + 1}"
    return f"{address(rows[0], columns[0], sheet)}:{last}"


def text(said: str) -> Live:
    """A text as it stands; in pieces that a formula may hold."""
    pieces = [said[at : at + LONGEST_TEXT] for at in range(0, len(said), LONGEST_TEXT)] or [""]
    return Live("&".join('"' + piece.replace('"', '""') + '"' for piece in pieces), said)


def number(value: float) -> Live:
    """A number as every program writes it: 15 digits, never in powers of ten, no decimals for a whole number."""
    plain = Decimal(f"{value:.15g}")
    return Live(
        f"{plain.normalize() if plain != plain.to_integral_value() else plain.quantize(Decimal(1)):f}",
        value,
    )


def looked_up(found: str, value: Value) -> Live:
    """What a reference shows; an empty cell stays empty."""
    return Live(f'IF({found}="","",{found})', "" if value is None else value)


def known(part: Live) -> Live:
    """The number, 0 where there is none."""
    return Live(f"N({part.formula})", part.number)


def is_empty(part: Live) -> Live:
    """Whether there is nothing."""
    return Live(f'{part.formula}=""', part.value == "")


def is_zero(part: Live) -> Live:
    """Whether a number is 0."""
    return Live(f"{part.formula}=0", part.number == 0)


def is_negative(part: Live) -> Live:
    """Whether a number is below 0."""
    return Live(f"{part.formula}<0", part.number < 0)


def either(condition: Live, yes: Live, no: Live) -> Live:
    """IF."""
    return Live(
        f"IF({condition.formula},{yes.formula},{no.formula})",
        yes.value if condition.value else no.value,
    )


def joined(*parts: Live) -> Live:
    """Texts one after the other."""
    return Live(
        "&".join(part.formula for part in parts), "".join(str(part.value) for part in parts)
    )


def added(parts: Sequence[Live]) -> Live:
    """The sum."""
    return Live("+".join(part.formula for part in parts), sum(part.number for part in parts))


def less(first: Live, second: Live) -> Live:
    """The difference."""
    return Live(f"{first.formula}-({second.formula})", first.number - second.number)


def to(part: Live, decimals: int) -> Live:
    """Rounded half up."""
    return Live(f"ROUND({part.formula},{decimals})", half_up(part.number, decimals))


def size(part: Live) -> Live:
    """The amount without its sign."""
    return Live(f"ABS({part.formula})", abs(part.number))


def larger(first: Live, second: Live) -> Live:
    """The larger of two."""
    return Live(f"MAX({first.formula},{second.formula})", max(first.number, second.number))


def smaller(first: Live, second: Live) -> Live:
    """The smaller of two."""
    return Live(f"MIN({first.formula},{second.formula})", min(first.number, second.number))


def money(part: Live, decimals: int, *, signed: bool = False) -> Live:
    """An amount in words; with a sign, nothing shows as a dash."""
    figure = "#,##0" + ("." + "0" * decimals if decimals else "")
    value = half_up(part.number, decimals)
    if signed:
        return Live(
            f'TEXT({part.formula},"+{figure};-{figure};""–""")',
            f"{value:+,.{decimals}f}" if value else "–",
        )
    return Live(f'TEXT({part.formula},"{figure}")', f"{value:,.{decimals}f}")


def percent(part: Live, *, signed: bool = False) -> Live:
    """A share in words, to a tenth of a percent."""
    pattern = "+0.0%;-0.0%;0.0%" if signed else "0.0%"
    value = half_up(part.number * 100, 1)
    return Live(
        f'TEXT({part.formula},"{pattern}")',
        f"{value:+.1f}%" if signed and value else f"{value:.1f}%",
    )


def half_up(value: float, decimals: int) -> float:
    """As ROUND does, from the 15 digits that a spreadsheet sees."""
    return float(rounded(Decimal(f"{value:.15g}"), Decimal(1).scaleb(-decimals))) + 0.0
