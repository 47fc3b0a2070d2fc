"""The result workbook: what is on the sheets, what the formulas say, and that writing never half-happens."""

import dataclasses
import re
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from reports import allocation, formulas_of, indicators, inputs, report, sheet, soffice

from transfer_opt.core.atomic_write import save_atomically
from transfer_opt.core.cell_names import column_letters
from transfer_opt.core.errors import OutputError
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.workbook.output.charts import data_table, place_charts
from transfer_opt.workbook.output.formulas import Sums
from transfer_opt.workbook.output.layout import decimals_needed, measure
from transfer_opt.workbook.output.print_setup import footer, page_breaks, print_scale
from transfer_opt.workbook.save import write_report


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "结果.xlsx"
    write_report(report(), path)
    return path


def test_sheets_keep_their_order_and_chart_data_comes_last(written: Path) -> None:
    assert openpyxl.load_workbook(written).sheetnames == [
        "分配结果",
        "均衡性指标",
        "输入数据",
        "图表数据",
    ]


def test_row_four_is_the_one_complete_header_row(written: Path) -> None:
    found = [cell.value for cell in sheet(written)[4]]
    assert found == [column.name for column in allocation().columns]


def test_no_cells_are_merged_vertically(written: Path) -> None:
    for found in openpyxl.load_workbook(written).worksheets:
        assert all(merged.min_row == merged.max_row for merged in found.merged_cells.ranges)


def test_bands_span_their_columns_and_a_verdict_takes_their_place(written: Path) -> None:
    assert {"D3:F3", "G3:I3", "J3:K3"} <= {
        str(merged) for merged in sheet(written).merged_cells.ranges
    }
    assert sheet(written)["D3"].value == "本年分配"
    assert sheet(written, "均衡性指标")["A3"].value == "一句话。"


def test_an_empty_band_looks_like_one_cell_with_its_header(written: Path) -> None:
    found = sheet(written)
    assert found["A3"].border.bottom.style is None
    assert found["A4"].border.top.style is None
    assert found["A4"].alignment.vertical == "top"


def test_title_label_unit_and_notes_stand_where_they_belong(written: Path) -> None:
    found = sheet(written)
    places = {
        "A1": "分配结果表",
        "A2": "示例数据，不代表实际",
        "K2": "单位：万元",
        "A12": "注：空白表示不在范围。",
    }
    assert all(found[place].value == text for place, text in places.items())


def test_group_rows_are_live_sums(written: Path) -> None:
    found = sheet(written)
    assert found["D5"].value == "=SUM(D6,D9)"
    assert found["D6"].value == "=SUM(D7:D8)"
    assert found["F7"].value == "=SUM(D7:E7)"
    assert found["I7"].value == '=IF(G7=0,"",H7/G7)'
    assert found["J5"].value == "=F5*10000/SUM('输入数据'!$D$5:$D$8)"
    assert found["J6"].value == "=F6*10000/SUMIFS('输入数据'!$D$5:$D$8,'输入数据'!$C$5:$C$8,$C6)"
    assert found["J7"].value == 100000


def test_formulas_carry_their_values(written: Path) -> None:
    found = sheet(written, values=True)
    assert [cell.value for cell in found[5]] == [
        None,
        "合  计",
        None,
        600,
        70,
        670,
        500,
        170,
        0.34,
        67000,
        5,
    ]


def test_empty_is_an_empty_bordered_cell_and_zero_is_zero(written: Path) -> None:
    found = sheet(written)
    assert found["E6"].value is None
    assert found["E7"].value is None
    assert found["E7"].border.left.style == "thin"
    assert found["E11"].value == 0


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", "http://a.org", "<r><t>x</t></r>", "<r></r>", "0123"]
)
def test_text_from_data_stays_text(tmp_path: Path, text: str) -> None:
    row = Row("plain", (text, 1.0, None))
    write_report(report(dataclasses.replace(indicators(), rows=(row,))), tmp_path / "a.xlsx")
    cell = sheet(tmp_path / "a.xlsx", "均衡性指标")["A5"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_name_in_a_chart_never_becomes_a_reference(written: Path) -> None:
    with zipfile.ZipFile(written) as package:
        chart = package.read("xl/charts/chart1.xml").decode()
    assert "=甲！A1" in chart
    assert "<c:f>甲" not in chart


def test_codes_are_text_and_units_are_indented_one_outline_level_down(written: Path) -> None:
    found = sheet(written)
    assert (found["A7"].value, found["A7"].number_format) == ("630101", "@")
    assert found["B7"].alignment.indent == 1
    assert (found.row_dimensions[7].outlineLevel, found.row_dimensions[6].outlineLevel) == (1, 0)
    assert not found.sheet_properties.outlinePr.summaryBelow


def test_the_view_is_frozen_filtered_and_repeats_its_head(written: Path) -> None:
    found = sheet(written)
    assert found.freeze_panes == "C5"
    assert found.auto_filter.ref == "A4:K11"
    assert found.print_title_rows == "$1:$4"
    assert not found.sheet_view.showGridLines


def test_red_for_negatives_only_in_growth_columns_and_shortfall(written: Path) -> None:
    coloured = {str(found.sqref) for found in sheet(written).conditional_formatting}
    assert coloured == {"H5:H11", "I5:I11", "K5:K11"}


def test_no_font_is_left_to_the_theme(written: Path) -> None:
    with zipfile.ZipFile(written) as package:
        assert "<scheme" not in package.read("xl/styles.xml").decode()


def test_footer_escapes_ampersands_and_never_lets_a_digit_follow_the_size() -> None:
    assert footer(report()) == (
        "&L&9示例数据  A&&B方案  校验码 9f3c…a1&C&9第 &P 页 共 &N 页&R&9生成于 2026-11-23"
    )
    assert footer(report(label="", scenario="2026方案", date="")).startswith("&L&9方案 2026方案")
    assert len(footer(report(scenario="&" * 300, label="&" * 300, digest="&" * 300))) <= 255


def test_a_prefecture_is_never_split_over_pages() -> None:
    table = allocation()
    prefecture = table.rows[1], *[table.rows[2]] * 10
    long = dataclasses.replace(table, rows=(table.rows[0], *prefecture * 6))
    layout = measure(long)
    breaks = page_breaks(layout, print_scale(layout))
    assert breaks
    assert all(long.rows[place - 4].kind == "subtotal" for place in breaks)


def test_a_prefecture_longer_than_a_page_is_still_broken() -> None:
    table = allocation()
    layout = measure(dataclasses.replace(table, rows=(*table.rows[:2], *[table.rows[2]] * 200)))
    assert len(page_breaks(layout, 80)) >= 3


def test_a_row_can_ask_for_a_new_page() -> None:
    table = allocation()
    rows = (*table.rows, dataclasses.replace(table.rows[0], breaks_page=True), *table.rows[1:])
    layout = measure(dataclasses.replace(table, rows=rows))
    assert page_breaks(layout, print_scale(layout)) == [4 + len(table.rows)]


def test_folded_rows_are_out_of_sight_and_the_note_below_unfolds_them(tmp_path: Path) -> None:
    columns = Column("规则", "text", 20), Column("余量", "number", 10)
    rows = Row("active", ("甲", 0.0)), *[Row("slack", ("乙", 1.0), folded=True)] * 2
    table = Table("约束审计", "", columns, rows, notes=("点＋展开。",))
    target = tmp_path / "r.xlsx"
    write_report(dataclasses.replace(report(), tables=(table, inputs())), target)
    found = sheet(target, "约束审计").row_dimensions
    assert [found[row].hidden for row in (5, 6, 7, 8)] == [False, True, True, False]
    assert [found[row].outlineLevel for row in (5, 6, 7, 8)] == [0, 1, 1, 0]
    assert found[8].collapsed


def test_a_share_shows_in_per_cent_with_every_digit_and_stays_a_number(tmp_path: Path) -> None:
    columns = Column("参数", "text", 20), Column("取值", "number", 10)
    shares = 0.15, 0.125, 0.07, 0.000001, 0.0
    rows = [Row("plain", ("增幅上限", value), is_share=True) for value in shares]
    table = Table("方案参数", "", columns, (*rows, Row("plain", ("保障倍数", 1.25))))
    target = tmp_path / "r.xlsx"
    write_report(dataclasses.replace(report(), tables=(table, inputs())), target)
    cells = [sheet(target, "方案参数").cell(row, 2) for row in range(5, 11)]
    assert [cell.value for cell in cells] == [*shares, 1.25]
    assert [cell.number_format.partition("_")[0] for cell in cells] == [
        *("0%", "0.0%", "0%", "0.0000%", "0%"),
        "#,##0.00",
    ]


def test_sheets_for_programs_are_left_out_when_the_workbook_is_printed(tmp_path: Path) -> None:
    table = dataclasses.replace(allocation(), name="证明", unprinted="供程序核对，不打印。")
    target = tmp_path / "r.xlsx"
    write_report(dataclasses.replace(report(), tables=(inputs(), table)), target)
    for name in ("证明", "图表数据"):
        found = sheet(target, name)
        area = str(found.print_area).rpartition("!")[2].replace("$", "")
        assert [cell.value for row in found[area] for cell in row] == [None, None], name
        assert "不打印" in found.oddHeader.left.text


def test_each_total_adds_up_its_own_block() -> None:
    columns = (Column("县区名称", "name", 20), Column("分配额", "money", 10, group_formula="sum"))
    kinds = ("total", "unit", "unit", "total", "unit", "subtotal", "unit")
    table = Table("测算说明", "", columns, tuple(Row(kind, ("", 1.0)) for kind in kinds))
    formulas = formulas_of(table)
    assert [formulas.of(place, 1) for place in (0, 3, 5)] == [
        "=SUM(B6:B7)",
        "=SUM(B9:B10)",
        "=SUM(B11)",
    ]


def test_very_many_subtotals_still_make_a_short_formula() -> None:
    columns = (Column("县区名称", "name", 20), Column("分配额", "money", 10, group_formula="sum"))
    kinds = ("total", *("subtotal", "unit") * 1000)
    table = Table("分配结果", "", columns, tuple(Row(kind, ("", 1.0)) for kind in kinds))
    assert formulas_of(table).of(0, 1) == "=SUM(B6:B2005)/2"


def test_input_sums_leave_out_group_rows_and_know_units_by_code_or_name() -> None:
    source = inputs()
    mixed = dataclasses.replace(
        source,
        rows=(
            Row("total", (None, "合计", None, 100.0)),
            Row("subtotal", (None, "甲市小计", "甲市", 30.0)),
            *source.rows[:2],
            Row("subtotal", (None, "乙州小计", "乙州", 70.0)),
            *source.rows[2:],
        ),
    )
    sums = Sums(mixed)
    assert sums.total("常住人口") == "SUM('输入数据'!$D$7:$D$8,'输入数据'!$D$10:$D$11)"
    assert sums.prefecture("常住人口", "乙州", "$C9") == "SUM('输入数据'!$D$10:$D$11)"
    assert sums.unit(("630102", "")) == "8"
    assert sums.unit(("", "南县")) == "10"


def test_a_prefecture_name_is_never_a_pattern() -> None:
    sums = Sums(inputs())
    assert sums.prefecture("常住人口", "*~市", "$C6").endswith(',"=~*~~市")')
    assert sums.prefecture("常住人口", "<1", "$C6").endswith(',"=<1")')


def test_repeated_names_mean_the_column_of_the_same_band() -> None:
    columns = (
        Column("上年", "money", 9, "甲"),
        Column("增减额", "money", 9, "甲", "={上年}"),
        Column("上年", "money", 9, "乙"),
        Column("增减额", "money", 9, "乙", "={上年}-{甲/上年}"),
    )
    formulas = formulas_of(Table("表", "", columns, (Row("plain", (1.0,) * 4),)))
    assert (formulas.of(0, 1), formulas.of(0, 3)) == ("=A5", "=C5-A5")


def test_a_template_with_an_unknown_column_is_a_bug_but_quoted_braces_are_text() -> None:
    columns = (Column("甲", "text", 9, formula='=TEXT({甲},"{不是列}")'),)
    assert (
        formulas_of(Table("表", "", columns, (Row("plain", ("",)),))).of(0, 0)
        == '=TEXT(A5,"{不是列}")'
    )
    with pytest.raises(ValueError, match="no such column"):
        formulas_of(Table("表", "", (Column("甲", "text", 9, formula="={乙}"),), ()))


def test_column_letters_run_on_after_z() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]


def test_figures_show_the_decimals_they_need() -> None:
    values = (4.0, 0.1 + 0.2, 0.0312, 1e-9, 1 / 3, 1e11 + 0.1, 1.2e-5, -0.00001)
    assert [decimals_needed(value, 6) for value in values] == [0, 1, 4, 0, 6, 1, 6, 5]
    table = allocation()
    rows = (
        dataclasses.replace(
            table.rows[2], values=(*table.rows[2].values[:3], 1.25, *table.rows[2].values[4:])
        ),
    )
    assert measure(dataclasses.replace(table, rows=rows)).decimals[3] == 2


def test_amounts_are_shown_to_the_publishing_unit() -> None:
    columns = (Column("额", "money", 5),)
    table = Table("表", "", columns, (Row("plain", (0.123456,)), Row("plain", (1.1234564,))))
    assert measure(table).decimals == (4,)
    fine = measure(dataclasses.replace(table, finest=6))
    assert fine.decimals == (6,)
    assert fine.pixels[0] == 8 * len("1.123456") + 16 + 2 * 3


def test_a_column_grows_where_a_figure_would_show_as_hashes() -> None:
    columns = (Column("额", "money", 5),)
    layout = measure(Table("表", "", columns, (Row("plain", (19_980_000_000.0,)),)))
    assert layout.pixels[0] >= 14 * 7


def test_wrapped_text_gets_its_lines_and_endless_text_only_one() -> None:
    columns = (Column("内容", "text", 20),)
    rows = (Row("plain", ("短",)), Row("plain", ("长" * 30,)), Row("plain", ("x" * 30000,)))
    heights = measure(Table("表", "", columns, rows)).heights
    assert heights[0] == heights[2] == 16.5
    assert heights[1] > 40


def test_charts_stay_inside_the_table_without_overlapping() -> None:
    charts = (*report().charts, dataclasses.replace(report().charts[0], size=(2000, 800)))
    placed = place_charts(charts, 1050)
    assert all(chart.x + chart.width <= 1050 for chart in placed)
    assert placed[1].x >= placed[0].x + placed[0].width
    assert placed[2].y >= placed[0].y + placed[0].height


def test_a_chart_lies_below_the_table_it_explains(written: Path) -> None:
    with zipfile.ZipFile(written) as package:
        drawing = package.read("xl/drawings/drawing1.xml").decode()
    rows = [int(row) for row in re.findall(r"<xdr:from>.*?<xdr:row>(\d+)</xdr:row>", drawing, re.S)]
    assert len(rows) == 2
    assert min(rows) >= 6


def test_chart_data_draws_a_falling_value_to_the_right() -> None:
    table = data_table(report().charts, "基准方案")
    left, right = ([row.values[index] for row in table.rows] for index in (3, 4))
    assert left == pytest.approx([0.4, 0.0, None])
    assert right == pytest.approx([0.0, 0.1, None])


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_report(report(), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_report_without_date_says_no_date(tmp_path: Path) -> None:
    write_report(report(date=""), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.properties.created.year == 1980
    assert book["分配结果"].oddFooter.right.text is None


def test_a_missing_folder_is_told_with_path_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "没有" / "结果.xlsx"
    with pytest.raises(OutputError, match="文件夹不存在") as told:
        write_report(report(), path)
    assert str(path) in str(told.value)


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="文件夹"):
        write_report(report(), tmp_path)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "结果.xlsx"
    path.write_bytes(b"old")

    def full_disk(temporary: Path) -> None:
        temporary.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="空间不足"):
        save_atomically(path, full_disk)
    assert [found.name for found in tmp_path.iterdir()] == ["结果.xlsx"]
    assert path.read_bytes() == b"old"


def test_a_bug_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = dataclasses.replace(indicators(), rows=(Row("plain", ("一", float("nan"), None)),))
    with pytest.raises((TypeError, ValueError)):
        write_report(report(broken), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_text_too_long_for_a_cell_is_refused_not_cut(tmp_path: Path) -> None:
    broken = dataclasses.replace(indicators(), rows=(Row("plain", ("长" * 40000, 1.0, None)),))
    with pytest.raises(OutputError, match="32,767"):
        write_report(report(broken), tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.system
@pytest.mark.skipif(soffice() is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_the_values_we_wrote(written: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "bare.xlsx"
    bare.parent.mkdir()
    with zipfile.ZipFile(written) as package, zipfile.ZipFile(bare, "w") as stripped:
        for name in package.namelist():
            text = package.read(name)
            stripped.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", text))
    command = [
        str(soffice()),
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path),
        str(bare),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    ours, theirs = sheet(written, values=True), sheet(tmp_path / "bare.xlsx", values=True)
    live = [
        cell.coordinate
        for row in sheet(written).iter_rows(min_row=5)
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(live) > 30
    for place in live:
        expected, found = ours[place].value, theirs[place].value
        assert found == pytest.approx(expected) if expected is not None else found in (None, ""), (
            place
        )
