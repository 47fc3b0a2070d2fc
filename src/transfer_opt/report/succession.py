"""「上年数划转」: how last year's amounts came from former codes to this year's, unit by unit; and 「区划调整」 as read."""

from __future__ import annotations

from collections.abc import Iterator

from gmpy2 import mpq

from transfer_opt.allocation.plan import Plan
from transfer_opt.core.exact import exact, spelled, total
from transfer_opt.core.tables import Column, ColumnKind, Row, Table
from transfer_opt.core.vocabulary import (
    CODE,
    COUNTIES,
    MOVED,
    NAME,
    SUCCESSION,
    SUCCESSION_READ,
)
from transfer_opt.intake.recipients import ordered_rows
from transfer_opt.policy.settings import shown
from transfer_opt.policy.succession import Course, Move, Succession
from transfer_opt.report.parts import TOTAL_NAME, dated
from transfer_opt.workbook.input.succession_columns import (
    DAY,
    NEW_NAME,
    OLD_NAME,
    SHARE,
)

WHICH, BEFORE, GIVEN, TAKEN, AFTER, WAY = "上年数", "划转前", "划出", "划入", "划转后", "怎样划转"
OTHERS = "其他县区（没有划转）"
_TEXTS = ("原代码", "新代码", DAY, "依据")


def succession_tables(outcome: Plan) -> tuple[Table, ...]:
    """No table where the workbook tells of no former units; last 「区划调整」 as read."""
    succession = outcome.case.succession
    if not succession.passages:
        return ()
    moved = (_moved_table(outcome, succession),) if succession.moved else ()
    return (*moved, _table_as_read(outcome))


def _moved_table(outcome: Plan, succession: Succession) -> Table:
    rows = tuple(row for column in succession.moved for row in _column(outcome, succession, column))
    columns = (
        Column(WHICH, "text", 30),
        Column(CODE, "code", 7.5),
        Column(NAME, "name", 22),
        Column(BEFORE, "number", 13, group_formula="sum"),
        Column(GIVEN, "number", 13, group_formula="sum"),
        Column(TAKEN, "number", 13, group_formula="sum"),
        Column(AFTER, "number", 13, formula=f"={{{BEFORE}}}-{{{GIVEN}}}+{{{TAKEN}}}"),
        Column(WAY, "note", 66),
    )
    return Table(
        MOVED,
        f"{dated(outcome.budget)}上年数划转表（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{outcome.case.money_unit}",
        verdict="每一项上年数：划出合计等于划入合计，划转后合计等于划转前合计。",
        notes=(
            f"注：划转前是按当时的代码得到的数，划转后是按今年的代码的数，测算用划转后的数；"
            f"依据是「{SUCCESSION}」，{_days(succession)}起按新代码编列预算。",
            "按日期先后划转，同一天的一并划转。拆分的按比例计算，先舍到分，余下的每次一分给余数最大的，"
            "余数相同的给新代码小的；其中一次性不超过同一笔上年数。",
        ),
        paper="A3",
    )


def _days(succession: Succession) -> str:
    return "、".join(sorted({each.day.isoformat() for each in succession.counted}))


def _column(outcome: Plan, succession: Succession, column: str) -> Iterator[Row]:
    """合计, the units that passed something on or took something over, all others together."""
    course, others = succession.courses[column], _others(outcome, succession, column)
    touched = [code for code in sorted(course.after) if course.given(code) or course.taken(code)]
    rows = [
        (
            succession.name(code),
            *_figures(course, code),
            "；".join(_told(course, code, succession)),
        )
        for code in touched
    ]
    kept = total(course.before.values()) - total(course.before[c] for c in touched) + others
    whole = [total(figures) for figures in zip(*(row[1:5] for row in rows), strict=True)]
    whole = [whole[0] + kept, whole[1], whole[2], whole[3] + kept]
    yield Row("total", (column, None, TOTAL_NAME, *map(_money, whole), "划转前后合计相同"))
    for code, (name, *figures, way) in zip(touched, rows, strict=True):
        yield Row("unit", (column, code, name, *map(_money, figures), way))
    if kept:
        yield Row("unit", (column, None, OTHERS, *map(_money, (kept, mpq(0), mpq(0), kept)), None))


def _figures(course: Course, code: str) -> tuple[mpq, ...]:
    before = course.before.get(code, mpq(0))
    return before, course.given(code), course.taken(code), course.after[code]


def _others(outcome: Plan, succession: Succession, column: str) -> mpq:
    """What the units that the sheet does not name have of a column."""
    course = succession.courses[column]
    return total(
        exact(float(value))
        for row in ordered_rows(outcome.budget.sheets[COUNTIES])
        if str(row.values.get(CODE, "")) not in course.before
        and isinstance(value := row.values.get(column), int | float)
    )


def _told(course: Course, code: str, succession: Succession) -> Iterator[str]:
    """Every move of a unit, in the order of days; the day is told where there are several."""
    several = len({each.day for each in succession.counted}) > 1
    for move in course.moves:
        passage = move.passage
        day = f"{passage.day.isoformat()} " if several else ""
        if not move.whole or code not in (passage.old, passage.new):
            continue
        if move.is_kept:
            yield f"{day}保留{_worked(move)}"
        elif passage.old == code:
            yield f"{day}划给{succession.name(passage.new)} {spelled(move.part)}"
        else:
            yield f"{day}由{succession.name(passage.old)}划入{_worked(move)}"


def _worked(move: Move) -> str:
    """「 400（1,000.01×40%＝400.004，取整到分）」; of what passed over whole only the amount."""
    if move.passage.share == 1:
        return f" {spelled(move.part)}（全部）"
    due = move.whole * move.passage.share
    rounded = "" if due == move.part else "，取整到分"
    share, product = shown(float(move.passage.share), "share"), spelled(due)
    sign = "＝" if mpq(product.replace(",", "")) == due else "≈"
    return f" {spelled(move.part)}（{spelled(move.whole)}×{share}{sign}{product}{rounded}）"


def _money(value: mpq) -> float:
    return float(value)


def _table_as_read(outcome: Plan) -> Table:
    sheet = outcome.budget.sheets[SUCCESSION]
    headers = list(sheet.letters)
    kinds: dict[str, ColumnKind] = {
        SHARE: "share",
        **dict.fromkeys(_TEXTS, "text"),
        **dict.fromkeys((OLD_NAME, NEW_NAME), "name"),
    }
    columns = tuple(
        Column(
            header,
            kinds.get(header, "number"),
            22 if header in (OLD_NAME, NEW_NAME, "依据") else 12,
        )
        for header in headers
    )
    rows = tuple(
        Row("plain", tuple(row.values.get(header) for header in headers)) for row in sheet.rows
    )
    return Table(
        SUCCESSION_READ,
        f"{dated(outcome.budget)}{SUCCESSION_READ}（{outcome.scenario}）",
        columns,
        rows,
        f"单位：{outcome.case.money_unit}",
        paper="A3",
        fit="page",
    )
