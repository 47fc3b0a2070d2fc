"""What the scenarios show: a table by county, a table by scenario, and what was varied. Made of the records alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from transfer_opt.core.budget import Value
from transfer_opt.core.exact import places
from transfer_opt.core.tables import AMOUNT_DECIMALS, Column, ColumnKind, Row, Table
from transfer_opt.core.vocabulary import STEPS
from transfer_opt.intake.assemble import publishing_unit
from transfer_opt.intake.prepare import Prepared
from transfer_opt.policy.case import DEFAULT_UNIT
from transfer_opt.report.parts import KEY_COLUMNS
from transfer_opt.scenarios.sweep.plan import Plan
from transfer_opt.scenarios.sweep.point import LOWEST, Record

COUNTY_SHEET, SCENARIO_SHEET = "各县区间", "各次测算"
KINDS: Mapping[str, ColumnKind] = {"share": "share", "money": "money"}
"""Kind of a parameter → kind of the column that shows it."""
MEAN_DIGITS = 1
EDGES = "上下限"


def county_table(prepared: Prepared, plan: Plan, records: Sequence[Record]) -> Table:
    """Per county what it gets in all scenarios that have an allocation, and how firm its place is."""
    columns = (
        *KEY_COLUMNS,
        Column("现方案", "money", 11, "合计分配额"),
        Column("最低", "money", 11, "合计分配额"),
        Column("平均", "money", 11, "合计分配额"),
        Column("最高", "money", 11, "合计分配额"),
        Column("变幅", "share", 8, "合计分配额"),
        Column("触底次数占比", "share", 9, EDGES),
        Column("封顶次数占比", "share", 9, EDGES),
        *(
            Column(f"{fund}{edge}", "share", 9, f"{EDGES}·{fund}")
            for fund in (_short_funds(prepared) if len(prepared.settings.funds) > 1 else ())
            for edge in ("触底", "封顶")
        ),
        Column("现方案位次", "number", 8, "保障水平位次"),
        Column("最前", "number", 7, "保障水平位次"),
        Column("最后", "number", 7, "保障水平位次"),
        Column("最常见位次", "number", 8, "保障水平位次"),
        Column("最常见占比", "share", 8, "保障水平位次"),
    )
    rows = tuple(Row("plain", values) for values in _counties(prepared, records))
    count = sum(record.feasible for record in records[1:])
    notes = (
        f"注：{plan.size} 种情形中 {count} 种可行，本表只统计可行的情形；变幅＝（最高－最低）÷平均。",
        "触底、封顶：该县有一项资金正好等于它的下限（大于 0）或上限（小于资金总额），分资金的列只看那一项；"
        "位次按分配后保障水平由高到低，并列同位。",
    )
    return Table(
        COUNTY_SHEET,
        f"各县分配额区间（{prepared.scenario}）",
        columns,
        rows,
        f"单位：{_unit(prepared)}",
        notes=notes,
        finest=max(AMOUNT_DECIMALS, _decimals(prepared)),
    )


def scenario_table(
    prepared: Prepared, plan: Plan, records: Sequence[Record], counties: bool = False
) -> Table:
    """Per scenario what was set, whether it can be done, and its measures; `counties` adds what each county gets."""
    names = [str(name) for name in prepared.settings.recipients.name] if counties else []
    measures = next((list(record.measures) for record in records if record.measures), [])
    columns = (
        Column("序号", "number", 7),
        *(Column(vary.text, KINDS.get(vary.kind, "number"), 16) for vary in plan.varies),
        Column("结果", "mark", 9),
        Column("相差", "money", 11),
        *(Column(name, "share" if name == LOWEST else "number", 11) for name in measures),
        Column("说明", "note", 40),
        *(Column(name, "money", 12) for name in names),
    )
    rows = tuple(
        Row("plain" if record.feasible else "alarm", _scenario(plan, record, measures, len(names)))
        for record in records
    )
    notes = ("注：序号 0 是工作簿现状；相差是不可行时各规则合起来至少差多少钱。",)
    return Table(
        SCENARIO_SHEET,
        f"各次测算（{prepared.scenario}）",
        columns,
        rows,
        f"单位：{_unit(prepared)}",
        notes=notes,
        finest=max(AMOUNT_DECIMALS, _decimals(prepared)),
    )


def plan_table(prepared: Prepared, plan: Plan) -> Table:
    """What was varied, how, and from which input: enough to repeat the sweep."""
    said: list[tuple[str, str]] = [
        ("方案", prepared.scenario),
        ("目标", " > ".join(prepared.objective)),
    ]
    for vary in plan.varies:
        shown = [vary.shown(value) for value in vary.values]
        drawn = (
            f"{vary.shown(min(vary.values))} 至 {vary.shown(max(vary.values))} 之间随机"
            if plan.draws
            else "、".join(shown)
        )
        said.append((f"变动：{vary.text}", drawn))
    said += [(f"数据偏差：{entry.text}", "各县各自随机，均匀分布") for entry in plan.uncertain]
    said.append(
        (
            "情形个数",
            f"{plan.size}"
            + (f"（随机，种子 {plan.seed}）" if plan.draws else "（各取值的全部组合）"),
        )
    )
    said.append(("输入文件 SHA-256", prepared.budget.sha256))
    said.append(("模型", f"{prepared.spec.title} {prepared.spec.version}"))
    rows = tuple(Row("plain", entry) for entry in said)
    notes = (
        "注：每种情形都按整份目标清单求出唯一的方案并取整，各项资金合计与总额一致；不做证明、分步和敏感性，选定后请用 solve 正式计算。",
    )
    return Table(
        STEPS,
        "测算说明",
        (Column("项目", "text", 34), Column("内容", "note", 90)),
        rows,
        notes=notes,
    )


def _short_funds(prepared: Prepared) -> list[str]:
    """Its short name: 甲 for 甲补助."""
    known = {fund.name: fund.short for fund in prepared.spec.funds}
    return [known.get(name, name) for name in prepared.settings.funds]


def _counties(prepared: Prepared, records: Sequence[Record]) -> Iterator[tuple[Value, ...]]:
    units, funds = prepared.settings.recipients, len(prepared.settings.funds)
    digits = max(MEAN_DIGITS, _decimals(prepared))
    now, found = records[0], [record for record in records[1:] if record.feasible]
    for at in range(len(units)):
        key = (str(units.code[at]) or None, str(units.name[at]), str(units.prefecture[at]))
        yield (
            *key,
            now.totals[at] if now.feasible else None,
            *_range([record.totals[at] for record in found], digits),
            *_often([record.bounds[at :: len(units)] for record in found]),
            *(
                share
                for fund in range(funds if funds > 1 else 0)
                for share in _often([record.bounds[fund * len(units) + at] for record in found])
            ),
            now.ranks[at] if now.ranks else None,
            *_places([record.ranks[at] for record in found if record.ranks]),
        )


def _range(totals: Sequence[float], digits: int) -> tuple[Value, ...]:
    """Least, mean, largest and their spread."""
    if not totals:
        return (None,) * 4
    mean = float(np.mean(totals))
    spread = (max(totals) - min(totals)) / mean if mean > 0 else None
    return (
        min(totals),
        round(mean, digits),
        max(totals),
        None if spread is None else round(spread, 6),
    )


def _often(bounds: Sequence[str]) -> tuple[Value, ...]:
    """How often at a floor, how often at a cap; each text has the marks of one scenario, blank where there is no line."""
    if not "".join(bounds).strip():
        return (None, None)
    return tuple(
        round(sum(not marks.isdisjoint(found) for found in bounds) / len(bounds), 6)
        for marks in ({"f", "b"}, {"c", "b"})
    )


def _places(ranks: Sequence[int]) -> tuple[Value, ...]:
    """Foremost and last place, the most frequent one and how frequent it is."""
    if not ranks:
        return (None,) * 4
    place, times = min(Counter(ranks).items(), key=lambda entry: (-entry[1], entry[0]))
    return (min(ranks), max(ranks), place, round(times / len(ranks), 6))


def _scenario(
    plan: Plan, record: Record, measures: Sequence[str], counties: int
) -> tuple[Value, ...]:
    values: tuple[Value, ...] = (
        plan.values(record.index) if record.index >= 0 else (None,) * len(plan.varies)
    )
    said = "工作簿现状" if record.index < 0 else ""
    reached = record.measures or {}
    return (
        record.index + 1,
        *values,
        record.state,
        record.shortage or None,
        *(reached.get(name) for name in measures),
        said + record.why or None,
        *(record.totals or (None,) * counties)[:counties],
    )


def _unit(prepared: Prepared) -> str:
    return prepared.budget.unit or DEFAULT_UNIT


def _decimals(prepared: Prepared) -> int:
    """Of what is published."""
    return places(publishing_unit(prepared.settings, _unit(prepared)))
