"""Who pays for the shared services, on a county's page and in its letter: two counties on paper."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from books import write_tables
from sharedbook import Tables, miniature

from transfer_opt.allocation.allocate import allocate
from transfer_opt.allocation.plan import Outcome
from transfer_opt.core.tables import NoticeCell
from transfer_opt.core.vocabulary import BENEFICIARIES, SERVICES
from transfer_opt.intake.prepare import prepare
from transfer_opt.report.document.responsibility import responsibility
from transfer_opt.report.notice.live import text
from transfer_opt.report.notice.notice import notice
from transfer_opt.report.responsibility import decimals, on_one_page
from transfer_opt.report.workbook import build


def solved(tables: Tables) -> Outcome:
    with TemporaryDirectory() as folder:
        return allocate(prepare(write_tables(Path(folder) / "共担.xlsx", tables)), sensitive=False)


@cache
def outcome(way: str, basis: str = "净口径") -> Outcome:
    return solved(miniature(way, basis))


def told(of: Outcome, county: int) -> list[list[object]]:
    """The rows of the fourth question: texts and figures, from its heading to the signatures."""
    report = build(of, "", "")
    sheet, _ = notice(of, report.tables, report.drawn, "", county)
    rows: dict[int, list[NoticeCell]] = {}
    for cell in sheet.cells:
        if cell.look != "hidden":
            rows.setdefault(cell.row, []).append(cell)
    said = [[cell.value for cell in rows[row]] for row in sorted(rows)]
    first = next(at for at, row in enumerate(said) if str(row[0]).startswith("四、"))
    return said[first + 1 : -1]


def test_each_service_is_told_with_its_levels_and_adds_up() -> None:
    """甲县: 10,000 pupils at 800 and 50,000 insured at 600; 80, 10, 5 and 5 %; 190 of 900, 31.67 for each of 60,000."""
    assert told(outcome("测算"), 0) == [
        ["总支出 3,800.00 万元，本县承担 190.00 万元，人均 32 元，占可用财力 21.1%。"],
        [
            "保基本民生需求：测算数 190.00＝列入三保的本县承担 190.00＋其他 0.00；"
            "填报数 190.00；本次采用 190.00。"
        ],
        ["事项（总支出）", "本县承担", "中央", "省", "市州"],
        ["教育（800.00）", 40, 640, 80, 40],
        ["医保（3,000.00）", 150, 2400, 300, 150],
        ["合计（3,800.00）", 190, 3040, 380, 190],
    ]


def test_by_the_gross_basis_all_that_is_paid_is_need() -> None:
    """乙县: 4,000 · 800 + 20,000 · 600 = 1,520 万元, of which it pays 152."""
    in_all, need, *_ = told(outcome("测算", "毛口径"), 1)
    assert in_all == ["总支出 1,520.00 万元，本县承担 152.00 万元，人均 63 元，占可用财力 21.7%。"]
    assert need == [
        "保基本民生需求：测算数 1,520.00＝列入三保的各级承担 1,520.00＋其他 0.00；"
        "填报数 152.00；本次采用 1,520.00。"
    ]


def test_what_was_filled_in_is_said_to_count_where_it_does() -> None:
    tables = miniature("填报")
    tables["县区数据"][1][7] = 200
    _, need, *_ = told(solved(tables), 0)
    assert str(need[0]).endswith("；填报数 200.00；本次采用 200.00。")


def longer(count: int) -> Tables:
    """As many services more, each for 100 people at 100 元, a hundredth of which the county pays: 0.01 of 1 万元."""
    tables = miniature()
    for k in range(count):
        name = f"第{k + 1}项"
        tables[SERVICES].append([name, 100, "否", None, 0.99, 0, 0, 0.01, None])
        tables[BENEFICIARIES][0].append(name)
        for row in tables[BENEFICIARIES][1:]:
            row.append(100)
    return tables


def test_of_a_long_list_the_page_tells_what_counties_pay_most_and_the_rest_together() -> None:
    """Twelve services: 教育, 医保, two of the small ones, and the eight others: 8 · 1 of which 0.08."""
    of = solved(longer(10))
    rows = told(of, 0)[3:]
    assert [row[0] for row in rows] == [
        "教育（800.00）",
        "医保（3,000.00）",
        "第1项（1.00）",
        "第2项（1.00）",
        "其余 8 项（8.00）",
        "合计（3,810.00）",
    ]
    assert rows[4][1:] == pytest.approx([0.08, 7.92, 0, 0])
    assert responsibility(of, 0) == (
        "另有共同财政事权支出3,810万元（中央3,049.9、省380、市州190、县190.1）；"
        "县承担的：教育40、医保150、第1项0.01、第2项0.01、其余8项0.08。"
    )


def test_a_long_name_is_said_in_pieces_that_a_formula_may_hold() -> None:
    assert text("长" * 300 + '"').formula == '"' + "长" * 255 + '"&"' + "长" * 45 + '"""'


def test_five_services_are_told_one_by_one() -> None:
    paid = solved(longer(3)).case.burdens
    assert paid is not None
    assert on_one_page(paid) == ([0, 1, 2, 3, 4], [])


def test_the_letter_gives_every_digit() -> None:
    assert responsibility(outcome("测算"), 1) == (
        "另有共同财政事权支出1,520万元（中央1,216、省152、市州0、县152）；县承担的：教育32、医保120。"
    )


@pytest.mark.parametrize(("unit", "digits"), [("元", 0), ("万元", 2), ("亿元", 6)])
def test_the_page_shows_hundreds_of_yuan(unit: str, digits: int) -> None:
    assert decimals(replace(outcome("测算").case, money_unit=unit)) == digits


def test_a_budget_without_shared_services_has_no_fourth_question() -> None:
    tables = miniature(None, None)
    del tables[SERVICES], tables[BENEFICIARIES], tables["方案"]
    of = solved(tables)
    report = build(of, "", "")
    sheet, _ = notice(of, report.tables, report.drawn, "")
    assert not [cell for cell in sheet.cells if str(cell.value).startswith("四、")]
    assert responsibility(of, 0) == ""
