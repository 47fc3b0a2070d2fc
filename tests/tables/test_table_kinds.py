"""`audit` of tables that nobody here made: each kind of fault, and each kind of table that is right, with variations."""

from __future__ import annotations

import io
import itertools
import json
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sheetmaker import write

from transfer_opt.cli.main import main
from transfer_opt.tables.footing import Footing, foot_file

TOTALS = [
    "合计",
    "合  计",
    "共计",
    "总计",
    "总和",
    "合計",
    "全国",
    "全省",
    "全省合计",
    "地方合计",
    "合计数",
    "合计（2个县）",
    "合计(万元)",
    "Total",
    "TOTAL",
    "Grand total",
    "一、合计",
    "总 计：",
]
SUBTOTALS = ["小计", "甲市小计", "甲市合计", "Sub-total", "Subtotal"]


def footing(path: Path, rows: Sequence[Sequence[Any]], **options: Any) -> Footing:
    return foot_file(write(path / "表.xlsx", {"分配表": rows}, **options))


def told(found: Footing) -> tuple[list[str], list[str]]:
    """The cells of what cannot be rounding, and of what can."""
    return sorted({each.cell for each in found.wrong}), sorted(
        {each.cell for each in found.roundings}
    )


def formulas(path: Path, rows: Sequence[Sequence[Any]], codes: Sequence[str] = ()) -> Path:
    """A workbook in which ("=A1", 5) is a formula that shows 5; `codes` are the number formats of the columns."""
    book = openpyxl.Workbook()
    page = book.active
    shown: dict[str, Any] = {}
    for row, cells in enumerate(rows, 1):
        for column, value in enumerate(cells, 1):
            cell = page.cell(row, column, value[0] if isinstance(value, tuple) else value)
            if column <= len(codes) and isinstance(cell.value, int | float):
                cell.number_format = codes[column - 1]
            if isinstance(value, tuple):
                shown[cell.coordinate] = value[1]
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts["xl/worksheets/sheet1.xml"].decode()
    for cell, value in shown.items():
        start = text.index(f'<c r="{cell}"')
        end = text.index("</c>", start)
        kind = ' t="str"' if isinstance(value, str) else ""
        body = (
            text[start:end]
            .replace("<v />", "")
            .replace("<v></v>", "")
            .replace("<v/>", "")
            .replace(f'<c r="{cell}"', f'<c r="{cell}"{kind}')
        )
        text = text[:start] + f"{body}<v>{value!r}</v>".replace("'", "") + text[end:]
    parts["xl/worksheets/sheet1.xml"] = text.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def audited(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ending:
        main(["audit", str(path), *options])
    said = capsys.readouterr()
    return int(ending.value.code or 0), said.out, said.err


# ---------------------------------------------------------------- what the command says


def test_the_three_verdicts_come_in_their_order_and_a_difference_is_exit_6(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        ["县区", "甲款", "乙款", "合计", "占比"],
        ["一县", 1.3, 2.4, 3.8, 0.31],
        ["二县", 5.5, 5.6, 111.2, 0.5],
        ["三县", 2.2, 2.2, 4.4, 0.2],
        ["合计", 9, 10.2, 119.4, 0.9],
    ]
    code, out, err = audited(write(tmp_path / "表.xlsx", {"表": rows}), capsys)
    assert [line.split(" ")[0] for line in err.splitlines()] == ["不符", "不符", "尾差", "没有核对"]
    assert (code, out.splitlines()[0].split("：")[0]) == (
        6,
        "发现 2 处不符、1 处尾差；另有 1 处没有核对",
    )


def test_passed_is_said_only_where_a_total_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(
        write(tmp_path / "一.xlsx", {"表": [["县区", "款"], ["一县", 1], ["合计", 1]]}), capsys
    )[:1] == (0,)
    code, out, _ = audited(
        write(
            tmp_path / "二.xlsx",
            {"表": [["县区", "甲", "乙", "合计"], ["一县", 1, 2, 3], ["二县", 2, 5, 7]]},
        ),
        capsys,
    )
    assert (code, out.splitlines()[0].split("：")[0]) == (0, "没有找到可以核对的合计，其余没有不符")


def test_what_was_not_checked_is_listed_and_no_discrepancy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = formulas(
        tmp_path / "表.xlsx",
        [["县区", "款", "查得"], ["一县", 1, ("=VLOOKUP(A2,A1:B3,2,FALSE)", 1)], ["合计", 1, None]],
    )
    code, out, err = audited(source, capsys)
    assert (code, "核对通过" in out, "1 处没有核对" in out) == (0, True, True)
    assert (
        err
        == "没有核对 [W641] 工作表「Sheet」单元格 C2（查得）：函数 VLOOKUP 不在会算的函数之内。\n"
    )
    code, out, _ = audited(source, capsys, "--json")
    assert (code, [each["code"] for each in json.loads(out)["warnings"]]) == (0, ["W641"])


# ---------------------------------------------------------------- total rows


@pytest.mark.system
@pytest.mark.parametrize("name", TOTALS)
@pytest.mark.parametrize("top", [True, False])
def test_a_total_row_is_known_by_many_names(tmp_path: Path, name: str, top: bool) -> None:
    def rows(total: float) -> list[list[Any]]:
        body: list[list[Any]] = [["甲县", 10, 5, 15], ["乙县", 20, 6, 26]]
        return [
            ["县区名称", "均衡性", "生态", "合计"],
            *(
                [[name, total, 11, total + 11], *body]
                if top
                else [*body, [name, total, 11, total + 11]]
            ),
        ]

    assert told(footing(tmp_path, rows(30))) == ([], [])
    at = 2 if top else 4
    assert told(footing(tmp_path, rows(50)))[0] == [f"B{at}", f"D{at}"]


@pytest.mark.parametrize("name", SUBTOTALS)
@pytest.mark.parametrize("above", [True, False])
def test_subtotals_stand_above_their_rows_or_below(tmp_path: Path, name: str, above: bool) -> None:
    def rows(first: float) -> list[list[Any]]:
        one: list[list[Any]] = [["一县", 20.5], ["二县", 30]]
        two: list[list[Any]] = [["三县", 35], ["四县", 5]]
        sums: list[list[Any]] = [[name, first], [name.replace("甲", "乙"), 40]]
        blocks = [sums[0], *one, sums[1], *two] if above else [*one, sums[0], *two, sums[1]]
        return [["地区", "补助"], *blocks, ["合计", 90.5]]

    assert told(footing(tmp_path, rows(50.5))) == ([], [])
    assert told(footing(tmp_path, rows(51.5)))[0] == ["B2" if above else "B4"]


LEVELS: list[list[Any]] = [
    ["地区", "补助", "奖励"],
    ["全省合计", 106, 53],
    ["省本级", 6, 3],
    ["市县合计", 100, 50],
    ["甲市小计", 60, 30],
    ["甲市本级", 10, 5],
    ["一县", 20, 10],
    ["二县", 30, 15],
    ["乙市小计", 40, 20],
    ["乙市本级", 5, 2],
    ["三县", 35, 18],
]


def test_the_provinces_own_and_the_sum_of_the_counties_make_the_total(tmp_path: Path) -> None:
    assert told(footing(tmp_path, LEVELS)) == ([], [])
    last = [LEVELS[0], *LEVELS[3:], LEVELS[2], LEVELS[1]]
    assert told(footing(tmp_path, last)) == ([], [])


@pytest.mark.parametrize("row", range(1, 11))
@pytest.mark.parametrize("column", [1, 2])
def test_every_figure_of_three_levels_is_looked_at(tmp_path: Path, row: int, column: int) -> None:
    rows = [list(each) for each in LEVELS]
    rows[row][column] += 7
    assert told(footing(tmp_path, rows))[0] != []


def test_a_total_may_leave_out_what_is_the_provinces_own(tmp_path: Path) -> None:
    rows = [["地区", "补助"], ["州本级", 4], ["县级小计", 30], ["一县", 10], ["二县", 20]]
    assert told(footing(tmp_path, rows)) == ([], [])
    assert told(footing(tmp_path, [*rows, ["合计", 34]])) == ([], [])
    assert told(footing(tmp_path, [*rows, ["合计", 39]]))[0] == ["B6"]


def test_provinces_are_rows_of_a_national_table(tmp_path: Path) -> None:
    rows = [
        ["地区", "补助"],
        ["全国", 60],
        ["中央本级", 10],
        ["地方合计", 50],
        ["河北省", 20],
        ["青海省", 30],
    ]
    assert told(footing(tmp_path, rows)) == ([], [])
    rows[5][1] = 33
    assert told(footing(tmp_path, rows))[0] == ["B2", "B4"]


def test_a_county_that_a_subtotal_forgot_is_told_though_it_forgot_it_everywhere(
    tmp_path: Path,
) -> None:
    rows = [
        ["地区", "甲", "乙"],
        ["甲市小计", 3, 30],
        ["一县", 1, 10],
        ["二县", 2, 20],
        ["三县", 4, 40],
        ["乙市小计", 8, 80],
        ["四县", 8, 80],
        ["合计", 15, 150],
    ]
    assert told(footing(tmp_path, rows))[0] == ["B2", "C2"]


TREES: list[list[list[Any]]] = [
    [
        ["序号", "项目", "金额", "上年"],
        ["一", "教育支出", 30, 3],
        ["（一）", "小学", 10, 1],
        ["（二）", "中学", 20, 2],
        ["二", "卫生支出", 5, 7],
        ["（一）", "医院", 5, 7],
    ],
    [
        ["科目编码", "科目名称", "金额", "上年"],
        ["205", "教育支出", 30, 3],
        ["20502", "普通教育", 30, 3],
        ["2050202", "小学", 10, 1],
        ["2050203", "中学", 20, 2],
        ["210", "卫生支出", 5, 7],
    ],
    [
        ["序号", "项目", "金额", "上年"],
        [1, "中央本级", 5, 7],
        [2, "地方", 30, 3],
        [3, "甲省", 10, 1],
        [4, "乙省", 20, 2],
    ],
]


@pytest.mark.parametrize("tree", TREES)
def test_rows_may_add_up_those_under_them_though_no_name_says_so(
    tmp_path: Path, tree: list[list[Any]]
) -> None:
    assert told(footing(tmp_path, [*tree, [None, "合计", 35, 10]])) == ([], [])
    assert told(footing(tmp_path, [tree[0], [None, "合计", 35, 10], *tree[1:]])) == ([], [])
    assert told(footing(tmp_path, [*tree, [None, "合计", 65, 10]]))[0] != []


def test_rows_may_be_called_one_and_two(tmp_path: Path) -> None:
    assert told(
        footing(tmp_path, [["项目", "预算", "执行"], ["甲", 1, 2], ["乙", 1, 1], ["合计", 2, 9]])
    )[0] == ["C4"]


def test_a_memo_below_the_total_whose_rows_are_not_known_is_only_listed(tmp_path: Path) -> None:
    rows = [
        ["地区", "甲", "乙"],
        ["一县", 1, 10],
        ["二县", 2, 20],
        ["三县", 4, 40],
        ["合计", 7, 70],
        ["重点县小计", 5, 50],
    ]
    found = footing(tmp_path, rows)
    assert (told(found), [each.cell for each in found.unchecked]) == (([], []), ["A6"])


# ---------------------------------------------------------------- precision


@pytest.mark.parametrize(
    ("unit", "rows", "verdict"),
    [
        ("元", [10.01, -10.04, 0], ["B5"]),  # fen cannot be rounded
        ("元", [5_000_000_000.11, 3_000_000_000.22, 8_000_000_000.40], ["B5"]),
        ("元", [10, 21, 30], []),  # whole yuan can
        ("万元", [10.01, 20.01, 30.03], []),
        ("万元", [10.01, 20.01, 30.04], ["B5"]),
        ("万元", [10.000001, 20.000001, 30.000003], ["B5"]),
    ],
)
def test_rounding_explains_half_a_unit_per_part_and_only_where_a_figure_could_be_finer(
    tmp_path: Path, unit: str, rows: list[float], verdict: list[str]
) -> None:
    one, two, total = rows
    found = footing(
        tmp_path,
        [[f"单位：{unit}"], ["县区", "补助"], ["一县", one], ["二县", two], ["合计", total]],
    )
    assert told(found) == (verdict, [] if verdict else ["B5"])


def test_a_total_of_nothing_over_minus_three_fen_is_three_fen_off(tmp_path: Path) -> None:
    (problem,) = footing(
        tmp_path,
        [["单位：元"], ["县区", "调整"], ["一县", 1234.56], ["二县", -1234.59], ["合计", 0]],
    ).wrong
    assert problem.message == "所含 2 行相加为 -0.03，相差 0.03；不是四舍五入能造成的。"


@pytest.mark.system
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("typed", [True, False])
def test_the_noise_of_differences_is_no_difference(tmp_path: Path, seed: int, typed: bool) -> None:
    chance = random.Random(seed)
    rows: list[list[Any]] = [["县区名称", "上年", "本年", "增减额", "增幅"]]
    total = 0.0
    for at in range(2, 47):
        last = round(chance.uniform(1, 10 ** chance.randint(2, 9)), 2)
        now = round(last * chance.uniform(0.9, 1.1), 2)
        gap = now - last
        total += gap
        rows.append(
            [
                f"县{at}",
                last,
                now,
                gap if typed else (f"=C{at}-B{at}", gap),
                gap / last if typed else (f"=D{at}/B{at}", gap / last),
            ]
        )
    sums = [sum(row[column] for row in rows[1:]) for column in (1, 2)]
    rows.append(["合计", round(sums[0], 2), round(sums[1], 2), total, total / sums[0]])
    source = formulas(tmp_path / "表.xlsx", rows)
    assert told(foot_file(source)) == ([], [])
    rows[-1][3] = total + 0.05
    assert "D47" in told(foot_file(formulas(source, rows)))[0]


# ---------------------------------------------------------------- headers, rows that are none


def test_a_first_county_with_2000_is_a_county_and_years_are_headers(tmp_path: Path) -> None:
    assert told(
        footing(tmp_path, [["县区名称", "补助"], ["甲县", 2000], ["乙县", 300], ["合计", 2300]])
    ) == ([], [])
    assert told(
        footing(tmp_path, [["县区名称", "补助"], ["甲县", 2000], ["乙县", 300], ["合计", 2350]])
    )[0] == ["B4"]
    years = [["县区名称", 2023, 2024], ["甲县", 1, 2], ["乙县", 3, 4], ["合计", 4, 6]]
    assert told(footing(tmp_path, years)) == ([], [])
    banded = [["县区名称", "补助", None], [None, 2023, 2024], *years[1:3], ["合计", 4, 9]]
    assert told(footing(tmp_path, banded))[0] == ["C5"]


HEADS: list[list[list[Any]]] = [
    [["县区名称", "均衡性", "生态", "合计"]],
    [["县区名称", "补助资金", None, "合计"], [None, "均衡性", "生态", None]],
    [
        ["2026年分配表"],
        [None, None, None, "单位：万元"],
        ["县区名称", "补助资金", None, None],
        [None, "其中各项", None, "合计"],
        [None, "均衡性", "生态", None],
    ],
]
BETWEEN: list[list[list[Any]]] = [
    [],
    [["一、海东市"]],
    [[]],
    [["甲", 1, 2, 3]],
    [["栏次", 1, 2, "3=1+2"]],
    [["（甲）", "乙", "丙", "丁"]],
    [[], ["一、海东市", None], []],
]


@pytest.mark.system
@pytest.mark.parametrize(("head", "between"), list(itertools.product(range(3), range(7))))
@pytest.mark.parametrize("as_text", [False, True])
def test_headers_of_one_to_three_lines_and_what_stands_under_them(
    tmp_path: Path, head: int, between: int, as_text: bool
) -> None:
    def rows(wrong: float) -> list[list[Any]]:
        body = [
            ["甲县", 10, 5, 15],
            ["乙县", 20, 6, 26],
            ["丙县", 1, 6, 7],
            ["合计", 31, 17, 48 + wrong],
        ]
        return [
            *HEADS[head],
            *BETWEEN[between],
            *([row[0], *(f"{value:,}" if as_text else value for value in row[1:])] for row in body),
        ]

    assert told(footing(tmp_path, rows(0))) == ([], [])
    found = footing(tmp_path, rows(51))
    assert (told(found)[0], found.totals) == (
        [f"D{len(HEADS[head]) + len(BETWEEN[between]) + 4}"],
        3,
    )


def test_a_county_without_figures_is_no_header(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "均衡性", "备注"],
        ["甲县", "未报", "待补"],
        ["乙县", "—", None],
        ["丙县", 20, None],
        ["丁县", 3, None],
        ["合计", 24, None],
    ]
    found = footing(tmp_path, rows)
    assert told(found) == ([], [])  # what 未报 is worth is not known
    assert [each.cell for each in found.unchecked] == ["B6", ""]


def test_two_tables_on_a_sheet_are_two_tables(tmp_path: Path) -> None:
    one, two = (
        [["县区名称", "补助"], ["甲县", 10], ["乙县", 20], ["合计", 30]],
        [["县区名称", "调整"], ["甲县", 1], ["乙县", 2], ["合计", 3]],
    )
    for gap in ([[]], [[], ["表二"]], [[], ["表二"], ["单位：万元"]], [["附表二"]]):
        assert told(footing(tmp_path, [*one, *gap, *two])) == ([], [])
        assert told(footing(tmp_path, [*one, *gap, *two[:-1], ["合计", 5]]))[0] == [
            f"B{8 + len(gap)}"
        ]
    assert told(footing(tmp_path, [*one, [], *one])) == (
        [],
        [],
    )  # the same header over another table
    assert told(footing(tmp_path, [one[0], ["合计", 33], *one[1:3], one[0], ["丙县", 3]])) == (
        [],
        [],
    )  # a second page


def test_tables_side_by_side_are_two_tables(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "补助", None, "县区名称", "调整"],
        ["甲县", 10, None, "丙县", 1],
        ["乙县", 20, None, "合计", 1],
        ["合计", 30, None, None, None],
    ]
    assert told(footing(tmp_path, rows)) == ([], [])
    rows[2][4] = 2
    assert told(footing(tmp_path, rows))[0] == ["E3"]


def test_sheets_are_looked_at_one_by_one(tmp_path: Path) -> None:
    sheets = {
        "一": [["县区", "款"], ["甲县", 1], ["合计", 1]],
        "二": [["县区", "款"], ["甲县", 1], ["合计", 2]],
    }
    assert [
        (each.sheet, each.cell) for each in foot_file(write(tmp_path / "表.xlsx", sheets)).wrong
    ] == [("二", "B3")]


# ---------------------------------------------------------------- columns


@pytest.mark.parametrize(
    "header",
    [
        "行次",
        "序号",
        "排序",
        "年份",
        "邮编",
        "电话",
        "行政区划代码",
        "补助比例",
        "占比",
        "权重",
        "分配系数",
        "绩效得分",
        "单价",
        "补助标准",
        "人均补助",
        "增幅",
        "位次",
        "比例（%）",
        "补助标准(元/人)",
        "财力系数",
    ],
)
@pytest.mark.parametrize("place", [1, 2])
def test_columns_that_nobody_adds_up(tmp_path: Path, header: str, place: int) -> None:
    rows = [["县区名称", "补助"], ["甲县", 10], ["乙县", 20], ["合计", 30]]
    for row, value in zip(rows, [header, 1, 2, 9], strict=True):
        row.insert(place, value)
    assert told(footing(tmp_path, rows)) == ([], [])


def test_amounts_whose_names_only_sound_like_rates_are_added_up(tmp_path: Path) -> None:
    for header in (
        "标准财政收入",
        "2026年度",
        "电话费",
        "增加额",
        "系数调整数",
        "上年",
        "年初预算",
    ):
        assert told(
            footing(tmp_path, [["县区名称", header], ["甲县", 10], ["乙县", 20], ["合计", 39]])
        )[0] == ["B4"], header


def test_an_average_under_a_rate_is_compared_and_another_figure_is_listed(tmp_path: Path) -> None:
    rows = [["县区名称", "补助", "平均得分"], ["甲县", 10, 90], ["乙县", 20, 80], ["合计", 30, 85]]
    assert footing(tmp_path, rows).unchecked == ()
    rows[3][2] = 83.3
    found = footing(tmp_path, rows)
    assert (told(found), [each.cell for each in found.unchecked]) == (([], []), ["C4"])


@pytest.mark.parametrize("name", ["合计", "小计", "补助总额", "全年", "Total", "合计数"])
@pytest.mark.parametrize("first", [True, False])
def test_every_row_of_a_column_named_as_a_sum_is_compared(
    tmp_path: Path, name: str, first: bool
) -> None:
    body = [
        ["甲县", 1.3, 2.4, 3.8],
        ["乙县", 1.1, 1.1, 2.3],
        ["丙县", 5.5, 5.6, 111.2],
        ["丁县", 2.2, 2.2, 4.4],
        ["合计", 10.1, 11.3, 121.7],
    ]
    rows = [["县区名称", "均衡性", "生态", name], *body]
    moved = [[row[0], row[3], *row[1:3]] if first else row for row in rows]
    letter = "B" if first else "D"
    assert told(footing(tmp_path, moved)) == (
        [f"{letter}4", f"{letter}6"],
        [f"{letter}2", f"{letter}3"],
    )


def test_quarters_make_a_year_and_two_columns_a_third_though_no_header_says_so(
    tmp_path: Path,
) -> None:
    rows = [
        ["县区", "一季", "二季", "三季", "四季", "全年"],
        ["甲县", 1, 2, 3, 4, 10],
        ["乙县", 2, 3, 4, 5, 14],
        ["合计", 3, 5, 7, 9, 29],
    ]
    assert told(footing(tmp_path, rows))[0] == ["F4"]
    rows = [
        ["县区", "提前下达", "本次下达", "本年安排"],
        *([f"{at}县", at + 5, 3 * at, 4 * at + 5 + (at == 4)] for at in range(1, 7)),
    ]
    assert told(footing(tmp_path, rows))[1] == ["D5"]


def test_parts_of_a_column_are_not_added_to_it(tmp_path: Path) -> None:
    head = [
        ["地区", "总额", "补助总额明细", None, None, None],
        [None, None, "已经下达", "其中:", None, "此次下达"],
        [None, None, None, "三区三州", "其他", None],
    ]
    merges = ["A1:A3", "B1:B3", "C1:F1", "C2:C3", "D2:E2", "F2:F3"]
    body = [
        ["合计", 50.43, 40.21, 11.77, 8.68, 10.22],
        ["甲县", 20.43, 20.21, 11.77, 8.68, 0.22],
        ["乙县", 30, 20, None, None, 10],
    ]
    assert told(footing(tmp_path, [*head, *body], merges=merges)) == ([], [])
    body[2][1] = 31
    assert told(footing(tmp_path, [*head, *body], merges=merges))[0] == ["B4", "B6"]


# ---------------------------------------------------------------- units in the cell, texts, percentages


@pytest.mark.parametrize(
    ("unit", "texts", "total"),
    [
        ("", ["¥10", "20元"], 30),
        ("单位：元", ["10 元", "￥20"], 30),
        ("单位：元", ["1.2万", "20"], 12020),
        ("单位：万元", ["20元", "1.2万元"], 1.202),
        ("单位：万元", ["0.5亿", "3"], 5003),
        ("", ["10", "２０"], 30),
    ],
)
def test_an_amount_may_bring_its_unit(
    tmp_path: Path, unit: str, texts: list[str], total: float
) -> None:
    rows: list[list[Any]] = [
        [unit or None],
        ["县区名称", "均衡性"],
        ["甲县", texts[0]],
        ["乙县", texts[1]],
        ["丙县", 0],
        ["合计", total],
    ]
    assert told(footing(tmp_path, rows)) == ([], [])
    rows[-1][1] = total + 7
    assert told(footing(tmp_path, rows))[0] == ["B6"]


def test_what_is_not_read_is_never_left_out_in_silence(tmp_path: Path) -> None:
    rows = [["县区名称", "均衡性"], ["甲县", 10], ["乙县", "1.2万"], ["丙县", 3], ["合计", 12013]]
    found = footing(tmp_path, rows)
    assert (told(found), [each.message.split("没")[0] for each in found.unchecked]) == (
        ([], []),
        ["所加的 B3「1.2万」", "B3「1.2万」"],
    )


def test_a_percentage_among_amounts_is_wrong(tmp_path: Path) -> None:
    found = footing(
        tmp_path,
        [["县区名称", "均衡性"], ["甲县", 10], ["乙县", "12%"], ["丙县", 3], ["合计", 13.12]],
    )
    assert [(each.code, each.cell, each.value) for each in found.wrong] == [("A623", "B3", "12%")]


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=MAX(B2:B4)", 20),
        ("=MIN(B2:B4,5)", 1),
        ("=AVERAGE(B2:B4)", 8),
        ("=ROUND(B3/3,1)", 6.7),
        ("=IF(FALSE,1,B3)", 20),
        ("=IF(B3>B2,1,2)", 1),
        ('=SUMIF(A2:A4,"乙县",B2:B4)', 20),
        ('=SUMIF(B2:B4,">2")', 23),
        ("=SUMPRODUCT(B2:B4,B2:B4)", 410),
        ("=B2+B3%", 1.2),
        ("=-2^2", 4),
        ("=IFERROR(B3/C9,7)", 7),
        ("=ABS(B2-B3)", 19),
        ("=INT(-B2/2)", -1),
        ("=COUNT(A2:B4)", 3),
        ("=Sheet!B3*2", 40),
        ("='Sheet'!$B$3*2", 40),
    ],
)
def test_formulas_that_are_worked_out(tmp_path: Path, formula: str, value: float) -> None:
    def rows(shown: float) -> list[list[Any]]:
        return [
            ["县区名称", "补助", "另算"],
            ["甲县", 1, None],
            ["乙县", 20, None],
            ["丙县", 3, None],
            ["合计", ("=SUM(B2:B4)", 24), (formula, shown)],
        ]

    found = foot_file(formulas(tmp_path / "表.xlsx", rows(value)))
    assert (told(found), found.unchecked) == (([], []), ())
    assert told(foot_file(formulas(tmp_path / "表.xlsx", rows(value + 1))))[0] == ["C5"]


@pytest.mark.parametrize(
    "formula",
    [
        "=VLOOKUP(A2,A2:B4,2,FALSE)",
        "=INDEX(B2:B4,2)",
        '=TEXT(B2,"0")*1',
        "=LEN(A2)",
        "=SUBTOTAL(9,B2:B4)",
        "=[1]Sheet1!A1+1",
        "=另一表!A1",
        "=SUM(B:B)",
        "=B2:B4*2",
        "=OFFSET(B2,1,0)",
        "=名称*2",
        "=B2^0.5",
        '=SUMIF(A2:A4,"*县",B2:B4)',
        "=C2",
        "={1,2}",
        "=TODAY()",
    ],
)
def test_formulas_that_are_not_worked_out_are_listed_and_never_guessed(
    tmp_path: Path, formula: str
) -> None:
    rows = [
        ["县区名称", "补助", "另算"],
        ["甲县", 1, (formula, 12345)],
        ["乙县", 20, None],
        ["丙县", 3, None],
        ["合计", ("=SUM(B2:B4)", 24), None],
    ]
    found = foot_file(formulas(tmp_path / "表.xlsx", rows))
    assert (told(found), [each.cell for each in found.unchecked]) == (([], []), ["C2"])


STALE: list[list[Any]] = [
    ["县区名称", "均衡性", "生态", "合计"],
    ["甲县", 10, 5, ("=B2+C2", 15)],
    ["乙县", 20, 6, ("=B3+C3", 30)],
    ["合计", ("=SUM(B2:B3)", 30), ("=SUM(C2:C3)", 11), ("=SUM(D2:D3)", 45)],
]


def locked(source: Path, target: Path, password: str) -> Path:
    from msoffcrypto.format.ooxml import OOXMLFile

    with target.open("wb") as stream:
        OOXMLFile(io.BytesIO(source.read_bytes())).encrypt(password, stream)
    return target


def test_a_stale_formula_is_found_whatever_the_file_says_of_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = formulas(tmp_path / "表.xlsx", STALE)
    assert "D3" in told(foot_file(plain))[0]
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(tmp_path / "金山.xlsx", "w") as copy:
        for name in source.namelist():
            copy.writestr(
                name,
                source.read(name).replace(b'<dimension ref="A1:D4" />', b'<dimension ref="A1" />'),
            )
    assert "D3" in told(foot_file(tmp_path / "金山.xlsx"))[0]
    (tmp_path / "密码.txt").write_text("abc")
    closed = locked(plain, tmp_path / "锁.xlsx", "abc")
    code, _, err = audited(closed, capsys, "--password-file", str(tmp_path / "密码.txt"))
    assert (code, "公式「=B3+C3」按表中现在的数算出 26" in err) == (6, True)


def test_a_city_above_one_county_of_the_same_figure_does_not_lead_it(tmp_path: Path) -> None:
    rows = [
        ["县区名称", "生态", "民族", "合计"],
        ["同仁市", None, 43, 43],
        ["大通县", 90185, 43, 90228],
        ["兴海县", 60680, 50670, 111350],
        ["合计", 150865, 50756, 201621],
    ]
    assert foot_file(formulas(tmp_path / "表.xlsx", rows)).problems == ()


# ---------------------------------------------------------------- shown against stored


def test_figures_that_add_up_but_do_not_look_so_are_a_remark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["县区名称", "补助"], ["甲县", 10.4], ["乙县", 20.4], ["合计", 30.8]]
    for code in ("0", "#,##0", "#,##0_ ", "0;[Red]-0", '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ '):
        ending, out, err = audited(formulas(tmp_path / "表.xlsx", rows, ["", code]), capsys)
        assert (
            ending,
            "核对通过" in out,
            "B4 显示 31，所加各数显示出来相加为 30" in err,
            "transfer-opt round" in err,
        ) == (0, True, True, True), code
    assert foot_file(formulas(tmp_path / "表.xlsx", rows, ["", "0.0"])).remarks == ()
    assert foot_file(formulas(tmp_path / "表.xlsx", rows)).remarks == ()
