"""「县区说明单」 onto its sheet: cells, the list to choose from, the chart, one printed page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transfer_opt.core.cell_names import cached, plain
from transfer_opt.core.tables import Notice, NoticeCell, NoticeLook, Report
from transfer_opt.workbook.output import styles
from transfer_opt.workbook.output.layout import CELL_PADDING, DIGIT_PIXELS
from transfer_opt.workbook.output.print_setup import set_up_paper
from transfer_opt.workbook.output.styles import (
    BLUE,
    CELL_BORDER,
    GREY,
    HEI,
    INK,
    KAI,
    ORANGE,
    SONG,
    Look,
    Styles,
)

RULE, TOTAL_BAR = "#1F4E79", "#4A5560"
HIDDEN_COLUMNS = 12
BAR_GAP = 60
_TEXT: Look = {"font_name": SONG, "font_size": 11, "font_color": INK, "valign": "vcenter"}
_CELL: Look = {**styles.BODY, "font_size": 11}
_FIGURE: Look = {**_CELL, "align": "right", "shrink": True}
LOOKS: Mapping[NoticeLook, Look] = {
    "title": {**styles.TITLE},
    "label": {**_TEXT},
    "unit": {**styles.UNIT_NOTE, "font_size": 10},
    "choice": {
        **_TEXT,
        "font_name": HEI,
        "font_size": 12,
        "bg_color": styles.SUMMARY_FILL,
        "bottom": 1,
        "shrink": True,
    },
    "place": {**_TEXT, "font_color": GREY, "shrink": True},
    "remark": {**styles.LABEL, "font_name": KAI, "shrink": True},
    "heading": {
        **_TEXT,
        "font_name": HEI,
        "font_size": 12,
        "font_color": RULE,
        "bottom": 2,
        "bottom_color": RULE,
    },
    "sentence": {**_TEXT, "text_wrap": True},
    "head": {**styles.HEADER, "font_size": 10},
    "letter": {**_CELL, "align": "center", "font_name": HEI, "font_size": 9},
    "item": {**_CELL, "shrink": True},
    "arithmetic": {**_CELL, "font_size": 10, "font_color": GREY, "shrink": True},
    "figure": _FIGURE,
    "share": _FIGURE,
    "money": _FIGURE,
    "step": _FIGURE,
    "change": _FIGURE,
    "growth": _FIGURE,
    "coverage": _FIGURE,
    "rank": {**_CELL, "align": "center"},
    "hidden": {},
}
FIGURES: frozenset[NoticeLook] = frozenset(
    {"figure", "share", "money", "step", "change", "growth", "coverage"}
)
COLOURED: Mapping[NoticeLook, tuple[str, Look]] = {
    "step": ("==", styles.NO_STEP),
    "change": ("<", styles.NEGATIVE),
    "growth": ("<", styles.NEGATIVE),
}
"""Colours that follow the live value: compared with 0 so, it looks so."""


def write_notice(book: Any, sheet: Any, notice: Notice, report: Report, made: Styles) -> None:
    """Everything on the sheet."""
    columns = len(notice.widths)
    for index, width in enumerate(notice.widths):
        sheet.set_column_pixels(index, index, int(width * DIGIT_PIXELS + 0.5) + CELL_PADDING)
    sheet.set_column(columns, columns + HIDDEN_COLUMNS - 1, 10, None, {"hidden": True})
    for row, height in notice.heights.items():
        sheet.set_row(row, height)
    for cell in notice.cells:
        _write(sheet, cell, made)
    sheet.data_validation(
        *notice.choice,
        *notice.choice,
        {
            "validate": "list",
            "source": notice.options,
            "error_title": "没有这个县区",
            "error_message": "请从下拉列表中选择县区。",
        },
    )
    sheet.insert_chart(
        notice.chart.row,
        0,
        _waterfall(book, notice),
        {"object_position": 2, "x_offset": 2, "y_offset": 2},
    )
    set_up_paper(sheet, report, "A4")
    sheet.print_area(0, 0, notice.rows - 1, columns - 1)
    sheet.fit_to_pages(1, 1)
    sheet.set_selection(*notice.choice, *notice.choice)


def number_format(look: NoticeLook, decimals: int) -> str:
    """How a figure is shown: to the decimals it is rounded to, so that what is printed can be recalculated."""
    zeros = "." + "0" * decimals if decimals else ""
    if look == "share":
        percent = "0" + ("." + "0" * (decimals - 2) if decimals > 2 else "") + "%_ "
        return f"{percent};-{percent}"
    if look in ("growth", "coverage"):
        return "+0.0%_ ;-0.0%_ ;0.0%_ " if look == "growth" else "0.0%_ ;-0.0%_ "
    figure = f"#,##0{zeros}_ "
    if look == "step":
        return f'+{figure};-{figure};"–"_ '
    return f"+{figure};-{figure};{figure}" if look == "change" else f"{figure};-{figure}"


def _write(sheet: Any, cell: NoticeCell, made: Styles) -> None:
    look = dict(LOOKS[cell.look])
    if cell.look in FIGURES:
        look["num_format"] = number_format(cell.look, cell.decimals)
    if cell.main:
        look.update({"bold": True, "bg_color": styles.SUBTOTAL_FILL})
    form = made.of(look) if look else None
    if cell.across > 1:
        sheet.merge_range(cell.row, cell.column, cell.row, cell.column + cell.across - 1, "", form)
    if cell.formula:
        sheet.write_formula(
            cell.row,
            cell.column,
            cell.formula,
            form,
            cached(cell.value if cell.value is not None else ""),
        )
    elif isinstance(cell.value, str):
        sheet.write_string(cell.row, cell.column, plain(cell.value), form)
    elif cell.value is None:
        sheet.write_blank(cell.row, cell.column, None, form)
    else:
        sheet.write_number(cell.row, cell.column, cached(cell.value), form)
    if cell.look in COLOURED:
        criteria, colour = COLOURED[cell.look]
        rule = {
            "type": "cell",
            "criteria": criteria,
            "value": 0,
            "format": made.conditional(colour),
        }
        sheet.conditional_format(cell.row, cell.column, cell.row, cell.column, rule)


def _waterfall(book: Any, notice: Notice) -> Any:
    """Stacked columns over an invisible base; a bar that crosses 0 has a part above and a part below."""
    chart = book.add_chart({"type": "column", "subtype": "stacked"})
    first, last = notice.chart.rows
    rises: dict[str, Any] = {"fill": {"color": BLUE}, "border": {"color": BLUE}}
    falls: dict[str, Any] = {
        "pattern": {"pattern": "wide_upward_diagonal", "fg_color": ORANGE, "bg_color": "#FFFFFF"},
        "border": {"color": ORANGE},
    }
    looks: tuple[dict[str, Any], ...] = (
        {"fill": {"none": True}, "border": {"none": True}},
        rises,
        rises,
        falls,
        falls,
        {"fill": {"color": TOTAL_BAR}, "border": {"color": TOTAL_BAR}},
    )
    for column, look in zip(notice.chart.series, looks, strict=True):
        chart.add_series(
            {
                "categories": [
                    notice.name,
                    first,
                    notice.chart.categories,
                    last,
                    notice.chart.categories,
                ],
                "values": [notice.name, first, column, last, column],
                "gap": BAR_GAP,
                "overlap": 100,
                **look,
            }
        )
    font = {"name": SONG, "size": 9, "bold": False, "color": INK}
    chart.set_x_axis(
        {
            "num_font": font,
            "label_position": "low",
            "line": {"color": GREY},
            "major_tick_mark": "none",
        }
    )
    chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, "num_font": font})
    chart.set_legend({"none": True})
    chart.set_title({"none": True})
    chart.set_chartarea({"border": {"color": CELL_BORDER}})
    # The columns it draws from are hidden.
    chart.show_hidden_data()
    width = sum(int(width * DIGIT_PIXELS + 0.5) + CELL_PADDING for width in notice.widths)
    chart.set_size({"width": width - 5, "height": notice.chart.height - 5})
    return chart
