"""What is handed over to the executing system says what the result says, and whatever comes back otherwise is named."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from basins import pooled
from books import ECOLOGY, GUARANTEE
from handovers import (
    AMOUNT,
    CODE,
    DOCUMENT,
    HEADER,
    MAPPING,
    OFFICIAL,
    add_column,
    given,
    mapping,
    river,
    rows_of,
    set_cell,
    shared,
    solved,
)

from transfer_opt.commands.adjust import Wish, adjust, opened, write
from transfer_opt.commands.audit import audit_exported
from transfer_opt.commands.export import export
from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.intake.handover import read_handover
from transfer_opt.workbook.input.handover import MAPPING_SHEETS, SETTINGS, SOURCES

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


# Handed over ------------------------------------------------------------------------------------------------------


def test_a_row_is_a_line_and_a_kind_of_decision_in_their_columns(written: Path) -> None:
    ahead, now = OFFICIAL["提前下达文号"], OFFICIAL["本次下达文号"]
    fund, river = (GUARANTEE, "2300207", "1100207"), ("横向补偿", "2302102", "1102102")

    def row(payer: str, code: str, name: str, what: Sequence[str], *rest: Any) -> tuple[Any, ...]:
        kind, document, amount = rest
        return (
            *("2026", payer, code, name, "0012", *what, None),
            *(kind, document, amount, "01"),
        )

    province = "630000000"
    assert rows_of(written) == [
        HEADER,
        row(province, "630106000", "湟中区", fund, "本次下达", now, 10_200_000),
        row(province, "630123000", "湟源县", fund, "提前下达", ahead, 1_005_000),
        row(province, "630123000", "湟源县", fund, "本次下达", now, 11_700_000 - 1_005_000),
        row(province, "632223000", "海晏县", fund, "提前下达", ahead, 50_000_000),
        row(province, "632223000", "海晏县", fund, "本次下达", now, 8_100_000 - 50_000_000),
        row("630123000", "630106000", "湟中区", river, "本次下达", now, 7_000_000),
        row("630123000", "632223000", "海晏县", river, "本次下达", now, 1_500_000),
    ]


def test_what_is_written_is_told_with_its_totals(
    tmp_path: Path, result: Path, official: Path
) -> None:
    done = export(result, "一体化", tmp_path / "出.csv", mapping=official)
    assert done.told == (
        "7 行，13 列，编码 UTF-8（带 BOM）",
        f"{GUARANTEE}：5 行，合计 30,000,000 元，与结果一致",
        "横向补偿：2 行，合计 8,500,000 元，与结果一致",
        "试算断面没有协议，是试算，收付不写进文件。",
        "1 行本次下达是负数，是应收回的提前下达。",
    )


def test_only_this_decision_where_the_advance_stands_in_the_system_already(
    tmp_path: Path, result: Path
) -> None:
    by = mapping(tmp_path / "m.xlsx", {"下达种类": "本次下达", "金额单位": "万元"}, **OFFICIAL)
    done = export(result, "一体化", tmp_path / "出.xlsx", mapping=by)
    assert [row[AMOUNT] for row in rows_of(done.path)[1:]] == [1020, 1069.5, -4190, 700, 150]
    assert f"{GUARANTEE}：3 行，合计 -2,100.50 万元，与结果一致" in done.told


def test_the_provinces_own_money_and_codes_of_nine_digits(tmp_path: Path, official: Path) -> None:
    """The split moves 10 from ecology to the guarantee: 130 and 70 are what the counties get."""
    found = shared(tmp_path, {"乙县": "630103001"})
    path = export(found, "一体化", tmp_path / "出.xlsx", mapping=official).path
    assert [(row[CODE], row[5], row[AMOUNT]) for row in rows_of(path)[1:]] == [
        ("630102000", GUARANTEE, 0),
        ("630103001", GUARANTEE, 1_300_000),
        ("630102000", ECOLOGY, 700_000),
    ]


def test_a_one_off_of_last_year_changes_nothing_that_is_handed_over(
    tmp_path: Path, official: Path
) -> None:
    (tmp_path / "一").mkdir()
    plain = shared(tmp_path)
    budget = tmp_path / "统筹.xlsx"
    add_column(budget, f"上年{GUARANTEE}其中一次性", {"乙县": 5})
    with_one_off = solved(budget.rename(tmp_path / "一" / "统筹.xlsx"))
    files = [
        export(each, "一体化", tmp_path / f"{at}.xlsx", mapping=official).path
        for at, each in enumerate((plain, with_one_off))
    ]
    assert rows_of(files[0]) == rows_of(files[1])


def test_the_approved_amounts_are_handed_over(tmp_path: Path, result: Path, official: Path) -> None:
    wish = Wish("湟中区", GUARANTEE, "1025", "雪灾应急", "厅长办公会")
    changed = tmp_path / "调.xlsx"
    write(adjust(opened(result), wish), changed)
    done = export(changed, "一体化", tmp_path / "出.xlsx", mapping=official)
    assert rows_of(done.path)[1][AMOUNT] == 10_250_000
    assert f"{GUARANTEE}：5 行，合计 30,050,000 元，与结果一致" in done.told
    computed = audit_exported(result, done.path, official)
    assert [(each.code, each.cell) for each in computed.findings] == [("A632", "L2")]


def test_what_counties_pay_into_a_fund_is_not_handed_over(tmp_path: Path) -> None:
    found = solved(pooled(tmp_path / "池.xlsx", (100, 200, 300), 2400))
    done = export(found, "一体化", tmp_path / "出.xlsx", mapping=mapping(tmp_path / "m.xlsx"))
    assert "各县流域出资是县里交出的钱，不写进文件。" in done.told
    assert "列对照写“空白”的没有填：项目代码、指标文号、直达标识。" in done.told


def test_a_fund_that_is_not_to_be_exported_is_named(tmp_path: Path, result: Path) -> None:
    by = mapping(tmp_path / "m.xlsx", **OFFICIAL)
    set_cell(by, "资金对照", "B7", "否")
    done = export(result, "一体化", tmp_path / "出.xlsx", mapping=by)
    assert "没有写进文件：横向补偿。" in done.told
    assert len(rows_of(done.path)) == 6


def test_the_same_result_gives_the_same_bytes(
    tmp_path: Path, result: Path, official: Path, written: Path
) -> None:
    again = export(result, "一体化", tmp_path / "又.xlsx", mapping=official).path
    assert again.read_bytes() == written.read_bytes()


def test_a_csv_is_written_in_the_encoding_of_the_mapping(tmp_path: Path, result: Path) -> None:
    by = mapping(tmp_path / "m.xlsx", {"CSV编码": "gbk"}, **OFFICIAL)
    done = export(result, "一体化", tmp_path / "出.csv", mapping=by)
    assert "7 行，13 列，编码 GBK" in done.told
    rows = list(csv.reader(io.StringIO(done.path.read_bytes().decode("gbk"))))
    assert rows[0] == list(HEADER)
    assert rows[1][AMOUNT] == "10200000"
    assert audit_exported(result, done.path, by).clean


# What lacks is asked for, never made up --------------------------------------------------------------------------


LACKING: tuple[tuple[str, str, Any, str, str], ...] = (
    # sheet, cell, what is written there, the code and the cell that are told
    ("资金对照", "H5", None, "E414", "H5"),  # 本次下达文号 of the guarantee
    ("资金对照", "G5", None, "E414", "G5"),  # 提前下达文号 of it
    ("资金对照", "D5", None, "E414", "D5"),  # 支出科目 of it
    ("资金对照", "A5", "别的资金", "E413", ""),
    ("资金对照", "B5", "也许", "E412", "B5"),
    ("资金对照", "A6", "均衡性转移支付", "E412", "A6"),
    ("导出设置", "B4", None, "E414", "B4"),  # 年度
    ("导出设置", "B5", "63", "E412", "B5"),
    ("导出设置", "B7", "角", "E412", "B7"),
    ("导出设置", "B10", "拉丁", "E412", "B10"),
    ("导出设置", "A6", "后缀", "E412", "A6"),
    ("列对照", "B4", "年渡", "E412", "B4"),
    ("列对照", "B4", "固定值", "E412", "C4"),
    ("列对照", "C4", "2026", "E412", "C4"),
    ("列对照", "A5", "FISCAL_YEAR", "E412", "A5"),
    ("列对照", "B15", "空白", "E412", ""),  # no amount
)


@pytest.mark.parametrize(("sheet", "cell", "value", "code", "told"), LACKING)
def test_a_cell_of_the_mapping_that_is_wrong_is_named(
    tmp_path: Path, result: Path, sheet: str, cell: str, value: Any, code: str, told: str
) -> None:
    by = mapping(tmp_path / "m.xlsx", **OFFICIAL)
    set_cell(by, sheet, cell, value)
    with pytest.raises(InputError) as wrong:
        given(result, by)
    assert (code, sheet, told) in [
        (each.code, each.sheet, each.cell) for each in wrong.value.problems
    ]


def test_nothing_is_written_where_the_mapping_lacks_something(tmp_path: Path, result: Path) -> None:
    with pytest.raises(InputError, match="E414"):
        export(
            result,
            "一体化",
            tmp_path / "出.xlsx",
            mapping=mapping(tmp_path / "m.xlsx", 项目代码=None),
        )
    assert [each.name for each in tmp_path.iterdir()] == ["m.xlsx"]


def test_a_fund_without_an_advance_needs_no_number_for_one(tmp_path: Path) -> None:
    by = mapping(tmp_path / "m.xlsx", **{**OFFICIAL, "提前下达文号": None})
    done = export(shared(tmp_path), "一体化", tmp_path / "出.xlsx", mapping=by)
    assert {row[DOCUMENT] for row in rows_of(done.path)[1:]} == {OFFICIAL["本次下达文号"]}


def test_a_fund_may_be_called_by_its_short_name(tmp_path: Path, result: Path) -> None:
    by = mapping(tmp_path / "m.xlsx", **OFFICIAL)
    set_cell(by, "资金对照", "A5", "县级保障")
    assert given(result, by) == given(result, mapping(tmp_path / "n.xlsx", **OFFICIAL))


def test_a_suffix_typed_as_the_number_0_is_000(tmp_path: Path) -> None:
    assert (
        read_handover(mapping(tmp_path / "m.xlsx", {"区划后缀": 0})).settings["区划后缀"] == "000"
    )


def test_a_county_without_a_code_cannot_be_handed_over(tmp_path: Path, official: Path) -> None:
    found = shared(tmp_path, {"甲县": "6301", "乙县": "63010300"})
    with pytest.raises(InputError, match="E415.*甲县、乙县"):
        export(found, "一体化", tmp_path / "出.xlsx", mapping=official)


def test_an_advance_below_the_fen_cannot_be_handed_over(tmp_path: Path, official: Path) -> None:
    shared(tmp_path)
    add_column(tmp_path / "统筹.xlsx", f"提前下达{GUARANTEE}", {"乙县": 1.0000001})
    with pytest.raises(InputError, match="E416.*乙县"):
        export(solved(tmp_path / "统筹.xlsx"), "一体化", tmp_path / "出.xlsx", mapping=official)


def test_a_character_that_gbk_lacks_is_named(tmp_path: Path, result: Path) -> None:
    by = mapping(tmp_path / "m.xlsx", {"CSV编码": "GBK"}, **{**OFFICIAL, "直达标识": "①𠮷"})
    with pytest.raises(InputError, match="E418.*𠮷"):
        export(result, "一体化", tmp_path / "出.csv", mapping=by)


def test_only_xlsx_and_csv_are_written_and_never_over_the_mapping(
    tmp_path: Path, result: Path
) -> None:
    by = mapping(tmp_path / "m.xlsx", **OFFICIAL)
    for target in (tmp_path / "出.txt", by):
        with pytest.raises(OutputError):
            export(result, "一体化", target, mapping=by)


def test_a_workbook_that_is_no_mapping_is_refused(tmp_path: Path, result: Path) -> None:
    with pytest.raises(InputError, match="E411"):
        export(result, "一体化", tmp_path / "出.xlsx", mapping=result)


def test_the_shipped_mapping_is_what_its_script_makes() -> None:
    import sys

    sys.path.insert(0, str(MAPPING.parent))
    try:
        import make_mapping  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(MAPPING.parent))
    assert make_mapping.content() == MAPPING.read_bytes()
    assert "示例" in str(openpyxl.load_workbook(MAPPING)["列对照"]["A2"].value)


def test_every_source_setting_and_column_of_the_mapping_is_told() -> None:
    text = (MAPPING.parents[1] / "docs" / "手册-一体化.md").read_text(encoding="utf-8")
    columns = [column.name for sheet in MAPPING_SHEETS.values() for column in sheet]
    known = {*SOURCES, *SETTINGS, *MAPPING_SHEETS, *columns} - {"项目", "取值", "说明"}
    assert [name for name in known if name not in text] == []
