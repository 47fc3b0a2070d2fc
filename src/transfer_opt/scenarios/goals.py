"""The catalogue of goals that 「反算」 knows, and how an official writes one: 名称 关系 数."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import floor, log10
from typing import Literal, TypeAlias

import numpy as np

from transfer_opt.allocation.explanation.indicators import (
    gini,
    last_position,
    position,
    shortfall,
)
from transfer_opt.core.arrays import Bools, Floats
from transfer_opt.core.errors import InputError, Problem
from transfer_opt.core.exact import in_figures, spelled
from transfer_opt.core.suggestions import did_you_mean
from transfer_opt.core.text import normalise, to_number
from transfer_opt.intake.unit_names import Register
from transfer_opt.policy.case import KEPT_DIGITS, NEGLIGIBLE, Case
from transfer_opt.policy.model import ModelSpec

SHAPE = "三保缺口=0、三保缺口<=1000、最低保障水平>=75%、县区>=数、县区·资金>=数"
SMALL = 1e-9
"""What a share or a coefficient in floats may lie beside a number typed; of money it is the dust of the case."""
Value: TypeAlias = Callable[[Case, Floats], float]
"""A case and the published amounts (L,), money → what they come to; NaN where that is not known."""


@dataclass(frozen=True)
class Measure:
    """What a goal may speak of."""

    name: str
    kind: Literal["money", "share", "count", "number"]
    more: bool
    """Whether more of it is better: then a goal is written with >=."""
    summary: str
    value: Value


@dataclass(frozen=True)
class Goal:
    """A measure and the number it is to reach."""

    measure: Measure
    target: float
    dust: float = NEGLIGIBLE
    """Money that counts as nothing."""

    def lacks(self, value: float) -> float:
        """How far a value is from the goal; 0 where it is reached."""
        away = self.target - value if self.measure.more else value - self.target
        return away if away > (self.dust if self.measure.kind == "money" else SMALL) else 0.0

    def shown(self, value: float, money_unit: str) -> str:
        """A value in words."""
        if self.measure.kind == "share":
            return f"{value * 100:.4f}".rstrip("0").rstrip(".") + "%"
        if self.measure.kind == "number":
            return f"{value:.6f}"
        if self.measure.kind == "count":
            return f"{in_figures(value)} 个"
        digits = max(0, min(KEPT_DIGITS, floor(-log10(self.dust))))
        return f"{spelled(round(value, digits))} {money_unit}"

    def text(self, money_unit: str) -> str:
        """The goal in words."""
        if not self.target and not self.measure.more:
            return f"{self.measure.name}为 0"
        relation = "不低于" if self.measure.more else "不高于"
        return f"{self.measure.name}{relation} {self.shown(self.target, money_unit)}"


def _short(case: Case, amounts: Floats) -> Floats:
    return shortfall(case, position(case, amounts).capacity)


def _behind(case: Case, amounts: Floats) -> float:
    last = last_position(case).given
    return float(np.nan if np.isnan(last).any() else (position(case, amounts).given < last).sum())


def _counted(case: Case, amounts: Floats) -> float:
    gaps = _short(case, amounts)
    return float(np.nan if np.isnan(gaps).any() else (gaps > case.dust).sum())


GOALS: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(
            "三保缺口",
            "money",
            False,
            "全省“三保”缺口合计",
            lambda case, amounts: float(_short(case, amounts).sum()),
        ),
        Measure("三保缺口县数", "count", False, "有“三保”缺口的县数", _counted),
        Measure(
            "最低保障水平",
            "share",
            True,
            "各县分配后保障水平中最低的",
            lambda case, amounts: float(position(case, amounts).coverage.min()),
        ),
        Measure(
            "基尼系数",
            "number",
            False,
            "各县分配后保障水平的基尼系数，不加权",
            lambda case, amounts: gini(
                position(case, amounts).coverage, np.ones(len(case.recipients))
            ),
        ),
        Measure("少于上年的县", "count", False, "合计少于上年的县数", _behind),
    )
}
"""The goals about the province; one about a county is named by the county, or county·fund."""


def parse_goal(text: str, case: Case, spec: ModelSpec) -> Goal:
    """The goal meant by a text such as 「三保缺口=0」 or 「甲县·均衡性>=15000」; raises InputError."""
    found = re.fullmatch(r"(.+?)(>=|<=|≥|≤|=)(.+)", normalise(text))
    number = to_number(found[3].removesuffix(case.money_unit)) if found else None
    if found is None or number is None:
        raise _wrong("E250", f"目标「{text}」看不懂。", f"写成 {SHAPE} 这样。")
    measure = GOALS.get(found[1]) or _of_county(found[1], case, spec)
    if measure is None:
        names = [*GOALS, *(str(name) for name in case.recipients.name)]
        raise _wrong("E251", f"没有「{found[1]}」这个目标或县区。", did_you_mean(found[1], names))
    wanted = ">=" if measure.more else "<="
    relation = {"≥": ">=", "≤": "<="}.get(found[2], found[2])
    if relation != wanted and not (relation == "=" and number == 0 and not measure.more):
        raise _wrong(
            "E252", f"目标「{text}」的方向不对。", f"「{measure.name}」用 {wanted}，如 {SHAPE}。"
        )
    if ("%" in found[3]) != (measure.kind == "share") and number:
        wish = "百分数，如 75%" if measure.kind == "share" else "数，不带百分号"
        raise _wrong("E253", f"目标「{text}」的数写法不对。", f"「{measure.name}」写{wish}。")
    return Goal(measure, number, case.dust)


def _of_county(text: str, case: Case, spec: ModelSpec) -> Measure | None:
    """What a county gets of a fund, or of all together."""
    county, _, fund = text.removesuffix("分配额").partition("·")
    units = case.recipients
    place = Register(units.code, units.name, spec.former).find(county, county).place
    if place is None:
        return None
    known = {n: at for at, each in enumerate(case.funds) for n in (each.name, each.spec.short)}
    if fund and fund not in known:
        raise _wrong("E251", f"没有资金「{fund}」。", did_you_mean(fund, known))
    chosen = [known[fund]] if fund else list(range(len(case.funds)))
    name = str(units.name[place])
    if not _lines(case, name, chosen).any():
        raise _wrong("E254", f"{name}不参加{fund or '任何一项资金'}的分配。", "核对县区和资金。")
    title = f"{name}·{case.funds[chosen[0]].spec.short}" if fund else name
    return Measure(
        f"{title}分配额",
        "money",
        True,
        "这个县分到的数",
        partial(_given, name, chosen),
    )


def _lines(case: Case, county: str, funds: Sequence[int]) -> Bools:
    """The lines (L,) of a county in these funds; none where a changed case gives it none."""
    return np.asarray(
        (case.recipients.name[case.lines.recipient] == county) & np.isin(case.lines.fund, funds)
    )


def _given(county: str, funds: Sequence[int], case: Case, amounts: Floats) -> float:
    return float(amounts[_lines(case, county, funds)].sum())


def _wrong(code: str, message: str, remedy: str) -> InputError:
    return InputError([Problem(code, message, remedy)])
