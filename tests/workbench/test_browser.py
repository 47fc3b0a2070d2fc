"""The story of a meeting, clicked and typed in a real browser, and held against what `solve` says of the saved workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benches import Bench
from books import EQUALIZATION, EXAMPLE
from browsing import Screen, chromium, same_as_solve, saved
from calls import call

pytestmark = pytest.mark.system
POOL = f"资金总额{EQUALIZATION}{EQUALIZATION}"
SLIDER = f"{EQUALIZATION}增减百分之几"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def bench(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("keep")) as started:
        yield started


@pytest.fixture
def screen(browser: Any, bench: Bench) -> Iterator[Screen]:
    """The example, as it stands; nobody's changes are left behind."""
    opened = Screen(browser, bench).example()
    yield opened
    if opened.page.locator("#reset:not([disabled])").count():
        opened.pressed("全部还原")
    assert opened.complaints == []
    opened.close()


def test_the_story_of_a_meeting(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    first = screen.table()
    assert len(first) == 45 + 8 + 1
    assert "已证明" in screen.text("#proof")

    page.get_by_label(SLIDER).fill("1")
    screen.known()
    slid = screen.table()
    assert slid["合  计"][0] == "2,840,480"
    assert page.get_by_label(POOL, exact=True).input_value() == "2,017,980"
    screen.pressed("撤销").known()
    assert screen.table() == first
    assert page.get_by_label(SLIDER).input_value() == "0"
    screen.typed(POOL, "+1%").known()
    assert screen.table() == slid
    assert page.get_by_label(SLIDER).input_value() == "1"
    screen.pressed("撤销").pressed("重做").known()
    assert screen.table() == slid
    assert "多得" in screen.text("#sentence")

    page.locator("#pins summary").click()
    page.locator("#pins input[name=name]").fill("加一个百分点")
    page.locator("#pins input[name=said]").fill("会上提的")
    screen.pressed("固定现在的方案")
    assert "加一个百分点" in screen.text("#pins li")

    page.get_by_label("县区或市州").fill("玛多县")
    page.locator(".single select[name=fund]").select_option(EQUALIZATION)
    page.locator(".single input[name=value]").fill("99999")
    screen.pressed("试一试").known()
    assert "没有可行方案" in screen.text("#result")
    assert "玛多县" in screen.text(".infeasible")
    page.locator(".ways li").nth(1).get_by_role("button").click()
    screen.known()
    assert "已证明" in screen.text("#proof")
    assert screen.table()["玛多县"][0]

    path = saved(screen, "会上定的", tmp_path)
    same_as_solve(screen, path, "会上定的")
    result = tmp_path / "结果.xlsx"
    assert call("solve", path, "--scenario", "会上定的", "-o", result, "--quiet") == 0

    with page.expect_popup() as popup:
        page.get_by_role("link", name="并排比较").click()
    assert "加一个百分点" in popup.value.content()
    popup.value.close()


def test_two_counties_side_by_side(screen: Screen) -> None:
    page = screen.page
    page.get_by_role("button", name="刚察县").click()
    screen.known()
    assert screen.text("#card h2").startswith("刚察县")
    assert "为什么是这个数" in screen.text("#card")
    assert "可调范围" in screen.text("#card")
    page.get_by_label("另一个县区").fill("玛多县")
    screen.pressed("对照").known()
    assert "玛多县" in screen.text("#card")
    assert "相差" in page.locator("#card p").last.inner_text()
    screen.pressed("▾ 西宁市小计")
    assert "城东区" not in screen.table()
    screen.pressed("▸ 西宁市小计")
    assert "城东区" in screen.table()


def test_goals_are_dragged_moved_and_left_out(screen: Screen) -> None:
    page = screen.page

    def goals() -> list[str]:
        return list(page.locator(".goals .what").all_inner_texts())

    assert goals() == ["三保缺口最小", "贴近因素法"]
    page.locator(".goals li").nth(1).drag_to(
        page.locator(".goals li").nth(0), target_position={"x": 20, "y": 2}
    )
    screen.known()
    assert goals() == ["贴近因素法", "三保缺口最小"]
    screen.pressed("三保缺口最小上移")
    assert goals() == ["三保缺口最小", "贴近因素法"]
    assert "没有，就是" in screen.text("#bar")
    page.get_by_label("再加一个目标").select_option("保障水平最大化")
    screen.known()
    assert goals() == ["三保缺口最小", "贴近因素法", "保障水平最大化"]
    screen.pressed("不用保障水平最大化")
    assert goals() == ["三保缺口最小", "贴近因素法"]


def test_what_is_refused_is_told_and_stays_told(screen: Screen) -> None:
    before = screen.table()
    screen.page.get_by_label(SLIDER).fill("1")
    screen.idle()
    screen.typed(f"增幅上限{EQUALIZATION}增幅上限", "很多")
    assert "很多" in screen.text("#told")
    screen.known()
    assert "很多" in screen.text("#told")
    screen.pressed("撤销").known()
    assert screen.table() == before
    assert screen.text("#told") == ""


def test_by_keyboard_alone(screen: Screen) -> None:
    page = screen.page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    wanted = page.evaluate(
        "Array.from(document.querySelectorAll('a[href], button, input, select, summary, textarea'))"
        ".filter(each => !each.disabled && each.type !== 'hidden' && each.offsetParent !== null && each.id !== 'halt').length"
    )
    page.evaluate("document.activeElement.blur()")
    tops: list[str] = []
    seen = set()
    for _ in range(wanted + 20):  # a date has several stops
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(() => { const at = document.activeElement; const look = getComputedStyle(at);"
            " const all = Array.from(document.querySelectorAll('*'));"
            " const part = at.closest('header, .read, #bar, .left, .middle, .right');"
            " return [all.indexOf(at), at.tagName, part ? part.id || part.className || part.tagName : '',"
            " look.outlineStyle + look.outlineWidth + look.boxShadow]; })()"
        )
        if told[1] == "BODY":
            break
        if told[0] in seen:
            continue
        seen.add(told[0])
        tops.append(told[2])
        assert not told[3].startswith("none0pxnone"), told
    assert len(seen) >= wanted
    assert list(dict.fromkeys(tops)) == ["HEADER", "read", "bar", "left", "middle", "right"]
    assert tops == sorted(tops, key=list(dict.fromkeys(tops)).index)


def test_a_change_by_keys_is_undone_by_keys(screen: Screen) -> None:
    page = screen.page
    first = screen.table()
    page.get_by_label(SLIDER).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    screen.known()
    assert screen.table()["合  计"][0] == "2,830,490"
    assert page.evaluate("document.activeElement.type") == "range"
    screen.pressed("全部还原").known()
    for value in ("+1%", "+2%", "+3%"):
        screen.typed(POOL, value)
    page.get_by_label(SLIDER).focus()
    for _ in range(3):  # one after the other, as quickly as keys go
        page.keyboard.press("Control+z")
    page.wait_for_selector("#reset[disabled]")
    screen.known()
    assert screen.table() == first
    page.keyboard.press("Control+y")
    page.wait_for_selector("#reset:not([disabled])")
    assert screen.known().table()["合  计"][0] == "2,840,480"


def test_reload_and_back_lose_nothing(screen: Screen) -> None:
    page = screen.page
    screen.typed(POOL, "+2%").known()
    before = screen.table()
    page.reload()
    screen.known()
    assert screen.table() == before
    page.get_by_role("link", name="换一个工作簿").click()
    page.wait_for_selector("#drop")
    page.go_back()
    page.wait_for_selector("#result")
    screen.known()
    assert screen.table() == before
    screen.pressed("撤销").known()
    assert screen.table() != before


def test_of_two_tabs_the_older_is_told_and_drawn_anew(screen: Screen) -> None:
    other = screen.tab()
    other.page.wait_for_selector("#result")
    other.known()
    screen.typed(POOL, "+2%").known()
    other.page.get_by_label(SLIDER).fill("1")
    other.page.wait_for_selector("#told:has-text('另一个页面改过')")
    other.known()
    assert other.table() == screen.table()
    other.page.close()


def test_a_file_is_dropped_on_the_start_page(browser: Any, bench: Bench) -> None:
    screen = Screen(browser, bench)
    page = screen.page
    transfer = page.evaluate_handle(
        "bytes => { const all = new DataTransfer();"
        " all.items.add(new File([new Uint8Array(bytes)], '拖来的<b>.xlsx')); return all; }",
        list(EXAMPLE.read_bytes()),
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    page.wait_for_selector("#result")
    assert "拖来的_b_.xlsx" in screen.known().text("h1")
    assert screen.complaints == []
    screen.close()


def test_a_file_that_is_too_large_is_told_on_the_start_page(
    browser: Any, bench: Bench, tmp_path: Path
) -> None:
    screen = Screen(browser, bench)
    large = tmp_path / "大.xlsx"
    large.write_bytes(bytes(51 * 2**20 + 1))
    screen.page.locator("input[type=file]").set_input_files(large)
    screen.page.get_by_role("button", name="打开", exact=True).click()
    screen.page.wait_for_selector("#told:has-text('超过 50 MB')")
    screen.close()


def test_a_server_that_is_gone_is_told(browser: Any, tmp_path: Path) -> None:
    with Bench(tmp_path / "keep") as started:
        screen = Screen(browser, started).example()
        start = screen.tab()
        start.page.goto(f"http://127.0.0.1:{started.port}/")
        assert not screen.page.locator("#gone").is_visible()
        started.process.kill()
        started.process.wait()
        screen.page.get_by_label(SLIDER).fill("1")
        screen.page.wait_for_selector("#gone", state="visible")
        assert "没有保存的改动会恢复" in screen.text("#gone")
        start.page.get_by_role("button", name="打开示例").click()
        start.page.wait_for_selector("#gone", state="visible")
        screen.close()


def test_closing_says_so_and_ends_the_process(browser: Any, tmp_path: Path) -> None:
    with Bench(tmp_path / "keep") as started:
        screen = Screen(browser, started).example()
        screen.page.get_by_role("button", name="关闭", exact=True).click()
        screen.page.wait_for_selector("text=测算台已关闭")
        assert started.process.wait(30) == 0
        screen.close()


def test_nothing_is_wider_than_the_window(screen: Screen) -> None:
    for width in (1440, 1280, 720, 400):
        screen.page.set_viewport_size({"width": width, "height": 900})
        wide = screen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, width
    screen.page.set_viewport_size({"width": 1440, "height": 900})
