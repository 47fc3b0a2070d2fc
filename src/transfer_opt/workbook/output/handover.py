"""The file for the executing system, and the mapping it is written by, as workbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO

from transfer_opt.core.budget import Value
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.vocabulary import THEIR_COLUMNS, THEIR_FUNDS, THEIR_SETTINGS
from transfer_opt.workbook.input.handover import BLANK, KINDS, MAPPING_SHEETS, SETTINGS
from transfer_opt.workbook.output import styles as looks
from transfer_opt.workbook.output.form import FormSheet, form_book
from transfer_opt.workbook.output.print_setup import CENTIMETRE, PAPERS
from transfer_opt.workbook.output.styles import Look, Styles

_WIDEST, _NARROWEST = 40, 8
_TEXT: Look = {**looks.BODY, "num_format": "@"}
_MONEY: Look = {**looks.BODY, "num_format": "#,##0.00", "align": "right"}
_NOTES: Mapping[str, Sequence[str]] = {
    THEIR_COLUMNS: (
        "注：各省导入模板不同，按本省的模板改“对方列名”和次序，可以增加或删除行；下达区划代码和金额两列不能少。",
    ),
    THEIR_FUNDS: (
        f"注：一项资金一行。程序不编文号、科目和代码：空着而又要用到的，导出时指出是哪一格；确实不填的写“{BLANK}”。",
        f"没有“{KINDS[0]}”数的资金只有{KINDS[1]}一种；收入科目留空用模型里的，横向补偿用规则里的。",
    ),
    THEIR_SETTINGS: ("注：取值留空用默认值。项目的名称不要改。",),
}


def write_orders(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Decimal]],
    sheet: str,
    label: str,
) -> bytes:
    """One sheet with the headers in its first row, as systems want it; `label` is printed above every page."""
    memory = BytesIO()
    book = form_book(memory)
    styles, page = Styles(book), book.add_worksheet(sheet)
    page.set_row(0, 30)
    for at, name in enumerate(columns):
        page.write_string(0, at, name, styles.of(looks.HEADER))
        page.set_column(at, at, _width([name, *(row[at] for row in rows)]))
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row):
            if isinstance(value, Decimal):
                page.write_number(number, at, float(value), styles.of(_MONEY))
            elif value:
                page.write_string(number, at, value, styles.of(_TEXT))
            else:
                page.write_blank(number, at, None, styles.of(_TEXT))
    last = column_letters(len(columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:{last}{len(rows) + 1}"})
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(PAPERS["A4"][0])
    page.set_margins(*(end * CENTIMETRE for end in (1.0, 1.0, 1.6, 1.3)))
    page.fit_to_pages(1, 0)
    page.set_header(f"&L&9{label.replace('&', '&&')}", {"margin": 0.6 * CENTIMETRE})
    page.set_footer("&C&9第 &P 页 共 &N 页", {"margin": 0.6 * CENTIMETRE})
    book.close()
    return memory.getvalue()


def write_mapping(
    columns: Sequence[Mapping[str, Value]],
    funds: Sequence[Mapping[str, Value]],
    chosen: Mapping[str, str],
    label: str,
) -> bytes:
    """A mapping as forms to be filled in; `chosen` are settings other than the usual ones."""
    memory = BytesIO()
    book = form_book(memory)
    styles = Styles(book)
    settings = [
        {"项目": item, "取值": chosen.get(item, default), "说明": note}
        for item, (default, note) in SETTINGS.items()
    ]
    titles = {
        THEIR_COLUMNS: "一体化导出列对照表",
        THEIR_FUNDS: "一体化导出资金对照表",
        THEIR_SETTINGS: "一体化导出设置",
    }
    for (name, title), lines in zip(titles.items(), (columns, funds, settings), strict=True):
        form = FormSheet(book, styles, name, MAPPING_SHEETS[name], title, label, "")
        for line in lines:
            form.write_row(line)
        form.finish(_NOTES[name], frozen_columns=1)
    book.close()
    return memory.getvalue()


def _width(values: Sequence[str | Decimal]) -> float:
    longest = max(
        len(f"{value:,.2f}") if isinstance(value, Decimal) else len(value.encode("gb18030"))
        for value in values
    )
    return min(_WIDEST, max(_NARROWEST, longest + 2.0))
