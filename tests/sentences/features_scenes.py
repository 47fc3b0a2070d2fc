"""Scenes of the province's own money, of agreements on river sections and of monitoring, on the smallest workbooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import basins
import handovers
import openpyxl
import successions
from monitoring import CUTS, GUARANTEE_CUTS, HISTORY, HISTORY_HEADERS, dated, workbook
from provincial import two_funds
from years import two_counties

from sentences.desk import Desk, texts
from sentences.scenes import Scene, explained, written

# ------------------------------------------------------------- 省级统筹

PROVINCE: Mapping[str, Scene] = {
    "统筹": written("统筹", two_funds, "solve"),
    "统筹·不动": written("不动", partial(two_funds, needs=(10, 20)), "solve"),
    "不统筹": written("不统筹", partial(two_funds, ecology=(80, 20, None, None)), "solve"),
}

# ------------------------------------------------------------- 断面


def river(name: str, *rules: tuple[str, object], **given: Any) -> Scene:
    """`solve` of three counties along a river, under these parameters of 「横向补偿」."""
    rows = [basins.parameter(*rule) for rule in rules]
    return written(name, partial(basins.three_counties, rules=rows, **given), "solve")


def exported(name: str, first: Scene) -> Scene:
    """The document of another scene's result."""

    def say(desk: Desk) -> str:
        first(desk)
        target = desk.path(f"{name}附.docx")
        desk.says("export", desk.path(f"{name}结果.xlsx"), "--format", "docx", "-o", target)
        return texts(target)

    return say


def beside(name: str, *firsts: str) -> Scene:
    """`compare` of the results of other scenes."""

    def say(desk: Desk) -> str:
        for first in firsts:
            RIVERS[first](desk)
        target = desk.path(f"{name}.xlsx")
        desk.says("compare", *(desk.path(f"{first}结果.xlsx") for first in firsts), "-o", target)
        return texts(target)

    return say


plain, dry = river("断面"), river("无断面", sections=[])
paid = written("出资", partial(basins.pooled, paid_in=(100, None, 400), province=2500), "solve")
TIED = [["三保兜底", None, "可统筹比例", None, 0]]
one = basins.MINIATURE[:1]
"""Only 海晏县 and 湟源县 agreed on something, and nothing on classes of water."""
RIVERS: Mapping[str, Scene] = {
    "断面": plain,
    "断面·湟源": explained("断面", basins.HUANGYUAN, plain),
    "断面·附件": exported("断面", plain),
    "无断面": dry,
    "无断面·湟源": explained("无断面", basins.HUANGYUAN, dry),
    "无断面·附件": exported("无断面", dry),
    "一个断面": river("一个断面", sections=one),
    "一个断面·湟中": explained("一个断面", basins.HUANGZHONG, river("一个断面", sections=one)),
    "试算断面": river("试算断面", sections=[(*one[0][:-1], "试算"), basins.MINIATURE[1]]),
    "断面限额": river("断面限额", ("限额比例", 0.05)),
    "断面补三保": river("断面补三保", ("三保计入横向补偿", "是")),
    "断面不计入": river("断面不计入", ("计入可用财力", "否")),
    "断面·比较": beside("断面比", "断面", "断面不计入"),
    "出资": paid,
    "不可统筹·湟源": explained(
        "不可统筹",
        basins.HUANGYUAN,
        written("不可统筹", partial(basins.three_counties, sections=[], rules=TIED), "solve"),
    ),
}

# ------------------------------------------------------------- 区划调整

changed = written("调整", successions.merged, "solve")
OLD = ("990100", "庚县", "990111", "己县", 1, "2020-01-01", None, None)
unmoved = written("没划转", partial(successions.merged, rows=[OLD]), "solve")


def two_years(name: str, rows: Sequence[Sequence[Any]], codes: Sequence[str]) -> Scene:
    """`compare` of 2025, when there were 甲县, 乙县 and 丙县, with 2026."""

    def say(desk: Desk) -> str:
        before, after = desk.path(f"{name}上年.xlsx"), desk.path(f"{name}今年.xlsx")
        former = tuple(zip(("990101", "990102", "990103"), "甲乙丙", strict=True))
        now = tuple((code, dict(former).get(code, code)) for code in codes)
        for made, given in (
            (before, {"rows": [], "units": former, "own": (900, 1900, 2900), "year": 2025}),
            (
                after,
                {
                    "rows": rows,
                    "units": now,
                    "own": (0, 0, 0) if codes[0] > "990110" else (900, 1900, 2900),
                },
            ),
        ):
            book = successions.merged(desk.path(f"{name}.xlsx"), **given)  # type: ignore[arg-type]
            desk.says("solve", book, "-o", made)
        return desk.says("compare", before, after, "-o", desk.path(f"{name}比较.xlsx"))

    return say


ANOTHER_CODE = [(f"99010{k}", None, f"99011{k}", None, 1, "2026-01-01", 900, None) for k in (1, 2, 3)]  # fmt: skip
TOGETHER = [(f"99010{k}", None, "990111", None, 1, "2026-01-01", 900, None) for k in (1, 2, 3)]
PARTED = [("990101", None, f"99010{k}", None, 0.5, "2026-01-01", None, None) for k in (1, 2)]
CHANGED: Mapping[str, Scene] = {
    "调整": changed,
    "调整·丁县": explained("调整", "丁县", changed),
    "调整·附件": exported("调整", changed),
    "没划转": unmoved,
    "没划转·丁县": explained("没划转", "丁县", unmoved),
    "没划转·附件": exported("没划转", unmoved),
    "合并·比较": two_years("合并", TOGETHER, ("990111", "990120", "990121")),
    "划出·比较": two_years("划出", PARTED, ("990101", "990102", "990103")),
    "换代码·比较": two_years("换代码", ANOTHER_CODE, ("990111", "990112", "990113")),
}

# ------------------------------------------------------------- 监测预警


def watched(
    name: str,
    cuts: Sequence[Sequence[Any]] = CUTS,
    history: Sequence[Sequence[Any]] = HISTORY,
    headers: Sequence[str] = HISTORY_HEADERS,
) -> Scene:
    """`monitor` of cuts and years."""
    make = partial(workbook, cuts=cuts, history=history, headers=headers)
    return written(name, make, "monitor")


def with_land(path: Path) -> Path:
    """Two counties of which 72 of 200 from land went to the countryside."""
    book = openpyxl.load_workbook(two_counties(path, needs=((62, 43), (62, 43))))
    dated(book, 2027)
    sheet = book["县区数据"]
    for row in zip(
        sheet.iter_rows(min_row=3, min_col=sheet.max_column + 1, max_col=sheet.max_column + 2),
        (("土地出让收益", "用于农业农村支出"), (100, 30), (100, 42)),
        strict=True,
    ):
        for cell, value in zip(*row, strict=True):
            cell.value = value
    book.save(path)
    return path


def landed(target: float) -> Scene:
    """`monitor` of a plan of these two against so much of what comes from land."""
    cut = ("土地出让收益用于农业农村", "越大越好", None, None, target, 0)

    def say(desk: Desk) -> str:
        written("土地", with_land, "plan")(desk)
        cuts = workbook(desk.path(f"线{target}.xlsx"), [GUARANTEE_CUTS, cut], ())
        note = desk.path(f"名单{target}.xlsx")
        plan = desk.path("土地结果.xlsx")
        return desk.says("monitor", plan, "--thresholds", cuts, "-o", note) + texts(note)

    return say


FOUR = HISTORY_HEADERS[:4]
WATCHED: Mapping[str, Scene] = {
    "监测": watched("监测"),
    "监测·绿": watched(
        "绿", CUTS, [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.3)], headers=FOUR
    ),
    "监测·一项": watched(
        "一项",
        [GUARANTEE_CUTS],
        [("丙县", 2026, None, 1.2), ("丁县", 2026, None, 1.01)],
        headers=FOUR,
    ),
    "土地·45": landed(0.45),
    "土地·36": landed(0.36),
}

# ------------------------------------------------------------- 一体化


def handed(name: str, make: Callable[[Path], Path], *, back: bool = False, **filled: Any) -> Scene:
    """`export` of a result by a mapping with these columns filled in; `back`: and the audit of what it wrote."""

    def say(desk: Desk) -> str:
        folder = desk.path(name)
        folder.mkdir(exist_ok=True)
        result, by = make(folder), handovers.mapping(folder / "对照.xlsx", **filled)
        target = folder / "出.xlsx"
        said = desk.says("export", result, "--format", "一体化", "--mapping", by, "-o", target)
        found = ("audit", result, "--exported", target, "--mapping", by)
        return said + (desk.says(*found) if back else "")

    return say


def contributed(folder: Path) -> Path:
    """The result of three counties that put money into their fund."""
    return handovers.solved(basins.pooled(folder / "池.xlsx", (100, 200, 300), 2400))


OFFICIAL = handovers.OFFICIAL
HANDED: Mapping[str, Scene] = {
    "交出": handed("交出", handovers.river, **OFFICIAL),
    "交出·统筹": handed("交出统筹", handovers.shared),
    "交出·出资": handed("交出出资", contributed, **OFFICIAL),
    "交出·不全": handed("交出不全", handovers.river, **OFFICIAL, 导出="否"),
    "交回": handed("交回", handovers.shared, back=True, **OFFICIAL),
}
FEATURE_SCENES: Mapping[str, Scene] = {**PROVINCE, **RIVERS, **CHANGED, **WATCHED, **HANDED}
