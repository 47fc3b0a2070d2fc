"""The attachment as blocks, whatever prints them: tables first, then one notice per county. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_uppercase
from typing import Literal, TypeAlias

from transfer_opt.publication import Entry, Publication, Share

Style: TypeAlias = Literal["mark", "title", "subtitle", "label", "unit", "summary", "note"]
"""mark: 附件1; label: 示例数据; unit: 单位, at the right; summary: the sentences above a notice's lines."""


@dataclass(frozen=True)
class Paragraph:
    """A line of text."""

    style: Style
    text: str


@dataclass(frozen=True)
class GridRow:
    """A row of a table; `kind` total and subtotal are set off."""

    kind: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table: its header is repeated on every page, columns are widths in millimetres."""

    header: tuple[str, ...]
    rows: tuple[GridRow, ...]
    widths: tuple[int, ...]
    texts: int
    """The first columns are text, the others figures at the right."""
    size: float = 10.5
    """Font size in points."""


@dataclass(frozen=True)
class PageBreak:
    """What follows starts a new page."""


Block: TypeAlias = Paragraph | Grid | PageBreak
TEXT_WIDTH = 156
"""Millimetres between the margins (GB/T 9704)."""
NAME_WIDTH = 44
NOTICE_SIZE = 9.0
"""Points: a county with three funds fits one page."""
MOST_FUNDS = 4
"""More columns of figures do not fit the width: the table is cut into parts."""
BLANK = "注：空白表示不属于该项资金分配范围，0 表示属于范围但本年未分得。"


def blocks(publication: Publication) -> Iterator[Block]:
    """附件1: all funds; one attachment for every fund sent in advance; then the notices."""
    number = 0
    for part, funds in enumerate(_parts(range(len(publication.funds)))):
        number += 1
        yield from _opening(publication, number, f"{publication.title}分配表" + ("（续）" if part else ""))
        yield _allocation(publication, funds)
        yield Paragraph("note", BLANK)
        yield PageBreak()
    for fund, name in enumerate(publication.funds):
        if publication.advanced(fund):
            number += 1
            yield from _opening(publication, number, f"{_year(publication)}{name}下达情况表")
            yield _advanced(publication, fund)
            yield Paragraph("note", "注：本次下达＝累计－提前下达；负数为应收回的提前下达数。")
            yield PageBreak()
    yield from _notices(publication, number + 1)


def _opening(publication: Publication, number: int, title: str) -> Iterator[Block]:
    yield Paragraph("mark", f"附件{number}")
    yield Paragraph("title", title)
    if publication.label:
        yield Paragraph("label", publication.label)
    yield Paragraph("unit", f"单位：{publication.money_unit}")


def _parts(funds: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(funds), MOST_FUNDS):
        yield funds[first : first + MOST_FUNDS]


def _allocation(publication: Publication, funds: Sequence[int]) -> Grid:
    names = [publication.funds[fund] for fund in funds]
    summed = len(publication.funds) > 1
    rows = tuple(GridRow(entry.kind, (entry.name, *([figure(entry.total)] if summed else []),
                                      *(figure(entry.amounts[fund]) for fund in funds)))
                 for entry in publication.entries)
    return Grid(("地  区", *(["合  计"] if summed else []), *names), rows, _widths(len(names) + summed), 1)


def _advanced(publication: Publication, fund: int) -> Grid:
    rows = []
    for entry in publication.entries:
        given, before = entry.amounts[fund], entry.advance[fund]
        now = given - (before or 0) if given is not None else None
        rows.append(GridRow(entry.kind, (entry.name, figure(given), figure(before), figure(now))))
    return Grid(("地  区", "累计", "提前下达", "本次下达"), tuple(rows), _widths(3), 1)


def _widths(figures: int) -> tuple[int, ...]:
    each = min(34, (TEXT_WIDTH - NAME_WIDTH) // figures)
    return (TEXT_WIDTH - each * figures, *([each] * figures))


# ---------------------------------------------------------------- notices


def _notices(publication: Publication, number: int) -> Iterator[Block]:
    for place, entry in enumerate(publication.counties):
        if place:
            yield PageBreak()
        yield Paragraph("mark", f"附件{number}—{place + 1}")
        yield Paragraph("title", f"{publication.title}分配说明")
        yield Paragraph("subtitle", entry.name)
        if publication.label:
            yield Paragraph("label", publication.label)
        yield Paragraph("summary", _summary(publication, entry))
        yield Paragraph("unit", f"单位：{publication.money_unit}")
        yield Grid(("行", "项目", "算式", "金额"), tuple(_lines(publication, entry)), (12, 58, 52, 34), 3, NOTICE_SIZE)
        yield Paragraph("note", f"方案：{publication.scenario}　校验码：{publication.digest[:16]}…")


def _summary(publication: Publication, entry: Entry) -> str:
    shares = publication.shares.get(entry.key, ())
    each = "，".join(f"{share.fund}{figure(share.amount)}{publication.money_unit}" for share in shares)
    said = f"本年共分配{figure(entry.total)}{publication.money_unit}" + (f"，其中：{each}" if len(shares) > 1 else "")
    why = "；".join(f"{share.fund}{share.reason}" + (f"（{share.clause}）" if share.clause else "") for share in shares)
    return f"{said}。" + (f"主要原因：{why}。" if why else "不属于各项资金的分配范围。")


def _lines(publication: Publication, entry: Entry) -> Iterator[GridRow]:
    """Lettered lines: each later line is arithmetic on earlier ones."""
    letters, totals = _letters(), []
    for share in publication.shares.get(entry.key, ()):
        yield GridRow("subtotal", ("", share.fund, "", ""))
        terms = []
        for name, money in share.steps:
            terms.append(letter := next(letters))
            yield GridRow("unit", (letter, name, "见「测算说明」" if len(terms) == 1 else "", figure(money, signed=len(terms) > 1)))
        totals.append(letter := next(letters))
        yield GridRow("total", (letter, "分配额", "＋".join(terms), figure(share.amount)))
        yield from _growth(share, letter, letters)
        yield from _paid(publication, entry, share.fund, letter, letters)
    if len(totals) > 1:
        yield GridRow("total", (next(letters), "分配额合计", "＋".join(totals), figure(entry.total)))


def _growth(share: Share, given: str, letters: Iterator[str]) -> Iterator[GridRow]:
    if share.last is None:
        return
    letter = next(letters)
    yield GridRow("unit", (letter, "上年分配", "", figure(share.last)))
    change = next(letters)
    yield GridRow("unit", (change, "比上年增减", f"{given}－{letter}", figure(share.amount - share.last, signed=True)))
    if share.last:
        rate = (share.amount - share.last) / share.last * 100
        yield GridRow("unit", (next(letters), "增幅", f"{change}÷{letter}", f"{rate:.1f}%".replace("-", "－")))


def _paid(publication: Publication, entry: Entry, fund: str, given: str, letters: Iterator[str]) -> Iterator[GridRow]:
    before = entry.advance[publication.funds.index(fund)]
    amount = entry.amounts[publication.funds.index(fund)]
    if before is not None and amount is not None:
        letter = next(letters)
        yield GridRow("unit", (letter, "其中：提前下达", "", figure(before)))
        yield GridRow("unit", (next(letters), "本次下达", f"{given}－{letter}", figure(amount - before)))


def _letters() -> Iterator[str]:
    """A … Z, AA, AB …"""
    yield from ascii_uppercase
    for first in ascii_uppercase:
        yield from (first + second for second in ascii_uppercase)


def figure(money: Decimal | None, *, signed: bool = False) -> str:
    """A figure as printed: thousands separators, a true minus; empty where there is none."""
    if money is None:
        return ""
    text = f"{money:{'+' if signed and money else ''},f}"
    whole, point, digits = text.partition(".")
    digits = digits.rstrip("0")
    return (whole + (point + digits if digits else "")).replace("-", "－").replace("+", "＋")


def _year(publication: Publication) -> str:
    found = publication.title.find("年")
    return publication.title[: found + 1] if found == len("2026") else ""
