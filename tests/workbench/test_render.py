"""What is typed is text wherever it stands on the page, and never markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from books import EQUALIZATION, plain_tables, write_tables
from desks import act, cell, desk, opened, settled

from transfer_opt.core.errors import Problem
from transfer_opt.intake.checks.catalogue import errors_of
from transfer_opt.intake.prepare import check
from transfer_opt.workbench import render
from transfer_opt.workbench.session import Session
from transfer_opt.workbench.templates import start_page

HOSTILE = """"><script>alert(1)</script>'&{{7*7}}"""
FORMULA = '=HYPERLINK("http://x.invalid","点我")'


class Tags(HTMLParser):
    """Which elements there are, with what event handlers, and what is in which attribute."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name.startswith("on") or name == "style":
                self.handlers.append(name)
            if name in ("src", "href", "action"):
                self.addresses.append(str(value))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with counties and prefectures of such names."""
    tables = plain_tables()
    header, *rows = tables["县区数据"]
    name, prefecture = header.index("县区名称"), header.index("市州")
    first = rows[0][prefecture]
    rows[0][name], rows[1][name] = f"甲{HOSTILE}", f"乙{FORMULA}"
    for row in rows:
        if row[prefecture] == first:
            row[prefecture] = f"丙{HOSTILE}"
    folder = tmp_path_factory.mktemp("名称")
    return write_tables(folder / "<b>预算<&>.xlsx", tables)


def safe(page: str) -> Tags:
    """No element, handler or address but the page's own."""
    tags = Tags(page)
    assert "alert(1)</script>" not in page
    assert page.count("<script") == (2 if "<!DOCTYPE" in page else 0)
    assert not tags.handlers
    assert all(not each.startswith(("http", "//", "javascript")) for each in tags.addresses)
    assert len(tags.ids) == len(set(tags.ids))
    return tags


@pytest.fixture(scope="module")
def session(hostile: Path) -> Iterator[Session]:
    with desk(hostile) as one:
        act(one, "slide", fund=EQUALIZATION, value="1")
        act(one, "pin", name=HOSTILE, by=HOSTILE, date=FORMULA, said=HOSTILE)
        place = str(one.desk.prepared.settings.recipients.name[0])
        act(one, "single", what="合计上下限·下限", place=place, value="1")
        act(one, "look", county=place)
        act(one, "look", second=str(one.desk.prepared.settings.recipients.name[1]))
        yield settled(one)


def test_hostile_names_are_told_as_text(session: Session) -> None:
    places = {"folder": f"/{HOSTILE}", "ledger": HOSTILE, "told": HOSTILE}
    page = render.whole_page(session, "token", places)
    safe(page)
    assert "alert(1)" in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("name", ["look", "pin", "unpin", "undo", "single", "repair", "recall"])
def test_fragments_hold_nothing_but_text_either(session: Session, name: str) -> None:
    safe(render.after_act(session, name, {}))


def test_a_moved_lever_and_a_proof_too(session: Session) -> None:
    form = {"rule": "增幅上限", "fund": EQUALIZATION, "parameter": "增幅上限", "value": HOSTILE}
    safe(render.after_act(session, "set", form))
    safe(render.after_act(session, "slide", {"fund": EQUALIZATION, "value": "1"}))
    safe(render.after_proof(session, session.version))
    assert render.after_proof(session, session.version - 1) == ""


def test_a_refusal_says_what_was_typed_as_text() -> None:
    safe(render.refusal([Problem("E490", HOSTILE, HOSTILE)]))
    safe(render.refused(HOSTILE))


def test_problems_are_listed_with_sheet_and_cell_and_can_be_copied(tmp_path: Path) -> None:
    tables = plain_tables()
    header, *rows = tables["县区数据"]
    rows[3][header.index("常住人口")] = HOSTILE
    rows[5][header.index("可用财力")] = FORMULA
    given = opened(write_tables(tmp_path / "坏.xlsx", tables))
    problems = check(given)
    page = render.problem_page("token", given, HOSTILE, problems)
    safe(page)
    assert f"有 {len(errors_of(problems))} 个错误" in page
    assert len(re.findall('<tr class="alarm">', page)) == len(errors_of(problems)) >= 2
    assert "45 县" in page or "45 个" in page


def test_the_start_page_offers_what_was_left_open() -> None:
    page = start_page(
        "token", [{"key": HOSTILE, "name": HOSTILE, "when": "今天", "changes": "3"}], HOSTILE
    )
    safe(page)
    assert "改了 3 处" in page


def test_the_page_of_the_example_has_every_county_and_no_line_too_many() -> None:
    with desk() as one:
        page = render.whole_page(settled(one), "token", {})
        tags = safe(page)
        assert tags.names.count("tr") >= 45 + 8 + 1
        assert "已证明" in page
        assert "None" not in page
        assert "nan" not in re.sub(r"[a-z]+nan|nan[a-z]+", "", page)


def test_what_cannot_be_worked_out_is_not_called_infeasible() -> None:
    with desk() as one:
        cell(one, "因素权重", EQUALIZATION, "标准收支缺口×补助系数", "0")
        page = render.whole_page(settled(one), "token", {})
        assert "没有算出来" in page
        assert "因素权重都是 0" in page
        assert "没有可行方案" not in page.partition('id="result"')[2].partition("</section>")[0]
