"""Every problem of a workbook: its code, where it is, and what to do; all of them in one run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from books import (
    ECOLOGY,
    EQUALIZATION,
    EXAMPLE,
    GUARANTEE,
    add_rule,
    change,
    plain_tables,
    write_tables,
)
from sheetmaker import write

from transfer_opt.core.errors import Problem
from transfer_opt.intake import prepare
from transfer_opt.policy.model_file.loading import shipped

COUNTIES, POOLS, RULES, BOUNDS = "县区数据", "资金总额", "约束参数", "县区上下限"
Tables = dict[str, list[list[Any]]]
Edit = Callable[[Tables], None]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST_ROW = 3
"""The first data row of a plain sheet: the unit stands in row 1, the headers in row 2."""
BOUND_HEADERS = ["行政区划代码", "县区名称", "资金", "下限", "上限", "理由"]


@pytest.fixture
def tables() -> Tables:
    """The example without titles and totals, free to be spoiled."""
    return plain_tables()


@dataclass(frozen=True)
class Checker:
    """Writes tables to a workbook and checks it."""

    folder: Path

    def __call__(self, tables: Tables) -> tuple[Problem, ...]:
        return prepare.check(write_tables(self.folder / "b.xlsx", tables))


@pytest.fixture
def check(tmp_path: Path) -> Checker:
    return Checker(tmp_path)


def column(tables: Tables, sheet: str, header: str) -> str:
    """The letter of a column."""
    return LETTERS[tables[sheet][0].index(header)]


def county(name: str, **values: Any) -> Edit:
    """Puts values into one county's row."""
    return lambda tables: change(tables, COUNTIES, lambda row: row["县区名称"] == name, **values)


def pool(fund: str, **values: Any) -> Edit:
    """Puts values into one fund's row."""
    return lambda tables: change(tables, POOLS, lambda row: row["资金"] == fund, **values)


def bounds(*rows: Sequence[Any]) -> Edit:
    """Adds the sheet of bounds."""
    return lambda tables: tables.update({BOUNDS: [BOUND_HEADERS, *map(list, rows)]})


def without(tables: Tables, sheet: str, header: str) -> None:
    at = tables[sheet][0].index(header)
    for row in tables[sheet]:
        del row[at]


def advance(fund: str, values: dict[str, float]) -> Edit:
    """Adds the column of advances."""

    def edit(tables: Tables) -> None:
        header, *rows = tables[COUNTIES]
        name = header.index("县区名称")
        header.append(f"提前下达{fund}")
        for row in rows:
            row.append(values.get(row[name]))

    return edit


def rule(**values: Any) -> Edit:
    """One more row of 「约束参数」, after those of the same rule are taken out."""

    def edit(tables: Tables) -> None:
        header, *rows = tables[RULES]
        tables[RULES] = [header, *(row for row in rows if row[0] != values["规则"])]
        add_rule(tables, **values)

    return edit


def only(found: Sequence[Problem], code: str) -> Problem:
    """The one problem of that code, which says what to do."""
    (problem,) = [problem for problem in found if problem.code == code]
    assert problem.remedy
    assert problem.is_warning == code.startswith("W")
    return problem


# ---------------------------------------------------------------- one problem at a time

CELLS: list[tuple[str, Edit, str, str, str]] = [
    # code, what is wrong, column, row of the county or fund, the value shown
    ("E304", county("城中区", 县区名称=None), "县区名称", "4", ""),
    ("E304", county("城中区", 市州=" "), "市州", "4", ""),
    ("E304", county("城中区", 行政区划代码=None), "行政区划代码", "4", ""),
    ("E305", county("城中区", 县区名称="城 东区"), "县区名称", "4", "城 东区"),
    ("E305", county("城中区", 行政区划代码="630102"), "行政区划代码", "4", "630102"),
    ("E102", county("城中区", 可用财力="12,34a.5"), "可用财力", "4", "12,34a.5"),
    ("E102", county("城中区", 保工资需求="约5000"), "保工资需求", "4", "约5000"),
    ("E103", county("城中区", 可用财力=1e14), "可用财力", "4", "100000000000000"),
    ("E104", county("城中区", 保工资需求=-5), "保工资需求", "4", "-5"),
    ("E105", county("城中区", 常住人口=0), "常住人口", "4", "0"),
    ("E105", county("城中区", 标准财政支出=0), "标准财政支出", "4", "0"),
    ("E311", county("城中区", 功能区类型="国家级功能区"), "功能区类型", "4", "国家级功能区"),
    ("E311", county("城中区", 生态考核结果="优秀"), "生态考核结果", "4", "优秀"),
    ("E312", county("城中区", 标准财政收入=0), "标准财政收入", "4", "0"),
    ("E314", county("城中区", 可用财力=None), "可用财力", "4", ""),
    ("E314", county("城中区", **{f"上年{EQUALIZATION}": None}), f"上年{EQUALIZATION}", "4", ""),
    ("W340", county("城中区", 常住人口=32.5813), "常住人口", "4", "32.5813"),
    ("W340", county("城中区", 可用财力=1258825000), "可用财力", "4", "1258825000"),
    ("W341", advance(EQUALIZATION, {"城中区": 3}), f"提前下达{EQUALIZATION}", "4", "3"),
    ("E320", pool(GUARANTEE, 资金="县级财力补助"), "资金", "4", "县级财力补助"),
    ("E320", pool(GUARANTEE, 资金=None), "资金", "4", ""),
    ("E321", pool(GUARANTEE, 资金=EQUALIZATION), "资金", "4", EQUALIZATION),
    ("E322", pool(GUARANTEE, 本年总额=None), "本年总额", "4", ""),
    ("E102", pool(GUARANTEE, 本年总额="待定"), "本年总额", "4", "待定"),
    ("E104", pool(GUARANTEE, 本年总额=-1), "本年总额", "4", "-1"),
    ("W345", pool(GUARANTEE, 本年总额=401999), "本年总额", "4", "401999"),
    ("W346", pool(GUARANTEE, 上年总额=402001), "上年总额", "4", "402001"),
]


@pytest.mark.parametrize(("code", "edit", "header", "row", "value"), CELLS)
def test_a_wrong_cell_is_told_with_its_place_value_and_remedy(
    code: str, edit: Edit, header: str, row: str, value: str, tables: Tables, check: Checker
) -> None:
    sheet = COUNTIES if header in tables[COUNTIES][0] or header.startswith("提前") else POOLS
    edit(tables)
    problem = only(check(tables), code)
    assert (problem.sheet, problem.column, problem.cell) == (
        sheet,
        header,
        column(tables, sheet, header) + row,
    )
    assert problem.value == value


BOUND_ROWS: list[tuple[str, list[list[Any]], str]] = [
    ("E330", [[None, "城东区", "城市维护资金", 1, 2, "专项"]], "C3"),
    ("E331", [[None, "城南区", EQUALIZATION, 1, 2, "专项"]], "B3"),
    ("E331", [["639999", None, EQUALIZATION, 1, 2, "专项"]], "A3"),
    ("E332", [[None, "城东区", EQUALIZATION, 1, 2, None]], "F3"),
    ("E333", [[None, "城东区", ECOLOGY, 1, 2, "专项"]], "C3"),
    (
        "E334",
        [
            [None, "城东区", EQUALIZATION, 1, 2, "专项"],
            ["630102", None, EQUALIZATION, 1, 2, "专项"],
        ],
        "B4",
    ),
    ("E335", [[None, "城东区", EQUALIZATION, 3, 2, "专项"]], "D3"),
    ("E102", [[None, "城东区", EQUALIZATION, "少一点", 2, "专项"]], "D3"),
    ("E104", [[None, "城东区", EQUALIZATION, -1, 2, "专项"]], "D3"),
]


@pytest.mark.parametrize(("code", "rows", "cell"), BOUND_ROWS)
def test_a_wrong_bound_is_told_with_its_place(
    code: str, rows: list[list[Any]], cell: str, tables: Tables, check: Checker
) -> None:
    bounds(*rows)(tables)
    problem = only(check(tables), code)
    assert (problem.sheet, problem.cell) == (BOUNDS, cell)


@pytest.mark.parametrize(
    "who", [["630102", None], [None, "城东区"], ["630102", "城东区"], [630102, None]]
)
def test_a_bound_may_name_its_county_by_code_or_by_name(
    who: list[Any], tables: Tables, check: Checker
) -> None:
    bounds([*who, "均衡性", 33000, 34000, "专项"])(tables)
    assert [problem.code for problem in check(tables)] == ["W343"]


def test_a_grouping_column_that_is_not_there_is_told(tables: Tables, check: Checker) -> None:
    rule(规则="保障水平下限", 参数="分组列", 取值="片区", 启用="是")(tables)
    assert "「保障水平下限」·分组列写的列「片区」" in only(check(tables), "E313").message


def test_a_grouping_column_of_a_rule_that_is_off_is_nobodys_business(
    tables: Tables, check: Checker
) -> None:
    rule(规则="保障水平下限", 参数="分组列", 取值="片区", 启用="否")(tables)
    assert not [problem for problem in check(tables) if problem.code == "E313"]


def test_a_group_by_a_column_that_is_not_there_is_told(tables: Tables, check: Checker) -> None:
    rule(规则="财力薄弱倾斜", 资金=EQUALIZATION, 参数="组别", 取值="片区=青南", 启用="是")(tables)
    assert "组别写的列「片区」" in only(check(tables), "E313").message


def test_a_group_without_a_single_county_is_told(tables: Tables, check: Checker) -> None:
    rule(
        规则="财力薄弱倾斜", 资金=EQUALIZATION, 参数="组别", 取值="困难地区类型=无此类型", 启用="是"
    )(tables)
    assert "一个县也没有" in only(check(tables), "E315").message


def test_a_fund_nobody_is_eligible_for_is_told(tables: Tables, check: Checker) -> None:
    for row in tables[COUNTIES][1:]:
        row[tables[COUNTIES][0].index("功能区类型")] = None
    assert ECOLOGY in only(check(tables), "E323").message


def test_own_revenue_that_seems_to_hold_last_years_transfers_is_questioned(
    tables: Tables, check: Checker
) -> None:
    header, *rows = tables[COUNTIES]
    own, revenue = header.index("可用财力"), header.index("标准财政收入")
    last = [i for i, name in enumerate(header) if name.startswith("上年")]
    for row in rows[:23]:
        row[own] = row[revenue] + sum(row[i] or 0 for i in last)
    assert only(check(tables), "W342").column == "可用财力"


def test_half_of_the_counties_is_not_yet_more_than_half(tables: Tables, check: Checker) -> None:
    header, *rows = tables[COUNTIES]
    own, revenue = header.index("可用财力"), header.index("标准财政收入")
    last = [i for i, name in enumerate(header) if name.startswith("上年")]
    for position, row in enumerate(rows):
        row[own] = row[revenue] + sum(row[i] or 0 for i in last) if position < 22 else row[revenue]
    assert not [problem for problem in check(tables) if problem.code == "W342"]


def test_a_name_that_a_model_says_is_its_own_former_one_is_no_second_unit(
    tables: Tables, tmp_path: Path
) -> None:
    text = shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8")
    own = text.replace("[former]\n", '[former]\n"湟中区" = "湟中区"\n"630106" = "630106"\n')
    (tmp_path / "model.toml").write_text(own, encoding="utf-8")
    path = write(tmp_path / "b.xlsx", tables)
    found = {
        problem.code
        for problem in prepare.check(prepare.read_budget(path, tmp_path / "model.toml"))
    }
    assert not {"E305", "W352"} & found


def test_where_nothing_was_paid_last_year_own_revenue_cannot_hold_it(
    tables: Tables, check: Checker
) -> None:
    header, *rows = tables[COUNTIES]
    own, revenue = header.index("可用财力"), header.index("标准财政收入")
    last = [i for i, name in enumerate(header) if name.startswith("上年")]
    for row in rows:
        row[own] = (row[revenue] or 0) + 1
        for i in last:
            row[i] = 0
    assert not [problem for problem in check(tables) if problem.code == "W342"]


def test_a_workbook_that_nowhere_says_its_unit_is_taken_as_wan_yuan_and_told(
    tables: Tables, tmp_path: Path
) -> None:
    assert only(prepare.check(write(tmp_path / "b.xlsx", tables)), "W344").sheet == COUNTIES


def test_a_total_that_does_not_add_up_is_told_and_changes_nothing(
    tables: Tables, check: Checker
) -> None:
    header = tables[COUNTIES][0]
    tables[COUNTIES].insert(1, [{"县区名称": "合  计", "可用财力": 1}.get(name) for name in header])
    problem = only(check(tables), "W134")
    assert (problem.sheet, problem.cell, problem.value) == (
        COUNTIES,
        f"{column(tables, COUNTIES, '可用财力')}3",
        "1.0",
    )


# ---------------------------------------------------------------- sheets and columns


@pytest.mark.parametrize("name", [COUNTIES, POOLS])
def test_a_sheet_that_is_not_there_is_told(name: str, tables: Tables, check: Checker) -> None:
    del tables[name]
    problem = only(check(tables), "E301")
    assert problem.sheet == name
    assert "transfer-opt init" in problem.remedy


@pytest.mark.parametrize(
    ("sheet", "header"), [(COUNTIES, "县区名称"), (COUNTIES, "市州"), (POOLS, "本年总额")]
)
def test_a_column_nothing_can_do_without_is_told(
    sheet: str, header: str, tables: Tables, check: Checker
) -> None:
    without(tables, sheet, header)
    problem = only(check(tables), "E302")
    assert (problem.sheet, problem.column) == (sheet, header)
    assert "--rename" in problem.remedy


@pytest.mark.parametrize("name", [COUNTIES, POOLS])
def test_a_sheet_without_rows_is_told(name: str, tables: Tables, check: Checker) -> None:
    tables[name] = tables[name][:1]
    assert only(check(tables), "E303").sheet == name


@pytest.mark.parametrize("names", [[COUNTIES], [POOLS], [COUNTIES, POOLS]])
def test_a_sheet_without_headers_is_told(names: list[str], tables: Tables, check: Checker) -> None:
    for name in names:
        tables[name] = [["随便", "写点", "什么"], [1, 2, 3]]
    assert [problem.sheet for problem in check(tables) if problem.code == "E121"] == names


def test_a_workbook_whose_funds_are_all_unknown_is_told(tables: Tables, check: Checker) -> None:
    tables[POOLS] = [
        tables[POOLS][0],
        [value if i else "教育补助" for i, value in enumerate(tables[POOLS][1])],
    ]
    assert only(check(tables), "E320").value == "教育补助"


# ---------------------------------------------------------------- the whole workbook


def test_the_example_gives_no_error_and_one_question() -> None:
    (question,) = prepare.check(EXAMPLE)
    assert question.code == "W343"
    assert "湟中区" in question.message
    assert "「含禁止开发」" in question.remedy


def test_all_problems_of_a_file_come_in_one_run(tables: Tables, check: Checker) -> None:
    county("城中区", 可用财力="不详", 保工资需求=-5, 生态考核结果="优秀")(tables)
    county("城西区", 县区名称="城东区", 常住人口=0, 标准财政收入=None)(tables)
    pool(GUARANTEE, 资金="县级财力补助")(tables)
    pool(ECOLOGY, 本年总额=None)(tables)
    bounds([None, "城南区", EQUALIZATION, 3, 2, None])(tables)
    add_rule(tables, 规则="增幅上线", 启用="是")
    codes = {problem.code for problem in check(tables)}
    assert codes >= {
        "E102",
        "E104",
        "E311",
        "E305",
        "E105",
        "E314",
        "E320",
        "E322",
        "E331",
        "E332",
        "E201",
    }


def test_no_problem_is_told_twice(tables: Tables, check: Checker) -> None:
    county("城中区", 可用财力="不详", 常住人口=0)(tables)
    found = check(tables)
    assert len(found) == len(set(found))
    assert len({(problem.code, problem.cell) for problem in found}) == len(found)


def test_no_revenue_at_all_is_no_problem_where_nothing_must_be_paid(
    tables: Tables, check: Checker
) -> None:
    county("城中区", 标准财政收入=0, 保基本民生需求=0, 保工资需求=0, 保运转需求=0)(tables)
    assert not [problem for problem in check(tables) if problem.code == "E312"]


def test_no_revenue_at_all_is_no_problem_for_a_formula_by_the_gap(
    tables: Tables, check: Checker
) -> None:
    county("城中区", 标准财政收入=0)(tables)
    as_told(tables, only(check(tables), "E312").remedy)
    assert not [problem for problem in check(tables) if problem.code == "E312"]


def test_negative_own_revenue_and_zero_last_year_are_allowed(
    tables: Tables, check: Checker
) -> None:
    county("城中区", 可用财力=-300)(tables)
    county("城西区", **{f"上年{GUARANTEE}": 0})(tables)
    pool(GUARANTEE, 上年总额=402000 - 913)(tables)
    assert [problem.code for problem in check(tables)] == ["W343"]


def test_a_blank_of_a_county_that_takes_no_part_is_no_problem(
    tables: Tables, check: Checker
) -> None:
    """城东区 has no zone type, so nobody asks what ecology money it got last year."""
    county("城东区", 生态考核结果=None, **{f"上年{ECOLOGY}": None})(tables)
    assert [problem.code for problem in check(tables)] == ["W343"]


def test_a_number_typed_as_text_and_a_percentage_are_understood(
    tables: Tables, check: Checker
) -> None:
    """15% as text, 0.3 as text, and a full-width figure are the numbers they say."""
    change(
        tables,
        RULES,
        lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION,
        取值="15%",
    )
    change(
        tables,
        RULES,
        lambda row: row["规则"] == "增幅上限" and row["资金"] == GUARANTEE,
        取值="0.3",
    )
    change(
        tables,
        RULES,
        lambda row: row["规则"] == "增幅上限" and row["资金"] == ECOLOGY,
        取值="２０％",
    )
    path = write_tables(check.folder / "b.xlsx", tables)
    prepared = prepare.prepare(path)
    assert [problem.code for problem in prepared.problems] == ["W343"]
    assert prepared.settings.numbers(
        "增幅上限", "增幅上限", prepared.settings.by_fund()
    ).tolist() == [0.15, 0.3, 0.2]


@pytest.mark.parametrize("text", ["百分之十五", "15%左右", "0.1.5"])
def test_a_parameter_that_is_no_number_is_told(text: str, tables: Tables, check: Checker) -> None:
    change(
        tables,
        RULES,
        lambda row: row["规则"] == "增幅上限" and row["资金"] == EQUALIZATION,
        取值=text,
    )
    problem = only(check(tables), "E209")
    assert (problem.sheet, problem.column, problem.value) == (RULES, "取值", text)


# ---------------------------------------------------------------- nothing switches itself off

LINE = re.compile(
    "".join(
        [
            "规则「(?P<规则>[^」]+)」",
            "(?:、资金「(?P<资金>[^」]+)」)?",
            "(?:、参数「(?P<参数>[^」]+)」、取值「(?P<取值>[^」]+)」)?",
            "(?:、启用「(?P<启用>[^」]+)」)?",
        ]
    )
)


def as_told(tables: Tables, remedy: str) -> None:
    """Does what the remedy says about 「约束参数」: the rule's rows of that fund, or a new row."""
    found = LINE.search(remedy)
    assert found, f"no line of 「约束参数」 in: {remedy}"
    said = {key: value for key, value in found.groupdict().items() if value}
    header = tables[RULES][0]
    address = [header.index(key) for key in ("规则", "资金", "参数") if key in said]
    rows = [row for row in tables[RULES][1:] if all(row[at] == said[header[at]] for at in address)]
    for row in rows:
        for key in ("取值", "启用"):
            if key in said:
                row[header.index(key)] = said[key]
    if not rows:
        add_rule(tables, **said)


def fill_with_0(tables: Tables, blanks: Sequence[Problem]) -> None:
    """Does what the remedy of a blank says of those who got nothing last year."""
    for problem in blanks:
        assert "上年没有得到的填 0" in problem.remedy
        row = int("".join(filter(str.isdigit, problem.cell)))
        tables[COUNTIES][row - 2][tables[COUNTIES][0].index(problem.column)] = 0


NEEDED = [
    "常住人口",
    "标准财政收入",
    "保基本民生需求",
    "保运转需求",
    "功能区类型",
    "禁止开发区面积",
    "生态考核结果",
    "困难地区类型",
    f"上年{EQUALIZATION}",
    f"上年{GUARANTEE}",
    f"上年{ECOLOGY}",
]


@pytest.mark.system
@pytest.mark.parametrize("header", NEEDED)
def test_a_missing_column_is_an_error_until_the_lines_it_names_are_written(
    header: str, tables: Tables, check: Checker
) -> None:
    """Each run tells who needs the column; doing what it says leads to a workbook without errors."""
    without(tables, COUNTIES, header)
    told: list[str] = []
    for _ in range(12):
        errors = [problem for problem in check(tables) if not problem.is_warning]
        fill_with_0(tables, [problem for problem in errors if problem.code == "E314"])
        errors = [problem for problem in errors if problem.code != "E314"]
        if not errors:
            break
        (problem,) = errors  # and nothing that only follows from it
        assert (problem.code, problem.sheet, problem.column) == ("E310", COUNTIES, header)
        assert problem.remedy not in told, f"doing what it says changes nothing: {problem.remedy}"
        told.append(problem.remedy)
        as_told(tables, problem.remedy)
    assert told
    assert not [problem for problem in check(tables) if not problem.is_warning]


def test_capacity_can_only_be_replaced_by_another_column(tables: Tables, check: Checker) -> None:
    """Without 可用财力 everything that speaks of it goes, and what is left names the column to take instead."""
    without(tables, COUNTIES, "可用财力")
    for _ in range(12):
        problem = only(check(tables), "E310")
        if "写表里有的一列" in problem.remedy:
            break
        as_told(tables, problem.remedy)
    assert "规则「保障水平最大化」、参数「财力列」、取值写表里有的一列" in problem.remedy
    change(tables, RULES, lambda row: row["参数"] == "财力列", 取值="标准财政收入")
    assert [found.code for found in check(tables)] == ["W343"]


@pytest.mark.parametrize("has_sheet", [True, False])
@pytest.mark.parametrize(
    ("header", "rule_name"), [("困难地区类型", "困难地区倾斜"), ("生态考核结果", "考核奖惩")]
)
def test_one_line_switches_off_the_only_rule_that_needs_a_column(
    header: str, rule_name: str, has_sheet: bool, tables: Tables, check: Checker
) -> None:
    without(tables, COUNTIES, header)
    if not has_sheet:
        tables[RULES] = tables[RULES][:1]
    problem = only(check(tables), "E310")
    assert f"规则「{rule_name}」" in problem.remedy
    as_told(tables, problem.remedy)
    assert [found.code for found in check(tables)] == ["W343"]


def test_a_misspelt_column_never_drops_the_bottom_line_silently(
    tables: Tables, check: Checker
) -> None:
    header = tables[COUNTIES][0]
    header[header.index("保工资需求")] = "保工姿需求"
    problem = only(check(tables), "E310")
    assert problem.column == "保工资需求"
    assert "规则「三保兜底」" in problem.message
