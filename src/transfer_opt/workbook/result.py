"""Reads the sheets of a result workbook back as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer_opt.errors import InputError, Problem
from transfer_opt.sheets import Value

LABEL_ROW, HEADER_ROW = 1, 3
"""From 0: title, label and unit, band, header."""
UNIT = "单位："


@dataclass(frozen=True)
class ResultSheet:
    """One sheet as written: its rows as header → value, notes under the table included, its money unit, title and label."""

    rows: list[dict[str, Value]]
    unit: str
    title: str = ""
    label: str = ""
    """What stands at the left of the second row: 示例数据 where the data are."""


def read_result(path: Path, names: tuple[str, ...]) -> dict[str, ResultSheet]:
    """The named sheets; raises InputError where the file is no result workbook."""
    from python_calamine import CalamineError, load_workbook

    try:
        with path.open("rb") as stream:
            book = load_workbook(stream)
            missing = [name for name in names if name not in book.sheet_names]
            if missing:
                raise _no_result(path, f"没有「{missing[0]}」表")
            return {name: _sheet(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names}
    except (OSError, CalamineError) as error:
        raise _no_result(path, "打不开") from error


def _sheet(cells: list[list[Any]]) -> ResultSheet:
    headers = [str(cell).replace("\n", "") for cell in cells[HEADER_ROW]]
    label = next((str(cell) for cell in cells[LABEL_ROW] if str(cell).startswith(UNIT)), "")
    unit = label.removeprefix(UNIT).partition("（")[0].partition("，")[0]
    left = str(cells[LABEL_ROW][0])
    return ResultSheet([dict(zip(headers, row, strict=False)) for row in cells[HEADER_ROW + 1 :]], unit,
                       str(cells[0][0]), "" if left.startswith(UNIT) else left)


def _no_result(path: Path, why: str) -> InputError:
    return InputError([Problem("E170", f"{path} 不是 transfer-opt 写出的结果工作簿（{why}）。", "先用 transfer-opt solve 生成结果。")])
