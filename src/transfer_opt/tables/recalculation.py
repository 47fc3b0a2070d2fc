"""Every formula of a workbook beside the value it shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from transfer_opt.core.cell_names import Place, address
from transfer_opt.core.errors import Problem
from transfer_opt.core.measured import last_place, measured, plain
from transfer_opt.core.text import to_text
from transfer_opt.tables.tabulation import Tabulation
from transfer_opt.tables.workings import Book, Workings, exact_number
from transfer_opt.workbook.files.formula_operands import Exact, FormulaError, UnknownError
from transfer_opt.workbook.result.pages import Page


@dataclass(frozen=True)
class Recalculated:
    """How many formulas were compared, which show another value, and which are not worked out here."""

    checked: int
    wrong: tuple[Problem, ...]
    unchecked: tuple[Problem, ...]


def recalculated(book: Book, workings: Workings, tables: Sequence[Tabulation]) -> Recalculated:
    """Every formula that shows a value, over the values that the other cells show."""
    headers = {
        (table.page.name, row, column): table.headers[column]
        for table in tables
        for row in table.rows
        for column in table.headers
    }
    wrong: list[Problem] = []
    unknown: dict[tuple[str, str], list[Place]] = {}
    checked = 0
    for page in book.pages.values():
        for at in sorted(page.formulas if page.name in book.marks else page.sheet.facts.formulas):
            try:
                value = _worth(page, at, workings)
            except UnknownError as error:
                unknown.setdefault((page.name, str(error)), []).append(at)
                continue
            checked += 1
            if value is not None:
                wrong.append(
                    Problem(
                        "A622",
                        f"公式「{page.formulas[at]}」按表中现在的数算出 {value}。",
                        "",
                        page.name,
                        address(at),
                        headers.get((page.name, *at), ""),
                        _shown(page.value(at)),
                    )
                )
    told = [
        Problem(
            "W641",
            f"{why}" + (f"，共 {len(cells)} 格。" if len(cells) > 1 else "。"),
            "",
            sheet,
            address(cells[0]),
            headers.get((sheet, *cells[0]), ""),
        )
        for (sheet, why), cells in unknown.items()
    ]
    return Recalculated(checked, tuple(wrong), tuple(told))


def _worth(page: Page, at: Place, workings: Workings) -> str | None:
    """What a formula comes to where the cell shows something else; UnknownError where that cannot be said."""
    if at not in page.formulas:
        raise UnknownError("文件没有给出公式的内容，只核对了数")
    shown = page.value(at)
    try:
        value = workings.value(page, at)
    except UnknownError:
        raise
    except FormulaError as error:
        if shown is None or shown == str(error):
            return None
        raise UnknownError(f"公式算出来是错误值 {error}") from None
    return _compared(shown, value)


def _compared(shown: Any, value: Exact) -> str | None:
    """The value in words where it is not what is shown."""
    if shown is None:
        return None  # never calculated: worked out here, and counted as that
    if isinstance(value, str):
        if not isinstance(shown, str):
            raise UnknownError("公式算出来是文字")
        return None if shown == value else f"「{value}」"
    number = exact_number(int(shown) if isinstance(shown, bool) else shown)
    if number is None or isinstance(shown, str):
        raise UnknownError("公式算出来是数，显示的不是")
    should = measured(Fraction(0) if value is None else value)
    return None if should.meets(Fraction(number), last_place(number)) else str(should)


def _shown(value: Any) -> str:
    number = exact_number(value)
    return to_text(value) if number is None else plain(Fraction(number))
