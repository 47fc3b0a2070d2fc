"""Adjusting: approved amounts stand beside the computed ones, and whatever they break is named."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from books import ECOLOGY, EQUALIZATION, EXAMPLE, GUARANTEE
from calls import call
from cases import SPEC, make_case, make_settings
from results import edited, write_result

from transfer_opt.allocation import allocate
from transfer_opt.allocation.explanation.approval import standings
from transfer_opt.allocation.formulation.formulate import formulate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.commands import publish
from transfer_opt.commands.adjust import Adjusted, Wish, adjust, adjusted_path, opened, write
from transfer_opt.commands.compare import compare
from transfer_opt.commands.export import export
from transfer_opt.core.cell_names import place
from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.core.tables import FIRST_ROW
from transfer_opt.core.vocabulary import ADJUSTED, APPROVED_ALLOCATION, CHECKED
from transfer_opt.intake import prepare
from transfer_opt.policy.model import Change
from transfer_opt.published.approval import approval_problems
from transfer_opt.published.audit import recheck
from transfer_opt.published.inputs import own_inputs
from transfer_opt.published.narrative import explain
from transfer_opt.report.approved import conclusion, verdict_sentence
from transfer_opt.workbook.files.open import RawSheet
from transfer_opt.workbook.result.adjustments import approved
from transfer_opt.workbook.result.pages import Page, read_pages
from transfer_opt.workbook.result.seals import intact

pytestmark = pytest.mark.system

TOUCHED = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
WISH = {"county": "玛多", "fund": "均衡性", "to": "14619", "reason": "雪灾应急", "by": "厅长办公会"}
LINE = ("632626", "玛多县", EQUALIZATION)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """The example solved: 玛多县 is computed 14,607 of 均衡性."""
    return allocate.allocate(prepare.prepare(EXAMPLE))


@pytest.fixture(scope="module")
def result(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("adjusting") / "结果.xlsx"
    publish.write(outcome, path)
    return path


@pytest.fixture(scope="module")
def base(result: Path) -> Adjusted:
    return opened(result)


@pytest.fixture(scope="module")
def once(result: Path) -> Path:
    """玛多县 12 万元 up."""
    return written(result, result.with_name("一次.xlsx"))


@pytest.fixture(scope="module")
def pages(once: Path) -> dict[str, Page]:
    return read_pages(once)


@pytest.fixture(scope="module")
def twice(once: Path) -> Path:
    """Then 湟源县 12 万元 down, in another fund, and 玛多县 once more."""
    halfway = written(
        once, once.with_name("再次.xlsx"), county="湟源县", fund="县级保障", to="14037"
    )
    return written(
        halfway, once.with_name("三次.xlsx"), to="14,627万元", reason="=更正", by="+厅长"
    )


def wish(**changes: str) -> Wish:
    return Wish(**{**WISH, **changes})


def written(source: Path, target: Path, **changes: str) -> Path:
    write(adjust(opened(source), wish(**changes)), target)
    return target


def changed(pages: Mapping[str, Page], sheet: str, cell: str, value: Any) -> dict[str, Page]:
    """The file as read back, another value in one cell."""
    at = place(cell)
    assert at is not None
    page = pages[sheet]
    rows = [[*row] + [None] * 5 for row in page.sheet.rows] + [[None] * 20 for _ in range(5)]
    rows[at[0]][at[1]] = value
    return {**pages, sheet: Page(sheet, RawSheet(sheet, rows, ()), page.formulas)}


def table(path: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows as shown, notes left out."""
    rows = [*openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True)]
    header = [str(text) for text in rows[FIRST_ROW - 1]]
    return [dict(zip(header, row, strict=True)) for row in rows[FIRST_ROW:] if row[1] is not None]


def found(path: Path, derived: Outcome | None = None) -> list[tuple[str, str]]:
    """What the audit says is wrong: sheet and cell; `derived` is what would be derived from the file's own inputs."""
    derive = own_inputs(None) if derived is None else lambda *_: derived
    return [
        (problem.sheet, problem.cell)
        for problem in recheck(path, derive).problems
        if not problem.is_warning
    ]


# ---------------------------------------------------------------- on paper


def small(*approved: float) -> list[tuple[str, str, str]]:
    """甲县, 乙县, 丙县 got 200, 300, 300 last year, which is their floor, and were computed 300, 350, 350 of a pool of 1,000."""
    case = make_case(pools={"均衡性": 1000.0}, last={"均衡性": (200, 300, 300)})
    settings = make_settings(case, Change("上年保底", "", "降幅上限", "", 0.0))
    made = formulate(case, settings, SPEC.objective, ["资金总额", "上年保底"])
    found = standings(case, made, np.array([300.0, 350.0, 350.0]), np.array(approved))
    return [(each.after.subject, each.change, conclusion(each, "万元")) for each in found]


def test_one_county_more_is_one_total_too_much() -> None:
    assert small(312, 350, 350) == [
        (EQUALIZATION, "broken", "✕ 合计比可分配总额多 12 万元，须在其他县相应调减"),
        ("甲县·均衡性", "slack", "○ 满足"),
        ("乙县·均衡性", "slack", "○ 满足"),
        ("丙县·均衡性", "slack", "○ 满足"),
    ]


def test_money_moved_below_a_floor_breaks_that_floor_only() -> None:
    assert small(350, 290, 360) == [
        (EQUALIZATION, "active", "● 与可分配总额一致"),
        ("乙县·均衡性", "broken", "✕ 缺 10 万元，测算数原本满足"),
        ("甲县·均衡性", "slack", "○ 满足"),
        ("丙县·均衡性", "slack", "○ 满足"),
    ]


def test_money_moved_down_to_a_floor_breaks_nothing() -> None:
    assert [said for _, _, said in small(350, 300, 350)] == [
        "● 与可分配总额一致",
        "● 满足，正好到限",
        "○ 满足",
        "○ 满足",
    ]


# ---------------------------------------------------------------- the copy


HEADER = re.compile(rb"<oddHeader>[^<]*</oddHeader>")
SELECTED = b' tabSelected="1"'


def test_the_computed_sheets_stay_byte_for_byte_but_for_a_header_that_says_they_are_superseded(
    result: Path, twice: Path
) -> None:
    with zipfile.ZipFile(result) as before, zipfile.ZipFile(twice) as after:
        assert [
            name
            for name in before.namelist()
            if name not in TOUCHED
            and before.read(name).replace(SELECTED, b"")
            not in (after.read(name), HEADER.sub(b"", after.read(name)))
        ] == []
        told = "测算数，已被批准数取代，见「批准后分配表」".encode()
        marked = [name for name in before.namelist() if told in after.read(name)]
        unprinted = 2  # 「证明」, 「图表数据」
        assert len(marked) == len(openpyxl.load_workbook(result).sheetnames) - unprinted
    assert openpyxl.load_workbook(twice).sheetnames == [
        *openpyxl.load_workbook(result).sheetnames,
        APPROVED_ALLOCATION,
        ADJUSTED,
        CHECKED,
    ]


def test_the_copy_opens_on_the_approved_amounts_and_no_other_sheet_is_selected(twice: Path) -> None:
    assert openpyxl.load_workbook(twice).active.title == APPROVED_ALLOCATION
    with zipfile.ZipFile(twice) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sum(SELECTED in archive.read(name) for name in parts) <= 1


def test_the_audit_of_the_copy_passes_and_names_the_approved_sheet(twice: Path) -> None:
    verdict = recheck(twice, own_inputs(None))
    assert [(problem.code, problem.sheet) for problem in verdict.problems] == [("W616", ADJUSTED)]
    pages = read_pages(twice)
    assert intact(pages) == set(pages) - {ADJUSTED, APPROVED_ALLOCATION, CHECKED}


def test_the_approved_sheet_adds_up_on_the_approved_amounts_and_says_why(twice: Path) -> None:
    rows = {row["县区名称"].strip(): row for row in table(twice, APPROVED_ALLOCATION)}
    decided = {row["县区名称"]: row for row in table(twice, ADJUSTED)}
    computed = {row["县区名称"].strip(): row for row in table(twice, "分配结果")}
    for name, decision in decided.items():
        last = [r for r in table(twice, ADJUSTED) if r["县区名称"] == name][-1]
        assert rows[name][last["资金"]] == last["批准数"]
        assert last["理由"] in rows[name]["人工调整"]
        assert decision["决定人"] in rows[name]["人工调整"]
    untouched = next(name for name in computed if name not in decided and "计" not in name)
    shown = {key: value for key, value in rows[untouched].items() if key != "人工调整"}
    assert shown == computed[untouched]


def test_a_second_adjustment_keeps_the_first_and_the_computed_amount_stays(twice: Path) -> None:
    rows = table(twice, ADJUSTED)
    assert [
        (
            row["序号"],
            row["行政区划代码"],
            row["县区名称"],
            row["资金"],
            row["测算数"],
            row["批准数"],
            row["增减"],
        )
        for row in rows
    ] == [
        (1, "632626", "玛多县", EQUALIZATION, 14607, 14619, 12),
        (2, "630123", "湟源县", GUARANTEE, 14049, 14037, -12),
        (3, "632626", "玛多县", EQUALIZATION, 14607, 14627, 20),
    ]
    assert (rows[2]["理由"], rows[2]["决定人"]) == ("=更正", "+厅长")
    assert openpyxl.load_workbook(twice)[ADJUSTED]["H7"].data_type == "s"


def test_approved_tells_the_last_word_on_every_adjusted_line(result: Path, twice: Path) -> None:
    assert approved(result) == {}
    assert approved(twice) == {
        LINE: Decimal(14627),
        ("630123", "湟源县", GUARANTEE): Decimal(14037),
    }


def test_the_same_adjustment_makes_the_same_bytes(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    one, other = (written(result, tmp_path / f"{name}.xlsx").read_bytes() for name in "ab")
    assert one == other
    assert table(tmp_path / "a.xlsx", ADJUSTED)[0]["时间"] is None


# ---------------------------------------------------------------- what it breaks


def test_totals_stand_first_and_say_what_must_be_balanced(twice: Path) -> None:
    rows = table(twice, CHECKED)
    assert [
        (row["对象"], row["测算时左端值"], row["左端值"], row["右端值"], row["余量"])
        for row in rows[:3]
    ] == [
        (EQUALIZATION, 1998000, 1998020, 1998000, -20),
        (GUARANTEE, 438000, 437988, 438000, -12),
        (ECOLOGY, 384500, 384500, 384500, 0),
    ]
    assert rows[0]["结论"] == "✕ 合计比可分配总额多 20 万元，须在其他县相应调减"
    assert rows[1]["结论"] == "✕ 合计比可分配总额少 12 万元，须在其他县相应调增"
    verdict = openpyxl.load_workbook(twice)[CHECKED]["A3"].value
    assert verdict.startswith("批准 2 项调整。均衡性转移支付合计比可分配总额多 20 万元")


def test_every_row_of_every_rule_is_listed_worst_first(result: Path, once: Path) -> None:
    rows = table(once, CHECKED)
    assert len(rows) == len(table(result, "约束审计"))
    marks = [str(row["结论"])[0] for row in rows[3:]]
    assert marks == sorted(marks, key="✕▲●○".index)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({}, "增幅上限·玛多县·均衡性：✕ 超出 11.7 万元，测算数原本满足"),
        (
            {"county": "湟源县", "fund": "县级保障", "to": "0"},
            "上年保底·湟源县·县级保障：✕ 缺 9,495 万元，测算数原本满足",
        ),
        (
            {"county": "湟源县", "fund": "县级保障", "to": "0"},
            "三保兜底·湟源县：▲ 缺 14,049 万元，测算数原本满足",
        ),
        ({"county": "湟中区", "to": "900000"}, "单县占比上限·湟中区·均衡性：✕ 超出"),
    ],
)
def test_each_rule_broken_is_named(base: Adjusted, changes: dict[str, str], broken: str) -> None:
    said = [problem.message for problem in adjust(base, wish(**changes)).warnings]
    assert any(broken in text for text in said), said


def test_what_was_missed_before_is_told_apart(base: Adjusted) -> None:
    """湟源县's 县级保障 is computed 334 万元 over a soft cap."""

    def of(to: str) -> Adjusted:
        return adjust(base, wish(county="湟源县", fund="县级保障", to=to))

    def said(adjusted: Adjusted) -> str:
        return next(
            conclusion(each, "万元")
            for each in adjusted.standings
            if (each.after.rule, each.after.subject) == ("增幅上限", "湟源县·县级保障")
        )

    assert said(of("14050")).startswith("▲ 超出 335")
    assert "测算时超出 334" in said(of("14050"))
    assert "测算时超出 334" in said(of("14048"))
    assert said(of("13000")).startswith("○ 满足（测算时超出 334")
    elsewhere = adjust(base, wish())
    assert said(elsewhere).endswith("与测算时相同")
    assert "测算时已未满足、没有变差 1 条" in verdict_sentence(
        elsewhere.adjustments, elsewhere.standings, "万元"
    )


def test_balanced_by_two_adjustments_no_total_is_told(once: Path, tmp_path: Path) -> None:
    balanced = adjust(
        opened(once), wish(county="兴海县", to=str(int(_computed(once, "兴海县")) - 12))
    )
    assert [problem.code for problem in balanced.warnings if problem.code == "W380"] == []
    write(balanced, tmp_path / "b.xlsx")
    assert (
        "各项资金合计与可分配总额一致"
        in openpyxl.load_workbook(tmp_path / "b.xlsx")[CHECKED]["A3"].value
    )


def _computed(path: Path, county: str) -> float:
    return float(
        next(row[EQUALIZATION] for row in table(path, "分配结果") if row["县区名称"] == county)
    )


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"county": "玛多多县"}, "E183"),
        ({"county": ""}, "E183"),
        ({"fund": "均衡"}, "E184"),
        ({"county": "城中区", "fund": "生态"}, "E185"),
        ({"to": "-1"}, "E186"),
        ({"to": "14619.5"}, "E186"),
        ({"to": "很多"}, "E186"),
        ({"to": "nan"}, "E186"),
        ({"to": "1e99"}, "E186"),
        ({"to": "5%"}, "E186"),
        ({"to": ""}, "E186"),
        ({"to": "14607"}, "E187"),
        ({"reason": " \n"}, "E188"),
        ({"by": "\u200b"}, "E188"),
        ({"reason": "长" * 1001}, "E188"),
    ],
)
def test_what_cannot_be_approved_is_refused_in_a_clear_sentence(
    base: Adjusted, changes: dict[str, str], code: str
) -> None:
    with pytest.raises(InputError, match="处理办法") as refused:
        adjust(base, wish(**changes))
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_wrong_county_and_a_wrong_fund_are_told_together(base: Adjusted) -> None:
    with pytest.raises(InputError, match="玛多县") as refused:
        adjust(base, wish(county="玛多乡县", fund="均衡型"))
    assert [problem.code for problem in refused.value.problems] == ["E183", "E184"]


def test_a_result_that_was_changed_is_refused(result: Path, tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["分配结果"]["D8"] = 1

    with pytest.raises(InputError, match="改动过"):
        opened(edited(result, tmp_path / "x.xlsx", change))


def test_no_result_is_refused() -> None:
    with pytest.raises(InputError):
        opened(EXAMPLE)


def test_no_file_is_replaced_unasked(result: Path, tmp_path: Path) -> None:
    source = tmp_path / "r.xlsx"
    assert adjusted_path(source, None).name == "r_调整.xlsx"
    (tmp_path / "r_调整.xlsx").touch()
    with pytest.raises(OutputError, match="没有覆盖"):
        adjusted_path(source, None)
    assert adjusted_path(tmp_path / "r_调整.xlsx", None).name == "r_调整2.xlsx"
    assert adjusted_path(tmp_path / "r_调整2.xlsx", None).name == "r_调整3.xlsx"
    with pytest.raises(OutputError, match="同一个"):
        adjusted_path(source, source)


# ---------------------------------------------------------------- audited


@pytest.mark.parametrize(
    ("sheet", "cell", "value"),
    [
        (ADJUSTED, "E5", 14608),
        (ADJUSTED, "F5", 14620),
        (ADJUSTED, "G5", 13),
        (ADJUSTED, "B5", "632625"),
        (ADJUSTED, "C5", "玛沁县"),
        (ADJUSTED, "D5", GUARANTEE),
        (ADJUSTED, "A5", 2),
        (ADJUSTED, "A5", None),
        (ADJUSTED, "F5", "约 14619"),
        (ADJUSTED, "A1", "别的标题"),
        (ADJUSTED, "A7", 2),
        (ADJUSTED, "K5", "另一句"),
        (CHECKED, "I5", "● 与可分配总额一致"),
        (CHECKED, "E5", 1998000),
        (CHECKED, "A3", "都满足。"),
        (CHECKED, "A400", None),
    ],
)
def test_a_tampered_cell_is_found(
    pages: dict[str, Page], outcome: Outcome, sheet: str, cell: str, value: Any
) -> None:
    assert approval_problems(pages, outcome, outcome.formulation) == ()
    assert approval_problems(changed(pages, sheet, cell, value), outcome, outcome.formulation) != ()


def test_an_edited_check_makes_the_audit_fail_where_it_is(
    once: Path, tmp_path: Path, outcome: Outcome
) -> None:
    def change(book: Any) -> None:
        book[CHECKED]["I5"] = "● 与可分配总额一致"

    assert found(edited(once, tmp_path / "x.xlsx", change), outcome) == [(CHECKED, "I5")]


@pytest.mark.parametrize("sheet", [ADJUSTED, CHECKED])
def test_one_of_the_two_sheets_alone_is_a_discrepancy(
    pages: dict[str, Page], outcome: Outcome, sheet: str
) -> None:
    left = {name: page for name, page in pages.items() if name != sheet}
    assert [
        (problem.code, problem.sheet)
        for problem in approval_problems(left, outcome, outcome.formulation)
    ] == [("A607", sheet)]


def test_a_tampered_adjustment_takes_no_further_one(once: Path, tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book[ADJUSTED]["E5"] = 14608

    with pytest.raises(InputError, match="14,607"):
        opened(edited(once, tmp_path / "x.xlsx", change))


def test_a_copy_saved_by_another_program_still_passes_and_takes_more(
    once: Path, tmp_path: Path, outcome: Outcome
) -> None:
    again = edited(once, tmp_path / "x.xlsx", lambda book: None)
    assert found(again, outcome) == []
    assert len(opened(again).adjustments) == 1


def test_any_reason_survives(base: Adjusted, tmp_path: Path) -> None:
    adjusted = base
    for money, reason in enumerate(
        ("_x0041_", "<r>甲</r>", "'引号\"&<>", "甲\x01乙\u200b", "2026", "TRUE", "=1+1")
    ):
        adjusted = adjust(adjusted, wish(to=str(money), reason=reason))
    write(adjusted, tmp_path / "x.xlsx")
    assert opened(tmp_path / "x.xlsx").adjustments == adjusted.adjustments


@pytest.mark.parametrize("seed", [2, 3])
def test_any_result_can_be_adjusted_and_audited(tmp_path: Path, seed: int) -> None:
    """Other publishing units and scenarios, and rules that gave way."""
    files = write_result(tmp_path, seed, most=7)
    assert files is not None
    county, fund = next(
        (str(row["县区名称"]), fund)
        for row in table(files[1], "分配结果")
        if row["行政区划代码"]
        for fund in (GUARANTEE, EQUALIZATION)
        if row[fund]
    )
    path = written(files[1], tmp_path / "x.xlsx", county=county, fund=fund, to="0")
    assert found(path) == []


# ---------------------------------------------------------------- the command


def test_the_command_says_what_it_breaks_and_writes_the_ledger(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, ledger = tmp_path / "r.xlsx", tmp_path / "l.db"
    source.write_bytes(result.read_bytes())
    options = [part for name, text in WISH.items() for part in (f"--{name}", text)]
    assert call("adjust", source, *options, "--ledger", ledger) == 0
    said = capsys.readouterr()
    assert "玛多县 均衡性转移支付：测算 14,607 万元，批准 14,619 万元（+12）" in said.out
    assert "警告 [W380] 均衡性转移支付合计比可分配总额多 12 万元，须在其他县相应调减。" in said.err
    assert source.read_bytes() == result.read_bytes()
    assert call("history", "--ledger", ledger) == 0
    assert (
        "玛多县 均衡性转移支付：14607 → 14619 万元，理由：雪灾应急，由 厅长办公会 决定 → r_调整.xlsx"
        in capsys.readouterr().out
    )
    assert call("audit", tmp_path / "r_调整.xlsx") == 0


def test_json_tells_totals_and_broken_rules(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for name, text in WISH.items() for part in (f"--{name}", text)]
    assert call("adjust", result, *options, "-o", tmp_path / "o.xlsx", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["totals"][0] == {
        "fund": EQUALIZATION,
        "pool": 1998000,
        "computed": 1998000,
        "approved": 1998012,
    }
    assert [entry["rule"] for entry in said["broken"]] == ["资金总额", "增幅上限"]
    assert said["adjustment"]["before"] == 14607


def test_a_refused_adjustment_leaves_nothing_behind(
    result: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        part for name, text in {**WISH, "to": "很多"}.items() for part in (f"--{name}", text)
    ]
    assert call("adjust", result, *options, "-o", tmp_path / "o.xlsx") == 1
    assert "处理办法" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_speaks_of_the_approved_amounts_and_names_what_people_decided(
    result: Path, twice: Path
) -> None:
    compared = compare([twice, result])
    adjusted, computed = compared.sides
    decided = table(twice, ADJUSTED)
    last = {(row["县区名称"], row["资金"]): row for row in decided}
    moved = sum(float(row["批准数"]) - float(row["测算数"]) for row in last.values())
    assert adjusted.given.sum() - computed.given.sum() == pytest.approx(moved)
    [effects] = compared.effects
    assert [part.cause for part in effects.parts] == [f"{ADJUSTED}（{adjusted.name}）"]
    assert effects.parts[0].given.sum() == pytest.approx(-moved)
    assert np.nansum(adjusted.changes[-1]) == pytest.approx(moved)
    assert any("按批准数比较" in note for note in compared.notes)


def test_the_explanation_tells_the_approved_amount_the_decision_and_the_rules_it_breaks(
    twice: Path,
) -> None:
    row = table(twice, ADJUSTED)[-1]
    told = "\n".join(explain(twice, row["县区名称"]))
    whole = next(
        each for each in table(twice, APPROVED_ALLOCATION) if each["县区名称"] == row["县区名称"]
    )
    assert f"本年合计 {whole['合计']:,.10g} 万元" in told
    assert f"{row['资金']} {row['批准数']:,.10g} 万元＝" in told
    assert f"人工调整的理由：{row['理由']}（{row['决定人']}决定）" in told
    assert f"{row['资金']} {row['测算数']:,.10g} 万元" not in told


def test_no_output_tells_a_superseded_amount_as_current(twice: Path, tmp_path: Path) -> None:
    row = table(twice, ADJUSTED)[-1]
    name, fund = row["县区名称"], row["资金"]
    old, new = f"{row['测算数']:g}", f"{row['批准数']:g}"
    assert old != new
    path = export(twice, "csv", tmp_path / "附表.csv").path
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if name in line]
    assert lines
    assert all(old not in line.split(",") for line in lines)
    assert any(new in line.split(",") for line in lines)
    path = export(twice, "json", tmp_path / "附表.json").path
    content = json.loads(path.read_text(encoding="utf-8"))
    [unit] = [each for each in content["rows"] if each["name"] == name]
    assert unit["amounts"][content["funds"].index(fund)] == row["批准数"]
    told = explain(twice, name)
    assert not [text for text in told if f"{fund} {row['测算数']:,.10g} 万元" in text]
    [side] = compare([twice], baseline="上年").sides
    place = [str(each) for each in side.plan.case.recipients.name].index(name)  # type: ignore[union-attr]
    at = [each.name for each in side.plan.case.funds].index(fund)  # type: ignore[union-attr]
    assert side.plan.amounts[at, place] == row["批准数"]  # type: ignore[union-attr]
