from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest
from oddtables import packed
from sheetmaker import HEADERS, ROWS, WITH_TOTALS, write

from transfer_opt.core.budget import Budget
from transfer_opt.core.errors import InputError
from transfer_opt.workbook.files.opc import Package
from transfer_opt.workbook.input.reader import read_workbook


def trouble(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_workbook(path, {})
    [problem] = caught.value.problems
    assert path.name in problem.message
    assert problem.remedy
    return problem.code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert trouble(tmp_path / "没有.xlsx") == "E110"


def test_a_folder_is_no_workbook(tmp_path: Path) -> None:
    assert trouble(tmp_path) == "E110"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><table></table></html>",
        b"a,b\n1,2\n",
        "县,数\n".encode("gbk"),
        b"<?xml version='1.0'?><Workbook/>",
    ],
)
def test_other_content_named_xls_is_told_apart(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "数据.xls"
    path.write_bytes(content)
    assert trouble(path) == "E111"


def test_a_truncated_workbook_is_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
    path.write_bytes(path.read_bytes()[:3000])
    assert trouble(path) == "E113"


def test_an_archive_that_is_no_workbook_is_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert trouble(tmp_path / "a.xlsx") == "E113"


def test_a_workbook_with_a_password_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    assert trouble(path) == "E112"


def test_a_huge_file_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with path.open("wb") as stream:
        stream.truncate(60 * 2**20)
    assert trouble(path) == "E114"


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": [HEADERS, *ROWS]})
    assert len(read_workbook(path.rename(tmp_path / "数据 表.et"), {}).sheets["县区数据"].rows) == 3


def test_an_empty_county_sheet_is_told_and_empty_optional_sheets_are_absent(tmp_path: Path) -> None:
    budget = read_workbook(
        write(tmp_path / "a.xlsx", {"县区数据": [], "方案": [], "约束参数": []}), {}
    )
    assert list(budget.sheets) == ["县区数据"]
    assert [note.code for note in budget.sheets["县区数据"].notes] == ["E121"]


def _converted(path: Path, kind: str) -> Budget:
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{path.parent}/profile",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(path.parent),
            str(path),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return read_workbook(path.with_suffix(f".{kind}"), {})


@pytest.mark.system
@pytest.mark.skipif(
    not Path("/usr/bin/soffice").exists(), reason="needs LibreOffice to make the file"
)
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_other_formats_read_the_same(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "a.xlsx", {"县区数据": WITH_TOTALS})
    assert _converted(path, kind).sheets["县区数据"] == read_workbook(path, {}).sheets["县区数据"]


def test_parts_written_with_backslashes_are_found() -> None:
    package = Package(packed({}, lambda name: name.replace("/", "\\")))
    assert package.related("", "officeDocument") == "xl\\workbook.xml"
    assert package.tree("xl/styles.xml") is not None
