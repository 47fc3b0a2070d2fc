"""`audit` of a result workbook: every edit is found, no untouched file is accused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import EQUALIZATION, EXAMPLE, write_tables
from results import edit_opened, edit_stored, tables, write_result

from transfer_opt.allocation import allocate, plan
from transfer_opt.allocation.plan import Outcome
from transfer_opt.checker.optimality import sealed
from transfer_opt.cli.main import main
from transfer_opt.commands import publish
from transfer_opt.core.errors import InputError
from transfer_opt.core.vocabulary import PROOF
from transfer_opt.intake import prepare
from transfer_opt.published.audit import SOURCES, recheck
from transfer_opt.published.claims import Claims
from transfer_opt.published.findings import Verdict
from transfer_opt.published.inputs import Derive, budget_inputs, own_inputs
from transfer_opt.workbook.result.fingerprint import fingerprint
from transfer_opt.workbook.result.pages import Page, read_pages
from transfer_opt.workbook.result.seals import certificate_text

pytestmark = pytest.mark.system

SEED = 1
ORDINARY, CAMPAIGN = range(20), range(1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def files(folder: Path) -> tuple[Path, Path]:
    """A budget of a few counties and its result."""
    found = write_result(folder, SEED, most=7)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def derive() -> Derive:
    """Derives anew, once for the same inputs."""
    return remembered(own_inputs(None))


def remembered(derive: Derive) -> Derive:
    known: dict[str, Outcome] = {}

    def derived(pages: Mapping[str, Page], facts: Mapping[str, str]) -> Outcome:
        key = str([sorted(pages[name].contents.items()) for name in SOURCES]) + str(facts)
        if key not in known:
            known[key] = derive(pages, facts)
        return known[key]

    return derived


def told(verdict: Verdict) -> set[tuple[str, str]]:
    return {(problem.sheet, problem.cell) for problem in verdict.problems if not problem.is_warning}


def edit(source: Path, target: Path, change: Callable[[Any], None]) -> Path:
    book = openpyxl.load_workbook(source)
    change(book)
    book.save(target)
    return target


def sealed_anew(source: Path, target: Path) -> Path:
    """The file with every seal made again, as somebody does who knows how."""
    pages = read_pages(source)
    book = openpyxl.load_workbook(source)
    for row in book[PROOF].iter_rows(min_row=5):
        if row[0].value in pages and row[0].value != PROOF:
            row[1].value = str(fingerprint(pages[str(row[0].value)].contents))
    book.save(target)
    return target


def at(book: Any, sheet: str, name: str, column: str) -> Any:
    """The cell of a county and a column."""
    headers = {str(cell.value).replace("\n", ""): cell.column for cell in book[sheet][4]}
    row = next(cell.row for cell in book[sheet]["B"] if cell.value == name)
    return book[sheet].cell(row, headers[column])


# Untouched ------------------------------------------------------------------------------------------------------


def test_a_result_whose_rules_gave_way_passes_from_the_file_alone(folder: Path) -> None:
    files = write_result(folder, 5, most=7)
    assert files is not None
    assert Claims.of(read_pages(files[1])["审计信息"]).said("方案").endswith(plan.RELAXED)
    assert recheck(files[1], own_inputs(None)).problems == ()


def test_an_untouched_result_is_clean_by_itself_and_against_its_budget(
    files: tuple[Path, Path], derive: Derive
) -> None:
    assert [verdict.problems for verdict in both_ways(*files, derive)] == [(), ()]


def test_saved_again_by_openpyxl_it_is_clean(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    assert recheck(edit(files[1], folder / "again.xlsx", lambda book: None), derive).problems == ()


@pytest.mark.system
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_saved_again_by_libreoffice_it_is_clean(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/office",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(folder / "office"),
            str(files[1]),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert recheck(folder / "office" / files[1].name, derive).problems == ()


def both_ways(budget: Path, result: Path, derive: Derive) -> Iterator[Verdict]:
    """By itself and against its budget; the same inputs are derived from once."""
    yield recheck(result, derive)
    yield recheck(result, derive, budget_inputs(partial(prepare.read_budget, budget)))


def untouched(folder: Path, seeds: range) -> Iterator[tuple[int, Verdict]]:
    for seed in seeds:
        found = write_result(folder, seed)
        if found:
            for verdict in both_ways(*found, remembered(own_inputs(None))):
                yield seed, verdict


def test_results_of_other_scenarios_units_and_rules_are_clean(folder: Path) -> None:
    assert [
        (seed, verdict.problems)
        for seed, verdict in untouched(folder, range(7, 8))
        if verdict.problems
    ] == []


def test_figures_that_formulas_worked_out_and_what_only_the_budget_tells_accuse_nobody(
    folder: Path, derive: Derive
) -> None:
    """Thirds and sevenths have no last digit, half a 元 is no 分; a wrong total of last year is told of a cell."""
    budget, result = folder / "算出.xlsx", folder / "算出_结果.xlsx"
    given = tables(SEED, most=7)
    header, *rows = given["县区数据"]
    for name, parts in (("标准财政收入", 3), ("标准财政支出", 3), ("可用财力", 7), ("常住人口", 1)):
        for row in rows:
            row[header.index(name)] = float(row[header.index(name)]) / parts
    for row in given["资金总额"][1:]:
        row[1:3] = [row[1] + 0.123456789, row[2] + 100]
    write_tables(budget, given)
    publish.write(allocate.allocate(prepare.prepare(budget)), result)
    assert [verdict.problems for verdict in both_ways(budget, result, derive)] == [(), ()]


@pytest.mark.slow
def test_a_hundred_untouched_results_are_clean(folder: Path) -> None:
    verdicts = list(untouched(folder, range(14, 135)))
    assert len(verdicts) >= 200
    assert [(seed, verdict.problems) for seed, verdict in verdicts if verdict.problems] == []


def test_a_relaxed_result_is_clean_by_itself_and_against_its_budget_and_tells_the_rules_as_given(
    folder: Path, derive: Derive
) -> None:
    # Floors of 100% of last year under a pool of 99%: some floor must give way.
    given = tables(SEED, most=7)
    header = given["县区数据"][0]
    for row in given["资金总额"][1:]:
        last = sum(
            float(each[header.index(f"上年{row[0]}")] or 0) for each in given["县区数据"][1:]
        )
        row[1] = round(last * 0.99) if row[0] == EQUALIZATION else row[1]
    budget, result = write_tables(folder / "short.xlsx", given), folder / "short_分配结果.xlsx"
    outcome = allocate.allocate(prepare.prepare(budget), relax=True)
    assert outcome.scenario == "基准方案（已放宽）"
    publish.write(outcome, result)
    rules = [
        row
        for row in openpyxl.load_workbook(result)["方案参数"].iter_rows(min_row=5, values_only=True)
        if row[0] == "上年保底"
    ]
    assert {row[6:8] for row in rules} == {("硬", None)}
    assert [verdict.problems for verdict in both_ways(budget, result, derive)] == [(), ()]


def test_a_result_with_due_dates_is_clean_by_itself_and_against_its_budget(
    folder: Path, derive: Derive
) -> None:
    given = tables(SEED, most=7)
    given["资金总额"] = [
        [*row[:3], said]
        for row, said in zip(
            given["资金总额"], ("收文日期", "2026-03-15", None, "春节后"), strict=True
        )
    ]
    budget, result = write_tables(folder / "due.xlsx", given), folder / "due_分配结果.xlsx"
    prepared = prepare.prepare(budget)
    assert [
        (problem.code, problem.cell) for problem in prepared.problems if problem.code == "W349"
    ] == [("W349", "D5")]
    publish.write(allocate.allocate(prepared), result)
    facts = [
        row[0]
        for row in openpyxl.load_workbook(result)["审计信息"].iter_rows(min_row=5, values_only=True)
    ]
    assert [name for name in facts if str(name).startswith("下达期限")] == [
        f"下达期限：{EQUALIZATION}"
    ]
    assert [verdict.problems for verdict in both_ways(budget, result, derive)] == [(), ()]


# Edited ---------------------------------------------------------------------------------------------------------


def missed(result: Path, folder: Path, derive: Derive, seeds: range) -> list[Any]:
    """The edits that were not found."""
    found = []
    for seed in seeds:
        edited = (edit_opened if seed % 6 == 0 else edit_stored)(
            result, folder / "edited.xlsx", seed
        )
        if recheck(folder / "edited.xlsx", derive).clean:
            found.append((seed, edited))
    return found


def test_twenty_edits_of_single_cells_are_found(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    assert missed(files[1], folder, derive, ORDINARY) == []


@pytest.mark.slow
def test_a_thousand_edits_of_single_cells_are_found(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    assert missed(files[1], folder, derive, CAMPAIGN) == []


def test_the_cell_the_value_found_and_the_one_expected_are_told(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    name = str(openpyxl.load_workbook(files[1])["分配结果"]["B7"].value)
    was: list[float] = []

    def change(book: Any) -> None:
        cell = at(book, "分配结果", name, EQUALIZATION)
        was.append(cell.value)
        cell.value += 1

    (problem, *rest) = recheck(edit(files[1], folder / "one.xlsx", change), derive).problems
    assert (problem.sheet, problem.cell, problem.column, rest) == (
        "分配结果",
        "D7",
        EQUALIZATION,
        [],
    )
    assert (problem.value, problem.message) == (f"{was[0] + 1:,.15g}", f"应为「{was[0]:,.15g}」。")


@pytest.mark.parametrize(
    "sheet", ["分配结果", "测算说明", "输入数据", "方案参数", "审计信息", "约束审计"]
)
def test_a_row_taken_out_put_in_or_exchanged_is_found(
    files: tuple[Path, Path], folder: Path, derive: Derive, sheet: str
) -> None:
    def exchange(book: Any) -> None:
        for upper, lower in zip(book[sheet][7], book[sheet][8], strict=True):
            upper.value, lower.value = lower.value, upper.value

    for change in (
        lambda book: book[sheet].delete_rows(8),
        lambda book: book[sheet].insert_rows(8),
        exchange,
    ):
        assert sheet in {
            where
            for where, _ in told(recheck(edit(files[1], folder / "rows.xlsx", change), derive))
        }


@pytest.mark.parametrize("sheet", ["分配结果", "输入数据", "证明", "测算说明"])
def test_a_sheet_taken_out_is_found(
    files: tuple[Path, Path], folder: Path, derive: Derive, sheet: str
) -> None:
    verdict = recheck(
        edit(files[1], folder / "sheets.xlsx", lambda book: book.remove(book[sheet])), derive
    )
    assert (sheet, "") in told(verdict)


def test_hidden_rows_and_further_sheets_are_remarks(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    def change(book: Any) -> None:
        book["分配结果"].row_dimensions[9].hidden = True
        book.create_sheet("我的备注")["A1"] = "看过"

    verdict = recheck(edit(files[1], folder / "hidden.xlsx", change), derive)
    assert verdict.clean
    assert [(problem.code, problem.sheet) for problem in verdict.problems] == [
        ("W613", "分配结果"),
        ("W612", "我的备注"),
    ]


# Edited by somebody who knows how -------------------------------------------------------------------------------


def test_money_moved_everywhere_with_the_seals_made_again_is_found(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    def change(book: Any) -> None:
        names = [cell.value for cell in book["输入数据"]["B"][4:6]]
        for name, money in zip(names, (1, -1), strict=True):
            at(book, "分配结果", name, EQUALIZATION).value += money
            for row in book["测算说明"].iter_rows(min_row=6):
                if row[1].value == name and row[3].value == EQUALIZATION:
                    row[13].value += money  # 目标调整

    moved = edit(files[1], folder / "moved.xlsx", change)
    found = told(recheck(sealed_anew(moved, folder / "resealed.xlsx"), derive))
    assert {"分配结果", "测算说明"} <= {sheet for sheet, _ in found}


def test_a_certificate_with_other_integers_does_not_fit_the_inputs(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    certificate = json.loads(certificate_text(read_pages(files[1])[PROOF]))
    certificate["published"][0] += 1
    certificate["published"][1] -= 1
    text = json.dumps(
        sealed({key: value for key, value in certificate.items() if key != "seal"}),
        separators=(",", ":"),
    )

    def change(book: Any) -> None:
        pieces = [
            row[1]
            for row in book[PROOF].iter_rows(min_row=5)
            if isinstance(row[0].value, int | float)
        ]
        for place, cell in enumerate(pieces):
            cell.value = text[place * 30_000 : (place + 1) * 30_000]

    changed = edit(files[1], folder / "proof.xlsx", change)
    messages = [
        problem.message
        for problem in recheck(sealed_anew(changed, folder / "proof2.xlsx"), derive).problems
    ]
    assert any("证书证明的不是这些输入和参数" in message for message in messages)


def test_other_inputs_with_the_seals_made_again_are_found(
    files: tuple[Path, Path], folder: Path, derive: Derive
) -> None:
    def change(book: Any) -> None:
        at(book, "输入数据", str(book["输入数据"]["B5"].value), "可用财力").value += 1000

    changed = edit(files[1], folder / "input.xlsx", change)
    assert recheck(sealed_anew(changed, folder / "input2.xlsx"), derive).clean is False


def test_the_true_result_of_other_inputs_is_found_against_the_budget_only(
    files: tuple[Path, Path], folder: Path
) -> None:
    # What no file can say of itself: whether its inputs were the right ones.
    budget, _ = files
    other = tables(SEED, most=7)
    column = other["县区数据"][0].index("可用财力")
    other["县区数据"][1][column] += 1000
    forged = folder / "forged_分配结果.xlsx"
    publish.write(
        allocate.allocate(prepare.prepare(write_tables(folder / "forged.xlsx", other))), forged
    )
    assert recheck(forged, own_inputs(None)).clean
    verdict = recheck(forged, own_inputs(None), budget_inputs(partial(prepare.read_budget, budget)))
    ((sheet, _),) = [where for where in told(verdict) if where[0] == "输入数据"]
    assert sheet == "输入数据"
    (problem,) = [problem for problem in verdict.problems if problem.sheet == "输入数据"]
    assert problem.column == "可用财力"


# The command ----------------------------------------------------------------------------------------------------


def test_the_command_says_the_check_code_and_ends_with_six_where_something_differs(
    files: tuple[Path, Path], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(book: Any) -> None:
        book["分配结果"]["D7"].value += 1

    edit(files[1], folder / "wrong.xlsx", change)
    for path, code, status in ((files[1], 0, "ok"), (folder / "wrong.xlsx", 6, "discrepancy")):
        with pytest.raises(SystemExit) as ending:
            main(["audit", str(path), "--json"])
        said = json.loads(capsys.readouterr().out)
        facts = {
            str(row[0].value): row[1].value
            for row in openpyxl.load_workbook(path)["审计信息"].iter_rows(min_row=5)
        }
        assert (ending.value.code, said["exit"], said["status"]) == (code, code, status)
        assert said["message"] == f"校验码 SHA-256：{facts['校验码 SHA-256']}"
        assert [(problem["sheet"], problem["cell"]) for problem in said["problems"]] == [
            ("分配结果", "D7")
        ] * (code > 0)


def test_another_model_file_is_asked_for(files: tuple[Path, Path], folder: Path) -> None:
    from transfer_opt.policy.model_file.loading import shipped

    other = folder / "model.toml"
    other.write_text(
        shipped("models", "qinghai", "model.toml").read_text(encoding="utf-8") + "\n# 另一份\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="--model"):
        recheck(files[1], own_inputs(other))


def test_a_workbook_that_is_no_result_is_not_rechecked(derive: Derive) -> None:
    with pytest.raises(InputError, match="不是 transfer-opt 写出的结果工作簿"):
        recheck(EXAMPLE, derive)
