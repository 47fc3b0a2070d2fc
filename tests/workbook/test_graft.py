"""solve --into: everything of the user's survives in the copy, and every result sheet is as in the result alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from books import EXAMPLE
from calls import call
from lxml import etree
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl.cell.cell import MergedCell
from packages import parts, rewritten
from reports import report
from richbook import MACRO, OFFICE, write_rich

from transfer_opt.core.errors import InputError, OutputError
from transfer_opt.workbook.files.opc import Package
from transfer_opt.workbook.files.style_merge import digit_pixels
from transfer_opt.workbook.input.reader import read_workbook
from transfer_opt.workbook.result.fingerprint import fingerprint
from transfer_opt.workbook.result.pages import read_pages
from transfer_opt.workbook.result.seals import intact
from transfer_opt.workbook.save import write_into, write_report

TOUCHED = {
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/calcChain.xml",
}
"""All that may differ in the copy; the order of calculation is made anew by every program."""
RESULTS = ("分配结果", "均衡性指标", "输入数据", "图表数据")

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")


def children(content: bytes, path: str) -> list[bytes]:
    """The elements of a list in canonical form."""
    return [etree.tostring(child, method="c14n") for child in etree.fromstring(content).find(path)]


def into(source: Path, copy: Path, **changes: Any) -> tuple[str, ...]:
    """The small report of the writer's tests, grafted."""
    return write_into(report(**changes), source, read_workbook(source, {}).sha256, copy)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rich(tmp_path_factory.mktemp("rich") / "工作簿.xlsm", macros=True)


@pytest.fixture(scope="module")
def solved(rich: Path) -> Path:
    """The real thing: `solve --into`, beside it the result alone."""
    copy = rich.with_name("副本.xlsm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "0")
        assert (
            call("solve", rich, "--into", copy, "-o", rich.with_name("结果.xlsx"), "--quiet") == 0
        )
    return copy


def test_every_part_of_the_user_is_there_byte_for_byte(rich: Path, solved: Path) -> None:
    old, new = parts(rich), parts(solved)
    assert {name for name in old if new.get(name) != old[name]} == TOUCHED
    for kind in (
        "charts/chart1.xml",
        "media/image1.png",
        "comments1.xml",
        "tables/table1.xml",
        "pivotTables/pivotTable1.xml",
        "pivotCache/pivotCacheDefinition1.xml",
        "cellimages.xml",
        "vbaProject.bin",
        "drawings/vmlDrawing1.vml",
    ):
        assert f"xl/{kind}" in old.keys() & new.keys(), kind
    assert new["xl/vbaProject.bin"] == MACRO
    own = new["xl/worksheets/sheet5.xml"].decode()
    for kind in (
        "dataValidation ",
        "conditionalFormatting",
        "sparkline",
        "legacyDrawing",
        "tablePart",
        "dataBar",
    ):
        assert kind in own, kind


def test_what_had_to_be_touched_still_says_all_it_said(rich: Path, solved: Path) -> None:
    old, new = parts(rich), parts(solved)
    for path in ("{*}sheets", "{*}definedNames"):
        said = children(old["xl/workbook.xml"], path)
        assert children(new["xl/workbook.xml"], path)[: len(said)] == said
    for path in ("{*}pivotCaches", "{*}bookViews"):
        assert children(new["xl/workbook.xml"], path) == children(old["xl/workbook.xml"], path)
    for path in (
        "fonts",
        "fills",
        "borders",
        "cellStyleXfs",
        "cellXfs",
        "cellStyles",
        "dxfs",
        "numFmts",
    ):
        said = children(old["xl/styles.xml"], f"{{*}}{path}")
        assert children(new["xl/styles.xml"], f"{{*}}{path}")[: len(said)] == said, path
    relations = [
        re.findall(rb'Id="[^"]+" Type="[^"]+" Target="[^"]+"', text)
        for text in (old["xl/_rels/workbook.xml.rels"], new["xl/_rels/workbook.xml.rels"])
    ]
    assert {line for line in relations[0] if b"calcChain" not in line} < set(relations[1])


def test_openpyxl_and_calamine_read_the_users_sheets_and_ours(rich: Path, solved: Path) -> None:
    alone = openpyxl.load_workbook(rich.with_name("结果.xlsx"))
    book, before = openpyxl.load_workbook(solved), openpyxl.load_workbook(rich)
    assert book.sheetnames == before.sheetnames + alone.sheetnames
    assert book.active.title == before.active.title == "本单位"
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == ["本单位"]
    assert book["本单位"]["A2"].comment.text == before["本单位"]["A2"].comment.text
    assert {*before.defined_names} <= {*book.defined_names}
    calamine = python_calamine.load_workbook(str(solved))
    for path, names in ((rich, before.sheetnames), (rich.with_name("结果.xlsx"), alone.sheetnames)):
        theirs = python_calamine.load_workbook(str(path))
        for name in names:
            assert (
                calamine.get_sheet_by_name(name).to_python()
                == theirs.get_sheet_by_name(name).to_python()
            ), name


def look(cell: Any) -> tuple[Any, ...]:
    return (
        cell.value,
        cell.number_format,
        *map(repr, (cell.font, cell.fill, cell.border, cell.alignment)),
    )


@pytest.mark.system
def test_every_result_sheet_looks_and_prints_as_in_the_result_alone(
    rich: Path, solved: Path
) -> None:
    alone, book = (
        openpyxl.load_workbook(rich.with_name("结果.xlsx")),
        openpyxl.load_workbook(solved),
    )
    for one in alone:
        two = book[one.title]
        for cells in zip(one.iter_rows(), two.iter_rows(), strict=True):
            for a, b in zip(*cells, strict=True):
                if isinstance(a, MergedCell) or not a.has_style:  # not in the file
                    continue
                assert look(a) == look(b), (one.title, a.coordinate)
        assert (
            one.print_area,
            one.print_title_rows,
            one.freeze_panes,
            one.auto_filter.ref,
            one.oddFooter.left.text,
        ) == (
            two.print_area,
            two.print_title_rows,
            two.freeze_panes,
            two.auto_filter.ref,
            two.oddFooter.left.text,
        )
        assert [c.anchor._from.row for c in one._charts] == [
            c.anchor._from.row for c in two._charts
        ]
        assert {k: (d.height, d.outlineLevel) for k, d in one.row_dimensions.items()} == {
            k: (d.height, d.outlineLevel) for k, d in two.row_dimensions.items()
        }
        rules = [
            [
                (str(where.sqref), rule.formula, repr(rule.dxf))
                for where in sheet.conditional_formatting
                for rule in where.rules
            ]
            for sheet in (one, two)
        ]
        assert rules[0] == rules[1]


def test_the_seals_hold_in_the_copy(solved: Path, rich: Path) -> None:
    alone, pages = read_pages(rich.with_name("结果.xlsx")), read_pages(solved)
    assert {name: fingerprint(page.contents) for name, page in alone.items()} == {
        name: fingerprint(pages[name].contents) for name in alone
    }
    assert intact(pages) == set(alone)


@pytest.mark.system
def test_the_copy_solved_again_says_the_same_and_replaces_its_old_result(
    rich: Path, solved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy, other = tmp_path / "又一份.xlsm", tmp_path / "第三份.xlsm"
    assert call("solve", solved, "--into", copy) == 0
    assert "原有的结果表已换成这次的：分配结果、" in capsys.readouterr().err
    first, second = (read_pages(path) for path in (solved, copy))
    assert list(first) == list(second)
    assert first["分配结果"].contents == second["分配结果"].contents
    assert parts(copy).keys() == parts(solved).keys()
    assert parts(copy)["xl/styles.xml"] == parts(solved)["xl/styles.xml"]
    assert (
        len(into(copy, other)) == 1
    )  # a smaller result, which leaves none of the sheets it does not have
    assert python_calamine.load_workbook(str(other)).sheet_names[-5:] == ["本单位", *RESULTS]
    for path in (copy, other):
        assert {
            name for name, content in parts(rich).items() if parts(path).get(name) != content
        } == TOUCHED


def test_the_input_is_untouched_and_the_copy_the_same_bytes_every_time(
    rich: Path, solved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    before = rich.read_bytes()
    assert call("solve", rich, "--into", tmp_path / "a.xlsm", "--quiet") == 0
    assert (tmp_path / "a.xlsm").read_bytes() == solved.read_bytes()
    assert rich.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsm"]


@pytest.mark.system
def test_an_edited_result_sheet_and_a_sheet_of_the_same_name_are_never_replaced(
    solved: Path, tmp_path: Path
) -> None:
    edited = openpyxl.load_workbook(solved, keep_vba=True)
    edited["分配结果"]["P7"] = "厅长已阅"
    edited.save(tmp_path / "改过.xlsm")
    with pytest.raises(
        OutputError,
        match="里已有「分配结果」，不是本程序写出的原样结果，不能覆盖。处理办法：先把这些表改名或删去",
    ):
        into(tmp_path / "改过.xlsm", tmp_path / "x.xlsm")
    own = openpyxl.load_workbook(EXAMPLE)
    own.create_sheet("输入数据")["A1"] = "本单位自己的"
    own.save(tmp_path / "自有.xlsx")
    with pytest.raises(OutputError, match="里已有「输入数据」"):
        into(tmp_path / "自有.xlsx", tmp_path / "x.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["改过.xlsm", "自有.xlsx"]


def test_a_result_in_the_middle_is_taken_out_and_places_are_counted_anew(
    rich: Path, tmp_path: Path
) -> None:
    """As if the user had moved his own sheet behind ours: its names and the active sheet move along."""
    host = tmp_path / "a.xlsm"
    into(rich, host)

    def turn(text: bytes) -> bytes:
        root = etree.fromstring(text)
        sheets = root.find("{*}sheets")
        own = next(sheet for sheet in sheets if sheet.get("name") == "本单位")
        sheets.append(own)  # the last of nine now, the five before it one place nearer
        for name in root.iter("{*}definedName"):
            place = int(name.get("localSheetId", "-1"))
            if place >= 0:
                name.set("localSheetId", str(8 if place == 4 else place - (place > 4)))
        root.find(".//{*}workbookView").set("activeTab", "8")
        return etree.tostring(root)

    from transfer_opt.workbook.graft import _Book

    rewritten(host, "xl/workbook.xml", turn)
    book = _Book(Package(host.read_bytes()))
    book.remove(RESULTS)
    names = {
        (name.get("name"), name.get("localSheetId")): name.text
        for name in book.workbook.iter("{*}definedName")
    }
    assert names["_xlnm.Print_Area", "4"].startswith("本单位!")
    assert {place for _, place in names} == {None, "0", "1", "2", "3", "4"}
    assert book.workbook.find(".//{*}workbookView").get("activeTab") == "4"
    assert "xl/charts/chart2.xml" not in book.package
    assert "xl/charts/chart1.xml" in book.package


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("副本.xlsx", "带有宏，副本应以 .xlsm 结尾"),
        ("副本", "改文件名，如 副本.xlsm"),
        ("副本.xls", "副本.xlsm"),
    ],
)
def test_macros_want_their_own_ending(
    rich: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, why: str
) -> None:
    assert call("solve", rich, "--into", tmp_path / name) == 5
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_locked_workbook_is_not_copied_without_its_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with EXAMPLE.open("rb") as plain, (tmp_path / "密.xlsx").open("wb") as locked:
        OOXMLFile(plain).encrypt("暗号", locked)
    (tmp_path / "密码.txt").write_text("暗号", encoding="utf-8")
    options = ("--password-file", tmp_path / "密码.txt", "--into", tmp_path / "x.xlsx")
    assert call("solve", tmp_path / "密.xlsx", *options) == 5
    assert "设有打开密码，写出的副本会没有密码" in capsys.readouterr().err
    assert not (tmp_path / "x.xlsx").exists()


def strict(text: bytes) -> bytes:
    return text.replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )


def template(text: bytes) -> bytes:
    return text.replace(b"spreadsheetml.sheet.main+xml", b"spreadsheetml.template.main+xml")


def shared(text: bytes) -> bytes:
    return text.replace(
        b"</Relationships>",
        (
            f'<Relationship Id="rId99" Type="{OFFICE}/revisionHeaders" Target="revisions/revisionHeaders.xml"/></Relationships>'
        ).encode(),
    )


def binary(text: bytes) -> bytes:
    return text.replace(b"xl/workbook.xml", b"xl/workbook.bin")


@pytest.mark.parametrize(
    ("part", "change", "why"),
    [
        ("xl/workbook.xml", strict, "Strict"),
        ("[Content_Types].xml", template, "模板"),
        ("_rels/.rels", binary, "不是 .xlsx"),
        ("xl/_rels/workbook.xml.rels", shared, "共享工作簿"),
    ],
)
def test_kinds_that_cannot_take_sheets_are_refused(
    tmp_path: Path, part: str, change: Callable[[bytes], bytes], why: str
) -> None:
    from transfer_opt.workbook.graft import refuse_unfit

    source = tmp_path / "a.xlsx"
    source.write_bytes(EXAMPLE.read_bytes())
    content = rewritten(source, part, change).read_bytes()
    with pytest.raises(OutputError, match=why):
        refuse_unfit(content, source, tmp_path / "b.xlsx")
    for other in (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old .xls",
        zipped({"mimetype": b"ods", "content.xml": b"<x/>"}),
    ):
        with pytest.raises(OutputError, match="另存为 .xlsx"):
            refuse_unfit(other, source, tmp_path / "b.xlsx")


def zipped(content: dict[str, bytes]) -> bytes:
    import io

    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as package:
        for name, text in content.items():
            package.writestr(name, text)
    return memory.getvalue()


def test_what_cannot_stay_is_told(tmp_path: Path) -> None:
    source = write_rich(tmp_path / "a.xlsx")
    rewritten(
        source,
        "_rels/.rels",
        lambda text: text.replace(
            b"</Relationships>",
            (
                b'<Relationship Id="rId99" Target="_xmlsignatures/origin.sigs" Type="http://schemas.openxmlformats.org/package/2006/'
                b'relationships/digital-signature/origin"/></Relationships>'
            ),
        ),
    )
    with zipfile.ZipFile(source, "a") as package:
        package.writestr("_xmlsignatures/origin.sigs", b"")
    rewritten(
        source,
        "xl/workbook.xml",
        lambda text: re.sub(
            rb"<calcPr ",
            b'<calcPr fullPrecision="0" ',
            text.replace(b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>'),
        ),
    )
    told = into(source, tmp_path / "b.xlsx")
    assert [text[:9] for text in told] == [
        "原工作簿的数字签名",
        "原工作簿的结构保护",
        "原工作簿设为“将精",
    ]
    copy = parts(tmp_path / "b.xlsx")
    assert "_xmlsignatures/origin.sigs" not in copy
    assert b'lockStructure="1"' in copy["xl/workbook.xml"]
    assert openpyxl.load_workbook(tmp_path / "b.xlsx").sheetnames[-4:] == list(RESULTS)


def test_a_workbook_changed_meanwhile_is_not_copied(tmp_path: Path) -> None:
    source = write_rich(tmp_path / "a.xlsx")
    with pytest.raises(OutputError, match="在计算期间被改动或移走了"):
        write_into(report(), source, "0" * 64, tmp_path / "b.xlsx")
    source.unlink()
    with pytest.raises(OutputError, match="在计算期间被改动或移走了"):
        write_into(report(), source, "0" * 64, tmp_path / "b.xlsx")
    assert list(tmp_path.iterdir()) == []


def bare_styles(text: bytes) -> bytes:
    return b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="1"><xf/></cellXfs></styleSheet>'


def prefixed(text: bytes) -> bytes:
    """The same with a prefix on every name, as some programs write it."""
    text = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", text.split(b"?>", 1)[1]).replace(
        b"xmlns=", b"xmlns:x="
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>' + text


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/styles.xml", bare_styles),
        ("xl/styles.xml", prefixed),
        ("xl/workbook.xml", prefixed),
        (
            "xl/_rels/workbook.xml.rels",
            lambda text: re.sub(rb'<Relationship [^>]*styles.xml"/>', b"", text),
        ),
        (
            "xl/workbook.xml",
            lambda text: re.sub(
                rb"<definedNames>.*</definedNames>|<bookViews>.*</bookViews>", b"", text
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            lambda text: text.replace(b'Target="worksheets', b'Target="/XL/Worksheets'),
        ),
    ],
)
def test_lean_and_odd_packages_take_the_sheets_too(
    tmp_path: Path, part: str, change: Callable[[bytes], bytes]
) -> None:
    source = rewritten(write_rich(tmp_path / "a.xlsx"), part, change)
    into(source, tmp_path / "b.xlsx")
    assert python_calamine.load_workbook(str(tmp_path / "b.xlsx")).sheet_names[-4:] == list(RESULTS)
    if (
        part != "xl/_rels/workbook.xml.rels"
    ):  # openpyxl minds capitals, and formats of cells that are nowhere
        book = openpyxl.load_workbook(tmp_path / "b.xlsx")
        assert book["分配结果"]["D6"].number_format == "#,##0_ ;-#,##0_ ;0_ "
        assert book["分配结果"]["A4"].font.name == "黑体"


def test_styles_that_are_gone_are_made(tmp_path: Path) -> None:
    source = rewritten(write_rich(tmp_path / "a.xlsx"), "xl/styles.xml", lambda _: None)
    into(source, tmp_path / "b.xlsx")
    copy = parts(tmp_path / "b.xlsx")
    assert copy["xl/_rels/workbook.xml.rels"].count(b"relationships/styles") == 1
    assert copy["[Content_Types].xml"].count(b'"/xl/styles.xml"') == 1


@pytest.mark.parametrize("length", [0, 300, 700])
def test_a_part_broken_where_no_reader_looks_is_told_as_damage(tmp_path: Path, length: int) -> None:
    source = write_rich(tmp_path / "a.xlsx")
    styles = parts(source)["xl/styles.xml"]
    for part in ("xl/_rels/workbook.xml.rels", "[Content_Types].xml"):
        rewritten(source, part, lambda text: text.replace(b"styles.xml", b"looks.xml"))
    with zipfile.ZipFile(source, "a") as package:
        package.writestr("xl/looks.xml", styles[:length])
    with pytest.raises(InputError, match="E113"):
        into(source, tmp_path / "b.xlsx")
    assert list(tmp_path.iterdir()) == [source]


def test_words_left_over_about_parts_that_are_gone_do_no_harm(tmp_path: Path) -> None:
    gone = b'<Override PartName="/xl/charts/chart2.xml" ContentType="text/plain"/></Types>'
    source = rewritten(
        write_rich(tmp_path / "a.xlsx"),
        "[Content_Types].xml",
        lambda text: text.replace(b"</Types>", gone),
    )
    with zipfile.ZipFile(source, "a") as package:
        package.writestr(
            "xl/worksheets/_rels/sheet6.xml.rels",
            package.read("xl/worksheets/_rels/sheet5.xml.rels"),
        )
    into(source, tmp_path / "b.xlsx")
    copy = parts(tmp_path / "b.xlsx")
    types = re.findall(rb'PartName="([^"]+)"', copy["[Content_Types].xml"])
    assert len(set(types)) == len(types)
    assert {name.decode().lstrip("/") for name in types} <= copy.keys()
    assert "xl/worksheets/sheet6.xml" not in copy


@pytest.mark.parametrize(
    ("font", "size", "pixels"),
    [
        ("宋体", 11, 8),
        ("宋体", 12, 8),
        ("宋体", 10, 7),
        ("宋体", 9, 6),
        ("等线", 11, 8),
        ("Calibri", 11, 7),
        ("Arial", 10, 7),
        ("Arial", 11, 8),
    ],
)
def test_columns_keep_their_width_whatever_font_the_user_counts_in(
    tmp_path: Path, font: str, size: float, pixels: int
) -> None:
    sheet = etree.fromstring(
        f'<styleSheet><fonts><font><sz val="{size}"/><name val="{font}"/></font></fonts>'
        '<cellStyleXfs><xf fontId="0"/></cellStyleXfs></styleSheet>'.encode()
    )
    assert digit_pixels(sheet) == pixels
    if (font, size) == ("Calibri", 11):
        into(write_rich(tmp_path / "a.xlsx", font=font), tmp_path / "b.xlsx")
        write_report(report(), tmp_path / "c.xlsx")
        widths = [
            openpyxl.load_workbook(tmp_path / name)["分配结果"].column_dimensions["B"].width
            for name in ("b.xlsx", "c.xlsx")
        ]
        assert widths[0] == pytest.approx(widths[1] * 8 / 7)


def test_a_defined_name_of_the_user_is_never_taken(tmp_path: Path) -> None:
    from transfer_opt.workbook.graft import graft

    source = write_rich(tmp_path / "a.xlsx")
    write_report(report(), tmp_path / "r.xlsx")
    rewritten(
        tmp_path / "r.xlsx",
        "xl/workbook.xml",
        lambda text: text.replace(
            b"<definedNames>", '<definedNames><definedName name="合计数">1</definedName>'.encode()
        ),
    )
    with pytest.raises(OutputError, match="已有名称「合计数」"):
        graft(source.read_bytes(), (tmp_path / "r.xlsx").read_bytes(), source)


@pytest.mark.system
@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice is not installed",
)
def test_libreoffice_shows_the_users_sheet_and_ours(solved: Path, tmp_path: Path) -> None:
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(tmp_path),
        str(solved),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "副本.pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for said in (
        "内部资料",
        "6.00万",
        "三项转移支付分配结果表",
        "洛伦兹曲线",
        "1,998,000",
    ):
        assert said in text, said
    assert "图表数据（" not in text  # for programs: left out when the workbook is printed
    assert "###" not in text
