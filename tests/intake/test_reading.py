"""What is read, and what is left out, is said; what can be read in two ways is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from books import add_rule, plain_tables, write_tables

from transfer_opt.cli.main import main
from transfer_opt.core.errors import Problem
from transfer_opt.core.text import some
from transfer_opt.intake.checks.catalogue import in_order
from transfer_opt.intake.prepare import check, read_budget, settled
from transfer_opt.intake.reading import reading


def told(path: Path, **sheets: object) -> list[Problem]:
    tables = plain_tables()
    for name, change in sheets.items():
        change(tables[name])  # type: ignore[operator]
    return list(check(write_tables(path / "预算.xlsx", tables)))


def test_the_first_lines_say_what_was_read_and_what_was_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = plain_tables()
    tables["备注"] = [["随便写的"]]
    path = write_tables(tmp_path / "预算.xlsx", tables)
    with pytest.raises(SystemExit):
        main(["check", str(path)])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "读入：45 个县区，8 个市州；单位：万元"
    assert "均衡性转移支付 1,998,000、" in said[1]
    assert "常住人口 5,923,957 人" in said[2]
    assert said[3] == "  工作表：「县区数据」「资金总额」「约束参数」「方案」；没有读：「备注」"
    with pytest.raises(SystemExit):
        main(["check", str(path), "--json"])
    read = json.loads(capsys.readouterr().out)["read"]
    assert read["counties"] == 45
    assert read["sums"]["可用财力"] == 3030265
    assert read["unread"] == ["备注"]


def test_a_broken_workbook_is_still_told_as_far_as_it_was_read(tmp_path: Path) -> None:
    tables = plain_tables()
    del tables["资金总额"]
    given = read_budget(write_tables(tmp_path / "预算.xlsx", tables))
    found = reading(given.model, given.budget)
    assert (found.counties, found.pools) == (45, {})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("参数", "约束参数"),
        ("规则参数", "约束参数"),
        ("2026约束参数", "约束参数"),
        ("测算方案", "方案"),
    ],
)
def test_a_sheet_that_may_be_the_missing_one_is_asked_about(
    tmp_path: Path, name: str, meant: str
) -> None:
    tables = plain_tables()
    tables[name] = tables.pop(meant)
    problems = check(write_tables(tmp_path / "预算.xlsx", tables))
    asked = [each for each in problems if each.code == "W137"]
    assert [(each.sheet, f"是不是「{meant}」" in each.message) for each in asked] == [(name, True)]


def test_a_code_of_another_county_and_a_county_left_out_are_told(tmp_path: Path) -> None:
    def mixed(rows: list[list[object]]) -> None:
        code, name = rows[0].index("行政区划代码"), rows[0].index("县区名称")
        first = next(row for row in rows if row[name] == "城东区")
        first[code] = "632626"
        rows.remove(next(row for row in rows if row[name] == "玛多县"))

    problems = {each.code: each for each in told(tmp_path, 县区数据=mixed)}
    assert "是「玛多县」的代码，这一行写的是「城东区」" in problems["W354"].message
    assert "W355" not in problems  # its code is there

    def shorter(rows: list[list[object]]) -> None:
        name = rows[0].index("县区名称")
        rows.remove(next(row for row in rows if row[name] == "玛多县"))

    problems = {each.code: each for each in told(tmp_path, 县区数据=shorter)}
    assert "本省有 1 个县区不在表里，这次不分给它们：玛多县" in problems["W355"].message


def test_a_pool_far_from_last_years_is_questioned(tmp_path: Path) -> None:
    def tenfold(rows: list[list[object]]) -> None:
        rows[1][rows[0].index("本年总额")] = 19980000

    assert "W356" in [each.code for each in told(tmp_path, 资金总额=tenfold)]


@pytest.mark.parametrize(
    ("typed", "code"),
    [(15, "E210"), (0.15, ""), ("15%", ""), (2, ""), ("1500%", ""), ("15", "E210")],
)
def test_fifteen_is_not_taken_for_fifteen_per_cent(
    tmp_path: Path, typed: object, code: str
) -> None:
    tables = plain_tables()
    add_rule(tables, 规则="增幅上限", 参数="增幅上限", 对象="玛多县", 取值=typed)
    problems = check(write_tables(tmp_path / "预算.xlsx", tables))
    assert [each.code for each in problems if not each.is_warning] == ([code] if code else [])
    assert all("15% 或 0.15" in each.remedy for each in problems if each.code == "E210")


def test_errors_come_before_warnings_sheet_by_sheet_from_top_to_bottom() -> None:
    mixed = (
        Problem("W1", "", sheet="县区数据", cell="A5"),
        Problem("E3", "", sheet="资金总额", cell="B4"),
        Problem("E2", "", sheet="县区数据", cell="C10"),
        Problem("E1", "", sheet="县区数据", cell="D9"),
        Problem("E0", ""),
    )
    assert [each.code for each in in_order((*mixed, *mixed))] == ["E0", "E1", "E2", "E3", "W1"]


def test_a_long_list_is_cut_with_its_count() -> None:
    assert some(["甲", "乙"]) == "甲、乙"
    assert some([f"{k}县" for k in range(103)]).endswith("9县 等 103 个")


def test_doing_without_the_need_columns_is_told_whole_and_works(tmp_path: Path) -> None:
    tables = plain_tables()
    for name in ("保基本民生需求", "保工资需求", "保运转需求"):
        place = tables["县区数据"][0].index(name)
        for row in tables["县区数据"]:
            del row[place]
    path = write_tables(tmp_path / "预算.xlsx", tables)
    missing = [each for each in check(path) if each.code == "E310"]
    assert [each.column for each in missing] == ["保基本民生需求", "保工资需求", "保运转需求"]
    assert len({each.remedy for each in missing}) == 1
    header = tables["约束参数"][0]
    rule, fund, on = (header.index(name) for name in ("规则", "资金", "启用"))
    for line in missing[0].remedy.split("：", 1)[1].removesuffix("。").split("；"):
        words = {part[:2]: part[2:].strip("「」") for part in line.split("、")}
        if "取值" in words:
            add_rule(tables, **words)
            continue
        for row in tables["约束参数"][1:]:
            if row[rule] == words["规则"] and (row[fund] or "") in ("", words.get("资金", "")):
                row[on] = words["启用"]
    given = read_budget(write_tables(tmp_path / "改.xlsx", tables))
    left = settled(given.model, given.budget).problems
    assert [each for each in left if not each.is_warning] == []
