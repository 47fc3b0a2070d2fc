"""Codes told of a workbook: an edit of the example that calls for the code, and its nearest neighbour that must not.

The edits of one group are made together in one workbook, the neighbours in another, so that each costs two readings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from books import ECOLOGY, EQUALIZATION, GUARANTEE, add_rule, change, write_tables
from corpus import (
    COUNTIES,
    POOLS,
    RULES,
    SCENARIOS,
    Edit,
    Tables,
    added,
    both,
    bounds,
    county,
    header,
    pool,
    removed,
    renamed_sheet,
    tables,
    with_column,
    without_column,
)
from sheetmaker import write

WEIGHTS, GAP = "因素权重", "标准收支缺口×补助系数"


def nothing(found: Tables) -> None:
    """The example as it stands is the neighbour."""


@dataclass(frozen=True)
class Row:
    """A code, what calls for it, and what is next to that and must not."""

    code: str
    wrong: Edit
    right: Edit = nothing


@dataclass(frozen=True)
class Group:
    """Rows whose edits leave each other alone, and how their workbook is written."""

    rows: tuple[Row, ...]
    save: Callable[[Path, Tables], Path] = write_tables

    def written(self, folder: Path, wrong: bool) -> Path:
        """The workbook with every wrong edit, or with every right one."""
        edits = [row.wrong if wrong else row.right for row in self.rows]
        return self.save(folder / f"{'wrong' if wrong else 'right'}.xlsx", tables(both(*edits)))


def times(name: str, column: str, factor: float) -> Edit:
    """So many times the median of the column."""

    def edit(found: Tables) -> None:
        at = found[COUNTIES][0].index(column)
        middle = sorted(row[at] for row in found[COUNTIES][1:])[len(found[COUNTIES]) // 2 - 1]
        county(name, **{column: middle * factor})(found)

    return edit


def rule(
    matches: str, fund: str | None = None, parameter: str | None = None, **values: object
) -> Edit:
    """Puts values into the lines of a rule, or of one fund's or one parameter of it."""
    return lambda found: change(
        found,
        RULES,
        lambda row: (
            row["规则"] == matches
            and (fund is None or row["资金"] == fund)
            and (parameter is None or row["参数"] == parameter)
        ),
        **values,
    )


def line(**values: object) -> Edit:
    """One more line of 「约束参数」."""
    return lambda found: add_rule(found, **values)


def scenario(rule: str, parameter: str | None, value: object, fund: str | None = None) -> Edit:
    """One more line of 「方案」, for 均衡优先."""
    return added(SCENARIOS, [rule, fund, parameter, None, None, value, None, None])


def weights(*rows: list[object]) -> Edit:
    """The sheet of weights."""
    return lambda found: found.update(
        {WEIGHTS: [["资金", "因素", "参数", "权重"], *map(list, rows)]}
    )


def contained(share: int) -> Edit:
    """So many counties whose own revenue is as large as what they had with last year's transfers."""

    def edit(found: Tables) -> None:
        head, *rows = found[COUNTIES]
        own, revenue = head.index("可用财力"), head.index("标准财政收入")
        last = [at for at, name in enumerate(head) if name.startswith("上年")]
        for place, row in enumerate(rows):
            full = row[revenue] + sum(row[at] or 0 for at in last)
            row[own] = full if place < share else full - 1

    return edit


def advanced(value: float) -> Edit:
    """城东区 was promised so much of the 32,994 it had last year."""
    return with_column(
        COUNTIES, f"提前下达{EQUALIZATION}", lambda row: value if row[1] == "城东区" else None
    )


def total_row(revenue: float) -> Edit:
    """A 合计 line that says so much of one column."""

    def edit(found: Tables) -> None:
        row = [
            {"县区名称": "合计", "标准财政收入": revenue}.get(name) for name in found[COUNTIES][0]
        ]
        found[COUNTIES].insert(1, row)

    return edit


def summed(extra: float) -> Edit:
    """The same with the sum of the column, and so much more."""

    def edit(found: Tables) -> None:
        at = found[COUNTIES][0].index("标准财政收入")
        total_row(sum(row[at] for row in found[COUNTIES][1:]) + extra)(found)

    return edit


def no_zones(found: Tables) -> None:
    """Nobody may have a share of 生态."""
    at = found[COUNTIES][0].index("功能区类型")
    for row in found[COUNTIES][1:]:
        row[at] = None


def unprotected(found: Tables) -> None:
    """Nobody without a zone has protected land."""
    zone, land = (found[COUNTIES][0].index(name) for name in ("功能区类型", "禁止开发区面积"))
    for row in found[COUNTIES][1:]:
        row[land] = row[land] if row[zone] else 0


LAST = f"上年{GUARANTEE}"
CELLS = Group(
    (
        Row("E102", county("城东区", 可用财力="12,34a.5"), county("城东区", 可用财力="12,345")),
        Row("E103", county("城中区", 可用财力=1.01e13), county("城中区", 可用财力=1e13)),
        Row("E104", county("城西区", 保工资需求=-1), county("城西区", 可用财力=-1)),
        Row("E105", county("城北区", 常住人口=0), county("城北区", 常住人口=1)),
        Row("E304", county("湟源县", 市州=" "), county("湟源县", 市州=" 西宁市")),
        Row("E305", county("平安区", 县区名称="乐 都区"), county("平安区", 县区名称="平 安区")),
        Row(
            "E311",
            county("玛多县", 功能区类型="国家级功能区"),
            county("玛多县", 功能区类型="国家重点 生态功能区"),
        ),
        Row("E312", county("玛沁县", 标准财政收入=0), county("玛沁县", 标准财政收入=1)),
        Row("E314", county("班玛县", **{LAST: None}), county("班玛县", **{LAST: 0})),
        Row("E320", added(POOLS, ["教育补助", 1, 1]), nothing),
        Row("E321", added(POOLS, ["均衡性", 1, 1]), nothing),
        Row("E322", pool(ECOLOGY, 本年总额=None), pool(ECOLOGY, 本年总额=384500)),
        Row("W341", advanced(32), advanced(33)),
        Row("W345", pool(GUARANTEE, 本年总额=401999), pool(GUARANTEE, 本年总额=402000)),
        Row("W349", pool(GUARANTEE, 收文日期="三月中旬"), pool(GUARANTEE, 收文日期="2026-03-15")),
        Row("W351", county("甘德县", 行政区划代码="6326"), nothing),
        Row("W352", county("湟中区", 行政区划代码="630122"), nothing),
        Row("W353", county("大通回族土族自治县", 市州="西宁"), nothing),
        Row("W354", county("治多县", 行政区划代码="632725"), nothing),
        Row("W131", header(COUNTIES, "标准财政支出", "标准支出"), nothing),
        Row(
            "W132",
            with_column(COUNTIES, "", lambda row: 1),
            with_column(COUNTIES, "", lambda row: None),
        ),
        Row(
            "W136",
            with_column(COUNTIES, "提前下达均衡性转移", lambda row: 1),
            with_column(COUNTIES, "排序", lambda row: 1),
        ),
    )
)
POOL_TIMES = Group(
    (
        Row("W340", times("城东区", "保运转需求", 1000.5), times("城东区", "保运转需求", 999.5)),
        Row("W356", pool(GUARANTEE, 本年总额=402000 * 5), pool(GUARANTEE, 本年总额=402000 * 5 - 1)),
        Row("W342", contained(23), contained(22)),
        Row(
            "W133",
            added(COUNTIES, [None, "西宁市", "西宁市", *[1] * 7, *[None] * 7], at=3),
            nothing,
        ),
        Row("W343", county("湟中区", 功能区类型=None, 禁止开发区面积=1), unprotected),
    )
)
DIVISION = Group(
    (
        Row("W355", removed(COUNTIES, "玛多县"), county("玛多县", 县区名称="玛 多县")),
        Row("W348", removed(POOLS, ECOLOGY), nothing),
        Row("W137", renamed_sheet(SCENARIOS, "方案表"), renamed_sheet(SCENARIOS, "方 案")),
        Row("W130", county("达日县", 保工资需求="1234"), county("达日县", 保工资需求=1234)),
        Row("W134", total_row(1), summed(0)),
    )
)
BOUND = Group(
    (
        Row(
            "E330",
            bounds(
                [None, "城东区", "城市维护资金", 1, 2, "专项"],
                [None, "城南区", EQUALIZATION, 1, 2, "专项"],
                [None, "城中区", EQUALIZATION, 1, 2, None],
                [None, "城西区", ECOLOGY, 1, 2, "专项"],
                [None, "城北区", EQUALIZATION, 1, 2, "专项"],
                ["630105", None, EQUALIZATION, 1, 2, "专项"],
                [None, "湟源县", EQUALIZATION, 3, 2, "专项"],
                ["632626", "玉树市", EQUALIZATION, None, 1, "专项"],
                [None, "玛多", EQUALIZATION, None, 1, "专项"],
            ),
            bounds(
                [None, "城东区", "合计", 1, 2, "专项"],
                [None, "西宁市", EQUALIZATION, 1, 2, "专项"],
                [None, "城中区", EQUALIZATION, 1, 2, "专项"],
                [None, "玛多县", ECOLOGY, 1, 2, "专项"],
                [None, "城北区", EQUALIZATION, 1, 2, "专项"],
                ["630105", None, GUARANTEE, 1, 2, "专项"],
                [None, "湟源县", EQUALIZATION, 2, 2, "专项"],
                ["632701", "玉树市", EQUALIZATION, None, 1, "专项"],
                [None, "玛多县", EQUALIZATION, None, 1, "专项"],
            ),
        ),
        Row("W346", pool(EQUALIZATION, 上年总额=1850001), nothing),
        *(Row(code, nothing) for code in ("E331", "E332", "E333", "E334", "E335", "E336", "W347")),
    )
)
CHOICES = Group(
    (
        Row("E201", line(规则="增长上限", 参数="增幅上限"), nothing),
        Row("E202", line(规则="增幅上限", 资金="均横性", 参数="增幅上限", 对象="玛多县"), nothing),
        Row(
            "E203",
            line(规则="增幅上限", 参数="增福上限", 对象="玛多县"),
            line(规则="增幅上限", 参数="增幅上限", 对象="玛多县"),
        ),
        Row(
            "E204", line(规则="增幅上限", 资金=EQUALIZATION, 参数="增幅上限", 对象="玉树"), nothing
        ),
        Row(
            "W214",
            line(规则="增幅上限", 资金=EQUALIZATION, 参数="增幅上限", 对象="大柴旦", 取值=0.2),
            line(
                规则="增幅上限",
                资金=EQUALIZATION,
                参数="增幅上限",
                对象="大柴旦行政委员会",
                取值=0.2,
            ),
        ),
        Row(
            "E205",
            line(规则="增幅上限", 资金="均衡性", 参数="增幅上限", 取值=0.15),
            line(规则="增幅上限", 资金="均衡性", 参数="增幅上限", 对象="甘德县", 取值=0.15),
        ),
        Row("E206", rule("因素法", 启用="否"), rule("因素法", 启用="是")),
        Row("E207", rule("三保兜底", None, "保障倍数", 资金=EQUALIZATION), nothing),
        Row(
            "E208",
            line(规则="增幅上限", 资金=GUARANTEE, 对象="久治县", 取值=0.1),
            line(规则="增幅上限", 资金=GUARANTEE, 对象="久治县"),
        ),
        Row("E209", rule("困难地区倾斜", None, "人口口径", 取值="常驻人口"), nothing),
        Row(
            "E210",
            rule("单县占比上限", 取值=15),
            rule("单县占比上限", 取值="15%"),
        ),
        Row("E211", rule("考核奖惩", 刚性="半硬"), rule("考核奖惩", 刚性="软")),
        Row("E212", rule("增幅上限", GUARANTEE, 优先级=1.5), rule("增幅上限", GUARANTEE, 优先级=2)),
        Row(
            "E213", rule("三保压力倾斜", None, "增幅差", 启用="否"), rule("三保压力倾斜", 启用="否")
        ),
        Row(
            "E216",
            added(SCENARIOS, ["编制人", None, "甲", None, None, "某人", None, None]),
            added(SCENARIOS, ["编制人", None, None, None, None, "某人", None, None]),
        ),
        Row(
            "E217",
            scenario("资金总额", "本年总额", "2%", EQUALIZATION),
            scenario("资金总额", "本年总额", "+2%", EQUALIZATION),
        ),
        Row(
            "E222",
            lambda found: change(
                found, SCENARIOS, lambda row: row["规则"] == "生态稳定增长", 基准方案=0.02
            ),
            lambda found: change(
                found, SCENARIOS, lambda row: row["规则"] == "生态稳定增长", 稳定优先=0.02
            ),
        ),
    )
)
SETTLED = Group(
    (
        Row(
            "E313",
            rule("保障水平下限", None, "分组列", 取值="片区", 启用="是"),
            rule("保障水平下限", None, "分组列", 取值="片区", 启用="否"),
        ),
        Row(
            "E315",
            rule("财力薄弱倾斜", None, "组别", 取值="困难地区类型=无此类型"),
            rule("财力薄弱倾斜", None, "组别", 取值="功能区类型=禁止开发区"),
        ),
    )
)
NOBODY = Group(
    (
        Row("E323", no_zones, nothing),
        Row(
            "E218",
            weights([EQUALIZATION, GAP, None, 0]),
            weights([EQUALIZATION, GAP, None, 0.01]),
        ),
    )
)
WITHOUT_UNIT = Group(
    (Row("W344", nothing, nothing),),
    lambda path, found: write(path, found) if path.stem == "wrong" else write_tables(path, found),
)
DIFFERENT_UNITS = Group(
    (
        Row(
            "E124",
            header(COUNTIES, "可用财力", "可用财力（元）"),
            header(COUNTIES, "可用财力", "可用财力（万元）"),
        ),
    )
)
ODD_UNIT = Group(
    (Row("E125", nothing, nothing),),
    lambda path, found: write_tables(path, found, "千元" if path.stem == "wrong" else "亿元"),
)
ALONE = tuple(
    Group((row,))
    for row in (
        Row("E301", lambda found: found.pop(POOLS), nothing),
        Row("E302", without_column(COUNTIES, "市州"), without_column(POOLS, "科目编码")),
        Row("E310", without_column(COUNTIES, "困难地区类型"), without_column(POOLS, "收文日期")),
        Row("E303", lambda found: found.update({POOLS: found[POOLS][:1]}), nothing),
        Row("E120", lambda found: found.update({f" {POOLS}": found[POOLS]}), nothing),
        Row("E121", lambda found: found.update({POOLS: [["随便"], [1]]}), nothing),
        Row(
            "E122",
            with_column(COUNTIES, "可用 财力", lambda row: 1),
            with_column(COUNTIES, "可用财力二", lambda row: 1),
        ),
    )
)
GROUPS = (
    CELLS,
    POOL_TIMES,
    DIVISION,
    BOUND,
    CHOICES,
    SETTLED,
    NOBODY,
    WITHOUT_UNIT,
    DIFFERENT_UNITS,
    ODD_UNIT,
    *ALONE,
)
