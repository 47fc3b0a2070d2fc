"""What comes back from the executing system: every cell, row and column that is otherwise is named, and nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from books import GUARANTEE
from calls import call
from handovers import (
    AMOUNT,
    CODE,
    DOCUMENT,
    HEADER,
    MAPPING,
    MARK,
    NAME,
    OFFICIAL,
    given,
    mapping,
    river,
    set_cell,
)

from transfer_opt.commands.audit import Audited, audit_exported
from transfer_opt.commands.export import export
from transfer_opt.core.cell_names import address
from transfer_opt.core.errors import AuditError, InputError
from transfer_opt.published.handover import compare
from transfer_opt.report.handover import HandedOver
from transfer_opt.workbook.files.open import RawSheet

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handover")


@pytest.fixture(scope="module")
def result(folder: Path) -> Path:
    """Along the river 湟中区 gets 1,020, 湟源县 1,170 and 海晏县 810 of the fund, in 万元."""
    return river(folder)


@pytest.fixture(scope="module")
def official(folder: Path) -> Path:
    return mapping(folder / "对照.xlsx", **OFFICIAL)


@pytest.fixture(scope="module")
def written(folder: Path, result: Path, official: Path) -> Path:
    return export(result, "一体化", folder / "出.xlsx", mapping=official).path


@pytest.fixture(scope="module")
def ours(result: Path, official: Path) -> HandedOver:
    return given(result, official)


def grid(handed: HandedOver) -> list[list[Any]]:
    """The cells as a workbook gives them back."""
    rows = [[float(v) if isinstance(v, Decimal) else v for v in row] for row in handed.rows]
    return [list(handed.columns), *rows]


def found(handed: HandedOver, rows: list[list[Any]], typed: bool = True) -> list[tuple[str, str]]:
    """Codes and cells of what is told."""
    sheet = RawSheet("Sheet1", rows, ())
    told = compare(handed, [sheet], "回.xlsx", typed).problems
    return [(each.code, each.cell) for each in told]


def test_what_was_written_is_read_back_without_a_difference(
    result: Path, official: Path, written: Path
) -> None:
    told = audit_exported(result, written, official)
    assert told.clean
    assert told.closing == "共核对 7 行、91 格，结果应有 7 行。"


def test_their_order_and_their_way_of_writing_numbers_are_no_difference(ours: HandedOver) -> None:
    rows = grid(ours)
    for row in rows[1:]:
        row[AMOUNT] = f"{row[AMOUNT]:,.2f}"
        row[CODE] = float(row[CODE])
    order = random.Random(1).sample(range(len(HEADER)), len(HEADER))
    turned = [[row[at] for at in order] for row in [rows[0], *reversed(rows[1:])]]
    top = [["转移支付指标"], [], *turned, []]
    assert found(ours, top) == []


def test_a_csv_in_gbk_with_tabs_is_read(
    tmp_path: Path, result: Path, official: Path, ours: HandedOver
) -> None:
    lines = ["\t".join(f'"{cell}"' for cell in row) for row in grid(ours)]
    (tmp_path / "回.csv").write_bytes("\r\n".join(lines).encode("gbk"))
    assert audit_exported(result, tmp_path / "回.csv", official).clean


CHANGED: tuple[tuple[int, int, Any], ...] = (
    (1, AMOUNT, 10_200_000.01),
    (2, AMOUNT, None),
    (3, AMOUNT, "待定"),
    (1, CODE, "630106001"),
    (4, NAME, "海晏"),
    (5, DOCUMENT, "示例〔2026〕10号"),
    (6, 6, "2302103"),
    (7, 8, "1"),
    (1, MARK, "02"),
)


@pytest.mark.parametrize(("row", "column", "value"), CHANGED)
def test_a_changed_cell_is_named(ours: HandedOver, row: int, column: int, value: Any) -> None:
    rows = grid(ours)
    rows[row][column] = value
    assert found(ours, rows) == [("A632", address((row, column)))]


def _edit(rows: list[list[Any]], generator: random.Random) -> tuple[int, int]:
    """One cell, made something else: cleared, a digit or a letter of it changed, a figure moved by a fen or more."""
    row, column = generator.randrange(1, len(rows)), generator.randrange(len(HEADER))
    cell = rows[row][column]
    if isinstance(cell, float):
        step = generator.choice((0.01, 1, 10_000, -0.01, -250_000))
        rows[row][column] = generator.choice((None, round(cell + step, 2), f"{cell + 1:,.2f}"))
    elif cell and generator.random() < 0.8:
        at = generator.randrange(len(cell))
        other = generator.choice([mark for mark in "0123456789县甲X" if mark != cell[at]])
        rows[row][column] = cell[:at] + other + cell[at + 1 :]
    else:
        rows[row][column] = None if cell else generator.choice(("1", "其他", 7.0))
    return row, column


@pytest.mark.parametrize("seed", range(120))
def test_a_single_edit_is_named(ours: HandedOver, seed: int) -> None:
    rows = grid(ours)
    place = _edit(rows, random.Random(seed))
    assert found(ours, rows) == [("A632", address(place))]


def test_rows_that_are_missing_doubled_or_new(ours: HandedOver) -> None:
    rows = grid(ours)
    assert found(ours, [*rows[:3], *rows[4:]]) == [("A633", "")]
    assert found(ours, [*rows, list(rows[3])]) == [("A634", "A9")]
    stranger = ["2026", "630000000", "632626000", "玛多县", "", "别的", "", "", "", "", "", 5.0, ""]
    assert found(ours, [*rows, stranger]) == [("A634", "A9")]
    swapped = grid(ours)
    swapped[2][AMOUNT], swapped[4][AMOUNT] = swapped[4][AMOUNT], swapped[2][AMOUNT]
    assert found(ours, swapped) == [("A632", "L3"), ("A632", "L5")]


def test_a_total_row_is_added_up(ours: HandedOver) -> None:
    rows = grid(ours)
    total: list[Any] = ["合计", *[None] * 10, 38_500_000.0, None]
    assert found(ours, [*rows, total]) == []
    total[AMOUNT] = 38_500_000.01
    assert found(ours, [*rows, total]) == [("A635", "L9")]


def test_a_column_that_is_missing_doubled_or_not_ours(ours: HandedOver) -> None:
    rows = grid(ours)
    assert found(ours, [row[:-1] for row in rows]) == [("A631", "")]
    assert found(ours, [[*row, row[2]] for row in rows]) == [("A631", "N1")]
    extra = [[*row, "备注" if at == 0 else "好"] for at, row in enumerate(rows)]
    assert found(ours, extra) == [("W651", "N1")]


def test_zeros_that_a_spreadsheet_dropped_cannot_be_known_of(ours: HandedOver) -> None:
    rows = grid(ours)
    rows[1][MARK] = 1.0
    assert found(ours, rows) == [("W652", "M2")]
    rows[2][MARK] = 1.0
    assert found(ours, rows) == [("W652", "M2")]
    rows[1][MARK] = rows[2][MARK] = "1"
    assert found(ours, rows) == [("A632", "M2"), ("A632", "M3")]
    assert found(ours, rows, typed=False) == [("W652", "M2")]


def test_of_a_long_code_a_spreadsheet_keeps_fifteen_digits(tmp_path: Path, result: Path) -> None:
    handed = given(
        result, mapping(tmp_path / "m.xlsx", **{**OFFICIAL, "项目代码": "12345678901234567890"})
    )
    rows = grid(handed)
    rows[1][4] = 12345678901234600000.0
    assert found(handed, rows) == [("A632", "E2")]
    rows[1][4] = 12345678901234500000.0
    assert found(handed, rows) == [("W652", "E2")]


def test_a_file_without_their_columns_is_refused(
    tmp_path: Path, result: Path, official: Path
) -> None:
    for name, content in (("甲.csv", "a,b\n1,2\n"), ("乙.csv", "")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="E417"):
        audit_exported(result, tmp_path / "甲.csv", official)
    with pytest.raises(InputError, match="E111"):
        audit_exported(result, tmp_path / "乙.csv", official)


def test_a_result_that_was_edited_is_neither_exported_nor_a_measure(
    tmp_path: Path, result: Path, official: Path, written: Path
) -> None:
    set_cell(edited := _copy(result, tmp_path / "改.xlsx"), "分配结果", "D6", 999_999)
    with pytest.raises(AuditError):
        audit_exported(edited, written, official)


def _copy(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes())
    return target


# By the user's own door -------------------------------------------------------------------------------------------


def test_the_commands_end_as_an_audit_does(
    tmp_path: Path,
    result: Path,
    official: Path,
    written: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    by = ("--exported", written, "--mapping", official)
    assert call("audit", result, *by) == 0
    back = _copy(written, tmp_path / "回.xlsx")
    set_cell(back, "Sheet1", "L3", 1)
    capsys.readouterr()
    assert call("audit", result, "--exported", back, "--mapping", official) == 6
    said = capsys.readouterr()
    assert (
        f"[A632] 工作表「Sheet1」单元格 L3（REPLY_AMT）：值为「1」，湟源县{GUARANTEE}（提前下达）应为 1,005,000 元。"
        in said.err
    )
    assert call("audit", result, "--exported", back, "--mapping", official, "--json") == 6
    assert json.loads(capsys.readouterr().out)["problems"][0]["cell"] == "L3"


MISUSED: tuple[Callable[[Path], tuple[str | Path, ...]], ...] = (
    lambda result: ("export", result, "--format", "一体化"),
    lambda result: ("export", result, "--format", "csv", "--mapping", MAPPING),
    lambda result: ("audit", result, "--exported", result),
    lambda result: ("audit", result, result, "--exported", result, "--mapping", MAPPING),
)


@pytest.mark.parametrize("arguments", MISUSED)
def test_a_mapping_goes_with_its_format_and_its_file(
    arguments: Callable[[Path], tuple[str | Path, ...]], result: Path
) -> None:
    assert call(*arguments(result)) == 2


def test_an_audit_of_a_file_says_which_file(result: Path, official: Path, written: Path) -> None:
    told: Audited = audit_exported(result, written, official)
    assert told.verdict == f"核对通过，没有不符：{written}"
