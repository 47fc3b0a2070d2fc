"""Two counties of a result side by side: by how much every step sets them apart, adding up exactly to what they get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from transfer_opt.core.budget import Value, is_number
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.text import to_text
from transfer_opt.core.vocabulary import (
    ADJUSTED,
    ALLOCATION,
    CODE,
    NAME,
    PREFECTURE,
    REFERENCE_STEP,
    ROUNDING_STEP,
    STEPS,
    TOTAL,
)
from transfer_opt.policy.model_file.loading import Model, load_model
from transfer_opt.published.county import Former, Row, county_row
from transfer_opt.workbook.result.adjustments import Line, approved
from transfer_opt.workbook.result.rows import ResultSheet, read_result

AMOUNT = "分配额"
UNTOLD = "表内各步未说明"
"""What the steps of a file that was edited leave of its amount; nothing in a file as it was written."""
DIGITS, KEPT = 8, 15
"""Decimals of the smallest money a result shows; figures that a spreadsheet keeps."""
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Chain:
    """What a county gets of a fund, and the steps that add up to it; 主要原因 in words."""

    amount: Decimal
    steps: Mapping[str, Decimal]
    reason: str


Chains: TypeAlias = Mapping[str, Mapping[str, Chain]]
"""County → fund → chain, the funds it takes part in."""


@dataclass(frozen=True)
class Apart:
    """One fund, or all together: what each of two counties gets (None: takes no part), and by how much every step differs."""

    fund: str
    first: Chain | None
    second: Chain | None

    @property
    def money(self) -> Decimal:
        """How much more the first gets."""
        return sum((sign * chain.amount for sign, chain in self._both), NOTHING)

    @property
    def steps(self) -> Mapping[str, Decimal]:
        """Step → first less second, steps without a difference left out; they add up to `money`."""
        found: dict[str, Decimal] = {}
        for sign, chain in self._both:
            for step, money in chain.steps.items():
                found[step] = found.get(step, NOTHING) + sign * money
        return {step: money for step, money in found.items() if money}

    @property
    def _both(self) -> Iterator[tuple[int, Chain]]:
        yield from ((sign, chain) for sign, chain in ((1, self.first), (-1, self.second)) if chain)


def versus(path: Path, first: str, second: str, model: Model = None) -> list[str]:
    """The sentences; raises InputError where the file or a county is not known, or the two are one."""
    sheets = read_result(path, (ALLOCATION, STEPS))
    return told_apart(sheets, first, second, lambda: load_model(model).former, approved(path))


def told_apart(
    sheets: Mapping[str, ResultSheet],
    first: str,
    second: str,
    former: Former,
    decided: Mapping[Line, Decimal],
) -> list[str]:
    """The sentences that 「分配结果」 and 「测算说明」 tell, with what was `decided` by people since; raises InputError."""
    rows = [county_row(sheets[ALLOCATION].rows, county, former) for county in (first, second)]
    names = (str(rows[0][NAME]), str(rows[1][NAME]))
    if names[0] == names[1]:
        raise InputError(
            [
                Problem(
                    "E189",
                    f"「{first}」和「{second}」是同一个县区：{names[0]}。",
                    "写出另一个县区。",
                )
            ]
        )
    known = chains(sheets[STEPS].rows, decided)
    parts = apart(known.get(names[0], {}), known.get(names[1], {}))
    computed = not any(name in names for _, name, _ in decided)
    return list(_sentences(names, rows if computed else (), parts, sheets[ALLOCATION].unit))


def chains(rows: Sequence[Row], decided: Mapping[Line, Decimal]) -> Chains:
    """「测算说明」 in decimals as it shows them; what was `decided` by people since is a last step."""
    found: dict[str, dict[str, Chain]] = {}
    for row in rows:
        if row[PREFECTURE] and is_number(row[AMOUNT]):
            name, fund = str(row[NAME]), str(row["资金"])
            line = to_text(row[CODE]), name, fund
            found.setdefault(name, {})[fund] = _chain(row, decided.get(line))
    return found


def apart(first: Mapping[str, Chain], second: Mapping[str, Chain]) -> tuple[Apart, ...]:
    """Fund by fund in the order of the sheet, then all together."""
    funds = sorted({**first, **second}, key=[*first, *second].index)
    parts = [Apart(fund, first.get(fund), second.get(fund)) for fund in funds]
    return (*parts, Apart(TOTAL, _together(first), _together(second)))


def _chain(row: Row, decided: Decimal | None) -> Chain:
    columns = list(row)
    names = columns[columns.index(REFERENCE_STEP) : columns.index(ROUNDING_STEP) + 1]
    steps = {name: _decimal(row[name]) for name in names if is_number(row[name])}
    amount = _decimal(row[AMOUNT])
    steps[UNTOLD] = amount - sum(steps.values(), NOTHING)
    steps[ADJUSTED] = NOTHING if decided is None else decided - amount
    return Chain(amount + steps[ADJUSTED], steps, str(row["主要原因"] or ""))


def _together(chains: Mapping[str, Chain]) -> Chain:
    steps: dict[str, Decimal] = {}
    for chain in chains.values():
        for step, money in chain.steps.items():
            steps[step] = steps.get(step, NOTHING) + money
    return Chain(sum((chain.amount for chain in chains.values()), NOTHING), steps, "")


def _sentences(
    names: tuple[str, str], rows: Sequence[Row], parts: Sequence[Apart], unit: str
) -> Iterator[str]:
    """`rows` of 「分配结果」 are told where they are of these amounts."""
    *funds, whole = parts
    yield f"{_amounts(names, whole, unit)}{names[0]}{_difference(whole, unit)}。"
    yield from _shares(names, rows)
    for part in funds:
        yield f"{part.fund}：{_amounts(names, part, unit)}{names[0]}{_difference(part, unit)}{_split(part)}。{_reasons(names, part)}"
    yield f"{TOTAL}：{names[0]}{_difference(whole, unit)}{_split(whole)}。各步之差相加正好等于分配额之差。"
    widest = max(
        ((abs(money), part.fund, step) for part in funds for step, money in part.steps.items()),
        key=lambda found: found[0],
        default=None,
    )
    if widest:
        yield f"差得最多的一步：{widest[1]}的「{widest[2]}」，相差 {_plain(widest[0])} {unit}。"


def _shares(names: tuple[str, str], rows: Sequence[Row]) -> Iterator[str]:
    """What the amounts come to for each resident and for what the county has to spend."""
    for column, title, times, shown in (
        ("人均(元)", "人均补助", 1, ",.2f} 元"),
        ("分配后保障水平", "分配后保障水平", 100, ".1f}%"),
    ):
        values = [row[column] for row in rows]
        if values and all(map(is_number, values)):
            told = (
                f"{name} {f'{{:{shown}'.format(float(value) * times)}"  # type: ignore[arg-type]
                for name, value in zip(names, values, strict=True)
            )
            yield f"{title}：{'，'.join(told)}。"


def _amounts(names: tuple[str, str], part: Apart, unit: str) -> str:
    return "".join(
        f"{name} {_plain(chain.amount)} {unit}，" if chain else f"{name}不参加这项资金的分配，"
        for name, chain in zip(names, (part.first, part.second), strict=True)
    )


def _difference(part: Apart, unit: str) -> str:
    if not part.money:
        return "与之相同"
    return f"{'多' if part.money > 0 else '少'} {_plain(abs(part.money))} {unit}"


def _split(part: Apart) -> str:
    steps = "，".join(f"{step} {money.normalize():+,f}" for step, money in part.steps.items())
    return f"＝{steps}" if steps else ""


def _reasons(names: tuple[str, str], part: Apart) -> str:
    told = [
        f"{name}：{chain.reason}"
        for name, chain in zip(names, (part.first, part.second), strict=True)
        if chain and chain.reason
    ]
    return f"主要原因——{'；'.join(told)}。" if told else ""


def _decimal(value: Value) -> Decimal:
    """The number as the sheet shows it, without the dust of float sums."""
    kept = float(f"{value:.{KEPT}g}")
    return round(Decimal(repr(kept)), DIGITS).normalize() + NOTHING


def _plain(money: Decimal) -> str:
    return f"{money.normalize():,f}"
