"""A real browser on the page: waits until everything is known, reads the figures off the screen, notes every complaint."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from benches import PATIENCE, Bench, figures

from transfer_opt.commands.solve import solve
from transfer_opt.intake.prepare import read_budget

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STEADY = 8
"""Looks in a row that find nothing under way: between two requests there is a moment without one."""
BUSY = "document.querySelectorAll('.htmx-request').length"
WAITING = "document.querySelectorAll('.badge.wait').length + (document.body.innerText.includes('正在测算。') ? 1 : 0)"


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


class Screen:
    """One tab."""

    def __init__(self, browser: Any, bench: Bench, **options: Any) -> None:
        self._context = browser.new_context(
            accept_downloads=True, viewport={"width": 1440, "height": 900}, **options
        )
        self.page = self._context.new_page()
        self.bench = bench
        self.complaints: list[str] = []
        self.watch(self.page)
        self.page.goto(bench.address)
        self.page.wait_for_url(lambda address: not address.endswith("/opening"))

    def watch(self, page: Any) -> None:
        """Note what the console and the page complain of."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def tab(self) -> Screen:
        """Another tab of the same browser at the same address."""
        other = object.__new__(Screen)
        other.__dict__.update(self.__dict__)
        other.page = self._context.new_page()
        other.watch(other.page)
        other.page.goto(self.page.url)
        return other

    def close(self) -> None:
        """Both the tab and its cookies."""
        self._context.close()

    def example(self) -> Screen:
        """Open the example by its button."""
        self.page.get_by_role("button", name="打开示例").click()
        self.page.wait_for_selector("#result")
        return self.known()

    def idle(self) -> Screen:
        """Wait until nothing is asked any more."""
        self._until(lambda: not self.page.evaluate(BUSY))
        return self

    def known(self) -> Screen:
        """Wait until everything is proved and explained."""
        self._until(lambda: not self.page.evaluate(BUSY) and not self.page.evaluate(WAITING))
        return self

    def _until(self, done: Any) -> None:
        end = time.monotonic() + PATIENCE
        times = 0
        while time.monotonic() < end:
            self.page.wait_for_timeout(20)
            times = times + 1 if done() else 0
            if times == STEADY:
                return
        raise AssertionError("the page is not done")

    def table(self) -> dict[str, tuple[str, ...]]:
        """The counties as they stand on the screen."""
        return figures(self.page.content())

    def funds(self) -> list[dict[str, tuple[str, ...]]]:
        """The table of every fund, then of all together."""
        choice = self.page.locator("#counties select[name=fund]")
        found = []
        for option in ("0", "1", "2", ""):
            choice.select_option(option)
            found.append(self.known().table())
        return found

    def text(self, where: str) -> str:
        """What is written in a place."""
        return str(self.page.inner_text(where))

    def typed(self, label: str, value: str) -> Screen:
        """A value typed in the field of that name, and Enter."""
        field = self.page.get_by_label(label, exact=True)
        field.evaluate("each => { const of = each.closest('details'); if (of) of.open = true; }")
        field.fill(value)
        field.press("Tab")
        return self.idle()

    def pressed(self, name: str) -> Screen:
        """A button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()
        return self.idle()


def saved(screen: Screen, name: str, folder: Path) -> Path:
    """The workbook, saved by the form and downloaded."""
    page = screen.page
    page.locator("#save summary").click()
    page.locator("#save input[name=name]").fill(name)
    page.locator("#save input[name=result]").uncheck()
    page.locator("#save form button").click()
    screen.idle()
    said = f"{page.inner_text('#told')}|{page.inner_text('#saved')}"
    assert page.locator("#saved a").count(), said
    with page.expect_download() as download:
        page.locator("#saved a").first.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    page.locator("#save summary").click()
    return path


def same_as_solve(screen: Screen, path: Path, name: str) -> None:
    """Every amount of the page's tables is the one of `solve`."""
    outcome = solve(read_budget(path), name).outcome
    counties = list(map(str, outcome.case.recipients.name))
    for table, given in zip(screen.funds(), (*outcome.amounts, outcome.given), strict=True):
        for county, amount in zip(counties, given.tolist(), strict=True):
            shown = table[county][0].replace(",", "")
            assert shown == ("" if amount != amount else f"{amount:g}"), county
