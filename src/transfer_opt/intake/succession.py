"""「区划调整」 → last year's amounts by the codes of this year's counties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from gmpy2 import mpq

from transfer_opt.core.budget import LARGEST, Budget, Sheet, SheetRow, is_number
from transfer_opt.core.errors import Problem
from transfer_opt.core.exact import ONE, ZERO, exact, spelled, total
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import closed_up, normalise, to_text
from transfer_opt.core.vocabulary import CODE, COUNTIES, NAME, ONE_OFF, POOLS, SUCCESSION
from transfer_opt.intake.cells import at, word
from transfer_opt.intake.unit_names import is_short_for
from transfer_opt.policy.case import DEFAULT_UNIT, YUAN
from transfer_opt.policy.model import ModelSpec
from transfer_opt.policy.payment_deadlines import parse_date
from transfer_opt.policy.succession import Course, Passage, Succession, follow
from transfer_opt.workbook.input.succession_columns import (
    DAY,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    SHARE,
)

LAST, ADVANCE = "上年", "提前下达"
CENTS = 100
"""分 of a 元."""


def followed(sheet: Sheet, succession: Succession) -> Sheet:
    """「县区数据」 with what last year's amounts are by this year's codes."""
    if not succession.courses:
        return sheet
    return replace(sheet, rows=tuple(_moved(row, succession) for row in sheet.rows))


def _moved(row: SheetRow, succession: Succession) -> SheetRow:
    code, values = word(row, CODE), dict(row.values)
    for column, course in succession.courses.items():
        if course.given(code) or course.taken(code):
            values[column] = float(course.after[code])
    return replace(row, values=values)


def read_succession(spec: ModelSpec, budget: Budget) -> tuple[Succession, tuple[Problem, ...]]:
    """What the workbook tells of former units, and what is wrong with it; where something is, nothing moves."""
    sheet, counties = budget.sheets.get(SUCCESSION), budget.sheets.get(COUNTIES)
    if sheet is None or counties is None or POOLS not in budget.sheets:
        return Succession(), ()
    rows = [row for row in sheet.rows if any(word(row, name) for name in sheet.letters)]
    reader = _Reader(spec, budget, sheet, counties)
    found = reader.read(rows) if rows else Succession()
    return found, tuple(reader.problems)


@dataclass(frozen=True)
class _Line:
    """One sound row."""

    row: SheetRow
    passage: Passage


class _Reader:
    """The rows of the sheet; what is wrong is added to `problems`."""

    def __init__(self, spec: ModelSpec, budget: Budget, sheet: Sheet, counties: Sheet) -> None:
        self.problems: list[Problem] = []
        self._budget, self._sheet, self._counties = budget, sheet, counties
        self._here = {code: row for row in counties.rows if (code := word(row, CODE))}
        unit = next((each.unit for each in budget.sheets.values() if each.unit), DEFAULT_UNIT)
        self._cent = mpq(1, CENTS * YUAN[unit])
        given = [normalise(to_text(row.values.get("资金"))) for row in budget.sheets[POOLS].rows]
        self._funds = [fund.name for name in given if (fund := spec.fund(name))]

    def read(self, rows: Sequence[SheetRow]) -> Succession:
        """The whole sheet."""
        if not self._here:
            self.problems.append(
                Problem(
                    "E421",
                    f"「{COUNTIES}」没有填{CODE}，「{SUCCESSION}」不知道新代码是哪个县区。",
                    f"在「{COUNTIES}」补上{CODE}。",
                    SUCCESSION,
                )
            )
            return Succession()
        lines = [line for row in rows if (line := self._line(row))]
        if not self.problems:
            self._agree(lines)
        names = self._names(lines)
        passages = tuple(line.passage for line in lines)
        if any(not problem.is_warning for problem in self.problems):
            return Succession()
        counted = [line for line in lines if self._is_counted(line.passage)]
        self._tell_earlier([line for line in lines if line not in counted])
        courses = self._courses(counted)
        if any(not problem.is_warning for problem in self.problems):
            return Succession()
        return Succession(
            passages,
            tuple(line.passage for line in counted),
            names,
            courses,
            frozenset(self._here),
        )

    # ------------------------------------------------------------ rows

    def _line(self, row: SheetRow) -> _Line | None:
        before = len(self.problems)
        for column in (OLD, NEW):
            if not word(row, column):
                self._tell(row, column, "E421", "未填写。", "填六位行政区划代码。")
        share, day = self._share(row), self._day(row)
        if len(self.problems) > before or share is None or day is None:
            return None
        return _Line(row, Passage(word(row, OLD), word(row, NEW), share, day))

    def _share(self, row: SheetRow) -> mpq | None:
        value = row.values.get(SHARE)
        if is_number(value) and 0 < value <= 1:
            return exact(float(value))
        if value is None:
            told, remedy = "未填写，不知有多少归新县区。", "填比例，如40%；全部归它的写1。"
        else:
            told = "不是大于 0、不超过 1 的比例。"
            remedy = f"要 {value:g}%，写 {value:g}%。" if is_number(value) else "写成 40% 或 0.4。"
        self._tell(row, SHARE, "E422", told, remedy)
        return None

    def _day(self, row: SheetRow) -> date | None:
        text, year = to_text(row.values.get(DAY)), self._budget.year
        day = parse_date(text)
        if year is None:
            told = "各表标题里都没有年份，不知上年是哪一年，也就不知这次调整在上年数之前还是之后。"
            self._tell(row, DAY, "E423", told, f"在「{COUNTIES}」的标题里写明年份，如“2026年…”。")
        elif day is None:
            told = "不是日期。" if text else "未填写。"
            self._tell(row, DAY, "E423", told, "写从哪一天起按新代码编列预算，如2026-01-01。")
        elif day.year > year:
            told = f"在本年（{year}年）以后，还没有发生。"
            self._tell(row, DAY, "E423", told, "改正日期；确实以后才调整的，删去这一行。")
        else:
            return day
        return None

    # ------------------------------------------------------------ rows together

    def _agree(self, lines: Sequence[_Line]) -> None:
        """Nothing twice, shares that add to 1, new codes that are there, former ones that are gone."""
        seen: dict[tuple[str, str, date], SheetRow] = {}
        groups: dict[tuple[str, date], list[_Line]] = {}
        for line in lines:
            old, new, day = line.passage.old, line.passage.new, line.passage.day
            if (old, new, day) in seen:
                told = f"与第{seen[old, new, day].number}行的原代码、新代码、日期都相同。"
                self._tell(line.row, NEW, "E424", told, "删去其中一行，或改正代码。")
            seen.setdefault((old, new, day), line.row)
            groups.setdefault((old, day), []).append(line)
        for line in lines:
            self._new_is_there(line, lines)
        for (old, day), found in groups.items():
            together = total(line.passage.share for line in found)
            if together != ONE:
                told = f"原代码 {old} 在 {day} 的比例合计 {spelled(together)}，应为 1。"
                remedy = "改正比例；原县区自己保留的部分也写一行，新代码写原代码。"
                self._tell(found[0].row, SHARE, "E422", told, remedy)
            self._old_is_gone(found[0], lines)

    def _new_is_there(self, line: _Line, lines: Sequence[_Line]) -> None:
        code, day = line.passage.new, line.passage.day
        later = any(e.passage.old == code and e.passage.day > day for e in lines)
        if code not in self._here and not later:
            told = f"「{COUNTIES}」里没有这个代码，本表也没有在更晚的日期再调整它。"
            self._tell(line.row, NEW, "E421", told, did_you_mean(code, self._here))

    def _old_is_gone(self, line: _Line, lines: Sequence[_Line]) -> None:
        code, day = line.passage.old, line.passage.day
        there = any(e.passage.new == code and e.passage.day >= day for e in lines)
        if code in self._here and not there:
            told = f"已经全部划走，「{COUNTIES}」第{self._here[code].number}行还有它。"
            remedy = f"从「{COUNTIES}」删去；还保留一部分的，加一行，新代码写原代码。"
            self._tell(line.row, OLD, "E425", told, remedy)

    def _names(self, lines: Sequence[_Line]) -> Mapping[str, str]:
        """Code → name; names that contradict each other are told."""
        names = {code: closed_up(to_text(row.values.get(NAME))) for code, row in self._here.items()}
        told: dict[str, SheetRow] = {}
        for line in lines:
            old, new = line.passage.old, line.passage.new
            before, after = word(line.row, OLD_NAME), word(line.row, NEW_NAME)
            if before and old in told and word(told[old], OLD_NAME) != before:
                other = f"第{told[old].number}行把同一个原代码叫“{word(told[old], OLD_NAME)}”。"
                self._tell(line.row, OLD_NAME, "E427", other, "改正名称或代码。")
            if before:
                told.setdefault(old, line.row)
                names.setdefault(old, closed_up(to_text(line.row.values[OLD_NAME])))
            known = normalise(names[new]) if new in self._here else after
            if after and after != known and not is_short_for(after, known):
                other = f"「{COUNTIES}」里代码 {new} 是“{names[new]}”。"
                self._tell(line.row, NEW_NAME, "E427", other, "改正名称或代码。")
        return names

    def _is_counted(self, passage: Passage) -> bool:
        assert self._budget.year is not None
        return passage.day > date(self._budget.year - 1, 1, 1)

    def _tell_earlier(self, lines: Sequence[_Line]) -> None:
        assert self._budget.year is not None
        for line in lines:
            told = f"在 {self._budget.year - 1}年1月1日或以前，上年数已经按新代码，这一行不划转上年数。"
            remedy = "如上年数还是按原代码的，改正日期。"
            self._tell(line.row, DAY, "W421", told, remedy)

    # ------------------------------------------------------------ amounts

    def _courses(self, lines: Sequence[_Line]) -> dict[str, Course]:
        """Every column followed; what is missing or contradicts itself is told."""
        passages = [line.passage for line in lines]
        gone = {e.old for e in passages} - self._here.keys()
        courses: dict[str, Course] = {}
        for fund in self._funds if passages else ():
            whole = f"{LAST}{fund}"
            for column in (whole, whole + ONE_OFF, f"{ADVANCE}{fund}"):
                if self._has(column, bool(gone)):
                    held = self._held(column, lines)
                    over = courses.get(whole) if column == whole + ONE_OFF else None
                    if not self._wrong and not self._exceeds(column, held, over, lines):
                        courses[column] = follow(held, passages, self._cent, over)
        for course in () if self._wrong else courses.values():
            self._representable(course)
        if not self._wrong:
            self._already_moved(courses)
        return courses

    @property
    def _wrong(self) -> bool:
        return any(not problem.is_warning for problem in self.problems)

    def _has(self, column: str, is_needed: bool) -> bool:
        """Whether a column is in 「县区数据」, and so moves; one that is in one of the two sheets only is told."""
        here, there = column in self._counties.letters, column in self._sheet.letters
        if here and is_needed and not there:
            told = f"「{COUNTIES}」有这一列，这里没有，不知原县区的数是多少。"
            self.problems.append(
                Problem("E426", told, "补上这一列，填原县区的数。", SUCCESSION, column=column)
            )
        if there and not here:
            self.problems.append(
                Problem(
                    "E426",
                    f"「{COUNTIES}」没有这一列，划不过去。",
                    f"在「{COUNTIES}」补上这一列，或从这里删去。",
                    SUCCESSION,
                    self._sheet.header_cell(column),
                    column,
                )
            )
        return here and (there or not is_needed)

    def _held(self, column: str, lines: Sequence[_Line]) -> dict[str, mpq]:
        """What every unit that passes something on, or takes something over, was paid under its own code."""
        first = {line.passage.old: line.row for line in reversed(lines)}
        held: dict[str, mpq] = {}
        for line in lines:
            typed, old = line.row.values.get(column), line.passage.old
            if typed is not None and old in self._here:
                told = f"这个县区还在「{COUNTIES}」里，上年数以那里为准。"
                self._tell(line.row, column, "E426", told, "这里留空。")
            elif typed is not None and line.row is not first[old]:
                told = f"同一原代码的数已由第{first[old].number}行说了。"
                self._tell(line.row, column, "E426", told, "只在第一行填原县区全部的数，这里留空。")
        codes = chain(*((e.passage.old, e.passage.new) for e in lines))
        for code in dict.fromkeys(codes):
            if code in self._here:
                held[code] = self._typed(self._counties, self._here[code], column)
            elif code in first:
                held[code] = self._typed(self._sheet, first[code], column)
        for code, row in first.items():
            if (held[code] / self._cent).denominator != 1:
                sheet, row = (
                    (self._counties, self._here[code]) if code in self._here else (self._sheet, row)
                )
                told = "不是整分，划转以后合计对不上。"
                self.problems.append(
                    at(sheet, row, column, "E426", told, "改成实际下达的数，到分。")
                )
        return held

    def _typed(self, sheet: Sheet, row: SheetRow, column: str) -> mpq:
        value = row.values.get(column)
        if is_number(value) and 0 <= value <= LARGEST:
            return exact(float(value))
        if value is None and column.startswith(LAST) and not column.endswith(ONE_OFF):
            told = "未填写，这个县区要按「区划调整」划转上年数。"
            self.problems.append(at(sheet, row, column, "E426", told, "上年没有得到的填 0。"))
        elif value is not None and sheet is self._sheet:
            told = "不是不小于 0 的金额。"
            self.problems.append(at(sheet, row, column, "E426", told, "填金额。"))
        return ZERO

    def _exceeds(
        self,
        column: str,
        held: Mapping[str, mpq],
        whole: Course | None,
        lines: Sequence[_Line],
    ) -> bool:
        """Whether 其中一次性 is more than the whole somewhere, which is told."""
        over = [c for c, part in held.items() if whole is not None and part > whole.before[c]]
        rows = {line.passage.old: line.row for line in reversed(lines)}
        for code in over:
            here = code in self._here
            sheet, row = (self._counties, self._here[code]) if here else (self._sheet, rows[code])
            told = f"大于同一行的{column.removesuffix(ONE_OFF)}。"
            self.problems.append(at(sheet, row, column, "E426", told, "改正其中一个数。"))
        return bool(over)

    def _representable(self, course: Course) -> None:
        for code, row in self._here.items():
            amount = course.after.get(code, ZERO)
            if exact(float(amount)) != amount:
                told = f"划转以后是 {spelled(amount)}，位数太多，表格里写不准。"
                self.problems.append(at(self._counties, row, CODE, "E426", told, "核对上年数。"))

    def _already_moved(self, courses: Mapping[str, Course]) -> None:
        """Units whose own figures are exactly what they take over: somebody merged them by hand before."""
        whole = {f"{LAST}{fund}" for fund in self._funds}
        for code, row in self._here.items():
            taken = {c: m for c in courses if c in whole and (m := courses[c].taken(code))}
            if taken and all(courses[c].before[code] == money for c, money in taken.items()):
                told = "与按「区划调整」划入的数正好相同，像是已经手工划过，会算成两倍。"
                remedy = "这个代码上年自己得到的才填在这里，没有得到的填 0。"
                column = next(iter(taken))
                self.problems.append(at(self._counties, row, column, "E428", told, remedy))

    def _tell(self, row: SheetRow, column: str, code: str, message: str, remedy: str) -> None:
        self.problems.append(at(self._sheet, row, column, code, message, remedy))
