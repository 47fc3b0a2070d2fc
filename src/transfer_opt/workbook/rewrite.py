"""Other numbers in some cells of a workbook, written to another file: the cells are patched in place.

Every part but the sheets whose numbers change stays byte for byte, and of those every byte but the cells. What is no
.xlsx or .xlsm package is written anew as .xlsx, its values alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from transfer_opt.core.atomic_write import save_bytes
from transfer_opt.core.cell_names import Place, address
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.workbook.files.limits import FileError
from transfer_opt.workbook.files.opc import ROOT, TYPES, Package, children, local
from transfer_opt.workbook.files.open import (
    RawSheet,
    RawWorkbook,
    content_of,
    open_workbook,
    telling,
)
from transfer_opt.workbook.files.patch_numbers import formulas, patched
from transfer_opt.workbook.files.recalculate import Recalculation
from transfer_opt.workbook.graft import SUFFIXES

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.worksheet.worksheet import Worksheet

MOST_NAMED = 5
_ZIP = b"PK\x03\x04"
_BEHIND_CALCULATION = {
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
}
"""What follows the settings of calculation in a list of sheets."""


@dataclass(frozen=True)
class Source:
    """A workbook as it is to be rewritten."""

    book: RawWorkbook
    content: bytes

    @property
    def is_locked(self) -> bool:
        """Whether the file has a password, which these bytes have not."""
        return sha256(self.content).hexdigest() != self.book.sha256

    @property
    def suffix(self) -> str:
        """How the copy must be called: .xlsm where there are macros."""
        return _suffix(self.content) or ".xlsx"


def read_source(path: Path, password: str | None = None) -> Source:
    """The workbook and its bytes, without their password; InputError where it cannot be read."""
    return Source(open_workbook(path, password), content_of(path, password))


def rewrite(
    source: Source, target: Path, sheet: str, numbers: Mapping[Place, Fraction]
) -> tuple[Problem, ...]:
    """Write the workbook with these numbers on a sheet; what is not as it was before.

    Raises InputError where a formula in one of the cells shows a number of before or a part of the package is broken,
    OutputError where the file cannot be written; nothing is left behind then.
    """
    with telling(Path(source.book.path)):
        content, remarks = (
            _patched(source, sheet, numbers)
            if _suffix(source.content)
            else _anew(source, sheet, numbers)
        )
    save_bytes(target, content)
    locked = (
        [
            Problem(
                "W637", "原文件设有打开密码，写出的文件没有密码。", "需要时用 Excel 或 WPS 另设。"
            )
        ]
        if source.is_locked
        else []
    )
    return (*remarks, *locked)


def _suffix(content: bytes) -> str:
    """How a package that can be patched is called; empty for anything else."""
    try:
        package = Package(content) if content.startswith(_ZIP) else None
        main = package.related(ROOT, "officeDocument") if package and TYPES in package else None
        return (
            SUFFIXES.get(package.content_type(main), "")
            if package and main and main.endswith(".xml")
            else ""
        )
    except (zipfile.BadZipFile, FileError):
        return ""


def _patched(
    source: Source, sheet: str, numbers: Mapping[Place, Fraction]
) -> tuple[bytes, list[Problem]]:
    package = Package(source.content)
    main = package.related(ROOT, "officeDocument") or ""
    parts = {listed.name: listed.part for listed in package.worksheets()}
    known = {name: formulas(package.read(part)) for name, part in parts.items()}
    work = Recalculation(source.book, known, sheet, numbers)
    if work.stale:
        raise InputError(
            [
                Problem(
                    "E199",
                    f"公式「{known[sheet][at].text}」按表中现在的数算出 {float(value):,.15g}，与显示的不同。",
                    "用 Excel 或 WPS 打开，重新计算并保存，再取整。",
                    sheet,
                    address(at),
                )
                for at, value in work.stale.items()
            ]
        )
    for name, patch in work.patches.items():
        package.put_bytes(parts[name], patched(package.read(parts[name]), patch, known[name]))
    if not work.is_complete:
        _calculate_on_load(package, main)
    if work.replaced:  # the order of calculation names cells that hold no formula any more
        gone = {relation.id for relation in package.relations(main) if relation.kind == "calcChain"}
        if gone:
            package.unrelate(main, gone)
    return package.saved(), list(_told(package, sheet, work))


def _calculate_on_load(package: Package, main: str) -> None:
    """Let programs calculate every formula when they open the file."""
    from lxml import etree

    root = package.tree(main)
    settings = root.find("{*}calcPr")
    if settings is None:
        settings = etree.Element(f"{root.tag.rpartition('}')[0]}}}calcPr")
        before = [child for child in children(root) if local(child.tag) not in _BEHIND_CALCULATION]
        before[-1].addnext(settings)
    settings.set("fullCalcOnLoad", "1")
    package.put(main, root)


def _told(package: Package, sheet: str, work: Recalculation) -> Iterator[Problem]:
    if work.replaced:
        named = "、".join(map(address, work.replaced[:MOST_NAMED])) + (
            " 等" if len(work.replaced) > MOST_NAMED else ""
        )
        yield Problem(
            "W635",
            f"{len(work.replaced)} 个公式算不出取整后的数，已换成数：{named}。其余公式都保留。",
            "",
            sheet,
        )
    if not work.is_complete:
        yield Problem(
            "W636", "有些公式本程序不会算，它们旁边原来的值已去掉，用 Excel、WPS 打开时会自动重算。"
        )
    if any(name.startswith("xl/pivotCache") for name in package.names):
        yield Problem(
            "W638",
            "工作簿里有数据透视表，它显示的仍是取整前的数。",
            "打开后在数据透视表上点“刷新”。",
        )


def _anew(
    source: Source, sheet: str, numbers: Mapping[Place, Fraction]
) -> tuple[bytes, list[Problem]]:
    """Values, texts and merges as .xlsx."""
    book = _plain(source.book)
    for (row, column), number in numbers.items():
        book[sheet].cell(row + 1, column + 1).value = (
            number.numerator if number.denominator == 1 else float(number)
        )
    memory = BytesIO()
    book.save(memory)
    return memory.getvalue(), [
        Problem(
            "W639",
            "这种格式不能原样改写，已另写成 .xlsx：只有数、文字和合并单元格，公式写成它的值，"
            "颜色、列宽和图片不在其中。",
            "要保留样子，先用 Excel 或 WPS 另存为 .xlsx 再取整。",
        )
    ]


def _plain(source: RawWorkbook) -> openpyxl.Workbook:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for raw in source.sheets:
        _fill(book.create_sheet(raw.name), raw)
    return book


def _fill(sheet: Worksheet, raw: RawSheet) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for row, cells in enumerate(raw.rows, start=1):
        for column, cell in enumerate(cells, start=1):
            # Old formats hold characters that XML cannot.
            value = ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell
            if value is not None and value != "":
                sheet.cell(row, column).value = value
                if isinstance(value, str):
                    sheet.cell(row, column).data_type = "s"
    for top, left, bottom, right in raw.merges:
        sheet.merge_cells(
            start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
        )
    if raw.is_hidden:
        sheet.sheet_state = "hidden"
