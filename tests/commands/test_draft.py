"""A scenario kept as one more column of 「方案」: what is written reads back, all else stays as it was, or nothing is written."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import EQUALIZATION, EXAMPLE, plain_tables, write_tables
from openpyxl.worksheet.datavalidation import DataValidation
from richbook import write_rich

from transfer_opt.commands.draft import Address, save_scenario
from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.core.vocabulary import BASELINE, SCENARIOS
from transfer_opt.intake.prepare import BudgetWorkbook, read_budget, settled
from transfer_opt.policy.model import Change

NAME = "讨论稿<甲&乙>\"'"
SIGNED = {"编制人": "预算处", "日期": "2026-11-28", "一句话": "刚察县多给一点"}
CELLS: Mapping[Address, float | str] = {
    ("目标", "", "顺序", ""): "三保缺口最小>贴近因素法",
    ("生态稳定增长", "", "增长率", ""): 0.055,
    ("资金总额", EQUALIZATION, "本年总额", ""): "+2%",
    ("县区上下限", EQUALIZATION, "下限", "刚察县"): 36000.0,
    ("增幅上限", "", "刚性", ""): "软",
}
CHANGES = {
    Change("目标", "", "顺序", "", "三保缺口最小>贴近因素法"),
    Change("生态稳定增长", "", "增长率", "", 0.055),
    Change("资金总额", EQUALIZATION, "本年总额", "", 1998000 * 1.02),
    Change("县区上下限", EQUALIZATION, "下限", "刚察县", 36000.0),
    Change("增幅上限", hard=False),
}


def changes(path: Path, name: str) -> set[Change]:
    return set(settled(*said(path), name).settings.layers[1])


def said(path: Path) -> tuple[Any, Any]:
    found = read_budget(path)
    return found.model, found.budget


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def touched(before: Path, after: Path) -> set[str]:
    """The parts that differ."""
    old, new = parts(before), parts(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def grid(path: Path) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(path)[SCENARIOS]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def saved(budget: Path, folder: Path, **more: Any) -> Path:
    target = folder / f"副本{budget.suffix}"
    save_scenario(read_budget(budget), NAME, more.get("cells", CELLS), SIGNED, target)
    return target


def test_a_scenario_of_the_example_stands_beside_the_others_above_the_notes(tmp_path: Path) -> None:
    copy = saved(EXAMPLE, tmp_path)
    assert changes(copy, NAME) == CHANGES
    assert dict(settled(*said(copy), NAME).settings.signature) == SIGNED
    assert touched(EXAMPLE, copy) == {
        "xl/worksheets/sheet4.xml",
        "xl/workbook.xml",
        "xl/styles.xml",
    }
    before, after = grid(EXAMPLE), grid(copy)
    assert after[2] == [*before[2], NAME]
    assert [row[:8] for row in after[:6]] == before[:6]
    assert [row[8] for row in after[3:6]] == ["三保缺口最小>贴近因素法", 0.055, None]
    assert [(*row[:4], row[8]) for row in after[6:12]] == [
        ("资金总额", EQUALIZATION, "本年总额", None, "+2%"),
        ("县区上下限", EQUALIZATION, "下限", "刚察县", 36000),
        ("增幅上限", None, "刚性", None, "软"),
        ("编制人", None, None, None, "预算处"),
        ("日期", None, None, None, "2026-11-28"),
        ("一句话", None, None, None, "刚察县多给一点"),
    ]
    assert [row[0] for row in after[12:]] == [row[0] for row in before[6:]]
    sheet = openpyxl.load_workbook(copy)[SCENARIOS]
    assert {str(each) for each in sheet.merged_cells.ranges} == {"A1:I1", "A13:I13", "A14:I14"}
    assert sheet.print_area == "'方案'!$A$1:$I$14"
    assert sheet["I5"].number_format == "0.00%"
    assert sheet["I8"].number_format == "General"
    assert sheet["I8"].border.left.style == sheet["H5"].border.left.style == "thin"


def test_a_second_scenario_uses_the_rows_of_the_first(tmp_path: Path) -> None:
    copy = saved(EXAMPLE, tmp_path)
    again = tmp_path / "又一份.xlsx"
    cells = {("县区上下限", "均衡性", "下限", "刚察"): 35500.0}
    assert save_scenario(read_budget(copy), "再议", cells, {}, again) == ()
    assert changes(again, "再议") == {Change("县区上下限", EQUALIZATION, "下限", "刚察县", 35500.0)}
    assert changes(again, NAME) == CHANGES
    assert len(grid(again)) == len(grid(copy))
    assert touched(copy, again) <= {"xl/worksheets/sheet4.xml", "xl/workbook.xml"}


def test_a_workbook_without_the_sheet_gets_one_with_the_models_scenarios(tmp_path: Path) -> None:
    tables = plain_tables()
    del tables[SCENARIOS]
    budget = write_tables(tmp_path / "预算.xlsx", tables)
    copy = saved(budget, tmp_path)
    assert changes(copy, NAME) == CHANGES
    assert read_budget(copy).scenarios == (*read_budget(budget).scenarios, NAME)
    old, new = parts(budget), parts(copy)
    assert {name for name in old if old[name] != new[name]} == {
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/workbook.xml",
    }


def busy(path: Path, formula: bool = False) -> Path:
    """A 「方案」 with remarks beside it, notes, merges, a drop-down, a break, a link and a print area below."""
    write_tables(path, plain_tables())
    book = openpyxl.load_workbook(path)
    sheet = book[SCENARIOS]
    last = sheet.max_row
    sheet.cell(2, 9).value = "说明"
    sheet.cell(3, 9).value = "会上定的"
    sheet.cell(
        last + 2, 1
    ).value = "注：各方案只写与现状不同的取值，其余照「约束参数」执行，不再另行说明。"
    sheet.merge_cells(start_row=last + 2, start_column=1, end_row=last + 3, end_column=9)
    sheet.cell(last + 5, 1).value = "填表人：预算处"
    sheet.cell(last + 5, 5).hyperlink = "https://example.invalid/"
    rule = DataValidation(type="list", formula1='"目标,资金总额"', sqref=f"A3:A{last}")
    sheet.add_data_validation(rule)
    sheet.print_area = f"A1:I{last + 5}"
    sheet.column_dimensions["J"].hidden = True
    sheet.row_breaks.append(openpyxl.worksheet.pagebreak.Break(id=last + 4))
    if formula:
        book["资金总额"]["M1"] = f"={SCENARIOS}!A{last + 5}"
    book.save(path)
    return path


def test_what_stands_below_moves_down_whole(tmp_path: Path) -> None:
    budget = busy(tmp_path / "预算.xlsx")
    last = len(plain_tables()[SCENARIOS]) + 1
    copy = saved(budget, tmp_path)
    assert changes(copy, NAME) == CHANGES
    before, after = grid(budget), grid(copy)
    assert after[1] == [*before[1], NAME]
    assert [row[:9] for row in after[last + 6 :]] == before[last:]
    sheet = openpyxl.load_workbook(copy)[SCENARIOS]
    assert [str(each) for each in sheet.merged_cells.ranges] == [f"A{last + 8}:J{last + 9}"]
    assert [str(each.sqref) for each in sheet.data_validations.dataValidation] == [
        f"A3:A{last + 6}"
    ]
    assert sheet.print_area == f"'方案'!$A$1:$J${last + 11}"
    assert [each.id for each in sheet.row_breaks.brk] == [last + 10]
    assert not sheet.column_dimensions["J"].hidden
    assert sheet.column_dimensions["J"].width == 24
    assert sheet.cell(last + 11, 5).hyperlink.target == "https://example.invalid/"


def test_rows_go_below_everything_where_a_formula_points_there(tmp_path: Path) -> None:
    budget = busy(tmp_path / "预算.xlsx", formula=True)
    target = tmp_path / "副本.xlsx"
    [remark] = save_scenario(read_budget(budget), NAME, CELLS, SIGNED, target)
    assert changes(target, NAME) == CHANGES
    before, after = grid(budget), grid(target)
    assert [row[:9] for row in after[: len(before)]] == before
    assert [row[0] for row in after[len(before) :]] == [
        "资金总额",
        "县区上下限",
        "增幅上限",
        "编制人",
        "日期",
        "一句话",
    ]
    assert f"新加的 6 行写在最下面，从第 {len(before) + 1} 行起" in remark


def test_macros_charts_and_whatever_else_a_department_keeps_stay_as_they_are(
    tmp_path: Path,
) -> None:
    budget = write_rich(tmp_path / "工作簿.xlsm", macros=True)
    copy = saved(budget, tmp_path)
    assert changes(copy, NAME) == CHANGES
    assert touched(budget, copy) <= {"xl/worksheets/sheet4.xml", "xl/styles.xml"}


def refused(budget: BudgetWorkbook, target: Path, name: str = NAME, **more: Any) -> str:
    with pytest.raises((OutputError, InputError)) as error:
        save_scenario(budget, name, more.get("cells", CELLS), SIGNED, target)
    assert not target.exists()
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("均衡优先", "「方案」表里已有方案「均衡优先」"),
        (BASELINE, "另有意思"),
        ("对象", "另有意思"),
        ("甲 乙", "改成「甲乙」"),
        ("方案（万元）", "改成「方案」"),
        ("", "没有写方案名"),
        ("长" * 61, "太长"),
    ],
)
def test_a_name_that_would_not_be_read_as_itself_is_refused(
    tmp_path: Path, name: str, why: str
) -> None:
    assert why in refused(read_budget(EXAMPLE), tmp_path / "副本.xlsx", name)


def test_a_wrong_cell_is_told_before_anything_is_written(tmp_path: Path) -> None:
    for address, value, code in (
        (("增幅上限", "", "增幅上限", ""), "很多", "E209"),
        (("县区上下限", EQUALIZATION, "下限", ""), 1.0, "E204"),
        (("没有的规则", "", "", ""), 1.0, "E201"),
    ):
        assert code in refused(read_budget(EXAMPLE), tmp_path / "副本.xlsx", cells={address: value})


def test_a_file_that_is_the_budget_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "预算.xlsx"
    path.write_bytes(EXAMPLE.read_bytes())
    budget = read_budget(path)
    with pytest.raises(OutputError, match="同一个"):
        save_scenario(budget, NAME, CELLS, SIGNED, path)
    told = refused(budget, tmp_path / "副本.xlsm")
    assert "不带宏，副本应以 .xlsx 结尾" in told
    assert "--into" not in told
    path.write_bytes(path.read_bytes() + b" ")
    assert "被改动或移走了" in refused(budget, tmp_path / "副本.xlsx")


def test_a_copy_that_does_not_read_back_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "transfer_opt.workbook.scenario_column.with_scenario", lambda content, *_: (content, ())
    )
    assert "读回来与要保存的不一样" in refused(read_budget(EXAMPLE), tmp_path / "副本.xlsx")
    assert [*tmp_path.iterdir()] == []


def test_columns_that_were_renamed_are_read_back_by_the_same_names(tmp_path: Path) -> None:
    tables = plain_tables()
    tables[SCENARIOS][0][0] = "条目"
    tables["县区数据"][0][tables["县区数据"][0].index("常住人口")] = "人头"
    rename = {"条目": "规则", "人头": "常住人口"}
    budget = read_budget(write_tables(tmp_path / "预算.xlsx", tables), rename=rename)
    target = tmp_path / "副本.xlsx"
    save_scenario(budget, NAME, CELLS, SIGNED, target)
    copy = read_budget(target, rename=rename)
    assert set(settled(copy.model, copy.budget, NAME).settings.layers[1]) == CHANGES


def drawn(generator: random.Random, budget: BudgetWorkbook) -> dict[Address, float | str]:
    """Cells that are right, of any rule."""
    spec, names = budget.model, ["", *(fund.name for fund in budget.model.funds)]
    cells: dict[Address, float | str] = {}
    for rule in generator.sample([*spec.rules.values()], 6):
        fund = generator.choice(names) if rule.by in ("line", "fund") else ""
        if not rule.fixed:
            cells[rule.name, fund, "启用", ""] = generator.choice(["是", "否"])
        for each in rule.parameters.values():
            if each.kind == "share" and rule.name not in ("年度展望", "因素权重"):
                own = fund if each.by in ("line", "fund") else ""
                at = generator.choice(["", "刚察县"]) if each.by in ("line", "recipient") else ""
                place = "海北藏族自治州" if each.by == "prefecture" else at
                value = round(generator.random(), generator.randint(2, 17))
                typed: float | str = f"{value * 100:.6g}%" if generator.random() < 0.3 else value
                cells[rule.name, own, each.name, place] = typed
    money = round(generator.random() * 1e5, generator.randint(0, 4))
    cells["县区上下限", generator.choice(names[1:]), "上限", "玛多县"] = money
    return cells


def random_scenario_reads_back(folder: Path, seed: int) -> None:
    generator = random.Random(seed)
    source = generator.choice([EXAMPLE, busy(folder / f"{seed}.xlsx", generator.random() < 0.5)])
    budget, target = read_budget(source), folder / f"{seed}副本.xlsx"
    name = (
        "".join(generator.choices("甲乙丙丁&<>'\"“”·—0123456789%#", k=generator.randint(2, 20)))
        + "案"
    )
    cells = drawn(generator, budget)
    save_scenario(budget, name, cells, {"一句话": name} if seed % 2 else {}, target)
    # 「方案」 is the fourth sheet of either
    allowed = {"xl/worksheets/sheet4.xml", "xl/styles.xml", "xl/workbook.xml"}
    assert touched(source, target) <= allowed
    kept = {each: value for each, value in zip(*columns(target, name), strict=True) if value}
    assert len(kept) == len(cells) + seed % 2


def columns(path: Path, name: str) -> tuple[list[tuple[Any, ...]], list[Any]]:
    rows = grid(path)
    header = next(row for row in rows if name in row)
    at, first = header.index(name), rows.index(header) + 1
    return [(*row[:4], number) for number, row in enumerate(rows[first:])], [
        None if row[at] is None else str(row[at]) for row in rows[first:]
    ]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_kept_reads_back(tmp_path: Path, seed: int) -> None:
    random_scenario_reads_back(tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_whatever_is_kept_reads_back_many_times(tmp_path: Path, seed: int) -> None:
    random_scenario_reads_back(tmp_path, seed)
