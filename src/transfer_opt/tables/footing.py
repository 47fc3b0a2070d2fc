"""Whether a table adds up: its 合计 and 小计 rows, its columns of sums and differences, its shares, averages and formulas.

Three things are told apart. 不符: neither rounding nor binary noise explains it. 尾差: every figure may have been rounded by
itself to the decimals it is given with. 没有核对: what looks like a total, a sum, a share or a formula and was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.measured import added, decimals, plain, shortened
from transfer_opt.tables.overall import Overall, apart
from transfer_opt.tables.ratios import ratio_columns
from transfer_opt.tables.recalculation import recalculated
from transfer_opt.tables.structure import Comparison, Structure
from transfer_opt.tables.sum_columns import Sum
from transfer_opt.tables.tabulation import Tabulation, tabulations
from transfer_opt.tables.words import is_average, is_running
from transfer_opt.tables.workings import Workings, exact_number, read_book
from transfer_opt.workbook.files.marks import shown_decimals

__all__ = ["Footing", "Structure", "Sum", "foot", "foot_file", "plain"]

MOST_NAMED = 3
_NO_SUM = re.compile(r"(?:AVERAGE|MAX|MIN|COUNT|IF|MEDIAN)\w*\(|/")
"""In the formula of a total row: it says itself that it is something else, and was worked out."""


@dataclass(frozen=True)
class Footing:
    """What was compared and what was found, the gravest first."""

    wrong: tuple[Problem, ...] = ()
    """不符."""
    roundings: tuple[Problem, ...] = ()
    """尾差."""
    unchecked: tuple[Problem, ...] = ()
    """没有核对."""
    remarks: tuple[Problem, ...] = ()
    """On figures that are right but do not look so."""
    totals: int = 0
    """Figures of total rows that were compared …"""
    others: int = 0
    """… and of sums, differences, shares, averages and formulas."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every difference between stored values."""
        return (*self.wrong, *self.roundings)

    @property
    def checked(self) -> int:
        """Everything that was compared."""
        return self.totals + self.others

    def __add__(self, other: Footing) -> Footing:
        return Footing(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )


def foot_file(path: Path, password: str | None = None) -> Footing:
    """Every table of a workbook, and every formula; InputError where there is nothing that could be compared."""
    book = read_book(path, password)
    workings = Workings(book)
    tables = tabulations(book, workings)
    stale = recalculated(book, workings, tables)
    footing = sum((foot(*each) for each in apart(tables)), Footing()) + Footing(
        stale.wrong, (), stale.unchecked, (), 0, stale.checked
    )
    if not footing.checked and not footing.unchecked:
        raise InputError(
            [
                Problem(
                    "E194",
                    f"文件「{path}」里没有找到合计、小计、占比、增幅或人均，无从核对。",
                    "表头应在数据上方，合计行写明「合计」，小计行写明「小计」。",
                )
            ]
        )
    return footing


def foot(table: Tabulation, overall: Sequence[Overall] = ()) -> Footing:
    """Every total, sum, difference, share, growth and per-head figure of a table, and what adds up others with it."""
    return _Foot(table, Structure(table), overall).footing()


@dataclass
class _Foot:
    """One table on the way to its footing."""

    table: Tabulation
    structure: Structure
    overall: Sequence[Overall]
    wrong: list[Problem] = field(default_factory=list)
    roundings: list[Problem] = field(default_factory=list)
    unchecked: list[Problem] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    """Figures that are right but do not add up as they are shown."""

    def footing(self) -> Footing:
        """Rows first, then columns, then what is formed from both."""
        totals = self._rows() + sum(map(self._overall, self.overall))
        others = self._columns() + self._averages()
        ratios = ratio_columns(self.structure)
        self.wrong += ratios.wrong
        self.roundings += ratios.roundings
        self._not_understood(ratios.lost)
        self._not_read()
        remarks = (self._remark(),) if self.unlike else ()
        wrong, roundings = (tuple(dict.fromkeys(found)) for found in (self.wrong, self.roundings))
        return Footing(
            wrong, roundings, tuple(self.unchecked), remarks, totals, others + ratios.checked
        )

    def _rows(self) -> int:
        checked = 0
        for row, cover in self.structure.covers.items():
            for column in self.structure.amounts:
                if (row, column) in self.table.numbers and self._is_sum(row, cover, column):
                    found = self.structure.of_rows(row, cover, column)
                    checked += self._told(
                        found,
                        (row, column),
                        [(each, column) for each in cover],
                        f"所含 {len(cover)} 行相加",
                    )
                    self._as_shown(found, (row, column), [(1, (each, column)) for each in cover])
        return checked

    def _overall(self, overall: Overall) -> int:
        return sum(
            self._told(
                overall.compared(column),
                (overall.row, column),
                (),
                f"本表和上面 {len(overall.tables) - 1} 张表相加",
            )
            for column in overall.columns
        )

    def _is_sum(self, row: int, cover: Sequence[int], column: int) -> bool:
        """Whether a figure in a row of totals adds anything up; listed where that is not sure."""
        at, known = (row, column), {*self.table.numbers, *self.table.unread}
        formula = self.table.page.formulas.get(at, "") if at in self.table.calculated else ""
        running = (
            is_running(self.table.headers[column])
            and self.table.numbers.get((cover[-1], column)) == self.table.numbers[at]
        )
        if (
            any((each, column) in known for each in cover)
            and not _NO_SUM.search(formula)
            and not running
        ):
            return True
        if not formula and not running and self.table.numbers[at]:
            self.unchecked.append(self._problem("W641", "所含各行在这一列都是空白。", at))
        return False

    def _columns(self) -> int:
        checked = 0
        for sum_ in self.structure.sums:
            how = "".join(
                ("＋" if sign > 0 else "－") + self.table.headers[part] for sign, part in sum_.parts
            ).removeprefix("＋")
            for row in self.table.column(sum_.column):
                found = self.structure.of_parts(row, sum_)
                checked += self._told(
                    found, (row, sum_.column), [(row, part) for _, part in sum_.parts], how
                )
                self._as_shown(
                    found, (row, sum_.column), [(sign, (row, part)) for sign, part in sum_.parts]
                )
        return checked

    def _told(
        self, found: Comparison, at: tuple[int, int], terms: Sequence[tuple[int, int]], how: str
    ) -> bool:
        """Put down one comparison; whether it could be made at all."""
        unread = [each for each in terms if each in self.table.unread]
        if found.verdict is True:
            return True
        if unread or self.table.folded:
            why = (
                f"所加的 {self.table.cell(*unread[0])}「{self.table.unread[unread[0]]}」没有读懂"
                if unread
                else "表分成左右几栏排印，不知道这个合计含哪些栏"
            )
            self.unchecked.append(self._problem("W641", f"{why}。", at))
            return False
        should, gap = (
            plain(shortened(number, found.noise)) for number in (Fraction(found.should), found.gap)
        )
        if found.verdict is None:
            said = (
                f"像是四舍五入的尾差（{found.terms} 个数各自四舍五入最多相差 {plain(found.room)}）"
            )
        else:
            said = "不是四舍五入能造成的" + (
                f"（{found.terms} 个数各自四舍五入最多相差 {plain(found.room)}）"
                if found.room
                else ""
            )
        (self.roundings if found.verdict is None else self.wrong).append(
            self._problem("A620", f"{how}为 {should}，相差 {gap}；{said}。", at)
        )
        return True

    def _averages(self) -> int:
        """Averages in total rows: the mean of the rows where it is that, else not checked, as it may be weighted."""
        checked = 0
        for column in self.table.rates:
            for row, cover in self.structure.covers.items():
                each = [
                    self.table.measured((leaf, column))
                    for leaf in cover
                    if (leaf, column) in self.table.numbers
                ]
                if (
                    is_average(self.table.lines[column][-1])
                    and (row, column) in self.table.numbers
                    and each
                ):
                    value = self.table.measured((row, column))
                    mean = added(each) / Fraction(len(each))
                    half = 0.5 / 10 ** decimals(self.table.numbers[row, column], value.noise)
                    if mean.meets(value.value, value.noise + half):
                        checked += 1
                    else:
                        self.unchecked.append(
                            self._problem(
                                "W641",
                                f"不是所含 {len(each)} 行的简单平均，可能是加权平均。",
                                (row, column),
                            )
                        )
        return checked

    def _not_understood(self, ratios: Sequence[int]) -> None:
        """Total rows, sum columns and shares whose parts were not found."""
        table = self.table
        self.unchecked += [
            Problem(
                "W641",
                "像是合计行，没有找到它由哪些行相加。",
                "",
                table.page.name,
                table.cell(row, table.name_column),
                table.label(row),
            )
            for row in self.structure.lost_rows
        ]
        if len(self.structure.amounts) > 2:
            self._columns_lost(
                "像是由别的列相加减得来，没有找到是哪些列", self.structure.lost_columns
            )
        self._columns_lost("像是由别的列算出的比率，没有找到是怎样算的", ratios)

    def _columns_lost(self, why: str, columns: Sequence[int]) -> None:
        if columns:
            named = "」「".join(self.table.headers[column] for column in columns)
            self.unchecked.append(
                Problem("W641", f"{why}。", "", self.table.page.name, column=named)
            )

    def _not_read(self) -> None:
        """Texts in columns of numbers: percentages among amounts are wrong, the others are listed by column."""
        table = self.table
        for column in table.numeric:
            texts = {at: text for at, text in table.unread.items() if at[1] == column}
            percent = [at for at, text in texts.items() if exact_number(text) is not None]
            self.wrong += [
                Problem(
                    "A623",
                    "金额列里写了百分数，不知道是多少。",
                    "",
                    table.page.name,
                    table.cell(*at),
                    f"{table.label(at[0])}·{table.headers[column]}",
                    texts[at],
                )
                for at in percent
            ]
            named = [
                f"{table.cell(*at)}「{text}」" for at, text in texts.items() if at not in percent
            ]
            if named:
                said = "、".join(named[:MOST_NAMED]) + (
                    f" 等 {len(named)} 格" if len(named) > MOST_NAMED else ""
                )
                self._columns_lost(f"{said}没有读成数", [column])

    def _as_shown(
        self, found: Comparison, at: tuple[int, int], terms: Sequence[tuple[int, tuple[int, int]]]
    ) -> None:
        """Keep a figure that adds up, but not as the number formats show it."""
        if found.verdict is not True or not any(
            place in self.table.formats for place in (at, *(place for _, place in terms))
        ):
            return
        known = [(sign, place) for sign, place in terms if place in self.table.numbers]
        total, shown = self._shown(at), [self._shown(place) for _, place in known]
        if total is None or None in shown:
            return
        seen = sum(
            (
                sign * value
                for (sign, _), value in zip(known, shown, strict=True)
                if value is not None
            ),
            Fraction(0),
        )
        if abs(seen - total) > found.noise:
            self.unlike.append(
                f"{self.table.cell(*at)} 显示 {plain(total)}，所加各数显示出来相加为 {plain(seen)}"
            )

    def _shown(self, at: tuple[int, int]) -> Fraction | None:
        """The figure as its format shows it; None where that is not known."""
        number, code = Fraction(self.table.numbers[at]), self.table.formats.get(at, "")
        places = shown_decimals(code)
        if not code or places is None:
            return None if code else number
        whole = (abs(number) * 10**places + Fraction(1, 2)).__floor__()
        return Fraction(whole if number >= 0 else -whole, 10**places)

    def _remark(self) -> Problem:
        more = f"；共 {len(self.unlike)} 处" if len(self.unlike) > 1 else ""
        return Problem(
            "W642",
            f"存的数相符，显示的数加不起来：{self.unlike[0]}{more}。",
            "用 transfer-opt round 取整后再公布。",
            self.table.page.name,
        )

    def _problem(self, code: str, message: str, at: tuple[int, int]) -> Problem:
        table = self.table
        return Problem(
            code,
            message,
            "",
            table.page.name,
            table.cell(*at),
            f"{table.label(at[0])}·{table.headers[at[1]]}",
            plain(Fraction(table.numbers[at])),
        )
