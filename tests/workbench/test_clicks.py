"""Random clicks in a real browser: no complaint in the console, and at the end the figures of `solve`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benches import Bench
from browsing import Screen, chromium, same_as_solve, saved
from clicking import GARBAGE

from replicas import workbook
from transfer_opt.commands.solve import solve
from transfer_opt.intake.prepare import read_budget

pytestmark = pytest.mark.system
KINDS = {
    "slider": 6, "field": 8, "switch": 4, "single": 2, "goal": 2, "undo": 6, "redo": 3, "reset": 1, "back": 3,
    "base": 1, "pin": 1, "pinned": 1, "way": 6, "county": 2, "prefecture": 2, "fund": 1, "second": 1,
}  # fmt: skip
PLACES = {
    "slider": "input[type=range]",
    "field": "#levers input[hx-post='act/set']",
    "switch": "#levers select[hx-post='act/set']",
    "single": ".single button",
    "goal": ".goals button:not([disabled])",
    "undo": "#undo:not([disabled])",
    "redo": "#redo:not([disabled])",
    "reset": "#reset:not([disabled])",
    "back": ".chip button",
    "base": "#base",
    "pin": "form.pin button",
    "pinned": "#pins li button",
    "way": "button.way",
    "county": "#counties tr.unit button",
    "prefecture": "#counties tr.subtotal button",
    "fund": "#counties select[name=fund]",
    "second": "input[name=second]",
}
OPEN = (
    "document.querySelectorAll('#levers details, #pins details').forEach(each => each.open = true)"
)


def clicked(screen: Screen, draw: random.Random) -> str:
    """One act on something that is there; what it was."""
    page = screen.page
    page.evaluate(OPEN)
    [kind] = draw.choices([*KINDS], [*KINDS.values()])
    there = page.locator(PLACES[kind])
    count = there.count()
    if not count:
        return f"{kind}: none"
    element = there.nth(draw.randrange(count))
    said = ""
    if kind == "slider":
        said = f"{draw.uniform(-4, 4):.1f}"
        element.fill(said)
    elif kind in ("switch", "base", "fund"):
        options = element.locator("option").all_inner_texts()
        said = draw.choice(options)
        element.select_option(label=said)
    elif kind == "field":
        said = draw.choice([*GARBAGE[:3], "", "5%", "20%", "0.8", "+1%", "-500", "1", "100"])
        element.fill(said)
        element.press("Enter" if draw.random() < 0.5 else "Tab")
    elif kind == "second":
        said = draw.choice(["玛多县", "刚察县", "没有县"])
        element.fill(said)
        element.press("Enter")
    else:
        if kind == "single":
            place, said = (
                draw.choice(["玛多县", "刚察县", "西宁市"]),
                draw.choice(["9000", "5%", "是", "否"]),
            )
            page.locator(".single input[name=place]").fill(place)
            options = page.locator(".single select[name=what] option").all_inner_texts()
            page.locator(".single select[name=what]").select_option(label=draw.choice(options))
            page.locator(".single input[name=value]").fill(said)
        if kind == "pin":
            page.locator("form.pin input[name=name]").fill(f"{draw.randint(1, 9)}号方案")
        element.click()
    if draw.random() < 0.8:  # else the next one comes while this is still worked on
        screen.idle()
    return f"{kind} {said}"


def campaign(browser: Any, bench: Bench, seed: int, count: int, folder: Path) -> None:
    screen, draw = Screen(browser, bench).example(), random.Random(seed)
    done: list[str] = []
    for _ in range(count):
        try:
            done.append(clicked(screen, draw))
        except Exception as error:
            gone = (
                "detached" in str(error)
                or "not attached" in str(error)
                or "not enabled" in str(error)
            )
            if not gone:  # what was pointed at may have been drawn anew meanwhile
                raise
        assert screen.complaints == [], done[-5:]
        assert "程序出错" not in screen.text("#told"), done[-5:]
    screen.known()
    while not screen.page.locator("#counties").count():
        screen.pressed("撤销").known()
    screen.page.reload()
    screen.known()
    for prefecture in screen.page.locator(
        "#counties button[aria-expanded=false]"
    ).all_inner_texts():
        screen.pressed(prefecture)
    before = screen.table()
    path = saved(screen, "随便点的", folder)
    same_as_solve(screen, path, "随便点的")
    assert screen.table().keys() == before.keys()
    if screen.page.locator("#reset:not([disabled])").count():
        screen.pressed("全部还原")
    for _ in range(screen.page.locator("#pins li").count()):
        screen.page.get_by_role("button", name="取消固定").first.click()
        screen.idle()
    assert screen.complaints == []
    screen.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


def test_twenty_five_clicks(browser: Any, tmp_path: Path) -> None:
    with Bench(tmp_path / "keep") as bench:
        campaign(browser, bench, 1, 25, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_thousand_clicks(browser: Any, tmp_path: Path, seed: int) -> None:
    with Bench(tmp_path / "keep") as bench:
        campaign(browser, bench, seed, 100, tmp_path)


@pytest.mark.slow
def test_the_story_at_2844_counties(browser: Any, tmp_path: Path) -> None:
    source = workbook(tmp_path / "全国.xlsx", 2844)
    with Bench(tmp_path / "keep", source) as bench:
        screen = Screen(browser, bench).known()
        screen.page.locator(PLACES["slider"]).first.fill("1")
        screen.known()
        path = saved(screen, "加一", tmp_path)
        outcome = solve(read_budget(path), "加一").outcome
        sums: dict[str, float] = {}
        units = outcome.case.recipients
        for prefecture, given in zip(units.prefecture, outcome.given.tolist(), strict=True):
            sums[f"{prefecture}小计"] = sums.get(f"{prefecture}小计", 0.0) + given
        table = screen.table()
        assert len(table) == len(sums) + 1
        for name, amount in sums.items():
            assert float(table[name][0].replace(",", "")) == amount, name
        screen.page.locator(PLACES["prefecture"]).first.click()
        screen.idle()
        opened = [name for name in screen.table() if name not in table]
        known = dict(zip(map(str, units.name), outcome.given.tolist(), strict=True))
        assert opened
        for name in opened:
            assert float(screen.table()[name][0].replace(",", "")) == known[name]
        assert screen.complaints == []
        screen.close()
