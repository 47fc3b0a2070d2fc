"""What the reader has to say about a sheet: every problem and remark with its code, in one place.

E120 a sheet twice          E121 no header row       E122 a header twice        E123 merged data cells
E124 units disagree         E125 a unit not usable   E126 a renamed column is not there
E127 a name or code is an error value or a formula without a result
W130 text read as a number  W131 header by alias     W132 a column without header
W133 a prefecture's own row taken as its total       W134 a total that does not add up (totals.py)
W136 a header not known      W137 a sheet not read      W138 hidden, and read all the same
W139 formulas: the results last saved count
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transfer_opt.core.errors import Problem


def doubled_sheet(sheet: str, other: str) -> Problem:
    """Two sheets of one name once blanks and full-width letters are levelled."""
    message = f"工作簿里另有一张同名工作表「{other}」，无法判断用哪一张。"
    return Problem("E120", message, "删除或改名其中一张。", sheet=sheet)


def no_headers(sheet: str) -> Problem:
    """No row names two or more known columns."""
    message = "找不到表头行：没有一行写有两个以上可识别的列名。"
    return Problem("E121", message, "用 transfer-opt init 生成模板，对照修改表头。", sheet=sheet)


def doubled_header(sheet: str, header: str, first: str, second: str) -> Problem:
    """Two columns of one name."""
    message = f"表头「{header}」重复，{first} 已有同名的列。"
    return Problem("E122", message, "删除或改名其中一列。", sheet=sheet, cell=second, column=header)


def merged_cells(sheet: str, cells: str) -> Problem:
    """A merged range that covers a data row."""
    message = "数据区有合并单元格，无法判断内容属于哪一行哪一列。"
    return Problem("E123", message, "取消合并，每个单元格都填上内容。", sheet=sheet, cell=cells)


def disagreeing_units(sheet: str, said: Mapping[str, str]) -> Problem:
    """Different money units in one sheet or workbook: unit → where."""
    places = "，".join(f"{where}为{unit}" for unit, where in said.items())
    return Problem("E124", f"金额单位不一致：{places}。", "统一成一个单位。", sheet=sheet)


def unusable_unit(sheet: str, cell: str, column: str, unit: str, allowed: str) -> Problem:
    """A unit this program does not convert, such as 千元 or 万人."""
    message = f"单位「{unit}」不能使用。"
    return Problem(
        "E125", message, f"换算成{allowed}后填写。", sheet=sheet, cell=cell, column=column
    )


def unknown_rename(sheet: str, column: str) -> Problem:
    """A column the user wants renamed does not exist."""
    return Problem(
        "E126",
        f"要改名的列「{column}」在工作簿里找不到。",
        "核对 --rename 等号左边的列名。",
        sheet=sheet,
    )


def no_result(sheet: str, cell: str, column: str, shown: str) -> Problem:
    """A name or code cell holds an error value or a formula that was never calculated."""
    return Problem(
        "E127",
        "公式没有可用的结果。",
        "改成直接填写的内容，或用 Excel、WPS 打开重新计算并保存。",
        sheet=sheet,
        cell=cell,
        column=column,
        value=shown,
    )


def text_number(
    sheet: str, cell: str, column: str, shown: str, number: float, others: Sequence[str] = ()
) -> Problem:
    """Numbers typed as text were understood: the first of a column, and where the others are."""
    listed = "、".join(others[:20]) + (f" 等 {len(others)} 格" if len(others) > 20 else "")
    message = f"是文本，按数字 {number:.15g} 读入{f'；{listed} 也是' if others else ''}。"
    return Problem(
        "W130",
        message,
        "如不正确，请改成数字。",
        sheet=sheet,
        cell=cell,
        column=column,
        value=shown,
    )


def by_alias(sheet: str, cell: str, shown: str, header: str) -> Problem:
    """A header was understood by the alias table."""
    return Problem(
        "W131",
        f"表头「{shown}」按「{header}」读入。",
        "如不正确，请改用标准表头。",
        sheet=sheet,
        cell=cell,
    )


def headless(sheet: str, cell: str) -> Problem:
    """A column with data and no header."""
    return Problem(
        "W132", "所在的列没有表头，整列未读入。", "需要用到时补上表头。", sheet=sheet, cell=cell
    )


def prefecture_row(sheet: str, row: int, name: str) -> Problem:
    """A row named like a prefecture that has units of its own."""
    message = f"第{row}行「{name}」与下属县区的市州同名，按小计行处理，不参加分配。"
    return Problem("W133", message, "如果确是分配对象，请在名称上与市州区别开。", sheet=sheet)


def unknown_header(sheet: str, cell: str, shown: str, close: str) -> Problem:
    """A column whose header is no known one, where that is likely a slip."""
    remedy = (
        f"是否为「{close}」？是就改表头，或用 --rename {shown}={close}。"
        if close
        else "核对表头；多余的列可以删去。"
    )
    return Problem(
        "W136", f"不认识表头「{shown}」，没有当作标准列使用。", remedy, sheet=sheet, cell=cell
    )


def unread_sheet(sheet: str, close: str) -> Problem:
    """A sheet that is not read, though its name looks like one that is."""
    return Problem(
        "W137",
        f"没有读入这张工作表。是不是「{close}」？程序只认这个表名。",
        f"是就把表名改成「{close}」，每种表只留一张；不是可以不管。",
        sheet=sheet,
    )


def hidden(sheet: str, what: str) -> Problem:
    """Something hidden that counts."""
    return Problem(
        "W138",
        f"{what}是隐藏的，照样读入、参加计算。",
        "取消隐藏核对；不该算的请删去。",
        sheet=sheet,
    )


def calculated(sheet: str, count: int, first: str) -> Problem:
    """Formulas among the data: nothing is calculated anew."""
    message = (
        f"数据区有 {count} 个公式（第一个在 {first}），用的是文件里保存的计算结果，不重新计算。"
    )
    return Problem(
        "W139", message, "改过数据的，先用 Excel 或 WPS 打开、重新计算并保存。", sheet=sheet
    )
