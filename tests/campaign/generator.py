"""Seed → workbook: valid, small, awkward; a seed always gives the same one. Knows the workbook's contract and nothing of the engine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from .book import (
    BOUND_COLUMNS,
    BOUNDS,
    COUNTIES,
    POOLS,
    RULE_COLUMNS,
    RULES,
    SCENARIOS,
    Book,
    Row,
    table,
)

FUNDS = {
    "均衡性": "均衡性转移支付",
    "县级保障": "县级基本财力保障机制奖补资金",
    "生态": "重点生态功能区转移支付",
}
EQUAL, GUARANTEE, ECOLOGY = FUNDS.values()
NAMES = (
    "甲子县",
    "乙丑县",
    "丙寅县",
    "丁卯县",
    "戊辰县",
    "己巳县",
    "庚午县",
    "辛未县",
    "壬申县",
    "癸酉县",
    "甲戌县",
    "乙亥县",
)
PREFECTURES = ("东海市", "西山州", "南原州", "北川州")
ZONES = ("国家重点生态功能区", "省级重点生态功能区", "禁止开发区", "")
ASSESSMENTS = ("变好", "基本稳定", "变差", "")
GOALS = ("三保缺口最小", "保障水平最大化", "贴近因素法", "较上年波动最小", "差距最小")
NEEDS = ("保基本民生需求", "保工资需求", "保运转需求")
LINE_RULES = ("上年保底", "已下达不收回", "增幅上限", "生态稳定增长", "单县占比上限", "县区上下限")
FUND_RULES = ("考核奖惩", "三保压力倾斜", "财力薄弱倾斜")
PER_WAN = {"元": Decimal(10_000), "万元": Decimal(1), "亿元": Decimal("0.0001")}
"""万元 in the workbook's unit."""
SHARES = (
    Decimal(1),
    Decimal(1),
    Decimal(1),
    Decimal("0.5"),
    Decimal(0),
    Decimal("0.1234"),
    Decimal("0.3333"),
    1 / 3,
    2 / 3,
    1 / 7,
)
ON = {
    "上年保底",
    "已下达不收回",
    "增幅上限",
    "三保兜底",
    "困难地区倾斜",
    "单县占比上限",
    "县区上下限",
}
"""Rules that are on for all funds unless the workbook says otherwise."""
ON_FOR = {
    "考核奖惩": ECOLOGY,
    "三保压力倾斜": GUARANTEE,
    "财力薄弱倾斜": EQUAL,
    "生态稳定增长": ECOLOGY,
}


def workbook(seed: int) -> Book:
    """The workbook of a seed."""
    return _Maker(random.Random(seed), random.Random(f"rare {seed}")).book(seed)


@dataclass
class _Maker:
    """Draws in a fixed order; every method adds to the tables."""

    random: random.Random
    rare: random.Random
    """What is rare is drawn apart, so that it changes no other workbook."""
    settings: list[Row] = field(default_factory=list)
    on: dict[str, set[str]] = field(default_factory=dict)
    """Rule → the funds it is on for ("" where it does not tell funds apart)."""
    reference: dict[str, str] = field(default_factory=dict)
    eligibility: dict[str, dict[str, str]] = field(default_factory=dict)
    goals: tuple[str, ...] = ()
    columns: tuple[str, str, str] = ("标准财政支出", "可用财力", "标准财政支出")

    def book(self, seed: int) -> Book:
        draw = self.random
        self.gentle = self.chance(
            0.8
        )  # rules that mostly leave room; else anything may meet anything
        self.unit = draw.choice(["元", "万元", "万元", "万元", "亿元"])
        self.publishing = draw.choice(["1万元", "1万元", "1万元", "1元", "0.01万元", "10万元"])
        self.money = draw.choice(["coarse", "coarse", "whole", "decimals", "long"])
        self.size = draw.choice([100, 1000, 1000, 10_000, 100_000])
        self.count = draw.choice([1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12])
        self.funds = sorted(
            draw.sample(list(FUNDS.values()), draw.choice([1, 1, 2, 2, 3, 3, 3])),
            key=list(FUNDS.values()).index,
        )
        self.prefectures = PREFECTURES[: draw.randint(1, min(4, self.count))]
        self.names = list(NAMES[: self.count])
        self.home = [draw.choice(self.prefectures) for _ in self.names]
        self.prefectures = tuple(name for name in self.prefectures if name in self.home)
        self._rules()
        counties = self._counties()
        pools = self._pools(counties)
        bounds = self._bounds(counties)
        scenario, scenarios = self._scenarios()
        sheets = {
            COUNTIES: self._county_table(counties),
            POOLS: table(("资金", "本年总额", "上年总额", "州本级及其他"), pools),
        }
        option = ""
        if self.publishing != "1万元":
            if draw.random() < 0.5:
                option = self.publishing
            else:
                self._row("取整", parameter="单位", value=self.publishing)
        if self.settings:
            draw.shuffle(self.settings)
            sheets[RULES] = table(RULE_COLUMNS, self.settings)
        if scenarios:
            sheets[SCENARIOS] = scenarios
        if bounds:
            sheets[BOUNDS] = table(BOUND_COLUMNS, bounds)
        return Book(seed, self.unit, sheets, scenario, option)

    # ------------------------------------------------------------ numbers

    def amount(self, low: float, high: float) -> Decimal:
        """Money in 万元 between two sizes, in the workbook's manner."""
        value = Decimal(repr(self.random.uniform(low, high)))
        if self.money == "coarse":
            step = Decimal(self.size) / 10
            return (value / step).to_integral_value(ROUND_FLOOR) * step
        if self.money == "whole":
            return value.to_integral_value(ROUND_FLOOR)
        if self.money == "decimals":
            return value.quantize(Decimal(1).scaleb(-self.random.choice([1, 2, 4])))
        return Decimal(repr(float(int(value)) / self.random.choice([3, 7, 9])))

    def typed(self, wan: Decimal) -> float | int:
        """An amount of 万元 as it stands in a cell of the workbook's unit."""
        value = wan * PER_WAN[self.unit]
        return int(value) if value == int(value) and abs(value) < 2**53 else float(value)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # ------------------------------------------------------------ rules

    def _row(
        self,
        rule: str,
        fund: str = "",
        parameter: str = "",
        place: str = "",
        value: Any = None,
        **cells: Any,
    ) -> None:
        told = fund
        if fund and self.chance(0.2):
            told = next(short for short, name in FUNDS.items() if name == fund)
        self.settings.append(
            {"规则": rule, "资金": told, "参数": parameter, "对象": place, "取值": value, **cells}
        )

    def _place(self, least: float = 0.12) -> str:
        if not self.chance(least):
            return ""
        return self.random.choice([*self.names, *self.prefectures])

    def _switches(self, rule: str, apart: bool, common: bool, places: bool) -> None:
        """启用, 刚性, 优先级 of a rule, for all funds or one by one."""
        draw = self.random
        base = {f for f in self.funds if ON_FOR.get(rule) in (None, f)} if apart else {""}
        if not (rule in ON or rule in ON_FOR):
            base = set()
        self.on[rule] = set(base)
        whose = self.funds if apart and self.chance(0.4) else [""]
        for fund in whose:
            cells: dict[str, Any] = {}
            roll = draw.random()
            if roll < 0.25:
                cells["启用"] = "否" if common else "是"
            elif roll < 0.35:
                cells["启用"] = "是"
            if self.chance(0.3):
                cells["刚性"] = draw.choice(["软", "软", "硬"])
            if (
                self.gentle
                and cells.get("启用") == "是"
                and (rule == "困难地区倾斜" or rule in FUND_RULES)
                and self.chance(0.6)
            ):
                cells["刚性"] = "软"
            if self.chance(0.2):
                cells["优先级"] = draw.randint(1, 3)
            if cells:
                self._row(rule, fund, **cells)
            if cells.get("启用"):
                touched = {fund} if fund else set(self.funds) if apart else {""}
                self.on[rule] = (
                    self.on[rule] | touched if cells["启用"] == "是" else self.on[rule] - touched
                )
        if places and self.chance(0.08):
            self._row(
                rule,
                "",
                place=self._place(1),
                **{"启用": "否"} if self.chance(0.4) else {"刚性": draw.choice(["软", "硬"])},
            )

    def _number(
        self,
        rule: str,
        parameter: str,
        values: Sequence[Any],
        share: float,
        apart: bool,
        places: bool = False,
    ) -> None:
        """A parameter with a value of its own, for all or by fund, sometimes for one place."""
        draw = self.random
        if self.chance(share):
            for fund in self.funds if apart and self.chance(0.4) else [""]:
                value = draw.choice(values)
                shown: Any = value
                if isinstance(value, Decimal):
                    shown = f"{value * 100:f}%" if self.chance(0.15) else float(value)
                self._row(rule, fund, parameter, value=shown)
        if places and self.chance(0.06):
            self._row(
                rule,
                draw.choice(self.funds) if apart and self.chance(0.5) else "",
                parameter,
                self._place(1),
                float(draw.choice(values)),
            )

    def _rules(self) -> None:
        draw, number = self.random, self._number
        d = Decimal
        plain = self.chance(0.08)
        for rule in LINE_RULES:
            if not plain or rule == "单县占比上限":
                self._switches(rule, True, rule in ON or rule in ON_FOR, rule != "县区上下限")
            else:
                self.on[rule] = {f for f in self.funds if ON_FOR.get(rule) in (None, f)}
        for rule in FUND_RULES:
            self._switches(rule, True, True, False) if not plain else self.on.update(
                {rule: {ON_FOR[rule]} & set(self.funds)}
            )
        for rule in ("三保兜底", "保障水平下限", "位次不逆转"):
            if rule == "三保兜底" or self.chance(0.5):
                self._switches(rule, False, rule == "三保兜底", True)
            else:
                self.on[rule] = set()
        self._switches("困难地区倾斜", False, True, False)
        gentle = self.gentle
        cuts, rises = (
            [d("0.05"), d("0.1"), d("0.3"), d("1"), 1 / 3],
            [d("0.3"), d("0.5"), d("2"), 4 / 3],
        )
        number(
            "上年保底",
            "降幅上限",
            cuts if gentle else [d("0"), *cuts],
            0.8 if gentle else 0.5,
            True,
            not gentle,
        )
        number(
            "增幅上限",
            "增幅上限",
            rises if gentle else [d("0.05"), d("0.15"), *rises],
            0.95 if gentle else 0.6,
            True,
            not gentle,
        )
        number("三保兜底", "保障倍数", [d("1"), d("1.1"), d("0.9"), 1.2345], 0.3, False)
        number("三保兜底", "可统筹比例", SHARES, 0.5, True)
        for rule in ("三保压力倾斜", "财力薄弱倾斜"):
            leads = [d("0"), d("0.01"), d("-0.05"), d("-0.2")]
            number(
                rule,
                "增幅差",
                leads if gentle else [d("0.03"), d("0.1"), *leads],
                0.9 if gentle else 0.4,
                True,
            )
            number(rule, "薄弱比例", [d("0"), d("0.3"), d("0.5"), 1 / 3, d("1")], 0.3, True)
        number("三保压力倾斜", "压力前比例", [d("0"), d("0.3"), d("0.5"), 2 / 3], 0.3, True)
        if self.chance(0.2):
            self.group = draw.choice(
                [
                    "功能区类型=国家重点生态功能区、省级重点生态功能区",
                    "薄弱比例",
                    "市州=" + self.home[0],
                ]
            )
            self._row("财力薄弱倾斜", "", "组别", value=self.group)
        else:
            self.group = "薄弱比例"
        ratios = [d("1"), d("0.8"), d("0.5"), d("0")]
        number(
            "困难地区倾斜",
            "人均倍数",
            ratios if gentle else [d("1.05"), d("1.2"), *ratios],
            0.95 if gentle else 0.5,
            False,
        )
        self.heads = "常住人口"
        if self.chance(0.15):
            self.heads = "户籍人口"
            self._row("困难地区倾斜", "", "人口口径", value=self.heads)
        number("生态稳定增长", "增长率", [d("0.03"), d("0.06"), d("0"), d("0.1")], 0.3, True, True)
        number("考核奖惩", "扣减比例", [d("0.05"), d("0.1"), d("0"), 1 / 7, d("1")], 0.3, True)
        number("考核奖惩", "奖励比例", [d("0"), d("0.02"), d("0.1")], 0.3, True)
        least = [d("0.3"), d("0.5"), d("0.1")] if gentle else [d("0.8"), d("0.9"), 2 / 3]
        number("保障水平下限", "下限比例", least, 0.9 if gentle else 0.5, False, True)
        number(
            "位次不逆转",
            "容差",
            [d("0.2"), 1 / 3, d("0.5")] if gentle else [d("0.05"), d("0")],
            0.9 if gentle else 0.5,
            False,
        )
        self.peers = set()
        for rule in ("保障水平下限", "位次不逆转"):
            peers = "全省" if rule == "保障水平下限" else "功能区类型"
            if self.chance(0.6):
                peers = draw.choice(["全省", "市州", "功能区类型", "困难地区类型"])
                self._row(rule, "", "分组列", value=peers)
            if self.on[rule]:
                self.peers.add(peers)
        if self.count < 11 or gentle:
            few = [d("1")] if gentle else [d("1"), d("0.8"), d("0.6")]
            shares = (
                few
                if self.count < 4
                else [d("1"), d("0.8"), d("0.6")]
                if self.count < 6
                else [d("1"), d("0.4"), d("0.5"), 1 / 3]
            )
            number("单县占比上限", "占比上限", shares, 1 if gentle else 0.95, False)
        self._prefecture_shares()
        number("资金总额", "预留比例", [d("0"), d("0.02"), d("0.05"), 1 / 7], 0.15, True)
        self._formulas()
        self._objectives()

    def _prefecture_shares(self) -> None:
        draw = self.random
        self.on["市州占比"] = set()
        if not self.chance(0.25):
            return
        self.on["市州占比"] = set(self.funds)
        self._row("市州占比", 启用="是", **({"刚性": "软"} if self.chance(0.4) else {}))
        for home in self.prefectures:
            if self.chance(0.5):
                fund = draw.choice(["", *self.funds])
                if self.chance(0.7) and (len(self.prefectures) > 1 or not self.gentle):
                    self._row(
                        "市州占比", fund, "上限", home, draw.choice([0.6, 0.8, 0.5, 1.0, 1 / 3])
                    )
                if self.chance(0.3):
                    self._row("市州占比", fund, "下限", home, draw.choice([0.0, 0.1, 0.2, 1 / 7]))

    def _formulas(self) -> None:
        for fund in self.funds:
            self.reference[fund] = "因素"
            if self.chance(0.25):
                self.reference[fund] = "缺口"
                self._row("因素法", fund, "参考", value="缺口")
            self.eligibility[fund] = {
                "仅缺口为正": "是" if fund == EQUAL else "否",
                "仅功能区": "是" if fund == ECOLOGY else "否",
            }
            if self.chance(0.2):
                self.eligibility[fund]["仅缺口为正"] = self.random.choice(["是", "否"])
                self._row("资格", fund, "仅缺口为正", value=self.eligibility[fund]["仅缺口为正"])
            if self.chance(0.25):
                self.eligibility[fund]["仅功能区"] = self.random.choice(
                    ["是", "否", "否", "含禁止开发"]
                )
                self._row("资格", fund, "仅功能区", value=self.eligibility[fund]["仅功能区"])

    def _objectives(self) -> None:
        draw = self.random
        self.goals = ("三保缺口最小", "贴近因素法")
        if self.chance(0.7):
            self.goals = tuple(draw.sample(GOALS, draw.randint(1, 5)))
            self._row("目标", "", "顺序", value=">".join(self.goals))
        if self.chance(0.25):
            self.columns = (
                draw.choice(["标准财政支出", "自定需求"]),
                draw.choice(["可用财力", "自定财力"]),
                draw.choice(["标准财政支出", "常住人口", "自定需求"]),
            )
            for key, column in zip(("需求列", "财力列", "分母列"), self.columns, strict=True):
                self._row("保障水平最大化", "", key, value=column)

    # ------------------------------------------------------------ data

    def _counties(self) -> list[Row]:
        draw, size = self.random, self.size
        tight = draw.choice(
            ["", "", "", "", "equal", "no own", "no need", "all key zones", "few last", "ties"]
        )
        self.tight = tight
        common = self._county(size)
        found = []
        for k, name in enumerate(self.names):
            row = self._county(size)
            if tight == "equal" or (tight == "ties" and self.chance(0.5)):
                row = dict(common)
            if tight == "no own":
                row["可用财力"] = Decimal(0)
            if tight == "no need":
                row.update(dict.fromkeys(NEEDS, Decimal(0)))
            if tight == "all key zones" or (tight == "few last" and self.chance(0.6)):
                row["功能区类型"] = draw.choice(ZONES[:2])
            if tight == "few last" and self.chance(0.5):
                row.update(
                    {
                        f"上年{fund}{part}": Decimal(0)
                        for fund in self.funds
                        for part in ("", "其中一次性")
                    }
                )
            row.update(
                {"县区名称": name, "市州": self.home[k], "行政区划代码": str(630101 + 7 * k)}
            )
            found.append(row)
        if "功能区类型" in self.group:
            found[0]["功能区类型"] = ZONES[0]
        if self.chance(0.06):
            draw.choice(found)["可用财力"] = -self.amount(size / 10, size)
        for fund in self.funds:
            if not any(self._takes_part(row, fund) for row in found):
                self._make_eligible(draw.choice(found), fund)
        if self.rare.random() < 0.004:
            self._make_nobody_eligible(found)
        for fund in self.funds:
            for row in found:
                if not self._takes_part(row, fund) and self.chance(0.5):
                    row[f"上年{fund}"], row[f"上年{fund}其中一次性"] = None, Decimal(0)
        return found

    def _county(self, size: int) -> Row:
        draw = self.random
        spending = self.amount(size, 10 * size) + size
        revenue = max(
            self.amount(0, 1)
            + spending * Decimal(draw.choice(["0.2", "0.4", "0.5", "0.7", "1.1"])),
            Decimal(1),
        )
        own = (
            self.amount(float(spending) * 0.2, float(spending) * 0.9)
            if self.chance(0.95)
            else Decimal(0)
        )
        whole = (
            own + self.amount(0, 2 * size) - Decimal(size) / 5 if self.chance(0.9) else Decimal(0)
        )
        parts = [max(whole * Decimal(share), Decimal(0)) for share in ("0.5", "0.3", "0.2")]
        people = (
            draw.randint(10, 900) * 100 if self.money == "coarse" else draw.randint(1000, 90_000)
        )
        row: Row = {
            "常住人口": people,
            "标准财政收入": revenue,
            "标准财政支出": spending,
            "可用财力": own,
            **dict(zip(NEEDS, parts, strict=True)),
            "功能区类型": draw.choice(ZONES),
            "禁止开发区面积": draw.choice([0, 0, draw.randint(1, 900), draw.randint(1, 9000) / 10]),
            "生态考核结果": draw.choice(ASSESSMENTS),
            "困难地区类型": draw.choice(["", "", "连片地区", "牧业地区"]),
            "户籍人口": draw.randint(10, 900) * 100,
            "必保支出": whole * Decimal("1.1") if whole > 0 else Decimal(1),
            "禁止开发区个数": draw.randint(0, 3),
            "引导性补助名单": draw.choice(["", "", "是", "否"]),
            "绩效系数": 1.05,
            "自定需求": self.amount(size, 5 * size) + 1,
            "自定财力": self.amount(0, 3 * size),
        }
        for fund in self.funds:
            last = self.amount(size / 10, size) if self.chance(0.88) else Decimal(0)
            row[f"上年{fund}"] = last
            row[f"上年{fund}其中一次性"] = last * Decimal(draw.choice(["0", "0", "0.1", "0.5"]))
            row[f"提前下达{fund}"] = (
                last * Decimal(draw.choice(["0.5", "0.7", "0.6" if self.gentle else "1"]))
                if self.chance(0.5)
                else None
            )
        return row

    def _takes_part(self, row: Row, fund: str) -> bool:
        rules = self.eligibility[fund]
        if rules["仅缺口为正"] == "是" and not row["标准财政支出"] > row["标准财政收入"]:
            return False
        area = rules["仅功能区"] == "含禁止开发" and row["禁止开发区面积"] > 0
        return rules["仅功能区"] == "否" or bool(row["功能区类型"]) or area

    def _make_eligible(self, row: Row, fund: str) -> None:
        row["标准财政收入"] = row["标准财政支出"] * Decimal("0.5")
        row["功能区类型"] = row["功能区类型"] or ZONES[0]

    def _make_nobody_eligible(self, rows: list[Row]) -> None:
        """Where eligibility asks for a gap or a zone, nobody has one: check must say so."""
        for row in rows:
            row.update(
                {
                    "标准财政收入": row["标准财政支出"] * Decimal("1.1"),
                    "功能区类型": "",
                    "禁止开发区面积": 0,
                }
            )

    def _pools(self, counties: list[Row]) -> list[Row]:
        draw = self.random
        self.optional = {
            column
            for column in ("户籍人口", "必保支出", "禁止开发区个数", "引导性补助名单", "绩效系数")
            if self.chance(0.25)
        }
        for fund in self.funds:
            if self.chance(0.2):
                self.optional.add(f"上年{fund}其中一次性")
            if self.chance(0.25):
                self.optional.add(f"提前下达{fund}")
        found = []
        for fund in self.funds:
            once = f"上年{fund}其中一次性" in self.optional
            base = {
                row["县区名称"]: (row[f"上年{fund}"] or Decimal(0))
                - once * row[f"上年{fund}其中一次性"]
                for row in counties
            }
            last = sum(base.values())
            inside = sum(base[row["县区名称"]] for row in counties if self._takes_part(row, fund))
            kind = draw.choice(
                [
                    "grown",
                    "grown",
                    "grown",
                    "grown",
                    "little",
                    "little",
                    "same",
                    "floors",
                    "caps",
                    "cents",
                    "less",
                    "any",
                ]
            )
            if kind == "grown":
                pool = last * Decimal(draw.choice(["1.05", "1.08", "1.1", "1.15"]))
            elif kind == "little":
                pool = last * Decimal(repr(1 + draw.randint(1, 290) / 10_000))
            elif kind == "same":
                pool = last
            elif kind == "floors":
                pool = inside * Decimal(draw.choice(["1", "0.9", "0.95"]))
            elif kind == "caps":
                pool = inside * Decimal(draw.choice(["1.15", "1.3", "1.2"]))
            elif kind == "cents":
                pool = last * Decimal("1.06") + Decimal(draw.randint(1, 999_999)) / 1_000_000
            elif kind == "less":
                pool = last * Decimal("0.97")
            else:
                pool = self.amount(self.size / 2, self.size * self.count)
            if kind in ("grown", "any", "less") and self.chance(0.8):
                pool = pool.to_integral_value(ROUND_FLOOR)
            if pool <= 0:
                pool = self.amount(self.size, 2 * self.size) + 10
            if self.gentle and kind == "any":
                pool = last * Decimal("1.1") + 1
            row: Row = {"资金": fund, "本年总额": self.typed(pool)}
            if self.chance(0.5):
                row["上年总额"] = self.typed(Decimal(last))
            if self.chance(0.15):
                other = self.amount(0, self.size / 5)
                row["州本级及其他"] = self.typed(other)
                row["本年总额"] = self.typed(pool + other)
            if self.rare.random() < 0.03:  # as =A1*2/3 leaves it
                row["本年总额"] = float(row["本年总额"]) * 2 / 3
            found.append(row)
        return found

    def _required(self) -> set[str]:
        """The columns that what is on cannot do without."""
        found = {"县区名称", "市州", *self.peers - {"全省"}}

        def last(funds: set[str]) -> set[str]:
            return {f"上年{fund}" for fund in funds}

        on = self.on
        for rule in (
            "上年保底",
            "增幅上限",
            "生态稳定增长",
            "考核奖惩",
            "三保压力倾斜",
            "财力薄弱倾斜",
        ):
            found |= last(on[rule])
        if on["考核奖惩"]:
            found.add("生态考核结果")
        if on["生态稳定增长"]:
            found.add("功能区类型")
        for rule in ("三保压力倾斜", "财力薄弱倾斜", "保障水平下限", "位次不逆转", "困难地区倾斜"):
            if on[rule]:
                found |= {"可用财力", "标准财政支出"}
        if on["三保兜底"] or on["三保压力倾斜"]:
            found |= {"可用财力", *NEEDS}
        if on["困难地区倾斜"]:
            found |= {"困难地区类型", self.heads, *last(set(self.funds))}
        if on["财力薄弱倾斜"] and "=" in self.group:
            found.add(self.group.partition("=")[0])
        if "保障水平最大化" in self.goals or "缺口" in self.reference.values():
            found |= set(self.columns)
        if "差距最小" in self.goals:
            found |= {"可用财力", "标准财政支出"}
        if "较上年波动最小" in self.goals:
            found |= last(set(self.funds))
        for fund in self.funds:
            rules = self.eligibility[fund]
            if rules["仅缺口为正"] == "是":
                found |= {"标准财政支出", "标准财政收入"}
            if rules["仅功能区"] != "否":
                found |= {"功能区类型"} | (
                    {"禁止开发区面积"} if rules["仅功能区"] == "含禁止开发" else set()
                )
            if self.reference[fund] == "因素":
                found |= {"标准财政支出", "标准财政收入"}
                if fund == GUARANTEE:
                    found |= {"可用财力", *NEEDS}
                if fund == EQUAL and "必保支出" not in self.optional:
                    found |= set(NEEDS)
                if fund == ECOLOGY:
                    found |= {"功能区类型", "禁止开发区面积"}
        return found

    def _county_table(self, counties: list[Row]) -> Any:
        draw = self.random
        required = self._required()
        coded = self.chance(0.93)
        lean = self.chance(0.25)
        headers = ["行政区划代码"] if coded else []
        headers += ["县区名称", "市州"]
        usual = [
            "常住人口",
            "标准财政收入",
            "标准财政支出",
            "可用财力",
            *NEEDS,
            "功能区类型",
            "禁止开发区面积",
            "生态考核结果",
            "困难地区类型",
        ]
        headers += [
            column for column in usual if column in required or not (lean and self.chance(0.7))
        ]
        for fund in self.funds:
            if f"上年{fund}" in required or not (lean and self.chance(0.7)):
                headers.append(f"上年{fund}")
        headers += sorted(
            column
            for column in self.optional
            if not column.endswith("其中一次性") or column.removesuffix("其中一次性") in headers
        )
        headers += sorted(column for column in required if column not in headers)
        rows = []
        for county in counties:
            row = {
                header: self.typed(value)
                if isinstance(value := county.get(header), Decimal)
                else value
                for header in headers
            }
            rows.append(row)
        draw.shuffle(rows)
        return table(headers, rows)

    def _bounds(self, counties: list[Row]) -> list[Row]:
        draw = self.random
        found: list[Row] = []
        if not self.chance(0.25):
            return found
        for row in counties:
            for fund in self.funds:
                if self.chance(0.2) and self._takes_part(row, fund):
                    base = row[f"上年{fund}"] or self.amount(self.size / 10, self.size)
                    low = (
                        base * Decimal(draw.choice(["0", "0.9", "1", "1.02"]))
                        if self.chance(0.6)
                        else None
                    )
                    high = (
                        base * Decimal(draw.choice(["1.02", "1.1", "1.3", "3"]))
                        if low is None or self.chance(0.4)
                        else None
                    )
                    whom = {"县区名称": row["县区名称"]}
                    found.append(
                        {
                            **whom,
                            "资金": fund,
                            "下限": None if low is None else self.typed(low),
                            "上限": None if high is None else self.typed(high),
                            "理由": "协议约定",
                        }
                    )
        return found

    def _scenarios(self) -> tuple[str, Any]:
        draw = self.random
        if not self.chance(0.15):
            return "", None
        rows: list[Row] = [
            {"规则": "上年保底", "参数": "降幅上限", "方案甲": draw.choice([0.05, 0.1, 0.02])},
            {
                "规则": "增幅上限",
                "资金": self.funds[0],
                "参数": "增幅上限",
                "方案甲": 0.4,
                "方案乙": 0.25,
            },
        ]
        if self.chance(0.5):
            rows.append(
                {
                    "规则": "目标",
                    "参数": "顺序",
                    "方案乙": "三保缺口最小>贴近因素法",
                    "方案甲": "贴近因素法",
                }
            )
        if self.chance(0.4):
            rows.append({"规则": "生态稳定增长", "参数": "增长率", "方案甲": 0.06})
        return draw.choice(["", "方案甲", "方案乙"]), table(
            ("规则", "资金", "参数", "对象", "方案甲", "方案乙"), rows
        )
