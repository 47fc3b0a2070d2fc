"""The second and third question of 「县区说明单」: why a county's amount changed, and how it compares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from transfer_opt.allocation.explanation.steps import STEP_DIGITS, STEP_NAMES
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import places
from transfer_opt.core.tables import FIRST_ROW, NoticeLook, Waterfall
from transfer_opt.core.vocabulary import ALLOCATION, NAME, STEPS, SUBTOTAL
from transfer_opt.intake.assemble import released
from transfer_opt.report.notice.live import (
    EMPTY,
    Live,
    added,
    address,
    either,
    is_empty,
    is_negative,
    is_zero,
    joined,
    known,
    larger,
    less,
    money,
    number,
    size,
    smaller,
    span,
    text,
    to,
)
from transfer_opt.report.notice.page import Page

CAUSES = 4
"""Causes a sentence names; the others are told together."""
TIE = 1e-3
"""Of the last printed digit: causes of one size keep their order."""
CHART_ROWS, CHART_ROW_HEIGHT = 8, 18.0
LINE_LETTERS = 4
"""Characters of a name on one line under the chart."""
LONGEST_SENTENCE = 500
NEW_LINE = Live("CHAR(10)", "\n")
MEASURES: tuple[tuple[str, str, NoticeLook], ...] = (
    ("人均分配（元）", "人均(元)", "money"),
    ("分配前保障水平", "分配前保障水平", "coverage"),
    ("分配后保障水平", "分配后保障水平", "coverage"),
    ("增幅", "增幅", "growth"),
)
"""Title, column of 「分配结果」, look."""


@dataclass(frozen=True)
class Cause:
    """One part of the change against last year."""

    name: str
    more: str
    less: str
    value: Live


def explain_change(page: Page, rows: Mapping[str, int], row: int) -> tuple[Waterfall, int]:
    """二、为什么变: a sentence and the chart; `rows` tells where lines stand; also the first row after them."""
    digits = places(page.library.outcome.case.unit / 10**STEP_DIGITS)
    causes = list(_causes(page, rows, digits))
    first = page.free + 1
    column = page.library.columns
    change = either(is_empty(page.told["上年合计"]), number(0.0), known(page.told["增减额"]))
    values = [_bar(page, first + at, cause, digits, first) for at, cause in enumerate(causes)]
    _total_bar(page, first + len(causes), change, digits)
    page.heading(row, "二、为什么变")
    page.sentence(row + 1, _told(page, first, causes, values), 44.0)
    for at in range(row + 2, row + 2 + CHART_ROWS):
        page.paper.heights[at] = CHART_ROW_HEIGHT
    series = tuple(column + 3 + at for at in range(6))
    chart = Waterfall(
        (first, first + len(causes)),
        column + 9,
        series,  # type: ignore[arg-type]
        row + 2,
        int(CHART_ROWS * CHART_ROW_HEIGHT * 96 / 72),
    )
    return chart, row + 2 + CHART_ROWS


def _causes(page: Page, rows: Mapping[str, int], digits: int) -> Iterator[Cause]:
    """总额增长, 因素变化, the steps in use, and what is no longer paid: together the change against last year."""
    case, funds = page.library.outcome.case, range(len(page.library.outcome.case.funds))
    unknown = is_empty(page.told["上年合计"])

    def cell(item: str, f: int) -> Live:
        return page.value_at(rows[item], 3 + f)

    def told(parts: Sequence[Live]) -> Live:
        return either(unknown, number(0.0), to(added(parts), digits))

    inside = [is_empty(position) for position in page.positions.steps]
    growth = told(
        [
            either(
                inside[f],
                number(0.0),
                Live(
                    f"N({cell('上年分配', f).formula})*{_growth(page, f).formula}",
                    cell("上年分配", f).number * _growth(page, f).number,
                ),
            )
            for f in funds
        ]
    )
    yield Cause("总额增长", "全省总额增长带来", "全省总额减少影响", growth)
    moved = told(
        [
            either(
                inside[f],
                number(0.0),
                less(known(cell("因素法测算额", f)), known(cell("上年分配", f))),
            )
            for f in funds
        ]
    )
    yield Cause(
        "因素变化",
        "因素变化增加",
        "因素变化减少",
        either(unknown, number(0.0), to(less(moved, growth), digits)),
    )
    for step in (name for name in STEP_NAMES if name in rows):
        words = (
            ("取整增加", "取整减少")
            if step == STEP_NAMES[-1]
            else (f"{step}得到", f"{step}{'扣减' if step == STEP_NAMES[0] else '让出'}")
        )
        yield Cause(step, *words, told([known(cell(step, f)) for f in funds]))
    if released(case):
        gone = [
            either(
                inside[f],
                Live(f"-N({cell('上年分配', f).formula})", -cell("上年分配", f).number),
                number(0.0),
            )
            for f in funds
        ]
        yield Cause("不再参加", "", "不再参加分配的资金减少", told(gone))


def _growth(page: Page, f: int) -> Live:
    """G of a fund, from the 合计 rows of 「测算说明」 and 「分资金对比」; 0 where last year is not known."""
    library = page.library
    start = library.rows(STEPS, f)[0] - 1
    sheet, at = library.comparison(f)
    last = library.tables[sheet].rows[0].values[at]
    pool, before = (
        address(start, library.column(STEPS, "因素法测算额"), STEPS),
        address(FIRST_ROW, at, sheet),
    )
    paid = float(last) if isinstance(last, float) else 0.0
    value = library.value(STEPS, "因素法测算额", start)
    assert isinstance(value, float)
    return Live(f"IF(N({before})=0,0,{pool}/N({before})-1)", value / paid - 1 if paid else 0.0)


def _bar(page: Page, row: int, cause: Cause, digits: int, first: int) -> Live:
    """The hidden cells of one cause: name, value, where its bar ends, the parts of the bar, its label, its rank, its words."""
    paper, column = page.paper, page.library.columns
    paper.write(row, column, cause.name, "hidden")
    value = paper.put(row, column + 1, cause.value, "hidden")
    start = number(0.0) if row == first else page.value_at(row - 1, column + 2)
    end = paper.put(row, column + 2, to(added([start, value]), digits), "hidden")
    low, high, zero = smaller(start, end), larger(start, end), number(0.0)
    above, below = (
        less(larger(high, zero), larger(low, zero)),
        less(smaller(low, zero), smaller(high, zero)),
    )
    falls = is_negative(value)
    paper.put(row, column + 3, added([larger(low, zero), smaller(high, zero)]), "hidden")
    for at, part in enumerate(
        (
            either(falls, zero, above),
            either(falls, zero, below),
            either(falls, above, zero),
            either(falls, below, zero),
        )
    ):
        paper.put(row, column + 4 + at, part, "hidden")
    paper.write(row, column + 8, 0.0, "hidden")
    paper.put(
        row,
        column + 9,
        joined(*_broken(cause.name), NEW_LINE, money(value, digits, signed=True)),
        "hidden",
    )
    tie = (
        page.library.outcome.case.unit
        * TIE
        * 10.0**-STEP_DIGITS
        * (len(STEP_NAMES) + 3 - (row - first))
    )
    # 取整 is noise: it comes after every cause, however small the others are.
    rank = [number(round(tie, 15))] + ([size(value)] if cause.name != STEP_NAMES[-1] else [])
    paper.put(row, column + 10, added(rank), "hidden")
    paper.put(row, column + 11, either(falls, text(cause.less), text(cause.more)), "hidden")
    return value


def _total_bar(page: Page, row: int, change: Live, digits: int) -> None:
    paper, column = page.paper, page.library.columns
    paper.write(row, column, "合计增减", "hidden")
    value = paper.put(row, column + 1, change, "hidden")
    for at in range(3, 8):
        paper.write(row, column + at, 0.0, "hidden")
    paper.put(row, column + 8, value, "hidden")
    paper.put(
        row,
        column + 9,
        joined(text("合计增减"), NEW_LINE, money(value, digits, signed=True)),
        "hidden",
    )


def _broken(name: str) -> Iterator[Live]:
    """A name in lines short enough to stand under a bar."""
    for start in range(0, len(name), LINE_LETTERS):
        if start:
            yield NEW_LINE
        yield text(name[start : start + LINE_LETTERS])


def _told(page: Page, first: int, causes: Sequence[Cause], values: Sequence[Live]) -> Live:
    """The sentence: the change, its biggest causes first, the rest together, so that the figures in it add up."""
    paper, column, digits = page.paper, page.library.columns, page.library.money
    money_unit = page.library.outcome.case.money_unit
    rows = (first, first + len(causes) - 1)
    ranks = [page.value_at(first + at, column + 10).number for at in range(len(causes))]
    order = sorted(range(len(causes)), key=lambda at: -ranks[at])
    change = page.told["增减额"]
    pieces, sizes = [], []
    for k in range(min(CAUSES, len(causes))):
        row = rows[1] + 3 + k
        ranked = span(rows, (column + 10, column + 10))
        at = paper.put(
            row,
            column,
            Live(f"MATCH(LARGE({ranked},{k + 1}),{ranked},0)", float(order[k] + 1)),
            "hidden",
        )
        value = paper.put(
            row,
            column + 1,
            to(
                Live(
                    f"INDEX({span(rows, (column + 1, column + 1))},{at.formula})",
                    values[order[k]].value,
                ),
                digits,
            ),
            "hidden",
        )
        words = Live(
            f"INDEX({span(rows, (column + 11, column + 11))},{at.formula})",
            page.value_at(first + order[k], column + 11).value,
        )
        pieces.append(
            either(
                is_zero(value),
                EMPTY,
                joined(
                    text("，" if k else "："),
                    words,
                    text(" "),
                    money(size(value), digits),
                    text(f" {money_unit}"),
                ),
            )
        )
        sizes.append(value)
    rest = paper.put(
        rows[1] + 3 + len(sizes),
        column + 1,
        to(less(known(change), added(sizes)), digits),
        "hidden",
    )
    others = _moved(rest, rest, "，其余各项合计", EMPTY, digits, money_unit)
    start = _moved(change, known(change), "比上年", text("与上年持平"), digits, money_unit)
    return either(
        is_empty(change),
        text("上年数未知，不能与上年比较。"),
        joined(start, *pieces, others, text("。")),
    )


def _moved(
    change: Live, amount: Live, before: str, nothing: Live, digits: int, money_unit: str
) -> Live:
    """「比上年增加 5 万元」, or what is said where nothing moved."""
    return either(
        is_zero(change),
        nothing,
        joined(
            text(before),
            either(is_negative(change), text("减少 "), text("增加 ")),
            money(size(amount), digits),
            text(f" {money_unit}"),
        ),
    )


def how_it_compares(page: Page, row: int) -> int:
    """三、与别的县比如何: a sentence and the table; the first row after them."""
    paper = page.paper
    page.heading(row, "三、与别的县比如何")
    for at, header in enumerate(("指标", "本县", "本市州平均", "全省平均", "位次")):
        paper.write(row + 2, at + (at > 0), header, "head", across=1 + (at == 0))
    paper.heights[row + 2] = 15.0
    pieces = []
    for at, (title, name, look) in enumerate(MEASURES):
        rank = _measure(page, row + 3 + at, title, name, look)
        pieces.append(
            either(is_empty(rank), EMPTY, joined(text(f"，{title.partition('（')[0]}居"), rank))
        )
    said = joined(*pieces)
    found = joined(text("全省各县由高到低："), _after_first(said), text("。"))
    page.sentence(
        row + 1, either(is_empty(said), text("缺少人口、财力或上年数，不作比较。"), found), 16.0
    )
    return row + 3 + len(MEASURES)


def _measure(page: Page, row: int, title: str, name: str, look: NoticeLook) -> Live:
    """One line of the table; the cell that tells the rank."""
    paper, library, own = page.paper, page.library, page.told[name]
    paper.write(row, 0, title, "item", across=2)
    paper.put(row, 2, own, look, main=True)
    paper.put(
        row, 3, library.from_result(name, page.prefecture_row, page.positions.prefecture), look
    )
    paper.put(row, 4, library.from_result(name, FIRST_ROW, number(1.0)), look)
    paper.heights[row] = 15.0
    values = library.range(ALLOCATION, name)
    counties = f'ISNUMBER({values})*(RIGHT({library.range(ALLOCATION, NAME)},2)<>"{SUBTOTAL}")*(ROW({values})>{FIRST_ROW + 1})'
    known_values = [value for value in _county_values(page, name) if isinstance(value, float)]
    above = Live(
        f"SUMPRODUCT({counties}*({own.formula}<{values}))",
        sum(value > own.number for value in known_values),
    )
    count = Live(f"SUMPRODUCT({counties})", len(known_values))
    said = joined(text("第"), Live(f"1+{above.formula}", int(above.number) + 1), text("位/"), count)
    return paper.put(row, 5, either(is_empty(own), EMPTY, said), "rank")


def _county_values(page: Page, name: str) -> list[Value]:
    table = page.library.tables[ALLOCATION]
    at = page.library.column(ALLOCATION, name)
    return [row.values[at] for row in table.rows if row.kind == "unit"]


def _after_first(said: Live) -> Live:
    """A list without the mark before its first entry."""
    return Live(f"MID({said.formula},2,{LONGEST_SENTENCE})", str(said.value)[1:])
