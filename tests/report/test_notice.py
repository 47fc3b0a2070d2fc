"""「县区说明单」: a pocket calculator gets the published integers, and every program shows the same for every county."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from allocations import SCENARIOS, example
from books import change, plain_tables, write_tables

from transfer_opt.allocation import allocate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.tables import Notice
from transfer_opt.intake import prepare
from transfer_opt.report.notice.notice import notice, striking
from transfer_opt.report.notice.worked_lines import Line, lettered, takes_part, worked
from transfer_opt.report.workbook import build
from transfer_opt.workbook.output.notice import number_format
from transfer_opt.workbook.result.fingerprint import fingerprint, notice_contents
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.save import write_report

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
NOTICE = "县区说明单"
ONE_FUND: dict[str, list[list[Any]]] = {
    "县区数据": [
        [
            "县区名称",
            "市州",
            "标准财政支出",
            "可用财力",
            "支出需求",
            "本级财力",
            "支出基数",
            "上年均衡性转移支付",
        ],
        ["甲*县", "东州", 50000, 20000, 52000, 21000, 40000, 18000],
        ["甲乙县", "东州", 30000, 18000, 31000, 18000, 28000, 9000],
        ["丙县", "西州", 20000, 16000, 21000, 16000, 20000, None],
    ],
    "资金总额": [["资金", "本年总额"], ["均衡性转移支付", 32000]],
    "约束参数": [
        ["规则", "资金", "参数", "取值", "启用"],
        ["保障水平最大化", None, "需求列", "支出需求", None],
        ["保障水平最大化", None, "财力列", "本级财力", None],
        ["保障水平最大化", None, "分母列", "支出基数", None],
        ["因素法", "均衡性转移支付", "参考", "缺口", None],
        ["资格", "均衡性转移支付", "仅缺口为正", "否", None],
        ["三保兜底", None, None, None, "否"],
        ["困难地区倾斜", None, None, None, "否"],
        ["上年保底", None, None, None, "否"],
        ["增幅上限", None, None, None, "否"],
        ["财力薄弱倾斜", None, None, None, "否"],
        ["单县占比上限", None, None, None, "否"],
    ],
}
"""No population, no codes, last year not known for one county, a name that spreadsheets take for a pattern."""


@cache
def one_fund(folder: Path) -> Outcome:
    return allocate.allocate(prepare.prepare(write_tables(folder / "一项.xlsx", ONE_FUND)), "highs")


@cache
def fine(folder: Path) -> Outcome:
    """The example in hundredths of 万元, and one county that leaves the ecology fund."""
    tables = plain_tables()
    change(
        tables,
        "县区数据",
        lambda row: row["县区名称"] == "兴海县",
        功能区类型=None,
        生态考核结果=None,
    )
    change(tables, "约束参数", lambda row: row["规则"] == "取整", 取值="0.01万元")
    return allocate.allocate(prepare.prepare(write_tables(folder / "细.xlsx", tables)), "highs")


# ---------------------------------------------------------------- a pocket calculator


def printed(value: Decimal | None, line: Line) -> Decimal | None:
    """What a reader sees on paper, as a number: 「3.1360077157%」 → 0.031360077157."""
    if value is None:
        return None
    form = number_format(line.kind, line.decimals).split(";")[0].rstrip("_ ")
    share = form.endswith("%")
    places = len(form.rstrip("%").partition(".")[2])
    text = f"{value * (100 if share else 1):,.{places}f}"
    return Decimal(text.replace(",", "")) / (100 if share else 1)


def by_hand(said: str, seen: dict[str, Decimal | None], fund_share: str) -> Decimal:
    """What the 算式 gives on a calculator of many digits: 「0.5×L÷M＋0.3×N÷O」, 「AC＋AD＋…＋AJ」, 「J－K，小于0按0计」."""
    letters = list(seen)
    formula, _, at_least_0 = said.partition("，")
    formula = re.sub(r"份额 \S+ ×", f"{fund_share}×", formula)
    if "…" in formula:
        first, last = formula.split("＋")[0], formula.split("＋")[-1]
        formula = "＋".join(letters[letters.index(first) : letters.index(last) + 1])
    code = re.sub(
        r"[A-Z]+",
        lambda found: f"(seen[{found[0]!r}] or Decimal(0))",
        formula.translate(str.maketrans("＋－×÷（）", "+-*/()")),
    )
    code = re.sub(
        r"(?<![\w.'])(\d+(?:\.\d+)?)(?![\w.'])",
        r"Decimal('\1')",
        code.replace("Decimal(0)", "ZERO"),
    )
    result = eval(code, {"seen": seen, "Decimal": Decimal, "ZERO": Decimal(0)})  # noqa: S307
    assert isinstance(result, Decimal)
    return max(result, Decimal(0)) if at_least_0 else result


def checked(outcome: Outcome) -> int:
    """Recalculates every line of every county from what is printed above it; how many lines that were."""
    case, lines = outcome.case, lettered(outcome)
    shares = {f: line.letter for line in lines if line.kind == "share" for f in line.formulas}
    count = 0
    for county in range(len(case.recipients)):
        values = worked(lines, county, takes_part(case, county))
        for f in range(len(case.funds)):
            seen: dict[str, Decimal | None] = {}
            for line, of_line in zip(lines, values, strict=True):
                value = seen[line.letter] = printed(of_line[f], line)
                assert value == of_line[f], f"{line.item} is not printed as it is used"
                if value is None or not re.fullmatch(
                    r"[^\u4e00-\u9fff]+|.+，小于0按0计|份额 .+", line.arithmetic
                ):
                    continue
                count += 1
                again = by_hand(line.arithmetic, seen, shares[f])
                assert again.quantize(Decimal(1).scaleb(-line.decimals), ROUND_HALF_UP) == value, (
                    county,
                    line.letter,
                    line.item,
                )
            (now,) = [seen[line.letter] for line in lines if line.item == "分配额"]
            wanted = outcome.amounts[f, county]
            assert (now is None) == np.isnan(wanted)
            assert now is None or float(now) == wanted
    return count


@pytest.mark.parametrize(
    "scenario",
    [SCENARIOS[0], *(pytest.param(name, marks=pytest.mark.slow) for name in SCENARIOS[1:])],
)
def test_a_pocket_calculator_gets_every_published_integer(scenario: str) -> None:
    assert (
        checked(example(scenario)) == 18 * 17 + 27 * 24
    )  # counties without and with an ecology line


def test_a_pocket_calculator_gets_them_in_other_units_and_from_a_gap_alone(tmp_path: Path) -> None:
    assert checked(fine(tmp_path)) > 900
    assert checked(one_fund(tmp_path)) == 3 * 5 + 2 * 2


def test_letters_run_on_and_every_line_refers_to_lines_above_it() -> None:
    lines = lettered(example())
    letters = [line.letter for line in lines]
    assert letters[:3] == ["A", "B", "C"]
    assert len(set(letters)) == len(letters)
    for at, line in enumerate(lines):
        for formula in line.formulas.values():
            assert set(re.findall(r"\{(\w+)\}", formula)) <= set(letters[:at])


def test_the_sum_over_the_province_is_the_sum_of_what_the_counties_sheets_print() -> None:
    outcome = example()
    lines = lettered(outcome)
    letters = [line.letter for line in lines]
    sheets = [worked(lines, county, takes_part(outcome.case, county)) for county in range(45)]
    totals = [line for line in lines if line.arithmetic.endswith("之和")]
    assert len(totals) == 6
    for line in totals:
        (f,) = line.formulas
        added = letters.index(line.arithmetic.removeprefix("各县").removesuffix("之和"))
        own = [values[added][f] for values in sheets]
        said = next(
            values[letters.index(line.letter)][f]
            for values in sheets
            if values[added][f] is not None
        )
        assert float(sum(value for value in own if value is not None)) == pytest.approx(
            float(said), abs=1e-4
        )  # type: ignore[arg-type]


def test_steps_that_move_nothing_anywhere_have_no_line() -> None:
    used = {line.item for line in lettered(example())}
    assert {"考核奖惩", "上年保底", "增幅上限", "三保兜底", "取整"} <= used
    assert "目标调整" not in used
    assert "目标调整" in {line.item for line in lettered(example("均衡优先"))}


def test_a_county_outside_a_fund_has_an_empty_column() -> None:
    outcome = example()
    lines, county = lettered(outcome), list(outcome.case.recipients.name).index("城东区")
    values = worked(lines, county, takes_part(outcome.case, county))
    assert all(of_line[2] is None for of_line in values)
    assert all(
        of_line[0] is not None
        for line, of_line in zip(lines, values, strict=True)
        if 0 in line.formulas
    )


# ---------------------------------------------------------------- the sheet


def sheet_of(outcome: Outcome, county: int | None = None) -> Notice:
    report = build(outcome, "", "")
    made, _ = notice(outcome, report.tables, report.charts, report.label, county)
    return made


def numbered(outcome: Outcome, name: str) -> int:
    return list(outcome.case.recipients.name).index(name)


def values_at(made: Notice) -> dict[tuple[int, int], Any]:
    return {(cell.row, cell.column): cell.value for cell in made.cells}


def sentences(made: Notice) -> list[str]:
    return [str(cell.value) for cell in made.cells if cell.look in ("sentence", "note")]


def test_the_formulas_are_the_same_whichever_county_it_opens_with() -> None:
    outcome = example()
    made = [sheet_of(outcome, county) for county in (0, 5, 35)]
    assert len({str(fingerprint(notice_contents(each))) for each in made}) == 1


def test_it_opens_with_the_largest_shortfall_or_else_the_largest_change() -> None:
    outcome = example()
    assert outcome.case.recipients.name[striking(outcome)] == "门源回族自治县"
    assert np.nansum(outcome.shortfall) == 0
    tight = replace(outcome)
    tight.__dict__["shortfall"] = np.where(np.arange(45) == 7, 1.0, 0.0)
    assert striking(tight) == 7


@pytest.mark.parametrize(
    "name", ["城东区", "门源回族自治县", "兴海县", "玛多县", "湟源县", "大柴旦行政委员会"]
)
def test_the_parts_of_the_change_add_up_to_it(name: str) -> None:
    outcome = example()
    county = numbered(outcome, name)
    made = sheet_of(outcome, county)
    found, (first, last) = values_at(made), made.chart.rows
    column = len(made.widths) + 1
    parts = [found[row, column] for row in range(first, last)]
    change = outcome.given[county] - np.nansum(outcome.case.history[:, county])
    assert sum(Decimal(repr(part)) for part in parts) == Decimal(repr(float(change)))
    assert found[last, column] == change
    growth = np.nansum(
        np.where(
            np.isnan(outcome.amounts[:, county]),
            0,
            outcome.case.growth * outcome.case.history[:, county],
        )
    )
    assert parts[0] == pytest.approx(growth, abs=0.0051)


def test_the_bars_stack_from_where_the_last_one_ended() -> None:
    made = sheet_of(example(), numbered(example(), "兴海县"))
    found, (first, last) = values_at(made), made.chart.rows
    base, *parts, total = made.chart.series
    end = 0.0
    for row in range(first, last):
        before, end = end, end + found[row, len(made.widths) + 1]
        height = sum(found[row, column] for column in parts)
        assert {round(found[row, base], 6), round(found[row, base] + height, 6)} >= {
            round(edge, 6)
            for edge in (before, end)
            if min(before, end) >= 0 or max(before, end) <= 0
        }
        assert abs(abs(sum(abs(found[row, column]) for column in parts)) - abs(end - before)) < 1e-6
    assert found[last, total] == pytest.approx(end)


def test_the_three_sentences_of_a_county() -> None:
    """兴海县: 57,755 + 18,560 + 19,135 = 95,450 against 51,416 + 14,277 + 20,142 = 85,835."""
    said = sentences(sheet_of(example(), numbered(example(), "兴海县")))
    assert said[0].startswith(
        "本年合计 95,450 万元，比上年增加 9,615 万元（+11.2%），人均 12,587 元。"
    )
    assert said[0].endswith("“三保”需求已足额保障。")
    assert said[1].startswith("比上年增加 9,615 万元：")
    figures = [int(figure.replace(",", "")) for figure in re.findall(r"([\d,]+) 万元", said[1])]
    signs = [
        -1 if "减少" in piece or "让出" in piece or "扣减" in piece else 1
        for piece in re.split(r"[：，]", said[1])[1:]
    ]
    assert sum(sign * figure for sign, figure in zip(signs, figures[1:], strict=True)) == figures[0]
    place = r"居第\d+位/45"
    assert re.fullmatch(
        f"全省各县由高到低：人均分配{place}，分配前保障水平{place}，分配后保障水平{place}，增幅{place}。",
        said[2],
    )
    assert said[3].startswith("总支出 ")
    assert said[4].startswith("保基本民生需求：测算数 ")
    assert said[5] == "横向补偿：本县没有应收、应付。"
    assert said[6].startswith("制表")


def test_rounding_comes_after_every_other_cause() -> None:
    """门源回族自治县: 取整 +0.46, and 因素变化 and others much larger; 取整 has the least rank in every county."""
    outcome = example()
    for county in (0, 15, 44):
        paper = sheet_of(outcome, county)
        ranks = {
            str(cell.value): rank.value
            for cell in paper.cells
            for rank in paper.cells
            if cell.look == "hidden"
            and rank.row == cell.row
            and rank.column == cell.column + 10
            and cell.column == len(paper.widths)
        }
        assert min(ranks, key=lambda name: float(ranks[name] or 0)) == "取整"


def test_ranks_count_counties_and_not_subtotals() -> None:
    outcome = example()
    rates = outcome.given / np.nansum(outcome.case.history, axis=0)
    for county in (0, 12, 44):
        made = sheet_of(outcome, county)
        rank = [cell.value for cell in made.cells if cell.look == "rank"][-1]
        assert rank == f"第{1 + int((rates > rates[county]).sum())}位/45"


def test_what_is_not_known_stays_blank(tmp_path: Path) -> None:
    outcome = one_fund(tmp_path)
    made = sheet_of(outcome, numbered(outcome, "丙县"))
    assert sentences(made)[0].startswith("本年合计 ")
    assert not {"人均", "比上年", "“三保”"} & set(re.split(r"[，。 ]", sentences(made)[0]))
    assert sentences(made)[1] == "上年数未知，不能与上年比较。"
    assert len(made.widths) == 6


def test_a_county_that_leaves_a_fund_is_told_what_it_loses(tmp_path: Path) -> None:
    outcome = fine(tmp_path)
    said = sentences(sheet_of(outcome, numbered(outcome, "兴海县")))
    assert "不再参加分配的资金减少 20,142.00 万元" in said[1]


# ---------------------------------------------------------------- in the workbook


@cache
def written(folder: Path) -> Path:
    target = folder / "结果.xlsx"
    write_report(build(example(), "", ""), target)
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notice")


def test_the_county_is_chosen_from_a_list_of_names_without_subtotals(folder: Path) -> None:
    book = openpyxl.load_workbook(written(folder))
    (rule,) = book[NOTICE].data_validations.dataValidation
    assert str(rule.sqref) == "B2"
    sheet, area = rule.formula1.replace("'", "").replace("$", "").split("!")
    names = [cell.value for (cell,) in book[sheet][area]]
    assert sorted(names) == sorted(example().case.recipients.name)


def test_it_prints_on_one_page_of_a4_portrait(folder: Path) -> None:
    page = openpyxl.load_workbook(written(folder))[NOTICE]
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "portrait")
    assert (
        page.sheet_properties.pageSetUpPr.fitToPage
    )  # one by one page is what is meant where no other number stands
    assert not {page.page_setup.fitToWidth, page.page_setup.fitToHeight} - {None, 1}
    assert page.column_dimensions["G"].hidden


def test_the_seal_covers_every_formula_and_not_the_choice(folder: Path) -> None:
    pages = read_pages(written(folder))
    seal = next(str(row[1]) for row in pages["证明"].sheet.rows if row and row[0] == NOTICE)
    assert str(fingerprint(pages[NOTICE].contents)) == seal
    other = read_pages(chosen(written(folder), "玛多县", folder / "另选.xlsx"))[NOTICE]
    assert str(fingerprint(other.contents)) == seal


def chosen(path: Path, name: str, target: Path) -> Path:
    """The same workbook with another county in B2 and without the values of formulas."""
    book = openpyxl.load_workbook(path)
    part = f"xl/worksheets/sheet{book.sheetnames.index(NOTICE) + 1}.xml"
    with zipfile.ZipFile(path) as package, zipfile.ZipFile(target, "w") as changed:
        for each in package.namelist():
            text = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", package.read(each))
            if each == part:
                inline = f't="inlineStr"><is><t>{name}</t></is></c>'.encode()
                text, count = re.subn(
                    rb'(<c r="B2" s="\d+" )t="s"><v>\d+</v></c>', rb"\g<1>" + inline, text
                )
                assert count == 1
            changed.writestr(each, text)
    return target


def recalculated(paths: list[Path], into: Path) -> None:
    """One run of LibreOffice over all of them."""
    subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={(into / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(into),
            *map(str, paths),
        ],
        check=True,
        capture_output=True,
        timeout=600,
    )


def differences(made: Notice, path: Path) -> list[tuple[int, int, Any, Any]]:
    page = openpyxl.load_workbook(path, data_only=True)[NOTICE]
    found = []
    for cell in made.cells:
        ours, theirs = (
            "" if value is None else value
            for value in (cell.value, page.cell(cell.row + 1, cell.column + 1).value)
        )
        numbers = isinstance(ours, int | float) and isinstance(theirs, int | float)
        if not (numbers and theirs == pytest.approx(ours, rel=1e-12, abs=1e-9)) and ours != theirs:
            found.append((cell.row, cell.column, ours, theirs))
    return found


def lean(outcome: Outcome, target: Path) -> Path:
    """The result workbook without the sheets that the notice looks nothing up in: LibreOffice reads it faster."""
    whole = build(outcome, "", "")
    kept = ("分配结果", "测算说明", "分资金对比", "输入数据", "支出责任", "横向补偿")
    write_report(
        replace(
            whole, tables=tuple(table for table in whole.tables if table.name.startswith(kept))
        ),
        target,
    )
    return target


def wrong_in_libreoffice(cases: list[tuple[Outcome, str]], folder: Path) -> dict[str, Any]:
    """The cells that LibreOffice, with no value to go by, shows differently, by county."""
    books = {id(outcome): lean(outcome, folder / f"{id(outcome)}.xlsx") for outcome, _ in cases}
    bare = [
        chosen(books[id(outcome)], name, folder / f"case{at}.xlsx")
        for at, (outcome, name) in enumerate(cases)
    ]
    into = folder / "out"
    into.mkdir()
    recalculated(bare, into)
    found = {
        name: differences(sheet_of(outcome, numbered(outcome, name)), into / path.name)
        for (outcome, name), path in zip(cases, bare, strict=True)
    }
    return {name: cells for name, cells in found.items() if cells}


@pytest.mark.system
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_same_for_every_kind_of_county(tmp_path: Path) -> None:
    """No ecology line; assessed 变差; over its soft cap; few people; a small one; and other workbooks."""
    cases = [
        (example(), name) for name in ("城东区", "兴海县", "湟源县", "玛多县", "大柴旦行政委员会")
    ]
    cases += [
        (one_fund(tmp_path), "甲*县"),
        (one_fund(tmp_path), "丙县"),
        (fine(tmp_path), "兴海县"),
    ]
    assert wrong_in_libreoffice(cases, tmp_path) == {}


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_the_same_for_every_county(tmp_path: Path) -> None:
    assert (
        wrong_in_libreoffice(
            [(example(), str(name)) for name in example().case.recipients.name], tmp_path
        )
        == {}
    )
