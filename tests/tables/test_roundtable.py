"""`round`: a table rounded so that it still adds up."""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from packages import rewritten
from richbook import MACRO, write_rich_table
from sheetmaker import write

from transfer_opt.cli.main import main
from transfer_opt.core.errors import InputError
from transfer_opt.tables.footing import foot_file
from transfer_opt.tables.rounding import round_file
from transfer_opt.workbook.rewrite import read_source, rewrite

HEADERS = ["市州", "县区名称", "常住人口", "均衡性", "生态", "合计", "人均", "备注"]
TABLE: list[list[Any]] = [
    ["2026年分配表"],
    [None, None, None, None, None, None, None, "单位：万元"],
    HEADERS,
    [None, "合  计", 1000, 10.5, 3.3, 13.8, 138, None],
    ["甲州", "甲州小计", 600, 6.4, 1.1, 7.5, 125, None],
    ["甲州", "一县", 100, 1.5, 0.6, 2.1, 210, "补"],
    ["甲州", "二县", 500, 4.9, 0.5, 5.4, 108, None],
    ["乙州", "乙州小计", 400, 4.1, 2.2, 6.3, 157.5, None],
    ["乙州", "三县", 400, 4.1, 2.2, 6.3, 157.5, None],
    ["注：空白表示没有。"],
]


def values(path: Path) -> list[list[Any]]:
    return [
        list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    ]


def done(path: Path, target: Path, **options: Any) -> list[list[Any]]:
    table = round_file(path, **options)
    rewrite(read_source(path), target, table.sheet, table.numbers)
    return values(target)


def zero_sum(
    path: Path, seed: int, rows: int = 400, groups: int = 10
) -> list[tuple[str, list[Decimal]]]:
    """A table of adjustments that come to nothing, in groups; a second column that does not."""
    generator = random.Random(seed)
    moved = [Decimal(generator.randint(-9_999_999, 9_999_999)) / 100 for _ in range(rows - 1)]
    moved.append(-sum(moved, Decimal(0)))
    kept = [
        (
            f"第{generator.randrange(groups)}组",
            [value, Decimal(generator.randint(0, 9_999_999)) / 1000],
        )
        for value in moved
    ]
    cells = [[group, f"单位{at}", *map(float, amounts)] for at, (group, amounts) in enumerate(kept)]
    write(path, {"表": [["单位：万元"], ["组", "名称", "调整额", "金额"], *cells]})
    return kept


def test_every_cell_subtotal_and_total_is_next_to_its_own_value_and_the_sum_column_follows(
    tmp_path: Path,
) -> None:
    source = write(tmp_path / "表.xlsx", {"表": TABLE})
    after = done(source, tmp_path / "整.xlsx", unit="1")
    assert after[:3] == values(source)[:3]
    assert [row[3:6] for row in after[3:9]] == [
        [11, 3, 14],
        [7, 1, 8],
        [2, 0, 2],
        [5, 1, 6],
        [4, 2, 6],
        [4, 2, 6],
    ]
    assert [row[:3] + row[6:] for row in after] == [
        row[:3] + row[6:] for row in values(source)
    ]  # people, per head, remarks


@pytest.mark.system
@pytest.mark.parametrize("unit", [1, 1000, 10000])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hundreds_of_adjustments_in_ten_groups_still_come_to_nothing(
    tmp_path: Path, unit: int, seed: int
) -> None:
    before = zero_sum(tmp_path / "表.xlsx", seed)
    after = done(tmp_path / "表.xlsx", tmp_path / "整.xlsx", unit=str(unit), group="组")[2:]
    assert sum(row[2] for row in after) == 0
    for column in (0, 1):
        for group in {group for group, _ in before}:
            members = [at for at, (name, _) in enumerate(before) if name == group]
            assert_adjacent(
                [before[at][1][column] for at in members],
                [after[at][2 + column] for at in members],
                unit,
            )
        assert_adjacent(
            [amounts[column] for _, amounts in before], [row[2 + column] for row in after], unit
        )


def assert_adjacent(before: Sequence[Decimal], after: Sequence[float], unit: int) -> None:
    """Every cell and the sum are whole units next to their own values."""
    for old, new in [*zip(before, after, strict=True), (sum(before, Decimal(0)), sum(after))]:
        assert new % unit == 0
        assert abs(Fraction(old) - Fraction(new)) < unit


def test_a_named_unit_is_counted_in_the_tables_own(tmp_path: Path) -> None:
    rows = [["单位：元"], ["名称", "金额"], ["一县", 14999.5], ["二县", 25000.5], ["合计", 40000]]
    assert [
        row[1]
        for row in done(
            write(tmp_path / "元.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="万元"
        )[2:]
    ] == [10000, 30000, 40000]
    rows[0] = ["单位：万元"]
    assert [
        row[1]
        for row in done(write(tmp_path / "万.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="元")[
            2:
        ]
    ] == [14999.5, 25000.5, 40000]


def test_without_a_unit_on_the_sheet_a_named_one_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": [["名称", "金额"], ["一县", 1.5], ["合计", 1.5]]})
    with pytest.raises(InputError, match="没有写明单位"):
        round_file(source, "万元")
    assert done(source, tmp_path / "整.xlsx", unit="1")[1:] == [["一县", 2], ["合计", 2]]


def test_a_table_that_does_not_add_up_is_not_rounded(tmp_path: Path) -> None:
    rows = [["单位：万元"], ["名称", "金额"], ["一县", 10.4], ["二县", 20.4], ["合计", 39.8]]
    with pytest.raises(InputError, match=r"B5.*相差 9"):
        round_file(write(tmp_path / "表.xlsx", {"表": rows}), "1").numbers  # noqa: B018
    rows[4][1] = 30.9  # a tenth: the rows were rounded before
    table = round_file(write(tmp_path / "尾差.xlsx", {"表": rows}), "1")
    assert (table.numbers[4, 1], [problem.code for problem in table.problems]) == (31, ["W631"])


def test_only_the_columns_asked_for_and_an_unknown_one_is_told(tmp_path: Path) -> None:
    source = write(
        tmp_path / "表.xlsx",
        {"表": [["名称", "甲款", "乙款"], ["一县", 1.6, 2.6], ["二县", 1.6, 2.6]]},
    )
    assert done(source, tmp_path / "整.xlsx", unit="1", columns=["乙款"])[1:] == [
        ["一县", 1.6, 3],
        ["二县", 1.6, 2],
    ]
    with pytest.raises(InputError, match="没有「丙款」这一列"):
        round_file(source, "1", columns=["丙款"])


def test_what_is_rounded_adds_up_for_audit(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": TABLE})
    done(source, tmp_path / "整.xlsx", unit="1")
    assert [
        problem for problem in foot_file(tmp_path / "整.xlsx").problems if problem.code == "A620"
    ] == []


def test_the_command_says_what_it_moved_and_never_writes_over_its_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(
        tmp_path / "表.xlsx",
        {
            "表": [
                ["单位：万元"],
                ["名称", "金额"],
                *([f"{at}县", 0.4] for at in range(5)),
                ["合计", 2],
            ]
        },
    )
    before = source.read_bytes()
    with pytest.raises(SystemExit) as ending:
        main(["round", str(source), "--unit", "1", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (ending.value.code, told["output"]) == (0, str(tmp_path / "表_取整.xlsx"))
    assert (
        told["message"]
        == "金额：合计 2 → 2，2 格取了另一侧的相邻整数：0县 B3 0.4 → 1、1县 B4 0.4 → 1"
    )
    with pytest.raises(SystemExit) as ending:
        main(["round", str(source), "--unit", "1", "-o", str(source)])
    assert (ending.value.code, source.read_bytes()) == (5, before)


# ---------------------------------------------------------------- rows and columns at once


def test_quarters_that_make_a_year_keep_the_year(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "一季", "二季", "三季", "四季", "合计"],
        ["甲县", 6.25, 6.25, 6.25, 6.25, 25],
        ["乙县", 2.5, 2.5, 2.5, 2.5, 10],
        ["合计", 8.75, 8.75, 8.75, 8.75, 35],
    ]
    after = done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="1")
    assert [row[5] for row in after[1:]] == [25, 10, 35]
    assert all(sum(row[1:5]) == row[5] and {*row[1:5]} <= {2, 3, 6, 7, 8, 9} for row in after[1:])


@pytest.mark.parametrize("unit", ["1", "0.1", "10"])
def test_equal_counties_differ_by_at_most_a_unit(tmp_path: Path, unit: str) -> None:
    size = float(unit)
    rows = [
        ["县区名称", "均衡性", "县级财力", "生态", "合计"],
        *([name, *[size / 2] * 3, size * 1.5] for name in ("一县", "二县")),
        ["合计", size, size, size, 3 * size],
    ]
    after = done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit=unit)
    assert sorted(row[4] for row in after[1:3]) == [pytest.approx(size), pytest.approx(2 * size)]
    assert after[3][1:] == pytest.approx([size, size, size, 3 * size])


def test_this_year_less_last_year_is_still_the_difference(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "上年", "本年", "增减额"],
        ["甲县", 10.5, 12.2, 1.7],
        ["乙县", 20.5, 18.8, -1.7],
        ["丙县", 5.5, 5.5, 0],
        ["合计", 36.5, 36.5, 0],
    ]
    after = done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="1")
    assert all(row[2] - row[1] == row[3] for row in after[1:])
    assert [after[at][3] for at in (3, 4)] == [0, 0]


def test_a_part_never_grows_beyond_its_whole(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "补助", "其中：教育"],
        ["甲县", 10.5, 10.5],
        ["其中：城区", 10.5, None],
        ["乙县", 20.5, 1.6],
        ["合计", 31, 12.1],
    ]
    after = done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="1")
    assert max(after[1][2], after[2][1]) <= after[1][1]
    assert (after[4][1], after[4][2]) == (31, 12)


def test_what_cannot_be_kept_is_told_and_sums_come_first(tmp_path: Path) -> None:
    """Counties in prefectures by parts in a sum, and that sum against last year's: of these halves no choice fits all."""
    halves = {
        "一县": (2, 0, 3, 1),
        "二县": (0, 1, 0, 2),
        "三县": (3, 1, 3, 0),
        "四县": (1, 0, 1, 3),
    }
    lines = {
        name: [a, b, c, a + b + c, last, a + b + c - last]
        for name, (a, b, c, last) in halves.items()
    }
    added = {
        name: [sum(column) for column in zip(*(lines[each] for each in members), strict=True)]
        for name, members in (
            ("甲州小计", ("一县", "二县")),
            ("乙州小计", ("三县", "四县")),
            ("合计", halves),
        )
    }
    order = ["一县", "二县", "甲州小计", "三县", "四县", "乙州小计", "合计"]
    rows = [
        ["县区名称", "教育", "农业", "交通", "合计", "上年数", "较上年增减"],
        *([name, *(value / 2 for value in {**lines, **added}[name])] for name in order),
    ]
    source = write(tmp_path / "表.xlsx", {"表": rows})
    table = round_file(source, "1")
    assert [problem.code for problem in table.problems] == ["W632"]
    stray = table.problems[0].cell
    assert stray in {
        f"{column}{row}" for column in "BCDF" for row in (2, 3, 5, 6)
    }  # a cell, no sum
    after = done(source, tmp_path / "整.xlsx", unit="1")
    off = [
        f"{'ABCDEFG'[column]}{row + 1}"
        for row in range(1, 8)
        for column in range(1, 7)
        if abs(after[row][column] - rows[row][column]) >= 1
    ]
    assert off == [stray]
    assert foot_file(tmp_path / "整.xlsx").problems == ()


@pytest.mark.parametrize(
    "header",
    [
        "补助比例",
        "权重",
        "绩效得分",
        "补助标准",
        "单价(元)",
        "指数",
        "测算分值",
        "保障水平",
        "困难程度",
        "海拔(米)",
        "税率",
        "贡献度",
        "人均补助",
        "户数",
        "增幅",
        "排名",
        "Growth rate",
        "Score",
    ],
)
def test_what_is_no_money_stays(tmp_path: Path, header: str) -> None:
    rows = [
        ["县区名称", header, "补助"],
        ["甲县", 0.35, 10.4],
        ["乙县", 0.65, 20.6],
        ["合计", 1, 31],
    ]
    after = done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="1")
    assert [row[1:] for row in after[1:]] == [[0.35, 10], [0.65, 21], [1, 31]]


@pytest.mark.parametrize(
    "header",
    [
        "标准财政支出",
        "一季度",
        "额度",
        "省级负担部分",
        "提标补助",
        "库款调度",
        "2026年度",
        "下达指标",
    ],
)
def test_what_only_sounds_like_a_measure_is_money(tmp_path: Path, header: str) -> None:
    rows = [["县区名称", header], ["甲县", 10.4], ["乙县", 20.6], ["合计", 31]]
    assert [
        row[1]
        for row in done(write(tmp_path / "表.xlsx", {"表": rows}), tmp_path / "整.xlsx", unit="1")[
            1:
        ]
    ] == [10, 21, 31]


def test_a_column_that_no_total_counts_stays_unless_asked_for(tmp_path: Path) -> None:
    source = write(
        tmp_path / "表.xlsx",
        {
            "表": [
                ["县区名称", "补助", "调整值"],
                ["甲县", 10.4, 0.35],
                ["乙县", 20.6, 0.65],
                ["合计", 31, None],
            ]
        },
    )
    table = round_file(source, "1")
    assert table.untouched == ("调整值",)
    assert list(table.told)[-1].startswith("没有取整：调整值（")
    assert done(source, tmp_path / "整.xlsx", unit="1", columns=["调整值"])[1:3] == [
        ["甲县", 10.4, 0],
        ["乙县", 20.6, 1],
    ]


def test_a_sum_asked_for_brings_its_parts(tmp_path: Path) -> None:
    source = write(
        tmp_path / "表.xlsx",
        {
            "表": [
                ["名称", "甲款", "乙款", "合计", "丙款"],
                ["一县", 1.6, 2.6, 4.2, 0.4],
                ["二县", 1.6, 2.6, 4.2, 0.4],
            ]
        },
    )
    after = done(source, tmp_path / "整.xlsx", unit="1", columns=["合计"])
    assert all(row[1] + row[2] == row[3] and row[4] == 0.4 for row in after[1:])


def test_binary_noise_is_no_fraction(tmp_path: Path) -> None:
    thirds = [["县区名称", "补助"], *([f"{at}县", 100 / 3] for at in range(3)), ["合计", 100]]
    assert [
        row[1]
        for row in done(
            write(tmp_path / "表.xlsx", {"表": thirds}), tmp_path / "整.xlsx", unit="1"
        )[1:]
    ] == [34, 33, 33, 100]
    noisy = [["县区名称", "补助"], ["甲县", 0.1 + 0.2], ["乙县", 2.7], ["合计", 0.1 + 0.2 + 2.7]]
    assert [
        row[1]
        for row in done(
            write(tmp_path / "噪.xlsx", {"表": noisy}), tmp_path / "整.xlsx", unit="0.1"
        )[1:]
    ] == [0.3, 2.7, 3]


def test_shares_written_as_numbers_stay_and_are_told(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "补助", "占比"],
        ["甲县", 10.4, 0.3377],
        ["乙县", 20.4, 0.6623],
        ["合计", 30.8, 1],
    ]
    source = write(tmp_path / "表.xlsx", {"表": rows})
    assert [(problem.code, problem.column) for problem in round_file(source, "1").problems] == [
        ("W633", "占比")
    ]
    assert [row[2] for row in done(source, tmp_path / "整.xlsx", unit="1")[1:]] == [
        0.3377,
        0.6623,
        1,
    ]
    assert "W633" not in {
        problem.code
        for problem in round_file(write_rich_table(tmp_path / "公式.xlsx"), "1").problems
    }  # formulas follow


# ---------------------------------------------------------------- at the user's own door

MONEY = [
    ["县区名称", "分配", "调整"],
    ["一县", 10.4, -0.6],
    ["二县", 20.4, 0.6],
    ["三县", 30.4, 0],
    ["合计", 61.2, 0],
]


def call(*words: Any) -> int:
    with pytest.raises(SystemExit) as ending:
        main(["round", *map(str, words)])
    return int(ending.value.code or 0)


def kept(path: Path) -> None:
    """The table of MONEY, rounded."""
    rows = [row[1:3] for row in values(path)[1:5]]
    assert [sum(line) for line in zip(*rows[:3], strict=True)] == rows[3] == [61, 0]


@pytest.mark.parametrize("merge", ["E1:F1048576", "A9:XFD1048576", "E1:XFD1"])
def test_merged_whole_columns_cost_nothing(tmp_path: Path, merge: str) -> None:
    source = rewritten(
        write(tmp_path / "表.xlsx", {"表": MONEY}),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(
            b"</sheetData>",
            f'</sheetData><mergeCells count="1"><mergeCell ref="{merge}"/></mergeCells>'.encode(),
        ),
    )
    assert call(source, "--unit", "1", "-o", tmp_path / "整.xlsx") == 0
    with zipfile.ZipFile(tmp_path / "整.xlsx") as package:
        assert merge.encode() in package.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("dimension", ["A1", "A1:XFD1048576"])
def test_the_used_range_a_file_claims_does_not_matter(tmp_path: Path, dimension: str) -> None:
    source = rewritten(
        write(tmp_path / "表.xlsx", {"表": MONEY}),
        "xl/worksheets/sheet1.xml",
        lambda part: re.sub(
            rb'<dimension ref="[^"]*"/>', f'<dimension ref="{dimension}"/>'.encode(), part
        ).replace(b"</sheetData>", b'<row r="1048576" ht="12.8"></row></sheetData>'),
    )
    assert call(source, "--unit", "1", "-o", tmp_path / "整.xlsx") == 0
    kept(tmp_path / "整.xlsx")


def test_a_file_without_styles_is_rounded(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"表": MONEY})
    with zipfile.ZipFile(source) as package:
        old = {name: package.read(name) for name in package.namelist() if name != "xl/styles.xml"}
    with zipfile.ZipFile(source, "w") as package:
        for name, content in old.items():
            content = re.sub(rb"<(?:Override|Relationship)[^>]*styles[^>]*/>", b"", content)
            package.writestr(
                name, content.replace(b"<c r=", b'<c s="1" r=') if "sheet1" in name else content
            )
    assert call(source, "--unit", "1", "-o", tmp_path / "整.xlsx") == 0


@pytest.mark.parametrize("name", ["qinghai.xls", "qinghai.ods"])
def test_other_formats_become_xlsx_with_one_sentence(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(__file__).parents[1] / "fixtures" / name
    assert call(source, "--unit", "10", "-o", tmp_path / "整.xlsx", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [problem["code"] for problem in told["warnings"]].count("W639") == 1
    assert call(source, "--unit", "10", "-o", tmp_path / "整.xls") == 5


def test_a_workbook_behind_a_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, locked = write(tmp_path / "表.xlsx", {"表": MONEY}), tmp_path / "锁.xlsx"
    with source.open("rb") as stream, locked.open("wb") as target:
        OOXMLFile(stream).encrypt("abc", target)
    (tmp_path / "密码.txt").write_text("abc\n", encoding="utf-8")
    assert call(locked, "--unit", "1", "-o", tmp_path / "整.xlsx") == 1
    assert (
        call(
            locked,
            "--unit",
            "1",
            "-o",
            tmp_path / "整.xlsx",
            "--password-file",
            tmp_path / "密码.txt",
        )
        == 0
    )
    assert "W637" in capsys.readouterr().err
    kept(tmp_path / "整.xlsx")


def test_macros_stay_where_the_copy_is_called_so(tmp_path: Path) -> None:
    source = write_rich_table(tmp_path / "表.xlsm", macros=True)
    assert call(source, "--unit", "1", "-o", tmp_path / "整.xlsx") == 5
    assert call(source, "--unit", "1", "--quiet") == 0
    with zipfile.ZipFile(tmp_path / "表_取整.xlsm") as package:
        assert package.read("xl/vbaProject.bin") == MACRO


@pytest.mark.parametrize("name", ["长" * 100 + ".xlsx", "x" * 252 + ".xlsx"])
def test_a_name_no_file_system_takes_is_refused_before_the_work(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        call(write(tmp_path / "表.xlsx", {"表": MONEY}), "--unit", "1", "-o", tmp_path / name) == 1
    )
    assert "[E116]" in capsys.readouterr().err


def test_only_the_first_sheet_is_rounded_and_the_others_are_named(tmp_path: Path) -> None:
    source = write(tmp_path / "表.xlsx", {"甲表": MONEY, "乙表": MONEY})
    table = round_file(source, "1")
    assert (table.sheet, [problem.code for problem in table.problems]) == ("甲表", ["W634"])
    assert "「乙表」没有改动" in str(table.problems[0])


def test_a_rich_table_adds_up_for_audit_once_rounded(tmp_path: Path) -> None:
    source = write_rich_table(tmp_path / "表.xlsx")
    assert call(source, "--unit", "1", "-o", tmp_path / "整.xlsx", "--quiet") == 0
    assert foot_file(tmp_path / "整.xlsx").problems == ()


def test_an_amount_beyond_all_numbers_is_no_year_and_no_bug(tmp_path: Path) -> None:
    rows = [["县区名称", "补助"], ["甲县", "1e999"], ["乙县", 20.4], ["丙县", 3.5], ["合计", 23.9]]
    source = write(tmp_path / "表.xlsx", {"表": rows})
    assert set(round_file(source, "1").numbers.values()) >= {24}
