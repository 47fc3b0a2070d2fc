"""The page: every figure equals the workbook's, nothing comes from outside, and it works in a real browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from books import EQUALIZATION, change, plain_tables, write_tables
from browsing import chromium
from comparisons import example, pools_untried
from sharedbook import miniature

from transfer_opt.commands import compare
from transfer_opt.core.errors import InputError
from transfer_opt.core.tables import Column, Row, Table
from transfer_opt.report.web.cells import Cell, Grid, shown
from transfer_opt.report.web.glossary import explained
from transfer_opt.report.web.map import areas
from transfer_opt.report.web.strip import LANE, Mark, strip

pytestmark = pytest.mark.system

SHOWN = ("受损县区", "保底代价", "差异分解", "单调性", "指标对比", "参数对照", "审计信息")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The example's comparison: workbook and page, with a sketch map of two counties."""
    folder = tmp_path_factory.mktemp("page")
    book, page, outlines = folder / "比较.xlsx", folder / "比较.html", folder / "边界.json"
    outlines.write_text(
        json.dumps(boundaries({"630102": 101.0, "630103": 102.0})), encoding="utf-8"
    )
    compare.write(example(), book, page, outlines)
    return book, page


def boundaries(codes: dict[str, float]) -> dict[str, Any]:
    """Squares of one degree, by code and western edge."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"adcode": int(code)},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[w, 36], [w + 1, 36], [w + 1, 37], [w, 37], [w, 36]]],
                },
            }
            for code, w in codes.items()
        ],
    }


class Tables(HTMLParser):
    """The texts of every table of a page: rows of cells, headers too."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.tables[-1][-1][-1] += data


def tables_of(page: Path) -> list[list[list[str]]]:
    parser = Tables()
    parser.feed(page.read_text(encoding="utf-8"))
    return [
        [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in table]
        for table in parser.tables
    ]


def displayed(cell: Any) -> str:
    """What a spreadsheet shows of a cell, by its own number format: sections, decimals, percent, literal words."""
    value = cell.value
    if value is None or not isinstance(value, int | float):
        return "" if value is None else re.sub(r"\s+", " ", str(value)).strip()
    sections = cell.number_format.split(";")
    part = sections[0 if value > 0 else 1 if value < 0 else 2] if len(sections) > 2 else sections[0]
    part = part.replace("_ ", "").strip()
    if '"' in part:
        return part.strip('"')
    number = Decimal(repr(value)) * (100 if part.endswith("%") else 1)
    decimals = len(part.rstrip("%").partition(".")[2])
    text = f"{abs(number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)):,f}"
    sign = "+" if part.startswith("+") else "\u2212" if part.startswith("-") else ""
    return sign + text + ("%" if part.endswith("%") else "")


def sheet_rows(book: Path, name: str) -> list[list[str]]:
    """A sheet of the workbook from its header row on, as it is displayed; hidden columns left out."""
    sheet = openpyxl.load_workbook(book, data_only=True)[name]
    hidden = {
        index
        for dimension in sheet.column_dimensions.values()
        if dimension.hidden
        for index in range(dimension.min, dimension.max + 1)
    }
    rows = [
        [displayed(cell) for cell in row if cell.column not in hidden]
        for row in sheet.iter_rows(min_row=4)
    ]
    return [row for row in rows if any(row)]


# ---------------------------------------------------------------- the workbook's figures


@pytest.mark.system
@pytest.mark.parametrize("name", SHOWN)
def test_a_table_of_the_page_is_the_sheet_of_the_workbook_cell_by_cell(
    name: str, files: tuple[Path, Path]
) -> None:
    rows = sheet_rows(files[0], name)
    table = next(found for found in tables_of(files[1]) if rows[0] in found)
    shown_rows = table[table.index(rows[0]) :]
    assert shown_rows == rows[: len(shown_rows)]
    assert all(sum(map(bool, row)) == 1 for row in rows[len(shown_rows) :])  # notes under the table


@pytest.mark.system
def test_what_shares_move_is_the_sheet_of_the_workbook_and_adds_to_nothing(tmp_path: Path) -> None:
    """乙县 pays 5 instead of 10 % of 1,520: 76 less, which the province pays; of 甲县 nothing moves."""
    found = compare.compare([write_tables(tmp_path / "预算.xlsx", miniature())])
    book, page = tmp_path / "比较.xlsx", tmp_path / "比较.html"
    compare.write(found, book, page)
    rows = [row for row in sheet_rows(book, "分担变化") if "中央" in row or "0" in row]
    table = next(each for each in tables_of(page) if each[-len(rows) :] == rows)
    assert {row[1]: row[3:] for row in table[-len(rows) + 1 :]} == {
        "合 计": ["0", "76", "0", "\u221276", "0"],
        "东州小计": ["0"] * 5,
        "甲县": ["0"] * 5,
        "西州小计": ["0", "76", "0", "\u221276", "0"],
        "乙县": ["0", "76", "0", "\u221276", "0"],
    }
    assert "县级承担合计由 342 万元降到 266 万元，省多支出 76 万元" in page.read_text("utf-8")


def test_a_long_table_is_told_by_its_sums_before_it_is_opened() -> None:
    rows = [Row(kind, (kind,)) for kind in ("total", "subtotal", "unit", "unit", "subtotal")]
    grid = Grid(Table("表", "表", (Column("名称", "name", 9),), tuple(rows)))
    assert [line.kind for line in grid.sums] == ["total", "subtotal", "subtotal"]


@pytest.mark.system
def test_the_county_table_and_its_data_are_the_workbooks(files: tuple[Path, Path]) -> None:
    book, page = files
    head, *rows = sheet_rows(book, "分县对比")
    names = ("基准方案", "均衡优先", "稳定优先", "生态优先")
    starts = [at for at, text in enumerate(head) if text == "本年合计"]
    units = {row[1]: row for row in rows if re.fullmatch(r"\d{6}", row[0])}
    table = next(found for found in tables_of(page) if any("比上年" in row for row in found))
    funds = [sheet_rows(book, f"分县对比·{short}")[1:] for short in ("均衡性", "县级保障", "生态")]
    sheets = zip(rows, sheet_rows(book, "人均对比")[1:], *funds, strict=False)
    for (name, *cells), (row, heads, *of_fund) in zip(table[2:], sheets, strict=False):
        assert name == row[1]
        assert cells == [
            row[2],
            row[3],
            *(row[at] for at in starts),
            *(row[at + 2] for at in starts),
            *(row[at + 3] for at in starts[1:]),
            *heads[4:],
            *(one[at] for one in of_fund for at in starts),
        ]
    assert len(table) == 2 + 1 + 8 + 45
    data = json.loads(
        re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.S)[1]
    )  # type: ignore[index]
    covered = {row[1]: row for row in sheet_rows(book, "保障水平对比")}
    assert len(data["counties"]) == len(units) == 45
    for county in data["counties"]:
        row, share = units[county["name"]], covered[county["name"]]
        assert [side["given"][0] for side in county["side"]] == [row[at] for at in starts]
        assert [side["change"][0] for side in county["side"]] == [row[at + 1] for at in starts]
        assert [side["coverage"][0] for side in county["side"]] == share[4:8]
        assert [side["short"][0] for side in county["side"]] == share[9:13]
        assert [side["rank"][0] for side in county["side"]] == share[14:18]
        assert [county["last"][1][0], county["last"][2][0]] == [share[3], share[8]]
    assert list(data["scenarios"]) == list(names)


def test_the_waterfall_is_the_sheet_of_changes(files: tuple[Path, Path]) -> None:
    head, *rows = sheet_rows(files[0], "较上年变动")
    told = {(row[0], row[2]): dict(zip(head, row, strict=True)) for row in rows}
    data = json.loads(
        re.search(r'id="data">(.*?)</script>', files[1].read_text(encoding="utf-8"), re.S)[1]
    )  # type: ignore[index]
    for county in data["counties"]:
        for name, side in zip(data["scenarios"], county["side"], strict=True):
            row = told[name, county["name"]]
            assert all(row[cause] == text for cause, text, _ in side["moved"])
            assert sum(value for *_, value in side["moved"]) == pytest.approx(
                side["change"][1], abs=1e-6
            )


def test_the_matrix_is_the_first_sheet(files: tuple[Path, Path]) -> None:
    _, *rows = sheet_rows(files[0], "方案比较")
    matrix = {row[0]: row[1:] for row in tables_of(files[1])[0][2:]}
    for row in rows[:6]:
        item, base, *others = row
        pairs = [f"{base} 基准", *(f"{others[at]} {others[at + 1]}" for at in (0, 2, 4))]
        assert matrix[item] == pairs


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("money", 2.5, "3"),
        ("money", 0.5, "1"),
        ("money", -1234.4, "\u22121,234"),
        ("share", 0.0125, "1.3%"),
        ("share", -0.00004, "0.0%"),
        ("step", 0.0, "–"),
        ("step", 12.0, "+12"),
        ("points", 0.0, "持平"),
        ("money", None, ""),
        ("name", "=1", "=1"),
    ],
)
def test_figures_are_rounded_half_up_as_spreadsheets_do(kind: Any, value: Any, text: str) -> None:
    assert shown(Column("x", kind, 9), Row("plain", (value,), decimals=0), value, 0) == text


# ---------------------------------------------------------------- nothing from outside


def test_the_policy_forbids_everything_but_the_pages_own_style_and_script(
    files: tuple[Path, Path],
) -> None:
    text = files[1].read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1].replace("&#39;", "'")  # type: ignore[index]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        inner = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S)[1]  # type: ignore[index]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert re.findall(r"https?://[^\s\"']*", text) == [
        "http://www.w3.org/2000/svg"
    ]  # a name, not an address
    assert re.findall(r'(?:src|href)="(?!#)', text) == []
    assert re.findall(r"<[^>]+\s(?:style|on\w+)=", text) == []


def test_a_map_is_drawn_only_from_given_boundaries_and_marked_as_a_sketch(
    files: tuple[Path, Path],
) -> None:
    text = files[1].read_text(encoding="utf-8")
    assert "示意图，不作为划界依据" in text
    assert re.findall(r'data-code="(\d+)"', text) == ["630102", "630103"]


@pytest.mark.parametrize(
    "content", ["{}", "[1", '{"features": []}', json.dumps(boundaries({"110101": 116.0}))]
)
def test_boundaries_that_fit_nothing_are_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="不是可用的 GeoJSON"):
        areas(path, {"630102"})
    with pytest.raises(InputError, match="打不开"):
        areas(tmp_path / "没有.json", {"630102"})


def test_marks_of_equal_counties_are_stacked_within_their_lane() -> None:
    same = [Cell("80.0%", 0.8, "n")] * 3 + [Cell("", None, "n")]
    plot = strip(["甲县", "乙县", "丙县", "丁县"], [("一", same)])
    assert plot
    marks: tuple[Mark, ...] = plot.lanes[0].marks
    assert len({mark.y for mark in marks}) == len(marks) == 3
    assert all(abs(mark.y - plot.lanes[0].y) < LANE / 2 for mark in marks)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser: Any, files: tuple[Path, Path]) -> Iterator[Any]:
    """The page in a browser without network; at the end nothing was asked for and nothing went wrong."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    page = context.new_page()
    wrong: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append("dialog"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(files[1].as_uri())
    yield page
    assert wrong == []
    assert asked == [files[1].as_uri()]
    context.close()


def test_the_first_screens_other_tables_are_sheets_too(files: tuple[Path, Path]) -> None:
    book, page = files
    _, balance, groups, *_ = tables_of(page)
    _, *rows = sheet_rows(book, "得失对比")
    wanted = [[row[0], *row[2:]] for row in rows if row[1:2] == ["基准方案"]]
    assert balance[1:] == wanted
    head, *rows = sheet_rows(book, "市州和规模")
    base, against = head.index("本年合计"), [at for at, text in enumerate(head) if text == "较基准"]
    assert groups[1:] == [[row[1], row[base], *(row[at] for at in against)] for row in rows[:-1]]
    text = page.read_text(encoding="utf-8")
    told = re.sub(r"<[^>]*>", "", text[text.index('<dl class="answers">') : text.index("</dl>")])
    _, *rows = sheet_rows(book, "结论")
    assert html.unescape(told) == "".join("".join(row) for row in rows[:-1])


def test_a_word_of_the_trade_is_explained_where_it_stands() -> None:
    pieces = explained("基尼系数与泰尔指数，基尼系数再说一次")
    assert "".join(text for text, _ in pieces) == "基尼系数与泰尔指数，基尼系数再说一次"
    assert [text for text, why in pieces if why] == ["基尼系数", "泰尔指数"]


@pytest.mark.system
def test_the_first_screen_answers_the_five_questions(opened: Any) -> None:
    for selector in (".answers", ".matrix", ".balance", ".groups"):
        box = opened.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 768, selector
    assert opened.evaluate("document.documentElement.scrollWidth") <= 1366
    opened.set_viewport_size({"width": 1024, "height": 768})
    assert opened.evaluate("document.documentElement.scrollWidth") <= 1024


def test_many_scenarios_are_moved_under_the_names_of_the_counties(
    browser: Any, tmp_path: Path
) -> None:
    tables = plain_tables()
    head, *rows = tables["方案"]
    tables["方案"] = [[*head, "五", "六", "七"], *([*row, None, None, None] for row in rows)]
    rule = [None] * len(head) + ["31%", "32%", "33%"]
    rule[:3] = ["增幅上限", EQUALIZATION, "增幅上限"]
    tables["方案"].append(rule)
    write_tables(tmp_path / "预算.xlsx", tables)
    page = tmp_path / "比较.html"
    compare.write(compare.compare([tmp_path / "预算.xlsx"]), tmp_path / "比较.xlsx", page)
    screen = browser.new_page(offline=True)
    for width in (1024, 1366):
        screen.set_viewport_size({"width": width, "height": 768})
        screen.goto(page.as_uri())
        assert screen.evaluate("document.documentElement.scrollWidth") <= width
        screen.evaluate("document.querySelector('.crowd').scrollLeft = 300")
        name = screen.locator("#counties tbody tr.unit td.name").first
        assert name.bounding_box()["x"] == screen.locator(".crowd").bounding_box()["x"]
    screen.close()


@pytest.mark.system
def test_the_scenarios_are_named_on_every_printed_page(opened: Any, tmp_path: Path) -> None:
    opened.pdf(path=str(tmp_path / "p.pdf"), prefer_css_page_size=True)
    found = pypdf.PdfReader(tmp_path / "p.pdf").pages
    pages = [unicodedata.normalize("NFKC", page.extract_text()) for page in found]
    assert len(pages) > 3
    for name in ("基准方案", "均衡优先", "稳定优先", "生态优先"):
        assert [text[:80] for text in pages if name not in text] == []


@pytest.mark.system
def test_blocks_of_columns_are_shown_by_their_button(opened: Any) -> None:
    cell = opened.locator("#counties tr[data-county] td.b4").first
    assert cell.is_hidden()
    opened.click("button.block:text-is('均衡性')")
    assert cell.is_visible()


@pytest.mark.system
def test_a_click_on_a_head_sorts_and_a_second_click_reverses(opened: Any) -> None:
    names = "Array.from(document.querySelectorAll('#counties tbody tr:not([hidden]) td:first-child')).map(cell => cell.textContent)"
    official = opened.evaluate(names)
    listed = list(example().units.name)
    assert [name for name in official if name in listed] == listed
    assert len(official) == 45 + 8 + 1  # 合计 and every 小计
    given = dict(zip(listed, example().sides[1].given, strict=True))
    opened.click("#counties tr:nth-child(2) th:nth-child(5)")
    assert opened.evaluate(names) == sorted(listed, key=lambda name: -given[name])
    opened.click("#counties tr:nth-child(2) th:nth-child(5)")
    assert opened.evaluate(names) == sorted(listed, key=lambda name: given[name])
    opened.click("#counties tr:nth-child(2) th:nth-child(1)")
    assert opened.evaluate(names) == official


@pytest.mark.system
def test_filters_leave_the_right_counties_and_say_how_many(opened: Any) -> None:
    shown_now = "Array.from(document.querySelectorAll('#counties tbody tr:not([hidden])')).length"
    opened.select_option("#where", "西宁市")
    assert opened.evaluate(shown_now) == 8  # 7 counties and their 小计
    opened.click("#fewer")
    assert opened.evaluate(shown_now) == 4
    opened.select_option("#where", "")
    assert opened.evaluate(shown_now) == 12
    assert opened.text_content("#count") == "共 12 个县区"
    opened.fill("#find", "刚察")
    assert opened.evaluate(shown_now) == 1


@pytest.mark.system
def test_a_picked_county_shows_in_table_strip_and_waterfall(opened: Any) -> None:
    assert opened.input_value("#pick") == str(
        list(example().units.name).index("刚察县")
    )  # the largest loss
    opened.select_option("#pick", label="玛多县")
    assert opened.text_content("#told").startswith(
        "玛多县（果洛藏族自治州）：保障水平在各方案中依次居第"
    )
    assert opened.locator(".picked text").first.text_content().startswith("玛多县 ")
    opened.locator("#counties tr[data-county]").nth(0).click()
    opened.wait_for_function("document.getElementById('moves').getBoundingClientRect().top < 60")
    assert opened.text_content("#whose").startswith("城东区")
    opened.select_option("#plan", label="均衡优先")
    assert opened.text_content("#whose") == "城东区 \u2212178"
    assert opened.locator("#fall text.bar").last.text_content() == "\u2212178"


@pytest.mark.system
def test_names_from_the_workbook_are_never_run(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools_untried(monkeypatch)
    tables = plain_tables()
    change(
        tables,
        "县区数据",
        lambda row: row["县区名称"] == "玛多县",
        县区名称="<img src=x onerror=alert(1)>县",
    )
    tables["方案"] = [
        ["规则", "资金", "参数", "对象", "</script><b>方案"],
        ["生态稳定增长", None, "增长率", None, 0.05],
    ]
    comparison = compare.compare([write_tables(tmp_path / "b.xlsx", tables)])
    compare.write(comparison, tmp_path / "r.xlsx", tmp_path / "r.html")
    page = browser.new_context(offline=True).new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: wrong.append("dialog"))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto((tmp_path / "r.html").as_uri())
    page.select_option("#pick", label="<img src=x onerror=alert(1)>县")
    assert page.locator("img, .matrix b b").count() == 0
    assert page.text_content("#told").startswith("<img src=x onerror=alert(1)>县")
    assert wrong == []


@pytest.mark.system
def test_it_prints_on_a4_landscape(opened: Any, tmp_path: Path) -> None:
    content = opened.pdf(prefer_css_page_size=True, print_background=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert boxes
    assert all((round(float(w)), round(float(h))) == (842, 595) for w, h in boxes)
