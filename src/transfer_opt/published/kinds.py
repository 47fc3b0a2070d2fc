"""What kind of file it is: a result of this program, another of its workbooks, or anybody's table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.vocabulary import (
    ALLOCATION,
    FACTS,
    INPUT,
    MEASURED_BY_YEAR,
    PARAMETERS,
    PROOF,
    WARNED,
    WARNED_BY_YEAR,
)

NEEDED = (ALLOCATION, PARAMETERS, INPUT, FACTS, PROOF)
WATCHED = (WARNED, WARNED_BY_YEAR, MEASURED_BY_YEAR)
OTHERS = (
    ({"方案比较", "参数对照"}, "方案比较", "compare"),
    ({"前沿", "各点分配"}, "目标取舍前沿", "frontier"),
    ({"各县区间", "各次测算"}, "多情形测算", "sweep"),
)
"""The program's workbooks that are no results: sheets that tell them, what they are called, the command that makes them."""


def is_result(pages: Iterable[str]) -> bool:
    """Whether these sheets are those of a result workbook, or what is left of one."""
    return len(set(NEEDED) & set(pages)) > 1


def is_watched(pages: Iterable[str]) -> bool:
    """Whether these sheets are those of a workbook of `monitor`, or what is left of one."""
    return len(set(WATCHED) & set(pages)) > 1


def refuse_other(path: Path, pages: Iterable[str]) -> None:
    """InputError where these are the sheets of a comparison, a frontier or a sweep, whose figures are none of their own."""
    names = set(pages)
    for told, title, command in OTHERS:
        if told <= names:
            raise InputError(
                [
                    Problem(
                        "E180",
                        f"「{path.name}」是{title}工作簿（transfer-opt {command} 写出的），里面的数都由别的测算得来，不单独核对。",
                        f"核对各方案的结果工作簿：transfer-opt audit 结果.xlsx 预算.xlsx；再用 transfer-opt {command} 重新生成一份对照。",
                    )
                ]
            )
