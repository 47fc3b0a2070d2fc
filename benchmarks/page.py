"""How fast the page answers, in a real browser: python benchmarks/page.py [workbook] [changes].

From the moment a pool's slider is moved to the moment the browser has painted the new table, the proof of the draft
before being finished; how long the engine took of it, as the page itself says; and how long a workbook takes to open.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parent.parent / "inputs" / "qinghai.xlsx"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE = 300.0
"""Seconds after which a page that is not done is given up."""
MOVED = """([place, value]) => new Promise(done => {
  const slider = document.querySelectorAll("input[type=range]")[place], start = performance.now();
  const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
  document.addEventListener("htmx:afterSettle", painted, {once: true});
  slider.value = value;
  slider.dispatchEvent(new Event("change", {bubbles: true}));
})"""
UNKNOWN = "document.querySelectorAll('.htmx-request, .badge.wait').length"


@dataclass(frozen=True)
class Measured:
    """Seconds."""

    opened: float
    """From `transfer-opt open 预算.xlsx` to the first picture."""
    again: float
    """From the choice of a workbook on the page to its picture: what is loaded by then is loaded."""
    changes: Sequence[float]
    """From each change to the painted table."""
    engine: Sequence[float]
    """Of these, the engine's part."""

    @property
    def slowest(self) -> float:
        """95 of 100 changes take no longer."""
        return _of_hundred(self.changes)

    @property
    def engine_usual(self) -> float:
        """Half of the changes take the engine no longer: a proof known before carries over."""
        return statistics.median(self.engine)

    @property
    def engine_slowest(self) -> float:
        """95 of 100 take it no longer: new programs are asked where none does."""
        return _of_hundred(self.engine)


def can_be_measured() -> bool:
    """Whether there is a browser, and what drives it."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return False
    return Path(CHROMIUM).exists()


def measured(source: Path, changes: int) -> Measured:
    """Open a workbook and move its pools so many times."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        screen = browser.new_page(viewport={"width": 1440, "height": 900})
        screen.set_default_timeout(1000 * PATIENCE)
        start = time.perf_counter()
        with _served(source) as address:
            screen.goto(address)
            screen.wait_for_selector("#counties")
            opened = time.perf_counter() - start
            _known(screen)
            moved = [_moved(screen, turn) for turn in range(changes + 2)][2:]
            screen.goto(address.partition("/enter")[0])
            screen.locator("input[type=file]").set_input_files(source)
            start = time.perf_counter()
            screen.get_by_role("button", name="打开", exact=True).click()
            screen.wait_for_selector("#counties")
            again = time.perf_counter() - start
        browser.close()
    return Measured(opened, again, [whole for whole, _ in moved], [part for _, part in moved])


def _moved(screen: Any, turn: int) -> tuple[float, float]:
    """Move one slider after the other, a little further every time."""
    value = round(0.1 + 0.1 * (turn // 3), 1) * (-1) ** turn
    whole = screen.evaluate(MOVED, [turn % 3, value]) / 1000
    number, unit = re.findall(r"用时 ([\d.]+) (毫秒|秒)", screen.inner_text("#proof"))[0]
    _known(screen)
    return whole, float(number) / (1000 if unit == "毫秒" else 1)


def _known(screen: Any) -> None:
    """Wait until everything is proved."""
    end, times = time.monotonic() + PATIENCE, 0
    while times < 4:
        screen.wait_for_timeout(50)
        times = 0 if screen.evaluate(UNKNOWN) else times + 1
        if time.monotonic() > end:
            raise TimeoutError("the page is not done")


@contextmanager
def _served(source: Path) -> Iterator[str]:
    """The first address of a server that is stopped afterwards."""
    with tempfile.TemporaryDirectory() as keep:
        command = [sys.executable, "-u", "-m", "transfer_opt", "open", str(source)]
        with subprocess.Popen(
            [*command, "--no-browser", "--keep", keep], stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout
            yield re.findall(r"http://\S+", server.stdout.readline())[0]
            server.terminate()


def _of_hundred(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


if __name__ == "__main__":
    found = measured(
        Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE,
        int(sys.argv[2]) if len(sys.argv) > 2 else 40,
    )
    print(
        f"opened in {found.opened:.2f} s, a second one in {found.again:.2f} s; 95 of 100 changes are painted within "
        f"{1000 * found.slowest:.0f} ms, the engine's part {1000 * found.engine_slowest:.0f} ms, half of them {1000 * found.engine_usual:.0f} ms"
    )
