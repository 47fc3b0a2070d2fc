"""Valid budgets of awkward kinds: none is refused by arithmetic, and what is told of them is true when it is followed."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from books import ECOLOGY, EQUALIZATION, GUARANTEE, change, plain_tables, write_tables
from python_calamine import CalamineWorkbook

from campaign import door
from campaign.book import (
    BOUND_COLUMNS,
    BOUNDS,
    COUNTIES,
    POOLS,
    RULE_COLUMNS,
    RULES,
    Book,
    Row,
    table,
)
from transfer_opt.allocation import allocate
from transfer_opt.allocation.optimum import Optimum, Published
from transfer_opt.intake import prepare

pytestmark = pytest.mark.system

HEADERS = (
    "县区名称",
    "市州",
    "常住人口",
    "标准财政收入",
    "标准财政支出",
    "可用财力",
    "保基本民生需求",
    "保工资需求",
    "保运转需求",
    "功能区类型",
    "禁止开发区面积",
    "生态考核结果",
    "困难地区类型",
)
KEY_ZONE = "国家重点生态功能区"
WHOLE_PROVINCE = {"规则": "单县占比上限", "参数": "占比上限", "取值": 1}
SHEETS = [
    "分配结果",
    "测算说明",
    "约束审计",
    "均衡性指标",
    "敏感性",
    "敏感性分县",
    "分资金对比",
    "县区说明单",
    "方案参数",
    "输入数据",
    "审计信息",
    "证明",
    "图表数据",
]


def county(name: str, **cells: Any) -> Row:
    """A county whose needs are met, in 东州 unless said otherwise."""
    return {
        "县区名称": name,
        "市州": "东州",
        "常住人口": 50_000,
        "标准财政收入": 5_000,
        "标准财政支出": 40_000,
        "可用财力": 10_000,
        "保基本民生需求": 100,
        "保工资需求": 100,
        "保运转需求": 100,
        "禁止开发区面积": 0,
        **cells,
    }


def off(*rules: str) -> list[Row]:
    """「启用」否."""
    return [{"规则": rule, "启用": "否"} for rule in rules]


def set_to(rule: str, parameter: str, value: Any, fund: str = "", place: str = "") -> Row:
    """A parameter's row of 「约束参数」."""
    return {"规则": rule, "资金": fund, "参数": parameter, "对象": place, "取值": value}


def budget(
    counties: list[Row],
    pools: Mapping[str, Any],
    rules: Iterable[Row],
    unit: str = "万元",
    publishing: str = "",
    scenario: str = "",
    bounds: list[Row] | None = None,
) -> Book:
    """A workbook; the last year's amounts stand in the counties' rows under the fund's name."""
    paid = [f"上年{fund}" for fund in pools]
    rows = [
        {
            **{key: value for key, value in row.items() if key not in pools},
            **{f"上年{fund}": row.get(fund, 0) for fund in pools},
        }
        for row in counties
    ]
    sheets = {
        COUNTIES: table((*HEADERS, *paid), rows),
        POOLS: table(
            ("资金", "本年总额"), [{"资金": fund, "本年总额": pool} for fund, pool in pools.items()]
        ),
        RULES: table(RULE_COLUMNS, rules),
    }
    if bounds:
        sheets[BOUNDS] = table(BOUND_COLUMNS, bounds)
    return Book(0, unit, sheets, scenario, publishing)


@dataclass(frozen=True)
class Solved:
    """A published allocation, its integers and its amounts before rounding both in publishing units, as the counties' rows stand."""

    units: tuple[int, ...]
    before: tuple[Fraction, ...]


def answered(book: Book, folder: Path, solver: str = "auto") -> Published | Optimum:
    """What the door says."""
    prepared = prepare.prepare(
        book.save(folder / "budget.xlsx"),
        scenario=book.scenario or None,
        unit=book.publishing or None,
    )
    return allocate.instance_of(prepared, solver).solved()


def solved(book: Book, folder: Path) -> Solved:
    """An allocation that the quick way and the way in fractions agree on."""
    found, wanted = answered(book, folder), answered(book, folder, "exact")
    assert isinstance(found, Published)
    assert isinstance(wanted, Published)
    assert found.units.tolist() == wanted.units.tolist()
    proof = json.loads(found.certificate)
    steps = Fraction(proof["unit"]) / Fraction(proof["step"])
    place = {name: k for k, name in enumerate(row["县区名称"] for row in book.rows(COUNTIES))}
    order = sorted(
        range(len(found.units)),
        key=lambda line: (proof["names"][line][0], place[proof["names"][line][2]]),
    )
    return Solved(
        tuple(int(found.units[line]) for line in order),
        tuple(Fraction(proof["columns"][line]) / steps for line in order),
    )


def refused(book: Book, folder: Path) -> str:
    """What is told of a contradiction that both ways agree on."""
    for solver in ("auto", "exact"):
        found = answered(book, folder, solver)
        assert isinstance(found, Optimum)
        assert not found.possible
    answer = door.solve(book, folder, "--quiet")
    assert answer.exit == door.INFEASIBLE, door.reported(answer)
    return answer.err


# ---------------------------------------------------------------- floors that add up to the pool


def key_zones(pool: float, last: Iterable[float], unit: str = "万元", publishing: str = "") -> Book:
    names = ("甲山县", "乙山县", "丙山县", "丁山县", "戊山县", "己山县")
    counties = [
        county(
            name,
            常住人口=20_000 + 7919 * k,
            标准财政收入=5069 + 1733 * k,
            标准财政支出=20_276 + 9931 * k,
            可用财力=7702 + 4111 * k,
            功能区类型=KEY_ZONE,
            禁止开发区面积=10,
            **{ECOLOGY: amount},
        )
        for k, (name, amount) in enumerate(zip(names, last, strict=False))
    ]
    return budget(counties, {ECOLOGY: pool}, [WHOLE_PROVINCE], unit, publishing)


@pytest.mark.parametrize(
    ("pool", "last"),
    [
        (46_688, (7233, 7461, 8318, 7284, 7568, 8384)),
        (46_249, (7233, 7461, 8318, 7284, 7568, 8384)),
        (10_000, (3333, 3333, 3333)),
        (21_001.07, (6999.9, 6900.3, 6999.7)),
        (7, (1, 2.3, 3.6)),
        (2000, (0.1, 1234.5, 765.3)),
    ],
)
def test_where_every_county_is_a_key_zone_floors_of_the_pools_own_growth_add_up_to_the_pool(
    pool: float, last: tuple[float, ...], tmp_path: Path
) -> None:
    found = solved(key_zones(pool, last), tmp_path)
    assert sum(found.units) == int(pool)
    growth = Fraction(int(pool)) / sum(Fraction(str(amount)) for amount in last)
    assert 1 <= growth < Fraction("1.03")
    step = Fraction(1, 10**5)
    assert all(
        abs(before - growth * Fraction(str(amount))) < step
        for before, amount in zip(found.before, last, strict=True)
    )


# ---------------------------------------------------------------- ties


@pytest.mark.parametrize(("own", "spending"), [(0.3, 6.1), (0.1, 0.7), (1.1, 3.3)])
def test_a_county_as_weak_as_the_province_is_not_below_it_and_the_group_is_empty(
    own: float, spending: float, tmp_path: Path
) -> None:
    counties = [
        county(
            name,
            标准财政收入=own,
            标准财政支出=spending,
            可用财力=own,
            保基本民生需求=0.01,
            保工资需求=0.01,
            保运转需求=0.01,
            困难地区类型="高海拔",
            **{EQUALIZATION: 1},
        )
        for name in ("甲子县", "乙子县", "丙子县")
    ]
    book = budget(
        counties,
        {EQUALIZATION: 3.1},
        [set_to("单县占比上限", "占比上限", 0.5), *off("财力薄弱倾斜")],
        "亿元",
    )
    assert sum(solved(book, tmp_path).units) == 31_000


# ---------------------------------------------------------------- what rounding leaves over


def whole_pool_is_floors(pool: int) -> Book:
    counties = [
        county(
            name,
            标准财政收入=50_000_000,
            标准财政支出=400_000_000,
            可用财力=100_000_000 + k,
            **{EQUALIZATION: last},
        )
        for k, (name, last) in enumerate(
            zip(
                ("甲子县", "乙子县", "丙子县"),
                (12_345_678, 23_456_789, pool - 35_802_467),
                strict=True,
            )
        )
    ]
    return budget(counties, {EQUALIZATION: pool}, [WHOLE_PROVINCE, *off("财力薄弱倾斜")], "元")


@pytest.mark.parametrize("pool", [70_370_357, 70_379_999])
def test_a_pool_of_yuan_that_is_all_floors_is_told_of_the_unit_in_its_way_and_the_finer_unit_helps(
    pool: int, tmp_path: Path
) -> None:
    book = whole_pool_is_floors(pool)
    told = refused(book, tmp_path)
    rest = pool % 10_000
    assert f"均衡性转移支付按公布单位 1万元 取整，{rest:,} 元不足一个单位，留作预留" in told
    assert f"相差 {rest:,} 元" in told
    assert "把「取整」的单位由 1万元 改为 1元。" in told
    book.add_rule("取整", "", "单位", 取值="1元")
    assert solved(book, tmp_path).units == (12_345_678, 23_456_789, pool - 35_802_467)


# ---------------------------------------------------------------- shares that are no decimals


@pytest.mark.parametrize("share", [1 / 3, 2 / 3, 1 / 7, 0.6667])
@pytest.mark.parametrize("peers", ["全省", "市州"])
def test_any_share_that_counts_for_the_need_goes_with_rules_of_peers_and_the_worst_placed_first(
    share: float, peers: str, tmp_path: Path
) -> None:
    counties = [
        county(
            name,
            市州=home,
            标准财政收入=3_000 + 777 * k,
            标准财政支出=30_001 + 3_333 * k,
            可用财力=11_000 + 1_771 * k,
            功能区类型=zone,
            保工资需求=9_000 + 2_311 * k,
            **{EQUALIZATION: 4_000 + 311 * k, GUARANTEE: 900 + 77 * k},
        )
        for k, (name, home, zone) in enumerate(
            (
                ("甲子县", "东州", KEY_ZONE),
                ("乙子县", "东州", KEY_ZONE),
                ("丙子县", "东州", ""),
                ("丁子县", "西州", ""),
                ("戊子县", "西州", KEY_ZONE),
                ("己子县", "西州", ""),
            )
        )
    ]
    rules = [
        WHOLE_PROVINCE,
        set_to("三保兜底", "可统筹比例", share),
        {"规则": "保障水平下限", "启用": "是"},
        set_to("保障水平下限", "分组列", peers),
        set_to("保障水平下限", "下限比例", 0.7),
        {"规则": "位次不逆转", "启用": "是"},
        set_to("上年保底", "降幅上限", 0.1),
    ]
    book = budget(counties, {EQUALIZATION: 31_000, GUARANTEE: 7_001}, rules, scenario="均衡优先")
    assert sum(solved(book, tmp_path).units) == 31_000 + 7_001


# ---------------------------------------------------------------- yuan


def test_pools_with_decimals_of_a_yuan_are_published_in_yuan_and_the_rest_stays_in_reserve(
    tmp_path: Path,
) -> None:
    counties = [
        county(
            name, 可用财力=10_000.00007 + k, **{EQUALIZATION: 1_000.12345 + k, GUARANTEE: 333.33333}
        )
        for k, name in enumerate(("甲子县", "乙子县", "丙子县"))
    ]
    book = budget(
        counties,
        {EQUALIZATION: 3_123.45678, GUARANTEE: 1_100.00009},
        [WHOLE_PROVINCE, *off("三保压力倾斜")],
        publishing="1元",
    )
    found = solved(book, tmp_path)
    assert sum(found.units) == 31_234_567 + 11_000_000


def equal_at_last(spare: int, publishing: str) -> Book:
    """All may stand at three quarters of their spending: coverage is the same for all."""
    spending = (75_125, 87_013, 59_755, 66_930, 48_631)
    counties = [
        county(name, 标准财政收入=one // 3, 标准财政支出=one, 可用财力=one // 2 + 97 * k)
        for k, (name, one) in enumerate(
            zip(("甲子县", "乙子县", "丙子县", "丁子县", "戊子县"), spending, strict=True)
        )
    ]
    pool = sum(spending) * 3 // 4 - sum(row["可用财力"] for row in counties) + spare
    rules = [
        WHOLE_PROVINCE,
        set_to("目标", "顺序", "差距最小"),
        *off(
            "上年保底", "增幅上限", "三保压力倾斜", "财力薄弱倾斜", "困难地区倾斜", "生态稳定增长"
        ),
    ]
    return budget(counties, {EQUALIZATION: pool}, rules, publishing=publishing)


@pytest.mark.parametrize("spare", [0, 1, 4_321])
@pytest.mark.parametrize("publishing", ["1元", ""])
def test_where_all_can_be_equal_the_smallest_spread_makes_them_equal(
    spare: int, publishing: str, tmp_path: Path
) -> None:
    book = equal_at_last(spare, publishing)
    found, of_unit = solved(book, tmp_path), Fraction(10_000 if publishing else 1)
    rows = book.rows(COUNTIES)
    reached = [
        (Fraction(row["可用财力"]) + before / of_unit) / row["标准财政支出"]
        for row, before in zip(rows, found.before, strict=True)
    ]
    assert max(reached) - min(reached) < Fraction(1, 10**9)
    assert sum(found.units) == book.rows(POOLS)[0]["本年总额"] * of_unit


# ---------------------------------------------------------------- bounds that cross, caps and floors that touch


@pytest.mark.parametrize(
    ("pool", "last", "short"), [(2_636.74, 2_500, "25"), (2_636.74, 2_611.62, "26.12")]
)
def test_an_only_line_whose_tilt_asks_for_more_than_its_pool_is_a_contradiction_with_its_money(
    pool: float, last: float, short: str, tmp_path: Path
) -> None:
    # One per cent over the pool's own growth, for the only county that may have any: one per cent of last year short.
    counties = [
        county("第一县", 标准财政收入=54_500, 标准财政支出=29_500),
        county("第二县", 标准财政支出=83_500, **{EQUALIZATION: last}),
    ]
    rules = [
        WHOLE_PROVINCE,
        set_to("取整", "单位", "0.01万元"),
        set_to("上年保底", "降幅上限", 0.1),
    ]
    told = refused(budget(counties, {EQUALIZATION: pool}, rules), tmp_path)
    assert (
        f"「财力薄弱倾斜」（均衡性转移支付）〔若干措施第二十一条〕 无法满足（一笔不能少于 0，也不能多于资金总额），相差 {short} 万元。"
        in told
    )
    assert (
        f"第二县·均衡性：「财力薄弱倾斜」要求不少于 {pool + last / 100:,.10g}，资金总额要求不多于 {pool:,.10g}，"
        in told
    )


def test_a_cap_that_only_holds_between_whole_units_is_compared_and_traded_as_it_is_solved(
    tmp_path: Path,
) -> None:
    book = only_between_units()
    assert sum(solved(book, tmp_path).units) == 1_321
    source = str(book.save(tmp_path / "budget.xlsx"))
    compared = door.command("compare", source, "-o", str(tmp_path / "compared.xlsx"))
    assert compared.exit == door.ANSWERED, door.reported(compared)
    traded = door.command("frontier", source, "-o", str(tmp_path / "traded.xlsx"))
    assert traded.exit == door.ANSWERED, door.reported(traded)


def only_between_units() -> Book:
    """Two weak counties must grow by 0.3, and may: in whole units they may not."""
    counties = [
        county(name, 标准财政收入=500, 标准财政支出=10_000, 可用财力=own, **{GUARANTEE: last})
        for name, own, last in (
            ("甲子县", 1_000, 100.5),
            ("乙子县", 1_100, 100.5),
            ("丙子县", 9_000, 500),
            ("丁子县", 9_100, 500),
        )
    ]
    rules = [
        WHOLE_PROVINCE,
        {**set_to("增幅上限", "增幅上限", 0.3), "刚性": "硬"},
        set_to("三保压力倾斜", "增幅差", 0.2),
        set_to("三保压力倾斜", "薄弱比例", 0.5),
        set_to("三保压力倾斜", "压力前比例", 0),
        *off("困难地区倾斜", "上年保底"),
    ]
    return budget(counties, {GUARANTEE: 1_321}, rules)


@dataclass
class AsExcelKeeps(Book):
    """A workbook with a number that a formula computed, all seventeen digits of it; Python's writers keep sixteen."""

    computed: float = 0

    def save(self, path: Path) -> Path:
        super().save(path)
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        kept, whole = f"<v>{self.computed:.16g}</v>".encode(), f"<v>{self.computed!r}</v>".encode()
        assert any(kept in part for part in parts.values())
        with zipfile.ZipFile(path, "w") as book:
            for name, part in parts.items():
                book.writestr(name, part.replace(kept, whole))
        return path


def share_against_floor(share: float, floor: Any, pool: Any) -> Book:
    """A prefecture of one county may have a share of the pool, and the county a floor."""
    counties = [
        county("甲子县", **{EQUALIZATION: 2_000}),
        county("乙子县", 市州="西州", **{EQUALIZATION: 12_000}),
    ]
    rules = [
        WHOLE_PROVINCE,
        *off("财力薄弱倾斜", "上年保底", "增幅上限"),
        {"规则": "市州占比", "启用": "是"},
        set_to("市州占比", "上限", share, place="东州"),
    ]
    given = [{"县区名称": "甲子县", "资金": EQUALIZATION, "下限": floor, "理由": "会议纪要"}]
    book = budget(counties, {EQUALIZATION: pool}, rules, bounds=given)
    return AsExcelKeeps(book.seed, book.unit, book.sheets, computed=share)


@pytest.mark.parametrize(("share", "pool"), [(2_000 / 15_000, 15_000), (2_000 / 23_000, 23_000)])
def test_a_share_that_a_formula_computed_does_not_contradict_a_floor_of_the_same_money(
    share: float, pool: int, tmp_path: Path
) -> None:
    assert solved(share_against_floor(share, 2_000, pool), tmp_path).units == (2_000, pool - 2_000)
    assert "相差 1 万元" in refused(share_against_floor(share, 2_001, pool), tmp_path)


@pytest.mark.parametrize(
    ("floor", "pool"),
    [(530.0000000000001, 5_300), (530, 5_300.000000000001), (530, 5_299.999999999999)],
)
def test_the_dust_of_a_formula_is_no_money(floor: float, pool: float, tmp_path: Path) -> None:
    assert solved(share_against_floor(0.1, floor, pool), tmp_path).units == (530, 4_770)


# ---------------------------------------------------------------- nothing counts, nothing is there


def example(path: Path, **cells: Any) -> Path:
    """The example workbook without its tilts, and with cells of every county or the share that counts written otherwise."""
    tables = plain_tables()
    change(tables, RULES, lambda row: row["规则"] in ("三保压力倾斜", "财力薄弱倾斜"), 启用="否")
    if "可统筹比例" in cells:
        change(tables, RULES, lambda row: row["参数"] == "可统筹比例", 取值=cells.pop("可统筹比例"))
    if cells:
        change(tables, COUNTIES, lambda row: bool(row["县区名称"]), **cells)
    return write_tables(path, tables)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"可统筹比例": 0}, "该县没有可统筹用于“三保”的补助。"),
        ({"可用财力": 0}, "其余资金受总额和其他规则（保底、倾斜等）限制"),
    ],
)
def test_where_nothing_counts_for_the_need_the_shortfall_is_told_and_every_sheet_is_written(
    cells: Mapping[str, Any], told: str, tmp_path: Path
) -> None:
    source, result = example(tmp_path / "budget.xlsx", **cells), tmp_path / "result.xlsx"
    answer = door.command("solve", str(source), "-o", str(result), "--quiet")
    assert answer.exit == door.ANSWERED, door.reported(answer)
    assert re.search(r"警告 全省 \d+ 个县“三保”缺口共 [\d,.]+ 万元", answer.err)
    assert told in answer.err
    assert CalamineWorkbook.from_path(result).sheet_names == SHEETS
    exactly = allocate.instance_of(prepare.prepare(source), "exact").solved()
    assert isinstance(exactly, Published)
    assert exactly.units.tolist() == door.certificate(result)["published"]


# ---------------------------------------------------------------- soft caps, and the advice to widen them

WIDER = re.compile(
    r"警告 (?P<county>[^·，：\n]+)·(?P<short>[^，：\n]+?)超出「增幅上限」[^\n]*?把(?P<whose>[^\n]+?)的增幅上限"
    r"由 \S+ 放宽到 (?P<then>\S+?)(?:（写在「方案」里）| )(?P<promise>即(?:都)?不再超出)"
)


@pytest.mark.parametrize(("growth", "least"), [(1.02, 1), (1.301, 1), (1.42, 7)])
def test_a_cap_that_is_exceeded_is_exceeded_no_more_where_it_is_widened_as_told(
    growth: float, least: int, tmp_path: Path
) -> None:
    book = soft_caps(growth)
    assert solved(book, tmp_path)
    answer = door.solve(book, tmp_path, "--quiet")
    assert answer.exit == door.ANSWERED
    exceeded = re.findall(r"警告 (\S+?)·县级保障超出「增幅上限」", answer.err)
    told = list(WIDER.finditer(answer.err))
    assert len(exceeded) >= least
    assert len(told) == len(exceeded)
    for whose, then, promise, county_name in {
        (one["whose"], one["then"], one["promise"], one["county"]) for one in told
    }:
        alone = whose == "该县该项资金"
        assert alone == (promise == "即不再超出")
        followed = book.copy()
        followed.add_rule(
            "增幅上限", GUARANTEE, "增幅上限", county_name if alone else "", 取值=then
        )
        after = door.solve(followed, tmp_path, "--quiet", name="followed")
        assert after.exit == door.ANSWERED
        assert f"{county_name if alone else ''}·县级保障超出「增幅上限」" not in after.err


def soft_caps(growth: float) -> Book:
    """A pool that grows by more than the soft cap of 0.3, and one county that needs more than its share."""
    names = ("甲子县", "乙子县", "丙子县", "丁子县", "戊子县", "己子县", "庚子县")
    counties = [
        county(
            name,
            可用财力=10_000 + 531 * k,
            保工资需求=12_700 if name == "丙子县" else 3_000 + 97 * k,
            **{GUARANTEE: 1_000 + 137 * k},
        )
        for k, name in enumerate(names)
    ]
    pool = round(sum(row[GUARANTEE] for row in counties) * growth)
    return budget(counties, {GUARANTEE: pool}, [WHOLE_PROVINCE, *off("三保压力倾斜")])


# ---------------------------------------------------------------- a province with nothing of its own


def test_a_province_of_571_districts_with_nothing_of_their_own_is_solved_to_the_yuan_and_audited(
    tmp_path: Path,
) -> None:
    claims = np.random.default_rng(571).integers(200_000, 9_000_000, 571).tolist()
    counties = [
        {"县区名称": f"区{k:03d}", "市州": f"州{k % 9}", "需求": claim, "可用财力": 0}
        for k, claim in enumerate(claims, start=1)
    ]
    rules = [
        set_to("因素法", "参考", "缺口", EQUALIZATION),
        set_to("资格", "仅缺口为正", "否", EQUALIZATION),
        set_to("取整", "单位", "1元"),
        set_to("目标", "顺序", "贴近因素法"),
        *(set_to("保障水平最大化", parameter, "需求") for parameter in ("需求列", "分母列")),
        *off(
            "上年保底",
            "考核奖惩",
            "增幅上限",
            "三保兜底",
            "三保压力倾斜",
            "财力薄弱倾斜",
            "困难地区倾斜",
            "生态稳定增长",
        ),
    ]
    pool = sum(claims) * 37 // 100
    book = Book(
        0,
        "元",
        {
            COUNTIES: table(("县区名称", "市州", "需求", "可用财力"), counties),
            POOLS: table(("资金", "本年总额"), [{"资金": EQUALIZATION, "本年总额": pool}]),
            RULES: table(RULE_COLUMNS, rules),
        },
    )
    answer = door.solve(book, tmp_path, "--quiet")
    assert answer.exit == door.ANSWERED, door.reported(answer)
    assert answer.result is not None
    assert sum(answer.proof["published"]) == pool
    assert all(
        abs(amount - claim * pool / sum(claims)) <= 1
        for amount, claim in zip(answer.proof["published"], claims, strict=True)
    )
    assert (
        CalamineWorkbook.from_path(answer.result).sheet_names == SHEETS[:-1]
    )  # no charts: nobody had anything
    audited = door.command("audit", str(answer.result))
    assert audited.exit == door.ANSWERED, door.reported(audited)
