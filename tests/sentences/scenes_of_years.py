"""Scenes of several years and of shared services, on budgets of two counties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from books import GUARANTEE
from sharedbook import miniature
from years import two_counties

from sentences.desk import Desk, texts
from sentences.scenes import Scene

Row = Sequence[Any]
LATER = ((50, 40), (50, 60), (50, 60))
"""Needs of three years: the third year's pool of 100 is less than the floors, 66 + 44."""
GROWS: Row = ("年度展望", GUARANTEE, "本年总额", None, 0.05)
HARD: Row = ("三保兜底", None, None, None, None, "是", "硬", None, None, None)


def years(name: str, *options: str, command: str = "plan", **budget: Any) -> Scene:
    """A command on two counties and their outlook, and what it wrote; its own files have this name."""

    def say(desk: Desk) -> str:
        source, target = desk.path(f"{name}.xlsx"), desk.path(f"{name}果.xlsx")
        if not source.exists():
            two_counties(source, **budget)
        return _said(desk, target, command, source, *options)

    return say


def changed(*row: Any) -> list[Row]:
    """「方案」 with one scenario of one row."""
    return [["规则", "资金", "参数", "对象", "改"], row]


def shared(command: str, name: str) -> Scene:
    """A command on the two counties that share services."""

    def say(desk: Desk) -> str:
        source, target = desk.path(f"{name}.xlsx"), desk.path(f"{name}果.xlsx")
        if not source.exists():
            desk.book(source.name, miniature())
        return _said(desk, target, command, source)

    return say


def then(first: Scene, result: str, county: str) -> Scene:
    """What a county is told of the result of another scene."""

    def say(desk: Desk) -> str:
        first(desk)
        return desk.says("explain", desk.path(result), county)

    return say


def _said(desk: Desk, target: Path, command: str, source: Path, *options: str) -> str:
    said = desk.says(command, source, "-o", target, *options)
    return said + "\n" + (texts(target) if target.exists() else "")


PLANNED = years("多年", "--joint")
SHARED = shared("solve", "共担")
YEAR_SCENES: Mapping[str, Scene] = {
    "多年": PLANNED,
    "多年·乙县": then(PLANNED, "多年果.xlsx", "乙县"),
    "多年·方案": years("加大", "--scenario", "改", scenarios=changed(*GROWS)),
    "多年·相同": years("相同", "--joint", needs=((50, 40), (50, 40))),
    "多年·不行": years("不行", pools=(110, 110, 100), needs=LATER),
    "多年·另定": years(
        "另定",
        "--scenario",
        "改",
        pools=(110, 110, 110),
        needs=((50, 40), (50, 40), (50, 60)),
        rules=[HARD],
        scenarios=changed(*GROWS),
    ),
    "多年·只能统筹": years("只能", "--joint", needs=((50, 40), (50, 50)), rules=[HARD]),
    "展望·比较": years("展望", "--years", "2", command="compare", scenarios=changed(*GROWS)),
    "展望·本年": years("展望本年", command="compare", scenarios=changed(*GROWS)),
    "共担": SHARED,
    "共担·乙县": then(SHARED, "共担果.xlsx", "乙县"),
    "共担·比较": shared("compare", "共担比"),
}
