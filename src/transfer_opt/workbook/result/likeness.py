"""A workbook as it stands against one as it should be: every difference in what a reader sees beside the values.

Whatever a spreadsheet program changes when it saves a file again is no difference: fonts that stand in for others, widths
by a hair, formats spelled otherwise, labels that a chart lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from transfer_opt.core.cell_names import Place, address, column_letters, place
from transfer_opt.core.errors import Problem
from transfer_opt.workbook.result.drawings import Chart
from transfer_opt.workbook.result.looks import Font, Look, contrast
from transfer_opt.workbook.result.number_formats import text_section
from transfer_opt.workbook.result.seen import HEADINGS, Seen, SeenCell, SeenSheet

MOST_TOLD = 10
"""Cells, rows or columns named of one kind; the rest is counted."""
LEAST_CONTRAST = 2.5
SMALLEST, LARGEST = 0.6, 1.6
"""Of the size a font should have."""
NARROWEST, LOWEST = 0.75, 0.6
"""Of the width or height a column or row should have: below it what it holds is cut."""
LEAST_SCALE = 30
NOISE = 1e-9
Value = Callable[[str, Place], Any]
"""What a cell of a sheet of the file shows; None where that is not known."""


def unlike(
    expected: Sequence[SeenSheet], stands: Seen, value: Value, own: bool
) -> Iterator[Problem]:
    """Where the workbook does not show what it should; `own` says that further sheets, parts and names are the user's."""
    found = {sheet.name: sheet for sheet in stands.sheets}
    order = [
        sheet.name for sheet in stands.sheets if sheet.name in {each.name for each in expected}
    ]
    wanted = [sheet.name for sheet in expected if sheet.name in found]
    if order != wanted:
        at = next(
            at for at, (one, other) in enumerate(zip(order, wanted, strict=False)) if one != other
        )
        yield Problem("A610", f"各表的次序不同：这里应是「{wanted[at]}」。", sheet=order[at])
    for sheet in expected:
        if sheet.name in found:
            yield from _sheet(sheet, found[sheet.name], value)
    if not own:
        if stands.names:
            yield Problem("A610", f"多出定义的名称：{_listed(sorted(stands.names))}。")
        if stands.parts:
            yield Problem("A610", f"工作簿里多出{_listed(stands.parts)}。")


def hidden_rows(expected: SeenSheet, stands: SeenSheet) -> list[int]:
    """Rows with contents that do not show, or hardly, though they should; counted from 0."""
    rows = sorted({row for row, _ in {*expected.cells, *stands.cells}})
    return [
        row
        for row in rows
        if expected.height(row) != 0
        and _too_small(expected.height(row), stands.height(row), LOWEST)
    ]


def _sheet(expected: SeenSheet, stands: SeenSheet, value: Value) -> Iterator[Problem]:
    name = stands.name
    if stands.state != expected.state:
        yield Problem(
            "A610",
            "整张表被隐藏。" if stands.state != "visible" else "这张表应是隐藏的。",
            sheet=name,
        )
    yield from _columns(expected, stands)
    if view := [words for words in stands.view if words not in expected.view]:
        yield Problem("A610", f"视图设置改变了看到的内容：{'、'.join(view)}。", sheet=name)
    yield from _cells(expected, stands)
    if merges := stands.merges ^ expected.merges:
        yield Problem(
            "A609", f"合并的单元格不同：{_listed(sorted(merges))}。合并会盖住数。", sheet=name
        )
    for rule in sorted(map(str, stands.conditions - expected.conditions))[:MOST_TOLD]:
        where = next(each[0] for each in stands.conditions if str(each) == rule)
        yield Problem(
            "A609",
            "多出或改过的条件格式，会改变看到的数。",
            sheet=name,
            cell=where.split(" ")[0].split(":")[0],
        )
    for each in sorted(stands.validations - expected.validations):
        yield Problem(
            "A609",
            "多出或改过的数据有效性（下拉列表、提示）。",
            sheet=name,
            cell=each[0].split(" ")[0].split(":")[0],
        )
    if words := [word for word in stands.overlays if word not in expected.overlays]:
        yield Problem("A609", f"多出{_listed(words)}。", sheet=name)
    yield from _drawn(expected, stands, value)
    yield from _printed(expected, stands)


def _columns(expected: SeenSheet, stands: SeenSheet) -> Iterator[Problem]:
    columns = sorted({column for _, column in {*expected.cells, *stands.cells}})
    gone = [
        column
        for column in columns
        if expected.width(column)
        and _too_small(expected.width(column), stands.width(column), NARROWEST)
    ]
    bared = [column for column in columns if not expected.width(column) and stands.width(column)]
    if gone:
        yield Problem(
            "A610",
            f"第 {_listed([column_letters(column) for column in gone])} 列被隐藏或窄得看不全。",
            sheet=stands.name,
        )
    if bared:
        yield Problem(
            "A610",
            f"第 {_listed([column_letters(column) for column in bared])} 列应是隐藏的。",
            sheet=stands.name,
        )


def _too_small(should: float, stands: float, least: float) -> bool:
    """Negative: as high as what it holds."""
    return stands == 0 or 0 < stands < least * should or 0 <= stands < 5 and should < 0


def _cells(expected: SeenSheet, stands: SeenSheet) -> Iterator[Problem]:
    """The cells whose look changes what is read, by what is wrong with it."""
    wrong: dict[str, list[Place]] = {}
    merely = []
    none = SeenCell(Look(), False, frozenset())
    judged: dict[tuple[int, int], tuple[tuple[str, ...], bool]] = {}
    for at in sorted(stands.cells):
        one, other = expected.cells.get(at, none), stands.cells[at]
        pair = id(one), id(other)  # cells alike are one
        if pair not in judged:
            judged[pair] = tuple(_unlike_cell(one, other)), _dressed(one, other)
        words, dressed = judged[pair]
        for each in words:
            wrong.setdefault(each, []).append(at)
        if dressed and not words:
            merely.append(at)
    for what, cells in wrong.items():
        yield from (
            Problem("A609", f"{what}。", sheet=stands.name, cell=address(at))
            for at in cells[:MOST_TOLD]
        )
        if len(cells) > MOST_TOLD:
            yield Problem(
                "A609",
                f"另有 {len(cells) - MOST_TOLD} 个单元格也是这样：{what}。",
                sheet=stands.name,
            )
    if merely:
        yield Problem(
            "W617",
            f"{_listed([address(at) for at in merely])} 的字体或底色改过，仍读得清。",
            sheet=stands.name,
        )


def _unlike_cell(expected: SeenCell, stands: SeenCell) -> Iterator[str]:
    """In words how a cell does not show what it holds as it should."""
    should, look = expected.look, stands.look
    if expected.is_text and stands.is_text:
        if text_section(should.format) != text_section(look.format):
            yield f"数字格式应显示「{text_section(should.format).replace(chr(39), '')}」，被改成「{look.format}」，看到的不是单元格里的文字"
    elif should.shown != look.shown:
        yield f"数字格式应为「{should.format}」，被改成「{look.format}」，看到的不是原来的数"
    if look.ground != should.ground and len(look.ground) != 6:
        yield "底纹会盖住内容"
    fonts = stands.runs - expected.runs if stands.runs else {look.font}
    yield from dict.fromkeys(
        words for font in fonts for words in _unlike_font(should, font, look.ground)
    )
    if set(look.placed) != set(should.placed):
        yield "对齐、旋转、折行或斜线改过，看到的不同"


def _unlike_font(should: Look, font: Font, ground: str) -> Iterator[str]:
    usual = should.font
    seen = contrast(font.colour, ground)
    if seen < LEAST_CONTRAST and seen < contrast(usual.colour, should.ground) * 0.8:
        yield "字体颜色与底色相近，看不清"
    if not SMALLEST * usual.size <= font.size <= LARGEST * usual.size:
        yield f"字号应为 {usual.size:g}，被改成 {font.size:g}"
    if font.marks != usual.marks:
        yield "字体有删除线、上下标或是符号字体"


def _dressed(expected: SeenCell, stands: SeenCell) -> bool:
    """Whether it only looks otherwise."""
    one, other = expected.look, stands.look
    fonts = stands.runs - expected.runs if stands.runs else {other.font}
    return other.ground != one.ground or any(
        (font.colour, font.style) != (one.font.colour, one.font.style) for font in fonts
    )


def _drawn(expected: SeenSheet, stands: SeenSheet, value: Value) -> Iterator[Problem]:
    """Charts by their order; anything else drawn is too much."""
    charts = [drawing for drawing in stands.drawings if drawing.chart]
    for drawing in stands.drawings:
        if not drawing.chart:
            yield Problem(
                "A609",
                f"多出{drawing.word}，会盖住单元格。",
                sheet=stands.name,
                cell=address(drawing.first),
            )
    if len(charts) != len(expected.drawings):
        yield Problem(
            "A609",
            f"应有 {len(expected.drawings)} 幅图表，有 {len(charts)} 幅。",
            sheet=stands.name,
        )
        return
    for should, drawing in zip(expected.drawings, charts, strict=True):
        if any(
            abs(one - other) > 2
            for one, other in zip(
                (*should.first, *should.last), (*drawing.first, *drawing.last), strict=True
            )
        ):
            yield Problem(
                "A609",
                "图表移动过或放大过，会盖住单元格。",
                sheet=stands.name,
                cell=address(drawing.first),
            )
        if should.chart and drawing.chart:
            for words in _unlike_chart(should.chart, drawing.chart, value):
                yield Problem(
                    "A609",
                    f"图表「{should.chart.title or '（无标题）'}」{words}。",
                    sheet=stands.name,
                    cell=address(drawing.first),
                )


def _unlike_chart(should: Chart, chart: Chart, value: Value) -> Iterator[str]:
    if chart.title != should.title:
        yield f"的标题被改成「{chart.title}」"
    if chart.kinds != should.kinds:
        yield "的种类改过"
    if others := chart.texts - should.texts - {chart.title}:
        yield f"里多出文字{_listed([f'「{text}」' for text in sorted(others)])}"
    if chart.ranges != should.ranges:
        yield "画的不是原来的数"
    if chart.axes != should.axes:
        yield "的坐标轴改过"
    if chart.foreign:
        yield f"里多出{_listed(chart.foreign)}"
    if any(not _carries(source, values, value) for source, values in chart.caches):
        yield "里存着的数与单元格不同"


def _carries(source: str, values: Sequence[str], value: Value) -> bool:
    """Whether a chart carries what stands in the cells it draws from."""
    sheet, _, cells = source.rpartition("!")
    first, _, last = cells.partition(":")
    start, end = place(first), place(last or first)
    if start is None or end is None:
        return True
    places = [
        (row, column)
        for row in range(start[0], end[0] + 1)
        for column in range(start[1], end[1] + 1)
    ]
    return all(
        _same(text, value(sheet, at)) for at, text in zip(places, values, strict=False) if text
    )


def _same(text: str, cell: Any) -> bool:
    if cell is None:
        return True
    if isinstance(cell, int | float):
        try:
            return abs(float(text) - cell) <= NOISE * max(1.0, abs(cell))
        except ValueError:
            return False
    return text.split() == str(cell).split()


def _printed(expected: SeenSheet, stands: SeenSheet) -> Iterator[Problem]:
    """Pages: what is on them, what repeats, what their edges say."""
    if stands.area and stands.area != expected.area:
        yield Problem(
            "A609",
            f"打印区域应为 {expected.area}，被改成 {stands.area}，打印时会少掉内容。",
            sheet=stands.name,
        )
    if stands.titles != expected.titles:
        yield Problem(
            "A609",
            f"每页重复的标题行应为 {expected.titles or '无'}，被改成 {stands.titles or '无'}。",
            sheet=stands.name,
        )
    if stands.scale and stands.scale < LEAST_SCALE and stands.scale != expected.scale:
        yield Problem("A609", f"打印缩放只有 {stands.scale}%，打印出来看不清。", sheet=stands.name)
    if stands.first_page != expected.first_page:
        yield Problem(
            "A609",
            f"页码从 {stands.first_page or 1} 起，不是从 {expected.first_page or 1} 起。",
            sheet=stands.name,
        )
    for kind, word in HEADINGS.items():
        should, said = _said(expected.headings, kind), _said(stands.headings, kind)
        if said != should:
            yield Problem(
                "A609",
                f"{word}应为「{should}」。" if should else f"不应有{word}。",
                sheet=stands.name,
                value=said,
            )


def _said(headings: Mapping[str, str], kind: str) -> str:
    text = headings.get(kind, "")
    for mark in ("&L", "&C", "&R"):
        text = text.replace(mark, "  ")
    return text.strip()


def _listed(names: Iterable[str]) -> str:
    known = list(Counter(names))
    return "、".join(known[:MOST_TOLD]) + (f" 等 {len(known)} 处" if len(known) > MOST_TOLD else "")
