"""What is saved are the very files that the commands write of the saved workbook."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from books import EQUALIZATION, EXAMPLE
from calls import call
from desks import act, cell, desk, settled, units

from transfer_opt.commands.solve import solve
from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.intake.prepare import read_budget
from transfer_opt.workbench.keeping import Wish, comparison_page, save
from transfer_opt.workbench.session import Pin, Session


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    shutil.copy(EXAMPLE, tmp_path / "预算.xlsx")
    return tmp_path


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    with desk(folder / "预算.xlsx") as opened:
        act(opened, "slide", fund=EQUALIZATION, value="1")
        act(opened, "pin", name="加一", by="预算处", date="2026-01-01", said="会上提的")
        cell(opened, "增幅上限", EQUALIZATION, "增幅上限", "20%")
        yield opened


def wish(session: Session, folder: Path, name: str = "定稿", **more: bool) -> Wish:
    return Wish(Pin(name, session.draft, "丙", "2026-01-02", "为什么"), folder, **more)


@pytest.mark.system
def test_every_file_is_that_of_the_commands(session: Session, folder: Path) -> None:
    saved = save(session, wish(session, folder, result=True, comparison=True, docx=True))
    written = {path.name for path in saved.files}
    assert written == {path.name for path in folder.iterdir()} - {"预算.xlsx"}
    assert (folder / "预算.xlsx").read_bytes() == EXAMPLE.read_bytes()
    copy = folder / "预算_测算台.xlsx"
    assert read_budget(copy).scenarios[-2:] == ("加一", "定稿")
    kept = {path.name: path.read_bytes() for path in saved.files}
    for path in saved.files[1:]:
        path.unlink()
    assert call("solve", copy, "--scenario", "定稿", "--quiet") == 0
    result = folder / "预算_测算台_分配结果.xlsx"
    assert call("export", result, "--format", "docx") == 0
    page = copy.with_name("预算_测算台_方案比较.html")
    names = ["基准方案", "加一", "定稿"]
    chosen = [word for name in names for word in ("--scenario", name)]
    assert call("compare", copy, *chosen, "--html", page) == 0
    for name, content in kept.items():
        assert (folder / name).read_bytes() == content, name
    assert all(path.name in "".join(saved.told) for path in saved.files)


def test_the_saved_workbook_gives_the_figures_of_the_page(session: Session, folder: Path) -> None:
    saved = save(session, wish(session, folder))
    assert [path.name for path in saved.files] == ["预算_测算台.xlsx"]
    assert session.now is not None
    solved = solve(read_budget(saved.files[0]), "定稿")
    assert units(solved.outcome) == units(session.now)
    assert dict(solved.outcome.settings.signature) == {
        "编制人": "丙",
        "日期": "2026-01-02",
        "一句话": "为什么",
    }


def test_nothing_that_lies_there_is_written_over(session: Session, folder: Path) -> None:
    (folder / "预算_测算台.xlsx").write_text("甲")
    (folder / "预算_测算台2_分配结果.xlsx").write_text("乙")
    saved = save(session, wish(session, folder, result=True))
    assert [path.name for path in saved.files] == [
        "预算_测算台3.xlsx",
        "预算_测算台3_分配结果.xlsx",
    ]
    assert (folder / "预算_测算台.xlsx").read_text() == "甲"
    assert (folder / "预算_测算台2_分配结果.xlsx").read_text() == "乙"


@pytest.mark.parametrize("name", ["", "基准方案", "均衡优先", "加一", "甲 乙", "长" * 61, "对象"])
def test_a_name_of_no_use_is_refused_and_nothing_is_written(
    session: Session, folder: Path, name: str
) -> None:
    with pytest.raises((InputError, OutputError)):
        save(session, wish(session, folder, name))
    assert [path.name for path in folder.iterdir()] == ["预算.xlsx"]


def test_a_draft_without_a_change_is_saved_as_the_base(folder: Path) -> None:
    with desk(folder / "预算.xlsx") as session:
        saved = save(session, wish(session, folder))
        solved = solve(read_budget(saved.files[0]), "定稿")
        assert session.now is not None
        assert units(solved.outcome) == units(session.now)


def test_a_draft_without_an_allocation_is_saved_and_the_rest_is_told(
    session: Session, folder: Path
) -> None:
    cell(session, "资金总额", EQUALIZATION, "本年总额", "0")
    saved = save(session, wish(session, folder, result=True))
    assert [path.name for path in saved.files] == ["预算_测算台.xlsx"]
    assert "其余的没有存" in saved.told[-1]
    assert {path.name for path in folder.iterdir()} == {"预算.xlsx", "预算_测算台.xlsx"}


def test_pins_and_what_is_tried_stand_side_by_side(session: Session) -> None:
    page = comparison_page(settled(session))
    assert "加一" in page
    assert "测算台" in page
    act(session, "recall", name="加一")
    assert "测算台" not in comparison_page(session).partition("</title>")[2].replace("测算台）", "")
