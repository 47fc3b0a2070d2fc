"""「区划调整」 in a result: sums that agree wherever last year stands, derived again, and no cell can be edited unseen."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import GUARANTEE
from calls import call
from results import edit_opened, edit_stored
from successions import HEADER, LAST, ONCE, ROWS, merged

from transfer_opt.commands import publish
from transfer_opt.commands.solve import solve
from transfer_opt.core.errors import InputError
from transfer_opt.core.exact import exact
from transfer_opt.core.vocabulary import INPUT, MOVED, NOTICE, STEPS, SUCCESSION_READ
from transfer_opt.intake.prepare import read_budget
from transfer_opt.published.audit import recheck
from transfer_opt.published.inputs import own_inputs
from transfer_opt.published.narrative import explain

pytestmark = pytest.mark.system

HEADERS = [*HEADER, ONCE]
PAID_ONCE = [(*row, 10.01 if at == 2 else None) for at, row in enumerate(ROWS)]
"""丙县 had 10.01 of its money once only."""
FURTHER = [(ONCE, (None, None, 7))]


def published(folder: Path, **given: Any) -> Path:
    budget = merged(folder / "b.xlsx", **given)
    publish.write(solve(read_budget(budget)).outcome, folder / "r.xlsx")
    return folder / "r.xlsx"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("succession")
    return published(folder, rows=PAID_ONCE, header=HEADERS, further=FURTHER)


def rows(result: Path, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet under its header, as they are shown."""
    page = openpyxl.load_workbook(result, data_only=True)[sheet]
    header = [cell.value for cell in page[4]]
    return [
        dict(zip(header, values, strict=True))
        for values in page.iter_rows(min_row=5, values_only=True)
    ]


def moved(result: Path, column: str) -> dict[str, tuple[float, ...]]:
    """划转前, 划出, 划入, 划转后 of every unit of a column."""
    return {
        row["县区名称"]: (row["划转前"], row["划出"], row["划入"], row["划转后"])
        for row in rows(result, MOVED)
        if row["上年数"] == column
    }


def test_every_unit_is_shown_before_and_after_and_the_totals_are_the_same(result: Path) -> None:
    assert moved(result, LAST) == {
        "合  计": (6500.010001, 6000.010001, 6000.010001, 6500.010001),
        "甲县": (1000.01, 1000.01, 0, 0),
        "乙县": (2000, 2000, 0, 0),
        "丙县": (3000.000001, 3000.000001, 0, 0),
        "丁县": (500, 0, 1800.000001, 2300.000001),
        "己县": (0, 0, 3000.01, 3000.01),
        "戊县": (0, 0, 1200, 1200),
    }
    assert moved(result, ONCE) == {
        "合  计": (17.01, 10.01, 10.01, 17.01),
        "丙县": (10.01, 10.01, 0, 0),
        "丁县": (7, 0, 6.006, 13.006),
        "戊县": (0, 0, 4.004, 4.004),
    }


def test_the_inputs_show_what_was_typed_beside_what_was_used(result: Path) -> None:
    found = {row["县区名称"]: (row[LAST], row[f"原填·{LAST}"]) for row in rows(result, INPUT)}
    assert (found["己县"], found["丁县"]) == ((3000.01, 0), (2300.000001, 500))


def test_the_steps_start_from_the_moved_amounts_and_say_so(result: Path) -> None:
    """Less what was paid once only: 丁县 2300.000001 - 13.006."""
    last = {row["县区名称"]: row["上年分配"] for row in rows(result, STEPS) if row["资金"]}
    assert (last["丁县"], last["合  计"]) == (2286.994001, 6483.000001)
    notes = [str(row["行政区划代码"]) for row in rows(result, STEPS)]
    assert any("甲县→己县、乙县→己县、丙县→丁县 60%和戊县 40%" in note for note in notes)


def test_explain_tells_what_came_from_whom_and_what_became_of_a_former_unit(result: Path) -> None:
    said = explain(result, "丁县")
    assert (
        "上年县级基本财力保障机制奖补资金按区划调整：划转前 500，划出 0，划入 1,800.000001，"
        "划转后 2,300.000001 万元。"
        "由丙县划入 1,800.000001（3,000.000001×60%＝1,800.0000006，取整到分）。"
    ) in said
    for former, heirs in (("丙县", "戊县、丁县"), ("990101", "己县")):
        with pytest.raises(InputError, match=f"已划入{heirs}。"):
            explain(result, former)


def test_the_notice_tells_the_net_of_the_county_that_is_chosen(result: Path) -> None:
    page = openpyxl.load_workbook(result, data_only=True)[NOTICE]
    said = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
    assert "区划调整：各项资金的上年数里，划入减划出 +1,800.000001 万元，见「上年数划转」。" in said


def test_a_result_is_derived_from_itself_and_from_its_budget(result: Path, tmp_path: Path) -> None:
    assert recheck(result, own_inputs(None)).problems == ()
    assert call("audit", result, result.with_name("b.xlsx"), "--quiet") == 0
    copy = tmp_path / "copy.xlsx"
    into = ("--into", copy, "-o", tmp_path / "r.xlsx", "--quiet")
    assert call("solve", result.with_name("b.xlsx"), *into) == 0
    assert recheck(copy, own_inputs(None)).clean


def test_older_changes_are_kept_as_read_and_move_nothing(tmp_path: Path) -> None:
    row = ("990100", "庚县", "990111", "己县", 1, "2020-01-01", None, None)
    old = published(tmp_path, rows=[row])
    book = openpyxl.load_workbook(old)
    assert SUCCESSION_READ in book.sheetnames
    assert MOVED not in book.sheetnames
    assert recheck(old, own_inputs(None)).problems == ()


def missed(result: Path, folder: Path, seeds: range) -> list[Any]:
    """Edits of single cells that were not found."""
    found = []
    for seed in seeds:
        target = folder / "edited.xlsx"
        edit = edit_stored if seed % 6 else edit_opened
        told = edit(result, target, seed, (MOVED, SUCCESSION_READ, INPUT))
        if recheck(target, own_inputs(None)).clean:
            found.append((seed, told))
    return found


def test_edits_of_single_cells_are_found(result: Path, tmp_path: Path) -> None:
    assert missed(result, tmp_path, range(8)) == []


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 200, 25))
def test_two_hundred_edits_of_single_cells_are_found(
    result: Path, tmp_path: Path, start: int
) -> None:
    assert missed(result, tmp_path, range(start, start + 25)) == []


# ------------------------------------------------------------------- at random


def drawn(seed: int) -> tuple[list[tuple[Any, ...]], list[float]]:
    """Former units merged into, or split among, the three counties, and what these were paid themselves, in 分 of 万元."""
    chance = random.Random(seed)
    heirs, lines = ["990104", "990111", "990112"], []
    for number in range(chance.randint(1, 5)):
        share = chance.sample(heirs, chance.randint(1, 3))
        cuts = sorted(chance.sample(range(1, 10_000), len(share) - 1))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]
        amount = chance.randint(1, 3 * 10**9) / 10**6
        for at, (heir, part) in enumerate(zip(share, parts, strict=True)):
            paid = None if at else amount
            day = f"2026-0{chance.randint(1, 3)}-01" if len(share) == 1 else "2026-02-01"
            lines.append(
                (f"99020{number}", f"旧{number}县", heir, None, part / 10_000, day, paid, None)
            )
    chance.shuffle(lines)
    firsts = {line[0]: at for at, line in reversed(list(enumerate(lines)))}
    whole = {line[0]: line[6] for line in lines if line[6] is not None}
    lines = [
        (*line[:6], whole[line[0]] if firsts[line[0]] == at else None, None)
        for at, line in enumerate(lines)
    ]
    return lines, [chance.randint(0, 10**9) / 10**6 for _ in heirs]


def sums(folder: Path, seed: int) -> None:
    """Solve one at random: every column of every step adds up to what it should over the province."""
    lines, own = drawn(seed)
    budget = merged(
        folder / "b.xlsx",
        lines,
        own=own,
        pool=20_000,
        given=[["增幅上限", None, None, None, None, "否"]],
    )
    outcome = solve(read_budget(budget)).outcome
    case, whole = (
        outcome.case,
        sum(exact(line[6]) for line in lines if line[6]) + sum(map(exact, own)),
    )
    assert sum(case.figures.history[0]) == whole, seed
    assert all(round(float(step.sum()), 6) == 0 for step in outcome.steps.changes), seed
    assert float(outcome.published.sum()) == case.pools[0], seed
    publish.write(outcome, folder / "r.xlsx")
    found = moved(folder / "r.xlsx", LAST)
    before, given, taken, after = map(exact, found.pop("合  计"))
    assert (before, after, given) == (whole, whole, taken), seed
    for column, total in enumerate((before, given, taken, after)):
        assert sum(exact(float(values[column])) for values in found.values()) == total, seed
    shown = {
        row["县区名称"]: row["上年分配"]
        for row in rows(folder / "r.xlsx", STEPS)
        if row["资金"] == GUARANTEE
    }
    assert (
        exact(float(shown.pop("合  计"))) == sum(exact(float(v)) for v in shown.values()) == whole
    ), seed
    assert recheck(folder / "r.xlsx", own_inputs(None)).clean, seed


def test_random_merges_and_splits_add_up_at_every_step(tmp_path: Path) -> None:
    for seed in range(3):
        sums(tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 300, 20))
def test_three_hundred_random_merges_and_splits_add_up_at_every_step(
    tmp_path: Path, start: int
) -> None:
    for seed in range(start, start + 20):
        sums(tmp_path, seed)
