"""The frontier as a workbook: its corners with what they cost, who moves, and the allocation at every corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transfer_opt.core.arrays import Floats, Ints, sums
from transfer_opt.core.budget import Value
from transfer_opt.core.exact import in_figures
from transfer_opt.core.tables import Column, ColumnKind, Curve, Row, Table
from transfer_opt.policy.case import DEFAULT_UNIT, YUAN, Case
from transfer_opt.policy.objectives import CLOSEST, SHORTFALL, STEADIEST
from transfer_opt.report.parts import KEY_COLUMNS, amount, groups, to_the_unit
from transfer_opt.scenarios.frontier import Frontier

SHEET, ALLOCATION_SHEET = "前沿", "各点分配"
CHART_SIZE = (980, 420)
MOST_SHOWN = 12
"""Corners whose allocation fits side by side on a sheet of paper."""
NAMED = 3
"""Counties named as moving most between two corners."""
SMALL = 1e-6
PERCENT_DIGITS, MONEY_DIGITS = 4, 1


@dataclass(frozen=True)
class Measure:
    """How an objective is shown: its name, share or money, and whether more is better."""

    name: str
    kind: ColumnKind
    rises: bool
    finer: int = 0
    """Further decimals of money, where whole units of it are more than 1 万元."""

    def shown(self, value: float) -> float:
        """The value as read by people: coverage is 1 − gap."""
        if self.kind == "share":
            return round(1 - value if self.rises else value, 9) + 0.0
        return amount(value)

    def printed(self, value: float) -> float:
        """The same in a table: per cent, or money."""
        return (
            round(self.shown(value) * 100, PERCENT_DIGITS)
            if self.kind == "share"
            else round(value, MONEY_DIGITS + self.finer) + 0.0
        )

    @property
    def header(self) -> str:
        """Its column."""
        return f"{self.name}（%）" if self.kind == "share" else self.name

    def difference(self, value: float, unit: str) -> str:
        """A difference in words."""
        if self.kind == "share":
            return f"{value * 100:,.4g} 个百分点"
        return f"{value:,.{self.finer}f} {unit}"

    @property
    def worse(self) -> str:
        """What giving way means."""
        return "降低" if self.rises else "增加" if self.kind == "money" else "升高"

    @property
    def better(self) -> str:
        """What gaining means."""
        return "提高" if self.rises else "减少" if self.kind == "money" else "降低"


def measure(case: Case, name: str) -> Measure:
    """How an objective of the catalogue is shown."""
    need, _, denominator = case.gap_columns
    finer = max(0, len(str(YUAN[case.money_unit])) - len(str(YUAN[DEFAULT_UNIT])))
    if name == "保障水平最大化":
        return (
            Measure("最低保障水平", "share", True)
            if need == denominator
            else Measure("最大缺口率", "share", False)
        )
    named = {
        STEADIEST: "偏离同步增长的资金",
        CLOSEST: "偏离因素法测算额的资金",
        SHORTFALL: "“三保”缺口合计",
    }
    return Measure(named.get(name, "保障水平差距合计"), "money", False, finer)


def frontier_tables(
    case: Case,
    curve: Frontier,
    scenario: str,
    objective: Sequence[str],
    units: Sequence[Ints],
    heading: str,
) -> tuple[Table, ...]:
    """The sheets; `objective` is what the scenario asks for, `units` are the published integers (L,) at every corner."""
    tables = (
        _corner_table(case, curve, scenario, objective, units, heading),
        _allocation_table(case, scenario, units, heading),
    )
    return to_the_unit(tables, case)


def frontier_chart(case: Case, curve: Frontier, scenario: str) -> Curve:
    """What the first objective can be for every value of the second."""
    first, second = (measure(case, name) for name in curve.names)
    corners = curve.corners
    return Curve(
        f"{first.name}与{second.name}：做得到的最好结果",
        (_axis(case, second), _axis(case, first)),
        (second.kind, first.kind),
        tuple(second.shown(c.second) for c in corners),
        tuple(first.shown(c.first) for c in corners),
        (second.shown(curve.present[1]), first.shown(curve.present[0])),
        scenario,
        CHART_SIZE,
    )


def position_sentence(case: Case, curve: Frontier, scenario: str) -> str:
    """Where the present scenario lies against the curve."""
    first, second = (measure(case, name) for name in curve.names)
    here = f"「{scenario}」{first.name} {_value(case, first, curve.present[0])}，{second.name} {_value(case, second, curve.present[1])}"
    if curve.above <= SMALL * max(1.0, abs(curve.present[1])):
        return f"{here}：正在前沿上，不损一个目标就不能改善另一个。"
    return f"{here}：{first.name}不变时，{second.name}还可以{second.better} {second.difference(curve.above, case.money_unit)}。"


def standing_sentence(case: Case, curve: Frontier, scenario: str, objective: Sequence[str]) -> str:
    """Why the present scenario stands where it does: which of both objectives it asks for, and after what."""
    said = []
    for name, best, now in zip(
        curve.names,
        (curve.corners[0].first, curve.corners[-1].second),
        curve.present,
        strict=True,
    ):
        shown = measure(case, name)
        if name in objective:
            before = objective[: list(objective).index(name)]
            why = f"「{name}」" + (
                f"排在“{' > '.join(before)}”之后，只在不损害它们的范围里改善"
                if before
                else "排第一"
            )
        else:
            why = f"「{name}」不在目标里，没有去改善它"
        gap = abs(now - best)
        told = (
            f"{shown.name}已是只顾它时的最好值"
            if gap <= SMALL * max(1.0, abs(best))
            else f"只顾它时{shown.name}能{shown.better} {shown.difference(gap, case.money_unit)}，"
            f"到 {_value(case, shown, best)}"
        )
        said.append(f"{why}；{told}")
    return f"为什么在这里：「{scenario}」的目标是“{' > '.join(objective)}”。{'。'.join(said)}。"


def _corner_table(
    case: Case,
    curve: Frontier,
    scenario: str,
    objective: Sequence[str],
    units: Sequence[Ints],
    heading: str,
) -> Table:
    first, second = (measure(case, name) for name in curve.names)
    columns = (
        Column("拐点", "mark", 9),
        *(Column(each.header, "number", 16) for each in (first, second)),
        Column("到下一个拐点的换算", "note", 44),
        Column("变动最大的县", "note", 52),
    )
    rows = [
        Row(
            "plain",
            (
                f"{at + 1}",
                first.printed(c.first),
                second.printed(c.second),
                _exchange(case, curve, at),
                _movers(case, units, at),
            ),
        )
        for at, c in enumerate(curve.corners)
    ]
    rows.append(
        Row(
            "active",
            (
                scenario,
                first.printed(curve.present[0]),
                second.printed(curve.present[1]),
                None,
                None,
            ),
        )
    )
    notes = (
        standing_sentence(case, curve, scenario, objective),
        "注：拐点之间是直线，两端各是只顾一个目标时的最优值；每一段都以中点重新求解复核过。硬规则和软规则的先后照旧。",
        *(
            (
                "偏离同步增长的资金：与各县每项资金都按该项资金总额的增幅增长相比，多给和少给的数额相加。",
            )
            if STEADIEST in curve.names
            else ()
        ),
        *(
            ("偏离因素法测算额的资金：各笔分配额与因素法测算额之差的绝对值相加。",)
            if CLOSEST in curve.names
            else ()
        ),
        "拐点的数值取整前计算；「各点分配」是每个拐点上最贴近因素法、取整后的分配。",
    )
    return Table(
        SHEET,
        f"{heading}目标取舍前沿（{scenario}）",
        columns,
        tuple(rows),
        f"单位：{case.money_unit}",
        position_sentence(case, curve, scenario),
        notes,
        fit="page",
    )


def _allocation_table(case: Case, scenario: str, units: Sequence[Ints], heading: str) -> Table:
    chosen = sorted(
        set(
            np.linspace(0, len(units) - 1, min(len(units), MOST_SHOWN)).round().astype(int).tolist()
        )
    )
    columns = (
        *KEY_COLUMNS,
        *(Column(f"拐点{at + 1}", "money", 10.5, group_formula="sum") for at in chosen),
        Column("最多与最少之差", "money", 11),
    )
    totals = [_totals(case, units[at]) for at in chosen]
    rows = []
    for group in groups(case):
        values: list[Value] = [amount(float(total[group.members].sum())) for total in totals]
        numbers = [float(value) for value in values if isinstance(value, float | int)]
        rows.append(Row(group.kind, (*group.key, *values, amount(max(numbers) - min(numbers)))))
    left_out = (
        f"拐点共 {len(units)} 个，表中列 {len(chosen)} 个。" if len(chosen) < len(units) else ""
    )
    notes = (f"注：各县各项资金合计，取整后；各列总额相同。{left_out}",)
    return Table(
        ALLOCATION_SHEET,
        f"{heading}各拐点分配（{scenario}）",
        columns,
        tuple(rows),
        f"单位：{case.money_unit}",
        notes=notes,
    )


def _totals(case: Case, units: Ints) -> Floats:
    return sums(
        case.lines.recipient, np.array(units * case.unit, dtype=float), len(case.recipients)
    ).round(8)


def _exchange(case: Case, curve: Frontier, at: int) -> Value:
    """The slope of the piece that begins here, in words."""
    if at >= len(curve.slopes):
        return None
    first, second = (measure(case, name) for name in curve.names)
    step = 0.01 if first.kind == "share" else 100.0
    said = "1 个百分点" if first.kind == "share" else f"100 {case.money_unit}"
    return f"{first.name}每{first.worse} {said}，{second.name}{second.better} {second.difference(curve.slopes[at] * step, case.money_unit)}"


def _movers(case: Case, units: Sequence[Ints], at: int) -> Value:
    """The counties whose totals change most up to the next corner."""
    if at + 1 >= len(units):
        return None
    change = _totals(case, units[at + 1]) - _totals(case, units[at])
    order = np.argsort(-np.abs(change), kind="stable")[:NAMED]
    return "、".join(
        f"{case.recipients.name[i]} {'＋' if change[i] > 0 else '－'}{in_figures(abs(change[i]), 10)}"
        for i in order
        if change[i]
    )


def _value(case: Case, shown: Measure, value: float) -> str:
    number = shown.shown(value)
    return (
        f"{number:.2%}" if shown.kind == "share" else f"{number:,.{shown.finer}f} {case.money_unit}"
    )


def _axis(case: Case, shown: Measure) -> str:
    return shown.name if shown.kind == "share" else f"{shown.name}（{case.money_unit}）"
