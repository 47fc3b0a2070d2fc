"""What the executing system gives back against what was handed over to it: every difference, with its cell. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transfer_opt.core.arrays import NOWHERE
from transfer_opt.core.budget import is_number
from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.text import RawCell, is_blank, normalise, some, to_number, to_text
from transfer_opt.report.document.plain import safe
from transfer_opt.report.handover import HandedOver, Order, shown
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.input.totals import total_kind

Written = str | Decimal
_SEARCHED_ROWS = 60
_FEWEST = 2
_SURE_DIGITS = 15
"""So many digits of a whole number a spreadsheet keeps."""
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Returned:
    """What was found."""

    problems: tuple[Problem, ...]
    """Differences (A…), then what cannot be known and what was not compared (W…)."""
    rows: int
    cells: int
    """How many were compared."""


@dataclass(frozen=True)
class _Place:
    """Where the table stands in the file: the sheet, its header row, our column → theirs."""

    sheet: RawSheet
    header: int
    columns: Mapping[int, int]

    def at(self, row: int, column: int) -> RawCell:
        return self.sheet.at(row, self.columns[column])

    def cell(self, row: int, column: int) -> str:
        return address((row, self.columns[column]))


def compare(given: HandedOver, sheets: Sequence[RawSheet], file: str, typed: bool) -> Returned:
    """Every difference; `typed`: whether the file tells numbers from texts, as workbooks do.

    The order of rows and columns is free, and so is how a number is written. InputError where no sheet has the columns.
    """
    place = _found(given, sheets, file)
    problems = list(_headers(given, place))
    lines = [
        row
        for row in range(place.header + 1, len(place.sheet.rows))
        if not all(map(is_blank, place.sheet.rows[row]))
    ]
    sums = [row for row in lines if _is_sum(given, place, row)]
    problems += [problem for row in sums for problem in _sum_differs(given, place, row)]
    pairs, absent, extra = _paired(given, place, [row for row in lines if row not in sums])
    for at, row in pairs:
        problems += _differences(given, place, at, row, typed)
    problems += _doubts(given, place, pairs, typed)
    problems += [_absent(given, place, at) for at in absent]
    problems += [_extra(place, row) for row in extra]
    problems.sort(key=lambda problem: problem.is_warning)
    return Returned(tuple(problems), len(lines) - len(sums), len(pairs) * len(place.columns))


# ------------------------------------------------------------------- the table


def _found(given: HandedOver, sheets: Sequence[RawSheet], file: str) -> _Place:
    """The row that names the most of our columns."""
    ours = {normalise(name): at for at, name in enumerate(given.columns)}
    best: _Place | None = None
    for sheet in sheets:
        for number, cells in enumerate(sheet.rows[:_SEARCHED_ROWS]):
            columns: dict[int, int] = {}
            for column, cell in enumerate(cells):
                if (name := normalise(to_text(cell))) in ours:
                    columns.setdefault(ours[name], column)
            if len(columns) > len(best.columns if best else ()):
                best = _Place(sheet, number, columns)
    if best is None or len(best.columns) < min(_FEWEST, len(given.columns)):
        raise InputError(
            [
                Problem(
                    "E417",
                    f"「{file}」里没有列对照写的那些列，不能核对。",
                    "核对是不是这个文件、这份列对照。",
                )
            ]
        )
    return best


def _headers(given: HandedOver, place: _Place) -> Iterator[Problem]:
    """Columns that are not there, come twice, or are none of ours."""
    for at, name in enumerate(given.columns):
        if at not in place.columns:
            yield Problem(
                "A631",
                f"没有「{name}」列，这一列没有核对。",
                "向系统要全部列。",
                place.sheet.name,
                column=name,
            )
    ours = {normalise(name): at for at, name in enumerate(given.columns)}
    for column, cell in enumerate(place.sheet.rows[place.header]):
        name, where = to_text(cell), address((place.header, column))
        at = ours.get(normalise(name), NOWHERE)
        if at != NOWHERE and place.columns[at] != column:
            yield Problem(
                "A631",
                "这一列有两个，只核对前一个。",
                "删去其中一列。",
                place.sheet.name,
                where,
                name,
            )
        elif at == NOWHERE and any(
            not is_blank(place.sheet.at(row, column))
            for row in range(place.header, len(place.sheet.rows))
        ):
            yield Problem("W651", "不在列对照里，没有核对。", "", place.sheet.name, where, name)


# ------------------------------------------------------------------- which row is which


def _paired(
    given: HandedOver, place: _Place, lines: Sequence[int]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Ours and theirs, what is absent, what is extra: first those that agree altogether, then the most alike."""
    columns = sorted(place.columns)
    ours = [tuple(_key(values[at], at in given.money) for at in columns) for values in given.rows]
    theirs = {
        row: tuple(_key(place.at(row, at), at in given.money) for at in columns) for row in lines
    }
    waiting: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for at, key in enumerate(ours):
        waiting[key].append(at)
    pairs, left = [], []
    for row, key in theirs.items():
        if waiting[key]:
            pairs.append((waiting[key].pop(0), row))
        else:
            left.append(row)
    absent = sorted(at for each in waiting.values() for at in each)
    for at, row in _alike(ours, theirs, absent, left):
        if at in absent and row in left:
            pairs.append((at, row))
            absent.remove(at)
            left.remove(row)
    return sorted(pairs, key=lambda pair: pair[1]), absent, left


def _alike(
    ours: Sequence[tuple[object, ...]],
    theirs: Mapping[int, tuple[object, ...]],
    absent: Sequence[int],
    left: Sequence[int],
) -> list[tuple[int, int]]:
    """Pairs that agree in more than half of what tells rows apart, the most alike first."""
    telling = [at for at, values in enumerate(zip(*ours, strict=True)) if len(set(values)) > 1]
    holding: defaultdict[tuple[int, object], list[int]] = defaultdict(list)
    for row in left:
        for at in telling:
            holding[at, theirs[row][at]].append(row)
    found = []
    for mine in absent:
        agreeing: defaultdict[int, int] = defaultdict(int)
        for at in telling:
            for row in holding.get((at, ours[mine][at]), ()):
                agreeing[row] += 1
        found += [
            (-count, mine, row) for row, count in agreeing.items() if 2 * count > len(telling)
        ]
    return [(mine, row) for _, mine, row in sorted(found)]


def _key(cell: RawCell | Decimal, is_money: bool) -> object:
    """What a cell says, however it is written."""
    if isinstance(cell, Decimal):
        return cell
    number = _amount(cell)
    if number is not None and (is_money or number == number.to_integral_value()):
        return number
    return to_text(cell)


# ------------------------------------------------------------------- what differs


def _differences(
    given: HandedOver, place: _Place, at: int, row: int, typed: bool
) -> Iterator[Problem]:
    who = _who(given.orders[at])
    for column in sorted(place.columns):
        due, cell = given.rows[at][column], place.at(row, column)
        where = place.sheet.name, place.cell(row, column), given.columns[column], to_text(cell)
        if not _same(due, cell) and not _doubt(due, cell, typed):
            told = "是空白，" if not to_text(cell) else ""
            wanted = _wanted(due, given.unit)
            yield Problem("A632", f"{told}{who}应为{wanted}。", "", *where)


def _doubts(
    given: HandedOver, place: _Place, pairs: Sequence[tuple[int, int]], typed: bool
) -> Iterator[Problem]:
    """What cannot be known, one remark a column."""
    for column in sorted(place.columns):
        found = [
            (row, given.rows[at][column], doubt)
            for at, row in pairs
            if (doubt := _doubt(given.rows[at][column], place.at(row, column), typed))
        ]
        if found:
            row, due, doubt = found[0]
            cells = [place.cell(row, column) for row, _, _ in found]
            yield Problem(
                "W652",
                f"{doubt}，无法知道对方系统里是不是「{due}」；这一列这样的有：{some(cells)}。",
                "到对方系统里核对。",
                place.sheet.name,
                place.cell(row, column),
                given.columns[column],
                to_text(place.at(row, column)),
            )


def _wanted(due: Written, unit: str) -> str:
    if isinstance(due, Decimal):
        return f" {shown(due)} {unit}"
    return f"「{due}」" if due else "空白"


def _same(due: Written, cell: RawCell) -> bool:
    if isinstance(due, Decimal):
        return _amount(cell) == due
    text = to_text(cell)
    if text in (due, safe(due)):
        return True
    number = _amount(cell)  # a code with thousands separators, or with .00 behind it
    return bool(
        _DIGITS.fullmatch(due)
        and not due.startswith("0")
        and len(due) <= _SURE_DIGITS
        and number == Decimal(due)
    )


def _doubt(due: Written, cell: RawCell, typed: bool) -> str:
    """What a spreadsheet program has done to a code of digits; "" where that is not it."""
    if (
        isinstance(due, Decimal)
        or not _DIGITS.fullmatch(due)
        or to_text(cell) == due
        or (typed and not is_number(cell))
    ):
        return ""
    number = _amount(cell)
    if number is None:
        return ""
    kept = f"{number:f}"
    if len(due) > _SURE_DIGITS and len(kept) == len(due) and kept.startswith(due[:_SURE_DIGITS]):
        return f"表格软件只记得住 {_SURE_DIGITS} 位数字"
    return "前面的 0 不见了" if due.startswith("0") and number == Decimal(due) else ""


def _absent(given: HandedOver, place: _Place, at: int) -> Problem:
    order, amount = given.orders[at], given.rows[at][next(iter(given.money))]
    return Problem(
        "A633",
        f"缺一行：{_who(order)} {shown(Decimal(amount))} {given.unit}。",
        "",
        place.sheet.name,
    )


def _extra(place: _Place, row: int) -> Problem:
    cells = [place.at(row, column) for column in place.columns]
    said = "、".join(to_text(cell) for cell in cells if not is_blank(cell))
    first = next((at for at, cell in enumerate(place.sheet.rows[row]) if not is_blank(cell)), 0)
    return Problem("A634", f"多出一行：{said}。", "", place.sheet.name, address((row, first)))


def _is_sum(given: HandedOver, place: _Place, row: int) -> bool:
    texts = [
        to_text(cell) for cell in place.sheet.rows[row] if isinstance(cell, str) and to_text(cell)
    ]
    return any(total_kind(text) == "grand" for text in texts) and any(
        at in place.columns for at in given.money
    )


def _sum_differs(given: HandedOver, place: _Place, row: int) -> Iterator[Problem]:
    for at in given.money & place.columns.keys():
        due = sum((Decimal(values[at]) for values in given.rows), Decimal(0))
        cell = place.at(row, at)
        if _amount(cell) != due:
            where = place.sheet.name, place.cell(row, at), given.columns[at], to_text(cell)
            yield Problem("A635", f"合计应为 {shown(due)} {given.unit}。", "", *where)


def _who(order: Order) -> str:
    return f"{order.to_name}{order.fund}（{order.kind}）"


def _amount(cell: RawCell) -> Decimal | None:
    """The number a cell means."""
    if is_number(cell):
        return Decimal(repr(cell))
    if not isinstance(cell, str):
        return None
    number = to_number(cell)
    return None if number is None else Decimal(repr(number))
