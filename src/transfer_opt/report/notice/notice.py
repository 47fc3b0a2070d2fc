"""「县区说明单」: one page about one county, for whichever county is chosen on it; every figure follows the choice.

What it got and how, line by line; why that changed; how it compares; who pays for the services that are shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.exact import places
from transfer_opt.core.tables import Chart, Notice, NoticeLook, Table
from transfer_opt.core.vocabulary import (
    ALLOCATION,
    AS_TYPED,
    CODE,
    FLOWS,
    FUND_COMPARISON,
    INPUT,
    MOVED,
    NAME,
    NOTICE,
    ONE_OFF,
    PREFECTURE,
    STEPS,
    SUBTOTAL,
)
from transfer_opt.report.notice.live import (
    EMPTY,
    Live,
    added,
    either,
    is_empty,
    is_negative,
    is_zero,
    joined,
    known,
    less,
    looked_up,
    money,
    number,
    percent,
    size,
    text,
)
from transfer_opt.report.notice.page import (
    FigureColumns,
    Library,
    Page,
    Paper,
    Positions,
    figure_columns,
)
from transfer_opt.report.notice.sections import explain_change, how_it_compares
from transfer_opt.report.notice.shared import who_pays
from transfer_opt.report.notice.worked_lines import (
    CONSTANT,
    SOURCE,
    Line,
    lettered,
    takes_part,
    worked,
)
from transfer_opt.report.parts import heading
from transfer_opt.workbook.result.fingerprint import CHOICE

CHOICE_ROW = CHOICE[1][0]
WIDTHS, FUND_WIDTH = (5.0, 24.0, 25.0), 17.5
LINE, SENTENCE, HEAD, TITLE, SIGNED = 14.5, 32.0, 27.0, 34.0, 34.0
FIRST_LINE = 6
TOLD = (
    "合计",
    "上年合计",
    "增减额",
    "增幅",
    "人均(元)",
    "分配前保障水平",
    "分配后保障水平",
    "三保缺口",
)
"""Columns of 「分配结果」 that the sentences speak of."""
KEY = 'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({0},"~","~~"),"*","~*"),"?","~?")'
"""MATCH takes * ? ~ in a name for patterns."""
REMARK = "点县名可换县，全表随之更新；打开时是“三保”缺口最大的县，都没有缺口时是增减额最大的县。"


def notice(
    outcome: Outcome,
    tables: Sequence[Table],
    charts: tuple[Chart, ...],
    label: str,
    county: int | None = None,
) -> tuple[Notice, FigureColumns]:
    """The sheet, and the columns of 「图表数据」 it needs; it opens with `county`, by default the most striking one."""
    lines = lettered(outcome)
    figures = figure_columns(outcome, lines)
    library = Library(
        outcome,
        {table.name: table for table in tables},
        charts,
        figures,
        striking(outcome) if county is None else county,
    )
    paper = Paper()
    page = _prepared(paper, library)
    _head(page, label)
    _first_sentence(page)
    row = _lines(page, lines)
    chart, row = explain_change(
        page, {line.item: FIRST_LINE + at for at, line in enumerate(lines)}, row
    )
    row = how_it_compares(page, row)
    if outcome.case.burdens:
        row = who_pays(page, row)
    if FLOWS in library.tables:
        page.sentence(row, _beside(page), LINE)
        row += 1
    if MOVED in library.tables:
        page.sentence(row, _moved(page), LINE)
        row += 1
    paper.write(
        row,
        0,
        "制表：　　　　　　　　　　审核：　　　　　　　　　　批准：",
        "sentence",
        across=library.columns,
    )
    paper.heights[row] = SIGNED
    widths = WIDTHS + (FUND_WIDTH,) * (library.columns - len(WIDTHS))
    return Notice(
        NOTICE,
        tuple(paper.cells),
        widths,
        paper.heights,
        CHOICE[1],
        f"={library.range(INPUT, NAME)}",
        chart,
    ), figures


def striking(outcome: Outcome) -> int:
    """The county the sheet opens with: the largest 三保缺口; without any, the largest 增减额 whatever its sign."""
    short = np.nan_to_num(outcome.shortfall)
    if short.max() > 0:
        return int(np.argmax(short))
    return int(np.argmax(np.abs(outcome.given - np.nansum(outcome.case.history, axis=0))))


def _prepared(paper: Paper, library: Library) -> Page:
    """The hidden cells that everything else refers to: where the county stands, and its row of 「分配结果」."""
    outcome, units, column = library.outcome, library.outcome.case.recipients, library.columns
    name, prefecture = str(units.name[library.county]), str(units.prefecture[library.county])
    chosen = paper.write(*CHOICE[1], name, "choice")
    found = library.row_of(ALLOCATION, name)

    def hidden(row: int, title: str, said: Live) -> Live:
        paper.write(row, column, title, "hidden")
        return paper.put(row, column + 1, said, "hidden")

    def position(row: int, sheet: str, key: Live, at: int, fund: int | None = None) -> Live:
        where = f"MATCH({key.formula},{library.range(sheet, NAME, fund)},0)"
        return hidden(
            row,
            sheet,
            Live(where if fund is None else f'IFERROR({where},"")', float(at) if at else ""),
        )

    key = hidden(0, "查找", Live(KEY.format(chosen.formula), re.sub(r"([~*?])", r"~\1", name)))
    listed = position(1, INPUT, key, library.row_of(INPUT, name) - library.rows(INPUT)[0] + 1)
    result = position(2, ALLOCATION, key, found - library.rows(ALLOCATION)[0] + 1)
    home = hidden(3, PREFECTURE, library.from_result(PREFECTURE, found, result))
    group = Live(f"{KEY.format(home.formula)}&{text(SUBTOTAL).formula}", prefecture + SUBTOTAL)
    group_row = library.row_of(ALLOCATION, prefecture + SUBTOTAL)
    above = position(4, ALLOCATION, group, group_row - library.rows(ALLOCATION)[0] + 1)
    part = takes_part(outcome.case, library.county)
    steps = tuple(
        position(5 + f, STEPS, key, library.place_in_fund(f) if part[f] else 0, f)
        for f in range(len(part))
    )
    told = {
        title: hidden(5 + len(part) + at, title, library.from_result(title, found, result))
        for at, title in enumerate(TOLD)
    }
    positions = Positions(listed, result, above, steps)
    return Page(paper, library, positions, told, found, group_row, 5 + len(part) + len(TOLD))


def _head(page: Page, label: str) -> None:
    """Title, county, unit, remark."""
    paper, library, last = page.paper, page.library, page.library.columns - 1
    code = library.from_result(CODE, page.row, page.positions.result)
    home = library.from_result(PREFECTURE, page.row, page.positions.result)
    paper.write(
        0,
        0,
        f"{heading(library.outcome)}分配说明单（{library.outcome.scenario}）",
        "title",
        across=last + 1,
    )
    paper.write(CHOICE_ROW, 0, "县区：", "label")
    paper.put(CHOICE_ROW, 2, joined(code, either(is_empty(code), EMPTY, text("　")), home), "place")
    paper.write(CHOICE_ROW, last, f"单位：{library.outcome.case.money_unit}", "unit")
    paper.write(
        2,
        0,
        f"{label}。{REMARK}" if label else REMARK,
        "remark" if label else "place",
        across=last + 1,
    )
    paper.heights.update({0: TITLE, CHOICE_ROW: 20.0, 2: LINE})


def _first_sentence(page: Page) -> None:
    """一、得了多少, in one sentence."""
    told, digits, unit = page.told, page.library.money, page.library.outcome.case.money_unit
    change, rate, covered, short = (
        told[name] for name in ("增减额", "增幅", "分配后保障水平", "三保缺口")
    )
    growth = either(
        is_empty(rate), EMPTY, joined(text("（"), percent(rate, signed=True), text("）"))
    )
    against = either(
        is_zero(change),
        text("，与上年持平"),
        joined(
            text("，比上年"),
            either(is_negative(change), text("减少 "), text("增加 ")),
            money(size(known(change)), digits),
            text(f" {unit}"),
            growth,
        ),
    )
    per_head = told["人均(元)"]
    page.heading(3, "一、得了多少")
    page.sentence(
        4,
        joined(
            text("本年合计 "),
            money(told["合计"], digits),
            text(f" {unit}"),
            either(is_empty(change), EMPTY, against),
            *_one_off(page),
            either(
                is_empty(per_head), EMPTY, joined(text("，人均 "), money(per_head, 0), text(" 元"))
            ),
            text("。"),
            either(
                is_empty(covered),
                EMPTY,
                joined(text("分配后保障水平 "), percent(covered), text("。")),
            ),
            either(
                is_empty(short),
                EMPTY,
                either(
                    is_zero(short),
                    text("“三保”需求已足额保障。"),
                    joined(text("“三保”需求还缺 "), money(short, digits), text(f" {unit}。")),
                ),
            ),
        ),
        SENTENCE,
    )


def _one_off(page: Page) -> Iterator[Live]:
    """What last year is net of; nothing at all where no county was paid anything once only."""
    library, case = page.library, page.library.outcome.case
    if not case.one_off.any():
        return
    row = library.row_of(INPUT, str(case.recipients.name[library.county]))
    listed = {column.name for column in library.tables[INPUT].columns}
    given = [name for fund in case.funds if (name := f"上年{fund.name}{ONE_OFF}") in listed]
    paid = added(
        [
            known(
                looked_up(
                    f"INDEX({library.range(INPUT, name)},{page.positions.listed.formula})",
                    library.value(INPUT, name, row),
                )
            )
            for name in given
        ]
    )
    told = joined(
        text("（上年数已扣除其中一次性补助 "),
        money(paid, library.money),
        text(f" {case.money_unit}）"),
    )
    yield either(is_zero(paid), EMPTY, told)


def _moved(page: Page) -> Live:
    """What of last year's amounts came from former units, less what went to others."""
    library, case = page.library, page.library.outcome.case
    row = library.row_of(INPUT, str(case.recipients.name[library.county]))

    def listed(column: str) -> Live:
        where = f"INDEX({library.range(INPUT, column)},{page.positions.listed.formula})"
        return known(looked_up(where, library.value(INPUT, column, row)))

    columns = [f"上年{fund.name}" for fund in case.funds]
    moved = [name for name in columns if name in case.succession.moved]
    digits = max(
        (places(float(m.part)) for c in moved for m in case.succession.courses[c].moves), default=0
    )
    net = added([number(0.0), *(less(listed(name), listed(AS_TYPED + name)) for name in moved)])
    return either(
        is_zero(net),
        text("区划调整：本县上年数划入减划出为 0。"),
        joined(
            text("区划调整：各项资金的上年数里，划入减划出 "),
            money(net, digits, signed=True),
            text(f" {case.money_unit}，见「{MOVED}」。"),
        ),
    )


def _beside(page: Page) -> Live:
    """What the county gets from and pays to others for the water, which is no part of the funds."""
    library, unit = page.library, page.library.outcome.case.money_unit
    rows = library.tables[FLOWS].rows
    names = [str(row.values[library.column(FLOWS, NAME)]) for row in rows]
    name = str(library.outcome.case.recipients.name[library.county])
    at = names.index(name) if name in names else None
    where = f"MATCH({page.value_at(0, library.columns + 1).formula},{library.range(FLOWS, NAME)},0)"
    found = page.paper.put(
        page.free - 1,
        library.columns + 2,
        Live(f'IFERROR({where},"")', "" if at is None else float(at + 1)),
        "hidden",
    )

    def told(column: str) -> Live:
        value = 0.0 if at is None else rows[at].values[library.column(FLOWS, column)]
        amount = Live(f"INDEX({library.range(FLOWS, column)},{found.formula})", value)
        return money(amount, library.money)

    return either(
        is_empty(found),
        text("横向补偿：本县没有应收、应付。"),
        joined(
            text("横向补偿（不在以上资金之内）：应收 "),
            told("应收"),
            text("，应付 "),
            told("应付"),
            text("，净额 "),
            told("净额"),
            text(f" {unit}，见「{FLOWS}」。"),
        ),
    )


def _lines(page: Page, lines: Sequence[Line]) -> int:
    """The lettered lines; the first row after them."""
    paper, library = page.paper, page.library
    case = library.outcome.case
    for at, said in enumerate(("行", "项目", "算式", *(fund.name for fund in case.funds))):
        paper.write(FIRST_LINE - 1, at, said, "head")
    paper.heights[FIRST_LINE - 1] = HEAD
    values = worked(lines, library.county, takes_part(case, library.county))
    rows = {line.letter: FIRST_LINE + at for at, line in enumerate(lines)}
    for line, of_line in zip(lines, values, strict=True):
        row = rows[line.letter]
        paper.heights[row] = LINE
        paper.write(row, 0, line.letter, "letter", main=line.main)
        paper.write(row, 1, line.item, "item", main=line.main)
        paper.write(row, 2, line.arithmetic or None, "arithmetic", main=line.main)
        for f, value in enumerate(of_line):
            look: NoticeLook = line.kind
            if f not in line.formulas:
                paper.write(row, 3 + f, None, look, main=line.main)
                continue
            shown = "" if value is None else float(value)
            paper.put(
                row,
                3 + f,
                Live(_formula(page, line, f, rows), shown),
                look,
                line.decimals,
                main=line.main,
            )
    return FIRST_LINE + len(lines)


def _formula(page: Page, line: Line, f: int, rows: dict[str, int]) -> str:
    """The live formula of a line in a fund's column; empty where the county has nothing to show there."""

    def cell(letter: str) -> str:
        reference = f"{column_letters(3 + f)}{rows[letter] + 1}"
        return f"N({reference})" if line.needs else reference

    outside = (
        f'{cell(line.needs)[2:-1]}=""' if line.needs else f'{page.positions.steps[f].formula}=""'
    )
    source, given = line.source, line.formulas[f] in ("", SOURCE)
    if given and source[0] == CONSTANT:
        assert line.given is not None
        members = line.given[f][~np.isnan(line.given[f])]
        return f'IF({outside},"",{number(float(members[0]) if len(members) else 0.0).formula})'
    found = "" if source[0] == CONSTANT else page.library.lookup(line, f, page.positions)
    if given:
        return (
            looked_up(found, None).formula
            if source[0] == FUND_COMPARISON
            else f'IF({outside},"",{found})'
        )
    said = re.sub(
        r"\{(\w+)\}", lambda match: cell(match[1]), line.formulas[f].replace(SOURCE, found)
    )
    quotient = re.fullmatch(r'IF\((.+?),"",(.+)\)', said)
    inner = (
        f'IF({quotient[1]},"",ROUND({quotient[2]},{line.decimals}))'
        if quotient
        else f"ROUND({said},{line.decimals})"
    )
    return f'IF({outside},"",{inner})'
