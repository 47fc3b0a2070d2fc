"""Scenes of several years and of shared services, on budgets of two counties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from books import GUARANTEE, write_tables
from sharedbook import miniature
from years import two_counties

from sentences.scenes import Scene, explained, written

Row = Sequence[Any]
LATER = ((50, 40), (50, 60), (50, 60))
"""Needs of three years: the third year's pool of 100 is less than the floors, 66 + 44."""
GROWS: Row = ("年度展望", GUARANTEE, "本年总额", None, 0.05)
HARD: Row = ("三保兜底", None, None, None, None, "是", "硬", None, None, None)


def years(name: str, *options: str, command: str = "plan", **budget: Any) -> Scene:
    """A command on two counties and their outlook."""
    return written(name, partial(two_counties, **budget), command, *options)


def changed(*row: Any) -> list[Row]:
    """「方案」 with one scenario of one row."""
    return [["规则", "资金", "参数", "对象", "改"], row]


def shared(command: str, name: str) -> Scene:
    """A command on the two counties that share services."""
    return written(name, lambda path: write_tables(path, miniature()), command)


PLANNED = years("多年", "--joint")
SHARED = shared("solve", "共担")
YEAR_SCENES: Mapping[str, Scene] = {
    "多年": PLANNED,
    "多年·乙县": explained("多年", "乙县", PLANNED),
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
    "共担·乙县": explained("共担", "乙县", SHARED),
    "共担·比较": shared("compare", "共担比"),
}
