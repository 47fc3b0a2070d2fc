"""What is not saved lies in a folder of its own, under names that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from transfer_opt.workbench.autosave import KEPT, MOST_RECENT, Autosave, safe_name
from transfer_opt.workbench.messages import Reply


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("2027年预算（讨论稿）.xlsx", "2027年预算（讨论稿）.xlsx"),
        ("预算.XLSM", "预算.xlsm"),
        ("../../etc/passwd", "passwd.xlsx"),
        ("..\\..\\windows\\system.xls", "system.xls"),
        ("/etc/cron.d/a.xlsx", "a.xlsx"),
        ("C:\\预算.xlsx", "预算.xlsx"),
        ("a/../..", "工作簿.xlsx"),
        ("", "工作簿.xlsx"),
        (".", "工作簿.xlsx"),
        ("..", "工作簿.xlsx"),
        (".xlsx", "xlsx.xlsx"),
        ("CON.xlsx", "工作簿.xlsx"),
        ("nul", "工作簿.xlsx"),
        ("a\0b.xlsx", "a_b.xlsx"),
        ("a\r\nSet-Cookie: x.csv", "a__Set-Cookie_ x.csv"),
        ("预算:流.xlsx", "预算_流.xlsx"),
        ("<script>.xlsx", "_script_.xlsx"),
        ("预算.exe", "预算.xlsx"),
        ("未保存的改动.json", "未保存的改动.xlsx"),
        ("长" * 300 + ".xlsx", "长" * 80 + ".xlsx"),
        ("a.xlsx ", "a.xlsx"),
    ],
)
def test_a_name_that_leads_nowhere(given: str, name: str) -> None:
    assert safe_name(given) == name


@pytest.mark.parametrize("given", ["../x.xlsx", "a/b/c.xls", "\\\\host\\share\\x.csv", "x:y", "~"])
def test_an_upload_lies_in_the_folder_of_its_content(tmp_path: Path, given: str) -> None:
    autosave = Autosave(tmp_path)
    path, name = autosave.uploaded(b"content", given)
    assert path.parent == autosave.folder(path)
    assert path.parent.parent == tmp_path
    assert path.name == name
    assert autosave.holds(path)
    assert not autosave.holds(Path("/elsewhere/预算.xlsx"))


def reply(changes: int = 1, state: str = "{}") -> Reply:
    return Reply("", state, changes)


def test_what_is_kept_is_found_by_the_content(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path / "kept")
    one, other = tmp_path / "甲.xlsx", tmp_path / "乙.xlsx"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    autosave.keep(one, "甲.xlsx", reply(state="of one"))
    assert autosave.kept(one) == "of one"
    assert autosave.kept(other) == ""
    other.write_bytes(b"1")
    assert autosave.kept(other) == "of one"
    one.write_bytes(b"3")
    assert autosave.kept(one) == ""
    one.unlink()
    assert autosave.kept(one) == ""


def test_the_latest_with_changes_are_offered_again(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path)
    for number in range(MOST_RECENT + 2):
        path, name = autosave.uploaded(str(number).encode(), f"{number}.xlsx")
        autosave.keep(path, name, reply(changes=number % 2 and 3))
    offered = autosave.recent()
    assert {each["name"] for each in offered} == {"1.xlsx", "3.xlsx", "5.xlsx", "7.xlsx", "9.xlsx"}
    assert {each["changes"] for each in offered} == {"3"}
    found = autosave.earlier(offered[0]["key"])
    assert found is not None
    assert found[0].name == found[1] == offered[0]["name"]
    for key in ("", "..", "../..", "no", offered[0]["key"] + "/.."):
        assert autosave.earlier(key) is None
    found[0].unlink()
    assert len(autosave.recent()) == 4


@pytest.mark.parametrize("spoilt", ["", "{", "[]", "null", '{"state": 1}', '{"changes": 1}'])
def test_a_spoilt_file_is_passed_over(tmp_path: Path, spoilt: str) -> None:
    autosave = Autosave(tmp_path)
    path, name = autosave.uploaded(b"1", "甲.xlsx")
    autosave.keep(path, name, reply())
    (path.parent / KEPT).write_text(spoilt)
    assert autosave.recent() == ()
    assert autosave.kept(path) in ("", "1")


def test_the_example_is_the_shipped_one(tmp_path: Path) -> None:
    path, name = Autosave(tmp_path).example()
    assert (path.name, name) == ("示例.xlsx", "示例.xlsx")
    assert path.read_bytes()[:2] == b"PK"
